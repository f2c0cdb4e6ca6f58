//! `m2m coap`: ask servers, watch resources, run a server.

pub(crate) mod args;
mod ask;
mod client;
mod names;
mod observe;
pub(crate) mod oscore;
mod ping;
mod report;
mod resources;
mod sequence;
mod serve;
mod show;
mod store;
pub(crate) mod uri;

pub(crate) use client::resolve;

use crate::failure::Failure;
use args::Coap;
use coap_core::Code;

/// Runs one of the commands to its end.
pub(crate) async fn run(command: &Coap) -> Result<(), Failure> {
    match command {
        Coap::Get(plain) => ask::plain(Code::GET, plain).await,
        Coap::Delete(plain) => ask::plain(Code::DELETE, plain).await,
        Coap::Put(with) => ask::with_payload(Code::PUT, with).await,
        Coap::Post(with) => ask::with_payload(Code::POST, with).await,
        Coap::Fetch(with) => ask::with_payload(Code::FETCH, with).await,
        Coap::Patch(with) => ask::with_payload(Code::PATCH, with).await,
        Coap::Ipatch(with) => ask::with_payload(Code::IPATCH, with).await,
        Coap::Discover(discover) => ask::discover(discover).await,
        Coap::Observe(observe) => observe::run(observe).await,
        Coap::Ping(ping) => ping::run(ping).await,
        Coap::Serve(serve) => serve::run(serve).await,
    }
}
