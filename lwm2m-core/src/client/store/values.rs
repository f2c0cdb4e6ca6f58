//! The values of a client: one sorted table of fixed capacity, and one buffer for long texts.

use crate::{DataType, Path, Text, Value};
use alloc::vec::Vec;
use core::ops::Range;
use m2m_base::container::{Reserve, Reserved};
use m2m_base::{Full, Sink, SliceSink};

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    // Values, in the order of their types.
    String,
    Integer,
    Unsigned,
    Float,
    Boolean,
    Opaque,
    Time,
    ObjectLink,
    CoreLink,
    /// A resource that is executed.
    Executable,
    /// Nothing any more; the event of its deletion is still to be told.
    Gone,
    /// Room that a write has reserved and not yet filled.
    Vacant,
    /// An object instance.
    Instance,
    /// A resource with instances; they follow.
    Multiple,
}

impl Kind {
    const fn of(data_type: DataType) -> Kind {
        match data_type {
            DataType::String => Kind::String,
            DataType::Integer => Kind::Integer,
            DataType::Unsigned => Kind::Unsigned,
            DataType::Float => Kind::Float,
            DataType::Boolean => Kind::Boolean,
            DataType::Opaque => Kind::Opaque,
            DataType::Time => Kind::Time,
            DataType::ObjectLink => Kind::ObjectLink,
            DataType::CoreLink => Kind::CoreLink,
            DataType::None => Kind::Executable,
        }
    }

    /// The type of its values; of what has none, none.
    const fn data_type(self) -> DataType {
        match self {
            Kind::String => DataType::String,
            Kind::Integer => DataType::Integer,
            Kind::Unsigned => DataType::Unsigned,
            Kind::Float => DataType::Float,
            Kind::Boolean => DataType::Boolean,
            Kind::Opaque => DataType::Opaque,
            Kind::Time => DataType::Time,
            Kind::ObjectLink => DataType::ObjectLink,
            Kind::CoreLink => DataType::CoreLink,
            Kind::Executable | Kind::Gone | Kind::Vacant | Kind::Instance | Kind::Multiple => {
                DataType::None
            }
        }
    }

    const fn is_text(self) -> bool {
        matches!(self, Kind::String | Kind::CoreLink | Kind::Opaque)
    }
}

/// Of a write under way: the slot is named in the payload.
pub(crate) const TOUCHED: u8 = 1;
/// Of a write under way: the slot was not there before.
pub(crate) const NEW: u8 = 2;
/// A server wrote it and the application has not been told.
pub(crate) const WRITTEN: u8 = 4;
/// A server created it and the application has not been told.
pub(crate) const CREATED: u8 = 8;
/// Above the flags: the number of the server's account.
const SERVER_SHIFT: u8 = 4;

/// First byte of the data of a text that is in the buffer.
const LONG: u8 = 0xff;
/// Longest text that is in the slot itself.
const SHORT: usize = 7;

/// One node of the tree. 18 bytes: a device has one for each thing it holds.
///
/// `data` holds a number in little-endian order; or a short text behind its length; or of a long
/// one `LONG`, its length in three bytes and its place in four. Of an instance and of what is
/// gone, its first byte is the account, plus one, of the server that deleted it; of an instance
/// the second is 1 while a bootstrap under way has touched it.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(2))]
pub(crate) struct Slot {
    pub(crate) path: Path,
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    data: [u8; 8],
}

impl Slot {
    /// Where its text is in the buffer, and how long; of no length if it is not there.
    #[cfg_attr(feature = "small", inline(never))]
    #[allow(clippy::cast_possible_truncation, reason = "the parts of the number")]
    fn long(&self) -> (usize, usize) {
        let data = u64::from_le_bytes(self.data);
        let (low, high) = (data as u32, (data >> 32) as u32);
        let there = self.kind.is_text() && low as u8 == LONG;
        (high as usize, if there { low as usize >> 8 } else { 0 })
    }

    fn set_long(&mut self, at: usize, len: usize) {
        if let (Ok(at), Ok(len)) = (u32::try_from(at), u32::try_from(len)) {
            let low = u32::from(LONG) | len << 8;
            self.data = (u64::from(at) << 32 | u64::from(low)).to_le_bytes();
        }
    }

    /// The account of the server that last did something with it.
    pub(crate) fn server(&self) -> u8 {
        self.flags >> SERVER_SHIFT
    }

