//! From items to old JSON.

use m2m_base::Sink;
use m2m_base::decimal::{Number, Style, WriteNumberError};
use senml::base64::{self, Variant};
use senml::json::write_string;
use senml::{Text, Time};

use crate::error::WriteError;
use crate::format::source::Source;
use crate::format::{ItemContent, Target};
use crate::path::{Level, Path, PathText};
use crate::value::Value;

fn number(number: Number, sink: &mut dyn Sink) -> Result<(), WriteError> {
    number.write(sink, Style::Compact).map_err(|error| match error {
        WriteNumberError::Full => WriteError::Full,
        WriteNumberError::NotFinite => WriteError::NotExpressible,
    })
}

fn value(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let label = match value {
        Value::Integer(_) | Value::Time(_) | Value::Unsigned(_) | Value::Float(_) => "v",
        Value::String(_) | Value::CoreLink(_) | Value::Opaque(_) => "sv",
        Value::Boolean(_) => "bv",
        Value::ObjectLink(_) => "ov",
        Value::None => return Err(WriteError::NotExpressible),
    };
    sink.put_u8(b'"')?;
    sink.put(label.as_bytes())?;
    sink.put(b"\":")?;
    match value {
        Value::Integer(n) | Value::Time(n) => number(Number::Integer(*n), sink),
        Value::Unsigned(n) => number(Number::Unsigned(*n), sink),
        Value::Float(n) => number(Number::Float(*n), sink),
        Value::String(text) | Value::CoreLink(text) => Ok(write_string(sink, text)?),
        Value::Boolean(b) => Ok(sink.put(if *b { b"true" } else { b"false" })?),
        Value::Opaque(data) => {
            sink.put_u8(b'"')?;
            base64::write(sink, data.bytes(), Variant::Standard)?;
            Ok(sink.put_u8(b'"')?)
        }
        Value::ObjectLink(link) => {
            sink.put_u8(b'"')?;
            link.write(sink)?;
            Ok(sink.put_u8(b'"')?)
        }
        Value::None => Err(WriteError::NotExpressible),
    }
}

/// Writes an entry for each value, the path of the target as base name. Empty containers have none;
/// times are told without a base time.
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    sink.put(b"{\"bn\":\"")?;
    target.path.write(sink)?;
    // A name has digits at both ends, and a single resource none at all.
    let open = target.path != Path::ROOT && target.path.level() < Level::ResourceInstance;
    let mut first = true;
    while let Some(item) = items.take_next() {
        let ItemContent::Value(content) = &item.content else { continue };
        // A name for an instance that has no ID yet is a thing of 1.2.
        let unassigned = item.path.instance_id() == Some(Path::UNASSIGNED);
        let below = item.path.starts_with(target.path) && item.path.level() >= Level::Resource;
        if unassigned || !below {
            return Err(WriteError::NotExpressible);
        }
        let start: &[u8] = match core::mem::take(&mut first) {
            true if open && item.path != target.path => b"/\",\"e\":[{\"n\":",
            true => b"\",\"e\":[{\"n\":",
            false => b",{\"n\":",
        };
        sink.put(start)?;
        let name = PathText::below(item.path, target.path.level());
        write_string(sink, &Text::from(name.as_str().get(1..).unwrap_or("")))?;
        sink.put_u8(b',')?;
        if let Some(Time::Relative(time) | Time::Absolute(time)) = item.time {
            sink.put(b"\"t\":")?;
            number(time, sink)?;
            sink.put_u8(b',')?;
        }
        value(content, sink)?;
        sink.put_u8(b'}')?;
    }
    if first {
        sink.put(b"\",\"e\":[")?;
    }
    Ok(sink.put(b"]}")?)
}
