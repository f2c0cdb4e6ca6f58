//! The lists of paths that composite operations read.

use alloc::vec::Vec;
use coap_core::{Code, ContentFormat};
use m2m_base::container::Reserve;

use crate::client::request::is_secret;
use crate::client::store::{Items, Store};
use crate::format::Item;
use crate::{Level, Path};

/// Whose list it is: an observation, by its number, or the Read-Composite that was served last.
pub(in crate::client) const LAST_READ: u16 = 0;

/// One path of a list. 12 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Row {
    owner: u16,
    path: Path,
}

/// All lists, in one table of fixed capacity. Of a list, no path is below another.
#[derive(Debug)]
pub(in crate::client) struct Lists {
    rows: Vec<Row>,
    capacity: usize,
    /// Whose the list that was read last is, and in which format it was answered: so that further
    /// blocks of the answer can be asked for without the list (RFC 7959 section 2.7).
    pub(in crate::client) last: Option<(u8, ContentFormat)>,
}

impl Lists {
    #[inline(always)]
    pub(in crate::client) const fn empty() -> Lists {
        Lists { rows: Vec::new(), capacity: 0, last: None }
    }

    pub(in crate::client) fn reserve(&mut self, capacity: u16, reservation: &mut impl Reserve) {
        self.capacity = capacity.into();
        reservation.room(&mut self.rows, self.capacity);
    }

    /// Adds a path to a list. False if the table is full.
    #[must_use]
    pub(in crate::client) fn add(&mut self, owner: u16, path: Path) -> bool {
        let covered = |row: &Row| row.owner == owner && path.starts_with(row.path);
        if self.rows.iter().any(covered) {
            return true;
        }
        self.rows.retain(|row| row.owner != owner || !row.path.starts_with(path));
        if self.rows.len() >= self.capacity && owner != LAST_READ {
            self.forget(LAST_READ);
        }
        if self.rows.len() >= self.capacity {
            return false;
        }
        let row = Row { owner, path };
        let at = self.rows.partition_point(|other| *other < row);
        self.rows.insert(at, row);
        true
    }

    /// Forgets a list.
    pub(in crate::client) fn forget(&mut self, owner: u16) {
        if owner == LAST_READ {
            self.last = None;
        }
        self.rows.retain(|row| row.owner != owner);
    }

    /// The paths of a list, in the order of the tree.
    pub(in crate::client) fn paths(
        &self,
        owner: u16,
    ) -> impl Iterator<Item = Path> + Clone + use<'_> {
        let from = self.rows.partition_point(|row| row.owner < owner);
        let rows = self.rows.get(from..).unwrap_or(&[]);
        rows.iter().take_while(move |row| row.owner == owner).map(|row| row.path)
    }

    /// A path of the list is, is below, or is above `path`.
    pub(in crate::client) fn touches(&self, owner: u16, path: Path) -> bool {
        self.paths(owner).any(|listed| listed.starts_with(path) || path.starts_with(listed))
    }

    /// What can be read of a list; by a server, if there is access control.
    pub(in crate::client) fn items<'a>(
        &'a self,
        owner: u16,
        store: &'a Store,
        reader: Option<u16>,
    ) -> ListItems<'a> {
        let from = self.rows.partition_point(|row| row.owner < owner);
        let rows = self.rows.get(from..).unwrap_or(&[]);
        let len = rows.iter().take_while(|row| row.owner == owner).count();
        ListItems { items: store.no_items(reader), rows: rows.get(..len).unwrap_or(&[]) }
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
            match store.check_listed(path, reader) {
                Ok(()) => return Ok(()),
                Err(Code::UNAUTHORIZED) => worst = Code::UNAUTHORIZED,
                Err(code) if worst == Code::NOT_FOUND => worst = code,
                Err(_) => {}
            }
        }
        Err(worst)
    }
}

/// What can be read at the paths of a list, one after the other; or at one path. One type for both,
/// so that there is one of what takes them.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) struct ListItems<'a> {
    items: Items<'a>,
    rows: &'a [Row],
}

impl<'a> From<Items<'a>> for ListItems<'a> {
    fn from(items: Items<'a>) -> Self {
        ListItems { items, rows: &[] }
    }
}

impl<'a> Iterator for ListItems<'a> {
    type Item = Item<'a>;

    #[cfg_attr(feature = "small", inline(never))]
    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(item);
            }
            let (row, rest) = self.rows.split_first()?;
            self.rows = rest;
            let (store, reader) = self.items.seen_by();
            if store.check_listed(row.path, reader).is_ok() {
                self.items = store.items(row.path, reader);
            }
        }
    }
}

impl Store {
    /// A path of a list can be read; the root can, whatever there is.
    fn check_listed(&self, path: Path, reader: Option<u16>) -> Result<(), Code> {
        if path.object_id().is_some_and(is_secret) {
            return Err(Code::UNAUTHORIZED);
        }
        if path.level() == Level::Root {
            return Ok(());
        }
        self.check_readable(path, reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use m2m_base::container::Reservation;

    #[test]
    fn a_row_is_12_bytes() {
        assert_eq!(size_of::<Row>(), 12);
    }

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
        let of = |lists: &Lists, owner| lists.paths(owner).collect::<std::vec::Vec<_>>();
        assert_eq!(of(&lists, 7), [path("/1/0"), path("/3/0/9")]);
        assert_eq!(of(&lists, 9), [Path::ROOT]);
        assert!(lists.touches(7, path("/3")) && !lists.touches(7, path("/3/0/8")));
        assert!(lists.add(8, path("/4")));
        assert!(lists.add(8, path("/6")), "the list of a read makes room");
        assert_eq!(of(&lists, LAST_READ), []);
        assert!(!lists.add(8, path("/7")));
        lists.forget(8);
        assert_eq!(of(&lists, 7).len() + of(&lists, 8).len() + of(&lists, 9).len(), 3);
    }
}
