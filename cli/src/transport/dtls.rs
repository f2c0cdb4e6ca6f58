//! DTLS 1.2 with pre-shared keys (RFC 6347, RFC 4279), AES-128-CCM-8 (RFC 6655): the sessions of
//! one UDP socket. Datagrams in and out, no socket in here.

use dimpl::{Config, Dtls, Output, PskResolver};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::time::Instant;

/// Sessions that are held at one time. The one that was silent longest makes room.
const MOST_SESSIONS: usize = 4096;
/// Of those: handshakes under way.
const MOST_HANDSHAKES: usize = 256;
/// Bytes of a record around what it carries, at most.
const OVERHEAD: usize = 64;
/// Shortest wait for a deadline.
const SHORTEST: std::time::Duration = std::time::Duration::from_millis(5);
/// The first byte of a record with a handshake message (RFC 6347 section 4.1).
const HANDSHAKE: u8 = 22;
/// Where the type of the handshake message is, and the one that begins a handshake.
const MESSAGE_TYPE: usize = 13;
const CLIENT_HELLO: u8 = 1;
/// Where the two bytes of a record's epoch are.
const EPOCH: std::ops::Range<usize> = 3..5;

/// One identity and its key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Psk {
    /// The identity, as the peers know it.
    pub(crate) identity: Vec<u8>,
    /// The key.
    pub(crate) key: Vec<u8>,
}

impl fmt::Debug for Psk {
    /// The key stays out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Psk({})", String::from_utf8_lossy(&self.identity))
    }
}

/// Identities and keys that may change while sessions come and go.
#[derive(Clone, Default)]
pub(crate) struct Keyring(Arc<RwLock<BTreeMap<Vec<u8>, Vec<u8>>>>);

impl fmt::Debug for Keyring {
    /// The keys stay out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl Keyring {
    /// With these keys.
    pub(crate) fn of(keys: &[Psk]) -> Keyring {
        let keys = keys.iter().map(|psk| (psk.identity.clone(), psk.key.clone()));
        Keyring(Arc::new(RwLock::new(keys.collect())))
    }

    /// Adds a key, or replaces that of an identity.
    pub(crate) fn set(&self, psk: Psk) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(psk.identity, psk.key);
    }

    /// Takes a key away. Sessions that were begun with it stay.
    pub(crate) fn remove(&self, identity: &[u8]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(identity);
    }

    /// The key of an identity.
    pub(crate) fn get(&self, identity: &[u8]) -> Option<Vec<u8>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(identity).cloned()
    }
}

/// Looks keys up, and remembers for which identity it did so last.
#[derive(Default)]
struct Lookup {
    keys: Keyring,
    last: Mutex<Option<Vec<u8>>>,
}

impl Lookup {
    fn last(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PskResolver for Lookup {
    fn resolve(&self, identity: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.get(identity)?;
        *self.last() = Some(identity.to_vec());
        Some(key)
    }
}

/// What became of a session, or came over it.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// The handshake is over; as whom the peer was let in.
    Up(u64, Vec<u8>),
    /// A message.
    Message(u64, SocketAddr, Vec<u8>),
    /// The session is no more, and why.
    Down(u64, String),
}

/// The sessions of one socket, by number. Numbers are not used again.
pub(crate) struct Sessions {
    config: Arc<Config>,
    lookup: Arc<Lookup>,
    server: bool,
    sessions: BTreeMap<u64, Session>,
    by_address: BTreeMap<SocketAddr, Pair>,
    next: u64,
    /// What `poll_output` writes to.
    room: Vec<u8>,
}

/// The sessions with one address: one that works, and one whose handshake is to replace it
/// (RFC 6347 section 4.2.8).
#[derive(Clone, Copy, Default)]
struct Pair {
    up: Option<u64>,
    fresh: Option<u64>,
}

struct Session {
    dtls: Dtls,
    address: SocketAddr,
    /// As whom the peer is let in once the handshake is over.
    identity: Vec<u8>,
    up: bool,
    due: Option<Instant>,
    heard: Instant,
    /// The last thing that went wrong.
    down: Option<String>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("count", &self.sessions.len()).finish_non_exhaustive()
    }
}

impl Sessions {
    /// For a server that knows these keys.
    pub(crate) fn server(keys: Keyring) -> Result<Sessions, String> {
        let lookup = Arc::new(Lookup { keys, last: Mutex::default() });
        let builder = Config::builder().with_psk_server(None, lookup.clone());
        Sessions::new(builder, lookup, true)
    }

    /// For a client with this identity.
    pub(crate) fn client(psk: Psk) -> Result<Sessions, String> {
        let identity = psk.identity.clone();
        let lookup = Arc::new(Lookup { keys: Keyring::of(&[psk]), last: Mutex::default() });
        let builder = Config::builder().with_psk_client(identity, lookup.clone());
        Sessions::new(builder, lookup, false)
    }

