//! What is kept for servers, over a restart: each group of the history is a record, and so is each
//! observation that groups may belong to.
//!
//! A group never changes, so it is known by a mark whether its record is stored, and by a number
//! which record that is: two bits for each number say whether a group has it and whether the record
//! is there. After a restart there is nobody to tell, for the observations went with the restart:
//! what came back waits as in `lost.rs` until its server observes the same again, which it does
//! because the client registers.
//!
//! Times go by the wall clock. Where the client was not told what time it is, a group says after the
//! restart that it is as old as that.

use alloc::vec::Vec;
use m2m_base::container::Reservation;
use m2m_base::{Full, Instant, Reader, Sink};

use super::attributes::Attribute;
use super::dispatch::number;
use super::history::{Group, HEAD, History, Items, Moment, STORED};
use super::observe::{Observation, own_path};
use super::{Client, UsageError};
use crate::Path;

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
    pub(super) const EMPTY: Numbers =
        Numbers { used: Vec::new(), stored: Vec::new(), stale: false, count: 0, restored: None };

    /// There is no journal.
    const fn is_off(&self) -> bool {
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
    pub(super) fn reserve_numbers(&mut self, size: u32, reservation: &mut Reservation) {
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
    /// The next record of the history to store: its number, and whether there is one.
    pub(super) fn next_kept(&self) -> Option<(u16, bool)> {
        let next = self.history.next_record(|serial| self.journal.has_observation(serial));
        next.map(|(number, group)| (number, group.is_some()))
    }

    pub(super) fn kept_is_stored(&mut self, number: u16) {
        self.history.recorded(number);
    }

    /// A Register of before a restart may still arrive, and make the server forget what it observed
    /// since.
    pub(super) fn has_restarted(&self, now: Instant) -> bool {
        let lasts = self.endpoint.parameters().exchange_lifetime();
        self.history.numbers.restored.is_some_and(|at| now.since(at) < lasts)
    }

    /// The observations that are kept, by their numbers.
    pub(super) fn kept_observations(&self) -> impl Iterator<Item = u16> {
        let kept = self.observations.iter().filter(|o| self.stores(o.account));
        kept.filter(|_| !self.history.numbers.is_off()).map(|o| o.serial)
    }

    /// A group: its owner, its order, when it was, what was so.
    pub(super) fn write_kept(&self, number: u16, sink: &mut dyn Sink) -> Result<(), Full> {
        let Some(group) = self.history.all().find(|group| group.number == number) else {
            return Ok(());
        };
        let wall = match group.time {
            Moment::Wall(ms) => Some(ms),
            Moment::At(at) if group.word & RESTORED == 0 => self.wall_at(at),
            Moment::At(_) => None,
        };
        let order = match group.word {
            word if word & RESTORED == 0 => self.history.numbers.count,
            word if word & KNOWN == 0 => u32::try_from(word & !RESTORED).unwrap_or(u32::MAX),
            word => u32::try_from(word & LOW).unwrap_or(0),
        };
        sink.put(&group.owner.to_be_bytes())?;
        sink.put(&order.to_be_bytes())?;
        sink.put(&wall.unwrap_or(i64::MIN).to_be_bytes())?;
        sink.put(group.items)
    }

    /// Takes one back. One without its observation is of no use any more.
    pub(super) fn restore_kept(
        &mut self,
        now: Instant,
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
        if usize::from(number / 8) >= self.history.numbers.used.len() {
            return Err(UsageError::Full);
        }
        self.history.numbers.count = self.history.numbers.count.max(order.wrapping_add(1));
        self.history.numbers.restored = Some(now);
        let word = match u64::try_from(wall) {
            Ok(ms) => RESTORED | KNOWN | ms << ORDER & (KNOWN - 1) | u64::from(order) & LOW,
            Err(_) => RESTORED | u64::from(order),
        };
        let known = self.observations.iter().any(|o| o.serial == owner);
        if !known || self.history.take_back(number, owner, word, items).is_none() {
            put(&mut self.history.numbers.stored, number, true);
            self.history.numbers.stale = true;
        }
        self.journal.stale = true;
        Ok(())
    }

    /// An observation: its server, its format, its paths, its attributes.
    pub(super) fn write_observation(&self, serial: u16, sink: &mut dyn Sink) -> Result<(), Full> {
        let Some(observation) = self.observations.iter().find(|o| o.serial == serial) else {
            return Ok(());
        };
        let account = self.accounts.get(usize::from(observation.account));
        sink.put(&account.map_or(0, |account| account.ssid).to_be_bytes())?;
        sink.put(&observation.format.0.to_be_bytes())?;
        #[cfg(feature = "composite")]
        if observation.is_list {
            let paths = self.lists.paths(serial);
            sink.put(&u16::try_from(paths.clone().count()).unwrap_or(0).to_be_bytes())?;
            for path in paths {
                write_path(path, sink)?;
            }
            return self.write_own(observation, sink);
        }
        sink.put(&[0, 0])?;
        write_path(observation.path, sink)?;
        self.write_own(observation, sink)
    }

    fn write_own(&self, observation: &Observation, sink: &mut dyn Sink) -> Result<(), Full> {
        for (path, attribute, value) in self.attached.of(observation.account) {
            if path == own_path(observation.serial) {
                sink.put_u8(attribute as u8)?;
                sink.put(&value)?;
            }
        }
        Ok(())
    }

    /// Takes one back: its server has to observe again.
    pub(super) fn restore_observation(
        &mut self,
        now: Instant,
        serial: u16,
        record: &[u8],
    ) -> Result<(), UsageError> {
        let taken = self.observations.iter().any(|o| o.serial == serial);
        if taken || serial == 0 {
            return Err(UsageError::Invalid);
        }
        if self.observations.len() >= self.observations.capacity() {
            return Err(UsageError::Full);
        }
        self.history.numbers.restored = Some(now);
        let restored = self.read_observation(now, serial, record);
        if restored.is_none() {
            self.forget_observation(Some(serial));
        }
        self.observations.push(restored.ok_or(UsageError::Invalid)?);
        self.observation = self.observation.max(serial);
        Ok(())
    }

    fn read_observation(
        &mut self,
        now: Instant,
        serial: u16,
        record: &[u8],
    ) -> Option<Observation> {
        let mut reader = Reader::new(record);
        let at = self.account(reader.u16().ok()?).ok()?;
        let format = coap_core::ContentFormat(reader.u16().ok()?);
        let paths = reader.u16().ok()?;
        let mut path = Path::ROOT;
        if paths == 0 {
            path = read_path(&mut reader)?;
        }
        #[cfg(feature = "composite")]
        for _ in 0..paths {
            if !self.lists.add(serial, read_path(&mut reader)?) {
                return None;
            }
        }
        #[cfg(not(feature = "composite"))]
        if paths > 0 {
            return None;
        }
        while !reader.is_empty() {
            let attribute = Attribute::from_index(reader.u8().ok()?)?;
            let value = reader.take(8).ok()?.try_into().ok()?;
            if !self.attached.put(number(at), own_path(serial), attribute, value) {
                return None;
            }
        }
        if let Some(account) = self.accounts.get_mut(at) {
            account.lost = now;
        }
        Some(Observation::lost(now, number(at), serial, path, format, paths > 0))
    }
}

/// A path: how many IDs, and these.
pub(super) fn write_path(path: Path, sink: &mut dyn Sink) -> Result<(), Full> {
    sink.put_u8(path.level() as u8)?;
    for id in path.ids().iter() {
        sink.put(&id.to_be_bytes())?;
    }
    Ok(())
}

pub(super) fn read_path(reader: &mut Reader<'_>) -> Option<Path> {
    let mut path = Path::ROOT;
    for _ in 0..reader.u8().ok()? {
        path = path.child(reader.u16().ok()?)?;
    }
    Some(path)
}
