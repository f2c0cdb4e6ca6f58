//! The registration interface (Core 1.2 section 6.2): what clients ask of `/rd`.

use super::Server;
use super::config::{AddressChange, boxed};
use super::event::{Changes, EndReason, Event, RegistrationId};
use super::links::{self, Formats, Packed};
use super::parameters::{self, Binding, DEFAULT_LIFETIME, Parameters};
use super::registry::{self, Location, NONE, New, Text};
use crate::object::Version;
use alloc::vec::Vec;
use coap_core::{
    Code, ContentFormat, Incoming, IncomingId, OptionNumber, OptionWriter, Options, Response,
};
use m2m_base::{Instant, PeerId};

/// What a request is about.
enum Resource<'a> {
    /// `/rd`
    Directory,
    /// `/rd/x`
    Location(&'a [u8]),
    /// `/dp`
    Data,
    Unknown,
}

fn resource<'a>(options: &Options<'a>) -> Resource<'a> {
    // A slash at the end, which some clients send, is an empty segment.
    let mut path = options.path().filter(|s| !s.is_empty());
    match (path.next(), path.next(), path.next()) {
        (Some(b"rd"), None, None) => Resource::Directory,
        (Some(b"rd"), Some(segment), None) => Resource::Location(segment),
        (Some(b"dp"), None, None) => Resource::Data,
        _ => Resource::Unknown,
    }
}

/// Is the payload a link list? A list without a Content-Format, or with that of text, is taken
/// for one, because devices send it so.
fn check_format(incoming: &Incoming<'_>) -> Result<(), Code> {
    match incoming.options.content_format() {
        None | Some(ContentFormat::LINK_FORMAT | ContentFormat::TEXT) => Ok(()),
        Some(_) => Err(Code::UNSUPPORTED_CONTENT_FORMAT),
    }
}

/// Did it come under a security context?
fn is_protected(incoming: &Incoming<'_>) -> bool {
    #[cfg(feature = "oscore")]
    return incoming.security.is_some();
    #[cfg(not(feature = "oscore"))]
    {
        let _ = incoming;
        false
    }
}

/// What a valid Register says, free of borrows.
struct Register {
    text: Text,
    lifetime: u32,
    version: Version,
    binding: Binding,
    formats: Formats,
    identified: bool,
    protected: bool,
}

/// What a valid Update changes.
struct Update {
    lifetime: Option<u32>,
    binding: Option<Binding>,
    text: Option<Text>,
    formats: Option<Formats>,
    changes: Changes,
}

impl Server {
    /// Answers a request of a client.
    pub(super) fn on_request(&mut self, now: Instant, id: IncomingId, peer: PeerId) {
        let Some(incoming) = self.coap.incoming(id) else { return };
        let method = incoming.code;
        let (code, registration) = match (resource(&incoming.options), method) {
            (Resource::Directory, Code::POST) => self.on_register(now, id, peer),
            (Resource::Location(segment), Code::POST | Code::DELETE) => {
                let protected = is_protected(&incoming);
                match self.registration_for(segment, peer, self.identity(&incoming), protected) {
                    None => (Code::NOT_FOUND, None),
                    Some(found) if method == Code::POST => {
                        (self.on_update(now, id, peer, found), Some(found))
                    }
                    Some(found) => {
                        self.counters.deregistered = self.counters.deregistered.wrapping_add(1);
                        self.end_registration(now, found, EndReason::Client);
                        (Code::DELETED, None)
                    }
                }
            }
            (Resource::Data, Code::POST) => self.on_send(id, peer),
            (Resource::Directory | Resource::Location(_) | Resource::Data, _) => {
                (Code::METHOD_NOT_ALLOWED, None)
            }
            (Resource::Unknown, _) => (Code::NOT_FOUND, None),
        };
        if !code.is_success() {
            self.counters.refused = self.counters.refused.wrapping_add(1);
        }
        let mut buf = [0; 32];
        let mut options = OptionWriter::new(&mut buf);
        if let (Code::CREATED, Some(id)) = (code, registration)
            && let Some(record) = self.registry.get(id)
        {
            let location = Location::new(id, record.tag);
            // 32 bytes hold both.
            let _ = options.add(OptionNumber::LOCATION_PATH, b"rd");
            let _ = options.add(OptionNumber::LOCATION_PATH, location.segment());
        }
        let response = Response { options: options.options(), ..Response::new(code) };
        // It can only fail for want of memory in the pool; then the client asks again.
        if self.coap.respond(now, id, &response).is_err() {
            self.coap.ignore(now, id);
        }
        // Only now, so that nothing is sent to the client in front of the answer.
        if let Some(id) = registration.filter(|_| code.is_success()) {
            self.heard(now, id);
        }
    }

