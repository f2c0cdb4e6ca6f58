//! Operations on registered clients (Core 1.2 section 6.3), request by request and outcome by
//! outcome.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat, MessageType, OptionNumber};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{
    Body, Config, Event, Failure, Limits, Operation, RegistrationId, Server, UsageError, WriteMode,
};
use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Path, ResourceDefinition, Value,
};
use m2m_base::{Duration, Instant};
use server_common::{Ask, Bench, OTHER, PEER, config, message};

const V1_0: &str = "/rd?ep=a&lt=86400&lwm2m=1.0&b=U";
const V1_1: &str = "/rd?ep=a&lt=86400&lwm2m=1.1&b=U";
const QUEUE: &str = "/rd?ep=a&lt=86400&lwm2m=1.0&b=UQ";

fn registered(uri: &str) -> (Bench, RegistrationId, String) {
    registered_with(config(), uri, "</1/0>,</3/0>,</3303/0>")
}

fn registered_with(config: Config, uri: &str, links: &str) -> (Bench, RegistrationId, String) {
    let mut bench = Bench::with(config);
    let location = bench.register(PEER, uri, links);
    let id = bench.engine().find("a").unwrap();
    bench.events();
    (bench, id, location)
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn command(
    bench: &mut Bench,
    run: impl Fn(&mut Server, Instant) -> Result<lwm2m_core::server::OperationId, UsageError> + 'static,
) -> lwm2m_core::server::OperationId {
    bench.command(run).unwrap()
}

/// Each operation as a 1.0 client sees it: method, path, query, Content-Format, Accept, payload.
#[test]
fn transport_6_4_4_each_operation_on_the_wire() {
    use ContentFormat as F;
    type Run = fn(
        &mut Server,
        Instant,
        RegistrationId,
    ) -> Result<lwm2m_core::server::OperationId, UsageError>;
    struct Row {
        run: Run,
        method: Code,
        uri: &'static str,
        format: Option<F>,
        accept: Option<F>,
        payload: &'static [u8],
    }
    let row = |run: Run, method, uri, format, accept, payload| Row {
        run,
        method,
        uri,
        format,
        accept,
        payload,
    };
    const NONE: &[u8] = b"";
    let tlv = Some(F::LWM2M_TLV);
    let rows = [
        row(|s, t, r| s.read(t, r, Path::object(3)), Code::GET, "/3", None, tlv, NONE),
        row(|s, t, r| s.read(t, r, Path::resource(3, 0, 1)), Code::GET, "/3/0/1", None, tlv, NONE),
        row(
            |s, t, r| {
                let path = Path::resource_instance(3, 0, 6, 1);
                s.request(t, r, &Operation::Read { path, format: Some(F::TEXT) }, None)
            },
            Code::GET,
            "/3/0/6/1",
            None,
            Some(F::TEXT),
            NONE,
        ),
        row(
            |s, t, r| {
                let path = Path::resource(1, 0, 1);
                s.write(t, r, path, &[Item::value(path, Value::Integer(60))])
            },
            Code::PUT,
            "/1/0/1",
            tlv,
            None,
            b"\xc1\x01\x3c",
        ),
        row(
            |s, t, r| {
                let items = [
                    Item::value(Path::resource(1, 0, 1), Value::Integer(60)),
                    Item::value(Path::resource(1, 0, 6), Value::Boolean(true)),
                ];
                s.update(t, r, Path::instance(1, 0), &items)
            },
            Code::POST,
            "/1/0",
            tlv,
            None,
            b"\xc1\x01\x3c\xc1\x06\x01",
        ),
        row(
            |s, t, r| {
                let body = Body::Encoded { format: F::TEXT, payload: b"60" };
                let (path, mode) = (Path::resource(1, 0, 1), WriteMode::Replace);
                s.request(t, r, &Operation::Write { path, mode, body }, None)
            },
            Code::PUT,
            "/1/0/1",
            Some(F::TEXT),
            None,
            b"60",
        ),
        row(
            |s, t, r| {
                let path = Path::resource(1, 0, 1);
                let items = &[Item::value(path, Value::Integer(-7))];
                let body = Body::Items { format: Some(F::TEXT), items };
                s.request(t, r, &Operation::Write { path, mode: WriteMode::Replace, body }, None)
            },
            Code::PUT,
            "/1/0/1",
            Some(F::TEXT),
            None,
            b"-7",
        ),
        row(
            |s, t, r| s.execute(t, r, Path::resource(3, 0, 4), ""),
            Code::POST,
            "/3/0/4",
            None,
            None,
            NONE,
        ),
        row(
            |s, t, r| s.execute(t, r, Path::resource(3, 0, 4), "0='a b',1"),
            Code::POST,
            "/3/0/4",
            Some(F::TEXT),
            None,
            b"0='a b',1",
        ),
        row(
            |s, t, r| {
                let instance = Path::instance(3303, Path::UNASSIGNED);
                let item = Item::value(instance.child(5750).unwrap(), Value::string("x"));
                s.create(t, r, 3303, &[item])
            },
            Code::POST,
            "/3303",
            tlv,
            None,
            b"\xe1\x16\x76x",
        ),
        row(
            |s, t, r| {
                let item = Item::value(Path::resource(3303, 2, 5750), Value::string("x"));
                s.create(t, r, 3303, &[item])
            },
            Code::POST,
            "/3303",
            tlv,
            None,
            b"\x04\x02\xe1\x16\x76x",
        ),
        row(
            |s, t, r| s.delete(t, r, Path::instance(3303, 2)),
            Code::DELETE,
            "/3303/2",
            None,
            None,
            NONE,
        ),
        row(
            |s, t, r| s.discover(t, r, Path::object(3)),
            Code::GET,
            "/3",
            None,
            Some(F::LINK_FORMAT),
            NONE,
        ),
        row(
            |s, t, r| {
                let path = Path::instance(3, 0);
                s.request(t, r, &Operation::Discover { path, depth: Some(1) }, None)
            },
            Code::GET,
            "/3/0?depth=1",
            None,
            Some(F::LINK_FORMAT),
            NONE,
        ),
        row(
            |s, t, r| s.write_attributes(t, r, Path::resource(3303, 0, 5700), "pmin=1&gt=-1.5&st"),
            Code::PUT,
            "/3303/0/5700?pmin=1&gt=-1.5&st",
            None,
            None,
            NONE,
        ),
        row(
            |s, t, r| s.observe(t, r, Path::resource(3303, 0, 5700)),
            Code::GET,
            "/3303/0/5700",
            None,
            tlv,
            NONE,
        ),
    ];
    for links in ["</1/0>,</3/0>", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>"] {
        let (mut bench, id, _) = registered_with(config(), V1_0, links);
        let root = bench.engine().registration(id).unwrap().alternate_path().to_string();
        for row in &rows {
            let run = row.run;
            let operation = command(&mut bench, move |s, now| run(s, now, id));
            let request = bench.request(PEER);
            let query = request.query();
            let uri = match query.as_str() {
                "" => request.path(),
                query => format!("{}?{query}", request.path()),
            };
            assert_eq!(uri, format!("{root}{}", row.uri));
            assert_eq!(request.message_type, MessageType::Confirmable);
            assert_eq!((request.code, request.format()), (row.method, row.format), "{uri}");
            assert_eq!(request.accept(), row.accept, "{uri}");
            assert_eq!(request.payload, row.payload, "{uri}");
            bench.answer(PEER, &request, Code::UNAUTHORIZED, &[], b"");
            assert_eq!(bench.response(), (operation, Code::UNAUTHORIZED), "{uri}");
            assert!(bench.command(move |s, _| s.response(operation).is_some()));
            bench.command(move |s, _| s.release(operation));
            assert!(bench.command(move |s, _| s.response(operation).is_none()));
        }
        assert_eq!(bench.engine().observations(id).count(), 0);
        bench.finish();
    }
}

/// The text of an answer: every path with its value.
fn shown(server: &Server, operation: lwm2m_core::server::OperationId) -> String {
    let content = server.response(operation).unwrap();
    let mut text = String::new();
    for item in content.items().unwrap() {
        let Item { path, content, .. } = item.unwrap();
        let value = match content {
            ItemContent::Value(Value::String(t)) => t.chars().collect::<String>(),
            ItemContent::Value(Value::Integer(n)) => n.to_string(),
            ItemContent::Value(Value::Unsigned(n)) => format!("{n}u"),
            ItemContent::Value(Value::Time(n)) => format!("t{n}"),
            ItemContent::Value(Value::Float(f)) => format!("{f:?}"),
            ItemContent::Value(Value::Boolean(b)) => b.to_string(),
            ItemContent::Value(other) => format!("{other:?}"),
            ItemContent::Empty => "-".to_string(),
        };
        text.push_str(&format!("{path}={value} "));
    }
    text.trim_end().to_string()
}

#[test]
fn answers_are_typed_by_the_object_model() {
    static RESOURCES: [ResourceDefinition; 1] =
        [ResourceDefinition::new(7, Operations::RW, DataType::Unsigned)];
    let definition = ObjectDefinition {
        id: 32_769,
        version: ObjectVersion::new(1, 0),
        multiple: true,
        mandatory: false,
        resources: &RESOURCES,
    };
    let (mut bench, id, _) = registered(V1_0);
    bench.command(move |s, _| s.add_object(&definition)).unwrap();
    for (asked, format, body, expected) in [
        (
            "/3/0",
            Some(ContentFormat::LWM2M_TLV),
            &b"\xc3\x00abc\x86\x06\x41\x00\x01\x41\x01\x05\xc8\x0d\x08\0\0\0\0\x51\x82\x42\x8f"[..],
            "/3/0/0=abc /3/0/6/0=1 /3/0/6/1=5 /3/0/13=t1367491215",
        ),
        ("/3/0", None, b"\xc3\x00abc", "/3/0/0=abc"),
        ("/3/0/0", Some(ContentFormat::TEXT), b"abc", "/3/0/0=abc"),
        ("/3/0/9", None, b"100", "/3/0/9=100"),
        ("/3303/0/5700", Some(ContentFormat(1541)), b"-2.5", "/3303/0/5700=-2.5"),
        ("/3303/0", Some(ContentFormat(1542)), b"\xe4\x16\x44\x41\xa8\0\0", "/3303/0/5700=21.0"),
        ("/32769/0/7", Some(ContentFormat::LWM2M_TLV), b"\xc1\x07\xff", "/32769/0/7=255u"),
        // Nothing is known of this one, and this one is not what it should be.
        ("/32770/0/7", Some(ContentFormat::LWM2M_TLV), b"\xc3\x07abc", "/32770/0/7=abc"),
        ("/3/0/9", Some(ContentFormat::LWM2M_TLV), b"\xc3\x09abc", "/3/0/9=abc"),
        ("/3303", Some(ContentFormat::LWM2M_TLV), b"", ""),
    ] {
        let asked = path(asked);
        let operation = command(&mut bench, move |s, now| s.read(now, id, asked));
        let request = bench.request(PEER);
        match format {
            Some(format) => bench.content(PEER, &request, format, body),
            None => bench.answer(PEER, &request, Code::CONTENT, &[], body),
        }
        assert_eq!(bench.response(), (operation, Code::CONTENT));
        assert_eq!(bench.command(move |s, _| shown(s, operation)), expected, "{asked}");
        let content = bench.engine().response(operation).unwrap();
        assert_eq!((content.path(), content.registration(), content.payload()), (asked, id, body));
    }
    assert_eq!(bench.engine().resource_type(id, path("/32769/0/7")), Some(DataType::Unsigned));
    assert_eq!(bench.engine().definition(id, 3303).unwrap().id, 3303);
    bench.finish();
}

#[test]
fn an_answer_stays_until_it_is_released() {
    let (mut bench, id, _) = registered(V1_0);
    let operation = command(&mut bench, move |s, now| s.discover(now, id, Path::object(3)));
    let request = bench.request(PEER);
    let links = b"</3>;ver=1.1,</3/0>;pmin=10,</3/0/6>;dim=2";
    bench.content(PEER, &request, ContentFormat::LINK_FORMAT, links);
    bench.pass(Duration::from_secs(3600));
    let content = bench.engine().response(operation).unwrap();
    let found: Vec<_> = content.links().map(|l| l.unwrap()).collect();
    assert_eq!(found[2].target(), "/3/0/6");
    assert_eq!(found[1].get("pmin").unwrap().uint(), Some(10));
    bench.command(move |s, _| s.release(operation));
    assert!(bench.engine().response(operation).is_none());
    bench.finish();
}

#[test]
fn core_6_3_8_create_tells_where() {
    for (segments, created) in [
        (&["3303", "4"][..], Some("/3303/4")),
        (&["lwm2m", "3303", "4"], Some("/3303/4")),
        (&[], None),
    ] {
        let (mut bench, id, _) = registered(V1_0);
        let item = Item::empty(Path::instance(3303, 4));
        let operation = command(&mut bench, move |s, now| s.create(now, id, 3303, &[item]));
        let request = bench.request(PEER);
        let options: Vec<_> =
            segments.iter().map(|s| (OptionNumber::LOCATION_PATH, s.as_bytes())).collect();
        bench.answer(PEER, &request, Code::CREATED, &options, b"");
        assert_eq!(bench.response(), (operation, Code::CREATED));
        assert_eq!(bench.engine().response(operation).unwrap().created(), created.map(path));
        bench.finish();
    }
}

#[test]
fn operations_go_one_after_the_other() {
    let (mut bench, id, _) = registered(V1_0);
    let mut asked = Vec::new();
    for n in 0..5 {
        let path = Path::resource(3, 0, n);
        asked.push(command(&mut bench, move |s, now| s.read(now, id, path)));
    }
    for (n, operation) in asked.iter().enumerate() {
        let request = bench.request(PEER);
        assert_eq!(request.path(), format!("/3/0/{n}"));
        bench.answer(PEER, &request, Code::NOT_FOUND, &[], b"");
        assert_eq!(bench.response(), (*operation, Code::NOT_FOUND));
    }
    assert!(bench.is_silent());
    bench.finish();
}

#[test]
fn a_client_that_is_silent_is_given_up() {
    let (mut bench, id, _) = registered(V1_0);
    let one = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    let two = command(&mut bench, move |s, now| {
        let operation = Operation::Read { path: Path::object(1), format: None };
        s.request(now, id, &operation, Some(Duration::from_secs(20)))
    });
    bench.pass(Duration::from_secs(19));
    assert_eq!(bench.events(), []);
    bench.pass(Duration::from_secs(1));
    let failed = |id_, reason| Event::Failed { id: id_, registration: id, reason };
    assert_eq!(bench.events(), [failed(two, Failure::Unsent)]);
    bench.pass(Duration::from_secs(73));
    assert_eq!(bench.events(), [failed(one, Failure::TimedOut)]);
    let paths: Vec<_> = bench.sent.iter().map(|(_, m)| m.path()).collect();
    assert_eq!(paths, ["/3"; 5], "sent five times, and nothing else");
    bench.finish();
}

#[test]
fn a_deadline_ends_what_is_on_its_way() {
    let (mut bench, id, _) = registered(V1_0);
    let operation = command(&mut bench, move |s, now| {
        let operation = Operation::Read { path: Path::object(1), format: None };
        s.request(now, id, &operation, Some(Duration::from_secs(5)))
    });
    let request = bench.request(PEER);
    bench.pass(Duration::from_secs(5));
    let failed = Event::Failed { id: operation, registration: id, reason: Failure::TimedOut };
    assert_eq!(bench.events(), [failed]);
    bench.sent.clear();
    // The late answer finds nobody, and does not belong to the next one.
    bench.content(PEER, &request, ContentFormat::TEXT, b"late");
    let next = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    assert_ne!(next, operation);
    assert_eq!(bench.events(), []);
    bench.finish();
}

#[test]
fn a_reset_ends_an_operation() {
    let (mut bench, id, _) = registered(V1_0);
    let operation = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    let request = bench.request(PEER);
    bench.datagram(PEER, &message(MessageType::Reset, Code::EMPTY, request.id, &[], &[], b""));
    let failed = Event::Failed { id: operation, registration: id, reason: Failure::Reset };
    assert_eq!(bench.events(), [failed]);
    assert!(bench.command(move |s, now| s.abort(now, operation)).is_err());
    bench.finish();
}

#[test]
fn what_is_asked_ends_with_the_registration() {
    for how in 0..4 {
        let (mut bench, id, location) = registered("/rd?ep=a&lt=60&lwm2m=1.0");
        let mut asked = Vec::new();
        for n in 0..3 {
            let path = Path::resource(3, 0, n);
            asked.push(command(&mut bench, move |s, now| {
                let operation = Operation::Read { path, format: None };
                s.request(now, id, &operation, Some(Duration::from_secs(1000)))
            }));
        }
        match how {
            0 => assert_eq!(bench.ask(PEER, Ask::delete(&location)).code, Code::DELETED),
            1 => drop(bench.register(OTHER, V1_1, "</3/0>")),
            2 => bench.command(move |s, now| s.remove(now, id)).unwrap(),
            _ => bench.pass(Duration::from_secs(70)),
        }
        let events = bench.events();
        for (operation, event) in asked.iter().zip(&events) {
            let reason = Failure::RegistrationEnded;
            assert_eq!(*event, Event::Failed { id: *operation, registration: id, reason });
        }
        assert!(events.len() >= 4, "{events:?}");
        let again = bench.command(move |s, now| s.read(now, id, Path::object(3)));
        assert_eq!(again, Err(UsageError::UnknownId));
        bench.finish();
    }
}

#[test]
fn an_aborted_operation_is_over() {
    let (mut bench, id, _) = registered(V1_0);
    let one = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    let two = command(&mut bench, move |s, now| s.read(now, id, Path::object(1)));
    bench.request(PEER);
    bench.command(move |s, now| s.abort(now, one)).unwrap();
    let failed = Event::Failed { id: one, registration: id, reason: Failure::Aborted };
    assert_eq!(bench.events(), [failed]);
    let request = bench.request(PEER);
    assert_eq!(request.path(), "/1");
    bench.answer(PEER, &request, Code::NOT_FOUND, &[], b"");
    assert_eq!(bench.response(), (two, Code::NOT_FOUND));
    assert_eq!(bench.command(move |s, now| s.abort(now, two)), Err(UsageError::UnknownId));
    bench.finish();
}

#[test]
fn a_lost_session_ends_what_is_on_its_way() {
    let (mut bench, id, _) = registered(V1_0);
    let operation = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    bench.command(|s, now| s.forget_peer(now, PEER));
    let failed = Event::Failed { id: operation, registration: id, reason: Failure::PeerDown };
    assert_eq!(bench.events(), [failed]);
    assert!(bench.engine().registration(id).is_some());
    bench.finish();
}

/// 4.06: the client does not have the format that the server asked for.
#[test]
fn a_format_that_is_not_there_is_not_asked_for_again() {
    let (mut bench, id, _) = registered(V1_1);
    let operation = command(&mut bench, move |s, now| s.read(now, id, path("/3/0/1")));
    let request = bench.request(PEER);
    assert_eq!(request.accept(), Some(ContentFormat::SENML_CBOR));
    bench.answer(PEER, &request, Code::NOT_ACCEPTABLE, &[], b"");
    let request = bench.request(PEER);
    assert_eq!(request.accept(), None);
    bench.content(PEER, &request, ContentFormat::TEXT, b"model");
    assert_eq!(bench.response(), (operation, Code::CONTENT));
    assert_eq!(bench.command(move |s, _| shown(s, operation)), "/3/0/1=model");
    // A format that the caller names is the caller's.
    let operation = command(&mut bench, move |s, now| {
        let format = Some(ContentFormat::OCTET_STREAM);
        s.request(now, id, &Operation::Read { path: path("/3/0/1"), format }, None)
    });
    let request = bench.request(PEER);
    bench.answer(PEER, &request, Code::NOT_ACCEPTABLE, &[], b"");
    assert_eq!(bench.response(), (operation, Code::NOT_ACCEPTABLE));
    bench.finish();
}

/// 4.15: the client does not read the format that the server wrote.
#[test]
fn a_format_that_is_refused_is_replaced() {
    let (mut bench, id, _) = registered(V1_1);
    let target = path("/1/0/1");
    let operation = command(&mut bench, move |s, now| {
        s.write(now, id, target, &[Item::value(target, Value::Integer(300))])
    });
    let mut formats = Vec::new();
    loop {
        let request = bench.request(PEER);
        formats.push(request.format().unwrap());
        if request.format() == Some(ContentFormat::LWM2M_TLV) {
            assert_eq!(request.payload, b"\xc2\x01\x01\x2c");
            bench.answer(PEER, &request, Code::CHANGED, &[], b"");
            break;
        }
        bench.answer(PEER, &request, Code::UNSUPPORTED_CONTENT_FORMAT, &[], b"");
    }
    assert_eq!(bench.response(), (operation, Code::CHANGED));
    use ContentFormat as F;
    assert_eq!(formats, [F::SENML_CBOR, F::SENML_JSON, F::LWM2M_TLV]);
    // It is remembered.
    command(&mut bench, move |s, now| {
        s.write(now, id, target, &[Item::value(target, Value::Integer(300))])
    });
    assert_eq!(bench.request(PEER).format(), Some(F::LWM2M_TLV));
    bench.finish();
}

#[test]
fn commands_that_make_no_sense() {
    let (mut bench, id, _) = registered(V1_0);
    let stale = RegistrationId::from_bits(0xffff_0000_0001);
    let value = Value::Integer(1);
    type Run = fn(
        &mut Server,
        Instant,
        RegistrationId,
    ) -> Result<lwm2m_core::server::OperationId, UsageError>;
    let rows: [(Run, UsageError); 13] = [
        (|s, t, r| s.read(t, r, Path::ROOT), UsageError::Path),
        (|s, t, r| s.write(t, r, Path::object(3), &[]), UsageError::Path),
        (|s, t, r| s.update(t, r, Path::resource_instance(3, 0, 1, 2), &[]), UsageError::Path),
        (|s, t, r| s.execute(t, r, Path::instance(3, 0), ""), UsageError::Path),
        (|s, t, r| s.delete(t, r, Path::object(3)), UsageError::Path),
        (|s, t, r| s.delete(t, r, Path::resource(3, 0, 1)), UsageError::Path),
        (|s, t, r| s.discover(t, r, Path::resource_instance(3, 0, 1, 2)), UsageError::Path),
        (|s, t, r| s.execute(t, r, Path::resource(3, 0, 4), "\u{e9}"), UsageError::Syntax),
        (|s, t, r| s.write_attributes(t, r, Path::object(3), ""), UsageError::Syntax),
        (|s, t, r| s.write_attributes(t, r, Path::object(3), "pmin=1&&pmax=2"), UsageError::Syntax),
        (
            |s, t, r| s.write_attributes(t, r, Path::object(3), &"pmin=1&".repeat(100)[..699]),
            UsageError::TooLong,
        ),
        (
            |s, t, r| {
                let operation = Operation::Discover { path: Path::object(3), depth: Some(4) };
                s.request(t, r, &operation, None)
            },
            UsageError::Syntax,
        ),
        (
            |s, t, r| {
                let path = Path::instance(3, 0);
                let items = &[Item::value(Path::resource(3, 0, 1), Value::Integer(1))];
                let body = Body::Items { format: Some(ContentFormat::TEXT), items };
                s.request(t, r, &Operation::Write { path, mode: WriteMode::Replace, body }, None)
            },
            UsageError::Format,
        ),
    ];
    for (n, (run, error)) in rows.into_iter().enumerate() {
        assert_eq!(bench.command(move |s, now| run(s, now, id)), Err(error), "row {n}");
    }
    let item = Item::value(Path::resource(1, 0, 1), value);
    let unknown = Err(UsageError::UnknownId);
    assert_eq!(bench.command(move |s, now| s.read(now, stale, Path::object(3))), unknown);
    assert_eq!(bench.command(move |s, now| s.write(now, stale, item.path, &[item])), unknown);
    assert!(bench.is_silent() && bench.events().is_empty());
    bench.finish();
}

#[test]
fn a_full_table_of_operations_is_a_usage_error() {
    let limits = Limits { operations: 3, ..Limits::SMALL };
    let (mut bench, id, _) = registered_with(Config { limits, ..config() }, V1_0, "</3/0>");
    let read = move |s: &mut Server, now| s.read(now, id, Path::object(3));
    let first = bench.command(read).unwrap();
    bench.command(read).unwrap();
    bench.command(read).unwrap();
    assert_eq!(bench.command(read), Err(UsageError::Full));
    let request = bench.request(PEER);
    bench.answer(PEER, &request, Code::NOT_FOUND, &[], b"");
    assert_eq!(bench.command(read), Err(UsageError::Full), "answered and not released");
    bench.command(move |s, _| s.release(first));
    bench.command(read).unwrap();
    bench.finish();
}

#[test]
fn queue_mode_waits_for_the_client_to_wake_up() {
    let (mut bench, id, location) = registered(QUEUE);
    bench.pass(Duration::from_secs(94));
    let read = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    let write = command(&mut bench, move |s, now| {
        let item = Item::value(path("/1/0/1"), Value::Integer(1));
        s.write(now, id, item.path, &[item])
    });
    assert!(bench.is_silent());
    bench.pass(Duration::from_secs(7200));
    assert!(bench.is_silent());
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    let request = bench.request(PEER);
    assert_eq!(request.path(), "/3");
    bench.content(PEER, &request, ContentFormat::LWM2M_TLV, b"");
    assert_eq!(bench.response(), (read, Code::CONTENT));
    let request = bench.request(PEER);
    bench.answer(PEER, &request, Code::CHANGED, &[], b"");
    assert_eq!(bench.response(), (write, Code::CHANGED));
    // While it listens, nothing waits.
    bench.pass(Duration::from_secs(90));
    command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    assert_eq!(bench.request(PEER).path(), "/3");
    bench.finish();
}

/// A client that fell asleep early: what can be asked twice waits, what cannot fails.
#[test]
fn queue_mode_with_a_client_that_does_not_answer() {
    let (mut bench, id, location) = registered(QUEUE);
    let read = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    bench.pass(Duration::from_secs(93));
    assert_eq!(bench.events(), []);
    bench.sent.clear();
    let execute = command(&mut bench, move |s, now| s.execute(now, id, path("/3/0/4"), ""));
    assert!(bench.is_silent(), "it sleeps");
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    let request = bench.request(PEER);
    assert_eq!(request.path(), "/3");
    bench.content(PEER, &request, ContentFormat::LWM2M_TLV, b"");
    assert_eq!(bench.response(), (read, Code::CONTENT));
    assert_eq!(bench.request(PEER).path(), "/3/0/4");
    bench.pass(Duration::from_secs(93));
    let failed = Event::Failed { id: execute, registration: id, reason: Failure::TimedOut };
    assert_eq!(bench.events(), [failed]);
    bench.sent.clear();
    let never = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    bench.pass(Duration::from_secs(86_400));
    let unsent = Event::Failed { id: never, registration: id, reason: Failure::RegistrationEnded };
    assert!(bench.events().contains(&unsent));
    bench.finish();
}

/// Core 1.2 section 6.5: who does not answer sleeps, even before its time to listen is over.
#[test]
fn queue_mode_with_a_client_that_falls_asleep_early() {
    let config = Config { awake: Duration::from_secs(1000), ..config() };
    let (mut bench, id, location) = registered_with(config, QUEUE, "</3/0>");
    command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    bench.pass(Duration::from_secs(93));
    assert_eq!(bench.events(), []);
    bench.sent.clear();
    command(&mut bench, move |s, now| s.read(now, id, Path::object(1)));
    bench.pass(Duration::from_secs(500));
    assert!(bench.is_silent());
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    assert_eq!(bench.request(PEER).path(), "/3");
    bench.finish();
}

/// The client moved while it was asked: what may be asked twice is asked again where it is now.
#[test]
fn an_address_change_takes_operations_along() {
    let (mut bench, id, location) = registered(V1_0);
    let read = command(&mut bench, move |s, now| s.read(now, id, Path::object(3)));
    bench.request(PEER);
    assert_eq!(bench.ask(OTHER, Ask::post(&location, "")).code, Code::CHANGED);
    let request = bench.request(OTHER);
    bench.content(OTHER, &request, ContentFormat::LWM2M_TLV, b"");
    assert_eq!(bench.response(), (read, Code::CONTENT));
    bench.finish();
}
