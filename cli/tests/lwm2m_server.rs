//! `m2m lwm2m server`: its API, and the commands that ask it.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of a program run on real sockets"
)]
#![cfg(unix)]

mod common;

use coap_core::Code;
use common::certificates::certificate;
use common::cse::{Folder, Http};
use common::device::Device;
use common::lwm2m::{Server, answer, ask, send};
use common::{Running, m2m, run, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A weather station that is registered as `garden`.
fn station(server: &Server) -> Running {
    let coap = server.uri("coap");
    let arguments =
        ["lwm2m", "client", "--server", &coap, "--endpoint", "garden", "--interval", "1", "--json"];
    let station = Running::start(&arguments);
    station.until("registered");
    station
}

#[test]
fn a_device_is_managed_by_commands() {
    let server = Server::start("memory", &[]);
    let _station = station(&server);
    assert_eq!(server.must(&["clients"])["endpoint"], "garden");
    assert_eq!(server.must(&["clients", "gar*"])["endpoint"], "garden");
    assert_eq!(server.must(&["clients", "x*"]), Value::Null);
    assert_eq!(server.must(&["clients", "garden"])["lifetime"], 300);
    assert_eq!(server.must(&["clients", "--object", "3303"])["endpoint"], "garden");
    let read = server.must(&["read", "garden", "/3/0/2"]);
    assert_eq!((&read["code"], &read["values"][0]["value"]), (&"2.05".into(), &"garden".into()));
    server.must(&["write", "garden", "/1/0/1=120"]);
    let read = server.must(&["read", "garden", "/1/0/1", "--format", "text"]);
    assert_eq!(
        (&read["values"][0]["value"], &read["format"]),
        (&120.into(), &"text/plain;charset=utf-8".into())
    );
    assert_eq!(server.must(&["execute", "garden", "/3303/0/5605"])["code"], "2.04");
    let links = server.must(&["discover", "garden", "/3303/0"]);
    let paths: Vec<&str> =
        links["links"].as_array().unwrap().iter().map(|link| text(link, "path")).collect();
    assert!(paths.contains(&"/3303/0/5700") && paths.contains(&"/3303/0/5605"), "{paths:?}");
    server.must(&["attributes", "garden", "/3303/0/5700", "pmin=1", "pmax=1"]);
    let links = server.must(&["discover", "garden", "/3303/0/5700"]);
    assert_eq!(links["links"][0]["attributes"], json!({"pmin": 1, "pmax": 1}));
    server.must(&["attributes", "garden", "/3303/0/5700", "pmin"]);
    let (code, lines, _) = server.verb(&["observe", "garden", "/3303/0/5700", "--count", "2"]);
    assert_eq!((code, lines.len()), (0, 3), "{lines:?}");
    assert!(lines[2]["values"][0]["value"].is_number(), "{lines:?}");
    // It was ended at the end.
    let (code, _, errors) = server.verb(&["cancel", "garden", "/3303/0/5700"]);
    assert_eq!(code, 4, "{errors}");
    for (arguments, code, words) in [
        (&["read", "garden", "/9999"][..], 4, "4.04"),
        (&["read", "nobody", "/3"], 4, "not registered"),
        (&["write", "garden", "/3/0/2=x"], 4, "4.05"),
        (&["write", "garden", "/1/0/1=x"], 2, "integer"),
        (&["write", "garden", "/1/0=x"], 2, "/1/0"),
        (&["read", "garden", "3"], 2, "/3303/0/5700"),
        (&["delete", "garden", "/3/0"], 4, "4.05"),
    ] {
        let (got, _, errors) = server.verb(arguments);
        assert_eq!(got, code, "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{errors}");
    }
    server.must(&["remove", "garden"]);
    assert_eq!(server.must(&["clients", "garden*"]), Value::Null);
    let (code, _, errors) = {
        let output = run(&["lwm2m", "clients", "--api", "http://127.0.0.1:9"]);
        (output.status.code().unwrap(), (), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(code, 3, "{errors}");
    server.stop();
}

#[test]
fn values_keep_their_types_on_the_way() {
    let server = Server::start("memory", &[]);
    let mut http = server.http();
    let model = json!({"id": 32769, "version": "1.0", "resources": [
        {"id": 0, "operations": "RW", "type": "unsigned"},
        {"id": 1, "operations": "RW", "type": "time"},
        {"id": 2, "operations": "RW", "type": "opaque"},
        {"id": 3, "operations": "RW", "type": "integer", "multiple": true}]});
    let (status, body) = ask(&mut http, "POST", "/api/models", &model.to_string());
    assert_eq!((status, &body["id"]), (201, &32769.into()));
    let mut device = Device::new(server.at("coap"));
    device.register("d", &[]).unwrap();
    for (path, sent, shown, ty) in [
        ("/32769/0/0", "18446744073709551615", json!(u64::MAX), "unsigned"),
        ("/32769/0/1", "0", json!("1970-01-01T00:00:00Z"), "time"),
        ("/32769/0/2", "AP8Q", json!("AP8Q"), "opaque"),
        ("/32769/0/3/7", "-9223372036854775808", json!(i64::MIN), "integer"),
        ("/32769/0/9", "21.50", json!("21.50"), "string"),
    ] {
        send(&mut http, "GET", &format!("/api/clients/d{path}"), "", "");
        let asked = device.asked().unwrap();
        assert_eq!((asked.code, asked.path.as_str()), (Code::GET, path));
        device.answer(&asked, Code::CONTENT, sent);
        let (status, body) = answer(&mut http).unwrap();
        assert_eq!(status, 200, "{body}");
        let item = &body["values"][0];
        assert_eq!(
            (&item["value"], &item["type"], &item["path"]),
            (&shown, &ty.into(), &path.into())
        );
        if ty == "string" {
            continue;
        }
        let body = json!({"value": shown}).to_string();
        let target = format!("/api/clients/d{path}?format=text");
        send(&mut http, "PUT", &target, "", &body);
        let asked = device.asked().unwrap();
        assert_eq!(
            (asked.code, String::from_utf8_lossy(&asked.payload).as_ref()),
            (Code::PUT, sent)
        );
        device.answer(&asked, Code::CHANGED, "");
        assert_eq!(answer(&mut http).unwrap().0, 200);
    }
    // Bytes in a content format of the caller's choice go as they are.
    let more = "Content-Type: text/plain\r\n";
    let request = format!(
        "PUT /api/clients/d/32769/0/9 HTTP/1.1\r\nHost: localhost\r\n{more}Content-Length: 2\r\n\r\nhi"
    );
    http.send(request.as_bytes()).unwrap();
    let asked = device.asked().unwrap();
    assert_eq!(asked.payload, b"hi");
    device.answer(&asked, Code::BAD_REQUEST, "no such thing");
    let (status, body) = answer(&mut http).unwrap();
    assert_eq!(
        (status, &body["code"], &body["diagnostic"]),
        (400, &"4.00".into(), &"no such thing".into())
    );
    for (target, body, words) in [
        ("/api/clients/d/32769/0/0", "{\"value\":-1}", "unsigned"),
        ("/api/clients/d/32769/0/2", "{\"value\":\"?\"}", "base64"),
        ("/api/clients/d/32769/0/1", "{\"value\":\"today\"}", "RFC 3339"),
        ("/api/clients/d/32769/0/1", "{\"value\":", "JSON"),
        ("/api/clients/d/32769/0/1", "{}", "value"),
        ("/api/clients/d/32769/0/1?timeout=-1", "{\"value\":1}", "timeout"),
        ("/api/clients/d/32769/0/1?format=x", "{\"value\":1}", "senml-cbor"),
    ] {
        let (status, body) = ask(&mut http, "PUT", target, body);
        assert_eq!(status, 400, "{body}");
        assert!(text(&body, "detail").contains(words), "{body}");
    }
    assert!(device.is_left_alone(Duration::from_millis(300)));
}

#[test]
fn a_request_has_one_outcome_in_time() {
    let server = Server::start("memory", &[]);
    let mut http = server.http();
    let mut device = Device::new(server.at("coap"));
    device.register("silent", &[]).unwrap();
    let begun = Instant::now();
    let (status, body) = ask(&mut http, "GET", "/api/clients/silent/3/0?timeout=0.5", "");
    assert_eq!((status, &body["failure"]), (504, &"timed_out".into()), "{body}");
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(400) && took < common::LONG, "{took:?}");
    // What comes later finds nobody: the next request gets its own answer.
    let late = device.asked().unwrap();
    device.answer(&late, Code::CONTENT, "late");
    send(&mut http, "GET", "/api/clients/silent/3/0/1", "", "");
    let asked = loop {
        let asked = device.asked().unwrap();
        if asked.path == "/3/0/1" {
            break asked;
        }
    };
    device.answer(&asked, Code::CONTENT, "own");
    let (status, body) = answer(&mut http).unwrap();
    assert_eq!((status, &body["values"][0]["value"]), (200, &"own".into()));
}

#[test]
fn what_waits_for_a_sleeper_is_sent_in_order_when_it_wakes_up() {
    let folder = Folder::new("lwm2m-queue");
    let store = folder.file("server.redb");
    let server = Server::start(&store, &[]);
    let mut http = server.http();
    let mut device = Device::new(server.at("coap"));
    let location = device.register("sleeper", &["b=U", "Q"]).unwrap();
    let client = "/api/clients/sleeper";
    let mut numbers = Vec::new();
    for value in 1..=3 {
        let body = format!("{{\"value\":{value}}}");
        let (status, body) = ask(&mut http, "PUT", &format!("{client}/1/0/1?wait=false"), &body);
        assert_eq!(status, 202);
        numbers.push(text(&body, "number").to_owned());
    }
    let (_, queue) = ask(&mut http, "GET", &format!("{client}/queue"), "");
    let all = queue["queue"].as_array().unwrap();
    let listed: Vec<&str> = all.iter().map(|one| text(one, "number")).collect();
    assert_eq!(listed, numbers);
    assert_eq!((&all[0]["state"], &all[1]["state"]), (&"sent".into(), &"waiting".into()));
    let (status, _) = ask(&mut http, "DELETE", &format!("{client}/queue/{}", numbers[1]), "");
    assert_eq!(status, 204);
    let (status, _) = ask(&mut http, "DELETE", &format!("{client}/queue/{}", numbers[1]), "");
    assert_eq!(status, 404);
    let first = device.asked().unwrap();
    // It ends while the device sleeps, and comes back elsewhere.
    server.process.signal("KILL");
    drop(server);
    let server = Server::start(&store, &[]);
    assert_eq!(server.registrations, 1);
    let mut device = Device::new(server.at("coap"));
    assert_eq!(device.ask(Code::POST, &location, &[], "").unwrap().code, Code::CHANGED);
    for payload in [first.payload, Vec::new()] {
        let asked = device.asked().unwrap();
        assert_eq!((asked.code, asked.path.as_str()), (Code::PUT, "/1/0/1"));
        assert!(payload.is_empty() || asked.payload == payload);
        device.answer(&asked, Code::CHANGED, "");
    }
    let mut http = server.http();
    let until = Instant::now() + common::LONG;
    loop {
        let (_, queue) = ask(&mut http, "GET", &format!("{client}/queue"), "");
        if queue["queue"] == json!([]) {
            break;
        }
        assert!(Instant::now() < until, "{queue}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let (code, lines, _) = {
        let output = m2m(&["lwm2m", "clients", "sleeper", "--json", "--api", &server.uri("http")]);
        let mut output = output;
        let output = output.output().unwrap();
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), line, ())
    };
    assert_eq!((code, &lines["queue_mode"]), (Some(0), &true.into()));
    server.stop();
}

/// Listens to the events of a server from now on.
fn listen(server: &Server, more: &str) -> Http {
    let mut http = server.http();
    send(&mut http, "GET", "/api/events", more, "");
    while !http.line().unwrap().starts_with("retry:") {}
    http
}

/// Reads events until one of this name; gives its number and its data.
fn event(http: &mut Http, name: &str) -> (String, Value) {
    let (mut id, mut found) = (String::new(), false);
    loop {
        let line = http.line().unwrap();
        if let Some(text) = line.strip_prefix("id: ") {
            text.clone_into(&mut id);
        } else if let Some(text) = line.strip_prefix("event: ") {
            found = text == name;
        } else if let Some(text) = line.strip_prefix("data: ").filter(|_| found) {
            return (id, serde_json::from_str(text).unwrap());
        }
    }
}

#[test]
fn who_comes_back_hears_what_happened_meanwhile() {
    let server = Server::start("memory", &[]);
    let mut events = listen(&server, "");
    let mut device = Device::new(server.at("coap"));
    let location = device.register("a", &[]).unwrap();
    let (seen, data) = event(&mut events, "registered");
    assert_eq!((&data["endpoint"], &data["client"]["lifetime"]), (&"a".into(), &86400.into()));
    drop(events);
    device.ask(Code::POST, &location, &["lt=60"], "").unwrap();
    device.ask(Code::DELETE, &location, &[], "").unwrap();
    let mut events = listen(&server, &format!("Last-Event-ID: {seen}\r\n"));
    let (_, data) = event(&mut events, "updated");
    assert_eq!(data["changes"], json!(["lifetime"]));
    let (_, data) = event(&mut events, "deregistered");
    assert_eq!(data["reason"], "client");
    // An event of another run is not known here.
    let mut events = listen(&server, "Last-Event-ID: 1-1\r\n");
    event(&mut events, "missed");
    event(&mut events, "registered");
}

#[test]
fn a_key_lets_one_endpoint_in_and_is_never_shown() {
    let folder = Folder::new("lwm2m-keys");
    let store = folder.file("server.redb");
    let server = Server::start(&store, &["--coaps", "127.0.0.1:0", "--verbose"]);
    let key = "00112233445566778899aabbccddeeff";
    let file = folder.file("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    server.must(&["credentials", "add", "id-1", "--key-file", &file, "--endpoint", "garden"]);
    let uri = server.uri("coaps");
    let register = |key: &str, endpoint: &str| {
        let target = format!("{uri}/rd?ep={endpoint}&lt=60&lwm2m=1.1");
        let psk = format!("id-1:{key}");
        let arguments = ["coap", "post", &target, "</3/0>", "--psk", &psk, "--timeout", "8"];
        run(&arguments).status.code()
    };
    assert_eq!(register(key, "garden"), Some(0));
    let client = server.must(&["clients", "garden"]);
    assert_eq!(client["secure"], true, "{client}");
    assert_eq!(register(key, "house"), Some(4), "the key is not that of this endpoint");
    let wrong = key.replace('0', "1");
    assert_eq!(register(&wrong, "garden"), Some(3));
    let listed = server.must(&["credentials"]);
    let shown = json!([{"identity": "id-1", "endpoint": "garden", "kind": "psk"}]);
    assert_eq!(listed["credentials"], shown);
    let mut http = server.http();
    for (target, body) in [
        ("/api/credentials/x", "{\"key\":\"0011\"}"),
        ("/api/credentials/x", "{\"key\":\"00112233445566778899aabbccddeefg\"}"),
        ("/api/credentials/x", "{}"),
    ] {
        let (status, answer) = ask(&mut http, "PUT", target, body);
        assert_eq!(status, 400, "{answer}");
        assert!(!answer.to_string().contains("0011"), "{answer}");
    }
    server.process.signal("TERM");
    let (lines, code, errors) = server.process.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(!json!(lines).to_string().contains(key), "the key is in what it tells");
    // It is kept.
    let server = Server::start(&store, &["--coaps", "127.0.0.1:0"]);
    assert_eq!(server.must(&["credentials"])["credentials"][0]["identity"], "id-1");
    server.must(&["credentials", "remove", "id-1"]);
    let (code, _, _) = server.verb(&["credentials", "remove", "id-1"]);
    assert_eq!(code, 4);
}

#[test]
fn devices_come_over_tcp_and_tls() {
    let folder = Folder::new("lwm2m-tls");
    let [cert, key] = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let any = "127.0.0.1:0";
    let more = ["--tcp", any, "--tls", any, "--tls-cert", &cert, "--tls-key", &key];
    // With a store, answers wait for the disk here, too.
    let server = Server::start(&folder.file("server.redb"), &more);
    for (scheme, secure) in [("coap+tcp", false), ("coaps+tcp", true)] {
        let uri = server.uri(scheme);
        let name = scheme.replace('+', "-");
        let target = format!("{uri}/rd?ep={name}&lt=60&lwm2m=1.1&b=T");
        let mut arguments = vec!["coap", "post", &target, "</3/0>", "--timeout", "20"];
        if secure {
            arguments.extend(["--ca", &cert]);
        }
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let client = server.must(&["clients", &name]);
        assert_eq!((&client["binding"], &client["lifetime"]), (&"T".into(), &60.into()));
        // The connection is gone: what is asked fails, and does not hang.
        let (code, _, errors) = server.verb(&["read", &name, "/3/0", "--timeout", "5"]);
        assert_eq!(code, 3, "{errors}");
    }
    server.stop();
}

#[test]
fn many_endpoints_load_the_server() {
    let folder = Folder::new("lwm2m-load");
    let server = Server::start(&folder.file("server.redb"), &[]);
    let address = server.at("coap").to_string();
    let arguments = [
        "load",
        &address,
        "--endpoints",
        "300",
        "--sockets",
        "4",
        "--seconds",
        "1",
        "--observe",
        "50",
    ];
    let (code, lines, errors) = server.verb(&arguments);
    assert_eq!(code, 0, "{errors}");
    let whats: Vec<&str> = lines.iter().map(|line| text(line, "what")).collect();
    assert_eq!(whats, ["registrations", "updates", "notifications"]);
    assert_eq!(lines[0]["count"], 300);
    for line in &lines {
        assert!(line["count"].as_u64().unwrap() >= 50, "{line}");
        assert_eq!((&line["refused"], &line["lost"]), (&0.into(), &0.into()), "{line}");
    }
    let (_, page) = ask(&mut server.http(), "GET", "/api/clients?limit=1", "");
    assert_eq!(page["registered"], 300);
}

#[test]
fn others_need_the_token() {
    let output = run(&["lwm2m", "server", "--coap", "127.0.0.1:0", "--http", "0.0.0.0:0"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("--token"), "{errors}");
    let server = Server::start("memory", &["--token", "sesame"]);
    let mut http = server.http();
    let mut get = |more: &str| {
        send(&mut http, "GET", "/api/clients", more, "");
        let answer = answer(&mut http);
        // It was closed after a refusal.
        http = server.http();
        answer.unwrap().0
    };
    assert_eq!(get(""), 401);
    assert_eq!(get("Authorization: Bearer open\r\n"), 401);
    assert_eq!(get("Authorization: Bearer sesame\r\n"), 200);
    let (code, _, errors) = server.verb(&["clients"]);
    assert_eq!(code, 4);
    assert!(errors.contains("--token"), "{errors}");
    server.must(&["clients", "--token", "sesame"]);
    // Without a token nobody else's web page gets anything.
    let server = Server::start("memory", &[]);
    let mut http = server.http();
    send(&mut http, "GET", "/api/clients", "Origin: http://evil.example\r\n", "");
    assert_eq!(answer(&mut http).unwrap().0, 403);
    let mut http = server.http();
    http.send(b"GET /api/clients HTTP/1.1\r\nHost: evil.example\r\n\r\n").unwrap();
    assert_eq!(answer(&mut http).unwrap().0, 421);
}

/// The document says what the server does: each operation is answered as one of those that it
/// lists, everything that it refers to is there, and nothing else is served.
#[test]
fn the_openapi_document_is_what_the_server_does() {
    let server = Server::start("memory", &[]);
    let mut device = Device::new(server.at("coap"));
    device.register("d", &[]).unwrap();
    assert!(documented(&server) > 40);
    let mut http = server.http();
    for target in ["/", "/api", "/api/clients/d/x", "/api/clients/d/3/0/0/0/0", "/api/client"] {
        assert_eq!(ask(&mut http, "GET", target, "").0, 404, "{target}");
    }
    let (status, body) = ask(&mut http, "GET", "/api/clients?colour=red", "");
    assert_eq!(status, 400, "{body}");
}

#[test]
fn the_openapi_document_is_what_the_bootstrap_server_does() {
    let any = "127.0.0.1:0";
    let usual = ["bootstrap-server", "--store", "memory", "--coap", any, "--http", any];
    let server = Server::run(&usual);
    assert_eq!(documented(&server), 15, "all but that of the events");
    for target in ["/", "/api", "/api/clients", "/api/configurations/a/b"] {
        assert_eq!(server.ask("GET", target, &Value::Null).0, 404, "{target}");
    }
}

/// Does what the document of a server says; gives how many operations it has.
fn documented(server: &Server) -> usize {
    let mut http = server.http();
    let (status, document) = ask(&mut http, "GET", "/openapi.json", "");
    assert_eq!((status, &document["openapi"]), (200, &"3.1.0".into()));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{reference}");
    }
    let mut names = BTreeSet::new();
    let methods = ["get", "put", "post", "delete", "patch", "options"];
    for (path, item) in document["paths"].as_object().unwrap() {
        let mut target = path.clone();
        for (name, value) in [
            ("endpoint", "d"),
            ("object", "3"),
            ("instance", "0"),
            ("resource", "1"),
            ("resource_instance", "0"),
        ] {
            target = target.replace(&format!("{{{name}}}"), value);
        }
        let target = target.replace(['{', '}'], "");
        for method in methods {
            if path == "/api/events" && method == "get" {
                continue;
            }
            let query = if path.contains("{object}") { "?timeout=0.05" } else { "" };
            let has_timeout = |operation: &Value| {
                let parameters = operation["parameters"].as_array().unwrap();
                parameters.iter().any(|parameter| parameter["name"] == "timeout")
            };
            let operation = &item[method];
            let query = if operation.is_object() && has_timeout(operation) { query } else { "" };
            let (status, body) =
                ask(&mut http, &method.to_uppercase(), &format!("{target}{query}"), "{}");
            if operation.is_null() {
                assert_eq!(status, 405, "{method} {path}: {body}");
                continue;
            }
            assert!(names.insert(text(operation, "operationId").to_owned()), "{operation}");
            assert!(!text(operation, "summary").is_empty());
            let listed = operation["responses"].as_object().unwrap();
            assert!(listed.contains_key("default"), "{method} {path}");
            let known = listed.contains_key(&status.to_string());
            assert!(known || status >= 400, "{method} {path}: {status} {body}");
            assert_ne!(status, 405, "{method} {path}: {body}");
            let detail = body["detail"].as_str().unwrap_or("");
            assert!(!detail.contains("openapi.json"), "{method} {path}: {body}");
            for parameter in operation["parameters"].as_array().unwrap() {
                let name = text(parameter, "name");
                let placed = path.contains(&format!("{{{name}}}"));
                assert_eq!(text(parameter, "in") == "path", placed, "{path} {name}");
            }
        }
    }
    names.len()
}

fn walk(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "$ref" {
                    references.push(value.as_str().unwrap().to_owned());
                }
                walk(value, references);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, references)),
        _ => {}
    }
}