    /// The registration at a location, if this peer may change it.
    fn registration_for(
        &self,
        segment: &[u8],
        peer: PeerId,
        identity: Option<&[u8]>,
        protected: bool,
    ) -> Option<RegistrationId> {
        let id = self.registry.by_location(segment)?;
        let record = self.registry.get(id).filter(|r| r.parent == NONE)?;
        if record.protected && !protected {
            return None;
        }
        let allowed = match identity {
            Some(name) => name == record.text.name(),
            None if record.identified => record.peer == peer && !record.down && !record.protected,
            None => record.peer == peer || self.config.address_change == AddressChange::Follow,
        };
        allowed.then_some(id)
    }

    /// The endpoint name that the security context or session of a request says.
    pub(super) fn identity(&self, incoming: &Incoming<'_>) -> Option<&[u8]> {
        #[cfg(feature = "oscore")]
        if let Some(context) = incoming.security {
            return self.contexts.name(context);
        }
        self.identities.get(incoming.peer)
    }

    fn on_register(
        &mut self,
        now: Instant,
        id: IncomingId,
        peer: PeerId,
    ) -> (Code, Option<RegistrationId>) {
        let register = match self.read_register(id) {
            Ok(register) => register,
            Err(code) => return (code, None),
        };
        match self.registry.by_name(register.text.name()) {
            Some(old) if self.registry.get(old).is_some_and(|r| r.identified) => {
                // A name that belongs to a security session is not given to whoever asks.
                if !register.identified {
                    return (Code::FORBIDDEN, None);
                }
                self.end_registration(now, old, EndReason::Replaced);
            }
            Some(old) => self.end_registration(now, old, EndReason::Replaced),
            None => {}
        }
        let Register { text, lifetime, version, binding, formats, identified, protected } =
            register;
        let parent = NONE;
        let new =
            New { text, peer, lifetime, version, binding, formats, identified, protected, parent };
        let Some(registered) = self.registry.insert(now, new) else {
            return (Code::SERVICE_UNAVAILABLE, None);
        };
        if !self.keep_registration(registered) {
            self.registry.end(registered);
            self.registry.free(registered);
            return (Code::SERVICE_UNAVAILABLE, None);
        }
        self.counters.registered = self.counters.registered.wrapping_add(1);
        self.tell(Event::Registered { id: registered });
        self.look_behind(now, registered);
        (Code::CREATED, Some(registered))
    }

    /// Checks a Register: first its form, then who it is, then its version.
    fn read_register(&mut self, id: IncomingId) -> Result<Register, Code> {
        let incoming = self.coap.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let found = Parameters::parse(&incoming.options)?;
        check_format(&incoming)?;
        let protected = is_protected(&incoming);
        let identity = self.identity(&incoming);
        let name = match (found.endpoint, identity) {
            (Some(name), Some(identity)) if name.as_bytes() != identity => {
                return Err(Code::BAD_REQUEST);
            }
            (Some(name), _) => name.as_bytes(),
            (None, Some(identity)) => identity,
            (None, None) => return Err(Code::BAD_REQUEST),
        };
        #[cfg(feature = "oscore")]
        if !protected && self.contexts.of(name).is_some() {
            // An endpoint with a security context has to prove it by that.
            return Err(Code::UNAUTHORIZED);
        }
        let length = u8::try_from(name.len()).map_err(|_| Code::BAD_REQUEST)?;
        if length == 0 {
            return Err(Code::BAD_REQUEST);
        }
        let version = parameters::version(found.version, self.config.version)?;
        let lifetime = match found.lifetime {
            Some(seconds) => seconds,
            None if version == Version::V1_0 => DEFAULT_LIFETIME,
            None => return Err(Code::BAD_REQUEST),
        };
        let default = Binding::UDP.with_queue_mode(found.queue);
        let binding = found.binding(version)?.unwrap_or(default);
        let trusted = identity.is_some();
        let listed = match incoming.payload {
            [] => None,
            payload => {
                let most = self.config.limits.registration_bytes.into();
                Some(links::read(payload, "", most)?)
            }
        };
        let pid = found.profile;
        let learns = pid.is_some() && listed.is_some();
        let packed = match (pid, listed) {
            (None, None) => return Err(Code::BAD_REQUEST),
            (None, Some(listed)) => listed,
            (Some(pid), listed) => self.with_profiles(pid, trusted, listed)?,
        };
        let others = if found.others || pid.is_some() {
            keep_others(&incoming.options, &[])?
        } else {
            Vec::new()
        };
        let formats = formats(packed.formats, version);
        let text = self.text(name, &others, &packed)?;
        let identified = trusted;
        let register =
            Register { text, lifetime, version, binding, formats, identified, protected };
        if learns {
            self.learn_from(id, trusted);
        }
        Ok(register)
    }

