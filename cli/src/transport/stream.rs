//! Connections: TCP, TLS over it, WebSocket over either (RFC 8323). Each is a task of its own that
//! carries bytes between its socket and the engine.

use super::scheme::Scheme;
use super::tls::{Identity, Names};
use crate::failure::reason;
use coap_core::stream::Transport as Framing;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::CertificateDer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{self, Bytes, Message, protocol::WebSocketConfig};

/// Pieces that wait for the engine, of all connections together.
const INBOX: usize = 64;
/// Messages that wait to be written to one connection; one that falls further behind is closed.
const OUTBOX: usize = 1024;
/// Connections at one time, if nobody says another number. For one more the one makes room that was
/// silent longest: who holds connections and says nothing, or has vanished without closing them,
/// shuts nobody out.
pub(crate) const MOST_CONNECTIONS: usize = 256;
/// Connections that are coming about or ending, beside those.
const MOST_COMING: usize = 1024;
/// How long a connection may take to come about, and to take what is written to it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes read at once.
const PIECE: usize = 16 << 10;
/// Longest message of a WebSocket.
const LONGEST: usize = 1 << 20;
/// Where a WebSocket for CoAP is (RFC 8323 section 8.3), and what it is called (section 4.1).
const WS_PATH: &str = "/.well-known/coap";
const WS_PROTOCOL: &str = "coap";
const PROTOCOL_HEADER: &str = "Sec-WebSocket-Protocol";

/// A connection that was taken.
struct Accepted {
    scheme: Scheme,
    address: SocketAddr,
    /// Those in the certificate of the other side, if it has one.
    names: Option<Box<Names>>,
}

/// What a connection's task tells.
enum Told {
    Opened(Accepted, Sender<Vec<u8>>, tokio::sync::oneshot::Sender<u64>),
    Bytes(u64, Vec<u8>),
    Closed(u64, String),
}

/// What became of connections, or came over them.
pub(crate) enum Arrived {
    /// There is one, with somebody of these names.
    Up(u64, Framing, Option<Box<Names>>),
    /// Bytes: a piece of a stream, or a message of a WebSocket.
    Bytes(u64, SocketAddr, Framing, Vec<u8>),
    /// There is one no more, and why.
    Down(u64, String),
}

struct Connection {
    scheme: Scheme,
    address: SocketAddr,
    /// `None` when all has been said: the task writes what waits and closes.
    write: Option<Sender<Vec<u8>>>,
    /// What the engine did not take yet, and how much of the first piece it took.
    rest: VecDeque<Vec<u8>>,
    taken: usize,
    heard: Instant,
}

/// All connections, by number. Numbers are not used again.
pub(crate) struct Streams {
    connections: BTreeMap<u64, Connection>,
    /// The same, those first that were silent longest.
    silent: BTreeSet<(Instant, u64)>,
    /// Those with bytes that the engine did not take yet.
    unfinished: BTreeSet<u64>,
    /// The most at one time.
    most: usize,
    /// Connections that made room, and those that did not come about.
    pushed_out: u64,
    failed: Arc<AtomicU64>,
    next: u64,
    told: Receiver<Told>,
    tell: Sender<Told>,
    /// Told, not looked at yet.
    waiting: VecDeque<Told>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("count", &self.connections.len()).finish_non_exhaustive()
    }
}

impl Default for Streams {
    fn default() -> Self {
        let (tell, told) = channel(INBOX);
        Streams {
            connections: BTreeMap::new(),
            silent: BTreeSet::new(),
            unfinished: BTreeSet::new(),
            most: MOST_CONNECTIONS,
            pushed_out: 0,
            failed: Arc::default(),
            next: super::first_number(),
            told,
            tell,
            waiting: VecDeque::new(),
        }
    }
}

impl Streams {
    /// How many there may be at one time, on sockets that listen from now on.
    pub(crate) fn allow(&mut self, most: usize) {
        self.most = most;
    }

