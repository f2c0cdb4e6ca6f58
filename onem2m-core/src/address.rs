//! Resource addresses and identifiers of entities (TS-0001 clause 7.2, TS-0004 clauses 6.2.3,
//! 6.2.4 and 6.8).
//!
//! An address borrows the text that it was read from, and reading checks all of it: an
//! [`Address`] that exists can be written in every form and to every binding. Identifiers may use
//! the unreserved characters of RFC 3986 section 2.3 (TS-0001), nothing else: in particular no
//! percent-encoding, so that every resource has one spelling.

use core::fmt;
use m2m_base::{Counter, Full, Sink};

mod binding;
mod originator;
mod rules;

pub use binding::UriPath;
pub use originator::{AeId, EntityId, Originator, StemType};

use rules::{check_identifier, check_path, check_provider, error};

/// Why text is no address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressErrorKind {
    /// There is nothing where an address should be.
    #[error("empty address")]
    Empty,
    /// Two slashes in a row behind the front, or one at the end.
    #[error("empty segment")]
    EmptySegment,
    /// A character outside the unreserved set of RFC 3986.
    #[error("character that identifiers may not have")]
    Character,
    /// A segment `.` or `..`, which URI processing on the way would remove (RFC 3986 section
    /// 5.2.4).
    #[error("dot segment")]
    DotSegment,
    /// `~` or `_` in first place. The bindings mark SP-relative and absolute addresses with them;
    /// in an address it is most likely the path of an HTTP request.
    #[error("segment that the bindings reserve")]
    ReservedSegment,
    /// What follows `//` is no domain name (RFC 1035).
    #[error("service provider identifier that is no domain name")]
    Provider,
    /// An absolute address ends behind the service provider.
    #[error("absolute address without a CSE")]
    MissingCse,
    /// What follows `#` is no attribute name.
    #[error("attribute name missing or wrong")]
    Attribute,
    /// An AE-ID stem begins with neither `C` nor `S`, or has nothing behind it.
    #[error("not an AE-ID stem")]
    Stem,
    /// More segments than the identifier of an entity has.
    #[error("too many segments for an entity")]
    TooManySegments,
    /// The joined segments do not fit into the caller's buffer.
    #[error("address longer than the buffer")]
    BufferTooSmall,
}

/// Text that is no address, and where that showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct AddressError {
    /// What is wrong.
    pub kind: AddressErrorKind,
    /// Offset in bytes. For CoAP, in the segments joined by slashes with one in front.
    pub offset: usize,
}

/// How much of the way to the resource an address spells out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope<'a> {
    /// `base/ae/cnt`: on the receiving CSE.
    CseRelative,
    /// `/cse/...`: on a CSE of the same service provider.
    SpRelative {
        /// The CSE-ID without its slash.
        cse: &'a str,
    },
    /// `//sp/cse/...`: anywhere.
    Absolute {
        /// The M2M-SP-ID, a domain name, without its slashes.
        sp: &'a str,
        /// The CSE-ID without its slash.
        cse: &'a str,
    },
}

/// How an address names the resource on its CSE (TS-0001 table 7.2-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// By the CSE-ID alone: the CSE itself.
    Cse,
    /// By names from the `<CSEBase>` down; `-` may stand for the name of the `<CSEBase>`.
    Structured,
    /// By resource identifier.
    Unstructured,
    /// By the resource identifier of an ancestor, then names. Virtual resources of a resource
    /// addressed by identifier are such: `cnt4711/la`.
    Hybrid,
}

/// Resources that exist only as addresses (TS-0004 table 6.8-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VirtualResource {
    /// `la`: the latest instance of a container, flexContainer or timeSeries.
    Latest,
    /// `ol`: the oldest instance.
    Oldest,
    /// `fopt`: the members of a group.
    FanOutPoint,
    /// `pcu`: the requests that wait in a polling channel.
    PollingChannelUri,
    /// `ntsr`: the originator's own place among a subscription's targets.
    NotificationTargetSelfReference,
    /// `sfop`: the semantic descriptors of a group's members.
    SemanticFanOutPoint,
    /// `smv`: validation against an ontology repository.
    SemanticValidation,
    /// `msp`: the trigger of a semantic mashup.
    Mashup,
}

impl VirtualResource {
    /// All of them.
    pub const ALL: [VirtualResource; 8] = [
        VirtualResource::Latest,
        VirtualResource::Oldest,
        VirtualResource::FanOutPoint,
        VirtualResource::PollingChannelUri,
        VirtualResource::NotificationTargetSelfReference,
        VirtualResource::SemanticFanOutPoint,
        VirtualResource::SemanticValidation,
        VirtualResource::Mashup,
    ];

    /// The segment that names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            VirtualResource::Latest => "la",
            VirtualResource::Oldest => "ol",
            VirtualResource::FanOutPoint => "fopt",
            VirtualResource::PollingChannelUri => "pcu",
            VirtualResource::NotificationTargetSelfReference => "ntsr",
            VirtualResource::SemanticFanOutPoint => "sfop",
            VirtualResource::SemanticValidation => "smv",
            VirtualResource::Mashup => "msp",
        }
    }

    /// The virtual resource that a segment names.
    #[must_use]
    pub fn from_name(segment: &str) -> Option<VirtualResource> {
        VirtualResource::ALL.into_iter().find(|v| v.name() == segment)
    }
}

