//! From items to TLV.

use m2m_base::{Full, Sink};

use super::Kind;
use crate::error::WriteError;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};
use crate::value::Value;

/// The longest value that a 24-bit length tells.
const MAX_LEN: usize = 0xff_ffff;

/// A value or the way to it: what fits into eight bytes is held here.
enum Bytes<'a> {
    Short([u8; 8], usize),
    Text(&'a crate::value::Text<'a>),
    Data(&'a crate::value::Data<'a>),
}

/// The last `n` bytes of a big-endian number, moved to the front.
fn short(n: u64, len: usize) -> Bytes<'static> {
    let shift = 64u32.saturating_sub(u32::try_from(len).unwrap_or(8).saturating_mul(8));
    Bytes::Short(n.wrapping_shl(shift).to_be_bytes(), len)
}

impl<'a> Bytes<'a> {
    #[inline]
    fn of(value: &'a Value<'a>) -> Result<Self, WriteError> {
        Ok(match value {
            Value::String(text) | Value::CoreLink(text) => Bytes::Text(text),
            Value::Opaque(data) => Bytes::Data(data),
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
                short(n.cast_unsigned(), len)
            }
            Value::Unsigned(n) => short(
                *n,
                match n {
                    0..=0xff => 1,
                    0x100..=0xffff => 2,
                    0x1_0000..=0xffff_ffff => 4,
                    _ => 8,
                },
            ),
            Value::Float(n) => match lossless_f32(*n) {
                Some(n) => short(u64::from(n.to_bits()), 4),
                None => short(n.to_bits(), 8),
            },
            Value::Boolean(b) => short(u64::from(*b), 1),
            Value::ObjectLink(link) => short(u64::from(u32::from_be_bytes(link.to_bytes())), 4),
            Value::None => return Err(WriteError::NotExpressible),
        })
    }

    fn len(&self) -> usize {
        match self {
            Bytes::Short(_, len) => *len,
            Bytes::Text(text) => text.len(),
            Bytes::Data(data) => data.len(),
        }
    }
}

/// `n` in four bytes, if it is the same number there. NaN is.
#[allow(clippy::cast_possible_truncation, reason = "compared with the original")]
pub(in crate::format) fn lossless_f32(n: f64) -> Option<f32> {
    let short = n as f32;
    (f64::from(short).to_bits() == n.to_bits() || n.is_nan()).then_some(short)
}

/// At most six bytes before a value: type, ID, length.
fn header(kind: Kind, id: u16, len: usize) -> Result<([u8; 6], usize), WriteError> {
    let [high, low] = id.to_be_bytes();
    let [.., long, middle, short] = match u32::try_from(len) {
        Ok(len) if len as usize <= MAX_LEN => len.to_be_bytes(),
        _ => return Err(WriteError::NotExpressible),
    };
    let first = match kind {
        Kind::Instance => 0x00,
        Kind::ResourceInstance => 0x40,
        Kind::MultipleResource => 0x80,
        Kind::Resource => 0xc0,
    };
    Ok(if high == 0 {
        match len {
            0..=7 => ([first | short, low, 0, 0, 0, 0], 2),
            8..=0xff => ([first | 0x08, low, short, 0, 0, 0], 3),
            0x100..=0xffff => ([first | 0x10, low, middle, short, 0, 0], 4),
            _ => ([first | 0x18, low, long, middle, short, 0], 5),
        }
    } else {
        match len {
            0..=7 => ([first | 0x20 | short, high, low, 0, 0, 0], 3),
            8..=0xff => ([first | 0x28, high, low, short, 0, 0], 4),
            0x100..=0xffff => ([first | 0x30, high, low, middle, short, 0], 5),
            _ => ([first | 0x38, high, low, long, middle, short], 6),
        }
    })
}

fn put_header(kind: Kind, id: u16, len: usize, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let (bytes, used) = header(kind, id, len)?;
    Ok(sink.put(bytes.get(..used).ok_or(Full)?)?)
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
    put_header(kind, id, bytes.len(), sink)?;
    match bytes {
        Bytes::Short(bytes, len) => sink.put(bytes.get(..len).ok_or(Full)?)?,
        Bytes::Text(text) => text.write(sink)?,
        Bytes::Data(data) => data.write(sink)?,
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
