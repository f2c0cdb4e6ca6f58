//! Where a server is, as people write it: a URI of CoAP or of a broker, which may have a user and a
//! password in it.

use crate::broker::Login;
use crate::coap::uri::{Uri, decoded};

/// A URI and who comes there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// Without user and password, which are nobody's business.
    pub(crate) uri: Uri,
    /// For a broker.
    pub(crate) login: Option<Login>,
}

impl Place {
    /// Reads a URI. The error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Place, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let Some((user, host)) = authority.rsplit_once('@') else {
            let uri = Uri::parse_any(text)?;
            return Place { uri, login: None }.checked();
        };
        let uri = Uri::parse_any(&format!("{scheme}://{host}{path}"))?;
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let plain =
            |text| String::from_utf8(decoded(text)?).map_err(|_| "it is no text".to_owned());
        let login = Some(Login { user: plain(user)?, password: plain(password)? });
        Place { uri, login }.checked()
    }

    fn checked(self) -> Result<Place, String> {
        let Place { uri, login } = &self;
        if login.is_some() && !uri.scheme.is_mqtt() {
            return Err("a user is something for mqtt and mqtts".to_owned());
        }
        if uri.scheme.is_mqtt() {
            let odd = |segment: &Vec<u8>| {
                let text = std::str::from_utf8(segment);
                !text.is_ok_and(|text| !text.is_empty() && !text.contains(['+', '#', '/', '\0']))
            };
            if !uri.query.is_empty() || uri.path.iter().any(odd) {
                return Err("behind the broker comes what stands before lwm2m in the topics: \
                            mqtt://HOST/PREFIX"
                    .to_owned());
            }
        }
        Ok(self)
    }

    /// What stands before `lwm2m` in the topics.
    pub(crate) fn prefix(&self) -> String {
        let segments = self.uri.path.iter().map(|segment| String::from_utf8_lossy(segment));
        segments.collect::<Vec<_>>().join("/")
    }

    /// The URI as the Security object has it.
    pub(crate) fn shown(&self) -> String {
        let Uri { scheme, .. } = &self.uri;
        let server = format!("{scheme}://{}", self.uri.authority());
        match self.prefix() {
            prefix if scheme.is_mqtt() && !prefix.is_empty() => format!("{server}/{prefix}"),
            _ => server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (text, shown, prefix, login) in [
            ("coap://127.0.0.1", "coap://127.0.0.1:5683", "", None),
            ("mqtt://broker", "mqtt://broker:1883", "", None),
            ("MQTT://broker/", "mqtt://broker:1883", "", None),
            ("mqtts://[::1]/city/east", "mqtts://[::1]:8883/city/east", "city/east", None),
            ("mqtt://me@h:1/a", "mqtt://h:1/a", "a", Some(("me", ""))),
            ("mqtt://me:p%40ss:w@h", "mqtt://h:1883", "", Some(("me", "p@ss:w"))),
        ] {
            let place = Place::parse(text).unwrap();
            assert_eq!((place.shown().as_str(), place.prefix().as_str()), (shown, prefix));
            let found = place.login.as_ref().map(|l| (l.user.as_str(), l.password.as_str()));
            assert_eq!(found, login, "{text}");
            assert!(!format!("{place:?}").contains("p@ss"), "{place:?}");
        }
        for text in [
            "",
            "broker",
            "http://broker",
            "coap://me@h",
            "mqtt://",
            "mqtt://me@",
            "mqtt://h/a/+",
            "mqtt://h/%23",
            "mqtt://h/a//b",
            "mqtt://h/a?b",
            "mqtt://%ff@h",
        ] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
