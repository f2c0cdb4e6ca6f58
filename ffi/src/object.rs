//! Objects that an application defines, as C tables.

use alloc::boxed::Box;
use alloc::vec::Vec;

#[cfg(feature = "arena-size")]
use core::mem::size_of;
use core::ptr::NonNull;
use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Path, Range, ResourceDefinition,
};

use crate::borrow::rows;
use crate::memory::{boxed, room};
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL};
use crate::standard::m2m_standard_object;

/// What may be done with a resource (column "Operations" of an object's definition).
#[repr(C)]
pub enum m2m_operations {
    /// Nothing, except by a Bootstrap-Server.
    M2M_NO_OPERATION = 0,
    /// Read and Observe.
    M2M_R = 1,
    /// Write.
    M2M_W = 2,
    /// Read, Observe and Write.
    M2M_RW = 3,
    /// Execute.
    M2M_E = 4,
}

/// How many instances there may be (column "Instances").
#[repr(C)]
pub enum m2m_instances {
    /// One.
    M2M_SINGLE = 0,
    /// Any number.
    M2M_MULTIPLE = 1,
}

/// Whether every object instance has the resource (column "Mandatory").
#[repr(C)]
pub enum m2m_presence {
    /// It may be missing.
    M2M_OPTIONAL = 0,
    /// It is always there.
    M2M_MANDATORY = 1,
}

/// Type of a resource (column "Type").
#[repr(C)]
pub enum m2m_type {
    /// No value: the resource is executed.
    M2M_NO_TYPE = 0,
    /// Text in UTF-8.
    M2M_STRING = 1,
    /// A signed integer of up to 64 bits.
    M2M_INTEGER = 2,
    /// An unsigned integer of up to 64 bits.
    M2M_UNSIGNED = 3,
    /// A floating-point number.
    M2M_FLOAT = 4,
    /// True or false.
    M2M_BOOLEAN = 5,
    /// Bytes.
    M2M_OPAQUE = 6,
    /// Seconds since 1970-01-01T00:00:00Z.
    M2M_TIME = 7,
    /// The ID of an object and of one of its instances.
    M2M_OBJLNK = 8,
    /// Links in the CoRE Link Format.
    M2M_CORELNK = 9,
}

use m2m_type::*;

/// What a range restricts.
#[repr(C)]
pub enum m2m_range_kind {
    /// The value of a number.
    M2M_RANGE_NUMBER = 1,
    /// The length of text in characters, or of opaque data in bytes.
    M2M_RANGE_LENGTH = 2,
}

/// One resource of an object, as a row of the table in the object's definition:
/// { 5700, M2M_R, M2M_SINGLE, M2M_MANDATORY, M2M_FLOAT }
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_resource {
    /// Resource ID, 0 to 65534.
    pub id: u16,
    /// One of enum m2m_operations.
    pub operations: u8,
    /// One of enum m2m_instances.
    pub instances: u8,
    /// One of enum m2m_presence.
    pub presence: u8,
    /// One of enum m2m_type: M2M_NO_TYPE exactly if the operation is M2M_E.
    pub r#type: u8,
}

/// The range of a resource's values, both ends included: { 5701, M2M_RANGE_LENGTH, 0, 16 }.
/// What a server writes outside of it is refused.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_range {
    /// Resource ID.
    pub resource: u16,
    /// One of enum m2m_range_kind.
    pub kind: u16,
    /// Least value or length: -32768 (0 for a length) to 32767.
    pub low: i32,
    /// Greatest value or length: low to low + 65535.
    pub high: i32,
}

/// An object of the application's own. For registered objects whose definition the library knows
/// (m2m_object_3303, m2m_object_5, ...), standard_objects of the configuration is easier.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_object {
    /// Object ID, 0 to 65534.
    pub id: u16,
    /// Version of the definition, left of the dot.
    pub version_major: u8,
    /// Version of the definition, right of the dot.
    pub version_minor: u8,
    /// One of enum m2m_instances. An object with a single instance only has instance 0.
    pub instances: u8,
    /// One of enum m2m_presence, for the object itself.
    pub presence: u8,
    /// Its resources, in any order.
    pub resources: *const m2m_resource,
    /// How many they are.
    pub resources_len: usize,
    /// Ranges of those resources that have one; may be NULL.
    pub ranges: *const m2m_range,
    /// How many they are.
    pub ranges_len: usize,
}

/// The type that C's number names.
fn data_type(number: u8) -> Result<DataType, m2m_result> {
    const TYPES: [DataType; 10] = [
        DataType::None,
        DataType::String,
        DataType::Integer,
        DataType::Unsigned,
        DataType::Float,
        DataType::Boolean,
        DataType::Opaque,
        DataType::Time,
        DataType::ObjectLink,
        DataType::CoreLink,
    ];
    TYPES.get(usize::from(number)).copied().ok_or(M2M_INVALID)
}

