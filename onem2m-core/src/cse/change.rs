//! UPDATE, DELETE, expiration, and what instances do to their container.

use super::counters::one_more;
use super::create::{only_member, put, result_content};
use super::discovery::Walk;
use super::failure::Failure;
use super::group::Overrides;
use super::request::Outcome;
use super::store::{Branch, Flags, Node, Slot};
use super::{Caller, Cse, access, notify};
use crate::attribute::{Change, check};
use crate::enumeration::ResultContent;
use crate::json::{Raw, write_member_name};
use crate::primitive::{Content, Request};
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// An object without one of its members.
fn without(given: Raw<'_>, left_out: &str) -> String {
    let mut text = String::new();
    for (name, value) in given.members().filter(|(name, _)| *name != left_out) {
        put(&mut text, name, value.as_str());
    }
    alloc::format!("{{{text}}}")
}

/// What an update changes of an execInstance, with the status that follows from it.
fn with_status(ty: ResourceType, given: Raw<'_>, overrides: &Overrides) -> Option<String> {
    let (name, value) = overrides.iter().find(|(name, _)| *name == "exs")?;
    if ty != ResourceType::ExecInstance {
        return None;
    }
    let mut text = String::new();
    for (name, value) in given.members() {
        put(&mut text, name, value.as_str());
    }
    put(&mut text, name, value);
    Some(alloc::format!("{{{text}}}"))
}

impl Cse {
    pub(super) fn update(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        let content = request.content.as_ref().ok_or(Failure::bad("parameter pc: missing"))?;
        let read = only_member(content);
        let given = read.as_ref().ok().map(|(_, given)| *given);
        let policies = given.and_then(|given| given.member("acpi"));
        let reports = given.is_some_and(|given| self.may_report(caller, slot, given));
        if policies.is_some() {
            self.admit_policies(caller, slot)?;
        } else if !self.takes_changes(caller, slot) && !reports && !self.keeps_stem(caller, slot) {
            self.admit(caller, slot, access::UPDATE, None)?;
        }
        // What is wrong with the content is for those who may know that there is something to change.
        let (member, given) = read?;
        let ty = self.store.get(slot).map_or(ResourceType::CseBase, Node::resource_type);
        self.may_change_announced(caller, slot)?;
        let shape = self.shape(slot);
        let allowed = shape.is_none_or(|s| s.announced || s.schema.operations[1]);
        if !allowed || slot == self.base {
            let text = "the resource cannot be updated";
            return Err(Failure::new(Status::OperationNotAllowed, text));
        }
        let shape = shape
            .filter(|_| member == self.member_name(slot))
            .ok_or(Failure::bad("parameter pc: not a representation of the resource"))?;
        let limits = &self.config.limits.attributes;
        if self.keeps_stem(caller, slot) {
            // The AE of a stem may be registered elsewhere, and its link with it.
            let rest = without(given, "lnk");
            if given.member("lnk").is_some_and(|link| link.as_text().is_none()) {
                return Err(Failure::bad("attribute lnk: bad value, expected a URI"));
            }
            check(shape, Change::Update, caller.release, Raw::new(&rest), limits)?;
        } else {
            check(shape, Change::Update, caller.release, given, limits)?;
        }
        caller.release.check_content(ty, given)?;
        if let Some(list) = policies.filter(|_| !shape.announced) {
            // TS-0004 clause 7.3.3.9: access rights change on their own or not at all.
            if given.members().count() > 1 {
                return Err(Failure::bad("attribute acpi: must be the only one"));
            }
            self.policies_exist(caller, list)?;
        }
        let expires = match given.member("et") {
            Some(value) => Some(self.expiration_time(value, caller.wall)?),
            None => None,
        };
        let rcn = result_content(request, &[0, 1, 9])?;
        self.check_conditions(caller, slot, request)?;
        let places = self.check_announcement(shape, given, self.store.get(slot))?;
        let before = self.announced_before(slot);
        if let Some(outcome) = self.before_update(caller, slot, member, given)? {
            return Ok(outcome);
        }
        let mut overrides = self.overrides(caller, slot, given)?;
        overrides.extend(places);
        let associated = given.member("acrs").and_then(|_| self.store.get(slot)?.attribute("acrs"));
        let associated = associated.into_iter().flat_map(Raw::elements).filter_map(Raw::as_text);
        let associated: Vec<String> = associated.map(|uri| uri.into_owned()).collect();
        let replaced = |name: &str| overrides.iter().any(|(own, _)| *own == name);
        let mut text = String::new();
        let Some(node) = self.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        for (name, value) in node.attributes().filter(|(name, _)| !replaced(name)) {
            match given.member(name) {
                None => put(&mut text, name, value.as_str()),
                Some(new) if !new.is_null() => put(&mut text, name, new.as_str()),
                Some(_) => {}
            }
        }
        for (name, value) in given.members() {
            let new = !replaced(name) && node.attribute(name).is_none();
            if name != "et" && !value.is_null() && new {
                put(&mut text, name, value.as_str());
            }
        }
        for (name, value) in overrides.iter().filter(|(_, value)| !value.is_empty()) {
            put(&mut text, name, value);
        }
        self.store.set_text(slot, text.into());
        if let Some(node) = self.store.get_mut(slot) {
            node.modified = caller.wall;
            node.state_tag = node.state_tag.wrapping_add(1);
            node.expires = expires.unwrap_or(node.expires);
        }
        self.equip(slot);
        self.rearm(slot);
        self.evict(slot);
        match ty {
            ResourceType::FlexContainer => self.flex_changed(slot, given, caller.originator),
            ResourceType::TimeSeries => self.series_changed(slot, given),
            ResourceType::MgmtCmd => self.command_changed(caller, slot, given),
            _ => {}
        }
        self.announced_changed(slot, given, &before, caller.originator);
        self.keep(slot);
        if !associated.is_empty() {
            self.dissociate(slot, &associated);
        }
        self.tell_original(caller, slot, given);
        match with_status(ty, given, &overrides) {
            Some(all) => self.update_event(slot, Raw::new(&all), caller.originator),
            None => self.update_event(slot, given, caller.originator),
        }
        if ty == ResourceType::Ae {
            // It may have other points of access now.
            let id = self.store.id(slot);
            self.reachable_again(&id);
        }
        let content = match rcn {
            ResultContent::Attributes => Some(self.representation(slot, &[])?),
            ResultContent::ModifiedAttributes => Some(self.modified(slot, given)),
            _ => None,
        };
        Ok(Outcome::Done(Status::Updated, content))
    }

