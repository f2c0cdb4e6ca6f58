//! Records that are made in one piece: a sink behind `dyn` costs much per call.

use crate::error::Failed;
use m2m_base::SliceSink;

/// What a record must fit into that is to be written in one piece.
pub(crate) type Piece = [u8; 64];

/// Fills a piece.
pub(crate) trait Fill {
    /// The `N` bytes from `at` on, if there are so many.
    fn room<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]>;
    /// Stores the first `len` of eight bytes at `at`, in one, whatever the length; returns where
    /// the next go.
    fn short(&mut self, at: usize, word: u64, len: usize) -> Result<usize, Failed>;
    /// Appends bytes at `at`; returns where the next go.
    fn long(&mut self, at: usize, bytes: &[u8]) -> Result<usize, Failed>;
    /// The rest from `at` on, as a sink.
    fn sink(&mut self, at: usize) -> SliceSink<'_>;
}

impl Fill for Piece {
    #[inline]
    fn room<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        // The comparison is one that the compiler knows the slice by.
        if at > self.len() - N {
            return None;
        }
        self.get_mut(at..)?.first_chunk_mut()
    }

    #[inline]
    fn short(&mut self, at: usize, word: u64, len: usize) -> Result<usize, Failed> {
        *self.room(at).ok_or(Failed)? = word.to_le_bytes();
        Ok(at.wrapping_add(len))
    }

    #[inline]
    fn long(&mut self, at: usize, bytes: &[u8]) -> Result<usize, Failed> {
        let room = self.get_mut(at..).and_then(|room| room.get_mut(..bytes.len()));
        room.ok_or(Failed)?.copy_from_slice(bytes);
        Ok(at.wrapping_add(bytes.len()))
    }

    fn sink(&mut self, at: usize) -> SliceSink<'_> {
        SliceSink::new(self.get_mut(at..).unwrap_or(&mut []))
    }
}

/// Copies 8 to 24 bytes to `from`, eight at a time: the last ones may have been copied before.
/// `None` if there is no room.
#[inline(always)]
pub(crate) fn copy_short(room: &mut [u8; 32], from: usize, bytes: &[u8]) -> Option<()> {
    let room = room.get_mut(from..)?;
    *room.first_chunk_mut()? = *bytes.first_chunk::<8>()?;
    if let Some(second) = bytes.get(8..16) {
        *room.get_mut(8..)?.first_chunk_mut()? = *second.first_chunk::<8>()?;
    }
    *room.get_mut(bytes.len().wrapping_sub(8)..)?.first_chunk_mut()? = *bytes.last_chunk::<8>()?;
    Some(())
}

/// At most eight bytes in a word, the first one lowest, zeros above the last.
#[inline(always)]
pub(crate) fn word(bytes: &[u8]) -> u64 {
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
