//! Queries: parameters and filter criteria as fields `name=value` (TS-0009 clause 6.2.2.2,
//! TS-0008 clause 6.2.2.3).
//!
//! Fields that are neither parameters nor members of the filter criteria are conditions on
//! attributes: `rn=x`, `c.rn=x` for a child, `p.rn=x` for the parent. Values of such conditions
//! are text. The elements of a list are joined by `+`; the field may also be repeated.

use super::error::{BindingError, BindingErrorKind, Unrepresentable};
use super::place::{Parameters, put};
use crate::parameter::{HttpPlace, Parameter};
use crate::primitive::kind::{Kind, Member, scalar_text};
use crate::primitive::{Content, FilterCriteria, PrimitiveErrorKind, Request};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// Field of the list of attributes to retrieve.
const ATTRIBUTE_LIST: &str = "atrl";
/// Its member in content.
const ATTRIBUTE_LIST_MEMBER: &str = "m2m:atrl";
/// Members of filter criteria that are conditions on attributes, and what stands before the name.
const CONDITIONS: [(&str, &str); 3] = [("atr", ""), ("catr", "c."), ("patr", "p.")];

/// The error about a field that is no UTF-8, by its name if that is.
#[cfg(feature = "coap")]
pub(super) fn not_text(text: &[u8]) -> BindingError {
    let name = text.split(|byte| *byte == b'=').next().unwrap_or(&[]);
    match core::str::from_utf8(name) {
        Ok(name) => match field(name).0 {
            Field::Filter(short, _) => BindingError::malformed(&format!("fc.{short}")),
            _ => BindingError::malformed(name),
        },
        Err(_) => BindingError::malformed("query"),
    }
}

