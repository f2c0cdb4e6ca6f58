//! Requests that cannot be sent now are kept and sent later (TS-0001 clauses 8.1.2 and 9.6.12): in
//! order for each target, until they expire, and over a restart if somebody was told that they
//! were accepted.

use super::deferred::Internal;
use super::journal::{Kind, Record, kept_key};
use super::outgoing::{NoResponse, Purpose, Reach};
use super::timer::Timer;
use super::{Cse, Millis, RequestId};
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResponseStatusCode as Status};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::{Duration, Instant, Reader};

/// The first pause before a target is tried again; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A request that is brought to its target at once, or when that can be reached.
#[derive(Debug)]
pub(super) struct Errand {
    /// Identifier of a registered entity, or a URI. What waits for the same keeps its order.
    target: Box<str>,
    request: Request,
    what: What,
    /// When it is given up; `None` never.
    until: Option<Instant>,
    /// It waits for a target without any way to it too, because its originator has said how long,
    /// or was told that it is accepted.
    patient: bool,
    /// Its place among those that wait; 0 before it waits.
    key: u64,
}

/// Who wants to know what comes of it.
#[derive(Debug)]
pub(super) enum What {
    /// The originator of this request.
    Relay(RequestId, Box<Request>),
    /// Nobody; but it shall arrive.
    Tell,
    /// The same, for the DELETE of an announced resource.
    Withdraw,
    /// The announcement of the resource of that number, for an UPDATE of it.
    Change(u64),
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Holds {
    waiting: BTreeMap<u64, Errand>,
    queues: BTreeMap<u64, Queue>,
    /// Queues by their targets.
    targets: BTreeMap<Box<str>, u64>,
    next: u64,
    /// Of content that waits.
    bytes: usize,
}

/// What waits for one target.
#[derive(Debug)]
struct Queue {
    target: Box<str>,
    waiting: BTreeSet<u64>,
    /// The one that is being tried.
    flying: Option<u64>,
    /// Not tried before that.
    again: Instant,
    pause: Duration,
}

#[cfg(test)]
impl Holds {
    /// Nothing waits, and nothing is left of what did.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
            && self.queues.is_empty()
            && self.targets.is_empty()
            && self.bytes == 0
    }
}

fn size(errand: &Errand) -> usize {
    errand.request.content.as_ref().map_or(0, |content| content.as_str().len())
}

impl Cse {
    /// Passes a request on to the entity with that identifier.
    pub(super) fn relay(
        &mut self,
        id: RequestId,
        entity: String,
        passed: Request,
        request: Request,
    ) {
        let limit = self.limit_of(&request).map(|time| self.instant(time));
        let inside = self.internal.get(&id);
        let accepted = matches!(inside, Some(Internal::Deferred(_)));
        // A group does not wait longer than for those that answer.
        let patient = accepted || (limit.is_some() && inside.is_none());
        let longest = self.config.hold_accepted;
        let wait = if accepted { longest } else { self.config.hold_blocking };
        let errand = Errand {
            target: entity.into(),
            request: passed,
            what: What::Relay(id, Box::new(request)),
            until: Some(limit.unwrap_or(self.now + wait).min(self.now + longest)),
            patient,
            key: 0,
        };
        self.carry(errand);
    }

    /// Sends a notification once, and again until its target can be reached.
    pub(super) fn tell(&mut self, uri: &str, content: String) {
        let reach = self.reach(uri);
        let target = match &reach {
            Reach::Address(target) => target.entity.clone(),
            Reach::Channel(_, id) => Some(id.clone()),
            Reach::Group(_) | Reach::Nobody => None,
        };
        let request = self.notification(uri, &reach, Content::trusted(content), None);
        self.carry(Errand {
            target: target.unwrap_or_else(|| uri.into()).into(),
            request,
            what: What::Tell,
            until: Some(self.now + self.config.hold_accepted),
            patient: true,
            key: 0,
        });
    }

    /// Deletes an announced resource that would expire at a time by itself; 0 is never.
    pub(super) fn carry_withdrawal(&mut self, request: Request, expires: Millis) {
        self.carry_upkeep(request, What::Withdraw, expires);
    }

