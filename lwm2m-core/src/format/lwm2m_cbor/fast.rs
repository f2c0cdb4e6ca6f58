//! LwM2M CBOR of one instance into a buffer.

use m2m_base::SliceSink;

use crate::format::cbor::{ARRAY, BREAK, BYTES, MAP, NEGATIVE, SIMPLE, TEXT, UNSIGNED};
use crate::format::fill::{Fill, Word, put, put_bytes, put_pieces, put_word, room, set};
use crate::format::float::lossless_f32;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};
use crate::value::Value;

/// Writes items as the [other](super::write) does. `None` for what is not written so fast; what is in
/// the buffer then counts for nothing.
#[inline]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    mut items: impl Iterator<Item = Item<'a>> + Clone,
    fill: &mut Fill<'_>,
) -> Option<()> {
    if target.path.level() != Level::Instance {
        return None;
    }
    // With one value alone the key would be another.
    items.clone().nth(1)?;
    let Fill { free, at: end, .. } = fill;
    let mut maps = Maps::new(target.path);
    let mut at = begin(target.path, free)?;
    let mut last = 0;
    loop {
        let mut again = items.clone();
        let Some(Item { path, content, .. }) = items.next() else { break };
        let (id, raised) = match path.single() {
            Some((instance, id)) => {
                if instance != maps.instance {
                    at = maps.single(path, free, at)?;
                }
                ((id >> 16).wrapping_sub(1), id)
            }
            None => {
                let (resource, id) = path.of_multiple();
                if resource != maps.multiple {
                    at = maps.multiple(path, last, free, at)?;
                    last = 0;
                }
                (id.wrapping_sub(1), id)
            }
        };
        // The same again is for the other writer to refuse.
        if raised == last {
            return None;
        }
        last = raised;
        maps.count = maps.count.wrapping_add(1);
        // Values are taken apart here, so that they need not be put together. First what most are.
        at = match content {
            ItemContent::Value(Value::Integer(n) | Value::Time(n)) => {
                if let Some((word, len)) = short_integer(id, n)
                    && let Some(room) = room(free, at)
                {
                    *room = word.to_le_bytes();
                    at = at.wrapping_add(len);
                    continue;
                }
                integer(id, n, free, at)?
            }
            ItemContent::Value(Value::String(text)) => {
                string(id, TEXT, text.as_bytes()?, free, at)?
            }
            // What is in all of these is read here, and not before it is known that it is needed.
            _ => value(id, again.next()?.content, free, at)?,
        };
    }
    at = maps.close_multiple(free, at)?;
    *end = put(free, at, BREAK.into(), 1)?;
    Some(())
}

/// The map of the root with the one key that all have in common, and the head of the map in it.
#[inline(never)]
fn begin(instance: Path, free: &mut [u8]) -> Option<usize> {
    let mut at = put(free, 0, u64::from_le_bytes([MAP << 5 | 1, PAIR, 0, 0, 0, 0, 0, 0]), 2)?;
    for id in instance.ids().iter() {
        let (word, len) = head(UNSIGNED, (*id).into());
        at = put(free, at, word, len)?;
    }
    put(free, at, OPEN.into(), 1)
}

/// What is open: the map of the instance, and the map of a multiple resource in it.
struct Maps {
    /// The number of the instance, for single resources that may come now; and that of the multiple
    /// resource that is open, for its instances.
    instance: u64,
    multiple: u64,
    /// How many instances of that there are so far, and where it begins.
    count: u32,
    start: usize,
    target: u64,
}

/// The head of a map that ends with a break, and that of a key of two IDs.
const OPEN: u8 = MAP << 5 | 31;
const PAIR: u8 = ARRAY << 5 | 2;

/// No number of an instance or of a resource.
const NONE: u64 = u64::MAX;

impl Maps {
    #[inline(always)]
    fn new(target: Path) -> Self {
        let target = target.high().into();
        Maps { instance: target, multiple: NONE, count: 0, start: 0, target }
    }

    /// Closes the multiple resource that a single one is not in.
    #[inline(always)]
    fn single(&mut self, path: Path, free: &mut [u8], at: usize) -> Option<usize> {
        // A resource is not both.
        let (resource, _) = path.of_multiple();
        if resource >> 16 != self.target || resource == self.multiple {
            return None;
        }
        let at = self.close_multiple(free, at)?;
        self.instance = self.target;
        Some(at)
    }

    /// Opens the multiple resource of a value, and closes the one before.
    #[inline(always)]
    fn multiple(&mut self, path: Path, last: u32, free: &mut [u8], at: usize) -> Option<usize> {
        let (resource, _) = path.of_multiple();
        let id = path.resource_id()?;
        if resource >> 16 != self.target || last >> 16 == u32::from(id).wrapping_add(1) {
            return None;
        }
        let at = self.close_multiple(free, at)?;
        (self.instance, self.multiple) = (NONE, resource);
        (self.start, self.count) = (at, 0);
        let (_, len) = head(UNSIGNED, id.into());
        Some(at.wrapping_add(len).wrapping_add(1))
    }

    #[inline(always)]
    fn close_multiple(&mut self, free: &mut [u8], at: usize) -> Option<usize> {
        if self.multiple == NONE {
            return Some(at);
        }
        let [low, high, ..] = self.multiple.to_le_bytes();
        let id = u16::from_le_bytes([low, high]).wrapping_sub(1);
        let (start, alone) = (self.start, self.count == 1);
        self.multiple = NONE;
        // A key and the head of a map go where room was left for them, and a break behind the map.
        // One instance is told by a key of two IDs, which takes as much room.
        if id < 24 {
            let [id, _] = id.to_le_bytes();
            set(free, start, if alone { [PAIR, id] } else { [id, OPEN] })?;
        } else {
            set_long(id, alone, free, start)?;
        }
        if alone {
            return Some(at);
        }
        set(free, at, [BREAK])?;
        Some(at.wrapping_add(1))
    }
}

