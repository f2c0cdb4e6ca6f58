//! Packs that own what they hold.

use crate::error::{DecodeError, DecodeErrorKind as Kind, WriteError};
use crate::record::{Base, Record, Value};
use crate::resolve::{Resolved, Resolver, Rules, VERSION};
use crate::{Format, Number, Reader, Text, Writer};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A [`Value`] that owns what it holds.
#[derive(Clone, PartialEq, Debug)]
pub enum OwnedValue {
    /// `v`
    Number(Number),
    /// `vs`
    Text(String),
    /// `vb`
    Boolean(bool),
    /// `vd`
    Data(Vec<u8>),
    /// `vlo`
    ObjectLink(String),
    /// `v` with null
    Null,
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => OwnedValue::Number(number),
            Value::Text(text) => OwnedValue::Text(text.to_string()),
            Value::Boolean(value) => OwnedValue::Boolean(value),
            Value::Data(data) => OwnedValue::Data(data.bytes().collect()),
            Value::ObjectLink(link) => OwnedValue::ObjectLink(link.to_string()),
            Value::Null => OwnedValue::Null,
        }
    }
}

impl<'a> From<&'a OwnedValue> for Value<'a> {
    fn from(value: &'a OwnedValue) -> Self {
        match value {
            OwnedValue::Number(number) => Value::Number(*number),
            OwnedValue::Text(text) => Value::Text(text.as_str().into()),
            OwnedValue::Boolean(value) => Value::Boolean(*value),
            OwnedValue::Data(data) => Value::Data(data.as_slice().into()),
            OwnedValue::ObjectLink(link) => Value::ObjectLink(link.as_str().into()),
            OwnedValue::Null => Value::Null,
        }
    }
}

/// A [`Record`] that owns what it holds. The fields mean the same.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "said at the fields of `Record`")]
pub struct OwnedRecord {
    pub base_name: Option<String>,
    pub base_time: Option<Number>,
    pub base_unit: Option<String>,
    pub base_value: Option<Number>,
    pub base_sum: Option<Number>,
    pub base_version: Option<u64>,
    pub base_content_format: Option<String>,
    pub name: Option<String>,
    pub unit: Option<String>,
    pub value: Option<OwnedValue>,
    pub sum: Option<Number>,
    pub time: Option<Number>,
    pub update_time: Option<Number>,
    pub content_format: Option<String>,
}

impl From<&Record<'_>> for OwnedRecord {
    fn from(record: &Record<'_>) -> Self {
        let owned = |text: Option<Text<'_>>| text.map(|text| text.to_string());
        let base = record.base.unwrap_or_default();
        OwnedRecord {
            base_name: owned(base.name),
            base_time: base.time,
            base_unit: owned(base.unit),
            base_value: base.value,
            base_sum: base.sum,
            base_version: base.version,
            base_content_format: owned(base.content_format),
            name: owned(record.name),
            unit: owned(record.unit),
            value: record.value.map(OwnedValue::from),
            sum: record.sum,
            time: record.time,
            update_time: record.update_time,
            content_format: owned(record.content_format),
        }
    }
}

impl<'a> From<&'a OwnedRecord> for Record<'a> {
    fn from(record: &'a OwnedRecord) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(Text::from);
        let base = Base {
            name: text(&record.base_name),
            time: record.base_time,
            unit: text(&record.base_unit),
            value: record.base_value,
            sum: record.base_sum,
            version: record.base_version,
            content_format: text(&record.base_content_format),
        };
        Record {
            base: Some(base).filter(|base| *base != Base::default()),
            name: text(&record.name),
            unit: text(&record.unit),
            value: record.value.as_ref().map(Value::from),
            sum: record.sum,
            time: record.time,
            update_time: record.update_time,
            content_format: text(&record.content_format),
        }
    }
}

/// A pack: records in their order.
///
/// One read from bytes takes at most about 150 times their memory (a pack of empty records does).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pack {
    /// The records.
    pub records: Vec<OwnedRecord>,
}

impl Pack {
    /// Reads a whole pack, which may be empty.
    ///
    /// # Errors
    /// [`DecodeError`] of the first record that is wrong.
    pub fn decode(format: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::new(format, bytes)
            .map(|record| record.map(|record| OwnedRecord::from(&record)))
            .collect()
    }

    /// Writes the pack.
    ///
    /// # Errors
    /// [`WriteError::NotFinite`], or `Full` when memory is.
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, WriteError> {
        let mut bytes = Vec::new();
        let count = u64::try_from(self.records.len()).ok();
        let mut writer = Writer::new(format, &mut bytes, count)?;
        for record in &self.records {
            writer.record(&record.into())?;
        }
        writer.finish()?;
        Ok(bytes)
    }

    /// The resolved pack (RFC 8428 section 4.6): records without base fields, with whole names and
    /// absolute times, in the order of these. `now` is in seconds since 1970.
    ///
    /// Every record gets its whole name: with a long base name, the memory is that of the base name
    /// times the number of records.
    ///
    /// # Errors
    /// As [`Resolver::resolve`]; `NumberRange` for a time that is not finite.
    pub fn resolved(&self, rules: Rules, now: Number) -> Result<Self, Kind> {
        let mut resolver = Resolver::new(rules);
        let mut records = Vec::new();
        for record in &self.records {
            if let Some(resolved) = resolver.resolve(&record.into())? {
                let time = match resolved.time {
                    Some(time) => time.at(now).ok_or(Kind::NumberRange)?,
                    None => now,
                };
                records.push(absolute(&resolved, time));
            }
        }
        records.sort_by(|a: &OwnedRecord, b| match (a.time, b.time) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        });
        Ok(Pack { records })
    }
}

fn absolute(resolved: &Resolved<'_>, time: Number) -> OwnedRecord {
    OwnedRecord {
        name: Some(resolved.name.to_string()),
        unit: resolved.unit.map(|unit| unit.to_string()),
        value: resolved.value.map(OwnedValue::from),
        sum: resolved.sum,
        time: Some(time),
        update_time: resolved.update_time,
        content_format: resolved.content_format.map(|format| format.to_string()),
        base_version: Some(resolved.version).filter(|version| *version != VERSION),
        ..OwnedRecord::default()
    }
}

impl FromIterator<OwnedRecord> for Pack {
    fn from_iter<I: IntoIterator<Item = OwnedRecord>>(records: I) -> Self {
        Pack { records: records.into_iter().collect() }
    }
}
