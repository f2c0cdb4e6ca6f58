//! OSCORE (RFC 8613): the security contexts, and what goes out under them. What comes in is in
//! `incoming/protected.rs` and `exchange/protected.rs`.
//!
//! A nonce is used for one ciphertext only, whatever happens above: a unit keeps the nonce and the
//! tag that its message went out with. When the message is to be sent again it is encrypted again
//! with the same nonce, and if the tag shows that it is not the same message any more, with a new
//! one.

use super::sending::Unwritten;
use super::{
    Endpoint, Event, Limits, ObserverEnd, Outcome, Request, RequestId, Unit, UsageError, What,
};
use crate::oscore::{
    ContextError, Head, Iv, OscoreOption, PartialIv, Renewal, RequestBinding, Role,
    SecurityContext, SecurityParameters, SequenceError,
};
use crate::{Block, Message, OptionNumber};
#[cfg(feature = "stream")]
use crate::{
    MessageType,
    stream::{Frame, Progress, read},
};
use alloc::vec::Vec;
use core::num::NonZeroU16;
use m2m_base::container::{Handle, Index, Reserve, Slab};
use m2m_base::{Instant, PeerId, SliceSink};

m2m_base::handle_id! {
    /// Names a security context of an endpoint (RFC 8613 section 3).
    SecurityId
}

/// Sequence numbers in one record.
const RESERVE: u64 = 128;

/// Bytes by which what comes in may be longer than what goes out.
const SLACK: usize = 128;

/// Bytes that an outer Block option may take.
const OUTER: usize = 5;

/// Bytes by which protection makes a response longer, at most: with a tag of 16 bytes.
const LONGEST_RESPONSE: usize = 27;

/// Contexts that are tried for one request whose kid several have.
const MOST_TRIED: usize = 4;

/// Whether the keys of a security context were in use before (RFC 8613 section 7.5, appendix B.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum History {
    /// Never, by nobody: sequence numbers start at 0, and nothing was received.
    New,
    /// Before a restart. What was received is forgotten: the first request is answered with 4.01
    /// and an Echo option, which the peer has to send back (appendix B.1.2).
    Stored {
        /// `up_to` of the newest [`Event::SequenceReserved`]; 0 if there was none.
        next: u64,
    },
    /// Whatever it was: the keys are made anew with an ID context that both ends agree upon with
    /// the first request, and again whenever one of them has lost it (appendix B.2). Nothing has to
    /// be recorded, nor is it with [`Event::SequenceReserved`]. It takes a seed that is never used
    /// twice, and a peer that does the same.
    Renewed,
}

/// How a unit's messages are protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Protection {
    pub(super) context: Handle,
    /// The request that a response belongs to. For an own request `None` until it is written.
    pub(super) binding: Option<RequestBinding>,
    /// The response may have the nonce of its request, which saves the bytes of a Partial IV.
    lend: bool,
    /// What the message went out with: nonce and the first bytes of the tag.
    sealed: Option<(Iv, [u8; 8])>,
    /// The largest Partial IV of a notification that came (section 7.4.1).
    pub(super) newest: Option<PartialIv>,
    /// The response came unprotected.
    pub(super) bare: bool,
    /// The block that a proxy is asked for, or that the last block of a request was.
    pub(super) outer: Option<Outer>,
}

/// A block that a protected message was cut into: number and size exponent (RFC 8613 section
/// 4.1.3.4.2). A whole one is not longer than a message, so there are not many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Outer(NonZeroU16);

impl Outer {
    pub(super) fn new(block: Block) -> Option<Outer> {
        let number = u16::try_from(block.number).ok().filter(|number| *number < 1 << 12)?;
        // One more, so that an `Option` takes no more room.
        let packed = (number << 3 | u16::from(block.szx & 7)).wrapping_add(1);
        NonZeroU16::new(packed).map(Outer)
    }

    /// The option of a request for it, or of the response to it.
    fn option(self, request: bool) -> (OptionNumber, u32) {
        let packed = u32::from(self.0.get().wrapping_sub(1));
        let number = if request { OptionNumber::BLOCK2 } else { OptionNumber::BLOCK1 };
        (number, packed >> 3 << 4 | packed & 7)
    }
}

impl Protection {
    pub(super) fn request(context: Handle) -> Protection {
        let (binding, sealed, newest) = (None, None, None);
        Protection { context, binding, lend: false, sealed, newest, bare: false, outer: None }
    }

