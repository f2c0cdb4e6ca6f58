//! The command line.

use crate::bridge::Serial;
use crate::coap::args::Coap;
use crate::failure::{USAGE, complain};
use crate::lwm2m::args::Lwm2m;
use crate::objects::args::Objects;
use crate::onem2m::args::Onem2m;
use crate::senml::args::Senml;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;

/// CoAP, LwM2M and oneM2M over real sockets: ask servers, run one, be a device.
#[derive(Parser, Debug)]
#[command(
    name = "m2m",
    version,
    max_term_width = 100,
    after_help = "Start with: m2m demo, or m2m coap get coap://HOST/"
)]
struct Arguments {
    #[command(subcommand)]
    command: Top,
}

#[derive(Subcommand, Debug)]
enum Top {
    /// Watch a server and three simulated weather stations talk LwM2M, for ten seconds
    Demo(Demo),
    /// OMA Lightweight M2M: device management over CoAP
    #[command(subcommand)]
    Lwm2m(Box<Lwm2m>),
    /// Carry the datagrams of a device on a serial line over UDP
    Bridge(Bridge),
    /// CoAP: ask servers, watch resources, run a server
    #[command(subcommand)]
    Coap(Box<Coap>),
    /// SenML: convert, check, change and draw documents of sensor data
    #[command(subcommand)]
    Senml(Senml),
    /// Definitions of LwM2M objects: tables in Rust or C of OMA's registry files
    #[command(subcommand)]
    Objects(Objects),
    /// oneM2M: run a common services entity, and use one
    #[command(subcommand)]
    Onem2m(Box<Onem2m>),
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    Demo(Demo),
    Lwm2m(Box<Lwm2m>),
    Bridge(Bridge),
    Coap(Box<Coap>),
    Senml(Box<Senml>),
    Objects(Objects),
    Onem2m(Box<Onem2m>),
}

/// How to show what happens.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Show {
    /// Print one JSON object per line instead of words
    #[arg(long)]
    pub(crate) json: bool,
    /// Print every message too, decoded
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Make every random number follow from N, for tests
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) seed: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Keep running until Ctrl-C
    #[arg(long)]
    pub(crate) stay: bool,
    #[command(flatten)]
    pub(crate) show: Show,
}

#[derive(Args, Debug)]
pub(crate) struct Bridge {
    /// The line, with datagrams in SLIP frames: tcp:HOST:PORT or unix:PATH of an emulator, or the
    /// path of a device in raw mode
    #[arg(long, value_name = "LINE", value_parser = Serial::parse)]
    pub(crate) serial: Serial,
    /// Where the datagrams go
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) to: String,
}

/// Reads the command line of the process. When there is nothing to do but to exit, the error is
/// the code to exit with, and what there was to say has been said.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    match Arguments::try_parse() {
        Ok(arguments) => Ok(match arguments.command {
            Top::Demo(demo) => Command::Demo(demo),
            Top::Lwm2m(command) => Command::Lwm2m(command),
            Top::Bridge(bridge) => Command::Bridge(bridge),
            Top::Coap(coap) => Command::Coap(coap),
            Top::Senml(senml) => Command::Senml(Box::new(senml)),
            Top::Objects(objects) => Command::Objects(objects),
            Top::Onem2m(onem2m) => Command::Onem2m(onem2m),
        }),
        Err(error) => Err(explain(&error)),
    }
}

fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody is there to read it if this fails.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(USAGE)
        }
        _ => {
            complain(&one_sentence(&error.to_string()));
            ExitCode::from(USAGE)
        }
    }
}

/// The first paragraph of clap's explanation in one line.
fn one_sentence(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let paragraph = text.lines().take_while(|line| !line.trim().is_empty());
    let mut sentence = paragraph.map(str::trim).collect::<Vec<_>>().join(" ");
    sentence.push_str(" (see --help)");
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sentences() {
        let of = |arguments: &[&str]| {
            let error = Arguments::try_parse_from(arguments).unwrap_err();
            one_sentence(&error.to_string())
        };
        let sentence = of(&["m2m", "lwm2m", "server", "--coap", "5683"]);
        assert!(sentence.contains("'5683'") && sentence.contains("127.0.0.1:5683"), "{sentence}");
        let sentence = of(&["m2m", "lwm2m", "client"]);
        assert!(sentence.contains("--server") && sentence.contains("--endpoint"), "{sentence}");
        for arguments in [&["m2m", "demo", "--stay=1"][..], &["m2m", "dmo"], &["m2m", "demo", "x"]]
        {
            let sentence = of(arguments);
            assert!(!sentence.contains('\n') && sentence.len() > 20, "{sentence}");
        }
    }
}
