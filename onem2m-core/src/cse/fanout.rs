//! Fan-out points (TS-0001 clause 9.6.14, TS-0004 clause 7.4.14): a request to all members of a
//! group, and one response made of theirs. Members are asked in steps.

use super::create::only_member;
use super::deferred::Internal;
use super::failure::Failure;
use super::request::{Outcome, operation_bit};
use super::store::{Role, Slot};
use super::timer::Timer;
use super::{Caller, Cse, RequestId, Session};
use crate::json::{write_member_name, write_string, write_u64};
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::{Instant, UnixTime};

/// A request that is fanned out.
#[derive(Debug)]
pub(super) struct FanOut {
    id: RequestId,
    session: Session,
    /// The request as members get it, save the address.
    request: Box<Request>,
    /// Number of the group.
    group: u64,
    /// Addresses of the members that are asked.
    targets: Vec<String>,
    next: usize,
    waiting: usize,
    /// Responses with the positions of their members.
    pub(super) responses: Vec<(usize, String)>,
    bytes: usize,
    deadline: Instant,
    /// How many fan-outs it is part of.
    depth: usize,
}

/// Groups that have groups as members, and so on. What answers goes up as deep as it came down.
pub(super) const DEEPEST: usize = 8;

impl Cse {
    /// A request to a fan-out point: whether it may be, and whom it goes to.
    pub(super) fn fan_out(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
        rest: &str,
    ) -> Result<Outcome, Failure> {
        let granted = self.member_permissions(caller, slot);
        if granted & operation_bit(request) == 0 {
            self.admit(caller, slot, 0, None)?;
        }
        let Some(node) = self.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        let Role::Group(group) = node.role() else { return Err(Failure::NOT_FOUND) };
        if group.members.is_empty() {
            return Err(Failure::new(Status::NoMembers, "the group has no members"));
        }
        if let Some(gid) = request.group_request_identifier.as_deref()
            && self.fanned.contains(&(gid.into(), node.number))
        {
            let text = "the group has this request already";
            return Err(Failure::new(Status::GroupRequestIdentifierExists, text));
        }
        let wanted = &request.group_request_target_members;
        let sub = |member: &str| {
            // A group below this one, if the member is its fan-out point.
            let below = member.strip_suffix("/fopt").and_then(|id| self.local(id));
            let below = below.filter(|slot| self.sees(caller, *slot));
            below.and_then(|slot| match self.store.get(slot)?.role() {
                Role::Group(group) => Some(group),
                _ => None,
            })
        };
        let has = |members: &[Box<str>], id: &String| members.iter().any(|own| **own == **id);
        let in_sub =
            |member: &str, id: &String| sub(member).is_some_and(|group| has(&group.members, id));
        for id in wanted {
            let known = has(&group.members, id) || group.members.iter().any(|m| in_sub(m, id));
            if !known {
                return Err(Failure::bad("parameter grtm: not a member of the group"));
            }
        }
        let number = request.group_somecast_target_number;
        let most = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
        let asked = |member: &str| {
            wanted.is_empty() || wanted.iter().any(|id| *id == *member || in_sub(member, id))
        };
        let targets = group.members.iter().filter(|member| asked(member)).take(most);
        let targets = targets.map(|member| alloc::format!("{member}{rest}")).collect();
        Ok(Outcome::FanOut(node.number, targets))
    }

    /// Begins a fan-out.
    pub(super) fn start_fan_out(
        &mut self,
        id: RequestId,
        session: Session,
        request: Request,
        group: u64,
        targets: Vec<String>,
    ) {
        let above = match self.internal.get(&id) {
            Some(Internal::Member(key, _)) => self.fan_outs.get(key),
            _ => None,
        };
        let depth = above.map_or(0, |above| above.depth + 1);
        if depth > DEEPEST {
            let failure = Failure::bad("groups are nested too deep");
            return self.fail(id, request, &failure);
        }
        let key = self.next_job;
        self.next_job += 1;
        let gid = request.group_request_identifier.clone();
        let gid = gid.unwrap_or_else(|| alloc::format!("{}/{key}", self.config.cse_id));
        self.fanned.insert((gid.as_str().into(), group));
        let wall = UnixTime::from_millis(self.wall());
        let limits = [&request.result_expiration_timestamp, &request.request_expiration_timestamp];
        let limit = limits.into_iter().flatten().filter_map(|time| time.resolve(wall)).min();
        let limit = limit.map(|time| self.instant(time.as_millis()));
        let deadline = limit.unwrap_or(self.now + self.config.response_timeout);
        let mut request = Request {
            group_request_identifier: Some(gid),
            response_type: None,
            group_somecast_target_number: None,
            ..request
        };
        // A group of this CSE that is part of another one leaves the collecting to the first.
        if depth == 0
            && let Some(content) = self.for_aggregation(&request, group)
        {
            request.content = Some(content);
        }
        let fan_out = FanOut {
            id,
            session,
            request: Box::new(request),
            group,
            targets,
            next: 0,
            waiting: 0,
            responses: Vec::new(),
            bytes: 0,
            deadline,
            depth,
        };
        self.fan_outs.insert(key, fan_out);
        self.fanning.push_back(key);
        self.set_timer(deadline, Timer::FanOut(key));
    }

