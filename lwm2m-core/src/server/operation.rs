//! Operations: what can be asked of a client, and the CoAP request each becomes
//! (Core 1.2 sections 6.3 and 6.4, Transport 1.2 section 6.4.4).

use super::config::{UsageError, boxed};
use super::event::{ObservationId, RegistrationId};
use super::links::Formats;
use crate::error::WriteError;
use crate::format::{self, Item, Target};
use crate::path::{Level, Path, PathText};
use alloc::boxed::Box;
use alloc::vec::Vec;
use coap_core::{Code, ContentFormat, OptionWriter, RequestId, TooLong};

/// What is written or created.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Items at or below the path, in path order.
    Items {
        /// The content format; `None` for one that the client takes, and then another one if it
        /// refuses that.
        format: Option<ContentFormat>,
        /// What to write.
        items: &'a [Item<'a>],
    },
    /// A payload that the caller encoded.
    Encoded {
        /// Its content format.
        format: ContentFormat,
        /// Its bytes.
        payload: &'a [u8],
    },
}

impl<'a> Body<'a> {
    /// Items in a format that the client takes.
    #[must_use]
    pub const fn items(items: &'a [Item<'a>]) -> Body<'a> {
        Body::Items { format: None, items }
    }
}

/// The two ways to write (Core 1.2 section 6.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteMode {
    /// What is not written is removed: PUT.
    Replace,
    /// What is not written stays: POST.
    Update,
}

/// One operation on a registered client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// Read an object, an instance, a resource or a resource instance.
    Read {
        /// What.
        path: Path,
        /// The content format to ask for; `None` for one that the client has, and without asking
        /// for any if it does not have it for this path.
        format: Option<ContentFormat>,
    },
    /// Write an instance, a resource or a resource instance.
    Write {
        /// Where.
        path: Path,
        /// Replace or partial update; the latter only for an instance or a multiple resource.
        mode: WriteMode,
        /// What.
        body: Body<'a>,
    },
    /// Execute a resource.
    Execute {
        /// Which.
        path: Path,
        /// Its arguments (`0='text',1`), empty for none.
        arguments: &'a str,
    },
    /// Create an instance. The items' paths have its ID, or [`Path::UNASSIGNED`] for one that the
    /// client chooses.
    Create {
        /// Of which object.
        object: u16,
        /// What is in it.
        body: Body<'a>,
    },
    /// Delete an instance, or a resource instance (1.2).
    Delete {
        /// Which.
        path: Path,
    },
    /// List what is below an object, an instance or a resource, with its attributes.
    Discover {
        /// Below what.
        path: Path,
        /// How many levels (1.2); `None` for the standard's default.
        depth: Option<u8>,
    },
    /// Set notification attributes.
    WriteAttributes {
        /// Of what.
        path: Path,
        /// `pmin=10&pmax=60`; one without a value is unset.
        attributes: &'a str,
    },
    /// Read and be notified of changes. If the path is observed already, its observation is set
    /// up anew.
    Observe {
        /// What.
        path: Path,
        /// As for [`Operation::Read`].
        format: Option<ContentFormat>,
    },
    /// End an observation by telling the client ("active": GET with Observe 1).
    CancelObservation {
        /// Which.
        observation: ObservationId,
    },
}

/// What an operation is, once it is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Read,
    Replace,
    Update,
    Execute,
    Create,
    Delete,
    Discover(Option<u8>),
    WriteAttributes,
    Observe(ObservationId),
    Cancel(ObservationId),
    /// Sets an observation up at the client's new address. Nobody asked for it, so its outcome is
    /// not told.
    Refresh(ObservationId),
}

impl Kind {
    pub(super) fn method(self) -> Code {
        match self {
            Kind::Read | Kind::Discover(_) => Code::GET,
            Kind::Observe(_) | Kind::Cancel(_) | Kind::Refresh(_) => Code::GET,
            Kind::Replace | Kind::WriteAttributes => Code::PUT,
            Kind::Update | Kind::Execute | Kind::Create => Code::POST,
            Kind::Delete => Code::DELETE,
        }
    }

