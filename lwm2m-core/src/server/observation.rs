//! Observations and what they bring (Core 1.2 section 6.4): one record per client and path, set up
//! by Observe, kept across updates and changes of address, ended with the registration.

use super::accepted::{Accepted, Stored};
use super::config::UsageError;
use super::detail::Detail;
use super::event::{Event, Failure, NotificationId, ObservationEnd, ObservationId, RegistrationId};
use super::journal::Of;
use super::operation::Kind;
use super::registry::NONE;
use super::{Notified, Server};
use crate::path::Path;
use coap_core::{Cancel, ContentFormat, Outcome, RequestId};
use m2m_base::Instant;
use m2m_base::container::{Handle, Index};

/// An observation as the application sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Its id.
    pub id: ObservationId,
    /// The registration of the client.
    pub registration: RegistrationId,
    /// What is observed; the root for a composite one, whose paths
    /// [`Server::observed_paths`] tells.
    pub path: Path,
    /// It is of several paths.
    pub composite: bool,
    /// False while the client has not granted it yet, at first or at its new address.
    pub established: bool,
}

/// An observation, established or to be.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) registration: RegistrationId,
    pub(super) path: Path,
    /// What was asked for.
    pub(super) accept: Option<ContentFormat>,
    /// Its attributes, and the paths of a composite one.
    pub(super) detail: Detail,
    /// The request that the notifications answer.
    pub(super) request: Option<RequestId>,
    /// The operation that is cancelling it.
    pub(super) cancelling: Option<Handle>,
    /// Operations that are to establish it.
    pub(super) pending: u32,
    /// Neighbours among the observations of the registration.
    pub(super) next: u32,
    pub(super) previous: u32,
}

impl Server {
    /// An observation. One that was only asked for is there as well.
    #[must_use]
    pub fn observation(&self, id: ObservationId) -> Option<Observation> {
        self.observations.get(id.0).map(|o| Observation {
            id,
            registration: o.registration,
            path: o.path,
            composite: o.path == Path::ROOT,
            established: o.request.is_some(),
        })
    }

    /// The observations of a client, the newest first.
    pub fn observations(&self, id: RegistrationId) -> impl Iterator<Item = Observation> {
        let mut slot = self.registry.get(id).map_or(NONE, |r| r.observations);
        core::iter::from_fn(move || {
            let (handle, observed) = self.observations.at(slot)?;
            slot = observed.next;
            self.observation(ObservationId(handle))
        })
    }

    /// The observation of one path of a client.
    #[must_use]
    pub fn find_observation(&self, id: RegistrationId, path: Path) -> Option<ObservationId> {
        if path == Path::ROOT {
            return None;
        }
        self.find_observed(id, path, &[])
    }

    /// The observation of several paths of a client: of this list, in this order.
    #[must_use]
    pub fn find_composite(&self, id: RegistrationId, paths: &[Path]) -> Option<ObservationId> {
        let detail = Detail::new("", paths).ok()?;
        self.find_observed(id, Path::ROOT, detail.packed_paths())
    }

