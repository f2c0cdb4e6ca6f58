//! DTLS 1.2 (RFC 6347): the sessions of one UDP socket, with pre-shared keys (RFC 4279, AES-128-CCM-8 of
//! RFC 6655) and with certificates (ECDHE with ECDSA, RFC 8422). Datagrams in and out, no socket in here.

use super::hello::{self, Wish};
use super::tls::{Identity, Names, Own, Trust};
use dimpl::crypto::Dtls12CipherSuite;
use dimpl::{Config, ConfigBuilder, Dtls, DtlsCertificate, Output, PskResolver};
use rustls::pki_types::{CertificateDer, UnixTime};
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
/// What a client takes for coaps, in words.
pub(crate) const NEEDED_FOR_DTLS: &str = "an identity and a key (--psk ID:HEXKEY), or a certificate and \
    its key (--cert FILE --key FILE)";
/// A record with a fatal alert, bad_certificate (RFC 5246 section 7.2), for a handshake that is under way.
/// Its number is one that no handshake comes to.
const BAD_CERTIFICATE: [u8; 15] = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 2, 2, 42];

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

/// What a peer showed of itself.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// It has the key of this identity.
    Identity(Vec<u8>),
    /// It has the key of this certificate, which is one to trust.
    Certificate(Box<Names>),
    /// Nothing was asked of it.
    Nothing,
}

/// What a client says of itself and asks of its server.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// Both have this key.
    Psk(Psk),
    /// A certificate of its own if it has one, and what to expect of a server with this name.
    Certificate(Trust, String),
}

/// What became of a session, or came over it.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// The handshake is over; as whom the peer was let in.
    Up(u64, Shown),
    /// A message.
    Message(u64, SocketAddr, Vec<u8>),
    /// The session is no more, and why.
    Down(u64, String),
}

/// The sessions of one socket, by number. Numbers are not used again.
pub(crate) struct Sessions {
    /// For handshakes with pre-shared keys.
    keyed: Arc<Config>,
    /// For those with certificates.
    certified: Option<(Arc<Config>, DtlsCertificate)>,
    lookup: Arc<Lookup>,
    check: Check,
    server: bool,
    sessions: BTreeMap<u64, Session>,
    by_address: BTreeMap<SocketAddr, Pair>,
    next: u64,
    /// What `poll_output` writes to.
    room: Vec<u8>,
}

/// What certificates of peers have to be.
enum Check {
    Clients(Identity),
    Server(Trust, String),
    /// There are none.
    None,
}

impl Check {
    /// Looks at a certificate. The error is in words.
    fn names(&self, certificate: &[u8]) -> Result<Shown, String> {
        let der = CertificateDer::from(certificate);
        let checked = match self {
            Check::Clients(Identity { clients: Some(clients), .. }) => {
                let checked = clients.verify_client_cert(&der, &[], UnixTime::now());
                checked.map(|_| ()).map_err(|error| error.to_string())
            }
            Check::Server(trust, host) => trust.servers.check(certificate, host),
            _ => Err("nobody asked for it".to_owned()),
        };
        checked.map_err(|words| format!("the peer's certificate is not trusted: {words}"))?;
        let names = Names::of(&der).ok_or("the peer's certificate cannot be read")?;
        Ok(Shown::Certificate(Box::new(names)))
    }
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
    shown: Shown,
    up: bool,
    due: Option<Instant>,
    heard: Instant,
    /// The last thing that went wrong.
    down: Option<String>,
}

/// The same as a sentence.
pub(super) fn needs() -> String {
    format!("coaps needs {NEEDED_FOR_DTLS}")
}

fn keyed(builder: ConfigBuilder) -> Result<Arc<Config>, String> {
    built(builder, &[Dtls12CipherSuite::PSK_AES128_CCM_8])
}

fn certified(builder: ConfigBuilder, own: &Own) -> Result<(Arc<Config>, DtlsCertificate), String> {
    let suites = [
        Dtls12CipherSuite::ECDHE_ECDSA_AES128_GCM_SHA256,
        Dtls12CipherSuite::ECDHE_ECDSA_AES256_GCM_SHA384,
        Dtls12CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256,
    ];
    let config = built(builder, &suites)?;
    let Own { certificate, key } = own.clone();
    // One that cannot be used would be found in the midst of a handshake only.
    config
        .crypto_provider()
        .key_provider
        .load_private_key(&key)
        .map_err(|_| "DTLS takes a certificate with an ECDSA key of P-256 or P-384")?;
    Ok((config, DtlsCertificate { certificate, private_key: key }))
}

fn built(builder: ConfigBuilder, suites: &[Dtls12CipherSuite]) -> Result<Arc<Config>, String> {
    let builder = builder.mtu(1400).dtls12_cipher_suites(suites).dtls13_cipher_suites(&[]);
    builder.build().map(Arc::new).map_err(|error| error.to_string())
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("count", &self.sessions.len()).finish_non_exhaustive()
    }
}

