//! The device: a client that registers with servers and serves what they ask for.
//!
//! A [`Client`] holds the data model (object instances and their values), keeps one registration
//! with each server account alive, answers the servers' requests from what it holds, and notifies
//! those that observe. The application sets values when it has new ones, reads what servers wrote,
//! and answers what servers execute.
//!
//! ```text
//! client.handle_datagram(now, peer, bytes)   what the network brought
//! client.handle_timeout(now)                 when poll_timeout() says so
//! client.set(now, path, value)               and other commands
//! then, until each says None:
//! client.poll_transmit(now, &mut buffer)     send it
//! client.poll_event()                        look at it
//! client.poll_timeout()                      sleep till then
//! ```
//!
//! Everything is reserved by [`Client::new`]; nothing is allocated afterwards. Values are kept in a
//! table of 18-byte slots, reads of any length are answered block by block straight from it, and
//! a write is done as a whole or not at all.
//!
//! `epmin` holds back when a changed value is looked at. `epmax` says how often a value is asked for
//! that the application is asked for ([`Client::ask_when_read`]); others come when the application sets
//! them, and are looked at then.

mod account;
#[cfg(feature = "values-on-read")]
mod asked;
mod attached;
mod attributes;
#[cfg(feature = "bootstrap")]
mod bootstrap;
#[cfg(feature = "composite")]
mod composite;
mod config;
mod discover;
mod dispatch;
mod event;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(any(feature = "storing", feature = "send", feature = "restore"))]
mod history;
#[cfg(feature = "restore")]
mod journal;
#[cfg(feature = "restore")]
mod kept;
#[cfg(all(feature = "storing", feature = "restore"))]
mod kept_observations;
#[cfg(all(feature = "send", feature = "restore"))]
mod kept_sends;
#[cfg(feature = "storing")]
mod lost;
mod observe;
#[cfg(feature = "oscore")]
mod oscore;
#[cfg(feature = "packages")]
mod package;
#[cfg(feature = "ready-made")]
mod ready;
mod registration;
mod request;
#[cfg(any(feature = "restore", feature = "stream"))]
mod resume;
#[cfg(feature = "send")]
mod send;
#[cfg(feature = "queue-mode")]
mod sleep;
#[cfg(feature = "sms")]
mod sms;
mod store;
#[cfg(feature = "stream")]
mod stream;
mod tree;
mod wall;

#[cfg(feature = "bootstrap")]
pub use bootstrap::{BootstrapAccount, Bootstrapping};
pub use config::{Config, ConfigError, Limits, ServerAccount, UsageError};
pub use event::{Event, ExecuteId, Failure, Registration, SendId};
#[cfg(feature = "gateway")]
pub use gateway::DeviceBehind;
#[cfg(feature = "restore")]
pub use journal::Record;
#[cfg(feature = "packages")]
pub use package::{Delivery, PackageError, PackageId, PackageStep, PackageSupport, Protocols};

use alloc::vec::Vec;
use coap_core::{Code, Endpoint, IncomingId};
use m2m_base::container::{Reservation, Reserve};
use m2m_base::{
    BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Seed, Sink, SliceSink, Transmit,
};

use crate::{Path, Value, Version, object};
use account::Account;
use attached::Attached;
#[cfg(feature = "composite")]
use composite::Lists;
#[cfg(any(feature = "storing", feature = "send"))]
use history::History;
use observe::Observation;
#[cfg(feature = "send")]
use send::Send;
use store::{Deed, Store};

/// How long an execute waits for the application.
const EXECUTE_WAIT: Duration = Duration::from_secs(93);
/// How long the client waits before it tries again what the endpoint had no room for.
const BREATH: Duration = Duration::from_secs(1);
/// Most server accounts: their numbers have four bits in a slot of the store.
const MAX_SERVERS: u8 = 15;
/// Longest endpoint name: with `ep=` it must fit into an option.
const MAX_NAME: usize = 250;

/// An execute that waits for the application.
#[derive(Debug)]
struct Execute {
    id: IncomingId,
    account: u8,
    path: Path,
    told: bool,
    until: Instant,
}

