//! What a device is: whom it knows, what it has, which of its values move.

use super::args::{Client as Options, SUPPORTED, is_supported};
use super::firmware::Firmware;
use super::state::State;
use crate::broker::Login;
use crate::coap::oscore::Opened;
use crate::coap::resolve;
use crate::coap::uri::Uri;
use crate::failure::{Failure, USAGE};
use crate::lwm2m::common::Place;
use crate::lwm2m::common::credential::Key;
use crate::lwm2m::server::values::{Values, read_values};
use crate::transport::{NEEDED_FOR_DTLS, Own, Psk, Scheme};
use lwm2m_core::{DataType, ObjectDefinition, Path, Registry, Version};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

/// A server that a device knows.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Short Server ID; 0 of the bootstrap server.
    pub(crate) id: u16,
    pub(crate) uri: String,
    /// For a broker.
    pub(crate) login: Option<Login>,
    pub(crate) psk: Option<Psk>,
    /// The device's certificate and its key.
    pub(crate) own: Option<Own>,
    /// The security context of OSCORE.
    pub(crate) oscore: Option<Rc<RefCell<Opened>>>,
    /// Of the registration, in seconds.
    pub(crate) lifetime: u32,
}

impl Server {
    /// It has a context whose sequence numbers are kept.
    fn keeps_numbers(&self) -> bool {
        self.oscore.as_ref().is_some_and(|context| !context.borrow().shared.renew)
    }

    /// How it is reached.
    pub(super) fn scheme(&self) -> Scheme {
        scheme(&self.uri).unwrap_or(Scheme::Coap)
    }
}

/// A value that swings between two ends.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) path: Path,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Seconds of one swing.
    pub(crate) period: f64,
    /// Milliseconds between two values.
    pub(crate) every: u64,
    pub(crate) whole: bool,
}

/// What a device is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The name it registers under.
    pub(crate) endpoint: String,
    pub(crate) servers: Vec<Server>,
    /// Where hosts are that are known already, by URI. When nobody listens at one address, the
    /// next one is tried.
    pub(crate) addresses: BTreeMap<String, Vec<SocketAddr>>,
    pub(crate) version: Version,
    /// What stands before all of its paths; empty for nothing.
    pub(crate) alternate_path: String,
    /// Queue mode: how long it listens after it told something, in seconds.
    pub(crate) queue_mode: Option<u32>,
    /// It is a weather station; milliseconds between two measurements of its thermometer.
    pub(crate) station: Option<u64>,
    pub(in crate::lwm2m) values: Values,
    pub(crate) moves: Vec<Move>,
    /// Devices behind it.
    pub(crate) devices: Vec<Behind>,
    /// Where its firmware lies.
    pub(crate) firmware: Option<Firmware>,
    /// Authorities to trust for TLS.
    pub(crate) ca: Option<PathBuf>,
    /// Where it keeps what servers tell it.
    pub(crate) state: Option<State>,
    /// It only tells what its server cannot know.
    pub(crate) quiet: bool,
    /// It does not tell what it measures.
    pub(crate) calm: bool,
}

impl Plan {
    /// A weather station with one server.
    pub(crate) fn station(endpoint: &str, uri: String, lifetime: u32, interval: u64) -> Plan {
        let server =
            Server { id: 1, uri, login: None, psk: None, own: None, oscore: None, lifetime };
        Plan {
            endpoint: endpoint.to_owned(),
            servers: vec![server],
            addresses: BTreeMap::new(),
            version: Version::V1_1,
            alternate_path: String::new(),
            queue_mode: None,
            station: Some(interval),
            values: Values::new(),
            moves: Vec::new(),
            devices: Vec::new(),
            firmware: None,
            ca: None,
            state: None,
            quiet: false,
            calm: false,
        }
    }

    /// The objects that it has besides those that every client has.
    pub(crate) fn objects(&self) -> Vec<&'static ObjectDefinition<'static>> {
        let mut objects: Vec<&'static ObjectDefinition<'static>> = Vec::new();
        if self.station.is_some() {
            objects.extend(super::station::OBJECTS);
        }
        let paths = self.values.keys().chain(self.moves.iter().map(|m| &m.path));
        // Objects 0, 1 and 3 are ready made; 2 is what access rights are about.
        let own = paths.filter_map(|p| p.object_id()).filter(|id| !matches!(id, 0 | 1 | 3));
        let update = self.firmware.iter().map(|_| 5);
        let gateway = self.devices.iter().map(|_| 25);
        // Object 24 says who it is for a broker.
        let mqtt = self.servers.iter().any(|server| server.scheme().is_mqtt()).then_some(24);
        for id in own.chain([2, 21]).chain(mqtt).chain(update).chain(gateway) {
            add_object(&mut objects, id);
        }
        objects
    }
}