    /// The subscription that members get when its notifications are to be put together by the
    /// group: the group is the target (TS-0004 clause 7.4.14.2.3).
    fn for_aggregation(&self, request: &Request, group: u64) -> Option<Content> {
        let subscribes = request.operation == Operation::Create
            && request.resource_type == Some(ResourceType::Subscription);
        let content = request.content.as_ref().filter(|_| subscribes)?;
        let (member, representation) = only_member(content).ok()?;
        representation.member("nfu")?;
        let mut text = String::from("{");
        write_member_name(&mut text, member);
        text.push('{');
        for (name, value) in representation.members() {
            write_member_name(&mut text, name);
            if name == "nu" {
                text.push_str("[\"");
                self.write_reference_to(group, &mut text);
                text.push_str("\"]");
            } else {
                text.push_str(value.as_str());
            }
        }
        text.push_str("}}");
        Some(Content::trusted(text))
    }

    /// Goes on with the fan-outs, one member of each in turn.
    pub(super) fn fan(&mut self, budget: &mut usize) {
        while *budget > 0 {
            let Some(key) = self.fanning.pop_front() else { return };
            let Some(fan_out) = self.fan_outs.get_mut(&key) else { continue };
            let at = fan_out.next;
            let Some(to) = fan_out.targets.get(at).cloned() else { continue };
            *budget -= 1;
            fan_out.next += 1;
            fan_out.waiting += 1;
            let session = fan_out.session;
            let mut request = (*fan_out.request).clone();
            request.to = to;
            if fan_out.next < fan_out.targets.len() {
                self.fanning.push_back(key);
            }
            let id = self.internal_id(Internal::Member(key, at));
            self.begin(id, session, request, None);
        }
    }

    /// A member has answered.
    pub(super) fn member_answered(&mut self, key: u64, at: usize, response: &Response) {
        let most = self.config.limits.aggregate_bytes;
        let Some(fan_out) = self.fan_outs.get_mut(&key) else { return };
        let mut text = String::from("{\"rsc\":");
        write_u64(&mut text, u64::from(response.status.number()));
        write_member_name(&mut text, "rqi");
        write_string(&mut text, &response.request_identifier);
        if let Some(to) = &response.to {
            write_member_name(&mut text, "to");
            write_string(&mut text, to);
        }
        write_member_name(&mut text, "fr");
        write_string(&mut text, fan_out.targets.get(at).map_or("", String::as_str));
        if let Some(rvi) = response.release_version_indicator {
            write_member_name(&mut text, "rvi");
            write_string(&mut text, rvi.as_str());
        }
        // What would make the whole too large stays away; who wants it asks the member.
        let content = response.content.as_ref();
        let room = most.saturating_sub(fan_out.bytes);
        if let Some(content) = content.filter(|content| content.as_str().len() <= room) {
            write_member_name(&mut text, "pc");
            text.push_str(content.as_str());
            fan_out.bytes += content.as_str().len();
        }
        text.push('}');
        fan_out.waiting = fan_out.waiting.saturating_sub(1);
        fan_out.responses.push((at, text));
        if fan_out.waiting == 0 && fan_out.next >= fan_out.targets.len() {
            self.end_fan_out(key);
        }
    }

    /// Answers with what is there.
    pub(super) fn end_fan_out(&mut self, key: u64) {
        let Some(mut fan_out) = self.fan_outs.remove(&key) else { return };
        self.clear_timer(fan_out.deadline, Timer::FanOut(key));
        let gid = fan_out.request.group_request_identifier.as_deref().unwrap_or("");
        self.fanned.remove(&(gid.into(), fan_out.group));
        if fan_out.responses.is_empty() {
            let failure = Failure::new(Status::GroupMembersNotResponded, "no member has answered");
            return self.fail(fan_out.id, *fan_out.request, &failure);
        }
        fan_out.responses.sort_unstable_by_key(|(at, _)| *at);
        let size = fan_out.responses.iter().map(|(_, text)| text.len() + 1).sum::<usize>();
        let mut text = String::with_capacity(size + 24);
        text.push_str("{\"m2m:agr\":{\"m2m:rsp\":[");
        for (at, (_, response)) in fan_out.responses.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(response);
        }
        text.push_str("]}}");
        let content = Content::trusted(text);
        self.respond(fan_out.id, *fan_out.request, Status::Ok, Some(content));
    }
}
