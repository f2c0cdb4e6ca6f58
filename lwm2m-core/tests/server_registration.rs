//! The registration interface (Core 1.2 section 6.2), message by message.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat, OptionNumber};
use lwm2m_core::server::{
    AddressChange, Changes, Config, EndReason, Event, Limits, RegistrationId,
};
use lwm2m_core::{ObjectVersion, Path, Version};
use m2m_base::{Duration, PeerId};
use server_common::{Ask, Bench, OTHER, PEER, config};

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

fn id_of(bench: &Bench, endpoint: &str) -> RegistrationId {
    bench.engine().find(endpoint).unwrap()
}

/// Each wrong thing has its code, and leaves nothing behind.
#[test]
fn core_6_2_1_refusals() {
    let long_name = format!("/rd?ep={}&lt=60&lwm2m=1.1", "x".repeat(252));
    let too_long = "</3/0>,".repeat(3000) + "</3/0>";
    let link = "</3/0>";
    for (uri, links, code) in [
        // Parameters.
        ("/rd", link, Code::BAD_REQUEST),
        ("/rd?lt=60&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=&lt=60&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep&lt=60&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=a&ep=a&lt=60&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=x&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=-1&lwm2m=1.0", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=4294967296&lwm2m=1.1", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=one", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1&b=X", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1&b=", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1&b=Q", link, Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.0&b=UT", link, Code::BAD_REQUEST),
        // Versions.
        ("/rd?ep=a&lt=60&lwm2m=1.3", link, Code::PRECONDITION_FAILED),
        ("/rd?ep=a&lt=60&lwm2m=2.0", link, Code::PRECONDITION_FAILED),
        ("/rd?ep=a&lt=60&lwm2m=0.9", link, Code::PRECONDITION_FAILED),
        // Links.
        ("/rd?ep=a&lt=60&lwm2m=1.1", "", Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1", "</3/0", Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1", "hello", Code::BAD_REQUEST),
        ("/rd?ep=a&lt=60&lwm2m=1.1", "</7>;rt=\"oma.lwm2m\",</7/3/0>", Code::BAD_REQUEST),
        // A Profile ID that nobody knows, without a list.
        ("/rd?ep=a&lt=60&lwm2m=1.2&pid=6:27354b9a", "", Code::CONFLICT),
        // Places.
        ("/", link, Code::NOT_FOUND),
        ("/bs?ep=a", link, Code::NOT_FOUND),
        ("/3/0", link, Code::NOT_FOUND),
        ("/rd/00000000", link, Code::NOT_FOUND),
        ("/rd/0000000000", link, Code::NOT_FOUND),
        ("/rd/5a3f", "", Code::NOT_FOUND),
        ("/rd/a/b", "", Code::NOT_FOUND),
    ] {
        let mut bench = Bench::new();
        let answer = bench.ask(PEER, Ask::post(uri, links));
        assert_eq!(answer.code, code, "{uri} {links}");
        assert_eq!(answer.location(), "/", "{uri}");
        assert!(bench.events().is_empty() && bench.engine().registration_count() == 0, "{uri}");
        assert_eq!(bench.engine().counters().refused, 1);
        bench.finish();
    }
    let mut bench = Bench::new();
    assert_eq!(bench.ask(PEER, Ask::post(&long_name, link)).code, Code::CREATED);
    let ask = Ask::post("/rd?ep=a&lt=60&lwm2m=1.1", &too_long);
    assert_eq!(bench.ask(PEER, ask).code, Code::REQUEST_ENTITY_TOO_LARGE);
    for (method, uri) in [
        (Code::GET, "/rd"),
        (Code::PUT, "/rd"),
        (Code::DELETE, "/rd"),
        (Code::FETCH, "/rd"),
        (Code::GET, "/rd/0000000000"),
        (Code::PUT, "/rd/0000000000"),
    ] {
        let ask = Ask { method, ..Ask::post(uri, "") };
        assert_eq!(bench.ask(PEER, ask).code, Code::METHOD_NOT_ALLOWED, "{method} {uri}");
    }
    for (format, code) in [
        (Some(ContentFormat::LINK_FORMAT), Code::CREATED),
        (Some(ContentFormat::TEXT), Code::CREATED),
        (None, Code::CREATED),
        (Some(ContentFormat::LWM2M_TLV), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Some(ContentFormat::JSON), Code::UNSUPPORTED_CONTENT_FORMAT),
    ] {
        let ask = Ask { format, ..Ask::post("/rd?ep=f&lt=60&lwm2m=1.1", link) };
        assert_eq!(bench.ask(PEER, ask).code, code, "{format:?}");
    }
    bench.finish();
}

