//! Packs and records for serde, in the form that RFC 8428 section 5 gives them in JSON.
//!
//! Integers of 64 bits are exact. Serde knows no decimal fractions: they pass through binary64,
//! which keeps 15 digits and more; one that is read becomes the decimal fraction it is written as
//! (20.1, not 20.100000000000001). In formats that people do not read, data are bytes and not
//! base64.

use crate::pack::{OwnedRecord, OwnedValue, Pack};
use crate::{Data, Number, Text, base64};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use m2m_base::decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

struct Digits(Number);

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Number::Integer(value) => serializer.serialize_i64(value),
            Number::Unsigned(value) => serializer.serialize_u64(value),
            Number::Decimal(value) => serializer.serialize_f64(value.to_f64()),
            Number::Float(value) if value.is_finite() => serializer.serialize_f64(value),
            Number::Float(_) => Err(S::Error::custom("number is not finite")),
        }
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digit;
        impl Visitor<'_> for Digit {
            type Value = Digits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Digits, E> {
                Ok(Digits(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Digits, E> {
                Ok(Digits(value.into()))
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Digits, E> {
                // A decimal has no zero with a sign.
                if value == 0.0 && value.is_sign_negative() {
                    return Ok(Digits(Number::Float(value)));
                }
                Decimal::shortest(value)
                    .and_then(|d| Number::from_decimal(d.mantissa(), d.exponent().into()))
                    .map(Digits)
                    .ok_or_else(|| E::custom("number is not finite"))
            }
        }
        deserializer.deserialize_any(Digit)
    }
}

/// Bytes: base64 where people read.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self.0);
        }
        let mut text = Vec::new();
        let written = base64::write(&mut text, self.0.iter().copied(), base64::Variant::Url);
        let text = String::from_utf8(text).ok().filter(|_| written.is_ok());
        serializer.serialize_str(&text.ok_or_else(|| S::Error::custom("out of memory"))?)
    }
}

struct OwnedBytes(Vec<u8>);

impl<'de> Deserialize<'de> for OwnedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Content;
        impl<'de> Visitor<'de> for Content {
            type Value = OwnedBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes, or text in base64")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OwnedBytes, E> {
                let data = Data::from_base64(Text::from(text));
                let data = data.ok_or_else(|| E::custom("invalid base64"))?;
                Ok(OwnedBytes(data.bytes().collect()))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<OwnedBytes, E> {
                Ok(OwnedBytes(bytes.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OwnedBytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(OwnedBytes(bytes))
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Content)
        } else {
            deserializer.deserialize_byte_buf(Content)
        }
    }
}

impl Serialize for OwnedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn put<M: SerializeMap, T: Serialize>(
            map: &mut M,
            label: &str,
            value: Option<T>,
        ) -> Result<(), M::Error> {
            value.map_or(Ok(()), |value| map.serialize_entry(label, &value))
        }
        let mut map = serializer.serialize_map(None)?;
        put(&mut map, "bn", self.base_name.as_deref())?;
        put(&mut map, "bt", self.base_time.map(Digits))?;
        put(&mut map, "bu", self.base_unit.as_deref())?;
        put(&mut map, "bv", self.base_value.map(Digits))?;
        put(&mut map, "bs", self.base_sum.map(Digits))?;
        put(&mut map, "bver", self.base_version)?;
        put(&mut map, "bct", self.base_content_format.as_deref())?;
        put(&mut map, "n", self.name.as_deref())?;
        put(&mut map, "u", self.unit.as_deref())?;
        put(&mut map, "t", self.time.map(Digits))?;
        put(&mut map, "ut", self.update_time.map(Digits))?;
        put(&mut map, "ct", self.content_format.as_deref())?;
        match &self.value {
            None => {}
            Some(OwnedValue::Number(number)) => map.serialize_entry("v", &Digits(*number))?,
            Some(OwnedValue::Text(text)) => map.serialize_entry("vs", text)?,
            Some(OwnedValue::Boolean(value)) => map.serialize_entry("vb", value)?,
            Some(OwnedValue::Data(data)) => map.serialize_entry("vd", &Bytes(data))?,
            Some(OwnedValue::ObjectLink(link)) => map.serialize_entry("vlo", link)?,
            Some(OwnedValue::Null) => map.serialize_entry("v", &())?,
        }
        put(&mut map, "s", self.sum.map(Digits))?;
        map.end()
    }
}

