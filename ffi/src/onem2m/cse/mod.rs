//! The common services entity (CSE) of oneM2M.

mod coap;
mod config;
mod handle;
mod journal;
mod outgoing;

pub use coap::*;
pub use config::*;
pub use handle::*;
pub use journal::*;
pub use outgoing::*;
