//! Observations that were lost on the way: a confirmable notification was not acknowledged, the
//! address or the session changed, the client had to register again.
//!
//! By RFC 7641, 4.5, who does not acknowledge is no observer any more, and by Core 6.2.1 who
//! registers is observed anew. A server that wants to hear later of what it missed (/1/x/6) loses
//! nothing by that: until it observes the same again, what it is to be told is kept as while it is
//! offline, what was on its way included.
//!
//! It observes again because the client makes it: with a Register after a timeout, which is what a
//! server that does not answer any more needs anyhow; with an Update after a RST to a client in queue
//! mode without a security session, since an address that has changed while it slept looks like this.
//! To one that always listens, a RST says that the server does not want to hear of it any more;
//! unless it observed while the client registered, or a Register of before a restart may have come
//! late: then it may have forgotten that with the registration before, and observes again.

use coap_core::ObserverEnd;
use m2m_base::Duration;

use super::account::State;
use super::attributes::Attributes;
use super::dispatch::{Body, number};
use super::observe::Observation;
use super::observe::own_path;
use super::{Client, Value};
use crate::{Path, object};

impl Client {
    /// What becomes of an observation whose observer is gone. False if it ends.
    pub(super) fn lose(&mut self, at: usize, reason: ObserverEnd) -> bool {
        let Some(observation) = self.observations.get(at).copied() else { return false };
        let account = usize::from(observation.account);
        // The server has forgotten it with the registration before, and observes anew.
        #[cfg(feature = "restore")]
        let early = observation.early || self.has_restarted(self.now);
        #[cfg(not(feature = "restore"))]
        let early = observation.early;
        let lost = match reason {
            ObserverEnd::Replaced => {
                // In another way than before, or it would have been inherited already.
                let same = |o: &&Observation| {
                    o.account == observation.account && o.path == observation.path && o.id.is_some()
                };
                if let Some(heir) = self.observations.iter().rfind(same) {
                    self.history.hand_over(observation.serial, heir.serial);
                }
                false
            }
            ObserverEnd::TimedOut | ObserverEnd::PeerDown => true,
            ObserverEnd::Rejected => early || self.sleeps() && self.is_without_security(account),
            _ => false,
        };
        if !lost || !self.stores(observation.account) {
            return false;
        }
        self.set_aside(at);
        if reason == ObserverEnd::TimedOut {
            self.doubt(account);
        } else if reason == ObserverEnd::Rejected
            && !early
            && let Some(account) = self.accounts.get_mut(account)
        {
            account.want_update();
        }
        true
    }

    /// The server of an account may be out of reach, and does not know what it lost: it is to
    /// observe again.
    fn doubt(&mut self, at: usize) {
        let Some(state) = self.accounts.get(at).map(|account| account.state) else { return };
        if matches!(state, State::Registered | State::Updating(_)) {
            self.drop_update(at);
            if let Some(account) = self.accounts.get_mut(at) {
                account.begin(self.now);
            }
        }
    }

    /// It is in queue mode.
    #[allow(clippy::unused_self, reason = "as with the feature")]
    const fn sleeps(&self) -> bool {
        #[cfg(feature = "queue-mode")]
        return self.queue_mode.is_some();
        #[cfg(not(feature = "queue-mode"))]
        false
    }

    /// Messages of the account's server are known by its address alone.
    fn is_without_security(&self, at: usize) -> bool {
        let Some(account) = self.accounts.get(at) else { return false };
        let mode = Path::resource(object::SECURITY.id, account.security, 2);
        self.store.get(mode) == Some(Value::Integer(3))
    }

    /// The account's server is about to forget what it observed.
    pub(super) fn lose_observations(&mut self, at: usize) {
        if !self.stores(number(at)) {
            return self.drop_observations(number(at));
        }
        for index in 0..self.observations.len() {
            if self.observations.get(index).is_some_and(|o| o.account == number(at)) {
                self.set_aside(index);
            }
        }
    }

