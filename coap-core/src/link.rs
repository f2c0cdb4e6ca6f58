//! Lists of links: the CoRE Link Format (RFC 6690), content format 40.
//!
//! [`Links`] reads a list without copying it, [`LinkWriter`] writes one, [`Filter`] is a query of
//! `/.well-known/core`. The reader takes what the grammar forbids but devices send: white space
//! around `,` and `;`, and a first link without a target (`lwm2m=1.0,</0/0>`). The writer emits
//! neither. Text is kept as it came: percent-encoding in a target is not undone.

mod filter;
#[cfg(test)]
mod tests;
mod writer;

use m2m_base::{Full, Sink};
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{take_while, take_while1},
    character::complete::{anychar, char},
    combinator::{opt, recognize},
    multi::many0_count,
    sequence::{delimited, preceded},
};

pub use filter::Filter;
pub use writer::{LinkError, LinkWriter};

use crate::{DecodeError, DecodeErrorKind};

fn is_one_of(table: &[&str], name: &str) -> bool {
    table.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// `ptokenchar` of RFC 6690 section 2.
fn is_ptoken(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\')
}

/// `attr-char` of RFC 5987 section 3.2.1, and the `*` that ends an extended name.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '!' | '#' | '$' | '&' | '+' | '-' | '.' | '^' | '_' | '`' | '|' | '~' | '*')
}

/// What may stand between `<` and `>`; wider than `URI-Reference`, so that a target in UTF-8
/// (an IRI) survives. What may not is one byte each, so bytes are looked at.
fn is_target(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | 0x7f | b'<' | b'>')
}

fn target_text(input: &str) -> IResult<&str, &str> {
    let at = input.bytes().position(|b| !is_target(b)).unwrap_or(input.len());
    let (text, rest) = input.split_at_checked(at).unwrap_or((input, ""));
    Ok((rest, text))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn target(input: &str) -> IResult<&str, &str> {
    delimited(char('<'), target_text, char('>')).parse(input)
}

fn quoted(input: &str) -> IResult<&str, ParamValue<'_>> {
    let plain = take_while1(|c| c != '"' && c != '\\');
    let pair = recognize((char('\\'), opt(anychar)));
    delimited(char('"'), recognize(many0_count(alt((plain, pair)))), char('"'))
        .map(ParamValue::Quoted)
        .parse(input)
}

fn value(input: &str) -> IResult<&str, ParamValue<'_>> {
    // Not `alt`: after an opening quotation mark the error belongs to the quoted string.
    if input.starts_with('"') {
        quoted(input)
    } else {
        take_while1(is_ptoken).map(ParamValue::Token).parse(input)
    }
}

fn param(input: &str) -> IResult<&str, Param<'_>> {
    let (input, name) = take_while1(is_name).parse(input)?;
    let (input, value) = if input.starts_with('=') {
        preceded(char('='), value).map(Some).parse(input)?
    } else {
        (input, None)
    };
    Ok((input, Param { name, value }))
}

/// White space, then `;` and a parameter, if that is what comes.
fn next_param(input: &str) -> IResult<&str, Option<Param<'_>>> {
    match input.trim_start_matches(is_space).strip_prefix(';') {
        Some(rest) => preceded(take_while(is_space), param).map(Some).parse(rest),
        None => Ok((input, None)),
    }
}

/// The links of a list, in order. Ends after the first error.
///
/// The whole list is read once for its UTF-8 and once for its grammar: time is linear in its
/// length.
///
/// ```
/// use coap_core::link::Links;
///
/// let mut links = Links::new(br#"</sensors/temp>;rt="temperature-c";obs,</firmware>;sz=262144"#);
/// let temp = links.next().unwrap()?;
/// assert_eq!(temp.target(), "/sensors/temp");
/// assert!(temp.get("rt").unwrap() == "temperature-c" && temp.has("obs"));
/// assert_eq!(links.next().unwrap()?.get("sz").unwrap().uint(), Some(262_144));
/// assert!(links.next().is_none());
/// # Ok::<(), coap_core::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Links<'a> {
    rest: &'a str,
    len: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    Within,
    Failed(DecodeError),
    Ended,
}

