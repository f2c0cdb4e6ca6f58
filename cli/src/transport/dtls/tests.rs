//! Two ends of a session, and the datagrams between them: lost, flooded, forged.

use super::*;
use std::time::Duration;

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 1], 1000);
const SERVER: ([u8; 4], u16) = ([192, 0, 2, 2], 5684);

fn psk(identity: &str, key: &[u8]) -> Psk {
    Psk { identity: identity.into(), key: key.to_vec() }
}

/// A certificate that vouches for itself, for a common name, in a folder of its own.
fn certificate(common: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = format!("m2m-dtls-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let names = vec!["server.example".to_owned()];
    let mut parameters = rcgen::CertificateParams::new(names).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, common);
    let key = rcgen::KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    let (cert, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    (cert, key_file)
}

/// Ends that show certificates, when the server knows `known` and the client `trusted`.
fn certified(
    host: &str,
    server: &(std::path::PathBuf, std::path::PathBuf),
    client: &(std::path::PathBuf, std::path::PathBuf),
    known: Option<&std::path::Path>,
    trusted: &std::path::Path,
) -> Wire {
    let trust = Trust::load(Some(trusted), Some((&client.0, &client.1))).unwrap();
    let identity = match known {
        Some(known) => Identity::load_with_clients(&server.0, &server.1, known).unwrap(),
        None => Identity::load(&server.0, &server.1).unwrap(),
    };
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![key.clone()]);
    wire.client = Sessions::client(Credentials::Certificate(trust, host.to_owned())).unwrap();
    wire.server = Sessions::server(Keyring::of(&[key]), Some(&identity)).unwrap();
    wire
}

/// Two ends, and the datagrams on their way.
struct Wire {
    client: Sessions,
    server: Sessions,
    to_client: Vec<Vec<u8>>,
    to_server: Vec<Vec<u8>>,
    at_client: Vec<Arrived>,
    at_server: Vec<Arrived>,
    now: Instant,
}

impl Wire {
    fn new(client: Psk, keys: Vec<Psk>) -> Wire {
        Wire {
            client: Sessions::client(Credentials::Psk(client)).unwrap(),
            server: Sessions::server(Keyring::of(&keys), None).unwrap(),
            to_client: Vec::new(),
            to_server: Vec::new(),
            at_client: Vec::new(),
            at_server: Vec::new(),
            now: Instant::now(),
        }
    }

    fn connect(&mut self) -> u64 {
        let out = &mut self.to_server;
        let mut send = |_: SocketAddr, bytes: &[u8]| out.push(bytes.to_vec());
        self.client.connect(self.now, SERVER.into(), &mut send, &mut self.at_client)
    }

    /// Carries datagrams until there are none, all but those whose number `lost` takes.
    fn settle(&mut self, mut lost: impl FnMut(usize) -> bool) {
        let mut count = 0;
        for _ in 0..60 {
            while !self.to_server.is_empty() || !self.to_client.is_empty() {
                for datagram in std::mem::take(&mut self.to_server) {
                    count += 1;
                    if lost(count) {
                        continue;
                    }
                    let out = &mut self.to_client;
                    let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
                    let arrived = &mut self.at_server;
                    self.server.handle(self.now, CLIENT.into(), &datagram, &mut send, arrived);
                }
                for datagram in std::mem::take(&mut self.to_client) {
                    count += 1;
                    if lost(count) {
                        continue;
                    }
                    let out = &mut self.to_server;
                    let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
                    let arrived = &mut self.at_client;
                    self.client.handle(self.now, SERVER.into(), &datagram, &mut send, arrived);
                }
            }
            self.now += Duration::from_secs(1);
            let out = &mut self.to_server;
            let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
            self.client.handle_timeout(self.now, &mut send, &mut self.at_client);
            let out = &mut self.to_client;
            let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
            self.server.handle_timeout(self.now, &mut send, &mut self.at_server);
        }
    }

