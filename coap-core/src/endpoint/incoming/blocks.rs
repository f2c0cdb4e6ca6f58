//! Blocks of bodies, on the server's side: those of a request are taken one by one (RFC 7959
//! sections 2.3 and 2.5), those of a response that is kept are served (section 2.4).

use super::super::receive::Received;
use super::super::survey::Survey;
use super::super::transfer::{Direction, Transfer};
use super::super::{Endpoint, IncomingId, Stored, UsageError};
use super::{Refusal, fit};
use crate::writer::Extras;
use crate::{Block, Code, OptionNumber, Options};
use m2m_base::container::Handle;
use m2m_base::{Cause, Instant};

impl Endpoint {
    /// Serves a further block of a body that is kept.
    pub(super) fn serve_block(
        &mut self,
        message: &Received<'_>,
        handle: Handle,
        block: Block,
    ) -> Result<(), Refusal> {
        self.refresh_transfer(handle);
        if let Some(transfer) = self.transfers.get_mut(handle) {
            transfer.moved = true;
        }
        let Some(transfer) = self.transfers.get(handle) else {
            return Err((Code::BAD_REQUEST, Cause::Unexpected));
        };
        let options = transfer.stored.options(&self.pool);
        let beyond = message.name.beyond();
        let beyond = beyond.saturating_add(self.overhead(self.protection_now(), false));
        let beside = options.as_bytes().len().saturating_add(beyond);
        let (block, size) = fit(block, self.room(message.peer, self.protection_now(), beside).size);
        let body = transfer.stored.payload(&self.pool);
        let from = block.offset();
        let to = from.saturating_add(size.bytes()).min(body.len());
        let Some(_) = body.get(from..to).filter(|b| !b.is_empty()) else {
            return Err((Code::BAD_REQUEST, Cause::Malformed));
        };
        let mut extras = Extras::NONE;
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
        self.answer_at_once(message, stored)
    }

    /// Takes one block of a request's body.
    pub(super) fn receive_block(
        &mut self,
        message: &Received<'_>,
        key: u64,
        survey: &Survey<'_>,
    ) -> Result<(), Refusal> {
        let Some(block) = survey.block1.block() else { return Ok(()) };
        match self.take_block(message, key, block, self.body_size)? {
            Some(stored) => self.deliver(message, stored, survey, true),
            None => Ok(()),
        }
    }

    /// Takes one block of a body of up to `most` bytes. Gives the whole with its last block; others
    /// are answered.
    pub(in crate::endpoint) fn take_block(
        &mut self,
        message: &Received<'_>,
        key: u64,
        block: Block,
        most: u32,
    ) -> Result<Option<Stored>, Refusal> {
        let payload = message.payload;
        let announced = message.options.uint(OptionNumber::SIZE1).unwrap_or(0);
        if !block.allows(payload.len()) {
            return Err((Code::BAD_REQUEST, Cause::Malformed));
        }
        let full = (Code::SERVICE_UNAVAILABLE, Cause::Full);
        let end = block.offset().wrapping_add(payload.len());
        let held = self.find_transfer(message.peer, key, Direction::Upload);
        if end > most as usize || announced > most {
            if let Some(held) = held {
                self.drop_transfer(held);
            }
            self.too_large(message, most)?;
        }
        if block.number == 0 {
            if let Some(held) = held {
                // RFC 7959 section 2.5: block 0 starts again.
                self.drop_transfer(held);
            }
            let stored = self.store(message.code, message.options, &Extras::NONE, payload);
            let stored = stored.ok_or(full)?;
            if !block.more {
                return Ok(Some(stored));
            }
            let kept = Transfer::new(message.peer, key, Direction::Upload, stored, 0);
            self.keep_transfer(kept).ok_or(full)?;
        } else {
            let incomplete = (Code::REQUEST_ENTITY_INCOMPLETE, Cause::Unexpected);
            let held = held.ok_or(incomplete)?;
            let have = self.transfers.get(held).map_or(0, |t| t.stored.payload(&self.pool).len());
            // Else it is the block before, sent again in a new message: its answer was lost.
            if !block.more || end != have {
                if block.offset() != have {
                    return Err(incomplete);
                }
                let fits = self.append_to(held, payload);
                self.refresh_transfer(held);
                if !fits {
                    return Err(full);
                }
                if !block.more {
                    return self.take_transfer(held).map(Some).ok_or(incomplete);
                }
            }
        }
        let next = self.preferred(block).to_uint();
        let option = (OptionNumber::BLOCK1, next);
        self.answer_block(message, Code::CONTINUE, option)?;
        Ok(None)
    }

