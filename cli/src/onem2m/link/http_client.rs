//! HTTP (TS-0009): requests that go out, over connections that are kept.

use crate::onem2m::uri::{Scheme, Uri};
use crate::web::client::{Client as Web, Failure, Request as Sent, Server};
use onem2m_core::binding::http::{self, IncomingResponse};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

pub(crate) use crate::web::client::Files;

/// Asks servers.
#[derive(Default)]
pub(crate) struct Client(Web);

impl Client {
    /// One that uses these files.
    pub(crate) fn new(files: Files) -> Client {
        Client(Web::new(files))
    }

    /// Secures a connection to a host. The error is in words.
    pub(crate) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, String> {
        self.0.secure(host, stream).await
    }

    /// Sends a request to the server of a URI, and waits for the response. The error is in words.
    /// `prefix` is what the server has in front of its CSE.
    pub(crate) async fn ask(
        &self,
        server: &Uri,
        prefix: &str,
        request: &Request,
        serialization: Serialization,
    ) -> Result<Response, String> {
        let answer = self.attempt(server, prefix, request, serialization).await;
        answer.map_err(|failure| failure.words)
    }

    /// The same; the error says whether the server may have got the request.
    pub(crate) async fn attempt(
        &self,
        server: &Uri,
        prefix: &str,
        request: &Request,
        serialization: Serialization,
    ) -> Result<Response, Failure> {
        let options = http::Options { media: super::plain(serialization), prefix };
        let sent = http::write_request(request, &options)
            .map_err(|error| Failure { words: error.to_string(), sent: false })?;
        let tls = server.scheme == Scheme::Https;
        let place = Server { tls, host: server.host.clone(), port: server.port };
        let headers: Vec<(&str, &str)> =
            sent.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let message =
            Sent { method: sent.method, target: &sent.target, headers: &headers, body: &sent.body };
        let answer = self.0.attempt(&place, &message).await?;
        let headers: Vec<(&str, &[u8])> =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let status = answer.status;
        let message = IncomingResponse { status, headers: &headers, body: &answer.body };
        http::read_response(&message).map_err(|error| Failure {
            words: format!("HTTP status {status}, and no response of oneM2M: {error}"),
            sent: true,
        })
    }
}
