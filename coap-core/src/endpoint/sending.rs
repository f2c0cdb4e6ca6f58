//! The message layer: message IDs, retransmission and how much is outstanding
//! (RFC 7252 sections 4.2, 4.4 and 4.7).

use super::config::hundredth;
use super::echo::ECHO;
use super::security::Protection;
use super::token::Long;
use super::{AS_STORED, Endpoint, ObserverEnd, Stored, Token, Unit, domain};
use crate::{Code, EXTENSIONS, MessageType, MessageWriter, OptionNumber, TooLong};
use m2m_base::container::Narrow;
use m2m_base::{BufferTooSmall, Counter, Duration, FitSink, PeerId, SMALL, Sink, SliceSink};

/// Where a unit's message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Nowhere: none was sent yet, or it is done with.
    Idle,
    /// Held back until fewer are outstanding with the peer.
    #[cfg(any(not(feature = "small"), feature = "extensions", feature = "stream"))]
    Waiting,
    /// In the outbox.
    Queued,
    /// Sent, and its acknowledgement awaited.
    Flying,
}

/// Whose message ID a message has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Id {
    /// One of ours.
    Own,
    /// One that is in the table, so that ACK and RST find it.
    Registered,
    /// That of the message which it acknowledges.
    Theirs,
}

/// The message that a unit sends.
#[derive(Debug)]
pub(super) struct Sending {
    /// Whom it goes to.
    pub(super) peer: Narrow<PeerId>,
    pub(super) token: Token,
    /// Code, options and payload. Of a request the whole body; none for a ping, and for one that fetches
    /// the rest of a notification: it sends its parent's.
    pub(super) stored: Option<Stored>,
    pub(super) phase: Phase,
    pub(super) confirmable: bool,
    pub(super) id: Id,
    pub(super) retries: u8,
    pub(super) mid: u16,
    /// Milliseconds until the next retransmission.
    pub(super) timeout: u32,
    /// The next one of those that wait for the same peer.
    #[cfg(any(not(feature = "small"), feature = "extensions"))]
    pub(super) next: u32,
    /// The security context that it goes under.
    pub(super) protection: Option<Protection>,
}

/// Why a unit's message was not written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unwritten {
    /// The buffer has to have so many bytes.
    Short { needed: usize },
    /// It cannot be written.
    Never,
    /// The application has to take the record of its sequence number first.
    #[cfg(feature = "oscore")]
    Later,
    /// Its security context has no sequence numbers left.
    #[cfg(feature = "oscore")]
    Exhausted,
}

impl Sending {
    pub(super) const fn new(peer: PeerId, token: Token, confirmable: bool) -> Sending {
        Sending {
            peer: Narrow::new(peer),
            token,
            stored: None,
            phase: Phase::Idle,
            confirmable,
            id: Id::Own,
            retries: 0,
            mid: 0,
            timeout: 0,
            #[cfg(any(not(feature = "small"), feature = "extensions"))]
            next: 0,
            protection: None,
        }
    }

    pub(super) fn under(self, protection: Option<Protection>) -> Sending {
        Sending { protection, ..self }
    }
}

/// A message that belongs to no unit: an empty one, or a refusal of what was not even stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    pub(super) peer: PeerId,
    pub(super) message_type: MessageType,
    pub(super) code: Code,
    pub(super) mid: u16,
    pub(super) token: Token,
    /// Max-Age in seconds, for 5.03.
    pub(super) max_age: Option<u8>,
    /// The Echo option, for 4.01.
    pub(super) echo: Option<[u8; ECHO]>,
    /// For a Pong: with the option Custody.
    #[cfg(feature = "stream")]
    pub(super) custody: bool,
    /// Diagnostic payload.
    #[cfg(feature = "oscore")]
    pub(super) diagnostic: &'static str,
}

impl Reply {
    pub(super) fn empty(peer: PeerId, message_type: MessageType, mid: u16) -> Reply {
        Reply::new(peer, message_type, Code::EMPTY, mid, Token::EMPTY)
    }

    pub(super) fn new(
        peer: PeerId,
        message_type: MessageType,
        code: Code,
        mid: u16,
        token: Token,
    ) -> Reply {
        Reply {
            peer,
            message_type,
            code,
            mid,
            token,
            max_age: None,
            echo: None,
            #[cfg(feature = "stream")]
            custody: false,
            #[cfg(feature = "oscore")]
            diagnostic: "",
        }
    }

