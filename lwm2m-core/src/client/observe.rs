//! Observations (Core 6.4, 5.1.2): which server watches what, and when it is told.

use coap_core::{Code, ContentFormat, ObserverEnd, ObserverId, Response};
use m2m_base::container::Reserved;
use m2m_base::{Duration, Instant};

use super::account::Account;
use super::account::server::NOTIFICATION_STORING;
use super::attributes::{Attribute, UNSET, is_triggered};
use super::dispatch::{Body, content, number};
use super::{BREATH, Client};
use crate::real::is_number;
use crate::text::has;
use crate::{Path, Value, object};

/// Resources of the Server object that hold for observations: defaults of `pmin` and `pmax`, in this
/// order; how they are told, confirmed where nothing is said.
const DEFAULTS: u16 = 2;
const NOTIFICATION_MODE: (u16, u32) = (26, 1);
/// Something is kept under the numbers of observations.
pub(super) const NUMBERED: bool =
    cfg!(any(feature = "composite", feature = "v1-2", feature = "storing"));

/// One server watches one path, or a list of them.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(4))]
pub(super) struct Observation {
    /// `None`: the server has to observe again, and what it misses until then is kept (see
    /// `lost.rs`).
    pub(super) id: Option<ObserverId>,
    /// When there is something to do; [`Instant::FAR`] for never.
    pub(super) due: Instant,
    /// When the server was told last.
    sent: Instant,
    /// When the value was looked at last.
    #[cfg(feature = "v1-2")]
    looked: Instant,
    /// The number that the server was told; NaN for what is no number.
    value: f64,
    /// Checksum of the payload that it was told.
    pub(super) sum: u32,
    /// The root for a list.
    pub(super) path: Path,
    pub(super) format: ContentFormat,
    /// Its own number, under which its list and its attributes are kept.
    pub(super) serial: u16,
    pub(super) account: u8,
    /// Something at or below the path was set and has not been looked at.
    touched: bool,
    /// A change is worth a notification and waits for the minimum period.
    pub(super) triggered: bool,
    /// It is due, and the server cannot be told now.
    pub(super) held: bool,
    /// What was kept is on its way, and nothing must take its place.
    #[cfg(feature = "storing")]
    pub(super) waits: bool,
    /// It was made while the client registered, and the server may have forgotten it with the
    /// registration before.
    #[cfg(feature = "storing")]
    pub(super) early: bool,
    #[cfg(feature = "composite")]
    pub(super) is_list: bool,
}

impl Observation {
    fn body(&self) -> Body {
        #[cfg(feature = "composite")]
        if self.is_list {
            return Body::Composite(self.serial, self.format);
        }
        Body::Read(self.path, self.format)
    }

    /// Nothing is to be done now.
    fn rests(&self, now: Instant) -> bool {
        !cfg!(feature = "storing") && !self.touched && !self.held && { self.due } > now
    }
}

/// Where the attributes of one observation are kept: no object has this ID.
pub(super) fn own_path(serial: u16) -> Path {
    Path::instance(Path::UNASSIGNED, serial)
}

/// Something at or below `path` is not what it was.
pub(super) fn touch(
    observations: &mut [Observation],
    #[cfg(feature = "composite")] lists: &super::Lists,
    path: Path,
) {
    for observation in observations {
        let near = |watched: &Path| watched.starts_with(path) || path.starts_with(*watched);
        let own = &observation.path;
        #[cfg(feature = "composite")]
        let watched = if observation.is_list {
            lists.paths(observation.serial)
        } else {
            core::slice::from_ref(own)
        }
        .iter()
        .any(near);
        #[cfg(not(feature = "composite"))]
        let watched = near(own);
        // The defaults of an account, or what a server may see, may have changed.
        let rules = [object::SERVER.id, object::ACCESS_CONTROL.id];
        if watched || path.object_id().is_some_and(|id| rules.contains(&id)) {
            observation.touched = true;
        }
    }
}

