//! Walking checked text in place.

use alloc::borrow::Cow;
use alloc::string::String;

/// A JSON value as the text that it is: one value in the spelling of
/// [`Content`](crate::primitive::Content), without white space.
///
/// Text that is no JSON gives no wrong memory access and no panic, only empty answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    pub(crate) const fn new(text: &'a str) -> Raw<'a> {
        Raw(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    fn first(self) -> u8 {
        self.0.as_bytes().first().copied().unwrap_or(0)
    }

    /// True for `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// True for an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.first() == b'{'
    }

    /// True for an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.first() == b'['
    }

    /// True for a string.
    #[must_use]
    pub fn is_string(self) -> bool {
        self.first() == b'"'
    }

    /// True for a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self.first(), b'-' | b'0'..=b'9')
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The value of a whole number that is not negative, written without fraction or exponent.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        if self.first().is_ascii_digit() { self.0.parse().ok() } else { None }
    }

    /// The value of a whole number, written without fraction or exponent.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        if self.is_number() { self.0.parse().ok() } else { None }
    }

    /// The value of any number.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        if self.is_number() { self.0.parse().ok() } else { None }
    }

    /// The text of a string, borrowed if nothing in it is escaped.
    #[must_use]
    pub fn as_text(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        let mut text = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some((plain, escaped)) = rest.split_once('\\') {
            text.push_str(plain);
            let mut characters = escaped.chars();
            text.push(match characters.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits = characters.as_str().get(..4)?;
                    characters = characters.as_str().get(4..)?.chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                other => other,
            });
            rest = characters.as_str();
        }
        text.push_str(rest);
        Some(Cow::Owned(text))
    }

    /// Bytes of the text of a string, without making it; of another value, bytes of its text.
    #[must_use]
    pub fn text_len(self) -> usize {
        match self.0.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inner) if !inner.contains('\\') => inner.len(),
            Some(_) => self.as_text().map_or(0, |text| text.len()),
            None => self.0.len(),
        }
    }

    /// True for a string with this text.
    #[must_use]
    pub fn is_text(self, text: &str) -> bool {
        self.as_text().is_some_and(|own| own == text)
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members { rest: self.0.strip_prefix('{').unwrap_or("") }
    }

    /// The value of a member of an object.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Raw<'a>> {
        self.members().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The elements of an array; none of anything else.
    #[must_use]
    pub fn elements(self) -> Elements<'a> {
        Elements { rest: self.0.strip_prefix('[').unwrap_or("") }
    }
}

/// The members of an object: names as they are written, without quotes, and values.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    /// Behind the brace or a comma.
    rest: &'a str,
}

impl<'a> Members<'a> {
    /// Members without braces around them, separated by commas.
    pub(crate) const fn bare(text: &'a str) -> Members<'a> {
        Members { rest: text }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Raw<'a>);

    fn next(&mut self) -> Option<(&'a str, Raw<'a>)> {
        let quoted = string_end(self.rest)?;
        let name = self.rest.get(1..quoted.checked_sub(1)?)?;
        let from = quoted + 1;
        let value = self.rest.get(from..)?;
        let end = value_end(value)?;
        self.rest = value.get(end + 1..).unwrap_or("");
        Some((name, Raw(value.get(..end)?)))
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        let end = value_end(self.rest).filter(|end| *end > 0)?;
        let value = Raw(self.rest.get(..end)?);
        self.rest = self.rest.get(end + 1..).unwrap_or("");
        Some(value)
    }
}

/// Where the string at the front ends, behind its quote.
fn string_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value at the front ends.
fn value_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' => string_end(text),
        b'{' | b'[' => {
            let (mut at, mut depth) = (0, 0usize);
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at += string_end(text.get(at..)?)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            Some(bytes.iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(bytes.len()))
        }
    }
}

/// Appends a character of a string, escaped only where JSON demands it.
pub(super) fn write_char(out: &mut String, character: char) {
    let short = match character {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\0'..='\u{1f}' => {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
            let code = u32::from(character);
            out.push_str(if code < 16 { "\\u000" } else { "\\u001" });
            out.push(HEX.get(code as usize & 15).copied().unwrap_or('0'));
            return;
        }
        other => {
            out.push(other);
            return;
        }
    };
    out.push_str(short);
}

/// Appends a string with its quotes.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(text);
    } else {
        text.chars().for_each(|character| write_char(out, character));
    }
    out.push('"');
}

/// Appends a name with its quotes and a colon, and a comma in front unless it is the first of its
/// object.
pub(crate) fn write_member_name(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

/// Appends a number.
pub(crate) fn write_u64(out: &mut String, number: u64) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut used) = (number, 0);
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(20 - used).map(|digit| char::from(*digit)));
}
