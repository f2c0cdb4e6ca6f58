//! Blocks of bodies, on the server's side: those of a request are taken one by one (RFC 7959
//! sections 2.3 and 2.5), those of a response that is kept are served (section 2.4).

use super::super::transfer::{Direction, Transfer};
use super::super::{Endpoint, Stored};
use super::fit;
use crate::writer::Extras;
use crate::{Block, Code, Message, OptionNumber, Options};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition, Instant, PeerId};

impl Endpoint {
    /// Serves a further block of a body that is kept.
    pub(super) fn serve_block(
        &mut self,
        now: Instant,
        peer: PeerId,
        message: &Message<'_>,
        handle: Handle,
        block: Block,
    ) -> Disposition {
        self.refresh_transfer(now, handle);
        let Some(transfer) = self.transfers.get(handle) else {
            return self.refuse(now, peer, message, Code::BAD_REQUEST, Cause::Unexpected);
        };
        let options = transfer.stored.options(&self.pool);
        let beyond = self.token(message.token).beyond();
        let beyond = beyond.saturating_add(self.overhead(self.protection_now(), false));
        let (block, size) =
            fit(block, self.room(peer, options.as_bytes().len().saturating_add(beyond)).size);
        let body = transfer.stored.payload(&self.pool);
        let from = block.offset();
        let to = from.saturating_add(size.bytes()).min(body.len());
        let Some(_) = body.get(from..to).filter(|b| !b.is_empty()) else {
            return self.refuse(now, peer, message, Code::BAD_REQUEST, Cause::Malformed);
        };
        let mut extras = Extras::default();
        if options.first(OptionNumber::ETAG).is_none() {
            extras.add(OptionNumber::ETAG, transfer.etag | 1 << 31);
        }
        extras.add(OptionNumber::BLOCK2, Block { more: to < body.len(), ..block }.to_uint());
        let stored = loop {
            // The body must not be the one that is given up to make room for its block.
            let Some(transfer) = self.transfers.get(handle) else { break None };
            let copied = Stored::slice(&mut self.pool, &transfer.stored, &extras, from..to);
            if copied.is_some() || !self.evict_remembered() {
                break copied;
            }
        };
        self.answer_at_once(now, peer, message, stored)
    }

    /// Takes one block of a request's body.
    pub(super) fn receive_block(
        &mut self,
        now: Instant,
        peer: PeerId,
        message: &Message<'_>,
        key: u64,
        block: Block,
        block2: Option<Block>,
    ) -> Disposition {
        let none = Extras::default();
        let payload = message.payload;
        let most = self.limits.body_size as usize;
        let announced = message.options.uint(OptionNumber::SIZE1).unwrap_or(0) as usize;
        if !block.allows(payload.len()) {
            return self.refuse(now, peer, message, Code::BAD_REQUEST, Cause::Malformed);
        }
        let end = block.offset().saturating_add(payload.len());
        let held = self.find_transfer(key, Direction::Upload);
        if end > most || announced > most {
            if let Some(held) = held {
                self.drop_transfer(held);
            }
            return self.too_large(now, peer, message);
        }
        if block.number == 0 {
            if let Some(held) = held {
                // RFC 7959 section 2.5: block 0 starts again.
                self.drop_transfer(held);
            }
            let Some(stored) = self.store(message.code, message.options, &none, payload) else {
                return self.refuse(now, peer, message, Code::SERVICE_UNAVAILABLE, Cause::Full);
            };
            if !block.more {
                return self.deliver(now, peer, message, stored, Some(block), block2);
            }
            let direction = Direction::Upload;
            let kept = Transfer { peer, key, direction, stored, etag: 0 };
            if self.keep_transfer(now, kept).is_none() {
                return self.refuse(now, peer, message, Code::SERVICE_UNAVAILABLE, Cause::Full);
            }
            return self.continue_upload(now, peer, message, block);
        }
        let Some(held) = held else {
            let code = Code::REQUEST_ENTITY_INCOMPLETE;
            return self.refuse(now, peer, message, code, Cause::Unexpected);
        };
        let have = self.transfers.get(held).map_or(0, |t| t.stored.payload(&self.pool).len());
        if block.more && end == have {
            // The block before, sent again in a new message: its answer was lost.
            return self.continue_upload(now, peer, message, block);
        }
        if block.offset() != have {
            let code = Code::REQUEST_ENTITY_INCOMPLETE;
            return self.refuse(now, peer, message, code, Cause::Unexpected);
        }
        let Some(mut transfer) = self.take_transfer(held) else {
            return self.refuse(now, peer, message, Code::INTERNAL_SERVER_ERROR, Cause::Full);
        };
        if !self.append(&mut transfer.stored, payload) {
            self.keep_transfer(now, transfer);
            return self.refuse(now, peer, message, Code::SERVICE_UNAVAILABLE, Cause::Full);
        }
        if block.more {
            self.keep_transfer(now, transfer);
            return self.continue_upload(now, peer, message, block);
        }
        self.deliver(now, peer, message, transfer.stored, Some(block), block2)
    }

    /// 2.31, with the block size that we would rather have.
    fn continue_upload(
        &mut self,
        now: Instant,
        peer: PeerId,
        message: &Message<'_>,
        block: Block,
    ) -> Disposition {
        let mut extras = Extras::default();
        let szx = match self.parameters.block_szx {
            Block::MAX_SZX => block.szx,
            smaller => block.szx.min(smaller),
        };
        extras.add(OptionNumber::BLOCK1, Block { szx, ..block }.to_uint());
        let stored = self.store(Code::CONTINUE, Options::EMPTY, &extras, &[]);
        self.answer_at_once(now, peer, message, stored)
    }

    /// 4.13, with the most that we take (RFC 7959 section 2.9.3).
    fn too_large(&mut self, now: Instant, peer: PeerId, message: &Message<'_>) -> Disposition {
        let mut extras = Extras::default();
        extras.add(OptionNumber::SIZE1, self.limits.body_size);
        let code = Code::REQUEST_ENTITY_TOO_LARGE;
        let stored = self.store(code, Options::EMPTY, &extras, &[]);
        match self.answer_at_once(now, peer, message, stored) {
            Disposition::Accepted => Disposition::Refused(Cause::Full),
            other => other,
        }
    }
}
