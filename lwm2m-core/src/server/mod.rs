//! The LwM2M server: who is registered, what is asked of them, what they notify.
//!
//! [`Server`] is a state machine without sockets, clock or threads. A driver gives it datagrams
//! and time and takes datagrams, events and the next deadline from it:
//!
//! ```
//! use lwm2m_core::server::{Config, Event, Limits, Server};
//! use m2m_base::{Instant, PeerId, Seed};
//!
//! let config = Config { limits: Limits::SMALL, ..Config::default() };
//! let mut server = Server::new(&config, &Seed([1; 32]))?;
//! // A datagram came in: a client registers (POST /rd?ep=a&lt=60&lwm2m=1.1, CoAP message 1).
//! let register = b"\x40\x02\x00\x01\xb2rd\x11\x28\x34ep=a\x05lt=60\x09lwm2m=1.1\xff</3/0>";
//! # let register = b"\x40\x02\x00\x01\xb2rd\x11\x28\x34ep=a\x05lt=60\x09lwm2m=1.1\xff</3/0>";
//! let (now, peer) = (Instant::ZERO, PeerId(7));
//! server.handle_datagram(now, peer, register);
//! // Send what it has to send, hear what it has to say, and sleep until its deadline.
//! let mut buf = [0; 1280];
//! let sent = server.poll_transmit(now, &mut buf)?.unwrap();
//! assert_eq!((sent.peer, buf[1]), (peer, 0x41)); // 2.01 Created
//! let Some(Event::Registered { id }) = server.poll_event() else { panic!() };
//! assert_eq!(server.registration(id).unwrap().endpoint(), "a");
//! assert!(server.poll_timeout().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Registrations** appear and go by [`Event::Registered`], [`Event::Updated`],
//!   [`Event::Deregistered`] and [`Event::Expired`]; [`Server::registration`],
//!   [`Server::find`] and [`Server::registrations`] show them.
//! - **Operations** ([`Server::request`] and its short forms) give an [`OperationId`], and exactly
//!   one [`Event::Response`] or [`Event::Failed`] tells how each ended. They go to a client one
//!   after the other, to one in queue mode while it listens.
//! - **Notifications** are told by [`Event::Notified`], what clients send by themselves (Send of
//!   1.1) by [`Event::Sent`].
//! - **Content** of answers, notifications and Send stays in the server until it is released;
//!   [`Content::items`] reads any format as paths and values, in the types of the object model
//!   ([`Server::add_object`]).
//!
//! Everything that a peer can make grow is bounded by [`Limits`], and memory that cannot be had is
//! an answer (5.03), not a panic. A registration costs its record, its entries in the indices and
//! one byte string; see `registry.rs`.

pub(crate) mod accepted;
mod backlog;
mod commands;
pub(crate) mod config;
mod content;
mod detail;
mod event;
mod gateway;
pub(crate) mod identity;
mod journal;
mod links;
pub(crate) mod model;
mod observation;
mod operation;
mod outcome;
pub(crate) mod parameters;
mod profile;
mod queue;
mod registration;
mod registry;
mod restore;
mod schedule;
#[cfg(feature = "oscore")]
pub(crate) mod security;
mod send;
pub(crate) mod verbs;
mod view;

pub use coap_core::ConfigError;
pub use config::{AddressChange, Config, Limits, UsageError};
pub use content::{Content, Items};
pub use event::{
    Changes, Counters, EndReason, Event, Failure, NotificationId, ObservationEnd, ObservationId,
    OperationId, RegistrationId,
};
pub use journal::{Record, RestoreError};
pub use links::Link;
pub use observation::Observation;
pub use operation::{Body, Operation, OperationKind, WriteMode};
pub use parameters::Binding;
pub use profile::Profile;
pub use queue::{Pending, PendingState};
pub use registry::Location;
pub use view::Registration;

use crate::object::{ObjectDefinition, ObjectVersion};
use crate::path::Path;
use crate::value::DataType;
use accepted::{Accepted, Stored, Typed};
use alloc::collections::VecDeque;
use backlog::Backlog;
use coap_core::Endpoint;
use identity::Identities;
use m2m_base::container::{Deadlines, GrowingIndex, Handle, Slab};
use m2m_base::{
    BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Random, Seed, Transmit,
    UnixTime,
};
use model::Model;
use observation::Observed;
use profile::Profiles;
use registry::Registry;

