//! Requests of the CSE itself: notifications, and what it passes on. Each goes as a message of HTTP to the
//! first address of its target that can be reached.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::ffi::c_char;

use m2m_base::Instant;
use onem2m_core::binding::http::Options;
use onem2m_core::cse::{Cse, Outgoing, OutgoingId};
use onem2m_core::media::{BodyKind, MediaType, Serialization};
use onem2m_core::primitive::Request;
use onem2m_core::{Operation, ResponseStatusCode};

use super::m2m_onem2m_cse;
use crate::borrow::{Out, buffer, bytes};
use crate::engine::checked;
use crate::handled::Handled;
use crate::onem2m::http;
use crate::result::Outcome;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_IGNORED, M2M_NOTHING, M2M_OK};

/// Room for the name or address of a host, and a NUL behind it.
pub const M2M_ONEM2M_HOST_SIZE: usize = 256;

/// A request of the CSE to send.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_cse_outgoing {
    /// Names it in m2m_onem2m_cse_handle_response() and m2m_onem2m_cse_outgoing_failed().
    pub id: u64,
    /// Its length: the bytes are at the start of the buffer.
    pub len: usize,
    /// 1 for https: the connection has to be secured.
    pub secure: i32,
    /// The port to connect to.
    pub port: u16,
    /// The host to connect to, a name or an address, and a NUL behind it.
    pub host: [c_char; M2M_ONEM2M_HOST_SIZE],
}

/// Where a URI of HTTP leads.
struct Place<'a> {
    secure: bool,
    /// Without the brackets of IPv6.
    host: &'a str,
    port: u16,
    /// As it goes into the header Host.
    authority: &'a str,
    /// What is before the addresses of resources there, without a slash at its end.
    path: &'a str,
}

/// `None` for a URI of another scheme, and for one that is none.
fn place(uri: &str) -> Option<Place<'_>> {
    let (scheme, rest) = uri.split_once("://")?;
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let path = path.split(['?', '#']).next()?.trim_end_matches('/');
    // It goes into a header as it is.
    if authority.is_empty() || !authority.bytes().all(|b| b.is_ascii_graphic() && b != b'@') {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None if secure => 443,
        None => 80,
    };
    let fits = !host.is_empty() && host.len() < M2M_ONEM2M_HOST_SIZE;
    fits.then_some(Place { secure, host, port, authority, path })
}

/// A request on its way.
struct Errand {
    outgoing: Outgoing,
    /// The next of its addresses to try.
    next: usize,
    /// It left once, and may have arrived.
    sent: bool,
}

/// Requests on their way.
pub(super) struct Errands {
    waiting: BTreeMap<OutgoingId, Errand>,
    /// To be sent to their next addresses.
    again: VecDeque<OutgoingId>,
    /// A message that did not fit into the caller's buffer.
    message: Option<(m2m_onem2m_cse_outgoing, Vec<u8>)>,
    most: usize,
}

impl Errands {
    pub(super) fn new(most: usize) -> Errands {
        Errands { waiting: BTreeMap::new(), again: VecDeque::new(), message: None, most }
    }

    fn id(&self, bits: u64) -> Option<OutgoingId> {
        // Ids ascend, and are few.
        self.waiting.keys().copied().find(|id| id.to_bits() == bits)
    }

    /// The message to the next address of a request; `None` when there is none any more.
    fn attempt(&mut self, id: OutgoingId) -> Option<(m2m_onem2m_cse_outgoing, Vec<u8>)> {
        let errand = self.waiting.get_mut(&id)?;
        let target = &errand.outgoing.target;
        loop {
            let address = target.addresses.get(errand.next)?;
            errand.next = errand.next.saturating_add(1);
            let Some(place) = place(address) else { continue };
            let serialization = target.serialization.unwrap_or(Serialization::Json);
            let (request, prefix) = addressed(&errand.outgoing, address, place.path);
            let media = MediaType { kind: BodyKind::Plain, serialization };
            let options = Options { media, prefix };
            let message = http::written_request(&request, place.authority, &options);
            let Some(message) = message else { continue };
            let mut host = [0; M2M_ONEM2M_HOST_SIZE];
            for (to, from) in host.iter_mut().zip(place.host.bytes()) {
                *to = c_char::from_ne_bytes([from]);
            }
            let out = m2m_onem2m_cse_outgoing {
                id: id.to_bits(),
                len: message.len(),
                secure: place.secure.into(),
                port: place.port,
                host,
            };
            return Some((out, message));
        }
    }

    /// The next message.
    fn poll(&mut self, now: Instant, cse: &mut Cse) -> Option<(m2m_onem2m_cse_outgoing, Vec<u8>)> {
        loop {
            if let Some(message) = self.message.take() {
                return Some(message);
            }
            let id = match self.again.pop_front() {
                Some(id) => id,
                None => {
                    let outgoing = cse.poll_outgoing()?;
                    let id = outgoing.id;
                    self.waiting.insert(id, Errand { outgoing, next: 0, sent: false });
                    // The engine gave up the oldest ones, of which nobody said anything.
                    while self.waiting.len() > self.most.max(1) {
                        self.waiting.pop_first();
                    }
                    id
                }
            };
            self.message = self.attempt(id);
            if self.message.is_none() {
                self.fail(now, cse, id);
            }
        }
    }

