//! An originator of oneM2M requests over CoAP.
//!
//! Notifications come over HTTP: ACME 2026.5 cannot send one over CoAP (its table of methods has
//! none for NOTIFY, and its thread ends with an exception).

use crate::onem2m::{Http, Link, plain};
use coap_core::{
    Config, Endpoint, Event, Limits, OptionNumber, OptionWriter, Outcome, Parameters, RequestId,
};
use m2m_base::{PeerId, Seed};
use onem2m_core::binding::coap;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// How long an answer may take.
const LONG: Duration = Duration::from_secs(120);

/// CoAP, with HTTP for notifications.
pub struct Coap {
    socket: UdpSocket,
    endpoint: Endpoint,
    start: Instant,
    serialization: Serialization,
    done: Vec<(RequestId, Outcome)>,
    notifications: Http,
}

impl Coap {
    /// The way to the CSE at `server`, which sends notifications to `notifications`; payloads in
    /// `serialization`.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn new(server: SocketAddr, notifications: Http, serialization: Serialization) -> Coap {
        let socket = UdpSocket::bind(crate::loopback(0)).expect("a free port");
        socket.connect(server).expect("loopback");
        socket.set_read_timeout(Some(Duration::from_millis(10))).expect("set");
        let config = Config {
            limits: Limits::GATEWAY,
            // The options of the binding (TS-0008 table 6.2.2.4.0-1).
            parameters: Parameters {
                understood: (OptionNumber(256), OptionNumber(351)),
                ..Parameters::default()
            },
        };
        Coap {
            socket,
            endpoint: Endpoint::new(&config, &Seed([7; 32])).expect("a configuration"),
            start: Instant::now(),
            serialization,
            done: Vec::new(),
            notifications,
        }
    }

    fn now(&self) -> m2m_base::Instant {
        let elapsed = self.start.elapsed().as_millis();
        m2m_base::Instant::from_millis(u64::try_from(elapsed).expect("a short test"))
    }

    /// Sends and receives what there is, within 10 ms.
    fn step(&mut self) {
        let mut buf = [0; 65_536];
        let now = self.now();
        while let Some(sent) = self.endpoint.poll_transmit(now, &mut buf).expect("large enough") {
            self.socket.send(&buf[..sent.len]).expect("sent");
        }
        if let Ok(len) = self.socket.recv(&mut buf) {
            self.endpoint.handle_datagram(self.now(), PeerId(0), &buf[..len]);
        }
        let now = self.now();
        self.endpoint.handle_timeout(now);
        while let Some(event) = self.endpoint.poll_event() {
            if let Event::Done { id, outcome } = event {
                self.done.push((id, outcome));
            }
        }
    }
}

impl Link for Coap {
    fn ask(&mut self, request: &Request) -> Response {
        let mut room = [0; 1024];
        let mut writer = OptionWriter::new(&mut room);
        let sent = coap::write_request(request, plain(self.serialization), &mut writer);
        let sent = sent.expect("mapped");
        let message = coap_core::Request {
            options: writer.options(),
            payload: &sent.payload,
            ..coap_core::Request::new(sent.code)
        };
        let id = self.endpoint.request(self.now(), PeerId(0), &message).expect("room for it");
        let end = Instant::now() + LONG;
        let outcome = loop {
            self.step();
            if let Some(at) = self.done.iter().position(|(done, _)| *done == id) {
                break self.done.swap_remove(at).1;
            }
            assert!(Instant::now() < end, "no response");
        };
        assert_eq!(outcome, Outcome::Response);
        let content = self.endpoint.response(id).expect("a response");
        let message = coap::Incoming {
            code: content.code,
            options: content.options,
            payload: content.payload,
        };
        let response = coap::read_response(&message, request.operation);
        let response = response.unwrap_or_else(|e| panic!("{e}: {message:?}"));
        self.endpoint.release(id);
        response
    }

    /// Over HTTP: CoAPthon, by which ACME answers, fails when a response goes in blocks.
    fn ask_for_much(&mut self, request: &Request) -> Response {
        self.notifications.ask(request)
    }

    fn notified(&mut self) -> Request {
        self.notifications.notified()
    }

    fn point_of_access(&self) -> String {
        self.notifications.point_of_access()
    }
}
