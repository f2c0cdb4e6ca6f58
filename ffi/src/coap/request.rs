//! Requests of one's own.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::{
    Block, Cancel, Code, Endpoint, OptionNumber, Request, RequestId, SecurityId, UsageError,
};
use m2m_base::{Instant, PeerId};

use super::handle::{format_number, put_options};
use super::{Inside, m2m_coap_endpoint, m2m_coap_option};
use crate::borrow::{Growing, Out, OutBytes, bytes, init, sized, string};
use crate::config::narrow;
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_OK, M2M_TOO_LONG, M2M_UNKNOWN_ID,
};

/// Methods (RFC 7252, RFC 8132).
#[repr(C)]
pub enum m2m_coap_method {
    /// GET
    M2M_COAP_GET = 1,
    /// POST
    M2M_COAP_POST = 2,
    /// PUT
    M2M_COAP_PUT = 3,
    /// DELETE
    M2M_COAP_DELETE = 4,
    /// FETCH
    M2M_COAP_FETCH = 5,
    /// PATCH
    M2M_COAP_PATCH = 6,
    /// iPATCH
    M2M_COAP_IPATCH = 7,
}

/// Numbers of options. Those that an endpoint sets itself, it does not take from a program: they are for messages
/// by themselves.
#[repr(C)]
pub enum m2m_coap_option_number {
    /// If-Match
    M2M_COAP_IF_MATCH = 1,
    /// Uri-Host
    M2M_COAP_URI_HOST = 3,
    /// ETag
    M2M_COAP_ETAG = 4,
    /// If-None-Match
    M2M_COAP_IF_NONE_MATCH = 5,
    /// Observe: 0 in a request asks for notifications, 1 for no more. An endpoint sets it.
    M2M_COAP_OBSERVE = 6,
    /// Uri-Port
    M2M_COAP_URI_PORT = 7,
    /// Location-Path
    M2M_COAP_LOCATION_PATH = 8,
    /// OSCORE (RFC 8613)
    M2M_COAP_OSCORE = 9,
    /// Uri-Path
    M2M_COAP_URI_PATH = 11,
    /// Content-Format
    M2M_COAP_CONTENT_FORMAT = 12,
    /// Max-Age
    M2M_COAP_MAX_AGE = 14,
    /// Uri-Query
    M2M_COAP_URI_QUERY = 15,
    /// Hop-Limit (RFC 8768)
    M2M_COAP_HOP_LIMIT = 16,
    /// Accept
    M2M_COAP_ACCEPT = 17,
    /// Q-Block1 (RFC 9177): as M2M_COAP_BLOCK1. An endpoint sets it.
    M2M_COAP_Q_BLOCK1 = 19,
    /// Location-Query
    M2M_COAP_LOCATION_QUERY = 20,
    /// EDHOC (RFC 9668)
    M2M_COAP_EDHOC = 21,
    /// Block2 (RFC 7959): as M2M_COAP_BLOCK1, of the body of a response. An endpoint sets it.
    M2M_COAP_BLOCK2 = 23,
    /// Block1 (RFC 7959): which block of the body of a request it is, value >> 4; 8 of the value if more follow; and
    /// how large it is, 16 << (value & 7) bytes. An endpoint sets it.
    M2M_COAP_BLOCK1 = 27,
    /// Size2: length of the body of a response.
    M2M_COAP_SIZE2 = 28,
    /// Q-Block2 (RFC 9177): as M2M_COAP_BLOCK1, of the body of a response. An endpoint sets it.
    M2M_COAP_Q_BLOCK2 = 31,
    /// Proxy-Uri
    M2M_COAP_PROXY_URI = 35,
    /// Proxy-Scheme
    M2M_COAP_PROXY_SCHEME = 39,
    /// Size1: length of the body of a request. An endpoint sets it.
    M2M_COAP_SIZE1 = 60,
    /// Echo (RFC 9175)
    M2M_COAP_ECHO = 252,
    /// No-Response (RFC 7967)
    M2M_COAP_NO_RESPONSE = 258,
    /// Request-Tag (RFC 9175)
    M2M_COAP_REQUEST_TAG = 292,
}