/// Registrations as clients in the field send them.
#[test]
fn registrations_of_devices() {
    struct Row {
        name: &'static str,
        uri: &'static str,
        links: &'static str,
        version: Version,
        binding: &'static str,
        root: &'static str,
        shown: &'static str,
        prefers: ContentFormat,
    }
    let rows = [
        Row {
            name: "Wakaama",
            uri: "/rd?lwm2m=1.1&ep=testlwm2mclient&b=U&lt=300",
            links: "</>;rt=\"oma.lwm2m\";ct=110,</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</4/0>,</5/0>,\
                    </6/0>,</7/0>,</31024>,</31024/10>,</31024/11>,</31024/12>",
            version: Version::V1_1,
            binding: "U",
            root: "",
            shown: "/1 /1/0 /2/0 /3/0 /4/0 /5/0 /6/0 /7/0 /31024 /31024/10 /31024/11 /31024/12",
            prefers: ContentFormat::SENML_JSON,
        },
        Row {
            name: "Anjay",
            uri: "/rd?lwm2m=1.1&ep=urn:dev:os:0023C7-000001&lt=50",
            links: "</1>;ver=1.1,</1/1>,</3>;ver=1.1,</3/0>,</5>;ver=1.1,</5/0>",
            version: Version::V1_1,
            binding: "U",
            root: "",
            shown: "/1 /1/1 /3 /3/0 /5 /5/0",
            prefers: ContentFormat::SENML_CBOR,
        },
        Row {
            name: "Leshan",
            uri: "/rd?b=UT&lwm2m=1.1&lt=300&ep=leshan",
            links: "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 1542 1543 11542 11543\",</1>;ver=1.1,\
                    </1/0>,</3>;ver=1.1,</3/0>,</6/0>,</3303>;ver=1.1,</3303/0>",
            version: Version::V1_1,
            binding: "UT",
            root: "",
            shown: "/1 /1/0 /3 /3/0 /6/0 /3303 /3303/0",
            prefers: ContentFormat::SENML_CBOR,
        },
        Row {
            name: "Zephyr",
            uri: "/rd?lwm2m=1.0&ep=qemu_x86&lt=86400&b=UQ",
            links: "</1/0>,</3/0>,</3303/0>,</5/0>",
            version: Version::V1_0,
            binding: "UQ",
            root: "",
            shown: "/1/0 /3/0 /3303/0 /5/0",
            prefers: ContentFormat::LWM2M_TLV,
        },
        Row {
            name: "Zephyr 1.1",
            uri: "/rd?lwm2m=1.1&ep=z&lt=60&b=U&Q",
            links: "</>;ct=110,</1>;ver=1.1,</1/0>,</3/0>",
            version: Version::V1_1,
            binding: "UQ",
            root: "",
            shown: "/1 /1/0 /3/0",
            prefers: ContentFormat::SENML_JSON,
        },
        Row {
            name: "a modem",
            uri: "/rd?ep=urn:imei:490154203237518&lwm2m=1&lt=3600&b=UQ",
            links: "</lwm2m>;rt=\"oma.lwm2m\", </lwm2m/1/0/>, </lwm2m/3/0/>",
            version: Version::V1_0,
            binding: "UQ",
            root: "/lwm2m",
            shown: "/1/0 /3/0",
            prefers: ContentFormat::LWM2M_TLV,
        },
        Row {
            name: "1.1 with the binding of 1.0, Q= and a slash at the end",
            uri: "/rd/?ep=q&lwm2m=1.1&lt=60&b=UQ&Q=",
            links: "</0/0>,</21/0>,</3/0>",
            version: Version::V1_1,
            binding: "UQ",
            root: "",
            shown: "/3/0",
            prefers: ContentFormat::SENML_CBOR,
        },
    ];
    let mut bench = Bench::new();
    for row in rows {
        let answer = bench.ask(PEER, Ask::post(row.uri, row.links));
        assert_eq!(answer.code, Code::CREATED, "{}", row.name);
        let path = answer.all(OptionNumber::LOCATION_PATH);
        assert_eq!((path.len(), path[0].as_str()), (2, "rd"));
        // Zephyr keeps 32 bytes.
        assert!(answer.location().len() <= 31);
        let [Event::Registered { id }] = bench.events()[..] else { panic!("{}", row.name) };
        let r = bench.engine().registration(id).unwrap();
        assert_eq!(r.location().as_str(), answer.location());
        assert_eq!((r.version(), r.binding().to_string()), (row.version, row.binding.to_string()));
        assert_eq!(r.alternate_path(), row.root, "{}", row.name);
        let links: Vec<String> = r.links().map(|l| l.path.to_string()).collect();
        assert_eq!(links.join(" "), row.shown, "{}", row.name);
        assert!(r.accepts(row.prefers), "{}", row.name);
        assert_eq!(bench.engine().find(r.endpoint()), Some(id));
    }
    assert_eq!(bench.engine().registration_count(), 7);
    let r = bench.engine().registration(id_of(&bench, "leshan")).unwrap();
    let v = ObjectVersion::new;
    assert_eq!(r.object_version(3303), Some(v(1, 1)));
    assert_eq!(r.object_version(6), Some(v(1, 0)));
    assert_eq!(r.object_version(5), None);
    let r = bench.engine().registration(id_of(&bench, "qemu_x86")).unwrap();
    assert_eq!(r.object_version(3), Some(v(1, 0)));
    assert!(r.queue_mode());
    bench.finish();
}

