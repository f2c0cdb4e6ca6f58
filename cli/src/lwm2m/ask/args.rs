//! The command lines that ask a server.

use crate::onem2m::uri::{Scheme, Uri};
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// What is told behind the options of each.
pub(crate) const CODES: &str = "\
The server is the one of --api, or of M2M_API, else http://127.0.0.1:8080. Its token is that of
--token or M2M_TOKEN.

Exit codes: 0 done, 4 the device (4.xx) or the server refuses, 5 the device failed (5.xx),
3 no answer, 1 something else went wrong, 2 the command line makes no sense.";

pub(crate) const VALUES: &str = "\
A VALUE is read as the type of its resource wants: text as it is, numbers, true and false, times as
2026-11-21T12:00:00Z or in seconds, bytes as base64 or as 0x and hexadecimal digits, links as 66:0.
PATH is /OBJECT/INSTANCE/RESOURCE[/RESOURCE-INSTANCE].

Examples: m2m lwm2m write garden /1/0/1=120
          m2m lwm2m write garden /1/0/1=120 /3/0/14=+02:00
          m2m lwm2m create garden /3347 5500=false 5501=0
          m2m lwm2m execute garden /3/0/4

Exit codes: 0 done, 4 the device (4.xx) or the server refuses, 5 the device failed (5.xx),
3 no answer, 1 something else went wrong, 2 the command line makes no sense.";

