//! `m2m senml convert` and `resolve`: from record to record.

use super::args::{Compact, Convert, Resolve};
use super::input::Source;
use super::output::{Drain, Stop, end};
use crate::failure::Failure;
use senml::{Number, OwnedRecord, Pack, Record, Resolved};
use std::cmp::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn convert(options: &Convert) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let mut drain = Drain::open(&options.output, source.format, options.stream)?;
    end(source
        .records(options.stream, |record| match record {
            Some(record) => drain.record(record),
            None if options.stream => drain.flush(),
            None => Ok(()),
        })
        .and_then(|()| drain.finish()))
}

pub(super) fn resolve(options: &Resolve) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let mut drain = Drain::open(&options.output, source.format, false)?;
    let now = options.now.unwrap_or_else(clock);
    let rules = options.rules.rules();
    let mut sorted = Pack::default();
    let each = |record: &Resolved<'_>| {
        let mut resolved = OwnedRecord::from(record);
        if options.absolute {
            resolved.time = match record.time {
                Some(time) => Some(time.at(now).ok_or_else(too_late)?),
                None => Some(now),
            };
        }
        if options.sort {
            sorted.records.push(resolved);
            return Ok(());
        }
        drain.record(&Record::from(&resolved))
    };
    let done = source.resolved(rules, each).and_then(|()| {
        sorted.records.sort_by(|a, b| match (a.time, b.time) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        });
        sorted.records.iter().try_for_each(|record| drain.record(&record.into()))
    });
    end(done.and_then(|()| drain.finish()))
}

pub(super) fn compact(options: &Compact) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let mut drain = Drain::open(&options.output, source.format, false)?;
    let mut records: Vec<OwnedRecord> = Vec::new();
    let mut version = None;
    let done = source.resolved(options.rules.rules(), |record| {
        let mut record = OwnedRecord::from(record);
        // All records have one; the first says it for all.
        version = record.base_version.take();
        records.push(record);
        Ok(())
    });
    end(done
        .and_then(|()| {
            senml::compact(records.iter().map(Record::from)).try_for_each(|record| {
                let mut record = record;
                if version.is_some() {
                    record.base.get_or_insert_default().version = version.take();
                }
                drain.record(&record)
            })
        })
        .and_then(|()| drain.finish()))
}

fn too_late() -> Stop {
    Stop::Failed(Failure::new("a time is too large to be added to now"))
}

/// The time of the machine's clock, in whole seconds.
pub(super) fn clock() -> Number {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Number::from(since.as_secs())
}
