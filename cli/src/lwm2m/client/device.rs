//! A device that runs: the client engine, its sockets, its sensors, its user.

use super::boot::{Probe, boot, has_context, moves, take, usage};
use super::firmware::Fetches;
use super::link::Link;
use super::plan::{Move, Plan};
use super::station::{self, resource};
use crate::clock::Clock;
use crate::driver::{Driver, StreamVerbs};
use crate::failure::Failure;
use crate::names::{path_name, value_json, value_text};
use crate::output::{Output, Report};
use crate::seeds::Seeds;
use crate::transport::{Notice, Transport};
use lwm2m_core::client::{Client, Event, ExecuteId, Failure as Refusal, Registration, UsageError};
use lwm2m_core::{Path, Value};
use m2m_base::{Duration, Instant, PeerId};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use tokio::sync::mpsc::UnboundedReceiver;

/// Reboot of the Device object.
const REBOOT: Path = Path::resource(3, 0, 4);
/// After the command to reboot the device goes on for this long: the answer wants to get out.
const SHUTDOWN: Duration = Duration::from_millis(100);
/// How long the device is away when it reboots.
const BOOT: Duration = Duration::from_millis(700);
/// After this long without an answer the user is told that there is none.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a device that is to leave waits for the answer to its registration,
const ANSWER: Duration = Duration::from_secs(1);
/// and how long for that to its de-registration.
const FAREWELL: Duration = Duration::from_secs(3);

/// What the engine does over connections.
const VERBS: StreamVerbs<Client> = StreamVerbs {
    connected: |client, now, peer, framing| client.connected(now, peer, framing).is_ok(),
    handle: Client::handle_stream,
    disconnected: Client::disconnected,
};

/// A device with its sockets.
#[derive(Debug)]
pub(crate) struct Device {
    pub(super) driver: Driver<Client>,
    pub(super) out: Rc<Output>,
    pub(super) plan: Plan,
    pub(super) seeds: Seeds,
    pub(super) probes: Vec<Probe>,
    /// When values that move do so next.
    pub(super) moves: Vec<(Move, Instant)>,
    pub(super) links: Vec<Link>,
    /// Servers that the engine wants to talk to, with their instances of object 0.
    pub(super) wanted: Vec<(u16, u16)>,
    /// Sockets of before the last reboot.
    pub(super) spare: Vec<PeerId>,
    pub(super) prompt: Option<UnboundedReceiver<String>>,
    /// Where its firmware comes from, and questions about that.
    pub(super) source: Option<PeerId>,
    pub(super) fetches: Fetches,
    /// The user wants it to end.
    pub(super) quits: bool,
    /// When it goes down for a reboot.
    pub(super) reboots_at: Option<Instant>,
    /// When it is up again after a reboot.
    pub(super) boots_at: Option<Instant>,
    /// Some server could be reached at some time.
    pub(super) reached: bool,
    /// Messages that engines before the last reboot had to send again.
    pub(super) retransmitted: u64,
}

impl Device {
    /// A device that is about to register.
    pub(crate) fn new(
        plan: Plan,
        clock: Clock,
        out: Rc<Output>,
        mut seeds: Seeds,
    ) -> Result<Self, Failure> {
        let now = clock.now();
        let probe = |sensor| Probe { sensor, due: now };
        let seed = seeds.next();
        let sensors = plan.station.map(|interval| station::sensors(&seed, interval));
        let mut probes: Vec<Probe> = sensors.into_iter().flatten().map(probe).collect();
        let engine = boot(&plan, now, &mut seeds, &mut probes)?;
        let moves = moves(&plan, &engine).into_iter().map(|m| (m, now)).collect();
        Ok(Device {
            driver: Driver::new(Transport::new(), clock, engine).with_streams(VERBS),
            out,
            plan,
            seeds,
            probes,
            moves,
            links: Vec::new(),
            wanted: Vec::new(),
            spare: Vec::new(),
            prompt: None,
            source: None,
            fetches: Fetches::new(),
            quits: false,
            reboots_at: None,
            boots_at: None,
            reached: false,
            retransmitted: 0,
        })
    }

