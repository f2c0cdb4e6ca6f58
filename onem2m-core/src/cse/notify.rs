//! Subscriptions (TS-0001 clause 9.6.8, TS-0004 clauses 7.4.8 and 7.5.1.2).
//!
//! What happens to a resource with subscriptions becomes an [`Event`]; events go to the
//! subscriptions one after the other, in steps. Each subscription keeps what waits for its targets.

mod check;
mod criteria;
mod delivery;
mod event;
mod kept;
mod storage;

pub(super) use check::default_content;
pub(super) use delivery::Delivery;
pub(super) use event::Event;
pub(super) use kept::Restored;
pub(super) use storage::Storage;

use super::store::{Node, Slot};
use super::{Cse, Millis};
use crate::json::Raw;
use crate::time::Period;
use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use criteria::Criteria;
use m2m_base::{Duration, Instant};

/// Bits of [`Subscribers::events`]: bit n is notificationEventType n, bit 0 operationMonitor.
pub(super) const MONITOR: u32 = 0;
pub(super) const UPDATE: u32 = 1;
pub(super) const DELETE: u32 = 2;
pub(super) const CREATE_CHILD: u32 = 3;
pub(super) const DELETE_CHILD: u32 = 4;
pub(super) const RETRIEVE_NO_CHILD: u32 = 5;
pub(super) const BLOCKING_UPDATE: u32 = 7;
pub(super) const MISSING_DATA: u32 = 8;

/// The subscriptions of a resource.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    /// Their numbers.
    pub(super) all: BTreeSet<u64>,
    /// What any of them has asked for since there was none.
    pub(super) events: u16,
    /// The one that updates have to wait for.
    pub(super) blocking: Option<u64>,
}

/// A subscription, made ready, and what waits in it.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(super) criteria: Criteria,
    /// Attribute `nct`.
    content: u32,
    pub(super) targets: Vec<Recipient>,
    batch: Option<Batch>,
    rate: Option<Rate>,
    /// Attribute `ln`.
    latest: bool,
    category: Option<u32>,
    /// Attribute `pn`; 0 without it.
    keep: u64,
    /// Attribute `nsp`; 0 without it.
    priority: u64,
    /// What it is counted for among those of its subscriber.
    share: storage::Share,
    statistics: bool,
    /// The journal has statistics.
    counted: bool,
    /// They are not what they were there.
    changed: bool,
    /// It is about to go: what waits is sent without further ado.
    closing: bool,
    missing: Option<Missing>,
    /// Keys in the journal of what waited for targets that it has no more.
    orphans: Vec<u64>,
    /// When notifications may go out, from the schedule below it.
    schedule: Option<Vec<Box<str>>>,
    /// End of the current window of the rate limit, and how many went out in it.
    window: (Instant, u64),
}

#[derive(Clone, Copy, Debug)]
struct Batch {
    number: usize,
    duration: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    most: u64,
    window: Duration,
}

/// How many data points may be missing in a window of time (attribute `enc/md`).
#[derive(Debug)]
struct Missing {
    number: usize,
    window: Duration,
    /// End of the window that runs.
    until: Option<Instant>,
    /// Those that are missing in it.
    points: VecDeque<Millis>,
}

/// One target of a subscription.
#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) uri: Box<str>,
    /// Notifications that wait, the oldest in front.
    waiting: VecDeque<Arc<str>>,
    /// Those that are on their way and would wait again.
    flying: Vec<Arc<str>>,
    /// Those of both that are in the journal, with their keys.
    kept: Vec<(u64, Arc<str>)>,
    in_flight: usize,
    /// Not before that, because it was not reachable.
    held: Option<Instant>,
    /// When the batch is to be sent.
    due: Option<Instant>,
    sent: u64,
    received: u64,
    events: u64,
}

impl Recipient {
    fn new(uri: &str) -> Recipient {
        Recipient {
            uri: uri.into(),
            waiting: VecDeque::new(),
            flying: Vec::new(),
            kept: Vec::new(),
            in_flight: 0,
            held: None,
            due: None,
            sent: 0,
            received: 0,
            events: 0,
        }
    }
}

