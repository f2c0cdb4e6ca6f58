//! Our CSE, as the command runs it: the scenario that ACME serves too, over each binding and
//! serialisation, and the same with clients that nobody here wrote.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::onem2m::{Http, Link, Mqtt, WebSocket};
use m2m_interop::onem2m_coap::Coap;
use m2m_interop::onem2m_cse::Cse;
use m2m_interop::onem2m_scenario::{AE, scenario};
use m2m_interop::peers::{here, installed};
use m2m_interop::process::run;
use onem2m_core::media::Serialization;
use serde_json::Value;

#[test]
fn one_scenario_over_each_binding_leaves_the_same_tree() {
    if m2m_interop::skipped() {
        return;
    }
    let cse = Cse::start();
    type Way<'a> = (&'a str, Box<dyn Fn(Serialization) -> Box<dyn Link> + 'a>);
    let ways: [Way<'_>; 4] = [
        ("HTTP", Box::new(|s| Box::new(Http::new(cse.http, s)))),
        ("CoAP", Box::new(|s| Box::new(Coap::new(cse.coap, Http::new(cse.http, s), s)))),
        ("MQTT", Box::new(|s| Box::new(Mqtt::new(cse.broker.address, AE, s)))),
        ("WebSocket", Box::new(|s| Box::new(WebSocket::new(cse.websocket, AE, s)))),
    ];
    let mut first: Option<Value> = None;
    for (name, open) in &ways {
        for serialization in Serialization::ALL {
            println!("{name} in {}", serialization.name());
            let tree = scenario(open(serialization).as_mut(), serialization);
            assert_eq!(first.get_or_insert(tree.clone()), &tree, "{name}");
        }
    }
}

/// curl, aiocoap, paho-mqtt and websockets.
#[test]
fn plain_clients_leave_the_same_tree() {
    if m2m_interop::skipped() {
        return;
    }
    let cse = Cse::start();
    let script = here().join("peers/onem2m_plain.py").display().to_string();
    let mut first: Option<Value> = None;
    for (binding, environment, server) in [
        ("http", "acme", cse.http),
        ("coap", "aiocoap", cse.coap),
        ("mqtt", "acme", cse.broker.address),
        ("ws", "acme", cse.websocket),
    ] {
        let python = installed().join(environment).join("bin/python").display().to_string();
        let out = run(120, &python, &["-B", &script, binding, &server.to_string()]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{binding}: {text}\n{}", out.stderr);
        let mut tree: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        println!("{binding}: {tree}");
        timeless(&mut tree);
        assert_eq!(first.get_or_insert(tree.clone()), &tree, "{binding}");
    }
}

fn timeless(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["ri", "pi", "ct", "lt", "et"] {
                members.remove(name);
            }
            members.values_mut().for_each(timeless);
        }
        Value::Array(elements) => elements.iter_mut().for_each(timeless),
        _ => {}
    }
}
