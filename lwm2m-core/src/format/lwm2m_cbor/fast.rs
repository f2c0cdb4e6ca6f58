//! LwM2M CBOR of one instance into a buffer, in one pass: the counts of maps are put in front of
//! them when they end.

use m2m_base::SliceSink;

use crate::format::cbor::{ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TEXT, UNSIGNED};
use crate::format::fill::Fill;
use crate::format::float::lossless_f32;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};
use crate::value::Value;

/// A head with the shortest argument, as a word with its first byte lowest, and its length; `None`
/// for one of nine bytes.
#[inline]
fn head(major: u8, argument: u64) -> Option<(u64, usize)> {
    let first = u64::from(major) << 5;
    let argument = u32::try_from(argument).ok()?;
    let swapped = u64::from(argument.swap_bytes());
    Some(match argument {
        0..=23 => (first | u64::from(argument), 1),
        24..=0xff => (first | 24 | u64::from(argument) << 8, 2),
        0x100..=0xffff => (first | 25 | swapped >> 16 << 8, 3),
        _ => (first | 26 | swapped << 8, 5),
    })
}

/// What stands in front of a value: a key of at most three bytes.
#[derive(Clone, Copy)]
struct Key {
    word: u64,
    len: usize,
}

impl Key {
    #[inline]
    fn new(id: u16) -> Option<Self> {
        let (word, len) = head(UNSIGNED, id.into())?;
        Some(Key { word, len })
    }

    /// This, and a word behind it.
    #[inline]
    fn and(self, word: u64, len: usize) -> (u64, usize) {
        let shift = u32::try_from(self.len.wrapping_mul(8)).unwrap_or(0);
        (self.word | word.wrapping_shl(shift), self.len.wrapping_add(len))
    }

    #[inline]
    fn number(self, major: u8, n: u64, fill: &mut Fill<'_>) -> Option<()> {
        let Some((word, len)) = head(major, n) else {
            return self.long(u64::from(major << 5 | 27), n, fill);
        };
        let (word, len) = self.and(word, len);
        fill.word(word, len)
    }

    /// A head of nine bytes.
    #[inline(never)]
    fn long(self, first: u64, argument: u64, fill: &mut Fill<'_>) -> Option<()> {
        let (word, len) = self.and(first, 1);
        fill.word(word, len)?;
        fill.word(argument.swap_bytes(), 8)
    }

    #[inline(always)]
    fn integer(self, n: i64, fill: &mut Fill<'_>) -> Option<()> {
        let major = if n < 0 { NEGATIVE } else { UNSIGNED };
        self.number(major, (n ^ n >> 63).cast_unsigned(), fill)
    }

    #[inline(never)]
    fn unsigned(self, n: u64, fill: &mut Fill<'_>) -> Option<()> {
        self.number(UNSIGNED, n, fill)
    }

    #[inline(always)]
    fn string(self, major: u8, bytes: &[u8], fill: &mut Fill<'_>) -> Option<()> {
        // With at most three bytes of the head: what is longer does not need to be fast.
        let len = u16::try_from(bytes.len()).ok()?;
        let (word, len) = head(major, len.into())?;
        let (word, len) = self.and(word, len);
        fill.string(word, len, bytes)
    }

    #[inline(never)]
    fn float(self, n: f64, fill: &mut Fill<'_>) -> Option<()> {
        let Some(bits) = lossless_f32(n) else {
            return self.long(u64::from(SIMPLE << 5 | 27), n.to_bits(), fill);
        };
        let bits = u64::from(bits.swap_bytes());
        let (word, len) = self.and(u64::from(SIMPLE << 5 | 26) | bits << 8, 5);
        fill.word(word, len)
    }

    #[inline(never)]
    fn simple(self, value: u8, fill: &mut Fill<'_>) -> Option<()> {
        let (word, len) = self.and(u64::from(SIMPLE << 5 | value), 1);
        fill.word(word, len)
    }
}

