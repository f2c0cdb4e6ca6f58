//! The LwM2M server.

mod config;
mod content;
mod event;
mod gateway;
mod handle;
mod journal;
mod name;
mod observation;
mod operation;
mod registration;
#[cfg(feature = "oscore")]
mod security;
#[cfg(feature = "stream")]
mod stream;

pub use config::*;
pub use content::*;
pub use event::*;
pub use gateway::*;
pub use handle::*;
pub use journal::*;
pub use name::*;
pub use observation::*;
pub use operation::*;
pub use registration::*;
#[cfg(feature = "oscore")]
pub use security::*;
#[cfg(feature = "stream")]
pub use stream::*;
