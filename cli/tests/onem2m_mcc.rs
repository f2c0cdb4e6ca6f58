//! Two CSEs: one registers with the other, and requests go through both (reference point Mcc).
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests of programs"
)]

mod common;

use common::cse::{Cse, ask, must};
use common::text;

/// An MN-CSE that registers at an IN-CSE over each binding; each serves what the other has.
#[test]
fn requests_go_through_both() {
    for scheme in ["http", "coap", "ws"] {
        let infrastructure = Cse::start("memory", &[]);
        let registrar = infrastructure.uri(scheme);
        let more = ["--cse-type", "MN", "--registrar", &registrar];
        let middle = Cse::start("memory", &more);
        let event = middle.process.until("registrar");
        assert_eq!((text(&event, "cse"), event["registered"].as_bool()), ("/id-in", Some(true)));
        let (mn, inn) = (middle.uri("http"), infrastructure.uri("http"));
        let ae = ["--type", "ae", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"];
        let thermo = [&["cse-mn", "--from", "CThermo", "-n", "thermo"][..], &ae].concat();
        must(&mn, "create", &thermo);
        let data = ["cse-mn/thermo", "--from", "CThermo", "--type", "cnt", "-n", "data"];
        must(&mn, "create", &data);
        let right = "pv={\"acr\":[{\"acor\":[\"/id-in/CPanel\"],\"acop\":63}]}";
        let own = "pvs={\"acr\":[{\"acor\":[\"CThermo\"],\"acop\":63}]}";
        let acp = ["cse-mn/thermo", "--from", "CThermo", "--type", "acp", "-n", "r", "-a", right];
        let made = must(&mn, "create", &[&acp[..], &["-a", own]].concat());
        let acpi = format!("acpi={}", text(&made["m2m:acp"], "ri"));
        must(&mn, "update", &["cse-mn/thermo/data", "--from", "CThermo", "-a", &acpi]);
        let panel = [&["cse-in", "--from", "CPanel", "-n", "panel"][..], &ae].concat();
        must(&inn, "create", &panel);
        // The panel knows its own CSE only.
        let from = ["--from", "CPanel", "-t", "40"];
        let cin = ["/id-mn/cse-mn/thermo/data", "--type", "cin", "-a", "con=21.5"];
        must(&inn, "create", &[&cin[..], &from].concat());
        let latest = ["/id-mn/cse-mn/thermo/data/la", "-a", "con"];
        let read = must(&inn, "get", &[&latest[..], &from].concat());
        assert_eq!(read, serde_json::json!({"m2m:cin": {"con": 21.5}}), "over {scheme}");
        // What the other CSE refuses is refused, and what it does not have is not there.
        assert_eq!(ask(&inn, "get", &[&["/id-mn/cse-mn/thermo"][..], &from].concat()).0, 4);
        assert_ne!(ask(&inn, "get", &[&["/id-x/cse-x"][..], &from].concat()).0, 0);
        middle.stop();
        infrastructure.stop();
    }
}