/// Where the fields of a query go.
#[derive(Clone, Copy)]
enum Field {
    Parameter(&'static str, Kind),
    Filter(&'static str, Kind),
    ResponseType,
    AttributeList,
    /// Member of the filter criteria.
    Condition(&'static str),
}

fn field(name: &str) -> (Field, &str) {
    if name == ATTRIBUTE_LIST {
        return (Field::AttributeList, name);
    }
    if name == "rt" {
        return (Field::ResponseType, name);
    }
    let parameter = Parameter::from_short_name(name)
        .filter(|p| in_query(*p))
        .and_then(|p| Member::find(Request::MEMBERS, p.short_name()));
    if let Some(member) = parameter {
        return (Field::Parameter(member.name, member.kind), name);
    }
    let criterion = Member::find(FilterCriteria::MEMBERS, name)
        .filter(|m| CONDITIONS.iter().all(|(condition, _)| *condition != m.name));
    if let Some(member) = criterion {
        return (Field::Filter(member.name, member.kind), name);
    }
    let [own, others @ ..] = CONDITIONS;
    let prefixed = |(member, prefix): (&'static str, &str)| {
        Some((Field::Condition(member), name.strip_prefix(prefix)?))
    };
    others.into_iter().find_map(prefixed).unwrap_or((Field::Condition(own.0), name))
}

/// Parameters that are fields of the query by their own name in HTTP or CoAP.
const fn in_query(parameter: Parameter) -> bool {
    matches!(parameter.http(), HttpPlace::Query(_))
        || matches!(parameter, Parameter::Tokens | Parameter::Operation)
}

/// How a binding writes text into a field: as it is, or with an encoding.
pub(super) trait Syntax {
    /// Appends a name or a value that is no list.
    fn scalar(text: &str, to: &mut String);
    /// Appends an element of a list, in which `+` is escaped.
    fn element(text: &str, to: &mut String);
    /// Reads what [`Syntax::scalar`] wrote.
    fn read_scalar(text: &str) -> Option<String>;
    /// Reads what [`Syntax::element`] wrote.
    fn read_element(text: &str) -> Option<String>;
}

/// The fields of `parameters` that belong into a query are taken out of it and given to `emit`
/// one by one as `name=value`. `place` tells which parameters do. The list of attributes that
/// `content` may be goes there too; true if it did.
pub(super) fn write<S: Syntax>(
    parameters: &mut Parameters,
    content: Option<&Content>,
    place: fn(Parameter) -> bool,
    emit: &mut dyn FnMut(&str),
) -> Result<bool, Unrepresentable> {
    for parameter in Parameter::ALL.iter().copied().filter(|p| place(*p)) {
        if let Some(value) = parameters.remove(parameter.short_name()) {
            emit(&line::<S>(parameter.short_name(), &value, parameter.short_name())?);
        }
    }
    if let Some(value) = parameters.get_mut("rt").and_then(|rt| rt.as_object_mut()?.remove("rtv")) {
        emit(&line::<S>("rt", &value, "rt")?);
    }
    let listed = write_attribute_list::<S>(parameters, content, emit)?;
    let Some(Value::Object(criteria)) = parameters.remove("fc") else { return Ok(listed) };
    for member in FilterCriteria::MEMBERS {
        let Some(value) = criteria.get(member.name) else { continue };
        let path = format!("fc.{}", member.name);
        match (CONDITIONS.iter().find(|(name, _)| *name == member.name), member.kind) {
            (Some(kind), _) => {
                for condition in value.as_array().into_iter().flatten() {
                    let line = condition_line::<S>(*kind, condition);
                    emit(&line.ok_or_else(|| Unrepresentable::new(&path))?);
                }
            }
            (None, Kind::Any) => emit(&line::<S>(member.name, &Value::String(free(value)), &path)?),
            (None, _) => emit(&line::<S>(member.name, value, &path)?),
        }
    }
    Ok(listed)
}

/// `to#attribute` and `pc: {"m2m:atrl": [..]}` become field `atrl`; true if the content did.
fn write_attribute_list<S: Syntax>(
    parameters: &mut Parameters,
    content: Option<&Content>,
    emit: &mut dyn FnMut(&str),
) -> Result<bool, Unrepresentable> {
    let to = parameters.get("to").and_then(Value::as_str).unwrap_or("");
    // What follows `#` in the URI of a notification target is not for the other side.
    let split = to.split_once('#').filter(|(resource, _)| !resource.contains("://"));
    let attribute = split.map(|(resource, name)| (resource.to_owned(), name.to_owned()));
    let list = content
        .filter(|c| c.members().next().is_some_and(|(name, _)| name == ATTRIBUTE_LIST_MEMBER))
        .map(Content::to_value);
    let list = match &list {
        Some(Value::Object(content)) if content.len() == 1 => content.get(ATTRIBUTE_LIST_MEMBER),
        _ => None,
    };
    match (attribute, list) {
        (None, None) => Ok(false),
        (Some(_), Some(_)) => Err(Unrepresentable::new("pc")),
        (Some((resource, attribute)), None) => {
            emit(&line::<S>(ATTRIBUTE_LIST, &Value::String(attribute), "to")?);
            parameters.insert("to".to_owned(), Value::String(resource));
            Ok(false)
        }
        (None, Some(list)) => {
            if list.as_array().is_none_or(|l| l.len() < 2) {
                // One attribute is read as `to#attribute`.
                return Err(Unrepresentable::new("pc"));
            }
            emit(&line::<S>(ATTRIBUTE_LIST, list, "pc")?);
            Ok(true)
        }
    }
}

fn line<S: Syntax>(name: &str, value: &Value, member: &str) -> Result<String, Unrepresentable> {
    let error = || Unrepresentable::new(member);
    let mut text = String::from(name);
    text.push('=');
    match value {
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    text.push('+');
                }
                S::element(&scalar_text(element).ok_or_else(error)?, &mut text);
            }
        }
        scalar => S::scalar(&scalar_text(scalar).ok_or_else(error)?, &mut text),
    }
    Ok(text)
}

/// `None` for a name that would be read as another field, and for a value that is no scalar.
fn condition_line<S: Syntax>((member, prefix): (&str, &str), condition: &Value) -> Option<String> {
    let name = condition.get("nm")?.as_str().filter(|name| !name.is_empty())?;
    let value = scalar_text(condition.get("val")?)?;
    let full = format!("{prefix}{name}");
    match field(&full) {
        (Field::Condition(read), attribute) if read == member && attribute == name => {}
        _ => return None,
    }
    let mut text = String::new();
    S::scalar(&full, &mut text);
    if text.contains('=') {
        return None;
    }
    text.push('=');
    S::scalar(&value, &mut text);
    Some(text)
}

