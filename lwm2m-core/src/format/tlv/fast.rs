//! TLV into a buffer, in one pass: the lengths of containers are put in front of them when they end.

use super::Kind;
use crate::format::fill::Fill;
use crate::format::float::lossless_f32;
use crate::format::{Item, ItemContent, Target};
use crate::path::Level;
use crate::value::Value;

/// A container that is not closed.
#[derive(Clone, Copy)]
struct Open {
    id: u16,
    start: usize,
}

impl Open {
    #[inline]
    fn new(id: u16, fill: &mut Fill<'_>) -> Option<Self> {
        let start = fill.at();
        fill.word(0, header_room(id))?;
        Some(Open { id, start })
    }

    #[inline]
    fn close(self, kind: Kind, fill: &mut Fill<'_>) -> Option<()> {
        let len = fill.at().wrapping_sub(self.start).wrapping_sub(header_room(self.id));
        if self.id <= 0xff && len <= 7 {
            let len = u16::try_from(len).ok()?;
            return fill
                .set(self.start, (u16::from(kind.bits()) | len | self.id << 8).to_le_bytes());
        }
        self.close_long(kind, len, fill)
    }

    #[inline(never)]
    fn close_long(self, kind: Kind, len: usize, fill: &mut Fill<'_>) -> Option<()> {
        let (header, used) = header(kind, self.id, len)?;
        let used_bytes = usize::try_from(used).ok()?;
        fill.close(self.start, header_room(self.id), in_front(header, used)?, used_bytes)
    }
}

/// Type, ID and length, at most six bytes: as a number of so many bytes. `None` for a length of more
/// than 24 bits.
#[inline]
fn header(kind: Kind, id: u16, len: usize) -> Option<(u64, u32)> {
    let len = u64::try_from(len).ok().filter(|len| *len <= 0xff_ffff)?;
    let (flag, id_bits) = if id > 0xff { (0x20, 16) } else { (0, 8) };
    let (length_type, len_bits) = match len {
        0..=7 => (len, 0),
        8..=0xff => (0x08, 8),
        0x100..=0xffff => (0x10, 16),
        _ => (0x18, 24),
    };
    let front = (u64::from(kind.bits()) | flag | length_type) << id_bits | u64::from(id);
    let long = if len_bits == 0 { front } else { front << len_bits | len };
    Some((long, (8 + id_bits + len_bits) / 8))
}

/// The bytes of a header without a length.
#[inline]
fn header_room(id: u16) -> usize {
    if id > 0xff { 3 } else { 2 }
}

/// A number of so many bytes, at most eight, with its highest byte lowest.
#[inline]
fn in_front(number: u64, len: u32) -> Option<u64> {
    Some(number.checked_shl(64u32.wrapping_sub(len.wrapping_mul(8)))?.swap_bytes())
}

/// Writes items as the [other](super::write) does. `None` for what is not written so fast; what is in
/// the buffer then counts for nothing.
#[inline]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: impl Iterator<Item = Item<'a>>,
    fill: &mut Fill<'_>,
) -> Option<()> {
    let level = target.path.level();
    if target.create || level == Level::Root {
        return None;
    }
    let (mut instance, mut multiple) = (None::<Open>, None::<Open>);
    for item in items {
        let path = item.path;
        let ItemContent::Value(value) = item.content else { return None };
        let resource = path.resource_id().filter(|_| path.starts_with(target.path))?;
        let other_instance = level == Level::Object
            && instance.is_none_or(|open| Some(open.id) != path.instance_id());
        if let Some(open) = multiple
            && (open.id != resource || other_instance)
        {
            open.close(Kind::MultipleResource, fill)?;
            multiple = None;
        }
        if other_instance {
            if let Some(open) = instance {
                open.close(Kind::Instance, fill)?;
            }
            instance = Some(Open::new(path.instance_id()?, fill)?);
        }
        let entry = match path.resource_instance_id() {
            None if multiple.is_none() => Entry::new(Kind::Resource, resource),
            None => return None,
            Some(id) => {
                if multiple.is_none() && level != Level::ResourceInstance {
                    multiple = Some(Open::new(resource, fill)?);
                }
                Entry::new(Kind::ResourceInstance, id)
            }
        };
        // Values are taken apart here, so that they need not be put together.
        match value {
            Value::Integer(n) | Value::Time(n) => entry.integer(n, fill)?,
            Value::String(text) | Value::CoreLink(text) => entry.string(text.as_bytes()?, fill)?,
            Value::Opaque(data) => entry.string(data.as_slice()?, fill)?,
            Value::Boolean(b) => entry.number(b.into(), 1, fill)?,
            Value::Float(n) => entry.float(n, fill)?,
            Value::Unsigned(n) => entry.unsigned(n, fill)?,
            Value::ObjectLink(link) => {
                entry.number(u32::from_be_bytes(link.to_bytes()).into(), 4, fill)?;
            }
            Value::None => return None,
        }
    }
    if let Some(open) = multiple {
        open.close(Kind::MultipleResource, fill)?;
    }
    if let Some(open) = instance {
        open.close(Kind::Instance, fill)?;
    }
    Some(())
}

