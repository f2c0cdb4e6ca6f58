//! What the server's tasks share: the engine and its sockets, who waits for which answer, what
//! happened.

use super::console::Console;
use super::happened::{Happened, Kind, Teller};
use super::models::Models;
use super::queue::Queued;
use super::values::{base64_of, item_json};
use crate::clock::{rfc3339, wall};
use crate::driver::Driver;
use crate::lwm2m::common::{Kept, Shared};
use crate::web::{Answer, Feed};
use coap_core::{Code, ContentFormat};
use lwm2m_core::format::{self, Item, Target};
use lwm2m_core::links::ObjectLinks;
use lwm2m_core::server::{
    Event, Failure as Loss, NotificationId, ObservationId, OperationId, RegistrationId, Server,
};
use lwm2m_core::{Level, Path};
use m2m_base::{Instant, UnixTime};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Events that are kept for listeners who come back, and their bytes.
const KEPT_EVENTS: (usize, usize) = (4096, 8 << 20);

/// How an operation ended.
#[derive(Clone, Debug)]
pub(super) enum Done {
    /// The client answered.
    Answered {
        code: Code,
        format: Option<ContentFormat>,
        payload: Vec<u8>,
        /// What the payload says, as JSON.
        content: Json,
        created: Option<Path>,
        observation: Option<ObservationId>,
    },
    Failed(Loss),
}

/// What an answer is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    Values,
    Links,
}

struct Waiting {
    reading: Reading,
    path: Path,
    to: oneshot::Sender<Done>,
}

/// What the tasks share.
pub(super) struct Core {
    pub(super) console: Console,
    /// What registers is discovered and observed, and told on the output.
    pub(super) watch: bool,
    pub(super) feed: Feed<Happened>,
    pub(super) models: Models,
    waiting: BTreeMap<OperationId, Waiting>,
    pub(super) queued: BTreeMap<OperationId, Queued>,
    pub(super) begun: std::time::Instant,
}

impl Shared for Core {
    type Server = Server;

    fn driver(&mut self) -> &mut Driver<Kept<Server>> {
        &mut self.console.driver
    }

    fn happened(&mut self, event: Event) {
        self.handle(event);
    }

    fn beat(&mut self) {
        self.feed.beat();
        // The clock of the system may be set.
        let now = self.now();
        self.engine().set_wall_clock(now, UnixTime::from_millis(wall()));
    }
}

impl Core {
    pub(super) fn new(console: Console, watch: bool, models: Models, run: u64) -> Core {
        Core {
            console,
            watch,
            feed: Feed::new(run, KEPT_EVENTS),
            models,
            waiting: BTreeMap::new(),
            queued: BTreeMap::new(),
            begun: std::time::Instant::now(),
        }
    }

    pub(super) fn engine(&mut self) -> &mut Kept<Server> {
        &mut self.console.driver.engine
    }

    pub(super) fn server(&self) -> &Server {
        &self.console.driver.engine
    }

    pub(super) fn now(&self) -> Instant {
        self.console.driver.now()
    }

    /// How many operations somebody waits for.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Has the outcome of an operation told.
    pub(super) fn await_outcome(
        &mut self,
        id: OperationId,
        path: Path,
        reading: Reading,
    ) -> oneshot::Receiver<Done> {
        let (to, done) = oneshot::channel();
        self.waiting.insert(id, Waiting { reading, path, to });
        done
    }

    /// Begins to listen to what happens.
    pub(super) fn listen(&mut self, seen: Option<&str>) -> Answer {
        let Core { feed, console, .. } = self;
        let driver = &console.driver;
        let teller = Teller::new(&driver.engine, driver.now()).of_past(feed.kept());
        feed.listen(seen, |happened| happened.tell(&teller))
    }

