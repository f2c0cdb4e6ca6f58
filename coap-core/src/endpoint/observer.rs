//! Observers of our resources (RFC 7641 section 4).

use super::incoming::Asking;
use super::security::Protection;
use super::sending::{Phase, Sending};
use super::size::KeptUint;
use super::token::Long;
use super::{Endpoint, ObserverEnd, ObserverId, Response, Token, Unit, UsageError, What, domain};
use crate::EXTENSIONS;
use m2m_base::container::{Handle, Narrow};
use m2m_base::{Duration, Instant, PeerId};

/// At least one notification in this time is confirmable (RFC 7641 section 4.5).
const CONFIRM_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// One who observes.
#[derive(Debug)]
pub(super) struct Observer {
    /// The newest notification is stored until it is sent for good.
    pub(super) sending: Sending,
    /// Its token's bytes, if that is long.
    pub(super) long: Long,
    /// Cache key of its request, under which it fetches the rest of long notifications.
    #[cfg(feature = "keep")]
    key: Narrow<u64>,
    /// The Observe option of the newest notification.
    sequence: u32,
    confirmed: Narrow<Instant>,
    /// What is stored is newer than the message in flight.
    dirty: bool,
    /// It is an error, which ends the observation.
    last: bool,
    /// It ended so; the event is queued.
    gone: Option<ObserverEnd>,
}

impl Endpoint {
    /// One whose messages are under another security context is another observer.
    fn observer_by_token(
        &self,
        peer: PeerId,
        protection: Option<Protection>,
        token: &Token,
    ) -> Option<Handle> {
        let hash = self.token_hash(domain::OBSERVER, peer, token);
        let range = (self.first_observer(), self.observers.capacity());
        let index = self.keys.find_in(hash, range, |i| {
            self.observers.at(i).is_some_and(|(_, o)| {
                let same = Protection::same_context(o.sending.protection, protection);
                o.sending.peer == peer && o.sending.token == *token && same && o.gone.is_none()
            })
        })?;
        self.observers.handle_at(index)
    }

    /// Registers an observer, in place of one with the same token; tells its first sequence
    /// number. `None` if there is no room: then the response goes without Observe.
    pub(super) fn register_observer(
        &mut self,
        peer: PeerId,
        protection: Option<Protection>,
        token: Token,
        long: Long,
        key: u64,
    ) -> Option<(Handle, u32)> {
        let _ = key;
        let mut sequence = 0;
        if token.is_long() && long.is_none() {
            return None;
        }
        if let Some(old) = self.observer_by_token(peer, protection, &token) {
            // The client goes on comparing numbers under this token.
            sequence = self.observers.get(old).map_or(0, |o| o.sequence.wrapping_add(1));
            // Its place is free at once. The event queue has room: there are as many such events
            // as there were requests taken and not yet answered.
            self.unlink_observer(old);
            self.observers.discard(old);
            self.tell(What::ObserverGone, old);
        }
        let known = self.connections.knows(peer) || self.peers.know(peer, &mut self.random);
        // What finds no room below is lost: a long token has bytes to give back.
        if (EXTENSIONS && self.observers.is_full()) || !known {
            long.free(&mut self.pool);
            return None;
        }
        sequence &= 0xff_ffff;
        let handle = self.observers.insert_with(|| Observer {
            long,
            sending: Sending::new(peer, token, false).under(protection.map(Protection::inherited)),
            #[cfg(feature = "keep")]
            key: key.into(),
            sequence,
            confirmed: self.now.into(),
            dirty: false,
            last: false,
            gone: None,
        })?;
        let hash = self.token_hash(domain::OBSERVER, peer, &token);
        let _ = self.keys.insert(hash, self.number(Unit::Observer(handle)));
        Some((handle, sequence))
    }

    /// A request with Observe 1, or one that takes over the token: the observer is gone.
    pub(super) fn deregister_observer(&mut self, peer: PeerId, token: &Token) {
        let protection = self.protection_now();
        if let Some(handle) = self.observer_by_token(peer, protection, token) {
            self.end_observer(handle, ObserverEnd::Deregistered);
        }
    }

