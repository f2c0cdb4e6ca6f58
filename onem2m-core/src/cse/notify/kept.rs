//! Notifications that wait, in the journal: with a pending policy (attribute `pn`) those for a
//! target that cannot be reached, and those in a batch, for a rate limit or a schedule, survive a
//! restart. So do the statistics.

use super::{Recipient, Subscription};
use crate::cse::Cse;
use crate::cse::journal::{Kind, Record, kept_key};
use crate::cse::store::{Role, Slot};
use crate::cse::timer::Timer;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use m2m_base::Reader;

/// A notification that was given back.
#[derive(Debug)]
pub(in crate::cse) struct Restored {
    key: u64,
    subscription: u64,
    uri: String,
    body: Arc<str>,
}

fn place(body: &Arc<str>) -> usize {
    Arc::as_ptr(body).cast::<u8>().addr()
}

/// What of a target has to be in the journal.
#[derive(Clone, Copy)]
struct Policy {
    /// There is a pending policy: everything from the first failure on until nothing waits.
    pending: bool,
    /// What waits, waits for a time or for others.
    timed: bool,
}

impl Recipient {
    fn to_keep(&self, policy: Policy) -> impl DoubleEndedIterator<Item = &Arc<str>> {
        let (flying, waiting) = self.wants(policy);
        let flying = self.flying.iter().filter(move |_| flying);
        flying.chain(self.waiting.iter().filter(move |_| waiting))
    }

    /// Whether those on their way and those that wait are to be kept.
    fn wants(&self, policy: Policy) -> (bool, bool) {
        let fails = policy.pending && (self.held.is_some() || !self.kept.is_empty());
        (fails, fails || policy.timed)
    }

    /// True if the journal has it. Notifications come at the end and go at the front.
    fn is_kept(&self, policy: Policy) -> bool {
        let (flying, waiting) = self.wants(policy);
        let count = if flying { self.flying.len() } else { 0 }
            + if waiting { self.waiting.len() } else { 0 };
        let ends = |one: Option<&Arc<str>>, other: Option<&(u64, Arc<str>)>| {
            one.map(place) == other.map(|(_, body)| place(body))
        };
        count == self.kept.len()
            && ends(self.to_keep(policy).next(), self.kept.first())
            && ends(self.to_keep(policy).next_back(), self.kept.last())
    }
}

impl Subscription {
    /// Keys of everything that it has in the journal.
    fn keys(&self, number: u64) -> Vec<u64> {
        let own = self.targets.iter().flat_map(|target| &target.kept).map(|(key, _)| *key);
        let statistics = self.counted.then_some(kept_key(Kind::Statistics, number));
        own.chain(self.orphans.iter().copied()).chain(statistics).collect()
    }

    fn policy(&self) -> Policy {
        let timed = self.batch.is_some() || self.rate.is_some() || self.schedule.is_some();
        Policy { pending: self.keep > 0, timed }
    }

    /// What the statistics are in the journal.
    fn counts(&self) -> Vec<u8> {
        let mut value = Vec::new();
        for target in &self.targets {
            value.extend_from_slice(&u32::try_from(target.uri.len()).unwrap_or(0).to_le_bytes());
            value.extend_from_slice(target.uri.as_bytes());
            for count in [target.sent, target.received, target.events] {
                value.extend_from_slice(&count.to_le_bytes());
            }
        }
        value
    }

    /// Takes statistics back.
    fn count_from(&mut self, value: &[u8]) {
        self.counted = true;
        let mut reader = Reader::new(value);
        let mut entry = || {
            let length = u32::from_le_bytes(reader.take(4).ok()?.try_into().ok()?);
            let uri = reader.take(usize::try_from(length).ok()?).ok()?;
            let uri = String::from_utf8(uri.to_vec()).ok()?;
            let mut count = || Some(u64::from_le_bytes(reader.take(8).ok()?.try_into().ok()?));
            Some((uri, count()?, count()?, count()?))
        };
        while let Some((uri, sent, received, events)) = entry() {
            if let Some(target) = self.targets.iter_mut().find(|own| *own.uri == *uri) {
                (target.sent, target.received, target.events) = (sent, received, events);
            }
        }
    }
}

impl Cse {
    /// Counts what waits in a subscription, and brings the journal up to it.
    pub(in crate::cse) fn keep_waiting(&mut self, slot: Slot) {
        self.account(slot);
        self.journal_waiting(slot);
    }

