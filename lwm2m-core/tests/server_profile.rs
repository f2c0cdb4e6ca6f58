//! Registrations by profile (Core 1.2 section 6.2.1.1).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::Code;
use lwm2m_core::server::{Changes, Config, Event, Limits, UsageError};
use m2m_base::PeerId;
use server_common::{Ask, Bench, OTHER, PEER, config};

const LIST: &str = "</>;ct=112;rt=\"oma.lwm2m\",</1/0>,</3/0>,</3303/0>;ver=1.1";

fn uri(name: &str, pid: &str) -> String {
    format!("/rd?ep={name}&lt=600&lwm2m=1.2&pid={pid}")
}

fn links(bench: &Bench, name: &str) -> Vec<String> {
    let id = bench.engine().find(name).unwrap();
    let registration = bench.engine().registration(id).unwrap();
    let shown = registration.links().map(|l| match l.version {
        Some(version) => format!("{}v{version}", l.path),
        None => l.path.to_string(),
    });
    shown.collect()
}

/// ETS int-110: the list is asked for once, with 4.09, and then known for all of the profile.
#[test]
fn int_110_a_profile_is_asked_for_its_list_once() {
    let mut bench = Bench::new();
    let pid = "6:27354b9a";
    assert_eq!(bench.ask(PEER, Ask::post(&uri("a", pid), "")).code, Code::CONFLICT);
    assert!(bench.events().is_empty());
    bench.register(PEER, &uri("a", pid), LIST);
    bench.register(OTHER, &uri("b", pid), "");
    assert_eq!(links(&bench, "a"), ["/1/0", "/3/0", "/3303/0v1.1"]);
    assert_eq!(links(&bench, "b"), links(&bench, "a"));
    let b = bench.engine().registration(bench.engine().find("b").unwrap()).unwrap();
    assert_eq!(b.parameter("pid"), Some(pid));
    assert!(b.accepts(coap_core::ContentFormat::SENML_CBOR));
    assert_eq!(bench.ask(OTHER, Ask::post(&uri("c", "6:27354b9b"), "")).code, Code::CONFLICT);
    assert_eq!(bench.engine().profiles().map(|p| p.id().to_string()).collect::<Vec<_>>(), [pid]);
    bench.finish();
}

/// ETS int-111: a profile and what the client has beside it.
#[test]
fn int_111_a_profile_and_a_list_are_merged() {
    let mut bench = Bench::new();
    let pid = "6:27354b9a";
    bench.register(PEER, &uri("a", pid), LIST);
    bench.register(OTHER, &uri("b", pid), "</3303/0>,</5/0>,</3303/1>");
    assert_eq!(links(&bench, "b"), ["/3303/0", "/5/0", "/3303/1", "/1/0", "/3/0"]);
    // What is the profile's does not change by it.
    bench.register(OTHER, &uri("c", pid), "");
    assert_eq!(links(&bench, "c"), ["/1/0", "/3/0", "/3303/0v1.1"]);
    bench.finish();
}

#[test]
fn several_profiles_in_a_quoted_list() {
    let mut bench = Bench::new();
    bench.command(|s, _| s.set_profile("oma:a", "</3/0>")).unwrap();
    bench.command(|s, _| s.set_profile("v:b", "</3/0>,</4/0>")).unwrap();
    for list in ["\"oma:a,v:b\"", "\"oma:a v:b\"", "oma:a,v:b"] {
        bench.register(PEER, &uri("a", list), "");
        assert_eq!(links(&bench, "a"), ["/3/0", "/4/0"], "{list}");
    }
    // One of them is not known.
    let unknown = uri("a", "\"oma:a,6:00\"");
    assert_eq!(bench.ask(PEER, Ask::post(&unknown, "")).code, Code::CONFLICT);
    bench.register(PEER, &unknown, "</5/0>");
    assert_eq!(links(&bench, "a"), ["/5/0", "/3/0"]);
    // It cannot be told which part of the list is the unknown one's.
    assert_eq!(bench.ask(PEER, Ask::post(&unknown, "")).code, Code::CONFLICT);
}