/// A device behind this one.
#[derive(Clone, Debug)]
pub(crate) struct Behind {
    pub(crate) id: String,
    pub(crate) prefix: String,
    pub(in crate::lwm2m) values: Values,
    pub(crate) moves: Vec<Move>,
}

impl Behind {
    /// The objects that it has.
    pub(crate) fn objects(&self) -> Vec<&'static ObjectDefinition<'static>> {
        let mut objects = Vec::new();
        let paths = self.values.keys().chain(self.moves.iter().map(|m| &m.path));
        for id in paths.filter_map(|path| path.object_id()) {
            add_object(&mut objects, id);
        }
        objects
    }
}

fn add_object(objects: &mut Vec<&'static ObjectDefinition<'static>>, id: u16) {
    if !objects.iter().any(|object| object.id == id) {
        objects.extend(Registry::standard().object(id));
    }
}

/// What is in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    servers: Vec<FileServer>,
    bootstrap: Option<FileBootstrap>,
    /// It is a weather station too.
    station: Option<bool>,
    #[serde(default)]
    values: Map<String, Json>,
    #[serde(default)]
    moves: Vec<FileMove>,
    #[serde(default)]
    devices: Vec<FileDevice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDevice {
    id: String,
    prefix: String,
    #[serde(default)]
    values: Map<String, Json>,
    #[serde(default)]
    moves: Vec<FileMove>,
}

impl FileDevice {
    fn read(self) -> Result<Behind, String> {
        let FileDevice { id, prefix, values, moves } = self;
        let wrong = |words: String| format!("device {prefix}: {words}");
        let values = known_values(values).map_err(wrong)?;
        let moves = moves.into_iter().map(FileMove::read).collect::<Result<Vec<_>, _>>();
        let moves = moves.map_err(wrong)?;
        let paths = values.keys().chain(moves.iter().map(|m| &m.path));
        if let Some(path) = paths.clone().find(|path| matches!(path.object_id(), Some(0 | 1 | 21)))
        {
            return Err(wrong(format!("{path} is the gateway's own")));
        }
        if paths.count() == 0 {
            return Err(wrong("it has no values".to_owned()));
        }
        Ok(Behind { id, prefix, values, moves })
    }
}

