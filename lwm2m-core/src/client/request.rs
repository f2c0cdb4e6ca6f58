//! The requests of a registration: Register, Update, De-register, and the list of objects
//! (Core 6.2.1 to 6.2.3).

use coap_core::{Code, ContentFormat, OptionNumber, OptionWriter, Request, RequestId, TooLong};
use m2m_base::decimal::write_u64;
use m2m_base::{Full, Instant, PeerId, Sink, SliceSink};

use super::account::State;
use super::{Client, Store, UsageError};
use crate::{Level, ObjectDefinition, ObjectVersion, Path, Version, links, object};

/// Formats told to servers in the root link (Core 6.2.1).
const FORMATS: &[ContentFormat] = &[
    #[cfg(feature = "cbor")]
    ContentFormat::CBOR,
    #[cfg(feature = "senml-json")]
    ContentFormat::SENML_JSON,
    #[cfg(feature = "senml-cbor")]
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_TLV,
    #[cfg(feature = "lwm2m-cbor")]
    ContentFormat::LWM2M_CBOR,
];
/// Without the last of them, which is of 1.2.
const FORMATS_OF_1_1: &[ContentFormat] =
    if cfg!(feature = "lwm2m-cbor") { FORMATS.split_at(FORMATS.len() - 1).0 } else { FORMATS };

/// Bytes of options in a Register or Update, without the endpoint name or the location.
const OPTIONS: usize = 64;

impl Client {
    /// Sends a Register, or an Update to a location.
    #[allow(clippy::too_many_arguments, reason = "the parameters of the two operations")]
    pub(super) fn request_with_list(
        &mut self,
        now: Instant,
        at: usize,
        version: Version,
        location: Option<(usize, u8)>,
        lifetime: Option<u32>,
        binding: bool,
        list: bool,
    ) -> Result<RequestId, coap_core::UsageError> {
        let too_long = |_: TooLong| coap_core::UsageError::TooLong;
        let mut binding_text = [0; 16];
        let binding_text = if binding { self.binding(at, &mut binding_text) } else { &[] };
        let peer = self.accounts.get(at).map_or(PeerId(0), |a| a.peer);
        let room = match location {
            None => OPTIONS.saturating_add(self.name.len()).saturating_add(self.sms.len()),
            Some(_) => OPTIONS.saturating_add(self.location.into()),
        };
        #[cfg(feature = "v1-2")]
        let by_profile = location.is_none() && self.goes_by_profile(at);
        #[cfg(feature = "v1-2")]
        let room = room.saturating_add(if by_profile { self.profile.len() } else { 0 });
        let room = room.min(self.scratch.len());
        let (head, body) = self.scratch.split_at_mut_checked(room).unwrap_or_default();
        let mut options = OptionWriter::new(head);
        match location {
            None => {
                options.push(OptionNumber::URI_PATH, b"rd").map_err(too_long)?;
            }
            Some((at, len)) => {
                let size = usize::from(self.location);
                let all = self.locations.chunks(size.max(1)).nth(at).unwrap_or(&[]);
                put_segments(&mut options, all.get(..len.into()).unwrap_or(&[]))
                    .map_err(too_long)?;
            }
        }
        if list {
            options
                .push_uint(OptionNumber::CONTENT_FORMAT, ContentFormat::LINK_FORMAT.0.into())
                .map_err(too_long)?;
        }
        let query = OptionNumber::URI_QUERY;
        if location.is_none() {
            if !self.name.is_empty() {
                options.push(query, &self.name).map_err(too_long)?;
            }
            let name: &[u8] = match version {
                Version::V1_0 => b"lwm2m=1.0",
                Version::V1_1 => b"lwm2m=1.1",
                Version::V1_2 => b"lwm2m=1.2",
            };
            options.push(query, name).map_err(too_long)?;
        }
        if let Some(lifetime) = lifetime {
            let mut text = [0; 24];
            let mut sink = SliceSink::new(&mut text);
            let _ = sink.put(b"lt=").and_then(|()| write_u64(&mut sink, lifetime.into()));
            options.push(query, sink.written()).map_err(too_long)?;
        }
        if !binding_text.is_empty() {
            options.push(query, binding_text).map_err(too_long)?;
        }
        if location.is_none() {
            #[cfg(feature = "queue-mode")]
            if self.queue_mode.is_some() && version > Version::V1_0 {
                options.push(query, b"Q").map_err(too_long)?;
            }
            if !self.sms.is_empty() {
                options.push(query, &self.sms).map_err(too_long)?;
            }
            #[cfg(feature = "v1-2")]
            if by_profile {
                options.push(query, &self.profile).map_err(too_long)?;
            }
        }
        let mut sink = SliceSink::new(body);
        if list {
            self.store
                .write_object_list(version, &mut sink)
                .map_err(|_| coap_core::UsageError::TooLong)?;
        }
        let request = Request {
            options: options.options(),
            payload: sink.written(),
            ..Request::new(Code::POST)
        };
        self.endpoint.request(now, peer, &request)
    }

