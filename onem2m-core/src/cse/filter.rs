//! Filter criteria (TS-0001 table 8.1.2-2, TS-0004 clause 7.3.3.17).

use super::failure::Failure;
use super::query::{ContentQuery, Geometry, LabelQuery, Place};
use super::store::{Node, Slot};
use super::{Caller, Cse, access};
use crate::enumeration::{ContentFilterSyntax, FilterOperation, GeometryType};
use crate::json::Raw;
use crate::primitive::{AttributeCondition, FilterCriteria};
use crate::time::Timestamp;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Filter criteria whose expressions were read.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) criteria: FilterCriteria,
    labels: Option<LabelQuery>,
    content: Option<ContentQuery>,
    place: Option<Place>,
}

impl Filter {
    /// Reads the expressions of filter criteria. A geometry has at most `positions` positions.
    pub(super) fn new(criteria: FilterCriteria, positions: usize) -> Result<Filter, Failure> {
        let labels = match criteria.labels_query.as_deref().map(LabelQuery::parse) {
            Some(None) => return Err(Failure::bad("parameter fc.lbq: not an expression")),
            query => query.flatten(),
        };
        let content = match (&criteria.content_filter_syntax, &criteria.content_filter_query) {
            (None, None) => None,
            (Some(ContentFilterSyntax::JsonPath), Some(text)) => {
                let bad = Failure::bad("parameter fc.cfq: not a query");
                Some(ContentQuery::parse(text).ok_or(bad)?)
            }
            _ => return Err(Failure::bad("parameter fc.cfq: needs cfs, and cfs needs it")),
        };
        let place =
            match (criteria.geometry_type, &criteria.geometry, criteria.geo_spatial_function) {
                (None, None, None) => None,
                (Some(kind), Some(coordinates), Some(function)) => {
                    // Bindings that carry text carry the coordinates as such.
                    let text = match coordinates {
                        serde_json::Value::String(text) => text.replace(' ', ""),
                        other => other.to_string(),
                    };
                    let geometry = Geometry::read(kind, Raw::new(&text), positions);
                    let bad = Failure::bad("parameter fc.geom: not such a geometry, or too large");
                    Some(Place { geometry: geometry.ok_or(bad)?, function })
                }
                _ => {
                    return Err(Failure::bad(
                        "parameter fc.geom: needs gmty and gsf, and they need it",
                    ));
                }
            };
        Ok(Filter { criteria, labels, content, place })
    }

    /// What looking at one resource costs more than it usually does.
    pub(super) fn extra_cost(&self) -> usize {
        let fc = &self.criteria;
        let place = self.place.as_ref().map_or(0, |place| place.geometry.size() * 4);
        let words = [&fc.labels, &fc.parent_labels, &fc.content_types];
        let words: usize = words.into_iter().map(Vec::len).sum();
        let types = fc.resource_types.len() + fc.parent_resource_types.len();
        place + (words + types) / 16 + fc.attributes.len() + fc.parent_attributes.len()
    }

    /// What looking at one child of it costs; 0 if no condition is about children.
    pub(super) fn cost_of_child(&self) -> usize {
        let fc = &self.criteria;
        let simple = fc.child_labels.len() + fc.child_resource_types.len();
        simple.div_ceil(16) + fc.child_attributes.len()
    }
}

