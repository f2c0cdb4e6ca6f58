//! The rules of accessControlPolicies, made ready (TS-0003 clause 7.1.3).

use super::place::Region;
use crate::cse::failure::Failure;
use crate::cse::store::Node;
use crate::json::{Raw, write_member_name, write_u64};
use crate::time::Schedule;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::net::IpAddr;
use m2m_base::UnixTime;

/// The rules of an accessControlPolicy.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Attribute `pv`: rights on what refers to the policy.
    pub(super) privileges: Vec<Rule>,
    /// Attribute `pvs`: rights on the policy itself.
    pub(super) own: Vec<Rule>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) originators: Vec<Box<str>>,
    pub(super) operations: u8,
    /// Any one is enough; none at all is enough too.
    pub(super) contexts: Vec<Context>,
    /// `acod`: the rule is for these only.
    pub(super) details: Vec<Detail>,
    pub(super) authenticated: bool,
    /// `aca`: the rule is for these attributes only.
    pub(super) attributes: Option<Vec<Box<str>>>,
}

/// What has to be so beyond originator and operation; everything in it at the same time.
#[derive(Debug)]
pub(super) struct Context {
    windows: Vec<Box<str>>,
    /// Network and length of its prefix.
    networks: Option<Vec<(IpAddr, u8)>>,
    /// Inner `None`: a region that nobody is in.
    pub(super) region: Option<Option<Region>>,
    /// `acui`.
    pub(super) users: Option<Vec<Box<str>>>,
    /// `acec`.
    pub(super) criterion: Option<Criterion>,
    /// `acl`: how often it may still be used.
    pub(super) uses: Option<u64>,
}

/// What an attribute of the target has to be (m2m:evalCriteria).
#[derive(Debug)]
pub(super) struct Criterion {
    pub(super) subject: Box<str>,
    operator: u64,
    /// As JSON.
    threshold: Box<str>,
}

#[derive(Debug)]
pub(super) struct Detail {
    resource_type: Option<u64>,
    children: Vec<u64>,
    /// Name and value of the attribute that tells the specialisation.
    specialisation: Option<(&'static str, Box<str>)>,
}

/// What a request is about, for object details.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    /// Type of the target.
    pub(super) resource_type: u64,
    /// The type to create, if that is what is asked for.
    pub(super) child: Option<u64>,
    /// What tells the specialisation: what is to be created, or else the target.
    pub(super) attribute: &'a dyn Fn(&str) -> Option<Raw<'a>>,
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

    /// Whether a context of it has a limit.
    pub(crate) fn is_limited(&self) -> bool {
        let all = self.privileges.iter().chain(&self.own);
        all.flat_map(|rule| &rule.contexts).any(|context| context.uses.is_some())
    }

    /// The rules for the policy itself, or for what refers to it.
    pub(super) fn rules(&self, own: bool) -> &[Rule] {
        if own { &self.own } else { &self.privileges }
    }

    pub(super) fn rules_mut(&mut self, own: bool) -> &mut [Rule] {
        if own { &mut self.own } else { &mut self.privileges }
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
            operations: u8::try_from(operations & u64::from(super::ALL)).unwrap_or(0),
            contexts: each("acco").map(Context::read).collect(),
            details: each("acod").map(Detail::read).collect(),
            authenticated: rule.member("acaf").and_then(Raw::as_bool).unwrap_or(false),
            attributes: rule.member("aca").map(|list| texts(Some(list))),
        }
    }
}

/// The addresses of an accessControlIpAddresses as texts.
fn addresses(lists: Raw<'_>) -> impl Iterator<Item = Box<str>> {
    texts(lists.member("ipv4")).into_iter().chain(texts(lists.member("ipv6")))
}

impl Context {
    fn read(context: Raw<'_>) -> Context {
        let networks = context.member("acip").map(|lists| {
            let all = addresses(lists);
            all.filter_map(|text| network(&text)).collect()
        });
        Context {
            windows: texts(context.member("actw")),
            networks,
            region: context.member("aclr").map(Region::read),
            users: context.member("acui").map(|list| texts(Some(list))),
            criterion: context.member("acec").map(Criterion::read),
            uses: context.member("acl").and_then(Raw::as_u64),
        }
    }

    /// Whether time and address are right.
    pub(super) fn admits(&self, wall: i64, address: Option<IpAddr>) -> bool {
        let window = |text: &str| {
            let now = UnixTime::from_millis(wall);
            Schedule::parse(text).is_ok_and(|schedule| schedule.contains(now))
        };
        let in_network = |networks: &Vec<(IpAddr, u8)>| {
            address.is_some_and(|address| {
                networks.iter().any(|(network, length)| within(address, *network, *length))
            })
        };
        (self.windows.is_empty() || self.windows.iter().any(|text| window(text)))
            && self.networks.as_ref().is_none_or(in_network)
    }
}

impl Criterion {
    fn read(criterion: Raw<'_>) -> Criterion {
        Criterion {
            subject: criterion.member("sbjt").and_then(Raw::as_text).unwrap_or_default().into(),
            operator: criterion.member("optr").and_then(Raw::as_u64).unwrap_or(0),
            threshold: criterion.member("thld").map_or("", Raw::as_str).into(),
        }
    }

