//! Primitives by themselves as messages of CoAP (TS-0008).

use alloc::vec;
use alloc::vec::Vec;

use coap_core::{Code, Message, MessageType, MessageWriter, OptionWriter, Options};
use m2m_base::SliceSink;
use onem2m_core::Operation;
use onem2m_core::binding::coap::{
    Incoming, Outgoing, Received, read_request, read_response, write_request, write_response,
};
use onem2m_core::primitive::{Request, Response};

use super::binding::{number_of, plain, serialization_of};
use super::coap::OPTIONS;
use super::primitive::put;
use crate::borrow::{Out, OutBytes, bytes};
use crate::guard::caught;
use crate::memory::room;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_OK, M2M_REFUSED,
};

/// The longest token.
const TOKEN: usize = 8;

/// A datagram of what the binding makes.
fn datagram(
    (message_type, id, token): (MessageType, u16, &[u8]),
    made: &Outgoing,
    options: Options<'_>,
) -> Result<Vec<u8>, m2m_result> {
    let mut len = 4 + token.len() + options.as_bytes().len();
    len = len.saturating_add(1).saturating_add(made.payload.len());
    let mut to: Vec<u8> = room(len)?;
    to.resize(len, 0);
    let mut write = || {
        let sink = SliceSink::new(&mut to);
        let mut message = MessageWriter::new(sink, message_type, made.code, id, token)?;
        message.options(options)?;
        Ok(message.finish(&made.payload)?.len())
    };
    let len = write().map_err(|coap_core::TooLong| M2M_NOT_ALLOWED)?;
    to.truncate(len);
    Ok(to)
}

fn operation_of(number: i32) -> Result<Operation, m2m_result> {
    u32::try_from(number).ok().and_then(Operation::from_number).ok_or(M2M_INVALID)
}

/// The message of a datagram.
fn incoming(data: &[u8]) -> Result<(Code, Incoming<'_>), m2m_result> {
    let message = Message::parse(data).map_err(|_| M2M_MALFORMED)?;
    let Message { code, options, payload, .. } = message;
    Ok((code, Incoming { code, options, payload }))
}

/// Writes a request primitive in JSON into buf as a datagram of CoAP (TS-0008), a CON with a message ID and a token of
/// at most 8 bytes. Its content goes in one of enum m2m_onem2m_serialization. len gets the length. With buf NULL and cap
/// 0 only len is written. What sends it again, and cuts what is long into blocks, is the program's; an AE does that.
///
/// Errors: M2M_MALFORMED for what is no request; M2M_NOT_ALLOWED for what CoAP cannot carry, and a serialization that
/// the library was built without; M2M_INVALID for a number that is none, and a token; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_coap_request_write(
    json: *const u8,
    json_len: usize,
    serialization: i32,
    id: u16,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (json, token, out) = unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            (bytes(json, json_len)?, bytes(token, token_len)?, out)
        };
        let media = plain(serialization_of(serialization)?);
        if token.len() > TOKEN {
            return Err(M2M_INVALID);
        }
        let request = Request::from_json(json).map_err(|_| M2M_MALFORMED)?;
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let made = write_request(&request, media, &mut options).map_err(|_| M2M_NOT_ALLOWED)?;
        let head = (MessageType::Confirmable, id, token);
        put(out, datagram(head, &made, options.options())?)
    }))
}

/// Reads a request from a datagram of CoAP (TS-0008), and writes it into buf as a primitive in JSON. *serialization gets
/// what the originator wants its response in, one of enum m2m_onem2m_serialization, *operation its operation, one of
/// enum m2m_onem2m_operation, len the length. Type, ID and token are what m2m_coap_reader_header() says.
///
/// M2M_REFUSED for what is no request: then buf gets the response primitive to answer it with. M2M_MALFORMED for what is
/// no message of CoAP; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_coap_request_read(
    data: *const u8,
    data_len: usize,
    serialization: *mut i32,
    operation: *mut i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (data, wanted, asked, out) = unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            (bytes(data, data_len)?, Out::new(serialization)?, Out::new(operation)?, out)
        };
        let (json, media, which, result) = match read_request(&incoming(data)?.1) {
            Ok(Received { request, reply }) => {
                (request.to_json(), reply, request.operation, M2M_OK)
            }
            Err(error) => {
                let refusal = error.to_response().to_json();
                (refusal, onem2m_core::binding::http::JSON, Operation::Retrieve, M2M_REFUSED)
            }
        };
        put(out, json)?;
        wanted.put(number_of(media.serialization));
        asked.put(i32::try_from(which.number()).unwrap_or(0));
        Ok(result)
    }))
}

/// Writes a response primitive in JSON, to a request of one of enum m2m_onem2m_operation, into buf as a datagram of CoAP
/// (TS-0008): an ACK with the message ID and the token of the request. Its content goes in one of enum
/// m2m_onem2m_serialization. len gets the length. With buf NULL and cap 0 only len is written.
///
/// Errors: as of m2m_onem2m_coap_request_write(), and M2M_INVALID for an operation that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_coap_response_write(
    json: *const u8,
    json_len: usize,
    operation: i32,
    serialization: i32,
    id: u16,
    token: *const u8,
    token_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (json, token, out) = unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            (bytes(json, json_len)?, bytes(token, token_len)?, out)
        };
        let (media, operation) =
            (plain(serialization_of(serialization)?), operation_of(operation)?);
        if token.len() > TOKEN {
            return Err(M2M_INVALID);
        }
        let response = Response::from_json(json).map_err(|_| M2M_MALFORMED)?;
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let made = write_response(&response, operation, media, &mut options);
        let made = made.map_err(|_| M2M_NOT_ALLOWED)?;
        let head = (MessageType::Acknowledgement, id, token);
        put(out, datagram(head, &made, options.options())?)
    }))
}

/// Reads the response to a request of one of enum m2m_onem2m_operation from a datagram of CoAP (TS-0008), and writes it
/// into buf as a primitive in JSON. len gets the length. M2M_MALFORMED if it is none; M2M_INVALID for an operation that
/// is none; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_coap_response_read(
    data: *const u8,
    data_len: usize,
    operation: i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (data, out) = unsafe { (bytes(data, data_len)?, OutBytes::new(buf, cap, len)?) };
        let (operation, (code, message)) = (operation_of(operation)?, incoming(data)?);
        if !code.is_response() {
            return Err(M2M_MALFORMED);
        }
        put(out, read_response(&message, operation).map_err(|_| M2M_MALFORMED)?.to_json())
    }))
}
