//! Fetch and patch for packs that own their records.

use super::{EtchError, Patched, matches};
use crate::error::DecodeErrorKind as Kind;
use crate::pack::{OwnedRecord, OwnedValue, Pack};
use crate::{Content, Resolved, Resolver, Rules, Time, VERSION};
use alloc::string::ToString;
use alloc::vec::Vec;
use thiserror::Error;

/// What is wrong with a record of a pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("record {record}: {kind}")]
pub struct RecordError {
    /// The record, from 1 on; 0 for the pack as a whole.
    pub record: usize,
    /// What is wrong.
    pub kind: Kind,
}

/// The resolved records of a [`Pack`], in their order: see [`Pack::resolve`]. After an error it
/// ends.
#[derive(Clone, Debug)]
pub struct ResolvedRecords<'a> {
    records: core::iter::Enumerate<core::slice::Iter<'a, OwnedRecord>>,
    resolver: Resolver<'a>,
    failed: bool,
}

impl<'a> Iterator for ResolvedRecords<'a> {
    type Item = Result<Resolved<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        for (number, record) in self.records.by_ref() {
            match self.resolver.resolve(&record.into()) {
                Ok(None) => {}
                Ok(Some(resolved)) => return Some(Ok(resolved)),
                Err(kind) => {
                    self.failed = true;
                    return Some(Err(RecordError { record: number.saturating_add(1), kind }));
                }
            }
        }
        None
    }
}

impl From<&Resolved<'_>> for OwnedRecord {
    /// A record that says the same without base fields, but for a version that is not 10.
    fn from(resolved: &Resolved<'_>) -> Self {
        OwnedRecord {
            name: Some(resolved.name.to_string()),
            unit: resolved.unit.map(|unit| unit.to_string()),
            value: resolved.value.map(OwnedValue::from),
            sum: resolved.sum,
            time: resolved.time.map(|time| match time {
                Time::Relative(time) | Time::Absolute(time) => time,
            }),
            update_time: resolved.update_time,
            content_format: resolved.content_format.map(|format| format.to_string()),
            base_version: Some(resolved.version).filter(|version| *version != VERSION),
            ..OwnedRecord::default()
        }
    }
}

impl Pack {
    /// The resolved records, in their order.
    #[must_use]
    pub fn resolve(&self, rules: Rules) -> ResolvedRecords<'_> {
        ResolvedRecords {
            records: self.records.iter().enumerate(),
            resolver: Resolver::new(rules),
            failed: false,
        }
    }

    fn checked(&self, rules: Rules) -> Result<Vec<Resolved<'_>>, RecordError> {
        self.resolve(rules).collect()
    }

    /// The records that a fetch pack selects, each once, in their order, and with whole names (RFC
    /// 8790 section 3.1).
    ///
    /// # Errors
    /// [`EtchError`]: `UnexpectedValue` for a fetch record with any field but names, times and
    /// units, `EmptyPack` for a fetch pack without records.
    pub fn fetch(&self, fetch: &Pack, rules: Rules) -> Result<Pack, EtchError<RecordError>> {
        let other = fetch.records.iter().position(|record| {
            record.base_version.is_some()
                || record.base_content_format.is_some()
                || record.content_format.is_some()
        });
        if let Some(at) = other {
            let record = at.saturating_add(1);
            return Err(EtchError::Pack(RecordError { record, kind: Kind::UnexpectedValue }));
        }
        let wanted = fetch.checked(rules.with_content(Content::Fetch)).map_err(EtchError::Pack)?;
        if wanted.is_empty() {
            return Err(EtchError::Pack(RecordError { record: 0, kind: Kind::EmptyPack }));
        }
        self.resolve(rules)
            .filter(|record| {
                let record = record.as_ref();
                record.map_or(true, |record| wanted.iter().any(|fetch| matches(fetch, record)))
            })
            .map(|record| record.map(|record| OwnedRecord::from(&record)))
            .collect::<Result<Pack, _>>()
            .map_err(EtchError::Target)
    }

    /// Applies a patch pack (RFC 8790 section 3.2). The pack's records then have whole names and no
    /// base fields.
    ///
    /// # Errors
    /// [`EtchError`]; the pack is then as it was.
    pub fn patch(&mut self, patch: &Pack, rules: Rules) -> Result<(), EtchError<RecordError>> {
        let changes = patch.checked(rules.with_content(Content::Patch)).map_err(EtchError::Pack)?;
        let whole = |kind| EtchError::Pack(RecordError { record: 0, kind });
        if changes.is_empty() {
            return Err(whole(Kind::EmptyPack));
        }
        let target = self.checked(rules).map_err(EtchError::Target)?;
        let patched = Patched::new(changes.iter().copied(), target.iter().copied(), whole)?;
        let records = patched.map(|record| OwnedRecord::from(&record)).collect();
        self.records = records;
        Ok(())
    }
}
