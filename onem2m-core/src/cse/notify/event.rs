//! What happens to resources, and to which subscriptions it goes.

use super::criteria::Facts;
use crate::cse::access::Target;
use crate::cse::store::{Millis, NONE, Node, Role, Slot};
use crate::cse::{Caller, Cse, Session, access};
use crate::json::{Raw, write_string, write_u64};
use crate::{ReleaseVersion, ResourceType};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Something that happened to a resource with subscriptions.
#[derive(Debug)]
pub(in crate::cse) struct Event {
    /// notificationEventType; 0 for an operation that is monitored.
    pub(super) kind: u32,
    /// Number of the resource that is subscribed to.
    subject: u64,
    /// Number of the last subscription that was looked at.
    cursor: u64,
    /// Number of the last resource that there was: later subscriptions do not see it.
    last: u64,
    /// Number of the resource that it is about.
    about: u64,
    pub(super) child_type: u64,
    /// Representation with all attributes of the resource that it is about.
    whole: Box<str>,
    /// The same with what was modified.
    modified: Box<str>,
    /// Identifier of that resource.
    id: Box<str>,
    /// Attributes that were changed.
    pub(super) names: Vec<Box<str>>,
    pub(super) originator: Box<str>,
    /// Bit of accessControlOperations.
    pub(super) operation: u8,
    pub(super) facts: Facts,
    /// Time of the data point that is missing.
    point: Millis,
    /// Who may see the child that it is about, which may be gone by the time.
    guard: Option<Guard>,
}

/// The access rights of a resource.
#[derive(Debug)]
struct Guard {
    policies: Option<Box<[u64]>>,
    /// Creator or custodian, to whom it belongs without policies.
    owner: Box<str>,
    resource_type: ResourceType,
}

impl Event {
    /// Something about `slot`, for the subscriptions of `subject`.
    fn new(cse: &Cse, kind: u32, subject: Slot, slot: Slot, originator: &str) -> Event {
        let facts = cse.store.get(slot).map_or(Facts::default(), |node| Facts {
            created: node.created,
            modified: node.modified,
            expires: cse.store.expiration(slot),
            state_tag: u64::from(node.state_tag),
            size: node.resource_type().is_instance().then_some(u64::from(node.size)),
        });
        let whole = cse.representation(slot, &[]).map(|content| content.into_string());
        Event {
            kind,
            subject: cse.store.get(subject).map_or(0, |node| node.number),
            cursor: 0,
            last: cse.store.last_number(),
            about: cse.store.get(slot).map_or(0, |node| node.number),
            child_type: u64::from(cse.store.get(slot).map_or(0, Node::type_number)),
            whole: whole.unwrap_or_default().into(),
            modified: "{}".into(),
            id: cse.store.id(slot).into(),
            names: Vec::new(),
            originator: originator.into(),
            operation: 0,
            facts,
            point: 0,
            guard: None,
        }
    }

    /// Member `nev` of a notification of type `content`.
    fn write(&self, content: u32, out: &mut String) {
        out.push_str("\"nev\":{");
        if self.kind == super::MONITOR {
            out.push_str("\"om\":[{\"ops\":");
            write_u64(out, u64::from(self.operation));
            out.push_str(",\"or\":");
            write_string(out, &self.originator);
            out.push_str("}]");
        } else {
            out.push_str("\"net\":");
            write_u64(out, u64::from(self.kind));
        }
        out.push_str(",\"rep\":");
        match content {
            3 => {
                out.push_str("{\"m2m:uri\":");
                write_string(out, &self.id);
                out.push('}');
            }
            2 => out.push_str(&self.modified),
            _ => out.push_str(&self.whole),
        }
        out.push('}');
    }
}

impl Cse {
    /// Something happened to the child `slot` of `parent`.
    pub(in crate::cse) fn child_event(
        &mut self,
        kind: u32,
        parent: Slot,
        slot: Slot,
        originator: &str,
    ) {
        if !self.is_watched(parent, kind) {
            return;
        }
        let mut event = Event::new(self, kind, parent, slot, originator);
        if slot != parent {
            event.guard = self.guard(slot);
        }
        self.raise(event);
    }

