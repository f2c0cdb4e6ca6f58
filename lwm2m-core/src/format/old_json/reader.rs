//! From old JSON to entries.

use m2m_base::decimal::Number;
use m2m_base::{Sink, SliceSink};
use senml::json::Pull;
use senml::{Text, Time, Value};

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};

/// Times from here on are those of the calendar where no base time says so, as in SenML.
const ABSOLUTE: Number = Number::Integer(1 << 28);

/// The longest name, base name and all: a path, and slashes that may be missing or too many.
const MAX_NAME: usize = Path::MAX_LEN + 2;

/// Pulls the entries out of the array `e`.
#[derive(Clone, Debug)]
pub(in crate::format) struct OldJsonReader<'a> {
    pull: Pull<'a>,
    target: Path,
    state: State,
    base_name: Option<Text<'a>>,
    base_time: Option<Number>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    /// An entry comes next.
    Entry,
    /// An entry was read.
    Behind,
    End,
}

/// The members of an entry.
#[derive(Default)]
struct Members<'a> {
    name: Option<Text<'a>>,
    value: Option<Value<'a>>,
    time: Option<Number>,
}

/// Puts a member where none was.
fn set<T>(slot: &mut Option<T>, value: T, at: usize) -> Result<(), DecodeError> {
    if slot.replace(value).is_some() {
        return Err(DecodeError::new(Kind::Syntax, at));
    }
    Ok(())
}

impl<'a> OldJsonReader<'a> {
    pub(in crate::format) fn new(target: &Target<'a>, bytes: &'a [u8]) -> Self {
        OldJsonReader {
            pull: Pull::new(bytes),
            target: target.path,
            state: State::Start,
            base_name: None,
            base_time: None,
        }
    }

    /// Passes over everything once, since base name and time may stand behind the entries, and goes
    /// back to these.
    fn begin(&mut self) -> Result<(), DecodeError> {
        let mut entries = None;
        let pull = &mut self.pull;
        let mut more = !pull.open(b'{', b'}')?;
        while more {
            let at = pull.position();
            let key = pull.key()?;
            if key == "bn" {
                set(&mut self.base_name, pull.text()?, at)?;
            } else if key == "bt" {
                set(&mut self.base_time, pull.number()?, at)?;
            } else if key == "e" {
                set(&mut entries, pull.clone(), at)?;
                pull.skip()?;
            } else {
                pull.skip()?;
            }
            more = pull.more(b'}')?;
        }
        let at = pull.position();
        pull.end()?;
        self.pull = entries.ok_or(DecodeError::new(Kind::Syntax, at))?;
        let empty = self.pull.open(b'[', b']')?;
        self.state = if empty { State::End } else { State::Entry };
        Ok(())
    }

    fn members(&mut self) -> Result<Members<'a>, DecodeError> {
        let pull = &mut self.pull;
        let mut members = Members::default();
        let mut more = !pull.open(b'{', b'}')?;
        while more {
            let at = pull.position();
            let key = pull.key()?;
            if key == "n" {
                set(&mut members.name, pull.text()?, at)?;
            } else if key == "t" {
                set(&mut members.time, pull.number()?, at)?;
            } else if key == "v" {
                set(&mut members.value, Value::Number(pull.number()?), at)?;
            } else if key == "bv" {
                set(&mut members.value, Value::Boolean(pull.boolean()?), at)?;
            } else if key == "sv" {
                set(&mut members.value, Value::Text(pull.text()?), at)?;
            } else if key == "ov" {
                set(&mut members.value, Value::ObjectLink(pull.text()?), at)?;
            } else {
                pull.skip()?;
            }
            more = pull.more(b'}')?;
        }
        Ok(members)
    }

    /// The path of a name: behind the base name, which may end anywhere, or relative to the path of
    /// the request where there is none, unless it begins with a slash.
    fn path(&self, name: Text<'a>) -> Result<Path, Kind> {
        let mut room = [0; MAX_NAME];
        let mut sink = SliceSink::new(&mut room);
        match self.base_name {
            Some(base) if !base.is_empty() => base.write(&mut sink),
            _ if name.bytes().next() == Some(b'/') || self.target == Path::ROOT => Ok(()),
            _ => self.target.write(&mut sink).and_then(|()| sink.put_u8(b'/')),
        }
        .map_err(|_| Kind::Name)?;
        name.write(&mut sink).map_err(|_| Kind::Name)?;
        let text = core::str::from_utf8(sink.written()).map_err(|_| Kind::Name)?;
        Ok(Path::parse_lenient(text)?)
    }

    fn time(&self, time: Option<Number>) -> Result<Option<Time>, Kind> {
        let sum = match (self.base_time, time) {
            (None, None) => return Ok(None),
            (Some(time), None) => Time::Absolute(time),
            (Some(base), Some(time)) => {
                Time::Absolute(base.checked_add(time).ok_or(Kind::OutOfRange)?)
            }
            (None, Some(time)) if time.compare(ABSOLUTE).is_some_and(|order| order.is_ge()) => {
                Time::Absolute(time)
            }
            (None, Some(time)) => Time::Relative(time),
        };
        Ok(Some(sum))
    }

    fn entry(&self, members: Members<'a>, at: usize) -> Result<Entry<'a>, Kind> {
        let path = self.path(members.name.unwrap_or_default())?;
        if !path.starts_with(self.target) {
            return Err(Kind::OutsideTarget);
        }
        let value = members.value.ok_or(Kind::Syntax)?;
        if path.level() < Level::Resource {
            return Err(Kind::Nesting);
        }
        let content = Content::Value(RawValue::old_json(value, at));
        Ok(Entry { path, content, time: self.time(members.time)? })
    }

    fn step(&mut self) -> Result<Option<Entry<'a>>, DecodeError> {
        if self.state == State::Start {
            self.begin()?;
        }
        if self.state == State::Behind {
            let more = self.pull.more(b']')?;
            self.state = if more { State::Entry } else { State::End };
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.state = State::Behind;
        let at = self.pull.position();
        let members = self.members()?;
        self.entry(members, at).map(Some).map_err(|kind| DecodeError::new(kind, at))
    }

    #[inline(never)]
    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        self.step().transpose()
    }
}
