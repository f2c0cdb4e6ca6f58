//! From items to TLV.

use m2m_base::{Full, Sink};

use super::Kind;
#[cfg(not(feature = "small"))]
use super::fast;
use crate::error::WriteError;
#[cfg(not(feature = "small"))]
use crate::format::fill::Fill;
use crate::format::float::lossless_f32;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};
use crate::value::{Data, Text, Value};

/// The longest value that a 24-bit length tells.
const MAX_LEN: u64 = 0xff_ffff;

/// A value as it goes behind a header.
enum Bytes<'a> {
    /// The low bytes of a number, so many of them.
    Number(u64, usize),
    Plain(&'a [u8]),
    Text(&'a Text<'a>),
    Data(&'a Data<'a>),
}

impl<'a> Bytes<'a> {
    #[inline]
    fn of(value: &'a Value<'a>) -> Result<Self, WriteError> {
        Ok(match value {
            Value::String(text) | Value::CoreLink(text) => {
                text.as_bytes().map_or(Bytes::Text(text), Bytes::Plain)
            }
            Value::Opaque(data) => data.as_slice().map_or(Bytes::Data(data), Bytes::Plain),
            Value::Integer(n) | Value::Time(n) => {
                let len = if i8::try_from(*n).is_ok() {
                    1
                } else if i16::try_from(*n).is_ok() {
                    2
                } else if i32::try_from(*n).is_ok() {
                    4
                } else {
                    8
                };
                Bytes::Number(n.cast_unsigned(), len)
            }
            Value::Unsigned(n) => Bytes::Number(
                *n,
                match n {
                    0..=0xff => 1,
                    0x100..=0xffff => 2,
                    0x1_0000..=0xffff_ffff => 4,
                    _ => 8,
                },
            ),
            Value::Float(n) => match lossless_f32(*n) {
                Some(bits) => Bytes::Number(bits.into(), 4),
                None => Bytes::Number(n.to_bits(), 8),
            },
            Value::Boolean(b) => Bytes::Number(u64::from(*b), 1),
            Value::ObjectLink(link) => {
                Bytes::Number(u64::from(u32::from_be_bytes(link.to_bytes())), 4)
            }
            Value::None => return Err(WriteError::NotExpressible),
        })
    }

    fn len(&self) -> usize {
        match self {
            Bytes::Number(_, len) => *len,
            Bytes::Plain(bytes) => bytes.len(),
            Bytes::Text(text) => text.len(),
            Bytes::Data(data) => data.len(),
        }
    }
}

/// The bytes before a value, at most six: type, ID, length. As a number of so many bytes.
#[inline]
pub(super) fn header(kind: Kind, id: u16, len: usize) -> Result<(u64, u32), WriteError> {
    let len = match u64::try_from(len) {
        Ok(len) if len <= MAX_LEN => len,
        _ => return Err(WriteError::NotExpressible),
    };
    let (flag, id_bits) = if id > 0xff { (0x20, 16) } else { (0, 8) };
    let (length_type, len_bits) = match len {
        0..=7 => (len, 0),
        8..=0xff => (0x08, 8),
        0x100..=0xffff => (0x10, 16),
        _ => (0x18, 24),
    };
    let front = (u64::from(kind.bits()) | flag | length_type) << id_bits | u64::from(id);
    let long = if len_bits == 0 { front } else { front << len_bits | len };
    Ok((long, (8 + id_bits + len_bits) / 8))
}

/// Writes a header and, if it is one, the number behind it, with one call to the sink.
#[inline]
fn put(header: (u64, u32), number: (u64, usize), sink: &mut dyn Sink) -> Result<(), WriteError> {
    let mut bytes = [0; 16];
    let (header, used) = header;
    let used = used as usize;
    let left = |n: u64, len: usize| match len {
        0 => [0; 8],
        _ => (n << (64 - 8 * len.min(8))).to_be_bytes(),
    };
    bytes.get_mut(..8).ok_or(Full)?.copy_from_slice(&left(header, used));
    let (number, len) = number;
    bytes.get_mut(used..used + 8).ok_or(Full)?.copy_from_slice(&left(number, len));
    Ok(sink.put(bytes.get(..used + len).ok_or(Full)?)?)
}

fn put_header(kind: Kind, id: u16, len: usize, sink: &mut dyn Sink) -> Result<(), WriteError> {
    put(header(kind, id, len)?, (0, 0), sink)
}

const fn header_len(id: u16, len: usize) -> usize {
    let id = if id > 0xff { 2 } else { 1 };
    let len = match len {
        0..=7 => 0,
        8..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 3,
    };
    1 + id + len
}

/// Length of one entry with its header, if the item is one with a value.
#[inline]
fn entry_len(item: &Item<'_>) -> Result<usize, WriteError> {
    let ItemContent::Value(value) = &item.content else { return Ok(0) };
    let len = Bytes::of(value)?.len();
    Ok(len.saturating_add(header_len(item.path.last().unwrap_or(0), len)))
}

