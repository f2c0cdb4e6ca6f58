//! A buffer that a writer fills by itself: lengths and counts are put in front of what is there
//! already.

use m2m_base::Room;
use m2m_base::short;

/// The rest of a buffer, and how much of it is filled. `None` of any function here: the fast way ends,
/// and what there is to write is to be written again in the way that tells why.
///
/// What is not worth to be in the loop of a writer is in functions that take the buffer and where its
/// next byte goes, and return where that is then: so both stay in registers.
pub(super) struct Fill<'a> {
    pub(super) free: &'a mut [u8],
    filled: &'a mut usize,
    /// Where the next byte goes.
    pub(super) at: usize,
}

impl<'a> Fill<'a> {
    #[inline]
    pub(super) fn new(room: Room<'a>) -> Self {
        let (free, filled) = room.split();
        Fill { free, filled, at: 0 }
    }

    /// What was put here counts.
    #[inline]
    pub(super) fn finish(self) {
        *self.filled = self.filled.wrapping_add(self.at);
    }
}

/// Eight bytes from there on, if there are as many.
#[inline(always)]
pub(super) fn room(free: &mut [u8], at: usize) -> Option<&mut [u8; 8]> {
    free.get_mut(at..)?.first_chunk_mut()
}

/// The first `len` of eight bytes, the first one lowest.
#[inline(always)]
pub(super) fn put(free: &mut [u8], at: usize, word: u64, len: usize) -> Option<usize> {
    let Some(room) = free.get_mut(at..).and_then(<[u8]>::first_chunk_mut) else {
        return last(free, at, word, len);
    };
    *room = word.to_le_bytes();
    Some(at.wrapping_add(len))
}

/// The same near the end of the buffer.
#[cold]
#[inline(never)]
fn last(free: &mut [u8], at: usize, word: u64, len: usize) -> Option<usize> {
    put_bytes(free, at, word.to_le_bytes().get(..len)?)
}

#[inline(never)]
pub(super) fn put_bytes(free: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    free.get_mut(at..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(at.wrapping_add(bytes.len()))
}

/// Some bytes, the first one lowest, and how many they are.
pub(super) type Word = (u64, usize);

/// A head and a string behind it, at most eight bytes together.
#[inline(always)]
pub(super) fn put_word(
    free: &mut [u8],
    at: usize,
    (head, len): Word,
    bytes: &[u8],
) -> Option<usize> {
    let shift = u32::try_from(len.wrapping_mul(8)).ok()?;
    let word = head | short::word(bytes).wrapping_shl(shift);
    put(free, at, word, len.wrapping_add(bytes.len()))
}

/// A head of at most eight bytes and a string of 8 to 32 behind it.
#[inline(always)]
pub(super) fn put_pieces(
    free: &mut [u8],
    at: usize,
    (head, len): Word,
    bytes: &[u8],
) -> Option<usize> {
    if let Some(room) = free.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<40>) {
        let (first, _) = room.split_first_chunk_mut()?;
        *first = head.to_le_bytes();
        if let Some(room) = room.get_mut(len..).and_then(<[u8]>::first_chunk_mut)
            && short::in_pieces(bytes, room)
        {
            return Some(at.wrapping_add(len).wrapping_add(bytes.len()));
        }
    }
    apart(free, at, head, len, bytes)
}

#[cold]
#[inline(never)]
fn apart(free: &mut [u8], at: usize, head: u64, len: usize, bytes: &[u8]) -> Option<usize> {
    let at = put(free, at, head, len)?;
    put_bytes(free, at, bytes)
}

/// Changes bytes that are there.
#[inline(always)]
pub(super) fn set<const N: usize>(free: &mut [u8], at: usize, bytes: [u8; N]) -> Option<()> {
    *free.get_mut(at..)?.first_chunk_mut()? = bytes;
    Some(())
}

/// Puts a head of so many bytes, at most eight, where room for at least one was left at `start`, and
/// what is behind it to where that then ends. Returns the end of it all.
#[cfg(feature = "tlv")]
#[inline(always)]
pub(super) fn close(
    free: &mut [u8],
    at: usize,
    start: usize,
    left: usize,
    word: u64,
    len: usize,
) -> Option<usize> {
    let at = if len == left { at } else { move_content(free, at, start, left, len)? };
    let head = free.get_mut(start..)?.get_mut(..len)?;
    head.iter_mut().zip(word.to_le_bytes()).for_each(|(slot, byte)| *slot = byte);
    Some(at)
}

#[cfg(feature = "tlv")]
#[inline(never)]
fn move_content(
    free: &mut [u8],
    at: usize,
    start: usize,
    left: usize,
    len: usize,
) -> Option<usize> {
    let (content, to) = (start.wrapping_add(left), start.wrapping_add(len));
    let size = at.wrapping_sub(content);
    // What is a few bytes is moved in one, with others behind it that do not count.
    if size <= 16
        && let Some(bytes) = free.get(content..).and_then(<[u8]>::first_chunk::<16>).copied()
        && let Some(room) = free.get_mut(to..).and_then(<[u8]>::first_chunk_mut)
    {
        *room = bytes;
    } else if to.wrapping_add(size) <= free.len() {
        free.copy_within(content..at, to);
    } else {
        return None;
    }
    Some(to.wrapping_add(size))
}
