//! What `m2m coap serve` offers: a few resources that behave in all the ways a client can meet.

use super::oscore::Context;
use super::store::Store;
use crate::driver::StreamVerbs;
use crate::failure::Failure;
use coap_core::link::{Filter, LinkWriter, Links};
use coap_core::{
    Code, ContentFormat, Endpoint, Event, Incoming, IncomingId, ObserverId, OptionNumber,
    OptionWriter, Response,
};
use m2m_base::{BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Transmit};

/// How often `/time` changes.
const TICK: Duration = Duration::from_millis(1000);
/// How long `/separate` takes.
const SEPARATE: Duration = Duration::from_millis(3000);
/// Bytes of `/large`.
const LARGE: usize = 10_000;
/// Every so many notifications one is confirmable, so that observers who left are noticed.
const CONFIRM: u64 = 10;
/// Requests for `/separate` that wait at one time.
const MOST_WAITING: usize = 1000;
/// Longest list of options of an answer, in bytes.
const OPTIONS: usize = 600;

const INDEX: &str = "m2m: a CoAP server to try clients on\n\
    /time      the time, changes each second, observable\n\
    /large     10 kB\n\
    /separate  is answered after three seconds\n\
    /store/... PUT, GET, DELETE, observable; POST to /store makes a new one\n";

/// Resources besides the store: path, attributes.
const FIXED: [(&str, &[(&str, &str)]); 5] = [
    ("/", &[("ct", "0"), ("title", "What is here")]),
    ("/time", &[("ct", "0"), ("obs", ""), ("rt", "clock"), ("title", "The time")]),
    ("/large", &[("ct", "0"), ("sz", "10000"), ("title", "A long text")]),
    ("/separate", &[("ct", "0"), ("title", "Answers after three seconds")]),
    ("/store", &[("title", "Keeps what is PUT to paths below it")]),
];

/// What is observed.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Observed {
    Time,
    Stored(Vec<u8>),
}

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) code: Code,
    pub(super) format: Option<ContentFormat>,
    pub(super) etag: Option<u32>,
    pub(super) max_age: Option<u32>,
    pub(super) location: Option<String>,
    pub(super) payload: Vec<u8>,
}

impl Answer {
    pub(super) const fn new(code: Code) -> Answer {
        let (format, etag, max_age, location) = (None, None, None, None);
        Answer { code, format, etag, max_age, location, payload: Vec::new() }
    }

    fn text(payload: &[u8]) -> Answer {
        let format = Some(ContentFormat::TEXT);
        Answer { format, payload: payload.to_vec(), ..Answer::new(Code::CONTENT) }
    }

    /// Writes its options. They fit: the only one whose length varies is bounded by the store.
    fn options(&self, writer: &mut OptionWriter<'_>) -> Result<(), coap_core::TooLong> {
        if let Some(etag) = self.etag {
            writer.add(OptionNumber::ETAG, &etag.to_be_bytes())?;
        }
        for segment in self.location.iter().flat_map(|path| path.split('/')) {
            writer.add(OptionNumber::LOCATION_PATH, segment.as_bytes())?;
        }
        if let Some(format) = self.format {
            writer.content_format(format)?;
        }
        if let Some(seconds) = self.max_age {
            writer.add_uint(OptionNumber::MAX_AGE, seconds)?;
        }
        Ok(())
    }
}

/// The resources, and the endpoint that serves them. Its events are what is worth telling.
pub(super) struct Site {
    pub(super) endpoint: Endpoint,
    store: Store,
    large: Vec<u8>,
    observers: Vec<(ObserverId, Observed)>,
    waiting: Vec<(Instant, IncomingId)>,
    tick: Option<Instant>,
    ticks: u64,
    /// Connections to close.
    pub(super) closing: Vec<PeerId>,
    /// What protected requests may come under.
    pub(super) contexts: Vec<Context>,
    /// Nothing but those is answered.
    pub(super) protected_only: bool,
    /// Why nothing may be sent any more.
    pub(super) failed: Option<Failure>,
}