    pub(super) fn journal_waiting(&mut self, slot: Slot) {
        if !self.config.journal {
            return;
        }
        let Some(number) = self.store.get(slot).map(|node| node.number) else { return };
        let mut next = self.next_kept;
        let Some(subscription) = self.subscription(slot) else { return };
        let policy = subscription.policy();
        let counts = subscription.statistics && subscription.changed;
        let ends = subscription.counted && !subscription.statistics;
        subscription.counted = subscription.statistics && (subscription.counted || counts);
        subscription.changed = false;
        let counts = counts.then(|| subscription.counts());
        let mut gone = core::mem::take(&mut subscription.orphans);
        let mut new = Vec::new();
        for target in subscription.targets.iter_mut().filter(|own| !own.is_kept(policy)) {
            let wanted: Vec<Arc<str>> = target.to_keep(policy).map(Arc::clone).collect();
            let places: BTreeSet<usize> = wanted.iter().map(place).collect();
            target.kept.retain(|(key, body)| {
                let stays = places.contains(&place(body));
                gone.extend((!stays).then_some(*key));
                stays
            });
            let known: BTreeSet<usize> = target.kept.iter().map(|(_, body)| place(body)).collect();
            for body in wanted.iter().filter(|body| !known.contains(&place(body))) {
                let key = kept_key(Kind::Notification, next);
                target.kept.push((key, body.clone()));
                new.push((key, target.uri.clone(), body.clone()));
                next += 1;
            }
        }
        self.next_kept = next;
        let key = kept_key(Kind::Statistics, number);
        gone.extend(ends.then_some(key));
        if let Some(value) = counts {
            self.journal.push_back(Record { key, value: Some(value) });
        }
        for key in gone {
            self.forget(key);
        }
        for (key, uri, body) in new {
            let mut value = Vec::with_capacity(12 + uri.len() + body.len());
            value.extend_from_slice(&number.to_le_bytes());
            value.extend_from_slice(&u32::try_from(uri.len()).unwrap_or(0).to_le_bytes());
            value.extend_from_slice(uri.as_bytes());
            value.extend_from_slice(body.as_bytes());
            self.journal.push_back(Record { key, value: Some(value) });
        }
    }

    /// A subscription goes: what waited in it goes too.
    pub(in crate::cse) fn forget_waiting(&mut self, slot: Slot) {
        self.uncount(slot);
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let keys = self.subscription(slot).map(|own| own.keys(number)).unwrap_or_default();
        for key in keys {
            self.forget(key);
        }
    }

    /// Takes back a notification that waited; false if the bytes are none.
    pub(in crate::cse) fn restore_waiting(&mut self, key: u64, number: u64, value: &[u8]) -> bool {
        let mut reader = Reader::new(value);
        let mut parse = || {
            let subscription = u64::from_le_bytes(reader.take(8).ok()?.try_into().ok()?);
            let length = u32::from_le_bytes(reader.take(4).ok()?.try_into().ok()?);
            let uri = reader.take(usize::try_from(length).ok()?).ok()?;
            let uri = String::from_utf8(uri.to_vec()).ok()?;
            let body = Arc::from(core::str::from_utf8(reader.rest()).ok()?);
            Some(Restored { key, subscription, uri, body })
        };
        let Some(restored) = parse() else { return false };
        self.next_kept = self.next_kept.max(number + 1);
        self.restored.push(restored);
        true
    }

    /// Puts what waited before a restart where it waits again; it is tried at once.
    pub(in crate::cse) fn resume_waiting(&mut self) {
        let now = self.now;
        for Restored { key, subscription: number, uri, body } in core::mem::take(&mut self.restored)
        {
            let slot = self.store.attached(number);
            let own = slot.and_then(|slot| match &mut self.store.branch_mut(slot)?.role {
                Role::Subscription(own) if own.keep > 0 || own.policy().timed => Some(own),
                _ => None,
            });
            let target = own.and_then(|own| own.targets.iter_mut().find(|own| *own.uri == *uri));
            match target {
                Some(target) => {
                    target.waiting.push_back(body.clone());
                    target.kept.push((key, body));
                    target.held = Some(now);
                    self.set_timer(now, Timer::Flush(number));
                }
                None => self.forget(key),
            }
        }
        for (number, value) in core::mem::take(&mut self.restored_counts) {
            let slot = self.store.attached(number);
            match slot.and_then(|slot| self.subscription(slot)).filter(|own| own.statistics) {
                Some(own) => own.count_from(&value),
                None => self.forget(kept_key(Kind::Statistics, number)),
            }
        }
    }
}