    /// The location of an account, each segment behind its length.
    pub(super) fn location_of(&self, at: usize, len: u8) -> &[u8] {
        let size = usize::from(self.location).max(1);
        self.locations.chunks(size).nth(at).and_then(|all| all.get(..len.into())).unwrap_or(&[])
    }

    pub(super) fn send_deregister(&mut self, now: Instant, at: usize) -> Result<(), UsageError> {
        self.drop_update(now, at);
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let size = usize::from(self.location);
        let all = self.locations.chunks(size.max(1)).nth(at).unwrap_or(&[]);
        let mut options = OptionWriter::new(&mut self.scratch);
        let segments = all.get(..account.location.into()).unwrap_or(&[]);
        put_segments(&mut options, segments).map_err(|_| UsageError::Full)?;
        let request = Request { options: options.options(), ..Request::new(Code::DELETE) };
        let result = self.endpoint.request(now, account.peer, &request);
        account.state = State::Deregistering(result.map_err(|_| UsageError::Full)?);
        Ok(())
    }
}

/// Adds the segments of a stored location as Uri-Path.
fn put_segments(options: &mut OptionWriter<'_>, mut stored: &[u8]) -> Result<(), TooLong> {
    while let Some((len, rest)) = stored.split_first() {
        let (segment, rest) = rest.split_at_checked(usize::from(*len)).ok_or(TooLong)?;
        options.push(OptionNumber::URI_PATH, segment)?;
        stored = rest;
    }
    Ok(())
}

impl Store {
    /// Writes the list of objects and instances of a registration (Core 6.2.1). Security and
    /// OSCORE objects stay out.
    pub(super) fn write_object_list(
        &self,
        version: Version,
        sink: &mut dyn Sink,
    ) -> Result<(), Full> {
        let root = self.root();
        let mut links = links::Writer::new(sink, root.as_str());
        match version {
            Version::V1_0 if root.as_str().is_empty() => {}
            Version::V1_0 => {
                links.root(&[])?;
            }
            #[cfg(feature = "lwm2m-cbor")]
            Version::V1_2 => {
                links.root(FORMATS)?;
            }
            _ => {
                links.root(FORMATS_OF_1_1)?;
            }
        }
        for definition in self.objects() {
            if is_secret(definition.id) {
                continue;
            }
            let object = Path::object(definition.id);
            let mut instances = self.paths(object).filter(|p| p.level() == Level::Instance);
            let told = told_version(definition, version);
            let first = instances.next();
            if told.is_some() || first.is_none() {
                links.link(object)?;
                if let Some(told) = told {
                    links.version(told)?;
                }
            }
            for path in first.into_iter().chain(instances) {
                links.link(path)?;
            }
        }
        Ok(())
    }
}

/// Objects that servers neither see nor touch.
pub(super) fn is_secret(object: u16) -> bool {
    matches!(object, 0 | 21 | 23)
}

/// The version that a link has to tell: none where the enabler implies it. The objects that are
/// ready made follow the enabler.
pub(super) fn told_version(
    definition: &ObjectDefinition<'_>,
    enabler: Version,
) -> Option<ObjectVersion> {
    let ready = [object::SECURITY.id, object::SERVER.id, object::DEVICE.id];
    let ready_made = ready.contains(&definition.id);
    let implied = ObjectVersion::implied(definition.id, enabler);
    (!ready_made && definition.version != implied).then_some(definition.version)
}
