//! Who is registered: compact records, found by id, location, endpoint name and peer, and by the
//! end of their lifetime.
//!
//! A registration takes one slot of a table and one byte string. Finding, adding and updating one
//! costs the same whether there are ten or a million; one that does nothing costs nothing. The
//! deadline of a registration is moved when it comes, not with every Update: an Update touches
//! only the record itself.

use super::event::RegistrationId;
use super::links::Formats;
use super::parameters::Binding;
use crate::object::Version;
use alloc::boxed::Box;
use m2m_base::container::{Deadlines, GrowingIndex, Handle, Index, Slab};
use m2m_base::{Duration, Instant, PeerId, Random};

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// Registrations that end together are looked at in groups of so many.
const AHEAD: usize = 32;

/// The bytes of a record: endpoint name, alternate path, additional parameters (each behind one
/// byte with its length), packed links.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) bytes: Box<[u8]>,
    pub(super) name: u8,
    pub(super) root: u8,
    pub(super) parameters: u16,
}

impl Text {
    fn part(&self, from: usize, len: usize) -> &[u8] {
        self.bytes.get(from..from.saturating_add(len)).unwrap_or(&[])
    }

    pub(super) fn name(&self) -> &[u8] {
        self.part(0, self.name.into())
    }

    pub(super) fn root(&self) -> &[u8] {
        self.part(self.name.into(), self.root.into())
    }

    pub(super) fn parameters(&self) -> &[u8] {
        self.part(usize::from(self.name).saturating_add(self.root.into()), self.parameters.into())
    }

    pub(super) fn links(&self) -> &[u8] {
        let from = usize::from(self.name)
            .saturating_add(self.root.into())
            .saturating_add(self.parameters.into());
        self.bytes.get(from..).unwrap_or(&[])
    }
}

/// One registration.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) text: Text,
    pub(super) peer: PeerId,
    /// Milliseconds; before [`Instant::ZERO`] if it began before a restart.
    pub(super) registered: i64,
    /// The same.
    pub(super) last_update: i64,
    pub(super) last_heard: Instant,
    /// Seconds; 0 is for ever.
    pub(super) lifetime: u32,
    /// The part of the location that cannot be guessed.
    pub(super) tag: u32,
    /// The last of its operations, which form a ring; [`NONE`] without any.
    pub(super) operations: u32,
    /// The first of its observations; [`NONE`] without any.
    pub(super) observations: u32,
    /// The gateway that it is a device behind; [`NONE`] if it is not.
    pub(super) parent: u32,
    /// The first of the devices behind it; [`NONE`] without any.
    pub(super) children: u32,
    /// Neighbours among the registrations of the same peer, or the devices of the same gateway.
    pub(super) neighbour: u32,
    previous: u32,
    pub(super) version: Version,
    pub(super) binding: Binding,
    pub(super) formats: Formats,
    /// Operations that were sent and not answered.
    pub(super) in_flight: u8,
    /// It ended and is only kept for its event.
    pub(super) ended: bool,
    /// It did not answer, so it sleeps although its time to listen has not passed.
    pub(super) asleep: bool,
    /// It waits in the queue of those that may send.
    pub(super) ready: bool,
    /// Its peer was named by its security session.
    pub(super) identified: bool,
    /// It registered under a security context, and is spoken to under it alone.
    pub(super) protected: bool,
    /// Its peer is gone.
    pub(super) down: bool,
    /// Its last Update is from the journal, which may know an earlier one only: the next one makes
    /// a record.
    pub(super) restored: bool,
    /// It is among the devices of its gateway.
    linked: bool,
}

/// What a new record is made of.
pub(super) struct New {
    pub(super) text: Text,
    pub(super) peer: PeerId,
    pub(super) lifetime: u32,
    pub(super) version: Version,
    pub(super) binding: Binding,
    pub(super) formats: Formats,
    pub(super) identified: bool,
    pub(super) protected: bool,
    /// The gateway that it is a device behind, or [`NONE`].
    pub(super) parent: u32,
}

