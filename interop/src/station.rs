//! Our server as a station that clients register with, and its side of each conversation.

use crate::background::Background;
use coap_core::{Code, ContentFormat};
use lwm2m_core::format::ItemContent;
use lwm2m_core::server::{
    Config, Content, Event, Limits, ObservationId, OperationId, RegistrationId, Server, UsageError,
};
use lwm2m_core::{Value, object};
use m2m_base::{Instant, Seed};
use std::collections::BTreeMap;
use std::net::UdpSocket;

/// What a client answered or notified, copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The code.
    pub code: Code,
    /// The format.
    pub format: Option<ContentFormat>,
    /// Values as text with their types, by path.
    pub values: BTreeMap<String, String>,
    /// Links of a Discover.
    pub links: Vec<String>,
    /// The instance that was created.
    pub created: Option<String>,
}

/// What a registration says, copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its name.
    pub endpoint: String,
    /// In seconds.
    pub lifetime: u32,
    /// Of the enabler.
    pub version: String,
    /// Letters.
    pub binding: String,
    /// Paths, with `;ver=` where told.
    pub links: Vec<String>,
    /// Formats it says it has.
    pub formats: Vec<ContentFormat>,
}

/// An event with what it speaks of.
#[derive(Clone, Debug)]
pub struct Note {
    /// The event.
    pub event: Event,
    /// The content, of a response or notification.
    pub answer: Option<Answer>,
    /// The client, of a registration that came or changed.
    pub client: Option<Client>,
}

/// The server, running.
pub type Station = Background<Server, Note>;

/// A value as text: `Float 20.5`, `Opaque 00ff`.
#[must_use]
pub fn plain(value: &Value<'_>) -> String {
    let hex = |bytes: &mut dyn Iterator<Item = u8>| -> String {
        bytes.map(|b| format!("{b:02x}")).collect()
    };
    match value {
        Value::String(text) => format!("String {text}"),
        Value::CoreLink(text) => format!("CoreLink {text}"),
        Value::Integer(n) => format!("Integer {n}"),
        Value::Unsigned(n) => format!("Unsigned {n}"),
        Value::Float(n) => format!("Float {n:?}"),
        Value::Boolean(b) => format!("Boolean {b}"),
        Value::Opaque(data) => format!("Opaque {}", hex(&mut data.bytes())),
        Value::Time(n) => format!("Time {n}"),
        Value::ObjectLink(link) => format!("ObjectLink {}:{}", link.object, link.instance),
        Value::None => "None".to_owned(),
    }
}

fn answer(content: &Content<'_>) -> Answer {
    let mut values = BTreeMap::new();
    let mut links = Vec::new();
    if content.format() == Some(ContentFormat::LINK_FORMAT) {
        for link in content.links() {
            let link = link.expect("well-formed links");
            let mut text = link.target().to_owned();
            for p in link.params() {
                text.push_str(&format!(";{}", p.name));
                if let Some(value) = p.value {
                    text.push('=');
                    text.extend(value.chars());
                }
            }
            links.push(text);
        }
    } else if content.code() == Code::CONTENT {
        for item in content.items().expect("a format that we know") {
            let item = item.unwrap_or_else(|e| panic!("{e:?} in {:02x?}", content.payload()));
            let value = match &item.content {
                ItemContent::Value(value) => plain(value),
                ItemContent::Empty => "empty".to_owned(),
            };
            values.insert(item.path.to_string(), value);
        }
    }
    let created = content.created().map(|p| p.to_string());
    Answer { code: content.code(), format: content.format(), values, links, created }
}

fn client(server: &Server, id: RegistrationId) -> Option<Client> {
    let r = server.registration(id)?;
    let link = |l: lwm2m_core::server::Link| match l.version {
        Some(v) => format!("{};ver={v}", l.path),
        None => l.path.to_string(),
    };
    let formats = [
        ContentFormat::CBOR,
        ContentFormat::SENML_JSON,
        ContentFormat::SENML_CBOR,
        ContentFormat::LWM2M_TLV,
        ContentFormat::LWM2M_JSON,
        ContentFormat::LWM2M_CBOR,
    ];
    Some(Client {
        endpoint: r.endpoint().to_owned(),
        lifetime: r.lifetime(),
        version: r.version().as_str().to_owned(),
        binding: r.binding().letters().collect(),
        links: r.links().map(link).collect(),
        formats: formats.into_iter().filter(|f| r.accepts(*f)).collect(),
    })
}

/// Starts the server on a socket.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn start(socket: UdpSocket) -> Station {
    let config = Config { limits: Limits::SMALL, ..Config::default() };
    let mut server = Server::new(&config, &Seed([5; 32])).expect("a server");
    server.add_object(&object::TEST_1_1).expect("an object");
    Background::start_on(socket, server, |server, _, event| {
        let mut note = Note { event, answer: None, client: None };
        match event {
            Event::Registered { id } | Event::Updated { id, .. } => {
                note.client = client(server, id);
            }
            Event::Response { id, .. } => {
                note.answer = server.response(id).map(|c| answer(&c));
                server.release(id);
            }
            Event::Notified { id, .. } | Event::Sent { id, .. } => {
                note.answer = server.notification(id).map(|c| answer(&c));
                server.release_notification(id);
            }
            _ => {}
        }
        note
    })
}

/// Waits for a client to register.
pub fn registered(station: &Station, endpoint: &str) -> (RegistrationId, Client) {
    station.wait("a registration", |note| match (note.event, &note.client) {
        (Event::Registered { id }, Some(client)) if client.endpoint == endpoint => {
            Some((id, client.clone()))
        }
        _ => None,
    })
}

/// Waits for an Update.
pub fn updated(station: &Station) -> Client {
    station.wait("an update", |note| match note.event {
        Event::Updated { .. } => note.client.clone(),
        _ => None,
    })
}

/// Asks a client and waits for its answer; gives the observation too if one was granted.
///
/// # Panics
/// If the server refuses the command, or the operation fails.
pub fn ask(
    station: &Station,
    command: impl FnOnce(&mut Server, Instant) -> Result<OperationId, UsageError> + Send + 'static,
) -> (Answer, Option<ObservationId>) {
    let asked = station.call(command).expect("a command that can be done");
    station.wait("an answer", |note| match note.event {
        Event::Response { id, observation, .. } if id == asked => {
            Some((note.answer.clone().expect("not released"), observation))
        }
        Event::Failed { id, reason, .. } if id == asked => panic!("failed: {reason:?}"),
        _ => None,
    })
}
