//! Primitives that travel as a whole: publications of MQTT (TS-0010) and messages of WebSocket (TS-0020).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ffi::c_char;

use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::mqtt::{Recent, Subscriber, Topic, TopicKind, level};
use onem2m_core::binding::{
    Heard, Primitive, read_primitive, websocket, write_request, write_response,
};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};

use crate::borrow::{Out, OutBytes};
use crate::result::Outcome;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// Room for the name of a topic, and a NUL behind it.
pub const M2M_ONEM2M_TOPIC_SIZE: usize = 512;

/// A publication to send, with quality of service 1 and not retained.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_publication {
    /// Of a request: names it in m2m_onem2m_ae_outgoing_failed() and m2m_onem2m_cse_outgoing_failed(). 0 for a
    /// response, which may be lost: who asked asks again.
    pub id: u64,
    /// Length of the payload: the bytes are at the start of the buffer.
    pub len: usize,
    /// The name of the topic, and a NUL behind it.
    pub topic: [c_char; M2M_ONEM2M_TOPIC_SIZE],
}

/// A message to send over a WebSocket.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_message {
    /// Of a request: names it in m2m_onem2m_ae_outgoing_failed() and m2m_onem2m_cse_outgoing_failed(). 0 for a
    /// response.
    pub id: u64,
    /// The connection; 0 of an AE, which has one.
    pub peer: u64,
    /// Its length: the bytes are at the start of the buffer.
    pub len: usize,
    /// 1 for a binary message, 0 for one of text.
    pub binary: i32,
}

/// Who is at the other end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Peer {
    /// Who has this level in topics.
    Level(String),
    /// The connection.
    Socket(u64),
}

/// Where a primitive goes.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Topic(String),
    Socket(u64),
}

/// A primitive that waits to be sent.
struct Ready {
    id: u64,
    place: Place,
    serialization: Serialization,
    bytes: Vec<u8>,
}

/// A request that waits for its response.
struct Waiting {
    place: Place,
    serialization: Serialization,
    heard: Heard,
}

/// What became of a request of somebody else's.
pub(super) struct Answered {
    pub(super) place: Place,
    pub(super) serialization: Serialization,
    pub(super) heard: Heard,
}

/// Requests that wait for their responses, in both directions, and what is to be sent.
pub(super) struct Whole {
    waiting: BTreeMap<u64, Waiting>,
    /// What was asked, by whom it was asked and the request identifier, and the reverse.
    asked: BTreeMap<(Peer, String), u64>,
    keys: BTreeMap<u64, (Peer, String)>,
    publications: VecDeque<Ready>,
    messages: VecDeque<Ready>,
    recent: Recent,
    /// Most requests that are remembered.
    most: usize,
}

/// What came in.
pub(super) enum Came {
    Request(alloc::boxed::Box<Request>),
    Response(alloc::boxed::Box<Response>),
    /// No primitive: how that is answered.
    Refused(alloc::boxed::Box<Response>),
}

/// Reads what came.
pub(super) fn read(bytes: &[u8], serialization: Serialization) -> Came {
    match read_primitive(bytes, serialization) {
        Ok(Primitive::Request(request)) => Came::Request(request),
        Ok(Primitive::Response(response)) => Came::Response(response),
        Err(error) => Came::Refused(error.to_response().into()),
    }
}