    fn say(&mut self, number: u64, text: &[u8]) -> bool {
        let out = &mut self.to_server;
        let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
        self.client.send(self.now, number, text, &mut send, &mut self.at_client)
    }
}

fn texts(arrived: &[Arrived]) -> Vec<Vec<u8>> {
    let text = |a: &Arrived| match a {
        Arrived::Message(_, _, text) => Some(text.clone()),
        _ => None,
    };
    arrived.iter().filter_map(text).collect()
}

#[test]
fn what_is_said_before_the_handshake_is_over_arrives_after_it() {
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![psk("other", &[1; 16]), key]);
    let number = wire.connect();
    assert!(wire.say(number, b"early"));
    wire.settle(|_| false);
    assert!(matches!(wire.at_client[..], [Arrived::Up(n, _)] if n == number));
    let garden = Shown::Identity(b"garden".to_vec());
    assert!(matches!(&wire.at_server[0], Arrived::Up(_, shown) if *shown == garden));
    assert_eq!(texts(&wire.at_server), [b"early"]);
    assert!(wire.say(number, b"later"));
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [&b"early"[..], b"later"]);
    // The end is told.
    let out = &mut wire.to_server;
    wire.client.close(wire.now, number, &mut |_, b| out.push(b.to_vec()));
    assert!(!wire.say(number, b"too late"));
    wire.settle(|_| false);
    assert!(matches!(wire.at_server.last(), Some(Arrived::Down(..))));
    assert!(wire.server.sessions.is_empty() && wire.server.by_address.is_empty());
}

#[test]
fn a_handshake_survives_any_single_loss() {
    for lost in 1..=7 {
        let key = psk("garden", &[7; 16]);
        let mut wire = Wire::new(key.clone(), vec![key]);
        let number = wire.connect();
        wire.settle(|count| count == lost);
        assert!(wire.say(number, b"hello"), "datagram {lost}");
        wire.settle(|_| false);
        assert_eq!(texts(&wire.at_server), [b"hello"], "datagram {lost}");
    }
}

#[test]
fn a_wrong_key_and_an_unknown_identity_lead_nowhere() {
    for (identity, key) in [("garden", [8; 16]), ("nobody", [7; 16])] {
        let mut wire = Wire::new(psk(identity, &key), vec![psk("garden", &[7; 16])]);
        let number = wire.connect();
        wire.say(number, b"hello");
        wire.settle(|_| false);
        assert!(!wire.at_server.iter().any(|a| matches!(a, Arrived::Up(..))));
        assert_eq!(texts(&wire.at_server), Vec::<Vec<u8>>::new());
        assert!(matches!(wire.at_client[..], [Arrived::Down(n, _)] if n == number));
        assert!(wire.client.sessions.is_empty() && wire.server.sessions.is_empty());
    }
}

