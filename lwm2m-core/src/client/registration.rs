//! Registration: Register, Update, De-register, their order and their retries (Core 6.2; the
//! resources 13 to 20 of object 1).

use coap_core::{Code, OptionNumber, Outcome, RequestId};
use m2m_base::{Duration, Instant, Sink, SliceSink};

use super::account::{Account, FOLLOWS, State, server};
use super::dispatch::number;
use super::{Client, Event, Failure, Registration, UsageError};
#[cfg(feature = "v1-2")]
use crate::Version;

/// Longest wait between two attempts: doubling ends here.
const MAX_DOUBLINGS: u16 = 16;
/// A server can send the client away for a while.
const DISABLES: bool = cfg!(feature = "disable");

impl Client {
    /// Registers with all servers: those with a Registration Priority Order (/1/x/13) one after
    /// the other, the others at once, each after its Initial Registration Delay (/1/x/14). Those
    /// that are registered or about to stay as they are. Without a server the bootstrap server, if
    /// there is one, is asked for some (feature `bootstrap`).
    pub fn start(&mut self, now: Instant) {
        self.now = now;
        #[cfg(all(feature = "send", feature = "restore"))]
        self.drop_empty_sends();
        self.begin_registrations();
        #[cfg(feature = "bootstrap")]
        self.start_bootstrap();
        self.settle(now);
    }

    /// Every account that is off begins.
    pub(super) fn begin_registrations(&mut self) {
        for at in 0..self.accounts.len() {
            let ordered = FOLLOWS
                && self.store.unsigned(self.server_resource(at, server::PRIORITY)).is_some();
            let wait = self.setting(at, server::INITIAL_DELAY);
            let Some(account) = self.accounts.get_mut(at) else { continue };
            if account.ssid == 0 || !matches!(account.state, State::Off | State::Failed) {
                continue;
            }
            account.begin(self.now + Duration::from_secs(wait.into()));
            if ordered {
                account.state = State::Queued;
            }
        }
    }

    /// Registers with one server now, whatever its order and delays. One that is registered
    /// registers again. The version and the profile are those of the beginning again, even if the
    /// server has refused them.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`].
    pub fn register(&mut self, now: Instant, ssid: u16) -> Result<(), UsageError> {
        self.now = now;
        let at = self.account(ssid)?;
        self.drop_request(at);
        if let Some(account) = self.accounts.get_mut(at) {
            account.start_over();
            account.begin(self.now);
            #[cfg(any(feature = "restore", feature = "stream"))]
            {
                account.resume = false;
            }
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
        self.now = now;
        let at = self.account(ssid)?;
        let account = self.accounts.get_mut(at).ok_or(UsageError::UnknownServer)?;
        match account.state {
            State::Registered | State::Updating(_) => {
                account.disable = false;
                self.send_deregister(at)?;
            }
            State::Deregistering(_) => account.disable = false,
            _ => {
                self.drop_request(at);
                if let Some(account) = self.accounts.get_mut(at) {
                    account.state = State::Off;
                    account.told = Some(Event::Deregistered { server: ssid });
                }
            }
        }
        self.settle(now);
        Ok(())
    }

    /// The server cannot be reached for now, or can again. Meanwhile nothing is sent to it: the
    /// registration stays as it is, attempts at one wait, notifications are kept as /1/x/6 wants
    /// it. Afterwards comes an Update, and then what was kept.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`].
    pub fn set_online(&mut self, now: Instant, ssid: u16, online: bool) -> Result<(), UsageError> {
        let at = self.account(ssid)?;
        let Some(account) = self.accounts.get_mut(at) else { return Ok(()) };
        if core::mem::replace(&mut account.offline, !online) && online {
            account.want_update();
        }
        self.settle(now);
        Ok(())
    }

    /// How far the registration with a server is; `None` if there is no such account.
    #[must_use]
    pub fn registration(&self, ssid: u16) -> Option<Registration> {
        self.account(ssid).ok().and_then(|at| self.accounts.get(at)).map(Account::registration)
    }

    /// Gives up the request that is under way, without a word to the server.
    pub(super) fn drop_request(&mut self, at: usize) {
        if let Some(id) = self.accounts.get(at).and_then(Account::request) {
            let _ = self.endpoint.cancel(self.now, id, coap_core::Cancel::Forget);
        }
        if let Some(account) = self.accounts.get_mut(at)
            && account.request().is_some()
        {
            account.state = State::Off;
        }
    }

    /// Lets every account do what it has to.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn run_registrations(&mut self) {
        if self.store.is_staging() {
            return;
        }
        if FOLLOWS {
            self.run_queue();
        }
        for at in 0..self.accounts.len() {
            let (lifetime, binding) = (self.setting(at, server::LIFETIME), self.binding_sum(at));
            let Some(account) = self.accounts.get_mut(at).filter(|a| !a.offline) else { continue };
            match account.state {
                State::Waiting(until) | State::Disabled(until) if until <= self.now => {
                    if matches!(account.state, State::Disabled(_)) {
                        account.begin(self.now);
                    }
                    self.send_register(at);
                }
                State::Registered | State::Updating(_) if account.hold > self.now => {}
                State::Registered | State::Updating(_) if DISABLES && account.disable => {
                    let sent = self.send_deregister(at);
                    if let (Err(_), Some(account)) = (sent, self.accounts.get_mut(at)) {
                        account.hold(self.now);
                    }
                }
                State::Registered => {
                    let changed = account.objects
                        || account.wanted
                        || account.lifetime != lifetime
                        || account.binding != binding;
                    if changed || account.update <= self.now {
                        self.send_told(at, false);
                    }
                }
                _ => {}
            }
        }
    }

