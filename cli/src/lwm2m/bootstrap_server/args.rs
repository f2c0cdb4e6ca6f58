//! The command line of `m2m lwm2m bootstrap-server`.

use crate::args::Show;
use crate::lwm2m::common::Doors;
use clap::Args;
use std::path::PathBuf;

/// What is told behind the options.
pub(crate) const AFTER: &str = "\
What clients are given is in a file in TOML, or comes through the API (see
http://ADDR:PORT/openapi.json):

  [[credentials]]                      # for --coaps
  identity = \"sensor-1\"
  key = \"000102030405060708090a0b0c0d0e0f\"

  [[configurations]]
  endpoint = \"sensor-1\"                # or: pattern = \"sensor-*\"
  servers = [{ uri = \"coap://192.0.2.1\", id = 101, lifetime = 300 }]

  [[configurations]]
  pattern = \"*\"
  [[configurations.servers]]
  uri = \"coaps://192.0.2.1\"
  id = 101
  psk = { identity = \"fleet\", key = \"00112233445566778899aabbccddeeff\" }
  [configurations.write]
  \"/3/0/14\" = \"+01:00\"

Credentials may also be a security context (oscore = { master_secret = \"...\", sender_id = \"01\",
recipient_id = \"02\" }) or a certificate for --tls and --coaps (certificate = \"CN=sensor-1\"); an account
also takes oscore, or x509 = { certificate = PEM, key = PEM, server = PEM }. A configuration
with keys in it goes to clients that showed who they are, unless it says secure = false.
It ends with Ctrl-C.

Examples: m2m lwm2m bootstrap-server --coap 127.0.0.1:5683 --config bootstrap.toml
          m2m lwm2m bootstrap-server --coaps [::]:5684 --http 127.0.0.1:8081";

#[derive(Args, Debug)]
pub(crate) struct BootstrapServer {
    #[command(flatten)]
    pub(crate) doors: Doors,
    /// Configurations and keys, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where configurations and keys that come through the API are kept: a file, which is made if
    /// it is not there, or `memory` [default: with an API the file lwm2m-bootstrap-server.redb in
    /// $XDG_STATE_HOME/m2m or ~/.local/state/m2m, else memory]
    #[arg(long, value_name = "memory|PATH")]
    pub(crate) store: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) show: Show,
}
