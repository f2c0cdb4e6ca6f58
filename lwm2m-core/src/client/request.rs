//! The requests of a registration: Register, Update, De-register, and the list of objects
//! (Core 6.2.1 to 6.2.3).

use coap_core::{Code, ContentFormat, OptionNumber, OptionWriter, Request, RequestId, TooLong};
use m2m_base::decimal::write_u64;
use m2m_base::{Full, Sink, SliceSink};

use super::account::State;
use super::store::Kind;
use super::{Client, Store, UsageError};
use crate::{ObjectDefinition, ObjectVersion, Path, Version, links, object};

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

/// Bytes of options in a Register or Update besides their texts.
const OPTIONS: usize = 48;

/// What a Register or an Update tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// It is a Register, which tells who the client is.
    pub(super) register: bool,
    pub(super) lifetime: Option<u32>,
    pub(super) binding: bool,
    /// The list of objects.
    pub(super) list: bool,
}

impl Client {
    /// Sends a Register, or an Update to the location of an account.
    pub(super) fn request_with_list(
        &mut self,
        at: usize,
        told: Told,
    ) -> Result<RequestId, coap_core::UsageError> {
        let account = self.accounts.get(at).ok_or(coap_core::UsageError::UnknownId)?;
        let (version, peer) = (account.version, account.peer);
        let mut binding = [0; 16];
        let binding = if told.binding { self.binding(at, &mut binding) } else { &[] };
        let mut text = [0; 13];
        let mut lifetime = SliceSink::new(&mut text);
        if let Some(seconds) = told.lifetime {
            let _ = lifetime.put(b"lt=").and_then(|()| write_u64(&mut lifetime, seconds.into()));
        }
        let enabler: &[u8] = match version {
            Version::V1_0 => b"lwm2m=1.0",
            Version::V1_1 => b"lwm2m=1.1",
            Version::V1_2 => b"lwm2m=1.2",
        };
        #[cfg(feature = "v1-2")]
        let by_profile = self.goes_by_profile(at);
        #[cfg(feature = "queue-mode")]
        let queue = self.queue_mode.is_some() && version > Version::V1_0;
        let register = told.register;
        let queries: [&[u8]; _] = [
            only(register, &self.name),
            only(register, enabler),
            lifetime.written(),
            binding,
            #[cfg(feature = "queue-mode")]
            only(register && queue, b"Q"),
            only(register, &self.sms),
            #[cfg(feature = "v1-2")]
            only(register && by_profile, &self.profile),
        ];
        let path: &[u8] = if told.register {
            b"\x02rd"
        } else {
            location(&self.locations, self.location, at, account.location)
        };
        let texts = queries.iter().map(|text| text.len()).sum::<usize>();
        let room = OPTIONS.saturating_add(path.len()).saturating_add(texts);
        let room = room.min(self.scratch.len());
        let (head, body) = self.scratch.split_at_mut_checked(room).unwrap_or_default();
        let mut options = OptionWriter::new(head);
        let mut sink = SliceSink::new(body);
        let mut write = || {
            put_segments(&mut options, path)?;
            if told.list {
                let format = ContentFormat::LINK_FORMAT.0.into();
                options.push_uint(OptionNumber::CONTENT_FORMAT, format)?;
                self.store.write_object_list(version, &mut sink).map_err(|_| TooLong)?;
            }
            for text in queries.iter().filter(|text| !text.is_empty()) {
                options.push(OptionNumber::URI_QUERY, text)?;
            }
            Ok(())
        };
        write().map_err(|_: TooLong| coap_core::UsageError::TooLong)?;
        let request = Request {
            options: options.options(),
            payload: sink.written(),
            ..Request::new(Code::POST)
        };
        self.endpoint.request(self.now, peer, &request)
    }

    /// The location of an account, each segment behind its length.
    #[cfg(feature = "restore")]
    pub(super) fn location_of(&self, at: usize, len: u8) -> &[u8] {
        location(&self.locations, self.location, at, len)
    }

    pub(super) fn send_deregister(&mut self, at: usize) -> Result<(), UsageError> {
        self.drop_update(at);
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let mut options = OptionWriter::new(&mut self.scratch);
        let path = location(&self.locations, self.location, at, account.location);
        put_segments(&mut options, path).map_err(|_| UsageError::Full)?;
        let request = Request { options: options.options(), ..Request::new(Code::DELETE) };
        let result = self.endpoint.request(self.now, account.peer, &request);
        account.state = State::Deregistering(result.map_err(|_| UsageError::Full)?);
        Ok(())
    }
}

/// The text, or nothing.
fn only(told: bool, text: &[u8]) -> &[u8] {
    if told { text } else { &[] }
}

/// The first bytes of those that an account has among `all`, `size` for each.
fn location(all: &[u8], size: u8, at: usize, len: u8) -> &[u8] {
    let from = at.saturating_mul(size.into());
    all.get(from..).and_then(|own| own.get(..len.into())).unwrap_or(&[])
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
    #[cfg_attr(feature = "small", inline(never))]
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
            let told = told_version(definition, version);
            if told.is_some() || self.nodes(object).next().is_none() {
                links.link(object)?;
                if let Some(told) = told {
                    links.version(told)?;
                }
            }
            for (path, kind) in self.nodes(object) {
                if kind == Kind::Instance {
                    links.link(path)?;
                }
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
