//! `m2m lwm2m bootstrap-server`: gives devices their accounts and keys, as a file and an API say.

mod api;
pub(crate) mod args;
mod core;
mod engine;
pub(in crate::lwm2m) mod given;

use self::core::{Core, For};
use crate::clock::{Clock, wall};
use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::{Failure, USAGE};
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::store::{self, About, Journal, Kept, Place};
use crate::transport::{Scheme, Transport};
use crate::web::{Guard, Service, listen};
use api::{Command, Site};
use args::BootstrapServer as Options;
use engine::Boots;
use lwm2m_core::bootstrap_server::{BootstrapServer, Config, Limits};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};

/// Changes when what is kept does.
const FORMAT: &str = "1";
/// How long what is under way may take when the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often listeners are written to if nothing happens.
const BEAT: Duration = Duration::from_secs(15);

/// Runs until a signal, or until nobody reads the output.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    LocalSet::new().run_until(serve(options)).await
}

async fn serve(options: &Options) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let seed = Seeds::new(options.show.seed)?.next();
    // What may fail goes first: nobody is told of a server that does not come up.
    let guard = match options.http {
        Some(address) => Some(Guard::new(address, options.token.as_deref())?),
        None => None,
    };
    let file = options.config.as_deref().map(read_file).transpose()?;
    let place = match &options.store {
        Some(path) => Place::named(path),
        None if options.http.is_some() => Place::usual("lwm2m-bootstrap-server.redb"),
        None => Place::Memory,
    };
    let config = Config { limits: Limits::LARGE, ask: true, ..Config::default() };
    let engine = BootstrapServer::new(&config, &seed)
        .map_err(|error| Failure::new(format!("cannot make a bootstrap server: {error}")))?;
    let boots = Boots::new(engine);
    let mut transport = Transport::new();
    let mut listening = Vec::new();
    for (scheme, address) in [(Scheme::Coap, options.coap), (Scheme::Coaps, options.coaps)] {
        let Some(address) = address else { continue };
        listening.push((scheme, transport.listen(scheme, address, &boots.keys, None).await?));
    }
    let driver = Driver::new(transport, clock, boots).with_identities(Boots::secured);
    let run = u64::try_from(wall()).unwrap_or(0);
    let mut core = Core::new(driver, out.clone(), run, place != Place::Memory);
    let journal = restore(&place, &mut core)?;
    if let (Some(file), Some(path)) = (file, &options.config) {
        take(&mut core, file).map_err(|words| {
            Failure::new(format!("cannot use {}: {words}", path.display())).exits(USAGE)
        })?;
    }
    let http = match options.http {
        Some(address) => Some(listen::bind(address).await?),
        None => None,
    };
    if options.show.verbose {
        core.driver.set_tap(Decoder::new(out.clone(), "server").into_tap());
    }
    for (scheme, address) in &listening {
        tell(&out, scheme.name(), &address.to_string());
    }
    let (site, commands) = Site::new();
    if let (Some((listener, address)), Some(guard)) = (http, guard) {
        let service = Rc::new(Service {
            title: api::TITLE,
            routes: api::ROUTES,
            schemas: api::schemas,
            state: Rc::new(site),
            guard,
        });
        spawn_local(listen::accept(listener, move |stream, _| {
            spawn_local(service.clone().serve(stream));
        }));
        tell(&out, "http", &address.to_string());
    }
    let rules = u64::try_from(core.given.len()).unwrap_or(0);
    let text = format!("with {}", count(rules, "configuration"));
    let report = Report::new("ready", "").says("server", "is ready", text);
    out.tell(&report.with("configurations", rules));
    let mut running = Running { core, commands, journal };
    running.until(&mut signals, &out).await?;
    out.tell(&Report::new("stopped", "").says("server", "stops", ""));
    out.finish()
}

fn tell(out: &Output, scheme: &str, address: &str) {
    let uri = format!("{scheme}://{address}");
    let report = Report::new("listening", "").says("server", "listens", format!("on {uri}"));
    out.tell(&report.with("uri", uri));
}

fn read_file(path: &Path) -> Result<given::File, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::io(format_args!("cannot read {}", path.display()), &error))?;
    toml::from_str(&text).map_err(|error| {
        let place = error.span().and_then(|span| text.get(..span.start));
        let line = place.map_or(1, |before| before.lines().count().max(1));
        // The error itself may quote the line, which may have a key in it.
        let words = error.message();
        Failure::new(format!("cannot use {} (line {line}): {words}", path.display())).exits(USAGE)
    })
}

/// Takes what a file says. It goes before what was kept, and is not kept itself.
fn take(core: &mut Core, file: given::File) -> Result<(), String> {
    for credential in file.credentials {
        core.let_in(credential, false);
    }
    for (n, given) in (1..).zip(file.configurations) {
        let whom = match (&given.endpoint, &given.pattern) {
            (Some(name), None) => For::Endpoint(name.clone()),
            (None, Some(text)) => For::Pattern(text.clone()),
            _ => return Err(format!("configuration {n} needs an endpoint or a pattern")),
        };
        core.recall(whom, given).map_err(|words| format!("configuration {n}: {words}"))?;
    }
    Ok(())
}

/// Gives the server back what was kept, and opens the store for what comes.
fn restore(place: &Place, core: &mut Core) -> Result<Option<Journal>, Failure> {
    let claims = [("format", "format", FORMAT), ("of", "kind", "lwm2m-bootstrap-server")];
    let about = About { table: "records", claims: &claims };
    store::open(place, &about, &mut |kept| match kept {
        Kept::Setting(name, value) => {
            let read = match name.split_once('/') {
                Some(("psk", _)) => serde_json::from_slice(value).ok().map(|credential| {
                    core.let_in(credential, false);
                }),
                _ => For::of_setting(name).and_then(|whom| {
                    let given = serde_json::from_slice(value).ok()?;
                    core.recall(whom, given).ok()
                }),
            };
            read.ok_or_else(|| format!("its setting {name} is damaged"))
        }
        Kept::Record(key, _) => Err(format!("record {key} is not known")),
    })
}

/// A server at work.
struct Running {
    core: Core,
    commands: UnboundedReceiver<Command>,
    journal: Option<Journal>,
}

impl Running {
    async fn until(&mut self, signals: &mut Signals, out: &Output) -> Result<(), Failure> {
        let mut beat = tokio::time::interval(BEAT);
        while !out.closed() {
            tokio::select! {
                turned = self.turn() => turned?,
                _ = beat.tick() => self.core.feed.beat(),
                () = signals.wait() => break,
            }
        }
        let end = tokio::time::Instant::now() + FAREWELL;
        while !self.core.is_settled() {
            match tokio::time::timeout_at(end, self.turn()).await {
                Ok(turned) => turned?,
                Err(_) => break,
            }
        }
        self.core.driver.flush()
    }

    /// Waits until there is something to do, and does it. Dropping the future loses nothing.
    async fn turn(&mut self) -> Result<(), Failure> {
        let Running { core, commands, journal } = self;
        let committed = async {
            match journal {
                Some(journal) => journal.committed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            turned = core.driver.turn(None) => turned?,
            Some(command) = commands.recv() => command(core),
            done = committed => {
                done?;
                core.committed();
            }
        }
        while let Ok(command) = commands.try_recv() {
            command(core);
        }
        core.attend();
        if let Some(journal) = journal
            && let Some(changes) = core.begin()
        {
            journal.commit(changes);
        }
        Ok(())
    }
}
