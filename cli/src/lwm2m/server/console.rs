//! A server that runs: the server engine, its socket, and what it does with those who register.
//!
//! On each registration it discovers the objects of the client, then reads the unit of every
//! sensor and observes its value.

use crate::driver::Driver;
use crate::lwm2m::common::Kept;
use crate::names::{
    SENSOR_UNITS, SENSOR_VALUE, defined_unit, object_name, path_name, value_json, value_text,
    with_unit,
};
use crate::output::{Output, Report, count, printable};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{
    Changes, Content, EndReason, Event, Failure as Loss, NotificationId, ObservationEnd,
    OperationId, RegistrationId, Server, UsageError,
};
use lwm2m_core::{Level, Path, Value, links::ObjectLinks};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Objects that are not looked into: they hold no values of the device (Security, Server, Access
/// Control, OSCORE).
const NOT_DISCOVERED: [u16; 4] = [0, 1, 2, 21];
/// Resources that hold what is measured: Sensor Value, and X, Y and Z Value.
const MEASURED: [u16; 4] = [SENSOR_VALUE, 5702, 5703, 5704];
/// Most objects of one client that are looked into.
const MOST_OBJECTS: usize = 32;
/// Most values of one client that are observed.
const MOST_OBSERVED: usize = 64;

/// What was asked of a client.
#[derive(Clone, Debug)]
enum Asked {
    Discover(Path),
    Units(Path),
    Observe(Path),
    /// The value in words and for scripts.
    Write(Path, String, Json),
    Execute(Path),
}

/// A registered client.
#[derive(Debug, Default)]
struct Known {
    endpoint: String,
    /// Objects whose discovery is under way.
    discovering: usize,
    /// What was discovered.
    paths: BTreeSet<Path>,
    /// The units of sensors, by their instances.
    units: BTreeMap<Path, String>,
    /// What is observed, or about to be.
    observed: BTreeSet<Path>,
}

/// How often what happened.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) registered: u64,
    pub(crate) discovered: u64,
    pub(crate) observed: u64,
    pub(crate) notified: u64,
    pub(crate) written: u64,
    pub(crate) executed: u64,
    pub(crate) deregistered: u64,
}

/// A server with a socket.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) driver: Driver<Kept<Server>>,
    pub(crate) tally: Tally,
    out: Rc<Output>,
    known: BTreeMap<RegistrationId, Known>,
    asked: BTreeMap<OperationId, Asked>,
    /// Names of clients whose registration was just replaced by a new one.
    replaced: BTreeSet<String>,
}

/// A value that came from a client.
struct Reading {
    path: Path,
    words: String,
    json: Json,
}

impl Console {
    /// A server that tells on `out` what happens.
    pub(crate) fn new(driver: Driver<Kept<Server>>, out: Rc<Output>) -> Self {
        Console {
            driver,
            tally: Tally::default(),
            out,
            known: BTreeMap::new(),
            asked: BTreeMap::new(),
            replaced: BTreeSet::new(),
        }
    }

    /// Tells the address that clients reach it at.
    pub(crate) fn tell_address(&self) {
        let address = self.driver.local().to_string();
        self.out.tell(
            &Report::new("listening", "")
                .says("server", "listens", format!("on coap://{address}"))
                .with("coap", address),
        );
    }

    /// Handles everything that the engine has to tell.
    pub(crate) fn handle_events(&mut self) {
        while let Some(event) = self.driver.engine.poll_event() {
            self.handle(event);
        }
    }

