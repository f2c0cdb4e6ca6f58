//! What the certificate of a server has to be (LwM2M Core 1.1 section E.1, resources 4, 13 and 15 of the
//! Security object; RFC 6698 section 2.1.1): of an authority, one that is known beforehand, or both.

use crate::failure::Failure;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::sync::Arc;

/// How a certificate is told apart (resource 13, Matching Type).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Matching {
    Exact,
    Sha256,
    Sha384,
    Sha512,
}

impl Matching {
    /// By its number.
    pub(crate) const fn numbered(number: u64) -> Option<Matching> {
        Some(match number {
            0 => Matching::Exact,
            1 => Matching::Sha256,
            2 => Matching::Sha384,
            3 => Matching::Sha512,
            _ => return None,
        })
    }

    fn of(self, certificate: &[u8]) -> Vec<u8> {
        match self {
            Matching::Exact => certificate.to_vec(),
            Matching::Sha256 => Sha256::digest(certificate).to_vec(),
            Matching::Sha384 => Sha384::digest(certificate).to_vec(),
            Matching::Sha512 => Sha512::digest(certificate).to_vec(),
        }
    }
}

/// All that has to hold of a server's certificate.
#[derive(Debug)]
pub(crate) struct Expected {
    provider: Arc<CryptoProvider>,
    /// It is this one.
    one: Option<(Matching, Vec<u8>)>,
    /// Each of these finds a way from it to an authority of theirs, and the host's name in it.
    ways: Vec<Arc<WebPkiServerVerifier>>,
}

impl Expected {
    /// One that an authority vouches for.
    pub(crate) fn of(authorities: Vec<CertificateDer<'static>>) -> Result<Expected, Failure> {
        Expected::nothing().and_of(authorities)
    }

    /// This one. The host's name need not be in it.
    pub(crate) fn one(matching: Matching, data: Vec<u8>) -> Expected {
        Expected { one: Some((matching, data)), ..Expected::nothing() }
    }

    fn nothing() -> Expected {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Expected { provider, one: None, ways: Vec::new() }
    }

    /// And an authority of these vouches for it.
    pub(crate) fn and_of(
        mut self,
        authorities: Vec<CertificateDer<'static>>,
    ) -> Result<Expected, Failure> {
        let mut roots = RootCertStore::empty();
        // There may be some that nobody can use any more.
        let (added, _) = roots.add_parsable_certificates(authorities);
        if added == 0 {
            return Err(Failure::new("there is no authority to trust (--ca FILE)"));
        }
        let way =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone());
        let unfit = |error| Failure::new(format!("these authorities cannot be used: {error}"));
        self.ways.push(way.build().map_err(unfit)?);
        Ok(self)
    }

    /// Looks at a certificate that came alone.
    pub(super) fn check(&self, certificate: &[u8], host: &str) -> Result<(), String> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("{host} cannot be in a certificate"))?;
        let checked = self.verify_server_cert(
            &CertificateDer::from(certificate),
            &[],
            &name,
            &[],
            UnixTime::now(),
        );
        checked.map(|_| ()).map_err(|error| error.to_string())
    }
}

impl ServerCertVerifier for Expected {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some((matching, data)) = &self.one
            && matching.of(end_entity) != *data
        {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        for way in &self.ways {
            way.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
