//! `m2m onem2m`: the CSE and its client over real sockets.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::cse::{Cse, Folder, Http, ask, must};
use common::{Running, parse, run, stdout, text};
use serde_json::{Value, json};
use std::time::Instant;

/// Without what differs between two runs of the same scenario.
fn normal(mut tree: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["ct", "lt", "et", "ri", "pi", "sur"] {
                    members.remove(name);
                }
                members.values_mut().for_each(walk);
            }
            Value::Array(list) => list.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut tree);
    tree
}

/// Registers, makes, changes, finds and deletes; gives the tree that is there before the end.
fn scenario(cse: &str, format: &str) -> Value {
    let format: &[&str] = &["--format", format];
    fn with_all<'a>(format: &[&'a str], arguments: &[&'a str]) -> Vec<&'a str> {
        [format, &["--from", "CThermo"], arguments].concat()
    }
    let do_it = |verb: &str, arguments: &[&str]| must(cse, verb, &with_all(format, arguments));
    let ae = ["cse-in", "--type", "ae", "-n", "thermo", "-a", "api=Nthermo", "-a", "rr=true"];
    let made = do_it("create", &[&ae[..], &["-a", "srv=3,4"]].concat());
    assert_eq!(made["m2m:ae"]["aei"], "CThermo");
    let labels = ["-a", "lbl=kind:temp,room 4 °C", "-a", "mni=3"];
    let cnt = ["cse-in/thermo", "--type", "cnt", "-n", "data"];
    do_it("create", &[&cnt[..], &labels].concat());
    for n in 1..=4 {
        let (name, con) = (format!("v{n}"), format!("con={n}.5"));
        let cin = ["cse-in/thermo/data", "--type", "cin", "-n", &name, "-a", &con];
        do_it("create", &cin);
    }
    let content = "{\"m2m:cnt\":{\"rn\":\"sub\",\"lbl\":[\"\\\"quoted\\\"\"]}}";
    do_it("create", &["/id-in/cse-in/thermo/data", "--type", "cnt", "-c", content]);
    let latest = do_it("get", &["cse-in/thermo/data/la", "-a", "con"]);
    assert_eq!(latest, json!({"m2m:cin": {"con": 4.5}}));
    assert_eq!(do_it("get", &["cse-in/thermo/data/ol"])["m2m:cin"]["rn"], "v2", "mni is 3");
    let found = do_it("discover", &["cse-in", "--type", "cin", "--limit", "2"]);
    assert_eq!(found["m2m:uril"].as_array().unwrap().len(), 2);
    let found = do_it("discover", &["cse-in", "--label", "kind:temp"]);
    assert_eq!(found, json!({"m2m:uril": ["cse-in/thermo/data"]}));
    let changed = do_it("update", &["cse-in/thermo/data", "-a", "mni=2", "--rcn", "9"]);
    assert_eq!(changed["m2m:cnt"]["mni"], 2);
    let gone = do_it("update", &["cse-in/thermo/data", "-a", "lbl=null"]);
    assert!(gone["m2m:cnt"].get("lbl").is_none(), "{gone}");
    let refused = ask(cse, "get", &with_all(format, &["cse-in/thermo/nothing"]));
    assert_eq!(refused, (4, Value::Null));
    let conflict = with_all(format, &["cse-in/thermo", "--type", "cnt", "-n", "data"]);
    assert_eq!(ask(cse, "create", &conflict).0, 4);
    let tree = do_it("get", &["cse-in/thermo", "--rcn", "4"]);
    do_it("delete", &["cse-in/thermo"]);
    assert_eq!(ask(cse, "get", &with_all(format, &["cse-in/thermo"])).0, 4);
    normal(tree)
}

/// MQTT, for which a broker is needed, is in interop/tests/onem2m_cse.rs.
#[test]
fn each_binding_leaves_the_same_tree() {
    let cse = Cse::start("memory", &[]);
    let mut first = None;
    for scheme in ["http", "coap", "ws"] {
        for format in ["json", "cbor", "xml"] {
            let tree = scenario(&cse.uri(scheme), format);
            assert_eq!(first.get_or_insert(tree.clone()), &tree, "{scheme} {format}");
        }
    }
    assert_eq!(first.unwrap()["m2m:ae"]["m2m:cnt"][0]["cni"], 2);
    cse.stop();
}

