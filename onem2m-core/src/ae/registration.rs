//! Registration of the AE at its registrar, and its upkeep (TS-0001 clause 10.2.2, TS-0004 clause
//! 7.4.5).

use super::exchange::Purpose;
use super::incoming::Channel;
use super::{Ae, Event, Resource, UsageError};
use crate::enumeration::{Operation, ResultContent};
use crate::json::Raw;
use crate::media::{BodyKind, MediaType};
use crate::primitive::{Content, Request, Response};
use crate::time::Timestamp;
use crate::{ResourceType, ResponseStatusCode, StatusClass};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use m2m_base::{Duration, Instant, UnixTime};

/// What makes an AE registered. To be kept over a restart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// AE-ID: the originator of every request.
    pub ae_id: String,
    /// Address of the `<AE>` resource, with the scope of [`Config::cse_base`](super::Config).
    pub resource: String,
}

/// Names of what an `<AE>` and a `<pollingChannel>` tell.
const CHANNEL_NAME: &str = "pch";

/// Shortest time between two doubts, so that an application that is refused often does not make
/// the AE ask as often.
const DOUBT_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) enum State {
    /// Not registered, and not about to be.
    Idle,
    /// Registering; `next` is when to try again. `missing`: what was there already was not, a
    /// moment later.
    Registering { attempts: u8, next: Option<Instant>, missing: bool },
    /// Registered.
    Registered(Registered),
    /// Leaving.
    Leaving(Registration),
}

#[derive(Debug)]
pub(super) struct Registered {
    registration: Registration,
    /// When to move the expiration.
    refresh: Option<Instant>,
    /// Failed attempts to do so.
    attempts: u8,
    doubted: Option<Instant>,
    channel: Option<Channel>,
}

impl State {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            State::Registering { next, .. } => *next,
            State::Registered(registered) => registered.refresh,
            State::Idle | State::Leaving(_) => None,
        }
    }

    pub(super) fn channel(&self) -> Option<&Channel> {
        match self {
            State::Registered(registered) => registered.channel.as_ref(),
            _ => None,
        }
    }
}

impl Ae {
    /// Registers. [`Event::Registered`] or [`Event::RegistrationFailed`] follows; unless the CSE
    /// refuses, it is tried until it succeeds.
    ///
    /// # Errors
    /// [`UsageError::Registered`]
    pub fn register(&mut self, now: Instant) -> Result<(), UsageError> {
        self.now = now;
        if !matches!(self.state, State::Idle) {
            return Err(UsageError::Registered);
        }
        self.begin_registration();
        Ok(())
    }

    /// Deletes the `<AE>`. [`Event::Deregistered`] follows.
    ///
    /// # Errors
    /// [`UsageError::NotRegistered`]
    pub fn deregister(&mut self, now: Instant) -> Result<(), UsageError> {
        self.now = now;
        let State::Registered(registered) = &self.state else {
            return Err(UsageError::NotRegistered);
        };
        let registration = registered.registration.clone();
        let mut request =
            Request::new(Operation::Delete, registration.resource.clone(), String::new());
        request.from = Some(registration.ae_id.clone());
        self.exchanges.drop_if(|p| !matches!(p, Purpose::Application(_) | Purpose::Result(_)));
        self.state = State::Leaving(registration);
        self.complete(&mut request);
        self.post(Purpose::Deregister, request, now);
        Ok(())
    }

    /// Goes on with a registration of an earlier start: requests can be made at once. Whether the
    /// CSE still has it is found out at once, too; if not, [`Event::RegistrationLost`] follows.
    ///
    /// # Errors
    /// [`UsageError::Registered`]
    pub fn restore(&mut self, now: Instant, registration: Registration) -> Result<(), UsageError> {
        self.now = now;
        if !matches!(self.state, State::Idle) {
            return Err(UsageError::Registered);
        }
        self.enter(registration, Some(now));
        Ok(())
    }

