//! LwM2M over HTTP (Transport 1.2 section 7): the engines' datagrams as requests and responses, and back.

use core::ffi::{CStr, c_char};
use core::mem::size_of;
use core::ptr;

use lwm2m_core::http::{MapError, Method, Request, Response};

use crate::borrow::{Growing, Out, buffer, bytes, init, sized, string};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_NULL, M2M_OK,
};

/// A request of HTTP. Fill it with m2m_lwm2m_http_request_init(), then set what it has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_http_request {
    /// Size of this structure.
    pub struct_size: usize,
    /// "GET", "POST", "PUT" or "DELETE".
    pub method: *const c_char,
    /// Path and query, percent-encoded: "/rd?ep=meter".
    pub target: *const c_char,
    /// Content-Type of the body, NULL if there is none. Parameters of it are passed over.
    pub content_type: *const c_char,
    /// Accept: the one media type that is wanted, without parameters; NULL for any.
    pub accept: *const c_char,
    /// The body.
    pub body: *const u8,
    /// Its length.
    pub body_len: usize,
}

/// A response of HTTP. Fill it with m2m_lwm2m_http_response_init(), then set what it has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_http_response {
    /// Size of this structure.
    pub struct_size: usize,
    /// Status code, such as 200.
    pub status: i32,
    /// Always 0.
    pub reserved: u32,
    /// Location: path or URI of what was created, NULL if nothing was.
    pub location: *const c_char,
    /// Content-Type of the body, NULL if there is none. Parameters of it are passed over.
    pub content_type: *const c_char,
    /// The body.
    pub body: *const u8,
    /// Its length.
    pub body_len: usize,
}

const REQUEST: usize = size_of::<m2m_lwm2m_http_request>();
const RESPONSE: usize = size_of::<m2m_lwm2m_http_response>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_http_request {}
// SAFETY: the same.
unsafe impl Growing for m2m_lwm2m_http_response {}

impl m2m_lwm2m_http_request {
    const fn new(size: usize) -> Self {
        m2m_lwm2m_http_request {
            struct_size: size,
            method: c"GET".as_ptr(),
            target: c"/".as_ptr(),
            content_type: ptr::null(),
            accept: ptr::null(),
            body: ptr::null(),
            body_len: 0,
        }
    }
}

impl m2m_lwm2m_http_response {
    const fn new(size: usize) -> Self {
        m2m_lwm2m_http_response {
            struct_size: size,
            status: 200,
            reserved: 0,
            location: ptr::null(),
            content_type: ptr::null(),
            body: ptr::null(),
            body_len: 0,
        }
    }
}

fn why(error: MapError) -> m2m_result {
    match error {
        MapError::Malformed => M2M_MALFORMED,
        MapError::TooLong => M2M_BUFFER_TOO_SMALL,
        _ => M2M_NOT_ALLOWED,
    }
}

const fn method_name(method: Method) -> &'static CStr {
    match method {
        Method::Get => c"GET",
        Method::Post => c"POST",
        Method::Put => c"PUT",
        Method::Delete => c"DELETE",
    }
}

/// A text that may be missing.
///
/// # Safety
/// `text` is `NULL` or a string that nobody writes during `'a`.
unsafe fn some<'a>(text: *const c_char) -> Result<Option<&'a str>, m2m_result> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the same promise.
    unsafe { string(text) }.map(Some)
}

/// Room for texts of C's, each with a NUL behind it.
struct Texts<'a>(&'a mut [u8]);

impl Texts<'_> {
    /// Puts a text into the room, and gives where it lies; `NULL` for none.
    fn put(&mut self, text: Option<&str>) -> Result<*const c_char, m2m_result> {
        let Some(text) = text else { return Ok(ptr::null()) };
        let needed = text.len().checked_add(1).ok_or(M2M_BUFFER_TOO_SMALL)?;
        let all = core::mem::take(&mut self.0);
        let (room, rest) = all.split_at_mut_checked(needed).ok_or(M2M_BUFFER_TOO_SMALL)?;
        self.0 = rest;
        room.iter_mut().zip(text.bytes().chain([0])).for_each(|(to, from)| *to = from);
        Ok(room.as_ptr().cast())
    }
}

/// Fills a request: GET of /. Call it as m2m_lwm2m_http_request_init(&request, sizeof request).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_request_init(
    request: *mut m2m_lwm2m_http_request,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(request, struct_size, REQUEST, &m2m_lwm2m_http_request::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Fills a response: 200 without a body. Call it as m2m_lwm2m_http_response_init(&response, sizeof response).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_response_init(
    response: *mut m2m_lwm2m_http_response,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let filled = m2m_lwm2m_http_response::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(response, struct_size, RESPONSE, &filled) }?;
        Ok(M2M_OK)
    }))
}

