//! Objects of the application's own: from C's tables to definitions, in memory of their own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Path, Range, ResourceDefinition,
};

use super::{m2m_object, m2m_range, m2m_resource};
use crate::borrow::rows;
use crate::memory::{boxed, room};
#[cfg(feature = "server")]
use crate::result::m2m_result::M2M_NULL;
use crate::result::m2m_result::{self, M2M_INVALID};

/// The type that C's number names.
pub(crate) fn data_type(number: u8) -> Result<DataType, m2m_result> {
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
    fn get(self) -> Result<ResourceDefinition, m2m_result> {
        const OPERATIONS: [Operations; 5] =
            [Operations::NONE, Operations::R, Operations::W, Operations::RW, Operations::E];
        let operations =
            OPERATIONS.get(usize::from(self.operations)).copied().ok_or(M2M_INVALID)?;
        let data_type = data_type(self.r#type)?;
        if operations.execute() != (data_type == DataType::None) {
            return Err(M2M_INVALID);
        }
        let mut row = ResourceDefinition::new(id(self.id)?, operations, data_type);
        if flag(self.instances)? {
            row = row.multiple();
        }
        if flag(self.presence)? {
            row = row.mandatory();
        }
        Ok(row)
    }
}

impl m2m_range {
    /// The range, which has to be of what values of the type have.
    fn get(self, data_type: DataType) -> Result<Range, m2m_result> {
        let fits = match data_type {
            DataType::String | DataType::CoreLink | DataType::Opaque => {
                self.kind == 2 && self.low >= 0
            }
            _ => self.kind == 1,
        };
        Range::new(self.low, self.high).filter(|_| fits).ok_or(M2M_INVALID)
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
            table.push(row.get()?);
        }
        sort(&mut table);
        if table.windows(2).any(|w| matches!(w, [a, b] if a.id == b.id)) {
            return Err(M2M_INVALID);
        }
        // SAFETY: the same promise.
        for row in unsafe { rows(self.ranges, self.ranges_len) }? {
            let at = table.binary_search_by_key(&row.resource, |r| r.id);
            let resource = at.ok().and_then(|at| table.get_mut(at)).ok_or(M2M_INVALID)?;
            resource.range = row.get(resource.data_type)?;
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
pub(crate) struct Definition {
    object: Lent<ObjectDefinition<'static>>,
    // What it refers to.
    _rows: Rows,
}

impl Definition {
    /// # Safety
    /// Unless they are `NULL`, the pointers in `object` point to as many rows as the lengths say.
    pub(super) unsafe fn new(object: m2m_object) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        let (definition, rows) = unsafe { object.get() }?;
        let object = Lent(NonNull::from(Box::leak(boxed(definition)?)));
        Ok(Definition { object, _rows: rows })
    }

    /// # Safety
    /// The reference is not used once `self` is dropped.
    pub(super) unsafe fn get(&self) -> &'static ObjectDefinition<'static> {
        // SAFETY: the same promise.
        unsafe { self.object.get() }
    }

    #[cfg(feature = "server")]
    pub(crate) fn with<R>(&self, call: impl FnOnce(&ObjectDefinition<'_>) -> R) -> R {
        // SAFETY: it does not leave this function.
        call(unsafe { self.get() })
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
        unsafe { Definition::new(from.read_unaligned()) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::type_number;

    #[test]
    fn numbers_of_types_go_both_ways() {
        for number in 0..10 {
            assert_eq!(type_number(data_type(number).unwrap()) as i32, i32::from(number));
        }
        assert!(data_type(10).is_err());
    }
}
