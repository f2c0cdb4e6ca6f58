//! Which server attached which attributes to which path.

use alloc::vec::Vec;
use coap_core::{Code, OptionValues};
use m2m_base::container::{Reserve, Reserved};

use super::attributes::{Attribute, Change, NotificationAttributes};
use crate::{DataType, Path, Version};

/// One attribute. 18 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(2))]
struct Row {
    path: Path,
    server: u8,
    attribute: Attribute,
    value: [u8; 8],
}

/// A table of attributes, in any order: it is as short as a server's wishes are.
#[derive(Debug)]
pub(crate) struct Attached {
    rows: Vec<Row>,
    capacity: usize,
}

impl Attached {
    pub(crate) fn reserve(&mut self, capacity: u16, reservation: &mut impl Reserve) {
        self.capacity = capacity.into();
        reservation.room(&mut self.rows, self.capacity);
    }

    #[inline(always)]
    pub(crate) const fn empty() -> Attached {
        Attached { rows: Vec::new(), capacity: 0 }
    }

    /// Nobody attached anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What `server` attached to exactly this path.
    pub(crate) fn at(&self, server: u8, path: Path) -> NotificationAttributes {
        let mut found = NotificationAttributes::default();
        self.add(server, path, &mut found);
        found
    }

    /// Adds what `server` attached to exactly this path, where it is not set yet.
    fn add(&self, server: u8, path: Path, found: &mut NotificationAttributes) {
        for row in self.rows.iter().filter(|row| { row.path } == path && row.server == server) {
            found.inherit(row.attribute, u64::from_le_bytes(row.value));
        }
    }

    /// What holds for `server` at this path: what it attached there and above.
    pub(crate) fn effective(&self, server: u8, path: Path) -> NotificationAttributes {
        let mut found = NotificationAttributes::default();
        let mut at = Some(path);
        while let Some(path) = at {
            self.add(server, path, &mut found);
            at = path.parent();
        }
        found
    }

    /// Makes `all` what `server` attached to exactly this path. False, and no change, if the table
    /// has no room for them.
    #[must_use]
    pub(crate) fn replace(&mut self, server: u8, path: Path, all: &NotificationAttributes) -> bool {
        let other = |row: &Row| { row.path } != path || row.server != server;
        let others = self.rows.iter().filter(|row| other(row)).count();
        if others.saturating_add(all.count()) > self.capacity {
            return false;
        }
        self.retain(&other);
        for (attribute, bits) in all.all_bits() {
            self.rows.push_reserved(Row { path, server, attribute, value: bits.to_le_bytes() });
        }
        true
    }

    /// Write-Attributes: what `server`, of this version, attaches to exactly this path, which holds
    /// single values of a type or more.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn change(
        &mut self,
        server: u8,
        path: Path,
        target: Option<DataType>,
        version: Version,
        queries: OptionValues<'_>,
    ) -> Result<(), Code> {
        let mut after = self.at(server, path);
        for query in queries {
            after.apply(change(query, version)?);
        }
        after.check(target).map_err(|_| Code::BAD_REQUEST)?;
        if self.replace(server, path, &after) { Ok(()) } else { Err(Code::INTERNAL_SERVER_ERROR) }
    }

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
    pub(crate) fn con_at(&self, server: u8, path: Path) -> bool {
        self.rows.iter().any(|row| {
            row.server == server
                && row.attribute == Attribute::Con
                && row.path.starts_with(path)
                && row.value != [0; 8]
        })
    }

    /// What `server` attached.
    #[cfg(feature = "restore")]
    pub(crate) fn of(&self, server: u8) -> impl Iterator<Item = (Path, Attribute, [u8; 8])> {
        let rows = self.rows.iter().filter(move |row| row.server == server);
        rows.map(|row| (row.path, row.attribute, row.value))
    }

    /// Attaches one of [`Attached::of`] again. False if the table is full.
    #[cfg(feature = "restore")]
    #[must_use]
    pub(crate) fn put(
        &mut self,
        server: u8,
        path: Path,
        attribute: Attribute,
        value: [u8; 8],
    ) -> bool {
        let mut all = self.at(server, path);
        let value = Some(attribute.setting(u64::from_le_bytes(value)));
        all.apply(Change { attribute, value });
        self.replace(server, path, &all)
    }

    /// Forgets what `server` attached.
    pub(crate) fn forget_server(&mut self, server: u8) {
        self.retain(&|row| row.server != server);
    }

    /// Forgets what is attached at and below `path`, which is no more.
    pub(crate) fn forget_path(&mut self, path: Path) {
        self.retain(&|row| !row.path.starts_with(path));
    }
}

/// An attribute that a server of this version may set.
pub(super) fn change(query: &[u8], version: Version) -> Result<Change, Code> {
    let change = Change::parse(query).map_err(|_| Code::BAD_REQUEST)?;
    let newest = if cfg!(feature = "v1-2") { version } else { version.min(Version::V1_1) };
    if change.attribute.since() > newest { Err(Code::BAD_REQUEST) } else { Ok(change) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use m2m_base::container::Reservation;

    fn parsed(query: &str) -> Change {
        Change::parse(query.as_bytes()).unwrap()
    }

    fn attach(table: &mut Attached, server: u8, path: Path, change: Change) -> bool {
        let mut all = table.at(server, path);
        all.apply(change);
        table.replace(server, path, &all)
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
        assert!(attach(&mut table, 0, object, parsed("pmin=10")));
        assert!(attach(&mut table, 0, instance, parsed("pmax=60")));
        assert!(attach(&mut table, 0, resource, parsed("gt=6.5")));
        assert!(attach(&mut table, 0, resource, parsed("pmin=1")));
        assert!(attach(&mut table, 1, resource, parsed("pmin=99")));
        assert!(!attach(&mut table, 1, object, parsed("pmin=99")));
        assert!(attach(&mut table, 0, resource, parsed("pmin=2")), "replaced in place");
        let own = table.effective(0, Path::resource_instance(3, 0, 7, 1));
        assert_eq!(own, {
            let mut all = NotificationAttributes::default();
            for query in ["pmin=2", "pmax=60", "gt=6.5"] {
                all.apply(parsed(query));
            }
            all
        });
        assert_eq!(table.effective(1, resource).whole(Attribute::Pmin), Some(99));
        assert_eq!(table.effective(1, instance), NotificationAttributes::default());
        assert!(attach(&mut table, 0, resource, parsed("pmin")));
        assert_eq!(table.effective(0, resource).whole(Attribute::Pmin), Some(10));
        table.forget_path(instance);
        assert_eq!(table.rows.len(), 1);
    }
}
