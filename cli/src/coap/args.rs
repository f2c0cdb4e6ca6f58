//! The command line of `m2m coap`.

use super::names::{content_format, hex, option};
use super::uri::Uri;
use crate::args::Show;
use crate::transport::{Psk, Scheme};
use clap::{ArgGroup, Args, Subcommand};
use coap_core::{Block, ContentFormat, OptionNumber};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the exit codes of a request mean; stands in the help of each.
const CODES: &str = "\
Exit codes: 0 a success (2.xx), 4 an error of the client (4.xx), 5 an error of the server (5.xx),
3 no answer, 6 rejected or broken off, 1 something else went wrong, 2 the command line makes no sense.

On a terminal the answer is shown readably; into a pipe or file it goes as it is (see --pretty, --raw).";

#[derive(Subcommand, Debug)]
pub(crate) enum Coap {
    /// Read a resource
    #[command(after_help = CODES)]
    Get(Plain),
    /// Write a resource
    #[command(after_help = CODES)]
    Put(WithPayload),
    /// Have a resource process something
    #[command(after_help = CODES)]
    Post(WithPayload),
    /// Delete a resource
    #[command(after_help = CODES)]
    Delete(Plain),
    /// Read the parts of a resource that the payload asks for (RFC 8132)
    #[command(after_help = CODES)]
    Fetch(WithPayload),
    /// Change a resource in parts (RFC 8132)
    #[command(after_help = CODES)]
    Patch(WithPayload),
    /// Change a resource in parts, the same however often it is done (RFC 8132)
    #[command(after_help = CODES)]
    Ipatch(WithPayload),
    /// Watch a resource: every state it takes, until Ctrl-C (RFC 7641)
    #[command(after_help = CODES)]
    Observe(Observe),
    /// See whether a server is there, and how long it takes to answer
    #[command(after_help = CODES)]
    Ping(Ping),
    /// List the resources of a server (RFC 6690)
    #[command(after_help = CODES)]
    Discover(Discover),
    /// Run a server with resources to try clients on
    #[command(after_help = "\
Resources: / (GET), /time (GET, observable, changes each second), /large (GET, 10 kB), /separate (GET,
answered after three seconds), /store/... (PUT, POST, GET, DELETE, observable; If-Match, If-None-Match,
ETag), /.well-known/core (GET, with filters such as ?rt=clock). It ends with Ctrl-C.")]
    Serve(Serve),
}

/// Keys and certificates.
#[derive(Args, Clone, Debug, Default)]
#[command(group(ArgGroup::new("shown").args(["psk", "cert"]).multiple(true)))]
pub(crate) struct Security {
    /// Pre-shared key for coaps: an identity and the key in hexadecimal digits
    #[arg(long, value_name = "ID:HEXKEY", value_parser = Psk::parse)]
    pub(crate) psk: Vec<Psk>,
    /// Own certificate for TLS, and for coaps without a pre-shared key, PEM (an ECDSA key of P-256 or
    /// P-384 for coaps)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Authorities whose certificates are trusted, PEM; without it a client trusts those of this system,
    /// and a server asks for none
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

/// What all commands of a client have.
#[derive(Args, Clone, Debug)]
pub(crate) struct Client {
    #[command(flatten)]
    pub(crate) security: Security,
    /// Give up after so many seconds (else when the protocol does, after about 90)
    #[arg(short, long, value_name = "SECONDS", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) show: Show,
}

/// What all requests have.
#[derive(Args, Clone, Debug)]
pub(crate) struct Message {
    /// Send it non-confirmable: it is not repeated if it gets lost
    #[arg(short = 'N', long)]
    pub(crate) non: bool,
    /// The content format to answer in: a name, media type or number
    #[arg(short, long, value_name = "FORMAT", value_parser = content_format)]
    pub(crate) accept: Option<ContentFormat>,
    /// A further option, such as ETag=1f3c, If-None-Match, 65000=ff
    #[arg(short = 'O', long = "option", value_name = "NAME=VALUE", value_parser = option)]
    pub(crate) options: Vec<(OptionNumber, Vec<u8>)>,
    /// Send and take long bodies with Q-Block options (RFC 9177), in bursts with --non, if the
    /// server knows them
    #[arg(long)]
    pub(crate) q_block: bool,
    /// Size of blocks, 16 to 1024 bytes
    #[arg(short, long, value_name = "BYTES", value_parser = block_size)]
    pub(crate) block_size: Option<u8>,
    /// Ask for one block of the answer alone, the first being 0 (see --block-size)
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=i64::from(Block::MAX_NUMBER)))]
    pub(crate) block: Option<u32>,
    /// Protect it end to end with OSCORE (RFC 8613), with the security context of a JSON file; what
    /// has to survive is kept beside it, in FILE.state
    #[arg(long, value_name = "FILE")]
    pub(crate) oscore: Option<PathBuf>,
    /// The token, 0 to 8 bytes in hexadecimal digits, instead of a random one (which further blocks
    /// have all the same)
    #[arg(long, value_name = "HEX", value_parser = token)]
    pub(crate) token: Option<Token>,
    /// Write the answer's payload to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show the payload as it came, even on a terminal
    #[arg(long, conflicts_with = "pretty")]
    pub(crate) raw: bool,
    /// Show the payload readably, even into a pipe
    #[arg(long)]
    pub(crate) pretty: bool,
    #[command(flatten)]
    pub(crate) client: Client,
}

