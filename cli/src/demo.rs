//! `m2m demo`: a server and three weather stations, each with a socket of its own, in one process.

use crate::args;
use crate::clock::Clock;
use crate::decode::Decoder;
use crate::failure::Failure;
use crate::lwm2m::client::device::Device;
use crate::lwm2m::client::plan::Plan;
use crate::lwm2m::server;
use crate::lwm2m::server::console::Console;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use lwm2m_core::server::Limits;
use lwm2m_core::{Path, Value};
use m2m_base::{Duration, Instant};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const STATIONS: [&str; 3] = ["station-1", "station-2", "station-3"];
/// Values that are observed of all stations together.
const SENSORS: u64 = 9;
/// Between one station's start and the next one's.
const APART: std::time::Duration = std::time::Duration::from_millis(400);
/// How long it may take until every sensor is observed, and until every station has left.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often it is looked at whether a station has ended.
const GLANCE: Duration = Duration::from_millis(10);
/// Between two measurements of a thermometer, in milliseconds.
const INTERVAL: u64 = 2000;
/// Of the stations' registrations, in seconds.
const LIFETIME: u32 = 60;

/// What the server does once it observes every sensor.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write(Path, Written),
    Execute(Path),
}

#[derive(Clone, Copy, Debug)]
enum Written {
    Text(&'static str),
    Number(i64),
}

/// The script: when, in milliseconds after every sensor is observed; with which station; what.
const SCRIPT: [(u64, usize, Step); 4] = [
    (2600, 0, Step::Write(Path::resource(3303, 0, 5750), Written::Text("roof"))),
    (3400, 1, Step::Write(Path::resource(1, 0, 1), Written::Number(120))),
    (4200, 1, Step::Execute(Path::resource(3303, 0, 5605))),
    (5000, 2, Step::Execute(Path::resource(3, 0, 4))),
];
/// When the stations leave, counted likewise, and how far from each other.
const LEAVE: (u64, u64) = (8000, 300);

/// A station that runs beside the server.
struct Running {
    /// Dropped when the station is to leave.
    stay: Option<oneshot::Sender<()>>,
    /// Gives the number of messages that it sent again.
    task: JoinHandle<Result<u64, Failure>>,
}

/// Why [`Play::live`] returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pause {
    /// What was waited for is the case.
    Done,
    /// The time is over.
    Late,
    /// The user wants it to end, or nobody reads any more.
    Stopped,
}

/// Runs the demonstration.
pub(crate) async fn run(options: &args::Demo) -> Result<(), Failure> {
    tokio::task::LocalSet::new().run_until(demonstrate(options)).await
}

async fn demonstrate(options: &args::Demo) -> Result<(), Failure> {
    let clock = Clock::start();
    let signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let mut seeds = Seeds::new(options.show.seed)?;
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let mut console = server::open(address, Limits::SMALL, &seeds.next(), clock, &out).await?;
    let address = console.driver.local();
    introduce(&out, options.stay);
    if options.show.verbose {
        let decoder = Decoder::new(out.clone(), "server");
        console.driver.set_tap(decoder.into_tap());
    }
    console.tell_address();
    let mut stations = Vec::new();
    let mut wait = std::time::Duration::ZERO;
    for name in STATIONS {
        stations.push(switch_on(name, wait, address, clock, &out, seeds.child()));
        wait += APART;
    }
    let mut play = Play { console, out, stations, signals };
    play.run(options.stay).await
}

fn introduce(out: &Output, stay: bool) {
    let end = if stay { "until Ctrl-C." } else { "for ten seconds." };
    out.remark(
        "Three simulated weather stations register with an LwM2M server. It discovers what they have,",
    );
    out.remark(&format!(
        "observes their sensors, writes settings, executes commands: UDP on this machine, {end}"
    ));
    out.remark("");
}

/// Switches a station on, after a while.
fn switch_on(
    name: &str,
    wait: std::time::Duration,
    server: SocketAddr,
    clock: Clock,
    out: &Rc<Output>,
    seeds: Seeds,
) -> Running {
    let mut plan = Plan::station(name, format!("coap://{server}"), LIFETIME, INTERVAL);
    plan.quiet = true;
    let (stay, left) = oneshot::channel::<()>();
    let out = out.clone();
    let task = tokio::task::spawn_local(async move {
        tokio::time::sleep(wait).await;
        let mut device = Device::new(plan, clock, out, seeds)?;
        let stop = async {
            // Nothing is ever sent: it ends with the sender.
            let _ = left.await;
        };
        device.run(stop).await?;
        Ok(device.retransmitted())
    });
    Running { stay: Some(stay), task }
}

/// The demonstration as it runs.
struct Play {
    console: Console,
    out: Rc<Output>,
    stations: Vec<Running>,
    signals: Signals,
}

