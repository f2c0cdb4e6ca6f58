//! Requests that are not blocking (TS-0001 clauses 8.2.2 and 9.6.12, TS-0004 clauses 7.3.2.2 to
//! 7.3.2.5 and 7.4.12), and those whose time has not come.

use super::create::{later, put};
use super::failure::Failure;
use super::store::{Millis, Node, Slot};
use super::timer::Timer;
use super::{Caller, Cse, RequestId, Session, notify};
use crate::attribute::Complex;
use crate::enumeration::{RequestStatus, ResponseType};
use crate::json::{Raw, write_member_name, write_string, write_u64};
use crate::primitive::{Content, Request, Response};
use crate::time::AbsRelTimestamp;
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use m2m_base::UnixTime;

/// A request that is not done.
#[derive(Debug)]
pub(super) struct Deferred {
    session: Session,
    request: Request,
    started: bool,
    /// Where it waits for its target.
    held: Option<u64>,
}

/// What the response to a request of the CSE to itself is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Internal {
    /// The request resource of that number.
    Deferred(u64),
    /// A fan-out, and the position of the member.
    Member(u64, usize),
}

impl Cse {
    /// A request has come from outside.
    pub(super) fn arrive(&mut self, id: RequestId, session: Session, request: Request) {
        let plain = request.response_type.is_none()
            && request.request_expiration_timestamp.is_none()
            && request.result_expiration_timestamp.is_none()
            && request.operation_execution_time.is_none();
        if plain {
            self.begin(id, session, request, None);
            return;
        }
        let here = !self.is_elsewhere(&request.to);
        let checked = self.check_request(&request);
        match checked.and_then(|()| if here { self.check_hosted(&request) } else { Ok(()) }) {
            Ok(()) => self.schedule(id, session, request),
            Err(failure) => self.fail(id, request, &failure),
        }
    }

    fn schedule(&mut self, id: RequestId, session: Session, request: Request) {
        let wall = self.wall();
        let until = self.resolved(request.request_expiration_timestamp.as_ref());
        let kept = self.resolved(request.result_expiration_timestamp.as_ref());
        let over = |time: Option<Millis>| time.is_some_and(|time| time <= wall);
        let fault = match (until, kept) {
            _ if over(until) => Some((Status::RequestTimeout, "parameter rqet: in the past")),
            _ if over(kept) => Some((Status::RequestTimeout, "parameter rset: in the past")),
            // TS-0004 table 6.4.1-1.
            (Some(until), Some(kept)) if kept <= until => {
                Some((Status::BadRequest, "parameter rset: not later than rqet"))
            }
            _ => None,
        };
        if let Some((status, text)) = fault {
            return self.fail(id, request, &Failure::new(status, text));
        }
        if self.deferred.len() + self.late.len() >= self.config.limits.deferred {
            let text = "too many requests that are not done";
            return self.fail(id, request, &Failure::new(Status::InternalServerError, text));
        }
        let when = self.resolved(request.operation_execution_time.as_ref()).unwrap_or(0);
        match request.effective_response_type() {
            ResponseType::NonBlockingRequestSynch | ResponseType::NonBlockingRequestAsynch => {
                self.defer(id, session, request, when);
            }
            ResponseType::FlexBlocking if when > wall => self.defer(id, session, request, when),
            ResponseType::BlockingRequest if when > wall => {
                let key = self.next_job;
                self.next_job += 1;
                self.late.insert(key, (id, session, request));
                self.set_timer(self.instant(when), Timer::Begin(key));
            }
            ResponseType::BlockingRequest | ResponseType::FlexBlocking => {
                self.begin(id, session, request, None);
            }
            _ => {
                let text = "parameter rt.rtv: not supported";
                self.fail(id, request, &Failure::new(Status::NotImplemented, text));
            }
        }
    }

    /// When the result of a request is not wanted any more.
    pub(super) fn limit_of(&self, request: &Request) -> Option<Millis> {
        let limits = [&request.request_expiration_timestamp, &request.result_expiration_timestamp];
        limits.into_iter().filter_map(|time| self.resolved(time.as_ref())).min()
    }

