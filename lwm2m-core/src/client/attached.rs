//! Which server attached which attributes to which path.

use alloc::vec::Vec;
use m2m_base::container::{Reserve, Reserved};

use super::attributes::{Attribute, Attributes, UNSET};
use crate::Path;

/// One attribute. 18 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(2))]
struct Row {
    path: Path,
    server: u8,
    attribute: Attribute,
    value: [u8; 8],
}

impl Row {
    const fn bits(&self) -> u64 {
        u64::from_le_bytes(self.value)
    }
}

/// A table of attributes, in any order: it is as short as a server's wishes are.
#[derive(Debug)]
pub(super) struct Attached {
    rows: Vec<Row>,
    capacity: usize,
}

impl Attached {
    pub(super) fn reserve(&mut self, capacity: u16, reservation: &mut impl Reserve) {
        self.capacity = capacity.into();
        reservation.room(&mut self.rows, self.capacity);
    }

    #[inline(always)]
    pub(super) const fn empty() -> Attached {
        Attached { rows: Vec::new(), capacity: 0 }
    }

    /// Nobody attached anything.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What `server` attached to exactly this path.
    pub(super) fn at(&self, server: u8, path: Path) -> Attributes {
        let mut found = Attributes::NONE;
        for row in &self.rows {
            if { row.path } == path && row.server == server {
                found.set(row.attribute, row.bits());
            }
        }
        found
    }

    /// Something is attached to exactly this path.
    pub(super) fn is_any_at(&self, path: Path) -> bool {
        self.rows.iter().any(|row| { row.path } == path)
    }

    /// The nearest row: of resource instance, resource, object instance, object (Core 5.1.2).
    #[cfg_attr(feature = "small", inline(never))]
    fn nearest(&self, server: u8, path: Path, attribute: Attribute) -> Option<&Row> {
        let mut found: Option<&Row> = None;
        for row in &self.rows {
            let fits = row.attribute == attribute && row.server == server;
            if fits
                && path.starts_with(row.path)
                && found.is_none_or(|found| { found.path }.is_before(row.path))
            {
                found = Some(row);
            }
        }
        found
    }

    /// What holds for `server` at `path` of one attribute: what it attached there, or else above.
    pub(super) fn find(&self, server: u8, path: Path, attribute: Attribute) -> u64 {
        self.nearest(server, path, attribute).map_or(UNSET, Row::bits)
    }

    /// What `server` attached to exactly this path of one attribute.
    pub(super) fn find_at(&self, server: u8, path: Path, attribute: Attribute) -> u64 {
        let row = self.nearest(server, path, attribute);
        row.filter(|row| { row.path } == path).map_or(UNSET, Row::bits)
    }

    /// Makes `all` what `server` attached to exactly this path, which was `before`. False, and no
    /// change, if the table has no room for them.
    #[must_use]
    pub(super) fn replace(
        &mut self,
        server: u8,
        path: Path,
        before: &Attributes,
        all: &Attributes,
    ) -> bool {
        let done = self.put_all(server, path, all);
        if !done {
            self.put_all(server, path, before);
        }
        done
    }

    /// The same, but for the rest of the table; false if not all have room.
    #[cfg_attr(feature = "small", inline(never))]
    fn put_all(&mut self, server: u8, path: Path, all: &Attributes) -> bool {
        self.retain(&|row| { row.path } != path || row.server != server);
        let mut room = true;
        for attribute in Attribute::all() {
            let bits = all.get(attribute);
            if bits != UNSET {
                let row = Row { path, server, attribute, value: bits.to_le_bytes() };
                room &= self.rows.push_reserved(row);
            }
        }
        room
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn retain(&mut self, which: &dyn Fn(&Row) -> bool) {
        let mut at = 0;
        while let Some(row) = self.rows.get(at) {
            if which(row) {
                at = at.wrapping_add(1);
            } else {
                self.rows.swap_remove(at);
            }
        }
    }

    /// The server wants notifications of something below `path`, or of it, to be confirmed.
    pub(super) fn con_at(&self, server: u8, path: Path) -> bool {
        self.rows.iter().any(|row| {
            row.server == server
                && row.attribute == Attribute::CON
                && row.path.starts_with(path)
                && row.value != [0; 8]
        })
    }

    /// What `server` attached.
    #[cfg(feature = "restore")]
    pub(super) fn of(&self, server: u8) -> impl Iterator<Item = (Path, Attribute, [u8; 8])> {
        let rows = self.rows.iter().filter(move |row| row.server == server);
        rows.map(|row| (row.path, row.attribute, row.value))
    }

    /// Attaches one of [`Attached::of`] again. False if the table is full.
    #[cfg(feature = "restore")]
    #[must_use]
    pub(super) fn put(
        &mut self,
        server: u8,
        path: Path,
        attribute: Attribute,
        value: [u8; 8],
    ) -> bool {
        let before = self.at(server, path);
        let mut all = before;
        all.set(attribute, u64::from_le_bytes(value));
        self.replace(server, path, &before, &all)
    }

    /// Forgets what `server` attached.
    pub(super) fn forget_server(&mut self, server: u8) {
        self.retain(&|row| row.server != server);
    }

    /// Forgets what is attached at and below `path`, which is no more.
    pub(super) fn forget_path(&mut self, path: Path) {
        self.retain(&|row| !row.path.starts_with(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataType, Version};
    use m2m_base::container::Reservation;

    fn attach(table: &mut Attached, server: u8, path: Path, query: &str) -> bool {
        let before = table.at(server, path);
        let mut all = before;
        all.apply(query.as_bytes(), Some(DataType::Float), Version::V1_2).unwrap();
        table.replace(server, path, &before, &all)
    }

    #[test]
    fn a_row_is_18_bytes() {
        assert_eq!(size_of::<Row>(), 18);
    }

    #[test]
    fn attributes_belong_to_a_server_and_a_path() {
        let mut table = Attached::empty();
        table.reserve(5, &mut Reservation::new());
        let (object, instance) = (Path::object(3), Path::instance(3, 0));
        let resource = Path::resource(3, 0, 7);
        assert!(attach(&mut table, 0, object, "pmin=10"));
        assert!(attach(&mut table, 0, instance, "pmax=60"));
        assert!(attach(&mut table, 0, resource, "gt=6.5"));
        assert!(attach(&mut table, 0, resource, "pmin=1"));
        assert!(attach(&mut table, 1, resource, "pmin=99"));
        assert!(!attach(&mut table, 1, object, "pmin=99"));
        assert!(attach(&mut table, 0, resource, "pmin=2"), "replaced in place");
        let below = Path::resource_instance(3, 0, 7, 1);
        for (attribute, bits) in [(Attribute::PMIN, 2), (Attribute::PMAX, 60)] {
            assert_eq!(table.find(0, below, attribute), bits);
        }
        assert_eq!(table.find(0, instance, Attribute::PMIN), 10);
        assert_eq!(table.find_at(0, instance, Attribute::PMIN), UNSET);
        assert_eq!(table.find(0, below, Attribute::EPMIN), UNSET);
        assert_eq!(table.find(1, resource, Attribute::PMIN), 99);
        assert_eq!(table.find(1, instance, Attribute::PMIN), UNSET);
        assert!(!attach(&mut table, 0, object, "pmax=1"));
        assert_eq!(table.find(0, object, Attribute::PMIN), 10, "as it was");
        assert!(attach(&mut table, 0, resource, "pmin"));
        assert_eq!(table.find(0, resource, Attribute::PMIN), 10);
        table.forget_path(instance);
        assert_eq!(table.rows.len(), 1);
    }
}
