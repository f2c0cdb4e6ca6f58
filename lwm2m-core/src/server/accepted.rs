//! Operations that were accepted: checked, encoded once, kept until they end.

use super::config::{UsageError, boxed};
use super::detail::Detail;
use super::event::RegistrationId;
use super::links::Formats;
use super::operation::{Body, Kind, Operation};
use crate::error::WriteError;
use crate::format::{self, Item, Target};
use crate::path::{Path, PathText};
use alloc::boxed::Box;
use alloc::vec::Vec;
use coap_core::{Code, ContentFormat, OptionWriter, RequestId, TooLong};

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
    /// Of the body.
    pub(super) format: Option<ContentFormat>,
    /// To ask for.
    pub(super) accept: Option<ContentFormat>,
    /// The server chose the formats and may choose others.
    pub(super) chosen: bool,
    /// The body, or the text of arguments.
    pub(super) payload: Box<[u8]>,
    /// Attributes, and the paths of a composite operation.
    pub(super) detail: Detail,
    pub(super) state: State,
    /// Counts the operations, across restarts.
    pub(super) number: u64,
    /// It is in the journal.
    pub(super) kept: bool,
    /// The next one in the ring of the registration's operations.
    pub(super) next: u32,
}

/// The depths of Discover (Core 1.2 section 6.3.2).
const DEPTHS: [&str; 4] = ["depth=0", "depth=1", "depth=2", "depth=3"];

/// Longest text of attributes, and of an alternate path beside it, in a request.
const MAX_ATTRIBUTES: usize = 512;

