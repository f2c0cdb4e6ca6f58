//! Server accounts: the instances of objects 0 and 1 that belong to one server, and how far the
//! registration with it is.
//!
//! An account is there when an instance of object 1 and one of object 0 that is not of a
//! bootstrap server name the same Short Server ID (Core 1.1, E.1, E.2). Whatever makes, changes or
//! removes such instances makes, changes or ends accounts.

use coap_core::RequestId;
use m2m_base::container::Reserved;
use m2m_base::{Instant, PeerId, Sink, SliceSink};

use super::dispatch::number;
use super::store::Store;
use super::{BREATH, Client, Event, Failure, Registration, ServerAccount, UsageError};
use crate::{Path, Value, Version, object};

/// Resources of the Server object that steer the registration, and what holds without them.
pub(super) mod server {
    pub(in crate::client) const SSID: u16 = 0;
    pub(in crate::client) const LIFETIME: (u16, u32) = (1, 86_400);
    pub(in crate::client) const DISABLE: u16 = 4;
    pub(in crate::client) const DISABLE_TIMEOUT: (u16, u32) = (5, 86_400);
    pub(in crate::client) const NOTIFICATION_STORING: u16 = 6;
    pub(in crate::client) const BINDING: u16 = 7;
    #[cfg(feature = "bootstrap")]
    pub(in crate::client) const BOOTSTRAP_TRIGGER: u16 = 9;
    pub(in crate::client) const PRIORITY: u16 = 13;
    pub(in crate::client) const INITIAL_DELAY: (u16, u32) = (14, 0);
    pub(in crate::client) const FAILURE_BLOCK: u16 = 15;
    #[cfg(feature = "bootstrap")]
    pub(in crate::client) const BOOTSTRAP_ON_FAILURE: u16 = 16;
    #[cfg(feature = "sms")]
    pub(in crate::client) const TRIGGER: u16 = 21;
    #[cfg(feature = "v1-2")]
    pub(in crate::client) const SUPPORTED_VERSIONS: u16 = 25;
    pub(in crate::client) const RETRY_COUNT: (u16, u32) = (17, 5);
    pub(in crate::client) const RETRY_TIMER: (u16, u32) = (18, 60);
    pub(in crate::client) const SEQUENCE_DELAY: (u16, u32) = (19, 86_400);
    pub(in crate::client) const SEQUENCE_COUNT: (u16, u32) = (20, 1);
}

/// Accounts follow whatever is done to objects 0 and 1, and may have an order. Otherwise they come by
/// [`Client::add_server`] alone, and stay.
pub(super) const FOLLOWS: bool = cfg!(any(
    feature = "accounts",
    feature = "bootstrap",
    feature = "restore",
    feature = "oscore",
    feature = "stream"
));

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Off,
    Queued,
    Waiting(Instant),
    /// The driver is to make a connection.
    Connecting,
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
    /// 0 if the place is free: others know accounts by their places.
    pub(super) ssid: u16,
    /// Its instances of objects 0 and 1.
    pub(super) security: u16,
    pub(super) server: u16,
    /// Of the instance of object 0: another one asks for another connection.
    security_sum: u32,
    /// What the driver calls the connection, if there is one.
    pub(super) peer: PeerId,
    pub(super) connected: bool,
    /// What it registers with; between the oldest and the newest that it may.
    pub(super) version: Version,
    oldest: Version,
    newest: Version,
    /// The registration is to go on over another connection, and a checksum of its list.
    #[cfg(any(feature = "restore", feature = "stream"))]
    pub(super) resume: bool,
    #[cfg(any(feature = "restore", feature = "stream"))]
    pub(super) list: u32,
    /// The server does not know the profile.
    #[cfg(feature = "v1-2")]
    pub(super) no_profile: bool,
    /// When observations of its server were lost last.
    #[cfg(feature = "storing")]
    pub(super) lost: Instant,
    /// Until when the client listens; [`Instant::FAR`] if it does not.
    #[cfg(feature = "queue-mode")]
    pub(super) awake: Instant,
    pub(super) state: State,
    /// What the application is to be told next.
    pub(super) told: Option<Event>,
    /// Failed attempts in this sequence, and failed sequences.
    pub(super) attempts: u16,
    pub(super) sequences: u16,
    /// When the last Register or Update was sent.
    pub(super) sent: Instant,
    /// When the next Update is due.
    pub(super) update: Instant,
    /// The endpoint had no room for a request; the next try comes then.
    pub(super) hold: Instant,
    /// What the server knows.
    pub(super) lifetime: u32,
    pub(super) binding: u32,
    /// The list of objects is not what the server knows.
    pub(super) objects: bool,
    /// An Update was asked for.
    pub(super) wanted: bool,
    /// The server disabled the client; the De-register is still to be sent.
    pub(super) disable: bool,
    /// The application says that the server cannot be reached.
    pub(super) offline: bool,
    pub(super) location: u8,
}