    /// Attributes that follow from those of an update.
    fn overrides(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        given: Raw<'_>,
    ) -> Result<Overrides, Failure> {
        let Some(node) = self.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        let find = |name: &str| match given.member(name) {
            Some(value) => Some(value).filter(|value| !value.is_null()),
            None => node.attribute(name),
        };
        match node.resource_type() {
            ResourceType::Group => self.complete_group(caller, given, &find),
            ResourceType::TimeSeries => {
                let detects = node.attribute("mdd").and_then(Raw::as_bool) == Some(true);
                self.complete_series(Change::Update, given, detects, &find)
            }
            ResourceType::ExecInstance => self.exec_changed(caller, node, given),
            _ => Ok(Overrides::new()),
        }
    }

    /// What the type of a resource demands of an update, and whom it has to wait for.
    fn before_update(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        member: &str,
        given: Raw<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        let Some(node) = self.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        if node.resource_type() == ResourceType::MgmtCmd && super::command::starts(given) {
            self.has_room(slot, ResourceType::ExecInstance)?;
        }
        if node.resource_type() == ResourceType::AccessControlPolicy {
            access::check(given)?;
        }
        if node.resource_type() == ResourceType::Schedule {
            self.check_coordination(node.parent, given)?;
        }
        let mut ask = self.consent(caller, slot, member, given);
        if node.resource_type() == ResourceType::Subscription {
            let find = |name: &str| match given.member(name) {
                Some(value) => Some(value).filter(|value| !value.is_null()),
                None => node.attribute(name),
            };
            self.check_subscription(node.parent, Change::Update, given, &find)?;
            if let Some(uris) = given.member("nu") {
                let known = node.attribute("nu");
                ask = ask.or(self.verification(caller, node.number, uris, known)?);
            }
        }
        Ok(ask.map(|ask| Outcome::Ask(Box::new(ask))))
    }

