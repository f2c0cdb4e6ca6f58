//! Server accounts: the instances of objects 0 and 1 that belong to one server, and how far the
//! registration with it is.

use coap_core::RequestId;
use m2m_base::{Instant, PeerId, Sink, SliceSink};

use super::{Client, Event, Registration, ServerAccount, UsageError};
use crate::{Path, Value, Version, object};

/// Resources of the Server object that steer the registration, and what holds without them.
pub(super) mod server {
    pub(in crate::client) const SSID: u16 = 0;
    pub(in crate::client) const LIFETIME: (u16, u32) = (1, 86_400);
    pub(in crate::client) const DISABLE: u16 = 4;
    pub(in crate::client) const DISABLE_TIMEOUT: (u16, u32) = (5, 86_400);
    pub(in crate::client) const NOTIFICATION_STORING: u16 = 6;
    pub(in crate::client) const BINDING: u16 = 7;
    pub(in crate::client) const UPDATE_TRIGGER: u16 = 8;
    pub(in crate::client) const PRIORITY: u16 = 13;
    pub(in crate::client) const INITIAL_DELAY: (u16, u32) = (14, 0);
    pub(in crate::client) const FAILURE_BLOCK: u16 = 15;
    pub(in crate::client) const RETRY_COUNT: (u16, u32) = (17, 5);
    pub(in crate::client) const RETRY_TIMER: (u16, u32) = (18, 60);
    pub(in crate::client) const SEQUENCE_DELAY: (u16, u32) = (19, 86_400);
    pub(in crate::client) const SEQUENCE_COUNT: (u16, u32) = (20, 1);
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
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
    pub(super) location: u8,
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

    pub(super) fn registration(&self) -> Registration {
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

pub(super) fn resource(account: usize, id: u16) -> Path {
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
        self.store.set(at(server::LIFETIME.0), &Value::Integer(account.lifetime.into()))?;
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

    pub(super) fn account(&self, ssid: u16) -> Result<usize, UsageError> {
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

    /// A number of the account's Server object, or what holds without it.
    pub(super) fn setting(&self, at: usize, (id, default): (u16, u32)) -> u32 {
        let value = self.store.unsigned(resource(at, id));
        value.map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX))
    }

    pub(super) fn binding_sum(&self, at: usize) -> u32 {
        let mut text = [0; 8];
        sum(self.binding(at, &mut text))
    }

    /// `b=` and the binding.
    pub(super) fn binding<'b>(&self, at: usize, room: &'b mut [u8]) -> &'b [u8] {
        let mut sink = SliceSink::new(room);
        let _ = sink.put(b"b=");
        if let Some(Value::String(text)) = self.store.get(resource(at, server::BINDING)) {
            let _ = text.write(&mut sink);
        }
        let len = sink.len();
        room.get(..len).unwrap_or(&[])
    }
}