/// A label; of those that are not known, whether it may be passed over.
enum Key {
    Known(&'static str),
    Unknown,
    Mandatory,
}

const LABELS: [&str; 18] = [
    "bn", "bt", "bu", "bv", "bs", "bver", "bct", "n", "u", "t", "ut", "ct", "v", "vs", "vb", "vd",
    "vlo", "s",
];

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label of SenML")
            }
            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(match LABELS.iter().find(|label| **label == name) {
                    Some(label) => Key::Known(label),
                    None if name.ends_with('_') => Key::Mandatory,
                    None => Key::Unknown,
                })
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for OwnedRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = OwnedRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SenML record")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<OwnedRecord, M::Error> {
                fn put<'de, M: MapAccess<'de>, T, U: Deserialize<'de>>(
                    map: &mut M,
                    slot: &mut Option<T>,
                    label: &'static str,
                    make: impl FnOnce(U) -> T,
                ) -> Result<(), M::Error> {
                    let twice = || M::Error::duplicate_field(label);
                    let value = make(map.next_value()?);
                    slot.replace(value).map_or(Ok(()), |_| Err(twice()))
                }
                let number = |Digits(number)| number;
                let text = |text: String| text;
                let mut record = OwnedRecord::default();
                let r = &mut record;
                while let Some(key) = map.next_key()? {
                    let label = match key {
                        Key::Known(label) => label,
                        Key::Unknown => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            continue;
                        }
                        Key::Mandatory => {
                            return Err(M::Error::custom("unsupported mandatory field"));
                        }
                    };
                    let m = &mut map;
                    match label {
                        "bn" => put(m, &mut r.base_name, label, text)?,
                        "bt" => put(m, &mut r.base_time, label, number)?,
                        "bu" => put(m, &mut r.base_unit, label, text)?,
                        "bv" => put(m, &mut r.base_value, label, number)?,
                        "bs" => put(m, &mut r.base_sum, label, number)?,
                        "bver" => put(m, &mut r.base_version, label, |version: u64| version)?,
                        "bct" => put(m, &mut r.base_content_format, label, text)?,
                        "ct" => put(m, &mut r.content_format, label, text)?,
                        "n" => put(m, &mut r.name, label, text)?,
                        "u" => put(m, &mut r.unit, label, text)?,
                        "t" => put(m, &mut r.time, label, number)?,
                        "ut" => put(m, &mut r.update_time, label, number)?,
                        "s" => put(m, &mut r.sum, label, number)?,
                        // One value, whatever its label (RFC 8428 section 4.2).
                        _ if r.value.is_some() => {
                            return Err(M::Error::custom("several values in one record"));
                        }
                        "vs" => put(m, &mut r.value, label, OwnedValue::Text)?,
                        "vb" => put(m, &mut r.value, label, OwnedValue::Boolean)?,
                        "vd" => put(m, &mut r.value, label, |OwnedBytes(b)| OwnedValue::Data(b))?,
                        "vlo" => put(m, &mut r.value, label, OwnedValue::ObjectLink)?,
                        _ => put(m, &mut r.value, label, |number: Option<Digits>| {
                            number.map_or(OwnedValue::Null, |Digits(n)| OwnedValue::Number(n))
                        })?,
                    }
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl Serialize for Pack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.records)
    }
}

impl<'de> Deserialize<'de> for Pack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|records| Pack { records })
    }
}
