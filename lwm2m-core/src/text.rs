//! Integers as decimal text, as strictly as the types of LwM2M ask for: no plus sign, no point, no
//! exponent.

/// What is wrong with an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IntegerError {
    /// It is not one.
    Syntax,
    /// It does not fit.
    Range,
}

/// Reads decimal digits, at least one.
pub(crate) fn parse_u64(text: &[u8]) -> Result<u64, IntegerError> {
    if text.is_empty() {
        return Err(IntegerError::Syntax);
    }
    let mut n: u64 = 0;
    let mut fits = true;
    for digit in text {
        if !digit.is_ascii_digit() {
            return Err(IntegerError::Syntax);
        }
        match n.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit & 0xf))) {
            Some(more) => n = more,
            None => fits = false,
        }
    }
    if fits { Ok(n) } else { Err(IntegerError::Range) }
}

/// Reads decimal digits with an optional minus sign in front.
pub(crate) fn parse_i64(text: &[u8]) -> Result<i64, IntegerError> {
    match text.strip_prefix(b"-") {
        Some(digits) => 0i64.checked_sub_unsigned(parse_u64(digits)?).ok_or(IntegerError::Range),
        None => i64::try_from(parse_u64(text)?).map_err(|_| IntegerError::Range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

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
