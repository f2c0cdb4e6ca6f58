//! Types and values of resources (Core appendix C).

#[cfg(any(feature = "cbor", feature = "senml-json", feature = "senml-cbor"))]
use m2m_base::SliceSink;
use m2m_base::decimal::write_u64;
use m2m_base::{Full, Sink};
pub use senml::{Data, Text};

use crate::path::parse_id;

/// The type of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum DataType {
    /// UTF-8 text.
    String,
    /// A signed integer of at most 64 bits.
    Integer,
    /// An unsigned integer of at most 64 bits (since LwM2M 1.1).
    Unsigned,
    /// A number of IEEE 754, 32 or 64 bits.
    Float,
    /// True or false.
    Boolean,
    /// Bytes.
    Opaque,
    /// Seconds since 1970-01-01T00:00:00Z, signed.
    Time,
    /// The ID of an object and of one of its instances.
    ObjectLink,
    /// A list of links in the CoRE Link Format (since LwM2M 1.1).
    CoreLink,
    /// No value: the resource is executed.
    None,
}

/// Refers to an object instance (Core appendix C, `Objlnk`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectLink {
    /// Object ID.
    pub object: u16,
    /// Object instance ID; 65535 means the object as such.
    pub instance: u16,
}

impl ObjectLink {
    /// `65535:65535`: refers to nothing.
    pub const NULL: ObjectLink = ObjectLink { object: u16::MAX, instance: u16::MAX };

    /// The link `object:instance`.
    #[must_use]
    pub const fn new(object: u16, instance: u16) -> Self {
        ObjectLink { object, instance }
    }

    /// Reads `66:0`. `FFFF:FFFF` is taken for the null link, as one table of the standard prints
    /// it.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.eq_ignore_ascii_case(b"FFFF:FFFF") {
            return Some(ObjectLink::NULL);
        }
        let colon = text.iter().position(|b| *b == b':')?;
        let (object, rest) = text.split_at_checked(colon)?;
        Some(ObjectLink {
            object: parse_id(object).ok()?,
            instance: parse_id(rest.strip_prefix(b":")?).ok()?,
        })
    }

    /// The link that a text of a few characters is.
    #[cfg(any(feature = "cbor", feature = "senml-json", feature = "senml-cbor"))]
    pub(crate) fn of_text(text: &Text<'_>) -> Option<Self> {
        let mut room = [0; 11];
        let mut sink = SliceSink::new(&mut room);
        text.write(&mut sink).ok()?;
        ObjectLink::parse(sink.written())
    }

    /// Writes `66:0`.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(self, sink: &mut dyn Sink) -> Result<(), Full> {
        write_u64(sink, u64::from(self.object))?;
        sink.put_u8(b':')?;
        write_u64(sink, u64::from(self.instance))
    }

    /// Both IDs in one number, as TLV has them.
    pub(crate) const fn packed(self) -> u32 {
        (self.object as u32) << 16 | self.instance as u32
    }

    /// Of such a number.
    #[cfg(any(
        feature = "client",
        feature = "tlv",
        feature = "text",
        feature = "cbor",
        feature = "senml-json",
        feature = "senml-cbor"
    ))]
    #[allow(clippy::cast_possible_truncation, reason = "the halves of the number")]
    pub(crate) const fn of_packed(packed: u32) -> Self {
        ObjectLink::new((packed >> 16) as u16, packed as u16)
    }
}

/// The value of a resource or resource instance.
///
/// Text and data that were decoded borrow the payload and may still be encoded as it had them
/// (escapes, base64, chunks): [`Text`] and [`Data`] give their characters and bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "small", repr(u32))]
pub enum Value<'a> {
    // In the order of the types: which one a value is of takes no table.
    /// UTF-8 text.
    String(Text<'a>),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A floating-point number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Opaque(Data<'a>),
    /// Seconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// An object instance.
    ObjectLink(ObjectLink),
    /// Links in the CoRE Link Format.
    CoreLink(Text<'a>),
    /// No value (the resource is executed).
    None,
}

