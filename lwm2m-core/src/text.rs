//! Integers as decimal text, as strictly as the types of LwM2M ask for: no plus sign, no point, no
//! exponent.

use m2m_base::decimal::append_digit;

/// What is wrong with an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IntegerError {
    /// It is not one.
    Syntax,
    /// It does not fit.
    Range,
}

/// Reads decimal digits, at least one, with a minus sign in front of them if that may be: the number
/// as 64 bits, signed or not.
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn parse(text: &[u8], signed: bool, n: &mut u64) -> Result<(), IntegerError> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) if signed => (true, digits),
        _ => (false, text),
    };
    if digits.is_empty() {
        return Err(IntegerError::Syntax);
    }
    *n = 0;
    let mut fits = true;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(IntegerError::Syntax);
        }
        fits &= append_digit(n, digit & 0xf);
    }
    if negative {
        *n = n.wrapping_neg();
    }
    // Of signed numbers the highest bit says which sign they have; zero has none.
    fits &= !signed || *n == 0 || (*n >> 63 != 0) == negative;
    if fits { Ok(()) } else { Err(IntegerError::Range) }
}

/// True if the byte is there. `contains` looks at several at a time, which takes more code.
#[cfg(feature = "client")]
#[allow(clippy::manual_contains, reason = "short code")]
pub(crate) fn has(text: &[u8], wanted: u8) -> bool {
    text.iter().any(|byte| *byte == wanted)
}

/// Reads decimal digits, at least one.
pub(crate) fn parse_u64(text: &[u8]) -> Result<u64, IntegerError> {
    let mut n = 0;
    parse(text, false, &mut n).map(|()| n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    fn parse_i64(text: &[u8]) -> Result<i64, IntegerError> {
        let mut n = 0;
        parse(text, true, &mut n).map(|()| n.cast_signed())
    }

    #[test]
    fn ends_of_the_ranges() {
        assert_eq!(parse_u64(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), Err(IntegerError::Range));
        assert_eq!(parse_i64(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_i64(b"-9223372036854775809"), Err(IntegerError::Range));
        assert_eq!(parse_i64(b"9223372036854775808"), Err(IntegerError::Range));
        assert_eq!(parse_i64(b"0007"), Ok(7));
        for text in ["", "-", "+1", "1.0", " 1", "1e3", "99999999999999999999x", "--1"] {
            assert_eq!(parse_i64(text.as_bytes()), Err(IntegerError::Syntax), "{text}");
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library_writes_them(n: i64, u: u64) {
            prop_assert_eq!(parse_i64(n.to_string().as_bytes()), Ok(n));
            prop_assert_eq!(parse_u64(u.to_string().as_bytes()), Ok(u));
        }
    }
}
