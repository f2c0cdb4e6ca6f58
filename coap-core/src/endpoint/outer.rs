//! Protected messages that a proxy has cut into blocks (RFC 8613 section 4.1.3.4.2). They are put
//! together before they are decrypted; nothing of them is authentic before that, so none may be
//! longer than a message that comes in one piece.

use super::exchange::Waiting;
use super::receive::Received;
use super::security::Outer;
use super::transfer::{Direction, Transfer};
use super::{Endpoint, Outcome, Stored, Unit};
use crate::writer::Extras;
use crate::{Block, MessageType, OptionNumber};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition};

/// A request that came in blocks: whole, and the last block, which the response acknowledges.
pub(super) struct Cut {
    pub(super) stored: Stored,
    pub(super) last: Option<Outer>,
}

impl Endpoint {
    /// The block that a protected message is, if it is not all of it.
    fn outer_block(&self, message: &Received<'_>, number: OptionNumber) -> Option<Block> {
        let block = self.block_of(message.peer, message.options.uint(number)?)?;
        (block.more || block.number > 0).then_some(block)
    }

    /// Takes a block of a protected request. Gives the whole with the last one, `None` for a
    /// request that was not cut.
    pub(super) fn outer_request(
        &mut self,
        message: &Received<'_>,
    ) -> Result<Option<Cut>, Disposition> {
        let Some(block) = self.outer_block(message, OptionNumber::BLOCK1) else {
            return Ok(None);
        };
        let key = self.transfer_key(message.peer, None, message.code, message.options);
        let most = u32::try_from(self.security.scratch.len()).unwrap_or(u32::MAX);
        let stored = match self.take_block(message, key, block, most) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Err(Disposition::Accepted),
            Err(refusal) => return Err(self.or_refuse(message, Err(refusal))),
        };
        Ok(Some(Cut { stored, last: Outer::new(block) }))
    }

    /// Takes a block of a protected response, and asks the proxy for the next. Gives the whole with
    /// the last one, `None` for a response that was not cut.
    pub(super) fn outer_response(
        &mut self,
        handle: Handle,
        message: &Received<'_>,
    ) -> Result<Option<Stored>, Disposition> {
        let Some(block) = self.outer_block(message, OptionNumber::BLOCK2) else {
            return Ok(None);
        };
        let key = match self.waits_for_block(handle, message) {
            Waiting::No => return Err(Disposition::Ignored(Cause::Unexpected)),
            Waiting::Whole => return Ok(None),
            Waiting::Under(key) => key,
        };
        if block.more && message.message_type == MessageType::Confirmable {
            self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
        }
        let held = self.find_transfer(message.peer, key, Direction::Outer);
        let have = held.and_then(|held| self.transfers.get(held));
        let have = have.map_or(0, |held| held.stored.payload(&self.pool).len());
        let payload = message.payload;
        let next = if block.number == 0 { 0 } else { have };
        if block.offset() != next || !block.allows(payload.len()) {
            return Err(Disposition::Ignored(Cause::Unexpected));
        }
        let end = next.saturating_add(payload.len());
        let taken = held.and_then(|held| self.take_transfer(held));
        let mut fits = end <= self.security.scratch.len();
        let stored = match taken {
            Some(mut stored) if block.number > 0 => {
                fits &= self.append(&mut stored, payload);
                Some(stored)
            }
            first => {
                self.free(first);
                self.store(message.code, message.options, &Extras::NONE, payload)
            }
        };
        let number = u32::try_from(end >> Block::shift(block.szx)).unwrap_or(u32::MAX);
        let wanted = Outer::new(Block { number, more: false, szx: block.szx });
        match (stored, wanted) {
            (Some(stored), _) if fits && !block.more => {
                self.await_outer(handle, None);
                return Ok(Some(stored));
            }
            (Some(stored), Some(wanted)) if fits => {
                let transfer = Transfer::new(message.peer, key, Direction::Outer, stored, 0);
                if self.keep_transfer(transfer).is_some() {
                    self.await_outer(handle, Some(wanted));
                    self.settle(Unit::Exchange(handle));
                    self.send(Unit::Exchange(handle));
                    return Err(Disposition::Accepted);
                }
            }
            (stored, _) => self.free(stored),
        }
        self.finish(handle, Outcome::TooLarge);
        Err(Disposition::Accepted)
    }

    fn await_outer(&mut self, handle: Handle, block: Option<Outer>) {
        if let Some(sending) = self.sending(Unit::Exchange(handle))
            && let Some(protection) = &mut sending.protection
        {
            protection.outer = block;
        }
    }
}
