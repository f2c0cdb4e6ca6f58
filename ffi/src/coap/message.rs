//! Looking at messages that came: requests of peers, and responses.

use core::ffi::c_char;

use coap_core::{Endpoint, IncomingId, OptionNumber, Options, RequestId};

use super::{Inside, m2m_coap_endpoint};
use crate::borrow::{Out, OutBytes};
use crate::engine::checked;
use crate::handled::Handled;
use crate::result::Outcome;
use crate::result::m2m_result::{self, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID};

/// A message that came. Its options and its payload are copied by functions of their own.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_coap_message {
    /// Code, class in the upper 3 bits and detail in the lower 5: one of enum m2m_coap_method or enum
    /// m2m_coap_code, or another.
    pub code: i32,
    /// Content-Format, -1 if there is none.
    pub content_format: i32,
    /// Accept, -1 if there is none.
    pub accept: i32,
    /// Of a request: 1 if it asks to observe, 0 if it asks to observe no more, -1 if neither.
    pub observe: i32,
    /// Of a request: 1 if it came as CON.
    pub confirmable: i32,
    /// Of a request: 1 if it carries an Echo value that this peer got lately, so that it is not an old
    /// one that was recorded (RFC 9175 section 2.3).
    pub fresh: i32,
    /// Who sent it.
    pub peer: u64,
    /// The security context that it came under; 0 if it came unprotected.
    pub security: u64,
    /// Length of the payload, assembled if it came in blocks.
    pub payload_len: usize,
    /// Max-Age in seconds: for how long a response is fresh.
    pub max_age: u32,
    /// Of a request with stream_uploads: the number of the block of the body that the payload is, and
    /// of a response with stream; -1 for a body that is whole.
    pub block: i32,
    /// Of such a block: 1 if more follow.
    pub more: i32,
    /// Of such a block: its offset in the body, in bytes.
    pub offset: u32,
    /// Of a request: the number of the block of the response that it asks for, -1 if it names none.
    pub wanted_block: i32,
    /// And the size of that block in bytes, 0 if it names none.
    pub wanted_size: u32,
    /// Of a request: 1 if it came to a group.
    pub multicast: i32,
    /// Always 0.
    pub reserved: u32,
}

impl m2m_coap_message {
    pub(super) fn new(code: u8, options: Options<'_>, payload: &[u8]) -> Self {
        let format = |f: Option<coap_core::ContentFormat>| f.map_or(-1, |f| f.0.into());
        m2m_coap_message {
            code: code.into(),
            content_format: format(options.content_format()),
            accept: format(options.accept()),
            observe: -1,
            confirmable: 0,
            fresh: 0,
            peer: 0,
            security: 0,
            payload_len: payload.len(),
            max_age: options.max_age(),
            block: -1,
            more: 0,
            offset: 0,
            wanted_block: -1,
            wanted_size: 0,
            multicast: 0,
            reserved: 0,
        }
    }

    fn with_block(self, block: Option<coap_core::Block>) -> Self {
        let Some(block) = block else { return self };
        let size = size_of_block(block);
        m2m_coap_message {
            block: block.number.cast_signed(),
            more: block.more.into(),
            offset: block.number.saturating_mul(size),
            ..self
        }
    }
}

fn size_of_block(block: coap_core::Block) -> u32 {
    u32::try_from(block.size()).unwrap_or(u32::MAX)
}

/// Which message is looked at.
pub(super) enum Which {
    Incoming(u64),
    Response(u64),
    /// What a peer's connection ended with.
    #[cfg(feature = "stream")]
    Signal(u64),
}

impl Which {
    fn parts<'a>(&self, endpoint: &'a Endpoint) -> Result<(Options<'a>, &'a [u8]), m2m_result> {
        match *self {
            Which::Incoming(id) => {
                endpoint.incoming(IncomingId::from_bits(id)).map(|i| (i.options, i.payload))
            }
            Which::Response(id) => {
                endpoint.response(RequestId::from_bits(id)).map(|r| (r.options, r.payload))
            }
            #[cfg(feature = "stream")]
            Which::Signal(peer) => {
                endpoint.signal(m2m_base::PeerId(peer)).map(|s| (s.options, s.payload))
            }
        }
        .ok_or(M2M_UNKNOWN_ID)
    }
}

/// Copies something of a message.
///
/// # Safety
/// `endpoint` is `NULL` or a handle that was not freed, `buf` memory for `cap` bytes, `len` `NULL` or
/// memory for a number.
pub(super) unsafe fn copy(
    endpoint: *const m2m_coap_endpoint,
    which: &Which,
    (buf, cap, len): (*mut u8, usize, *mut usize),
    put: impl FnOnce(Options<'_>, &[u8], OutBytes<'_>) -> Outcome,
) -> i32 {
    // SAFETY: the same promises.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside: &mut Inside| {
            let (options, payload) = which.parts(&inside.endpoint)?;
            put(options, payload, out)
        })
    })
}

pub(super) fn put_payload(_: Options<'_>, payload: &[u8], out: OutBytes<'_>) -> Outcome {
    out.put(payload.len(), payload.iter().copied(), b"")?;
    Ok(M2M_OK)
}

