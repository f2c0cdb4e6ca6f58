//! Requests of the CSE to other entities: one outcome for each.

use super::Cse;
use super::announce::Announcement;
use super::counters::{Counters, one_more};
use super::hold::Errand;
use super::job::plain;
use super::notify::Delivery;
use super::store::{Node, Role, Slot};
use super::timer::Timer;
use crate::enumeration::Operation;
use crate::json::Raw;
use crate::media::{MediaType, Serialization};
use crate::primitive::{Request, Response, serial};
use crate::{ReleaseVersion, ResourceType, ResponseStatusCode as Status};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::Instant;

/// Names a request that the CSE makes; never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OutgoingId(u64);

impl OutgoingId {
    /// The id as a number.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

/// Who shall get a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// AE-ID or CSE-ID, as this CSE writes it, if it is a registered entity: whoever holds a
    /// session with it may use that. `None` for a plain URI.
    pub entity: Option<String>,
    /// URIs to try, in this order: points of access of the entity, or the one URI. Empty for an
    /// entity that can only be reached over a session of its own.
    pub addresses: Vec<String>,
    /// The serialisation that it wants: the first in attribute `csz` of the entity, or behind
    /// `?ct=` of the URI, that this build has. A session may have agreed on another one.
    pub serialization: Option<Serialization>,
}

impl Target {
    /// A request as it goes to one of the addresses, a URI over HTTP or CoAP with this path, and what
    /// stands in front of the addresses of resources there. A notification of an AE goes to its point
    /// of access itself; a CSE has its resources behind its own.
    #[must_use]
    pub fn addressed<'a>(&self, request: &Request, uri: &str, path: &'a str) -> (Request, &'a str) {
        let mut request = request.clone();
        let own = self.entity.as_deref().is_none_or(|entity| {
            request.to.trim_start_matches('/').rsplit('/').next() == Some(entity)
        });
        if request.operation == Operation::Notify && own {
            request.to = uri.to_owned();
            return (request, "");
        }
        (request, path.trim_end_matches('/'))
    }
}

/// A request of the CSE.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Names it in [`Cse::handle_response`] and [`Cse::outgoing_failed`].
    pub id: OutgoingId,
    /// Who shall get it.
    pub target: Target,
    /// The request, complete.
    pub request: Request,
}

/// How an entity can be reached.
#[derive(Debug)]
pub(super) enum Reach {
    Address(Target),
    /// It polls; its channel and its identifier.
    Channel(Slot, String),
    /// A group of this CSE that collects notifications.
    Group(Slot),
    Nobody,
}

/// What the outcome of an outgoing request is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A request that is tried again as long as it cannot be delivered.
    Errand(Box<Errand>),
    /// A notification of a subscription.
    Notification(Delivery),
    /// A request of this number waits for it.
    Question(u64),
    /// The AE-ID of an AE that registers, at the IN-CSE.
    Stem(u64),
    /// The registration at the registrar, with the request identifier that it gave.
    Registration(crate::ae::OutgoingId, String),
    /// An announced resource at another CSE.
    Announcement(Announcement),
    /// Nobody wants to know.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Pending {
    purpose: Purpose,
    deadline: Instant,
    /// The request, while it waits in a polling channel.
    pub(super) request: Option<Box<Request>>,
}

/// Why there is no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoResponse {
    /// Nobody knows where to send it.
    NoWay,
    /// It did not get to its target.
    Undelivered,
    /// It may have arrived or not.
    Lost,
    Timeout,
}

impl Cse {
    /// The next request to another entity. Its outcome is told by [`Cse::handle_response`] or
    /// [`Cse::outgoing_failed`]; without either it times out by itself
    /// ([`Config::response_timeout`](super::Config::response_timeout)).
    pub fn poll_outgoing(&mut self) -> Option<Outgoing> {
        loop {
            let next = self.outgoing.pop_front()?;
            // One that has its outcome already (it was too late) is not sent any more.
            if self.pending.contains_key(&next.id.0) {
                return Some(next);
            }
        }
    }

    /// Takes the response to an outgoing request. One to a request that is not waiting any more is
    /// passed over.
    pub fn handle_response(&mut self, now: Instant, id: OutgoingId, response: Response) {
        self.now = now;
        self.settle(id.0, Ok(response));
    }

    /// Tells that the transport gave up on an outgoing request, which may have arrived or not. If
    /// it has not for sure, [`Cse::outgoing_undelivered`] says more.
    pub fn outgoing_failed(&mut self, now: Instant, id: OutgoingId) {
        self.now = now;
        self.settle(id.0, Err(NoResponse::Lost));
    }

    /// Tells that an outgoing request did not get to its target: there was no connection. One that
    /// is passed on for somebody else waits and is sent again
    /// ([`Config::hold_blocking`](super::Config::hold_blocking)), with another id.
    pub fn outgoing_undelivered(&mut self, now: Instant, id: OutgoingId) {
        self.now = now;
        self.settle(id.0, Err(NoResponse::Undelivered));
    }

    pub(super) fn outgoing_overdue(&mut self, id: u64) {
        self.settle(id, Err(NoResponse::Timeout));
    }

    pub(super) fn settle(&mut self, id: u64, result: Result<Response, NoResponse>) {
        let Some(pending) = self.pending.remove(&id) else { return };
        self.clear_timer(pending.deadline, Timer::Outgoing(id));
        let Counters { answered, unanswered, .. } = &mut self.counters;
        one_more(if result.is_ok() { answered } else { unanswered });
        match pending.purpose {
            Purpose::Errand(errand) => self.errand_ended(*errand, result),
            Purpose::Notification(delivery) => self.delivered(delivery, &result),
            Purpose::Question(job) => self.answered(job, &result),
            Purpose::Stem(key) => self.claim_answered(key, result),
            Purpose::Registration(id, name) => self.registration_answered(id, name, result),
            Purpose::Announcement(what) => self.announcement_answered(what, result),
            Purpose::Nothing => {}
        }
    }

