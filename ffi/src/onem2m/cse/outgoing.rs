//! Requests of the CSE itself: notifications, and what it passes on. Each goes by the first way that leads to
//! its target: a WebSocket that the target opened, its addresses one after the other, or the broker.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::ffi::c_char;

use m2m_base::{Instant, PeerId};
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::http::Options;
use onem2m_core::cse::{Cse, Outgoing};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::Response;

use super::handle::Inside;
use super::links::Links;
use super::m2m_onem2m_cse;
use super::place::{Place, copied, place};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::checked;
use crate::handled::Handled;
use crate::onem2m::binding::m2m_onem2m_binding::{
    self, M2M_ONEM2M_COAP, M2M_ONEM2M_HTTP, M2M_ONEM2M_MQTT, M2M_ONEM2M_WEBSOCKET,
};
use crate::onem2m::binding::{number_of, plain};
use crate::onem2m::http;
use crate::result::Outcome;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_IGNORED, M2M_INVALID, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID,
};

/// Room for the name or address of a host, and a NUL behind it; also for the path of a URI.
pub const M2M_ONEM2M_HOST_SIZE: usize = 256;

/// A request of the CSE, and where to connect to for it.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_cse_outgoing {
    /// Names it in m2m_onem2m_cse_handle_response(), m2m_onem2m_cse_set_peer() and
    /// m2m_onem2m_cse_outgoing_failed().
    pub id: u64,
    /// HTTP: length of the message, whose bytes are at the start of the buffer. Else 0.
    pub len: usize,
    /// The protocol: one of enum m2m_onem2m_binding. HTTP: the message is to be sent over a connection of its
    /// own. CoAP, WebSocket: m2m_onem2m_cse_set_peer() is to be called.
    pub binding: i32,
    /// WebSocket: the serialization of the sub-protocol to offer, one of enum m2m_onem2m_serialization.
    pub serialization: i32,
    /// 1 for https, coaps and wss: the connection has to be secured.
    pub secure: i32,
    /// The port to connect to.
    pub port: u16,
    /// The host to connect to, a name or an address, and a NUL behind it.
    pub host: [c_char; M2M_ONEM2M_HOST_SIZE],
    /// WebSocket: the path and query for the handshake, and a NUL behind them.
    pub path: [c_char; M2M_ONEM2M_HOST_SIZE],
}

/// A request on its way.
struct Errand {
    outgoing: Outgoing,
    /// The next of its ways to try: 0 is its own WebSocket, then come its addresses, then the broker.
    next: usize,
    /// It left once, and may have arrived.
    sent: bool,
    /// The application was asked for a peer by this protocol.
    wants: Option<m2m_onem2m_binding>,
}

/// What the application connects for.
type Call = (m2m_onem2m_cse_outgoing, Vec<u8>);

/// Requests on their way.
pub(super) struct Errands {
    waiting: BTreeMap<u64, Errand>,
    /// To be sent by their next ways.
    again: VecDeque<u64>,
    calls: VecDeque<Call>,
    most: usize,
}

impl Errands {
    pub(super) fn new(most: usize) -> Errands {
        Errands {
            waiting: BTreeMap::new(),
            again: VecDeque::new(),
            calls: VecDeque::new(),
            most: most.max(1),
        }
    }

