//! Strategies for primitives, for the properties of every serialisation and binding.

use super::*;
use crate::enumeration::*;
use crate::parameter::{Parameter, Presence};
use crate::time::{AbsRelTimestamp, Period, Timestamp};
use crate::{ReleaseVersion, ResourceType, ResponseStatusCode};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::Value;
use std::string::String;
use std::vec::Vec;

pub(crate) fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[a-zA-Z0-9/._-]{0,12}", "\\PC{0,6}"].boxed()
}

pub(crate) fn texts() -> impl Strategy<Value = Vec<String>> + Clone {
    vec(text(), 0..3).boxed()
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> + Clone {
    (-62_167_219_200_000i64..253_402_300_800_000, any::<bool>())
        .prop_map(|(ms, fraction)| {
            Timestamp::from_unix_time(m2m_base::UnixTime::from_millis(ms), fraction).unwrap()
        })
        .boxed()
}

pub(crate) fn time() -> impl Strategy<Value = AbsRelTimestamp> + Clone {
    prop_oneof![
        timestamp().prop_map(AbsRelTimestamp::Absolute),
        any::<i64>().prop_map(AbsRelTimestamp::Relative),
        any::<u32>().prop_map(|ms| {
            let span = m2m_base::Duration::from_millis(ms.into());
            AbsRelTimestamp::Period(Period::from_duration(span).unwrap())
        }),
    ]
    .boxed()
}

pub(crate) fn value() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000i32..1_000_000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        any::<bool>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((text(), inner), 0..3).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

pub(crate) fn object() -> impl Strategy<Value = Value> {
    vec((text(), value()), 0..3).prop_map(|m| Value::Object(m.into_iter().collect()))
}

pub(crate) fn filter() -> impl Strategy<Value = FilterCriteria> {
    let condition =
        (text(), value()).prop_map(|(name, value)| AttributeCondition::new(name, value));
    (
        (of(timestamp()), of(timestamp()), of(any::<u64>()), texts(), texts()),
        vec(any::<u32>().prop_map(ResourceType::from_number), 0..3),
        vec(condition, 0..3),
        (of(value()), of(0u32..6), of(0usize..3), of(any::<u64>()), of(text())),
    )
        .prop_map(|(a, resource_types, attributes, b)| FilterCriteria {
            created_before: a.0,
            unmodified_since: a.1,
            size_below: a.2,
            labels: a.3,
            content_types: a.4,
            resource_types,
            attributes,
            geometry: b.0,
            filter_usage: b.1.map(FilterUsage::from_number),
            filter_operation: b.2.map(|i| FilterOperation::ALL[i]),
            limit: b.3,
            apply_relative_path: b.4,
            ..FilterCriteria::default()
        })
}

/// A request that the table of presence allows: members are drawn, then those that the operation
/// does not have are taken out.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    (
        (0usize..5, text(), text(), text(), any::<u32>(), object()),
        (texts(), of(timestamp()), of(time()), of(time()), of(time()), of(time())),
        (of((any::<u32>(), texts())), of(any::<u32>()), of(any::<u32>()), of(any::<bool>())),
        (of(filter()), of(0usize..2), texts(), texts(), of(any::<bool>()), of(text())),
        (of("[0-9][a-z]?"), of(text()), of(any::<u64>()), texts()),
    )
        .prop_map(|(a, b, c, d, e)| {
            let operation = Operation::ALL[a.0];
            let allowed = |p: Parameter| p.in_request(operation) != Presence::NotPresent;
            let info = |(value, notification_uris)| ResponseTypeInfo {
                notification_uris,
                ..ResponseTypeInfo::new(ResponseType::from_number(value))
            };
            Request {
                from: Some(a.3),
                resource_type: allowed(Parameter::ResourceType)
                    .then(|| ResourceType::from_number(a.4)),
                content: allowed(Parameter::Content).then(|| Content::from_value(&a.5).unwrap()),
                role_ids: b.0,
                originating_timestamp: b.1,
                request_expiration_timestamp: b.2,
                result_expiration_timestamp: b.3,
                operation_execution_time: b.4,
                result_persistence: b.5.filter(|_| allowed(Parameter::ResultPersistence)),
                response_type: c.0.map(info),
                result_content: c
                    .1
                    .map(ResultContent::from_number)
                    .filter(|_| allowed(Parameter::ResultContent)),
                event_category: c.2.map(EventCategory::from_number),
                delivery_aggregation: c.3,
                filter_criteria: d.0.filter(|_| allowed(Parameter::FilterCriteria)),
                desired_identifier_result_type: d
                    .1
                    .map(|i| DesiredIdentifierResultType::ALL[i])
                    .filter(|_| allowed(Parameter::DesiredIdentifierResultType)),
                tokens: d.2,
                local_token_ids: d.3,
                token_request_indicator: d.4,
                m2m_service_user: d.5,
                release_version_indicator: e.0.map(|t| ReleaseVersion::parse(&t).unwrap()),
                vendor_information: e.1,
                group_somecast_target_number: e.2,
                ontology_mapping_resources: e.3,
                ..Request::new(operation, a.1, a.2)
            }
        })
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    let assignment = (text(), text()).prop_map(|(l, t)| LocalTokenIdAssignment::new(l, t));
    (
        (any::<u32>(), text(), of(object()), of(text()), of(text()), of(timestamp())),
        (of(time()), of(any::<u32>()), of(0usize..2), of(any::<u64>())),
        (of(vec(assignment, 1..3)), of(object()), of(any::<bool>()), of(text()), of(text())),
    )
        .prop_map(|(a, b, c)| Response {
            content: a.2.map(|value| Content::from_value(&value).unwrap()),
            to: a.3,
            from: a.4,
            originating_timestamp: a.5,
            result_expiration_timestamp: b.0,
            event_category: b.1.map(EventCategory::from_number),
            content_status: b.2.map(|i| ContentStatus::ALL[i]),
            content_offset: b.3,
            assigned_token_identifiers: c.0.map(LocalTokenIdAssignments::new),
            token_request_information: c.1,
            authorization_signature_request_information: c.2,
            release_version_indicator: None,
            vendor_information: c.3,
            m2m_service_user: c.4,
            ..Response::new(ResponseStatusCode::from_number(a.0), a.1)
        })
}
