//! What the server knows of objects: the standard's, and those that the application adds.

use super::config::{OutOfMemory, UsageError};
use crate::object::{ObjectDefinition, ObjectVersion, Registry, ResourceDefinition};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A definition that the application added.
#[derive(Debug)]
struct Own {
    id: u16,
    version: ObjectVersion,
    multiple: bool,
    mandatory: bool,
    resources: Box<[ResourceDefinition]>,
}

impl Own {
    fn definition(&self) -> ObjectDefinition<'_> {
        ObjectDefinition {
            id: self.id,
            version: self.version,
            multiple: self.multiple,
            mandatory: self.mandatory,
            resources: &self.resources,
        }
    }
}

/// Object definitions by ID and version.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// Sorted by ID and version.
    own: Vec<Own>,
}

impl Model {
    /// Adds a copy of a definition; it replaces one of the same ID and version.
    pub(crate) fn add(&mut self, definition: &ObjectDefinition<'_>) -> Result<(), UsageError> {
        let mut resources = Vec::new();
        resources.try_reserve_exact(definition.resources.len()).map_err(|_| UsageError::Full)?;
        resources.extend_from_slice(definition.resources);
        resources.sort_unstable_by_key(|r| r.id);
        self.own.try_reserve(1).map_err(|_| UsageError::Full)?;
        let own = Own {
            id: definition.id,
            version: definition.version,
            multiple: definition.multiple,
            mandatory: definition.mandatory,
            resources: resources.into_boxed_slice(),
        };
        match self.own.binary_search_by_key(&(own.id, own.version), |o| (o.id, o.version)) {
            Ok(at) => {
                if let Some(place) = self.own.get_mut(at) {
                    *place = own;
                }
            }
            Err(at) => self.own.insert(at, own),
        }
        Ok(())
    }

    /// The definition that suits a client's version of an object best: the newest of the same
    /// major version that the application added, else the standard's, whatever its version: types
    /// of resources hardly ever change, and a client's answer is better typed than not.
    pub(crate) fn object(&self, id: u16, version: ObjectVersion) -> Option<ObjectDefinition<'_>> {
        let from = self.own.partition_point(|o| o.id < id);
        let own = self.own.iter().skip(from).take_while(|o| o.id == id);
        let exact = own.clone().find(|o| o.version == version);
        let major = own.clone().filter(|o| o.version.major == version.major).last();
        if let Some(own) = exact.or(major) {
            return Some(own.definition());
        }
        if let Some(standard) = Registry::standard().object(id) {
            return Some(*standard);
        }
        own.last().map(Own::definition)
    }
}

impl From<OutOfMemory> for UsageError {
    fn from(_: OutOfMemory) -> Self {
        UsageError::Full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(minor: u8, major: u8) -> ObjectDefinition<'static> {
        ObjectDefinition {
            id: 32_769,
            version: ObjectVersion::new(major, minor),
            multiple: true,
            mandatory: false,
            resources: &[],
        }
    }

    #[test]
    fn the_definition_is_that_of_the_clients_version() {
        let mut model = Model::default();
        let v = ObjectVersion::new;
        assert!(model.object(32_769, v(1, 0)).is_none());
        for (major, minor) in [(2, 0), (1, 3), (1, 1)] {
            model.add(&definition(minor, major)).unwrap();
        }
        for (asked, found) in [
            (v(1, 1), v(1, 1)),
            (v(1, 0), v(1, 3)),
            (v(1, 9), v(1, 3)),
            (v(2, 1), v(2, 0)),
            (v(3, 0), v(2, 0)),
        ] {
            assert_eq!(model.object(32_769, asked).unwrap().version, found, "{asked}");
        }
        assert!(model.object(3, v(9, 9)).is_some());
        assert!(model.object(32_768, v(1, 0)).is_none());
    }
}
