//! The ETSI plugtest of CoAP: each description a test, in both roles, against libcoap, aiocoap and
//! Californium; directly, and through relays that lose, double and reorder.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

mod common;

use common::together;
use m2m_interop::background::Background;
use m2m_interop::peers::{here, installed, leshan_class_path};
use m2m_interop::plugtest::clients::{Client, Got, Session};
use m2m_interop::plugtest::site::Site;
use m2m_interop::plugtest::{Body, CASES, Happens, Step, WATCHED, Watched};
use m2m_interop::process::Process;
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::{free_port, loopback};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// Ways to a server: nothing wrong; every fifth datagram lost; doubled and out of order.
const WAYS: [Option<Rules>; 3] =
    [None, Some(Rules { drop: 5, duplicate: 0, swap: 0 }), Some(Rules::DISORDER)];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Server {
    Ours,
    Aiocoap,
    Californium,
}

/// Starts a server once for all tests. It ends with this process.
fn server(which: Server) -> SocketAddr {
    static OURS: OnceLock<SocketAddr> = OnceLock::new();
    static AIOCOAP: OnceLock<SocketAddr> = OnceLock::new();
    static CALIFORNIUM: OnceLock<SocketAddr> = OnceLock::new();
    match which {
        Server::Ours => *OURS.get_or_init(|| {
            let site = Background::start(Site::new(), |_, _, ()| ());
            let address = site.address;
            // It is wanted as long as there is this process.
            std::mem::forget(site);
            address
        }),
        Server::Aiocoap => *AIOCOAP.get_or_init(|| {
            let python = installed().join("aiocoap/bin/python");
            let script = here().join("peers/aiocoap_plugtest.py");
            script_server(python.to_str().unwrap(), &["-B", script.to_str().unwrap(), "server"])
        }),
        Server::Californium => *CALIFORNIUM.get_or_init(|| {
            script_server("java", &["-cp", &leshan_class_path(), "PeerPlugtest", "server"])
        }),
    }
}

fn script_server(program: &str, arguments: &[&str]) -> SocketAddr {
    let address = loopback(free_port());
    let port = address.port().to_string();
    // Its standard input ends with this process, and so does it.
    let mut process = Process::start_shared(program, &[arguments, &[&port]].concat());
    process.wait_start(30, "READY");
    std::mem::forget(process);
    address
}

/// A first segment that nobody else uses.
fn space() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("n{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn check(id: &str, step: &Step, got: &Got, what: &str) {
    let shown = format!("{id} {what}: {} {}: {got:?}", step.method, step.path);
    assert_eq!(got.code, step.code, "{shown}");
    assert!(step.body.fits(&got.payload), "{shown}");
    for option in step.has.iter().filter(|_| got.options.is_some()) {
        // Californium puts the run's own segment into the location of what it created.
        let (number, value) = (option.0, option.1.to_vec());
        assert!(got.options.as_ref().unwrap().contains(&(number, value)), "{option:?} {shown}");
    }
}

/// All pairs of a client and a server of which one is ours.
const PAIRS: [(Client, Server); 5] = [
    (Client::Ours, Server::Aiocoap),
    (Client::Ours, Server::Californium),
    (Client::Libcoap, Server::Ours),
    (Client::Aiocoap, Server::Ours),
    (Client::Californium, Server::Ours),
];

/// Runs something with each pair on each way, side by side: most of their time they wait.
fn everywhere(run: &(impl Fn(Client, SocketAddr, Option<Rules>) + Sync)) {
    let all = PAIRS.iter().flat_map(|pair| WAYS.into_iter().map(move |way| (*pair, way)));
    let parts: Vec<_> = all
        .map(|((client, which), way)| {
            let server = server(which);
            move || run(client, server, way)
        })
        .collect();
    let parts: Vec<&(dyn Fn() + Sync)> = parts.iter().map(|p| p as _).collect();
    together(&parts);
}

/// Runs a description with each pair, each on its own ways.
fn description(id: &str) {
    if m2m_interop::skipped() {
        return;
    }
    let (_, steps) = CASES.iter().find(|case| case.0 == id).unwrap();
    let run = |client: Client, server: SocketAddr, way: Option<Rules>| {
        // What is not confirmable is not sent again when it is lost; and for a hundred blocks of
        // 16 bytes with losses nobody waits long enough.
        let hopeless = |step: &Step| step.non || step.block == Some(0);
        if way.is_some_and(|w| w.drop > 0) && steps.iter().any(hopeless) {
            return;
        }
        let relay = way.map(|rules| Relay::start(server, rules));
        let target = relay.as_ref().map_or(server, Relay::address);
        let mut session = Session::new(client, target, &space());
        let what = format!("{client:?} {way:?}");
        for step in *steps {
            let got = session.ask(step);
            check(id, step, &got, &what);
            if let (Some(wire), None, false) = (&got.wire, way, step.wire.is_empty()) {
                assert_eq!(wire, step.wire, "{id} {what}");
            }
        }
    };
    everywhere(&run);
}

/// Makes it happen, by our own command on the direct way.
fn happen(server: SocketAddr, space: &str, watched: &Watched, what: Happens) {
    let mut session = Session::new(Client::Ours, server, space);
    let mut step = CASES[0].1[0];
    step.path = watched.path;
    (step.method, step.code, step.payload) = match what {
        Happens::Put(text) => ("put", "2.04", Body::Text(text)),
        Happens::PutBig => ("put", "2.04", Body::Big(false)),
        Happens::OtherFormat => ("put", "2.04", Body::Text("{}")),
        Happens::Deleted => ("delete", "2.02", Body::Any),
        Happens::Read => ("get", "2.05", Body::Any),
    };
    if what == Happens::OtherFormat {
        step.options = &[(12, &[50])];
    }
    assert_eq!(session.ask(&step).code, step.code, "{} {what:?}", watched.id);
    sleep(Duration::from_millis(300));
}

