//! How much of a body goes into one response, and what is kept of the rest (RFC 7959 section 2.4).

use super::super::security::Protection;
use super::super::size::{BlockSize, KeptUint};
use super::super::transfer::{Direction, Transfer};
use super::super::{Endpoint, KEEP, Response, Stored, UsageError};
use crate::writer::Extras;
use crate::{Block, Code, EXTENSIONS, OptionNumber};
use m2m_base::container::Index;
use m2m_base::{PeerId, Sink};

impl Endpoint {
    /// Stores a response, cut to the block that was asked for or that fits; what does not fit is
    /// kept for the requests that ask for the rest.
    pub(in crate::endpoint) fn cut(
        &mut self,
        asking: &Asking,
        response: &Response<'_>,
    ) -> Result<Stored, UsageError> {
        let Asking { peer, protection, key, block1, block2, sequence, beyond, .. } = *asking;
        let beyond = if EXTENSIONS { beyond } else { 0 };
        #[cfg(feature = "q-block")]
        let quick = asking.quick;
        #[cfg(not(feature = "q-block"))]
        let quick = false;
        let options = response.options.as_bytes().len().wrapping_add(beyond);
        if !self.has_room(peer, options) {
            return Err(UsageError::TooLong);
        }
        // A caller that cuts the body itself goes by `block_size`.
        let beside = if response.piece.is_some() {
            options.max(beyond.max(self.most_overhead()).wrapping_add(64))
        } else {
            options
        };
        let mut room = self.room(peer, protection, beside);
        if cfg!(feature = "stream") && response.piece.is_some() {
            room.size = room.size.at_most(self.szx_beside(beside));
            room.whole = room.size.bytes();
        }
        let whole = response.payload.len();
        let wanted = block2.block().map(|b| fit(b, room.size));
        let (block, size) = wanted
            .unwrap_or_else(|| (Block { number: 0, more: false, szx: room.size.szx() }, room.size));
        // Without a block asked for, all that fits into a message goes there.
        let most = if wanted.is_some() { size.bytes() } else { room.whole };
        let most = if whole > most { size.bytes() } else { most };
        // Where in the body the payload begins, and how long the body is.
        let from = block.offset();
        let (start, total) = match response.piece {
            Some(_) if whole > most => return Err(UsageError::TooLong),
            Some(piece) => (from, piece.total),
            None => (0, whole),
        };
        if from > 0 && from >= total {
            // RFC 7959 section 2.2: a block beyond the end.
            return self.plain(Code::BAD_REQUEST).ok_or(UsageError::Full);
        }
        let to = from.wrapping_add(most).min(start.wrapping_add(whole));
        let part = from.wrapping_sub(start)..to.wrapping_sub(start);
        let payload = response.payload.get(part).unwrap_or(&[]);
        let more = to < total;
        let etag = match response.piece {
            Some(piece) => piece.etag,
            None if more || wanted.is_some() => checksum(response.payload),
            None => 0,
        };
        let block = (more || wanted.is_some()).then_some((Block { more, ..block }, total, etag));
        let added;
        let extras = if block.is_none() && sequence == KeptUint::NONE && block1 == KeptUint::NONE {
            &Extras::NONE
        } else {
            added = self.added(asking, response, block);
            &added
        };
        let stored =
            self.store(response.code, response.options, extras, payload).ok_or(UsageError::Full)?;
        if KEEP && more && !quick && response.piece.is_none() && response.code.is_success() {
            self.serve(peer, key, response, etag);
        }
        Ok(stored)
    }