    /// Notes that a server did something that the application is to be told.
    pub(crate) fn mark(&mut self, flag: u8, server: u8) {
        self.flags = self.flags & 0x0f | flag | server << SERVER_SHIFT;
    }

    /// The account of the server that deleted it.
    pub(crate) fn deleted_by(&self) -> Option<u8> {
        match (self.kind, self.data) {
            (Kind::Gone | Kind::Instance | Kind::Vacant, [n, ..]) => n.checked_sub(1),
            _ => None,
        }
    }

    /// Takes the note of its deletion away.
    pub(crate) fn clear_deleted(&mut self) {
        let [deleted, ..] = &mut self.data;
        *deleted = 0;
    }

    /// Of an instance: what it was before the bootstrap under way is kept, or it was not there.
    #[cfg(feature = "bootstrap")]
    pub(super) fn is_staged(&self) -> bool {
        matches!((self.kind, self.data), (Kind::Instance, [_, 1, ..]))
    }

    #[cfg(feature = "bootstrap")]
    pub(super) fn set_staged(&mut self, staged: bool) {
        if let (Kind::Instance, [_, mark, ..]) = (self.kind, &mut self.data) {
            *mark = staged.into();
        }
    }
}

/// Bytes that `value` takes in the buffer; `None` if it is longer than any buffer.
pub(crate) fn long_len(value: &Value<'_>) -> Option<usize> {
    match value.len().unwrap_or(0) {
        ..=SHORT => Some(0),
        len @ ..=0x00ff_ffff => Some(len),
        _ => None,
    }
}

/// The table.
#[derive(Debug)]
pub(crate) struct Values {
    /// What is there, sorted; behind it what is kept to undo a bootstrap.
    slots: Vec<Slot>,
    /// Slots that are kept.
    #[cfg(feature = "bootstrap")]
    kept: usize,
    capacity: usize,
    /// Texts that do not fit into their slots, without gaps.
    text: Vec<u8>,
    used: usize,
}

impl Values {
    #[inline(always)]
    pub(crate) const fn empty() -> Values {
        Values {
            slots: Vec::new(),
            #[cfg(feature = "bootstrap")]
            kept: 0,
            capacity: 0,
            text: Vec::new(),
            used: 0,
        }
    }

    pub(crate) fn reserve(&mut self, capacity: u16, text: u32, reservation: &mut impl Reserve) {
        self.capacity = capacity.into();
        reservation.room(&mut self.slots, self.capacity);
        reservation.fill(&mut self.text, 0, text as usize);
    }

