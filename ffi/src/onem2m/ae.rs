//! The handle of an AE and its verbs.

#[cfg(feature = "onem2m-coap")]
mod coap;
#[cfg(feature = "onem2m-mqtt")]
mod mqtt;
#[cfg(feature = "onem2m-websocket")]
mod websocket;

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;

#[cfg(feature = "onem2m-coap")]
use m2m_base::PeerId;
use m2m_base::{Instant, UnixTime};
use onem2m_core::ResponseStatusCode;
use onem2m_core::ae::{Ae, Command, IncomingId, OutgoingId, Registration, RequestId};
use onem2m_core::binding::http::Options;
use onem2m_core::primitive::Request;

use super::binding::m2m_onem2m_binding::{self, M2M_ONEM2M_HTTP};
use super::binding::plain;
#[cfg(feature = "onem2m-coap")]
use super::coap::Coap;
use super::config::Around;
use super::incoming::{Incoming, m2m_onem2m_response};
#[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
use super::whole::Whole;
use super::{http, m2m_onem2m_ae_config, m2m_onem2m_event, m2m_onem2m_request};
use crate::borrow::{Out, OutBytes, buffer, bytes, seed, string};
use crate::engine::{checked, disposed, millis};
use crate::guard::caught;
use crate::handled::{Handle, Handled};
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_IGNORED, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED,
    M2M_NOTHING, M2M_NULL, M2M_OK, M2M_UNKNOWN_ID,
};
use crate::result::{Outcome, code};

#[cfg(feature = "onem2m-coap")]
pub use coap::*;
#[cfg(feature = "onem2m-mqtt")]
pub use mqtt::*;
#[cfg(feature = "onem2m-websocket")]
pub use websocket::*;

/// Requests of the AE itself that may be under way besides those of the application.
#[cfg(any(feature = "onem2m-coap", feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
const OWN: usize = 8;

/// An application entity of oneM2M: it registers with a CSE, keeps its registration, and creates, reads,
/// changes and deletes resources there. It opens no socket and reads no clock. By the binding of its
/// configuration, it gives messages of HTTP, each to be sent over a connection of its own, datagrams of
/// CoAP, publications of MQTT or messages of a WebSocket, and takes what came back.
///
/// Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
pub struct m2m_onem2m_ae {
    handle: Handle<Inside>,
}

/// What is behind the guard.
pub(crate) struct Inside {
    ae: Ae,
    around: Around,
    incoming: Incoming,
    /// A message that did not fit into the caller's buffer.
    message: Option<(u64, bool, Vec<u8>)>,
    #[cfg(feature = "onem2m-coap")]
    coap: Option<(Coap, PeerId)>,
    #[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
    whole: Whole,
}

impl Inside {
    /// A request got no answer.
    fn failed(&mut self, now: Instant, id: u64) {
        #[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
        self.whole.forget(id);
        self.ae.outgoing_failed(now, OutgoingId::from_bits(id));
    }

    /// Only with this binding.
    fn by(&self, binding: m2m_onem2m_binding) -> Result<(), m2m_result> {
        if self.around.binding == binding { Ok(()) } else { Err(M2M_NOT_ALLOWED) }
    }
}

impl Handled for m2m_onem2m_ae {
    type Inside = Inside;
    type Engine = Ae;

    fn of(handle: Handle<Inside>) -> Self {
        m2m_onem2m_ae { handle }
    }

    fn handle(&self) -> &Handle<Inside> {
        &self.handle
    }

    fn engine(inside: &mut Inside) -> &mut Ae {
        &mut inside.ae
    }
}

/// A message to send.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_outgoing {
    /// Names it in m2m_onem2m_ae_handle_response() and m2m_onem2m_ae_outgoing_failed().
    pub id: u64,
    /// Its length: the bytes are at the start of the buffer.
    pub len: usize,
    /// 1 if the response may take as long as polling_ms besides.
    pub is_long: i32,
}

/// Does something with an AE, at a time.
///
/// # Safety
/// `ae` is `NULL` or a handle that was not freed.
unsafe fn at(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    call: impl FnOnce(&mut Ae, Instant) -> Result<(), onem2m_core::ae::UsageError>,
) -> i32 {
    // SAFETY: the same promise.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            call(&mut inside.ae, Instant::from_millis(now_ms))?;
            Ok(M2M_OK)
        })
    }
}

