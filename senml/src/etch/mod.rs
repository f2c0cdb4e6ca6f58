//! FETCH and (i)PATCH: records that select records of a target pack, or change them (RFC 8790).
//!
//! A record is told by its resolved name, time and unit. A [`FetchPack`] says which records of a
//! target it selects. A [`PatchPack`] replaces, adds and removes: [`PatchPack::apply`] checks both
//! packs first, so that either everything is applied or nothing, and then yields the patched
//! records one by one. Nothing is allocated: the packs are read again instead, so the time is that
//! of the product of their lengths. `Pack::fetch` and `Pack::patch` do the same for packs that own
//! their records.
//!
//! ```
//! use senml::etch::PatchPack;
//! use senml::{Format, Record, Reader, Rules, Writer};
//!
//! let target = br#"[{"bn":"2001:db8::2/3311/0/","n":"5850","vb":true},{"n":"5851","v":42}]"#;
//! let patch = br#"[{"bn":"2001:db8::2/3311/0/","n":"5850","v":null},{"n":"5851","v":10}]"#;
//! let patch = PatchPack::new(Format::Json, patch, Rules::RFC8428)?;
//! let mut out = [0; 100];
//! let mut sink = m2m_base::SliceSink::new(&mut out);
//! let mut writer = Writer::new(Format::Json, &mut sink, None)?;
//! for record in patch.apply(Reader::resolved(Format::Json, target, Rules::RFC8428))? {
//!     writer.record(&Record::from(&record))?;
//! }
//! writer.finish()?;
//! assert_eq!(sink.written(), br#"[{"bn":"2001:db8::2/3311/0/","n":"5851","v":10}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
#[cfg(feature = "alloc")]
mod owned;

pub use apply::Patched;
#[cfg(feature = "alloc")]
pub use owned::{RecordError, ResolvedRecords};

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::{
    Base, Content, Format, Number, Reader, Record, Resolved, ResolvedReader, Resolver, Rules, Time,
    Value,
};
use core::cmp::Ordering;
use thiserror::Error;

/// Why a fetch or patch pack was not applied. In CoAP, [`EtchError::Ambiguous`] is 4.22, and what
/// is wrong with the fetch or patch pack 4.00 (RFC 8132 section 2.3.2 and 3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EtchError<E = DecodeError> {
    /// The target pack is wrong.
    #[error("target: {0}")]
    Target(E),
    /// The fetch or patch pack is wrong.
    #[error("{0}")]
    Pack(E),
    /// A record of the patch pack matches more than one record of the target (RFC 8790 section
    /// 3.2).
    #[error("record {record} matches more than one record of the target")]
    Ambiguous {
        /// The record of the patch pack, from 1 on; those that only set base fields do not count.
        record: usize,
    },
}

impl From<DecodeError> for EtchError {
    fn from(error: DecodeError) -> Self {
        EtchError::Pack(error)
    }
}

/// A fetch pack whose records were checked.
#[derive(Clone)]
pub struct FetchPack<'a>(ResolvedReader<'a>);

impl<'a> FetchPack<'a> {
    /// Reads a fetch pack; `rules` with any content.
    ///
    /// # Errors
    /// [`DecodeError`]: `UnexpectedValue` for a record with any field but names, times and units,
    /// be it unknown, and `EmptyPack` for a pack without records.
    pub fn new(format: Format, bytes: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        let rules = rules.with_content(Content::Fetch);
        let mut reader = Reader::new(format, bytes);
        let mut record = Record::default();
        let mut resolver = Resolver::new(rules);
        let mut empty = true;
        while reader.read(&mut record)? {
            empty = false;
            let at = reader.record_offset();
            let base = record.base.unwrap_or_default();
            let other = base.version.is_some()
                || base.content_format.is_some()
                || record.content_format.is_some()
                || reader.has_unknown_field();
            resolver.resolve(&record).map_err(|kind| kind.at(at))?;
            if other {
                return Err(Kind::UnexpectedValue.at(at));
            }
        }
        if empty {
            return Err(Kind::EmptyPack.at(0));
        }
        Ok(FetchPack(ResolvedReader::new(format, bytes, rules)))
    }

    /// The resolved records.
    pub fn records(&self) -> impl Iterator<Item = Resolved<'a>> + Clone + use<'a> {
        self.0.clone().filter_map(Result::ok)
    }

