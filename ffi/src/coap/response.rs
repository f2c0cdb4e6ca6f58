//! Answers to requests of peers.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::{Code, Endpoint, IncomingId, OptionNumber, Piece, Response};
use m2m_base::Instant;

use super::handle::{format_number, put_options};
use super::{Inside, m2m_coap_endpoint, m2m_coap_option};
use crate::borrow::{Growing, Out, bytes, init, sized, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK, M2M_TOO_LONG};

/// A response or notification to send. Fill it with m2m_coap_response_init(), then set what it has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_response {
    /// Size of this structure.
    pub struct_size: usize,
    /// One of enum m2m_coap_code, or any other code of class 2, 4 or 5. Default: 2.05.
    pub code: i32,
    /// Content-Format of the payload, -1 for none. Default: -1.
    pub content_format: i32,
    /// Max-Age in seconds, -1 for 60, which is not sent. Default: -1.
    pub max_age: i64,
    /// Location-Path of what was created: a/b or /a/b. NULL: none.
    pub location_path: *const c_char,
    /// Other options.
    pub options: *const m2m_coap_option,
    /// How many they are.
    pub options_len: usize,
    /// The body. One that is longer than a block is served in blocks.
    pub payload: *const u8,
    /// Its length.
    pub payload_len: usize,
    /// Not 0: grant the observation that the request asks for.
    pub observe: i32,
    /// Of a notification: not 0 to send it as CON. One in 24 hours goes as CON anyway.
    pub confirmable: i32,
    /// The payload is one block of a body of this many bytes, which the application gives block by block: that
    /// of wanted_block in wanted_size bytes. 0, the default: the payload is the whole body.
    pub piece_total: usize,
    /// Of such a block: a number that is the same for all blocks of a body, and another when it has changed.
    pub piece_etag: u32,
    /// Always 0.
    pub reserved: u32,
}

const LEAST: usize = size_of::<m2m_coap_response>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_coap_response {}

impl m2m_coap_response {
    fn new(size: usize) -> Self {
        m2m_coap_response {
            struct_size: size,
            code: Code::CONTENT.0.into(),
            content_format: -1,
            max_age: -1,
            location_path: ptr::null(),
            options: ptr::null(),
            options_len: 0,
            payload: ptr::null(),
            payload_len: 0,
            observe: 0,
            confirmable: 0,
            piece_total: 0,
            piece_etag: 0,
            reserved: 0,
        }
    }

    /// C's structure.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::new(LEAST)) }
    }

    /// Gives the response to a command of the endpoint.
    ///
    /// # Safety
    /// What the structure points to is as long as it says.
    pub(super) unsafe fn give<R>(
        &self,
        inside: &mut Inside,
        call: impl FnOnce(&mut Endpoint, &Response<'_>) -> Result<R, coap_core::UsageError>,
    ) -> Result<R, m2m_result> {
        let Inside { endpoint, options } = inside;
        let too_long = |_| M2M_TOO_LONG;
        // SAFETY: the same promise.
        let (location, payload) =
            unsafe { (string(self.location_path)?, bytes(self.payload, self.payload_len)?) };
        let format = format_number(self.content_format)?;
        let max_age = match self.max_age {
            -1 => None,
            seconds => Some(u32::try_from(seconds).map_err(|_| M2M_INVALID)?),
        };
        // SAFETY: the same promise.
        let writer = unsafe {
            put_options(options, (self.options, self.options_len), |writer| {
                let location = location.strip_prefix('/').unwrap_or(location);
                for segment in location.split('/').filter(|_| !location.is_empty()) {
                    let value = segment.as_bytes();
                    writer.add(OptionNumber::LOCATION_PATH, value).map_err(too_long)?;
                }
                if let Some(format) = format {
                    writer.add_uint(OptionNumber::CONTENT_FORMAT, format).map_err(too_long)?;
                }
                if let Some(seconds) = max_age {
                    writer.add_uint(OptionNumber::MAX_AGE, seconds).map_err(too_long)?;
                }
                Ok(())
            })
        }?;
        let response = Response {
            options: writer.options(),
            payload,
            observe: self.observe != 0,
            confirmable: self.confirmable != 0,
            piece: (self.piece_total != 0)
                .then_some(Piece { total: self.piece_total, etag: self.piece_etag }),
            ..Response::new(Code(u8::try_from(self.code).map_err(|_| M2M_INVALID)?))
        };
        Ok(call(endpoint, &response)?)
    }
}

/// Fills a response: 2.05 without anything. Call it as m2m_coap_response_init(&response, sizeof
/// response).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_response_init(
    response: *mut m2m_coap_response,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(response, struct_size, LEAST, &m2m_coap_response::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Answers a peer's request: in its acknowledgement if that has not gone out yet, else in a message of
/// its own. *observer names the observer if the request asked to observe and the response grants it,
/// else it is 0; also without room for an observer, which the peer is told.
///
/// Errors: M2M_UNKNOWN_ID if it was answered already; M2M_INVALID for what is no code of a response or
/// an option that the library sets itself; M2M_TOO_LONG for options that fill the message; M2M_FULL: a
/// shorter answer may fit. After an error the request still waits for its answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_respond(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
    response: *const m2m_coap_response,
    observer: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number and a structure as long as it says.
    let pointers =
        unsafe { Out::new(observer).and_then(|out| Ok((out, m2m_coap_response::read(response)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed, and what the response points to is
    // as long as it says.
    checked(pointers, |(out, response)| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let (now, id) = (Instant::from_millis(now_ms), IncomingId::from_bits(id));
            let observer = response.give(inside, |e, response| e.respond(now, id, response))?;
            out.put(observer.map_or(0, coap_core::ObserverId::to_bits));
            Ok(M2M_OK)
        })
    })
}

/// Leaves a peer's request without an answer; one that is confirmable gets an empty acknowledgement,
/// so that the peer stops repeating it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_ignore(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.ignore(Instant::from_millis(now_ms), IncomingId::from_bits(id));
            Ok(M2M_OK)
        })
    }
}

/// Asks the peer to repeat its request with an Echo value, instead of answering it: for one that must
/// be fresh (member fresh of m2m_coap_message; RFC 9175 section 2.3). The peer gets 4.01.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_challenge(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.endpoint.challenge(now, IncomingId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}

/// Has the body put together of which the first block was told as a request, with stream_uploads: it is told
/// again when it is whole. The block is answered.
///
/// Errors: M2M_UNKNOWN_ID unless the request is the first block of several and waits for its answer;
/// M2M_FULL if there is no room: it still does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_assemble(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.assemble(Instant::from_millis(now_ms), IncomingId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}
