//! CoAP URIs and the options they stand for (RFC 7252 section 6.4; RFC 8323 section 8).

use crate::transport::Scheme;
use std::fmt;
use std::net::IpAddr;

/// Longest value of Uri-Host, Uri-Path and Uri-Query, in bytes.
const LONGEST: usize = 255;
const SCHEMES: &str = "coap, coaps, coap+tcp, coaps+tcp, coap+ws, coaps+ws";

/// A URI taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Uri {
    /// How the server is reached.
    pub(crate) scheme: Scheme,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub(crate) host: String,
    /// The port, named or that of the scheme.
    pub(crate) port: u16,
    /// Uri-Path options.
    pub(crate) path: Vec<Vec<u8>>,
    /// Uri-Query options.
    pub(crate) query: Vec<Vec<u8>>,
}

impl Uri {
    /// Takes a URI of CoAP apart. The error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Uri, String> {
        let uri = Uri::parse_any(text)?;
        if uri.scheme.is_mqtt() {
            return Err(format!("{} is none of {SCHEMES}", uri.scheme));
        }
        Ok(uri)
    }

    /// Takes a URI of any scheme that there is apart. The error is a sentence.
    pub(crate) fn parse_any(text: &str) -> Result<Uri, String> {
        let wrong = || {
            "it takes a URI such as coap://192.0.2.1/time or coap+tcp://[2001:db8::1]:5683/store/a"
                .to_owned()
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let Some(scheme) = Scheme::named(scheme) else {
            return Err(format!("{scheme} is none of {SCHEMES}"));
        };
        if rest.contains('#') {
            return Err("a fragment (#) has no place in a request".to_owned());
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let (host, port) = authority_of(authority).ok_or_else(wrong)?;
        let port = match port {
            "" => scheme.default_port(),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or("the port is 1 to 65535")?
            }
            _ => return Err(wrong()),
        };
        let path = match path.strip_prefix('/') {
            None | Some("") => Vec::new(),
            Some(path) => path.split('/').map(decoded).collect::<Result<_, _>>()?,
        };
        let query = match query {
            None | Some("") => Vec::new(),
            Some(query) => query.split('&').map(decoded).collect::<Result<_, _>>()?,
        };
        if path.iter().chain(&query).any(|part: &Vec<u8>| part.len() > LONGEST) {
            return Err("no segment and no argument may be longer than 255 bytes".to_owned());
        }
        Ok(Uri { scheme, host, port, path, query })
    }

    /// The value of Uri-Host: the name, in lower case; nothing for an address, which the server
    /// knows anyway.
    pub(crate) fn uri_host(&self) -> Option<String> {
        let bare = self.host.split_once('%').map_or(self.host.as_str(), |(address, _)| address);
        bare.parse::<IpAddr>().is_err().then(|| self.host.to_ascii_lowercase())
    }

    /// The host as it stands in a URI.
    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// Host and port, for connecting and for the Host header of a WebSocket.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    /// The same server, another path.
    pub(crate) fn with_path(&self, path: &[&str], query: Vec<Vec<u8>>) -> Uri {
        let path = path.iter().map(|segment| segment.as_bytes().to_vec()).collect();
        Uri { path, query, ..self.clone() }
    }
}

impl fmt::Display for Uri {
    /// The URI, with every byte escaped that could mean something else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.bracketed())?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        if self.path.is_empty() {
            f.write_str("/")?;
        }
        for segment in &self.path {
            f.write_str("/")?;
            escaped(f, segment)?;
        }
        for (n, argument) in self.query.iter().enumerate() {
            f.write_str(if n == 0 { "?" } else { "&" })?;
            escaped(f, argument)?;
        }
        Ok(())
    }
}

