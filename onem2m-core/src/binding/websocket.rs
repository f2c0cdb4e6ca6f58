//! WebSocket (TS-0020): one primitive in each message, in either direction.
//!
//! The sub-protocol says how primitives are serialised; text messages are JSON or XML, binary ones
//! CBOR. What is in a message is [`read_primitive`](super::read_primitive)'s and
//! [`write_request`](super::write_request)'s.

use crate::media::Serialization;

/// The sub-protocol that a server chooses from what a client offers in `Sec-WebSocket-Protocol`:
/// the first that `supported` has. `None` if there is none, and then the handshake fails.
#[must_use]
pub fn choose_protocol(offered: &str, supported: &[Serialization]) -> Option<Serialization> {
    offered.split(',').map(str::trim).find_map(|name| {
        supported.iter().copied().find(|serialization| serialization.websocket_protocol() == name)
    })
}

/// Whether a primitive in this serialisation is a binary message.
#[must_use]
pub const fn is_binary(serialization: Serialization) -> bool {
    matches!(serialization, Serialization::Cbor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Serialization::{Cbor, Json, Xml};

    #[test]
    fn ts_0020_the_first_sub_protocol_that_both_have() {
        for (offered, expected) in [
            ("oneM2M.json", Some(Json)),
            ("oneM2M.xml, oneM2M.json", Some(Json)),
            ("oneM2M.cbor,oneM2M.json", Some(Cbor)),
            ("chat, oneM2M.json", Some(Json)),
            ("onem2m.json", None),
            ("oneM2M.xml", None),
            ("", None),
        ] {
            assert_eq!(choose_protocol(offered, &[Json, Cbor]), expected, "{offered}");
        }
        assert_eq!(choose_protocol("oneM2M.xml", &[Xml]), Some(Xml));
        assert!(is_binary(Cbor) && !is_binary(Json) && !is_binary(Xml));
    }
}
