//! From TLV to entries.

use super::Kind;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};

/// Pulls entries out of TLV. What may be open at a time, an instance and a multiple resource in it,
/// is told by where it ends: behind the cursor, it is closed.
#[derive(Clone, Debug)]
pub(in crate::format) struct TlvReader<'a> {
    bytes: &'a [u8],
    position: usize,
    target: Path,
    /// The target is more than an instance: what lies in the instance may still be outside.
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

struct Header {
    kind: Kind,
    id: u16,
    len: usize,
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

    /// Reads type, ID and length. The cursor is behind them, and the value within `limit`.
    #[inline]
    fn header(&mut self, limit: usize) -> Result<Header, DecodeErrorKind> {
        let rest = self.bytes.get(self.position..limit).unwrap_or(&[]);
        let &[first, id, ..] = rest else { return Err(DecodeErrorKind::Truncated) };
        let (id, len, used) = match (first & 0x38, rest) {
            // All that most entries need.
            (0x00, _) => (u16::from(id), usize::from(first & 7), 2),
            (0x08, &[_, _, len, ..]) => (u16::from(id), usize::from(len), 3),
            _ => long_header(first, rest)?,
        };
        if id == Path::UNASSIGNED {
            return Err(DecodeErrorKind::ReservedId);
        }
        if len > rest.len().saturating_sub(used) {
            return Err(DecodeErrorKind::Truncated);
        }
        self.position = self.position.wrapping_add(used);
        let kind = match first >> 6 {
            0 => Kind::Instance,
            1 => Kind::ResourceInstance,
            2 => Kind::MultipleResource,
            _ => Kind::Resource,
        };
        Ok(Header { kind, id, len })
    }

    /// `path`, of what is in the instance, if it lies in the target, or the target in it.
    #[inline]
    fn within(&self, path: Path) -> Result<Path, DecodeErrorKind> {
        if !self.narrow || path.starts_with(self.target) || self.target.starts_with(path) {
            Ok(path)
        } else {
            Err(DecodeErrorKind::OutsideTarget)
        }
    }

    /// Reads one entry. `None` for a container that is entered.
    #[inline]
    fn step(&mut self) -> Result<Option<(Path, Step<'a>)>, DecodeErrorKind> {
        let in_multiple = self.position < self.multiple_end;
        let in_instance = self.position < self.instance_end;
        let (parent, limit) = match (in_multiple, in_instance) {
            (true, _) => (self.multiple, self.multiple_end),
            (false, true) => (self.instance, self.instance_end),
            (false, false) => (self.unwrapped, self.bytes.len()),
        };
        let Header { kind, id, len } = self.header(limit)?;
        let start = self.position;
        let end = start.wrapping_add(len);
        let path = match kind {
            Kind::Resource | Kind::MultipleResource if !in_multiple => {
                if parent.level() != Level::Instance {
                    return Err(DecodeErrorKind::OutsideTarget);
                }
                self.within(parent.with_resource(id))?
            }
            Kind::ResourceInstance if in_multiple => {
                self.within(parent.with_resource_instance(id))?
            }
            // The instances of the resource that is addressed may come without it.
            Kind::ResourceInstance if !in_instance && self.target.level() >= Level::Resource => {
                self.within(self.target.with_resource_instance(id))?
            }
            Kind::Instance if !in_instance && !in_multiple => {
                let path = self.target.truncate(Level::Object).child(id);
                let path = path.ok_or(DecodeErrorKind::Nesting)?;
                if self.target.level() >= Level::Instance && !self.target.starts_with(path) {
                    return Err(DecodeErrorKind::OutsideTarget);
                }
                path
            }
            _ => return Err(DecodeErrorKind::Nesting),
        };
        match kind {
            Kind::Resource | Kind::ResourceInstance => {
                if self.narrow && path.level() < self.target.level() {
                    return Err(DecodeErrorKind::Nesting);
                }
                let value = self.bytes.get(start..end).ok_or(DecodeErrorKind::Truncated)?;
                self.position = end;
                return Ok(Some((path, Step::Value(value, start))));
            }
            Kind::MultipleResource => (self.multiple, self.multiple_end) = (path, end),
            Kind::Instance => (self.instance, self.instance_end) = (path, end),
        }
        // A container without content says so itself.
        let empty = len == 0 && path.level() >= self.target.level();
        Ok(empty.then_some((path, Step::Empty)))
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        #[cfg(not(feature = "small"))]
        {
            self.limit = 0;
        }
        while self.position < self.bytes.len() {
            let start = self.position;
            let (path, step) = match self.step() {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(kind) => return Some(Err(DecodeError::new(kind, start))),
            };
            let content = match step {
                Step::Value(bytes, at) => Content::Value(RawValue::tlv(bytes, at)),
                Step::Empty => Content::Empty,
            };
            return Some(Ok(Entry { path, content, time: None }));
        }
        None
    }
}

enum Step<'a> {
    Value(&'a [u8], usize),
    Empty,
}

/// ID, length and own length of a header with a 16-bit ID or a longer length.
fn long_header(first: u8, rest: &[u8]) -> Result<(u16, usize, usize), DecodeErrorKind> {
    let id_len = if first & 0x20 == 0 { 1 } else { 2 };
    let len_len = usize::from(first >> 3 & 3);
    let mut reader = m2m_base::Reader::new(rest.get(1..).unwrap_or(&[]));
    let mut uint = |n| reader.uint(n).map_err(|_| DecodeErrorKind::Truncated);
    let id = u16::try_from(uint(id_len)?).map_err(|_| DecodeErrorKind::Truncated)?;
    let len = match len_len {
        0 => usize::from(first & 7),
        // At most 24 bits.
        n => usize::try_from(uint(n)?).map_err(|_| DecodeErrorKind::Truncated)?,
    };
    Ok((id, len, 1 + id_len + len_len))
}