    fn resolved(&self, time: Option<&AbsRelTimestamp>) -> Option<Millis> {
        time?.resolve(UnixTime::from_millis(self.wall())).map(UnixTime::as_millis)
    }

    pub(super) fn begin_late(&mut self, key: u64) {
        let Some((id, session, request)) = self.late.remove(&key) else { return };
        self.begin(id, session, request, None);
    }

    /// Creates the request resource, answers with its address, and begins when it is time.
    fn defer(&mut self, id: RequestId, session: Session, request: Request, when: Millis) {
        let slot = match self.create_request(session, &request) {
            Ok(slot) => slot,
            Err(failure) => return self.fail(id, request, &failure),
        };
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let asynch = request.effective_response_type() == ResponseType::NonBlockingRequestAsynch;
        let status = match asynch {
            true => Status::AcceptedNonBlockingAsynch,
            false => Status::AcceptedNonBlockingSynch,
        };
        let mut content = String::from("{\"m2m:uri\":\"");
        self.store.write_path(slot, &mut content);
        content.push_str("\"}");
        let limit = self.limit_of(&request);
        let deferred = Deferred { session, request: request.clone(), started: false, held: None };
        self.deferred.insert(number, deferred);
        if let Some(limit) = limit {
            self.set_timer(self.instant(limit), Timer::Expire(number));
        }
        self.set_timer(self.instant(when), Timer::Execute(number));
        self.respond(id, request, status, Some(Content::trusted(content)));
    }

    fn create_request(&mut self, session: Session, request: &Request) -> Result<Slot, Failure> {
        let originator = self.normal_originator(request.from.as_deref().unwrap_or(""));
        let known = self.store.by_id(&originator).and_then(|slot| self.store.get(slot));
        let known = known.map(Node::resource_type) == Some(ResourceType::Ae)
            || self.comes_through(&originator);
        if !known && originator != self.config.admin {
            let text = "only registered entities may have requests that are not blocking";
            return Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
        }
        let to = self.resolve(&request.to).ok();
        let caller = Caller::of(&originator, session, self.wall(), request.release_version());
        if to.is_some_and(|to| {
            self.store.get(to.slot).map(Node::resource_type) == Some(ResourceType::Request)
                && self.sees(&caller, to.slot)
        }) {
            return Err(Failure::bad("parameter rt: not possible with a request resource"));
        }
        self.has_room(self.base, ResourceType::Request)?;
        let wall = self.wall();
        let kept = self.resolved(request.result_persistence.as_ref()).filter(|time| *time > wall);
        let begin = self.resolved(request.operation_execution_time.as_ref()).unwrap_or(wall);
        let expires = kept.unwrap_or(later(begin.max(wall), self.config.result_lifetime));
        let number = self.take_number();
        let mut node =
            Node::new(ResourceType::Request, number, attributes(request, &originator).into());
        (node.created, node.modified, node.expires) = (wall, wall, expires);
        node.owner = self.store.owners.take(&originator);
        let base = self.base;
        let Some(slot) = self.store.insert(base, node) else {
            return Err(Failure::new(Status::InternalServerError, "out of memory"));
        };
        self.store.set_deadline(slot, expires);
        self.equip(slot);
        self.keep(slot);
        self.child_event(notify::CREATE_CHILD, base, slot, &originator);
        Ok(slot)
    }

    /// Does what a request resource asks for.
    pub(super) fn execute(&mut self, number: u64) {
        let Some(deferred) = self.deferred.get_mut(&number) else { return };
        deferred.started = true;
        let session = deferred.session;
        let request = Request {
            response_type: None,
            operation_execution_time: None,
            ..deferred.request.clone()
        };
        let id = self.internal_id(Internal::Deferred(number));
        self.begin(id, session, request, None);
    }

    pub(super) fn internal_id(&mut self, purpose: Internal) -> RequestId {
        let id = RequestId(self.next_internal | RequestId::INTERNAL);
        self.next_internal += 1;
        self.internal.insert(id, purpose);
        id
    }

    pub(super) fn internal_response(&mut self, id: RequestId, response: Response) {
        match self.internal.remove(&id) {
            Some(Internal::Deferred(number)) => self.complete(number, response),
            Some(Internal::Member(key, at)) => self.member_answered(key, at, &response),
            None => {}
        }
    }

