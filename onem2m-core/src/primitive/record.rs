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

            /// All members, in the order they are written.
            pub(crate) const MEMBERS: &'static [$crate::primitive::kind::Member] = &[
                $(record!(@member $rshort, $rty),)*
                $(record!(@member $short $(or $alias)?, record!(@slot $kind $ty)),)*
            ];

            /// The members as a tree, save the content of a primitive.
            #[allow(dead_code, reason = "only primitives are taken apart")]
            pub(crate) fn parameters(
                &self,
            ) -> serde_json::Map<alloc::string::String, serde_json::Value> {
                use alloc::borrow::ToOwned;
                let mut members = serde_json::Map::new();
                let mut put = |short: &str, value: serde_json::Result<serde_json::Value>| {
                    // Nothing in a record fails to serialise.
                    members.insert(short.to_owned(), value.unwrap_or_default());
                };
                $(put($rshort, serde_json::to_value(&self.$rfield));)*
                $(if $short != "pc" && record!(@present $kind self.$field) {
                    put($short, serde_json::to_value(&self.$field));
                })*
                members
            }

            /// Which members are there: bit n is member n of [`MEMBERS`](Self::MEMBERS).
            #[allow(dead_code, reason = "only primitives have rules on presence")]
            #[allow(unused_assignments, reason = "the last bit is not followed by another")]
            pub(crate) fn presence(&self) -> u64 {
                let (mut bits, mut bit) = (0u64, 1u64);
                $(
                    let _ = $rshort;
                    bits |= bit;
                    bit <<= 1;
                )*
                $(
                    if record!(@present $kind self.$field) {
                        bits |= bit;
                    }
                    bit <<= 1;
                )*
                bits
            }

            /// True if the member of that short name is there.
            #[allow(dead_code, reason = "only primitives have rules on presence")]
            pub(crate) fn has(&self, short: &str) -> bool {
                match short {
                    $($rshort => true,)*
                    $($short => record!(@present $kind self.$field),)*
                    _ => false,
                }
            }
        }

        impl $crate::primitive::value::Param for $Name {
            const KIND: $crate::primitive::kind::Kind =
                $crate::primitive::kind::Kind::Record($Name::MEMBERS);

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
    (@member $short:literal $(or $alias:literal)?, $ty:ty) => {
        $crate::primitive::kind::Member {
            name: $short,
            alias: record!(@alias $($alias)?),
            kind: <$ty as $crate::primitive::value::Param>::KIND,
        }
    };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
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

/// Reading and writing of a whole primitive whose root element is `$root`; `$known` tells of a
/// parameter whether it is looked at, `$check` is what the parameters shall be together.
macro_rules! json_primitive {
    ($Name:ident $root:literal, $known:expr, $check:expr) => {
        impl $Name {
            /// Reads a primitive from JSON text, wrapped into its root element or not.
            ///
            /// # Errors
            /// [`PrimitiveError`], with the request identifier if that was readable.
            pub fn from_json(bytes: &[u8]) -> Result<$Name, PrimitiveError> {
                $Name::from_value($crate::primitive::json::parse(bytes)?)
            }

            /// Reads a primitive from a tree of values, wrapped into its root element or not.
            ///
            /// # Errors
            /// [`PrimitiveError`], with the request identifier if that was readable.
            pub fn from_value(value: serde_json::Value) -> Result<$Name, PrimitiveError> {
                let members = $crate::primitive::json::members(value, $root)?;
                $Name::from_parameters(members, None)
            }

            /// Puts a primitive together from its parameters and its content, which may be in
            /// one of the two.
            pub(crate) fn from_parameters(
                mut members: serde_json::Map<String, serde_json::Value>,
                content: Option<$crate::primitive::Content>,
            ) -> Result<$Name, PrimitiveError> {
                let identifier = members.get("rqi").and_then(|rqi| rqi.as_str()).map(String::from);
                let known: fn(&str) -> bool = $known;
                members.retain(|name, _| known(name));
                let check: fn(&$Name) -> Result<(), PrimitiveError> = $check;
                let primitive = $Name::read_members(members).and_then(|mut read| {
                    if content.is_some() {
                        read.content = content;
                    }
                    check(&read).map(|()| read)
                });
                primitive.map_err(|e| PrimitiveError { request_identifier: identifier, ..e })
            }

            /// Reads a primitive from CBOR, wrapped into its root element or not.
            ///
            /// # Errors
            /// [`PrimitiveError`], with the request identifier if that was readable.
            #[cfg(feature = "cbor")]
            pub fn from_cbor(bytes: &[u8]) -> Result<$Name, PrimitiveError> {
                $Name::from_value($crate::primitive::cbor::parse(bytes)?)
            }

            /// Writes the primitive as CBOR, parameters at the top.
            #[cfg(feature = "cbor")]
            #[must_use]
            pub fn to_cbor(&self) -> alloc::vec::Vec<u8> {
                // Content that was read is not nested too deep, so there is always an encoding.
                let tree = serde_json::to_value(self).unwrap_or_default();
                $crate::primitive::cbor::write(&tree).unwrap_or_default()
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