    /// Sends a request by its next way; `None` when there is none any more.
    fn attempt(&mut self, id: u64, links: &mut Links, has_coap: bool) -> Option<()> {
        let errand = self.waiting.get_mut(&id)?;
        let Outgoing { target, request, .. } = &errand.outgoing;
        let entity = target.entity.as_deref();
        loop {
            let way = errand.next;
            errand.next = errand.next.saturating_add(1);
            let Some(at) = way.checked_sub(1) else {
                if entity.is_some_and(|entity| links.send_to(id, request, entity)) {
                    return Some(());
                }
                continue;
            };
            let Some(address) = target.addresses.get(at) else {
                // Who has no address and was heard by the broker is reached by it.
                let last = target.addresses.is_empty() && at == 0;
                let entity = entity.filter(|entity| last && links.was_heard_by_broker(entity))?;
                return links.publish_to(id, request, entity, target.serialization).then_some(());
            };
            let Some(place) = place(address) else { continue };
            let wanted = target.serialization.unwrap_or(Serialization::Json);
            let call = match place.binding {
                M2M_ONEM2M_HTTP => {
                    let (request, prefix) = target.addressed(request, address, place.path);
                    let options = Options { media: plain(wanted), prefix };
                    let message = http::written_request(&request, place.authority, &options);
                    let Some(message) = message else { continue };
                    (call(id, &place, wanted, message.len()), message)
                }
                M2M_ONEM2M_COAP if has_coap => (call(id, &place, wanted, 0), Vec::new()),
                M2M_ONEM2M_MQTT if links.is_broker(&place) => {
                    let receiver = entity.unwrap_or_else(|| place.last_segment());
                    if links.publish_to(id, request, receiver, target.serialization) {
                        return Some(());
                    }
                    continue;
                }
                M2M_ONEM2M_WEBSOCKET => {
                    if links.send_to(id, request, place.name()) {
                        return Some(());
                    }
                    // Only an entity is worth a connection of ours.
                    if entity.is_none() || place.rest.len() >= M2M_ONEM2M_HOST_SIZE {
                        continue;
                    }
                    (call(id, &place, wanted, 0), Vec::new())
                }
                _ => continue,
            };
            errand.wants = (place.binding != M2M_ONEM2M_HTTP).then_some(place.binding);
            self.calls.push_back(call);
            return Some(());
        }
    }

    /// No way is left.
    fn fail(&mut self, now: Instant, cse: &mut Cse, id: u64) {
        match self.waiting.remove(&id) {
            Some(errand) if errand.sent => cse.outgoing_failed(now, errand.outgoing.id),
            Some(errand) => cse.outgoing_undelivered(now, errand.outgoing.id),
            None => {}
        }
    }

    /// One attempt has failed.
    pub(super) fn failed(&mut self, id: u64, sent: bool) {
        let Some(errand) = self.waiting.get_mut(&id) else { return };
        errand.sent |= sent;
        errand.wants = None;
        if !self.again.contains(&id) {
            self.again.push_back(id);
        }
    }
}

fn call(
    id: u64,
    place: &Place<'_>,
    serialization: Serialization,
    len: usize,
) -> m2m_onem2m_cse_outgoing {
    let is_socket = place.binding == M2M_ONEM2M_WEBSOCKET;
    m2m_onem2m_cse_outgoing {
        id,
        len,
        binding: place.binding as i32,
        serialization: number_of(serialization),
        secure: place.secure.into(),
        port: place.port,
        host: copied(place.host),
        path: copied(match place.rest {
            _ if !is_socket => "",
            "" => "/",
            rest => rest,
        }),
    }
}