#[cfg(all(feature = "storing", feature = "restore"))]
impl Observation {
    /// One of before a restart, which its server has to make again. What the server knows is not
    /// known any more.
    pub(super) fn lost(
        now: Instant,
        account: u8,
        serial: u16,
        path: Path,
        format: ContentFormat,
        is_list: bool,
    ) -> Observation {
        let _ = is_list;
        Observation {
            id: None,
            due: Instant::FAR,
            sent: now,
            #[cfg(feature = "v1-2")]
            looked: now,
            value: f64::NAN,
            sum: 0,
            path,
            format,
            serial,
            account,
            touched: false,
            triggered: false,
            held: false,
            waits: false,
            early: false,
            #[cfg(feature = "composite")]
            is_list,
        }
    }
}

impl Client {
    /// A number for an observation to be made, which no other has.
    pub(super) fn next_observation(&mut self) -> u16 {
        if !NUMBERED {
            return 0;
        }
        loop {
            self.observation = self.observation.checked_add(1).unwrap_or(1);
            let serial = self.observation;
            if !self.observations.iter().any(|o| o.serial == serial) {
                return serial;
            }
        }
    }

    /// A server attaches attributes to a path; or to the one observation of it that it asks for, by
    /// its number: Core 1.2, 6.4.1; of a list, also 1.1.
    pub(super) fn attach(
        &mut self,
        id: coap_core::IncomingId,
        at: usize,
        path: Path,
        observation: Option<u16>,
    ) -> Result<(), Code> {
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let target = self.store.resource(path).map(|row| row.data_type);
        let version = self.version(at);
        let place = observation.map_or(path, own_path);
        let before = self.attached.at(number(at), place);
        let mut after = before;
        for query in incoming.options.query() {
            // Each of an observation has a value; a list has no queue.
            let proper = observation.is_none()
                || has(query, b'=') && !(path == Path::ROOT && query.starts_with(b"hqmax"));
            if !proper {
                return Err(Code::BAD_REQUEST);
            }
            after.apply(query, target, version)?;
        }
        after.check()?;
        let room = self.attached.replace(number(at), place, &before, &after);
        if room { Ok(()) } else { Err(Code::INTERNAL_SERVER_ERROR) }
    }

    /// A server observes and was told the state just now.
    pub(super) fn observed(
        &mut self,
        id: ObserverId,
        account: usize,
        body: Body,
        serial: u16,
        sum: u32,
    ) {
        #[cfg(feature = "storing")]
        let serial = self.inherit(account, body, serial);
        // There is room for as many observers as the endpoint has, and one that is just replaced.
        if self.observations.len() >= self.observations.capacity() {
            self.forget_observation(Some(serial));
            return self.endpoint.remove_observer(id);
        }
        let (path, format, is_list) = match body {
            Body::Read(path, format) => (path, format, false),
            #[cfg(feature = "composite")]
            Body::Composite(_, format) => (Path::ROOT, format, true),
            // Nobody observes links.
            _ => (Path::ROOT, body.format(), false),
        };
        let _ = is_list;
        #[cfg(feature = "storing")]
        let early = self.accounts.get(account).is_some_and(Account::is_registering);
        let mut observation = Observation {
            id: Some(id),
            due: Instant::FAR,
            sent: self.now,
            #[cfg(feature = "v1-2")]
            looked: self.now,
            value: self.number_at(path),
            sum,
            path,
            format,
            serial,
            account: number(account),
            touched: false,
            triggered: false,
            held: false,
            #[cfg(feature = "storing")]
            waits: false,
            #[cfg(feature = "storing")]
            early,
            #[cfg(feature = "composite")]
            is_list,
        };
        self.reschedule(&mut observation);
        self.observations.push_reserved(observation);
    }

    /// Forgets what is kept for an observation.
    pub(super) fn forget_observation(&mut self, serial: Option<u16>) {
        let Some(serial) = serial else { return };
        #[cfg(any(feature = "composite", feature = "v1-2"))]
        self.attached.forget_path(own_path(serial));
        #[cfg(feature = "composite")]
        self.lists.forget(serial);
        #[cfg(feature = "storing")]
        self.history.forget(serial);
        let _ = serial;
    }

    /// The endpoint has no such observer any more.
    pub(super) fn observer_gone(&mut self, id: ObserverId, reason: ObserverEnd) {
        if let Some(at) = self.observations.iter().position(|o| o.id == Some(id)) {
            #[cfg(feature = "storing")]
            if self.lose(at, reason) {
                return;
            }
            let _ = reason;
            let observation = self.observations.remove(at);
            self.forget_observation(Some(observation.serial));
        }
    }