/// Makes an AE that is not registered.
///
/// seed_bytes points to 32 random bytes, different at every start. On success, *ae is the new handle. Everything
/// is copied. M2M_INVALID for a member of the configuration that is out of its range, or is no name, no
/// address or no App-ID; M2M_NOT_ALLOWED for a binding or serialization that the library was built without.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_new(
    config: *const m2m_onem2m_ae_config,
    seed_bytes: *const u8,
    ae: *mut *mut m2m_onem2m_ae,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and a structure that says its
        // length.
        let (seed, out, config) =
            unsafe { (seed(seed_bytes)?, Out::new(ae)?, m2m_onem2m_ae_config::read(config)?) };
        // SAFETY: the caller passes strings, and a list of them.
        let (made, around) = unsafe { config.get() }?;
        #[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
        let whole = Whole::new(made.limits.requests.saturating_add(OWN));
        #[cfg(feature = "onem2m-coap")]
        let coap = coap::endpoint(&config, &made, around.binding, seed)?;
        let inside = Inside {
            ae: Ae::new(made, seed).map_err(|_| M2M_INVALID)?,
            around,
            incoming: Incoming::default(),
            message: None,
            #[cfg(feature = "onem2m-coap")]
            coap,
            #[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
            whole,
        };
        m2m_onem2m_ae::publish(inside, config.tag, out)
    }))
}

/// Frees an AE. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another call. A
/// poisoned handle can be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_free(ae: *mut m2m_onem2m_ae) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_onem2m_ae::free(ae) }
}

/// The tag that the configuration gave the AE. Always works. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_tag(ae: *const m2m_onem2m_ae) -> u64 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { m2m_onem2m_ae::tag(ae) }
}

/// Tells the AE what time it is, in milliseconds since 1970-01-01T00:00:00Z, before it registers. Not
/// needed: else it learns the time from the CSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_set_wall_clock(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    unix_ms: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        at(ae, now_ms, |ae, now| {
            ae.set_wall_clock(now, UnixTime::from_millis(unix_ms));
            Ok(())
        })
    }
}

/// Registers. M2M_NOT_ALLOWED if it is registered, or about to be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_register(ae: *mut m2m_onem2m_ae, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { at(ae, now_ms, Ae::register) }
}

/// Deletes the AE at the CSE, with all below it. M2M_NOT_ALLOWED if it is not registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_deregister(ae: *mut m2m_onem2m_ae, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { at(ae, now_ms, Ae::deregister) }
}

/// Copies the AE-ID into buf, and a NUL behind it: with the address of the resource what is to be kept for
/// m2m_onem2m_ae_restore(). len gets its length without the NUL. M2M_NOTHING if it is not registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_id(
    ae: *const m2m_onem2m_ae,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe { registration(ae, (buf, cap, len), |r| &r.ae_id) }
}

/// Copies the address of the AE resource into buf, as m2m_onem2m_ae_id() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_resource(
    ae: *const m2m_onem2m_ae,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe { registration(ae, (buf, cap, len), |r| &r.resource) }
}

/// # Safety
/// `ae` is `NULL` or a handle that was not freed, `buf` memory for `cap` bytes, `len` `NULL` or memory for
/// a number.
unsafe fn registration(
    ae: *const m2m_onem2m_ae,
    (buf, cap, len): (*mut c_char, usize, *mut usize),
    pick: impl FnOnce(&Registration) -> &String,
) -> i32 {
    // SAFETY: the same promises.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let Some(registration) = inside.ae.registration() else { return Ok(M2M_NOTHING) };
            let text = pick(registration);
            out.put_text(Some(text))
        })
    })
}

/// Takes a registration up again that was made before a restart: its AE-ID and the address of its
/// resource.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_restore(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    ae_id: *const c_char,
    resource: *const c_char,
) -> i32 {
    // SAFETY: the caller passes strings.
    let texts = unsafe { string(ae_id).and_then(|id| Ok((id, string(resource)?))) };
    checked(texts, |(id, address)| {
        if id.is_empty() || address.is_empty() {
            return M2M_NULL.code();
        }
        let registration = Registration { ae_id: id.into(), resource: address.into() };
        // SAFETY: the caller passes NULL or a handle that was not freed.
        unsafe { at(ae, now_ms, |ae, now| ae.restore(now, registration)) }
    })
}