impl Play {
    async fn run(&mut self, stay: bool) -> Result<(), Failure> {
        let everything = |play: &Self| play.console.tally.observed >= SENSORS;
        let mut pause = self.live(Instant::ZERO + PATIENCE, everything).await?;
        if pause == Pause::Late {
            let observed = self.console.tally.observed;
            return Err(Failure::new(format!(
                "the demo did not get far: only {observed} of {SENSORS} sensors could be observed"
            )));
        }
        let begun = self.console.driver.now();
        let mut complete = true;
        for (ms, station, step) in SCRIPT {
            if pause != Pause::Stopped {
                pause = self.live(begun + Duration::from_millis(ms), |_| false).await?;
            }
            if pause == Pause::Stopped {
                complete = false;
                break;
            }
            self.act(STATIONS.get(station).copied().unwrap_or(""), step);
        }
        if complete {
            let until = if stay { Instant::FAR } else { begun + Duration::from_millis(LEAVE.0) };
            self.live(until, |_| false).await?;
        }
        for station in 0..self.stations.len() {
            if let Some(station) = self.stations.get_mut(station) {
                station.stay = None;
            }
            let until = self.console.driver.now() + Duration::from_millis(LEAVE.1);
            self.live(until, |_| false).await?;
        }
        let again = self.farewell().await?;
        self.summarise(again);
        if complete {
            self.verify()?;
        }
        self.out.finish()
    }

    /// Lets the server live until `done` says so, `until` passes, or the user stops it.
    async fn live(
        &mut self,
        until: Instant,
        done: impl Fn(&Self) -> bool,
    ) -> Result<Pause, Failure> {
        loop {
            self.console.handle_events();
            if done(self) {
                return Ok(Pause::Done);
            }
            if self.out.closed() {
                return Ok(Pause::Stopped);
            }
            if self.console.driver.now() >= until {
                return Ok(Pause::Late);
            }
            // A station that ends without being told to has failed, and says how.
            let failed = |s: &Running| s.stay.is_some() && s.task.is_finished();
            if let Some(at) = self.stations.iter().position(failed) {
                return Err(match ended(self.stations.remove(at)).await {
                    Err(failure) => failure,
                    Ok(_) => Failure::new("a station of the demo left too early"),
                });
            }
            tokio::select! {
                turned = self.console.driver.turn(Some(until)) => turned?,
                () = self.signals.wait() => return Ok(Pause::Stopped),
            }
        }
    }

    fn act(&mut self, station: &str, step: Step) {
        match step {
            Step::Write(path, Written::Text(text)) => {
                self.console.write(station, path, Value::string(text));
            }
            Step::Write(path, Written::Number(number)) => {
                self.console.write(station, path, Value::Integer(number));
            }
            Step::Execute(path) => self.console.execute(station, path),
        }
    }

    /// Waits for the stations to end; how many messages they sent again.
    async fn farewell(&mut self) -> Result<u64, Failure> {
        let until = self.console.driver.now() + PATIENCE;
        while !self.stations.iter().all(|s| s.task.is_finished()) {
            if self.console.driver.now() >= until {
                return Err(Failure::new("the demo did not end: a station does not stop"));
            }
            let glance = self.console.driver.now() + GLANCE;
            self.console.driver.turn(Some(glance)).await?;
            self.console.handle_events();
        }
        let mut again = 0;
        for station in self.stations.drain(..) {
            again += ended(station).await?;
        }
        Ok(again)
    }

    fn summarise(&self, by_stations: u64) {
        let driver = &self.console.driver;
        let traffic = driver.traffic;
        let again = by_stations + u64::from(driver.engine.coap_counters().retransmitted);
        let messages = traffic.sent + traffic.received;
        let seconds = driver.now().as_millis() / 100;
        let tally = self.console.tally;
        let repeated = match again {
            0 => "none had to be sent again".to_owned(),
            n => format!("{n} had to be sent again"),
        };
        self.out.remark("");
        self.out.remark(&format!(
            "In {}.{} s: {} with {} of CoAP; {repeated}. {} came by themselves.",
            seconds / 10,
            seconds % 10,
            count(messages, "message"),
            count(traffic.bytes, "byte"),
            count(tally.notified, "value"),
        ));
        self.out.remark(
            "Next: m2m demo -v shows every message. The two sides by themselves, in two terminals:",
        );
        self.out.remark("  m2m lwm2m server --coap 127.0.0.1:5683");
        self.out.remark("  m2m lwm2m client --server coap://127.0.0.1:5683 --endpoint my-station");
        self.out.record(
            &Report::new("summary", "")
                .with("seconds", driver.now().as_millis() as f64 / 1000.0)
                .with("messages", messages)
                .with("bytes", traffic.bytes)
                .with("retransmissions", again)
                .with("registered", tally.registered)
                .with("notified", tally.notified)
                .with("deregistered", tally.deregistered),
        );
    }

    /// A demonstration in which something did not happen has failed.
    fn verify(&self) -> Result<(), Failure> {
        let tally = self.console.tally;
        let stations = STATIONS.len() as u64;
        for (happened, least, what) in [
            (tally.registered, stations, "registered"),
            (tally.discovered, stations, "was discovered"),
            (tally.observed, SENSORS, "was observed"),
            (tally.notified, 1, "reported"),
            (tally.written, 2, "was written"),
            (tally.executed, 2, "was executed"),
            (tally.deregistered, stations, "de-registered"),
        ] {
            if happened < least && !self.out.closed() {
                return Err(Failure::new(format!(
                    "the demo is not complete: {what} {happened} times instead of {least}"
                )));
            }
        }
        Ok(())
    }
}

/// What a station has to say at its end.
async fn ended(station: Running) -> Result<u64, Failure> {
    station.task.await.map_err(|_| Failure::new("a station of the demo broke down"))?
}
