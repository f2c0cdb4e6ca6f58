//! Groups (TS-0001 clause 9.6.13, TS-0004 clause 7.4.13): their members, and the notifications
//! that they put together for their subscribers.

use super::failure::Failure;
use super::outgoing::Reach;
use super::resolve::Place;
use super::store::{Node, Role, Slot};
use super::timer::Timer;
use super::{Caller, Cse, access};
use crate::address::VirtualResource;
use crate::json::{Raw, write_string, write_u64};
use crate::primitive::Request;
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use m2m_base::Instant;

/// Attributes that replace those of a request.
pub(super) type Overrides = Vec<(&'static str, String)>;

/// memberType "mixed".
const MIXED: u64 = 0;
/// Virtual resources as memberTypes, as peers number them.
const OLDEST: u64 = 20_001;
const LATEST: u64 = 20_002;

/// The members of a group, made ready.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) members: Arc<[Box<str>]>,
    /// Numbers of the policies in `macp`; `None` without the attribute.
    policies: Option<Box<[u64]>>,
    /// Notifications by who shall get them together.
    collected: BTreeMap<Box<str>, Collected>,
}

#[derive(Debug)]
struct Collected {
    notifications: Vec<Box<str>>,
    due: Instant,
}

impl Group {
    /// Numbers of the policies in `macp`, if it is there.
    pub(super) fn policies(&self) -> Option<&[u64]> {
        self.policies.as_deref()
    }

    /// Reads the attributes of a group, which were checked. What the `old` one has collected stays.
    pub(super) fn read(node: &Node, old: Option<Group>, cse: &Cse) -> Group {
        let list = |name: &str| node.attribute(name).into_iter().flat_map(Raw::elements);
        let members = list("mid").filter_map(Raw::as_text).map(|text| Box::from(text.as_ref()));
        let policies = node.attribute("macp").map(|list| {
            let ids = list.elements().filter_map(Raw::as_text);
            let slots = ids.filter_map(|id| cse.local(&id));
            slots.filter_map(|slot| cse.store.get(slot)).map(|node| node.number).collect()
        });
        let collected = old.map(|old| old.collected).unwrap_or_default();
        Group { members: members.collect(), policies, collected }
    }
}

/// What is known about a member.
enum Member {
    /// Resource types that it may count as.
    Types(u64, u64),
    /// It is not here.
    Elsewhere,
    /// There is no such resource, as far as the originator may know.
    Nothing,
}