/// Asks the CSE for something. *id names the request from now on; its end is told by exactly one
/// M2M_ONEM2M_DONE.
///
/// Errors: M2M_NOT_ALLOWED if the AE is not registered; M2M_FULL; M2M_INVALID for what is missing or does
/// not belong there; M2M_MALFORMED for content that is no JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_request(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    request: *const m2m_onem2m_request,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and a structure as long as it says.
    let read = || unsafe { Ok((Out::new(id)?, m2m_onem2m_request::read(request)?)) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(read), |(out, command)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let id = inside.ae.request(Instant::from_millis(now_ms), command)?;
            out.put(id.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Asks the CSE for something that m2m_onem2m_request has no members for: text is a whole request primitive in
/// JSON (TS-0004 clause 7.2.1.1), such as
/// {"op":2,"to":"cse-in","fr":"C","rqi":"1","rvi":"3","fc":{"fu":1,"lvl":2},"rcn":6}. The AE puts its
/// own originator, identifier and release into it (fr, rqi, rvi). Otherwise as m2m_onem2m_ae_request().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_request_json(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    text: *const c_char,
    len: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and `len` bytes.
    let read = || unsafe {
        let (out, text) = (Out::new(id)?, bytes(text.cast(), len)?);
        Ok((out, Request::from_json(text).map_err(|_| M2M_MALFORMED)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(read), |(out, request)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let command = Command::from_request(request);
            let id = inside.ae.request(Instant::from_millis(now_ms), command)?;
            out.put(id.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Copies the content of the response to a request that is done into buf, JSON, and a NUL behind it. len
/// gets its length without the NUL; it is 0 for a response without content. M2M_UNKNOWN_ID once it is
/// released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_content(
    ae: *const m2m_onem2m_ae,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let response = inside.ae.response(RequestId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            let text = response.content.as_ref().map_or("", |content| content.as_str());
            out.put_text(Some(text))
        })
    })
}

/// Forgets a request: its response if it is done, else the request itself, which ends with
/// M2M_ONEM2M_CANCELLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_release(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { at(ae, now_ms, |ae, now| ae.release(now, RequestId::from_bits(id))) }
}

/// Copies the content of a notification into buf, JSON such as {"m2m:sgn":{...}}, and a NUL behind it.
/// M2M_UNKNOWN_ID once it is answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_notification(
    ae: *const m2m_onem2m_ae,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let notification =
                inside.ae.notification(IncomingId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
            let content = notification.request().content.as_ref();
            let text = content.map_or("", |content| content.as_str());
            out.put_text(Some(text))
        })
    })
}

/// Answers a notification and forgets it. status is a response status code: 2000 says that it was taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_answer(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    id: u64,
    status: u32,
) -> i32 {
    let status = ResponseStatusCode::from_number(status);
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { at(ae, now_ms, |ae, now| ae.answer(now, IncomingId::from_bits(id), status)) }
}

/// HTTP: writes the next message to send into buf, a request of HTTP/1.1, whole, for a connection of its own to
/// the CSE, which closes it when it has answered. M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses
/// nothing: call again with a larger buffer. M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_outgoing(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    outgoing: *mut m2m_onem2m_outgoing,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(outgoing)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| inside.poll(Instant::from_millis(now_ms), buf, out))
    })
}

impl Inside {
    fn poll(&mut self, now: Instant, buf: &mut [u8], out: Out<m2m_onem2m_outgoing>) -> Outcome {
        self.by(M2M_ONEM2M_HTTP)?;
        let options = Options { media: plain(self.around.serialization), ..Options::default() };
        while self.message.is_none() {
            let Some(outgoing) = self.ae.poll_outgoing(now) else { return Ok(M2M_NOTHING) };
            match http::written_request(&outgoing.request, &self.around.host, &options) {
                Some(message) => {
                    self.message = Some((outgoing.id.to_bits(), outgoing.long, message));
                }
                // What HTTP cannot carry never arrives.
                None => self.ae.outgoing_failed(now, outgoing.id),
            }
        }
        let Some((id, long, message)) = self.message.take() else { return Ok(M2M_NOTHING) };
        let Some(room) = buf.get_mut(..message.len()) else {
            self.message = Some((id, long, message));
            return Err(M2M_BUFFER_TOO_SMALL);
        };
        room.copy_from_slice(&message);
        out.put(m2m_onem2m_outgoing { id, len: message.len(), is_long: long.into() });
        Ok(M2M_OK)
    }
}

