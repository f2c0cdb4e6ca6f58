//! Paths and values in words: `Temperature`, `Application Type of Temperature`, `21.4 Cel`.

use crate::output::printable;
use lwm2m_core::{Level, Path, Value, object};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// The resource that holds what a sensor measures (IPSO "Sensor Value").
pub(crate) const SENSOR_VALUE: u16 = 5700;
/// The resource that holds the unit of it (IPSO "Sensor Units").
pub(crate) const SENSOR_UNITS: u16 = 5701;

/// Longest value shown, in characters.
const LONGEST: usize = 60;

/// The name of an object, its number if it has none here.
pub(crate) fn object_name(id: u16) -> String {
    object::name(id).map_or_else(|| format!("object {id}"), str::to_owned)
}

/// A path in words. The value of a sensor goes by the sensor's name alone, and the first instance
/// by that of its object.
pub(crate) fn path_name(path: Path) -> String {
    let Some(id) = path.object_id() else { return "everything".to_owned() };
    let mut holder = object_name(id);
    if let Some(instance @ 1..) = path.instance_id() {
        let _ = write!(holder, " {instance}");
    }
    let Some(resource) = path.resource_id() else { return holder };
    if resource == SENSOR_VALUE && path.level() == Level::Resource {
        return holder;
    }
    let mut name = object::resource_name(id, resource)
        .map_or_else(|| format!("resource {resource}"), str::to_owned);
    if let Some(instance) = path.resource_instance_id() {
        let _ = write!(name, " {instance}");
    }
    format!("{name} of {holder}")
}

/// A value in words: numbers as short as they go, text in quotation marks.
pub(crate) fn value_text(value: &Value<'_>) -> String {
    match value {
        Value::None => "nothing".to_owned(),
        Value::String(text) | Value::CoreLink(text) => {
            format!("\"{}\"", shortened(&printable(&text.to_string())))
        }
        Value::Integer(n) | Value::Time(n) => n.to_string(),
        Value::Unsigned(n) => n.to_string(),
        Value::Float(n) => number(*n),
        Value::Boolean(b) => b.to_string(),
        Value::Opaque(data) => hex(data.bytes()),
        Value::ObjectLink(link) => format!("/{}/{}", link.object, link.instance),
    }
}

/// The unit that the definition of a resource demands, where it is worth a mention.
pub(crate) fn defined_unit(path: Path) -> &'static str {
    match (path.object_id(), path.resource_id()) {
        (Some(1), Some(1 | 2 | 3 | 5)) => "s",
        (Some(3), Some(7)) => "mV",
        (Some(3), Some(8)) => "mA",
        (Some(3), Some(9)) => "%",
        (Some(3), Some(10 | 21)) => "kB",
        (Some(4), Some(2)) => "dBm",
        _ => "",
    }
}

/// A value and its unit, if it has one.
pub(crate) fn with_unit(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {unit}") }
}

/// A floating-point number with a decimal point, so that columns of measurements look alike.
pub(crate) fn number(n: f64) -> String {
    format!("{n:?}")
}

/// A value for scripts. What JSON has no type for is text: opaque data in hexadecimal digits,
/// object links as `66:0`, numbers that are not finite as `NaN` or `inf`.
pub(crate) fn value_json(value: &Value<'_>) -> Json {
    match value {
        Value::None => Json::Null,
        Value::String(text) | Value::CoreLink(text) => json!(text.to_string()),
        Value::Integer(n) | Value::Time(n) => json!(n),
        Value::Unsigned(n) => json!(n),
        Value::Float(n) if n.is_finite() => json!(n),
        Value::Float(n) => json!(n.to_string()),
        Value::Boolean(b) => json!(b),
        Value::Opaque(data) => {
            json!(data.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Value::ObjectLink(link) => json!(format!("{}:{}", link.object, link.instance)),
    }
}

/// Bytes in hexadecimal digits, not too many.
pub(crate) fn hex(bytes: impl Iterator<Item = u8>) -> String {
    let mut out = String::from("h'");
    for (n, byte) in bytes.enumerate() {
        if n == LONGEST / 2 {
            out.push('…');
            break;
        }
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\'');
    out
}

/// Text that is cut behind so many characters as one wants to see in a line.
fn shortened(text: &str) -> String {
    shorten(text, LONGEST)
}

/// The first `most` characters of a text, and a sign if there are more.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

/// Resources that hold secrets: keys of accounts, passwords for packages and of access points, keys
/// of OSCORE and COSE, the password for MQTT.
const SECRETS: [(u16, u16); 7] = [(0, 5), (0, 8), (9, 15), (11, 6), (21, 0), (23, 2), (24, 8)];

/// True for a value that is shown to nobody.
pub(crate) fn is_secret(path: Path) -> bool {
    path.object_id().zip(path.resource_id()).is_some_and(|at| SECRETS.contains(&at))
}

/// True if something below a path may be a secret.
pub(crate) fn has_secrets(path: Path) -> bool {
    match (path.object_id(), path.resource_id()) {
        (None, _) => true,
        (Some(object), None) => SECRETS.iter().any(|at| at.0 == object),
        (Some(_), Some(_)) => is_secret(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_words() {
        for (path, words) in [
            ("/", "everything"),
            ("/3303", "Temperature"),
            ("/3303/0", "Temperature"),
            ("/3303/2", "Temperature 2"),
            ("/3303/0/5700", "Temperature"),
            ("/3303/1/5700", "Temperature 1"),
            ("/3303/0/5750", "Application Type of Temperature"),
            ("/3/0/11/0", "Error Code 0 of Device"),
            ("/32769/0/1", "resource 1 of object 32769"),
        ] {
            assert_eq!(path_name(Path::parse(path).unwrap()), words, "{path}");
        }
    }

    #[test]
    fn values_in_words_and_json() {
        for (value, words, json) in [
            (Value::Float(21.0), "21.0", "21.0"),
            (Value::Float(-0.25), "-0.25", "-0.25"),
            (Value::Float(f64::NAN), "NaN", "\"NaN\""),
            (Value::Integer(-7), "-7", "-7"),
            (Value::Boolean(true), "true", "true"),
            (Value::string("a\u{7}b"), "\"a\\u{7}b\"", "\"a\\u0007b\""),
            (Value::opaque(&[1, 255]), "h'01ff'", "\"01ff\""),
            (Value::None, "nothing", "null"),
        ] {
            assert_eq!(value_text(&value), words);
            assert_eq!(value_json(&value).to_string(), json);
        }
        let long = "x".repeat(1000);
        assert_eq!(value_text(&Value::string(&long)).chars().count(), LONGEST + 3);
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöü", 2), "äö…");
    }
}