/// C's number for a type.
pub(crate) const fn type_number(data_type: DataType) -> m2m_type {
    match data_type {
        DataType::None => M2M_NO_TYPE,
        DataType::String => M2M_STRING,
        DataType::Integer => M2M_INTEGER,
        DataType::Unsigned => M2M_UNSIGNED,
        DataType::Float => M2M_FLOAT,
        DataType::Boolean => M2M_BOOLEAN,
        DataType::Opaque => M2M_OPAQUE,
        DataType::Time => M2M_TIME,
        DataType::ObjectLink => M2M_OBJLNK,
        DataType::CoreLink => M2M_CORELNK,
    }
}

fn flag(number: u8) -> Result<bool, m2m_result> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(M2M_INVALID),
    }
}

fn id(id: u16) -> Result<u16, m2m_result> {
    if id == Path::UNASSIGNED { Err(M2M_INVALID) } else { Ok(id) }
}

impl m2m_resource {
    fn get(self, since: ObjectVersion) -> Result<ResourceDefinition, m2m_result> {
        const OPERATIONS: [Operations; 5] =
            [Operations::NONE, Operations::R, Operations::W, Operations::RW, Operations::E];
        let operations =
            OPERATIONS.get(usize::from(self.operations)).copied().ok_or(M2M_INVALID)?;
        let data_type = data_type(self.r#type)?;
        if operations.execute() != (data_type == DataType::None) {
            return Err(M2M_INVALID);
        }
        Ok(ResourceDefinition {
            id: id(self.id)?,
            operations,
            multiple: flag(self.instances)?,
            mandatory: flag(self.presence)?,
            data_type,
            range: Range::Any,
            since,
        })
    }
}

impl m2m_range {
    fn get(self) -> Result<Range, m2m_result> {
        match self.kind {
            1 => Range::number(self.low, self.high),
            2 => Range::length(self.low, self.high),
            _ => None,
        }
        .ok_or(M2M_INVALID)
    }
}

/// Sorts rows by their IDs. Most tables come sorted, and the library's sorts take more code.
fn sort(rows: &mut [ResourceDefinition]) {
    for end in 1..rows.len() {
        let mut at = end;
        while let Some([before, row]) = rows.get_mut(at.wrapping_sub(1)..=at)
            && before.id > row.id
        {
            core::mem::swap(before, row);
            at -= 1;
        }
    }
}

impl m2m_object {
    /// A definition of the same object in memory of its own.
    ///
    /// # Safety
    /// Unless they are `NULL`, the pointers point to as many rows as the lengths say.
    unsafe fn get(self) -> Result<(ObjectDefinition<'static>, Rows), m2m_result> {
        let version = ObjectVersion::new(self.version_major, self.version_minor);
        // SAFETY: the caller promises the rows; every bit pattern is a valid row.
        let resources = unsafe { rows(self.resources, self.resources_len) }?;
        let mut table = room(resources.len())?;
        for row in resources {
            table.push(row.get(version)?);
        }
        sort(&mut table);
        if table.windows(2).any(|w| matches!(w, [a, b] if a.id == b.id)) {
            return Err(M2M_INVALID);
        }
        // SAFETY: the same promise.
        for row in unsafe { rows(self.ranges, self.ranges_len) }? {
            let at = table.binary_search_by_key(&row.resource, |r| r.id);
            let resource = at.ok().and_then(|at| table.get_mut(at)).ok_or(M2M_INVALID)?;
            resource.range = row.get()?;
        }
        let rows = Rows::new(table);
        let definition = ObjectDefinition {
            id: id(self.id)?,
            version,
            multiple: flag(self.instances)?,
            mandatory: flag(self.presence)?,
            // SAFETY: `Definitions` keeps the rows until after the client that uses them.
            resources: unsafe { rows.get() },
        };
        Ok((definition, rows))
    }
}

/// A checked definition of an object of C's, in memory of its own.
#[cfg(feature = "server")]
pub(crate) struct Definition {
    definition: ObjectDefinition<'static>,
    _rows: Rows,
}

#[cfg(feature = "server")]
impl Definition {
    pub(crate) fn with<R>(&self, call: impl FnOnce(&ObjectDefinition<'_>) -> R) -> R {
        call(&self.definition)
    }
}

#[cfg(feature = "server")]
impl m2m_object {
    /// # Safety
    /// `from` is `NULL` or points to an object, whose pointers are `NULL` or point to as many rows as
    /// the lengths say.
    pub(crate) unsafe fn read(from: *const Self) -> Result<Definition, m2m_result> {
        if from.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: not NULL, and the same promise.
        let (definition, rows) = unsafe { from.read_unaligned().get() }?;
        Ok(Definition { definition, _rows: rows })
    }
}

/// A boxed value that is lent for longer than the borrow checker can see, and freed when this is
/// dropped. It is held as a pointer because a box asserts, whenever it is moved, that nobody else
/// refers to what is in it.
struct Lent<T: ?Sized>(NonNull<T>);

type Rows = Lent<[ResourceDefinition]>;

impl Rows {
    fn new(rows: Vec<ResourceDefinition>) -> Self {
        Lent(NonNull::from(Box::leak(rows.into_boxed_slice())))
    }
}

impl<T: ?Sized> Lent<T> {
    /// # Safety
    /// The reference is not used once `self` is dropped.
    unsafe fn get(&self) -> &'static T {
        // SAFETY: the pointer comes from a box and is not freed before `self` is dropped; nobody
        // writes through it.
        unsafe { self.0.as_ref() }
    }
}

impl<T: ?Sized> Drop for Lent<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from `Box::leak`, and is given back once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

// SAFETY: it owns what it points to, as a box does, and lends it for reading only.
unsafe impl<T: ?Sized + Send + Sync> Send for Lent<T> {}

/// The definitions of a client's objects, at addresses that stay. To be dropped after the client.
pub(crate) struct Definitions {
    table: Vec<&'static ObjectDefinition<'static>>,
    // What `table` refers to, and what that refers to.
    _objects: Vec<Lent<ObjectDefinition<'static>>>,
    _rows: Vec<Rows>,
}

impl Definitions {
    /// Copies the definitions of `objects`, and takes those of `standard` as they are.
    ///
    /// # Safety
    /// Unless they are `NULL`, the pointers point to as many elements as the lengths say, and so
    /// do the pointers in `objects`; those in `standard` are of this library. What [`Definitions::table`] gives is not used once this is
    /// dropped.
    pub(crate) unsafe fn new(
        (standard, standard_len): (*const *const m2m_standard_object, usize),
        (objects, objects_len): (*const m2m_object, usize),
    ) -> Result<Self, m2m_result> {
        // SAFETY: the caller promises the elements; every bit pattern is a valid one.
        let (standard, objects) =
            unsafe { (rows(standard, standard_len)?, rows(objects, objects_len)?) };
        let mut all = Definitions {
            table: room(standard.len().saturating_add(objects.len()))?,
            _objects: room(objects.len())?,
            _rows: room(objects.len())?,
        };
        for object in standard {
            // SAFETY: `NULL` or one of the library's statics.
            all.add(unsafe { object.as_ref() }.ok_or(M2M_NULL)?.0)?;
        }
        for row in objects {
            // SAFETY: the caller promises what the row points to.
            let (definition, rows) = unsafe { row.get() }?;
            let object = Lent(NonNull::from(Box::leak(boxed(definition)?)));
            // SAFETY: held below until after the client.
            let lent = unsafe { object.get() };
            all._objects.push(object);
            all._rows.push(rows);
            all.add(lent)?;
        }
        Ok(all)
    }