    /// Whoever changes `acpi` needs UPDATE by the selfPrivileges of the policies that are in it
    /// now (TS-0001 table 9.6.1.3.2-1); without any, as for other attributes.
    fn admit_policies(&self, caller: &Caller<'_>, slot: Slot) -> Result<(), Failure> {
        let policies = self.store.branch(slot).and_then(|branch| branch.policies.as_deref());
        let Some(policies) = policies.filter(|policies| !policies.is_empty()) else {
            return self.admit(caller, slot, access::UPDATE, None);
        };
        let mut known = policies.iter().filter_map(|number| self.store.attached(*number));
        if known.any(|policy| self.permissions(caller, policy, None) & access::UPDATE != 0) {
            return Ok(());
        }
        self.admit(caller, slot, 0, None)
    }

    /// The attributes that an UPDATE changed, with the time of the change.
    pub(super) fn modified(&self, slot: Slot, given: Raw<'_>) -> Content {
        let mut all = String::from("{");
        self.write_attributes(slot, &mut all);
        all.push('}');
        let mut out = String::from("{\"");
        out.push_str(&self.member_name(slot));
        out.push_str("\":{");
        for (name, value) in Raw::new(&all).members() {
            if matches!(name, "lt" | "st") || given.member(name).is_some() {
                write_member_name(&mut out, name);
                out.push_str(value.as_str());
            }
        }
        for (name, value) in given.members().filter(|(_, value)| value.is_null()) {
            write_member_name(&mut out, name);
            out.push_str(value.as_str());
        }
        out.push_str("}}");
        Content::trusted(out)
    }

    pub(super) fn delete(
        &mut self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        self.admit(caller, slot, access::DELETE, None)?;
        if slot == self.base {
            let text = "the CSEBase cannot be deleted";
            return Err(Failure::new(Status::OperationNotAllowed, text));
        }
        self.can_recall(slot)?;
        self.store.get(slot).map_or(Ok(()), super::command::may_be_deleted)?;
        let content = match result_content(request, &[0, 1, 4, 5, 6, 8])? {
            ResultContent::Attributes => {
                self.check_conditions(caller, slot, request)?;
                Some(self.representation(slot, &[])?)
            }
            ResultContent::Nothing => {
                self.check_conditions(caller, slot, request)?;
                None
            }
            children => {
                // What is below is described first, in steps.
                let walk = Walk::new(self, caller, slot, children, request)?;
                return Ok(Outcome::Later(Box::new(walk)));
            }
        };
        self.remove(slot, caller.originator);
        Ok(Outcome::Done(Status::Deleted, content))
    }

    /// Deletes a resource and everything below it, the latter in steps.
    pub(super) fn remove(&mut self, slot: Slot, originator: &str) {
        let Some(node) = self.store.get(slot) else { return };
        let (number, parent) = (node.number, node.parent);
        if node.resource_type() == ResourceType::Subscription {
            self.delist(parent, number);
            self.subscription_ends(slot, None);
        }
        self.withdraw(slot);
        self.release_stem(slot);
        self.child_event(notify::DELETE_CHILD, parent, slot, originator);
        let Some(node) = self.store.get(slot) else { return };
        let instance = node.resource_type().is_instance();
        let is_point = node.resource_type() == ResourceType::TimeSeriesInstance;
        if is_point {
            self.point_goes(parent, slot);
        }
        let newest = self.store.branch(parent).is_some_and(|branch| branch.instances.last == slot);
        self.store.detach(slot);
        self.forget(number);
        if instance && newest {
            // The stateTag of a container follows from its instances, but not from one that is
            // gone.
            self.keep(parent);
        }
        if instance {
            self.rearm(parent);
        }
        self.end_tasks(slot);
        // What is below is not looked at: it has not been in use for long, and would have to come
        // from far.
        if self.store.branch(slot).is_none_or(Branch::is_empty) {
            self.store.free(slot);
        } else {
            self.purges.push_back((slot, originator.into()));
        }
    }

    /// Takes deleted subtrees apart.
    pub(super) fn purge(&mut self, budget: &mut usize) {
        while let Some((root, originator)) = self.purges.pop_front() {
            loop {
                if *budget == 0 || !self.can_purge(root) {
                    self.purges.push_front((root, originator));
                    return;
                }
                *budget -= 1;
                let leaf = self.store.leaf(root);
                if leaf != root {
                    self.leaves(leaf, &originator);
                }
                let number = self.store.free(leaf).map(|node| node.number);
                if leaf == root || number.is_none() {
                    break;
                }
                self.forget(number.unwrap_or(0));
            }
        }
    }

