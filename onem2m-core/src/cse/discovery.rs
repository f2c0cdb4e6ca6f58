//! Finding resources below a target: discovery and child resources (TS-0001 clause 10.2.6,
//! TS-0004 clauses 7.3.3.14 and 7.2.3.8).

use super::failure::Failure;
use super::store::{NONE, Node, Slot};
use super::{Caller, Cse, Session, access};
use crate::enumeration::{
    DesiredIdentifierResultType as IdType, FilterOperation, FilterUsage, ResultContent,
};
use crate::json::{Raw, write_string, write_u64};
use crate::primitive::{AttributeCondition, Content, FilterCriteria, Request};
use crate::time::Timestamp;
use crate::{ReleaseVersion, ResponseStatusCode as Status};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A search that may take several steps.
#[derive(Debug)]
pub(super) struct Walk {
    originator: String,
    session: Session,
    release: ReleaseVersion,
    /// Number of the target.
    target: u64,
    criteria: FilterCriteria,
    rcn: ResultContent,
    unstructured: bool,
    /// DISCOVERY or RETRIEVE.
    needed: u8,
    cursor: Cursor,
    skip: u64,
    found: Vec<u64>,
    most: usize,
}

/// A found resource, and those found below it.
type Head = (Slot, Vec<Slot>);

/// Where the search is.
#[derive(Debug)]
enum Cursor {
    /// Resources with one of the labels, in the order of their creation: which label, and the
    /// number of the last one looked at.
    Labels(usize, u64),
    /// In the tree, parents before children: number of the last one looked at.
    Tree(u64),
}

impl Walk {
    pub(super) fn new(
        cse: &Cse,
        caller: &Caller<'_>,
        slot: Slot,
        rcn: ResultContent,
        request: &Request,
    ) -> Result<Walk, Failure> {
        let criteria = request.filter_criteria.clone().unwrap_or_default();
        let unsupported = criteria.labels_query.is_some()
            || !criteria.semantics_filters.is_empty()
            || criteria.content_filter_query.is_some()
            || criteria.geometry.is_some()
            || criteria.advanced_query.is_some()
            || criteria.apply_relative_path.is_some();
        if unsupported {
            let text = "parameter fc: a criterion that is not supported";
            return Err(Failure::new(Status::NotImplemented, text));
        }
        let Some(node) = cse.store.get(slot) else { return Err(Failure::NOT_FOUND) };
        let discovers = criteria.filter_usage == Some(FilterUsage::DiscoveryCriteria);
        let all = criteria.filter_operation.is_none_or(|fo| fo == FilterOperation::And);
        // The label index pays unless the target has fewer children than one would look at there.
        let few = cse
            .store
            .branch(slot)
            .is_some_and(|branch| branch.children.count == 0 && branch.instances.count < 64);
        let by_label = all && !criteria.labels.is_empty() && !few;
        let limit = cse.config.limits.results;
        let lim = criteria.limit.and_then(|lim| usize::try_from(lim).ok()).unwrap_or(limit);
        Ok(Walk {
            originator: caller.originator.to_owned(),
            session: caller.session,
            release: caller.release,
            target: node.number,
            cursor: if by_label { Cursor::Labels(0, 0) } else { Cursor::Tree(node.number) },
            // `ofst` counts from 1.
            skip: criteria.offset.map_or(0, |offset| offset.saturating_sub(1)),
            unstructured: request.desired_identifier_result_type == Some(IdType::Unstructured),
            needed: if discovers { access::DISCOVERY } else { access::RETRIEVE },
            criteria,
            rcn,
            found: Vec::new(),
            most: lim.min(limit),
        })
    }
}

impl Cse {
    /// Goes on with the searches that wait.
    pub(super) fn walk(&mut self, budget: &mut usize) {
        while *budget > 0 {
            let Some((id, request, mut walk)) = self.walks.pop_front() else { return };
            match self.advance(&mut walk, budget) {
                Some(content) => self.respond(id, request, Status::Ok, Some(content)),
                None => self.walks.push_back((id, request, walk)),
            }
        }
    }

    /// One step of a search; its content when it is done. A target that is deleted meanwhile has
    /// nothing below it.
    pub(super) fn advance(&self, walk: &mut Walk, budget: &mut usize) -> Option<Content> {
        let Some(target) = self.store.attached(walk.target) else {
            return Some(self.write_result(walk));
        };
        while walk.found.len() < walk.most {
            if *budget == 0 {
                return None;
            }
            *budget -= 1;
            let Some(slot) = self.step(walk, target) else { break };
            let Some(slot) = slot else { continue };
            if !self.meets(slot, &walk.criteria) {
                continue;
            }
            let caller = Caller {
                originator: &walk.originator,
                session: walk.session,
                wall: self.wall(),
                release: walk.release,
                attributes: &[],
                confirmed: None,
            };
            let granted = self.permissions(&caller, slot, None);
            let wanted = walk.criteria.operations.unwrap_or(0);
            if granted & walk.needed == 0 || wanted & !u64::from(granted) != 0 {
                continue;
            }
            if walk.skip > 0 {
                walk.skip -= 1;
            } else if let Some(node) = self.store.get(slot) {
                walk.found.push(node.number);
            }
        }
        Some(self.write_result(walk))
    }

