//! The bootstrap interface (Core 1.2 section 6.1) from the server's side, message by message.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod bootstrap_common;

use bootstrap_common::{Ask, Bench, PEER, config};
use coap_core::{Code, ContentFormat};
use lwm2m_core::bootstrap_server::{
    Account, Body, Config, Configuration, Event, Failure, Limits, Operation, OperationKind,
    Outcome, Rule, Security, Step, UsageError, bootstrap_account,
};
use lwm2m_core::format::{Item, ItemContent, Reader};
use lwm2m_core::{Path, Registry, Value, Version};
use m2m_base::{Duration, Engine as _, PeerId};
use std::collections::BTreeMap;

const CHANGED: Code = Code::CHANGED;
/// Another address than `PEER`.
const OTHER: PeerId = PeerId(0x0a00_0002_1633);
const ROOT: Path = Path::ROOT;

fn account() -> Account<'static> {
    Account::new("coaps://lwm2m.example", Security::psk(b"dev", b"secret key"), 101)
}

/// Deletes all and writes one account, under the instances 0.
fn one_account() -> &'static [Step<'static>] {
    let security = Vec::leak(account().security(0));
    let server = Vec::leak(account().server(0));
    Vec::leak(vec![
        Step::delete(ROOT),
        Step::write(Path::instance(0, 0), security),
        Step::write(Path::instance(1, 0), server),
    ])
}

/// Values of a payload as text, in the types of the standard's objects.
fn values(format: ContentFormat, at: Path, payload: &[u8]) -> BTreeMap<String, String> {
    let typed = |path: Path| {
        let object = Registry::standard().object(path.object_id()?)?;
        Some(object.resource(path.resource_id()?)?.data_type)
    };
    let entries = Reader::new(format, at, payload).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let value = entry.content.value().unwrap().decode(typed(entry.path).unwrap()).unwrap();
        let text = match value {
            Value::String(text) => text.copy_to(&mut [0; 64]).unwrap().to_owned(),
            Value::Integer(n) => n.to_string(),
            Value::Boolean(b) => b.to_string(),
            Value::Opaque(data) => {
                let mut bytes = Vec::new();
                data.write(&mut bytes).unwrap();
                String::from_utf8(bytes).unwrap()
            }
            other => format!("{other:?}"),
        };
        (entry.path.to_string(), text)
    });
    entries.collect()
}

// ---- the way it goes ---------------------------------------------------------------------------

