//! What is kept for servers, over a restart: each group of a history is a record, and so is each
//! observation or Send that groups belong to (`kept_observations.rs`, `kept_sends.rs`).
//!
//! A group never changes, so it is known by a mark whether its record is stored, and by a number
//! which record that is: two bits for each number say whether a group has it and whether the record
//! is there. A group is stored after what it belongs to; one that comes back alone is of no use.
//!
//! Times go by the wall clock. Where the client was not told what time it is, a group says after the
//! restart that it is as old as that.

use alloc::vec::Vec;
use m2m_base::container::Reserve;
use m2m_base::{Full, Instant, Reader, Sink};

use super::history::{Group, HEAD, History, Items, Moment, STORED};
use super::journal::{KEPT, RECORDED};
use super::{Client, UsageError};

/// In the time of a group: it came back after a restart.
const RESTORED: u64 = 1 << 63;
/// And it is known by the wall clock, in milliseconds; below it the order among those of the same
/// time. Without this, the rest is the order alone.
const KNOWN: u64 = 1 << 62;
/// Bits of the order.
const ORDER: u32 = 18;
const LOW: u64 = (1 << ORDER) - 1;

/// What a time means.
pub(super) fn moment(word: u64, restored: Option<Instant>) -> Moment {
    if word & RESTORED == 0 {
        Moment::At(Instant::from_millis(word))
    } else if word & KNOWN == 0 {
        Moment::At(restored.unwrap_or(Instant::ZERO))
    } else {
        Moment::Wall(((word & !(RESTORED | KNOWN)) >> ORDER).cast_signed())
    }
}

/// Which numbers groups have, and which of their records are stored.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Eight numbers in a byte.
    used: Vec<u8>,
    stored: Vec<u8>,
    /// Something may have to be stored.
    stale: bool,
    /// How many records there were.
    count: u32,
    /// When those that are there came back.
    pub(super) restored: Option<Instant>,
}

fn bit(bits: &[u8], number: u16) -> bool {
    bits.get(usize::from(number / 8)).is_some_and(|byte| byte >> (number % 8) & 1 != 0)
}

fn put(bits: &mut [u8], number: u16, value: bool) {
    if let Some(byte) = bits.get_mut(usize::from(number / 8)) {
        *byte = *byte & !(1 << (number % 8)) | u8::from(value) << (number % 8);
    }
}

impl Numbers {
    #[inline(always)]
    pub(super) const fn empty() -> Numbers {
        Numbers { used: Vec::new(), stored: Vec::new(), stale: false, count: 0, restored: None }
    }

    /// There is no journal.
    pub(super) const fn is_off(&self) -> bool {
        self.used.is_empty()
    }

    /// A number for a group that comes.
    pub(super) fn take(&mut self) -> Option<u16> {
        if self.is_off() {
            return Some(0);
        }
        let free = |(_, byte): &(u16, &u8)| **byte != u8::MAX;
        let (at, byte) = (0..u16::MAX / 8).zip(&self.used).find(free)?;
        let number = at.checked_mul(8)?.checked_add(u16::try_from(byte.trailing_ones()).ok()?)?;
        put(&mut self.used, number, true);
        self.stale = true;
        Some(number)
    }

    /// The group with this number is gone.
    pub(super) fn give(&mut self, number: u16) {
        put(&mut self.used, number, false);
        self.stale = true;
    }

    pub(super) const fn changed(&mut self) {
        self.stale = true;
    }
}

impl History {
    /// Its groups are records of a journal.
    pub(super) fn reserve_numbers(&mut self, size: u32, reservation: &mut impl Reserve) {
        let bytes = (size as usize / HEAD).min(u16::MAX.into()).div_ceil(8);
        reservation.fill(&mut self.numbers.used, 0, bytes);
        reservation.fill(&mut self.numbers.stored, 0, bytes);
    }

