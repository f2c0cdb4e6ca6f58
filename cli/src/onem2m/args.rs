//! The command line of `m2m onem2m`.

use super::cse::Options;
use super::uri::Uri;
use crate::transport::Psk;
use clap::{Args, Subcommand};
use onem2m_core::ReleaseVersion;
use onem2m_core::enumeration::ResultContent;
use onem2m_core::media::Serialization;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Subcommand, Debug)]
pub(crate) enum Onem2m {
    /// Run a common services entity (CSE): HTTP, CoAP, MQTT and WebSocket around one resource tree
    #[command(after_help = "\
Each option may also stand in the file of --config, under its name without the dashes:
http = \"127.0.0.1:8080\"; the command line comes first. It ends with Ctrl-C.

Originators that begin with C or S may register an AE; the administrator may do everything.")]
    Cse(Box<Cse>),
    /// Watch a CSE, a thermometer and a panel talk oneM2M over CoAP and HTTP, for some seconds
    Demo(Demo),
    /// Read a resource
    #[command(after_help = CODES)]
    Get(Get),
    /// Make a resource under another
    #[command(after_help = CREATING)]
    Create(Create),
    /// Change attributes of a resource
    #[command(after_help = CREATING)]
    Update(Update),
    /// Delete a resource and what is below it
    #[command(after_help = CODES)]
    Delete(Delete),
    /// Find resources
    #[command(after_help = CODES)]
    Discover(Discover),
    /// Watch a resource: each notification as it comes, until Ctrl-C
    #[command(after_help = CODES)]
    Subscribe(Subscribe),
}

const CODES: &str = "\
TARGET is an address, such as cse-in/ae or /id-in/cse-in/ae/data/la, on the CSE of --cse, or a whole
URI: http://127.0.0.1:8080/cse-in/ae. Over MQTT the receiver is the CSE of the address, else --cse-id.

Exit codes: 0 a success (2xxx), 4 an error of the originator (4xxx), 5 an error of the CSE (5xxx),
6 an error beyond it (6xxx), 3 no answer, 1 something else went wrong, 2 the command line makes no
sense.";

