//! What is under way, and what happens to it there.

use std::collections::{BTreeMap, BTreeSet};

use m2m_base::{Duration, Instant, PeerId, Random, Seed};

use crate::{
    NodeId,
    fault::{Action, Fault, Incident},
    link::{Chance, Link, between},
    packet::{Effect, Loss, Packet},
};

/// Who has an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    Node(NodeId),
    Outside(PeerId),
}

impl Place {
    fn node(self) -> Option<NodeId> {
        match self {
            Place::Node(id) => Some(id),
            Place::Outside(_) => None,
        }
    }

    /// A number of its own, for the seed of a line.
    fn number(self) -> u64 {
        match self {
            Place::Node(id) => id.0 as u64,
            Place::Outside(peer) => !peer.0,
        }
    }
}

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Due {
    /// A copy of a packet arrives at a place, provided it still has the address.
    Arrive {
        packet: usize,
        at: Place,
        bytes: Vec<u8>,
    },
    Incident(Incident),
    /// A driver that had other things to do polls its engine.
    Drain(NodeId),
}

/// One direction between two places, and its memory.
struct Line {
    random: Random,
    losing: bool,
    free: Instant,
    last: Instant,
}

pub(crate) struct Network {
    seed: u64,
    addresses: BTreeMap<PeerId, Place>,
    groups: BTreeMap<PeerId, Vec<NodeId>>,
    default: Link,
    links: BTreeMap<(NodeId, NodeId), Link>,
    lines: BTreeMap<(Place, Place), Line>,
    cuts: BTreeSet<(NodeId, NodeId)>,
    faults: Vec<(Fault, u32)>,
    due: BTreeMap<(Instant, u64), Due>,
    serial: u64,
    pub(crate) packets: Vec<Packet>,
}

/// What the script does to one datagram.
#[derive(Default)]
struct Fate {
    lost: bool,
    twice: bool,
    delay: u64,
    corrupt: Vec<u32>,
    truncate: Option<u32>,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Network {
        Network {
            seed,
            addresses: BTreeMap::new(),
            groups: BTreeMap::new(),
            default: Link::PERFECT,
            links: BTreeMap::new(),
            lines: BTreeMap::new(),
            cuts: BTreeSet::new(),
            faults: Vec::new(),
            due: BTreeMap::new(),
            serial: 0,
            packets: Vec::new(),
        }
    }

    pub(crate) fn bind(&mut self, peer: PeerId, place: Place) {
        let before = self.addresses.insert(peer, place);
        assert!(before.is_none(), "address {:?} is taken", crate::address(peer));
    }

    pub(crate) fn unbind(&mut self, peer: PeerId) {
        self.addresses.remove(&peer);
    }

    pub(crate) fn place(&self, peer: PeerId) -> Option<Place> {
        self.addresses.get(&peer).copied()
    }

    pub(crate) fn group(&mut self, peer: PeerId, members: Vec<NodeId>) {
        self.groups.insert(peer, members);
    }

    pub(crate) fn is_group(&self, peer: PeerId) -> bool {
        self.groups.contains_key(&peer)
    }

    pub(crate) fn set_default(&mut self, link: Link) {
        self.default = link;
        self.links.clear();
    }

    pub(crate) fn set_link(&mut self, from: NodeId, to: NodeId, link: Link) {
        self.links.insert((from, to), link);
    }

    pub(crate) fn cut(&mut self, a: NodeId, b: NodeId, cut: bool) {
        for pair in [(a, b), (b, a)] {
            if cut {
                self.cuts.insert(pair);
            } else {
                self.cuts.remove(&pair);
            }
        }
    }

