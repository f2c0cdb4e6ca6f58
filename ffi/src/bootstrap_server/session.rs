//! Sessions: each is the bootstrap of one client.

use core::ffi::c_char;

use coap_core::Code;
use lwm2m_core::bootstrap_server::{Session, SessionId};
use m2m_base::{Instant, PeerId};

use super::configuration::each;
use super::{
    m2m_lwm2m_bootstrap_configuration, m2m_lwm2m_bootstrap_server, m2m_lwm2m_bootstrap_step,
};
use crate::borrow::{Out, OutBytes, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::m2m_result::{M2M_INVALID, M2M_NULL, M2M_OK, M2M_UNKNOWN_ID};
use crate::server::version_number;

/// A session as it is now.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_bootstrap_session {
    /// Where the client is.
    pub peer: u64,
    /// The number of the step that is under way or comes next.
    pub step: u32,
    /// The content format that the client prefers, or in which it got a pack; -1 if it did not tell.
    pub format: i32,
    /// One of enum m2m_lwm2m_version, as the client told; 0 if it did not.
    pub version: i32,
    /// The instance of the Security object under which the client keeps its account here, -1 if it is not
    /// known.
    pub account: i32,
    /// 1 if m2m_lwm2m_bootstrap_server_identify() named the client.
    pub identified: i32,
    /// 1 if all its steps are done and it waits for m2m_lwm2m_bootstrap_server_push().
    pub idle: i32,
}

impl From<Session<'_>> for m2m_lwm2m_bootstrap_session {
    fn from(session: Session<'_>) -> Self {
        m2m_lwm2m_bootstrap_session {
            peer: session.peer().0,
            step: session.step().into(),
            format: session.format().map_or(-1, |f| f.0.into()),
            version: session.version().map_or(0, version_number),
            account: session.account().map_or(-1, Into::into),
            identified: session.is_identified().into(),
            idle: session.is_idle().into(),
        }
    }
}

/// The session that id names. One that ended can be looked at until the event behind its end is polled;
/// then it is M2M_UNKNOWN_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_session(
    server: *const m2m_lwm2m_bootstrap_server,
    id: u64,
    session: *mut m2m_lwm2m_bootstrap_session,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(session) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let session = inside.session(SessionId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            out.put(session.into());
            Ok(M2M_OK)
        })
    })
}

/// Copies the Endpoint Client Name of a session into buf, and a NUL behind it. len gets its length
/// without the NUL. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_endpoint(
    server: *const m2m_lwm2m_bootstrap_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let session = inside.session(SessionId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            let name = session.endpoint();
            out.put_text(Some(name))
        })
    })
}

/// The session that is under way with an endpoint. M2M_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_find(
    server: *const m2m_lwm2m_bootstrap_server,
    endpoint: *const c_char,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and a string.
    let pointers = unsafe {
        Out::new(id).and_then(|out| match endpoint.is_null() {
            true => Err(M2M_NULL),
            false => Ok((out, string(endpoint)?)),
        })
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, endpoint)| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            out.put_found(inside.find(endpoint).map(SessionId::to_bits))
        })
    })
}

/// The session at index, from 0, of those that are not over, in no particular order, which stays as long
/// as none begins or ends. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_session_at(
    server: *const m2m_lwm2m_bootstrap_server,
    index: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let found = inside.sessions().nth(index);
            out.put_found(found.map(|session| session.id().to_bits()))
        })
    })
}

/// Begins a session that the client did not ask for: it is known to listen at peer. *id names the session.
///
/// Errors: those of m2m_lwm2m_bootstrap_server_set_configuration().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_start(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
    endpoint: *const c_char,
    configuration: *const m2m_lwm2m_bootstrap_configuration,
    id: *mut u64,
) -> i32 {
    let read = || {
        if endpoint.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes memory for a number, a string, and a structure as long as it says.
        unsafe {
            let asked = m2m_lwm2m_bootstrap_configuration::read(configuration)?;
            Ok((Out::new(id)?, string(endpoint)?, asked))
        }
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(read), |(out, endpoint, asked)| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            out.put(asked.with(|c| Ok(inside.start(now, PeerId(peer), endpoint, c)?))?.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Gives the client of M2M_LWM2M_SESSION_REQUESTED a configuration: M2M_LWM2M_SESSION_STARTED follows.
///
/// Errors: M2M_UNKNOWN_ID if it is not asked for any more, and those of
/// m2m_lwm2m_bootstrap_server_set_configuration().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_accept(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    id: u64,
    configuration: *const m2m_lwm2m_bootstrap_configuration,
) -> i32 {
    // SAFETY: the caller passes a structure as long as it says.
    let read = || unsafe { m2m_lwm2m_bootstrap_configuration::read(configuration) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(read), |asked| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            asked.with(|c| Ok(inside.accept(now, SessionId::from_bits(id), c)?))?;
            Ok(M2M_OK)
        })
    })
}

/// Refuses the client of M2M_LWM2M_SESSION_REQUESTED with one of enum m2m_coap_code, an error; where
/// nothing else fits, M2M_COAP_BAD_REQUEST. Errors: M2M_UNKNOWN_ID if it is not asked for any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_refuse(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    id: u64,
    code: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(u8::try_from(code).map_err(|_| M2M_INVALID), |code| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.refuse(now, SessionId::from_bits(id), Code(code))?;
            Ok(M2M_OK)
        })
    })
}

/// Adds a step to a session that is not over, behind those that it has.
///
/// Errors: M2M_UNKNOWN_ID if it is over or not begun, M2M_INVALID for a step that cannot be, M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_push(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    id: u64,
    step: *const m2m_lwm2m_bootstrap_step,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed, and a step, whose pointers point to
    // as much as it says.
    unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let (now, id) = (Instant::from_millis(now_ms), SessionId::from_bits(id));
            each(step, |step| Ok(inside.push(now, id, step)?))
        })
    }
}

/// Gives a session up: M2M_LWM2M_SESSION_ENDED follows. The client discards what it got when nothing
/// follows. M2M_UNKNOWN_ID if it is over already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_abort(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            inside.abort(Instant::from_millis(now_ms), SessionId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}