/// A multiple resource that is not closed.
#[derive(Clone, Copy)]
struct Open {
    key: Key,
    start: usize,
    /// Of its instances.
    count: u64,
    /// The last of them.
    last: u16,
}

impl Open {
    /// A key and a map; one instance is told by a key of two IDs, which takes as much.
    #[inline]
    fn close(self, fill: &mut Fill<'_>) -> Option<()> {
        let left = self.key.len.wrapping_add(1);
        let (word, len) = if self.count == 1 {
            let pair = Key { word: u64::from(ARRAY << 5 | 2), len: 1 };
            pair.and(self.key.word, self.key.len)
        } else {
            let (word, len) = head(MAP, self.count)?;
            self.key.and(word, len)
        };
        fill.close(self.start, left, word, len)
    }
}

/// Writes items as the [other](super::write) does. `None` for what is not written so fast; what is in
/// the buffer then counts for nothing.
#[inline]
pub(in crate::format) fn write<'a, I>(
    target: &Target<'_>,
    items: I,
    fill: &mut Fill<'_>,
) -> Option<()>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    if target.path.level() != Level::Instance {
        return None;
    }
    // With one resource alone the keys would be others.
    let resource = items.clone().next()?.path.resource_id();
    if !items.clone().any(|item| item.path.resource_id() != resource) {
        return None;
    }
    let start = begin(target.path, fill)?;
    let mut count = 0u64;
    let mut multiple = None::<Open>;
    let mut last = None;
    for item in items {
        let path = item.path;
        let ItemContent::Value(value) = item.content else { return None };
        let id = path.resource_id().filter(|_| path.starts_with(target.path))?;
        let other = last != Some(id);
        last = Some(id);
        if other {
            if let Some(open) = multiple.take() {
                open.close(fill)?;
            }
            count = count.wrapping_add(1);
        }
        let key = match (path.resource_instance_id(), &mut multiple) {
            (None, _) if other => Key::new(id)?,
            (Some(instance), None) if other => {
                let key = Key::new(id)?;
                multiple = Some(Open { key, start: fill.at(), count: 1, last: instance });
                fill.word(0, key.len.wrapping_add(1))?;
                Key::new(instance)?
            }
            (Some(instance), Some(open)) if open.last != instance => {
                open.count = open.count.wrapping_add(1);
                open.last = instance;
                Key::new(instance)?
            }
            // The same again.
            _ => return None,
        };
        // Values are taken apart here, so that they need not be put together.
        match value {
            Value::Integer(n) | Value::Time(n) => key.integer(n, fill)?,
            Value::String(text) | Value::CoreLink(text) => {
                key.string(TEXT, text.as_bytes()?, fill)?;
            }
            Value::Opaque(data) => key.string(BYTES, data.as_slice()?, fill)?,
            Value::Boolean(b) => key.simple(20 | u8::from(b), fill)?,
            Value::Float(n) => key.float(n, fill)?,
            Value::Unsigned(n) => key.unsigned(n, fill)?,
            Value::ObjectLink(link) => {
                let mut text = [0; 11];
                let mut sink = SliceSink::new(&mut text);
                link.write(&mut sink).ok()?;
                key.string(TEXT, sink.written(), fill)?;
            }
            Value::None => key.simple(22, fill)?,
        }
    }
    if let Some(open) = multiple {
        open.close(fill)?;
    }
    let (word, len) = head(MAP, count)?;
    fill.close(start, 1, word, len)
}

/// The map of the root with the one key that all have in common, and room for the head of the map
/// in it; returns where that is.
#[inline(never)]
fn begin(path: Path, fill: &mut Fill<'_>) -> Option<usize> {
    fill.word(u64::from(MAP << 5 | 1) | u64::from(ARRAY << 5 | 2) << 8, 2)?;
    for id in path.ids().iter() {
        let key = Key::new(*id)?;
        fill.word(key.word, key.len)?;
    }
    let start = fill.at();
    fill.word(0, 1)?;
    Some(start)
}