/// Request, Discover, Delete, Write, Finish, in the client's format. The account of the bootstrap
/// server is instance 0 at the client, so the new one becomes instance 1.
#[test]
fn oma_int_0_client_initiated_bootstrap() {
    for (pct, format) in [
        ("", ContentFormat::LWM2M_TLV),
        ("&pct=112", ContentFormat::SENML_CBOR),
        ("&pct=110", ContentFormat::SENML_JSON),
        ("&pct=11544", ContentFormat::LWM2M_CBOR),
        ("&pct=11542", ContentFormat::LWM2M_TLV),
    ] {
        let mut bench = Bench::new();
        bench.set(Rule::Endpoint("a"), one_account());
        assert_eq!(bench.ask(PEER, &format!("/bs?ep=a{pct}")), CHANGED);
        let id = bench.find("a");
        bench.discovered(PEER, "</>;lwm2m=1.1,</0/0>,</1>,</3/0>");
        let session = bench.engine().session(id).unwrap();
        assert_eq!((session.version(), session.account()), (Some(Version::V1_1), Some(0)));
        bench.step(PEER, "0.04 DELETE /", Code::DELETED);
        let write = bench.step(PEER, "0.03 PUT /0/1", CHANGED);
        assert_eq!(write.format(), Some(format), "{pct}");
        let security = values(format, Path::instance(0, 1), &write.payload);
        let expected = [
            ("/0/1/0", "coaps://lwm2m.example"),
            ("/0/1/1", "false"),
            ("/0/1/10", "101"),
            ("/0/1/2", "0"),
            ("/0/1/3", "dev"),
            ("/0/1/4", ""),
            ("/0/1/5", "secret key"),
        ];
        assert_eq!(security, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let write = bench.step(PEER, "0.03 PUT /1/0", CHANGED);
        let server = values(format, Path::instance(1, 0), &write.payload);
        let expected =
            [("/1/0/0", "101"), ("/1/0/1", "86400"), ("/1/0/6", "true"), ("/1/0/7", "U")];
        assert_eq!(server, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let finish = bench.step(PEER, "0.02 POST /bs", CHANGED);
        assert!(finish.payload.is_empty() && finish.query().is_empty());
        let events = bench.events();
        assert_eq!(events[0], Event::Started { id });
        assert_eq!(events.last(), Some(&Event::Ended { id, outcome: Outcome::Finished }));
        let answered: Vec<_> = events
            .iter()
            .filter_map(|e| match e {
                Event::Answered { step, operation, code, .. } => {
                    Some((*step, operation.name(), *code))
                }
                _ => None,
            })
            .collect();
        let expected = [
            (0, "discover", Code::CONTENT),
            (1, "delete", Code::DELETED),
            (2, "write", CHANGED),
            (3, "write", CHANGED),
            (4, "finish", CHANGED),
        ];
        assert_eq!(answered, expected);
        assert!(bench.engine().session(id).is_none() && bench.is_silent());
        assert_eq!((bench.engine().counters().started, bench.engine().counters().finished), (1, 1));
        bench.finish();
    }
}

/// What is known at which instance decides where accounts go.
#[test]
fn core_6_1_accounts_are_written_beside_or_over_the_bootstrap_account() {
    let uri = "coap://bs.example";
    let own = |instance| {
        Vec::leak(bootstrap_account(uri, &Security::NONE, instance, Some(1), None)).to_vec()
    };
    let both = |bootstrap, server| {
        let items = Vec::leak([own(bootstrap), account().security(server)].concat());
        &*Vec::leak(vec![Step::write(Path::object(0), items)])
    };
    let only = |server| {
        let items = Vec::leak(account().security(server));
        &*Vec::leak(vec![Step::write(Path::object(0), items)])
    };
    for (steps, links, bootstrap, server) in [
        // Where nothing is in the way, nothing moves.
        (only(3), "</0/0>", None, 3),
        (only(3), "</0/3>;ssid=1,</0/0>", None, 3),
        (only(3), "</0/3>", None, 0),
        (only(0), "</0/0>", None, 1),
        (only(1), "</1/0>", None, 1),
        // The bootstrap account takes the place of the one that is there.
        (both(0, 1), "</0/0>", Some(0), 1),
        (both(0, 1), "</0/1>", Some(1), 0),
        (both(5, 6), "</0/9>", Some(9), 6),
        (both(5, 6), "</0/6>", Some(6), 5),
    ] {
        let mut bench = Bench::new();
        bench.set(Rule::Pattern("*"), steps);
        assert_eq!(bench.ask(PEER, "/bs?ep=a&pct=110"), CHANGED);
        bench.discovered(PEER, &format!("</>;lwm2m=1.1,{links}"));
        let write = bench.step(PEER, "0.03 PUT /0", CHANGED);
        let got = values(ContentFormat::SENML_JSON, Path::object(0), &write.payload);
        let at = |value: &str| -> Option<u16> {
            let (path, _) = got.iter().find(|(p, v)| p.ends_with("/0") && *v == value)?;
            Path::parse(path).unwrap().instance_id()
        };
        assert_eq!((at(uri), at("coaps://lwm2m.example")), (bootstrap, Some(server)), "{links}");
    }
    // One that cannot be asked gets the numbers as they are, also in the legacy form.
    for links in [None, Some("lwm2m=1.0,</0/1>,</0/2>;ssid=1")] {
        let mut bench = Bench::new();
        bench.set(Rule::Pattern("*"), only(1));
        assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
        let moved = match links {
            None => {
                bench.step(PEER, "0.01 GET /", Code::METHOD_NOT_ALLOWED);
                false
            }
            Some(links) => {
                bench.discovered(PEER, links);
                let session = bench.engine().session(bench.find("a")).unwrap();
                assert_eq!(session.version(), Some(Version::V1_0));
                true
            }
        };
        let write = bench.request(PEER);
        let got = values(ContentFormat::LWM2M_TLV, Path::object(0), &write.payload);
        assert_eq!(got.contains_key("/0/1/0"), !moved, "{got:?}");
    }
}

/// The client may refuse a format; the server tries another one, and starts with it next time.
#[test]
fn core_6_1_other_formats_after_4_15() {
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    bench.step(PEER, "0.01 GET /", Code::NOT_FOUND);
    bench.step(PEER, "0.04 DELETE /", Code::DELETED);
    let refused = Code::UNSUPPORTED_CONTENT_FORMAT;
    let mut formats = Vec::new();
    for _ in 0..2 {
        formats.push(bench.step(PEER, "0.03 PUT /0/0", refused).format().unwrap());
    }
    formats.push(bench.step(PEER, "0.03 PUT /0/0", CHANGED).format().unwrap());
    formats.push(bench.step(PEER, "0.03 PUT /1/0", CHANGED).format().unwrap());
    let expected = [
        ContentFormat::LWM2M_TLV,
        ContentFormat::SENML_CBOR,
        ContentFormat::LWM2M_CBOR,
        ContentFormat::LWM2M_CBOR,
    ];
    assert_eq!(formats, expected);
    bench.step(PEER, "0.02 POST /bs", CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Finished]);
    // One that takes none.
    assert_eq!(bench.ask(PEER, "/bs?ep=a&pct=110"), CHANGED);
    bench.step(PEER, "0.01 GET /", Code::NOT_FOUND);
    bench.step(PEER, "0.04 DELETE /", Code::DELETED);
    for _ in 0..4 {
        bench.step(PEER, "0.03 PUT /0/0", refused);
    }
    let expected = Outcome::Failed {
        step: 2,
        operation: OperationKind::Write,
        path: Path::instance(0, 0),
        reason: Failure::Refused(refused),
    };
    assert_eq!(bench.outcomes(), [expected]);
    bench.finish();
}

/// Each step's refusal ends the session there, with its code; one that may be refused does not.
#[test]
fn core_6_1_a_refusal_ends_the_session_at_its_step() {
    let answers = [
        (OperationKind::Delete, ROOT, Code::BAD_REQUEST),
        (OperationKind::Write, Path::instance(0, 0), Code::BAD_REQUEST),
        (OperationKind::Write, Path::instance(1, 0), Code::INTERNAL_SERVER_ERROR),
        // ETS 9: the client finds it inconsistent.
        (OperationKind::Finish, ROOT, Code::NOT_ACCEPTABLE),
    ];
    for (failing, (operation, path, code)) in (0u16..).zip(answers) {
        let mut bench = Bench::new();
        bench.set(Rule::Pattern("*"), one_account());
        assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
        bench.step(PEER, "0.01 GET /", Code::NOT_FOUND);
        for _ in 0..failing {
            let request = bench.request(PEER);
            bench.answer(PEER, &request, CHANGED);
        }
        let request = bench.request(PEER);
        bench.answer(PEER, &request, code);
        let reason = Failure::Refused(code);
        let step = failing + 1;
        assert_eq!(bench.outcomes(), [Outcome::Failed { step, operation, path, reason }]);
        assert!(bench.is_silent());
        bench.pass(Duration::from_secs(1000));
        assert!(bench.is_silent() && bench.events().is_empty());
        bench.finish();
    }
}

/// ETS 8 and 9: the application goes step by step, reads, mends what Finish refuses.
#[test]
fn oma_int_8_steps_by_the_application() {
    let mut bench = Bench::with(Config { ask: true, ..config() });
    bench.next_asked();
    let Event::Requested { id } = bench.events()[0] else { panic!() };
    assert!(bench.sent.is_empty(), "no answer yet");
    let open = Configuration { place_accounts: false, finish: false, ..Configuration::new(&[]) };
    bench.command(move |s, now| s.accept(now, id, &open)).unwrap();
    let answer = bench.sent.remove(0).1;
    assert_eq!(answer.code, CHANGED);
    assert_eq!(bench.events(), [Event::Started { id }]);
    assert!(bench.engine().session(id).unwrap().is_idle() && bench.is_silent());
    let read = Operation::Read { path: Path::object(1), format: Some(ContentFormat::SENML_JSON) };
    bench.command(move |s, now| s.push(now, id, &Step::new(read))).unwrap();
    let request = bench.request(PEER);
    assert_eq!((request.code, request.path().as_str()), (Code::GET, "/1"));
    assert_eq!(request.accept(), Some(ContentFormat::SENML_JSON));
    let body = br#"[{"bn":"/1/0/","n":"0","v":101},{"n":"7","vs":"U"}]"#;
    bench.content(PEER, &request, ContentFormat::SENML_JSON, body);
    let path = Path::object(1);
    let (operation, code) = (OperationKind::Read, Code::CONTENT);
    assert_eq!(bench.events(), [Event::Answered { id, step: 0, operation, path, code }]);
    let answer = bench.engine().answer(id, 0).unwrap();
    assert_eq!(answer.payload(), body);
    let items: Vec<Item<'_>> = answer.items().unwrap().map(Result::unwrap).collect();
    assert_eq!(items[0], Item::value(Path::resource(1, 0, 0), Value::Integer(101)));
    assert_eq!(items[1].path, Path::resource(1, 0, 7));
    // Finish is refused, something is written, then it is confirmed.
    bench.command(move |s, now| s.push(now, id, &Step::optional(Operation::Finish))).unwrap();
    bench.step(PEER, "0.02 POST /bs", Code::NOT_ACCEPTABLE);
    assert!(bench.outcomes().is_empty());
    bench
        .command(move |s, now| {
            let items = [Item::value(Path::resource(1, 0, 1), Value::Integer(60))];
            s.push(now, id, &Step::write(Path::resource(1, 0, 1), &items))?;
            s.push(now, id, &Step::new(Operation::Finish))
        })
        .unwrap();
    let write = bench.step(PEER, "0.03 PUT /1/0/1", CHANGED);
    assert_eq!(
        (write.format(), write.payload),
        (Some(ContentFormat::LWM2M_TLV), b"\xc1\x01\x3c".into())
    );
    bench.step(PEER, "0.02 POST /bs", CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Finished]);
    assert!(bench.engine().answer(id, 0).is_none());
    bench.finish();
}

