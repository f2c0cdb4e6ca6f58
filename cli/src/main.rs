//! The `m2m` command: the state machines of the m2m crates over real sockets.
//!
//! The crates themselves have no sockets and no clocks. Everything of that kind is in `driver`;
//! the other files turn events into words and decide what a demonstration does.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the driver: it has the sockets and the clocks that engines do not"
)]

mod args;
mod bridge;
mod broker;
mod clock;
mod coap;
mod decode;
mod demo;
mod driver;
mod failure;
mod hex;
mod lwm2m;
mod names;
mod objects;
mod onem2m;
mod output;
mod seeds;
mod senml;
mod signals;
mod store;
mod transport;
mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match args::parse() {
        Ok(command) => command,
        Err(code) => return code,
    };
    // Files have no sockets to wait for.
    if let args::Command::Senml(command) = &command {
        return match senml::run(command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        };
    }
    if let args::Command::Objects(command) = &command {
        return match objects::run(command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        };
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::Failure::io("cannot start", &error).report();
        }
    };
    let done = runtime.block_on(async {
        match command {
            args::Command::Demo(options) => demo::run(&options).await,
            args::Command::Lwm2m(command) => lwm2m::run(&command).await,
            args::Command::Bridge(options) => bridge::run(&options).await,
            args::Command::Coap(command) => coap::run(&command).await,
            args::Command::Onem2m(command) => onem2m::run(&command).await,
            args::Command::Senml(_) | args::Command::Objects(_) => Ok(()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
