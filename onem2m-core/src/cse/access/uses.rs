//! Rules that may be used a number of times (accessControlLimit).
//!
//! The limit that a policy shows is what is left of it: it goes down with each request that
//! succeeds and that no rule without a limit allows, and the policy is journalled. A new value
//! starts it again. Such a rule is for requests to the resource itself: it shows nothing to
//! searches and to subscribers.

use super::{Caller, Target, rule};
use crate::address::VirtualResource;
use crate::cse::request::operation_bit;
use crate::cse::store::{Role, Slot};
use crate::cse::{Cse, create::put};
use crate::primitive::Request;
use crate::{Operation, ResourceType};
use alloc::boxed::Box;
use alloc::string::String;

/// The context that a request uses up if it succeeds.
#[derive(Clone, Copy, Debug)]
pub(in crate::cse) struct Use {
    /// Number of the policy.
    policy: u64,
    /// In its selfPrivileges.
    own: bool,
    rule: usize,
    context: usize,
}

impl Cse {
    /// The context with a limit that a request needs, if it needs one.
    pub(in crate::cse) fn needs_use(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        which: Option<VirtualResource>,
        request: &Request,
    ) -> Option<Use> {
        if !self.limited || caller.originator == self.config.admin {
            return None;
        }
        let mut slot = slot;
        let mut node = self.store.get(slot)?;
        if node.resource_type().is_instance() {
            slot = node.parent;
            node = self.store.get(slot)?;
        }
        let resource_type = node.resource_type();
        let referred = || self.store.branch(slot)?.policies.clone();
        let changes_rights = request.operation == Operation::Update
            && caller.given.is_some_and(|given| given.member("acpi").is_some());
        let (own, policies): (bool, Box<[u64]>) = match (which, node.role()) {
            (Some(VirtualResource::PollingChannelUri), _) => return None,
            (Some(VirtualResource::FanOutPoint), Role::Group(group)) => {
                (false, group.policies().map(Box::from).or_else(referred)?)
            }
            (_, Role::Policy(_)) => (true, [node.number].into()),
            _ => (changes_rights, referred()?),
        };
        let operation = operation_bit(request);
        let child = request.resource_type.filter(|_| operation == super::CREATE);
        let target = Target { slot, resource_type, child };
        let target = if changes_rights { Target { child: None, ..target } } else { target };
        let anyway = Caller { direct: false, ..*caller };
        let plain = which != Some(VirtualResource::FanOutPoint) && !changes_rights;
        if plain && self.permissions(&anyway, slot, child) & operation != 0 {
            return None;
        }
        let mut found = None;
        for number in policies {
            let policy = self.store.attached(number);
            let policy = policy.and_then(|at| Some((at, self.store.get(at)?)));
            let Some((at, Role::Policy(policy))) = policy.map(|(at, node)| (at, node.role()))
            else {
                continue;
            };
            let target = match changes_rights {
                true => {
                    let resource_type = ResourceType::AccessControlPolicy;
                    Target { slot: at, resource_type, child: None }
                }
                false => target,
            };
            for (index, rule) in policy.rules(own).iter().enumerate() {
                if rule.operations & operation == 0 {
                    continue;
                }
                match self.applies(rule, caller, target) {
                    Some(None) => return None,
                    Some(Some(context)) if found.is_none() => {
                        found = Some(Use { policy: number, own, rule: index, context });
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Counts a use.
    pub(in crate::cse) fn spend(&mut self, spent: Use) {
        let Use { policy, own, rule, context } = spent;
        let Some(slot) = self.store.attached(policy) else { return };
        let Some(branch) = self.store.branch_mut(slot) else { return };
        let Role::Policy(ready) = &mut branch.role else { return };
        let place = ready.rules_mut(own).get_mut(rule).and_then(|r| r.contexts.get_mut(context));
        let Some(left) = place.and_then(|context| context.uses.as_mut()) else { return };
        *left = left.saturating_sub(1);
        let left = *left;
        let Some(node) = self.store.get(slot) else { return };
        let name = if own { "pvs" } else { "pv" };
        let mut text = String::new();
        for (member, value) in node.attributes() {
            if member == name {
                put(&mut text, member, &rule::with_limit(value, rule, context, left));
            } else {
                put(&mut text, member, value.as_str());
            }
        }
        self.store.set_text(slot, text.into());
        self.keep(slot);
    }
}
