//! A buffer that a writer fills by itself: lengths and counts are put in front of what is there
//! already.

use m2m_base::Room;
use m2m_base::short;

/// The rest of a buffer, and how much of it is filled. `None` of any of its functions: the fast
/// way ends here, and what there is to write is to be written again in the way that tells why.
pub(super) struct Fill<'a> {
    free: &'a mut [u8],
    filled: &'a mut usize,
    at: usize,
}

impl<'a> Fill<'a> {
    #[inline]
    pub(super) fn new(room: Room<'a>) -> Self {
        let (free, filled) = room.split();
        Fill { free, filled, at: 0 }
    }

    /// Where the next byte goes.
    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What was put here counts.
    #[inline]
    pub(super) fn finish(self) {
        *self.filled = self.filled.wrapping_add(self.at);
    }

    #[inline]
    fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        let end = self.at.checked_add(N)?;
        self.free.get_mut(self.at..end)?.first_chunk_mut()
    }

    /// The first `len` of eight bytes, the first one lowest.
    #[inline]
    pub(super) fn word(&mut self, word: u64, len: usize) -> Option<()> {
        let Some(room) = self.room() else {
            return self.bytes(word.to_le_bytes().get(..len)?);
        };
        *room = word.to_le_bytes();
        self.at = self.at.wrapping_add(len);
        Some(())
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let room = self.free.get_mut(self.at..)?.get_mut(..bytes.len())?;
        room.copy_from_slice(bytes);
        self.at = self.at.wrapping_add(bytes.len());
        Some(())
    }

    /// At most six bytes, as [`Fill::word`] has them, and a string behind them.
    #[inline]
    pub(super) fn string(&mut self, head: u64, len: usize, bytes: &[u8]) -> Option<()> {
        if bytes.len().wrapping_add(len) <= 8 {
            let shift = u32::try_from(len.wrapping_mul(8)).ok()?;
            let word = head | short::word(bytes).wrapping_shl(shift);
            return self.word(word, len.wrapping_add(bytes.len()));
        }
        if bytes.len() < 24
            && let Some(room) = self.room::<32>()
        {
            let (first, _) = room.split_first_chunk_mut()?;
            *first = head.to_le_bytes();
            if short::copy(room, len, bytes).is_some() {
                self.at = self.at.wrapping_add(len).wrapping_add(bytes.len());
                return Some(());
            }
        }
        self.word(head, len)?;
        self.bytes(bytes)
    }

    /// Changes bytes that are here.
    #[inline]
    pub(super) fn set<const N: usize>(&mut self, at: usize, bytes: [u8; N]) -> Option<()> {
        *self.free.get_mut(at..)?.first_chunk_mut()? = bytes;
        Some(())
    }

    /// Puts a head of so many bytes where room for at least one was left at `start`, and what is
    /// behind it to where that then ends.
    #[inline(never)]
    pub(super) fn close(&mut self, start: usize, left: usize, word: u64, len: usize) -> Option<()> {
        let content = start.wrapping_add(left);
        if len != left {
            let to = start.wrapping_add(len);
            let end = to.wrapping_add(self.at.wrapping_sub(content));
            if end > self.free.len() {
                return None;
            }
            self.free.copy_within(content..self.at, to);
            self.at = end;
        }
        if let Some(head) = self.free.get_mut(start..).and_then(<[u8]>::first_chunk_mut)
            && let Ok(above) = u32::try_from(len.wrapping_mul(8))
        {
            // What is behind it stays.
            let behind = u64::from_le_bytes(*head) & u64::MAX.checked_shl(above).unwrap_or(0);
            *head = (behind | word).to_le_bytes();
            return Some(());
        }
        let head = self.free.get_mut(start..)?.get_mut(..len)?;
        head.iter_mut().zip(word.to_le_bytes()).for_each(|(slot, byte)| *slot = byte);
        Some(())
    }
}
