//! TLV into a buffer, in one pass: the lengths of containers are put in front of them when they end.

use super::Kind;
use crate::format::fill::{Fill, close, put, put_bytes, put_pieces, put_word, room, set};
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
    if target.create || target.path == Path::ROOT {
        return None;
    }
    let Fill { free, at: end, .. } = fill;
    let mut at = *end;
    let mut open = Containers::new(target.path);
    loop {
        let mut again = items.clone();
        let Some(Item { path, content, .. }) = items.next() else { break };
        let entry = match path.single() {
            Some((instance, id)) => {
                if instance != open.instance {
                    at = open.single(path, free, at)?;
                }
                Entry::single(id)
            }
            None => {
                let (resource, id) = path.of_multiple();
                if resource != open.multiple {
                    at = open.multiple(path, free, at)?;
                }
                Entry::of_multiple(id)
            }
        };
        // Values are taken apart here, so that they need not be put together. First what most are.
        at = match content {
            ItemContent::Value(Value::Integer(n) | Value::Time(n)) => {
                if let Some((word, len)) = entry.integer(n)
                    && let Some(room) = room(free, at)
                {
                    *room = word.to_le_bytes();
                    at = at.wrapping_add(len);
                    continue;
                }
                entry.long_integer(n, free, at)?
            }
            ItemContent::Value(Value::String(text)) => entry.string(text.as_bytes()?, free, at)?,
            // What is in all of these is read here, and not before it is known that it is needed.
            _ => entry.value(again.next()?.content, free, at)?,
        };
    }
    *end = open.close(free, at)?;
    Some(())
}

/// What is open: an instance, if the target is more than that, and a multiple resource in it.
struct Containers {
    /// The number of the instance, for single resources that may come now; and that of the multiple
    /// resource, for its instances. None else may without a look at what is open.
    instance: u64,
    multiple: u64,
    target: Path,
    /// What is open where the target is an object: the ID, and where the header is.
    outer: Option<Open>,
    inner: Option<Open>,
}

/// A container that is not closed.
#[derive(Clone, Copy)]
struct Open {
    id: u16,
    start: usize,
}

/// No number of an instance or of a resource.
const NONE: u64 = u64::MAX;

impl Containers {
    #[inline(always)]
    fn new(target: Path) -> Self {
        let instance = match target.level() {
            Level::Instance => target.of_multiple().0 >> 16,
            _ => NONE,
        };
        Containers { instance, multiple: NONE, target, outer: None, inner: None }
    }

    /// Closes and opens what a single resource is not and is in.
    #[inline(always)]
    fn single(&mut self, path: Path, free: &mut [u8], mut at: usize) -> Option<usize> {
        if let Some(open) = self.inner
            && self.multiple >> 16 == u64::from(path.high())
            && path.resource_id() != Some(open.id)
        {
            at = open.close(Kind::MultipleResource, free, at)?;
            self.inner = None;
            (self.instance, self.multiple) = (self.multiple >> 16, NONE);
            return Some(at);
        }
        self.change(path, free, at)
    }

    /// The same of an instance of a multiple resource.
    #[inline(always)]
    fn multiple(&mut self, path: Path, free: &mut [u8], mut at: usize) -> Option<usize> {
        let (resource, _) = path.of_multiple();
        if self.instance == resource >> 16 {
            self.instance = NONE;
        } else if self.multiple >> 16 == resource >> 16
            && let Some(open) = self.inner
        {
            at = open.close(Kind::MultipleResource, free, at)?;
        } else {
            return self.change(path, free, at);
        }
        self.multiple = resource;
        self.inner = Some(Open::new(path.resource_id()?, &mut at));
        Some(at)
    }

