//! What a client is made with, and what its commands can be refused for.

#[cfg(feature = "queue-mode")]
use m2m_base::Duration;
use m2m_base::PeerId;
use m2m_base::container::OutOfMemory;

use crate::{ObjectDefinition, Version};

/// How much a client may hold. All of it is reserved at construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Of the CoAP endpoint below: messages, observers, block-wise bodies.
    pub coap: coap_core::Limits,
    /// Server accounts, at most 15.
    pub servers: u8,
    /// Object instances, resources and resource instances, 18 bytes each. An account takes 12,
    /// the Device object 5 and what the application sets. While a bootstrap is at work, the
    /// instances that it writes are there twice, as they were and as they become; `text` likewise.
    pub values: u16,
    /// Bytes for strings and opaque values that are longer than 7 bytes.
    pub text: u32,
    /// Notification attributes that servers attach, each for itself, 18 bytes each.
    pub attributes: u16,
    /// Paths in the lists of composite operations, 12 bytes each: those of observations, and of one
    /// Read-Composite (feature `composite`).
    pub paths: u16,
    /// Bytes for notifications that are kept while servers cannot be told, and until they have
    /// acknowledged them (feature `storing`): 12 for each (14 with the feature `restore`), and 11
    /// for each of its values besides its bytes. If there is a journal, each is a record of it.
    pub history: u32,
    /// Sends that wait or are under way (feature `send`).
    pub sends: u8,
    /// Bytes for what they tell, as in `history`.
    pub outbox: u32,
    /// Executes that wait for the application's answer at one time.
    pub executes: u8,
    /// Resources whose values are asked for when they are read (`ask_when_read`).
    pub asked: u8,
    /// Devices behind this one, whose gateway it is (`add_device`), 20 bytes each.
    pub devices: u8,
    /// Objects of all these devices together, 24 bytes each.
    pub device_objects: u8,
    /// Firmware and software packages whose state machines the client runs (`add_firmware_update`,
    /// `add_software`).
    pub packages: u8,
    /// Bytes for one request or response under construction: the object list of a registration
    /// with its parameters, one block of a read.
    pub scratch: u16,
    /// Bytes for the location that a server assigns, its slashes counted.
    pub location: u8,
    /// Records of the journal (feature `restore`), 16 bytes each: one for each instance of objects
    /// 0, 1, 2, 21, 23 and 24, two for each account, one more with a bootstrap server. What is more
    /// is not kept. 0: no journal. Sequence numbers of OSCORE have room besides, for each of
    /// `coap.security_contexts`; and so have, with the feature `storing` and `history`, one for each of
    /// `coap.observers`, and two bits for each notification that is kept.
    pub records: u8,
}

impl Limits {
    /// Objects 0, 1, 3 and one of the application's, one server, 256-byte messages.
    pub const SMALL: Limits = Limits {
        coap: coap_core::Limits {
            message_size: 256,
            body_size: 256,
            exchanges: 1,
            requests: 2,
            observers: 4,
            transfers: 1,
            peers: 1,
            security_contexts: 0,
            pool: 640,
        },
        servers: 1,
        values: 32,
        text: 96,
        attributes: 6,
        paths: 0,
        history: 0,
        sends: 0,
        outbox: 0,
        executes: 1,
        asked: 0,
        devices: 0,
        device_objects: 0,
        packages: 1,
        scratch: 208,
        location: 24,
        records: 0,
    };

    /// Two servers, a dozen objects, 1152-byte messages.
    pub const DEVICE: Limits = Limits {
        coap: coap_core::Limits {
            message_size: 1152,
            body_size: 4096,
            exchanges: 4,
            requests: 8,
            observers: 32,
            transfers: 2,
            peers: 2,
            security_contexts: 0,
            pool: 16 * 1024,
        },
        servers: 2,
        values: 400,
        text: 4096,
        attributes: 64,
        paths: 64,
        history: 4096,
        sends: 4,
        outbox: 2048,
        executes: 4,
        asked: 8,
        devices: 0,
        device_objects: 0,
        packages: 2,
        scratch: 1152,
        location: 64,
        records: 0,
    };
}

/// What a client is made with.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// How much it may hold.
    pub limits: Limits,
    /// Transmission parameters of CoAP.
    pub parameters: coap_core::Parameters,
    /// Endpoint Client Name, at most 250 bytes. Empty: it is not sent, the server knows the client
    /// by its credentials (Core 6.2.1).
    pub endpoint_name: &'a str,
    /// Version of LwM2M to register with, where the account does not come from
    /// [`Client::add_server`](super::Client::add_server), which names it.
    pub version: Version,
    /// Queue mode (Core 1.1, 6.6): how long the client listens after the last message to or from a
    /// server; zero for MAX_TRANSMIT_WAIT, which servers count on. `None`: it always listens.
    #[cfg(feature = "queue-mode")]
    pub queue_mode: Option<Duration>,
    /// Number (MSISDN, without a plus sign) at which the client takes SMS; empty: not told (feature
    /// `accounts`).
    #[cfg(feature = "accounts")]
    pub sms_number: &'a str,
    /// Profile ID (Core 1.2, 6.2.1): a name for the list of objects as it is when the client
    /// registers first, sent in its place. Empty: none. Servers of 1.1 and 1.0 get the list, and so
    /// do those that answer 4.09, and all once an instance has come or gone.
    #[cfg(feature = "v1-2")]
    pub profile: &'a str,
    /// Alternate path (Core 6.4.1; RFC 6690 `rt="oma.lwm2m"`): one segment or several, each a slash
    /// and letters, digits, `-`, `_` and `.`, which are not digits alone, such as `/lwm2m`; at most 40
    /// bytes. The servers name everything of the client behind it, devices behind a gateway too
    /// (`/lwm2m/d01/3/0`); bootstrap servers nothing. Empty: none.
    #[cfg(feature = "alternate-path")]
    pub alternate_path: &'a str,
    /// Objects besides Security (0), Server (1) and Device (3), which are ready made; a definition
    /// of one of those replaces it.
    pub objects: &'a [&'static ObjectDefinition<'static>],
}

