//! The command line of `m2m lwm2m server`.

use crate::args::Show;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is told behind the options.
pub(crate) const AFTER: &str = "\
With --http it manages devices: see http://ADDR:PORT/openapi.json for all that can be asked, or
use m2m lwm2m clients, read, write, observe, events and so on, which ask it. Without --http, or with
--watch, it tells what registers, and observes sensors by itself. It ends with Ctrl-C.

Keys for --coaps are given through the API: m2m lwm2m credentials add IDENTITY --key HEX

Examples: m2m lwm2m server --coap 127.0.0.1:5683
          m2m lwm2m server --coap [::]:5683 --http 127.0.0.1:8080
          M2M_TOKEN=secret m2m lwm2m server --coap [::]:5683 --coaps [::]:5684 --http 0.0.0.0:8080";

#[derive(Args, Debug)]
pub(crate) struct Server {
    /// Address and UDP port to listen on for CoAP; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address,
        required_unless_present_any = ["coaps", "tcp", "tls"])]
    pub(crate) coap: Option<SocketAddr>,
    /// The same with DTLS and pre-shared keys
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) coaps: Option<SocketAddr>,
    /// Address and port for CoAP over TCP (RFC 8323)
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) tcp: Option<SocketAddr>,
    /// The same over TLS
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address,
        requires_all = ["tls_cert", "tls_key"])]
    pub(crate) tls: Option<SocketAddr>,
    /// Own certificate for --tls, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Authorities, PEM: clients of --tls have to have a certificate of theirs
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_client_ca: Option<PathBuf>,
    /// Address and port of the API. One that others can reach takes a token
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_http)]
    pub(crate) http: Option<SocketAddr>,
    /// What requests of the API have to bring (Authorization: Bearer TOKEN); better given in the
    /// environment, as M2M_TOKEN, where other users do not see it
    #[arg(long, value_name = "TOKEN", requires = "http")]
    pub(crate) token: Option<String>,
    /// Where registrations, observations, queued requests, keys and models are kept: a file, which
    /// is made if it is not there, or `memory` [default: with --http the file
    /// lwm2m-server.redb in $XDG_STATE_HOME/m2m or ~/.local/state/m2m, else memory]
    #[arg(long, value_name = "memory|PATH")]
    pub(crate) store: Option<PathBuf>,
    /// Tell what happens, and discover and observe the sensors of what registers
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) show: Show,
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:5683 or [::]:5683".to_owned()
    })
}

fn listen_http(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned()
    })
}
