//! Objects with a fixed set of members, described by a table.

/// A struct that is a JSON object: its members by short name, read strictly, written in the order
/// of the table. Members are `required T` (first, as arguments of `new`), `optional T`
/// (`Option<T>`), `list T` (`Vec<T>`, not written when empty) and `object` (`Option<Value>`, any
/// JSON object).
macro_rules! record {
    ($(#[$doc:meta])* $Name:ident {
        $($(#[$rnote:meta])* required $rfield:ident: $rty:ty = $rshort:literal;)*
    } {
        $($(#[$note:meta])* $kind:ident $field:ident: $ty:ty = $short:literal $(or $alias:literal)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $Name {
            $($(#[$rnote])* #[doc = concat!("\n\nMember `", $rshort, "`.")] pub $rfield: $rty,)*
            $(
                $(#[$note])* #[doc = concat!("\n\nMember `", $short, "`.")]
                pub $field: record!(@field $kind $ty),
            )*
        }

        impl $Name {
            /// One with the mandatory members only.
            #[must_use]
            pub const fn new($($rfield: $rty),*) -> $Name {
                $Name { $($rfield,)* $($field: record!(@absent $kind),)* }
            }

            /// Reads the members of an object.
            pub(super) fn read_members(
                members: serde_json::Map<alloc::string::String, serde_json::Value>,
            ) -> Result<$Name, $crate::primitive::PrimitiveError> {
                use $crate::primitive::{PrimitiveError, PrimitiveErrorKind};
                $(let mut $rfield: Option<$rty> = None;)*
                $(let mut $field: Option<record!(@slot $kind $ty)> = None;)*
                for (name, value) in members {
                    match name.as_str() {
                        $($rshort => {
                            $crate::primitive::value::fill(&mut $rfield, $rshort, value)?;
                        })*
                        $($short $(| $alias)? => {
                            $crate::primitive::value::fill(&mut $field, $short, value)?;
                        })*
                        _ => return Err(PrimitiveError::new(PrimitiveErrorKind::Unknown, &name)),
                    }
                }
                Ok($Name {
                    $($rfield: $rfield
                        .ok_or_else(|| PrimitiveError::new(PrimitiveErrorKind::Missing, $rshort))?,)*
                    $($field: record!(@take $kind $field),)*
                })
            }

            /// Short names of all members, in the order they are written.
            #[cfg(test)]
            #[allow(dead_code, reason = "only primitives are compared with the registry")]
            pub(super) const MEMBERS: &'static [&'static str] = &[$($rshort,)* $($short,)*];

            /// True if the member of that short name is there.
            #[allow(dead_code, reason = "only primitives have rules on presence")]
            pub(super) fn has(&self, short: &str) -> bool {
                match short {
                    $($rshort => true,)*
                    $($short => record!(@present $kind self.$field),)*
                    _ => false,
                }
            }
        }

        impl $crate::primitive::value::Param for $Name {
            fn read(value: serde_json::Value) -> Result<Self, $crate::primitive::PrimitiveError> {
                use $crate::primitive::{Expected, value::wrong_type};
                match value {
                    serde_json::Value::Object(members) => $Name::read_members(members),
                    _ => Err(wrong_type(Expected::Object)),
                }
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry($rshort, &self.$rfield)?;)*
                $(record!(@write $kind map $short self.$field);)*
                map.end()
            }
        }
    };
    (@field optional $ty:ty) => { Option<$ty> };
    (@field list $ty:ty) => { alloc::vec::Vec<$ty> };
    (@field object $ty:ty) => { Option<$ty> };
    (@slot optional $ty:ty) => { $ty };
    (@slot list $ty:ty) => { alloc::vec::Vec<$ty> };
    (@slot object $ty:ty) => { $crate::primitive::value::Object };
    (@absent list) => { alloc::vec::Vec::new() };
    (@absent $kind:ident) => { None };
    (@take optional $slot:ident) => { $slot };
    (@take list $slot:ident) => { $slot.unwrap_or_default() };
    (@take object $slot:ident) => { $slot.map(|object| object.0) };
    (@present list $self:ident.$field:ident) => { !$self.$field.is_empty() };
    (@present $kind:ident $self:ident.$field:ident) => { $self.$field.is_some() };
    (@write list $map:ident $short:literal $self:ident.$field:ident) => {
        if !$self.$field.is_empty() {
            $map.serialize_entry($short, &$self.$field)?;
        }
    };
    (@write $kind:ident $map:ident $short:literal $self:ident.$field:ident) => {
        if let Some(value) = &$self.$field {
            $map.serialize_entry($short, value)?;
        }
    };
}

/// Reading and writing of a whole primitive whose root element is `$root`; `$check` is what its
/// parameters shall be together.
macro_rules! json_primitive {
    ($Name:ident $root:literal, $check:expr) => {
        impl $Name {
            /// Reads a primitive from JSON text, wrapped into its root element or not.
            ///
            /// # Errors
            /// [`PrimitiveError`], with the request identifier if that was readable.
            pub fn from_json(bytes: &[u8]) -> Result<$Name, PrimitiveError> {
                $Name::from_value($crate::primitive::json::parse(bytes)?)
            }

            /// Reads a primitive from JSON values, wrapped into its root element or not.
            ///
            /// # Errors
            /// [`PrimitiveError`], with the request identifier if that was readable.
            pub fn from_value(value: serde_json::Value) -> Result<$Name, PrimitiveError> {
                let members = $crate::primitive::json::members(value, $root)?;
                let identifier = members.get("rqi").and_then(|rqi| rqi.as_str()).map(String::from);
                let check: fn(&$Name) -> Result<(), PrimitiveError> = $check;
                let primitive =
                    $Name::read_members(members).and_then(|read| check(&read).map(|()| read));
                primitive.map_err(|e| PrimitiveError { request_identifier: identifier, ..e })
            }

            /// Writes the primitive as JSON text, parameters at the top.
            #[must_use]
            pub fn to_json(&self) -> alloc::vec::Vec<u8> {
                // Names are strings and nothing here fails to serialise, so there is no error.
                serde_json::to_vec(self).unwrap_or_default()
            }

            /// Writes the primitive as JSON text, wrapped into its root element.
            #[must_use]
            pub fn to_wrapped_json(&self) -> alloc::vec::Vec<u8> {
                let mut text = alloc::vec::Vec::from(concat!("{\"", $root, "\":"));
                text.append(&mut self.to_json());
                text.push(b'}');
                text
            }
        }
    };
}

pub(super) use {json_primitive, record};
