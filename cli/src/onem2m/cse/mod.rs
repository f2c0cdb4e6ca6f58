//! `m2m onem2m cse`: a common services entity on real sockets.
//!
//! One thread has the engine and all sockets, another writes the store.

mod counters;
mod doors;
mod engine;
mod options;
mod originators;
mod outgoing;
mod site;

pub(crate) use options::Options;

use super::args;
use crate::clock::Clock;
use crate::failure::{Failure, USAGE};
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::store::{self, About, Kept, Place};
use doors::Doors;
use engine::Engine;
use onem2m_core::cse::{ConfigError, Cse};
use site::Site;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinHandle, spawn_local};

/// Changes when what is in a record does.
const FORMAT: &str = "1";
/// How long requests under way may take when the CSE is asked to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs until a signal, or until nobody reads the output.
pub(super) async fn run(options: &args::Cse) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let mut seeds = Seeds::new(options.show.seed)?;
    let options = options.options.clone().with_file(options.config.as_deref())?;
    options.check()?;
    serve(&options, clock, &mut seeds, &out, &mut signals).await?;
    out.finish()
}

/// Why a CSE cannot be as the options say.
fn unfit(options: &Options, error: ConfigError) -> Failure {
    let of = |option: &str, value: &Option<String>, words: &str| {
        let value = value.as_deref().unwrap_or("");
        Failure::new(format!("{option} {value:?} {words}")).exits(USAGE)
    };
    match error {
        ConfigError::CseId => {
            let words =
                "is no CSE-ID: a slash and letters, digits, '-', '.' or '_', such as /id-in";
            of("--cse-id", &options.cse_id, words)
        }
        ConfigError::CseName => of("--cse-name", &options.cse_name, "is no name of a resource"),
        ConfigError::Registrar => {
            let words =
                "--registrar-id or --registrar-name is no CSE's, or that of this CSE itself";
            Failure::new(words).exits(USAGE)
        }
        ConfigError::Infrastructure => {
            of("--infrastructure", &options.infrastructure, "is no CSE-ID of another CSE")
        }
        ConfigError::Depth => Failure::new("--max-depth takes a number from 1 to 64").exits(USAGE),
        ConfigError::Provider => of("--sp-id", &options.sp_id, "is no domain name"),
        other => Failure::new(format!("cannot make a CSE: {other}")),
    }
}

/// Serves until a signal.
async fn serve(
    options: &Options,
    clock: Clock,
    seeds: &mut Seeds,
    out: &Rc<Output>,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let mut running = Running::start(options, clock, seeds, out).await?;
    tokio::select! {
        failure = running.failure() => return Err(failure),
        () = signals.wait() => running.site.engine.settle(FAREWELL).await,
    }
    let text = format!("with {}", count(u64::from(running.resources()), "resource"));
    out.tell(&Report::new("stopped", "").says("cse", "stops", text));
    Ok(())
}

/// A CSE that serves. Its work is done by tasks of their own.
pub(super) struct Running {
    site: Rc<Site>,
    pub(super) points_of_access: Vec<String>,
    engine: JoinHandle<Failure>,
    sockets: UnboundedReceiver<Failure>,
}

impl Running {
    /// Opens the sockets and the store, and serves from then on.
    pub(super) async fn start(
        options: &Options,
        clock: Clock,
        seeds: &mut Seeds,
        out: &Rc<Output>,
    ) -> Result<Running, Failure> {
        // What may fail goes first: nobody is told of a CSE that does not come up.
        let doors = Doors::open(options).await?;
        let points_of_access = doors.points_of_access(options);
        let mut config = options.engine()?;
        config.points_of_access.clone_from(&points_of_access);
        let cse_id = config.cse_id.clone();
        let registrar = config.registrar.as_ref().map_or("", |of| &of.cse_id).to_owned();
        let mut cse = Cse::new(config, &seeds.next()).map_err(|error| unfit(options, error))?;
        Engine::set_clock(&mut cse, clock);
        for (originator, surroundings) in options.surroundings()? {
            cse.set_surroundings(clock.now(), &originator, surroundings);
        }
        let place = options.place();
        let claims = [("format", "format", FORMAT), ("cse-id", "CSE-ID", cse_id.as_str())];
        let about = About { table: "resources", bundled: false, claims: &claims };
        let journal = store::open(&place, &about, &mut |kept| match kept {
            Kept::Record(key, value) => cse.restore(key, value).map_err(|error| error.to_string()),
            Kept::Setting(name, _) => Err(format!("a CSE has no setting {name}")),
        })?;
        if journal.is_some() {
            cse.finish_restore();
        }
        let (to_outgoing, mut outgoing) = unbounded_channel();
        let site = Site::new(
            Engine::new(cse, clock, to_outgoing),
            cse_id,
            options.body(),
            options.files(),
            options.keys(),
        );
        let sender = site.clone();
        spawn_local(async move {
            while let Some(request) = outgoing.recv().await {
                spawn_local(outgoing::send(sender.clone(), request));
            }
        });
        let sockets = doors.serve(&site, seeds, out).await?;
        let kept = match place {
            Place::Memory => "in memory".to_owned(),
            Place::File(path) => format!("in {}", path.display()),
        };
        let resources = site.engine.resources();
        let text = format!("{} {kept}", count(u64::from(resources), "resource"));
        let report = Report::new("ready", "").says("cse", "is ready", text);
        out.tell(&report.with("resources", resources));
        let own = site.clone();
        let told = out.clone();
        let tell = move |registered: bool| {
            let report = Report::new("registrar", "").with("cse", registrar.clone());
            let report = report.with("registered", registered);
            told.tell(&match registered {
                true => report.says("cse", "registers", format!("with {registrar}")),
                false => {
                    report.says("cse", "misses", format!("its registrar {registrar}")).trouble()
                }
            });
        };
        let engine = spawn_local(async move { own.engine.run(journal, tell).await });
        Ok(Running { site, points_of_access, engine, sockets })
    }

    /// Resources that there are.
    pub(super) fn resources(&self) -> u32 {
        self.site.engine.resources()
    }

    /// Waits until it cannot go on.
    async fn failure(&mut self) -> Failure {
        tokio::select! {
            failed = &mut self.engine => {
                failed.unwrap_or_else(|_| Failure::new("the engine failed"))
            }
            Some(failure) = self.sockets.recv() => failure,
        }
    }
}