    /// The options that are added to a response: with the block of its body, if that goes in blocks,
    /// and length and checksum of the whole.
    fn added(
        &self,
        asking: &Asking,
        response: &Response<'_>,
        block: Option<(Block, usize, u32)>,
    ) -> Extras<'static> {
        #[cfg(feature = "q-block")]
        let quick = asking.quick;
        #[cfg(not(feature = "q-block"))]
        let quick = false;
        let mut extras = Extras::NONE;
        if let Some((_, _, etag)) = block
            && response.options.first(OptionNumber::ETAG).is_none()
        {
            // The high bit makes it four bytes, never none.
            extras.add(OptionNumber::ETAG, etag | 1 << 31);
        }
        if let Some(sequence) = asking.sequence.value() {
            extras.add(OptionNumber::OBSERVE, sequence);
        }
        if let Some((block, _, _)) = block.filter(|_| !quick) {
            extras.add(OptionNumber::BLOCK2, block.to_uint());
        }
        if let Some(block1) = asking.block1.block() {
            // RFC 7959 section 2.3: set, if the whole body has an effect only at its end.
            let block1 = match response.code {
                Code::CONTINUE => self.preferred(Block { more: true, ..block1 }),
                _ => Block { more: false, ..block1 },
            };
            extras.add(OptionNumber::BLOCK1, block1.to_uint());
        }
        if let Some((block, total, _)) = block {
            if quick || (block.more && block.number == 0) {
                extras.add(OptionNumber::SIZE2, u32::try_from(total).unwrap_or(u32::MAX));
            }
            if quick {
                extras.add(OptionNumber::Q_BLOCK2, block.to_uint());
            }
        }
        extras
    }

    /// Keeps a body to serve the rest of it. Without room for it the requests for the rest come to
    /// the application, which gives the body again.
    fn serve(&mut self, peer: PeerId, key: u64, response: &Response<'_>, etag: u32) {
        if response.payload.len() > self.body_size as usize {
            return;
        }
        // No answer that is remembered is given up for this.
        let pool = &mut self.pool;
        let stored =
            Stored::new(pool, response.code, response.options, &Extras::NONE, response.payload);
        if let Some(stored) = stored {
            let direction = Direction::Download;
            self.drop_held(peer, key, direction);
            self.keep_transfer(Transfer::new(peer, key, direction, stored, etag));
        }
    }
}

/// The key of a body that is served. The payload of a FETCH belongs to it (RFC 8132 section 2.1):
/// requests for further blocks repeat it, unless it came in blocks itself (RFC 7959 section 2.7).
pub(super) fn download_key(key: u64, method: Code, payload: &[u8], block1: KeptUint) -> u64 {
    if method == Code::FETCH && !payload.is_empty() && block1 == KeptUint::NONE {
        return Index::mix_bytes(key, payload);
    }
    key
}

/// What a response depends on besides itself.
#[derive(Clone, Copy)]
pub(in crate::endpoint) struct Asking {
    pub(in crate::endpoint) peer: PeerId,
    pub(in crate::endpoint) protection: Option<Protection>,
    /// Cache key of the request.
    pub(in crate::endpoint) key: u64,
    pub(in crate::endpoint) block1: KeptUint,
    pub(in crate::endpoint) block2: KeptUint,
    /// The Observe option.
    pub(in crate::endpoint) sequence: KeptUint,
    /// Bytes of a long token, and of the protection.
    pub(in crate::endpoint) beyond: usize,
    /// Q-Block2 in place of Block2.
    #[cfg(feature = "q-block")]
    pub(in crate::endpoint) quick: bool,
}

/// A block as asked for, in blocks that are not larger than `most` (RFC 7959 section 2.4: the
/// number is counted anew), and what goes into its message.
pub(super) fn fit(block: Block, most: BlockSize) -> (Block, BlockSize) {
    let size = most.at_most(block.szx);
    let shift = Block::shift(block.szx).saturating_sub(Block::shift(size.szx()));
    (Block { number: block.number << shift, more: false, szx: size.szx() }, size)
}

/// FNV-1a, as [`m2m_base::Window`] makes it.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut window = m2m_base::Window::new(&mut [], 0);
    let _ = window.put(bytes);
    window.checksum()
}
