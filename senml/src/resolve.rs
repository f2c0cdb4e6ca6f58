//! Applies base fields: records as sent to records that say everything themselves (RFC 8428
//! section 4.6).

use crate::error::DecodeErrorKind as Kind;
use crate::label::{self, Label, Seen, Target};
use crate::plain::of_name;
use crate::record::{Record, Value};
use crate::{Name, Number, Text};
use core::cmp::Ordering;
use m2m_base::{Full, SMALL};

/// The version of RFC 8428, meant where a pack has no `bver`.
pub const VERSION: u64 = 10;

/// Below this a time is relative to now, from here on it is absolute (RFC 8428 section 4.5.3).
const NOW_OR_THEN: i64 = 1 << 28;

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
    /// What the data are, their own content format or the base one (RFC 9193).
    pub content_format: Option<Text<'a>>,
    /// The pack's version.
    pub version: u64,
}

/// Resolves the records of one pack, given in their order. Keeps the base fields.
#[derive(Clone, Debug)]
pub struct Resolver<'a> {
    rules: Rules,
    /// How the base name begins, not looked at again for each record.
    base_begins: Begins,
    base_time: Option<Number>,
    base_unit: Option<Text<'a>>,
    base_value: Option<Number>,
    base_sum: Option<Number>,
    base_content_format: Option<Text<'a>>,
    /// The version and the time that the current record has itself.
    own_version: Option<u64>,
    own_time: Option<Number>,
    /// The current record. What is read goes right here; the base name and the version, which is
    /// known after the first record and zero before, stay from record to record.
    pub(crate) current: Resolved<'a>,
}

impl<'a> Resolver<'a> {
    /// A resolver at the start of a pack.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Resolver {
            rules,
            base_begins: Begins::Empty,
            base_time: None,
            base_unit: None,
            base_value: None,
            base_sum: None,
            base_content_format: None,
            own_version: None,
            own_time: None,
            current: Resolved::default(),
        }
    }

    /// This resolver with copies of its texts.
    pub(crate) fn with_bases<'b>(
        &self,
        base_name: Text<'b>,
        base_unit: Option<Text<'b>>,
        base_content_format: Option<Text<'b>>,
    ) -> Resolver<'b> {
        Resolver {
            rules: self.rules,
            base_begins: self.base_begins,
            base_time: self.base_time,
            base_unit,
            base_value: self.base_value,
            base_sum: self.base_sum,
            base_content_format,
            own_version: None,
            own_time: None,
            current: Resolved {
                name: Name::new(base_name, Text::default()),
                version: self.current.version,
                ..Resolved::default()
            },
        }
    }

    /// Resolves the next record; `None` for one that only sets base fields.
    ///
    /// # Errors
    /// `VersionMismatch`, `UnsupportedVersion`, `InvalidName`, `MissingValue`, `UnexpectedValue`
    /// by the rules; `NumberRange` for a sum that is not finite.
    pub fn resolve(&mut self, record: &Record<'a>) -> Result<Option<Resolved<'a>>, Kind> {
        self.take(record);
        Ok(self.finish(Seen::of(record))?.then_some(self.current))
    }

    /// Forgets what the record before had itself.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.own_time = None;
        self.current.name.set_own(Text::default());
        self.current.value = None;
        self.current.sum = None;
        self.current.update_time = None;
        self.current.content_format = None;
    }

    /// What a reader does, from a record.
    fn take(&mut self, record: &Record<'a>) {
        if let Some(base) = &record.base {
            if let Some(name) = base.name {
                self.current.name.set_base(name);
            }
            self.base_time = base.time.or(self.base_time);
            self.base_unit = base.unit.or(self.base_unit);
            self.base_value = base.value.or(self.base_value);
            self.base_sum = base.sum.or(self.base_sum);
            self.base_content_format = base.content_format.or(self.base_content_format);
            self.own_version = base.version;
        }
        self.current.name.set_own(record.name.unwrap_or_default());
        self.current.unit = record.unit;
        self.current.value = record.value;
        self.current.sum = record.sum;
        self.current.update_time = record.update_time;
        self.current.content_format = record.content_format;
        self.own_time = record.time;
    }

    /// Makes what the current record has itself a whole record; false for one that only sets base
    /// fields.
    #[inline(always)]
    pub(crate) fn finish(&mut self, seen: Seen) -> Result<bool, Kind> {
        if self.current.version == 0 || seen.has(Seen::BASE_NAME | Seen::BASE_VERSION) {
            self.check_base_fields(seen)?;
        }
        let content = self.rules.content;
        if !seen.has(Seen::OWN) && content != Content::Fetch {
            return Ok(false);
        }
        let current = &mut self.current;
        if !seen.has(Seen::GOOD_NAME) {
            check_characters(current.name.own())?;
        }
        let begins = match self.base_begins {
            Begins::Empty => Begins::of(current.name.own(), self.rules.names),
            base => base,
        };
        if begins != Begins::Well {
            return Err(Kind::InvalidName);
        }
        if !seen.has(Seen::UNIT) {
            current.unit = self.base_unit;
        }
        let mut valued = seen.has(Seen::VALUE | Seen::SUM);
        if self.base_value.is_some() || self.base_sum.is_some() {
            valued = self.add_bases()?;
        }
        if self.base_content_format.is_some() {
            self.set_content_format();
        }
        self.set_time()?;
        match content {
            Content::Measurements if matches!(self.current.value, Some(Value::Null)) => {
                Err(Kind::UnexpectedValue)
            }
            Content::Measurements | Content::Patch if !valued => Err(Kind::MissingValue),
            Content::Fetch if valued || seen.has(Seen::UPDATE_TIME) => Err(Kind::UnexpectedValue),
            _ => Ok(true),
        }
    }

    #[inline(never)]
    fn check_base_fields(&mut self, seen: Seen) -> Result<(), Kind> {
        // All records of a pack have one version; one that has none says 10 (RFC 8428 section 4.1).
        let before = self.current.version;
        let version = match self.own_version {
            Some(own) if seen.has(Seen::BASE_VERSION) => own,
            _ if before == 0 => VERSION,
            _ => before,
        };
        if before != 0 && before != version {
            return Err(Kind::VersionMismatch);
        }
        // A positive integer; beyond that of RFC 8428, all features must be known (RFC 9100).
        let known = (1..=VERSION).contains(&version)
            || (version & VERSION == VERSION && version & !self.rules.version == 0);
        if !known {
            return Err(Kind::UnsupportedVersion);
        }
        self.current.version = version;
        if seen.has(Seen::BASE_NAME) {
            // Checked here once, not again for each record.
            let name = self.current.name.base();
            check_characters(name)?;
            self.base_begins = Begins::of(name, self.rules.names);
        }
        Ok(())
    }

    /// Adds base value and base sum; returns whether there is a value or sum then.
    #[inline(never)]
    fn add_bases(&mut self) -> Result<bool, Kind> {
        let resolved = &mut self.current;
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
        Ok(resolved.value.is_some() || resolved.sum.is_some())
    }

    /// Data that do not say what they are, are of the base content format (RFC 9193 section 4).
    #[cold]
    #[inline(never)]
    fn set_content_format(&mut self) {
        let current = &mut self.current;
        if current.content_format.is_none() && matches!(current.value, Some(Value::Data(_))) {
            current.content_format = self.base_content_format;
        }
    }

    #[inline]
    fn set_time(&mut self) -> Result<(), Kind> {
        let time = match (self.own_time, self.base_time) {
            (None, None) => {
                self.current.time = None;
                return Ok(());
            }
            _ if SMALL => return self.set_other_time(),
            (Some(Number::Integer(own)), None) => own,
            (Some(Number::Integer(own)), Some(Number::Integer(base))) => {
                match base.checked_add(own) {
                    Some(time) => time,
                    None => return self.set_other_time(),
                }
            }
            _ => return self.set_other_time(),
        };
        let small = !self.is_absolute_by_base() && time < NOW_OR_THEN;
        self.place_time(Number::Integer(time), small);
        Ok(())
    }

    #[inline(never)]
    fn set_other_time(&mut self) -> Result<(), Kind> {
        let mut time = self.own_time.or(self.base_time).unwrap_or(Number::ZERO);
        if let (Some(own), Some(base)) = (&self.own_time, &self.base_time) {
            time = sum(*own, *base)?;
        }
        let small = !self.is_absolute_by_base() && is_below(time, NOW_OR_THEN);
        self.place_time(time, small);
        Ok(())
    }

    #[inline]
    fn is_absolute_by_base(&self) -> bool {
        self.rules.times == Times::AbsoluteWithBase && self.base_time.is_some()
    }

    #[inline]
    fn place_time(&mut self, time: Number, small: bool) {
        self.current.time = Some(if small { Time::Relative(time) } else { Time::Absolute(time) });
    }
}