    pub(super) fn write<S: Sink>(&self, sink: S) -> Result<S, TooLong> {
        let token = self.token.as_bytes();
        let mut m = MessageWriter::new(sink, self.message_type, self.code, self.mid, token)?;
        if let Some(seconds) = self.max_age {
            m.option_uint(OptionNumber::MAX_AGE, seconds.into())?;
        }
        if let Some(echo) = self.echo.as_ref().filter(|_| EXTENSIONS) {
            m.option(OptionNumber::ECHO, echo)?;
        }
        m.finish(self.text())
    }

    /// The diagnostic payload.
    #[allow(clippy::unused_self, reason = "only refusals of protected requests have one")]
    pub(super) fn text(&self) -> &'static [u8] {
        #[cfg(feature = "oscore")]
        return self.diagnostic.as_bytes();
        #[cfg(not(feature = "oscore"))]
        &[]
    }
}

impl Endpoint {
    /// Queues a reply; when too many are queued it is dropped, as if the network had.
    pub(super) fn reply(&mut self, reply: Reply) {
        #[cfg(feature = "stream")]
        if self.connections.knows(reply.peer) {
            return self.reply_on_connection(reply);
        }
        if self.replies.push(reply).is_err() {
            self.counters.full = self.counters.full.wrapping_add(1);
        }
    }

    /// Queues a reply that is an empty message.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn reply_empty(&mut self, peer: PeerId, message_type: MessageType, mid: u16) {
        self.reply(Reply::empty(peer, message_type, mid));
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn sending(&mut self, unit: Unit) -> Option<&mut Sending> {
        match unit {
            Unit::Exchange(h) => self.exchanges.get_mut(h).map(|e| &mut e.sending),
            Unit::Incoming(h) => self.requests.get_mut(h).map(|a| &mut a.sending),
            Unit::Observer(h) => self.observers.get_mut(h).map(|o| &mut o.sending),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.quick.slots.get_mut(h).map(|q| &mut q.sending),
            _ => None,
        }
    }

