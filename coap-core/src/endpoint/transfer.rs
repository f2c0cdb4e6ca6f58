//! Bodies in blocks on the server's side: those being assembled (Block1) and those being served
//! (Block2), each under its cache key (RFC 7959 sections 2.4 and 2.5).

use super::security::Protection;
use super::{Endpoint, Stored, Unit, domain};
use crate::{Code, EXTENSIONS, OptionNumber, Options};
use m2m_base::container::{Handle, Index, Narrow};
use m2m_base::{Instant, PeerId, SMALL, Sink, Window};

/// Which way a body goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// To us, in the blocks of a request.
    Upload,
    /// From us, in the blocks of a response.
    Download,
    /// To us: a protected response of ours that a proxy has cut (RFC 8613 section 4.1.3.4.2).
    #[cfg(feature = "oscore")]
    Outer,
}

/// A body in blocks.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) peer: Narrow<PeerId>,
    pub(super) key: Narrow<u64>,
    pub(super) direction: Direction,
    pub(super) stored: Stored,
    pub(super) etag: u32,
    /// It has got beyond its first block.
    pub(super) moved: bool,
}

impl Transfer {
    pub(super) fn new(
        peer: PeerId,
        key: u64,
        direction: Direction,
        stored: Stored,
        etag: u32,
    ) -> Transfer {
        let (peer, key) = (peer.into(), key.into());
        Transfer { peer, key, direction, stored, etag, moved: false }
    }
}

impl Endpoint {
    /// What requests for blocks of one body have in common: the peer, its security context, the method and the options
    /// of the cache key but for the Block options (RFC 7959 section 2.5), Observe and ETag.
    pub(super) fn transfer_key(
        &self,
        peer: PeerId,
        protection: Option<Protection>,
        method: Code,
        options: Options<'_>,
    ) -> u64 {
        const OWN: u32 = 1 << OptionNumber::BLOCK1.0
            | 1 << OptionNumber::BLOCK2.0
            | 1 << OptionNumber::OBSERVE.0
            | 1 << OptionNumber::ETAG.0;
        let is_own = |number: u16| number < 32 && OWN >> number & 1 != 0;
        let of_key = options.iter().filter(|o| !is_own(o.number.0) && !o.number.is_no_cache_key());
        let mark = Endpoint::context_mark(protection);
        if SMALL && !EXTENSIONS {
            // Who finds two requests with one sum is in the way of itself: the peer is compared.
            let mut sum = Window::new(&mut [], 0);
            let _ = sum.put(&[method.0]);
            for o in of_key {
                let _ = sum.put(&o.number.0.to_be_bytes());
                let _ = sum.put(o.value);
            }
            return mark ^ u64::from(sum.checksum());
        }
        let start = self.hash(domain::TRANSFER, peer, method.0.into()) ^ mark;
        of_key.fold(start, |hash, o| Index::mix_bytes(Index::mix(hash, o.number.0.into()), o.value))
    }

    fn slot_hash(key: u64, direction: Direction) -> u64 {
        key ^ direction as u64
    }

    pub(super) fn find_transfer(
        &self,
        peer: PeerId,
        key: u64,
        direction: Direction,
    ) -> Option<Handle> {
        let range = (self.first_transfer(), self.transfers.capacity());
        let index = self.keys.find_in(Endpoint::slot_hash(key, direction), range, |i| {
            self.transfers
                .at(i)
                .is_some_and(|(_, t)| t.key == key && t.direction == direction && t.peer == peer)
        })?;
        self.transfers.handle_at(index)
    }

    /// Keeps a transfer, of which there is none with the same key any more, if need be in place of the
    /// one that was idle longest.
    pub(super) fn keep_transfer(&mut self, transfer: Transfer) -> Option<Handle> {
        if self.transfers.is_full() {
            let Some(victim) = self.least_missed(transfer.peer.get()) else {
                self.free(transfer.stored);
                return None;
            };
            self.drop_transfer(victim);
        }
        let hash = Endpoint::slot_hash(transfer.key.get(), transfer.direction);
        let handle = self.transfers.insert_with(|| transfer)?;
        let _ = self.keys.insert(hash, self.number(Unit::Transfer(handle)));
        self.refresh_transfer(handle);
        Some(handle)
    }

    /// Which transfer gives way to a new one of a peer: one of its own, else one that has not got
    /// beyond its first block, else any; of those the one that was idle longest. So who starts
    /// many is in the way of itself, and a body that is on its way gets on.
    fn least_missed(&self, peer: PeerId) -> Option<Handle> {
        self.idle_longest(&|t| Some(u8::from(t.peer != peer) << 1 | u8::from(t.moved)))
    }

    /// Of the transfers with the lowest rank, at most 3, that which was idle longest.
    fn idle_longest(&self, rank: &dyn Fn(&Transfer) -> Option<u8>) -> Option<Handle> {
        let base = self.first_transfer();
        let mut least = (u64::MAX, None);
        for index in 0..self.transfers.capacity() {
            let Some((handle, transfer)) = self.transfers.at(index) else { continue };
            let Some(rank) = rank(transfer) else { continue };
            let until = self.deadlines.get(base.wrapping_add(index)).unwrap_or(Instant::ZERO);
            // No clock gets so far.
            let missed = u64::from(rank) << 62 | until.as_millis();
            if missed < least.0 {
                least = (missed, Some(handle));
            }
        }
        least.1
    }

    /// RFC 7959 section 2.4 and 2.5: state may go `EXCHANGE_LIFETIME` after the last block.
    pub(super) fn refresh_transfer(&mut self, handle: Handle) {
        self.wake_in(Unit::Transfer(handle), self.lifetimes.0);
    }

    /// Takes a body out.
    pub(super) fn take_transfer(&mut self, handle: Handle) -> Option<Stored> {
        let transfer = self.transfers.remove(handle)?;
        let number = self.number(Unit::Transfer(handle));
        self.deadlines.clear(number);
        self.keys.remove(Endpoint::slot_hash(transfer.key.get(), transfer.direction), number);
        Some(transfer.stored)
    }

    pub(super) fn drop_transfer(&mut self, handle: Handle) {
        let stored = self.take_transfer(handle);
        self.free(stored);
    }

    /// Drops the body with a key, if there is one.
    pub(super) fn drop_held(&mut self, peer: PeerId, key: u64, direction: Direction) {
        if let Some(held) = self.find_transfer(peer, key, direction) {
            self.drop_transfer(held);
        }
    }

    /// Drops the served body that was idle longest; false if there is none.
    pub(super) fn evict_served(&mut self) -> bool {
        let idle = self.idle_longest(&|t| (t.direction == Direction::Download).then_some(0));
        match idle {
            Some(handle) => {
                self.drop_transfer(handle);
                true
            }
            None => false,
        }
    }
}
