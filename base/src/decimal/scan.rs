//! Text to [`Number`].

use super::number::from_parts;
use super::round::{Source, nearest};
use super::{Decimal, Number, NumberError, near};

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
    // Where the digits begin that the mantissa has no room for, and whether there are others than
    // zeros among them.
    let mut tail = None;
    let mut cut = false;
    let mut point = None;
    let mut places = 0isize;
    loop {
        match text.get(at) {
            Some(b'.') if point.is_none() => point = Some(at),
            byte => {
                let Some(digit) = digit(byte).map(u64::from) else { break };
                let longer = mantissa.checked_mul(10).and_then(|m| m.checked_add(digit));
                match longer {
                    Some(longer) if tail.is_none() => {
                        mantissa = longer;
                        places -= isize::from(point.is_some());
                    }
                    _ => {
                        tail = tail.or(Some(at));
                        cut |= digit != 0;
                        places += isize::from(point.is_none());
                    }
                }
            }
        }
        at += 1;
    }
    let whole = point.unwrap_or(at) - start;
    let fraction = at - start - whole;
    let good = match grammar {
        // One is the point.
        Grammar::Json if fraction == 1 => return Err(NumberError::Syntax { at }),
        Grammar::Json => whole == 1 || (whole > 1 && text.get(start) != Some(&b'0')),
        Grammar::Relaxed => whole + fraction > usize::from(point.is_some()),
    };
    if !good {
        return Err(NumberError::Syntax { at: start });
    }
    let tail = tail.and_then(|tail| text.get(tail..at)).unwrap_or(&[]);
    let mut exponent = 0isize;
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
            exponent = exponent.saturating_mul(10).saturating_add(isize::from(digit));
            at += 1;
        }
        if down {
            exponent = -exponent;
        }
    }
    let exponent = near(exponent.saturating_add(places));
    let number = if cut {
        let value = nearest(&Source { mantissa, exponent, cut, tail });
        value.is_finite().then_some(Number::Float(if negative { -value } else { value }))
    } else if negative && mantissa == 0 {
        Some(Number::Float(-0.0))
    } else {
        from_parts(negative, mantissa, exponent)
    };
    Ok((number.ok_or(NumberError::Range)?, at))
}
