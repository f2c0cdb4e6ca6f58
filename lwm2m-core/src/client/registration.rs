//! Registration: Register, Update, De-register, their order and their retries (Core 6.2; the
//! resources 13 to 20 of object 1).

use coap_core::{
    Code, ContentFormat, OptionNumber, OptionWriter, Outcome, Request, RequestId, TooLong,
};
use m2m_base::decimal::write_u64;
use m2m_base::{Duration, Full, Instant, PeerId, Sink, SliceSink};

use super::dispatch::number;
use super::{BREATH, Client, Event, Failure, Registration, ServerAccount, UsageError};
use crate::{Level, ObjectDefinition, ObjectVersion, Path, Value, Version, links, object};

/// Resources of the Server object that steer the registration, and what holds without them.
mod server {
    pub(super) const SSID: u16 = 0;
    pub(super) const LIFETIME: u16 = 1;
    pub(super) const DISABLE: u16 = 4;
    pub(super) const DISABLE_TIMEOUT: (u16, u64) = (5, 86_400);
    pub(super) const NOTIFICATION_STORING: u16 = 6;
    pub(super) const BINDING: u16 = 7;
    pub(super) const UPDATE_TRIGGER: u16 = 8;
    pub(super) const PRIORITY: u16 = 13;
    pub(super) const INITIAL_DELAY: (u16, u64) = (14, 0);
    pub(super) const FAILURE_BLOCK: u16 = 15;
    pub(super) const RETRY_COUNT: (u16, u64) = (17, 5);
    pub(super) const RETRY_TIMER: (u16, u64) = (18, 60);
    pub(super) const SEQUENCE_DELAY: (u16, u64) = (19, 86_400);
    pub(super) const SEQUENCE_COUNT: (u16, u64) = (20, 1);
}

/// Formats told to servers in the root link (Core 6.2.1).
const FORMATS: [ContentFormat; 4] = [
    ContentFormat::CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_TLV,
];

/// Bytes of options in a Register or Update, without the endpoint name and the location.
const OPTIONS: usize = 64;

/// Longest wait between two attempts: doubling ends here.
const MAX_DOUBLINGS: u64 = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Off,
    Queued,
    Waiting(Instant),
    Registering(RequestId),
    Registered,
    Updating(RequestId),
    Deregistering(RequestId),
    Disabled(Instant),
    Failed,
}

/// One server and how far the registration with it is.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) ssid: u16,
    pub(super) peer: PeerId,
    pub(super) version: Version,
    state: State,
    /// What the application is to be told next.
    pub(super) told: Option<Event>,
    /// Failed attempts in this sequence, and failed sequences.
    attempts: u64,
    sequences: u64,
    /// When the last Register or Update was sent.
    sent: Instant,
    /// When the next Update is due.
    update: Instant,
    /// The endpoint had no room for a request; the next try comes then.
    hold: Instant,
    /// What the server knows.
    lifetime: u64,
    binding: u32,
    /// The list of objects is not what the server knows.
    objects: bool,
    /// An Update was asked for.
    wanted: bool,
    /// The server disabled the client; the De-register is still to be sent.
    disable: bool,
    location: u8,
}

impl Account {
    /// When it has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Waiting(at) | State::Disabled(at) => Some(at),
            State::Registered => Some(self.update),
            _ => None,
        }
    }

    /// The server's requests are served.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.state,
            State::Registering(_)
                | State::Registered
                | State::Updating(_)
                | State::Deregistering(_)
        )
    }

    pub(super) fn objects_changed(&mut self) {
        self.objects = true;
    }

    pub(super) fn want_update(&mut self) {
        self.wanted = true;
    }

    pub(super) fn want_disable(&mut self) {
        self.disable = true;
    }

    fn request(&self) -> Option<RequestId> {
        match self.state {
            State::Registering(id) | State::Updating(id) | State::Deregistering(id) => Some(id),
            _ => None,
        }
    }

    fn begin(&mut self, at: Instant) {
        (self.attempts, self.sequences) = (0, 0);
        self.state = State::Waiting(at);
    }

    fn registration(&self) -> Registration {
        match self.state {
            State::Off => Registration::Off,
            State::Queued => Registration::Queued,
            State::Waiting(until) => Registration::Waiting { until },
            State::Registering(_) => Registration::Registering,
            State::Registered | State::Updating(_) => Registration::Registered,
            State::Deregistering(_) => Registration::Deregistering,
            State::Disabled(until) => Registration::Disabled { until },
            State::Failed => Registration::Failed,
        }
    }
}

