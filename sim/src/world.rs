//! Nodes, a network, and a clock that only moves when nothing is left to do.

use core::marker::PhantomData;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use m2m_base::{Disposition, Duration, Engine, Instant, PeerId, Random};

use crate::{
    Boot, Chance, Checked, Link, Node, NodeId, Packet, Rule, Rules, Scheduled, Script, Tap,
    fault::Incident,
    link::between,
    network::{Due, Network, Place, seed_of},
    node::{AnyNode, NodeState},
    packet::{Arrival, Effect, Line, Loss, address, peer_id},
    pcap,
};

/// Steps at one instant after which a world is taken to spin.
const SPINNING: usize = 20_000;

/// Packets shown when a test fails.
const SHOWN: usize = 24;

/// The first instant of every world: not 0, so that an engine that takes 0 for "never" shows it.
const START: Instant = Instant::from_millis(1_000_000);

/// The port of nodes for which none was set: that of CoAP.
const PORT: u16 = 5683;

struct Slot {
    name: String,
    state: Box<dyn AnyNode>,
    peer: PeerId,
    stopped: bool,
    /// The deadline last seen, and when the driver will wake for it.
    planned: Option<(Instant, Instant)>,
    random: Random,
}

/// A simulated network and the nodes in it.
///
/// Everything that happens follows from the seed and from what the test does. Two runs with the
/// same seed are the same to the byte.
pub struct World {
    seed: u64,
    now: Instant,
    network: Network,
    nodes: Vec<Slot>,
    /// When which node is to be woken; what the slots have planned.
    wakes: BTreeSet<(Instant, NodeId)>,
    mailboxes: BTreeMap<PeerId, Vec<(Instant, PeerId, Vec<u8>)>>,
    script: Vec<Script>,
    slack: Duration,
    lazy: Chance,
    describe: fn(&[u8]) -> String,
    steps: usize,
    spinning: usize,
    step_limit: usize,
    minted: u16,
}

impl core::fmt::Debug for World {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("World").field("seed", &self.seed).field("now", &self.now).finish()
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = format!("{} bytes ", bytes.len());
    for b in bytes.iter().take(32) {
        let _ = write!(text, "{b:02x}");
    }
    if bytes.len() > 32 {
        text.push_str("..");
    }
    text
}

