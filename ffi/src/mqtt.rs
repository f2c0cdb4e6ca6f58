//! LwM2M over MQTT (Transport 1.2 section 8): the engines' datagrams as publications, and back.

use core::ffi::c_char;

use lwm2m_core::mqtt::{Interface, MapError, Mapping, Role, Session, Topic, acknowledgement};

use crate::borrow::{Out, OutBytes, buffer, bytes, string};
use crate::guard::caught;
use crate::placed::Placed;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_NULL,
    M2M_OK,
};
use crate::result::{Outcome, code};

/// Words of a m2m_lwm2m_mqtt.
pub const M2M_LWM2M_MQTT_WORDS: usize = 24;

/// The mapping of one side of one topic: it turns the datagrams of an engine into publications, and
/// publications into datagrams. It lies wherever the program puts it and is not freed.
/// m2m_lwm2m_mqtt_init() makes it ready.
///
/// MQTT delivers: for a datagram that was published, the engine is given m2m_lwm2m_mqtt_acknowledgement(), if
/// there is one. There are no blocks: message_size of the engine has to hold the longest body. What has no key in
/// the standard (a registration with queue mode, a profile) is M2M_NOT_ALLOWED.
#[repr(C)]
pub struct m2m_lwm2m_mqtt {
    /// The library's business.
    pub state: [u64; M2M_LWM2M_MQTT_WORDS],
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_lwm2m_mqtt {
    type Inside = Mapping;
    const MARK: u64 = 0x6d32_6d5f_6d71_7474;
}

/// Which side of a topic.
#[repr(C)]
pub enum m2m_lwm2m_mqtt_role {
    /// The LwM2M client.
    M2M_LWM2M_MQTT_DEVICE = 1,
    /// The server or bootstrap server.
    M2M_LWM2M_MQTT_SERVER = 2,
}

/// Which of a device's two topics.
#[repr(C)]
pub enum m2m_lwm2m_mqtt_interface {
    /// bs: with a bootstrap server.
    M2M_LWM2M_MQTT_BOOTSTRAP = 1,
    /// rd: with a server.
    M2M_LWM2M_MQTT_REGISTRATION = 2,
}

fn interface(number: i32) -> Result<Interface, m2m_result> {
    match number {
        1 => Ok(Interface::Bootstrap),
        2 => Ok(Interface::Registration),
        _ => Err(M2M_INVALID),
    }
}

fn why(error: MapError) -> m2m_result {
    match error {
        MapError::Malformed => M2M_MALFORMED,
        MapError::TooLong => M2M_BUFFER_TOO_SMALL,
        _ => M2M_NOT_ALLOWED,
    }
}

/// Makes a mapping ready, for an engine whose tokens have token_length bytes, 1 to 8. role is one of enum
/// m2m_lwm2m_mqtt_role, side_of one of enum m2m_lwm2m_mqtt_interface.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_init(
    mapping: *mut m2m_lwm2m_mqtt,
    role: i32,
    side_of: i32,
    token_length: u32,
) -> i32 {
    code(caught(|| {
        let role = match role {
            1 => Role::Device,
            2 => Role::Server,
            _ => return Err(M2M_INVALID),
        };
        let length = u8::try_from(token_length).ok().filter(|n| (1..=8).contains(n));
        let made = Mapping::new(role, interface(side_of)?, length.ok_or(M2M_INVALID)?);
        // SAFETY: the caller passes NULL or memory for a mapping.
        unsafe { m2m_lwm2m_mqtt::put(mapping, made) }?;
        Ok(M2M_OK)
    }))
}

/// Runs what writes into a buffer and gives the length, 0 for nothing.
///
/// # Safety
/// `mapping` is as for `Placed::with`, `buf` memory for `cap` bytes, `len` `NULL` or memory for a number.
unsafe fn mapped(
    mapping: *mut m2m_lwm2m_mqtt,
    (buf, cap, len): (*mut u8, usize, *mut usize),
    write: impl FnOnce(&mut Mapping, &mut [u8]) -> Result<usize, MapError>,
) -> Outcome {
    // SAFETY: the same promises.
    let (room, out) = unsafe { (buffer(buf, cap)?, Out::new(len)?) };
    // SAFETY: the same promise.
    let written =
        unsafe { m2m_lwm2m_mqtt::with(mapping, |mapping| write(mapping, room).map_err(why)) }?;
    if written == 0 {
        return Ok(M2M_NOTHING);
    }
    out.put(written);
    Ok(M2M_OK)
}

