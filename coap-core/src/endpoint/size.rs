//! How much of a body goes into one message (RFC 7959 section 2.2, RFC 8323 section 6).

use super::{Endpoint, OVERHEAD};
use crate::Block;
use m2m_base::PeerId;

/// Bytes of a body in each message but the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockSize(u8);

impl BlockSize {
    /// One block of a size exponent of 0 to 6.
    pub(super) fn new(szx: u8) -> BlockSize {
        BlockSize(szx.min(Block::MAX_SZX))
    }

    /// The size exponent that the message tells.
    pub(super) fn szx(self) -> u8 {
        self.0
    }

    pub(super) fn bytes(self) -> usize {
        1 << Block::shift(self.0)
    }

    /// Number of the block that begins at `offset`.
    pub(super) fn number(self, offset: u32) -> u32 {
        offset >> Block::shift(self.0)
    }

    /// This size, or that of a smaller exponent which the peer asks for.
    pub(super) fn at_most(self, szx: u8) -> BlockSize {
        if szx < self.szx() { BlockSize(szx) } else { self }
    }
}

/// What a message to a peer can carry besides its options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Longest body that needs no blocks.
    pub(super) whole: usize,
    /// What goes into a message of one that does.
    pub(super) size: BlockSize,
}

impl Endpoint {
    /// The largest size exponent of a block that fits beside `options` bytes of options.
    pub(super) fn szx_beside(&self, options: usize) -> u8 {
        let taken = options.saturating_add(OVERHEAD).saturating_add(8);
        let room = usize::from(self.limits.message_size).saturating_sub(taken);
        Block::szx_for(room).min(self.parameters.block_szx)
    }

    /// Room in a message to a peer beside `options` bytes of options.
    pub(super) fn room(&self, _peer: PeerId, options: usize) -> Room {
        let size = BlockSize::new(self.szx_beside(options));
        Room { whole: size.bytes(), size }
    }

    /// The largest size exponent of the blocks that a peer should send us.
    pub(super) fn szx_wanted(&self, _peer: PeerId) -> u8 {
        self.szx_beside(64)
    }

    /// Do so many bytes of options leave room for a block in a message to this peer?
    pub(super) fn has_room(&self, _peer: PeerId, options: usize) -> bool {
        let least = options.saturating_add(OVERHEAD).saturating_add(8 + 16);
        least <= self.limits.message_size.into()
    }

    /// The value of a Block option of a message of this peer.
    pub(super) fn block_of(&self, _peer: PeerId, value: u32) -> Option<Block> {
        Block::from_uint(value)
    }
}