    /// Starts the next of the accounts that have an order, if none before it is in the way.
    fn run_queue(&mut self) {
        loop {
            let mut next = None;
            let mut blocked_from = u64::MAX;
            for (at, account) in self.accounts.iter().enumerate() {
                let Some(order) = self.store.unsigned(account.resource(server::PRIORITY)) else {
                    continue;
                };
                let block = account.resource(server::FAILURE_BLOCK);
                let blocks = self.store.boolean(block) == Some(true);
                match account.state {
                    State::Queued if next.is_none_or(|(least, _)| order < least) => {
                        next = Some((order, at));
                    }
                    State::Waiting(_) | State::Connecting | State::Registering(_)
                        if account.sequences == 0 || blocks =>
                    {
                        blocked_from = blocked_from.min(order);
                    }
                    State::Failed if blocks => blocked_from = blocked_from.min(order),
                    _ => {}
                }
            }
            let Some((_, at)) = next.filter(|(order, _)| *order < blocked_from) else { return };
            let wait = Duration::from_secs(self.setting(at, server::INITIAL_DELAY).into());
            if let Some(account) = self.accounts.get_mut(at) {
                account.begin(self.now + wait);
            }
        }
    }

    fn send_register(&mut self, at: usize) {
        let Some(account) = self.accounts.get_mut(at) else { return };
        if !account.connected {
            account.state = State::Connecting;
            let (server, security) = (account.ssid, account.security);
            account.told = Some(Event::Connect { server, security });
            return;
        }
        #[cfg(feature = "oscore")]
        if let Some(peer) = self.accounts.get(at).map(|account| account.peer)
            && !self.secure(number(at), peer)
        {
            return self.attempt_failed(at, Failure::Connection);
        }
        #[cfg(any(feature = "restore", feature = "stream"))]
        if self.resume(self.now, at) {
            return self.send_told(at, false);
        }
        #[cfg(feature = "v1-2")]
        self.prefer_supported(at);
        // The server forgets what it observed with the registration before, and observes again.
        #[cfg(feature = "storing")]
        self.lose_observations(at);
        #[cfg(not(feature = "storing"))]
        self.drop_observations(number(at));
        self.send_told(at, true);
    }

    /// The server says which versions it has (/1/x/25): the newest of them that the account may.
    #[cfg(feature = "v1-2")]
    fn prefer_supported(&mut self, at: usize) {
        let list = self.server_resource(at, server::SUPPORTED_VERSIONS);
        let texts = self.store.paths(list).map(|path| self.store.text(path));
        let versions = texts.filter_map(Version::of);
        let Some(account) = self.accounts.get(at) else { return };
        let best = versions.filter(|version| *version <= account.version).max();
        if let (Some(best), Some(account)) = (best, self.accounts.get_mut(at)) {
            account.version = best;
        }
    }

    /// The profile is what the client has, and the account's version has profiles.
    #[cfg(feature = "v1-2")]
    pub(super) fn goes_by_profile(&self, at: usize) -> bool {
        let version = self.accounts.get(at).map(|account| account.version);
        !self.profile.is_empty() && version >= Some(Version::V1_2)
    }

    /// Gives up an Update that is under way: the registration is about to end.
    pub(super) fn drop_update(&mut self, at: usize) {
        let Some(account) = self.accounts.get_mut(at) else { return };
        if let State::Updating(id) = account.state {
            account.state = State::Registered;
            let _ = self.endpoint.cancel(self.now, id, coap_core::Cancel::Forget);
        }
    }

