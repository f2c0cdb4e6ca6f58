//! A weather station that runs: the client engine, its socket, its sensors.

use crate::clock::Clock;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::names::{path_name, value_json, value_text};
use crate::output::{Output, Report};
use crate::seeds::Seeds;
use crate::station::{self, Sensor, resource};
use lwm2m_core::client::{
    Client, Config, Event, ExecuteId, Failure as Refusal, Registration, ServerAccount, UsageError,
};
use lwm2m_core::{Path, Value};
use m2m_base::{Duration, Instant};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;

/// The Short Server ID of the only server.
const SERVER: u16 = 1;
/// Reboot of the Device object.
const REBOOT: Path = Path::resource(3, 0, 4);
/// After the command to reboot the station goes on for this long: the answer wants to get out.
const SHUTDOWN: Duration = Duration::from_millis(100);
/// How long the station is away when it reboots.
const BOOT: Duration = Duration::from_millis(700);
/// After this long without an answer the user is told that there is none.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a station that is to leave waits for the answer to its registration,
const ANSWER: Duration = Duration::from_secs(1);
/// and how long for that to its de-registration.
const FAREWELL: Duration = Duration::from_secs(3);

/// What a station is made of.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The name it registers under.
    pub(crate) endpoint: String,
    /// Where the server is. When nobody listens at one address, the next one is tried.
    pub(crate) servers: Vec<SocketAddr>,
    /// The same as the user wrote it.
    pub(crate) uri: String,
    /// Of the registration, in seconds.
    pub(crate) lifetime: u32,
    /// Milliseconds between two measurements of the thermometer.
    pub(crate) interval: u64,
    /// It only tells what its server cannot know.
    pub(crate) quiet: bool,
}

/// A sensor and when it measures next.
#[derive(Debug)]
struct Probe {
    sensor: Sensor,
    due: Instant,
}

/// A weather station with a socket.
#[derive(Debug)]
pub(crate) struct Device {
    driver: Driver<Client>,
    out: Rc<Output>,
    plan: Plan,
    seeds: Seeds,
    probes: Vec<Probe>,
    /// When it goes down for a reboot.
    reboots_at: Option<Instant>,
    /// When it is up again after a reboot.
    boots_at: Option<Instant>,
    /// Since when it asks for a registration.
    asking_since: Option<Instant>,
    /// How many addresses were tried in vain.
    address: usize,
    /// The user knows that there is no answer.
    told_silence: bool,
    /// Messages that engines before the last reboot had to send again.
    retransmitted: u64,
}

impl Device {
    /// A station that is about to register.
    pub(crate) async fn new(
        plan: Plan,
        clock: Clock,
        out: Rc<Output>,
        mut seeds: Seeds,
    ) -> Result<Self, Failure> {
        let now = clock.now();
        let sensors = station::sensors(&seeds.next(), plan.interval);
        let mut probes: Vec<Probe> =
            sensors.into_iter().map(|sensor| Probe { sensor, due: now }).collect();
        let engine = boot(&plan, now, &mut seeds, &mut probes)?;
        let server = plan.servers.first().copied();
        let server = server.ok_or_else(|| Failure::new("the server has no address"))?;
        let driver = Driver::connect(server, clock, engine).await?;
        let mut device = Device {
            driver,
            out,
            plan,
            seeds,
            probes,
            reboots_at: None,
            boots_at: None,
            asking_since: None,
            address: 0,
            told_silence: false,
            retransmitted: 0,
        };
        device.account(now)?;
        Ok(device)
    }

    /// The socket and the engine.
    pub(crate) const fn driver(&mut self) -> &mut Driver<Client> {
        &mut self.driver
    }

    /// How many messages it had to send again.
    pub(crate) fn retransmitted(&self) -> u64 {
        self.retransmitted + u64::from(self.driver.engine.counters().retransmitted)
    }

    /// Tells the engine who its server is.
    fn account(&mut self, now: Instant) -> Result<(), Failure> {
        let peer = self.driver.only_peer();
        let account = ServerAccount {
            lifetime: self.plan.lifetime,
            ..ServerAccount::new(SERVER, peer, &self.plan.uri)
        };
        self.driver.engine.add_server(now, &account).map_err(usage)
    }

