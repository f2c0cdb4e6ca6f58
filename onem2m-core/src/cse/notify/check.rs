//! What a subscription must fulfil (TS-0004 clauses 7.4.8.2.1 and 7.4.8.2.3).

use super::{BLOCKING_UPDATE, MISSING_DATA, duration};
use crate::attribute::{AttributeFault, Change, Fault, Schema};
use crate::cse::failure::Failure;
use crate::cse::job::{Ask, Question};
use crate::cse::outgoing::Reach;
use crate::cse::store::{Node, Slot};
use crate::cse::{Caller, Cse, access};
use crate::json::{Raw, write_string};
use crate::{MgmtDefinition, ResourceType, ResponseStatusCode as Status};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// What a notification carries unless the subscription says (TS-0001 table 9.6.8-4).
pub(in crate::cse) const fn default_content(events: u16) -> u32 {
    match events {
        events if events >> 6 & 1 == 1 => 4,
        events if events >> BLOCKING_UPDATE & 1 == 1 => 2,
        events if events >> MISSING_DATA & 1 == 1 => 5,
        _ => 1,
    }
}

/// Which notificationContentTypes an event type allows, as bits.
const fn allowed_content(event: u32) -> u32 {
    match event {
        1 => 1 << 1 | 1 << 2 | 1 << 3,
        6 => 1 << 4,
        7 => 1 << 2,
        8 => 1 << 5,
        _ => 1 << 1 | 1 << 3,
    }
}

fn conflict(name: &str) -> Failure {
    AttributeFault::new(Fault::Conflict, name).into()
}