    /// May it be sent again when it is not known whether it arrived?
    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Kind::Execute | Kind::Create | Kind::Update | Kind::Delete)
    }

    /// The levels of the path it goes with.
    fn levels(self) -> &'static [Level] {
        use Level::{Instance, Object, Resource, ResourceInstance};
        match self {
            Kind::Replace => &[Instance, Resource, ResourceInstance],
            Kind::Update => &[Instance, Resource],
            Kind::Execute => &[Resource],
            Kind::Create => &[Object],
            Kind::Delete => &[Instance, ResourceInstance],
            Kind::Discover(_) => &[Object, Instance, Resource],
            _ => &[Object, Instance, Resource, ResourceInstance],
        }
    }

    fn has_body(self) -> bool {
        matches!(self, Kind::Replace | Kind::Update | Kind::Create)
    }
}

/// Where an operation is.
#[derive(Debug)]
pub(super) enum State {
    /// It waits for its turn, or for the client to wake up.
    Held,
    /// The same, but it was sent before.
    HeldAgain,
    InFlight(RequestId),
    Answered(Stored),
}

/// An answer or a notification.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) code: Code,
    pub(super) format: Option<ContentFormat>,
    pub(super) payload: Box<[u8]>,
    pub(super) created: Option<Path>,
}

/// An operation that was accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) registration: RegistrationId,
    pub(super) kind: Kind,
    pub(super) path: Path,
    /// Of the body, or to ask for.
    pub(super) format: Option<ContentFormat>,
    /// The server chose the format and may choose another one.
    pub(super) chosen: bool,
    /// The body, or the text of arguments or attributes.
    pub(super) payload: Box<[u8]>,
    pub(super) state: State,
    /// The next one in the ring of the registration's operations.
    pub(super) next: u32,
}

/// The depths of Discover (Core 1.2 section 6.3.2).
const DEPTHS: [&str; 4] = ["depth=0", "depth=1", "depth=2", "depth=3"];

/// Longest text of attributes, and of an alternate path beside it, in a request.
const MAX_ATTRIBUTES: usize = 512;

impl Accepted {
    /// Checks an operation and encodes its body.
    pub(super) fn new(
        registration: RegistrationId,
        kind: Kind,
        path: Path,
        operation: &Operation<'_>,
        formats: Formats,
        root: &str,
    ) -> Result<Accepted, UsageError> {
        if !kind.levels().contains(&path.level()) {
            return Err(UsageError::Path);
        }
        let mut format = None;
        let mut chosen = false;
        let mut payload = Box::default();
        match *operation {
            Operation::Read { format: asked, .. } | Operation::Observe { format: asked, .. } => {
                format = asked.or(formats.preferred());
                chosen = asked.is_none();
            }
            Operation::Write { body, .. } | Operation::Create { body, .. } => match body {
                Body::Encoded { format: given, payload: bytes } => {
                    format = Some(given);
                    payload = boxed(&[bytes])?;
                }
                Body::Items { format: given, items } => {
                    chosen = given.is_none();
                    let target = target(kind, path, root);
                    let items = items.iter().copied();
                    let (used, bytes) = encode(given, formats, target, items)?;
                    (format, payload) = (Some(used), bytes);
                }
            },
            Operation::Execute { arguments: text, .. }
            | Operation::WriteAttributes { attributes: text, .. } => {
                let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
                if !printable {
                    return Err(UsageError::Syntax);
                }
                if kind == Kind::WriteAttributes {
                    let empty = text.split('&').any(|a| a.is_empty() || a.starts_with('='));
                    if empty {
                        return Err(UsageError::Syntax);
                    }
                    if text.len() > MAX_ATTRIBUTES || text.split('&').any(|a| a.len() > 255) {
                        return Err(UsageError::TooLong);
                    }
                } else if !text.is_empty() {
                    format = Some(ContentFormat::TEXT);
                }
                payload = boxed(&[text.as_bytes()])?;
            }
            Operation::Discover { depth, .. } => {
                if depth.is_some_and(|d| usize::from(d) >= DEPTHS.len()) {
                    return Err(UsageError::Syntax);
                }
            }
            Operation::Delete { .. } | Operation::CancelObservation { .. } => {}
        }
        Ok(Accepted {
            registration,
            kind,
            path,
            format,
            chosen,
            payload,
            state: State::Held,
            next: super::registry::NONE,
        })
    }