/// Without a request, and without knowing anything of the client.
#[test]
fn core_1_0_5_2_3_server_initiated_bootstrap() {
    let mut bench = Bench::new();
    let steps = one_account();
    let id = bench
        .command(move |s, now| {
            let plain = Configuration { place_accounts: false, ..Configuration::new(steps) };
            s.start(now, PEER, "a", &plain)
        })
        .unwrap();
    bench.step(PEER, "0.04 DELETE /", Code::DELETED);
    let write = bench.step(PEER, "0.03 PUT /0/0", CHANGED);
    assert_eq!(write.format(), Some(ContentFormat::LWM2M_TLV));
    bench.step(PEER, "0.03 PUT /1/0", CHANGED);
    bench.step(PEER, "0.02 POST /bs", CHANGED);
    assert_eq!(bench.events().last(), Some(&Event::Ended { id, outcome: Outcome::Finished }));
    bench.finish();
}

// ---- packs -------------------------------------------------------------------------------------

/// ETS 12: all in one answer, in the format that is asked for.
#[test]
fn oma_int_12_bootstrap_pack() {
    for (accept, format) in [
        (None, ContentFormat::LWM2M_CBOR),
        (Some(ContentFormat::LWM2M_CBOR), ContentFormat::LWM2M_CBOR),
        (Some(ContentFormat::SENML_CBOR), ContentFormat::SENML_CBOR),
        (Some(ContentFormat::SENML_JSON), ContentFormat::SENML_JSON),
    ] {
        let mut bench = Bench::new();
        bench.set(Rule::Pattern("*"), one_account());
        let answer = bench.pack(PEER, "/bspack?ep=a&acc=</0/0>,</21/0>", accept);
        assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(format)), "{accept:?}");
        let got = values(format, ROOT, &answer.payload);
        assert_eq!(got.len(), 11);
        assert_eq!(got["/0/1/0"], "coaps://lwm2m.example");
        assert_eq!(got["/1/0/1"], "86400");
        let events = bench.events();
        assert!(matches!(
            events[..],
            [Event::Started { .. }, Event::Ended { outcome: Outcome::Packed, .. }]
        ));
        assert!(bench.is_silent());
        assert_eq!(bench.engine().counters().packed, 1);
        bench.finish();
    }
    // Written twice: the last counts.
    let mut bench = Bench::new();
    let at = Path::resource(1, 0, 1);
    let two: Vec<_> = [60, 70].map(|n| Vec::leak(vec![Item::value(at, Value::Integer(n))])).into();
    let steps = Vec::leak(two.into_iter().map(|i| Step::write(at, i)).collect());
    bench.set(Rule::Pattern("*"), steps);
    let answer = bench.pack(PEER, "/bspack?ep=a", Some(ContentFormat::SENML_JSON));
    assert_eq!(answer.payload, br#"[{"n":"/1/0/1","v":70}]"#);
}