impl Account {
    /// A place without an account.
    #[inline(always)]
    const fn free() -> Account {
        Account {
            ssid: 0,
            security: 0,
            server: 0,
            security_sum: 0,
            peer: PeerId(0),
            connected: false,
            version: Version::V1_1,
            oldest: Version::V1_0,
            newest: Version::V1_1,
            #[cfg(any(feature = "restore", feature = "stream"))]
            resume: false,
            #[cfg(any(feature = "restore", feature = "stream"))]
            list: 0,
            #[cfg(feature = "v1-2")]
            no_profile: false,
            #[cfg(feature = "storing")]
            lost: Instant::ZERO,
            #[cfg(feature = "queue-mode")]
            awake: Instant::FAR,
            state: State::Off,
            told: None,
            attempts: 0,
            sequences: 0,
            sent: Instant::ZERO,
            update: Instant::FAR,
            hold: Instant::ZERO,
            lifetime: 0,
            binding: 0,
            objects: false,
            wanted: false,
            disable: false,
            offline: false,
            location: 0,
        }
    }

    /// A resource of its instance of object 1.
    pub(super) fn resource(&self, id: u16) -> Path {
        Path::resource(object::SERVER.id, self.server, id)
    }

    /// It is reached under this number.
    pub(super) fn is_at(&self, peer: PeerId) -> bool {
        self.connected && self.peer == peer
    }

    /// The server has given the registration a location.
    #[cfg(feature = "restore")]
    pub(super) fn has_location(&self) -> bool {
        self.resume || matches!(self.state, State::Registered | State::Updating(_))
    }

    /// Falls back to the next older version; false if there is none.
    pub(super) fn step_down(&mut self) -> bool {
        let older = match self.version {
            Version::V1_2 => Version::V1_1,
            _ => Version::V1_0,
        };
        let may = older < self.version && older >= self.oldest;
        if may {
            self.version = older;
        }
        may
    }

    /// Forgets what a server did not take.
    pub(super) fn start_over(&mut self) {
        self.version = self.newest;
        #[cfg(feature = "v1-2")]
        {
            self.no_profile = false;
        }
    }

    /// When it has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            _ if self.offline => None,
            State::Waiting(at) | State::Disabled(at) => Some(at),
            #[cfg(feature = "queue-mode")]
            State::Registered => Some(self.update.min(self.awake)),
            #[cfg(not(feature = "queue-mode"))]
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

    /// A Register is under way.
    #[cfg(feature = "storing")]
    pub(super) const fn is_registering(&self) -> bool {
        matches!(self.state, State::Registering(_))
    }