    /// False while a subscription that is next has no room for what it has to say.
    pub(super) fn can_purge(&self, root: Slot) -> bool {
        let leaf = self.store.get(self.store.leaf(root));
        let tells = leaf.is_some_and(|node| {
            node.resource_type() == ResourceType::Subscription || node.flags.has(Flags::ANNOUNCED)
        });
        !tells || self.can_send()
    }

    /// What a resource does when what is above it was deleted.
    fn leaves(&mut self, slot: Slot, originator: &str) {
        if self.store.get(slot).map(Node::resource_type) == Some(ResourceType::Subscription) {
            self.subscription_ends(slot, Some(originator));
        }
        self.withdraw(slot);
        self.end_tasks(slot);
    }

    /// Ends what a resource that goes is busy with.
    fn end_tasks(&mut self, slot: Slot) {
        match self.store.get(slot).map(Node::resource_type) {
            Some(ResourceType::PollingChannel) => self.close_channel(slot),
            Some(ResourceType::Subscription) => self.forget_waiting(slot),
            Some(ResourceType::AccessControlPolicyAnnc) => self.forget_announced_policy(slot),
            Some(ResourceType::Request) => self.forget_deferred(slot),
            Some(ResourceType::Schedule) => self.apply_schedule(slot, true),
            _ => {}
        }
    }

    /// Deletes what has expired or become too old.
    pub(super) fn expire(&mut self, budget: &mut usize) {
        let wall = self.wall();
        while *budget > 0 {
            let Some(slot) = self.store.pop_due(wall) else { return };
            *budget -= 1;
            let Some(node) = self.store.get(slot) else { continue };
            if node.expires != 0 && node.expires <= wall {
                one_more(&mut self.counters.expired);
                self.remove(slot, "");
                continue;
            }
            let oldest = self.store.branch(slot).map(|b| (b.instances.first, b.max_age));
            if let Some((oldest, age)) = oldest
                && let Some(instance) = self.store.get(oldest)
                && instance.created.saturating_add(age) <= wall
            {
                one_more(&mut self.counters.expired);
                self.remove(oldest, "");
            }
            self.rearm(slot);
        }
    }

    /// Sets the deadline of a resource: its expiration, or when its oldest instance is too old.
    pub(super) fn rearm(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let mut at = node.expires;
        if let Some(branch) = node.branch.as_deref()
            && branch.max_age != i64::MAX
            && let Some(oldest) = self.store.get(branch.instances.first)
        {
            let due = oldest.created.saturating_add(branch.max_age);
            at = if at == 0 { due } else { at.min(due) };
        }
        self.store.set_deadline(slot, at);
    }

    /// A new instance: the container's stateTag takes that of the instance, older ones make room.
    pub(super) fn instance_came(&mut self, parent: Slot, slot: Slot) {
        let Some(instance) = self.store.get(slot) else { return };
        let (ty, state_tag) = (instance.resource_type(), instance.state_tag);
        match ty {
            ResourceType::ContentInstance => {
                if let Some(container) = self.store.get_mut(parent) {
                    container.state_tag = state_tag;
                }
            }
            ResourceType::TimeSeriesInstance => self.point_came(parent, slot),
            _ => {}
        }
        self.evict(parent);
        let ages = self.store.branch(parent).is_some_and(|branch| branch.max_age != i64::MAX);
        if ages {
            self.rearm(parent);
        }
    }

    /// Deletes the oldest instances until `mni` and `mbs` hold, in this call at most one step's
    /// worth; what is left goes with the next instances or changes.
    pub(super) fn evict(&mut self, slot: Slot) {
        for _ in 0..self.config.limits.step {
            let Some(branch) = self.store.branch(slot) else { return };
            let fits = u64::from(branch.instances.count) <= branch.max_instances
                && branch.bytes <= branch.max_bytes;
            let oldest = branch.instances.first;
            if fits || self.store.get(oldest).is_none() {
                return;
            }
            self.remove(oldest, "");
        }
    }
}
