//! The handle: how it is made, entered and freed.

use alloc::boxed::Box;

use lwm2m_core::client::{Client, Config, ConfigError};
use portable_atomic::{AtomicBool, Ordering};

use super::m2m_lwm2m_client_config;
use crate::borrow::{Out, seed};
use crate::guard::{Guarded, caught};
use crate::memory::{Tables, boxed_with};
use crate::object::{Own, definitions};
use crate::result::m2m_result::{self, M2M_BUSY, M2M_OK};
use crate::result::{Outcome, code};

/// An LwM2M client: a device that registers to servers, which then read, write, execute and observe
/// its objects. It opens no socket and reads no clock: it gets datagrams and the time, and gives
/// datagrams, events and the time when it wants to be called again.
///
/// All memory that it ever uses is reserved when it is made. Any thread may use it, one at a time:
/// a second one gets M2M_BUSY.
pub struct m2m_lwm2m_client(pub(super) Handle);

#[repr(C)]
pub(super) struct Handle {
    pub(super) guarded: Guarded<Inside>,
    /// A handler of `m2m_lwm2m_client_dispatch` is running.
    pub(super) dispatching: AtomicBool,
    tag: u64,
}

/// What is behind the guard. Fields are dropped in this order.
pub(crate) struct Inside {
    pub(crate) client: Client,
    _own: Own,
}

/// The client moves from thread to thread with its handle.
const fn sendable<T: Send>() {}
const _: () = sendable::<Inside>();

/// Runs `call` inside the handle.
///
/// # Safety
/// `client` is `NULL` or a handle that was not freed.
pub(crate) unsafe fn with(
    client: *const m2m_lwm2m_client,
    call: impl FnOnce(&mut Client) -> Outcome,
) -> i32 {
    // SAFETY: the same promise. Only shared references to a handle ever exist.
    let handle = unsafe { client.as_ref() };
    code(Guarded::with_some(handle.map(|h| &h.0.guarded), |inside| call(&mut inside.client)))
}

/// Makes a client.
///
/// seed_bytes points to 32 random bytes, different at every start of the device, from which everything
/// follows that peers must not be able to guess. On success, *client is the new handle. Everything
/// is copied.
///
/// Errors: M2M_INVALID for a member of the configuration that is out of its range or
/// an object that comes twice, M2M_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_new(
    config: *const m2m_lwm2m_client_config,
    seed_bytes: *const u8,
    client: *mut *mut m2m_lwm2m_client,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, and memory for a pointer.
        let (seed, out) = unsafe { (seed(seed_bytes)?, Out::new(client)?) };
        // SAFETY: the caller passes a structure that says its length and points to what it says.
        let handle = unsafe {
            make(config, |client, config| client.open(config, seed, &mut Tables::new()))
        }?;
        out.put(Box::into_raw(handle));
        Ok(M2M_OK)
    }))
}

/// # Safety
/// `config` is `NULL` or points to a structure as long as it says, whose pointers are `NULL` or
/// point to as much as it says.
#[cfg_attr(
    not(feature = "own-objects"),
    allow(clippy::needless_borrow, reason = "with own objects it is a list of its own")
)]
pub(super) unsafe fn make(
    config: *const m2m_lwm2m_client_config,
    open: impl FnOnce(&mut Client, &Config<'_>) -> Result<(), ConfigError>,
) -> Result<Box<m2m_lwm2m_client>, m2m_result> {
    // SAFETY: the same promise.
    let config = unsafe { m2m_lwm2m_client_config::read(config) }?;
    // SAFETY: the same promise for the string and the rows. `Inside` drops what the definitions refer to
    // after the client, and gives out nothing that refers to them.
    let (given, (objects, own)) = unsafe {
        (
            config.get()?,
            definitions(
                (config.standard_objects, config.standard_objects_len),
                (config.objects, config.objects_len),
            )?,
        )
    };
    let mut handle = boxed_with(|| {
        m2m_lwm2m_client(Handle {
            guarded: Guarded::new(Inside { client: Client::empty(), _own: own }),
            dispatching: AtomicBool::new(false),
            tag: config.tag,
        })
    })?;
    // Where it stays: on the stack it would take more than all else that a device puts there.
    let client = &mut handle.0.guarded.get_mut().client;
    match open(client, &Config { objects: &objects, ..given }) {
        Ok(()) => Ok(handle),
        Err(error) => {
            // Without the feature nothing goes back, and nothing is to be taken apart.
            if cfg!(not(feature = "reuse")) {
                core::mem::forget(handle);
            }
            Err(error.into())
        }
    }
}

/// Frees a client. NULL is fine. De-register first, if the servers are to know.
///
/// M2M_BUSY, and nothing is freed, while the handle is inside another call or when called by a
/// handler of m2m_lwm2m_client_dispatch(). A poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_free(client: *mut m2m_lwm2m_client) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    let Some(handle) = (unsafe { client.as_ref() }) else {
        return M2M_OK.code();
    };
    if let Err(busy) = handle.0.guarded.close() {
        return busy.code();
    }
    if handle.0.dispatching.load(Ordering::Acquire) {
        handle.0.guarded.reopen();
        return M2M_BUSY.code();
    }
    code(caught(|| {
        // SAFETY: it comes from Box::into_raw in m2m_lwm2m_client_new, and nobody is inside.
        drop(unsafe { Box::from_raw(client) });
        Ok(M2M_OK)
    }))
}

/// The tag that the configuration gave the client, for whatever the application wants to find by
/// it. Always works, also inside handlers. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_tag(client: *const m2m_lwm2m_client) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { client.as_ref() }.map_or(0, |h| h.0.tag)
}