fn escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes {
        let c = char::from(*byte);
        if c.is_ascii_alphanumeric() || "-._~!$'()*+,;=:@".contains(c) {
            write!(f, "{c}")?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// Host and digits of the port.
fn authority_of(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        // A zone (RFC 6874): the percent sign before it is escaped in a URI.
        let host = host.replacen("%25", "%", 1);
        let address = host.split_once('%').map_or(host.as_str(), |(address, _)| address);
        address.parse::<std::net::Ipv6Addr>().ok()?;
        let port = if after.is_empty() { "" } else { after.strip_prefix(':')? };
        return Some((host, port));
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@[]\\".contains(c);
    let host = String::from_utf8(decoded(host).ok()?).ok()?;
    (!host.is_empty() && host.len() <= LONGEST && !host.contains(odd)).then_some((host, port))
}

/// The bytes of a part of a URI, `%` and two digits for one of them.
pub(crate) fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
                let value = digit().zip(digit()).and_then(|(a, b)| u8::try_from(a * 16 + b).ok());
                value.ok_or_else(|| format!("after each % of {text} two hexadecimal digits"))?
            }
            other => other,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|part| part.as_bytes().to_vec()).collect()
    }

    #[test]
    fn rfc7252_6_4_a_uri_becomes_options() {
        // URI, scheme, host, port, Uri-Host, path, query
        type Row = (
            &'static str,
            Scheme,
            &'static str,
            u16,
            Option<&'static str>,
            &'static [&'static str],
            &'static [&'static str],
        );
        let rows: [Row; 14] = [
            ("coap://[2001:db8::2:1]/", Scheme::Coap, "2001:db8::2:1", 5683, None, &[], &[]),
            (
                "coap://example.net/",
                Scheme::Coap,
                "example.net",
                5683,
                Some("example.net"),
                &[],
                &[],
            ),
            (
                "coap://EXAMPLE.net",
                Scheme::Coap,
                "EXAMPLE.net",
                5683,
                Some("example.net"),
                &[],
                &[],
            ),
            (
                "coap://xn--18j4d.example/%E3%81%93%E3%82%93",
                Scheme::Coap,
                "xn--18j4d.example",
                5683,
                Some("xn--18j4d.example"),
                &["\u{3053}\u{3093}"],
                &[],
            ),
            (
                "coap://198.51.100.1:61616//%2F//?%2F%2F&?%26",
                Scheme::Coap,
                "198.51.100.1",
                61616,
                None,
                &["", "/", "", ""],
                &["//", "?&"],
            ),
            ("coaps://192.0.2.1", Scheme::Coaps, "192.0.2.1", 5684, None, &[], &[]),
            ("coap+tcp://192.0.2.1/a", Scheme::CoapTcp, "192.0.2.1", 5683, None, &["a"], &[]),
            (
                "coaps+tcp://192.0.2.1/a/",
                Scheme::CoapsTcp,
                "192.0.2.1",
                5684,
                None,
                &["a", ""],
                &[],
            ),
            ("coap+ws://192.0.2.1", Scheme::CoapWs, "192.0.2.1", 80, None, &[], &[]),
            (
                "COAPS+WS://192.0.2.1?a=b&c",
                Scheme::CoapsWs,
                "192.0.2.1",
                443,
                None,
                &[],
                &["a=b", "c"],
            ),
            ("coap://h:1?", Scheme::Coap, "h", 1, Some("h"), &[], &[]),
            ("coap://h:?x", Scheme::Coap, "h", 5683, Some("h"), &[], &["x"]),
            ("coap://[fe80::1%25eth0]", Scheme::Coap, "fe80::1%eth0", 5683, None, &[], &[]),
            ("coap://a%2Eb/", Scheme::Coap, "a.b", 5683, Some("a.b"), &[], &[]),
        ];
        for (text, scheme, host, port, uri_host, path, query) in rows {
            let uri = Uri::parse(text).unwrap();
            let wanted =
                Uri { scheme, host: host.into(), port, path: parts(path), query: parts(query) };
            assert_eq!(uri, wanted, "{text}");
            assert_eq!(uri.uri_host().as_deref(), uri_host, "{text}");
            assert_eq!(Uri::parse(&uri.to_string()).unwrap().path, uri.path, "{uri}");
            assert_eq!(Uri::parse(&uri.to_string()).unwrap().query, uri.query, "{uri}");
        }
    }

    #[test]
    fn what_is_no_uri() {
        let long = format!("coap://h/{}", "x".repeat(256));
        for text in [
            "",
            "coap",
            "coap:",
            "coap://",
            "coap:///a",
            "h/a",
            "http://h",
            "coap://h#a",
            "coap://h:0",
            "coap://h:65536",
            "coap://h:a",
            "coap://[::1",
            "coap://[::g]",
            "coap://[::1]x",
            "coap://h/%",
            "coap://h/%4",
            "coap://h/%zz",
            "coap://a b/",
            "coap://user@h/",
            "coap://h/?%f",
            long.as_str(),
        ] {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }
}
