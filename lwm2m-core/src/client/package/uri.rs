//! The URI of a package: which protocol it asks for, and the options of a request for it
//! (RFC 7252 section 6.4).

use coap_core::{OptionNumber, OptionWriter, TooLong};
use m2m_base::{Sink, SliceSink};

use super::{PackageError, Protocols};

/// A URI, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Uri<'a> {
    pub(super) protocol: Protocols,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Uri<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Uri<'a>, PackageError> {
        let (scheme, rest) = text.split_once("://").ok_or(PackageError::InvalidUri)?;
        let allowed =
            |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`');
        let escapes = text.split('%').skip(1).all(|after| {
            after.as_bytes().get(..2).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
        });
        let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.bytes().all(letters)
            || !text.bytes().all(allowed)
            || !escapes
            || text.contains('#')
        {
            return Err(PackageError::InvalidUri);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).ok_or(PackageError::InvalidUri)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        let known = [
            ("coap", Protocols::COAP),
            ("coaps", Protocols::COAPS),
            ("http", Protocols::HTTP),
            ("https", Protocols::HTTPS),
            ("coap+tcp", Protocols::COAP_TCP),
            ("coaps+tcp", Protocols::COAPS_TCP),
        ];
        let protocol = known.iter().find(|(name, _)| is(name));
        let protocol = protocol.map_or(Protocols::OTHER, |(_, protocol)| *protocol);
        let host = host_of(authority)?;
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
        let address = self.host.starts_with('[')
            || self.host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if !address {
            add(options, OptionNumber::URI_HOST, self.host)?;
        }
        if let Some(path) = self.path.strip_prefix('/').filter(|path| !path.is_empty()) {
            for segment in path.split('/') {
                add(options, OptionNumber::URI_PATH, segment)?;
            }
        }
        for part in self.query.into_iter().flat_map(|query| query.split('&')) {
            add(options, OptionNumber::URI_QUERY, part)?;
        }
        Ok(())
    }
}

/// The host of `host`, `host:port`, `[address]:port`.
fn host_of(authority: &str) -> Result<&str, PackageError> {
    let invalid = PackageError::InvalidUri;
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']').ok_or(invalid)?;
        authority.split_at_checked(end.saturating_add(1)).ok_or(invalid)?
    } else {
        authority.split_at_checked(authority.find(':').unwrap_or(authority.len())).ok_or(invalid)?
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port,
        None if port.is_empty() => "",
        None => return Err(invalid),
    };
    if host.is_empty() || host.contains('@') || !(port.is_empty() || port.parse::<u16>().is_ok()) {
        return Err(invalid);
    }
    Ok(host)
}

/// Adds an option whose value is percent-encoded.
fn add(options: &mut OptionWriter<'_>, number: OptionNumber, text: &str) -> Result<(), TooLong> {
    let mut buf = [0; 255];
    let mut sink = SliceSink::new(&mut buf);
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let byte = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                rest = behind;
                digit(*high) << 4 | digit(*low)
            }
            _ => {
                rest = behind;
                *first
            }
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
            assert_eq!(Uri::parse(text).map(|uri| uri.protocol), protocol, "{text}");
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
        ] {
            let mut buf = [0; 64];
            let mut options = OptionWriter::new(&mut buf);
            Uri::parse(text).unwrap().options(&mut options).unwrap();
            let shown: Vec<String> = options
                .options()
                .iter()
                .map(|o| std::format!("{}:{}", o.number.0, std::str::from_utf8(o.value).unwrap()))
                .collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
    }
}
