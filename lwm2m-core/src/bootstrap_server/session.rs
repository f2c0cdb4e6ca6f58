//! A session: one step after the other, until Finish or until something goes wrong.

use super::BootstrapServer;
use super::configuration::{Configuration, EncodeError, Places, Step, Task};
use super::event::{Event, Failure, OperationKind, Outcome, SessionId};
use super::rules::owned;
use crate::Version;
use crate::links::ObjectLinks;
use crate::path::{Level, Path, PathText};
use crate::server::UsageError;
use crate::server::config::boxed;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use coap_core::{Cancel, Code, ContentFormat, IncomingId, OptionWriter, Request, RequestId};
use m2m_base::container::{Handle, Index};
use m2m_base::{Instant, PeerId};

/// The security context that a session is under.
#[cfg(feature = "oscore")]
pub(super) type Context = coap_core::SecurityId;
/// There are none without OSCORE.
#[cfg(not(feature = "oscore"))]
pub(super) type Context = core::convert::Infallible;

/// Bytes for the options of a request: the path, two numbers.
const OPTIONS: usize = 64;

/// The formats that items are written in, the most liked first.
const FORMATS: [ContentFormat; 4] = [
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::LWM2M_TLV,
];

/// True for a format that a client may prefer (`pct`).
pub(super) fn is_writable(format: ContentFormat) -> bool {
    FORMATS.contains(&format)
}

/// Where a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// The application is asked about a request of the client.
    Asked {
        request: IncomingId,
        pack: bool,
    },
    /// The next step can be sent.
    Ready,
    InFlight(RequestId),
    /// There is no next step yet.
    Idle,
    /// Its end is told.
    Over,
}

/// What a client answered to a Discover or Read.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) step: u16,
    pub(super) path: Path,
    pub(super) code: Code,
    pub(super) format: Option<ContentFormat>,
    pub(super) payload: Box<[u8]>,
}

/// One bootstrap of one client.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: Box<str>,
    pub(super) peer: PeerId,
    pub(super) identified: bool,
    context: Option<Context>,
    /// The format that the client prefers.
    pub(super) preferred: Option<ContentFormat>,
    /// Formats of [`FORMATS`] that the client refused, as bits.
    refused: u8,
    /// What Discover told.
    pub(super) version: Option<Version>,
    /// The instance of the Security object that is the client's bootstrap account.
    pub(super) account: Option<u16>,
    places: Places,
    pub(super) configuration: Option<Handle>,
    /// Behind the steps of the configuration.
    pushed: VecDeque<Task>,
    /// The number of the next step, or of the one that is under way.
    pub(super) step: u16,
    pub(super) state: State,
    /// It waits in `ready`.
    ready: bool,
    ends_by: Instant,
    pub(super) answers: Vec<Answered>,
}

/// What is known when a session begins.
pub(super) struct New<'a> {
    pub(super) name: &'a str,
    pub(super) peer: PeerId,
    pub(super) identified: bool,
    pub(super) context: Option<Context>,
    pub(super) preferred: Option<ContentFormat>,
    pub(super) account: Option<u16>,
    pub(super) configuration: Option<Handle>,
    pub(super) state: State,
}

impl Record {
    /// The formats to write in: the preferred one first, those that were refused left out.
    /// A client that told nothing is one of 1.0 rather than not.
    fn format(&self) -> Option<ContentFormat> {
        let first = self.preferred.unwrap_or(ContentFormat::LWM2M_TLV);
        let all = core::iter::once(first).chain(FORMATS);
        all.into_iter().find(|f| self.refused & bit(*f) == 0)
    }
}

fn bit(format: ContentFormat) -> u8 {
    let at = FORMATS.iter().position(|f| *f == format).and_then(|at| u32::try_from(at).ok());
    at.and_then(|at| 1u8.checked_shl(at)).unwrap_or(0)
}

