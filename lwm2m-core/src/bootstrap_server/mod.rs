//! The bootstrap server: gives clients their accounts and keys.
//!
//! [`BootstrapServer`] is a state machine without sockets, clock or threads, driven as
//! [`crate::server::Server`] is:
//!
//! ```
//! use lwm2m_core::Path;
//! use lwm2m_core::bootstrap_server::{
//!     Account, BootstrapServer, Config, Configuration, Event, Limits, Rule, Security, Step,
//! };
//! use m2m_base::{Instant, PeerId, Seed};
//!
//! let config = Config { limits: Limits::SMALL, ..Config::default() };
//! let mut server = BootstrapServer::new(&config, &Seed([1; 32]))?;
//! // Whoever asks gets an account at one server, in place of those it has.
//! let account = Account::new("coap://[2001:db8::1]", Security::NONE, 101);
//! let (security, servers) = (account.security(0), account.server(0));
//! let steps = [
//!     Step::delete(Path::ROOT),
//!     Step::write(Path::instance(0, 0), &security),
//!     Step::write(Path::instance(1, 0), &servers),
//! ];
//! server.set_configuration(Rule::Pattern("*"), &Configuration::new(&steps))?;
//! // A datagram came in: a client asks (POST /bs?ep=a, CoAP message 1).
//! let request = b"\x40\x02\x00\x01\xb2bs\x44ep=a";
//! let (now, peer) = (Instant::ZERO, PeerId(7));
//! server.handle_datagram(now, peer, request);
//! let mut buf = [0; 1280];
//! let sent = server.poll_transmit(now, &mut buf)?.unwrap();
//! assert_eq!((sent.peer, buf[1]), (peer, 0x44)); // 2.04 Changed
//! let Some(Event::Started { id }) = server.poll_event() else { panic!() };
//! assert_eq!(server.session(id).unwrap().endpoint(), "a");
//! // The first step: what does it have? (GET /)
//! server.poll_transmit(now, &mut buf)?.unwrap();
//! assert_eq!(buf[1], 0x01);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Configurations** are lists of [`Step`]s: Discover, Read, Write, Delete, Finish. They are
//!   handed over beforehand, for one endpoint or by a pattern
//!   ([`BootstrapServer::set_configuration`]), or when an endpoint asks that no rule is for
//!   ([`Event::Requested`], [`BootstrapServer::accept`]), or step by step
//!   ([`BootstrapServer::push`]). [`Account`] makes the values that most of them write. A client
//!   of 1.2 may get all in one answer instead (Bootstrap-Pack).
//! - **Sessions** begin with the client's request or by [`BootstrapServer::start`]. Each ends with
//!   exactly one [`Event::Ended`], which tells what went wrong at which step.
//! - **Who** a client is its security session says ([`BootstrapServer::identify`]), or its OSCORE
//!   context (feature `oscore`): it is bootstrapped under that name and no other.
//!
//! Everything that a peer can make grow is bounded by [`Limits`].

mod account;
mod config;
mod configuration;
mod event;
mod request;
mod rules;
mod session;
mod view;

pub use crate::server::{Body, ConfigError, UsageError};
pub use account::{Account, Security, SecurityMode, bootstrap_account};
pub use config::{Config, Limits};
pub use configuration::{Configuration, Operation, Step};
pub use event::{Counters, Event, Failure, OperationKind, Outcome, SessionId};
pub use rules::Rule;
pub use view::{Answer, Session};

use crate::object::ObjectDefinition;
use crate::server::identity::Identities;
use crate::server::model::Model;
use alloc::collections::VecDeque;
use coap_core::Endpoint;
use m2m_base::container::{Deadlines, GrowingIndex, Handle, Slab};
use m2m_base::{BufferTooSmall, Disposition, Engine, Instant, PeerId, Random, Seed, Transmit};
use rules::Rules;
use session::Record;

/// An LwM2M bootstrap server as a state machine. See the [module](self) for how it is driven.
pub struct BootstrapServer {
    config: Config,
    coap: Endpoint,
    rules: Rules,
    identities: Identities,
    model: Model,
    sessions: Slab<Record>,
    deadlines: Deadlines,
    by_name: GrowingIndex,
    by_peer: GrowingIndex,
    by_request: GrowingIndex,
    /// Sessions whose next step can be sent.
    ready: VecDeque<Handle>,
    /// Bytes of answers that can be read.
    content_bytes: usize,
    events: VecDeque<Event>,
    /// Work was left because `events` is full.
    behind: bool,
    /// Its end was just told; it can be read until the next event is polled.
    ended: Option<SessionId>,
    /// The last time that the caller told.
    now: Instant,
    #[cfg(feature = "oscore")]
    contexts: crate::server::security::Contexts,
    /// Events of sequence numbers that were not polled yet.
    #[cfg(feature = "oscore")]
    reservations: u32,
    secret: u64,
    counters: Counters,
}

impl BootstrapServer {
    /// Makes a bootstrap server without configurations.
    ///
    /// # Errors
    /// [`ConfigError`] if a limit or parameter of the CoAP endpoint is out of range, or its memory
    /// cannot be had.
    pub fn new(config: &Config, seed: &Seed) -> Result<BootstrapServer, ConfigError> {
        BootstrapServer::make(config, seed, Endpoint::new)
    }

