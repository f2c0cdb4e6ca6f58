//! WebSocket (TS-0020): one connection, on which both sides ask and answer.

use super::{Binding, Host, Open, Origin, refusal};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::{self, Primitive, websocket};
use onem2m_core::cse::Session;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::Response as Opened;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Opening};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// What there is, the first being what a client prefers.
const SERIALIZATIONS: [Serialization; 3] =
    [Serialization::Json, Serialization::Cbor, Serialization::Xml];
/// How long the handshake may take, and the peer to read a message.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a silent peer is asked for a sign of life; after two times without one it is gone.
const PING: Duration = Duration::from_secs(30);
/// Requests of one peer that are worked on at one time. More wait in its connection.
const UNDER_WAY: usize = 256;

/// A connection, for those who want to ask its other side.
pub(crate) struct Socket {
    out: UnboundedSender<Message>,
    serialization: Serialization,
    asked: RefCell<BTreeMap<String, oneshot::Sender<Response>>>,
    under_way: Cell<usize>,
    /// One request less is under way.
    less: Notify,
}

impl Socket {
    fn new(serialization: Serialization) -> (Rc<Socket>, UnboundedReceiver<Message>) {
        let (out, messages) = unbounded_channel();
        let socket = Socket {
            out,
            serialization,
            asked: RefCell::default(),
            under_way: Cell::new(0),
            less: Notify::new(),
        };
        (Rc::new(socket), messages)
    }

    /// Sends a request and waits for the response. The error is in words.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Response, String> {
        let bytes = binding::write_request(request, self.serialization)
            .map_err(|error| error.to_string())?;
        let (sender, answer) = oneshot::channel();
        self.asked.borrow_mut().insert(request.request_identifier.clone(), sender);
        self.send(bytes);
        answer.await.map_err(|_| "the connection was closed".to_owned())
    }

    /// Ends the connection, after what was sent before.
    pub(crate) fn close(&self) {
        // If the connection is gone, so is its reader.
        let _ = self.out.send(Message::Close(None));
    }

    fn send(&self, bytes: Vec<u8>) {
        let message = if websocket::is_binary(self.serialization) {
            Message::binary(bytes)
        } else {
            Message::text(String::from_utf8(bytes).unwrap_or_default())
        };
        // If the connection is gone, nobody waits any more.
        let _ = self.out.send(message);
    }
}

fn config(host: &dyn Host) -> WebSocketConfig {
    // A primitive is a little longer than its content.
    let longest = host.longest().saturating_add(64 << 10);
    WebSocketConfig::default()
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
        .read_buffer_size(8 << 10)
        .write_buffer_size(8 << 10)
}

/// Serves a connection that a client opened, to its end. `names` are those in the certificate of
/// the other side.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    host: Rc<dyn Host>,
    stream: S,
    session: Session,
    names: Option<Rc<[String]>>,
) {
    let mut chosen = Serialization::Json;
    let mut originator = None;
    #[allow(clippy::result_large_err, reason = "the library's own type")]
    let choose = |request: &Opening, mut response: Opened| -> Result<Opened, ErrorResponse> {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let offered = text("Sec-WebSocket-Protocol").unwrap_or("");
        let Some(serialization) = websocket::choose_protocol(offered, &SERIALIZATIONS) else {
            let words =
                "oneM2M.json, oneM2M.cbor and oneM2M.xml are the sub-protocols here".to_owned();
            let mut refused = ErrorResponse::new(Some(words));
            *refused.status_mut() = StatusCode::BAD_REQUEST;
            return Err(refused);
        };
        chosen = serialization;
        originator = text("X-M2M-Origin").map(str::to_owned);
        let name = HeaderValue::from_static(serialization.websocket_protocol());
        response.headers_mut().insert("Sec-WebSocket-Protocol", name);
        Ok(response)
    };
    let config = Some(config(&*host));
    let opening = tokio_tungstenite::accept_hdr_async_with_config(stream, choose, config);
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, opening).await else {
        host.malformed(Binding::WebSocket);
        return;
    };
    let _open = Open::new(&host, Binding::WebSocket);
    let (socket, messages) = Socket::new(chosen);
    let is_own = |originator: &String| {
        names.as_ref().is_none_or(|names| names.iter().any(|name| name == originator))
    };
    if let Some(originator) = originator.filter(is_own) {
        host.opened(&originator, &socket);
    }
    converse(&host, stream, &socket, messages, (session, names)).await;
    host.closed(&socket);
}

