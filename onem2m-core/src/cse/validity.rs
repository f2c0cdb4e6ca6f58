//! Validity of a request (TS-0004 clause 7.3.2.1): what the table of presence and the types of
//! the parameters do not say.
//!
//! A request that goes on to another CSE is looked at there; here it need not be understood.

use super::failure::Failure;
use super::filter::Filter;
use super::store::Slot;
use super::{Caller, Cse};
use crate::address::{Address, AddressErrorKind, Originator};
use crate::attribute::{Limits, is_uri};
use crate::enumeration::{
    ContentFilterSyntax, EventCategory, FilterUsage, GeoSpatialFunction, GeometryType,
    ResponseType, ResultContent,
};
use crate::primitive::{AttributeCondition, FilterCriteria, Request};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Bits of accessControlOperations.
const OPERATIONS: core::ops::RangeInclusive<u64> = 1..=63;

fn unsupported(text: &'static str) -> Failure {
    Failure::new(Status::NotImplemented, text)
}

/// A failure whose text names a parameter that is known at run time only.
fn too_long(parameter: &str) -> Failure {
    let text = alloc::format!("parameter {parameter}: too long");
    Failure { status: Status::BadRequest, text: Cow::Owned(text) }
}

impl Cse {
    /// What every request must fulfil, also one for somebody else.
    pub(super) fn check_request(&self, request: &Request) -> Result<(), Failure> {
        request
            .validate()
            .map_err(|e| Failure { status: e.status(), text: Cow::Owned(alloc::format!("{e}")) })?;
        if request.request_identifier.is_empty() {
            return Err(Failure::bad("parameter rqi: empty"));
        }
        let from = request.from.as_deref().unwrap_or("");
        if from.is_empty() && request.resource_type != Some(ResourceType::Ae) {
            return Err(Failure::bad("parameter fr: missing"));
        }
        match Originator::parse(from) {
            // Whether such an originator may do anything is for others to say.
            Err(error) if error.kind != AddressErrorKind::Stem && *from != *self.config.admin => {
                let text = alloc::format!("parameter fr: {error}");
                Err(Failure { status: Status::BadRequest, text: Cow::Owned(text) })
            }
            _ => check_lengths(request, &self.config.limits.attributes),
        }
    }

    /// What a request to a resource of this CSE must fulfil besides.
    pub(super) fn check_hosted(&self, request: &Request) -> Result<(), Failure> {
        if !self.config.releases.contains(&request.release_version()) {
            let text = "parameter rvi: release not supported";
            return Err(Failure::new(Status::ReleaseVersionNotSupported, text));
        }
        if let Some(ResourceType::Unknown(_)) = request.resource_type {
            return Err(Failure::bad("parameter ty: not a resource type"));
        }
        if let Some(rcn) = request.result_content {
            let usage = request.filter_criteria.as_ref().and_then(|fc| fc.filter_usage);
            if !request.operation.allowed_result_contents(usage).contains(&rcn) {
                return Err(Failure::bad("parameter rcn: not possible with this operation"));
            }
            if matches!(rcn, ResultContent::SemanticContent | ResultContent::Permissions) {
                return Err(unsupported(
                    "parameter rcn: semantics and permissions are not supported",
                ));
            }
        }
        if let Some(category @ EventCategory::Unknown(_)) = request.event_category
            && !category.is_user_defined()
        {
            return Err(Failure::bad("parameter ec: not an event category"));
        }
        if let Some(rt) = &request.response_type {
            match rt.value {
                ResponseType::Unknown(_) => {
                    return Err(Failure::bad("parameter rt.rtv: not a response type"));
                }
                ResponseType::NoResponse => {
                    return Err(unsupported("parameter rt.rtv: not supported"));
                }
                _ => {}
            }
            if let Some(at) = rt.notification_uris.iter().position(|uri| !is_uri(uri)) {
                let text = alloc::format!("parameter rt.nu.{at}: not a URI");
                return Err(Failure { status: Status::BadRequest, text: Cow::Owned(text) });
            }
        }
        if request.semantic_query_indicator == Some(true) {
            return Err(unsupported("parameter sqi: semantic queries are not supported"));
        }
        if request.group_somecast_target_number == Some(0) {
            return Err(Failure::bad("parameter gstn: out of range"));
        }
        if request.operation == Operation::Retrieve && request.content.is_some() {
            check_selection(request)?;
        }
        request.filter_criteria.as_ref().map_or(Ok(()), check_criteria)?;
        request.release_version().check(request).map_err(Into::into)
    }