impl Cse {
    /// Checks a subscription to `parent`; `find` gives its attributes as they will be.
    pub(in crate::cse) fn check_subscription<'a>(
        &self,
        parent: Slot,
        change: Change,
        given: Raw<'_>,
        find: &dyn Fn(&str) -> Option<Raw<'a>>,
    ) -> Result<(), Failure> {
        let Some(above) = self.store.get(parent) else { return Err(Failure::NOT_FOUND) };
        let list = above.branch.as_deref().and_then(|branch| branch.subscribers.as_deref());
        let count = list.map_or(0, |list| list.all.len());
        if change == Change::Create && count >= self.config.limits.subscriptions {
            let text = "too many subscriptions to the resource";
            return Err(Failure::new(Status::InternalServerError, text));
        }
        let enc = find("enc");
        let member = |name: &str| enc.and_then(|enc| enc.member(name));
        let list = |name: &str| member(name).into_iter().flat_map(Raw::elements);
        let types: Vec<u64> = list("net").filter_map(Raw::as_u64).collect();
        // Triggers come from networks that nobody connects to this CSE; 9 and 10 are experimental.
        if types.iter().any(|event| matches!(event, 6 | 9 | 10)) {
            let text = "attribute enc.net: an event type that does not happen here";
            return Err(Failure::new(Status::NotImplemented, text));
        }
        if member("om").is_some() && member("net").is_some() {
            return Err(conflict("enc.om"));
        }
        let series = above.resource_type() == ResourceType::TimeSeries;
        let missing = types.contains(&u64::from(MISSING_DATA));
        if member("md").is_some() != missing || (missing && !series) {
            return Err(conflict("enc.md"));
        }
        let holder = match above.resource_type() {
            ResourceType::MgmtObj => Schema::of_management(MgmtDefinition::Battery),
            other => Schema::of(other),
        };
        for child in list("chty").filter_map(Raw::as_u64) {
            let child = ResourceType::from_number(u32::try_from(child).unwrap_or(u32::MAX));
            let instances = crate::attribute::instance_type(above.resource_type()) == Some(child);
            if !instances && !holder.is_some_and(|holder| holder.allows_child(child)) {
                return Err(conflict("enc.chty"));
            }
        }
        if let Some(nct) = find("nct").and_then(Raw::as_u64) {
            let events = if types.is_empty() { &[1][..] } else { &types };
            let fits = |event: &u64| {
                allowed_content(u32::try_from(*event).unwrap_or(0)) >> (nct & 31) & 1 == 1
            };
            let monitored = member("om").is_some() && matches!(nct, 1 | 3);
            if !monitored && !events.iter().all(fits) {
                return Err(conflict("nct"));
            }
        }
        if let Some(bn) = find("bn") {
            let number = bn.member("num").and_then(Raw::as_u64);
            let time = bn.member("dur").map(|_| duration(bn, "dur"));
            if (number.is_none() && time.is_none()) || number == Some(0) || time == Some(None) {
                return Err(conflict("bn"));
            }
        }
        if let Some(rl) = find("rl")
            && (rl.member("mnn").and_then(Raw::as_u64).is_none_or(|most| most == 0)
                || duration(rl, "tww").is_none_or(|window| window.as_millis() == 0))
        {
            return Err(conflict("rl"));
        }
        let targets = find("nu").map_or(0, |nu| nu.elements().count());
        if targets > self.config.limits.notification_targets {
            return Err(AttributeFault::new(Fault::TooLong, "nu").into());
        }
        if types.contains(&u64::from(BLOCKING_UPDATE)) {
            self.check_blocking(parent, change, given, &types, targets)?;
        }
        Ok(())
    }

    fn check_blocking(
        &self,
        parent: Slot,
        change: Change,
        given: Raw<'_>,
        types: &[u64],
        targets: usize,
    ) -> Result<(), Failure> {
        let enc = given.member("enc");
        if change == Change::Update {
            // The one that is there may be changed in other ways.
            return if enc.is_some() { Err(conflict("enc.net")) } else { Ok(()) };
        }
        let list = self.store.branch(parent).and_then(|branch| branch.subscribers.as_deref());
        if list.is_some_and(|list| list.blocking.is_some()) {
            let text = "there is a subscription for blocking updates already";
            return Err(Failure::new(Status::BlockingSubscriptionAlreadyExists, text));
        }
        let own = ["rn", "et", "lbl", "acpi", "daci", "cr", "cstn", "enc", "nu", "nct"];
        if let Some((name, _)) = given.members().find(|(name, _)| !own.contains(name)) {
            return Err(conflict(name));
        }
        let others = enc.into_iter().flat_map(Raw::members);
        if types.len() != 1 || others.into_iter().any(|(name, _)| !matches!(name, "net" | "atr")) {
            return Err(conflict("enc"));
        }
        let uri = given.member("nu").and_then(|nu| nu.elements().next()).and_then(Raw::as_text);
        if targets != 1 || uri.is_some_and(|uri| uri.contains("://")) {
            return Err(conflict("nu"));
        }
        Ok(())
    }

    /// The targets that have to be asked whether they want notifications: those that are not the
    /// originator itself and not `known` yet (TS-0004 clause 7.5.1.2.3).
    pub(in crate::cse) fn verification(
        &self,
        caller: &Caller<'_>,
        number: u64,
        uris: Raw<'_>,
        known: Option<Raw<'_>>,
    ) -> Result<Option<Ask>, Failure> {
        if !self.config.verify_subscriptions || caller.confirmed.is_some() {
            return Ok(None);
        }
        let mut questions = Vec::new();
        for uri in uris.elements().filter_map(Raw::as_text) {
            let old = known.is_some_and(|known| known.elements().any(|own| own.is_text(&uri)));
            if old || self.is_entity(&uri, caller.originator) {
                continue;
            }
            let slot = if uri.contains("://") { None } else { self.local(&uri) };
            let allowed = |slot: Slot| self.permissions(caller, slot, None) & access::NOTIFY != 0;
            let there = !matches!(self.reach(&uri), Reach::Nobody);
            if !there || slot.is_some_and(|slot| !allowed(slot)) {
                let text = alloc::format!("attribute nu: {uri} cannot be notified");
                let status = Status::SubscriptionVerificationInitiationFailed;
                return Err(Failure { status, text: Cow::Owned(text) });
            }
            let mut content = String::from("{\"m2m:sgn\":{\"vrq\":true,\"sur\":\"");
            self.write_reference_to(number, &mut content);
            content.push_str("\",\"cr\":");
            write_string(&mut content, caller.originator);
            content.push_str("}}");
            questions.push(Question { to: uri.into_owned(), content });
        }
        let failure = Status::SubscriptionVerificationInitiationFailed;
        Ok((!questions.is_empty()).then_some(Ask { questions, failure, number }))
    }

    /// Whether an address means an entity.
    pub(in crate::cse) fn is_entity(&self, uri: &str, entity: &str) -> bool {
        uri == entity
            || self.normal_originator(uri) == entity
            || self.local(uri).is_some_and(|slot| {
                self.store.get(slot).map(Node::resource_type) == Some(ResourceType::Ae)
                    && self.store.id(slot) == entity
            })
    }

    /// The question that an update has to wait for, if a subscription wants it to (event type 7).
    pub(in crate::cse) fn consent(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        member: &str,
        given: Raw<'_>,
    ) -> Option<Ask> {
        let list = self.store.branch(slot)?.subscribers.as_deref()?;
        let number = list.blocking.filter(|_| caller.confirmed.is_none())?;
        let node = self.store.attached(number).and_then(|slot| self.store.get(slot))?;
        let crate::cse::store::Role::Subscription(subscription) = node.role() else { return None };
        let target = subscription.targets.first()?;
        let concerned = subscription.criteria.concerns(given.members().map(|(name, _)| name));
        if !concerned || self.is_entity(&target.uri, caller.originator) {
            return None;
        }
        let mut content = String::from("{\"m2m:sgn\":{\"nev\":{\"net\":7,\"rep\":{\"");
        content.push_str(member);
        content.push_str("\":");
        content.push_str(given.as_str());
        content.push_str("}},\"sur\":\"");
        self.write_reference_to(number, &mut content);
        content.push_str("\"}}");
        let question = Question { to: String::from(&*target.uri), content };
        let failure = Status::OperationDeniedByRemoteEntity;
        Some(Ask { questions: [question].into(), failure, number: 0 })
    }

    /// Writes the SP-relative address of the resource that has a number, or will have.
    pub(in crate::cse) fn write_reference_to(&self, number: u64, out: &mut String) {
        out.push_str(&self.config.cse_id);
        out.push('/');
        crate::cse::store::write_number_id(number, out);
    }
}
