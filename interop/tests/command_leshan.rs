//! The `m2m` command, as users run it, and Leshan: its client with a Leshan server, its server
//! with a Leshan client.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::leshan::{LeshanClient, LeshanServer, links, single};
use m2m_interop::loopback;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Process, Scratch};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["event"] == event).then_some(value)
    })
}

fn same_number(shown: &Value, number: &Value) -> bool {
    let shown: f64 = shown.as_str().unwrap().parse().unwrap();
    number.as_f64().is_some_and(|n| (n - shown).abs() < 1e-9)
}

#[test]
fn the_client_command_is_managed_by_a_leshan_server() {
    if m2m_interop::skipped() {
        return;
    }
    let server = LeshanServer::shared();
    let mut events = server.events("weather");
    let uri = format!("coap://{}", server.coap);
    let arguments = ["lwm2m", "client", "--server", &uri, "--endpoint", "weather"];
    let arguments = [&arguments[..], &["--lifetime", "60", "--interval", "1", "--json"]].concat();
    let mut station = Process::start(m2m(), &arguments);
    let registration = events.wait("REGISTRATION").data;
    assert_eq!(registration["lifetime"], 60);
    let objects = links(&registration["objectLinks"]);
    for object in ["/1/0", "/3/0", "/3303/0", "/3304/0", "/3315/0"] {
        assert!(objects.contains(&object.to_owned()), "{objects:?}");
    }
    until(&mut station, "registered");

    for format in ["TLV", "SENML_JSON", "SENML_CBOR"] {
        for path in ["/3/0", "/3303/0", "/3303", "/1/0"] {
            let reply = server.read(&format!("/weather{path}?format={format}"));
            assert_eq!(reply.code(), 205, "{path} {format}");
        }
    }
    for format in ["TEXT", "CBOR", "TLV"] {
        let unit = server.read(&format!("/weather/3303/0/5701?format={format}"));
        assert_eq!(unit.value(), "Cel", "{format}");
    }
    let application = single(5750, "string", "roof");
    let reply = server.ask("PUT", "/weather/3303/0/5750?format=TEXT", &application);
    assert_eq!(reply.code(), 204);
    let written = until(&mut station, "written");
    assert_eq!(
        (written["path"].as_str(), written["value"].as_str()),
        (Some("/3303/0/5750"), Some("roof"))
    );
    assert_eq!(server.read("/weather/3303/0/5750").value(), "roof");
    assert_eq!(server.ask("POST", "/weather/3303/0/5605", &Value::Null).code(), 204);
    until(&mut station, "executed");
    let lifetime = single(1, "integer", "120");
    assert_eq!(server.ask("PUT", "/weather/1/0/1?format=TLV", &lifetime).code(), 204);
    assert_eq!(events.wait("UPDATED").data["lifetime"], 120);

    // What it measures is what the server is notified of.
    let observed = server.ask("POST", "/weather/3303/0/5700/observe?format=TLV", &Value::Null);
    assert_eq!(observed.code(), 205);
    for _ in 0..3 {
        let event = events.wait("NOTIFICATION").data;
        assert_eq!(event["res"], "/3303/0/5700");
        station.wait_line(|line| {
            let measured: Value = serde_json::from_str(line).ok()?;
            let here = measured["event"] == "measured" && measured["path"] == "/3303/0/5700";
            (here && same_number(&event["val"]["value"], &measured["value"])).then_some(())
        });
    }
    let cancelled = server.ask("DELETE", "/weather/3303/0/5700/observe?active", &Value::Null);
    assert_eq!(cancelled.code(), 205);
    let more = events.next_within(Duration::from_secs(3), |e| e.name == "NOTIFICATION");
    assert!(more.is_none(), "cancelled");

    station.interrupt();
    assert_eq!(events.wait("DEREGISTRATION").data["expired"], false);
    assert_eq!(station.wait_end().code(), Some(0));
}

#[test]
fn the_server_command_discovers_and_observes_a_leshan_client() {
    if m2m_interop::skipped() {
        return;
    }
    let mut server = Process::start(m2m(), &["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let listening = until(&mut server, "listening");
    let address: SocketAddr = listening["coap"].as_str().unwrap().parse().unwrap();
    assert_eq!(address, loopback(address.port()));

    let mut client = LeshanClient::start(address, "leshan", 60);
    let registered = until(&mut server, "registered");
    assert_eq!(
        (registered["endpoint"].as_str(), &registered["lifetime"]),
        (Some("leshan"), &60.into())
    );
    let objects = registered["objects"].as_array().unwrap();
    for object in ["/1/0", "/3/0", "/3303/0", "/3442/0"] {
        assert!(objects.contains(&object.into()), "{registered}");
    }
    until(&mut server, "discovered");
    let observed = until(&mut server, "observed");
    assert_eq!(observed["path"], "/3303/0/5700");
    for value in [21.5, -40.25, 1e6] {
        client.command(&format!("set /3303/0/5700 {value}"));
        let notified = until(&mut server, "notified");
        assert_eq!(
            (&notified["path"], &notified["value"]),
            (&"/3303/0/5700".into(), &value.into())
        );
    }
    client.command("update");
    until(&mut server, "updated");
    client.process.send_line("quit");
    let gone = until(&mut server, "deregistered");
    assert_eq!(
        (gone["endpoint"].as_str(), gone["reason"].as_str()),
        (Some("leshan"), Some("client"))
    );
    server.interrupt();
    assert_eq!(server.wait_end().code(), Some(0));
}

#[test]
fn the_bootstrap_server_command_sends_a_leshan_client_to_the_server_command() {
    if m2m_interop::skipped() {
        return;
    }
    let mut server = Process::start(m2m(), &["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let uri = format!("coap://{}", until(&mut server, "listening")["coap"].as_str().unwrap());
    let scratch = Scratch::new();
    let file = scratch.file("bootstrap.toml");
    let text = format!(
        "[[configurations]]\npattern = \"leshan-*\"\nread = [\"/1\"]\n\
         servers = [{{ uri = \"{uri}\", id = 101, lifetime = 55 }}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let arguments =
        ["lwm2m", "bootstrap-server", "--coap", "127.0.0.1:0", "--config", &file, "--json"];
    let mut boots = Process::start(m2m(), &arguments);
    let listening = until(&mut boots, "listening");
    let address = listening["uri"].as_str().unwrap().strip_prefix("coap://").unwrap();

    let mut stranger = LeshanClient::bootstrap(address.parse().unwrap(), "stranger");
    let refused = until(&mut boots, "refused");
    assert_eq!(refused["endpoint"], "stranger");
    stranger.process.send_line("abort");
    let mut client = LeshanClient::bootstrap(address.parse().unwrap(), "leshan-7");
    let read = boots.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["operation"] == "read").then_some(value)
    });
    assert_eq!(read["values"]["/1/0/1"], 55, "{read}");
    assert_eq!(until(&mut boots, "ended")["outcome"], "finished");
    let registered = until(&mut server, "registered");
    assert_eq!(
        (registered["endpoint"].as_str(), &registered["lifetime"]),
        (Some("leshan-7"), &55.into())
    );
    client.process.send_line("abort");
    for mut command in [boots, server] {
        command.interrupt();
        assert_eq!(command.wait_end().code(), Some(0));
    }
}