impl Subscription {
    /// Reads the attributes of a subscription, which were checked. What waits in the `old` one
    /// goes on waiting.
    pub(super) fn read(node: &Node, old: Option<Subscription>, cse: &Cse) -> Subscription {
        let number = |name: &str| node.attribute(name).and_then(Raw::as_u64);
        let flag = |name: &str| node.attribute(name).and_then(Raw::as_bool).unwrap_or(false);
        let counted = old.as_ref().is_some_and(|old| old.statistics);
        let share = old.as_ref().map(|old| old.share).unwrap_or_default();
        let in_journal = old.as_ref().is_some_and(|old| old.counted);
        let (mut recipients, window, schedule, mut orphans) = match old {
            Some(old) => (old.targets, old.window, old.schedule, old.orphans),
            None => (Vec::new(), (Instant::ZERO, 0), None, Vec::new()),
        };
        let keep = number("pn").unwrap_or(0);
        let uris = node.attribute("nu").into_iter().flat_map(Raw::elements);
        let targets = uris.filter_map(Raw::as_text).map(|uri| {
            let at = recipients.iter().position(|own| *own.uri == *uri);
            let mut recipient =
                at.map_or_else(|| Recipient::new(&uri), |at| recipients.swap_remove(at));
            if !counted {
                // Statistics begin when they are switched on.
                (recipient.sent, recipient.received, recipient.events) = (0, 0, 0);
            }
            if recipient.held.is_some() && keep < 2 {
                // TS-0004 clause 7.4.8.2.3: a weaker policy drops what it would not have kept.
                let last = recipient.waiting.pop_back().filter(|_| keep == 1);
                recipient.waiting.clear();
                recipient.waiting.extend(last);
            }
            recipient
        });
        let targets = targets.collect();
        orphans.extend(recipients.iter().flat_map(|gone| &gone.kept).map(|(key, _)| *key));
        let criteria = Criteria::read(node.attribute("enc"), cse);
        let content = number("nct").and_then(|n| u32::try_from(n).ok());
        Subscription {
            content: content.unwrap_or(default_content(criteria.events)),
            targets,
            batch: node.attribute("bn").map(|bn| Batch {
                number: bn
                    .member("num")
                    .and_then(Raw::as_u64)
                    .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
                duration: duration(bn, "dur").unwrap_or(cse.config.batch_duration),
            }),
            rate: node.attribute("rl").and_then(|rl| {
                let most = rl.member("mnn").and_then(Raw::as_u64)?;
                Some(Rate { most, window: duration(rl, "tww")? })
            }),
            latest: flag("ln"),
            category: number("nec").and_then(|n| u32::try_from(n).ok()),
            keep,
            priority: number("nsp").unwrap_or(0),
            share,
            statistics: flag("nse"),
            counted: in_journal,
            changed: false,
            closing: false,
            orphans,
            schedule,
            missing: node.attribute("enc").and_then(|enc| enc.member("md")).and_then(|md| {
                let number = md.member("num").and_then(Raw::as_u64)?;
                Some(Missing {
                    number: usize::try_from(number).unwrap_or(usize::MAX),
                    window: duration(md, "dur")?,
                    until: None,
                    points: VecDeque::new(),
                })
            }),
            window,
            criteria,
        }
    }

    /// When something may go out: `None` now, `Some(None)` never.
    fn opens(&self, wall: Millis) -> Option<Option<Millis>> {
        let entries = self.schedule.as_ref()?;
        // What is immediate does not look at the schedule (TS-0004 clause 7.5.1.2.2, step 3.0).
        if self.category == Some(2) {
            return None;
        }
        match super::reachability::next_opening(entries.iter(), wall) {
            Some(at) if at / 1000 <= wall / 1000 => None,
            Some(at) => Some(Some(at)),
            None => Some(None),
        }
    }

