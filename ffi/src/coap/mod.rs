//! The CoAP endpoint by itself, client and server at once, and OSCORE.

mod config;
mod event;
mod handle;
mod message;
mod observe;
mod request;
mod response;
mod security;

pub use config::*;
pub use event::*;
pub use handle::*;
pub use message::*;
pub use observe::*;
pub use request::*;
pub use response::*;
pub use security::*;
