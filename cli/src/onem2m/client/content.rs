//! Content from the command line: attributes as their types want them.

use super::usage;
use crate::failure::Failure;
use crate::onem2m::args::Attributes;
use onem2m_core::attribute::{self, Schema};
use onem2m_core::primitive::Content;
use onem2m_core::{MgmtDefinition, ResourceType};
use serde_json::{Map, Value, json};
use std::io::Read;

/// A resource type, and the name of its representation.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) resource_type: ResourceType,
    /// `m2m:cnt`; empty if only the content can tell.
    pub(super) member: String,
    management: Option<MgmtDefinition>,
}

impl Kind {
    /// Reads a short name or a number.
    pub(super) fn parse(text: &str) -> Result<Kind, Failure> {
        let short = text.strip_prefix("m2m:").unwrap_or(text);
        let ty = text.parse().ok().map(ResourceType::from_number);
        if let Some(ty) = ty.or_else(|| ResourceType::from_short_name(short)) {
            let own = !matches!(ty, ResourceType::MgmtObj | ResourceType::FlexContainer);
            let member = ty.member_name().filter(|_| own).unwrap_or("").to_owned();
            return Ok(Kind { resource_type: ty, member, management: None });
        }
        let prefixed = [text.to_owned(), format!("m2m:{text}"), format!("dcfg:{text}")];
        for member in prefixed {
            if let Some(definition) = MgmtDefinition::from_member_name(&member) {
                let management = Some(definition);
                return Ok(Kind { resource_type: ResourceType::MgmtObj, member, management });
            }
        }
        Err(usage(format!("there is no resource type {text:?} (ae, cnt, cin, sub, acp, grp, ...)")))
    }

    /// The kind of a resource by the name of its representation.
    pub(super) fn of_member(member: &str) -> Kind {
        let management = MgmtDefinition::from_member_name(member);
        let resource_type = match (ResourceType::from_member_name(member), management) {
            (Some(ty), _) => ty,
            (None, Some(_)) => ResourceType::MgmtObj,
            (None, None) => ResourceType::FlexContainer,
        };
        Kind { resource_type, member: member.to_owned(), management }
    }

    pub(super) fn schema(&self) -> Option<&'static Schema> {
        match self.management {
            Some(definition) => Schema::of_management(definition),
            None => Schema::of(self.resource_type.original().unwrap_or(self.resource_type)),
        }
    }
}

/// The content of a CREATE or an UPDATE.
pub(super) fn build(from: &Attributes, kind: &Kind, create: bool) -> Result<Content, Failure> {
    let mut member = kind.member.clone();
    let mut attributes = Map::new();
    if let Some(text) = &from.content {
        let text = read(text)?;
        // Read as content first: members that occur twice are told.
        let content =
            Content::from_json(text.as_bytes()).map_err(|error| match error.member.as_str() {
                "" => usage(format!("--content is no JSON object: {}", error.kind)),
                _ => usage(format!("--content is no JSON object: {error}")),
            })?;
        if let Value::Object(mut object) = content.to_value() {
            let wrapped = object.len() == 1
                && object.iter().all(|(name, value)| name.contains(':') && value.is_object());
            if wrapped && let Some((name, Value::Object(inner))) = object.iter_mut().next() {
                member.clone_from(name);
                attributes = std::mem::take(inner);
            } else {
                attributes = object;
            }
        }
    }
    if member.is_empty() {
        let words = "this type has many kinds: put its name around the content, \
            such as {\"hd:binSh\": {...}}, or name a kind of mgmtObj (--type bat)";
        return Err(usage(words));
    }
    if create && let Some(definition) = kind.management {
        attributes.entry("mgd").or_insert_with(|| json!(definition.number()));
    }
    for (name, text) in &from.attributes {
        let row = kind.schema().and_then(|schema| schema.attribute(name));
        let value = value(text, row.map(|row| row.kind), create).ok_or_else(|| {
            let wanted = row.map_or("a value", |row| wanted(row.kind));
            usage(format!("--attr {name} takes {wanted}, not {text:?}"))
        })?;
        attributes.insert(name.clone(), value);
    }
    let object = Value::Object(Map::from_iter([(member, Value::Object(attributes))]));
    Content::from_value(&object).ok_or_else(|| usage("--content is no JSON object"))
}

fn read(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    std::io::stdin()
        .read_to_string(&mut read)
        .map_err(|error| Failure::io("cannot read standard input", &error))?;
    Ok(read)
}

