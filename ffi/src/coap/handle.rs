//! The handle of an endpoint, and the verbs that every engine has.

use alloc::vec::Vec;
use core::mem::size_of;

use coap_core::{Endpoint, OptionNumber, OptionWriter};
use m2m_base::Seed;
use m2m_base::container::Reservation;

use super::{m2m_coap_config, m2m_coap_event};
use crate::borrow::{Out, bytes, rows, seed};
use crate::engine::{checked, m2m_counters, m2m_transmit};
use crate::guard::caught;
use crate::handled::{Handle, Handled};
use crate::memory::{arena_for, room};
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK, M2M_TOO_LONG};

/// A CoAP endpoint, client and server at once: it sends requests and answers those of others, with
/// observations (RFC 7641), bodies in blocks (RFC 7959) and OSCORE (RFC 8613).
///
/// All memory that it ever uses is reserved when it is made. Any thread may use it, one at a time.
pub struct m2m_coap_endpoint {
    handle: Handle<Inside>,
}

/// What is behind the guard.
pub(crate) struct Inside {
    pub(super) endpoint: Endpoint,
    /// Where options are put together.
    pub(super) options: Vec<u8>,
}

impl Handled for m2m_coap_endpoint {
    type Inside = Inside;
    type Engine = Endpoint;

    fn of(handle: Handle<Inside>) -> Self {
        m2m_coap_endpoint { handle }
    }

    fn handle(&self) -> &Handle<Inside> {
        &self.handle
    }

    fn engine(inside: &mut Inside) -> &mut Endpoint {
        &mut inside.endpoint
    }
}

/// Puts options into the handle's own memory: those of C's list, after what has a member of its own.
///
/// # Safety
/// `list` is `NULL` or points to `len` options, whose values are as long as they say.
pub(super) unsafe fn put_options<'b>(
    buf: &'b mut [u8],
    (list, len): (*const m2m_coap_option, usize),
    own: impl FnOnce(&mut OptionWriter<'b>) -> Result<(), m2m_result>,
) -> Result<OptionWriter<'b>, m2m_result> {
    let mut writer = OptionWriter::new(buf);
    own(&mut writer)?;
    // SAFETY: the same promise; every bit pattern is a valid option.
    for option in unsafe { rows(list, len) }? {
        // SAFETY: the same promise.
        let value = unsafe { bytes(option.value, option.len) }?;
        writer.add(OptionNumber(option.number), value).map_err(|_| M2M_TOO_LONG)?;
    }
    Ok(writer)
}

/// A content format that C passes: -1 for none.
pub(super) fn format_number(number: i32) -> Result<Option<u32>, m2m_result> {
    match number {
        -1 => Ok(None),
        _ => u16::try_from(number).map(|n| Some(n.into())).map_err(|_| M2M_INVALID),
    }
}

/// An option of a message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_option {
    /// Its number: one of enum m2m_coap_option_number or another.
    pub number: u16,
    /// Its value: bytes, text without a NUL, or a number in network order without zeros in front.
    pub value: *const u8,
    /// Length of the value.
    pub len: usize,
}

/// Makes an endpoint.
///
/// seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
/// must not be able to guess. On success, *endpoint is the new handle. Everything is copied.
///
/// Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_new(
    config: *const m2m_coap_config,
    seed_bytes: *const u8,
    endpoint: *mut *mut m2m_coap_endpoint,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and a structure that says its
        // length.
        let (seed, out, config) =
            unsafe { (seed(seed_bytes)?, Out::new(endpoint)?, m2m_coap_config::read(config)?) };
        let made = config.get()?;
        let mut options = room(made.limits.message_size.into())?;
        options.resize(made.limits.message_size.into(), 0);
        let endpoint = Endpoint::new(&made, seed)?;
        m2m_coap_endpoint::publish(Inside { endpoint, options }, config.tag, out)
    }))
}

/// How many bytes of an arena an endpoint with this configuration takes: what m2m_init() needs for it,
/// to within a few per cent. No memory is needed to ask.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_arena_size(
    config: *const m2m_coap_config,
    size: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for a number, and a structure that says its length.
        let (out, config) = unsafe { (Out::new(size)?, m2m_coap_config::read(config)?) };
        let config = config.get()?;
        let mut counted = Reservation::counting();
        let mut endpoint = Endpoint::empty();
        endpoint.open(&config, &Seed([0; 32]), &mut counted)?;
        let blocks = [size_of::<m2m_coap_endpoint>(), config.limits.message_size.into()];
        out.put(arena_for(&counted, blocks.into_iter()));
        Ok(M2M_OK)
    }))
}

/// Frees an endpoint. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside
/// another call. A poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_free(endpoint: *mut m2m_coap_endpoint) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::free(endpoint) }
}

/// The tag that the configuration gave the endpoint. Always works. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_tag(endpoint: *const m2m_coap_endpoint) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::tag(endpoint) }
}

/// Takes a datagram that arrived from a peer: any number that the application gives its address. A
/// bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or
/// M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_handle_datagram(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::datagram(endpoint, now_ms, peer, data, len) }
}

/// Tells the endpoint that time has passed: to be called when m2m_coap_endpoint_poll_timeout() says.
/// Calling it early or twice is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_handle_timeout(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::timeout(endpoint, now_ms) }
}

/// Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
/// none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
///
/// To be called after every other call that takes the time, until it returns M2M_NOTHING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_poll_transmit(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and the result, and NULL or a handle that was
    // not freed.
    unsafe { m2m_coap_endpoint::transmit(endpoint, now_ms, buf, cap, transmit) }
}

/// The next thing that the application should know. M2M_NOTHING when there is none. What the event
/// speaks of stays until it is answered or released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_poll_event(
    endpoint: *mut m2m_coap_endpoint,
    event: *mut m2m_coap_event,
) -> i32 {
    // SAFETY: the caller passes memory for an event, and NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::event(endpoint, event) }
}

/// When m2m_coap_endpoint_handle_timeout() should be called next, in milliseconds on the caller's
/// clock; M2M_NEVER when the endpoint waits for nothing, and where another function would return an
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_poll_timeout(endpoint: *const m2m_coap_endpoint) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::next_timeout(endpoint) }
}

/// Ends all that is under way with a peer: its address or security session is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_forget_peer(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_coap_endpoint::forget(endpoint, now_ms, peer) }
}

/// What the endpoint has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_counters(
    endpoint: *const m2m_coap_endpoint,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put(inside.endpoint.counters().into());
            Ok(M2M_OK)
        })
    })
}

/// All the memory of the endpoint in bytes, reserved when it was made. It never allocates again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_reserved_bytes(
    endpoint: *const m2m_coap_endpoint,
    size: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(size) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let reserved = inside.endpoint.reserved_bytes();
            out.put(
                reserved
                    .saturating_add(inside.options.capacity())
                    .saturating_add(size_of::<m2m_coap_endpoint>()),
            );
            Ok(M2M_OK)
        })
    })
}

/// How many bytes of a body go in one block, for an application that cuts bodies itself (member piece_total of
/// m2m_coap_response).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_block_size(
    endpoint: *const m2m_coap_endpoint,
    size: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(size) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put(inside.endpoint.block_size());
            Ok(M2M_OK)
        })
    })
}
