//! Access control (TS-0001 clause 11.3, TS-0003 clause 7.1, TS-0004 table 7.4.2-1).

mod names;
mod place;
mod rule;
mod uses;

use super::store::{NONE, Node, Role, Slot};
use super::{Caller, Cse};
use crate::ResourceType;
use crate::json::Raw;
use alloc::string::String;
use m2m_base::Instant;

pub(super) use names::Guesses;
pub use place::{CountryCode, Position, Surroundings};
pub(crate) use rule::{Policy, check};

use rule::{Context, Criterion, Object, Rule};

/// CREATE, RETRIEVE, UPDATE, DELETE, NOTIFY, DISCOVERY.
pub(crate) const ALL: u8 = 63;
/// Bits of single operations.
pub(crate) const CREATE: u8 = 1;
pub(crate) const RETRIEVE: u8 = 2;
pub(crate) const UPDATE: u8 = 4;
pub(crate) const DELETE: u8 = 8;
pub(crate) const NOTIFY: u8 = 16;
pub(crate) const DISCOVERY: u8 = 32;

/// What rules are asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The resource; [`NONE`] if it is gone.
    pub(super) slot: Slot,
    pub(super) resource_type: ResourceType,
    /// The type to create below it, if that is what is asked for.
    pub(super) child: Option<ResourceType>,
}

/// Whether `text` is what `pattern` describes; `*` stands for any characters.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((front, mut rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(front) else { return false };
    while let Some((part, more)) = rest.split_once('*') {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or("");
        rest = more;
    }
    text.ends_with(rest)
}

/// The same for the identifier of an entity: a `*` ends at the next slash (TS-0003 clause 7.1.3).
fn matches_id(pattern: &str, id: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), id.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if matches(pattern, part) => {}
            _ => return false,
        }
    }
}

impl Cse {
    /// What the originator may do on a resource, as bits of accessControlOperations. `child` is
    /// the type of the resource that shall be created under it.
    pub(crate) fn permissions(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        child: Option<ResourceType>,
    ) -> u8 {
        if caller.originator == self.config.admin {
            return ALL;
        }
        let Some(node) = self.store.get(slot) else { return 0 };
        let ty = node.resource_type();
        if ty.is_announced() && self.is_announcer(caller, node) {
            return ALL;
        }
        if ty == ResourceType::PollingChannel {
            // Nobody but the entity that polls (TS-0004 clause 7.4.21.2).
            let own = self.store.id(node.parent) == super::entity_id(caller.originator);
            return if own { ALL } else { 0 };
        }
        if ty.is_instance() {
            // Without policies of its own it has the rights of its parent.
            return self.permissions(caller, node.parent, None);
        }
        let target = Target { slot, resource_type: ty, child };
        if let Role::Policy(policy) = node.role() {
            return self.granted(policy.rules(true), caller, target);
        }
        let policies = self.store.branch(slot).and_then(|branch| branch.policies.as_deref());
        if let Some(policies) = policies {
            return self.granted_by(policies, caller, target);
        }
        if ty == ResourceType::CseBase {
            return self.base_permissions(caller, child);
        }
        self.default_permissions(caller, node)
    }

    /// Whether a resource is there as far as the caller may know. Everything is if nothing is
    /// concealed.
    pub(super) fn sees(&self, caller: &Caller<'_>, slot: Slot) -> bool {
        !self.config.conceal || slot == self.base || self.permissions(caller, slot, None) != 0
    }

    /// Whether the caller may know of a policy: it sees it, is meant by it, or has created it.
    pub(super) fn knows_policy(&self, caller: &Caller<'_>, slot: Slot) -> bool {
        let Some(node) = self.store.get(slot) else { return false };
        let Role::Policy(policy) = node.role() else { return false };
        let named = |rule: &Rule| rule.originators.iter().any(|who| self.is_meant(who, caller));
        self.sees(caller, slot)
            || self.store.owners.text(node.owner) == caller.originator
            || policy.rules(false).iter().chain(policy.rules(true)).any(named)
    }

    /// What policies, given by their numbers, allow on a resource.
    pub(super) fn granted_by(&self, policies: &[u64], caller: &Caller<'_>, target: Target) -> u8 {
        let all = policies.iter().filter_map(|number| self.store.attached(*number));
        all.fold(0, |mask, policy| {
            let Some(Role::Policy(policy)) = self.store.get(policy).map(Node::role) else {
                return mask;
            };
            mask | self.granted(policy.rules(false), caller, target)
        })
    }