    /// The rights of a child that are its own; instances have those of their parent, which every
    /// subscriber may retrieve.
    fn guard(&self, slot: Slot) -> Option<Guard> {
        let node = self.store.get(slot).filter(|node| !node.resource_type().is_instance())?;
        let custodian = node.attribute("cstn").and_then(Raw::as_text);
        let owner = match custodian {
            Some(custodian) => self.normal_originator(&custodian).into(),
            None => self.store.owners.text(node.owner).into(),
        };
        let policies = node.branch.as_deref().and_then(|branch| branch.policies.clone());
        Some(Guard { policies, owner, resource_type: node.resource_type() })
    }

    /// Whether the owner of a subscription may see the child that an event is about.
    fn may_hear(&self, slot: Slot, guard: &Guard) -> bool {
        let owner = self.store.get(slot).map_or("", |node| self.store.owners.text(node.owner));
        if *owner == *guard.owner || owner == self.config.admin {
            return true;
        }
        let session = Session::default();
        let caller = Caller::of(owner, session, self.wall(), ReleaseVersion::R3);
        let target = Target { slot: NONE, resource_type: guard.resource_type, child: None };
        let rights = access::RETRIEVE | access::DISCOVERY;
        guard
            .policies
            .as_ref()
            .is_some_and(|policies| self.granted_by(policies, &caller, target) & rights != 0)
    }

    /// A resource was updated; `given` is what the request said, `modified` what it changed.
    pub(in crate::cse) fn update_event(&mut self, slot: Slot, given: Raw<'_>, originator: &str) {
        if !self.is_watched(slot, super::UPDATE) {
            return;
        }
        let mut event = Event::new(self, super::UPDATE, slot, slot, originator);
        event.modified = self.modified(slot, given).into_string().into();
        event.names = given.members().map(|(name, _)| Box::from(name)).collect();
        self.raise(event);
    }

    /// Somebody wants to do something with a resource.
    pub(in crate::cse) fn operation_event(&mut self, slot: Slot, operation: u8, originator: &str) {
        if self.is_watched(slot, super::MONITOR) {
            let mut event = Event::new(self, super::MONITOR, slot, slot, originator);
            event.operation = operation;
            self.raise(event);
        }
    }

    /// A data point of a time series is missing.
    pub(in crate::cse) fn missing_data_event(&mut self, slot: Slot, point: Millis) {
        let mut event = Event::new(self, super::MISSING_DATA, slot, slot, "");
        event.point = point;
        self.raise(event);
    }

    /// Queues an event. If there are too many already, it is lost.
    fn raise(&mut self, event: Event) {
        if self.events.len() < self.config.limits.events {
            self.events.push_back(event);
        }
    }

    /// Goes on with the events, at most `budget` subscriptions; stops while too many requests wait
    /// for their outcome.
    pub(in crate::cse) fn spread(&mut self, budget: &mut usize) {
        while *budget > 0 && self.can_send() {
            let Some(mut event) = self.events.pop_front() else { return };
            // The subscriptions of a resource that was deleted meanwhile are gone with it.
            let subject = self.store.attached(event.subject);
            let list = subject
                .and_then(|slot| self.store.branch(slot))
                .and_then(|branch| branch.subscribers.as_deref());
            let range = event.cursor + 1..event.last.saturating_add(1).max(event.cursor + 1);
            let next = list.and_then(|list| list.all.range(range).next().copied());
            let Some(number) = next else { continue };
            *budget -= 1;
            if let Some(slot) = self.store.attached(number)
                && number != event.about
            {
                self.offer(slot, &event);
            }
            event.cursor = number;
            self.events.push_front(event);
        }
    }

    /// Notifies a subscription of an event, if it is wanted.
    fn offer(&mut self, slot: Slot, event: &Event) {
        let Some(Role::Subscription(subscription)) = self.store.get(slot).map(Node::role) else {
            return;
        };
        let hears = event.guard.as_ref().is_none_or(|guard| self.may_hear(slot, guard));
        if !hears || !subscription.criteria.accept(event) {
            return;
        }
        let mut text = String::from("{");
        if event.kind == super::MISSING_DATA {
            let (now, most) = (self.now, self.config.limits.notifications);
            let Some(subscription) = self.subscription(slot) else { return };
            if !subscription.count_missing(now, event.point, most, &mut text) {
                return;
            }
        } else {
            event.write(subscription.content, &mut text);
        }
        self.close_notification(slot, Some(&event.originator), &mut text);
        self.notify(slot, &text);
    }