    /// The same of any value.
    #[inline(never)]
    fn change(&mut self, path: Path, free: &mut [u8], mut at: usize) -> Option<usize> {
        let resource = path.resource_id().filter(|_| path.starts_with(self.target))?;
        let level = self.target.level();
        let other_instance = level == Level::Object
            && self.outer.is_none_or(|open| Some(open.id) != path.instance_id());
        if let Some(open) = self.inner
            && (open.id != resource || other_instance)
        {
            at = open.close(Kind::MultipleResource, free, at)?;
            self.inner = None;
        }
        if other_instance {
            if let Some(open) = self.outer {
                at = open.close(Kind::Instance, free, at)?;
            }
            self.outer = Some(Open::new(path.instance_id()?, &mut at));
        }
        (self.instance, self.multiple) = (NONE, NONE);
        let frequent = level <= Level::Instance;
        if path.level() == Level::ResourceInstance {
            if self.inner.is_none() && level != Level::ResourceInstance {
                self.inner = Some(Open::new(resource, &mut at));
            }
            if frequent {
                self.multiple = path.of_multiple().0;
            }
        } else if self.inner.is_some() {
            return None;
        } else if frequent {
            self.instance = path.high().into();
        }
        Some(at)
    }

    /// Closes all.
    #[inline]
    fn close(self, free: &mut [u8], mut at: usize) -> Option<usize> {
        if let Some(open) = self.inner {
            at = open.close(Kind::MultipleResource, free, at)?;
        }
        match self.outer {
            Some(open) => open.close(Kind::Instance, free, at),
            None => Some(at),
        }
    }
}

impl Open {
    /// Leaves room for its header.
    #[inline(always)]
    fn new(id: u16, at: &mut usize) -> Self {
        let start = *at;
        *at = start.wrapping_add(header_room(id));
        Open { id, start }
    }

    #[inline(always)]
    fn close(self, kind: Kind, free: &mut [u8], at: usize) -> Option<usize> {
        let len = at.wrapping_sub(self.start).wrapping_sub(2);
        if self.id <= 0xff && len <= 7 {
            let len = u16::try_from(len).ok()?;
            let head = u16::from(kind.bits()) | len | self.id << 8;
            set(free, self.start, head.to_le_bytes())?;
            return Some(at);
        }
        self.close_long(kind, free, at)
    }

    #[inline(never)]
    fn close_long(self, kind: Kind, free: &mut [u8], at: usize) -> Option<usize> {
        let len = at.wrapping_sub(self.start).wrapping_sub(2);
        if self.id <= 0xff
            && let 8..=16 = len
            && let Some(room) = free.get_mut(self.start..).and_then(<[u8]>::first_chunk_mut::<19>)
            && let [_, _, content @ .., _] = *room
        {
            // What is a few bytes is moved in one, with others behind it that do not count.
            let ([id, _], [len, ..]) = (self.id.to_le_bytes(), len.to_le_bytes());
            let (head, behind) = room.split_first_chunk_mut()?;
            *head = [kind.bits() | 8, id, len];
            *behind.first_chunk_mut()? = content;
            return Some(at.wrapping_add(1));
        }
        self.close_any(kind, free, at)
    }

