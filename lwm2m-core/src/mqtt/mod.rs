//! LwM2M over MQTT (Transport 1.2 section 8): the engines' messages as publications, and back.
//!
//! The engines speak CoAP. A driver with an MQTT connection gives each datagram of an engine to
//! [`Mapping::publication`] and publishes what comes out, and gives each publication that it receives
//! to [`Mapping::datagram`] and the result to the engine: nothing else of the engines changes.
//!
//! ```
//! use lwm2m_core::mqtt::{Interface, Mapping, Role, Session, Topic};
//!
//! // A device is asked for its manufacturer.
//! let mut mapping = Mapping::new(Role::Device, Interface::Registration, 4);
//! let publication = b"\xa3\x01\x09\x02\x18\x38\x05\x66/3/0/0"; // {1: 9, 2: 56, 5: "/3/0/0"}
//! let mut buf = [0; 64];
//! let len = mapping.datagram(publication, &Session::default(), &mut buf)?;
//! let request = coap_core::Message::parse(&buf[..len])?;
//! assert_eq!((request.code, request.token), (coap_core::Code::GET, &[56][..]));
//!
//! let topic = Topic { prefix: "city", interface: Interface::Registration, endpoint: "meter-7" };
//! assert_eq!(topic.to_string(), "city/lwm2m/rd/meter-7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the driver has to know:
//!
//! - MQTT delivers, so nothing is to be acknowledged or repeated: for a confirmable datagram that was
//!   published, the driver gives the engine [`acknowledgement`]. Empty messages are not published. It
//!   does not deliver to who has no connection just then: a driver that wants its engine to say a
//!   request again gives it the acknowledgement with the answer, and on the other side the datagram of
//!   before for a publication that comes again.
//! - There are no blocks. Engines cut bodies of more than 1024 bytes (`block_szx`) into some: a driver
//!   that carries longer ones asks its engine for all blocks and puts them together before it maps them.
//! - `lt`, `pid` and `con` have no key in the standard, nor has the `Q` of a registration: what has
//!   them is [`MapError::Unmapped`]. A server ends an observation with Observe 1, not with a reset.
//! - A registration has no location on the wire; the device's engine is told [`LOCATION`], and the
//!   server's driver says in [`Session`] what its engine called it.
//! - Both sides publish to one topic and hear themselves: what this side sent is left out.
//!
//! COSE around the map (/0/x/27) is not here.

mod fields;
mod from_coap;
mod to_coap;

#[cfg(test)]
mod tests;

use coap_core::{Message, MessageType};
use core::fmt;
use fields::Fields;

/// The Location-Path that the engine of a device is told when it has registered.
pub const LOCATION: [&str; 2] = ["rd", "mqtt"];

/// Which of a device's two topics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interface {
    /// `bs`: with a bootstrap server.
    Bootstrap,
    /// `rd`: with a server.
    Registration,
}

impl Interface {
    /// Its name in a topic.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Interface::Bootstrap => "bs",
            Interface::Registration => "rd",
        }
    }
}

/// Which side of the topic this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The LwM2M client.
    Device,
    /// The server or bootstrap server.
    Server,
}

/// `[PREFIX/]lwm2m/{bs|rd}/ENDPOINT`; `Display` writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Topic<'a> {
    /// What stands before `lwm2m`, without the slash; may be empty.
    pub prefix: &'a str,
    /// The interface.
    pub interface: Interface,
    /// Endpoint Client Name.
    pub endpoint: &'a str,
}

impl<'a> Topic<'a> {
    /// Reads a topic; `None` if it is none of LwM2M, or of another prefix.
    #[must_use]
    pub fn parse(prefix: &'a str, topic: &'a str) -> Option<Topic<'a>> {
        let rest = match prefix {
            "" => topic,
            prefix => topic.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        let (interface, endpoint) = rest.strip_prefix("lwm2m/")?.split_once('/')?;
        let interface = match interface {
            "bs" => Interface::Bootstrap,
            "rd" => Interface::Registration,
            _ => return None,
        };
        (!endpoint.is_empty()).then_some(Topic { prefix, interface, endpoint })
    }
}