    /// Registers, and lives until `stop`; then de-registers.
    pub(crate) async fn run(&mut self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let mut stop = pin!(stop);
        self.start();
        loop {
            self.handle_events()?;
            if self.out.closed() {
                break;
            }
            let wake = self.wake();
            tokio::select! {
                done = self.driver.turn(Some(wake)) => done?,
                () = &mut stop => break,
            }
            self.measure()?;
            self.try_next_address().await?;
            self.notice_silence();
        }
        self.leave().await
    }

    fn start(&mut self) {
        let now = self.driver.now();
        self.boots_at = None;
        self.asking_since = Some(now);
        self.told_silence = false;
        self.driver.engine.start(now);
        if !self.plan.quiet {
            let text = format!("with {} for {} s", self.plan.uri, self.plan.lifetime);
            self.out.tell(
                &Report::new("registering", &self.plan.endpoint)
                    .says(&self.plan.endpoint, "registers", text)
                    .with("server", self.plan.uri.as_str())
                    .with("lifetime", self.plan.lifetime),
            );
        }
    }

    /// When it has something to do that the engine does not know of.
    fn wake(&self) -> Instant {
        let measure = self.probes.iter().map(|probe| probe.due);
        let silence = self.asking_since.filter(|_| !self.told_silence).map(|at| at + PATIENCE);
        measure
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
        if self.plan.quiet || self.boots_at.is_some() {
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

    /// When nobody listens at the address that is asked for a registration: asks at the next one,
    /// at once until all were tried, then with the next message.
    async fn try_next_address(&mut self) -> Result<(), Failure> {
        let several = self.plan.servers.len() > 1;
        if !(several && self.driver.refused && self.asking_since.is_some()) {
            return Ok(());
        }
        self.address += 1;
        let at = self.address % self.plan.servers.len();
        let all_tried = self.address >= self.plan.servers.len();
        if all_tried {
            self.notice_silence();
        }
        if let Some(server) = self.plan.servers.get(at).copied() {
            self.driver.reconnect(server).await?;
        }
        if !all_tried {
            let now = self.driver.now();
            self.driver.engine.register(now, SERVER).map_err(usage)?;
        }
        Ok(())
    }

    /// Tells the user, once, that the server does not answer.
    fn notice_silence(&mut self) {
        let Some(since) = self.asking_since.filter(|_| !self.told_silence) else { return };
        let refused = self.driver.refused;
        if !refused && self.driver.now() < since + PATIENCE {
            return;
        }
        self.told_silence = true;
        let at: Vec<String> = self.plan.servers.iter().map(SocketAddr::to_string).collect();
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
                .with("server", self.plan.uri.as_str())
                .with("reason", reason),
        );
    }

    fn handle_events(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.driver.engine.poll_event() {
            match event {
                Event::Executed { id, path, .. } => self.execute(id, path)?,
                other => self.tell(other)?,
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), Failure> {
        let name = self.plan.endpoint.clone();
        let report = |event| Report::new(event, &name);
        let report = match event {
            Event::Registered { .. } => {
                self.asking_since = None;
                self.address = 0;
                report("registered")
                    .says("server", "accepts", format!("the registration of {name}"))
                    .with("server", self.plan.uri.as_str())
                    .with("lifetime", self.plan.lifetime)
            }
            Event::Updated { .. } => {
                self.asking_since = None;
                report("updated")
                    .says("server", "accepts", format!("the update of {name}'s registration"))
                    .with("server", self.plan.uri.as_str())
            }
            Event::Deregistered { .. } => report("deregistered")
                .says("server", "accepts", format!("that {name} de-registers"))
                .with("server", self.plan.uri.as_str()),
            Event::Disabled { until, .. } => {
                let seconds = until.since(self.driver.now()).as_secs();
                report("disabled")
                    .says("server", "disables", format!("{name} for {seconds} s"))
                    .with("retry_in", seconds)
            }
            Event::RegistrationFailed { reason, again, .. } => {
                return self.registration_failed(reason, again);
            }
            Event::Written { path, .. } => {
                let value = self.driver.engine.get(path);
                let shown = value.map_or(String::new(), |v| format!(" = {}", value_text(&v)));
                report("written")
                    .says("server", "writes", format!("{}{shown}", path_name(path)))
                    .at(path)
                    .with_some("value", value.map(|v| value_json(&v)))
            }
            Event::Created { path, .. } => report("created")
                .says("server", "creates", format!("{} ({path})", path_name(path)))
                .at(path),
            Event::Deleted { path, .. } => report("deleted")
                .says("server", "deletes", format!("{} ({path})", path_name(path)))
                .at(path),
            _ => return Ok(()),
        };
        if !self.plan.quiet {
            self.out.tell(&report);
        }
        Ok(())
    }

    fn registration_failed(
        &mut self,
        reason: Refusal,
        again: Option<Instant>,
    ) -> Result<(), Failure> {
        let words = refusal(reason);
        let Some(again) = again else {
            return Err(Failure::new(format!(
                "{} could not register with {}: {words}",
                self.plan.endpoint, self.plan.uri
            )));
        };
        let seconds = again.since(self.driver.now()).as_secs();
        let name = &self.plan.endpoint;
        let code = match reason {
            Refusal::Response(code) => Some(code.to_string()),
            _ => None,
        };
        self.out.tell(
            &Report::new("registration_failed", name)
                .says(name, "fails", format!("to register: {words}; tries again in {seconds} s"))
                .trouble()
                .with("server", self.plan.uri.as_str())
                .with("reason", words)
                .with_some("code", code)
                .with("retry_in", seconds),
        );
        Ok(())
    }

    fn state(&self) -> Option<Registration> {
        self.driver.engine.registration(SERVER)
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
            let mut text = path_name(path);
            if let Some(arguments) = &arguments {
                text = format!("{text} with {}", crate::output::printable(arguments));
            }
            if !known {
                text.push_str(", which this station does not do");
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

    /// Forgets all but its configuration, is away for a moment, and registers anew.
    fn reboot(&mut self) -> Result<(), Failure> {
        self.reboots_at = None;
        self.retransmitted = self.retransmitted();
        let now = self.driver.now();
        self.driver.engine = boot(&self.plan, now, &mut self.seeds, &mut self.probes)?;
        self.account(now)?;
        self.boots_at = Some(now + BOOT);
        self.asking_since = None;
        let name = &self.plan.endpoint;
        self.out.tell(&Report::new("rebooting", name).says(
            name,
            "reboots",
            "and forgets everything but its server",
        ));
        Ok(())
    }

    /// De-registers and waits for the answer, but not for long.
    async fn leave(&mut self) -> Result<(), Failure> {
        // The server may have registered it already, and its answer be on the way.
        let until = self.driver.now() + ANSWER;
        let asking = |d: &Self| d.state() == Some(Registration::Registering) && !d.driver.refused;
        while asking(self) && self.driver.now() < until {
            self.driver.turn(Some(until)).await?;
            self.handle_events()?;
        }
        let registered = |device: &Self| {
            let state = device.state();
            matches!(state, Some(Registration::Registered | Registration::Deregistering))
        };
        if !registered(self) {
            return Ok(());
        }
        let now = self.driver.now();
        if let Err(error) = self.driver.engine.deregister(now, SERVER) {
            return Err(usage(error));
        }
        let until = now + FAREWELL;
        while registered(self) && self.driver.now() < until {
            self.driver.turn(Some(until)).await?;
            self.handle_events()?;
        }
        self.handle_events()?;
        if registered(self) {
            let name = &self.plan.endpoint;
            self.out.tell(
                &Report::new("no_answer", name)
                    .says(name, "leaves", "without an answer to its de-registration")
                    .trouble()
                    .with("server", self.plan.uri.as_str())
                    .with("reason", "silent"),
            );
        }
        Ok(())
    }
}

/// A client engine as it is when a station is switched on.
fn boot(
    plan: &Plan,
    now: Instant,
    seeds: &mut Seeds,
    probes: &mut [Probe],
) -> Result<Client, Failure> {
    let config = Config { objects: &station::OBJECTS, ..Config::new(&plan.endpoint) };
    let mut client = Client::new(&config, &seeds.next())
        .map_err(|error| Failure::new(format!("cannot make a client: {error}")))?;
    for (id, value) in station::device(&plan.endpoint) {
        client.set(now, Path::resource(3, 0, id), value).map_err(usage)?;
    }
    for Probe { sensor, due } in probes {
        client.add_instance(now, sensor.instance()).map_err(usage)?;
        client.add_resource(now, sensor.resource(resource::RESET_MIN_MAX)).map_err(usage)?;
        for (id, text) in
            [(resource::SENSOR_UNITS, sensor.unit()), (resource::APPLICATION_TYPE, "")]
        {
            client.set(now, sensor.resource(id), Value::string(text)).map_err(usage)?;
        }
        sensor.extremes = None;
        take(&mut client, now, sensor)?;
        *due = now + Duration::from_millis(sensor.every.max(1));
    }
    Ok(client)
}

/// Measures and gives the engine the value. A sensor whose object instance a server deleted
/// measures for nobody.
fn take(client: &mut Client, now: Instant, sensor: &mut Sensor) -> Result<f64, Failure> {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of some thousand years fit")]
    let seconds = now.as_millis() as f64 / 1000.0;
    let value = sensor.measure(seconds);
    let (low, high) = sensor.extremes.unwrap_or((value, value));
    for (id, value) in [
        (resource::MIN_MEASURED, low),
        (resource::MAX_MEASURED, high),
        (resource::SENSOR_VALUE, value),
    ] {
        match client.set(now, sensor.resource(id), Value::Float(value)) {
            Ok(()) | Err(UsageError::UnknownPath) => {}
            Err(error) => return Err(usage(error)),
        }
    }
    Ok(value)
}

/// A measured value in aligned columns.
pub(crate) fn measurement(path: Path, value: &Value<'_>, unit: &str) -> String {
    format!("{:<12} {:>7} {unit}", path_name(path), value_text(value))
}

fn usage(error: UsageError) -> Failure {
    Failure::new(format!("the station cannot do that: {error}"))
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
        Refusal::TooLarge => "the registration does not fit into a message".to_owned(),
        _ => "it went wrong".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m_core::server::Limits;
    use std::net::{Ipv4Addr, UdpSocket};

    #[tokio::test(flavor = "current_thread")]
    async fn a_server_with_two_addresses_is_found_at_the_second() {
        let clock = Clock::start();
        let out = Rc::new(Output::to(Box::new(std::io::sink()), true, clock));
        let mut seeds = Seeds::new(Some(1)).unwrap();
        let local = (Ipv4Addr::LOCALHOST, 0).into();
        let seed = seeds.next();
        let mut console =
            crate::lwm2m::server::open(local, Limits::SMALL, &seed, clock, &out).await.unwrap();
        // Nobody listens there any more.
        let dead = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let plan = Plan {
            endpoint: "wanderer".to_owned(),
            servers: vec![dead, console.driver.local()],
            uri: "coap://two.example".to_owned(),
            lifetime: 60,
            interval: 1000,
            quiet: true,
        };
        let mut device = Device::new(plan, clock, out, seeds).await.unwrap();
        let (sender, stop) = tokio::sync::oneshot::channel::<()>();
        let stop = async {
            let _ = stop.await;
        };
        let server = async {
            while console.tally.registered == 0 {
                console.driver.turn(None).await.unwrap();
                console.handle_events();
            }
            // It was found at once, not after a retransmission.
            assert!(clock.now() < Instant::from_millis(1500));
            drop(sender);
            while console.tally.deregistered == 0 {
                console.driver.turn(None).await.unwrap();
                console.handle_events();
            }
            // The answer to the De-register.
            console.driver.flush().unwrap();
        };
        let both = async { tokio::join!(device.run(stop), server) };
        let (left, ()) = tokio::time::timeout(std::time::Duration::from_secs(20), both)
            .await
            .expect("neither hangs");
        left.unwrap();
        assert_eq!(device.retransmitted(), 0);
    }
}
