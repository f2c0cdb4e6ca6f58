//! Our client and our server over an MQTT topic: every operation, by nothing but the mapping.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use coap_core::{Code, ContentFormat};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::Item;
use lwm2m_core::mqtt::{Interface, LOCATION, Mapping, Role, Session, acknowledgement};
use lwm2m_core::server::{self, Content, Event, Server};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{Engine, Instant, PeerId, Seed};

const NAME: &str = "meter-7";
const SSID: u16 = 101;
const PEER: PeerId = PeerId(5);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);
const TEXT: Path = Path::resource(3303, 0, 5750);

struct Broker {
    client: Client,
    server: Server,
    device_side: Mapping,
    server_side: Mapping,
    now: Instant,
    /// Publications, in their order.
    published: Vec<Vec<u8>>,
    client_events: Vec<client::Event>,
    server_events: Vec<Event>,
}

/// What an engine wants to send, as publications; each that waits for an acknowledgement gets it.
fn publications<E: Engine>(engine: &mut E, mapping: &mut Mapping, now: Instant) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut buf = [0; 2048];
    while let Some(t) = engine.poll_transmit(now, &mut buf).unwrap() {
        let datagram = &buf[..t.len];
        let mut publication = [0; 2048];
        let len = mapping.publication(datagram, &mut publication);
        let len =
            len.unwrap_or_else(|e| panic!("{e:?}: {:?}", coap_core::Message::parse(datagram)));
        if len > 0 {
            all.push(publication[..len].to_vec());
        }
        if let Some(ack) = acknowledgement(datagram) {
            engine.handle_datagram(now, t.peer, &ack);
        }
    }
    all
}

impl Broker {
    fn new() -> Broker {
        static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEMPERATURE];
        let now = Instant::from_millis(1_000);
        let config = client::Config { objects: &OBJECTS, ..client::Config::new(NAME) };
        let mut client = Client::new(&config, &Seed([1; 32])).unwrap();
        let account = ServerAccount {
            version: Version::V1_2,
            ..ServerAccount::new(SSID, PEER, "mqtt://broker.example.com")
        };
        client.add_server(now, &account).unwrap();
        client.add_instance(now, Path::instance(3303, 0)).unwrap();
        client.set(now, TEMPERATURE, Value::Float(20.5)).unwrap();
        client.add_resource(now, Path::resource(3303, 0, 5605)).unwrap();
        client.start(now);
        let server = Server::new(&server::Config::default(), &Seed([2; 32])).unwrap();
        let length = coap_core::Parameters::default().token_length;
        Broker {
            client,
            server,
            device_side: Mapping::new(Role::Device, Interface::Registration, length),
            server_side: Mapping::new(Role::Server, Interface::Registration, length),
            now,
            published: Vec::new(),
            client_events: Vec::new(),
            server_events: Vec::new(),
        }
    }

    /// Lets both sides hear everything, their own too, until nobody has anything to say.
    fn run(&mut self) {
        loop {
            while let Some(event) = self.client.poll_event() {
                if let client::Event::Executed { id, .. } = event {
                    self.client.answer_execute(self.now, id, Ok(())).unwrap();
                }
                self.client_events.push(event);
            }
            while let Some(event) = self.server.poll_event() {
                self.server_events.push(event);
            }
            let mut news = publications(&mut self.client, &mut self.device_side, self.now);
            news.extend(publications(&mut self.server, &mut self.server_side, self.now));
            if news.is_empty() {
                return;
            }
            for publication in &news {
                let mut buf = [0; 2048];
                let none = Session::default();
                let len = self.device_side.datagram(publication, &none, &mut buf).unwrap();
                if len > 0 {
                    self.client.handle_datagram(self.now, PEER, &buf[..len]);
                }
                let location = self.server.find(NAME).and_then(|id| self.server.registration(id));
                let location = location.map_or(String::new(), |r| r.location().to_string());
                let session = Session { endpoint: NAME, location: &location };
                let len = self.server_side.datagram(publication, &session, &mut buf).unwrap();
                if len > 0 {
                    self.server.handle_datagram(self.now, PEER, &buf[..len]);
                }
            }
            self.published.extend(news);
        }
    }

    fn later(&mut self, seconds: u64) {
        self.now += m2m_base::Duration::from_secs(seconds);
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
        self.run();
    }

    /// The code of the answer to the operation that was just asked for.
    fn answer(&mut self) -> (Code, Vec<String>) {
        self.run();
        let found = self.server_events.drain(..).find_map(|event| match event {
            Event::Response { id, code, .. } => Some((id, code)),
            _ => None,
        });
        let (id, code) =
            found.unwrap_or_else(|| panic!("no answer; said: {:x?}", self.published.last()));
        let content = self.server.response(id).map(shown).unwrap_or_default();
        self.server.release(id);
        (code, content)
    }
}