    /// Remembers the list that a request with a Profile ID brings.
    fn learn_from(&mut self, id: IncomingId, trusted: bool) {
        let most = self.config.limits.registration_bytes.into();
        let Some(incoming) = self.coap.incoming(id) else { return };
        let Ok(listed) = links::read(incoming.payload, "", most) else { return };
        let pid = Parameters::parse(&incoming.options).ok().and_then(|found| found.profile);
        let mut copy = [0; 255];
        let Some(pid) = pid.filter(|pid| pid.len() <= copy.len()) else { return };
        let text = copy.get_mut(..pid.len()).unwrap_or(&mut []);
        text.copy_from_slice(pid.as_bytes());
        let text = core::str::from_utf8(text).unwrap_or("");
        self.learn_profile(text, trusted, &listed);
    }

    /// Puts the byte string of a record together.
    fn text(&self, name: &[u8], parameters: &[u8], packed: &Packed) -> Result<Text, Code> {
        let lengths = || {
            let len = name.len() + packed.root.len() + parameters.len() + packed.links.len();
            (len <= usize::from(self.config.limits.registration_bytes)).then_some(())?;
            Some((
                u8::try_from(name.len()).ok()?,
                u8::try_from(packed.root.len()).ok()?,
                u16::try_from(parameters.len()).ok()?,
            ))
        };
        let (name_len, root, parameters_len) = lengths().ok_or(Code::REQUEST_ENTITY_TOO_LARGE)?;
        let bytes = boxed(&[name, &packed.root, parameters, &packed.links])
            .map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        Ok(Text { bytes, name: name_len, root, parameters: parameters_len })
    }

    fn on_update(
        &mut self,
        now: Instant,
        id: IncomingId,
        peer: PeerId,
        registration: RegistrationId,
    ) -> Code {
        let mut update = match self.read_update(id, registration) {
            Ok(update) => update,
            Err(code) => return code,
        };
        let Some(record) = self.registry.get_mut(registration) else { return Code::NOT_FOUND };
        let before = record.formats;
        if let Some(lifetime) = update.lifetime {
            update.changes.set(Changes::LIFETIME, record.lifetime != lifetime);
            record.lifetime = lifetime;
        }
        if let Some(binding) = update.binding {
            update.changes.set(Changes::BINDING, record.binding != binding);
            record.binding = binding;
        }
        if let Some(text) = update.text {
            record.text = text;
        }
        if let Some(formats) = update.formats {
            record.formats = formats;
        }
        let formats_changed = before != record.formats;
        let moved = record.peer != peer;
        update.changes.set(Changes::ADDRESS, moved);
        // What only keeps the registration alive is worth a record now and then.
        let span = registry::span(record.lifetime);
        let due = record.lifetime != 0
            && (record.restored
                || record.last_update.div_euclid(span) != registry::signed(now).div_euclid(span));
        record.restored = false;
        let lifetime = update.changes.contains(Changes::LIFETIME);
        self.registry.touch(now, registration, lifetime);
        if moved {
            self.move_registration(now, registration, peer);
        }
        self.counters.updated = self.counters.updated.wrapping_add(1);
        if update.changes != Changes::NONE || formats_changed || due {
            self.keep_registration(registration);
        }
        self.tell(Event::Updated { id: registration, changes: update.changes });
        if update.changes.contains(Changes::LINKS) {
            self.look_behind(now, registration);
        }
        Code::CHANGED
    }

