//! Primitives by themselves, without an AE or a CSE: between JSON, CBOR and XML, and as messages of HTTP.

use alloc::vec::Vec;
use core::ffi::c_char;

use onem2m_core::binding::http::Options;
use onem2m_core::binding::{Primitive, read_primitive, write_request, write_response};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};

use super::binding::{number_of, plain, serialization_of};
use super::http::{self, Reply, Taken};
use crate::borrow::{Out, OutBytes, bytes, string};
use crate::guard::caught;
use crate::result::m2m_result::{
    M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_NULL, M2M_OK, M2M_REFUSED,
};
use crate::result::{Outcome, code, m2m_result};

/// Bytes for C.
pub(super) fn put(out: OutBytes<'_>, written: Vec<u8>) -> Outcome {
    out.put(written.len(), written.into_iter(), b"")?;
    Ok(M2M_OK)
}

/// A primitive in one serialisation.
fn written(primitive: &Primitive, to: Serialization) -> Result<Vec<u8>, m2m_result> {
    match primitive {
        Primitive::Request(request) => write_request(request, to),
        Primitive::Response(response) => write_response(response, to),
    }
    .map_err(|_| M2M_NOT_ALLOWED)
}

/// Reads a request or response primitive (TS-0004 clause 6.4) in the serialization from, wrapped into its root element
/// or not, checks all of its parameters, and writes it into buf in the serialization to: parameters at the top, in XML
/// in its root element. Both are of enum m2m_onem2m_serialization, and may be the same. *is_response gets 1 or 0, len
/// the length. With buf NULL and cap 0 only these are written.
///
/// M2M_REFUSED for what is none: then buf gets the response with which a receiver answers it, which tells the
/// parameter that is to blame.
///
/// Errors: M2M_INVALID for a number that is no serialization, M2M_NOT_ALLOWED for one that the library was built
/// without; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_primitive_convert(
    from: i32,
    data: *const u8,
    data_len: usize,
    to: i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
    is_response: *mut i32,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (data, out, kind) = unsafe {
            (bytes(data, data_len)?, OutBytes::new(buf, cap, len)?, Out::new(is_response)?)
        };
        let (from, to) = (serialization_of(from)?, serialization_of(to)?);
        let (primitive, result) = match read_primitive(data, from) {
            Ok(primitive) => (primitive, M2M_OK),
            Err(error) => (Primitive::Response(error.to_response().into()), M2M_REFUSED),
        };
        put(out, written(&primitive, to)?)?;
        kind.put(matches!(primitive, Primitive::Response(_)).into());
        Ok(result)
    }))
}

/// Writes a request primitive in JSON into buf as a whole message of HTTP/1.1 (TS-0009), for a connection of its own to
/// host. Its content goes in one of enum m2m_onem2m_serialization. prefix is the path of the CSE's resources at that
/// host, such as /onem2m, NULL or "" for none. len gets the length.
///
/// Errors: M2M_MALFORMED for what is no request; M2M_NOT_ALLOWED for what HTTP cannot carry, and a serialization that
/// the library was built without; M2M_INVALID for a number that is none, and a host or prefix that is none;
/// M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_http_request_write(
    json: *const u8,
    json_len: usize,
    host: *const c_char,
    prefix: *const c_char,
    serialization: i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        if host.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes as many bytes, strings, and memory for the results.
        let (json, host, prefix, out) = unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            (bytes(json, json_len)?, string(host)?, string(prefix)?, out)
        };
        let options = Options { media: plain(serialization_of(serialization)?), prefix };
        let request = Request::from_json(json).map_err(|_| M2M_MALFORMED)?;
        // It would end the line that it is in.
        let ends = |byte: u8| byte <= b' ' || byte == 0x7f;
        if host.is_empty() || host.bytes().chain(prefix.bytes()).any(ends) {
            return Err(M2M_INVALID);
        }
        put(out, http::written_request(&request, host, &options).ok_or(M2M_NOT_ALLOWED)?)
    }))
}

/// Reads one request of HTTP/1.1 (TS-0009) from the start of what a connection brought so far, and writes it into buf
/// as a primitive in JSON. *used gets how many bytes it was, *serialization what the originator wants its response in,
/// one of enum m2m_onem2m_serialization, *close 1 if the connection is to be closed behind that, len the length of the
/// primitive. M2M_NOTHING if not all of it is there yet.
///
/// M2M_REFUSED for what is no request: then buf gets the response primitive to answer it with.
/// M2M_BUFFER_TOO_SMALL: call again with a larger buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_http_request_read(
    data: *const u8,
    data_len: usize,
    used: *mut usize,
    serialization: *mut i32,
    close: *mut i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (data, used, wanted, close, out) = unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            let close = Out::new(close)?;
            (bytes(data, data_len)?, Out::new(used)?, Out::new(serialization)?, close, out)
        };
        let (json, reply, took, result) = match http::received_request(data) {
            Taken::More => return Ok(M2M_NOTHING),
            Taken::Request(request, reply, used) => (request.to_json(), reply, used, M2M_OK),
            Taken::Refused(response, reply, used) => (response.to_json(), reply, used, M2M_REFUSED),
        };
        put(out, json)?;
        used.put(took);
        wanted.put(number_of(reply.media.serialization));
        close.put(reply.close.into());
        Ok(result)
    }))
}

/// Writes a response primitive in JSON into buf as a whole message of HTTP/1.1 (TS-0009), with its content in one of
/// enum m2m_onem2m_serialization; if close is not 0 it says that the connection ends. Content that the serialization
/// cannot express is left out. len gets the length.
///
/// Errors: M2M_MALFORMED for what is no response; M2M_INVALID, M2M_NOT_ALLOWED for a serialization;
/// M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_http_response_write(
    json: *const u8,
    json_len: usize,
    serialization: i32,
    close: i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (json, out) = unsafe { (bytes(json, json_len)?, OutBytes::new(buf, cap, len)?) };
        let media = plain(serialization_of(serialization)?);
        let response = Response::from_json(json).map_err(|_| M2M_MALFORMED)?;
        put(out, http::written_response(&response, Reply { media, close: close != 0 }))
    }))
}

/// Reads the response that a connection brought until it was closed (TS-0009), and writes it into buf as a primitive in
/// JSON. len gets its length. M2M_MALFORMED if it is none; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_http_response_read(
    data: *const u8,
    data_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (data, out) = unsafe { (bytes(data, data_len)?, OutBytes::new(buf, cap, len)?) };
        put(out, http::received_response(data).ok_or(M2M_MALFORMED)?.to_json())
    }))
}
