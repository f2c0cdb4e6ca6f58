//! Attributes of resources (TS-0004 clause 7.4): every resource type as rows, and one walk over
//! them that finds whatever is wrong with a representation.
//!
//! A new resource type, attribute, complex type or enumeration is a new row.

use crate::ResourceType;

mod access;
mod check;
mod common;
mod complex;
mod data;
mod enumeration;
mod fault;
mod flex;
mod management;
mod notification;
mod process;
mod registration;
mod schema;
mod value;

pub use check::{Change, Limits};
pub use common::COMMON;
pub use fault::{AttributeFault, Fault, Wanted};
pub use flex::{DefinitionError, FlexAttribute, FlexDefinition};
pub use schema::{Row, Schema, Shape};

pub(crate) use check::check;
#[cfg(any(feature = "ae", feature = "cse"))]
pub(crate) use value::is_name;
#[cfg(feature = "cse")]
pub(crate) use value::is_uri;

/// Whether a request may, must or must not carry an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Optionality {
    /// Mandatory.
    M,
    /// Optional.
    O,
    /// Not present: only the hosting CSE sets it.
    NP,
}

/// Whether the announced variant has an attribute (TS-0001 clause 9.6.26).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Announced {
    /// Always, if the original has it.
    MA,
    /// If attribute `aa` of the original names it.
    OA,
    /// Never.
    NA,
}

/// How often an attribute or member is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cardinality {
    /// Always.
    One,
    /// At most once; an UPDATE with null takes an attribute away.
    ZeroOrOne,
    /// One of the members with this mark, and only one.
    Choice,
}

/// Type of an attribute or member (TS-0004 table 6.3.3-1 and clauses 6.3.4, 6.3.5).
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// xs:string.
    Text,
    /// xs:token: a string without white space at its ends, without line breaks.
    Token,
    /// xs:anyURI, m2m:uri.
    Uri,
    /// Identifiers of entities and resources: m2m:ID and its kin. Wildcards are taken.
    Id,
    /// m2m:resourceName: unreserved characters of RFC 3986, one segment.
    Name,
    /// xs:NCName.
    NcName,
    /// xs:boolean.
    Boolean,
    /// xs:nonNegativeInteger.
    Unsigned,
    /// xs:unsignedInt.
    UnsignedInt,
    /// xs:positiveInteger.
    Positive,
    /// xs:integer.
    Integer,
    /// xs:float, xs:double.
    Float,
    /// m2m:timestamp.
    Timestamp,
    /// m2m:absRelTimestamp.
    AbsRelTimestamp,
    /// xs:duration.
    Duration,
    /// xs:base64Binary.
    Base64,
    /// m2m:scheduleEntry: seven fields.
    Schedule,
    /// International mobile subscriber identity: at most 15 digits.
    Imsi,
    /// Integrated circuit card identifier: 10 to 20 digits.
    Iccid,
    /// m2m:ipv4.
    Ipv4,
    /// m2m:ipv6.
    Ipv6,
    /// GeoJSON coordinates: numbers in arrays.
    Coordinates,
    /// m2m:resourceType; 0 stands for mixed.
    ResourceType,
    /// Any JSON but null.
    Any,
    /// Any JSON object.
    Object,
    /// A number that the enumeration has.
    Enumeration(&'static Enumeration),
    /// An object with these members.
    Complex(&'static Complex),
    /// A list, which may be empty.
    List(&'static Kind),
    /// A list with one element at least.
    NonEmptyList(&'static Kind),
}

/// An attribute of a resource type.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Short name.
    pub short: &'static str,
    /// Long name.
    pub long: &'static str,
    /// Type.
    pub kind: Kind,
    /// How often.
    pub cardinality: Cardinality,
    /// Whether a CREATE carries it.
    pub create: Optionality,
    /// Whether an UPDATE carries it.
    pub update: Optionality,
    /// Whether it is announced.
    pub announced: Announced,
}

/// A member of a complex type.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Short name.
    pub short: &'static str,
    /// Long name.
    pub long: &'static str,
    /// Type.
    pub kind: Kind,
    /// How often.
    pub cardinality: Cardinality,
}

/// A complex type.
#[derive(Debug)]
pub struct Complex {
    /// Name with its namespace.
    pub name: &'static str,
    /// What an object of the type has.
    pub members: &'static [Member],
}

/// An enumerated type.
#[derive(Debug)]
pub struct Enumeration {
    /// Name with its namespace.
    pub name: &'static str,
    /// Its numbers.
    pub ranges: &'static [core::ops::RangeInclusive<u32>],
}

impl Complex {
    /// Every complex type.
    #[must_use]
    pub fn all() -> &'static [&'static Complex] {
        complex::ALL
    }
}

impl Enumeration {
    /// True if it has `number`.
    #[must_use]
    pub fn has(&self, number: u64) -> bool {
        u32::try_from(number).is_ok_and(|n| self.ranges.iter().any(|range| range.contains(&n)))
    }
}

/// Rows of attributes: short name, long name, type, cardinality, optionality in CREATE and
/// UPDATE, announcement.
macro_rules! rows {
    ($($short:literal $long:literal $kind:expr, $car:ident, $c:ident $u:ident $a:ident;)*) => {
        &[$($crate::attribute::Attribute {
            short: $short,
            long: $long,
            kind: $kind,
            cardinality: $crate::attribute::Cardinality::$car,
            create: $crate::attribute::Optionality::$c,
            update: $crate::attribute::Optionality::$u,
            announced: $crate::attribute::Announced::$a,
        },)*]
    };
}

macro_rules! members {
    ($($Name:ident $text:literal { $($short:literal $long:literal $kind:expr, $car:ident;)* })*) => {$(
        pub(super) static $Name: Complex = Complex {
            name: $text,
            members: &[$($crate::attribute::Member {
                short: $short,
                long: $long,
                kind: $kind,
                cardinality: $crate::attribute::Cardinality::$car,
            },)*],
        };
    )*
        /// Every complex type.
        pub(super) static ALL: &[&Complex] = &[$(&$Name),*];
    };
}

macro_rules! enumerations {
    ($($Name:ident $text:literal $($range:expr)+;)*) => {$(
        pub(super) static $Name: Enumeration = Enumeration { name: $text, ranges: &[$($range),+] };
    )*};
}

use {enumerations, members, rows};

/// True for types that hold instances of their own: `la`, `ol`, `cni`, `cbs`.
#[must_use]
pub const fn instance_type(parent: ResourceType) -> Option<ResourceType> {
    match parent {
        ResourceType::Container => Some(ResourceType::ContentInstance),
        ResourceType::TimeSeries => Some(ResourceType::TimeSeriesInstance),
        ResourceType::FlexContainer => Some(ResourceType::FlexContainerInstance),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