    /// A moment of the engine's clock as a time of day.
    pub(super) fn time_of(&self, at: Instant) -> String {
        let now = self.now();
        let since_then = i64::try_from(now.since(at).as_millis()).unwrap_or(i64::MAX);
        let until_then = i64::try_from(at.since(now).as_millis()).unwrap_or(i64::MAX);
        let ms = u64::try_from(wall() - since_then + until_then).unwrap_or(0);
        rfc3339(ms / 1000, u32::try_from(ms % 1000).unwrap_or(0))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Registered { id } => self.tell(id, Kind::Registered),
            Event::Updated { id, changes } => self.tell(id, Kind::Updated(changes)),
            Event::Deregistered { id, reason } => self.tell(id, Kind::Deregistered(reason)),
            Event::Expired { id } => self.tell(id, Kind::Expired),
            Event::Response { id, registration, observation, .. } => {
                if let Some(Waiting { reading, path, to }) = self.waiting.remove(&id) {
                    if let Some(done) = self.answered(id, registration, observation, path, reading)
                    {
                        self.reply(to, done);
                    }
                    return;
                }
                if let Some(queued) = self.queued.remove(&id) {
                    let Queued { path, reading, .. } = queued;
                    if let Some(done) = self.answered(id, registration, observation, path, reading)
                    {
                        self.settled(registration, queued, done);
                    }
                    return;
                }
                if !self.watch {
                    self.engine().release(id);
                }
            }
            Event::Failed { id, registration, reason } => {
                if let Some(waiting) = self.waiting.remove(&id) {
                    self.reply(waiting.to, Done::Failed(reason));
                    return;
                }
                if let Some(queued) = self.queued.remove(&id) {
                    self.settled(registration, queued, Done::Failed(reason));
                    return;
                }
            }
            Event::Notified { id, registration, observation } => {
                self.notified(id, registration, Some(observation));
            }
            Event::Sent { id, registration } => self.notified(id, registration, None),
            Event::Close { peer, .. } => {
                // A socket that does not work shows at the next turn.
                let _ = self.driver().close(peer);
            }
            Event::ObservationEnded { registration, reason, .. } => {
                self.tell(registration, Kind::ObservationEnded(reason));
            }
            _ => {}
        }
        if self.watch {
            self.console.handle(event);
        }
    }

    /// Tells an outcome when what it changed is on the disk.
    fn reply(&mut self, to: oneshot::Sender<Done>, done: Done) {
        // Who asked may have gone.
        self.engine().when_kept(Box::new(move || drop(to.send(done))));
    }

    /// Tells the listeners.
    pub(super) fn tell(&mut self, id: RegistrationId, kind: Kind) {
        let Core { feed, console, .. } = self;
        let server: &Server = &console.driver.engine;
        let Some(registration) = server.registration(id) else { return };
        let at = console.driver.latest();
        let happened = Happened::new(at, &registration, kind);
        let weight = happened.weight();
        feed.push(happened, weight, |happened| happened.tell(&Teller::new(server, at)));
    }

    fn answered(
        &mut self,
        id: OperationId,
        registration: RegistrationId,
        observation: Option<ObservationId>,
        path: Path,
        reading: Reading,
    ) -> Option<Done> {
        let server = self.server();
        let content = server.response(id)?;
        let payload = content.payload().to_vec();
        let read = match (content.code().is_success(), reading) {
            (false, _) => json!(null),
            (true, Reading::Links) => links_json(&payload, alternate_path(server, registration)),
            (true, Reading::Values) => {
                values_json(server, registration, path, content.format(), &payload)
            }
        };
        let done = Done::Answered {
            code: content.code(),
            format: content.format(),
            payload,
            content: read,
            created: content.created(),
            observation,
        };
        self.engine().release(id);
        Some(done)
    }

    fn notified(
        &mut self,
        id: NotificationId,
        registration: RegistrationId,
        observation: Option<ObservationId>,
    ) {
        let server = self.server();
        let Some(content) = server.notification(id) else { return };
        let kind = Kind::Notification {
            observation,
            path: content.path(),
            code: content.code(),
            format: content.format(),
            payload: content.payload().into(),
        };
        self.tell(registration, kind);
        if !self.watch {
            self.engine().release_notification(id);
        }
    }
}

/// What stands before the objects in a client's paths.
pub(super) fn alternate_path(server: &Server, id: RegistrationId) -> &str {
    server.registration(id).map_or("", |registration| registration.alternate_path())
}

/// The values of a payload as JSON. What cannot be read is given as it is, with the reason.
pub(super) fn values_json(
    server: &Server,
    id: RegistrationId,
    path: Path,
    format: Option<ContentFormat>,
    payload: &[u8],
) -> Json {
    if payload.is_empty() && format.is_none() {
        return json!({});
    }
    let implied = match path.level() {
        Level::Resource | Level::ResourceInstance => ContentFormat::TEXT,
        _ => ContentFormat::LWM2M_TLV,
    };
    let target = Target::from(path).with_prefix(alternate_path(server, id));
    let items = || {
        let mut items = Vec::new();
        for entry in format::Reader::new(format.unwrap_or(implied), target, payload)? {
            let entry = entry?;
            let item = match &entry.content {
                format::Content::Delete => continue,
                format::Content::Empty => Item::empty(entry.path),
                format::Content::Value(raw) => {
                    let ty = server.resource_type(id, entry.path);
                    let typed = ty.and_then(|ty| raw.decode(ty).ok());
                    Item::value(entry.path, typed.unwrap_or_else(|| raw.infer()))
                }
            };
            items.push(item_json(&Item { time: entry.time, ..item }));
        }
        Ok::<_, lwm2m_core::DecodeError>(items)
    };
    match items() {
        Ok(items) => json!({ "values": items }),
        Err(error) => {
            json!({"payload": base64_of(payload.iter().copied()), "unreadable": error.to_string()})
        }
    }
}

/// The links of a payload as JSON.
fn links_json(payload: &[u8], prefix: &str) -> Json {
    let links = ObjectLinks::with_prefix(payload, prefix).map_while(Result::ok);
    let one = |entry: lwm2m_core::links::LinkEntry<'_>| {
        let mut attributes = serde_json::Map::new();
        for parameter in entry.link.params() {
            let name = parameter.name;
            let number = entry.number(name).filter(|_| name != "ver");
            let value = match (entry.uint(name), number) {
                (Some(n), _) => json!(n),
                (None, Some(n)) => json!(n),
                (None, None) => {
                    json!(parameter.value.map(|value| value.chars().collect::<String>()))
                }
            };
            attributes.insert(name.to_owned(), value);
        }
        entry.path.map(|path| json!({"path": path.to_string(), "attributes": attributes}))
    };
    json!({"links": links.filter_map(one).collect::<Vec<_>>()})
}