    /// The paths that an observation is of: one, or those of a composite one in their order.
    pub fn observed_paths(&self, id: ObservationId) -> impl Iterator<Item = Path> + use<'_> {
        let observed = self.observations.get(id.0);
        let one = observed.map(|o| o.path).filter(|p| *p != Path::ROOT);
        one.into_iter().chain(observed.into_iter().flat_map(|o| o.detail.paths()))
    }

    /// The notification attributes that an observation was asked for with (1.2); empty for none.
    #[must_use]
    pub fn observation_attributes(&self, id: ObservationId) -> &str {
        self.observations.get(id.0).map_or("", |o| o.detail.attributes())
    }

    pub(super) fn find_observed(
        &self,
        id: RegistrationId,
        path: Path,
        paths: &[u8],
    ) -> Option<ObservationId> {
        let same = |slot| {
            self.observations.at(slot).is_some_and(|(_, o)| {
                o.registration == id && o.path == path && o.detail.packed_paths() == paths
            })
        };
        let slot = self.observation_by_path.find(self.hash_path(id, path, paths), same)?;
        self.observations.handle_at(slot).map(ObservationId)
    }

    /// Ends an observation without telling the client ("passive"): it learns by the RST to its
    /// next notification. No event follows.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`]
    pub fn forget_observation(
        &mut self,
        now: Instant,
        id: ObservationId,
    ) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let observed = self.observations.get(id.0).ok_or(UsageError::UnknownId)?;
        match observed.cancelling {
            Some(operation) => self.abandon(now, operation, Failure::ObservationEnded),
            None => self.end_observation(now, id, None),
        }
        self.advance();
        Ok(())
    }

    fn hash_path(&self, id: RegistrationId, path: Path, paths: &[u8]) -> u64 {
        let ids = path.ids().iter().fold(1u64, |all, id| all << 16 | u64::from(*id));
        let hash = Index::mix(Index::mix(self.secret, id.to_bits()), ids);
        match paths {
            [] => Index::mix(hash, path.level() as u64),
            _ => Index::mix_bytes(hash, paths),
        }
    }

    /// The record of what is observed for an Observe that is to be sent, made if there is none.
    pub(super) fn observation_for(
        &mut self,
        asked: &Accepted,
    ) -> Result<ObservationId, UsageError> {
        let (id, path) = (asked.registration, asked.path);
        if let Some(found) = self.find_observed(id, path, asked.detail.packed_paths()) {
            if let Some(observed) = self.observations.get_mut(found.0) {
                observed.pending = observed.pending.saturating_add(1);
            }
            return Ok(found);
        }
        let observed = Observed {
            registration: id,
            path,
            accept: asked.accept,
            detail: asked.detail.copy()?,
            request: None,
            cancelling: None,
            pending: 1,
            next: NONE,
            previous: NONE,
        };
        let handle = self.observations.insert(observed).map_err(|_| UsageError::Full)?;
        if self.link_observation(handle) {
            return Ok(ObservationId(handle));
        }
        self.observations.remove(handle);
        Err(UsageError::Full)
    }

    /// Makes an observation the first of its registration. False without memory for it.
    pub(super) fn link_observation(&mut self, handle: Handle) -> bool {
        let Some(observed) = self.observations.get(handle) else { return false };
        let id = observed.registration;
        let hash = self.hash_path(id, observed.path, observed.detail.packed_paths());
        let slot = handle.index();
        if !self.observation_by_path.insert(hash, slot) {
            return false;
        }
        let next = self.registry.get(id).map_or(NONE, |r| r.observations);
        self.change_at(next, |o| o.previous = slot);
        self.change_at(slot, |o| o.next = next);
        if let Some(record) = self.registry.get_mut(id) {
            record.observations = slot;
        }
        true
    }

    fn change_at(&mut self, slot: u32, change: impl FnOnce(&mut Observed)) {
        let handle = self.observations.handle_at(slot);
        if let Some(observed) = handle.and_then(|h| self.observations.get_mut(h)) {
            change(observed);
        }
    }

    /// An operation that was to establish an observation is over. Without another one, and not
    /// established, the record goes.
    pub(super) fn drop_unused_observation(&mut self, kind: Kind) {
        let (Kind::Observe(id) | Kind::Refresh(id)) = kind else { return };
        let Some(observed) = self.observations.get_mut(id.0) else { return };
        observed.pending = observed.pending.saturating_sub(1);
        if observed.pending == 0 && observed.request.is_none() {
            self.unlink_observation(id);
        }
    }

    fn observation_of(&self, request: RequestId) -> Option<ObservationId> {
        let same =
            |slot| self.observations.at(slot).is_some_and(|(_, o)| o.request == Some(request));
        let slot = self.observation_by_request.find(self.hash_request(request), same)?;
        self.observations.handle_at(slot).map(ObservationId)
    }

    /// Notifications answer `request` from now on. False if the observation is no more, or without
    /// memory for it.
    pub(super) fn attach(&mut self, id: ObservationId, request: RequestId) -> bool {
        let hash = self.hash_request(request);
        let Some(observed) = self.observations.get_mut(id.0) else { return false };
        if !self.observation_by_request.insert(hash, id.0.index()) {
            return false;
        }
        observed.request = Some(request);
        true
    }

    /// Lets go of the exchange that notifications came by.
    fn detach(&mut self, now: Instant, id: ObservationId) {
        let Some(observed) = self.observations.get_mut(id.0) else { return };
        if let Some(request) = observed.request.take() {
            self.observation_by_request.remove(self.hash_request(request), id.0.index());
            // It may be over by itself already.
            let _ = self.coap.cancel(now, request, Cancel::Forget);
        }
    }

    fn unlink_observation(&mut self, id: ObservationId) {
        let Some(observed) = self.observations.get(id.0) else { return };
        let registration = observed.registration;
        let (next, previous) = (observed.next, observed.previous);
        let hash = self.hash_path(registration, observed.path, observed.detail.packed_paths());
        self.observation_by_path.remove(hash, id.0.index());
        self.observations.remove(id.0);
        self.unkeep(Of::Observation, id.0.index().into());
        self.change_at(next, |o| o.previous = previous);
        self.change_at(previous, |o| o.next = next);
        if previous == NONE
            && let Some(record) = self.registry.get_mut(registration)
        {
            record.observations = next;
        }
    }

    /// Ends an observation; with a reason, the application is told.
    pub(super) fn end_observation(
        &mut self,
        now: Instant,
        id: ObservationId,
        reason: Option<ObservationEnd>,
    ) {
        let Some(registration) = self.observations.get(id.0).map(|o| o.registration) else {
            return;
        };
        self.detach(now, id);
        self.unlink_observation(id);
        // There may be very many at once, and room for all is not kept free: without memory for
        // it, the end of the registration says as much.
        if let Some(reason) = reason
            && self.reserve_events()
        {
            self.tell(Event::ObservationEnded { id, registration, reason });
        }
    }

    /// Ends the observations of a registration that is over. Its operations are over already, so
    /// all that are left were established.
    pub(super) fn end_observations(&mut self, now: Instant, id: RegistrationId) {
        while let Some(handle) =
            self.registry.get(id).and_then(|r| self.observations.handle_at(r.observations))
        {
            let reason = ObservationEnd::RegistrationEnded;
            self.end_observation(now, ObservationId(handle), Some(reason));
        }
    }

    /// Asks the endpoint to cancel an observation actively. `None` if there is nothing to cancel.
    pub(super) fn send_cancel(
        &mut self,
        now: Instant,
        id: ObservationId,
        operation: Handle,
    ) -> Option<RequestId> {
        let observed = self.observations.get_mut(id.0).filter(|o| o.cancelling.is_none())?;
        let request = observed.request?;
        self.coap.cancel(now, request, Cancel::Deregister).ok()?;
        observed.cancelling = Some(operation);
        Some(request)
    }

    /// A client granted an observation: `request` is what its notifications answer from now on.
    pub(super) fn on_established(&mut self, now: Instant, handle: Handle, request: RequestId) {
        self.ground(handle);
        let Some(operation) = self.operations.get(handle) else { return };
        let (Kind::Observe(id) | Kind::Refresh(id)) = operation.kind else { return };
        let accept = operation.accept;
        let detail = operation.detail.copy();
        let answer = self.store(request);
        self.coap.release(request);
        self.detach(now, id);
        if let Some(observed) = self.observations.get_mut(id.0) {
            observed.accept = accept;
            // The attributes may be others; the paths are the same.
            if let Ok(detail) = detail {
                observed.detail = detail;
            }
        }
        let attached = answer.is_some() && self.attach(id, request);
        if attached {
            self.keep_observation(id);
        } else {
            // Forgotten meanwhile, or no memory.
            let _ = self.coap.cancel(now, request, Cancel::Forget);
        }
        match answer {
            Some(answer) => self.answer(now, handle, answer, attached.then_some(id)),
            None => self.fail(now, handle, Failure::TooLarge),
        }
    }

    /// The outcome of an observation that was set up anew. Its first content may be news.
    pub(super) fn on_refreshed(
        &mut self,
        now: Instant,
        id: ObservationId,
        answer: Stored,
        established: bool,
    ) {
        if established {
            return self.notify(id, answer);
        }
        self.discard(&answer);
        let refused = !answer.code.is_success();
        let reason =
            if refused { ObservationEnd::Refused(answer.code) } else { ObservationEnd::Lost };
        self.end_observation(now, id, Some(reason));
    }

    /// A notification came.
    pub(super) fn on_notification(&mut self, now: Instant, request: RequestId) {
        let Some(id) = self.observation_of(request) else { return self.coap.release(request) };
        let stored = self.store(request);
        self.coap.release(request);
        if let Some(stored) = stored {
            self.notify(id, stored);
        }
        if let Some(registration) = self.observations.get(id.0).map(|o| o.registration) {
            self.heard(now, registration);
        }
    }

    /// The exchange of an observation is over.
    pub(super) fn on_observation_done(
        &mut self,
        now: Instant,
        request: RequestId,
        outcome: Outcome,
    ) {
        let Some(id) = self.observation_of(request) else { return };
        let Some(observed) = self.observations.get(id.0) else { return };
        let (registration, cancelling) = (observed.registration, observed.cancelling);
        let stored = if outcome == Outcome::Response { self.store(request) } else { None };
        if let Some(operation) = cancelling {
            self.ground(operation);
            self.end_observation(now, id, None);
            return match (stored, outcome) {
                (Some(answer), _) => self.answer(now, operation, answer, None),
                (None, outcome) => {
                    self.fail(now, operation, super::outcome::failure(outcome));
                }
            };
        }
        let carrier = self.registry.get(self.registry.carrier(registration));
        if outcome == Outcome::PeerDown && carrier.is_some_and(|r| r.down) {
            // It is set up anew when the client comes back.
            self.detach(now, id);
            return self.keep_observation(id);
        }
        let reason = match stored {
            Some(last) if last.code.is_success() => {
                self.notify(id, last);
                ObservationEnd::Lost
            }
            Some(refusal) => {
                self.discard(&refusal);
                ObservationEnd::Refused(refusal.code)
            }
            None => ObservationEnd::Lost,
        };
        self.end_observation(now, id, Some(reason));
        if outcome == Outcome::Response {
            self.heard(now, registration);
        }
    }

    /// Keeps a notification and tells of it.
    fn notify(&mut self, id: ObservationId, stored: Stored) {
        let Some(observed) = self.observations.get(id.0) else { return self.discard(&stored) };
        let (registration, path) = (observed.registration, observed.path);
        self.counters.notifications = self.counters.notifications.wrapping_add(1);
        if let Some(kept) = self.keep_notified(Notified { registration, path, stored }) {
            self.tell(Event::Notified { id: kept, registration, observation: id });
        }
    }

    /// Keeps what a client notified or sent, so that it can be read; what is oldest makes room.
    pub(super) fn keep_notified(&mut self, notified: Notified) -> Option<NotificationId> {
        while self.notifications.is_full() || self.too_many_ordered() {
            if !self.drop_oldest_notification() {
                break;
            }
        }
        let room = self.notification_order.try_reserve(1).is_ok();
        match self.notifications.insert(notified) {
            Ok(handle) if room => {
                self.notification_order.push_back(handle);
                Some(NotificationId(handle))
            }
            Ok(handle) => {
                self.release_notification(NotificationId(handle));
                None
            }
            Err(notified) => {
                self.discard(&notified.stored);
                None
            }
        }
    }

    /// Released ones leave their place in the order behind, until it is its turn.
    fn too_many_ordered(&self) -> bool {
        let most = usize::try_from(self.config.limits.notifications).unwrap_or(usize::MAX);
        self.notification_order.len() >= most.saturating_mul(2)
    }

    /// Makes room by the oldest notification that nobody released. False if there is none.
    pub(super) fn drop_oldest_notification(&mut self) -> bool {
        while let Some(handle) = self.notification_order.pop_front() {
            if let Some(notified) = self.notifications.remove(handle) {
                self.discard(&notified.stored);
                let dropped = &mut self.counters.notifications_dropped;
                *dropped = dropped.wrapping_add(1);
                return true;
            }
        }
        false
    }

    /// Gives the content of a notification back.
    pub fn release_notification(&mut self, id: NotificationId) {
        if let Some(notified) = self.notifications.remove(id.0) {
            self.discard(&notified.stored);
        }
        while self.notification_order.front().is_some_and(|h| self.notifications.get(*h).is_none())
        {
            self.notification_order.pop_front();
        }
    }

    /// Sets the observations of a client up anew, at the address where it is now.
    pub(super) fn refresh_observations(&mut self, now: Instant, id: RegistrationId) {
        let mut slot = self.registry.get(id).map_or(NONE, |r| r.observations);
        while let Some((handle, observed)) = self.observations.at(slot) {
            slot = observed.next;
            let pending = observed.pending;
            if let Some(operation) = observed.cancelling {
                self.abandon(now, operation, Failure::ObservationEnded);
                continue;
            }
            self.detach(now, ObservationId(handle));
            if pending == 0 {
                self.renew_observation(now, ObservationId(handle));
            }
        }
    }

    /// Sets an observation up anew that has no exchange.
    pub(super) fn renew_observation(&mut self, now: Instant, id: ObservationId) {
        let Some(registration) = self.observations.get(id.0).map(|o| o.registration) else {
            return;
        };
        let wait = self.usual_timeout(self.is_queue_mode(registration));
        let queued = match self.renewal(id) {
            Some(accepted) => self.enqueue(registration, accepted, now + wait).is_ok(),
            None => false,
        };
        if !queued {
            return self.end_observation(now, id, Some(ObservationEnd::Lost));
        }
        if let Some(observed) = self.observations.get_mut(id.0) {
            observed.pending = 1;
        }
        self.keep_observation(id);
        self.mark_ready(registration);
    }

    /// The operation that sets an observation up anew. `None` if there is no memory for it.
    pub(super) fn renewal(&self, id: ObservationId) -> Option<Accepted> {
        let observed = self.observations.get(id.0)?;
        let root = self.registry.get(observed.registration)?.text.root();
        let mut accepted = Accepted::blank(observed.registration, Kind::Refresh(id), observed.path);
        accepted.accept = observed.accept;
        accepted.chosen = true;
        accepted.detail = observed.detail.copy().ok()?;
        if accepted.is_composite() {
            accepted.write_list(core::str::from_utf8(root).unwrap_or("")).ok()?;
        }
        Some(accepted)
    }
}
