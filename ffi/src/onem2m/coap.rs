//! CoAP (TS-0008): an endpoint that asks and answers, for an AE and for a CSE.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use coap_core::{
    Cancel, Config, Endpoint, Event, IncomingId, Limits, OptionWriter, Outcome, Parameters,
    RequestId,
};
use m2m_base::{Duration, Engine, Instant, PeerId, Seed};
use onem2m_core::binding::coap::{
    self, Incoming, Received, UNDERSTOOD, read_request, read_response,
};
use onem2m_core::binding::http::JSON;
use onem2m_core::media::MediaType;
use onem2m_core::primitive::{Request, Response};
use onem2m_core::{Operation, ResponseStatusCode};

use crate::borrow::Out;
use crate::config::narrow;
use crate::engine::{m2m_counters, m2m_transmit};
use crate::result::Outcome as Result_;
use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// Longest list of options, in bytes.
pub(super) const OPTIONS: usize = 8192;

/// What an endpoint may hold, as C has it.
pub(super) struct Room {
    pub(super) requests: u32,
    pub(super) exchanges: u32,
    pub(super) message_size: u32,
    pub(super) body_size: u32,
    pub(super) transfers: u32,
    pub(super) peers: u32,
    pub(super) pool_size: u32,
}

/// A request that waits for its response.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    id: IncomingId,
    operation: Operation,
    media: MediaType,
}

/// What the endpoint brought.
pub(super) enum Came {
    /// A request: it is to be given to `accept` or to `respond`.
    Request(PeerId, Waiting, Box<Request>),
    /// The response to what `ask` sent.
    Response(u64, Box<Response>),
    /// There is none; the request may have arrived.
    Failed(u64),
}

/// The endpoint, and what is under way.
pub(crate) struct Coap {
    endpoint: Endpoint,
    /// By the numbers of the engine.
    waiting: BTreeMap<u64, Waiting>,
    /// Never more than the endpoint has exchanges.
    asked: Vec<(RequestId, u64, Operation)>,
}

impl Coap {
    /// With `patience` for responses that do not come with the acknowledgement.
    pub(super) fn new(
        room: &Room,
        patience: Option<Duration>,
        seed: &Seed,
    ) -> Result<Coap, m2m_result> {
        let limits = Limits {
            message_size: narrow(room.message_size)?,
            body_size: room.body_size,
            exchanges: room.exchanges,
            requests: room.requests,
            observers: 0,
            transfers: room.transfers,
            peers: room.peers,
            security_contexts: 0,
            pool: room.pool_size,
        };
        let mut parameters = Parameters { understood: UNDERSTOOD, ..Parameters::default() };
        if let Some(patience) = patience {
            parameters.response_timeout = parameters.response_timeout.max(patience);
        }
        let endpoint = Endpoint::new(&Config { limits, parameters }, &seed.derive(2))?;
        Ok(Coap { endpoint, waiting: BTreeMap::new(), asked: Vec::new() })
    }

    pub(super) fn handle_datagram(
        &mut self,
        now: Instant,
        peer: PeerId,
        datagram: &[u8],
    ) -> m2m_base::Disposition {
        Engine::handle_datagram(&mut self.endpoint, now, peer, datagram)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        Engine::handle_timeout(&mut self.endpoint, now);
    }

    /// What the endpoint has counted.
    pub(super) fn counters(&self) -> m2m_counters {
        self.endpoint.counters().into()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        Engine::poll_timeout(&self.endpoint)
    }

    pub(super) fn forget_peer(&mut self, now: Instant, peer: u64) {
        Engine::forget_peer(&mut self.endpoint, now, PeerId(peer));
    }

    /// Gives C the next datagram.
    pub(super) fn poll(&mut self, now: Instant, buf: &mut [u8], out: Out<m2m_transmit>) -> Result_ {
        match Engine::poll_transmit(&mut self.endpoint, now, buf) {
            Ok(Some(t)) => {
                out.put(m2m_transmit { peer: t.peer.0, len: t.len });
                Ok(M2M_OK)
            }
            Ok(None) => Ok(M2M_NOTHING),
            Err(_) => Err(M2M_BUFFER_TOO_SMALL),
        }
    }

