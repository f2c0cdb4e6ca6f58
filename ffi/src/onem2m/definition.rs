//! What oneM2M defines of resource types and their attributes (TS-0001 clause 9.6, TS-0004 clause 7.4).

use core::ffi::c_char;

use onem2m_core::attribute::{
    Announced, Attribute, Cardinality, Complex, Kind, Member, Optionality, Schema,
};
use onem2m_core::{MgmtDefinition, ResourceType};

use super::address::m2m_onem2m_part;
use super::time::of_text;
use crate::borrow::{Out, OutBytes};
use crate::guard::caught;
use crate::result::m2m_result::{M2M_NOTHING, M2M_OK};
use crate::result::{Outcome, code};

/// What the value of an attribute is (TS-0004 table 6.3.3-1).
#[repr(C)]
pub enum m2m_onem2m_kind {
    /// xs:string
    M2M_ONEM2M_TEXT = 0,
    /// xs:token
    M2M_ONEM2M_TOKEN = 1,
    /// xs:anyURI, m2m:uri
    M2M_ONEM2M_URI = 2,
    /// Identifiers of entities and resources.
    M2M_ONEM2M_ID = 3,
    /// m2m:resourceName
    M2M_ONEM2M_NAME = 4,
    /// xs:NCName
    M2M_ONEM2M_NCNAME = 5,
    /// xs:boolean
    M2M_ONEM2M_BOOLEAN = 6,
    /// xs:nonNegativeInteger
    M2M_ONEM2M_UNSIGNED = 7,
    /// xs:unsignedInt
    M2M_ONEM2M_UNSIGNED_INT = 8,
    /// xs:positiveInteger
    M2M_ONEM2M_POSITIVE = 9,
    /// xs:integer
    M2M_ONEM2M_INTEGER = 10,
    /// xs:float, xs:double
    M2M_ONEM2M_FLOAT = 11,
    /// m2m:timestamp: m2m_onem2m_timestamp_read()
    M2M_ONEM2M_TIMESTAMP = 12,
    /// m2m:absRelTimestamp: m2m_onem2m_time_resolve()
    M2M_ONEM2M_ABS_REL_TIMESTAMP = 13,
    /// xs:duration: m2m_onem2m_duration_read()
    M2M_ONEM2M_DURATION = 14,
    /// xs:base64Binary
    M2M_ONEM2M_BASE64 = 15,
    /// m2m:scheduleEntry: m2m_onem2m_schedule_next()
    M2M_ONEM2M_SCHEDULE = 16,
    /// At most 15 digits.
    M2M_ONEM2M_IMSI = 17,
    /// 10 to 20 digits.
    M2M_ONEM2M_ICCID = 18,
    /// m2m:ipv4
    M2M_ONEM2M_IPV4 = 19,
    /// m2m:ipv6
    M2M_ONEM2M_IPV6 = 20,
    /// Coordinates of GeoJSON.
    M2M_ONEM2M_COORDINATES = 21,
    /// m2m:resourceType; 0 stands for mixed.
    M2M_ONEM2M_TYPE_OF_RESOURCE = 22,
    /// Any JSON but null.
    M2M_ONEM2M_ANY = 23,
    /// Any object of JSON.
    M2M_ONEM2M_OBJECT = 24,
    /// A number of the enumeration that type_name names.
    M2M_ONEM2M_ENUMERATION = 25,
    /// An object with the members of the type that type_name names: m2m_onem2m_member_at().
    M2M_ONEM2M_COMPLEX = 26,
}

use m2m_onem2m_kind::*;

/// Whether a request carries an attribute.
#[repr(C)]
pub enum m2m_onem2m_optionality {
    /// It must not: only the hosting CSE sets it.
    M2M_ONEM2M_NOT_PRESENT = 0,
    /// It may.
    M2M_ONEM2M_MAY = 1,
    /// It must.
    M2M_ONEM2M_MUST = 2,
}

use m2m_onem2m_optionality::*;

/// An attribute of a resource type, or a member of a complex type. What the parts point to lives for ever.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_attribute {
    /// The short name, such as rn.
    pub short_name: m2m_onem2m_part,
    /// The long name, such as resourceName.
    pub long_name: m2m_onem2m_part,
    /// The name of the enumeration or complex type; NULL for others.
    pub type_name: m2m_onem2m_part,
    /// One of enum m2m_onem2m_kind, of each element if it is a list.
    pub kind: i32,
    /// 0 for no list, 1 for a list that may be empty, 2 for one of one element at least, 3 for a list of lists.
    pub list: i32,
    /// 1 if it is always there, 0 if it may be there, 2 if exactly one of those with a 2 is.
    pub mandatory: i32,
    /// Whether a CREATE carries it, one of enum m2m_onem2m_optionality. Of a member 0.
    pub create: i32,
    /// Whether an UPDATE carries it. Of a member 0.
    pub update: i32,
    /// Whether the announced variant has it: M2M_ONEM2M_NOT_PRESENT never, M2M_ONEM2M_MAY if attribute aa names it,
    /// M2M_ONEM2M_MUST if the original has it. Of a member 0.
    pub announced: i32,
}

