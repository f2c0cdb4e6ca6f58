//! Any JSON text to the one spelling.

use super::raw::write_char;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Objects and arrays in one another, at most.
const MAX_DEPTH: usize = 127;

/// Why text is no JSON that is taken here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum JsonErrorKind {
    /// The text breaks the grammar, ends too early, nests too deep, or a number is too large.
    Syntax,
    /// This member occurs twice in one object.
    Duplicate(String),
}

/// What is wrong, and at which byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct JsonError {
    pub(crate) kind: JsonErrorKind,
    pub(crate) offset: usize,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of an array that has none.
    ValueOrEnd,
    /// A member, or the end of an object that has none.
    MemberOrEnd,
    Member,
    /// A comma or the end of the innermost object or array.
    CommaOrEnd,
    Nothing,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: String,
    /// For each open object or array: whether it is an object, and where its names begin.
    open: Vec<(bool, usize)>,
    /// Names of the open objects, as ranges of `out` with their quotes.
    names: Vec<(usize, usize)>,
}

/// Checks that `bytes` are one JSON value and brings it into the one spelling.
pub(crate) fn normalize(bytes: &[u8]) -> Result<String, JsonError> {
    let text = core::str::from_utf8(bytes)
        .map_err(|e| JsonError { kind: JsonErrorKind::Syntax, offset: e.valid_up_to() })?;
    let mut reader = Reader {
        text,
        at: 0,
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        names: Vec::new(),
    };
    reader.run()?;
    Ok(reader.out)
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), JsonError> {
        let mut next = Next::Value;
        loop {
            self.space();
            let Some(byte) = self.peek() else {
                return if next == Next::Nothing { Ok(()) } else { Err(self.error()) };
            };
            next = match (next, byte) {
                (Next::Value | Next::ValueOrEnd, b'{') => self.begin(true)?,
                (Next::Value | Next::ValueOrEnd, b'[') => self.begin(false)?,
                (Next::ValueOrEnd, b']') | (Next::MemberOrEnd, b'}') => self.end(byte)?,
                (Next::CommaOrEnd, b']' | b'}') => self.end(byte)?,
                (Next::Value | Next::ValueOrEnd, _) => {
                    self.scalar(byte)?;
                    self.after_value()
                }
                (Next::Member | Next::MemberOrEnd, b'"') => self.member()?,
                (Next::CommaOrEnd, b',') => {
                    self.take();
                    match self.open.last() {
                        Some((true, _)) => Next::Member,
                        _ => Next::Value,
                    }
                }
                _ => return Err(self.error()),
            };
        }
    }

    fn error(&self) -> JsonError {
        JsonError { kind: JsonErrorKind::Syntax, offset: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Copies one ASCII byte.
    fn take(&mut self) {
        if let Some(byte) = self.peek() {
            self.out.push(char::from(byte));
            self.at += 1;
        }
    }

    fn after_value(&self) -> Next {
        if self.open.is_empty() { Next::Nothing } else { Next::CommaOrEnd }
    }

    fn begin(&mut self, object: bool) -> Result<Next, JsonError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error());
        }
        self.open.push((object, self.names.len()));
        self.take();
        Ok(if object { Next::MemberOrEnd } else { Next::ValueOrEnd })
    }

    fn end(&mut self, byte: u8) -> Result<Next, JsonError> {
        match self.open.pop() {
            Some((object, names)) if object == (byte == b'}') => {
                self.unique(names)?;
                self.names.truncate(names);
                self.take();
                Ok(self.after_value())
            }
            _ => Err(self.error()),
        }
    }

    /// That the names of an object, from number `first` on, are all different.
    fn unique(&mut self, first: usize) -> Result<(), JsonError> {
        let Some(names) = self.names.get_mut(first..) else { return Ok(()) };
        let text = |name: (usize, usize)| self.out.get(name.0..name.1).unwrap_or("");
        let mut twice = None;
        if names.len() <= 8 {
            for (at, name) in names.iter().enumerate() {
                if names.iter().take(at).any(|other| text(*other) == text(*name)) {
                    twice = Some(*name);
                }
            }
        } else {
            names.sort_unstable_by(|a, b| text(*a).cmp(text(*b)));
            twice = names
                .windows(2)
                .find(|pair| matches!(pair, [a, b] if text(*a) == text(*b)))
                .and_then(|pair| pair.first().copied());
        }
        let Some((from, to)) = twice else { return Ok(()) };
        let name = text((from + 1, to.saturating_sub(1))).to_owned();
        Err(JsonError { kind: JsonErrorKind::Duplicate(name), offset: self.at })
    }

    fn member(&mut self) -> Result<Next, JsonError> {
        let from = self.out.len();
        self.string()?;
        self.names.push((from, self.out.len()));
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.error());
        }
        self.take();
        Ok(Next::Value)
    }

    fn scalar(&mut self, first: u8) -> Result<(), JsonError> {
        match first {
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        let rest = self.text.get(self.at..).unwrap_or("");
        if !rest.starts_with(word) {
            return Err(self.error());
        }
        self.at += word.len();
        self.out.push_str(word);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { Err(self.error()) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let mut whole = true;
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let number = self.text.get(from..self.at).unwrap_or("");
        // What no reader can hold is refused here, so that no later one has to.
        let small = whole && number.len() < 300;
        if !small && !number.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(JsonError { kind: JsonErrorKind::Syntax, offset: from });
        }
        self.out.push_str(number);
        Ok(())
    }

    /// A string with its quotes.
    fn string(&mut self) -> Result<(), JsonError> {
        self.take();
        loop {
            let from = self.at;
            while self.peek().is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\') {
                self.at += 1;
            }
            self.out.push_str(self.text.get(from..self.at).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.take();
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(self.error()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let character = match self.peek() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.unit()?;
                let scalar = if (0xd800..0xdc00).contains(&unit) {
                    if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                        return Err(self.error());
                    }
                    self.at += 2;
                    let low = self.unit()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(self.error());
                    }
                    0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    unit
                };
                let character = char::from_u32(scalar).ok_or_else(|| self.error())?;
                write_char(&mut self.out, character);
                return Ok(());
            }
            _ => return Err(self.error()),
        };
        self.at += 1;
        write_char(&mut self.out, character);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).ok_or_else(|| self.error())?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(self.error());
        }
        let unit = u32::from_str_radix(digits, 16).map_err(|_| self.error())?;
        self.at += 4;
        Ok(unit)
    }
}