    pub(super) fn response(context: Handle, piv: PartialIv) -> Protection {
        let binding = Some(RequestBinding { role: Role::Server, piv });
        Protection { binding, lend: true, ..Protection::request(context) }
    }

    /// With a nonce of our own, whatever comes.
    pub(super) fn without_lending(self) -> Protection {
        Protection { lend: false, ..self }
    }

    /// For another message of the unit.
    pub(super) fn renewed(self) -> Protection {
        if self.outer.is_some() && self.binding.is_some_and(|b| b.role == Role::Client) {
            // The rest of what was asked already.
            return self;
        }
        let binding = self.binding.filter(|b| b.role == Role::Server);
        // Notifications belong to the request that registers: with another they begin anew.
        Protection { binding, sealed: None, newest: None, ..self }
    }

    /// For the response to a request whose last block is acknowledged with it.
    pub(super) fn acknowledging(self, outer: Option<Outer>) -> Protection {
        Protection { outer, ..self }
    }

    /// Nothing more is to come in outer blocks.
    pub(super) fn whole(self) -> Protection {
        Protection { outer: None, ..self }
    }

    /// For a unit that this one gives rise to: a notification of its own, or a request for the
    /// rest of one.
    pub(super) fn inherited(self) -> Protection {
        let binding = self.binding.filter(|b| b.role == Role::Server);
        Protection { binding, ..Protection::request(self.context) }
    }

    pub(super) fn same_context(one: Option<Protection>, other: Option<Protection>) -> bool {
        one.map(|p| p.context) == other.map(|p| p.context)
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) context: SecurityContext,
    /// The peer whose requests go under it unasked.
    peer: Option<PeerId>,
    /// What has to come back after the replay window was lost.
    pub(super) echo: [u8; 8],
    /// The record that is told, or was last.
    reserved: u64,
    /// How its keys are made anew (appendix B.2).
    pub(super) renewal: Option<Renewal>,
}

/// The security contexts of an endpoint.
#[derive(Debug)]
pub(super) struct Security {
    pub(super) contexts: Slab<Entry>,
    by_kid: Index,
    by_peer: Index,
    secret: u64,
    /// For plaintexts.
    pub(super) scratch: Vec<u8>,
    /// What the message that is being received came under.
    pub(super) current: Option<Protection>,
}

impl Security {
    #[inline(always)]
    pub(super) const fn empty() -> Security {
        Security {
            contexts: Slab::empty(),
            by_kid: Index::empty(),
            by_peer: Index::empty(),
            secret: 0,
            scratch: Vec::new(),
            current: None,
        }
    }

    pub(super) fn reserve(&mut self, limits: &Limits, secret: u64, reservation: &mut impl Reserve) {
        let most = limits.security_contexts;
        let room =
            if most == 0 { 0 } else { usize::from(limits.message_size).saturating_add(SLACK) };
        self.contexts.reserve(most, reservation);
        self.by_kid.reserve(most, reservation);
        self.by_peer.reserve(most, reservation);
        self.secret = secret;
        reservation.fill(&mut self.scratch, 0, room);
    }

    fn kid_hash(&self, kid: &[u8]) -> u64 {
        Index::mix_bytes(self.secret, kid)
    }

    fn peer_hash(&self, peer: PeerId) -> u64 {
        Index::mix(self.secret, peer.0)
    }

    fn bound_to(&self, peer: PeerId) -> Option<Handle> {
        let slot = self.by_peer.find(self.peer_hash(peer), |n| {
            self.contexts.at(n).is_some_and(|(_, e)| e.peer == Some(peer))
        })?;
        self.contexts.handle_at(slot)
    }

    fn unbind(&mut self, handle: Handle) {
        let peer = self.contexts.get_mut(handle).and_then(|e| e.peer.take());
        if let Some(peer) = peer {
            self.by_peer.remove(self.peer_hash(peer), handle.index());
        }
    }

    /// The contexts that a request may be for: that of the peer first.
    pub(super) fn named(
        &self,
        peer: PeerId,
        option: &OscoreOption<'_>,
    ) -> [Option<Handle>; MOST_TRIED] {
        self.with_kid(peer, option.kid.unwrap_or(&[]), |e| e.context.is_named_by(option))
    }

