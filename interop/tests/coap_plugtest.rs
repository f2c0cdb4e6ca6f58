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
use m2m_interop::peers::{here, installed, leshan_class_path, m2m};
use m2m_interop::plugtest::clients::{Client, Got, Session, observer};
use m2m_interop::plugtest::site::Site;
use m2m_interop::plugtest::{Body, CASES, Happens, PROXIED, Step, WATCHED, Watched};
use m2m_interop::process::{Process, run};
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::{free_port, loopback, wait_for};
use std::net::{SocketAddr, UdpSocket};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// Ways to a server: nothing wrong; every fifth datagram lost; doubled and out of order; late.
const WAYS: [Option<Rules>; 4] =
    [None, Some(Rules { drop: 5, ..Rules::NONE }), Some(Rules::DISORDER), Some(Rules::LATE)];

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
    process.wait_start("READY");
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
        // 16 bytes with losses or late nobody waits long enough.
        let lost = way.is_some_and(|w| w.drop > 0);
        let late = way.is_some_and(|w| w.delay > 0);
        let hopeless =
            |step: &Step| (step.non && lost) || (step.block == Some(0) && (lost || late));
        // The others choose their tokens themselves.
        let unable = |step: &Step| step.empty_token && client != Client::Ours;
        if steps.iter().any(|step| hopeless(step) || unable(step)) {
            return;
        }
        // Each loss costs two to three seconds: many blocks lose fewer of theirs.
        let many = id.starts_with("TD_COAP_BLOCK");
        let way = way.map(|w| if many && lost { Rules { drop: 13, ..w } } else { w });
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

/// A description through a reverse proxy: each client asks the proxy of aiocoap for what our
/// server has.
fn through_a_proxy(id: &str) {
    static PROXY: OnceLock<SocketAddr> = OnceLock::new();
    if m2m_interop::skipped() {
        return;
    }
    let proxy = *PROXY.get_or_init(|| {
        let behind = server(Server::Ours);
        let proxy = loopback(free_port());
        let program = installed().join("aiocoap/bin/aiocoap-proxy");
        let (bind, to) = (proxy.to_string(), behind.to_string());
        // It is killed with the thread that is its keeper, which ends with this process.
        let (started, ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let arguments = ["--reverse", "--bind", &bind, "--unconditional", &to];
            let _proxy = Process::start(program.to_str().unwrap(), &arguments);
            let _ = started.send(());
            loop {
                std::thread::park();
            }
        });
        ready.recv().unwrap();
        let uri = format!("coap://{proxy}/{}/test", space());
        wait_for("the proxy", || {
            run(120, m2m(), &["coap", "get", &uri, "-t", "2"]).status.success().then_some(())
        });
        proxy
    });
    let (_, like) = PROXIED.iter().find(|row| row.0 == id).unwrap();
    let (_, steps) = CASES.iter().find(|case| case.0 == *like).unwrap();
    let ask = |client: Client| {
        let mut session = Session::new(client, proxy, &space());
        for step in *steps {
            check(id, step, &session.ask(step), &format!("{client:?} through a proxy"));
        }
    };
    let ask = &ask;
    let clients = [Client::Ours, Client::Libcoap, Client::Aiocoap, Client::Californium];
    let parts = clients.map(|client| move || ask(client));
    let parts: Vec<&(dyn Fn() + Sync)> = parts.iter().map(|p| p as _).collect();
    together(&parts);
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
        for (state, (code, body)) in states.iter().zip(watched.states) {
            assert_eq!(state.code, *code, "{id} {client:?} {way:?} {states:?}");
            assert!(body.fits(&state.payload), "{id} {client:?} {way:?} {states:?}");
        }
        assert_eq!(states.len(), watched.states.len());
    };
    everywhere(&run);
}

/// A free port that nobody gets by chance while it is not in use: it is not one of those that the
/// system gives away.
fn lasting_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (first..).find(|port| UdpSocket::bind(loopback(*port)).is_ok()).unwrap()
}

