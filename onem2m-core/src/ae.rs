//! The application entity as a state machine: commands and time go in, requests, events and the
//! next deadline come out. No sockets, no clock; the same inputs give the same outputs.
//!
//! A driver sends what [`Ae::poll_outgoing`] gives over any binding and returns the response with
//! [`Ae::handle_response`], or says [`Ae::outgoing_failed`]; it hands requests that come in to
//! [`Ae::handle_request`] and sends what [`Ae::poll_response`] gives. It calls
//! [`Ae::handle_timeout`] when [`Ae::poll_timeout`] says so.
//!
//! The AE registers ([`Ae::register`]) and keeps its registration: it moves the expiration before
//! it is reached, takes up a registration that it has forgotten but the CSE still has, and
//! registers anew when the CSE has lost it. An AE without a clock learns the time from the CSE.
//! With [`Config::polling`] it fetches what others want of it through a polling channel.

mod command;
mod config;
mod exchange;
mod incoming;
mod notification;
mod outcome;
mod registration;
mod resource;

use crate::address::{Address, Scope};
use crate::primitive::{Request, Response};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use exchange::{Exchanges, Failure, Purpose};
use incoming::Incoming;
use m2m_base::{Cause, Disposition, Instant, Random, Seed, UnixTime};
use outcome::Ended;
use registration::State;

pub use command::Command;
#[cfg_attr(
    not(feature = "cse"),
    allow(unused_imports, reason = "the engine of a CSE registers")
)]
pub(crate) use config::RemoteCse;
pub use config::{Config, ConfigError, Limits, Retry};
pub use notification::{Entry, Notification};
pub use outcome::Outcome;
pub use registration::Registration;
pub use resource::Resource;

macro_rules! ids {
    ($($(#[$doc:meta])* $Name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $Name(u64);

        impl $Name {
            /// The id as a number.
            #[must_use]
            pub const fn to_bits(self) -> u64 {
                self.0
            }

            /// The id that [`Self::to_bits`] gave.
            #[must_use]
            pub const fn from_bits(bits: u64) -> $Name {
                $Name(bits)
            }
        }
    )*};
}

ids! {
    /// Names a request of the application; never used again.
    RequestId;
    /// Names a request that the AE wants sent; never used again.
    OutgoingId;
    /// Names a request that the AE was given; never used again.
    IncomingId;
}

/// A request to be sent to the registrar.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Names it in [`Ae::handle_response`] and [`Ae::outgoing_failed`]. A repetition has the id of
    /// the first, and the same request identifier.
    pub id: OutgoingId,
    /// The request, complete.
    pub request: Request,
    /// True if the response may take as long as [`Retry::polling`] besides.
    pub long: bool,
}

/// What the application is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// It is registered. See [`Ae::registration`], which is to be kept for [`Ae::restore`].
    Registered {
        /// The CSE had this AE already; what it created earlier may still be there.
        known: bool,
    },
    /// Registration did not succeed.
    RegistrationFailed {
        /// The answer, if there was one.
        status: Option<crate::ResponseStatusCode>,
        /// It is tried again by itself. If not, the CSE refused it.
        again: bool,
    },
    /// The CSE no longer has the `<AE>`, nor anything below it. It registers anew.
    RegistrationLost,
    /// The `<AE>` is deleted.
    Deregistered,
    /// A request has ended, with this outcome; exactly once for each. If it is a response, it is
    /// read with [`Ae::response`], and kept until [`Ae::release`].
    Done {
        /// Which request.
        id: RequestId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A notification came. It is read with [`Ae::notification`] and answered with [`Ae::answer`].
    Notified {
        /// Which one.
        id: IncomingId,
    },
}

/// What was wrong with a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UsageError {
    /// The AE is not registered, so that it has no originator for its requests.
    #[error("the AE is not registered")]
    NotRegistered,
    /// The AE is registered, or about to be.
    #[error("the AE is registered already")]
    Registered,
    /// As many requests as allowed are under way or not released.
    #[error("too many requests")]
    Full,
    /// A parameter is missing or not allowed in a request of this kind.
    #[error("the request is not valid")]
    Invalid,
    /// There is no such request or notification, or no longer.
    #[error("unknown id")]
    UnknownId,
}

