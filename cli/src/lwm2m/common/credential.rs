//! What lets an endpoint in, as people write it: in TOML, or in JSON.

use crate::coap::oscore::Shared;
use crate::hex::{from_hex, to_hex};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value as Json, json};
use std::fmt;

/// Shortest and longest key, in bytes.
const KEY: std::ops::RangeInclusive<usize> = 8..=64;
/// Longest identity and longest name of an endpoint, in bytes.
const IDENTITY: usize = 128;
const NAME: usize = 255;

/// What a reader of JSON or TOML says of a mistake, without the value that it quotes: that may be
/// a key.
pub(crate) fn without_values(error: &str) -> String {
    let quotes = ["invalid type: ", "invalid value: "].iter().any(|start| error.starts_with(start));
    match error.rfind(", expected ").filter(|_| quotes) {
        Some(at) => error.get(at + 2..).unwrap_or_default().to_owned(),
        None => error.to_owned(),
    }
}

/// A key in hexadecimal digits. It is never shown.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Key {
    /// Whatever stands there, the error does not quote it.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Key, D::Error> {
        let key = Json::deserialize(from)?.as_str().and_then(from_hex);
        let key = key.filter(|key| KEY.contains(&key.len())).map(Key);
        key.ok_or_else(|| D::Error::custom("a key is text of 16 to 128 hexadecimal digits"))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A security context of OSCORE, and how it was written.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) shared: Shared,
    written: Json,
}

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Context, D::Error> {
        let written = Json::deserialize(from)?;
        let shared = Shared::read(&written).map_err(D::Error::custom)?;
        shared.check().map_err(D::Error::custom)?;
        Ok(Context { shared, written })
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(to)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context(..)")
    }
}

/// Which certificate is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Certificate {
    /// The one with this SHA-256.
    Fingerprint(Vec<u8>),
    /// One with this subject (RFC 4514).
    Subject(String),
    /// One with this common name or alternative name.
    Name(String),
}

impl Certificate {
    /// `sha256:HEX`, with or without colons; `CN=a,O=b`; anything else is a name.
    fn parse(text: &str) -> Option<Certificate> {
        if let Some(hex) = text.strip_prefix("sha256:") {
            let bytes = from_hex(&hex.replace(':', ""))?;
            return (bytes.len() == 32).then_some(Certificate::Fingerprint(bytes));
        }
        match text {
            "" => None,
            text if text.len() > 1024 => None,
            text if text.contains('=') => Some(Certificate::Subject(text.to_owned())),
            text => Some(Certificate::Name(text.to_owned())),
        }
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Certificate::Fingerprint(bytes) => write!(f, "sha256:{}", to_hex(bytes)),
            Certificate::Subject(text) | Certificate::Name(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Certificate, D::Error> {
        let found = Json::deserialize(from)?.as_str().and_then(Certificate::parse);
        found.ok_or_else(|| {
            D::Error::custom(
                "a certificate is \"sha256:\" and 64 hexadecimal digits, a subject such as \
                 \"CN=sensor-1,O=Acme\", or one of its names",
            )
        })
    }
}

impl Serialize for Certificate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Somebody who may come, and what shows that it is them: one of key, context and certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    /// What it is called; only in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oscore: Option<Context>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate>,
    /// Which endpoint that is; the one of the same name if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
}

/// What shows who somebody is.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// The key of an identity, by DTLS.
    Psk(Key),
    Oscore(Box<Context>),
    /// A certificate that an authority vouches for, by TLS.
    Certificate(Certificate),
}

impl Credential {
    /// The identity that a file names.
    pub(crate) fn take_identity(&mut self) -> Result<String, String> {
        self.identity.take().ok_or_else(|| "it needs an identity".to_owned())
    }

