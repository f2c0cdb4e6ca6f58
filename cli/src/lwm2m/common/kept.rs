//! An engine behind its store: what it changed is on the disk before a client, or whoever asked
//! for it, is told.
//!
//! While a transaction is being written the engine goes on; what changes meanwhile is the next
//! one. What the engine wanted to send when a transaction began goes out when it is on the disk,
//! so that no client learns of something that a crash could undo.

use super::access::{Access, Entry, record_of};
use super::credential::{Credential, Proof, public};
use super::managed::Managed;
use crate::driver::StreamVerbs;
use crate::store::Batch;
use crate::transport::{Keyring, Proven, Psk};
use coap_core::{History, SecurityId};
use lwm2m_core::server::UsageError;
use m2m_base::{BufferTooSmall, Disposition, Engine, Instant, PeerId, Transmit};
use serde_json::Value as Json;
use std::ops::{Deref, DerefMut};

/// Longest datagram that is held.
const LONGEST: usize = 65_535;
/// What the names of the settings begin with: credentials, and the sequence numbers of OSCORE.
const CREDENTIAL: &str = "credential/";
const SEQUENCE: &str = "sequence/";

/// Datagrams in their order, one behind the other.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    /// Whose they are, and where each ends.
    parts: Vec<(PeerId, usize)>,
    /// How many were taken.
    taken: usize,
}

impl Messages {
    fn push(&mut self, peer: PeerId, message: &[u8]) {
        self.bytes.extend_from_slice(message);
        self.parts.push((peer, self.bytes.len()));
    }

    /// Takes over what another one has; this one is empty mostly.
    fn append(&mut self, other: &mut Messages) {
        if self.parts.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        let before = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.parts.extend(other.parts.drain(..).map(|(peer, end)| (peer, before + end)));
    }

    /// The next one.
    fn front(&self) -> Option<(PeerId, &[u8])> {
        let (peer, end) = *self.parts.get(self.taken)?;
        let last = self.taken.checked_sub(1).and_then(|last| self.parts.get(last));
        Some((peer, self.bytes.get(last.map_or(0, |(_, end)| *end)..end)?))
    }

    /// It was taken.
    fn advance(&mut self) {
        self.taken += 1;
        if self.taken >= self.parts.len() {
            self.bytes.clear();
            self.parts.clear();
            self.taken = 0;
        }
    }
}

/// What waits for the disk.
type Task = Box<dyn FnOnce()>;

/// A server and what it waits for.
pub(crate) struct Kept<E> {
    server: E,
    /// There is a store.
    durable: bool,
    /// What no transaction has yet.
    fresh: Batch,
    /// What the transaction before had, to be used again.
    spare: Batch,
    /// A transaction is being written.
    writing: bool,
    /// What goes out when it is on the disk.
    held: Messages,
    released: Messages,
    /// What is done when the running transaction is on the disk, and when the next one is.
    held_tasks: Vec<Task>,
    fresh_tasks: Vec<Task>,
    buffer: Box<[u8]>,
    access: Access,
    pub(crate) transactions: u64,
    pub(crate) records: u64,
    /// Peers that showed something that nobody here knows.
    pub(crate) strangers: u64,
}

impl<E: std::fmt::Debug> std::fmt::Debug for Kept<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Why a credential cannot be used.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// Another one has what is in it.
    Taken(String),
    /// There is no room for it.
    Full,
    /// Its sequence numbers are used up.
    Spent,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unfit::Taken(words) => f.write_str(words),
            Unfit::Full => f.write_str("there is no room for another security context"),
            Unfit::Spent => f.write_str("all sequence numbers are used: it takes new keys"),
        }
    }
}

impl<E: Managed> Kept<E> {
    /// Around a server, with a store if it is `durable`.
    pub(crate) fn new(server: E, durable: bool) -> Kept<E> {
        Kept {
            server,
            durable,
            fresh: Batch::default(),
            spare: Batch::default(),
            writing: false,
            held: Messages::default(),
            released: Messages::default(),
            held_tasks: Vec::new(),
            fresh_tasks: Vec::new(),
            buffer: vec![0; if durable { LONGEST } else { 0 }].into_boxed_slice(),
            access: Access::default(),
            transactions: 0,
            records: 0,
            strangers: 0,
        }
    }

    /// How it takes connections.
    pub(crate) const VERBS: StreamVerbs<Kept<E>> = StreamVerbs {
        connected: |kept, now, peer, framing| kept.server.connected(now, peer, framing),
        handle: |kept, now, peer, bytes| kept.server.handle_stream(now, peer, bytes),
        disconnected: |kept, now, peer| {
            kept.access.sessions.remove(&peer);
            kept.server.disconnected(now, peer);
        },
    };

