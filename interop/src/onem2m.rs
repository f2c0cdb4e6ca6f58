//! Originators of oneM2M requests over each binding, on plain sockets: they ask, and they answer
//! what they are notified of.

use onem2m_core::binding::{self, Primitive, http, mqtt};
use onem2m_core::media::{BodyKind, MediaType, Serialization};
use onem2m_core::primitive::{Request, Response};
use onem2m_core::{Operation, ResourceType, ResponseStatusCode};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an answer may take.
const LONG: Duration = Duration::from_secs(120);

/// The way to a CSE and back.
pub trait Link {
    /// Sends a request and waits for its response.
    fn ask(&mut self, request: &Request) -> Response;
    /// The same, where the response is longer than a kilobyte.
    fn ask_for_much(&mut self, request: &Request) -> Response {
        self.ask(request)
    }
    /// Waits for a notification; it was answered with OK already.
    fn notified(&mut self) -> Request;
    /// What to register as pointOfAccess, so that notifications come.
    fn point_of_access(&self) -> String;
}

/// The type of bodies in that serialisation.
pub(crate) const fn plain(serialization: Serialization) -> MediaType {
    MediaType { kind: BodyKind::Plain, serialization }
}

fn accept(request: &Request) -> Response {
    Response::to_request(request, ResponseStatusCode::Ok)
}

// ---- HTTP --------------------------------------------------------------------------------------

/// HTTP, with a server of its own for notifications.
pub struct Http {
    server: SocketAddr,
    own: SocketAddr,
    serialization: Serialization,
    notifications: Receiver<Request>,
}

/// Start line, headers and body of a message.
type Parts = (String, Vec<(String, String)>, Vec<u8>);

fn read_message(stream: &TcpStream) -> std::io::Result<Parts> {
    let mut from = BufReader::new(stream);
    let mut start = String::new();
    from.read_line(&mut start)?;
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = value.trim().to_owned();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap_or(0);
        }
        headers.push((name.to_owned(), value));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok((start.trim_end().to_owned(), headers, body))
}

fn write_message(
    mut stream: &TcpStream,
    start: &str,
    headers: &http::Headers,
    body: &[u8],
) -> std::io::Result<()> {
    let mut text = format!("{start}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    let mut bytes = text.into_bytes();
    bytes.extend(body);
    stream.write_all(&bytes)
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

impl Http {
    /// The way to the CSE at `server`, bodies in `serialization`.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn new(server: SocketAddr, serialization: Serialization) -> Http {
        let listener = TcpListener::bind(crate::loopback(0)).expect("a free port");
        let own = listener.local_addr().expect("bound");
        let (to, notifications) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok((start, headers, body)) = read_message(&stream) else { continue };
                let mut words = start.split(' ');
                let message = http::IncomingRequest {
                    method: words.next().unwrap_or(""),
                    target: words.next().unwrap_or(""),
                    headers: &borrowed(&headers),
                    body: &body,
                };
                let (response, media) = match http::read_request(&message, "") {
                    Ok(http::Received { request, reply }) => {
                        let response = accept(&request);
                        if to.send(request).is_err() {
                            return;
                        }
                        (response, reply)
                    }
                    Err(e) => (e.to_response(), http::JSON),
                };
                let sent = http::write_response(&response, media).expect("mapped");
                let start = format!("HTTP/1.1 {} -", sent.status);
                let _ = write_message(&stream, &start, &sent.headers, &sent.body);
            }
        });
        Http { server, own, serialization, notifications }
    }
}

impl Link for Http {
    fn ask(&mut self, request: &Request) -> Response {
        let options = http::Options { media: plain(self.serialization), ..Default::default() };
        let sent = http::write_request(request, &options).expect("mapped");
        let stream = TcpStream::connect(self.server).expect("the CSE listens");
        stream.set_read_timeout(Some(LONG)).expect("set");
        let start = format!("{} {} HTTP/1.1\r\nHost: {}", sent.method, sent.target, self.server);
        write_message(&stream, &start, &sent.headers, &sent.body).expect("sent");
        let (start, headers, body) = read_message(&stream).expect("a response");
        let status = start.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        let headers = borrowed(&headers);
        let response =
            http::read_response(&http::IncomingResponse { status, headers: &headers, body: &body });
        response.unwrap_or_else(|e| panic!("{e}: {start} {headers:?}"))
    }

