//! LwM2M servers that are killed in the middle of their work: registrations, observations, queued
//! requests, credentials and bootstrap configurations that they acknowledged are there afterwards.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]
#![cfg(unix)]

mod common;

use coap_core::Code;
use common::cse::{Folder, Http};
use common::device::Device;
use common::lwm2m::{Server, answer, ask, send};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Who registers at one time.
const WORKERS: usize = 6;

/// What a worker knows for sure.
#[derive(Default)]
struct Known {
    there: BTreeSet<String>,
    gone: BTreeSet<String>,
    observed: BTreeSet<String>,
    queued: BTreeSet<String>,
}

/// Registers, observes, queues and de-registers until the server is gone.
fn work(
    coap: SocketAddr,
    http: SocketAddr,
    name: &str,
    done: &AtomicUsize,
    known: &mut Known,
) -> io::Result<()> {
    let mut http = Http::connect(http);
    for n in 0.. {
        // One that does not answer is not asked further, so each has a device of its own.
        let mut device = Device::new(coap);
        let endpoint = format!("{name}-{n}");
        let location = device.register(&endpoint, &["b=U", "Q"])?;
        let client = format!("/api/clients/{endpoint}");
        match n % 4 {
            1 => {
                let target = format!("{client}/3303/0/5700/observation");
                send(&mut http, "PUT", &target, "", "");
                let asked = device.asked()?;
                assert_eq!((asked.path.as_str(), asked.observe), ("/3303/0/5700", Some(0)));
                device.answer(&asked, Code::CONTENT, "21.5");
                let (status, body) = answer(&mut http)?;
                assert_eq!((status, &body["observed"]), (200, &true.into()), "{body}");
                known.observed.insert(endpoint.clone());
            }
            2 => {
                let target = format!("{client}/1/0/1?wait=false");
                send(&mut http, "PUT", &target, "", "{\"value\":77}");
                let (status, body) = answer(&mut http)?;
                assert_eq!(status, 202, "{body}");
                known.queued.insert(endpoint.clone());
            }
            3 => {
                // From here on it may have happened or not.
                let answer = device.ask(Code::DELETE, &location, &[], "")?;
                assert_eq!(answer.code, Code::DELETED);
                known.gone.insert(endpoint);
                done.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            _ => {}
        }
        known.there.insert(endpoint);
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn check(http: &mut Http, known: &Known, round: usize) {
    let mut get = |endpoint: &str, below: &str| {
        ask(http, "GET", &format!("/api/clients/{endpoint}{below}"), "")
    };
    for endpoint in &known.there {
        let (status, body) = get(endpoint, "");
        assert_eq!(status, 200, "round {round}: {endpoint} was acknowledged");
        assert_eq!(body["objects"].as_array().unwrap().len(), 3, "{body}");
        assert_eq!((&body["lifetime"], &body["queue_mode"]), (&86400.into(), &true.into()));
    }
    for endpoint in &known.observed {
        let (_, body) = get(endpoint, "/observations");
        assert_eq!(body["observations"][0]["paths"][0], "/3303/0/5700", "round {round}: {body}");
        assert_eq!(body["observations"][0]["established"], true, "round {round}: {endpoint}");
    }
    for endpoint in &known.queued {
        let (_, body) = get(endpoint, "/queue");
        let all = body["queue"].as_array().unwrap();
        assert_eq!(all.len(), 1, "round {round}: {endpoint}: {body}");
        assert_eq!(
            (&all[0]["operation"], &all[0]["paths"][0]),
            (&"write".into(), &"/1/0/1".into())
        );
    }
    for endpoint in &known.gone {
        assert_eq!(get(endpoint, "").0, 404, "round {round}: {endpoint} was de-registered");
    }
}

#[test]
fn what_was_acknowledged_survives_twenty_crashes() {
    let folder = Folder::new("lwm2m-crash");
    let store = folder.file("server.redb");
    let mut all = Known::default();
    for round in 0..20 {
        let server = Server::start(&store, &[]);
        let (coap, http) = (server.at("coap"), server.at("http"));
        let done = AtomicUsize::new(0);
        let known = std::thread::scope(|scope| {
            let done = &done;
            let workers: Vec<_> = (0..WORKERS)
                .map(|worker| {
                    scope.spawn(move || {
                        let mut known = Known::default();
                        // It ends when the server does.
                        let name = format!("e{round}-{worker}");
                        work(coap, http, &name, done, &mut known).unwrap_err();
                        known
                    })
                })
                .collect();
            // Every round in another state of what is under way.
            while done.load(Ordering::Relaxed) < 20 + 7 * round {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.process.signal("KILL");
            workers.into_iter().map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
        });
        drop(server);
        let server = Server::start(&store, &[]);
        let mut http = server.http();
        for one in known {
            check(&mut http, &one, round);
            all.there.extend(one.there);
            all.gone.extend(one.gone);
            all.observed.extend(one.observed);
            all.queued.extend(one.queued);
        }
        assert!(server.registrations >= all.there.len() as u64);
        server.stop();
    }
    let server = Server::start(&store, &[]);
    check(&mut server.http(), &all, 20);
    assert!(all.there.len() > 300 && all.observed.len() > 100 && all.queued.len() > 100);
}

/// What the API was told, as pairs of a place and what is there; nothing for what was taken away.
type Told = Vec<(String, Option<Value>)>;

/// Puts and takes away until the server is gone.
fn tell(http: SocketAddr, name: &str, places: &[&str], done: &AtomicUsize) -> Told {
    let mut http = Http::connect(http);
    let mut told = Told::new();
    for n in 0.. {
        let place = places[n % places.len()];
        let target = format!("{place}/{name}-{n}");
        let body = match place {
            "/api/credentials" => json!({"key": format!("{n:032x}"), "endpoint": format!("d{n}")}),
            _ => json!({"servers": [{"uri": "coap://192.0.2.1", "id": 1, "lifetime": 60 + n}]}),
        };
        send(&mut http, "PUT", &target, "", &body.to_string());
        match answer(&mut http) {
            Ok((status, shown)) => {
                assert_eq!(status, 201, "{target}: {shown}");
                told.push((target.clone(), Some(shown)));
            }
            Err(_) => break,
        }
        if n % 3 == 2 {
            send(&mut http, "DELETE", &target, "", "");
            // Without an answer it may be there or not.
            told.pop();
            match answer(&mut http) {
                Ok((status, _)) => {
                    assert_eq!(status, 204, "{target}");
                    told.push((target, None));
                }
                Err(_) => break,
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    told
}

#[test]
fn credentials_and_configurations_survive_twenty_crashes() {
    let folder = Folder::new("lwm2m-crash-told");
    for (kind, places) in [
        ("server", &["/api/credentials"][..]),
        ("bootstrap-server", &["/api/configurations", "/api/credentials", "/api/patterns"]),
    ] {
        let store = folder.file(&format!("{kind}.redb"));
        let any = "127.0.0.1:0";
        let start = || Server::run(&[kind, "--store", &store, "--coap", any, "--http", any]);
        let mut all = Told::new();
        for round in 0..20 {
            let server = start();
            let http = server.at("http");
            let done = AtomicUsize::new(0);
            let told = std::thread::scope(|scope| {
                let done = &done;
                let workers: Vec<_> = (0..3)
                    .map(|worker| {
                        let name = format!("{round}-{worker}");
                        scope.spawn(move || tell(http, &name, places, done))
                    })
                    .collect();
                while done.load(Ordering::Relaxed) < 10 + 2 * round {
                    std::thread::sleep(Duration::from_millis(1));
                }
                server.process.signal("KILL");
                workers.into_iter().flat_map(|w| w.join().unwrap()).collect::<Vec<_>>()
            });
            drop(server);
            let server = start();
            all.extend(told);
            let mut http = server.http();
            for (target, expected) in &all {
                let (status, shown) = ask(&mut http, "GET", target, "");
                match expected {
                    Some(expected) => {
                        assert_eq!((status, &shown), (200, expected), "{kind} {round} {target}");
                    }
                    None => assert_eq!(status, 404, "{kind} {round} {target}"),
                }
            }
            server.stop();
        }
        assert!(all.iter().filter(|(_, told)| told.is_some()).count() > 300);
        assert!(all.iter().filter(|(_, told)| told.is_none()).count() > 50);
    }
}