    /// The keys for DTLS.
    pub(crate) fn keys(&self) -> &Keyring {
        &self.access.keys
    }

    // ---- the store ------------------------------------------------------------------------------

    /// Keeps a setting from now on, or no more.
    pub(crate) fn set(&mut self, name: String, value: Option<Vec<u8>>) {
        if self.durable {
            self.fresh.setting(name, value);
        }
    }

    /// Does `task` when all that was changed so far is on the disk.
    pub(crate) fn when_kept(&mut self, task: Task) {
        self.drain();
        if !self.fresh.is_empty() {
            self.fresh_tasks.push(task);
        } else if self.writing {
            self.held_tasks.push(task);
        } else {
            task();
        }
    }

    /// Takes the records of the server.
    fn drain(&mut self) {
        let Kept { server, fresh, .. } = self;
        server.take_records(&mut |key, value| fresh.record(key, value));
    }

    /// The next transaction, if there is something to write and none is being written.
    pub(crate) fn begin(&mut self, now: Instant) -> Option<Batch> {
        self.drain();
        if self.writing || self.fresh.is_empty() {
            return None;
        }
        loop {
            while let Ok(Some(Transmit { peer, len })) =
                self.server.poll_transmit(now, &mut self.buffer)
            {
                self.held.push(peer, self.buffer.get(..len).unwrap_or_default());
            }
            // That something is sent can be worth a record, too.
            let before = self.fresh.len();
            self.drain();
            if self.fresh.len() == before {
                break;
            }
        }
        self.held_tasks = std::mem::take(&mut self.fresh_tasks);
        self.writing = true;
        let changes = std::mem::replace(&mut self.fresh, std::mem::take(&mut self.spare));
        self.transactions += 1;
        self.records += u64::try_from(changes.len()).unwrap_or(0);
        Some(changes)
    }

    /// The transaction is on the disk; `batch` had its changes.
    pub(crate) fn committed(&mut self, batch: Batch) {
        self.writing = false;
        self.spare = batch;
        self.released.append(&mut self.held);
        for task in self.held_tasks.drain(..) {
            task();
        }
    }

    /// Nothing waits for the disk.
    pub(crate) fn is_settled(&mut self) -> bool {
        self.drain();
        self.fresh.is_empty() && !self.writing
    }

    // ---- who may come ---------------------------------------------------------------------------

    /// A peer showed something of itself. False if nobody knows it, or there is no room: without
    /// a name it could take any.
    pub(crate) fn secured(&mut self, peer: PeerId, proven: Proven<'_>) -> bool {
        let known = match self.access.who(proven) {
            Some((identity, endpoint)) if self.server.identify(peer, &endpoint) => {
                if let Some(identity) = identity {
                    self.access.sessions.insert(peer, identity);
                }
                true
            }
            _ => false,
        };
        self.strangers += u64::from(!known);
        known
    }

