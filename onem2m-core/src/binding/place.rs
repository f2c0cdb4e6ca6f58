//! Primitives as parameters by short name, the form that all bindings take apart and put
//! together.

use super::error::{BindingError, Unrepresentable};
use crate::parameter::Parameter;
use crate::primitive::Content;
use crate::primitive::kind::{Kind, Member, scalar_text};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

pub(super) type Parameters = Map<String, Value>;

/// The shape of a parameter in requests (`members` of [`Request`]) or responses.
pub(super) fn kind(members: &'static [Member], parameter: Parameter) -> Option<Kind> {
    Member::find(members, parameter.short_name()).map(|m| m.kind)
}

/// Puts `value` in as `name`, which must not be there yet.
pub(super) fn put(into: &mut Parameters, name: &str, value: Value) -> Result<(), BindingError> {
    if into.contains_key(name) {
        return Err(BindingError::duplicate(name));
    }
    into.insert(name.to_owned(), value);
    Ok(())
}

/// Text that a header or option carries: a scalar, or the elements of a list joined by
/// `separator`, which they shall not have inside.
pub(super) fn joined(
    value: &Value,
    separator: char,
    member: &str,
) -> Result<String, Unrepresentable> {
    let error = || Unrepresentable::new(member);
    let Value::Array(elements) = value else { return scalar_text(value).ok_or_else(error) };
    let mut text = String::new();
    for (at, element) in elements.iter().enumerate() {
        let element = scalar_text(element).filter(|t| !t.contains(separator)).ok_or_else(error)?;
        if at > 0 {
            text.push(separator);
        }
        text.push_str(&element);
    }
    Ok(text)
}

/// The reverse of [`joined`].
pub(super) fn split(text: &str, separator: char, kind: Kind) -> Value {
    match kind {
        Kind::List(element) => {
            let elements: Vec<Value> = text.split(separator).map(|t| element.value_of(t)).collect();
            Value::Array(elements)
        }
        scalar => scalar.value_of(text),
    }
}

/// `ati`: pairs of local token identifier and token identifier, `lti:tkid`, joined by `+`
/// (TS-0009 clause 6.4.2). Local identifiers have no colon.
pub(super) fn assignments_text(value: &Value) -> Result<String, Unrepresentable> {
    let error = || Unrepresentable::new("ati");
    let pairs = value.get("ltia").and_then(Value::as_array).ok_or_else(error)?;
    let mut text = String::new();
    for pair in pairs {
        let part = |name: &str| pair.get(name).and_then(Value::as_str).ok_or_else(error);
        let (local, token) = (part("lti")?, part("tkid")?);
        if local.contains([':', '+']) || token.contains('+') {
            return Err(error());
        }
        if !text.is_empty() {
            text.push('+');
        }
        text.push_str(local);
        text.push(':');
        text.push_str(token);
    }
    Ok(text)
}

/// The reverse of [`assignments_text`].
pub(super) fn assignments_value(text: &str) -> Result<Value, BindingError> {
    let mut pairs = Vec::new();
    for pair in text.split('+') {
        let (local, token) = pair.split_once(':').ok_or_else(|| BindingError::malformed("ati"))?;
        pairs.push(json!({ "lti": local, "tkid": token }));
    }
    Ok(json!({ "ltia": pairs }))
}

/// Member of a body that carries Token Request Information, beside the content.
const TOKEN_REQUEST: &str = "m2m:tqf";

/// Content with Token Request Information beside it.
pub(super) fn beside(
    content: Option<&Content>,
    information: Value,
) -> Result<Content, Unrepresentable> {
    let mut tree = content.map_or_else(|| json!({}), Content::to_value);
    let error = || Unrepresentable::new("pc");
    let members = tree.as_object_mut().ok_or_else(error)?;
    // Empty content could not be told from none.
    if content.is_some() && members.is_empty() || members.contains_key(TOKEN_REQUEST) {
        return Err(error());
    }
    members.insert(TOKEN_REQUEST.to_owned(), information);
    Content::from_value(&tree).ok_or_else(error)
}

/// Takes Token Request Information out of content.
pub(super) fn apart(content: Content, parameters: &mut Parameters) -> Option<Content> {
    if content.raw().member(TOKEN_REQUEST).is_none() {
        return Some(content);
    }
    let mut tree = content.to_value();
    let members = tree.as_object_mut()?;
    parameters.insert("tqf".to_owned(), members.remove(TOKEN_REQUEST)?);
    if members.is_empty() { None } else { Content::from_value(&tree) }
}
