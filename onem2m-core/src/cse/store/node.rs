//! What is kept of one resource.

use crate::ResourceType;
use crate::json::{Members, Raw};
use alloc::boxed::Box;

/// Number of a place in the arena.
pub(crate) type Slot = u32;

/// No place.
pub(crate) const NONE: Slot = u32::MAX;

/// A time in milliseconds since 1970; 0 is none.
pub(crate) type Millis = i64;

/// A resource.
///
/// What every resource has stands in fields; all other attributes are their JSON text, one member
/// after the other without braces around them, in the order they came: answering is copying. A
/// contentInstance takes one of these, one allocation for its text, and its places in the indexes.
#[derive(Debug)]
pub(crate) struct Node {
    /// Counts creations; orders resources, names them in the journal and in their identifiers.
    pub(crate) number: u64,
    pub(crate) created: Millis,
    pub(crate) modified: Millis,
    /// 0: as long as the parent.
    pub(crate) expires: Millis,
    pub(crate) parent: Slot,
    /// Neighbours in the parent's list.
    pub(crate) previous: Slot,
    pub(crate) next: Slot,
    /// Who created it: number of an interned text.
    pub(crate) owner: u32,
    /// Size of the content of an instance, in bytes.
    pub(crate) size: u32,
    /// Attribute `st`.
    pub(crate) state_tag: u32,
    /// Number of the resource type.
    ty: u16,
    pub(crate) flags: Flags,
    /// Members without braces; first `rn` if [`Flags::NAMED`].
    pub(crate) text: Box<str>,
    /// What only resources that can have children, policies or tasks need.
    pub(crate) branch: Option<Box<Branch>>,
}

/// Marks of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The place is free.
    pub(crate) const FREE: Flags = Flags(1);
    /// Its name was chosen by its creator; otherwise it is its identifier.
    pub(crate) const NAMED: Flags = Flags(2);
    /// Its identifier is not made from its number: AE, remoteCSE, CSEBase.
    pub(crate) const OWN_ID: Flags = Flags(4);
    /// It is being deleted, and everything below it.
    pub(crate) const DETACHED: Flags = Flags(8);
    /// It has labels.
    pub(crate) const LABELLED: Flags = Flags(16);
    /// It is announced, or to be announced, at other CSEs.
    pub(crate) const ANNOUNCED: Flags = Flags(32);

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u8) -> Flags {
        Flags(bits)
    }

    pub(crate) const fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

/// The children of a resource and what it does.
#[derive(Debug)]
pub(crate) struct Branch {
    /// Children that are no instances.
    pub(crate) children: List,
    /// contentInstances, timeSeriesInstances, flexContainerInstances.
    pub(crate) instances: List,
    /// Sum of the sizes of the instances.
    pub(crate) bytes: u64,
    /// Attributes `mni`, `mbs`, `mia`; the largest number if absent.
    pub(crate) max_instances: u64,
    pub(crate) max_bytes: u64,
    /// In milliseconds.
    pub(crate) max_age: i64,
    /// Numbers of the accessControlPolicies in `acpi`; `None` without the attribute.
    pub(crate) policies: Option<Box<[u64]>>,
    /// The subscriptions below it.
    pub(crate) subscribers: Option<Box<crate::cse::notify::Subscribers>>,
    /// What the type of the resource needs beyond that.
    pub(crate) role: Role,
}

/// A list of siblings in the order of their creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) first: Slot,
    pub(crate) last: Slot,
    pub(crate) count: u32,
}

impl List {
    pub(crate) const EMPTY: List = List { first: NONE, last: NONE, count: 0 };
}

/// What the type of a resource needs beyond its attributes.
#[derive(Debug)]
pub(crate) enum Role {
    /// Nothing.
    Plain,
    Policy(Box<crate::cse::access::Policy>),
    Subscription(Box<crate::cse::notify::Subscription>),
    /// An entity, with the number of its polling channel.
    Entity(u64),
    Channel(Box<crate::cse::channel::Channel>),
    Group(Box<crate::cse::group::Group>),
    Series(Box<crate::cse::series::Series>),
}

impl Branch {
    pub(crate) fn new() -> Branch {
        Branch {
            children: List::EMPTY,
            instances: List::EMPTY,
            bytes: 0,
            max_instances: u64::MAX,
            max_bytes: u64::MAX,
            max_age: i64::MAX,
            policies: None,
            subscribers: None,
            role: Role::Plain,
        }
    }

    /// True if nothing is below the resource.
    pub(crate) fn is_empty(&self) -> bool {
        self.children.first == NONE && self.instances.first == NONE
    }
}

impl Node {
    /// A node outside of the tree.
    pub(crate) fn new(ty: ResourceType, number: u64, text: Box<str>) -> Node {
        let leaf = ty.is_instance();
        Node {
            number,
            created: 0,
            modified: 0,
            expires: 0,
            parent: NONE,
            previous: NONE,
            next: NONE,
            owner: 0,
            size: 0,
            state_tag: 0,
            ty: u16::try_from(ty.number()).unwrap_or(0),
            flags: Flags::default(),
            text,
            branch: if leaf { None } else { Some(Box::new(Branch::new())) },
        }
    }

    pub(crate) fn resource_type(&self) -> ResourceType {
        ResourceType::from_number(u32::from(self.ty))
    }

    pub(crate) fn type_number(&self) -> u16 {
        self.ty
    }

    /// The attributes that are kept as text.
    pub(crate) fn attributes(&self) -> Members<'_> {
        Members::bare(&self.text)
    }

    /// One of the attributes that are kept as text.
    pub(crate) fn attribute(&self, name: &str) -> Option<Raw<'_>> {
        self.attributes().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The name that its creator chose. Names have no escapes.
    pub(crate) fn chosen_name(&self) -> Option<&str> {
        if !self.flags.has(Flags::NAMED) {
            return None;
        }
        self.text.strip_prefix("\"rn\":\"")?.split('"').next()
    }

    pub(crate) fn role(&self) -> &Role {
        self.branch.as_ref().map_or(&Role::Plain, |branch| &branch.role)
    }
}
