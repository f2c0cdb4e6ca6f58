//! What the endpoint itself reads of a request's options, in one pass over them.

use super::Parameters;
use super::receive::is_bad;
use super::size::KeptUint;
use crate::message::OptionIter;
use crate::option::decode_uint;
use crate::{Code, EXTENSIONS, OptionNumber, Options};

/// The options of a request that the endpoint acts on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Survey<'a> {
    /// A critical option is unknown, has a length it must not have, or occurs again though it must
    /// not (RFC 7252 sections 5.4.1, 5.4.3 and 5.4.5).
    pub(super) bad: bool,
    /// As `bad`, but of an option that a proxy forwards without understanding it (RFC 7252 section
    /// 5.4.2). Only with `extensions` can one be a proxy.
    pub(super) bad_but_safe: bool,
    /// It is for a proxy (RFC 7252 section 5.7).
    pub(super) proxied: bool,
    /// Its value is one of 24 bits, too.
    pub(super) observe: KeptUint,
    pub(super) block1: KeptUint,
    pub(super) block2: KeptUint,
    pub(super) echo: Option<&'a [u8]>,
    /// It has a Q-Block option.
    #[cfg(feature = "q-block")]
    pub(super) quick: bool,
}

impl<'a> Survey<'a> {
    #[cfg(any(not(feature = "small"), feature = "stream", feature = "oscore"))]
    #[inline]
    pub(super) fn of(options: Options<'a>, parameters: &Parameters) -> Survey<'a> {
        let mut survey = Survey::default();
        let _ = survey.read(options.as_bytes(), parameters);
        survey
    }

    /// Goes through the options that bytes begin with, up to the payload marker or the end. Tells how
    /// many bytes they take; `None` if they are not well-formed or no payload follows the marker.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn read(&mut self, bytes: &'a [u8], parameters: &Parameters) -> Option<usize> {
        let mut options = OptionIter::over(bytes);
        // There is no option 0.
        let mut last = OptionNumber(0);
        while !matches!(options.rest(), [] | [0xff, ..]) {
            let o = options.next()?;
            let repeated = core::mem::replace(&mut last, o.number) == o.number;
            #[cfg(feature = "q-block")]
            if matches!(o.number, OptionNumber::Q_BLOCK1 | OptionNumber::Q_BLOCK2) {
                let again = repeated && o.number == OptionNumber::Q_BLOCK1;
                self.bad |= again || !o.has_valid_length();
                self.quick = true;
                continue;
            }
            if is_bad(&o, repeated, parameters) {
                if EXTENSIONS && !o.number.is_unsafe() {
                    self.bad_but_safe = true;
                } else {
                    self.bad = true;
                }
            }
            if repeated {
                continue;
            }
            match o.number {
                OptionNumber::OBSERVE if o.value.len() > 3 => {}
                OptionNumber::OBSERVE | OptionNumber::BLOCK1 | OptionNumber::BLOCK2 => {
                    let number = match o.number {
                        OptionNumber::OBSERVE => &mut self.observe,
                        OptionNumber::BLOCK1 => &mut self.block1,
                        _ => &mut self.block2,
                    };
                    *number = KeptUint::of(o.as_uint());
                }
                OptionNumber::PROXY_URI | OptionNumber::PROXY_SCHEME => self.proxied = true,
                OptionNumber::ECHO if EXTENSIONS && o.has_valid_length() => {
                    self.echo = Some(o.value)
                }
                _ => {}
            }
        }
        let rest = options.rest().len();
        if rest == 1 { None } else { Some(bytes.len().wrapping_sub(rest)) }
    }
}

/// How many bytes the options take that others begin with, as [`Survey::read`] tells.
#[cfg(all(test, feature = "small"))]
pub(crate) fn options_len(bytes: &[u8]) -> Option<usize> {
    Survey::default().read(bytes, &Parameters::NONE)
}

/// The value of a No-Response option; one that is longer than a byte is no such option.
fn interest(value: &[u8]) -> Option<u8> {
    decode_uint(value).and_then(|v| u8::try_from(v).ok()).filter(|_| value.len() <= 1)
}

/// Responses of all classes are of no interest (RFC 7967 section 2.1).
const NOTHING: u8 = 2 | 8 | 16;

/// Is a response of this code one that a No-Response option of this value declines? Never 2.31,
/// without which a body does not go on.
pub(super) fn is_declined(no_response: u8, code: Code) -> bool {
    EXTENSIONS && code != Code::CONTINUE && no_response >> code.class().wrapping_sub(1) & 1 != 0
}

/// Does a No-Response option of this value decline every response?
pub(super) fn declines_all(no_response: u8) -> bool {
    EXTENSIONS && no_response & NOTHING == NOTHING
}

/// The No-Response option of a request.
pub(super) fn no_response_of(options: Options<'_>) -> Option<u8> {
    if !EXTENSIONS {
        return None;
    }
    options.first(OptionNumber::NO_RESPONSE).and_then(interest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7967_2_1_each_class_has_its_bit() {
        for (value, declined) in [
            (0, &[][..]),
            (2, &[Code::CONTENT][..]),
            (8, &[Code::NOT_FOUND]),
            (16, &[Code::INTERNAL_SERVER_ERROR]),
            (26, &[Code::CONTENT, Code::NOT_FOUND, Code::INTERNAL_SERVER_ERROR]),
        ] {
            for code in [Code::CONTENT, Code::NOT_FOUND, Code::INTERNAL_SERVER_ERROR] {
                assert_eq!(is_declined(value, code), declined.contains(&code), "{value} {code}");
            }
            assert!(!is_declined(value, Code::CONTINUE));
        }
        assert!(declines_all(26) && declines_all(127) && !declines_all(24));
    }
}