    /// Changes an announced resource of the resource of that number.
    pub(super) fn carry_change(&mut self, request: Request, number: u64, expires: Millis) {
        self.carry_upkeep(request, What::Change(number), expires);
    }

    fn carry_upkeep(&mut self, request: Request, what: What, expires: Millis) {
        let target = match self.way_to(&request.to) {
            Some(hop) => self.store.id(hop),
            None => request.to.clone(),
        };
        let until = (expires > 0).then(|| self.instant(expires));
        self.carry(Errand { target: target.into(), request, what, until, patient: true, key: 0 });
    }

    fn carry(&mut self, errand: Errand) {
        let known = self.holds.targets.get(&errand.target).copied();
        match known.filter(|_| self.may_wait(&errand)) {
            Some(queue) => {
                // Behind those that wait already; the target is tried, because this may be a
                // sign that it is there.
                self.hold(errand, false);
                self.try_again(queue);
            }
            None => self.go(errand),
        }
    }

    /// Tries to bring it.
    fn go(&mut self, errand: Errand) {
        let slot = self.store.by_id(&errand.target);
        if let Some(opens) = slot.and_then(|slot| self.entity_opens_at(slot)) {
            return match self.may_wait(&errand) {
                true => self.hold_until(errand, opens),
                false => self.errand_ended(errand, Err(NoResponse::NoWay)),
            };
        }
        if let What::Relay(id, _) = &errand.what {
            self.note_forwarding(*id, None);
        }
        let reach = match slot {
            Some(slot) => self.reach_entity(slot),
            None => self.reach(&errand.target),
        };
        let request = errand.request.clone();
        self.send(reach, request, Purpose::Errand(Box::new(errand)));
    }

    /// When the response to it is not worth anything any more.
    pub(super) fn errand_limit(errand: &Errand) -> Option<Instant> {
        errand.until.filter(|_| errand.patient)
    }

    pub(super) fn errand_ended(&mut self, errand: Errand, result: Result<Response, NoResponse>) {
        let again = match (&errand.what, &result) {
            (What::Relay(..), Ok(_)) => false,
            (_, Ok(response)) => {
                matches!(response.status, Status::TargetNotReachable | Status::RequestTimeout)
                    || (response.status.number() >= 5000
                        && matches!(errand.what, What::Withdraw | What::Change(_)))
            }
            (What::Relay(..), Err(NoResponse::Timeout)) => false,
            (What::Relay(..), Err(NoResponse::NoWay)) => errand.patient,
            // What may have been done is not done twice.
            (What::Relay(..), Err(NoResponse::Lost)) => {
                !matches!(errand.request.operation, Operation::Create | Operation::Delete)
            }
            (_, Err(_)) => true,
        };
        let queue = self.holds.targets.get(&errand.target).copied();
        let own = queue.and_then(|queue| self.holds.queues.get_mut(&queue));
        if let Some(own) = own.filter(|own| errand.key != 0 && own.flying == Some(errand.key)) {
            own.flying = None;
        }
        if again && self.may_wait(&errand) {
            return self.hold(errand, true);
        }
        if let Some(queue) = queue {
            // The next one, not from within this: what is answered at once would pile up.
            let at = if again { None } else { Some(self.now) };
            self.queue_moves(queue, at);
        }
        self.finish_errand(errand, result);
    }

    /// Whether there is time and room for it to wait.
    fn may_wait(&self, errand: &Errand) -> bool {
        let limits = &self.config.limits;
        errand.until.is_none_or(|until| until > self.now)
            && self.holds.waiting.len() < limits.held
            && self.holds.bytes.saturating_add(size(errand)) <= limits.held_bytes
    }

    fn hold_until(&mut self, errand: Errand, opens: Instant) {
        let target = errand.target.clone();
        self.hold(errand, false);
        let queue = self.holds.targets.get(&target).copied();
        if let Some(own) = queue.and_then(|queue| self.holds.queues.get_mut(&queue)) {
            own.again = opens;
            own.flying = None;
        }
        if let Some(queue) = queue {
            self.set_timer(opens, Timer::Retry(queue));
        }
    }

