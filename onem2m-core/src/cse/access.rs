//! Access control (TS-0001 clause 11.3, TS-0003 clause 7.1, TS-0004 table 7.4.2-1).

use super::store::{Node, Role, Slot};
use super::{Caller, Cse};
use crate::ResourceType;
use crate::json::Raw;
use crate::time::Schedule;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;
use m2m_base::UnixTime;

/// CREATE, RETRIEVE, UPDATE, DELETE, NOTIFY, DISCOVERY.
pub(crate) const ALL: u8 = 63;
/// Bits of single operations.
pub(crate) const CREATE: u8 = 1;
pub(crate) const RETRIEVE: u8 = 2;
pub(crate) const UPDATE: u8 = 4;
pub(crate) const DELETE: u8 = 8;
pub(crate) const NOTIFY: u8 = 16;
pub(crate) const DISCOVERY: u8 = 32;

/// The rules of an accessControlPolicy, made ready.
#[derive(Debug)]
pub(crate) struct Policy {
    privileges: Vec<Rule>,
    own: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    originators: Vec<Box<str>>,
    operations: u8,
    /// Any one is enough; none at all is enough too.
    contexts: Vec<Context>,
    /// `acod`: the rule is for these only.
    details: Vec<Detail>,
    authenticated: bool,
    /// `aca`: the rule is for these attributes only.
    attributes: Option<Vec<Box<str>>>,
}

#[derive(Debug)]
struct Context {
    windows: Vec<Box<str>>,
    /// Network and length of its prefix.
    networks: Option<Vec<(IpAddr, u8)>>,
    /// The context asks for something that is not known of an originator: where it is, who its
    /// user is, values of attributes.
    unknown: bool,
}

#[derive(Debug)]
struct Detail {
    resource_type: Option<u64>,
    children: Vec<u64>,
    /// A specialisation, which is not told apart: the rule does not apply.
    specialised: bool,
}

impl Policy {
    /// Reads the attributes of an accessControlPolicy, which were checked.
    pub(crate) fn read(node: &Node) -> Policy {
        let rules = |name: &str| {
            let set = node.attribute(name).and_then(|set| set.member("acr"));
            set.into_iter().flat_map(Raw::elements).map(Rule::read).collect()
        };
        Policy { privileges: rules("pv"), own: rules("pvs") }
    }
}

fn texts(list: Option<Raw<'_>>) -> Vec<Box<str>> {
    let elements = list.into_iter().flat_map(Raw::elements);
    elements.filter_map(Raw::as_text).map(|text| Box::from(text.as_ref())).collect()
}

fn numbers(list: Option<Raw<'_>>) -> Vec<u64> {
    list.into_iter().flat_map(Raw::elements).filter_map(Raw::as_u64).collect()
}

impl Rule {
    fn read(rule: Raw<'_>) -> Rule {
        let operations = rule.member("acop").and_then(Raw::as_u64).unwrap_or(0);
        let each = |name: &str| rule.member(name).into_iter().flat_map(Raw::elements);
        Rule {
            originators: texts(rule.member("acor")),
            operations: u8::try_from(operations & u64::from(ALL)).unwrap_or(0),
            contexts: each("acco").map(Context::read).collect(),
            details: each("acod").map(Detail::read).collect(),
            authenticated: rule.member("acaf").and_then(Raw::as_bool).unwrap_or(false),
            attributes: rule.member("aca").map(|list| texts(Some(list))),
        }
    }
}

impl Context {
    fn read(context: Raw<'_>) -> Context {
        let addresses = context.member("acip").map(|lists| {
            let both = texts(lists.member("ipv4")).into_iter().chain(texts(lists.member("ipv6")));
            both.filter_map(|text| network(&text)).collect()
        });
        let unknown = ["aclr", "acui", "acec", "acl"];
        Context {
            windows: texts(context.member("actw")),
            networks: addresses,
            unknown: context.members().any(|(name, _)| unknown.contains(&name)),
        }
    }

    fn holds(&self, caller: &Caller<'_>) -> bool {
        let window = |text: &str| {
            let now = UnixTime::from_millis(caller.wall);
            Schedule::parse(text).is_ok_and(|schedule| schedule.contains(now))
        };
        let in_network = |networks: &Vec<(IpAddr, u8)>| {
            caller.session.address.is_some_and(|address| {
                networks.iter().any(|(network, length)| within(address, *network, *length))
            })
        };
        !self.unknown
            && (self.windows.is_empty() || self.windows.iter().any(|text| window(text)))
            && self.networks.as_ref().is_none_or(in_network)
    }
}