#[test]
fn core_1_0_5_3_1_lifetime_of_a_client_that_names_none() {
    let mut bench = Bench::new();
    bench.register(PEER, "/rd?ep=old&lwm2m=1.0", "</3/0>");
    let r = bench.engine().registration(id_of(&bench, "old")).unwrap();
    assert_eq!((r.lifetime(), r.binding().to_string()), (86_400, "U".to_string()));
    bench.finish();
}

#[test]
fn additional_parameters_are_kept_and_replaced_one_by_one() {
    let mut bench = Bench::new();
    let uri = "/rd?ep=a&lt=60&lwm2m=1.1&sms=48123456789&vendor=x%20y&flag";
    let location = bench.register(PEER, uri, "</3/0>");
    let shown = |bench: &Bench| {
        let r = bench.engine().registration(id_of(bench, "a")).unwrap();
        let all: Vec<String> =
            r.parameters().map(|(n, v)| v.map_or(n.to_string(), |v| format!("{n}:{v}"))).collect();
        all.join(" ")
    };
    assert_eq!(shown(&bench), "sms:48123456789 vendor:x%20y flag");
    bench.events();
    let uri = format!("{location}?sms=1&new=2");
    assert_eq!(bench.ask(PEER, Ask::post(&uri, "")).code, Code::CHANGED);
    assert_eq!(shown(&bench), "vendor:x%20y flag sms:1 new:2");
    let [Event::Updated { changes, .. }] = bench.events()[..] else { panic!() };
    assert_eq!(changes, Changes::PARAMETERS);
    let r = bench.engine().registration(id_of(&bench, "a")).unwrap();
    assert_eq!((r.parameter("sms"), r.parameter("flag")), (Some("1"), Some("")));
    assert_eq!(r.links().count(), 1);
    bench.finish();
}