/// An LwM2M client.
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    /// Connections that the driver is to close.
    #[cfg(feature = "stream")]
    closes: Vec<(PeerId, coap_core::CloseReason)>,
    store: Store,
    attached: Attached,
    accounts: Vec<Account>,
    max_accounts: u8,
    #[cfg(feature = "bootstrap")]
    bootstrap: bootstrap::Bootstrap,
    /// Of accounts that do not name theirs.
    version: Version,
    observations: Vec<Observation>,
    /// The number of the observation that was made last.
    observation: u16,
    #[cfg(feature = "composite")]
    lists: Lists,
    #[cfg(feature = "storing")]
    history: History,
    #[cfg(feature = "send")]
    sends: Vec<Send>,
    #[cfg(feature = "send")]
    max_sends: u8,
    /// What the Sends are to tell.
    #[cfg(feature = "send")]
    outbox: History,
    /// The number of the Send that was made last.
    #[cfg(feature = "send")]
    sent: u32,
    /// When the endpoint is to be given a block of a Send for which it had no room.
    #[cfg(feature = "send")]
    supplied: Instant,
    #[cfg(feature = "oscore")]
    secured: Vec<oscore::Secured>,
    executes: Vec<Execute>,
    /// `ep=` and the endpoint name; empty if it is not sent.
    name: Vec<u8>,
    /// `sms=` and the number, or empty.
    #[cfg(feature = "accounts")]
    sms: Vec<u8>,
    /// `pid=` and the profile, or empty.
    #[cfg(feature = "v1-2")]
    profile: Vec<u8>,
    /// How long the client listens.
    #[cfg(feature = "queue-mode")]
    queue_mode: Option<Duration>,
    /// When the call began that is under way.
    now: Instant,
    /// A request or response under construction.
    scratch: Vec<u8>,
    /// `location` bytes for each account.
    locations: Vec<u8>,
    location: u8,
    #[cfg(feature = "restore")]
    journal: journal::Journal,
    wall: Option<wall::Wall>,
    #[cfg(feature = "values-on-read")]
    asked: asked::Asked,
    #[cfg(feature = "ready-made")]
    statistics: ready::Statistics,
    #[cfg(feature = "packages")]
    packages: package::Packages,
    /// Bytes on the heap.
    reserved: usize,
}

impl Client {
    /// A client that is not open yet: without room for anything.
    #[must_use]
    #[inline(always)]
    pub const fn empty() -> Client {
        Client {
            endpoint: Endpoint::empty(),
            #[cfg(feature = "stream")]
            closes: Vec::new(),
            store: Store::empty(),
            attached: Attached::empty(),
            now: Instant::ZERO,
            accounts: Vec::new(),
            max_accounts: 0,
            #[cfg(feature = "bootstrap")]
            bootstrap: bootstrap::Bootstrap::new(),
            version: Version::V1_1,
            observations: Vec::new(),
            observation: 0,
            #[cfg(feature = "composite")]
            lists: Lists::empty(),
            #[cfg(feature = "storing")]
            history: History::empty(),
            #[cfg(feature = "send")]
            sends: Vec::new(),
            #[cfg(feature = "send")]
            max_sends: 0,
            #[cfg(feature = "send")]
            outbox: History::empty(),
            #[cfg(feature = "send")]
            sent: 0,
            #[cfg(feature = "send")]
            supplied: Instant::ZERO,
            #[cfg(feature = "oscore")]
            secured: Vec::new(),
            executes: Vec::new(),
            name: Vec::new(),
            #[cfg(feature = "accounts")]
            sms: Vec::new(),
            #[cfg(feature = "v1-2")]
            profile: Vec::new(),
            #[cfg(feature = "queue-mode")]
            queue_mode: None,
            scratch: Vec::new(),
            locations: Vec::new(),
            location: 0,
            #[cfg(feature = "restore")]
            journal: journal::Journal::empty(),
            wall: None,
            #[cfg(feature = "values-on-read")]
            asked: asked::Asked::empty(),
            #[cfg(feature = "ready-made")]
            statistics: ready::Statistics::NEW,
            #[cfg(feature = "packages")]
            packages: package::Packages::empty(),
            reserved: 0,
        }
    }