/// The same of the elements of a list.
fn listed(of: &Kind, list: i32) -> (m2m_onem2m_kind, i32, Option<&'static str>) {
    let (kind, inner, name) = kind_of(of);
    (kind, if inner == 0 { list } else { 3 }, name)
}

/// The kind, whether it is a list, and the name of a type.
fn kind_of(kind: &Kind) -> (m2m_onem2m_kind, i32, Option<&'static str>) {
    let plain = match kind {
        Kind::Text => M2M_ONEM2M_TEXT,
        Kind::Token => M2M_ONEM2M_TOKEN,
        Kind::Uri => M2M_ONEM2M_URI,
        Kind::Id => M2M_ONEM2M_ID,
        Kind::Name => M2M_ONEM2M_NAME,
        Kind::NcName => M2M_ONEM2M_NCNAME,
        Kind::Boolean => M2M_ONEM2M_BOOLEAN,
        Kind::Unsigned => M2M_ONEM2M_UNSIGNED,
        Kind::UnsignedInt => M2M_ONEM2M_UNSIGNED_INT,
        Kind::Positive => M2M_ONEM2M_POSITIVE,
        Kind::Integer => M2M_ONEM2M_INTEGER,
        Kind::Float => M2M_ONEM2M_FLOAT,
        Kind::Timestamp => M2M_ONEM2M_TIMESTAMP,
        Kind::AbsRelTimestamp => M2M_ONEM2M_ABS_REL_TIMESTAMP,
        Kind::Duration => M2M_ONEM2M_DURATION,
        Kind::Base64 => M2M_ONEM2M_BASE64,
        Kind::Schedule => M2M_ONEM2M_SCHEDULE,
        Kind::Imsi => M2M_ONEM2M_IMSI,
        Kind::Iccid => M2M_ONEM2M_ICCID,
        Kind::Ipv4 => M2M_ONEM2M_IPV4,
        Kind::Ipv6 => M2M_ONEM2M_IPV6,
        Kind::Coordinates => M2M_ONEM2M_COORDINATES,
        Kind::ResourceType => M2M_ONEM2M_TYPE_OF_RESOURCE,
        Kind::Any => M2M_ONEM2M_ANY,
        Kind::Object => M2M_ONEM2M_OBJECT,
        Kind::Enumeration(of) => return (M2M_ONEM2M_ENUMERATION, 0, Some(of.name)),
        Kind::Complex(of) => return (M2M_ONEM2M_COMPLEX, 0, Some(of.name)),
        Kind::List(of) => return listed(of, 1),
        Kind::NonEmptyList(of) => return listed(of, 2),
    };
    (plain, 0, None)
}

fn optionality(of: Optionality) -> i32 {
    (match of {
        Optionality::NP => M2M_ONEM2M_NOT_PRESENT,
        Optionality::O => M2M_ONEM2M_MAY,
        Optionality::M => M2M_ONEM2M_MUST,
    }) as i32
}

const fn mandatory(cardinality: Cardinality) -> i32 {
    match cardinality {
        Cardinality::ZeroOrOne => 0,
        Cardinality::One => 1,
        Cardinality::Choice => 2,
    }
}

impl From<&Member> for m2m_onem2m_attribute {
    fn from(of: &Member) -> Self {
        let (kind, list, type_name) = kind_of(&of.kind);
        m2m_onem2m_attribute {
            short_name: Some(of.short).into(),
            long_name: Some(of.long).into(),
            type_name: type_name.into(),
            kind: kind as i32,
            list,
            mandatory: mandatory(of.cardinality),
            create: 0,
            update: 0,
            announced: 0,
        }
    }
}

impl From<&Attribute> for m2m_onem2m_attribute {
    fn from(of: &Attribute) -> Self {
        let Attribute { short, long, kind, cardinality, create, update, announced } = *of;
        m2m_onem2m_attribute {
            create: optionality(create),
            update: optionality(update),
            announced: (match announced {
                Announced::NA => M2M_ONEM2M_NOT_PRESENT,
                Announced::OA => M2M_ONEM2M_MAY,
                Announced::MA => M2M_ONEM2M_MUST,
            }) as i32,
            ..(&Member { short, long, kind, cardinality }).into()
        }
    }
}

