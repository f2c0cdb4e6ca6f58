//! The URI schemes of CoAP (RFC 7252 section 6, RFC 8323 section 8) and of LwM2M over MQTT (Transport
//! 1.2 section 8), and what each runs over.

use coap_core::stream::Transport as Framing;
use std::fmt;

/// How a peer is reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Scheme {
    /// UDP.
    Coap,
    /// DTLS over UDP.
    Coaps,
    /// TCP.
    CoapTcp,
    /// TLS over TCP.
    CoapsTcp,
    /// WebSocket.
    CoapWs,
    /// WebSocket over TLS.
    CoapsWs,
    /// MQTT: no CoAP, but what stands for it.
    Mqtt,
    /// MQTT over TLS.
    Mqtts,
}

/// Scheme, name, default port.
const ROWS: [(Scheme, &str, u16); 8] = [
    (Scheme::Coap, "coap", 5683),
    (Scheme::Coaps, "coaps", 5684),
    (Scheme::CoapTcp, "coap+tcp", 5683),
    (Scheme::CoapsTcp, "coaps+tcp", 5684),
    (Scheme::CoapWs, "coap+ws", 80),
    (Scheme::CoapsWs, "coaps+ws", 443),
    (Scheme::Mqtt, "mqtt", 1883),
    (Scheme::Mqtts, "mqtts", 8883),
];

impl Scheme {
    /// The scheme of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Scheme> {
        ROWS.iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| row.0)
    }

    fn row(self) -> (Scheme, &'static str, u16) {
        ROWS.into_iter().find(|row| row.0 == self).unwrap_or((self, "coap", 5683))
    }

    /// Its name as it begins a URI.
    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    /// The port of a URI that names none.
    pub(crate) fn default_port(self) -> u16 {
        self.row().2
    }

    /// Messages travel in datagrams, not over a connection.
    pub(crate) const fn is_datagram(self) -> bool {
        matches!(self, Scheme::Coap | Scheme::Coaps)
    }

    /// TLS is under it.
    pub(crate) const fn is_tls(self) -> bool {
        matches!(self, Scheme::CoapsTcp | Scheme::CoapsWs | Scheme::Mqtts)
    }

    /// There is a broker between.
    pub(crate) const fn is_mqtt(self) -> bool {
        matches!(self, Scheme::Mqtt | Scheme::Mqtts)
    }

    /// How messages are told apart on a connection.
    pub(crate) const fn framing(self) -> Framing {
        match self {
            Scheme::CoapWs | Scheme::CoapsWs => Framing::WebSocket,
            _ => Framing::Tcp,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
