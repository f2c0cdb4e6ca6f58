//! Which release brought what. A request that says which release it is of may only use what that
//! one has (TS-0001 clause 8.1.2, Release Version Indicator).
//!
//! Where the rows come from:
//!
//! - What release 1 has: its schema files (XSD), in the test suite that the standard's own test
//!   group wrote from them (`OneM2M_Types.ttcn` of branch Release1, 2017).
//! - What release 2 added: the schema files of TS-0004 version 2, as classes that were generated
//!   from them in January 2018 (JAXB and C#, `org.onem2m.xml.protocols`). They have no parameters
//!   `rvi` and `vsi`; TS-0004 speaks of both as what entities of release 1 are not sent (clause
//!   7.3.2.6), so that they count as of release 2A, the one that brought `srv`.
//! - What release 3 added: the tables of TS-0004 versions 3.14.0 and 3.32.0 (6.3.4.2.1-1,
//!   6.3.4.2.6-1, 6.3.4.2.7-1, 6.3.4.2.18-1, 6.3.4.2.19-1, 6.3.4.2.31-1, 6.3.4.2.34-1, 6.3.5.8-1,
//!   6.3.5.27-1, 8.2.2-1), and TS-0001 version 3.36.0 for `<CSEBaseAnnc>` and for the lower-case
//!   `r` of App-IDs, which ends with release 4 (table 7.2-1).
//! - All that is not in those tables is of release 4 here. What of it came with release 5 only is
//!   not told apart: there is no evidence at hand.
//!
//! The schema files of release 2 are not told apart from those of 2A, save for `srv` and the two
//! parameters above. Attributes of resources have no rows, with the exceptions below: TS-0004 has
//! receivers refuse attributes that they do not support, and this one supports them.

use super::ReleaseVersion as R;
use crate::ResponseStatusCode as Status;
use crate::json::Raw;
use crate::primitive::kind::Member;
use crate::primitive::{FilterCriteria, Request, bit_in};
use crate::{ReleaseVersion, ResourceType};
use alloc::string::String;

/// Resource types from a number on, and their announced variants.
const RESOURCE_TYPES: [(u32, R); 3] = [
    (24, R::R2), // semanticDescriptor; up to dynamicAuthorizationConsultation (34)
    (35, R::R3), // authorizationDecision; up to transaction (51)
    (52, R::R4),
];

/// `<CSEBaseAnnc>`, whose original is older.
const CSE_BASE_ANNC: u32 = 10_005;

/// Parameters of requests.
const PARAMETERS: &[(&str, R)] = &[
    ("rids", R::R2),
    ("tkns", R::R2),
    ("tids", R::R2),
    ("ltids", R::R2),
    ("tqi", R::R2),
    ("vsi", R::R2A),
    ("grtm", R::R3),
    ("asi", R::R3),
    ("aus", R::R3),
    ("auri", R::R3),
    ("sqi", R::R3),
    ("omr", R::R4),
    ("prpi", R::R4),
    ("msu", R::R4),
    ("gstn", R::R4),
];

/// Members of filter criteria.
const CRITERIA: &[(&str, R)] = &[
    ("smf", R::R2),
    ("fo", R::R2),
    ("cfs", R::R2),
    ("cfq", R::R2),
    ("lvl", R::R2),
    ("ofst", R::R2),
    ("clbl", R::R3),
    ("palb", R::R3),
    ("lbq", R::R3),
    ("chty", R::R3),
    ("pty", R::R3),
    ("catr", R::R3),
    ("patr", R::R3),
    ("arp", R::R3),
    ("ops", R::R4),
    ("gmty", R::R4),
    ("geom", R::R4),
    ("gsf", R::R4),
];

type Values = &'static [(u32, R)];

/// m2m:resultContent.
const RESULT_CONTENTS: Values = &[(8, R::R2), (9, R::R3), (10, R::R3), (11, R::R4), (12, R::R4)];
/// m2m:responseType.
const RESPONSE_TYPES: Values = &[(4, R::R2), (5, R::R3)];
/// m2m:filterUsage.
const FILTER_USAGES: Values = &[(3, R::R2), (4, R::R4)];
/// m2m:filterOperation.
const FILTER_OPERATIONS: Values = &[(3, R::R4)];
/// m2m:notificationEventType.
const EVENT_TYPES: Values = &[(5, R::R2), (6, R::R3), (7, R::R3), (8, R::R3)];
/// m2m:notificationContentType.
const CONTENT_TYPES: Values = &[(4, R::R3), (5, R::R3)];