    #[cfg(feature = "arena-size")]
    /// The sizes of the blocks of memory that it takes for so many registered objects and for
    /// `objects`.
    ///
    /// # Safety
    /// Unless it is `NULL`, `objects` points to as many elements as the length says.
    pub(crate) unsafe fn blocks(
        standard_len: usize,
        (objects, objects_len): (*const m2m_object, usize),
    ) -> Result<impl Iterator<Item = usize>, m2m_result> {
        // SAFETY: the same promise; every bit pattern is a valid one.
        let objects = unsafe { rows(objects, objects_len)? };
        let list = |len: usize, size: usize| len.saturating_mul(size);
        let lists = [
            list(standard_len.saturating_add(objects_len), size_of::<&ObjectDefinition<'_>>()),
            list(objects_len, size_of::<Lent<ObjectDefinition<'_>>>()),
            list(objects_len, size_of::<Rows>()),
        ];
        let each = objects.flat_map(move |object| {
            [
                size_of::<ObjectDefinition<'_>>(),
                list(object.resources_len, size_of::<ResourceDefinition>()),
            ]
        });
        Ok(lists.into_iter().chain(each))
    }

    fn add(&mut self, object: &'static ObjectDefinition<'static>) -> Result<(), m2m_result> {
        if self.table.iter().any(|o| o.id == object.id) {
            return Err(M2M_INVALID);
        }
        self.table.push(object);
        Ok(())
    }

    pub(crate) fn table(&self) -> &[&'static ObjectDefinition<'static>] {
        &self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_types_go_both_ways() {
        for number in 0..10 {
            assert_eq!(type_number(data_type(number).unwrap()) as i32, i32::from(number));
        }
        assert!(data_type(10).is_err());
    }
}
