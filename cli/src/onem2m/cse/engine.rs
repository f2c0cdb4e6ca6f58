//! The engine, and the order of things around it: take requests, keep what they changed, then
//! answer.
//!
//! While a transaction is being written the engine goes on; what changes meanwhile is the next
//! one. An answer waits for the transaction that has everything that was changed before it, so
//! that nobody learns of something that a crash could undo.

use super::counters::Counters;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::onem2m::link::{Binding, Reply};
use crate::store::{Batch, Journal};
use m2m_base::UnixTime;
use onem2m_core::cse::{Cse, Outgoing, OutgoingId, RequestId, Session};
use onem2m_core::primitive::{Request, Response};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

/// How often the engine is told the time of day anew: the system's clock may be set.
const SET_CLOCK: Duration = Duration::from_secs(60);

/// What goes out.
enum Ready {
    Answer(Reply, Box<Response>),
    /// A request of the CSE itself.
    Request(Box<Outgoing>),
}

/// The engine, and who waits for it.
pub(super) struct Engine {
    state: RefCell<State>,
    /// Something is to be written, or the engine has a new deadline.
    wake: Notify,
    /// Takes the requests of the CSE itself.
    outgoing: UnboundedSender<Outgoing>,
    pub(super) clock: Clock,
    pub(super) counters: Counters,
}

struct State {
    cse: Cse,
    waiting: BTreeMap<RequestId, Reply>,
    /// Records that no transaction has yet.
    fresh: Batch,
    /// Transactions that were begun, and those that are on the disk.
    begun: u64,
    committed: u64,
    /// What is to go out, each with the transaction that has to be on the disk before.
    held: VecDeque<(u64, Ready)>,
}

/// The time of day.
fn wall_clock() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What came of a request of the CSE.
pub(super) enum Fate {
    Answered(Box<Response>),
    /// It did not get to its target.
    Undelivered,
    /// There is no answer; it may have arrived.
    Lost,
}

impl Fate {
    /// What came of two attempts, the second made only because the first had no answer.
    pub(super) fn then(self, second: Fate) -> Fate {
        match (self, second) {
            (Fate::Lost, Fate::Undelivered) => Fate::Lost,
            (_, second) => second,
        }
    }
}

impl Engine {
    /// Around a CSE that was restored. Its own requests go to `outgoing`.
    pub(super) fn new(cse: Cse, clock: Clock, outgoing: UnboundedSender<Outgoing>) -> Engine {
        let state = State {
            cse,
            waiting: BTreeMap::new(),
            fresh: Batch::default(),
            begun: 0,
            committed: 0,
            held: VecDeque::new(),
        };
        Engine {
            state: RefCell::new(state),
            wake: Notify::new(),
            outgoing,
            clock,
            counters: Counters::default(),
        }
    }

    /// Tells a CSE the time of day.
    pub(super) fn set_clock(cse: &mut Cse, clock: Clock) {
        cse.set_wall_clock(clock.now(), wall_clock());
    }

    /// Resources that there are.
    pub(super) fn resources(&self) -> u32 {
        self.state.borrow().cse.resources()
    }

    /// Gives the engine a request; `reply` gets the answer, at once or later.
    pub(super) fn submit(
        &self,
        binding: Binding,
        session: Session,
        request: Request,
        reply: Reply,
    ) {
        self.counters.request(binding, request.operation);
        let mut state = self.state.borrow_mut();
        let id = state.cse.handle_request(self.clock.now(), session, request);
        state.waiting.insert(id, reply);
        let ready = state.collect();
        drop(state);
        self.hand_out(ready);
        self.wake.notify_one();
    }

