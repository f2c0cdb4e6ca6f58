//! The handle of a server, and the verbs that every engine has.

use core::ffi::c_char;

use lwm2m_core::server::{Counters, Record, Server};
use m2m_base::{Instant, PeerId, UnixTime};

use super::{m2m_lwm2m_server_config, m2m_lwm2m_server_event};
use crate::borrow::{Out, seed, string};
use crate::engine::{checked, m2m_counters, m2m_transmit};
use crate::guard::caught;
use crate::handled::{Handle, Handled};
use crate::object::m2m_object;
use crate::result::code;
use crate::result::m2m_result::M2M_OK;

/// An LwM2M server: devices register with it, and it reads, writes, executes and observes their
/// objects. It opens no socket and reads no clock.
///
/// Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
pub struct m2m_lwm2m_server {
    handle: Handle<Inside>,
}

/// What is behind the guard.
pub(crate) struct Inside {
    pub(super) server: Server,
    /// A record of the journal that did not fit into the caller's buffer.
    pub(super) record: Option<Record>,
}

impl Handled for m2m_lwm2m_server {
    type Inside = Inside;
    type Engine = Server;

    fn of(handle: Handle<Inside>) -> Self {
        m2m_lwm2m_server { handle }
    }

    fn handle(&self) -> &Handle<Inside> {
        &self.handle
    }

    fn engine(inside: &mut Inside) -> &mut Server {
        &mut inside.server
    }
}

/// Makes a server.
///
/// seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
/// must not be able to guess. On success, *server is the new handle. Everything is copied.
///
/// Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_new(
    config: *const m2m_lwm2m_server_config,
    seed_bytes: *const u8,
    server: *mut *mut m2m_lwm2m_server,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and a structure that says its
        // length.
        let (seed, out, config) = unsafe {
            (seed(seed_bytes)?, Out::new(server)?, m2m_lwm2m_server_config::read(config)?)
        };
        let server = Server::new(&config.get()?, seed)?;
        m2m_lwm2m_server::publish(Inside { server, record: None }, config.tag, out)
    }))
}

/// Frees a server. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another
/// call. A poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_free(server: *mut m2m_lwm2m_server) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::free(server) }
}

/// The tag that the configuration gave the server. Always works. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_tag(server: *const m2m_lwm2m_server) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::tag(server) }
}

/// Takes a datagram that arrived from a peer: any number that the application gives its address, or
/// its security session. A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE,
/// M2M_REFUSED or M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_handle_datagram(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::datagram(server, now_ms, peer, data, len) }
}

/// Tells the server that time has passed: to be called when m2m_lwm2m_server_poll_timeout() says.
/// Calling it early or twice is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_handle_timeout(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::timeout(server, now_ms) }
}

/// Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
/// none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the
/// configuration is enough.
///
/// To be called after every other call that takes the time, until it returns M2M_NOTHING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_poll_transmit(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and the result, and NULL or a handle that was
    // not freed.
    unsafe { m2m_lwm2m_server::transmit(server, now_ms, buf, cap, transmit) }
}

/// The next thing that the application should know. M2M_NOTHING when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_poll_event(
    server: *mut m2m_lwm2m_server,
    event: *mut m2m_lwm2m_server_event,
) -> i32 {
    // SAFETY: the caller passes memory for an event, and NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::event(server, event) }
}

/// When m2m_lwm2m_server_handle_timeout() should be called next, in milliseconds on the caller's clock;
/// M2M_NEVER when the server waits for nothing, and where another function would return an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_poll_timeout(server: *const m2m_lwm2m_server) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::next_timeout(server) }
}

/// Tells that the address or security session of a peer is gone. Its registrations stay; what is under
/// way with it fails, or waits for the client if that is in queue mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_forget_peer(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server::forget(server, now_ms, peer) }
}

/// Tells that the security session of a peer has authenticated it as this endpoint: it registers under
/// this name and no other. NULL forgets. M2M_INVALID for a name that is empty or longer than 255 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_identify(
    server: *mut m2m_lwm2m_server,
    peer: u64,
    endpoint: *const c_char,
) -> i32 {
    // SAFETY: the caller passes NULL or a string, and NULL or a handle that was not freed.
    checked(unsafe { string(endpoint) }, |name| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            inside.server.identify(PeerId(peer), (!endpoint.is_null()).then_some(name))?;
            Ok(M2M_OK)
        })
    })
}

/// Tells the server what time it is, in milliseconds since 1970-01-01T00:00:00Z, for what the journal
/// says of times. To be told again whenever the clock was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_set_wall_clock(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    unix_ms: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let time = UnixTime::from_millis(unix_ms);
            inside.server.set_wall_clock(Instant::from_millis(now_ms), time);
            Ok(M2M_OK)
        })
    }
}

/// Adds the definition of an object, to type its resources by; it replaces one of the same ID and
/// version. The standard's objects are always there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_add_object(
    server: *mut m2m_lwm2m_server,
    object: *const m2m_object,
) -> i32 {
    // SAFETY: the caller passes NULL or an object, whose pointers point to as many rows as it says.
    let object = unsafe { m2m_object::read(object) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(object, |object| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            object.with(|definition| inside.server.add_object(definition))?;
            Ok(M2M_OK)
        })
    })
}

/// How many registrations are in force: *count gets it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_registration_count(
    server: *const m2m_lwm2m_server,
    count: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(count) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put(inside.server.registration_count());
            Ok(M2M_OK)
        })
    })
}

/// What the CoAP endpoint below the server has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_counters(
    server: *const m2m_lwm2m_server,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put(inside.server.coap_counters().into());
            Ok(M2M_OK)
        })
    })
}

/// What an LwM2M server has counted since it was made. Each number wraps.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_server_counts {
    /// Registrations accepted.
    pub registered: u32,
    /// Updates accepted.
    pub updated: u32,
    /// Registrations ended by their client.
    pub deregistered: u32,
    /// Registrations ended by their lifetime.
    pub expired: u32,
    /// Requests of peers that were refused.
    pub refused: u32,
    /// Operations asked for.
    pub operations: u32,
    /// Operations answered.
    pub responses: u32,
    /// Notifications received.
    pub notifications: u32,
    /// Contents that clients sent by themselves.
    pub sends: u32,
    /// Notifications and Sends that nobody read before they had to make room.
    pub notifications_dropped: u32,
}

impl From<&Counters> for m2m_lwm2m_server_counts {
    fn from(c: &Counters) -> Self {
        m2m_lwm2m_server_counts {
            registered: c.registered,
            updated: c.updated,
            deregistered: c.deregistered,
            expired: c.expired,
            refused: c.refused,
            operations: c.operations,
            responses: c.responses,
            notifications: c.notifications,
            sends: c.sends,
            notifications_dropped: c.notifications_dropped,
        }
    }
}

/// What the server itself has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_own_counters(
    server: *const m2m_lwm2m_server,
    counts: *mut m2m_lwm2m_server_counts,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counts) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put(inside.server.counters().into());
            Ok(M2M_OK)
        })
    })
}
