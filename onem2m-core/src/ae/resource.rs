//! Content of requests, written attribute by attribute.

use crate::ResourceType;
use crate::json::{write_member_name, write_string, write_u64};
use crate::primitive::Content;
use alloc::string::{String, ToString};
use serde_json::Value;

/// A resource, or the attributes of one that are to be changed. Gives the [`Content`] of a CREATE
/// or UPDATE.
///
/// ```
/// use onem2m_core::{ResourceType, ae::Resource};
/// let reading = Resource::new(ResourceType::ContentInstance).text("con", "21.5");
/// assert_eq!(reading.content().as_str(), r#"{"m2m:cin":{"con":"21.5"}}"#);
/// ```
#[derive(Clone, Debug)]
pub struct Resource {
    ty: ResourceType,
    text: String,
}

impl Resource {
    /// A resource of this type without attributes. Of a type that has no name in a content
    /// (mgmtObj, flexContainer, unknown ones) use [`Resource::of`].
    #[must_use]
    pub fn new(ty: ResourceType) -> Resource {
        Resource::of(ty, ty.member_name().unwrap_or_default())
    }

    /// A resource whose content is named `member`: `m2m:bat`, or that of a flexContainer's
    /// definition.
    #[must_use]
    pub fn of(ty: ResourceType, member: &str) -> Resource {
        let mut text = String::from("{");
        write_string(&mut text, member);
        text.push_str(":{");
        Resource { ty, text }
    }

    /// Its type.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.ty
    }

    /// Sets its name, for a CREATE.
    #[must_use]
    pub fn name(self, name: &str) -> Resource {
        self.text("rn", name)
    }

    /// Sets an attribute that is text: a string, a time, an identifier. An attribute is set once.
    #[must_use]
    pub fn text(mut self, attribute: &str, value: &str) -> Resource {
        self.attribute(attribute);
        write_string(&mut self.text, value);
        self
    }

    /// Sets an attribute that is a number or one of an enumeration.
    #[must_use]
    pub fn number(mut self, attribute: &str, value: u64) -> Resource {
        self.attribute(attribute);
        write_u64(&mut self.text, value);
        self
    }

    /// Sets an attribute that is true or false.
    #[must_use]
    pub fn boolean(mut self, attribute: &str, value: bool) -> Resource {
        self.attribute(attribute);
        self.text.push_str(if value { "true" } else { "false" });
        self
    }

    /// Sets an attribute that is a list of texts.
    #[must_use]
    pub fn list<T: AsRef<str>>(
        mut self,
        attribute: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Resource {
        self.attribute(attribute);
        self.text.push('[');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            write_string(&mut self.text, value.as_ref());
        }
        self.text.push(']');
        self
    }

    /// Sets an attribute of any shape. `null` in an UPDATE takes the attribute away.
    #[must_use]
    pub fn value(mut self, attribute: &str, value: &Value) -> Resource {
        self.attribute(attribute);
        self.text.push_str(&value.to_string());
        self
    }

    fn attribute(&mut self, name: &str) {
        debug_assert!(crate::attribute::is_name(name), "an attribute's short name");
        write_member_name(&mut self.text, name);
    }

    /// The content.
    #[must_use]
    pub fn content(self) -> Content {
        Content::trusted(self.text + "}}")
    }
}
