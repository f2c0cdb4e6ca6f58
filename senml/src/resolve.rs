//! Applies base fields: records as sent to records that say everything themselves (RFC 8428
//! section 4.6).

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::label::Seen;
use crate::plain::of_name;
use crate::record::{Record, Value};
use crate::{Format, Name, Number, Reader, Text};
use core::cmp::Ordering;

/// The version of RFC 8428, meant where a pack has no `bver`.
pub const VERSION: u64 = 10;

/// Which names a pack may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// RFC 8428 section 4.5.1: `A–Z a–z 0–9 - : . / _`, the first of them a letter or digit.
    Rfc8428,
    /// LwM2M: paths. The same characters, the first of them `/`.
    Lwm2m,
}

/// How a time is told from a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    /// RFC 8428 section 4.5.3: below 2^28 seconds it is relative to now.
    Rfc8428,
    /// With a base time in effect it is absolute, however small; without, as in RFC 8428. The
    /// examples of LwM2M, and devices that count from their start, have it so.
    AbsoluteWithBase,
}

/// What the records of a pack are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Each has a value or a sum, except those that only set base fields, which yield nothing.
    Measurements,
    /// Each names something to read and has no value (RFC 8790 section 3.1; LwM2M
    /// Read-Composite). Here a record with only a base name counts as well.
    Fetch,
    /// Each has a value, a sum, or null to remove what it names (RFC 8790 section 3.2).
    Patch,
}

/// By which rules a pack is resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Which names are allowed.
    pub names: Names,
    /// Which times are absolute.
    pub times: Times,
    /// What must be there and what must not.
    pub content: Content,
    /// The newest version that is understood, [`VERSION`] plus the bits of supported features (RFC
    /// 9100). Packs of version 10 and below are always accepted, newer ones only if all their
    /// bits are set here.
    pub version: u64,
}

impl Rules {
    /// Measurements by RFC 8428.
    pub const RFC8428: Rules = Rules {
        names: Names::Rfc8428,
        times: Times::Rfc8428,
        content: Content::Measurements,
        version: VERSION,
    };

    /// Values of LwM2M resources.
    pub const LWM2M: Rules =
        Rules { names: Names::Lwm2m, times: Times::AbsoluteWithBase, ..Rules::RFC8428 };

    /// The same rules for other content.
    #[must_use]
    pub const fn with_content(self, content: Content) -> Self {
        Rules { content, ..self }
    }
}

/// A time, in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Time {
    /// From now, negative in the past.
    Relative(Number),
    /// Since 1970-01-01T00:00Z.
    Absolute(Number),
}

impl Time {
    /// This time in seconds since 1970 when it is `now`; `None` if the sum is not finite.
    #[must_use]
    pub fn at(self, now: Number) -> Option<Number> {
        match self {
            Time::Relative(span) => now.checked_add(span),
            Time::Absolute(time) => Some(time),
        }
    }
}

/// A record that says everything itself.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Resolved<'a> {
    /// The whole name, never empty.
    pub name: Name<'a>,
    /// When; `None` if there was neither time nor base time, which means now.
    pub time: Option<Time>,
    /// The unit, its own or the base unit.
    pub unit: Option<Text<'a>>,
    /// The value, base value included. `None` with only a sum, and in fetch packs.
    pub value: Option<Value<'a>>,
    /// The sum, base sum included.
    pub sum: Option<Number>,
    /// Seconds until the next record of this name comes, at most.
    pub update_time: Option<Number>,
    /// The pack's version.
    pub version: u64,
}

/// Resolves the records of one pack, given in their order. Keeps the base fields.
#[derive(Clone, Debug)]
pub struct Resolver<'a> {
    rules: Rules,
    base_name: Text<'a>,
    /// Not looked at again for each record.
    base_begins: Begins,
    base_time: Option<Number>,
    base_unit: Option<Text<'a>>,
    base_value: Option<Number>,
    base_sum: Option<Number>,
    /// Known after the first record.
    version: Option<u64>,
}

