//! What the server and the bootstrap server have in common: how they are driven, over datagrams and
//! over connections, and who a client is. Both are an [`Endpoint`](coap_core::Endpoint) with state
//! around it: what comes goes through the endpoint, and then `advance` does what follows from it.

/// The verbs of an engine that has `coap`, `identities`, `model`, `contexts`, `events`, `counters`,
/// `config`, `now`, and the functions `make`, `advance`, `lose_peer`, `poll_transmit`, `poll_event`
/// and `poll_timeout`.
macro_rules! verbs {
    ($engine:ident) => {
        impl $engine {
            /// Takes a datagram from `peer`. Afterwards, what the `poll_` methods answer may have
            /// changed.
            pub fn handle_datagram(
                &mut self,
                now: Instant,
                peer: PeerId,
                datagram: &[u8],
            ) -> Disposition {
                self.now = self.now.max(now);
                let disposition = self.coap.handle_datagram(now, peer, datagram);
                self.advance();
                disposition
            }

            /// Does what is due at `now`: lifetimes, time-outs, retransmissions. Calling it early
            /// or twice is harmless.
            pub fn handle_timeout(&mut self, now: Instant) {
                self.now = self.now.max(now);
                self.coap.handle_timeout(now);
                self.advance();
            }

            /// Tells that the security session of `peer` has authenticated it as `endpoint`: it is
            /// served under this name and no other, with or without saying so, and what it began
            /// can only be replaced, changed or ended by a peer with the same name. `None` forgets.
            ///
            /// # Errors
            /// [`UsageError::Syntax`] for an empty name or one of more than 255 bytes,
            /// [`UsageError::Full`].
            pub fn identify(
                &mut self,
                peer: PeerId,
                endpoint: Option<&str>,
            ) -> Result<(), UsageError> {
                match endpoint {
                    None => self.identities.forget(peer),
                    Some(name) if name.is_empty() || name.len() > 255 => {
                        return Err(UsageError::Syntax);
                    }
                    Some(name) => self.identities.set(peer, name.as_bytes())?,
                }
                Ok(())
            }

            /// Tells that the address or security session of `peer` is gone: what is under way with
            /// it fails with [`Failure::PeerDown`]. Registrations stay: what is asked of a client
            /// in queue mode waits for it, and its observations are set up anew when it is heard
            /// again.
            pub fn forget_peer(&mut self, now: Instant, peer: PeerId) {
                self.now = self.now.max(now);
                self.lose_peer(now, peer);
                self.coap.forget_peer(now, peer);
                self.advance();
            }

            /// Adds the definition of an object, to type its resources by. It is copied, and
            /// replaces one of the same ID and version. The standard's objects are always there.
            ///
            /// # Errors
            /// [`UsageError::Full`] if memory is.
            pub fn add_object(
                &mut self,
                definition: &ObjectDefinition<'_>,
            ) -> Result<(), UsageError> {
                self.model.add(definition)
            }

            /// What was counted since the server was made.
            #[must_use]
            pub const fn counters(&self) -> &Counters {
                &self.counters
            }

            /// What the CoAP endpoint below counted.
            #[must_use]
            pub fn coap_counters(&self) -> &coap_core::Counters {
                self.coap.counters()
            }

            /// What it was made with.
            #[must_use]
            pub const fn config(&self) -> &Config {
                &self.config
            }

            fn most_events(&self) -> usize {
                usize::try_from(self.config.limits.events).unwrap_or(usize::MAX).max(1)
            }

            /// Queues an event, for which there is room.
            fn tell(&mut self, event: Event) {
                self.events.push_back(event);
            }
        }

        /// Over connections: TCP, TLS, WebSocket (RFC 8323). A connection is a peer like any other;
        /// when it ends, it is as if its address were gone.
        #[cfg(feature = "stream")]
        impl $engine {
            /// Makes a server whose clients may come over connections too.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($engine), "::new`].")]
            pub fn with_streams(
                config: &Config,
                streams: &coap_core::Streams,
                seed: &Seed,
            ) -> Result<$engine, ConfigError> {
                $engine::make(config, seed, |config, seed| {
                    Endpoint::with_streams(config, streams, seed)
                })
            }

            /// A connection with `peer` is there. See [`Endpoint::connected`].
            ///
            /// # Errors
            /// [`coap_core::UsageError::Full`]: close it; [`coap_core::UsageError::Invalid`] if the
            /// peer has a connection already.
            pub fn connected(
                &mut self,
                now: Instant,
                peer: PeerId,
                transport: coap_core::stream::Transport,
            ) -> Result<(), coap_core::UsageError> {
                self.now = self.now.max(now);
                self.coap.connected(now, peer, transport)
            }

            /// Takes bytes that came over a connection, and returns how many of them were taken.
            /// Fewer than all while answers wait to be sent: poll for what is to be kept and sent,
            /// then hand in the rest. See [`Endpoint::handle_stream`].
            #[must_use = "what was not taken must be handed in again"]
            pub fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
                self.now = self.now.max(now);
                let taken = self.coap.handle_stream(now, peer, bytes);
                self.advance();
                taken
            }

            /// The connection with `peer` is gone: as
            #[doc = concat!("[`", stringify!($engine), "::forget_peer`].")]
            pub fn disconnected(&mut self, now: Instant, peer: PeerId) {
                self.now = self.now.max(now);
                self.lose_peer(now, peer);
                self.coap.disconnected(now, peer);
                self.advance();
            }
        }

        /// Clients behind OSCORE (RFC 8613, Transport 1.2 section 5.5): a security context is an
        /// endpoint, wherever its messages come from.
        #[cfg(feature = "oscore")]
        impl $engine {
            /// Makes the security context of an endpoint: what comes under it is the endpoint's,
            /// and what is asked of a client that came under it goes under it, and in no other way.
            /// `history` is as for [`Endpoint::add_security_context`], whose record is
            /// [`Event::SequenceReserved`].
            ///
            /// # Errors
            /// [`UsageError::Syntax`] for an endpoint name that is empty, longer than 255 bytes or
            /// has a context, for an empty secret, equal ids, or a history that does not go with
            /// them; [`UsageError::TooLong`] for ids; [`UsageError::Full`].
            pub fn add_security_context(
                &mut self,
                endpoint: &str,
                parameters: &coap_core::oscore::SecurityParameters<'_>,
                history: coap_core::History,
            ) -> Result<coap_core::SecurityId, UsageError> {
                let $engine { contexts, coap, now, .. } = self;
                let made = contexts.create(*now, coap, None, endpoint, parameters, history)?;
                self.advance();
                Ok(made)
            }

            /// Makes a security context in the place of another, of the same endpoint or not: the
            /// other is removed, or all stays as it is.
            ///
            /// # Errors
            /// [`UsageError::UnknownId`] if there is no such context; as
            #[doc = concat!("[`", stringify!($engine), "::add_security_context`].")]
            pub fn replace_security_context(
                &mut self,
                now: Instant,
                context: coap_core::SecurityId,
                endpoint: &str,
                parameters: &coap_core::oscore::SecurityParameters<'_>,
                history: coap_core::History,
            ) -> Result<coap_core::SecurityId, UsageError> {
                self.now = self.now.max(now);
                let $engine { contexts, coap, now, .. } = self;
                let old = Some(context);
                let made = contexts.create(*now, coap, old, endpoint, parameters, history)?;
                self.advance();
                Ok(made)
            }

            /// Removes a security context. What is under way under it fails; whoever came under it
            /// is not asked for anything until the endpoint has a context again.
            pub fn remove_security_context(
                &mut self,
                now: Instant,
                context: coap_core::SecurityId,
            ) {
                self.now = self.now.max(now);
                self.contexts.remove(context);
                self.coap.remove_security_context(now, context);
                self.advance();
            }
        }

        impl Engine for $engine {
            type Event = Event;

            fn handle_datagram(
                &mut self,
                now: Instant,
                peer: PeerId,
                datagram: &[u8],
            ) -> Disposition {
                $engine::handle_datagram(self, now, peer, datagram)
            }

            fn forget_peer(&mut self, now: Instant, peer: PeerId) {
                $engine::forget_peer(self, now, peer);
            }

            fn handle_timeout(&mut self, now: Instant) {
                $engine::handle_timeout(self, now);
            }

            fn poll_transmit(
                &mut self,
                now: Instant,
                buf: &mut [u8],
            ) -> Result<Option<Transmit>, BufferTooSmall> {
                $engine::poll_transmit(self, now, buf)
            }

            fn poll_event(&mut self) -> Option<Event> {
                $engine::poll_event(self)
            }

            fn poll_timeout(&self) -> Option<Instant> {
                $engine::poll_timeout(self)
            }
        }
    };
}

pub(crate) use verbs;