/// An LwM2M server as a state machine. See the [module](self) for how it is driven.
#[derive(Debug)]
pub struct Server {
    config: Config,
    coap: Endpoint,
    registry: Registry,
    identities: Identities,
    model: Model,
    operations: Slab<Accepted>,
    operation_deadlines: Deadlines,
    operation_by_request: GrowingIndex,
    /// Operations without an outcome yet.
    open: u32,
    observations: Slab<Observed>,
    observation_by_request: GrowingIndex,
    observation_by_path: GrowingIndex,
    notifications: Slab<Notified>,
    /// Oldest first; some may be released already.
    notification_order: VecDeque<Handle>,
    /// Bytes of answers and notifications that can be read.
    content_bytes: usize,
    /// Registrations that may send something.
    ready: VecDeque<RegistrationId>,
    events: VecDeque<Event>,
    /// Work was left because `events` is full.
    behind: bool,
    /// Its end was just told; it can be read until the next event is polled.
    ended: Option<RegistrationId>,
    /// The last time that the caller told.
    now: Instant,
    /// The wall clock at [`Instant::ZERO`] in milliseconds, if the caller told it.
    wall: Option<i64>,
    /// Records that wait to be kept.
    journal: Backlog,
    profiles: Profiles,
    /// The number of the next operation.
    next_operation: u64,
    #[cfg(feature = "oscore")]
    contexts: security::Contexts,
    /// Events of sequence numbers that were not polled yet.
    #[cfg(feature = "oscore")]
    reservations: u32,
    secret: u64,
    counters: Counters,
}

/// A notification that can be read.
#[derive(Debug)]
struct Notified {
    registration: RegistrationId,
    path: Path,
    stored: Stored,
}

impl Server {
    /// Makes a server without registrations.
    ///
    /// # Errors
    /// [`ConfigError`] if a limit or parameter of the CoAP endpoint is out of range, or its memory
    /// cannot be had.
    pub fn new(config: &Config, seed: &Seed) -> Result<Server, ConfigError> {
        Server::make(config, seed, Endpoint::new)
    }

    fn make(
        config: &Config,
        seed: &Seed,
        endpoint: impl FnOnce(&coap_core::Config, &Seed) -> Result<Endpoint, ConfigError>,
    ) -> Result<Server, ConfigError> {
        let mut random = Random::new(seed);
        let mut coap_seed = Seed([0; 32]);
        random.fill(&mut coap_seed.0);
        let coap_config =
            coap_core::Config { limits: config.limits.coap, parameters: config.parameters };
        let secret = random.u64();
        let l = &config.limits;
        Ok(Server {
            coap: endpoint(&coap_config, &coap_seed)?,
            registry: Registry::new(
                l.registrations,
                l.events.saturating_add(4),
                config.grace,
                random,
            ),
            identities: Identities::new(l.identities, secret),
            model: Model::default(),
            // Observations that are set up anew after a change of address take operations too.
            operations: Slab::growing(l.operations.saturating_add(l.observations)),
            operation_deadlines: Deadlines::growing(),
            operation_by_request: GrowingIndex::new(),
            open: 0,
            observations: Slab::growing(l.observations),
            observation_by_request: GrowingIndex::new(),
            observation_by_path: GrowingIndex::new(),
            notifications: Slab::growing(l.notifications),
            notification_order: VecDeque::new(),
            content_bytes: 0,
            ready: VecDeque::new(),
            events: VecDeque::new(),
            behind: false,
            ended: None,
            now: Instant::ZERO,
            wall: None,
            journal: Backlog::default(),
            profiles: Profiles::new(l.profiles, secret),
            next_operation: 1,
            #[cfg(feature = "oscore")]
            contexts: security::Contexts::new(l.coap.security_contexts, secret),
            #[cfg(feature = "oscore")]
            reservations: 0,
            secret,
            counters: Counters::default(),
            config: *config,
        })
    }