    /// Makes a client and reserves all that it will ever hold. It has the Device object (/3/0) with
    /// no error and binding `U`; the application sets the rest.
    ///
    /// # Errors
    /// [`ConfigError`] if a limit or the name is out of range or memory is short.
    pub fn new(config: &Config<'_>, seed: &Seed) -> Result<Client, ConfigError> {
        let mut client = Client::empty();
        client.open(config, seed, &mut Reservation::new())?;
        Ok(client)
    }

    /// Opens [`Client::empty`] where it lies, without a copy of it on the stack: what
    /// [`Client::new`] makes, with memory from `reservation`. To be called once.
    ///
    /// # Errors
    /// As [`Client::new`]; then it is of no use.
    pub fn open(
        &mut self,
        config: &Config<'_>,
        seed: &Seed,
        reservation: &mut impl Reserve,
    ) -> Result<(), ConfigError> {
        self.reserve(config, reservation, |endpoint, coap, reservation| {
            endpoint.open(coap, seed, reservation)
        })?;
        self.furnish(reservation)
    }

    /// What [`Client::new`] reserves on the heap with this configuration: bytes, and in how many
    /// blocks. Nothing is reserved. Beside them a client takes `size_of::<Client>()`.
    ///
    /// # Errors
    /// As [`Client::new`], but for memory that is short.
    pub fn needs(config: &Config<'_>) -> Result<Reservation, ConfigError> {
        let mut counting = Reservation::counting();
        let mut client = Client::empty();
        client.reserve(config, &mut counting, |endpoint, coap, counting| {
            endpoint.open(coap, &Seed([0; 32]), counting)
        })?;
        Ok(counting)
    }

    /// The Device object, in what was reserved.
    fn furnish(&mut self, reservation: &impl Reserve) -> Result<(), ConfigError> {
        reservation.finish()?;
        let device = Path::instance(object::DEVICE.id, 0);
        let error_code = Path::resource_instance(object::DEVICE.id, 0, 11, 0);
        let binding = Path::resource(object::DEVICE.id, 0, 16);
        let made = self.store.add_instance(device).is_ok()
            && self.store.set(error_code, &Value::Integer(0)) != Err(UsageError::Full)
            && self.store.set(binding, &Value::string("U")) != Err(UsageError::Full);
        if made { Ok(()) } else { Err(ConfigError::Limit) }
    }