/// The instance of object 1 of an account; that of object 0 has the same ID.
fn instance(account: usize) -> u16 {
    u16::try_from(account).unwrap_or(u16::MAX)
}

fn resource(account: usize, id: u16) -> Path {
    Path::resource(object::SERVER.id, instance(account), id)
}

/// FNV-1a of a text: tells whether it is another.
fn sum(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |sum, b| (sum ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

impl Client {
    /// Adds a server account: instance n of objects 0 and 1 for the n-th account. Nothing is sent
    /// before [`Client::start`] or [`Client::register`].
    ///
    /// # Errors
    /// [`UsageError::Invalid`] for a Short Server ID of 0 or 65535; [`UsageError::Exists`];
    /// [`UsageError::Full`].
    pub fn add_server(
        &mut self,
        now: Instant,
        account: &ServerAccount<'_>,
    ) -> Result<(), UsageError> {
        if account.ssid == 0 || account.ssid == u16::MAX {
            return Err(UsageError::Invalid);
        }
        let taken = |a: &Account| a.ssid == account.ssid || a.peer == account.peer;
        if self.accounts.iter().any(taken) {
            return Err(UsageError::Exists);
        }
        if self.accounts.len() >= usize::from(self.max_accounts) {
            return Err(UsageError::Full);
        }
        let number = self.accounts.len();
        if let Err(error) = self.fill_account(number, account) {
            for id in [object::SECURITY.id, object::SERVER.id] {
                let _ = self.store.remove(Path::instance(id, instance(number)));
            }
            return Err(error);
        }
        self.accounts.push(Account {
            ssid: account.ssid,
            peer: account.peer,
            version: account.version,
            state: State::Off,
            told: None,
            attempts: 0,
            sequences: 0,
            sent: now,
            update: Instant::FAR,
            hold: Instant::ZERO,
            lifetime: 0,
            binding: 0,
            objects: false,
            wanted: false,
            disable: false,
            location: 0,
        });
        self.instances_changed(Path::instance(object::SERVER.id, instance(number)));
        self.settle(now);
        Ok(())
    }

    /// Makes the instances of objects 0 and 1.
    fn fill_account(
        &mut self,
        number: usize,
        account: &ServerAccount<'_>,
    ) -> Result<(), UsageError> {
        let security = Path::instance(object::SECURITY.id, instance(number));
        self.store.add_instance(security)?;
        let ssid = Value::Integer(account.ssid.into());
        let child = |id| security.child(id).ok_or(UsageError::UnknownPath);
        self.store.set(child(0)?, &Value::string(account.uri))?;
        self.store.set(child(1)?, &Value::Boolean(false))?;
        self.store.set(child(2)?, &Value::Integer(3))?;
        self.store.set(child(10)?, &ssid)?;
        self.store.add_instance(Path::instance(object::SERVER.id, instance(number)))?;
        let at = |id| resource(number, id);
        self.store.set(at(server::SSID), &ssid)?;
        self.store.set(at(server::LIFETIME), &Value::Integer(account.lifetime.into()))?;
        self.store.set(at(server::NOTIFICATION_STORING), &Value::Boolean(true))?;
        self.store.set(at(server::BINDING), &Value::string(account.binding))?;
        for id in [server::DISABLE, server::UPDATE_TRIGGER] {
            match self.store.add_resource(at(id)) {
                Ok(()) | Err(UsageError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn account(&self, ssid: u16) -> Result<usize, UsageError> {
        self.accounts.iter().position(|a| a.ssid == ssid).ok_or(UsageError::UnknownServer)
    }

    /// The server is reached under another number from now on: its address changed or there is a
    /// new security session. What was under way with the old one ends; a client that was
    /// registered, or about to, registers again.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`]; [`UsageError::Exists`] if another account has the number.
    pub fn set_peer(&mut self, now: Instant, ssid: u16, peer: PeerId) -> Result<(), UsageError> {
        let at = self.account(ssid)?;
        if self.accounts.iter().any(|a| a.peer == peer && a.ssid != ssid) {
            return Err(UsageError::Exists);
        }
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let old = core::mem::replace(&mut account.peer, peer);
        if account.is_open() {
            account.begin(now);
        }
        self.endpoint.forget_peer(now, old);
        self.settle(now);
        Ok(())
    }

    /// Registers with all servers: those with a Registration Priority Order (/1/x/13) one after
    /// the other, the others at once, each after its Initial Registration Delay (/1/x/14). Those
    /// that are registered or about to stay as they are.
    pub fn start(&mut self, now: Instant) {
        for at in 0..self.accounts.len() {
            let ordered = self.store.unsigned(resource(at, server::PRIORITY)).is_some();
            let wait = self.setting(at, server::INITIAL_DELAY);
            let Some(account) = self.accounts.get_mut(at) else { continue };
            if !matches!(account.state, State::Off | State::Failed) {
                continue;
            }
            account.begin(now + Duration::from_secs(wait));
            if ordered {
                account.state = State::Queued;
            }
        }
        self.settle(now);
    }

    /// Registers with one server now, whatever its order and delays. One that is registered
    /// registers again.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`].
    pub fn register(&mut self, now: Instant, ssid: u16) -> Result<(), UsageError> {
        let at = self.account(ssid)?;
        self.drop_request(now, at);
        if let Some(account) = self.accounts.get_mut(at) {
            account.begin(now);
        }
        self.settle(now);
        Ok(())
    }

    /// Updates a registration, even if nothing changed.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`]; [`UsageError::NotAllowed`] if the client is not registered.
    pub fn update(&mut self, now: Instant, ssid: u16) -> Result<(), UsageError> {
        let at = self.account(ssid)?;
        let account = self.accounts.get_mut(at).ok_or(UsageError::UnknownServer)?;
        if account.registration() != Registration::Registered {
            return Err(UsageError::NotAllowed);
        }
        account.want_update();
        self.settle(now);
        Ok(())
    }

    /// Ends a registration, or the attempts at one.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`]; [`UsageError::Full`] if there is no room for the request.
    pub fn deregister(&mut self, now: Instant, ssid: u16) -> Result<(), UsageError> {
        let at = self.account(ssid)?;
        let account = self.accounts.get_mut(at).ok_or(UsageError::UnknownServer)?;
        match account.state {
            State::Registered | State::Updating(_) => {
                account.disable = false;
                self.send_deregister(now, at)?;
            }
            State::Deregistering(_) => account.disable = false,
            _ => {
                self.drop_request(now, at);
                if let Some(account) = self.accounts.get_mut(at) {
                    account.state = State::Off;
                    account.told = Some(Event::Deregistered { server: ssid });
                }
            }
        }
        self.settle(now);
        Ok(())
    }

    /// How far the registration with a server is; `None` if there is no such account.
    #[must_use]
    pub fn registration(&self, ssid: u16) -> Option<Registration> {
        self.account(ssid).ok().and_then(|at| self.accounts.get(at)).map(Account::registration)
    }

    /// A number of the account's Server object, or what holds without it.
    fn setting(&self, at: usize, (id, default): (u16, u64)) -> u64 {
        self.store.unsigned(resource(at, id)).unwrap_or(default)
    }

    fn binding_sum(&self, at: usize) -> u32 {
        let mut text = [0; 8];
        sum(self.binding(at, &mut text))
    }

    /// `b=` and the binding.
    fn binding<'b>(&self, at: usize, room: &'b mut [u8]) -> &'b [u8] {
        let mut sink = SliceSink::new(room);
        let _ = sink.put(b"b=");
        if let Some(Value::String(text)) = self.store.get(resource(at, server::BINDING)) {
            let _ = text.write(&mut sink);
        }
        let len = sink.len();
        room.get(..len).unwrap_or(&[])
    }

    /// Gives up the request that is under way, without a word to the server.
    fn drop_request(&mut self, now: Instant, at: usize) {
        if let Some(id) = self.accounts.get(at).and_then(Account::request) {
            let _ = self.endpoint.cancel(now, id, coap_core::Cancel::Forget);
        }
        if let Some(account) = self.accounts.get_mut(at)
            && account.request().is_some()
        {
            account.state = State::Off;
        }
    }

    /// Lets every account do what it has to.
    pub(super) fn run_registrations(&mut self, now: Instant) {
        self.run_queue(now);
        for at in 0..self.accounts.len() {
            let (lifetime, binding) =
                (self.setting(at, (server::LIFETIME, 0)), self.binding_sum(at));
            let Some(account) = self.accounts.get_mut(at) else { continue };
            match account.state {
                State::Waiting(until) | State::Disabled(until) if until <= now => {
                    if matches!(account.state, State::Disabled(_)) {
                        account.begin(now);
                    }
                    self.send_register(now, at);
                }
                State::Registered | State::Updating(_) if account.hold > now => {}
                State::Registered | State::Updating(_) if account.disable => {
                    let sent = self.send_deregister(now, at);
                    if sent.is_err() {
                        self.hold(now, at);
                    }
                }
                State::Registered => {
                    let changed = account.objects
                        || account.wanted
                        || account.lifetime != lifetime
                        || account.binding != binding;
                    if changed || account.update <= now {
                        self.send_update(now, at, lifetime, binding);
                    }
                }
                _ => {}
            }
        }
    }

    /// Starts the next of the accounts that have an order, if none before it is in the way.
    fn run_queue(&mut self, now: Instant) {
        loop {
            let mut next = None;
            let mut blocked_from = u64::MAX;
            for (at, account) in self.accounts.iter().enumerate() {
                let Some(order) = self.store.unsigned(resource(at, server::PRIORITY)) else {
                    continue;
                };
                let block = resource(at, server::FAILURE_BLOCK);
                let blocks = self.store.get(block) == Some(Value::Boolean(true));
                match account.state {
                    State::Queued if next.is_none_or(|(least, _)| order < least) => {
                        next = Some((order, at));
                    }
                    State::Waiting(_) | State::Registering(_)
                        if account.sequences == 0 || blocks =>
                    {
                        blocked_from = blocked_from.min(order);
                    }
                    State::Failed if blocks => blocked_from = blocked_from.min(order),
                    _ => {}
                }
            }
            let Some((_, at)) = next.filter(|(order, _)| *order < blocked_from) else { return };
            let wait = Duration::from_secs(self.setting(at, server::INITIAL_DELAY));
            if let Some(account) = self.accounts.get_mut(at) {
                account.begin(now + wait);
            }
        }
    }

    fn send_register(&mut self, now: Instant, at: usize) {
        let (lifetime, binding) = (self.setting(at, (server::LIFETIME, 0)), self.binding_sum(at));
        let Some(version) = self.accounts.get(at).map(|a| a.version) else { return };
        // The server forgets what it observed with the registration before.
        self.drop_observations(number(at));
        let result = self.request_with_list(now, at, version, None, Some(lifetime), true, true);
        let Some(account) = self.accounts.get_mut(at) else { return };
        match result {
            Ok(id) => {
                account.state = State::Registering(id);
                account.lifetime = lifetime;
                account.binding = binding;
                account.sent = now;
                (account.objects, account.wanted, account.disable) = (false, false, false);
            }
            Err(coap_core::UsageError::Full) => account.state = State::Waiting(now + BREATH),
            Err(_) => self.attempt_failed(now, at, Failure::TooLarge),
        }
    }

    fn send_update(&mut self, now: Instant, at: usize, lifetime: u64, binding: u32) {
        let Some(account) = self.accounts.get(at) else { return };
        let new_lifetime = (account.lifetime != lifetime).then_some(lifetime);
        let (new_binding, list) = (account.binding != binding, account.objects);
        let version = account.version;
        let place = (at, account.location);
        let result =
            self.request_with_list(now, at, version, Some(place), new_lifetime, new_binding, list);
        let Some(account) = self.accounts.get_mut(at) else { return };
        match result {
            Ok(id) => {
                account.state = State::Updating(id);
                account.lifetime = lifetime;
                account.binding = binding;
                account.sent = now;
                (account.objects, account.wanted) = (false, false);
            }
            Err(coap_core::UsageError::Full) => self.hold(now, at),
            Err(_) => {
                // A list that does not fit cannot be told; the registration itself goes on.
                let again = Some(now + BREATH);
                let reason = Failure::TooLarge;
                account.objects = false;
                account.told =
                    Some(Event::RegistrationFailed { server: account.ssid, reason, again });
                self.hold(now, at);
            }
        }
    }

    /// Lets an account wait a little before it tries again what there was no room for.
    fn hold(&mut self, now: Instant, at: usize) {
        if let Some(account) = self.accounts.get_mut(at) {
            account.hold = now + BREATH;
            account.update = account.update.min(account.hold);
        }
    }

    /// Sends a Register, or an Update to a location.
    #[allow(clippy::too_many_arguments, reason = "the parameters of the two operations")]
    fn request_with_list(
        &mut self,
        now: Instant,
        at: usize,
        version: Version,
        location: Option<(usize, u8)>,
        lifetime: Option<u64>,
        binding: bool,
        list: bool,
    ) -> Result<RequestId, coap_core::UsageError> {
        let too_long = |_: TooLong| coap_core::UsageError::TooLong;
        let mut binding_text = [0; 16];
        let binding_text = if binding { self.binding(at, &mut binding_text) } else { &[] };
        let peer = self.accounts.get(at).map_or(PeerId(0), |a| a.peer);
        let room = OPTIONS.saturating_add(self.name.len()).saturating_add(self.location.into());
        let room = room.min(self.scratch.len());
        let (head, body) = self.scratch.split_at_mut_checked(room).unwrap_or_default();
        let mut options = OptionWriter::new(head);
        match location {
            None => {
                options.add(OptionNumber::URI_PATH, b"rd").map_err(too_long)?;
            }
            Some((at, len)) => {
                let size = usize::from(self.location);
                let all = self.locations.chunks(size.max(1)).nth(at).unwrap_or(&[]);
                put_segments(&mut options, all.get(..len.into()).unwrap_or(&[]))
                    .map_err(too_long)?;
            }
        }
        if list {
            options.content_format(ContentFormat::LINK_FORMAT).map_err(too_long)?;
        }
        let query = OptionNumber::URI_QUERY;
        if location.is_none() {
            if !self.name.is_empty() {
                options.add(query, &self.name).map_err(too_long)?;
            }
            let mut text = [0; 16];
            let mut sink = SliceSink::new(&mut text);
            let _ = sink.put(b"lwm2m=").and_then(|()| sink.put(version.as_str().as_bytes()));
            options.add(query, sink.written()).map_err(too_long)?;
        }
        if let Some(lifetime) = lifetime {
            let mut text = [0; 24];
            let mut sink = SliceSink::new(&mut text);
            let _ = sink.put(b"lt=").and_then(|()| write_u64(&mut sink, lifetime));
            options.add(query, sink.written()).map_err(too_long)?;
        }
        if !binding_text.is_empty() {
            options.add(query, binding_text).map_err(too_long)?;
        }
        let mut sink = SliceSink::new(body);
        if list {
            self.store
                .write_object_list(version, &mut sink)
                .map_err(|_| coap_core::UsageError::TooLong)?;
        }
        let request = Request {
            method: Code::POST,
            confirmable: true,
            options: options.options(),
            payload: sink.written(),
            observe: false,
        };
        self.endpoint.request(now, peer, &request)
    }

    fn send_deregister(&mut self, now: Instant, at: usize) -> Result<(), UsageError> {
        self.drop_update(now, at);
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let size = usize::from(self.location);
        let all = self.locations.chunks(size.max(1)).nth(at).unwrap_or(&[]);
        let mut options = OptionWriter::new(&mut self.scratch);
        let segments = all.get(..account.location.into()).unwrap_or(&[]);
        put_segments(&mut options, segments).map_err(|_| UsageError::Full)?;
        let request = Request {
            method: Code::DELETE,
            confirmable: true,
            options: options.options(),
            payload: &[],
            observe: false,
        };
        let result = self.endpoint.request(now, account.peer, &request);
        account.state = State::Deregistering(result.map_err(|_| UsageError::Full)?);
        Ok(())
    }

    /// Gives up an Update that is under way: the registration is about to end.
    fn drop_update(&mut self, now: Instant, at: usize) {
        let Some(account) = self.accounts.get_mut(at) else { return };
        if let State::Updating(id) = account.state {
            account.state = State::Registered;
            let _ = self.endpoint.cancel(now, id, coap_core::Cancel::Forget);
        }
    }

    /// A request of ours is over.
    pub(super) fn request_done(&mut self, now: Instant, id: RequestId, outcome: Outcome) {
        let at = self.accounts.iter().position(|a| a.request() == Some(id));
        if let Some(at) = at {
            let state = self.accounts.get(at).map(|a| a.state);
            let failure = match outcome {
                Outcome::Response => None,
                Outcome::TimedOut => Some(Failure::TimedOut),
                Outcome::TooLarge => Some(Failure::TooLarge),
                _ => Some(Failure::Reset),
            };
            let code = self.endpoint.response(id).map(|content| content.code);
            let result = match (failure, code) {
                (None, Some(code)) if code.is_success() => Ok(()),
                (None, Some(code)) => Err(Failure::Response(code)),
                (failure, _) => Err(failure.unwrap_or(Failure::Reset)),
            };
            match state {
                Some(State::Registering(_)) => self.register_done(now, at, id, result),
                Some(State::Updating(_)) => self.update_done(now, at, result),
                Some(State::Deregistering(_)) => self.deregister_done(now, at),
                _ => {}
            }
        }
        self.endpoint.release(id);
    }

    fn register_done(
        &mut self,
        now: Instant,
        at: usize,
        id: RequestId,
        result: Result<(), Failure>,
    ) {
        let result = result.and_then(|()| self.keep_location(at, id).ok_or(Failure::Location));
        if let Err(failure) = result {
            return self.attempt_failed(now, at, failure);
        }
        self.schedule_update(at);
        if let Some(account) = self.accounts.get_mut(at) {
            account.state = State::Registered;
            (account.attempts, account.sequences) = (0, 0);
            account.told = Some(Event::Registered { server: account.ssid });
        }
    }

    fn update_done(&mut self, now: Instant, at: usize, result: Result<(), Failure>) {
        self.schedule_update(at);
        let Some(account) = self.accounts.get_mut(at) else { return };
        if result.is_ok() {
            account.state = State::Registered;
            account.told = Some(Event::Updated { server: account.ssid });
        } else {
            // 4.04: the server does not know the registration (any more). No answer, or another
            // error: what the server knows is in doubt (Core 6.2.2).
            account.begin(now);
        }
    }

    fn deregister_done(&mut self, now: Instant, at: usize) {
        let timeout = self.setting(at, server::DISABLE_TIMEOUT);
        self.drop_observations(number(at));
        let Some(account) = self.accounts.get_mut(at) else { return };
        let server = account.ssid;
        if core::mem::replace(&mut account.disable, false) {
            let until = now + Duration::from_secs(timeout);
            account.state = State::Disabled(until);
            account.told = Some(Event::Disabled { server, until });
        } else {
            account.state = State::Off;
            account.told = Some(Event::Deregistered { server });
        }
    }

    /// Keeps the Location-Path of a response: each segment behind its length.
    fn keep_location(&mut self, at: usize, id: RequestId) -> Option<()> {
        let content = self.endpoint.response(id)?;
        let size = usize::from(self.location);
        let room = self.locations.chunks_mut(size.max(1)).nth(at)?;
        let mut sink = SliceSink::new(room);
        for segment in content.options.all(OptionNumber::LOCATION_PATH) {
            sink.put_u8(u8::try_from(segment.len()).ok()?).ok()?;
            sink.put(segment).ok()?;
        }
        let len = u8::try_from(sink.len()).ok().filter(|len| *len > 0)?;
        self.accounts.get_mut(at)?.location = len;
        Some(())
    }

    /// The next Update comes early enough to be repeated before the registration ends.
    fn schedule_update(&mut self, at: usize) {
        let margin = self.endpoint.parameters().max_transmit_wait();
        let Some(account) = self.accounts.get_mut(at) else { return };
        let lifetime = Duration::from_secs(account.lifetime).as_millis();
        let wait = if lifetime > margin.as_millis().saturating_mul(2) {
            lifetime.saturating_sub(margin.as_millis())
        } else {
            lifetime / 2
        };
        account.update = match account.lifetime {
            0 => Instant::FAR,
            _ => account.sent + Duration::from_millis(wait),
        };
    }

    /// An attempt to register failed: the next one comes after a wait that doubles; a sequence of
    /// them is followed by another after a long one.
    fn attempt_failed(&mut self, now: Instant, at: usize, reason: Failure) {
        let attempts = self.setting(at, server::RETRY_COUNT);
        let timer = self.setting(at, server::RETRY_TIMER);
        let delay = self.setting(at, server::SEQUENCE_DELAY);
        let sequences = self.setting(at, server::SEQUENCE_COUNT);
        let Some(account) = self.accounts.get_mut(at) else { return };
        account.attempts = account.attempts.saturating_add(1);
        let again = if account.attempts < attempts {
            let doublings = account.attempts.saturating_sub(1).min(MAX_DOUBLINGS);
            Some(now + Duration::from_secs(timer).times(1 << doublings))
        } else {
            account.attempts = 0;
            account.sequences = account.sequences.saturating_add(1);
            // The largest delay means that there is no other sequence.
            let last = account.sequences >= sequences || delay >= u64::from(u32::MAX);
            (!last).then(|| now + Duration::from_secs(delay))
        };
        account.state = again.map_or(State::Failed, State::Waiting);
        account.told = Some(Event::RegistrationFailed { server: account.ssid, reason, again });
    }
}

/// Adds the segments of a stored location as Uri-Path.
fn put_segments(options: &mut OptionWriter<'_>, mut stored: &[u8]) -> Result<(), TooLong> {
    while let Some((len, rest)) = stored.split_first() {
        let (segment, rest) = rest.split_at_checked(usize::from(*len)).ok_or(TooLong)?;
        options.add(OptionNumber::URI_PATH, segment)?;
        stored = rest;
    }
    Ok(())
}

impl super::Store {
    /// Writes the list of objects and instances of a registration (Core 6.2.1). Security and
    /// OSCORE objects stay out.
    fn write_object_list(&self, version: Version, sink: &mut dyn Sink) -> Result<(), Full> {
        let mut links = links::Writer::new(sink, "");
        if version > Version::V1_0 {
            links.root(&FORMATS)?;
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
    let ready_made = definition.id == object::SERVER.id || definition.id == object::DEVICE.id;
    let implied = ObjectVersion::implied(definition.id, enabler);
    (!ready_made && definition.version != implied).then_some(definition.version)
}
