//! Our server in the plugtest: the resources that its descriptions name, on our endpoint.

use coap_core::link::{Filter, LinkWriter, Links};
use coap_core::{
    Code, Config, ContentFormat, Endpoint, Event, IncomingId, Limits, ObserverId, OptionNumber,
    OptionWriter, Parameters, Response,
};
use m2m_base::{BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Seed, Transmit};
use std::collections::BTreeMap;

/// Enough for all that goes on at one time.
const LIMITS: Limits = Limits {
    observers: 256,
    requests: 4096,
    transfers: 256,
    peers: 4096,
    pool: 8 << 20,
    ..crate::app::LIMITS
};
/// How long `separate` takes.
const SEPARATE: Duration = Duration::from_millis(1500);

const LINKS: &str = "</link1>;rt=\"Type1 Type2\";if=\"If1\";ct=0,</link2>;rt=\"Type2 Type3\";\
    if=\"If2\";sz=64,</link3>;rt=\"Type1 Type3\";if=\"foo\",</path>;ct=40";

/// A resource that keeps something: entity tag, content format, value.
type Kept = (u8, u32, Vec<u8>);

#[derive(Default)]
struct Answer {
    code: Option<Code>,
    options: Vec<(OptionNumber, Vec<u8>)>,
    payload: Vec<u8>,
}

impl Answer {
    fn of(code: Code) -> Answer {
        Answer { code: Some(code), ..Answer::default() }
    }

    fn content(payload: &[u8], format: u32) -> Answer {
        let mut answer = Answer { payload: payload.to_vec(), ..Answer::of(Code::CONTENT) };
        answer.add_uint(OptionNumber::CONTENT_FORMAT, format);
        answer
    }

    /// Of something that is observed; a brief one is good for a second.
    fn state(path: &str, payload: &[u8], format: u32) -> Answer {
        let mut answer = Answer::content(payload, format);
        if path.ends_with("brief") {
            answer.add_uint(OptionNumber::MAX_AGE, 1);
        }
        answer
    }

    fn add(mut self, number: OptionNumber, value: &[u8]) -> Answer {
        self.options.push((number, value.to_vec()));
        self
    }

    fn add_uint(&mut self, number: OptionNumber, value: u32) {
        self.options.push((number, coap_core::Uint::new(value).as_bytes().to_vec()));
    }
}

/// The resources and the endpoint.
pub struct Site {
    endpoint: Endpoint,
    kept: BTreeMap<String, Kept>,
    observers: Vec<(ObserverId, String)>,
    waiting: Vec<(Instant, IncomingId)>,
}

impl Default for Site {
    fn default() -> Self {
        Site::new()
    }
}

impl Site {
    /// With nothing kept.
    ///
    /// # Panics
    /// If the limits are not accepted.
    #[must_use]
    pub fn new() -> Site {
        Site::with(Parameters::default())
    }

    /// The same with other transmission parameters.
    ///
    /// # Panics
    /// If they are not accepted.
    #[must_use]
    pub fn with(parameters: Parameters) -> Site {
        let config = Config { limits: LIMITS, parameters };
        let endpoint = Endpoint::new(&config, &Seed([7; 32])).expect("an endpoint");
        Site { endpoint, kept: BTreeMap::new(), observers: Vec::new(), waiting: Vec::new() }
    }

    /// How many observe something.
    #[must_use]
    pub fn observers(&self) -> usize {
        self.observers.len()
    }

