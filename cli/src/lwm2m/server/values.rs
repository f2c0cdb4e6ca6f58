//! Values as JSON, typed by the object model.
//!
//! | type | in JSON |
//! |---|---|
//! | string, corelnk | a string |
//! | integer, unsigned | a number, exact to the last of 64 bits |
//! | float | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | boolean | `true`, `false` |
//! | opaque | a string in base64 (RFC 4648 section 4) |
//! | time | a string as RFC 3339 has it, in UTC; outside the years 0 to 9999 a number of seconds |
//! | objlnk | a string such as `"66:0"` |
//!
//! When written, a time may also be a number of seconds since 1970. Where the model does not know
//! a resource, its value goes by what it looks like, or `{"type": "opaque", "value": "AQI="}` says
//! what it is.

use crate::clock::rfc3339;
use lwm2m_core::format::{Item, Timestamp};
use lwm2m_core::{Data, DataType, ObjectLink, Path, Text, Value, object};
use m2m_base::decimal::Number;
use senml::base64::{self, Variant};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;
/// The first second of the year 0.
const FIRST: i64 = -62_167_219_200;
/// Seconds of 400 years.
const ERA: i64 = 146_097 * 86_400;

/// Types and their names.
const TYPES: [(DataType, &str); 10] = [
    (DataType::String, "string"),
    (DataType::Integer, "integer"),
    (DataType::Unsigned, "unsigned"),
    (DataType::Float, "float"),
    (DataType::Boolean, "boolean"),
    (DataType::Opaque, "opaque"),
    (DataType::Time, "time"),
    (DataType::ObjectLink, "objlnk"),
    (DataType::CoreLink, "corelnk"),
    (DataType::None, "none"),
];

/// The name of a type.
pub(super) fn type_name(ty: DataType) -> &'static str {
    TYPES.iter().find(|row| row.0 == ty).map_or("none", |row| row.1)
}

/// The type of a name.
pub(super) fn type_named(name: &str) -> Option<DataType> {
    TYPES.iter().find(|row| row.1 == name).map(|row| row.0)
}

/// Bytes in base64.
pub(super) fn base64_of(bytes: impl Iterator<Item = u8>) -> String {
    let mut text = Vec::new();
    // A vector has room for all of it.
    let _ = base64::write(&mut text, bytes, Variant::Standard);
    String::from_utf8(text).unwrap_or_default()
}

/// Bytes of base64.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    Data::from_base64(Text::from(text)).map(|data| data.bytes().collect())
}

/// Seconds since 1970 as text, if the year has four digits.
pub(super) fn time_text(seconds: i64) -> Option<String> {
    if !(FIRST..=LAST).contains(&seconds) {
        return None;
    }
    // Of five eras later, so that it is not negative.
    let later = u64::try_from(seconds + 5 * ERA).ok()?;
    let text = rfc3339(later, 0);
    let (year, rest) = text.split_once('-')?;
    let year = year.parse::<u32>().ok()?.checked_sub(2000)?;
    Some(format!("{year:04}-{}", rest.replace(".000Z", "Z")))
}

/// Seconds since 1970 of an RFC 3339 text; a fraction is cut off.
fn time_of(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let sign = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|b| wanted.contains(b));
    if !(sign(4, b"-") && sign(7, b"-") && sign(10, b"Tt ") && sign(13, b":") && sign(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return None;
        }
    }
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let at = text.len().checked_sub(6)?;
            if rest.len() != 6 || !sign(at, b"+-") || !sign(at + 3, b":") {
                return None;
            }
            let (hours, minutes) = (number(at + 1..at + 3)?, number(at + 4..at + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if sign(at, b"-") { -seconds } else { seconds }
        }
    };
    // Years begin in March, so that the leap day is the last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day
            - 1
            - 719_468;
    Some(day * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// A value as JSON.
pub(in crate::lwm2m) fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::None => Json::Null,
        Value::String(text) | Value::CoreLink(text) => json!(text.to_string()),
        Value::Integer(n) => json!(n),
        Value::Unsigned(n) => json!(n),
        Value::Float(n) if n.is_finite() => json!(n),
        Value::Float(n) if n.is_nan() => json!("NaN"),
        Value::Float(n) => json!(if *n > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Boolean(b) => json!(b),
        Value::Opaque(data) => json!(base64_of(data.bytes())),
        Value::Time(n) => time_text(*n).map_or_else(|| json!(n), Json::from),
        Value::ObjectLink(link) => json!(format!("{}:{}", link.object, link.instance)),
    }
}

/// A number of seconds as JSON.
fn seconds(number: Number) -> Json {
    match number.to_i64() {
        Some(whole) => json!(whole),
        None => json!(number.to_f64()),
    }
}

