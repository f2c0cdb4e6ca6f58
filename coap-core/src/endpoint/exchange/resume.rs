//! Observations that outlive the process: their tokens are kept elsewhere, and notifications of
//! before the restart are understood after it.

use super::super::{Endpoint, Outcome, Request, RequestId, Unit, UsageError};
use super::Observe;
use m2m_base::{Instant, PeerId};

impl Endpoint {
    /// The token of a request, 0 to 8 bytes; `None` if the id names nothing.
    #[must_use]
    pub fn token_of(&self, id: RequestId) -> Option<&[u8]> {
        self.exchanges.get(id.0).map(|e| e.sending.token.as_bytes())
    }

    /// Takes an observation up again that was granted before a restart: `request` is what asked
    /// for it, with its token ([`Endpoint::token_of`]). Nothing is sent; from now on it is as if
    /// the endpoint had asked and the peer had granted it. Not for a peer whose messages are
    /// protected by a security context, which knows the request no more.
    ///
    /// # Errors
    /// As [`Endpoint::request`]; [`UsageError::Invalid`] also without `observe` or a token, and for
    /// a body that needs blocks.
    pub fn resume_observation(
        &mut self,
        now: Instant,
        peer: PeerId,
        request: &Request<'_>,
    ) -> Result<RequestId, UsageError> {
        self.now = now;
        if !request.observe || request.token.is_none() || request.upload.is_some() {
            return Err(UsageError::Invalid);
        }
        let id = self.start(peer, None, request)?;
        self.settle(Unit::Exchange(id.0));
        let Some(exchange) = self.exchanges.get_mut(id.0) else {
            return Err(UsageError::UnknownId);
        };
        if exchange.upload.is_some() {
            self.finish(id.0, Outcome::Cancelled);
            return Err(UsageError::Invalid);
        }
        exchange.observe = Observe::Yes;
        Ok(id)
    }
}
