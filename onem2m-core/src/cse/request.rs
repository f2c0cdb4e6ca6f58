//! From a request to its response (TS-0004 clause 7.2.2.2).

use super::discovery::Walk;
use super::failure::Failure;
use super::group::Group;
use super::job::Ask;
use super::resolve::Place;
use super::store::{Node, Role, Slot};
use super::{Caller, Cse, RequestId, Session, access, notify};
use crate::address::VirtualResource;
use crate::enumeration::{FilterUsage, ResultContent};
use crate::json::write_string;
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ReleaseVersion, ResourceType, ResponseStatusCode as Status};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// How far a request came.
pub(super) enum Outcome {
    Done(Status, Option<Content>),
    /// The resources that the response is about are yet to be found.
    Later(Box<Walk>),
    /// The request is for the entity that a resource stands for.
    Forward(Slot),
    /// The same, with another request in place of the one that came.
    Original(Slot, Box<Request>),
    /// Others have to be asked first.
    Ask(Box<Ask>),
    /// The IN-CSE has to be asked whether an AE may have its AE-ID.
    Claim,
    /// The request waits for what comes through a polling channel.
    Poll(Slot),
    /// The response to an outgoing request has come through a polling channel.
    Arrived(u64, Box<Response>),
    /// The request goes to these members of the group of that number.
    FanOut(u64, Vec<String>),
}

impl Cse {
    pub(super) fn begin(
        &mut self,
        id: RequestId,
        session: Session,
        request: Request,
        confirmed: Option<u64>,
    ) {
        match self.operate(session, &request, confirmed) {
            Ok(Outcome::Done(status, content)) => self.respond(id, request, status, content),
            Ok(Outcome::Later(mut walk)) => {
                let mut budget = self.config.limits.step;
                match self.advance(&mut walk, &mut budget) {
                    Some(content) => self.end_walk(id, request, &walk, content),
                    None => self.walks.push_back((id, request, walk)),
                }
            }
            Ok(Outcome::Forward(slot)) => self.forward(id, slot, request.clone(), request),
            Ok(Outcome::Original(slot, passed)) => self.forward(id, slot, *passed, request),
            Ok(Outcome::Ask(ask)) => self.ask(id, session, request, *ask),
            Ok(Outcome::Claim) => self.claim(id, session, request),
            Ok(Outcome::FanOut(group, targets)) => {
                self.start_fan_out(id, session, request, group, targets);
            }
            Ok(Outcome::Poll(slot)) => self.poll_channel(id, slot, request),
            Ok(Outcome::Arrived(key, response)) => {
                self.respond(id, request, Status::Ok, None);
                self.channel_response(key, *response);
            }
            Err(failure) => self.fail(id, request, &failure),
        }
    }

    /// Passes a request on to the entity that a resource stands for.
    fn forward(&mut self, id: RequestId, slot: Slot, passed: Request, request: Request) {
        let originator = self.normal_originator(request.from.as_deref().unwrap_or(""));
        let passed = Request { from: Some(self.outside(&originator)), ..passed };
        self.relay(id, self.store.id(slot), passed, request);
    }

    pub(super) fn respond(
        &mut self,
        id: RequestId,
        request: Request,
        status: Status,
        content: Option<Content>,
    ) {
        let response = Response {
            content,
            to: request.from,
            from: Some(self.config.cse_id.clone()),
            // Release 1 has no such parameter (TS-0004 table 6.4.2-1).
            release_version_indicator: request
                .release_version_indicator
                .filter(|release| *release != ReleaseVersion::R1),
            ..Response::new(status, request.request_identifier)
        };
        if id.is_internal() {
            self.internal_response(id, response);
        } else {
            self.counters.response(response.status);
            self.responses.push_back((id, response));
        }
    }

    pub(super) fn fail(&mut self, id: RequestId, request: Request, failure: &Failure) {
        let mut text = String::from("{\"m2m:dbg\":");
        write_string(&mut text, &failure.text);
        text.push('}');
        self.respond(id, request, failure.status, Some(Content::trusted(text)));
    }