    /// Whether one of the records matches this one of a target: by its name, and by its time and
    /// unit where the fetch record has these.
    #[must_use]
    pub fn selects(&self, target: &Resolved<'_>) -> bool {
        self.records().any(|record| matches(&record, target))
    }

    /// The records of a target that are selected, each once and in their order.
    pub fn select<'t, E, T>(&self, target: T) -> impl Iterator<Item = Result<Resolved<'t>, E>>
    where
        T: Iterator<Item = Result<Resolved<'t>, E>>,
    {
        let fetch = self.clone();
        target.filter(move |record| record.as_ref().map_or(true, |record| fetch.selects(record)))
    }
}

/// A patch pack whose records were checked.
#[derive(Clone)]
pub struct PatchPack<'a>(ResolvedReader<'a>);

impl<'a> PatchPack<'a> {
    /// Reads a patch pack; `rules` with any content.
    ///
    /// # Errors
    /// [`DecodeError`]: `MissingValue` for a record without value and sum, `EmptyPack` for a pack
    /// without records.
    pub fn new(format: Format, bytes: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        let records = ResolvedReader::new(format, bytes, rules.with_content(Content::Patch));
        let mut empty = true;
        for record in records.clone() {
            record?;
            empty = false;
        }
        if empty {
            return Err(Kind::EmptyPack.at(0));
        }
        Ok(PatchPack(records))
    }

    /// The resolved records; those with [`Value::Null`] remove.
    pub fn records(&self) -> impl Iterator<Item = Resolved<'a>> + Clone + use<'a> {
        self.0.clone().filter_map(Result::ok)
    }

    /// The records of `target` as they are after this patch: first those that it had, changed or
    /// not, then those that are new.
    ///
    /// # Errors
    /// [`EtchError`], before anything is yielded: the target is then to stay as it is.
    pub fn apply(
        &self,
        target: ResolvedReader<'a>,
    ) -> Result<impl Iterator<Item = Resolved<'a>> + Clone + use<'a>, EtchError> {
        for record in target.clone() {
            record.map_err(EtchError::Target)?;
        }
        let error = |kind: Kind| EtchError::Pack(kind.at(0));
        Patched::new(self.records(), target.filter_map(Result::ok), error)
    }
}

/// Whether a fetch record selects a record of a target (RFC 8790 section 3.1).
pub(crate) fn matches(fetch: &Resolved<'_>, target: &Resolved<'_>) -> bool {
    let now = Time::Relative(Number::ZERO);
    fetch.name == target.name
        && fetch.unit.is_none_or(|unit| target.unit == Some(unit))
        && fetch.time.is_none_or(|time| same_time(time, target.time.unwrap_or(now)))
}

/// Whether two records are of one name, one time and one unit, or have neither time nor unit (RFC
/// 8790 section 3.2).
pub(crate) fn same(a: &Resolved<'_>, b: &Resolved<'_>) -> bool {
    let times = match (a.time, b.time) {
        (Some(a), Some(b)) => same_time(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    times && a.unit == b.unit && a.name == b.name
}

fn same_time(a: Time, b: Time) -> bool {
    match (a, b) {
        (Time::Relative(a), Time::Relative(b)) | (Time::Absolute(a), Time::Absolute(b)) => {
            a.compare(b) == Some(Ordering::Equal)
        }
        _ => false,
    }
}

/// Whether a record of a patch removes what it matches.
pub(crate) fn removes(record: &Resolved<'_>) -> bool {
    matches!(record.value, Some(Value::Null))
}

impl<'a> From<&Resolved<'a>> for Record<'a> {
    /// A record that says the same; its base name is the part of the name that was one.
    fn from(resolved: &Resolved<'a>) -> Self {
        let (base, own) = resolved.name.parts();
        let base = Base {
            name: Some(base),
            version: Some(resolved.version).filter(|version| *version != crate::VERSION),
            ..Base::default()
        };
        Record {
            base: Some(base),
            name: Some(own).filter(|own| !own.is_empty()),
            unit: resolved.unit,
            value: resolved.value,
            sum: resolved.sum,
            time: resolved.time.map(|time| match time {
                Time::Relative(time) | Time::Absolute(time) => time,
            }),
            update_time: resolved.update_time,
            content_format: resolved.content_format,
        }
    }
}