/// An application entity.
#[derive(Debug)]
pub struct Ae {
    config: Config,
    random: Random,
    /// Begins each request identifier: another one after every start.
    prefix: u32,
    next: u64,
    now: Instant,
    /// What the time of day was, and when.
    clock: Option<(Instant, UnixTime)>,
    state: State,
    exchanges: Exchanges,
    ended: Vec<Ended>,
    /// Non-blocking requests that were accepted.
    accepted: Vec<outcome::Accepted>,
    incoming: Vec<Incoming>,
    responses: VecDeque<(IncomingId, Response)>,
    events: VecDeque<Event>,
}

impl Ae {
    /// An AE that is not registered. The seed must differ from start to start, so that request
    /// identifiers do.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn new(config: Config, seed: &Seed) -> Result<Ae, ConfigError> {
        config.check()?;
        let mut random = Random::new(seed);
        let prefix = random.u32();
        Ok(Ae {
            config,
            random,
            prefix,
            next: 0,
            now: Instant::ZERO,
            clock: None,
            state: State::Idle,
            exchanges: Exchanges::default(),
            ended: Vec::new(),
            accepted: Vec::new(),
            incoming: Vec::new(),
            responses: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// Tells the time of day, before registration. Not needed: the time of the CSE is learned from
    /// its answers; without this call, the registration is updated as soon as it was made.
    pub fn set_wall_clock(&mut self, now: Instant, time: UnixTime) {
        self.now = now;
        self.clock = Some((now, time));
    }

    /// The time of day at `now`, if it is known.
    fn wall(&self) -> Option<UnixTime> {
        self.clock.map(|(at, time)| time + self.now.since(at))
    }

    /// Asks for something. The outcome comes as [`Event::Done`].
    ///
    /// # Errors
    /// [`UsageError::NotRegistered`], [`UsageError::Full`], [`UsageError::Invalid`]
    pub fn request(&mut self, now: Instant, command: Command) -> Result<RequestId, UsageError> {
        self.now = now;
        let originator = self.originator().ok_or(UsageError::NotRegistered)?.to_string();
        let held = self.under_way() + self.ended.len() + self.accepted.len();
        if held >= self.config.limits.requests {
            return Err(UsageError::Full);
        }
        let id = RequestId(self.number());
        let mut request = command.request;
        request.from = Some(originator);
        self.complete(&mut request);
        request.validate().map_err(|_| UsageError::Invalid)?;
        self.post(Purpose::Application(id), request, now);
        Ok(id)
    }

    /// Forgets a request: its response, if it has ended; else the request itself, whose outcome is
    /// then [`Outcome::Cancelled`]. The CSE may still do it.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`]
    pub fn release(&mut self, now: Instant, id: RequestId) -> Result<(), UsageError> {
        self.now = now;
        let ended = self.ended.len();
        self.ended.retain(|e| e.id != id);
        if self.ended.len() < ended {
            return Ok(());
        }
        let own = |p| p == Purpose::Application(id) || p == Purpose::Result(id);
        let known = self.exchanges.has(Purpose::Application(id))
            || self.exchanges.has(Purpose::Result(id))
            || self.accepted.iter().any(|a| a.id == id);
        if !known {
            return Err(UsageError::UnknownId);
        }
        self.exchanges.drop_if(own);
        self.accepted.retain(|a| a.id != id);
        self.events.push_back(Event::Done { id, outcome: Outcome::Cancelled });
        Ok(())
    }

    /// The response to a request that has ended, until it is released.
    #[must_use]
    pub fn response(&self, id: RequestId) -> Option<&Response> {
        self.ended.iter().find(|e| e.id == id).map(|e| &e.response)
    }

    /// The next request to be sent.
    pub fn poll_outgoing(&mut self, now: Instant) -> Option<Outgoing> {
        self.now = now;
        let exchange = self.exchanges.send(now, &self.config.retry)?;
        let long = exchange.purpose == Purpose::Poll;
        Some(Outgoing { id: exchange.id, request: exchange.request.clone(), long })
    }

    /// Takes the response to a request that was sent. One that nothing waits for (any longer) has
    /// no effect.
    pub fn handle_response(
        &mut self,
        now: Instant,
        id: OutgoingId,
        response: Response,
    ) -> Disposition {
        self.now = now;
        let Some(exchange) = self.exchanges.answered(id, &response.request_identifier) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        match exchange.purpose {
            Purpose::Application(id) => self.application_answered(id, &exchange.request, response),
            Purpose::Result(id) => self.result_fetched(id, response),
            Purpose::Poll => self.polled(response),
            Purpose::Answer => {}
            own => self.registrar_answered(own, &response),
        }
        Disposition::Accepted
    }

    /// Says that a request could not be delivered: no connection, or it was lost before an answer
    /// came. It is repeated after a pause, as often as [`Retry::attempts`] allows.
    pub fn outgoing_failed(&mut self, now: Instant, id: OutgoingId) {
        self.now = now;
        let (retry, random) = (&self.config.retry, &mut self.random);
        if let Some((exchange, failure)) = self.exchanges.failed(now, id, retry, random) {
            self.unanswered(exchange.purpose, failure);
        }
    }

    fn unanswered(&mut self, purpose: Purpose, failure: Failure) {
        match purpose {
            Purpose::Application(id) | Purpose::Result(id) => {
                self.accepted.retain(|a| a.id != id);
                let outcome = match failure {
                    Failure::Silence => Outcome::TimedOut,
                    Failure::Undeliverable => Outcome::Undeliverable,
                };
                self.events.push_back(Event::Done { id, outcome });
            }
            Purpose::Poll => self.poll_channel(failure == Failure::Undeliverable),
            Purpose::Answer => {}
            own => self.registrar_silent(own),
        }
    }

    /// Lets time pass. Calling it early or twice is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        while let Some((exchange, failure)) =
            self.exchanges.overdue(now, &self.config.retry, &mut self.random)
        {
            self.unanswered(exchange.purpose, failure);
        }
        self.fetch_results();
        self.keep_registered();
    }

    /// When something is due next: a request to send, or a call of [`Ae::handle_timeout`]. May
    /// change after every call with `&mut self`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let results = self.accepted.iter().filter_map(outcome::Accepted::deadline).min();
        [self.exchanges.deadline(), self.state.deadline(), results].into_iter().flatten().min()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn under_way(&self) -> usize {
        self.exchanges.applications()
    }

    /// Fills in what every request of this AE has.
    fn complete(&mut self, request: &mut Request) {
        let number = self.number();
        request.request_identifier = format!("{:08x}-{number}", self.prefix);
        request.release_version_indicator = match self.config.release {
            crate::ReleaseVersion::R1 => None,
            release => Some(release),
        };
    }

    fn post(&mut self, purpose: Purpose, request: Request, at: Instant) {
        let id = OutgoingId(self.number());
        self.exchanges.add(id, purpose, request, at);
    }

    /// The address of `resource`, as it is called on the registrar, in the scope of the
    /// `<CSEBase>`'s.
    fn on_registrar(&self, resource: &str) -> String {
        let base = Address::parse(&self.config.cse_base).map(|a| a.scope());
        let scope = match base {
            Ok(scope) if !resource.starts_with('/') => scope,
            _ => Scope::CseRelative,
        };
        match scope {
            Scope::CseRelative => resource.into(),
            Scope::SpRelative { cse } => format!("/{cse}/{resource}"),
            Scope::Absolute { sp, cse } => format!("//{sp}/{cse}/{resource}"),
        }
    }
}

#[cfg(test)]
mod tests;