/// Setting up.
impl World {
    /// A world without nodes, in which chance follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> World {
        World {
            seed,
            now: START,
            network: Network::new(seed),
            nodes: Vec::new(),
            wakes: BTreeSet::new(),
            mailboxes: BTreeMap::new(),
            script: Vec::new(),
            slack: Duration::ZERO,
            lazy: Chance::NEVER,
            describe: hex,
            steps: 0,
            spinning: 0,
            step_limit: 1_000_000,
            minted: 0,
        }
    }

    /// Adds a node. `make` makes its engine, now and at every reboot; with the same [`Boot`] it
    /// has to make the same engine if [`World::check_replays`] is to hold.
    ///
    /// The address of the nth node, from 1, is 10.0.0.n:5683 (10.0.1.0 for the 256th).
    ///
    /// # Panics
    /// At the 65,536th node.
    pub fn add<E: Engine + 'static>(
        &mut self,
        name: &str,
        rules: Rules<E>,
        make: impl FnMut(&Boot) -> E + 'static,
    ) -> Node<E> {
        let n = self.nodes.len();
        let id = NodeId(n);
        let [high, low] = u16::try_from(n + 1).expect("at most 65,535 nodes").to_be_bytes();
        let peer = peer_id([10, 0, high, low], PORT);
        self.network.bind(peer, Place::Node(id));
        let seeds = Random::new(&seed_of(self.seed, n as u64, u64::MAX));
        let random = Random::new(&seed_of(self.seed, n as u64, u64::MAX - 1));
        let state = Box::new(NodeState::new(rules, Box::new(make), seeds, self.now));
        let name = name.to_owned();
        self.nodes.push(Slot { name, state, peer, stopped: false, planned: None, random });
        self.polled(id);
        Node { id, engine: PhantomData }
    }

    /// Calls `handler` for each event of the node, before the event is put with the others.
    /// Through the engine it is given it may answer at once.
    pub fn on_event<E: Engine + 'static>(
        &mut self,
        node: Node<E>,
        handler: impl FnMut(&mut Checked<E>, Instant, &E::Event) + 'static,
    ) {
        self.state_mut(node).handler = Some(Box::new(handler));
    }

    /// Every connection becomes `link`, in both directions.
    pub fn set_links(&mut self, link: Link) {
        self.network.set_default(link);
    }

    /// The way from one node to another becomes `link`; the way back stays as it is.
    pub fn set_link(&mut self, from: impl Into<NodeId>, to: impl Into<NodeId>, link: Link) {
        self.network.set_link(from.into(), to.into(), link);
    }

    /// Lets a script begin now. The datagrams of its faults are counted from here on.
    pub fn play(&mut self, script: impl Into<Script>) {
        let script = script.into();
        self.script.push(script.clone());
        self.network.add_faults(script.faults);
        for Scheduled { after, incident } in script.incidents {
            self.network.schedule(self.now + after, Due::Incident(incident));
        }
    }

    /// Calls `handle_timeout` up to this much too late, as a busy driver does.
    pub fn set_timer_slack(&mut self, most: Duration) {
        self.slack = most;
    }

    /// With this chance a driver does not poll after an input, but up to 20 ms later or after
    /// further inputs.
    pub fn set_lazy_polls(&mut self, chance: Chance) {
        self.lazy = chance;
    }

    /// How [`World::trace`] shows a datagram; else its first bytes in hexadecimal.
    pub fn set_describe(&mut self, describe: fn(&[u8]) -> String) {
        self.describe = describe;
    }

    /// The most steps (arrivals, timeouts, incidents) that one `run_` may take; at first a
    /// million.
    pub fn set_step_limit(&mut self, limit: usize) {
        self.step_limit = limit;
    }

    /// Gives a node another port, as if it had had it from the start: nothing is lost.
    pub fn set_port(&mut self, node: impl Into<NodeId>, port: u16) {
        let node = node.into();
        let (ip, _) = address(self.nodes[node.0].peer);
        self.move_to(node, peer_id(ip, port));
    }

    /// An address whose datagrams go to the nodes named (and never to their sender).
    pub fn group(&mut self, members: &[NodeId]) -> PeerId {
        self.minted += 1;
        let peer = peer_id([224, 0, 1, 187], PORT - 1 + self.minted);
        self.network.group(peer, members.to_vec());
        peer
    }

    /// An address without an engine, for what the test itself sends ([`World::send_as`]) and
    /// receives ([`World::mailbox`]).
    pub fn outsider(&mut self) -> PeerId {
        self.minted += 1;
        let peer = peer_id([192, 0, 2, 1], 40_000 + self.minted);
        self.network.bind(peer, Place::Outside(peer));
        self.mailboxes.insert(peer, Vec::new());
        peer
    }
}