impl Sessions {
    /// For a server that knows these keys, and has this certificate if it has one.
    pub(crate) fn server(keys: Keyring, identity: Option<&Identity>) -> Result<Sessions, String> {
        let lookup = Arc::new(Lookup { keys, last: Mutex::default() });
        let keyed = Config::builder().with_psk_server(None, lookup.clone());
        let (certified, check) = match identity {
            Some(identity) => {
                let asks = identity.clients.is_some();
                let builder = Config::builder().require_client_certificate(asks);
                (Some(certified(builder, &identity.own)?), Check::Clients(identity.clone()))
            }
            None => (None, Check::None),
        };
        Ok(Sessions::new(self::keyed(keyed)?, certified, lookup, check, true))
    }

    /// For a client.
    pub(crate) fn client(credentials: Credentials) -> Result<Sessions, String> {
        match credentials {
            Credentials::Psk(psk) => {
                let identity = psk.identity.clone();
                let lookup = Arc::new(Lookup { keys: Keyring::of(&[psk]), last: Mutex::default() });
                let keyed = keyed(Config::builder().with_psk_client(identity, lookup.clone()))?;
                Ok(Sessions::new(keyed, None, lookup, Check::None, false))
            }
            Credentials::Certificate(trust, host) => {
                let own = trust.own.clone().ok_or_else(needs)?;
                let certified = certified(Config::builder(), &own)?;
                let check = Check::Server(trust, host);
                Ok(Sessions::new(Arc::default(), Some(certified), Arc::default(), check, false))
            }
        }
    }

    fn new(
        keyed: Arc<Config>,
        certified: Option<(Arc<Config>, DtlsCertificate)>,
        lookup: Arc<Lookup>,
        check: Check,
        server: bool,
    ) -> Sessions {
        Sessions {
            keyed,
            certified,
            lookup,
            check,
            server,
            sessions: BTreeMap::new(),
            by_address: BTreeMap::new(),
            next: super::first_number(),
            room: vec![0; hello::LONGEST],
        }
    }

    /// Begins a handshake with a server.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        to: SocketAddr,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) -> u64 {
        let wish = self.certified.as_ref().map_or(Wish::Key, |_| Wish::Certificate);
        let number = self.add(now, to, true, wish);
        self.by_address.entry(to).or_default().fresh = Some(number);
        self.drive(number, now, send, arrived, |dtls| dtls.handle_timeout(now.into_std()));
        number
    }

    fn add(&mut self, now: Instant, address: SocketAddr, active: bool, wish: Wish) -> u64 {
        let certified = self.certified.as_ref().filter(|_| wish == Wish::Certificate);
        let mut dtls = match certified {
            Some((config, own)) => Dtls::new_12(config.clone(), own.clone(), now.into_std()),
            None => Dtls::new_12_psk(self.keyed.clone(), now.into_std()),
        };
        dtls.set_active(active);
        let number = self.next;
        self.next += 1;
        let session = Session {
            dtls,
            address,
            shown: Shown::Nothing,
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
        if hello::is_too_long(datagram) {
            return;
        }
        let wish = hello::wish(datagram);
        let hello = wish.is_some();
        let fresh = match pair.fresh {
            Some(number) => Some(number),
            // A peer that forgot its session begins another one; until that works the old one holds.
            None => wish.filter(|_| self.server).map(|wish| {
                self.make_room(arrived);
                let number = self.add(now, from, false, wish);
                self.by_address.entry(from).or_default().fresh = Some(number);
                number
            }),
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
            session.shown = Shown::Identity(identity);
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
                // It comes before anything that is sent to who has it.
                Output::PeerCert(certificate) => match self.check.names(certificate) {
                    Ok(shown) => session.shown = shown,
                    Err(words) => {
                        session.down = Some(words);
                        send(address, &BAD_CERTIFICATE);
                        break;
                    }
                },
                _ => {}
            }
        }
        let down = failed.or(session.down.take());
        if became_up {
            session.up = true;
            let shown = std::mem::replace(&mut session.shown, Shown::Nothing);
            // Before what came over it.
            let at =
                arrived.iter().position(|a| matches!(a, Arrived::Message(n, ..) if *n == number));
            arrived.insert(at.unwrap_or(arrived.len()), Arrived::Up(number, shown));
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
            let mut wire =
                certified("server.example", &server, &client, Some(&client.0), &server.0);
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

    #[test]
    fn a_flood_of_handshakes_is_bounded_and_drives_nobody_out() {
        let key = psk("garden", &[7; 16]);
        let mut wire = Wire::new(key.clone(), vec![key]);
        let number = wire.connect();
        wire.settle(|_| false);
        let hello = {
            let mut other = Sessions::client(Credentials::Psk(psk("x", &[1; 16]))).unwrap();
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
