//! The common services entity (CSE) of oneM2M.

mod config;
mod datagram;
mod handle;
mod journal;
mod links;
mod mqtt;
mod outgoing;
mod place;
mod surroundings;
mod websocket;

pub use config::*;
pub use datagram::*;
pub use handle::*;
pub use journal::*;
pub use mqtt::*;
pub use outgoing::*;
pub use surroundings::*;
pub use websocket::*;
