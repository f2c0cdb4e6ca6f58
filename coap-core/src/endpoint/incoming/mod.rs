//! The server role: requests of peers, their answers, and duplicates of either
//! (RFC 7252 sections 4.5 and 5.2, RFC 7959 sections 2.3 to 2.5).

mod blocks;
mod cut;
#[cfg(feature = "oscore")]
mod protected;
#[cfg(feature = "q-block")]
mod quick;
mod refuse;
#[cfg(not(feature = "small"))]
mod remembered;
#[cfg(feature = "small")]
#[path = "few_remembered.rs"]
mod remembered;

pub(super) use cut::Asking;
use cut::{download_key, fit};
pub(super) use remembered::Remembered;

use super::echo::Allowance;
use super::receive::Received;
#[cfg(feature = "stream")]
use super::sending::Phase;
use super::sending::{Id, Sending};
use super::size::KeptUint;
use super::survey::{Survey, is_declined, no_response_of};
use super::token::Long;
use super::transfer::Direction;
use super::{
    Endpoint, Incoming, IncomingId, KEEP, MULTICAST, ObserverId, Response, STREAM_UPLOADS, Stored,
    Unit, UsageError, What, domain,
};
#[cfg(feature = "q-block")]
use crate::OptionNumber;
use crate::writer::Extras;
use crate::{Block, Code, EXTENSIONS, Message, MessageType, Options};
use m2m_base::container::{Handle, Narrow};
use m2m_base::{Cause, Disposition, Duration, Instant, PeerId};

/// With which code a request is refused, and why. With none, [`Code::EMPTY`], it has its answer already.
pub(super) type Refusal = (Code, Cause);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The application has it.
    Pending,
    /// The application has it, and an empty acknowledgement went out.
    Acknowledged,
    /// Answered; kept to recognise duplicates.
    Answered,
    /// Not a request: a response whose acknowledgement may have to be repeated.
    Response,
}

/// A message of a peer that is worked on or remembered.
#[derive(Debug)]
pub(super) struct Asked {
    /// The answer; nothing is stored if it was the empty acknowledgement alone.
    pub(super) sending: Sending,
    mid: u16,
    /// Its token's bytes, if that is long.
    pub(super) long: Long,
    confirmable: bool,
    state: State,
    received: Narrow<Instant>,
    /// The request; given up when it is answered.
    request: Option<Stored>,
    observe: Option<bool>,
    /// It was sent to a group, and its answer waits for its time.
    multicast: bool,
    delayed: bool,
    /// It carries an Echo value of ours.
    fresh: bool,
    /// Bytes that may be sent for it yet.
    pub(super) allowance: Allowance,
    /// Classes of responses that the peer is not interested in.
    no_response: u8,
    block1: KeptUint,
    block2: KeptUint,
    /// The body was put together here: it is no single block.
    assembled: bool,
    /// It is in the line of what is forgotten first.
    #[cfg(not(feature = "small"))]
    in_line: bool,
}

impl Asked {
    /// It waits for its answer.
    pub(super) fn is_open(&self) -> bool {
        self.request.is_some()
    }
}

