//! Composite operations (Core 1.2 sections 6.3.8, 6.3.9, 6.4.4), attributes in Observe, and Send
//! (section 6.4.6).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat as F, MessageType, OptionNumber, Uint};
use lwm2m_core::format::{Item, ItemContent, Timestamp};
use lwm2m_core::server::{
    Body, Config, Event, Limits, Operation, RegistrationId, Server, UsageError,
};
use lwm2m_core::{Path, Value};
use m2m_base::Duration;
use server_common::{Ask, Bench, OTHER, Owned, PEER, config, message};

const V1_2: &str = "/rd?ep=a&lt=86400&lwm2m=1.2&b=U";
const LINKS: &str = "</>;ct=\"110 112\",</1/0>,</3/0>,</3303/0>";
const BATTERY: Path = Path::resource(3, 0, 9);
const MAKER: Path = Path::resource(3, 0, 0);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

fn registered(links: &str) -> (Bench, RegistrationId) {
    let mut bench = Bench::new();
    bench.register(PEER, V1_2, links);
    let id = bench.engine().find("a").unwrap();
    bench.events();
    (bench, id)
}

/// What a request says: method, path and query, formats, payload.
fn shown(request: &Owned) -> (Code, String, Option<F>, Option<F>, String) {
    let query = request.query();
    let uri = if query.is_empty() { request.path() } else { format!("{}?{query}", request.path()) };
    let payload = match request.format() {
        Some(F::SENML_CBOR) => request.payload.iter().map(|b| format!("{b:02x}")).collect(),
        _ => String::from_utf8(request.payload.clone()).unwrap(),
    };
    (request.code, uri, request.format(), request.accept(), payload)
}

#[test]
fn transport_6_4_4_composite_operations_on_the_wire() {
    type Run = fn(&mut Server, m2m_base::Instant, RegistrationId) -> Result<(), UsageError>;
    const PATHS: &[Path] = &[MAKER, Path::instance(1, 0)];
    type Row = (Run, Code, &'static str, F, Option<F>, &'static str);
    let rows: [Row; 6] = [
        (
            |s, t, r| s.read_composite(t, r, PATHS).map(|_| ()),
            Code::FETCH,
            "/",
            F::SENML_CBOR,
            Some(F::SENML_CBOR),
            "82a10066 2f332f302f30 a10064 2f312f30",
        ),
        (
            |s, t, r| {
                let operation =
                    Operation::ReadComposite { paths: PATHS, format: Some(F::SENML_JSON) };
                s.request(t, r, &operation, None).map(|_| ())
            },
            Code::FETCH,
            "/",
            F::SENML_JSON,
            Some(F::SENML_JSON),
            r#"[{"n":"/3/0/0"},{"n":"/1/0"}]"#,
        ),
        (
            |s, t, r| {
                let operation =
                    Operation::ReadComposite { paths: &[BATTERY], format: Some(F::LWM2M_CBOR) };
                s.request(t, r, &operation, None).map(|_| ())
            },
            Code::FETCH,
            "/",
            F::SENML_CBOR,
            Some(F::LWM2M_CBOR),
            "81a10066 2f332f302f39",
        ),
        (
            |s, t, r| {
                let operation = Operation::ObserveComposite {
                    paths: &[BATTERY],
                    format: Some(F::SENML_JSON),
                    attributes: "pmin=10&pmax=60",
                };
                s.request(t, r, &operation, None).map(|_| ())
            },
            Code::FETCH,
            "/?pmin=10&pmax=60",
            F::SENML_JSON,
            Some(F::SENML_JSON),
            r#"[{"n":"/3/0/9"}]"#,
        ),
        (
            |s, t, r| {
                let items = [
                    Item::value(Path::resource(1, 0, 1), Value::Integer(60)),
                    Item::value(Path::resource(3, 0, 14), Value::string("+02:00")),
                ];
                let body = Body::Items { format: Some(F::SENML_JSON), items: &items };
                s.request(t, r, &Operation::WriteComposite { body }, None).map(|_| ())
            },
            Code::IPATCH,
            "/",
            F::SENML_JSON,
            None,
            r#"[{"n":"/1/0/1","v":60},{"n":"/3/0/14","vs":"+02:00"}]"#,
        ),
        (
            |s, t, r| {
                let payload = br#"[{"n":"/3/0/6/1","v":null}]"#;
                let body = Body::Encoded { format: F::SENML_ETCH_JSON, payload };
                s.request(t, r, &Operation::WriteComposite { body }, None).map(|_| ())
            },
            Code::IPATCH,
            "/",
            F::SENML_ETCH_JSON,
            None,
            r#"[{"n":"/3/0/6/1","v":null}]"#,
        ),
    ];
    for links in [LINKS, "</lwm2m>;rt=\"oma.lwm2m\";ct=\"110 112\",</lwm2m/3/0>"] {
        let (mut bench, id) = registered(links);
        let root = bench.engine().registration(id).unwrap().alternate_path().to_string();
        for (run, method, uri, format, accept, payload) in rows {
            bench.command(move |s, now| run(s, now, id)).unwrap();
            let request = bench.request(PEER);
            assert_eq!(request.observe(), uri.contains("pmin").then_some(0));
            let uri = format!("{root}{uri}").replace("m/", "m");
            if root.is_empty() || format == F::SENML_ETCH_JSON {
                let payload = payload.replace(' ', "");
                assert_eq!(shown(&request), (method, uri, Some(format), accept, payload));
            } else {
                let (_, found, _, _, text) = shown(&request);
                assert_eq!(found, uri);
                let name = if format == F::SENML_JSON { "\"/lwm2m/" } else { "2f6c776d326d2f" };
                assert!(text.contains(name), "{text}");
            }
            bench.answer(PEER, &request, Code::NOT_FOUND, &[], b"");
            assert_eq!(bench.response().1, Code::NOT_FOUND);
        }
        bench.finish();
    }
}

