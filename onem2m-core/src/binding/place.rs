//! Primitives as parameters by short name, the form that all bindings take apart and put
//! together.

use super::error::{BindingError, Unrepresentable};
use crate::parameter::Parameter;
use crate::primitive::kind::{Kind, Member, scalar_text};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value};

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
        pairs.push(serde_json::json!({ "lti": local, "tkid": token }));
    }
    Ok(serde_json::json!({ "ltia": pairs }))
}
