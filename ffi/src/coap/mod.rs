//! CoAP by itself: the endpoint, client and server at once, OSCORE, messages and lists of links.

mod config;
mod event;
#[cfg(feature = "stream")]
mod frame;
#[cfg(feature = "multicast")]
mod group;
mod handle;
mod link;
mod message;
mod name;
mod observe;
mod option;
mod oscore;
mod peers;
mod reader;
mod request;
mod response;
mod security;
#[cfg(feature = "stream")]
mod stream;
mod writer;

pub use config::*;
pub use event::*;
#[cfg(feature = "stream")]
pub use frame::*;
#[cfg(feature = "multicast")]
pub use group::*;
pub use handle::*;
pub use link::*;
pub use message::*;
pub use name::*;
pub use observe::*;
pub use option::*;
pub use oscore::*;
pub use peers::*;
pub use reader::*;
pub use request::*;
pub use response::*;
pub use security::*;
#[cfg(feature = "stream")]
pub use stream::*;
pub use writer::*;