    /// The registration, while there is one.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        match &self.state {
            State::Registered(registered) => Some(&registered.registration),
            State::Leaving(registration) => Some(registration),
            _ => None,
        }
    }

    /// The originator of requests, if the AE is registered.
    pub(super) fn originator(&self) -> Option<&str> {
        match &self.state {
            State::Registered(registered) => Some(&registered.registration.ae_id),
            _ => None,
        }
    }

    /// The type of the resource that stands for this entity at the registrar.
    fn own_type(&self) -> ResourceType {
        if self.config.cse.is_some() { ResourceType::RemoteCse } else { ResourceType::Ae }
    }

    fn own_member(&self) -> &'static str {
        self.own_type().member_name().unwrap_or("")
    }

    /// Tells the registrar which CSEs are reached through this one.
    #[cfg(feature = "cse")]
    pub(crate) fn set_descendants(&mut self, descendants: alloc::vec::Vec<String>) {
        let Some(cse) = &mut self.config.cse else { return };
        if cse.descendants == descendants {
            return;
        }
        cse.descendants = descendants;
        cse.untold = true;
        if let State::Registered(registered) = &mut self.state {
            registered.refresh = Some(self.now);
        }
    }

    /// What is sent now has everything.
    fn told(&mut self) {
        if let Some(cse) = &mut self.config.cse {
            cse.untold = false;
        }
    }

    fn begin_registration(&mut self) {
        self.state = State::Registering { attempts: 0, next: None, missing: false };
        self.send_registration();
    }

    fn send_registration(&mut self) {
        let config = &self.config;
        let mut ae = Resource::new(self.own_type());
        if let Some(name) = &config.name {
            ae = ae.name(name);
        }
        ae = match &config.cse {
            None => ae.text("api", &config.app_id),
            Some(cse) => {
                let ae = ae.text("csi", &config.originator).text("cb", &cse.base);
                ae.number("cst", u64::from(cse.cse_type))
            }
        };
        ae = self.describe(ae, false);
        if !self.config.labels.is_empty() {
            ae = ae.list("lbl", &self.config.labels);
        }
        let mut request =
            Request::new(Operation::Create, self.config.cse_base.clone(), String::new());
        request.resource_type = Some(self.own_type());
        request.content = Some(ae.content());
        request.from = Some(self.config.originator.clone()).filter(|from| !from.is_empty());
        self.told();
        self.complete(&mut request);
        self.post(Purpose::Register, request, self.now);
    }

    /// The attributes that a registration and its update have in common.
    fn describe(&self, mut ae: Resource, known: bool) -> Resource {
        let config = &self.config;
        let reachable = !config.points_of_access.is_empty() || config.polling;
        ae = ae.boolean("rr", reachable);
        ae = match &config.cse {
            None => ae.list("srv", [config.release.as_str()]),
            Some(cse) => {
                let ae = ae.list("srv", &cse.releases);
                match (cse.descendants.is_empty(), known) {
                    (false, _) => ae.list("dcse", &cse.descendants),
                    (true, true) => ae.value("dcse", &serde_json::Value::Null),
                    (true, false) => ae,
                }
            }
        };
        if !config.points_of_access.is_empty() {
            ae = ae.list("poa", &config.points_of_access);
        }
        if !config.serializations.is_empty() {
            let types = config.serializations.iter();
            let types = types.map(|own| MediaType { kind: BodyKind::Plain, serialization: *own });
            ae = ae.list("csz", types.map(MediaType::name));
        }
        match self.expiration() {
            Some(until) => ae.text("et", &until),
            None => ae,
        }
    }

    /// When a registration that is made or updated now shall expire.
    fn expiration(&self) -> Option<String> {
        let until = self.wall()? + self.config.lifetime;
        Timestamp::from_unix_time(until, false).map(|t| t.to_string())
    }

    /// Takes up an `<AE>` that the CSE has already, if it can be ours.
    fn take_up(&mut self) -> bool {
        if self.config.is_stem() {
            return false;
        }
        let base = &self.config.cse_base;
        let to = match &self.config.name {
            Some(name) => format!("{base}/{name}"),
            // A CSE names the resource like the AE.
            None => self.on_registrar(&self.config.originator),
        };
        let from = self.config.originator.clone();
        self.update(Purpose::TakeUp, to, from);
        true
    }

    /// True once: the `<AE>` may have expired between two requests. Twice means that the name is
    /// somebody else's.
    fn first_missing(&mut self) -> bool {
        match &mut self.state {
            State::Registering { missing, .. } => !core::mem::replace(missing, true),
            _ => false,
        }
    }

    fn update(&mut self, purpose: Purpose, to: String, from: String) {
        let ae = self.describe(Resource::new(self.own_type()), true);
        let mut request = Request::new(Operation::Update, to, String::new());
        request.from = Some(from);
        request.content = Some(ae.content());
        request.result_content = Some(ResultContent::Attributes);
        self.told();
        self.complete(&mut request);
        self.post(purpose, request, self.now);
    }

    /// Takes the answer to a request of the AE's own.
    pub(super) fn registrar_answered(&mut self, purpose: Purpose, response: &Response) {
        let status = response.status;
        let good = status.class() == StatusClass::Success;
        match purpose {
            Purpose::Register if good => self.registered(response, false),
            Purpose::Register => match status {
                ResponseStatusCode::OriginatorHasAlreadyRegistered
                | ResponseStatusCode::Conflict
                | ResponseStatusCode::AlreadyExists
                    if self.take_up() => {}
                _ => self.registration_failed(Some(status)),
            },
            Purpose::TakeUp if good => self.registered(response, true),
            Purpose::TakeUp if status == ResponseStatusCode::NotFound && self.first_missing() => {
                self.send_registration();
            }
            Purpose::TakeUp => self.registration_failed(Some(status)),
            Purpose::Refresh if good => self.refreshed(response),
            Purpose::Refresh if status.class() == StatusClass::OriginatorError => {
                self.events.push_back(Event::RegistrationLost);
                self.leave();
                self.begin_registration();
            }
            Purpose::Refresh => self.refresh_later(),
            Purpose::Deregister if good || status == ResponseStatusCode::NotFound => {
                self.state = State::Idle;
                self.leave();
                self.events.push_back(Event::Deregistered);
            }
            // It may not leave; then it stays.
            Purpose::Deregister => self.stay(),
            Purpose::CreateChannel => self.channel_created(response),
            _ => {}
        }
    }

    /// Nothing came back on a request of the AE's own.
    pub(super) fn registrar_silent(&mut self, purpose: Purpose) {
        match purpose {
            Purpose::Register | Purpose::TakeUp => self.registration_failed(None),
            Purpose::Refresh => self.refresh_later(),
            Purpose::Deregister => self.stay(),
            Purpose::CreateChannel => self.create_channel(true),
            _ => {}
        }
    }

    fn registration_failed(&mut self, status: Option<ResponseStatusCode>) {
        let State::Registering { attempts, next, .. } = &mut self.state else { return };
        let refused = status.is_some_and(|s| {
            s.class() == StatusClass::OriginatorError && s != ResponseStatusCode::RequestTimeout
        });
        *attempts = attempts.saturating_add(1);
        *next = Some(self.now + self.config.retry.pause(*attempts, &mut self.random));
        if refused {
            self.state = State::Idle;
        }
        self.events.push_back(Event::RegistrationFailed { status, again: !refused });
    }

    fn registered(&mut self, response: &Response, known: bool) {
        let content = response.content.as_ref().map(Content::raw);
        let ae = content.and_then(|c| c.member(self.own_member()));
        let text = |name: &str| {
            ae.and_then(|a| a.member(name)).and_then(Raw::as_text).map(|t| t.into_owned())
        };
        let given = text("aei")
            .filter(|_| self.config.cse.is_none())
            .or_else(|| Some(self.config.originator.clone()).filter(|_| !self.config.is_stem()));
        let Some(ae_id) = given else {
            self.registration_failed(Some(response.status));
            return;
        };
        let resource = match (text("ri"), &self.config.name) {
            (Some(ri), _) => self.on_registrar(&ri),
            (None, Some(name)) => format!("{}/{name}", self.config.cse_base),
            (None, None) => self.on_registrar(&ae_id),
        };
        let refresh = self.learn(response);
        self.enter(Registration { ae_id, resource }, Some(refresh));
        self.events.push_back(Event::Registered { known });
    }

    fn enter(&mut self, registration: Registration, refresh: Option<Instant>) {
        let channel = self.config.polling.then(Channel::default);
        let polls = channel.is_some();
        self.state = State::Registered(Registered {
            registration,
            refresh,
            attempts: 0,
            doubted: None,
            channel,
        });
        if polls {
            self.create_channel(false);
        }
    }

    /// Learns the CSE's time from an answer with the attributes of the `<AE>`. Gives when to move
    /// the expiration: when three quarters of what is left have passed; at once if only now it can
    /// say until when, or if there is more to say.
    fn learn(&mut self, response: &Response) -> Instant {
        let content = response.content.as_ref().map(Content::raw);
        let ae = content.and_then(|c| c.member(self.own_member()));
        let time = |name: &str| -> Option<UnixTime> {
            let text = ae?.member(name)?.as_text()?;
            Timestamp::parse(&text).ok().map(|t| t.unix_time())
        };
        let knew = self.clock.is_some();
        if let Some(modified) = time("lt").or(time("ct")) {
            self.clock = Some((self.now, modified));
        }
        let untold = self.config.cse.as_ref().is_some_and(|cse| cse.untold);
        if untold || (!knew && self.clock.is_some()) {
            return self.now;
        }
        let left = match (time("et"), time("lt").or(time("ct")).or(self.wall())) {
            (Some(until), Some(now)) => {
                u64::try_from(until.as_millis().saturating_sub(now.as_millis())).unwrap_or(0)
            }
            _ => self.config.lifetime.as_millis(),
        };
        self.now + Duration::from_millis((left / 4).saturating_mul(3).max(1000))
    }

    fn refreshed(&mut self, response: &Response) {
        let next = self.learn(response);
        if let State::Registered(registered) = &mut self.state {
            registered.refresh = Some(next);
            registered.attempts = 0;
        }
    }

    /// The registrar could not move the expiration now.
    fn refresh_later(&mut self) {
        if let State::Registered(registered) = &mut self.state {
            registered.attempts = registered.attempts.saturating_add(1);
            let pause = self.config.retry.pause(registered.attempts, &mut self.random);
            registered.refresh = Some(self.now + pause);
        }
    }

    /// Makes sure soon that the CSE still has the `<AE>`.
    pub(super) fn doubt_registration(&mut self) {
        if let State::Registered(registered) = &mut self.state
            && registered.doubted.is_none_or(|at| self.now.since(at) >= DOUBT_PAUSE)
            && registered.refresh.is_some()
        {
            registered.doubted = Some(self.now);
            registered.refresh = Some(self.now);
        }
    }

    /// Does what is due for the registration.
    pub(super) fn keep_registered(&mut self) {
        match &mut self.state {
            State::Registering { next, .. } if next.is_some_and(|at| at <= self.now) => {
                *next = None;
                self.send_registration();
            }
            State::Registered(registered)
                if registered.refresh.is_some_and(|at| at <= self.now) =>
            {
                registered.refresh = None;
                let (to, from) = (
                    registered.registration.resource.clone(),
                    registered.registration.ae_id.clone(),
                );
                self.update(Purpose::Refresh, to, from);
            }
            _ => {}
        }
    }

    /// Ends what depends on the registration.
    fn leave(&mut self) {
        let mut lost = alloc::vec::Vec::new();
        lost.extend(self.exchanges.take_applications());
        lost.extend(self.accepted.drain(..).map(|a| a.id));
        lost.sort_unstable();
        lost.dedup();
        self.exchanges.drop_if(|_| true);
        let cancelled = super::Outcome::Cancelled;
        self.events.extend(lost.into_iter().map(|id| Event::Done { id, outcome: cancelled }));
    }

    fn stay(&mut self) {
        let registration = match &self.state {
            State::Leaving(registration) => registration.clone(),
            _ => return,
        };
        self.enter(registration, Some(self.now));
        self.events.push_back(Event::Registered { known: true });
    }

    fn create_channel(&mut self, pause: bool) {
        let State::Registered(Registered { registration, .. }) = &self.state else { return };
        let mut channel = Resource::new(ResourceType::PollingChannel).name(CHANNEL_NAME);
        if self.config.aggregation {
            channel = channel.boolean("rqag", true);
        }
        let mut request =
            Request::new(Operation::Create, registration.resource.clone(), String::new());
        request.from = Some(registration.ae_id.clone());
        request.resource_type = Some(ResourceType::PollingChannel);
        request.content = Some(channel.content());
        self.complete(&mut request);
        let wait = self.config.retry.longest_pause;
        let at = if pause { self.now + wait } else { self.now };
        self.post(Purpose::CreateChannel, request, at);
    }

    fn channel_created(&mut self, response: &Response) {
        let State::Registered(Registered { registration, channel: Some(channel), .. }) =
            &mut self.state
        else {
            return;
        };
        let content = response.content.as_ref().map(Content::raw);
        let made = content.and_then(|c| c.member("m2m:pch"));
        let identifier = made.and_then(|m| m.member("ri")).and_then(Raw::as_text);
        let identifier = identifier.map(|text| (*text).to_owned());
        let by_name = format!("{}/{CHANNEL_NAME}", registration.resource);
        let there = matches!(
            response.status,
            ResponseStatusCode::Conflict | ResponseStatusCode::AlreadyExists
        );
        if response.status.class() == StatusClass::Success || there {
            channel.address = Some(by_name);
            if let Some(identifier) = identifier {
                let address = self.on_registrar(&identifier);
                if let State::Registered(Registered { channel: Some(channel), .. }) =
                    &mut self.state
                {
                    channel.address = Some(address);
                }
            }
            self.poll_channel(false);
        } else {
            self.create_channel(true);
        }
    }
}