fn shown(content: Content<'_>) -> Vec<String> {
    let Ok(items) = content.items() else { return Vec::new() };
    items
        .map(|item| {
            let item = item.unwrap();
            format!("{} {:?}", item.path, item.content)
        })
        .collect()
}

#[test]
fn transport_8_a_life_over_mqtt() {
    let mut b = Broker::new();
    b.run();
    let id = b.server.find(NAME).expect("registered");
    assert!(b.client_events.contains(&client::Event::Registered { server: SSID }));
    assert_eq!(b.server.registration(id).unwrap().lifetime(), 86_400);
    assert_eq!(LOCATION, ["rd", "mqtt"]);

    b.server.read(b.now, id, TEMPERATURE).unwrap();
    let (code, content) = b.answer();
    assert_eq!(code, Code::CONTENT);
    assert!(content[0].contains("20.5"), "{content:?}");
    b.server.write(b.now, id, TEXT, &[Item::value(TEXT, Value::string("kettle"))]).unwrap();
    assert_eq!(b.answer().0, Code::CHANGED);
    assert_eq!(b.client.get(TEXT), Some(Value::string("kettle")));
    b.server.execute(b.now, id, Path::resource(3303, 0, 5605), "0='now'").unwrap();
    assert_eq!(b.answer().0, Code::CHANGED);
    b.server.discover(b.now, id, Path::instance(3303, 0)).unwrap();
    assert_eq!(b.answer().0, Code::CONTENT);
    b.server.write_attributes(b.now, id, TEMPERATURE, "pmax=60&st=0.5").unwrap();
    assert_eq!(b.answer().0, Code::CHANGED);
    b.server.read(b.now, id, Path::resource(3303, 0, 9999)).unwrap();
    assert_eq!(b.answer().0, Code::NOT_FOUND);
    b.server.read_composite(b.now, id, &[TEMPERATURE, Path::resource(3, 0, 16)]).unwrap();
    let (code, content) = b.answer();
    assert_eq!((code, content.len()), (Code::CONTENT, 2), "{content:?}");

    // An observation, two notifications, its end.
    b.server.observe(b.now, id, TEMPERATURE).unwrap();
    assert_eq!(b.answer().0, Code::CONTENT);
    let observation = b.server.find_observation(id, TEMPERATURE).expect("observed");
    for value in [23.0, 25.0] {
        b.client.set(b.now, TEMPERATURE, Value::Float(value)).unwrap();
        b.later(1);
        let event = b.server_events.drain(..).find_map(|event| match event {
            Event::Notified { id, .. } => Some(id),
            _ => None,
        });
        let event = event.expect("a notification");
        let content = shown(b.server.notification(event).unwrap());
        assert!(content[0].contains(&format!("{value:.1}")), "{content:?}");
        b.server.release_notification(event);
    }
    b.server.cancel_observation(b.now, observation).unwrap();
    assert_eq!(b.answer().0, Code::CONTENT);
    assert_eq!(b.server.find_observation(id, TEMPERATURE), None);
    b.client.set(b.now, TEMPERATURE, Value::Float(99.0)).unwrap();
    b.later(2);
    assert!(b.server_events.is_empty(), "{:?}", b.server_events);

    // What the device says by itself.
    b.client.set(b.now, Path::resource(1, 0, 23), Value::Boolean(false)).unwrap();
    b.client.send(b.now, SSID, ContentFormat::SENML_CBOR, &[TEMPERATURE]).unwrap();
    b.later(1);
    assert!(
        b.server_events.iter().any(|e| matches!(e, Event::Sent { .. })),
        "{:?}",
        b.server_events
    );
    b.client.update(b.now, SSID).unwrap();
    b.later(1);
    assert!(b.server_events.iter().any(|e| matches!(e, Event::Updated { .. })));
    b.client.deregister(b.now, SSID).unwrap();
    b.later(1);
    assert_eq!(b.server.find(NAME), None);
    // Nothing was said twice: MQTT delivers.
    let mut sorted = b.published.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), b.published.len());
}
