//! Send (Core 1.2 section 6.4.6): content that a client reports by itself, to `/dp`.

use super::accepted::Stored;
use super::config::boxed;
use super::event::{Event, RegistrationId};
use super::links::{Entries, canonical};
use super::registry::Record;
use super::{Notified, Server};
use crate::format::{Content, Reader, Target};
use crate::path::Path;
use alloc::vec::Vec;
use coap_core::{Code, ContentFormat, IncomingId};
use m2m_base::PeerId;

/// The formats that content may be sent in.
const FORMATS: [ContentFormat; 3] =
    [ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON, ContentFormat::LWM2M_CBOR];

/// Objects that content speaks of, and whether the client has them.
#[derive(Default)]
struct Objects(Vec<(u16, bool)>);

impl Objects {
    fn add(&mut self, object: u16) -> Result<(), Code> {
        if self.0.last().is_none_or(|(last, _)| *last != object) {
            self.0.try_reserve(1).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
            self.0.push((object, false));
        }
        Ok(())
    }

    /// Does a client have them all?
    fn are_registered(mut self, record: &Record) -> bool {
        self.0.sort_unstable();
        self.0.dedup();
        for object in Entries::new(record.text.links()).filter_map(|l| l.path.object_id()) {
            if let Ok(at) = self.0.binary_search_by_key(&object, |(o, _)| *o)
                && let Some((_, found)) = self.0.get_mut(at)
            {
                *found = true;
            }
        }
        self.0.iter().all(|(_, found)| *found)
    }
}

/// Reads content through: it has values, each below an object.
fn objects(format: ContentFormat, prefix: &str, payload: &[u8]) -> Result<Objects, Code> {
    let target = Target::from(Path::ROOT).with_prefix(prefix);
    let mut objects = Objects::default();
    for entry in Reader::new(format, target, payload).map_err(|_| Code::BAD_REQUEST)? {
        let entry = entry.map_err(|_| Code::BAD_REQUEST)?;
        if entry.content == Content::Delete {
            return Err(Code::BAD_REQUEST);
        }
        objects.add(entry.path.object_id().ok_or(Code::BAD_REQUEST)?)?;
    }
    if objects.0.is_empty() { Err(Code::BAD_REQUEST) } else { Ok(objects) }
}

impl Server {
    /// The registration in whose name a peer may send: of the endpoint that its security session
    /// says it is, else the newest that came from its address.
    fn sender(&self, incoming: IncomingId, peer: PeerId) -> Option<RegistrationId> {
        match self.identity(&self.coap.incoming(incoming)?) {
            Some(name) => self.registry.by_name(name),
            None => {
                let id = self.registry.by_peer(peer)?;
                self.registry.get(id).filter(|r| !r.identified).map(|_| id)
            }
        }
    }

    /// Takes content that a client sends; the answer, and who it was.
    pub(super) fn on_send(
        &mut self,
        incoming: IncomingId,
        peer: PeerId,
    ) -> (Code, Option<RegistrationId>) {
        let Some(sender) = self.sender(incoming, peer) else { return (Code::NOT_FOUND, None) };
        match self.take_sent(incoming, sender) {
            Ok(()) => (Code::CHANGED, Some(sender)),
            Err(code) => (code, None),
        }
    }

    /// Is this content of objects that a client has registered?
    fn has(&self, id: RegistrationId, format: ContentFormat, payload: &[u8]) -> Result<(), Code> {
        let record = self.registry.get(id).ok_or(Code::NOT_FOUND)?;
        let root = core::str::from_utf8(record.text.root()).unwrap_or("");
        let objects = objects(format, root, payload)?;
        if objects.are_registered(record) { Ok(()) } else { Err(Code::NOT_FOUND) }
    }

    fn take_sent(&mut self, incoming: IncomingId, sender: RegistrationId) -> Result<(), Code> {
        let found = self.coap.incoming(incoming).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let format = found.options.content_format().ok_or(Code::UNSUPPORTED_CONTENT_FORMAT)?;
        let format = canonical(format);
        if !FORMATS.contains(&format) {
            return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
        }
        let mut result = self.has(sender, format, found.payload);
        let (mut sender, mut next) = (sender, self.registry.first_child(sender));
        // A gateway sends for the devices behind it: the names begin with the prefix of one.
        while let (Err(Code::BAD_REQUEST), Some(child)) = (result, next) {
            next = self.registry.next_child(child);
            (sender, result) = (child, self.has(child, format, found.payload));
        }
        result?;
        let payload = boxed(&[found.payload]).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        let stored = Stored { code: Code::CONTENT, format: Some(format), payload, created: None };
        if !self.make_content_room(stored.payload.len()) {
            return Err(Code::REQUEST_ENTITY_TOO_LARGE);
        }
        self.content_bytes = self.content_bytes.saturating_add(stored.payload.len());
        let notified = Notified { registration: sender, path: Path::ROOT, stored };
        let id = self.keep_notified(notified).ok_or(Code::SERVICE_UNAVAILABLE)?;
        self.counters.sends = self.counters.sends.wrapping_add(1);
        self.tell(Event::Sent { id, registration: sender });
        Ok(())
    }
}
