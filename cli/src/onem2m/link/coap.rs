//! CoAP (TS-0008): one endpoint that serves and asks, also over DTLS with pre-shared keys.

use super::known::Known;
use super::{Binding, Host, Origin, plain, refusal};
use crate::clock::Clock;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::transport::{Keyring, Notice, Psk, Scheme, Target, Transport};
use coap_core::{
    Code, Config, Endpoint, Event, IncomingId, Limits, OptionWriter, Outcome, Parameters, RequestId,
};
use m2m_base::{Engine, PeerId, Seed};
use onem2m_core::binding::coap;
use onem2m_core::cse::Session;
use onem2m_core::media::{MediaType, Serialization};
use onem2m_core::primitive::{Request, Response};
use onem2m_core::{Operation, ResponseStatusCode};
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Longest list of options, in bytes.
const OPTIONS: usize = 8192;

/// What one endpoint may hold. Bodies longer than one half of the pool are refused.
const LIMITS: Limits = Limits {
    message_size: 1152,
    body_size: 1 << 20,
    exchanges: 256,
    requests: 2048,
    observers: 0,
    transfers: 64,
    peers: 2048,
    security_contexts: 0,
    pool: 4 << 20,
};

/// The same for an endpoint that talks to one server.
const FOR_ONE: Limits = Limits { exchanges: 64, requests: 256, transfers: 8, peers: 4, ..LIMITS };

/// Who waits for a response, or for the words of why there is none.
type Waiting = oneshot::Sender<Result<Response, String>>;

/// What the endpoint is told from outside.
enum Command {
    Ask(SocketAddr, Box<Request>, MediaType, Waiting),
    Answer(IncomingId, Operation, MediaType, Box<Response>),
    End,
}

/// Asks through the endpoint.
#[derive(Clone)]
pub(crate) struct Asker(UnboundedSender<Command>);

impl Asker {
    /// Sends a request to an address, and waits for the response. The error is in words.
    pub(crate) async fn ask(
        &self,
        to: SocketAddr,
        request: Request,
        serialization: Serialization,
    ) -> Result<Response, String> {
        let (sender, answer) = oneshot::channel();
        // If the endpoint is gone, so is the other end.
        let _ = self.0.send(Command::Ask(to, Box::new(request), plain(serialization), sender));
        answer.await.unwrap_or_else(|_| Err("the socket is closed".to_owned()))
    }

    /// Ends the endpoint.
    pub(crate) fn end(&self) {
        // It may have ended already.
        let _ = self.0.send(Command::End);
    }

    /// Whether it is the same endpoint.
    pub(crate) fn is(&self, other: &Asker) -> bool {
        self.0.same_channel(&other.0)
    }
}

/// The endpoint, its socket, and who serves what comes in.
pub(crate) struct Node {
    driver: Driver<Known>,
    /// The one who is talked to, whatever address is asked.
    only: Option<PeerId>,
    ends: bool,
    host: Rc<dyn Host>,
    commands: UnboundedReceiver<Command>,
    /// For answers that come later.
    to: UnboundedSender<Command>,
    /// Never more than the endpoint has exchanges.
    asked: Vec<(RequestId, Operation, Waiting)>,
}

/// A socket that serves nobody yet.
pub(crate) struct Bound {
    transport: Transport,
    local: SocketAddr,
    only: Option<PeerId>,
}

impl Bound {
    /// Opens it.
    pub(crate) async fn new(local: SocketAddr) -> Result<Bound, Failure> {
        Bound::listen(Scheme::Coap, local, &[]).await
    }

    /// Opens one for DTLS. Peers are who they have the key of.
    pub(crate) async fn secure(local: SocketAddr, keys: &[Psk]) -> Result<Bound, Failure> {
        Bound::listen(Scheme::Coaps, local, keys).await
    }

    async fn listen(scheme: Scheme, local: SocketAddr, keys: &[Psk]) -> Result<Bound, Failure> {
        let mut transport = Transport::new();
        let local = transport.listen(scheme, local, &Keyring::of(keys), None).await?;
        transport.enlarge_buffers();
        Ok(Bound { transport, local, only: None })
    }

