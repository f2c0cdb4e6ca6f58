//! MQTT (TS-0010): requests to the CSE, and its own, by a broker.

use core::ffi::c_char;

use m2m_base::{Instant, PeerId};
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::Heard;
use onem2m_core::binding::mqtt::{Subscriber, level};
use onem2m_core::cse::Session;
use onem2m_core::primitive::Response;

use super::m2m_onem2m_cse;
use crate::borrow::{Out, OutBytes, buffer, bytes, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::onem2m::m2m_onem2m_publication;
use crate::onem2m::whole::{Came, Peer, Published, published, put_filter, read};
use crate::result::m2m_result::{
    M2M_DUPLICATE, M2M_IGNORED, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_NULL, M2M_OK, M2M_REFUSED,
};

/// MQTT: copies the n-th of the topic filters to subscribe to, with quality of service 1, into buf, and a NUL
/// behind it. len gets its length without the NUL. M2M_NOTHING from the number of them on. M2M_NOT_ALLOWED
/// without mqtt_broker in the configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_topic_filter(
    cse: *const m2m_onem2m_cse,
    n: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let links = &inside.links;
            if !links.has_broker() {
                return Err(M2M_NOT_ALLOWED);
            }
            put_filter(&[Subscriber::Cse(&links.cse_id)], &links.prefix, n, out)
        })
    })
}

/// MQTT: writes the payload of the next publication into buf, an answer or a request of the CSE itself.
/// M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing:
/// call again with a larger buffer. What cannot be published, for want of a connection to the broker, goes to
/// m2m_onem2m_cse_outgoing_failed() if it has an id; so does a request that has no answer for long, if it
/// shall go another way. M2M_NOT_ALLOWED without mqtt_broker in the configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_publication(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    publication: *mut m2m_onem2m_publication,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(publication)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            if !inside.links.has_broker() {
                return Err(M2M_NOT_ALLOWED);
            }
            if inside.must_keep() {
                return Ok(M2M_NOTHING);
            }
            let now = Instant::from_millis(now_ms);
            inside.collect(now);
            while !inside.links.whole.has_publication() && inside.advance(now) {}
            inside.links.whole.poll_publication(buf, out)
        })
    })
}

/// MQTT: takes a publication that the broker delivered: a request, or the response to one of the CSE. dup is
/// not 0 if it has the flag DUP. M2M_OK if it had its effect; M2M_DUPLICATE; M2M_REFUSED for what is answered
/// with an error; M2M_IGNORED for what is dropped. M2M_NOT_ALLOWED without mqtt_broker in the configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_publication(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    topic: *const c_char,
    data: *const u8,
    len: usize,
    dup: i32,
) -> i32 {
    // SAFETY: the caller passes a string and `len` bytes.
    let pointers = || unsafe {
        if topic.is_null() {
            return Err(M2M_NULL);
        }
        Ok((string(topic)?, bytes(data, len)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(name, payload)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            let links = &mut inside.links;
            if !links.has_broker() {
                return Err(M2M_NOT_ALLOWED);
            }
            let own = level(&links.cse_id);
            match published(name, &links.prefix) {
                Published::Request(topic, back) if topic.receiver == own => {
                    let serialization = topic.serialization;
                    let request = match read(payload, serialization) {
                        Came::Request(request) => request,
                        Came::Refused(response) => {
                            links.whole.respond(back, serialization, &response);
                            return Ok(M2M_REFUSED);
                        }
                        Came::Response(_) => return Ok(M2M_IGNORED),
                    };
                    if links.whole.is_known(&topic, &request) && dup != 0 {
                        return Ok(M2M_DUPLICATE);
                    }
                    if !topic.kind.may_carry(&request) {
                        let status = ResponseStatusCode::BadRequest;
                        let refusal = Response::to_request(&request, status);
                        links.whole.respond(back, serialization, &refusal);
                        return Ok(M2M_REFUSED);
                    }
                    let heard = Heard::of(&request);
                    let session = Session { peer: PeerId(u64::MAX), ..Session::default() };
                    let id = inside.cse.handle_request(now, session, *request);
                    links.whole.accept(id.to_bits(), back, serialization, heard);
                    Ok(M2M_OK)
                }
                Published::Response(topic) if topic.originator == own => {
                    let Came::Response(response) = read(payload, topic.serialization) else {
                        return Ok(M2M_IGNORED);
                    };
                    let id = links.whole.answered(Peer::Level(topic.receiver.into()), &response);
                    let Some(id) = id else { return Ok(M2M_IGNORED) };
                    Ok(inside.answered(now, id, *response))
                }
                _ => Ok(M2M_IGNORED),
            }
        })
    })
}

/// MQTT: tells that the connection to the broker is gone: requests of the CSE that have no answer go to their
/// next addresses, answers that were not sent are dropped. When it is there again, subscribe anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_broker_lost(cse: *mut m2m_onem2m_cse) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            for id in inside.links.whole.end(None) {
                inside.errands.failed(id, true);
            }
            Ok(M2M_OK)
        })
    }
}