    /// The time of a request or of its result is over.
    pub(super) fn give_up(&mut self, number: u64) {
        let Some(deferred) = self.deferred.get(&number) else { return };
        let response = Response::to_request(&deferred.request, Status::RequestTimeout);
        self.complete(number, response);
    }

    /// Writes a result into its request resource, and notifies who wants to know.
    fn complete(&mut self, number: u64, response: Response) {
        let Some(deferred) = self.deferred.remove(&number) else { return };
        self.store_result(number, &response);
        if deferred.request.effective_response_type() != ResponseType::NonBlockingRequestAsynch {
            return;
        }
        let request = deferred.request;
        let mut targets = request.response_type.map_or(Vec::new(), |rt| rt.notification_uris);
        if targets.is_empty() {
            targets.extend(request.from);
        }
        targets.truncate(self.config.limits.notification_targets);
        let text = String::from_utf8(response.to_wrapped_json()).unwrap_or_default();
        for target in targets {
            self.tell(&target, text.clone());
        }
    }

    fn store_result(&mut self, number: u64, response: &Response) {
        let Some(slot) = self.store.attached(number) else { return };
        let status = if response.status.is_success() {
            RequestStatus::Completed
        } else {
            RequestStatus::Failed
        };
        let mut result = String::from("{");
        write_member_name(&mut result, "rsc");
        write_u64(&mut result, u64::from(response.status.number()));
        write_member_name(&mut result, "rqi");
        write_string(&mut result, &response.request_identifier);
        for (name, text) in [("to", &response.to), ("fr", &response.from)] {
            if let Some(text) = text {
                write_member_name(&mut result, name);
                write_string(&mut result, text);
            }
        }
        if let Some(content) = &response.content {
            write_member_name(&mut result, "pc");
            result.push_str(content.as_str());
        }
        result.push('}');
        let given = alloc::format!("{{\"rs\":{},\"ors\":{result}}}", status.number());
        let Some(node) = self.store.get(slot) else { return };
        let mut text = String::new();
        for (name, value) in node.attributes().filter(|(name, _)| !matches!(*name, "rs" | "ors")) {
            put(&mut text, name, value.as_str());
        }
        for (name, value) in Raw::new(&given).members() {
            put(&mut text, name, value.as_str());
        }
        self.store.set_text(slot, text.into());
        let wall = self.wall();
        if let Some(node) = self.store.get_mut(slot) {
            node.modified = wall;
        }
        self.keep(slot);
        self.update_event(slot, Raw::new(&given), "");
    }