    /// The next resource to look at: outer `None` at the end, inner `None` if there was nothing to
    /// look at in this step.
    fn step(&self, walk: &mut Walk, target: Slot) -> Option<Option<Slot>> {
        let level = walk.criteria.level.unwrap_or(u64::MAX);
        match &mut walk.cursor {
            Cursor::Labels(which, after) => {
                let label = walk.criteria.labels.get(*which)?;
                let Some((number, slot)) = self.store.next_labelled(label, *after) else {
                    (*which, *after) = (*which + 1, 0);
                    return Some(None);
                };
                *after = number;
                // Found under an earlier label already.
                let node = self.store.get(slot)?;
                let earlier = walk.criteria.labels.iter().take(*which);
                let again = earlier.into_iter().any(|label| has_label(node, label));
                let near = self.levels_below(slot, target).is_some_and(|n| n > 0 && n <= level);
                let there = near && !again && self.store.is_attached(slot);
                Some(there.then_some(slot))
            }
            Cursor::Tree(last) => {
                // The last one may have been deleted between two steps; its surroundings are
                // not known then, and the search ends with what it has.
                let at = self.store.attached(*last)?;
                let deep = self.levels_below(at, target)? >= level;
                let next = self.following(at, target, deep)?;
                *last = self.store.get(next)?.number;
                Some(Some(next))
            }
        }
    }

    /// How many levels `slot` is below `target`; `None` if it is not.
    fn levels_below(&self, slot: Slot, target: Slot) -> Option<u64> {
        let (mut at, mut levels) = (slot, 0);
        while at != target {
            at = self.store.get(at)?.parent;
            levels += 1;
        }
        Some(levels)
    }

    /// The resource behind `at` in the subtree of `root`, parents first, then children, then
    /// instances. `deep`: not below `at`.
    fn following(&self, at: Slot, root: Slot, deep: bool) -> Option<Slot> {
        if !deep && let Some(branch) = self.store.branch(at) {
            let first = [branch.children.first, branch.instances.first];
            if let Some(child) = first.into_iter().find(|slot| *slot != NONE) {
                return Some(child);
            }
        }
        let mut at = at;
        while at != root {
            let node = self.store.get(at)?;
            if node.next != NONE {
                return Some(node.next);
            }
            if !node.resource_type().is_instance() {
                let instances = self.store.branch(node.parent)?.instances.first;
                if instances != NONE {
                    return Some(instances);
                }
            }
            at = node.parent;
        }
        None
    }

