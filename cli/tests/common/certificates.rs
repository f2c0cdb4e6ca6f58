//! Certificates for tests, in files.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests")]

use super::cse::Folder;
use rcgen::{CertificateParams, DnType, KeyPair};

/// Files with a certificate that vouches for itself, for a common name and alternative names, and
/// with its key.
pub(crate) fn certificate(
    folder: &Folder,
    file: &str,
    common: &str,
    names: &[&str],
) -> [String; 2] {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, common);
    let key = KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    [("pem", made.pem()), ("key", key.serialize_pem())].map(|(kind, text)| {
        let path = folder.file(&format!("{file}.{kind}"));
        std::fs::write(&path, text).unwrap();
        path
    })
}