    /// That a request resource may be deleted: what is under way cannot be called back
    /// (TS-0004 clause 7.4.12.2.4).
    pub(super) fn can_recall(&self, slot: Slot) -> Result<(), Failure> {
        let number = self.store.get(slot).map_or(0, |node| node.number);
        match self.deferred.get(&number) {
            Some(deferred) if deferred.started => {
                Err(Failure::new(Status::UnableToRecallRequest, "the request is under way"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn forget_deferred(&mut self, slot: Slot) {
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let held = self.deferred.remove(&number).and_then(|deferred| deferred.held);
        if let Some(errand) = held.and_then(|key| self.drop_held(key)) {
            self.forget_errand(errand);
        }
    }

    /// The request of a request resource is sent to another entity, or (`held`) waits for it: the
    /// resource says so, so that after a restart it is known what was not sent for sure.
    pub(super) fn note_forwarding(&mut self, id: RequestId, held: Option<u64>) {
        let Some(Internal::Deferred(number)) = self.internal.get(&id).copied() else { return };
        let Some(deferred) = self.deferred.get_mut(&number) else { return };
        (deferred.started, deferred.held) = (held.is_none(), held);
        let persists = deferred.request.result_persistence.is_some();
        let status = if held.is_some() { RequestStatus::Pending } else { RequestStatus::Forwarded };
        let Some(slot) = self.store.attached(number) else { return };
        let Some(node) = self.store.get(slot) else { return };
        let mut text = String::new();
        for (name, value) in node.attributes().filter(|(name, _)| *name != "rs") {
            put(&mut text, name, value.as_str());
        }
        let mut value = String::new();
        write_u64(&mut value, u64::from(status.number()));
        put(&mut text, "rs", &value);
        self.store.set_text(slot, text.into());
        if held.is_some() && !persists {
            // It has to be there when the result comes.
            let span = self.config.hold_accepted;
            let expires = later(later(self.wall(), span), self.config.result_lifetime);
            if let Some(node) = self.store.get_mut(slot) {
                node.expires = node.expires.max(expires);
            }
            self.rearm(slot);
        }
        self.keep(slot);
    }

    /// After a restart: a request that had not begun for sure goes on, another one has failed,
    /// because nobody knows how far it came.
    pub(super) fn resume(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        if node.resource_type() != ResourceType::Request
            || !matches!(node.attribute("rs").and_then(Raw::as_u64), Some(3 | 4))
        {
            return;
        }
        let unsent = node.attribute("rs").and_then(Raw::as_u64) == Some(3);
        let number = node.number;
        let Some(request) = request_of(node) else { return };
        // What is relative counts from when the request came.
        let from = UnixTime::from_millis(node.created);
        let when = request.operation_execution_time.as_ref().and_then(|time| time.resolve(from));
        let limits = [&request.request_expiration_timestamp, &request.result_expiration_timestamp];
        let limits = limits.into_iter().flatten().filter_map(|time| time.resolve(from));
        let limit = limits.map(UnixTime::as_millis).min();
        let wall = self.wall();
        let when = when.map(UnixTime::as_millis).filter(|when| *when > wall);
        // One for another CSE was not sent before its resource says so.
        let passes = unsent && self.is_elsewhere(&request.to);
        match when.or(passes.then_some(wall)) {
            Some(when) => {
                let deferred =
                    Deferred { session: Session::default(), request, started: false, held: None };
                self.deferred.insert(number, deferred);
                if let Some(limit) = limit {
                    self.set_timer(self.instant(limit), Timer::Expire(number));
                }
                self.set_timer(self.instant(when), Timer::Execute(number));
            }
            None => {
                let response = Response::to_request(&request, Status::InternalServerError);
                self.store_result(number, &response);
            }
        }
    }
}

/// The attributes of the resource of a request (TS-0004 table 7.3.2.2-2).
fn attributes(request: &Request, originator: &str) -> String {
    let mut text = String::from("{");
    write_member_name(&mut text, "op");
    write_u64(&mut text, u64::from(request.operation.number()));
    for (name, value) in
        [("tg", &*request.to), ("org", originator), ("rid", &*request.request_identifier)]
    {
        write_member_name(&mut text, name);
        write_string(&mut text, value);
    }
    let information = Complex::all().iter().find(|own| own.name == "m2m:metaInformation");
    let members = information.map_or(&[][..], |own| own.members);
    let mut parameters = request.parameters();
    parameters.retain(|name, _| members.iter().any(|member| member.short == name));
    parameters.entry("rvi").or_insert_with(|| request.release_version().as_str().into());
    write_member_name(&mut text, "mi");
    text.push_str(&serde_json::Value::Object(parameters).to_string());
    if let Some(content) = &request.content {
        write_member_name(&mut text, "pc");
        text.push_str(content.as_str());
    }
    write_member_name(&mut text, "rs");
    write_u64(&mut text, u64::from(RequestStatus::Pending.number()));
    text.remove(0);
    text
}

/// The request that a request resource was made from.
fn request_of(node: &Node) -> Option<Request> {
    let text = |name: &str| node.attribute(name).and_then(Raw::as_text).map(String::from);
    let information = node.attribute("mi")?.as_str();
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(information).ok()?;
    members.insert("op".into(), node.attribute("op")?.as_u64()?.into());
    members.insert("to".into(), text("tg")?.into());
    members.insert("fr".into(), text("org")?.into());
    members.insert("rqi".into(), text("rid")?.into());
    let content = node.attribute("pc");
    let content = content.and_then(|raw| Content::from_json(raw.as_str().as_bytes()).ok());
    Request::from_parameters(members, content).ok()
}
