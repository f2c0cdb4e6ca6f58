//! `m2m senml`: documents of sensor data, converted, checked, changed and drawn.
//!
//! Documents are read and written as streams, so that their size does not matter, except where a
//! whole one is needed: to patch, to compact, to sort, and to draw.

pub(crate) mod args;
mod etch;
mod input;
mod output;
mod plot;
mod transform;
mod validate;

use crate::failure::Failure;
use args::Senml;

/// Runs one of the commands to its end.
pub(crate) fn run(command: &Senml) -> Result<(), Failure> {
    match command {
        Senml::Convert(convert) => transform::convert(convert),
        Senml::Resolve(resolve) => transform::resolve(resolve),
        Senml::Compact(compact) => transform::compact(compact),
        Senml::Validate(validate) => validate::run(validate),
        Senml::Fetch(fetch) => etch::fetch(fetch),
        Senml::Patch(patch) => etch::patch(patch),
        Senml::Plot(plot) => plot::run(plot),
    }
}
