//! A driver over TCP and WebSocket, for engines with connections (RFC 8323).

use crate::driver::Drive;
use crate::loopback;
use coap_core::stream::Transport;
use coap_core::{Endpoint, Event};
use m2m_base::{Engine, Instant, PeerId};
use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

/// The WebSocket sub-protocol (RFC 8323 section 4.1).
const PROTOCOL: HeaderValue = HeaderValue::from_static("coap");

/// How long the driver sleeps when nothing is to be done.
const NAP: Duration = Duration::from_millis(2);

/// An engine whose connections are those of an endpoint.
pub trait Streaming: Engine {
    /// The endpoint.
    fn connections(&mut self) -> &mut Endpoint;

    /// The peer whose connection an event says to close.
    fn to_close(event: &Self::Event) -> Option<PeerId>;
}

impl Streaming for Endpoint {
    fn connections(&mut self) -> &mut Endpoint {
        self
    }

    fn to_close(event: &Event) -> Option<PeerId> {
        match event {
            Event::Close { peer, .. } => Some(*peer),
            _ => None,
        }
    }
}

enum Socket {
    Tcp(TcpStream),
    WebSocket(Box<WebSocket<TcpStream>>),
}

/// What a socket gave.
enum Got {
    Nothing,
    Bytes(Vec<u8>),
    End,
}

fn quiet(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Socket {
    fn accept(transport: Transport, stream: TcpStream) -> Socket {
        stream.set_nonblocking(false).expect("set");
        stream.set_nodelay(true).expect("set");
        let socket = match transport {
            Transport::Tcp => Socket::Tcp(stream),
            Transport::WebSocket => {
                #[allow(clippy::result_large_err, reason = "the type is not ours")]
                let socket =
                    tungstenite::accept_hdr(stream, |_: &Request, mut answer: Response| {
                        answer.headers_mut().insert("Sec-WebSocket-Protocol", PROTOCOL);
                        Ok(answer)
                    });
                Socket::WebSocket(Box::new(socket.expect("a WebSocket handshake")))
            }
        };
        socket.ready()
    }

    fn connect(transport: Transport, server: SocketAddr) -> Socket {
        let stream = TcpStream::connect(server).expect("a server");
        stream.set_nodelay(true).expect("set");
        let socket = match transport {
            Transport::Tcp => Socket::Tcp(stream),
            Transport::WebSocket => {
                use tungstenite::client::IntoClientRequest;
                let uri = format!("ws://{server}/.well-known/coap");
                let mut request = uri.into_client_request().expect("a URI");
                request.headers_mut().insert("Sec-WebSocket-Protocol", PROTOCOL);
                let (socket, answer) = tungstenite::client(request, stream).expect("a handshake");
                assert_eq!(answer.headers().get("Sec-WebSocket-Protocol"), Some(&PROTOCOL));
                Socket::WebSocket(Box::new(socket))
            }
        };
        socket.ready()
    }

    fn ready(self) -> Socket {
        let stream = match &self {
            Socket::Tcp(stream) => stream,
            Socket::WebSocket(socket) => socket.get_ref(),
        };
        stream.set_nonblocking(true).expect("set");
        self
    }

    fn read(&mut self) -> Got {
        match self {
            Socket::Tcp(stream) => {
                let mut buf = [0; 3000];
                match stream.read(&mut buf) {
                    Ok(0) => Got::End,
                    Ok(len) => Got::Bytes(buf[..len].to_vec()),
                    Err(e) if quiet(&e) => Got::Nothing,
                    Err(_) => Got::End,
                }
            }
            Socket::WebSocket(socket) => match socket.read() {
                Ok(Message::Binary(bytes)) => Got::Bytes(bytes.to_vec()),
                Ok(Message::Ping(_) | Message::Pong(_)) => Got::Nothing,
                Ok(_) => Got::End,
                Err(tungstenite::Error::Io(e)) if quiet(&e) => Got::Nothing,
                Err(_) => Got::End,
            },
        }
    }

    /// Writes a whole message. What cannot be written shows when the socket is read.
    fn write(&mut self, message: &[u8]) {
        match self {
            Socket::Tcp(stream) => {
                let mut rest = message;
                while !rest.is_empty() {
                    match stream.write(rest) {
                        Ok(len) => rest = &rest[len..],
                        Err(e) if quiet(&e) => std::thread::sleep(NAP),
                        Err(_) => return,
                    }
                }
            }
            Socket::WebSocket(socket) => {
                let mut result = socket.send(Message::Binary(message.to_vec().into()));
                while matches!(&result, Err(tungstenite::Error::Io(e)) if quiet(e)) {
                    std::thread::sleep(NAP);
                    result = socket.flush();
                }
            }
        }
    }
}

/// An engine on sockets of the loopback interface: those that it opens and those that it accepts.
pub struct StreamDriver<E: Streaming> {
    engine: E,
    transport: Transport,
    listener: Option<TcpListener>,
    sockets: BTreeMap<PeerId, Socket>,
    next_peer: u64,
    origin: std::time::Instant,
    events: VecDeque<E::Event>,
}

impl<E: Streaming> StreamDriver<E> {
    /// An engine without connections yet.
    pub fn new(engine: E, transport: Transport) -> StreamDriver<E> {
        StreamDriver {
            engine,
            transport,
            listener: None,
            sockets: BTreeMap::new(),
            next_peer: 0,
            origin: std::time::Instant::now(),
            events: VecDeque::new(),
        }
    }

    /// Listens on a port of its own; gives the address.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn listen(&mut self) -> SocketAddr {
        let listener = TcpListener::bind(loopback(0)).expect("a free port");
        listener.set_nonblocking(true).expect("set");
        let address = listener.local_addr().expect("bound");
        self.listener = Some(listener);
        address
    }

    /// Connects to a server.
    ///
    /// # Panics
    /// If there is none.
    pub fn connect(&mut self, server: SocketAddr) -> PeerId {
        let socket = Socket::connect(self.transport, server);
        self.adopt(socket)
    }

    /// Is there a connection with a peer?
    #[must_use]
    pub fn is_connected(&self, peer: PeerId) -> bool {
        self.sockets.contains_key(&peer)
    }

    fn adopt(&mut self, socket: Socket) -> PeerId {
        self.next_peer += 1;
        let peer = PeerId(self.next_peer);
        let (now, transport) = (self.now(), self.transport);
        self.engine.connections().connected(now, peer, transport).expect("room for a connection");
        self.sockets.insert(peer, socket);
        peer
    }

    fn flush(&mut self) {
        let mut buf = [0; 20_000];
        let now = self.now();
        while let Some(t) = self.engine.poll_transmit(now, &mut buf).expect("room") {
            if let Some(socket) = self.sockets.get_mut(&t.peer) {
                socket.write(&buf[..t.len]);
            }
        }
        while let Some(event) = self.engine.poll_event() {
            if let Some(peer) = E::to_close(&event) {
                self.sockets.remove(&peer);
                self.engine.connections().disconnected(now, peer);
            }
            self.events.push_back(event);
        }
    }

    /// Takes what the sockets have; true if there was anything.
    fn take(&mut self) -> bool {
        let accepted = self.listener.as_ref().and_then(|l| l.accept().ok());
        let mut any = accepted.is_some();
        if let Some((stream, _)) = accepted {
            let socket = Socket::accept(self.transport, stream);
            self.adopt(socket);
        }
        let peers: Vec<_> = self.sockets.keys().copied().collect();
        for peer in peers {
            let got = self.sockets.get_mut(&peer).map_or(Got::Nothing, Socket::read);
            let now = self.now();
            match got {
                Got::Nothing => continue,
                Got::Bytes(bytes) => {
                    let mut rest = &bytes[..];
                    while !rest.is_empty() {
                        let taken = self.engine.connections().handle_stream(now, peer, rest);
                        rest = &rest[taken..];
                        self.flush();
                    }
                }
                Got::End => {
                    self.sockets.remove(&peer);
                    self.engine.connections().disconnected(now, peer);
                }
            }
            any = true;
        }
        any
    }
}

