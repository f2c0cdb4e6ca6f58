//! Values and where they are: what is read from a payload, and what is written into one.

#[cfg(feature = "server")]
use alloc::vec::Vec;

#[cfg(feature = "server")]
use lwm2m_core::DecodeError;
use lwm2m_core::format::{Item, ItemContent, Timestamp};
use lwm2m_core::{ObjectLink, Value};

#[cfg(feature = "server")]
use crate::borrow::{Out, OutRows, rows};
use crate::borrow::{OutBytes, bytes, text};
#[cfg(feature = "server")]
use crate::memory::room;
use crate::number::m2m_number;
use crate::object::m2m_type;
use crate::path::m2m_path;
use crate::result::Outcome;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK, M2M_WRONG_TYPE};
#[cfg(feature = "server")]
use crate::result::m2m_result::{M2M_MALFORMED, M2M_NOTHING};

/// A value in a content.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct m2m_lwm2m_value {
    /// Where.
    pub path: m2m_path,
    /// Its type, one of enum m2m_type: that of the object's definition if that is known, else what it
    /// looks like. M2M_NO_TYPE: an instance without resources, or a multiple resource without instances.
    pub r#type: i32,
    /// Of M2M_INTEGER and M2M_TIME the value, of M2M_BOOLEAN 0 or 1.
    pub integer: i64,
    /// Of M2M_UNSIGNED: the value.
    pub natural: u64,
    /// Of M2M_FLOAT: the value.
    pub real: f64,
    /// Of M2M_OBJLNK: object and instance.
    pub link: [u16; 2],
    /// Of M2M_STRING, M2M_CORELNK and M2M_OPAQUE: length in bytes.
    pub len: usize,
    /// When the value was so: 0 if the client did not tell, 1 if time is counted from now, 2 if it is
    /// counted from 1970-01-01T00:00:00Z.
    pub time_kind: i32,
    /// Seconds, of a kind other than M2M_NO_NUMBER if the client told them.
    pub time: m2m_number,
    /// 1: what is there is to be removed (SenML ETCH). Its type is M2M_NO_TYPE.
    pub removed: i32,
}

impl m2m_lwm2m_value {
    pub(crate) fn new(item: &Item<'_>) -> Self {
        let (time_kind, time) = match item.time {
            None => (0, None),
            Some(Timestamp::Relative(seconds)) => (1, Some(seconds)),
            Some(Timestamp::Absolute(seconds)) => (2, Some(seconds)),
        };
        let none = m2m_lwm2m_value {
            path: item.path.into(),
            r#type: m2m_type::M2M_NO_TYPE as i32,
            integer: 0,
            natural: 0,
            real: 0.0,
            link: [u16::MAX; 2],
            len: 0,
            time_kind,
            time: time.into(),
            removed: (item.content == ItemContent::Value(Value::None)).into(),
        };
        let ItemContent::Value(value) = item.content else { return none };
        let of = |t: m2m_type| m2m_lwm2m_value { r#type: t as i32, ..none };
        match value {
            Value::None => none,
            Value::String(text) => m2m_lwm2m_value { len: text.len(), ..of(m2m_type::M2M_STRING) },
            Value::Integer(integer) => m2m_lwm2m_value { integer, ..of(m2m_type::M2M_INTEGER) },
            Value::Unsigned(natural) => m2m_lwm2m_value { natural, ..of(m2m_type::M2M_UNSIGNED) },
            Value::Float(real) => m2m_lwm2m_value { real, ..of(m2m_type::M2M_FLOAT) },
            Value::Boolean(is) => {
                m2m_lwm2m_value { integer: is.into(), ..of(m2m_type::M2M_BOOLEAN) }
            }
            Value::Opaque(data) => m2m_lwm2m_value { len: data.len(), ..of(m2m_type::M2M_OPAQUE) },
            Value::Time(integer) => m2m_lwm2m_value { integer, ..of(m2m_type::M2M_TIME) },
            Value::ObjectLink(link) => {
                m2m_lwm2m_value { link: [link.object, link.instance], ..of(m2m_type::M2M_OBJLNK) }
            }
            Value::CoreLink(text) => {
                m2m_lwm2m_value { len: text.len(), ..of(m2m_type::M2M_CORELNK) }
            }
        }
    }
}

/// A value to write.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_item {
    /// Where, from the object down.
    pub path: m2m_path,
    /// Its type, one of enum m2m_type. M2M_NO_TYPE: an instance without resources, or a multiple
    /// resource without instances.
    pub r#type: i32,
    /// Of M2M_INTEGER and M2M_TIME the value; of M2M_BOOLEAN false for 0.
    pub integer: i64,
    /// Of M2M_UNSIGNED: the value.
    pub natural: u64,
    /// Of M2M_FLOAT: the value.
    pub real: f64,
    /// Of M2M_OBJLNK: object and instance.
    pub link: [u16; 2],
    /// Of M2M_STRING, M2M_CORELNK and M2M_OPAQUE: the value.
    pub data: *const u8,
    /// Its length in bytes.
    pub len: usize,
    /// When the value was so: 0 for not told, 1 if time is counted from now, 2 if it is counted from
    /// 1970-01-01T00:00:00Z. Only SenML tells it.
    pub time_kind: i32,
    /// Seconds, with a time_kind other than 0.
    pub time: m2m_number,
}

