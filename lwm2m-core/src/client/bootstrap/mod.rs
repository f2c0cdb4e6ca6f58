//! Bootstrap (Core 1.1, 6.1): how the client gets its accounts from a bootstrap server.
//!
//! A bootstrap server is known by an instance of object 0 whose resource 1 is true. The client asks
//! it for a bootstrap when it has no server ([`Client::start`]), when registration has failed
//! (/1/x/16), when a server (/1/x/9) or the application wants it. A client of version 1.0 lets the
//! bootstrap server begin by itself.
//!
//! A bootstrap is done as a whole or not at all. Until its end is confirmed, servers get no answer
//! but 5.03, registrations and observations stay as they are, and what was written and deleted is
//! undone if the bootstrap server falls silent or the bootstrap is broken off.

mod discover;
mod operations;
mod session;

use coap_core::{ContentFormat, RequestId};
use m2m_base::{Duration, Instant, PeerId};

use super::account::State as AccountState;
use super::account::server;
use super::{Client, Event, Failure, MAX_SERVERS, Registration, UsageError};
use crate::{Path, Value, object};

/// The number of the bootstrap server where tables number accounts.
pub(super) const NUMBER: u8 = MAX_SERVERS;

/// Resources of the bootstrap server's instance of object 0.
const HOLD_OFF: u16 = 11;
const ACCOUNT_TIMEOUT: u16 = 12;

/// Retries of a bootstrap: the defaults that hold for registrations (/1/x/17 to 19).
const ATTEMPTS: u16 = 5;
const RETRY: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(86_400);

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Idle,
    /// The request comes then.
    Waiting(Instant),
    /// The driver is to make a connection.
    Connecting,
    /// Bootstrap-Request or, if `pack`, Bootstrap-Pack-Request.
    Requesting { id: RequestId, pack: bool },
    /// The bootstrap server is at work; it must be heard before.
    Open(Instant),
}

/// How far a bootstrap is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Bootstrapping {
    /// None is under way or planned.
    Off,
    /// The next attempt comes then.
    Waiting {
        /// When.
        until: Instant,
    },
    /// The driver is to make a connection.
    Connecting,
    /// The bootstrap server was asked for one.
    Requesting,
    /// The bootstrap server is at work.
    Open {
        /// Unless it is heard before then, the bootstrap has failed.
        until: Instant,
    },
}

/// A bootstrap server: the instance of object 0 that is to be made for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BootstrapAccount<'a> {
    /// The number under which the driver reaches it; `None`: [`Event::Connect`] will ask.
    pub peer: Option<PeerId>,
    /// Its URI (/0/x/0).
    pub uri: &'a str,
    /// Client Hold Off Time (/0/x/11): seconds that a bootstrap server has to begin by itself
    /// before it is asked.
    pub hold_off: u32,
    /// Bootstrap-Server Account Timeout (/0/x/12): seconds after a bootstrap until this account is
    /// removed; 0 for never.
    pub timeout: u32,
}

impl<'a> BootstrapAccount<'a> {
    /// Without hold-off and without end.
    #[must_use]
    pub const fn new(peer: PeerId, uri: &'a str) -> Self {
        BootstrapAccount { peer: Some(peer), uri, hold_off: 0, timeout: 0 }
    }
}

/// What a client knows of its bootstrap server.
#[derive(Debug)]
pub(super) struct Bootstrap {
    state: State,
    peer: PeerId,
    connected: bool,
    /// Of the instance of object 0.
    security_sum: u32,
    attempts: u16,
    /// It does not take the preferred format, or not Bootstrap-Pack-Request.
    plain: bool,
    no_pack: bool,
    /// When its account ends.
    purge: Instant,
    told: Option<Event>,
}