/// A virtual resource in an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VirtualTarget<'a> {
    /// Which one.
    pub resource: VirtualResource,
    /// The resource that it belongs to.
    pub parent: Address<'a>,
    /// What follows a fan-out point and is appended to every member; empty for the others.
    pub suffix: &'a str,
}

/// Address of a resource, or of one attribute of it. Parameter `to`.
///
/// Equality is that of the text; the same resource has several addresses, which only its CSE can
/// tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address<'a> {
    scope: Scope<'a>,
    /// Segments on the CSE, joined by slashes. Empty for the CSE itself.
    path: &'a str,
    attribute: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Reads an address in any of its forms.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn parse(text: &'a str) -> Result<Address<'a>, AddressError> {
        let (resource, attribute) = match text.split_once('#') {
            Some((resource, attribute)) => (resource, Some(attribute)),
            None => (text, None),
        };
        let address = if let Some(rest) = resource.strip_prefix("//") {
            Address::absolute(rest, 2)
        } else if let Some(rest) = resource.strip_prefix('/') {
            Address::sp_relative(rest, 1)
        } else {
            Address::cse_relative(resource, 0)
        }?;
        if let Some(name) = attribute {
            let offset = resource.len() + 1;
            check_identifier(name, offset)
                .map_err(|e| error(AddressErrorKind::Attribute, e.offset))?;
        }
        Ok(Address { attribute, ..address })
    }

    /// The address of `path` (segments joined by slashes) in `scope`. `path` is empty for the CSE
    /// itself.
    ///
    /// # Errors
    /// [`AddressError`] whose offset counts from the start of the part that is wrong.
    pub fn new(scope: Scope<'a>, path: &'a str) -> Result<Address<'a>, AddressError> {
        if let Scope::Absolute { sp, .. } = scope {
            check_provider(sp, 0)?;
        }
        match scope {
            Scope::CseRelative => check_path(path, 0)?,
            Scope::SpRelative { cse } | Scope::Absolute { cse, .. } => {
                check_cse(cse, 0)?;
                if !path.is_empty() {
                    check_path(path, 0)?;
                }
            }
        }
        Ok(Address { scope, path, attribute: None })
    }

    fn cse_relative(path: &'a str, offset: usize) -> Result<Address<'a>, AddressError> {
        check_path(path, offset)?;
        Ok(Address { scope: Scope::CseRelative, path, attribute: None })
    }

    /// `text` is what follows the slash.
    fn sp_relative(text: &'a str, offset: usize) -> Result<Address<'a>, AddressError> {
        let (cse, path) = split_cse(text, offset)?;
        Ok(Address { scope: Scope::SpRelative { cse }, path, attribute: None })
    }

    /// `text` is what follows the two slashes.
    fn absolute(text: &'a str, offset: usize) -> Result<Address<'a>, AddressError> {
        let (sp, rest) =
            text.split_once('/').ok_or(error(AddressErrorKind::MissingCse, offset + text.len()))?;
        check_provider(sp, offset)?;
        let (cse, path) = split_cse(rest, offset + sp.len() + 1)?;
        Ok(Address { scope: Scope::Absolute { sp, cse }, path, attribute: None })
    }

    /// How far the address reaches.
    #[must_use]
    pub const fn scope(&self) -> Scope<'a> {
        self.scope
    }

    /// The segments on the CSE, joined by slashes; empty for the CSE itself.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The attribute behind `#` (TS-0004 clause 6.2.4). The paths of HTTP and CoAP do not carry
    /// it; the bindings send it as `atrl`.
    #[must_use]
    pub const fn attribute(&self) -> Option<&'a str> {
        self.attribute
    }

    /// The segments on the CSE; none for the CSE itself.
    pub fn segments(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        // Checked to have no empty segment, so only the empty path yields one here.
        self.path.split('/').filter(|segment| !segment.is_empty())
    }

    /// How the resource is named, on a CSE whose `<CSEBase>` has the name `cse_base`.
    #[must_use]
    pub fn form(&self, cse_base: &str) -> Form {
        let mut segments = self.segments();
        match (segments.next(), segments.next()) {
            (None, _) => Form::Cse,
            (Some(first), _) if first == cse_base || first == "-" => Form::Structured,
            (Some(_), None) => Form::Unstructured,
            (Some(_), Some(_)) => Form::Hybrid,
        }
    }

    /// The virtual resource in the address, if its segments name one: `fopt` anywhere behind the
    /// first segment, the others in last place. What follows the first `fopt` belongs to the
    /// members. Whether the parent is of a type that has the virtual resource, only its CSE knows.
    #[must_use]
    pub fn virtual_target(&self) -> Option<VirtualTarget<'a>> {
        let mut end = 0;
        for (index, segment) in self.segments().enumerate() {
            let start = if index == 0 { 0 } else { end + 1 };
            end = start + segment.len();
            let (Some(resource), Some(parent)) =
                (VirtualResource::from_name(segment), self.path.get(..start.saturating_sub(1)))
            else {
                continue;
            };
            let suffix = self.path.get(end + 1..).unwrap_or("");
            let fans_out = resource == VirtualResource::FanOutPoint;
            if index > 0 && (fans_out || suffix.is_empty()) {
                let parent = Address { scope: self.scope, path: parent, attribute: None };
                return Some(VirtualTarget { resource, parent, suffix });
            }
        }
        None
    }

    /// The address of the resource one segment up. `None` for a single segment, whose parent only
    /// the CSE knows, and for the CSE itself.
    #[must_use]
    pub fn parent(&self) -> Option<Address<'a>> {
        let (path, _) = self.path.rsplit_once('/')?;
        Some(Address { scope: self.scope, path, attribute: None })
    }

    /// The shortest address of the same resource as seen from CSE `cse` of provider `sp`: the
    /// scope is dropped as far as it is theirs. The CSE itself stays SP-relative. A receiver finds
    /// so whether a request is for itself: the scope is then [`Scope::CseRelative`], or
    /// SP-relative with its own `cse`.
    #[must_use]
    pub fn relative_to(self, sp: &str, cse: &str) -> Address<'a> {
        let scope = match self.scope {
            Scope::Absolute { sp: theirs, cse } if theirs == sp => Scope::SpRelative { cse },
            other => other,
        };
        let scope = match scope {
            Scope::SpRelative { cse: theirs } if theirs == cse && !self.path.is_empty() => {
                Scope::CseRelative
            }
            other => other,
        };
        Address { scope, ..self }
    }

    /// The absolute address of the same resource, for an address that was meant at CSE `cse` of
    /// provider `sp`.
    ///
    /// # Errors
    /// [`AddressError`] if `sp` or `cse` are needed and are no identifiers.
    pub fn to_absolute(self, sp: &'a str, cse: &'a str) -> Result<Address<'a>, AddressError> {
        let scope = match self.scope {
            Scope::CseRelative => Scope::Absolute { sp, cse },
            Scope::SpRelative { cse } => Scope::Absolute { sp, cse },
            absolute @ Scope::Absolute { .. } => absolute,
        };
        Ok(Address { attribute: self.attribute, ..Address::new(scope, self.path)? })
    }

    /// The SP-relative address of the same resource, for an address that was meant at CSE `cse`.
    /// An absolute address stays what it is.
    ///
    /// # Errors
    /// [`AddressError`] if `cse` is needed and is no identifier.
    pub fn to_sp_relative(self, cse: &'a str) -> Result<Address<'a>, AddressError> {
        match self.scope {
            Scope::CseRelative => Ok(Address {
                attribute: self.attribute,
                ..Address::new(Scope::SpRelative { cse }, self.path)?
            }),
            _ => Ok(self),
        }
    }

    /// Writes the address as `to` carries it.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self.scope {
            Scope::CseRelative => {}
            Scope::SpRelative { cse } => put_all(sink, &["/", cse])?,
            Scope::Absolute { sp, cse } => put_all(sink, &["//", sp, "/", cse])?,
        }
        if self.scope != Scope::CseRelative && !self.path.is_empty() {
            sink.put_u8(b'/')?;
        }
        sink.put(self.path.as_bytes())?;
        match self.attribute {
            Some(name) => put_all(sink, &["#", name]),
            None => Ok(()),
        }
    }

    /// Bytes that [`Address::write`] writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let mut counter = Counter::new();
        // A counter is never full.
        let _ = self.write(&mut counter);
        counter.len()
    }
}

