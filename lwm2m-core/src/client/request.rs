//! The requests of a registration: Register, Update, De-register, and the list of objects
//! (Core 6.2.1 to 6.2.3).

use coap_core::{Code, ContentFormat, OptionNumber, OptionWriter, Request, TooLong};
use m2m_base::decimal::write_u64;
use m2m_base::{Full, Sink, SliceSink};

use super::account::{State, server, sum};
use super::store::Kind;
use super::{BREATH, Client, Event, Failure, Store, UsageError};
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

impl Client {
    /// Sends a Register, or an Update to the location of an account.
    pub(super) fn send_told(&mut self, at: usize, register: bool) {
        let lifetime = self.setting(at, server::LIFETIME);
        let mut binding = [0; 16];
        let binding = self.binding(at, &mut binding);
        let binding_sum = sum(binding);
        #[cfg(feature = "v1-2")]
        let by_profile = self.goes_by_profile(at);
        let Some(account) = self.accounts.get_mut(at) else { return };
        let version = account.version;
        let (mut list, mut tell_lifetime, mut tell_binding) =
            (account.objects, account.lifetime != lifetime, account.binding != binding_sum);
        let mut path = location(&self.locations, self.location, at, account.location);
        if register {
            #[cfg(feature = "v1-2")]
            let profile_told = by_profile && !account.no_profile;
            #[cfg(not(feature = "v1-2"))]
            let profile_told = false;
            (list, tell_lifetime, tell_binding) = (!profile_told, true, true);
            path = b"\x02rd";
        }
        let mut options = OptionWriter::new(&mut self.scratch);
        let mut fits = put_segments(&mut options, path).is_ok();
        if list {
            let format = ContentFormat::LINK_FORMAT.0.into();
            fits &= options.push_uint(OptionNumber::CONTENT_FORMAT, format).is_ok();
        }
        let mut query = |text: &[u8]| {
            fits &= text.is_empty() || options.push(OptionNumber::URI_QUERY, text).is_ok();
        };
        if register {
            query(&self.name);
            query(match version {
                Version::V1_0 => b"lwm2m=1.0",
                Version::V1_1 => b"lwm2m=1.1",
                Version::V1_2 => b"lwm2m=1.2",
            });
        }
        if tell_lifetime {
            let mut text = [0; 13];
            let mut sink = SliceSink::new(&mut text);
            let _ = sink.put(b"lt=").and_then(|()| write_u64(&mut sink, lifetime.into()));
            query(sink.written());
        }
        if tell_binding {
            query(binding);
        }
        if register {
            #[cfg(feature = "queue-mode")]
            if self.queue_mode.is_some() && version > Version::V1_0 {
                query(b"Q");
            }
            #[cfg(feature = "accounts")]
            query(&self.sms);
            #[cfg(feature = "v1-2")]
            if by_profile {
                query(&self.profile);
            }
        }
        let (options, room) = options.split();
        let mut sink = SliceSink::new(room);
        if list {
            fits &= self.store.write_object_list(version, &mut sink).is_ok();
        }
        let request = Request { options, payload: sink.written(), ..Request::new(Code::POST) };
        let result = if fits {
            self.endpoint.request(self.now, account.peer, &request)
        } else {
            Err(coap_core::UsageError::TooLong)
        };
        match result {
            Ok(id) => {
                account.state = if register { State::Registering(id) } else { State::Updating(id) };
                account.lifetime = lifetime;
                account.binding = binding_sum;
                account.sent = self.now;
                (account.objects, account.wanted) = (false, false);
                account.disable &= !register;
            }
            Err(coap_core::UsageError::Full) if register => {
                account.state = State::Waiting(self.now + BREATH);
            }
            Err(_) if register => self.attempt_failed(at, Failure::TooLarge),
            Err(error) => {
                account.hold(self.now);
                if error != coap_core::UsageError::Full {
                    // A list that does not fit cannot be told; the registration itself goes on.
                    let (server, again) = (account.ssid, Some(account.hold));
                    let reason = Failure::TooLarge;
                    account.objects = false;
                    account.told = Some(Event::RegistrationFailed { server, reason, again });
                }
            }
        }
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

/// The first bytes of those that an account has among `all`, `size` for each.
fn location(all: &[u8], size: u8, at: usize, len: u8) -> &[u8] {
    let from = at.wrapping_mul(size.into());
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
        self.write_objects(version, None, &mut links)
    }

    /// Writes the links to objects and instances: those that servers see, or for a bootstrap server
    /// those at and below a path, and whose they are.
    pub(super) fn write_objects(
        &self,
        version: Version,
        bootstrap: Option<Path>,
        links: &mut links::Writer<'_>,
    ) -> Result<(), Full> {
        for definition in self.objects() {
            let object = Path::object(definition.id);
            let shown =
                bootstrap.map_or(!is_secret(definition.id), |target| object.starts_with(target));
            if !shown {
                continue;
            }
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
                    #[cfg(feature = "bootstrap")]
                    if bootstrap.is_some() {
                        self.write_owner(path, version, links)?;
                    }
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
    const READY: [u16; 3] = [object::SECURITY.id, object::SERVER.id, object::DEVICE.id];
    let ready_made = matches!(READY, [a, b, c] if definition.id == a || definition.id == b || definition.id == c);
    let implied = ObjectVersion::implied(definition.id, enabler);
    (!ready_made && definition.version != implied).then_some(definition.version)
}