impl<'a> Links<'a> {
    /// The links of `payload`; an empty one has none.
    #[must_use]
    pub fn new(payload: &'a [u8]) -> Self {
        match core::str::from_utf8(payload) {
            Ok(text) => Links { rest: text, len: text.len(), state: State::Start },
            Err(e) => {
                let error = DecodeError { kind: DecodeErrorKind::Utf8, offset: e.valid_up_to() };
                Links { rest: "", len: payload.len(), state: State::Failed(error) }
            }
        }
    }

    /// Checks the whole list and counts its links.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset where the list leaves the grammar.
    pub fn check(payload: &'a [u8]) -> Result<usize, DecodeError> {
        let mut n: usize = 0;
        for link in Links::new(payload) {
            link?;
            n = n.saturating_add(1);
        }
        Ok(n)
    }

    fn error(&mut self, at: &str) -> DecodeError {
        self.state = State::Ended;
        let kind = if at.is_empty() { DecodeErrorKind::Truncated } else { DecodeErrorKind::Syntax };
        DecodeError { kind, offset: self.len.saturating_sub(at.len()) }
    }

    fn link(&self, first: bool) -> IResult<&'a str, Link<'a>> {
        let input = self.rest;
        let (start, target) = if first && !input.starts_with('<') {
            // The legacy form of LwM2M 1.0 Bootstrap-Discover has parameters and no target.
            let (after, p) = param(input)?;
            if p.value.is_none() {
                return target(input).map(|(rest, t)| (rest, Link { target: Some(t), params: "" }));
            }
            (after, None)
        } else {
            let (after, t) = target(input)?;
            (after, Some(t))
        };
        let mut input = start;
        while let (rest, Some(_)) = next_param(input)? {
            input = rest;
        }
        let from = if target.is_some() { start } else { self.rest };
        let params = from.get(..from.len().saturating_sub(input.len())).unwrap_or("");
        Ok((input, Link { target, params }))
    }
}

impl<'a> Iterator for Links<'a> {
    type Item = Result<Link<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = match self.state {
            State::Ended => return None,
            State::Failed(e) => {
                self.state = State::Ended;
                return Some(Err(e));
            }
            State::Start => true,
            State::Within => false,
        };
        self.rest = self.rest.trim_start_matches(is_space);
        if first && self.rest.is_empty() {
            self.state = State::Ended;
            return None;
        }
        match self.link(first) {
            Ok((rest, link)) => {
                let rest = rest.trim_start_matches(is_space);
                match rest.strip_prefix(',') {
                    Some(more) => (self.rest, self.state) = (more, State::Within),
                    None if rest.is_empty() => self.state = State::Ended,
                    None => return Some(Err(self.error(rest))),
                }
                Some(Ok(link))
            }
            Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Some(Err(self.error(e.input))),
            Err(nom::Err::Incomplete(_)) => Some(Err(self.error(""))),
        }
    }
}

impl core::iter::FusedIterator for Links<'_> {}

/// One link of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link<'a> {
    target: Option<&'a str>,
    params: &'a str,
}

impl<'a> Link<'a> {
    /// The URI reference between `<` and `>`, as it was written; empty if there is none.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.target.unwrap_or("")
    }

    /// False for the link without `<>` that LwM2M 1.0 drafts put first (`lwm2m=1.0,</0/0>`).
    #[must_use]
    pub fn has_target(&self) -> bool {
        self.target.is_some()
    }

    /// All parameters in order, with repetitions that [`Link::get`] passes over.
    #[must_use]
    pub fn params(&self) -> Params<'a> {
        Params { rest: self.params, bare: self.target.is_none() }
    }

    /// The first parameter called `name` (ASCII case does not matter). For the parameters that
    /// occur once (`rel`, `anchor`, `title`, `rt`, `if`, `sz`, `ct`) it is the one that counts.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Param<'a>> {
        if self.params.is_empty() {
            return None;
        }
        self.params().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first parameter called `name`; `None` if it is absent or a flag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<ParamValue<'a>> {
        self.param(name)?.value
    }

    /// True if a parameter called `name` is there, with or without a value (`obs`).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.param(name).is_some()
    }

    /// The items of a space-separated list (`rt`, `if`, `rel`, `ct`), none if it is absent.
    #[must_use]
    pub fn list(&self, name: &str) -> Items<'a> {
        self.get(name).unwrap_or(ParamValue::Token("")).items()
    }

    /// The numbers of `ct` (RFC 7252 section 7.2.1); what is not one is left out.
    pub fn content_formats(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.list("ct").filter_map(|item| u16::try_from(item.uint()?).ok())
    }
}

