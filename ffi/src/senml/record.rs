//! What a record says, as C reads and writes it.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use ::senml::{Base, Content, Format, Record, Resolved, Rules, Text, Time, Value};

use crate::borrow::{Growing, bytes, sized, string};
use crate::number::m2m_number;
use crate::result::m2m_result::{self, M2M_INVALID};

/// How a pack is encoded (RFC 8428 sections 5 to 7).
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_format {
    /// application/senml+json, in CoAP 110.
    M2M_SENML_JSON = 110,
    /// application/senml+cbor, in CoAP 112.
    M2M_SENML_CBOR = 112,
    /// application/senml+xml, in CoAP 310. M2M_INVALID in a library without it.
    M2M_SENML_XML = 310,
}

/// What is done with the base fields of a pack, and what its names and values must be. The bits of features that the
/// program understands may be added (M2M_SENML_SECONDARY_UNITS): a pack that needs others is refused.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_rules {
    /// Records are given as they were sent: base fields are members of their own, nothing is
    /// checked but the encoding.
    M2M_SENML_AS_SENT = 0,
    /// Measurements by RFC 8428: records say everything themselves (section 4.6).
    M2M_SENML_RFC8428 = 1,
    /// Values of LwM2M resources: names are paths, a time with a base time is absolute.
    M2M_SENML_LWM2M = 2,
    /// What is to be read (RFC 8790 section 3.1): names without values.
    M2M_SENML_FETCH = 3,
    /// What is to be changed (RFC 8790 section 3.2): M2M_SENML_NULL removes.
    M2M_SENML_PATCH = 4,
}

/// Units such as ms and km/h (RFC 8798) may be in packs whose version says so (bver 26, RFC 9100): a number that is added
/// to one of enum m2m_senml_rules. m2m_senml_convert() converts them.
pub const M2M_SENML_SECONDARY_UNITS: i32 = 16;

/// Which value a record has.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_value {
    /// None: there is a sum, or the pack says what is to be read.
    M2M_SENML_NO_VALUE = 0,
    /// A number (v).
    M2M_SENML_NUMBER = 1,
    /// Text (vs).
    M2M_SENML_TEXT = 2,
    /// True or false (vb).
    M2M_SENML_BOOLEAN = 3,
    /// Bytes (vd).
    M2M_SENML_DATA = 4,
    /// A link to an object instance as text, such as 66:0 (vlo, LwM2M).
    M2M_SENML_OBJLNK = 5,
    /// Null in the place of a number (v): removes, in a patch.
    M2M_SENML_NULL = 6,
}

/// What a time is counted from.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_time {
    /// There is no time: the value is of now.
    M2M_SENML_NOW = 0,
    /// Seconds from now, negative in the past.
    M2M_SENML_RELATIVE = 1,
    /// Seconds since 1970-01-01T00:00:00Z.
    M2M_SENML_ABSOLUTE = 2,
    /// Seconds as they were sent, of a record as it was sent.
    M2M_SENML_TIME_AS_SENT = 3,
}

use m2m_senml_time::*;
use m2m_senml_value::*;

pub(super) fn format(number: i32) -> Result<Format, m2m_result> {
    match number {
        110 => Ok(Format::Json),
        112 => Ok(Format::Cbor),
        #[cfg(feature = "senml-xml")]
        310 => Ok(Format::Xml),
        _ => Err(M2M_INVALID),
    }
}

/// The rules; `None` for records as they were sent.
pub(super) fn rules(number: i32) -> Result<Option<Rules>, m2m_result> {
    // Features have the bits in their codes' places, and those below are in every version (RFC 9100).
    let features = u64::try_from(number & !0xF).map_err(|_| M2M_INVALID)?;
    let rules = match number & 0xF {
        0 => return Ok(None),
        1 => Rules::RFC8428,
        2 => Rules::LWM2M,
        3 => Rules::RFC8428.with_content(Content::Fetch),
        4 => Rules::RFC8428.with_content(Content::Patch),
        _ => return Err(M2M_INVALID),
    };
    Ok(Some(Rules { version: rules.version | features, ..rules }))
}