    /// The single number at `path`; NaN if there is none.
    #[allow(clippy::cast_precision_loss, reason = "attributes compare as decimal numbers")]
    fn number_at(&self, path: Path) -> f64 {
        match self.store.get(path) {
            Some(Value::Integer(n) | Value::Time(n)) => n as f64,
            Some(Value::Unsigned(n)) => n as f64,
            Some(Value::Float(n)) => n,
            Some(Value::Boolean(b)) => f64::from(u8::from(b)),
            _ => f64::NAN,
        }
    }

    /// The paths that an observation is of.
    #[cfg_attr(all(feature = "small", feature = "composite"), inline(never))]
    #[allow(clippy::unused_self, reason = "it has the lists")]
    pub(super) fn paths_of<'a>(&'a self, observation: &'a Observation) -> &'a [Path] {
        #[cfg(feature = "composite")]
        if observation.is_list {
            return self.lists.paths(observation.serial);
        }
        core::slice::from_ref(&observation.path)
    }

    /// What holds for an observation of one attribute: of its own, if it has some, or else of those
    /// attached to its path and above.
    #[cfg_attr(feature = "small", inline(never))]
    fn attribute(&self, observation: &Observation, attribute: Attribute) -> u64 {
        let own = own_path(observation.serial);
        let has_own = NUMBERED && self.attached.is_any_at(own);
        if !cfg!(feature = "composite") {
            let path = if has_own { own } else { observation.path };
            return self.attached.find(observation.account, path, attribute);
        }
        let paths = if has_own { core::slice::from_ref(&own) } else { self.paths_of(observation) };
        // The shortest periods of a list count: then none of its paths is told later than it wants.
        let most = matches!(attribute, Attribute::CON | Attribute::HQMAX);
        let mut found = UNSET;
        for path in paths {
            let bits = self.attached.find(observation.account, *path, attribute);
            if found == UNSET || bits != UNSET && (bits > found) == most {
                found = bits;
            }
        }
        found
    }

    /// The same of one that is a whole number.
    pub(super) fn whole_of(&self, observation: &Observation, attribute: Attribute) -> Option<u32> {
        u32::try_from(self.attribute(observation, attribute)).ok()
    }

    /// A period of an observation, in seconds; or else the default of its account.
    fn period(&self, observation: &Observation, attribute: Attribute) -> u32 {
        let default = (DEFAULTS.saturating_add(attribute.index().into()), 0);
        self.whole_of(observation, attribute)
            .unwrap_or_else(|| self.setting(observation.account.into(), default))
    }

    /// When the next notification is due: at the end of the minimum period if a change waits
    /// (`triggered`), at the end of the maximum period in any case. A maximum of 0 or below the minimum
    /// is none.
    fn period_end(&self, observation: &Observation, triggered: bool) -> Instant {
        let mut wait = self.period(observation, Attribute::PMIN);
        if !triggered {
            let most = self.period(observation, Attribute::PMAX);
            if most < wait.max(1) {
                return Instant::FAR;
            }
            wait = most;
        }
        observation.sent + Duration::from_secs(wait.into())
    }

    /// When a change may be looked at: not sooner after the last look than `epmin` says.
    #[cfg(feature = "v1-2")]
    fn evaluation(&self, observation: &Observation) -> Option<Instant> {
        let wait = self.whole_of(observation, Attribute::EPMIN)?;
        Some(observation.looked + Duration::from_secs(wait.into()))
    }

    /// The same.
    #[cfg(not(feature = "v1-2"))]
    #[allow(clippy::unused_self, reason = "as with 1.2")]
    const fn evaluation(&self, _: &Observation) -> Option<Instant> {
        None
    }

    /// Something at or below `path` is not what it was.
    pub(super) fn touch(&mut self, path: Path) {
        touch(
            &mut self.observations,
            #[cfg(feature = "composite")]
            &self.lists,
            path,
        );
    }

    /// Makes the observation at a place what it was copied to be.
    pub(super) fn put_observation(&mut self, at: usize, observation: Observation) {
        if let Some(place) = self.observations.get_mut(at) {
            *place = observation;
        }
    }

    /// Finds out when there is something to do.
    pub(super) fn reschedule(&self, observation: &mut Observation) {
        let mut due = self.period_end(observation, observation.triggered);
        if observation.touched
            && let Some(look) = self.evaluation(observation)
        {
            due = due.min(look);
        }
        // A period that is over already ends now.
        observation.due = due.max(self.now);
    }