    /// Takes connections on a socket from now on.
    pub(crate) async fn listen(
        &mut self,
        scheme: Scheme,
        local: SocketAddr,
        identity: Option<&Identity>,
    ) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(local).await?;
        let local = listener.local_addr()?;
        let tls = identity.map(|identity| identity.acceptor(scheme)).transpose()?;
        let room = Arc::new(Semaphore::new(self.most + MOST_COMING));
        let (tell, failed) = (self.tell.clone(), self.failed.clone());
        tokio::spawn(accept(listener, scheme, tls, tell, failed, room));
        Ok(local)
    }

    /// Connects; gives the number of the connection.
    pub(crate) async fn connect(
        &mut self,
        scheme: Scheme,
        remote: SocketAddr,
        host: &str,
        authority: &str,
        tls: Option<&super::tls::Trust>,
    ) -> io::Result<u64> {
        let (write, outbox) = channel(OUTBOX);
        let number = self.add(scheme, remote, write);
        let tell = self.tell.clone();
        let socket = patient(TcpStream::connect(remote)).await?;
        socket.set_nodelay(true)?;
        match tls.filter(|_| scheme.is_tls()) {
            Some(trust) => {
                let socket = patient(trust.connect(scheme, host, socket)).await?;
                let authority = authority.to_owned();
                begin(scheme, socket, &authority, number, outbox, tell).await?;
            }
            None => begin(scheme, socket, authority, number, outbox, tell).await?,
        }
        Ok(number)
    }

    fn add(&mut self, scheme: Scheme, address: SocketAddr, write: Sender<Vec<u8>>) -> u64 {
        let number = self.next;
        self.next += 1;
        let (write, rest, heard) = (Some(write), VecDeque::new(), Instant::now());
        let connection = Connection { scheme, address, write, rest, taken: 0, heard };
        self.connections.insert(number, connection);
        self.silent.insert((heard, number));
        number
    }

    /// True if it was there. Its task writes what waits and closes.
    fn remove(&mut self, number: u64) -> bool {
        let Some(connection) = self.connections.remove(&number) else { return false };
        self.silent.remove(&(connection.heard, number));
        self.unfinished.remove(&number);
        true
    }

    /// Connections that there are.
    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    /// Connections that were closed to make room for others.
    pub(crate) const fn pushed_out(&self) -> u64 {
        self.pushed_out
    }

    /// Connections that did not come about: their TLS or WebSocket handshake failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Waits until there is something to take.
    pub(crate) async fn ready(&mut self) {
        if self.waiting.is_empty() {
            match self.told.recv().await {
                Some(told) => self.waiting.push_back(told),
                None => std::future::pending().await,
            }
        }
    }

    /// Gives what came to `take`, which says how many of the bytes it took; what it did not take
    /// is given again. True if there was anything.
    pub(crate) fn receive(&mut self, take: &mut dyn FnMut(Arrived) -> usize) -> bool {
        let mut any = self.give_again(take);
        while let Some(told) = self.waiting.pop_front().or_else(|| self.told.try_recv().ok()) {
            any = true;
            match told {
                Told::Opened(Accepted { scheme, address, names }, write, number) => {
                    while self.connections.len() >= self.most
                        && let Some((_, silent)) = self.silent.first().copied()
                    {
                        self.remove(silent);
                        self.pushed_out += 1;
                        let reason = "it made room for another connection".to_owned();
                        take(Arrived::Down(silent, reason));
                    }
                    let new = self.add(scheme, address, write);
                    take(Arrived::Up(new, scheme.framing(), names));
                    // A task that has gone meanwhile says so itself.
                    let _ = number.send(new);
                }
                Told::Bytes(number, bytes) => {
                    if let Some(connection) = self.connections.get_mut(&number) {
                        self.silent.remove(&(connection.heard, number));
                        connection.heard = Instant::now();
                        self.silent.insert((connection.heard, number));
                        connection.rest.push_back(bytes);
                        if !connection.give(number, take) {
                            self.unfinished.insert(number);
                        }
                    }
                }
                Told::Closed(number, reason) => {
                    if self.remove(number) {
                        take(Arrived::Down(number, reason));
                    }
                }
            }
        }
        any
    }

    fn give_again(&mut self, take: &mut dyn FnMut(Arrived) -> usize) -> bool {
        let Streams { connections, unfinished, .. } = self;
        let mut any = false;
        unfinished.retain(|number| {
            let Some(connection) = connections.get_mut(number) else { return false };
            let before = (connection.rest.len(), connection.taken);
            let all = connection.give(*number, take);
            any |= before != (connection.rest.len(), connection.taken);
            !all
        });
        any
    }

    /// True if bytes wait for the engine to take them.
    pub(crate) fn pending(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Writes a message. A connection that does not take what is written to it is closed.
    pub(crate) fn send(&mut self, number: u64, message: &[u8]) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let full = connection.write.as_ref().is_some_and(|w| w.try_send(message.to_vec()).is_err());
        if full {
            connection.write = None;
        }
    }

    /// Closes a connection when what waits has been written.
    pub(crate) fn close(&mut self, number: u64) {
        self.remove(number);
    }

    /// The address at the other end.
    pub(crate) fn address(&self, number: u64) -> Option<SocketAddr> {
        self.connections.get(&number).map(|connection| connection.address)
    }

    /// What is under a connection.
    pub(crate) fn scheme(&self, number: u64) -> Option<Scheme> {
        self.connections.get(&number).map(|connection| connection.scheme)
    }
}