    /// A new subscription wants to hear of what happened before it (attribute `psn`): the creation
    /// of the latest instances, which are what is there of such events.
    pub(in crate::cse) fn notify_prior(&mut self, slot: Slot) {
        let limits = self.config.limits;
        let Some(node) = self.store.get(slot) else { return };
        let Some(prior) = node.attribute("psn").and_then(Raw::as_u64) else { return };
        let Role::Subscription(own) = node.role() else { return };
        if own.criteria.events >> super::CREATE_CHILD & 1 == 0 {
            return;
        }
        let (number, parent) = (node.number, node.parent);
        let most = limits.notifications.min(limits.events.saturating_sub(self.events.len()));
        let most = usize::try_from(prior).unwrap_or(most).min(most);
        let mut at = self.store.branch(parent).map_or(NONE, |branch| branch.instances.last);
        let mut instances = Vec::new();
        while instances.len() < most
            && let Some(instance) = self.store.get(at)
        {
            instances.push(at);
            at = instance.previous;
        }
        for instance in instances.into_iter().rev() {
            let mut event = Event::new(self, super::CREATE_CHILD, parent, instance, "");
            // For this subscription alone.
            (event.cursor, event.last) = (number - 1, number);
            self.raise(event);
        }
    }

    /// Ends a notification with what says where it comes from; `originator` is of the request
    /// that it is about.
    pub(super) fn close_notification(
        &self,
        slot: Slot,
        originator: Option<&str>,
        text: &mut String,
    ) {
        crate::json::write_member_name(text, "sur");
        text.push('"');
        self.write_reference_to(self.store.get(slot).map_or(0, |node| node.number), text);
        text.push('"');
        if let Some(nfu) = self.store.get(slot).and_then(|node| node.attribute("nfu")) {
            crate::json::write_member_name(text, "nfu");
            text.push_str(nfu.as_str());
        }
        let node = self.store.get(slot);
        let attribute = |name: &str| node.and_then(|node| node.attribute(name));
        if attribute("eeno").and_then(Raw::as_bool) == Some(true) {
            let creator = attribute("cr").and_then(Raw::as_text);
            let who = creator.as_deref().or(originator.filter(|text| !text.is_empty()));
            if let Some(who) = who {
                crate::json::write_member_name(text, "cr");
                write_string(text, who);
            }
        }
        text.push('}');
    }

    /// A subscription is about to go: because the resource above it was deleted by somebody, or
    /// alone. The one above is still there to be described.
    pub(in crate::cse) fn subscription_ends(&mut self, slot: Slot, deleted_by: Option<&str>) {
        let Some(node) = self.store.get(slot) else { return };
        let parent = node.parent;
        if let Some(originator) = deleted_by {
            let mut event = Event::new(self, super::DELETE, parent, parent, originator);
            event.operation = access::DELETE;
            if let Some(subscription) = self.subscription(slot) {
                subscription.closing = true;
            }
            self.offer(slot, &event);
        }
        let Some(node) = self.store.get(slot) else { return };
        let associated = node.attribute("acrs").into_iter().flat_map(Raw::elements);
        let told = associated.chain(node.attribute("su")).filter_map(Raw::as_text);
        let told: Vec<String> = told.map(|uri| uri.into_owned()).collect();
        for uri in told {
            self.tell_deletion(slot, &uri);
        }
    }

    /// A subscription does not belong to crossResourceSubscriptions any more, which are told as if
    /// it was deleted (TS-0004 clause 7.4.8.2.3).
    pub(in crate::cse) fn dissociate(&mut self, slot: Slot, old: &[String]) {
        let Some(node) = self.store.get(slot) else { return };
        let left = node.attribute("acrs").into_iter().flat_map(Raw::elements);
        let left: Vec<String> = left.filter_map(Raw::as_text).map(|uri| uri.into_owned()).collect();
        for uri in old.iter().filter(|uri| !left.contains(uri)) {
            self.tell_deletion(slot, uri);
        }
    }

    fn tell_deletion(&mut self, slot: Slot, uri: &str) {
        let mut text = String::from("{\"m2m:sgn\":{\"sud\":true");
        self.close_notification(slot, None, &mut text);
        text.push('}');
        self.tell(uri, text);
    }
}
