//! The OSCORE plugtest (RFC 8613) against aiocoap: our endpoint asks its server, and its client
//! asks our endpoint. The numbers are those of the test specification.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::{
    Cancel, Code, Config, ContentFormat, Endpoint, Event, History, IncomingId, Limits, ObserverId,
    OptionNumber, OptionWriter, Outcome, Parameters, Request, RequestId, Response, SecurityId,
};
use m2m_base::{Instant, Seed};
use m2m_interop::app::{LIMITS, body};
use m2m_interop::background::Background;
use m2m_interop::driver::{Driver, peer_of};
use m2m_interop::peers::{Server, aiocoap_oscore, aiocoap_oscore_server};
use m2m_interop::process::Scratch;
use m2m_interop::relay::{Relay, Rules};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const A: SecurityParameters<'static> = SecurityParameters {
    master_secret: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    master_salt: &[0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40],
    sender_id: &[],
    recipient_id: &[1],
    id_context: None,
    aead: Aead::AesCcm16_64_128,
};
const B: SecurityParameters<'static> =
    SecurityParameters { sender_id: &[1], recipient_id: &[], ..A };
const ID_CONTEXT: Option<&[u8]> = Some(&[0x37, 0xcb, 0xf3, 0x21, 0x00, 0x17, 0xa2, 0xd3]);
const C: SecurityParameters<'static> = SecurityParameters { id_context: ID_CONTEXT, ..A };
const D: SecurityParameters<'static> = SecurityParameters { id_context: ID_CONTEXT, ..B };

fn endpoint(seed: u8, contexts: u32) -> Endpoint {
    let limits = Limits { security_contexts: contexts, ..LIMITS };
    let parameters =
        Parameters { ack_timeout: m2m_base::Duration::from_secs(1), ..Parameters::default() };
    Endpoint::new(&Config { limits, parameters }, &Seed([seed; 32])).unwrap()
}

// ---- our client, its server --------------------------------------------------------------------

/// An answer, copied.
#[derive(Debug)]
struct Answer {
    outcome: Outcome,
    code: Code,
    payload: Vec<u8>,
    format: Option<ContentFormat>,
    etag: Option<Vec<u8>>,
    max_age: Option<u32>,
    observed: bool,
    security: Option<SecurityId>,
}

/// Our endpoint with one context, and the server.
struct Client {
    driver: Driver<Endpoint>,
    context: SecurityId,
    to: SocketAddr,
    /// Kept until the test is over.
    _server: Server,
    _state: Scratch,
}

fn client(parameters: &SecurityParameters<'_>, server_arguments: &[&str]) -> Client {
    let state = Scratch::new();
    let server = aiocoap_oscore_server(&state.file("state"), server_arguments);
    let mut engine = endpoint(1, 1);
    let context = engine.add_security_context(parameters, History::New).unwrap();
    let to = server.address;
    Client { driver: Driver::new(engine), context, to, _server: server, _state: state }
}

impl Client {
    fn start(
        &mut self,
        request: Request<'_>,
        target: &str,
        more: &[(OptionNumber, &[u8])],
        protected: bool,
    ) -> RequestId {
        let mut room = [0; 200];
        let mut options = OptionWriter::new(&mut room);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        options.path("oscore").unwrap();
        for segment in path.split('/') {
            options.add(OptionNumber::URI_PATH, segment.as_bytes()).unwrap();
        }
        if !query.is_empty() {
            options.query(query).unwrap();
        }
        for (number, value) in more {
            options.add(*number, value).unwrap();
        }
        let request = Request { options: options.options(), ..request };
        let (now, peer) = (self.driver.now(), peer_of(self.to));
        let engine = &mut self.driver.engine;
        let id = if protected {
            engine.request_under(now, peer, self.context, &request)
        } else {
            engine.request(now, peer, &request)
        };
        id.unwrap()
    }

    fn read(engine: &mut Endpoint, id: RequestId, outcome: Outcome) -> Answer {
        let content = engine.response(id).unwrap();
        let answer = Answer {
            outcome,
            code: content.code,
            payload: content.payload.to_vec(),
            format: content.options.content_format(),
            etag: content.options.first(OptionNumber::ETAG).map(<[u8]>::to_vec),
            max_age: content.options.uint(OptionNumber::MAX_AGE),
            observed: content.options.first(OptionNumber::OBSERVE).is_some(),
            security: content.security,
        };
        engine.release(id);
        answer
    }