    /// Sends a request, which the engine names `id`. False if it cannot be sent by this endpoint.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        peer: PeerId,
        id: u64,
        request: &Request,
        media: MediaType,
    ) -> bool {
        // The engine tries again what it no longer waits for.
        let before = self.asked.extract_if(.., |(_, asked, _)| *asked == id);
        for (before, _, _) in before {
            // It may be over.
            let _ = self.endpoint.cancel(now, before, Cancel::Forget);
        }
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let Ok(sent) = coap::write_request(request, media, &mut options) else { return false };
        let message = coap_core::Request {
            options: options.options(),
            payload: &sent.payload,
            ..coap_core::Request::new(sent.code)
        };
        match self.endpoint.request(now, peer, &message) {
            Ok(exchange) => {
                self.asked.push((exchange, id, request.operation));
                true
            }
            Err(_) => false,
        }
    }

    /// The next thing that the endpoint brought. What is no request of oneM2M is answered here.
    pub(super) fn next(&mut self, now: Instant) -> Option<Came> {
        loop {
            match Engine::poll_event(&mut self.endpoint)? {
                Event::Request { id, peer } => {
                    let Some(incoming) = self.endpoint.incoming(id) else { continue };
                    let message = Incoming {
                        code: incoming.code,
                        options: incoming.options,
                        payload: incoming.payload,
                    };
                    match read_request(&message) {
                        Ok(Received { request, reply: media }) => {
                            let waiting = Waiting { id, operation: request.operation, media };
                            return Some(Came::Request(peer, waiting, request.into()));
                        }
                        Err(error) => {
                            let operation = Operation::Retrieve;
                            let waiting = Waiting { id, operation, media: JSON };
                            self.respond(now, waiting, &error.to_response());
                        }
                    }
                }
                Event::Done { id, outcome } => {
                    if let Some(came) = self.done(id, outcome) {
                        return Some(came);
                    }
                }
                _ => {}
            }
        }
    }

    fn done(&mut self, id: RequestId, outcome: Outcome) -> Option<Came> {
        let at = self.asked.iter().position(|(asked, _, _)| *asked == id);
        let response = match (at.and_then(|at| self.asked.get(at)), self.endpoint.response(id)) {
            (Some((_, _, operation)), Some(content)) if outcome == Outcome::Response => {
                let (code, options) = (content.code, content.options);
                let message = Incoming { code, options, payload: content.payload };
                read_response(&message, *operation).ok()
            }
            _ => None,
        };
        self.endpoint.release(id);
        let (_, asked, _) = self.asked.swap_remove(at?);
        Some(response.map_or(Came::Failed(asked), |r| Came::Response(asked, r.into())))
    }

    /// The engine took a request, and names it `number`.
    pub(super) fn accept(&mut self, number: u64, waiting: Waiting) {
        self.waiting.insert(number, waiting);
    }

    /// Sends the engine's answer to a request that came here. False if it came another way.
    pub(super) fn answer(&mut self, now: Instant, number: u64, response: &Response) -> bool {
        let Some(waiting) = self.waiting.remove(&number) else { return false };
        self.respond(now, waiting, response);
        true
    }

    /// Answers a request.
    pub(super) fn respond(&mut self, now: Instant, waiting: Waiting, response: &Response) {
        if self.send(now, waiting, response) {
            return;
        }
        // It is too long for the endpoint or for the binding.
        let status = ResponseStatusCode::NotAcceptable;
        let refusal = Response::new(status, response.request_identifier.clone());
        // If not even that can be sent, the peer asks again.
        let _ = self.send(now, Waiting { media: JSON, ..waiting }, &refusal);
    }

    fn send(&mut self, now: Instant, waiting: Waiting, response: &Response) -> bool {
        let Waiting { id, operation, media } = waiting;
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let Ok(sent) = coap::write_response(response, operation, media, &mut options) else {
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