    /// One more data point is missing. Writes what to say about it, if there are enough of them
    /// (TS-0001 clause 10.2.4.29).
    fn count_missing(
        &mut self,
        now: Instant,
        point: Millis,
        most: usize,
        out: &mut alloc::string::String,
    ) -> bool {
        let Some(missing) = &mut self.missing else { return false };
        if missing.until.is_none_or(|until| until <= now) {
            missing.until = Some(now + missing.window);
            missing.points.clear();
        }
        if missing.points.len() >= most {
            missing.points.pop_front();
        }
        missing.points.push_back(point);
        if missing.points.len() < missing.number.min(most) {
            return false;
        }
        out.push_str("\"nev\":{\"net\":8,\"rep\":{\"m2m:tsn\":{\"mdlt\":[");
        for (at, point) in missing.points.iter().enumerate() {
            out.push_str(if at > 0 { ",\"" } else { "\"" });
            super::represent::write_timestamp(out, *point);
            out.push('"');
        }
        out.push_str("],\"mdc\":");
        crate::json::write_u64(out, u64::try_from(missing.points.len()).unwrap_or(0));
        out.push_str("}}}");
        true
    }

    /// Writes attribute `nsi`, if statistics are wanted.
    pub(super) fn write_statistics(&self, out: &mut alloc::string::String) {
        use crate::json::{write_member_name, write_string, write_u64};
        if !self.statistics {
            return;
        }
        out.push_str(",\"nsi\":[");
        for (at, target) in self.targets.iter().enumerate() {
            out.push_str(if at > 0 { ",{" } else { "{" });
            write_member_name(out, "tg");
            write_string(out, &target.uri);
            for (name, value) in
                [("rqs", target.sent), ("rsr", target.received), ("noec", target.events)]
            {
                write_member_name(out, name);
                write_u64(out, value);
            }
            out.push('}');
        }
        out.push(']');
    }
}

/// The duration in a member.
pub(super) fn duration(object: Raw<'_>, member: &str) -> Option<Duration> {
    let text = object.member(member)?.as_text()?;
    Period::parse(&text).ok()?.duration()
}

/// The schedule of a subscription; `None` is always.
pub(super) fn set_schedule(cse: &mut Cse, slot: Slot, entries: Option<Vec<Box<str>>>) {
    if let Some(subscription) = cse.subscription(slot) {
        subscription.schedule = entries;
    }
}

impl Cse {
    /// Makes the resource above a subscription know it.
    pub(super) fn enlist(&mut self, slot: Slot) {
        let Some(node) = self.store.get(slot) else { return };
        let super::store::Role::Subscription(subscription) = node.role() else { return };
        let (number, parent, events) = (node.number, node.parent, subscription.criteria.events);
        let Some(branch) = self.store.branch_mut(parent) else { return };
        let list = branch.subscribers.get_or_insert_default();
        list.all.insert(number);
        list.events |= events;
        if events >> BLOCKING_UPDATE & 1 == 1 {
            list.blocking = Some(number);
        } else if list.blocking == Some(number) {
            list.blocking = None;
        }
    }

    /// Takes a subscription off the list of the resource above it.
    pub(super) fn delist(&mut self, parent: Slot, number: u64) {
        let Some(branch) = self.store.branch_mut(parent) else { return };
        let Some(list) = &mut branch.subscribers else { return };
        list.all.remove(&number);
        if list.blocking == Some(number) {
            list.blocking = None;
        }
        if list.all.is_empty() {
            branch.subscribers = None;
        }
    }

    /// Whether some subscription of a resource may want an event.
    pub(super) fn is_watched(&self, slot: Slot, event: u32) -> bool {
        let subscribers = self.store.branch(slot).and_then(|b| b.subscribers.as_deref());
        subscribers.is_some_and(|list| list.events >> event & 1 == 1)
    }

    pub(super) fn timestamp(text: Option<Raw<'_>>) -> Option<Millis> {
        let text = text?.as_text()?;
        crate::time::Timestamp::parse(&text).ok().map(|time| time.unix_time().as_millis())
    }
}
