//! Requests that are under way.

use super::config::Retry;
use super::{OutgoingId, RequestId};
use crate::enumeration::Operation;
use crate::primitive::Request;
use alloc::vec::Vec;
use m2m_base::{Duration, Instant, Random};

/// What a request of the AE is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Creates the `<AE>`.
    Register,
    /// Updates an `<AE>` that the CSE still has from an earlier life.
    TakeUp,
    /// Moves its expiration.
    Refresh,
    /// Deletes it.
    Deregister,
    /// Creates the `<pollingChannel>`.
    CreateChannel,
    /// Waits for a request from the channel.
    Poll,
    /// Returns the answer to a request from the channel.
    Answer,
    /// A request of the application.
    Application(RequestId),
    /// Fetches the result of one that is not blocking.
    Result(RequestId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// To be sent at this time.
    Due(Instant),
    /// Sent; an answer counts until this time.
    Sent(Instant),
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub id: OutgoingId,
    pub purpose: Purpose,
    pub request: Request,
    state: State,
    attempts: u8,
}

/// Why an exchange ended without a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// Nothing came back, and it cannot be repeated, or was often enough.
    Silence,
    /// It could not be delivered.
    Undeliverable,
}

/// The requests under way; few, so that a list will do.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    list: Vec<Exchange>,
}

impl Retry {
    /// The pause before repetition `count`, counted from 1.
    pub(super) fn pause(&self, count: u8, random: &mut Random) -> Duration {
        let doubled = 1u64 << u32::from(count.saturating_sub(1)).min(32);
        let pause = self.pause.as_millis().saturating_mul(doubled);
        let pause = pause.min(self.longest_pause.as_millis());
        let half = u32::try_from(pause / 2).unwrap_or(u32::MAX);
        let jitter = u64::from(random.up_to(half));
        Duration::from_millis((pause - pause / 4).saturating_add(jitter))
    }

    fn patience(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::Poll => self.timeout + self.polling,
            _ => self.timeout,
        }
    }
}

impl Exchanges {
    pub(super) fn add(&mut self, id: OutgoingId, purpose: Purpose, request: Request, at: Instant) {
        self.list.push(Exchange { id, purpose, request, state: State::Due(at), attempts: 0 });
    }

    /// The next one to be sent, now sent.
    pub(super) fn send(&mut self, now: Instant, retry: &Retry) -> Option<&Exchange> {
        let due = |e: &&mut Exchange| matches!(e.state, State::Due(at) if at <= now);
        let exchange = self.list.iter_mut().find(due)?;
        exchange.attempts = exchange.attempts.saturating_add(1);
        exchange.state = State::Sent(now + retry.patience(exchange.purpose));
        Some(exchange)
    }

    /// Ends the one that this is the response to.
    pub(super) fn answered(&mut self, id: OutgoingId, identifier: &str) -> Option<Exchange> {
        let at = self.list.iter().position(|e| {
            e.id == id
                && e.request.request_identifier == identifier
                && matches!(e.state, State::Sent(_))
        })?;
        Some(self.list.remove(at))
    }

    /// Repeats later what could not be delivered, or ends it.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        id: OutgoingId,
        retry: &Retry,
        random: &mut Random,
    ) -> Option<(Exchange, Failure)> {
        let sent = |e: &Exchange| e.id == id && matches!(e.state, State::Sent(_));
        let at = self.list.iter().position(sent)?;
        self.again(now, at, true, retry, random).map(|e| (e, Failure::Undeliverable))
    }

    /// Repeats, or ends, the first that has waited too long.
    pub(super) fn overdue(
        &mut self,
        now: Instant,
        retry: &Retry,
        random: &mut Random,
    ) -> Option<(Exchange, Failure)> {
        loop {
            let late = |e: &Exchange| matches!(e.state, State::Sent(until) if until <= now);
            let at = self.list.iter().position(late)?;
            // What was perhaps received must not be done twice.
            let harmless = self.list.get(at).is_some_and(|e| {
                !matches!(e.request.operation, Operation::Create | Operation::Notify)
                    || matches!(e.purpose, Purpose::Register | Purpose::CreateChannel)
            });
            if let Some(exchange) = self.again(now, at, harmless, retry, random) {
                return Some((exchange, Failure::Silence));
            }
        }
    }

    fn again(
        &mut self,
        now: Instant,
        at: usize,
        may: bool,
        retry: &Retry,
        random: &mut Random,
    ) -> Option<Exchange> {
        let exchange = self.list.get_mut(at)?;
        // The channel is asked again anyway.
        if !may || exchange.attempts >= retry.attempts || exchange.purpose == Purpose::Poll {
            return Some(self.list.remove(at));
        }
        exchange.state = State::Due(now + retry.pause(exchange.attempts, random));
        None
    }

    /// Forgets those for which `which` says so.
    pub(super) fn drop_if(&mut self, which: impl Fn(Purpose) -> bool) {
        self.list.retain(|e| !which(e.purpose));
    }

    /// Requests of the application that are under way.
    pub(super) fn applications(&self) -> usize {
        self.list.iter().filter(|e| matches!(e.purpose, Purpose::Application(_))).count()
    }

    /// Ends them all.
    pub(super) fn take_applications(&mut self) -> impl Iterator<Item = RequestId> + '_ {
        self.list.extract_if(.., |e| matches!(e.purpose, Purpose::Application(_))).filter_map(|e| {
            match e.purpose {
                Purpose::Application(id) => Some(id),
                _ => None,
            }
        })
    }

    pub(super) fn has(&self, purpose: Purpose) -> bool {
        self.list.iter().any(|e| e.purpose == purpose)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.list
            .iter()
            .map(|e| match e.state {
                State::Due(at) | State::Sent(at) => at,
            })
            .min()
    }
}