    /// The end of a request, or the next notification.
    fn next(&mut self, id: RequestId) -> Answer {
        self.driver.wait("an answer", |engine, event| match *event {
            Event::Notification { id: of } if of == id => {
                Some(Client::read(engine, id, Outcome::Response))
            }
            Event::Done { id: of, outcome } if of == id => Some(Client::read(engine, id, outcome)),
            _ => None,
        })
    }

    fn ask(&mut self, request: Request<'_>, path: &str, more: &[(OptionNumber, &[u8])]) -> Answer {
        let id = self.start(request, path, more, true);
        self.next(id)
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::new(Code::GET), path, &[])
    }
}

fn is_hello(answer: &Answer, security: Option<SecurityId>) {
    assert_eq!((answer.outcome, answer.code), (Outcome::Response, Code::CONTENT));
    assert_eq!(answer.payload, b"Hello World!");
    assert_eq!((answer.format, answer.security), (Some(ContentFormat::TEXT), security));
}

#[test]
fn oscore_plugtest_client_0_an_unprotected_request() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let id = c.start(Request::new(Code::GET), "hello/coap", &[], false);
    is_hello(&c.next(id), None);
}

#[test]
fn oscore_plugtest_client_1_to_5_get_with_options() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let security = Some(c.context);
    is_hello(&c.get("hello/1"), security);
    // 2: with an ID context.
    let mut with_context = client(&C, &[]);
    let other = Some(with_context.context);
    is_hello(&with_context.get("hello/1"), other);
    // 3: Uri-Query, ETag.
    let answer = c.get("hello/2?first=1");
    is_hello(&answer, security);
    assert_eq!(answer.etag, Some(vec![0x2b]));
    // 4: Accept, Max-Age.
    let answer = c.ask(Request::new(Code::GET), "hello/3", &[(OptionNumber::ACCEPT, &[])]);
    is_hello(&answer, security);
    assert_eq!(answer.max_age, Some(5));
    // 5: what cannot be observed.
    let observe = Request { observe: true, ..Request::new(Code::GET) };
    let answer = c.ask(observe, "hello/1", &[]);
    is_hello(&answer, security);
    assert!(!answer.observed);
}

#[test]
fn oscore_plugtest_client_6_observe_until_the_server_ends_it() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let id = c.start(Request { observe: true, ..Request::new(Code::GET) }, "observe1", &[], true);
    for (code, payload) in [
        (Code::CONTENT, &b"one"[..]),
        (Code::CONTENT, b"two"),
        (Code::INTERNAL_SERVER_ERROR, b"Terminate Observe"),
    ] {
        let answer = c.next(id);
        assert_eq!((answer.code, &answer.payload[..]), (code, payload));
        assert_eq!((answer.observed, answer.security), (code.is_success(), Some(c.context)));
    }
}

#[test]
fn oscore_plugtest_client_7_observe_and_leave() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let id = c.start(Request { observe: true, ..Request::new(Code::GET) }, "observe2", &[], true);
    for payload in [&b"one"[..], b"two"] {
        assert_eq!(c.next(id).payload, payload);
    }
    let now = c.driver.now();
    c.driver.engine.cancel(now, id, Cancel::Forget).unwrap();
    // The end that the server would have sent is rejected.
    c.driver.rest(Duration::from_secs(1));
    is_hello(&c.get("hello/1"), Some(c.context));
}

#[test]
fn oscore_plugtest_client_8_to_11_post_put_delete() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let text: (OptionNumber, &[u8]) = (OptionNumber::CONTENT_FORMAT, &[]);
    let post = Request { payload: &[0x4a], ..Request::new(Code::POST) };
    let answer = c.ask(post, "hello/6", &[text]);
    assert_eq!((answer.code, &answer.payload[..]), (Code::CHANGED, &[0x4a][..]));
    assert_eq!(answer.format, Some(ContentFormat::TEXT));
    let put = Request { payload: &[0x7a], ..Request::new(Code::PUT) };
    let answer = c.ask(put, "hello/7", &[(OptionNumber::IF_MATCH, &[0x7b]), text]);
    assert_eq!((answer.code, answer.payload.len()), (Code::CHANGED, 0));
    let put = Request { payload: &[0x8a], ..Request::new(Code::PUT) };
    let answer = c.ask(put, "hello/7", &[(OptionNumber::IF_NONE_MATCH, &[]), text]);
    assert_eq!((answer.code, answer.security), (Code::PRECONDITION_FAILED, Some(c.context)));
    let answer = c.ask(Request::new(Code::DELETE), "test", &[]);
    assert_eq!((answer.code, answer.payload.len()), (Code::DELETED, 0));
}