/// What an attribute takes, in words.
const fn wanted(kind: attribute::Kind) -> &'static str {
    use attribute::Kind as K;
    match kind {
        K::Boolean => "true or false",
        K::Float => "a number",
        K::Complex(_) | K::Object => "an object in JSON",
        K::Coordinates => "coordinates in JSON",
        K::List(K::Complex(_) | K::Object) | K::NonEmptyList(K::Complex(_) | K::Object) => {
            "a list of objects in JSON"
        }
        K::List(_) | K::NonEmptyList(_) => "a list of numbers or of true and false, with commas",
        _ => "a whole number",
    }
}

/// Text as a value of that type.
fn value(text: &str, kind: Option<attribute::Kind>, create: bool) -> Option<Value> {
    use attribute::Kind as K;
    if !create && text == "null" {
        return Some(Value::Null);
    }
    let json = || serde_json::from_str::<Value>(text).ok();
    match kind {
        Some(K::Boolean) => text.parse().ok().map(Value::Bool),
        Some(
            K::Unsigned
            | K::UnsignedInt
            | K::Positive
            | K::Integer
            | K::Float
            | K::ResourceType
            | K::Enumeration(_),
        ) => json().filter(Value::is_number),
        Some(K::Complex(_) | K::Object) => json().filter(Value::is_object),
        Some(K::List(element) | K::NonEmptyList(element)) => match json() {
            Some(list @ Value::Array(_)) => Some(list),
            _ if matches!(element, K::Complex(_) | K::Object) => {
                json().filter(Value::is_object).map(|one| json!([one]))
            }
            _ => text.split(',').map(|part| value(part, Some(*element), create)).collect(),
        },
        Some(K::Coordinates) => json(),
        Some(K::Any) | None => Some(json().unwrap_or_else(|| json!(text))),
        Some(_) => Some(json!(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(kind: &str, pairs: &[(&str, &str)], content: Option<&str>) -> Option<Value> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let from = Attributes {
            attributes: pairs.iter().map(own).collect(),
            content: content.map(str::to_owned),
        };
        build(&from, &Kind::parse(kind).ok()?, true).ok().map(|content| content.to_value())
    }

    #[test]
    fn values_are_read_as_the_attribute_wants() {
        let all = [("rn", "5"), ("mni", "10"), ("lbl", "a,b"), ("et", "20300101T000000")];
        let wanted =
            json!({"m2m:cnt": {"rn": "5", "mni": 10, "lbl": ["a", "b"], "et": "20300101T000000"}});
        assert_eq!(built("cnt", &all, None), Some(wanted));
        let wanted = json!({"m2m:ae": {"api": "N1", "rr": true, "srv": ["3", "4"]}});
        let all = [("api", "N1"), ("rr", "true"), ("srv", "3,4")];
        assert_eq!(built("ae", &all, None), Some(wanted));
        for (text, value) in [("21.5", json!(21.5)), ("warm", json!("warm")), ("{}", json!({}))] {
            let wanted = json!({"m2m:cin": {"con": value}});
            assert_eq!(built("4", &[("con", text)], None), Some(wanted));
        }
        let wanted = json!({"m2m:bat": {"mgd": 1006, "btl": 80, "bts": 1}});
        assert_eq!(built("bat", &[("btl", "80"), ("bts", "1")], None), Some(wanted));
        let wanted = json!({"m2m:sub": {"enc": {"net": [3]}, "nu": ["http://a"]}});
        assert_eq!(
            built("sub", &[("enc", "{\"net\":[3]}"), ("nu", "http://a")], None),
            Some(wanted)
        );
    }

    #[test]
    fn content_with_and_without_its_name() {
        let wanted = Some(json!({"m2m:cnt": {"mni": 1, "rn": "x"}}));
        for text in ["{\"mni\":1}", "{\"m2m:cnt\":{\"mni\":1}}"] {
            assert_eq!(built("cnt", &[("rn", "x")], Some(text)), wanted);
        }
        let wanted = Some(json!({"cod:x": {"cnd": "y"}}));
        assert_eq!(built("fcnt", &[], Some("{\"cod:x\":{\"cnd\":\"y\"}}")), wanted);
        for (kind, pairs, text) in [
            ("fcnt", &[][..], None),
            ("nothing", &[], None),
            ("cnt", &[("mni", "many")], None),
            ("ae", &[("rr", "perhaps")], None),
            ("cnt", &[], Some("{\"mni\":1,\"mni\":2}")),
            ("cnt", &[], Some("[]")),
            ("cnt", &[], Some("{")),
        ] {
            assert_eq!(built(kind, pairs, text), None, "{kind} {pairs:?} {text:?}");
        }
    }
}
