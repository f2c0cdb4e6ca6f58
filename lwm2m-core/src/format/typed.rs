//! Values of the formats that tell number from text (CBOR, SenML) in the types of resources.

use m2m_base::SliceSink;
use m2m_base::decimal::Number;
use m2m_base::float::whole_part;
use senml::Text;

use crate::error::{DecodeErrorKind, WriteError};
use crate::value::{DataType, ObjectLink, Value};

impl From<senml::DecodeErrorKind> for DecodeErrorKind {
    fn from(kind: senml::DecodeErrorKind) -> Self {
        use senml::DecodeErrorKind as Senml;
        match kind {
            Senml::UnexpectedEnd => DecodeErrorKind::Truncated,
            Senml::TrailingBytes => DecodeErrorKind::TrailingBytes,
            Senml::InvalidUtf8 => DecodeErrorKind::Utf8,
            Senml::InvalidBase64 => DecodeErrorKind::Base64,
            Senml::NumberRange | Senml::NotFinite => DecodeErrorKind::OutOfRange,
            Senml::WrongType => DecodeErrorKind::WrongType,
            Senml::UnsupportedField | Senml::UnsupportedVersion | Senml::VersionMismatch => {
                DecodeErrorKind::NotUnderstood
            }
            Senml::InvalidName => DecodeErrorKind::Name,
            _ => DecodeErrorKind::Syntax,
        }
    }
}

impl From<senml::WriteError> for WriteError {
    fn from(error: senml::WriteError) -> Self {
        match error {
            senml::WriteError::Full => WriteError::Full,
            senml::WriteError::NotFinite
            | senml::WriteError::Unrepresentable
            | senml::WriteError::Count => WriteError::NotExpressible,
        }
    }
}

/// Why a number that has no integer of a type is not one: too large, or with a fraction.
#[cold]
#[inline(never)]
fn no_integer(number: Number) -> DecodeErrorKind {
    match number {
        Number::Integer(_) | Number::Unsigned(_) => DecodeErrorKind::OutOfRange,
        Number::Decimal(n) if n.exponent() >= 0 => DecodeErrorKind::OutOfRange,
        // From 2^63 on there are no fractions left.
        Number::Float(n) if n.is_finite() && whole_part(n).is_none() => DecodeErrorKind::OutOfRange,
        Number::Decimal(_) | Number::Float(_) => DecodeErrorKind::WrongType,
    }
}

/// The value in a type. A whole number is an integer however it was sent (`5.0`).
pub(super) fn decode<'a>(
    raw: &senml::Value<'a>,
    data_type: DataType,
    value: &mut Value<'a>,
) -> Result<(), DecodeErrorKind> {
    *value = match (data_type, raw) {
        (_, senml::Value::Number(n)) => {
            let bits = match data_type {
                DataType::Integer | DataType::Time => n.to_i64().map(i64::cast_unsigned),
                DataType::Unsigned => n.to_u64(),
                DataType::Float => Some(n.to_f64().to_bits()),
                _ => return Err(DecodeErrorKind::WrongType),
            };
            let Some(bits) = bits else { return Err(no_integer(*n)) };
            value.set_bits(data_type, bits);
            return Ok(());
        }
        (DataType::String, senml::Value::Text(text)) => Value::String(*text),
        (DataType::CoreLink, senml::Value::Text(text)) => Value::CoreLink(*text),
        (DataType::Opaque, senml::Value::Data(data)) => Value::Opaque(*data),
        (DataType::Boolean, senml::Value::Boolean(b)) => Value::Boolean(*b),
        // Core 7.4.4 says `vlo`; Leshan, which reads that, writes `vs`.
        (DataType::ObjectLink, senml::Value::ObjectLink(text) | senml::Value::Text(text)) => {
            Value::ObjectLink(ObjectLink::of_text(text).ok_or(DecodeErrorKind::WrongType)?)
        }
        (DataType::None, senml::Value::Null) => Value::None,
        _ => return Err(DecodeErrorKind::WrongType),
    };
    Ok(())
}