impl<'a> Resolver<'a> {
    /// A resolver at the start of a pack.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Resolver {
            rules,
            base_name: Text::default(),
            base_begins: Begins::Empty,
            base_time: None,
            base_unit: None,
            base_value: None,
            base_sum: None,
            version: None,
        }
    }

    /// This resolver with copies of its texts.
    pub(crate) fn with_bases<'b>(
        &self,
        base_name: Text<'b>,
        base_unit: Option<Text<'b>>,
    ) -> Resolver<'b> {
        Resolver {
            rules: self.rules,
            base_name,
            base_begins: self.base_begins,
            base_time: self.base_time,
            base_unit,
            base_value: self.base_value,
            base_sum: self.base_sum,
            version: self.version,
        }
    }

    /// Resolves the next record; `None` for one that only sets base fields.
    ///
    /// # Errors
    /// `VersionMismatch`, `UnsupportedVersion`, `InvalidName`, `MissingValue`, `UnexpectedValue`
    /// by the rules; `NumberRange` for a sum that is not finite.
    pub fn resolve(&mut self, record: &Record<'a>) -> Result<Option<Resolved<'a>>, Kind> {
        let mut resolved = Resolved::default();
        Ok(self.resolve_into(record, &mut resolved)?.then_some(resolved))
    }

    /// As [`Resolver::resolve`], into `resolved`, whatever that was before; false for a record that
    /// only sets base fields.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    pub fn resolve_into(
        &mut self,
        record: &Record<'a>,
        resolved: &mut Resolved<'a>,
    ) -> Result<bool, Kind> {
        self.resolve_seen(record, Seen::of(record), resolved)
    }

    /// As [`Resolver::resolve_into`], of a record that has what was seen.
    #[inline]
    fn resolve_seen(
        &mut self,
        record: &Record<'a>,
        seen: Seen,
        resolved: &mut Resolved<'a>,
    ) -> Result<bool, Kind> {
        if self.version.is_none() || seen.has(Seen::BASE) {
            self.take_base_fields(record)?;
        }
        let content = self.rules.content;
        if !seen.has(Seen::OWN) && content != Content::Fetch {
            return Ok(false);
        }
        let own = record.name.unwrap_or_default();
        if !seen.has(Seen::GOOD_NAME) {
            check_characters(&own)?;
        }
        let begins = match self.base_begins {
            Begins::Empty => Begins::of(&own, self.rules.names),
            base => base,
        };
        if begins != Begins::Well {
            return Err(Kind::InvalidName);
        }
        resolved.name = Name::new(self.base_name, own);
        resolved.time = match (record.time, self.base_time) {
            (None, None) => None,
            (own, base) => Some(self.time(own, base)?),
        };
        resolved.unit = if record.unit.is_some() { record.unit } else { self.base_unit };
        resolved.value = record.value;
        resolved.sum = record.sum;
        resolved.update_time = record.update_time;
        resolved.version = self.version.unwrap_or(VERSION);
        let mut valued = seen.has(Seen::VALUE | Seen::SUM);
        if self.base_value.is_some() || self.base_sum.is_some() {
            self.add_bases(resolved)?;
            valued = resolved.value.is_some() || resolved.sum.is_some();
        }
        match content {
            Content::Measurements if matches!(resolved.value, Some(Value::Null)) => {
                Err(Kind::UnexpectedValue)
            }
            Content::Measurements | Content::Patch if !valued => Err(Kind::MissingValue),
            Content::Fetch if valued || resolved.update_time.is_some() => {
                Err(Kind::UnexpectedValue)
            }
            _ => Ok(true),
        }
    }

    #[inline(never)]
    fn take_base_fields(&mut self, record: &Record<'a>) -> Result<(), Kind> {
        // All records of a pack have one version; one that has none says 10 (RFC 8428 section 4.1).
        let version = record.base_version.or(self.version).unwrap_or(VERSION);
        if self.version.is_some_and(|before| before != version) {
            return Err(Kind::VersionMismatch);
        }
        let known = version <= VERSION
            || (version & VERSION == VERSION && version & !self.rules.version == 0);
        if !known {
            return Err(Kind::UnsupportedVersion);
        }
        self.version = Some(version);
        if let Some(name) = record.base_name {
            // Checked here once, not again for each record.
            check_characters(&name)?;
            self.base_name = name;
            self.base_begins = Begins::of(&name, self.rules.names);
        }
        if let Some(time) = record.base_time {
            self.base_time = Some(time);
        }
        if let Some(unit) = record.base_unit {
            self.base_unit = Some(unit);
        }
        if let Some(value) = record.base_value {
            self.base_value = Some(value);
        }
        if let Some(sum) = record.base_sum {
            self.base_sum = Some(sum);
        }
        Ok(())
    }

    #[inline(never)]
    fn add_bases(&self, resolved: &mut Resolved<'_>) -> Result<(), Kind> {
        if let Some(base) = self.base_value {
            match resolved.value {
                None => resolved.value = Some(Value::Number(base)),
                Some(Value::Number(own)) => resolved.value = Some(Value::Number(sum(own, base)?)),
                Some(_) => {}
            }
        }
        if let Some(base) = self.base_sum {
            resolved.sum = Some(resolved.sum.map_or(Ok(base), |own| sum(own, base))?);
        }
        Ok(())
    }

    #[inline]
    fn time(&self, own: Option<Number>, base: Option<Number>) -> Result<Time, Kind> {
        let time = match (own, base) {
            (Some(own), Some(base)) => sum(own, base)?,
            (own, base) => own.or(base).unwrap_or(Number::ZERO),
        };
        let by_base = self.rules.times == Times::AbsoluteWithBase && base.is_some();
        let small = !by_base && time.compare(Number::Integer(1 << 28)) == Some(Ordering::Less);
        Ok(if small { Time::Relative(time) } else { Time::Absolute(time) })
    }
}

