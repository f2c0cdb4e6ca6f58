//! From TLV to entries.

use super::Kind;
#[cfg(not(feature = "small"))]
use super::value::number;
use crate::error::{DecodeError, DecodeErrorKind};
#[cfg(not(feature = "small"))]
use crate::format::Item;
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};
#[cfg(not(feature = "small"))]
use crate::value::{DataType, Text, Value};

/// Pulls entries out of TLV. What may be open at a time, an instance and a multiple resource in it,
/// is told by where it ends: behind the cursor, it is closed.
#[derive(Clone, Debug)]
pub(in crate::format) struct TlvReader<'a> {
    bytes: &'a [u8],
    position: usize,
    target: Path,
    /// The target is more than an instance: what lies in the instance may still be outside.
    #[cfg(not(feature = "small"))]
    narrow: bool,
    /// Where resources without a wrapper belong to: the instance that is addressed, or one without
    /// an ID; the object, which has none, in a request about it as a whole.
    unwrapped: Path,
    /// Where resources in a wrapper belong to.
    instance: Path,
    instance_end: usize,
    /// Where resource instances that come now belong to.
    multiple: Path,
    multiple_end: usize,
    /// The container that was found last, and where it ends; nothing is known of what lies behind.
    #[cfg(not(feature = "small"))]
    parent: Path,
    #[cfg(not(feature = "small"))]
    limit: usize,
    /// Whether that is a multiple resource.
    #[cfg(not(feature = "small"))]
    in_multiple: bool,
}

struct Header<'a> {
    kind: Kind,
    id: u16,
    value: &'a [u8],
    /// Of the value.
    start: usize,
}

/// The number in a field of a header.
#[cfg_attr(feature = "small", inline(never))]
fn field(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |n, byte| n << 8 | usize::from(*byte))
}

impl<'a> TlvReader<'a> {
    pub(in crate::format) fn new(target: Target<'a>, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let path = target.path;
        if path.level() == Level::Root {
            return Err(DecodeError::new(DecodeErrorKind::FormatLevel, 0));
        }
        let unwrapped = if target.allows_unassigned() {
            path.child(Path::UNASSIGNED).unwrap_or(path)
        } else {
            path.truncate(Level::Instance)
        };
        Ok(TlvReader {
            bytes,
            position: 0,
            target: path,
            #[cfg(not(feature = "small"))]
            narrow: path.level() > Level::Instance,
            unwrapped,
            instance: path,
            instance_end: 0,
            multiple: path,
            multiple_end: 0,
            #[cfg(not(feature = "small"))]
            parent: path,
            #[cfg(not(feature = "small"))]
            limit: 0,
            #[cfg(not(feature = "small"))]
            in_multiple: false,
        })
    }

