//! By which protocol primitives travel, and how they are written.

use core::ffi::{CStr, c_char};
use core::ptr;

use onem2m_core::binding::websocket;
use onem2m_core::media::{BodyKind, MediaType, Serialization};

use crate::borrow::{Out, string};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NOT_ALLOWED, M2M_NULL};

/// The protocol that carries primitives.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_binding {
    /// HTTP (TS-0009): a message over a connection of its own.
    M2M_ONEM2M_HTTP = 0,
    /// CoAP (TS-0008): datagrams.
    M2M_ONEM2M_COAP = 1,
    /// MQTT (TS-0010): publications by a broker.
    M2M_ONEM2M_MQTT = 2,
    /// WebSocket (TS-0020): messages over one connection.
    M2M_ONEM2M_WEBSOCKET = 3,
}

use m2m_onem2m_binding::*;

/// How primitives and their content are written. What comes and goes between an application and the
/// library is JSON with each of them.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_serialization {
    /// JSON.
    M2M_ONEM2M_JSON = 0,
    /// CBOR.
    M2M_ONEM2M_CBOR = 1,
    /// XML.
    M2M_ONEM2M_XML = 2,
}

use m2m_onem2m_serialization::*;

/// C's number for it.
pub(super) const fn number_of(serialization: Serialization) -> i32 {
    (match serialization {
        Serialization::Json => M2M_ONEM2M_JSON,
        Serialization::Cbor => M2M_ONEM2M_CBOR,
        Serialization::Xml => M2M_ONEM2M_XML,
    }) as i32
}

/// Those that this library was built with, the first being what is preferred.
const HERE: &[Serialization] = &[
    Serialization::Json,
    #[cfg(feature = "onem2m-cbor")]
    Serialization::Cbor,
    #[cfg(feature = "onem2m-xml")]
    Serialization::Xml,
];

/// The one of that number.
pub(super) fn serialization_of(number: i32) -> Result<Serialization, m2m_result> {
    let all = [Serialization::Json, Serialization::Cbor, Serialization::Xml];
    let found = all.into_iter().find(|one| number_of(*one) == number).ok_or(M2M_INVALID)?;
    if HERE.contains(&found) { Ok(found) } else { Err(M2M_NOT_ALLOWED) }
}

/// The type of bodies in that serialisation.
pub(super) const fn plain(serialization: Serialization) -> MediaType {
    MediaType { kind: BodyKind::Plain, serialization }
}

/// The binding of that number, if this library has it.
pub(super) fn binding_of(number: i32) -> Result<m2m_onem2m_binding, m2m_result> {
    let all = [M2M_ONEM2M_HTTP, M2M_ONEM2M_COAP, M2M_ONEM2M_MQTT, M2M_ONEM2M_WEBSOCKET];
    let found = all.into_iter().find(|one| *one as i32 == number).ok_or(M2M_INVALID)?;
    let here = match found {
        M2M_ONEM2M_HTTP => true,
        M2M_ONEM2M_COAP => cfg!(feature = "onem2m-coap"),
        M2M_ONEM2M_MQTT => cfg!(feature = "onem2m-mqtt"),
        M2M_ONEM2M_WEBSOCKET => cfg!(feature = "onem2m-websocket"),
    };
    if here { Ok(found) } else { Err(M2M_NOT_ALLOWED) }
}

/// The sub-protocol of WebSocket for a serialization, one of enum m2m_onem2m_serialization: what a client
/// offers and a server answers in Sec-WebSocket-Protocol, such as "oneM2M.json". NULL for another number.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_onem2m_websocket_protocol(serialization: i32) -> *const c_char {
    const NAMES: [(m2m_onem2m_serialization, &CStr); 3] = [
        (M2M_ONEM2M_JSON, c"oneM2M.json"),
        (M2M_ONEM2M_CBOR, c"oneM2M.cbor"),
        (M2M_ONEM2M_XML, c"oneM2M.xml"),
    ];
    let found = NAMES.iter().find(|(own, _)| *own as i32 == serialization);
    found.map_or(ptr::null(), |(_, name)| name.as_ptr())
}

/// Chooses from what a client offers in Sec-WebSocket-Protocol, such as "oneM2M.cbor, oneM2M.json", the
/// first that this library has: *serialization gets it, m2m_onem2m_websocket_protocol() tells the answer.
/// M2M_NOTHING if there is none: then the handshake fails with status 400.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_choose_protocol(
    offered: *const c_char,
    serialization: *mut i32,
) -> i32 {
    code(caught(|| {
        if offered.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes a string, and memory for a number.
        let (offered, out) = unsafe { (string(offered)?, Out::new(serialization)?) };
        out.put_found(websocket::choose_protocol(offered, HERE).map(number_of))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_protocols_are_those_of_the_serialisations() {
        for one in Serialization::ALL {
            let name = m2m_onem2m_websocket_protocol(number_of(one));
            // SAFETY: a constant.
            let name = unsafe { CStr::from_ptr(name) };
            assert_eq!(name.to_str(), Ok(one.websocket_protocol()));
        }
    }
}