    /// Slots that can still be made.
    #[cfg(feature = "access-control")]
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.slots.len())
    }

    /// What is there.
    pub(crate) fn slots(&self) -> &[Slot] {
        #[cfg(feature = "bootstrap")]
        return self.slots.get(..self.slots.len().saturating_sub(self.kept)).unwrap_or(&[]);
        #[cfg(not(feature = "bootstrap"))]
        &self.slots
    }

    pub(crate) fn at(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index)
    }

    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index)
    }

    /// Where the slot of `path` is, or would be.
    fn search(&self, path: Path) -> Result<usize, usize> {
        let at = self.first(path);
        match self.slots().get(at) {
            Some(slot) if { slot.path } == path => Ok(at),
            _ => Err(at),
        }
    }

    /// Where the first slot is that is not before `path`.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn first(&self, path: Path) -> usize {
        let slots = self.slots();
        let (mut from, mut to) = (0, slots.len());
        while from < to {
            let middle = from.wrapping_add(to.wrapping_sub(from) / 2);
            match slots.get(middle) {
                Some(slot) if slot.path.is_before(path) => from = middle.wrapping_add(1),
                _ => to = middle,
            }
        }
        from
    }

    /// The slot of `path`, unless it is gone.
    pub(crate) fn find(&self, path: Path) -> Option<(usize, &Slot)> {
        let index = self.search(path).ok()?;
        let slot = self.slots.get(index)?;
        (slot.kind != Kind::Gone).then_some((index, slot))
    }

    /// The slots at and below `path`.
    pub(crate) fn range(&self, path: Path) -> Range<usize> {
        let from = self.first(path);
        let rest = self.slots().get(from..).unwrap_or(&[]);
        let end = path.end();
        let len = rest.iter().take_while(|slot| !end.is_before(slot.path)).count();
        from..from.saturating_add(len)
    }

    /// Makes a slot for `path`, which has none (or one that is gone, whose note of deletion
    /// stays). `None` if the table is full.
    pub(crate) fn insert(&mut self, path: Path, kind: Kind) -> Option<usize> {
        match self.search(path) {
            Ok(index) => {
                self.slots.get_mut(index)?.kind = kind;
                Some(index)
            }
            Err(index) => {
                let slot = Slot { path, kind, flags: 0, data: [0; 8] };
                self.slots.insert_reserved(index, slot).then_some(index)
            }
        }
    }

    /// Removes the slots at and below `path`.
    pub(crate) fn remove(&mut self, path: Path) {
        self.remove_range(self.range(path));
    }

    /// Removes these slots, which are there.
    pub(crate) fn remove_range(&mut self, range: Range<usize>) {
        for index in range.clone() {
            self.free_text(index);
        }
        let len = self.slots.len().saturating_sub(range.len());
        self.slots.copy_within(range.end.., range.start);
        self.slots.truncate(len);
    }

    /// Removes the slot at `index`, which is there.
    pub(crate) fn remove_at(&mut self, index: usize) {
        self.remove_range(index..index.wrapping_add(1));
    }

    /// Removes the slots below `path`, which has one.
    pub(crate) fn remove_below(&mut self, path: Path) {
        let Range { start, end } = self.range(path);
        self.remove_range(start.saturating_add(1).min(end)..end);
    }

    /// Removes the slots below `path` and turns its own into a note that `server` deleted it.
    pub(crate) fn delete(&mut self, path: Path, server: u8) {
        self.remove_below(path);
        if let Ok(index) = self.search(path) {
            self.free_text(index);
            if let Some(slot) = self.slots.get_mut(index) {
                slot.kind = Kind::Gone;
                slot.flags = 0;
                slot.data = [server.wrapping_add(1), 0, 0, 0, 0, 0, 0, 0];
            }
        }
    }

    /// Takes back the slots that a write made: what was gone is gone again.
    pub(crate) fn remove_new(&mut self) {
        let mut index = 0;
        while let Some(slot) = self.slots.get_mut(index) {
            if slot.flags & NEW != 0 {
                slot.kind = Kind::Gone;
                slot.flags = 0;
            }
            slot.flags &= !TOUCHED;
            if slot.kind == Kind::Gone && slot.deleted_by().is_none() {
                self.remove_at(index);
            } else {
                index = index.wrapping_add(1);
            }
        }
    }

    /// Bytes of the buffer that the slot takes.
    pub(crate) fn text_len(&self, index: usize) -> usize {
        self.slots.get(index).map_or(0, |slot| slot.long().1)
    }

    /// Bytes of the buffer that are free.
    pub(crate) fn text_room(&self) -> usize {
        self.text.len().saturating_sub(self.used)
    }

    /// Gives the slot's text back to the buffer; what lies behind moves down.
    pub(crate) fn free_text(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let (at, len) = slot.long();
        if len == 0 {
            return;
        }
        slot.data = [0; 8];
        let end = at.saturating_add(len);
        if end <= self.used {
            self.text.copy_within(end..self.used, at);
            self.used = self.used.saturating_sub(len);
        }
        for slot in &mut self.slots {
            let (other, other_len) = slot.long();
            if other_len > 0 && other > at {
                slot.set_long(other.saturating_sub(len), other_len);
            }
        }
    }

    /// Puts a value into a slot. False, and no change, if the buffer has no room.
    #[must_use]
    pub(crate) fn store(&mut self, index: usize, value: &Value<'_>) -> bool {
        let Some(len) = long_len(value) else { return false };
        if len > self.text_room().saturating_add(self.text_len(index)) {
            return false;
        }
        self.free_text(index);
        let Some(slot) = self.slots.get_mut(index) else { return false };
        slot.kind = Kind::of(value.data_type());
        let mut data = value.bits().to_le_bytes();
        let end = self.used.saturating_add(len);
        let [short, room @ ..] = &mut data;
        // Both have room.
        let room = if len > 0 { self.text.get_mut(self.used..end) } else { Some(&mut room[..]) };
        let mut sink = SliceSink::new(room.unwrap_or_default());
        let _ = value.write_bytes(&mut sink);
        if slot.kind.is_text() {
            *short = u8::try_from(sink.len()).unwrap_or(0);
        }
        slot.data = data;
        if len > 0 {
            slot.set_long(self.used, len);
            self.used = end;
        }
        true
    }

    /// True if the slot holds this value.
    pub(crate) fn holds(&self, slot: &Slot, value: &Value<'_>) -> bool {
        if slot.kind != Kind::of(value.data_type()) {
            return false;
        }
        if !slot.kind.is_text() {
            return slot.data == value.bits().to_le_bytes();
        }
        let mut rest = Expected(self.bytes(slot));
        value.write_bytes(&mut rest).is_ok() && rest.0.is_empty()
    }

    /// A checksum (FNV-1a) of all that is there at and below `path`.
    pub(crate) fn sum(&self, path: Path) -> u32 {
        let mut sum = 0x811c_9dc5u32;
        let mut add = |n: u32| sum = (sum ^ n).wrapping_mul(0x0100_0193);
        let slots = self.slots.get(self.range(path)).unwrap_or(&[]);
        for slot in slots.iter().filter(|slot| slot.kind < Kind::Executable) {
            for id in slot.path.ids().iter() {
                add(u32::from(*id));
            }
            let bytes = if slot.kind.is_text() { self.bytes(slot) } else { &slot.data };
            for byte in bytes {
                add(u32::from(*byte));
            }
        }
        sum
    }

    fn bytes<'a>(&'a self, slot: &'a Slot) -> &'a [u8] {
        let (at, len) = slot.long();
        let [short_len, short @ ..] = &slot.data;
        if len > 0 {
            self.text.get(at..at.saturating_add(len))
        } else {
            short.get(..usize::from(*short_len))
        }
        .unwrap_or(&[])
    }

    /// The value in a slot; `None` if it is of a kind that has none.
    #[inline(always)]
    pub(crate) fn value<'a>(&'a self, slot: &'a Slot) -> Option<Value<'a>> {
        match self.value_or_none(slot) {
            Value::None => None,
            value => Some(value),
        }
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn value_or_none<'a>(&'a self, slot: &'a Slot) -> Value<'a> {
        let mut value = Value::None;
        match slot.kind.data_type() {
            // It was a text when it was put here.
            DataType::String => value = Value::String(Text::from_checked_utf8(self.bytes(slot))),
            DataType::CoreLink => {
                value = Value::CoreLink(Text::from_checked_utf8(self.bytes(slot)));
            }
            DataType::Opaque => value = Value::opaque(self.bytes(slot)),
            data_type => {
                value.set_bits(data_type, u64::from_le_bytes(slot.data));
            }
        }
        value
    }
}