    /// Keeps what an observation is to tell until it is observed again.
    fn set_aside(&mut self, at: usize) {
        let Some(mut observation) = self.observations.get(at).copied() else { return };
        (observation.waits, observation.held) = (false, false);
        let (id, serial) = (observation.id.take(), observation.serial);
        if let Some(account) = self.accounts.get_mut(usize::from(observation.account)) {
            account.lost = self.now;
        }
        if let Some(id) = id {
            self.endpoint.remove_observer(id);
        }
        self.history.hand_over(serial, serial);
        self.reschedule(&mut observation);
        self.put_observation(at, observation);
    }

    /// A server is about to observe. It observes nothing twice (RFC 7641, 3.1): one that asks again
    /// for the same has forgotten that it did, and its place is free.
    pub(super) fn make_way(&mut self, account: usize, body: Body, serial: u16) {
        for at in 0..self.observations.len() {
            let old = self.observations.get(at).copied();
            if old.is_some_and(|old| {
                old.account == number(account) && self.is_of_same(&old, body, serial)
            }) {
                self.set_aside(at);
            }
        }
    }

    /// A server observes: what was kept for it of the same is now this observation's. It takes the
    /// number of the first that there is something of; its number is answered.
    pub(super) fn inherit(&mut self, account: usize, body: Body, fresh: u16) -> u16 {
        let mut serial = fresh;
        let mut at = 0;
        while let Some(mut old) = self.observations.get(at).copied() {
            if old.account != number(account) || !self.is_of_same(&old, body, serial) {
                at = at.saturating_add(1);
                continue;
            }
            if old.triggered {
                self.store_state(&mut old, usize::MAX);
            }
            if serial == fresh && old.id.is_none() && self.history.has(old.serial) {
                serial = old.serial;
                self.history.hand_over(serial, serial);
                self.observations.remove(at);
                self.move_own(number(account), fresh, serial);
                continue;
            }
            self.history.hand_over(old.serial, serial);
            self.drop_observation(at);
        }
        // There is room for those that are there in the endpoint; those that are not make room.
        if self.observations.len() >= self.observations.capacity()
            && let Some(lost) = self.observations.iter().position(|o| o.id.is_none())
        {
            self.drop_observation(lost);
        }
        serial
    }

    /// An observation goes on under another number, whose list is the same.
    fn move_own(&mut self, account: u8, from: u16, to: u16) {
        let own = self.attached.at(account, own_path(from));
        for serial in [from, to] {
            self.attached.forget_path(own_path(serial));
        }
        // There is room: it was there a moment ago.
        let _ = self.attached.replace(account, own_path(to), &Attributes::NONE, &own);
        #[cfg(feature = "composite")]
        self.lists.forget(from);
    }

    /// An observation is of what a body has; one that is there also in the same way.
    fn is_of_same(&self, old: &Observation, body: Body, serial: u16) -> bool {
        let (path, is_list) = match body {
            Body::Read(path, _) => (path, false),
            _ => (Path::ROOT, true),
        };
        #[cfg(feature = "composite")]
        if old.is_list != is_list
            || is_list && self.lists.paths(old.serial) != self.lists.paths(serial)
        {
            return false;
        }
        let _ = (is_list, serial);
        #[cfg(any(feature = "composite", feature = "v1-2"))]
        let alike = self.attached.at(old.account, own_path(old.serial))
            == self.attached.at(old.account, own_path(serial));
        #[cfg(not(any(feature = "composite", feature = "v1-2")))]
        let alike = true;
        old.path == path && (old.id.is_none() || alike && old.format == body.format())
    }

    /// A registration went on well. What its server has not observed again for a whole lifetime, it
    /// does not want to know.
    pub(super) fn give_up_lost(&mut self, at: usize) {
        let Some(account) = self.accounts.get(at) else { return };
        let (lost, lifetime) = (account.lost, Duration::from_secs(account.lifetime.into()));
        if account.lifetime == 0 || self.now.since(lost) < lifetime {
            return;
        }
        let of = |o: &Observation| o.account == number(at) && o.id.is_none();
        while let Some(index) = self.observations.iter().position(of) {
            self.drop_observation(index);
        }
    }
}
