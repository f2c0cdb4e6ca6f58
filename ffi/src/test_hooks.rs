//! Functions for the tests of this package, which provoke what cannot happen by itself. They are
//! not in the header.

use core::ffi::c_void;

use crate::bootstrap_server::m2m_lwm2m_bootstrap_server;
use crate::client::{m2m_lwm2m_client, with};
use crate::coap::{
    m2m_coap_endpoint, m2m_coap_reader, m2m_coap_writer, m2m_link_reader, m2m_link_writer,
    m2m_oscore_context,
};
use crate::handled::Handled;
use crate::mqtt::m2m_lwm2m_mqtt;
use crate::onem2m::{m2m_onem2m_ae, m2m_onem2m_cse};
use crate::payload::m2m_lwm2m_payload_reader;
use crate::placed::Placed;
use crate::result::m2m_result::{M2M_INVALID, M2M_NULL, M2M_OK};
use crate::result::{Outcome, code};
use crate::senml::{m2m_senml_reader, m2m_senml_stream, m2m_senml_writer};
use crate::server::m2m_lwm2m_server;

/// Runs `call` inside a handle of any kind.
///
/// # Safety
/// `handle` is `NULL`, or one of that kind that was not freed.
unsafe fn inside(kind: i32, handle: *mut c_void, call: impl FnOnce() -> Outcome) -> i32 {
    // SAFETY: the same promise.
    unsafe {
        match kind {
            0 => with(handle.cast::<m2m_lwm2m_client>(), |_| call()),
            1 => m2m_lwm2m_server::with(handle.cast(), |_| call()),
            2 => m2m_lwm2m_bootstrap_server::with(handle.cast(), |_| call()),
            3 => m2m_coap_endpoint::with(handle.cast(), |_| call()),
            4 => m2m_onem2m_ae::with(handle.cast(), |_| call()),
            5 => m2m_onem2m_cse::with(handle.cast(), |_| call()),
            6 => code(m2m_senml_reader::with(handle.cast(), |_| call())),
            7 => code(m2m_senml_writer::with(handle.cast(), |_| call())),
            8 => code(m2m_lwm2m_mqtt::with(handle.cast(), |_| call())),
            9 => code(m2m_coap_reader::with(handle.cast(), |_| call())),
            10 => code(m2m_coap_writer::with(handle.cast(), |_| call())),
            11 => code(m2m_link_reader::with(handle.cast(), |_| call())),
            12 => code(m2m_link_writer::with(handle.cast(), |_| call())),
            13 => code(m2m_lwm2m_payload_reader::with(handle.cast(), |_| call())),
            14 => code(m2m_senml_stream::with(handle.cast(), |_| call())),
            15 => code(m2m_oscore_context::with(handle.cast(), |_| call())),
            _ => M2M_INVALID.code(),
        }
    }
}

/// Panics inside a handle.
#[unsafe(no_mangle)]
#[allow(clippy::panic, reason = "what it is for")]
pub(crate) unsafe extern "C" fn m2m_test_panic(kind: i32, handle: *mut c_void) -> i32 {
    // SAFETY: the test passes NULL or a handle that was not freed.
    unsafe { inside(kind, handle, || panic!("provoked by m2m_test_panic")) }
}

/// Calls `call` while a handle is inside a call, as a signal handler would.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn m2m_test_inside(
    kind: i32,
    handle: *mut c_void,
    call: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
) -> i32 {
    let call = || {
        // SAFETY: the test passes a function.
        unsafe { call.ok_or(M2M_NULL)?(user) };
        Ok(M2M_OK)
    };
    // SAFETY: the test passes NULL or a handle that was not freed.
    unsafe { inside(kind, handle, call) }
}