    /// Whether a value fulfils it. Numbers are compared as numbers, also if one of them is a
    /// string that is one; other strings by their characters, which is right for timestamps.
    /// Everything else can only be equal or not. What cannot be compared does not fulfil it.
    pub(super) fn holds(&self, value: Raw<'_>) -> bool {
        let threshold = Raw::new(&self.threshold);
        let number = |raw: Raw<'_>| match raw.as_text() {
            Some(text) => Raw::new(text.trim()).as_f64(),
            None => raw.as_f64(),
        };
        let order = match (number(value), number(threshold)) {
            (Some(value), Some(threshold)) => value.partial_cmp(&threshold),
            _ => match (value.as_text(), threshold.as_text()) {
                (Some(value), Some(threshold)) => Some(value.cmp(&threshold)),
                _ => (value == threshold).then_some(Ordering::Equal),
            },
        };
        let comparable = order.is_some() || self.operator == 2;
        comparable
            && match self.operator {
                1 => order == Some(Ordering::Equal),
                2 => order != Some(Ordering::Equal),
                3 => order == Some(Ordering::Greater),
                4 => order == Some(Ordering::Less),
                5 => order != Some(Ordering::Less),
                6 => order != Some(Ordering::Greater),
                _ => false,
            }
    }
}

impl Detail {
    fn read(detail: Raw<'_>) -> Detail {
        let specialisation = detail.member("spty").map(|spty| {
            let name = if spty.member("mgd").is_some() { "mgd" } else { "cnd" };
            (name, spty.member(name).map_or("", Raw::as_str).into())
        });
        Detail {
            resource_type: detail.member("ty").and_then(Raw::as_u64),
            children: numbers(detail.member("chty")),
            specialisation,
        }
    }

    pub(super) fn covers(&self, object: Object<'_>) -> bool {
        self.resource_type.is_none_or(|own| own == object.resource_type)
            && object.child.is_none_or(|child| self.children.contains(&child))
            && self.specialisation.as_ref().is_none_or(|(name, wanted)| {
                (object.attribute)(name).is_some_and(|value| value.as_str() == &**wanted)
            })
    }
}

/// That what the rows do not say about rules is so: regions and addresses are some.
pub(crate) fn check(given: Raw<'_>) -> Result<(), Failure> {
    for name in ["pv", "pvs"] {
        let rules = given.member(name).and_then(|set| set.member("acr"));
        for (at, rule) in rules.into_iter().flat_map(Raw::elements).enumerate() {
            for context in rule.member("acco").into_iter().flat_map(Raw::elements) {
                let bad = |what: &str| {
                    let text = format!("attribute {name}.acr.{at}.acco.{what}: bad value");
                    Err(Failure {
                        status: crate::ResponseStatusCode::BadRequest,
                        text: text.into(),
                    })
                };
                if context.member("aclr").is_some_and(|region| Region::read(region).is_none()) {
                    return bad("aclr");
                }
                let mut unread = context.member("acip").into_iter().flat_map(addresses);
                if unread.any(|text| network(&text).is_none()) {
                    return bad("acip");
                }
            }
        }
    }
    Ok(())
}

/// A set of rules in which the limit of one context is `left`.
pub(super) fn with_limit(set: Raw<'_>, rule: usize, context: usize, left: u64) -> String {
    let mut number = String::new();
    write_u64(&mut number, left);
    with_member(set, "acr", &|rules| {
        with_element(rules, rule, &|own| {
            with_member(own, "acco", &|contexts| {
                with_element(contexts, context, &|own| with_member(own, "acl", &|_| number.clone()))
            })
        })
    })
}

fn with_member(object: Raw<'_>, name: &str, change: &dyn Fn(Raw<'_>) -> String) -> String {
    let mut out = String::from("{");
    for (own, value) in object.members() {
        write_member_name(&mut out, own);
        out.push_str(&if own == name { change(value) } else { value.as_str().into() });
    }
    out.push('}');
    out
}

fn with_element(array: Raw<'_>, wanted: usize, change: &dyn Fn(Raw<'_>) -> String) -> String {
    let elements = array.elements().enumerate();
    let all = elements.map(|(at, item)| match at == wanted {
        true => change(item),
        false => item.as_str().into(),
    });
    format!("[{}]", all.collect::<Vec<String>>().join(","))
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn m2m_eval_criteria() {
        for (value, operator, threshold, holds) in [
            ("5", 1, "5.0", true),
            ("5", 2, "5", false),
            ("5", 3, "4", true),
            ("5", 3, "5", false),
            ("5", 4, "6", true),
            ("5", 5, "5", true),
            ("5", 6, "5", true),
            ("10", 3, "9", true),
            // A threshold that came through a binding of text.
            ("10", 3, "\"9\"", true),
            ("\"10\"", 4, "\"9\"", false),
            ("\"20270101T000000\"", 4, "\"20280101T000000\"", true),
            ("\"open\"", 1, "\"open\"", true),
            ("\"open\"", 2, "\"shut\"", true),
            ("true", 1, "true", true),
            ("true", 1, "false", false),
            ("true", 2, "false", true),
            ("true", 3, "false", false),
            ("true", 5, "false", false),
            ("[1]", 6, "7", false),
            ("5", 7, "5", false),
            ("5", 0, "5", false),
        ] {
            let text = format!("{{\"optr\":{operator},\"sbjt\":\"x\",\"thld\":{threshold}}}");
            let criterion = Criterion::read(Raw::new(&text));
            assert_eq!(criterion.holds(Raw::new(value)), holds, "{value} {operator} {threshold}");
        }
    }

    #[test]
    fn a_limit_is_replaced_in_its_place() {
        let set = "{\"acr\":[{\"acor\":[\"a\"],\"acop\":2},{\"acor\":[\"b\"],\"acop\":63,\
            \"acco\":[{\"actw\":[]},{\"acl\":3,\"acui\":[\"u\"]}],\"acaf\":true}]}";
        let changed = set.replace("\"acl\":3", "\"acl\":2");
        assert_eq!(with_limit(Raw::new(set), 1, 1, 2), changed);
        assert_eq!(with_limit(Raw::new(set), 0, 1, 2), set);
    }
}
