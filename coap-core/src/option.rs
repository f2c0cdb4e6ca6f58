//! Options: their numbers, what each allows, and their values (RFC 7252 sections 3.2, 5.4, 5.10).

use core::fmt;

/// An option number. Critical, unsafe and "no cache key" are bits of it (RFC 7252 section 5.4.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionNumber(pub u16);

/// How the value of an option is to be read (RFC 7252 section 3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionFormat {
    /// No bytes.
    Empty,
    /// Any bytes.
    Opaque,
    /// An integer in network byte order, leading zero bytes left out.
    Uint,
    /// UTF-8.
    Text,
}

/// How OSCORE protects an option (RFC 8613 section 4.1). None is of class I, integrity only.
#[cfg(feature = "oscore")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OptionClass {
    /// Class E: encrypted, for the other end alone. Options that are not in the registry, too.
    Inner,
    /// Class U: unprotected, for proxies.
    Outer,
    /// One for the other end and one for proxies.
    Both,
}

/// One row of the option registry.
#[derive(Clone, Copy, Debug)]
pub struct OptionDefinition {
    /// The number.
    pub number: OptionNumber,
    /// The registered name.
    pub name: &'static str,
    /// May it occur more than once?
    pub repeatable: bool,
    /// Shortest and longest value in bytes.
    pub length: (u16, u16),
    /// How its value is read.
    pub format: OptionFormat,
}

macro_rules! options {
    ($($konst:ident = $number:literal, $name:literal, $repeat:literal, $min:literal ..= $max:literal, $format:ident, $class:ident, $rfc:literal;)*) => {
        impl OptionNumber {
            $(#[doc = concat!($name, " (RFC ", $rfc, ").")]
            pub const $konst: OptionNumber = OptionNumber($number);)*

            /// The registry's row of this number; `None` for options that this crate does not know.
            #[must_use]
            pub const fn definition(self) -> Option<OptionDefinition> {
                Some(match self.0 {
                    $($number => OptionDefinition {
                        number: OptionNumber::$konst,
                        name: $name,
                        repeatable: $repeat,
                        length: ($min, $max),
                        format: OptionFormat::$format,
                    },)*
                    _ => return None,
                })
            }

            /// What a receiver checks of a critical option. `None` for those that are not known.
            #[cfg(feature = "endpoint")]
            pub(crate) fn critical(self) -> Option<Critical> {
                const TABLE: [u16; 20] = {
                    let mut table = [0; 20];
                    $(if $number & 1 == 1 {
                        table[$number / 2 % 20] = match OptionNumber($number) {
                            // No value is one of an option that is not understood.
                            OptionNumber::OSCORE
                            | OptionNumber::EDHOC
                            | OptionNumber::Q_BLOCK1
                            | OptionNumber::Q_BLOCK2 => packed($repeat, 1, 0),
                            _ => packed($repeat, $min, $max),
                        };
                    })*
                    table
                };
                TABLE.get(usize::from(self.0 / 2)).filter(|row| **row != 0).map(|row| Critical(*row))
            }

            #[cfg(feature = "oscore")]
            pub(crate) const fn class(self) -> OptionClass {
                match self.0 {
                    $($number => OptionClass::$class,)*
                    _ => OptionClass::Inner,
                }
            }
        }
    };
}

/// A row of the table of critical options: their numbers are below 40, and no value need be longer
/// than one byte or may be longer than 4095.
#[cfg(feature = "endpoint")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Critical(u16);

#[cfg(feature = "endpoint")]
const fn packed(repeatable: bool, least: u16, most: u16) -> u16 {
    assert!(least <= 1 && most <= 0xfff);
    1 << 14 | (repeatable as u16) << 13 | least << 12 | most
}

#[cfg(feature = "endpoint")]
impl Critical {
    /// May there be such an option with a value of so many bytes, behind one of the same number or
    /// not?
    pub(crate) fn allows(self, repeated: bool, len: usize) -> bool {
        let row = usize::from(self.0);
        (!repeated | (row & 1 << 13 != 0)) & (len >= row >> 12 & 1) & (len <= row & 0xfff)
    }
}