/// A request to send. Fill it with m2m_coap_request_init(), then set what it has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_request {
    /// Size of this structure.
    pub struct_size: usize,
    /// One of enum m2m_coap_method. Default: GET.
    pub method: i32,
    /// 1: CON, is repeated until it is acknowledged. 0: NON. Default: 1.
    pub confirmable: i32,
    /// The path: sensors/1 or /sensors/1. NULL: none.
    pub path: *const c_char,
    /// The query: rt=light&n=2. NULL: none.
    pub query: *const c_char,
    /// Content-Format of the payload, -1 for none. Default: -1.
    pub content_format: i32,
    /// Accept, -1 for any. Default: -1.
    pub accept: i32,
    /// Other options.
    pub options: *const m2m_coap_option,
    /// How many they are.
    pub options_len: usize,
    /// The body. One that is longer than a block goes in blocks.
    pub payload: *const u8,
    /// Its length.
    pub payload_len: usize,
    /// Not 0: observe (RFC 7641). With GET and FETCH.
    pub observe: i32,
    /// Not 0: M2M_COAP_BLOCK tells each block of the response, instead of the whole one at its end.
    pub stream: i32,
    /// Not 0: length of a body that is supplied block by block, as M2M_COAP_BLOCK_WANTED asks for it.
    /// Then payload_len is 0.
    pub upload_len: u32,
    /// Ask for this block of the response alone, by its number; -1, the default: for all of it.
    pub block: i32,
    /// Security context to send it under: 0 for that which is bound to the peer, if there is one.
    pub security: u64,
    /// Size of the block, as an exponent: 0 to 6 for 16 to 1024 bytes.
    pub block_szx: u32,
    /// Not 0: use Q-Block options (RFC 9177) if the peer knows them. M2M_NOT_ALLOWED in a library without.
    pub q_block: i32,
    /// The token, up to 8 bytes, for those who debug; NULL: a random one, which nobody can guess.
    pub token: *const u8,
    /// Its length.
    pub token_len: usize,
}

const LEAST: usize = size_of::<m2m_coap_request>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_coap_request {}

impl m2m_coap_request {
    fn new(size: usize) -> Self {
        m2m_coap_request {
            struct_size: size,
            method: m2m_coap_method::M2M_COAP_GET as i32,
            confirmable: 1,
            path: ptr::null(),
            query: ptr::null(),
            content_format: -1,
            accept: -1,
            options: ptr::null(),
            options_len: 0,
            payload: ptr::null(),
            payload_len: 0,
            observe: 0,
            stream: 0,
            upload_len: 0,
            block: -1,
            security: 0,
            block_szx: 0,
            q_block: 0,
            token: ptr::null(),
            token_len: 0,
        }
    }

    /// # Safety
    /// What the structure points to is as long as it says.
    unsafe fn give<R>(
        &self,
        inside: &mut Inside,
        call: impl FnOnce(&mut Endpoint, &Request<'_>) -> Result<R, UsageError>,
    ) -> Result<R, m2m_result> {
        let Inside { endpoint, options } = inside;
        let too_long = |_| M2M_TOO_LONG;
        // SAFETY: the same promise.
        let (path, query, payload, token) = unsafe {
            (
                string(self.path)?,
                string(self.query)?,
                bytes(self.payload, self.payload_len)?,
                bytes(self.token, self.token_len)?,
            )
        };
        if self.q_block != 0 && !cfg!(feature = "q-block") {
            return Err(M2M_NOT_ALLOWED);
        }
        let block2 = match u32::try_from(self.block) {
            Err(_) if self.block == -1 => None,
            Ok(number)
                if number <= Block::MAX_NUMBER && self.block_szx <= Block::MAX_SZX.into() =>
            {
                Some(Block { number, more: false, szx: narrow(self.block_szx)? })
            }
            _ => return Err(M2M_INVALID),
        };
        let (format, accept) = (format_number(self.content_format)?, format_number(self.accept)?);
        // SAFETY: the same promise.
        let writer = unsafe {
            put_options(options, (self.options, self.options_len), |writer| {
                writer.path(path).map_err(too_long)?;
                for argument in query.split('&').filter(|a| !a.is_empty()) {
                    writer.query(argument).map_err(too_long)?;
                }
                if let Some(format) = format {
                    writer.add_uint(OptionNumber::CONTENT_FORMAT, format).map_err(too_long)?;
                }
                if let Some(accept) = accept {
                    writer.add_uint(OptionNumber::ACCEPT, accept).map_err(too_long)?;
                }
                Ok(())
            })
        }?;
        let method = u8::try_from(self.method).map_err(|_| M2M_INVALID)?;
        let request = Request {
            confirmable: self.confirmable != 0,
            options: writer.options(),
            payload,
            observe: self.observe != 0,
            stream: self.stream != 0,
            upload: (self.upload_len != 0).then_some(self.upload_len),
            block2,
            token: (!self.token.is_null()).then_some(token),
            #[cfg(feature = "q-block")]
            q_block: self.q_block != 0,
            ..Request::new(Code(method))
        };
        Ok(call(endpoint, &request)?)
    }
}

/// Runs a command with a request of C's, which answers with an id.
///
/// # Safety
/// `endpoint` is `NULL` or a handle that was not freed, `request` `NULL` or a structure as long as it says
/// with what it points to, `id` `NULL` or memory for a number.
pub(super) unsafe fn ask(
    endpoint: *mut m2m_coap_endpoint,
    request: *const m2m_coap_request,
    id: *mut u64,
    call: impl FnOnce(&mut Endpoint, Option<SecurityId>, &Request<'_>) -> Result<RequestId, UsageError>,
) -> i32 {
    // SAFETY: the same promises.
    let pointers = unsafe {
        Out::new(id).and_then(|out| Ok((out, sized(request, LEAST, m2m_coap_request::new(LEAST))?)))
    };
    // SAFETY: the same promises.
    checked(pointers, |(out, request)| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let under = (request.security != 0).then(|| SecurityId::from_bits(request.security));
            let made = request.give(inside, |endpoint, request| call(endpoint, under, request))?;
            out.put(made.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Fills a request: GET, confirmable. Call it as m2m_coap_request_init(&request, sizeof request).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_request_init(
    request: *mut m2m_coap_request,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(request, struct_size, LEAST, &m2m_coap_request::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Sends a request to a peer. *id names it from now on; its end is told by exactly one M2M_COAP_DONE.
///
/// Errors: M2M_INVALID for what is no method, an option that the library sets itself, or observe with
/// another method than GET and FETCH; M2M_TOO_LONG for options that fill the message or a body above
/// body_size; M2M_FULL; M2M_UNKNOWN_ID for the security context; M2M_NOT_ALLOWED if the peer does not
/// want the same request again yet (4.29), or the security context is used up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_request(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    request: *const m2m_coap_request,
    id: *mut u64,
) -> i32 {
    let (now, peer) = (Instant::from_millis(now_ms), PeerId(peer));
    // SAFETY: the caller passes memory for a number, a structure as long as it says with what it points to, and
    // NULL or a handle that was not freed.
    unsafe {
        ask(endpoint, request, id, |endpoint, under, request| match under {
            None => endpoint.request(now, peer, request),
            Some(under) => endpoint.request_under(now, peer, under, request),
        })
    }
}

/// Takes an observation up again that was granted before a restart: request is what asked for it, with its
/// token (m2m_coap_endpoint_token()). Nothing is sent; from now on it is as if the endpoint had asked and the
/// peer had granted it. Not under a security context.
///
/// Errors: those of m2m_coap_endpoint_request(); M2M_INVALID also without observe or a token, and for a body
/// that needs blocks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_resume_observation(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    request: *const m2m_coap_request,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, a structure as long as it says with what it points to, and
    // NULL or a handle that was not freed.
    unsafe {
        ask(endpoint, request, id, |endpoint, under, request| match under {
            None => {
                endpoint.resume_observation(Instant::from_millis(now_ms), PeerId(peer), request)
            }
            Some(_) => Err(UsageError::Invalid),
        })
    }
}

/// Copies the token of a request into buf, up to 8 bytes. len gets its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_token(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf, cap, len) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let token = inside.endpoint.token_of(RequestId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            out.put(token.len(), token.iter().copied(), b"")?;
            Ok(M2M_OK)
        })
    })
}