#[test]
fn core_6_2_2_updates_and_their_refusals() {
    let mut bench = Bench::new();
    let location =
        bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1&b=U", "</>;rt=\"oma.lwm2m\",</3/0>");
    let id = id_of(&bench, "a");
    bench.events();
    let (changed, bad) = (Code::CHANGED, Code::BAD_REQUEST);
    let everything = [
        ("", "", changed, Changes::NONE),
        ("?lt=60", "", changed, Changes::NONE),
        ("?lt=120", "", changed, Changes::LIFETIME),
        ("?b=UT", "", changed, Changes::BINDING),
        ("?Q", "", changed, Changes::BINDING),
        ("?b=UT", "", changed, Changes::NONE),
        ("", "</3/0>", changed, Changes::NONE),
        ("", "</3/0>,</4/0>", changed, Changes::LINKS),
        ("?ep=a&lwm2m=1.1", "", changed, Changes::NONE),
        ("?lt=x", "", bad, Changes::NONE),
        ("?lt=999&b=Z", "", bad, Changes::NONE),
        ("?lt=999", "</3/0", bad, Changes::NONE),
        ("?ep=b", "", bad, Changes::NONE),
        ("?lwm2m=1.0", "", bad, Changes::NONE),
    ];
    for (query, links, code, expected) in everything {
        bench.pass(SECONDS(1));
        let answer = bench.ask(PEER, Ask::post(&format!("{location}{query}"), links));
        assert_eq!(answer.code, code, "{query} {links}");
        let events = bench.events();
        let refreshed = bench.engine().registration(id).unwrap().last_update() == bench.now;
        assert_eq!(refreshed, code == changed, "{query}");
        match &events[..] {
            [Event::Updated { id: which, changes }] if code == changed => {
                assert_eq!((*which, *changes), (id, expected), "{query} {links}");
            }
            [] if code == bad => {}
            other => panic!("{other:?}"),
        }
    }
    let r = bench.engine().registration(id).unwrap();
    assert_eq!((r.lifetime(), r.binding().to_string()), (120, "UTQ".to_string()));
    assert_eq!(
        r.links().map(|l| l.path).collect::<Vec<_>>(),
        [Path::instance(3, 0), Path::instance(4, 0)]
    );
    assert_eq!(bench.engine().counters().updated, 9);
    bench.finish();
}

#[test]
fn an_update_keeps_the_alternate_path_that_it_does_not_repeat() {
    let mut bench = Bench::new();
    let links = "</x>;rt=\"oma.lwm2m\";ct=110,</x/3/0>";
    let location = bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", links);
    assert_eq!(bench.ask(PEER, Ask::post(&location, "</x/4/0>")).code, Code::CHANGED);
    let r = bench.engine().registration(id_of(&bench, "a")).unwrap();
    assert_eq!(r.alternate_path(), "/x");
    assert_eq!(r.links().map(|l| l.path).collect::<Vec<_>>(), [Path::instance(4, 0)]);
    assert!(r.accepts(ContentFormat::SENML_JSON) && !r.accepts(ContentFormat::SENML_CBOR));
    bench.finish();
}

#[test]
fn core_6_2_3_deregistration() {
    let mut bench = Bench::new();
    let location = bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let id = id_of(&bench, "a");
    bench.events();
    assert_eq!(bench.ask(PEER, Ask::delete(&location)).code, Code::DELETED);
    assert_eq!(bench.engine().find("a"), None);
    assert_eq!(bench.events(), [Event::Deregistered { id, reason: EndReason::Client }]);
    assert!(bench.engine().registration(id).is_none());
    for ask in [Ask::delete(&location), Ask::post(&location, "")] {
        assert_eq!(bench.ask(PEER, ask).code, Code::NOT_FOUND);
    }
    assert!(bench.engine().poll_timeout().is_some(), "duplicates are remembered");
    bench.pass(SECONDS(1000));
    assert!(bench.engine().poll_timeout().is_none());
    bench.finish();
}

