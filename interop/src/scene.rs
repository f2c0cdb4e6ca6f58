//! A device of ours that is registered with a Leshan server.

use crate::capture::{Capture, Captured};
use crate::device::{self, Device, SERVER};
use crate::http::Events;
use crate::leshan::{LeshanServer, Reply};
use crate::loopback;
use crate::relay::Relay;
use lwm2m_core::client::Event;
use serde_json::Value;
use std::net::UdpSocket;
use std::time::Duration;

/// A registered device, the server it is registered with, and what is seen of the two.
pub struct Scene {
    /// Its name.
    pub endpoint: &'static str,
    /// Where it is registered.
    pub server: &'static LeshanServer,
    /// What the server tells of it.
    pub events: Events,
    /// The device itself.
    pub device: Device,
    capture: Capture,
    /// The event that told of the registration.
    pub registered: Value,
}

impl Scene {
    /// A device with this name and lifetime, once it is registered.
    #[must_use]
    pub fn new(endpoint: &'static str, lifetime: u32) -> Scene {
        Scene::behind(endpoint, lifetime, None)
    }

    /// With a relay before the server.
    ///
    /// # Panics
    /// If it does not register in time.
    #[must_use]
    pub fn behind(endpoint: &'static str, lifetime: u32, relay: Option<&Relay>) -> Scene {
        let server = LeshanServer::shared();
        let mut events = server.events(endpoint);
        let target = relay.map_or(server.coap, Relay::address);
        let socket = UdpSocket::bind(loopback(0)).expect("a free port");
        let capture = Capture::start(&[socket.local_addr().expect("bound").port()]);
        let device = device::start(socket, endpoint, target, lifetime);
        device.wait("Registered", |(e, _)| {
            (*e == Event::Registered { server: SERVER }).then_some(())
        });
        let registered = events.wait("REGISTRATION").data;
        Scene { endpoint, server, events, device, capture, registered }
    }

    /// A path of it, as the server names it.
    #[must_use]
    pub fn at(&self, rest: &str) -> String {
        format!("/{}{rest}", self.endpoint)
    }

    /// The server reads a path of it.
    #[must_use]
    pub fn read(&self, rest: &str) -> Reply {
        self.server.read(&self.at(rest))
    }

    /// The server does something to a path of it.
    #[must_use]
    pub fn ask(&self, method: &str, rest: &str, body: &Value) -> Reply {
        self.server.ask(method, &self.at(rest), body)
    }

    /// The same; gives the code of the answer.
    #[must_use]
    pub fn code(&self, method: &str, rest: &str, body: &Value) -> u16 {
        self.ask(method, rest, body).code()
    }

    /// The server executes Disable. The device takes its leave at once, and Leshan cancels what it asked of a
    /// client that goes: if it looks at that datagram first, the answer to the Execute too, though it
    /// arrived before.
    ///
    /// # Panics
    /// If it comes to anything else.
    pub fn disable(&self) {
        let (status, answer) = self.server.http("POST", &self.at("/1/0/4"), "");
        let cancelled = status == 500 && answer.contains("canceled");
        assert!(cancelled || answer.contains("CHANGED(204)"), "{status} {answer}");
    }

    /// The device goes, as a device should, and all that was said was well-formed.
    ///
    /// # Panics
    /// If not.
    pub fn end(mut self) -> Captured {
        self.device.call(|client, now| client.deregister(now, SERVER)).expect("registered");
        let gone = self.events.wait("DEREGISTRATION").data;
        assert_eq!(gone["expired"], false);
        let captured = self.capture.check();
        self.device.stop();
        captured
    }
}

/// How long the server was without the device: from its answer to the first De-register to the next Register.
///
/// # Panics
/// If one of them was not captured.
#[must_use]
pub fn away(captured: &Captured) -> Duration {
    let gone = captured.times("coap.code == 66")[0];
    let back = captured.times("coap.code == 2 && coap.opt.uri_query contains \"ep=\"");
    *back.iter().find(|at| **at > gone).expect("a Register") - gone
}