impl fmt::Display for Topic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.prefix.is_empty() {
            write!(f, "{}/", self.prefix)?;
        }
        write!(f, "lwm2m/{}/{}", self.interface.name(), self.endpoint)
    }
}

/// What a server's driver knows of the device on a topic. A device needs none of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Session<'a> {
    /// The endpoint of the topic, for a request that does not name it.
    pub endpoint: &'a str,
    /// Path of its registration at the engine, `/rd/…`; empty if there is none.
    pub location: &'a str,
}

/// Why a message is not carried over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MapError {
    /// The publication is not a map of this interface, or the datagram no CoAP message.
    Malformed,
    /// There is no operation or key for it.
    Unmapped,
    /// The buffer is too small.
    TooLong,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MapError::Malformed => "not a message of LwM2M over MQTT",
            MapError::Unmapped => "nothing in LwM2M over MQTT says this",
            MapError::TooLong => "the buffer is too small",
        })
    }
}

impl core::error::Error for MapError {}

/// The mapping of one side of one topic. It remembers only which message IDs it gave out.
#[derive(Clone, Debug)]
pub struct Mapping {
    role: Role,
    interface: Interface,
    token_length: u8,
    next: u16,
    /// Of notifications, which have an order in CoAP.
    sequence: u32,
    /// Tokens of Observes without an answer yet, the newest first: in CoAP the answer says that
    /// it is one, here it does not.
    asked: [Option<u64>; OBSERVES],
}

/// Observes of one device that may be under way. Engines ask for one after the other.
const OBSERVES: usize = 8;

impl Mapping {
    /// A mapping for an engine whose tokens have `token_length` bytes (`Parameters::token_length`
    /// of its configuration), 1 to 8.
    #[must_use]
    pub const fn new(role: Role, interface: Interface, token_length: u8) -> Mapping {
        Mapping { role, interface, token_length, next: 0, sequence: 0, asked: [None; OBSERVES] }
    }

    /// Makes a publication of a datagram that the engine wants to send. Gives its length: 0 if there
    /// is nothing to publish, which is so for empty messages.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn publication(&mut self, datagram: &[u8], buf: &mut [u8]) -> Result<usize, MapError> {
        let message = Message::parse(datagram).map_err(|_| MapError::Malformed)?;
        if message.code == coap_core::Code::EMPTY {
            return Ok(0);
        }
        let mut room = from_coap::Room::default();
        let fields = from_coap::fields(self.role, self.interface, &message, &mut room)?;
        let len = fields.write(buf)?;
        if fields.observes() && self.role == Role::Server {
            self.asked.rotate_right(1);
            if let Some(newest) = self.asked.first_mut() {
                *newest = fields.token;
            }
        }
        Ok(len)
    }

    /// Makes a datagram for the engine of a publication that was received. Gives its length: 0 if
    /// it is a request of this side's own, which comes back to it.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn datagram(
        &mut self,
        publication: &[u8],
        session: &Session<'_>,
        buf: &mut [u8],
    ) -> Result<usize, MapError> {
        let fields = Fields::read(publication)?;
        self.next = self.next.wrapping_add(1);
        self.sequence = self.sequence.wrapping_add(1) & 0x00ff_ffff;
        let mut observed = false;
        if fields.result.is_some() {
            for token in self.asked.iter_mut().filter(|token| **token == fields.token) {
                observed |= token.take().is_some();
            }
        }
        to_coap::Writer { mapping: self, fields: &fields, session, observed }.write(buf)
    }
}

/// The empty acknowledgement that the engine waits for after a confirmable datagram.
#[must_use]
pub fn acknowledgement(datagram: &[u8]) -> Option<[u8; 4]> {
    let (MessageType::Confirmable, id) = coap_core::peek_header(datagram)? else { return None };
    let [a, b] = id.to_be_bytes();
    Some([0x60, 0, a, b])
}
