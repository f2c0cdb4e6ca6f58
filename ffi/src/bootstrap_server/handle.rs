//! The handle of a bootstrap server, and the verbs that every engine has.

use core::ffi::c_char;

use lwm2m_core::bootstrap_server::{BootstrapServer, Counters};
use m2m_base::PeerId;

use super::{m2m_lwm2m_bootstrap_event, m2m_lwm2m_bootstrap_server_config};
use crate::borrow::{Out, seed, string};
use crate::engine::{checked, m2m_counters, m2m_transmit};
use crate::guard::caught;
use crate::handled::{Handle, Handled};
use crate::object::m2m_object;
use crate::result::code;
use crate::result::m2m_result::M2M_OK;

/// An LwM2M bootstrap server: it gives clients their accounts and keys, by rules that are set beforehand
/// or when a client asks. It opens no socket and reads no clock.
///
/// Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
/// Rules are not kept over a restart: the application sets them again.
pub struct m2m_lwm2m_bootstrap_server {
    handle: Handle<BootstrapServer>,
}

impl Handled for m2m_lwm2m_bootstrap_server {
    type Inside = BootstrapServer;
    type Engine = BootstrapServer;

    fn of(handle: Handle<BootstrapServer>) -> Self {
        m2m_lwm2m_bootstrap_server { handle }
    }

    fn handle(&self) -> &Handle<BootstrapServer> {
        &self.handle
    }

    fn engine(inside: &mut BootstrapServer) -> &mut BootstrapServer {
        inside
    }
}

/// Makes a bootstrap server without rules.
///
/// seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
/// must not be able to guess. On success, *server is the new handle. Everything is copied.
///
/// Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_new(
    config: *const m2m_lwm2m_bootstrap_server_config,
    seed_bytes: *const u8,
    server: *mut *mut m2m_lwm2m_bootstrap_server,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and a structure that says its
        // length.
        let (seed, out, config) = unsafe {
            (seed(seed_bytes)?, Out::new(server)?, m2m_lwm2m_bootstrap_server_config::read(config)?)
        };
        let made = BootstrapServer::new(&config.get()?, seed)?;
        m2m_lwm2m_bootstrap_server::publish(made, config.tag, out)
    }))
}

/// Frees a bootstrap server. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside
/// another call. A poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_free(
    server: *mut m2m_lwm2m_bootstrap_server,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::free(server) }
}

/// The tag that the configuration gave the server. Always works. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_tag(
    server: *const m2m_lwm2m_bootstrap_server,
) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::tag(server) }
}

/// Takes a datagram that arrived from a peer: any number that the application gives its address, or
/// its security session. A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE,
/// M2M_REFUSED or M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_handle_datagram(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::datagram(server, now_ms, peer, data, len) }
}

/// Tells the server that time has passed: to be called when
/// m2m_lwm2m_bootstrap_server_poll_timeout() says. Calling it early or twice is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_handle_timeout(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::timeout(server, now_ms) }
}

/// Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
/// none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
///
/// To be called after every other call that takes the time, until it returns M2M_NOTHING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_poll_transmit(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and the result, and NULL or a handle that was
    // not freed.
    unsafe { m2m_lwm2m_bootstrap_server::transmit(server, now_ms, buf, cap, transmit) }
}

/// The next thing that the application should know. M2M_NOTHING when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_poll_event(
    server: *mut m2m_lwm2m_bootstrap_server,
    event: *mut m2m_lwm2m_bootstrap_event,
) -> i32 {
    // SAFETY: the caller passes memory for an event, and NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::event(server, event) }
}

/// When m2m_lwm2m_bootstrap_server_handle_timeout() should be called next, in milliseconds on the
/// caller's clock; M2M_NEVER when the server waits for nothing, and where another function would return
/// an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_poll_timeout(
    server: *const m2m_lwm2m_bootstrap_server,
) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::next_timeout(server) }
}

/// Tells that the address or security session of a peer is gone: its session fails with
/// M2M_LWM2M_STEP_PEER_DOWN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_forget_peer(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_bootstrap_server::forget(server, now_ms, peer) }
}

/// Tells that the security session of a peer has authenticated it as this endpoint: it is bootstrapped
/// under this name and no other, with or without saying so. NULL forgets. M2M_INVALID for a name that is
/// empty or longer than 255 bytes, M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_identify(
    server: *mut m2m_lwm2m_bootstrap_server,
    peer: u64,
    endpoint: *const c_char,
) -> i32 {
    // SAFETY: the caller passes NULL or a string, and NULL or a handle that was not freed.
    checked(unsafe { string(endpoint) }, |name| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            inside.identify(PeerId(peer), (!endpoint.is_null()).then_some(name))?;
            Ok(M2M_OK)
        })
    })
}

/// Adds the definition of an object, to write its resources by; it replaces one of the same ID and
/// version. The standard's objects are always there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_add_object(
    server: *mut m2m_lwm2m_bootstrap_server,
    object: *const m2m_object,
) -> i32 {
    // SAFETY: the caller passes NULL or an object, whose pointers point to as many rows as it says.
    let object = unsafe { m2m_object::read(object) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(object, |object| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            object.with(|definition| inside.add_object(definition))?;
            Ok(M2M_OK)
        })
    })
}

/// What the CoAP endpoint below the server has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_counters(
    server: *const m2m_lwm2m_bootstrap_server,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            out.put(inside.coap_counters().into());
            Ok(M2M_OK)
        })
    })
}

/// What a bootstrap server has counted since it was made. Each number wraps.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_bootstrap_counts {
    /// Sessions that began.
    pub started: u32,
    /// Sessions that ended with Bootstrap-Finish.
    pub finished: u32,
    /// Bootstrap-Packs given.
    pub packed: u32,
    /// Sessions that failed, or whose client asked anew.
    pub failed: u32,
    /// Requests of peers that were refused.
    pub refused: u32,
}

impl From<&Counters> for m2m_lwm2m_bootstrap_counts {
    fn from(c: &Counters) -> Self {
        m2m_lwm2m_bootstrap_counts {
            started: c.started,
            finished: c.finished,
            packed: c.packed,
            failed: c.failed,
            refused: c.refused,
        }
    }
}

/// What the bootstrap server itself has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_own_counters(
    server: *const m2m_lwm2m_bootstrap_server,
    counts: *mut m2m_lwm2m_bootstrap_counts,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counts) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            out.put(inside.counters().into());
            Ok(M2M_OK)
        })
    })
}
