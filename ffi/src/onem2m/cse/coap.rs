//! CoAP (TS-0008): an endpoint that serves requests.

use alloc::collections::BTreeMap;
use alloc::vec;

use coap_core::{
    Config, Endpoint, Event, IncomingId, Limits, OptionNumber, OptionWriter, Parameters,
};
use m2m_base::{Engine, Instant, PeerId, Seed};
use onem2m_core::binding::coap::{Incoming, Received, read_request, write_response};
use onem2m_core::binding::http::JSON;
use onem2m_core::cse::{Cse, Session};
use onem2m_core::media::MediaType;
use onem2m_core::primitive::Response;
use onem2m_core::{Operation, ResponseStatusCode};

use super::handle::submit;
use super::{m2m_onem2m_cse, m2m_onem2m_cse_config, m2m_onem2m_session};
use crate::borrow::{Out, buffer, bytes};
use crate::config::narrow;
use crate::engine::{checked, disposed, m2m_transmit};
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_OK};

/// Longest list of options, in bytes.
const OPTIONS: usize = 8192;
/// The options of the binding (TS-0008 table 6.2.2.4.0-1).
const UNDERSTOOD: (OptionNumber, OptionNumber) = (OptionNumber(256), OptionNumber(351));

/// A request that waits for its response.
type Waiting = (IncomingId, Operation, MediaType);

/// The endpoint, and the requests that it brought.
pub(crate) struct Coap {
    endpoint: Endpoint,
    waiting: BTreeMap<u64, Waiting>,
}

impl Coap {
    pub(super) fn new(
        config: &m2m_onem2m_cse_config,
        seed: &Seed,
    ) -> Result<Option<Coap>, m2m_result> {
        if config.coap_requests == 0 {
            return Ok(None);
        }
        let limits = Limits {
            message_size: narrow(config.coap_message_size)?,
            body_size: config.coap_body_size,
            exchanges: 1,
            requests: config.coap_requests,
            observers: 0,
            transfers: config.coap_transfers,
            peers: config.coap_peers,
            security_contexts: 0,
            pool: config.coap_pool_size,
        };
        let parameters = Parameters { understood: UNDERSTOOD, ..Parameters::default() };
        let endpoint = Endpoint::new(&Config { limits, parameters }, &seed.derive(2))?;
        Ok(Some(Coap { endpoint, waiting: BTreeMap::new() }))
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, cse: &mut Cse) {
        Engine::handle_timeout(&mut self.endpoint, now);
        self.take(now, cse, None);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        Engine::poll_timeout(&self.endpoint)
    }

    /// Gives the CSE what peers ask for.
    fn take(&mut self, now: Instant, cse: &mut Cse, who: Option<&super::handle::Who<'_>>) {
        while let Some(event) = Engine::poll_event(&mut self.endpoint) {
            let Event::Request { id, peer } = event else { continue };
            let Some(incoming) = self.endpoint.incoming(id) else { continue };
            let message = Incoming {
                code: incoming.code,
                options: incoming.options,
                payload: incoming.payload,
            };
            let (operation, media, refusal) = match read_request(&message) {
                Ok(Received { request, reply }) => {
                    let operation = request.operation;
                    let submitted = match who.filter(|who| who.session.peer == peer) {
                        Some(who) => submit(cse, now, who, request),
                        None => {
                            let session = Session { peer, ..Session::default() };
                            Ok(cse.handle_request(now, session, request).to_bits())
                        }
                    };
                    match submitted {
                        Ok(number) => {
                            self.waiting.insert(number, (id, operation, reply));
                            continue;
                        }
                        Err(response) => (operation, reply, response),
                    }
                }
                Err(error) => (Operation::Retrieve, JSON, error.to_response().into()),
            };
            self.respond(now, (id, operation, media), &refusal);
        }
    }

    /// Sends the engine's answer to a request that came here.
    pub(super) fn answer(&mut self, now: Instant, id: u64, response: &Response) {
        if let Some(waiting) = self.waiting.remove(&id) {
            self.respond(now, waiting, response);
        }
    }

    fn respond(&mut self, now: Instant, waiting: Waiting, response: &Response) {
        let (id, operation, media) = waiting;
        if self.send(now, id, operation, media, response) {
            return;
        }
        // It is too long for the endpoint or for the binding.
        let status = ResponseStatusCode::NotAcceptable;
        let refusal = Response::new(status, response.request_identifier.clone());
        // If not even that can be sent, the peer asks again.
        let _ = self.send(now, id, operation, JSON, &refusal);
    }

    fn send(
        &mut self,
        now: Instant,
        id: IncomingId,
        operation: Operation,
        media: MediaType,
        response: &Response,
    ) -> bool {
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let Ok(sent) = write_response(response, operation, media, &mut options) else {
            return false;
        };
        let answer = coap_core::Response {
            options: options.options(),
            payload: &sent.payload,
            ..coap_core::Response::new(sent.code)
        };
        self.endpoint.respond(now, id, &answer).is_ok()
    }
}

/// Takes a datagram of CoAP that arrived from the peer of a session. A bad datagram is no error: M2M_OK if
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
            let peer = who.session.peer;
            let disposition = Engine::handle_datagram(&mut coap.endpoint, now, peer, datagram);
            coap.take(now, &mut inside.cse, Some(&who));
            Ok(disposed(disposition))
        })
    })
}

/// Writes the next datagram of CoAP to send into buf, which has room for cap bytes. M2M_NOTHING when there is
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
            match Engine::poll_transmit(&mut coap.endpoint, now, buf) {
                Ok(Some(t)) => {
                    out.put(m2m_transmit { peer: t.peer.0, len: t.len });
                    Ok(M2M_OK)
                }
                Ok(None) => Ok(M2M_NOTHING),
                Err(_) => Err(M2M_BUFFER_TOO_SMALL),
            }
        })
    })
}

/// Tells that the address or security session of a peer of CoAP is gone: responses to its requests are
/// dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_forget_coap_peer(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            if let Some(coap) = &mut inside.coap {
                let now = Instant::from_millis(now_ms);
                Engine::forget_peer(&mut coap.endpoint, now, PeerId(peer));
            }
            Ok(M2M_OK)
        })
    }
}