    pub(super) fn operate(
        &mut self,
        session: Session,
        request: &Request,
        confirmed: Option<u64>,
    ) -> Result<Outcome, Failure> {
        self.check_request(request)?;
        let originator = self.normal_originator(request.from.as_deref().unwrap_or(""));
        let names = selection(request);
        let touched: Vec<&str> = match request.operation {
            Operation::Update => {
                let representation = request.content.as_ref().and_then(|c| c.members().next());
                representation.into_iter().flat_map(|(_, r)| r.members()).map(|m| m.0).collect()
            }
            _ => names.iter().map(String::as_str).collect(),
        };
        let representation = request.content.as_ref().and_then(|c| c.members().next());
        let caller = Caller {
            attributes: &touched,
            confirmed,
            user: request.m2m_service_user.as_deref(),
            given: representation.map(|(_, representation)| representation),
            direct: true,
            ..Caller::of(&originator, session, self.wall(), request.release_version())
        };
        if let Some(hop) = self.next_hop(&request.to, &originator)? {
            return Ok(Outcome::Forward(hop));
        }
        self.check_hosted(request)?;
        let found = self.resolve(&request.to).map_err(|e| Cse::not_resolved(&request.to, e))?;
        let Place { slot, which, rest } = found;
        if confirmed.is_none() && self.is_watched(slot, notify::MONITOR) {
            self.operation_event(slot, operation_bit(request), &originator);
        }
        let due = self.needs_use(&caller, slot, which, request);
        let outcome = self.carry_out(&caller, Place { slot, which, rest }, request, &names)?;
        if let Some(due) = due.filter(|_| !matches!(outcome, Outcome::Ask(_))) {
            self.spend(due);
        }
        Ok(outcome)
    }

    fn carry_out(
        &mut self,
        caller: &Caller<'_>,
        place: Place,
        request: &Request,
        names: &[String],
    ) -> Result<Outcome, Failure> {
        let Place { slot, which, rest } = place;
        use Operation as O;
        match (request.operation, which) {
            (_, Some(VirtualResource::PollingChannelUri)) => {
                self.channel_operation(caller, slot, request)
            }
            (_, Some(VirtualResource::FanOutPoint)) => self.fan_out(caller, slot, request, &rest),
            (O::Create, None) => self.create(caller, slot, request),
            (O::Retrieve, which) => {
                let slot = self.instance(caller, slot, which, access::RETRIEVE)?;
                self.retrieve(caller, slot, request, names)
            }
            (O::Update, None) => self.update(caller, slot, request),
            (O::Delete, which) => {
                let slot = self.instance(caller, slot, which, access::DELETE)?;
                self.delete(caller, slot, request)
            }
            (O::Notify, None) => self.notify_resource(caller, slot, request),
            _ => {
                self.admit(caller, slot, access::UPDATE, None)?;
                let text = "operation not allowed on this resource";
                Err(Failure::new(Status::OperationNotAllowed, text))
            }
        }
    }

    /// A NOTIFY to a resource that is no virtual one.
    fn notify_resource(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        if self.hosts_member(slot, caller.originator) {
            return match self.collect(slot, request) {
                true => Ok(Outcome::Done(Status::Ok, None)),
                false => Err(Failure::bad("parameter pc: not a notification to be forwarded")),
            };
        }
        let is_ae = self.store.get(slot).map(Node::resource_type) == Some(ResourceType::Ae);
        if !(is_ae && self.is_known_cse(caller.originator)) {
            self.admit(caller, slot, access::NOTIFY, None)?;
        }
        if is_ae {
            return Ok(Outcome::Forward(slot));
        }
        let text = "not a target of notifications";
        Err(Failure::new(Status::OperationNotAllowed, text))
    }

    /// The instance that `la` or `ol` stands for; `slot` itself without them. Who has no right on
    /// the container is not told whether it is empty.
    fn instance(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        which: Option<VirtualResource>,
        operation: u8,
    ) -> Result<Slot, Failure> {
        let Some(which) = which else { return Ok(slot) };
        self.admit(caller, slot, operation, None)?;
        let instances = self.store.branch(slot).ok_or(Failure::NOT_FOUND)?.instances;
        let found = match which {
            VirtualResource::Latest => instances.last,
            _ => instances.first,
        };
        if self.store.get(found).is_none() {
            if operation == access::RETRIEVE {
                self.child_event(notify::RETRIEVE_NO_CHILD, slot, slot, caller.originator);
            }
            return Err(Failure::NOT_FOUND);
        }
        Ok(found)
    }

    /// That the caller may do `operation` on a resource. What nobody would tell him about is not
    /// found (see [`Config::conceal`](super::Config::conceal)).
    pub(super) fn admit(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        operation: u8,
        child: Option<ResourceType>,
    ) -> Result<(), Failure> {
        let granted = self.permissions(caller, slot, child);
        if granted & operation != 0 {
            return Ok(());
        }
        if granted == 0 && self.config.conceal && slot != self.base {
            return Err(Failure::NOT_FOUND);
        }
        Err(Failure::new(Status::OriginatorHasNoPrivilege, "originator has no privilege"))
    }