#[test]
fn profiles_in_updates() {
    let mut bench = Bench::new();
    let location = bench.register(PEER, "/rd?ep=a&lt=600&lwm2m=1.2", "</3/0>");
    bench.command(|s, _| s.set_profile("6:aa", "</3/0>,</3303/0>")).unwrap();
    bench.events();
    let update = |pid: &str| format!("{location}?pid={pid}");
    assert_eq!(bench.ask(PEER, Ask::post(&update("6:bb"), "")).code, Code::CONFLICT);
    assert_eq!(bench.ask(PEER, Ask::post(&update("6:aa"), "")).code, Code::CHANGED);
    let events = bench.events();
    let [Event::Updated { changes, .. }] = events[..] else { panic!("{events:?}") };
    assert!(changes.contains(Changes::LINKS) && changes.contains(Changes::PARAMETERS));
    assert_eq!(links(&bench, "a"), ["/3/0", "/3303/0"]);
    assert_eq!(bench.ask(PEER, Ask::post(&update("6:bb"), "</5/0>")).code, Code::CHANGED);
    assert_eq!(links(&bench, "a"), ["/5/0"]);
    bench.finish();
}

/// What somebody says that nobody vouches for is not believed of a client with a security session.
#[test]
fn a_list_that_anybody_told_does_not_count_for_who_is_known() {
    let mut bench = Bench::new();
    bench.register(OTHER, &uri("liar", "6:aa"), "</666/0>");
    bench.command(|s, _| s.identify(PEER, Some("a"))).unwrap();
    assert_eq!(bench.ask(PEER, Ask::post(&uri("a", "6:aa"), "")).code, Code::CONFLICT);
    bench.register(PEER, &uri("a", "6:aa"), "</3/0>");
    assert_eq!(links(&bench, "a"), ["/3/0"]);
    // From now on it is the true list, for all.
    bench.register(OTHER, &uri("b", "6:aa"), "");
    assert_eq!(links(&bench, "b"), ["/3/0"]);
    bench.register(OTHER, &uri("liar", "6:aa"), "</666/0>");
    bench.register(OTHER, &uri("b", "6:aa"), "");
    assert_eq!(links(&bench, "b"), ["/3/0"]);
}

#[test]
fn profiles_are_bounded_and_can_be_forgotten() {
    let limits = Limits { profiles: 2, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    for n in 0..4 {
        bench.register(PeerId(n), &uri(&format!("a{n}"), &format!("6:{n:08}")), "</3/0>");
    }
    assert_eq!(bench.engine().profiles().count(), 2);
    assert_eq!(bench.ask(PEER, Ask::post(&uri("b", "6:00000003"), "")).code, Code::CONFLICT);
    assert_eq!(bench.command(|s, _| s.set_profile("oma:x", "</3/0>")), Err(UsageError::Full));
    assert_eq!(bench.command(|s, _| s.remove_profile("6:00000000")), Ok(()));
    assert_eq!(bench.command(|s, _| s.remove_profile("6:00000000")), Err(UsageError::UnknownId));
    assert_eq!(bench.command(|s, _| s.set_profile("oma:x", "</3/0>")), Ok(()));
    assert_eq!(bench.command(|s, _| s.set_profile("oma:x", "</4/0>")), Ok(()));
    bench.register(PEER, &uri("b", "oma:x"), "");
    assert_eq!(links(&bench, "b"), ["/4/0"]);
    for (pid, links) in [("", "</3/0>"), ("a,b", "</3/0>"), ("a", "<"), ("\"a\"", "")] {
        let result = bench.command(move |s, _| s.set_profile(pid, links));
        assert_eq!(result, Err(UsageError::Syntax), "{pid} {links}");
    }
    let long = "x".repeat(256);
    let result = bench.command(move |s, _| s.set_profile(&long, "</3/0>"));
    assert_eq!(result, Err(UsageError::TooLong));
    for (query, code) in [("pid=", Code::CREATED), ("pid=\"\"", Code::CONFLICT)] {
        let uri = format!("/rd?ep=c&lt=600&lwm2m=1.2&{query}");
        let list = if code == Code::CREATED { "</3/0>" } else { "" };
        assert_eq!(bench.ask(PEER, Ask::post(&uri, list)).code, code, "{query}");
    }
    let twice = "/rd?ep=c&lt=600&lwm2m=1.2&pid=6:aa&pid=6:bb";
    assert_eq!(bench.ask(PEER, Ask::post(twice, "</3/0>")).code, Code::BAD_REQUEST);
}
