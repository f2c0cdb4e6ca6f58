//! Devices behind gateways (Gateway 1.1, objects 25 and 26).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat as F, MessageType, OptionNumber, Uint};
use lwm2m_core::Path;
use lwm2m_core::server::{EndReason, Event, OperationKind, RegistrationId, UsageError};
use m2m_base::Duration;
use server_common::{Ask, Bench, OTHER, Owned, PEER, message};

const URI: &str = "/rd?ep=g&lt=86400&lwm2m=1.2&b=U";
const QUEUE: &str = "/rd?ep=g&lt=86400&lwm2m=1.2&b=U&Q";
const LINKS: &str = "</>;ct=\"110 112\",</1/0>,</3/0>,</25/0>,</25/1>";
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

fn two_devices(root: &str) -> String {
    format!(
        r#"[{{"bn":"{root}/25/","n":"0/0","vs":"urn:dev:1"}},{{"n":"0/1","vs":"d01"}},
        {{"n":"0/3","vs":"</3/0>,</3303/0>"}},{{"n":"1/0","vs":"urn:dev:2"}},
        {{"n":"1/1","vs":"d02"}},{{"n":"1/3","vs":"</3/0>"}}]"#
    )
}

fn surveyed(uri: &str) -> (Bench, RegistrationId, String) {
    let mut bench = Bench::new();
    let location = bench.register(PEER, uri, LINKS);
    let request = bench.request(PEER);
    assert_eq!((request.code, request.path()), (Code::GET, "/25".into()));
    assert_eq!(request.accept(), Some(F::SENML_CBOR));
    bench.content(PEER, &request, F::SENML_JSON, two_devices("").as_bytes());
    let gateway = bench.engine().find("g").unwrap();
    (bench, gateway, location)
}

fn names(bench: &Bench) -> Vec<String> {
    let mut all: Vec<_> =
        bench.engine().registrations().map(|r| r.endpoint().to_string()).collect();
    all.sort();
    all
}

fn find(bench: &Bench, name: &str) -> RegistrationId {
    bench.engine().find(name).unwrap()
}

