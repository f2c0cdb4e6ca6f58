//! The resource tree.

mod arena;
mod interned;
mod node;

use crate::ResourceType;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use m2m_base::Instant;
use m2m_base::container::{Deadlines, GrowingIndex, Index};

pub(crate) use interned::Interned;
pub(crate) use node::{Branch, Flags, Millis, NONE, Node, Role, Slot};

use arena::Arena;

/// First letter of identifiers that are made from numbers. AE-IDs have upper-case letters there.
const ID_LETTER: u8 = b'r';

/// The resource tree with its indexes.
#[derive(Debug)]
pub(crate) struct Store {
    arena: Arena,
    /// By number.
    numbers: GrowingIndex,
    /// By parent and chosen name.
    names: GrowingIndex,
    /// Identifiers that are not made from numbers.
    own_ids: BTreeMap<Box<str>, Slot>,
    labels: Interned,
    labelled: BTreeMap<(u32, u64), Slot>,
    pub(crate) owners: Interned,
    /// When resources expire and instances become too old, in wall-clock milliseconds.
    deadlines: Deadlines,
    secret: u64,
    last_number: u64,
    /// Subtrees that are gone and not yet taken apart.
    detached: u32,
    /// How many nodes were removed since the start: cursors look at it.
    pub(crate) removals: u64,
}

