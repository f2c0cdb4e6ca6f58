//! DTLS 1.2 (RFC 6347): the sessions of one UDP socket, with pre-shared keys (RFC 4279, AES-128-CCM-8 of
//! RFC 6655) and with certificates (ECDHE with ECDSA, RFC 8422). Datagrams in and out, no socket in here.

use super::hello::{self, Wish};
use super::tls::{Identity, Names, Own, Trust};
use crate::hex::from_hex;
use dimpl::crypto::Dtls12CipherSuite;
use dimpl::{Config, ConfigBuilder, Dtls, DtlsCertificate, Output, PskResolver};
use rustls::pki_types::{CertificateDer, UnixTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::time::Instant;

/// Sessions that are held at one time; one takes about 14 kB.
const MOST_SESSIONS: usize = 65_536;
/// Handshakes under way with clients that are where they say.
const MOST_HANDSHAKES: usize = 4096;
/// Clients that were asked for a cookie, to show where they are (RFC 6347 section 4.2.1).
const MOST_HELLOS: usize = 4096;
/// Bytes of a record around what it carries, at most.
const OVERHEAD: usize = 64;
/// Shortest wait for a deadline.
const SHORTEST: std::time::Duration = std::time::Duration::from_millis(5);
/// A deadline that is further away is none: that of a session that waits for nothing.
const FAR: std::time::Duration = std::time::Duration::from_secs(86_400);
/// The first byte of a record with a handshake message (RFC 6347 section 4.1).
const HANDSHAKE: u8 = 22;
/// Where the type of the handshake message is, and the one that follows on a cookie.
const MESSAGE_TYPE: usize = 13;
const SERVER_HELLO: u8 = 2;
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

impl Psk {
    /// Reads `IDENTITY:HEXKEY`; the error is in words.
    pub(crate) fn parse(text: &str) -> Result<Psk, String> {
        let (identity, key) = text
            .rsplit_once(':')
            .ok_or("it takes an identity, a colon and the key in hexadecimal digits")?;
        let key = from_hex(key).ok_or("the key is pairs of hexadecimal digits")?;
        if identity.is_empty() || key.is_empty() || key.len() > 64 {
            return Err("the identity is at least one byte, the key 1 to 64 bytes".to_owned());
        }
        Ok(Psk { identity: identity.into(), key })
    }
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
    sessions: BTreeMap<u64, Box<Session>>,
    by_address: BTreeMap<SocketAddr, Pair>,
    /// What is waited for.
    due: BTreeSet<(Instant, u64)>,
    silent: Silent,
    next: u64,
    /// Handshakes that led nowhere.
    failed: u64,
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

/// How far a session has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Somebody said hello, who may be somewhere else.
    Hello,
    /// The handshake.
    Handshake,
    /// It works.
    Up,
}

/// The sessions of each stage, those first that were silent longest: they make room when there are
/// too many of their stage. So neither hellos from made-up addresses drive out handshakes, nor
/// handshakes those who are through.
#[derive(Default)]
struct Silent {
    hello: BTreeSet<(Instant, u64)>,
    handshake: BTreeSet<(Instant, u64)>,
    up: BTreeSet<(Instant, u64)>,
}

impl Silent {
    fn of(&mut self, stage: Stage) -> (&mut BTreeSet<(Instant, u64)>, usize) {
        match stage {
            Stage::Hello => (&mut self.hello, MOST_HELLOS),
            Stage::Handshake => (&mut self.handshake, MOST_HANDSHAKES),
            Stage::Up => (&mut self.up, MOST_SESSIONS),
        }
    }

    /// A session was heard, and may have come further. Gives the one that has to leave.
    fn note(&mut self, number: u64, was: (Stage, Instant), is: (Stage, Instant)) -> Option<u64> {
        self.of(was.0).0.remove(&(was.1, number));
        let (all, most) = self.of(is.0);
        all.insert((is.1, number));
        let first = all.first().filter(|_| all.len() > most);
        first.map(|(_, number)| *number)
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
    stage: Stage,
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
    if !takes(&config, &key) {
        return Err("DTLS takes a certificate with an ECDSA key of P-256 or P-384".to_owned());
    }
    Ok((config, DtlsCertificate { certificate, private_key: key }))
}

fn takes(config: &Config, key: &[u8]) -> bool {
    config.crypto_provider().key_provider.load_private_key(key).is_ok()
}

/// A certificate of this kind can be used with DTLS.
pub(super) fn fits(own: &Own) -> bool {
    takes(&Config::default(), &own.key)
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
                let asks = identity.asks_clients();
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
            due: BTreeSet::new(),
            silent: Silent::default(),
            next: super::first_number(),
            failed: 0,
            room: vec![0; hello::LONGEST],
        }
    }

    /// Sessions that work.
    pub(crate) fn up(&self) -> usize {
        self.silent.up.len()
    }

    /// Handshakes that led nowhere: another key, an unknown identity, no answer, no room.
    pub(crate) const fn failed(&self) -> u64 {
        self.failed
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
        let number = self.add(now, to, true, wish, arrived);
        self.drive(number, now, send, arrived, |dtls| dtls.handle_timeout(now.into_std()));
        number
    }

    fn add(
        &mut self,
        now: Instant,
        address: SocketAddr,
        active: bool,
        wish: Wish,
        arrived: &mut Vec<Arrived>,
    ) -> u64 {
        let certified = self.certified.as_ref().filter(|_| wish == Wish::Certificate);
        let mut dtls = match certified {
            Some((config, own)) => Dtls::new_12(config.clone(), own.clone(), now.into_std()),
            None => Dtls::new_12_psk(self.keyed.clone(), now.into_std()),
        };
        dtls.set_active(active);
        let number = self.next;
        self.next += 1;
        // Who connects knows whom it talks to.
        let stage = if active { Stage::Handshake } else { Stage::Hello };
        let session = Session {
            dtls,
            address,
            shown: Shown::Nothing,
            stage,
            due: None,
            heard: now,
            down: None,
        };
        self.sessions.insert(number, Box::new(session));
        self.by_address.entry(address).or_default().fresh = Some(number);
        let leaves = self.silent.note(number, (stage, now), (stage, now));
        self.make_room(leaves, arrived);
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
            None => {
                let wish = wish.filter(|_| self.server);
                wish.map(|wish| self.add(now, from, false, wish, arrived))
            }
        };
        // Sessions are never negotiated anew.
        let up = pair.up.filter(|_| !hello);
        for number in [fresh, up].into_iter().flatten() {
            self.come(number, now, None, arrived);
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
        self.due.first().map(|(at, _)| *at)
    }

    /// Sends again what was not answered, and gives up what was not answered for long.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
        arrived: &mut Vec<Arrived>,
    ) {
        while let Some((at, number)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            // If it has nothing else to wait for it is not due any more.
            self.due.remove(&(at, number));
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
        let (mut became_up, mut stage) = (false, session.stage);
        // Even one that failed may have an alert to send.
        let due = loop {
            match session.dtls.poll_output(&mut self.room) {
                Output::Packet(packet) => {
                    let kind =
                        packet.get(MESSAGE_TYPE).filter(|_| packet.first() == Some(&HANDSHAKE));
                    if stage == Stage::Hello && kind == Some(&SERVER_HELLO) {
                        stage = Stage::Handshake;
                    }
                    send(address, packet);
                }
                Output::BufferTooSmall { needed } => self.room.resize(needed + OVERHEAD, 0),
                Output::Timeout(at) => {
                    let at = Instant::from_std(at).max(now + SHORTEST);
                    break Some(at).filter(|at| *at < now + FAR);
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
                        break None;
                    }
                },
                _ => {}
            }
        };
        let down = failed.or(session.down.take());
        if let Some(old) = std::mem::replace(&mut session.due, due) {
            self.due.remove(&(old, number));
        }
        self.due.extend(due.map(|at| (at, number)));
        let shown = match became_up {
            true => std::mem::replace(&mut session.shown, Shown::Nothing),
            false => Shown::Nothing,
        };
        if became_up {
            stage = Stage::Up;
        }
        self.come(number, now, Some(stage), arrived);
        if became_up {
            // Before what came over it.
            let at =
                arrived.iter().position(|a| matches!(a, Arrived::Message(n, ..) if *n == number));
            arrived.insert(at.unwrap_or(arrived.len()), Arrived::Up(number, shown));
            let pair = self.by_address.entry(address).or_default();
            let old = pair.up.replace(number);
            pair.fresh = pair.fresh.filter(|fresh| *fresh != number);
            if let Some(old) = old
                && self.remove(old)
            {
                arrived.push(Arrived::Down(old, "the peer began another session".into()));
            }
        }
        if let Some(reason) = down {
            self.remove(number);
            arrived.push(Arrived::Down(number, reason));
        }
    }

    /// A session came to a stage; without one it was heard.
    fn come(
        &mut self,
        number: u64,
        now: Instant,
        stage: Option<Stage>,
        arrived: &mut Vec<Arrived>,
    ) {
        let Some(session) = self.sessions.get_mut(&number) else { return };
        let was = (session.stage, session.heard);
        match stage {
            Some(stage) if stage == session.stage => return,
            Some(stage) => session.stage = stage,
            None => session.heard = now,
        }
        let is = (session.stage, session.heard);
        let leaves = self.silent.note(number, was, is);
        self.make_room(leaves, arrived);
    }

    /// True if it was there.
    fn remove(&mut self, number: u64) -> bool {
        let Some(session) = self.sessions.remove(&number) else { return false };
        self.silent.of(session.stage).0.remove(&(session.heard, number));
        if let Some(at) = session.due {
            self.due.remove(&(at, number));
        }
        if session.stage != Stage::Up {
            self.failed += 1;
        }
        if let Some(pair) = self.by_address.get_mut(&session.address) {
            pair.up = pair.up.filter(|up| *up != number);
            pair.fresh = pair.fresh.filter(|fresh| *fresh != number);
            if pair.up.is_none() && pair.fresh.is_none() {
                self.by_address.remove(&session.address);
            }
        }
        true
    }

    /// There are too many of a stage, and this one was silent longest.
    fn make_room(&mut self, leaves: Option<u64>, arrived: &mut Vec<Arrived>) {
        if let Some(number) = leaves
            && self.remove(number)
        {
            arrived.push(Arrived::Down(number, "it made room for another session".into()));
        }
    }
}

#[cfg(test)]
mod tests;
