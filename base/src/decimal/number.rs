//! The number itself and what can be done with it.

use super::print::{Style, WriteNumberError, write_i64, write_parts, write_u64};
use super::round::nearest;
use super::scan::{Grammar, Scanned, scan, scan_usual};
use super::{exact_tenth, near, power_of_ten, shortest::shortest, sum, without_zeros};
use crate::float::magnitude;
use crate::{SMALL, Sink};
use core::cmp::Ordering;

/// Why a text is not a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberError {
    /// Not in the grammar; `at` is the offset of the first byte that does not fit.
    Syntax {
        /// Bytes from the start of the text.
        at: usize,
    },
    /// Larger in magnitude than the largest finite binary64.
    Range,
}

/// A decimal fraction: mantissa · 10^exponent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// In two halves, which need less alignment: so a [`Number`] takes 16 bytes and not 24.
    low: u32,
    high: i32,
    exponent: i16,
}

impl core::fmt::Debug for Decimal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Decimal({}e{})", self.mantissa(), self.exponent)
    }
}

impl Decimal {
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "taken apart and put together again")]
    #[allow(clippy::cast_sign_loss, reason = "taken apart and put together again")]
    pub(super) const fn new(mantissa: i64, exponent: i16) -> Self {
        Decimal { low: mantissa as u32, high: (mantissa >> 32) as i32, exponent }
    }

    /// The shortest decimal that reads back as `value`, and among those the nearest to it; `None`
    /// for infinities and NaN. Negative zero becomes zero.
    #[must_use]
    pub fn shortest(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let (mantissa, exponent) = shortest(value);
        // At most 17 digits.
        let mantissa = mantissa.cast_signed();
        let mantissa = if value.is_sign_negative() { -mantissa } else { mantissa };
        Some(Decimal::new(mantissa, i16::try_from(exponent).unwrap_or(0)))
    }

    /// The digits and sign, as an integer.
    #[must_use]
    #[allow(clippy::cast_lossless, reason = "`From` is not const")]
    pub const fn mantissa(self) -> i64 {
        (self.high as i64) << 32 | self.low as i64
    }

    /// The power of ten, −324 to 308.
    #[must_use]
    pub const fn exponent(self) -> i16 {
        self.exponent
    }

    /// The nearest binary64 (ties to even).
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let mantissa = self.mantissa();
        to_f64(mantissa < 0, mantissa.unsigned_abs(), self.exponent.into(), &[])
    }
}

/// The nearest binary64 where both parts are one themselves, so that the processor rounds once.
#[inline]
fn exactly(mantissa: u64, exponent: i32) -> Option<f64> {
    let power = power_of_ten(exponent.checked_abs()?)? as f64;
    let mantissa = (mantissa >> 53 == 0).then_some(mantissa as f64)?;
    Some(if exponent < 0 { mantissa / power } else { mantissa * power })
}

fn to_f64(negative: bool, mantissa: u64, exponent: i32, tail: &[u8]) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let exactly = if SMALL || !tail.is_empty() { None } else { exactly(mantissa, exponent) };
    let value = exactly.unwrap_or_else(|| nearest(mantissa, exponent, tail));
    if negative { -value } else { value }
}

/// A number as JSON, CBOR and plain text carry it.
///
/// What is read from text or made by [`Number::from_decimal`] and `From` integers is canonical: a
/// whole number that fits is `Integer`, else `Unsigned`; a `Decimal` is no whole number of 64 bits
/// and has no zero at its mantissa's end; `Float` is left for what is neither (and for −0). So
/// `==`, which compares the parts, compares numbers among these; [`Number::compare`] does for all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A whole number beyond `i64`.
    Unsigned(u64),
    /// A decimal fraction, or a large number with few digits.
    Decimal(Decimal),
    /// A binary64: sent as such, or the nearest one to more digits than a `Decimal` holds.
    Float(f64),
}

/// The magnitude of a binary64 that is a whole number below 2^64.
fn whole(value: f64) -> Option<u64> {
    magnitude(value).filter(|(_, all)| *all).map(|(whole, _)| whole)
}

/// The canonical number of what was read, as [`nearest`] has it; `None` beyond the range of binary64.
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn canonical(
    negative: bool,
    mut mantissa: u64,
    mut exponent: i32,
    tail: &[u8],
) -> Option<Number> {
    let signed = |magnitude: u64| {
        let sign = -i64::from(negative);
        (magnitude.cast_signed() ^ sign).wrapping_sub(sign)
    };
    if tail.is_empty() {
        if mantissa == 0 {
            return Some(Number::ZERO);
        }
        if SMALL {
            mantissa = without_zeros(mantissa, &mut exponent);
        }
        // Only up to a whole number first: integers, the usual case, are not taken apart.
        while !SMALL
            && exponent < 0
            && let Some(tenth) = exact_tenth(mantissa)
        {
            mantissa = tenth;
            exponent += 1;
        }
        if let Some(whole) = times_power_of_ten(mantissa, exponent) {
            let value = signed(whole);
            if value.is_negative() == negative {
                return Some(Number::Integer(value));
            }
            if !negative {
                return Some(Number::Unsigned(whole));
            }
        }
        if !SMALL {
            mantissa = without_zeros(mantissa, &mut exponent);
        }
        // Within these exponents every mantissa is a finite binary64.
        if mantissa >> 63 == 0 && (-324..=289).contains(&exponent) {
            #[allow(clippy::cast_possible_truncation, reason = "just compared")]
            return Some(Number::Decimal(Decimal::new(signed(mantissa), exponent as i16)));
        }
    }
    let value = to_f64(negative, mantissa, exponent, tail);
    value.is_finite().then_some(Number::Float(value))
}

