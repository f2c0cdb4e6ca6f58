//! How operations end: with an answer, with another try in another format, or without.

use super::Server;
use super::accepted::{State, Stored, Typed};
use super::config::boxed;
use super::event::{Event, Failure, ObservationEnd, ObservationId, OperationId};
use super::journal::Of;
use super::links::canonical;
use super::operation::Kind;
use crate::path::Path;
use coap_core::{Code, OptionNumber, Outcome, RequestId};
use m2m_base::Instant;
use m2m_base::container::Handle;

impl Server {
    /// Something came from the endpoint.
    pub(super) fn on_coap_event(&mut self, now: Instant, event: coap_core::Event) {
        match event {
            coap_core::Event::Request { id, peer } => self.on_request(now, id, peer),
            coap_core::Event::Notification { id } => match self.operation_of(id) {
                Some(handle) => self.on_established(now, handle, id),
                None => self.on_notification(now, id),
            },
            coap_core::Event::Done { id, outcome } => {
                match self.operation_of(id) {
                    Some(handle) => self.on_done(now, handle, id, outcome),
                    None => self.on_observation_done(now, id, outcome),
                }
                self.coap.release(id);
            }
            #[cfg(feature = "stream")]
            coap_core::Event::Close { peer, reason } => self.tell(Event::Close { peer, reason }),
            #[cfg(feature = "oscore")]
            coap_core::Event::SequenceReserved { id, up_to } => {
                self.reservations = self.reservations.saturating_add(1);
                self.tell(Event::SequenceReserved { id, up_to });
            }
            _ => {}
        }
    }

    fn on_done(&mut self, now: Instant, handle: Handle, request: RequestId, outcome: Outcome) {
        self.ground(handle);
        let Some(operation) = self.operations.get(handle) else { return };
        let id = operation.registration;
        if outcome != Outcome::Response {
            return self.on_no_answer(now, handle, outcome);
        }
        self.heard(now, id);
        let code = self.coap.response(request).map_or(Code::INTERNAL_SERVER_ERROR, |c| c.code);
        if self.try_other_format(handle, code) {
            return self.mark_ready(id);
        }
        match self.store(request) {
            Some(answer) => self.answer(now, handle, answer, None),
            None => self.fail(now, handle, Failure::TooLarge),
        }
    }

    fn on_no_answer(&mut self, now: Instant, handle: Handle, outcome: Outcome) {
        let Some(operation) = self.operations.get(handle) else { return };
        let (id, kind) = (operation.registration, operation.kind);
        if matches!(outcome, Outcome::TimedOut | Outcome::PeerDown) && self.is_queue_mode(id) {
            let carrier = self.registry.carrier(id);
            if let Some(record) = self.registry.get_mut(carrier) {
                record.asleep = true;
            }
            if kind.is_idempotent() {
                // It waits for the client to wake up; its deadline still counts.
                return;
            }
        }
        self.fail(now, handle, failure(outcome));
    }

    /// A client refused the format that the server chose: another one is tried. True if so.
    fn try_other_format(&mut self, handle: Handle, code: Code) -> bool {
        let Some(operation) = self.operations.get_mut(handle).filter(|o| o.chosen) else {
            return false;
        };
        match code {
            Code::NOT_ACCEPTABLE if operation.kind.asks() && operation.accept.is_some() => {
                operation.accept = None;
                true
            }
            Code::UNSUPPORTED_CONTENT_FORMAT => {
                let Some(refused) = operation.format else { return false };
                let Some(record) = self.registry.get_mut(operation.registration) else {
                    return false;
                };
                if operation.kind.has_body() {
                    record.formats = record.formats.without(refused);
                }
                let root = core::str::from_utf8(record.text.root()).unwrap_or("");
                let typed = Typed { model: &self.model, record: Some(record) };
                operation.reencode(record.formats, root, &typed)
            }
            _ => false,
        }
    }

