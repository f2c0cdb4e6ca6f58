//! Our bindings against ACME's CSE: one scenario over each binding and serialisation, which leaves
//! the same resource tree.
#![allow(clippy::disallowed_types, reason = "a test beside the engines")]

use m2m_interop::acme::Acme;
use m2m_interop::onem2m::{Http, Link, Mqtt, WebSocket};
use m2m_interop::onem2m_coap::Coap;
use m2m_interop::onem2m_scenario::{AE, scenario};
use onem2m_core::media::Serialization::{self, Cbor, Json};
use serde_json::Value;

#[test]
fn one_scenario_over_each_binding_leaves_the_same_tree() {
    if m2m_interop::skipped() {
        return;
    }
    type Way<'a> = (&'a str, Box<dyn Fn(Serialization) -> Box<dyn Link> + 'a>);
    let mut first: Option<Value> = None;
    for serialization in [Json, Cbor] {
        // One each: ACME can take the end of an AE's WebSocket for that of its next one, which then
        // gets no notifications.
        let acme = Acme::start();
        let ways: [Way<'_>; 4] = [
            ("HTTP", Box::new(|s| Box::new(Http::new(acme.http, s)))),
            ("CoAP", Box::new(|s| Box::new(Coap::new(acme.coap, Http::new(acme.http, s), s)))),
            ("MQTT", Box::new(|s| Box::new(Mqtt::new(acme.broker.address, AE, s)))),
            ("WebSocket", Box::new(|s| Box::new(WebSocket::new(acme.websocket, AE, s)))),
        ];
        for (name, open) in &ways {
            println!("{name} in {}", serialization.name());
            let tree = scenario(open(serialization).as_mut(), serialization);
            assert_eq!(first.get_or_insert(tree.clone()), &tree, "{name}");
        }
    }
}
