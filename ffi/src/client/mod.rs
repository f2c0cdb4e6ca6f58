//! The LwM2M client.

#[cfg(feature = "arena-size")]
mod arena;
mod asked;
mod config;
mod data;
mod dispatch;
mod event;
mod execute;
#[cfg(feature = "gateway")]
mod gateway;
mod handle;
mod journal;
#[cfg(all(feature = "oscore", feature = "restore"))]
mod oscore;
mod package;
mod send;
mod servers;
#[cfg(feature = "stream")]
mod stream;
mod values;
mod verbs;

#[cfg(feature = "arena-size")]
pub use arena::*;
pub use asked::*;
pub use config::*;
pub use data::*;
pub use dispatch::*;
pub use event::*;
pub use execute::*;
#[cfg(feature = "gateway")]
pub use gateway::*;
pub use handle::*;
pub use journal::*;
#[cfg(all(feature = "oscore", feature = "restore"))]
pub use oscore::*;
pub use package::*;
pub use send::*;
pub use servers::*;
#[cfg(feature = "stream")]
pub use stream::*;
pub use values::*;
pub use verbs::*;