    /// What it says: the endpoint and the proof. The error is in words.
    pub(crate) fn read(&self, identity: &str) -> Result<(String, Proof), String> {
        if self.identity.is_some() {
            return Err("whose it is the path says".to_owned());
        }
        let endpoint = self.endpoint.as_deref().unwrap_or(identity);
        let fits = (1..=IDENTITY).contains(&identity.len()) && (1..=NAME).contains(&endpoint.len());
        if !fits {
            let words = "an identity is at most 128 bytes, the name of an endpoint at most 255";
            return Err(words.to_owned());
        }
        let proof = match (&self.key, &self.oscore, &self.certificate) {
            (Some(key), None, None) => Proof::Psk(key.clone()),
            (None, Some(context), None) => Proof::Oscore(Box::new(context.clone())),
            (None, None, Some(certificate)) => Proof::Certificate(certificate.clone()),
            _ => return Err("it takes one of key, oscore and certificate".to_owned()),
        };
        Ok((endpoint.to_owned(), proof))
    }
}

/// What is shown of a credential: never the secret.
pub(crate) fn public(identity: &str, endpoint: &str, proof: &Proof) -> Json {
    let mut shown = json!({"identity": identity, "endpoint": endpoint, "kind": match proof {
        Proof::Psk(_) => "psk",
        Proof::Oscore(_) => "oscore",
        Proof::Certificate(_) => "certificate",
    }});
    if let (Proof::Certificate(certificate), Json::Object(shown)) = (proof, &mut shown) {
        shown.insert("certificate".to_owned(), json!(certificate.to_string()));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn what_a_credential_says() {
        for (text, kind) in [
            (json!({"key": SECRET}), "psk"),
            (
                json!({"oscore": {"master_secret": SECRET, "sender_id": "01",
                    "recipient_id": "02"}, "endpoint": "a"}),
                "oscore",
            ),
            (json!({"certificate": "CN=a,O=b"}), "certificate"),
            (json!({"certificate": format!("sha256:{}", "AB:".repeat(31) + "ab")}), "certificate"),
        ] {
            let credential: Credential = serde_json::from_value(text).unwrap();
            let (endpoint, proof) = credential.read("a").unwrap();
            let shown = public("a", &endpoint, &proof);
            assert_eq!(
                (shown["kind"].as_str(), shown["endpoint"].as_str()),
                (Some(kind), Some("a"))
            );
            let kept = serde_json::to_value(&credential).unwrap();
            let again: Credential = serde_json::from_value(kept.clone()).unwrap();
            assert_eq!(serde_json::to_value(again).unwrap(), kept);
            for text in [shown.to_string(), format!("{credential:?}")] {
                assert!(!text.contains(SECRET), "{text}");
            }
        }
    }

    #[test]
    fn mistakes_are_told_without_what_was_written() {
        for (text, words) in [
            (json!({"key": 11_223_344_556_677_u64}), "16 to 128 hexadecimal"),
            (json!({"key": [SECRET]}), "16 to 128 hexadecimal"),
            (json!({"key": format!("{SECRET}x")}), "16 to 128 hexadecimal"),
            (json!({"oscore": SECRET}), "no JSON object"),
            (
                json!({"oscore": {"master_secret": SECRET, "sender_id": "01", "recipient_id": "01"}}),
                "two ids that differ",
            ),
            (
                json!({"oscore": {"master_secret": "", "sender_id": "01", "recipient_id": "02"}}),
                "it takes a secret",
            ),
            (json!({"certificate": "sha256:00"}), "64 hexadecimal digits"),
            (json!({"endpoint": {"a": SECRET}}), "expected a string"),
            (json!(SECRET), "expected struct Credential"),
            (json!({"secret": SECRET}), "unknown field `secret`"),
        ] {
            let error = serde_json::from_value::<Credential>(text).unwrap_err().to_string();
            let error = without_values(&error);
            assert!(error.contains(words), "{error}");
            assert!(!error.contains(SECRET) && !error.contains("1122"), "{error}");
        }
        for text in [json!({}), json!({"key": SECRET, "certificate": "a"})] {
            let credential: Credential = serde_json::from_value(text).unwrap();
            assert!(credential.read("a").unwrap_err().contains("one of key, oscore"));
        }
    }
}
