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
fn put_header(kind: Kind, id: u32, len: usize, sink: &mut dyn Sink) -> Result<(), WriteError> {
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
        [.., 0, id] => sink.put(&[first, id])?,
        [.., high, low] => sink.put(&[first | 0x20, high, low])?,
    }
    Ok(sink.put(len_bytes.get(skip..).unwrap_or(&[]))?)
}

/// The bytes of the shortest integer for an unsigned number.
fn width(n: u64) -> usize {
    match u32::try_from(n) {
        Ok(0..=0xff) => 1,
        Ok(0x100..=0xffff) => 2,
        Ok(_) => 4,
        Err(_) => 8,
    }
}

/// What writes the header of a value of so many bytes.
type Header<'h> = dyn Fn(usize, &mut dyn Sink) -> Result<(), WriteError> + 'h;

/// Writes a value behind its header.
#[inline(never)]
pub(crate) fn put_value(
    value: &Value<'_>,
    sink: &mut dyn Sink,
    put_header: &Header<'_>,
) -> Result<(), WriteError> {
    let (number, len) = match value {
        Value::String(text) | Value::CoreLink(text) => {
            put_header(text.len(), sink)?;
            return Ok(text.write(sink)?);
        }
        Value::Opaque(data) => {
            put_header(data.len(), sink)?;
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
        Value::ObjectLink(link) => (link.packed().into(), 4),
        Value::None => return Err(WriteError::NotExpressible),
    };
    put_header(len, sink)?;
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
    let path = target.path;
    if path == Path::ROOT {
        return Err(WriteError::NotExpressible);
    }
    let open = Open {
        instance: (path.level() >= Level::Instance).then_some(path.high()),
        // A resource has no header when it is one of its instances that is addressed.
        resource: match path.below_instance() {
            Some((resource, 1..)) => resource,
            _ => 0,
        },
    };
    let mut writer = Writer { target, next: None, items, sink };
    writer.next = writer.items.take_next();
    writer.content(path, open)
}

/// What is open: the instance, as [`Path::high`] has it, and the multiple resource in it, its ID
/// raised by one, or zero.
#[derive(Clone, Copy)]
struct Open {
    instance: Option<u32>,
    resource: u32,
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
    /// Writes what of the items comes next and is in `within`. It calls itself to learn the length of
    /// a container, of which there are two within one another.
    #[inline(never)]
    fn content(&mut self, within: Path, mut open: Open) -> Result<(), WriteError> {
        while let Some(item) = &self.next {
            let path = item.path;
            let target = self.target;
            let (true, Some((resource, id))) =
                (path.starts_with(target.path), path.below_instance())
            else {
                return Err(WriteError::NotExpressible);
            };
            if !path.starts_with(within) {
                break;
            }
            let resource_id = resource.saturating_sub(1);
            let (kind, container, its_id) = if open.instance != Some(path.high()) {
                open = Open { instance: Some(path.high()), resource: 0 };
                // An instance without ID is written as its resources alone.
                if target.create && path.instance_id() == Some(Path::UNASSIGNED) {
                    continue;
                }
                (Kind::Instance, path.truncate(Level::Instance), path.high() & 0xffff)
            } else if id > 0 && open.resource != resource {
                open.resource = resource;
                (Kind::MultipleResource, path.truncate(Level::Resource), resource_id)
            } else {
                // A resource is not both multiple and single.
                let is_other = resource > 0 && open.resource != resource;
                match &item.content {
                    ItemContent::Empty if resource == 0 => {}
                    ItemContent::Empty if id == 0 && is_other => {
                        put_header(Kind::MultipleResource, resource_id, 0, self.sink)?;
                    }
                    ItemContent::Value(value) if id > 0 || is_other => {
                        let (kind, id) = match id.checked_sub(1) {
                            Some(id) => (Kind::ResourceInstance, id),
                            None => (Kind::Resource, resource_id),
                        };
                        put_value(value, self.sink, &|len, sink| put_header(kind, id, len, sink))?;
                    }
                    _ => return Err(WriteError::NotExpressible),
                }
                if id == 0 {
                    open.resource = 0;
                }
                self.next = self.items.take_next();
                continue;
            };
            let mut counter = Counter::new();
            let mut counted = Ok(());
            let next = &self.next;
            self.items.ahead(&mut |items| {
                counted = Writer { target, next: *next, items, sink: &mut counter }
                    .content(container, open);
            });
            counted?;
            put_header(kind, its_id, counter.len(), self.sink)?;
        }
        Ok(())
    }
}