/// Members of a m2m:accessControlRule.
const RULE: &[(&str, R)] = &[("acaf", R::R2), ("acod", R::R3), ("aca", R::R4)];
/// Members of its contexts.
const CONTEXT: &[(&str, R)] = &[("acui", R::R4), ("acec", R::R4), ("acl", R::R4)];

/// The bits of presence that each release does not know, by its rank.
type Unknown = [u64; 8];

const UNKNOWN_PARAMETERS: Unknown = unknown(Request::MEMBERS, PARAMETERS);
const UNKNOWN_CRITERIA: Unknown = unknown(FilterCriteria::MEMBERS, CRITERIA);

const fn unknown(members: &[Member], rows: &[(&str, R)]) -> Unknown {
    let mut masks = [0; 8];
    let mut rest = rows;
    while let [(name, since), more @ ..] = rest {
        let mut rank = 0;
        let mut left: &mut [u64] = &mut masks;
        while let [mask, others @ ..] = left {
            if rank < since.rank() {
                *mask |= bit_in(members, name);
            }
            (left, rank) = (others, rank + 1);
        }
        rest = more;
    }
    masks
}

/// A request uses what came with a later release than its own.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} {place}: came with release {since}", if *.attribute { "attribute" } else { "parameter" })]
pub struct TooNew {
    /// Short name of the parameter, or place of the attribute: `rcn`, `fc.clbl`, `enc.net`.
    pub place: String,
    /// It is an attribute.
    pub attribute: bool,
    /// The release that has it.
    pub since: ReleaseVersion,
    /// What to answer (TS-0004 clause 7.3.2.1): BAD_REQUEST for a resource type, a result content
    /// or an attribute that there is not, NOT_IMPLEMENTED for other parameters and their values.
    pub status: Status,
}

fn too_new(place: &str, since: R, status: Status) -> TooNew {
    TooNew { place: place.into(), attribute: false, since, status }
}

fn new_attribute(place: &str, since: R) -> TooNew {
    TooNew { attribute: true, ..too_new(place, since, Status::BadRequest) }
}