/// Makes a publication of a datagram that the engine wants to send. It is written into buf, len gets its
/// length. M2M_NOTHING if there is nothing to publish.
///
/// Errors: M2M_MALFORMED for what is no message of CoAP; M2M_NOT_ALLOWED for what LwM2M over MQTT cannot say;
/// M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_publication(
    mapping: *mut m2m_lwm2m_mqtt,
    datagram: *const u8,
    datagram_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a mapping.
        unsafe {
            let datagram = bytes(datagram, datagram_len)?;
            mapped(mapping, (buf, cap, len), |mapping, room| mapping.publication(datagram, room))
        }
    }))
}

/// Makes a datagram for the engine of a publication that was received. It is written into buf, len gets its
/// length. M2M_NOTHING for a request of this side's own, which comes back to it. A server's program says what it
/// knows of the device: endpoint is that of the topic, location the path of its registration at the engine
/// (/rd/...), NULL if there is none; a device passes NULL for both.
///
/// Errors: M2M_MALFORMED for what is no message of LwM2M over MQTT; M2M_NOT_ALLOWED for what CoAP cannot say;
/// M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_datagram(
    mapping: *mut m2m_lwm2m_mqtt,
    publication: *const u8,
    publication_len: usize,
    endpoint: *const c_char,
    location: *const c_char,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, strings, memory for the results, and NULL or a mapping.
        unsafe {
            let publication = bytes(publication, publication_len)?;
            let session = Session { endpoint: string(endpoint)?, location: string(location)? };
            mapped(mapping, (buf, cap, len), |mapping, room| {
                mapping.datagram(publication, &session, room)
            })
        }
    }))
}

/// The empty acknowledgement that the engine waits for after a datagram that was published: 4 bytes, written
/// into buf. M2M_NOTHING if it waits for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_acknowledgement(
    datagram: *const u8,
    datagram_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (datagram, out) =
            unsafe { (bytes(datagram, datagram_len)?, OutBytes::new(buf, cap, len)?) };
        let Some(answer) = acknowledgement(datagram) else { return Ok(M2M_NOTHING) };
        out.put(answer.len(), answer.into_iter(), b"")?;
        Ok(M2M_OK)
    }))
}

/// Writes the topic of an endpoint into buf, and a NUL behind it: PREFIX/lwm2m/rd/ENDPOINT; without a prefix,
/// NULL or "", it begins with lwm2m. len gets its length without the NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_topic(
    prefix: *const c_char,
    side_of: i32,
    endpoint: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes strings, and memory for the results.
        let (prefix, endpoint, out) =
            unsafe { (string(prefix)?, string(endpoint)?, OutBytes::new(buf.cast(), cap, len)?) };
        if endpoint.is_empty() {
            return Err(M2M_INVALID);
        }
        let slash = if prefix.is_empty() { "" } else { "/" };
        let parts = [prefix, slash, "lwm2m/", interface(side_of)?.name(), "/", endpoint];
        let whole = parts.iter().fold(0_usize, |n, part| n.saturating_add(part.len()));
        out.put(whole, parts.iter().flat_map(|part| part.bytes()), b"\0")?;
        Ok(M2M_OK)
    }))
}

/// Reads a topic: *side_of gets one of enum m2m_lwm2m_mqtt_interface, buf the endpoint and a NUL behind it, len
/// its length without the NUL. M2M_NOTHING if it is none of LwM2M, or of another prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_mqtt_topic_parse(
    prefix: *const c_char,
    topic: *const c_char,
    side_of: *mut i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        if topic.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes strings, and memory for the results.
        let (prefix, topic, side, out) = unsafe {
            let out = OutBytes::new(buf.cast(), cap, len)?;
            (string(prefix)?, string(topic)?, Out::new(side_of)?, out)
        };
        let Some(found) = Topic::parse(prefix, topic) else { return Ok(M2M_NOTHING) };
        out.put(found.endpoint.len(), found.endpoint.bytes(), b"\0")?;
        side.put(match found.interface {
            Interface::Bootstrap => 1,
            Interface::Registration => 2,
        });
        Ok(M2M_OK)
    }))
}