/// What the site does with connections.
pub(super) const VERBS: StreamVerbs<Site> = StreamVerbs {
    connected: |site, now, peer, framing| site.endpoint.connected(now, peer, framing).is_ok(),
    handle: |site, now, peer, bytes| {
        let took = site.endpoint.handle_stream(now, peer, bytes);
        site.attend(now);
        took
    },
    disconnected: |site, now, peer| {
        site.endpoint.disconnected(now, peer);
        site.attend(now);
    },
};

impl Site {
    pub(super) fn new(endpoint: Endpoint) -> Site {
        let line =
            |n: usize| format!("{:>6}: forty-nine further bytes make up a line of 50\n", n * 60);
        let mut large: Vec<u8> = (0..).map(line).take(200).collect::<String>().into_bytes();
        large.truncate(LARGE);
        Site {
            endpoint,
            store: Store::new(),
            large,
            observers: Vec::new(),
            waiting: Vec::new(),
            tick: None,
            ticks: 0,
            closing: Vec::new(),
            contexts: Vec::new(),
            protected_only: false,
            failed: None,
        }
    }

    /// Takes the endpoint's events and answers requests.
    pub(super) fn attend(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, .. } => self.request(now, id),
                Event::Close { peer, .. } => self.closing.push(peer),
                Event::SequenceReserved { id, up_to } => {
                    let context = self.contexts.iter_mut().find(|context| context.id == id);
                    if let Some(Err(failure)) = context.map(|context| context.reserve(up_to)) {
                        self.failed = Some(failure);
                    }
                }
                Event::ObserverGone { id, .. } => self.observers.retain(|(of, _)| *of != id),
                _ => {}
            }
        }
    }

    fn request(&mut self, now: Instant, id: IncomingId) {
        let Some(request) = self.endpoint.incoming(id) else { return };
        if self.protected_only && request.security.is_none() {
            return self.respond(now, id, &Answer::new(Code::UNAUTHORIZED), None);
        }
        let mut path = request.options.path();
        let (first, second) = (path.next(), path.next());
        let get = request.code == Code::GET;
        let (answer, observed) = match (first, second) {
            // The shortest way for what is asked most.
            (None, _) if get => {
                let mut room = [0; 8];
                let mut options = OptionWriter::new(&mut room);
                let _ = options.content_format(ContentFormat::TEXT);
                let payload = INDEX.as_bytes();
                let options = options.options();
                let response = Response { options, payload, ..Response::new(Code::CONTENT) };
                let _ = self.endpoint.respond(now, id, &response);
                return;
            }
            (Some(b"time"), None) if get => (time(), Some(Observed::Time)),
            (Some(b"large"), None) if get => (Answer::text(&self.large), None),
            (Some(b"separate"), None) if get => {
                if self.waiting.len() < MOST_WAITING {
                    self.waiting.push((now + SEPARATE, id));
                    return;
                }
                (Answer::new(Code::SERVICE_UNAVAILABLE), None)
            }
            (Some(b".well-known"), Some(b"core")) if get => (self.core(&request), None),
            (Some(b"store"), _) => {
                let path = joined(&request);
                let (answer, changed) = self.store.handle(&path, &request);
                if changed {
                    self.changed(now, &path);
                }
                (answer, get.then_some(Observed::Stored(path)))
            }
            (None | Some(b"time" | b"large" | b"separate"), None)
            | (Some(b".well-known"), Some(b"core")) => {
                (Answer::new(Code::METHOD_NOT_ALLOWED), None)
            }
            _ => (Answer::new(Code::NOT_FOUND), None),
        };
        self.respond(now, id, &answer, observed);
    }

    fn respond(
        &mut self,
        now: Instant,
        id: IncomingId,
        answer: &Answer,
        observed: Option<Observed>,
    ) {
        let mut room = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let written = answer.options(&mut options);
        let code = if written.is_ok() { answer.code } else { Code::INTERNAL_SERVER_ERROR };
        let response = Response {
            options: options.options(),
            payload: &answer.payload,
            observe: observed.is_some() && code == Code::CONTENT,
            ..Response::new(code)
        };
        match (self.endpoint.respond(now, id, &response), observed) {
            (Ok(Some(observer)), Some(what)) => {
                if what == Observed::Time && self.tick.is_none() {
                    self.tick = Some(now + TICK);
                }
                self.observers.push((observer, what));
            }
            (Ok(_), _) => {}
            // Too much at once for the endpoint; what it cannot send at all it can refuse.
            (Err(_), _) => {
                let refused = Response::new(Code::SERVICE_UNAVAILABLE);
                let _ = self.endpoint.respond(now, id, &refused);
            }
        }
    }

    /// The list of resources, or those that the query selects.
    fn core(&self, request: &Incoming<'_>) -> Answer {
        let mut list = Vec::new();
        let mut writer = LinkWriter::new(&mut list);
        for (target, attributes) in FIXED {
            // Constants that are known to be right.
            let Ok(_) = writer.link(target) else { continue };
            for (name, value) in attributes {
                let _ = match *name {
                    "obs" => writer.flag("obs"),
                    "ct" | "sz" => writer.param(name, value),
                    _ => writer.quoted(name, value),
                };
            }
        }
        self.store.list(&mut writer);
        let queries: Vec<&[u8]> = request.options.query().collect();
        if !queries.is_empty() {
            let filters: Option<Vec<Filter<'_>>> =
                queries.iter().map(|q| Filter::new(core::str::from_utf8(q).ok()?)).collect();
            let mut selected = Vec::new();
            let mut writer = LinkWriter::new(&mut selected);
            for link in Links::new(&list).filter_map(Result::ok) {
                if filters.as_ref().is_some_and(|f| f.iter().all(|f| f.matches(&link))) {
                    let _ = writer.copy(&link);
                }
            }
            list = selected;
        }
        let format = Some(ContentFormat::LINK_FORMAT);
        Answer { format, payload: list, ..Answer::new(Code::CONTENT) }
    }

    /// Tells the observers of a stored resource what it is now; that it is gone is the last word.
    fn changed(&mut self, now: Instant, path: &[u8]) {
        let what = Observed::Stored(path.to_vec());
        let answer = self.store.get(path).unwrap_or_else(|| Answer::new(Code::NOT_FOUND));
        self.notify(now, &what, &answer, true);
        if answer.code != Code::CONTENT {
            self.observers.retain(|(_, of)| *of != what);
        }
    }

    fn notify(&mut self, now: Instant, what: &Observed, answer: &Answer, confirmable: bool) {
        let mut room = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        if answer.options(&mut options).is_err() {
            return;
        }
        let response = Response {
            options: options.options(),
            payload: &answer.payload,
            observe: true,
            confirmable,
            ..Response::new(answer.code)
        };
        for (observer, _) in self.observers.iter().filter(|(_, of)| of == what) {
            // An observer that is gone has an event on its way.
            let _ = self.endpoint.notify(now, *observer, &response);
        }
    }

    /// Does what the resources do by themselves.
    fn due(&mut self, now: Instant) {
        if self.tick.is_some_and(|tick| tick <= now) {
            let observed = self.observers.iter().any(|(_, what)| *what == Observed::Time);
            self.tick = observed.then_some(now + TICK);
            self.ticks += 1;
            let confirmable = self.ticks.is_multiple_of(CONFIRM);
            self.notify(now, &Observed::Time, &time(), confirmable);
        }
        let (ready, waiting) = self.waiting.iter().partition(|(at, _)| *at <= now);
        self.waiting = waiting;
        let ready: Vec<(Instant, IncomingId)> = ready;
        for (_, id) in ready {
            self.respond(now, id, &Answer::text(b"That took three seconds.\n"), None);
        }
    }
}

/// The time as text.
fn time() -> Answer {
    Answer { max_age: Some(1), ..Answer::text(crate::clock::utc_now().as_bytes()) }
}

/// Segments, each behind a slash.
fn joined(request: &Incoming<'_>) -> Vec<u8> {
    request.options.path().fold(Vec::new(), |mut path, segment| {
        path.push(b'/');
        path.extend_from_slice(segment);
        path
    })
}

impl Engine for Site {
    type Event = ();

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        let disposition = self.endpoint.handle_datagram(now, peer, datagram);
        self.attend(now);
        disposition
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.due(now);
        self.attend(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        if self.failed.is_some() {
            return Ok(None);
        }
        self.endpoint.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let own = self.waiting.iter().map(|(at, _)| *at).chain(self.tick).min();
        own.into_iter().chain(self.endpoint.poll_timeout()).min()
    }
}
