//! A request as it goes over the network: with the block, the value of Observe and the Echo that it
//! has come to.

use super::super::security::Protection;
use super::super::size::KeptUint;
use super::super::token::Long;
use super::super::{Endpoint, FETCH, OBSERVE, STREAM_DOWNLOADS, UPLOAD};
use super::{Observe, TAG};
use crate::writer::{Extras, put_merged};
use crate::{Block, Code, MessageType, OptionNumber, TooLong};
use m2m_base::container::Handle;
use m2m_base::{PeerId, Sink};

impl Endpoint {
    /// The block that a request asks for before any has come: the one that is wanted, else of what may
    /// be long none that is larger than those that we would send ourselves.
    pub(super) fn first_block(
        &self,
        peer: PeerId,
        protection: Option<Protection>,
        method: Code,
        single: KeptUint,
    ) -> Option<Block> {
        single.block().or_else(|| {
            let szx = self.szx_wanted(peer, protection);
            let asks = matches!(method, Code::GET | Code::FETCH) && szx < Block::MAX_SZX;
            asks.then_some(Block { number: 0, more: false, szx })
        })
    }

    pub(in super::super) fn write_request<S: Sink>(
        &self,
        handle: Handle,
        sink: S,
    ) -> Result<S, TooLong> {
        let exchange = self.exchanges.get(handle).ok_or(TooLong)?;
        if exchange.is_ping() {
            return self.write_stored(&exchange.sending, &Long::NONE, sink);
        }
        let source = match exchange.parent {
            Some(parent) if OBSERVE => self.exchange_at(parent).ok_or(TooLong)?,
            _ => exchange,
        };
        let request = source.sending.stored.as_ref().ok_or(TooLong)?;
        let body = request.payload(&self.pool);
        let mut payload = body;
        let mut extras = Extras::NONE;
        match exchange.observe {
            _ if !OBSERVE => {}
            Observe::Asking if exchange.download.is_none() => extras.add(OptionNumber::OBSERVE, 0),
            Observe::Renewing => extras.add(OptionNumber::OBSERVE, 0),
            Observe::Leaving => extras.add(OptionNumber::OBSERVE, 1),
            _ => {}
        }
        #[cfg(feature = "q-block")]
        let quick = self.asks_quickly(handle);
        #[cfg(not(feature = "q-block"))]
        let quick: Option<Block> = None;
        if let Some(block) = quick {
            extras.add(OptionNumber::Q_BLOCK2, block.to_uint());
        } else if let Some(szx) = exchange.download.filter(|_| FETCH) {
            let have = exchange.response.as_ref().map_or(0, |r| r.payload(&self.pool).len());
            let streams = STREAM_DOWNLOADS && exchange.streams;
            let have = if streams { exchange.streamed as usize } else { have };
            let number = u32::try_from(have >> Block::shift(szx)).map_err(|_| TooLong)?;
            extras.add(OptionNumber::BLOCK2, Block { number, more: false, szx }.to_uint());
            if source.upload.is_some() {
                // The peer has the body already (RFC 7959 section 2.7).
                payload = &[];
            }
        } else {
            let (peer, protection) = (exchange.sending.peer.get(), exchange.sending.protection);
            let block = self.first_block(peer, protection, request.code(), exchange.single);
            if let Some(block) = block {
                extras.add(OptionNumber::BLOCK2, block.to_uint());
            }
        }
        if UPLOAD && let (Some((sent, size)), None) = (exchange.upload, exchange.download) {
            let from = sent as usize;
            let total = exchange.supplied.map_or(body.len(), |total| total.get() as usize);
            let to = from.wrapping_add(size.bytes()).min(total);
            payload = match &exchange.block {
                Some(block) => self.pool.get(block),
                None => body.get(from..to).ok_or(TooLong)?,
            };
            let (number, more, szx) = (size.number(sent), to < total, size.szx());
            extras.add(OptionNumber::BLOCK1, Block { number, more, szx }.to_uint());
            if sent == 0 {
                extras.add(OptionNumber::SIZE1, u32::try_from(total).unwrap_or(u32::MAX));
            }
        }
        #[cfg(feature = "extensions")]
        if let Some(echo) = exchange.echo.as_ref().or(source.echo.as_ref()) {
            extras.add_opaque(OptionNumber::ECHO, self.pool.get(echo));
        }
        if UPLOAD && source.upload.is_some() && request.options(&self.pool).first(TAG).is_none() {
            extras.add(TAG, source.tag.into());
        }
        let kind = if exchange.sending.confirmable {
            MessageType::Confirmable
        } else {
            MessageType::NonConfirmable
        };
        let (mid, token) = (exchange.sending.mid, exchange.sending.token.as_bytes());
        let options = request.options(&self.pool);
        #[cfg(feature = "stream")]
        let body = Endpoint::body_of(options, &extras, payload);
        #[cfg(not(feature = "stream"))]
        let body = 0;
        let mut m =
            self.begin(sink, exchange.sending.peer.get(), kind, request.code(), mid, token, body)?;
        put_merged(m.sink(), options, &extras)?;
        m.finish(payload)
    }
}
