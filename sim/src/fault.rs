//! What goes wrong, as data: a list that a test prints, keeps and shrinks.

use core::fmt;

use m2m_base::Duration;
use proptest::prelude::*;

use crate::NodeId;

/// What happens to one datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It gets lost.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives that many milliseconds later than it would have.
    Delay(u32),
    /// This bit is turned round, counted from the first byte's highest, modulo the length.
    Corrupt(u32),
    /// Only so many bytes arrive.
    Truncate(u32),
}

/// One datagram and what happens to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Which one, counted from 1 among those that go from `from` to `to`. Copies that the network
    /// makes do not count.
    pub nth: u32,
    /// Who sends it; `None` for anybody.
    pub from: Option<NodeId>,
    /// Whom it is for; `None` for anybody.
    pub to: Option<NodeId>,
    /// What happens.
    pub action: Action,
}

impl Fault {
    /// Something happens to the `nth` datagram (from 1) from `from` to `to`.
    #[must_use]
    pub fn new(from: impl Into<NodeId>, to: impl Into<NodeId>, nth: u32, action: Action) -> Self {
        Fault { nth, from: Some(from.into()), to: Some(to.into()), action }
    }

    /// Something happens to the `nth` datagram (from 1) of all.
    #[must_use]
    pub fn any(nth: u32, action: Action) -> Self {
        Fault { nth, from: None, to: None, action }
    }
}

impl fmt::Debug for Fault {
    /// A sentence: "datagram 3 from node 0 to node 1: Drop".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "datagram {}", self.nth)?;
        if let Some(from) = self.from {
            write!(f, " from {from:?}")?;
        }
        if let Some(to) = self.to {
            write!(f, " to {to:?}")?;
        }
        write!(f, ": {:?}", self.action)
    }
}

/// What happens to a node or a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incident {
    /// The node gets another address ([`World::rebind`](crate::World::rebind)).
    Rebind(NodeId),
    /// The node starts anew ([`World::reboot`](crate::World::reboot)).
    Reboot(NodeId),
    /// The node hears and does nothing ([`World::stop`](crate::World::stop)).
    Stop(NodeId),
    /// It goes on ([`World::start`](crate::World::start)).
    Start(NodeId),
    /// Nothing gets through between the two, in either direction.
    Cut(NodeId, NodeId),
    /// It does again.
    Heal(NodeId, NodeId),
}

/// An incident and when.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// Time after the moment at which the script is given to the world.
    pub after: Duration,
    /// What happens.
    pub incident: Incident,
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} ms: {:?}", self.after.as_millis(), self.incident)
    }
}

/// All that goes wrong in one run. As a finite list it ends, so that whatever has to happen in the
/// end has to happen after it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// What happens to datagrams.
    pub faults: Vec<Fault>,
    /// What happens to nodes and connections.
    pub incidents: Vec<Scheduled>,
}

impl Script {
    /// These datagrams (counted from 1 over all) get lost.
    #[must_use]
    pub fn lost(nth: &[u32]) -> Script {
        let faults = nth.iter().map(|n| Fault::any(*n, Action::Drop)).collect();
        Script { faults, incidents: Vec::new() }
    }
}

impl From<Vec<Fault>> for Script {
    fn from(faults: Vec<Fault>) -> Script {
        Script { faults, incidents: Vec::new() }
    }
}

/// From what scripts are drawn. Strategies come out of it, and what they give shrinks: towards
/// fewer faults, earlier datagrams, and from any action towards [`Action::Drop`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Faults {
    /// The first so many nodes take part.
    pub nodes: u8,
    /// Most faults.
    pub most: usize,
    /// Only the first so many datagrams in each direction are hit.
    pub first: u32,
    /// Longest delay in milliseconds.
    pub delay: u32,
    /// Bits and tails go wrong, too.
    pub damage: bool,
    /// Most incidents. Each stop is followed by a start and each cut by its healing.
    pub incidents: usize,
    /// Incidents begin within this time and last at most as long.
    pub within: Duration,
    /// Nodes start anew and change their addresses, too.
    pub moves: bool,
}

impl Faults {
    /// Two nodes; up to 6 of the first 12 datagrams in each direction are lost, doubled, or
    /// delayed by up to 10 s.
    pub const PAIR: Faults = Faults {
        nodes: 2,
        most: 6,
        first: 12,
        delay: 10_000,
        damage: false,
        incidents: 0,
        within: Duration::from_secs(60),
        moves: false,
    };

    /// Scripts, for `proptest!`.
    pub fn strategy(self) -> impl Strategy<Value = Script> {
        let faults = proptest::collection::vec(self.fault(), 0..=self.most);
        let incidents = proptest::collection::vec(self.incident(), 0..=self.incidents);
        (faults, incidents)
            .prop_map(|(faults, incidents)| Script { faults, incidents: incidents.concat() })
    }

    /// Two different nodes.
    fn pair(self) -> impl Strategy<Value = (NodeId, NodeId)> {
        let n = self.nodes.max(2);
        (0..n, 1..n).prop_map(move |(a, step)| {
            (NodeId(usize::from(a)), NodeId(usize::from((a + step) % n)))
        })
    }

    fn fault(self) -> impl Strategy<Value = Fault> {
        let mut actions = vec![
            Just(Action::Drop).boxed(),
            Just(Action::Duplicate).boxed(),
            (1..=self.delay.max(1)).prop_map(Action::Delay).boxed(),
        ];
        if self.damage {
            actions.push((0u32..10_000).prop_map(Action::Corrupt).boxed());
            actions.push((0u32..64).prop_map(Action::Truncate).boxed());
        }
        let action = proptest::strategy::Union::new(actions);
        (self.pair(), 1..=self.first.max(1), action)
            .prop_map(|((from, to), nth, action)| Fault::new(from, to, nth, action))
    }

    fn incident(self) -> impl Strategy<Value = Vec<Scheduled>> {
        let within = self.within.as_millis();
        let kinds = if self.moves { 4u8 } else { 2 };
        (self.pair(), 0..kinds, 0..=within, 0..=within).prop_map(|((a, b), kind, start, lasts)| {
            let at = |ms, incident| Scheduled { after: Duration::from_millis(ms), incident };
            let end = start + lasts;
            match kind {
                0 => vec![at(start, Incident::Cut(a, b)), at(end, Incident::Heal(a, b))],
                1 => vec![at(start, Incident::Stop(a)), at(end, Incident::Start(a))],
                2 => vec![at(start, Incident::Rebind(a))],
                _ => vec![at(start, Incident::Reboot(a))],
            }
        })
    }
}