impl<'a> Config<'a> {
    /// A client of this name with [`Limits::DEVICE`], the parameters of RFC 7252, and no objects
    /// but its own three.
    #[must_use]
    pub fn new(endpoint_name: &'a str) -> Self {
        Config {
            limits: Limits::DEVICE,
            parameters: coap_core::Parameters::default(),
            endpoint_name,
            version: Version::V1_1,
            #[cfg(feature = "queue-mode")]
            queue_mode: None,
            #[cfg(feature = "accounts")]
            sms_number: "",
            #[cfg(feature = "v1-2")]
            profile: "",
            #[cfg(feature = "alternate-path")]
            alternate_path: "",
            objects: &[],
        }
    }
}

/// A server that the client knows: the instances of objects 0 and 1 that belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerAccount<'a> {
    /// Short Server ID, 1 to 65534. Commands and events name the server by it.
    pub ssid: u16,
    /// The number under which the driver reaches it.
    pub peer: PeerId,
    /// Version of LwM2M to register with.
    pub version: Version,
    /// The oldest version to fall back to, one after the other, where the server does not take a
    /// newer one (4.12).
    pub oldest: Version,
    /// LwM2M Server URI (/0/x/0), for the record: engines know no addresses.
    pub uri: &'a str,
    /// Lifetime of a registration in seconds (/1/x/1), 0 for no end.
    pub lifetime: u32,
    /// Binding (/1/x/7): `U`.
    pub binding: &'a str,
}

impl<'a> ServerAccount<'a> {
    /// An account for version 1.1 over UDP with a lifetime of one day.
    #[must_use]
    pub const fn new(ssid: u16, peer: PeerId, uri: &'a str) -> Self {
        ServerAccount {
            ssid,
            peer,
            version: Version::V1_1,
            oldest: Version::V1_0,
            uri,
            lifetime: 86_400,
            binding: "U",
        }
    }
}

/// A [`Config`] that no client can be made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A limit is out of the range that its documentation names, or too small to hold the Device
    /// object.
    Limit,
    /// The name of the endpoint is too long.
    EndpointName,
    /// The alternate path is none.
    AlternatePath,
    /// An object is defined twice.
    Object,
    /// The endpoint below cannot be made so.
    Coap(coap_core::ConfigError),
    /// The memory that the limits ask for could not be had.
    OutOfMemory,
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ConfigError::Limit => f.write_str("a limit is out of range"),
            ConfigError::EndpointName => f.write_str("the endpoint name is too long"),
            ConfigError::AlternatePath => f.write_str("that is no alternate path"),
            ConfigError::Object => f.write_str("an object is defined twice"),
            ConfigError::Coap(error) => core::fmt::Display::fmt(error, f),
            ConfigError::OutOfMemory => f.write_str("not enough memory for these limits"),
        }
    }
}

impl core::error::Error for ConfigError {}

impl From<OutOfMemory> for ConfigError {
    fn from(OutOfMemory: OutOfMemory) -> Self {
        ConfigError::OutOfMemory
    }
}

impl From<coap_core::ConfigError> for ConfigError {
    fn from(error: coap_core::ConfigError) -> Self {
        ConfigError::Coap(error)
    }
}

/// A command that cannot be carried out. Never caused by the bytes of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UsageError {
    /// No account has this Short Server ID.
    UnknownServer,
    /// The client has no object with this ID.
    UnknownObject,
    /// There is nothing at this path, the object has no such resource, or the path is not of the
    /// level that the command takes.
    UnknownPath,
    /// The id names nothing that waits for this command.
    UnknownId,
    /// What is to be made is there already.
    Exists,
    /// The value is not of the resource's type.
    WrongType,
    /// The value is outside the resource's range.
    OutOfRange,
    /// The object or the state of the registration does not allow it.
    NotAllowed,
    /// A table is full; see [`Limits`].
    Full,
    /// An argument is outside the range that its documentation names.
    Invalid,
}

impl core::fmt::Display for UsageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            UsageError::UnknownServer => "no account has this Short Server ID",
            UsageError::UnknownObject => "the client has no such object",
            UsageError::UnknownPath => "nothing is at this path that this can be done to",
            UsageError::UnknownId => "the id names nothing that waits for this",
            UsageError::Exists => "it is there already",
            UsageError::WrongType => "not a value of the resource's type",
            UsageError::OutOfRange => "outside the resource's range",
            UsageError::NotAllowed => "not allowed here or now",
            UsageError::Full => "a table of the client is full",
            UsageError::Invalid => "an argument is out of range",
        })
    }
}

impl core::error::Error for UsageError {}