    /// A copy of the answer to a request. `None` if there is no memory for it.
    pub(super) fn store(&mut self, request: RequestId) -> Option<Stored> {
        let length = self.coap.response(request)?.payload.len();
        if !self.make_content_room(length) {
            return None;
        }
        let content = self.coap.response(request)?;
        let stored = Stored {
            code: content.code,
            format: content.options.content_format().map(canonical),
            payload: boxed(&[content.payload]).ok()?,
            created: Path::from_segments(
                content.options.all(OptionNumber::LOCATION_PATH).skip_while(|s| !is_number(s)),
            )
            .ok()
            .filter(|p| *p != Path::ROOT),
        };
        self.content_bytes = self.content_bytes.saturating_add(length);
        Some(stored)
    }

    /// Makes room for content, by the oldest notifications if need be.
    pub(super) fn make_content_room(&mut self, length: usize) -> bool {
        let most = usize::try_from(self.config.limits.content_bytes).unwrap_or(usize::MAX);
        while self.content_bytes.saturating_add(length) > most {
            if !self.drop_oldest_notification() {
                return false;
            }
        }
        true
    }

    pub(super) fn discard(&mut self, stored: &Stored) {
        self.content_bytes = self.content_bytes.saturating_sub(stored.payload.len());
    }

    /// Ends an operation with an answer, and the observation that it established.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        handle: Handle,
        answer: Stored,
        observation: Option<ObservationId>,
    ) {
        self.unlink(handle);
        self.operation_deadlines.clear(handle.index());
        self.open = self.open.saturating_sub(1);
        let Some(operation) = self.operations.get_mut(handle) else { return };
        let (id, kind, code) = (operation.registration, operation.kind, answer.code);
        let kept = core::mem::take(&mut operation.kept).then_some(operation.number);
        self.counters.responses = self.counters.responses.wrapping_add(1);
        match kind {
            Kind::Refresh(refreshed) => {
                self.operations.remove(handle);
                self.on_refreshed(now, refreshed, answer, observation.is_some());
            }
            Kind::Survey => {
                self.operations.remove(handle);
                self.on_surveyed(now, id, &answer);
                self.discard(&answer);
            }
            _ => {
                operation.state = State::Answered(answer);
                let operation = OperationId(handle);
                self.tell(Event::Response { id: operation, registration: id, code, observation });
            }
        }
        if let Some(number) = kept {
            self.unkeep(Of::Operation, number);
        }
        self.drop_unused_observation(kind);
        self.heard(now, id);
    }

    /// Ends an operation without an answer.
    pub(super) fn fail(&mut self, now: Instant, handle: Handle, reason: Failure) {
        self.unlink(handle);
        self.operation_deadlines.clear(handle.index());
        let Some(operation) = self.operations.remove(handle) else { return };
        self.open = self.open.saturating_sub(1);
        let (id, kind) = (operation.registration, operation.kind);
        self.unkeep_operation(&operation);
        match kind {
            Kind::Survey => {}
            Kind::Refresh(observation) => {
                let ended = match reason {
                    Failure::RegistrationEnded => ObservationEnd::RegistrationEnded,
                    _ => ObservationEnd::Lost,
                };
                self.end_observation(now, observation, Some(ended));
            }
            _ => self.tell(Event::Failed { id: OperationId(handle), registration: id, reason }),
        }
        self.drop_unused_observation(kind);
        self.mark_ready(id);
    }
}

fn is_number(segment: &[u8]) -> bool {
    !segment.is_empty() && segment.iter().all(u8::is_ascii_digit)
}

pub(super) fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Reset => Failure::Reset,
        Outcome::Cancelled => Failure::Aborted,
        Outcome::TooLarge => Failure::TooLarge,
        Outcome::PeerDown => Failure::PeerDown,
        Outcome::Broken => Failure::Broken,
        _ => Failure::TimedOut,
    }
}
