//! The handle of a CSE: requests in, responses out, time.

use alloc::boxed::Box;
use core::ffi::c_char;
use core::mem::size_of;
use core::net::IpAddr;
use core::ptr;

use m2m_base::{Instant, PeerId, UnixTime};
use onem2m_core::ResponseStatusCode;
use onem2m_core::cse::{Counters, CountryCode, Cse, Record, Session};
use onem2m_core::primitive::{Request, Response};

use super::links::Links;
use super::m2m_onem2m_cse_config;
use super::outgoing::Errands;
use crate::borrow::{Growing, Out, buffer, bytes, init, seed, sized, string};
use crate::engine::{checked, millis};
use crate::guard::caught;
use crate::handled::{Handle, Handled};
use crate::onem2m::coap::Coap;
use crate::onem2m::incoming::{Incoming, m2m_onem2m_response};
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NOTHING, M2M_OK, M2M_OUT_OF_MEMORY};

/// A common services entity of oneM2M: it keeps a tree of resources, lets AEs and other CSEs register, and
/// notifies who subscribed. It opens no socket and reads no clock: requests come as bytes of HTTP
/// connections, datagrams of CoAP, publications of MQTT or messages of WebSockets, and its own requests go out
/// in the same ways.
///
/// Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
pub struct m2m_onem2m_cse {
    handle: Handle<Inside>,
}

/// What is behind the guard.
pub(crate) struct Inside {
    pub(super) cse: Cse,
    pub(super) incoming: Incoming,
    pub(super) errands: Errands,
    pub(super) coap: Option<Coap>,
    pub(super) links: Links,
    /// A record of the journal that was not taken.
    pub(super) record: Option<Record>,
}

impl Handled for m2m_onem2m_cse {
    type Inside = Inside;
    type Engine = Cse;

    fn of(handle: Handle<Inside>) -> Self {
        m2m_onem2m_cse { handle }
    }

    fn handle(&self) -> &Handle<Inside> {
        &self.handle
    }

    fn engine(inside: &mut Inside) -> &mut Cse {
        &mut inside.cse
    }
}

impl Inside {
    /// True while what was changed is to be kept before anybody is told.
    pub(super) fn must_keep(&mut self) -> bool {
        if self.record.is_none() {
            self.record = self.cse.poll_journal();
        }
        self.record.is_some()
    }

    /// Takes the engine's responses to where their requests came from.
    pub(super) fn collect(&mut self, now: Instant) {
        while let Some((id, response)) = self.cse.poll_response() {
            let id = id.to_bits();
            if self.incoming.answer(id, &response) {
                continue;
            }
            if let Some(coap) = &mut self.coap
                && coap.answer(now, id, &response)
            {
                continue;
            }
            if let Some(answered) = self.links.whole.answer(id, &response) {
                self.links.heard(answered, &response);
            }
        }
    }
}

/// Gives the engine a request, if its originator is who the session says.
pub(super) fn submit(
    cse: &mut Cse,
    now: Instant,
    session: &Who<'_>,
    request: Request,
) -> Result<u64, Box<Response>> {
    if let Some(known) = session.originator
        && request.from.as_deref() != Some(known)
    {
        let status = ResponseStatusCode::OriginatorNotAuthenticated;
        return Err(Box::new(Response::to_request(&request, status)));
    }
    Ok(cse.handle_request(now, session.session, request).to_bits())
}

/// Makes a CSE whose only resource is its CSEBase. m2m_onem2m_cse_set_wall_clock() is to be called next.
///
/// seed_bytes points to 32 random bytes, different at every start. On success, *cse is the new handle. Everything
/// is copied. M2M_INVALID for a member of the configuration that is out of its range, or is no identifier.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_new(
    config: *const m2m_onem2m_cse_config,
    seed_bytes: *const u8,
    cse: *mut *mut m2m_onem2m_cse,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and a structure that says its
        // length.
        let (seed, out, config) =
            unsafe { (seed(seed_bytes)?, Out::new(cse)?, m2m_onem2m_cse_config::read(config)?) };
        // SAFETY: the caller passes strings and lists of them.
        let made = unsafe { config.get() }?;
        let errands = Errands::new(made.limits.outgoing);
        let coap = super::datagram::endpoint(&config, seed)?;
        // SAFETY: the caller passes strings.
        let broker = unsafe { (string(config.mqtt_broker)?, string(config.topic_prefix)?) };
        let links = Links::new(&made.cse_id, broker, made.limits.outgoing)?;
        let cse = Cse::new(made, seed).map_err(|error| match error {
            onem2m_core::cse::ConfigError::OutOfMemory => M2M_OUT_OF_MEMORY,
            _ => M2M_INVALID,
        })?;
        let incoming = Incoming::default();
        let inside = Inside { cse, incoming, errands, coap, links, record: None };
        m2m_onem2m_cse::publish(inside, config.tag, out)
    }))
}