    /// That a resource meets the filter criteria of a request to it (TS-0004 clause 7.3.3.1).
    /// Criteria of a request that describes what is below it are about that.
    pub(super) fn check_conditions(
        &self,
        caller: &Caller<'_>,
        slot: Slot,
        request: &Request,
    ) -> Result<(), Failure> {
        let Some(criteria) = &request.filter_criteria else { return Ok(()) };
        let filter = Filter::new(criteria.clone(), self.config.limits.positions)?;
        match self.meets(caller, slot, &filter) {
            true => Ok(()),
            false => Err(Failure::new(Status::NotFound, "parameter fc: not met by the resource")),
        }
    }

    /// Which address is no address, when a resource is not found.
    pub(super) fn not_resolved(to: &str, failure: Failure) -> Failure {
        match Address::parse(to) {
            Err(error) if !to.contains("://") => {
                let text = alloc::format!("parameter to: {error}");
                Failure { status: Status::BadRequest, text: Cow::Owned(text) }
            }
            _ => failure,
        }
    }
}

/// The content of a RETRIEVE is a list of attributes.
fn check_selection(request: &Request) -> Result<(), Failure> {
    let mut members = request.content.iter().flat_map(|content| content.members());
    let list = match (members.next(), members.next()) {
        (Some(("m2m:atrl", list)), None) if list.as_str().starts_with('[') => list,
        _ => return Err(Failure::bad("parameter pc: not a list of attributes")),
    };
    let named = list.elements().all(|name| name.as_text().is_some_and(|name| !name.is_empty()));
    if list.elements().next().is_none() || !named {
        return Err(Failure::bad("parameter pc: not a list of attributes"));
    }
    Ok(())
}

/// Values of filter criteria that their types alone do not rule out (TS-0004 table 6.3.5.8-1).
fn check_criteria(criteria: &FilterCriteria) -> Result<(), Failure> {
    match criteria.filter_usage {
        Some(FilterUsage::Unknown(_)) => {
            return Err(Failure::bad("parameter fc.fu: not a filter usage"));
        }
        Some(FilterUsage::IpeOnDemandDiscovery | FilterUsage::DiscoveryBasedOperation) => {
            return Err(unsupported("parameter fc.fu: not supported"));
        }
        _ => {}
    }
    if !criteria.semantics_filters.is_empty() {
        return Err(unsupported("parameter fc.smf: semantics are not supported"));
    }
    if criteria.advanced_query.is_some() {
        return Err(unsupported("parameter fc.aq: not supported"));
    }
    let outside = |value: Option<u64>| value == Some(0);
    let rows = [
        (outside(criteria.state_tag_smaller), "parameter fc.sts: out of range"),
        (outside(criteria.size_below), "parameter fc.szb: out of range"),
        (outside(criteria.level), "parameter fc.lvl: out of range"),
        (outside(criteria.offset), "parameter fc.ofst: out of range"),
        (
            criteria.operations.is_some_and(|bits| !OPERATIONS.contains(&bits)),
            "parameter fc.ops: out of range",
        ),
        (
            matches!(criteria.content_filter_syntax, Some(ContentFilterSyntax::Unknown(_))),
            "parameter fc.cfs: not a syntax",
        ),
        (
            matches!(criteria.geometry_type, Some(GeometryType::Unknown(_))),
            "parameter fc.gmty: not a geometry type",
        ),
        (
            matches!(criteria.geo_spatial_function, Some(GeoSpatialFunction::Unknown(_))),
            "parameter fc.gsf: not a function",
        ),
    ];
    match rows.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, text)) => Err(Failure::bad(text)),
        None => Ok(()),
    }
}