/// An item as JSON: path, name, type, value, and its time if it has one.
pub(super) fn item_json(item: &Item<'_>) -> Json {
    let mut members = Map::new();
    members.insert("path".into(), json!(item.path.to_string()));
    let name = item.path.object_id().zip(item.path.resource_id());
    if let Some(name) = name.and_then(|(o, r)| object::resource_name(o, r)) {
        members.insert("name".into(), json!(name));
    }
    if let lwm2m_core::format::ItemContent::Value(value) = &item.content {
        members.insert("type".into(), json!(type_name(value.data_type())));
        members.insert("value".into(), to_json(value));
    }
    match item.time {
        Some(Timestamp::Absolute(at)) => {
            members.insert("time".into(), seconds(at));
        }
        Some(Timestamp::Relative(ago)) => {
            members.insert("relative_time".into(), seconds(ago));
        }
        None => {}
    }
    Json::Object(members)
}

/// A value that came as JSON.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::lwm2m) enum Owned {
    Text(String),
    Links(String),
    Bytes(Vec<u8>),
    Plain(Value<'static>),
}

impl Owned {
    /// The value.
    pub(in crate::lwm2m) fn value(&self) -> Value<'_> {
        match self {
            Owned::Text(text) => Value::string(text),
            Owned::Links(text) => Value::core_link(text),
            Owned::Bytes(bytes) => Value::opaque(bytes),
            Owned::Plain(value) => *value,
        }
    }

    /// Reads JSON as a value of a type, or as what it looks like. The error is in words.
    pub(in crate::lwm2m) fn read(json: &Json, ty: Option<DataType>) -> Result<Owned, String> {
        if let Json::Object(members) = json {
            let name =
                members.get("type").and_then(Json::as_str).ok_or("an object needs a type")?;
            let ty = type_named(name).ok_or_else(|| format!("there is no type {name:?}"))?;
            let value = members.get("value").filter(|value| !value.is_object());
            return Owned::read(value.ok_or("an object with a type needs a value")?, Some(ty));
        }
        let Some(ty) = ty else { return Owned::guess(json) };
        let plain = |value: Option<Value<'static>>| value.map(Owned::Plain);
        let text = json.as_str();
        let read = match ty {
            DataType::String => text.map(|text| Owned::Text(text.to_owned())),
            DataType::CoreLink => text.map(|text| Owned::Links(text.to_owned())),
            DataType::Opaque => text.and_then(from_base64).map(Owned::Bytes),
            DataType::Integer => plain(json.as_i64().map(Value::Integer)),
            DataType::Unsigned => plain(json.as_u64().map(Value::Unsigned)),
            DataType::Boolean => plain(json.as_bool().map(Value::Boolean)),
            DataType::Float => plain(match text {
                Some("NaN") => Some(Value::Float(f64::NAN)),
                Some("Infinity") => Some(Value::Float(f64::INFINITY)),
                Some("-Infinity") => Some(Value::Float(f64::NEG_INFINITY)),
                _ => json.as_f64().map(Value::Float),
            }),
            DataType::Time => plain(json.as_i64().or(text.and_then(time_of)).map(Value::Time)),
            DataType::ObjectLink => {
                let link = text.and_then(|text| ObjectLink::parse(text.as_bytes()));
                plain(link.map(Value::ObjectLink))
            }
            DataType::None => return Err("it is executed, and has no value".to_owned()),
        };
        read.ok_or_else(|| {
            let hint = match ty {
                DataType::Opaque => " (base64)",
                DataType::Time => " (RFC 3339, or seconds since 1970)",
                DataType::ObjectLink => " (such as \"66:0\")",
                _ => "",
            };
            // Without the value itself, which may be a key.
            format!("it takes a value of type {}{hint}", type_name(ty))
        })
    }

    fn guess(json: &Json) -> Result<Owned, String> {
        Ok(match json {
            Json::String(text) => Owned::Text(text.clone()),
            Json::Bool(b) => Owned::Plain(Value::Boolean(*b)),
            Json::Number(n) => Owned::Plain(match (n.as_i64(), n.as_u64()) {
                (Some(n), _) => Value::Integer(n),
                (None, Some(n)) => Value::Unsigned(n),
                (None, None) => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
            }),
            other => return Err(format!("{other} is no value")),
        })
    }
}

/// Values by their paths, in the order that payloads want.
pub(in crate::lwm2m) type Values = BTreeMap<Path, Owned>;

/// Reads `{"value": X}` for what is at `base` itself, or `{"values": {"5700": X, "7/0": X}}` for
/// what is below: names are paths from `base` on, or whole ones with a slash before; an object
/// holds what is below its own path. The error is in words.
pub(in crate::lwm2m) fn read_values(
    json: &Json,
    base: Path,
    type_of: &dyn Fn(Path) -> Option<DataType>,
) -> Result<Values, String> {
    let mut values = Values::new();
    match (json.get("value"), json.get("values")) {
        (Some(value), None) => {
            values.insert(base, Owned::read(value, type_of(base))?);
        }
        (None, Some(Json::Object(members))) => below(members, base, type_of, &mut values)?,
        _ => return Err("it takes {\"value\": ...} or {\"values\": {...}}".to_owned()),
    }
    Ok(values)
}