/// Checks the text of attributes: `pmin=1&st`.
fn check_attributes(text: &str) -> Result<(), UsageError> {
    if !is_printable(text) || text.split('&').any(|a| a.is_empty() || a.starts_with('=')) {
        return Err(UsageError::Syntax);
    }
    if text.len() > MAX_ATTRIBUTES || text.split('&').any(|a| a.len() > 255) {
        return Err(UsageError::TooLong);
    }
    Ok(())
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

impl Accepted {
    /// Nothing yet but what it is about.
    pub(super) fn blank(registration: RegistrationId, kind: Kind, path: Path) -> Accepted {
        Accepted {
            registration,
            kind,
            path,
            format: None,
            accept: None,
            chosen: false,
            payload: Box::default(),
            detail: Detail::default(),
            state: State::Held,
            number: 0,
            kept: false,
            next: super::registry::NONE,
        }
    }

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
        let mut accepted = Accepted::blank(registration, kind, path);
        match *operation {
            Operation::Read { format, .. } => accepted.ask(format, formats),
            Operation::Observe { format, attributes, .. } => {
                if path == Path::ROOT {
                    return Err(UsageError::Path);
                }
                accepted.ask(format, formats);
                if !attributes.is_empty() {
                    check_attributes(attributes)?;
                }
                accepted.detail = Detail::new(attributes, &[])?;
            }
            Operation::ReadComposite { paths, format } => {
                accepted.ask(format, formats.composite());
                accepted.list(paths, "", root)?;
            }
            Operation::ObserveComposite { paths, format, attributes } => {
                accepted.ask(format, formats.composite());
                if !attributes.is_empty() {
                    check_attributes(attributes)?;
                }
                accepted.list(paths, attributes, root)?;
            }
            Operation::Write { body, .. } | Operation::Create { body, .. } => {
                accepted.carry(body, formats, root)?;
            }
            Operation::WriteComposite { body } => {
                accepted.carry(body, formats.composite(), root)?;
            }
            Operation::Execute { arguments, .. } => {
                if !is_printable(arguments) {
                    return Err(UsageError::Syntax);
                }
                accepted.format = (!arguments.is_empty()).then_some(ContentFormat::TEXT);
                accepted.payload = boxed(&[arguments.as_bytes()])?;
            }
            Operation::WriteAttributes { attributes, .. } => {
                check_attributes(attributes)?;
                accepted.detail = Detail::new(attributes, &[])?;
            }
            Operation::Discover { depth, .. } => {
                if depth.is_some_and(|d| usize::from(d) >= DEPTHS.len()) {
                    return Err(UsageError::Syntax);
                }
            }
            Operation::Delete { .. } | Operation::CancelObservation { .. } => {}
        }
        Ok(accepted)
    }

    /// Asks for a format.
    fn ask(&mut self, asked: Option<ContentFormat>, formats: Formats) {
        self.accept = asked.or(formats.preferred());
        self.chosen = asked.is_none();
    }

    /// Carries values.
    fn carry(&mut self, body: Body<'_>, formats: Formats, root: &str) -> Result<(), UsageError> {
        match body {
            Body::Encoded { format, payload } => {
                self.format = Some(format);
                self.payload = boxed(&[payload])?;
            }
            Body::Items { format, items } => {
                self.chosen = format.is_none();
                let target = target(self.kind, self.path, root);
                let (used, bytes) = encode(format, formats, target, items.iter().copied())?;
                (self.format, self.payload) = (Some(used), bytes);
            }
        }
        Ok(())
    }

    /// Carries the list of paths of a composite operation, in the kind of SenML that is asked for.
    fn list(&mut self, paths: &[Path], attributes: &str, root: &str) -> Result<(), UsageError> {
        if paths.is_empty() {
            return Err(UsageError::Path);
        }
        self.detail = Detail::new(attributes, paths)?;
        self.write_list(root)
    }

    /// Encodes the paths of a composite operation that come from [`Accepted::detail`].
    pub(super) fn write_list(&mut self, root: &str) -> Result<(), UsageError> {
        let format = match self.accept {
            Some(ContentFormat::SENML_JSON) => ContentFormat::SENML_JSON,
            _ => ContentFormat::SENML_CBOR,
        };
        self.write_list_in(format, root)
    }

    fn write_list_in(&mut self, format: ContentFormat, root: &str) -> Result<(), UsageError> {
        let mut bytes = Vec::new();
        format::write_paths(format, root, self.detail.paths(), &mut bytes)
            .map_err(|_| UsageError::TooLong)?;
        self.payload = boxed(&[&bytes])?;
        self.format = Some(format);
        Ok(())
    }

    /// Is it about several paths?
    pub(super) fn is_composite(&self) -> bool {
        self.path == Path::ROOT
    }

    pub(super) fn method(&self) -> Code {
        self.kind.method(self.is_composite())
    }

    /// Encodes the body anew in another format than the one that the client refused. False if
    /// there is none, or if nothing was to be encoded.
    pub(super) fn reencode(&mut self, formats: Formats, root: &str, model: &Typed<'_>) -> bool {
        let Some(refused) = self.format.filter(|_| self.chosen) else { return false };
        if self.is_composite() && self.kind.asks() {
            return refused == ContentFormat::SENML_CBOR
                && self.write_list_in(ContentFormat::SENML_JSON, root).is_ok();
        }
        if !self.kind.has_body() {
            return false;
        }
        let formats = if self.is_composite() { formats.composite() } else { formats };
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
        if let Kind::Discover(depth) = self.kind {
            if let Some(text) = depth.and_then(|d| DEPTHS.get(usize::from(d))) {
                w.query(text)?;
            }
            w.accept(ContentFormat::LINK_FORMAT)?;
        }
        for attribute in self.detail.attributes().split('&').filter(|a| !a.is_empty()) {
            w.query(attribute)?;
        }
        if let Some(format) = self.format {
            w.content_format(format)?;
        }
        if let Some(format) = self.accept {
            w.accept(format)?;
        }
        Ok(w)
    }
}

/// The types of a client's resources.
#[derive(Clone, Debug)]
pub(crate) struct Typed<'a> {
    pub(super) model: &'a super::model::Model,
    pub(super) record: Option<&'a super::registry::Record>,
}

impl<'a> Typed<'a> {
    /// Those of a client that is not registered: nothing is known of its versions.
    #[cfg(feature = "bootstrap-server")]
    pub(crate) const fn unregistered(model: &'a super::model::Model) -> Typed<'a> {
        Typed { model, record: None }
    }

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
    pub(crate) fn item<'p>(&self, entry: format::Entry<'p>) -> Item<'p> {
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
