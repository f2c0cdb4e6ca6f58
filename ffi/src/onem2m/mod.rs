//! oneM2M: the application entity (AE) and the common services entity (CSE).

mod ae;
mod command;
mod config;
#[cfg(feature = "onem2m-cse")]
mod cse;
mod event;
mod http;
mod incoming;

pub use ae::*;
pub use command::*;
pub use config::*;
#[cfg(feature = "onem2m-cse")]
pub use cse::*;
pub use event::*;
pub use incoming::*;