    /// No address is left.
    fn fail(&mut self, now: Instant, cse: &mut Cse, id: OutgoingId) {
        match self.waiting.remove(&id) {
            Some(errand) if errand.sent => cse.outgoing_failed(now, id),
            Some(_) => cse.outgoing_undelivered(now, id),
            None => {}
        }
    }

    /// One attempt has failed.
    fn failed(&mut self, bits: u64, sent: bool) {
        let Some(id) = self.id(bits) else { return };
        if let Some(errand) = self.waiting.get_mut(&id) {
            errand.sent |= sent;
        }
        if !self.again.contains(&id) {
            self.again.push_back(id);
        }
    }
}

/// The request as it goes to a URI, and what stands in front of the addresses there. A notification of an
/// AE goes to its point of access itself; a CSE has resources behind its own.
fn addressed<'a>(outgoing: &Outgoing, uri: &str, path: &'a str) -> (Request, &'a str) {
    let mut request = outgoing.request.clone();
    let own =
        outgoing.target.entity.as_deref().is_none_or(|entity| {
            request.to.trim_start_matches('/').rsplit('/').next() == Some(entity)
        });
    if request.operation == Operation::Notify && own {
        request.to = uri.into();
        return (request, "");
    }
    (request, path)
}

/// Writes the next request of the CSE into buf: a whole message of HTTP/1.1, for a connection of its own to
/// the given host, which closes it when it has answered. M2M_NOTHING when there is none, and while records
/// of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer.
///
/// A target with several addresses gets the same request again, for the next one, after
/// m2m_onem2m_cse_outgoing_failed(). Addresses of other protocols are passed over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_outgoing(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    outgoing: *mut m2m_onem2m_cse_outgoing,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(outgoing)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| -> Outcome {
            if inside.must_keep() {
                return Ok(M2M_NOTHING);
            }
            let now = Instant::from_millis(now_ms);
            let Some((head, message)) = inside.errands.poll(now, &mut inside.cse) else {
                return Ok(M2M_NOTHING);
            };
            let Some(room) = buf.get_mut(..message.len()) else {
                inside.errands.message = Some((head, message));
                return Err(M2M_BUFFER_TOO_SMALL);
            };
            room.copy_from_slice(&message);
            out.put(head);
            Ok(M2M_OK)
        })
    })
}

/// Takes what the connection brought until it was closed. M2M_OK if it was the response, M2M_IGNORED if
/// not: then it is as after m2m_onem2m_cse_outgoing_failed().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_response(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    id: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |message| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            // What something on the way says is not the target's answer.
            let on_the_way = ResponseStatusCode::TargetNotReachable;
            let response = http::received_response(message).filter(|r| r.status != on_the_way);
            let known = inside.errands.id(id);
            match (known, response) {
                (Some(known), Some(response)) => {
                    inside.errands.waiting.remove(&known);
                    inside.cse.handle_response(Instant::from_millis(now_ms), known, response);
                    Ok(M2M_OK)
                }
                _ => {
                    inside.errands.failed(id, true);
                    Ok(M2M_IGNORED)
                }
            }
        })
    })
}

/// Says that a request got no answer. sent is 0 if it did not leave, for want of a connection: then it is
/// kept and tried again where the standard wants that. Not 0: it may have arrived.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_outgoing_failed(
    cse: *mut m2m_onem2m_cse,
    id: u64,
    sent: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            inside.errands.failed(id, sent != 0);
            Ok(M2M_OK)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn uris_lead_to_places() {
        let at = |uri| {
            place(uri).map(|p| (p.secure, p.host.to_owned(), p.port, p.authority.len(), p.path))
        };
        let host = |text: &str| text.to_owned();
        assert_eq!(at("http://a"), Some((false, host("a"), 80, 1, "")));
        assert_eq!(at("HTTPS://a/"), Some((true, host("a"), 443, 1, "")));
        assert_eq!(at("http://a:8080/n/x?q"), Some((false, host("a"), 8080, 6, "/n/x")));
        assert_eq!(at("http://[2001:db8::1]:9/"), Some((false, host("2001:db8::1"), 9, 15, "")));
        for uri in [
            "",
            "http",
            "http://",
            "coap://a",
            "http://:80",
            "http://a:b",
            "http://a:70000",
            "http://u@a",
            "http://[::1",
            "http://a b/",
        ] {
            assert_eq!(at(uri), None, "{uri}");
        }
        assert_eq!(at(&format!("http://{}/", "h".repeat(256))), None);
    }
}