    /// The next record to store: its number, and the group, if there is one yet. Only of owners
    /// that are stored themselves.
    fn next_record(&self, is_stored: impl Fn(u16) -> bool) -> Option<(u16, Option<Group<'_>>)> {
        if !self.numbers.stale || self.numbers.is_off() {
            return None;
        }
        let fresh = |group: &Group<'_>| !group.is_stored && is_stored(group.owner);
        if let Some(group) = self.all().find(fresh) {
            return Some((group.number, Some(group)));
        }
        let bytes = self.numbers.used.iter().zip(&self.numbers.stored);
        let gone = |(_, (used, stored)): &(u16, (&u8, &u8))| !**used & **stored != 0;
        let (at, (used, stored)) = (0..).zip(bytes).find(gone)?;
        let first = u16::try_from((!used & stored).trailing_zeros()).ok()?;
        Some((at.checked_mul(8)?.checked_add(first)?, None))
    }

    /// The record with this number is stored, or it is gone.
    fn recorded(&mut self, number: u16) {
        let used = bit(&self.numbers.used, number);
        put(&mut self.numbers.stored, number, used);
        let Some(group) = self.all().find(|group| used && group.number == number) else { return };
        let start = group.end.saturating_sub(group.items.len().saturating_add(HEAD));
        if group.word & RESTORED == 0 {
            self.numbers.count = self.numbers.count.wrapping_add(1);
        }
        if let Some(byte) = self.bytes.get_mut(start) {
            *byte |= (STORED >> 8) as u8;
        }
    }

    /// Nothing is left to be stored.
    pub(super) const fn is_recorded(&mut self) {
        self.numbers.stale = false;
    }

    /// Times that were not known are known now.
    pub(super) fn record_again(&mut self) {
        let mut at = 0usize;
        while let Some(group) = self.all().find(|group| group.end > at) {
            let (end, len) = (group.end, group.items.len().saturating_add(HEAD));
            at = end;
            if group.word & RESTORED == 0
                && let Some(byte) = self.bytes.get_mut(end.saturating_sub(len))
            {
                *byte &= !((STORED >> 8) as u8);
            }
        }
        self.numbers.stale = true;
    }

    /// Takes a group back, in its order. What there is no room for is forgotten, the oldest first.
    fn take_back(&mut self, number: u16, owner: u16, word: u64, items: &[u8]) -> Option<()> {
        let len = items.len().checked_add(HEAD)?;
        let head = u16::try_from(len)
            .ok()
            .filter(|len| *len < STORED && !bit(&self.numbers.used, number))?;
        put(&mut self.numbers.stored, number, true);
        self.numbers.stale = true;
        while self.size().saturating_sub(self.used) < len {
            let oldest = self.groups(owner).next().filter(|group| group.word < word)?;
            self.pop(oldest.owner);
        }
        let later = self.groups(owner).find(|group| group.word > word);
        let start = later.map_or(self.used, |group| {
            group.end.saturating_sub(group.items.len().saturating_add(HEAD))
        });
        let end = self.used.checked_add(len)?;
        let room = self.bytes.get_mut(start..end)?;
        room.rotate_right(len);
        let mut sink = m2m_base::SliceSink::new(room);
        sink.put(&(head | STORED).to_be_bytes()).ok()?;
        sink.put(&owner.to_be_bytes()).ok()?;
        sink.put(&word.to_be_bytes()).ok()?;
        sink.put(&number.to_be_bytes()).ok()?;
        sink.put(items).ok()?;
        self.used = end;
        put(&mut self.numbers.used, number, true);
        Some(())
    }

    fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl Client {
    /// The history whose groups are records of this kind.
    #[allow(clippy::unused_self, reason = "as with the features")]
    const fn history(&self, kind: u64) -> Option<&History> {
        match kind {
            #[cfg(feature = "storing")]
            KEPT => Some(&self.history),
            #[cfg(feature = "send")]
            RECORDED => Some(&self.outbox),
            _ => None,
        }
    }

    #[allow(clippy::unused_self, reason = "as with the features")]
    const fn history_mut(&mut self, kind: u64) -> Option<&mut History> {
        match kind {
            #[cfg(feature = "storing")]
            KEPT => Some(&mut self.history),
            #[cfg(feature = "send")]
            RECORDED => Some(&mut self.outbox),
            _ => None,
        }
    }

    /// There is what groups of this kind with this owner belong to.
    #[allow(clippy::unused_self, reason = "as with the features")]
    fn has_owner(&self, kind: u64, owner: u16) -> bool {
        let _ = owner;
        match kind {
            #[cfg(feature = "storing")]
            KEPT => self.observations.iter().any(|o| o.serial == owner),
            #[cfg(feature = "send")]
            RECORDED => self.has_send(owner),
            _ => false,
        }
    }

    /// The next group to store, or one whose record is to go: its key, and whether it is there.
    pub(super) fn next_kept(&self) -> Option<(u64, bool)> {
        [KEPT, RECORDED].into_iter().find_map(|kind| {
            let is_stored = |owner| self.journal.has_owner(kind, owner);
            let (number, group) = self.history(kind)?.next_record(is_stored)?;
            Some((kind | u64::from(number), group.is_some()))
        })
    }

    /// The record of a group is stored, or gone. False if it is not of this kind.
    pub(super) fn kept_is_stored(&mut self, kind: u64, number: u16) -> bool {
        let history = self.history_mut(kind);
        history.map(|history| history.recorded(number)).is_some()
    }

    /// An owner of groups of this kind is stored: they can be.
    pub(super) const fn owner_is_stored(&mut self, kind: u64) {
        if let Some(history) = self.history_mut(kind) {
            history.numbers.changed();
        }
    }

    /// All groups are stored.
    pub(super) fn all_is_stored(&mut self) {
        for kind in [KEPT, RECORDED] {
            if let Some(history) = self.history_mut(kind) {
                history.is_recorded();
            }
        }
    }

    /// A group: its owner, its order, when it was, what was so.
    pub(super) fn write_kept(
        &self,
        kind: u64,
        number: u16,
        sink: &mut dyn Sink,
    ) -> Result<(), Full> {
        let Some(history) = self.history(kind) else { return Ok(()) };
        let Some(group) = history.all().find(|group| group.number == number) else {
            return Ok(());
        };
        let wall = match group.time {
            Moment::Wall(ms) => Some(ms),
            Moment::At(at) if group.word & RESTORED == 0 => self.wall_at(at),
            Moment::At(_) => None,
        };
        let order = match group.word {
            word if word & RESTORED == 0 => history.numbers.count,
            word if word & KNOWN == 0 => u32::try_from(word & !RESTORED).unwrap_or(u32::MAX),
            word => u32::try_from(word & LOW).unwrap_or(0),
        };
        sink.put(&group.owner.to_be_bytes())?;
        sink.put(&order.to_be_bytes())?;
        sink.put(&wall.unwrap_or(i64::MIN).to_be_bytes())?;
        sink.put(group.items)
    }

    /// Takes one back. One without its owner is of no use any more.
    pub(super) fn restore_kept(
        &mut self,
        now: Instant,
        kind: u64,
        number: u16,
        record: &[u8],
    ) -> Result<(), UsageError> {
        let parsed = |reader: &mut Reader<'_>| {
            let owner = reader.u16().ok()?;
            let order = u32::try_from(reader.uint(4).ok()?).ok()?;
            Some((owner, order, reader.uint(8).ok()?.cast_signed()))
        };
        let mut reader = Reader::new(record);
        let (owner, order, wall) = parsed(&mut reader).ok_or(UsageError::Invalid)?;
        let items = reader.rest();
        let mut check = Items::new(items);
        while check.next().is_some() {}
        if !check.is_over() {
            return Err(UsageError::Invalid);
        }
        let has_owner = self.has_owner(kind, owner);
        #[cfg(feature = "send")]
        if kind == RECORDED {
            // Another Send must not get it.
            self.sent = self.sent.max(owner.into());
        }
        let history = self.history_mut(kind).ok_or(UsageError::Invalid)?;
        if usize::from(number / 8) >= history.numbers.used.len() {
            return Err(UsageError::Full);
        }
        history.numbers.count = history.numbers.count.max(order.wrapping_add(1));
        history.numbers.restored = Some(now);
        let word = match u64::try_from(wall) {
            Ok(ms) => RESTORED | KNOWN | ms << ORDER & (KNOWN - 1) | u64::from(order) & LOW,
            Err(_) => RESTORED | u64::from(order),
        };
        if !has_owner || history.take_back(number, owner, word, items).is_none() {
            put(&mut history.numbers.stored, number, true);
            history.numbers.stale = true;
        }
        self.journal.stale = true;
        Ok(())
    }
}
