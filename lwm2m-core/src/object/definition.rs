//! What an object and its resources are.

use super::{ObjectVersion, Range, STANDARD};
use crate::path::Path;
use crate::value::DataType;

/// The operations that a resource has (Core appendix D.1). A resource without any belongs to
/// bootstrap only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Operations(u8);

impl Operations {
    /// None: only a Bootstrap-Server writes it.
    pub const NONE: Operations = Operations(0);
    /// Read (and Observe).
    pub const R: Operations = Operations(1);
    /// Write.
    pub const W: Operations = Operations(2);
    /// Read and Write.
    pub const RW: Operations = Operations(3);
    /// Execute.
    pub const E: Operations = Operations(4);

    /// Read is one of them.
    #[must_use]
    pub const fn read(self) -> bool {
        self.0 & 1 != 0
    }

    /// Write is one of them.
    #[must_use]
    pub const fn write(self) -> bool {
        self.0 & 2 != 0
    }

    /// Execute is one of them.
    #[must_use]
    pub const fn execute(self) -> bool {
        self.0 & 4 != 0
    }
}

/// One resource of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResourceDefinition {
    /// Resource ID.
    pub id: u16,
    /// What may be done with it.
    pub operations: Operations,
    /// It has instances (zero or more), not one value.
    pub multiple: bool,
    /// Every object instance has it.
    pub mandatory: bool,
    /// Type of the value; [`DataType::None`] for what is executed.
    pub data_type: DataType,
    /// What values it takes.
    pub range: Range,
    /// The version of the object that brought it.
    pub since: ObjectVersion,
}

/// One object: what its instances are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectDefinition<'a> {
    /// Object ID.
    pub id: u16,
    /// Version of the definition.
    pub version: ObjectVersion,
    /// There may be several instances. A single-instance object only has instance 0.
    pub multiple: bool,
    /// Every client has it.
    pub mandatory: bool,
    /// Its resources, sorted by ID.
    pub resources: &'a [ResourceDefinition],
}

impl<'a> ObjectDefinition<'a> {
    /// The resource with this ID.
    #[must_use]
    #[inline]
    pub fn resource(&self, id: u16) -> Option<&'a ResourceDefinition> {
        // Most objects number their resources from 0 without a gap.
        match self.resources.get(usize::from(id)) {
            Some(row) if row.id == id => Some(row),
            _ => self.search(id),
        }
    }

    #[inline(never)]
    fn search(&self, id: u16) -> Option<&'a ResourceDefinition> {
        let at = self.resources.binary_search_by_key(&id, |r| r.id).ok()?;
        self.resources.get(at)
    }
}

/// Finds definitions by ID.
#[derive(Clone, Copy, Debug)]
pub struct Registry<'a> {
    own: &'a [&'a ObjectDefinition<'a>],
    standard: &'static [&'static ObjectDefinition<'static>],
}

impl Registry<'static> {
    /// The objects of [`STANDARD`].
    #[must_use]
    pub fn standard() -> Self {
        Registry { own: &[], standard: STANDARD }
    }
}

impl<'a> Registry<'a> {
    /// Just these objects, in any order.
    #[must_use]
    pub const fn new(objects: &'a [&'a ObjectDefinition<'a>]) -> Self {
        Registry { own: objects, standard: &[] }
    }

    /// These objects, in any order, and behind them those of [`STANDARD`].
    #[must_use]
    pub fn extending_standard(objects: &'a [&'a ObjectDefinition<'a>]) -> Self {
        Registry { own: objects, standard: STANDARD }
    }

    /// The definition of an object.
    #[must_use]
    pub fn object(&self, id: u16) -> Option<&'a ObjectDefinition<'a>> {
        self.own.iter().copied().find(|o| o.id == id).or_else(|| {
            let at = self.standard.binary_search_by_key(&id, |o| o.id).ok()?;
            self.standard.get(at).copied()
        })
    }

    /// The definition of the resource at or above `path`; `None` also when `path` is not as deep
    /// as a resource.
    #[must_use]
    pub fn resource(&self, path: Path) -> Option<&'a ResourceDefinition> {
        self.object(path.object_id()?)?.resource(path.resource_id()?)
    }
}
