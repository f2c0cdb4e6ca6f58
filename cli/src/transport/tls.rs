//! Certificates, and TLS under CoAP (RFC 8323 section 9) and HTTP: TLS 1.2 and 1.3, X25519MLKEM768
//! offered first.

use super::expected::Expected;
use super::scheme::Scheme;
use crate::failure::Failure;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_cert::der::Decode;

const HTTP: &[u8] = b"http/1.1";

/// The protocol to agree on by ALPN (RFC 8323 section 8.2); WebSocket begins as HTTP.
fn protocols(scheme: Scheme) -> Vec<Vec<u8>> {
    match scheme {
        Scheme::CoapsWs => vec![HTTP.to_vec()],
        _ => vec![b"coap".to_vec()],
    }
}

/// A certificate and its key as they are sent and used: the first of a chain.
#[derive(Clone)]
pub(crate) struct Own {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl fmt::Debug for Own {
    /// The key stays out of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

impl Own {
    /// Both in DER.
    pub(crate) const fn new(certificate: Vec<u8>, key: Vec<u8>) -> Own {
        Own { certificate, key }
    }

    fn of(chain: &[CertificateDer<'_>], key: &PrivateKeyDer<'_>) -> Own {
        let certificate = chain.first().map(|first| first.to_vec()).unwrap_or_default();
        Own { certificate, key: key.secret_der().to_vec() }
    }

    /// Reads both from files in PEM.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Own, Failure> {
        Ok(Own::of(&certificates(certificate)?, &private_key(key)?))
    }

    /// The certificate, in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The key, in DER.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}

/// Who a server says it is, and whose certificates it asks of its clients.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    tls: Arc<ServerConfig>,
    pub(super) own: Own,
    pub(super) clients: Option<Arc<dyn ClientCertVerifier>>,
}

impl Identity {
    /// Reads certificate and key from files in PEM.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Identity, Failure> {
        Identity::new(certificate, key, None)
    }

    /// The same for a server whose clients have to have certificates of these authorities.
    pub(crate) fn load_with_clients(
        certificate: &Path,
        key: &Path,
        authorities: &Path,
    ) -> Result<Identity, Failure> {
        let mut roots = RootCertStore::empty();
        for authority in certificates(authorities)? {
            roots.add(authority).map_err(|error| unfit(&error))?;
        }
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
        let clients = verifier.build().map_err(|error| unfit(&error))?;
        Identity::new(certificate, key, Some(clients))
    }

    fn new(
        certificate: &Path,
        key: &Path,
        clients: Option<Arc<dyn ClientCertVerifier>>,
    ) -> Result<Identity, Failure> {
        let (chain, key) = (certificates(certificate)?, private_key(key)?);
        let own = Own::of(&chain, &key);
        let builder = ServerConfig::builder();
        let builder = match &clients {
            Some(clients) => builder.with_client_cert_verifier(clients.clone()),
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key).map_err(|error| unfit(&error))?;
        Ok(Identity { tls: Arc::new(config), own, clients })
    }

    /// It can be shown over DTLS, too: ECDSA with P-256 or P-384.
    pub(crate) fn fits_dtls(&self) -> bool {
        super::dtls::fits(&self.own)
    }

    /// Clients have to have certificates.
    pub(crate) const fn asks_clients(&self) -> bool {
        self.clients.is_some()
    }

    pub(crate) fn acceptor(&self, scheme: Scheme) -> io::Result<TlsAcceptor> {
        Ok(self.acceptor_of(protocols(scheme)))
    }

    /// Takes connections for HTTP.
    pub(crate) fn http_acceptor(&self) -> TlsAcceptor {
        self.acceptor_of(vec![HTTP.to_vec()])
    }

    fn acceptor_of(&self, protocols: Vec<Vec<u8>>) -> TlsAcceptor {
        let mut config = ServerConfig::clone(&self.tls);
        config.alpn_protocols = protocols;
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Whose certificates a client trusts, and who it says it is.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    tls: Arc<ClientConfig>,
    pub(super) own: Option<Own>,
    pub(super) servers: Arc<Expected>,
}

impl Trust {
    /// Authorities from a file in PEM, else those of the system; with a certificate of its own if
    /// there are files for it.
    pub(crate) fn load(
        authorities: Option<&Path>,
        own: Option<(&Path, &Path)>,
    ) -> Result<Trust, Failure> {
        let own = match own {
            Some((certificate, key)) => Some((certificates(certificate)?, private_key(key)?)),
            None => None,
        };
        Trust::new(Expected::of(self::authorities(authorities)?)?, own)
    }