/// A type of resources.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_definition {
    /// 1 if a CREATE may be asked for.
    pub create: i32,
    /// 1 if an UPDATE may be.
    pub update: i32,
    /// 1 if a DELETE may be.
    pub deletion: i32,
    /// 1 if resources have rules of access of their own (acpi).
    pub has_policy: i32,
    /// How many attributes they have: m2m_onem2m_attribute_at().
    pub attributes: u32,
}

/// The schema of a number: a type, or a specialisation of mgmtObj.
fn schema(number: u32) -> Option<&'static Schema> {
    Schema::of(ResourceType::from_number(number))
        .or_else(|| Schema::of_management(MgmtDefinition::from_number(number)))
}

/// What a resource type is: the number of a type (m2m:resourceType, enum m2m_onem2m_resource_type), or of a
/// specialisation of mgmtObj (m2m:mgmtDefinition, 1001 and up). M2M_NOTHING for another number; announced variants and
/// flexContainers of somebody's own are made of others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_type_describe(
    number: u32,
    definition: *mut m2m_onem2m_definition,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the result.
        let out = unsafe { Out::new(definition) }?;
        out.put_found(schema(number).map(|schema| {
            let [create, update, deletion] = schema.operations.map(i32::from);
            m2m_onem2m_definition {
                create,
                update,
                deletion,
                has_policy: schema.has_policy().into(),
                attributes: u32::try_from(schema.attributes().count()).unwrap_or(u32::MAX),
            }
        }))
    }))
}

/// Copies the name of the representation of a resource of a type, such as "m2m:cnt", into buf, and a NUL behind it. len
/// gets its length without the NUL. With buf NULL and cap 0 only len is written. Announced variants have one, too.
/// M2M_NOTHING for a number without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_type_member_name(
    number: u32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let name = ResourceType::from_number(number).member_name();
        out.put_text(name.or_else(|| schema(number).map(|schema| schema.member_name)))
    }))
}

/// The number of a type by the name of its representation, such as "m2m:cnt", "m2m:cntA" or "m2m:bat". M2M_NOTHING for
/// another name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_type_of(member_name: *const c_char, number: *mut u32) -> i32 {
    // SAFETY: the caller passes a string, and memory for a number.
    unsafe {
        of_text(member_name, number, |name, out| {
            let found = ResourceType::from_member_name(name).map(ResourceType::number);
            let managed = || {
                let schema =
                    Schema::all().find(|s| s.management.is_some() && s.member_name == name);
                schema.and_then(|schema| schema.management).map(MgmtDefinition::number)
            };
            out.put_found(found.or_else(managed))
        })
    }
}

/// Whether a resource of type child may be made under one of a type: M2M_OK or M2M_NOTHING. Announced variants may be
/// where their originals may.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_onem2m_type_allows_child(number: u32, child: u32) -> i32 {
    code(caught(|| {
        let child = ResourceType::from_number(child);
        let allowed = schema(number).is_some_and(|schema| schema.allows_child(child));
        Ok(if allowed { M2M_OK } else { M2M_NOTHING })
    }))
}

fn put(found: Option<impl Into<m2m_onem2m_attribute>>, out: Out<m2m_onem2m_attribute>) -> Outcome {
    out.put_found(found.map(Into::into))
}

/// The attribute at index, from 0, of resources of a type, which m2m_onem2m_type_describe() knows; those that most types
/// have come first. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_attribute_at(
    number: u32,
    index: usize,
    attribute: *mut m2m_onem2m_attribute,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the result.
        let out = unsafe { Out::new(attribute) }?;
        put(schema(number).and_then(|schema| schema.attributes().nth(index)), out)
    }))
}

/// The attribute with this short name of resources of a type. M2M_NOTHING if they have none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_attribute_find(
    number: u32,
    short_name: *const c_char,
    attribute: *mut m2m_onem2m_attribute,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe {
        of_text(short_name, attribute, |name, out| {
            put(schema(number).and_then(|schema| schema.attribute(name)), out)
        })
    }
}

/// The member at index, from 0, of a complex type, by the name that type_name of an attribute has. M2M_NOTHING if there
/// are not as many, or there is no such type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_member_at(
    type_name: *const c_char,
    index: usize,
    member: *mut m2m_onem2m_attribute,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe {
        of_text(type_name, member, |name, out| {
            let complex = Complex::all().iter().find(|complex| complex.name == name);
            put(complex.and_then(|complex| complex.members.get(index)), out)
        })
    }
}
