//! The command line of `m2m lwm2m client`.

use crate::args::Show;
use crate::lwm2m::common::Place;
use crate::transport::{Psk, Scheme};
use clap::{Args, ValueEnum};
use lwm2m_core::Version;
use lwm2m_core::client::{Config, ConfigError};
use std::path::PathBuf;

/// What is told behind the options.
pub(crate) const AFTER: &str = "\
Without --config the device is a weather station with a thermometer, a hygrometer and a barometer. A
file in TOML says what else it is:

  [[servers]]                          # besides those of --server
  uri = \"coaps://192.0.2.1\"
  id = 101
  lifetime = 300
  psk = { identity = \"sensor-1\", key = \"00112233445566778899aabbccddeeff\" }
                                       # or oscore = \"FILE\", as --oscore has it; beside this file

  [values]                             # as the API of m2m lwm2m server has values
  \"/3/0/0\" = \"ACME\"
  \"/3311/0/5850\" = true

  [[moves]]                            # a value that swings
  path = \"/3303/1/5700\"
  low = 18.5
  high = 21.0
  period = 600
  every = 10

  [[devices]]                          # behind it: then it is their gateway (object 25)
  id = \"urn:dev:os:32473-d1\"
  prefix = \"d01\"
  values = { \"/3303/0/5701\" = \"Cel\" }
  moves = [{ path = \"/3303/0/5700\", low = 2, high = 8 }]

With --prompt, or on a terminal, it takes commands: get, set, list, send, update, offline, online,
bootstrap, reboot, quit; help explains them. It ends with Ctrl-C, and de-registers.

Examples: m2m lwm2m client --server coap://127.0.0.1:5683 --endpoint garden
          m2m lwm2m client --server coaps://h --psk garden:00112233445566778899aabbccddeeff --endpoint garden
          m2m lwm2m client --server coap://h --oscore garden.oscore.json --endpoint garden
          m2m lwm2m client --bootstrap coap://127.0.0.1:5783 --endpoint garden --state garden.json
          m2m lwm2m client --server mqtt://127.0.0.1 --endpoint garden --lwm2m 1.2
          m2m lwm2m client --server coap://127.0.0.1 --endpoint load --count 100 --json";

/// Most devices in one process.
pub(super) const MOST_DEVICES: u16 = 1000;

/// The version to register with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Enabler {
    #[value(name = "1.0")]
    V1_0,
    #[value(name = "1.1")]
    V1_1,
    #[value(name = "1.2")]
    V1_2,
}

impl From<Enabler> for Version {
    fn from(enabler: Enabler) -> Version {
        match enabler {
            Enabler::V1_0 => Version::V1_0,
            Enabler::V1_1 => Version::V1_1,
            Enabler::V1_2 => Version::V1_2,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Client {
    /// A server to register with; several may be named. LwM2M over MQTT has the topics of a broker for
    /// one: mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT][/PREFIX], with --lwm2m 1.2
    #[arg(long, value_name = "coap[s][+tcp]|mqtt[s]://HOST[:PORT]", value_parser = server_uri,
        required_unless_present_any = ["bootstrap", "config"])]
    pub(crate) server: Vec<Place>,
    /// The bootstrap server to ask where to register
    #[arg(long, value_name = "coap[s][+tcp]|mqtt[s]://HOST[:PORT]", value_parser = server_uri,
        conflicts_with = "server")]
    pub(crate) bootstrap: Option<Place>,
    /// The name to register under; with --count, -1, -2 and so on are put behind it
    #[arg(long, value_name = "NAME", value_parser = endpoint_name)]
    pub(crate) endpoint: String,
    /// How many devices to be
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_DEVICES)))]
    pub(crate) count: u16,
    /// Objects, values that move, and further servers, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Identity and key for coaps, for servers whose own --config does not give
    #[arg(long, value_name = "ID:HEXKEY", value_parser = Psk::parse)]
    pub(crate) psk: Option<Psk>,
    /// Protect all that is said with OSCORE (RFC 8613), with the security context of a JSON file as m2m
    /// coap has it; the sequence numbers that were used are kept beside it, in FILE.state. For the one
    /// server whose own --config does not give
    #[arg(long, value_name = "FILE")]
    pub(crate) oscore: Option<PathBuf>,
    /// Own certificate for coaps (without --psk), coaps+tcp and mqtts, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Authorities to trust for coaps, coaps+tcp and mqtts, PEM; without it those of this system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// What the servers name everything of the device behind: one segment or several, such as
    /// /lwm2m, where they read /lwm2m/3/0
    #[arg(long, value_name = "/PATH", value_parser = alternate_path)]
    pub(crate) alternate_path: Option<String>,
    /// Version of LwM2M
    #[arg(long, value_name = "VERSION", default_value = "1.1", value_enum)]
    pub(crate) lwm2m: Enabler,
    /// Queue mode: the servers hold back what they want until the device has something to tell, and
    /// for so many seconds after that [default: 93, the time that servers count on]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true,
        default_missing_value = "93", value_parser = seconds)]
    pub(crate) queue_mode: Option<u32>,
    /// How long the registration holds without an update, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = seconds)]
    pub(crate) lifetime: u32,
    /// How often the thermometer measures, in seconds; the other sensors are slower
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = seconds)]
    pub(crate) interval: u32,
    /// Keep accounts, access rights, attributes and registrations here, and begin with them: then
    /// there is no need for another bootstrap or registration. Keys are in it, so only its owner
    /// can read it
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Take firmware (object 5) that servers push, or that they have it fetch over coap and coaps, and
    /// keep it in files here; an update makes it firmware.bin. It goes on after a restart
    #[arg(long, value_name = "DIR")]
    pub(crate) firmware_dir: Option<PathBuf>,
    /// Take commands on standard input, as it does on a terminal anyway
    #[arg(long)]
    pub(crate) prompt: bool,
    #[command(flatten)]
    pub(crate) show: Show,
}