#[test]
fn oscore_plugtest_client_12_13_15_contexts_that_do_not_fit_and_a_replay() {
    if m2m_interop::skipped() {
        return;
    }
    // 12: another sender id; 13: another sender key.
    let other_id = SecurityParameters { sender_id: b"spam", ..A };
    let other_key = SecurityParameters { master_salt: &[], ..A };
    for (parameters, code) in [(other_id, Code::UNAUTHORIZED), (other_key, Code::BAD_REQUEST)] {
        let answer = client(&parameters, &[]).get("hello/1");
        assert_eq!((answer.outcome, answer.code), (Outcome::Unprotected, code));
        assert_eq!(answer.security, None);
    }
    // 15: numbers that were used before.
    let mut c = client(&A, &[]);
    is_hello(&c.get("hello/1"), Some(c.context));
    let now = c.driver.now();
    c.driver.engine.remove_security_context(now, c.context);
    c.context = c.driver.engine.add_security_context(&A, History::New).unwrap();
    let answer = c.get("hello/1");
    assert_eq!((answer.outcome, answer.code), (Outcome::Unprotected, Code::UNAUTHORIZED));
}

/// The key that belongs to another recipient id than the server has.
#[test]
fn oscore_plugtest_client_14_a_response_under_another_key_is_ignored() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&SecurityParameters { recipient_id: &[2], ..A }, &[]);
    let id = c.start(Request::new(Code::GET), "hello/1", &[], true);
    let events = c.driver.rest(Duration::from_secs(2));
    assert!(!events.iter().any(|e| matches!(e, Event::Done { .. })), "{events:?}");
    assert!(c.driver.engine.counters().insecure >= 1);
    let now = c.driver.now();
    c.driver.engine.cancel(now, id, Cancel::Forget).unwrap();
}

#[test]
fn oscore_plugtest_client_16_a_server_without_oscore() {
    if m2m_interop::skipped() {
        return;
    }
    let answer = client(&A, &["--plain"]).get("hello/coap");
    assert_eq!((answer.outcome, answer.security), (Outcome::Unprotected, None));
    assert_eq!(answer.code.class(), 4);
}

#[test]
fn oscore_plugtest_client_17_an_unprotected_request_for_what_is_protected() {
    if m2m_interop::skipped() {
        return;
    }
    let mut c = client(&A, &[]);
    let id = c.start(Request::new(Code::GET), "hello/1", &[], false);
    assert_eq!(c.next(id).code, Code::UNAUTHORIZED);
}

#[test]
fn oscore_client_bodies_in_blocks_and_a_server_that_was_restarted() {
    if m2m_interop::skipped() {
        return;
    }
    // Appendix B.1.2: the server asks for an Echo, the endpoint answers by itself.
    let mut c = client(&A, &["--lost"]);
    let answer = c.get("large");
    assert_eq!((answer.code, answer.security), (Code::CONTENT, Some(c.context)));
    assert_eq!(answer.payload, body(5000, 0));
    assert!(c.driver.engine.security_context(c.context).unwrap().next_sequence() == 1 + 5);
    let other = body(5000, 9);
    let answer = c.ask(Request { payload: &other, ..Request::new(Code::PUT) }, "large", &[]);
    assert_eq!(answer.code, Code::CHANGED);
    assert_eq!(c.get("large").payload, other);
}

/// Beyond the plugtest: each algorithm that both have.
#[test]
fn oscore_client_with_every_algorithm() {
    if m2m_interop::skipped() {
        return;
    }
    let all: Vec<Aead> = (-70..70).filter_map(Aead::from_number).collect();
    assert_eq!(all.len(), 12);
    for aead in all {
        let mut c =
            client(&SecurityParameters { aead, ..C }, &["--algorithm", aead.name(), "--lost"]);
        let answer = c.get("hello/2?first=1");
        is_hello(&answer, Some(c.context));
        let observe = Request { observe: true, ..Request::new(Code::GET) };
        let id = c.start(observe, "observe1", &[], true);
        for payload in [&b"one"[..], b"two"] {
            assert_eq!(c.next(id).payload, payload, "{aead:?}");
        }
    }
}

