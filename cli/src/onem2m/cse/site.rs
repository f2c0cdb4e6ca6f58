//! What all sockets of a CSE share.

use super::engine::Engine;
use crate::onem2m::link::{Binding, Host, Origin, Reply, coap, http_client, mqtt, refusal, ws};
use crate::onem2m::uri::Uri;
use crate::transport::Psk;
use m2m_base::PeerId;
use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::Heard;
use onem2m_core::cse::Session;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

/// The engine, and the ways to it and from it.
pub(super) struct Site {
    pub(super) engine: Engine,
    /// CSE-ID with its slash.
    pub(super) cse_id: String,
    /// Longest body of a request, in bytes.
    body: usize,
    /// The number of the next connection.
    connections: Cell<u64>,
    /// WebSockets by the entities at their other ends.
    pub(super) sockets: RefCell<BTreeMap<String, Rc<ws::Socket>>>,
    /// Entities that were heard by the broker, and how they write.
    pub(super) by_broker: RefCell<BTreeMap<String, Serialization>>,
    pub(super) http: http_client::Client,
    pub(super) coap: RefCell<Option<coap::Asker>>,
    /// Keys for DTLS, and the sessions with servers.
    pub(super) keys: Vec<Psk>,
    pub(super) coaps: RefCell<BTreeMap<(SocketAddr, Vec<u8>), coap::Asker>>,
    pub(super) mqtt: RefCell<Option<(Uri, Rc<mqtt::Asker>)>>,
    me: Weak<Site>,
}

impl Site {
    pub(super) fn new(
        engine: Engine,
        cse_id: String,
        body: usize,
        files: http_client::Files,
        keys: Vec<Psk>,
    ) -> Rc<Site> {
        Rc::new_cyclic(|me| Site {
            engine,
            cse_id,
            body,
            connections: Cell::new(0),
            sockets: RefCell::default(),
            by_broker: RefCell::default(),
            http: http_client::Client::new(files),
            coap: RefCell::default(),
            keys,
            coaps: RefCell::default(),
            mqtt: RefCell::default(),
            me: me.clone(),
        })
    }

    /// A session for another connection.
    pub(super) fn session(&self, from: SocketAddr) -> Session {
        let number = self.connections.get() + 1;
        self.connections.set(number);
        let address = Some(crate::transport::plain(from).ip());
        Session { peer: PeerId(number), address, ..Session::default() }
    }

    /// The key to use with an entity: that of this CSE, else the one that the entity has.
    pub(super) fn key(&self, entity: &str) -> Option<&Psk> {
        let find = |name: &str| {
            let same = |psk: &&Psk| {
                let identity = std::str::from_utf8(&psk.identity).unwrap_or("");
                self.entity(identity) == self.entity(name)
            };
            self.keys.iter().find(same)
        };
        find(&self.cse_id).or_else(|| find(entity))
    }

    /// An entity as the engine writes it: `Cae` for `/id-in/Cae`, `id-mn` for `/id-mn`.
    fn entity(&self, originator: &str) -> String {
        Heard::name(originator, &self.cse_id).to_owned()
    }

    /// Whether a certificate with these names is for the originator of a request. An AE that
    /// registers without a full proposal gets the AE-ID of its certificate.
    fn authenticate(&self, names: &[String], request: &mut Request) -> bool {
        // As a URI a name may be absolute: //m2m.example/id-in/Cae.
        let plain = |name: &str| {
            let relative = name.strip_prefix("//").and_then(|rest| rest.find('/'));
            self.entity(relative.and_then(|at| name.get(at + 2..)).unwrap_or(name))
        };
        let from = request.from.as_deref().unwrap_or("");
        if matches!(from, "" | "C" | "S") {
            let own =
                names.iter().map(|name| plain(name)).find(|name| name.starts_with(['C', 'S']));
            let found = own.is_some();
            request.from = own.or(request.from.take());
            return found;
        }
        let from = plain(from);
        names.iter().any(|name| {
            let own = plain(name);
            // What a CSE passes on comes from an entity of its own.
            let behind = name.starts_with('/')
                && from.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'));
            own == from || behind
        })
    }

    /// Remembers by which way an entity was heard: requests to it may go the same way.
    fn heard(&self, entity: String, origin: &Origin) {
        if let Some(socket) = &origin.socket {
            let mut sockets = self.sockets.borrow_mut();
            if !sockets.get(&entity).is_some_and(|known| Rc::ptr_eq(known, socket)) {
                sockets.insert(entity, socket.clone());
            }
        } else if origin.binding == Binding::Mqtt {
            self.by_broker.borrow_mut().insert(entity, origin.serialization);
        }
    }
}

impl Host for Site {
    fn request(&self, origin: Origin, mut request: Request, reply: Reply) {
        if let Some(names) = &origin.names
            && !self.authenticate(names, &mut request)
        {
            let words = "the certificate or key is not that of this originator";
            let status = ResponseStatusCode::OriginatorNotAuthenticated;
            return reply(refusal(status, &request.request_identifier, words));
        }
        let (binding, session) = (origin.binding, origin.session);
        let reply = match binding {
            // No request goes back by these.
            Binding::Http | Binding::Coap => reply,
            Binding::Mqtt | Binding::WebSocket => {
                let heard = Heard::of(&request);
                let me = self.me.clone();
                Box::new(move |response: Response| {
                    if let Some(site) = me.upgrade()
                        && let Some(entity) = heard.entity(&response, &site.cse_id)
                    {
                        site.heard(entity, &origin);
                    }
                    reply(response);
                })
            }
        };
        self.engine.submit(binding, session, request, reply);
    }

    fn malformed(&self, binding: Binding) {
        self.engine.counters.malformed(binding);
    }

    fn longest(&self) -> usize {
        self.body
    }

    fn connections(&self, binding: Binding, more: bool) {
        self.engine.counters.connections(binding, more);
    }

    fn opened(&self, originator: &str, socket: &Rc<ws::Socket>) {
        self.sockets.borrow_mut().insert(self.entity(originator), socket.clone());
    }

    fn closed(&self, socket: &Rc<ws::Socket>) {
        self.sockets.borrow_mut().retain(|_, known| !Rc::ptr_eq(known, socket));
    }

    fn page(&self, path: &str) -> Option<String> {
        (path == "/metrics").then(|| self.engine.counters.text(self.engine.resources()))
    }
}