    #[inline(never)]
    fn close_any(self, kind: Kind, free: &mut [u8], at: usize) -> Option<usize> {
        let left = header_room(self.id);
        let (header, used) = header(kind, self.id, at.wrapping_sub(self.start).wrapping_sub(left))?;
        let word = in_front(header, used)?;
        close(free, at, self.start, left, word, usize::try_from(used).ok()?)
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

/// What stands in front of a value: the kind, in the lowest byte, and the ID.
#[derive(Clone, Copy)]
struct Entry(u32);

impl Entry {
    /// Of an ID as [`Path::single`] has it.
    #[inline(always)]
    fn single(id: u32) -> Self {
        Entry((id >> 8).wrapping_sub(0x100 - Kind::Resource.bits() as u32))
    }

    /// Of an ID as [`Path::of_multiple`] has it.
    #[inline(always)]
    fn of_multiple(id: u32) -> Self {
        Entry((id << 8).wrapping_sub(0x100 - Kind::ResourceInstance.bits() as u32))
    }

    /// Whether the ID has one byte.
    #[inline(always)]
    fn is_short(self) -> bool {
        self.0 <= 0xffff
    }

    /// The header, as a word with its first byte lowest, and how many bytes it has.
    #[inline(always)]
    fn head(self, len: usize) -> Option<(u64, usize)> {
        let start = u64::from(self.0);
        match u64::try_from(len).ok()? {
            len @ 0..8 if self.is_short() => Some((start | len, 2)),
            len @ 8..=0xff if self.is_short() => Some((start | 8 | len << 16, 3)),
            _ => self.long_head(len),
        }
    }

    #[inline(never)]
    fn long_head(self, len: usize) -> Option<(u64, usize)> {
        let kind = if self.0 & 0x80 == 0 { Kind::ResourceInstance } else { Kind::Resource };
        let (header, used) = header(kind, u16::try_from(self.0 >> 8).ok()?, len)?;
        Some((in_front(header, used)?, usize::try_from(used).ok()?))
    }

    #[inline(never)]
    fn string(self, bytes: &[u8], free: &mut [u8], at: usize) -> Option<usize> {
        let start = u64::from(self.0);
        match u64::try_from(bytes.len()).ok()? {
            len @ 0..=6 if self.is_short() => put_word(free, at, (start | len, 2), bytes),
            len @ 8..=32 if self.is_short() => {
                put_pieces(free, at, (start | 8 | len << 16, 3), bytes)
            }
            _ => self.any_string(bytes, free, at),
        }
    }

    #[inline(never)]
    fn any_string(self, bytes: &[u8], free: &mut [u8], at: usize) -> Option<usize> {
        let (head, used) = self.head(bytes.len())?;
        let at = put(free, at, head, used)?;
        put_bytes(free, at, bytes)
    }

    #[inline(never)]
    fn value(self, content: ItemContent<'_>, free: &mut [u8], at: usize) -> Option<usize> {
        let ItemContent::Value(value) = content else { return None };
        match value {
            Value::Integer(n) | Value::Time(n) => self.long_integer(n, free, at),
            Value::String(text) | Value::CoreLink(text) => self.string(text.as_bytes()?, free, at),
            Value::Opaque(data) => self.string(data.as_slice()?, free, at),
            Value::Boolean(b) => self.number(b.into(), 1, free, at),
            Value::Float(n) => self.float(n, free, at),
            Value::Unsigned(n) => self.unsigned(n, free, at),
            Value::ObjectLink(link) => self.number(link.packed().into(), 4, free, at),
            Value::None => None,
        }
    }

    /// An integer of at most 32 bits: header and value as a word, and its length.
    #[inline(always)]
    fn integer(self, n: i64) -> Option<(u64, usize)> {
        let head = u64::from(self.0);
        if !self.is_short() {
            None
        } else if let Ok(n) = i8::try_from(n) {
            Some((head | 1 | u64::from(n.cast_unsigned()) << 16, 3))
        } else if let Ok(n) = i16::try_from(n) {
            Some((head | 2 | u64::from(n.cast_unsigned().swap_bytes()) << 16, 4))
        } else if let Ok(n) = i32::try_from(n) {
            Some((head | 4 | u64::from(n.cast_unsigned().swap_bytes()) << 16, 6))
        } else {
            None
        }
    }

    #[inline(never)]
    fn long_integer(self, n: i64, free: &mut [u8], at: usize) -> Option<usize> {
        let len = match n {
            -0x80..0x80 => 1,
            -0x8000..0x8000 => 2,
            -0x8000_0000..0x8000_0000 => 4,
            _ => 8,
        };
        self.number(n.cast_unsigned(), len, free, at)
    }

    #[inline(never)]
    fn unsigned(self, n: u64, free: &mut [u8], at: usize) -> Option<usize> {
        let len = match n {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        self.number(n, len, free, at)
    }

    #[inline(never)]
    fn float(self, n: f64, free: &mut [u8], at: usize) -> Option<usize> {
        match lossless_f32(n) {
            Some(bits) => self.number(bits.into(), 4, free, at),
            None => self.number(n.to_bits(), 8, free, at),
        }
    }

    /// The low bytes of a number, so many of them.
    #[inline(never)]
    fn number(self, number: u64, len: usize, free: &mut [u8], at: usize) -> Option<usize> {
        let (head, used) = self.head(len)?;
        let at = put(free, at, head, used)?;
        put(free, at, in_front(number, u32::try_from(len).ok()?)?, len)
    }
}