    fn reserve<R: Reserve>(
        &mut self,
        config: &Config<'_>,
        reservation: &mut R,
        open: impl FnOnce(
            &mut Endpoint,
            &coap_core::Config,
            &mut R,
        ) -> Result<(), coap_core::ConfigError>,
    ) -> Result<(), ConfigError> {
        let Config { limits, parameters, endpoint_name, version, objects, .. } = config;
        if !(1..=MAX_SERVERS).contains(&limits.servers) || limits.scratch < 64 {
            return Err(ConfigError::Limit);
        }
        if endpoint_name.len() > MAX_NAME {
            return Err(ConfigError::EndpointName);
        }
        #[cfg(feature = "accounts")]
        if config.sms_number.len() > MAX_NAME {
            return Err(ConfigError::EndpointName);
        }
        #[cfg(feature = "v1-2")]
        if config.profile.len() > MAX_NAME {
            return Err(ConfigError::EndpointName);
        }
        let parameters = coap_core::Parameters {
            // Images go through in blocks, and are not limited by `body_size`.
            stream_uploads: cfg!(feature = "packages") && limits.packages > 0,
            ..*parameters
        };
        let coap = coap_core::Config { limits: limits.coap, parameters };
        open(&mut self.endpoint, &coap, reservation)?;
        if !self.store.open(limits, objects, reservation) {
            return Err(ConfigError::Object);
        }
        #[cfg(feature = "alternate-path")]
        if !self.store.set_root(config.alternate_path) {
            return Err(ConfigError::AlternatePath);
        }
        self.attached.reserve(limits.attributes, reservation);
        reservation.room(&mut self.accounts, limits.servers.into());
        self.max_accounts = limits.servers;
        self.version = *version;
        // One more than observers: who asks again takes the place of an observation whose end has
        // not been told yet.
        let observations = (limits.coap.observers as usize).saturating_add(1);
        reservation.room(&mut self.observations, observations);
        #[cfg(feature = "composite")]
        self.lists.reserve(limits.paths, reservation);
        #[cfg(feature = "storing")]
        self.history.reserve(limits.history, reservation);
        #[cfg(feature = "send")]
        {
            reservation.room(&mut self.sends, limits.sends.into());
            self.max_sends = limits.sends;
            self.outbox.reserve(limits.outbox, reservation);
        }
        reservation.room(&mut self.executes, limits.executes.into());
        parameter(&mut self.name, b"ep=", endpoint_name, reservation);
        #[cfg(feature = "accounts")]
        parameter(&mut self.sms, b"sms=", config.sms_number, reservation);
        #[cfg(feature = "v1-2")]
        parameter(&mut self.profile, b"pid=", config.profile, reservation);
        #[cfg(feature = "queue-mode")]
        {
            self.queue_mode = config.queue_mode;
        }
        reservation.fill(&mut self.scratch, 0, limits.scratch.into());
        let locations = usize::from(limits.servers).saturating_mul(limits.location.into());
        reservation.fill(&mut self.locations, 0, locations);
        self.location = limits.location;
        #[cfg(feature = "restore")]
        {
            #[cfg(feature = "storing")]
            let kept = if limits.records > 0 && limits.history > 0 { observations } else { 0 };
            #[cfg(not(feature = "storing"))]
            let kept = 0;
            #[cfg(feature = "send")]
            let sends = if limits.records > 0 && limits.outbox > 0 { limits.sends } else { 0 };
            #[cfg(not(feature = "send"))]
            let sends = 0u8;
            let besides = journal::Besides {
                contexts: limits.coap.security_contexts as usize,
                observations: kept,
                sends: sends.into(),
            };
            self.journal.reserve(limits.records, besides, reservation);
            #[cfg(feature = "storing")]
            if kept > 0 {
                self.history.reserve_numbers(limits.history, reservation);
            }
            #[cfg(feature = "send")]
            if sends > 0 {
                self.outbox.reserve_numbers(limits.outbox, reservation);
            }
        }
        #[cfg(feature = "oscore")]
        reservation.room(&mut self.secured, limits.coap.security_contexts as usize);
        #[cfg(feature = "values-on-read")]
        self.asked.reserve(limits.asked, limits.coap.requests, reservation);
        #[cfg(feature = "packages")]
        self.packages.reserve(limits.packages, reservation);
        self.reserved = reservation.bytes();
        Ok(())
    }

