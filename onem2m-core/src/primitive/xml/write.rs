//! From values to elements.

use super::form::{Fields, Form, View, root};
use super::{DEPTH, INSTANCE, NAMESPACES, OTHERS, SCHEMA};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// Writes an object with one member as a document; `None` if it has more, none, or one whose name
/// is no element's.
pub(in crate::primitive) fn write(value: &Value) -> Option<Vec<u8>> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, inner) = members.iter().next()?;
    if !is_prefixed(name) {
        return None;
    }
    let mut out = Out { text: String::new(), typed: false };
    out.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let at = out.text.len() + 1 + name.len();
    match (root(name).view(), inner) {
        // There is one root element, not several.
        (View::List(item, _), Value::Array(items)) if words(item, items).is_none() => {
            out.json(name, inner);
        }
        (_, _) => out.put(name, root(name), inner, DEPTH)?,
    }
    let mut declared = String::new();
    declare(&mut declared, "m2m", namespace("m2m").0);
    if out.typed {
        declare(&mut declared, "xs", SCHEMA);
        declare(&mut declared, "xsi", INSTANCE);
    }
    out.text.insert_str(at, &declared);
    Some(out.text.into_bytes())
}

/// The namespace of a prefix: what to write, in two parts.
fn namespace(prefix: &str) -> (&'static str, &str) {
    match NAMESPACES.iter().find(|(own, _)| *own == prefix) {
        Some((_, uri)) => (uri, ""),
        None => (OTHERS, prefix),
    }
}

fn declare(out: &mut String, prefix: &str, uri: &str) {
    for part in [" xmlns:", prefix, "=\"", uri, "\""] {
        out.push_str(part);
    }
}

struct Out {
    text: String,
    /// Some element has `xsi:type` or `xsi:nil`.
    typed: bool,
}

impl Out {
    /// Writes one member, as one element or, for a list, several. `None` if it is too deep.
    fn put(&mut self, name: &str, form: Form, value: &Value, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match (form.view(), value) {
            (View::Text | View::Any, Value::String(text)) if is_text(text) => {
                self.simple(name, "", text);
            }
            (View::Number, Value::Number(number)) => self.simple(name, "", &number.to_string()),
            (View::Boolean, Value::Bool(flag)) => self.simple(name, "", flag_text(*flag)),
            (View::List(item, split), Value::Array(items)) => {
                return self.list(name, item, split, items, value, depth);
            }
            (View::Members(fields), Value::Object(members)) if structured(fields, members) => {
                return self.members(name, fields, members, depth);
            }
            (View::Any, Value::Object(members))
                if !members.is_empty() && members.keys().all(|own| is_prefixed(own)) =>
            {
                return self.members(name, Fields::Open, members, depth);
            }
            // A list by another type than a list has nothing else that says so.
            (View::List(..), Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                self.json(name, value);
            }
            (_, Value::Null) => self.simple(name, " xsi:nil=\"true\"", ""),
            (_, Value::Bool(flag)) => self.simple(name, BOOLEAN, flag_text(*flag)),
            (_, Value::Number(number)) => self.simple(name, DECIMAL, &number.to_string()),
            (_, Value::String(text)) if is_text(text) => self.simple(name, STRING, text),
            _ => self.json(name, value),
        }
        Some(())
    }

    fn list(
        &mut self,
        name: &str,
        item: Form,
        split: bool,
        items: &[Value],
        whole: &Value,
        depth: usize,
    ) -> Option<()> {
        if split && let Some(words) = words(item, items) {
            self.simple(name, "", &words);
            return Some(());
        }
        // What has no shape of its own would be taken for the whole list.
        let shaped = |value: &Value| match (item.view(), value) {
            (View::Members(fields), Value::Object(members)) => structured(fields, members),
            (View::Any, Value::Object(members)) => {
                !members.is_empty() && members.keys().all(|own| is_prefixed(own))
            }
            (_, Value::String(text)) => is_text(text),
            (_, Value::Bool(_) | Value::Number(_)) => true,
            _ => false,
        };
        if items.is_empty() || !items.iter().all(shaped) {
            self.json(name, whole);
            return Some(());
        }
        for value in items {
            match value {
                // Without its type it would be taken apart at its blanks.
                Value::String(text) if split => self.simple(name, STRING, text),
                _ => self.put(name, item, value, depth)?,
            }
        }
        Some(())
    }

