//! `m2m onem2m`: run a common services entity, and use one.

pub(crate) mod args;
mod client;
mod cse;
mod demo;
pub(crate) mod link;
pub(crate) mod uri;

use crate::failure::Failure;
use args::Onem2m;
use tokio::task::LocalSet;

/// Runs one of the commands to its end.
pub(crate) async fn run(command: &Onem2m) -> Result<(), Failure> {
    let work = async {
        match command {
            Onem2m::Cse(options) => cse::run(options).await,
            Onem2m::Demo(options) => demo::run(options).await,
            Onem2m::Get(options) => client::get(options).await,
            Onem2m::Create(options) => client::create(options).await,
            Onem2m::Update(options) => client::update(options).await,
            Onem2m::Delete(options) => client::delete(options).await,
            Onem2m::Discover(options) => client::discover(options).await,
            Onem2m::Subscribe(options) => client::subscribe(options).await,
        }
    };
    LocalSet::new().run_until(work).await
}