/// Opens a connection to a server at `uri`; gives it, and the work to be done on it.
pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    host: Rc<dyn Host>,
    stream: S,
    uri: &str,
    originator: &str,
    serialization: Serialization,
) -> Result<(Rc<Socket>, impl Future<Output = ()> + use<S>), String> {
    use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
    let uri = uri.parse().map_err(|_| format!("{uri} is no URI"))?;
    let request = ClientRequestBuilder::new(uri)
        .with_sub_protocol(serialization.websocket_protocol())
        .with_header("X-M2M-Origin", originator);
    let config = Some(config(&*host));
    let opening = tokio_tungstenite::client_async_with_config(request, stream, config);
    let (stream, _) = match tokio::time::timeout(PATIENCE, opening).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(Error::Http(answer))) => {
            return Err(format!("HTTP status {} instead of a WebSocket", answer.status().as_u16()));
        }
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err("no answer came".to_owned()),
    };
    let (socket, messages) = Socket::new(serialization);
    let own = socket.clone();
    let work = async move {
        converse(&host, stream, &own, messages, (Session::default(), None)).await;
        host.closed(&own);
    };
    Ok((socket, work))
}

/// Reads and writes until one side closes the connection.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    host: &Rc<dyn Host>,
    stream: WebSocketStream<S>,
    socket: &Rc<Socket>,
    mut messages: UnboundedReceiver<Message>,
    who: (Session, Option<Rc<[String]>>),
) {
    let (mut sink, mut source) = stream.split();
    let mut pings = tokio::time::interval(PING);
    pings.tick().await;
    let mut silent = 0;
    loop {
        let room = socket.under_way.get() < UNDER_WAY;
        tokio::select! {
            message = source.next(), if room => {
                silent = 0;
                match message {
                    Some(Ok(Message::Text(text))) => take(host, socket, &who, text.as_bytes()),
                    Some(Ok(Message::Binary(bytes))) => take(host, socket, &who, &bytes),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                }
            }
            message = messages.recv() => {
                let Some(message) = message else { break };
                if !send(&mut sink, message).await {
                    break;
                }
            }
            () = socket.less.notified() => {}
            _ = pings.tick() => {
                silent += 1;
                if silent > 2 || !send(&mut sink, Message::Ping(Default::default())).await {
                    break;
                }
            }
        }
    }
    socket.asked.borrow_mut().clear();
    // The peer may be gone already.
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.close()).await;
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    sink: &mut SplitSink<WebSocketStream<S>, Message>,
    message: Message,
) -> bool {
    matches!(tokio::time::timeout(PATIENCE, sink.send(message)).await, Ok(Ok(())))
}

fn take(
    host: &Rc<dyn Host>,
    socket: &Rc<Socket>,
    (session, names): &(Session, Option<Rc<[String]>>),
    bytes: &[u8],
) {
    match binding::read_primitive(bytes, socket.serialization) {
        Ok(Primitive::Response(response)) => {
            let asked = socket.asked.borrow_mut().remove(&response.request_identifier);
            if let Some(asked) = asked {
                // Who asked may have given up.
                let _ = asked.send(*response);
            }
        }
        Ok(Primitive::Request(request)) => {
            let origin = Origin {
                socket: Some(socket.clone()),
                names: names.clone(),
                ..Origin::new(Binding::WebSocket, *session, socket.serialization)
            };
            socket.under_way.set(socket.under_way.get() + 1);
            let own = socket.clone();
            let reply = Box::new(move |response| {
                own.under_way.set(own.under_way.get().saturating_sub(1));
                own.less.notify_one();
                answer(&own, &response);
            });
            host.request(origin, *request, reply);
        }
        Err(error) => {
            host.malformed(Binding::WebSocket);
            answer(socket, &error.to_response());
        }
    }
}

fn answer(socket: &Socket, response: &Response) {
    let bytes = binding::write_response(response, socket.serialization).or_else(|_| {
        let status = ResponseStatusCode::InternalServerError;
        let words = "the response cannot be written";
        let refusal = refusal(status, &response.request_identifier, words);
        binding::write_response(&refusal, socket.serialization)
    });
    socket.send(bytes.unwrap_or_default());
}