/// The release of a row whose name is present and unknown.
fn first(
    rows: &[(&'static str, R)],
    release: R,
    has: impl Fn(&str) -> bool,
) -> Option<(&'static str, R)> {
    rows.iter().copied().find(|(name, since)| !release.includes(*since) && has(name))
}

fn value(values: Values, number: u32, release: R) -> Option<R> {
    let row = values.iter().find(|(value, _)| *value == number);
    row.map(|(_, since)| *since).filter(|since| !release.includes(*since))
}

impl ReleaseVersion {
    /// The release that brought a resource type.
    #[must_use]
    pub fn of_resource_type(resource_type: ResourceType) -> ReleaseVersion {
        let number = resource_type.number();
        if number == CSE_BASE_ANNC {
            return R::R3;
        }
        let number = if number > 10_000 { number - 10_000 } else { number };
        let row = RESOURCE_TYPES.iter().rev().find(|(from, _)| *from <= number);
        row.map_or(R::R1, |(_, since)| *since)
    }

    /// Checks that a request uses nothing that its release does not have. The values of its
    /// attributes are looked at in [`ReleaseVersion::check_content`].
    ///
    /// # Errors
    /// [`TooNew`], of the first thing in the order of the tables.
    pub fn check(self, request: &Request) -> Result<(), TooNew> {
        if self.includes(R::R4) {
            return Ok(());
        }
        let rank = usize::from(self.rank());
        let unknown = |masks: &Unknown| masks.get(rank).copied().unwrap_or(0);
        if request.presence() & unknown(&UNKNOWN_PARAMETERS) != 0 {
            let row = first(PARAMETERS, self, |name| request.has(name));
            let (name, since) = row.unwrap_or(("", R::R4));
            return Err(too_new(name, since, Status::NotImplemented));
        }
        if let Some(ty) = request.resource_type {
            let since = ReleaseVersion::of_resource_type(ty);
            if !self.includes(since) {
                return Err(too_new("ty", since, Status::BadRequest));
            }
        }
        let rcn = request.result_content.map_or(0, |rcn| rcn.number());
        if let Some(since) = value(RESULT_CONTENTS, rcn, self) {
            return Err(too_new("rcn", since, Status::BadRequest));
        }
        let rt = request.response_type.as_ref().map_or(0, |rt| rt.value.number());
        if let Some(since) = value(RESPONSE_TYPES, rt, self) {
            return Err(too_new("rt", since, Status::NotImplemented));
        }
        let Some(criteria) = &request.filter_criteria else { return Ok(()) };
        if criteria.presence() & unknown(&UNKNOWN_CRITERIA) != 0 {
            let row = first(CRITERIA, self, |name| criteria.has(name));
            let (name, since) = row.unwrap_or(("", R::R4));
            let place = alloc::format!("fc.{name}");
            return Err(too_new(&place, since, Status::NotImplemented));
        }
        let usage = criteria.filter_usage.map_or(0, |fu| fu.number());
        if let Some(since) = value(FILTER_USAGES, usage, self) {
            return Err(too_new("fc.fu", since, Status::NotImplemented));
        }
        let operation = criteria.filter_operation.map_or(0, |fo| fo.number());
        match value(FILTER_OPERATIONS, operation, self) {
            Some(since) => Err(too_new("fc.fo", since, Status::NotImplemented)),
            None => Ok(()),
        }
    }

    /// Checks the attributes of a representation whose meaning has grown: event types and contents
    /// of a subscription, rules of access.
    ///
    /// # Errors
    /// [`TooNew`] with BAD_REQUEST.
    pub fn check_content(
        self,
        resource_type: ResourceType,
        representation: Raw<'_>,
    ) -> Result<(), TooNew> {
        if self.includes(R::R4) {
            return Ok(());
        }
        match resource_type {
            ResourceType::Subscription => self.check_subscription(representation),
            ResourceType::AccessControlPolicy => self.check_rules(representation),
            _ => Ok(()),
        }
    }

    fn check_subscription(self, representation: Raw<'_>) -> Result<(), TooNew> {
        let number = |raw: Raw<'_>| raw.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let events = representation.member("enc").and_then(|enc| enc.member("net"));
        let events = events.into_iter().flat_map(Raw::elements);
        let event = events.filter_map(|raw| value(EVENT_TYPES, number(raw), self)).next();
        if let Some(since) = event {
            return Err(new_attribute("enc.net", since));
        }
        let content = representation.member("nct").map_or(0, number);
        match value(CONTENT_TYPES, content, self) {
            Some(since) => Err(new_attribute("nct", since)),
            None => Ok(()),
        }
    }

    fn check_rules(self, representation: Raw<'_>) -> Result<(), TooNew> {
        let sets =
            ["pv", "pvs"].into_iter().filter_map(|name| representation.member(name)?.member("acr"));
        for rule in sets.flat_map(Raw::elements) {
            let contexts = rule.member("acco").into_iter().flat_map(Raw::elements);
            let row = first(RULE, self, |name| rule.member(name).is_some()).or_else(|| {
                let mut rows = contexts.filter_map(|context| {
                    first(CONTEXT, self, |name| context.member(name).is_some())
                });
                rows.next()
            });
            if let Some((name, since)) = row {
                return Err(new_attribute(name, since));
            }
        }
        Ok(())
    }

    /// Whether an App-ID has the form that the release wants: `N` or `R` in front, or `r` until
    /// release 3 (TS-0001 table 7.2-1).
    #[must_use]
    pub fn allows_app_id(self, app_id: &str) -> bool {
        let old = matches!(self, R::R2A | R::R3);
        app_id.len() > 1 && (app_id.starts_with(['R', 'N']) || (old && app_id.starts_with('r')))
    }
}

#[cfg(test)]
mod tests;