/// What ended can be read while its event is handled, and no longer.
#[test]
fn an_ended_registration_is_readable_until_the_next_event() {
    let mut server = server_common::new_server(&config());
    let now = m2m_base::Instant::ZERO;
    let ask = Ask::post("/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    server.handle_datagram(now, PEER, &ask.datagram(1, &[]));
    server.handle_datagram(now, PEER, &ask.datagram(2, &[]));
    let Some(Event::Registered { id: first }) = server.poll_event() else { panic!() };
    let Some(Event::Deregistered { id, reason }) = server.poll_event() else { panic!() };
    assert_eq!((id, reason), (first, EndReason::Replaced));
    assert_eq!(server.registration(first).unwrap().endpoint(), "a");
    assert_eq!(server.registration_count(), 1);
    let Some(Event::Registered { id: second }) = server.poll_event() else { panic!() };
    assert!(server.registration(first).is_none());
    assert_eq!(server.find("a"), Some(second));
    assert_ne!(first, second);
    assert_eq!(server.poll_event(), None);
}

#[test]
fn core_6_2_1_registering_again_replaces() {
    let mut bench = Bench::new();
    let old = bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let first = id_of(&bench, "a");
    let new = bench.register(OTHER, "/rd?ep=a&lt=90&lwm2m=1.0", "</4/0>");
    let second = id_of(&bench, "a");
    assert_eq!(
        bench.events(),
        [
            Event::Registered { id: first },
            Event::Deregistered { id: first, reason: EndReason::Replaced },
            Event::Registered { id: second },
        ]
    );
    assert_ne!(old, new);
    assert_eq!(bench.ask(PEER, Ask::post(&old, "")).code, Code::NOT_FOUND);
    assert_eq!(bench.ask(OTHER, Ask::post(&new, "")).code, Code::CHANGED);
    assert_eq!(bench.engine().registration(second).unwrap().peer(), OTHER);
    assert_eq!(bench.engine().find_peer(PEER), None);
    assert_eq!(bench.engine().find_peer(OTHER), Some(second));
    bench.finish();
}

/// A lost answer: the repeated message is not a second registration.
#[test]
fn a_duplicate_register_gets_the_same_location() {
    let mut bench = Bench::new();
    let ask = Ask::post("/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let datagram = ask.datagram(77, &[1]);
    bench.datagram(PEER, &datagram);
    bench.datagram(PEER, &datagram);
    assert_eq!(bench.sent.len(), 2);
    assert_eq!(bench.sent[0], bench.sent[1]);
    assert_eq!(bench.events().len(), 1);
    bench.finish();
}

#[test]
fn a_lifetime_ends_after_its_grace() {
    let mut bench = Bench::with(Config { grace: SECONDS(5), ..config() });
    let location = bench.register(PEER, "/rd?ep=a&lt=20&lwm2m=1.1", "</3/0>");
    let id = id_of(&bench, "a");
    bench.events();
    bench.pass(SECONDS(20));
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    bench.events();
    bench.pass(Duration::from_millis(24_999));
    assert!(bench.engine().find("a").is_some());
    let expires = bench.engine().registration(id).unwrap().expires_at().unwrap();
    assert_eq!(bench.engine().poll_timeout().map(|at| at <= expires), Some(true));
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.events(), [Event::Expired { id }]);
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::NOT_FOUND);
    assert_eq!(bench.engine().counters().expired, 1);
    bench.finish();
}