/// Looking, and doing things to nodes.
impl World {
    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The time that engines are told.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Time since the world began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now.since(START)
    }

    /// The address of a node at present. It is what other engines call the node.
    #[must_use]
    pub fn peer(&self, node: impl Into<NodeId>) -> PeerId {
        self.nodes[node.into().0].peer
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: impl Into<NodeId>) -> &str {
        &self.nodes[node.into().0].name
    }

    /// The engine of a node, to look at.
    #[must_use]
    pub fn engine<E: Engine + 'static>(&self, node: Node<E>) -> &E {
        self.checked(node).engine()
    }

    /// The wrapped engine of a node, to look at.
    #[must_use]
    pub fn checked<E: Engine + 'static>(&self, node: Node<E>) -> &Checked<E> {
        &self.state(node).checked
    }

    /// The events of a node so far, with the times at which they came.
    #[must_use]
    pub fn events<E: Engine + 'static>(&self, node: Node<E>) -> &[(Instant, E::Event)] {
        &self.state(node).events
    }

    /// The events of a node since they were last taken.
    pub fn take_events<E: Engine + 'static>(&mut self, node: Node<E>) -> Vec<E::Event> {
        let events = core::mem::take(&mut self.state_mut(node).events);
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// Gives a command to the engine of a node, and polls it. The command owns what it needs,
    /// because a replay gives it again.
    #[track_caller]
    pub fn command<E: Engine + 'static, R: core::fmt::Debug>(
        &mut self,
        node: Node<E>,
        command: impl Fn(&mut E, Instant) -> R + 'static,
    ) -> R {
        let now = self.now;
        let result = self.state_mut(node).checked.command(now, command);
        self.polled(node.id);
        result
    }

    /// Sends a datagram in the name of `from`: an outsider, or a node that somebody pretends to
    /// be.
    pub fn send_as(&mut self, from: PeerId, to: impl Into<NodeId>, bytes: &[u8]) {
        let to = self.peer(to);
        self.network.send(self.now, from, to, bytes.to_vec());
    }

    /// What an outsider has received: when, from whom, what.
    #[must_use]
    pub fn mailbox(&self, outsider: PeerId) -> &[(Instant, PeerId, Vec<u8>)] {
        self.mailboxes.get(&outsider).map_or(&[], Vec::as_slice)
    }

    /// The node gets another port, as behind a NAT that forgot it. What is under way to the old
    /// one gets lost. The new address is the result.
    pub fn rebind(&mut self, node: impl Into<NodeId>) -> PeerId {
        let node = node.into();
        self.minted += 1;
        let (ip, _) = address(self.nodes[node.0].peer);
        self.move_to(node, peer_id(ip, 50_000 + self.minted))
    }

    fn move_to(&mut self, node: NodeId, peer: PeerId) -> PeerId {
        self.network.unbind(self.nodes[node.0].peer);
        self.network.bind(peer, Place::Node(node));
        self.nodes[node.0].peer = peer;
        peer
    }

    /// The node gets a fresh engine. What it has sent stays under way, its events stay in the
    /// list, its address stays.
    pub fn reboot(&mut self, node: impl Into<NodeId>) {
        let node = node.into();
        let slot = &mut self.nodes[node.0];
        slot.state.reboot(self.now);
        slot.stopped = false;
        self.polled(node);
    }

    /// From now on the node hears nothing and does nothing.
    pub fn stop(&mut self, node: impl Into<NodeId>) {
        let node = node.into();
        self.nodes[node.0].stopped = true;
        self.replan(node);
    }

    /// A stopped node goes on with the engine it had.
    pub fn start(&mut self, node: impl Into<NodeId>) {
        let node = node.into();
        self.nodes[node.0].stopped = false;
        self.polled(node);
    }

    /// Nothing gets through between two nodes, in either direction. What is under way does.
    pub fn cut(&mut self, a: impl Into<NodeId>, b: impl Into<NodeId>) {
        self.network.cut(a.into(), b.into(), true);
    }

    /// It does again.
    pub fn heal(&mut self, a: impl Into<NodeId>, b: impl Into<NodeId>) {
        self.network.cut(a.into(), b.into(), false);
    }

    /// All datagrams that were sent so far.
    #[must_use]
    pub fn packets(&self) -> &[Packet] {
        &self.network.packets
    }

    /// The traffic as text, a datagram a line: number, time since the beginning in milliseconds,
    /// from, to, what it was, what happened to it.
    #[must_use]
    pub fn trace(&self) -> String {
        self.trace_from(0)
    }

    fn trace_from(&self, first: usize) -> String {
        let name = |peer: PeerId| match self.network.place(peer) {
            Some(Place::Node(id)) => self.nodes[id.0].name.clone(),
            _ => {
                let ([a, b, c, d], port) = address(peer);
                format!("{a}.{b}.{c}.{d}:{port}")
            }
        };
        let mut text = String::new();
        for (i, packet) in self.packets().iter().enumerate().skip(first) {
            let (from, to) = (name(packet.from), name(packet.to));
            let said = (self.describe)(&packet.bytes);
            let line =
                Line { number: i + 1, packet, start: START, from: &from, to: &to, text: said };
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Writes the traffic so that Wireshark can read it.
    ///
    /// # Errors
    /// Those of writing a file.
    pub fn write_pcap(&self, path: impl AsRef<Path>, tap: Tap) -> std::io::Result<()> {
        pcap::write_pcap(path, self.packets(), tap)
    }

    /// Gives to a second engine of every node, and of every boot of it, what the first one was
    /// given.
    ///
    /// # Panics
    /// If one answers differently ([`Rule::Replay`]).
    pub fn check_replays(&mut self) {
        for slot in &mut self.nodes {
            slot.state.check_replay();
        }
    }

    fn state<E: Engine + 'static>(&self, node: Node<E>) -> &NodeState<E> {
        let state = self.nodes[node.id.0].state.as_any();
        state.downcast_ref().expect("a node of another world")
    }

    fn state_mut<E: Engine + 'static>(&mut self, node: Node<E>) -> &mut NodeState<E> {
        let state = self.nodes[node.id.0].state.as_any_mut();
        state.downcast_mut().expect("a node of another world")
    }
}