    /// Gives the engine what came of a request of its own.
    pub(super) fn answered(&self, id: OutgoingId, fate: Fate) {
        self.counters.outgoing(matches!(fate, Fate::Answered(_)));
        let mut state = self.state.borrow_mut();
        let now = self.clock.now();
        match fate {
            Fate::Answered(response) => state.cse.handle_response(now, id, *response),
            Fate::Undelivered => state.cse.outgoing_undelivered(now, id),
            Fate::Lost => state.cse.outgoing_failed(now, id),
        }
        let ready = state.collect();
        drop(state);
        self.hand_out(ready);
        self.wake.notify_one();
    }

    fn hand_out(&self, ready: Vec<Ready>) {
        for ready in ready {
            match ready {
                Ready::Answer(reply, response) => {
                    self.counters.response(response.status);
                    reply(*response);
                }
                // When nobody sends any more, the CSE is about to stop.
                Ready::Request(outgoing) => drop(self.outgoing.send(*outgoing)),
            }
        }
    }

    /// Runs until the store fails. `tell` is told when the CSE is registered with its registrar,
    /// and when it is no more.
    pub(super) async fn run(
        &self,
        mut journal: Option<Journal>,
        mut tell: impl FnMut(bool),
    ) -> Failure {
        let mut registered = false;
        let mut set_clock = tokio::time::interval(SET_CLOCK);
        loop {
            // Who has something to say now gets into the same transaction.
            tokio::task::yield_now().await;
            let deadline = {
                let mut state = self.state.borrow_mut();
                if registered != state.cse.is_registered() {
                    registered = !registered;
                    tell(registered);
                }
                if let Some(journal) = &journal
                    && state.begun == state.committed
                    && !state.fresh.is_empty()
                {
                    let records = std::mem::take(&mut state.fresh);
                    self.counters.transaction(records.len());
                    state.begun += 1;
                    journal.commit(records);
                }
                state.cse.poll_timeout().and_then(|at| self.clock.when(at))
            };
            let committed = async {
                match &mut journal {
                    Some(journal) => journal.committed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                done = committed => {
                    if let Err(failure) = done {
                        return failure;
                    }
                    let ready = {
                        let mut state = self.state.borrow_mut();
                        state.committed += 1;
                        state.release()
                    };
                    self.hand_out(ready);
                }
                () = self.wake.notified() => {}
                () = crate::driver::sleep_until(deadline) => {
                    let ready = {
                        let mut state = self.state.borrow_mut();
                        state.cse.handle_timeout(self.clock.now());
                        state.collect()
                    };
                    self.hand_out(ready);
                }
                _ = set_clock.tick() => {
                    Engine::set_clock(&mut self.state.borrow_mut().cse, self.clock);
                }
            }
        }
    }

    /// Waits until everybody who asked has an answer, but not for long.
    pub(super) async fn settle(&self, at_most: Duration) {
        let end = tokio::time::Instant::now() + at_most;
        loop {
            let idle = {
                let state = self.state.borrow();
                state.waiting.is_empty() && state.held.is_empty() && state.fresh.is_empty()
            };
            if idle || tokio::time::Instant::now() >= end {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl State {
    /// Takes what the engine has to give; returns what need not wait.
    fn collect(&mut self) -> Vec<Ready> {
        while let Some(record) = self.cse.poll_journal() {
            self.fresh.record(record.key, record.value.as_deref());
        }
        // What is fresh goes into the transaction after the one that is being written.
        let needs = if self.fresh.is_empty() { self.begun } else { self.begun + 1 };
        while let Some((id, response)) = self.cse.poll_response() {
            if let Some(reply) = self.waiting.remove(&id) {
                self.held.push_back((needs, Ready::Answer(reply, Box::new(response))));
            }
        }
        while let Some(outgoing) = self.cse.poll_outgoing() {
            self.held.push_back((needs, Ready::Request(Box::new(outgoing))));
        }
        self.release()
    }

    /// What need not wait any more.
    fn release(&mut self) -> Vec<Ready> {
        let mut ready = Vec::new();
        while self.held.front().is_some_and(|(needs, _)| *needs <= self.committed) {
            ready.extend(self.held.pop_front().map(|(_, one)| one));
        }
        ready
    }
}
