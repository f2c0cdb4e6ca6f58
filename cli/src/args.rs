//! The command line.

use crate::bridge::Serial;
use crate::coap::args::Coap;
use crate::failure::{USAGE, complain};
use crate::lwm2m::args::Lwm2m;
use crate::onem2m::args::Onem2m;
use crate::senml::args::Senml;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use std::fmt;
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
pub(crate) struct Client {
    /// The server to register with
    #[arg(long, value_name = "coap://HOST:PORT", value_parser = server_uri)]
    pub(crate) server: ServerUri,
    /// The name to register under
    #[arg(long, value_name = "NAME", value_parser = endpoint_name)]
    pub(crate) endpoint: String,
    /// How long the registration holds without an update, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
        value_parser = seconds)]
    pub(crate) lifetime: u32,
    /// How often the thermometer measures, in seconds; the other sensors are slower
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = seconds)]
    pub(crate) interval: u32,
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

/// A server's address as its URI tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerUri {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for ServerUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "coap://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "coap://{}:{}", self.host, self.port)
        }
    }
}

fn server_uri(text: &str) -> Result<ServerUri, String> {
    let wrong =
        || "it takes a URI such as coap://192.0.2.1:5683 or coap://[2001:db8::1]".to_owned();
    let Some((scheme, rest)) = text.split_once("://") else { return Err(wrong()) };
    match scheme.to_ascii_lowercase().as_str() {
        "coap" => {}
        "coaps" | "coap+tcp" | "coaps+tcp" => {
            return Err(format!("{scheme} is not supported, only coap is"));
        }
        _ => return Err(wrong()),
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            (host, after.strip_prefix(':').or(after.is_empty().then_some("")).ok_or_else(wrong)?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let odd = |c: char| c.is_whitespace() || "/?#@%[]".contains(c);
    if host.is_empty() || host.contains(odd) {
        return Err(wrong());
    }
    let port = match port {
        "" => 5683,
        digits => digits.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
    };
    Ok(ServerUri { host: host.to_owned(), port })
}

fn seconds(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|seconds| *seconds > 0);
    number.ok_or_else(|| format!("it takes a whole number from 1 to {}", u32::MAX))
}

fn endpoint_name(text: &str) -> Result<String, String> {
    match text.len() {
        1..=250 if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err("it takes a name of 1 to 250 bytes without control characters".to_owned()),
    }
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
    fn server_uris() {
        for (text, shown) in [
            ("coap://127.0.0.1:5683", "coap://127.0.0.1:5683"),
            ("COAP://localhost/", "coap://localhost:5683"),
            ("coap://[::1]", "coap://[::1]:5683"),
            ("coap://[2001:db8::1]:9/", "coap://[2001:db8::1]:9"),
        ] {
            assert_eq!(server_uri(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "coap",
            "coap:",
            "coap://",
            "coap:///",
            "coap://:5683",
            "coap://h:0",
            "coap://h:65536",
            "coap://h:x",
            "coap://h/rd",
            "http://h",
            "coaps://h",
            "h:5683",
            "coap://[::1",
            "coap://[x]",
            "coap://[::1]5683",
            "coap://a b",
            "coap://u@h",
            "coap://::1",
        ] {
            assert!(server_uri(text).is_err(), "{text}");
        }
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
