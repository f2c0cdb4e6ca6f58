//! Resources in words.

use super::content::Kind;
use crate::failure::{Failure, reason};
use crate::output::printable;
use onem2m_core::primitive::Content;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};

/// Prints a line. A reader that is gone is no failure.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write the output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}

/// Prints content readably.
pub(super) fn content(content: &Content) -> Result<(), Failure> {
    match words(content).trim_end() {
        // Nothing was found.
        "" => Ok(()),
        words => line(words),
    }
}

/// Content in words.
pub(super) fn words(content: &Content) -> String {
    let mut out = String::new();
    match content.to_value() {
        Value::Object(members) => {
            for (name, value) in &members {
                member(&mut out, name, value, 0);
            }
        }
        other => out.push_str(&other.to_string()),
    }
    out
}

fn member(out: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match (name, value) {
        ("m2m:uril", Value::Array(list)) => {
            for item in list {
                let _ = writeln!(out, "{indent}{}", scalar(item));
            }
        }
        ("m2m:uri", value) => {
            let _ = writeln!(out, "{indent}{}", scalar(value));
        }
        ("m2m:rce", Value::Object(both)) => {
            for (name, value) in both {
                member(out, if name == "uri" { "m2m:uri" } else { name }, value, depth);
            }
        }
        ("m2m:rrl", Value::Object(references)) => {
            let list = references.get("rrf").and_then(Value::as_array);
            list.into_iter().flatten().for_each(|one| reference(out, one, depth));
        }
        (_, Value::Object(attributes)) if name.contains(':') => {
            resource(out, name, attributes, depth);
        }
        // Several child resources of a type.
        (_, Value::Array(list)) if name.contains(':') => {
            for one in list {
                member(out, name, one, depth);
            }
        }
        _ => {
            let _ = writeln!(out, "{indent}{name}  {}", scalar(value));
        }
    }
}

fn resource(out: &mut String, name: &str, attributes: &Map<String, Value>, depth: usize) {
    let kind = Kind::of_member(name);
    let indent = "  ".repeat(depth);
    let text = |short: &str| attributes.get(short).and_then(Value::as_str).map(printable);
    let title = kind.schema().map_or(name, |schema| {
        let management = schema.management.and_then(|definition| definition.name());
        management.or(schema.resource_type.name()).unwrap_or(name)
    });
    let _ =
        writeln!(out, "{indent}{}", format!("{title} {}", text("rn").unwrap_or_default()).trim());
    let plain = |short: &str| !short.contains(':') && short != "ch";
    let rows = attributes.iter().filter(|(short, _)| plain(short));
    let rows: Vec<(&str, &str, &Value)> = rows
        .map(|(short, value)| {
            let row = kind.schema().and_then(|schema| schema.attribute(short));
            (row.map_or(short.as_str(), |row| row.long), short.as_str(), value)
        })
        .collect();
    let long = rows.iter().map(|(long, _, _)| long.len()).max().unwrap_or(0);
    let short = rows.iter().map(|(_, short, _)| short.len()).max().unwrap_or(0);
    for (name, abbreviation, value) in rows {
        let line = format!("{indent}  {name:long$}  {abbreviation:short$}  {}", scalar(value));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for (name, value) in attributes.iter().filter(|(short, _)| !plain(short)) {
        match value {
            Value::Array(children) if name == "ch" => {
                children.iter().for_each(|child| reference(out, child, depth + 1));
            }
            _ => member(out, name, value, depth + 1),
        }
    }
}

fn reference(out: &mut String, one: &Value, depth: usize) {
    let text = |name: &str| one.get(name).map(scalar).unwrap_or_default();
    let number = one.get("typ").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let ty = number.map(onem2m_core::ResourceType::from_number);
    let ty = ty.and_then(|ty| ty.name()).unwrap_or("");
    let _ = writeln!(out, "{}{}  {ty} {}", "  ".repeat(depth), text("val"), text("nm"));
}

/// A value on one line, safe for a terminal.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().map(scalar).collect::<Vec<_>>().join(", ")
        }
        other => printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        words(&Content::from_json(json.as_bytes()).unwrap())
    }

    #[test]
    fn resources_lists_and_references() {
        let text = shown(
            r#"{"m2m:cnt":{"rn":"data","lbl":["a","b"],"mni":3,
            "m2m:cin":[{"rn":"x","con":"1\u001b[2J"},{"rn":"y","con":2.5}]}}"#,
        );
        let wanted = "container data\n  \
            labels            lbl  a, b\n  \
            maxNrOfInstances  mni  3\n  \
            resourceName      rn   data\n  \
            contentInstance x\n    \
            content       con  1\\u{1b}[2J\n    \
            resourceName  rn   x\n  \
            contentInstance y\n    \
            content       con  2.5\n    \
            resourceName  rn   y\n";
        assert_eq!(text, wanted);
        assert_eq!(shown(r#"{"m2m:uril":["a/b","a/c"]}"#), "a/b\na/c\n");
        let text = shown(r#"{"m2m:rrl":{"rrf":[{"nm":"data","typ":3,"val":"cse-in/data"}]}}"#);
        assert_eq!(text, "cse-in/data  container data\n");
        assert!(shown(r#"{"m2m:rce":{"uri":"a/b","m2m:ae":{"rn":"b"}}}"#).contains("a/b\n"));
    }
}
