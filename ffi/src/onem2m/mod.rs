//! The application entity (AE) of oneM2M.

mod ae;
mod command;
mod config;
mod event;
mod http;

pub use ae::*;
pub use command::*;
pub use config::*;
pub use event::*;
