//! Which server attached which attributes to which path.

use alloc::vec::Vec;
use m2m_base::container::Reservation;

use super::attributes::{Attribute, Change, NotificationAttributes};
use crate::Path;

/// One attribute. 20 bytes.
#[derive(Clone, Copy, Debug)]
struct Row {
    path: Path,
    server: u8,
    attribute: Attribute,
    value: [u8; 8],
}

/// A table of attributes, sorted by path, server and attribute.
#[derive(Debug)]
pub(crate) struct Attached {
    rows: Vec<Row>,
    capacity: usize,
}

impl Attached {
    pub(crate) fn reserve(&mut self, capacity: u16, reservation: &mut Reservation) {
        self.capacity = capacity.into();
        reservation.room(&mut self.rows, self.capacity);
    }

    pub(crate) const EMPTY: Attached = Attached { rows: Vec::new(), capacity: 0 };

    /// What `server` attached to exactly this path.
    pub(crate) fn at(&self, server: u8, path: Path) -> NotificationAttributes {
        let mut found = NotificationAttributes::default();
        self.add(server, path, &mut found);
        found
    }

    /// Adds what `server` attached to exactly this path, where it is not set yet.
    fn add(&self, server: u8, path: Path, found: &mut NotificationAttributes) {
        for row in self.rows.iter().filter(|row| row.path == path && row.server == server) {
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

    /// Sets or unsets one. False if the table is full.
    #[must_use]
    pub(crate) fn apply(&mut self, server: u8, path: Path, change: Change) -> bool {
        let key = (path, server, change.attribute);
        let place = self.rows.binary_search_by_key(&key, |r| (r.path, r.server, r.attribute));
        let Some(setting) = change.value else {
            if let Ok(at) = place {
                self.rows.remove(at);
            }
            return true;
        };
        let value = setting.to_bits().to_le_bytes();
        match place {
            Ok(at) => {
                if let Some(row) = self.rows.get_mut(at) {
                    row.value = value;
                }
            }
            Err(at) if self.rows.len() < self.capacity => {
                self.rows.insert(at, Row { path, server, attribute: change.attribute, value });
            }
            Err(_) => return false,
        }
        true
    }

    /// The server wants notifications of something below `path`, or of it, to be confirmed.
    pub(crate) fn con_at(&self, server: u8, path: Path) -> bool {
        let from = self.rows.partition_point(|row| row.path < path);
        let rows = self.rows.get(from..).unwrap_or(&[]);
        rows.iter().take_while(|row| row.path.starts_with(path)).any(|row| {
            row.server == server && row.attribute == Attribute::Con && row.value != [0; 8]
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
        let value = Some(attribute.setting(u64::from_le_bytes(value)));
        self.apply(server, path, Change { attribute, value })
    }

    /// Attributes that can still be attached.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.rows.len())
    }

    /// Forgets what `server` attached.
    pub(crate) fn forget_server(&mut self, server: u8) {
        self.rows.retain(|row| row.server != server);
    }

    /// Forgets what is attached at and below `path`, which is no more.
    pub(crate) fn forget_path(&mut self, path: Path) {
        self.rows.retain(|row| !row.path.starts_with(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Change {
        Change::parse(query.as_bytes()).unwrap()
    }

    #[test]
    fn a_row_is_20_bytes() {
        assert_eq!(size_of::<Row>(), 20);
    }

    #[test]
    fn attributes_belong_to_a_server_and_a_path() {
        let mut table = Attached::EMPTY;
        table.reserve(5, &mut Reservation::new());
        let (object, instance) = (Path::object(3), Path::instance(3, 0));
        let resource = Path::resource(3, 0, 7);
        assert!(table.apply(0, object, parsed("pmin=10")));
        assert!(table.apply(0, instance, parsed("pmax=60")));
        assert!(table.apply(0, resource, parsed("gt=6.5")));
        assert!(table.apply(0, resource, parsed("pmin=1")));
        assert!(table.apply(1, resource, parsed("pmin=99")));
        assert!(!table.apply(1, object, parsed("pmin=99")));
        assert!(table.apply(0, resource, parsed("pmin=2")), "replaced in place");
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
        assert!(table.apply(0, resource, parsed("pmin")));
        assert_eq!(table.effective(0, resource).whole(Attribute::Pmin), Some(10));
        table.forget_path(instance);
        assert_eq!(table.room(), 4);
    }
}