#[test]
fn core_6_1_6_8_refused_packs() {
    let read = Step::new(Operation::Read { path: Path::object(1), format: None });
    let reads = &*Vec::leak(vec![read]);
    let mut bench = Bench::new();
    bench.set(Rule::Endpoint("reads"), reads);
    bench.set(Rule::Endpoint("a"), one_account());
    let steps = one_account();
    bench
        .command(move |s, _| {
            let plain = Configuration { pack: false, ..Configuration::new(steps) };
            s.set_configuration(Rule::Endpoint("steps"), &plain)
        })
        .unwrap();
    let tlv = Some(ContentFormat::LWM2M_TLV);
    for (uri, accept, code) in [
        ("/bspack?ep=reads", None, Code::METHOD_NOT_ALLOWED),
        ("/bspack?ep=steps", None, Code::METHOD_NOT_ALLOWED),
        ("/bspack?ep=a", tlv, Code::NOT_ACCEPTABLE),
        ("/bspack?ep=unknown", None, Code::BAD_REQUEST),
        ("/bspack", None, Code::BAD_REQUEST),
    ] {
        assert_eq!(bench.pack(PEER, uri, accept).code, code, "{uri}");
    }
    assert!(bench.events().is_empty());
    // It goes by steps then.
    assert_eq!(bench.ask(PEER, "/bs?ep=steps&pct=112"), CHANGED);
    bench.finish();
}

