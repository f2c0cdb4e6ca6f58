//! CoAP (TS-0008): requests to the CSE, and its own.

use m2m_base::{Instant, Seed};
use onem2m_core::cse::Session;

use super::handle::{Inside, Who, submit};
use super::{m2m_onem2m_cse, m2m_onem2m_cse_config, m2m_onem2m_session};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::{checked, disposed, m2m_counters, m2m_transmit};
use crate::guard::caught;
use crate::handled::Handled;
use crate::onem2m::coap::{Came, Coap, Room};
use crate::result::m2m_result::{self, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_OK};

/// The endpoint of a CSE, if its configuration has one.
pub(super) fn endpoint(
    config: &m2m_onem2m_cse_config,
    seed: &Seed,
) -> Result<Option<Coap>, m2m_result> {
    if config.coap_requests == 0 {
        return Ok(None);
    }
    let room = Room {
        requests: config.coap_requests,
        exchanges: config.coap_exchanges,
        message_size: config.coap_message_size,
        body_size: config.coap_body_size,
        transfers: config.coap_transfers,
        peers: config.coap_peers,
        pool_size: config.coap_pool_size,
    };
    Coap::new(&room, None, seed).map(Some)
}

impl Inside {
    /// Gives the CSE what peers ask for and what they answered; `who` is known of one of them.
    pub(super) fn take_datagrams(&mut self, now: Instant, who: Option<&Who<'_>>) {
        while let Some(coap) = &mut self.coap
            && let Some(came) = coap.next(now)
        {
            match came {
                Came::Request(peer, waiting, request) => {
                    let submitted = match who.filter(|who| who.session.peer == peer) {
                        Some(who) => submit(&mut self.cse, now, who, *request),
                        None => {
                            let session = Session { peer, ..Session::default() };
                            Ok(self.cse.handle_request(now, session, *request).to_bits())
                        }
                    };
                    match submitted {
                        Ok(number) => coap.accept(number, waiting),
                        Err(response) => coap.respond(now, waiting, &response),
                    }
                }
                Came::Response(id, response) => {
                    // One that nobody waits for any more has no effect.
                    let _ = self.answered(now, id, *response);
                }
                Came::Failed(id) => self.errands.failed(id, true),
            }
        }
    }
}

/// CoAP: takes a datagram that arrived from the peer of a session. A bad datagram is no error: M2M_OK if
/// it had its effect, else M2M_DUPLICATE, M2M_REFUSED or M2M_IGNORED. M2M_NOT_ALLOWED if the configuration has
/// no CoAP.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_handle_datagram(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    session: *const m2m_onem2m_session,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and a structure as long as it says.
    let pointers = || unsafe { Ok((m2m_onem2m_session::read(session)?, bytes(data, len)?)) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(who, datagram)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            let coap = inside.coap.as_mut().ok_or(M2M_NOT_ALLOWED)?;
            let disposition = coap.handle_datagram(now, who.session.peer, datagram);
            inside.take_datagrams(now, Some(&who));
            Ok(disposed(disposition))
        })
    })
}

/// CoAP: writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
/// none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing; coap_message_size of the
/// configuration is enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_poll_transmit(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(transmit)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            if inside.must_keep() {
                return Ok(M2M_NOTHING);
            }
            let now = Instant::from_millis(now_ms);
            inside.collect(now);
            let Some(coap) = &mut inside.coap else { return Ok(M2M_NOTHING) };
            coap.poll(now, buf, out)
        })
    })
}

/// CoAP: tells that the address or security session of a peer is gone: responses to its requests are dropped,
/// and requests to it go to their next addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_forget_coap_peer(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let now = Instant::from_millis(now_ms);
            if let Some(coap) = &mut inside.coap {
                coap.forget_peer(now, peer);
            }
            inside.take_datagrams(now, None);
            Ok(M2M_OK)
        })
    }
}

/// CoAP: what the endpoint of the CSE has counted. M2M_NOT_ALLOWED without coap_requests in the configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_coap_counters(
    cse: *const m2m_onem2m_cse,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            let coap = inside.coap.as_ref().ok_or(M2M_NOT_ALLOWED)?;
            out.put(coap.counters());
            Ok(M2M_OK)
        })
    })
}
