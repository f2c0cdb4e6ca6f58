//! Our client, a Leshan bootstrap server, and the Leshan server that it leads to: the cases of the
//! enabler test specification for the bootstrap interface, by their numbers.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use lwm2m_core::client::{BootstrapAccount, Client, Config, Event, Failure, Limits, ServerAccount};
use lwm2m_core::{Path, Value, object};
use m2m_base::{Instant, PeerId, Seed};
use m2m_interop::background::Background;
use m2m_interop::device::path;
use m2m_interop::driver::peer_of;
use m2m_interop::http::Events;
use m2m_interop::leshan::{LeshanBootstrap, LeshanServer};
use m2m_interop::loopback;
use m2m_interop::relay::{Relay, Rules};
use serde_json::{Value as Json, json};
use std::net::{SocketAddr, UdpSocket};

type Device = Background<Client, Event>;

const SSID: u16 = 55;

/// What the driver does about connections: the peer of a URI is its address.
fn connect(client: &mut Client, now: Instant, event: Event) -> Event {
    if let Event::Connect { server, security } = event {
        let uri = match client.get(Path::resource(0, security, 0)) {
            Some(Value::String(uri)) => uri.as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        let address: SocketAddr = uri.strip_prefix("coap://").unwrap().parse().unwrap();
        client.set_peer(now, server, peer_of(address)).unwrap();
    }
    event
}

/// A device that knows a bootstrap server, and servers if it is told of some.
fn device(endpoint: &str, bootstrap: SocketAddr, servers: &[ServerAccount<'_>]) -> Device {
    let config = Config {
        limits: Limits { servers: 2, ..Limits::DEVICE },
        objects: &[&object::TEMPERATURE],
        ..Config::new(endpoint)
    };
    let mut client = Client::new(&config, &Seed([3; 32])).unwrap();
    let now = Instant::ZERO;
    let uri = format!("coap://{bootstrap}");
    let account = BootstrapAccount { peer: None, ..BootstrapAccount::new(PeerId(0), &uri) };
    client.add_bootstrap_server(now, &account).unwrap();
    for server in servers {
        client.add_server(now, server).unwrap();
    }
    client.add_instance(now, path("/3303/0")).unwrap();
    client.set(now, path("/3303/0/5700"), Value::Float(20.5)).unwrap();
    let device = Background::start(client, connect);
    device.call(Client::start);
    device
}

fn wait(device: &Device, what: Event) {
    device.wait(&format!("{what:?}"), |event| (*event == what).then_some(()));
}

/// A bootstrap server that leads `endpoint` to the Leshan server, with these words more.
fn leads(endpoint: &str, more: &str) -> (LeshanBootstrap, &'static LeshanServer, Events) {
    let mut bootstrap = LeshanBootstrap::start();
    let server = LeshanServer::shared();
    bootstrap.command(&format!("config {endpoint} coap://{} {SSID} {more}", server.coap));
    let events = server.events(endpoint);
    (bootstrap, server, events)
}

fn end(device: Device, mut events: Events) {
    device.call(|client, now| client.deregister(now, SSID)).unwrap();
    events.wait("DEREGISTRATION");
    device.stop();
}

/// All of these happened.
fn happened(events: &[String], what: &[&str]) {
    for what in what {
        assert!(events.iter().any(|line| line.starts_with(what)), "{what}: {events:#?}");
    }
}

#[test]
fn oma_int_0_client_initiated_bootstrap() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-0";
    let (mut bootstrap, server, mut events) = leads(endpoint, "");
    let device = device(endpoint, bootstrap.coap, &[]);
    let done = bootstrap.events(endpoint, "end");
    happened(
        &done,
        &[
            "initiated SENML_CBOR",
            "BootstrapDiscoverRequest / 205",
            "BootstrapWriteRequest /0/1 204",
            "BootstrapWriteRequest /1/0 204",
            "BootstrapFinishRequest 204",
        ],
    );
    wait(&device, Event::Bootstrapped);
    wait(&device, Event::Registered { server: SSID });
    let registered = events.wait("REGISTRATION").data;
    assert_eq!(registered["lifetime"], json!(60));
    assert_eq!(server.read(&format!("/{endpoint}/3303/0/5700")).value(), "20.5");
    assert_eq!(server.read(&format!("/{endpoint}/1/0/0")).value(), "55");
    end(device, events);
}

#[test]
fn oma_int_0_in_every_format_of_the_bootstrap_server() {
    if m2m_interop::skipped() {
        return;
    }
    for format in ["TLV", "SENML_CBOR", "SENML_JSON"] {
        let endpoint = format!("boots-{format}");
        let (mut bootstrap, _, events) = leads(&endpoint, &format!("format={format}"));
        let device = device(&endpoint, bootstrap.coap, &[]);
        bootstrap.events(&endpoint, "end");
        wait(&device, Event::Registered { server: SSID });
        end(device, events);
    }
}

#[test]
fn oma_int_4_and_5_delete_and_a_bootstrap_that_the_server_triggers() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-4";
    let (mut bootstrap, server, mut events) = leads(endpoint, "delete=/0,/1");
    // First there is another account for the same server: it goes.
    let uri = format!("coap://{}", server.coap);
    let old = ServerAccount::new(7, peer_of(server.coap), &uri);
    let device = device(endpoint, bootstrap.coap, &[old]);
    wait(&device, Event::Registered { server: 7 });
    events.wait("REGISTRATION");
    device
        .call(|client, now| {
            let own = client.paths(Path::object(1)).find_map(Path::instance_id);
            client.add_resource(now, Path::resource(1, own.unwrap(), 9))
        })
        .unwrap();
    let instance =
        device.call(|client, _| client.paths(Path::object(1)).find_map(Path::instance_id).unwrap());
    let trigger = format!("/{endpoint}/1/{instance}/9");
    assert_eq!(server.ask("POST", &trigger, &Json::Null).code(), 204);
    let done = bootstrap.events(endpoint, "end");
    happened(&done, &["BootstrapDeleteRequest /0 202", "BootstrapDeleteRequest /1 202"]);
    wait(&device, Event::Registered { server: SSID });
    events.wait("REGISTRATION");
    assert!(device.call(|client, _| client.registration(7)).is_none());
    // Once more, now by the trigger that came with the account.
    let trigger = format!("/{endpoint}/1/0/9");
    assert_eq!(server.ask("POST", &trigger, &Json::Null).code(), 204);
    bootstrap.events(endpoint, "end");
    wait(&device, Event::Bootstrapped);
    wait(&device, Event::Registered { server: SSID });
    end(device, events);
}

