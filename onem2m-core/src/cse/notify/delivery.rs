//! How notifications get to the targets of a subscription (TS-0001 clause 10.2.10, TS-0004 clause
//! 7.5.1.2.2): latest only, batches, rate limit, what waits for an unreachable target, expiration
//! counter, statistics.

use super::Subscription;
use crate::cse::Cse;
use crate::cse::counters::one_more;
use crate::cse::outgoing::{NoResponse, Purpose, Reach};
use crate::cse::store::{Millis, Node, Role, Slot};
use crate::cse::timer::Timer;
use crate::json::{Raw, write_u64};
use crate::primitive::{Content, Response};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What an outcome is told to.
#[derive(Debug)]
pub(in crate::cse) struct Delivery {
    subscription: u64,
    target: alloc::boxed::Box<str>,
    /// What was sent, if it is wanted back when it could not be delivered.
    bodies: Vec<Arc<str>>,
}

/// What a target is to get next.
enum Next {
    Nothing,
    Later(m2m_base::Instant),
    /// The same in wall-clock time.
    Opens(Millis),
    Bodies(Vec<Arc<str>>),
}

impl Cse {
    pub(super) fn subscription(&mut self, slot: Slot) -> Option<&mut Subscription> {
        match &mut self.store.branch_mut(slot)?.role {
            Role::Subscription(subscription) => Some(subscription),
            _ => None,
        }
    }

    /// Gives a notification to all targets of a subscription.
    pub(super) fn notify(&mut self, slot: Slot, text: &str) {
        let most = self.config.limits.notifications;
        let Some(subscription) = self.subscription(slot) else { return };
        let body: Arc<str> = text.into();
        let latest = subscription.latest;
        subscription.changed = true;
        let mut dropped = 0;
        for target in &mut subscription.targets {
            target.events += 1;
            let only = latest || (target.held.is_some() && subscription.keep == 1);
            if only {
                target.waiting.clear();
            } else if target.waiting.len() >= most {
                target.waiting.pop_front();
                one_more(&mut dropped);
            }
            target.waiting.push_back(body.clone());
        }
        let total = &mut self.counters.notifications_dropped;
        *total = total.wrapping_add(dropped);
        let last = self.count_down(slot);
        if last && let Some(subscription) = self.subscription(slot) {
            subscription.closing = true;
        }
        self.flush(slot);
        if last {
            // The counter has come to its end: what was sent is the last.
            self.remove(slot, "");
        }
    }

    /// Takes one off attribute `exc`; true if it was the last.
    fn count_down(&mut self, slot: Slot) -> bool {
        let Some(node) = self.store.get(slot) else { return false };
        let Some(count) = node.attribute("exc").and_then(Raw::as_u64) else { return false };
        let Role::Subscription(subscription) = node.role() else { return false };
        let reachable = |uri: &str| !matches!(self.reach(uri), Reach::Nobody);
        if !subscription.targets.iter().any(|target| reachable(&target.uri)) {
            return false;
        }
        if count <= 1 {
            return true;
        }
        let mut text = String::with_capacity(node.text.len());
        for (name, value) in node.attributes() {
            let mut left = String::new();
            write_u64(&mut left, count - 1);
            let value = if name == "exc" { &left } else { value.as_str() };
            crate::cse::create::put(&mut text, name, value);
        }
        self.store.set_text(slot, text.into());
        self.keep(slot);
        false
    }

    /// Sends what may be sent now.
    pub(in crate::cse) fn flush(&mut self, slot: Slot) {
        let targets = self.subscription(slot).map_or(0, |own| own.targets.len());
        for at in 0..targets {
            // Bounded by what waits: each turn takes something off.
            while self.can_send() {
                let (now, most, wall) = (self.now, self.config.limits.in_flight, self.wall());
                let uri = self.subscription(slot).and_then(|own| own.targets.get(at));
                let Some(uri) = uri.map(|target| target.uri.clone()) else { break };
                let opens = self.target_opens(&uri);
                let Some(subscription) = self.subscription(slot) else { return };
                match subscription.next(at, now, wall, most, opens) {
                    Next::Nothing => break,
                    Next::Opens(time) => {
                        let number = self.store.get(slot).map_or(0, |node| node.number);
                        self.set_timer(self.instant(time), Timer::Flush(number));
                        break;
                    }
                    Next::Later(at) => {
                        let number = self.store.get(slot).map_or(0, |node| node.number);
                        self.set_timer(at, Timer::Flush(number));
                        break;
                    }
                    Next::Bodies(bodies) => self.deliver(slot, at, bodies),
                }
            }
        }
        self.keep_waiting(slot);
    }