pub(crate) const BOOTSTRAP: &str = "\
The API is that of m2m lwm2m bootstrap-server: --api, or M2M_API, else http://127.0.0.1:8080. NAME is
that of an endpoint; with * in it, it is for all of this form. A configuration is a file in JSON or
TOML, as m2m lwm2m bootstrap-server --help shows it:

  servers = [{ uri = \"coap://192.0.2.1\", id = 101, lifetime = 300 }]

Examples: m2m lwm2m configurations set sensor-1 sensor-1.toml --api http://127.0.0.1:8081
          m2m lwm2m configurations set 'sensor-*' fleet.json
          m2m lwm2m sessions start sensor-1 192.0.2.7:5683

Exit codes: 0 done, 4 the server refuses, 3 no answer, 1 something else went wrong, 2 the command line
makes no sense.";

/// The server to ask, and how to show what it says.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// The API of the server [default: $M2M_API or http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", value_parser = api, global = true)]
    pub(crate) api: Option<Api>,
    /// What the server wants to be shown [default: $M2M_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true)]
    pub(crate) token: Option<String>,
    /// Authorities for https, PEM [default: those of the system]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca: Option<PathBuf>,
    /// Seconds until a device has to have answered [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, global = true)]
    pub(crate) timeout: Option<f64>,
    /// Print what the server says as JSON, on one line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Whether to wait for a device.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Later {
    /// Leave at once: it is sent when the device listens (see queue), and what came of it is told as
    /// an event. --timeout is for how long it may wait [default: a day, if the device sleeps]
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Where an API is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Api(pub(crate) Uri);

#[derive(Subcommand, Debug)]
pub(crate) enum Ask {
    /// Who is registered with a server, or all about one of them
    #[command(after_help = CODES)]
    Clients(Clients),
    /// Read resources, instances or objects; several are read at once (Read-Composite)
    #[command(after_help = CODES)]
    Read(Read),
    /// Write resources; several are written at once (Write-Composite)
    #[command(after_help = VALUES)]
    Write(Write),
    /// Execute a resource
    #[command(after_help = CODES)]
    Execute(Execute),
    /// Create an instance of an object
    #[command(after_help = VALUES)]
    Create(Write),
    /// Delete an instance, or an instance of a resource
    #[command(after_help = CODES)]
    Delete(Place),
    /// List what there is below an object, an instance or a resource
    #[command(after_help = CODES)]
    Discover(Discover),
    /// Set notification attributes: pmin=5 pmax=60 gt=30; a name alone takes one away
    #[command(after_help = CODES)]
    Attributes(Attributes),
    /// Observe, and tell each change until Ctrl-C
    #[command(after_help = CODES)]
    Observe(Observe),
    /// End an observation
    #[command(after_help = CODES)]
    Cancel(Place),
    /// What waits for a device that sleeps, in the order in which it will be sent
    #[command(after_help = CODES)]
    Queue(Queue),
    /// Tell what happens on a server until Ctrl-C
    #[command(after_help = CODES)]
    Events(Events),
    /// Tell what devices send by themselves (Send) until Ctrl-C
    #[command(after_help = CODES)]
    SendEvents(Events),
    /// End a registration; the device learns of it at its next update
    #[command(after_help = CODES)]
    Remove(Endpoint),
    /// Who may come to a server or bootstrap server, and as which endpoint
    #[command(after_help = CODES)]
    Credentials(Credentials),
    /// What a bootstrap server gives to whom
    #[command(after_help = BOOTSTRAP)]
    Configurations(Configurations),
    /// Whose bootstrap is under way
    #[command(after_help = BOOTSTRAP)]
    Sessions(Sessions),
}

#[derive(Args, Debug)]
pub(crate) struct Endpoint {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Queue {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Take this one out of the queue
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cancel: Option<u64>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Clients {
    /// All about this device; with * in it, those whose names are of this form
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Only devices that have this object
    #[arg(long, value_name = "OBJECT")]
    pub(crate) object: Option<u16>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Where
    #[arg(value_name = "PATH", value_parser = path)]
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Read {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// What: /OBJECT[/INSTANCE[/RESOURCE[/RESOURCE-INSTANCE]]]
    #[arg(value_name = "PATH", required = true, value_parser = path)]
    pub(crate) paths: Vec<String>,
    /// Content format: text, opaque, cbor, tlv, json, senml-json, senml-cbor, lwm2m-cbor
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Write {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// What: PATH=VALUE. To create: /OBJECT or /OBJECT/INSTANCE, then RESOURCE=VALUE
    #[arg(value_name = "PATH=VALUE", required = true)]
    pub(crate) what: Vec<String>,
    /// Content format: text, opaque, cbor, tlv, json, senml-json, senml-cbor, lwm2m-cbor
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Execute {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Which resource
    #[arg(value_name = "PATH", value_parser = path)]
    pub(crate) path: String,
    /// Its arguments, such as 0='text',1
    #[arg(value_name = "ARGUMENTS")]
    pub(crate) arguments: Option<String>,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Discover {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Below what
    #[arg(value_name = "PATH", value_parser = path)]
    pub(crate) path: String,
    /// How many levels (LwM2M 1.2)
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) depth: Option<u8>,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Attributes {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Of what
    #[arg(value_name = "PATH", value_parser = path)]
    pub(crate) path: String,
    /// Attributes: pmin=5 pmax=60 gt
    #[arg(value_name = "NAME[=VALUE]", required = true)]
    pub(crate) attributes: Vec<String>,
    #[command(flatten)]
    pub(crate) later: Later,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Observe {
    /// The device
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// What; several are observed at once (Observe-Composite)
    #[arg(value_name = "PATH", required = true, value_parser = path)]
    pub(crate) paths: Vec<String>,
    /// Attributes that go with the request (LwM2M 1.2), such as pmin=5; may be repeated
    #[arg(long, value_name = "NAME=VALUE", num_args = 1, action = clap::ArgAction::Append)]
    pub(crate) attr: Vec<String>,
    /// Leave after so many changes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Leave at once, or at the end, without ending the observation
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Only what is about devices whose names are of this form; * is anything
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Leave after so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Configurations {
    #[command(subcommand)]
    pub(crate) what: Option<Configuration>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Configuration {
    /// Show one, and how the last bootstrap of its endpoint ended; never the keys
    Show {
        /// For whom
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Say what an endpoint, or all of a form, are given
    Set {
        /// For whom
        #[arg(value_name = "NAME")]
        name: String,
        /// The configuration in JSON or TOML, `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Have no rule for it
    Remove {
        /// For whom
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    pub(crate) what: Option<Session>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Session {
    /// Bootstrap a device that did not ask, at its address
    Start {
        /// The device, which has a configuration
        #[arg(value_name = "ENDPOINT")]
        endpoint: String,
        /// Where it listens
        #[arg(value_name = "ADDR:PORT")]
        address: std::net::SocketAddr,
    },
    /// Give a bootstrap up
    Abort {
        /// Whose
        #[arg(value_name = "ENDPOINT")]
        endpoint: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Credentials {
    #[command(subcommand)]
    pub(crate) what: Option<Credential>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Credential {
    /// Say how an endpoint shows that it is the one: by a key, a security context, a certificate
    #[command(group(ArgGroup::new("proof").required(true)
        .args(["key_file", "key", "oscore", "certificate"])))]
    Add {
        /// What the credential is called: for DTLS the identity that the device gives
        #[arg(value_name = "IDENTITY")]
        identity: String,
        /// For DTLS: a file with the key in hexadecimal digits, `-` for standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// The key itself; other users of this machine can see command lines
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// For OSCORE: a file with a security context as `m2m coap` has it, ids as the server sees
        /// them (sender_id is the server's); `-` for standard input
        #[arg(long, value_name = "FILE")]
        oscore: Option<PathBuf>,
        /// For TLS: a certificate by its SHA-256 (sha256:HEX), its subject (CN=a,O=b) or a name
        #[arg(long, value_name = "NAME")]
        certificate: Option<String>,
        /// The name that it may register under [default: the identity]
        #[arg(long, value_name = "NAME")]
        endpoint: Option<String>,
    },
    /// Take a credential away
    Remove {
        /// Whose
        #[arg(value_name = "IDENTITY")]
        identity: String,
    },
}

fn api(text: &str) -> Result<Api, String> {
    let wrong = || "it takes a URL such as http://127.0.0.1:8080".to_owned();
    let uri = Uri::parse(text).map_err(|_| wrong())?;
    let fits =
        matches!(uri.scheme, Scheme::Http | Scheme::Https) && matches!(uri.path.as_str(), "" | "/");
    if fits { Ok(Api(uri)) } else { Err(wrong()) }
}

impl Common {
    /// Where the API is.
    ///
    /// # Errors
    /// What the environment says is no URL.
    pub(crate) fn place(&self) -> Result<Api, String> {
        match (&self.api, std::env::var("M2M_API")) {
            (Some(place), _) => Ok(place.clone()),
            (None, Ok(text)) if !text.is_empty() => {
                api(&text).map_err(|words| format!("M2M_API: {words}"))
            }
            _ => api("http://127.0.0.1:8080"),
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s| (0.001..=3e7).contains(s));
    seconds.ok_or_else(|| "it takes a number of seconds".to_owned())
}

fn path(text: &str) -> Result<String, String> {
    match lwm2m_core::Path::parse(text) {
        Ok(path) if path != lwm2m_core::Path::ROOT => Ok(path.to_string()),
        _ => Err("it takes a path such as /3, /3/0 or /3303/0/5700".to_owned()),
    }
}