// ---- who and what ------------------------------------------------------------------------------

#[test]
fn core_6_1_refusals() {
    let long = format!("/bs?ep={}", "x".repeat(252));
    for (uri, code) in [
        ("/bs", Code::BAD_REQUEST),
        ("/bs?ep", Code::BAD_REQUEST),
        ("/bs?ep=", Code::BAD_REQUEST),
        ("/bs?ep=a&ep=a", Code::BAD_REQUEST),
        ("/bs?ep=b", Code::BAD_REQUEST),
        ("/bs?pct=112", Code::BAD_REQUEST),
        ("/bs?ep=a&pct", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=x", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=+112", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=65536", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=112&pct=112", Code::BAD_REQUEST),
        ("/bs?ep=a&pct=0", Code::UNSUPPORTED_CONTENT_FORMAT),
        ("/bs?ep=a&pct=60", Code::UNSUPPORTED_CONTENT_FORMAT),
        ("/bs?ep=a&pct=11543", Code::UNSUPPORTED_CONTENT_FORMAT),
        (long.as_str(), Code::BAD_REQUEST),
        ("/rd?ep=a", Code::NOT_FOUND),
        ("/bs/x?ep=a", Code::NOT_FOUND),
        ("/?ep=a", Code::NOT_FOUND),
        ("/bspack?ep=a", Code::METHOD_NOT_ALLOWED),
    ] {
        let mut bench = Bench::new();
        bench.set(Rule::Endpoint("a"), one_account());
        assert_eq!(bench.ask(PEER, uri), code, "{uri}");
        assert!(bench.events().is_empty() && bench.is_silent(), "{uri}");
        assert_eq!(bench.engine().counters().refused, 1);
        bench.finish();
    }
    let mut bench = Bench::new();
    bench.set(Rule::Endpoint("a"), one_account());
    for method in [Code::GET, Code::PUT, Code::DELETE] {
        let ask = Ask { method, ..Ask::post("/bs?ep=a", "") };
        assert_eq!(bench.answer_to(PEER, ask).code, Code::METHOD_NOT_ALLOWED, "{method}");
    }
    // What is not of the standard does no harm.
    assert_eq!(bench.ask(PEER, "/bs?x=1&ep=a&lwm2m=1.1&y"), CHANGED);
}