options! {
    IF_MATCH = 1, "If-Match", true, 0..=8, Opaque, Inner, "7252";
    URI_HOST = 3, "Uri-Host", false, 1..=255, Text, Outer, "7252";
    ETAG = 4, "ETag", true, 1..=8, Opaque, Inner, "7252";
    IF_NONE_MATCH = 5, "If-None-Match", false, 0..=0, Empty, Inner, "7252";
    OBSERVE = 6, "Observe", false, 0..=3, Uint, Both, "7641";
    URI_PORT = 7, "Uri-Port", false, 0..=2, Uint, Outer, "7252";
    LOCATION_PATH = 8, "Location-Path", true, 0..=255, Text, Inner, "7252";
    OSCORE = 9, "OSCORE", false, 0..=255, Opaque, Outer, "8613";
    URI_PATH = 11, "Uri-Path", true, 0..=255, Text, Inner, "7252";
    CONTENT_FORMAT = 12, "Content-Format", false, 0..=2, Uint, Inner, "7252";
    MAX_AGE = 14, "Max-Age", false, 0..=4, Uint, Both, "7252";
    URI_QUERY = 15, "Uri-Query", true, 0..=255, Text, Inner, "7252";
    HOP_LIMIT = 16, "Hop-Limit", false, 1..=1, Uint, Outer, "8768";
    ACCEPT = 17, "Accept", false, 0..=2, Uint, Inner, "7252";
    Q_BLOCK1 = 19, "Q-Block1", false, 0..=3, Uint, Both, "9177";
    LOCATION_QUERY = 20, "Location-Query", true, 0..=255, Text, Inner, "7252";
    EDHOC = 21, "EDHOC", false, 0..=0, Empty, Outer, "9668";
    BLOCK2 = 23, "Block2", false, 0..=3, Uint, Both, "7959";
    BLOCK1 = 27, "Block1", false, 0..=3, Uint, Both, "7959";
    SIZE2 = 28, "Size2", false, 0..=4, Uint, Both, "7959";
    Q_BLOCK2 = 31, "Q-Block2", true, 0..=3, Uint, Both, "9177";
    PROXY_URI = 35, "Proxy-Uri", false, 1..=1034, Text, Outer, "7252";
    PROXY_SCHEME = 39, "Proxy-Scheme", false, 1..=255, Text, Outer, "7252";
    SIZE1 = 60, "Size1", false, 0..=4, Uint, Both, "7252";
    ECHO = 252, "Echo", false, 1..=40, Opaque, Both, "9175";
    NO_RESPONSE = 258, "No-Response", false, 0..=1, Uint, Both, "7967";
    REQUEST_TAG = 292, "Request-Tag", true, 0..=8, Opaque, Both, "9175";
}

/// May a value within these bounds have so many bytes?
pub(crate) const fn allows(length: (u16, u16), len: usize) -> bool {
    len >= length.0 as usize && len <= length.1 as usize
}

impl OptionDefinition {
    /// May a value have so many bytes?
    #[must_use]
    pub const fn allows(&self, len: usize) -> bool {
        allows(self.length, len)
    }
}

impl OptionNumber {
    /// Must an endpoint that does not understand it refuse the message?
    #[must_use]
    pub const fn is_critical(self) -> bool {
        self.0 & 1 != 0
    }

    /// Must a proxy that does not understand it not forward the message?
    #[must_use]
    pub const fn is_unsafe(self) -> bool {
        self.0 & 2 != 0
    }

    /// Is it left out of a cache key?
    #[must_use]
    pub const fn is_no_cache_key(self) -> bool {
        self.0 & 0x1e == 0x1c
    }
}

impl fmt::Debug for OptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.definition() {
            Some(row) => f.write_str(row.name),
            None => write!(f, "option {}", self.0),
        }
    }
}

