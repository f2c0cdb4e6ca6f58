//! The lists of paths that composite operations read.

use alloc::vec::Vec;
use coap_core::{Code, ContentFormat};
use m2m_base::container::{Reserve, Reserved};

use crate::Path;
use crate::client::store::Store;

/// Whose list it is: an observation, by its number, or the Read-Composite that was served last.
pub(in crate::client) const LAST_READ: u16 = 0;

/// All lists, in one table of fixed capacity. Of a list, no path is below another.
#[derive(Debug)]
pub(in crate::client) struct Lists {
    /// Sorted; for each, a path.
    owners: Vec<u16>,
    /// Those of one owner in the order of the tree.
    paths: Vec<Path>,
    capacity: usize,
    /// Whose the list that was read last is, and in which format it was answered: so that further
    /// blocks of the answer can be asked for without the list (RFC 7959 section 2.7).
    pub(in crate::client) last: Option<(u8, ContentFormat)>,
}

impl Lists {
    #[inline(always)]
    pub(in crate::client) const fn empty() -> Lists {
        Lists { owners: Vec::new(), paths: Vec::new(), capacity: 0, last: None }
    }

    pub(in crate::client) fn reserve(&mut self, capacity: u16, reservation: &mut impl Reserve) {
        self.capacity = capacity.into();
        reservation.room(&mut self.owners, self.capacity);
        reservation.room(&mut self.paths, self.capacity);
    }

    /// Adds a path to a list. False if the table is full.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub(in crate::client) fn add(&mut self, owner: u16, path: Path) -> bool {
        let mut at = self.first(owner);
        while let Some(listed) = self.at(owner, at) {
            if path.starts_with(listed) {
                return true;
            }
            if listed.starts_with(path) {
                self.remove(at);
            } else if listed < path {
                at = at.saturating_add(1);
            } else {
                break;
            }
        }
        if self.owners.len() >= self.capacity && owner != LAST_READ {
            // That list is the first.
            let before = self.owners.len();
            self.forget(LAST_READ);
            at = at.saturating_sub(before.saturating_sub(self.owners.len()));
        }
        self.owners.len() < self.capacity
            && self.owners.insert_reserved(at, owner)
            && self.paths.insert_reserved(at, path)
    }

    /// The path at a place, if it is of this list.
    fn at(&self, owner: u16, at: usize) -> Option<Path> {
        self.owners.get(at).filter(|other| **other == owner)?;
        self.paths.get(at).copied()
    }

    fn remove(&mut self, at: usize) {
        self.owners.remove(at);
        self.paths.remove(at);
    }

    /// Forgets a list.
    pub(in crate::client) fn forget(&mut self, owner: u16) {
        if owner == LAST_READ {
            self.last = None;
        }
        let first = self.first(owner);
        while self.at(owner, first).is_some() {
            self.remove(first);
        }
    }

    /// Where the list of an owner begins, or would.
    fn first(&self, owner: u16) -> usize {
        self.owners.iter().filter(|other| **other < owner).count()
    }

    /// The paths of a list, in the order of the tree.
    pub(in crate::client) fn paths(&self, owner: u16) -> &[Path] {
        let from = self.first(owner);
        let owners = self.owners.get(from..).unwrap_or(&[]);
        let len = owners.iter().take_while(|other| **other == owner).count();
        self.paths.get(from..from.saturating_add(len)).unwrap_or(&[])
    }

    /// Something of the list can be read. If not, the answer is that of the path which is nearest
    /// to it: 4.01 before 4.05 before 4.04.
    pub(in crate::client) fn check(
        &self,
        owner: u16,
        store: &Store,
        reader: Option<u16>,
    ) -> Result<(), Code> {
        let mut worst = Code::NOT_FOUND;
        for path in self.paths(owner) {
            match store.check_listed(*path, reader) {
                Ok(()) => return Ok(()),
                Err(Code::UNAUTHORIZED) => worst = Code::UNAUTHORIZED,
                Err(code) if worst == Code::NOT_FOUND => worst = code,
                Err(_) => {}
            }
        }
        Err(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use m2m_base::container::Reservation;

    #[test]
    fn a_list_is_sorted_and_nothing_in_it_comes_twice() {
        let path = |text: &str| Path::parse(text).unwrap();
        let mut lists = Lists::empty();
        lists.reserve(5, &mut Reservation::new());
        for at in ["/3/0/9", "/1/0/1", "/3/0/9", "/1/0"] {
            assert!(lists.add(7, path(at)));
        }
        assert!(lists.add(LAST_READ, path("/5")));
        assert!(lists.add(9, Path::ROOT));
        let of = |lists: &Lists, owner| lists.paths(owner).to_vec();
        assert_eq!(of(&lists, 7), [path("/1/0"), path("/3/0/9")]);
        assert_eq!(of(&lists, 9), [Path::ROOT]);
        assert!(lists.add(8, path("/4")));
        assert!(lists.add(8, path("/6")), "the list of a read makes room");
        assert_eq!(of(&lists, LAST_READ), []);
        assert!(!lists.add(8, path("/7")));
        lists.forget(8);
        assert_eq!(of(&lists, 7).len() + of(&lists, 8).len() + of(&lists, 9).len(), 3);
    }
}