impl Endpoint {
    /// A peer's request, until it is answered.
    #[must_use]
    pub fn incoming(&self, id: IncomingId) -> Option<Incoming<'_>> {
        let asked = self.requests.get(id.0)?;
        let request = asked.request.as_ref()?;
        let (options, payload) = request.parts(&self.pool);
        Some(Incoming {
            peer: asked.sending.peer.get(),
            code: request.code(),
            options,
            payload,
            confirmable: asked.confirmable,
            observe: asked.observe,
            block2: asked.block2.block(),
            block1: asked.block1.block().filter(|_| STREAM_UPLOADS && !asked.assembled),
            multicast: MULTICAST && asked.multicast,
            fresh: EXTENSIONS && asked.fresh,
            #[cfg(feature = "oscore")]
            security: asked.sending.protection.map(|p| crate::SecurityId(p.context)),
        })
    }

    /// The block of the response that a peer's request asks for, as in [`Incoming::block2`].
    #[must_use]
    pub fn wanted_block(&self, id: IncomingId) -> Option<Block> {
        self.requests.get(id.0)?.block2.block()
    }

    /// Answers a request: in its acknowledgement if that has not gone out yet, else in a message
    /// of its own. A payload longer than a block is served in blocks from a copy. Gives the
    /// observer's id if the request asked to observe and `response` grants it; without one there
    /// was no room for an observer and the peer was told so.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it was answered already; [`UsageError::Invalid`] for a code
    /// that is no response or an option that the endpoint sets itself; [`UsageError::TooLong`] for
    /// options that fill the message; [`UsageError::Full`] if the pool is: a shorter answer may
    /// fit. After an error the request still waits for its answer.
    pub fn respond(
        &mut self,
        now: Instant,
        id: IncomingId,
        response: &Response<'_>,
    ) -> Result<Option<ObserverId>, UsageError> {
        self.now = now;
        response.check()?;
        let asked = self.requests.get(id.0).ok_or(UsageError::UnknownId)?;
        let Some(request) = &asked.request else { return Err(UsageError::UnknownId) };
        let (peer, token) = (asked.sending.peer.get(), asked.sending.token);
        let (block1, block2) = (asked.block1, asked.block2);
        if is_declined(asked.no_response, response.code) {
            self.answer(id.0, None);
            return Ok(None);
        }
        let protection = asked.sending.protection;
        let beyond = token.beyond().saturating_add(self.overhead(protection, false));
        let wants = asked.observe == Some(true) && response.observe && response.code.is_success();
        // One that goes whole has nothing that is asked for later.
        let options = response.options.as_bytes().len().wrapping_add(beyond);
        let whole = block2 == KeptUint::NONE
            && response.payload.len() <= self.room(peer, protection, options).whole;
        let key = if KEEP && (wants || !whole) {
            let (options, payload) = request.parts(&self.pool);
            let key = self.transfer_key(peer, protection, request.code(), options);
            download_key(key, request.code(), payload, block1)
        } else {
            0
        };
        #[cfg(feature = "q-block")]
        let (quick, all, key) = {
            let (options, payload) = request.parts(&self.pool);
            // What is not kept here goes in the other kind of blocks.
            let kept = response.payload.len() <= self.body_size as usize;
            let quick = quick::is_quick(options) && response.piece.is_none() && kept;
            (
                quick,
                quick::wants_all(options),
                if quick { self.served_key(peer, request.code(), options, payload) } else { key },
            )
        };
        let observer = if wants {
            let long = self.requests.get(id.0).map_or(&Long::NONE, |a| &a.long);
            let long = long.duplicate(&mut self.pool).ok_or(UsageError::Full)?;
            self.register_observer(peer, protection, token, long, key)
        } else {
            None
        };
        let sequence = KeptUint::of(observer.map(|(_, sequence)| sequence));
        #[cfg(feature = "q-block")]
        if let Some((handle, _)) = observer {
            self.quick.mark(handle, quick);
        }
        let asking = Asking {
            peer,
            protection,
            key,
            block1,
            block2,
            sequence,
            beyond,
            #[cfg(feature = "q-block")]
            quick,
        };
        let stored = match self.cut(&asking, response) {
            Ok(stored) => stored,
            Err(error) => {
                if let Some((handle, _)) = observer {
                    self.remove_observer(ObserverId(handle));
                }
                return Err(error);
            }
        };
        #[cfg(feature = "extensions")]
        let len = stored.tail(&self.pool).len().saturating_add(4 + token.len.min(8) as usize);
        #[cfg(feature = "extensions")]
        if !self.requests.get(id.0).is_some_and(|a| a.allowance.allows(len.saturating_add(beyond)))
        {
            // More than may go to a peer that has not shown that it is there.
            self.free(stored);
            return self.challenge(now, id).map(|()| None);
        }
        #[cfg(feature = "q-block")]
        let first = stored.options(&self.pool).uint(OptionNumber::Q_BLOCK2).filter(|_| quick);
        self.answer(id.0, Some(stored));
        #[cfg(feature = "q-block")]
        if first.is_some() {
            let confirmable = self.requests.get(id.0).is_some_and(|a| a.confirmable);
            self.serve_quickly(&asking, token, confirmable, first, all, response);
        }
        Ok(observer.map(|(handle, _)| ObserverId(handle)))
    }

    /// Leaves a request without an answer; a confirmable one gets an empty acknowledgement, so
    /// that the peer stops repeating it.
    pub fn ignore(&mut self, now: Instant, id: IncomingId) {
        self.now = now;
        if self.requests.get(id.0).is_some_and(|a| a.request.is_some()) {
            self.answer(id.0, None);
        }
    }

    /// A stored response of nothing but a code.
    fn plain(&mut self, code: Code) -> Option<Stored> {
        self.store(code, Options::EMPTY, &Extras::NONE, &[])
    }

    /// Sends the answer of a request, or only its acknowledgement.
    pub(super) fn answer(&mut self, handle: Handle, answer: Option<Stored>) {
        let unit = Unit::Incoming(handle);
        let Some(asked) = self.requests.get_mut(handle) else { return };
        let confirmable = asked.confirmable;
        let piggybacked = confirmable && asked.state == State::Pending;
        let silent = answer.is_none();
        let (peer, mid, received) = (asked.sending.peer.get(), asked.mid, asked.received.get());
        let to_group = MULTICAST && asked.multicast;
        asked.state = State::Answered;
        asked.sending.stored = answer;
        asked.sending.confirmable = confirmable && !piggybacked;
        if piggybacked {
            asked.sending.id = Id::Theirs;
        }
        let request = asked.request.take();
        self.free(request);
        if self.connections.knows(peer) {
            if silent {
                self.forget_incoming(handle);
            } else {
                self.enqueue(unit);
            }
            return;
        }
        if silent {
            if piggybacked {
                self.reply_empty(peer, MessageType::Acknowledgement, mid);
            }
            return self.remember(handle);
        }
        if piggybacked {
            self.enqueue(unit);
        } else if to_group {
            return self.delay(handle, received);
        } else {
            // Only a peer that is known has message IDs of ours; if the table is full of busy
            // ones, a random one must do.
            let _ = self.peers.know(peer, &mut self.random);
            self.send(unit);
        }
        self.forget_in_time(handle);
    }

    /// Has a message forgotten when its duplicates come no more: by now, if its peer was given
    /// shorter parameters meanwhile.
    fn forget_in_time(&mut self, handle: Handle) {
        let Some(asked) = self.requests.get(handle) else { return };
        let at = asked.received.get() + self.lifetime(asked.sending.peer.get(), asked.confirmable);
        self.wake(Unit::Incoming(handle), at.max(self.now + Duration::from_millis(1)));
    }

    /// The answer to a request to a group waits for its turn (RFC 7252 section 8.2).
    fn delay(&mut self, handle: Handle, received: Instant) {
        let leisure = u32::try_from(self.parameters.leisure.as_millis()).unwrap_or(u32::MAX);
        let at = received + Duration::from_millis(self.random.up_to(leisure).into());
        if let Some(asked) = self.requests.get_mut(handle) {
            asked.delayed = true;
        }
        self.wake(Unit::Incoming(handle), at.max(self.now + Duration::from_millis(1)));
    }

    /// The classes of responses that who sent a message is not interested in: those of its
    /// No-Response option, or errors if it was sent to a group.
    fn declined_by(&self, message: &Message<'_>) -> u8 {
        let by_default = if self.came_by_multicast() { 8 | 16 } else { 0 };
        no_response_of(message.options).unwrap_or(by_default)
    }

    /// An answer that is not retransmitted has gone out.
    pub(super) fn answer_sent(&mut self, handle: Handle) {
        if self.requests.get(handle).is_some_and(|a| self.connections.knows(a.sending.peer.get())) {
            // No duplicate of the request will come.
            return self.forget_incoming(handle);
        }
        self.line_up(handle);
    }

    /// A message is done with: it is kept for its lifetime to recognise duplicates.
    pub(super) fn remember(&mut self, handle: Handle) {
        self.forget_in_time(handle);
        self.line_up(handle);
    }

    /// Ends a request without an answer, its peer being gone.
    pub(super) fn drop_incoming(&mut self, handle: Handle) {
        self.forget_incoming(handle);
    }

    fn forget_incoming(&mut self, handle: Handle) {
        let unit = Unit::Incoming(handle);
        self.settle(unit);
        let number = self.number(unit);
        let Some(asked) = self.requests.get_mut(handle) else { return };
        let (peer, mid, state) = (asked.sending.peer.get(), asked.mid, asked.state);
        let (request, answer) = (asked.request.take(), asked.sending.stored.take());
        core::mem::take(&mut asked.long).free(&mut self.pool);
        self.requests.discard(handle);
        let hash = self.hash(domain::INCOMING, peer, mid.into());
        self.keys.remove(hash, number);
        self.free(request);
        self.free(answer);
        if state != State::Answered && state != State::Response {
            self.untell(What::Request, handle);
        }
        #[cfg(feature = "stream")]
        if self.connections.knows(peer) {
            self.request_closed(peer, mid);
        }
    }

    /// The answer of a request over a connection is longer than its peer takes by now: 5.00 goes in
    /// its place, if that fits beside the token.
    #[cfg(feature = "stream")]
    pub(super) fn fail_answer(&mut self, handle: Handle) {
        let failed = |s: &Stored| s.code() == Code::INTERNAL_SERVER_ERROR;
        let answer = self.requests.get(handle).and_then(|a| a.sending.stored.as_ref());
        let again = answer.is_none_or(|s| failed(s) && s.payload(&self.pool).is_empty());
        let plain = if again { None } else { self.plain(Code::INTERNAL_SERVER_ERROR) };
        let Some(plain) = plain else { return self.forget_incoming(handle) };
        let Some(asked) = self.requests.get_mut(handle) else { return self.free(plain) };
        let long = asked.sending.stored.replace(plain);
        asked.sending.phase = Phase::Idle;
        self.free(long);
        self.enqueue(Unit::Incoming(handle));
    }

    /// The deadline of a request: its acknowledgement, or the end of its time.
    pub(super) fn incoming_due(&mut self, handle: Handle) {
        let Some(asked) = self.requests.get_mut(handle) else { return };
        if MULTICAST && core::mem::replace(&mut asked.delayed, false) {
            let peer = asked.sending.peer.get();
            let _ = self.peers.know(peer, &mut self.random);
            self.send(Unit::Incoming(handle));
            return self.forget_in_time(handle);
        }
        if asked.state == State::Pending && asked.confirmable {
            asked.state = State::Acknowledged;
            asked.allowance.spend(4);
            let (peer, mid) = (asked.sending.peer.get(), asked.mid);
            self.reply_empty(peer, MessageType::Acknowledgement, mid);
            return self.forget_in_time(handle);
        }
        self.forget_incoming(handle);
    }

    fn asked_by(&self, peer: PeerId, mid: u16) -> Option<Handle> {
        let hash = self.hash(domain::INCOMING, peer, mid.into());
        let range = (self.first_incoming(), self.requests.capacity());
        let index = self.keys.find_in(hash, range, |i| {
            self.requests.at(i).is_some_and(|(_, a)| a.mid == mid && a.sending.peer == peer)
        })?;
        self.requests.handle_at(index)
    }

    /// Takes a place for a message of a peer, if need be of one that is done with.
    fn admit(&mut self, message: &Received<'_>) -> Option<Handle> {
        let (no_response, multicast) = (self.declined_by(message), self.came_by_multicast());
        if self.requests.is_full() && !self.evict_remembered() {
            return None;
        }
        let confirmable = message.message_type == MessageType::Confirmable;
        let protection = self.protection_now();
        let allowance = self.allowance(message);
        let token = message.name;
        let long = self.keep_token(message.token).ok()?;
        // There is room: it was made above.
        let handle = self.requests.insert_with(|| Asked {
            sending: Sending { mid: message.id, ..Sending::new(message.peer, token, false) }
                .under(protection),
            mid: message.id,
            long,
            confirmable,
            state: State::Pending,
            received: self.now.into(),
            request: None,
            observe: None,
            fresh: false,
            multicast,
            delayed: false,
            allowance,
            no_response,
            block1: KeptUint::NONE,
            block2: KeptUint::NONE,
            assembled: false,
            #[cfg(not(feature = "small"))]
            in_line: false,
        })?;
        #[cfg(feature = "stream")]
        if self.connections.knows(message.peer) {
            self.request_opened(message.peer);
            return Some(handle);
        }
        let hash = self.hash(domain::INCOMING, message.peer, message.id.into());
        let _ = self.keys.insert(hash, self.number(Unit::Incoming(handle)));
        Some(handle)
    }

    /// A response that was acknowledged, and whose exchange is over, came again.
    pub(super) fn acknowledged_before(&mut self, message: &Received<'_>) -> bool {
        let token = message.name;
        let known = self.asked_by(message.peer, message.id).and_then(|h| self.requests.get(h));
        let again = known.is_some_and(|a| a.state == State::Response && a.sending.token == token);
        if again && message.message_type == MessageType::Confirmable {
            self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
        }
        again
    }

    pub(super) fn remember_acknowledgement(&mut self, message: &Received<'_>) {
        if let Some(old) = self.asked_by(message.peer, message.id) {
            if self.requests.get(old).is_some_and(|a| a.request.is_some()) {
                return;
            }
            self.forget_incoming(old);
        }
        let Some(handle) = self.admit(message) else { return };
        if let Some(asked) = self.requests.get_mut(handle) {
            asked.state = State::Response;
        }
        self.remember(handle);
    }

    pub(super) fn receive_request(&mut self, message: &Received<'_>) -> Disposition {
        // A request over a connection comes once.
        let known = if self.connections.knows(message.peer) {
            None
        } else {
            self.asked_by(message.peer, message.id)
        };
        if let Some(handle) = known {
            if self.duplicate(handle, message) {
                return Disposition::Duplicate;
            }
            // The peer has started its message IDs anew: what was known of this one is stale.
            self.forget_incoming(handle);
        }
        if message.token.len() > self.longest_token() {
            return self.refuse_token(message);
        }
        let survey = message.survey(&self.parameters);
        let mut taken = self.check_request(message, &survey);
        if taken.is_ok() {
            #[cfg(feature = "q-block")]
            if survey.quick {
                return self.receive_quick_request(message);
            }
            taken = self.take_request(message, &survey);
        }
        self.or_refuse(message, taken)
    }

    /// What became of a request, which may be that it is refused.
    pub(super) fn or_refuse(
        &mut self,
        message: &Received<'_>,
        taken: Result<(), Refusal>,
    ) -> Disposition {
        match taken {
            Ok(()) => Disposition::Accepted,
            Err((Code::EMPTY, cause)) => Disposition::Refused(cause),
            // RFC 7252 section 5.4.1: 4.02 for a CON; a NON is rejected, here in silence.
            Err((Code::BAD_OPTION, cause)) if message.message_type != MessageType::Confirmable => {
                Disposition::Ignored(cause)
            }
            Err((code, cause)) => self.refuse(message, code, cause),
        }
    }

    /// Is a request one that can be taken?
    fn check_request(
        &mut self,
        message: &Received<'_>,
        survey: &Survey<'_>,
    ) -> Result<(), Refusal> {
        // A proxy forwards what it need not understand (RFC 7252 section 5.4.2).
        let forwards = survey.proxied && self.parameters.forwards();
        if survey.bad || (survey.bad_but_safe && !forwards) {
            return Err((Code::BAD_OPTION, Cause::Unsupported));
        }
        if survey.proxied && !forwards {
            return Err((Code::PROXYING_NOT_SUPPORTED, Cause::Unsupported));
        }
        if message.code > Code::IPATCH {
            return Err((Code::METHOD_NOT_ALLOWED, Cause::Unsupported));
        }
        let is_block = |block: KeptUint| {
            block.value().is_none_or(|value| self.block_of(message.peer, value).is_some())
        };
        if !is_block(survey.block1) || !is_block(survey.block2) {
            return Err((Code::BAD_REQUEST, Cause::Malformed));
        }
        if self.must_be_proved(message, survey) {
            return Err((Code::UNAUTHORIZED, Cause::Unexpected));
        }
        if survey.observe.value() == Some(1) {
            self.deregister_observer(message.peer, &message.name);
        }
        Ok(())
    }

    /// What becomes of a request, or with which code it is refused and why.
    fn take_request(&mut self, message: &Received<'_>, survey: &Survey<'_>) -> Result<(), Refusal> {
        let options = message.options;
        let protection = self.protection_now();
        let further = survey.block2.block().filter(|block| block.number > 0);
        let block1 = survey.block1.block();
        let key = if block1.is_some() || (KEEP && further.is_some()) {
            self.transfer_key(message.peer, protection, message.code, options)
        } else {
            0
        };
        if let (Some(block), None) = (further, block1) {
            if KEEP {
                let served = download_key(key, message.code, message.payload, KeptUint::NONE);
                if let Some(transfer) =
                    self.find_transfer(message.peer, served, Direction::Download)
                {
                    return self.serve_block(message, transfer, block);
                }
            }
            if !matches!(message.code, Code::GET | Code::FETCH) {
                // What made this body must not be done again for its next block.
                return Err((Code::REQUEST_ENTITY_INCOMPLETE, Cause::Unexpected));
            }
        }
        let held = || self.find_transfer(message.peer, key, Direction::Upload).is_some();
        let anew = |block: Block| block.number == 0 || !held();
        match block1 {
            Some(block) if STREAM_UPLOADS && self.parameters.stream_uploads && anew(block) => {
                self.receive_streamed(message, key, survey)
            }
            Some(_) => self.receive_block(message, key, survey),
            None => {
                let stored = self.store(message.code, options, &Extras::NONE, message.payload);
                let stored = stored.ok_or((Code::SERVICE_UNAVAILABLE, Cause::Full))?;
                self.deliver(message, stored, survey, true)
            }
        }
    }

    /// Hands a request to the application: whole, if its body came with it or was put together here,
    /// or one block of it.
    fn deliver(
        &mut self,
        message: &Received<'_>,
        stored: Stored,
        survey: &Survey<'_>,
        whole: bool,
    ) -> Result<(), Refusal> {
        let Some(handle) = self.admit(message) else {
            self.free(stored);
            return Err((Code::SERVICE_UNAVAILABLE, Cause::Full));
        };
        self.tell(What::Request, handle);
        let beyond = message.name.beyond();
        let beyond = beyond.saturating_add(self.overhead(self.protection_now(), false));
        let block2 = self.block_that_fits(message.peer, beyond, survey.block2);
        let observable = matches!(message.code, Code::GET | Code::FETCH);
        let observe = match survey.observe.value() {
            Some(0) if observable => Some(true),
            Some(1) if observable => Some(false),
            _ => None,
        };
        let fresh = self.shows_fresh(message.peer, message.options);
        let Some(asked) = self.requests.get_mut(handle) else { return Ok(()) };
        asked.fresh = fresh;
        asked.request = Some(stored);
        asked.observe = observe;
        asked.block1 = survey.block1;
        asked.assembled = whole;
        asked.block2 = block2;
        if self.connections.knows(message.peer) {
            return Ok(());
        }
        let wait = if asked.confirmable {
            self.parameters.separate_after
        } else {
            self.lifetime(message.peer, false)
        };
        self.wake_in(Unit::Incoming(handle), wait);
        Ok(())
    }

    /// The block of the response that is wanted, in a size that fits.
    fn block_that_fits(&self, peer: PeerId, beyond: usize, block2: KeptUint) -> KeptUint {
        let most = self.most_overhead();
        let mut smaller = beyond > most;
        if block2 == KeptUint::NONE && !smaller && !cfg!(feature = "stream") {
            return KeptUint::NONE;
        }
        let beside = beyond.max(most).saturating_add(64);
        let mut size = self.room(peer, self.protection_now(), beside).size;
        // Who cuts the body itself goes by `block_size`: beside a long token a block may be
        // smaller than that, and a connection has sizes of its own.
        if cfg!(feature = "stream") {
            let cut = self.szx_beside(beside);
            smaller |= size.szx() < cut;
            if cut < Block::MAX_SZX {
                size = size.at_most(cut);
            }
        }
        let first = Block { number: 0, more: false, szx: Block::MAX_SZX };
        let block2 = block2.block().or(smaller.then_some(first));
        block2.map(|b| fit(b, size).0).into()
    }

    /// RFC 7252 section 4.5: a duplicate gets the same answer, its request is not done again. False
    /// if it is none.
    fn duplicate(&mut self, handle: Handle, message: &Received<'_>) -> bool {
        let (more, token) = (self.allowance(message), message.name);
        let Some(asked) = self.requests.get_mut(handle) else { return false };
        if asked.state == State::Response || asked.sending.token != token {
            return false;
        }
        asked.allowance.add(more);
        match asked.state {
            _ if !asked.confirmable => {}
            State::Pending => {}
            State::Answered if asked.sending.stored.is_some() && !asked.sending.confirmable => {
                self.enqueue(Unit::Incoming(handle));
            }
            _ => self.reply_empty(message.peer, MessageType::Acknowledgement, message.id),
        }
        true
    }

    /// Answers a request at once, without the application.
    pub(super) fn answer_at_once(
        &mut self,
        message: &Received<'_>,
        stored: Option<Stored>,
    ) -> Result<(), Refusal> {
        let full = (Code::SERVICE_UNAVAILABLE, Cause::Full);
        let stored = stored.ok_or(full)?;
        let Some(handle) = self.admit(message) else {
            self.free(stored);
            return Err(full);
        };
        self.answer(handle, Some(stored));
        Ok(())
    }
}