    fn new(
        builder: dimpl::ConfigBuilder,
        lookup: Arc<Lookup>,
        server: bool,
    ) -> Result<Sessions, String> {
        let config = builder
            .mtu(1400)
            .dtls12_cipher_suites(&[dimpl::crypto::Dtls12CipherSuite::PSK_AES128_CCM_8])
            .dtls13_cipher_suites(&[])
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Sessions {
            config: Arc::new(config),
            lookup,
            server,
            sessions: BTreeMap::new(),
            by_address: BTreeMap::new(),
            next: super::first_number(),
            room: vec![0; 4096],
        })
    }

    /// Begins a handshake with a server.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        to: SocketAddr,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) -> u64 {
        let number = self.add(now, to, true);
        self.by_address.entry(to).or_default().fresh = Some(number);
        self.drive(number, now, send, arrived, |dtls| dtls.handle_timeout(now.into_std()));
        number
    }

    fn add(&mut self, now: Instant, address: SocketAddr, active: bool) -> u64 {
        let mut dtls = Dtls::new_12_psk(self.config.clone(), now.into_std());
        dtls.set_active(active);
        let number = self.next;
        self.next += 1;
        let session = Session {
            dtls,
            address,
            identity: Vec::new(),
            up: false,
            due: None,
            heard: now,
            down: None,
        };
        self.sessions.insert(number, session);
        number
    }

    /// Takes a datagram.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) {
        let pair = self.by_address.get(&from).copied().unwrap_or_default();
        let plain = datagram.get(EPOCH).is_some_and(|epoch| epoch == [0, 0]);
        let hello = plain
            && datagram.first() == Some(&HANDSHAKE)
            && datagram.get(MESSAGE_TYPE) == Some(&CLIENT_HELLO);
        let fresh = match pair.fresh {
            Some(number) => Some(number),
            // A peer that forgot its session begins another one; until that works the old one holds.
            None if self.server && hello => {
                self.make_room(arrived);
                let number = self.add(now, from, false);
                self.by_address.entry(from).or_default().fresh = Some(number);
                Some(number)
            }
            None => None,
        };
        // Sessions are never negotiated anew.
        let up = pair.up.filter(|_| !hello);
        for number in [fresh, up].into_iter().flatten() {
            if let Some(session) = self.sessions.get_mut(&number) {
                session.heard = now;
            }
            self.drive(number, now, send, arrived, |dtls| {
                dtls.handle_timeout(now.into_std())?;
                dtls.handle_packet(datagram)
            });
        }
    }

    /// Encrypts a message. False if there is no such session (any more).
    pub(crate) fn send(
        &mut self,
        now: Instant,
        number: u64,
        message: &[u8],
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) -> bool {
        if !self.sessions.contains_key(&number) {
            return false;
        }
        self.drive(number, now, send, arrived, |dtls| {
            dtls.handle_timeout(now.into_std())?;
            dtls.send_application_data(message).map(|_| ())
        });
        true
    }

    /// Says goodbye on a session.
    pub(crate) fn close(
        &mut self,
        now: Instant,
        number: u64,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
    ) {
        self.drive(number, now, send, &mut Vec::new(), Dtls::close);
        self.remove(number);
    }

    /// When [`Sessions::handle_timeout`] should be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.sessions.values().filter_map(|session| session.due).min()
    }

    /// Sends again what was not answered, and gives up what was not answered for long.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) {
        let due = |session: &Session| session.due.is_some_and(|due| due <= now);
        let late: Vec<u64> =
            self.sessions.iter().filter(|(_, s)| due(s)).map(|(number, _)| *number).collect();
        for number in late {
            self.drive(number, now, send, arrived, |dtls| dtls.handle_timeout(now.into_std()));
        }
    }

    /// The address of a session's peer.
    pub(crate) fn address(&self, number: u64) -> Option<SocketAddr> {
        self.sessions.get(&number).map(|session| session.address)
    }

    /// Does something to a session and takes what comes of it.
    fn drive(
        &mut self,
        number: u64,
        now: Instant,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
        what: impl FnOnce(&mut Dtls) -> Result<(), dimpl::Error>,
    ) {
        let Some(session) = self.sessions.get_mut(&number) else { return };
        let failed = what(&mut session.dtls).err().map(|error| error.to_string());
        if let Some(identity) = self.lookup.last().take() {
            session.identity = identity;
        }
        let address = session.address;
        let mut became_up = false;
        // Even one that failed may have an alert to send.
        loop {
            match session.dtls.poll_output(&mut self.room) {
                Output::Packet(packet) => send(address, packet),
                Output::BufferTooSmall { needed } => self.room.resize(needed + OVERHEAD, 0),
                Output::Timeout(at) => {
                    session.due = Some(Instant::from_std(at).max(now + SHORTEST));
                    break;
                }
                Output::Connected => became_up = true,
                Output::ApplicationData(message) => {
                    arrived.push(Arrived::Message(number, address, message.to_vec()));
                }
                Output::CloseNotify => session.down = Some("the peer closed the session".into()),
                _ => {}
            }
        }
        let down = failed.or(session.down.take());
        if became_up {
            session.up = true;
            let identity = session.identity.clone();
            // Before what came over it.
            let at =
                arrived.iter().position(|a| matches!(a, Arrived::Message(n, ..) if *n == number));
            arrived.insert(at.unwrap_or(arrived.len()), Arrived::Up(number, identity));
            let pair = self.by_address.entry(address).or_default();
            let old = pair.up.replace(number);
            pair.fresh = pair.fresh.filter(|fresh| *fresh != number);
            if let Some(old) = old
                && self.sessions.remove(&old).is_some()
            {
                arrived.push(Arrived::Down(old, "the peer began another session".into()));
            }
        }
        if let Some(reason) = down {
            self.remove(number);
            arrived.push(Arrived::Down(number, reason));
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(session) = self.sessions.remove(&number) else { return };
        if let Some(pair) = self.by_address.get_mut(&session.address) {
            pair.up = pair.up.filter(|up| *up != number);
            pair.fresh = pair.fresh.filter(|fresh| *fresh != number);
            if pair.up.is_none() && pair.fresh.is_none() {
                self.by_address.remove(&session.address);
            }
        }
    }

    /// Before another handshake begins: whoever was silent longest leaves when a limit is reached,
    /// first of the handshakes, so that these cannot drive out those who are through.
    fn make_room(&mut self, arrived: &mut Vec<Arrived>) {
        let silent = |up: bool, sessions: &BTreeMap<u64, Session>| {
            let of_kind = sessions.iter().filter(|(_, s)| s.up == up);
            of_kind.min_by_key(|(_, s)| s.heard).map(|(number, _)| *number)
        };
        let handshakes = self.sessions.values().filter(|s| !s.up).count();
        let leaves = if handshakes >= MOST_HANDSHAKES {
            silent(false, &self.sessions)
        } else if self.sessions.len() >= MOST_SESSIONS {
            silent(true, &self.sessions)
        } else {
            None
        };
        if let Some(number) = leaves {
            self.remove(number);
            arrived.push(Arrived::Down(number, "it made room for another session".into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 1], 1000);
    const SERVER: ([u8; 4], u16) = ([192, 0, 2, 2], 5684);

    fn psk(identity: &str, key: &[u8]) -> Psk {
        Psk { identity: identity.into(), key: key.to_vec() }
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
                client: Sessions::client(client).unwrap(),
                server: Sessions::server(Keyring::of(&keys)).unwrap(),
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
        assert!(matches!(&wire.at_server[0], Arrived::Up(_, identity) if identity == b"garden"));
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
    fn a_client_that_forgot_its_session_gets_another_and_the_old_one_holds_until_then() {
        let key = psk("garden", &[7; 16]);
        let mut wire = Wire::new(key.clone(), vec![key.clone()]);
        let first = wire.connect();
        wire.settle(|_| false);
        // Somebody else under this address begins a handshake and leaves it.
        let hello = {
            let mut other = Sessions::client(key.clone()).unwrap();
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
        wire.client = Sessions::client(key).unwrap();
        let second = wire.connect();
        wire.say(second, b"again");
        wire.settle(|_| false);
        assert_eq!(texts(&wire.at_server), [&b"still here"[..], b"again"]);
        assert_eq!(wire.server.sessions.len(), 1);
        let downs = wire.at_server.iter().filter(|a| matches!(a, Arrived::Down(..)));
        assert_eq!(downs.count(), 2, "{:?}", wire.at_server);
    }

    #[test]
    fn a_flood_of_handshakes_is_bounded_and_drives_nobody_out() {
        let key = psk("garden", &[7; 16]);
        let mut wire = Wire::new(key.clone(), vec![key]);
        let number = wire.connect();
        wire.settle(|_| false);
        let hello = {
            let mut other = Sessions::client(psk("x", &[1; 16])).unwrap();
            let mut out = Vec::new();
            let mut send = |_: SocketAddr, b: &[u8]| out.push(b.to_vec());
            other.connect(wire.now, SERVER.into(), &mut send, &mut Vec::new());
            out.remove(0)
        };
        for port in 0..2000 {
            let from = SocketAddr::from(([198, 51, 100, 1], port));
            let arrived = &mut wire.at_server;
            wire.server.handle(wire.now, from, &hello, &mut |_, _| {}, arrived);
            assert!(wire.server.sessions.len() <= MOST_HANDSHAKES + 1);
        }
        assert!(wire.say(number, b"served"));
        wire.settle(|_| false);
        assert_eq!(texts(&wire.at_server), [b"served"]);
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
}
