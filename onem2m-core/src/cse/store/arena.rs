//! Places for nodes, in pages: growing never moves a node nor needs twice the memory for a while.

use super::node::{Flags, NONE, Node, Slot};
use alloc::vec::Vec;

const PAGE: usize = 1024;

#[derive(Debug)]
pub(super) struct Arena {
    pages: Vec<Vec<Node>>,
    /// Free places, chained through `next`.
    free: Slot,
    len: u32,
}

impl Arena {
    pub(super) const fn new() -> Arena {
        Arena { pages: Vec::new(), free: NONE, len: 0 }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// Places there are, free ones included.
    pub(super) fn places(&self) -> Slot {
        let full = self.pages.len().saturating_sub(1).saturating_mul(PAGE);
        let all = full.saturating_add(self.pages.last().map_or(0, Vec::len));
        u32::try_from(all).unwrap_or(NONE)
    }

    #[allow(clippy::cast_possible_truncation, reason = "usize has 32 bits at least here")]
    const fn place(slot: Slot) -> (usize, usize) {
        (slot as usize / PAGE, slot as usize % PAGE)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Node> {
        let (page, at) = Arena::place(slot);
        self.pages.get(page)?.get(at).filter(|node| !node.flags.has(Flags::FREE))
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        let (page, at) = Arena::place(slot);
        self.pages.get_mut(page)?.get_mut(at).filter(|node| !node.flags.has(Flags::FREE))
    }

    /// Takes a node in. `None` if memory or numbers run out.
    pub(super) fn insert(&mut self, node: Node) -> Option<Slot> {
        let (page, at) = Arena::place(self.free);
        if let Some(place) = self.pages.get_mut(page).and_then(|page| page.get_mut(at)) {
            let slot = core::mem::replace(&mut self.free, place.next);
            *place = node;
            self.len += 1;
            return Some(slot);
        }
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            let mut page = Vec::new();
            page.try_reserve_exact(PAGE).ok()?;
            self.pages.try_reserve(1).ok()?;
            self.pages.push(page);
        }
        let full = (self.pages.len() - 1).checked_mul(PAGE)?;
        let page = self.pages.last_mut()?;
        let slot =
            u32::try_from(full.checked_add(page.len())?).ok().filter(|slot| *slot != NONE)?;
        page.push(node);
        self.len += 1;
        Some(slot)
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<Node> {
        let free = self.free;
        let place = self.get_mut(slot)?;
        let mut hole = Node::new(crate::ResourceType::ContentInstance, 0, "".into());
        hole.flags = Flags::FREE;
        hole.next = free;
        let node = core::mem::replace(place, hole);
        self.free = slot;
        self.len -= 1;
        Some(node)
    }
}
