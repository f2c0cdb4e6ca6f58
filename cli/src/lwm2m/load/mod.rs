//! `m2m lwm2m load`: many endpoints against a server, and how fast it is.

pub(crate) mod args;
mod worker;

use crate::failure::{Failure, NO_ANSWER, USAGE};
use crate::lwm2m::ask::api::Api;
use crate::output::count;
use args::Load;
use serde_json::{Value as Json, json};
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::task::LocalSet;
use worker::{Phase, Tally, Worker};

/// Requests of the API under way at one time.
const ASKING: usize = 16;

/// Runs all phases.
pub(crate) async fn run(options: &Load) -> Result<(), Failure> {
    LocalSet::new().run_until(load(options)).await
}

/// The threads.
struct Crew {
    phases: Vec<Sender<Phase>>,
    done: Receiver<io::Result<Tally>>,
}

impl Crew {
    fn new(options: &Load) -> Result<Crew, Failure> {
        let sockets = options.sockets.min(options.endpoints);
        let (tell, done) = channel();
        let mut phases = Vec::new();
        let fail = |error| Failure::io("cannot open the sockets", &error);
        for socket in 0..sockets {
            let own = (socket..options.endpoints).step_by(usize::try_from(sockets).unwrap_or(1));
            let names = own.map(|n| format!("{}{n}", options.prefix)).collect();
            let worker = Worker::new(options.server, names, options.window).map_err(fail)?;
            let (to, from) = channel();
            phases.push(to);
            let tell = tell.clone();
            std::thread::Builder::new()
                .spawn(move || worker.run(&from, &tell))
                .map_err(|error| Failure::io("cannot start a thread", &error))?;
        }
        Ok(Crew { phases, done })
    }

    fn begin(&self, phase: Phase) {
        for to in &self.phases {
            // A thread that is gone has told why.
            let _ = to.send(phase);
        }
    }

    /// Waits until all threads have done with a phase.
    fn end(&self) -> Result<Tally, Failure> {
        let mut all = Tally::default();
        for _ in &self.phases {
            let tally = self.done.recv().map_err(|_| Failure::new("a thread ended"))?;
            let tally = tally.map_err(|error| {
                Failure::io("the server cannot be reached", &error).exits(NO_ANSWER)
            })?;
            all.times.extend(tally.times);
            all.refused += tally.refused;
            all.lost += tally.lost;
            all.exhausted |= tally.exhausted;
        }
        Ok(all)
    }
}

async fn load(options: &Load) -> Result<(), Failure> {
    if options.observe > options.endpoints {
        return Err(Failure::new("--observe is more than --endpoints").exits(USAGE));
    }
    let crew = Crew::new(options)?;
    let period = Duration::from_secs(options.seconds.into());
    let begun = Instant::now();
    crew.begin(Phase::Register);
    let tally = crew.end()?;
    let registered = tally.times.len();
    report(options, "registrations", &tally, begun.elapsed())?;
    if registered == 0 {
        return Err(Failure::new("nothing could be registered").exits(NO_ANSWER));
    }
    let begun = Instant::now();
    crew.begin(Phase::Update(begun + period));
    report(options, "updates", &crew.end()?, begun.elapsed())?;
    if options.observe == 0 {
        return Ok(());
    }
    crew.begin(Phase::Serve);
    observe(options).await?;
    let begun = Instant::now();
    crew.begin(Phase::Notify(begun + period));
    report(options, "notifications", &crew.end()?, begun.elapsed())
}

/// Has the server observe a value of the first endpoints.
async fn observe(options: &Load) -> Result<(), Failure> {
    let api = Rc::new(Api::new(&options.common)?);
    let mut asking = tokio::task::JoinSet::new();
    let mut next = 0..options.observe;
    loop {
        while asking.len() < ASKING {
            let Some(n) = next.next() else { break };
            let (api, endpoint) = (api.clone(), format!("{}{n}", options.prefix));
            asking.spawn_local(async move {
                let below = "/3303/0/5700/observation";
                api.device("PUT", &endpoint, below, &[("format", "text".into())], None).await
            });
        }
        match asking.join_next().await {
            None => return Ok(()),
            Some(Ok(done)) => {
                done?;
            }
            Some(Err(_)) => return Err(Failure::new("a request of the API broke down")),
        }
    }
}

/// Tells what came of a phase.
fn report(options: &Load, what: &str, tally: &Tally, took: Duration) -> Result<(), Failure> {
    let mut times = tally.times.clone();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1000).or(times.last()).copied();
    let (median, slow) = (at(500).unwrap_or(0), at(990).unwrap_or(0));
    let number = u64::try_from(times.len()).unwrap_or(u64::MAX);
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = number as f64 / took.as_secs_f64();
    let ms = |us: u32| f64::from(us) / 1000.0;
    if options.common.json {
        let line: Json = json!({
            "what": what, "count": number, "per_second": rate.round(), "median_ms": ms(median),
            "p99_ms": ms(slow), "refused": tally.refused, "lost": tally.lost
        });
        return crate::lwm2m::ask::line(&line.to_string()).map(|_| ());
    }
    let mut text = format!(
        "{what:<14} {:>12}  {rate:>8.0} a second, half within {:.1} ms, 99 of 100 within {:.1} ms",
        count(number, "done").trim_end_matches('s'),
        ms(median),
        ms(slow)
    );
    for (n, word) in [(tally.refused, "refused"), (tally.lost, "lost")] {
        if n > 0 {
            text.push_str(&format!(", {n} {word}"));
        }
    }
    if tally.exhausted {
        text.push_str(" (message IDs ran out: more --sockets)");
    }
    crate::lwm2m::ask::line(&text).map(|_| ())
}