impl Detail {
    fn read(detail: Raw<'_>) -> Detail {
        Detail {
            resource_type: detail.member("ty").and_then(Raw::as_u64),
            children: numbers(detail.member("chty")),
            specialised: detail.member("spty").is_some(),
        }
    }

    /// `child` is the type to create, if that is what is asked for.
    fn covers(&self, resource_type: u64, child: Option<u64>) -> bool {
        !self.specialised
            && self.resource_type.is_none_or(|own| own == resource_type)
            && child.is_none_or(|child| self.children.contains(&child))
    }
}

/// An address, or a network with the length of its prefix behind a slash.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    Some((address, length.unwrap_or(bits).min(bits)))
}

fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let mapped = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let length = if network.is_ipv4() { u32::from(length) + 96 } else { u32::from(length) };
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    mapped(address) & mask == mapped(network) & mask
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
        if let Role::Policy(policy) = node.role() {
            return self.granted(&policy.own, caller, ty, child);
        }
        let policies = self.store.branch(slot).and_then(|branch| branch.policies.as_deref());
        if let Some(policies) = policies {
            return self.granted_by(policies, caller, ty, child);
        }
        if ty == ResourceType::CseBase {
            return self.base_permissions(caller, child);
        }
        self.default_permissions(caller, node)
    }

    /// What policies, given by their numbers, allow on a resource of type `ty`.
    pub(super) fn granted_by(
        &self,
        policies: &[u64],
        caller: &Caller<'_>,
        ty: ResourceType,
        child: Option<ResourceType>,
    ) -> u8 {
        let all = policies.iter().filter_map(|number| self.store.attached(*number));
        all.fold(0, |mask, policy| {
            let Some(Role::Policy(policy)) = self.store.get(policy).map(Node::role) else {
                return mask;
            };
            mask | self.granted(&policy.privileges, caller, ty, child)
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

    fn granted(
        &self,
        rules: &[Rule],
        caller: &Caller<'_>,
        ty: ResourceType,
        child: Option<ResourceType>,
    ) -> u8 {
        let child = child.map(|child| u64::from(child.number()));
        let mut mask = 0;
        for rule in rules {
            let applies = mask | rule.operations != mask
                && (!rule.authenticated || caller.session.authenticated)
                && rule.originators.iter().any(|pattern| self.is_meant(pattern, caller))
                && (rule.contexts.is_empty() || rule.contexts.iter().any(|c| c.holds(caller)))
                && (rule.details.is_empty()
                    || rule.details.iter().any(|d| d.covers(u64::from(ty.number()), child)))
                && rule.attributes.as_ref().is_none_or(|allowed| {
                    let named = |touched: &&str| allowed.iter().any(|own| **own == **touched);
                    !caller.attributes.is_empty() && caller.attributes.iter().all(named)
                });
            if applies {
                mask |= rule.operations;
            }
        }
        mask
    }

    /// Whether an entry of `acor` means the originator: itself, `all`, a pattern, or a group that
    /// has it as a member.
    fn is_meant(&self, pattern: &str, caller: &Caller<'_>) -> bool {
        if pattern == "all" || pattern == caller.originator {
            return true;
        }
        if pattern.contains('*') {
            return matches(pattern, caller.originator)
                || matches(pattern, &self.sp_relative(caller.originator));
        }
        if pattern.starts_with('/') && self.normal_originator(pattern) == caller.originator {
            return true;
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
    fn networks() {
        let inside = |text: &str, address: &str| {
            let (network, length) = network(text).unwrap();
            within(address.parse().unwrap(), network, length)
        };
        assert!(inside("192.0.2.0/24", "192.0.2.77"));
        assert!(!inside("192.0.2.0/24", "192.0.3.77"));
        assert!(inside("0.0.0.0/0", "1.2.3.4"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
        assert!(inside("2001:db8::/32", "2001:db8:1::9"));
        assert!(!inside("2001:db8::7", "2001:db8::8"));
        assert_eq!(network("nowhere"), None);
    }
}