    /// The server can be told things.
    pub(super) fn is_online(&self) -> bool {
        !self.offline && matches!(self.state, State::Registered | State::Updating(_))
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

    pub(super) fn request(&self) -> Option<RequestId> {
        match self.state {
            State::Registering(id) | State::Updating(id) | State::Deregistering(id) => Some(id),
            _ => None,
        }
    }

    pub(super) fn begin(&mut self, at: Instant) {
        (self.attempts, self.sequences) = (0, 0);
        self.state = State::Waiting(at);
    }

    /// Lets it wait a little before it tries again what there was no room for.
    pub(super) fn hold(&mut self, now: Instant) {
        self.hold = now + BREATH;
        self.update = self.hold;
    }

    pub(super) fn registration(&self) -> Registration {
        match self.state {
            State::Off => Registration::Off,
            State::Queued => Registration::Queued,
            State::Waiting(until) => Registration::Waiting { until },
            State::Connecting => Registration::Connecting,
            State::Registering(_) => Registration::Registering,
            State::Registered | State::Updating(_) => Registration::Registered,
            State::Deregistering(_) => Registration::Deregistering,
            State::Disabled(until) => Registration::Disabled { until },
            State::Failed => Registration::Failed,
        }
    }
}

/// The objects that an account has an instance of each.
const HALVES: core::ops::Range<u16> = object::SECURITY.id..object::SERVER.id + 1;

/// FNV-1a of a text: tells whether it is another.
pub(super) fn sum(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |sum, b| (sum ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

/// A bit for each of these capital letters.
const fn letters(text: &[u8]) -> u32 {
    let (mut all, mut rest) = (0, text);
    while let [letter, behind @ ..] = rest {
        if let b'A'..=b'Z' = *letter {
            all |= 1 << (*letter & 0x1f);
        }
        rest = behind;
    }
    all
}

impl Client {
    /// Adds a server account: an instance of object 0 and one of object 1, with the lowest ID that
    /// both have free. Nothing is sent before [`Client::start`] or [`Client::register`].
    ///
    /// It does what [`Client::add_instance`] and [`Client::set`] on these objects do, and names the
    /// peer and the version.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] for a Short Server ID of 0 or 65535; [`UsageError::Exists`];
    /// [`UsageError::Full`].
    pub fn add_server(
        &mut self,
        now: Instant,
        account: &ServerAccount<'_>,
    ) -> Result<(), UsageError> {
        self.now = now;
        if account.ssid == 0 || account.ssid == u16::MAX {
            return Err(UsageError::Invalid);
        }
        let taken = |a: &Account| a.ssid == account.ssid || a.is_at(account.peer);
        if self.accounts.iter().any(taken) {
            return Err(UsageError::Exists);
        }
        if self.free_place() >= self.max_accounts.into() {
            return Err(UsageError::Full);
        }
        let free = |id: &u16| {
            let taken = |object| self.store.contains(Path::instance(object, *id));
            !taken(object::SECURITY.id) && !taken(object::SERVER.id)
        };
        let instance = (0..Path::UNASSIGNED).find(free).ok_or(UsageError::Full)?;
        if let Err(error) = self.fill_account(instance, account) {
            for object in HALVES {
                let _ = self.store.remove(Path::instance(object, instance));
            }
            return Err(error);
        }
        let made = if FOLLOWS {
            self.follow_accounts();
            self.account(account.ssid).ok()
        } else {
            self.open_account(account.ssid)
        };
        if let Some(made) = made.and_then(|at| self.accounts.get_mut(at)) {
            (made.security, made.server) = (instance, instance);
            made.peer = account.peer;
            made.connected = true;
            (made.version, made.newest) = (account.version, account.version);
            made.oldest = account.oldest.min(account.version);
        }
        self.instances_changed(Path::instance(object::SERVER.id, instance));
        self.settle(now);
        Ok(())
    }

    /// Makes the instances of objects 0 and 1.
    fn fill_account(&mut self, id: u16, account: &ServerAccount<'_>) -> Result<(), UsageError> {
        const LIFETIME: u16 = server::LIFETIME.0;
        const ROWS: [(u16, u16); 8] = [
            (0, 0),
            (0, 1),
            (0, 2),
            (0, 10),
            (1, server::SSID),
            (1, LIFETIME),
            (1, server::NOTIFICATION_STORING),
            (1, server::BINDING),
        ];
        for object in HALVES {
            self.store.add_instance(Path::instance(object, id))?;
        }
        for &(object, resource) in &ROWS {
            let value = match (object, resource) {
                (0, 0) => Value::string(account.uri),
                (0, 1) => Value::Boolean(false),
                // NoSec, until the application says otherwise.
                (0, 2) => Value::Integer(3),
                (1, server::BINDING) => Value::string(account.binding),
                (1, LIFETIME) => Value::Integer(account.lifetime.into()),
                (1, server::NOTIFICATION_STORING) => Value::Boolean(true),
                _ => Value::Integer(account.ssid.into()),
            };
            self.store.put(object, id, resource, &value)?;
        }
        if cfg!(feature = "disable") {
            self.store.add_resource(Path::resource(object::SERVER.id, id, server::DISABLE))?;
        }
        Ok(())
    }

    /// Makes the accounts what objects 0 and 1 say. New ones are off; one whose instance of object
    /// 0 changed needs another connection; one that is gone is forgotten without a word to its
    /// server.
    pub(super) fn follow_accounts(&mut self) {
        if self.store.is_staging() {
            // What a bootstrap has done so far counts when it is over.
            return;
        }
        #[cfg(feature = "bootstrap")]
        self.follow_bootstrap_server();
        for at in 0..self.accounts.len() {
            let Some(ssid) = self.accounts.get(at).map(|a| a.ssid).filter(|s| *s != 0) else {
                continue;
            };
            match (self.store.security_of(ssid), self.store.server_of(ssid)) {
                (Some(security), Some(server)) => self.join(at, security, server),
                _ => self.remove_account(at),
            }
        }
        let mut after = None;
        while let Some((server, ssid)) =
            self.store.next_number(object::SERVER.id, server::SSID, after)
        {
            after = Some(server);
            let Ok(ssid) = u16::try_from(ssid) else { continue };
            if self.account(ssid).is_err()
                && let Some(security) = self.store.security_of(ssid)
                && let Some(at) = self.open_account(ssid)
            {
                self.join(at, security, server);
            }
        }
        #[cfg(feature = "oscore")]
        self.follow_security(self.now);
    }

    /// A place for an account that there is not yet.
    fn open_account(&mut self, ssid: u16) -> Option<usize> {
        let at = self.free_place();
        if at == self.accounts.len() && at < usize::from(self.max_accounts) {
            self.accounts.push_reserved(Account::free());
        }
        let account = self.accounts.get_mut(at)?;
        if FOLLOWS {
            *account = Account::free();
        }
        account.ssid = ssid;
        (account.version, account.newest) = (self.version, self.version);
        Some(at)
    }

    /// Where the next account goes: a place that is free, or behind the others.
    fn free_place(&self) -> usize {
        if !FOLLOWS {
            return self.accounts.len();
        }
        self.accounts.iter().take_while(|a| a.ssid != 0).count()
    }

    /// An account's instances are these.
    fn join(&mut self, at: usize, security: u16, server: u16) {
        let sum = self.store.sum(Path::instance(object::SECURITY.id, security));
        #[cfg(feature = "oscore")]
        let sum = sum ^ self.keys_sum(security);
        let Some(account) = self.accounts.get_mut(at) else { return };
        (account.security, account.server) = (security, server);
        if core::mem::replace(&mut account.security_sum, sum) != sum && account.connected {
            account.connected = false;
            let peer = account.peer;
            self.end_session(at, peer);
        }
    }

    /// What was under way with a server ends. If it was registered, or about to, it registers again.
    fn end_session(&mut self, at: usize, peer: PeerId) {
        if let Some(account) = self.accounts.get_mut(at) {
            if matches!(account.state, State::Deregistering(_)) {
                self.deregister_done(at);
            } else if account.is_open() {
                account.begin(self.now);
            }
        }
        self.endpoint.forget_peer(self.now, peer);
    }

    /// Forgets an account and all that came of it.
    fn remove_account(&mut self, at: usize) {
        self.drop_request(at);
        self.drop_observations(number(at));
        self.attached.forget_server(number(at));
        #[cfg(feature = "send")]
        self.drop_sends(self.now, number(at));
        while let Some(gone) = self.executes.iter().position(|e| e.account == number(at)) {
            let execute = self.executes.swap_remove(gone);
            self.endpoint.ignore(self.now, execute.id);
        }
        let Some(account) = self.accounts.get_mut(at) else { return };
        let peer = account.connected.then_some(account.peer);
        #[cfg(feature = "access-control")]
        let ssid = account.ssid;
        // The place is free; who takes it makes it new.
        (account.ssid, account.connected) = (0, false);
        (account.state, account.told) = (State::Off, None);
        #[cfg(feature = "access-control")]
        if self.store.controls_access() {
            self.store.forget_rights(ssid);
            self.touch(Path::object(object::ACCESS_CONTROL.id));
        }
        if let Some(peer) = peer {
            self.endpoint.forget_peer(self.now, peer);
        }
    }

    pub(super) fn account(&self, ssid: u16) -> Result<usize, UsageError> {
        let at = self.accounts.iter().position(|a| a.ssid == ssid && ssid != 0);
        at.ok_or(UsageError::UnknownServer)
    }

    /// The Short Server IDs of the accounts.
    pub fn servers(&self) -> impl Iterator<Item = u16> {
        self.accounts.iter().map(|account| account.ssid).filter(|ssid| *ssid != 0)
    }

    /// The server is reached under this number from now on: the answer to [`Event::Connect`], or
    /// news of another address or a new security session. What was under way with the old one ends;
    /// a client that was registered, or about to, registers again. Number 0 is the bootstrap server.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`]; [`UsageError::Exists`] if another account has the number.
    pub fn set_peer(&mut self, now: Instant, ssid: u16, peer: PeerId) -> Result<(), UsageError> {
        self.now = now;
        #[cfg(feature = "bootstrap")]
        if ssid == 0 {
            return self.set_bootstrap_peer(peer);
        }
        let at = self.account(ssid)?;
        if self.accounts.iter().any(|a| a.is_at(peer) && a.ssid != ssid) {
            return Err(UsageError::Exists);
        }
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let old = core::mem::replace(&mut account.peer, peer);
        if matches!(account.state, State::Connecting) {
            account.state = State::Waiting(now);
        }
        if core::mem::replace(&mut account.connected, true) {
            self.end_session(at, old);
        }
        self.settle(now);
        Ok(())
    }

    /// The connection that [`Event::Connect`] asked for could not be made, or one that was there is
    /// gone for good: the attempt at a registration failed, and the next comes as with other
    /// failures. It begins with [`Event::Connect`].
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`].
    pub fn connection_failed(&mut self, now: Instant, ssid: u16) -> Result<(), UsageError> {
        self.now = now;
        #[cfg(feature = "bootstrap")]
        if ssid == 0 {
            return self.bootstrap_connection_failed();
        }
        let at = self.account(ssid)?;
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        let (old, state) = (account.peer, account.state);
        if core::mem::replace(&mut account.connected, false) {
            self.end_session(at, old);
        }
        if matches!(state, State::Connecting | State::Registering(_)) {
            self.attempt_failed(at, Failure::Connection);
        }
        self.settle(now);
        Ok(())
    }

    /// A resource of an account's instance of object 1.
    pub(super) fn server_resource(&self, at: usize, id: u16) -> Path {
        self.accounts.get(at).map_or(Path::ROOT, |account| account.resource(id))
    }

    /// A number of the account's Server object, or what holds without it.
    pub(super) fn setting(&self, at: usize, (id, default): (u16, u32)) -> u32 {
        let value = self.store.unsigned(self.server_resource(at, id));
        value.map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX))
    }

    pub(super) fn binding_sum(&self, at: usize) -> u32 {
        let mut text = [0; 8];
        sum(self.binding(at, &mut text))
    }

    /// `b=` and the binding.
    pub(super) fn binding<'b>(&self, at: usize, room: &'b mut [u8]) -> &'b [u8] {
        let mut sink = SliceSink::new(room);
        let Some(account) = self.accounts.get(at) else { return &[] };
        let _ = sink.put(b"b=");
        let version = account.version;
        // Q is a parameter of its own since 1.1.
        let known = match version {
            Version::V1_0 => letters(b"USQ"),
            Version::V1_1 => letters(b"UTSN"),
            Version::V1_2 => letters(b"UTSNMH"),
        };
        for letter in self.store.text(account.resource(server::BINDING)) {
            if letters(core::slice::from_ref(letter)) & known != 0 {
                let _ = sink.put_u8(*letter);
            }
        }
        if sink.len() <= 2 {
            let _ = sink.put_u8(b'U');
        }
        #[cfg(feature = "queue-mode")]
        if version == Version::V1_0 && self.queue_mode.is_some() && !sink.written().contains(&b'Q')
        {
            let _ = sink.put_u8(b'Q');
        }
        let len = sink.len();
        room.get(..len).unwrap_or(&[])
    }
}

impl Store {
    /// The first instance of object 0 that is for the server with this Short Server ID.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn security_of(&self, ssid: u16) -> Option<u16> {
        let security = object::SECURITY.id;
        let mut after = None;
        loop {
            after = self.next_with(security, 10, ssid.into(), after);
            let bootstraps = Path::resource(security, after?, 1);
            if self.boolean(bootstraps) != Some(true) {
                return after;
            }
        }
    }

    /// The first instance of object 1 with this Short Server ID.
    pub(super) fn server_of(&self, ssid: u16) -> Option<u16> {
        self.next_with(object::SERVER.id, server::SSID, ssid.into(), None)
    }
}
