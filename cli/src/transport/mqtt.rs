//! LwM2M over MQTT (Transport 1.2 section 8): what the engines say, as publications by a broker. A
//! device has a connection and a topic for each of its servers; a server has one connection, and a
//! peer for each topic.

mod whole;

use super::Proven;
use crate::broker::{Broker, Connection, KEEP_ALIVE, Login, News, QOS};
use crate::transport::Trust;
use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber};
use lwm2m_core::mqtt::{Interface, MapError, Mapping, Role, Session, Topic, acknowledgement};
use rumqttc::AsyncClient;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use whole::{Step, Whole};

/// Publications that wait for the engine.
const INBOX: usize = 256;
/// Messages that wait to be published.
const WAITING: usize = 1024;
/// Topics that a server tells apart at one time.
const MOST_TOPICS: usize = 1 << 20;
/// Longest message, on either side of the mapping.
const LONGEST: usize = 65_535;
/// Bits of the number of a peer.
const NUMBER: u64 = (1 << 56) - 1;

/// A topic, and how its broker is reached.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What stands before `lwm2m`; may be empty.
    pub(crate) prefix: String,
    pub(crate) interface: Interface,
    /// The device's name; of no use to a server.
    pub(crate) endpoint: String,
    pub(crate) login: Option<Login>,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) trust: Option<Trust>,
}

impl Place {
    /// The connection, with a subscription to these topics.
    fn connect(&self, topics: String) -> (Connection, AsyncClient) {
        let broker = Broker {
            host: &self.host,
            port: self.port,
            // One topic is one device's, or one server's.
            client_id: topics.trim_end_matches("/#").to_owned(),
            login: self.login.as_ref(),
            trust: self.trust.as_ref(),
            keep_alive: self.keep_alive.unwrap_or(KEEP_ALIVE),
            longest: LONGEST,
            waiting: WAITING,
        };
        Connection::new(&broker, vec![topics])
    }
}

/// What a connection tells.
enum Told {
    Published(Option<u64>, String, Vec<u8>),
    Up(Option<u64>),
    Down(Option<u64>, String),
}

/// What there is for the engine.
pub(super) enum Arrived<'a> {
    /// A peer that may publish to the topic of an endpoint.
    Proven(u64, Proven<'a>),
    /// A message.
    Message(u64, SocketAddr, &'a [u8]),
    /// The connection of a device is no more, and why.
    Down(u64, String),
    /// The connection of a server works, or does not and why.
    Broker(Result<(), String>),
}

/// What one topic carries.
struct Carrier {
    mapping: Mapping,
    topic: String,
    endpoint: String,
    /// Of its registration at the engine of a server.
    location: String,
    whole: Whole,
    /// Requests of the engine without an answer: their tokens, and the acknowledgements that come before
    /// the answers. Until then the engine repeats them: whoever should hear them may not listen yet.
    unanswered: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// Requests of the other side: what was published, and what the engine was given. When one is
    /// repeated the engine is given the same, and sees that it is the same.
    requests: VecDeque<(u64, Vec<u8>)>,
}

/// Requests of each side that are remembered.
const REMEMBERED: usize = 16;
/// Bytes of a message that comes in one piece from an engine, at most.
const SHORT: usize = 2048;

/// Puts something behind the others, of which the oldest goes if there are many.
fn remember<T>(all: &mut VecDeque<T>, one: T) {
    if all.len() >= REMEMBERED {
        all.pop_front();
    }
    all.push_back(one);
}

impl Carrier {
    fn new(role: Role, prefix: &str, interface: Interface, endpoint: &str) -> Carrier {
        let length = coap_core::Parameters::default().token_length;
        Carrier {
            mapping: Mapping::new(role, interface, length),
            topic: Topic { prefix, interface, endpoint }.to_string(),
            endpoint: endpoint.to_owned(),
            location: String::new(),
            whole: Whole::default(),
            unanswered: VecDeque::new(),
            requests: VecDeque::new(),
        }
    }

    /// What a server's engine answers says where the registration is.
    fn learn(&mut self, datagram: &[u8]) {
        if let Ok(message) = Message::parse(datagram)
            && message.code == Code::CREATED
        {
            let segments = message.options.all(OptionNumber::LOCATION_PATH);
            let segments = segments.map(|segment| String::from_utf8_lossy(segment).into_owned());
            self.location = segments.map(|segment| format!("/{segment}")).collect();
        }
    }
}

/// What comes from this side itself: it is given to the engine with what comes from the broker.
enum Own {
    /// There is a topic that was not there before.
    New(u64),
    Message(u64, Vec<u8>),
}

/// A device's connection.
struct Link {
    client: AsyncClient,
    address: SocketAddr,
    carrier: Carrier,
}

/// A server's connection, and its devices.
struct Station {
    client: AsyncClient,
    address: SocketAddr,
    prefix: String,
    interface: Interface,
    up: bool,
    /// Who publishes to a topic has shown who it is. Not to a bootstrap server without TLS: it gives
    /// keys to those who have.
    proves: bool,
    carriers: BTreeMap<u64, Carrier>,
}

/// All that goes by brokers.
pub(super) struct Brokers {
    links: BTreeMap<u64, Link>,
    station: Option<Station>,
    next: u64,
    told: Receiver<Told>,
    tell: Sender<Told>,
    /// Told, not looked at yet.
    waiting: VecDeque<Told>,
    own: VecDeque<Own>,
    room: Box<[u8]>,
}

impl fmt::Debug for Brokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brokers").field("links", &self.links.len()).finish_non_exhaustive()
    }
}

