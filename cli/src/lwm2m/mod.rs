//! `m2m lwm2m`: OMA Lightweight M2M.

pub(crate) mod server;
