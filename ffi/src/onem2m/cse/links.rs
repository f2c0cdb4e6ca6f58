//! Ways by which entities were heard, and are reached: their WebSockets, and the broker.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;

use onem2m_core::binding::Heard;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Request, Response};

use super::place::{Place, place};
use crate::onem2m::binding::m2m_onem2m_binding::M2M_ONEM2M_MQTT;
use crate::onem2m::whole::{Answered, Place as To, Whole};
use crate::result::m2m_result::{self, M2M_INVALID};

/// The broker of the CSE.
struct Broker {
    secure: bool,
    host: String,
    port: u16,
}

/// What is open, and who is there.
pub(super) struct Links {
    /// CSE-ID with its slash.
    pub(super) cse_id: String,
    /// In front of topics.
    pub(super) prefix: String,
    broker: Option<Broker>,
    pub(super) whole: Whole,
    /// How the connections are written.
    sockets: BTreeMap<u64, Serialization>,
    /// Who is at their other ends.
    entities: BTreeMap<String, u64>,
    /// Who was heard by the broker, and how they write.
    by_broker: BTreeMap<String, Serialization>,
}

impl Links {
    pub(super) fn new(
        cse_id: &str,
        (broker, prefix): (&str, &str),
        most: usize,
    ) -> Result<Links, m2m_result> {
        let broker = match broker {
            "" => None,
            uri => {
                let at = place(uri).filter(|at| at.binding == M2M_ONEM2M_MQTT);
                let at = at.ok_or(M2M_INVALID)?;
                Some(Broker { secure: at.secure, host: at.host.into(), port: at.port })
            }
        };
        // What is in a topic is no filter.
        if prefix.contains(['+', '#']) {
            return Err(M2M_INVALID);
        }
        Ok(Links {
            cse_id: cse_id.into(),
            prefix: prefix.into(),
            broker,
            whole: Whole::new(most),
            sockets: BTreeMap::new(),
            entities: BTreeMap::new(),
            by_broker: BTreeMap::new(),
        })
    }

    pub(super) const fn has_broker(&self) -> bool {
        self.broker.is_some()
    }

    /// Whether a URI is that of our broker.
    pub(super) fn is_broker(&self, at: &Place<'_>) -> bool {
        self.broker.as_ref().is_some_and(|own| {
            (own.secure, own.port) == (at.secure, at.port) && own.host.eq_ignore_ascii_case(at.host)
        })
    }

    /// A connection is open, to somebody who says who they are.
    pub(super) fn connected(
        &mut self,
        peer: u64,
        serialization: Serialization,
        entity: Option<&str>,
    ) {
        self.sockets.insert(peer, serialization);
        if let Some(entity) = entity {
            let name = Heard::name(entity, &self.cse_id).to_owned();
            self.entities.insert(name, peer);
        }
    }

    /// How a connection is written; `None` if there is none.
    pub(super) fn socket(&self, peer: u64) -> Option<Serialization> {
        self.sockets.get(&peer).copied()
    }

    /// A connection of ours leads to an entity. False if there is no such connection.
    pub(super) fn bind(&mut self, peer: u64, entity: &str) -> bool {
        let known = self.sockets.contains_key(&peer);
        if known {
            self.entities.insert(entity.to_owned(), peer);
        }
        known
    }

    /// A connection is gone. Gives the requests that have no answer.
    pub(super) fn disconnected(&mut self, peer: u64) -> alloc::vec::Vec<u64> {
        self.sockets.remove(&peer);
        self.entities.retain(|_, own| *own != peer);
        self.whole.end(Some(peer))
    }

    /// A request was answered: requests to who made it may go the same way.
    pub(super) fn heard(&mut self, answered: Answered, response: &Response) {
        let Answered { place, serialization, heard } = answered;
        let Some(entity) = heard.entity(response, &self.cse_id) else { return };
        match place {
            To::Socket(peer) if self.sockets.contains_key(&peer) => {
                self.entities.insert(entity, peer);
            }
            To::Socket(_) => {}
            To::Topic(_) => {
                self.by_broker.insert(entity, serialization);
            }
        }
    }

    /// Sends a request over the WebSocket of an entity. False if it has none.
    pub(super) fn send_to(&mut self, id: u64, request: &Request, entity: &str) -> bool {
        let Some(peer) = self.entities.get(entity).copied() else { return false };
        let Some(serialization) = self.socket(peer) else { return false };
        self.whole.send(id, request, peer, serialization)
    }

    pub(super) fn was_heard_by_broker(&self, entity: &str) -> bool {
        self.by_broker.contains_key(entity)
    }

    /// Publishes a request to an entity, written as it wants it, else as it was heard. False if there is no
    /// broker.
    pub(super) fn publish_to(
        &mut self,
        id: u64,
        request: &Request,
        receiver: &str,
        wanted: Option<Serialization>,
    ) -> bool {
        let heard = self.by_broker.get(receiver).copied();
        let serialization = wanted.or(heard).unwrap_or(Serialization::Json);
        if !self.has_broker() || receiver.is_empty() {
            return false;
        }
        let names = (&*self.cse_id, receiver, &*self.prefix);
        // A topic says who it is for; a URI is no address of theirs.
        if request.to.contains("://") {
            let to = receiver.to_owned();
            let request = Request { to, ..request.clone() };
            return self.whole.publish(id, &request, names, serialization);
        }
        self.whole.publish(id, request, names, serialization)
    }
}
