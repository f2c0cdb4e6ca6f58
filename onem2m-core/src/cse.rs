//! The common services entity as a state machine: requests and time go in, responses, journal
//! records and the next deadline come out. No sockets, no clock; the same inputs give the same
//! outputs.
//!
//! A driver calls [`Cse::set_wall_clock`], then for each request [`Cse::handle_request`], commits
//! what [`Cse::poll_journal`] gives, and sends what [`Cse::poll_response`] gives. Requests of the
//! CSE itself come from [`Cse::poll_outgoing`]; the driver delivers them and tells the outcome of
//! each. It calls [`Cse::handle_timeout`] when [`Cse::poll_timeout`] says so. Work that could be
//! long (a discovery over many resources, notifying many subscribers, taking a deleted subtree
//! apart, expirations) is done in steps of bounded size, one for each of these calls; the deadline
//! is in the past as long as some is left.
//!
//! Deleting a resource unlinks it at once, whatever is below it: that is what is answered and
//! journalled.

mod access;
mod announce;
mod announced;
mod change;
mod channel;
mod command;
mod config;
mod counters;
mod create;
mod deferred;
mod discovery;
mod failure;
mod fanout;
mod filter;
mod flex;
mod group;
mod hold;
mod job;
mod journal;
mod notify;
mod outgoing;
mod query;
mod reachability;
mod remote;
mod represent;
mod request;
mod resolve;
mod series;
mod stem;
mod store;
mod timer;
mod validity;

use crate::ReleaseVersion;
use crate::ResourceType;
use crate::json::Raw;
use crate::primitive::{Request, Response};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use m2m_base::{Instant, PeerId, Random, Seed, UnixTime};

pub use access::{CountryCode, Position, Surroundings};
pub use config::{Config, ConfigError, Limits};
pub use counters::Counters;
pub use journal::{Record, RestoreError};
pub use outgoing::{Outgoing, OutgoingId, Target};
pub use remote::Registrar;

use announce::Announcements;
use counters::one_more;
use deferred::{Deferred, Internal};
use discovery::Walk;
use fanout::FanOut;
use flex::Definitions;
use hold::Holds;
use job::Job;
use notify::{Event, Restored, Storage};
use outgoing::Pending;
use reachability::Schedules;
use remote::Upstream;
use stem::Claim;
use store::{Flags, Millis, NONE, Node, Slot, Store};
use timer::Timer;

/// Names a request that the CSE was given; never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(u64);

impl RequestId {
    /// Marks requests of the CSE to itself.
    const INTERNAL: u64 = 1 << 63;

    const fn is_internal(self) -> bool {
        self.0 & RequestId::INTERNAL != 0
    }

    /// The id as a number.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

/// Over which session a request came, for access control contexts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Session {
    /// Number of the session.
    pub peer: PeerId,
    /// Address that the request came from.
    pub address: Option<IpAddr>,
    /// True if the originator was authenticated.
    pub authenticated: bool,
    /// The country that the address is in, if that is known.
    pub country: Option<CountryCode>,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    originator: &'a str,
    session: Session,
    wall: Millis,
    release: ReleaseVersion,
    /// Attributes that the request is limited to.
    attributes: &'a [&'a str],
    /// Those who had to be asked have agreed; the number taken for what is to be created, or 0.
    confirmed: Option<u64>,
    /// The M2M Service User that it names.
    user: Option<&'a str>,
    /// The representation in its content.
    given: Option<Raw<'a>>,
    /// It asks for the resource itself: rules with a limit apply, and are used up by it.
    direct: bool,
}

impl<'a> Caller<'a> {
    /// Who asks for something that it did not name in a request.
    fn of(originator: &'a str, session: Session, wall: Millis, release: ReleaseVersion) -> Self {
        Caller {
            originator,
            session,
            wall,
            release,
            attributes: &[],
            confirmed: None,
            user: None,
            given: None,
            direct: false,
        }
    }
}

