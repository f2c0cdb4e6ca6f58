//! JSON text to values, refusing what `serde_json` alone would let pass: a member that occurs
//! twice, of which it silently keeps the last.

use super::error::{Expected, PrimitiveError, PrimitiveErrorKind};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Reads a value whose objects have every member once. The path of the first one that occurs twice
/// is left in the cell, and reading goes on: the request identifier may come behind it.
#[derive(Clone, Copy)]
struct Unique<'c>(&'c RefCell<Option<String>>);

impl Unique<'_> {
    fn found(self) -> bool {
        self.0.borrow().is_some()
    }

    /// Puts the name of what was just read in front of the path that was found in it.
    fn inside(self, before: bool, name: &dyn Fn() -> String) {
        if !before && let Some(path) = &mut *self.0.borrow_mut() {
            path.insert(0, '.');
            path.insert_str(0, &name());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        loop {
            let before = self.found();
            let Some(element) = seq.next_element_seed(self)? else { break };
            self.inside(before, &|| elements.len().to_string());
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let before = self.found();
            let value = map.next_value_seed(self)?;
            self.inside(before, &|| name.clone());
            match members.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    self.0.borrow_mut().get_or_insert_with(|| entry.key().clone());
                }
            }
        }
        Ok(Value::Object(members))
    }
}

/// Reads JSON text.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, PrimitiveError> {
    let duplicate = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Unique(&duplicate)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|e| {
        let offset = offset(bytes, e.line(), e.column());
        PrimitiveError::new(PrimitiveErrorKind::Syntax { offset }, "")
    })?;
    match duplicate.take() {
        None => Ok(value),
        Some(path) => Err(twice(&value, &path)),
    }
}

/// The error about a member that occurs twice. `path` may begin with the root element of a
/// primitive, which is no parameter.
pub(super) fn twice(whole: &Value, path: &str) -> PrimitiveError {
    let roots = ["m2m:rqp", "m2m:rsp"];
    let inner = roots.iter().find_map(|root| whole.get(root));
    let below = roots.iter().find_map(|root| path.strip_prefix(root)?.strip_prefix('.'));
    let identifier = inner.unwrap_or(whole).get("rqi").and_then(Value::as_str);
    PrimitiveError {
        request_identifier: identifier.map(ToOwned::to_owned),
        ..PrimitiveError::new(PrimitiveErrorKind::Duplicate, below.unwrap_or(path))
    }
}

/// The offset of a line and column, both counted from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len())
}

/// The members of a primitive, taken out of `root` if that is its only member.
pub(super) fn members(value: Value, root: &str) -> Result<Map<String, Value>, PrimitiveError> {
    let mut members = match value {
        Value::Object(members) => members,
        _ => {
            let kind = PrimitiveErrorKind::WrongType(Expected::Object);
            return Err(PrimitiveError::new(kind, ""));
        }
    };
    if members.len() != 1 {
        return Ok(members);
    }
    match members.remove(root) {
        Some(Value::Object(inner)) => Ok(inner),
        Some(_) => {
            let kind = PrimitiveErrorKind::WrongType(Expected::Object);
            Err(PrimitiveError::new(kind, root))
        }
        None => Ok(members),
    }
}