/// Makes a request of HTTP of a datagram that an engine wants to send. request is to have been filled by
/// m2m_lwm2m_http_request_init(). Its texts are written into buf, which has room for cap bytes: 512 are mostly enough.
/// Its body lies in the datagram. What comes back goes to m2m_lwm2m_http_response_datagram(), with this datagram.
///
/// There is no Observe over HTTP, there are no composite operations and no blocks: message_size of the engine has to
/// hold the longest body.
///
/// Errors: M2M_MALFORMED for what is no request of CoAP; M2M_NOT_ALLOWED for what HTTP cannot say;
/// M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_request_of(
    datagram: *const u8,
    len: usize,
    buf: *mut c_char,
    cap: usize,
    request: *mut m2m_lwm2m_http_request,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, memory for `cap` bytes, and a structure that says its length.
        let (datagram, room) = unsafe {
            sized(request, REQUEST, m2m_lwm2m_http_request::new(REQUEST))?;
            (bytes(datagram, len)?, buffer(buf.cast(), cap)?)
        };
        let mut target = [0; TARGET];
        let found = Request::of(datagram, &mut target).map_err(why)?;
        let mut texts = Texts(room);
        let made = m2m_lwm2m_http_request {
            struct_size: REQUEST,
            method: method_name(found.method).as_ptr(),
            target: texts.put(Some(found.target))?,
            content_type: texts.put(found.content_type)?,
            accept: texts.put(found.accept)?,
            body: found.body.as_ptr(),
            body_len: found.body.len(),
        };
        // SAFETY: it is as long as this version of the structure, as `sized` found.
        unsafe { Out::new(request) }?.put(made);
        Ok(M2M_OK)
    }))
}

/// Bytes of the longest target: an endpoint name and a path in percent-encoding.
const TARGET: usize = 2048;

/// Makes a datagram for the engine that is asked of a request of HTTP that was received. It has this message ID, which
/// was not used within the last minutes, and token, up to 8 bytes. It is written into buf, len gets its length. What
/// the engine then sends to that peer goes to m2m_lwm2m_http_response_of().
///
/// Errors: M2M_MALFORMED for a target that is no path; M2M_NOT_ALLOWED for a method or media type that LwM2M does not
/// have (405, 415); M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_request_datagram(
    request: *const m2m_lwm2m_http_request,
    id: u16,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure that says its length with what it points to, as many bytes, and
        // memory for the results.
        unsafe {
            let request = sized(request, REQUEST, m2m_lwm2m_http_request::new(REQUEST))?;
            let token = bytes(token, token_len)?;
            let (room, out) = (buffer(buf, cap)?, Out::new(len)?);
            if request.method.is_null() || request.target.is_null() {
                return Err(M2M_NULL);
            }
            if token.len() > 8 {
                return Err(M2M_INVALID);
            }
            let request = Request {
                method: Method::parse(string(request.method)?).ok_or(M2M_NOT_ALLOWED)?,
                target: string(request.target)?,
                content_type: some(request.content_type)?,
                accept: some(request.accept)?,
                body: bytes(request.body, request.body_len)?,
            };
            out.put(request.datagram(id, token, room).map_err(why)?);
            Ok(M2M_OK)
        }
    }))
}

/// Makes a response of HTTP of the datagram that an engine answered with. response is to have been filled by
/// m2m_lwm2m_http_response_init(). Its texts are written into buf, which has room for cap bytes: 512 are mostly
/// enough. Its body lies in the datagram. An empty acknowledgement is no answer yet (M2M_MALFORMED): that comes
/// later.
///
/// Errors: as of m2m_lwm2m_http_request_of().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_response_of(
    datagram: *const u8,
    len: usize,
    buf: *mut c_char,
    cap: usize,
    response: *mut m2m_lwm2m_http_response,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, memory for `cap` bytes, and a structure that says its length.
        let (datagram, room) = unsafe {
            sized(response, RESPONSE, m2m_lwm2m_http_response::new(RESPONSE))?;
            (bytes(datagram, len)?, buffer(buf.cast(), cap)?)
        };
        let mut location = [0; TARGET];
        let found = Response::of(datagram, &mut location).map_err(why)?;
        let mut texts = Texts(room);
        let made = m2m_lwm2m_http_response {
            struct_size: RESPONSE,
            status: found.status.into(),
            reserved: 0,
            location: texts.put(found.location)?,
            content_type: texts.put(found.content_type)?,
            body: found.body.as_ptr(),
            body_len: found.body.len(),
        };
        // SAFETY: it is as long as this version of the structure, as `sized` found.
        unsafe { Out::new(response) }?.put(made);
        Ok(M2M_OK)
    }))
}

/// Makes a datagram for the engine that asked of a response of HTTP: request is the datagram that
/// m2m_lwm2m_http_request_of() was given. It is written into buf, len gets its length.
///
/// Errors: M2M_MALFORMED if request is no CON with a request, and for a status code below 200; M2M_NOT_ALLOWED for a
/// media type that LwM2M does not have; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_http_response_datagram(
    response: *const m2m_lwm2m_http_response,
    request: *const u8,
    request_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure that says its length with what it points to, as many bytes, and
        // memory for the results.
        unsafe {
            let response = sized(response, RESPONSE, m2m_lwm2m_http_response::new(RESPONSE))?;
            let request = bytes(request, request_len)?;
            let (room, out) = (buffer(buf, cap)?, Out::new(len)?);
            let response = Response {
                status: u16::try_from(response.status).map_err(|_| M2M_INVALID)?,
                location: some(response.location)?,
                content_type: some(response.content_type)?,
                body: bytes(response.body, response.body_len)?,
            };
            out.put(response.datagram(request, room).map_err(why)?);
            Ok(M2M_OK)
        }
    }))
}
