//! Polling channels (TS-0001 clauses 9.6.21 and 10.2.5, TS-0004 clauses 7.4.21 and 7.4.22): who
//! cannot be reached fetches the requests for it, and answers with notifications.

use super::failure::Failure;
use super::outgoing::{NoResponse, outgoing_name};
use super::request::Outcome;
use super::store::{Node, Role, Slot};
use super::timer::Timer;
use super::{Caller, Cse, RequestId, access};
use crate::json::Raw;
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use m2m_base::{Instant, UnixTime};

/// Requests for who polls.
#[derive(Debug, Default)]
pub(crate) struct Channel {
    /// Outgoing requests that nobody has fetched.
    waiting: VecDeque<u64>,
    /// Those that were fetched, by their request identifiers.
    fetched: BTreeMap<String, u64>,
    /// The request that polls, and until when.
    poll: Option<(RequestId, Box<Request>, Instant)>,
}

impl Cse {
    /// Who may create a polling channel: the entity above it, which has none yet.
    pub(super) fn check_channel(&self, caller: &Caller<'_>, parent: Slot) -> Result<(), Failure> {
        if self.store.id(parent) != super::entity_id(caller.originator) {
            let text = "only the entity itself may have a polling channel";
            return Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
        }
        if self.channel_of(parent).is_some() {
            return Err(Failure::new(Status::Conflict, "there is a polling channel already"));
        }
        Ok(())
    }

    fn channel_of(&self, entity: Slot) -> Option<Slot> {
        match self.store.get(entity)?.role() {
            Role::Entity(channel) => self.store.attached(*channel),
            _ => None,
        }
    }

    /// Makes the entity above a polling channel know it.
    pub(super) fn announce_channel(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        if node.resource_type() != ResourceType::PollingChannel {
            return;
        }
        let (number, parent) = (node.number, node.parent);
        if let Some(branch) = self.store.branch_mut(parent) {
            branch.role = Role::Entity(number);
        }
        let id = self.store.id(parent);
        self.reachable_again(&id);
    }

    fn channel(&mut self, slot: Slot) -> Option<&mut Channel> {
        match &mut self.store.branch_mut(slot)?.role {
            Role::Channel(channel) => Some(channel),
            _ => None,
        }
    }

    /// A request to the virtual resource `pcu`.
    pub(super) fn channel_operation(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        self.admit(caller, slot, access::ALL, None)?;
        match request.operation {
            Operation::Retrieve => Ok(Outcome::Poll(slot)),
            Operation::Notify => {
                let content = request.content.as_ref().and_then(|c| c.raw().member("m2m:rsp"));
                let bad = Failure::bad("parameter pc: not a response");
                let response =
                    content.and_then(|text| Response::from_json(text.as_str().as_bytes()).ok());
                let response = response.ok_or(bad)?;
                let channel = self.channel(slot).ok_or(Failure::NOT_FOUND)?;
                let key = channel.fetched.remove(&response.request_identifier);
                let late = Failure::bad("parameter pc.rqi: no request of this identifier waits");
                Ok(Outcome::Arrived(key.ok_or(late)?, Box::new(response)))
            }
            _ => {
                let text = "operation not allowed on a polling channel URI";
                Err(Failure::new(Status::OperationNotAllowed, text))
            }
        }
    }

    pub(super) fn channel_response(&mut self, key: u64, response: Response) {
        self.settle(key, Ok(response));
    }

    /// An outgoing request waits in a channel.
    pub(super) fn wait_in_channel(&mut self, slot: Slot, id: u64) {
        if let Some(channel) = self.channel(slot) {
            channel.waiting.push_back(id);
        }
        self.serve_poll(slot);
    }

    /// A request waits for what comes through the channel.
    pub(super) fn poll_channel(&mut self, id: RequestId, slot: Slot, request: Request) {
        let limit = request.request_expiration_timestamp.as_ref();
        let until = limit.and_then(|time| time.resolve(UnixTime::from_millis(self.wall())));
        let until = match until {
            Some(time) => self.instant(time.as_millis()),
            None => self.now + self.config.poll_timeout,
        };
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let Some(channel) = self.channel(slot) else { return };
        // Who polls again does not wait for the earlier one any more.
        let earlier = channel.poll.replace((id, Box::new(request), until));
        if let Some((id, request, at)) = earlier {
            self.clear_timer(at, Timer::Poll(number));
            self.fail(id, *request, &NoResponse::Timeout.into());
        }
        self.set_timer(until, Timer::Poll(number));
        self.serve_poll(slot);
    }

    pub(super) fn poll_overdue(&mut self, number: u64) {
        let Some(slot) = self.store.attached(number) else { return };
        let now = self.now;
        let Some(channel) = self.channel(slot) else { return };
        if let Some((id, request, _)) = channel.poll.take_if(|(_, _, at)| *at <= now) {
            self.fail(id, *request, &NoResponse::Timeout.into());
        }
    }

    /// Hands requests to who polls, if both are there.
    fn serve_poll(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let number = node.number;
        let together = node.attribute("rqag").and_then(Raw::as_bool) == Some(true);
        let most = if together { self.config.limits.in_flight } else { 1 };
        if !matches!(node.role(), Role::Channel(channel) if channel.poll.is_some()) {
            return;
        }
        let mut texts: alloc::vec::Vec<String> = alloc::vec::Vec::new();
        while texts.len() < most {
            let Some(id) = self.channel(slot).and_then(|own| own.waiting.pop_front()) else {
                break;
            };
            // One whose time is over is not there any more.
            let pending = self.pending.get_mut(&id);
            let Some(request) = pending.and_then(|own| own.request.take()) else { continue };
            texts.push(String::from_utf8(request.to_json()).unwrap_or_default());
            if let Some(channel) = self.channel(slot) {
                channel.fetched.insert(outgoing_name(id), id);
            }
        }
        if texts.is_empty() {
            return;
        }
        let text = if together {
            alloc::format!("{{\"m2m:agrp\":{{\"m2m:rqp\":[{}]}}}}", texts.join(","))
        } else {
            alloc::format!("{{\"m2m:rqp\":{}}}", texts.concat())
        };
        let Some((id, request, at)) = self.channel(slot).and_then(|own| own.poll.take()) else {
            return;
        };
        self.clear_timer(at, Timer::Poll(number));
        self.prune_fetched(slot);
        self.respond(id, *request, Status::Ok, Some(Content::trusted(text)));
    }

    /// Forgets fetched requests that were given up, once there are more than may wait at all.
    fn prune_fetched(&mut self, slot: Slot) {
        let most = self.config.limits.in_flight;
        let Some(Role::Channel(channel)) = self.store.get(slot).map(Node::role) else { return };
        if channel.fetched.len() <= most {
            return;
        }
        let gone = channel.fetched.iter().filter(|(_, id)| !self.pending.contains_key(id));
        let gone: alloc::vec::Vec<String> = gone.map(|(name, _)| name.clone()).collect();
        if let Some(channel) = self.channel(slot) {
            for name in gone {
                channel.fetched.remove(&name);
            }
        }
    }

    /// A channel goes: nobody will fetch what waits in it.
    pub(super) fn close_channel(&mut self, slot: Slot) {
        let Some(channel) = self.channel(slot) else { return };
        let channel = core::mem::take(channel);
        if let Some((id, request, _)) = channel.poll {
            self.fail(id, *request, &Failure::NOT_FOUND);
        }
        for id in channel.waiting.into_iter().chain(channel.fetched.into_values()) {
            self.settle(id, Err(NoResponse::NoWay));
        }
    }
}
