//! Where URIs lead.

use core::ffi::c_char;

use super::outgoing::M2M_ONEM2M_HOST_SIZE;
use crate::onem2m::binding::m2m_onem2m_binding::{
    self, M2M_ONEM2M_COAP, M2M_ONEM2M_HTTP, M2M_ONEM2M_MQTT, M2M_ONEM2M_WEBSOCKET,
};

/// Where a URI leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place<'a> {
    pub(super) binding: m2m_onem2m_binding,
    pub(super) secure: bool,
    /// Without the brackets of IPv6.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// As it goes into the header Host.
    pub(super) authority: &'a str,
    /// What is before the addresses of resources there, without a slash at its end.
    pub(super) path: &'a str,
    /// Path and query.
    pub(super) rest: &'a str,
}

impl<'a> Place<'a> {
    /// The last segment of the path: an entity, behind the address of a broker.
    pub(super) fn last_segment(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or("")
    }

    /// Who is reached by a WebSocket of theirs: the path, or without one the host (`ws://Cae`).
    pub(super) fn name(&self) -> &'a str {
        match self.path.trim_matches('/') {
            "" => self.host,
            path => path,
        }
    }
}

const SCHEMES: [(&str, m2m_onem2m_binding, bool, u16); 8] = [
    ("http", M2M_ONEM2M_HTTP, false, 80),
    ("https", M2M_ONEM2M_HTTP, true, 443),
    ("coap", M2M_ONEM2M_COAP, false, 5683),
    ("coaps", M2M_ONEM2M_COAP, true, 5684),
    ("mqtt", M2M_ONEM2M_MQTT, false, 1883),
    ("mqtts", M2M_ONEM2M_MQTT, true, 8883),
    ("ws", M2M_ONEM2M_WEBSOCKET, false, 80),
    ("wss", M2M_ONEM2M_WEBSOCKET, true, 443),
];

/// `None` for a URI of another scheme, and for one that is none.
pub(super) fn place(uri: &str) -> Option<Place<'_>> {
    let (scheme, rest) = uri.split_once("://")?;
    let found = SCHEMES.into_iter().find(|(own, ..)| scheme.eq_ignore_ascii_case(own));
    let (_, binding, secure, default) = found?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let rest = rest.split('#').next()?;
    let path = rest.split('?').next()?.trim_end_matches('/');
    // It goes into a header as it is.
    if authority.is_empty() || !authority.bytes().all(|b| b.is_ascii_graphic() && b != b'@') {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => default,
    };
    let fits = !host.is_empty() && host.len() < M2M_ONEM2M_HOST_SIZE;
    fits.then_some(Place { binding, secure, host, port, authority, path, rest })
}

/// Text for C, cut if it is too long, with a NUL behind it.
pub(super) fn copied(text: &str) -> [c_char; M2M_ONEM2M_HOST_SIZE] {
    let mut room = [0; M2M_ONEM2M_HOST_SIZE];
    let last = M2M_ONEM2M_HOST_SIZE - 1;
    for (to, from) in room.iter_mut().take(last).zip(text.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_lead_to_places() {
        let at = |uri| {
            place(uri).map(|p| (p.secure, p.host.to_owned(), p.port, p.authority.len(), p.path))
        };
        let host = |text: &str| text.to_owned();
        assert_eq!(at("http://a"), Some((false, host("a"), 80, 1, "")));
        assert_eq!(at("HTTPS://a/"), Some((true, host("a"), 443, 1, "")));
        assert_eq!(at("http://a:8080/n/x?q"), Some((false, host("a"), 8080, 6, "/n/x")));
        assert_eq!(at("http://[2001:db8::1]:9/"), Some((false, host("2001:db8::1"), 9, 15, "")));
        let (coap, mqtt) = (place("COAP://a/x").unwrap(), place("mqtts://b/p/Cae/").unwrap());
        assert_eq!((coap.binding, coap.port, coap.secure), (M2M_ONEM2M_COAP, 5683, false));
        assert_eq!((mqtt.binding, mqtt.port, mqtt.secure), (M2M_ONEM2M_MQTT, 8883, true));
        assert_eq!(mqtt.last_segment(), "Cae");
        let (one, other) = (place("ws://Cae").unwrap(), place("wss://h:1/Cae?x#y").unwrap());
        assert_eq!((one.name(), one.port, one.rest), ("Cae", 80, ""));
        assert_eq!((other.name(), other.port, other.rest), ("Cae", 1, "/Cae?x"));
        for uri in [
            "",
            "http",
            "http://",
            "ftp://a",
            "http://:80",
            "http://a:b",
            "http://a:70000",
            "http://u@a",
            "http://[::1",
            "http://a b/",
        ] {
            assert_eq!(at(uri), None, "{uri}");
        }
        assert_eq!(at(&format!("http://{}/", "h".repeat(256))), None);
    }
}
