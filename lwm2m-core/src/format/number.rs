//! Numbers of the formats that tell number from text (CBOR, SenML) in the types of resources.

use m2m_base::decimal::Number;
use m2m_base::float::whole_part;

use crate::error::DecodeErrorKind;
use crate::value::{DataType, Value};

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

/// The number in a type. A whole number is an integer however it was sent (`5.0`).
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn decode<'a>(
    number: Number,
    data_type: DataType,
) -> Result<Value<'a>, DecodeErrorKind> {
    Ok(match data_type {
        DataType::Integer | DataType::Time => {
            let Some(n) = number.to_i64() else { return Err(no_integer(number)) };
            if data_type == DataType::Time { Value::Time(n) } else { Value::Integer(n) }
        }
        DataType::Unsigned => match number.to_u64() {
            Some(n) => Value::Unsigned(n),
            None => return Err(no_integer(number)),
        },
        DataType::Float => Value::Float(number.to_f64()),
        _ => return Err(DecodeErrorKind::WrongType),
    })
}

/// The number in the type that goes with how it was sent.
pub(super) fn infer<'a>(number: Number) -> Value<'a> {
    match number {
        Number::Integer(n) => Value::Integer(n),
        Number::Unsigned(n) => Value::Unsigned(n),
        Number::Decimal(_) | Number::Float(_) => Value::Float(number.to_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact() {
        let big = Number::Unsigned(u64::MAX);
        assert_eq!(decode(big, DataType::Unsigned), Ok(Value::Unsigned(u64::MAX)));
        assert_eq!(decode(big, DataType::Integer), Err(DecodeErrorKind::OutOfRange));
        let negative = Number::Integer(-1);
        assert_eq!(decode(negative, DataType::Unsigned), Err(DecodeErrorKind::OutOfRange));
        assert_eq!(decode(negative, DataType::Time), Ok(Value::Time(-1)));
        let half = Number::Float(0.5);
        assert_eq!(decode(half, DataType::Integer), Err(DecodeErrorKind::WrongType));
        let decimal = Number::from_decimal(45, -1).unwrap();
        assert_eq!(decode(decimal, DataType::Integer), Err(DecodeErrorKind::WrongType));
        assert_eq!(decode(decimal, DataType::Float), Ok(Value::Float(4.5)));
        assert_eq!(decode(Number::Float(5.0), DataType::Integer), Ok(Value::Integer(5)));
        let large = Number::from_decimal(1, 30).unwrap();
        assert_eq!(decode(large, DataType::Integer), Err(DecodeErrorKind::OutOfRange));
        assert_eq!(decode(Number::Float(1e300), DataType::Time), Err(DecodeErrorKind::OutOfRange));
        let nan = decode(Number::Float(f64::NAN), DataType::Integer);
        assert_eq!(nan, Err(DecodeErrorKind::WrongType));
        for data_type in [DataType::String, DataType::Boolean, DataType::ObjectLink] {
            assert_eq!(decode(Number::Integer(1), data_type), Err(DecodeErrorKind::WrongType));
        }
    }
}
