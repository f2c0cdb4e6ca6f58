//! The AE over WebSocket (TS-0020).

use m2m_base::Instant;
use onem2m_core::ae::OutgoingId;
use onem2m_core::binding::Heard;

use super::{Inside, m2m_onem2m_ae};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::{checked, disposed};
use crate::handled::Handled;
use crate::onem2m::binding::m2m_onem2m_binding::M2M_ONEM2M_WEBSOCKET;
use crate::onem2m::m2m_onem2m_message;
use crate::onem2m::whole::{Came, Peer, Place, read};
use crate::result::m2m_result::{M2M_IGNORED, M2M_OK, M2M_REFUSED};

/// An AE has one connection.
const SOCKET: u64 = 0;

impl Inside {
    /// Looks for something to send.
    fn fill_messages(&mut self, now: Instant) {
        let Inside { ae, around, whole, .. } = self;
        while let Some((id, response)) = ae.poll_response() {
            whole.answer(id.to_bits(), &response);
        }
        while !whole.has_message() {
            let Some(outgoing) = ae.poll_outgoing(now) else { return };
            let id = outgoing.id;
            if !whole.send(id.to_bits(), &outgoing.request, SOCKET, around.serialization) {
                // What cannot be written never arrives.
                ae.outgoing_failed(now, id);
            }
        }
    }
}

/// WebSocket: writes the next message for the connection to the CSE into buf, a request or the answer to a
/// notification. The connection was opened with the sub-protocol of the configuration's serialization
/// (m2m_onem2m_websocket_protocol()), and with the originator in the header X-M2M-Origin. M2M_NOTHING when
/// there is no message. M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. What cannot be
/// sent, for want of the connection, goes to m2m_onem2m_ae_outgoing_failed() if it has an id.
/// M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_message(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    message: *mut m2m_onem2m_message,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(message)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_WEBSOCKET)?;
            inside.fill_messages(Instant::from_millis(now_ms));
            inside.whole.poll_message(buf, out)
        })
    })
}

/// WebSocket: takes a message, of text or binary, that the CSE sent: a response, or a notification. M2M_OK if
/// it had its effect; M2M_REFUSED for what is answered with an error; M2M_IGNORED for what is dropped.
/// M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_message(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |message| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_WEBSOCKET)?;
            let now = Instant::from_millis(now_ms);
            let Inside { ae, whole, around, .. } = inside;
            let (place, serialization) = (Place::Socket(SOCKET), around.serialization);
            match read(message, serialization) {
                Came::Request(request) => {
                    let heard = Heard::of(&request);
                    let id = ae.handle_request(now, *request);
                    whole.accept(id.to_bits(), place, serialization, heard);
                    Ok(M2M_OK)
                }
                Came::Response(response) => {
                    let id = whole.answered(Peer::Socket(SOCKET), &response);
                    let Some(id) = id else { return Ok(M2M_IGNORED) };
                    Ok(disposed(ae.handle_response(now, OutgoingId::from_bits(id), *response)))
                }
                Came::Refused(response) => {
                    whole.respond(place, serialization, &response);
                    Ok(M2M_REFUSED)
                }
            }
        })
    })
}

/// WebSocket: tells that the connection is gone: requests without an answer are tried again after a pause,
/// answers that were not sent are dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_disconnected(ae: *mut m2m_onem2m_ae, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            for id in inside.whole.end(Some(SOCKET)) {
                inside.failed(Instant::from_millis(now_ms), id);
            }
            Ok(M2M_OK)
        })
    }
}