#[inline(never)]
fn set_long(id: u16, alone: bool, free: &mut [u8], start: usize) -> Option<()> {
    let key = head(UNSIGNED, id.into());
    let (word, len) = if alone { and((PAIR.into(), 1), key) } else { and(key, (OPEN.into(), 1)) };
    let room = free.get_mut(start..)?.get_mut(..len)?;
    room.iter_mut().zip(word.to_le_bytes()).for_each(|(slot, byte)| *slot = byte);
    Some(())
}

/// A head with the shortest argument.
#[inline(always)]
fn head(major: u8, argument: u32) -> Word {
    let first = u64::from(major << 5);
    let swapped = u64::from(argument.swap_bytes());
    match argument {
        0..=23 => (first | u64::from(argument), 1),
        24..=0xff => (first | 24 | u64::from(argument) << 8, 2),
        0x100..=0xffff => (first | 25 | swapped >> 16 << 8, 3),
        _ => (first | 26 | swapped << 8, 5),
    }
}

/// A word, and another behind it.
#[inline(always)]
fn and((word, len): Word, (behind, more): Word) -> Word {
    let shift = u32::try_from(len.wrapping_mul(8)).unwrap_or(0);
    (word | behind.wrapping_shl(shift), len.wrapping_add(more))
}

/// The key and the value of a short ID and an integer of at most 33 bits.
#[inline(always)]
fn short_integer(id: u32, n: i64) -> Option<Word> {
    if id >= 24 {
        return None;
    }
    let (word, len) = head(if n < 0 { NEGATIVE } else { UNSIGNED }, magnitude(n).try_into().ok()?);
    Some((u64::from(id) | word << 8, len.wrapping_add(1)))
}

/// The argument of an integer: of a negative one -1 - n.
#[inline(always)]
fn magnitude(n: i64) -> u64 {
    (n ^ n >> 63).cast_unsigned()
}

#[inline(never)]
fn value(id: u32, content: ItemContent<'_>, free: &mut [u8], at: usize) -> Option<usize> {
    let ItemContent::Value(value) = content else { return None };
    match value {
        Value::Integer(n) | Value::Time(n) => integer(id, n, free, at),
        Value::Unsigned(n) => number(id, UNSIGNED, n, free, at),
        Value::String(text) | Value::CoreLink(text) => string(id, TEXT, text.as_bytes()?, free, at),
        Value::Opaque(data) => string(id, BYTES, data.as_slice()?, free, at),
        Value::Boolean(b) => simple(id, 20 | u8::from(b), free, at),
        Value::Float(n) => float(id, n, free, at),
        Value::ObjectLink(link) => {
            let mut text = [0; 11];
            let mut sink = SliceSink::new(&mut text);
            link.write(&mut sink).ok()?;
            string(id, TEXT, sink.written(), free, at)
        }
        Value::None => simple(id, 22, free, at),
    }
}

#[inline(never)]
fn integer(id: u32, n: i64, free: &mut [u8], at: usize) -> Option<usize> {
    number(id, if n < 0 { NEGATIVE } else { UNSIGNED }, magnitude(n), free, at)
}

#[inline(never)]
fn number(id: u32, major: u8, n: u64, free: &mut [u8], at: usize) -> Option<usize> {
    let Ok(short) = u32::try_from(n) else {
        return long(id, major << 5 | 27, n, free, at);
    };
    let (word, len) = and(head(UNSIGNED, id), head(major, short));
    put(free, at, word, len)
}

/// A head of nine bytes.
#[inline(never)]
fn long(id: u32, first: u8, argument: u64, free: &mut [u8], at: usize) -> Option<usize> {
    let (word, len) = and(head(UNSIGNED, id), (first.into(), 1));
    let at = put(free, at, word, len)?;
    put(free, at, argument.swap_bytes(), 8)
}

#[inline(never)]
fn string(id: u32, major: u8, bytes: &[u8], free: &mut [u8], at: usize) -> Option<usize> {
    let first = u64::from(id) | u64::from(major) << 13;
    match u64::try_from(bytes.len()).ok()? {
        len @ 0..=6 if id < 24 => put_word(free, at, (first | len << 8, 2), bytes),
        len @ 8..=23 if id < 24 => put_pieces(free, at, (first | len << 8, 2), bytes),
        _ => any_string(id, major, bytes, free, at),
    }
}

#[inline(never)]
fn any_string(id: u32, major: u8, bytes: &[u8], free: &mut [u8], at: usize) -> Option<usize> {
    let len = u32::try_from(bytes.len()).ok()?;
    let (word, used) = and(head(UNSIGNED, id), head(major, len));
    if let 8..=32 = len {
        return put_pieces(free, at, (word, used), bytes);
    }
    let at = put(free, at, word, used)?;
    put_bytes(free, at, bytes)
}

#[inline(never)]
fn float(id: u32, n: f64, free: &mut [u8], at: usize) -> Option<usize> {
    let Some(bits) = lossless_f32(n) else {
        return long(id, SIMPLE << 5 | 27, n.to_bits(), free, at);
    };
    let value = u64::from(SIMPLE << 5 | 26) | u64::from(bits.swap_bytes()) << 8;
    let (word, len) = and(head(UNSIGNED, id), (value, 5));
    put(free, at, word, len)
}

#[inline(never)]
fn simple(id: u32, value: u8, free: &mut [u8], at: usize) -> Option<usize> {
    let (word, len) = and(head(UNSIGNED, id), ((SIMPLE << 5 | value).into(), 1));
    put(free, at, word, len)
}
