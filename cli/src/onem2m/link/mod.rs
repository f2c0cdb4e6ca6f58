//! The bindings over real sockets: requests come in and go out, in either role.

pub(crate) mod coap;
pub(crate) mod http_client;
pub(crate) mod http_server;
mod known;
pub(crate) mod mqtt;
pub(crate) mod ws;

use onem2m_core::ResponseStatusCode;
use onem2m_core::cse::Session;
use onem2m_core::media::{BodyKind, MediaType, Serialization};
use onem2m_core::primitive::{Content, Request, Response};
use serde_json::json;
use std::rc::Rc;

/// How a request came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binding {
    Http,
    Coap,
    Mqtt,
    WebSocket,
}

/// Where a request comes from.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) binding: Binding,
    pub(crate) session: Session,
    /// How its primitives are serialised, where requests to it could go the same way.
    pub(crate) serialization: Serialization,
    /// The WebSocket that it came over.
    pub(crate) socket: Option<Rc<ws::Socket>>,
    /// The names in the certificate of the other side, if it has one.
    pub(crate) names: Option<Rc<[String]>>,
}

impl Origin {
    pub(crate) const fn new(
        binding: Binding,
        session: Session,
        serialization: Serialization,
    ) -> Origin {
        Origin { binding, session, serialization, socket: None, names: None }
    }
}

/// Takes the answer to a request.
pub(crate) type Reply = Box<dyn FnOnce(Response)>;

/// Who serves what comes in.
pub(crate) trait Host {
    /// A request. A reply that is dropped leaves it without an answer.
    fn request(&self, origin: Origin, request: Request, reply: Reply);

    /// Something came that is no request.
    fn malformed(&self, binding: Binding);

    /// Longest body of a request, in bytes.
    fn longest(&self) -> usize;

    /// There is a connection more, or one less.
    fn connections(&self, _binding: Binding, _more: bool) {}

    /// A WebSocket was opened by somebody who says who they are.
    fn opened(&self, _originator: &str, _socket: &Rc<ws::Socket>) {}

    /// A WebSocket was closed.
    fn closed(&self, _socket: &Rc<ws::Socket>) {}

    /// A page for people or programs that do not speak oneM2M.
    fn page(&self, _path: &str) -> Option<String> {
        None
    }
}

/// Counts a connection for as long as it is there.
pub(crate) struct Open(Rc<dyn Host>, Binding);

impl Open {
    pub(crate) fn new(host: &Rc<dyn Host>, binding: Binding) -> Open {
        host.connections(binding, true);
        Open(host.clone(), binding)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections(self.1, false);
    }
}

/// The type of bodies in that serialisation.
pub(crate) const fn plain(serialization: Serialization) -> MediaType {
    MediaType { kind: BodyKind::Plain, serialization }
}

/// The response that refuses a request in words.
pub(crate) fn refusal(status: ResponseStatusCode, request: &str, words: &str) -> Response {
    Response {
        content: Content::from_value(&json!({ "m2m:dbg": words })),
        ..Response::new(status, request.to_owned())
    }
}
