//! A small resource application on an endpoint: what peers' clients are tried on.
//!
//! | path | methods | |
//! |---|---|---|
//! | `/store` | GET PUT POST DELETE | 4.04 while empty; POST appends |
//! | `/large` | GET PUT | 10,000 bytes to begin with |
//! | `/separate` | GET | answered after [`SEPARATE_AFTER`] |
//! | `/time` | GET, observable | a counter that changes every [`TICK`]; every second notification is confirmable |
//! | `/.well-known/core` | GET | the list of these |

use crate::background::Background;
use crate::streams::Streaming;
use coap_core::link::LinkWriter;
use coap_core::{
    CloseReason, Code, Config, ContentFormat, Endpoint, Event, IncomingId, Limits, ObserverId,
    OptionWriter, Parameters, Response,
};
use m2m_base::{BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Seed, Transmit};

/// How long `/separate` takes.
pub const SEPARATE_AFTER: Duration = Duration::from_secs(3);
/// How often `/time` changes.
pub const TICK: Duration = Duration::from_millis(500);

/// Limits that hold everything the tests do.
pub const LIMITS: Limits = Limits {
    message_size: 1152,
    body_size: 20_000,
    exchanges: 16,
    requests: 64,
    observers: 8,
    transfers: 8,
    peers: 64,
    security_contexts: 0,
    pool: 400_000,
};

/// Bytes that look like nothing in particular: `len` of them.
#[must_use]
pub fn body(len: usize, salt: u8) -> Vec<u8> {
    (0..251u8).cycle().take(len).map(|b| b ^ salt).collect()
}

/// An endpoint with the tests' limits and a seed made of `seed`.
///
/// # Panics
/// If the limits are not accepted.
#[must_use]
pub fn endpoint(seed: u8, parameters: Parameters) -> Endpoint {
    Endpoint::new(&Config { limits: LIMITS, parameters }, &Seed([seed; 32])).expect("an endpoint")
}

/// What the application says of itself: its requests, and who observes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// A request was served.
    Served(Code),
    /// An observer came (true) or went.
    Observer(bool),
    /// A connection is to be closed.
    Close(PeerId, CloseReason),
}

/// The application.
pub struct App {
    endpoint: Endpoint,
    store: Option<(Vec<u8>, Option<ContentFormat>)>,
    large: Vec<u8>,
    waiting: Vec<(Instant, IncomingId)>,
    observers: Vec<ObserverId>,
    count: u32,
    /// The next change of `/time`; `None` until the first call tells the time.
    tick: Option<Instant>,
    reports: std::collections::VecDeque<Report>,
}

