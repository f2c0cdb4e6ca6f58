//! From items to TLV.

use m2m_base::{Counter, Sink};

use super::Kind;
use crate::error::WriteError;
use crate::format::float::lossless_f32;
use crate::format::source::Source;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};
use crate::value::Value;

/// Writes type, ID and length.
#[inline(never)]
fn put_header(kind: Kind, id: u16, len: usize, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let len = u32::try_from(len).map_err(|_| WriteError::NotExpressible)?;
    let len_bytes = len.to_be_bytes();
    let [too_long, .., low] = len_bytes;
    let (length_type, skip) = match len {
        0..=7 => (low, 4),
        8..=0xff => (0x08, 3),
        0x100..=0xffff => (0x10, 2),
        _ if too_long == 0 => (0x18, 1),
        _ => return Err(WriteError::NotExpressible),
    };
    let first = kind.bits() | length_type;
    match id.to_be_bytes() {
        [0, id] => sink.put(&[first, id])?,
        [high, low] => sink.put(&[first | 0x20, high, low])?,
    }
    Ok(sink.put(len_bytes.get(skip..).unwrap_or(&[]))?)
}

/// The bytes of the shortest integer for an unsigned number.
fn width(n: u64) -> usize {
    match n {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

#[inline(never)]
fn put_value(
    kind: Kind,
    id: u16,
    value: &Value<'_>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let (number, len) = match value {
        Value::String(text) | Value::CoreLink(text) => {
            put_header(kind, id, text.len(), sink)?;
            return Ok(text.write(sink)?);
        }
        Value::Opaque(data) => {
            put_header(kind, id, data.len(), sink)?;
            return Ok(data.write(sink)?);
        }
        Value::Integer(n) | Value::Time(n) => {
            // The sign takes a bit.
            let n = n.cast_unsigned();
            (n, width((n ^ n.cast_signed().wrapping_shr(63).cast_unsigned()) << 1))
        }
        Value::Unsigned(n) => (*n, width(*n)),
        Value::Float(n) => match lossless_f32(*n) {
            Some(bits) => (bits.into(), 4),
            None => (n.to_bits(), 8),
        },
        Value::Boolean(b) => ((*b).into(), 1),
        Value::ObjectLink(link) => (u32::from_be_bytes(link.to_bytes()).into(), 4),
        Value::None => return Err(WriteError::NotExpressible),
    };
    put_header(kind, id, len, sink)?;
    Ok(sink.put(number.to_be_bytes().get(8 - len..).unwrap_or(&[]))?)
}

/// Writes items that come in path order. Containers are written for what is deeper than the target
/// addresses: instances for an object, the multiple resource for anything above it.
#[inline(never)]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let container = match target.path.level() {
        Level::Root => return Err(WriteError::NotExpressible),
        Level::Resource => target.path.truncate(Level::Instance),
        Level::ResourceInstance => target.path.truncate(Level::Resource),
        Level::Object | Level::Instance => target.path,
    };
    let next = items.take_next();
    Writer { target, next, items, sink }.content(&container)
}

struct Writer<'w, 'a> {
    target: &'w Target<'w>,
    /// What is written next.
    next: Option<Item<'a>>,
    /// What comes behind it.
    items: &'w mut dyn Source<'a>,
    sink: &'w mut dyn Sink,
}

impl<'a> Writer<'_, 'a> {
    /// Writes what of the items comes next and is in `container`. It calls itself for containers in
    /// it, of which there are two levels, and before that to learn their length.
    fn content(&mut self, container: &Path) -> Result<(), WriteError> {
        while let Some(item) = &self.next {
            let path = &item.path;
            // An object as a whole is nothing that TLV could tell.
            if !path.starts_with(self.target.path) || path.level() < Level::Instance {
                return Err(WriteError::NotExpressible);
            }
            if !path.starts_with(*container) {
                break;
            }
            let id = path.last().unwrap_or(0);
            // An instance without ID is written as its resources alone.
            let unassigned = self.target.create && path.instance_id() == Some(Path::UNASSIGNED);
            if container.level() == Level::Object && !unassigned {
                self.container(Kind::Instance, path.truncate(Level::Instance))?;
                continue;
            }
            match (path.level(), &item.content) {
                (Level::Instance, ItemContent::Empty) => {}
                (Level::Resource, ItemContent::Empty) => {
                    put_header(Kind::MultipleResource, id, 0, self.sink)?;
                }
                (Level::Resource, ItemContent::Value(value)) => {
                    put_value(Kind::Resource, id, value, self.sink)?;
                }
                (Level::ResourceInstance, _) if container.level() != Level::Resource => {
                    self.container(Kind::MultipleResource, path.truncate(Level::Resource))?;
                    continue;
                }
                (Level::ResourceInstance, ItemContent::Value(value)) => {
                    put_value(Kind::ResourceInstance, id, value, self.sink)?;
                }
                _ => return Err(WriteError::NotExpressible),
            }
            self.next = self.items.take_next();
        }
        Ok(())
    }

    /// Writes a container, the length of what is in it first.
    #[inline(never)]
    fn container(&mut self, kind: Kind, path: Path) -> Result<(), WriteError> {
        let mut counter = Counter::new();
        let mut counted = Ok(());
        let (target, next) = (self.target, self.next);
        self.items.ahead(&mut |items| {
            counted = Writer { target, next, items, sink: &mut counter }.content(&path);
        });
        counted?;
        put_header(kind, path.last().unwrap_or(0), counter.len(), self.sink)?;
        self.content(&path)
    }
}
