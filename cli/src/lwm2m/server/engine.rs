//! The engine behind its store: what it changed is on the disk before a client, or whoever asked
//! for it, is told.
//!
//! While a transaction is being written the engine goes on; what changes meanwhile is the next
//! one. What the engine wanted to send when a transaction began goes out when it is on the disk,
//! so that no client learns of something that a crash could undo.

use crate::driver::StreamVerbs;
use crate::store::Change;
use crate::transport::{Keyring, Psk};
use lwm2m_core::server::{Event, Server};
use m2m_base::{BufferTooSmall, Cause, Disposition, Engine, Instant, PeerId, Transmit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Deref, DerefMut};

/// Longest datagram that is held.
const LONGEST: usize = 65_535;

/// Who somebody with a key is.
#[derive(Debug)]
pub(super) struct Credential {
    /// The endpoint that this identity may register.
    pub(super) endpoint: String,
}

type Message = (PeerId, Box<[u8]>);

/// What waits for the disk.
type Task = Box<dyn FnOnce()>;

/// A server and what it waits for.
pub(crate) struct Kept {
    server: Server,
    /// There is a store.
    durable: bool,
    /// What no transaction has yet.
    fresh: Vec<Change>,
    /// A transaction is being written.
    writing: bool,
    /// What goes out when it is on the disk.
    held: Vec<Message>,
    released: VecDeque<Message>,
    /// What is done when the running transaction is on the disk, and when the next one is.
    held_tasks: Vec<Task>,
    fresh_tasks: Vec<Task>,
    buffer: Box<[u8]>,
    pub(super) keys: Keyring,
    pub(super) credentials: BTreeMap<Vec<u8>, Credential>,
    /// Sessions by the identity that they were begun with.
    pub(super) identities: BTreeMap<PeerId, Vec<u8>>,
    /// Sessions that cannot be told whose they are.
    nameless: BTreeSet<PeerId>,
    pub(super) transactions: u64,
    pub(super) records: u64,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Kept {
    /// Around a server, with a store if it is `durable`.
    pub(crate) fn new(server: Server, durable: bool) -> Kept {
        Kept {
            server,
            durable,
            fresh: Vec::new(),
            writing: false,
            held: Vec::new(),
            released: VecDeque::new(),
            held_tasks: Vec::new(),
            fresh_tasks: Vec::new(),
            buffer: vec![0; if durable { LONGEST } else { 0 }].into_boxed_slice(),
            keys: Keyring::default(),
            credentials: BTreeMap::new(),
            identities: BTreeMap::new(),
            nameless: BTreeSet::new(),
            transactions: 0,
            records: 0,
        }
    }

    /// Keeps a setting from now on, or no more.
    pub(super) fn set(&mut self, name: String, value: Option<Vec<u8>>) {
        if self.durable {
            self.fresh.push(Change::Setting(name, value));
        }
    }

    /// Does `task` when all that was changed so far is on the disk.
    pub(super) fn when_kept(&mut self, task: Task) {
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
        while let Some(record) = self.server.poll_journal() {
            self.fresh.push(Change::Record(record.key, record.value));
        }
    }

    /// The next transaction, if there is something to write and none is being written.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Vec<Change>> {
        self.drain();
        if self.writing || self.fresh.is_empty() {
            return None;
        }
        loop {
            while let Ok(Some(Transmit { peer, len })) =
                self.server.poll_transmit(now, &mut self.buffer)
            {
                self.held.push((peer, self.buffer.get(..len).unwrap_or_default().into()));
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
        let changes = std::mem::take(&mut self.fresh);
        self.transactions += 1;
        self.records += u64::try_from(changes.len()).unwrap_or(0);
        Some(changes)
    }

    /// The transaction is on the disk.
    pub(super) fn committed(&mut self) {
        self.writing = false;
        self.released.extend(self.held.drain(..));
        for task in self.held_tasks.drain(..) {
            task();
        }
    }

    /// Nothing waits for the disk.
    pub(super) fn is_settled(&mut self) -> bool {
        self.drain();
        self.fresh.is_empty() && !self.writing
    }

    /// A peer proved to have the key of an identity: it is the endpoint of that.
    pub(super) fn secured(&mut self, peer: PeerId, identity: &[u8]) {
        let endpoint = self.credentials.get(identity).map(|credential| &*credential.endpoint);
        match endpoint.map(|endpoint| self.server.identify(peer, Some(endpoint))) {
            Some(Ok(())) => {
                self.identities.insert(peer, identity.to_vec());
            }
            // The key was taken away meanwhile, or there is no room: without a name it could
            // take any.
            _ => {
                self.nameless.insert(peer);
            }
        }
    }

    /// A key for an identity, and who that is.
    pub(super) fn let_in(&mut self, psk: Psk, endpoint: String) {
        self.credentials.insert(psk.identity.clone(), Credential { endpoint });
        self.keys.set(psk);
    }

    /// Takes a key away. Gives the sessions that were begun with it.
    pub(super) fn shut_out(&mut self, identity: &[u8]) -> Option<Vec<PeerId>> {
        self.credentials.remove(identity)?;
        self.keys.remove(identity);
        let of = self.identities.iter().filter(|(_, known)| *known == identity);
        Some(of.map(|(peer, _)| *peer).collect())
    }
}

/// How a server takes connections.
pub(super) const VERBS: StreamVerbs<Kept> = StreamVerbs {
    connected: |kept, now, peer, framing| kept.server.connected(now, peer, framing).is_ok(),
    handle: |kept, now, peer, bytes| kept.server.handle_stream(now, peer, bytes),
    disconnected: |kept, now, peer| kept.server.disconnected(now, peer),
};

impl Deref for Kept {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

impl Engine for Kept {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        if !self.nameless.is_empty() && self.nameless.contains(&peer) {
            return Disposition::Ignored(Cause::Insecure);
        }
        self.server.handle_datagram(now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.identities.remove(&peer);
        self.nameless.remove(&peer);
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
        if let Some((_, message)) = self.released.front()
            && buf.len() < message.len()
        {
            return Err(BufferTooSmall { needed: message.len() });
        }
        if let Some((peer, message)) = self.released.pop_front() {
            if let Some(room) = buf.get_mut(..message.len()) {
                room.copy_from_slice(&message);
            }
            return Ok(Some(Transmit { peer, len: message.len() }));
        }
        if self.is_settled() { self.server.poll_transmit(now, buf) } else { Ok(None) }
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.server.poll_event()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }
}