#[test]
fn both_ends_know_each_other_by_certificates() {
    let (server, client) = (certificate("server"), certificate("pump"));
    let mut wire = certified("server.example", &server, &client, Some(&client.0), &server.0);
    let number = wire.connect();
    assert!(wire.say(number, b"early"));
    wire.settle(|_| false);
    let names = |arrived: &[Arrived]| match arrived {
        [Arrived::Up(_, Shown::Certificate(names)), ..] => {
            names.all().map(str::to_owned).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(names(&wire.at_server), ["pump", "server.example"]);
    assert_eq!(names(&wire.at_client), ["server", "server.example"]);
    assert_eq!(texts(&wire.at_server), [b"early"]);
    // Who has a key is served beside them.
    wire.client = Sessions::client(Credentials::Psk(psk("garden", &[7; 16]))).unwrap();
    let number = wire.connect();
    assert!(wire.say(number, b"by key"));
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [&b"early"[..], b"by key"]);
}

#[test]
fn a_handshake_with_certificates_survives_any_single_loss() {
    let (server, client) = (certificate("server"), certificate("pump"));
    for lost in 1..=12 {
        let mut wire = certified("server.example", &server, &client, Some(&client.0), &server.0);
        let number = wire.connect();
        wire.settle(|count| count == lost);
        assert!(wire.say(number, b"hello"), "datagram {lost}");
        wire.settle(|_| false);
        assert_eq!(texts(&wire.at_server), [b"hello"], "datagram {lost}");
    }
}

#[test]
fn who_is_not_trusted_hears_and_says_nothing() {
    let (server, client) = (certificate("server"), certificate("pump"));
    let other = certificate("pump");
    for (host, known, trusted) in [
        ("server.example", Some(&other.0), &server.0),
        ("server.example", Some(&client.0), &other.0),
        ("server.example", None, &other.0),
        ("else.example", Some(&client.0), &server.0),
    ] {
        let mut wire = certified(host, &server, &client, known.map(|p| &**p), trusted);
        let number = wire.connect();
        wire.say(number, b"hello");
        wire.settle(|_| false);
        let shown = (host, &wire.at_client, &wire.at_server);
        assert_eq!(texts(&wire.at_server), Vec::<Vec<u8>>::new(), "{shown:?}");
        let up = |arrived: &[Arrived]| arrived.iter().any(|a| matches!(a, Arrived::Up(..)));
        assert!(!up(&wire.at_client) && !up(&wire.at_server), "{shown:?}");
        assert!(matches!(&wire.at_client[..], [Arrived::Down(n, _)] if *n == number));
        assert!(wire.client.sessions.is_empty() && wire.server.sessions.is_empty());
    }
}

#[test]
fn a_key_that_dtls_cannot_use_is_told_at_once() {
    let (server, client) = (certificate("server"), certificate("pump"));
    let mut trust = Trust::load(Some(&server.0), Some((&client.0, &client.1))).unwrap();
    trust.own = Some(Own::new(trust.own.unwrap().certificate, vec![1, 2, 3]));
    let made = Sessions::client(Credentials::Certificate(trust, "h".to_owned()));
    assert!(made.unwrap_err().contains("ECDSA"));
}

#[test]
fn a_client_that_forgot_its_session_gets_another_and_the_old_one_holds_until_then() {
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![key.clone()]);
    let first = wire.connect();
    wire.settle(|_| false);
    // Somebody else under this address begins a handshake and leaves it.
    let hello = {
        let mut other = Sessions::client(Credentials::Psk(key.clone())).unwrap();
        let mut out = Vec::new();
        let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
        other.connect(wire.now, SERVER.into(), &mut send, &mut Vec::new());
        out.remove(0)
    };
    wire.to_server.push(hello);
    wire.say(first, b"still here");
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [b"still here"]);
    // The client itself has rebooted.
    wire.client = Sessions::client(Credentials::Psk(key)).unwrap();
    let second = wire.connect();
    wire.say(second, b"again");
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [&b"still here"[..], b"again"]);
    assert_eq!(wire.server.sessions.len(), 1);
    let downs = wire.at_server.iter().filter(|a| matches!(a, Arrived::Down(..)));
    assert_eq!(downs.count(), 2, "{:?}", wire.at_server);
}

/// A client at some address, its handshake step by step.
struct Far {
    sessions: Sessions,
    number: u64,
    address: SocketAddr,
    out: Vec<Vec<u8>>,
    arrived: Vec<Arrived>,
}

impl Far {
    fn new(now: Instant, key: &Psk, address: SocketAddr) -> Far {
        let (mut sessions, mut out) =
            (Sessions::client(Credentials::Psk(key.clone())).unwrap(), Vec::new());
        let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
        let number = sessions.connect(now, SERVER.into(), &mut send, &mut Vec::new());
        Far { sessions, number, address, out, arrived: Vec::new() }
    }