    fn read_update(&self, id: IncomingId, registration: RegistrationId) -> Result<Update, Code> {
        let nothing = Update {
            lifetime: None,
            binding: None,
            text: None,
            formats: None,
            changes: Changes::NONE,
        };
        let incoming = self.coap.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if incoming.payload.is_empty() && incoming.options.query().next().is_none() {
            return Ok(nothing);
        }
        let record = self.registry.get(registration).ok_or(Code::NOT_FOUND)?;
        let found = Parameters::parse(&incoming.options)?;
        // Neither belongs here; what agrees with the registration does no harm.
        let same_name = found.endpoint.is_none_or(|ep| ep.as_bytes() == record.text.name());
        let same_version = found.version.is_none_or(|v| Version::parse(v) == Ok(record.version));
        if !(same_name && same_version) {
            return Err(Code::BAD_REQUEST);
        }
        // `b` tells the whole truth of a 1.0 client, whose queue mode is a letter of it. Later,
        // `Q` stands for itself, and an Update that leaves it out does not change it.
        let keeps = record.version > Version::V1_0 && record.binding.queue_mode();
        let binding = match found.binding(record.version)? {
            Some(named) => Some(named.with_queue_mode(named.queue_mode() || keeps)),
            None if found.queue => Some(record.binding.with_queue_mode(true)),
            None => None,
        };
        let mut update = Update { lifetime: found.lifetime, binding, ..nothing };
        let others = found.others || found.profile.is_some();
        if incoming.payload.is_empty() && !others {
            return Ok(update);
        }
        let trusted = self.identity(&incoming).is_some();
        let packed = if let Some(pid) = found.profile {
            let root = core::str::from_utf8(record.text.root()).unwrap_or("");
            let most = self.config.limits.registration_bytes.into();
            let listed = match incoming.payload {
                [] => None,
                payload => Some(links::read(payload, root, most)?),
            };
            self.with_profiles(pid, trusted, listed)?
        } else if incoming.payload.is_empty() {
            let old = |part| boxed(&[part]).map_err(|_| Code::SERVICE_UNAVAILABLE);
            let links = old(record.text.links())?.into_vec();
            Packed { root: old(record.text.root())?, links, formats: None }
        } else {
            check_format(&incoming)?;
            let root = core::str::from_utf8(record.text.root()).unwrap_or("");
            links::read(incoming.payload, root, self.config.limits.registration_bytes.into())?
        };
        let kept = record.text.parameters();
        let merged = if others { Some(keep_others(&incoming.options, kept)?) } else { None };
        let parameters = merged.as_deref().unwrap_or(kept);
        let links_changed =
            packed.links != record.text.links() || *packed.root != *record.text.root();
        let parameters_changed = parameters != kept;
        update.changes.set(Changes::LINKS, links_changed);
        update.changes.set(Changes::PARAMETERS, parameters_changed);
        update.formats = packed.formats.map(|f| formats(Some(f), record.version));
        if links_changed || parameters_changed {
            update.text = Some(self.text(record.text.name(), parameters, &packed)?);
        }
        Ok(update)
    }
}

/// The formats of a client: what it announces; in 1.0 with TLV, which is mandatory there.
fn formats(announced: Option<Formats>, version: Version) -> Formats {
    match announced {
        Some(formats) if version == Version::V1_0 => formats.with(ContentFormat::LWM2M_TLV),
        Some(formats) if formats.preferred().is_some() => formats,
        _ => Formats::implied(version),
    }
}

/// The additional parameters of a request behind those of `old` that it does not replace, each
/// behind its length.
fn keep_others(options: &Options<'_>, old: &[u8]) -> Result<Vec<u8>, Code> {
    let name = |part: &[u8]| part.split(|b| *b == b'=').next().map_or(0, <[u8]>::len);
    let mut kept = Vec::new();
    let mut keep = |part: &[u8]| -> Result<(), Code> {
        let length = u8::try_from(part.len()).map_err(|_| Code::REQUEST_ENTITY_TOO_LARGE)?;
        kept.try_reserve(part.len().saturating_add(1)).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        kept.push(length);
        kept.extend_from_slice(part);
        Ok(())
    };
    let mut rest = old;
    while let Some((length, after)) = rest.split_first() {
        let Some((part, after)) = after.split_at_checked(usize::from(*length)) else { break };
        rest = after;
        let own = part.get(..name(part));
        if !parameters::others(options).any(|new| new.get(..name(new)) == own) {
            keep(part)?;
        }
    }
    for part in parameters::others(options) {
        keep(part)?;
    }
    Ok(kept)
}
