//! Values as they stand in a payload.

#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
use super::cbor;
#[cfg(feature = "old-json")]
use super::old_json;
#[cfg(feature = "text")]
use super::text;
#[cfg(feature = "tlv")]
use super::tlv;
#[cfg(any(feature = "cbor", feature = "senml-json", feature = "senml-cbor"))]
use super::typed;
use crate::error::{DecodeError, DecodeErrorKind};
#[cfg(feature = "cbor")]
use crate::value::ObjectLink;
use crate::value::{DataType, Value};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Repr<'a> {
    #[cfg(feature = "tlv")]
    Tlv(&'a [u8]),
    #[cfg(feature = "text")]
    Text(&'a [u8]),
    #[cfg(any(feature = "text", feature = "cbor"))]
    Opaque(&'a [u8]),
    /// One item as most are.
    #[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
    CborItem(&'a [u8]),
    #[cfg(feature = "cbor")]
    Cbor(senml::Value<'a>),
    /// Under a tag that says so.
    #[cfg(feature = "cbor")]
    CborTime(i64),
    #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
    Senml(senml::Value<'a>),
    /// With opaque data as text.
    #[cfg(feature = "old-json")]
    OldJson(senml::Value<'a>),
}

/// A value as it stands in the payload. What it means depends on the type of its resource, which
/// most formats do not tell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RawValue<'a> {
    repr: Repr<'a>,
    offset: u32,
}

impl<'a> RawValue<'a> {
    #[inline]
    fn new(repr: Repr<'a>, offset: usize) -> Self {
        RawValue { repr, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }

    #[cfg(feature = "tlv")]
    #[inline]
    pub(super) fn tlv(bytes: &'a [u8], offset: usize) -> Self {
        RawValue::new(Repr::Tlv(bytes), offset)
    }

    #[cfg(feature = "text")]
    pub(super) fn text(bytes: &'a [u8]) -> Self {
        RawValue::new(Repr::Text(bytes), 0)
    }

    #[cfg(any(feature = "text", feature = "cbor"))]
    pub(super) fn opaque(bytes: &'a [u8]) -> Self {
        RawValue::new(Repr::Opaque(bytes), 0)
    }

    #[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
    #[inline]
    pub(super) fn cbor_item(item: &'a [u8], offset: usize) -> Self {
        RawValue::new(Repr::CborItem(item), offset)
    }

    #[cfg(feature = "cbor")]
    pub(super) fn cbor(value: senml::Value<'a>, offset: usize) -> Self {
        RawValue::new(Repr::Cbor(value), offset)
    }

    #[cfg(feature = "cbor")]
    pub(super) fn cbor_time(seconds: i64, offset: usize) -> Self {
        RawValue::new(Repr::CborTime(seconds), offset)
    }

    #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
    pub(super) fn senml(value: senml::Value<'a>, offset: usize) -> Self {
        RawValue::new(Repr::Senml(value), offset)
    }

    #[cfg(feature = "old-json")]
    pub(super) fn old_json(value: senml::Value<'a>, offset: usize) -> Self {
        RawValue::new(Repr::OldJson(value), offset)
    }

    /// Offset of the value in the payload, in bytes; in SenML that of its record, in the JSON of
    /// LwM2M 1.0 that of its entry.
    #[must_use]
    pub fn offset(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// The value in a type (Core appendix C).
    ///
    /// # Errors
    /// [`WrongType`](crate::DecodeErrorKind::WrongType) and what else can be wrong with the bytes of a value.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn decode(&self, data_type: DataType) -> Result<Value<'a>, DecodeError> {
        let mut value = Value::None;
        match self.decode_to(data_type, &mut value) {
            Ok(()) => Ok(value),
            Err(kind) => Err(DecodeError::new(kind, self.offset())),
        }
    }

    /// The same, to where the value is to be.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn decode_to(
        &self,
        data_type: DataType,
        value: &mut Value<'a>,
    ) -> Result<(), DecodeErrorKind> {
        match self.repr {
            #[cfg(feature = "tlv")]
            Repr::Tlv(bytes) => tlv::decode(bytes, data_type, value),
            #[cfg(feature = "text")]
            Repr::Text(bytes) => text::decode(bytes, data_type, value),
            #[cfg(any(feature = "text", feature = "cbor"))]
            Repr::Opaque(bytes) if data_type == DataType::Opaque => {
                *value = Value::opaque(bytes);
                Ok(())
            }
            #[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
            Repr::CborItem(item) => {
                *value =
                    cbor::decode(item, self.offset(), data_type).map_err(|error| error.kind)?;
                Ok(())
            }
            #[cfg(feature = "cbor")]
            Repr::CborTime(seconds) if data_type == DataType::Time => {
                *value = Value::Time(seconds);
                Ok(())
            }
            #[cfg(feature = "cbor")]
            Repr::Cbor(raw) => typed::decode(&raw, data_type, value),
            #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
            Repr::Senml(raw) => typed::decode(&raw, data_type, value),
            #[cfg(feature = "old-json")]
            Repr::OldJson(raw) => old_json::decode(&raw, data_type, value),
            #[allow(unreachable_patterns, reason = "with formats that have no others")]
            _ => Err(DecodeErrorKind::WrongType),
        }
    }

    /// The best guess at the value without knowing its type, for a server that does not know the
    /// object. SenML and CBOR tell more or less what they hold. Text is a string, an octet stream
    /// opaque. In TLV, printable UTF-8 is taken for a string, other 1, 2, 4 or 8 bytes for an
    /// integer, the rest for opaque data.
    #[must_use]
    pub fn infer(&self) -> Value<'a> {
        match self.repr {
            #[cfg(feature = "tlv")]
            Repr::Tlv(bytes) => tlv::infer(bytes),
            #[cfg(feature = "text")]
            Repr::Text(bytes) => text::infer(bytes),
            #[cfg(any(feature = "text", feature = "cbor"))]
            Repr::Opaque(bytes) => Value::opaque(bytes),
            #[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
            Repr::CborItem(item) => match cbor::read(item, self.offset()) {
                Ok((value, _)) => value.infer(),
                Err(_) => Value::opaque(item),
            },
            #[cfg(feature = "cbor")]
            Repr::CborTime(seconds) => Value::Time(seconds),
            // Links are texts here.
            #[cfg(feature = "cbor")]
            Repr::Cbor(senml::Value::Text(text)) => {
                ObjectLink::of_text(&text).map_or(Value::String(text), Value::ObjectLink)
            }
            #[cfg(feature = "cbor")]
            Repr::Cbor(value) => typed::infer(&value),
            #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
            Repr::Senml(value) => typed::infer(&value),
            #[cfg(feature = "old-json")]
            Repr::OldJson(value) => typed::infer(&value),
        }
    }
}