fn put_all(sink: &mut dyn Sink, parts: &[&str]) -> Result<(), Full> {
    parts.iter().try_for_each(|part| sink.put(part.as_bytes()))
}

/// A CSE-ID, and the path behind it, which may be missing.
fn split_cse(text: &str, offset: usize) -> Result<(&str, &str), AddressError> {
    let (cse, path) = match text.split_once('/') {
        Some((cse, path)) => (cse, Some(path)),
        None => (text, None),
    };
    check_cse(cse, offset)?;
    if let Some(path) = path {
        let offset = offset + cse.len() + 1;
        if path.is_empty() {
            return Err(error(AddressErrorKind::EmptySegment, offset));
        }
        check_path(path, offset)?;
    }
    Ok((cse, path.unwrap_or("")))
}

fn check_cse(cse: &str, offset: usize) -> Result<(), AddressError> {
    if cse.is_empty() {
        return Err(error(AddressErrorKind::MissingCse, offset));
    }
    rules::check_first(cse, offset)
}

/// Text through `core::fmt`, for addresses and identifiers.
struct FmtSink<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Sink for FmtSink<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let text = core::str::from_utf8(bytes).map_err(|_| Full)?;
        self.0.write_str(text).map_err(|_| Full)
    }
}

macro_rules! displayed {
    ($($Name:ident)*) => {$(
        impl fmt::Display for $Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.write(&mut FmtSink(f)).map_err(|_| fmt::Error)
            }
        }

        impl fmt::Debug for $Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

displayed! { Address AeId EntityId Originator }

#[cfg(test)]
mod tests;
