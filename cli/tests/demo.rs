//! `m2m demo` from start to end.
#![allow(clippy::disallowed_types, reason = "tests of a program run on real time")]

mod common;

use common::{Running, m2m, parse, run, stdout, text};
use serde_json::Value;
use std::process::Stdio;
use std::time::Instant;

#[test]
fn json_tells_all_seven_events_of_each_station_in_order() {
    let begun = Instant::now();
    let out = stdout(&run(&["demo", "--json", "--seed", "1"]));
    assert!(begun.elapsed() < common::LONG, "{:?}", begun.elapsed());
    let events: Vec<Value> = out.lines().map(parse).collect();
    assert_eq!(text(&events[0], "event"), "listening");
    let last = events.last().unwrap();
    assert_eq!(text(last, "event"), "summary");
    for (name, least) in [("messages", 100), ("bytes", 3000), ("notified", 9), ("registered", 4)] {
        assert!(last[name].as_u64().unwrap() >= least, "{name} in {last}");
    }
    for station in ["station-1", "station-2", "station-3"] {
        let own: Vec<&Value> =
            events.iter().filter(|e| e["endpoint"].as_str() == Some(station)).collect();
        let names: Vec<&str> = own.iter().map(|e| text(e, "event")).collect();
        assert_eq!(names[..2], ["registered", "discovered"], "{names:?}");
        assert_eq!(names[2..5], ["observed"; 3], "{names:?}");
        assert_eq!(names.last(), Some(&"deregistered"), "{names:?}");
        assert!(names.contains(&"notified"), "{names:?}");
        assert!(!names.contains(&"failed"), "{names:?}");
        for (path, unit) in
            [("/3303/0/5700", "Cel"), ("/3304/0/5700", "%RH"), ("/3315/0/5700", "hPa")]
        {
            for event in own.iter().filter(|e| e["path"] == path) {
                assert_eq!(event["unit"], unit);
                assert!(event["value"].is_f64(), "{event}");
            }
        }
    }
    let of = |event: &str| events.iter().filter(|e| e["event"] == event).collect::<Vec<_>>();
    let written = of("written");
    assert_eq!(
        (&written[0]["path"], &written[0]["value"]),
        (&"/3303/0/5750".into(), &"roof".into())
    );
    assert!(written.iter().chain(&of("executed")).all(|e| e["code"] == "2.04"));
    assert_eq!(of("executed").len(), 2);
    // A lifetime that was written makes the station update its registration.
    assert_eq!(of("updated")[0]["lifetime"], 120);
    // The third station reboots and comes back.
    let again: Vec<&str> = of("registered")
        .iter()
        .filter(|e| e["again"] == true)
        .map(|e| text(e, "endpoint"))
        .collect();
    assert_eq!(again, ["station-3"]);
    assert_eq!(of("deregistered").len(), 3);
}

#[test]
fn words_are_a_timeline_in_columns_without_colours_in_a_pipe() {
    let out = stdout(&run(&["demo"]));
    assert!(!out.contains('\x1b'));
    let (head, rest) = out.split_once("\n\n").unwrap();
    assert_eq!(head.lines().count(), 2);
    let (timeline, summary) = rest.split_once("\n\n").unwrap();
    let mut last = 0.0;
    for line in timeline.lines() {
        let time: f64 = line[..9].trim().parse().unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(time >= last, "{line}");
        last = time;
        // Three columns that are always at the same place.
        for column in [11, 22] {
            assert!(line.is_char_boundary(column) && &line[column - 1..column] == " ", "{line}");
            assert_ne!(&line[column..=column], " ", "{line}");
        }
    }
    assert!(timeline.lines().any(|l| {
        l.contains("station-2  reports") && l.contains("Temperature") && l.ends_with(" Cel")
    }));
    for word in ["message", "byte", "sent again"] {
        assert!(summary.contains(word), "{summary}");
    }
}

#[test]
fn verbose_shows_every_message_decoded() {
    let out = stdout(&run(&["demo", "-v", "--json"]));
    let events: Vec<Value> = out.lines().map(parse).collect();
    let messages: Vec<&Value> = events.iter().filter(|e| e["event"] == "message").collect();
    let last = events.last().unwrap();
    assert_eq!(messages.len() as u64, last["messages"].as_u64().unwrap());
    let bytes: u64 = messages.iter().map(|m| m["bytes"].as_u64().unwrap()).sum();
    assert_eq!(bytes, last["bytes"].as_u64().unwrap());
    for operation in [
        "Register",
        "Discover",
        "Read",
        "Observe",
        "Notify",
        "Write",
        "Execute",
        "Update",
        "De-register",
    ] {
        assert!(messages.iter().any(|m| m["operation"] == operation), "{operation}");
    }
    let reading = messages.iter().find(|m| m["operation"] == "Notify").unwrap();
    let path = text(reading, "path");
    assert!(text(reading, "payload").starts_with(&format!("{path} = ")), "{reading}");
}

#[test]
#[cfg(unix)]
fn interrupted_it_ends_properly() {
    let demo = Running::start(&["demo", "--json", "--stay"]);
    demo.until("notified");
    demo.signal("INT");
    let (rest, code, errors) = demo.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(rest.iter().filter(|e| e["event"] == "deregistered").count(), 3);
    assert_eq!(rest.last().unwrap()["event"], "summary");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child =
        m2m(&["demo", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
