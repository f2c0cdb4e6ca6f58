//! Applies base fields: records as sent to records that say everything themselves (RFC 8428
//! section 4.6).

use crate::error::{DecodeError, DecodeErrorKind as Kind};
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
#[derive(Clone, Copy, PartialEq, Debug)]
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
    /// The base name's first byte: not looked for again for each record.
    base_first: Option<u8>,
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
            base_first: None,
            base_time: None,
            base_unit: None,
            base_value: None,
            base_sum: None,
            version: None,
        }
    }

    /// Resolves the next record; `None` for one that only sets base fields.
    ///
    /// # Errors
    /// `VersionMismatch`, `UnsupportedVersion`, `InvalidName`, `MissingValue`, `UnexpectedValue`
    /// by the rules; `NumberRange` for a sum that is not finite.
    pub fn resolve(&mut self, record: &Record<'a>) -> Result<Option<Resolved<'a>>, Kind> {
        let version = self.check_version(record)?;
        self.take_base_fields(record)?;
        let content = self.rules.content;
        if content != Content::Fetch && record.is_base_only() {
            return Ok(None);
        }
        let resolved = Resolved {
            name: self.name(record)?,
            time: self.time(record)?,
            unit: record.unit.or(self.base_unit),
            value: match record.value {
                None => self.base_value.map(Value::Number),
                Some(Value::Number(own)) => sum(Some(own), self.base_value)?.map(Value::Number),
                other => other,
            },
            sum: sum(record.sum, self.base_sum)?,
            update_time: record.update_time,
            version,
        };
        let valued = resolved.value.is_some() || resolved.sum.is_some();
        let null = resolved.value == Some(Value::Null);
        match content {
            Content::Fetch if valued || record.update_time.is_some() => Err(Kind::UnexpectedValue),
            Content::Measurements if null => Err(Kind::UnexpectedValue),
            Content::Measurements | Content::Patch if !valued => Err(Kind::MissingValue),
            _ => Ok(Some(resolved)),
        }
    }

    /// All records of a pack have one version; one that has none says 10 (RFC 8428 section 4.1).
    fn check_version(&mut self, record: &Record<'_>) -> Result<u64, Kind> {
        let version = match (self.version, record.base_version) {
            (None, own) => own.unwrap_or(VERSION),
            (Some(version), None) => version,
            (Some(version), Some(own)) if version == own => version,
            _ => return Err(Kind::VersionMismatch),
        };
        let known = version <= VERSION
            || (version & VERSION == VERSION && version & !self.rules.version == 0);
        if !known {
            return Err(Kind::UnsupportedVersion);
        }
        self.version = Some(version);
        Ok(version)
    }

    fn take_base_fields(&mut self, record: &Record<'a>) -> Result<(), Kind> {
        if let Some(name) = record.base_name {
            // Checked here once, not again for each record.
            self.base_name = check_characters(name)?;
            self.base_first = name.bytes().next();
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

    fn name(&self, record: &Record<'a>) -> Result<Name<'a>, Kind> {
        let own = check_characters(record.name.unwrap_or_default())?;
        let first = self.base_first.or_else(|| own.bytes().next());
        let begins_well = first.is_some_and(|first| match self.rules.names {
            Names::Rfc8428 => first.is_ascii_alphanumeric(),
            Names::Lwm2m => first == b'/',
        });
        if begins_well { Ok(Name::new(self.base_name, own)) } else { Err(Kind::InvalidName) }
    }

    fn time(&self, record: &Record<'_>) -> Result<Option<Time>, Kind> {
        let Some(time) = sum(record.time, self.base_time)? else { return Ok(None) };
        let by_base = self.rules.times == Times::AbsoluteWithBase && self.base_time.is_some();
        let small = time.compare(Number::Integer(1 << 28)) == Some(Ordering::Less);
        Ok(Some(if small && !by_base { Time::Relative(time) } else { Time::Absolute(time) }))
    }
}

/// What a record has plus what its base has; one that is missing counts as 0.
fn sum(own: Option<Number>, base: Option<Number>) -> Result<Option<Number>, Kind> {
    match (own, base) {
        (Some(own), Some(base)) => base.checked_add(own).map(Some).ok_or(Kind::NumberRange),
        (own, base) => Ok(own.or(base)),
    }
}

fn check_characters(name: Text<'_>) -> Result<Text<'_>, Kind> {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.' | b'/' | b'_');
    let valid = match name.as_str() {
        Some(name) => name.bytes().all(allowed),
        None => name.bytes().all(allowed),
    };
    if valid { Ok(name) } else { Err(Kind::InvalidName) }
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

    fn advance(&mut self) -> Result<Option<Resolved<'a>>, DecodeError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut record = Record::default();
        while reader.read(&mut record)? {
            let at = reader.record_offset();
            if let Some(resolved) = self.resolver.resolve(&record).map_err(|kind| kind.at(at))? {
                return Ok(Some(resolved));
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for ResolvedReader<'a> {
    type Item = Result<Resolved<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if !matches!(next, Ok(Some(_))) {
            self.reader = None;
        }
        next.transpose()
    }
}

impl core::iter::FusedIterator for ResolvedReader<'_> {}