/// Stops repeating a request, when there is reason to think that it arrived; its response is waited for as if
/// it had been acknowledged. M2M_UNKNOWN_ID unless it was sent and waits for its acknowledgement.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_stop_retransmission(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.endpoint.stop_retransmission(now, RequestId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}

/// Sends a ping: M2M_COAP_DONE follows with M2M_COAP_PONG or M2M_COAP_TIMED_OUT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_ping(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            out.put(inside.endpoint.ping_peer(now, PeerId(peer))?.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// How to end a request or an observation.
#[repr(C)]
pub enum m2m_coap_cancel {
    /// Say nothing: a later notification is rejected.
    M2M_COAP_FORGET = 0,
    /// Ask the peer to remove the observation; M2M_COAP_DONE comes with its answer.
    M2M_COAP_DEREGISTER = 1,
}

/// Ends a request or an observation, in one of the ways of enum m2m_coap_cancel. M2M_COAP_DONE follows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_cancel(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
    how: i32,
) -> i32 {
    let how = match how {
        0 => Ok(Cancel::Forget),
        1 => Ok(Cancel::Deregister),
        _ => Err(M2M_INVALID),
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(how, |how| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.endpoint.cancel(now, RequestId::from_bits(id), how)?;
            Ok(M2M_OK)
        })
    })
}

/// Asks for the next block of a response with stream, after one was told and looked at. Its bytes are
/// given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_next_block(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.next_block(Instant::from_millis(now_ms), RequestId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}

/// Which bytes of the body a request with upload_len wants next: len of them from offset. Mostly they
/// follow those before; a peer that takes smaller blocks may want the first ones again. M2M_NOTHING
/// while it wants none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_wanted(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    offset: *mut u32,
    len: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for two numbers.
    let pointers = unsafe { Out::new(offset).and_then(|o| Ok((o, Out::new(len)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(offset, len)| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let Some(range) = inside.endpoint.wanted(RequestId::from_bits(id)) else {
                return Ok(M2M_NOTHING);
            };
            offset.put(range.start);
            len.put(range.end.saturating_sub(range.start));
            Ok(M2M_OK)
        })
    })
}

/// Takes the bytes that m2m_coap_endpoint_wanted() names, and sends them. M2M_INVALID if they are more
/// or fewer, M2M_UNKNOWN_ID if the request wants none, M2M_FULL if there is no room: it wants them
/// still.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_supply(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |data| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.endpoint.supply(now, RequestId::from_bits(id), data)?;
            Ok(M2M_OK)
        })
    })
}