    fn notified(&mut self) -> Request {
        self.notifications.recv_timeout(LONG).expect("a notification")
    }

    fn point_of_access(&self) -> String {
        format!("http://{}", self.own)
    }
}

// ---- MQTT --------------------------------------------------------------------------------------

/// MQTT, by a broker.
pub struct Mqtt {
    client: rumqttc::Client,
    broker: SocketAddr,
    serialization: Serialization,
    /// The level of the credential in registrations, and of the CSE.
    credential: String,
    incoming: Receiver<(String, Vec<u8>)>,
    notifications: VecDeque<Request>,
}

const QOS: rumqttc::QoS = rumqttc::QoS::AtLeastOnce;

impl Mqtt {
    /// The way by `broker`, for the AE that will be `ae`.
    ///
    /// # Panics
    /// If the broker refuses the connection or the subscriptions.
    #[must_use]
    pub fn new(broker: SocketAddr, ae: &str, serialization: Serialization) -> Mqtt {
        let credential = format!("credential-{ae}");
        let id = mqtt::Subscriber::Ae(ae).client_id();
        let mut options = rumqttc::MqttOptions::new(id, broker.ip().to_string(), broker.port());
        options.set_keep_alive(Duration::from_secs(30));
        let (client, mut connection) = rumqttc::Client::new(options, 20);
        let (to, incoming) = channel();
        let mut expected = 0;
        for who in [mqtt::Subscriber::Ae(ae), mqtt::Subscriber::Unregistered(&credential)] {
            for filter in who.filters("") {
                client.subscribe(filter, QOS).expect("a running client");
                expected += 1;
            }
        }
        let (ready, is_ready) = channel();
        std::thread::spawn(move || {
            let mut confirmed = 0;
            for event in connection.iter() {
                match event {
                    Ok(rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_))) => {
                        confirmed += 1;
                        if confirmed == expected {
                            let _ = ready.send(());
                        }
                    }
                    Ok(rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish))) => {
                        if to.send((publish.topic, publish.payload.to_vec())).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
        is_ready.recv_timeout(LONG).expect("subscribed");
        let notifications = VecDeque::new();
        Mqtt { client, broker, serialization, credential, incoming, notifications }
    }

    fn publish(&self, topic: mqtt::Topic<'_>, payload: Vec<u8>) {
        let name = topic.name("").to_string();
        self.client.publish(name, QOS, false, payload).expect("a running client");
    }

    /// Takes the next message; gives the response it is, if it is one.
    fn next(&mut self) -> Option<Response> {
        let (name, payload) = self.incoming.recv_timeout(LONG).expect("a message");
        let topic = mqtt::Topic::parse(&name, "").expect("a topic");
        match binding::read_primitive(&payload, topic.serialization) {
            Ok(Primitive::Response(response)) => Some(*response),
            Ok(Primitive::Request(request)) => {
                let payload = binding::write_response(&accept(&request), topic.serialization);
                let back = topic.of_response().expect("a request");
                self.publish(back, payload.expect("mapped"));
                self.notifications.push_back(*request);
                None
            }
            Err(e) => panic!("{e}: {name} {}", String::from_utf8_lossy(&payload)),
        }
    }
}

impl Link for Mqtt {
    fn ask(&mut self, request: &Request) -> Response {
        let registers = request.operation == Operation::Create
            && request.resource_type == Some(ResourceType::Ae);
        let (kind, originator) = if registers {
            (mqtt::TopicKind::RegistrationRequest, self.credential.clone())
        } else {
            let from = request.from.as_deref().expect("an originator");
            (mqtt::TopicKind::Request, mqtt::level(from))
        };
        let serialization = self.serialization;
        let topic = mqtt::Topic { kind, originator: &originator, receiver: "id-in", serialization };
        let payload = binding::write_request(request, serialization).expect("mapped");
        self.publish(topic, payload);
        loop {
            match self.next() {
                Some(response) if response.request_identifier == request.request_identifier => {
                    return response;
                }
                _ => {}
            }
        }
    }