/// What a record has plus what its base has.
#[inline]
fn sum(own: Number, base: Number) -> Result<Number, Kind> {
    base.checked_add(own).ok_or(Kind::NumberRange)
}

/// How a name begins, or its base name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Begins {
    Empty,
    Well,
    Badly,
}

impl Begins {
    fn of(name: &Text<'_>, names: Names) -> Self {
        let first = match name.as_bytes() {
            Some(name) => name.first().copied(),
            None => name.bytes().next(),
        };
        match (first, names) {
            (None, _) => Begins::Empty,
            (Some(b'/'), Names::Lwm2m) => Begins::Well,
            (Some(first), Names::Rfc8428) if first.is_ascii_alphanumeric() => Begins::Well,
            _ => Begins::Badly,
        }
    }
}

#[inline(never)]
fn check_characters(name: &Text<'_>) -> Result<(), Kind> {
    let good = match name.as_bytes() {
        Some(name) => name.iter().all(|byte| of_name(*byte)),
        None => name.bytes().all(of_name),
    };
    if good { Ok(()) } else { Err(Kind::InvalidName) }
}

/// Reads and resolves a pack: an iterator over `Result<Resolved, DecodeError>`. After an error it
/// ends.
#[derive(Clone)]
pub struct ResolvedReader<'a> {
    reader: Option<Reader<'a>>,
    resolver: Resolver<'a>,
}

impl<'a> ResolvedReader<'a> {
    /// A reader of the pack `bytes`.
    #[must_use]
    pub fn new(format: Format, bytes: &'a [u8], rules: Rules) -> Self {
        ResolvedReader { reader: Some(Reader::new(format, bytes)), resolver: Resolver::new(rules) }
    }

    /// Reads the next resolved record into `resolved`, whatever that was before; false at the end
    /// of the pack. Saves the moves of [`Iterator::next`].
    ///
    /// # Errors
    /// [`DecodeError`]; the reader ends with it.
    pub fn read(&mut self, resolved: &mut Resolved<'a>) -> Result<bool, DecodeError> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        let mut record = Record::default();
        let end = loop {
            let seen = match reader.read_into_empty(&mut record) {
                Ok(seen) if !seen.is_end() => seen,
                end => break end.map(|_| false),
            };
            match self.resolver.resolve_seen(&record, seen, resolved) {
                Ok(true) => return Ok(true),
                Ok(false) => record.clear(),
                Err(kind) => break Err(kind.at(reader.record_offset())),
            }
        };
        self.reader = None;
        end
    }
}

impl<'a> Iterator for ResolvedReader<'a> {
    type Item = Result<Resolved<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // Filled where it will be: moving a record costs as much as resolving it.
        let mut item = Some(Ok(Resolved::default()));
        if let Some(Ok(resolved)) = &mut item {
            match self.read(resolved) {
                Ok(true) => {}
                Ok(false) => item = None,
                Err(error) => item = Some(Err(error)),
            }
        }
        item
    }
}

impl core::iter::FusedIterator for ResolvedReader<'_> {}