impl BootstrapServer {
    /// Begins a session. One that is under way with the same client ends.
    pub(super) fn begin(&mut self, now: Instant, new: New<'_>) -> Result<Handle, UsageError> {
        let others = [self.session_by_name(new.name), self.session_by_peer(new.peer)];
        for other in others.into_iter().flatten() {
            self.end(now, other, Outcome::Replaced);
        }
        let name = owned(new.name)?;
        if !self.reserve_events() {
            return Err(UsageError::Full);
        }
        let ends_by = now + self.config.session_timeout;
        let record = Record {
            name,
            peer: new.peer,
            identified: new.identified,
            context: new.context,
            preferred: new.preferred,
            refused: 0,
            version: None,
            account: new.account,
            places: Places::default(),
            configuration: new.configuration,
            pushed: VecDeque::new(),
            step: 0,
            state: new.state,
            ready: false,
            ends_by,
            answers: Vec::new(),
        };
        let handle = self.sessions.insert(record).map_err(|_| UsageError::Full)?;
        let slot = handle.index();
        let entered = self.deadlines.set(slot, ends_by.min(now + self.config.step_timeout))
            && self.by_name.insert(self.hash_name(new.name), slot)
            && self.by_peer.insert(self.hash_peer(new.peer), slot);
        if !entered {
            self.leave(handle);
            self.sessions.remove(handle);
            return Err(UsageError::Full);
        }
        self.place(handle);
        Ok(handle)
    }

    /// Takes a session out of the indices.
    fn leave(&mut self, handle: Handle) {
        let Some(record) = self.sessions.get(handle) else { return };
        let (name, peer) = (self.hash_name(&record.name), self.hash_peer(record.peer));
        let slot = handle.index();
        self.by_name.remove(name, slot);
        self.by_peer.remove(peer, slot);
        self.deadlines.clear(slot);
    }

    pub(super) fn hash_name(&self, name: &str) -> u64 {
        Index::mix_bytes(self.secret, name.as_bytes())
    }

    pub(super) fn hash_peer(&self, peer: PeerId) -> u64 {
        Index::mix(self.secret, peer.0)
    }

    fn hash_request(&self, request: RequestId) -> u64 {
        Index::mix(self.secret, request.to_bits())
    }

    pub(super) fn session_by_name(&self, name: &str) -> Option<Handle> {
        let same = |slot| self.sessions.at(slot).is_some_and(|(_, s)| *s.name == *name);
        self.sessions.handle_at(self.by_name.find(self.hash_name(name), same)?)
    }

    pub(super) fn session_by_peer(&self, peer: PeerId) -> Option<Handle> {
        let same = |slot| self.sessions.at(slot).is_some_and(|(_, s)| s.peer == peer);
        self.sessions.handle_at(self.by_peer.find(self.hash_peer(peer), same)?)
    }

    pub(super) fn session_of(&self, request: RequestId) -> Option<Handle> {
        let same =
            |slot| self.sessions.at(slot).is_some_and(|(_, s)| s.state == State::InFlight(request));
        self.sessions.handle_at(self.by_request.find(self.hash_request(request), same)?)
    }

    /// The step that a session is at.
    fn task<'a>(&'a self, record: &'a Record) -> Option<&'a Task> {
        let tasks = record.configuration.and_then(|c| self.rules.get(c)).map(|k| &k.tasks);
        let at = usize::from(record.step);
        // What was pushed is taken off the front when it is done.
        tasks.and_then(|t| t.get(at)).or_else(|| record.pushed.front())
    }

    /// What the step of a session is, for events.
    fn at(&self, handle: Handle) -> Option<(u16, OperationKind, Path)> {
        let record = self.sessions.get(handle)?;
        let request = (OperationKind::Request, Path::ROOT);
        let (kind, path) = match record.state {
            State::Asked { .. } => request,
            _ => self.task(record).map_or(request, |t| (t.kind, record.places.path(t))),
        };
        Some((record.step, kind, path))
    }