impl Cse {
    /// Checks the members of a group and puts them in order. `find` gives the attributes of the
    /// group as they will be (TS-0004 clause 7.4.13.2.1).
    pub(super) fn complete_group<'a>(
        &self,
        caller: &Caller<'_>,
        given: Raw<'a>,
        find: &dyn Fn(&str) -> Option<Raw<'a>>,
    ) -> Result<Overrides, Failure> {
        let number = |name: &str| find(name).and_then(Raw::as_u64);
        let most = number("mnm").unwrap_or(0);
        let full = || {
            let text = "attribute mid: more members than mnm allows";
            Failure::new(Status::MaxNumberOfMemberExceeded, text)
        };
        if given.member("mid").is_none() {
            let count = number("cnm").unwrap_or(0);
            return if count > most { Err(full()) } else { Ok(Overrides::new()) };
        }
        let mut wanted = number("mt").unwrap_or(MIXED);
        let strategy = number("csy").unwrap_or(1);
        let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
        let mut validated = true;
        for id in find("mid").into_iter().flat_map(Raw::elements).filter_map(Raw::as_text) {
            let (key, member) = self.member(caller, &id);
            if !seen.insert(key) {
                continue;
            }
            let fits = match member {
                Member::Types(first, second) => wanted == first || wanted == second,
                Member::Elsewhere => {
                    validated = false;
                    true
                }
                Member::Nothing => false,
            };
            match (wanted == MIXED || fits, strategy) {
                (true, _) => kept.push(id),
                (false, 2) => {
                    let text = "attribute mid: a member is not of the type of the group";
                    return Err(Failure::new(Status::GroupMemberTypeInconsistent, text));
                }
                (false, 3) => {
                    wanted = MIXED;
                    kept.push(id);
                }
                (false, _) => {}
            }
        }
        if u64::try_from(kept.len()).unwrap_or(u64::MAX) > most {
            return Err(full());
        }
        let mut ids = String::from("[");
        for (at, id) in kept.iter().enumerate() {
            if at > 0 {
                ids.push(',');
            }
            write_string(&mut ids, id);
        }
        ids.push(']');
        let text = |number: u64| {
            let mut text = String::new();
            write_u64(&mut text, number);
            text
        };
        let validated = String::from(if validated { "true" } else { "false" });
        let count = u64::try_from(kept.len()).unwrap_or(0);
        let mut overrides: Overrides =
            [("mid", ids), ("mt", text(wanted)), ("cnm", text(count)), ("mtv", validated)].into();
        if find("csy").is_none() {
            overrides.push(("csy", text(1)));
        }
        Ok(overrides)
    }

    /// What makes a member the same as another one, and what it is.
    fn member(&self, caller: &Caller<'_>, id: &str) -> (String, Member) {
        let Ok(Place { slot, which, rest }) = self.resolve(id) else {
            let own = self.config.cse_id.as_str();
            let away = id.starts_with('/') && id.split('/').nth(1) != own.get(1..);
            let member = if away { Member::Elsewhere } else { Member::Nothing };
            return (id.into(), member);
        };
        let rights = access::RETRIEVE | access::DISCOVERY;
        let Some(node) = self.store.get(slot) else { return (id.into(), Member::Nothing) };
        if self.permissions(caller, slot, None) & rights == 0 {
            // That two of its addresses are the same would tell that it is there.
            return (id.into(), Member::Nothing);
        }
        let mut key = self.store.id(slot);
        key.push('/');
        key.push_str(which.map_or("", VirtualResource::name));
        key.push_str(&rest);
        let ty = u64::from(node.type_number());
        let instances = crate::attribute::instance_type(node.resource_type());
        let instances = instances.map_or(ty, |ty| u64::from(ty.number()));
        let member = match which {
            None => Member::Types(ty, ty),
            Some(VirtualResource::Latest) => Member::Types(LATEST, instances),
            Some(VirtualResource::Oldest) => Member::Types(OLDEST, instances),
            Some(VirtualResource::FanOutPoint) => {
                let own = node.attribute("mt").and_then(Raw::as_u64).unwrap_or(MIXED);
                Member::Types(own, own)
            }
            Some(_) => Member::Nothing,
        };
        (key, member)
    }

    pub(super) fn group(&mut self, slot: Slot) -> Option<&mut Group> {
        match &mut self.store.branch_mut(slot)?.role {
            Role::Group(group) => Some(group),
            _ => None,
        }
    }

    /// What the originator may do with the members of a group: what `macp` says, or else the
    /// policies of the group itself (TS-0004 clause 7.4.14.3.2).
    pub(super) fn member_permissions(&self, caller: &Caller<'_>, slot: Slot) -> u8 {
        if caller.originator == self.config.admin {
            return access::ALL;
        }
        match self.store.get(slot).map(Node::role) {
            Some(Role::Group(group)) => match &group.policies {
                Some(policies) => {
                    let resource_type = ResourceType::Group;
                    let target = access::Target { slot, resource_type, child: None };
                    self.granted_by(policies, caller, target)
                }
                None => self.permissions(caller, slot, None),
            },
            _ => 0,
        }
    }

    /// Whether a resource is a group with members on the CSE that an originator is
    /// (TS-0004 clause 7.5.1.2.6).
    pub(super) fn hosts_member(&self, slot: Slot, originator: &str) -> bool {
        let Some(Role::Group(group)) = self.store.get(slot).map(Node::role) else { return false };
        let on_it = |member: &str| {
            let rest = member.strip_prefix(originator);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        originator.starts_with('/')
            && self.is_known_cse(originator)
            && self.members_of(group).any(on_it)
    }

    /// The members of a group and, in place of those that are fan-out points of groups here, of
    /// those groups; as deep as requests are fanned out.
    fn members_of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a str> {
        let mut open = Vec::from([group.members.iter()]);
        let mut steps = self.config.limits.step;
        core::iter::from_fn(move || {
            while let Some(list) = open.last_mut() {
                steps = steps.checked_sub(1)?;
                let Some(member) = list.next() else {
                    open.pop();
                    continue;
                };
                let below = member.strip_suffix("/fopt").and_then(|id| self.local(id));
                match below.and_then(|slot| self.store.get(slot)).map(Node::role) {
                    Some(Role::Group(below)) if open.len() <= super::fanout::DEEPEST => {
                        open.push(below.members.iter());
                    }
                    _ => return Some(&**member),
                }
            }
            None
        })
    }

    /// A member tells the group something for its subscribers. False if it is no such thing.
    pub(super) fn collect(&mut self, slot: Slot, request: &Request) -> bool {
        let Some(content) = &request.content else { return false };
        let raw = content.raw();
        if raw.member("m2m:sgn").is_some_and(|sgn| sgn.member("vrq").is_some()) {
            return true;
        }
        let several = raw.member("m2m:agn").and_then(|agn| agn.member("m2m:sgn"));
        let one = raw.member("m2m:sgn");
        let all = several.into_iter().flat_map(Raw::elements).chain(one);
        for notification in all {
            let Some(uri) = notification.member("nfu").and_then(Raw::as_text) else {
                return false;
            };
            self.collect_one(slot, &uri, notification.as_str());
        }
        true
    }

    fn collect_one(&mut self, slot: Slot, uri: &str, notification: &str) {
        let Some(node) = self.store.get(slot) else { return };
        let group = node.number;
        let nar = node.attribute("nar");
        let number = nar.and_then(|nar| nar.member("num"));
        let number = number.and_then(Raw::as_u64).and_then(|n| usize::try_from(n).ok());
        let members = match node.role() {
            Role::Group(own) if number.is_none() => self.members_of(own).count(),
            _ => 1,
        };
        let number = number.unwrap_or(members).clamp(1, self.config.limits.notifications.max(1));
        let wait = nar.and_then(|nar| super::notify::duration(nar, "dur"));
        let due = self.now + wait.unwrap_or(self.config.batch_duration);
        let most = self.config.limits.notification_targets;
        let Some(own) = self.group(slot) else { return };
        if !own.collected.contains_key(uri) {
            if own.collected.len() >= most {
                return;
            }
            own.collected.insert(uri.into(), Collected { notifications: Vec::new(), due });
            self.set_timer(due, Timer::Aggregate(group));
        }
        let list = self.group(slot).and_then(|own| own.collected.get_mut(uri));
        let Some(list) = list else { return };
        list.notifications.push(notification.into());
        if list.notifications.len() >= number {
            self.send_collected(slot, uri);
        }
    }

    fn send_collected(&mut self, slot: Slot, uri: &str) {
        let Some(list) = self.group(slot).and_then(|own| own.collected.remove(uri)) else { return };
        let mut text = String::from("{\"m2m:agn\":{\"m2m:sgn\":[");
        text.push_str(&list.notifications.join(","));
        text.push_str("]}}");
        // From group to group it could go round in circles.
        if !matches!(self.reach(uri), Reach::Group(_)) {
            self.tell(uri, text);
        }
    }

    /// Sends what has been collected long enough.
    pub(super) fn aggregate_due(&mut self, number: u64) {
        let now = self.now;
        let Some(slot) = self.store.attached(number) else { return };
        let Some(group) = self.group(slot) else { return };
        let due = group.collected.iter().filter(|(_, list)| list.due <= now);
        let due: Vec<Box<str>> = due.map(|(uri, _)| uri.clone()).collect();
        for uri in due {
            self.send_collected(slot, &uri);
        }
    }
}
