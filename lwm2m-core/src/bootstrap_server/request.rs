//! What clients ask of a bootstrap server (Core 1.2 section 6.1): Bootstrap-Request (`POST /bs`)
//! and Bootstrap-Pack-Request (`GET /bspack`).

use super::BootstrapServer;
use super::configuration::{Configuration, pack};
use super::event::{Event, Failure, Outcome, SessionId};
use super::session::{Context, New, State, is_writable};
use crate::links::ObjectLinks;
use crate::path::Level;
use crate::server::UsageError;
use crate::server::parameters::split;
use coap_core::{Code, ContentFormat, Incoming, IncomingId, OptionWriter, Options, Response};
use m2m_base::container::Handle;
use m2m_base::{Instant, PeerId};

/// The formats of a pack (Core 1.2.1 section 6.1.6.8), that of a client that names none first.
const PACK_FORMATS: [ContentFormat; 3] =
    [ContentFormat::LWM2M_CBOR, ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON];

/// The parameters of a request.
#[derive(Default)]
struct Parameters<'a> {
    endpoint: Option<&'a str>,
    preferred: Option<&'a str>,
    accounts: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    /// Those that the standard does not know are left alone: devices send them.
    fn parse(options: &Options<'a>) -> Result<Parameters<'a>, Code> {
        let mut found = Parameters::default();
        for part in options.query() {
            let part = core::str::from_utf8(part).map_err(|_| Code::BAD_REQUEST)?;
            let place = match split(part) {
                ("ep", value) => (&mut found.endpoint, value),
                ("pct", value) => (&mut found.preferred, value),
                ("acc", value) => (&mut found.accounts, value),
                _ => continue,
            };
            let value = place.1.ok_or(Code::BAD_REQUEST)?;
            if place.0.replace(value).is_some() {
                return Err(Code::BAD_REQUEST);
            }
        }
        Ok(found)
    }

    /// The format that the client prefers its configuration in.
    fn preferred(&self) -> Result<Option<ContentFormat>, Code> {
        let Some(text) = self.preferred else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits).ok_or(Code::BAD_REQUEST)?;
        let format = ContentFormat(number);
        if is_writable(format) { Ok(Some(format)) } else { Err(Code::UNSUPPORTED_CONTENT_FORMAT) }
    }

    /// The instance of the Security object that leads here, by the list of instances that the
    /// client's account here consists of.
    fn account(&self) -> Option<u16> {
        let links = ObjectLinks::new(self.accounts?.as_bytes());
        let mut paths = links.map_while(Result::ok).filter_map(|entry| entry.path);
        let security = paths.find(|p| p.level() == Level::Instance && p.object_id() == Some(0))?;
        security.instance_id()
    }
}

/// The security context that a request came under.
#[cfg(feature = "oscore")]
fn context(incoming: &Incoming<'_>) -> Option<Context> {
    incoming.security
}

#[cfg(not(feature = "oscore"))]
const fn context(_: &Incoming<'_>) -> Option<Context> {
    None
}

impl BootstrapServer {
    /// Answers a request of a client, or asks the application.
    pub(super) fn on_request(&mut self, now: Instant, id: IncomingId, peer: PeerId) {
        let Some(incoming) = self.coap.incoming(id) else { return };
        let mut path = incoming.options.path().filter(|s| !s.is_empty());
        let result = match (path.next(), path.next(), incoming.code) {
            (Some(b"bs"), None, Code::POST) => self.on_asked(now, id, peer, false),
            (Some(b"bspack"), None, Code::GET) => self.on_asked(now, id, peer, true),
            (Some(b"bs" | b"bspack"), None, _) => Err(Code::METHOD_NOT_ALLOWED),
            _ => Err(Code::NOT_FOUND),
        };
        if let Err(code) = result {
            self.counters.refused = self.counters.refused.wrapping_add(1);
            self.respond(now, id, code);
        }
    }

    /// A response of nothing but a code.
    pub(super) fn respond(&mut self, now: Instant, id: IncomingId, code: Code) {
        // It can only fail for want of memory in the pool; then the client asks again.
        if self.coap.respond(now, id, &Response::new(code)).is_err() {
            self.coap.ignore(now, id);
        }
    }

