//! Finding resources below a target: discovery and child resources (TS-0001 clause 10.2.6,
//! TS-0004 clauses 7.3.3.14 and 7.2.3.8).

use super::failure::Failure;
use super::filter::{Filter, has_label};
use super::store::{Millis, NONE, Node, Slot};
use super::{Caller, Cse, RequestId, Session, access};
use crate::enumeration::{
    DesiredIdentifierResultType as IdType, FilterOperation, FilterUsage, ResultContent,
};
use crate::json::{write_string, write_u64};
use crate::primitive::{Content, Request};
use crate::{Operation, ReleaseVersion, ResponseStatusCode as Status};
use alloc::borrow::Cow;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

/// A search that may take several steps.
#[derive(Debug)]
pub(super) struct Walk {
    originator: String,
    session: Session,
    release: ReleaseVersion,
    user: Option<String>,
    /// Number of the target.
    target: u64,
    filter: Filter,
    rcn: ResultContent,
    unstructured: bool,
    /// DISCOVERY or RETRIEVE.
    needed: u8,
    cursor: Cursor,
    skip: u64,
    found: Vec<u64>,
    /// Where relative paths have led.
    led: BTreeSet<u64>,
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
    /// Who searches, with what it said then.
    fn caller(&self, wall: Millis) -> Caller<'_> {
        Caller {
            user: self.user.as_deref(),
            ..Caller::of(&self.originator, self.session, wall, self.release)
        }
    }

    pub(super) fn new(
        cse: &Cse,
        caller: &Caller<'_>,
        slot: Slot,
        rcn: ResultContent,
        request: &Request,
    ) -> Result<Walk, Failure> {
        let criteria = request.filter_criteria.clone().unwrap_or_default();
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
            user: caller.user.map(Into::into),
            target: node.number,
            cursor: if by_label { Cursor::Labels(0, 0) } else { Cursor::Tree(node.number) },
            // `ofst` counts from 1.
            skip: criteria.offset.map_or(0, |offset| offset.saturating_sub(1)),
            unstructured: request.desired_identifier_result_type == Some(IdType::Unstructured),
            needed: if discovers { access::DISCOVERY } else { access::RETRIEVE },
            filter: Filter::new(criteria, cse.config.limits.positions)?,
            rcn,
            found: Vec::new(),
            led: BTreeSet::new(),
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
                Some(content) => self.end_walk(id, request, &walk, content),
                None => self.walks.push_back((id, request, walk)),
            }
        }
    }

    /// Answers with what a search has found; a DELETE takes place now.
    pub(super) fn end_walk(
        &mut self,
        id: RequestId,
        request: Request,
        walk: &Walk,
        content: Content,
    ) {
        let target = self.store.attached(walk.target);
        let status = match (request.operation, target) {
            (Operation::Delete, Some(slot)) => {
                self.remove(slot, &walk.originator);
                Status::Deleted
            }
            (Operation::Delete, None) => {
                return self.fail(id, request, &Failure::NOT_FOUND);
            }
            _ => Status::Ok,
        };
        self.respond(id, request, status, Some(content));
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
            *budget = budget.saturating_sub(1 + walk.filter.extra_cost());
            let Some(slot) = self.step(walk, target) else { break };
            let Some(slot) = slot else { continue };
            let per_child = walk.filter.cost_of_child();
            if per_child > 0
                && let Some(branch) = self.store.branch(slot)
            {
                let children = branch.children.count.saturating_add(branch.instances.count);
                let looked_at = usize::try_from(children).unwrap_or(usize::MAX);
                let looked_at = looked_at.min(self.config.limits.step / per_child);
                *budget = budget.saturating_sub(looked_at.saturating_mul(per_child));
            }
            let caller = walk.caller(self.wall());
            if !self.meets(&caller, slot, &walk.filter) {
                continue;
            }
            let granted = self.permissions(&caller, slot, None);
            let wanted = walk.filter.criteria.operations.unwrap_or(0);
            if granted & walk.needed == 0 || wanted & !u64::from(granted) != 0 {
                continue;
            }
            let Some(slot) = self.relative(walk, &caller, slot) else { continue };
            let relative = walk.filter.criteria.apply_relative_path.is_some();
            let number = self.store.get(slot).map_or(0, |node| node.number);
            if relative && !walk.led.insert(number) {
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

    /// What a found resource stands for: itself, or what the relative path of the criteria leads
    /// to from there, if the originator may see that.
    fn relative(&self, walk: &Walk, caller: &Caller<'_>, slot: Slot) -> Option<Slot> {
        let Some(path) = &walk.filter.criteria.apply_relative_path else { return Some(slot) };
        let slot = self.follow(caller, slot, path)?;
        (self.permissions(caller, slot, None) & walk.needed != 0).then_some(slot)
    }

    /// The next resource to look at: outer `None` at the end, inner `None` if there was nothing to
    /// look at in this step.
    fn step(&self, walk: &mut Walk, target: Slot) -> Option<Option<Slot>> {
        let level = walk.filter.criteria.level.unwrap_or(u64::MAX);
        match &mut walk.cursor {
            Cursor::Labels(which, after) => {
                let label = walk.filter.criteria.labels.get(*which)?;
                let Some((number, slot)) = self.store.next_labelled(label, *after) else {
                    (*which, *after) = (*which + 1, 0);
                    return Some(None);
                };
                *after = number;
                // Found under an earlier label already.
                let node = self.store.get(slot)?;
                let earlier = walk.filter.criteria.labels.iter().take(*which);
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
                out.push_str(&self.member_name(target));
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
        let mut groups: Vec<(Cow<'_, str>, Vec<Head>)> = Vec::new();
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
            crate::json::write_member_name(out, &name);
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
