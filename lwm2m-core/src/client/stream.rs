//! The client over connections: TCP, TLS, WebSocket (RFC 8323). A connection is a peer like any
//! other. When it ends, the registration goes on over the next one.

use coap_core::stream::Transport;
use coap_core::{CloseReason, Streams};
use m2m_base::container::{Reservation, Reserve};
use m2m_base::{Instant, PeerId, Seed};

use super::account::State;
use super::{Client, Config, ConfigError, Failure};

impl Client {
    /// Makes a client that may reach its servers over connections too.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_streams(
        config: &Config<'_>,
        streams: &Streams,
        seed: &Seed,
    ) -> Result<Client, ConfigError> {
        let mut client = Client::empty();
        let mut reservation = Reservation::new();
        reservation.room(&mut client.closes, streams.connections.into());
        client.reserve(config, &mut reservation, |endpoint, coap, reservation| {
            endpoint.open_with_streams(coap, streams, seed, reservation)
        })?;
        client.furnish(&reservation)?;
        Ok(client)
    }

    /// A connection is there, and has this number: see [`coap_core::Endpoint::connected`]. It comes before
    /// [`Client::set_peer`] with the number, or [`Client::add_server`].
    ///
    /// # Errors
    /// [`coap_core::UsageError::Full`]: close it; [`coap_core::UsageError::Invalid`] if the number
    /// names a connection already.
    pub fn connected(
        &mut self,
        now: Instant,
        peer: PeerId,
        transport: Transport,
    ) -> Result<(), coap_core::UsageError> {
        let done = self.endpoint.connected(now, peer, transport);
        self.settle(now);
        done
    }

    /// Takes bytes that came over a connection, and returns how many of them were taken. Fewer
    /// than all while answers wait to be sent: poll for them, then hand in the rest. See
    /// [`coap_core::Endpoint::handle_stream`].
    #[must_use = "what was not taken must be handed in again"]
    pub fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
        let taken = self.endpoint.handle_stream(now, peer, bytes);
        #[cfg(feature = "ready-made")]
        self.statistics.received(now, taken);
        #[cfg(feature = "queue-mode")]
        self.stay_awake(now, peer);
        self.settle(now);
        taken
    }

    /// A connection is gone, by whichever side. Its server's observations end with it, as RFC 8323
    /// has it; the registration goes on: the client asks for another connection
    /// ([`Event::Connect`](super::Event::Connect)) and sends an Update, or registers where that does
    /// not do.
    pub fn disconnected(&mut self, now: Instant, peer: PeerId) {
        self.now = now;
        self.closes.retain(|(closing, _)| *closing != peer);
        if let Some(at) = self.accounts.iter().position(|account| account.is_at(peer)) {
            self.lose_connection(now, at);
        }
        #[cfg(feature = "bootstrap")]
        self.bootstrap_disconnected(peer);
        self.endpoint.disconnected(now, peer);
        self.settle(now);
    }

    /// What it means for an account that its connection is gone.
    fn lose_connection(&mut self, now: Instant, at: usize) {
        let Some(account) = self.accounts.get(at) else { return };
        let list = if account.objects { 0 } else { self.list_sum(account.version) };
        let Some(account) = self.accounts.get_mut(at) else { return };
        account.connected = false;
        match account.state {
            State::Registered | State::Updating(_) => {
                (account.resume, account.list) = (true, list);
                account.state = State::Waiting(now);
            }
            State::Registering(_) => {
                account.state = State::Off;
                self.attempt_failed(at, Failure::Connection);
            }
            State::Deregistering(_) => self.deregister_done(at),
            _ => {}
        }
    }

    /// The driver is to close a connection.
    pub(super) fn close(&mut self, peer: PeerId, reason: CloseReason) {
        let known = self.closes.iter().any(|(closing, _)| *closing == peer);
        if !known && self.closes.len() < self.closes.capacity() {
            self.closes.push((peer, reason));
        }
    }
}