    /// The session goes on as soon as the endpoint has room.
    pub(super) fn make_ready(&mut self, now: Instant, handle: Handle) {
        let until = now + self.config.step_timeout;
        let Some(record) = self.sessions.get_mut(handle) else { return };
        record.state = State::Ready;
        // Cannot fail: it has a deadline already.
        let _ = self.deadlines.set(handle.index(), until.min(record.ends_by));
        if !record.ready && self.ready.try_reserve(1).is_ok() {
            record.ready = true;
            self.ready.push_back(handle);
        }
    }

    /// Sends what can be sent.
    pub(super) fn send_ready(&mut self, now: Instant) {
        while let Some(handle) = self.ready.pop_front() {
            let Some(record) = self.sessions.get_mut(handle) else { continue };
            record.ready = false;
            if record.state != State::Ready {
                continue;
            }
            if self.send(now, handle) == Err(UsageError::Full) {
                // When something ends there is room again.
                if let Some(record) = self.sessions.get_mut(handle) {
                    record.ready = true;
                }
                self.ready.push_front(handle);
                break;
            }
        }
    }

    /// Sends the step that a session is at. Only [`UsageError::Full`] is an error here: anything
    /// else ends the session.
    fn send(&mut self, now: Instant, handle: Handle) -> Result<(), UsageError> {
        let Some(record) = self.sessions.get(handle) else { return Ok(()) };
        let Some(task) = self.task(record) else {
            if let Some(record) = self.sessions.get_mut(handle) {
                record.state = State::Idle;
            }
            return Ok(());
        };
        let format = task.format.or(record.format());
        let mut payload = Vec::new();
        if let (OperationKind::Write, Some(format)) = (task.kind, format) {
            payload = match task.payload(&self.model, record.places, format) {
                Ok(payload) => payload,
                Err(EncodeError::OutOfMemory) => return Err(UsageError::Full),
                Err(EncodeError::Format) => {
                    if self.try_other_format(handle) {
                        self.make_ready(now, handle);
                    } else {
                        self.fail(now, handle, Failure::Format);
                    }
                    return Ok(());
                }
            };
        }
        let path = record.places.path(task);
        let sent = request(task.kind, path, format, &payload, |request| match record.context {
            None => self.coap.request(now, record.peer, request),
            #[cfg(feature = "oscore")]
            Some(context) => self.coap.request_under(now, record.peer, context, request),
            #[cfg(not(feature = "oscore"))]
            Some(never) => match never {},
        });
        match sent {
            Ok(request) => {
                let hash = self.hash_request(request);
                if !self.by_request.insert(hash, handle.index()) {
                    let _ = self.coap.cancel(now, request, Cancel::Forget);
                    return Err(UsageError::Full);
                }
                if let Some(record) = self.sessions.get_mut(handle) {
                    record.state = State::InFlight(request);
                }
                Ok(())
            }
            Err(coap_core::UsageError::Full) => Err(UsageError::Full),
            Err(_) => {
                self.fail(now, handle, Failure::TooLarge);
                Ok(())
            }
        }
    }

    /// A request is over.
    pub(super) fn on_done(
        &mut self,
        now: Instant,
        handle: Handle,
        request: RequestId,
        outcome: coap_core::Outcome,
    ) {
        self.by_request.remove(self.hash_request(request), handle.index());
        if outcome != coap_core::Outcome::Response {
            return self.fail(now, handle, failure(outcome));
        }
        let code = self.coap.response(request).map_or(Code::INTERNAL_SERVER_ERROR, |c| c.code);
        let Some((step, operation, path)) = self.at(handle) else { return };
        if code == Code::UNSUPPORTED_CONTENT_FORMAT && self.try_other_format(handle) {
            return self.make_ready(now, handle);
        }
        let kept = match (operation, code.is_success()) {
            (OperationKind::Discover | OperationKind::Read, true) => {
                self.keep_answer(handle, request, step, path)
            }
            _ => Ok(()),
        };
        if operation == OperationKind::Discover && code.is_success() {
            self.on_discovered(handle, request, path);
        }
        self.tell(Event::Answered { id: SessionId(handle), step, operation, path, code });
        let optional =
            self.sessions.get(handle).and_then(|r| self.task(r)).is_some_and(|t| t.optional);
        match (code.is_success(), kept) {
            (false, _) if !optional => self.fail(now, handle, Failure::Refused(code)),
            (true, Err(())) => self.fail(now, handle, Failure::TooLarge),
            (true, Ok(())) if operation == OperationKind::Finish => {
                self.end(now, handle, Outcome::Finished);
            }
            _ => self.go_on(now, handle),
        }
    }

