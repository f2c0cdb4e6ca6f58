//! What a bootstrap server is made with.

use m2m_base::Duration;

/// How much a bootstrap server may hold. It grows with what it holds, up to these numbers; a peer
/// that would exceed them gets 5.03, a command gets [`super::UsageError::Full`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Sessions under way, or over and not told yet.
    pub sessions: u32,
    /// Configurations of the table.
    pub configurations: u32,
    /// Steps that may wait in a session beyond those of its configuration
    /// ([`super::BootstrapServer::push`]).
    pub pushed: u16,
    /// Bytes of all answers that can be read.
    pub content_bytes: u32,
    /// Events that wait to be polled. Beyond it the server stops to look at what peers ask for;
    /// outcomes of sessions always have room.
    pub events: u32,
    /// Peers that [`super::BootstrapServer::identify`] named.
    pub identities: u32,
    /// Those of the CoAP endpoint below, which are reserved at construction. Each session takes
    /// one of its `exchanges`.
    pub coap: coap_core::Limits,
}

impl Limits {
    /// A test, a tool or a gateway with some dozens of clients.
    pub const SMALL: Limits = Limits {
        sessions: 64,
        configurations: 256,
        pushed: 64,
        content_bytes: 1 << 18,
        events: 256,
        identities: 256,
        coap: coap_core::Limits {
            message_size: 1152,
            body_size: 1 << 16,
            exchanges: 64,
            requests: 128,
            observers: 0,
            transfers: 16,
            peers: 128,
            security_contexts: 0,
            pool: 1 << 18,
        },
    };

    /// A million configurations, ten thousand sessions at a time.
    pub const LARGE: Limits = Limits {
        sessions: 10_000,
        configurations: 1_000_000,
        pushed: 256,
        content_bytes: 64 << 20,
        events: 16_384,
        identities: 100_000,
        coap: coap_core::Limits { exchanges: 16_384, observers: 0, ..coap_core::Limits::SERVER },
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::LARGE
    }
}

/// What a [`super::BootstrapServer`] is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How much it may hold.
    pub limits: Limits,
    /// When the CoAP endpoint below sends what.
    pub parameters: coap_core::Parameters,
    /// Ask the application about an endpoint that no rule is for ([`super::Event::Requested`]);
    /// else it gets 4.00.
    pub ask: bool,
    /// How long a step may take: the client's answer, the application's answer to
    /// [`super::Event::Requested`], its next step where the configuration leaves the end open.
    /// A client gives up 247 s after the last message (Core 1.2 section 6.1.6.2).
    pub step_timeout: Duration,
    /// How long a session may take.
    pub session_timeout: Duration,
}

impl Default for Config {
    /// Large limits, CoAP's own parameters, nobody is asked; `MAX_TRANSMIT_WAIT` for a step, ten
    /// minutes for a session.
    fn default() -> Self {
        Config {
            limits: Limits::LARGE,
            parameters: coap_core::Parameters::default(),
            ask: false,
            step_timeout: Duration::from_secs(93),
            session_timeout: Duration::from_secs(600),
        }
    }
}
