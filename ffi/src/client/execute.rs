//! Executes: their arguments and their answers.

use core::ffi::c_char;

use coap_core::Code;
use lwm2m_core::client::ExecuteId;
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::OutBytes;
use crate::engine::checked;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK, M2M_UNKNOWN_ID};

/// Copies the arguments of an execute into buf, as the server sent them (0='x',1), and a NUL behind
/// them. len gets their length without the NUL. With buf NULL and cap 0 only len is written.
/// M2M_UNKNOWN_ID once it was answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_arguments(
    client: *const m2m_lwm2m_client,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and for a number.
    let out = unsafe { OutBytes::new(buf.cast(), cap, len) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(out, |out| unsafe {
        with(client, |c| {
            let arguments = c.arguments(ExecuteId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            out.put(arguments.len(), arguments.iter().copied(), b"\0")?;
            Ok(M2M_OK)
        })
    })
}

/// Answers an execute with M2M_COAP_CHANGED, or with an error of enum m2m_coap_code (any code of
/// class 4 or 5). M2M_UNKNOWN_ID if it was answered before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_answer_execute(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    id: u64,
    code: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(answer(code), |answer| unsafe {
        with(client, |c| {
            c.answer_execute(Instant::from_millis(now_ms), ExecuteId::from_bits(id), answer)?;
            Ok(M2M_OK)
        })
    })
}

fn answer(code: i32) -> Result<Result<(), Code>, m2m_result> {
    let code = Code(u8::try_from(code).map_err(|_| M2M_INVALID)?);
    Ok(if code == Code::CHANGED { Ok(()) } else { Err(code) })
}