impl<'a> Target<'a> for Resolver<'a> {
    #[inline]
    fn text(&mut self, label: Label, text: Text<'a>) {
        match label {
            Label::BaseName => self.current.name.set_base(text),
            Label::BaseUnit => self.base_unit = Some(text),
            Label::BaseContentFormat => self.base_content_format = Some(text),
            Label::ContentFormat => self.current.content_format = Some(text),
            Label::Name => self.current.name.set_own(text),
            Label::Unit => self.current.unit = Some(text),
            Label::TextValue => self.current.value = Some(Value::Text(text)),
            _ => self.current.value = Some(Value::ObjectLink(text)),
        }
    }

    #[inline]
    fn number(&mut self, label: Label, number: Number) {
        let slot = match label {
            Label::BaseTime => &mut self.base_time,
            Label::BaseValue => &mut self.base_value,
            Label::BaseSum => &mut self.base_sum,
            Label::BaseVersion => return self.own_version = label::version(number),
            Label::Sum => &mut self.current.sum,
            Label::Time => &mut self.own_time,
            Label::UpdateTime => &mut self.current.update_time,
            _ => return self.current.value = Some(Value::Number(number)),
        };
        *slot = Some(number);
    }

    #[inline]
    fn value(&mut self, value: Value<'a>) {
        self.current.value = Some(value);
    }
}

/// What a record has plus what its base has.
#[inline]
fn sum(own: Number, base: Number) -> Result<Number, Kind> {
    base.checked_add(own).ok_or(Kind::NumberRange)
}

/// Whether a finite number is less than a positive one.
#[inline]
fn is_below(number: Number, limit: i64) -> bool {
    if SMALL {
        // The bits of binary64 are in the order of the numbers, and of integers.
        let bits = |value: f64| value.to_bits().cast_signed();
        return bits(number.to_f64()) < bits(limit as f64);
    }
    number.compare(Number::Integer(limit)) == Some(Ordering::Less)
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
            Some(name) if !SMALL => name.first().copied(),
            _ => name.bytes().next(),
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
    let good = name.each(&mut |bytes| {
        if bytes.iter().all(|byte| of_name(*byte)) { Ok(()) } else { Err(Full) }
    });
    if good.is_ok() { Ok(()) } else { Err(Kind::InvalidName) }
}