    /// To the next step.
    fn go_on(&mut self, now: Instant, handle: Handle) {
        let Some(record) = self.sessions.get_mut(handle) else { return };
        let configured = record.configuration.and_then(|c| self.rules.get(c));
        let configured = configured.map_or(0, |k| k.tasks.len());
        if usize::from(record.step) >= configured {
            record.pushed.pop_front();
        }
        record.step = record.step.saturating_add(1);
        self.make_ready(now, handle);
    }

    /// The client does not take the format that its items were written in. True if there is
    /// another one.
    fn try_other_format(&mut self, handle: Handle) -> bool {
        let chosen = |t: &Task| t.kind == OperationKind::Write && t.format.is_none();
        let chosen = self.sessions.get(handle).and_then(|r| self.task(r)).is_some_and(chosen);
        let Some(record) = self.sessions.get_mut(handle).filter(|_| chosen) else { return false };
        if let Some(format) = record.format() {
            record.refused |= bit(format);
        }
        record.format().is_some()
    }

    fn keep_answer(
        &mut self,
        handle: Handle,
        request: RequestId,
        step: u16,
        path: Path,
    ) -> Result<(), ()> {
        let content = self.coap.response(request).ok_or(())?;
        let bytes = self.content_bytes.saturating_add(content.payload.len());
        let most = usize::try_from(self.config.limits.content_bytes).unwrap_or(usize::MAX);
        let record = self.sessions.get_mut(handle).filter(|_| bytes <= most).ok_or(())?;
        record.answers.try_reserve(1).map_err(|_| ())?;
        record.answers.push(Answered {
            step,
            path,
            code: content.code,
            format: content.options.content_format(),
            payload: boxed(&[content.payload]).map_err(|_| ())?,
        });
        self.content_bytes = bytes;
        Ok(())
    }

    /// Learns from what the client has: its version, and which account leads here.
    fn on_discovered(&mut self, handle: Handle, request: RequestId, path: Path) {
        let Some(content) = self.coap.response(request) else { return };
        let Some(record) = self.sessions.get_mut(handle) else { return };
        let mut account = None;
        for entry in ObjectLinks::new(content.payload).map_while(Result::ok) {
            record.version = entry.enabler().or(record.version);
            let security = |p: &Path| p.level() == Level::Instance && p.object_id() == Some(0);
            // Every account has the short ID of its server, except that of the bootstrap server.
            if let Some(found) = entry.path.filter(security)
                && !entry.link.has("ssid")
            {
                account = account.or(found.instance_id());
            }
        }
        if path.contains(Path::object(0)) {
            record.account = account;
        }
        self.place(handle);
    }

    /// Decides where what is configured for the Security object goes.
    pub(super) fn place(&mut self, handle: Handle) {
        let Some(record) = self.sessions.get_mut(handle) else { return };
        let kept = record.configuration.and_then(|c| self.rules.get(c));
        if let (Some(kept), Some(account)) = (kept.filter(|k| k.place_accounts), record.account) {
            record.places = Places::new(&kept.tasks, &self.model, account);
        }
    }

