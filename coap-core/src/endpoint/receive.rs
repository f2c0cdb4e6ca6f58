//! What a datagram means and whom it is for (RFC 7252 sections 4.2, 4.3 and 5.4.1).

use super::sending::Phase;
use super::survey::Survey;
use super::token::Token;
use super::{Endpoint, ObserverEnd, Parameters, Unit};
use crate::{
    Code, EXTENSIONS, Message, MessageOption, MessageType, OptionNumber, Options, peek_header,
};
use m2m_base::{Cause, Disposition, PeerId};

/// True for a critical option that is unknown, has a length it must not have, or is repeated though
/// it must not be (RFC 7252 sections 5.4.1, 5.4.3 and 5.4.5). Of those in the registry OSCORE and
/// EDHOC, and Q-Block, are not known here: where they are understood, it is in front of this.
pub(super) fn is_bad(o: &MessageOption<'_>, repeated: bool, parameters: &Parameters) -> bool {
    if !o.number.is_critical() {
        return false;
    }
    match o.number.critical() {
        Some(row) => !row.allows(repeated, o.value.len()),
        None => !parameters.understands(o.number),
    }
}

/// True if a response has such an option. A proxy hands a protected one on as it is.
fn has_bad_option(options: Options<'_>, parameters: &Parameters) -> bool {
    let mut last = None;
    options.iter().any(|o| {
        let repeated = last.replace(o.number) == Some(o.number);
        let forwards = parameters.forwards() && o.number == OptionNumber::OSCORE && !repeated;
        !forwards && is_bad(&o, repeated, parameters)
    })
}

/// A message, and whom it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received<'m> {
    pub(super) peer: PeerId,
    /// What stands for its token.
    pub(super) name: Token,
    pub(super) message: Message<'m>,
    /// Its options, where they are looked through when it is read.
    #[cfg(feature = "small")]
    pub(super) survey: Survey<'m>,
}

impl<'m> Received<'m> {
    /// A message that came inside of something else.
    #[cfg(any(feature = "stream", feature = "oscore"))]
    pub(super) fn inner(
        peer: PeerId,
        name: Token,
        message: Message<'m>,
        parameters: &Parameters,
    ) -> Received<'m> {
        let _ = parameters;
        Received {
            peer,
            name,
            message,
            #[cfg(feature = "small")]
            survey: Survey::of(message.options, parameters),
        }
    }

    #[cfg(feature = "small")]
    pub(super) fn survey(&self, _parameters: &Parameters) -> Survey<'m> {
        self.survey
    }

    #[cfg(not(feature = "small"))]
    pub(super) fn survey(&self, parameters: &Parameters) -> Survey<'m> {
        Survey::of(self.options, parameters)
    }

    /// Has a response a critical option that is not understood, or not in this place?
    pub(super) fn is_bad(&self, parameters: &Parameters) -> bool {
        if EXTENSIONS {
            has_bad_option(self.options, parameters)
        } else {
            self.survey(parameters).bad
        }
    }
}

impl<'m> core::ops::Deref for Received<'m> {
    type Target = Message<'m>;

    fn deref(&self) -> &Message<'m> {
        &self.message
    }
}

impl Endpoint {
    pub(super) fn receive(&mut self, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.counters.received = self.counters.received.wrapping_add(1);
        #[cfg(feature = "small")]
        let mut survey = Survey::default();
        #[cfg(feature = "small")]
        let read = Message::read(datagram, |list| survey.read(list, &self.parameters));
        #[cfg(not(feature = "small"))]
        let read = Message::parse(datagram).ok();
        let Some(message) = read else { return self.malformed(peer, datagram) };
        let message = Received {
            peer,
            name: self.token(message.token),
            message,
            #[cfg(feature = "small")]
            survey,
        };
        let request =
            message.message_type == MessageType::NonConfirmable && message.code.is_request();
        if self.came_by_multicast() && !request {
            let disposition = Disposition::Ignored(Cause::Unexpected);
            self.count(disposition);
            return disposition;
        }
        let disposition = if message.code == Code::EMPTY {
            self.receive_empty(&message)
        } else if let Some(disposition) = self.receive_protected(&message) {
            disposition
        } else if message.code.is_request() {
            self.receive_request(&message)
        } else {
            self.receive_response(&message)
        };
        self.count(disposition);
        disposition
    }

    pub(super) fn count(&mut self, disposition: Disposition) {
        let counter = match disposition {
            Disposition::Duplicate => &mut self.counters.duplicates,
            Disposition::Refused(cause) | Disposition::Ignored(cause) => match cause {
                Cause::Unexpected => &mut self.counters.unexpected,
                Cause::Unsupported => &mut self.counters.unsupported,
                Cause::Full => &mut self.counters.full,
                #[cfg(feature = "oscore")]
                Cause::Insecure => &mut self.counters.insecure,
                _ => &mut self.counters.malformed,
            },
            _ => return,
        };
        *counter = counter.wrapping_add(1);
    }

    /// RFC 7252 section 4.2: a CON that cannot be processed is rejected with a RST; 4.3: anything
    /// else is ignored; 3: so is every other version.
    fn malformed(&mut self, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.counters.malformed = self.counters.malformed.wrapping_add(1);
        match (peek_header(datagram), datagram) {
            (Some((MessageType::Confirmable, mid)), _) if !self.came_by_multicast() => {
                self.reply_empty(peer, MessageType::Reset, mid);
                Disposition::Refused(Cause::Malformed)
            }
            (None, [first, ..]) if first >> 6 != 1 => Disposition::Ignored(Cause::Version),
            _ => Disposition::Ignored(Cause::Malformed),
        }
    }

    fn receive_empty(&mut self, message: &Received<'_>) -> Disposition {
        if message.message_type == MessageType::Confirmable {
            // A ping (RFC 7252 section 4.3).
            self.reply_empty(message.peer, MessageType::Reset, message.id);
            return Disposition::Accepted;
        }
        let Some((unit, phase)) = self.sender_of(message.peer, message.id) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        let reset = message.message_type == MessageType::Reset;
        // A retransmission may be queued already when the acknowledgement comes.
        if !reset && !matches!(phase, Phase::Flying | Phase::Queued) {
            return Disposition::Ignored(Cause::Unexpected);
        }
        self.settle(unit);
        match (unit, reset) {
            (Unit::Exchange(h), false) => self.await_response(h),
            (Unit::Exchange(h), true) => self.exchange_reset(h),
            (Unit::Incoming(h), _) => self.remember(h),
            (Unit::Observer(h), false) => self.notification_acknowledged(h),
            (Unit::Observer(h), true) => self.end_observer(h, ObserverEnd::Rejected),
            #[cfg(feature = "q-block")]
            (Unit::Quick(h), false) => self.quick_sent(h),
            #[cfg(feature = "q-block")]
            (Unit::Quick(h), true) => self.quick_reset(h),
            _ => {}
        }
        Disposition::Accepted
    }
}