/// Takes what it expects, and nothing else.
struct Expected<'a>(&'a [u8]);

impl Sink for Expected<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.0 = self.0.strip_prefix(bytes).ok_or(Full)?;
        Ok(())
    }
}

/// What a bootstrap needs to be undone: before it touches an instance, the instance is copied (to
/// be written) or moved (to be deleted) behind the slots of what is there, texts included.
#[cfg(feature = "bootstrap")]
impl Values {
    /// Keeps a copy of the instance at `path`, which is there. `None`, and no change, if there is
    /// no room for one.
    pub(crate) fn keep_copy(&mut self, path: Path) -> Option<()> {
        let range = self.range(path);
        let texts: usize = range.clone().map(|index| self.text_len(index)).sum();
        if self.slots.len().saturating_add(range.len()) > self.capacity || texts > self.text_room()
        {
            return None;
        }
        for index in range.clone() {
            let mut slot = *self.slots.get(index)?;
            let (at, len) = slot.long();
            if len > 0 {
                let end = at.saturating_add(len);
                if self.used.saturating_add(len) <= self.text.len() && end <= self.used {
                    self.text.copy_within(at..end, self.used);
                    slot.set_long(self.used, len);
                    self.used = self.used.saturating_add(len);
                }
            }
            self.slots.push_reserved(slot);
            self.kept = self.kept.saturating_add(1);
        }
        Some(())
    }