/// The `n`-th of the topic filters that all of them subscribe to, copied for C.
pub(super) fn put_filter(
    subscribers: &[Subscriber<'_>],
    prefix: &str,
    n: usize,
    out: OutBytes<'_>,
) -> Outcome {
    let mut all = subscribers.iter().flat_map(|who| who.filters(prefix));
    out.put_text(all.nth(n).as_deref())
}

impl Whole {
    pub(super) fn new(most: usize) -> Whole {
        Whole {
            waiting: BTreeMap::new(),
            asked: BTreeMap::new(),
            keys: BTreeMap::new(),
            publications: VecDeque::new(),
            messages: VecDeque::new(),
            recent: Recent::default(),
            most: most.max(1),
        }
    }

    /// Publishes a request, which the engine names `id`, from one entity to another. False if it cannot be
    /// written.
    pub(super) fn publish(
        &mut self,
        id: u64,
        request: &Request,
        (from, to, prefix): (&str, &str, &str),
        serialization: Serialization,
    ) -> bool {
        let (originator, receiver) = (level(from), level(to));
        let kind = TopicKind::of_request(request);
        let topic = Topic { kind, originator: &originator, receiver: &receiver, serialization };
        let name = topic.name(prefix).to_string();
        name.len() < M2M_ONEM2M_TOPIC_SIZE
            && !originator.is_empty()
            && !receiver.is_empty()
            && self.ask(id, request, Peer::Level(receiver), Place::Topic(name), serialization)
    }

    /// Sends a request over a connection.
    pub(super) fn send(
        &mut self,
        id: u64,
        request: &Request,
        socket: u64,
        serialization: Serialization,
    ) -> bool {
        self.ask(id, request, Peer::Socket(socket), Place::Socket(socket), serialization)
    }

    fn ask(
        &mut self,
        id: u64,
        request: &Request,
        peer: Peer,
        place: Place,
        serialization: Serialization,
    ) -> bool {
        let Ok(bytes) = write_request(request, serialization) else { return false };
        self.forget(id);
        let key = (peer, request.request_identifier.clone());
        // Who forwards gives the identifiers of others: the later one is answered.
        if let Some(before) = self.asked.insert(key.clone(), id) {
            self.keys.remove(&before);
        }
        self.keys.insert(id, key);
        // The engine gave up the oldest ones.
        while self.keys.len() > self.most
            && let Some((oldest, _)) = self.keys.first_key_value()
        {
            self.forget(*oldest);
        }
        self.queue(Ready { id, place, serialization, bytes });
        true
    }

    fn queue(&mut self, ready: Ready) {
        match ready.place {
            Place::Topic(_) => self.publications.push_back(ready),
            Place::Socket(_) => self.messages.push_back(ready),
        }
    }

    /// Nobody waits for the response to this request any more.
    pub(super) fn forget(&mut self, id: u64) {
        if let Some(key) = self.keys.remove(&id) {
            self.asked.remove(&key);
            self.publications.retain(|ready| ready.id != id);
            self.messages.retain(|ready| ready.id != id);
        }
    }

    /// The request that a response is for.
    pub(super) fn answered(&mut self, peer: Peer, response: &Response) -> Option<u64> {
        let id = self.asked.remove(&(peer, response.request_identifier.clone()))?;
        self.keys.remove(&id);
        Some(id)
    }

    /// Notes a request that came to a topic: true if it came lately.
    pub(super) fn is_known(&mut self, topic: &Topic<'_>, request: &Request) -> bool {
        self.recent.note(topic, request)
    }

    /// The engine took a request, and names it `id`.
    pub(super) fn accept(
        &mut self,
        id: u64,
        place: Place,
        serialization: Serialization,
        heard: Heard,
    ) {
        self.waiting.insert(id, Waiting { place, serialization, heard });
    }

    /// The engine answers a request; `None` if it is none of these.
    pub(super) fn answer(&mut self, id: u64, response: &Response) -> Option<Answered> {
        let Waiting { place, serialization, heard } = self.waiting.remove(&id)?;
        self.respond(place.clone(), serialization, response);
        Some(Answered { place, serialization, heard })
    }

    /// Answers what came.
    pub(super) fn respond(
        &mut self,
        place: Place,
        serialization: Serialization,
        response: &Response,
    ) {
        let bytes = write_response(response, serialization).or_else(|_| {
            // What the serialisation cannot express is told without its content.
            let status = ResponseStatusCode::NotAcceptable;
            let refusal = Response::new(status, response.request_identifier.clone());
            write_response(&refusal, serialization)
        });
        // One that this library does not write has nobody to read it.
        if let Ok(bytes) = bytes {
            self.queue(Ready { id: 0, place, serialization, bytes });
        }
    }

    /// The connection is gone, or without one the broker: what waits for nobody any more is dropped. Gives
    /// the requests that have no answer.
    pub(super) fn end(&mut self, socket: Option<u64>) -> Vec<u64> {
        let ends = |place: &Place| match (place, socket) {
            (Place::Topic(_), None) => true,
            (Place::Socket(own), Some(socket)) => *own == socket,
            _ => false,
        };
        self.waiting.retain(|_, waiting| !ends(&waiting.place));
        self.publications.retain(|ready| !ends(&ready.place));
        self.messages.retain(|ready| !ends(&ready.place));
        let over = |(peer, _): &(Peer, String)| match (peer, socket) {
            (Peer::Level(_), None) => true,
            (Peer::Socket(own), Some(socket)) => *own == socket,
            _ => false,
        };
        let lost: Vec<u64> =
            self.keys.iter().filter(|(_, key)| over(key)).map(|(id, _)| *id).collect();
        for id in &lost {
            self.forget(*id);
        }
        lost
    }

    #[cfg(feature = "onem2m-mqtt")]
    pub(super) fn has_publication(&self) -> bool {
        !self.publications.is_empty()
    }

    #[cfg(feature = "onem2m-websocket")]
    pub(super) fn has_message(&self) -> bool {
        !self.messages.is_empty()
    }

    /// Gives C the next publication.
    pub(super) fn poll_publication(
        &mut self,
        buf: &mut [u8],
        out: Out<m2m_onem2m_publication>,
    ) -> Outcome {
        let Some(first) = self.publications.front() else { return Ok(M2M_NOTHING) };
        let len = first.bytes.len();
        buf.get_mut(..len).ok_or(M2M_BUFFER_TOO_SMALL)?.copy_from_slice(&first.bytes);
        let mut topic = [0; M2M_ONEM2M_TOPIC_SIZE];
        if let Place::Topic(name) = &first.place {
            for (to, from) in topic.iter_mut().zip(name.bytes()) {
                *to = c_char::from_ne_bytes([from]);
            }
        }
        out.put(m2m_onem2m_publication { id: first.id, len, topic });
        self.publications.pop_front();
        Ok(M2M_OK)
    }

    /// Gives C the next message.
    pub(super) fn poll_message(&mut self, buf: &mut [u8], out: Out<m2m_onem2m_message>) -> Outcome {
        let Some(first) = self.messages.front() else { return Ok(M2M_NOTHING) };
        let len = first.bytes.len();
        buf.get_mut(..len).ok_or(M2M_BUFFER_TOO_SMALL)?.copy_from_slice(&first.bytes);
        let peer = match first.place {
            Place::Socket(peer) => peer,
            Place::Topic(_) => 0,
        };
        let binary = websocket::is_binary(first.serialization).into();
        out.put(m2m_onem2m_message { id: first.id, peer, len, binary });
        self.messages.pop_front();
        Ok(M2M_OK)
    }
}

/// A publication that came to a topic of requests, or of responses.
pub(super) enum Published<'a> {
    /// A request, and the topic that its answer goes to.
    Request(Topic<'a>, Place),
    Response(Topic<'a>),
    /// Nothing of oneM2M's.
    Other,
}

/// What the topic of a publication tells. One of a name that an answer would not fit into is nobody's.
pub(super) fn published<'a>(topic: &'a str, prefix: &str) -> Published<'a> {
    let Ok(topic) = Topic::parse(topic, prefix) else { return Published::Other };
    match topic.of_response() {
        None => Published::Response(topic),
        Some(back) => {
            let name = back.name(prefix).to_string();
            if name.len() < M2M_ONEM2M_TOPIC_SIZE {
                Published::Request(topic, Place::Topic(name))
            } else {
                Published::Other
            }
        }
    }
}