#[test]
fn what_was_kept_is_there_again() {
    let folder = Folder::new("restart");
    let store = folder.file("deep/down/cse.redb");
    let cse = Cse::start(&store, &[]);
    assert_eq!(cse.resources, 1);
    let uri = cse.uri("http");
    let from = ["--from", "CThermo"];
    let create = |to: &str, more: &[&str]| {
        must(&uri, "create", &[&[to][..], &from, more].concat());
    };
    create(
        "cse-in",
        &["--type", "ae", "-n", "thermo", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"],
    );
    create("cse-in/thermo", &["--type", "cnt", "-n", "data", "-a", "mni=2"]);
    for con in ["con=1", "con={\"a\":[1,2.50]}", "con=three"] {
        create("cse-in/thermo/data", &["--type", "cin", "-a", con]);
    }
    let rule = "pv={\"acr\":[{\"acor\":[\"CPanel\"],\"acop\":2}]}";
    let own = "pvs={\"acr\":[{\"acor\":[\"CThermo\"],\"acop\":63}]}";
    create("cse-in/thermo", &["--type", "acp", "-n", "rights", "-a", rule, "-a", own]);
    let tree = |uri: &str| must(uri, "get", &["cse-in/thermo", "--rcn", "4"]);
    let before = tree(&uri);
    assert_eq!(before["m2m:ae"]["m2m:cnt"][0]["m2m:cin"].as_array().unwrap().len(), 2);
    cse.stop();
    let cse = Cse::start(&store, &[]);
    assert_eq!((cse.resources, tree(&cse.uri("http"))), (6, before.clone()));
    cse.process.signal("KILL");
    let (_, code, _) = cse.process.end();
    assert_eq!(code, None);
    let cse = Cse::start(&store, &[]);
    assert_eq!(tree(&cse.uri("http")), before);
    cse.stop();
}

#[test]
fn notifications_come_over_each_binding() {
    let cse = Cse::start("memory", &[]);
    let http = cse.uri("http");
    let from = ["--from", "CThermo"];
    let ae = ["--type", "ae", "-n", "thermo", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"];
    must(&http, "create", &[&["cse-in"][..], &from, &ae].concat());
    let cnt = ["cse-in/thermo", "--type", "cnt", "-n", "data"];
    must(&http, "create", &[&cnt[..], &from].concat());
    for scheme in ["http", "coap", "ws"] {
        let mut command = common::m2m(&["onem2m", "subscribe", "cse-in/thermo/data", "--json"]);
        command.args(["--cse", &cse.uri(scheme), "--from", "CThermo", "--count", "2"]);
        command.stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut lines = std::io::BufRead::lines(out).map(|line| line.unwrap());
        let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap()).unwrap();
        let subscription = next()["subscription"].as_str().unwrap().to_owned();
        must(&http, "get", &[&subscription]);
        for con in [1, 2] {
            let con = format!("con={con}");
            let cin = ["cse-in/thermo/data", "--type", "cin", "-a", &con];
            must(&http, "create", &[&cin[..], &from].concat());
        }
        for con in [1, 2] {
            let sign = &next()["m2m:sgn"];
            assert_eq!(sign["nev"]["rep"]["m2m:cin"]["con"], con, "{scheme}: {sign}");
            assert_eq!(sign["nev"]["net"], 3, "{sign}");
        }
        assert!(child.wait().unwrap().success());
        // It takes its subscription away.
        assert_eq!(ask(&http, "get", &[&subscription]).0, 4, "{scheme}");
    }
    cse.stop();
}

#[test]
fn demo_shows_every_step_and_ends_by_itself() {
    let begun = Instant::now();
    let out = stdout(&run(&["onem2m", "demo", "--json"]));
    assert!(begun.elapsed() < common::LONG, "{:?}", begun.elapsed());
    let events: Vec<Value> = out.lines().map(parse).collect();
    let names: Vec<&str> = events.iter().map(|event| text(event, "event")).collect();
    let count = |name: &str| names.iter().filter(|event| **event == name).count();
    for (name, times) in [
        ("listening", 2),
        ("ready", 1),
        ("registered", 2),
        ("created", 3),
        ("subscribed", 2),
        ("measured", 4),
        ("notified", 5),
        ("discovered", 1),
        ("retrieved", 2),
        ("refused", 1),
        ("set", 1),
        ("updated", 1),
        ("deregistered", 2),
        ("summary", 1),
    ] {
        assert_eq!(count(name), times, "{name} in {names:?}");
    }
    let bindings: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "registered")
        .map(|event| text(event, "binding"))
        .collect();
    assert_eq!(bindings, ["coap", "http"]);
    let words = stdout(&run(&["onem2m", "demo"]));
    assert!(words.contains("panel      is told      22.4 Cel"), "{words}");
    assert!(!words.contains('\x1b'));
}

#[test]
fn counters_are_told_to_prometheus() {
    let cse = Cse::start("memory", &["--metrics", "127.0.0.1:0"]);
    for _ in 0..3 {
        must(&cse.uri("coap"), "get", &["cse-in"]);
    }
    let mut http = Http::connect(cse.http());
    http.send(b"GET /metrics HTTP/1.1\r\nHost: cse\r\n\r\n").unwrap();
    let (status, head, body) = http.receive().unwrap();
    let text = String::from_utf8(body).unwrap();
    assert!(status == 200 && head.contains("text/plain; version=0.0.4"), "{head}");
    for line in [
        "m2m_cse_requests_total{binding=\"coap\",operation=\"retrieve\"} 3",
        "m2m_cse_responses_total{class=\"2xxx\"} 3",
        "m2m_cse_resources 1",
        "m2m_cse_connections{binding=\"http\"} 1",
        "# TYPE m2m_cse_store_transactions_total counter",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    cse.stop();
}

#[test]
fn options_from_a_file() {
    let folder = Folder::new("config");
    let file = folder.file("cse.toml");
    let text = "http = \"127.0.0.1:0\"\nstore = \"memory\"\ncse-id = \"/id-mn\"\ncse-type = \"MN\"\n\
        cse-name = \"gateway\"\nadmin = \"Cboss\"\nregister = [\"CX*\"]\n";
    std::fs::write(&file, text).unwrap();
    let line = ["onem2m", "cse", "--json", "--config", &file, "--cse-name", "gw"];
    let cse = Running::start(&line);
    let uri = text_of(&cse.until("listening"), "uri");
    cse.until("ready");
    let base = must(&uri, "get", &["/id-mn/gw", "--from", "Cboss"]);
    assert_eq!((&base["m2m:cb"]["csi"], &base["m2m:cb"]["cst"]), (&json!("/id-mn"), &json!(2)));
    assert_eq!(base["m2m:cb"]["poa"], json!([uri]));
    let ae = ["gw", "--type", "ae", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3", "--from"];
    assert_eq!(ask(&uri, "create", &[&ae[..], &["Cnot"]].concat()).0, 4);
    must(&uri, "create", &[&ae[..], &["CXyz"]].concat());
    cse.signal("INT");
    assert_eq!(cse.end().1, Some(0));
}

fn text_of(event: &Value, name: &str) -> String {
    text(event, name).to_owned()
}
