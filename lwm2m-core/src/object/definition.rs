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

/// Beside the operations in a byte: the resource has instances.
const MULTIPLE: u8 = 8;
/// Every object instance has it.
const MANDATORY: u8 = 16;

/// One resource of an object.
///
/// ```
/// use lwm2m_core::{DataType, Operations, Range, ResourceDefinition};
///
/// const SET_POINT: ResourceDefinition =
///     ResourceDefinition::new(5900, Operations::RW, DataType::Float).mandatory();
/// const VALVES: ResourceDefinition =
///     ResourceDefinition::new(4, Operations::R, DataType::ObjectLink).multiple();
/// const MODE: ResourceDefinition = ResourceDefinition::new(0, Operations::RW, DataType::Integer)
///     .within(Range::new(0, 5).unwrap());
/// assert!(SET_POINT.is_mandatory() && VALVES.is_multiple() && MODE.operations().write());
/// ```
//
// Eight bytes: a device has one for each resource of each of its objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResourceDefinition {
    /// Resource ID.
    pub id: u16,
    /// Type of the value; [`DataType::None`] for what is executed.
    pub data_type: DataType,
    /// The operations, [`MULTIPLE`], [`MANDATORY`].
    traits: u8,
    /// What values it takes.
    pub range: Range,
}

impl ResourceDefinition {
    /// An optional resource of one value, any of its type.
    #[must_use]
    pub const fn new(id: u16, operations: Operations, data_type: DataType) -> Self {
        ResourceDefinition { id, data_type, traits: operations.0, range: Range::Any }
    }

    /// The same resource with instances (zero or more) in place of one value.
    #[must_use]
    pub const fn multiple(self) -> Self {
        ResourceDefinition { traits: self.traits | MULTIPLE, ..self }
    }

    /// The same resource, which every object instance has.
    #[must_use]
    pub const fn mandatory(self) -> Self {
        ResourceDefinition { traits: self.traits | MANDATORY, ..self }
    }

    /// The same resource, which takes the values of a range.
    #[must_use]
    pub const fn within(self, range: Range) -> Self {
        ResourceDefinition { range, ..self }
    }

    /// What may be done with it.
    #[must_use]
    #[inline]
    pub const fn operations(&self) -> Operations {
        Operations(self.traits & 7)
    }

    /// It has instances (zero or more), not one value.
    #[must_use]
    #[inline]
    pub const fn is_multiple(&self) -> bool {
        self.traits & MULTIPLE != 0
    }

    /// Every object instance has it.
    #[must_use]
    #[inline]
    pub const fn is_mandatory(&self) -> bool {
        self.traits & MANDATORY != 0
    }
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
