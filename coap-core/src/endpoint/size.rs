//! How much of a body goes into one message (RFC 7959 section 2.2, RFC 8323 section 6).

use super::security::Protection;
use super::{Endpoint, OVERHEAD};
use crate::Block;
use core::num::NonZeroU8;
use m2m_base::PeerId;
use m2m_base::container::NonMax;

/// Bytes of a body in each message but the last: a size exponent up to 6, and above it 6 and the
/// number of blocks of a BERT message. One more is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BlockSize(NonZeroU8);

impl BlockSize {
    /// One block of a size exponent of 0 to 6.
    pub(super) fn new(szx: u8) -> BlockSize {
        BlockSize::of(szx.min(Block::MAX_SZX))
    }

    const fn of(size: u8) -> BlockSize {
        BlockSize(NonZeroU8::MIN.saturating_add(size))
    }

    const fn get(self) -> u8 {
        self.0.get().wrapping_sub(1)
    }

    /// So many blocks of 1024 bytes, as BERT: at least one, at most 248.
    #[cfg(feature = "stream")]
    pub(super) fn bert(blocks: usize) -> BlockSize {
        let beyond = u8::try_from(blocks.max(1)).unwrap_or(u8::MAX);
        BlockSize::of(Block::MAX_SZX.saturating_add(beyond))
    }

    /// The size exponent that the message tells.
    pub(super) fn szx(self) -> u8 {
        if cfg!(feature = "stream") { self.get().min(7) } else { self.get() }
    }

    pub(super) fn bytes(self) -> usize {
        if cfg!(feature = "stream") && self.get() > Block::MAX_SZX {
            return usize::from(self.get().wrapping_sub(Block::MAX_SZX)) << 10;
        }
        1 << Block::shift(self.get())
    }

    /// Number of the block that begins at `offset`.
    pub(super) fn number(self, offset: u32) -> u32 {
        offset >> Block::shift(self.get())
    }

    /// This size, or that of a smaller exponent which the peer asks for.
    pub(super) fn at_most(self, szx: u8) -> BlockSize {
        if szx < self.szx() { BlockSize::of(szx) } else { self }
    }
}

/// The value of a Block or Observe option, or none, as tables keep it and as it is handed on: in one
/// word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct KeptUint(Option<NonMax>);

impl KeptUint {
    pub(super) const NONE: KeptUint = KeptUint(None);

    /// That of an option's value, which is to be one of 24 bits.
    pub(super) fn of(value: Option<u32>) -> KeptUint {
        KeptUint(value.and_then(NonMax::new))
    }

    /// The option's value.
    pub(super) fn value(self) -> Option<u32> {
        self.0.map(NonMax::get)
    }

    /// The block that it tells.
    pub(super) fn block(self) -> Option<Block> {
        let uint = self.value()?;
        Some(Block { number: uint >> 4, more: uint & 8 != 0, szx: (uint & 7).to_le_bytes()[0] })
    }
}

impl From<Option<Block>> for KeptUint {
    fn from(block: Option<Block>) -> KeptUint {
        KeptUint(block.and_then(|b| NonMax::new(b.to_uint())))
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
    /// The largest size exponent of a block that fits beside `options` bytes of options, of which no
    /// processor can address so many that the sums here would wrap.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn szx_beside(&self, options: usize) -> u8 {
        let taken = options.wrapping_add(OVERHEAD + 8);
        let room = usize::from(self.message_size).saturating_sub(taken);
        Block::szx_for(room).min(self.parameters.block_szx)
    }

    /// Room in a message to a peer beside `options` bytes of options.
    pub(super) fn room(
        &self,
        peer: PeerId,
        protection: Option<Protection>,
        options: usize,
    ) -> Room {
        #[cfg(feature = "stream")]
        if let (Some(most), None) = (self.connections.message_size(peer), protection) {
            let whole = most.saturating_sub(options.wrapping_add(OVERHEAD + 8));
            let size = match self.bert_blocks(peer, whole) {
                0 => BlockSize::new(Block::szx_for(whole).min(self.parameters.block_szx)),
                blocks => BlockSize::bert(blocks),
            };
            return Room { whole, size };
        }
        let _ = (peer, protection);
        let size = BlockSize::new(self.szx_beside(options));
        Room { whole: size.bytes(), size }
    }

    /// The largest size exponent of the blocks that a peer should send us, in messages that are
    /// protected so.
    pub(super) fn szx_wanted(&self, peer: PeerId, protection: Option<Protection>) -> u8 {
        let beside = self.overhead(protection, false).saturating_add(64);
        #[cfg(feature = "stream")]
        if self.connections.knows(peer) && protection.is_none() {
            let most = self.connections.own_message_size();
            if most > crate::stream::BASE_MESSAGE_SIZE
                && self.parameters.block_szx == Block::MAX_SZX
            {
                return 7;
            }
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let space = most.saturating_sub(OVERHEAD + 8).saturating_sub(beside);
            return Block::szx_for(space).min(self.parameters.block_szx);
        }
        let _ = peer;
        self.szx_beside(beside)
    }

    /// Do so many bytes of options leave room for a block in a message to this peer?
    pub(super) fn has_room(&self, peer: PeerId, options: usize) -> bool {
        let least = options.wrapping_add(OVERHEAD + 8 + 16);
        #[cfg(feature = "stream")]
        if let Some(most) = self.connections.message_size(peer) {
            return least <= most;
        }
        let _ = peer;
        least <= self.message_size.into()
    }

    /// The value of a Block option of a message of this peer.
    pub(super) fn block_of(&self, peer: PeerId, value: u32) -> Option<Block> {
        #[cfg(feature = "stream")]
        if self.connections.knows(peer) {
            return Block::from_uint_bert(value);
        }
        let _ = peer;
        Block::from_uint(value)
    }
}