/// The parameters of a link, in order.
#[derive(Clone, Debug)]
pub struct Params<'a> {
    rest: &'a str,
    bare: bool,
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let parsed = if core::mem::take(&mut self.bare) {
            param(self.rest).map(|(rest, p)| (rest, Some(p)))
        } else {
            next_param(self.rest)
        };
        let (rest, p) = parsed.ok()?;
        self.rest = rest;
        p
    }
}

/// One parameter of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param<'a> {
    /// Its name as written, with the `*` of an extended value.
    pub name: &'a str,
    /// Its value; `None` for a flag such as `obs`.
    pub value: Option<ParamValue<'a>>,
}

/// The value of a parameter as it was written. Compare it with a `str` to compare what it means.
#[derive(Clone, Copy, Debug)]
pub enum ParamValue<'a> {
    /// Without quotation marks.
    Token(&'a str),
    /// The text between the quotation marks, its backslashes still in it.
    Quoted(&'a str),
}

impl<'a> ParamValue<'a> {
    /// The characters it stands for.
    #[must_use]
    pub fn chars(&self) -> Unescaped<'a> {
        match *self {
            ParamValue::Token(t) => Unescaped { chars: t.chars(), escapes: false },
            ParamValue::Quoted(t) => Unescaped { chars: t.chars(), escapes: true },
        }
    }

    /// The text it stands for, unless backslashes have to be taken out of it first.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match *self {
            ParamValue::Quoted(t) if t.contains('\\') => None,
            ParamValue::Token(t) | ParamValue::Quoted(t) => Some(t),
        }
    }

    /// Writes the text it stands for.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn put(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        if let Some(text) = self.as_str() {
            return sink.put(text.as_bytes());
        }
        for c in self.chars() {
            sink.put(c.encode_utf8(&mut [0; 4]).as_bytes())?;
        }
        Ok(())
    }

    /// The decimal number it stands for (`sz`, `ct`, `ssid`): digits only, at most 2^64 - 1.
    /// Leading zeros, which `cardinal` forbids, are accepted.
    #[must_use]
    pub fn uint(&self) -> Option<u64> {
        let mut chars = self.chars();
        let mut n = u64::from(chars.next()?.to_digit(10)?);
        for c in chars {
            n = n.checked_mul(10)?.checked_add(u64::from(c.to_digit(10)?))?;
        }
        Some(n)
    }

    /// Its items, if it is a list separated by spaces.
    #[must_use]
    pub fn items(&self) -> Items<'a> {
        Items { rest: *self }
    }
}

impl PartialEq for ParamValue<'_> {
    /// Compares what the two stand for: `a` equals `"a"`.
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for ParamValue<'_> {}

impl PartialEq<str> for ParamValue<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for ParamValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// The characters that a value stands for.
#[derive(Clone, Debug)]
pub struct Unescaped<'a> {
    chars: core::str::Chars<'a>,
    escapes: bool,
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.chars.next() {
            Some('\\') if self.escapes => self.chars.next(),
            c => c,
        }
    }
}

/// The items of a list separated by spaces.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: ParamValue<'a>,
}

impl<'a> Iterator for Items<'a> {
    type Item = ParamValue<'a>;

    fn next(&mut self) -> Option<ParamValue<'a>> {
        // An escaped space separates like any other; the backslash that it leaves at the end of
        // the item before it stands for nothing (see `Unescaped`).
        let (ParamValue::Token(text) | ParamValue::Quoted(text)) = self.rest;
        let again = |t| match self.rest {
            ParamValue::Token(_) => ParamValue::Token(t),
            ParamValue::Quoted(_) => ParamValue::Quoted(t),
        };
        let mut text = text;
        loop {
            text = text.trim_start_matches(is_space);
            let (item, rest) = match text.find(is_space) {
                Some(end) => (text.get(..end)?, text.get(end..)?),
                None => (text, ""),
            };
            match again(item) {
                found if found.chars().next().is_some() => {
                    self.rest = again(rest);
                    return Some(found);
                }
                _ if rest.is_empty() => {
                    self.rest = ParamValue::Token("");
                    return None;
                }
                _ => text = rest,
            }
        }
    }
}