    /// Appends a block to a body, making room if need be; false, and no change, without.
    fn append_to(&mut self, held: Handle, block: &[u8]) -> bool {
        loop {
            let Some(transfer) = self.transfers.get_mut(held) else { return false };
            transfer.moved = true;
            if transfer.stored.append(&mut self.pool, block) {
                return true;
            }
            if !self.make_room() {
                return false;
            }
        }
    }

    /// Hands one block of a request's body to the application, nothing of it kept.
    pub(super) fn receive_streamed(
        &mut self,
        message: &Received<'_>,
        key: u64,
        survey: &Survey<'_>,
    ) -> Result<(), Refusal> {
        if !survey.block1.block().is_some_and(|block| block.allows(message.payload.len())) {
            return Err((Code::BAD_REQUEST, Cause::Malformed));
        }
        // RFC 7959 section 2.5: block 0 starts again.
        self.drop_held(message.peer, key, Direction::Upload);
        let stored = self.store(message.code, message.options, &Extras::NONE, message.payload);
        let stored = stored.ok_or((Code::SERVICE_UNAVAILABLE, Cause::Full))?;
        self.deliver(message, stored, survey, false)
    }

    /// Has the body put together of which the first block was told as a request, with
    /// [`crate::Parameters::stream_uploads`]: it is told again when it is whole. The block is
    /// answered.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] unless the request is the first block of several and waits for its
    /// answer; [`UsageError::Full`] if there is no room: it still does.
    pub fn assemble(&mut self, now: Instant, id: IncomingId) -> Result<(), UsageError> {
        self.now = now;
        let asked = self.requests.get(id.0).filter(|a| a.is_open());
        let asked = asked.ok_or(UsageError::UnknownId)?;
        let block = asked.block1.block().filter(|b| b.number == 0 && b.more);
        let (peer, protection) = (asked.sending.peer.get(), asked.sending.protection);
        let block = block.ok_or(UsageError::UnknownId)?;
        let mut extras = Extras::NONE;
        extras.add(OptionNumber::BLOCK1, self.preferred(block).to_uint());
        if self.transfers.capacity() == 0 {
            return Err(UsageError::Full);
        }
        let answer = self.store(Code::CONTINUE, Options::EMPTY, &extras, &[]);
        let answer = answer.ok_or(UsageError::Full)?;
        if let Some(stored) = self.requests.get_mut(id.0).and_then(|a| a.request.take()) {
            let key =
                self.transfer_key(peer, protection, stored.code(), stored.options(&self.pool));
            let direction = Direction::Upload;
            self.drop_held(peer, key, direction);
            self.keep_transfer(Transfer::new(peer, key, direction, stored, 0));
        }
        self.answer(id.0, Some(answer));
        Ok(())
    }

    /// A block in the size that we would rather have the next ones in.
    pub(super) fn preferred(&self, block: Block) -> Block {
        let szx = match self.parameters.block_szx {
            Block::MAX_SZX => block.szx,
            smaller => block.szx.min(smaller),
        };
        Block { szx, ..block }
    }

    /// Answers a block: 2.31 with the size that we would rather have, or 4.13 with the most that we
    /// take (RFC 7959 section 2.9).
    fn answer_block(
        &mut self,
        message: &Received<'_>,
        code: Code,
        (number, value): (OptionNumber, u32),
    ) -> Result<(), Refusal> {
        let mut extras = Extras::NONE;
        extras.add(number, value);
        let stored = self.store(code, Options::EMPTY, &extras, &[]);
        self.answer_at_once(message, stored)
    }

    /// 4.13, with the most that we take (RFC 7959 section 2.9.3).
    pub(super) fn too_large(&mut self, message: &Received<'_>, most: u32) -> Result<(), Refusal> {
        let code = Code::REQUEST_ENTITY_TOO_LARGE;
        self.answer_block(message, code, (OptionNumber::SIZE1, most))?;
        Err((Code::EMPTY, Cause::Full))
    }
}