    /// For servers that are expected to be these, with a certificate of its own if there is one.
    pub(crate) fn of(servers: Expected, own: Option<&Own>) -> Result<Trust, Failure> {
        let own = match own {
            Some(Own { certificate, key }) => {
                let key = PrivateKeyDer::try_from(key.clone()).map_err(|error| unfit(&error))?;
                Some((vec![CertificateDer::from(certificate.clone())], key))
            }
            None => None,
        };
        Trust::new(servers, own)
    }

    fn new(
        servers: Expected,
        own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> Result<Trust, Failure> {
        let servers = Arc::new(servers);
        let builder =
            ClientConfig::builder().dangerous().with_custom_certificate_verifier(servers.clone());
        let kept = own.as_ref().map(|(chain, key)| Own::of(chain, key));
        let config = match own {
            Some((chain, key)) => {
                builder.with_client_auth_cert(chain, key).map_err(|error| unfit(&error))?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(Trust { tls: Arc::new(config), own: kept, servers })
    }

    /// What others need that make connections themselves.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        self.tls.clone()
    }

    /// Secures a connection to a host that proves to be it.
    pub(crate) async fn connect(
        &self,
        scheme: Scheme,
        host: &str,
        socket: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        self.connect_by(protocols(scheme), host, socket).await
    }

    /// The same for HTTP.
    pub(crate) async fn connect_http(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        self.connect_by(vec![HTTP.to_vec()], host, socket).await
    }

    async fn connect_by(
        &self,
        protocols: Vec<Vec<u8>>,
        host: &str,
        socket: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut config = ClientConfig::clone(&self.tls);
        config.alpn_protocols = protocols;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::other(format!("{host} cannot be in a certificate")))?;
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }
}

/// What a certificate says of who has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Names {
    /// The SHA-256 of the certificate.
    pub(crate) fingerprint: Vec<u8>,
    /// The subject (RFC 4514).
    pub(crate) subject: String,
    common: Option<String>,
    alternative: Vec<String>,
}

impl Names {
    /// Those of a certificate; `None` if it cannot be read.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Names> {
        let read = x509_cert::Certificate::from_der(certificate).ok()?;
        let subject = read.tbs_certificate().subject();
        let common = subject.common_name().ok().flatten();
        Some(Names {
            fingerprint: Sha256::digest(certificate).to_vec(),
            subject: subject.to_string(),
            common: common.map(|name| name.value().into_owned()),
            alternative: names(certificate),
        })
    }

    /// Its common name, then the alternative names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.common.iter().chain(&self.alternative).map(String::as_str)
    }
}

/// The names that a certificate is for (subjectAltName): those of DNS, and URIs.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else { return Vec::new() };
    let dns = certificate.valid_dns_names().map(str::to_owned);
    dns.chain(certificate.valid_uri_names().map(str::to_owned)).collect()
}

/// Authorities from a file in PEM, else those of the system.
pub(crate) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    match file {
        Some(file) => certificates(file),
        None => Ok(rustls_native_certs::load_native_certs().certs),
    }
}

fn unfit(error: &dyn fmt::Display) -> Failure {
    Failure::new(format!("this certificate cannot be used: {error}"))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(Failure::new(format!("there is no certificate in {}", file.display()))),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &rustls::pki_types::pem::Error) -> Failure {
    use rustls::pki_types::pem::Error;
    let file = file.display();
    match error {
        Error::Io(error) => Failure::io(format_args!("cannot read {file}"), error),
        Error::NoItemsFound => Failure::new(format!("there is nothing in PEM in {file}")),
        other => Failure::new(format!("cannot read {file}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    /// RFC-to-be of hybrid key agreement: what a client offers first survives a quantum computer.
    #[test]
    fn x25519mlkem768_is_offered_first() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let first = provider.kx_groups.first().unwrap().name();
        assert_eq!(first, rustls::NamedGroup::X25519MLKEM768);
    }
}
