//! The command line of `m2m lwm2m load`.

use crate::lwm2m::ask::args::Common;
use crate::lwm2m::common::doors::listen_address;
use clap::Args;
use std::net::SocketAddr;

/// What is told behind the options.
pub(crate) const AFTER: &str = "\
Each phase keeps --window confirmable messages under way on each socket: registrations until all
endpoints have one, then updates for --seconds. With --observe the server is asked through its API
(--api, --token) to observe /3303/0/5700 of so many endpoints, which then notify for --seconds.

Example: m2m lwm2m server --coap 127.0.0.1:5683 --http 127.0.0.1:8080
         m2m lwm2m load 127.0.0.1:5683 --endpoints 100000 --observe 1000";

#[derive(Args, Debug)]
pub(crate) struct Load {
    /// Address and UDP port of the server
    #[arg(value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) server: SocketAddr,
    /// How many endpoints register
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) endpoints: u32,
    /// Sockets, on which the endpoints are spread
    #[arg(long, value_name = "NUMBER", default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(crate) sockets: u32,
    /// Messages under way on each socket
    #[arg(long, value_name = "NUMBER", default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) window: u32,
    /// How long the endpoints update their registrations, and how long they notify
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// How many endpoints are observed
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) observe: u32,
    /// What the names of the endpoints begin with
    #[arg(long, value_name = "NAME", default_value = "load-")]
    pub(crate) prefix: String,
    #[command(flatten)]
    pub(crate) common: Common,
}