    /// The sockets and the engine.
    pub(crate) const fn driver(&mut self) -> &mut Driver<Client> {
        &mut self.driver
    }

    /// Where the servers are that it knows from the start.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.plan.addresses.values().flatten().copied().collect()
    }

    /// Takes commands from now on.
    pub(super) fn listen(&mut self, lines: UnboundedReceiver<String>) {
        self.prompt = Some(lines);
    }

    /// How many messages it had to send again.
    pub(crate) fn retransmitted(&self) -> u64 {
        self.retransmitted + u64::from(self.driver.engine.counters().retransmitted)
    }

    /// Registers, and lives until `stop`; then de-registers.
    pub(crate) async fn run(&mut self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let mut stop = pin!(stop);
        self.start();
        loop {
            self.handle_events()?;
            self.connect().await?;
            self.fetch().await?;
            self.keep()?;
            if self.out.closed() || self.quits {
                break;
            }
            let wake = self.wake();
            let typed = async {
                match &mut self.prompt {
                    Some(lines) => lines.recv().await,
                    None => std::future::pending().await,
                }
            };
            let line = tokio::select! {
                done = self.driver.turn(Some(wake)) => {
                    done?;
                    None
                }
                line = typed => Some(line),
                () = &mut stop => break,
            };
            match line {
                Some(Some(line)) => self.obey(&line)?,
                // Nobody types any more.
                Some(None) => self.prompt = None,
                None => {}
            }
            self.heed_notices();
            self.measure()?;
            self.try_next_addresses().await?;
            self.notice_silence();
        }
        self.leave().await
    }

    fn start(&mut self) {
        let now = self.driver.now();
        self.boots_at = None;
        self.driver.engine.start(now);
    }

    /// Makes the connections that the engine asked for.
    async fn connect(&mut self) -> Result<(), Failure> {
        while let Some((server, security)) = self.wanted.pop() {
            let old = self.links.iter().position(|link| link.server == server);
            let old = old.map(|at| self.links.swap_remove(at).peer);
            let spare = old.or_else(|| self.spare.pop());
            let opened = Link::open(&mut self.driver, &self.plan, server, security, spare).await;
            let now = self.driver.now();
            let mut link = match opened {
                Ok(link) => link,
                // What the user gave does not work.
                Err(failure) if !self.reached => return Err(failure),
                Err(failure) => {
                    self.lost(server, failure.words());
                    let _ = self.driver.engine.connection_failed(now, server);
                    self.handle_events()?;
                    continue;
                }
            };
            self.reached = true;
            link.asking_since = Some(now);
            self.asks(&link);
            let peer = link.peer;
            self.links.push(link);
            self.driver.engine.set_peer(now, server, peer).map_err(usage)?;
            self.handle_events()?;
        }
        Ok(())
    }

    /// Tells that it asks a server for something.
    fn asks(&self, link: &Link) {
        let name = &self.plan.endpoint;
        if self.plan.quiet {
            return;
        }
        if link.server == 0 {
            let text = format!("{} for a bootstrap", link.uri);
            let report = Report::new("bootstrapping", name).says(name, "asks", text);
            return self.out.tell(&report.with("server", link.uri.as_str()));
        }
        let lifetime = self.lifetime(link.server);
        self.out.tell(
            &Report::new("registering", name)
                .says(name, "registers", format!("with {} for {lifetime} s", link.uri))
                .with("server", link.uri.as_str())
                .with("lifetime", lifetime),
        );
    }

    /// The lifetime of its registration with a server.
    fn lifetime(&self, server: u16) -> i64 {
        let engine = &self.driver.engine;
        let number = |path| match engine.get(path) {
            Some(Value::Integer(n)) => Some(n),
            _ => None,
        };
        let mut instances = engine.paths(Path::object(1)).filter_map(|path| path.instance_id());
        let own = instances.find(|id| number(Path::resource(1, *id, 0)) == Some(server.into()));
        own.and_then(|id| number(Path::resource(1, id, 1))).unwrap_or(0)
    }

    fn lost(&self, server: u16, words: &str) {
        let name = &self.plan.endpoint;
        let uri = self.uri(server);
        let text =
            format!("{}: {words}", if server == 0 { "the bootstrap server" } else { "a server" });
        self.out.tell(
            &Report::new("connection_failed", name)
                .says(name, "misses", text)
                .trouble()
                .with("server", uri)
                .with("reason", words),
        );
    }

    /// The URI of a server.
    fn uri(&self, server: u16) -> String {
        let link = self.links.iter().find(|link| link.server == server);
        link.map_or_else(|| format!("server {server}"), |link| link.uri.clone())
    }

    /// Sees what became of security sessions.
    fn heed_notices(&mut self) {
        while let Some(notice) = self.driver.notice() {
            let Notice::Down(peer, reason) = notice else { continue };
            let Some(at) = self.links.iter().position(|link| link.peer == peer) else { continue };
            let link = self.links.swap_remove(at);
            self.lost(link.server, &reason);
            if Transport::is_connection(peer) {
                // The engine was told, and asks for another one.
                continue;
            }
            self.spare.extend(Some(link.peer).filter(|peer| Transport::is_socket(*peer)));
            let now = self.driver.now();
            // The account may be gone.
            let _ = self.driver.engine.connection_failed(now, link.server);
        }
    }

    /// When it has something to do that the engine does not know of.
    fn wake(&self) -> Instant {
        let measure = self.probes.iter().map(|probe| probe.due);
        let moves = self.moves.iter().map(|(_, due)| *due);
        let asking = self.links.iter().filter(|link| !link.told_silence);
        let silence = asking.filter_map(|link| link.asking_since.map(|at| at + PATIENCE));
        measure
            .chain(moves)
            .chain(silence)
            .chain(self.reboots_at)
            .chain(self.boots_at)
            .min()
            .unwrap_or(Instant::FAR)
    }

    /// Measures what is due; goes down for a reboot, and comes up after it.
    fn measure(&mut self) -> Result<(), Failure> {
        let now = self.driver.now();
        if self.reboots_at.is_some_and(|at| at <= now) {
            self.reboot()?;
        }
        if self.boots_at.is_some_and(|at| at <= now) {
            self.start();
        }
        let mut lines = Vec::new();
        for probe in &mut self.probes {
            if probe.due > now {
                continue;
            }
            probe.due = now + Duration::from_millis(probe.sensor.every.max(1));
            let value = take(&mut self.driver.engine, now, &mut probe.sensor)?;
            lines.push((probe.sensor.resource(resource::SENSOR_VALUE), value, probe.sensor.unit()));
        }
        self.swing(now)?;
        if self.plan.quiet || self.plan.calm || self.boots_at.is_some() {
            return Ok(());
        }
        for (path, value, unit) in lines {
            let name = &self.plan.endpoint;
            self.out.tell(
                &Report::new("measured", name)
                    .says(name, "measures", measurement(path, &Value::Float(value), unit))
                    .at(path)
                    .with("value", value)
                    .with("unit", unit),
            );
        }
        Ok(())
    }

    /// Moves the values that move.
    fn swing(&mut self, now: Instant) -> Result<(), Failure> {
        let Device { moves, driver, .. } = self;
        for (value, due) in moves.iter_mut().filter(|(_, due)| *due <= now) {
            *due = now + Duration::from_millis(value.every);
            #[allow(
                clippy::cast_precision_loss,
                reason = "milliseconds of some thousand years fit"
            )]
            let turn = now.as_millis() as f64 / 1000.0 / value.period * std::f64::consts::TAU;
            let middle = f64::midpoint(value.low, value.high);
            let new = middle + (value.high - value.low) / 2.0 * turn.sin();
            let new = if value.whole {
                #[allow(clippy::cast_possible_truncation, reason = "it saturates")]
                Value::Integer(new.round() as i64)
            } else {
                Value::Float((new * 100.0).round() / 100.0)
            };
            match driver.engine.set(now, value.path, new) {
                // A server deleted it.
                Ok(()) | Err(UsageError::UnknownPath) => {}
                Err(error) => return Err(usage(error)),
            }
        }
        Ok(())
    }

    /// When nobody listens at the address of a server that is asked for something: asks at the next
    /// one, at once until all were tried, then with the next message.
    async fn try_next_addresses(&mut self) -> Result<(), Failure> {
        for at in 0..self.links.len() {
            let Device { links, driver, .. } = self;
            let Some(link) = links.get_mut(at) else { break };
            let asking = link.asking_since.is_some() && link.addresses.len() > 1;
            if !asking || !driver.refuses(link.peer) {
                continue;
            }
            let all_tried = link.next_address(driver).await?;
            let (server, peer, now) = (link.server, link.peer, driver.now());
            // A Register that is under way goes to the new address.
            let _ = driver.engine.set_peer(now, server, peer);
            if all_tried {
                self.notice_silence();
            }
        }
        Ok(())
    }

    /// Tells the user, once, that a server does not answer.
    fn notice_silence(&mut self) {
        let now = self.driver.now();
        for link in &mut self.links {
            let Some(since) = link.asking_since.filter(|_| !link.told_silence) else { continue };
            let untried = link.addresses.len() > 1 && link.tried < link.addresses.len();
            let refused = self.driver.refuses(link.peer) && !untried;
            if !refused && now < since + PATIENCE {
                continue;
            }
            link.told_silence = true;
            let at: Vec<String> = link.addresses.iter().map(SocketAddr::to_string).collect();
            let at = at.join(" or ");
            let (reason, text) = if refused {
                ("refused", format!("the server: nothing listens at {at}; it keeps trying"))
            } else {
                ("silent", format!("the server: no answer from {at} yet; it keeps trying"))
            };
            let name = &self.plan.endpoint;
            self.out.tell(
                &Report::new("no_answer", name)
                    .says(name, "misses", text)
                    .trouble()
                    .with("server", link.uri.as_str())
                    .with("reason", reason),
            );
        }
    }

    pub(super) fn handle_events(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.driver.engine.poll_event() {
            if self.package(event)? {
                continue;
            }
            match event {
                Event::Connect { server, security } => self.wanted.push((server, security)),
                Event::Executed { id, path, .. } => self.execute(id, path)?,
                Event::Close { peer, .. } => self.driver.close(peer)?,
                other => self.tell(other)?,
            }
        }
        Ok(())
    }

    /// A path as a server sees it; before it the device behind that it is of, with a space.
    fn outward(&self, path: Path) -> (String, Path) {
        let engine = &self.driver.engine;
        let Some((device, path)) = engine.device_behind(path) else { return (String::new(), path) };
        let prefix = device.child(1).and_then(|prefix| engine.get(prefix));
        let prefix = match prefix {
            Some(Value::String(prefix)) => format!("{prefix} "),
            _ => String::new(),
        };
        (prefix, path)
    }

    fn answered(&mut self, server: u16) {
        if let Some(link) = self.links.iter_mut().find(|link| link.server == server) {
            link.answered();
        }
    }

    /// Keeps what has to survive a restart. Until then the engine sends nothing.
    fn keep(&mut self) -> Result<(), Failure> {
        if let Some(state) = &mut self.plan.state {
            state.keep(&mut self.driver.engine)?;
        }
        for (at, server) in (0..).zip(&self.plan.servers) {
            let Some(context) = &server.oscore else { continue };
            let engine = &self.driver.engine;
            let mut context = context.borrow_mut();
            let numbers = engine.sequence_numbers().find(|(id, _)| *id == at);
            let more = numbers.filter(|(_, up_to)| Some(*up_to) > context.next);
            if let Some((_, up_to)) = more.filter(|_| has_context(engine, at, &context)) {
                context.reserve(up_to)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), Failure> {
        let name = self.plan.endpoint.clone();
        let report = |event| Report::new(event, &name);
        let report = match event {
            Event::Registered { server } => {
                self.answered(server);
                report("registered")
                    .says("server", "accepts", format!("the registration of {name}"))
                    .with("server", self.uri(server))
                    .with("lifetime", self.lifetime(server))
            }
            Event::Updated { server } => {
                self.answered(server);
                report("updated")
                    .says("server", "accepts", format!("the update of {name}'s registration"))
                    .with("server", self.uri(server))
            }
            Event::Deregistered { server } => report("deregistered")
                .says("server", "accepts", format!("that {name} de-registers"))
                .with("server", self.uri(server)),
            Event::Disabled { server, until } => {
                let seconds = until.since(self.driver.now()).as_secs();
                report("disabled")
                    .says("server", "disables", format!("{name} for {seconds} s"))
                    .with("server", self.uri(server))
                    .with("retry_in", seconds)
            }
            Event::Asleep { server } => report("asleep")
                .says(&name, "sleeps", "until it has something to tell")
                .with("server", self.uri(server)),
            Event::RegistrationFailed { server, reason, again } => {
                return self.registration_failed(server, reason, again);
            }
            Event::Bootstrapped => {
                self.answered(0);
                report("bootstrapped")
                    .says(&name, "has", "its accounts from the bootstrap server")
                    .with("server", self.uri(0))
            }
            Event::BootstrapFailed { reason, again } => {
                let words = refusal(reason);
                let seconds = again.map(|at| at.since(self.driver.now()).as_secs());
                let then = seconds.map_or(String::new(), |s| format!("; tries again in {s} s"));
                let text = format!("to be bootstrapped: {words}{then}");
                let report = report("bootstrap_failed").says(&name, "fails", text).trouble();
                let report = report.with("server", self.uri(0)).with("reason", words);
                self.out.tell(&report.with_some("retry_in", seconds));
                return Ok(());
            }
            Event::Sent { server, .. } => report("sent")
                .says("server", "takes", format!("what {name} sent"))
                .with("server", self.uri(server)),
            Event::SendFailed { server, reason, .. } => {
                let words = refusal(reason);
                report("send_failed")
                    .says(&name, "fails", format!("to send: {words}"))
                    .trouble()
                    .with("server", self.uri(server))
                    .with("reason", words)
            }
            Event::Written { path, .. } => {
                // Keys are not shown.
                let shown = path.object_id() != Some(0);
                let value = self.driver.engine.get(path).filter(|_| shown);
                let shown = value.map_or(String::new(), |v| format!(" = {}", value_text(&v)));
                let (prefix, path) = self.outward(path);
                report("written")
                    .says("server", "writes", format!("{prefix}{}{shown}", path_name(path)))
                    .at(path)
                    .with_some("device", device_name(&prefix))
                    .with_some("value", value.map(|v| value_json(&v)))
            }
            Event::Created { path, .. } => {
                let (prefix, path) = self.outward(path);
                report("created")
                    .says("server", "creates", format!("{prefix}{} ({path})", path_name(path)))
                    .at(path)
                    .with_some("device", device_name(&prefix))
            }
            Event::Deleted { path, .. } => {
                let (prefix, path) = self.outward(path);
                report("deleted")
                    .says("server", "deletes", format!("{prefix}{} ({path})", path_name(path)))
                    .at(path)
                    .with_some("device", device_name(&prefix))
            }
            _ => return Ok(()),
        };
        if !self.plan.quiet {
            self.out.tell(&report);
        }
        Ok(())
    }

    fn registration_failed(
        &mut self,
        server: u16,
        reason: Refusal,
        again: Option<Instant>,
    ) -> Result<(), Failure> {
        if matches!(reason, Refusal::Response(_)) {
            self.answered(server);
        }
        let words = refusal(reason);
        let uri = self.uri(server);
        let name = &self.plan.endpoint;
        // With others, or a bootstrap server, there is more to try.
        let alone = self.plan.servers.len() == 1 && server != 0;
        let bootstraps = self.plan.servers.iter().any(|server| server.id == 0);
        if again.is_none() && alone && !bootstraps {
            let words = format!("{name} could not register with {uri}: {words}");
            return Err(Failure::new(words));
        }
        let seconds = again.map(|at| at.since(self.driver.now()).as_secs());
        let code = match reason {
            Refusal::Response(code) => Some(code.to_string()),
            _ => None,
        };
        let then = match seconds {
            Some(seconds) => format!("tries again in {seconds} s"),
            None => "gives that server up".to_owned(),
        };
        self.out.tell(
            &Report::new("registration_failed", name)
                .says(name, "fails", format!("to register: {words}; {then}"))
                .trouble()
                .with("server", uri)
                .with("reason", words)
                .with_some("code", code)
                .with_some("retry_in", seconds),
        );
        Ok(())
    }

    /// Does what the server executes.
    fn execute(&mut self, id: ExecuteId, path: Path) -> Result<(), Failure> {
        let engine = &mut self.driver.engine;
        let arguments = engine.arguments(id).map(|a| String::from_utf8_lossy(a).into_owned());
        let arguments = arguments.filter(|a| !a.is_empty());
        let now = self.driver.clock.now();
        let probe = self
            .probes
            .iter_mut()
            .find(|probe| probe.sensor.resource(resource::RESET_MIN_MAX) == path);
        let known = probe.is_some() || path == REBOOT;
        if let Some(probe) = probe {
            probe.sensor.extremes = None;
            take(engine, now, &mut probe.sensor)?;
        }
        // It may have been answered by itself in the meantime, when it had waited for too long.
        let result = if known { Ok(()) } else { Err(coap_core::Code::NOT_IMPLEMENTED) };
        let _ = engine.answer_execute(now, id, result);
        if !self.plan.quiet {
            let (prefix, path) = self.outward(path);
            let mut text = format!("{prefix}{}", path_name(path));
            if let Some(arguments) = &arguments {
                text = format!("{text} with {}", crate::output::printable(arguments));
            }
            if !known {
                text.push_str(", which this device does not do");
            }
            self.out.tell(
                &Report::new("executed", &self.plan.endpoint)
                    .says("server", "executes", text)
                    .at(path)
                    .with_some("arguments", arguments)
                    .with("done", known),
            );
        }
        if path == REBOOT {
            self.reboots_at = Some(now + SHUTDOWN);
        }
        Ok(())
    }

    // ---- reboot and end -----------------------------------------------------------------------------

    /// Forgets all but its configuration and what it keeps, is away for a moment, and goes on.
    fn reboot(&mut self) -> Result<(), Failure> {
        self.reboots_at = None;
        self.retransmitted = self.retransmitted();
        let now = self.driver.now();
        self.driver.engine = boot(&self.plan, now, &mut self.seeds, &mut self.probes)?;
        self.boots_at = Some(now + BOOT);
        self.wanted.clear();
        self.fetches.clear();
        self.spare.extend(self.links.drain(..).map(|link| link.peer));
        let name = &self.plan.endpoint;
        self.out.tell(&Report::new("rebooting", name).says(
            name,
            "reboots",
            "and forgets everything but its server",
        ));
        Ok(())
    }

    /// The servers that it is in one of these states with.
    fn servers_in(&self, states: &[Registration]) -> Vec<u16> {
        let state = |link: &&Link| {
            let state = self.driver.engine.registration(link.server);
            state.is_some_and(|state| states.contains(&state))
        };
        self.links.iter().filter(state).map(|link| link.server).collect()
    }

    /// De-registers and waits for the answers, but not for long.
    async fn leave(&mut self) -> Result<(), Failure> {
        const THERE: [Registration; 2] = [Registration::Registered, Registration::Deregistering];
        // A server may have registered it already, and its answer be on the way.
        let until = self.driver.now() + ANSWER;
        let asking = |d: &Self| {
            let asking = d.servers_in(&[Registration::Registering]);
            d.links.iter().any(|l| asking.contains(&l.server) && !d.driver.refuses(l.peer))
        };
        while asking(self) && self.driver.now() < until {
            self.keep()?;
            self.driver.turn(Some(until)).await?;
            self.handle_events()?;
        }
        let now = self.driver.now();
        for server in self.servers_in(&THERE) {
            // Out of reach it could not say so.
            let _ = self.driver.engine.set_online(now, server, true);
            self.driver.engine.deregister(now, server).map_err(usage)?;
        }
        let until = now + FAREWELL;
        while !self.servers_in(&THERE).is_empty() && self.driver.now() < until {
            self.keep()?;
            self.driver.turn(Some(until)).await?;
            self.handle_events()?;
        }
        self.handle_events()?;
        self.keep()?;
        let name = &self.plan.endpoint;
        for server in self.servers_in(&THERE) {
            self.out.tell(
                &Report::new("no_answer", name)
                    .says(name, "leaves", "without an answer to its de-registration")
                    .trouble()
                    .with("server", self.uri(server))
                    .with("reason", "silent"),
            );
        }
        for at in 0..self.links.len() {
            if let Some(peer) = self.links.get(at).map(|link| link.peer) {
                self.driver.close(peer)?;
            }
        }
        Ok(())
    }
}

/// The device behind that [`Device::outward`] names.
fn device_name(prefix: &str) -> Option<String> {
    (!prefix.is_empty()).then(|| prefix.trim_end().to_owned())
}

/// A measured value in aligned columns.
pub(crate) fn measurement(path: Path, value: &Value<'_>, unit: &str) -> String {
    format!("{:<12} {:>7} {unit}", path_name(path), value_text(value))
}

fn refusal(reason: Refusal) -> String {
    match reason {
        Refusal::Response(code) => {
            let name = code.name().unwrap_or("unknown code");
            format!("the server answers {code} {name}")
        }
        Refusal::TimedOut => "the server does not answer".to_owned(),
        Refusal::Reset => "the server rejects the message".to_owned(),
        Refusal::Location => "the server does not say where the registration is".to_owned(),
        Refusal::Connection => "there is no way to the server".to_owned(),
        Refusal::TooLarge => "the registration does not fit into a message".to_owned(),
        _ => "it went wrong".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m_core::server::Limits as ServerLimits;
    use std::net::{Ipv4Addr, UdpSocket};

    #[tokio::test(flavor = "current_thread")]
    async fn a_server_with_two_addresses_is_found_at_the_second() {
        let clock = Clock::start();
        let out = Rc::new(Output::to(Box::new(std::io::sink()), true, clock));
        let mut seeds = Seeds::new(Some(1)).unwrap();
        let local = (Ipv4Addr::LOCALHOST, 0).into();
        let seed = seeds.next();
        let mut console =
            crate::lwm2m::server::open(local, ServerLimits::SMALL, &seed, clock, &out)
                .await
                .unwrap();
        // Nobody listens there any more.
        let dead = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let uri = "coap://two.example";
        let mut plan = Plan::station("wanderer", uri.to_owned(), 60, 1000);
        plan.quiet = true;
        plan.addresses.insert(uri.to_owned(), vec![dead, console.driver.local()]);
        let mut device = Device::new(plan, clock, out, seeds).unwrap();
        let (sender, stop) = tokio::sync::oneshot::channel::<()>();
        let stop = async {
            let _ = stop.await;
        };
        let server = async {
            while console.tally.registered == 0 {
                console.driver.turn(None).await.unwrap();
                console.handle_events();
            }
            drop(sender);
            while console.tally.deregistered == 0 {
                console.driver.turn(None).await.unwrap();
                console.handle_events();
            }
            // The answer to the De-register.
            console.driver.flush().unwrap();
        };
        let both = async { tokio::join!(device.run(stop), server) };
        let (left, ()) = tokio::time::timeout(std::time::Duration::from_secs(60), both)
            .await
            .expect("neither hangs");
        left.unwrap();
        // It was found at once, not after a retransmission.
        assert_eq!(device.retransmitted(), 0);
    }
}