impl Connection {
    /// Gives what came; true if all was taken.
    fn give(&mut self, number: u64, take: &mut dyn FnMut(Arrived) -> usize) -> bool {
        while let Some(piece) = self.rest.front() {
            let left = piece.get(self.taken..).unwrap_or_default().to_vec();
            let len = left.len();
            let took =
                take(Arrived::Bytes(number, self.address, self.scheme.framing(), left)).min(len);
            if took < len {
                self.taken += took;
                return false;
            }
            self.rest.pop_front();
            self.taken = 0;
        }
        true
    }
}

/// Takes connections until the process ends. What goes wrong with one is its own affair.
async fn accept(
    listener: TcpListener,
    scheme: Scheme,
    tls: Option<tokio_rustls::TlsAcceptor>,
    tell: Sender<Told>,
    failed: Arc<AtomicU64>,
    room: Arc<Semaphore>,
) {
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let (socket, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Too many files are open, or the peer has gone again.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (tls, tell, failed) = (tls.clone(), tell.clone(), failed.clone());
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true);
            let accepted = Accepted { scheme, address: super::peers::plain(address), names: None };
            let done = match tls {
                Some(tls) => match patient(tls.accept(socket)).await {
                    Ok(socket) => match certified(socket.get_ref().1.peer_certificates()) {
                        Ok(names) => welcome(Accepted { names, ..accepted }, socket, tell).await,
                        Err(error) => Err(error),
                    },
                    Err(error) => Err(error),
                },
                None => welcome(accepted, socket, tell).await,
            };
            if done.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            drop(permit);
        });
    }
}

/// The names in the certificate of the other side, if it showed one.
fn certified(chain: Option<&[CertificateDer<'_>]>) -> io::Result<Option<Box<Names>>> {
    let Some(first) = chain.and_then(<[_]>::first) else { return Ok(None) };
    let names =
        Names::of(first).ok_or_else(|| io::Error::other("a certificate nobody can read"))?;
    Ok(Some(Box::new(names)))
}

/// What an accepted connection does.
async fn welcome<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    accepted: Accepted,
    socket: S,
    tell: Sender<Told>,
) -> io::Result<()> {
    let (write, outbox) = channel(OUTBOX);
    let (ask, number) = tokio::sync::oneshot::channel();
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let scheme = accepted.scheme;
    let opened = Told::Opened(accepted, write, ask);
    if scheme.framing() == Framing::Tcp {
        tell.send(opened).await.map_err(|_| gone())?;
        let number = number.await.map_err(|_| gone())?;
        carry(socket, number, outbox, tell).await;
    } else {
        let handshake = tokio_tungstenite::accept_hdr_async_with_config(socket, check, config());
        let socket = patient(async { handshake.await.map_err(ws_error) }).await?;
        tell.send(opened).await.map_err(|_| gone())?;
        let number = number.await.map_err(|_| gone())?;
        carry_ws(socket, number, outbox, tell).await;
    }
    Ok(())
}

/// Begins a connection that we asked for.
async fn begin<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    scheme: Scheme,
    socket: S,
    authority: &str,
    number: u64,
    outbox: Receiver<Vec<u8>>,
    tell: Sender<Told>,
) -> io::Result<()> {
    use tungstenite::client::IntoClientRequest;
    if scheme.framing() == Framing::Tcp {
        tokio::spawn(carry(socket, number, outbox, tell));
        return Ok(());
    }
    let way = if scheme.is_tls() { "wss" } else { "ws" };
    let uri = format!("{way}://{authority}{WS_PATH}");
    let mut request = uri.into_client_request().map_err(ws_error)?;
    request.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(WS_PROTOCOL));
    let handshake = tokio_tungstenite::client_async_with_config(request, socket, config());
    let (socket, _) = patient(async { handshake.await.map_err(ws_error) }).await?;
    tokio::spawn(carry_ws(socket, number, outbox, tell));
    Ok(())
}

fn config() -> Option<WebSocketConfig> {
    let config = WebSocketConfig::default();
    Some(config.max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST)))
}

/// Takes a WebSocket for CoAP and no other.
#[allow(clippy::result_large_err, reason = "the signature is the library's")]
fn check(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let refuse = |status| {
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = status;
        refusal
    };
    if request.uri().path() != WS_PATH {
        return Err(refuse(StatusCode::NOT_FOUND));
    }
    let offered = request.headers().get_all(PROTOCOL_HEADER);
    let mut offered = offered.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    if !offered.any(|protocol| protocol.trim() == WS_PROTOCOL) {
        return Err(refuse(StatusCode::BAD_REQUEST));
    }
    response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(WS_PROTOCOL));
    Ok(response)
}