#[test]
fn lifetimes_that_change_move_the_end() {
    let mut bench = Bench::with(Config { grace: Duration::ZERO, ..config() });
    for (name, at_first, then) in [("longer", 20, 60), ("shorter", 60, 20), ("ends", 0, 30)] {
        let uri = format!("/rd?ep={name}&lt={at_first}&lwm2m=1.1");
        let location = bench.register(PEER, &uri, "</3/0>");
        let uri = format!("{location}?lt={then}");
        assert_eq!(bench.ask(PEER, Ask::post(&uri, "")).code, Code::CHANGED);
        let id = id_of(&bench, name);
        bench.pass(Duration::from_millis(then * 1000 - 1));
        assert!(bench.engine().find(name).is_some(), "{name}");
        bench.events();
        bench.pass(Duration::from_millis(1));
        assert_eq!(bench.events(), [Event::Expired { id }], "{name}");
    }
    let location = bench.register(PEER, "/rd?ep=stays&lt=20&lwm2m=1.2", "</3/0>");
    assert_eq!(bench.ask(PEER, Ask::post(&format!("{location}?lt=0"), "")).code, Code::CHANGED);
    bench.pass(SECONDS(100_000_000));
    let r = bench.engine().registration(id_of(&bench, "stays")).unwrap();
    assert_eq!(r.expires_at(), None);
    assert!(bench.engine().poll_timeout().is_none());
    bench.finish();
}

#[test]
fn another_address_is_followed_or_refused() {
    for policy in [AddressChange::Follow, AddressChange::Refuse] {
        let mut bench = Bench::with(Config { address_change: policy, ..config() });
        let location = bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
        let id = id_of(&bench, "a");
        bench.events();
        let code = bench.ask(OTHER, Ask::post(&location, "")).code;
        let r = bench.engine().registration(id).unwrap();
        if policy == AddressChange::Follow {
            assert_eq!((code, r.peer()), (Code::CHANGED, OTHER));
            assert_eq!(bench.engine().find_peer(OTHER), Some(id));
            assert_eq!(bench.engine().find_peer(PEER), None);
            assert_eq!(bench.events(), [Event::Updated { id, changes: Changes::ADDRESS }]);
            assert_eq!(bench.ask(PEER, Ask::delete(&location)).code, Code::DELETED);
        } else {
            assert_eq!((code, r.peer()), (Code::NOT_FOUND, PEER));
            assert_eq!(bench.ask(OTHER, Ask::delete(&location)).code, Code::NOT_FOUND);
            assert!(bench.events().is_empty());
        }
        bench.finish();
    }
}

/// Peers with a security session are who it says they are.
#[test]
fn core_6_2_1_identities() {
    let mut bench = Bench::new();
    let third = PeerId(3);
    bench.command(|s, _| s.identify(PEER, Some("a"))).unwrap();
    bench.command(move |s, _| s.identify(third, Some("a"))).unwrap();
    bench.command(|s, _| s.identify(OTHER, Some("b"))).unwrap();
    let named = |name| format!("/rd?ep={name}&lt=60&lwm2m=1.1");
    assert_eq!(bench.ask(PEER, Ask::post(&named("b"), "</3/0>")).code, Code::BAD_REQUEST);
    let location = bench.register(PEER, "/rd?lt=60&lwm2m=1.1", "</3/0>");
    assert_eq!(bench.engine().find("a"), bench.engine().find_peer(PEER));
    // Neither another client nor one without a session can touch it.
    for peer in [OTHER, PeerId(9)] {
        assert_eq!(bench.ask(peer, Ask::post(&location, "")).code, Code::NOT_FOUND);
        assert_eq!(bench.ask(peer, Ask::delete(&location)).code, Code::NOT_FOUND);
    }
    assert_eq!(bench.ask(PeerId(9), Ask::post(&named("a"), "</3/0>")).code, Code::FORBIDDEN);
    // The same client with a new session can.
    assert_eq!(bench.ask(third, Ask::post(&location, "")).code, Code::CHANGED);
    assert_eq!(bench.ask(third, Ask::post(&named("a"), "</3/0>")).code, Code::CREATED);
    bench.command(move |s, _| s.identify(third, None)).unwrap();
    assert_eq!(bench.ask(third, Ask::post(&named("a"), "</3/0>")).code, Code::FORBIDDEN);
    bench.finish();
}