impl m2m_lwm2m_item {
    /// # Safety
    /// `data` is `NULL` or points to `len` bytes that nobody writes during `'a`.
    pub(crate) unsafe fn get<'a>(&self) -> Result<Item<'a>, m2m_result> {
        let path = self.path.get()?;
        let seconds = || self.time.get()?.ok_or(M2M_INVALID);
        let time = match self.time_kind {
            0 => None,
            1 => Some(Timestamp::Relative(seconds()?)),
            2 => Some(Timestamp::Absolute(seconds()?)),
            _ => return Err(M2M_INVALID),
        };
        // SAFETY: the same promise.
        let text = || unsafe { text(self.data.cast(), self.len) };
        let value = match self.r#type {
            0 => return Ok(Item { time, ..Item::empty(path) }),
            1 => Value::string(text()?),
            2 => Value::Integer(self.integer),
            3 => Value::Unsigned(self.natural),
            4 => Value::Float(self.real),
            5 => Value::Boolean(self.integer != 0),
            // SAFETY: the same promise.
            6 => Value::opaque(unsafe { bytes(self.data, self.len) }?),
            7 => Value::Time(self.integer),
            8 => {
                let [object, instance] = self.link;
                Value::ObjectLink(ObjectLink::new(object, instance))
            }
            9 => Value::core_link(text()?),
            _ => return Err(M2M_INVALID),
        };
        Ok(Item { time, ..Item::value(path, value) })
    }
}

/// What C's rows say.
///
/// # Safety
/// Unless it is `NULL`, `from` points to `len` rows, whose `data` is `NULL` or points to as many bytes as
/// they say. Nobody writes any of that during `'a`.
#[cfg(feature = "server")]
pub(crate) unsafe fn items<'a>(
    from: *const m2m_lwm2m_item,
    len: usize,
) -> Result<Vec<Item<'a>>, m2m_result> {
    // SAFETY: the same promise; every bit pattern is a valid row.
    let rows = unsafe { rows(from, len) }?;
    let mut items = room(rows.len())?;
    for item in rows {
        // SAFETY: the same promise.
        items.push(unsafe { item.get() }?);
    }
    Ok(items)
}

/// Writes values, from the one at `first` on, and how many those are.
#[cfg(feature = "server")]
pub(crate) fn put_values<'a, I>(
    items: impl Fn() -> Result<I, DecodeError>,
    first: usize,
    mut rows: OutRows<m2m_lwm2m_value>,
    count: Out<usize>,
) -> Outcome
where
    I: Iterator<Item = Result<Item<'a>, DecodeError>>,
{
    // All of them first: nothing is written if one is not well formed.
    let mut there = 0;
    for item in items().map_err(|_| M2M_MALFORMED)? {
        item.map_err(|_| M2M_MALFORMED)?;
        there += 1;
    }
    if there <= first {
        return Ok(M2M_NOTHING);
    }
    let mut written = 0;
    for item in items().into_iter().flatten().skip(first).take(rows.len()).flatten() {
        rows.put(written, m2m_lwm2m_value::new(&item));
        written += 1;
    }
    count.put(written);
    Ok(M2M_OK)
}

/// Copies the text or the bytes at an index.
#[cfg(feature = "server")]
pub(crate) fn put_bytes<'a>(
    mut items: impl Iterator<Item = Result<Item<'a>, DecodeError>>,
    index: usize,
    out: OutBytes<'_>,
) -> Outcome {
    match items.nth(index) {
        Some(item) => put_content(&item.map_err(|_| M2M_MALFORMED)?, out),
        None => Ok(M2M_NOTHING),
    }
}

/// Copies the text or the bytes of a value.
pub(crate) fn put_content(item: &Item<'_>, out: OutBytes<'_>) -> Outcome {
    match item.content {
        ItemContent::Value(Value::String(text) | Value::CoreLink(text)) => {
            out.put(text.len(), text.bytes(), b"\0")?;
        }
        ItemContent::Value(Value::Opaque(data)) => out.put(data.len(), data.bytes(), b"")?,
        _ => return Err(M2M_WRONG_TYPE),
    }
    Ok(M2M_OK)
}