/// Text for a member of any type: text as it is, unless it could be taken for JSON.
fn free(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        other => other.to_string(),
    }
}

fn read_free(text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value) if !value.is_null() => value,
        _ => Value::String(text),
    }
}

/// Collects the fields of a query.
#[derive(Default)]
pub(super) struct Query {
    criteria: Map<String, Value>,
    attributes: Vec<Value>,
}

impl Query {
    /// Reads one field, `name=value`; parameters go into `into`.
    pub(super) fn field<S: Syntax>(
        &mut self,
        text: &str,
        into: &mut Parameters,
    ) -> Result<(), BindingError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let name = S::read_scalar(name).ok_or_else(|| BindingError::malformed("query"))?;
        let (field, attribute) = field(&name);
        let bad = || match field {
            Field::Filter(short, _) => BindingError::malformed(&format!("fc.{short}")),
            _ => BindingError::malformed(&name),
        };
        let scalar = || S::read_scalar(value).ok_or_else(bad);
        match field {
            Field::Parameter(short, kind @ Kind::List(_)) => {
                append::<S>(into, short, kind, value).ok_or_else(bad)
            }
            Field::Parameter(short, kind) => put(into, short, kind.value_of(&scalar()?)),
            Field::Filter(short, kind @ Kind::List(_)) => {
                append::<S>(&mut self.criteria, short, kind, value).ok_or_else(bad)
            }
            Field::Filter(short, Kind::Any) => put(&mut self.criteria, short, read_free(scalar()?))
                .map_err(|_| BindingError::duplicate(&format!("fc.{short}"))),
            Field::Filter(short, kind) => put(&mut self.criteria, short, kind.value_of(&scalar()?))
                .map_err(|_| BindingError::duplicate(&format!("fc.{short}"))),
            Field::ResponseType => {
                let rt = into.entry("rt").or_insert_with(|| json!({}));
                let members = rt.as_object_mut().ok_or_else(bad)?;
                put(members, "rtv", Kind::Integer.value_of(&scalar()?))
                    .map_err(|_| BindingError::duplicate("rt.rtv"))
            }
            Field::AttributeList => {
                for element in value.split('+') {
                    let element = S::read_element(element).filter(|t| !t.is_empty());
                    self.attributes.push(Value::String(element.ok_or_else(bad)?));
                }
                Ok(())
            }
            Field::Condition(_) if attribute.is_empty() => Err(BindingError::malformed("query")),
            Field::Condition(member) => {
                let condition = json!({ "nm": attribute, "val": scalar()? });
                let list = self.criteria.entry(member).or_insert_with(|| json!([]));
                list.as_array_mut().ok_or_else(bad)?.push(condition);
                Ok(())
            }
        }
    }

    /// Puts what was collected into the parameters and the content.
    pub(super) fn finish(
        self,
        into: &mut Parameters,
        content: &mut Option<Content>,
    ) -> Result<(), BindingError> {
        if !self.criteria.is_empty() {
            put(into, "fc", Value::Object(self.criteria))?;
        }
        match self.attributes.as_slice() {
            [] => Ok(()),
            [Value::String(attribute)] => {
                let to = into.get("to").and_then(Value::as_str).unwrap_or("");
                let to = format!("{to}#{attribute}");
                crate::address::Address::parse(&to)
                    .map_err(|e| BindingError::new(BindingErrorKind::Address(e.kind), "atrl"))?;
                into.insert("to".to_owned(), Value::String(to));
                Ok(())
            }
            _ => {
                if content.is_some() {
                    let kind = BindingErrorKind::Primitive(PrimitiveErrorKind::NotAllowed);
                    return Err(BindingError::new(kind, "atrl"));
                }
                *content = Content::from_value(&json!({ ATTRIBUTE_LIST_MEMBER: self.attributes }));
                Ok(())
            }
        }
    }
}

/// Adds the elements in `text` to list `name`.
fn append<S: Syntax>(into: &mut Parameters, name: &str, kind: Kind, text: &str) -> Option<()> {
    let Kind::List(element) = kind else { return None };
    let list = into.entry(name).or_insert_with(|| json!([])).as_array_mut()?;
    for part in text.split('+') {
        list.push(element.value_of(&S::read_element(part)?));
    }
    Some(())
}