impl New {
    /// The record of it, in no index yet.
    pub(super) fn record(self, now: Instant, tag: u32) -> Record {
        Record {
            text: self.text,
            peer: self.peer,
            registered: signed(now),
            last_update: signed(now),
            last_heard: now,
            lifetime: self.lifetime,
            tag,
            operations: NONE,
            observations: NONE,
            parent: self.parent,
            children: NONE,
            neighbour: NONE,
            previous: NONE,
            version: self.version,
            binding: self.binding,
            formats: self.formats,
            in_flight: 0,
            ended: false,
            asleep: false,
            ready: false,
            identified: self.identified,
            protected: self.protected,
            down: false,
            restored: false,
            linked: false,
        }
    }
}

/// The registrations of a server.
#[derive(Debug)]
pub(super) struct Registry {
    records: Slab<Record>,
    by_name: GrowingIndex,
    by_peer: GrowingIndex,
    deadlines: Deadlines,
    random: Random,
    secret: u64,
    grace: Duration,
    most: u32,
    len: u32,
    /// So many of those that end next have been looked at.
    ahead: usize,
}

impl Registry {
    /// An empty registry for `most` registrations, and as many more as `ended` that are over and
    /// still to be told of.
    pub(super) fn new(most: u32, ended: u32, grace: Duration, mut random: Random) -> Registry {
        Registry {
            records: Slab::growing(most.saturating_add(ended).min(NONE - 1)),
            by_name: GrowingIndex::new(),
            by_peer: GrowingIndex::new(),
            deadlines: Deadlines::growing(),
            secret: random.u64(),
            random,
            grace,
            most,
            len: 0,
            ahead: 0,
        }
    }