/// HTTP: takes what the connection brought until it was closed. M2M_OK if it was the response, M2M_IGNORED if
/// not: then the message is tried again as after m2m_onem2m_ae_outgoing_failed().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_response(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    id: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |message| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let (now, id) = (Instant::from_millis(now_ms), OutgoingId::from_bits(id));
            match http::received_response(message) {
                Some(response) => Ok(disposed(inside.ae.handle_response(now, id, response))),
                None => {
                    inside.ae.outgoing_failed(now, id);
                    Ok(M2M_IGNORED)
                }
            }
        })
    })
}

/// Says that a request could not be delivered: no connection, or it was lost before an answer came. It is
/// repeated after a pause, as often as attempts allows. CoAP tells that by itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_outgoing_failed(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.failed(Instant::from_millis(now_ms), id);
            Ok(M2M_OK)
        })
    }
}

/// HTTP: takes one request of HTTP/1.1 from the start of what a connection to point_of_access brought so far,
/// a notification. *used gets how many bytes it was: what is behind them is the next one's. *id names it in
/// m2m_onem2m_response, and M2M_ONEM2M_NOTIFIED comes with another one; what the application need not decide
/// (whether the AE takes notifications at all, results of requests that were not blocking) is answered
/// by the AE. M2M_NOTHING if not all of the request is there yet: call again with more. M2M_NOT_ALLOWED with
/// another binding.
///
/// peer is any number of the application's for the connection. Its next request is to be handed in when the
/// answer to the one before was polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_request(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
    id: *mut u64,
    used: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results, and `len` bytes.
    let pointers =
        unsafe { bytes(data, len).and_then(|bytes| Ok((bytes, Out::new(id)?, Out::new(used)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(message, id, used)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_HTTP)?;
            let Inside { ae, incoming, .. } = inside;
            let now = Instant::from_millis(now_ms);
            let give = |request| Ok(ae.handle_request(now, request).to_bits());
            let Some((name, len)) = incoming.take(peer, message, give) else {
                return Ok(M2M_NOTHING);
            };
            id.put(name);
            used.put(len);
            Ok(M2M_OK)
        })
    })
}

/// HTTP: writes the next response to what m2m_onem2m_ae_handle_request() took into buf, a whole message, for
/// the connection that the request came over. M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses
/// nothing: call again with a larger buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_response(
    ae: *mut m2m_onem2m_ae,
    buf: *mut u8,
    cap: usize,
    response: *mut m2m_onem2m_response,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(response)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_HTTP)?;
            while let Some((id, response)) = inside.ae.poll_response() {
                inside.incoming.answer(id.to_bits(), &response);
            }
            inside.incoming.poll(buf, out)
        })
    })
}

/// HTTP: tells that a connection is gone: responses to what came over it are dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_forget_peer(ae: *mut m2m_onem2m_ae, peer: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.incoming.forget(peer);
            Ok(M2M_OK)
        })
    }
}

/// Tells the AE that time has passed: to be called when m2m_onem2m_ae_poll_timeout() says. Calling it
/// early or twice is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_timeout(ae: *mut m2m_onem2m_ae, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.ae.handle_timeout(now);
            #[cfg(feature = "onem2m-coap")]
            inside.drive(now, true);
            Ok(M2M_OK)
        })
    }
}

/// The next thing that the application should know. M2M_NOTHING when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_event(
    ae: *mut m2m_onem2m_ae,
    event: *mut m2m_onem2m_event,
) -> i32 {
    // SAFETY: the caller passes memory for an event, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(event) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| out.put_found(inside.ae.poll_event().map(Into::into)))
    })
}

/// When something is due next, in milliseconds on the caller's clock: a message to send, or a call of
/// m2m_onem2m_ae_handle_timeout(). M2M_NEVER when the AE waits for nothing, and where another function
/// would return an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_timeout(ae: *const m2m_onem2m_ae) -> u64 {
    let mut at = None;
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            at = inside.ae.poll_timeout();
            #[cfg(feature = "onem2m-coap")]
            if let Some((coap, _)) = &inside.coap {
                at = [at, coap.poll_timeout()].into_iter().flatten().min();
            }
            Ok(M2M_OK)
        })
    };
    millis(at)
}