/// Puts the path of a request into text, a slash in front of each segment.
pub(super) fn put_segments(options: Options<'_>, out: OutBytes<'_>) -> Outcome {
    put_joined(options, OptionNumber::URI_PATH, (b"/", b'/'), out)
}

/// Puts the query of a request into text.
pub(super) fn put_query(options: Options<'_>, out: OutBytes<'_>) -> Outcome {
    put_joined(options, OptionNumber::URI_QUERY, (b"", b'&'), out)
}

/// Puts the values of an option into text, each behind a separator.
fn put_joined(
    options: Options<'_>,
    number: OptionNumber,
    (first, between): (&'static [u8], u8),
    out: OutBytes<'_>,
) -> Outcome {
    let values = || {
        options.all(number).enumerate().flat_map(move |(at, value)| {
            let before = (at > 0).then_some(between);
            before.into_iter().chain(value.iter().copied())
        })
    };
    let len = first.len().saturating_add(values().count());
    out.put(len, first.iter().copied().chain(values()), b"\0")?;
    Ok(M2M_OK)
}

pub(super) fn put_option(
    options: Options<'_>,
    number: u16,
    index: usize,
    out: OutBytes<'_>,
) -> Outcome {
    let Some(value) = options.all(OptionNumber(number)).nth(index) else { return Ok(M2M_NOTHING) };
    out.put(value.len(), value.iter().copied(), b"")?;
    Ok(M2M_OK)
}

/// A peer's request, until it is answered. M2M_UNKNOWN_ID afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_incoming(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    message: *mut m2m_coap_message,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(message) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let incoming =
                inside.endpoint.incoming(IncomingId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            let message =
                m2m_coap_message::new(incoming.code.0, incoming.options, incoming.payload);
            out.put(
                m2m_coap_message {
                    observe: incoming.observe.map_or(-1, i32::from),
                    confirmable: incoming.confirmable.into(),
                    fresh: incoming.fresh.into(),
                    peer: incoming.peer.0,
                    security: incoming.security.map_or(0, coap_core::SecurityId::to_bits),
                    wanted_block: incoming.block2.map_or(-1, |b| b.number.cast_signed()),
                    wanted_size: incoming.block2.map_or(0, size_of_block),
                    multicast: incoming.multicast.into(),
                    ..message
                }
                .with_block(incoming.block1),
            );
            Ok(M2M_OK)
        })
    })
}

/// Copies the payload of a peer's request into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap
/// is below it. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_incoming_payload(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe { copy(endpoint, &Which::Incoming(id), (buf, cap, len), put_payload) }
}

/// Copies the path of a peer's request into buf, as text such as /sensors/1, and a NUL behind it. len
/// gets its length without the NUL. A slash within a segment cannot be told from one between two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_incoming_path(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe {
        copy(endpoint, &Which::Incoming(id), (buf.cast(), cap, len), |options, _, out| {
            put_segments(options, out)
        })
    }
}

/// Copies the query of a peer's request into buf, as text such as rt=light&n=2, and a NUL behind it.
/// len gets its length without the NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_incoming_query(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe {
        copy(endpoint, &Which::Incoming(id), (buf.cast(), cap, len), |options, _, out| {
            put_query(options, out)
        })
    }
}

/// Copies the value of an option of a peer's request into buf: of those with the number, the one at
/// index, from 0. M2M_NOTHING if there are not as many. len gets its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_incoming_option(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    number: u16,
    index: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe {
        copy(endpoint, &Which::Incoming(id), (buf, cap, len), |options, _, out| {
            put_option(options, number, index, out)
        })
    }
}

/// The response to an own request, or the newest notification of an observation, until it is
/// released. M2M_UNKNOWN_ID afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_response(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    message: *mut m2m_coap_message,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(message) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let id = RequestId::from_bits(id);
            let content = inside.endpoint.response(id).ok_or(M2M_UNKNOWN_ID)?;
            let block = content.options.uint(OptionNumber::BLOCK2);
            let message = m2m_coap_message::new(content.code.0, content.options, content.payload);
            out.put(
                m2m_coap_message {
                    peer: inside.endpoint.peer_of(id).map_or(0, |p| p.0),
                    security: content.security.map_or(0, coap_core::SecurityId::to_bits),
                    ..message
                }
                .with_block(block.and_then(coap_core::Block::from_uint)),
            );
            Ok(M2M_OK)
        })
    })
}

/// Copies the payload of a response into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is
/// below it. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_response_payload(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe { copy(endpoint, &Which::Response(id), (buf, cap, len), put_payload) }
}

/// Copies the value of an option of a response into buf, as m2m_coap_endpoint_incoming_option() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_response_option(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    number: u16,
    index: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe {
        copy(endpoint, &Which::Response(id), (buf, cap, len), |options, _, out| {
            put_option(options, number, index, out)
        })
    }
}

/// Gives back the bytes of a response that was looked at. The next notification of an observation
/// brings new ones; the id of a request that is done names nothing any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_release(
    endpoint: *mut m2m_coap_endpoint,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.release(RequestId::from_bits(id));
            Ok(M2M_OK)
        })
    }
}
