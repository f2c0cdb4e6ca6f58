//! Operations on their way: accepted, held, sent one after the other.
//!
//! The operations of one registration form a ring in the order they came; the record points at
//! the last one. One that could be sent waits in `ready`, by its registration, until the endpoint
//! has room. A client in queue mode that does not listen is left alone until it is heard.

use super::accepted::{Accepted, State};
use super::config::UsageError;
use super::event::{EndReason, Event, Failure, OperationId, RegistrationId};
use super::journal::Of;
use super::operation::{Kind, Operation, WriteMode};
use super::registry::NONE;
use super::{Duration, Instant, PeerId, Server};
use crate::path::Path;
use coap_core::{Cancel, Request, RequestId};
use m2m_base::container::{Handle, Index};

/// Bytes for the options of a request: an alternate path and attributes at their longest.
pub(super) const OPTIONS: usize = 1024;

/// What became of an attempt to send.
enum Sent {
    Yes,
    /// There is nothing to send, or it may not be sent now.
    Nothing,
    /// The endpoint is full.
    Full,
}

impl Server {
    /// Asks something of a client. Exactly one [`Event::Response`] or [`Event::Failed`] tells how
    /// it ended, at the latest after `timeout`; without one, after
    /// [`super::Config::operation_timeout`] or [`super::Config::queue_timeout`].
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] for a registration or observation that is no more,
    /// [`UsageError::Path`], [`UsageError::Format`], [`UsageError::Syntax`],
    /// [`UsageError::TooLong`] for what cannot be asked so, [`UsageError::Full`].
    pub fn request(
        &mut self,
        now: Instant,
        id: RegistrationId,
        operation: &Operation<'_>,
        timeout: Option<Duration>,
    ) -> Result<OperationId, UsageError> {
        self.now = self.now.max(now);
        let record = self.registry.get(id).filter(|r| !r.ended).ok_or(UsageError::UnknownId)?;
        if self.operations.len() >= self.config.limits.operations {
            return Err(UsageError::Full);
        }
        let usual = self.usual_timeout(self.is_queue_mode(id));
        // An observation is only made once all else is known to be right.
        let blank = super::ObservationId(Handle::from_bits(0));
        let (kind, path) = match *operation {
            Operation::Read { path, .. } => (Kind::Read, path),
            Operation::Write { path, mode: WriteMode::Replace, .. } => (Kind::Replace, path),
            Operation::Write { path, mode: WriteMode::Update, .. } => (Kind::Update, path),
            Operation::Execute { path, .. } => (Kind::Execute, path),
            Operation::Create { object, .. } => (Kind::Create, Path::object(object)),
            Operation::Delete { path } => (Kind::Delete, path),
            Operation::Discover { path, depth } => (Kind::Discover(depth), path),
            Operation::WriteAttributes { path, .. } => (Kind::WriteAttributes, path),
            Operation::ReadComposite { .. } => (Kind::ReadComposite, Path::ROOT),
            Operation::WriteComposite { .. } => (Kind::WriteComposite, Path::ROOT),
            Operation::ObserveComposite { .. } => (Kind::Observe(blank), Path::ROOT),
            Operation::Observe { path, .. } => (Kind::Observe(blank), path),
            Operation::CancelObservation { observation } => {
                let found = self.observations.get(observation.0);
                let found = found.filter(|o| o.registration == id).ok_or(UsageError::UnknownId)?;
                (Kind::Cancel(observation), found.path)
            }
        };
        let root = core::str::from_utf8(record.text.root()).unwrap_or("");
        let mut accepted = Accepted::new(id, kind, path, operation, record.formats, root)?;
        if let Kind::Observe(_) = kind {
            accepted.kind = Kind::Observe(self.observation_for(&accepted)?);
        }
        let kind = accepted.kind;
        let at = self.now + timeout.unwrap_or(usual);
        let queued = self.enqueue(id, accepted, at).and_then(|handle| {
            if self.keep_operation(handle, at) {
                return Ok(handle);
            }
            self.unlink(handle);
            self.operation_deadlines.clear(handle.index());
            self.operations.remove(handle);
            self.open = self.open.saturating_sub(1);
            Err(UsageError::Full)
        });
        match queued {
            Ok(handle) => {
                self.counters.operations = self.counters.operations.wrapping_add(1);
                self.mark_ready(id);
                self.advance();
                Ok(OperationId(handle))
            }
            Err(error) => {
                self.drop_unused_observation(kind);
                Err(error)
            }
        }
    }

    pub(super) fn usual_timeout(&self, queue_mode: bool) -> Duration {
        if queue_mode { self.config.queue_timeout } else { self.config.operation_timeout }
    }

    /// Gives an operation up. [`Event::Failed`] with [`Failure::Aborted`] follows; the client may
    /// carry it out all the same.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is over already.
    pub fn abort(&mut self, now: Instant, id: OperationId) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let open = self.operations.get(id.0).filter(|o| !matches!(o.state, State::Answered(_)));
        open.ok_or(UsageError::UnknownId)?;
        self.abandon(now, id.0, Failure::Aborted);
        self.advance();
        Ok(())
    }

    /// Puts an operation behind the others of its registration.
    pub(super) fn enqueue(
        &mut self,
        id: RegistrationId,
        accepted: Accepted,
        deadline: Instant,
    ) -> Result<Handle, UsageError> {
        // Room for its outcome, so that it can always be told.
        if !self.reserve_events() {
            return Err(UsageError::Full);
        }
        let mut accepted = accepted;
        if accepted.number == 0 {
            accepted.number = self.next_operation;
            self.next_operation = self.next_operation.saturating_add(1);
        }
        let handle = self.operations.insert(accepted).map_err(|_| UsageError::Full)?;
        let slot = handle.index();
        if !self.operation_deadlines.set(slot, deadline) {
            self.operations.remove(handle);
            return Err(UsageError::Full);
        }
        let last = self.registry.get(id).map_or(NONE, |r| r.operations);
        let first = match self.operations.handle_at(last).and_then(|h| self.operations.get_mut(h)) {
            Some(last) => core::mem::replace(&mut last.next, slot),
            None => slot,
        };
        if let Some(operation) = self.operations.get_mut(handle) {
            operation.next = first;
        }
        if let Some(record) = self.registry.get_mut(id) {
            record.operations = slot;
        }
        self.open = self.open.saturating_add(1);
        Ok(handle)
    }

    /// Takes an operation out of its registration's ring.
    pub(super) fn unlink(&mut self, handle: Handle) {
        let Some((id, next)) = self.operations.get(handle).map(|o| (o.registration, o.next)) else {
            return;
        };
        let Some(last) = self.registry.get(id).map(|r| r.operations) else { return };
        let mut before = last;
        while let Some((_, operation)) = self.operations.at(before) {
            if operation.next == handle.index() {
                break;
            }
            before = operation.next;
        }
        let slot = handle.index();
        if let Some(operation) =
            self.operations.handle_at(before).and_then(|h| self.operations.get_mut(h))
        {
            operation.next = next;
        }
        if let Some(record) = self.registry.get_mut(id)
            && last == slot
        {
            record.operations = if before == slot { NONE } else { before };
        }
    }

    /// Notes that a registration may have something to send.
    pub(super) fn mark_ready(&mut self, id: RegistrationId) {
        let Some(record) = self.registry.get_mut(id) else { return };
        // Without memory it has to wait until the client is heard the next time.
        if record.ready || record.operations == NONE || self.ready.try_reserve(1).is_err() {
            return;
        }
        record.ready = true;
        self.ready.push_back(id);
    }

    /// A client gave a sign of life: it listens now, and a gateway with all that is behind it.
    pub(super) fn heard(&mut self, now: Instant, id: RegistrationId) {
        let carrier = self.registry.carrier(id);
        let Some(record) = self.registry.get_mut(carrier) else { return };
        record.last_heard = now;
        record.asleep = false;
        let back = core::mem::take(&mut record.down);
        if back {
            self.refresh_observations(now, carrier);
        }
        self.mark_ready(carrier);
        let mut next = self.registry.first_child(carrier);
        while let Some(child) = next {
            next = self.registry.next_child(child);
            if back {
                self.refresh_observations(now, child);
            }
            self.mark_ready(child);
        }
    }

    /// Sends what can be sent.
    pub(super) fn send_ready(&mut self, now: Instant) {
        while let Some(id) = self.ready.pop_front() {
            match self.send_next(now, id) {
                Sent::Yes => self.ready.push_back(id),
                Sent::Full => {
                    // When something ends there is room again.
                    self.ready.push_front(id);
                    break;
                }
                Sent::Nothing => {
                    if let Some(record) = self.registry.get_mut(id) {
                        record.ready = false;
                    }
                }
            }
        }
    }

    /// The first operation of a registration that was not sent.
    fn first_held(&self, last: u32) -> Option<Handle> {
        let mut slot = self.operations.at(last)?.1.next;
        loop {
            let (handle, operation) = self.operations.at(slot)?;
            if matches!(operation.state, State::Held | State::HeldAgain) {
                return Some(handle);
            }
            if slot == last {
                return None;
            }
            slot = operation.next;
        }
    }

    fn send_next(&mut self, now: Instant, id: RegistrationId) -> Sent {
        let Some(record) = self.registry.get(id).filter(|r| !r.ended) else { return Sent::Nothing };
        let Some(carrier) = self.registry.get(self.registry.carrier(id)) else {
            return Sent::Nothing;
        };
        let listens = !carrier.binding.queue_mode()
            || (!carrier.asleep && now.since(carrier.last_heard) < self.config.awake);
        if !listens || carrier.down || carrier.in_flight >= self.config.parameters.nstart {
            return Sent::Nothing;
        }
        #[cfg(feature = "oscore")]
        let context = self.contexts.of(carrier.text.name()).filter(|_| carrier.protected);
        #[cfg(not(feature = "oscore"))]
        let context: Option<()> = None;
        if carrier.protected && context.is_none() {
            return Sent::Nothing;
        }
        let Some(handle) = self.first_held(record.operations) else { return Sent::Nothing };
        let Some(operation) = self.operations.get(handle) else { return Sent::Nothing };
        if let Kind::Cancel(observation) = operation.kind {
            return match self.send_cancel(now, observation, handle) {
                Some(request) => self.sent(id, handle, request),
                None => {
                    self.fail(now, handle, Failure::ObservationEnded);
                    Sent::Yes
                }
            };
        }
        let root = core::str::from_utf8(record.text.root()).unwrap_or("");
        let mut buf = [0; OPTIONS];
        let result = match operation.options(root, &mut buf) {
            Ok(options) => {
                let request = Request {
                    options: options.options(),
                    payload: &operation.payload,
                    observe: matches!(operation.kind, Kind::Observe(_) | Kind::Refresh(_)),
                    ..Request::new(operation.method())
                };
                match context {
                    #[cfg(feature = "oscore")]
                    Some(id) => self.coap.request_under(now, record.peer, id, &request),
                    _ => self.coap.request(now, record.peer, &request),
                }
            }
            Err(_) => Err(coap_core::UsageError::TooLong),
        };
        match result {
            Ok(request) => {
                let hash = self.hash_request(request);
                if !self.operation_by_request.insert(hash, handle.index()) {
                    let _ = self.coap.cancel(now, request, Cancel::Forget);
                    return Sent::Full;
                }
                self.sent(id, handle, request)
            }
            Err(coap_core::UsageError::Full) => Sent::Full,
            Err(_) => {
                self.fail(now, handle, Failure::TooLarge);
                Sent::Yes
            }
        }
    }

    fn sent(&mut self, id: RegistrationId, handle: Handle, request: RequestId) -> Sent {
        let again = self.operations.get(handle).is_some_and(|o| o.kind.is_idempotent());
        if !again && let Some(operation) = self.operations.get(handle) {
            // It leaves the journal before it goes out: after a restart nobody could tell whether
            // it was carried out, and twice is worse than not.
            let (kept, number) = (operation.kept, operation.number);
            if kept {
                self.unkeep(Of::Operation, number);
            }
        }
        if let Some(operation) = self.operations.get_mut(handle) {
            operation.state = State::InFlight(request);
            operation.kept &= again;
        }
        let carrier = self.registry.carrier(id);
        if let Some(record) = self.registry.get_mut(carrier) {
            record.in_flight = record.in_flight.saturating_add(1);
        }
        Sent::Yes
    }

    pub(super) fn hash_request(&self, request: RequestId) -> u64 {
        Index::mix(self.secret, request.to_bits())
    }

    pub(super) fn operation_of(&self, request: RequestId) -> Option<Handle> {
        let same = |slot| {
            let found = self.operations.at(slot).map(|(_, o)| &o.state);
            matches!(found, Some(State::InFlight(r)) if *r == request)
        };
        let slot = self.operation_by_request.find(self.hash_request(request), same)?;
        self.operations.handle_at(slot)
    }

    /// Takes an operation out of the air: what comes for it from now on is not its.
    pub(super) fn ground(&mut self, handle: Handle) -> Option<RequestId> {
        let operation = self.operations.get_mut(handle)?;
        let State::InFlight(request) = operation.state else { return None };
        operation.state = State::HeldAgain;
        let (id, kind) = (operation.registration, operation.kind);
        if !matches!(kind, Kind::Cancel(_)) {
            self.operation_by_request.remove(self.hash_request(request), handle.index());
        }
        let carrier = self.registry.carrier(id);
        if let Some(record) = self.registry.get_mut(carrier) {
            record.in_flight = record.in_flight.saturating_sub(1);
        }
        Some(request)
    }

    /// Ends an operation wherever it is, without an answer.
    pub(super) fn abandon(&mut self, now: Instant, handle: Handle, reason: Failure) {
        let kind = self.operations.get(handle).map(|o| o.kind);
        if let Some(request) = self.ground(handle) {
            let _ = self.coap.cancel(now, request, Cancel::Forget);
            if let Some(Kind::Cancel(observation)) = kind {
                self.end_observation(now, observation, None);
            }
        }
        self.fail(now, handle, reason);
    }

    /// The time of an operation is up.
    pub(super) fn on_deadline(&mut self, now: Instant, slot: u32) {
        let Some((handle, operation)) = self.operations.at(slot) else { return };
        let reason = match operation.state {
            State::Held => Failure::Unsent,
            _ => Failure::TimedOut,
        };
        self.abandon(now, handle, reason);
    }

    /// A client is at another address now: what was sent to the old one is sent again, and its
    /// observations are set up anew.
    pub(super) fn move_registration(&mut self, now: Instant, id: RegistrationId, peer: PeerId) {
        self.take_back(now, id);
        let mut next = self.registry.first_child(id);
        while let Some(child) = next {
            next = self.registry.next_child(child);
            self.take_back(now, child);
        }
        self.registry.set_peer(id, peer);
        self.refresh_observations(now, id);
        let mut next = self.registry.first_child(id);
        while let Some(child) = next {
            next = self.registry.next_child(child);
            self.refresh_observations(now, child);
        }
    }

    /// What was sent and may be sent again waits again.
    fn take_back(&mut self, now: Instant, id: RegistrationId) {
        let mut slot = self.registry.get(id).map_or(NONE, |r| r.operations);
        let last = slot;
        while let Some((handle, operation)) = self.operations.at(slot) {
            slot = operation.next;
            let again =
                operation.kind.is_idempotent() && !matches!(operation.kind, Kind::Cancel(_));
            if again && let Some(request) = self.ground(handle) {
                let _ = self.coap.cancel(now, request, Cancel::Forget);
            }
            if slot == last {
                break;
            }
        }
    }

    /// Ends a registration with all that belongs to it.
    pub(super) fn end_registration(&mut self, now: Instant, id: RegistrationId, reason: EndReason) {
        self.end_all(now, id);
        // Devices behind a gateway may be many at once; without memory for the event of one, the
        // record is given back all the same.
        if self.reserve_events() {
            self.tell(Event::Deregistered { id, reason });
        } else {
            self.registry.free(id);
        }
    }

    /// A lifetime is over.
    pub(super) fn expire(&mut self, now: Instant, id: RegistrationId) {
        self.counters.expired = self.counters.expired.wrapping_add(1);
        self.end_all(now, id);
        self.tell(Event::Expired { id });
    }

    fn end_all(&mut self, now: Instant, id: RegistrationId) {
        // The first of the ring: taking it out does not walk.
        while let Some(first) = self.registry.get(id).and_then(|r| {
            let (_, last) = self.operations.at(r.operations)?;
            self.operations.handle_at(last.next)
        }) {
            self.abandon(now, first, Failure::RegistrationEnded);
        }
        self.end_observations(now, id);
        self.end_children(now, id);
        self.registry.end(id);
        self.unkeep(Of::Registration, id.0.index().into());
    }
}
