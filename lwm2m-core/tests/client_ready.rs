//! What the client does by itself behind objects 3 and 7, and values that the application is asked
//! for when they are read.
#![cfg(all(feature = "ready-made", feature = "values-on-read"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F, MessageType};
use lwm2m_core::client::{Client, Config, Event, UsageError};
use lwm2m_core::{ObjectDefinition, Value, object};
use m2m_base::{Instant, UnixTime};

static OBJECTS: [&ObjectDefinition<'static>; 3] =
    [&object::TEMPERATURE, &object::CONNECTIVITY_STATISTICS, &object::LOCATION];

fn bench() -> Bench {
    let mut client = new_client(&Config { objects: &OBJECTS, ..config() });
    client.add_instance(Instant::ZERO, path("/7/0")).unwrap();
    client.add_instance(Instant::ZERO, path("/6/0")).unwrap();
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "5a3f");
    b.events();
    b
}

fn read(b: &mut Bench, uri: &str) -> String {
    let answer = b.ask(Ask::read(uri, F::TEXT));
    assert_eq!(answer.code, Code::CONTENT, "{uri}");
    answer.text()
}

fn errors(b: &Bench) -> Vec<(u16, i64)> {
    let list = b.engine().paths(path("/3/0/11")).skip(1);
    list.map(|at| match b.engine().get(at) {
        Some(Value::Integer(n)) => (at.resource_instance_id().unwrap(), n),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn object_3_errors_come_go_and_are_reset() {
    let mut b = bench();
    b.client.command(b.now, |c, now| c.add_resource(now, path("/3/0/12"))).unwrap();
    let add = |b: &mut Bench, n| b.client.command(b.now, move |c, now| c.add_error(now, n));
    let clear = |b: &mut Bench, n| b.client.command(b.now, move |c, now| c.clear_error(now, n));
    assert_eq!(errors(&b), [(0, 0)]);
    assert_eq!(add(&mut b, 0), Err(UsageError::OutOfRange));
    assert_eq!(add(&mut b, 33), Err(UsageError::OutOfRange));
    for n in [1, 5, 5, 7] {
        assert_eq!(add(&mut b, n), Ok(()));
    }
    assert_eq!(errors(&b), [(0, 1), (1, 5), (2, 7)]);
    clear(&mut b, 5);
    clear(&mut b, 9);
    assert_eq!(errors(&b), [(0, 1), (2, 7)]);
    add(&mut b, 2).unwrap();
    assert_eq!(errors(&b), [(0, 1), (1, 2), (2, 7)]);
    for n in [1, 2, 7] {
        clear(&mut b, n);
    }
    assert_eq!(errors(&b), [(0, 0)]);
    add(&mut b, 3).unwrap();
    add(&mut b, 4).unwrap();
    b.ask(Ask { accept: Some(F::SENML_JSON), ..Ask::observe("/3/0/11", b"e") });
    assert_eq!(b.ask(Ask::execute("/3/0/12")).code, Code::CHANGED);
    assert_eq!(errors(&b), [(0, 0)]);
    assert_eq!(b.only(PEER).text(), r#"[{"bn":"/3/0/11/","n":"0","v":0}]"#);
}

#[test]
fn object_3_current_time_goes_on() {
    let mut b = bench();
    b.set("/3/0/13", Value::Time(5));
    b.pass_secs(10);
    assert_eq!(read(&mut b, "/3/0/13"), "5", "a time that the application sets, and no clock");
    let set = |b: &mut Bench, s| {
        let time = UnixTime::from_secs(s);
        b.client.command(b.now, move |c, now| c.set_wall_clock(now, time));
    };
    set(&mut b, 1_000);
    b.pass_secs(10);
    assert_eq!(read(&mut b, "/3/0/13"), "1010");
    // That time passes is nothing new.
    b.ask(Ask::observe("/3/0/13", b"t"));
    b.pass_secs(100);
    assert!(b.is_silent());
    // A server sets it.
    assert_eq!(b.ask(Ask::write("/3/0/13", "5000")).code, Code::CHANGED);
    let told = b.sent.pop().expect("a notification").1;
    assert_eq!(told.text(), "5000");
    b.acknowledge(PEER, &told);
    assert_eq!(b.events(), [Event::Written { server: SSID, path: path("/3/0/13") }]);
    b.pass_secs(7);
    assert_eq!(read(&mut b, "/3/0/13"), "5007");
    assert_eq!(b.engine().wall_clock(b.now), Some(UnixTime::from_secs(5_007)));
    set(&mut b, 9_000);
    b.settle();
    assert_eq!(b.sent.pop().unwrap().1.text(), "9000");
}

#[test]
fn object_7_counts_between_start_and_stop() {
    let mut b = bench();
    for id in [2, 3, 4, 5] {
        let at = lwm2m_core::Path::resource(7, 0, id);
        b.client.command(b.now, move |c, now| c.set(now, at, Value::Integer(0))).unwrap();
    }
    b.set("/7/0/1", Value::Integer(3));
    b.set("/3/0/0", Value::string("0123456789012345678901234567890123456789"));
    let values = |b: &mut Bench| {
        [1, 2, 3, 4, 5].map(|id| match b.engine().get(lwm2m_core::Path::resource(7, 0, id)) {
            Some(Value::Integer(n)) => n,
            other => panic!("{other:?}"),
        })
    };
    for _ in 0..100 {
        read(&mut b, "/3/0/0");
    }
    assert_eq!(values(&mut b), [3, 0, 0, 0, 0], "not started");
    assert_eq!(b.ask(Ask::execute("/7/0/6")).code, Code::CHANGED);
    // Requests of 13 bytes, answers of 46 or so.
    for _ in 0..100 {
        read(&mut b, "/3/0/0");
    }
    let [sms, tx, rx, longest, average] = values(&mut b);
    assert_eq!((sms, tx, rx), (0, 4, 1));
    assert!((45..=50).contains(&longest) && (25..=35).contains(&average), "{longest} {average}");
    assert_eq!(b.ask(Ask::execute("/7/0/7")).code, Code::CHANGED);
    let stopped = values(&mut b);
    for _ in 0..100 {
        read(&mut b, "/3/0/0");
    }
    assert_eq!(values(&mut b), stopped);
    // For a minute only.
    assert_eq!(b.ask(Ask::write("/7/0/8", "60")).code, Code::CHANGED);
    assert_eq!(b.ask(Ask::execute("/7/0/6")).code, Code::CHANGED);
    assert_eq!(values(&mut b)[..3], [0, 0, 0]);
    b.pass_secs(61);
    let stopped = values(&mut b);
    for _ in 0..100 {
        read(&mut b, "/3/0/0");
    }
    assert_eq!(values(&mut b), stopped);
}

/// A notification of what is counted is counted too: that must come to an end.
#[test]
fn object_7_observed_does_not_feed_itself() {
    let mut b = bench();
    b.set("/7/0/2", Value::Integer(0));
    b.ask(Ask::observe("/7/0/2", b"s"));
    b.ask(Ask::execute("/7/0/6"));
    let mut told = 0;
    for _ in 0..2000 {
        read(&mut b, "/3/0/0");
        b.settle();
        while let Some((peer, m)) = b.sent.pop() {
            told += 1;
            if m.message_type == MessageType::Confirmable {
                b.acknowledge(peer, &m);
            }
        }
    }
    assert!((40..60).contains(&told), "{told}");
}

fn ask_for(b: &mut Bench, at: &'static str) -> Result<(), UsageError> {
    b.client.command(b.now, move |c, now| c.ask_when_read(now, path(at)))
}

fn tell(b: &mut Bench, at: &'static str, value: Result<Value<'static>, Code>) {
    let tell = move |c: &mut Client, now| c.answer_value(now, path(at), value);
    assert_eq!(b.client.command(b.now, tell), Ok(()));
    b.settle();
}

const ASKED: [Event; 0] = [];

#[test]
fn values_are_asked_for_when_they_are_read() {
    let mut b = bench();
    ask_for(&mut b, "/6/0/0").unwrap();
    ask_for(&mut b, "/6/0/1").unwrap();
    assert_eq!(ask_for(&mut b, "/6/0/0"), Err(UsageError::Exists));
    assert_eq!(ask_for(&mut b, "/6/1/0"), Err(UsageError::UnknownPath));
    assert_eq!(ask_for(&mut b, "/3/0/4"), Err(UsageError::UnknownPath));
    assert_eq!(ask_for(&mut b, "/9/0/0"), Err(UsageError::UnknownObject));
    b.set("/6/0/5", Value::Time(1));
    let wanted = |at| Event::ValueWanted { path: path(at) };
    // At once: the answer goes in the acknowledgement.
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    assert_eq!(b.events(), [wanted("/6/0/0")]);
    assert!(b.answer_to(PEER, id).is_none());
    tell(&mut b, "/6/0/0", Ok(Value::Float(48.5)));
    assert_eq!(b.answer_to(PEER, id).unwrap().text(), "48.5");
    // Later: in a response of its own; and with what it is part of.
    let id = b.send(PEER, Ask::read("/6/0", F::SENML_JSON));
    assert_eq!(b.events(), [wanted("/6/0/0"), wanted("/6/0/1")]);
    b.pass_secs(5);
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::EMPTY);
    tell(&mut b, "/6/0/1", Ok(Value::Float(9.25)));
    assert!(b.is_silent());
    tell(&mut b, "/6/0/0", Ok(Value::Float(48.75)));
    let answer = b.only(PEER);
    assert_eq!((answer.code, answer.message_type), (Code::CONTENT, MessageType::Confirmable));
    let text = answer.text();
    assert!(text.contains("48.75") && text.contains("9.25") && text.contains("/6/0/"), "{text}");
    b.acknowledge(PEER, &answer);
    // What is not asked for is read as ever.
    assert_eq!(read(&mut b, "/6/0/5"), "1");
    assert_eq!(b.events(), ASKED);
    // Two reads of the same ask once.
    let first = b.send(PEER, Ask { token: b"1", ..Ask::read("/6/0/0", F::TEXT) });
    assert_eq!(b.events(), [wanted("/6/0/0")]);
    let second = b.send(PEER, Ask { token: b"2", ..Ask::read("/6/0/0", F::TEXT) });
    assert_eq!(b.events(), ASKED);
    tell(&mut b, "/6/0/0", Ok(Value::Float(1.5)));
    for id in [first, second] {
        assert_eq!(b.answer_to(PEER, id).unwrap().text(), "1.5");
    }
    // Observed: asked for the first time, told by notifications from then on.
    let id = b.send(PEER, Ask::observe("/6/0/0", b"o"));
    assert_eq!(b.events(), [wanted("/6/0/0")]);
    tell(&mut b, "/6/0/0", Ok(Value::Float(2.5)));
    let answer = b.answer_to(PEER, id).unwrap();
    assert_eq!((answer.text(), answer.observe().is_some()), ("2.5".into(), true));
    b.set("/6/0/0", Value::Float(3.5));
    assert_eq!(b.only(PEER).text(), "3.5");
    // Discover asks too, and shows what has no value yet.
    let id = b.send(PEER, Ask::discover("/6/0"));
    assert_eq!(b.events().len(), 2);
    tell(&mut b, "/6/0/0", Ok(Value::Float(3.5)));
    tell(&mut b, "/6/0/1", Ok(Value::Float(9.25)));
    assert!(b.answer_to(PEER, id).unwrap().text().contains("</6/0/1>"));
}

#[test]
fn core_5_1_2_epmax_has_observed_values_asked_for() {
    let mut b = bench();
    ask_for(&mut b, "/6/0/0").unwrap();
    let wanted = [Event::ValueWanted { path: path("/6/0/0") }];
    let attach = |b: &mut Bench, query: &str| {
        let answer = b.ask(Ask::new(Code::PUT, &format!("/6/0/0?{query}")));
        assert_eq!(answer.code, Code::CHANGED, "{query}");
    };
    attach(&mut b, "epmax=10&gt=50");
    // Nobody observes it yet.
    b.pass_secs(100);
    assert_eq!(b.events(), ASKED);
    let id = b.send(PEER, Ask::observe("/6/0/0", b"o"));
    assert_eq!(b.events(), wanted);
    tell(&mut b, "/6/0/0", Ok(Value::Float(48.0)));
    assert_eq!(b.answer_to(PEER, id).unwrap().text(), "48");
    // Ten seconds after it was told last; not worth a notification.
    b.pass_secs(9);
    assert_eq!(b.events(), ASKED);
    b.pass_secs(1);
    assert_eq!(b.events(), wanted);
    b.pass_secs(4);
    tell(&mut b, "/6/0/0", Ok(Value::Float(49.0)));
    assert!(b.is_silent());
    // What the application sets by itself is no answer, but saves none either.
    b.set("/6/0/0", Value::Float(49.5));
    b.pass_secs(10);
    assert_eq!(b.events(), wanted);
    tell(&mut b, "/6/0/0", Ok(Value::Float(51.0)));
    let told = b.only(PEER);
    assert_eq!(told.text(), "51");
    b.acknowledge(PEER, &told);
    // Not answered: asked again after as long; a read waits for the same answer.
    b.pass_secs(10);
    assert_eq!(b.events(), wanted);
    b.pass_secs(10);
    assert_eq!(b.events(), wanted);
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    assert_eq!(b.events(), ASKED);
    tell(&mut b, "/6/0/0", Ok(Value::Float(52.0)));
    assert_eq!(b.answer_to(PEER, id).unwrap().text(), "52");
    // Of two that observe it the shorter counts; what is attached below what is observed does not.
    let id = b.send(PEER, Ask { accept: Some(F::SENML_JSON), ..Ask::observe("/6/0", b"p") });
    assert_eq!(b.events(), wanted);
    tell(&mut b, "/6/0/0", Ok(Value::Float(52.0)));
    assert!(b.answer_to(PEER, id).unwrap().observe().is_some());
    assert_eq!(b.ask(Ask::new(Code::PUT, "/6/0?epmax=3")).code, Code::CHANGED);
    b.pass_secs(3);
    assert_eq!(b.events(), wanted);
    tell(&mut b, "/6/0/0", Err(Code::SERVICE_UNAVAILABLE));
    // No longer observed, no longer asked for.
    for (uri, token, format) in [("/6/0", b"p", F::SENML_JSON), ("/6/0/0", b"o", F::TEXT)] {
        let ask = Ask { accept: Some(format), observe: Some(1), ..Ask::observe(uri, token) };
        let id = b.send(PEER, ask);
        for _ in b.events() {
            tell(&mut b, "/6/0/0", Ok(Value::Float(52.0)));
        }
        assert!(b.answer_to(PEER, id).is_some());
    }
    b.pass_secs(100);
    assert_eq!(b.events(), ASKED);
}

#[cfg(feature = "composite")]
#[test]
fn a_composite_read_asks_for_what_it_lists() {
    let mut b = bench();
    ask_for(&mut b, "/6/0/0").unwrap();
    ask_for(&mut b, "/6/0/1").unwrap();
    b.set("/6/0/5", Value::Time(1));
    let read = |list| Ask {
        accept: Some(F::SENML_JSON),
        ..Ask::send(Code::FETCH, "/", F::SENML_JSON, list)
    };
    let id = b.send(PEER, read(br#"[{"n":"/6/0/1"},{"n":"/6/0/5"}]"#));
    assert_eq!(b.events(), [Event::ValueWanted { path: path("/6/0/1") }]);
    tell(&mut b, "/6/0/1", Ok(Value::Float(9.25)));
    let text = b.answer_to(PEER, id).unwrap().text();
    assert!(text.contains("9.25") && text.contains("\"v\":1}"), "{text}");
    let id = b.send(PEER, read(br#"[{"n":"/6"},{"n":"/6/0/1"}]"#));
    assert_eq!(b.events().len(), 2);
    tell(&mut b, "/6/0/1", Ok(Value::Float(9.5)));
    assert!(b.answer_to(PEER, id).is_none());
    tell(&mut b, "/6/0/0", Ok(Value::Float(48.5)));
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::CONTENT);
    let id = b.send(PEER, read(br#"[{"n":"/6/0/5"}]"#));
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::CONTENT);
}

#[test]
fn values_that_nobody_knows() {
    let mut b = bench();
    ask_for(&mut b, "/6/0/0").unwrap();
    b.set("/6/0/5", Value::Time(1));
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    let gone = Err(Code::SERVICE_UNAVAILABLE);
    tell(&mut b, "/6/0/0", gone);
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::SERVICE_UNAVAILABLE);
    // The rest of the instance is there all the same.
    let id = b.send(PEER, Ask::read("/6/0", F::SENML_JSON));
    tell(&mut b, "/6/0/0", gone);
    let text = b.answer_to(PEER, id).unwrap().text();
    assert_eq!(text, r#"[{"bn":"/6/0/","n":"5","v":1}]"#);
    // A wrong value is the application's mistake; it is waited for still.
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    let wrong = |c: &mut Client, now| c.answer_value(now, path("/6/0/0"), Ok(Value::Boolean(true)));
    assert_eq!(b.client.command(b.now, wrong), Err(UsageError::WrongType));
    let wrong = |c: &mut Client, now| c.answer_value(now, path("/6/0/0"), Err(Code::CONTENT));
    assert_eq!(b.client.command(b.now, wrong), Err(UsageError::Invalid));
    assert!(b.answer_to(PEER, id).is_none());
    // A minute without an answer.
    b.pass_secs(59);
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::EMPTY);
    assert!(b.is_silent());
    b.pass_secs(1);
    let answer = b.only(PEER);
    assert_eq!(answer.code, Code::SERVICE_UNAVAILABLE);
    b.acknowledge(PEER, &answer);
    // Late, it is just a value.
    tell(&mut b, "/6/0/0", Ok(Value::Float(4.5)));
    assert!(b.is_silent());
    b.events();
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    assert_eq!(b.events(), [Event::ValueWanted { path: path("/6/0/0") }]);
    tell(&mut b, "/6/0/0", Ok(Value::Float(5.5)));
    assert_eq!(b.answer_to(PEER, id).unwrap().text(), "5.5");
}

/// However many reads wait, no more than there is room for; the others are answered all the same.
#[test]
fn a_hostile_server_reads_what_is_asked_for() {
    let mut b = bench();
    ask_for(&mut b, "/6/0/0").unwrap();
    b.set("/6/0/0", Value::Float(0.5));
    let before = b.engine().reserved_bytes();
    let mut last = 0;
    for n in 0..50u8 {
        last = b.send(PEER, Ask { token: &[n], ..Ask::read("/6/0/0", F::TEXT) });
    }
    assert!(b.answer_to(PEER, last).is_some());
    assert_eq!(b.engine().reserved_bytes(), before);
    b.events();
    tell(&mut b, "/6/0/0", Ok(Value::Float(1.5)));
    b.pass_secs(300);
    assert!(b.events().is_empty());
    let id = b.send(PEER, Ask::read("/6/0/0", F::TEXT));
    tell(&mut b, "/6/0/0", Ok(Value::Float(2.5)));
    assert_eq!(b.answer_to(PEER, id).unwrap().text(), "2.5");
}
