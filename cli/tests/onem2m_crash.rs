//! A CSE that is killed in the middle of its work: what it acknowledged is there afterwards.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]
#![cfg(unix)]

mod common;

use common::cse::{Cse, Folder, Http};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Who creates and deletes at one time.
const WORKERS: usize = 8;

/// What a worker knows for sure.
#[derive(Default)]
struct Known {
    there: BTreeSet<String>,
    gone: BTreeSet<String>,
}

/// Creates instances, and deletes every fifth, until the connection breaks.
fn work(server: std::net::SocketAddr, round: usize, worker: usize, done: &AtomicUsize) -> Known {
    let mut http = Http::connect(server);
    let mut known = Known::default();
    for n in 0.. {
        let name = format!("i{round}-{worker}-{n}");
        let body = format!("{{\"m2m:cin\":{{\"rn\":\"{name}\",\"con\":\"{n}\"}}}}");
        let to = format!("/cse-in/crash/c{worker}");
        match http.ask("POST", &to, Some(4), &body) {
            Ok((status, body)) => assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body)),
            Err(_) => break,
        }
        if n % 5 == 4 {
            match http.ask("DELETE", &format!("{to}/{name}"), None, "") {
                Ok((status, _)) => assert_eq!(status, 200),
                // It may have happened or not.
                Err(_) => break,
            }
            known.gone.insert(format!("{to}/{name}"));
        } else {
            known.there.insert(format!("{to}/{name}"));
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    known
}

fn crashes(rounds: usize) {
    let folder = Folder::new(&format!("crash-{rounds}"));
    let store = folder.file("cse.redb");
    let cse = Cse::start_http(&store);
    let mut http = Http::connect(cse.http());
    let ae = r#"{"m2m:ae":{"rn":"crash","api":"N1","rr":false,"srv":["3"]}}"#;
    assert_eq!(http.ask("POST", "/cse-in", Some(2), ae).unwrap().0, 201);
    for worker in 0..WORKERS {
        let body = format!("{{\"m2m:cnt\":{{\"rn\":\"c{worker}\"}}}}");
        assert_eq!(http.ask("POST", "/cse-in/crash", Some(3), &body).unwrap().0, 201);
    }
    cse.stop();
    let mut there = BTreeSet::new();
    for round in 0..rounds {
        let cse = Cse::start_http(&store);
        let server = cse.http();
        let done = AtomicUsize::new(0);
        let known = std::thread::scope(|scope| {
            let done = &done;
            let workers: Vec<_> = (0..WORKERS)
                .map(|worker| scope.spawn(move || work(server, round, worker, done)))
                .collect();
            // Every round in another state of what is under way.
            while done.load(Ordering::Relaxed) < 50 + 37 * round {
                std::thread::sleep(Duration::from_millis(1));
            }
            cse.process.signal("KILL");
            workers.into_iter().map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
        });
        let cse = Cse::start_http(&store);
        let mut http = Http::connect(cse.http());
        for Known { there: new, gone } in known {
            for name in gone {
                let (status, _) = http.ask("GET", &name, None, "").unwrap();
                assert_eq!(status, 404, "round {round}: {name} was deleted");
            }
            there.extend(new);
        }
        for name in &there {
            let (status, body) = http.ask("GET", name, None, "").unwrap();
            let body = String::from_utf8(body).unwrap();
            assert_eq!(status, 200, "round {round}: {name} was acknowledged: {body}");
            let number = name.rsplit('-').next().unwrap();
            assert!(body.contains(&format!("\"con\":\"{number}\"")), "{body}");
        }
        // The counters of the containers are those of what is in them.
        for worker in 0..WORKERS {
            let mut of = |target: String| {
                let (status, body) = http.ask("GET", &target, None, "").unwrap();
                assert_eq!(status, 200);
                serde_json::from_slice::<serde_json::Value>(&body).unwrap()
            };
            let count = of(format!("/cse-in/crash/c{worker}"))["m2m:cnt"]["cni"].as_u64();
            let all = of(format!("/cse-in/crash/c{worker}?rcn=6&lim=10000"));
            let listed = all["m2m:rrl"]["rrf"].as_array().map_or(0, Vec::len) as u64;
            assert_eq!(count, Some(listed), "round {round}, container {worker}");
        }
        cse.stop();
    }
    assert!(there.len() > 40 * rounds);
}

#[test]
fn kill_loses_nothing_that_was_acknowledged() {
    crashes(3);
}

/// `cargo test -p m2m --test onem2m_crash -- --ignored`
#[test]
#[ignore = "takes a while"]
fn twenty_kills_lose_nothing_that_was_acknowledged() {
    crashes(20);
}