/// Letting time pass.
impl World {
    /// Lets the next thing happen, if it happens until `end`, and moves the clock there. False if
    /// nothing does; the clock stays then.
    pub fn step(&mut self, end: Instant) -> bool {
        let queued = self.network.next();
        let timeout = self.wakes.first().copied();
        let Some(at) = [queued, timeout.map(|(at, _)| at)].into_iter().flatten().min() else {
            return false;
        };
        let at = at.max(self.now);
        if at > end {
            return false;
        }
        self.spinning = if at > self.now { 0 } else { self.spinning + 1 };
        self.steps += 1;
        if self.spinning > SPINNING {
            Rule::Rest.broken(format_args!("{SPINNING} steps without time passing"));
        }
        self.now = at;
        if queued.is_some_and(|q| q <= at) {
            match self.network.pop() {
                Some(Due::Arrive { packet, at, bytes }) => self.arrive(packet, at, bytes),
                Some(Due::Incident(incident)) => self.befall(incident),
                Some(Due::Drain(node)) => self.drain(node),
                None => {}
            }
        } else if let Some((wake, node)) = timeout {
            self.wakes.remove(&(wake, node));
            let slot = &mut self.nodes[node.0];
            slot.planned = None;
            slot.state.timeout(at);
            self.polled(node);
        }
        true
    }