    /// Opens one for talking over DTLS to the server at an address.
    pub(crate) async fn to(remote: SocketAddr, psk: &Psk) -> Result<Bound, Failure> {
        let mut transport = Transport::new();
        let target = Target {
            scheme: Scheme::Coaps,
            host: remote.ip().to_string(),
            authority: remote.to_string(),
            psk: Some(psk.clone()),
            trust: None,
            place: None,
        };
        let peer = transport.connect(&target, remote).await?;
        let local = transport.local(peer).unwrap_or_else(|| ([0, 0, 0, 0], 0).into());
        Ok(Bound { transport, local, only: Some(peer) })
    }

    /// The address that it has.
    pub(crate) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Puts an endpoint on it.
    pub(crate) fn into_node(
        self,
        clock: Clock,
        host: Rc<dyn Host>,
        seed: &Seed,
    ) -> Result<(Node, Asker), Failure> {
        let parameters = Parameters { understood: coap::UNDERSTOOD, ..Parameters::default() };
        let limits = if self.only.is_some() { FOR_ONE } else { LIMITS };
        let body_size = u32::try_from(host.longest()).unwrap_or(u32::MAX).min(limits.body_size);
        let config = Config { limits: Limits { body_size, ..limits }, parameters };
        let endpoint = Endpoint::new(&config, seed)
            .map_err(|error| Failure::new(format!("cannot make an endpoint: {error}")))?;
        let (to, commands) = unbounded_channel();
        let driver = Driver::new(self.transport, clock, Known::new(endpoint))
            .with_identities(Known::secured);
        let asker = Asker(to.clone());
        let only = self.only;
        Ok((Node { driver, only, ends: false, host, commands, to, asked: Vec::new() }, asker))
    }
}

