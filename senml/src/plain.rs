//! Finds the end of what may stand in a JSON string as it is.

const ONES: u64 = 0x0101_0101_0101_0101;

/// The index, in eight bytes, of the first quote, backslash or control character.
#[inline]
pub(crate) fn special_in_word(bytes: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(bytes);
    // The high bit of each byte that is zero, or below 0x20; above the first such byte a borrow may
    // set others, which does not matter.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let special = zero(word ^ (ONES * 0x22))
        | zero(word ^ (ONES * 0x5c))
        | (word.wrapping_sub(ONES * 0x20) & !word);
    let special = special & (ONES * 0x80);
    (special != 0).then(|| usize::try_from(special.trailing_zeros() / 8).unwrap_or(0))
}

/// The index of the first quote, backslash or control character. Looks at eight bytes at a time.
#[inline]
pub(crate) fn first_special(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        if let Some(before) = special_in_word(*word) {
            return Some(bytes.len().wrapping_sub(rest.len()).wrapping_add(before));
        }
        rest = behind;
    }
    let before = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(bytes.len().wrapping_sub(rest.len()).wrapping_add(before))
}
