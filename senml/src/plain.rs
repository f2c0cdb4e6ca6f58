//! Classes of bytes: what may stand in a JSON string as it is, what in a name.

use m2m_base::SMALL;

const ONES: u64 = 0x0101_0101_0101_0101;

/// The index, in eight bytes, of the first quote, backslash or control character.
#[inline]
pub(crate) fn special_in_word(bytes: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(bytes);
    // The high bit of each byte below 0x80 that is less than what is subtracted; above the first
    // such byte a borrow may set others, which does not matter. With the second bit turned over a
    // quote comes down to the control characters, and a space goes up.
    let low = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    let special = (low | backslash) & !word & (ONES * 0x80);
    (special != 0).then(|| usize::try_from(special.trailing_zeros() / 8).unwrap_or(0))
}

/// Whether 8 to 24 bytes are neither quotes, nor backslashes, nor control characters.
#[inline(always)]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let plain = |word: &[u8; 8]| special_in_word(*word).is_none();
    bytes.first_chunk().is_some_and(plain)
        && bytes.last_chunk().is_some_and(plain)
        && bytes.get(8..16).and_then(<[u8]>::first_chunk).is_none_or(plain)
}

/// The index of the first quote, backslash or control character. Looks at eight bytes at a time.
#[inline]
pub(crate) fn first_special(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let at = |rest: &[u8], before| Some(bytes.len().wrapping_sub(rest.len()).wrapping_add(before));
    while !SMALL && let Some((word, behind)) = rest.split_first_chunk::<8>() {
        if let Some(before) = special_in_word(*word) {
            return at(rest, before);
        }
        rest = behind;
    }
    // The last eight, of which the first were looked at.
    if !SMALL && let Some(last) = bytes.last_chunk::<8>() {
        return at(last, special_in_word(*last)?);
    }
    at(rest, rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?)
}

/// The characters of names (RFC 8428 section 4.5.1), one bit each, 32 to a word.
const OF_NAMES: [u32; 8] = {
    let mut words = [0; 8];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.' | b'/' | b'_') {
            #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                words[(byte >> 5) as usize] |= 1 << (byte & 31);
            }
        }
        byte += 1;
    }
    words
};

/// Whether names may have this byte.
#[inline]
pub(crate) fn of_name(byte: u8) -> bool {
    OF_NAMES.get(usize::from(byte >> 5)).is_some_and(|word| word >> (byte & 31) & 1 == 1)
}