    /// Encodes the body anew in another format than the one that the client refused. False if
    /// there is none, or if nothing was to be encoded.
    pub(super) fn reencode(&mut self, formats: Formats, root: &str, model: &Typed<'_>) -> bool {
        let Some(refused) = self.format.filter(|_| self.chosen && self.kind.has_body()) else {
            return false;
        };
        let target = target(self.kind, self.path, root);
        let Ok(reader) = format::Reader::new(refused, target, &self.payload) else { return false };
        // What the server encoded it can read; an item that it cannot would only be missing.
        let items = reader.filter_map(|entry| entry.ok().map(|e| model.item(e)));
        let Ok((used, bytes)) = encode(None, formats.without(refused), target, items) else {
            return false;
        };
        if used == refused {
            return false;
        }
        (self.format, self.payload) = (Some(used), bytes);
        true
    }

    /// Writes the options of the request.
    pub(super) fn options<'b>(
        &self,
        root: &str,
        buf: &'b mut [u8],
    ) -> Result<OptionWriter<'b>, TooLong> {
        let mut w = OptionWriter::new(buf);
        w.path(root)?.path(PathText::from(self.path).as_str())?;
        match self.kind {
            Kind::Discover(depth) => {
                if let Some(text) = depth.and_then(|d| DEPTHS.get(usize::from(d))) {
                    w.query(text)?;
                }
                w.accept(ContentFormat::LINK_FORMAT)?;
            }
            Kind::WriteAttributes => {
                let text = core::str::from_utf8(&self.payload).unwrap_or("");
                for attribute in text.split('&') {
                    w.query(attribute)?;
                }
            }
            Kind::Read | Kind::Observe(_) | Kind::Cancel(_) | Kind::Refresh(_) => {
                if let Some(format) = self.format {
                    w.accept(format)?;
                }
            }
            _ => {
                if let Some(format) = self.format {
                    w.content_format(format)?;
                }
            }
        }
        Ok(w)
    }

    /// The body of the request.
    pub(super) fn body(&self) -> &[u8] {
        if self.kind == Kind::WriteAttributes { &[] } else { &self.payload }
    }
}

/// The types of a client's resources.
#[derive(Clone, Debug)]
pub(super) struct Typed<'a> {
    pub(super) model: &'a super::model::Model,
    pub(super) record: Option<&'a super::registry::Record>,
}

impl<'a> Typed<'a> {
    /// The type of a resource; `None` if nothing is known of it.
    pub(super) fn data_type(&self, path: Path) -> Option<crate::DataType> {
        use crate::object::ObjectVersion;
        let object = path.object_id()?;
        let told = self.record.and_then(|r| super::view::object_version(r, object));
        let definition = self.model.object(object, told.unwrap_or(ObjectVersion::DEFAULT))?;
        Some(definition.resource(path.resource_id()?)?.data_type)
    }

    /// An entry of a payload with its value in the type of its resource. A value that is not of
    /// that type, of a client with another idea of the object, is shown for what it looks like.
    pub(super) fn item<'p>(&self, entry: format::Entry<'p>) -> Item<'p> {
        let item = match entry.content.value() {
            Some(raw) => {
                let typed = self.data_type(entry.path).and_then(|t| raw.decode(t).ok());
                Item::value(entry.path, typed.unwrap_or_else(|| raw.infer()))
            }
            None => Item::empty(entry.path),
        };
        Item { time: entry.time, ..item }
    }
}

fn target<'a>(kind: Kind, path: Path, root: &'a str) -> Target<'a> {
    let target = match (kind, path.object_id()) {
        (Kind::Create, Some(object)) => Target::create(object),
        _ => Target::from(path),
    };
    target.with_prefix(root)
}

/// Encodes items in `given`, or in the best format that the client takes and that can express
/// them.
fn encode<'a, I>(
    given: Option<ContentFormat>,
    formats: Formats,
    target: Target<'_>,
    items: I,
) -> Result<(ContentFormat, Box<[u8]>), UsageError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    let mut rest = formats;
    loop {
        let next = given.or(rest.preferred());
        let format = next.unwrap_or(ContentFormat::LWM2M_TLV);
        let mut bytes = Vec::new();
        match format::write(format, target, items.clone(), &mut bytes) {
            Ok(()) => return Ok((format, boxed(&[&bytes])?)),
            Err(WriteError::Full) => return Err(UsageError::Full),
            Err(_) if given.is_some() || next.is_none() => return Err(UsageError::Format),
            Err(_) => rest = rest.without(format),
        }
    }
}