    /// The same, to look at.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn sent(&self, unit: Unit) -> Option<&Sending> {
        match unit {
            Unit::Exchange(h) => self.exchanges.get(h).map(|e| &e.sending),
            Unit::Incoming(h) => self.requests.get(h).map(|a| &a.sending),
            Unit::Observer(h) => self.observers.get(h).map(|o| &o.sending),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.quick.slots.get(h).map(|q| &q.sending),
            _ => None,
        }
    }

    /// Does this unit's message count against NSTART? Requests and notifications do; responses
    /// must not wait for anything.
    pub(super) fn counts(unit: Unit, sending: &Sending) -> bool {
        sending.confirmable && !matches!(unit, Unit::Incoming(_))
    }

    fn mid_hash(&self, peer: PeerId, mid: u16) -> u64 {
        self.hash(domain::MID, peer, mid.into())
    }

    /// The unit with a number, and its message, if it is one that sends any.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn sent_by(&self, number: u32) -> Option<(Unit, &Sending)> {
        let unit = self.unit(number)?;
        Some((unit, self.sent(unit)?))
    }

    /// Takes a unit's message out of the outbox.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn leave_outbox(&mut self, number: u32) {
        if !SMALL && self.outbox.front() == Some(&number) {
            self.outbox.pop();
            return;
        }
        self.outbox.retain(|n| *n != number);
    }

    /// The unit that sent a message with this ID to this peer last, and where the message is.
    pub(super) fn sender_of(&self, peer: PeerId, mid: u16) -> Option<(Unit, Phase)> {
        let mut found = None;
        self.mids.find(self.mid_hash(peer, mid), |number| {
            found = self.sent_by(number).and_then(|(unit, sent)| {
                let is = sent.peer == peer && sent.mid == mid && sent.id == Id::Registered;
                is.then_some((unit, sent.phase))
            });
            found.is_some()
        });
        found
    }

    /// Starts a new message of a unit: into the outbox, or into the line if too much is
    /// outstanding. The peer must be known.
    pub(super) fn send(&mut self, unit: Unit) {
        self.settle(unit);
        #[cfg(feature = "stream")]
        if self.send_on_connection(unit) {
            return;
        }
        let Some(sending) = self.sending(unit) else { return };
        let peer = sending.peer.get();
        if !Endpoint::counts(unit, sending) || self.takes_turn(peer, unit) {
            self.launch(unit);
        }
    }

    /// Gives a unit's message a new ID and puts it into the outbox. How often it was repeated counts
    /// on: who starts anew settles what was before.
    pub(super) fn launch(&mut self, unit: Unit) {
        let Some(sending) = self.sending(unit) else { return };
        let (peer, before) = (sending.peer.get(), sending.mid);
        let registered = sending.id == Id::Registered;
        if self.connections.knows(peer) {
            // Nothing there has a message ID.
            return self.enqueue(unit);
        }
        let mid = match self.peers.take_mid(peer) {
            Some(mid) => mid,
            // Only a response to a peer that there was no room to remember.
            None => u16::from_be_bytes([self.random.u8(), self.random.u8()]),
        };
        let number = self.number(unit);
        if registered {
            self.mids.remove(self.mid_hash(peer, before), number);
        }
        let registered = self.mids.insert(self.mid_hash(peer, mid), number);
        if let Some(sending) = self.sending(unit) {
            sending.mid = mid;
            sending.id = if registered { Id::Registered } else { Id::Own };
            sending.protection = sending.protection.map(Protection::renewed);
        }
        self.enqueue(unit);
    }

    /// Puts a unit's message into the outbox as it is.
    pub(super) fn enqueue(&mut self, unit: Unit) {
        let number = self.number(unit);
        let Some(sending) = self.sending(unit) else { return };
        if sending.phase != Phase::Queued {
            sending.phase = Phase::Queued;
            let _ = self.outbox.push(number);
        }
    }

    /// Ends whatever a unit's message is at; the next one that waits for the peer gets its turn.
    /// Its deadline, if any, is gone.
    pub(super) fn settle(&mut self, unit: Unit) {
        let number = self.number(unit);
        self.deadlines.clear(number);
        let Some(sending) = self.sending(unit) else { return };
        let (peer, mid) = (sending.peer.get(), sending.mid);
        let phase = core::mem::replace(&mut sending.phase, Phase::Idle);
        (sending.retries, sending.timeout) = (0, 0);
        let counted = Endpoint::counts(unit, sending);
        if sending.id == Id::Registered {
            sending.id = Id::Own;
            self.mids.remove(self.mid_hash(peer, mid), number);
        }
        match phase {
            Phase::Idle => return,
            #[cfg(any(not(feature = "small"), feature = "extensions", feature = "stream"))]
            Phase::Waiting => return self.leave_line(peer, number),
            Phase::Queued => self.leave_outbox(number),
            Phase::Flying => {}
        }
        if counted {
            self.next_in_line(peer);
        }
    }

    /// A unit's message left the outbox: starts the timer of a confirmable one.
    pub(super) fn transmitted(&mut self, unit: Unit) {
        #[cfg(feature = "stream")]
        if let Unit::Connection(handle) = unit {
            return self.release_sent(handle);
        }
        let Some(sending) = self.sending(unit) else { return };
        if !sending.confirmable {
            sending.phase = Phase::Idle;
            return self.sent_once(unit);
        }
        let peer = sending.peer.get();
        let timeout = match sending.timeout {
            0 => self.first_timeout(peer),
            before => before.saturating_mul(2),
        };
        if let Some(sending) = self.sending(unit) {
            (sending.phase, sending.timeout) = (Phase::Flying, timeout);
        }
        self.wake_in(unit, Duration::from_millis(timeout.into()));
    }

    /// `ACK_TIMEOUT` to `ACK_TIMEOUT` times `ACK_RANDOM_FACTOR`, in milliseconds.
    fn first_timeout(&mut self, peer: PeerId) -> u32 {
        let p = self.parameters_for(peer);
        let base = u32::try_from(p.ack_timeout.as_millis()).unwrap_or(u32::MAX);
        let percent = u64::from(p.ack_random_percent.saturating_sub(100));
        let spread = hundredth(u64::from(base).wrapping_mul(percent));
        base.saturating_add(self.random.up_to(u32::try_from(spread).unwrap_or(u32::MAX)))
    }

    /// What follows when a message that is not retransmitted has been sent.
    fn sent_once(&mut self, unit: Unit) {
        match unit {
            Unit::Exchange(h) => self.await_response(h),
            Unit::Incoming(h) => self.answer_sent(h),
            Unit::Observer(h) => self.notification_sent(h),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.quick_sent(h),
            _ => {}
        }
    }

    /// A unit's deadline has come.
    pub(super) fn due(&mut self, unit: Unit) {
        let mut most = self.parameters.max_retransmit;
        if EXTENSIONS && let Some(sending) = self.sent(unit) {
            most = self.parameters_for(sending.peer.get()).max_retransmit;
        }
        let Some(sending) = self.sending(unit) else { return };
        if sending.phase == Phase::Flying {
            if sending.retries < most {
                sending.retries = sending.retries.saturating_add(1);
                self.counters.retransmitted = self.counters.retransmitted.wrapping_add(1);
                match unit {
                    // RFC 7641 section 4.5.2: a newer state replaces the one in flight.
                    Unit::Observer(h) if self.take_dirty(h) => self.launch(unit),
                    _ => self.enqueue(unit),
                }
                return;
            }
            self.settle(unit);
            return match unit {
                Unit::Exchange(h) => self.exchange_due(h, false),
                Unit::Incoming(h) => self.remember(h),
                Unit::Observer(h) => self.end_observer(h, ObserverEnd::TimedOut),
                #[cfg(feature = "q-block")]
                Unit::Quick(h) => self.quick_failed(h),
                _ => {}
            };
        }
        match unit {
            Unit::Exchange(h) => self.exchange_due(h, true),
            Unit::Incoming(h) => self.incoming_due(h),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.quick_due(h),
            _ => {}
        }
    }

    /// Writes a unit's message into a buffer, as it is.
    pub(super) fn write_plain(
        &self,
        unit: Unit,
        buf: &mut [u8],
    ) -> Result<(PeerId, usize), Unwritten> {
        let sending = self.sent(unit);
        let peer = self.receiver(unit, sending).ok_or(Unwritten::Never)?;
        if SMALL {
            let mut sink = FitSink::new(buf);
            self.write(unit, sending, &mut sink).map_err(|_| Unwritten::Never)?;
            let short = |e: BufferTooSmall| Unwritten::Short { needed: e.needed };
            return sink.finish().map(|len| (peer, len)).map_err(short);
        }
        if let Ok(sink) = self.write(unit, sending, SliceSink::new(buf)) {
            return Ok((peer, sink.len()));
        }
        match self.write(unit, sending, Counter::new()) {
            Ok(counter) => Err(Unwritten::Short { needed: counter.len() }),
            Err(_) => Err(Unwritten::Never),
        }
    }

    /// Whom a unit's message goes to.
    pub(super) fn receiver(&self, unit: Unit, sending: Option<&Sending>) -> Option<PeerId> {
        #[cfg(feature = "stream")]
        if let Unit::Connection(handle) = unit {
            return self.connections.peer(handle);
        }
        let _ = unit;
        sending.map(|s| s.peer.get())
    }

    /// Writes a unit's message.
    pub(super) fn write<S: Sink>(
        &self,
        unit: Unit,
        sending: Option<&Sending>,
        sink: S,
    ) -> Result<S, TooLong> {
        match unit {
            Unit::Exchange(h) if !AS_STORED => self.write_request(h, sink),
            #[cfg(feature = "stream")]
            Unit::Connection(h) => self.write_release(h, sink),
            #[cfg(feature = "q-block")]
            Unit::Quick(h) => self.write_quick(h, sink),
            _ => self.write_stored(sending.ok_or(TooLong)?, self.long_of(unit), sink),
        }
    }

    /// The bytes of the token of a unit's message, if it is long: only a peer's is.
    fn long_of(&self, unit: Unit) -> &Long {
        let long = match unit {
            Unit::Incoming(h) if EXTENSIONS => self.requests.get(h).map(|a| &a.long),
            Unit::Observer(h) if EXTENSIONS => self.observers.get(h).map(|o| &o.long),
            _ => None,
        };
        long.unwrap_or(&Long::NONE)
    }

    /// Writes a message as it is stored; an empty one if nothing is.
    pub(super) fn write_stored<S: Sink>(
        &self,
        sending: &Sending,
        long: &Long,
        sink: S,
    ) -> Result<S, TooLong> {
        let stored = sending.stored.as_ref();
        let (code, tail) =
            stored.map_or((Code::EMPTY, &[][..]), |s| (s.code(), s.tail(&self.pool)));
        let kind = match sending {
            Sending { confirmable: true, .. } => MessageType::Confirmable,
            Sending { id: Id::Theirs, .. } => MessageType::Acknowledgement,
            _ => MessageType::NonConfirmable,
        };
        let token = self.token_bytes(&sending.token, long);
        let (peer, mid) = (sending.peer.get(), sending.mid);
        let mut m = self.begin(sink, peer, kind, code, mid, token, tail.len())?;
        m.tail(tail)?;
        m.finish(&[])
    }

    /// Starts the message of a unit. `body` is the length of what follows the token; only
    /// connections ask for it.
    #[allow(clippy::too_many_arguments, reason = "the fields of a message's head")]
    pub(super) fn begin<S: Sink>(
        &self,
        sink: S,
        peer: PeerId,
        message_type: MessageType,
        code: Code,
        mid: u16,
        token: &[u8],
        body: usize,
    ) -> Result<MessageWriter<S>, TooLong> {
        #[cfg(feature = "stream")]
        if let Some(transport) = self.connections.transport(peer) {
            return MessageWriter::framed(sink, transport, code, token, body);
        }
        let _ = (peer, body);
        MessageWriter::new(sink, message_type, code, mid, token)
    }
}