/// A record that was read. Its name and other texts, and its data, are copied by
/// m2m_senml_reader_text() and m2m_senml_reader_data() until the next one is read. Numbers that it
/// does not have are of kind M2M_NO_NUMBER.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct m2m_senml_item {
    /// Which value it has: one of enum m2m_senml_value.
    pub kind: i32,
    /// What its time is counted from: one of enum m2m_senml_time.
    pub time_kind: i32,
    /// Of M2M_SENML_NUMBER: the value, base value included.
    pub number: m2m_number,
    /// Of M2M_SENML_BOOLEAN: 0 or 1.
    pub boolean: i32,
    /// The time in seconds, base time included.
    pub time: m2m_number,
    /// The sum of the values over time (s), base sum included.
    pub sum: m2m_number,
    /// Seconds until the next record of this name comes, at most (ut).
    pub update_time: m2m_number,
    /// As it was sent: base time (bt).
    pub base_time: m2m_number,
    /// As it was sent: base value (bv).
    pub base_value: m2m_number,
    /// As it was sent: base sum (bs).
    pub base_sum: m2m_number,
    /// The version of the pack (bver), 10 unless it says another; as it was sent 0 if there is none.
    pub version: u64,
}

impl m2m_senml_item {
    const NONE: Self = m2m_senml_item {
        kind: M2M_SENML_NO_VALUE as i32,
        time_kind: M2M_SENML_NOW as i32,
        number: m2m_number::NONE,
        boolean: 0,
        time: m2m_number::NONE,
        sum: m2m_number::NONE,
        update_time: m2m_number::NONE,
        base_time: m2m_number::NONE,
        base_value: m2m_number::NONE,
        base_sum: m2m_number::NONE,
        version: 0,
    };

    fn with_value(self, value: Option<Value<'_>>) -> Self {
        let kind = match value {
            None => M2M_SENML_NO_VALUE,
            Some(Value::Number(_)) => M2M_SENML_NUMBER,
            Some(Value::Text(_)) => M2M_SENML_TEXT,
            Some(Value::Boolean(_)) => M2M_SENML_BOOLEAN,
            Some(Value::Data(_)) => M2M_SENML_DATA,
            Some(Value::ObjectLink(_)) => M2M_SENML_OBJLNK,
            Some(Value::Null) => M2M_SENML_NULL,
        };
        let number = if let Some(Value::Number(number)) = value { Some(number) } else { None };
        m2m_senml_item {
            kind: kind as i32,
            number: number.into(),
            boolean: i32::from(value == Some(Value::Boolean(true))),
            ..self
        }
    }

    pub(super) fn resolved(record: &Resolved<'_>) -> Self {
        let (time_kind, time) = match record.time {
            None => (M2M_SENML_NOW, None),
            Some(Time::Relative(span)) => (M2M_SENML_RELATIVE, Some(span)),
            Some(Time::Absolute(time)) => (M2M_SENML_ABSOLUTE, Some(time)),
        };
        m2m_senml_item {
            time_kind: time_kind as i32,
            time: time.into(),
            sum: record.sum.into(),
            update_time: record.update_time.into(),
            version: record.version,
            ..m2m_senml_item::NONE.with_value(record.value)
        }
    }

    pub(super) fn as_sent(record: &Record<'_>) -> Self {
        let base = record.base.unwrap_or_default();
        let time_kind = if record.time.is_some() { M2M_SENML_TIME_AS_SENT } else { M2M_SENML_NOW };
        m2m_senml_item {
            time_kind: time_kind as i32,
            time: record.time.into(),
            sum: record.sum.into(),
            update_time: record.update_time.into(),
            base_time: base.time.into(),
            base_value: base.value.into(),
            base_sum: base.sum.into(),
            version: base.version.unwrap_or(0),
            ..m2m_senml_item::NONE.with_value(record.value)
        }
    }
}

