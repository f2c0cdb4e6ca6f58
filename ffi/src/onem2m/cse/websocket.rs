//! WebSocket (TS-0020): connections on which both sides ask and answer.

use core::ffi::c_char;

use m2m_base::Instant;
use onem2m_core::binding::Heard;

use super::handle::submit;
use super::{m2m_onem2m_cse, m2m_onem2m_session};
use crate::borrow::{Out, buffer, bytes, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::onem2m::binding::serialization_of;
use crate::onem2m::m2m_onem2m_message;
use crate::onem2m::whole::{Came, Peer, Place, read};
use crate::result::m2m_result::{M2M_IGNORED, M2M_NOTHING, M2M_OK, M2M_REFUSED, M2M_UNKNOWN_ID};

/// WebSocket: tells that a connection is open, the peer of a session, with the sub-protocol of this
/// serialization, one of enum m2m_onem2m_serialization. origin is what the client says in the header
/// X-M2M-Origin, or NULL: requests of the CSE to that entity go over this connection, unless the session
/// has another originator. An entity that succeeds with a request over the connection is reached by it as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_connected(
    cse: *mut m2m_onem2m_cse,
    session: *const m2m_onem2m_session,
    serialization: i32,
    origin: *const c_char,
) -> i32 {
    // SAFETY: the caller passes a string, and a structure as long as it says.
    let pointers = || unsafe {
        let who = m2m_onem2m_session::read(session)?;
        Ok((who, serialization_of(serialization)?, string(origin)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(who, serialization, origin)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let is_own = who.originator.is_none_or(|known| known == origin);
            let entity = Some(origin).filter(|origin| !origin.is_empty() && is_own);
            inside.links.connected(who.session.peer.0, serialization, entity);
            Ok(M2M_OK)
        })
    })
}

/// WebSocket: takes a message, of text or binary, that the peer of a session sent: a request, or the response to
/// one of the CSE. M2M_OK if it had its effect; M2M_REFUSED for what is answered with an error; M2M_IGNORED for
/// what is dropped; M2M_UNKNOWN_ID for a connection that was not told by m2m_onem2m_cse_connected().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_message(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    session: *const m2m_onem2m_session,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and a structure as long as it says.
    let pointers = || unsafe { Ok((m2m_onem2m_session::read(session)?, bytes(data, len)?)) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(who, message)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            let peer = who.session.peer.0;
            let serialization = inside.links.socket(peer).ok_or(M2M_UNKNOWN_ID)?;
            let whole = &mut inside.links.whole;
            match read(message, serialization) {
                Came::Request(request) => {
                    let heard = Heard::of(&request);
                    match submit(&mut inside.cse, now, &who, *request) {
                        Ok(id) => {
                            whole.accept(id, Place::Socket(peer), serialization, heard);
                            Ok(M2M_OK)
                        }
                        Err(response) => {
                            whole.respond(Place::Socket(peer), serialization, &response);
                            Ok(M2M_REFUSED)
                        }
                    }
                }
                Came::Response(response) => {
                    let id = whole.answered(Peer::Socket(peer), &response);
                    let Some(id) = id else { return Ok(M2M_IGNORED) };
                    Ok(inside.answered(now, id, *response))
                }
                Came::Refused(response) => {
                    whole.respond(Place::Socket(peer), serialization, &response);
                    Ok(M2M_REFUSED)
                }
            }
        })
    })
}

/// WebSocket: writes the next message into buf, an answer or a request of the CSE itself, for the connection
/// that *message names. M2M_NOTHING when there is none, and while records of the journal wait.
/// M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. A request that cannot be sent, or has
/// no answer for long and shall go another way, goes to m2m_onem2m_cse_outgoing_failed().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_message(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    message: *mut m2m_onem2m_message,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(message)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            if inside.must_keep() {
                return Ok(M2M_NOTHING);
            }
            let now = Instant::from_millis(now_ms);
            inside.collect(now);
            while !inside.links.whole.has_message() && inside.advance(now) {}
            inside.links.whole.poll_message(buf, out)
        })
    })
}

/// WebSocket: tells that a connection is gone: answers for it are dropped, and requests of the CSE that have no
/// answer go to the next addresses of their targets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_disconnected(cse: *mut m2m_onem2m_cse, peer: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            for id in inside.links.disconnected(peer) {
                inside.errands.failed(id, true);
            }
            Ok(M2M_OK)
        })
    }
}