/// Carries bytes until one of the ends has enough. While something is being written nothing is
/// read: a peer that does not take its answers gets to ask no more.
async fn carry<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut socket: S,
    number: u64,
    mut outbox: Receiver<Vec<u8>>,
    tell: Sender<Told>,
) {
    let mut piece = vec![0; PIECE];
    let reason = loop {
        tokio::select! {
            biased;
            message = outbox.recv() => {
                let Some(message) = message else { break "closed".to_owned() };
                let written = patient(async {
                    socket.write_all(&message).await?;
                    socket.flush().await
                });
                if let Err(error) = written.await {
                    break reason(&error);
                }
            }
            read = socket.read(&mut piece) => match read {
                Ok(0) => break "the peer closed the connection".to_owned(),
                Ok(len) => {
                    let bytes = piece.get(..len).unwrap_or_default().to_vec();
                    if tell.send(Told::Bytes(number, bytes)).await.is_err() {
                        return;
                    }
                }
                Err(error) => break reason(&error),
            }
        }
    };
    let _ = patient(socket.shutdown()).await;
    let _ = tell.send(Told::Closed(number, reason)).await;
}

/// The same for a WebSocket, message by message.
async fn carry_ws<S: AsyncRead + AsyncWrite + Unpin + Send>(
    mut socket: tokio_tungstenite::WebSocketStream<S>,
    number: u64,
    mut outbox: Receiver<Vec<u8>>,
    tell: Sender<Told>,
) {
    let reason = loop {
        tokio::select! {
            biased;
            message = outbox.recv() => {
                let Some(message) = message else { break "closed".to_owned() };
                let message = Message::Binary(Bytes::from(message));
                let written = patient(async { socket.send(message).await.map_err(ws_error) });
                if let Err(error) = written.await {
                    break reason(&error);
                }
            }
            read = socket.next() => match read {
                None | Some(Ok(Message::Close(_))) => {
                    break "the peer closed the connection".to_owned();
                }
                Some(Ok(Message::Binary(bytes))) => {
                    if tell.send(Told::Bytes(number, bytes.to_vec())).await.is_err() {
                        return;
                    }
                }
                // Only binary messages carry CoAP (RFC 8323 section 4.2); pings answer themselves.
                Some(Ok(Message::Text(_))) => break "the peer sent text".to_owned(),
                Some(Ok(_)) => {}
                Some(Err(error)) => break reason(&ws_error(error)),
            }
        }
    };
    let _ = patient(async { socket.close(None).await.map_err(ws_error) }).await;
    let _ = tell.send(Told::Closed(number, reason)).await;
}

async fn patient<T>(what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(PATIENCE, what).await {
        Ok(done) => done,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
    }
}

fn ws_error(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what came; gives who came and who went.
    fn take(streams: &mut Streams) -> (Vec<u64>, Vec<u64>) {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        streams.receive(&mut |arrived| {
            match arrived {
                Arrived::Up(number, ..) => up.push(number),
                Arrived::Down(number, _) => down.push(number),
                Arrived::Bytes(_, _, _, bytes) => return bytes.len(),
            }
            0
        });
        (up, down)
    }

    async fn come(streams: &mut Streams, at: SocketAddr) -> (TcpStream, u64, Vec<u64>) {
        let socket = TcpStream::connect(at).await.unwrap();
        loop {
            streams.ready().await;
            let (up, down) = take(streams);
            if let [number] = up[..] {
                return (socket, number, down);
            }
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn connections_that_are_silent_make_room_and_shut_nobody_out() {
        let mut streams = Streams::default();
        streams.allow(3);
        let local = ([127, 0, 0, 1], 0).into();
        let at = streams.listen(Scheme::CoapTcp, local, None).await.unwrap();
        let (mut first, one, _) = come(&mut streams, at).await;
        let (mut second, two, _) = come(&mut streams, at).await;
        let (_third, three, gone) = come(&mut streams, at).await;
        assert_eq!((streams.len(), gone), (3, vec![]));
        // The first one is heard, so the second is silent longest.
        first.write_all(b"x").await.unwrap();
        streams.ready().await;
        take(&mut streams);
        let (_fourth, four, gone) = come(&mut streams, at).await;
        assert_eq!((gone, streams.len(), streams.pushed_out()), (vec![two], 3, 1));
        let mut byte = [0];
        assert_eq!(patient(second.read(&mut byte)).await.unwrap(), 0, "it is closed");
        let (_fifth, _, gone) = come(&mut streams, at).await;
        assert_eq!(gone, [three]);
        streams.send(one, b"hello");
        assert_eq!(patient(first.read(&mut byte)).await.unwrap(), 1);
        // Numbers are not used again, and what goes to one that is gone is lost.
        streams.send(two, b"?");
        assert!(four > three && streams.address(two).is_none());
        assert_eq!(streams.silent.len(), 3);
        assert!(!streams.pending());
    }
}
