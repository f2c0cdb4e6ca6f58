//! Shapes of parameters and their members. Queries, headers, options and XML carry nothing but
//! text; the shape says what value the text stands for.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use serde_json::Value;

/// The shape of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A whole number that is not negative.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Anything.
    Any,
    /// An object of any members: content.
    Object,
    /// Elements of one shape, at least one.
    List(&'static Kind),
    /// An object with these members.
    #[cfg_attr(not(feature = "xml"), allow(dead_code, reason = "only XML asks for them"))]
    Record(&'static [Member]),
}

/// A member of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    /// Short name.
    pub(crate) name: &'static str,
    /// Another short name that is read.
    pub(crate) alias: Option<&'static str>,
    /// Shape of its value.
    pub(crate) kind: Kind,
}

impl Member {
    /// The member of that short name or alias.
    pub(crate) fn find(members: &'static [Member], name: &str) -> Option<&'static Member> {
        members.iter().find(|m| m.name == name || m.alias == Some(name))
    }
}

impl Kind {
    /// The value that `text` stands for. Text that is none of the shape stays text, and reading
    /// the record then says of which member the type is wrong.
    pub(crate) fn value_of(self, text: &str) -> Value {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match (self, text) {
            (Kind::Integer, _) if digits => {
                text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
            }
            // The lexical forms of xs:boolean.
            (Kind::Boolean, "true" | "1") => Value::Bool(true),
            (Kind::Boolean, "false" | "0") => Value::Bool(false),
            _ => Value::String(text.to_owned()),
        }
    }
}

/// The text of a value that is no list and no object.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
