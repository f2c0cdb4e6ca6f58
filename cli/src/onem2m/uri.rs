//! URIs of servers and of resources on them.

use std::fmt;

/// How a server is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scheme {
    Http,
    Https,
    Coap,
    Coaps,
    Mqtt,
    Mqtts,
    Ws,
    Wss,
}

impl Scheme {
    const ALL: [(&'static str, Scheme, u16); 8] = [
        ("http", Scheme::Http, 80),
        ("https", Scheme::Https, 443),
        ("coap", Scheme::Coap, 5683),
        ("coaps", Scheme::Coaps, 5684),
        ("mqtt", Scheme::Mqtt, 1883),
        ("mqtts", Scheme::Mqtts, 8883),
        ("ws", Scheme::Ws, 80),
        ("wss", Scheme::Wss, 443),
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Coap => "coap",
            Scheme::Coaps => "coaps",
            Scheme::Mqtt => "mqtt",
            Scheme::Mqtts => "mqtts",
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
        }
    }
}

/// A URI in its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Uri {
    pub(crate) scheme: Scheme,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What follows, a query included; empty or beginning with a slash.
    pub(crate) path: String,
}

impl Uri {
    /// Reads a URI of a scheme that there is.
    pub(crate) fn parse(text: &str) -> Result<Uri, String> {
        let wrong =
            || "it takes a URI such as http://127.0.0.1:8080; also https, coap(s), mqtt(s), ws(s)";
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        let known = Scheme::ALL.into_iter().find(|(name, _, _)| *name == scheme);
        let (_, scheme, default) = known.ok_or_else(|| format!("{scheme} is not supported"))?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = host_and_port(authority, default).ok_or_else(wrong)?;
        let path = path.split_once('#').map_or(path, |(path, _)| path);
        Ok(Uri { scheme, host, port, path: path.to_owned() })
    }

    /// Host and port as they stand in a URI.
    pub(crate) fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// The same server, without what follows.
    pub(crate) fn server(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.server(), self.path)
    }
}

/// Host and port of an authority; `None` if it is none.
fn host_and_port(authority: &str, default: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after.strip_prefix(':').or(after.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@%[]".contains(c);
    if host.is_empty() || host.contains(odd) {
        return None;
    }
    let port = match port {
        "" => default,
        digits => digits.parse().ok().filter(|port| *port != 0)?,
    };
    Some((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for (text, shown) in [
            ("http://127.0.0.1:8080/~/id-in/cse-in", "http://127.0.0.1:8080/~/id-in/cse-in"),
            ("HTTP://host", "http://host:80"),
            ("coap://[::1]/x?y=1#z", "coap://[::1]:5683/x?y=1"),
            ("mqtt://broker/", "mqtt://broker:1883/"),
            ("mqtts://broker", "mqtts://broker:8883"),
            ("coaps://[::1]", "coaps://[::1]:5684"),
            ("ws://h:1", "ws://h:1"),
        ] {
            assert_eq!(Uri::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "host", "http://", "http://:1", "http://a:0", "http://a b", "ftp://a"] {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }
}