    /// All credentials, for everybody to see.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = Json> {
        let all = self.access.entries.iter();
        all.map(|(identity, entry)| public(identity, &entry.endpoint, &entry.proof))
    }

    /// The credential of an identity, for everybody to see.
    pub(crate) fn credential(&self, identity: &str) -> Option<Json> {
        let entry = self.access.entries.get(identity)?;
        Some(public(identity, &entry.endpoint, &entry.proof))
    }

    /// Checks a credential for an identity against those of others.
    pub(crate) fn fits(&self, identity: &str, endpoint: &str, proof: &Proof) -> Result<(), Unfit> {
        match proof {
            Proof::Psk(_) => Ok(()),
            Proof::Certificate(certificate) => match self.access.certificates.get(certificate) {
                Some(other) if other != identity => {
                    Err(Unfit::Taken(format!("{certificate} is that of {other:?}")))
                }
                _ => Ok(()),
            },
            Proof::Oscore(_) => {
                let same = |e: &Entry| e.endpoint == endpoint && e.context.is_some();
                let mut all = self.access.entries.iter();
                match all.find(|(name, entry)| *name != identity && same(entry)) {
                    Some((other, _)) => Err(Unfit::Taken(format!(
                        "{endpoint:?} has the security context of {other:?}"
                    ))),
                    None => Ok(()),
                }
            }
        }
    }

    /// A credential for an identity, in place of the one that it has; or all stays as it is. Gives
    /// the sessions that were begun with the one before.
    pub(crate) fn let_in(
        &mut self,
        now: Instant,
        identity: &str,
        endpoint: String,
        proof: Proof,
    ) -> Result<Vec<PeerId>, Unfit> {
        self.fits(identity, &endpoint, &proof)?;
        let mut context = None;
        if let Proof::Oscore(written) = &proof {
            let shared = &written.shared;
            let record = (!shared.renew).then(|| record_of(shared));
            let used = record.as_ref().and_then(|name| self.access.sequences.get(name));
            let history = match (&record, used) {
                (None, _) => History::Renewed,
                (_, Some(next)) => History::Stored { next: *next },
                (_, None) => History::New,
            };
            let old = self.access.entries.get(identity).and_then(|entry| entry.context.as_ref());
            let (old, parameters) = (old.map(|(id, _)| *id), shared.parameters());
            let made = self.server.set_security_context(now, old, &endpoint, &parameters, history);
            let id = made.map_err(|error| match error {
                UsageError::Full => Unfit::Full,
                // What else can be wrong with it was looked at when it was read.
                _ => Unfit::Spent,
            })?;
            // The engine has no other one of this entry any more.
            if let Some(entry) = self.access.entries.get_mut(identity) {
                entry.context = None;
            }
            context = Some((id, record));
        }
        let before = self.shut_out(now, identity).unwrap_or_default();
        match &proof {
            Proof::Psk(key) => {
                let key = key.0.clone();
                self.access.keys.set(Psk { identity: identity.as_bytes().to_vec(), key });
            }
            Proof::Certificate(certificate) => {
                self.access.certificates.insert(certificate.clone(), identity.to_owned());
            }
            Proof::Oscore(_) => {}
        }
        self.access.entries.insert(identity.to_owned(), Entry { endpoint, proof, context });
        Ok(before)
    }

    /// Takes a credential away. Gives the sessions that were begun with it.
    pub(crate) fn shut_out(&mut self, now: Instant, identity: &str) -> Option<Vec<PeerId>> {
        let entry = self.access.entries.remove(identity)?;
        match &entry.proof {
            Proof::Psk(_) => self.access.keys.remove(identity.as_bytes()),
            Proof::Certificate(certificate) => {
                self.access.certificates.remove(certificate);
            }
            Proof::Oscore(_) => {}
        }
        if let Some((context, _)) = entry.context {
            self.server.remove_security_context(now, context);
        }
        let of = self.access.sessions.iter().filter(|(_, known)| *known == identity);
        Some(of.map(|(peer, _)| *peer).collect())
    }

    /// Keeps a credential from now on, or no more.
    pub(crate) fn keep_credential(&mut self, identity: &str, credential: Option<&Credential>) {
        let kept = credential.and_then(|credential| serde_json::to_vec(credential).ok());
        self.set(format!("{CREDENTIAL}{identity}"), kept);
    }

    /// Takes a setting that was kept, if it is one of a credential. The sequence numbers of OSCORE
    /// come behind the credentials: those that wait for them are given to `later`.
    pub(crate) fn recall(
        &mut self,
        name: &str,
        value: &[u8],
        later: &mut Vec<(String, Credential)>,
    ) -> Option<()> {
        if let Some(identity) = name.strip_prefix(CREDENTIAL) {
            later.push((identity.to_owned(), serde_json::from_slice(value).ok()?));
            return Some(());
        }
        let record = name.strip_prefix(SEQUENCE)?;
        let up_to = std::str::from_utf8(value).ok()?.parse().ok()?;
        self.access.sequences.insert(record.to_owned(), up_to);
        Some(())
    }

    /// Takes a credential that was kept, or that a file has. The error is in words.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        identity: &str,
        credential: &Credential,
    ) -> Result<(), String> {
        let taken = credential.read(identity).and_then(|(endpoint, proof)| {
            let taken = self.let_in(now, identity, endpoint, proof);
            taken.map(drop).map_err(|unfit| unfit.to_string())
        });
        taken.map_err(|words| format!("credential {identity:?}: {words}"))
    }

    /// Sequence numbers are used only when it is on the disk that they are.
    fn reserved(&mut self, id: SecurityId, up_to: u64) {
        let mut contexts = self.access.entries.values().filter_map(|entry| entry.context.as_ref());
        let record = contexts.find(|(context, _)| *context == id).and_then(|(_, r)| r.clone());
        if let Some(record) = record {
            self.access.sequences.insert(record.clone(), up_to);
            self.set(format!("{SEQUENCE}{record}"), Some(up_to.to_string().into_bytes()));
        }
    }
}

impl<E> Deref for Kept<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.server
    }
}

impl<E> DerefMut for Kept<E> {
    fn deref_mut(&mut self) -> &mut E {
        &mut self.server
    }
}

