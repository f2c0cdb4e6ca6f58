//! HTTP (TS-0009): requests that go out, over connections that are kept.

use crate::failure::reason;
use crate::onem2m::uri::{Scheme, Uri};
use crate::transport::Trust;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use onem2m_core::binding::http::{self, IncomingResponse, OutgoingRequest};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Longest body of a response, in bytes.
const LONGEST: usize = 64 << 20;
/// Connections to one server that are kept while nobody needs them.
const IDLE: usize = 16;

type Connection = SendRequest<Full<Bytes>>;

/// Files for TLS: the authorities to trust, else those of the system, and who we say we are.
#[derive(Clone, Default, Debug)]
pub(crate) struct Files {
    pub(crate) authorities: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

/// A server: whether by TLS, its host and port.
type Key = (bool, String, u16);

/// Asks servers.
#[derive(Default)]
pub(crate) struct Client {
    idle: RefCell<BTreeMap<Key, Vec<Connection>>>,
    files: Files,
    /// What is in the files, read when it is needed.
    trust: OnceCell<Trust>,
}

impl Client {
    /// One that uses these files.
    pub(crate) fn new(files: Files) -> Client {
        Client { files, ..Client::default() }
    }

    fn trust(&self) -> Result<&Trust, String> {
        if let Some(trust) = self.trust.get() {
            return Ok(trust);
        }
        let Files { authorities, certificate, key } = &self.files;
        let own = certificate.as_deref().zip(key.as_deref());
        let trust = Trust::load(authorities.as_deref(), own).map_err(|e| e.words().to_owned())?;
        Ok(self.trust.get_or_init(|| trust))
    }

    async fn connect(&self, server: &Uri) -> Result<Connection, String> {
        let stream = TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|error| reason(&error))?;
        // What goes out is whole: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        if server.scheme != Scheme::Https {
            return begin(stream).await;
        }
        let secured = self.trust()?.connect_http(&server.host, stream).await;
        begin(secured.map_err(|error| format!("no secure connection: {}", reason(&error)))?).await
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
        let options = http::Options { media: super::plain(serialization), prefix };
        let sent = http::write_request(request, &options).map_err(|error| error.to_string())?;
        let key = (server.scheme == Scheme::Https, server.host.clone(), server.port);
        // A connection that was kept may be closed by the server at the moment it is used.
        while let Some(mut connection) = self.kept(&key) {
            if connection.ready().await.is_ok()
                && let Ok(answer) = exchange(&mut connection, server, &sent).await
            {
                self.keep(key, connection);
                return read(answer);
            }
        }
        let mut connection = self.connect(server).await?;
        let answer = exchange(&mut connection, server, &sent).await?;
        self.keep(key, connection);
        read(answer)
    }

    fn kept(&self, key: &Key) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let list = idle.get_mut(key)?;
        let found = std::iter::from_fn(|| list.pop()).find(|connection| !connection.is_closed());
        if list.is_empty() {
            idle.remove(key);
        }
        found
    }

    fn keep(&self, key: Key, connection: Connection) {
        let mut idle = self.idle.borrow_mut();
        let list = idle.entry(key).or_default();
        if list.len() < IDLE && !connection.is_closed() {
            list.push(connection);
        }
    }
}

async fn begin(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
) -> Result<Connection, String> {
    let (connection, work) = handshake(TokioIo::new(stream)).await.map_err(words)?;
    tokio::task::spawn_local(async move {
        // How it ends shows where it is used.
        let _ = work.await;
    });
    Ok(connection)
}

/// Status, headers and body.
type Answer = (u16, Vec<(String, Vec<u8>)>, Bytes);

async fn exchange(
    connection: &mut Connection,
    server: &Uri,
    sent: &OutgoingRequest,
) -> Result<Answer, String> {
    let body = Full::new(Bytes::copy_from_slice(&sent.body));
    let mut request = hyper::Request::builder()
        .method(sent.method)
        .uri(sent.target.as_str())
        .header(HOST, server.authority())
        .body(body)
        .map_err(|error| error.to_string())?;
    for (name, value) in &sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| error.to_string())?;
        request.headers_mut().append(name, value);
    }
    let answer = connection.send_request(request).await.map_err(words)?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(|error| error.to_string())?;
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    Ok((parts.status.as_u16(), headers, body.to_bytes()))
}

fn read((status, headers, body): Answer) -> Result<Response, String> {
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let message = IncomingResponse { status, headers: &headers, body: &body };
    http::read_response(&message)
        .map_err(|error| format!("HTTP status {status}, and no response of oneM2M: {error}"))
}

fn words(error: hyper::Error) -> String {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return "the connection was closed before the response".to_owned();
    }
    error.to_string()
}