#[test]
fn pages_of_clients_and_what_is_counted() {
    let server = Server::start("memory", &[]);
    let mut device = Device::new(server.at("coap"));
    for n in 0..25 {
        device.register(&format!("p{n:02}"), &[]).unwrap();
    }
    let mut http = server.http();
    let mut names = BTreeSet::new();
    let mut target = "/api/clients?limit=10".to_owned();
    let mut pages = 0;
    loop {
        let (status, page) = ask(&mut http, "GET", &target, "");
        assert_eq!((status, &page["registered"]), (200, &25.into()));
        pages += 1;
        for client in page["clients"].as_array().unwrap() {
            assert!(names.insert(text(client, "endpoint").to_owned()));
        }
        let Some(next) = page["next"].as_u64() else { break };
        target = format!("/api/clients?limit=10&after={next}");
    }
    assert_eq!((pages, names.len()), (3, 25));
    let (_, page) = ask(&mut http, "GET", "/api/clients?endpoint=p0*", "");
    assert_eq!(page["clients"].as_array().unwrap().len(), 10);
    // A registration that lies is answered, and shows.
    let lies = device.ask(Code::POST, "/rd", &["lt=60", "lwm2m=1.1"], "</3/0>").unwrap();
    assert_eq!(lies.code, Code::BAD_REQUEST);
    send(&mut http, "GET", "/metrics", "", "");
    let (status, _, body) = http.receive().unwrap();
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    for line in [
        "m2m_lwm2m_registrations 25",
        "m2m_lwm2m_registrations_total 25",
        "m2m_lwm2m_refused_total 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
}

/// What scripts need for devices that sleep: they queue, look at the queue, take something out of
/// it, and hear of the outcome later.
#[test]
fn a_sleeping_device_is_managed_by_commands() {
    let server = Server::start("memory", &[]);
    let mut device = Device::new(server.at("coap"));
    let location = device.register("meter", &["b=U", "Q"]).unwrap();
    // It listens for a while behind its registration, and is busy with something else.
    let api = server.uri("http");
    let verb = |arguments: &[&str]| {
        let output = run(&[&["lwm2m"], arguments, &["--api", &api]].concat());
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, told) = verb(&["write", "meter", "/1/0/1=60", "--no-wait"]);
    assert!(code == 0 && told.starts_with("queued as "), "{code} {told}");
    let second = server.must(&["execute", "meter", "/3/0/4", "--no-wait"]);
    let third =
        server.must(&["read", "meter", "/3/0/2", "/1/0/1", "--no-wait", "--timeout", "3600"]);
    let first = device.asked().unwrap();
    assert_eq!(first.code, Code::PUT);
    let queue = server.must(&["queue", "meter"]);
    let states: Vec<(&str, &str)> = queue["queue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "operation"), text(one, "state")))
        .collect();
    let expected = [("write", "sent"), ("execute", "waiting"), ("read_composite", "waiting")];
    assert_eq!(states, expected);
    let (_, words) = verb(&["queue", "meter"]);
    assert_eq!(words.lines().count(), 3, "{words}");
    assert!(words.contains("waiting  execute         /3/0/4"), "{words}");
    server.must(&["queue", "meter", "--cancel", text(&second, "number")]);
    let (code, _, errors) = server.verb(&["queue", "meter", "--cancel", text(&second, "number")]);
    assert!(code == 4 && errors.contains("nothing in the queue"), "{errors}");
    let api = server.uri("http");
    let events = std::thread::spawn(move || {
        run(&["lwm2m", "events", "meter", "--count", "1", "--api", &api])
    });
    // The command listens when the server has a listener.
    while server.counted("m2m_lwm2m_event_listeners") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    device.answer(&first, Code::CHANGED, "");
    let told = String::from_utf8(events.join().unwrap().stdout).unwrap();
    assert!(told.contains("write /1/0/1: 2.04"), "{told}");
    assert_eq!(device.ask(Code::POST, &location, &[], "").unwrap().code, Code::CHANGED);
    let asked = device.asked().unwrap();
    assert_eq!(asked.code, Code::FETCH, "the execute was taken out");
    device.answer(&asked, Code::INTERNAL_SERVER_ERROR, "");
    assert_eq!(server.must(&["queue", "meter"])["queue"], json!([]));
    assert!(third["number"].is_string());
    // What a device does not answer, what it fails at, and what the server knows by itself.
    let (code, _, errors) = server.verb(&["read", "meter", "/3/0", "--timeout", "0.3"]);
    assert!(code == 3 && errors.contains("in time"), "{code} {errors}");
    for arguments in [
        &["clients", "meter", "--timeout", "60"][..],
        &["queue", "meter", "--timeout", "60"],
        &["remove", "meter", "--timeout", "60"],
    ] {
        server.must(arguments);
    }
    let (code, _, errors) = server.verb(&["queue", "meter"]);
    assert!(code == 4 && errors.contains("not registered"), "{errors}");
}

/// Everything that is turned away shows in the metrics, by its reason.
#[test]
fn what_is_turned_away_is_counted() {
    let server = Server::start("memory", &["--coaps", "127.0.0.1:0", "--token", "sesame"]);
    let metrics = |name: &str| {
        let mut http = server.http();
        send(&mut http, "GET", "/metrics", "Authorization: Bearer sesame\r\n", "");
        let body = String::from_utf8(http.receive().unwrap().2).unwrap();
        let found = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.map_or(0, |number| number.parse::<u64>().unwrap())
    };
    let key = "00112233445566778899aabbccddeeff";
    let with_token = ["--token", "sesame"];
    server.must(&[&["credentials", "add", "id", "--key", key][..], &with_token].concat());
    let register = |identity: &str, key: &str, endpoint: &str| {
        let target = format!("{}/rd?ep={endpoint}&lt=60&lwm2m=1.1", server.uri("coaps"));
        let psk = format!("{identity}:{key}");
        run(&["coap", "post", &target, "</3/0>", "--psk", &psk, "--timeout", "8"]).status.code()
    };
    assert_eq!(register("id", key, "id"), Some(0));
    assert_eq!(metrics("m2m_lwm2m_dtls_failed_total"), 0);
    assert_eq!(register("id", &key.replace('f', "e"), "id"), Some(3));
    assert_eq!(register("nobody", key, "id"), Some(3));
    assert!(metrics("m2m_lwm2m_dtls_failed_total") >= 2);
    assert_eq!(register("id", key, "other"), Some(4));
    assert_eq!(metrics("m2m_lwm2m_refused_total"), 1);
    // Under a security context that nobody has; with none of the tokens.
    let noise = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let protected = [0x44, 2, 0, 9, 1, 2, 3, 4, 0x93, 9, 0, 7, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    noise.send_to(&protected, server.at("coap")).unwrap();
    let until = Instant::now() + common::LONG;
    while metrics("m2m_lwm2m_coap_insecure_total") == 0 {
        assert!(Instant::now() < until, "{}", server.uri("http"));
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut http = server.http();
    assert_eq!(ask(&mut http, "GET", "/api/clients", "").0, 401);
    assert_eq!(metrics("m2m_lwm2m_api_answers_total{status=\"401\"}"), 1);
    assert!(metrics("m2m_lwm2m_api_answers_total{status=\"200\"}") >= 3);
}
