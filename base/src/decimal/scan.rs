//! Text to [`Number`].

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

/// What digits are of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Fraction,
    Exponent,
}

/// Puts another digit behind a number. False, and no change, if it has no room: by halves, since small
/// processors multiply those.
#[cfg_attr(feature = "small", inline(never))]
#[cfg_attr(not(feature = "small"), inline)]
pub fn append_digit(number: &mut u64, digit: u8) -> bool {
    let low = (*number & 0xffff_ffff) * 10 + u64::from(digit);
    let high = (*number >> 32) * 10 + (low >> 32);
    if high >> 32 != 0 {
        return false;
    }
    *number = high << 32 | low & 0xffff_ffff;
    true
}

/// What the text of a number says: `mantissa`, with the digits of `tail` behind it, times
/// 10^`exponent`, which is the power that belongs to the mantissa.
pub(super) struct Scanned<'a> {
    pub(super) negative: bool,
    pub(super) exponent: i16,
    pub(super) mantissa: u64,
    /// Digits that the mantissa has no room for, with a point among them or not.
    pub(super) tail: &'a [u8],
    /// Bytes of the text.
    pub(super) len: usize,
}

/// Reads the number that `text` begins with.
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn scan(text: &[u8], grammar: Grammar) -> Result<Scanned<'_>, NumberError> {
    let relaxed = grammar == Grammar::Relaxed;
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative || (relaxed && text.first() == Some(&b'+')));
    let mut at = start;
    let mut part = Part::Whole;
    // Whether there were digits in it; to people those of the whole part are enough.
    let mut any = false;
    let mut mantissa = 0u64;
    let mut places = 0isize;
    // Where the digits begin that the mantissa has no room for, and where all of them end.
    let mut tail = None;
    let mut end = 0;
    let mut exponent = 0isize;
    let mut down = false;
    loop {
        let byte = text.get(at);
        at += 1;
        if let Some(digit) = digit(byte) {
            if part == Part::Exponent {
                exponent = exponent.saturating_mul(10).saturating_add(digit.into());
            } else {
                if part == Part::Whole && any && mantissa == 0 && !relaxed {
                    return Err(NumberError::Syntax { at: start });
                }
                places -= isize::from(part == Part::Fraction);
                end = at;
                if tail.is_some() || !append_digit(&mut mantissa, digit) {
                    tail = tail.or(Some(at - 1));
                    places += 1;
                }
            }
            any = true;
            continue;
        }
        let point = byte == Some(&b'.') && part == Part::Whole;
        if !(any || (relaxed && point)) {
            return Err(NumberError::Syntax { at: at - 1 });
        }
        if point {
            part = Part::Fraction;
            any &= relaxed;
        } else if matches!(byte, Some(b'e' | b'E')) && part != Part::Exponent {
            part = Part::Exponent;
            any = false;
            down = text.get(at) == Some(&b'-');
            at += usize::from(down || text.get(at) == Some(&b'+'));
        } else {
            break;
        }
    }
    let at = at - 1;
    if down {
        exponent = -exponent;
    }
    let exponent = near(exponent.saturating_add(places));
    let tail = tail.and_then(|start| text.get(start..end)).unwrap_or(&[]);
    Ok(Scanned { negative, exponent, mantissa, tail, len: at })
}
