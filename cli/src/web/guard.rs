//! Who may ask.

use super::Problem;
use crate::failure::{Failure, USAGE};
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use std::net::{IpAddr, SocketAddr};

/// Where the token is taken from if the command line has none: there others can see it.
pub(crate) const VARIABLE: &str = "M2M_TOKEN";

/// Lets requests in that bring the token. Without a token: those of this machine that no web page
/// caused.
#[derive(Clone)]
pub(crate) struct Guard {
    token: Option<Box<str>>,
}

impl std::fmt::Debug for Guard {
    /// The token stays out of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("token", &self.token.is_some()).finish()
    }
}

impl Guard {
    /// For a server on `address`, which `option` names, with the token of the command line or of the environment.
    ///
    /// # Errors
    /// Others can reach the address, and there is no token; or the token cannot be in a header.
    pub(crate) fn new(
        option: &str,
        address: SocketAddr,
        token: Option<&str>,
    ) -> Result<Guard, Failure> {
        let token = match token {
            Some(token) => Some(token.to_owned()),
            None => std::env::var(VARIABLE).ok().filter(|token| !token.is_empty()),
        };
        let usage = |words: String| Err(Failure::new(words).exits(USAGE));
        match &token {
            Some(token) if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) => {
                usage("a token is letters, digits and signs without spaces".to_owned())
            }
            None if !address.ip().is_loopback() => usage(format!(
                "{option} {address} can be reached by others: it needs --token TOKEN (or {VARIABLE})"
            )),
            _ => Ok(Guard { token: token.map(String::into_boxed_str) }),
        }
    }

    /// Is this request let in?
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let of = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(token) = &self.token else {
            // A name that leads here may be that of a web page elsewhere (DNS rebinding).
            if !of(HOST).is_none_or(is_here) {
                return Err(Problem::new(421, "without a token the host has to be this machine"));
            }
            let own = of(ORIGIN).is_none_or(|origin| {
                origin.split_once("://").is_some_and(|(_, host)| Some(host) == of(HOST))
            });
            return match own {
                true => Ok(()),
                false => Err(Problem::new(403, "without a token web pages may not ask")),
            };
        };
        let given = of(AUTHORIZATION).and_then(|text| {
            let (scheme, rest) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("Bearer").then(|| rest.trim())
        });
        match given {
            Some(given) if same(token.as_bytes(), given.as_bytes()) => Ok(()),
            _ => Err(Problem::new(401, "this needs the header Authorization: Bearer TOKEN")
                .header("www-authenticate", "Bearer")),
        }
    }
}

/// A host of this machine alone, with or without a port.
fn is_here(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Compares in a time that tells nothing of where the difference is.
fn same(wanted: &[u8], given: &[u8]) -> bool {
    let mut different = u8::from(wanted.len() != given.len());
    // As many steps as there are given bytes, whatever is wanted.
    for (own, given) in wanted.iter().cycle().zip(given) {
        different |= std::hint::black_box(own ^ given);
    }
    std::hint::black_box(different) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn headers(rows: &[(HeaderName, &'static str)]) -> HeaderMap {
        rows.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn who_may_ask() {
        let own: SocketAddr = ([127, 0, 0, 1], 80).into();
        let open = Guard { token: None };
        for (rows, lets) in [
            (&[(HOST, "127.0.0.1:8080")][..], true),
            (&[(HOST, "localhost:8080")], true),
            (&[(HOST, "[::1]:8080")], true),
            (&[(HOST, "[::1]")], true),
            (&[(HOST, "evil.example:8080")], false),
            (&[(HOST, "localhost:1"), (ORIGIN, "http://evil.example")], false),
            (&[(HOST, "localhost:1"), (ORIGIN, "http://localhost:1")], true),
            (&[(HOST, "192.0.2.1")], false),
        ] {
            assert_eq!(open.check(&headers(rows)).is_ok(), lets, "{rows:?}");
        }
        let guarded = Guard::new("--http", own, Some("secret")).unwrap();
        for (value, lets) in [
            ("Bearer secret", true),
            ("bearer secret", true),
            ("Bearer secre", false),
            ("Bearer secrets", false),
            ("Bearer secretsecret", false),
            ("Bearer ", false),
            ("Basic secret", false),
        ] {
            assert_eq!(guarded.check(&headers(&[(AUTHORIZATION, value)])).is_ok(), lets, "{value}");
        }
        assert!(guarded.check(&headers(&[])).is_err());
        assert!(Guard::new("--http", ([0, 0, 0, 0], 80).into(), Some("x")).is_ok());
        assert!(Guard::new("--http", own, Some("a b")).is_err());
        assert!(!format!("{guarded:?}").contains("secret"));
    }
}