#[test]
fn devices_are_registrations_of_their_own() {
    let (mut bench, gateway, location) = surveyed(URI);
    let events = bench.events();
    let registered = events.iter().filter(|e| matches!(e, Event::Registered { .. })).count();
    assert_eq!((registered, events.len()), (3, 3), "nobody asked for the survey: {events:?}");
    assert_eq!(names(&bench), ["g", "urn:dev:1", "urn:dev:2"]);
    let device = find(&bench, "urn:dev:1");
    let shown = bench.engine().registration(device).unwrap();
    assert_eq!((shown.gateway(), shown.peer()), (Some(gateway), PEER));
    assert_eq!((shown.alternate_path(), shown.expires_at()), ("/d01", None));
    let links: Vec<_> = shown.links().map(|l| l.path.to_string()).collect();
    assert_eq!(links, ["/3/0", "/3303/0"]);
    assert_eq!(bench.engine().children(gateway).count(), 2);
    assert_eq!(bench.engine().find_peer(PEER), Some(gateway));

    // An operation goes below the prefix, and so do the names in its payload.
    bench.command(move |s, now| s.read(now, device, TEMPERATURE)).unwrap();
    let request = bench.request(PEER);
    assert_eq!(request.path(), "/d01/3303/0/5700");
    bench.content(PEER, &request, F::SENML_JSON, br#"[{"n":"/d01/3303/0/5700","v":21.5}]"#);
    let (operation, _) = bench.response();
    let content = bench.engine().response(operation).unwrap();
    assert_eq!(content.registration(), device);
    assert_eq!(content.items().unwrap().next().unwrap().unwrap().path, TEMPERATURE);
    bench.command(move |s, now| s.read_composite(now, device, &[TEMPERATURE])).unwrap();
    let request = bench.request(PEER);
    assert_eq!((request.code, request.path()), (Code::FETCH, "/d01".into()));
    assert!(request.payload.windows(16).any(|w| w == b"/d01/3303/0/5700"));
    bench.answer(PEER, &request, Code::CONTENT, &[], b"");
    bench.events();

    // The gateway goes, and they go before it.
    bench.ask(PEER, Ask::delete(&location));
    let ends: Vec<_> = bench
        .events()
        .into_iter()
        .map(|e| match e {
            Event::Deregistered { id, reason } => (id == gateway, reason),
            other => panic!("{other:?}"),
        })
        .collect();
    let child = (false, EndReason::Gateway);
    assert_eq!(ends, [child, child, (true, EndReason::Client)]);
    assert!(names(&bench).is_empty());
    bench.finish();
}

#[test]
fn devices_come_and_go_with_the_gateways_list() {
    let (mut bench, gateway, location) = surveyed(URI);
    bench.events();
    // An Update that changes nothing asks nothing.
    bench.ask(PEER, Ask::post(&location, ""));
    assert!(bench.is_silent());
    bench.ask(PEER, Ask::post(&location, "</1/0>,</3/0>,</25/1>,</25/2>"));
    let request = bench.request(PEER);
    let answer = br#"[{"bn":"/25/","n":"1/0","vs":"urn:dev:2"},{"n":"1/1","vs":"d02"},
        {"n":"1/3","vs":"</3/0>,</5/0>"},{"n":"2/0","vs":"urn:dev:3"},{"n":"2/1","vs":"d03"}]"#;
    bench.content(PEER, &request, F::SENML_JSON, answer);
    assert_eq!(names(&bench), ["g", "urn:dev:2", "urn:dev:3"]);
    let second = bench.engine().registration(find(&bench, "urn:dev:2")).unwrap();
    assert_eq!(second.links().count(), 2);
    let events = bench.events();
    let kinds = |f: fn(&Event) -> bool| events.iter().filter(|e| f(e)).count();
    assert_eq!(kinds(|e| matches!(e, Event::Deregistered { .. })), 1);
    assert_eq!(kinds(|e| matches!(e, Event::Registered { .. })), 1);
    assert_eq!(kinds(|e| matches!(e, Event::Updated { .. })), 3);
    // Asked by the application, and the answer cannot be had: all stays.
    bench.command(move |s, now| s.survey(now, gateway)).unwrap();
    let request = bench.request(PEER);
    bench.answer(PEER, &request, Code::METHOD_NOT_ALLOWED, &[], b"");
    bench.command(move |s, now| s.survey(now, gateway)).unwrap();
    let request = bench.request(PEER);
    bench.content(PEER, &request, F::SENML_JSON, b"[{");
    assert_eq!(names(&bench).len(), 3);
    assert!(bench.events().is_empty());
    // No devices are listed any more.
    bench.ask(PEER, Ask::post(&location, "</1/0>,</3/0>,</25>"));
    assert_eq!(names(&bench), ["g"]);
    assert!(bench.is_silent());
    let device = bench.command(move |s, now| s.survey(now, gateway)).err();
    assert_eq!(device, None);
    bench.finish();
}

/// A gateway in queue mode wakes up with all that is behind it, and hears one request at a time.
#[test]
fn a_sleeping_gateway_is_asked_one_thing_at_a_time() {
    let (mut bench, gateway, location) = surveyed(QUEUE);
    let (one, two) = (find(&bench, "urn:dev:1"), find(&bench, "urn:dev:2"));
    bench.pass(Duration::from_secs(100));
    bench.events();
    for id in [one, two, gateway] {
        bench.command(move |s, now| s.read(now, id, Path::object(3))).unwrap();
        assert!(bench.engine().awake_until(id).unwrap() < bench.now);
    }
    assert!(bench.is_silent());
    let kinds: Vec<_> = bench.engine().operations(one).map(|p| p.kind()).collect();
    assert_eq!(kinds, [OperationKind::Read]);
    bench.ask(PEER, Ask::post(&location, ""));
    let mut paths = Vec::new();
    for _ in 0..3 {
        let request = bench.request(PEER);
        paths.push(request.path());
        bench.content(PEER, &request, F::SENML_JSON, b"[]");
    }
    paths.sort();
    assert_eq!(paths, ["/3", "/d01/3", "/d02/3"]);
    bench.finish();
}

