//! The participants of a world, each with an engine of its own type.

use core::{any::Any, fmt, marker::PhantomData};

use m2m_base::{Disposition, Engine, Instant, PeerId, Random, Seed};

use crate::{
    checked::{Checked, ENDLESS, check_replay},
    log::Log,
    rules::{Rule, Rules},
};

/// A participant, without the type of its engine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

impl NodeId {
    /// The `n`th node that was added to its world, from 0. For fault scripts that are written
    /// before there is a world.
    #[must_use]
    pub const fn nth(n: usize) -> NodeId {
        NodeId(n)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// A participant and the type of its engine.
pub struct Node<E> {
    pub(crate) id: NodeId,
    pub(crate) engine: PhantomData<fn() -> E>,
}

impl<E> Node<E> {
    /// The same without the type.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }
}

impl<E> Clone for Node<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Node<E> {}

impl<E> fmt::Debug for Node<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl<E> From<Node<E>> for NodeId {
    fn from(node: Node<E>) -> NodeId {
        node.id
    }
}

/// What a node is told when its engine is made.
#[derive(Clone, Debug)]
pub struct Boot {
    /// 0 for the first engine of the node, one more after each reboot.
    pub count: u32,
    /// Different for every node and boot, the same in every run with the world's seed.
    pub seed: Seed,
    /// The time.
    pub now: Instant,
}

type Make<E> = Box<dyn FnMut(&Boot) -> E>;
type Handler<E> = Box<dyn FnMut(&mut Checked<E>, Instant, &<E as Engine>::Event)>;

pub(crate) struct NodeState<E: Engine> {
    pub(crate) checked: Checked<E>,
    rules: Rules<E>,
    make: Make<E>,
    boot: Boot,
    seeds: Random,
    past: Vec<(Boot, Log<E>)>,
    pub(crate) events: Vec<(Instant, E::Event)>,
    pub(crate) handler: Option<Handler<E>>,
}

fn next_boot(count: u32, seeds: &mut Random, now: Instant) -> Boot {
    let mut seed = [0; 32];
    seeds.fill(&mut seed);
    Boot { count, seed: Seed(seed), now }
}

impl<E: Engine> NodeState<E> {
    pub(crate) fn new(rules: Rules<E>, mut make: Make<E>, mut seeds: Random, now: Instant) -> Self {
        let boot = next_boot(0, &mut seeds, now);
        NodeState {
            checked: Checked::new(make(&boot), rules),
            rules,
            make,
            boot,
            seeds,
            past: Vec::new(),
            events: Vec::new(),
            handler: None,
        }
    }
}

/// A node of whatever engine, as the world drives it.
pub(crate) trait AnyNode: Any {
    fn datagram(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> Disposition;
    fn timeout(&mut self, now: Instant);
    fn deadline(&self) -> Option<Instant>;
    /// Hands events to the handler and datagrams out, until there are none.
    fn drain(&mut self, now: Instant) -> Vec<(PeerId, Vec<u8>)>;
    fn reboot(&mut self, now: Instant);
    fn check_replay(&mut self);
    fn log_text(&self, calls: usize) -> String;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<E: Engine + 'static> AnyNode for NodeState<E>
where
    E::Event: 'static,
{
    fn datagram(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> Disposition {
        self.checked.handle_datagram(now, peer, bytes)
    }

    fn timeout(&mut self, now: Instant) {
        self.checked.handle_timeout(now);
    }

    fn deadline(&self) -> Option<Instant> {
        self.checked.poll_timeout()
    }

    fn drain(&mut self, now: Instant) -> Vec<(PeerId, Vec<u8>)> {
        let mut datagrams = Vec::new();
        for _ in 0..ENDLESS {
            if let Some(event) = self.checked.poll_event() {
                if let Some(handler) = &mut self.handler {
                    handler(&mut self.checked, now, &event);
                }
                self.events.push((now, event));
            } else if let Some(datagram) = self.checked.transmit(now) {
                datagrams.push(datagram);
            } else if self.checked.is_drained() {
                return datagrams;
            }
        }
        Rule::Rest.broken(format_args!(
            "{ENDLESS} answers without time passing; the last calls:\n{}",
            self.checked.log().tail(16)
        ))
    }

    fn reboot(&mut self, now: Instant) {
        let boot = next_boot(self.boot.count + 1, &mut self.seeds, now);
        let fresh = Checked::new((self.make)(&boot), self.rules);
        let (_, log) = core::mem::replace(&mut self.checked, fresh).into_parts();
        self.past.push((core::mem::replace(&mut self.boot, boot), log));
    }

    fn check_replay(&mut self) {
        for (boot, log) in &self.past {
            check_replay(log, (self.make)(boot));
        }
        check_replay(self.checked.log(), (self.make)(&self.boot));
    }

    fn log_text(&self, calls: usize) -> String {
        self.checked.log().tail(calls)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
