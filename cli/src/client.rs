//! `m2m lwm2m client`: one weather station that registers with a server.

use crate::args;
use crate::clock::Clock;
use crate::coap::resolve;
use crate::decode::Decoder;
use crate::device::{Device, Plan};
use crate::failure::Failure;
use crate::output::Output;
use crate::seeds::Seeds;
use crate::signals::Signals;
use std::rc::Rc;

/// Runs until a signal, or until nobody reads the output.
pub(crate) async fn run(options: &args::Client) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let plan = Plan {
        endpoint: options.endpoint.clone(),
        servers: resolve(&options.server.host, options.server.port).await?,
        uri: options.server.to_string(),
        lifetime: options.lifetime,
        interval: u64::from(options.interval) * 1000,
        quiet: false,
    };
    let seeds = Seeds::new(options.show.seed)?;
    let servers = plan.servers.clone();
    let mut device = Device::new(plan, clock, out.clone(), seeds).await?;
    if options.show.verbose {
        let mut decoder = Decoder::new(out.clone(), &options.endpoint);
        for server in servers {
            decoder.name(server, "server");
        }
        device.driver().set_tap(decoder.into_tap());
    }
    device.run(signals.wait()).await?;
    out.finish()
}
