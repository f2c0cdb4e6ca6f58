//! CBOR (TS-0004 clause 8.5): the structure of JSON, with its short names as text keys.
//!
//! Reading is as strict as that of JSON: a member twice, a key that is no text, more than 127
//! arrays and maps in each other, a byte string, a tag, a simple value other than false, true and
//! null, and bytes behind the item are refused. Lengths may be definite or not, numbers of any
//! width. Written are definite lengths and the shortest numbers.

use super::error::{PrimitiveError, PrimitiveErrorKind};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Arrays and maps in each other, as many as in JSON.
const DEPTH: u8 = 127;

/// Reads one item that is all of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, PrimitiveError> {
    let mut decoder = Decoder::new(bytes);
    let mut duplicate = None;
    let value = item(&mut decoder, DEPTH, &mut duplicate)?;
    match duplicate {
        _ if decoder.position() != bytes.len() => Err(syntax(&decoder)),
        Some(path) => Err(super::json::twice(&value, &path)),
        None => Ok(value),
    }
}

/// Puts the name of what was just read in front of the path that was found in it.
fn inside(before: bool, twice: &mut Option<String>, name: &dyn Fn() -> String) {
    if !before && let Some(path) = twice {
        path.insert(0, '.');
        path.insert_str(0, &name());
    }
}

fn syntax(decoder: &Decoder<'_>) -> PrimitiveError {
    let offset = decoder.position().min(decoder.input().len());
    PrimitiveError::new(PrimitiveErrorKind::Syntax { offset }, "")
}

/// Reads an item. The path of the first member that occurs twice is left in `twice`, and reading
/// goes on: the request identifier may come behind it.
fn item(
    decoder: &mut Decoder<'_>,
    depth: u8,
    twice: &mut Option<String>,
) -> Result<Value, PrimitiveError> {
    let start = syntax(decoder);
    let bad = |_| start.clone();
    Ok(match decoder.datatype().map_err(bad)? {
        Type::Bool => Value::Bool(decoder.bool().map_err(bad)?),
        Type::Null => {
            decoder.null().map_err(bad)?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map_err(bad)?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().map_err(bad)?.into(),
        // Below -2^63: JSON reads such numbers as fractions.
        #[allow(clippy::cast_precision_loss, reason = "as JSON does")]
        Type::Int => float(i128::from(decoder.int().map_err(bad)?) as f64).ok_or(start)?,
        Type::F16 => float(decoder.f16().map_err(bad)?.into()).ok_or(start)?,
        Type::F32 => float(decoder.f32().map_err(bad)?.into()).ok_or(start)?,
        Type::F64 => float(decoder.f64().map_err(bad)?).ok_or(start)?,
        Type::String | Type::StringIndef => Value::String(text(decoder)?),
        Type::Array | Type::ArrayIndef => {
            let depth = depth.checked_sub(1).ok_or(start.clone())?;
            let length = decoder.array().map_err(bad)?;
            let mut elements = Vec::new();
            while more(decoder, length, elements.len())? {
                let before = twice.is_some();
                let element = item(decoder, depth, twice)?;
                inside(before, twice, &|| elements.len().to_string());
                elements.push(element);
            }
            Value::Array(elements)
        }
        Type::Map | Type::MapIndef => {
            let depth = depth.checked_sub(1).ok_or(start.clone())?;
            let length = decoder.map().map_err(bad)?;
            let mut members = Map::new();
            let mut count = 0;
            while more(decoder, length, count)? {
                count += 1;
                let name = text(decoder)?;
                let before = twice.is_some();
                let value = item(decoder, depth, twice)?;
                inside(before, twice, &|| name.clone());
                match members.entry(name) {
                    Entry::Vacant(entry) => {
                        entry.insert(value);
                    }
                    Entry::Occupied(entry) => {
                        twice.get_or_insert_with(|| entry.key().clone());
                    }
                }
            }
            Value::Object(members)
        }
        _ => return Err(start),
    })
}

/// True if there is another element; the end of one without a length is taken.
fn more(
    decoder: &mut Decoder<'_>,
    length: Option<u64>,
    count: usize,
) -> Result<bool, PrimitiveError> {
    if let Some(length) = length {
        return Ok(u64::try_from(count).is_ok_and(|count| count < length));
    }
    let end = decoder.datatype().map_err(|_| syntax(decoder))? == Type::Break;
    if end {
        decoder.set_position(decoder.position().saturating_add(1));
    }
    Ok(!end)
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, PrimitiveError> {
    let start = syntax(decoder);
    let bad = |_| start.clone();
    if decoder.datatype().map_err(bad)? == Type::String {
        return decoder.str().map(ToOwned::to_owned).map_err(bad);
    }
    let mut text = String::new();
    for part in decoder.str_iter().map_err(bad)? {
        text.push_str(part.map_err(bad)?);
    }
    Ok(text)
}

/// `None` for infinities and not-a-number, which JSON does not have.
fn float(value: f64) -> Option<Value> {
    Number::from_f64(value).map(Value::Number)
}

/// Writes a tree; `None` if it is nested deeper than a reader takes.
pub(super) fn write(value: &Value) -> Option<Vec<u8>> {
    let mut encoder = Encoder::new(Vec::new());
    put(&mut encoder, value, DEPTH)?;
    Some(encoder.into_writer())
}

fn put(encoder: &mut Encoder<Vec<u8>>, value: &Value, depth: u8) -> Option<()> {
    match value {
        Value::Null => encoder.null().ok()?,
        Value::Bool(flag) => encoder.bool(*flag).ok()?,
        Value::String(text) => encoder.str(text).ok()?,
        Value::Number(number) => return put_number(encoder, number),
        Value::Array(elements) => {
            let depth = depth.checked_sub(1)?;
            encoder.array(u64::try_from(elements.len()).ok()?).ok()?;
            return elements.iter().try_for_each(|element| put(encoder, element, depth));
        }
        Value::Object(members) => {
            let depth = depth.checked_sub(1)?;
            encoder.map(u64::try_from(members.len()).ok()?).ok()?;
            return members.iter().try_for_each(|(name, value)| {
                encoder.str(name).ok()?;
                put(encoder, value, depth)
            });
        }
    };
    Some(())
}

fn put_number(encoder: &mut Encoder<Vec<u8>>, number: &Number) -> Option<()> {
    if let Some(number) = number.as_u64() {
        encoder.u64(number).ok()?;
    } else if let Some(number) = number.as_i64() {
        encoder.i64(number).ok()?;
    } else {
        let wide = number.as_f64()?;
        #[allow(clippy::cast_possible_truncation, reason = "taken only if nothing is lost")]
        let narrow = wide as f32;
        if f64::from(narrow).to_bits() == wide.to_bits() {
            encoder.f32(narrow).ok()?;
        } else {
            encoder.f64(wide).ok()?;
        }
    }
    Some(())
}
