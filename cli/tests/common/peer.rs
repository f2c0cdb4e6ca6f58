//! A CoAP endpoint in the hands of a test, plain or behind OSCORE.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "helpers of tests, each test file uses some of them"
)]

use super::LONG;
use coap_core::oscore::{OscoreOption, SecurityParameters};
use coap_core::{
    Code, Config, ContentFormat, Endpoint, Event, History, Limits, Message, OptionNumber,
    OptionWriter, Parameters, Request, RequestId, Response, SecurityId,
};
use m2m_base::{Instant, PeerId, Seed};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

const SERVER: PeerId = PeerId(1);

pub(crate) struct Peer {
    socket: UdpSocket,
    endpoint: Endpoint,
    context: Option<SecurityId>,
    begun: std::time::Instant,
    /// What was asked: method and path.
    pub(crate) asked: Vec<(Code, String)>,
    /// Sequence numbers that the server used for requests.
    pub(crate) numbers: Vec<u64>,
    /// Codes of what came without protection.
    pub(crate) plain: Vec<Code>,
}

impl Peer {
    /// One that answers every request with a text.
    pub(crate) fn new(server: SocketAddr, context: Option<&SecurityParameters<'_>>) -> Peer {
        let limits = Limits { security_contexts: 1, ..Limits::DEVICE };
        let config = Config { limits, parameters: Parameters::default() };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let mut endpoint = Endpoint::new(&config, &Seed(seed)).unwrap();
        let context = context.map(|p| endpoint.add_security_context(p, History::New).unwrap());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let begun = std::time::Instant::now();
        let (asked, numbers, plain) = (Vec::new(), Vec::new(), Vec::new());
        Peer { socket, endpoint, context, begun, asked, numbers, plain }
    }

    /// The same peer at another address of the server.
    pub(crate) fn moves(&mut self, server: SocketAddr) {
        self.socket.connect(server).unwrap();
    }

    fn now(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.begun.elapsed().as_millis()).unwrap() + 1000)
    }

    /// Sends and takes what there is, once. The code of the answer that is waited for.
    pub(crate) fn turn(&mut self, waited: Option<RequestId>) -> Option<(Code, String)> {
        let mut buf = [0; 2048];
        let now = self.now();
        if self.endpoint.poll_timeout().is_some_and(|at| at <= now) {
            self.endpoint.handle_timeout(now);
        }
        self.events(waited).or_else(|| {
            while let Some(sent) = self.endpoint.poll_transmit(now, &mut buf).unwrap() {
                // The server may be down.
                let _ = self.socket.send(&buf[..sent.len]);
            }
            if let Ok(len) = self.socket.recv(&mut buf) {
                self.note(&buf[..len]);
                self.endpoint.handle_datagram(now, SERVER, &buf[..len]);
            }
            self.events(waited)
        })
    }

    fn note(&mut self, datagram: &[u8]) {
        let message = Message::parse(datagram).unwrap();
        match message.options.first(OptionNumber::OSCORE) {
            None if message.code != Code::EMPTY => self.plain.push(message.code),
            Some(option) if message.code.is_request() => {
                let option = OscoreOption::parse(option).unwrap();
                let number = option.piv.map(|piv| piv.get());
                self.numbers.extend(number);
            }
            _ => {}
        }
    }

    fn events(&mut self, waited: Option<RequestId>) -> Option<(Code, String)> {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, .. } => {
                    let now = self.now();
                    let asked = self.endpoint.incoming(id).unwrap();
                    let path = asked.options.path();
                    let path = path
                        .fold(String::new(), |all, s| all + "/" + core::str::from_utf8(s).unwrap());
                    let code = asked.code;
                    self.asked.push((code, path));
                    let mut room = [0; 8];
                    let mut options = OptionWriter::new(&mut room);
                    let read = code == Code::GET;
                    if read {
                        options.content_format(ContentFormat::TEXT).unwrap();
                    }
                    let response = Response {
                        options: options.options(),
                        payload: if read { b"hello" } else { b"" },
                        ..Response::new(if read { Code::CONTENT } else { Code::CHANGED })
                    };
                    self.endpoint.respond(now, id, &response).unwrap();
                }
                Event::Done { id, outcome } => {
                    let answer = self.endpoint.response(id).map(|content| {
                        let all = content.options.all(OptionNumber::LOCATION_PATH);
                        let location = all.fold(String::new(), |all, s| {
                            all + "/" + core::str::from_utf8(s).unwrap()
                        });
                        (content.code, location)
                    });
                    self.endpoint.release(id);
                    if Some(id) == waited {
                        return Some(answer.unwrap_or_else(|| panic!("{outcome:?}")));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Asks the server: the code and the location of the answer. Meanwhile it answers itself.
    pub(crate) fn post(&mut self, target: &str, payload: &str, protected: bool) -> (Code, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut room = [0; 512];
        let mut options = OptionWriter::new(&mut room);
        options.path(path).unwrap();
        if !payload.is_empty() {
            options.content_format(ContentFormat::LINK_FORMAT).unwrap();
        }
        for part in query.split('&').filter(|part| !part.is_empty()) {
            options.query(part).unwrap();
        }
        let payload = payload.as_bytes();
        let request = Request { options: options.options(), payload, ..Request::new(Code::POST) };
        let now = self.now();
        let id = match self.context.filter(|_| protected) {
            Some(context) => self.endpoint.request_under(now, SERVER, context, &request),
            None => self.endpoint.request(now, SERVER, &request),
        };
        let id = id.unwrap();
        let until = std::time::Instant::now() + LONG;
        loop {
            if let Some(answer) = self.turn(Some(id)) {
                return answer;
            }
            assert!(std::time::Instant::now() < until, "no answer to {target}");
        }
    }

    /// Serves until something was asked that often.
    pub(crate) fn serve(&mut self, times: usize) {
        let until = std::time::Instant::now() + LONG;
        while self.asked.len() < times {
            self.turn(None);
            assert!(std::time::Instant::now() < until, "{:?}", self.asked);
        }
        // The answer goes out.
        self.turn(None);
    }
}