    /// Registrations in force.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= self.most
    }

    pub(super) fn get(&self, id: RegistrationId) -> Option<&Record> {
        self.records.get(id.0)
    }

    /// The record, if it has not ended.
    pub(super) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Record> {
        self.records.get_mut(id.0).filter(|r| !r.ended)
    }

    /// All in force.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RegistrationId, &Record)> {
        self.records.iter().filter(|(_, r)| !r.ended).map(|(h, r)| (RegistrationId(h), r))
    }

    pub(super) fn id_at(&self, slot: u32) -> Option<RegistrationId> {
        self.records.handle_at(slot).map(RegistrationId)
    }

    fn record_at(&self, slot: u32) -> Option<&Record> {
        self.records.at(slot).map(|(_, r)| r)
    }

    fn hash_name(&self, name: &[u8]) -> u64 {
        Index::mix_bytes(self.secret, name)
    }

    fn hash_peer(&self, peer: PeerId) -> u64 {
        Index::mix(self.secret, peer.0)
    }

    /// By endpoint name.
    pub(super) fn by_name(&self, name: &[u8]) -> Option<RegistrationId> {
        let same = |slot| self.record_at(slot).is_some_and(|r| r.text.name() == name);
        self.id_at(self.by_name.find(self.hash_name(name), same)?)
    }

    /// The newest registration of a peer.
    pub(super) fn by_peer(&self, peer: PeerId) -> Option<RegistrationId> {
        self.id_at(self.peer_head(peer)?)
    }

    fn peer_head(&self, peer: PeerId) -> Option<u32> {
        let same = |slot| self.record_at(slot).is_some_and(|r| r.peer == peer);
        self.by_peer.find(self.hash_peer(peer), same)
    }

    /// By the last segment of its location: the tag in eight hexadecimal digits, then the slot.
    pub(super) fn by_location(&self, segment: &[u8]) -> Option<RegistrationId> {
        let (tag, slot) = segment.split_at_checked(8)?;
        let (tag, slot) = (hex(tag)?, hex(slot)?);
        let (handle, record) = self.records.at(slot)?;
        (record.tag == tag && !record.ended).then_some(RegistrationId(handle))
    }

    /// Adds a registration; the caller has ended the one of the same name. `None` if the registry
    /// or memory is full: nothing has changed then.
    pub(super) fn insert(&mut self, now: Instant, new: New) -> Option<RegistrationId> {
        if self.is_full() {
            return None;
        }
        let hash = self.hash_name(new.text.name());
        let record = new.record(now, self.random.u32());
        let handle = self.records.insert(record).ok()?;
        self.link(hash, handle)
    }

    /// Brings a registration back to the slot that it had. `None` if it is taken or there is no
    /// memory.
    pub(super) fn restore(&mut self, slot: u32, record: Record) -> Option<RegistrationId> {
        let hash = self.hash_name(record.text.name());
        if self.is_full() || self.by_name(record.text.name()).is_some() {
            return None;
        }
        let handle = self.records.insert_at(slot, record).ok()?;
        self.link(hash, handle)
    }

    /// All are back: slots between them are free from now on. One above the last slot.
    pub(super) fn relink(&mut self) -> u32 {
        self.records.relink();
        self.records.iter().last().map_or(0, |(h, _)| h.index().saturating_add(1))
    }

    /// Puts what came back behind its gateway, if it is a device behind one. It if the gateway is
    /// not there.
    pub(super) fn adopt(&mut self, slot: u32) -> Option<RegistrationId> {
        let (handle, record) = self.records.at(slot)?;
        let parent = record.parent;
        if parent == NONE || record.ended || record.linked {
            return None;
        }
        let gateway = self.record_at(parent).filter(|g| g.parent == NONE && !g.ended);
        let Some(peer) = gateway.map(|g| g.peer) else { return Some(RegistrationId(handle)) };
        self.link_child(slot, parent);
        self.at_mut(slot, |r| r.peer = peer);
        None
    }

    /// Puts a record that is in its slot into the indices, or takes it out of its slot.
    fn link(&mut self, hash: u64, handle: Handle) -> Option<RegistrationId> {
        let record = self.records.get(handle)?;
        let (peer, parent) = (record.peer, record.parent);
        let expires = self.expiry(record);
        let slot = handle.index();
        let named = self.by_name.insert(hash, slot);
        let child = parent != NONE;
        let linked = named && (child || self.link_peer(slot, peer));
        // An entry is made even for a lifetime without end, so that one can be set later on.
        if !(linked && self.deadlines.set(slot, expires.unwrap_or(Instant::FAR))) {
            if linked && !child {
                self.unlink_peer(slot);
            }
            if named {
                self.by_name.remove(hash, slot);
            }
            self.records.remove(handle);
            return None;
        }
        if expires.is_none() {
            self.deadlines.clear(slot);
        }
        self.len = self.len.saturating_add(1);
        Some(RegistrationId(handle))
    }

    /// Takes a registration out of force. Its record stays until [`Registry::free`].
    pub(super) fn end(&mut self, id: RegistrationId) {
        let Some(record) = self.get_mut(id) else { return };
        record.ended = true;
        let slot = id.0.index();
        let hash = self.records.get(id.0).map(|r| self.hash_name(r.text.name()));
        if let Some(hash) = hash {
            self.by_name.remove(hash, slot);
        }
        self.unlink(slot);
        self.deadlines.clear(slot);
        self.len = self.len.saturating_sub(1);
    }

    /// Forgets a registration that ended.
    pub(super) fn free(&mut self, id: RegistrationId) {
        if self.get(id).is_some_and(|r| r.ended) {
            self.records.remove(id.0);
        }
    }

    /// Notes an Update. The deadline stays where it is, not even looked at, unless the lifetime is
    /// `new` and it comes sooner now: it is looked at again when it is due.
    pub(super) fn touch(&mut self, now: Instant, id: RegistrationId, new: bool) {
        let grace = self.grace;
        let Some(record) = self.get_mut(id) else { return };
        record.last_update = signed(now);
        if !new {
            // It ends later than before.
            return;
        }
        let Some(expires) = expiry(record, grace) else { return };
        let slot = id.0.index();
        if self.deadlines.get(slot).is_none_or(|set| expires < set) {
            // Cannot run out of memory: there was room for each slot at its insertion.
            self.deadlines.set(slot, expires);
        }
    }

    /// Moves a registration to another peer.
    pub(super) fn set_peer(&mut self, id: RegistrationId, peer: PeerId) {
        if self.get_mut(id).is_none_or(|r| r.peer == peer) {
            return;
        }
        let slot = id.0.index();
        self.unlink_peer(slot);
        if let Some(record) = self.get_mut(id) {
            record.peer = peer;
        }
        // Cannot run out of memory: the slot was in the index.
        self.link_peer(slot, peer);
        let mut child = self.get(id).map_or(NONE, |r| r.children);
        while let Some(record) = self.records.at_mut(child) {
            record.peer = peer;
            child = record.neighbour;
        }
    }

    /// The gateway that a registration is a device behind, or itself: whose connection and times
    /// of sleep it shares.
    pub(super) fn carrier(&self, id: RegistrationId) -> RegistrationId {
        let parent = self.get(id).map_or(NONE, |r| r.parent);
        self.id_at(parent).unwrap_or(id)
    }

    /// The devices behind a gateway, the newest first.
    pub(super) fn children(&self, id: RegistrationId) -> impl Iterator<Item = RegistrationId> + '_ {
        let mut slot = self.get(id).map_or(NONE, |r| r.children);
        core::iter::from_fn(move || {
            let (handle, record) = self.records.at(slot)?;
            slot = record.neighbour;
            Some(RegistrationId(handle))
        })
    }

    /// The next registration of the same peer, which is none of a device behind a gateway.
    pub(super) fn next_of_peer(&self, id: RegistrationId) -> Option<RegistrationId> {
        self.id_at(self.get(id).filter(|r| r.parent == NONE)?.neighbour)
    }

    pub(super) fn first_child(&self, id: RegistrationId) -> Option<RegistrationId> {
        self.id_at(self.get(id)?.children)
    }

    pub(super) fn next_child(&self, id: RegistrationId) -> Option<RegistrationId> {
        self.id_at(self.get(id).filter(|r| r.parent != NONE)?.neighbour)
    }

    /// Makes `slot` the first device of a gateway.
    pub(super) fn link_child(&mut self, slot: u32, parent: u32) {
        let Some(first) = self.record_at(parent).map(|r| r.children) else { return };
        self.at_mut(first, |r| r.previous = slot);
        self.at_mut(slot, |r| (r.neighbour, r.previous, r.linked) = (first, NONE, true));
        self.at_mut(parent, |r| r.children = slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Some(record) = self.record_at(slot) else { return };
        let (parent, next, previous) = (record.parent, record.neighbour, record.previous);
        if parent == NONE {
            return self.unlink_peer(slot);
        }
        if !record.linked {
            return;
        }
        if previous == NONE {
            self.at_mut(parent, |r| r.children = next);
        }
        self.at_mut(previous, |r| r.neighbour = next);
        self.at_mut(next, |r| r.previous = previous);
        self.at_mut(slot, |r| (r.neighbour, r.previous, r.linked) = (NONE, NONE, false));
    }

    fn expiry(&self, record: &Record) -> Option<Instant> {
        expiry(record, self.grace)
    }

    /// When a registration ends by itself; `None` for never.
    pub(super) fn expires_at(&self, id: RegistrationId) -> Option<Instant> {
        self.get(id).and_then(|r| self.expiry(r))
    }

    /// When [`Registry::expired`] should be asked next. May be early, never late.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| at)
    }

    /// A registration whose lifetime has passed, still in force.
    pub(super) fn expired(&mut self, now: Instant) -> Option<RegistrationId> {
        // Each round moves one deadline past `now` or ends.
        loop {
            let (_, slot) = self.deadlines.first().filter(|(at, _)| *at <= now)?;
            let expires = self.record_at(slot).and_then(|r| self.expiry(r));
            match expires {
                Some(at) if at <= now => {
                    self.look_ahead(now);
                    return self.id_at(slot);
                }
                Some(at) => {
                    self.deadlines.set(slot, at);
                }
                None => self.deadlines.clear(slot),
            }
        }
    }

    /// Looks at the places of memory that the next ends of registrations change, all far apart: the
    /// processor waits for them at once here, and not for one after the other there.
    fn look_ahead(&mut self, now: Instant) {
        self.ahead = self.ahead.saturating_sub(1);
        if self.ahead > 0 {
            return;
        }
        self.ahead = AHEAD;
        let due = self.deadlines.lined_up().take_while(|(at, _)| *at <= now);
        let mut hashes = [(0, 0); AHEAD];
        for ((_, slot), place) in due.zip(&mut hashes) {
            if let Some(record) = self.record_at(slot) {
                *place = (self.hash_name(record.text.name()), self.hash_peer(record.peer));
            }
        }
        let touched = hashes.iter().fold(0, |all, (name, peer)| {
            all ^ self.by_name.touch(*name) ^ self.by_peer.touch(*peer)
        });
        core::hint::black_box(touched);
    }

    /// Makes `slot` the first of its peer's registrations.
    fn link_peer(&mut self, slot: u32, peer: PeerId) -> bool {
        let hash = self.hash_peer(peer);
        // The new one is already in `records` under its peer, but not in the index.
        let head = self.peer_head(peer);
        if let Some(head) = head {
            self.by_peer.remove(hash, head);
        }
        if !self.by_peer.insert(hash, slot) {
            if let Some(head) = head {
                // There was room for it before.
                let _ = self.by_peer.insert(hash, head);
            }
            return false;
        }
        if let Some(head) = head {
            self.at_mut(head, |r| r.previous = slot);
        }
        self.at_mut(slot, |r| {
            r.neighbour = head.unwrap_or(NONE);
            r.previous = NONE;
        });
        true
    }

    fn unlink_peer(&mut self, slot: u32) {
        let Some(record) = self.record_at(slot) else { return };
        let (next, previous) = (record.neighbour, record.previous);
        let hash = self.hash_peer(record.peer);
        if previous == NONE {
            self.by_peer.remove(hash, slot);
            if next != NONE {
                // There is room: `slot` was just taken out.
                let _ = self.by_peer.insert(hash, next);
            }
        }
        self.at_mut(previous, |r| r.neighbour = next);
        self.at_mut(next, |r| r.previous = previous);
        self.at_mut(slot, |r| (r.neighbour, r.previous) = (NONE, NONE));
    }

    fn at_mut(&mut self, slot: u32, change: impl FnOnce(&mut Record)) {
        let handle: Option<Handle> = self.records.handle_at(slot);
        if let Some(record) = handle.and_then(|h| self.records.get_mut(h)) {
            change(record);
        }
    }
}