/// A peer that a security session names is bootstrapped under that name, and nobody else is given
/// its keys or ends its session.
#[test]
fn core_6_1_a_client_is_who_its_security_session_says() {
    let mut bench = Bench::new();
    let steps = one_account();
    bench
        .command(move |s, _| {
            let secret = Configuration { identified: true, ..Configuration::new(steps) };
            s.set_configuration(Rule::Pattern("*"), &secret)
        })
        .unwrap();
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), Code::BAD_REQUEST);
    bench.command(|s, _| s.identify(PEER, Some("a"))).unwrap();
    assert_eq!(bench.ask(PEER, "/bs?ep=b"), Code::BAD_REQUEST);
    assert!(bench.events().is_empty());
    assert_eq!(bench.ask(PEER, "/bs"), CHANGED);
    let id = bench.find("a");
    assert!(bench.engine().session(id).unwrap().is_identified());
    assert_eq!(bench.ask(OTHER, "/bs?ep=a"), Code::BAD_REQUEST);
    assert_eq!(bench.find("a"), id);
    // The same client from another address, by its keys.
    bench.command(|s, _| s.identify(OTHER, Some("a"))).unwrap();
    bench.events();
    bench.sent.clear();
    assert_eq!(bench.ask(OTHER, "/bs?ep=a"), CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Replaced]);
    assert_eq!(bench.engine().session(bench.find("a")).unwrap().peer(), OTHER);
    // Its session is gone.
    bench.command(|s, now| s.forget_peer(now, OTHER));
    let reason = Failure::PeerDown;
    let operation = OperationKind::Discover;
    assert_eq!(bench.outcomes(), [Outcome::Failed { step: 0, operation, path: ROOT, reason }]);
    assert_eq!(bench.ask(OTHER, "/bs?ep=a"), Code::BAD_REQUEST);
    for (name, error) in [("", UsageError::Syntax), (&"x".repeat(256), UsageError::Syntax)] {
        let name = name.to_owned();
        assert_eq!(bench.command(move |s, _| s.identify(PEER, Some(&name))), Err(error));
    }
    bench.finish();
}

#[test]
fn the_application_answers_for_endpoints_without_a_rule() {
    let asking = Config { ask: true, ..config() };
    // No.
    let mut bench = Bench::with(asking);
    bench.next_asked();
    let Event::Requested { id } = bench.events()[0] else { panic!() };
    assert_eq!(bench.engine().session(id).unwrap().endpoint(), "stranger");
    let code = Code::NOT_FOUND;
    assert_eq!(bench.command(move |s, now| s.refuse(now, id, CHANGED)), Err(UsageError::Syntax));
    bench.command(move |s, now| s.refuse(now, id, code)).unwrap();
    assert_eq!(bench.sent.remove(0).1.code, code);
    assert_eq!(bench.outcomes(), [Outcome::Denied]);
    let again = bench.command(move |s, now| s.refuse(now, id, code));
    assert_eq!(again, Err(UsageError::UnknownId));
    // Nothing at all.
    bench.next_asked();
    bench.events();
    bench.pass(Duration::from_secs(100));
    let answers: Vec<_> = bench.sent.iter().map(|(_, m)| m.code).collect();
    assert!(answers.contains(&Code::SERVICE_UNAVAILABLE), "{answers:?}");
    let (operation, reason) = (OperationKind::Request, Failure::TimedOut);
    assert_eq!(bench.outcomes(), [Outcome::Failed { step: 0, operation, path: ROOT, reason }]);
    bench.finish();
    // A pack, for one that may not have one, and for one that may.
    for (pack, code) in [(false, Code::METHOD_NOT_ALLOWED), (true, Code::CONTENT)] {
        let mut bench = Bench::with(asking);
        let ask = Ask { method: Code::GET, ..Ask::post("/bspack?ep=a", "") };
        bench.datagram(PEER, &ask.datagram(9, &[1]));
        let Event::Requested { id } = bench.events()[0] else { panic!() };
        let steps = one_account();
        bench
            .command(move |s, now| {
                s.accept(now, id, &Configuration { pack, ..Configuration::new(steps) })
            })
            .unwrap();
        assert_eq!(bench.sent[0].1.code, code);
        bench.finish();
    }
}

