//! `m2m lwm2m client`: devices that register with servers.

pub(crate) mod args;
mod boot;
mod commands;
pub(crate) mod device;
mod firmware;
mod link;
pub(crate) mod plan;
mod prompt;
mod state;
mod station;

use crate::clock::Clock;
use crate::decode::Decoder;
use crate::failure::Failure;
use crate::output::Output;
use crate::seeds::Seeds;
use crate::signals::Signals;
use args::Client as Options;
use device::Device;
use plan::Plan;
use std::cell::Cell;
use std::io::IsTerminal;
use std::rc::Rc;
use tokio::sync::Notify;

/// Runs until a signal, or until nobody reads the output.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let mut seeds = Seeds::new(options.show.seed)?;
    let plan = plan::plan(options).await?;
    if options.count > 1 {
        several(options, &plan, clock, &mut signals, &out, &mut seeds).await?;
        return out.finish();
    }
    let mut device = Device::new(plan, clock, out.clone(), seeds)?;
    if options.show.verbose {
        let mut decoder = Decoder::new(out.clone(), &options.endpoint);
        for server in device.addresses() {
            decoder.name(server, "server");
        }
        device.driver().set_tap(decoder.into_tap());
    }
    let terminal = || std::io::stdin().is_terminal() && !options.show.json;
    if options.prompt || terminal() {
        device.listen(prompt::lines());
    }
    device.run(signals.wait()).await?;
    out.finish()
}

/// Several devices in one process; they end together.
async fn several(
    options: &Options,
    plan: &Plan,
    clock: Clock,
    signals: &mut Signals,
    out: &Rc<Output>,
    seeds: &mut Seeds,
) -> Result<(), Failure> {
    let (stop, stopped) = (Rc::new(Notify::new()), Rc::new(Cell::new(false)));
    let mut devices = Vec::new();
    for n in 1..=options.count {
        let plan = Plan { endpoint: format!("{}-{n}", plan.endpoint), ..plan.clone() };
        let mut device = Device::new(plan, clock, out.clone(), seeds.child())?;
        let (stop, stopped) = (stop.clone(), stopped.clone());
        devices.push(Box::pin(async move {
            let stop = async {
                while !stopped.get() {
                    stop.notified().await;
                }
            };
            device.run(stop).await
        }));
    }
    let mut all = futures_util::future::join_all(devices);
    let done = tokio::select! {
        done = &mut all => done,
        () = signals.wait() => {
            stopped.set(true);
            stop.notify_waiters();
            all.await
        }
    };
    done.into_iter().collect()
}
