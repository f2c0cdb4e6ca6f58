//! What waits for a client, as the application sees it (queue mode, Core 1.2 section 6.5).

use super::Server;
use super::accepted::{Accepted, State};
use super::event::{OperationId, RegistrationId};
use super::operation::{Kind, OperationKind};
use super::registry::NONE;
use crate::path::Path;
use m2m_base::Instant;

/// Where an operation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PendingState {
    /// It waits for its turn, or for the client to wake up.
    Held,
    /// It was sent, and its answer is awaited.
    InFlight,
    /// It was answered; [`Server::response`] has the answer.
    Answered,
}

/// An operation that is not over, or whose answer was not released.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a> {
    id: OperationId,
    operation: &'a Accepted,
    deadline: Option<Instant>,
}

impl<'a> Pending<'a> {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> OperationId {
        self.id
    }

    /// The registration it is for.
    #[must_use]
    pub const fn registration(&self) -> RegistrationId {
        self.operation.registration
    }

    /// Its number, by which an operation that waits is known before and after a restart. Those of
    /// a client grow in the order in which they were asked for.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.operation.number
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        self.operation.kind.shown(self.operation.is_composite())
    }

    /// Does it ask a gateway what is behind it?
    pub(super) fn is_survey(&self) -> bool {
        self.operation.kind == Kind::Survey
    }

    /// What it is about; the root for a composite one.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.operation.path
    }

    /// What it is about: one path, or those of a list.
    pub fn paths(&self) -> impl Iterator<Item = Path> + use<'a> {
        let operation = self.operation;
        let one = Some(operation.path).filter(|p| *p != Path::ROOT);
        one.into_iter().chain(operation.detail.paths())
    }

    /// Its attributes, empty for none.
    #[must_use]
    pub fn attributes(&self) -> &'a str {
        self.operation.detail.attributes()
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> PendingState {
        match self.operation.state {
            State::Held | State::HeldAgain => PendingState::Held,
            State::InFlight(_) => PendingState::InFlight,
            State::Answered(_) => PendingState::Answered,
        }
    }

    /// When it fails unless it is answered; `None` once it is.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}

impl Server {
    fn pending(&self, slot: u32) -> Option<Pending<'_>> {
        let (handle, operation) = self.operations.at(slot)?;
        let deadline = self.operation_deadlines.get(slot);
        Some(Pending { id: OperationId(handle), operation, deadline })
    }

    /// An operation that is not over, or whose answer was not released.
    #[must_use]
    pub fn operation(&self, id: OperationId) -> Option<Pending<'_>> {
        self.operations.get(id.0)?;
        self.pending(id.0.index())
    }

    /// The operations of a client that are not over, in the order in which they are sent.
    pub fn operations(&self, id: RegistrationId) -> impl Iterator<Item = Pending<'_>> {
        let last = self.registry.get(id).map_or(NONE, |r| r.operations);
        let mut slot = self.operations.at(last).map_or(NONE, |(_, o)| o.next);
        core::iter::from_fn(move || {
            let pending = self.pending(slot)?;
            slot = if slot == last { NONE } else { pending.operation.next };
            Some(pending)
        })
    }

    /// How many operations wait or are under way, of all clients.
    #[must_use]
    pub const fn open_operations(&self) -> u32 {
        self.open
    }

    /// Is a client in queue mode? A device behind a gateway is when the gateway is.
    pub(super) fn is_queue_mode(&self, id: RegistrationId) -> bool {
        let carrier = self.registry.carrier(id);
        self.registry.get(carrier).is_some_and(|r| r.binding.queue_mode())
    }

    /// Until when a client in queue mode listens, as far as is known: so long after its last
    /// message ([`super::Config::awake`]); in the past for one that did not answer since. `None`
    /// for a client that always listens, or is none.
    #[must_use]
    pub fn awake_until(&self, id: RegistrationId) -> Option<Instant> {
        let record = self.registry.get(self.registry.carrier(id))?;
        if !record.binding.queue_mode() {
            return None;
        }
        Some(if record.asleep { record.last_heard } else { record.last_heard + self.config.awake })
    }
}