    fn make(
        config: &Config,
        seed: &Seed,
        endpoint: impl FnOnce(&coap_core::Config, &Seed) -> Result<Endpoint, ConfigError>,
    ) -> Result<BootstrapServer, ConfigError> {
        let mut random = Random::new(seed);
        let mut coap_seed = Seed([0; 32]);
        random.fill(&mut coap_seed.0);
        let limits = &config.limits;
        let coap_config = coap_core::Config { limits: limits.coap, parameters: config.parameters };
        let secret = random.u64();
        Ok(BootstrapServer {
            coap: endpoint(&coap_config, &coap_seed)?,
            rules: Rules::new(limits.configurations, limits.sessions, secret),
            identities: Identities::new(limits.identities, secret),
            model: Model::default(),
            sessions: Slab::growing(limits.sessions),
            deadlines: Deadlines::growing(),
            by_name: GrowingIndex::new(),
            by_peer: GrowingIndex::new(),
            by_request: GrowingIndex::new(),
            ready: VecDeque::new(),
            content_bytes: 0,
            events: VecDeque::new(),
            behind: false,
            ended: None,
            now: Instant::ZERO,
            #[cfg(feature = "oscore")]
            contexts: crate::server::security::Contexts::new(limits.coap.security_contexts, secret),
            #[cfg(feature = "oscore")]
            reservations: 0,
            secret,
            counters: Counters::default(),
            config: *config,
        })
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
        self.now = self.now.max(now);
        #[cfg(feature = "oscore")]
        if self.reservations > 0 {
            // The record has to be kept before its numbers are used.
            return Ok(None);
        }
        self.coap.poll_transmit(now, buf)
    }

    /// The next thing the application should know.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(id) = self.ended.take() {
            self.free(id.0);
        }
        if self.events.is_empty() || self.behind && self.events.len() <= self.most_events() / 2 {
            // Sending may have brought news: the end of a connection or of sequence numbers.
            self.advance();
        }
        let event = self.events.pop_front()?;
        #[cfg(feature = "oscore")]
        if let Event::SequenceReserved { .. } = event {
            self.reservations = self.reservations.saturating_sub(1);
        }
        if let Event::Ended { id, .. } = event {
            self.ended = Some(id);
        }
        Some(event)
    }

    /// When [`BootstrapServer::handle_timeout`] has something to do; `None` if nothing is waited
    /// for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let session = self.deadlines.first().map(|(at, _)| at);
        [self.coap.poll_timeout(), session].into_iter().flatten().min()
    }

    fn lose_peer(&mut self, now: Instant, peer: PeerId) {
        self.identities.forget(peer);
        if let Some(handle) = self.session_by_peer(peer) {
            self.fail(now, handle, Failure::PeerDown);
        }
    }

    /// Sets what the clients of a rule are given, in place of what they were. Sessions that are
    /// under way go on with what they began with.
    ///
    /// # Errors
    /// [`UsageError::Syntax`] for an empty name or one of more than 255 bytes,
    /// [`UsageError::Path`] for a step that does not go with its path or writes outside it,
    /// [`UsageError::Format`] for values that cannot be expressed, [`UsageError::TooLong`] for more
    /// than 65535 steps, [`UsageError::Full`].
    pub fn set_configuration(
        &mut self,
        rule: Rule<'_>,
        configuration: &Configuration<'_>,
    ) -> Result<(), UsageError> {
        self.rules.set(rule, configuration)
    }

    /// Removes a rule. True if there was one.
    pub fn remove_configuration(&mut self, rule: Rule<'_>) -> bool {
        self.rules.remove(rule)
    }

    /// How many rules there are.
    #[must_use]
    pub fn configuration_count(&self) -> u32 {
        self.rules.len()
    }

    /// Makes room for a few events and the end of every session.
    fn reserve_events(&mut self) -> bool {
        let open = usize::try_from(self.sessions.len()).unwrap_or(usize::MAX);
        self.events.try_reserve(open.saturating_add(8)).is_ok()
    }

    /// Does all that can be done now: time-outs, events of the endpoint, sending.
    fn advance(&mut self) {
        let now = self.now;
        // First, because each gives room at the endpoint back, which its events then tell.
        while let Some(slot) = self.deadlines.pop_due(now) {
            self.on_deadline(now, slot);
        }
        self.behind = true;
        while self.events.len() < self.most_events() && self.reserve_events() {
            let Some(event) = self.coap.poll_event() else {
                self.behind = false;
                break;
            };
            match event {
                coap_core::Event::Request { id, peer } => self.on_request(now, id, peer),
                coap_core::Event::Done { id, outcome } => {
                    if let Some(handle) = self.session_of(id) {
                        self.on_done(now, handle, id, outcome);
                    }
                    self.coap.release(id);
                }
                #[cfg(feature = "stream")]
                coap_core::Event::Close { peer, reason } => {
                    self.tell(Event::Close { peer, reason });
                }
                #[cfg(feature = "oscore")]
                coap_core::Event::SequenceReserved { id, up_to } => {
                    self.reservations = self.reservations.saturating_add(1);
                    self.tell(Event::SequenceReserved { id, up_to });
                }
                _ => {}
            }
        }
        self.send_ready(now);
    }
}

impl core::fmt::Debug for BootstrapServer {
    /// Without what it sends, which has keys in it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BootstrapServer")
            .field("rules", &self.rules)
            .field("sessions", &self.sessions)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

crate::server::verbs::verbs!(BootstrapServer);