impl Node {
    /// Serves until the socket breaks, or the session with the one who is talked to.
    pub(crate) async fn run(mut self) -> Failure {
        loop {
            tokio::select! {
                turned = self.driver.turn(None) => {
                    if let Err(failure) = turned {
                        return failure;
                    }
                }
                command = self.commands.recv() => self.obey(command),
            }
            while let Ok(command) = self.commands.try_recv() {
                self.obey(Some(command));
            }
            if self.ends {
                if let Some(only) = self.only {
                    // It says goodbye, if it can.
                    let _ = self.driver.close(only);
                }
                return Failure::new("ended");
            }
            self.take_events();
            while let Some(notice) = self.driver.notice() {
                let Notice::Down(peer, why) = notice else { continue };
                if self.only == Some(peer) {
                    for (_, _, answer) in self.asked.drain(..) {
                        // Who asked may have gone.
                        let _ = answer.send(Err(format!("no session: {why}")));
                    }
                    return Failure::new(why);
                }
                let now = self.driver.now();
                Engine::forget_peer(&mut self.driver.engine, now, peer);
                self.take_events();
            }
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.driver.engine.poll_event() {
            match event {
                Event::Request { id, peer } => self.request(id, peer),
                Event::Done { id, outcome } => self.done(id, outcome),
                _ => {}
            }
        }
    }

    fn obey(&mut self, command: Option<Command>) {
        match command {
            Some(Command::Ask(to, request, media, answer)) => self.ask(to, &request, media, answer),
            Some(Command::Answer(id, operation, media, response)) => {
                self.respond(id, operation, media, &response);
            }
            Some(Command::End) => self.ends = true,
            // It has a sender of its own.
            None => {}
        }
    }

    fn request(&mut self, id: IncomingId, peer: PeerId) {
        let Some(incoming) = self.driver.engine.endpoint.incoming(id) else { return };
        let message = coap::Incoming {
            code: incoming.code,
            options: incoming.options,
            payload: incoming.payload,
        };
        match coap::read_request(&message) {
            Ok(coap::Received { request, reply: media }) => {
                let address = self.driver.address(peer).map(|address| address.ip());
                let names = self.driver.engine.names(peer);
                let authenticated = names.is_some();
                let session = Session { peer, address, authenticated, ..Session::default() };
                let operation = request.operation;
                let to = self.to.clone();
                let reply = Box::new(move |response| {
                    let _ = to.send(Command::Answer(id, operation, media, Box::new(response)));
                });
                let origin = Origin::new(Binding::Coap, session, media.serialization);
                let origin = Origin { names, ..origin };
                self.host.request(origin, request, reply);
            }
            Err(error) => {
                self.host.malformed(Binding::Coap);
                let media = plain(Serialization::Json);
                self.respond(id, Operation::Retrieve, media, &error.to_response());
            }
        }
    }

    fn respond(
        &mut self,
        id: IncomingId,
        operation: Operation,
        media: MediaType,
        response: &Response,
    ) {
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let written = coap::write_response(response, operation, media, &mut options);
        let now = self.driver.now();
        let sent = match &written {
            Ok(sent) => {
                let (options, payload) = (options.options(), sent.payload.as_slice());
                let answer =
                    coap_core::Response { options, payload, ..coap_core::Response::new(sent.code) };
                self.driver.engine.endpoint.respond(now, id, &answer).is_ok()
            }
            Err(_) => false,
        };
        if sent {
            return;
        }
        // The answer is too long for the endpoint or for the binding.
        let words = "the response is too long for CoAP";
        let status = ResponseStatusCode::NotAcceptable;
        let refusal = refusal(status, &response.request_identifier, words);
        let mut options = OptionWriter::new(&mut room);
        let media = plain(Serialization::Json);
        if let Ok(sent) = coap::write_response(&refusal, operation, media, &mut options) {
            let (options, payload) = (options.options(), sent.payload.as_slice());
            let answer =
                coap_core::Response { options, payload, ..coap_core::Response::new(sent.code) };
            // Nothing more can be done; the peer asks again.
            let _ = self.driver.engine.endpoint.respond(now, id, &answer);
        }
    }

    fn ask(&mut self, to: SocketAddr, request: &Request, media: MediaType, answer: Waiting) {
        let mut room = vec![0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let sent = match coap::write_request(request, media, &mut options) {
            Ok(sent) => sent,
            Err(error) => return drop(answer.send(Err(error.to_string()))),
        };
        let Some(peer) = self.only.or_else(|| self.driver.peer_at(to)) else {
            return drop(answer.send(Err("this address cannot be reached from here".to_owned())));
        };
        let message = coap_core::Request {
            options: options.options(),
            payload: &sent.payload,
            ..coap_core::Request::new(sent.code)
        };
        match self.driver.engine.endpoint.request(self.driver.now(), peer, &message) {
            Ok(id) => self.asked.push((id, request.operation, answer)),
            Err(error) => drop(answer.send(Err(error.to_string()))),
        }
    }

    fn done(&mut self, id: RequestId, outcome: Outcome) {
        let Some(at) = self.asked.iter().position(|(asked, _, _)| *asked == id) else { return };
        let (_, operation, answer) = self.asked.swap_remove(at);
        let result = match (outcome, self.driver.engine.endpoint.response(id)) {
            (Outcome::Response, Some(content)) => {
                let message = coap::Incoming {
                    code: content.code,
                    options: content.options,
                    payload: content.payload,
                };
                coap::read_response(&message, operation).map_err(|error| {
                    let Code(code) = content.code;
                    let (class, detail) = (code >> 5, code & 0x1f);
                    format!("{class}.{detail:02}, and no response of oneM2M: {error}")
                })
            }
            (Outcome::TimedOut, _) => Err("no answer came".to_owned()),
            (Outcome::Reset, _) => Err("the request was rejected".to_owned()),
            (Outcome::TooLarge, _) => Err("the response is too large".to_owned()),
            _ => Err("the request broke off".to_owned()),
        };
        self.driver.engine.endpoint.release(id);
        // Who asked may have gone.
        let _ = answer.send(result);
    }
}
