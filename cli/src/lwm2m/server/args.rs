//! The command line of `m2m lwm2m server`.

use crate::args::Show;
use crate::lwm2m::common::Doors;
use clap::Args;
use std::path::PathBuf;

/// What is told behind the options.
pub(crate) const AFTER: &str = "\
With --http it manages devices: see http://ADDR:PORT/openapi.json for all that can be asked, or
use m2m lwm2m clients, read, write, observe, events and so on, which ask it. Without --http, or with
--watch, it tells what registers, and observes sensors by itself. It ends with Ctrl-C.

Who may come by --coaps (pre-shared keys), under OSCORE, or by --tls with which certificate is said
through the API: m2m lwm2m credentials add IDENTITY --key-file FILE

Examples: m2m lwm2m server --coap 127.0.0.1:5683
          m2m lwm2m server --coap [::]:5683 --http 127.0.0.1:8080
          M2M_TOKEN=secret m2m lwm2m server --coap [::]:5683 --coaps [::]:5684 --http 0.0.0.0:8080";

#[derive(Args, Debug)]
pub(crate) struct Server {
    #[command(flatten)]
    pub(crate) doors: Doors,
    /// Where registrations, observations, queued requests, keys and models are kept: a file, which
    /// is made if it is not there, or `memory` [default: with an API the file
    /// lwm2m-server.redb in $XDG_STATE_HOME/m2m or ~/.local/state/m2m, else memory]
    #[arg(long, value_name = "memory|PATH")]
    pub(crate) store: Option<PathBuf>,
    /// Tell what happens, and discover and observe the sensors of what registers
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) show: Show,
}