    pub(super) fn places(&self, handle: Handle) -> Places {
        self.sessions.get(handle).map_or(Places::default(), |r| r.places)
    }

    /// The time of a step or of a session is up.
    pub(super) fn on_deadline(&mut self, now: Instant, slot: u32) {
        let Some((handle, record)) = self.sessions.at(slot) else { return };
        let reason = if record.ends_by <= now { Failure::Expired } else { Failure::TimedOut };
        self.fail(now, handle, reason);
    }

    /// Ends a session at the step where it is.
    pub(super) fn fail(&mut self, now: Instant, handle: Handle, reason: Failure) {
        if let Some((step, operation, path)) = self.at(handle) {
            self.end(now, handle, Outcome::Failed { step, operation, path, reason });
        }
    }

    /// Ends a session wherever it is.
    pub(super) fn end(&mut self, now: Instant, handle: Handle, outcome: Outcome) {
        let Some(record) = self.sessions.get(handle).filter(|r| r.state != State::Over) else {
            return;
        };
        let (state, configuration) = (record.state, record.configuration);
        self.leave(handle);
        match state {
            State::InFlight(request) => {
                self.by_request.remove(self.hash_request(request), handle.index());
                let _ = self.coap.cancel(now, request, Cancel::Forget);
            }
            State::Asked { request, .. } => match outcome {
                Outcome::Replaced => self.coap.ignore(now, request),
                Outcome::Failed { .. } => {
                    self.respond(now, request, Code::SERVICE_UNAVAILABLE);
                }
                _ => {}
            },
            _ => {}
        }
        if let Some(configuration) = configuration {
            self.rules.release(configuration);
        }
        if let Some(record) = self.sessions.get_mut(handle) {
            record.state = State::Over;
            record.configuration = None;
            record.pushed = VecDeque::new();
        }
        let counter = match outcome {
            Outcome::Finished => &mut self.counters.finished,
            Outcome::Packed => &mut self.counters.packed,
            Outcome::Denied => &mut self.counters.refused,
            Outcome::Replaced | Outcome::Failed { .. } => &mut self.counters.failed,
        };
        *counter = counter.wrapping_add(1);
        self.tell(Event::Ended { id: SessionId(handle), outcome });
    }

    /// Forgets a session whose end was told.
    pub(super) fn free(&mut self, handle: Handle) {
        let Some(record) = self.sessions.remove(handle) else { return };
        let bytes = record.answers.iter().fold(0usize, |n, a| n.saturating_add(a.payload.len()));
        self.content_bytes = self.content_bytes.saturating_sub(bytes);
    }

    /// Begins a session that the client did not ask for (server-initiated, Core 1.0): the
    /// application knows that the client listens at `peer`. Where the client is registered with an
    /// LwM2M server, that one asks it to ask (`/1/x/9`) instead. Where the endpoint has a security
    /// context, everything goes under it.
    ///
    /// # Errors
    /// What is wrong with the configuration or the name ([`UsageError::Path`],
    /// [`UsageError::Format`], [`UsageError::Syntax`], [`UsageError::TooLong`]),
    /// [`UsageError::Full`].
    pub fn start(
        &mut self,
        now: Instant,
        peer: PeerId,
        endpoint: &str,
        configuration: &Configuration<'_>,
    ) -> Result<SessionId, UsageError> {
        self.now = self.now.max(now);
        if endpoint.is_empty() || endpoint.len() > 255 {
            return Err(UsageError::Syntax);
        }
        let configuration = self.rules.add(configuration)?;
        let context = self.context_of(endpoint);
        let known = self.identities.get(peer) == Some(endpoint.as_bytes());
        let new = New {
            name: endpoint,
            peer,
            identified: known || context.is_some(),
            context,
            preferred: None,
            account: None,
            configuration: Some(configuration),
            state: State::Ready,
        };
        let handle = match self.begin(now, new) {
            Ok(handle) => handle,
            Err(error) => {
                self.rules.release(configuration);
                return Err(error);
            }
        };
        self.started(now, handle);
        self.advance();
        Ok(SessionId(handle))
    }

