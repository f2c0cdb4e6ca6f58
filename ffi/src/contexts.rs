//! OSCORE of the LwM2M servers: a security context is an endpoint.

use core::ffi::c_char;

use coap_core::oscore::SecurityParameters;
use coap_core::{History, SecurityId};
use lwm2m_core::server::UsageError;
use m2m_base::Instant;

use crate::borrow::{Out, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::m2m_result::{M2M_NULL, M2M_OK};
use crate::security::m2m_coap_security;

/// The servers that know their clients by security contexts.
pub(crate) trait Contexts {
    fn add(
        &mut self,
        endpoint: &str,
        given: &(SecurityParameters<'_>, History),
    ) -> Result<SecurityId, UsageError>;
    fn replace(
        &mut self,
        now: Instant,
        id: SecurityId,
        endpoint: &str,
        given: &(SecurityParameters<'_>, History),
    ) -> Result<SecurityId, UsageError>;
    fn remove(&mut self, now: Instant, id: SecurityId);
}

macro_rules! contexts {
    ($Engine:ty) => {
        impl Contexts for $Engine {
            fn add(
                &mut self,
                endpoint: &str,
                (parameters, history): &(SecurityParameters<'_>, History),
            ) -> Result<SecurityId, UsageError> {
                self.add_security_context(endpoint, parameters, *history)
            }

            fn replace(
                &mut self,
                now: Instant,
                id: SecurityId,
                endpoint: &str,
                (parameters, history): &(SecurityParameters<'_>, History),
            ) -> Result<SecurityId, UsageError> {
                self.replace_security_context(now, id, endpoint, parameters, *history)
            }

            fn remove(&mut self, now: Instant, id: SecurityId) {
                self.remove_security_context(now, id);
            }
        }
    };
}

contexts!(lwm2m_core::server::Server);
#[cfg(feature = "bootstrap-server")]
contexts!(lwm2m_core::bootstrap_server::BootstrapServer);

/// Makes the security context of an endpoint, in the place of `old` if there is one to be replaced.
///
/// # Safety
/// `handle` is `NULL` or a handle that was not freed, `endpoint` `NULL` or a string, `security` as for
/// `m2m_coap_security::read`, `id` `NULL` or memory for a number.
pub(crate) unsafe fn make<H>(
    handle: *mut H,
    old: Option<(u64, u64)>,
    endpoint: *const c_char,
    security: *const m2m_coap_security,
    id: *mut u64,
) -> i32
where
    H: Handled,
    H::Engine: Contexts,
{
    // SAFETY: the same promises.
    let pointers = || unsafe {
        if endpoint.is_null() {
            return Err(M2M_NULL);
        }
        Ok((Out::new(id)?, string(endpoint)?, m2m_coap_security::read(security)?))
    };
    // SAFETY: the same promise.
    checked(caught(pointers), |(out, endpoint, given)| unsafe {
        H::with(handle, |inside| {
            let engine = H::engine(inside);
            let made = match old {
                None => engine.add(endpoint, &given)?,
                Some((now_ms, old)) => {
                    let now = Instant::from_millis(now_ms);
                    engine.replace(now, SecurityId::from_bits(old), endpoint, &given)?
                }
            };
            out.put(made.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Removes a security context.
///
/// # Safety
/// `handle` is `NULL` or a handle that was not freed.
pub(crate) unsafe fn remove<H>(handle: *mut H, now_ms: u64, id: u64) -> i32
where
    H: Handled,
    H::Engine: Contexts,
{
    // SAFETY: the same promise.
    unsafe {
        H::with(handle, |inside| {
            H::engine(inside).remove(Instant::from_millis(now_ms), SecurityId::from_bits(id));
            Ok(M2M_OK)
        })
    }
}