    /// Whether a resource meets the conditions of filter criteria, combined as they say.
    fn meets(&self, slot: Slot, fc: &FilterCriteria) -> bool {
        let Some(node) = self.store.get(slot) else { return false };
        let mut results = Vec::new();
        let mut condition = |asked: bool, holds: &dyn Fn() -> bool| {
            if asked {
                results.push(holds());
            }
        };
        let millis = |t: &Option<Timestamp>| t.map_or(0, |t| t.unix_time().as_millis());
        let parent = self.store.get(node.parent);
        condition(fc.created_before.is_some(), &|| node.created < millis(&fc.created_before));
        condition(fc.created_after.is_some(), &|| node.created > millis(&fc.created_after));
        condition(fc.modified_since.is_some(), &|| node.modified > millis(&fc.modified_since));
        condition(fc.unmodified_since.is_some(), &|| node.modified < millis(&fc.unmodified_since));
        let state_tag = u64::from(node.state_tag);
        let smaller = fc.state_tag_smaller;
        condition(smaller.is_some(), &|| smaller.is_some_and(|n| state_tag < n));
        let bigger = fc.state_tag_bigger;
        condition(bigger.is_some(), &|| bigger.is_some_and(|n| state_tag > n));
        let expires = self.store.expiration(slot);
        condition(fc.expire_before.is_some(), &|| {
            expires != 0 && expires < millis(&fc.expire_before)
        });
        condition(fc.expire_after.is_some(), &|| {
            expires == 0 || expires > millis(&fc.expire_after)
        });
        condition(!fc.labels.is_empty(), &|| fc.labels.iter().any(|l| has_label(node, l)));
        condition(!fc.parent_labels.is_empty(), &|| {
            parent.is_some_and(|p| fc.parent_labels.iter().any(|l| has_label(p, l)))
        });
        let ty = u32::from(node.type_number());
        condition(!fc.resource_types.is_empty(), &|| {
            fc.resource_types.iter().any(|t| t.number() == ty)
        });
        condition(!fc.parent_resource_types.is_empty(), &|| {
            parent.is_some_and(|p| fc.parent_resource_types.contains(&p.resource_type()))
        });
        let size = node.resource_type().is_instance().then_some(u64::from(node.size));
        let above = fc.size_above;
        condition(above.is_some(), &|| size.zip(above).is_some_and(|(s, n)| s >= n));
        let below = fc.size_below;
        condition(below.is_some(), &|| size.zip(below).is_some_and(|(s, n)| s < n));
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
            condition(true, &|| self.has_attribute(node.parent, wanted));
        }
        let any_child = |test: &dyn Fn(Slot, &Node) -> bool| {
            let lists = node.branch.as_deref().map(|b| [b.children.first, b.instances.first]);
            lists.into_iter().flatten().any(|first| {
                let first = self.store.get(first).map(|node| (first, node));
                let after =
                    |(_, node): &(Slot, &Node)| Some((node.next, self.store.get(node.next)?));
                // Bounded: who has more children than a step allows is judged by the first.
                core::iter::successors(first, |at| after(at))
                    .take(self.config.limits.step)
                    .any(|(slot, node)| test(slot, node))
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

    /// The address of a resource as the search shall give it.
    fn write_reference(&self, walk: &Walk, slot: Slot, out: &mut String) {
        out.push('"');
        if walk.unstructured {
            self.store.write_id(slot, out);
        } else {
            self.store.write_path(slot, out);
        }
        out.push('"');
    }

    fn write_result(&self, walk: &Walk) -> Content {
        let slots: Vec<Slot> = walk.found.iter().filter_map(|n| self.store.attached(*n)).collect();
        let mut out = String::new();
        match walk.rcn {
            ResultContent::DiscoveryResultReferences => {
                out.push_str("{\"m2m:uril\":[");
                for (at, slot) in slots.iter().enumerate() {
                    separate(&mut out, at);
                    self.write_reference(walk, *slot, &mut out);
                }
                out.push_str("]}");
            }
            ResultContent::ChildResourceReferences => {
                out.push_str("{\"m2m:rrl\":{\"rrf\":");
                self.write_references(walk, &slots, &mut out);
                out.push_str("}}");
            }
            rcn => {
                let Some(target) = self.store.attached(walk.target) else {
                    return Content::trusted("{}".into());
                };
                out.push_str("{\"");
                out.push_str(self.member_name(target));
                out.push_str("\":{");
                if rcn != ResultContent::ChildResources {
                    self.write_attributes(target, &mut out);
                }
                if rcn == ResultContent::AttributesAndChildResourceReferences {
                    out.push_str(",\"ch\":");
                    self.write_references(walk, &slots, &mut out);
                } else {
                    self.write_children(target, &slots, &mut out);
                }
                out.push_str("}}");
            }
        }
        Content::trusted(out)
    }

    fn write_references(&self, walk: &Walk, slots: &[Slot], out: &mut String) {
        out.push('[');
        for (at, slot) in slots.iter().enumerate() {
            separate(out, at);
            out.push_str("{\"nm\":");
            write_string(out, &self.store.name(*slot));
            out.push_str(",\"typ\":");
            let ty = self.store.get(*slot).map_or(0, Node::type_number);
            write_u64(out, u64::from(ty));
            out.push_str(",\"val\":");
            self.write_reference(walk, *slot, out);
            out.push('}');
        }
        out.push(']');
    }

    /// Writes those of `slots` that are below `parent`, each under the nearest one above it that
    /// is among them, those of one kind in a list. The recursion is as deep as the tree at most,
    /// which has a limit.
    fn write_children(&self, parent: Slot, slots: &[Slot], out: &mut String) {
        let mut groups: Vec<(&str, Vec<Head>)> = Vec::new();
        // Parents come before their children, so one pass finds the heads. A search by label may
        // have another order: heads are those without an ancestor among the others.
        let mut heads: Vec<Head> = Vec::new();
        let mut ordered: Vec<Slot> = slots.to_vec();
        ordered.sort_by_key(|slot| self.store.get(*slot).map_or(0, |node| node.number));
        for slot in ordered.iter().filter(|slot| self.store.is_below(**slot, parent)) {
            let mut at = self.store.get(*slot).map_or(NONE, |node| node.parent);
            let mut head = None;
            while at != parent && at != NONE {
                head = heads.iter().position(|(own, _)| *own == at).or(head);
                at = self.store.get(at).map_or(NONE, |node| node.parent);
            }
            match head.and_then(|head| heads.get_mut(head)) {
                Some((_, below)) => below.push(*slot),
                None => heads.push((*slot, Vec::new())),
            }
        }
        for head in heads {
            let name = self.member_name(head.0);
            match groups.iter_mut().find(|(own, _)| *own == name) {
                Some((_, members)) => members.push(head),
                None => groups.push((name, [head].into())),
            }
        }
        for (name, members) in groups {
            crate::json::write_member_name(out, name);
            out.push('[');
            for (at, (slot, below)) in members.iter().enumerate() {
                separate(out, at);
                out.push('{');
                self.write_attributes(*slot, out);
                self.write_children(*slot, below, out);
                out.push('}');
            }
            out.push(']');
        }
    }
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

fn has_label(node: &Node, label: &str) -> bool {
    let labels = node.attribute("lbl").into_iter().flat_map(Raw::elements);
    labels.into_iter().any(|own| own.is_text(label))
}