    pub(crate) fn add_faults(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults.into_iter().map(|f| (f, 0)));
    }

    pub(crate) fn schedule(&mut self, at: Instant, due: Due) {
        self.due.insert((at, self.serial), due);
        self.serial += 1;
    }

    /// When the next thing happens.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn pop(&mut self) -> Option<Due> {
        self.due.pop_first().map(|(_, due)| due)
    }

    /// True if no datagram is under way and no incident is to come.
    pub(crate) fn is_quiet(&self) -> bool {
        self.due.is_empty()
    }

    /// Takes what somebody sends.
    pub(crate) fn send(&mut self, now: Instant, from: PeerId, to: PeerId, bytes: Vec<u8>) {
        let source = self.addresses.get(&from).copied().unwrap_or(Place::Outside(from));
        if let Some(members) = self.groups.get(&to) {
            for member in members.clone() {
                if source != Place::Node(member) {
                    self.carry(now, (from, source), (to, Place::Node(member)), bytes.clone());
                }
            }
        } else if let Some(target) = self.place(to) {
            self.carry(now, (from, source), (to, target), bytes);
        } else {
            let effects = vec![Effect::Lost(Loss::NobodyThere)];
            self.packets.push(Packet { sent: now, from, to, bytes, effects, arrivals: vec![] });
        }
    }

    fn carry(
        &mut self,
        now: Instant,
        (from, source): (PeerId, Place),
        (to, target): (PeerId, Place),
        bytes: Vec<u8>,
    ) {
        let fate = self.fate(source, target);
        let nodes = source.node().zip(target.node());
        let link = nodes.and_then(|n| self.links.get(&n)).copied().unwrap_or(self.default);
        let cut = nodes.is_some_and(|n| self.cuts.contains(&n));
        let seed = self.seed;
        let line = self.lines.entry((source, target)).or_insert_with(|| {
            let random = Random::new(&seed_of(seed, source.number(), target.number()));
            Line { random, losing: false, free: now, last: now }
        });
        let random = &mut line.random;

        let again = if line.losing { link.loss_goes_on } else { Chance::NEVER };
        line.losing = again.happens(random) || link.loss.happens(random);
        let mut effects = Vec::new();
        let lost = match () {
            () if fate.lost => Some(Loss::Script),
            () if cut => Some(Loss::Cut),
            () if line.losing => Some(Loss::Chance),
            () if link.mtu.is_some_and(|mtu| bytes.len() > mtu) => Some(Loss::TooLong),
            () => None,
        };

        // The sender's line is busy with what gets lost, too.
        if let Some(speed) = link.bytes_per_second {
            let ms = bytes.len() as u64 * 1000 / u64::from(speed.max(1));
            line.free = line.free.max(now) + Duration::from_millis(ms);
        } else {
            line.free = now;
        }
        let mut arrivals = Vec::new();
        if let Some(loss) = lost {
            effects.push(Effect::Lost(loss));
        } else {
            let mut copy = bytes.clone();
            let by_chance = link.corrupt.happens(random).then(|| random.u32());
            for bit in fate.corrupt.into_iter().chain(by_chance) {
                corrupt(&mut copy, bit, &mut effects);
            }
            let by_chance = link.truncate.happens(random).then(|| random.u32());
            for left in fate.truncate.into_iter().chain(by_chance) {
                truncate(&mut copy, left, &mut effects);
            }
            let twice = fate.twice || link.duplicate.happens(random);
            if twice {
                effects.push(Effect::Duplicated);
            }
            for _ in 0..1 + usize::from(twice) {
                let mut delay = fate.delay;
                if link.late.happens(random) {
                    delay += between((Duration::ZERO, link.late_by), random).as_millis();
                }
                if delay > 0 {
                    effects.push(Effect::Delayed(delay));
                }
                let mut rest = copy.as_slice();
                loop {
                    let (piece, after) = split(rest, link.split, random);
                    rest = after;
                    let latency = between(link.latency, random);
                    let mut at = line.free + latency + Duration::from_millis(delay);
                    if link.in_order {
                        at = at.max(line.last);
                    }
                    line.last = line.last.max(at);
                    arrivals.push((at, piece.to_vec()));
                    if rest.is_empty() {
                        break;
                    }
                }
            }
        }
        let packet = self.packets.len();
        self.packets.push(Packet { sent: now, from, to, bytes, effects, arrivals: vec![] });
        for (at, bytes) in arrivals {
            self.schedule(at, Due::Arrive { packet, at: target, bytes });
        }
    }

    fn fate(&mut self, source: Place, target: Place) -> Fate {
        let mut fate = Fate::default();
        let is = |wanted: Option<NodeId>, place: Place| {
            wanted.is_none_or(|node| place == Place::Node(node))
        };
        for (fault, seen) in &mut self.faults {
            if !is(fault.from, source) || !is(fault.to, target) {
                continue;
            }
            *seen += 1;
            if *seen != fault.nth {
                continue;
            }
            match fault.action {
                Action::Drop => fate.lost = true,
                Action::Duplicate => fate.twice = true,
                Action::Delay(ms) => fate.delay += u64::from(ms),
                Action::Corrupt(bit) => fate.corrupt.push(bit),
                Action::Truncate(n) => fate.truncate = Some(n),
            }
        }
        fate
    }
}

/// A first piece and what is left after it.
fn split<'a>(bytes: &'a [u8], chance: Chance, random: &mut Random) -> (&'a [u8], &'a [u8]) {
    let most = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if most < 2 || !chance.happens(random) {
        return (bytes, &[]);
    }
    bytes.split_at(1 + random.up_to(most - 2) as usize)
}

fn corrupt(bytes: &mut [u8], bit: u32, effects: &mut Vec<Effect>) {
    if bytes.is_empty() {
        return;
    }
    let bit = bit as usize % (bytes.len() * 8);
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
    effects.push(Effect::Corrupted(bit));
}

fn truncate(bytes: &mut Vec<u8>, left: u32, effects: &mut Vec<Effect>) {
    if bytes.is_empty() {
        return;
    }
    // Always shorter than it was.
    let left = left as usize % bytes.len();
    bytes.truncate(left);
    effects.push(Effect::Truncated(left));
}

/// The seed of a stream of randomness of its own: what happens in one place does not change what
/// happens by chance in another.
pub(crate) fn seed_of(seed: u64, a: u64, b: u64) -> Seed {
    let mut bytes = [0; 32];
    for (place, n) in bytes.chunks_exact_mut(8).zip([seed, a, b, 1]) {
        place.copy_from_slice(&n.to_le_bytes());
    }
    Seed(bytes)
}