#[test]
fn full_tables_are_answered() {
    let limits = Limits { registrations: 2, registration_bytes: 40, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let location = bench.register(PEER, "/rd?ep=b&lt=60&lwm2m=1.1", "</3/0>");
    let ask = Ask::post("/rd?ep=c&lt=60&lwm2m=1.1", "</3/0>");
    assert_eq!(bench.ask(PEER, ask).code, Code::SERVICE_UNAVAILABLE);
    // One that replaces needs no room.
    bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let many = "</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</8/0>,</9/0>,</10/0>,</11/0>";
    let ask = Ask::post("/rd?ep=a&lt=60&lwm2m=1.1", many);
    assert_eq!(bench.ask(PEER, ask).code, Code::REQUEST_ENTITY_TOO_LARGE);
    let ask = Ask::post(&location, many);
    assert_eq!(bench.ask(PEER, ask).code, Code::REQUEST_ENTITY_TOO_LARGE);
    assert_eq!(bench.engine().registration_count(), 2);
    assert_eq!(bench.ask(PEER, Ask::delete(&location)).code, Code::DELETED);
    assert_eq!(
        bench.ask(PEER, Ask::post("/rd?ep=c&lt=60&lwm2m=1.1", "</3/0>")).code,
        Code::CREATED
    );
    bench.finish();
}

/// The server does not look at new requests while nobody takes its events, and loses none.
#[test]
fn events_that_nobody_takes_hold_the_work_back() {
    let limits = Limits { events: 4, ..Limits::SMALL };
    let mut server = server_common::new_server(&Config { limits, ..config() });
    let now = m2m_base::Instant::ZERO;
    for n in 0..20u16 {
        let uri = format!("/rd?ep=client{n}&lt=60&lwm2m=1.1");
        let ask = Ask::post(&uri, "</3/0>");
        server.handle_datagram(now, PeerId(n.into()), &ask.datagram(n, &[]));
    }
    assert_eq!(server.registration_count(), 4);
    let mut told = 0;
    while let Some(event) = server.poll_event() {
        assert!(matches!(event, Event::Registered { .. }));
        told += 1;
    }
    assert_eq!((told, server.registration_count()), (20, 20));
    let later = now + SECONDS(100);
    server.handle_timeout(later);
    let mut expired = 0;
    while let Some(event) = server.poll_event() {
        assert!(matches!(event, Event::Expired { .. }));
        expired += 1;
    }
    assert_eq!((expired, server.registration_count()), (20, 0));
}

#[test]
fn an_operator_removes_a_registration() {
    let mut bench = Bench::new();
    let location = bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", "</3/0>");
    let id = id_of(&bench, "a");
    bench.events();
    bench.command(move |s, now| s.remove(now, id)).unwrap();
    assert_eq!(bench.events(), [Event::Deregistered { id, reason: EndReason::Removed }]);
    assert!(bench.command(move |s, now| s.remove(now, id)).is_err());
    assert_eq!(bench.ask(PEER, Ask::post(&location, "")).code, Code::NOT_FOUND);
    bench.finish();
}

/// Many endpoints behind one address, as gateways and load generators have them.
#[test]
fn endpoints_may_share_a_peer() {
    let mut bench = Bench::new();
    let mut locations = Vec::new();
    for n in 0..50 {
        let uri = format!("/rd?ep=n{n}&lt=60&lwm2m=1.1");
        locations.push(bench.register(PEER, &uri, "</3/0>"));
    }
    assert_eq!(bench.engine().find_peer(PEER), bench.engine().find("n49"));
    for location in locations.iter().rev().take(25).chain(&locations[..24]) {
        assert_eq!(bench.ask(PEER, Ask::delete(location)).code, Code::DELETED);
    }
    assert_eq!(bench.engine().find_peer(PEER), bench.engine().find("n24"));
    assert_eq!(bench.engine().registrations().count(), 1);
    bench.finish();
}