    /// A request of ours is over.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn request_done(&mut self, id: RequestId, outcome: Outcome) {
        #[cfg(feature = "send")]
        if self.send_done(self.now, id, outcome) {
            return self.endpoint.release(id);
        }
        let at = self.accounts.iter().position(|a| a.request() == Some(id));
        #[cfg(feature = "bootstrap")]
        let of_bootstrap = self.bootstrap.request() == Some(id);
        #[cfg(not(feature = "bootstrap"))]
        let of_bootstrap = false;
        if at.is_some() || of_bootstrap {
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
            let at = at.unwrap_or(usize::MAX);
            match self.accounts.get(at).map(|a| a.state) {
                Some(State::Registering(_)) => self.register_done(at, id, result),
                Some(State::Updating(_)) => self.update_done(at, result),
                Some(State::Deregistering(_)) => self.deregister_done(at),
                #[cfg(feature = "bootstrap")]
                None => self.bootstrap_request_done(id, result),
                _ => {}
            }
        }
        self.endpoint.release(id);
    }

    fn register_done(&mut self, at: usize, id: RequestId, result: Result<(), Failure>) {
        let result = result.and_then(|()| self.keep_location(at, id).ok_or(Failure::Location));
        if let Err(failure) = result {
            let again = match failure {
                Failure::Response(Code::PRECONDITION_FAILED) => {
                    self.accounts.get_mut(at).is_some_and(Account::step_down)
                }
                #[cfg(feature = "v1-2")]
                Failure::Response(Code::CONFLICT) if self.goes_by_profile(at) => {
                    let known = self.accounts.get_mut(at).map(|account| &mut account.no_profile);
                    known.is_some_and(|no_profile| !core::mem::replace(no_profile, true))
                }
                _ => false,
            };
            if !again {
                return self.attempt_failed(at, failure);
            }
            if let Some(account) = self.accounts.get_mut(at) {
                account.state = State::Waiting(self.now);
            }
            return;
        }
        self.schedule_update(at);
        if let Some(account) = self.accounts.get_mut(at) {
            account.state = State::Registered;
            (account.attempts, account.sequences) = (0, 0);
            account.told = Some(Event::Registered { server: account.ssid });
        }
    }

    fn update_done(&mut self, at: usize, result: Result<(), Failure>) {
        self.schedule_update(at);
        let Some(account) = self.accounts.get_mut(at) else { return };
        if result.is_ok() {
            account.state = State::Registered;
            account.told = Some(Event::Updated { server: account.ssid });
            #[cfg(feature = "storing")]
            self.give_up_lost(at);
        } else {
            // 4.04: the server does not know the registration (any more). No answer, or another
            // error: what the server knows is in doubt (Core 6.2.2).
            account.begin(self.now);
        }
    }

    pub(super) fn deregister_done(&mut self, at: usize) {
        let timeout = if DISABLES { self.setting(at, server::DISABLE_TIMEOUT) } else { 0 };
        // A server that disables the client wants to be told later what it misses meanwhile.
        let disabled = DISABLES && self.accounts.get(at).is_some_and(|account| account.disable);
        if !(disabled && self.stores(number(at))) {
            self.drop_observations(number(at));
        }
        let Some(account) = self.accounts.get_mut(at) else { return };
        let server = account.ssid;
        account.disable = false;
        if disabled {
            let until = self.now + Duration::from_secs(timeout.into());
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
        let from = at.wrapping_mul(self.location.into());
        let room = self.locations.get_mut(from..)?;
        let len = room.len().min(self.location.into());
        let room = room.get_mut(..len)?;
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
        let lifetime = Duration::from_secs(account.lifetime.into()).as_millis();
        let wait = lifetime.saturating_sub(margin.as_millis()).max(lifetime / 2);
        account.update = match account.lifetime {
            0 => Instant::FAR,
            _ => account.sent + Duration::from_millis(wait),
        };
    }

    /// An attempt to register failed: the next one comes after a wait that doubles; a sequence of
    /// them is followed by another after a long one.
    pub(super) fn attempt_failed(&mut self, at: usize, reason: Failure) {
        let attempts = self.setting(at, server::RETRY_COUNT);
        let timer = self.setting(at, server::RETRY_TIMER);
        let delay = self.setting(at, server::SEQUENCE_DELAY);
        let sequences = self.setting(at, server::SEQUENCE_COUNT);
        #[cfg(feature = "bootstrap")]
        let falls_back = self.can_fall_back(at);
        #[cfg(not(feature = "bootstrap"))]
        let falls_back = false;
        let refused = falls_back && matches!(reason, Failure::Response(code) if code.class() == 4);
        let Some(account) = self.accounts.get_mut(at) else { return };
        account.attempts = account.attempts.saturating_add(1);
        let again = if refused {
            // What helps is another account, not another attempt.
            None
        } else if u32::from(account.attempts) < attempts {
            let doublings = account.attempts.saturating_sub(1).min(MAX_DOUBLINGS);
            Some(self.now + Duration::from_secs(timer.into()).times(1 << doublings))
        } else {
            account.attempts = 0;
            account.sequences = account.sequences.saturating_add(1);
            // The largest delay means that there is no other sequence.
            let last = u32::from(account.sequences) >= sequences || delay == u32::MAX;
            (!last).then(|| self.now + Duration::from_secs(delay.into()))
        };
        account.state = again.map_or(State::Failed, State::Waiting);
        account.told = Some(Event::RegistrationFailed { server: account.ssid, reason, again });
        #[cfg(feature = "bootstrap")]
        if again.is_none() && falls_back {
            self.fall_back();
        }
    }
}