/// A common services entity.
#[derive(Debug)]
pub struct Cse {
    config: Config,
    store: Store,
    base: Slot,
    now: Instant,
    /// What the wall clock showed, and when.
    clock: (Instant, UnixTime),
    next_request: u64,
    responses: VecDeque<(RequestId, Response)>,
    journal: VecDeque<Record>,
    /// Numbers up to this one may be given out without a further record.
    reserved: u64,
    walks: VecDeque<(RequestId, Request, Box<Walk>)>,
    /// Roots of subtrees that are to be taken apart, and who deleted them.
    purges: VecDeque<(Slot, Box<str>)>,
    timers: BTreeSet<(Instant, Timer)>,
    /// Requests to others that nobody has taken yet.
    outgoing: VecDeque<Outgoing>,
    /// Requests to others that have no outcome yet, by their ids.
    pending: BTreeMap<u64, Pending>,
    next_outgoing: u64,
    events: VecDeque<Event>,
    /// Number of the next notification in the journal.
    next_kept: u64,
    /// Notifications that were given back and have no place yet.
    restored: Vec<Restored>,
    /// Statistics that were given back, by the numbers of their subscriptions.
    restored_counts: Vec<(u64, Vec<u8>)>,
    /// Requests that wait for answers of others.
    jobs: BTreeMap<u64, Job>,
    /// AEs that register and wait for the IN-CSE.
    claims: BTreeMap<u64, Claim>,
    next_job: u64,
    /// The registration at another CSE.
    upstream: Option<Box<Upstream>>,
    /// Numbers of the remoteCSEs.
    remotes: Vec<u64>,
    /// Blocking requests whose time has not come.
    late: BTreeMap<u64, (RequestId, Session, Request)>,
    /// Requests that are not blocking and not done, by the numbers of their resources.
    deferred: BTreeMap<u64, Deferred>,
    /// What responses to requests of the CSE to itself are for.
    internal: BTreeMap<RequestId, Internal>,
    next_internal: u64,
    definitions: Definitions,
    announcements: Announcements,
    schedules: Schedules,
    storage: Storage,
    /// Requests that wait for targets which cannot be reached.
    holds: Holds,
    fan_outs: BTreeMap<u64, FanOut>,
    /// Those with members that were not asked yet.
    fanning: VecDeque<u64>,
    /// Group request identifiers and groups that have a request of them.
    fanned: BTreeSet<(Box<str>, u64)>,
    /// What was told about originators.
    surroundings: BTreeMap<Box<str>, Surroundings>,
    guesses: access::Guesses,
    /// There are, or were, rules with a limit.
    limited: bool,
    counters: Counters,
}

