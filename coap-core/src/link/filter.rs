//! The query of `/.well-known/core`.

use super::{Link, Param, ParamValue, is_one_of};

/// Parameters of which a link has one at most: of several, the first counts (RFC 6690 section 3
/// and RFC 5988 sections 5.2 to 5.4).
const ONCE: [&str; 7] = ["rel", "anchor", "title", "rt", "if", "sz", "ct"];

/// Parameters whose value is a list separated by spaces (RFC 6690 section 2, RFC 7252
/// section 7.2.1).
const LISTS: [&str; 5] = ["rel", "rev", "rt", "if", "ct"];

/// A query of `/.well-known/core` (RFC 6690 section 4.1): `rt=light-lux`, `href=/sensors*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter<'a> {
    name: &'a str,
    pattern: &'a str,
    prefix: bool,
}

impl<'a> Filter<'a> {
    /// The filter of one Uri-Query option; `None` if it is not of the form `name=pattern`, in
    /// which case the query is somebody else's and selects nothing.
    #[must_use]
    pub fn new(query: &'a str) -> Option<Self> {
        let (name, pattern) = query.split_once('=')?;
        if name.is_empty() {
            return None;
        }
        match pattern.strip_suffix('*') {
            Some(pattern) => Some(Filter { name, pattern, prefix: true }),
            None => Some(Filter { name, pattern, prefix: false }),
        }
    }

    /// True if `link` belongs into the answer. With several filters, all have to match.
    ///
    /// `href` is compared with the target, whose percent-encoding is undone for that because
    /// Uri-Query comes without; a list (`rt`, `if`, `rel`, `ct`) matches if one item does.
    #[must_use]
    pub fn matches(&self, link: &Link<'_>) -> bool {
        if self.name.eq_ignore_ascii_case("href") {
            return self.compare(PercentDecoded(link.target().as_bytes()));
        }
        let once = is_one_of(&ONCE, self.name);
        let list = is_one_of(&LISTS, self.name);
        let named = |p: &Param<'_>| p.name.eq_ignore_ascii_case(self.name);
        link.params().filter(named).take(if once { 1 } else { usize::MAX }).any(|p| {
            match p.value.unwrap_or(ParamValue::Token("")) {
                value if list => value.items().any(|item| self.compare(utf8(item.chars()))),
                value => self.compare(utf8(value.chars())),
            }
        })
    }

    fn compare(&self, mut value: impl Iterator<Item = u8>) -> bool {
        self.pattern.bytes().all(|b| value.next() == Some(b))
            && (self.prefix || value.next().is_none())
    }
}

fn utf8(chars: impl Iterator<Item = char>) -> impl Iterator<Item = u8> {
    chars.flat_map(|c| {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len();
        bytes.into_iter().take(len)
    })
}

struct PercentDecoded<'a>(&'a [u8]);

impl Iterator for PercentDecoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.0 {
            let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            if let (Some(high), Some(low)) = (digit(high), digit(low)) {
                self.0 = rest;
                return Some(high << 4 | low);
            }
        }
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
}
