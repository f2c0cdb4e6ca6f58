//! What the driver and the application say of connections.

use super::super::{Content, Endpoint, Unit, UsageError, What};
use super::{CloseReason, Connection, Stage, Streams};
use crate::stream::{BASE_MESSAGE_SIZE, SignalOption, Transport, encoded_len};
use crate::writer::Extras;
use crate::{Code, Options};
use m2m_base::{Instant, PeerId};

impl Endpoint {
    /// A connection with `peer` is there: the TCP or TLS handshake, or that of WebSocket with the
    /// sub-protocol `coap`, is done. Our capabilities go out first (RFC 8323 section 3.3). Requests
    /// may be made at once; a body that needs blocks waits for the peer's capabilities.
    ///
    /// The number of a connection must never have named a peer that is reached by datagrams.
    ///
    /// # Errors
    /// [`UsageError::Full`]: close it; [`UsageError::Invalid`] if the peer has a connection already.
    pub fn connected(
        &mut self,
        now: Instant,
        peer: PeerId,
        transport: Transport,
    ) -> Result<(), UsageError> {
        self.now = now;
        if self.connections.knows(peer) {
            return Err(UsageError::Invalid);
        }
        let connection = Connection {
            peer,
            transport,
            stage: Stage::Fresh,
            since: now,
            heard: now,
            max_message: BASE_MESSAGE_SIZE,
            block_wise: false,
            held: 0,
            needed: 0,
            replies: 0,
            open: 0,
            epoch: 0,
            custody: None,
            ping: None,
            last_ping: 0,
            csm_due: true,
            ping_due: false,
            in_line: false,
            released_by_peer: false,
            released: false,
            release_sent: None,
            outgoing: None,
            signal: None,
            reason: CloseReason::Released,
        };
        let handle = self.connections.slots.insert(connection).map_err(|_| UsageError::Full)?;
        let hash = self.connections.hash(peer);
        let _ = self.connections.index.insert(hash, handle.index());
        self.line_up_connection(handle);
        self.rearm(handle);
        Ok(())
    }

    /// The connection with `peer` is gone, by whichever side: its requests end with
    /// [`crate::Outcome::PeerDown`], its observers are gone, what it asked is forgotten (RFC 8323
    /// section 3.4). The number may be used for another connection.
    pub fn disconnected(&mut self, now: Instant, peer: PeerId) {
        self.now = now;
        let Some(handle) = self.connections.find(peer) else { return };
        if let Some(connection) = self.connections.slots.get_mut(handle) {
            // Nothing that ends now has an effect on it any more.
            connection.stage = Stage::Closed;
        }
        self.end_all_with(peer);
        self.deadlines.clear(self.number(Unit::Connection(handle)));
        let number = self.number(Unit::Connection(handle));
        self.outbox.retain(|n| *n != number);
        self.connections.line.retain(|h| *h != handle);
        self.connections.replies.retain(|r| r.peer != peer);
        for what in [What::Pong, What::PongWithCustody, What::Released, What::Close] {
            self.untell(what, handle);
        }
        let hash = self.connections.hash(peer);
        self.connections.index.remove(hash, handle.index());
        let Some(connection) = self.connections.slots.remove(handle) else { return };
        for stored in [connection.outgoing, connection.signal].into_iter().flatten() {
            self.free(stored);
        }
    }

    /// Asks whether a peer is there (RFC 8323 section 5.4); [`crate::Event::Pong`] tells that it is. With
    /// `custody` the pong comes when the peer has processed all that went before. A ping that was
    /// not answered yet is forgotten. No answer within `pong_timeout` ends the connection.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if the peer has no connection that is open.
    pub fn ping(&mut self, now: Instant, peer: PeerId, custody: bool) -> Result<(), UsageError> {
        self.now = now;
        let handle = self.open_connection(peer).ok_or(UsageError::UnknownId)?;
        self.start_ping(handle, custody, true);
        Ok(())
    }

    /// Asks the peer to close the connection when all that is under way is done (RFC 8323
    /// section 5.5). No request can begin on it any more. `options` are those of Release:
    /// [`SignalOption::ALTERNATIVE_ADDRESS`], [`SignalOption::HOLD_OFF`].
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if the peer has no connection that is open or it is released
    /// already; [`UsageError::Invalid`] for an option that is none of Release, or a value that it
    /// cannot have; [`UsageError::TooLong`] for the peer; [`UsageError::Full`] if the pool is.
    pub fn release_connection(
        &mut self,
        now: Instant,
        peer: PeerId,
        options: Options<'_>,
        diagnostic: &str,
    ) -> Result<(), UsageError> {
        self.now = now;
        let handle = self.open_connection(peer).ok_or(UsageError::UnknownId)?;
        let code = Code::RELEASE;
        let known = |o| SignalOption::find(code, o).is_some();
        let fits = options.iter().all(|o| {
            known(o.number) && SignalOption::find(code, o.number).is_some_and(|row| row.allows(&o))
        });
        let released = self.connections.slots.get(handle).is_none_or(|c| c.released);
        if released {
            return Err(UsageError::UnknownId);
        }
        if !fits {
            return Err(UsageError::Invalid);
        }
        let len = encoded_len(Transport::Tcp, 0, options, diagnostic.as_bytes());
        if self.connections.message_size(peer).is_none_or(|most| len > most) {
            return Err(UsageError::TooLong);
        }
        let stored = self.store(code, options, &Extras::NONE, diagnostic.as_bytes());
        let stored = stored.ok_or(UsageError::Full)?;
        let Some(connection) = self.connections.slots.get_mut(handle) else {
            self.free(stored);
            return Err(UsageError::UnknownId);
        };
        connection.released = true;
        connection.outgoing = Some(stored);
        // Behind the requests that are queued already.
        let _ = self.outbox.push(self.number(Unit::Connection(handle)));
        Ok(())
    }

    /// Ends a connection at once, with a word to the peer (RFC 8323 section 5.6). All that is under
    /// way ends with [`crate::Outcome::PeerDown`]; [`crate::Event::Close`] follows when the Abort is written.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if the peer has no connection that is open.
    pub fn abort(
        &mut self,
        now: Instant,
        peer: PeerId,
        diagnostic: &str,
    ) -> Result<(), UsageError> {
        self.now = now;
        let handle = self.open_connection(peer).ok_or(UsageError::UnknownId)?;
        self.abort_connection(handle, CloseReason::Command);
        let len = encoded_len(Transport::Tcp, 0, Options::EMPTY, diagnostic.as_bytes());
        if self.connections.message_size(peer).is_some_and(|most| len <= most) {
            let text = diagnostic.as_bytes();
            let stored = self.store(Code::ABORT, Options::EMPTY, &Extras::NONE, text);
            if let Some(connection) = self.connections.slots.get_mut(handle) {
                connection.outgoing = stored;
            } else {
                self.free(stored);
            }
        }
        Ok(())
    }

    /// The Release or Abort that came from a peer last, with its options and diagnostic payload;
    /// `None` if none did, there was no room for it, or the peer is gone.
    #[must_use]
    pub fn signal(&self, peer: PeerId) -> Option<Content<'_>> {
        let stored = self.connections.of(peer)?.signal.as_ref()?;
        Some(Content {
            code: stored.code(),
            options: stored.options(&self.pool),
            payload: stored.payload(&self.pool),
            #[cfg(feature = "oscore")]
            security: None,
        })
    }

    /// How the connections of this endpoint are treated.
    #[must_use]
    pub fn streams(&self) -> &Streams {
        &self.connections.streams
    }
}
