//! The bootstrap server over connections: TCP, TLS, WebSocket (RFC 8323). A session is with the
//! connection that it began on, and ends with it.

use super::BootstrapServer;
use super::config::Config;
use coap_core::stream::Transport;
use coap_core::{ConfigError, Endpoint, Streams, UsageError};
use m2m_base::{Instant, PeerId, Seed};

impl BootstrapServer {
    /// Makes a bootstrap server whose clients may come over connections too.
    ///
    /// # Errors
    /// As [`BootstrapServer::new`].
    pub fn with_streams(
        config: &Config,
        streams: &Streams,
        seed: &Seed,
    ) -> Result<BootstrapServer, ConfigError> {
        BootstrapServer::make(config, seed, |config, seed| {
            Endpoint::with_streams(config, streams, seed)
        })
    }

    /// A connection with `peer` is there. See [`Endpoint::connected`].
    ///
    /// # Errors
    /// [`coap_core::UsageError::Full`]: close it; [`coap_core::UsageError::Invalid`] if the peer
    /// has a connection already.
    pub fn connected(
        &mut self,
        now: Instant,
        peer: PeerId,
        transport: Transport,
    ) -> Result<(), UsageError> {
        self.now = self.now.max(now);
        self.coap.connected(now, peer, transport)
    }

    /// Takes bytes that came over a connection, and returns how many of them were taken. Fewer
    /// than all while answers wait to be sent: poll for what is to be sent, then hand in the rest.
    /// See [`Endpoint::handle_stream`].
    #[must_use = "what was not taken must be handed in again"]
    pub fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
        self.now = self.now.max(now);
        let taken = self.coap.handle_stream(now, peer, bytes);
        self.advance();
        taken
    }

    /// The connection with `peer` is gone: its session fails with [`super::Failure::PeerDown`].
    pub fn disconnected(&mut self, now: Instant, peer: PeerId) {
        self.now = self.now.max(now);
        self.lose_peer(now, peer);
        self.coap.disconnected(now, peer);
        self.advance();
    }
}