    fn deliver(&mut self, slot: Slot, at: usize, bodies: Vec<Arc<str>>) {
        let number = self.store.get(slot).map_or(0, |node| node.number);
        let Some(subscription) = self.subscription(slot) else { return };
        let batched = subscription.batch.is_some();
        let category = if subscription.latest { Some(4) } else { subscription.category };
        let kept = if subscription.keep > 0 { bodies.clone() } else { Vec::new() };
        let Some(target) = subscription.targets.get_mut(at) else { return };
        target.in_flight += 1;
        target.flying.clone_from(&kept);
        let uri = target.uri.clone();
        let mut text =
            String::from(if batched { "{\"m2m:agn\":{\"m2m:sgn\":[" } else { "{\"m2m:sgn\":" });
        for (at, body) in bodies.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(body);
        }
        text.push_str(if batched { "]}}" } else { "}" });
        let reach = self.reach(&uri);
        let sent = !matches!(reach, Reach::Nobody);
        if let Some(target) = self.subscription(slot).and_then(|own| own.targets.get_mut(at)) {
            target.sent += u64::from(sent);
        }
        if let Some(subscription) = self.subscription(slot) {
            subscription.changed = true;
        }
        let request = self.notification(&uri, &reach, Content::trusted(text), category);
        let delivery = Delivery { subscription: number, target: uri, bodies: kept };
        if sent {
            one_more(&mut self.counters.notifications);
        }
        self.send(reach, request, Purpose::Notification(delivery));
    }

    /// A notification has its outcome.
    pub(in crate::cse) fn delivered(
        &mut self,
        delivery: Delivery,
        result: &Result<Response, NoResponse>,
    ) {
        let retry = self.now + self.config.notification_retry;
        let Some(slot) = self.store.attached(delivery.subscription) else { return };
        let now = self.now;
        let Some(subscription) = self.subscription(slot) else { return };
        let (keep, latest) = (subscription.keep, subscription.latest);
        subscription.changed = true;
        let target = subscription.targets.iter_mut().find(|own| own.uri == delivery.target);
        let Some(target) = target else { return };
        target.in_flight = target.in_flight.saturating_sub(1);
        target.flying.clear();
        let mut again = now;
        if result.is_ok() {
            target.received += 1;
            target.held = None;
        } else if keep > 0 {
            // It waits until its target can be reached.
            for body in delivery.bodies.into_iter().rev() {
                target.waiting.push_front(body);
            }
            if keep == 1 || latest {
                let last = target.waiting.pop_back();
                target.waiting.clear();
                target.waiting.extend(last);
            }
            target.held = Some(retry);
            again = retry;
        }
        if !target.waiting.is_empty() {
            self.set_timer(again, Timer::Flush(delivery.subscription));
        }
        self.keep_waiting(slot);
    }

    /// An entity may be reachable again: what waits for it is tried at once. Looks at
    /// subscriptions that have a timer, the ones where something waits.
    pub(in crate::cse) fn reachable_again(&mut self, entity: &str) {
        self.wake_held(entity);
        let waiting: Vec<u64> = self
            .timers
            .iter()
            .take(self.config.limits.step)
            .filter_map(|(_, timer)| match timer {
                Timer::Flush(number) => Some(*number),
                _ => None,
            })
            .collect();
        for number in waiting {
            let Some(slot) = self.store.attached(number) else { continue };
            let Some(Role::Subscription(own)) = self.store.get(slot).map(Node::role) else {
                continue;
            };
            let held = own.targets.iter().filter(|target| target.held.is_some());
            let meant: Vec<_> = held
                .filter(|target| self.is_entity(&target.uri, entity))
                .map(|target| target.uri.clone())
                .collect();
            if meant.is_empty() {
                continue;
            }
            for target in self.subscription(slot).into_iter().flat_map(|own| &mut own.targets) {
                if meant.contains(&target.uri) {
                    target.held = None;
                }
            }
            self.set_timer(self.now, Timer::Flush(number));
        }
    }
}

impl Subscription {
    /// Takes what target `at` is to get now.
    /// `reachable` is when the target can be reached by its own schedule, if not now.
    fn next(
        &mut self,
        at: usize,
        now: m2m_base::Instant,
        wall: Millis,
        most: usize,
        reachable: Option<Millis>,
    ) -> Next {
        let opens = match (self.opens(wall), reachable) {
            (Some(own), Some(other)) => Some(own.map(|own| own.max(other))),
            (None, Some(other)) => Some(Some(other)),
            (own, None) => own,
        };
        let Some(target) = self.targets.get_mut(at) else { return Next::Nothing };
        if self.closing && !target.waiting.is_empty() {
            let number = if self.batch.is_some() { target.waiting.len() } else { 1 };
            return Next::Bodies(target.waiting.drain(..number).collect());
        }
        if let Some(held) = target.held {
            if held > now {
                return if target.waiting.is_empty() { Next::Nothing } else { Next::Later(held) };
            }
            target.held = None;
        }
        // With a pending policy one after the other, so that what comes back keeps its place.
        let most = if self.keep > 0 { 1 } else { most };
        if target.waiting.is_empty() || target.in_flight >= most {
            return Next::Nothing;
        }
        if let Some(opens) = opens {
            // Outside of the schedule: step 4.0 of TS-0004 clause 7.5.1.2.2.
            if self.keep == 1 {
                let surplus = target.waiting.len() - 1;
                target.waiting.drain(..surplus);
            } else if self.keep == 0 {
                target.waiting.clear();
            }
            let kept = opens.filter(|_| !target.waiting.is_empty());
            return kept.map_or(Next::Nothing, Next::Opens);
        }
        let mut number = 1;
        if let Some(batch) = self.batch {
            let due = *target.due.get_or_insert(now + batch.duration);
            if target.waiting.len() < batch.number && due > now {
                return Next::Later(due);
            }
            number = batch.number.min(target.waiting.len());
        }
        if let Some(rate) = self.rate {
            if self.window.0 <= now {
                self.window = (now + rate.window, 0);
            }
            if self.window.1 >= rate.most {
                return Next::Later(self.window.0);
            }
            self.window.1 += 1;
        }
        target.due = None;
        Next::Bodies(target.waiting.drain(..number).collect())
    }
}
