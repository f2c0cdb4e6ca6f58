//! `m2m onem2m`: run a common services entity, and use one.

pub(crate) mod args;
mod cse;
mod uri;

use crate::failure::Failure;
use args::Onem2m;

/// Runs one of the commands to its end.
pub(crate) async fn run(command: &Onem2m) -> Result<(), Failure> {
    match command {
        Onem2m::Cse(options) => cse::run(options).await,
    }
}