/// The value in the type that goes with how it was sent.
pub(super) fn infer<'a>(value: &senml::Value<'a>) -> Value<'a> {
    match value {
        senml::Value::Number(Number::Integer(n)) => Value::Integer(*n),
        senml::Value::Number(Number::Unsigned(n)) => Value::Unsigned(*n),
        senml::Value::Number(n) => Value::Float(n.to_f64()),
        senml::Value::Text(text) => Value::String(*text),
        senml::Value::Boolean(b) => Value::Boolean(*b),
        senml::Value::Data(data) => Value::Opaque(*data),
        senml::Value::ObjectLink(text) => {
            ObjectLink::of_text(text).map_or(Value::String(*text), Value::ObjectLink)
        }
        senml::Value::Null => Value::None,
    }
}

/// The value for formats that have fewer types. Only an object link has to be put into text, in
/// `link`.
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn untyped<'a>(
    value: &Value<'a>,
    link: &'a mut [u8; 11],
) -> Result<senml::Value<'a>, WriteError> {
    Ok(match value {
        Value::String(text) | Value::CoreLink(text) => senml::Value::Text(*text),
        Value::Integer(n) | Value::Time(n) => senml::Value::Number(Number::Integer(*n)),
        Value::Unsigned(n) => senml::Value::Number(Number::Unsigned(*n)),
        Value::Float(n) => senml::Value::Number(Number::Float(*n)),
        Value::Boolean(b) => senml::Value::Boolean(*b),
        Value::Opaque(data) => senml::Value::Data(*data),
        Value::ObjectLink(to) => {
            let mut sink = SliceSink::new(link);
            to.write(&mut sink)?;
            let len = sink.len();
            senml::Value::ObjectLink(Text::from_checked_utf8(link.get(..len).unwrap_or(&[])))
        }
        Value::None => senml::Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: Number, data_type: DataType) -> Result<Value<'static>, DecodeErrorKind> {
        let mut value = Value::None;
        decode(&senml::Value::Number(number), data_type, &mut value).map(|()| value)
    }

    #[test]
    fn integers_are_exact() {
        let big = Number::Unsigned(u64::MAX);
        assert_eq!(number(big, DataType::Unsigned), Ok(Value::Unsigned(u64::MAX)));
        assert_eq!(number(big, DataType::Integer), Err(DecodeErrorKind::OutOfRange));
        let negative = Number::Integer(-1);
        assert_eq!(number(negative, DataType::Unsigned), Err(DecodeErrorKind::OutOfRange));
        assert_eq!(number(negative, DataType::Time), Ok(Value::Time(-1)));
        let half = Number::Float(0.5);
        assert_eq!(number(half, DataType::Integer), Err(DecodeErrorKind::WrongType));
        let decimal = Number::from_decimal(45, -1).unwrap();
        assert_eq!(number(decimal, DataType::Integer), Err(DecodeErrorKind::WrongType));
        assert_eq!(number(decimal, DataType::Float), Ok(Value::Float(4.5)));
        assert_eq!(number(Number::Float(5.0), DataType::Integer), Ok(Value::Integer(5)));
        let large = Number::from_decimal(1, 30).unwrap();
        assert_eq!(number(large, DataType::Integer), Err(DecodeErrorKind::OutOfRange));
        assert_eq!(number(Number::Float(1e300), DataType::Time), Err(DecodeErrorKind::OutOfRange));
        let nan = number(Number::Float(f64::NAN), DataType::Integer);
        assert_eq!(nan, Err(DecodeErrorKind::WrongType));
        for data_type in [DataType::String, DataType::Boolean, DataType::ObjectLink] {
            assert_eq!(number(Number::Integer(1), data_type), Err(DecodeErrorKind::WrongType));
        }
    }
}