    fn attend(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, .. } => self.request(now, id),
                Event::ObserverGone { id, .. } => self.observers.retain(|o| o.0 != id),
                other => panic!("a server got {other:?}"),
            }
        }
    }

    fn request(&mut self, now: Instant, id: IncomingId) {
        let request = self.endpoint.incoming(id).expect("just announced");
        let path: Vec<_> = request.options.path().map(String::from_utf8_lossy).collect();
        let whole = path.join("/");
        let name = path.get(1..).unwrap_or_default().join("/");
        let text = |n| request.options.all(n).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (code, payload) = (request.code, request.payload.to_vec());
        let format = request.options.uint(OptionNumber::CONTENT_FORMAT).unwrap_or(0);
        let (etags, matches) = (text(OptionNumber::ETAG), text(OptionNumber::IF_MATCH));
        let fresh = request.options.first(OptionNumber::IF_NONE_MATCH).is_some();
        let accept = request.options.accept().unwrap_or(ContentFormat::TEXT);
        let queries = text(OptionNumber::URI_QUERY);
        let observable = name.starts_with("obs") && code == Code::GET;
        let kept = self.kept.get(&whole).cloned();
        let answer = match (name.as_str(), code) {
            _ if whole == ".well-known/core" => core(&queries),
            ("test", Code::GET) => Answer::content(b"test", 0),
            ("test", Code::PUT) => Answer::of(Code::CHANGED),
            ("test", Code::POST) => Answer::of(Code::CREATED)
                .add(OptionNumber::LOCATION_PATH, b"location1")
                .add(OptionNumber::LOCATION_PATH, b"location2"),
            ("test", Code::DELETE) => Answer::of(Code::DELETED),
            ("seg1/seg2/seg3", Code::GET) => Answer::content(b"segments", 0),
            ("query", Code::GET) => Answer::content(&queries.join(&b'&'), 0),
            ("location-query", Code::POST) => Answer::of(Code::CREATED)
                .add(OptionNumber::LOCATION_QUERY, b"first=1")
                .add(OptionNumber::LOCATION_QUERY, b"second=2"),
            ("separate", Code::GET) => {
                self.waiting.push((now + SEPARATE, id));
                return;
            }
            ("multi-format", Code::GET) => match accept {
                ContentFormat::TEXT => Answer::content(b"text", 0),
                ContentFormat::XML => Answer::content(b"<xml/>", 41),
                _ => Answer::of(Code::NOT_ACCEPTABLE),
            },
            ("validate", _) => {
                let (tag, _, value) = kept.unwrap_or((1, 0, b"validate".to_vec()));
                if code == Code::PUT && !matches.is_empty() && !matches.contains(&vec![tag]) {
                    Answer::of(Code::PRECONDITION_FAILED)
                } else if code == Code::PUT {
                    self.kept.insert(whole, (tag + 1, 0, payload));
                    Answer::of(Code::CHANGED)
                } else if etags.contains(&vec![tag]) {
                    Answer::of(Code::VALID).add(OptionNumber::ETAG, &[tag])
                } else {
                    Answer::content(&value, 0).add(OptionNumber::ETAG, &[tag])
                }
            }
            ("create1", Code::PUT) if kept.is_some() && fresh => {
                Answer::of(Code::PRECONDITION_FAILED)
            }
            ("create1" | "large-update", Code::PUT) => {
                let new = self.kept.insert(whole, (1, 0, payload)).is_none();
                Answer::of(if new && name == "create1" { Code::CREATED } else { Code::CHANGED })
            }
            ("large", Code::GET) => Answer::content(&super::large(), 0),
            ("large-update", Code::GET) => {
                Answer::content(&kept.map_or_else(super::large, |k| k.2), 0)
            }
            ("large-create", Code::POST) => {
                let place = whole.replace("large-create", "large-update");
                self.kept.insert(place, (1, 0, payload));
                Answer::of(Code::CREATED).add(OptionNumber::LOCATION_PATH, b"large-update")
            }
            ("large-post", Code::POST) => {
                let payload = payload.into_iter().rev().collect();
                Answer { payload, ..Answer::of(Code::CHANGED) }
            }
            ("obs" | "obs-non" | "obs-large" | "obs-brief", _) => {
                self.observed(now, &whole, code, format, payload)
            }
            _ => Answer::of(Code::NOT_FOUND),
        };
        self.respond(now, id, &answer, observable);
    }

    fn observed(
        &mut self,
        now: Instant,
        path: &str,
        code: Code,
        format: u32,
        payload: Vec<u8>,
    ) -> Answer {
        let start = || if path.ends_with("large") { super::large() } else { b"0".to_vec() };
        let (_, before, value) = self.kept.get(path).cloned().unwrap_or_else(|| (1, 0, start()));
        match code {
            Code::DELETE => {
                self.kept.remove(path);
                self.notify(now, path, &Answer::of(Code::NOT_FOUND));
                Answer::of(Code::DELETED)
            }
            Code::PUT => {
                self.kept.insert(path.to_owned(), (1, format, payload.clone()));
                let state = match format == before {
                    true => Answer::state(path, &payload, format),
                    false => Answer::of(Code::NOT_ACCEPTABLE),
                };
                self.notify(now, path, &state);
                Answer::of(Code::CHANGED)
            }
            _ => Answer::state(path, &value, before),
        }
    }

    fn notify(&mut self, now: Instant, path: &str, answer: &Answer) {
        let mut room = [0; 64];
        let mut options = OptionWriter::new(&mut room);
        for (number, value) in &answer.options {
            options.add(*number, value).expect("room");
        }
        let code = answer.code.expect("an answer");
        let response = Response {
            options: options.options(),
            payload: &answer.payload,
            observe: true,
            confirmable: !path.ends_with("non"),
            ..Response::new(code)
        };
        for (observer, _) in self.observers.iter().filter(|o| o.1 == path) {
            let _ = self.endpoint.notify(now, *observer, &response);
        }
        if !code.is_success() {
            self.observers.retain(|o| o.1 != path);
        }
    }

    fn respond(&mut self, now: Instant, id: IncomingId, answer: &Answer, observable: bool) {
        let mut room = [0; 64];
        let mut options = OptionWriter::new(&mut room);
        for (number, value) in &answer.options {
            options.add(*number, value).expect("room");
        }
        let path: Vec<_> = match self.endpoint.incoming(id) {
            Some(request) => request.options.path().map(String::from_utf8_lossy).collect(),
            // Its time ran out while it waited.
            None => return,
        };
        let path = path.join("/");
        let code = answer.code.expect("an answer");
        let response = Response {
            options: options.options(),
            payload: &answer.payload,
            observe: observable,
            ..Response::new(code)
        };
        if let Some(observer) = self.endpoint.respond(now, id, &response).expect("an answer") {
            self.observers.push((observer, path));
        }
    }

    fn due(&mut self, now: Instant) {
        let (ready, waiting): (Vec<_>, Vec<_>) = self.waiting.iter().partition(|w| w.0 <= now);
        self.waiting = waiting;
        for (_, id) in ready {
            self.respond(now, id, &Answer::content(b"separate", 0), false);
        }
    }
}

/// The links that all queries select.
fn core(queries: &[Vec<u8>]) -> Answer {
    let filters: Vec<Filter<'_>> = queries
        .iter()
        .map(|q| Filter::new(core::str::from_utf8(q).expect("UTF-8")).expect("a filter"))
        .collect();
    let mut list = Vec::new();
    let mut writer = LinkWriter::new(&mut list);
    for link in Links::new(LINKS.as_bytes()).map(|link| link.expect("a link")) {
        if filters.iter().all(|filter| filter.matches(&link)) {
            writer.copy(&link).expect("room");
        }
    }
    Answer::content(&list, 40)
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
        self.endpoint.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let own = self.waiting.iter().map(|w| w.0).min();
        own.into_iter().chain(self.endpoint.poll_timeout()).min()
    }
}
