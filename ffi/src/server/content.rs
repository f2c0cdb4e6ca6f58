//! What clients answered and notified, as long as it is kept.

use coap_core::Code;
use lwm2m_core::server::{Content, Items, NotificationId, OperationId, Server};

use super::m2m_lwm2m_server;
use crate::borrow::{Out, OutBytes, buffer_of};
use crate::engine::checked;
use crate::handled::Handled;
use crate::path::m2m_path;
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID,
};
use crate::value::{m2m_lwm2m_value, put_bytes, put_values};

/// Whose content is looked at.
#[repr(C)]
pub enum m2m_lwm2m_content_of {
    /// The answer to an operation, by the id of M2M_LWM2M_SERVER_RESPONSE.
    M2M_LWM2M_OF_RESPONSE = 1,
    /// A notification or a Send, by the id of M2M_LWM2M_SERVER_NOTIFIED or M2M_LWM2M_SERVER_SENT.
    M2M_LWM2M_OF_NOTIFICATION = 2,
}

/// The content of an answer or of a notification. Its payload and its values are copied by functions of
/// their own.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_content {
    /// The registration of the client.
    pub registration: u64,
    /// CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
    pub code: i32,
    /// Its content format, -1 if the client named none.
    pub format: i32,
    /// The path that was asked for.
    pub path: m2m_path,
    /// The instance that was created, if the client told it; else no path.
    pub created: m2m_path,
    /// Length of the payload.
    pub payload_len: usize,
}

fn find(server: &Server, of: i32, id: u64) -> Result<Content<'_>, m2m_result> {
    match of {
        1 => server.response(OperationId::from_bits(id)),
        2 => server.notification(NotificationId::from_bits(id)),
        _ => return Err(M2M_INVALID),
    }
    .ok_or(M2M_UNKNOWN_ID)
}

/// The values of a content; `None` for an answer that has none, such as an error, whose payload is
/// text at most.
fn values_of(server: &Server, of: i32, id: u64) -> Result<Option<Items<'_>>, m2m_result> {
    let content = find(server, of, id)?;
    let (code, empty) = (content.code(), content.payload().is_empty());
    if matches!(code.class(), 4 | 5) || empty && code != Code::CONTENT {
        return Ok(None);
    }
    content.items().map(Some).map_err(|_| M2M_MALFORMED)
}

/// The content of one of enum m2m_lwm2m_content_of, until it is released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_content(
    server: *const m2m_lwm2m_server,
    of: i32,
    id: u64,
    content: *mut m2m_lwm2m_content,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(content) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let content = find(&inside.server, of, id)?;
            out.put(m2m_lwm2m_content {
                registration: content.registration().to_bits(),
                code: content.code().0.into(),
                format: content.format().map_or(-1, |f| f.0.into()),
                path: content.path().into(),
                created: content.created().map_or(m2m_path::NONE, m2m_path::from),
                payload_len: content.payload().len(),
            });
            Ok(M2M_OK)
        })
    })
}

/// Copies the payload as it came into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is below it.
/// With buf NULL and cap 0 only len is written. That of M2M_LWM2M_DISCOVER is text in the CoRE Link Format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_content_payload(
    server: *const m2m_lwm2m_server,
    of: i32,
    id: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let payload = find(&inside.server, of, id)?.payload();
            out.put(payload.len(), payload.iter().copied(), b"")?;
            Ok(M2M_OK)
        })
    })
}

/// Reads the values of a content, from the one at index first, into values, which has room for cap of
/// them. count gets how many there were. M2M_NOTHING if there is none at first. M2M_MALFORMED for a
/// payload that is not well formed, or of a format that has no values; those before are lost with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_content_values(
    server: *const m2m_lwm2m_server,
    of: i32,
    id: u64,
    first: usize,
    values: *mut m2m_lwm2m_value,
    cap: usize,
    count: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers =
        unsafe { buffer_of(values, cap).and_then(|values| Ok((values, Out::new(count)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(rows, count)| unsafe {
        m2m_lwm2m_server::with(server, |inside| match values_of(&inside.server, of, id)? {
            Some(items) => put_values(|| Ok(items.clone()), first, rows, count),
            None => Ok(M2M_NOTHING),
        })
    })
}

/// Copies the value at index in a content into buf: of M2M_STRING and M2M_CORELNK with a NUL behind it, of
/// M2M_OPAQUE without. len gets its length. M2M_WRONG_TYPE for another type, M2M_NOTHING if there are not
/// as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_content_bytes(
    server: *const m2m_lwm2m_server,
    of: i32,
    id: u64,
    index: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| match values_of(&inside.server, of, id)? {
            Some(items) => put_bytes(items, index, out),
            None => Ok(M2M_NOTHING),
        })
    })
}

/// Gives the content of an answer, a notification or a Send back; its id names nothing from then on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_release(
    server: *mut m2m_lwm2m_server,
    of: i32,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            match of {
                1 => inside.server.release(OperationId::from_bits(id)),
                2 => inside.server.release_notification(NotificationId::from_bits(id)),
                _ => return Err(M2M_INVALID),
            }
            Ok(M2M_OK)
        })
    }
}
