//! What clients answered to steps that discover or read.

use lwm2m_core::bootstrap_server::{Answer, BootstrapServer, SessionId};

use super::m2m_lwm2m_bootstrap_server;
use crate::borrow::{Out, OutBytes, buffer_of};
use crate::engine::checked;
use crate::handled::Handled;
use crate::path::m2m_path;
use crate::result::m2m_result::{self, M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID};
use crate::value::{m2m_lwm2m_value, put_bytes, put_values};

/// What a client answered to a Discover or Read. Its payload and its values are copied by functions of
/// their own.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_bootstrap_answer {
    /// CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
    pub code: i32,
    /// Its content format, -1 if the client named none.
    pub format: i32,
    /// The path that was asked for.
    pub path: m2m_path,
    /// Length of the payload.
    pub payload_len: usize,
}

fn find(server: &BootstrapServer, id: u64, step: u32) -> Result<Answer<'_>, m2m_result> {
    let step = u16::try_from(step).map_err(|_| M2M_UNKNOWN_ID)?;
    server.answer(SessionId::from_bits(id), step).ok_or(M2M_UNKNOWN_ID)
}

/// The answer to a step of a session, as long as the session can be looked at. M2M_UNKNOWN_ID for a step
/// that neither discovers nor reads, or was not answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_answer(
    server: *const m2m_lwm2m_bootstrap_server,
    session: u64,
    step: u32,
    answer: *mut m2m_lwm2m_bootstrap_answer,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(answer) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let answer = find(inside, session, step)?;
            out.put(m2m_lwm2m_bootstrap_answer {
                code: answer.code().0.into(),
                format: answer.format().map_or(-1, |f| f.0.into()),
                path: answer.path().into(),
                payload_len: answer.payload().len(),
            });
            Ok(M2M_OK)
        })
    })
}

/// Copies the payload of an answer as it came into buf: of a Discover, text in the CoRE Link Format. len
/// gets its length. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_answer_payload(
    server: *const m2m_lwm2m_bootstrap_server,
    session: u64,
    step: u32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let payload = find(inside, session, step)?.payload();
            out.put(payload.len(), payload.iter().copied(), b"")?;
            Ok(M2M_OK)
        })
    })
}

/// Reads the values of the answer to a Read, from the one at index first, into values, which has room for
/// cap of them. count gets how many there were. M2M_NOTHING if there is none at first. M2M_MALFORMED for
/// a payload that is not well formed, or of a format that has no values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_answer_values(
    server: *const m2m_lwm2m_bootstrap_server,
    session: u64,
    step: u32,
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
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let answer = find(inside, session, step)?;
            if !answer.code().is_success() {
                return Ok(M2M_NOTHING);
            }
            put_values(|| answer.items(), first, rows, count)
        })
    })
}

/// Copies the value at index in the answer to a Read into buf: of M2M_STRING and M2M_CORELNK with a NUL
/// behind it, of M2M_OPAQUE without. len gets its length. M2M_WRONG_TYPE for another type, M2M_NOTHING if
/// there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_answer_bytes(
    server: *const m2m_lwm2m_bootstrap_server,
    session: u64,
    step: u32,
    index: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            let answer = find(inside, session, step)?;
            if !answer.code().is_success() {
                return Ok(M2M_NOTHING);
            }
            put_bytes(answer.items().map_err(|_| M2M_MALFORMED)?, index, out)
        })
    })
}
