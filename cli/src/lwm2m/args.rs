//! The command line of `m2m lwm2m`.

use super::ask::args::Ask;
use super::server::args::{AFTER, Server};
use crate::args::Client;
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum Lwm2m {
    /// Run a server: devices register with it, and are managed through its API
    #[command(after_help = AFTER)]
    Server(Box<Server>),
    /// Be a device: a weather station with a thermometer, a hygrometer and a barometer
    Client(Client),
    #[command(flatten)]
    Ask(Ask),
}