/// One option of a message: its number and value as they are on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageOption<'a> {
    /// Which option.
    pub number: OptionNumber,
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> MessageOption<'a> {
    /// The value as an unsigned integer; leading zero bytes are accepted (RFC 7252 section 3.2).
    /// `None` if it is longer than four bytes.
    #[must_use]
    pub fn as_uint(&self) -> Option<u32> {
        decode_uint(self.value)
    }

    /// The value as text, `None` if it is not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.value).ok()
    }

    /// True if the registry knows the option and the length of this value is within its bounds.
    #[must_use]
    pub fn has_valid_length(&self) -> bool {
        self.number.definition().is_some_and(|row| row.allows(self.value.len()))
    }
}

/// An option value as an unsigned integer of at most four bytes.
#[inline]
#[must_use]
pub const fn decode_uint(value: &[u8]) -> Option<u32> {
    match *value {
        [] => Some(0),
        [a] => Some(a as u32),
        [a, b] => Some(u16::from_be_bytes([a, b]) as u32),
        [a, b, c] => Some(u32::from_be_bytes([0, a, b, c])),
        [a, b, c, d] => Some(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    }
}

/// An unsigned integer as the shortest option value (RFC 7252 section 3.2): 0 is no bytes.
#[derive(Clone, Copy, Debug)]
pub struct Uint {
    bytes: [u8; 4],
    skip: u8,
}

impl Uint {
    /// The encoding of `value`.
    #[must_use]
    pub const fn new(value: u32) -> Uint {
        #[allow(clippy::cast_possible_truncation, reason = "at most 32 zero bits, so at most 4")]
        let skip = (value.leading_zeros() / 8) as u8;
        Uint { bytes: value.to_be_bytes(), skip }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(usize::from(self.skip)..).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7252_5_4_6_properties_are_bits_of_the_number() {
        for (number, critical, unsafe_, no_cache_key) in [
            (OptionNumber::IF_MATCH, true, false, false),
            (OptionNumber::URI_HOST, true, true, false),
            (OptionNumber::ETAG, false, false, false),
            (OptionNumber::MAX_AGE, false, true, false),
            (OptionNumber::SIZE1, false, false, true),
            (OptionNumber::SIZE2, false, false, true),
            (OptionNumber::BLOCK1, true, true, false),
            (OptionNumber::ECHO, false, false, true),
            (OptionNumber::REQUEST_TAG, false, false, false),
        ] {
            assert_eq!(number.is_critical(), critical, "{number:?}");
            assert_eq!(number.is_unsafe(), unsafe_, "{number:?}");
            assert_eq!(number.is_no_cache_key() && !unsafe_, no_cache_key, "{number:?}");
        }
    }

    #[cfg(feature = "endpoint")]
    #[test]
    fn the_table_of_critical_options_is_that_of_the_registry() {
        for number in 0..=u16::MAX {
            let number = OptionNumber(number);
            let row = number.definition().filter(|_| number.is_critical());
            let known = number.critical().filter(|_| number.is_critical());
            assert_eq!(known.is_some(), row.is_some(), "{number:?}");
            let (Some(known), Some(row)) = (known, row) else { continue };
            let understood = ![9, 19, 21, 31].contains(&number.0);
            for (repeated, len) in (0..2000).map(|n| (n % 2 == 1, n / 2)).chain([(true, 5000)]) {
                let right = understood && row.allows(len) && (row.repeatable || !repeated);
                assert_eq!(known.allows(repeated, len), right, "{number:?} {repeated} {len}");
            }
        }
    }

    #[test]
    fn rfc7252_3_2_uint_is_shortest_and_leading_zeros_are_accepted() {
        for (value, bytes) in [
            (0, &[][..]),
            (1, &[1]),
            (255, &[255]),
            (256, &[1, 0]),
            (0x01_0000, &[1, 0, 0]),
            (u32::MAX, &[255, 255, 255, 255]),
        ] {
            assert_eq!(Uint::new(value).as_bytes(), bytes);
            assert_eq!(decode_uint(bytes), Some(value));
        }
        assert_eq!(decode_uint(&[0, 0, 7]), Some(7));
        assert_eq!(decode_uint(&[0; 5]), None);
    }
}
