//! A document as a tree of elements.

use super::{DEPTH, INSTANCE, NAMESPACES, OTHERS};
use crate::primitive::{PrimitiveError, PrimitiveErrorKind};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Its name: with the prefix of its namespace if it has one.
    pub(super) name: String,
    /// `xsi:type` without its prefix.
    pub(super) kind: Option<String>,
    /// `xsi:nil`.
    pub(super) nil: bool,
    /// XML attributes without a namespace.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    /// All text in it that is not in a child.
    pub(super) text: String,
}

/// A namespace in force.
struct Namespace {
    prefix: String,
    uri: String,
    /// Level of the element that declares it.
    level: usize,
}

/// Reads the one element that `bytes` are, with white space, comments and instructions around.
pub(super) fn document(bytes: &[u8]) -> Result<Node, PrimitiveError> {
    let syntax = |offset: usize| PrimitiveError::new(PrimitiveErrorKind::Syntax { offset }, "");
    let text = core::str::from_utf8(bytes).map_err(|e| syntax(e.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut namespaces = Vec::new();
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let bad = || syntax(position);
        let ended = match reader.read_event().map_err(|_| bad())? {
            Event::Start(start) => {
                if root.is_some() || open.len() >= DEPTH {
                    return Err(bad());
                }
                open.push(element(&start, &mut namespaces, open.len()).ok_or_else(bad)?);
                None
            }
            Event::Empty(start) => {
                if root.is_some() || open.len() >= DEPTH {
                    return Err(bad());
                }
                let level = open.len();
                let node = element(&start, &mut namespaces, level).ok_or_else(bad)?;
                namespaces.retain(|n: &Namespace| n.level < level);
                Some(node)
            }
            Event::End(_) => {
                let node = open.pop().ok_or_else(bad)?;
                namespaces.retain(|n| n.level < open.len());
                Some(node)
            }
            Event::Text(part) => {
                let part = part.xml10_content();
                match open.last_mut() {
                    Some(node) => node.text.push_str(&part),
                    None if part.trim().is_empty() => {}
                    None => return Err(bad()),
                }
                None
            }
            Event::CData(part) => {
                let part = part.xml10_content();
                open.last_mut().ok_or_else(bad)?.text.push_str(&part);
                None
            }
            Event::GeneralRef(reference) => {
                let node = open.last_mut().ok_or_else(bad)?;
                match reference.resolve_char_ref().map_err(|_| bad())? {
                    Some(character) => node.text.push(character),
                    None => {
                        node.text.push_str(resolve_predefined_entity(&reference).ok_or_else(bad)?);
                    }
                }
                None
            }
            // The encoding that a declaration names is not looked at: it is UTF-8.
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => None,
            Event::DocType(_) => return Err(bad()),
            Event::Eof => {
                return root.filter(|_| open.is_empty()).ok_or_else(bad);
            }
        };
        if let Some(node) = ended {
            match open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => root = Some(node),
            }
        }
    }
}

/// An element without what is in it; `None` if its tag is malformed.
fn element(start: &BytesStart<'_>, namespaces: &mut Vec<Namespace>, level: usize) -> Option<Node> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let name = attribute.key.into_inner();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        if let Some(prefix) = name.strip_prefix("xmlns:").or((name == "xmlns").then_some("")) {
            namespaces.push(Namespace { prefix: prefix.to_owned(), uri: value, level });
        } else {
            attributes.push((name.to_owned(), value));
        }
    }
    let uri =
        |prefix: &str| namespaces.iter().rev().find(|n| n.prefix == prefix).map(|n| n.uri.as_str());
    let name = start.name().into_inner();
    let name = match name.split_once(':') {
        Some((prefix, local)) => {
            format!("{}:{local}", uri(prefix).map_or(prefix, |u| own(u, prefix)))
        }
        // A default namespace is for the root; what is in it has no namespace.
        None => match uri("").filter(|_| level == 0) {
            Some(uri) => format!("{}:{name}", own(uri, "m2m")),
            None => name.to_owned(),
        },
    };
    let mut node = Node { name, ..Node::default() };
    for (name, value) in attributes {
        match name.split_once(':') {
            Some((prefix, local))
                if uri(prefix).unwrap_or(prefix) == INSTANCE || prefix == "xsi" =>
            {
                match local {
                    "nil" => node.nil = matches!(value.trim(), "true" | "1"),
                    "type" => {
                        let kind = value.trim();
                        node.kind = Some(kind.split_once(':').map_or(kind, |(_, k)| k).to_owned());
                    }
                    _ => {}
                }
            }
            // `xml:lang` and its like say nothing about the value.
            Some(_) => {}
            None => node.attributes.push((name, value)),
        }
    }
    Some(node)
}

/// The prefix that member names have for a namespace.
fn own<'a>(uri: &'a str, prefix: &'a str) -> &'a str {
    let known = NAMESPACES.iter().find(|(_, own)| *own == uri).map(|(prefix, _)| *prefix);
    known.or_else(|| uri.strip_prefix(OTHERS)).unwrap_or(prefix)
}
