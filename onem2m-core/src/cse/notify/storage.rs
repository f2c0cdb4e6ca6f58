//! How many notifications wait for one subscriber (TS-0001 clauses 9.6.3 and 9.6.8): if they are
//! too many, those of lower priority (attribute `nsp`) make room, and then the oldest.

use super::Subscription;
use crate::cse::Cse;
use crate::cse::counters::one_more;
use crate::cse::store::Slot;
use alloc::collections::{BTreeMap, BTreeSet};

/// What waits, by subscribers.
#[derive(Debug, Default)]
pub(in crate::cse) struct Storage(BTreeMap<u32, Stored>);

#[derive(Debug, Default)]
struct Stored {
    count: usize,
    /// Priorities and numbers of the subscriptions in which something waits.
    subscriptions: BTreeSet<(u64, u64)>,
}

/// What a subscription is counted for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    subscriber: u32,
    priority: u64,
    count: usize,
}

impl Subscription {
    fn count_waiting(&self) -> usize {
        self.targets.iter().map(|target| target.waiting.len()).sum()
    }

    /// Drops the oldest notification that waits for the target with most of them.
    fn drop_oldest(&mut self) {
        let longest = self.targets.iter_mut().max_by_key(|target| target.waiting.len());
        if let Some(target) = longest {
            target.waiting.pop_front();
        }
    }
}

impl Storage {
    fn count(&mut self, number: u64, old: Share, new: Share) {
        if let Some(stored) = self.0.get_mut(&old.subscriber) {
            stored.count = stored.count.saturating_sub(old.count);
            stored.subscriptions.remove(&(old.priority, number));
            if stored.subscriptions.is_empty() {
                self.0.remove(&old.subscriber);
            }
        }
        if new.count > 0 {
            let stored = self.0.entry(new.subscriber).or_default();
            stored.count = stored.count.saturating_add(new.count);
            stored.subscriptions.insert((new.priority, number));
        }
    }

    #[cfg(test)]
    pub(in crate::cse) fn total(&self) -> usize {
        self.0.values().map(|stored| stored.count).sum()
    }
}

impl Cse {
    fn recount(&mut self, slot: Slot) -> Option<Share> {
        let node = self.store.get(slot)?;
        let (number, subscriber) = (node.number, node.owner);
        let subscription = self.subscription(slot)?;
        let count = subscription.count_waiting();
        let new = Share { subscriber, priority: subscription.priority, count };
        let old = core::mem::replace(&mut subscription.share, new);
        if old.count > 0 || count > 0 {
            self.storage.count(number, old, new);
        }
        Some(new)
    }

    /// Counts what waits in a subscription, and makes room if its subscriber has too much.
    pub(super) fn account(&mut self, slot: Slot) {
        let most = self.config.limits.stored_notifications;
        let Some(own) = self.recount(slot) else { return };
        // Bounded by what has been added since the last time.
        loop {
            let Some(stored) = self.storage.0.get(&own.subscriber) else { return };
            let Some((priority, number)) = stored.subscriptions.first().copied() else { return };
            if stored.count <= most {
                return;
            }
            let other = self.store.by_number(number).filter(|_| priority < own.priority);
            let from = other.unwrap_or(slot);
            let Some(subscription) = self.subscription(from) else { return };
            let before = subscription.count_waiting();
            subscription.drop_oldest();
            if before == 0 {
                return;
            }
            one_more(&mut self.counters.notifications_dropped);
            self.recount(from);
            if from != slot {
                self.journal_waiting(from);
            }
        }
    }

    /// A subscription goes.
    pub(super) fn uncount(&mut self, slot: Slot) {
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let share = self.subscription(slot).map(|own| core::mem::take(&mut own.share));
        if let Some(old) = share.filter(|old| old.count > 0) {
            self.storage.count(number, old, Share::default());
        }
    }
}