#[test]
fn oscore_client_while_datagrams_are_lost_doubled_and_late() {
    if m2m_interop::skipped() {
        return;
    }
    for rules in [Rules::THIRD_LOST, Rules::DISORDER] {
        let mut c = client(&A, &[]);
        let relay = Relay::start(c.to, rules);
        c.to = relay.address();
        assert_eq!(c.get("large").payload, body(5000, 0));
        for _ in 0..5 {
            is_hello(&c.get("hello/1"), Some(c.context));
        }
    }
}

// ---- its client, our server --------------------------------------------------------------------

/// What the server has to say of itself.
#[derive(Clone, Copy, Debug)]
enum Note {
    Served,
    Observed(ObserverId),
    Other,
}

fn serve(engine: &mut Endpoint, now: Instant, id: IncomingId) -> Note {
    let request = engine.incoming(id).unwrap();
    let path: Vec<_> = request.options.path().map(String::from_utf8_lossy).collect();
    let path = path.join("/");
    let protected = request.security.is_some();
    let options = request.options;
    let first = |number| options.first(number).map(<[u8]>::to_vec);
    let (query, accept) = (first(OptionNumber::URI_QUERY), options.accept());
    let (if_match, none_match) =
        (first(OptionNumber::IF_MATCH), first(OptionNumber::IF_NONE_MATCH));
    let payload = request.payload.to_vec();
    let large = body(5000, 0);
    let hello = &b"Hello World!"[..];
    let mut room = [0; 32];
    let mut list = OptionWriter::new(&mut room);
    let text = ContentFormat::TEXT;
    let path = path.strip_prefix("oscore/").unwrap_or("");
    let (code, body) = match (path, request.code) {
        ("hello/coap", Code::GET) => (Code::CONTENT, hello),
        (_, _) if !protected => (Code::UNAUTHORIZED, &b""[..]),
        ("hello/1", Code::GET) => (Code::CONTENT, hello),
        ("hello/2", Code::GET) if query.as_deref() == Some(b"first=1") => {
            list.add(OptionNumber::ETAG, &[0x2b]).unwrap();
            (Code::CONTENT, hello)
        }
        ("hello/3", Code::GET) if accept == Some(text) => {
            list.add_uint(OptionNumber::MAX_AGE, 5).unwrap();
            (Code::CONTENT, hello)
        }
        ("observe1", Code::GET) => (Code::CONTENT, &b"one"[..]),
        ("hello/6", Code::POST) if payload == [0x4a] => (Code::CHANGED, &b"\x4a"[..]),
        ("hello/7", Code::PUT) if none_match.is_some() => (Code::PRECONDITION_FAILED, &b""[..]),
        ("hello/7", Code::PUT) if if_match.as_deref() == Some(&[0x7b]) && payload == [0x7a] => {
            (Code::CHANGED, &b""[..])
        }
        ("test", Code::DELETE) => (Code::DELETED, &b""[..]),
        ("large", Code::GET) => (Code::CONTENT, &large[..]),
        ("large", Code::PUT) if payload.len() == 5000 => (Code::CHANGED, &b""[..]),
        _ => (Code::BAD_REQUEST, &b""[..]),
    };
    if !body.is_empty() {
        list.content_format(text).unwrap();
    }
    let response = Response {
        options: list.options(),
        payload: body,
        observe: path == "observe1",
        ..Response::new(code)
    };
    match engine.respond(now, id, &response).unwrap() {
        Some(observer) => Note::Observed(observer),
        None => Note::Served,
    }
}

type Served = Background<Endpoint, Note>;

fn server(history: History) -> Served {
    let mut engine = endpoint(2, 2);
    for parameters in [&B, &D] {
        engine.add_security_context(parameters, history).unwrap();
    }
    Background::start(engine, |engine, now, event| match event {
        Event::Request { id, .. } => serve(engine, now, id),
        _ => Note::Other,
    })
}

/// The lines of a test with aiocoap as client.
fn asked(server: SocketAddr, test: &str) -> Vec<Value> {
    let state = Scratch::new();
    aiocoap_oscore(server, test, &state.file("state"))
}