    /// Ends the observations of an account.
    pub(super) fn drop_observations(&mut self, account: u8) {
        let mut at = 0;
        while let Some(observation) = self.observations.get(at) {
            if observation.account == account {
                self.drop_observation(at);
            } else {
                at = at.saturating_add(1);
            }
        }
    }

    /// Ends an observation, without a word to its server.
    pub(super) fn drop_observation(&mut self, at: usize) {
        let observation = self.observations.remove(at);
        if let Some(id) = observation.id {
            self.endpoint.remove_observer(id);
        }
        self.forget_observation(Some(observation.serial));
    }

    /// The server wants to be told later what cannot be told now (/1/x/6). Without this resource,
    /// it does.
    pub(super) fn stores(&self, account: u8) -> bool {
        let path = self.server_resource(account.into(), NOTIFICATION_STORING);
        cfg!(feature = "storing") && self.store.boolean(path) != Some(false)
    }

    /// Looks at what was touched and tells what is due.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn run_observations(&mut self) {
        if self.store.is_staging() {
            return;
        }
        let mut at = 0;
        while let Some(observation) = self.observations.get(at) {
            if observation.rests(self.now) {
                at = at.saturating_add(1);
                continue;
            }
            let mut observation = *observation;
            if self.run_observation(&mut observation) {
                self.put_observation(at, observation);
                at = at.saturating_add(1);
            } else {
                self.observations.remove(at);
                self.forget_observation(Some(observation.serial));
            }
        }
    }

    /// The same for one. False if it is over.
    fn run_observation(&mut self, observation: &mut Observation) -> bool {
        let account = self.accounts.get(usize::from(observation.account));
        let online = account.is_some_and(Account::is_online) && observation.id.is_some();
        if observation.touched {
            self.look(observation);
        }
        if observation.held && online {
            observation.held = false;
            self.reschedule(observation);
        }
        #[cfg(feature = "storing")]
        let ready = online && !(observation.waits && self.is_busy(observation));
        #[cfg(not(feature = "storing"))]
        let ready = online;
        let due = { observation.due } <= self.now;
        #[cfg(feature = "storing")]
        let due = due || ready && self.history.has(observation.serial);
        if due && ready {
            return self.tell(observation);
        }
        if due {
            self.keep(observation);
        }
        true
    }

    /// A notification of what is kept has not arrived yet. When it has, the rest is due.
    #[cfg(feature = "storing")]
    fn is_busy(&mut self, observation: &mut Observation) -> bool {
        let busy = observation.id.is_some_and(|id| self.endpoint.is_notifying(id));
        if !busy {
            self.history.arrived(observation.serial);
            (observation.waits, observation.early) = (false, false);
            self.reschedule(observation);
        }
        busy
    }

    /// Decides whether a change is worth a notification.
    fn look(&self, observation: &mut Observation) {
        if self.evaluation(observation).is_none_or(|at| at <= self.now) {
            let (sent, new) = (observation.value, self.number_at(observation.path));
            // What is not there is no number; but rights may have gone.
            let gone =
                cfg!(feature = "access-control") && self.check_observed(observation).is_err();
            let worth = gone
                || !is_number(new)
                || !is_number(sent)
                || is_triggered(sent, new, |attribute| self.attribute(observation, attribute));
            observation.touched = false;
            #[cfg(feature = "v1-2")]
            {
                observation.looked = self.now;
            }
            observation.triggered |= worth;
            if cfg!(feature = "v1-2")
                && is_number(new)
                && self.whole_of(observation, Attribute::EDGE).is_some()
            {
                // It counts what the value became, not what the server was told: that may be the
                // same twice.
                observation.value = new;
                if worth {
                    observation.sum = !observation.sum;
                }
            }
        }
        self.reschedule(observation);
    }

    /// What is observed is there, and the server may read it.
    fn check_observed(&self, observation: &Observation) -> Result<(), Code> {
        let reader = self.viewer(observation.account.into());
        #[cfg(feature = "composite")]
        if observation.is_list {
            // What went may come back; rights that went do not.
            return match self.lists.check(observation.serial, &self.store, reader) {
                Err(Code::UNAUTHORIZED) => Err(Code::UNAUTHORIZED),
                _ => Ok(()),
            };
        }
        self.store.check_readable(observation.path, reader)
    }

    /// A notification is to be confirmed: if an attribute says so of anything that is in it; if not,
    /// as the server wants it in general. Confirmed, the last state arrives.
    fn confirms(&self, observation: &Observation) -> bool {
        let account = observation.account;
        if cfg!(feature = "v1-2") {
            let paths = self.paths_of(observation);
            let below = paths.iter().any(|path| self.attached.con_at(account, *path));
            match self.whole_of(observation, Attribute::CON) {
                _ if below => return true,
                Some(con) => return con == 1,
                None => {}
            }
        }
        self.setting(account.into(), NOTIFICATION_MODE) != 0
    }

    /// It is due and the server cannot be told: what changed is kept, or waits in the store as the
    /// one latest state.
    fn keep(&mut self, observation: &mut Observation) {
        #[cfg(feature = "storing")]
        if observation.triggered
            && self.stores(observation.account)
            && self.store_state(observation, usize::MAX)
        {
            observation.triggered = false;
            observation.sent = self.now;
            return self.reschedule(observation);
        }
        observation.held = true;
        self.rest(observation);
    }

    /// Nothing is to be told before something else happens; only a change may have to be looked at.
    fn rest(&self, observation: &mut Observation) {
        observation.due = Instant::FAR;
        if cfg!(feature = "v1-2") && observation.touched {
            observation.due = self.evaluation(observation).unwrap_or(Instant::FAR);
        }
    }

    /// Puts the present state into the history, unless it is what the server knows or will know.
    /// False if it is not kept: its body is longer than `most`, or the history has no room.
    #[cfg(feature = "storing")]
    pub(super) fn store_state(&mut self, observation: &mut Observation, longest: usize) -> bool {
        let account = usize::from(observation.account);
        let Ok((piece, _)) = self.make_body(account, observation.body(), None) else {
            return false;
        };
        if piece.etag == observation.sum {
            return true;
        }
        if piece.total > longest {
            return false;
        }
        if self.check_observed(observation).is_err() {
            // It may be there again when the server can be told.
            return false;
        }
        let most = self
            .whole_of(observation, Attribute::HQMAX)
            .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let (reader, serial) = (self.viewer(account), observation.serial);
        let items = match observation.body() {
            #[cfg(feature = "composite")]
            Body::Composite(list, _) => self.store.listed(self.lists.paths(list), reader),
            _ => self.store.items(observation.path, reader),
        };
        let kept = self.history.replace(serial, self.now, items, most);
        if kept {
            observation.sum = piece.etag;
            observation.value = self.number_at(observation.path);
        }
        kept
    }

    /// Tells a server what is due: first what was kept for it, then the present state. False if the
    /// observation is over.
    fn tell(&mut self, observation: &mut Observation) -> bool {
        #[cfg(feature = "storing")]
        {
            let has = self.history.has(observation.serial);
            // What is due now comes behind the rest; and if it is to be confirmed, it is kept until
            // it is.
            let longest = if has { usize::MAX } else { self.longest_kept(observation) };
            if observation.triggered
                && { observation.due } <= self.now
                && longest > 0
                && self.store_state(observation, longest)
            {
                observation.triggered = false;
            }
            if self.history.has(observation.serial) {
                return self.tell_history(observation);
            }
        }
        self.notify(observation)
    }

    /// A notification that goes out now is kept until it has arrived if its body is no longer.
    #[cfg(feature = "storing")]
    fn longest_kept(&self, observation: &Observation) -> usize {
        let kept = self.stores(observation.account)
            && self.check_observed(observation).is_ok()
            && self.confirms(observation);
        if kept { self.endpoint.block_size().min(self.scratch.len()) } else { 0 }
    }

    /// Sends of what was kept as much as fits into one message, once the notification before has
    /// arrived.
    #[cfg(feature = "storing")]
    fn tell_history(&mut self, observation: &mut Observation) -> bool {
        use super::history::Moment;
        use crate::format;
        use coap_core::{OptionNumber, OptionWriter};
        use m2m_base::SliceSink;
        let Observation { serial, path, format, .. } = *observation;
        let Some(id) = observation.id else { return true };
        if self.endpoint.is_notifying(id) {
            observation.waits = true;
            self.rest(observation);
            return true;
        }
        // Without times, one state at a time.
        let timed = is_timed(format);
        let groups = if timed { self.history.groups(serial).count() } else { 1 };
        // One that is of now needs none.
        let timed =
            timed && self.history.groups(serial).any(|group| group.time != Moment::At(self.now));
        let clock = super::history::Clock { now: self.now, wall: self.wall_clock(self.now) };
        let clock = timed.then_some(clock);
        let most = self.endpoint.block_size().min(self.scratch.len());
        let prefix = self.store.prefix(path);
        #[cfg(feature = "composite")]
        let prefix =
            if observation.is_list { self.lists.prefix(serial, &self.store) } else { prefix };
        let target = format::Target::from(self.store.outward(path)).with_prefix(prefix.as_str());
        let mut len = 0;
        let mut taken = 0usize;
        while taken < groups {
            let items = self.history.items(serial, taken.saturating_add(1), clock);
            let items = self.store.told(items);
            // One that is longer than a block goes alone, in blocks.
            let room = if taken == 0 { self.scratch.len() } else { most };
            let size = match format::encoded_len(format, target, items.clone()) {
                Ok(size) if size <= room => size,
                _ => break,
            };
            taken = taken.saturating_add(1);
            len = size;
            if size > most {
                break;
            }
        }
        let items = self.store.told(self.history.items(serial, taken, clock));
        let mut sink = SliceSink::new(self.scratch.get_mut(..len).unwrap_or_default());
        let written = format::write(format, target, items, &mut sink).is_ok();
        if taken == 0 || !written {
            // It cannot be told at all.
            self.history.pop(serial);
            observation.due = self.now + BREATH;
            return true;
        }
        let mut buf = [0; 4];
        let mut options = OptionWriter::new(&mut buf);
        let _ = options.push_uint(OptionNumber::CONTENT_FORMAT, format.0.into());
        let response = Response {
            options: options.options(),
            payload: self.scratch.get(..len).unwrap_or(&[]),
            confirmable: true,
            ..Response::new(Code::CONTENT)
        };
        match self.endpoint.notify(self.now, id, &response) {
            Ok(()) => {
                self.history.mark_sent(serial, taken);
                observation.waits = true;
                observation.sent = self.now;
                self.reschedule(observation);
                if { observation.due } <= self.now {
                    // What could not be kept is told once this has arrived.
                    self.rest(observation);
                }
                true
            }
            Err(coap_core::UsageError::Full) => {
                // Again in a moment.
                observation.due = self.now + BREATH;
                true
            }
            Err(_) => {
                self.endpoint.remove_observer(id);
                false
            }
        }
    }

    /// Tells a server the state of what it observes, unless that was the reason and it is what the
    /// server was told last. False if the observation is over.
    fn notify(&mut self, observation: &mut Observation) -> bool {
        let Some(id) = observation.id else { return true };
        let account = usize::from(observation.account);
        let made = self
            .check_observed(observation)
            .and_then(|()| self.make_body(account, observation.body(), None));
        let sum = made.as_ref().ok().map(|(piece, _)| piece.etag);
        if sum != Some(observation.sum) || self.period_end(observation, false) <= self.now {
            let confirmable = sum.is_some() && self.confirms(observation);
            let mut options = [0; 4];
            let mut response = match made {
                Ok(made) => content(&mut options, observation.format, &self.scratch, made),
                Err(code) => Response::new(code),
            };
            response.confirmable = confirmable;
            match (self.endpoint.notify(self.now, id, &response), sum) {
                // That is the end of it.
                (_, None) => return false,
                (Ok(()), Some(sum)) => observation.sum = sum,
                (Err(coap_core::UsageError::Full), _) => {
                    // Again in a moment.
                    observation.due = self.now + BREATH;
                    return true;
                }
                (Err(_), _) => {
                    self.endpoint.remove_observer(id);
                    return false;
                }
            }
            observation.sent = self.now;
            observation.value = self.number_at(observation.path);
        }
        observation.triggered = false;
        self.reschedule(observation);
        true
    }
}

/// The format tells when a value was so.
#[cfg(feature = "storing")]
fn is_timed(format: ContentFormat) -> bool {
    matches!(format, ContentFormat::SENML_JSON | ContentFormat::SENML_CBOR)
}