    /// True as long as another request can be made.
    pub(super) fn can_send(&self) -> bool {
        self.pending.len() < self.config.limits.outgoing
    }

    /// Makes a request. Without a way to its target, or if there are too many already, its outcome
    /// is there at once.
    pub(super) fn send(&mut self, reach: Reach, mut request: Request, purpose: Purpose) {
        let id = self.next_outgoing;
        self.next_outgoing += 1;
        let full = !self.can_send();
        let wait = match reach {
            Reach::Channel(..) => self.config.channel_timeout,
            _ => self.config.response_timeout,
        };
        let limit = match &purpose {
            Purpose::Errand(errand) => Cse::errand_limit(errand),
            _ => None,
        };
        let deadline = self.now + wait;
        let deadline = limit.map_or(deadline, |limit| limit.min(deadline));
        one_more(&mut self.counters.outgoing);
        self.pending.insert(id, Pending { purpose, deadline, request: None });
        request.request_identifier = outgoing_name(id);
        match reach {
            Reach::Address(target) if !full => {
                self.set_timer(deadline, Timer::Outgoing(id));
                self.outgoing.push_back(Outgoing { id: OutgoingId(id), target, request });
            }
            Reach::Channel(slot, _) if !full => {
                self.set_timer(deadline, Timer::Outgoing(id));
                if let Some(pending) = self.pending.get_mut(&id) {
                    pending.request = Some(Box::new(request));
                }
                self.wait_in_channel(slot, id);
            }
            Reach::Group(slot) => {
                let taken = self.collect(slot, &request);
                let status = if taken { Status::Ok } else { Status::BadRequest };
                self.settle(id, Ok(Response::to_request(&request, status)));
            }
            _ => self.settle(id, Err(NoResponse::NoWay)),
        }
    }

    /// How to reach what a URI or the address of an entity's resource means.
    pub(super) fn reach(&self, to: &str) -> Reach {
        if to.contains("://") {
            return Reach::Address(Target {
                entity: None,
                addresses: [plain(to).to_owned()].into(),
                serialization: to.rsplit_once("?ct=").and_then(|(_, name)| wanted(name)),
            });
        }
        let slot = self.local(to).or_else(|| self.store.by_id(&self.normal_originator(to)));
        // What keeps the stem of an AE elsewhere is not the AE.
        let here = |slot: &Slot| {
            self.store.get(*slot).is_some_and(|n| n.resource_type() != ResourceType::AeAnnc)
        };
        let slot = slot.filter(here).or_else(|| self.way_to(to));
        slot.map_or(Reach::Nobody, |slot| self.reach_entity(slot))
    }

    /// How to reach the entity that a resource stands for.
    pub(super) fn reach_entity(&self, slot: Slot) -> Reach {
        let Some(node) = self.store.get(slot) else { return Reach::Nobody };
        if node.resource_type() == ResourceType::Group {
            return Reach::Group(slot);
        }
        if !matches!(node.resource_type(), ResourceType::Ae | ResourceType::RemoteCse) {
            return Reach::Nobody;
        }
        let addresses = node.attribute("poa").into_iter().flat_map(Raw::elements);
        let addresses: Vec<String> =
            addresses.filter_map(|text| Some(text.as_text()?.into_owned())).collect();
        let reachable = node.attribute("rr").and_then(Raw::as_bool) == Some(true);
        if !reachable || addresses.is_empty() {
            let channel = match node.role() {
                Role::Entity(channel) => self.store.attached(*channel),
                _ => None,
            };
            if let Some(channel) = channel {
                return Reach::Channel(channel, self.store.id(slot));
            }
        }
        if !reachable {
            return Reach::Nobody;
        }
        let mut wishes = node.attribute("csz").into_iter().flat_map(Raw::elements);
        let serialization = wishes.find_map(|wish| wanted(&wish.as_text()?));
        Reach::Address(Target { entity: Some(self.store.id(slot)), addresses, serialization })
    }

    /// The release to speak with an entity: the newest that both know.
    pub(super) fn release_for(&self, node: Option<&Node>) -> ReleaseVersion {
        let known = node.and_then(|node| node.attribute("srv"));
        let has = |release: &&ReleaseVersion| {
            known.is_some_and(|list| list.elements().any(|own| own.is_text(release.as_str())))
        };
        self.config.releases.iter().rev().find(has).copied().unwrap_or(ReleaseVersion::R3)
    }
}

impl From<NoResponse> for super::failure::Failure {
    fn from(why: NoResponse) -> Self {
        match why {
            NoResponse::Timeout => Self::new(Status::RequestTimeout, "no response in time"),
            _ => Self::new(Status::TargetNotReachable, "not reachable"),
        }
    }
}

/// The serialisation of that name or media type, if this build has it.
fn wanted(name: &str) -> Option<Serialization> {
    let media = MediaType::from_name(name).map(|media| media.serialization);
    media.or_else(|| Serialization::from_name(name)).filter(|own| serial::has(*own))
}

/// The request identifier of an outgoing request.
pub(super) fn outgoing_name(id: u64) -> String {
    let mut name = String::from("n");
    crate::json::write_u64(&mut name, id);
    name
}
