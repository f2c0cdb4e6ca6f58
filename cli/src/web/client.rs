//! Requests that go out, over connections that are kept.

use crate::failure::reason;
use crate::transport::Trust;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

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

/// Where to ask.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Server {
    pub(crate) tls: bool,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Server {
    fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path and query, encoded.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) words: String,
    /// The server may have got the request.
    pub(crate) sent: bool,
}

/// Asks servers.
#[derive(Default)]
pub(crate) struct Client {
    idle: RefCell<BTreeMap<Server, Vec<Connection>>>,
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

    async fn connect(&self, server: &Server) -> Result<Connection, String> {
        let stream = TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|error| reason(&error))?;
        // What goes out is whole: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        if !server.tls {
            return begin(stream).await;
        }
        begin(self.secure(&server.host, stream).await?).await
    }

    /// Secures a connection to a host. The error is in words.
    pub(crate) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, String> {
        let secured = self.trust()?.connect_http(host, stream).await;
        secured.map_err(|error| format!("no secure connection: {}", reason(&error)))
    }

    /// Sends a request, and waits for the response. The error is in words.
    pub(crate) async fn ask(
        &self,
        server: &Server,
        request: &Request<'_>,
    ) -> Result<Response, String> {
        self.attempt(server, request).await.map_err(|failure| failure.words)
    }

    /// The same; the error says whether the server may have got the request.
    pub(crate) async fn attempt(
        &self,
        server: &Server,
        request: &Request<'_>,
    ) -> Result<Response, Failure> {
        let mut sent = false;
        let failed = |words, sent| Failure { words, sent };
        // A connection that was kept may be closed by the server at the moment it is used.
        while let Some(mut connection) = self.kept(server) {
            if connection.ready().await.is_err() {
                continue;
            }
            sent = true;
            if let Ok(answer) = send(&mut connection, server, request).await
                && let Ok(answer) = whole(answer).await
            {
                self.keep(server, connection);
                return Ok(answer);
            }
        }
        let mut connection = self.connect(server).await.map_err(|words| failed(words, sent))?;
        let answer = send(&mut connection, server, request).await;
        let answer = answer.map_err(|words| failed(words, true))?;
        let answer = whole(answer).await.map_err(|words| failed(words, true))?;
        self.keep(server, connection);
        Ok(answer)
    }

    /// Sends a request whose response has no end: gives its head, and its body as it comes.
    pub(crate) async fn listen(
        &self,
        server: &Server,
        request: &Request<'_>,
    ) -> Result<(u16, Incoming), String> {
        let mut connection = self.connect(server).await?;
        let answer = send(&mut connection, server, request).await?;
        let (parts, body) = answer.into_parts();
        Ok((parts.status.as_u16(), body))
    }

    fn kept(&self, key: &Server) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let list = idle.get_mut(key)?;
        let found = std::iter::from_fn(|| list.pop()).find(|connection| !connection.is_closed());
        if list.is_empty() {
            idle.remove(key);
        }
        found
    }

    fn keep(&self, key: &Server, connection: Connection) {
        let mut idle = self.idle.borrow_mut();
        let list = idle.entry(key.clone()).or_default();
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

async fn send(
    connection: &mut Connection,
    server: &Server,
    sent: &Request<'_>,
) -> Result<hyper::Response<Incoming>, String> {
    let body = Full::new(Bytes::copy_from_slice(sent.body));
    let mut request = hyper::Request::builder()
        .method(sent.method)
        .uri(sent.target)
        .header(HOST, server.authority())
        .body(body)
        .map_err(|error| error.to_string())?;
    for (name, value) in sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| error.to_string())?;
        request.headers_mut().append(name, value);
    }
    connection.send_request(request).await.map_err(words)
}

/// Reads a response to its end.
pub(crate) async fn whole(answer: hyper::Response<Incoming>) -> Result<Response, String> {
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(|error| error.to_string())?;
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    Ok(Response { status: parts.status.as_u16(), headers, body: body.to_bytes() })
}

fn words(error: hyper::Error) -> String {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return "the connection was closed before the response".to_owned();
    }
    error.to_string()
}
