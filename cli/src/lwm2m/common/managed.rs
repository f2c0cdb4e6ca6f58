//! The two engines as their commands use them.

use coap_core::oscore::SecurityParameters;
use coap_core::stream::Transport;
use coap_core::{History, SecurityId};
use lwm2m_core::bootstrap_server::{self, BootstrapServer};
use lwm2m_core::server::{self, Server, UsageError};
use m2m_base::{Engine, Instant, PeerId};

/// A security context may use the sequence numbers below this one.
pub(crate) type Reserved = (SecurityId, u64);

/// What a server does besides being driven.
pub(crate) trait Managed: Engine {
    /// A peer proved to be an endpoint. False if there is no room to know it.
    fn identify(&mut self, peer: PeerId, endpoint: &str) -> bool;
    /// Gives what has to be kept before anything else is sent: keys, and what is under them.
    fn take_records(&mut self, take: &mut dyn FnMut(u64, Option<&[u8]>));
    /// There is a connection. False if it cannot have another.
    fn connected(&mut self, now: Instant, peer: PeerId, transport: Transport) -> bool;
    /// Takes bytes; says how many.
    fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize;
    /// There is a connection no more.
    fn disconnected(&mut self, now: Instant, peer: PeerId);
    /// Has an endpoint come under a security context of OSCORE, in the place of `old` if there is
    /// one. After an error all is as it was.
    fn set_security_context(
        &mut self,
        now: Instant,
        old: Option<SecurityId>,
        endpoint: &str,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<SecurityId, UsageError>;
    /// No longer.
    fn remove_security_context(&mut self, now: Instant, id: SecurityId);
    /// The event that says what a security context may use.
    fn reserved(event: &Self::Event) -> Option<Reserved>;
}

/// The engines have the same verbs under the same names; only one has a journal.
macro_rules! managed {
    ($engine:ident, $event:path, |$server:ident, $take:ident| $journal:expr) => {
        impl Managed for $engine {
            fn identify(&mut self, peer: PeerId, endpoint: &str) -> bool {
                $engine::identify(self, peer, Some(endpoint)).is_ok()
            }

            fn take_records(&mut self, $take: &mut dyn FnMut(u64, Option<&[u8]>)) {
                let $server = self;
                $journal
            }

            fn connected(&mut self, now: Instant, peer: PeerId, transport: Transport) -> bool {
                $engine::connected(self, now, peer, transport).is_ok()
            }

            fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
                $engine::handle_stream(self, now, peer, bytes)
            }

            fn disconnected(&mut self, now: Instant, peer: PeerId) {
                $engine::disconnected(self, now, peer);
            }

            fn set_security_context(
                &mut self,
                now: Instant,
                old: Option<SecurityId>,
                endpoint: &str,
                parameters: &SecurityParameters<'_>,
                history: History,
            ) -> Result<SecurityId, UsageError> {
                match old {
                    None => self.add_security_context(endpoint, parameters, history),
                    Some(old) => {
                        self.replace_security_context(now, old, endpoint, parameters, history)
                    }
                }
            }

            fn remove_security_context(&mut self, now: Instant, id: SecurityId) {
                $engine::remove_security_context(self, now, id);
            }

            fn reserved(event: &Self::Event) -> Option<Reserved> {
                match event {
                    $event { id, up_to } => Some((*id, *up_to)),
                    _ => None,
                }
            }
        }
    };
}

managed!(Server, server::Event::SequenceReserved, |server, take| server.take_journal(take));
managed!(BootstrapServer, bootstrap_server::Event::SequenceReserved, |_server, _take| {});
