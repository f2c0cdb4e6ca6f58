//! Objects as data: what resources they have, of what type, with which operations (Core 7.2 and
//! appendices D, E; the registry of OMA).
//!
//! A device names the objects that it has ([`DEVICE`], [`FIRMWARE_UPDATE`], a table of its own) and
//! links nothing else; a server takes [`STANDARD`] as a whole, and adds its own.

mod definition;
mod enabler;
mod ipso;
mod range;
mod registry;
mod table;
mod version;

pub use definition::{ObjectDefinition, Operations, Registry, ResourceDefinition};
pub use enabler::*;
pub use ipso::*;
pub use range::Range;
pub use registry::*;
pub use version::{ObjectVersion, Version, VersionError};

/// Every object of this crate's tables, in the order of their IDs.
pub static STANDARD: &[&ObjectDefinition<'static>] = &ALL;

const COUNT: usize =
    enabler::DEFINITIONS.len() + registry::DEFINITIONS.len() + ipso::DEFINITIONS.len();

static ALL: [&ObjectDefinition<'static>; COUNT] =
    merged([enabler::DEFINITIONS, registry::DEFINITIONS, ipso::DEFINITIONS]);

/// Sorts the tables, each of which is sorted, into one.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn merged(
    tables: [&'static [&'static ObjectDefinition<'static>]; 3],
) -> [&'static ObjectDefinition<'static>; COUNT] {
    let mut all = [&DEVICE; COUNT];
    let mut at = [0; 3];
    let mut n = 0;
    while n < COUNT {
        let mut best = 3;
        let mut t = 0;
        while t < 3 {
            if at[t] < tables[t].len()
                && (best == 3 || tables[t][at[t]].id < tables[best][at[best]].id)
            {
                best = t;
            }
            t += 1;
        }
        all[n] = tables[best][at[best]];
        at[best] += 1;
        n += 1;
    }
    all
}

fn names(object: u16) -> Option<&'static table::Names> {
    [enabler::NAMES, registry::NAMES, ipso::NAMES].into_iter().find_map(|table| {
        table.binary_search_by_key(&object, |n| n.id).ok().and_then(|at| table.get(at))
    })
}

/// The registered name of an object of this crate's tables.
#[must_use]
pub fn name(object: u16) -> Option<&'static str> {
    names(object).map(|n| n.name)
}

/// The registered name of a resource of this crate's tables.
#[must_use]
pub fn resource_name(object: u16, resource: u16) -> Option<&'static str> {
    resource_row(object, resource).map(|r| r.1)
}

/// The version of the object that brought a resource of this crate's tables.
#[must_use]
pub fn resource_since(object: u16, resource: u16) -> Option<ObjectVersion> {
    resource_row(object, resource).map(|r| r.2)
}

fn resource_row(object: u16, resource: u16) -> Option<&'static (u16, &'static str, ObjectVersion)> {
    let rows = names(object)?.resources;
    rows.binary_search_by_key(&resource, |r| r.0).ok().and_then(|at| rows.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Path;
    use crate::value::DataType;

    #[test]
    fn tables_are_sorted_and_named() {
        assert!(STANDARD.windows(2).all(|w| w[0].id < w[1].id));
        for object in STANDARD {
            assert!(object.resources.windows(2).all(|w| w[0].id < w[1].id), "/{}", object.id);
            assert!(name(object.id).is_some_and(|n| !n.is_empty()));
            for row in object.resources {
                assert!(resource_name(object.id, row.id).is_some_and(|n| !n.is_empty()));
                assert_eq!(row.operations() == Operations::E, row.data_type == DataType::None);
                assert!(resource_since(object.id, row.id).unwrap() <= object.version);
            }
        }
        assert_eq!(name(8), None);
        assert_eq!(resource_name(3, 99), None);
    }

    #[test]
    fn some_rows() {
        assert_eq!(name(3), Some("Device"));
        assert_eq!(resource_name(3303, 5700), Some("Sensor Value"));
        let registry = Registry::standard();
        let power = registry.resource(Path::resource_instance(3, 0, 7, 1)).unwrap();
        assert!(
            power.is_multiple() && !power.is_mandatory() && power.data_type == DataType::Integer
        );
        assert!(!registry.object(3).unwrap().multiple);
        assert_eq!(registry.object(25).unwrap().version, ObjectVersion::new(2, 0));
        assert_eq!(SERVER.resource(8).unwrap().operations(), Operations::E);
        assert_eq!(resource_since(0, 17), Some(ObjectVersion::new(1, 1)));
        let rssi = BEARER_SELECTION.resource(1).unwrap().range.bounds();
        assert_eq!(rssi, Some(-110..=-48));
        let uri = FIRMWARE_UPDATE.resource(1).unwrap().range.bounds();
        assert_eq!(uri, Some(0..=255));
        assert_eq!(registry.resource(Path::instance(3, 0)), None);
    }

    #[test]
    fn rows_stay_small() {
        // Every resource of every object of a device costs this much flash.
        assert_eq!(size_of::<ResourceDefinition>(), 8);
    }
}
