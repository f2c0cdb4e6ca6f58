//! What goes in and comes out of a payload.

pub use senml::Time as Timestamp;

use super::RawValue;
use crate::path::{Level, Path};
use crate::value::Value;

/// The path that a payload is about: of the request that carries it, or of the one that it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target<'a> {
    /// What stands before the object in names within the payload: the alternate path (`/lwm2m`,
    /// Core 6.4.1), the prefix of a device behind a gateway (`/d01`), or nothing. Only SenML has
    /// such names.
    pub prefix: &'a str,
    /// The path without the prefix.
    pub path: Path,
    /// The payload is that of Create. Then an instance may come without an ID; its entries have
    /// [`Path::UNASSIGNED`] in its place.
    pub create: bool,
}

impl<'a> Target<'a> {
    /// The payload of Create on `/object`.
    #[must_use]
    pub const fn create(object: u16) -> Self {
        Target { prefix: "", path: Path::object(object), create: true }
    }

    /// The same target with a prefix before the object: `/lwm2m`, with its slash.
    #[must_use]
    pub const fn with_prefix(self, prefix: &'a str) -> Self {
        Target { prefix, ..self }
    }

    /// The object ID and the instance ID that are fixed by the path.
    pub(crate) const fn allows_unassigned(&self) -> bool {
        self.create && matches!(self.path.level(), Level::Object)
    }
}

impl From<Path> for Target<'_> {
    fn from(path: Path) -> Self {
        Target { prefix: "", path, create: false }
    }
}

/// One entry of a payload.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry<'a> {
    /// Where, from the object down.
    pub path: Path,
    /// What.
    pub content: Content<'a>,
    /// When the value was so, where the payload tells it (SenML; a history in Send or Notify).
    pub time: Option<Timestamp>,
}

/// What a payload says about a path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Content<'a> {
    /// A value. The path is that of a resource or of a resource instance.
    Value(RawValue<'a>),
    /// The thing is there and holds nothing: an instance without resources, or a multiple resource
    /// without instances.
    Empty,
    /// The thing is to be removed (SenML ETCH, RFC 8790).
    Delete,
}

impl<'a> Content<'a> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<RawValue<'a>> {
        match self {
            Content::Value(value) => Some(*value),
            Content::Empty | Content::Delete => None,
        }
    }
}

/// One thing to write.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Item<'a> {
    /// Where, from the object down. A resource instance belongs to a multiple resource, a resource
    /// with a value is a single one.
    pub path: Path,
    /// What.
    pub content: ItemContent<'a>,
    /// When the value was so. Only SenML can tell; other formats leave it out. SenML takes a time
    /// below 2^28 seconds as relative to now.
    pub time: Option<Timestamp>,
}

/// What to write at a path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ItemContent<'a> {
    /// A value, of a resource or a resource instance.
    Value(Value<'a>),
    /// An instance without resources, or a multiple resource without instances. Formats that
    /// cannot say this leave it out.
    Empty,
}

impl<'a> Item<'a> {
    /// A value.
    #[must_use]
    pub const fn value(path: Path, value: Value<'a>) -> Self {
        Item { path, content: ItemContent::Value(value), time: None }
    }

    /// An instance without resources, or a multiple resource without instances.
    #[must_use]
    pub const fn empty(path: Path) -> Self {
        Item { path, content: ItemContent::Empty, time: None }
    }

    /// The same item at a time.
    #[must_use]
    pub const fn at(self, time: Timestamp) -> Self {
        Item { time: Some(time), ..self }
    }
}