impl Cse {
    /// Whether a resource meets the conditions of filter criteria, combined as they say. Parents
    /// and children that the caller may not see are not there.
    pub(super) fn meets(&self, caller: &Caller<'_>, slot: Slot, filter: &Filter) -> bool {
        let fc = &filter.criteria;
        let Some(node) = self.store.get(slot) else { return false };
        let mut results = Vec::new();
        let mut condition = |asked: bool, holds: &dyn Fn() -> bool| {
            if asked {
                results.push(holds());
            }
        };
        let millis = |t: &Option<Timestamp>| t.map_or(0, |t| t.unix_time().as_millis());
        let above = || self.store.get(node.parent).filter(|_| self.sees(caller, node.parent));
        condition(fc.created_before.is_some(), &|| node.created < millis(&fc.created_before));
        condition(fc.created_after.is_some(), &|| node.created >= millis(&fc.created_after));
        condition(fc.modified_since.is_some(), &|| node.modified >= millis(&fc.modified_since));
        condition(fc.unmodified_since.is_some(), &|| node.modified < millis(&fc.unmodified_since));
        let state_tag = u64::from(node.state_tag);
        let smaller = fc.state_tag_smaller;
        condition(smaller.is_some(), &|| smaller.is_some_and(|n| state_tag < n));
        let bigger = fc.state_tag_bigger;
        condition(bigger.is_some(), &|| bigger.is_some_and(|n| state_tag >= n));
        let expires = self.store.expiration(slot);
        condition(fc.expire_before.is_some(), &|| {
            expires != 0 && expires < millis(&fc.expire_before)
        });
        condition(fc.expire_after.is_some(), &|| {
            expires == 0 || expires >= millis(&fc.expire_after)
        });
        condition(!fc.labels.is_empty(), &|| fc.labels.iter().any(|l| has_label(node, l)));
        condition(!fc.parent_labels.is_empty(), &|| {
            above().is_some_and(|p| fc.parent_labels.iter().any(|l| has_label(p, l)))
        });
        let ty = u32::from(node.type_number());
        condition(!fc.resource_types.is_empty(), &|| {
            fc.resource_types.iter().any(|t| t.number() == ty)
        });
        condition(!fc.parent_resource_types.is_empty(), &|| {
            above().is_some_and(|p| fc.parent_resource_types.contains(&p.resource_type()))
        });
        let size = node.resource_type().is_instance().then_some(u64::from(node.size));
        let least = fc.size_above;
        condition(least.is_some(), &|| size.zip(least).is_some_and(|(s, n)| s >= n));
        let most = fc.size_below;
        condition(most.is_some(), &|| size.zip(most).is_some_and(|(s, n)| s < n));
        condition(!fc.content_types.is_empty(), &|| {
            let media = node.attribute("cnf").and_then(Raw::as_text);
            media.is_some_and(|own| {
                let own = own.split(':').next().unwrap_or("");
                fc.content_types.iter().any(|t| t.split(':').next() == Some(own))
            })
        });
        for wanted in &fc.attributes {
            condition(true, &|| self.has_attribute(slot, wanted));
        }
        for wanted in &fc.parent_attributes {
            condition(true, &|| above().is_some() && self.has_attribute(node.parent, wanted));
        }
        condition(filter.labels.is_some(), &|| {
            let own = node.attribute("lbl").into_iter().flat_map(Raw::elements);
            let own: Vec<_> = own.filter_map(Raw::as_text).collect();
            let own: Vec<&str> = own.iter().map(|label| &**label).collect();
            filter.labels.as_ref().is_some_and(|query| query.holds(&own))
        });
        condition(filter.content.is_some(), &|| {
            filter.content.as_ref().is_some_and(|query| content_holds(node, query))
        });
        condition(filter.place.is_some(), &|| {
            let own = place_of(node, self.config.limits.positions);
            filter.place.as_ref().zip(own).is_some_and(|(place, own)| place.holds(&own))
        });
        let any_child = |test: &dyn Fn(Slot, &Node) -> bool| {
            let lists = node.branch.as_deref().map(|b| [b.children.first, b.instances.first]);
            lists.into_iter().flatten().any(|first| {
                let first = self.store.get(first).map(|node| (first, node));
                let after =
                    |(_, node): &(Slot, &Node)| Some((node.next, self.store.get(node.next)?));
                // Bounded: who has more children than a step allows is judged by the first.
                core::iter::successors(first, |at| after(at))
                    .take((self.config.limits.step / filter.cost_of_child().max(1)).max(1))
                    .any(|(slot, node)| test(slot, node) && self.sees(caller, slot))
            })
        };
        condition(!fc.child_labels.is_empty(), &|| {
            any_child(&|_, child| fc.child_labels.iter().any(|l| has_label(child, l)))
        });
        condition(!fc.child_resource_types.is_empty(), &|| {
            any_child(&|_, child| fc.child_resource_types.contains(&child.resource_type()))
        });
        for wanted in &fc.child_attributes {
            condition(true, &|| any_child(&|child, _| self.has_attribute(child, wanted)));
        }
        match fc.filter_operation.unwrap_or(FilterOperation::And) {
            FilterOperation::And => results.iter().all(|holds| *holds),
            FilterOperation::Or => results.is_empty() || results.contains(&true),
            FilterOperation::Xor => {
                results.is_empty() || results.iter().filter(|holds| **holds).count() % 2 == 1
            }
        }
    }

    /// Whether an attribute has a value; `*` in a text stands for any characters.
    fn has_attribute(&self, slot: Slot, wanted: &AttributeCondition) -> bool {
        let mut text = String::from("{");
        self.write_attributes(slot, &mut text);
        text.push('}');
        let Some(value) = Raw::new(&text).member(&wanted.name) else { return false };
        match (&wanted.value, value.as_text()) {
            (serde_json::Value::String(pattern), Some(text)) => access::matches(pattern, &text),
            // A query carries numbers and booleans as text.
            (serde_json::Value::String(pattern), None) => pattern == value.as_str(),
            (other, _) => {
                serde_json::from_str::<serde_json::Value>(value.as_str()).is_ok_and(|v| v == *other)
            }
        }
    }

    /// The resource that a relative path leads to from a found one, by what the caller may see.
    pub(super) fn follow(&self, caller: &Caller<'_>, slot: Slot, path: &str) -> Option<Slot> {
        let mut at = slot;
        for segment in path.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
            let child = || self.store.child(at, segment);
            let instances = || self.store.branch(at).map(|branch| branch.instances);
            at = match segment {
                ".." => self.store.get(at)?.parent,
                "la" | "LATEST" => child().or_else(|| Some(instances()?.last))?,
                "ol" | "OLDEST" => child().or_else(|| Some(instances()?.first))?,
                _ => child()?,
            };
            self.store.get(at).filter(|_| self.sees(caller, at))?;
        }
        Some(at)
    }
}

/// Whether the content of an instance, JSON or JSON in a string, fulfils a query.
fn content_holds(node: &Node, query: &ContentQuery) -> bool {
    let Some(content) = node.attribute("con") else { return false };
    let Some(text) = content.as_text() else { return query.holds(content) };
    crate::json::normalize(text.as_bytes()).is_ok_and(|json| query.holds(Raw::new(&json)))
}

/// Where a resource is (attribute `loc`).
fn place_of(node: &Node, positions: usize) -> Option<Geometry> {
    let location = node.attribute("loc")?;
    let kind = u32::try_from(location.member("typ")?.as_u64()?).ok()?;
    Geometry::read(GeometryType::from_number(kind), location.member("crd")?, positions)
}

pub(super) fn has_label(node: &Node, label: &str) -> bool {
    let labels = node.attribute("lbl").into_iter().flat_map(Raw::elements);
    labels.into_iter().any(|own| own.is_text(label))
}
