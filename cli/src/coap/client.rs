//! A client: an endpoint that talks to the server of a URI, at the first of its addresses where
//! somebody listens.

use super::args;
use super::oscore::Context;
use super::report::code_text;
use super::show;
use super::uri::Uri;
use crate::clock::Clock;
use crate::decode::Decoder;
use crate::driver::{Driver, StreamVerbs};
use crate::failure::{Failure, NO_ANSWER, REJECTED};
use crate::output::Output;
use crate::seeds::Seeds;
use crate::transport::{Notice, Scheme, Target, Trust};
use coap_core::{
    Block, Code, Config, Endpoint, Event, Limits, OptionNumber, OptionWriter, Outcome, Parameters,
    Request, RequestId, Streams,
};
use m2m_base::{Engine, Instant};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// Longest list of options, in bytes as on the wire.
const OPTIONS: usize = 4096;

/// What a client on a computer may hold.
const LIMITS: Limits = Limits {
    message_size: 1280,
    body_size: 16 << 20,
    exchanges: 8,
    requests: 8,
    observers: 0,
    transfers: 4,
    peers: 4,
    pool: 40 << 20,
    security_contexts: 1,
};

/// One connection, with messages of up to 64 blocks of 1024 bytes.
const STREAMS: Streams = Streams {
    connections: 2,
    message_size: 65 * 1024,
    csm_timeout: m2m_base::Duration::from_secs(10),
    keepalive: None,
    pong_timeout: m2m_base::Duration::from_secs(20),
    release_timeout: m2m_base::Duration::from_secs(2),
};

/// A request, ready to be sent.
pub(super) struct Asked {
    pub(super) method: Code,
    pub(super) confirmable: bool,
    pub(super) q_block: bool,
    pub(super) observe: bool,
    /// Instead of a random one.
    pub(super) token: Option<Vec<u8>>,
    /// This block of the answer alone.
    pub(super) block: Option<Block>,
    pub(super) options: Vec<(OptionNumber, Vec<u8>)>,
    pub(super) payload: Vec<u8>,
}

impl Asked {
    /// A request for what a URI names, with what the command line adds.
    pub(super) fn new(method: Code, uri: &Uri, message: &args::Message) -> Asked {
        let host = uri.uri_host().map(|host| (OptionNumber::URI_HOST, host.into_bytes()));
        let path = uri.path.iter().map(|s| (OptionNumber::URI_PATH, s.clone()));
        let query = uri.query.iter().map(|s| (OptionNumber::URI_QUERY, s.clone()));
        let mut asked = Asked {
            method,
            confirmable: !message.non,
            q_block: message.q_block,
            observe: false,
            token: message.token.as_ref().map(|token| token.0.clone()),
            block: message.block.map(|number| Block {
                number,
                more: false,
                szx: message.block_size.unwrap_or(Block::MAX_SZX),
            }),
            options: host.into_iter().chain(path).chain(query).collect(),
            payload: Vec::new(),
        };
        asked.options.extend(message.options.iter().cloned());
        if let Some(format) = message.accept {
            asked.add_uint(OptionNumber::ACCEPT, format.0.into());
        }
        asked
    }

    /// Adds one option with a number as its value.
    pub(super) fn add_uint(&mut self, number: OptionNumber, value: u32) {
        self.options.push((number, coap_core::Uint::new(value).as_bytes().to_vec()));
    }
}

/// An answer or a state, copied.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) code: Code,
    pub(super) options: Vec<(OptionNumber, Vec<u8>)>,
    pub(super) payload: Vec<u8>,
    /// It came under a security context of OSCORE.
    pub(super) protected: bool,
}

impl Answer {
    /// The first option of a number.
    pub(super) fn option(&self, number: OptionNumber) -> Option<&[u8]> {
        self.options.iter().find(|o| o.0 == number).map(|o| o.1.as_slice())
    }

    /// What the payload is.
    pub(super) fn format(&self) -> Option<coap_core::ContentFormat> {
        let number = coap_core::decode_uint(self.option(OptionNumber::CONTENT_FORMAT)?)?;
        u16::try_from(number).ok().map(coap_core::ContentFormat)
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Came {
    /// An answer; the request is over.
    Answer(Answer),
    /// A state of what is observed; there will be more.
    State(Answer),
    /// A refusal that is not protected though the request was; the request is over.
    Bare(Answer),
    /// The request is over without one.
    Ended(Outcome),
}

/// An engine on the way to one server.
pub(super) struct Client<E> {
    pub(super) driver: Driver<E>,
    addresses: VecDeque<SocketAddr>,
    target: Target,
    uri: Uri,
    /// What requests go under.
    context: Option<Context>,
}

/// The addresses behind a URI, at least one.
pub(crate) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| Failure::new(format!("no host is known by the name {host}")))?;
    let mut addresses = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(Failure::new(format!("the host {host} has no address")));
    }
    Ok(addresses)
}

