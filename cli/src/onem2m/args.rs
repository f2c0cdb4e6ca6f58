//! The command line of `m2m onem2m`.

use super::cse::Options;
use crate::args::Show;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum Onem2m {
    /// Run a common services entity (CSE): HTTP, CoAP, MQTT and WebSocket around one resource tree
    #[command(after_help = "\
Each option may also stand in the file of --config, under its name without the dashes:
http = \"127.0.0.1:8080\"; the command line comes first. It ends with Ctrl-C.

Originators that begin with C or S may register an AE; the administrator may do everything.")]
    Cse(Box<Cse>),
}

#[derive(Args, Debug)]
pub(crate) struct Cse {
    #[command(flatten)]
    pub(crate) options: Options,
    /// Options from a file in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) show: Show,
}