/// An observation of a state that is good for a second: our client registers again with a server
/// that was started anew, and Californium's with ours. The others never register again.
#[test]
fn td_coap_obs_04_client_registers_again() {
    if m2m_interop::skipped() {
        return;
    }
    // Californium registers again and again, and hears the same state each time.
    let states = &[("2.05", Body::Any); 4];
    let watched = Watched { path: "obs-brief", states, ..WATCHED[0] };
    let ours = || {
        let (address, space) = (loopback(lasting_port()), space());
        let port = address.port().to_string();
        let python = installed().join("aiocoap/bin/python");
        let script = here().join("peers/aiocoap_plugtest.py");
        let start = || {
            let arguments = ["-B", script.to_str().unwrap(), "server", &port];
            let mut server = Process::start(python.to_str().unwrap(), &arguments);
            server.wait_start("READY");
            server
        };
        let first = start();
        let uri = format!("coap://{address}/{space}/obs-brief");
        let arguments = ["coap", "observe", &uri, "--json", "--renew", "-n", "3"];
        let mut observer = Process::start(m2m(), &arguments);
        let mut state = || {
            observer.wait_line(|line| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(line["payload"].as_str()?.to_owned())
            })
        };
        assert_eq!(state(), "0");
        drop(first);
        let _second = start();
        // It registers again, and hears of a change.
        assert_eq!(state(), "0");
        happen(address, &space, &watched, Happens::Put("one"));
        assert_eq!(state(), "one");
    };
    let californium = || {
        let socket = UdpSocket::bind(loopback(0)).unwrap();
        let kept = socket.try_clone().unwrap();
        let first = Background::start_on(socket, Site::new(), |_, _, ()| ());
        let (address, space) = (first.address, space());
        let mut session = Session::new(Client::Californium, address, &space);
        let mut lives = (Some((first, kept)), None);
        let states = session.watch(&watched, || {
            let (first, socket) = lives.0.take().unwrap();
            first.stop();
            let server = Background::start_on(socket, Site::new(), |_, _, ()| ());
            wait_for("a registration", || {
                (server.call(|site, _| site.observers()) > 0).then_some(())
            });
            happen(address, &space, &watched, Happens::Put("one"));
            lives.1 = Some(server);
        });
        let payloads: Vec<_> = states.iter().map(|state| state.payload.as_slice()).collect();
        assert!([b"0", &b"one"[..]].iter().all(|text| payloads.contains(text)), "{states:?}");
    };
    together(&[&ours, &californium]);
}

/// A client that is gone does not acknowledge: our server gives up. It is quicker than others, with
/// one repetition.
#[test]
fn td_coap_obs_05_server_notices_that_the_client_is_off() {
    if m2m_interop::skipped() {
        return;
    }
    let run = |client: Client| {
        let parameters = coap_core::Parameters { max_retransmit: 1, ..Default::default() };
        let server = Background::start(Site::with(parameters), |_, _, ()| ());
        let space = space();
        let observers = |count: usize| {
            wait_for("observers", || {
                (server.call(|site, _| site.observers()) == count).then_some(())
            });
        };
        let uri = format!("coap://{}/{space}/obs", server.address);
        let gone = observer(client, &uri);
        observers(1);
        drop(gone);
        happen(server.address, &space, &WATCHED[0], Happens::Put("one"));
        observers(0);
    };
    let run = &run;
    let clients = [Client::Ours, Client::Libcoap, Client::Aiocoap, Client::Californium];
    let parts = clients.map(|client| move || run(client));
    let parts: Vec<&(dyn Fn() + Sync)> = parts.iter().map(|p| p as _).collect();
    together(&parts);
}

/// What our command calls a ping is answered by each peer; what our server answers one with, the
/// command's own tests show.
#[test]
fn td_coap_core_31_ping() {
    if m2m_interop::skipped() {
        return;
    }
    for which in [Server::Ours, Server::Aiocoap, Server::Californium] {
        let uri = format!("coap://{}", server(which));
        let ping = run(120, m2m(), &["coap", "ping", &uri, "-n", "1", "-t", "20", "-v", "--json"]);
        assert!(ping.status.success(), "{which:?}: {}", ping.stderr);
        let lines = String::from_utf8(ping.stdout).unwrap();
        let messages: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let types: Vec<_> = messages.iter().filter_map(|line| line["type"].as_str()).collect();
        assert_eq!(types, ["CON", "RST"], "{which:?}");
    }
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
    td_coap_core_12_empty_token = "TD_COAP_CORE_12"
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

tests! { through_a_proxy:
    td_coap_core_24_several_location_path_through_a_proxy = "TD_COAP_CORE_24"
    td_coap_core_25_several_location_query_through_a_proxy = "TD_COAP_CORE_25"
    td_coap_core_26_accept_through_a_proxy = "TD_COAP_CORE_26"
    td_coap_core_27_if_match_through_a_proxy = "TD_COAP_CORE_27"
    td_coap_core_28_if_none_match_through_a_proxy = "TD_COAP_CORE_28"
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