/// What stands in front of a value: the kind, in the lowest byte, and the ID.
#[derive(Clone, Copy)]
struct Entry(u32);

impl Entry {
    #[inline]
    fn new(kind: Kind, id: u16) -> Self {
        Entry(u32::from(kind.bits()) | u32::from(id) << 8)
    }

    /// Whether the ID has one byte.
    #[inline]
    fn is_short(self) -> bool {
        self.0 <= 0xffff
    }

    /// The header, as a word with its first byte lowest, and how many bytes it has.
    #[inline]
    fn head(self, len: usize) -> Option<(u64, usize)> {
        let start = u64::from(self.0);
        match u64::try_from(len).ok()? {
            len @ 0..8 if self.is_short() => Some((start | len, 2)),
            len @ 8..=0xff if self.is_short() => Some((start | 8 | len << 16, 3)),
            _ => {
                let kind = if start & 0x80 == 0 { Kind::ResourceInstance } else { Kind::Resource };
                let (header, used) = header(kind, u16::try_from(start >> 8).ok()?, len)?;
                Some((in_front(header, used)?, usize::try_from(used).ok()?))
            }
        }
    }

    #[inline(always)]
    fn string(self, bytes: &[u8], fill: &mut Fill<'_>) -> Option<()> {
        let (head, used) = self.head(bytes.len())?;
        fill.string(head, used, bytes)
    }

    #[inline(always)]
    fn integer(self, n: i64, fill: &mut Fill<'_>) -> Option<()> {
        let len = match n {
            -0x80..0x80 => 1,
            -0x8000..0x8000 => 2,
            -0x8000_0000..0x8000_0000 => 4,
            _ => 8,
        };
        self.short_number(n.cast_unsigned(), len, fill)
    }

    #[inline(never)]
    fn unsigned(self, n: u64, fill: &mut Fill<'_>) -> Option<()> {
        let len = match n {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        self.short_number(n, len, fill)
    }

    #[inline(never)]
    fn float(self, n: f64, fill: &mut Fill<'_>) -> Option<()> {
        match lossless_f32(n) {
            Some(bits) => self.number(bits.into(), 4, fill),
            None => self.number(n.to_bits(), 8, fill),
        }
    }

    #[inline]
    fn short_number(self, number: u64, len: usize, fill: &mut Fill<'_>) -> Option<()> {
        if !self.is_short() || len > 4 {
            return self.number(number, len, fill);
        }
        let bits = u32::try_from(len.wrapping_mul(8)).ok()?;
        let number = number.wrapping_shl(64u32.wrapping_sub(bits)).swap_bytes() << 16;
        let head = u64::from(self.0) | u64::try_from(len).ok()?;
        fill.word(head | number, len.wrapping_add(2))
    }

    /// The low bytes of a number, so many of them.
    #[inline(never)]
    fn number(self, number: u64, len: usize, fill: &mut Fill<'_>) -> Option<()> {
        let (head, used) = self.head(len)?;
        fill.word(head, used)?;
        fill.word(in_front(number, u32::try_from(len).ok()?)?, len)
    }
}
