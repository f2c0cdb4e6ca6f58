//! A bootstrap server against whatever a peer may send.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod bootstrap_common;

use bootstrap_common::{Ask, Bench, Owned, config, message};
use coap_core::{Code, ContentFormat, MessageType, OptionNumber, Uint};
use lwm2m_core::bootstrap_server::{
    Account, Config, Configuration, Limits, Operation, Rule, Security, Step,
};
use lwm2m_core::{Path, Value};
use m2m_base::{Duration, Engine as _, PeerId};
use proptest::prelude::*;

/// What a client, or something that plays one, does next.
#[derive(Clone, Debug)]
enum Deed {
    Ask {
        peer: u64,
        name: u8,
        pack: bool,
    },
    /// The oldest request that it got, with this code.
    Answer {
        peer: u64,
        code: usize,
        body: usize,
    },
    Bytes {
        peer: u64,
        bytes: Vec<u8>,
    },
    Wait {
        seconds: u16,
    },
    Identify {
        peer: u64,
        name: Option<u8>,
    },
    Forget {
        peer: u64,
    },
    Push,
}

const CODES: [Code; 7] = [
    Code::CHANGED,
    Code::CONTENT,
    Code::DELETED,
    Code::BAD_REQUEST,
    Code::NOT_ACCEPTABLE,
    Code::UNSUPPORTED_CONTENT_FORMAT,
    Code::METHOD_NOT_ALLOWED,
];
const BODIES: [&[u8]; 5] = [
    b"",
    b"</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101",
    b"lwm2m=1.0,</0/65534>",
    b"</0/0>,</0/1>,</0/2>,</0/70000>,<x",
    b"\xff\x00",
];

fn deed() -> impl Strategy<Value = Deed> {
    let peer = 1u64..4;
    prop_oneof![
        4 => (peer.clone(), 0u8..3, any::<bool>())
            .prop_map(|(peer, name, pack)| Deed::Ask { peer, name, pack }),
        12 => (peer.clone(), 0..CODES.len(), 0..BODIES.len())
            .prop_map(|(peer, code, body)| Deed::Answer { peer, code, body }),
        1 => (peer.clone(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(peer, bytes)| Deed::Bytes { peer, bytes }),
        2 => (0u16..200).prop_map(|seconds| Deed::Wait { seconds }),
        1 => (peer.clone(), prop::option::of(0u8..3))
            .prop_map(|(peer, name)| Deed::Identify { peer, name }),
        1 => peer.prop_map(|peer| Deed::Forget { peer }),
        1 => Just(Deed::Push),
    ]
}

const NAMES: [&str; 3] = ["a", "b", "open"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    /// No order of deeds wedges it: each session has one end (the wrapper counts), what is bounded
    /// stays so, and afterwards a well-behaved client is served.
    #[test]
    fn any_order_of_deeds(deeds in prop::collection::vec(deed(), 0..60)) {
        let limits = Limits { sessions: 2, events: 4, pushed: 2, content_bytes: 300, ..Limits::SMALL };
        let mut bench = Bench::with(Config { limits, ..config() });
        let account = Account::new("coap://x", Security::psk(b"i", b"k"), 101);
        let items = Vec::leak([account.security(0), account.server(0)].concat());
        let (security, server) = items.split_at(7);
        let steps = &*Vec::leak(vec![
            Step::delete(Path::ROOT),
            Step::write(Path::instance(0, 0), security),
            Step::optional(Operation::Discover { path: Path::object(0) }),
            Step::write(Path::instance(1, 0), server),
        ]);
        bench.set(Rule::Pattern("*"), steps);
        let open = Configuration { finish: false, ..Configuration::new(steps) };
        bench.command(move |s, _| s.set_configuration(Rule::Endpoint("open"), &open)).unwrap();
        let mut id = 100;
        for deed in deeds {
            id += 1;
            match deed {
                Deed::Ask { peer, name, pack } => {
                    let name = NAMES[usize::from(name)];
                    let (method, path) = if pack { (Code::GET, "/bspack") } else { (Code::POST, "/bs") };
                    let uri = format!("{path}?ep={name}&acc=</0/0>");
                    let ask = Ask { method, ..Ask::post(&uri, "") };
                    bench.datagram(PeerId(peer), &ask.datagram(id, &[7]));
                }
                Deed::Answer { peer, code, body } => {
                    let asked = |(to, m): &(PeerId, Owned)| to.0 == peer && m.code.is_request();
                    if let Some(at) = bench.sent.iter().position(asked) {
                        let request = bench.sent.remove(at).1;
                        let format = Uint::new(ContentFormat::LINK_FORMAT.0.into());
                        let options = [(OptionNumber::CONTENT_FORMAT, format.as_bytes())];
                        let (code, body) = (CODES[code], BODIES[body]);
                        let ack = MessageType::Acknowledgement;
                        let bytes = message(ack, code, request.id, &request.token, &options, body);
                        bench.datagram(PeerId(peer), &bytes);
                    }
                }
                Deed::Bytes { peer, bytes } => bench.datagram(PeerId(peer), &bytes),
                Deed::Wait { seconds } => bench.pass(Duration::from_secs(seconds.into())),
                Deed::Identify { peer, name } => {
                    let name = name.map(|n| NAMES[usize::from(n)]);
                    bench.command(move |s, _| s.identify(PeerId(peer), name)).unwrap();
                }
                Deed::Forget { peer } => {
                    bench.command(move |s, now| s.forget_peer(now, PeerId(peer)));
                }
                Deed::Push => {
                    let open = bench.engine().sessions().map(|s| s.id()).next();
                    if let Some(id) = open {
                        let _ = bench.command(move |s, now| {
                            let item = [lwm2m_core::format::Item::value(
                                Path::resource(1, 0, 1),
                                Value::Integer(9),
                            )];
                            s.push(now, id, &Step::write(Path::resource(1, 0, 1), &item))
                        });
                    }
                }
            }
            prop_assert!(bench.engine().sessions().count() <= 2);
        }
        bench.pass(Duration::from_secs(700));
        prop_assert_eq!(bench.engine().sessions().count(), 0);
        let deadline = bench.server.poll_timeout();
        prop_assert!(deadline.is_none(), "{:?}", deadline);
        bench.sent.clear();
        bench.events();
        let peer = PeerId(99);
        prop_assert_eq!(bench.ask(peer, "/bs?ep=last"), Code::CHANGED);
        bench.step(peer, "0.01 GET /", Code::NOT_FOUND);
        bench.step(peer, "0.04 DELETE /", Code::DELETED);
        bench.finish();
    }
}
