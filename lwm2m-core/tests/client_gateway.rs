//! The client as a gateway (LwM2M Gateway 1.1; object 25): devices behind it, each under a prefix.
#![cfg(feature = "gateway")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F, OptionNumber};
use lwm2m_core::client::{Client, Config, DeviceBehind, Event, Limits, UsageError};
use lwm2m_core::{ObjectDefinition, Path, Value, object};
use m2m_base::Instant;

static OBJECTS: [&ObjectDefinition<'static>; 2] = [&object::TEMPERATURE, &object::GATEWAY];
static BEHIND: [&ObjectDefinition<'static>; 2] = [&object::DEVICE, &object::TEMPERATURE];

fn device<'a>(id: &'a str, prefix: &'a str) -> DeviceBehind<'a> {
    DeviceBehind { id, prefix, objects: &BEHIND }
}

fn gateway() -> Client {
    let limits = Limits { devices: 2, device_objects: 4, ..Limits::DEVICE };
    let mut client = new_client(&Config { limits, objects: &OBJECTS, ..config() });
    let now = Instant::ZERO;
    for (n, name) in (0..).zip(["d01", "d02"]) {
        let instance = client.add_device(now, &device("urn:dev:os:32473-7", name)).unwrap();
        assert_eq!(instance, Path::instance(25, n));
        let here = |at| client_path(&client, n, at);
        let (thermometer, value) = (here("/3303/0"), here("/3303/0/5700"));
        let (info, maker) = (here("/3/0"), here("/3/0/0"));
        client.add_instance(now, thermometer).unwrap();
        client.add_instance(now, info).unwrap();
        client.set(now, value, Value::Float(30.5 + f64::from(n))).unwrap();
        client.set(now, maker, Value::string(name)).unwrap();
    }
    client
}

fn client_path(client: &Client, device: u16, at: &str) -> Path {
    client.path_behind(Path::instance(25, device), path(at)).unwrap()
}

fn bench() -> Bench {
    let mut b = Bench::with(gateway());
    b.start();
    let register = b.accept_registration(PEER, "5a3f").text();
    assert!(register.contains("</25>;ver=2.0,</25/0>,</25/1>"), "{register}");
    assert!(!register.contains("57344") && !register.contains("d01"), "{register}");
    b.events();
    b
}

fn text(b: &mut Bench, uri: &str) -> String {
    let answer = b.ask(Ask::read(uri, F::TEXT));
    assert_eq!(answer.code, Code::CONTENT, "{uri}");
    answer.text()
}

#[test]
fn gateway_reads_go_by_the_prefix() {
    let mut b = bench();
    assert_eq!(text(&mut b, "/d01/3303/0/5700"), "30.5");
    assert_eq!(text(&mut b, "/d02/3303/0/5700"), "31.5");
    assert_eq!(text(&mut b, "/3303/0/5700"), "20");
    assert_eq!(text(&mut b, "/d02/3/0/0"), "d02");
    assert_eq!(text(&mut b, "/25/0/1"), "d01");
    assert_eq!(text(&mut b, "/25/0/3"), "</3/0>,</3303/0>");
    let json = b.ask(Ask::read("/d01/3303/0", F::SENML_JSON)).text();
    assert_eq!(json, r#"[{"bn":"/d01/3303/0/","n":"5700","v":30.5}]"#);
    // TLV has no names; the instance is that of the device.
    let tlv = b.ask(Ask::read("/d01/3303", F::LWM2M_TLV)).payload;
    assert_eq!(tlv[..2], [0x07, 0]);
    let links = b.ask(Ask::discover("/d01/3303")).text();
    assert_eq!(links, "</3303>;ver=1.1,</3303/0>,</3303/0/5700>");
    for (uri, code) in [
        ("/d03/3/0", Code::NOT_FOUND),
        ("/d01/19", Code::NOT_FOUND),
        ("/d01/25/0", Code::NOT_FOUND),
        ("/d01/3303/1", Code::NOT_FOUND),
        ("/D01/3/0", Code::NOT_FOUND),
        ("/d01", Code::METHOD_NOT_ALLOWED),
        ("/d01/x", Code::METHOD_NOT_ALLOWED),
        ("/d01/d02/3/0", Code::METHOD_NOT_ALLOWED),
        // The IDs under which they lie here are nobody's business.
        ("/57344/0", Code::NOT_FOUND),
        ("/57345/0/5700", Code::NOT_FOUND),
        ("/d01/57344/0", Code::NOT_FOUND),
    ] {
        assert_eq!(b.ask(Ask::read(uri, F::TEXT)).code, code, "{uri}");
    }
}

#[test]
fn gateway_writes_executes_creates_and_deletes() {
    let mut b = bench();
    let here = |b: &Bench, at| client_path(b.engine(), 0, at);
    // SenML names carry the prefix; TLV and text have none.
    let senml = |payload| Ask::send(Code::POST, "/d01/3303/0", F::SENML_JSON, payload);
    let at = here(&b, "/3303/0/5750");
    assert_eq!(b.ask(senml(br#"[{"n":"/d01/3303/0/5750","vs":"roof"}]"#)).code, Code::CHANGED);
    assert_eq!(b.engine().get(at), Some(Value::string("roof")));
    assert_eq!(b.events(), [Event::Written { server: SSID, path: at }]);
    assert_eq!(b.engine().device_behind(at), Some((path("/25/0"), path("/3303/0/5750"))));
    assert_eq!(b.engine().device_behind(path("/3303/0")), None);
    for wrong in [
        &br#"[{"n":"/3303/0/5750","vs":"own"}]"#[..],
        br#"[{"n":"/d02/3303/0/5750","vs":"other"}]"#,
        br#"[{"n":"/d01/3/0/15","vs":"else"}]"#,
    ] {
        assert_eq!(b.ask(senml(wrong)).code, Code::BAD_REQUEST);
    }
    assert_eq!(b.ask(Ask::write("/d01/3303/0/5750", "door")).code, Code::CHANGED);
    assert_eq!(b.engine().get(at), Some(Value::string("door")));
    assert_eq!(b.engine().get(path("/3303/0/5750")), None);
    b.events();
    // Reboot of the device, not of the gateway.
    let id = b.send(PEER, Ask::execute("/d01/3/0/4"));
    let [Event::Executed { id: execute, path: reboot, .. }] = b.events()[..] else { panic!() };
    assert_eq!(b.engine().device_behind(reboot), Some((path("/25/0"), path("/3/0/4"))));
    b.client.command(b.now, move |c, now| c.answer_execute(now, execute, Ok(()))).unwrap();
    b.settle();
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::CHANGED);
    // Create tells where, with the prefix; the list of the device follows, the registration not.
    let created = b.ask(Ask::send(Code::POST, "/d01/3303", F::LWM2M_TLV, b""));
    assert_eq!((created.code, created.location()), (Code::CREATED, "/d01/3303/1".to_owned()));
    assert_eq!(text(&mut b, "/25/0/3"), "</3/0>,</3303/0>,</3303/1>");
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/d01/3303/1")).code, Code::DELETED);
    assert_eq!(text(&mut b, "/25/0/3"), "</3/0>,</3303/0>");
    assert!(b.is_silent(), "no Update: {:?}", b.sent);
}

#[test]
fn gateway_notifications_have_the_prefix() {
    let mut b = bench();
    let ask = Ask { accept: Some(F::SENML_JSON), ..Ask::observe("/d01/3303/0", b"o1") };
    assert_eq!(b.ask(ask).code, Code::CONTENT);
    let value = client_path(b.engine(), 0, "/3303/0/5700");
    let other = client_path(b.engine(), 1, "/3303/0/5700");
    b.client.command(b.now, move |c, now| c.set(now, other, Value::Float(1.5))).unwrap();
    b.set("/3303/0/5700", Value::Float(2.5));
    assert!(b.is_silent());
    b.client.command(b.now, move |c, now| c.set(now, value, Value::Float(3.5))).unwrap();
    let told = b.only(PEER);
    assert_eq!(told.text(), r#"[{"bn":"/d01/3303/0/","n":"5700","v":3.5}]"#);
    b.acknowledge(PEER, &told);
    // With attributes of its own.
    assert_eq!(b.ask(Ask::new(Code::PUT, "/d01/3303/0/5700?st=5")).code, Code::CHANGED);
    b.ask(Ask::observe("/d01/3303/0/5700", b"o2"));
    let links = b.ask(Ask::discover("/d01/3303/0/5700")).text();
    assert_eq!(links, "</3303/0/5700>;st=5");
    assert_eq!(b.ask(Ask::discover("/3303/0/5700")).text(), "</3303/0/5700>");
}

#[cfg(feature = "composite")]
#[test]
fn gateway_composite_operations_are_about_one_device() {
    let mut b = bench();
    let ask = |method, uri, body| Ask {
        accept: (method == Code::FETCH).then_some(F::SENML_JSON),
        ..Ask::send(method, uri, F::SENML_JSON, body)
    };
    let fetch = |uri, body| ask(Code::FETCH, uri, body);
    let list = br#"[{"n":"/d01/3303/0/5700"},{"n":"/d01/3/0/0"},{"n":"/d01/9"}]"#;
    let answer = b.ask(fetch("/d01", list));
    assert_eq!(
        answer.text(),
        r#"[{"bn":"/d01/","n":"3/0/0","vs":"d01"},{"n":"3303/0/5700","v":30.5}]"#
    );
    // All that the device has, and nothing else.
    let all = b.ask(fetch("/d02", br#"[{"n":"/d02"}]"#)).text();
    assert!(all.contains(r#""vs":"d02""#) && all.contains("31.5"), "{all}");
    assert!(!all.contains("d01") && !all.contains("Maker") && !all.contains("57344"), "{all}");
    // Observed.
    let observe = Ask { observe: Some(0), token: b"c1", ..fetch("/d01", list) };
    assert!(b.ask(observe).observe().is_some());
    let value = client_path(b.engine(), 0, "/3303/0/5700");
    b.client.command(b.now, move |c, now| c.set(now, value, Value::Float(35.5))).unwrap();
    let told = b.only(PEER);
    assert!(told.text().ends_with(r#"{"n":"3303/0/5700","v":35.5}]"#), "{}", told.text());
    b.acknowledge(PEER, &told);
    // Written: all or nothing.
    let unit = client_path(b.engine(), 1, "/3303/0/5750");
    let body = br#"[{"n":"/d02/3303/0/5750","vs":"roof"}]"#;
    assert_eq!(b.ask(ask(Code::IPATCH, "/d02", body)).code, Code::CHANGED);
    assert_eq!(b.engine().get(unit), Some(Value::string("roof")));
    for (request, code) in [
        (fetch("/d03", list), Code::NOT_FOUND),
        (fetch("/3303", list), Code::METHOD_NOT_ALLOWED),
        (fetch("/d01/3303", list), Code::METHOD_NOT_ALLOWED),
        // Names of another device, of the gateway, of nothing.
        (fetch("/d02", list), Code::BAD_REQUEST),
        (fetch("/d01", br#"[{"n":"/3/0/0"}]"#), Code::BAD_REQUEST),
        (fetch("/d01", br#"[{"n":"/d01/57344/0"}]"#), Code::NOT_FOUND),
        (fetch("/", list), Code::BAD_REQUEST),
        (ask(Code::IPATCH, "/d01", body), Code::BAD_REQUEST),
        (
            ask(
                Code::IPATCH,
                "/d02",
                br#"[{"n":"/d02/3303/0/5750","vs":"x"},{"n":"/d02/25/0/1","vs":"y"}]"#,
            ),
            Code::NOT_FOUND,
        ),
    ] {
        let (uri, body) = (request.uri, request.payload);
        assert_eq!(b.ask(request).code, code, "{uri} {}", String::from_utf8_lossy(body));
    }
    assert_eq!(b.engine().get(unit), Some(Value::string("roof")));
}

#[cfg(feature = "send")]
#[test]
fn gateway_send_has_the_prefix() {
    let mut b = bench();
    b.set("/1/0/23", Value::Boolean(false));
    let (one, two) =
        (client_path(b.engine(), 0, "/3303/0/5700"), client_path(b.engine(), 1, "/3303/0/5700"));
    let send = |b: &mut Bench, paths: [Path; 2]| {
        b.client.command(b.now, move |c, now| c.send(now, SSID, F::SENML_JSON, &paths)).map(|_| ())
    };
    assert_eq!(send(&mut b, [one, two]), Err(UsageError::Invalid), "two devices");
    assert_eq!(send(&mut b, [one, path("/3303/0/5700")]), Err(UsageError::Invalid));
    let info = client_path(b.engine(), 0, "/3/0/0");
    assert_eq!(send(&mut b, [info, one]), Ok(()));
    let told = b.only(PEER);
    assert_eq!(told.all(OptionNumber::URI_PATH), ["dp"]);
    let text = told.text();
    assert_eq!(text, r#"[{"bn":"/d01/","n":"3/0/0","vs":"d01"},{"n":"3303/0/5700","v":30.5}]"#);
}

#[test]
fn gateway_devices_come_and_go() {
    let mut b = bench();
    let add = |b: &mut Bench, prefix: &'static str| {
        b.client.command(b.now, move |c, now| c.add_device(now, &device("urn:x", prefix)))
    };
    assert_eq!(add(&mut b, "d03"), Err(UsageError::Full));
    let value = client_path(b.engine(), 0, "/3303/0/5700");
    b.ask(Ask::observe("/d01/3303/0/5700", b"o1"));
    let gone = b.client.command(b.now, |c, now| c.remove(now, path("/25/0")));
    assert_eq!(gone, Ok(()));
    b.settle();
    assert_eq!(b.ask(Ask::read("/d01/3303/0/5700", F::TEXT)).code, Code::NOT_FOUND);
    assert_eq!(b.engine().get(value), None);
    // The observer is told, the server gets an Update.
    let update = b.only(PEER);
    let list = update.text();
    assert!(list.contains("</25/1>") && !list.contains("</25/0>"), "{list}");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    assert_eq!(b.only(PEER).code, Code::NOT_FOUND);
    for wrong in ["", "12", "a/b", "ä", "a b", "12345678901234567"] {
        assert_eq!(add(&mut b, wrong), Err(UsageError::Invalid), "{wrong}");
    }
    assert_eq!(add(&mut b, "d02"), Err(UsageError::Exists));
    assert_eq!(add(&mut b, "1234567890-_.abc"), Ok(path("/25/0")));
    assert_eq!(b.ask(Ask::discover("/1234567890-_.abc/3303")).text(), "</3303>;ver=1.1");
    assert_eq!(text(&mut b, "/d02/3303/0/5700"), "31.5");
}