    /// The security context of an endpoint.
    #[cfg(feature = "oscore")]
    pub(super) fn context_of(&self, endpoint: &str) -> Option<Context> {
        self.contexts.of(endpoint.as_bytes())
    }

    #[cfg(not(feature = "oscore"))]
    #[allow(clippy::unused_self, reason = "as with OSCORE")]
    pub(super) const fn context_of(&self, _: &str) -> Option<Context> {
        None
    }

    pub(super) fn started(&mut self, now: Instant, handle: Handle) {
        self.counters.started = self.counters.started.wrapping_add(1);
        self.tell(Event::Started { id: SessionId(handle) });
        self.make_ready(now, handle);
    }

    /// Adds a step to a session that is not over, behind those that it has.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is over or not begun, and as
    /// [`BootstrapServer::set_configuration`].
    pub fn push(&mut self, now: Instant, id: SessionId, step: &Step<'_>) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let most = usize::from(self.config.limits.pushed);
        let record = self.sessions.get_mut(id.0).ok_or(UsageError::UnknownId)?;
        if matches!(record.state, State::Over | State::Asked { .. }) {
            return Err(UsageError::UnknownId);
        }
        let task = Task::new(step)?;
        if record.pushed.len() >= most || record.pushed.try_reserve(1).is_err() {
            return Err(UsageError::Full);
        }
        record.pushed.push_back(task);
        if record.state == State::Idle {
            self.make_ready(now, id.0);
        }
        self.advance();
        Ok(())
    }

    /// Gives a session up: it ends with [`Failure::Aborted`]. The client discards what it got when
    /// nothing follows.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is over already.
    pub fn abort(&mut self, now: Instant, id: SessionId) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        let open = self.sessions.get(id.0).filter(|s| s.state != State::Over);
        open.ok_or(UsageError::UnknownId)?;
        self.fail(now, id.0, Failure::Aborted);
        self.advance();
        Ok(())
    }
}

fn failure(outcome: coap_core::Outcome) -> Failure {
    use coap_core::Outcome as O;
    match outcome {
        O::Reset => Failure::Reset,
        O::Cancelled => Failure::Aborted,
        O::TooLarge => Failure::TooLarge,
        O::PeerDown => Failure::PeerDown,
        O::Broken => Failure::Broken,
        _ => Failure::TimedOut,
    }
}

/// The CoAP request of a step (Transport 1.2 section 6.4.1).
fn request<R>(
    kind: OperationKind,
    path: Path,
    format: Option<ContentFormat>,
    payload: &[u8],
    send: impl FnOnce(&Request<'_>) -> Result<R, coap_core::UsageError>,
) -> Result<R, coap_core::UsageError> {
    let too_long = |_| coap_core::UsageError::TooLong;
    let mut buf = [0; OPTIONS];
    let mut options = OptionWriter::new(&mut buf);
    let text = PathText::from(path);
    let to = if kind == OperationKind::Finish { "/bs" } else { text.as_str() };
    options.path(to).map_err(too_long)?;
    let method = match (kind, format) {
        (OperationKind::Discover, _) => {
            options.accept(ContentFormat::LINK_FORMAT).map_err(too_long)?;
            Code::GET
        }
        (OperationKind::Read, Some(format)) => {
            options.accept(format).map_err(too_long)?;
            Code::GET
        }
        (OperationKind::Write, Some(format)) => {
            options.content_format(format).map_err(too_long)?;
            Code::PUT
        }
        (OperationKind::Read, None) => Code::GET,
        (OperationKind::Write, None) => Code::PUT,
        (OperationKind::Delete, _) => Code::DELETE,
        (OperationKind::Finish | OperationKind::Request, _) => Code::POST,
    };
    send(&Request { options: options.options(), payload, ..Request::new(method) })
}