fn observation(id: &str) {
    if m2m_interop::skipped() {
        return;
    }
    let watched = WATCHED.iter().find(|row| row.id == id).unwrap();
    let run = |client: Client, server: SocketAddr, way: Option<Rules>| {
        if way.is_some_and(|w| w.drop > 0) && watched.path == "obs-non" {
            return;
        }
        // The latest state is what matters: a state between may be left out when there is loss.
        if way.is_some() && watched.states.len() > 2 {
            return;
        }
        let relay = way.map(|rules| Relay::start(server, rules));
        let target = relay.as_ref().map_or(server, Relay::address);
        let space = space();
        let mut session = Session::new(client, target, &space);
        let states = session.watch(watched, || {
            watched.happens.iter().for_each(|what| happen(server, &space, watched, *what));
        });
        if client == Client::Libcoap {
            // It logs each message; the texts are in there.
            let log = String::from_utf8_lossy(&states[0].payload).into_owned();
            for (code, body) in watched.states {
                assert!(log.contains(&format!("c:{code}")), "{id} {log}");
                if let Body::Text(text) = body {
                    assert!(log.contains(text), "{id} {log}");
                }
            }
            return;
        }
        for (state, (code, body)) in states.iter().zip(watched.states) {
            assert_eq!(state.code, *code, "{id} {client:?} {way:?} {states:?}");
            assert!(body.fits(&state.payload), "{id} {client:?} {way:?} {states:?}");
        }
        assert_eq!(states.len(), watched.states.len());
    };
    everywhere(&run);
}

macro_rules! tests {
    ($run:ident: $($name:ident = $id:literal)*) => {
        $(#[test]
        fn $name() {
            $run($id);
        })*
    };
}

tests! { description:
    td_coap_core_01_get_con = "TD_COAP_CORE_01"
    td_coap_core_02_delete_con = "TD_COAP_CORE_02"
    td_coap_core_03_put_con = "TD_COAP_CORE_03"
    td_coap_core_04_post_con = "TD_COAP_CORE_04"
    td_coap_core_05_get_non = "TD_COAP_CORE_05"
    td_coap_core_06_delete_non = "TD_COAP_CORE_06"
    td_coap_core_07_put_non = "TD_COAP_CORE_07"
    td_coap_core_08_post_non = "TD_COAP_CORE_08"
    td_coap_core_09_separate_response = "TD_COAP_CORE_09"
    td_coap_core_10_token = "TD_COAP_CORE_10"
    td_coap_core_11_token_and_separate_response = "TD_COAP_CORE_11"
    td_coap_core_13_several_uri_path = "TD_COAP_CORE_13"
    td_coap_core_14_several_uri_query = "TD_COAP_CORE_14"
    td_coap_core_15_lossy_piggybacked = "TD_COAP_CORE_15"
    td_coap_core_16_lossy_separate = "TD_COAP_CORE_16"
    td_coap_core_17_separate_response_to_non = "TD_COAP_CORE_17"
    td_coap_core_18_several_location_path = "TD_COAP_CORE_18"
    td_coap_core_19_several_location_query = "TD_COAP_CORE_19"
    td_coap_core_20_accept = "TD_COAP_CORE_20"
    td_coap_core_21_etag = "TD_COAP_CORE_21"
    td_coap_core_22_if_match = "TD_COAP_CORE_22"
    td_coap_core_23_if_none_match = "TD_COAP_CORE_23"
    td_coap_link_01_well_known_core = "TD_COAP_LINK_01"
    td_coap_link_02_filter_rt = "TD_COAP_LINK_02"
    td_coap_link_03_filter_rt_any = "TD_COAP_LINK_03"
    td_coap_link_04_filter_rt_of_several = "TD_COAP_LINK_04"
    td_coap_link_05_filter_if_prefix = "TD_COAP_LINK_05"
    td_coap_link_06_filter_sz_any = "TD_COAP_LINK_06"
    td_coap_link_07_filter_href = "TD_COAP_LINK_07"
    td_coap_link_08_filter_href_prefix = "TD_COAP_LINK_08"
    td_coap_link_09_filter_ct = "TD_COAP_LINK_09"
    td_coap_block_01_get_early_negotiation = "TD_COAP_BLOCK_01"
    td_coap_block_02_get_late_negotiation = "TD_COAP_BLOCK_02"
    td_coap_block_03_put = "TD_COAP_BLOCK_03"
    td_coap_block_04_post_creates = "TD_COAP_BLOCK_04"
    td_coap_block_05_post_both_ways = "TD_COAP_BLOCK_05"
    td_coap_block_06_get_blocks_of_16 = "TD_COAP_BLOCK_06"
}

tests! { observation:
    td_coap_obs_01_con = "TD_COAP_OBS_01"
    td_coap_obs_02_non = "TD_COAP_OBS_02"
    td_coap_obs_07_delete_ends_it = "TD_COAP_OBS_07"
    td_coap_obs_08_another_content_format_ends_it = "TD_COAP_OBS_08"
    td_coap_obs_09_updates = "TD_COAP_OBS_09"
    td_coap_obs_10_get_does_not_cancel = "TD_COAP_OBS_10"
    td_coap_obs_11_lossy = "TD_COAP_OBS_11"
    td_coap_obs_12_observe_1_cancels = "TD_COAP_OBS_12"
    td_coap_obs_13_large = "TD_COAP_OBS_13"
    td_coap_obs_14_large_of_variable_size = "TD_COAP_OBS_14"
}
