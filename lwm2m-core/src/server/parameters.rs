//! The parameters of Register and Update (Core 1.2 sections 6.2.1 and 6.2.2): the Uri-Query of
//! the request.
//!
//! Devices in the field send more and less than the standard has: `lwm2m=1`, `b=UQ` with 1.1,
//! `Q=`, parameters that nobody defined. What can be understood is taken; what cannot is 4.00.

use crate::Version;
use coap_core::{Code, Options};
use core::fmt;

/// The transport bindings of a client and its queue mode: a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binding(u8);

/// The letters by their bits; queue mode is `Q` behind the others, as 1.0 wrote it.
const LETTERS: &[u8; 7] = b"UTSNMHQ";
/// What 1.0 had: UDP, SMS and queue mode.
const LETTERS_1_0: &[u8] = b"USQ";

impl Binding {
    /// UDP, the default.
    pub const UDP: Binding = Binding(1);
    const QUEUE: u8 = 1 << 6;

    fn bit(letter: u8) -> Option<u8> {
        let at = LETTERS.iter().position(|l| *l == letter)?;
        1u8.checked_shl(u32::try_from(at).ok()?)
    }

    /// As a number.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// What [`Binding::bits`] gave.
    pub(super) const fn from_bits(bits: u8) -> Binding {
        Binding(bits)
    }

    /// Reads `U`, `UQ`, `UT`: each letter at most once. `None` if a letter is unknown, for 1.0
    /// also if it is none of U, S and Q, or if there is no transport.
    #[must_use]
    pub fn parse(text: &[u8], version: Version) -> Option<Binding> {
        let mut bits = 0;
        for letter in text {
            let bit = Binding::bit(*letter)?;
            let known = version > Version::V1_0 || LETTERS_1_0.contains(letter);
            if !known || bits & bit != 0 {
                return None;
            }
            bits |= bit;
        }
        (bits & !Binding::QUEUE != 0).then_some(Binding(bits))
    }

    /// True if it has this letter: U (UDP), T (TCP), S (SMS), N (non-IP), M (MQTT), H (HTTP).
    #[must_use]
    pub fn has(self, letter: u8) -> bool {
        Binding::bit(letter).is_some_and(|bit| self.0 & bit != 0)
    }

    /// True if the client is in queue mode.
    #[must_use]
    pub const fn queue_mode(self) -> bool {
        self.0 & Binding::QUEUE != 0
    }

    /// The same transports with queue mode on or off.
    #[must_use]
    pub const fn with_queue_mode(self, on: bool) -> Binding {
        if on { Binding(self.0 | Binding::QUEUE) } else { Binding(self.0 & !Binding::QUEUE) }
    }

    /// Its letters in the order of the standard, without the Q of queue mode.
    pub fn letters(self) -> impl Iterator<Item = char> {
        LETTERS.iter().take(6).filter(move |l| self.has(**l)).map(|l| char::from(*l))
    }
}

impl fmt::Display for Binding {
    /// The letters, with Q for queue mode at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.letters().chain(self.queue_mode().then_some('Q')) {
            fmt::Write::write_char(f, letter)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lifetime of a 1.0 client that names none, in seconds (Core 1.0 section 5.3.1).
pub(super) const DEFAULT_LIFETIME: u32 = 86_400;

/// The parameters that a request names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parameters<'a> {
    pub(super) endpoint: Option<&'a str>,
    pub(super) lifetime: Option<u32>,
    pub(super) version: Option<&'a str>,
    binding: Option<&'a str>,
    pub(super) queue: bool,
    /// Profile ID (1.2).
    pub(super) profile: Option<&'a str>,
    /// There are others, `sms` among them.
    pub(super) others: bool,
}

impl<'a> Parameters<'a> {
    /// Reads the query of a Register or Update.
    ///
    /// # Errors
    /// 4.00 for a parameter that is not UTF-8, that comes twice or whose value is malformed.
    pub(super) fn parse(options: &Options<'a>) -> Result<Parameters<'a>, Code> {
        let mut found = Parameters::default();
        for part in options.query() {
            // The names are short: the first bytes tell almost all.
            let (name, value) = match part.iter().take(6).position(|byte| *byte == b'=') {
                Some(at) => part.split_at(at),
                None => (part, &[][..]),
            };
            let text = |bytes| core::str::from_utf8(bytes).map_err(|_| Code::BAD_REQUEST);
            let value = match value.split_first() {
                Some((_, value)) => Some(text(value)?),
                None => None,
            };
            let twice = match (name, value) {
                (b"ep", Some(v)) => found.endpoint.replace(v).is_some(),
                (b"lt", Some(v)) => found.lifetime.replace(seconds(v)?).is_some(),
                (b"lwm2m", Some(v)) => found.version.replace(v).is_some(),
                (b"b", Some(v)) => found.binding.replace(v).is_some(),
                (b"ep" | b"lt" | b"lwm2m" | b"b", None) => return Err(Code::BAD_REQUEST),
                (b"Q", _) => core::mem::replace(&mut found.queue, true),
                (b"pid", Some(v)) if !v.is_empty() => found.profile.replace(v).is_some(),
                (name, _) => {
                    text(name)?;
                    found.others = true;
                    false
                }
            };
            if twice {
                return Err(Code::BAD_REQUEST);
            }
        }
        Ok(found)
    }

    /// The binding, if the request names one.
    ///
    /// # Errors
    /// 4.00 for a binding that this version of the enabler does not have.
    pub(super) fn binding(&self, version: Version) -> Result<Option<Binding>, Code> {
        let named = match self.binding {
            Some(text) => Some(Binding::parse(text.as_bytes(), version).ok_or(Code::BAD_REQUEST)?),
            None => None,
        };
        Ok(match (named, self.queue) {
            (Some(b), true) => Some(b.with_queue_mode(true)),
            (named, _) => named,
        })
    }
}

/// The parameters that are kept as text: those that have no field of their own.
pub(super) fn others<'a>(options: &Options<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    options.query().filter(|part| {
        let name = part.split(|b| *b == b'=').next().unwrap_or(&[]);
        !matches!(name, b"ep" | b"lt" | b"lwm2m" | b"b" | b"Q" | b"")
    })
}

