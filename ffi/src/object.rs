//! Objects that an application defines, as C tables.

#[cfg(feature = "own-objects")]
mod own;

#[cfg(feature = "own-objects")]
use alloc::vec::Vec;
use core::mem::size_of;
use core::slice;

#[cfg(feature = "arena-size")]
use lwm2m_core::ResourceDefinition;
use lwm2m_core::{DataType, ObjectDefinition};

#[cfg(any(feature = "own-objects", feature = "arena-size"))]
use crate::borrow::rows;
#[cfg(feature = "own-objects")]
use crate::memory::room;
#[cfg(not(feature = "own-objects"))]
use crate::result::m2m_result::M2M_NOT_ALLOWED;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL};
use crate::standard::m2m_standard_object;
#[cfg(feature = "payloads")]
pub(crate) use own::data_type;

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

/// The definitions of the application's own objects, which are to be dropped after the client.
#[cfg(feature = "own-objects")]
pub(crate) type Own = Vec<own::Definition>;
#[cfg(not(feature = "own-objects"))]
pub(crate) type Own = ();

type Standard = &'static ObjectDefinition<'static>;

/// The registered objects that C names.
///
/// # Safety
/// Unless it is `NULL`, the pointer points to as many elements as the length says, which stay during `'a`
/// and are `NULL` or of this library.
unsafe fn standard<'a>(
    (list, len): (*const *const m2m_standard_object, usize),
) -> Result<&'a [Standard], m2m_result> {
    if len == 0 {
        return Ok(&[]);
    }
    if list.is_null() {
        return Err(M2M_NULL);
    }
    if !list.is_aligned() || len > isize::MAX.unsigned_abs() / size_of::<Standard>() {
        return Err(M2M_INVALID);
    }
    // SAFETY: not NULL, aligned, and of a length that an object can have; the address of an object of the
    // library's is that of its definition, and one that may be NULL is an option.
    let given = unsafe { slice::from_raw_parts(list.cast::<Option<Standard>>(), len) };
    if given.contains(&None) {
        return Err(M2M_NULL);
    }
    // SAFETY: as above, and none of them is NULL.
    Ok(unsafe { slice::from_raw_parts(list.cast::<Standard>(), len) })
}

/// The definitions that C gives: those of `standard_objects` as they are, those of `objects` copied.
///
/// # Safety
/// Unless they are `NULL`, the pointers point to as many elements as the lengths say, and so do the
/// pointers in `objects`; those in `standard_objects` are of this library. What is in the list is not
/// used once the second of what comes back is dropped.
#[cfg(feature = "own-objects")]
pub(crate) unsafe fn definitions(
    standard_objects: (*const *const m2m_standard_object, usize),
    (objects, objects_len): (*const m2m_object, usize),
) -> Result<(Vec<Standard>, Own), m2m_result> {
    // SAFETY: the same promise; every bit pattern is a valid row.
    let (standard, objects) = unsafe { (standard(standard_objects)?, rows(objects, objects_len)?) };
    let mut list = room(standard.len().saturating_add(objects.len()))?;
    let mut own = room(objects.len())?;
    list.extend_from_slice(standard);
    for row in objects {
        // SAFETY: the caller promises what the row points to.
        let definition = unsafe { own::Definition::new(row) }?;
        // SAFETY: the caller promises to hold `own` for as long.
        list.push(unsafe { definition.get() });
        own.push(definition);
    }
    Ok((list, own))
}

/// The definitions that C gives, as they are.
///
/// # Safety
/// Unless it is `NULL`, the pointer points to as many elements as the length says, which stay during `'a`
/// and are of this library.
#[cfg(not(feature = "own-objects"))]
pub(crate) unsafe fn definitions<'a>(
    standard_objects: (*const *const m2m_standard_object, usize),
    (_, objects_len): (*const m2m_object, usize),
) -> Result<(&'a [Standard], Own), m2m_result> {
    if objects_len > 0 {
        return Err(M2M_NOT_ALLOWED);
    }
    // SAFETY: the same promise.
    Ok((unsafe { standard(standard_objects) }?, ()))
}

/// The sizes of the blocks of memory that definitions take, for so many registered objects and for
/// `objects`.
///
/// # Safety
/// Unless it is `NULL`, `objects` points to as many elements as the length says.
#[cfg(feature = "arena-size")]
pub(crate) unsafe fn blocks(
    standard_len: usize,
    (objects, objects_len): (*const m2m_object, usize),
) -> Result<impl Iterator<Item = usize>, m2m_result> {
    // SAFETY: the same promise; every bit pattern is a valid one.
    let objects = unsafe { rows(objects, objects_len)? };
    let list = |len: usize, size: usize| len.saturating_mul(size);
    let lists = [
        #[cfg(feature = "own-objects")]
        list(standard_len.saturating_add(objects_len), size_of::<Standard>()),
        #[cfg(feature = "own-objects")]
        list(objects_len, size_of::<own::Definition>()),
    ];
    let _ = standard_len;
    let each = objects.flat_map(move |object| {
        [
            size_of::<ObjectDefinition<'_>>(),
            list(object.resources_len, size_of::<ResourceDefinition>()),
        ]
    });
    Ok(lists.into_iter().chain(each))
}
