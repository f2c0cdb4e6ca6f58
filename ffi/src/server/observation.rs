//! Observations.

use core::ffi::c_char;

use lwm2m_core::server::{ObservationId, RegistrationId};
use m2m_base::Instant;

use super::m2m_lwm2m_server;
use crate::borrow::{Out, OutBytes, rows};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::memory::room;
use crate::path::m2m_path;
use crate::result::m2m_result::{M2M_OK, M2M_UNKNOWN_ID};

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
            let found = inside.server.observations(registration).nth(index);
            out.put_found(found.map(|found| found.id.to_bits()))
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
            let found = inside.server.find_observation(registration, path);
            out.put_found(found.map(ObservationId::to_bits))
        })
    })
}

/// The observation of several paths of a client (1.1): of these paths, in this order. M2M_NOTHING if there is
/// none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_find_composite(
    server: *const m2m_lwm2m_server,
    registration: u64,
    paths: *const m2m_path,
    paths_len: usize,
    id: *mut u64,
) -> i32 {
    let pointers = caught(|| {
        // SAFETY: the caller passes as many paths, and memory for the result.
        let (rows, out) = unsafe { (rows(paths, paths_len)?, Out::new(id)?) };
        let mut list = room(rows.len())?;
        for path in rows {
            list.push(path.get()?);
        }
        Ok((list, out))
    });
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(paths, out)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let registration = RegistrationId::from_bits(registration);
            let found = inside.server.find_composite(registration, &paths);
            out.put_found(found.map(ObservationId::to_bits))
        })
    })
}

/// The path at index, from 0, of those that an observation is of. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_observed_path(
    server: *const m2m_lwm2m_server,
    id: u64,
    index: usize,
    path: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(path) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = ObservationId::from_bits(id);
            inside.server.observation(id).ok_or(M2M_UNKNOWN_ID)?;
            out.put_found(inside.server.observed_paths(id).nth(index).map(m2m_path::from))
        })
    })
}

/// Copies the attributes that an observation was asked for with (1.2), such as pmin=1&gt=20, into buf, and a NUL
/// behind them. len gets their length without the NUL, 0 for none. M2M_BUFFER_TOO_SMALL if cap is not above it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_observation_attributes(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = ObservationId::from_bits(id);
            inside.server.observation(id).ok_or(M2M_UNKNOWN_ID)?;
            let text = inside.server.observation_attributes(id);
            out.put_text(Some(text))
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