fn below(
    members: &Map<String, Json>,
    base: Path,
    type_of: &dyn Fn(Path) -> Option<DataType>,
    values: &mut Values,
) -> Result<(), String> {
    for (name, value) in members {
        let path = match name.starts_with('/') {
            true => Path::parse(name).ok().filter(|path| path.starts_with(base)),
            false => relative(base, name),
        };
        let path = path.ok_or_else(|| format!("{name:?} is no path below {base}"))?;
        match value {
            // Paths have four levels, so this goes no deeper.
            Json::Object(inner) if !inner.contains_key("type") => {
                below(inner, path, type_of, values)?;
            }
            _ => {
                let read = Owned::read(value, type_of(path));
                values.insert(path, read.map_err(|words| format!("{path}: {words}"))?);
            }
        }
    }
    Ok(())
}

fn relative(base: Path, name: &str) -> Option<Path> {
    name.split('/').try_fold(base, |path, id| {
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        path.child(id.parse().ok().filter(|_| plain)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_json() {
        for (value, text) in [
            (Value::string("a\"ä"), "\"a\\\"ä\""),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Integer(9_007_199_254_740_993), "9007199254740993"),
            (Value::Unsigned(u64::MAX), "18446744073709551615"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(f64::INFINITY), "\"Infinity\""),
            (Value::Boolean(true), "true"),
            (Value::opaque(&[0, 255, 16]), "\"AP8Q\""),
            (Value::Time(0), "\"1970-01-01T00:00:00Z\""),
            (Value::Time(-1), "\"1969-12-31T23:59:59Z\""),
            (Value::Time(FIRST), "\"0000-01-01T00:00:00Z\""),
            (Value::Time(LAST), "\"9999-12-31T23:59:59Z\""),
            (Value::Time(LAST + 1), "253402300800"),
            (Value::Time(i64::MIN), "-9223372036854775808"),
            (Value::ObjectLink(ObjectLink::new(66, 0)), "\"66:0\""),
            (Value::core_link("</3>"), "\"</3>\""),
        ] {
            let json = to_json(&value);
            assert_eq!(json.to_string(), text);
            let parsed: Json = serde_json::from_str(text).unwrap();
            let back = Owned::read(&parsed, Some(value.data_type())).unwrap();
            assert_eq!(to_json(&back.value()), json);
            assert_eq!(back.value().data_type(), value.data_type());
        }
    }

    #[test]
    fn times_of_rfc_3339() {
        for (text, seconds) in [
            ("2026-11-21T11:22:33Z", Some(1_795_260_153)),
            ("2026-11-21T11:22:33.999Z", Some(1_795_260_153)),
            ("2026-11-21T13:22:33+02:00", Some(1_795_260_153)),
            ("2026-11-21t09:22:33-02:00", Some(1_795_260_153)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("1900-02-29T00:00:00Z", None),
            ("2026-11-21", None),
            ("2026-11-21T11:22:33", None),
            ("2026-11-21T11:22:33.Z", None),
            ("2026-11-21T24:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-21T11:22:33+2:00", None),
            ("2026-11-21T11:22:33Zx", None),
            ("äöü-11-21T11:22:33Z", None),
        ] {
            assert_eq!(time_of(text), seconds, "{text}");
            if let Some(seconds) = seconds {
                assert_eq!(time_of(&time_text(seconds).unwrap()), Some(seconds));
            }
        }
    }

    #[test]
    fn values_below_a_path() {
        let path = |text| Path::parse(text).unwrap();
        let types = |path: Path| match path.resource_id() {
            Some(1) => Some(DataType::Integer),
            Some(5) => Some(DataType::Opaque),
            _ => None,
        };
        let json = json!({"values": {
            "5": "AQ==", "1": 60, "7": {"0": 3300, "1": 5.5}, "/1/0/8/2": true,
            "9": {"type": "time", "value": 7}
        }});
        let values = read_values(&json, path("/1/0"), &types).unwrap();
        let all: Vec<(String, Json)> =
            values.iter().map(|(path, v)| (path.to_string(), to_json(&v.value()))).collect();
        let expected = [
            ("/1/0/1", json!(60)),
            ("/1/0/5", json!("AQ==")),
            ("/1/0/7/0", json!(3300)),
            ("/1/0/7/1", json!(5.5)),
            ("/1/0/8/2", json!(true)),
            ("/1/0/9", json!("1970-01-01T00:00:07Z")),
        ];
        assert_eq!(all, expected.map(|(path, value)| (path.to_owned(), value)));
        for (json, words) in [
            (json!({}), "value"),
            (json!([1]), "value"),
            (json!({"values": {"1": "x"}}), "/1/0/1: it takes a value of type integer"),
            (json!({"values": {"1": 1.5}}), "integer"),
            (json!({"values": {"5": "?"}}), "base64"),
            (json!({"values": {"/3/0/1": 1}}), "no path below /1/0"),
            (json!({"values": {"x": 1}}), "no path"),
            (json!({"values": {"+1": 1}}), "no path"),
            (json!({"values": {"1": {"0": {"0": {"0": 1}}}}}), "no path"),
            (json!({"values": {"2": null}}), "no value"),
            (json!({"values": {"2": {"type": "colour", "value": 1}}}), "colour"),
        ] {
            let error = read_values(&json, path("/1/0"), &types).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
