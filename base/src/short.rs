//! Strings of a few bytes, moved in words: a call to copy them takes longer than the copying.

/// Copies 8 to 24 bytes to `from`, eight at a time: the last ones may have been copied before.
/// `None` if these are fewer or more, or there is no room.
#[inline(always)]
#[must_use]
pub fn copy(room: &mut [u8; 32], from: usize, bytes: &[u8]) -> Option<()> {
    let room = room.get_mut(from..)?;
    *room.first_chunk_mut()? = *bytes.first_chunk::<8>()?;
    if let Some(second) = bytes.get(8..16) {
        *room.get_mut(8..)?.first_chunk_mut()? = *second.first_chunk::<8>()?;
    }
    *room.get_mut(bytes.len().wrapping_sub(8)..)?.first_chunk_mut()? = *bytes.last_chunk::<8>()?;
    Some(())
}

/// Copies 8 to 32 bytes to the start of `room`, in two pieces that may lie over one another. `false`
/// if these are fewer or more.
#[inline(always)]
#[must_use]
pub fn in_pieces(bytes: &[u8], room: &mut [u8; 32]) -> bool {
    let Some(room) = room.get_mut(..bytes.len()) else { return false };
    if let (Some(first), Some(last)) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>()) {
        let (first, last) = (*first, *last);
        if let Some(room) = room.first_chunk_mut() {
            *room = first;
        }
        if let Some(room) = room.last_chunk_mut() {
            *room = last;
        }
        return true;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let (first, last) = (*first, *last);
        if let Some(room) = room.first_chunk_mut() {
            *room = first;
        }
        if let Some(room) = room.last_chunk_mut() {
            *room = last;
        }
        return true;
    }
    false
}

/// At most eight bytes in a word, the first one lowest, zeros above the last.
#[inline(always)]
#[must_use]
pub fn word(bytes: &[u8]) -> u64 {
    // The halves may overlap.
    let shift = |from: usize| u32::try_from(bytes.len().wrapping_sub(from).wrapping_mul(8));
    let above = |last: u64, from: usize| last.wrapping_shl(shift(from).unwrap_or(0));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | above(last.into(), 4);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u16::from_le_bytes(*first), u16::from_le_bytes(*last));
        return u64::from(first) | above(last.into(), 2);
    }
    bytes.first().copied().unwrap_or(0).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn words_and_copies_are_the_bytes() {
        let bytes: Vec<u8> = (1..=25).collect();
        for len in 0..=8 {
            let mut padded = [0; 8];
            padded[..len].copy_from_slice(&bytes[..len]);
            assert_eq!(word(&bytes[..len]).to_le_bytes(), padded);
        }
        for len in 0..=25 {
            for from in 0..=32 {
                let mut room = [0; 32];
                let done = copy(&mut room, from, &bytes[..len]);
                if (8..=24).contains(&len) && from + len <= 32 {
                    assert_eq!((done, &room[from..from + len]), (Some(()), &bytes[..len]));
                } else if len < 8 || from + len > 32 {
                    assert_eq!(done, None);
                }
            }
        }
    }
}