    /// The instance at `path`, which is there, is kept, or was not there; a write touches it.
    pub(crate) fn stage(&mut self, path: Path) {
        let index = self.first(path);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.set_staged(true);
            slot.flags |= TOUCHED;
        }
    }

    /// Takes the instance at `path` out of what is there, and keeps it.
    pub(crate) fn keep_away(&mut self, path: Path) {
        let range = self.range(path);
        if let Some(slots) = self.slots.get_mut(range.start..) {
            slots.rotate_left(range.len().min(slots.len()));
            self.kept = self.kept.saturating_add(range.len());
        }
    }

    /// Puts what was kept in the place of what came instead of it.
    pub(crate) fn restore_kept(&mut self) {
        while let Some(path) = self.slots().iter().find(|s| s.is_staged()).map(|s| s.path) {
            self.remove(path);
        }
        while let Some((path, kind)) = self.slots.get(self.slots().len()).map(|s| (s.path, s.kind))
        {
            if kind == Kind::Instance {
                // The application may have made it again meanwhile.
                self.remove(path);
            }
            let (from, kept) = (self.first(path), self.slots().len());
            if let Some(slots) = self.slots.get_mut(from..=kept) {
                slots.rotate_left(slots.len().saturating_sub(1));
            }
            self.kept = self.kept.saturating_sub(1);
        }
    }

    /// Forgets what was kept. Of instances that are not there any more a note stays that `server`
    /// deleted them.
    pub(crate) fn forget_kept(&mut self, server: u8) {
        while self.kept > 0 {
            let last = self.slots.len().saturating_sub(1);
            self.free_text(last);
            self.kept = self.kept.saturating_sub(1);
            let Some(slot) = self.slots.pop() else { return };
            if slot.kind == Kind::Instance && self.find(slot.path).is_none() {
                let _ = self.insert(slot.path, Kind::Vacant);
                self.delete(slot.path, server);
            }
        }
        for slot in &mut self.slots {
            slot.set_staged(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectLink;
    use m2m_base::container::Reservation;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    #[test]
    fn a_slot_is_18_bytes() {
        assert_eq!(size_of::<Slot>(), 18);
    }

    #[test]
    fn every_type_comes_back() {
        let mut values = Values::empty();
        values.reserve(20, 40, &mut Reservation::new());
        for (id, value) in (0..).zip([
            Value::Integer(i64::MIN),
            Value::Unsigned(u64::MAX),
            Value::Float(-0.5),
            Value::Boolean(true),
            Value::Time(-1),
            Value::ObjectLink(ObjectLink { object: 66, instance: 65535 }),
            Value::string(""),
            Value::string("1234567"),
            Value::string("12345678"),
            Value::core_link("</3/0>;x"),
            Value::opaque(&[255; 7]),
            Value::opaque(&[255; 8]),
        ]) {
            let index = values.insert(Path::resource(1, 0, id), Kind::Vacant).unwrap();
            assert!(values.store(index, &value));
            assert_eq!(values.value(values.at(index).unwrap()), Some(value));
        }
        assert_eq!(values.text_room(), 40 - 24);
    }

    proptest! {
        #[test]
        fn texts_move_together(ops in proptest::collection::vec((0u16..6, 0usize..40, 0u8..3), 1..200)) {
            let mut values = Values::empty();
        values.reserve(6, 100, &mut Reservation::new());
            let mut model: BTreeMap<Path, Vec<u8>> = BTreeMap::new();
            for (n, (id, len, op)) in ops.into_iter().enumerate() {
                let path = Path::resource(1, 0, id);
                if op == 0 {
                    values.remove(path);
                    model.remove(&path);
                } else {
                    let bytes = std::vec![u8::try_from(n % 256).unwrap(); len];
                    let known = values.find(path).map(|(index, _)| index);
                    let index = known.or_else(|| values.insert(path, Kind::Vacant)).unwrap();
                    if values.store(index, &Value::opaque(&bytes)) {
                        model.insert(path, bytes);
                    } else if known.is_none() {
                        values.remove(path);
                    }
                }
                let used: usize = model.values().map(|b| if b.len() > 7 { b.len() } else { 0 }).sum();
                prop_assert_eq!(values.text_room(), 100 - used);
                for (path, bytes) in &model {
                    let (_, slot) = values.find(*path).unwrap();
                    prop_assert_eq!(values.value(slot), Some(Value::opaque(bytes)));
                }
                prop_assert_eq!(values.slots().len(), model.len());
            }
        }
    }
}