/// An endpoint as a client has it.
pub(super) fn endpoint(
    uri: &Uri,
    block_szx: Option<u8>,
    renew_observations: bool,
    seeds: &mut Seeds,
) -> Result<Endpoint, Failure> {
    let mut parameters = Parameters { renew_observations, ..Parameters::default() };
    parameters.block_szx = block_szx.unwrap_or(parameters.block_szx);
    let config = Config { limits: LIMITS, parameters };
    let seed = seeds.next();
    let made = match uri.scheme.is_datagram() {
        true => Endpoint::new(&config, &seed),
        false => Endpoint::with_streams(&config, &STREAMS, &seed),
    };
    made.map_err(|error| Failure::new(format!("cannot make an endpoint: {error}")))
}

/// How a server is reached, from its URI and the command line.
fn target(uri: &Uri, security: &args::Security) -> Result<Target, Failure> {
    let own = security.cert.as_deref().zip(security.key.as_deref());
    let certified = uri.scheme == Scheme::Coaps && security.psk.is_empty() && own.is_some();
    let trust = match uri.scheme.is_tls() || certified {
        true => Some(Trust::load(security.ca.as_deref(), own)?),
        false => None,
    };
    Ok(Target {
        scheme: uri.scheme,
        host: uri.host.clone(),
        authority: uri.authority(),
        psk: security.psk.first().cloned(),
        trust,
        place: None,
    })
}

impl<E: Engine> Client<E> {
    /// Reaches out for the server of a URI.
    pub(super) async fn open(
        uri: &Uri,
        client: &args::Client,
        clock: Clock,
        engine: impl Fn() -> Result<E, Failure>,
        verbs: StreamVerbs<E>,
        out: Rc<Output>,
    ) -> Result<Self, Failure> {
        let mut addresses = VecDeque::from(resolve(&uri.host, uri.port).await?);
        let target = target(uri, &client.security)?;
        let driver = loop {
            let next = addresses.pop_front().ok_or_else(|| Failure::new("no address"))?;
            let driver = Driver::connect_by(&target, next, clock, engine()?, Some(verbs)).await;
            match driver {
                Err(_) if !addresses.is_empty() => {}
                Ok(driver) => break driver,
                Err(failure) => return Err(failure),
            }
        };
        let mut this = Client { driver, addresses, target, uri: uri.clone(), context: None };
        if client.show.verbose {
            this.driver.set_tap(Decoder::plain(out, "client").into_tap());
        }
        this.driver.flush()?;
        Ok(this)
    }

    /// One turn of the loop. An error if the server cannot be reached at any of its addresses.
    /// `true` if it goes on at another address, where everything has to be said again.
    pub(super) async fn turn(&mut self, until: Option<Instant>) -> Result<bool, Failure> {
        self.driver.turn(until).await?;
        let mut reason = None;
        while let Some(notice) = self.driver.notice() {
            if let Notice::Down(peer, why) = notice
                && peer == self.driver.only_peer()
            {
                reason = Some(why);
            }
        }
        if self.driver.refused {
            reason = Some("nothing listens there".to_owned());
        }
        let Some(reason) = reason else { return Ok(false) };
        match self.addresses.pop_front() {
            Some(next) => {
                self.driver.reconnect_by(&self.target, next).await?;
                Ok(true)
            }
            None => Err(Failure::new(format!("{}: {reason}", self.uri)).exits(NO_ANSWER)),
        }
    }

    /// The server, as a URI names it.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Ends the session properly.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        let peer = self.driver.only_peer();
        self.driver.close(peer)
    }
}

impl Client<Endpoint> {
    /// Takes into use what the command line says that requests go under.
    pub(super) fn protect(&mut self, message: &args::Message) -> Result<(), Failure> {
        if let Some(file) = &message.oscore {
            self.context = Some(Context::open(file, &mut self.driver.engine)?);
        }
        Ok(())
    }

    /// Begins a request.
    pub(super) fn start(&mut self, asked: &Asked) -> Result<RequestId, Failure> {
        let mut room = vec![0; OPTIONS];
        let mut writer = OptionWriter::new(&mut room);
        for (number, value) in &asked.options {
            writer.add(*number, value).map_err(|_| Failure::new("too many options"))?;
        }
        let request = Request {
            confirmable: asked.confirmable,
            q_block: asked.q_block,
            options: writer.options(),
            payload: &asked.payload,
            observe: asked.observe,
            block2: asked.block,
            token: asked.token.as_deref(),
            ..Request::new(asked.method)
        };
        let (now, peer) = (self.driver.now(), self.driver.only_peer());
        let engine = &mut self.driver.engine;
        let started = match &self.context {
            Some(context) => engine.request_under(now, peer, context.id, &request),
            None => engine.request(now, peer, &request),
        };
        started.map_err(|error| Failure::new(format!("this request cannot be sent: {error}")))
    }

