//! Who may come, and as whom: identities with keys for DTLS, security contexts of OSCORE, rules for
//! the certificates of TLS.

use super::credential::{Certificate, Proof};
use crate::hex::to_hex;
use crate::transport::{Keyring, Proven};
use coap_core::SecurityId;
use m2m_base::PeerId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A credential at work.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) endpoint: String,
    pub(super) proof: Proof,
    /// Of one with a context: the context at the engine, and what its numbers are kept under.
    pub(super) context: Option<(SecurityId, Option<String>)>,
}

/// All credentials, and the sessions that began with them.
#[derive(Debug, Default)]
pub(crate) struct Access {
    pub(super) keys: Keyring,
    pub(super) entries: BTreeMap<String, Entry>,
    /// Identities by the certificate that they are shown by.
    pub(super) certificates: BTreeMap<Certificate, String>,
    /// Sessions by the identity that they were begun with.
    pub(super) sessions: BTreeMap<PeerId, String>,
    /// The sequence numbers that were used under a security context, also of one that was taken
    /// away: with the same keys no number is used twice (RFC 8613 section 7.2.1).
    pub(super) sequences: BTreeMap<String, u64>,
}

impl Access {
    /// The identity and the endpoint that a peer has shown to be. Who has a certificate that no
    /// rule names is the endpoint that the certificate is named after (Transport section 5.2.8).
    pub(super) fn who(&self, proven: Proven<'_>) -> Option<(Option<String>, String)> {
        let identity = match proven {
            Proven::Psk(identity) => Some(std::str::from_utf8(identity).ok()?.to_owned()),
            Proven::Certificate(names) => {
                let all = [
                    Certificate::Fingerprint(names.fingerprint.clone()),
                    Certificate::Subject(names.subject.clone()),
                ];
                let named = names.all().map(|name| Certificate::Name(name.to_owned()));
                let found = all.into_iter().chain(named).find_map(|c| self.certificates.get(&c));
                found.cloned()
            }
            Proven::Topic(endpoint) => return Some((None, endpoint.to_owned())),
        };
        match (&identity, proven) {
            (Some(name), _) => {
                let endpoint = self.entries.get(name)?.endpoint.clone();
                Some((identity, endpoint))
            }
            (None, Proven::Certificate(names)) => Some((None, names.all().next()?.to_owned())),
            (None, Proven::Psk(_) | Proven::Topic(_)) => None,
        }
    }
}

/// What the sequence numbers under some keys are kept under: it tells nothing of the keys.
pub(super) fn record_of(shared: &crate::coap::oscore::Shared) -> String {
    let p = shared.parameters();
    let mut hash = Sha256::new();
    for part in [
        p.master_secret,
        p.master_salt,
        p.sender_id,
        p.recipient_id,
        &[u8::from(p.id_context.is_some())],
        p.id_context.unwrap_or_default(),
        &[p.aead.number()],
    ] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    to_hex(&hash.finalize())
}
