//! The URI of a package: which protocol it asks for, and the options of a request for it
//! (RFC 7252 section 6.4).

use coap_core::{OptionNumber, OptionWriter, TooLong};
use m2m_base::{Sink, SliceSink};

use super::{PackageError, Protocols};
use crate::text::{has, parse_u64};

/// A URI, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Uri<'a> {
    pub(super) protocol: Protocols,
    host: &'a [u8],
    /// With the slash before it.
    path: &'a [u8],
    /// With the question mark before it.
    query: &'a [u8],
}

/// What is before the first of these bytes, and the rest from that on.
#[inline(never)]
fn cut<'a>(text: &'a [u8], ends: &[u8]) -> (&'a [u8], &'a [u8]) {
    let end = text.iter().position(|byte| has(ends, *byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

/// All characters may be in a URI without a fragment, and escapes are whole (RFC 3986).
fn is_plain(text: &[u8]) -> bool {
    let mut digits = 0;
    for byte in text {
        let right = if digits > 0 { byte.is_ascii_hexdigit() } else { byte.is_ascii_graphic() };
        if !right || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`') {
            return false;
        }
        digits = if *byte == b'%' { 2u8 } else { digits.saturating_sub(1) };
    }
    digits == 0
}

impl<'a> Uri<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Result<Uri<'a>, PackageError> {
        const KNOWN: [(&[u8], Protocols); 6] = [
            (b"coap", Protocols::COAP),
            (b"coaps", Protocols::COAPS),
            (b"http", Protocols::HTTP),
            (b"https", Protocols::HTTPS),
            (b"coap+tcp", Protocols::COAP_TCP),
            (b"coaps+tcp", Protocols::COAPS_TCP),
        ];
        let (scheme, rest) = cut(text, b":");
        let rest = rest.strip_prefix(b"://").ok_or(PackageError::InvalidUri)?;
        let letters = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        if !scheme.first().is_some_and(u8::is_ascii_alphabetic)
            || !scheme.iter().all(letters)
            || !is_plain(text)
        {
            return Err(PackageError::InvalidUri);
        }
        let (authority, rest) = cut(rest, b"/?");
        let (path, query) = cut(rest, b"?");
        let protocol = KNOWN.iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name));
        let protocol = protocol.map_or(Protocols::OTHER, |(_, protocol)| *protocol);
        let host = host_of(authority).ok_or(PackageError::InvalidUri)?;
        Ok(Uri { protocol, host, path, query })
    }

    /// The client itself downloads.
    pub(super) fn is_coap(&self) -> bool {
        [Protocols::COAP, Protocols::COAPS, Protocols::COAP_TCP, Protocols::COAPS_TCP]
            .contains(&self.protocol)
    }

    /// Adds Uri-Host, Uri-Path and Uri-Query.
    pub(super) fn options(&self, options: &mut OptionWriter<'_>) -> Result<(), TooLong> {
        // An address says nothing that the datagram does not say itself.
        let address = self.host.first() == Some(&b'[')
            || self.host.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        if !address {
            add(options, OptionNumber::URI_HOST, self.host)?;
        }
        let path = if self.path == b"/" { &[] } else { self.path };
        for (number, mut rest) in
            [(OptionNumber::URI_PATH, path), (OptionNumber::URI_QUERY, self.query)]
        {
            // Each part has one of these before it.
            let ends: &[u8] = if number == OptionNumber::URI_PATH { b"/" } else { b"&" };
            while let Some((_, part)) = rest.split_first() {
                let (part, behind) = cut(part, ends);
                add(options, number, part)?;
                rest = behind;
            }
        }
        Ok(())
    }
}

/// The host of `host`, `host:port`, `[address]:port`.
fn host_of(authority: &[u8]) -> Option<&[u8]> {
    let end = match authority.first()? {
        b'[' => authority.iter().position(|byte| *byte == b']')?.saturating_add(1),
        _ => cut(authority, b":").0.len(),
    };
    let (host, port) = authority.split_at_checked(end)?;
    let digits = match port.split_first() {
        Some((b':', digits)) => digits,
        None => port,
        Some(_) => return None,
    };
    let is_port = digits.is_empty() || parse_u64(digits).is_ok_and(|port| port <= 0xffff);
    (is_port && !has(host, b'@') && !host.is_empty()).then_some(host)
}

/// Adds an option whose value is percent-encoded.
fn add(options: &mut OptionWriter<'_>, number: OptionNumber, text: &[u8]) -> Result<(), TooLong> {
    let mut buf = [0; 255];
    let mut sink = SliceSink::new(&mut buf);
    let mut rest = text.iter();
    while let Some(first) = rest.next() {
        let byte = match (*first, rest.as_slice()) {
            (b'%', [high, low, behind @ ..]) => {
                rest = behind.iter();
                digit(*high) << 4 | digit(*low)
            }
            (byte, _) => byte,
        };
        sink.put_u8(byte).map_err(|_| TooLong)?;
    }
    options.push(number, sink.written()).map(|_| ())
}

fn digit(b: u8) -> u8 {
    match b {
        b'0'..=b'9' => b.wrapping_sub(b'0'),
        _ => (b | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    #[test]
    fn schemes_and_what_is_no_uri() {
        for (text, protocol) in [
            ("coap://h/f", Ok(Protocols::COAP)),
            ("COAPS://[2001:db8::1]:5684/f?x", Ok(Protocols::COAPS)),
            ("coap+tcp://h", Ok(Protocols::COAP_TCP)),
            ("https://example.com:443/fw.bin", Ok(Protocols::HTTPS)),
            ("ftp://h/f", Ok(Protocols::OTHER)),
            ("", Err(PackageError::InvalidUri)),
            ("coap:/h/f", Err(PackageError::InvalidUri)),
            ("coap:///f", Err(PackageError::InvalidUri)),
            ("coap://h:99999/f", Err(PackageError::InvalidUri)),
            ("coap://h:x/f", Err(PackageError::InvalidUri)),
            ("coap://[::1/f", Err(PackageError::InvalidUri)),
            ("coap://[::1]x/f", Err(PackageError::InvalidUri)),
            ("coap://u@h/f", Err(PackageError::InvalidUri)),
            ("coap://h/f%2", Err(PackageError::InvalidUri)),
            ("coap://h/f%zz", Err(PackageError::InvalidUri)),
            ("coap://h/f f", Err(PackageError::InvalidUri)),
            ("coap://h/f#a", Err(PackageError::InvalidUri)),
            ("1coap://h/f", Err(PackageError::InvalidUri)),
        ] {
            assert_eq!(Uri::parse(text.as_bytes()).map(|uri| uri.protocol), protocol, "{text}");
        }
    }

    #[test]
    fn rfc7252_6_4_options() {
        for (text, expected) in [
            ("coap://example.net/a/b%2Fc?x=1&y", "3:example.net 11:a 11:b/c 15:x=1 15:y"),
            ("coap://192.0.2.1:61616/f", "11:f"),
            ("coap://[2001:db8::1]/f/", "11:f 11:"),
            ("coap://h", "3:h"),
            ("coap://h?q", "3:h 15:q"),
            ("coap://h/?", "3:h 15:"),
            ("coap://h/a//b?x&&y/z?", "3:h 11:a 11: 11:b 15:x 15: 15:y/z?"),
        ] {
            let mut buf = [0; 64];
            let mut options = OptionWriter::new(&mut buf);
            Uri::parse(text.as_bytes()).unwrap().options(&mut options).unwrap();
            let shown: Vec<String> = options
                .options()
                .iter()
                .map(|o| std::format!("{}:{}", o.number.0, std::str::from_utf8(o.value).unwrap()))
                .collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
    }
}