    /// What comes next of a request that was begun; `None` when `until` has passed. A request that
    /// has to go to another address is begun again: `id` changes then.
    pub(super) async fn next(
        &mut self,
        id: &mut RequestId,
        asked: &Asked,
        until: Option<Instant>,
    ) -> Result<Option<Came>, Failure> {
        loop {
            while let Some(event) = self.driver.engine.poll_event() {
                match event {
                    Event::Notification { id: of } if of == *id => {
                        if let Some(state) = self.take(of) {
                            return Ok(Some(Came::State(state)));
                        }
                    }
                    Event::Done { id: of, outcome } if of == *id => {
                        let answer = self.take(of);
                        self.driver.engine.release(of);
                        return Ok(Some(match (outcome, answer) {
                            (Outcome::Response, Some(answer)) => Came::Answer(answer),
                            (Outcome::Unprotected, Some(answer)) => Came::Bare(answer),
                            (outcome, _) => Came::Ended(outcome),
                        }));
                    }
                    Event::SequenceReserved { up_to, .. } => {
                        self.context.as_mut().map_or(Ok(()), |c| c.reserve(up_to))?;
                    }
                    Event::Close { peer, .. } => {
                        let why = self.driver.engine.signal(peer).map(|c| c.payload.to_vec());
                        let why = String::from_utf8(why.unwrap_or_default()).unwrap_or_default();
                        self.driver.close(peer)?;
                        let words = format!("{}: the connection broke off", self.uri);
                        let words = match why.as_str() {
                            "" => words,
                            why => format!("{words}: {}", crate::output::printable(why)),
                        };
                        return Err(Failure::new(words).exits(REJECTED));
                    }
                    _ => {}
                }
            }
            if until.is_some_and(|until| until <= self.driver.now()) {
                return Ok(None);
            }
            if self.turn(until).await? {
                // Nothing of it ever arrived anywhere.
                let _ =
                    self.driver.engine.cancel(self.driver.now(), *id, coap_core::Cancel::Forget);
                *id = self.start(asked)?;
            }
        }
    }

    fn take(&mut self, id: RequestId) -> Option<Answer> {
        let content = self.driver.engine.response(id)?;
        Some(Answer {
            code: content.code,
            options: content.options.iter().map(|o| (o.number, o.value.to_vec())).collect(),
            payload: content.payload.to_vec(),
            protected: content.security.is_some(),
        })
    }
}

/// Waits for a connection as long as the caller is patient.
pub(super) async fn within<T>(
    uri: &Uri,
    patience: Option<Duration>,
    what: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match patience {
        None => what.await,
        Some(patience) => match tokio::time::timeout(patience, what).await {
            Ok(done) => done,
            Err(_) => Err(unanswered(uri, None)),
        },
    }
}

/// A time of the caller's patience as the engines' clock has it.
pub(super) fn deadline(now: Instant, patience: Option<Duration>) -> Option<Instant> {
    let ms = u64::try_from(patience?.as_millis()).unwrap_or(u64::MAX);
    Some(now + m2m_base::Duration::from_millis(ms))
}

/// A refusal that anybody may have made, in words.
pub(super) fn bare(uri: &Uri, answer: &Answer) -> Failure {
    let mut words = format!("{uri}: refused, without protection: {}", code_text(answer.code));
    if let Some(text) = show::text(&answer.payload).filter(|text| !text.is_empty()) {
        words = format!("{words}: {}", text.replace('\n', " "));
    }
    Failure::new(words).exits(answer.code.class())
}

/// A request that ended without an answer, in words.
pub(super) fn unanswered(uri: &Uri, outcome: Option<Outcome>) -> Failure {
    let (words, code) = match outcome {
        None | Some(Outcome::TimedOut) => ("no answer", NO_ANSWER),
        Some(Outcome::Reset) => ("the server rejects the message (RST)", REJECTED),
        Some(Outcome::TooLarge) => ("the answer is longer than 16 MiB", REJECTED),
        Some(Outcome::Broken) => ("the server breaks the rules of block-wise transfer", REJECTED),
        Some(Outcome::PeerDown) => ("the connection is gone", NO_ANSWER),
        Some(_) => ("the request ended", REJECTED),
    };
    Failure::new(format!("{uri}: {words}")).exits(code)
}