/// Length of the instances of `resource` that come next.
fn multiple_len<'a>(
    items: impl Iterator<Item = Item<'a>>,
    resource: Path,
) -> Result<usize, WriteError> {
    let mut total: usize = 0;
    for item in items {
        if !item.path.starts_with(resource) {
            break;
        }
        total = total.saturating_add(entry_len(&item)?);
    }
    Ok(total)
}

/// Length of the resources of `instance` that come next.
fn instance_len<'a>(
    items: impl Iterator<Item = Item<'a>>,
    instance: Path,
) -> Result<usize, WriteError> {
    let mut total: usize = 0;
    // The multiple resource that is being counted: its path and the length of its instances.
    let mut multiple: Option<(Path, usize)> = None;
    for item in items {
        if !item.path.starts_with(instance) {
            break;
        }
        let resource = item.path.truncate(Level::Resource);
        if let Some((path, len)) = multiple
            && (path != resource || item.path.level() != Level::ResourceInstance)
        {
            total = total.saturating_add(header_len(path.last().unwrap_or(0), len));
            multiple = None;
        }
        let len = entry_len(&item)?;
        total = total.saturating_add(len);
        match item.path.level() {
            Level::ResourceInstance => {
                multiple = Some((resource, multiple.map_or(0, |(_, n)| n).saturating_add(len)));
            }
            Level::Resource if item.content == ItemContent::Empty => {
                total = total.saturating_add(header_len(item.path.last().unwrap_or(0), 0));
            }
            _ => {}
        }
    }
    if let Some((path, len)) = multiple {
        total = total.saturating_add(header_len(path.last().unwrap_or(0), len));
    }
    Ok(total)
}

fn put_value(
    kind: Kind,
    id: u16,
    value: &Value<'_>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let bytes = Bytes::of(value)?;
    let header = header(kind, id, bytes.len())?;
    match bytes {
        Bytes::Number(number, len) => put(header, (number, len), sink)?,
        Bytes::Plain(bytes) => {
            put(header, (0, 0), sink)?;
            sink.put(bytes)?;
        }
        Bytes::Text(text) => {
            put(header, (0, 0), sink)?;
            text.write(sink)?;
        }
        Bytes::Data(data) => {
            put(header, (0, 0), sink)?;
            data.write(sink)?;
        }
    }
    Ok(())
}

/// Writes items that come in path order. Containers are written for what is deeper than the target
/// addresses: instances for an object, the multiple resource for anything above it.
pub(in crate::format) fn write<'a, I>(
    target: &Target<'_>,
    mut items: I,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    #[cfg(not(feature = "small"))]
    if let Some(room) = sink.room() {
        let mut fill = Fill::new(room);
        if fast::write(target, items.clone(), &mut fill).is_some() {
            fill.finish();
            return Ok(());
        }
    }
    let level = target.path.level();
    if level == Level::Root {
        return Err(WriteError::NotExpressible);
    }
    let mut instance = None;
    let mut multiple = None;
    loop {
        let ahead = items.clone();
        let Some(item) = items.next() else { return Ok(()) };
        let path = item.path;
        if !path.starts_with(target.path) {
            return Err(WriteError::NotExpressible);
        }
        if level == Level::Object {
            let this = path.truncate(Level::Instance);
            let Some(id) = this.instance_id() else { return Err(WriteError::NotExpressible) };
            // An instance without ID is written as its resources alone.
            if instance != Some(this) && !(target.create && id == Path::UNASSIGNED) {
                put_header(Kind::Instance, id, instance_len(ahead.clone(), this)?, sink)?;
                multiple = None;
            }
            instance = Some(this);
        }
        let id = path.last().unwrap_or(0);
        match (path.level(), &item.content) {
            (Level::Resource, ItemContent::Value(value)) => {
                multiple = None;
                put_value(Kind::Resource, id, value, sink)?;
            }
            (Level::Resource, ItemContent::Empty) => {
                multiple = None;
                put_header(Kind::MultipleResource, id, 0, sink)?;
            }
            (Level::ResourceInstance, ItemContent::Value(value)) => {
                let resource = path.truncate(Level::Resource);
                if level != Level::ResourceInstance && multiple != Some(resource) {
                    let len = multiple_len(ahead, resource)?;
                    let id = resource.last().unwrap_or(0);
                    put_header(Kind::MultipleResource, id, len, sink)?;
                    multiple = Some(resource);
                }
                put_value(Kind::ResourceInstance, id, value, sink)?;
            }
            (Level::Instance, ItemContent::Empty) => multiple = None,
            _ => return Err(WriteError::NotExpressible),
        }
    }
}
