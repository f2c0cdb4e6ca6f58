//! `m2m lwm2m bootstrap-server`: gives devices their accounts and keys, as a file and an API say.

mod api;
pub(crate) mod args;
mod core;
pub(in crate::lwm2m) mod given;

use self::core::{Core, For};
use super::common::{Api, Broker, Credential, Kept, Running};
use crate::clock::{Clock, wall};
use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::{Failure, USAGE};
use crate::lwm2m::common::credential::without_values;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::store::{self, About, Journal, Kept as Stored, Place};
use api::Site;
use args::BootstrapServer as Options;
use lwm2m_core::bootstrap_server::{BootstrapServer, Config, Limits};
use lwm2m_core::mqtt::Interface;
use std::path::Path;
use std::rc::Rc;
use tokio::task::LocalSet;

/// Changes when what is kept does.
const FORMAT: &str = "2";
/// Security contexts of OSCORE at one time.
const CONTEXTS: u32 = 16_384;

const API: Api<Core> = Api { title: api::TITLE, routes: api::ROUTES, schemas: api::schemas };

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
    let doors = &options.doors;
    let ready = doors.prepare()?;
    let file = options.config.as_deref().map(read_file).transpose()?;
    let place = match &options.store {
        Some(path) => Place::named(path),
        None if doors.has_api() => Place::usual("lwm2m-bootstrap-server.redb"),
        None => Place::Memory,
    };
    let coap = coap_core::Limits { security_contexts: CONTEXTS, ..Limits::LARGE.coap };
    let limits = Limits { coap, ..Limits::LARGE };
    let config = Config { limits, ask: true, ..Config::default() };
    let engine = BootstrapServer::with_streams(&config, &doors.streams(), &seed)
        .map_err(|error| Failure::new(format!("cannot make a bootstrap server: {error}")))?;
    let kept = Kept::new(engine, place != Place::Memory);
    let mut open = doors.open(Interface::Bootstrap, kept.keys(), ready).await?;
    let driver = Driver::new(open.take_transport(), clock, kept)
        .with_identities(Kept::secured)
        .with_streams(Kept::VERBS);
    let run = u64::try_from(wall()).unwrap_or(0);
    let mut core = Core::new(driver, out.clone(), run);
    let journal = restore(&place, &mut core)?;
    if let (Some(file), Some(path)) = (file, &options.config) {
        take(&mut core, file).map_err(|words| {
            Failure::new(format!("cannot use {}: {words}", path.display())).exits(USAGE)
        })?;
    }
    if options.show.verbose {
        core.driver.set_tap(Decoder::new(out.clone(), "server").into_tap());
    }
    let (site, commands) = Site::new();
    open.serve(site, &API, &out);
    let rules = u64::try_from(core.given.len()).unwrap_or(0);
    let text = format!("with {}", count(rules, "configuration"));
    let report = Report::new("ready", "").says("server", "is ready", text);
    out.tell(&report.with("configurations", rules));
    let broker = doors.broker().map(|uri| Broker::new(uri, &out));
    let mut running = Running { core, commands, journal, broker };
    running.until(&mut signals, &out).await?;
    out.tell(&Report::new("stopped", "").says("server", "stops", ""));
    out.finish()
}

fn read_file(path: &Path) -> Result<given::File, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::io(format_args!("cannot read {}", path.display()), &error))?;
    toml::from_str(&text).map_err(|error| {
        let place = error.span().and_then(|span| text.get(..span.start));
        let line = place.map_or(1, |before| before.lines().count().max(1));
        // The error itself may quote the line, which may have a key in it.
        let words = without_values(error.message());
        Failure::new(format!("cannot use {} (line {line}): {words}", path.display())).exits(USAGE)
    })
}

/// Takes what a file says. It goes before what was kept, and is not kept itself.
fn take(core: &mut Core, file: given::File) -> Result<(), String> {
    for (n, mut credential) in (1..).zip(file.credentials) {
        let identity = credential.take_identity().map_err(|w| format!("credential {n}: {w}"))?;
        accept(core, &identity, &credential)?;
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
    let about = About { table: "records", bundled: false, claims: &claims };
    let mut credentials = Vec::new();
    let journal = store::open(place, &about, &mut |kept| match kept {
        Stored::Setting(name, value) => {
            let read = match For::of_setting(name) {
                Some(whom) => serde_json::from_slice(value)
                    .ok()
                    .and_then(|given| core.recall(whom, given).ok()),
                None => core.driver.engine.recall(name, value, &mut credentials),
            };
            read.ok_or_else(|| format!("its setting {name} is damaged"))
        }
        Stored::Record(key, _) => Err(format!("record {key} is not known")),
    })?;
    for (identity, credential) in credentials {
        accept(core, &identity, &credential).map_err(Failure::new)?;
    }
    Ok(journal)
}

fn accept(core: &mut Core, identity: &str, credential: &Credential) -> Result<(), String> {
    let now = core.driver.now();
    core.driver.engine.take(now, identity, credential)
}