#[test]
fn devices_follow_their_gateway_to_its_new_address() {
    let (mut bench, _, location) = surveyed(URI);
    let device = find(&bench, "urn:dev:1");
    bench.command(move |s, now| s.observe(now, device, TEMPERATURE)).unwrap();
    let observe = bench.request(PEER);
    let options = [(OptionNumber::OBSERVE, &[1u8][..]), (OptionNumber::CONTENT_FORMAT, &[60])];
    bench.answer(PEER, &observe, Code::CONTENT, &options, b"\x01");
    bench.events();
    bench.ask(OTHER, Ask::post(&location, ""));
    let again = bench.request(OTHER);
    assert_eq!((again.path(), again.observe()), ("/d01/3303/0/5700".into(), Some(0)));
    bench.answer(OTHER, &again, Code::CONTENT, &options, b"\x02");
    let two = [(OptionNumber::OBSERVE, &[2u8][..]), (OptionNumber::CONTENT_FORMAT, &[60])];
    let non = MessageType::NonConfirmable;
    bench.datagram(OTHER, &message(non, Code::CONTENT, 77, &again.token, &two, b"\x03"));
    let notified: Vec<_> = bench
        .events()
        .into_iter()
        .filter_map(|e| match e {
            Event::Notified { registration, .. } => Some(registration),
            _ => None,
        })
        .collect();
    assert_eq!(notified, [device, device]);
    assert_eq!(bench.engine().registration(device).unwrap().peer(), OTHER);
    bench.finish();
}