impl Default for Brokers {
    fn default() -> Self {
        let (tell, told) = channel(INBOX);
        Brokers {
            links: BTreeMap::new(),
            station: None,
            next: super::first_number(),
            told,
            tell,
            waiting: VecDeque::new(),
            own: VecDeque::new(),
            room: Box::default(),
        }
    }
}

/// The number of an endpoint. It is the same after a restart: engines keep the numbers of peers.
fn number_of(endpoint: &str) -> u64 {
    let hash = Sha256::digest(endpoint.as_bytes());
    hash.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte)) & NUMBER
}

impl Brokers {
    /// Connects a device with the topic of one of its servers; gives the number of that peer. When
    /// this is done, what the server publishes comes.
    pub(super) async fn connect(
        &mut self,
        place: &Place,
        address: SocketAddr,
    ) -> Result<u64, String> {
        let Place { prefix, interface, endpoint, .. } = place;
        let carrier = Carrier::new(Role::Device, prefix, *interface, endpoint);
        let (mut connection, client) = place.connect(carrier.topic.clone());
        loop {
            match connection.next().await {
                News::Up => break,
                News::Down(why) => return Err(why),
                News::Connected | News::Message(_) => {}
            }
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1) & NUMBER;
        self.links.insert(number, Link { client, address, carrier });
        self.make_room();
        tokio::spawn(carry(connection, Some(number), self.tell.clone()));
        Ok(number)
    }

    /// Serves all devices of a broker from now on. It may come and go.
    pub(super) fn serve(&mut self, place: &Place, address: SocketAddr) {
        let Place { prefix, interface, .. } = place;
        let topics = Topic { prefix, interface: *interface, endpoint: "#" }.to_string();
        let (connection, client) = place.connect(topics);
        self.station = Some(Station {
            client,
            address,
            prefix: prefix.clone(),
            interface: *interface,
            up: false,
            proves: *interface == Interface::Registration || place.trust.is_some(),
            carriers: BTreeMap::new(),
        });
        self.make_room();
        tokio::spawn(carry(connection, None, self.tell.clone()));
    }

    fn make_room(&mut self) {
        if self.room.is_empty() {
            self.room = vec![0; LONGEST].into_boxed_slice();
        }
    }

    /// A device that registered before a restart, and where its registration is.
    pub(super) fn recall(&mut self, number: u64, endpoint: &str, location: String) {
        let Some(station) = self.station.as_mut().filter(|_| number == number_of(endpoint)) else {
            return;
        };
        let carrier = Carrier::new(Role::Server, &station.prefix, station.interface, endpoint);
        station.carriers.insert(number, Carrier { location, ..carrier });
        self.own.push_back(Own::New(number));
    }

    /// Waits until there is something to take.
    pub(super) async fn ready(&mut self) {
        if !self.pending() {
            match self.told.recv().await {
                Some(told) => self.waiting.push_back(told),
                None => std::future::pending().await,
            }
        }
    }