#[test]
fn core_6_3_8_composites_that_cannot_be_asked() {
    let (mut bench, id) = registered(LINKS);
    let ask = |bench: &mut Bench, paths: &'static [Path], attributes: &'static str| {
        bench.command(move |s, now| {
            let operation = Operation::ObserveComposite { paths, format: None, attributes };
            let observed = s.request(now, id, &operation, None).err();
            let read = s.read_composite(now, id, paths).err();
            (observed, read)
        })
    };
    let none = Some(UsageError::Path);
    assert_eq!(ask(&mut bench, &[], ""), (none, none));
    assert_eq!(ask(&mut bench, &[Path::ROOT], ""), (none, none));
    for attributes in ["&", "=1", "pmin=1&&st", "pmin=\u{e4}"] {
        let (observed, _) = bench.command(move |s, now| {
            let operation =
                Operation::ObserveComposite { paths: &[BATTERY], format: None, attributes };
            (s.request(now, id, &operation, None).err(), ())
        });
        assert_eq!(observed, Some(UsageError::Syntax), "{attributes}");
    }
    let tlv = bench.command(move |s, now| {
        let items = [Item::value(BATTERY, Value::Integer(1))];
        let body = Body::Items { format: Some(F::TEXT), items: &items };
        s.request(now, id, &Operation::WriteComposite { body }, None).err()
    });
    assert_eq!(tlv, Some(UsageError::Format));
    assert!(bench.engine().observations(id).next().is_none());
}

