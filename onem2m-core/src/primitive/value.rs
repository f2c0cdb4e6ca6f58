//! Types of parameters, and how JSON writes them.

use super::error::{Expected, PrimitiveError, PrimitiveErrorKind};
use super::kind::Kind;
use crate::enumeration::{
    ContentFilterSyntax, ContentStatus, DesiredIdentifierResultType, EventCategory,
    FilterOperation, FilterUsage, GeoSpatialFunction, GeometryType, Operation, ResponseType,
    ResultContent,
};
use crate::time::{AbsRelTimestamp, Timestamp};
use crate::{ReleaseVersion, ResourceType, ResponseStatusCode};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A type that a JSON value can be read as. The error names no member; that is the caller's.
pub(super) trait Param: Sized {
    /// Its shape, for forms that carry nothing but text.
    const KIND: Kind;

    fn read(value: Value) -> Result<Self, PrimitiveError>;
}

pub(super) fn wrong_type(expected: Expected) -> PrimitiveError {
    PrimitiveError::new(PrimitiveErrorKind::WrongType(expected), "")
}

fn bad_value(expected: Expected) -> PrimitiveError {
    PrimitiveError::new(PrimitiveErrorKind::BadValue(expected), "")
}

/// Puts `value` into the slot of member `name`, which must be free.
pub(super) fn fill<T: Param>(
    slot: &mut Option<T>,
    name: &str,
    value: Value,
) -> Result<(), PrimitiveError> {
    if slot.is_some() {
        return Err(PrimitiveError::new(PrimitiveErrorKind::Duplicate, name));
    }
    *slot = Some(T::read(value).map_err(|e| e.within(name))?);
    Ok(())
}

impl Param for String {
    const KIND: Kind = Kind::Text;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type(Expected::Text)),
        }
    }
}

impl Param for bool {
    const KIND: Kind = Kind::Boolean;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        value.as_bool().ok_or(wrong_type(Expected::Boolean))
    }
}

impl Param for u64 {
    const KIND: Kind = Kind::Integer;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        value.as_u64().ok_or(wrong_type(Expected::Integer))
    }
}

/// Anything but null.
impl Param for Value {
    const KIND: Kind = Kind::Any;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        if value.is_null() { Err(wrong_type(Expected::Any)) } else { Ok(value) }
    }
}

/// A JSON object, kept as it is.
pub(super) struct Object(pub(super) Value);

impl Param for Object {
    const KIND: Kind = Kind::Object;

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        if value.is_object() { Ok(Object(value)) } else { Err(wrong_type(Expected::Object)) }
    }
}

impl<T: Param> Param for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);

    fn read(value: Value) -> Result<Self, PrimitiveError> {
        let Value::Array(elements) = value else { return Err(wrong_type(Expected::List)) };
        if elements.is_empty() {
            return Err(PrimitiveError::new(PrimitiveErrorKind::EmptyList, ""));
        }
        let read =
            |(at, element): (usize, Value)| T::read(element).map_err(|e| e.within(&at.to_string()));
        elements.into_iter().enumerate().map(read).collect()
    }
}

macro_rules! texts {
    ($($Name:ident $expected:ident $parse:expr, $as_text:expr;)*) => {$(
        impl Param for $Name {
            const KIND: Kind = Kind::Text;

            fn read(value: Value) -> Result<Self, PrimitiveError> {
                let text = value.as_str().ok_or(wrong_type(Expected::$expected))?;
                $parse(text).map_err(|_| bad_value(Expected::$expected))
            }
        }

        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&$Name, S) -> Result<S::Ok, S::Error> = $as_text;
                text(self, serializer)
            }
        }
    )*};
}

texts! {
    Timestamp Timestamp Timestamp::parse, |t, s| s.serialize_str(t.text().as_str());
    AbsRelTimestamp AbsRelTimestamp AbsRelTimestamp::parse, |t, s| s.serialize_str(t.text().as_str());
    ReleaseVersion ReleaseVersion ReleaseVersion::parse, |t, s| s.serialize_str(t.as_str());
}

/// A number of an enumeration.
fn number(value: &Value) -> Result<u32, PrimitiveError> {
    let number = value.as_u64().ok_or(wrong_type(Expected::Integer))?;
    u32::try_from(number).map_err(|_| bad_value(Expected::Enumeration))
}

macro_rules! numbers {
    (open $($Open:ident)*; closed $($Closed:ident)*) => {
        $(
            impl Param for $Open {
                const KIND: Kind = Kind::Integer;

                fn read(value: Value) -> Result<Self, PrimitiveError> {
                    number(&value).map($Open::from_number)
                }
            }
        )*
        $(
            impl Param for $Closed {
                const KIND: Kind = Kind::Integer;

                fn read(value: Value) -> Result<Self, PrimitiveError> {
                    let known = $Closed::from_number(number(&value)?);
                    known.ok_or(bad_value(Expected::Enumeration))
                }
            }
        )*
        numbers!(@write $($Open)* $($Closed)*);
    };
    (@write $($Name:ident)*) => {$(
        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.number())
            }
        }
    )*};
}

numbers! {
    open ResourceType ResponseStatusCode ResponseType ResultContent EventCategory FilterUsage
        ContentFilterSyntax GeometryType GeoSpatialFunction;
    closed Operation DesiredIdentifierResultType FilterOperation ContentStatus
}