    /// True if there is something to take.
    pub(super) fn pending(&self) -> bool {
        !self.own.is_empty() || !self.waiting.is_empty()
    }

    /// Gives what came to `take`. True if there was anything.
    pub(super) fn receive(&mut self, take: &mut dyn FnMut(Arrived<'_>)) -> bool {
        let mut any = false;
        while let Some(own) = self.own.pop_front() {
            any = true;
            match own {
                Own::Message(number, message) => {
                    if let Some(address) = self.address(number) {
                        take(Arrived::Message(number, address, &message));
                    }
                }
                Own::New(number) => {
                    let station = self.station.as_ref();
                    if let Some(carrier) = station.and_then(|s| s.carriers.get(&number)) {
                        take(Arrived::Proven(number, Proven::Topic(&carrier.endpoint)));
                    }
                }
            }
        }
        for _ in 0..INBOX {
            let Some(told) = self.waiting.pop_front().or_else(|| self.told.try_recv().ok()) else {
                break;
            };
            any = true;
            match told {
                Told::Published(Some(number), _, payload) => {
                    let Brokers { links, room, .. } = self;
                    if let Some(Link { carrier, address, .. }) = links.get_mut(&number) {
                        carrier.take(number, *address, &payload, room, take);
                    }
                }
                Told::Published(None, topic, payload) => self.serve_topic(&topic, &payload, take),
                Told::Down(Some(number), why) => {
                    if self.links.remove(&number).is_some() {
                        take(Arrived::Down(number, why));
                    }
                }
                Told::Up(None) => self.change(Ok(()), take),
                Told::Down(None, why) => self.change(Err(why), take),
                Told::Up(Some(_)) => {}
            }
        }
        any
    }

    fn change(&mut self, to: Result<(), String>, take: &mut dyn FnMut(Arrived<'_>)) {
        if let Some(station) = &mut self.station {
            station.up = to.is_ok();
        }
        take(Arrived::Broker(to));
    }

    /// A publication on the topic of an endpoint. The broker says who may do that.
    fn serve_topic(&mut self, topic: &str, payload: &[u8], take: &mut dyn FnMut(Arrived<'_>)) {
        let Brokers { station: Some(station), room, .. } = self else { return };
        let Station { prefix, interface, carriers, address, proves, .. } = station;
        let Some(topic) = Topic::parse(prefix, topic).filter(|t| t.interface == *interface) else {
            return;
        };
        let number = number_of(topic.endpoint);
        if !carriers.contains_key(&number) {
            if carriers.len() >= MOST_TOPICS {
                return;
            }
            let new = Carrier::new(Role::Server, prefix, *interface, topic.endpoint);
            carriers.insert(number, new);
            if *proves {
                take(Arrived::Proven(number, Proven::Topic(topic.endpoint)));
            }
        }
        if let Some(carrier) = carriers.get_mut(&number).filter(|c| c.endpoint == topic.endpoint) {
            carrier.take(number, *address, payload, room, take);
        }
    }

    /// Publishes a message for a peer. What cannot be said over MQTT is refused in its name; what
    /// cannot be published now is lost, as a datagram may be.
    pub(super) fn send(&mut self, number: u64, datagram: &[u8]) {
        let Brokers { links, station, own, room, .. } = self;
        let (client, carrier) = match (links.get_mut(&number), station) {
            (Some(link), _) => (&link.client, &mut link.carrier),
            (None, Some(Station { up: true, client, carriers, .. })) => {
                let Some(carrier) = carriers.get_mut(&number) else { return };
                carrier.learn(datagram);
                (&*client, carrier)
            }
            _ => return,
        };
        let (whole, mut told) = match carrier.whole.step(datagram) {
            Step::AsItIs => (None, carrier.acknowledges(datagram)),
            Step::Whole(whole, told) => (Some(whole), told),
            Step::Tell(told) => {
                own.extend(told.into_iter().map(|message| Own::Message(number, message)));
                return;
            }
        };
        let message = whole.as_deref().unwrap_or(datagram);
        match carrier.mapping.publication(message, room) {
            Ok(0) => told.clear(),
            Ok(len) => {
                let payload = room.get(..len).unwrap_or_default();
                if client.try_publish(&carrier.topic, QOS, false, payload).is_err() {
                    told.clear();
                }
            }
            Err(error) => told = refusal(message, error).into_iter().collect(),
        }
        own.extend(told.into_iter().map(|message| Own::Message(number, message)));
    }

    /// Ends what there is with a peer.
    pub(super) fn close(&mut self, number: u64) {
        if let Some(link) = self.links.remove(&number) {
            // It may be closed already.
            let _ = link.client.try_disconnect();
        }
        if let Some(station) = &mut self.station {
            station.carriers.remove(&number);
        }
    }

    /// The address of the broker by which a peer is reached.
    pub(super) fn address(&self, number: u64) -> Option<SocketAddr> {
        let link = self.links.get(&number).map(|link| link.address);
        link.or_else(|| {
            let station = self.station.as_ref()?;
            station.carriers.contains_key(&number).then_some(station.address)
        })
    }
}

impl Carrier {
    /// Gives the engine what a publication says. What is none of LwM2M is passed over.
    fn take(
        &mut self,
        number: u64,
        address: SocketAddr,
        payload: &[u8],
        room: &mut [u8],
        take: &mut dyn FnMut(Arrived<'_>),
    ) {
        let mut hash = DefaultHasher::new();
        payload.hash(&mut hash);
        let hash = hash.finish();
        if let Some((_, message)) = self.requests.iter().find(|(known, _)| *known == hash) {
            return take(Arrived::Message(number, address, message));
        }
        let session = Session { endpoint: &self.endpoint, location: &self.location };
        let Ok(len @ 1..) = self.mapping.datagram(payload, &session, room) else { return };
        let datagram = room.get(..len).unwrap_or_default();
        let Ok(message) = Message::parse(datagram) else { return };
        if message.code.is_request() {
            // Long ones are not repeated: they come in blocks from their engine.
            if datagram.len() <= SHORT {
                remember(&mut self.requests, (hash, datagram.to_vec()));
            }
            self.whole.note(datagram);
        } else if let Some(at) = self.unanswered.iter().position(|(t, _)| *t == message.token)
            && let Some((_, ack)) = self.unanswered.remove(at)
        {
            take(Arrived::Message(number, address, &ack));
        }
        take(Arrived::Message(number, address, datagram));
    }

    /// What the engine is told of a message that was published. A request is acknowledged by its
    /// answer, all else at once.
    fn acknowledges(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let Some(ack) = acknowledgement(datagram).map(|ack| ack.to_vec()) else {
            return Vec::new();
        };
        match Message::parse(datagram) {
            Ok(message) if message.code.is_request() => {
                self.unanswered.retain(|(token, _)| *token != message.token);
                remember(&mut self.unanswered, (message.token.to_vec(), ack));
                Vec::new()
            }
            _ => vec![ack],
        }
    }
}

/// The answer to a request that is not carried over; nothing is said about other messages.
fn refusal(datagram: &[u8], error: MapError) -> Option<Vec<u8>> {
    let asked = Message::parse(datagram).ok()?;
    let refuses = asked.code.is_request() && asked.message_type == MessageType::Confirmable;
    let mut room = [0; 128];
    let (ack, code) = (MessageType::Acknowledgement, Code::NOT_IMPLEMENTED);
    let writer = refuses
        .then(|| MessageWriter::in_buffer(&mut room, ack, code, asked.id, asked.token))?
        .ok()?;
    let words = error.to_string();
    Some(writer.finish(words.as_bytes()).ok()?.written().to_vec())
}

/// Keeps a connection up, and tells what comes. That of a device ends when it breaks.
async fn carry(mut connection: Connection, number: Option<u64>, tell: Sender<Told>) {
    loop {
        let told = match connection.next().await {
            News::Connected => continue,
            News::Up => Told::Up(number),
            News::Message(publish) => {
                Told::Published(number, publish.topic, publish.payload.to_vec())
            }
            News::Down(why) => Told::Down(number, why),
        };
        let over = number.is_some() && matches!(told, Told::Down(..));
        if tell.send(told).await.is_err() || over {
            return;
        }
    }
}
