//! What the server and the bootstrap server have in common: the sockets they listen on, the engine
//! behind its store, who may come and as whom, and the loop around it all.

pub(crate) mod access;
pub(crate) mod certified;
pub(crate) mod credential;
pub(crate) mod credentials;
pub(crate) mod doors;
pub(crate) mod kept;
pub(crate) mod managed;
pub(crate) mod metrics;
pub(crate) mod place;
pub(crate) mod running;

pub(crate) use credential::Credential;
pub(crate) use doors::{Api, Doors};
pub(crate) use kept::Kept;
pub(crate) use metrics::Numbers;
pub(crate) use place::Place;
pub(crate) use running::{Broker, Running, Shared, Site};