    fn members(
        &mut self,
        name: &str,
        fields: Fields,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Option<()> {
        self.begin(name);
        let mut inner: Vec<(&String, &Value)> = Vec::with_capacity(members.len());
        let reference = fields.is_reference() && reference(members).is_some();
        for (own, value) in members {
            let text = match value {
                Value::String(text) if is_text(text) => Some(text.clone()),
                Value::Number(number) if reference => Some(number.to_string()),
                _ => None,
            };
            match text.filter(|_| fields.is_xml_attribute(own) && (reference || own == "rn")) {
                Some(text) => {
                    self.text.push(' ');
                    self.text.push_str(own);
                    self.text.push_str("=\"");
                    escape(&mut self.text, &text, true);
                    self.text.push('"');
                }
                None => inner.push((own, value)),
            }
        }
        inner.sort_by_key(|(own, _)| fields.order(own));
        if reference {
            self.text.push('>');
            escape(&mut self.text, reference_value(members), false);
        } else if inner.is_empty() {
            self.text.push_str("/>");
            return Some(());
        } else {
            self.text.push('>');
            for (own, value) in inner {
                self.put(own, fields.form(own), value, depth)?;
            }
        }
        self.end(name);
        Some(())
    }

    fn json(&mut self, name: &str, value: &Value) {
        // JSON escapes what XML cannot carry, save two characters that nobody wants to see raw.
        let text = value.to_string().replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
        self.simple(name, JSON, &text);
    }

    fn simple(&mut self, name: &str, marks: &str, text: &str) {
        self.typed |= !marks.is_empty();
        self.begin(name);
        self.text.push_str(marks);
        if text.is_empty() {
            self.text.push_str("/>");
            return;
        }
        self.text.push('>');
        escape(&mut self.text, text, false);
        self.end(name);
    }

    fn begin(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        if let Some((prefix, _)) = name.split_once(':').filter(|(prefix, _)| *prefix != "m2m") {
            let (uri, rest) = namespace(prefix);
            for part in [" xmlns:", prefix, "=\"", uri, rest, "\""] {
                self.text.push_str(part);
            }
        }
    }

    fn end(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

const STRING: &str = " xsi:type=\"xs:string\"";
const BOOLEAN: &str = " xsi:type=\"xs:boolean\"";
const DECIMAL: &str = " xsi:type=\"xs:double\"";
const JSON: &str = " xsi:type=\"json\"";

const fn flag_text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// Elements of a list separated by blanks; `None` if one of them does not allow that.
fn words(item: Form, items: &[Value]) -> Option<String> {
    let mut text = String::new();
    for (at, value) in items.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        match (item.view(), value) {
            (View::Text, Value::String(word))
                if !word.is_empty() && is_text(word) && !word.contains([' ', '\t', '\r', '\n']) =>
            {
                text.push_str(word);
            }
            (View::Number, Value::Number(number)) => text.push_str(&number.to_string()),
            (View::Boolean, Value::Bool(flag)) => text.push_str(flag_text(*flag)),
            _ => return None,
        }
    }
    Some(text)
}

/// True if each member can be an element or XML attribute.
fn structured(fields: Fields, members: &Map<String, Value>) -> bool {
    let empty_reference = fields.is_reference() && members.is_empty();
    !empty_reference && members.keys().all(|name| is_prefixed(name) || is_local(name))
}

/// The text of a reference that has name and type besides.
fn reference(members: &Map<String, Value>) -> Option<&str> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| is_text(text));
    let typed = members.get("typ").is_some_and(Value::is_number);
    text("nm").filter(|_| typed && members.len() == 3).and(text("val"))
}

fn reference_value(members: &Map<String, Value>) -> &str {
    reference(members).unwrap_or("")
}

/// True for a name that an element may have, without a prefix.
fn is_local(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().all(inner) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// True for a name with a prefix that stands for a namespace.
fn is_prefixed(name: &str) -> bool {
    name.split_once(':').is_some_and(|(prefix, local)| {
        is_local(prefix) && is_local(local) && !matches!(prefix, "xml" | "xmlns" | "xsi" | "xs")
    })
}

/// True for text of characters that XML has.
fn is_text(text: &str) -> bool {
    let bad = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    !text.contains(bad)
}

fn escape(out: &mut String, text: &str, attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            // Readers make one line feed of it.
            '\r' => out.push_str("&#13;"),
            // Readers of XML 1.1 make a line feed of these.
            '\u{85}' => out.push_str("&#133;"),
            '\u{2028}' => out.push_str("&#8232;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            other => out.push(other),
        }
    }
}