impl Bootstrap {
    pub(super) const fn new() -> Self {
        Bootstrap {
            state: State::Idle,
            peer: PeerId(0),
            connected: false,
            security_sum: 0,
            attempts: 0,
            plain: false,
            no_pack: false,
            purge: Instant::FAR,
            told: None,
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        let due = match self.state {
            State::Waiting(at) | State::Open(at) => at,
            _ => Instant::FAR,
        };
        due.min(self.purge)
    }

    /// Its account is to end.
    #[cfg(feature = "restore")]
    pub(super) fn is_to_end(&self) -> bool {
        self.purge != Instant::FAR
    }

    pub(super) fn take_told(&mut self) -> Option<Event> {
        self.told.take()
    }

    pub(super) fn is_at(&self, peer: PeerId) -> bool {
        self.connected && self.peer == peer
    }

    pub(super) fn request(&self) -> Option<RequestId> {
        match self.state {
            State::Requesting { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl Client {
    /// Adds the account of a bootstrap server: an instance of object 0 with the lowest ID that is
    /// free. It does what [`Client::add_instance`] and [`Client::set`] do; credentials are set the
    /// same way (/0/x/2 to 5).
    ///
    /// # Errors
    /// [`UsageError::Exists`] if there is one; [`UsageError::Full`].
    pub fn add_bootstrap_server(
        &mut self,
        now: Instant,
        account: &BootstrapAccount<'_>,
    ) -> Result<(), UsageError> {
        if self.has_bootstrap_server() {
            return Err(UsageError::Exists);
        }
        let free = |id: &u16| !self.store.contains(Path::instance(object::SECURITY.id, *id));
        let id = (0..Path::UNASSIGNED).find(free).ok_or(UsageError::Full)?;
        let path = Path::instance(object::SECURITY.id, id);
        let mut fill = || -> Result<(), UsageError> {
            self.store.add_instance(path)?;
            for resource in [0, 1, 2, HOLD_OFF, ACCOUNT_TIMEOUT] {
                let value = match resource {
                    0 => Value::string(account.uri),
                    1 => Value::Boolean(true),
                    HOLD_OFF => Value::Integer(account.hold_off.into()),
                    ACCOUNT_TIMEOUT => Value::Integer(account.timeout.into()),
                    // NoSec, until the application says otherwise.
                    _ => Value::Integer(3),
                };
                self.store.put(object::SECURITY.id, id, resource, &value)?;
            }
            Ok(())
        };
        if let Err(error) = fill() {
            let _ = self.store.remove(path);
            return Err(error);
        }
        self.now = now;
        self.follow_accounts();
        if let Some(peer) = account.peer {
            (self.bootstrap.peer, self.bootstrap.connected) = (peer, true);
        }
        self.settle(now);
        Ok(())
    }

    /// Asks the bootstrap server for a bootstrap now, whatever the accounts.
    ///
    /// # Errors
    /// [`UsageError::NotAllowed`] without a bootstrap server, and while a bootstrap is under way.
    pub fn bootstrap(&mut self, now: Instant) -> Result<(), UsageError> {
        let busy = !matches!(self.bootstrap.state, State::Idle | State::Waiting(_));
        if busy || self.store.bootstrap_server().is_none() {
            return Err(UsageError::NotAllowed);
        }
        self.bootstrap.attempts = 0;
        self.bootstrap.state = State::Waiting(now);
        self.settle(now);
        Ok(())
    }

    /// How far a bootstrap is.
    #[must_use]
    pub fn bootstrapping(&self) -> Bootstrapping {
        match self.bootstrap.state {
            State::Idle => Bootstrapping::Off,
            State::Waiting(until) => Bootstrapping::Waiting { until },
            State::Connecting => Bootstrapping::Connecting,
            State::Requesting { .. } => Bootstrapping::Requesting,
            State::Open(until) => Bootstrapping::Open { until },
        }
    }

    /// Takes a bootstrap from elsewhere, as a whole or not at all: the data of a smartcard (Core
    /// 1.1, 6.1.3), what the factory or a user configured. `payload` is what a bootstrap server
    /// would write to `path`. Call it for each part; accounts are complete with the last, and
    /// [`Client::start`] registers.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] if a bootstrap server would be refused; [`UsageError::Full`];
    /// [`UsageError::NotAllowed`] while a bootstrap is under way. Then nothing has changed.
    pub fn provision(
        &mut self,
        now: Instant,
        path: Path,
        format: ContentFormat,
        payload: &[u8],
    ) -> Result<(), UsageError> {
        if self.store.is_staging() {
            return Err(UsageError::NotAllowed);
        }
        self.store.begin_staging();
        let written = self.store.bootstrap_write(path, format, payload, NUMBER);
        if let Err(code) = written {
            self.store.undo_staged();
            let full = code == coap_core::Code::INTERNAL_SERVER_ERROR;
            return Err(if full { UsageError::Full } else { UsageError::Invalid });
        }
        self.store.commit_staged(NUMBER);
        self.now = now;
        self.accounts_made();
        self.instances_changed(path);
        self.settle(now);
        Ok(())
    }

    /// What [`Client::start`] does about bootstrap: without a server, the bootstrap server is asked
    /// once it has had the time to begin by itself (Core 1.1, 6.1.2).
    pub(super) fn start_bootstrap(&mut self) {
        let servers = self.accounts.iter().any(|account| account.ssid != 0);
        if let Some(id) = self.store.bootstrap_server()
            && !servers
            && matches!(self.bootstrap.state, State::Idle)
        {
            let hold_off = Path::resource(object::SECURITY.id, id, HOLD_OFF);
            let wait = self.store.unsigned(hold_off).unwrap_or(0);
            self.bootstrap.attempts = 0;
            let wait = Duration::from_secs(wait.min(u32::MAX.into()));
            self.bootstrap.state = State::Waiting(self.now + wait);
        }
    }

    /// The registration with an account that wants a bootstrap then has failed for good, or was
    /// refused: bootstrap, if no other server is left (/1/x/16; Core 1.1, 6.2.1.1).
    pub(super) fn fall_back(&mut self) {
        if !matches!(self.bootstrap.state, State::Idle) {
            return;
        }
        let blocks = |path| self.store.boolean(path) == Some(true);
        let blocked = self.accounts.iter().any(|account| {
            matches!(account.state, AccountState::Failed)
                && blocks(account.resource(server::FAILURE_BLOCK))
        });
        let others = self.accounts.iter().any(|account| match account.state {
            AccountState::Off | AccountState::Failed => false,
            AccountState::Queued => !blocked,
            _ => true,
        });
        if !others {
            self.bootstrap.attempts = 0;
            self.bootstrap.state = State::Waiting(self.now);
        }
    }

    /// There is a bootstrap server to fall back to, and the account wants that.
    pub(super) fn can_fall_back(&self, at: usize) -> bool {
        let wanted = self.server_resource(at, server::BOOTSTRAP_ON_FAILURE);
        self.store.boolean(wanted) != Some(false) && self.store.bootstrap_server().is_some()
    }

    /// /1/x/9: the server wants a bootstrap.
    pub(super) fn trigger_bootstrap(&mut self) -> bool {
        if self.store.bootstrap_server().is_none() {
            return false;
        }
        if let State::Idle | State::Waiting(_) = self.bootstrap.state {
            self.bootstrap.attempts = 0;
            self.bootstrap.state = State::Waiting(self.now);
        }
        true
    }

    /// [`Client::set_peer`] for the bootstrap server.
    pub(super) fn set_bootstrap_peer(&mut self, peer: PeerId) -> Result<(), UsageError> {
        if !self.has_bootstrap_server() {
            return Err(UsageError::UnknownServer);
        }
        if self.accounts.iter().any(|a| a.is_at(peer)) {
            return Err(UsageError::Exists);
        }
        let old = core::mem::replace(&mut self.bootstrap.peer, peer);
        if core::mem::replace(&mut self.bootstrap.connected, true) && old != peer {
            self.bootstrap_lost(Failure::Reset);
            self.endpoint.forget_peer(self.now, old);
        }
        if matches!(self.bootstrap.state, State::Connecting) {
            self.bootstrap.state = State::Waiting(self.now);
        }
        self.settle(self.now);
        Ok(())
    }

    /// One is known. While its bootstrap is at work it is, whatever became of its own account by then.
    fn has_bootstrap_server(&self) -> bool {
        self.store.is_staging() || self.store.bootstrap_server().is_some()
    }

    /// [`Client::connection_failed`] for the bootstrap server.
    pub(super) fn bootstrap_connection_failed(&mut self) -> Result<(), UsageError> {
        if !self.has_bootstrap_server() {
            return Err(UsageError::UnknownServer);
        }
        let old = self.bootstrap.peer;
        if core::mem::replace(&mut self.bootstrap.connected, false) {
            self.endpoint.forget_peer(self.now, old);
        }
        if matches!(self.bootstrap.state, State::Connecting) {
            self.bootstrap_failed(Failure::Connection);
        } else {
            self.bootstrap_lost(Failure::Connection);
        }
        self.settle(self.now);
        Ok(())
    }

    /// A connection is gone; it may be the bootstrap server's.
    #[cfg(feature = "stream")]
    pub(super) fn bootstrap_disconnected(&mut self, peer: PeerId) {
        if self.bootstrap.is_at(peer) {
            self.bootstrap.connected = false;
            self.bootstrap_lost(Failure::Connection);
        }
    }

    /// The account of the bootstrap server follows its instance of object 0.
    pub(super) fn follow_bootstrap_server(&mut self) {
        let id = self.store.bootstrap_server();
        let sum = id.map_or(0, |id| self.store.sum(Path::instance(object::SECURITY.id, id)));
        #[cfg(feature = "oscore")]
        let sum = sum ^ id.map_or(0, |id| self.keys_sum(id));
        if core::mem::replace(&mut self.bootstrap.security_sum, sum) == sum {
            return;
        }
        // The one that changed it may still wait for an answer: it is not forgotten below.
        self.bootstrap.connected = false;
        if id.is_none() {
            self.bootstrap.state = State::Idle;
            self.bootstrap.purge = Instant::FAR;
        } else if let State::Connecting | State::Requesting { .. } = self.bootstrap.state {
            self.bootstrap.state = State::Waiting(self.now);
        }
    }

    /// Some account is registered, or about to be.
    fn has_registration(&self) -> bool {
        let alive = |account: &super::account::Account| {
            !matches!(account.registration(), Registration::Off | Registration::Failed)
        };
        self.accounts.iter().any(alive)
    }
}
