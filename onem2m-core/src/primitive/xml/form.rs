//! What an element stands for, by the tables.

use crate::ResourceType;
use crate::attribute::{self, Complex, Schema};
use crate::primitive::kind::{self, Member};
use crate::primitive::{Request, Response};

/// What the value of an element is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// As an attribute or member of a complex type.
    Attribute(attribute::Kind),
    /// As a parameter of a primitive.
    Parameter(kind::Kind),
    /// An object with these members.
    Members(Fields),
    /// A list of what a root element is.
    Roots(&'static str),
    /// Resources that are children of another.
    Children(Fields),
    /// Anything.
    Any,
}

/// The same, as far as reading and writing tell it apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum View {
    Text,
    Number,
    Boolean,
    Any,
    /// A list; true if white space separates its elements.
    List(Form, bool),
    Members(Fields),
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fields {
    Complex(&'static Complex),
    Record(&'static [Member]),
    /// A resource, and whether it is an announced variant.
    Resource(&'static Schema),
    /// A new resource and its address (`m2m:rce`).
    Created,
    /// A list of references (`m2m:rrl`).
    References,
    /// Lists of what other root elements are.
    Lists,
    /// What other root elements are.
    Open,
}

/// Name of the complex type whose members are XML attributes, save the value.
const REFERENCE: &str = "m2m:childResourceRef";

fn complex(name: &str) -> Option<&'static Complex> {
    Complex::all().iter().find(|complex| complex.name == name).copied()
}

/// What the root element `name` is.
pub(super) fn root(name: &str) -> Form {
    let complex_form =
        |name| complex(name).map_or(Form::Any, |c| Form::Members(Fields::Complex(c)));
    match name {
        "m2m:rqp" => Form::Members(Fields::Record(Request::MEMBERS)),
        "m2m:rsp" => Form::Members(Fields::Record(Response::MEMBERS)),
        "m2m:uri" | "m2m:dbg" => Form::Attribute(attribute::Kind::Text),
        "m2m:uril" | "m2m:atrl" => Form::Attribute(attribute::Kind::List(&attribute::Kind::Text)),
        "m2m:rce" => Form::Members(Fields::Created),
        "m2m:rrl" => Form::Members(Fields::References),
        "m2m:agr" | "m2m:agrp" | "m2m:agn" => Form::Members(Fields::Lists),
        "m2m:sgn" => complex_form("m2m:notification"),
        "m2m:tqf" => complex_form("m2m:dynAuthTokenReqInfo"),
        _ => resource(name).map_or(Form::Any, |schema| Form::Members(Fields::Resource(schema))),
    }
}

/// The schema of the resource with that member name. A name that no type has is taken for that of
/// a specialisation of flexContainer.
fn resource(name: &str) -> Option<&'static Schema> {
    let named = |name: &str| Schema::all().find(|schema| schema.member_name == name);
    named(name)
        .or_else(|| named(name.strip_suffix('A')?))
        .or_else(|| Schema::of(ResourceType::FlexContainer))
}

impl Form {
    pub(super) fn view(self) -> View {
        use attribute::Kind as A;
        use kind::Kind as P;
        match self {
            Form::Any => View::Any,
            Form::Members(fields) => View::Members(fields),
            Form::Roots(name) => View::List(root(name), false),
            Form::Children(fields) => View::List(Form::Members(fields), false),
            Form::Parameter(kind) => match kind {
                P::Text => View::Text,
                P::Integer => View::Number,
                P::Boolean => View::Boolean,
                P::Any | P::Object => View::Any,
                P::List(item) => list(Form::Parameter(*item), true),
                P::Record(members) => View::Members(Fields::Record(members)),
            },
            Form::Attribute(kind) => match kind {
                A::Boolean => View::Boolean,
                A::Unsigned
                | A::UnsignedInt
                | A::Positive
                | A::Integer
                | A::Float
                | A::ResourceType
                | A::Enumeration(_) => View::Number,
                A::Any | A::Object | A::Coordinates => View::Any,
                A::Complex(complex) => View::Members(Fields::Complex(complex)),
                // The entries of a schedule have blanks inside.
                A::List(item) | A::NonEmptyList(item) => {
                    list(Form::Attribute(*item), !matches!(item, A::Schedule))
                }
                _ => View::Text,
            },
        }
    }
}

/// A list; only simple values are separated by white space.
fn list(item: Form, split: bool) -> View {
    let simple = matches!(item.view(), View::Text | View::Number | View::Boolean);
    View::List(item, split && simple)
}

impl Fields {
    /// What member `name` is.
    pub(super) fn form(self, name: &str) -> Form {
        let prefixed = name.contains(':');
        match self {
            Fields::Complex(complex) => {
                let member = complex.members.iter().find(|m| m.short == name);
                member.map_or(Form::Any, |m| Form::Attribute(m.kind))
            }
            Fields::Record(members) => {
                Member::find(members, name).map_or(Form::Any, |m| Form::Parameter(m.kind))
            }
            Fields::Resource(_) if name == "ch" => references(),
            Fields::Resource(_) if prefixed => match root(name) {
                Form::Members(fields) => Form::Children(fields),
                _ => Form::Any,
            },
            Fields::Resource(_) if name == "lnk" => Form::Attribute(attribute::Kind::Uri),
            Fields::Resource(schema) => {
                schema.attribute(name).map_or(Form::Any, |row| Form::Attribute(row.kind))
            }
            Fields::Created if name == "uri" => Form::Attribute(attribute::Kind::Uri),
            Fields::References if name == "rrf" => references(),
            Fields::Lists => match name {
                "m2m:rsp" => Form::Roots("m2m:rsp"),
                "m2m:rqp" => Form::Roots("m2m:rqp"),
                "m2m:sgn" => Form::Roots("m2m:sgn"),
                _ => Form::Any,
            },
            Fields::Created | Fields::Open if prefixed => root(name),
            _ => Form::Any,
        }
    }

    /// True if `name` is an XML attribute.
    pub(super) fn is_xml_attribute(self, name: &str) -> bool {
        match self {
            Fields::Resource(_) => name == "rn",
            _ => self.is_reference() && matches!(name, "nm" | "typ"),
        }
    }

    /// True for references to resources: the text of the element is member `val`.
    pub(super) fn is_reference(self) -> bool {
        matches!(self, Fields::Complex(complex) if complex.name == REFERENCE)
    }

    /// Names in the order of the table; those that it does not have come behind.
    pub(super) fn order(self, name: &str) -> usize {
        let at = match self {
            Fields::Resource(schema) => schema.attributes().position(|row| row.short == name),
            Fields::Complex(complex) => complex.members.iter().position(|m| m.short == name),
            Fields::Record(members) => members.iter().position(|m| m.name == name),
            _ => None,
        };
        at.unwrap_or(usize::MAX)
    }
}

fn references() -> Form {
    complex(REFERENCE).map_or(Form::Any, |c| Form::Children(Fields::Complex(c)))
}