    /// What it has to say goes to the server; gives what that answers.
    fn ask(&mut self, wire: &mut Wire) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for datagram in std::mem::take(&mut self.out) {
            let mut send = |_: SocketAddr, b: &[u8]| answers.push(b.to_vec());
            let arrived = &mut wire.at_server;
            wire.server.handle(wire.now, self.address, &datagram, &mut send, arrived);
        }
        answers
    }

    fn hear(&mut self, now: Instant, answers: Vec<Vec<u8>>) {
        for datagram in answers {
            let Far { sessions, out, arrived, .. } = self;
            let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
            sessions.handle(now, SERVER.into(), &datagram, &mut send, arrived);
        }
    }

    fn settle(&mut self, wire: &mut Wire) {
        while !self.out.is_empty() {
            let answers = self.ask(wire);
            self.hear(wire.now, answers);
        }
    }
}

fn address(n: u32) -> SocketAddr {
    let [_, a, b, c] = n.to_be_bytes();
    ([10, a, b, c], 5000).into()
}

#[test]
fn a_flood_of_hellos_is_bounded_and_drives_out_neither_sessions_nor_handshakes() {
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![key.clone()]);
    let number = wire.connect();
    wire.settle(|_| false);
    // A handshake on a slow link: the server has seen the cookie, the client is far away.
    let mut slow = Far::new(wire.now, &key, address(1));
    let cookie = slow.ask(&mut wire);
    slow.hear(wire.now, cookie);
    let flight = slow.ask(&mut wire);
    let hello = Far::new(wire.now, &psk("x", &[1; 16]), address(2)).out.remove(0);
    for n in 0..u32::try_from(MOST_HELLOS).unwrap() + 500 {
        let arrived = &mut wire.at_server;
        wire.server.handle(wire.now, address(100 + n), &hello, &mut |_, _| {}, arrived);
        assert!(wire.server.sessions.len() <= MOST_HELLOS + 2);
    }
    assert_eq!(wire.server.failed(), 500);
    slow.hear(wire.now, flight);
    slow.settle(&mut wire);
    assert!(matches!(slow.arrived[..], [Arrived::Up(n, ..)] if n == slow.number));
    assert!(wire.say(number, b"served"));
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [b"served"]);
    // Hellos that nobody follows up are forgotten.
    for _ in 0..120 {
        wire.now += Duration::from_secs(1);
        wire.server.handle_timeout(wire.now, &mut |_, _| {}, &mut wire.at_server);
    }
    assert_eq!((wire.server.sessions.len(), wire.server.up()), (2, 2));
    assert!(wire.server.poll_timeout().is_none(), "sessions that work wait for nothing");
}

/// More sessions than a few thousand: none of them is lost for another, and what one of them
/// costs does not depend on the others.
#[test]
fn a_fleet_keeps_its_sessions() {
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![key.clone()]);
    let mut fleet: Vec<Far> = (0..4500).map(|n| Far::new(wire.now, &key, address(n))).collect();
    for far in &mut fleet {
        far.settle(&mut wire);
    }
    assert_eq!((wire.server.up(), wire.server.failed()), (4500, 0));
    wire.at_server.clear();
    for far in &mut fleet {
        let Far { sessions, number, out, .. } = far;
        let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
        assert!(sessions.send(wire.now, *number, b"here", &mut send, &mut Vec::new()));
        far.settle(&mut wire);
    }
    assert_eq!(texts(&wire.at_server).len(), 4500);
}

#[test]
fn noise_is_nothing() {
    let key = psk("garden", &[7; 16]);
    let mut wire = Wire::new(key.clone(), vec![key]);
    let number = wire.connect();
    wire.settle(|_| false);
    let mut random = m2m_base::Random::new(&m2m_base::Seed([3; 32]));
    for n in 0..3000u32 {
        let mut noise = vec![0; usize::from(random.u8())];
        random.fill(&mut noise);
        // Half of it looks like a record.
        if n % 2 == 0 && noise.len() > 13 {
            let (kind, epoch) = (20 + noise[0] % 6, noise[4] & 1);
            noise[..5].copy_from_slice(&[kind, 0xfe, 0xfd, 0, epoch]);
        }
        wire.to_server.push(noise);
    }
    wire.settle(|_| false);
    assert!(wire.say(number, b"served"));
    wire.settle(|_| false);
    assert_eq!(texts(&wire.at_server), [b"served"]);
}
