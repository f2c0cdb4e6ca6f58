//! What waits for a client: it is sent in this order, one after the other, while the client
//! listens.

use super::core::{Core, Done, Reading};
use super::happened::Kind;
use super::site::{Site, unusable};
use crate::web::{Answer, Call, Problem};
use lwm2m_core::Path;
use lwm2m_core::server::{OperationId, OperationKind, Pending, PendingState, RegistrationId};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// An operation whose outcome is told as an event, because nobody waits for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    /// Its number, which survives a restart.
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) path: Path,
    pub(super) reading: Reading,
}

/// The name of an operation.
pub(super) fn name(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Read => "read",
        OperationKind::Replace => "write",
        OperationKind::Update => "update",
        OperationKind::Execute => "execute",
        OperationKind::Create => "create",
        OperationKind::Delete => "delete",
        OperationKind::Discover => "discover",
        OperationKind::WriteAttributes => "write_attributes",
        OperationKind::Observe => "observe",
        OperationKind::ReadComposite => "read_composite",
        OperationKind::WriteComposite => "write_composite",
        OperationKind::ObserveComposite => "observe_composite",
        OperationKind::CancelObservation => "cancel_observation",
        OperationKind::Renew => "renew",
        OperationKind::Survey => "survey",
        _ => "other",
    }
}

fn pending_json(core: &Core, pending: &Pending<'_>) -> Json {
    json!({
        "number": pending.number().to_string(),
        "operation": name(pending.kind()),
        "paths": pending.paths().map(|path| path.to_string()).collect::<Vec<_>>(),
        "state": match pending.state() {
            PendingState::Held => "waiting",
            PendingState::InFlight => "sent",
            PendingState::Answered => "answered",
        },
        "deadline": pending.deadline().map(|at| core.time_of(at)),
    })
}

impl Core {
    /// Has the outcome of an operation told as an event.
    pub(super) fn queue(&mut self, id: OperationId) -> Option<u64> {
        let pending = self.server().operation(id)?;
        let (number, kind, path) = (pending.number(), pending.kind(), pending.path());
        let reading = match kind {
            OperationKind::Discover => Reading::Links,
            _ => Reading::Values,
        };
        self.queued.insert(id, Queued { number, name: name(kind), path, reading });
        Some(number)
    }

    /// The same for all that waited when the server ended last.
    pub(super) fn take_up(&mut self) {
        let server = self.server();
        let own = |kind| matches!(kind, OperationKind::Renew | OperationKind::Survey);
        let all: Vec<OperationId> = server
            .registrations()
            .flat_map(|registration| server.operations(registration.id()))
            .filter(|pending| !own(pending.kind()))
            .map(|pending| pending.id())
            .collect();
        for id in all {
            self.queue(id);
        }
    }

    /// Tells the outcome of an operation that nobody waits for.
    pub(super) fn settled(&mut self, registration: RegistrationId, queued: Queued, done: Done) {
        self.tell(registration, Kind::Outcome(Box::new((queued, done))));
    }
}

/// `GET /api/clients/{endpoint}/queue`
pub(super) async fn list(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let endpoint = call.parameter("endpoint").to_owned();
    site.attempt(move |core| {
        let id = core.find(&endpoint)?;
        let server = core.server();
        let open = server.operations(id).filter(|one| one.state() != PendingState::Answered);
        let all: Vec<Json> = open.map(|pending| pending_json(core, &pending)).collect();
        let awake = server.awake_until(id).map(|at| core.time_of(at));
        Ok(Answer::json(200, &json!({"queue": all, "awake_until": awake})))
    })
    .await
}

/// `DELETE /api/clients/{endpoint}/queue/{number}`
pub(super) async fn cancel(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let endpoint = call.parameter("endpoint").to_owned();
    let text = call.parameter("number").to_owned();
    site.attempt(move |core| {
        let id = core.find(&endpoint)?;
        let number = text.parse::<u64>().ok();
        let found = core.server().operations(id).find(|one| Some(one.number()) == number);
        let missing = || Problem::missing(format!("nothing in the queue has the number {text}"));
        let found = found.ok_or_else(missing)?.id();
        let now = core.now();
        core.engine().abort(now, found).map_err(unusable)?;
        Ok(Answer::nothing())
    })
    .await
}
