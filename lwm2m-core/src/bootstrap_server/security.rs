//! Clients behind OSCORE (RFC 8613, Transport 1.2 section 5.5): a security context is an endpoint,
//! wherever its messages come from.

use super::BootstrapServer;
use crate::server::UsageError;
use coap_core::oscore::SecurityParameters;
use coap_core::{History, SecurityId};
use m2m_base::Instant;

impl BootstrapServer {
    /// Makes the security context of an endpoint: what comes under it is the endpoint's, and the
    /// steps of a session that began under it go under it. What the endpoint of a context asks
    /// without it is refused with 4.01. `history` is as for
    /// [`coap_core::Endpoint::add_security_context`], whose record is
    /// [`super::Event::SequenceReserved`].
    ///
    /// # Errors
    /// [`UsageError::Syntax`] for an endpoint name that is empty, longer than 255 bytes or has a
    /// context, for an empty secret, equal ids, or a history that does not go with them;
    /// [`UsageError::TooLong`] for ids; [`UsageError::Full`].
    pub fn add_security_context(
        &mut self,
        endpoint: &str,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<SecurityId, UsageError> {
        let BootstrapServer { contexts, coap, now, .. } = self;
        let context = contexts.create(*now, coap, endpoint, parameters, history)?;
        self.advance();
        Ok(context)
    }

    /// Removes a security context. The session that is under way under it fails.
    pub fn remove_security_context(&mut self, now: Instant, context: SecurityId) {
        self.now = self.now.max(now);
        self.contexts.remove(context);
        self.coap.remove_security_context(now, context);
        self.advance();
    }
}
