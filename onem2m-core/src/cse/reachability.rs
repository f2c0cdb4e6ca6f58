//! When entities can be reached (TS-0001 clause 9.6.9): schedules below a remoteCSE, and below the
//! node that an AE or remoteCSE has its link to. Outside of them nothing is sent to the entity.

use super::store::{Millis, Node, Slot};
use super::timer::Timer;
use super::{Cse, notify};
use crate::ResourceType;
use crate::json::Raw;
use crate::time::Schedule;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use m2m_base::{Instant, UnixTime};

/// Entries of the schedules below a resource, by the numbers of the schedules.
type Below = BTreeMap<u64, Vec<Box<str>>>;

/// Schedules of remoteCSEs and nodes, by the numbers of those.
#[derive(Debug, Default)]
pub(super) struct Schedules(BTreeMap<u64, Below>);

/// What a schedule that never opens is looked at again for: it may be changed, or the five years
/// that are searched may have moved.
const NEVER: Millis = 86_400_000;

/// The first time not before `wall` that is in an entry; `None` if it is never.
pub(super) fn next_opening<'a>(
    entries: impl Iterator<Item = &'a Box<str>>,
    wall: Millis,
) -> Option<Millis> {
    let time = UnixTime::from_millis(wall);
    let entries = entries.filter_map(|text| Schedule::parse(text).ok());
    entries.filter_map(|entry| entry.next(time)).min().map(UnixTime::as_millis)
}

impl Cse {
    /// Makes what a schedule is for know it, or (`gone`) forget it.
    pub(super) fn apply_schedule(&mut self, slot: Slot, gone: bool) {
        let Some(node) = self.store.get(slot) else { return };
        if node.resource_type() != ResourceType::Schedule {
            return;
        }
        let (own, parent) = (node.number, node.parent);
        let list = node.attribute("se").and_then(|se| se.member("sce"));
        let entries = list.into_iter().flat_map(Raw::elements).filter_map(Raw::as_text);
        let entries: Vec<Box<str>> = entries.map(|text| Box::from(text.as_ref())).collect();
        let Some(above) = self.store.get(parent) else { return };
        let number = above.number;
        match above.resource_type() {
            ResourceType::Subscription => {
                notify::set_schedule(self, parent, (!gone).then_some(entries));
                self.set_timer(self.now, Timer::Flush(number));
            }
            ResourceType::RemoteCse | ResourceType::Node => {
                let below = self.schedules.0.entry(number).or_default();
                if gone {
                    below.remove(&own);
                } else {
                    below.insert(own, entries);
                }
                if below.is_empty() {
                    self.schedules.0.remove(&number);
                }
                self.reconsider();
            }
            // That of the CSEBase tells others when this CSE can be reached.
            _ => {}
        }
    }

    /// Other schedules hold: what waits for an entity is looked at again.
    fn reconsider(&mut self) {
        self.wake_all_held();
        let waiting = self.timers.iter().take(self.config.limits.step);
        let flushes: Vec<Timer> = waiting
            .map(|(_, timer)| *timer)
            .filter(|timer| matches!(timer, Timer::Flush(_)))
            .collect();
        for timer in flushes {
            self.set_timer(self.now, timer);
        }
    }

    /// When an entity that cannot be reached now by its schedules can be; `None` if it can be now.
    pub(super) fn entity_opens(&self, slot: Slot) -> Option<Millis> {
        if self.schedules.0.is_empty() {
            return None;
        }
        let node = self.store.get(slot)?;
        if !matches!(node.resource_type(), ResourceType::Ae | ResourceType::RemoteCse) {
            return None;
        }
        let link = node.attribute("nl").and_then(Raw::as_text);
        let place = link.and_then(|id| self.local(&id)).and_then(|slot| self.store.get(slot));
        let numbers = [Some(node), place].into_iter().flatten().map(|node: &Node| node.number);
        let known: Vec<&Below> = numbers.filter_map(|n| self.schedules.0.get(&n)).collect();
        if known.is_empty() {
            return None;
        }
        let wall = self.wall();
        let entries = known.iter().flat_map(|below| below.values()).flatten();
        match next_opening(entries, wall) {
            Some(at) if at / 1000 <= wall / 1000 => None,
            Some(at) => Some(at),
            None => Some(wall.saturating_add(NEVER)),
        }
    }

    /// The same for whom a notification URI means.
    pub(super) fn target_opens(&self, uri: &str) -> Option<Millis> {
        if self.schedules.0.is_empty() || uri.contains("://") {
            return None;
        }
        let slot = self.local(uri).or_else(|| self.store.by_id(&self.normal_originator(uri)));
        let slot = slot.or_else(|| self.way_to(uri));
        self.entity_opens(slot?)
    }

    /// The instant at which an entity can be reached again.
    pub(super) fn entity_opens_at(&self, slot: Slot) -> Option<Instant> {
        self.entity_opens(slot).map(|time| self.instant(time))
    }
}