    /// All the memory of the client in bytes: itself and what it reserved on the heap, its CoAP
    /// endpoint included. It never grows.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        size_of::<Client>().saturating_add(self.reserved)
    }

    /// Takes a datagram from `peer`. Afterwards, what the `poll_` methods answer may have changed.
    pub fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        #[cfg(feature = "ready-made")]
        self.statistics.received(now, datagram.len());
        let disposition = self.endpoint.handle_datagram(now, peer, datagram);
        #[cfg(feature = "queue-mode")]
        self.stay_awake(now, peer);
        self.now = now;
        self.follow(true);
        disposition
    }

    /// Does what is due at `now`. Calling it early or twice is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.settle(now);
    }

    /// Writes the next datagram into `buf`. Call it until it answers `None`.
    ///
    /// # Errors
    /// [`BufferTooSmall`] tells how many bytes the datagram needs; nothing is lost.
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        #[cfg(feature = "restore")]
        if self.has_records() {
            return Ok(None);
        }
        let transmit = self.endpoint.poll_transmit(now, buf);
        #[cfg(feature = "queue-mode")]
        if let Ok(Some(transmit)) = &transmit {
            self.stay_awake(now, transmit.peer);
        }
        #[cfg(feature = "ready-made")]
        if let Ok(Some(transmit)) = &transmit {
            self.statistics.sent(now, transmit.len);
        }
        // The last message of a connection may have gone out: then it is to be closed.
        #[cfg(feature = "stream")]
        if self.closes.capacity() > 0 && matches!(transmit, Ok(Some(_))) {
            self.settle(now);
        }
        transmit
    }

    /// The next thing the application should know.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.accounts.iter_mut().find_map(|account| account.told.take()) {
            return Some(event);
        }
        #[cfg(feature = "bootstrap")]
        if let Some(event) = self.bootstrap.take_told() {
            return Some(event);
        }
        #[cfg(feature = "stream")]
        if let Some((peer, reason)) = self.closes.pop() {
            return Some(Event::Close { peer, reason });
        }
        #[cfg(feature = "values-on-read")]
        if let Some(event) = self.asked.poll_event() {
            return Some(event);
        }
        #[cfg(feature = "packages")]
        if let Some(event) = self.packages.poll_event() {
            return Some(event);
        }
        if let Some((account, deed, path)) = self.store.take_deed() {
            let server = self.accounts.get(usize::from(account)).map_or(0, |a| a.ssid);
            return Some(match deed {
                Deed::Written => Event::Written { server, path },
                Deed::Created => Event::Created { server, path },
                Deed::Deleted => Event::Deleted { server, path },
            });
        }
        #[cfg(feature = "send")]
        if let Some(event) = self.take_sent() {
            return Some(event);
        }
        let execute = self.executes.iter_mut().find(|e| !e.told)?;
        execute.told = true;
        let server = self.accounts.get(usize::from(execute.account)).map_or(0, |a| a.ssid);
        Some(Event::Executed { id: ExecuteId(execute.id), server, path: execute.path })
    }

    /// When [`Client::handle_timeout`] has something to do; `None` if nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        // They rest while a bootstrap is under way.
        let awake = !self.store.is_staging();
        let accounts = self.accounts.iter().filter(|_| awake).filter_map(Account::deadline);
        let observations = self.observations.iter().filter(|_| awake).map(|o| o.due);
        #[cfg(feature = "bootstrap")]
        let accounts = accounts.chain(core::iter::once(self.bootstrap.deadline()));
        let executes = self.executes.iter().map(|e| e.until);
        let due = accounts.chain(observations).chain(executes).chain(self.endpoint.poll_timeout());
        #[cfg(feature = "values-on-read")]
        let due = due.chain(self.asked.deadline());
        #[cfg(feature = "ready-made")]
        let due = due.chain([self.statistics.deadline()]);
        #[cfg(feature = "packages")]
        let due = due.chain(self.packages.deadline());
        #[cfg(feature = "send")]
        let due = due.chain(self.send_due());
        due.min().filter(|at| *at != Instant::FAR)
    }

    /// Everything that follows from an input: events of the endpoint, then what is due.
    fn settle(&mut self, now: Instant) {
        self.now = now;
        self.follow(false);
    }

    /// The same. The registrations need no look after a datagram that only asked for something.
    fn follow(&mut self, datagram: bool) {
        let mut asked = datagram;
        #[cfg(feature = "restore")]
        {
            self.journal.stale = true;
        }
        #[cfg(feature = "ready-made")]
        self.run_ready(self.now);
        while let Some(event) = self.endpoint.poll_event() {
            let request = matches!(event, coap_core::Event::Request { .. });
            asked &= request;
            match event {
                coap_core::Event::Request { id, peer } => {
                    asked &= self.serve(id, peer);
                }
                #[cfg(feature = "packages")]
                coap_core::Event::Done { id, outcome } if self.fetched(id, outcome) => {}
                coap_core::Event::Done { id, outcome } => self.request_done(id, outcome),
                coap_core::Event::ObserverGone { id, reason } => {
                    self.observer_gone(id, reason);
                }
                #[cfg(feature = "oscore")]
                coap_core::Event::SequenceReserved { id, up_to } => {
                    self.numbers_reserved(id, up_to);
                }
                #[cfg(feature = "stream")]
                coap_core::Event::Close { peer, reason } => self.close(peer, reason),
                _ => {}
            }
        }
        while let Some(at) = self.executes.iter().position(|e| e.until <= self.now) {
            let execute = self.executes.swap_remove(at);
            self.answer(execute.id, Code::SERVICE_UNAVAILABLE);
        }
        #[cfg(feature = "values-on-read")]
        self.run_asked(self.now);
        #[cfg(feature = "ready-made")]
        self.run_ready(self.now);
        #[cfg(feature = "gateway")]
        self.run_devices();
        #[cfg(feature = "packages")]
        self.run_packages();
        #[cfg(feature = "bootstrap")]
        self.run_bootstrap();
        if !asked || self.accounts.iter().filter_map(Account::deadline).any(|at| at <= self.now) {
            self.run_registrations();
            // Failed registrations may lead to one.
            #[cfg(feature = "bootstrap")]
            self.run_bootstrap();
            #[cfg(feature = "queue-mode")]
            self.run_sleep(self.now);
        }
        self.run_observations();
        #[cfg(feature = "values-on-read")]
        self.look_at_asked(self.now);
        #[cfg(feature = "send")]
        self.run_sends(self.now);
    }

    /// The arguments of an execute that is not answered yet; [`crate::execute::Arguments`] reads
    /// them.
    #[must_use]
    pub fn arguments(&self, id: ExecuteId) -> Option<&[u8]> {
        self.executes.iter().find(|e| e.id == id.0)?;
        self.endpoint.incoming(id.0).map(|incoming| incoming.payload)
    }

    /// Answers an execute: it was done, or it was not, with this code.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it was answered already; [`UsageError::Invalid`] for a code
    /// that is no error.
    pub fn answer_execute(
        &mut self,
        now: Instant,
        id: ExecuteId,
        result: Result<(), Code>,
    ) -> Result<(), UsageError> {
        let code = match result {
            Ok(()) => Code::CHANGED,
            Err(code) if matches!(code.class(), 4 | 5) => code,
            Err(_) => return Err(UsageError::Invalid),
        };
        let at = self.executes.iter().position(|e| e.id == id.0).ok_or(UsageError::UnknownId)?;
        self.executes.swap_remove(at);
        self.now = now;
        self.answer(id.0, code);
        self.settle(now);
        Ok(())
    }

    /// The definitions of the client's objects, in the order of their IDs; without those of devices behind.
    #[must_use]
    pub fn objects(&self) -> &[&'static crate::ObjectDefinition<'static>] {
        self.store.objects()
    }

    /// What the CoAP endpoint below has counted.
    #[must_use]
    pub fn counters(&self) -> &coap_core::Counters {
        self.endpoint.counters()
    }

    /// Until when a server that is at work may be silent: for EXCHANGE_LIFETIME.
    #[cfg(any(feature = "bootstrap", feature = "packages"))]
    #[cfg_attr(feature = "small", inline(never))]
    fn end_of_patience(&self) -> Instant {
        self.now + self.endpoint.parameters().exchange_lifetime()
    }
}

/// A parameter of a request: its name and its value, or nothing if that is empty.
fn parameter(text: &mut Vec<u8>, name: &[u8], value: &str, reservation: &mut impl Reserve) {
    let name = if value.is_empty() { b"" } else { name };
    reservation.fill(text, 0, name.len().saturating_add(value.len()));
    let mut sink = SliceSink::new(text);
    let _ = sink.put(name).and_then(|()| sink.put(value.as_bytes()));
}

impl Engine for Client {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        Client::handle_datagram(self, now, peer, datagram)
    }
    fn handle_timeout(&mut self, now: Instant) {
        Client::handle_timeout(self, now);
    }
    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        Client::poll_transmit(self, now, buf)
    }
    fn poll_event(&mut self) -> Option<Event> {
        Client::poll_event(self)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        Client::poll_timeout(self)
    }
}