/// A client that refuses SenML CBOR is asked in JSON; one that does not have the format that was
/// asked for is asked for any.
#[test]
fn a_list_of_paths_goes_in_the_format_that_the_client_takes() {
    let (mut bench, id) = registered(LINKS);
    bench.command(move |s, now| s.read_composite(now, id, &[BATTERY, TEMPERATURE])).unwrap();
    let request = bench.request(PEER);
    assert_eq!(request.format(), Some(F::SENML_CBOR));
    bench.answer(PEER, &request, Code::UNSUPPORTED_CONTENT_FORMAT, &[], b"");
    let request = bench.request(PEER);
    assert_eq!(request.format(), Some(F::SENML_JSON));
    bench.answer(PEER, &request, Code::NOT_ACCEPTABLE, &[], b"");
    let request = bench.request(PEER);
    assert_eq!((request.format(), request.accept()), (Some(F::SENML_JSON), None));
    bench.content(PEER, &request, F::SENML_JSON, br#"[{"n":"/3303/0/5700","v":21.5}]"#);
    let (operation, code) = bench.response();
    assert_eq!(code, Code::CONTENT);
    let items: Vec<_> =
        bench.engine().response(operation).unwrap().items().unwrap().map(Result::unwrap).collect();
    assert_eq!(items, [Item::value(TEMPERATURE, Value::Float(21.5))]);
    bench.finish();
}

#[test]
fn core_6_4_4_observe_composite_notify_and_cancel() {
    let (mut bench, id) = registered(LINKS);
    let paths = [BATTERY, TEMPERATURE];
    let asked = bench.command(move |s, now| s.observe_composite(now, id, &paths)).unwrap();
    let request = bench.request(PEER);
    let observe = [(OptionNumber::OBSERVE, &[5u8][..]), (OptionNumber::CONTENT_FORMAT, &[110])];
    bench.answer(PEER, &request, Code::CONTENT, &observe, br#"[{"n":"/3/0/9","v":90}]"#);
    let Event::Response {
        id: answered, code: Code::CONTENT, observation: Some(observation), ..
    } = bench.outcome()
    else {
        panic!()
    };
    assert_eq!(answered, asked);
    bench.command(move |s, _| s.release(asked));
    let found = bench.engine().observation(observation).unwrap();
    assert!(found.composite && found.established && found.path == Path::ROOT);
    assert_eq!(bench.engine().observed_paths(observation).collect::<Vec<_>>(), paths);
    assert_eq!(bench.engine().find_composite(id, &paths), Some(observation));
    assert_eq!(bench.engine().find_composite(id, &paths[..1]), None);
    assert_eq!(bench.engine().find_observation(id, Path::ROOT), None);

    // A notification with values from before.
    let payload = br#"[{"n":"/3/0/9","v":80,"t":1700000000},{"n":"/3303/0/5700","v":1.5,"t":-5}]"#;
    let options = [(OptionNumber::OBSERVE, &[6u8][..]), (OptionNumber::CONTENT_FORMAT, &[110])];
    let notification =
        message(MessageType::NonConfirmable, Code::CONTENT, 77, &request.token, &options, payload);
    bench.datagram(PEER, &notification);
    let [Event::Notified { id: notified, registration, observation: of }] = bench.events()[..]
    else {
        panic!()
    };
    assert_eq!((registration, of), (id, observation));
    let content = bench.engine().notification(notified).unwrap();
    let items: Vec<_> = content.items().unwrap().map(Result::unwrap).collect();
    assert_eq!(items[0].content, ItemContent::Value(Value::Integer(80)));
    let absolute = Timestamp::Absolute(1_700_000_000i64.into());
    assert_eq!(items[0].time, Some(absolute));
    assert_eq!(items[1].time, Some(Timestamp::Relative((-5i64).into())));
    bench.command(move |s, _| s.release_notification(notified));

    // The same list again: one observation, set up anew.
    bench.command(move |s, now| s.observe_composite(now, id, &paths)).unwrap();
    let again = bench.request(PEER);
    bench.answer(PEER, &again, Code::CONTENT, &observe, br#"[{"n":"/3/0/9","v":90}]"#);
    let Event::Response { observation: Some(same), .. } = bench.outcome() else { panic!() };
    assert_eq!(same, observation);
    assert_eq!(bench.engine().observations(id).count(), 1);

    // Cancelled actively: the list again, with Observe 1.
    bench.command(move |s, now| s.cancel_observation(now, observation)).unwrap();
    let cancel = bench.request(PEER);
    assert_eq!((cancel.code, cancel.observe()), (Code::FETCH, Some(1)));
    assert_eq!((cancel.payload.clone(), cancel.token.clone()), (again.payload, again.token));
    bench.answer(PEER, &cancel, Code::CONTENT, &observe[1..], b"[]");
    assert_eq!(bench.response().1, Code::CONTENT);
    assert!(bench.engine().observations(id).next().is_none());
    bench.finish();
}

#[test]
fn a_composite_observation_follows_the_client_with_its_attributes() {
    let mut bench = Bench::new();
    let location = bench.register(PEER, V1_2, LINKS);
    let id = bench.engine().find("a").unwrap();
    bench
        .command(move |s, now| {
            let paths = &[BATTERY, MAKER];
            let attributes = "pmin=5";
            let operation = Operation::ObserveComposite { paths, format: None, attributes };
            s.request(now, id, &operation, None)
        })
        .unwrap();
    let request = bench.request(PEER);
    let observe = [(OptionNumber::OBSERVE, &[5u8][..]), (OptionNumber::CONTENT_FORMAT, &[110])];
    bench.answer(PEER, &request, Code::CONTENT, &observe, b"[]");
    bench.events();
    bench.ask(OTHER, Ask::post(&location, ""));
    let renewed = bench.request(OTHER);
    assert_eq!(shown(&renewed), shown(&request));
    assert_eq!((renewed.observe(), renewed.token != request.token), (Some(0), true));
    bench.answer(OTHER, &renewed, Code::CONTENT, &observe, br#"[{"n":"/3/0/9","v":9}]"#);
    let news = bench.events();
    assert!(news.iter().any(|e| matches!(e, Event::Notified { .. })), "{news:?}");
    let observation = bench.engine().find_composite(id, &[BATTERY, MAKER]).unwrap();
    assert_eq!(bench.engine().observation_attributes(observation), "pmin=5");
    bench.finish();
}

#[test]
fn core_1_2_6_4_1_attributes_in_observe() {
    let (mut bench, id) = registered(LINKS);
    let observe = |attributes: &'static str| {
        move |s: &mut Server, now| {
            let operation = Operation::Observe { path: TEMPERATURE, format: None, attributes };
            s.request(now, id, &operation, None)
        }
    };
    for (attributes, uri) in
        [("pmin=1&gt=-3.5&con=1", "/3303/0/5700?pmin=1&gt=-3.5&con=1"), ("", "/3303/0/5700")]
    {
        bench.command(observe(attributes)).unwrap();
        let request = bench.request(PEER);
        assert_eq!(shown(&request).1, uri);
        let options = [(OptionNumber::OBSERVE, &[1u8][..])];
        bench.answer(PEER, &request, Code::CONTENT, &options, b"");
        let observation = bench.engine().find_observation(id, TEMPERATURE).unwrap();
        assert_eq!(bench.engine().observation_attributes(observation), attributes);
        bench.events();
    }
    assert_eq!(bench.command(observe("pmin=1&")).err(), Some(UsageError::Syntax));
    let root = bench.command(move |s, now| s.observe(now, id, Path::ROOT));
    assert_eq!(root.err(), Some(UsageError::Path));
}

fn send(format: F, payload: &[u8]) -> Ask<'_> {
    Ask { method: Code::POST, uri: "/dp", format: Some(format), payload }
}

#[test]
fn core_6_4_6_send() {
    let (mut bench, id) = registered(LINKS);
    let payload = br#"[{"bn":"/3303/0/5700","bt":1.7e9,"v":1},{"t":60,"v":2.5}]"#;
    assert_eq!(bench.ask(PEER, send(F::SENML_JSON, payload)).code, Code::CHANGED);
    let events = bench.events();
    let [Event::Sent { id: sent, registration }] = events[..] else { panic!("{events:?}") };
    assert_eq!(registration, id);
    let content = bench.engine().notification(sent).unwrap();
    assert_eq!((content.format(), content.path()), (Some(F::SENML_JSON), Path::ROOT));
    let items: Vec<_> = content.items().unwrap().map(Result::unwrap).collect();
    let times: Vec<_> = items.iter().map(|i| i.time.unwrap()).collect();
    let absolute = |seconds: i64| Timestamp::Absolute(seconds.into());
    assert_eq!(times, [absolute(1_700_000_000), absolute(1_700_000_060)]);
    assert_eq!(items[1].content, ItemContent::Value(Value::Float(2.5)));
    bench.command(move |s, _| s.release_notification(sent));
    assert!(bench.engine().notification(sent).is_none());
    bench.finish();
}

/// Each wrong Send has its answer, and none is told.
#[test]
fn core_6_4_6_sends_that_are_refused() {
    let json = F::SENML_JSON;
    let cbor = b"\x81\xa2\x00\x66/3/0/9\x02\x01";
    let rows: &[(&str, Option<F>, &[u8], Code)] = &[
        ("as it should be", Some(F::SENML_CBOR), cbor, Code::CHANGED),
        ("LwM2M CBOR", Some(F::LWM2M_CBOR), b"\xa1\x83\x03\x00\x09\x01", Code::CHANGED),
        ("no format", None, cbor, Code::UNSUPPORTED_CONTENT_FORMAT),
        ("TLV", Some(F::LWM2M_TLV), b"\xc1\x09\x01", Code::UNSUPPORTED_CONTENT_FORMAT),
        ("a patch", Some(F::SENML_ETCH_JSON), b"[]", Code::UNSUPPORTED_CONTENT_FORMAT),
        ("an unknown format", Some(F(9999)), cbor, Code::UNSUPPORTED_CONTENT_FORMAT),
        ("nothing", Some(json), b"", Code::BAD_REQUEST),
        ("an empty pack", Some(json), b"[]", Code::BAD_REQUEST),
        ("half a pack", Some(json), br#"[{"n":"/3/0/9","v":1}"#, Code::BAD_REQUEST),
        ("no value", Some(json), br#"[{"n":"/3/0/9"}]"#, Code::BAD_REQUEST),
        ("null", Some(json), br#"[{"n":"/3/0/9","v":null}]"#, Code::BAD_REQUEST),
        ("a name that is no path", Some(json), br#"[{"n":"temp","v":1}]"#, Code::BAD_REQUEST),
        ("an object not registered", Some(json), br#"[{"n":"/9/0/1","v":1}]"#, Code::NOT_FOUND),
        (
            "one of two not registered",
            Some(json),
            br#"[{"n":"/3/0/9","v":1},{"n":"/6/0/1","v":1}]"#,
            Code::NOT_FOUND,
        ),
    ];
    for (what, format, payload, code) in rows {
        let (mut bench, _) = registered(LINKS);
        let ask = Ask { method: Code::POST, uri: "/dp", format: *format, payload };
        assert_eq!(bench.ask(PEER, ask).code, *code, "{what}");
        let told = bench.events().len();
        let (sends, refused) = (bench.engine().counters().sends, bench.engine().counters().refused);
        let accepted = u32::from(code.is_success());
        assert_eq!((told, sends, refused), (accepted as usize, accepted, 1 - accepted), "{what}");
    }
    let (mut bench, _) = registered(LINKS);
    assert_eq!(bench.ask(OTHER, send(F::SENML_CBOR, cbor)).code, Code::NOT_FOUND);
    let get = Ask { method: Code::GET, uri: "/dp", format: None, payload: b"" };
    assert_eq!(bench.ask(PEER, get).code, Code::METHOD_NOT_ALLOWED);
    let below = Ask { uri: "/dp/1", ..send(F::SENML_CBOR, cbor) };
    assert_eq!(bench.ask(PEER, below).code, Code::NOT_FOUND);
    assert!(bench.events().is_empty());
}

/// Who sends is who its security session says it is.
#[test]
fn core_6_4_6_a_send_belongs_to_the_senders_registration() {
    let cbor = b"\x81\xa2\x00\x66/3/0/9\x02\x01";
    let mut bench = Bench::new();
    bench.command(|s, _| s.identify(PEER, Some("a"))).unwrap();
    bench.register(PEER, V1_2, LINKS);
    let id = bench.engine().find("a").unwrap();
    bench.events();
    // Its session is at another address now.
    bench.command(|s, _| s.identify(OTHER, Some("a"))).unwrap();
    assert_eq!(bench.ask(OTHER, send(F::SENML_CBOR, cbor)).code, Code::CHANGED);
    let events = bench.events();
    assert!(matches!(events[..], [Event::Sent { registration, .. }] if registration == id));
    // Somebody else's session, and one without a registration.
    bench.command(|s, _| s.identify(OTHER, Some("b"))).unwrap();
    assert_eq!(bench.ask(OTHER, send(F::SENML_CBOR, cbor)).code, Code::NOT_FOUND);
    // The session is gone, and its number is another's now.
    bench.command(|s, now| s.forget_peer(now, PEER));
    assert_eq!(bench.ask(PEER, send(F::SENML_CBOR, cbor)).code, Code::NOT_FOUND);
    assert!(bench.events().is_empty());
}

/// Nobody reads: the oldest make room, and one that could never fit is refused.
#[test]
fn sends_are_kept_within_the_limits() {
    let limits = Limits { notifications: 4, content_bytes: 256, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    bench.register(PEER, V1_2, LINKS);
    bench.events();
    let mut sent = Vec::new();
    for n in 0..9 {
        let payload = format!(r#"[{{"n":"/3/0/9","v":{n}}}]"#);
        let answer = bench.ask(PEER, send(F::SENML_JSON, payload.as_bytes()));
        assert_eq!(answer.code, Code::CHANGED);
        for event in bench.events() {
            let Event::Sent { id, .. } = event else { panic!("{event:?}") };
            sent.push(id);
        }
    }
    let readable = sent.iter().filter(|id| bench.engine().notification(**id).is_some()).count();
    assert_eq!((sent.len(), readable), (9, 4));
    assert_eq!(bench.engine().counters().notifications_dropped, 5);
    let long = format!(r#"[{{"n":"/3/0/0","vs":"{}"}}]"#, "x".repeat(300));
    let answer = bench.ask(PEER, send(F::SENML_JSON, long.as_bytes()));
    assert_eq!(answer.code, Code::REQUEST_ENTITY_TOO_LARGE);
    // What came in blocks is one content.
    let mut bench = Bench::new();
    bench.register(PEER, V1_2, LINKS);
    bench.events();
    let body = format!(r#"[{{"n":"/3/0/0","vs":"{}"}}]"#, "x".repeat(1200));
    let (first, rest) = body.as_bytes().split_at(1024);
    for (number, (part, more)) in [(first, true), (rest, false)].into_iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        let block = [number << 4 | u8::from(more) << 3 | 6];
        let format = Uint::new(110);
        let options = [
            (OptionNumber::URI_PATH, &b"dp"[..]),
            (OptionNumber::CONTENT_FORMAT, format.as_bytes()),
            (OptionNumber::BLOCK1, &block),
        ];
        let id = 0x4000 + u16::from(number);
        let confirmable = MessageType::Confirmable;
        bench.datagram(PEER, &message(confirmable, Code::POST, id, b"t", &options, part));
    }
    let events = bench.events();
    let [Event::Sent { id, .. }] = events[..] else { panic!("{events:?}") };
    assert_eq!(bench.engine().notification(id).unwrap().payload(), body.as_bytes());
    bench.pass(Duration::from_secs(300));
}