const CREATING: &str = "\
Values of --attr are read as the attribute's type wants: text as it is, numbers, true and false, lists
with commas (lbl=a,b), anything else as JSON. Content may be the attributes alone ({\"mni\":10}) or with
the name of the type around them ({\"m2m:cnt\":{\"mni\":10}}). null takes an attribute away.

Examples: m2m onem2m create cse-in --from CThermo --type ae --attr rn=thermo --attr api=Nthermo
          m2m onem2m create cse-in/thermo --from CThermo --type cnt --name data --attr mni=100
          m2m onem2m create cse-in/thermo/data --from CThermo --type cin --attr con=21.5

Exit codes: 0 a success (2xxx), 4 an error of the originator (4xxx), 5 an error of the CSE (5xxx),
6 an error beyond it (6xxx), 3 no answer, 1 something else went wrong, 2 the command line makes no
sense.";

/// How to show what happens.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Show {
    /// Print one JSON object per line instead of words
    #[arg(long)]
    pub(crate) json: bool,
    /// Make every random number follow from N, for tests
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) seed: Option<u64>,
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

#[derive(Args, Debug)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) show: Show,
}

/// What all requests have.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// The CSE: http://, https://, coap://, coaps://, mqtt://, mqtts://, ws:// or wss://
    #[arg(long, value_name = "URI", value_parser = Uri::parse, default_value = "http://127.0.0.1:8080")]
    pub(crate) cse: Uri,
    /// Who asks
    #[arg(long, value_name = "ORIGINATOR", default_value = "CAdmin")]
    pub(crate) from: String,
    /// CSE-ID of the CSE, for MQTT
    #[arg(long, value_name = "ID", default_value = "/id-in")]
    pub(crate) cse_id: String,
    /// Release of the standard: 1, 2, 2a, 3, 4 or 5 [default: 3, or 4 if the request needs it]
    #[arg(long, value_name = "RELEASE", value_parser = release)]
    pub(crate) rvi: Option<ReleaseVersion>,
    /// What the response shall carry, by number
    #[arg(long, value_name = "RCN", value_parser = result_content)]
    pub(crate) rcn: Option<ResultContent>,
    /// Send and ask for this serialisation: json, cbor or xml
    #[arg(long, value_name = "FORMAT", value_parser = serialization, default_value = "json")]
    pub(crate) format: Serialization,
    /// Authorities to trust for https, mqtts and wss, PEM; without it those of this system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Own certificate for https, mqtts and wss, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Pre-shared key for coaps: an identity, which is the originator, and the key in hexadecimal
    /// digits
    #[arg(long, value_name = "ID:HEXKEY", value_parser = Psk::parse)]
    pub(crate) psk: Option<Psk>,
    /// Give up after so many seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds, default_value = "20")]
    pub(crate) timeout: Duration,
    /// Print the content of the response as JSON, on one line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// What to read
    pub(crate) target: String,
    /// These attributes alone, short names; may be repeated
    #[arg(short, long, value_name = "NAME")]
    pub(crate) attribute: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Attributes to send.
#[derive(Args, Clone, Debug)]
pub(crate) struct Attributes {
    /// An attribute by its short name; may be repeated
    #[arg(short, long = "attr", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) attributes: Vec<(String, String)>,
    /// Attributes in JSON; - reads standard input
    #[arg(short, long, value_name = "JSON")]
    pub(crate) content: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The parent
    pub(crate) target: String,
    /// Short name of the type (ae, cnt, cin, sub, acp, grp, bat, ...) or its number
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: String,
    /// Name of the resource
    #[arg(short, long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) attributes: Attributes,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Update {
    /// What to change
    pub(crate) target: String,
    /// Its type; without it the resource is read first
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) attributes: Attributes,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Delete {
    /// What to delete
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Discover {
    /// Where to begin
    pub(crate) target: String,
    /// Resources of this type: a short name or number; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kinds: Vec<String>,
    /// Resources with this label; may be repeated
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) limit: Option<u64>,
    /// At most so many levels below the target
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) level: Option<u64>,
    /// The first to show, counted from 1
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) offset: Option<u64>,
    /// A further criterion by its short name, such as cra=20260101T000000 or sza=100; an attribute
    /// by its own, such as con=*x*
    #[arg(short, long = "filter", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) filters: Vec<(String, String)>,
    /// Show identifiers instead of paths
    #[arg(long)]
    pub(crate) unstructured: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Subscribe {
    /// What to watch
    pub(crate) target: String,
    /// Events by number: 1 update, 2 deletion, 3 creation of a child, 4 deletion of a child, ...
    #[arg(long = "event", value_name = "NUMBER", value_parser = event, default_values = ["1", "2", "3", "4"])]
    pub(crate) events: Vec<u32>,
    /// Name of the subscription
    #[arg(short, long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Address and port that notifications come to, over HTTP and CoAP; without it a free port of
    /// the address that reaches the CSE
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// The notification URI, if it is not what follows from the address; may be an AE-ID
    #[arg(long, value_name = "URI")]
    pub(crate) notify: Option<String>,
    /// End after so many notifications
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) count: Option<u64>,
    /// Further attributes of the subscription
    #[arg(short, long = "attr", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) attributes: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) common: Common,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it takes a short name and a value, such as mni=10".to_owned()),
    }
}

fn event(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=10).contains(number));
    number.ok_or_else(|| "it takes a number from 1 to 10".to_owned())
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "it takes a whole number".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().filter(|seconds| *seconds > 0.0);
    number
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it takes a number of seconds above 0".to_owned())
}

fn serialization(text: &str) -> Result<Serialization, String> {
    Serialization::from_name(text).ok_or_else(|| "json, cbor or xml".to_owned())
}

fn release(text: &str) -> Result<ReleaseVersion, String> {
    let named = ReleaseVersion::ALL.into_iter().find(|release| release.as_str() == text);
    named.ok_or_else(|| "it takes 1, 2, 2a, 3, 4 or 5".to_owned())
}

fn result_content(text: &str) -> Result<ResultContent, String> {
    let number = text.parse().ok().map(ResultContent::from_number);
    number
        .filter(|rcn| ResultContent::ALL.contains(rcn))
        .ok_or_else(|| "it takes a number from 0 to 12".to_owned())
}
