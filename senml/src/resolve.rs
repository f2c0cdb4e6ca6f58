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

    /// This resolver with copies of its texts.
    pub(crate) fn with_bases<'b>(
        &self,
        base_name: Text<'b>,
        base_unit: Option<Text<'b>>,
    ) -> Resolver<'b> {
        Resolver {
            rules: self.rules,
            base_name,
            base_first: self.base_first,
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
    #[inline(always)]
    pub fn resolve_into(
        &mut self,
        record: &Record<'a>,
        resolved: &mut Resolved<'a>,
    ) -> Result<bool, Kind> {
        resolved.version = match (self.version, record.base_version) {
            (Some(version), None) => version,
            _ => self.new_version(record)?,
        };
        if record.base_name.is_some()
            || record.base_time.is_some()
            || record.base_unit.is_some()
            || record.base_value.is_some()
            || record.base_sum.is_some()
        {
            self.take_base_fields(record)?;
        }
        let content = self.rules.content;
        if content != Content::Fetch && record.is_base_only() {
            return Ok(false);
        }
        let mut first = self.base_first;
        resolved.name = match &record.name {
            Some(own) => {
                check_characters(own)?;
                if first.is_none() {
                    first = own.bytes().next();
                }
                Name::new(self.base_name, *own)
            }
            None => Name::new(self.base_name, Text::default()),
        };
        let begins_well = first.is_some_and(|first| match self.rules.names {
            Names::Rfc8428 => first.is_ascii_alphanumeric(),
            Names::Lwm2m => first == b'/',
        });
        if !begins_well {
            return Err(Kind::InvalidName);
        }
        resolved.time = None;
        if record.time.is_some() || self.base_time.is_some() {
            resolved.time = Some(self.time(record.time, self.base_time)?);
        }
        resolved.unit = if record.unit.is_some() { record.unit } else { self.base_unit };
        resolved.value = record.value;
        resolved.sum = record.sum;
        if self.base_value.is_some() || self.base_sum.is_some() {
            self.add_bases(resolved)?;
        }
        resolved.update_time = record.update_time;
        let valued = resolved.value.is_some() || resolved.sum.is_some();
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

    /// All records of a pack have one version; one that has none says 10 (RFC 8428 section 4.1).
    #[inline(never)]
    fn new_version(&mut self, record: &Record<'_>) -> Result<u64, Kind> {
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

    #[inline(never)]
    fn take_base_fields(&mut self, record: &Record<'a>) -> Result<(), Kind> {
        if let Some(name) = record.base_name {
            // Checked here once, not again for each record.
            check_characters(&name)?;
            self.base_name = name;
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

    #[inline(never)]
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

/// The characters of names (RFC 8428 section 4.5.1), one bit each, 32 to a word.
const ALLOWED: [u32; 8] = {
    let mut words = [0; 8];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.' | b'/' | b'_') {
            #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                words[(byte >> 5) as usize] |= 1 << (byte & 31);
            }
        }
        byte += 1;
    }
    words
};

#[inline]
fn allowed(byte: u8) -> bool {
    ALLOWED.get(usize::from(byte >> 5)).is_some_and(|word| word >> (byte & 31) & 1 == 1)
}

#[inline]
fn check_characters(name: &Text<'_>) -> Result<(), Kind> {
    let valid = match name.as_str() {
        Some(name) => name.bytes().all(allowed),
        None => pieces_allowed(name),
    };
    if valid { Ok(()) } else { Err(Kind::InvalidName) }
}

#[cold]
fn pieces_allowed(name: &Text<'_>) -> bool {
    name.bytes().all(allowed)
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
            match reader.read_into_empty(&mut record) {
                Ok(true) => {}
                end => break end,
            }
            match self.resolver.resolve_into(&record, resolved) {
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
        let mut resolved = Resolved::default();
        match self.read(&mut resolved) {
            Ok(true) => Some(Ok(resolved)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl core::iter::FusedIterator for ResolvedReader<'_> {}