impl App {
    /// An application with nothing stored.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> App {
        App {
            endpoint,
            store: None,
            large: body(10_000, 0),
            waiting: Vec::new(),
            observers: Vec::new(),
            count: 0,
            tick: None,
            reports: std::collections::VecDeque::new(),
        }
    }

    fn take_events(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, .. } => self.serve(now, id),
                Event::ObserverGone { id, .. } => {
                    self.observers.retain(|o| *o != id);
                    self.reports.push_back(Report::Observer(false));
                }
                Event::Close { peer, reason } => {
                    self.reports.push_back(Report::Close(peer, reason));
                }
                Event::Released { .. } => {}
                other => panic!("a server got {other:?}"),
            }
        }
    }

    fn serve(&mut self, now: Instant, id: IncomingId) {
        let request = self.endpoint.incoming(id).expect("just announced");
        let path: Vec<_> = request.options.path().map(String::from_utf8_lossy).collect();
        let (code, payload) = (request.code, request.payload.to_vec());
        let format = request.options.content_format();
        self.reports.push_back(Report::Served(code));
        let text = Some(ContentFormat::TEXT);
        let octets = Some(ContentFormat::OCTET_STREAM);
        match (path.join("/").as_str(), code) {
            ("store", Code::GET) => match self.store.clone() {
                Some((value, format)) => self.respond(now, id, Code::CONTENT, format, &value),
                None => self.respond(now, id, Code::NOT_FOUND, None, b""),
            },
            ("store", Code::PUT) => {
                let new = self.store.replace((payload, format)).is_none();
                let code = if new { Code::CREATED } else { Code::CHANGED };
                self.respond(now, id, code, None, b"");
            }
            ("store", Code::POST) => {
                let (value, format) = self.store.get_or_insert_default();
                value.extend(payload);
                let (value, format) = (value.clone(), *format);
                self.respond(now, id, Code::CHANGED, format, &value);
            }
            ("store", Code::DELETE) => {
                self.store = None;
                self.respond(now, id, Code::DELETED, None, b"");
            }
            ("large", Code::GET) => {
                let large = self.large.clone();
                self.respond(now, id, Code::CONTENT, octets, &large);
            }
            ("large", Code::PUT) => {
                self.large = payload;
                self.respond(now, id, Code::CHANGED, None, b"");
            }
            ("separate", Code::GET) => self.waiting.push((now + SEPARATE_AFTER, id)),
            ("time", Code::GET) => {
                let value = self.count.to_string();
                self.respond(now, id, Code::CONTENT, text, value.as_bytes());
            }
            (".well-known/core", Code::GET) => {
                let mut list = Vec::new();
                let mut w = LinkWriter::new(&mut list);
                w.link("/store").and_then(|w| w.link("/large")).expect("targets");
                w.link("/separate").and_then(|w| w.link("/time")?.flag("obs")).expect("targets");
                self.respond(now, id, Code::CONTENT, Some(ContentFormat::LINK_FORMAT), &list);
            }
            ("store" | "large" | "separate" | "time" | ".well-known/core", _) => {
                self.respond(now, id, Code::METHOD_NOT_ALLOWED, None, b"");
            }
            _ => self.respond(now, id, Code::NOT_FOUND, None, b""),
        }
    }

    fn respond(
        &mut self,
        now: Instant,
        id: IncomingId,
        code: Code,
        format: Option<ContentFormat>,
        payload: &[u8],
    ) {
        let mut room = [0; 16];
        let mut options = OptionWriter::new(&mut room);
        if let Some(format) = format {
            options.content_format(format).expect("room");
        }
        let observable = self.endpoint.incoming(id).is_some_and(|i| i.options.path().eq([b"time"]));
        let response = Response {
            options: options.options(),
            payload,
            observe: observable && code == Code::CONTENT,
            ..Response::new(code)
        };
        if let Some(observer) = self.endpoint.respond(now, id, &response).expect("an answer") {
            self.observers.push(observer);
            self.reports.push_back(Report::Observer(true));
        }
    }

    fn due(&mut self, now: Instant) {
        let tick = *self.tick.get_or_insert(now + TICK);
        if tick <= now {
            self.tick = Some(now + TICK);
            self.count += 1;
            self.notify(now);
        }
        let (ready, waiting): (Vec<_>, Vec<_>) = self.waiting.iter().partition(|w| w.0 <= now);
        self.waiting = waiting;
        for (_, id) in ready {
            let text = Some(ContentFormat::TEXT);
            // Its time may have run out while it waited.
            if self.endpoint.incoming(id).is_some() {
                self.respond(now, id, Code::CONTENT, text, b"separate");
            }
        }
    }

    fn notify(&mut self, now: Instant) {
        let mut room = [0; 16];
        let mut options = OptionWriter::new(&mut room);
        options.content_format(ContentFormat::TEXT).expect("room");
        let value = self.count.to_string();
        let response = Response {
            options: options.options(),
            payload: value.as_bytes(),
            confirmable: self.count.is_multiple_of(2),
            observe: true,
            ..Response::new(Code::CONTENT)
        };
        for observer in &self.observers {
            // An observer that is gone has an event on its way.
            let _ = self.endpoint.notify(now, *observer, &response);
        }
    }
}

impl Streaming for App {
    fn connections(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    fn to_close(report: &Report) -> Option<PeerId> {
        match report {
            Report::Close(peer, _) => Some(*peer),
            _ => None,
        }
    }
}

impl Engine for App {
    type Event = Report;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        let disposition = self.endpoint.handle_datagram(now, peer, datagram);
        self.take_events(now);
        disposition
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.endpoint.forget_peer(now, peer);
        self.take_events(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.due(now);
        self.take_events(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        self.take_events(now);
        self.endpoint.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let own = self.waiting.iter().map(|w| w.0).chain(self.tick).min();
        own.into_iter().chain(self.endpoint.poll_timeout()).min()
    }
}

/// Starts the application on a port of its own, in a thread of its own.
#[must_use]
pub fn start() -> Background<App, Report> {
    let app = App::new(endpoint(1, Parameters::default()));
    let background = Background::start(app, |_, _, report| report);
    background.call(|app, now| app.handle_timeout(now));
    background
}