/// Name and value of a parameter.
pub(crate) fn split(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (part, None),
    }
}

/// A number of seconds: decimal digits, at most 2^32 - 1.
fn seconds(text: &str) -> Result<u32, Code> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().map_err(|_| Code::BAD_REQUEST) } else { Err(Code::BAD_REQUEST) }
}

/// The version a client registers with.
///
/// # Errors
/// 4.00 if there is none or it is no version at all, 4.12 if it is one that is not served.
pub(super) fn version(text: Option<&str>, newest: Version) -> Result<Version, Code> {
    let text = text.ok_or(Code::BAD_REQUEST)?;
    match Version::parse(text) {
        Ok(version) if version <= newest => Ok(version),
        Ok(_) => Err(Code::PRECONDITION_FAILED),
        Err(_) => {
            let number = |part: &str| {
                !part.is_empty() && part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit())
            };
            let plausible = text.split('.').count() <= 3 && text.split('.').all(number);
            Err(if plausible { Code::PRECONDITION_FAILED } else { Code::BAD_REQUEST })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coap_core::OptionWriter;
    use std::string::ToString;

    #[test]
    fn core_6_2_1_2_bindings_of_each_version() {
        for (text, v1_0, v1_1) in [
            ("U", true, true),
            ("UQ", true, true),
            ("S", true, true),
            ("SQ", true, true),
            ("US", true, true),
            ("UQS", true, true),
            ("UT", false, true),
            ("N", false, true),
            ("UMH", false, true),
            ("", false, false),
            ("Q", false, false),
            ("UU", false, false),
            ("X", false, false),
            ("u", false, false),
            ("U ", false, false),
        ] {
            let parse = |v| Binding::parse(text.as_bytes(), v).is_some();
            assert_eq!((parse(Version::V1_0), parse(Version::V1_1)), (v1_0, v1_1), "{text}");
        }
        let binding = Binding::parse(b"UQS", Version::V1_0).unwrap();
        assert_eq!(binding.to_string(), "USQ");
        assert!(binding.queue_mode() && binding.has(b'S') && !binding.has(b'T'));
        assert_eq!(binding.with_queue_mode(false).to_string(), "US");
    }

    #[test]
    fn versions_served_and_not() {
        for (text, answer) in [
            (Some("1.0"), Ok(Version::V1_0)),
            (Some("1"), Ok(Version::V1_0)),
            (Some("1.1"), Ok(Version::V1_1)),
            (Some("1.2"), Err(Code::PRECONDITION_FAILED)),
            (Some("1.3"), Err(Code::PRECONDITION_FAILED)),
            (Some("2.0"), Err(Code::PRECONDITION_FAILED)),
            (Some("1.0.2"), Err(Code::PRECONDITION_FAILED)),
            (Some("0.9"), Err(Code::PRECONDITION_FAILED)),
            (Some(""), Err(Code::BAD_REQUEST)),
            (Some("x"), Err(Code::BAD_REQUEST)),
            (Some("1."), Err(Code::BAD_REQUEST)),
            (None, Err(Code::BAD_REQUEST)),
        ] {
            assert_eq!(version(text, Version::V1_1), answer, "{text:?}");
        }
    }

    #[test]
    fn parameters_are_found_in_any_order_and_once() {
        let bad = Err(Code::BAD_REQUEST);
        for (query, lifetime) in [
            (&["lt=60", "ep=a"][..], Ok(Some(60))),
            (&["ep=a", "Q", "lt=4294967295"], Ok(Some(u32::MAX))),
            (&["Q="], Ok(None)),
            (&["lt=4294967296"], bad),
            (&["lt=-1"], bad),
            (&["lt=+1"], bad),
            (&["lt=1.5"], bad),
            (&["lt= 1"], bad),
            (&["lt="], bad),
            (&["lt"], bad),
            (&["ep"], bad),
            (&["lt=1", "lt=1"], bad),
            (&["Q", "Q"], bad),
            (&["foo", "foo=1"], Ok(None)),
        ] {
            let mut buf = [0; 200];
            let mut w = OptionWriter::new(&mut buf);
            for part in query {
                w.query(part).unwrap();
            }
            assert_eq!(Parameters::parse(&w.options()).map(|p| p.lifetime), lifetime, "{query:?}");
        }
    }
}
