//! `m2m senml plot`: the series of a document as a picture, or as a chart on the terminal.

mod axis;
mod chart;
mod layout;
mod letters;
mod png;
mod svg;
mod terminal;

use super::args::Plot;
use super::input::Source;
use super::output::{Stop, end};
use super::transform::clock;
use crate::failure::Failure;
use chart::{Chart, Collector};
use std::io::Write;
use std::path::Path;

pub(super) fn run(options: &Plot) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let now = options.now.unwrap_or_else(clock);
    let mut collector = Collector::new(&options.name, now);
    end(source.resolved(options.rules.rules(), |record| Ok(collector.add(record)?)))?;
    let chart = collector.chart()?;
    if let Some(path) = &options.svg {
        save(path, svg::draw(&chart).as_bytes())?;
    }
    if let Some(path) = &options.png {
        let picture = png::draw(&chart).ok_or_else(|| Failure::new("cannot draw the picture"))?;
        save(path, &picture)?;
    }
    if options.svg.is_none() && options.png.is_none() {
        return end(print(&chart, options.width));
    }
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::io(path.display(), &error))
}

fn print(chart: &Chart, width: Option<u16>) -> Result<(), Stop> {
    let stdout = std::io::stdout();
    let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let own = || terminal_size::terminal_size().map(|(width, _)| width.0);
    let width = width.or_else(own).unwrap_or(80).clamp(40, 200);
    let text = terminal::draw(chart, usize::from(width), colour);
    match stdout.lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Stop::Gone),
        Err(error) => Err(Failure::io("cannot write the output", &error).into()),
        Ok(()) => Ok(()),
    }
}