    fn notified(&mut self) -> Request {
        while self.notifications.is_empty() {
            let _ = self.next();
        }
        self.notifications.pop_front().expect("looked at")
    }

    fn point_of_access(&self) -> String {
        format!("mqtt://{}", self.broker)
    }
}

// ---- WebSocket ---------------------------------------------------------------------------------

/// WebSocket: one connection for both directions.
pub struct WebSocket {
    socket: tungstenite::WebSocket<TcpStream>,
    serialization: Serialization,
    notifications: VecDeque<Request>,
}

impl WebSocket {
    /// Connects to the CSE at `server` for the AE that is or will be `ae`.
    ///
    /// # Panics
    /// If the handshake fails.
    #[must_use]
    pub fn new(server: SocketAddr, ae: &str, serialization: Serialization) -> WebSocket {
        use tungstenite::client::ClientRequestBuilder;
        let uri = format!("ws://{server}/").parse().expect("a URI");
        // ACME takes the originator of a connection from here, and else only from a registration
        // that leaves the choice of the AE-ID to it.
        let request = ClientRequestBuilder::new(uri)
            .with_sub_protocol(serialization.websocket_protocol())
            .with_header("X-M2M-Origin", ae);
        let stream = TcpStream::connect(server).expect("the CSE listens");
        stream.set_read_timeout(Some(LONG)).expect("set");
        let (socket, response) = tungstenite::client(request, stream).expect("a handshake");
        let chosen = response.headers().get("Sec-WebSocket-Protocol").expect("a sub-protocol");
        assert_eq!(chosen, serialization.websocket_protocol());
        WebSocket { socket, serialization, notifications: VecDeque::new() }
    }

    fn send(&mut self, bytes: Vec<u8>) {
        let message = if binding::websocket::is_binary(self.serialization) {
            tungstenite::Message::binary(bytes)
        } else {
            tungstenite::Message::text(String::from_utf8(bytes).expect("UTF-8"))
        };
        self.socket.send(message).expect("an open connection");
    }

    /// Takes the next message; gives the response it is, if it is one.
    fn next(&mut self) -> Option<Response> {
        let message = self.socket.read().expect("a message");
        if !(message.is_text() || message.is_binary()) {
            return None;
        }
        match binding::read_primitive(&message.clone().into_data(), self.serialization) {
            Ok(Primitive::Response(response)) => Some(*response),
            Ok(Primitive::Request(request)) => {
                let payload = binding::write_response(&accept(&request), self.serialization);
                self.send(payload.expect("mapped"));
                self.notifications.push_back(*request);
                None
            }
            Err(e) => panic!("{e}: {message:?}"),
        }
    }
}

impl Drop for WebSocket {
    /// ACME forgets whose a connection was when it is over, and with it whose the next one is if
    /// that has begun by then.
    fn drop(&mut self) {
        let _ = self.socket.close(None);
        while self.socket.read().is_ok() {}
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

impl Link for WebSocket {
    fn ask(&mut self, request: &Request) -> Response {
        let payload = binding::write_request(request, self.serialization).expect("mapped");
        self.send(payload);
        let end = Instant::now() + LONG;
        loop {
            match self.next() {
                Some(response) if response.request_identifier == request.request_identifier => {
                    return response;
                }
                _ => assert!(Instant::now() < end, "no response"),
            }
        }
    }

    fn notified(&mut self) -> Request {
        let end = Instant::now() + LONG;
        while self.notifications.is_empty() {
            let _ = self.next();
            assert!(Instant::now() < end, "no notification");
        }
        self.notifications.pop_front().expect("looked at")
    }

    fn point_of_access(&self) -> String {
        "ws://default".to_owned()
    }
}