#[test]
fn oma_int_7_registration_fails_and_bootstrap_mends_it() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-7";
    let (mut bootstrap, server, events) = leads(endpoint, "delete=/0,/1");
    // The server that the device knows is not there.
    let nobody = UdpSocket::bind(loopback(0)).unwrap();
    let address = nobody.local_addr().unwrap();
    let uri = format!("coap://{address}");
    let device = device(endpoint, bootstrap.coap, &[ServerAccount::new(9, peer_of(address), &uri)]);
    device
        .call(|client, now| {
            let own = client.paths(Path::object(1)).find_map(Path::instance_id).unwrap();
            client.set(now, Path::resource(1, own, 17), Value::Integer(1))?;
            client.connection_failed(now, 9)
        })
        .unwrap();
    bootstrap.events(endpoint, "end");
    wait(&device, Event::Registered { server: SSID });
    assert_eq!(server.read(&format!("/{endpoint}/3303/0/5700")).value(), "20.5");
    end(device, events);
}

#[test]
fn oma_int_8_bootstrap_read() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-8";
    let (mut bootstrap, server, mut events) = leads(endpoint, "read=/1 delete=/0,/1");
    let uri = format!("coap://{}", server.coap);
    let old = ServerAccount { lifetime: 77, ..ServerAccount::new(7, peer_of(server.coap), &uri) };
    let device = device(endpoint, bootstrap.coap, &[old]);
    wait(&device, Event::Registered { server: 7 });
    events.wait("REGISTRATION");
    device.call(Client::bootstrap).unwrap();
    let done = bootstrap.events(endpoint, "end");
    let read = done.iter().find(|line| line.starts_with("BootstrapReadRequest /1 205")).unwrap();
    assert!(read.contains("77"), "{read}");
    wait(&device, Event::Registered { server: SSID });
    end(device, events);
}

#[test]
fn oma_int_9_finish_is_refused_and_the_old_account_goes_on() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-9";
    let (mut bootstrap, server, mut events) = leads(endpoint, "server-ssid=66 delete=/0,/1");
    let uri = format!("coap://{}", server.coap);
    let old =
        ServerAccount { lifetime: 60, ..ServerAccount::new(SSID, peer_of(server.coap), &uri) };
    let device = device(endpoint, bootstrap.coap, &[old]);
    wait(&device, Event::Registered { server: SSID });
    events.wait("REGISTRATION");
    device.call(Client::bootstrap).unwrap();
    let done = bootstrap.events(endpoint, "failed");
    happened(&done, &["BootstrapFinishRequest 406"]);
    // The bootstrap server has given up and says nothing more: the driver finds it gone.
    device.call(|client, now| client.connection_failed(now, 0)).unwrap();
    let reason = Failure::Connection;
    wait(&device, Event::BootstrapFailed { reason, again: None });
    let lifetime = device.call(|client, _| {
        let own = client.paths(Path::object(1)).find_map(Path::instance_id).unwrap();
        format!("/1/{own}/1")
    });
    assert_eq!(server.read(&format!("/{endpoint}{lifetime}")).value(), "60");
    end(device, events);
}

#[test]
fn the_bootstrap_server_writes_its_own_account() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-own";
    let mut bootstrap = LeshanBootstrap::start();
    let server = LeshanServer::shared();
    let own = bootstrap.coap;
    let line =
        format!("config {endpoint} coap://{} {SSID} auto=false own=coap://{own}", server.coap);
    bootstrap.command(&line);
    let events = server.events(endpoint);
    let device = device(endpoint, bootstrap.coap, &[]);
    bootstrap.events(endpoint, "end");
    wait(&device, Event::Registered { server: SSID });
    device.call(Client::bootstrap).unwrap();
    bootstrap.events(endpoint, "end");
    wait(&device, Event::Bootstrapped);
    wait(&device, Event::Registered { server: SSID });
    end(device, events);
}

#[test]
fn a_bootstrap_with_every_third_datagram_lost() {
    if m2m_interop::skipped() {
        return;
    }
    let endpoint = "boots-lossy";
    let (mut bootstrap, _, events) = leads(endpoint, "");
    let relay = Relay::start(bootstrap.coap, Rules::THIRD_LOST);
    let device = device(endpoint, relay.address(), &[]);
    bootstrap.events(endpoint, "end");
    device.wait("Registered", |e| (*e == Event::Registered { server: SSID }).then_some(()));
    end(device, events);
}