impl Store {
    pub(crate) fn new(secret: u64) -> Store {
        Store {
            arena: Arena::new(),
            numbers: GrowingIndex::new(),
            names: GrowingIndex::new(),
            own_ids: BTreeMap::new(),
            labels: Interned::new(),
            labelled: BTreeMap::new(),
            owners: Interned::new(),
            deadlines: Deadlines::growing(),
            secret,
            last_number: 0,
            detached: 0,
            removals: 0,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.arena.len()
    }

    pub(crate) fn last_number(&self) -> u64 {
        self.last_number
    }

    pub(crate) fn skip_numbers(&mut self, to: u64) {
        self.last_number = self.last_number.max(to);
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&Node> {
        self.arena.get(slot)
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        self.arena.get_mut(slot)
    }

    /// Every resource that can have children.
    pub(crate) fn branches(&self) -> impl Iterator<Item = Slot> {
        (0..self.arena.places()).filter(|slot| self.branch(*slot).is_some())
    }

    pub(crate) fn branch(&self, slot: Slot) -> Option<&Branch> {
        self.get(slot)?.branch.as_deref()
    }

    pub(crate) fn branch_mut(&mut self, slot: Slot) -> Option<&mut Branch> {
        self.get_mut(slot)?.branch.as_deref_mut()
    }

    fn number_hash(&self, number: u64) -> u64 {
        Index::mix(self.secret, number)
    }

    fn name_hash(&self, parent: Slot, name: &str) -> u64 {
        Index::mix_bytes(Index::mix(self.secret, u64::from(parent)), name.as_bytes())
    }

    /// The node of that number, attached or not.
    pub(crate) fn by_number(&self, number: u64) -> Option<Slot> {
        self.numbers.find(self.number_hash(number), |slot| {
            self.get(slot).is_some_and(|node| node.number == number)
        })
    }

    /// The node of that number, if it is part of the tree.
    pub(crate) fn attached(&self, number: u64) -> Option<Slot> {
        self.by_number(number).filter(|slot| self.is_attached(*slot))
    }

    /// The resource with this identifier, in its unstructured form without a CSE in front.
    pub(crate) fn by_id(&self, id: &str) -> Option<Slot> {
        let slot = match self.own_ids.get(id) {
            Some(slot) => *slot,
            None => self
                .by_number(number_of(id)?)
                .filter(|slot| self.get(*slot).is_some_and(|n| !n.flags.has(Flags::OWN_ID)))?,
        };
        self.is_attached(slot).then_some(slot)
    }

    /// False below a resource that was deleted.
    pub(crate) fn is_attached(&self, slot: Slot) -> bool {
        if self.detached == 0 {
            return true;
        }
        let mut at = slot;
        while let Some(node) = self.get(at) {
            if node.flags.has(Flags::DETACHED) {
                return false;
            }
            at = node.parent;
        }
        true
    }

    /// The child of that name.
    pub(crate) fn child(&self, parent: Slot, name: &str) -> Option<Slot> {
        let chosen = self.names.find(self.name_hash(parent, name), |slot| {
            self.get(slot)
                .is_some_and(|node| node.parent == parent && node.chosen_name() == Some(name))
        });
        chosen.or_else(|| {
            // A resource without a chosen name has its identifier for a name.
            let slot = self.by_id(name)?;
            let node = self.get(slot)?;
            (node.parent == parent && !node.flags.has(Flags::NAMED)).then_some(slot)
        })
    }

    /// Writes the identifier of a resource.
    pub(crate) fn write_id(&self, slot: Slot, out: &mut String) {
        let Some(node) = self.get(slot) else { return };
        if node.flags.has(Flags::OWN_ID) {
            // Kept under the member that defines it, see `own_id`.
            out.push_str(own_id(node));
        } else {
            write_number_id(node.number, out);
        }
    }

    /// The identifier of a resource.
    pub(crate) fn id(&self, slot: Slot) -> String {
        let mut id = String::new();
        self.write_id(slot, &mut id);
        id
    }

    /// The name of a resource.
    pub(crate) fn name(&self, slot: Slot) -> String {
        let chosen = self.get(slot).and_then(Node::chosen_name).map(String::from);
        chosen.unwrap_or_else(|| self.id(slot))
    }

    /// Writes the structured address, from the name of the CSEBase down.
    pub(crate) fn write_path(&self, slot: Slot, out: &mut String) {
        let mut names = alloc::vec::Vec::new();
        let mut at = slot;
        while let Some(node) = self.get(at) {
            names.push(at);
            at = node.parent;
        }
        for (index, slot) in names.iter().rev().enumerate() {
            if index > 0 {
                out.push('/');
            }
            match self.get(*slot).and_then(Node::chosen_name) {
                Some(name) => out.push_str(name),
                None => self.write_id(*slot, out),
            }
        }
    }

    /// Levels above the resource.
    pub(crate) fn depth(&self, slot: Slot) -> usize {
        core::iter::successors(self.get(slot), |node| self.get(node.parent)).count()
    }

    /// True if `slot` is below `ancestor`.
    pub(crate) fn is_below(&self, slot: Slot, ancestor: Slot) -> bool {
        let mut at = self.get(slot).map_or(NONE, |node| node.parent);
        while let Some(node) = self.get(at) {
            if at == ancestor {
                return true;
            }
            at = node.parent;
        }
        false
    }

    /// Takes a node into the tree as the last of its parent's children. `None` if memory or
    /// numbers ran out; nothing is changed then.
    pub(crate) fn insert(&mut self, parent: Slot, node: Node) -> Option<Slot> {
        let (number, instance) = (node.number, node.resource_type().is_instance());
        let (flags, size) = (node.flags, node.size);
        let slot = self.arena.insert(node)?;
        let hash = self.number_hash(number);
        if !self.numbers.insert(hash, slot) {
            self.arena.remove(slot);
            return None;
        }
        self.last_number = self.last_number.max(number);
        let mut last = NONE;
        if let Some(branch) = self.branch_mut(parent) {
            let list = if instance { &mut branch.instances } else { &mut branch.children };
            last = core::mem::replace(&mut list.last, slot);
            if last == NONE {
                list.first = slot;
            }
            list.count += 1;
            if instance {
                branch.bytes += u64::from(size);
            }
        }
        if let Some(previous) = self.get_mut(last) {
            previous.next = slot;
        }
        if let Some(node) = self.get_mut(slot) {
            (node.parent, node.previous, node.next) = (parent, last, NONE);
        }
        if flags.has(Flags::NAMED) {
            let name =
                self.get(slot).and_then(Node::chosen_name).map(|n| self.name_hash(parent, n));
            if let Some(hash) = name {
                let _ = self.names.insert(hash, slot);
            }
        }
        if flags.has(Flags::OWN_ID) {
            let id = self.get(slot).map(|node| Box::from(own_id(node)));
            id.map(|id: Box<str>| self.own_ids.insert(id, slot));
        }
        self.index_labels(slot);
        Some(slot)
    }

    /// Takes a resource out of its parent's list and makes everything below it unreachable.
    pub(crate) fn detach(&mut self, slot: Slot) {
        let Some(node) = self.get(slot) else { return };
        if node.flags.has(Flags::DETACHED) {
            return;
        }
        self.unname(slot);
        self.unlink(slot);
        self.deadlines.clear(slot);
        if let Some(node) = self.get_mut(slot) {
            node.flags = node.flags.with(Flags::DETACHED);
            (node.previous, node.next) = (NONE, NONE);
        }
        self.detached += 1;
    }

    /// Takes a resource out of the list of its siblings.
    fn unlink(&mut self, slot: Slot) {
        let Some(node) = self.get(slot) else { return };
        let (parent, previous, next, size) = (node.parent, node.previous, node.next, node.size);
        let instance = node.resource_type().is_instance();
        if let Some(node) = self.get_mut(previous) {
            node.next = next;
        }
        if let Some(node) = self.get_mut(next) {
            node.previous = previous;
        }
        let Some(branch) = self.branch_mut(parent) else { return };
        let list = if instance { &mut branch.instances } else { &mut branch.children };
        if list.first == slot {
            list.first = next;
        }
        if list.last == slot {
            list.last = previous;
        }
        list.count = list.count.saturating_sub(1);
        if instance {
            branch.bytes = branch.bytes.saturating_sub(u64::from(size));
        }
    }

    /// Takes the name and the identifier of a resource out of the indexes.
    fn unname(&mut self, slot: Slot) {
        let Some(node) = self.get(slot) else { return };
        let name = node.chosen_name().map(|name| self.name_hash(node.parent, name));
        let id: Option<Box<str>> = node.flags.has(Flags::OWN_ID).then(|| own_id(node).into());
        if let Some(hash) = name {
            self.names.remove(hash, slot);
        }
        if let Some(id) = id.filter(|id| self.own_ids.get(id) == Some(&slot)) {
            self.own_ids.remove(&id);
        }
    }

    /// Frees one node of a detached subtree, a leaf. Its parent may become a leaf by that.
    pub(crate) fn free(&mut self, slot: Slot) -> Option<Node> {
        self.unindex_labels(slot);
        self.deadlines.clear(slot);
        let node = self.get(slot)?;
        let detached = node.flags.has(Flags::DETACHED);
        let hash = self.number_hash(node.number);
        self.numbers.remove(hash, slot);
        if detached {
            self.detached = self.detached.saturating_sub(1);
        } else {
            self.unname(slot);
            self.unlink(slot);
        }
        self.removals += 1;
        let node = self.arena.remove(slot)?;
        self.owners.release(node.owner);
        Some(node)
    }

    /// A leaf of the subtree of `slot`: children first, then instances, down to the bottom, so that
    /// a subscription goes while the resource above it is whole. Bounded by the depth of the tree.
    pub(crate) fn leaf(&self, slot: Slot) -> Slot {
        let mut at = slot;
        loop {
            let Some(branch) = self.branch(at) else { return at };
            at = match (branch.children.first, branch.instances.first) {
                (NONE, NONE) => return at,
                (NONE, instance) => instance,
                (child, _) => child,
            };
        }
    }

    /// Replaces the attributes that are kept as text.
    pub(crate) fn set_text(&mut self, slot: Slot, text: Box<str>) {
        self.unindex_labels(slot);
        if let Some(node) = self.get_mut(slot) {
            node.text = text;
        }
        self.index_labels(slot);
    }

    fn index_labels(&mut self, slot: Slot) {
        let Some(node) = self.arena.get(slot) else { return };
        let Some(labels) = node.attribute("lbl") else { return };
        let number = node.number;
        for label in labels.elements() {
            if let Some(text) = label.as_text() {
                let label = self.labels.take(&text);
                if self.labelled.insert((label, number), slot).is_some() {
                    self.labels.release(label);
                }
            }
        }
        if let Some(node) = self.get_mut(slot) {
            node.flags = node.flags.with(Flags::LABELLED);
        }
    }

    fn unindex_labels(&mut self, slot: Slot) {
        let Some(node) = self.arena.get(slot).filter(|n| n.flags.has(Flags::LABELLED)) else {
            return;
        };
        let number = node.number;
        for label in node.attribute("lbl").into_iter().flat_map(|labels| labels.elements()) {
            let Some(label) = label.as_text().and_then(|text| self.labels.find(&text)) else {
                continue;
            };
            if self.labelled.remove(&(label, number)).is_some() {
                self.labels.release(label);
            }
        }
        if let Some(node) = self.get_mut(slot) {
            node.flags = node.flags.without(Flags::LABELLED);
        }
    }

    /// The next resource with that label whose number is larger than `after`.
    pub(crate) fn next_labelled(&self, label: &str, after: u64) -> Option<(u64, Slot)> {
        let label = self.labels.find(label)?;
        let from = (label, after.checked_add(1)?);
        let ((_, number), slot) = self.labelled.range(from..=(label, u64::MAX)).next()?;
        Some((*number, *slot))
    }

    /// Sets, moves or (0) clears the deadline of a resource.
    pub(crate) fn set_deadline(&mut self, slot: Slot, at: Millis) {
        match u64::try_from(at) {
            Ok(at) if at > 0 => {
                self.deadlines.set(slot, Instant::from_millis(at));
            }
            _ => self.deadlines.clear(slot),
        }
    }

    pub(crate) fn first_deadline(&self) -> Option<Millis> {
        self.deadlines.first().and_then(|(at, _)| i64::try_from(at.as_millis()).ok())
    }

    /// A resource whose deadline has passed.
    pub(crate) fn pop_due(&mut self, wall: Millis) -> Option<Slot> {
        let wall = Instant::from_millis(u64::try_from(wall).ok()?);
        self.deadlines.pop_due(wall)
    }

    /// When a resource expires: its own time, or that of the next one above that has one; 0 if
    /// none has.
    pub(crate) fn expiration(&self, slot: Slot) -> Millis {
        let mut at = slot;
        while let Some(node) = self.get(at) {
            if node.expires != 0 {
                return node.expires;
            }
            at = node.parent;
        }
        0
    }
}

/// The identifier of a node that has [`Flags::OWN_ID`]: the AE-ID of an AE, the CSE-ID without its
/// slash of a remoteCSE and of the CSEBase. Those have no escapes.
fn own_id(node: &Node) -> &str {
    let member = match node.resource_type() {
        ResourceType::Ae | ResourceType::AeAnnc => "aei",
        _ => "csi",
    };
    let text = node.attribute(member).map_or("", |value| value.as_str());
    let text = text.trim_matches('"');
    text.rsplit('/').next().unwrap_or(text)
}

/// Writes the identifier of a resource by its number: a letter, and the number in base 32.
pub(crate) fn write_number_id(number: u64, out: &mut String) {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijkmnopqrstvwx";
    out.push(char::from(ID_LETTER));
    let significant = (64 - number.leading_zeros()).max(1).div_ceil(5);
    for place in (0..significant).rev() {
        let digit = usize::try_from(number >> (place * 5) & 31).unwrap_or(0);
        out.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
    }
}

/// The number that an identifier was made from.
pub(crate) fn number_of(id: &str) -> Option<u64> {
    const DIGITS: &str = "0123456789abcdefghijkmnopqrstvwx";
    let digits = id.strip_prefix(char::from(ID_LETTER))?;
    if digits.is_empty() || digits.len() > 13 || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    let mut number = 0u64;
    for digit in digits.bytes() {
        let value = DIGITS.bytes().position(|own| own == digit)?;
        number = number.checked_mul(32)?.checked_add(u64::try_from(value).ok()?)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests;