    /// Sends the state of an observed resource to one observer. While a confirmable notification
    /// is in flight the newest state waits and replaces it at the next retransmission (RFC 7641
    /// section 4.5.2). A response of class 4 or 5 is the last notification.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if the observer is gone; [`UsageError::Full`] if the pool is (the
    /// notification before is still sent); [`UsageError::Invalid`] and [`UsageError::TooLong`] as
    /// for [`Endpoint::respond`].
    pub fn notify(
        &mut self,
        now: Instant,
        id: ObserverId,
        response: &Response<'_>,
    ) -> Result<(), UsageError> {
        self.now = now;
        response.check()?;
        let observer = self.observers.get(id.0).filter(|o| o.gone.is_none() && !o.last);
        let observer = observer.ok_or(UsageError::UnknownId)?;
        let (peer, beyond) = (observer.sending.peer.get(), observer.sending.token.beyond());
        #[cfg(feature = "keep")]
        let key = observer.key.get();
        #[cfg(not(feature = "keep"))]
        let key = 0;
        let protection = observer.sending.protection;
        let beyond = beyond.saturating_add(self.overhead(protection, false));
        let last = !response.code.is_success();
        let sequence = observer.sequence.wrapping_add(1) & 0xff_ffff;
        let due = now.since(observer.confirmed.get()) >= CONFIRM_EVERY;
        let sequence_option = KeptUint::of((!last).then_some(sequence));
        let asking = Asking {
            peer,
            protection,
            key,
            block1: KeptUint::NONE,
            block2: KeptUint::NONE,
            sequence: sequence_option,
            beyond,
            #[cfg(feature = "q-block")]
            quick: self.quick.is_marked(id.0),
        };
        let stored = self.cut(&asking, response)?;
        #[cfg(feature = "q-block")]
        let first = stored.options(&self.pool).uint(crate::OptionNumber::Q_BLOCK2);
        let Some(observer) = self.observers.get_mut(id.0) else {
            self.free(stored);
            return Err(UsageError::UnknownId);
        };
        observer.sequence = sequence;
        observer.last = last;
        let old = observer.sending.stored.replace(stored);
        // In flight or in line, the message goes on with the new content; what was confirmable
        // stays so.
        let idle = observer.sending.phase == Phase::Idle;
        observer.dirty = observer.sending.phase == Phase::Flying;
        if idle {
            observer.sending.confirmable = response.confirmable || due || last;
        }
        #[cfg(feature = "q-block")]
        let (token, confirmable) = (observer.sending.token, observer.sending.confirmable);
        self.free(old);
        if idle {
            self.send(Unit::Observer(id.0));
        }
        #[cfg(feature = "q-block")]
        if asking.quick {
            self.serve_quickly(&asking, token, confirmable, first, true, response);
        }
        Ok(())
    }

    /// True while a notification to this observer is on its way or in line: another would replace
    /// it. A confirmable one is on its way until it is acknowledged.
    #[must_use]
    pub fn is_notifying(&self, id: ObserverId) -> bool {
        self.observers.get(id.0).is_some_and(|o| o.gone.is_none() && o.sending.stored.is_some())
    }

    /// Forgets an observer without a word to it or an event.
    pub fn remove_observer(&mut self, id: ObserverId) {
        if self.observers.get(id.0).is_some_and(|o| o.gone.is_none()) {
            self.unlink_observer(id.0);
            self.observers.discard(id.0);
        }
    }

    /// Ends the message in flight and takes the observer out of the table of tokens.
    fn unlink_observer(&mut self, handle: Handle) {
        self.settle(Unit::Observer(handle));
        let number = self.number(Unit::Observer(handle));
        let Some(observer) = self.observers.get_mut(handle) else { return };
        let (peer, token) = (observer.sending.peer.get(), observer.sending.token);
        let (current, long) = (observer.sending.stored.take(), core::mem::take(&mut observer.long));
        self.free(current);
        long.free(&mut self.pool);
        let hash = self.token_hash(domain::OBSERVER, peer, &token);
        self.keys.remove(hash, number);
    }

    /// An observer is gone; its place is kept until the event is taken.
    pub(super) fn end_observer(&mut self, handle: Handle, reason: ObserverEnd) {
        let observer = self.observers.get_mut(handle).filter(|o| o.gone.is_none());
        let Some(observer) = observer else { return };
        observer.gone = Some(reason);
        self.unlink_observer(handle);
        self.tell(What::ObserverGone, handle);
    }

    pub(super) fn observer_gone_taken(&mut self, id: ObserverId) -> ObserverEnd {
        // The place of one that was replaced is free at once.
        let gone = self.observers.get(id.0).and_then(|o| o.gone);
        self.observers.discard(id.0);
        gone.unwrap_or(ObserverEnd::Replaced)
    }

    pub(super) fn observer_is_open_with(&self, handle: Handle, peer: PeerId) -> bool {
        self.observers.get(handle).is_some_and(|o| o.sending.peer == peer && o.gone.is_none())
    }

    /// True, once, if the state is newer than the message in flight.
    pub(super) fn take_dirty(&mut self, handle: Handle) -> bool {
        self.observers.get_mut(handle).is_some_and(|o| core::mem::replace(&mut o.dirty, false))
    }

    /// A NON notification went out, or a CON one was acknowledged.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn notification_sent(&mut self, handle: Handle) {
        let Some(observer) = self.observers.get_mut(handle) else { return };
        if observer.last {
            return self.end_observer(handle, ObserverEnd::Refused);
        }
        let current = observer.sending.stored.take();
        self.free(current);
    }

    /// A CON notification was acknowledged.
    pub(super) fn notification_acknowledged(&mut self, handle: Handle) {
        let Some(observer) = self.observers.get_mut(handle) else { return };
        observer.confirmed = self.now.into();
        if core::mem::replace(&mut observer.dirty, false) {
            self.send(Unit::Observer(handle));
        } else {
            self.notification_sent(handle);
        }
    }
}
