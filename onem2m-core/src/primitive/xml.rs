//! XML (TS-0004 clause 8.3): one root element, whose name is the only member of the content or
//! says which primitive it is.
//!
//! XML has text only; what a value is follows from the tables of parameters and attributes. What
//! they do not tell is written into the element with the names of XML Schema: `xsi:nil` for null,
//! `xsi:type` for a number, boolean or string where none is expected, and `xsi:type="json"`, with
//! JSON as text, for everything that has no shape in XML: objects of unknown members, empty lists
//! of objects, names that XML does not allow. So nothing is lost between JSON, CBOR and XML.
//!
//! Lists of simple values are separated by white space; if an element of such a list has white
//! space inside or is empty, every element of the list has an XML element of its own. The name of
//! a resource (`rn`) is an XML attribute. Elements that are repeated, but may not be, and
//! documents with a document type are refused; entities are those of XML itself.

mod form;
mod node;
mod read;
mod write;

pub(super) use read::parse;
pub(super) use write::write;

/// Elements in each other, and levels of what they say.
const DEPTH: usize = 127;

/// Namespace of XML Schema in instances: `xsi:type`, `xsi:nil`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Namespace of the types of XML Schema.
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// Namespaces with a prefix of their own in member names.
const NAMESPACES: &[(&str, &str)] = &[
    ("m2m", "http://www.onem2m.org/xml/protocols"),
    ("hd", "http://www.onem2m.org/xml/protocols/homedomain"),
    ("dcfg", "http://www.onem2m.org/xml/deviceConfig"),
];

/// Namespaces of prefixes that are not in the table.
const OTHERS: &str = "http://www.onem2m.org/xml/protocols/";

#[cfg(test)]
mod tests;
