//! The command line of `m2m lwm2m`.

use super::ask::args::Ask;
use super::bootstrap_server::args::{AFTER as BOOTSTRAP, BootstrapServer};
use super::client::args::{AFTER as CLIENT, Client};
use super::load::args::{AFTER as LOAD, Load};
use super::server::args::{AFTER, Server};
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum Lwm2m {
    /// Run a server: devices register with it, and are managed through its API
    #[command(after_help = AFTER)]
    Server(Box<Server>),
    /// Run a bootstrap server: it tells devices where to register, and gives them their keys
    #[command(after_help = BOOTSTRAP)]
    BootstrapServer(Box<BootstrapServer>),
    /// Be a device, or several: a weather station, or what a file says
    #[command(after_help = CLIENT)]
    Client(Box<Client>),
    /// Be many endpoints at once, and tell how fast a server is
    #[command(after_help = LOAD)]
    Load(Box<Load>),
    #[command(flatten)]
    Ask(Box<Ask>),
}