    /// Makes ready what a resource does besides having attributes. To be called when the
    /// attributes have changed.
    pub(super) fn equip(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let number = |name: &str| node.attribute(name).and_then(|value| value.as_u64());
        let (mni, mbs, mia) = (number("mni"), number("mbs"), number("mia"));
        let policies = node.attribute("acpi").map(|list| {
            let ids = list.elements().filter_map(|id| id.as_text());
            ids.filter_map(|id| self.policy(&id)).collect()
        });
        let limits = self.config.limits;
        let Some(branch) = self.store.branch_mut(slot) else { return };
        branch.max_instances = mni.unwrap_or(u64::MAX).min(limits.instances);
        branch.max_bytes = mbs.unwrap_or(u64::MAX).min(limits.instance_bytes);
        branch.max_age =
            mia.and_then(|s| i64::try_from(s).ok()?.checked_mul(1000)).unwrap_or(i64::MAX);
        branch.policies = policies;
        let old = core::mem::replace(&mut branch.role, Role::Plain);
        let Some(node) = self.store.get(slot) else { return };
        let role = match (node.resource_type(), old) {
            (ResourceType::PollingChannel, Role::Channel(old)) => Role::Channel(old),
            (ResourceType::PollingChannel, _) => Role::Channel(Box::default()),
            (ResourceType::Ae | ResourceType::RemoteCse, Role::Entity(channel)) => {
                Role::Entity(channel)
            }

            (ResourceType::AccessControlPolicy | ResourceType::AccessControlPolicyAnnc, _) => {
                Role::Policy(Box::new(access::Policy::read(node)))
            }
            (ResourceType::Subscription, old) => {
                let old = match old {
                    Role::Subscription(old) => Some(*old),
                    _ => None,
                };
                Role::Subscription(Box::new(notify::Subscription::read(node, old, self)))
            }
            (ResourceType::TimeSeries, Role::Series(old)) => Role::Series(old),
            (ResourceType::TimeSeries, _) => Role::Series(Box::new(self.read_series(slot))),
            (ResourceType::Group, old) => {
                let old = match old {
                    Role::Group(old) => Some(*old),
                    _ => None,
                };
                Role::Group(Box::new(Group::read(node, old, self)))
            }
            _ => Role::Plain,
        };
        if let Some(branch) = self.store.branch_mut(slot) {
            branch.role = role;
        }
        if let Some(Role::Policy(policy)) = self.store.get(slot).map(Node::role) {
            self.limited |= policy.is_limited();
        }
        self.enlist(slot);
        self.keep_waiting(slot);
        let ty = self.store.get(slot).map(Node::resource_type);
        match ty {
            Some(ResourceType::RemoteCse) => self.note_remote_cse(slot),
            Some(ResourceType::AccessControlPolicyAnnc) => self.note_announced_policy(slot),
            _ => {}
        }
        self.announce_channel(slot);
        self.apply_schedule(slot, false);
    }

    fn retrieve(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
        names: &[String],
    ) -> Result<Outcome, Failure> {
        let usage = request.filter_criteria.as_ref().and_then(|fc| fc.filter_usage);
        let discovers = usage == Some(FilterUsage::DiscoveryCriteria);
        let operation = if discovers { access::DISCOVERY } else { access::RETRIEVE };
        self.admit(caller, slot, operation, None)?;
        use ResultContent as R;
        match (request.effective_result_content(), discovers) {
            (R::Attributes, false) => {
                self.check_conditions(caller, slot, request)?;
                let content = self.representation(slot, names)?;
                Ok(Outcome::Done(Status::Ok, Some(content)))
            }
            (R::OriginalResource, false) => self.original(slot, request),
            (rcn @ (R::DiscoveryResultReferences | R::ChildResourceReferences), true)
            | (
                rcn @ (R::AttributesAndChildResources
                | R::AttributesAndChildResourceReferences
                | R::ChildResourceReferences
                | R::ChildResources),
                false,
            ) => Walk::new(self, caller, slot, rcn, request)
                .map(|walk| Outcome::Later(Box::new(walk))),
            _ => Err(Failure::bad("parameter rcn: not possible with this operation")),
        }
    }
}

/// The bit of accessControlOperations that a request needs.
pub(super) fn operation_bit(request: &Request) -> u8 {
    let usage = request.filter_criteria.as_ref().and_then(|fc| fc.filter_usage);
    if usage == Some(FilterUsage::DiscoveryCriteria) {
        return access::DISCOVERY;
    }
    u8::try_from(request.operation.permission()).unwrap_or(0)
}

/// Attributes that a RETRIEVE is limited to: list `m2m:atrl` in its content, or the attribute in
/// its address.
fn selection(request: &Request) -> Vec<String> {
    if request.operation != Operation::Retrieve {
        return Vec::new();
    }
    if let Some((_, attribute)) = request.to.split_once('#') {
        return [attribute.into()].into();
    }
    let list = request.content.as_ref().and_then(|content| content.raw().member("m2m:atrl"));
    let names = list.into_iter().flat_map(|list| list.elements());
    names.filter_map(|name| name.as_text()).map(Cow::into_owned).collect()
}