/// A record to write. Set all to zero first, then struct_size to the size of this structure, then
/// what the record has: texts that are NULL, numbers of kind M2M_NO_NUMBER and a version of 0 are not
/// written. Base fields count from this record on.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_senml_record {
    /// Size of this structure.
    pub struct_size: usize,
    /// Base name (bn), put in front of the names.
    pub base_name: *const c_char,
    /// Base unit (bu).
    pub base_unit: *const c_char,
    /// Base content format (bct).
    pub base_content_format: *const c_char,
    /// Base time (bt), in seconds.
    pub base_time: m2m_number,
    /// Base value (bv).
    pub base_value: m2m_number,
    /// Base sum (bs).
    pub base_sum: m2m_number,
    /// Version (bver).
    pub base_version: u64,
    /// Name (n), behind the base name.
    pub name: *const c_char,
    /// Unit (u): Cel, %RH, m/s.
    pub unit: *const c_char,
    /// Content format of the data (ct, RFC 9193).
    pub content_format: *const c_char,
    /// Time (t) in seconds, added to the base time.
    pub time: m2m_number,
    /// Update time (ut).
    pub update_time: m2m_number,
    /// Sum (s).
    pub sum: m2m_number,
    /// Which value it has: one of enum m2m_senml_value.
    pub kind: i32,
    /// Of M2M_SENML_BOOLEAN: false for 0, true for any other number.
    pub boolean: i32,
    /// Of M2M_SENML_NUMBER: the value.
    pub number: m2m_number,
    /// Of M2M_SENML_TEXT and M2M_SENML_OBJLNK: the value.
    pub text: *const c_char,
    /// Of M2M_SENML_DATA: the value.
    pub data: *const u8,
    /// Its length in bytes.
    pub data_len: usize,
}

const LEAST: usize = size_of::<m2m_senml_record>();

// SAFETY: repr(C), the size comes first, and the rest are numbers and pointers.
unsafe impl Growing for m2m_senml_record {}

impl m2m_senml_record {
    const NONE: Self = m2m_senml_record {
        struct_size: LEAST,
        base_name: ptr::null(),
        base_unit: ptr::null(),
        base_content_format: ptr::null(),
        base_time: m2m_number::NONE,
        base_value: m2m_number::NONE,
        base_sum: m2m_number::NONE,
        base_version: 0,
        name: ptr::null(),
        unit: ptr::null(),
        content_format: ptr::null(),
        time: m2m_number::NONE,
        update_time: m2m_number::NONE,
        sum: m2m_number::NONE,
        kind: M2M_SENML_NO_VALUE as i32,
        boolean: 0,
        number: m2m_number::NONE,
        text: ptr::null(),
        data: ptr::null(),
        data_len: 0,
    };

    /// C's structure.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::NONE) }
    }

    /// The record.
    ///
    /// # Safety
    /// The strings are `NULL` or NUL-terminated, and the data are as long as they say; nobody
    /// writes them during `'a`.
    pub(super) unsafe fn get<'a>(self) -> Result<Record<'a>, m2m_result> {
        // SAFETY: the same promise.
        let text = |text: *const c_char| unsafe { some_text(text) };
        let value = match self.kind {
            0 => None,
            1 => Some(Value::Number(self.number.get()?.ok_or(M2M_INVALID)?)),
            2 => Some(Value::Text(text(self.text)?.unwrap_or_default())),
            3 => Some(Value::Boolean(self.boolean != 0)),
            // SAFETY: the same promise.
            4 => Some(Value::from(unsafe { bytes(self.data, self.data_len) }?)),
            5 => Some(Value::ObjectLink(text(self.text)?.unwrap_or_default())),
            6 => Some(Value::Null),
            _ => return Err(M2M_INVALID),
        };
        let base = Base {
            name: text(self.base_name)?,
            time: self.base_time.get()?,
            unit: text(self.base_unit)?,
            value: self.base_value.get()?,
            sum: self.base_sum.get()?,
            version: (self.base_version != 0).then_some(self.base_version),
            content_format: text(self.base_content_format)?,
        };
        Ok(Record {
            base: (base != Base::default()).then_some(base),
            name: text(self.name)?,
            unit: text(self.unit)?,
            value,
            sum: self.sum.get()?,
            time: self.time.get()?,
            update_time: self.update_time.get()?,
            content_format: text(self.content_format)?,
        })
    }
}

/// # Safety
/// `text` is `NULL` or a NUL-terminated string that nobody writes during `'a`.
unsafe fn some_text<'a>(text: *const c_char) -> Result<Option<Text<'a>>, m2m_result> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the same promise.
    unsafe { string(text) }.map(|text| Some(text.into()))
}
