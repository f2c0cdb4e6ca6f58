//! Functions for the tests of this package, which provoke what cannot happen by itself. They are
//! not in the header.

use core::ffi::c_void;

use crate::client::{m2m_lwm2m_client, with};
use crate::result::m2m_result::{M2M_NULL, M2M_OK};

/// Panics inside the client.
#[unsafe(no_mangle)]
#[allow(clippy::panic, reason = "what it is for")]
pub(crate) unsafe extern "C" fn m2m_test_panic(client: *mut m2m_lwm2m_client) -> i32 {
    // SAFETY: the test passes NULL or a handle that was not freed.
    unsafe { with(client, |_| panic!("provoked by m2m_test_panic")) }
}

/// Calls `call` while the client is inside a call, as a signal handler would.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn m2m_test_inside(
    client: *mut m2m_lwm2m_client,
    call: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
) -> i32 {
    // SAFETY: the test passes NULL or a handle that was not freed, and a function.
    unsafe {
        with(client, |_| {
            call.ok_or(M2M_NULL)?(user);
            Ok(M2M_OK)
        })
    }
}