    /// Nothing is said about access: all is for who created the resource, or for its custodian
    /// (TS-0001 table 9.6.1.3.2-1).
    fn default_permissions(&self, caller: &Caller<'_>, node: &Node) -> u8 {
        let own = match node.attribute("cstn").and_then(Raw::as_text) {
            Some(custodian) => self.normal_originator(&custodian) == caller.originator,
            None => self.store.owners.text(node.owner) == caller.originator,
        };
        if own { ALL } else { 0 }
    }

    /// What registered AEs and CSEs may do on the CSEBase.
    fn base_permissions(&self, caller: &Caller<'_>, child: Option<ResourceType>) -> u8 {
        let id = caller.originator;
        let registered = self.store.by_id(id.strip_prefix('/').unwrap_or(id));
        let registered = registered.and_then(|slot| self.store.get(slot)).map(Node::resource_type);
        match registered {
            Some(ResourceType::Ae) => {}
            Some(ResourceType::RemoteCse) if id.starts_with('/') => {
                return self.config.base_operations;
            }
            _ => return 0,
        }
        let policies =
            child == Some(ResourceType::AccessControlPolicy) && self.config.base_policies;
        self.config.base_operations | u8::from(policies)
    }

    fn granted(&self, rules: &[Rule], caller: &Caller<'_>, target: Target) -> u8 {
        let mut mask = 0;
        for rule in rules {
            let new = mask | rule.operations != mask;
            if new && self.applies(rule, caller, target).is_some() {
                mask |= rule.operations;
            }
        }
        mask
    }

    /// Whether a rule applies, and if only so by a context with a limit, by which one.
    fn applies(&self, rule: &Rule, caller: &Caller<'_>, target: Target) -> Option<Option<usize>> {
        let meant = (!rule.authenticated || caller.session.authenticated)
            && rule.originators.iter().any(|pattern| self.is_meant(pattern, caller))
            && (rule.details.is_empty() || self.is_detailed(rule, caller, target))
            && rule.attributes.as_ref().is_none_or(|allowed| {
                let named = |touched: &&str| allowed.iter().any(|own| **own == **touched);
                !caller.attributes.is_empty() && caller.attributes.iter().all(named)
            });
        if !meant {
            return None;
        }
        let mut limited = None;
        for (at, context) in rule.contexts.iter().enumerate() {
            match context.uses {
                Some(_) if limited.is_some() => {}
                Some(left) if left == 0 || !caller.direct => {}
                _ if !self.holds(context, caller, target) => {}
                Some(_) => limited = Some(at),
                None => return Some(None),
            }
        }
        if rule.contexts.is_empty() { Some(None) } else { limited.map(Some) }
    }

    fn is_detailed(&self, rule: &Rule, caller: &Caller<'_>, target: Target) -> bool {
        let attribute = |name: &str| match (target.child, caller.given) {
            (Some(_), Some(given)) => given.member(name),
            _ => self.store.get(target.slot)?.attribute(name),
        };
        let object = Object {
            resource_type: u64::from(target.resource_type.number()),
            child: target.child.map(|child| u64::from(child.number())),
            attribute: &attribute,
        };
        rule.details.iter().any(|detail| detail.covers(object))
    }

    /// Whether all of a context is so.
    fn holds(&self, context: &Context, caller: &Caller<'_>, target: Target) -> bool {
        context.admits(caller.wall, caller.session.address)
            && context.region.as_ref().is_none_or(|region| {
                let told = self.surroundings.get(caller.originator);
                let country = caller.session.country.or(told.and_then(|own| own.country));
                let inside = |region: &place::Region| region.has(self.position(caller), country);
                region.as_ref().is_some_and(inside)
            })
            && context.users.as_ref().is_none_or(|users| {
                caller.user.is_some_and(|user| {
                    let told = self.surroundings.get(caller.originator);
                    users.iter().any(|own| **own == *user)
                        && told.is_some_and(|own| own.users.iter().any(|own| own == user))
                })
            })
            && context.criterion.as_ref().is_none_or(|own| self.meets_criterion(own, target.slot))
    }

    fn meets_criterion(&self, criterion: &Criterion, slot: Slot) -> bool {
        if slot == NONE {
            return false;
        }
        let mut text = String::from("{");
        self.write_attributes(slot, &mut text);
        text.push('}');
        Raw::new(&text).member(&criterion.subject).is_some_and(|value| criterion.holds(value))
    }

