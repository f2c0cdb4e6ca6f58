//! Whether bytes are UTF-8.

use m2m_base::SMALL;
use m2m_base::short::word;

/// How many bytes from the start on are whole characters in UTF-8.
pub(crate) fn valid_up_to(bytes: &[u8]) -> usize {
    if SMALL {
        return small(bytes);
    }
    core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// Whether all bytes are.
#[inline]
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    if SMALL {
        return small(bytes) == bytes.len();
    }
    // Short ones as most are: a call takes longer.
    (bytes.len() < 24 && is_ascii(bytes)) || core::str::from_utf8(bytes).is_ok()
}

/// Whether a text of fewer than 25 bytes is ASCII.
#[inline]
pub(crate) fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return word(bytes) & HIGH == 0;
    };
    // The words overlap.
    let middle = bytes.get(8..16).and_then(<[u8]>::first_chunk).unwrap_or(first);
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    (word(first) | word(middle) | word(last)) & HIGH == 0
}

/// A character at a time. What the library does to be fast takes three times the flash.
#[inline(never)]
fn small(bytes: &[u8]) -> usize {
    let mut rest = bytes.iter();
    loop {
        let valid = bytes.len().wrapping_sub(rest.as_slice().len());
        let Some(first) = rest.next() else { return valid };
        let len = first.leading_ones();
        if len == 0 {
            continue;
        }
        if !(2..=4).contains(&len) {
            return valid;
        }
        // The smallest character that needs so many bytes: 0x80, 0x800, 0x1_0000.
        let smallest = 0x80 << ((len - 2) * 9 / 2);
        let mut c = u32::from(first & (0x7f >> len));
        for _ in 1..len {
            match rest.next() {
                Some(next @ 0x80..0xc0) => c = c << 6 | u32::from(next & 0x3f),
                _ => return valid,
            }
        }
        if c < smallest || char::from_u32(c).is_none() {
            return valid;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(bytes: &[u8]) {
        let std = std::str::from_utf8(bytes);
        let expected = std.map_or_else(|error| error.valid_up_to(), str::len);
        assert_eq!(small(bytes), expected, "{bytes:x?}");
        assert_eq!(valid_up_to(bytes), expected);
        assert_eq!(is_valid(bytes), std.is_ok());
    }

    #[test]
    fn rfc3629_section_4_sequences_are_what_std_says() {
        // Of each byte that matters, whether it begins, continues or is a boundary.
        let edges = [
            0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
            0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff,
        ];
        for a in edges {
            for b in edges {
                for c in edges {
                    for d in edges {
                        agrees(&[a, b, c, d, 0x41]);
                        agrees(&[a, b, c, d]);
                    }
                    agrees(&[a, b, c]);
                }
                agrees(&[a, b]);
            }
            agrees(&[a]);
        }
    }

    proptest! {
        #[test]
        fn texts_are_valid_and_cut_where_std_cuts_them(text: std::string::String, cut in 0usize..99) {
            agrees(text.as_bytes());
            agrees(text.as_bytes().get(..cut).unwrap_or(b""));
        }
    }
}