    /// Lets everything happen that happens within `span`; the clock is that much later then.
    ///
    /// # Panics
    /// If that takes more steps than [`World::set_step_limit`] allows ([`Rule::Rest`]).
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        self.begin_run();
        while self.step(end) {
            self.check_steps();
        }
        self.now = end;
    }

    /// Runs until `condition` is true, at most for `limit`. False if it did not become true; the
    /// clock is `limit` later then.
    pub fn try_until(
        &mut self,
        limit: Duration,
        mut condition: impl FnMut(&World) -> bool,
    ) -> bool {
        let end = self.now + limit;
        self.begin_run();
        loop {
            if condition(self) {
                return true;
            }
            if !self.step(end) {
                self.now = end;
                return condition(self);
            }
            self.check_steps();
        }
    }

    /// Runs until `condition` is true.
    ///
    /// # Panics
    /// If it is not true after `limit`.
    #[track_caller]
    pub fn run_until(&mut self, limit: Duration, condition: impl FnMut(&World) -> bool) {
        let reached = self.try_until(limit, condition);
        assert!(reached, "not within {} ms", limit.as_millis());
    }

    /// Runs until nothing is under way and no engine has a deadline within `horizon`. Returns how
    /// long it took.
    ///
    /// # Panics
    /// If that takes more steps than [`World::set_step_limit`] allows: the engines keep each other
    /// busy for ever ([`Rule::Rest`]).
    pub fn run_quiet(&mut self, horizon: Duration) -> Duration {
        let start = self.now;
        self.begin_run();
        loop {
            let end = self.now + horizon;
            if !self.step(if self.network.is_quiet() { end } else { Instant::FAR }) {
                return self.now.since(start);
            }
            self.check_steps();
        }
    }

    fn begin_run(&mut self) {
        (self.steps, self.spinning) = (0, 0);
    }

    fn check_steps(&self) {
        if self.steps > self.step_limit {
            Rule::Rest.broken(format_args!("{} steps in one run", self.step_limit));
        }
    }

    /// The engine of a node may have another deadline now.
    fn replan(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.0];
        let deadline = if slot.stopped { None } else { slot.state.deadline() };
        if let Some((planned, wake)) = slot.planned {
            if deadline == Some(planned) {
                return;
            }
            self.wakes.remove(&(wake, node));
        }
        slot.planned = deadline.map(|deadline| {
            let slack = between((Duration::ZERO, self.slack), &mut slot.random);
            (deadline, deadline.max(self.now) + slack)
        });
        if let Some((_, wake)) = slot.planned {
            self.wakes.insert((wake, node));
        }
    }

    fn arrive(&mut self, packet: usize, place: Place, bytes: Vec<u8>) {
        let now = self.now;
        let Packet { from, to, .. } = self.network.packets[packet];
        let lost = |world: &mut World, loss| {
            world.network.packets[packet].effects.push(Effect::Lost(loss));
        };
        let group = self.network.is_group(to);
        if !group && self.network.place(to) != Some(place) {
            return lost(self, Loss::NobodyThere);
        }
        let disposition: Option<Disposition> = match place {
            Place::Outside(peer) => {
                self.mailboxes.entry(peer).or_default().push((now, from, bytes.clone()));
                None
            }
            Place::Node(id) if self.nodes[id.0].stopped => return lost(self, Loss::Stopped),
            Place::Node(id) => {
                let disposition = self.nodes[id.0].state.datagram(now, from, &bytes);
                self.polled(id);
                Some(disposition)
            }
        };
        self.network.packets[packet].arrivals.push(Arrival { at: now, bytes, disposition });
    }

    fn befall(&mut self, incident: Incident) {
        match incident {
            Incident::Rebind(node) => {
                self.rebind(node);
            }
            Incident::Reboot(node) => self.reboot(node),
            Incident::Stop(node) => self.stop(node),
            Incident::Start(node) => self.start(node),
            Incident::Cut(a, b) => self.cut(a, b),
            Incident::Heal(a, b) => self.heal(a, b),
        }
    }

    /// After an input: the driver polls, now or later.
    fn polled(&mut self, node: NodeId) {
        let random = &mut self.nodes[node.0].random;
        if self.lazy.happens(random) {
            let later = Duration::from_millis(u64::from(random.up_to(20)));
            self.network.schedule(self.now + later, Due::Drain(node));
            self.replan(node);
        } else {
            self.drain(node);
        }
    }

    fn drain(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.0];
        if slot.stopped {
            return;
        }
        let from = slot.peer;
        for (to, bytes) in slot.state.drain(self.now) {
            self.network.send(self.now, from, to, bytes);
        }
        self.replan(node);
    }
}

impl Drop for World {
    /// When the test fails, says how to see it again.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let first = self.packets().len().saturating_sub(SHOWN);
        eprintln!("world with seed {} after {} ms", self.seed, self.elapsed().as_millis());
        for script in self.script.iter().filter(|s| **s != Script::default()) {
            eprintln!("{script:#?}");
        }
        eprint!("{}", self.trace_from(first));
        for slot in &self.nodes {
            eprintln!("{}:\n{}", slot.name, slot.state.log_text(8));
        }
        if let Some(path) = std::env::var_os("M2M_SIM_PCAP") {
            match self.write_pcap(&path, Tap::Sent) {
                Ok(()) => eprintln!("the traffic is in {}", path.display()),
                Err(e) => eprintln!("{}: {e}", path.display()),
            }
        }
    }
}

/// Runs a test with the seeds 0 to `n` - 1, or only with the one in the environment variable
/// `M2M_SIM_SEED`.
///
/// # Panics
/// If the variable is not a number.
pub fn each_seed(n: u64, mut test: impl FnMut(u64)) {
    match std::env::var("M2M_SIM_SEED") {
        Ok(seed) => test(seed.parse().expect("M2M_SIM_SEED is a number")),
        Err(_) => (0..n).for_each(test),
    }
}
