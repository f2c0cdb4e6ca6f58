//! The AE over CoAP (TS-0008).

use m2m_base::{Instant, PeerId, Seed};
use onem2m_core::ae::{Config, OutgoingId};

use super::{Inside, OWN, m2m_onem2m_ae};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::{checked, disposed, m2m_counters, m2m_transmit};
use crate::handled::Handled;
use crate::onem2m::binding::m2m_onem2m_binding::{self, M2M_ONEM2M_COAP};
use crate::onem2m::binding::plain;
use crate::onem2m::coap::{Came, Coap, Room};
use crate::onem2m::m2m_onem2m_ae_config;
use crate::result::m2m_result::{self, M2M_NOT_ALLOWED, M2M_OK};

/// The endpoint of an AE with this binding, and who the CSE is.
pub(super) fn endpoint(
    config: &m2m_onem2m_ae_config,
    made: &Config,
    binding: m2m_onem2m_binding,
    seed: &Seed,
) -> Result<Option<(Coap, PeerId)>, m2m_result> {
    if binding != M2M_ONEM2M_COAP {
        return Ok(None);
    }
    // A request that is tried again leaves the one before for a moment.
    let exchanges = made.limits.requests.saturating_add(OWN).saturating_mul(2);
    let room = Room {
        requests: config.coap_requests,
        exchanges: u32::try_from(exchanges).unwrap_or(u32::MAX),
        message_size: config.coap_message_size,
        body_size: config.coap_body_size,
        transfers: config.coap_transfers,
        peers: config.coap_peers,
        pool_size: config.coap_pool_size,
    };
    // The polling channel is asked for so long.
    let patience = made.retry.timeout + made.retry.polling;
    Ok(Some((Coap::new(&room, Some(patience), seed)?, PeerId(config.cse_peer))))
}

impl Inside {
    /// Lets the endpoint and the engine work for each other.
    pub(super) fn drive(&mut self, now: Instant, late: bool) {
        let Inside { ae, around, coap, .. } = self;
        let Some((coap, cse)) = coap else { return };
        if late {
            coap.handle_timeout(now);
        }
        while let Some(came) = coap.next(now) {
            match came {
                Came::Request(_, waiting, request) => {
                    let id = ae.handle_request(now, *request);
                    coap.accept(id.to_bits(), waiting);
                }
                Came::Response(id, response) => {
                    // One that comes too late has no effect.
                    let _ = ae.handle_response(now, OutgoingId::from_bits(id), *response);
                }
                Came::Failed(id) => ae.outgoing_failed(now, OutgoingId::from_bits(id)),
            }
        }
        while let Some((id, response)) = ae.poll_response() {
            coap.answer(now, id.to_bits(), &response);
        }
        while let Some(outgoing) = ae.poll_outgoing(now) {
            let (id, media) = (outgoing.id, plain(around.serialization));
            // What does not fit into the endpoint or the binding is tried again, as what was lost.
            if !coap.ask(now, *cse, id.to_bits(), &outgoing.request, media) {
                ae.outgoing_failed(now, id);
            }
        }
    }
}

/// CoAP: takes a datagram that arrived from a peer, the CSE or somebody who notifies. A bad datagram is no
/// error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or M2M_IGNORED. M2M_NOT_ALLOWED with
/// another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_handle_datagram(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |datagram| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let now = Instant::from_millis(now_ms);
            let (coap, _) = inside.coap.as_mut().ok_or(M2M_NOT_ALLOWED)?;
            let disposition = coap.handle_datagram(now, PeerId(peer), datagram);
            inside.drive(now, false);
            Ok(disposed(disposition))
        })
    })
}

/// CoAP: writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
/// none. M2M_BUFFER_TOO_SMALL loses nothing; coap_message_size of the configuration is enough.
/// M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_poll_transmit(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { buffer(buf, cap).and_then(|buf| Ok((buf, Out::new(transmit)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.drive(now, false);
            let (coap, _) = inside.coap.as_mut().ok_or(M2M_NOT_ALLOWED)?;
            coap.poll(now, buf, out)
        })
    })
}

/// CoAP: tells that the address or security session of a peer is gone: its requests are dropped, and those to
/// it are tried again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_forget_coap_peer(
    ae: *mut m2m_onem2m_ae,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let now = Instant::from_millis(now_ms);
            if let Some((coap, _)) = &mut inside.coap {
                coap.forget_peer(now, peer);
            }
            inside.drive(now, false);
            Ok(M2M_OK)
        })
    }
}

/// CoAP: what the endpoint of the AE has counted. M2M_NOT_ALLOWED with another binding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_coap_counters(
    ae: *const m2m_onem2m_ae,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        m2m_onem2m_ae::with(ae, |inside| {
            let (coap, _) = inside.coap.as_ref().ok_or(M2M_NOT_ALLOWED)?;
            out.put(coap.counters());
            Ok(M2M_OK)
        })
    })
}
