//! Numbers as SenML carries them: whole ones exactly, decimal fractions as decimal fractions.

use m2m_base::decimal::Number;

use crate::result::m2m_result::{self, M2M_INVALID};

/// What a number is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_number_kind {
    /// There is none.
    M2M_NO_NUMBER = 0,
    /// A whole number: integer.
    M2M_NUMBER_INTEGER = 1,
    /// A whole number above INT64_MAX: natural.
    M2M_NUMBER_UNSIGNED = 2,
    /// A decimal fraction, or a large number with few digits: integer * 10^exponent.
    M2M_NUMBER_DECIMAL = 3,
    /// A floating-point number: real.
    M2M_NUMBER_FLOAT = 4,
}

use m2m_number_kind::*;

/// A number. m2m_number_integer() and its like make one; all zero is none.
///
/// In a number that the library gives, real is the nearest floating-point number whatever the kind
/// is. In one that it gets, only the members that the kind names count.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct m2m_number {
    /// One of enum m2m_number_kind.
    pub kind: i32,
    /// Of M2M_NUMBER_DECIMAL: the power of ten.
    pub exponent: i32,
    /// Of M2M_NUMBER_INTEGER the number, of M2M_NUMBER_DECIMAL its digits and sign.
    pub integer: i64,
    /// Of M2M_NUMBER_UNSIGNED: the number.
    pub natural: u64,
    /// Of M2M_NUMBER_FLOAT: the number.
    pub real: f64,
}

impl m2m_number {
    /// No number.
    pub(crate) const NONE: Self =
        m2m_number { kind: M2M_NO_NUMBER as i32, exponent: 0, integer: 0, natural: 0, real: 0.0 };

    /// The number, checked; `None` if there is none.
    pub(crate) fn get(self) -> Result<Option<Number>, m2m_result> {
        const KINDS: [m2m_number_kind; 5] = [
            M2M_NO_NUMBER,
            M2M_NUMBER_INTEGER,
            M2M_NUMBER_UNSIGNED,
            M2M_NUMBER_DECIMAL,
            M2M_NUMBER_FLOAT,
        ];
        let kind = KINDS.into_iter().find(|k| *k as i32 == self.kind).ok_or(M2M_INVALID)?;
        Ok(Some(match kind {
            M2M_NO_NUMBER => return Ok(None),
            M2M_NUMBER_INTEGER => Number::Integer(self.integer),
            M2M_NUMBER_UNSIGNED => Number::from(self.natural),
            M2M_NUMBER_DECIMAL => {
                Number::from_decimal(self.integer, self.exponent.into()).ok_or(M2M_INVALID)?
            }
            M2M_NUMBER_FLOAT if self.real.is_finite() => Number::Float(self.real),
            M2M_NUMBER_FLOAT => return Err(M2M_INVALID),
        }))
    }
}

impl From<Number> for m2m_number {
    fn from(number: Number) -> Self {
        let of = |kind: m2m_number_kind| m2m_number {
            kind: kind as i32,
            real: number.to_f64(),
            ..m2m_number::NONE
        };
        match number {
            Number::Integer(integer) => m2m_number { integer, ..of(M2M_NUMBER_INTEGER) },
            Number::Unsigned(natural) => m2m_number { natural, ..of(M2M_NUMBER_UNSIGNED) },
            Number::Decimal(decimal) => m2m_number {
                integer: decimal.mantissa(),
                exponent: decimal.exponent().into(),
                ..of(M2M_NUMBER_DECIMAL)
            },
            Number::Float(_) => of(M2M_NUMBER_FLOAT),
        }
    }
}

impl From<Option<Number>> for m2m_number {
    fn from(number: Option<Number>) -> Self {
        number.map_or(m2m_number::NONE, m2m_number::from)
    }
}

/// A whole number.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_number_integer(value: i64) -> m2m_number {
    Number::Integer(value).into()
}

/// A whole number that may be above INT64_MAX.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_number_unsigned(value: u64) -> m2m_number {
    Number::from(value).into()
}

/// The number digits * 10^exponent: m2m_number_decimal(201, -1) is 20.1, to the digit. Beyond what
/// floating-point numbers reach the result is no number, and the function that it is passed to
/// returns M2M_INVALID.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_number_decimal(digits: i64, exponent: i32) -> m2m_number {
    let number = Number::from_decimal(digits, exponent.into());
    number.map_or(m2m_number { kind: -1, ..m2m_number::NONE }, m2m_number::from)
}

/// A floating-point number. Infinities and what is not a number are refused by the function that
/// it is passed to.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_number_float(value: f64) -> m2m_number {
    m2m_number { kind: M2M_NUMBER_FLOAT as i32, real: value, ..m2m_number::NONE }
}