impl Cse {
    /// A CSE whose only resource is its `<CSEBase>`. Set the wall clock, or restore, next.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn new(config: Config, seed: &Seed) -> Result<Cse, ConfigError> {
        let id = config.cse_id.strip_prefix('/').unwrap_or("");
        if !crate::attribute::is_name(id) || store::number_of(id).is_some() {
            return Err(ConfigError::CseId);
        }
        if !crate::attribute::is_name(&config.cse_name) {
            return Err(ConfigError::CseName);
        }
        if crate::address::EntityId::new(Some(&config.sp_id), id).is_err() {
            return Err(ConfigError::Provider);
        }
        if !(1..=64).contains(&config.limits.depth) {
            return Err(ConfigError::Depth);
        }
        let names_another = |id: &str| {
            id != config.cse_id && id.strip_prefix('/').is_some_and(crate::attribute::is_name)
        };
        if config.infrastructure.as_deref().is_some_and(|id| !names_another(id)) {
            return Err(ConfigError::Infrastructure);
        }
        let upstream = match &config.registrar {
            Some(registrar) => {
                let valid = names_another(&registrar.cse_id)
                    && crate::attribute::is_name(&registrar.cse_name);
                let upstream = Upstream::new(&config, registrar.clone(), seed);
                Some(Box::new(upstream.filter(|_| valid).ok_or(ConfigError::Registrar)?))
            }
            None => None,
        };
        let mut store = Store::new(Random::new(seed).u64());
        let node = base_node(&config);
        store.skip_numbers(1);
        let base = store.insert(NONE, node).ok_or(ConfigError::OutOfMemory)?;
        let definitions = Definitions::new(&config.flex_definitions);
        Ok(Cse {
            config,
            definitions,
            store,
            base,
            now: Instant::ZERO,
            clock: (Instant::ZERO, UnixTime::from_millis(0)),
            next_request: 1,
            responses: VecDeque::new(),
            journal: VecDeque::new(),
            reserved: 1,
            walks: VecDeque::new(),
            purges: VecDeque::new(),
            timers: BTreeSet::new(),
            outgoing: VecDeque::new(),
            pending: BTreeMap::new(),
            next_outgoing: 1,
            events: VecDeque::new(),
            next_kept: 0,
            restored: Vec::new(),
            restored_counts: Vec::new(),
            jobs: BTreeMap::new(),
            claims: BTreeMap::new(),
            next_job: 1,
            upstream,
            remotes: Vec::new(),
            late: BTreeMap::new(),
            deferred: BTreeMap::new(),
            internal: BTreeMap::new(),
            next_internal: 1,
            announcements: Announcements::default(),
            schedules: Schedules::default(),
            storage: Storage::default(),
            holds: Holds::default(),
            fan_outs: BTreeMap::new(),
            fanning: VecDeque::new(),
            fanned: BTreeSet::new(),
            surroundings: BTreeMap::new(),
            guesses: access::Guesses::default(),
            limited: false,
            counters: Counters::default(),
        })
    }

    /// Tells the time of day. Between two calls it advances with `now`.
    pub fn set_wall_clock(&mut self, now: Instant, time: UnixTime) {
        self.now = now;
        self.clock = (now, time);
        if let Some(up) = &mut self.upstream {
            up.set_wall_clock(now, time);
        }
        if let Some(base) = self.store.get_mut(self.base).filter(|base| base.created == 0) {
            (base.created, base.modified) = (time.as_millis(), time.as_millis());
        }
    }

    /// The time of day at `now`, in milliseconds.
    fn wall(&self) -> Millis {
        (self.clock.1 + self.now.since(self.clock.0)).as_millis()
    }

    /// Takes a request. Its response comes from [`Cse::poll_response`], exactly one, at once or
    /// after some calls of [`Cse::handle_timeout`].
    pub fn handle_request(
        &mut self,
        now: Instant,
        session: Session,
        request: Request,
    ) -> RequestId {
        self.now = now;
        let id = RequestId(self.next_request);
        self.next_request += 1;
        one_more(&mut self.counters.requests);
        self.arrive(id, session, request);
        if !self.events.is_empty() || !self.fanning.is_empty() {
            let mut budget = self.config.limits.step;
            self.fan(&mut budget);
            self.spread(&mut budget);
        }
        id
    }

    /// Lets time pass: resources expire, long work goes on by one step. Calling it early or twice
    /// is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        let mut budget = self.config.limits.step;
        self.drive_registration();
        self.fire(&mut budget);
        self.spread(&mut budget);
        self.expire(&mut budget);
        self.fan(&mut budget);
        self.purge(&mut budget);
        self.walk(&mut budget);
    }

    /// When [`Cse::handle_timeout`] should be called next. May change after every call with
    /// `&mut self`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let events = !self.events.is_empty() && self.can_send();
        let purges = self.purges.front().is_some_and(|(root, _)| self.can_purge(*root));
        if events || purges || !self.walks.is_empty() || !self.fanning.is_empty() {
            return Some(self.now);
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let expiration = self.store.first_deadline().map(|at| self.instant(at));
        let registration = self.upstream.as_ref().and_then(|up| up.poll_timeout());
        timer.into_iter().chain(expiration).chain(registration).min()
    }

    /// The next response, in the order in which requests were finished. Commit the journal before
    /// it is sent.
    pub fn poll_response(&mut self) -> Option<(RequestId, Response)> {
        self.responses.pop_front()
    }

    /// The next record to keep. See [`Record`].
    pub fn poll_journal(&mut self) -> Option<Record> {
        self.journal.pop_front()
    }

    /// Resources held, those of deleted subtrees that are not yet taken apart included.
    #[must_use]
    pub fn resources(&self) -> u32 {
        self.store.len()
    }

    /// What was counted since this CSE was made.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The identifier of the resource of an entity: a CSE-ID without its slash.
fn entity_id(originator: &str) -> &str {
    originator.strip_prefix('/').unwrap_or(originator)
}

fn base_node(config: &Config) -> Node {
    let mut text = format!(
        "\"rn\":\"{}\",\"csi\":\"{}\",\"cst\":{},\"spi\":\"//{}\"",
        config.cse_name,
        config.cse_id,
        config.cse_type.number(),
        config.sp_id
    );
    let list = |out: &mut String, name: &str, items: &mut dyn Iterator<Item = &str>| {
        crate::json::write_member_name(out, name);
        out.push('[');
        for (at, item) in items.enumerate() {
            if at > 0 {
                out.push(',');
            }
            crate::json::write_string(out, item);
        }
        out.push(']');
    };
    list(&mut text, "srv", &mut config.releases.iter().map(ReleaseVersion::as_str));
    list(&mut text, "poa", &mut config.points_of_access.iter().map(String::as_str));
    text.push_str(",\"srt\":[");
    let announced = create::SUPPORTED.iter().filter_map(|ty| ty.announced());
    for (at, ty) in create::SUPPORTED.iter().copied().chain(announced).enumerate() {
        if at > 0 {
            text.push(',');
        }
        crate::json::write_u64(&mut text, u64::from(ty.number()));
    }
    text.push(']');
    let mut node = Node::new(ResourceType::CseBase, 1, text.into());
    node.flags = Flags::NAMED.with(Flags::OWN_ID);
    node
}

#[cfg(test)]
mod tests;
