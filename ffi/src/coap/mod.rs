//! The CoAP endpoint by itself, client and server at once, and OSCORE.

mod config;
mod event;
#[cfg(feature = "multicast")]
mod group;
mod handle;
mod message;
mod observe;
mod peers;
mod request;
mod response;
mod security;
#[cfg(feature = "stream")]
mod stream;

pub use config::*;
pub use event::*;
#[cfg(feature = "multicast")]
pub use group::*;
pub use handle::*;
pub use message::*;
pub use observe::*;
pub use peers::*;
pub use request::*;
pub use response::*;
pub use security::*;
#[cfg(feature = "stream")]
pub use stream::*;