/// Frees a CSE. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another call. A
/// poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_free(cse: *mut m2m_onem2m_cse) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_onem2m_cse::free(cse) }
}

/// The tag that the configuration gave the CSE. Always works. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_tag(cse: *const m2m_onem2m_cse) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_onem2m_cse::tag(cse) }
}

/// Tells the CSE what time it is, in milliseconds since 1970-01-01T00:00:00Z: at first, and whenever the
/// clock was set. Between two calls it goes on with now_ms.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_set_wall_clock(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    unix_ms: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let time = UnixTime::from_millis(unix_ms);
            inside.cse.set_wall_clock(Instant::from_millis(now_ms), time);
            Ok(M2M_OK)
        })
    }
}

/// Whom a request comes from. Fill it with m2m_onem2m_session_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_session {
    /// Size of this structure.
    pub struct_size: usize,
    /// The connection: any number, which comes back in m2m_onem2m_response.
    pub peer: u64,
    /// The only originator that requests may be of, as the credentials of the connection tell; NULL, the
    /// default: nobody was authenticated, and any originator is believed.
    pub originator: *const c_char,
    /// The address that it comes from (IPv4 or IPv6), such as 192.0.2.7, for access control by address;
    /// NULL: not known.
    pub address: *const c_char,
    /// The country that the address is in, two capital letters, for access control by country; NULL: not known.
    pub country: *const c_char,
}

const LEAST: usize = size_of::<m2m_onem2m_session>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_onem2m_session {}

/// The same for the engine.
pub(super) struct Who<'a> {
    pub(super) session: Session,
    pub(super) originator: Option<&'a str>,
}

impl m2m_onem2m_session {
    const fn new(size: usize) -> Self {
        m2m_onem2m_session {
            struct_size: size,
            peer: 0,
            originator: ptr::null(),
            address: ptr::null(),
            country: ptr::null(),
        }
    }

    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says, whose strings nobody
    /// writes during `'a`.
    pub(super) unsafe fn read<'a>(from: *const Self) -> Result<Who<'a>, m2m_result> {
        // SAFETY: the same promise.
        let (given, originator, address, country) = unsafe {
            let given = sized(from, LEAST, Self::new(LEAST))?;
            (given, string(given.originator)?, string(given.address)?, string(given.country)?)
        };
        let country = match country {
            "" => None,
            text => Some(CountryCode::parse(text).ok_or(M2M_INVALID)?),
        };
        let address = match address {
            "" => None,
            text => Some(text.parse::<IpAddr>().map_err(|_| M2M_INVALID)?),
        };
        let originator = (!given.originator.is_null()).then_some(originator);
        let session = Session {
            peer: PeerId(given.peer),
            address,
            authenticated: originator.is_some(),
            country,
        };
        Ok(Who { session, originator })
    }
}

/// Fills a session: nothing is known of it. Call it as m2m_onem2m_session_init(&session, sizeof session).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_session_init(
    session: *mut m2m_onem2m_session,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(session, struct_size, LEAST, &m2m_onem2m_session::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Takes one request of HTTP/1.1 from the start of what a connection brought so far. *used gets how many
/// bytes it was: what is behind them is the next one's. *id names it in m2m_onem2m_response. Each request is
/// answered exactly once, also what is none. M2M_NOTHING if not all of it is there yet: call again with more;
/// an application that wants no longer requests closes the connection then.
///
/// The next request of a connection is to be handed in when the answer to the one before was polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_request(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    session: *const m2m_onem2m_session,
    data: *const u8,
    len: usize,
    id: *mut u64,
    used: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results, `len` bytes, and a structure as long as it says.
    let pointers = || unsafe {
        Ok((m2m_onem2m_session::read(session)?, bytes(data, len)?, Out::new(id)?, Out::new(used)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(who, message, id, used)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            let Inside { cse, incoming, .. } = inside;
            let give = |request| submit(cse, now, &who, request);
            let taken = incoming.take(who.session.peer.0, message, give);
            let Some((name, len)) = taken else { return Ok(M2M_NOTHING) };
            id.put(name);
            used.put(len);
            Ok(M2M_OK)
        })
    })
}