fn expect(server: &Served, test: &str, expected: &Value) {
    let lines = asked(server.address, test);
    let line = lines.last().unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "test {test}, {name}: {line}");
    }
}

const HELLO: &str = "48656c6c6f20576f726c6421";

#[test]
fn oscore_plugtest_server_0_to_5_get_with_options() {
    if m2m_interop::skipped() {
        return;
    }
    // A context and its client's memory are one: each test has a server of its own.
    for (test, expected) in [
        ("0", json!({"code": "2.05", "payload": HELLO, "protected": false})),
        ("1", json!({"code": "2.05", "payload": HELLO, "protected": true, "content_format": 0})),
        ("2", json!({"code": "2.05", "payload": HELLO, "protected": true})),
        ("3", json!({"code": "2.05", "payload": HELLO, "etag": "2b"})),
        ("4", json!({"code": "2.05", "payload": HELLO, "max_age": 5})),
        ("5", json!({"code": "2.05", "payload": HELLO, "observed": false})),
    ] {
        let server = server(History::New);
        expect(&server, test, &expected);
        server.stop();
    }
}

#[test]
fn oscore_plugtest_server_6_observe_until_the_server_ends_it() {
    if m2m_interop::skipped() {
        return;
    }
    let server = server(History::New);
    let lines = std::thread::scope(|scope| {
        let lines = scope.spawn(|| asked(server.address, "6"));
        let observer = server.wait("an observer", |note| match note {
            Note::Observed(id) => Some(*id),
            _ => None,
        });
        for (code, payload) in
            [(Code::CONTENT, "two"), (Code::INTERNAL_SERVER_ERROR, "Terminate Observe")]
        {
            std::thread::sleep(Duration::from_millis(500));
            server.call(move |engine, now| {
                let payload = payload.as_bytes();
                let news = Response { payload, confirmable: true, ..Response::new(code) };
                engine.notify(now, observer, &news).unwrap();
            });
        }
        lines.join().unwrap()
    });
    let got: Vec<_> = lines.iter().map(|l| (&l["code"], &l["payload"])).collect();
    let (one, two, end) = ("6f6e65", "74776f", "5465726d696e617465204f627365727665");
    let (content, error) = (json!("2.05"), json!("5.00"));
    assert_eq!(
        got,
        [(&content, &json!(one)), (&content, &json!(two)), (&error, &json!(end))],
        "{lines:?}"
    );
    server.stop();
}

#[test]
fn oscore_plugtest_server_8_to_11_post_put_delete() {
    if m2m_interop::skipped() {
        return;
    }
    for (test, expected) in [
        ("8", json!({"code": "2.04", "payload": "4a", "protected": true, "content_format": 0})),
        ("9", json!({"code": "2.04", "payload": "", "protected": true})),
        ("10", json!({"code": "4.12", "payload": "", "protected": true})),
        ("11", json!({"code": "2.02", "payload": "", "protected": true})),
    ] {
        let server = server(History::New);
        expect(&server, test, &expected);
        server.stop();
    }
}

#[test]
fn oscore_plugtest_server_12_to_17_what_is_refused() {
    if m2m_interop::skipped() {
        return;
    }
    for (test, expected) in [
        ("12", json!({"code": "4.01", "protected": false})),
        ("13", json!({"code": "4.00", "protected": false})),
        ("14", json!({"error": "ProtectionInvalid"})),
        ("15", json!({"code": "4.01", "protected": false})),
        ("17", json!({"code": "4.01", "protected": false})),
    ] {
        let server = server(History::New);
        expect(&server, test, &expected);
        server.stop();
    }
    // 16: a server that has no OSCORE.
    let plain: Served = Background::start(endpoint(3, 0), |_, _, _| Note::Other);
    expect(&plain, "16", &json!({"code": "4.02", "protected": false}));
    plain.stop();
}

#[test]
fn oscore_server_bodies_in_blocks_and_after_a_restart() {
    if m2m_interop::skipped() {
        return;
    }
    let server = server(History::Stored { next: 128 });
    let payload: String = body(5000, 0).iter().map(|b| format!("{b:02x}")).collect();
    expect(&server, "large-get", &json!({"code": "2.05", "payload": payload}));
    server.stop();
    let server = self::server(History::New);
    expect(&server, "large-put", &json!({"code": "2.04", "protected": true}));
    server.stop();
}