impl<E: Managed> Engine for Kept<E> {
    type Event = E::Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.server.handle_datagram(now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.access.sessions.remove(&peer);
        self.server.forget_peer(now, peer);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.server.handle_timeout(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        if !self.durable {
            return self.server.poll_transmit(now, buf);
        }
        if let Some((peer, message)) = self.released.front() {
            let len = message.len();
            let room = buf.get_mut(..len).ok_or(BufferTooSmall { needed: len })?;
            room.copy_from_slice(message);
            self.released.advance();
            return Ok(Some(Transmit { peer, len }));
        }
        if self.is_settled() { self.server.poll_transmit(now, buf) } else { Ok(None) }
    }

    fn poll_event(&mut self) -> Option<E::Event> {
        loop {
            let event = self.server.poll_event()?;
            match E::reserved(&event) {
                Some((id, up_to)) => self.reserved(id, up_to),
                None => return Some(event),
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m_core::server::{Config, Limits, Server};
    use m2m_base::Seed;
    use serde_json::json;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f";

    /// A server that can have one security context.
    fn kept() -> Kept<Server> {
        let coap = coap_core::Limits { security_contexts: 1, ..Limits::SMALL.coap };
        let config = Config { limits: Limits { coap, ..Limits::SMALL }, ..Config::default() };
        Kept::new(Server::new(&config, &Seed([1; 32])).unwrap(), true)
    }

    fn let_in(kept: &mut Kept<Server>, identity: &str, credential: Json) -> Result<(), String> {
        let credential: Credential = serde_json::from_value(credential).unwrap();
        kept.take(Instant::ZERO, identity, &credential)
    }

    fn oscore(secret: &str, endpoint: &str) -> Json {
        json!({"endpoint": endpoint, "oscore": {"master_secret": secret, "sender_id": "01",
            "recipient_id": "02"}})
    }

    /// Says that all sequence numbers of a context were used.
    fn spend(kept: &mut Kept<Server>, context: &Json) {
        let credential: Credential = serde_json::from_value(context.clone()).unwrap();
        let Ok((_, Proof::Oscore(context))) = credential.read("any") else { panic!() };
        let name = format!("{SEQUENCE}{}", record_of(&context.shared));
        kept.recall(&name, (1u64 << 40).to_string().as_bytes(), &mut Vec::new()).unwrap();
    }

    #[test]
    fn a_credential_that_is_refused_leaves_the_one_before() {
        let mut kept = kept();
        let spent = oscore("ffffffffffffffff", "b");
        spend(&mut kept, &spent);
        // A key, and a context: each stays when what is to replace it is refused.
        let_in(&mut kept, "key", json!({"key": KEY})).unwrap();
        let_in(&mut kept, "context", oscore(KEY, "a")).unwrap();
        for (identity, new, words) in [
            ("context", spent.clone(), "all sequence numbers are used"),
            ("key", spent, "all sequence numbers are used"),
            ("key", oscore("eeeeeeeeeeeeeeee", "c"), "no room for another"),
            ("key", oscore("eeeeeeeeeeeeeeee", "a"), "has the security context of"),
        ] {
            let before = kept.credential(identity).unwrap();
            let error = let_in(&mut kept, identity, new).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert_eq!(kept.credential(identity).unwrap(), before);
        }
        assert!(kept.keys().get(b"key").is_some());
        let id = kept.access.entries["context"].context.as_ref().unwrap().0;
        // The engine has it still: it can be replaced, although there is room for one only.
        let_in(&mut kept, "context", oscore("dddddddddddddddd", "b")).unwrap();
        let new = kept.access.entries["context"].context.as_ref().unwrap().0;
        assert_ne!(id, new);
        assert_eq!(kept.credential("context").unwrap()["endpoint"], "b");
        // What another endpoint had is free.
        let_in(&mut kept, "context", json!({"key": KEY})).unwrap();
        let_in(&mut kept, "key", oscore("eeeeeeeeeeeeeeee", "a")).unwrap();
        assert!(kept.keys().get(b"key").is_none() && kept.keys().get(b"context").is_some());
    }

    #[test]
    fn what_is_held_goes_out_once_in_its_order() {
        let (mut held, mut released) = (Messages::default(), Messages::default());
        let mut seen = Vec::new();
        let mut take = |released: &mut Messages, most: usize| {
            for _ in 0..most {
                let Some((peer, message)) = released.front() else { break };
                seen.push((peer.0, message.to_vec()));
                released.advance();
            }
        };
        for round in 0..4u8 {
            for n in 0..3 {
                held.push(PeerId(u64::from(round) * 3 + n), &vec![round; usize::from(round)]);
            }
            released.append(&mut held);
            assert!(held.front().is_none());
            // Some stay until the next ones come.
            take(&mut released, usize::from(round) + 1);
        }
        take(&mut released, 100);
        let all: Vec<_> =
            (0..12u8).map(|n| (u64::from(n), vec![n / 3; usize::from(n / 3)])).collect();
        assert_eq!(seen, all);
        assert!(released.bytes.is_empty() && released.parts.is_empty());
    }
}
