//! The LwM2M bootstrap server.

mod account;
mod answer;
mod config;
mod configuration;
mod event;
mod handle;
#[cfg(feature = "oscore")]
mod security;
mod session;
#[cfg(feature = "stream")]
mod stream;

pub use account::*;
pub use answer::*;
pub use config::*;
pub use configuration::*;
pub use event::*;
pub use handle::*;
#[cfg(feature = "oscore")]
pub use security::*;
pub use session::*;
#[cfg(feature = "stream")]
pub use stream::*;