    /// Writes the next datagram into `buf`. Call it until it answers `None`: none is left, or
    /// [`Server::poll_journal`] has records that are to be kept first.
    ///
    /// # Errors
    /// [`BufferTooSmall`] tells how many bytes the datagram needs; nothing is lost.
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        self.now = self.now.max(now);
        if !self.journal.is_empty() {
            // What an answer acknowledges has to be kept first.
            return Ok(None);
        }
        #[cfg(feature = "oscore")]
        if self.reservations > 0 {
            return Ok(None);
        }
        self.coap.poll_transmit(now, buf)
    }

    /// The next thing the application should know.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(id) = self.ended.take() {
            self.registry.free(id);
        }
        self.catch_up();
        if self.events.is_empty() {
            // Sending may have brought news: the end of a connection or of sequence numbers.
            self.advance();
        }
        let event = self.events.pop_front()?;
        #[cfg(feature = "oscore")]
        if let Event::SequenceReserved { .. } = event {
            self.reservations = self.reservations.saturating_sub(1);
        }
        if let Event::Deregistered { id, .. } | Event::Expired { id } = event {
            self.ended = Some(id);
        }
        Some(event)
    }

    /// When [`Server::handle_timeout`] has something to do; `None` if nothing is waited for. For
    /// lifetimes it may be early: an Update does not move a deadline, it is moved when it comes.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let operation = self.operation_deadlines.first().map(|(at, _)| at);
        let others = [self.coap.poll_timeout(), operation, self.registry.next_deadline()];
        // What is due and waits for room among the events does not need the clock.
        let waiting = self.behind && !(self.events.is_empty() && self.journal.is_empty());
        let later = |at: &Instant| !waiting || *at > self.now;
        others.into_iter().flatten().filter(later).min()
    }

    /// Tells what time it is: for [`Registration::registered_time`] and for what the journal says of
    /// times.
    pub fn set_wall_clock(&mut self, now: Instant, time: UnixTime) {
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.wall = Some(time.as_millis().saturating_sub(now));
    }

    /// Nothing reaches a peer any more; whose registrations were there has to be heard first.
    fn lose_peer(&mut self, _now: Instant, peer: PeerId) {
        self.identities.forget(peer);
        let mut next = self.registry.by_peer(peer);
        while let Some(id) = next {
            next = self.registry.next_of_peer(id);
            if let Some(record) = self.registry.get_mut(id) {
                record.down = true;
            }
        }
    }

    /// A registration. One that ended can be read until the event behind its end is polled.
    #[must_use]
    pub fn registration(&self, id: RegistrationId) -> Option<Registration<'_>> {
        let record = self.registry.get(id)?;
        Some(Registration::new(&self.registry, self.wall, id, record))
    }

    /// The registration of an endpoint.
    #[must_use]
    pub fn find(&self, endpoint: &str) -> Option<RegistrationId> {
        self.registry.by_name(endpoint.as_bytes())
    }

    /// The newest registration that came from a peer.
    #[must_use]
    pub fn find_peer(&self, peer: PeerId) -> Option<RegistrationId> {
        self.registry.by_peer(peer)
    }

    /// All registrations in force, in no particular but always the same order.
    pub fn registrations(&self) -> impl Iterator<Item = Registration<'_>> {
        let show = |(id, record)| Registration::new(&self.registry, self.wall, id, record);
        self.registry.iter().map(show)
    }

    /// How many registrations are in force.
    #[must_use]
    pub fn registration_count(&self) -> u32 {
        self.registry.len()
    }

    /// Ends a registration without the client's doing; the client learns of it by the 4.04 to its
    /// next Update.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`]
    pub fn remove(&mut self, now: Instant, id: RegistrationId) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        self.registry.get_mut(id).ok_or(UsageError::UnknownId)?;
        self.end_registration(now, id, EndReason::Removed);
        self.advance();
        Ok(())
    }

    /// The definition that a client's object is typed by, in its version if that is known.
    #[must_use]
    pub fn definition(&self, id: RegistrationId, object: u16) -> Option<ObjectDefinition<'_>> {
        let version = view::object_version(self.registry.get(id)?, object);
        self.model.object(object, version.unwrap_or(ObjectVersion::DEFAULT))
    }

    /// The type of a client's resource.
    #[must_use]
    pub fn resource_type(&self, id: RegistrationId, path: Path) -> Option<DataType> {
        self.typed(id).data_type(path)
    }

    fn typed(&self, id: RegistrationId) -> Typed<'_> {
        Typed { model: &self.model, record: self.registry.get(id) }
    }

    /// True if there is room for what the next step of work tells.
    fn has_room(&mut self) -> bool {
        let most = self.most_events();
        self.events.len() < most && self.journal.len() < most && self.reserve_events()
    }

    /// Makes room for a few events and the outcome of everything that is open.
    fn reserve_events(&mut self) -> bool {
        let open = usize::try_from(self.open.saturating_add(8)).unwrap_or(usize::MAX);
        self.events.try_reserve(open).is_ok()
    }

    /// Goes on with work that was left for want of room.
    fn catch_up(&mut self) {
        let half = self.most_events() / 2;
        if self.behind && self.events.len() <= half && self.journal.len() <= half {
            self.advance();
        }
    }

    /// Does all that can be done now: events of the endpoint, lifetimes, time-outs, sending.
    fn advance(&mut self) {
        let now = self.now;
        // First, because each gives room at the endpoint back, which its events then tell.
        while let Some(slot) = self.operation_deadlines.pop_due(now) {
            self.on_deadline(now, slot);
        }
        self.behind = true;
        while self.has_room() {
            if let Some(event) = self.coap.poll_event() {
                self.on_coap_event(now, event);
            } else if let Some(id) = self.registry.expired(now) {
                self.expire(now, id);
            } else {
                self.behind = false;
                break;
            }
        }
        self.send_ready(now);
    }
}

verbs::verbs!(Server);
