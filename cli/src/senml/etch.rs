//! `m2m senml fetch` and `patch` (RFC 8790).

use super::args::{Fetch, Patch};
use super::input::{Source, small};
use super::output::{Drain, end};
use crate::failure::Failure;
use senml::etch::{EtchError, FetchPack};
use senml::{OwnedRecord, Pack, Record};

pub(super) fn fetch(options: &Fetch) -> Result<(), Failure> {
    let name = options.wanted.display();
    let (bytes, format) = small(&options.wanted)?;
    let rules = options.rules.rules();
    let wanted = FetchPack::new(format, &bytes, rules)
        .map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let source = Source::open(&options.input)?;
    let mut drain = Drain::open(&options.output, source.format, false)?;
    let found = source.resolved(rules, |record| {
        if wanted.selects(record) {
            let record = OwnedRecord::from(record);
            drain.record(&Record::from(&record))?;
        }
        Ok(())
    });
    end(found.and_then(|()| drain.finish()))
}

pub(super) fn patch(options: &Patch) -> Result<(), Failure> {
    let name = options.changes.display();
    let (bytes, format) = small(&options.changes)?;
    let changes =
        Pack::decode(format, &bytes).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let source = Source::open(&options.input)?;
    let mut drain = Drain::open(&options.output, source.format, false)?;
    let mut target = end_of(source.pack())?;
    target.patch(&changes, options.rules.rules()).map_err(|error| {
        Failure::new(match error {
            EtchError::Target(error) => format!("{error}"),
            other => format!("{name}: {other}"),
        })
    })?;
    let written = target.records.iter().try_for_each(|record| drain.record(&record.into()));
    end(written.and_then(|()| drain.finish()))
}

fn end_of(pack: Result<Pack, super::output::Stop>) -> Result<Pack, Failure> {
    match pack {
        Ok(pack) => Ok(pack),
        Err(stop) => end(Err(stop)).map(|()| Pack::default()),
    }
}