fn expiry(record: &Record, grace: Duration) -> Option<Instant> {
    let lifetime = i64::from(record.lifetime).saturating_mul(1000);
    let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
    let ends = record.last_update.saturating_add(lifetime).saturating_add(grace);
    (record.lifetime != 0).then(|| Instant::from_millis(u64::try_from(ends).unwrap_or(0)))
}

/// Milliseconds that can be before the start of the engine.
pub(super) fn signed(at: Instant) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

/// How much later than the journal says a registration may have been updated, in milliseconds: a
/// sixteenth of its lifetime. In each span of this length one Update at least makes a record.
pub(super) fn span(lifetime: u32) -> i64 {
    i64::from(lifetime).saturating_mul(1000 / 16).max(1)
}

/// One to eight lower-case hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0u32, |n, d| {
        let digit = match d {
            b'0'..=b'9' => d.wrapping_sub(b'0'),
            b'a'..=b'f' => d.wrapping_sub(b'a').wrapping_add(10),
            _ => return None,
        };
        Some(n << 4 | u32::from(digit))
    })
}

/// The path under which a client updates and ends its registration: `/rd/` and a segment that
/// nobody else can guess.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Location {
    bytes: [u8; 20],
    len: u8,
}

impl Location {
    pub(super) fn new(id: RegistrationId, tag: u32) -> Location {
        let mut location = Location { bytes: [0; 20], len: 0 };
        for byte in *b"/rd/" {
            location.push(byte);
        }
        for shift in (0..8).rev() {
            location.push_digit(tag, shift);
        }
        let slot = id.0.index();
        let digits = (8u32).saturating_sub(slot.leading_zeros() / 4).max(1);
        for shift in (0..digits).rev() {
            location.push_digit(slot, shift);
        }
        location
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte;
            self.len = self.len.saturating_add(1);
        }
    }

    fn push_digit(&mut self, number: u32, place: u32) {
        let digit = number >> place.saturating_mul(4) & 15;
        self.push(char::from_digit(digit, 16).and_then(|c| u8::try_from(c).ok()).unwrap_or(b'0'));
    }

    /// The path, `/rd/...`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("")
    }

    /// The segment behind `rd`.
    pub(super) fn segment(&self) -> &[u8] {
        self.as_str().as_bytes().get(4..).unwrap_or(&[])
    }
}

impl core::fmt::Display for Location {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::fmt::Debug for Location {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