/// Values of objects that are known.
fn known_values(values: Map<String, Json>) -> Result<Values, String> {
    let values = read_values(&json!({"values": values}), Path::ROOT, &type_of)?;
    match values.keys().find(|path| type_of(**path).is_none()) {
        Some(path) => Err(format!("{path}: no object that is known here has it")),
        None => Ok(values),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileServer {
    uri: String,
    id: Option<u16>,
    lifetime: Option<u32>,
    psk: Option<FilePsk>,
    oscore: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBootstrap {
    uri: String,
    psk: Option<FilePsk>,
    oscore: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePsk {
    identity: String,
    key: Key,
}

impl From<FilePsk> for Psk {
    fn from(psk: FilePsk) -> Psk {
        Psk { identity: psk.identity.into_bytes(), key: psk.key.0 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileMove {
    path: String,
    low: f64,
    high: f64,
    #[serde(default = "ten_minutes")]
    period: f64,
    #[serde(default = "five")]
    every: f64,
}

const fn ten_minutes() -> f64 {
    600.0
}

const fn five() -> f64 {
    5.0
}

fn type_of(path: Path) -> Option<DataType> {
    let object = Registry::standard().object(path.object_id()?)?;
    Some(object.resource(path.resource_id()?)?.data_type)
}

impl FileMove {
    fn read(self) -> Result<Move, String> {
        let FileMove { path: text, low, high, period, every } = self;
        let wrong = |words: &str| format!("{text}: {words}");
        let path = Path::parse(&text).map_err(|_| wrong("that is no path"))?;
        let whole = match type_of(path) {
            Some(DataType::Float) => false,
            Some(DataType::Integer | DataType::Unsigned | DataType::Time) => true,
            _ => return Err(wrong("only a number of a known object can move")),
        };
        // NaN is none of these.
        if !(low <= high && period > 0.0 && (0.01..=1e9).contains(&every)) {
            return Err(wrong("low is not above high, period and every are seconds above 0"));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "10 to 10^12, as was checked"
        )]
        let every = (every * 1000.0) as u64;
        Ok(Move { path, low, high, period, every, whole })
    }
}

/// The plan of the command line; each device of several has its own name.
pub(super) async fn plan(options: &Options) -> Result<Plan, Failure> {
    let usage = |words: String| Failure::new(words).exits(USAGE);
    let file = match &options.config {
        None => File::default(),
        Some(path) => {
            let name = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::io(format_args!("cannot read {name}"), &error))?;
            toml::from_str(&text)
                .map_err(|error| usage(format!("cannot use {name}: {}", error.message())))?
        }
    };
    let in_file = |words: String| {
        let name = options.config.as_ref().map(|path| path.display().to_string());
        usage(format!("cannot use {}: {words}", name.unwrap_or_default()))
    };
    let mut servers = Vec::new();
    let beside = |file: &PathBuf| match options.config.as_deref().and_then(std::path::Path::parent)
    {
        Some(folder) => folder.join(file),
        None => file.clone(),
    };
    let own = options.cert.as_deref().zip(options.key.as_deref());
    let own = own.map(|(certificate, key)| Own::load(certificate, key)).transpose()?;
    let common = |id: u16,
                  place: &Place,
                  psk: Option<Psk>,
                  oscore: Option<&PathBuf>,
                  lifetime: u32|
     -> Result<Server, Failure> {
        let opened = oscore.map(|file| Opened::open(&beside(file))).transpose()?;
        let (uri, login) = (place.shown(), place.login.clone());
        let psk = psk.or_else(|| options.psk.clone()).filter(|_| is_secure(&uri));
        let uses = scheme(&uri).is_some_and(|s| s == Scheme::Coaps || s.is_tls());
        Ok(Server {
            id,
            own: own.clone().filter(|_| psk.is_none() && uses),
            psk,
            oscore: opened.map(|opened| Rc::new(RefCell::new(opened))),
            uri,
            login,
            lifetime,
        })
    };
    for (id, uri) in (1..).zip(&options.server) {
        servers.push(common(id, uri, None, None, options.lifetime)?);
    }
    if let Some(uri) = &options.bootstrap {
        servers.push(common(0, uri, None, None, options.lifetime)?);
    }
    let taken = u16::try_from(servers.len()).unwrap_or(u16::MAX);
    for (n, server) in (taken + 1..).zip(file.servers) {
        let place = Place::parse(&server.uri).map_err(&in_file)?;
        let (psk, lifetime) = (server.psk.map(Psk::from), server.lifetime);
        let lifetime = lifetime.unwrap_or(options.lifetime);
        let (id, oscore) = (server.id.unwrap_or(n), server.oscore.as_ref());
        servers.push(common(id, &place, psk, oscore, lifetime)?);
    }
    if let Some(own) = file.bootstrap.filter(|_| options.bootstrap.is_none()) {
        let place = Place::parse(&own.uri).map_err(&in_file)?;
        let (psk, oscore) = (own.psk.map(Psk::from), own.oscore.as_ref());
        servers.push(common(0, &place, psk, oscore, options.lifetime)?);
    }
    if let Some(file) = &options.oscore {
        let mut without = servers.iter_mut().filter(|server| server.oscore.is_none());
        match (without.next(), without.next()) {
            (Some(server), None) => {
                server.oscore = Some(Rc::new(RefCell::new(Opened::open(file)?)));
            }
            _ => {
                return Err(usage(
                    "--oscore is for one server: others have theirs in --config".into(),
                ));
            }
        }
    }
    check(&servers).map_err(usage)?;
    check_contexts(&servers, options).map_err(usage)?;
    let over_tcp = servers.iter().any(|server| !server.scheme().is_datagram());
    if over_tcp && options.lwm2m == super::args::Enabler::V1_0 {
        return Err(usage("LwM2M 1.0 has no coap+tcp: it takes --lwm2m 1.1 or 1.2".to_owned()));
    }
    if servers.iter().any(|server| server.scheme().is_mqtt()) {
        check_mqtt(&servers, options).map_err(usage)?;
    }
    let values = known_values(file.values).map_err(&in_file)?;
    let devices = file.devices.into_iter().map(FileDevice::read).collect::<Result<Vec<_>, _>>();
    let devices = devices.map_err(&in_file)?;
    let firmware = match &options.firmware_dir {
        Some(_) if options.count > 1 => {
            return Err(usage("--firmware-dir is for one device, not for --count".to_owned()));
        }
        Some(folder) => Some(Firmware::open(folder.clone())?),
        None => None,
    };
    let mut moves = Vec::new();
    for found in file.moves {
        moves.push(found.read().map_err(&in_file)?);
    }
    let bare = values.is_empty() && moves.is_empty() && devices.is_empty();
    let alone = options.config.is_none() || bare;
    let station = file.station.unwrap_or(alone).then(|| u64::from(options.interval) * 1000);
    let mut addresses = BTreeMap::new();
    for server in &servers {
        let uri = Uri::parse_any(&server.uri).map_err(usage)?;
        addresses.insert(server.uri.clone(), resolve(&uri.host, uri.port).await?);
    }
    let state = match &options.state {
        Some(_) if options.count > 1 => {
            return Err(usage("--state is for one device, not for --count".to_owned()));
        }
        Some(path) => Some(State::open(path, &options.endpoint)?),
        // Sequence numbers are kept beside their context.
        None if servers.iter().any(|server| server.keeps_numbers()) => Some(State::none()),
        None => None,
    };
    Ok(Plan {
        endpoint: options.endpoint.clone(),
        servers,
        addresses,
        version: options.lwm2m.into(),
        alternate_path: options.alternate_path.clone().unwrap_or_default(),
        queue_mode: options.queue_mode,
        station,
        values,
        moves,
        devices,
        firmware,
        ca: options.ca.clone(),
        state,
        quiet: false,
        calm: options.count > 1,
    })
}

/// What cannot be right about a device with a server by a broker.
fn check_mqtt(servers: &[Server], options: &Options) -> Result<(), String> {
    let words = if options.lwm2m != super::args::Enabler::V1_2 {
        "LwM2M over MQTT takes --lwm2m 1.2"
    } else if options.queue_mode.is_some() {
        "LwM2M over MQTT has no --queue-mode"
    } else if options.endpoint.contains(['+', '#']) {
        "a topic takes no + and no #, which are in the name of the endpoint"
    } else if servers.iter().any(|s| s.scheme().is_mqtt() && s.oscore.is_some()) {
        "LwM2M over MQTT has no OSCORE"
    } else {
        return Ok(());
    };
    Err(words.to_owned())
}

/// What cannot be right about security contexts: no number of theirs may be used twice.
fn check_contexts(servers: &[Server], options: &Options) -> Result<(), String> {
    let contexts: Vec<_> = servers.iter().filter_map(|server| server.oscore.as_ref()).collect();
    let Some(first) = contexts.first() else { return Ok(()) };
    let renews = first.borrow().shared.renew;
    if options.count > 1 {
        return Err("a security context of OSCORE is one device's, not for --count".to_owned());
    }
    if contexts.iter().any(|other| other.borrow().shared.renew != renews) {
        return Err("contexts with renew and without cannot be used at once".to_owned());
    }
    match (&options.state, servers.iter().any(|server| server.id == 0)) {
        (Some(_), _) if renews => Err("a context with renew does not go with --state".to_owned()),
        // A bootstrap may bring contexts, whose numbers have to be kept.
        (None, true) if !renews => Err("a bootstrap with --oscore takes --state, too".to_owned()),
        _ => Ok(()),
    }
}

fn scheme(uri: &str) -> Option<Scheme> {
    Uri::parse_any(uri).ok().map(|uri| uri.scheme)
}

fn is_secure(uri: &str) -> bool {
    scheme(uri) == Some(Scheme::Coaps)
}

/// What cannot be right about a list of servers, in words.
fn check(servers: &[Server]) -> Result<(), String> {
    if servers.is_empty() {
        return Err("the device needs a server: --server, --bootstrap, or one in --config".into());
    }
    for (n, server) in servers.iter().enumerate() {
        let Server { id, uri, psk, own, .. } = server;
        if *id == u16::MAX {
            return Err(format!("the id of {uri} is 1 to 65534"));
        }
        if servers.iter().take(n).any(|other| other.id == *id) {
            return Err(match id {
                0 => "there can be one bootstrap server".to_owned(),
                _ => format!("two servers have the id {id}"),
            });
        }
        if is_secure(uri) && psk.is_none() && own.is_none() {
            return Err(format!("{uri} needs {NEEDED_FOR_DTLS}"));
        }
        if !scheme(uri).is_some_and(is_supported) {
            return Err(format!("{uri}: its scheme is none of {SUPPORTED}"));
        }
    }
    if servers.len() > 8 {
        return Err("more than eight servers".to_owned());
    }
    Ok(())
}