    /// Where an originator is: where the CSE was told that it is, or where it says itself if that
    /// is worth something (see [`Config::trust_location`](super::Config::trust_location)).
    fn position(&self, caller: &Caller<'_>) -> Option<Position> {
        let told = self.surroundings.get(caller.originator).and_then(|own| own.position);
        if told.is_some() || !self.config.trust_location {
            return told;
        }
        let own = self.store.get(self.store.by_id(super::entity_id(caller.originator))?)?;
        own.attribute("loc").and_then(place::position_of)
    }

    /// Tells where an originator is and for whom it may speak: an AE-ID, or a CSE-ID with its
    /// slash. Replaces what was told before; nothing of it is kept over a restart.
    ///
    /// Rules of access that depend on it (`aclr`, `acui`) do not apply to originators of which
    /// nothing is known (TS-0003 clause 7.1.4).
    pub fn set_surroundings(&mut self, now: Instant, originator: &str, surroundings: Surroundings) {
        self.now = now;
        let originator = self.normal_originator(originator);
        if surroundings == Surroundings::default() {
            self.surroundings.remove(&*originator);
        } else {
            self.surroundings.insert(originator.into(), surroundings);
        }
    }

    /// The originator with its provider in front.
    fn absolute(&self, caller: &Caller<'_>) -> String {
        let id = self.sp_relative(caller.originator);
        if id.starts_with("//") { id } else { alloc::format!("//{}{id}", self.config.sp_id) }
    }

    /// Whether an entry of `acor` means the originator: itself, `all`, a pattern, or a group that
    /// has it as a member.
    fn is_meant(&self, pattern: &str, caller: &Caller<'_>) -> bool {
        if pattern == "all" || pattern == caller.originator {
            return true;
        }
        if pattern.contains('*') {
            return matches_id(pattern, caller.originator)
                || matches_id(pattern, &self.sp_relative(caller.originator))
                || (pattern.starts_with("//") && matches_id(pattern, &self.absolute(caller)));
        }
        if pattern.starts_with('/') && self.normal_originator(pattern) == caller.originator {
            return true;
        }
        // A whole domain of a provider.
        if pattern == self.config.sp_id {
            let absolute = self.absolute(caller);
            let rest = absolute.strip_prefix("//").and_then(|id| id.strip_prefix(pattern));
            return rest.is_some_and(|rest| rest.starts_with('/'));
        }
        let Some(group) = self.local(pattern).and_then(|slot| self.store.get(slot)) else {
            return false;
        };
        group.resource_type() == ResourceType::Group
            && group
                .attribute("mid")
                .into_iter()
                .flat_map(Raw::elements)
                .filter_map(Raw::as_text)
                .any(|member| {
                    self.normal_originator(&member) == caller.originator
                        || self.local(&member).is_some_and(|slot| {
                            self.store.get(slot).is_some_and(|node| {
                                node.resource_type() == ResourceType::Ae
                                    && self.store.id(slot) == caller.originator
                            })
                        })
                })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0004_7_4_2_wildcards() {
        for (pattern, text, yes) in [
            ("C*", "Cae", true),
            ("C*", "Sae", false),
            ("*ae*1", "Cae-01", true),
            ("*ae*1", "Cae-0", false),
            ("*", "", true),
            ("C*e", "Ce", true),
            ("Ce*e", "Ce", false),
        ] {
            assert_eq!(matches(pattern, text), yes, "{pattern} {text}");
        }
    }

    #[test]
    fn ts_0003_7_1_3_wildcards_in_identifiers() {
        for (pattern, id, yes) in [
            ("//m2msp.org/myCSEID", "//m2msp.org/myCSEID", true),
            ("//*/myCSEID", "//m2msp.org/myCSEID", true),
            ("//*/myCSE*", "//m2msp.org/myCSEID", true),
            ("//*/myCSE*", "//m2msp.org/myCSEID/C1", false),
            ("/myCSE*", "/myCSEID", true),
            ("/myCSE*", "/myCSEID/C98", false),
            ("/myCSEID/C98*", "/myCSEID/C9886", true),
            ("/myCSE*/C98*", "/myCSEID/C9886", true),
            ("/*/C98*", "/myCSEID/x/C9886", false),
            ("/SmyAE*", "/SmyAE7", true),
            ("*", "Cae", true),
            ("*", "/cse/Cae", false),
        ] {
            assert_eq!(matches_id(pattern, id), yes, "{pattern} {id}");
        }
    }
}