impl Inside {
    /// Sends one more of the requests that wait. False if none does.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        let Inside { cse, errands, links, coap, .. } = self;
        let id = match errands.again.pop_front() {
            Some(id) => id,
            None => {
                let Some(outgoing) = cse.poll_outgoing() else { return false };
                let id = outgoing.id.to_bits();
                errands.waiting.insert(id, Errand { outgoing, next: 0, sent: false, wants: None });
                // The engine gave up the oldest ones, of which nobody said anything.
                while errands.waiting.len() > errands.most {
                    errands.waiting.pop_first();
                }
                id
            }
        };
        if errands.attempt(id, links, coap.is_some()).is_none() {
            errands.fail(now, cse, id);
        }
        true
    }

    /// A response came to a request of the CSE.
    pub(super) fn answered(&mut self, now: Instant, id: u64, response: Response) -> m2m_result {
        // What something on the way says is not the target's answer.
        if response.status == ResponseStatusCode::TargetNotReachable {
            self.errands.failed(id, true);
            return M2M_IGNORED;
        }
        let Some(errand) = self.errands.waiting.remove(&id) else { return M2M_IGNORED };
        self.cse.handle_response(now, errand.outgoing.id, response);
        M2M_OK
    }

    fn poll_call(
        &mut self,
        now: Instant,
        buf: &mut [u8],
        out: Out<m2m_onem2m_cse_outgoing>,
    ) -> Outcome {
        if self.must_keep() {
            return Ok(M2M_NOTHING);
        }
        loop {
            let Some((head, message)) = self.errands.calls.front() else {
                if self.advance(now) {
                    continue;
                }
                return Ok(M2M_NOTHING);
            };
            if self.errands.waiting.contains_key(&head.id) {
                let room = buf.get_mut(..message.len()).ok_or(M2M_BUFFER_TOO_SMALL)?;
                room.copy_from_slice(message);
                out.put(*head);
                self.errands.calls.pop_front();
                return Ok(M2M_OK);
            }
            // It was given up.
            self.errands.calls.pop_front();
        }
    }

    fn set_peer(&mut self, now: Instant, id: u64, peer: u64) -> Outcome {
        let Inside { errands, links, coap, .. } = self;
        let errand = errands.waiting.get_mut(&id).ok_or(M2M_UNKNOWN_ID)?;
        let binding = errand.wants.ok_or(M2M_UNKNOWN_ID)?;
        let Outgoing { target, request, .. } = &errand.outgoing;
        let address = errand.next.checked_sub(2).and_then(|at| target.addresses.get(at));
        let sent = if binding == M2M_ONEM2M_COAP {
            let (Some(coap), Some(address)) = (coap, address) else { return Err(M2M_UNKNOWN_ID) };
            let path = place(address).map_or("", |place| place.path);
            let (request, _) = target.addressed(request, address, path);
            let media = plain(target.serialization.unwrap_or(Serialization::Json));
            coap.ask(now, PeerId(peer), id, &request, media)
        } else {
            let entity = target.entity.as_deref().unwrap_or("");
            if !links.bind(peer, entity) {
                return Err(M2M_INVALID);
            }
            links.send_to(id, request, entity)
        };
        errand.wants = None;
        if !sent {
            errands.failed(id, false);
        }
        Ok(M2M_OK)
    }
}

/// Writes the next request of the CSE into buf for which a connection is to be made. Over HTTP it is a whole
/// message of HTTP/1.1, for a connection of its own to the given host, which closes it when it has answered. For
/// an address of CoAP there are no bytes: m2m_onem2m_cse_set_peer() names the peer at that host, and the
/// request is among the datagrams. For one of WebSocket the application opens the connection, which
/// m2m_onem2m_cse_connected() and then m2m_onem2m_cse_set_peer() tell. What goes by the broker or by a WebSocket
/// that is open comes from m2m_onem2m_cse_poll_publication() and m2m_onem2m_cse_poll_message().
///
/// M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses
/// nothing: call again with a larger buffer. A target with several addresses gets the same request again, for
/// the next one, after m2m_onem2m_cse_outgoing_failed().
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
        m2m_onem2m_cse::with(cse, |inside| inside.poll_call(Instant::from_millis(now_ms), buf, out))
    })
}

/// Names the peer that a request of m2m_onem2m_cse_poll_outgoing() goes to: for CoAP any number of the
/// application's for that address, for WebSocket the connection that was opened for it. M2M_UNKNOWN_ID for
/// another request; M2M_INVALID if that connection was not told by m2m_onem2m_cse_connected().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_set_peer(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    id: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| inside.set_peer(Instant::from_millis(now_ms), id, peer))
    }
}

/// HTTP: takes what the connection brought until it was closed. M2M_OK if it was the response, M2M_IGNORED if
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
        m2m_onem2m_cse::with(cse, |inside| match http::received_response(message) {
            Some(response) => Ok(inside.answered(Instant::from_millis(now_ms), id, response)),
            None => {
                inside.errands.failed(id, true);
                Ok(M2M_IGNORED)
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
            inside.links.whole.forget(id);
            inside.errands.failed(id, sent != 0);
            Ok(M2M_OK)
        })
    }
}
