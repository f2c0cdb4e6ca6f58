//! Observations.

use lwm2m_core::server::{ObservationId, RegistrationId};
use m2m_base::Instant;

use super::m2m_lwm2m_server;
use crate::borrow::Out;
use crate::engine::checked;
use crate::handled::Handled;
use crate::path::m2m_path;
use crate::result::m2m_result::{M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID};

/// An observation.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_observation {
    /// The registration of the client.
    pub registration: u64,
    /// What is observed; the root for one of several paths.
    pub path: m2m_path,
    /// 1 if it is of several paths.
    pub composite: i32,
    /// 0 while the client has not granted it yet, at first or at its new address.
    pub established: i32,
}

/// The observation that id names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_observation(
    server: *const m2m_lwm2m_server,
    id: u64,
    observation: *mut m2m_lwm2m_observation,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(observation) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = ObservationId::from_bits(id);
            let found = inside.server.observation(id).ok_or(M2M_UNKNOWN_ID)?;
            out.put(m2m_lwm2m_observation {
                registration: found.registration.to_bits(),
                path: found.path.into(),
                composite: found.composite.into(),
                established: found.established.into(),
            });
            Ok(M2M_OK)
        })
    })
}

/// The observation at index, from 0, of a registration. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_observation_at(
    server: *const m2m_lwm2m_server,
    registration: u64,
    index: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let registration = RegistrationId::from_bits(registration);
            match inside.server.observations(registration).nth(index) {
                Some(found) => {
                    out.put(found.id.to_bits());
                    Ok(M2M_OK)
                }
                None => Ok(M2M_NOTHING),
            }
        })
    })
}

/// The observation of one path of a client. M2M_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_find_observation(
    server: *const m2m_lwm2m_server,
    registration: u64,
    path: m2m_path,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result.
    let pointers = unsafe { Out::new(id) }.and_then(|out| Ok((out, path.get()?)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, path)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let registration = RegistrationId::from_bits(registration);
            match inside.server.find_observation(registration, path) {
                Some(found) => {
                    out.put(found.to_bits());
                    Ok(M2M_OK)
                }
                None => Ok(M2M_NOTHING),
            }
        })
    })
}

/// Ends an observation without telling the client, which learns of it when its next notification is
/// rejected. No event follows. M2M_LWM2M_CANCEL_OBSERVATION tells it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_forget_observation(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.server.forget_observation(now, ObservationId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}
