//! Clients behind OSCORE (RFC 8613, Transport 1.2 section 5.5): a security context is an endpoint,
//! wherever its messages come from.

use super::config::{UsageError, boxed};
use alloc::boxed::Box;
use coap_core::oscore::SecurityParameters;
use coap_core::{Endpoint, History, SecurityId};
use m2m_base::Instant;
use m2m_base::container::{GrowingIndex, Index, Slab};

#[derive(Debug)]
struct Secured {
    context: SecurityId,
    endpoint: Box<[u8]>,
}

/// Endpoint names by security context, and the other way round.
#[derive(Debug)]
pub(crate) struct Contexts {
    known: Slab<Secured>,
    by_context: GrowingIndex,
    by_name: GrowingIndex,
    secret: u64,
}

impl Contexts {
    pub(crate) fn new(most: u32, secret: u64) -> Contexts {
        Contexts {
            known: Slab::growing(most),
            by_context: GrowingIndex::new(),
            by_name: GrowingIndex::new(),
            secret,
        }
    }

    fn hash(&self, context: SecurityId) -> u64 {
        Index::mix(self.secret, context.to_bits())
    }

    fn at(&self, slot: u32) -> Option<&Secured> {
        self.known.at(slot).map(|(_, secured)| secured)
    }

    /// The endpoint that a context is of.
    pub(crate) fn name(&self, context: SecurityId) -> Option<&[u8]> {
        let same = |slot| self.at(slot).is_some_and(|s| s.context == context);
        let slot = self.by_context.find(self.hash(context), same)?;
        self.at(slot).map(|s| &*s.endpoint)
    }

    fn slot_of(&self, endpoint: &[u8]) -> Option<u32> {
        let hash = Index::mix_bytes(self.secret, endpoint);
        self.by_name.find(hash, |slot| self.at(slot).is_some_and(|s| *s.endpoint == *endpoint))
    }

    /// The context of an endpoint.
    pub(crate) fn of(&self, endpoint: &[u8]) -> Option<SecurityId> {
        self.at(self.slot_of(endpoint)?).map(|s| s.context)
    }

    fn add(&mut self, context: SecurityId, endpoint: Box<[u8]>) -> bool {
        let hashes = (self.hash(context), Index::mix_bytes(self.secret, &endpoint));
        let Ok(handle) = self.known.insert(Secured { context, endpoint }) else { return false };
        let slot = handle.index();
        if !self.by_context.insert(hashes.0, slot) {
            self.known.remove(handle);
            return false;
        }
        if !self.by_name.insert(hashes.1, slot) {
            self.by_context.remove(hashes.0, slot);
            self.known.remove(handle);
            return false;
        }
        true
    }

    /// Makes the context of an endpoint, in the place of `old` if there is one; or leaves all as
    /// it is.
    pub(crate) fn create(
        &mut self,
        now: Instant,
        coap: &mut Endpoint,
        old: Option<SecurityId>,
        endpoint: &str,
        parameters: &SecurityParameters<'_>,
        history: History,
    ) -> Result<SecurityId, UsageError> {
        let known = self.of(endpoint.as_bytes()).is_some_and(|known| Some(known) != old);
        if endpoint.is_empty() || endpoint.len() > 255 || known {
            return Err(UsageError::Syntax);
        }
        let name = boxed(&[endpoint.as_bytes()])?;
        let made = match old {
            Some(old) => coap.replace_security_context(now, old, parameters, history),
            None => coap.add_security_context(parameters, history),
        };
        let context = made.map_err(|error| match error {
            coap_core::UsageError::Full => UsageError::Full,
            coap_core::UsageError::TooLong => UsageError::TooLong,
            coap_core::UsageError::UnknownId => UsageError::UnknownId,
            _ => UsageError::Syntax,
        })?;
        // Its places are free then.
        if let Some(old) = old {
            self.remove(old);
        }
        if !self.add(context, name) {
            coap.remove_security_context(now, context);
            return Err(UsageError::Full);
        }
        Ok(context)
    }

    pub(crate) fn remove(&mut self, context: SecurityId) {
        let same = |slot| self.at(slot).is_some_and(|s| s.context == context);
        let Some(slot) = self.by_context.find(self.hash(context), same) else { return };
        let Some(handle) = self.known.handle_at(slot) else { return };
        if let Some(secured) = self.known.remove(handle) {
            self.by_context.remove(self.hash(context), slot);
            self.by_name.remove(Index::mix_bytes(self.secret, &secured.endpoint), slot);
        }
    }
}
