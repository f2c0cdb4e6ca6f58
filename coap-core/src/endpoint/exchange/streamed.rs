//! Bodies that the endpoint does not hold: the application supplies or takes them block by block
//! (RFC 7959 sections 2.3 and 2.4).

use super::super::sending::Phase;
use super::super::{Endpoint, Outcome, RequestId, UsageError, What};
use crate::writer::Extras;
use crate::{Block, Message};
use core::ops::Range;
use m2m_base::Instant;
use m2m_base::container::Handle;

impl Endpoint {
    /// The bytes of the body that a request with [`crate::Request::upload`] wants next, counted
    /// from its start; `None` while it wants none. Mostly they follow those of before; a peer that
    /// takes smaller blocks only may want the first ones again.
    #[must_use]
    pub fn wanted(&self, id: RequestId) -> Option<Range<u32>> {
        let exchange = self.exchanges.get(id.0).filter(|e| !e.is_over() && e.block.is_none())?;
        let (total, (sent, size)) = (exchange.supplied?.get(), exchange.upload?);
        let idle = exchange.sending.phase == Phase::Idle && exchange.download.is_none();
        let bytes = u32::try_from(size.bytes()).unwrap_or(u32::MAX);
        idle.then(|| sent..sent.saturating_add(bytes).min(total))
    }

    /// Takes the bytes that [`Endpoint::wanted`] names, and sends them.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if the request wants none; [`UsageError::Invalid`] if they are
    /// more or fewer than it wants; [`UsageError::Full`] if the pool is: it wants them still.
    pub fn supply(&mut self, now: Instant, id: RequestId, bytes: &[u8]) -> Result<(), UsageError> {
        self.now = now;
        let wanted = self.wanted(id).ok_or(UsageError::UnknownId)?;
        if u32::try_from(bytes.len()) != Ok(wanted.end.saturating_sub(wanted.start)) {
            return Err(UsageError::Invalid);
        }
        let block = loop {
            match self.pool.store(&[bytes]) {
                Some(block) => break block,
                None if self.make_room() => {}
                None => return Err(UsageError::Full),
            }
        };
        if let Some(exchange) = self.exchanges.get_mut(id.0) {
            exchange.block = Some(block);
        }
        #[cfg(feature = "q-block")]
        if self.goes_on_quickly(id.0) {
            return Ok(());
        }
        self.next_message(id.0);
        Ok(())
    }

    /// The block that was supplied has arrived, or is to be cut anew: the next one is wanted.
    /// False if the whole body was given at once.
    pub(super) fn want_block(&mut self, handle: Handle) -> bool {
        let Some(exchange) = self.exchanges.get_mut(handle) else { return false };
        if exchange.supplied.is_none() {
            return false;
        }
        let block = exchange.block.take();
        if let Some(block) = block {
            self.pool.free(block);
        }
        self.tell(What::BlockWanted, handle);
        true
    }

    /// Asks for the next block of a response with [`crate::Request::stream`], after one was told
    /// and read. Its bytes are given back.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if no block was told that others follow.
    pub fn next_block(&mut self, now: Instant, id: RequestId) -> Result<(), UsageError> {
        self.now = now;
        let exchange = self.exchanges.get_mut(id.0).filter(|e| e.streams && !e.is_over());
        let exchange = exchange.ok_or(UsageError::UnknownId)?;
        let Some(stored) = exchange.response.take() else { return Err(UsageError::UnknownId) };
        self.free(stored);
        #[cfg(feature = "q-block")]
        if self.goes_on_quickly(id.0) {
            return Ok(());
        }
        let _ = now;
        self.next_message(id.0);
        Ok(())
    }

    /// A block of a response that the application takes block by block. `None`: it is none such,
    /// and the whole response.
    pub(super) fn take_streamed(
        &mut self,
        handle: Handle,
        message: &Message<'_>,
        block: Option<Block>,
        etag: u32,
    ) -> Option<()> {
        let exchange = self.exchanges.get(handle).filter(|e| e.streams)?;
        let begun = exchange.download.is_some();
        let Some(block) = block.filter(|b| b.more || begun) else {
            // Whole, or an error in the middle.
            return None;
        };
        let right = block.offset() == exchange.streamed as usize
            && (!block.more || block.allows(message.payload.len()))
            && (!begun || exchange.etag == etag);
        let end = u32::try_from(block.offset().saturating_add(message.payload.len()));
        let (true, Ok(end)) = (right, end) else {
            // What the application has had cannot be taken back.
            self.finish(handle, Outcome::Broken);
            return Some(());
        };
        let wanted = self.szx_wanted(exchange.sending.peer.get(), self.protection_of(handle));
        let Some(stored) =
            self.store(message.code, message.options, &Extras::NONE, message.payload)
        else {
            self.finish(handle, Outcome::TooLarge);
            return Some(());
        };
        let Some(exchange) = self.exchanges.get_mut(handle) else {
            self.free(stored);
            return Some(());
        };
        exchange.download = Some(block.szx.min(wanted));
        exchange.etag = etag;
        exchange.streamed = end;
        exchange.response = Some(stored);
        if block.more {
            self.tell(What::Block, handle);
        } else {
            self.finish(handle, Outcome::Response);
        }
        Some(())
    }
}