/// What a gateway sends for a device is the device's; for two at once it is nobody's.
#[test]
fn a_gateway_sends_for_its_devices() {
    let (mut bench, gateway, _) = surveyed(URI);
    bench.events();
    let two = find(&bench, "urn:dev:2");
    for (payload, code, who) in [
        (r#"[{"n":"/3/0/9","v":1}]"#, Code::CHANGED, Some(gateway)),
        (r#"[{"n":"/d02/3/0/9","v":1}]"#, Code::CHANGED, Some(two)),
        (r#"[{"n":"/d02/3303/0/9","v":1}]"#, Code::NOT_FOUND, None),
        (r#"[{"n":"/d03/3/0/9","v":1}]"#, Code::BAD_REQUEST, None),
        (r#"[{"n":"/d01/3/0/9","v":1},{"n":"/d02/3/0/9","v":1}]"#, Code::BAD_REQUEST, None),
    ] {
        let format = Some(F::SENML_JSON);
        let ask = Ask { method: Code::POST, uri: "/dp", format, payload: payload.as_bytes() };
        assert_eq!(bench.ask(PEER, ask).code, code, "{payload}");
        let sender = bench.events().into_iter().find_map(|e| match e {
            Event::Sent { registration, .. } => Some(registration),
            _ => None,
        });
        assert_eq!(sender, who, "{payload}");
    }
    bench.finish();
}

/// A gateway cannot take anybody's name, and what it says wrong of one device is its fault alone.
#[test]
fn a_gateway_that_lies() {
    let mut bench = Bench::new();
    bench.register(OTHER, "/rd?ep=victim&lt=60&lwm2m=1.1", "</3/0>");
    bench.register(PEER, URI, LINKS);
    bench.events();
    let request = bench.request(PEER);
    let answer = br#"[{"bn":"/25/","n":"0/0","vs":"victim"},{"n":"0/1","vs":"d00"},
        {"n":"1/0","vs":"g"},{"n":"1/1","vs":"d01"},
        {"n":"2/0","vs":"number"},{"n":"2/1","vs":"3"},
        {"n":"3/0","vs":"slash"},{"n":"3/1","vs":"a/b"},
        {"n":"4/0","vs":""},{"n":"4/1","vs":"d04"},
        {"n":"5/0","vs":"none"},
        {"n":"6/0","vs":"links"},{"n":"6/1","vs":"d06"},{"n":"6/3","vs":"<"},
        {"n":"7/0","v":1},{"n":"7/1","vs":"d07"},
        {"n":"8/0","vs":"good"},{"n":"8/1","vs":"d08"},{"n":"8/3","vs":"</3/0>"},
        {"n":"9/0","vs":"good"},{"n":"9/1","vs":"d09"},{"n":"9/3","vs":"</4/0>"}]"#;
    bench.content(PEER, &request, F::SENML_JSON, answer);
    assert_eq!(names(&bench), ["g", "good", "victim"]);
    let victim = bench.engine().registration(find(&bench, "victim")).unwrap();
    assert_eq!((victim.peer(), victim.gateway()), (OTHER, None));
    // Nobody can update a device, whose location was never told.
    let location = bench.engine().registration(find(&bench, "good")).unwrap().location();
    let ask = Ask::post(location.as_str(), "");
    assert_eq!(bench.ask(PEER, ask).code, Code::NOT_FOUND);
    // A device that shows up by itself is no longer behind the gateway.
    bench.register(OTHER, "/rd?ep=good&lt=60&lwm2m=1.1", "</3/0>");
    let good = bench.engine().registration(find(&bench, "good")).unwrap();
    assert_eq!(good.gateway(), None);
    assert_eq!(bench.engine().children(find(&bench, "g")).count(), 0);
    bench.finish();
}

#[test]
fn devices_that_the_application_adds() {
    let mut bench = Bench::new();
    bench.register(PEER, "/rd?ep=g&lt=600&lwm2m=1.1", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>");
    let gateway = find(&bench, "g");
    let add = move |name: &'static str, prefix: &'static str, links: &'static str| {
        move |s: &mut lwm2m_core::server::Server, now| {
            s.add_child(now, gateway, name, prefix, links)
        }
    };
    let device = bench.command(add("d", "p", "</3/0>")).unwrap();
    assert_eq!(bench.command(add("d", "p", "</3/0>")), Ok(device));
    for (name, prefix, links, error) in [
        ("", "p", "", UsageError::Syntax),
        ("e", "", "", UsageError::Syntax),
        ("e", "7", "", UsageError::Syntax),
        ("e", "p/q", "", UsageError::Syntax),
        ("e", "p", "</3", UsageError::Syntax),
        ("g", "p", "", UsageError::Syntax),
    ] {
        assert_eq!(bench.command(add(name, prefix, links)), Err(error), "{name} {prefix}");
    }
    // There are no gateways behind gateways.
    let nested = bench.command(move |s, now| s.add_child(now, device, "e", "p", ""));
    assert_eq!(nested, Err(UsageError::UnknownId));
    bench.command(move |s, now| s.read(now, device, Path::object(3))).unwrap();
    let request: Owned = bench.request(PEER);
    assert_eq!(request.path(), "/lwm2m/p/3");
    let format = Uint::new(112);
    let options = [(OptionNumber::CONTENT_FORMAT, format.as_bytes())];
    bench.answer(PEER, &request, Code::CONTENT, &options, b"\x80");
    bench.command(move |s, now| s.remove(now, device)).unwrap();
    let events = bench.events();
    let removed = |e: &Event| matches!(e, Event::Deregistered { reason: EndReason::Removed, .. });
    assert!(events.iter().any(removed), "{events:?}");
    assert_eq!(names(&bench), ["g"]);
    bench.finish();
}