    /// Checks a request and begins a session.
    fn on_asked(
        &mut self,
        now: Instant,
        id: IncomingId,
        peer: PeerId,
        pack: bool,
    ) -> Result<(), Code> {
        let incoming = self.coap.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let found = Parameters::parse(&incoming.options)?;
        let context = context(&incoming);
        let identity = self.identity(peer, context).and_then(|i| core::str::from_utf8(i).ok());
        let name = match (found.endpoint, identity) {
            (Some(name), Some(identity)) if name != identity => return Err(Code::BAD_REQUEST),
            (Some(name), _) | (None, Some(name)) if !name.is_empty() => name,
            _ => return Err(Code::BAD_REQUEST),
        };
        if context.is_none() && self.context_of(name).is_some() {
            // An endpoint with a security context has to prove it by that.
            return Err(Code::UNAUTHORIZED);
        }
        let identified = identity.is_some();
        // A session with a client that is known to be this one is not ended by whoever asks.
        let current = self.session_by_name(name).and_then(|s| self.sessions.get(s));
        if current.is_some_and(|s| s.identified && !identified) {
            return Err(Code::BAD_REQUEST);
        }
        let preferred = match (pack, incoming.options.accept()) {
            (false, _) => found.preferred()?,
            (true, None) => PACK_FORMATS.first().copied(),
            (true, Some(format)) if PACK_FORMATS.contains(&format) => Some(format),
            (true, Some(_)) => return Err(Code::NOT_ACCEPTABLE),
        };
        let account = found.account();
        // The name is in the pool of the endpoint, which the end of another session changes.
        let name = super::rules::owned(name).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        let configuration = self.rules.hold_for(&name, identified);
        if configuration.is_none() && !self.config.ask {
            return Err(Code::BAD_REQUEST);
        }
        let packable = configuration.and_then(|c| self.rules.get(c)).is_none_or(|k| k.pack);
        if let Some(held) = configuration.filter(|_| pack && !packable) {
            self.rules.release(held);
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        let state = State::Asked { request: id, pack };
        let new = New {
            name: &name,
            peer,
            identified,
            context,
            preferred,
            account,
            configuration,
            state,
        };
        let Ok(handle) = self.begin(now, new) else {
            if let Some(held) = configuration {
                self.rules.release(held);
            }
            return Err(Code::SERVICE_UNAVAILABLE);
        };
        if configuration.is_some() {
            self.grant(now, handle, id, pack);
        } else {
            self.tell(Event::Requested { id: SessionId(handle) });
        }
        Ok(())
    }

    /// The endpoint name that the security context or session of a request says.
    fn identity(&self, peer: PeerId, context: Option<Context>) -> Option<&[u8]> {
        match context {
            None => self.identities.get(peer),
            #[cfg(feature = "oscore")]
            Some(context) => self.contexts.name(context),
            #[cfg(not(feature = "oscore"))]
            Some(never) => match never {},
        }
    }

    /// Gives the client what it asked for: 2.04 and the first step, or a pack.
    fn grant(&mut self, now: Instant, handle: Handle, request: IncomingId, pack: bool) {
        if pack {
            return self.grant_pack(now, handle, request);
        }
        // Before the first step, which is put in line behind it.
        if self.coap.respond(now, request, &Response::new(Code::CHANGED)).is_err() {
            return self.fail(now, handle, Failure::Unsent);
        }
        self.started(now, handle);
    }

    fn grant_pack(&mut self, now: Instant, handle: Handle, request: IncomingId) {
        let Some(record) = self.sessions.get(handle) else { return };
        let format = record.preferred.unwrap_or(ContentFormat::LWM2M_CBOR);
        let kept = record.configuration.and_then(|c| self.rules.get(c));
        let places = self.places(handle);
        let payload = kept.and_then(|k| pack(&k.tasks, &self.model, places, format).ok());
        let mut buf = [0; 8];
        let mut options = OptionWriter::new(&mut buf);
        // Eight bytes hold it.
        let _ = options.content_format(format);
        let sent = payload.is_some_and(|payload| {
            let response = Response {
                options: options.options(),
                payload: &payload,
                ..Response::new(Code::CONTENT)
            };
            self.coap.respond(now, request, &response).is_ok()
        });
        if !sent {
            // The end answers 5.03; then the client goes by steps.
            return self.fail(now, handle, Failure::Unsent);
        }
        self.counters.started = self.counters.started.wrapping_add(1);
        self.tell(Event::Started { id: SessionId(handle) });
        self.end(now, handle, Outcome::Packed);
    }

    /// The request that an [`Event::Requested`] told of.
    fn asked(&self, id: SessionId) -> Result<(IncomingId, bool), UsageError> {
        match self.sessions.get(id.0).map(|s| s.state) {
            Some(State::Asked { request, pack }) => Ok((request, pack)),
            _ => Err(UsageError::UnknownId),
        }
    }

    /// Gives a client that [`Event::Requested`] told of a configuration: [`Event::Started`]
    /// follows.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is not asked for any more, and as
    /// [`BootstrapServer::set_configuration`].
    pub fn accept(
        &mut self,
        now: Instant,
        id: SessionId,
        configuration: &Configuration<'_>,
    ) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let (request, pack) = self.asked(id)?;
        let held = self.rules.add(configuration)?;
        let refused = self.rules.get(held).is_some_and(|k| pack && !k.pack);
        if let Some(record) = self.sessions.get_mut(id.0) {
            record.configuration = Some(held);
        }
        self.place(id.0);
        if refused {
            self.deny(now, id.0, request, Code::METHOD_NOT_ALLOWED);
        } else {
            self.grant(now, id.0, request, pack);
        }
        self.advance();
        Ok(())
    }

    /// Refuses a client that [`Event::Requested`] told of, with 4.00 where nothing else fits. The
    /// session ends as [`Outcome::Denied`].
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is not asked for any more, [`UsageError::Syntax`] for a code
    /// that is no error.
    pub fn refuse(&mut self, now: Instant, id: SessionId, code: Code) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let (request, _) = self.asked(id)?;
        if !code.is_response() || code.is_success() {
            return Err(UsageError::Syntax);
        }
        self.deny(now, id.0, request, code);
        self.advance();
        Ok(())
    }

    fn deny(&mut self, now: Instant, handle: Handle, request: IncomingId, code: Code) {
        self.respond(now, request, code);
        self.end(now, handle, Outcome::Denied);
    }
}