    /// Handles one event.
    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::Registered { id } => self.registered(id),
            Event::Updated { id, changes } => self.updated(id, changes),
            Event::Deregistered { id, reason } => self.deregistered(id, reason),
            Event::Expired { id } => self.expired(id),
            Event::Response { id, registration, observation, .. } => {
                self.responded(id, registration, observation.is_some());
            }
            Event::Failed { id, registration, reason } => {
                self.operation_failed(id, registration, reason);
            }
            Event::Notified { id, registration, .. } | Event::Sent { id, registration } => {
                self.notified(id, registration);
            }
            Event::ObservationEnded { registration, reason, .. } => {
                self.observation_ended(registration, reason);
            }
            _ => {}
        }
    }

    /// Asks a client to take a value.
    pub(crate) fn write(&mut self, endpoint: &str, path: Path, value: Value<'_>) {
        let asked = Asked::Write(path, value_text(&value), value_json(&value));
        self.ask(endpoint, asked, |server, now, id| {
            server.write(now, id, path, &[Item::value(path, value)])
        });
    }

    /// Asks a client to do something.
    pub(crate) fn execute(&mut self, endpoint: &str, path: Path) {
        self.ask(endpoint, Asked::Execute(path), |server, now, id| {
            server.execute(now, id, path, "")
        });
    }

    fn ask(
        &mut self,
        endpoint: &str,
        asked: Asked,
        command: impl FnOnce(
            &mut Server,
            m2m_base::Instant,
            RegistrationId,
        ) -> Result<OperationId, UsageError>,
    ) {
        let now = self.driver.now();
        let engine = &mut self.driver.engine;
        let found = engine.find(endpoint).ok_or(UsageError::UnknownId);
        match found.and_then(|id| command(engine, now, id)) {
            Ok(operation) => {
                self.asked.insert(operation, asked);
            }
            Err(error) => self.trouble(endpoint, &asked, &error.to_string(), None),
        }
    }

    fn registered(&mut self, id: RegistrationId) {
        let Some(registration) = self.driver.engine.registration(id) else { return };
        let endpoint = registration.endpoint().to_owned();
        let (lifetime, peer) = (registration.lifetime(), registration.peer());
        let (version, binding) = (registration.version(), registration.binding());
        let location = registration.location();
        let links: Vec<Path> = registration.links().map(|link| link.path).collect();
        let address = self.driver.address(peer).map_or(String::new(), |a| a.to_string());
        let objects: BTreeSet<u16> = links
            .iter()
            .filter_map(|path| path.object_id())
            .filter(|object| !NOT_DISCOVERED.contains(object))
            .collect();
        let again = self.replaced.remove(&endpoint);
        let verb = if again { "is back" } else { "registers" };
        let objects_named: Vec<String> = objects.iter().map(|o| object_name(*o)).collect();
        // That it is on this machine goes without saying.
        let from = match self.driver.address(peer).filter(|a| !a.ip().is_loopback()) {
            Some(address) => format!(" from {address}"),
            None => String::new(),
        };
        let text = format!(
            "{} with LwM2M {version}{from}: has {}",
            validity(lifetime),
            objects_named.join(", ")
        );
        self.tally.registered += 1;
        self.out.tell(
            &Report::new("registered", &endpoint)
                .says(&printable(&endpoint), verb, text)
                .with("location", location.as_str())
                .with("address", address)
                .with("lifetime", lifetime)
                .with("version", version.as_str())
                .with("binding", binding.to_string())
                .with("objects", links.iter().map(Path::to_string).collect::<Vec<_>>())
                .with("again", again),
        );
        self.known.insert(id, Known { endpoint, ..Known::default() });
        self.discover(id, &objects);
    }

    /// Discovers objects of a client, after which the sensors among them are observed.
    fn discover(&mut self, id: RegistrationId, objects: &BTreeSet<u16>) {
        let now = self.driver.now();
        for object in objects.iter().take(MOST_OBJECTS) {
            let path = Path::object(*object);
            let asked = Asked::Discover(path);
            match self.driver.engine.discover(now, id, path) {
                Ok(operation) => {
                    self.asked.insert(operation, asked);
                    if let Some(known) = self.known.get_mut(&id) {
                        known.discovering += 1;
                    }
                }
                Err(error) => self.trouble(&self.endpoint(id), &asked, &error.to_string(), None),
            }
        }
        self.discovered(id);
    }

    /// When nothing more is being discovered: tells what was, and observes the sensors.
    fn discovered(&mut self, id: RegistrationId) {
        let Some(known) = self.known.get_mut(&id).filter(|known| known.discovering == 0) else {
            return;
        };
        let resources: Vec<Path> =
            known.paths.iter().copied().filter(|p| p.level() == Level::Resource).collect();
        let sensors: Vec<Path> = resources
            .iter()
            .copied()
            .filter(|p| p.resource_id().is_some_and(|r| MEASURED.contains(&r)))
            .take(MOST_OBSERVED)
            .collect();
        let endpoint = known.endpoint.clone();
        let text = format!(
            "what {} has: {}, {} among them",
            printable(&endpoint),
            count(resources.len() as u64, "resource"),
            count(sensors.len() as u64, "sensor value"),
        );
        self.tally.discovered += 1;
        self.out.tell(
            &Report::new("discovered", &endpoint)
                .says("server", "discovers", text)
                .with("paths", known.paths.iter().map(Path::to_string).collect::<Vec<_>>())
                .with("sensors", sensors.iter().map(Path::to_string).collect::<Vec<_>>()),
        );
        let now = self.driver.now();
        for path in sensors {
            let Some(known) = self.known.get_mut(&id) else { return };
            if !known.observed.insert(path) {
                continue;
            }
            let units = path.parent().and_then(|instance| instance.child(SENSOR_UNITS));
            let has_units = |units: &Path| known.paths.contains(units);
            if let Some(units) = units.filter(has_units) {
                let asked = Asked::Units(units);
                match self.driver.engine.read(now, id, units) {
                    Ok(operation) => {
                        self.asked.insert(operation, asked);
                    }
                    Err(error) => self.trouble(&endpoint, &asked, &error.to_string(), None),
                }
            }
            let asked = Asked::Observe(path);
            match self.driver.engine.observe(now, id, path) {
                Ok(operation) => {
                    self.asked.insert(operation, asked);
                }
                Err(error) => self.trouble(&endpoint, &asked, &error.to_string(), None),
            }
        }
    }

    fn updated(&mut self, id: RegistrationId, changes: Changes) {
        let Some(registration) = self.driver.engine.registration(id) else { return };
        let endpoint = registration.endpoint().to_owned();
        let (lifetime, peer) = (registration.lifetime(), registration.peer());
        let links: Vec<Path> = registration.links().map(|link| link.path).collect();
        let address = self.driver.address(peer).map_or(String::new(), |a| a.to_string());
        let mut news = Vec::new();
        let mut names = Vec::new();
        for (change, name, text) in [
            (Changes::ADDRESS, "address", format!("from {address}")),
            (Changes::LIFETIME, "lifetime", validity(lifetime)),
            (Changes::BINDING, "binding", "with another binding".to_owned()),
            (Changes::LINKS, "objects", "with other objects or instances".to_owned()),
            (Changes::PARAMETERS, "parameters", "with other parameters".to_owned()),
        ] {
            if changes.contains(change) {
                names.push(name);
                news.push(text);
            }
        }
        let text = if news.is_empty() {
            "its registration, nothing changed".to_owned()
        } else {
            format!("its registration: now {}", news.join(", "))
        };
        self.out.tell(
            &Report::new("updated", &endpoint)
                .says(&printable(&endpoint), "updates", text)
                .with("changes", names)
                .with("lifetime", lifetime)
                .with("address", address)
                .with("objects", links.iter().map(Path::to_string).collect::<Vec<_>>()),
        );
        if changes.contains(Changes::LINKS) {
            if let Some(known) = self.known.get_mut(&id) {
                known.paths.clear();
                known.observed.retain(|path| links.iter().any(|link| path.starts_with(*link)));
            }
            let objects = links.iter().filter_map(|path| path.object_id());
            let objects = objects.filter(|object| !NOT_DISCOVERED.contains(object)).collect();
            self.discover(id, &objects);
        }
    }

    fn deregistered(&mut self, id: RegistrationId, reason: EndReason) {
        let endpoint = self.endpoint(id);
        self.known.remove(&id);
        let (reason, verb, text) = match reason {
            EndReason::Replaced => {
                // Its new registration follows, and tells so.
                self.replaced.insert(endpoint);
                return;
            }
            EndReason::Removed => ("removed", "is removed", "from the server"),
            _ => ("client", "de-registers", "and is gone"),
        };
        self.tally.deregistered += 1;
        self.out.tell(
            &Report::new("deregistered", &endpoint)
                .says(&printable(&endpoint), verb, text)
                .with("reason", reason),
        );
    }

    fn expired(&mut self, id: RegistrationId) {
        let endpoint = self.endpoint(id);
        self.known.remove(&id);
        self.out.tell(
            &Report::new("expired", &endpoint)
                .says(
                    &printable(&endpoint),
                    "is lost:",
                    "it did not update its registration in time",
                )
                .trouble(),
        );
    }

    fn responded(&mut self, operation: OperationId, id: RegistrationId, granted: bool) {
        let asked = self.asked.remove(&operation);
        let Some(content) = self.driver.engine.response(operation) else { return };
        let code = content.code();
        let readings = readings(&content);
        let mut paths = BTreeSet::new();
        if matches!(asked, Some(Asked::Discover(_))) && code.is_success() {
            let links = ObjectLinks::new(content.payload());
            paths.extend(links.filter_map(|link| link.ok()?.path));
        }
        self.driver.engine.release(operation);
        let endpoint = self.endpoint(id);
        let Some(asked) = asked else { return };
        if !code.is_success() {
            let name = code.name().unwrap_or("unknown code");
            let words = format!("{code} {name}");
            self.trouble(&endpoint, &asked, &words, Some(&code.to_string()));
        }
        let name = printable(&endpoint);
        let first = readings.into_iter().next();
        match asked {
            Asked::Discover(_) => {
                if let Some(known) = self.known.get_mut(&id) {
                    known.paths.extend(paths);
                    known.discovering = known.discovering.saturating_sub(1);
                }
                self.discovered(id);
            }
            _ if !code.is_success() => {
                if let (Asked::Observe(path), Some(known)) = (asked, self.known.get_mut(&id)) {
                    known.observed.remove(&path);
                }
            }
            Asked::Units(path) => {
                let unit = first.and_then(|reading| Some(reading.json.as_str()?.to_owned()));
                let instance = path.parent();
                if let (Some(known), Some(unit), Some(instance)) =
                    (self.known.get_mut(&id), unit, instance)
                {
                    known.units.insert(instance, unit);
                }
            }
            Asked::Observe(path) if !granted => {
                let why = "it answers, but will not notify";
                self.trouble(&endpoint, &Asked::Observe(path), why, Some(&code.to_string()));
            }
            Asked::Observe(path) => {
                let unit = self.unit(id, path);
                let (words, value) = match first {
                    Some(reading) => (reading.words, reading.json),
                    None => ("unknown".to_owned(), Json::Null),
                };
                let shown = with_unit(&words, &printable(&unit));
                let text = format!("{name}'s {}, now {shown}", path_name(path));
                self.tally.observed += 1;
                self.out.tell(
                    &Report::new("observed", &endpoint)
                        .says("server", "observes", text)
                        .at(path)
                        .with("value", value)
                        .with_some("unit", Some(unit).filter(|unit| !unit.is_empty()))
                        .with("code", code.to_string()),
                );
            }
            Asked::Write(path, words, value) => {
                let words = with_unit(&words, defined_unit(path));
                self.tally.written += 1;
                self.out.tell(
                    &Report::new("written", &endpoint)
                        .says("server", "writes", format!("{name}'s {} = {words}", path_name(path)))
                        .at(path)
                        .with("value", value)
                        .with("code", code.to_string()),
                );
            }
            Asked::Execute(path) => {
                self.tally.executed += 1;
                self.out.tell(
                    &Report::new("executed", &endpoint)
                        .says("server", "executes", format!("{name}'s {}", path_name(path)))
                        .at(path)
                        .with("code", code.to_string()),
                );
            }
        }
    }

    fn operation_failed(&mut self, operation: OperationId, id: RegistrationId, reason: Loss) {
        let Some(asked) = self.asked.remove(&operation) else { return };
        if reason == Loss::RegistrationEnded {
            // What was asked of a client that is gone concerns nobody any more.
            return;
        }
        self.trouble(&self.endpoint(id), &asked, loss(reason), None);
        let Some(known) = self.known.get_mut(&id) else { return };
        match asked {
            Asked::Discover(_) => {
                known.discovering = known.discovering.saturating_sub(1);
                self.discovered(id);
            }
            Asked::Observe(path) => {
                known.observed.remove(&path);
            }
            _ => {}
        }
    }

    fn notified(&mut self, notification: NotificationId, id: RegistrationId) {
        let Some(content) = self.driver.engine.notification(notification) else { return };
        let readings = if content.code().is_success() { readings(&content) } else { Vec::new() };
        self.driver.engine.release_notification(notification);
        let endpoint = self.endpoint(id);
        for Reading { path, words, json } in readings {
            let unit = self.unit(id, path);
            self.tally.notified += 1;
            let text = format!("{:<12} {words:>7} {}", path_name(path), printable(&unit));
            self.out.tell(
                &Report::new("notified", &endpoint)
                    .says(&printable(&endpoint), "reports", text)
                    .at(path)
                    .with("value", json)
                    .with_some("unit", Some(unit).filter(|unit| !unit.is_empty())),
            );
        }
    }

    fn observation_ended(&mut self, id: RegistrationId, reason: ObservationEnd) {
        let (reason, words, code) = match reason {
            // Told as the end of the registration.
            ObservationEnd::RegistrationEnded => return,
            ObservationEnd::Refused(code) => {
                let name = code.name().unwrap_or("unknown code");
                ("refused", format!("it answers {code} {name}"), Some(code.to_string()))
            }
            _ => ("lost", "it no longer knows of it".to_owned(), None),
        };
        let endpoint = self.endpoint(id);
        let text = format!("one of {}'s values no more: {words}", printable(&endpoint));
        self.out.tell(
            &Report::new("observation_ended", &endpoint)
                .says("server", "observes", text)
                .trouble()
                .with("reason", reason)
                .with_some("code", code),
        );
    }

    fn trouble(&self, endpoint: &str, asked: &Asked, why: &str, code: Option<&str>) {
        let (operation, path) = match asked {
            Asked::Discover(path) => ("discover", path),
            Asked::Units(path) => ("read", path),
            Asked::Observe(path) => ("observe", path),
            Asked::Write(path, ..) => ("write", path),
            Asked::Execute(path) => ("execute", path),
        };
        let what = path_name(*path);
        let text = format!("to {operation} {}'s {what} ({path}): {why}", printable(endpoint));
        self.out.tell(
            &Report::new("failed", endpoint)
                .says("server", "fails", text)
                .trouble()
                .with("operation", operation)
                .at(*path)
                .with("reason", why)
                .with_some("code", code),
        );
    }

    /// The name of a client, also of one that has just left.
    fn endpoint(&self, id: RegistrationId) -> String {
        match self.known.get(&id) {
            Some(known) => known.endpoint.clone(),
            None => self
                .driver
                .engine
                .registration(id)
                .map_or_else(|| "?".to_owned(), |r| r.endpoint().to_owned()),
        }
    }

    /// The unit of a value; empty if it has none.
    fn unit(&self, id: RegistrationId, path: Path) -> String {
        let measured = path.resource_id().is_some_and(|r| MEASURED.contains(&r));
        let known = self.known.get(&id).filter(|_| measured);
        let unit = known.and_then(|known| known.units.get(&path.truncate(Level::Instance)));
        unit.cloned().unwrap_or_else(|| defined_unit(path).to_owned())
    }
}

/// The values in an answer or a notification, as far as they can be read.
fn readings(content: &Content<'_>) -> Vec<Reading> {
    let Ok(items) = content.items() else { return Vec::new() };
    let reading = |item: Item<'_>| match item.content {
        ItemContent::Value(value) => {
            Some(Reading { path: item.path, words: value_text(&value), json: value_json(&value) })
        }
        ItemContent::Empty => None,
    };
    items.map_while(Result::ok).filter_map(reading).collect()
}

fn validity(lifetime: u32) -> String {
    match lifetime {
        0 => "for ever".to_owned(),
        seconds => format!("for {seconds} s"),
    }
}

const fn loss(reason: Loss) -> &'static str {
    match reason {
        Loss::TimedOut => "no answer",
        Loss::Unsent => "it could not be sent in time",
        Loss::Reset => "the message was rejected",
        Loss::TooLarge => "the answer is too large",
        Loss::Broken => "the answer's blocks do not fit together",
        Loss::PeerDown => "the connection is gone",
        Loss::RegistrationEnded => "the registration ended",
        Loss::ObservationEnded => "it is no longer observed",
        Loss::Aborted => "it was aborted",
        _ => "it went wrong",
    }
}