    /// Puts it among those that wait; `failed` if it was tried just now.
    fn hold(&mut self, mut errand: Errand, failed: bool) {
        let fresh = errand.key == 0;
        if fresh {
            self.holds.next += 1;
            errand.key = self.holds.next;
        }
        let key = errand.key;
        if fresh {
            self.keep_errand(&errand);
        }
        if let What::Relay(id, _) = &errand.what {
            self.note_forwarding(*id, Some(key));
        }
        if let Some(until) = errand.until {
            self.set_timer(until, Timer::GiveUp(key));
        }
        let now = self.now;
        let queue = match self.holds.targets.get(&errand.target) {
            Some(queue) => *queue,
            None => {
                let queue = self.next_job;
                self.next_job += 1;
                let target = errand.target.clone();
                let empty = Queue {
                    target: target.clone(),
                    waiting: BTreeSet::new(),
                    flying: None,
                    again: now,
                    pause: Duration::from_millis(0),
                };
                self.holds.targets.insert(target, queue);
                self.holds.queues.insert(queue, empty);
                queue
            }
        };
        self.holds.bytes = self.holds.bytes.saturating_add(size(&errand));
        self.holds.waiting.insert(key, errand);
        if let Some(own) = self.holds.queues.get_mut(&queue) {
            own.waiting.insert(key);
        }
        if failed {
            self.queue_moves(queue, None);
        }
    }

    /// The next of a queue is to be tried: at a time, or after a pause. A queue that is empty goes.
    fn queue_moves(&mut self, queue: u64, at: Option<Instant>) {
        let longest = self.config.notification_retry.as_millis();
        let now = self.now;
        let Some(own) = self.holds.queues.get_mut(&queue) else { return };
        if own.waiting.is_empty() && own.flying.is_none() {
            self.holds.targets.remove(&own.target);
            self.holds.queues.remove(&queue);
            return;
        }
        if at.is_none() && own.again > now {
            // It is known already that it has to wait.
            let again = own.again;
            return self.set_timer(again, Timer::Retry(queue));
        }
        own.again = match at {
            Some(at) => {
                own.pause = Duration::from_millis(0);
                at
            }
            None => {
                let twice = own.pause.as_millis().saturating_mul(2);
                let pause = twice.min(longest).max(FIRST_PAUSE.as_millis());
                own.pause = Duration::from_millis(pause);
                now + own.pause
            }
        };
        let again = own.again;
        self.set_timer(again, Timer::Retry(queue));
    }

    fn try_again(&mut self, queue: u64) {
        let now = self.now;
        if let Some(own) = self.holds.queues.get_mut(&queue) {
            own.again = now;
            self.set_timer(now, Timer::Retry(queue));
        }
    }

    /// An entity may be reachable again: what waits for it is tried.
    pub(super) fn wake_held(&mut self, entity: &str) {
        if let Some(queue) = self.holds.targets.get(entity).copied() {
            self.try_again(queue);
        }
    }

    /// The same for all of them.
    pub(super) fn wake_all_held(&mut self) {
        let queues = self.holds.queues.keys().take(self.config.limits.step);
        let queues: Vec<u64> = queues.copied().collect();
        for queue in queues {
            self.try_again(queue);
        }
    }

    /// The first of a queue is tried.
    pub(super) fn retry(&mut self, queue: u64) {
        let now = self.now;
        let can_send = self.can_send();
        let Some(own) = self.holds.queues.get_mut(&queue) else { return };
        if own.flying.is_some() || own.again > now {
            return;
        }
        if !can_send {
            return self.queue_moves(queue, None);
        }
        let Some(key) = own.waiting.pop_first() else { return self.queue_moves(queue, None) };
        let Some(errand) = self.take_held(key) else { return self.queue_moves(queue, Some(now)) };
        if errand.until.is_some_and(|until| until <= now) {
            self.queue_moves(queue, Some(now));
            return self.expire_errand(errand);
        }
        if let Some(own) = self.holds.queues.get_mut(&queue) {
            own.flying = Some(key);
        }
        self.go(errand);
    }

    fn take_held(&mut self, key: u64) -> Option<Errand> {
        let errand = self.holds.waiting.remove(&key)?;
        self.holds.bytes = self.holds.bytes.saturating_sub(size(&errand));
        let queue = self.holds.targets.get(&errand.target);
        if let Some(own) = queue.and_then(|queue| self.holds.queues.get_mut(queue)) {
            own.waiting.remove(&key);
        }
        Some(errand)
    }

