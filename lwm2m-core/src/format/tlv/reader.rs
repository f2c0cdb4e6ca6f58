//! From TLV to entries.

use super::Kind;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};

/// Pulls entries out of TLV. Three levels, held in two ends: of the instance and of the multiple
/// resource that the cursor is in.
#[derive(Clone, Debug)]
pub(in crate::format) struct TlvReader<'a> {
    bytes: &'a [u8],
    position: usize,
    target: Target<'a>,
    /// The instance whose resources come, and where it ends; the end of the payload when its
    /// resources come without a wrapper. `None` at the top level of an object.
    instance: Option<(Path, usize)>,
    /// The multiple resource whose instances come, and where it ends.
    multiple: Option<(Path, usize)>,
}

struct Header {
    kind: Kind,
    id: u16,
    len: usize,
}

impl<'a> TlvReader<'a> {
    pub(in crate::format) fn new(target: Target<'a>, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if target.path.level() == Level::Root {
            return Err(DecodeError::new(DecodeErrorKind::FormatLevel, 0));
        }
        Ok(TlvReader { bytes, position: 0, target, instance: None, multiple: None })
    }

    #[inline]
    fn u8(&mut self, limit: usize) -> Result<u8, DecodeErrorKind> {
        match self.bytes.get(self.position) {
            Some(b) if self.position < limit => {
                self.position = self.position.wrapping_add(1);
                Ok(*b)
            }
            _ => Err(DecodeErrorKind::Truncated),
        }
    }

    #[inline]
    fn header(&mut self, limit: usize) -> Result<Header, DecodeErrorKind> {
        let first = self.u8(limit)?;
        let kind = match first >> 6 {
            0 => Kind::Instance,
            1 => Kind::ResourceInstance,
            2 => Kind::MultipleResource,
            _ => Kind::Resource,
        };
        let mut id = u16::from(self.u8(limit)?);
        if first & 0x20 != 0 {
            id = id << 8 | u16::from(self.u8(limit)?);
        }
        if id == Path::UNASSIGNED {
            return Err(DecodeErrorKind::ReservedId);
        }
        let mut len = 0;
        match first >> 3 & 3 {
            0 => len = usize::from(first & 7),
            width => {
                for _ in 0..width {
                    len = len << 8 | usize::from(self.u8(limit)?);
                }
            }
        }
        if len > limit.saturating_sub(self.position) {
            return Err(DecodeErrorKind::Truncated);
        }
        Ok(Header { kind, id, len })
    }

    /// Where resources that come now belong to.
    #[inline]
    fn parent(&self) -> Result<Path, DecodeErrorKind> {
        match self.instance {
            Some((path, _)) => Ok(path),
            None if self.target.allows_unassigned() => {
                self.target.path.child(Path::UNASSIGNED).ok_or(DecodeErrorKind::OutsideTarget)
            }
            None if self.target.path.level() == Level::Object => {
                Err(DecodeErrorKind::OutsideTarget)
            }
            None => Ok(self.target.path.truncate(Level::Instance)),
        }
    }

    /// `path` if it lies in the target, or the target in it.
    #[inline]
    fn within(&self, path: Option<Path>) -> Result<Path, DecodeErrorKind> {
        let path = path.ok_or(DecodeErrorKind::Nesting)?;
        let target = self.target.path;
        if path.starts_with(target) || target.starts_with(path) {
            Ok(path)
        } else {
            Err(DecodeErrorKind::OutsideTarget)
        }
    }

    /// Reads one entry; `None` if it was a container, which is entered, or says nothing.
    #[inline]
    fn step(&mut self, limit: usize) -> Result<Option<Entry<'a>>, DecodeErrorKind> {
        let Header { kind, id, len } = self.header(limit)?;
        let start = self.position;
        let end = start.wrapping_add(len);
        match kind {
            Kind::Resource | Kind::ResourceInstance => {
                let path = match (kind, self.multiple) {
                    (Kind::Resource, None) => self.parent()?.child(id),
                    (Kind::ResourceInstance, Some((resource, _))) => resource.child(id),
                    // The instances of the resource that is addressed may come without it.
                    (Kind::ResourceInstance, None)
                        if self.instance.is_none()
                            && self.target.path.level() >= Level::Resource =>
                    {
                        self.target.path.truncate(Level::Resource).child(id)
                    }
                    _ => return Err(DecodeErrorKind::Nesting),
                };
                let path = self.within(path)?;
                if path.level() < self.target.path.level() {
                    return Err(DecodeErrorKind::Nesting);
                }
                let value = self.bytes.get(start..end).ok_or(DecodeErrorKind::Truncated)?;
                self.position = end;
                let content = Content::Value(RawValue::tlv(value, start));
                Ok(Some(Entry { path, content, time: None }))
            }
            Kind::MultipleResource => {
                if self.multiple.is_some() {
                    return Err(DecodeErrorKind::Nesting);
                }
                let path = self.within(self.parent()?.child(id))?;
                self.multiple = Some((path, end));
                Ok(self.empty(path, len))
            }
            Kind::Instance => {
                if self.instance.is_some() || self.multiple.is_some() {
                    return Err(DecodeErrorKind::Nesting);
                }
                let object = self.target.path.truncate(Level::Object);
                let path = self.within(object.child(id))?;
                self.instance = Some((path, end));
                Ok(self.empty(path, len))
            }
        }
    }

    /// A container without content says so itself.
    fn empty(&self, path: Path, len: usize) -> Option<Entry<'a>> {
        (len == 0 && path.level() >= self.target.path.level()).then_some(Entry {
            path,
            content: Content::Empty,
            time: None,
        })
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        loop {
            if self.multiple.is_some_and(|(_, end)| end == self.position) {
                self.multiple = None;
            }
            if self.instance.is_some_and(|(_, end)| end == self.position) {
                self.instance = None;
            }
            let limit = match (self.multiple, self.instance) {
                (Some((_, end)), _) | (None, Some((_, end))) => end,
                (None, None) => self.bytes.len(),
            };
            if self.position >= limit {
                return None;
            }
            let start = self.position;
            match self.step(limit) {
                Ok(Some(entry)) => return Some(Ok(entry)),
                Ok(None) => {}
                Err(kind) => {
                    self.position = self.bytes.len();
                    (self.instance, self.multiple) = (None, None);
                    return Some(Err(DecodeError::new(kind, start)));
                }
            }
        }
    }
}