    /// The next value, if it lies and has a header as most do; for all else, and for what is wrong,
    /// there is [`TlvReader::next`].
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(in crate::format) fn quick(&mut self) -> Option<Entry<'a>> {
        loop {
            if self.position >= self.limit {
                self.settle()?;
            }
            let rest = self.bytes.get(self.position..self.limit)?;
            let &[first, id, ..] = rest else { return None };
            let (len, rest, used) = match (first & 0x38, rest) {
                (0x00, [_, _, rest @ ..]) => (first & 7, rest, 2),
                (0x08, [_, _, len, rest @ ..]) => (*len, rest, 3),
                _ => return None,
            };
            let value = rest.get(..usize::from(len))?;
            let start = self.position.wrapping_add(used);
            let end = start.wrapping_add(value.len());
            let path = match (first >> 6, self.in_multiple) {
                (3, false) => self.parent.with_resource(id.into()),
                (1, true) => self.parent.with_resource_instance(id.into()),
                (2, false) if len > 0 => {
                    self.parent = self.parent.with_resource(id.into());
                    self.multiple = self.parent;
                    (self.multiple_end, self.limit, self.in_multiple) = (end, end, true);
                    self.position = start;
                    continue;
                }
                _ => return None,
            };
            self.position = end;
            let content = Content::Value(RawValue::tlv(value, start));
            return Some(Entry { path, content, time: None });
        }
    }

    /// Finds out what it is that lies at the position; `None` unless that is in an instance.
    #[cfg(not(feature = "small"))]
    #[inline(never)]
    fn settle(&mut self) -> Option<()> {
        self.in_multiple = self.position < self.multiple_end;
        (self.parent, self.limit) = if self.in_multiple {
            (self.multiple, self.multiple_end)
        } else if self.position < self.instance_end {
            (self.instance, self.instance_end)
        } else {
            (self.unwrapped, self.bytes.len())
        };
        let known = !self.narrow && self.parent.level() >= Level::Instance;
        if !known {
            self.limit = 0;
        }
        known.then_some(())
    }

    /// Hands over all that is left, values in their types.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(in crate::format) fn read<E: From<DecodeError>>(
        mut self,
        data_type: &impl Fn(Path) -> Option<DataType>,
        take: &mut impl FnMut(Item<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if self.settle().is_some() {
                self.run(data_type, take)?;
                if self.position >= self.bytes.len() {
                    return Ok(());
                }
            }
            match self.next() {
                Some(entry) => take(entry?.into_item(data_type)?)?,
                None => return Ok(()),
            }
        }
    }

    /// Hands over the values of the container that was found, and of multiple resources in it, as
    /// long as they lie as [`TlvReader::quick`] has them. Where it is stays in variables.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn run<E: From<DecodeError>>(
        &mut self,
        data_type: &impl Fn(Path) -> Option<DataType>,
        take: &mut impl FnMut(Item<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        // What is left of the container, or of a multiple resource in it; and then of that one.
        let Some(mut rest) = self.bytes.get(self.position..self.limit) else { return Ok(()) };
        let mut behind = &[][..];
        let (mut parent, mut limit, mut in_multiple) = (self.parent, self.limit, self.in_multiple);
        let mut expected = if in_multiple { Kind::ResourceInstance } else { Kind::Resource };
        loop {
            let &[first, id, ref content @ ..] = rest else {
                if !rest.is_empty() || in_multiple == self.in_multiple {
                    break;
                }
                (rest, parent, limit, in_multiple) = (behind, self.parent, self.limit, false);
                expected = Kind::Resource;
                continue;
            };
            // Behind the bits of the kind are none for a long ID, and those for a length of a few bits
            // or of a byte.
            let (len, content) = match (first.wrapping_sub(expected.bits()), content) {
                (len @ 0..8, _) => (len, content),
                (0x08..0x10, [len, content @ ..]) => (*len, content),
                _ if in_multiple => break,
                _ => {
                    let (len, content) = match (first, content) {
                        (0x81..0x88, _) => (first & 7, content),
                        (0x88..0x90, [len, content @ ..]) if *len > 0 => (*len, content),
                        _ => break,
                    };
                    let Some((value, next)) = content.split_at_checked(len.into()) else { break };
                    limit = limit.wrapping_sub(next.len());
                    (rest, behind) = (value, next);
                    (parent, in_multiple) = (parent.with_resource(id.into()), true);
                    expected = Kind::ResourceInstance;
                    continue;
                }
            };
            let Some((value, next)) = content.split_at_checked(len.into()) else { break };
            let path = if in_multiple {
                parent.with_resource_instance(id.into())
            } else {
                parent.with_resource(id.into())
            };
            rest = next;
            // Values that most are go to the caller each from its place, and not through another.
            let data_type = data_type(path);
            if data_type == Some(DataType::Integer)
                && let Some(n) = number(value, true)
            {
                take(Item::value(path, Value::Integer(n.cast_signed())))?;
            } else if data_type == Some(DataType::String)
                && let Some(text) = Text::from_utf8(value)
            {
                take(Item::value(path, Value::String(text)))?;
            } else if data_type == Some(DataType::Time)
                && let Some(n) = number(value, true)
            {
                take(Item::value(path, Value::Time(n.cast_signed())))?;
            } else {
                let start = limit.wrapping_sub(next.len()).wrapping_sub(value.len());
                take(Item::value(path, RawValue::tlv(value, start).typed(data_type)?))?;
            }
        }
        self.position = limit.wrapping_sub(rest.len());
        if in_multiple {
            (self.multiple, self.multiple_end) = (parent, limit);
        }
        Ok(())
    }

    /// Reads type, ID and length of what lies at the position, with its value within `limit`.
    fn header(&self, limit: usize) -> Result<Header<'a>, DecodeErrorKind> {
        let rest = self.bytes.get(self.position..limit).unwrap_or(&[]);
        let (&first, rest) = rest.split_first().ok_or(DecodeErrorKind::Truncated)?;
        let id_len = usize::from(first >> 5 & 1).wrapping_add(1);
        // At most 24 bits.
        let len_len = usize::from(first >> 3 & 3);
        let fields = rest.split_at_checked(id_len.wrapping_add(len_len));
        let (fields, behind) = fields.ok_or(DecodeErrorKind::Truncated)?;
        let (id, len) = fields.split_at_checked(id_len).unwrap_or_default();
        let id = field(id);
        if id == Path::UNASSIGNED.into() {
            return Err(DecodeErrorKind::ReservedId);
        }
        let len = if len.is_empty() { usize::from(first & 7) } else { field(len) };
        Ok(Header {
            kind: Kind::of(first),
            id: u16::try_from(id).unwrap_or(Path::UNASSIGNED),
            value: behind.get(..len).ok_or(DecodeErrorKind::Truncated)?,
            start: limit.wrapping_sub(behind.len()),
        })
    }

    /// The next entry, or `None` at the end. What is wrong lies at the position.
    fn entry(&mut self) -> Result<Option<Entry<'a>>, DecodeErrorKind> {
        while self.position < self.bytes.len() {
            let target = self.target;
            // Outside of all containers what a kind is of is told by the target.
            let (open, limit) = if self.position < self.multiple_end {
                (Some(self.multiple), self.multiple_end)
            } else if self.position < self.instance_end {
                (Some(self.instance), self.instance_end)
            } else {
                (None, self.bytes.len())
            };
            let Header { kind, id, value, start } = self.header(limit)?;
            let end = start.wrapping_add(value.len());
            let path = match kind {
                Kind::Instance => {
                    let parent = open.unwrap_or(target.truncate(Level::Object));
                    parent.child(id).filter(|_| parent.level() == Level::Object)
                }
                // The instances of the resource that is addressed may come without it.
                Kind::ResourceInstance => {
                    let parent = open.unwrap_or(target.truncate(Level::Resource));
                    parent.child(id).filter(|_| parent.level() == Level::Resource)
                }
                Kind::Resource | Kind::MultipleResource => {
                    let parent = open.unwrap_or(self.unwrapped);
                    // Resources outside of any instance have none in a request about the object.
                    if parent.level() < Level::Instance {
                        return Err(DecodeErrorKind::OutsideTarget);
                    }
                    parent.child(id).filter(|_| parent.level() == Level::Instance)
                }
            };
            let path = path.ok_or(DecodeErrorKind::Nesting)?;
            let within = path.starts_with(target);
            if !within && !target.starts_with(path) {
                return Err(DecodeErrorKind::OutsideTarget);
            }
            let content = match kind {
                Kind::Resource | Kind::ResourceInstance => {
                    if !within {
                        return Err(DecodeErrorKind::Nesting);
                    }
                    self.position = end;
                    Content::Value(RawValue::tlv(value, start))
                }
                Kind::MultipleResource | Kind::Instance => {
                    let (container, container_end) = if kind == Kind::Instance {
                        (&mut self.instance, &mut self.instance_end)
                    } else {
                        (&mut self.multiple, &mut self.multiple_end)
                    };
                    (*container, *container_end) = (path, end);
                    self.position = start;
                    // A container without content says so itself.
                    if !within || !value.is_empty() {
                        continue;
                    }
                    Content::Empty
                }
            };
            return Ok(Some(Entry { path, content, time: None }));
        }
        Ok(None)
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        #[cfg(not(feature = "small"))]
        {
            self.limit = 0;
        }
        self.entry().map_err(|kind| DecodeError::new(kind, self.position)).transpose()
    }
}