    /// The time of one that waits is over.
    pub(super) fn held_overdue(&mut self, key: u64) {
        let late = |errand: &Errand| errand.until.is_some_and(|until| until <= self.now);
        if self.holds.waiting.get(&key).is_some_and(late)
            && let Some(errand) = self.drop_held(key)
        {
            self.expire_errand(errand);
        }
    }

    /// Takes one out that is not wanted any more.
    pub(super) fn drop_held(&mut self, key: u64) -> Option<Errand> {
        let errand = self.take_held(key)?;
        let queue = self.holds.targets.get(&errand.target).copied();
        let own = queue.and_then(|queue| self.holds.queues.get(&queue));
        if let (Some(queue), Some(own)) = (queue, own)
            && own.waiting.is_empty()
            && own.flying.is_none()
        {
            self.queue_moves(queue, None);
        }
        Some(errand)
    }

    /// One is not wanted any more, nor what comes of it.
    pub(super) fn forget_errand(&mut self, errand: Errand) {
        if let What::Relay(id, _) = errand.what {
            self.internal.remove(&id);
        }
    }

    fn expire_errand(&mut self, errand: Errand) {
        let why = if errand.patient { NoResponse::Timeout } else { NoResponse::NoWay };
        self.finish_errand(errand, Err(why));
    }

    fn finish_errand(&mut self, errand: Errand, result: Result<Response, NoResponse>) {
        if errand.key != 0 && !matches!(errand.what, What::Relay(..)) {
            self.forget(kept_key(Kind::Errand, errand.key));
        }
        match errand.what {
            What::Relay(id, request) => match result {
                Ok(response) => self.respond(id, *request, response.status, response.content),
                Err(why) => self.fail(id, *request, &why.into()),
            },
            What::Tell | What::Withdraw => {}
            What::Change(number) => self.change_announced(number, errand.request.to, result),
        }
    }

    /// Writes what nobody waits for into the journal. The requests of others have their resources
    /// there, or an originator who notices.
    fn keep_errand(&mut self, errand: &Errand) {
        let (mark, number) = match errand.what {
            What::Relay(..) => return,
            What::Tell => (0u8, 0),
            What::Withdraw => (1, 0),
            What::Change(number) => (2, number),
        };
        if !self.config.journal {
            return;
        }
        let until = errand.until.map_or(0, |until| self.wall_at(until));
        let request = errand.request.to_json();
        let mut value = Vec::with_capacity(21 + errand.target.len() + request.len());
        value.push(mark);
        value.extend_from_slice(&number.to_le_bytes());
        value.extend_from_slice(&until.to_le_bytes());
        value.extend_from_slice(&u32::try_from(errand.target.len()).unwrap_or(0).to_le_bytes());
        value.extend_from_slice(errand.target.as_bytes());
        value.extend_from_slice(&request);
        let key = kept_key(Kind::Errand, errand.key);
        self.journal.push_back(Record { key, value: Some(value) });
    }

    /// Takes back one that waited; false if the bytes are none.
    pub(super) fn restore_errand(&mut self, key: u64, value: &[u8]) -> bool {
        let mut reader = Reader::new(value);
        let mut parse = || {
            let mark = reader.take(1).ok()?;
            let number = u64::from_le_bytes(reader.take(8).ok()?.try_into().ok()?);
            let what = match mark {
                [0] => What::Tell,
                [1] => What::Withdraw,
                [2] => What::Change(number),
                _ => return None,
            };
            let until = Millis::from_le_bytes(reader.take(8).ok()?.try_into().ok()?);
            let length = u32::from_le_bytes(reader.take(4).ok()?.try_into().ok()?);
            let target = reader.take(usize::try_from(length).ok()?).ok()?;
            let target = core::str::from_utf8(target).ok()?.into();
            let request = Request::from_json(reader.rest()).ok()?;
            Some((target, request, what, until))
        };
        let Some((target, request, what, until)) = parse() else { return false };
        let until = (until > 0).then(|| self.instant(until));
        let errand = Errand { target, request, what, until, patient: true, key };
        self.holds.next = self.holds.next.max(key);
        self.hold(errand, true);
        true
    }
}
