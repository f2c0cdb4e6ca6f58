//! How a table of objects is written: one row a resource, from which come the definition (that a
//! device links) and the names (that only whoever asks for them links).

use super::{DataType, Range};

/// Names of one object: its ID, its name, and the names of its resources by ID.
pub(super) struct Names {
    pub(super) id: u16,
    pub(super) name: &'static str,
    pub(super) resources: &'static [(u16, &'static str)],
}

/// The range of a row: of the length where the type is one of bytes, else of the number.
#[allow(clippy::panic, reason = "evaluated at compile time: a wrong row does not build")]
pub(super) const fn range(data_type: DataType, low: i32, high: i32) -> Range {
    let range = match data_type {
        DataType::String | DataType::Opaque => Range::length(low, high),
        _ => Range::number(low, high),
    };
    match range {
        Some(range) => range,
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
                        $crate::object::ResourceDefinition {
                            id: $resource,
                            operations: $crate::object::Operations::$operations,
                            multiple: super::table::flag!($count),
                            mandatory: super::table::flag!($presence),
                            data_type: $crate::value::DataType::$data_type,
                            range: super::table::or!(
                                $crate::object::Range::Any
                                $(, super::table::range(
                                    $crate::value::DataType::$data_type, $low, $high
                                ))?
                            ),
                            since: super::table::or!(
                                $crate::object::ObjectVersion::new(1, 0)
                                $(, $crate::object::ObjectVersion::new(
                                    $since_major, $since_minor
                                ))?
                            ),
                        },
                    )*],
                };
        )*

        pub(super) static DEFINITIONS: &[&$crate::object::ObjectDefinition<'static>] =
            &[$(&$constant),*];

        pub(super) static NAMES: &[super::table::Names] = &[$(
            super::table::Names {
                id: $object,
                name: $name,
                resources: &[$(($resource, $resource_name)),*],
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
