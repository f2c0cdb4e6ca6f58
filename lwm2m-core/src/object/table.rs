//! How a table of objects is written: one row a resource, from which come the definition (that a
//! device links) and the names (that only whoever asks for them links).

use super::{ObjectVersion, Range, ResourceDefinition};

/// Names of one object: its ID, its name, and of its resources by ID the names and the versions of the
/// object that brought them.
pub(super) struct Names {
    pub(super) id: u16,
    pub(super) name: &'static str,
    pub(super) resources: &'static [(u16, &'static str, ObjectVersion)],
}

/// The row of a resource, with what more there is to say of it.
#[allow(clippy::panic, reason = "evaluated at compile time: a wrong row does not build")]
pub(super) const fn row(
    mut row: ResourceDefinition,
    multiple: bool,
    mandatory: bool,
    range: Option<(i32, i32)>,
) -> ResourceDefinition {
    if multiple {
        row = row.multiple();
    }
    if mandatory {
        row = row.mandatory();
    }
    let Some((low, high)) = range else { return row };
    match Range::new(low, high) {
        Some(range) => row.within(range),
        None => panic!("a range that a row cannot hold"),
    }
}

macro_rules! objects {
    ($(
        $constant:ident: $object:literal $name:literal ($major:literal, $minor:literal)
        $instances:ident $object_presence:ident {
            $(
                $resource:literal $resource_name:literal
                $operations:ident $count:ident $presence:ident $data_type:ident
                $([$low:literal, $high:literal])?
                $(since ($since_major:literal, $since_minor:literal))?;
            )*
        }
    )*) => {
        $(
            #[doc = concat!("/", $object, " ", $name, ", version ", $major, ".", $minor, ".")]
            pub static $constant: $crate::object::ObjectDefinition<'static> =
                $crate::object::ObjectDefinition {
                    id: $object,
                    version: $crate::object::ObjectVersion::new($major, $minor),
                    multiple: super::table::flag!($instances),
                    mandatory: super::table::flag!($object_presence),
                    resources: &[$(
                        super::table::row(
                            $crate::object::ResourceDefinition::new(
                                $resource,
                                $crate::object::Operations::$operations,
                                $crate::value::DataType::$data_type,
                            ),
                            super::table::flag!($count),
                            super::table::flag!($presence),
                            super::table::or!(None $(, Some(($low, $high)))?),
                        ),
                    )*],
                };
        )*

        pub(super) static DEFINITIONS: &[&$crate::object::ObjectDefinition<'static>] =
            &[$(&$constant),*];

        pub(super) static NAMES: &[super::table::Names] = &[$(
            super::table::Names {
                id: $object,
                name: $name,
                resources: &[$((
                    $resource,
                    $resource_name,
                    super::table::or!(
                        $crate::object::ObjectVersion::DEFAULT
                        $(, $crate::object::ObjectVersion::new($since_major, $since_minor))?
                    ),
                )),*],
            }
        ),*];
    };
}

/// `M` (multiple, mandatory) is true; `S` (single) and `O` (optional) are false.
macro_rules! flag {
    (M) => {
        true
    };
    (S) => {
        false
    };
    (O) => {
        false
    };
}

/// The second expression if there is one, else the first.
macro_rules! or {
    ($default:expr) => {
        $default
    };
    ($default:expr, $given:expr) => {
        $given
    };
}

pub(super) use {flag, objects, or};