/// The product, if it is a whole number below 2^64.
fn times_power_of_ten(mantissa: u64, power: i32) -> Option<u64> {
    if power < 0 {
        return None;
    }
    if SMALL {
        // The table takes more than a loop, which ends where the product is too large.
        return (0..power).try_fold(mantissa, |product, _| product.checked_mul(10));
    }
    mantissa.checked_mul(power_of_ten(power)?)
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Number::Integer(0);

    /// Reads a whole text.
    ///
    /// # Errors
    /// [`NumberError`] when `text` is no number, has something behind it, or is too large.
    pub fn parse(text: &[u8], grammar: Grammar) -> Result<Self, NumberError> {
        match Number::scan(text, grammar)? {
            (number, len) if len == text.len() => Ok(number),
            (_, at) => Err(NumberError::Syntax { at }),
        }
    }

    /// Reads the number that `text` begins with; returns it and the bytes it takes.
    ///
    /// # Errors
    /// [`NumberError`] when `text` begins with no number or one that is too large.
    #[inline]
    pub fn scan(text: &[u8], grammar: Grammar) -> Result<(Self, usize), NumberError> {
        if !SMALL && let Some(found) = scan_usual(text) {
            return Ok(found);
        }
        let Scanned { negative, exponent, mantissa, mut tail, len } = scan(text, grammar)?;
        if !tail.iter().any(|byte| *byte > b'0') {
            tail = &[];
        }
        match canonical(negative, mantissa, exponent.into(), tail) {
            Some(Number::ZERO) if negative => Ok((Number::Float(-0.0), len)),
            Some(number) => Ok((number, len)),
            None => Err(NumberError::Range),
        }
    }

    /// Reads a whole text as the nearest binary64: with less code than [`Number::parse`], where no
    /// other numbers are read.
    ///
    /// # Errors
    /// As [`Number::parse`].
    pub fn parse_f64(text: &[u8], grammar: Grammar) -> Result<f64, NumberError> {
        if !SMALL {
            return Number::parse(text, grammar).map(Number::to_f64);
        }
        let Scanned { negative, exponent, mantissa, tail, len } = scan(text, grammar)?;
        if len != text.len() {
            return Err(NumberError::Syntax { at: len });
        }
        let value = to_f64(false, mantissa, exponent.into(), tail);
        if value.is_infinite() {
            return Err(NumberError::Range);
        }
        Ok(if negative { -value } else { value })
    }

    /// As [`Number::scan`], for numbers as most are: no exponent, at most 18 digits, no needless
    /// zeros. `None` for any other number, and for what is none; it is inlined and in registers.
    #[inline]
    #[must_use]
    pub fn scan_usual(text: &[u8]) -> Option<(Self, usize)> {
        scan_usual(text)
    }

    /// `mantissa` · 10^`exponent`; `None` beyond the range of binary64. Digits too many for a
    /// [`Decimal`], and exponents too small, are rounded to the nearest binary64.
    #[must_use]
    pub fn from_decimal(mantissa: i64, exponent: i64) -> Option<Self> {
        Number::from_parts(mantissa < 0, mantissa.unsigned_abs(), near(exponent))
    }

    /// As [`Number::from_decimal`], of a magnitude of any 64 bits.
    #[must_use]
    pub fn from_parts(negative: bool, mantissa: u64, exponent: i16) -> Option<Self> {
        canonical(negative, mantissa, exponent.into(), &[])
    }

    /// The nearest binary64 (ties to even).
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            // What rounds decimal fractions does for these too: the processor that has no other way
            // to make them of 64 bits needs no library for it.
            Number::Integer(value) if SMALL => to_f64(value < 0, value.unsigned_abs(), 0, &[]),
            Number::Unsigned(value) if SMALL => to_f64(false, value, 0, &[]),
            Number::Integer(value) => value as f64,
            Number::Unsigned(value) => value as f64,
            Number::Decimal(value) => value.to_f64(),
            Number::Float(value) => value,
        }
    }

    /// The value as `i64`; `None` when it is not exactly one.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Number::Integer(value) => Some(value),
            Number::Unsigned(value) => i64::try_from(value).ok(),
            Number::Decimal(_) => None,
            Number::Float(value) => {
                let whole = whole(value)?;
                if value.is_sign_negative() {
                    0i64.checked_sub_unsigned(whole)
                } else {
                    i64::try_from(whole).ok()
                }
            }
        }
    }

    /// The value as `u64`; `None` when it is not exactly one.
    #[must_use]
    pub fn to_u64(self) -> Option<u64> {
        match self {
            Number::Integer(value) => u64::try_from(value).ok(),
            Number::Unsigned(value) => Some(value),
            Number::Decimal(_) => None,
            Number::Float(value) => {
                whole(value).filter(|whole| *whole == 0 || value.is_sign_positive())
            }
        }
    }

    /// False for a `Float` that is infinite or NaN: neither JSON nor LwM2M has those.
    #[must_use]
    pub fn is_finite(self) -> bool {
        match self {
            Number::Float(value) => value.is_finite(),
            _ => true,
        }
    }

    fn exact(self) -> Option<(i128, i32)> {
        match self {
            Number::Integer(value) => Some((value.into(), 0)),
            Number::Unsigned(value) => Some((value.into(), 0)),
            Number::Decimal(value) => Some((value.mantissa().into(), value.exponent.into())),
            Number::Float(_) => None,
        }
    }

    /// Both as integers of one power of ten, if these fit.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let ((a, power_a), (b, power_b)) = (self.exact()?, other.exact()?);
        let power = power_a.min(power_b);
        // 2^64 times 10^18 is below 2^127.
        let scale = |value: i128, by: i32| -> Option<i128> {
            Some(value * i128::from(power_of_ten(by).filter(|_| by <= 18)?))
        };
        Some((scale(a, power_a - power)?, scale(b, power_b - power)?, power))
    }

    /// The number with the other sign; `None` for −2^63 and for whole numbers beyond it.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(match self {
            Number::Integer(value) => Number::Integer(value.checked_neg()?),
            Number::Unsigned(_) => return None,
            Number::Decimal(value) => {
                Number::Decimal(Decimal::new(value.mantissa().checked_neg()?, value.exponent))
            }
            Number::Float(value) => Number::Float(-value),
        })
    }

    /// The sum: exact when neither is a `Float` and it has at most 19 digits, else the sum of the
    /// two binary64. `None` when that is not finite.
    #[inline]
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if let (Number::Integer(a), Number::Integer(b)) = (self, other)
            && let Some(sum) = a.checked_add(b)
        {
            return Some(Number::Integer(sum));
        }
        self.add_fractions(other)
    }

    #[inline(never)]
    fn add_fractions(self, other: Self) -> Option<Self> {
        if let Some((a, b, power)) = self.aligned(other)
            && let Ok(sum) = u64::try_from((a + b).unsigned_abs())
        {
            return canonical(a + b < 0, sum, power, &[]);
        }
        let (a, b) = (self.to_f64(), other.to_f64());
        if SMALL && !(a.is_finite() && b.is_finite()) {
            return None;
        }
        let sum = if SMALL { sum::sum(a, b) } else { a + b };
        sum.is_finite().then_some(Number::Float(sum))
    }

    /// Compares values, whatever form they have: exactly among integers and decimals of similar
    /// size, else by the nearest binary64. `None` with NaN.
    #[inline]
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        if let (Number::Integer(a), Number::Integer(b)) = (self, other) {
            return Some(a.cmp(&b));
        }
        self.compare_fractions(other)
    }

    #[inline(never)]
    fn compare_fractions(self, other: Self) -> Option<Ordering> {
        match self.aligned(other) {
            Some((a, b, _)) => Some(a.cmp(&b)),
            None if SMALL => Some(sum::order(self.to_f64())?.cmp(&sum::order(other.to_f64())?)),
            None => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }

    /// Writes the number in the grammar of JSON.
    ///
    /// # Errors
    /// [`WriteNumberError::Full`], or `NotFinite` for a `Float` that has no digits.
    pub fn write(self, sink: &mut dyn Sink, style: Style) -> Result<(), WriteNumberError> {
        let (negative, (magnitude, exponent)) = match self {
            Number::Integer(value) if !SMALL => return Ok(write_i64(sink, value)?),
            Number::Unsigned(value) if !SMALL => return Ok(write_u64(sink, value)?),
            Number::Integer(value) => (value < 0, (value.unsigned_abs(), 0)),
            Number::Unsigned(value) => (false, (value, 0)),
            Number::Decimal(value) => {
                let mantissa = value.mantissa();
                (mantissa < 0, (mantissa.unsigned_abs(), value.exponent.into()))
            }
            Number::Float(value) if !value.is_finite() => return Err(WriteNumberError::NotFinite),
            Number::Float(value) => (value.is_sign_negative(), shortest(value)),
        };
        Ok(write_parts(sink, negative, magnitude, exponent, style)?)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Number::Unsigned(value), Number::Integer)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Number::Float(value)
    }
}

impl From<f32> for Number {
    /// The same value; its text has the digits that a binary64 needs.
    fn from(value: f32) -> Self {
        Number::Float(value.into())
    }
}

macro_rules! from_small_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Number::Integer(value.into())
            }
        }
    )*};
}
from_small_integers!(i8, i16, i32, i64, u8, u16, u32);
