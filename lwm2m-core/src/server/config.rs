//! What a server is made with, and what can be wrong with what is asked of it.

use crate::Version;
use core::fmt;
use m2m_base::Duration;

/// How much a server may hold. It grows with what it holds, up to these numbers; a peer that
/// would exceed them gets 5.03 (or 4.13 for a registration that is too long), a command gets
/// [`UsageError::Full`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Registered clients.
    pub registrations: u32,
    /// Bytes that one registration may take for its endpoint name, its links and its additional
    /// parameters: at most 65535. A link takes 3 to 7 bytes.
    pub registration_bytes: u16,
    /// Operations that wait, are under way, or were answered and not yet released.
    pub operations: u32,
    /// Observations of all clients together.
    pub observations: u32,
    /// Notifications that can be read. When there are more, the oldest can no longer be.
    pub notifications: u32,
    /// Bytes of all answers and notifications that can be read.
    pub content_bytes: u32,
    /// Events that wait to be polled. Beyond it the server stops to look at what peers ask for;
    /// outcomes of operations and ends of observations always have room.
    pub events: u32,
    /// Peers that [`super::Server::identify`] named.
    pub identities: u32,
    /// Profiles (1.2) whose list of objects is known; 0 to learn none.
    pub profiles: u32,
    /// Those of the CoAP endpoint below, which are reserved at construction. Each operation under
    /// way and each observation takes one of its `exchanges`.
    pub coap: coap_core::Limits,
}

impl Limits {
    /// A test, a tool or a gateway with some dozens of clients.
    pub const SMALL: Limits = Limits {
        registrations: 256,
        registration_bytes: 4096,
        operations: 256,
        observations: 256,
        notifications: 256,
        content_bytes: 1 << 20,
        events: 256,
        identities: 256,
        profiles: 64,
        coap: coap_core::Limits {
            message_size: 1152,
            body_size: 1 << 16,
            exchanges: 512,
            requests: 512,
            observers: 0,
            transfers: 32,
            peers: 256,
            security_contexts: 0,
            pool: 1 << 19,
        },
    };

    /// A million clients.
    pub const LARGE: Limits = Limits {
        registrations: 1_000_000,
        registration_bytes: 16_384,
        operations: 100_000,
        observations: 1_000_000,
        notifications: 16_384,
        content_bytes: 64 << 20,
        events: 16_384,
        identities: 1_000_000,
        profiles: 4096,
        coap: coap_core::Limits { observers: 0, ..coap_core::Limits::SERVER },
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::LARGE
    }
}

/// What happens when a client without a security session updates or ends its registration from
/// another address than the one it registered from.
///
/// With a security session ([`super::Server::identify`]) the session says who it is, and the
/// address does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressChange {
    /// The location, which only the client knows, proves who it is: the server follows it to the
    /// new address. Devices behind a NAT need this.
    Follow,
    /// 4.04: the client has to register again (Transport 1.2 section 6.4.3 without security).
    Refuse,
}

/// What a [`super::Server`] is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How much it may hold.
    pub limits: Limits,
    /// When the CoAP endpoint below sends what.
    pub parameters: coap_core::Parameters,
    /// The newest enabler version that is served; a client with a newer one gets 4.12.
    pub version: Version,
    /// Added to every lifetime, so that an Update which was sent in time and lost on its first
    /// way still finds its registration.
    pub grace: Duration,
    /// How long an operation may take when the command does not say.
    pub operation_timeout: Duration,
    /// The same for a client in queue mode, where it includes the time until it wakes up.
    pub queue_timeout: Duration,
    /// How long a client in queue mode listens after its last message
    /// (`MAX_TRANSMIT_WAIT`, Core 1.2 section 6.5).
    pub awake: Duration,
    /// What happens when a client shows up under another address.
    pub address_change: AddressChange,
    /// Write what must survive a restart to the journal ([`super::Server::poll_journal`]).
    pub journal: bool,
    /// Ask gateways (object 25) for the devices behind them, and show those as registrations of
    /// their own.
    pub gateways: bool,
}

impl Default for Config {
    /// Large limits, CoAP's own parameters, 1.2, 10 s of grace; operations take at most
    /// `MAX_TRANSMIT_WAIT` twice, in queue mode a day; addresses are followed, gateways asked; no
    /// journal.
    fn default() -> Self {
        Config {
            limits: Limits::LARGE,
            parameters: coap_core::Parameters::default(),
            version: Version::V1_2,
            grace: Duration::from_secs(10),
            operation_timeout: Duration::from_secs(186),
            queue_timeout: Duration::from_secs(86_400),
            awake: Duration::from_secs(93),
            address_change: AddressChange::Follow,
            journal: false,
            gateways: true,
        }
    }
}

/// A command that cannot be carried out. Never caused by the bytes of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UsageError {
    /// The id names nothing, or nothing that this can be done to.
    UnknownId,
    /// A limit is reached, or memory is. Later it may work.
    Full,
    /// A value, an argument or a name is longer than a message or the limits allow.
    TooLong,
    /// The operation does not go with a path of this level (Core 1.2 section 6.3).
    Path,
    /// The content format does not exist for LwM2M, or cannot express these items.
    Format,
    /// Text that does not follow its grammar: execute arguments, attributes, an endpoint name.
    Syntax,
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UsageError::UnknownId => "the id names nothing that this can be done to",
            UsageError::Full => "a limit of the server is reached",
            UsageError::TooLong => "too long",
            UsageError::Path => "the operation does not go with a path of this level",
            UsageError::Format => "the content format cannot express this",
            UsageError::Syntax => "not in the grammar",
        })
    }
}

impl core::error::Error for UsageError {}

/// Bytes of the text or table that a peer or a command caused cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OutOfMemory;

/// A copy of `parts`, one after the other, allocated to its exact length.
pub(crate) fn boxed(parts: &[&[u8]]) -> Result<alloc::boxed::Box<[u8]>, OutOfMemory> {
    let len = parts.iter().fold(0usize, |n, p| n.saturating_add(p.len()));
    let mut bytes = alloc::vec::Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| OutOfMemory)?;
    for part in parts {
        bytes.extend_from_slice(part);
    }
    Ok(bytes.into_boxed_slice())
}
