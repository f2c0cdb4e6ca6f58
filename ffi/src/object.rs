//! Objects that an application defines, as C tables.

#[cfg(feature = "own-objects")]
mod own;

use alloc::vec::Vec;

#[cfg(feature = "arena-size")]
use core::mem::size_of;
#[cfg(feature = "arena-size")]
use lwm2m_core::ResourceDefinition;
use lwm2m_core::{DataType, ObjectDefinition};
use m2m_base::container::Reserved;

use crate::borrow::rows;
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

/// The definitions of a client's objects, at addresses that stay. To be dropped after the client.
pub(crate) struct Definitions {
    table: Vec<&'static ObjectDefinition<'static>>,
    // What `table` refers to.
    #[cfg(feature = "own-objects")]
    own: Vec<own::Definition>,
}

impl Definitions {
    /// Copies the definitions of `objects`, and takes those of `standard` as they are.
    ///
    /// # Safety
    /// Unless they are `NULL`, the pointers point to as many elements as the lengths say, and so
    /// do the pointers in `objects`; those in `standard` are of this library. What
    /// [`Definitions::table`] gives is not used once this is dropped.
    pub(crate) unsafe fn new(
        (standard, standard_len): (*const *const m2m_standard_object, usize),
        (objects, objects_len): (*const m2m_object, usize),
    ) -> Result<Self, m2m_result> {
        // SAFETY: the caller promises the elements; every bit pattern is a valid one.
        let (standard, objects) =
            unsafe { (rows(standard, standard_len)?, rows(objects, objects_len)?) };
        let mut all = Definitions {
            table: room(standard.len().saturating_add(objects.len()))?,
            #[cfg(feature = "own-objects")]
            own: room(objects.len())?,
        };
        for object in standard {
            // SAFETY: `NULL` or one of the library's statics.
            all.add(unsafe { object.as_ref() }.ok_or(M2M_NULL)?.0)?;
        }
        #[cfg(feature = "own-objects")]
        for row in objects {
            // SAFETY: the caller promises what the row points to.
            let own = unsafe { own::Definition::new(row) }?;
            // SAFETY: held below until after the client.
            let lent = unsafe { own.get() };
            all.own.push(own);
            all.add(lent)?;
        }
        #[cfg(not(feature = "own-objects"))]
        if objects.len() > 0 {
            return Err(M2M_NOT_ALLOWED);
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
            #[cfg(feature = "own-objects")]
            list(objects_len, size_of::<own::Definition>()),
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
        self.table.push_reserved(object);
        Ok(())
    }

    pub(crate) fn table(&self) -> &[&'static ObjectDefinition<'static>] {
        &self.table
    }
}
