//! Definitions of flexContainers, loaded at run time: SDT module classes and devices (TS-0023),
//! or anybody's own.

use super::schema::Row;
use super::{Announced, Cardinality, Kind, Optionality};
use crate::json::{Raw, normalize};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// An attribute of a specialisation.
#[derive(Clone, Debug)]
pub struct FlexAttribute {
    /// Short name.
    pub short: String,
    /// Type.
    pub kind: Kind,
    /// True if every resource has it.
    pub mandatory: bool,
}

impl FlexAttribute {
    pub(super) const fn row(&self) -> Row {
        let (cardinality, create) = if self.mandatory {
            (Cardinality::One, Optionality::M)
        } else {
            (Cardinality::ZeroOrOne, Optionality::O)
        };
        Row {
            kind: self.kind,
            cardinality,
            create,
            update: Optionality::O,
            announced: Announced::OA,
        }
    }
}

/// A specialisation of flexContainer.
#[derive(Clone, Debug)]
pub struct FlexDefinition {
    /// Attribute `cnd` of its resources: "org.onem2m.common.moduleclass.colour".
    pub container_definition: String,
    /// Name of the representation in content: "cod:color".
    pub member_name: String,
    attributes: Vec<FlexAttribute>,
}

/// Why a text is no definition.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a flexContainer definition: {0}")]
pub struct DefinitionError(pub &'static str);

/// Names of types as definitions write them.
const TYPES: &[(&str, Kind)] = &[
    ("string", Kind::Text),
    ("boolean", Kind::Boolean),
    ("integer", Kind::Integer),
    ("nonNegInteger", Kind::Unsigned),
    ("unsignedInt", Kind::UnsignedInt),
    ("positiveInteger", Kind::Positive),
    ("float", Kind::Float),
    ("timestamp", Kind::Timestamp),
    ("duration", Kind::Duration),
    ("anyURI", Kind::Uri),
    ("ID", Kind::Id),
    ("base64", Kind::Base64),
    ("enum", Kind::Integer),
    ("list", Kind::List(&Kind::Any)),
    ("list<string>", Kind::List(&Kind::Text)),
    ("list<integer>", Kind::List(&Kind::Integer)),
    ("list<float>", Kind::List(&Kind::Float)),
    ("any", Kind::Any),
    ("object", Kind::Object),
];

impl FlexDefinition {
    /// Reads definitions from JSON: an array of
    /// `{"type": "cod:color", "cnd": "org...", "attributes": [{"sname": "red", "type": "integer",
    /// "car": "1"}]}`. Members of other names are passed over, so that descriptions and long names
    /// may stay in the file.
    ///
    /// # Errors
    /// [`DefinitionError`]; nothing is read then.
    pub fn from_json(bytes: &[u8]) -> Result<Vec<FlexDefinition>, DefinitionError> {
        let text = normalize(bytes).map_err(|_| DefinitionError("no JSON"))?;
        let all = Raw::new(&text);
        if !all.is_array() {
            return Err(DefinitionError("no array"));
        }
        all.elements().map(FlexDefinition::read).collect()
    }

    fn read(object: Raw<'_>) -> Result<FlexDefinition, DefinitionError> {
        let text = |name: &str| {
            let value = object.member(name).and_then(Raw::as_text);
            value.map(|text| text.into_owned())
        };
        let member_name = text("type").ok_or(DefinitionError("type missing"))?;
        if !member_name.split_once(':').is_some_and(|(space, name)| {
            !space.is_empty() && !name.is_empty() && !member_name.contains(['"', '\\'])
        }) {
            return Err(DefinitionError("type without a namespace"));
        }
        let mut attributes = Vec::new();
        for attribute in object.member("attributes").into_iter().flat_map(Raw::elements) {
            let name = attribute.member("sname").and_then(Raw::as_text);
            let short = name.ok_or(DefinitionError("attribute without sname"))?.into_owned();
            let kind = attribute
                .member("type")
                .and_then(Raw::as_text)
                .and_then(|own| TYPES.iter().find(|(name, _)| *name == own).map(|(_, kind)| *kind));
            let kind = kind.ok_or(DefinitionError("attribute of an unknown type"))?;
            let mandatory = attribute.member("car").is_some_and(|car| car.is_text("1"));
            attributes.push(FlexAttribute { short, kind, mandatory });
        }
        Ok(FlexDefinition {
            container_definition: text("cnd").ok_or(DefinitionError("cnd missing"))?,
            member_name: member_name.to_owned(),
            attributes,
        })
    }

    /// The attribute with this short name.
    #[must_use]
    pub fn attribute(&self, short: &str) -> Option<&FlexAttribute> {
        self.attributes.iter().find(|attribute| attribute.short == short)
    }

    pub(super) fn mandatory_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(|a| a.mandatory).map(|a| a.short.as_str())
    }

    pub(super) fn mandatory(&self) -> usize {
        self.mandatory_names().count()
    }
}
