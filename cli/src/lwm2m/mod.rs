//! `m2m lwm2m`: OMA Lightweight M2M.

pub(crate) mod args;
#[allow(
    clippy::indexing_slicing,
    reason = "of JSON: what is not there reads as null, what is written to is an object"
)]
pub(crate) mod ask;
pub(crate) mod bootstrap_server;
pub(crate) mod client;
pub(crate) mod common;
pub(crate) mod load;
#[allow(
    clippy::indexing_slicing,
    reason = "of JSON: what is not there reads as null, what is written to is an object"
)]
pub(crate) mod server;

use crate::failure::Failure;
use args::Lwm2m;

/// Runs one of the commands to its end.
pub(crate) async fn run(command: &Lwm2m) -> Result<(), Failure> {
    match command {
        Lwm2m::BootstrapServer(options) => bootstrap_server::run(options).await,
        Lwm2m::Server(options) => server::run(options).await,
        Lwm2m::Ask(command) => ask::run(command).await,
        Lwm2m::Load(options) => load::run(options).await,
        Lwm2m::Client(options) => client::run(options).await,
    }
}
