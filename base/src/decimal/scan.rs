//! Text to [`Number`].

use super::number::from_parts;
use super::round::{Source, nearest};
use super::{Decimal, Number, NumberError};

/// Which texts are numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grammar {
    /// RFC 8259 section 6: no leading zeros or plus sign, digits on both sides of a point.
    Json,
    /// Also a leading `+`, leading zeros, and digits on only one side of the point: what people
    /// and simple devices write (LwM2M text/plain).
    Relaxed,
}

#[inline]
fn digit(byte: Option<&u8>) -> Option<u8> {
    byte.map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)
}

/// A number as most are: without an exponent, of at most 18 digits, and in the one form that both
/// grammars have and [`Number`] keeps. `None` for any other, and for what is none.
#[inline]
pub(super) fn scan_usual(text: &[u8]) -> Option<(Number, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut at = start;
    let mut mantissa = 0i64;
    let mut digits = |at: &mut usize| {
        while let Some(digit) = digit(text.get(*at)) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(digit));
            *at = at.wrapping_add(1);
        }
    };
    digits(&mut at);
    let mut places = 0;
    let mut count = at.wrapping_sub(start);
    let ends = if text.get(at) == Some(&b'.') {
        at = at.wrapping_add(1);
        let point = at;
        digits(&mut at);
        places = at.wrapping_sub(point);
        // A fraction that ends in zero is no fraction in its shortest form.
        if count == 0 || places == 0 || text.get(at.wrapping_sub(1)) == Some(&b'0') {
            return None;
        }
        count = count.wrapping_add(places);
        text.get(start) != Some(&b'0') || text.get(start.wrapping_add(1)) == Some(&b'.')
    } else {
        // Neither nothing, nor a needless zero, nor a negative one.
        let zero = text.get(start) == Some(&b'0');
        count != 0 && (!zero || (count == 1 && !negative))
    };
    if !ends || count > 18 || matches!(text.get(at), Some(b'e' | b'E')) {
        return None;
    }
    let mantissa = if negative { mantissa.wrapping_neg() } else { mantissa };
    let number = match i16::try_from(places) {
        Ok(places @ 1..) => Number::Decimal(Decimal::new(mantissa, -places)),
        _ => Number::Integer(mantissa),
    };
    Some((number, at))
}

/// Reads the number that `text` begins with; returns it and its length.
pub(super) fn scan(text: &[u8], grammar: Grammar) -> Result<(Number, usize), NumberError> {
    let negative = text.first() == Some(&b'-');
    let signed = negative || (grammar == Grammar::Relaxed && text.first() == Some(&b'+'));
    let start = usize::from(signed);
    let mut at = start;
    let mut mantissa = 0u64;
    while let Some(digit) = digit(text.get(at)) {
        // More than 19 digits may wrap; they are read again below.
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let whole = at - start;
    let mut fraction = 0;
    if text.get(at) == Some(&b'.') {
        let point = at + 1;
        at = point;
        while let Some(digit) = digit(text.get(at)) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        fraction = at - point;
        if fraction == 0 && grammar == Grammar::Json {
            return Err(NumberError::Syntax { at });
        }
    }
    let bad = match grammar {
        Grammar::Json => whole == 0 || (whole > 1 && text.get(start) == Some(&b'0')),
        Grammar::Relaxed => whole + fraction == 0,
    };
    if bad {
        return Err(NumberError::Syntax { at: start });
    }
    let end_of_digits = at;
    let mut exponent = 0i64;
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        let down = text.get(at) == Some(&b'-');
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        if digit(text.get(at)).is_none() {
            return Err(NumberError::Syntax { at });
        }
        while let Some(digit) = digit(text.get(at)) {
            exponent = exponent.saturating_mul(10).saturating_add(i64::from(digit));
            at += 1;
        }
        if down {
            exponent = -exponent;
        }
    }
    let places = i64::try_from(fraction).unwrap_or(i64::MAX);
    let number = if whole + fraction <= 19 {
        from_parts(negative, mantissa, exponent.saturating_sub(places))
    } else {
        let digits = text.get(start..end_of_digits).unwrap_or(&[]);
        many_digits(negative, digits, exponent)
    };
    Ok((number.ok_or(NumberError::Range)?, at))
}

/// A number of 20 digits or more, leading zeros included; `exponent` is the written one.
#[inline(never)]
fn many_digits(negative: bool, digits: &[u8], exponent: i64) -> Option<Number> {
    let mut source = Source { mantissa: 0, exponent, cut: false, tail: &[] };
    let mut behind_point = false;
    for (at, byte) in digits.iter().enumerate() {
        if *byte == b'.' {
            behind_point = true;
            continue;
        }
        let digit = u64::from(byte.wrapping_sub(b'0'));
        let longer = source.mantissa.checked_mul(10).and_then(|m| m.checked_add(digit));
        match longer.filter(|_| source.tail.is_empty()) {
            Some(longer) => {
                source.mantissa = longer;
                source.exponent = source.exponent.saturating_sub(i64::from(behind_point));
            }
            None => {
                if source.tail.is_empty() {
                    source.tail = digits.get(at..).unwrap_or(&[]);
                }
                source.cut |= digit != 0;
                source.exponent = source.exponent.saturating_add(i64::from(!behind_point));
            }
        }
    }
    if !source.cut {
        return from_parts(negative, source.mantissa, source.exponent);
    }
    let value = nearest(&source);
    value.is_finite().then_some(Number::Float(if negative { -value } else { value }))
}