impl<E: Streaming> Drive for StreamDriver<E> {
    type Engine = E;

    fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    fn now(&self) -> Instant {
        Instant::from_millis(77_000) + self.origin.elapsed().into()
    }

    fn next(&mut self, wait: Duration) -> Option<E::Event> {
        let end = std::time::Instant::now() + wait;
        loop {
            self.flush();
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if std::time::Instant::now() >= end {
                return None;
            }
            if !self.take() {
                std::thread::sleep(NAP);
            }
            let now = self.now();
            self.engine.handle_timeout(now);
        }
    }
}

/// An engine that serves in a thread of its own, until it is stopped.
pub struct StreamServer<E: Streaming> {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<E::Event>>>,
}

impl<E: Streaming + Send + 'static> StreamServer<E>
where
    E::Event: Send,
{
    /// Starts it.
    pub fn start(engine: E, transport: Transport) -> StreamServer<E> {
        let mut driver = StreamDriver::new(engine, transport);
        let address = driver.listen();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut events = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                events.extend(driver.rest(NAP * 10));
            }
            events
        });
        StreamServer { address, stop, thread: Some(thread) }
    }

    /// Stops it; gives its events.
    ///
    /// # Panics
    /// If it failed.
    pub fn stop(mut self) -> Vec<E::Event> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().expect("not stopped").join().expect("no panic")
    }
}

impl<E: Streaming> Drop for StreamServer<E> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
