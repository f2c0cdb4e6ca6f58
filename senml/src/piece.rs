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