/// That no text and no list is longer than an attribute may be: they are kept with requests that
/// are not done, and compared with resources.
fn check_lengths(request: &Request, limits: &Limits) -> Result<(), Failure> {
    let r = request;
    // Most requests have none of the others.
    let most = limits.text_bytes;
    let short = r.to.len() <= most
        && r.request_identifier.len() <= most
        && r.from.as_ref().is_none_or(|from| from.len() <= most);
    let texts = r.group_request_identifier.is_none()
        && r.vendor_information.is_none()
        && r.primitive_profile_identifier.is_none()
        && r.m2m_service_user.is_none();
    let lists = r.role_ids.is_empty()
        && r.tokens.is_empty()
        && r.token_ids.is_empty()
        && r.local_token_ids.is_empty()
        && r.group_request_target_members.is_empty()
        && r.authorization_signatures.is_empty()
        && r.ontology_mapping_resources.is_empty();
    if short && texts && lists && r.response_type.is_none() && r.filter_criteria.is_none() {
        return Ok(());
    }
    check_each_length(request, limits)
}

/// The same, parameter by parameter.
fn check_each_length(request: &Request, limits: &Limits) -> Result<(), Failure> {
    let r = request;
    let texts = [
        ("to", Some(&r.to)),
        ("rqi", Some(&r.request_identifier)),
        ("fr", r.from.as_ref()),
        ("gid", r.group_request_identifier.as_ref()),
        ("vsi", r.vendor_information.as_ref()),
        ("prpi", r.primitive_profile_identifier.as_ref()),
        ("msu", r.m2m_service_user.as_ref()),
    ];
    let long = |text: &String| text.len() > limits.text_bytes;
    if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.is_some_and(long)) {
        return Err(too_long(name));
    }
    let many = |list: &Vec<String>| list.len() > limits.list_elements || list.iter().any(long);
    let nowhere = Vec::new();
    let targets = r.response_type.as_ref().map_or(&nowhere, |rt| &rt.notification_uris);
    let lists = [
        ("rids", &r.role_ids),
        ("rt.nu", targets),
        ("tkns", &r.tokens),
        ("tids", &r.token_ids),
        ("ltids", &r.local_token_ids),
        ("grtm", &r.group_request_target_members),
        ("aus", &r.authorization_signatures),
        ("omr", &r.ontology_mapping_resources),
    ];
    if let Some((name, _)) = lists.into_iter().find(|(_, list)| many(list)) {
        return Err(too_long(name));
    }
    let Some(fc) = &r.filter_criteria else { return Ok(()) };
    let texts = [
        ("fc.lbq", &fc.labels_query),
        ("fc.cfq", &fc.content_filter_query),
        ("fc.arp", &fc.apply_relative_path),
        ("fc.aq", &fc.advanced_query),
    ];
    if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.as_ref().is_some_and(long)) {
        return Err(too_long(name));
    }
    let lists = [
        ("fc.lbl", &fc.labels),
        ("fc.clbl", &fc.child_labels),
        ("fc.palb", &fc.parent_labels),
        ("fc.cty", &fc.content_types),
        ("fc.smf", &fc.semantics_filters),
    ];
    if let Some((name, _)) = lists.into_iter().find(|(_, list)| many(list)) {
        return Err(too_long(name));
    }
    let types = [
        ("fc.ty", &fc.resource_types),
        ("fc.chty", &fc.child_resource_types),
        ("fc.pty", &fc.parent_resource_types),
    ];
    if let Some((name, _)) = types.into_iter().find(|(_, list)| list.len() > limits.list_elements) {
        return Err(too_long(name));
    }
    let wide = |condition: &AttributeCondition| {
        long(&condition.name)
            || condition.value.as_str().is_some_and(|v| v.len() > limits.text_bytes)
    };
    let conditions = [
        ("fc.atr", &fc.attributes),
        ("fc.catr", &fc.child_attributes),
        ("fc.patr", &fc.parent_attributes),
    ];
    let many =
        |list: &Vec<AttributeCondition>| list.len() > limits.list_elements || list.iter().any(wide);
    match conditions.into_iter().find(|(_, list)| many(list)) {
        Some((name, _)) => Err(too_long(name)),
        None => Ok(()),
    }
}