/// The schemes that a client can go by.
pub(super) const SUPPORTED: &str = "coap, coaps, coap+tcp, coaps+tcp, mqtt and mqtts";

pub(super) const fn is_supported(scheme: Scheme) -> bool {
    !matches!(scheme, Scheme::CoapWs | Scheme::CoapsWs)
}

/// The URI of a server that a client can reach.
fn server_uri(text: &str) -> Result<Place, String> {
    let wrong = || {
        "it takes a URI such as coap://192.0.2.1:5683, coaps://[2001:db8::1] or mqtt://broker"
            .to_owned()
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let mqtt = match Scheme::named(scheme) {
        Some(scheme) if is_supported(scheme) => scheme.is_mqtt(),
        Some(scheme) => return Err(format!("{scheme} is none of {SUPPORTED}")),
        None => return Err(wrong()),
    };
    // Without a path it is the same with or without a slash.
    let odd = if mqtt { &['?', '#'][..] } else { &['/', '?', '#'] };
    if rest.strip_suffix('/').unwrap_or(rest).contains(odd) {
        return Err(wrong());
    }
    Place::parse(text).map_err(|words| if mqtt { words } else { wrong() })
}

fn seconds(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|seconds| *seconds > 0);
    number.ok_or_else(|| format!("it takes a whole number from 1 to {}", u32::MAX))
}

fn alternate_path(text: &str) -> Result<String, String> {
    let config = Config { alternate_path: text, ..Config::new("") };
    match lwm2m_core::client::Client::needs(&config) {
        Err(ConfigError::AlternatePath) => {
            Err("it takes a path of up to 40 bytes whose segments are names, such as /lwm2m"
                .to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

fn endpoint_name(text: &str) -> Result<String, String> {
    match text.len() {
        1..=240 if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err("it takes a name of 1 to 240 bytes without control characters".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternate_paths() {
        for text in ["/lwm2m", "/house/floor-2", ""] {
            assert_eq!(alternate_path(text).as_deref(), Ok(text));
        }
        for text in ["lwm2m", "/", "/3", "/a//b", "/a/"] {
            assert!(alternate_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn server_uris() {
        for (text, shown) in [
            ("coap://127.0.0.1:5683", "coap://127.0.0.1/"),
            ("COAP://localhost/", "coap://localhost/"),
            ("coap://[::1]", "coap://[::1]/"),
            ("coap://[2001:db8::1]:9/", "coap://[2001:db8::1]:9/"),
            ("coaps://h", "coaps://h/"),
            ("coap+tcp://h", "coap+tcp://h/"),
            ("mqtt://u:p@h/city", "mqtt://h/city"),
        ] {
            assert_eq!(server_uri(text).unwrap().uri.to_string(), shown);
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
            "coap+ws://h",
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
}
