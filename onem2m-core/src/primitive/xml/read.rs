//! From elements to values.

use super::DEPTH;
use super::form::{Fields, Form, View, root};
use super::node::{Node, document};
use crate::primitive::{PrimitiveError, PrimitiveErrorKind, json};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Number, Value};

/// Reads a document: an object with its root element as the only member.
pub(in crate::primitive) fn parse(bytes: &[u8]) -> Result<Value, PrimitiveError> {
    let node = document(bytes)?;
    let name = node.name.clone();
    let form = root(&name);
    // A receiver answers even what it cannot understand.
    let identifier = node.children.iter().find(|child| child.name == "rqi");
    let identifier = identifier.map(|child| child.text.clone());
    let about = |e: PrimitiveError| PrimitiveError { request_identifier: identifier.clone(), ..e };
    let mut members = Map::new();
    members.insert(name, value(node, form).map_err(about)?);
    let whole = Value::Object(members);
    if fits(&whole, DEPTH) {
        Ok(whole)
    } else {
        let kind = PrimitiveErrorKind::Syntax { offset: bytes.len() };
        Err(about(PrimitiveError::new(kind, "")))
    }
}

/// True if nothing in it is deeper than `depth`.
fn fits(value: &Value, depth: usize) -> bool {
    let Some(inner) = depth.checked_sub(1) else { return !value.is_array() && !value.is_object() };
    match value {
        Value::Array(elements) => elements.iter().all(|element| fits(element, inner)),
        Value::Object(members) => members.values().all(|member| fits(member, inner)),
        _ => true,
    }
}

/// Whether anything but the text of an element says what it is.
fn is_typed(node: &Node) -> bool {
    node.nil || node.kind.is_some()
}

/// What an element stands for.
fn value(node: Node, form: Form) -> Result<Value, PrimitiveError> {
    if node.nil {
        return Ok(Value::Null);
    }
    if let Some(kind) = &node.kind {
        return typed(kind, &node, form);
    }
    match form.view() {
        View::Text => Ok(Value::String(node.text)),
        View::Number => Ok(number(&node.text)),
        View::Boolean => Ok(boolean(&node.text)),
        View::Any if node.children.is_empty() => Ok(Value::String(node.text)),
        View::Any => members(node, Fields::Open),
        View::Members(fields) => {
            // Text in place of members is kept, so that whoever reads it says what is wrong.
            if node.children.is_empty() && node.attributes.is_empty() && !blank(&node.text) {
                return Ok(Value::String(node.text));
            }
            members(node, fields)
        }
        View::List(item, split) => {
            let mut elements = Vec::new();
            append(&mut elements, node, item, split)?;
            Ok(Value::Array(elements))
        }
    }
}

/// What an element of a type of XML Schema, or of JSON, stands for.
fn typed(kind: &str, node: &Node, form: Form) -> Result<Value, PrimitiveError> {
    match kind {
        "json" => json::parse(node.text.as_bytes()),
        "string" => Ok(Value::String(node.text.clone())),
        "boolean" => Ok(boolean(&node.text)),
        "decimal" | "integer" | "int" | "long" | "short" | "double" | "float"
        | "nonNegativeInteger" | "positiveInteger" | "unsignedInt" | "unsignedLong" => {
            Ok(number(&node.text))
        }
        // Names of oneM2M's own types tell nothing that the tables do not.
        _ => match form.view() {
            View::Number => Ok(number(&node.text)),
            View::Boolean => Ok(boolean(&node.text)),
            _ => Ok(Value::String(node.text.clone())),
        },
    }
}

/// Puts what one element of a list, or all of it, stands for behind the others.
fn append(
    elements: &mut Vec<Value>,
    node: Node,
    item: Form,
    split: bool,
) -> Result<(), PrimitiveError> {
    if !split || is_typed(&node) || !node.children.is_empty() {
        let empty = node.children.is_empty() && node.attributes.is_empty() && blank(&node.text);
        if !split || !empty || is_typed(&node) {
            elements.push(value(node, item)?);
        }
        return Ok(());
    }
    for word in node.text.split_ascii_whitespace() {
        elements.push(match item.view() {
            View::Number => number(word),
            View::Boolean => boolean(word),
            _ => Value::String(word.to_owned()),
        });
    }
    Ok(())
}

fn members(node: Node, fields: Fields) -> Result<Value, PrimitiveError> {
    let mut members = Map::new();
    for (name, text) in node.attributes {
        let read = match fields.form(&name).view() {
            View::Number => number(&text),
            View::Boolean => boolean(&text),
            _ => Value::String(text),
        };
        members.insert(name, read);
    }
    if fields.is_reference() && node.children.is_empty() {
        members.insert("val".to_owned(), Value::String(node.text.clone()));
    } else if !node.children.is_empty() && !blank(&node.text) {
        // Text between elements belongs to none of them.
        return Err(PrimitiveError::new(PrimitiveErrorKind::Syntax { offset: 0 }, &node.name));
    }
    for child in node.children {
        let name = child.name.clone();
        let form = fields.form(&name);
        let within = |e: PrimitiveError| e.within(&name);
        let repeated = matches!(fields, Fields::Open) && matches!(form, Form::Any);
        match (form.view(), members.get_mut(&name)) {
            // JSON and null stand for the list as a whole.
            (View::List(..), None) if child.nil || child.kind.as_deref() == Some("json") => {
                let whole = value(child, Form::Any).map_err(within)?;
                members.insert(name, whole);
            }
            (View::List(item, split), Some(Value::Array(elements))) => {
                append(elements, child, item, split).map_err(within)?;
            }
            (View::List(item, split), None) => {
                let mut elements = Vec::new();
                append(&mut elements, child, item, split).map_err(within)?;
                members.insert(name, Value::Array(elements));
            }
            (_, None) => {
                let read = value(child, form).map_err(within)?;
                members.insert(name, read);
            }
            (_, Some(first)) if repeated => {
                let read = value(child, form).map_err(within)?;
                match first {
                    Value::Array(elements) => elements.push(read),
                    one => *one = Value::Array([one.take(), read].into()),
                }
            }
            (_, Some(_)) => {
                return Err(PrimitiveError::new(PrimitiveErrorKind::Duplicate, &name));
            }
        }
    }
    Ok(Value::Object(members))
}

fn blank(text: &str) -> bool {
    text.trim_matches([' ', '\t', '\r', '\n']).is_empty()
}

/// A number, null for nothing; text that is none stays text.
fn number(text: &str) -> Value {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Value::Null;
    }
    let digits: String = trimmed.strip_prefix('+').unwrap_or(trimmed).to_string();
    let exact = digits.parse::<u64>().map(Number::from).ok();
    let exact = exact.or_else(|| digits.parse::<i64>().map(Number::from).ok());
    // "INF" and "NaN" are no JSON, and `parse` takes words that are no numbers of XML.
    let decimal = || {
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        digits.parse().ok().filter(|_| plain).and_then(Number::from_f64)
    };
    exact.or_else(decimal).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn boolean(text: &str) -> Value {
    match text.trim() {
        "true" | "1" => Value::Bool(true),
        "false" | "0" => Value::Bool(false),
        "" => Value::Null,
        _ => Value::String(text.to_owned()),
    }
}