    /// The contexts that have a kid and are what else they are to be: that of the peer first.
    pub(super) fn with_kid(
        &self,
        peer: PeerId,
        kid: &[u8],
        fits: impl Fn(&Entry) -> bool,
    ) -> [Option<Handle>; MOST_TRIED] {
        let mut found = [None; MOST_TRIED];
        let mut free = found.iter_mut();
        let is = |h: &Handle| {
            self.contexts.get(*h).is_some_and(|e| e.context.recipient_id() == kid && fits(e))
        };
        let own = self.bound_to(peer).filter(is);
        if let (Some(own), Some(slot)) = (own, free.next()) {
            *slot = Some(own);
        }
        let hash = self.kid_hash(kid);
        let _ = self.by_kid.find(hash, |n| {
            let handle = self.contexts.handle_at(n).filter(|h| Some(*h) != own && is(h));
            if handle.is_none() {
                return false;
            }
            match free.next() {
                Some(slot) => *slot = handle,
                None => return true,
            }
            false
        });
        found
    }
}

impl Endpoint {
    /// Makes a security context, with which requests of ours and of the peer can be protected.
    ///
    /// Before anything is sent under it a first [`Event::SequenceReserved`] has to be taken.
    ///
    /// # Errors
    /// [`UsageError::Full`] if there are [`Limits::security_contexts`] already;
    /// [`UsageError::TooLong`] for ids and ID contexts that are too long; [`UsageError::Invalid`]
    /// for an empty secret, equal ids, a history that uses up the sequence numbers, or an ID context
    /// with [`History::Renewed`], which makes its own.
    pub fn add_security_context(
        &mut self,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<SecurityId, UsageError> {
        let entry = self.new_context(parameters, history)?;
        self.keep_context(entry)
    }

    /// Makes a security context in the place of one, which is removed; or leaves all as it is.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if there is no such context; as
    /// [`Endpoint::add_security_context`], but for [`UsageError::Full`].
    pub fn replace_security_context(
        &mut self,
        now: Instant,
        id: SecurityId,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<SecurityId, UsageError> {
        self.now = now;
        if self.security.contexts.get(id.0).is_none() {
            return Err(UsageError::UnknownId);
        }
        let entry = self.new_context(parameters, history)?;
        self.remove_security_context(now, id);
        self.keep_context(entry)
    }

    fn new_context(
        &mut self,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<Entry, UsageError> {
        let mut context = SecurityContext::new(parameters).map_err(|error| match error {
            ContextError::IdTooLong => UsageError::TooLong,
            _ => UsageError::Invalid,
        })?;
        let mut renewal = None;
        match history {
            History::New => {}
            History::Stored { next } if next > PartialIv::MAX => return Err(UsageError::Invalid),
            History::Stored { next } => context = context.restored(next),
            History::Renewed if parameters.id_context.is_some() => return Err(UsageError::Invalid),
            History::Renewed => {
                let made = Renewal::new(parameters, &mut self.random);
                let begun = made.begin(&context, &mut self.random);
                context = begun.ok_or(UsageError::Invalid)?;
                renewal = Some(made);
            }
        }
        if renewal.is_none() {
            let reserved = context.next_sequence();
            context.reserve(reserved);
        }
        let reserved = context.reserved();
        let mut echo = [0; 8];
        self.random.fill(&mut echo);
        Ok(Entry { context, peer: None, echo, reserved, renewal })
    }

    fn keep_context(&mut self, entry: Entry) -> Result<SecurityId, UsageError> {
        let hash = self.security.kid_hash(entry.context.recipient_id());
        let handle = self.security.contexts.insert(entry).map_err(|_| UsageError::Full)?;
        let _ = self.security.by_kid.insert(hash, handle.index());
        self.want_numbers(handle);
        Ok(SecurityId(handle))
    }

    /// Removes a security context. What is under way under it ends as [`Endpoint::forget_peer`]
    /// ends it.
    pub fn remove_security_context(&mut self, now: Instant, id: SecurityId) {
        self.now = now;
        if self.security.contexts.get(id.0).is_none() {
            return;
        }
        self.for_each_under(id.0, |this, unit| this.end_unit(unit));
        self.security.unbind(id.0);
        self.untell(What::SequenceReserved, id.0);
        if let Some(entry) = self.security.contexts.remove(id.0) {
            let hash = self.security.kid_hash(entry.context.recipient_id());
            self.security.by_kid.remove(hash, id.0.index());
        }
    }

    /// Does something with all units under a context.
    pub(super) fn for_each_under(&mut self, context: Handle, mut run: impl FnMut(&mut Self, Unit)) {
        for number in 0..self.first_transfer() {
            let Some(unit) = self.unit(number) else { continue };
            let under = self.sending(unit).and_then(|s| s.protection);
            if under.is_some_and(|p| p.context == context) {
                run(self, unit);
            }
        }
    }

    /// A security context as it is now.
    #[must_use]
    pub fn security_context(&self, id: SecurityId) -> Option<&SecurityContext> {
        self.security.contexts.get(id.0).map(|e| &e.context)
    }

    /// From now on, requests to a peer go under a security context, or as they are. A context can
    /// be bound to one peer at a time. What the peer asks is answered as it came.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if there is no such context.
    pub fn bind_security(
        &mut self,
        peer: PeerId,
        id: Option<SecurityId>,
    ) -> Result<(), UsageError> {
        if id.is_some_and(|id| self.security.contexts.get(id.0).is_none()) {
            return Err(UsageError::UnknownId);
        }
        if let Some(old) = self.security.bound_to(peer) {
            self.security.unbind(old);
        }
        let Some(id) = id else { return Ok(()) };
        self.security.unbind(id.0);
        let hash = self.security.peer_hash(peer);
        if let Some(entry) = self.security.contexts.get_mut(id.0) {
            entry.peer = Some(peer);
            let _ = self.security.by_peer.insert(hash, id.0.index());
        }
        Ok(())
    }

    /// Sends a request under a security context; otherwise as [`Endpoint::request`].
    ///
    /// # Errors
    /// As [`Endpoint::request`]; [`UsageError::UnknownId`] if there is no such context,
    /// [`UsageError::Exhausted`] if it has no sequence numbers left, and [`UsageError::Invalid`]
    /// for the options OSCORE and Proxy-Uri (RFC 8613 section 4.1.3.3 tells what stands for it).
    pub fn request_under(
        &mut self,
        now: Instant,
        peer: PeerId,
        id: SecurityId,
        request: &Request<'_>,
    ) -> Result<RequestId, UsageError> {
        self.now = now;
        let entry = self.security.contexts.get(id.0).ok_or(UsageError::UnknownId)?;
        if entry.context.next_sequence() > PartialIv::MAX {
            return Err(UsageError::Exhausted);
        }
        let outside = [OptionNumber::OSCORE, OptionNumber::PROXY_URI];
        if request.options.iter().any(|o| outside.contains(&o.number)) {
            return Err(UsageError::Invalid);
        }
        self.start(peer, Some(Protection::request(id.0)), request)
    }

    /// The context that is bound to a peer.
    pub(super) fn security_of(&self, peer: PeerId) -> Option<SecurityId> {
        self.security.bound_to(peer).map(SecurityId)
    }

    /// What the message that is being received came under.
    pub(super) fn protection_now(&self) -> Option<Protection> {
        self.security.current
    }

    /// Bytes by which protection makes a message longer.
    pub(super) fn overhead(&self, protection: Option<Protection>, request: bool) -> usize {
        let entry = protection.and_then(|p| self.security.contexts.get(p.context));
        let outer = protection.and_then(|p| p.outer).map_or(0, |_| OUTER);
        entry.map_or(0, |e| e.context.overhead(request).saturating_add(outer))
    }

    /// The same at most, for a response under any context.
    pub(super) fn most_overhead(&self) -> usize {
        if self.security.contexts.capacity() == 0 { 0 } else { LONGEST_RESPONSE }
    }

    /// Tells contexts, and messages without one, apart in keys of bodies.
    pub(super) fn context_mark(protection: Option<Protection>) -> u64 {
        protection.map_or(0, |p| p.context.to_bits())
    }

    /// Asks for the next record before the numbers of the last are used up.
    fn want_numbers(&mut self, handle: Handle) {
        let Some(entry) = self.security.contexts.get_mut(handle) else { return };
        let told = entry.reserved > entry.context.reserved();
        let enough = entry.context.next_sequence().saturating_add(RESERVE / 2) < entry.reserved;
        let most = PartialIv::MAX.saturating_add(1);
        if told || enough || entry.reserved >= most {
            return;
        }
        entry.reserved = entry.reserved.saturating_add(RESERVE).min(most);
        self.tell(What::SequenceReserved, handle);
    }

    /// The record was taken: its numbers may be used.
    pub(super) fn reserved_taken(&mut self, handle: Handle) -> Option<Event> {
        let entry = self.security.contexts.get_mut(handle)?;
        entry.context.reserve(entry.reserved);
        Some(Event::SequenceReserved { id: SecurityId(handle), up_to: entry.reserved })
    }

    /// Writes a unit's message, protected if it is to be.
    pub(super) fn write_datagram(
        &mut self,
        unit: Unit,
        buf: &mut [u8],
    ) -> Result<(PeerId, usize), Unwritten> {
        let Some(protection) = self.sending(unit).and_then(|s| s.protection) else {
            return self.write_plain(unit, buf);
        };
        let mut scratch = core::mem::take(&mut self.security.scratch);
        let done = self.write_protected(unit, protection, &mut scratch, buf);
        self.security.scratch = scratch;
        done
    }

    fn write_protected(
        &mut self,
        unit: Unit,
        protection: Protection,
        scratch: &mut [u8],
        buf: &mut [u8],
    ) -> Result<(PeerId, usize), Unwritten> {
        let never = |_| Unwritten::Never;
        let sending = self.sent(unit);
        let peer = self.receiver(unit, sending).ok_or(Unwritten::Never)?;
        let sink =
            self.write(unit, sending, SliceSink::new(scratch)).map_err(|_| Unwritten::Never)?;
        let len = sink.len();
        let plain = scratch.get(..len).unwrap_or(&[]);
        let (mut head, message) = self.read_back(peer, plain).ok_or(Unwritten::Never)?;
        head.block = protection.outer.map(|outer| outer.option(message.code.is_request()));
        let contexts = &mut self.security.contexts;
        let entry = contexts.get_mut(protection.context).ok_or(Unwritten::Never)?;
        let context = &mut entry.context;
        if let (Some(binding), Some(_), true) =
            (protection.binding, protection.outer, message.code.is_request())
        {
            let iv = Iv::Own(binding.piv);
            let asked = context.ask_for_block(head, iv, &message, buf).map_err(never)?;
            return asked.map(|len| (peer, len)).map_err(|needed| Unwritten::Short { needed });
        }
        if let (Some((iv, before)), Some(binding)) = (protection.sealed, protection.binding) {
            let needed = context.sealed_len(head, iv, &message).map_err(never)?;
            let room = buf.get_mut(..needed).ok_or(Unwritten::Short { needed })?;
            let (len, tag) = context.seal(head, binding, iv, &message, room).map_err(never)?;
            if tag.starts_with(&before) {
                return Ok((peer, len));
            }
        }
        let iv = if protection.lend { Some(Iv::Request) } else { None };
        let next = PartialIv::new(context.next_sequence());
        let iv = iv.or(next.map(Iv::Own)).ok_or(Unwritten::Exhausted)?;
        let needed = context.sealed_len(head, iv, &message).map_err(never)?;
        let room = buf.get_mut(..needed).ok_or(Unwritten::Short { needed })?;
        if let Iv::Own(_) = iv {
            context.take_sequence().map_err(|error| match error {
                SequenceError::Exhausted => Unwritten::Exhausted,
                SequenceError::NotReserved => Unwritten::Later,
            })?;
        }
        let binding = match (protection.binding, iv) {
            (Some(binding), _) if binding.role == Role::Server => binding,
            (_, Iv::Own(piv)) => RequestBinding { role: Role::Client, piv },
            (_, Iv::Request) => return Err(Unwritten::Never),
        };
        let (len, tag) = context.seal(head, binding, iv, &message, room).map_err(never)?;
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(tag) {
            *to = from;
        }
        if let Some(sending) = self.sending(unit) {
            let (binding, sealed) = (Some(binding), Some((iv, first)));
            sending.protection = Some(Protection { binding, sealed, lend: false, ..protection });
        }
        self.want_numbers(protection.context);
        Ok((peer, len))
    }

    /// A message of ours, in the form that its peer takes.
    fn read_back<'m>(&self, peer: PeerId, plain: &'m [u8]) -> Option<(Head, Message<'m>)> {
        #[cfg(feature = "stream")]
        if let Some(transport) = self.connections.transport(peer) {
            let Ok(Progress::Complete { frame, .. }) = read(plain, transport) else { return None };
            let Frame { code, token, options, payload } = frame;
            let message_type = MessageType::NonConfirmable;
            let message = Message { message_type, code, id: 0, token, options, payload };
            return Some((Head { frame: Some(transport), block: None }, message));
        }
        let _ = peer;
        Some((Head::DATAGRAM, Message::parse(plain).ok()?))
    }

    /// Ends a unit whose messages can be protected no more.
    pub(super) fn end_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Exchange(h) => self.finish(h, Outcome::PeerDown),
            Unit::Incoming(h) => self.drop_incoming(h),
            Unit::Observer(h) => self.end_observer(h, ObserverEnd::PeerDown),
            _ => {}
        }
    }
}
