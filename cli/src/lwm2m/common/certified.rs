//! The certificate of a device, its key, and the certificate of a server, as people write them: in PEM.

use lwm2m_core::bootstrap_server::Security;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What a device is to show, and whom to expect (LwM2M Core 1.1 section E.1, resources 3, 4, 5 and 15 of
/// the Security object).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certified {
    #[serde(deserialize_with = "certificate")]
    certificate: Pem,
    #[serde(deserialize_with = "key")]
    key: Pem,
    /// Of the server, or of an authority. Without it the device trusts whom it trusts.
    #[serde(default, deserialize_with = "server", skip_serializing_if = "Option::is_none")]
    server: Option<Pem>,
    /// What that is, 0 to 3; 3, the server's own, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

impl fmt::Debug for Certified {
    /// The key stays out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certified").finish_non_exhaustive()
    }
}

impl Certified {
    pub(crate) fn security(&self) -> Security<'_> {
        let server = self.server.as_ref().map_or(&[][..], |server| &server.der);
        Security::certificate(&self.certificate.der, &self.key.der, server)
    }

    pub(crate) fn usage(&self) -> Option<u64> {
        self.usage.map(|Usage(number)| number)
    }
}

/// Certificate Usage.
#[derive(Clone, Copy, Serialize)]
struct Usage(u64);

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Usage, D::Error> {
        let number = u64::deserialize(from)?;
        let known = (number <= 3).then_some(Usage(number));
        known.ok_or_else(|| D::Error::custom("the usage of a certificate is 0 to 3"))
    }
}

/// Text, and the first thing in it.
#[derive(Clone)]
struct Pem {
    text: String,
    der: Vec<u8>,
}

impl Serialize for Pem {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

fn certificate<'de, D: Deserializer<'de>>(from: D) -> Result<Pem, D::Error> {
    let read = |text: &str| Some(CertificateDer::from_pem_slice(text.as_bytes()).ok()?.to_vec());
    pem(from, read, "a certificate is text in PEM")
}

fn server<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pem>, D::Error> {
    certificate(from).map(Some)
}

fn key<'de, D: Deserializer<'de>>(from: D) -> Result<Pem, D::Error> {
    let read = |text: &str| {
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()?;
        Some(key.secret_der().to_vec())
    };
    pem(from, read, "a key is text in PEM")
}

/// Whatever stands there, the error does not quote it.
fn pem<'de, D: Deserializer<'de>>(
    from: D,
    read: impl Fn(&str) -> Option<Vec<u8>>,
    words: &str,
) -> Result<Pem, D::Error> {
    let json = serde_json::Value::deserialize(from)?;
    let found =
        json.as_str().and_then(|text| Some(Pem { text: text.to_owned(), der: read(text)? }));
    found.ok_or_else(|| D::Error::custom(words))
}
