//! The AE over MQTT (TS-0010).

use alloc::string::String;
use core::ffi::c_char;

use m2m_base::Instant;
use onem2m_core::ae::{Ae, OutgoingId, Registration};
use onem2m_core::binding::Heard;
use onem2m_core::binding::mqtt::Subscriber;
use onem2m_core::binding::mqtt::TopicKind::{self, RegistrationRequest};

use super::{Inside, m2m_onem2m_ae};
use crate::borrow::{Out, OutBytes, buffer, bytes, string};
use crate::engine::{checked, disposed};
use crate::guard::caught;
use crate::handled::Handled;
use crate::onem2m::binding::m2m_onem2m_binding::M2M_ONEM2M_MQTT;
use crate::onem2m::config::Around;
use crate::onem2m::m2m_onem2m_publication;
use crate::onem2m::whole::{Came, Peer, Published, published, put_filter, read};
use crate::result::m2m_result::{M2M_DUPLICATE, M2M_IGNORED, M2M_NULL, M2M_OK, M2M_REFUSED};

/// The AE-ID, if it is known.
fn ae_id<'a>(ae: &'a Ae, around: &'a Around) -> Option<&'a String> {
    ae.registration().map(|Registration { ae_id, .. }| ae_id).or(around.originator.as_ref())
}

impl Inside {
    /// Looks for something to publish.
    fn fill_publications(&mut self, now: Instant) {
        let Inside { ae, around, whole, .. } = self;
        while let Some((id, response)) = ae.poll_response() {
            whole.answer(id.to_bits(), &response);
        }
        while !whole.has_publication() {
            let Some(outgoing) = ae.poll_outgoing(now) else { return };
            // Its AE-ID is not in the topics of its registration; it is when it takes up an earlier one.
            let registers = TopicKind::of_request(&outgoing.request) == RegistrationRequest;
            let from = if registers { None } else { ae_id(ae, around) };
            let names =
                (from.unwrap_or(&around.credential).as_str(), &*around.cse_id, &*around.prefix);
            let (id, serialization) = (outgoing.id, around.serialization);
            if !whole.publish(id.to_bits(), &outgoing.request, names, serialization) {
                // What cannot be published never arrives.
                ae.outgoing_failed(now, id);
            }
        }
    }
}

/// MQTT: copies the n-th of the topic filters to subscribe to, with quality of service 1, into buf, and a NUL
/// behind it. len gets its length without the NUL. M2M_NOTHING from the number of them on. They are to be
/// looked at again after M2M_ONEM2M_REGISTERED: an AE whose AE-ID was given by the CSE has more then.
/// M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_topic_filter(
    ae: *const m2m_onem2m_ae,
    n: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_MQTT)?;
            let around = &inside.around;
            let first = Subscriber::Unregistered(&around.credential);
            match ae_id(&inside.ae, around) {
                Some(id) => put_filter(&[first, Subscriber::Ae(id)], &around.prefix, n, out),
                None => put_filter(&[first], &around.prefix, n, out),
            }
        })
    })
}

/// MQTT: writes the payload of the next publication into buf, a request or the answer to a notification.
/// M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. What
/// cannot be published, for want of a connection to the broker, goes to m2m_onem2m_ae_outgoing_failed() if it
/// has an id. M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_publication(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    publication: *mut m2m_onem2m_publication,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(publication)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_MQTT)?;
            inside.fill_publications(Instant::from_millis(now_ms));
            inside.whole.poll_publication(buf, out)
        })
    })
}

/// MQTT: takes a publication that the broker delivered: a response, or a notification. dup is not 0 if it has
/// the flag DUP. M2M_OK if it had its effect; M2M_DUPLICATE; M2M_REFUSED for what is answered with an error;
/// M2M_IGNORED for what is dropped. M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_publication(
    ae: *mut m2m_onem2m_ae,
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
        m2m_onem2m_ae::with(ae, |inside| {
            inside.by(M2M_ONEM2M_MQTT)?;
            let now = Instant::from_millis(now_ms);
            let Inside { ae, whole, around, .. } = inside;
            match published(name, &around.prefix) {
                Published::Request(topic, back) => match read(payload, topic.serialization) {
                    Came::Request(request) => {
                        if whole.is_known(&topic, &request) && dup != 0 {
                            return Ok(M2M_DUPLICATE);
                        }
                        let heard = Heard::of(&request);
                        let id = ae.handle_request(now, *request);
                        whole.accept(id.to_bits(), back, topic.serialization, heard);
                        Ok(M2M_OK)
                    }
                    Came::Refused(response) => {
                        whole.respond(back, topic.serialization, &response);
                        Ok(M2M_REFUSED)
                    }
                    Came::Response(_) => Ok(M2M_IGNORED),
                },
                Published::Response(topic) => {
                    let Came::Response(response) = read(payload, topic.serialization) else {
                        return Ok(M2M_IGNORED);
                    };
                    let id = whole.answered(Peer::Level(topic.receiver.into()), &response);
                    let Some(id) = id else { return Ok(M2M_IGNORED) };
                    Ok(disposed(ae.handle_response(now, OutgoingId::from_bits(id), *response)))
                }
                Published::Other => Ok(M2M_IGNORED),
            }
        })
    })
}

/// MQTT: tells that the connection to the broker is gone: requests without an answer are tried again after a
/// pause, answers that were not sent are dropped. When it is there again, subscribe anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_broker_lost(ae: *mut m2m_onem2m_ae, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            for id in inside.whole.end(None) {
                inside.failed(Instant::from_millis(now_ms), id);
            }
            Ok(M2M_OK)
        })
    }
}