/// A token as bytes; clap takes a vector for a list of values.
#[derive(Clone, Debug)]
pub(crate) struct Token(pub(crate) Vec<u8>);

#[derive(Args, Clone, Debug)]
pub(crate) struct Plain {
    /// What to ask for: coap://, coaps://, ...
    #[arg(value_parser = Uri::parse)]
    pub(crate) uri: Uri,
    #[command(flatten)]
    pub(crate) message: Message,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct WithPayload {
    /// What to ask: coap://, coaps://, ...
    #[arg(value_parser = Uri::parse)]
    pub(crate) uri: Uri,
    /// What to send; - reads standard input
    pub(crate) payload: Option<String>,
    /// Send the content of a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "payload")]
    pub(crate) file: Option<PathBuf>,
    /// The content format of what is sent: a name, media type or number
    #[arg(short, long, value_name = "FORMAT", value_parser = content_format)]
    pub(crate) content_format: Option<ContentFormat>,
    #[command(flatten)]
    pub(crate) message: Message,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Observe {
    /// What to watch: coap://, coaps://, ...
    #[arg(value_parser = Uri::parse)]
    pub(crate) uri: Uri,
    /// End after so many states
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// End after so many seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Register again when nothing is heard for as long as the last state is good (Max-Age) and some
    /// seconds: a server that was started anew knows its observers no more
    #[arg(long)]
    pub(crate) renew: bool,
    #[command(flatten)]
    pub(crate) message: Message,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Ping {
    /// Whom to ask: coap://, coaps://, ...; a path is not looked at
    #[arg(value_parser = Uri::parse)]
    pub(crate) uri: Uri,
    /// End after so many pings
    #[arg(short = 'n', long, value_name = "N", default_value_t = 4)]
    pub(crate) count: u64,
    /// Time between two pings, in seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = duration, default_value = "1")]
    pub(crate) interval: Duration,
    #[command(flatten)]
    pub(crate) client: Client,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Discover {
    /// Whom to ask: coap://, coaps://, ...; without a path /.well-known/core is asked
    #[arg(value_parser = Uri::parse)]
    pub(crate) uri: Uri,
    /// Only resources with this attribute, such as rt=temperature or href=/store*
    #[arg(value_name = "NAME=VALUE", value_parser = filter)]
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) message: Message,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// Listen here for coap (UDP); may be repeated; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) bind: Vec<SocketAddr>,
    /// Listen here for coaps (DTLS 1.2); needs --psk, or --cert and --key, or all of them
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address, requires = "shown")]
    pub(crate) coaps: Vec<SocketAddr>,
    /// Listen here for coap+tcp
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) tcp: Vec<SocketAddr>,
    /// Listen here for coaps+tcp (TLS); needs --cert and --key
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address, requires = "cert")]
    pub(crate) tls: Vec<SocketAddr>,
    /// Listen here for coap+ws (WebSocket)
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub(crate) ws: Vec<SocketAddr>,
    /// Listen here for coaps+ws (WebSocket over TLS); needs --cert and --key
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address, requires = "cert")]
    pub(crate) wss: Vec<SocketAddr>,
    /// A security context of OSCORE (RFC 8613) that requests may come under: a JSON file; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) oscore: Vec<PathBuf>,
    /// Refuse requests that do not come under one of them, with 4.01
    #[arg(long, requires = "oscore")]
    pub(crate) oscore_only: bool,
    #[command(flatten)]
    pub(crate) security: Security,
    #[command(flatten)]
    pub(crate) show: Show,
}

impl Serve {
    /// All addresses to listen on.
    pub(crate) fn doors(&self) -> Vec<(Scheme, SocketAddr)> {
        let rows = [
            (Scheme::Coap, &self.bind),
            (Scheme::Coaps, &self.coaps),
            (Scheme::CoapTcp, &self.tcp),
            (Scheme::CoapsTcp, &self.tls),
            (Scheme::CoapWs, &self.ws),
            (Scheme::CoapsWs, &self.wss),
        ];
        rows.into_iter().flat_map(|(s, list)| list.iter().map(move |a| (s, *a))).collect()
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it takes an IP address and a port, such as 127.0.0.1:5683 or [::]:5683".to_owned()
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let seconds = seconds.filter(|s| (0.001..=1e8).contains(s));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "it takes a number of seconds".to_owned())
}

/// The exponent of a block size.
fn block_size(text: &str) -> Result<u8, String> {
    let bytes: Option<u32> = text.parse().ok();
    let szx = (0..=Block::MAX_SZX).find(|szx| Some(16 << szx) == bytes);
    szx.ok_or_else(|| "it takes 16, 32, 64, 128, 256, 512 or 1024".to_owned())
}

fn token(text: &str) -> Result<Token, String> {
    let bytes = hex(text).ok().filter(|bytes| bytes.len() <= 8);
    bytes.map(Token).ok_or_else(|| "it takes up to eight pairs of hexadecimal digits".to_owned())
}

fn filter(text: &str) -> Result<String, String> {
    match coap_core::link::Filter::new(text) {
        Some(_) if text.len() <= 255 => Ok(text.to_owned()),
        _ => Err("it takes a name and a value, such as rt=temperature or href=/store*".to_owned()),
    }
}