impl<'a> Value<'a> {
    /// A string.
    #[must_use]
    pub fn string(text: &'a str) -> Self {
        Value::String(text.into())
    }

    /// Opaque data.
    #[must_use]
    pub fn opaque(data: &'a [u8]) -> Self {
        Value::Opaque(data.into())
    }

    /// A list of links.
    #[must_use]
    pub fn core_link(links: &'a str) -> Self {
        Value::CoreLink(links.into())
    }

    /// The type that the value is of.
    #[must_use]
    pub const fn data_type(&self) -> DataType {
        match self {
            Value::String(_) => DataType::String,
            Value::Integer(_) => DataType::Integer,
            Value::Unsigned(_) => DataType::Unsigned,
            Value::Float(_) => DataType::Float,
            Value::Boolean(_) => DataType::Boolean,
            Value::Opaque(_) => DataType::Opaque,
            Value::Time(_) => DataType::Time,
            Value::ObjectLink(_) => DataType::ObjectLink,
            Value::CoreLink(_) => DataType::CoreLink,
            Value::None => DataType::None,
        }
    }

    /// Makes this the value of a type whose values are kept as 64 bits, as [`Value::bits`] has them;
    /// false for other types.
    #[cfg(any(
        feature = "client",
        feature = "tlv",
        feature = "text",
        feature = "cbor",
        feature = "senml-json",
        feature = "senml-cbor"
    ))]
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    #[allow(clippy::cast_possible_truncation, reason = "a link has 32 bits")]
    pub(crate) fn set_bits(&mut self, data_type: DataType, bits: u64) -> bool {
        *self = match data_type {
            DataType::Integer => Value::Integer(bits.cast_signed()),
            DataType::Unsigned => Value::Unsigned(bits),
            DataType::Float => Value::Float(f64::from_bits(bits)),
            DataType::Time => Value::Time(bits.cast_signed()),
            DataType::Boolean => Value::Boolean(bits != 0),
            DataType::ObjectLink => Value::ObjectLink(ObjectLink::of_packed(bits as u32)),
            DataType::String | DataType::CoreLink | DataType::Opaque | DataType::None => {
                return false;
            }
        };
        true
    }

    /// A number, a truth value or a link as 64 bits; 0 for others.
    #[cfg(feature = "client")]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn bits(&self) -> u64 {
        match *self {
            Value::Integer(n) | Value::Time(n) => n.cast_unsigned(),
            Value::Unsigned(n) => n,
            Value::Float(n) => n.to_bits(),
            Value::Boolean(b) => b.into(),
            Value::ObjectLink(link) => link.packed().into(),
            Value::String(_) | Value::CoreLink(_) | Value::Opaque(_) | Value::None => 0,
        }
    }

    /// How many bytes a text or data has; `None` of others.
    #[cfg(feature = "client")]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Value::String(text) | Value::CoreLink(text) => Some(text.len()),
            Value::Opaque(data) => Some(data.len()),
            _ => None,
        }
    }

    /// Writes the bytes of a text or of data; nothing of others.
    #[cfg(feature = "client")]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn write_bytes(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self {
            Value::String(text) | Value::CoreLink(text) => text.write(sink),
            Value::Opaque(data) => data.write(sink),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn object_links_as_text() {
        for (text, link) in [
            ("66:0", ObjectLink::new(66, 0)),
            ("10:65535", ObjectLink::new(10, 65535)),
            ("65535:65535", ObjectLink::NULL),
        ] {
            assert_eq!(ObjectLink::parse(text.as_bytes()), Some(link));
            let mut out = Vec::new();
            link.write(&mut out).unwrap();
            assert_eq!(out, text.as_bytes());
        }
        assert_eq!(ObjectLink::parse(b"FFFF:FFFF"), Some(ObjectLink::NULL));
        for text in ["", ":", "1", "1:", ":1", "1:2:3", "65536:0", "a:0", "1: 2", "-1:0", "FFFF:0"]
        {
            assert_eq!(ObjectLink::parse(text.as_bytes()), None, "{text}");
        }
    }
}