#[test]
fn configurations_that_make_no_sense_are_told_at_once() {
    let item = [Item::value(Path::resource(1, 0, 1), Value::Integer(1))];
    let tree = [Item {
        path: Path::instance(1, 0),
        content: ItemContent::Value(Value::Integer(1)),
        time: None,
    }];
    let none = [Item::value(Path::resource(1, 0, 8), Value::None)];
    let encoded = Body::Encoded { format: ContentFormat::LWM2M_TLV, payload: b"" };
    let path = Path::resource_instance(1, 0, 1, 0);
    for (step, error) in [
        (Step::write(ROOT, &item), UsageError::Path),
        (Step::write(Path::instance(1, 1), &item), UsageError::Path),
        (Step::write(Path::instance(1, 0), &tree), UsageError::Path),
        (Step::write(Path::instance(1, 0), &none), UsageError::Format),
        (Step::new(Operation::Write { path, body: encoded }), UsageError::Path),
        (Step::new(Operation::Discover { path: Path::instance(1, 0) }), UsageError::Path),
        (Step::new(Operation::Read { path: ROOT, format: None }), UsageError::Path),
        (Step::delete(Path::resource(1, 0, 1)), UsageError::Path),
    ] {
        let mut server = bootstrap_common::new_server(&config());
        let steps = [step];
        let configuration = Configuration::new(&steps);
        assert_eq!(server.set_configuration(Rule::Pattern("*"), &configuration), Err(error));
        assert_eq!(server.configuration_count(), 0);
    }
    let mut server = bootstrap_common::new_server(&config());
    let nothing = Configuration::new(&[]);
    for name in [String::new(), "x".repeat(256)] {
        let set = server.set_configuration(Rule::Endpoint(&name), &nothing);
        assert_eq!(set, Err(UsageError::Syntax));
    }
    // Keys are not shown to those who debug.
    let steps = one_account();
    server.set_configuration(Rule::Pattern("*"), &Configuration::new(steps)).unwrap();
    let shown = format!("{server:?} {:?}", account());
    assert!(shown.contains("write /0/0") && shown.contains("PreSharedKey"), "{shown}");
    for key in ["secret key", &format!("{:?}", b"secret key").replace(['[', ']'], "")] {
        assert!(!shown.contains(key), "{shown}");
    }
}

// ---- faults and floods -------------------------------------------------------------------------

/// The same datagram twice, a new request of the same client, one from another address.
#[test]
fn requests_twice_late_and_from_another_address() {
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    let datagram = Ask::post("/bs?ep=a", "").datagram(7, &[1]);
    bench.datagram(PEER, &datagram);
    let id = bench.find("a");
    bench.datagram(PEER, &datagram);
    assert_eq!(bench.find("a"), id);
    let answers = bench.sent.iter().filter(|(_, m)| m.code == CHANGED).count();
    assert_eq!(answers, 2, "the same answer again");
    bench.sent.retain(|(_, m)| m.code.is_request());
    let first = bench.request(PEER);
    // It came up anew.
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Replaced]);
    let second = bench.request(PEER);
    // An answer to the old session is nobody's.
    bench.answer(PEER, &first, Code::CONTENT);
    assert!(bench.is_silent() && bench.events().is_empty());
    // Under another address, and the old one answers all the same.
    assert_eq!(bench.ask(OTHER, "/bs?ep=a"), CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Replaced]);
    bench.answer(PEER, &second, Code::NOT_FOUND);
    bench.step(OTHER, "0.01 GET /", Code::NOT_FOUND);
    bench.step(OTHER, "0.04 DELETE /", Code::DELETED);
    // One address, another name: a peer has one session.
    assert_eq!(bench.ask(OTHER, "/bs?ep=b"), CHANGED);
    assert_eq!(bench.outcomes(), [Outcome::Replaced]);
    assert_eq!(bench.engine().sessions().count(), 1);
    bench.finish();
}