/// Writes the next response into buf: a whole message of HTTP, for the connection that its request came over.
/// M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing:
/// call again with a larger buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_response(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    response: *mut m2m_onem2m_response,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(response)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            if inside.must_keep() {
                return Ok(M2M_NOTHING);
            }
            inside.collect(Instant::from_millis(now_ms));
            inside.incoming.poll(buf, out)
        })
    })
}

/// Tells that a connection is gone: responses to what came over it are dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_forget_peer(cse: *mut m2m_onem2m_cse, peer: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            inside.incoming.forget(peer);
            Ok(M2M_OK)
        })
    }
}

/// Tells the CSE that time has passed: to be called when m2m_onem2m_cse_poll_timeout() says. Calling it
/// early or twice is harmless. Long work is done in steps, one for each call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_timeout(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.cse.handle_timeout(now);
            if let Some(coap) = &mut inside.coap {
                coap.handle_timeout(now);
            }
            inside.take_datagrams(now, None);
            Ok(M2M_OK)
        })
    }
}

/// When m2m_onem2m_cse_handle_timeout() should be called next, in milliseconds on the caller's clock: in the
/// past as long as work is left; M2M_NEVER when the CSE waits for nothing, and where another function would
/// return an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_timeout(cse: *const m2m_onem2m_cse) -> u64 {
    let mut at = None;
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let coap = inside.coap.as_ref().and_then(Coap::poll_timeout);
            at = [inside.cse.poll_timeout(), coap].into_iter().flatten().min();
            Ok(M2M_OK)
        })
    };
    millis(at)
}

/// How many resources there are, those of deleted subtrees included that are not yet taken apart.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_resources(
    cse: *const m2m_onem2m_cse,
    count: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(count) }, |out| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            out.put(inside.cse.resources());
            Ok(M2M_OK)
        })
    })
}

/// Whether the CSE is registered at its registrar now: *registered gets 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_is_registered(
    cse: *const m2m_onem2m_cse,
    registered: *mut i32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(registered) }, |out| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            out.put(inside.cse.is_registered().into());
            Ok(M2M_OK)
        })
    })
}

/// What a CSE has counted since it was made. Each number wraps.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_cse_counts {
    /// Requests that came in. What cannot be read as a request is answered, and not counted.
    pub requests: u32,
    /// Of those: answered with success, or accepted (status 1xxx and 2xxx).
    pub succeeded: u32,
    /// Of those: refused for what the originator did or may not do (4xxx).
    pub refused: u32,
    /// Of those: failed in the CSE, or at another entity (5xxx and 6xxx).
    pub failed: u32,
    /// Resources whose expiration time has come, and instances that were too old for their container.
    pub expired: u32,
    /// Requests of the CSE to other entities, notifications among them.
    pub outgoing: u32,
    /// Of those: answered, with whatever status.
    pub answered: u32,
    /// Of those: without an answer. Not reachable, lost, or not in time.
    pub unanswered: u32,
    /// Notifications of subscriptions that were sent. A batch is one.
    pub notifications: u32,
    /// Notifications that had to make room for others while they waited.
    pub notifications_dropped: u32,
}

impl From<&Counters> for m2m_onem2m_cse_counts {
    fn from(c: &Counters) -> Self {
        m2m_onem2m_cse_counts {
            requests: c.requests,
            succeeded: c.succeeded,
            refused: c.refused,
            failed: c.failed,
            expired: c.expired,
            outgoing: c.outgoing,
            answered: c.answered,
            unanswered: c.unanswered,
            notifications: c.notifications,
            notifications_dropped: c.notifications_dropped,
        }
    }
}

/// What the CSE has counted. m2m_onem2m_cse_coap_counters() tells of CoAP below it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_counters(
    cse: *const m2m_onem2m_cse,
    counts: *mut m2m_onem2m_cse_counts,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counts) }, |out| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            out.put(inside.cse.counters().into());
            Ok(M2M_OK)
        })
    })
}