#[test]
fn sessions_end_by_silence_reset_and_in_the_end_by_time() {
    let failed =
        |step, operation, path, reason| [Outcome::Failed { step, operation, path, reason }];
    // The client says nothing more.
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    bench.step(PEER, "0.01 GET /", Code::NOT_FOUND);
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.outcomes(), failed(1, OperationKind::Delete, ROOT, Failure::TimedOut));
    bench.finish();
    // It acknowledges and never answers.
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    let request = bench.request(PEER);
    let ack = coap_core::MessageType::Acknowledgement;
    bench.datagram(PEER, &bootstrap_common::message(ack, Code::EMPTY, request.id, b"", &[], b""));
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.outcomes(), failed(0, OperationKind::Discover, ROOT, Failure::TimedOut));
    bench.finish();
    // It rejects.
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    let request = bench.request(PEER);
    let rst = coap_core::MessageType::Reset;
    bench.datagram(PEER, &bootstrap_common::message(rst, Code::EMPTY, request.id, b"", &[], b""));
    assert_eq!(bench.outcomes(), failed(0, OperationKind::Discover, ROOT, Failure::Reset));
    bench.finish();
    // It answers each step, slowly, for ever.
    let steps: Vec<_> = (0..100).map(|n| Step::delete(Path::object(n))).collect();
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), Vec::leak(steps));
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    let mut outcomes = Vec::new();
    for _ in 0..100 {
        bench.pass(Duration::from_secs(60));
        outcomes = bench.outcomes();
        if !outcomes.is_empty() {
            break;
        }
        bench.sent.dedup_by_key(|(_, m)| m.id);
        let request = bench.request(PEER);
        bench.answer(PEER, &request, Code::DELETED);
    }
    let [Outcome::Failed { step, reason: Failure::Expired, .. }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(step, 9, "ten minutes");
    // The application stops it.
    let mut bench = Bench::new();
    bench.set(Rule::Pattern("*"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    let id = bench.find("a");
    bench.command(move |s, now| s.abort(now, id)).unwrap();
    assert_eq!(bench.outcomes(), failed(0, OperationKind::Discover, ROOT, Failure::Aborted));
    assert_eq!(bench.command(move |s, now| s.abort(now, id)), Err(UsageError::UnknownId));
    let push = bench.command(move |s, now| s.push(now, id, &Step::delete(ROOT)));
    assert_eq!(push, Err(UsageError::UnknownId));
    bench.finish();
}

/// Ten thousand names ask: those that there is room for are served, the others are told to come
/// later, and everybody gets a turn in the end.
#[test]
fn a_flood_of_endpoints_is_bounded() {
    let limits = Limits { sessions: 8, events: 16, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    bench.set(Rule::Pattern("*"), one_account());
    let mut served = 0;
    for n in 0..10_000u64 {
        let peer = PeerId(n + 1);
        // New message numbers for each, not to be taken for duplicates of one peer.
        let datagram = Ask::post(&format!("/bs?ep=client-{n}"), "").datagram(1, &[1]);
        bench.server.handle_datagram(bench.now, peer, &datagram);
        bench.settle();
        served += bench.sent.iter().filter(|(_, m)| m.code == CHANGED).count();
        bench.sent.clear();
        assert!(bench.engine().sessions().count() <= 8);
    }
    assert_eq!(served, 8);
    assert_eq!(bench.engine().counters().started, 8);
    bench.events();
    bench.pass(Duration::from_secs(300));
    assert_eq!(bench.outcomes().len(), 8, "each has its end");
    bench.sent.clear();
    assert_eq!(bench.ask(PeerId(77), "/bs?ep=late"), CHANGED);
}

/// Answers of a client do not pile up.
#[test]
fn answers_beyond_the_limit_end_the_session() {
    let limits = Limits { content_bytes: 1000, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    let discover = Step::new(Operation::Discover { path: Path::object(0) });
    bench.set(Rule::Pattern("*"), Vec::leak(vec![discover; 3]));
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    let links = "</0/0>,".repeat(56) + "</0/0>";
    bench.discovered(PEER, &links);
    for _ in 0..2 {
        let request = bench.request(PEER);
        assert_eq!(request.path(), "/0");
        bench.content(PEER, &request, ContentFormat::LINK_FORMAT, links.as_bytes());
    }
    let outcomes = bench.outcomes();
    let [Outcome::Failed { step: 2, reason: Failure::TooLarge, .. }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    // All of it is free again.
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    bench.discovered(PEER, &links);
    assert!(bench.outcomes().is_empty());
}

/// A configuration that is replaced or removed while a session goes by it.
#[test]
fn a_session_keeps_the_configuration_it_began_with() {
    let mut bench = Bench::new();
    bench.set(Rule::Endpoint("a"), one_account());
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), CHANGED);
    bench.discovered(PEER, "</>;lwm2m=1.1");
    bench
        .command(|s, _| s.set_configuration(Rule::Endpoint("a"), &Configuration::new(&[])))
        .unwrap();
    bench.step(PEER, "0.04 DELETE /", Code::DELETED);
    assert!(bench.command(|s, _| s.remove_configuration(Rule::Endpoint("a"))));
    for step in ["0.03 PUT /0/0", "0.03 PUT /1/0", "0.02 POST /bs"] {
        bench.step(PEER, step, CHANGED);
    }
    assert_eq!(bench.outcomes(), [Outcome::Finished]);
    assert_eq!(bench.ask(PEER, "/bs?ep=a"), Code::BAD_REQUEST);
    bench.finish();
}
