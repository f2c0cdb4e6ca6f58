//! Devices behind gateways, and profiles.

use core::ffi::c_char;

use lwm2m_core::server::RegistrationId;
use m2m_base::{Instant, PeerId};

use super::m2m_lwm2m_server;
use crate::borrow::{Out, OutBytes, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::path::m2m_path;
use crate::result::m2m_result::{M2M_NULL, M2M_OK};

/// The registration of a device behind a gateway, at index, from 0, the newest first. M2M_NOTHING if there are
/// not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_child_at(
    server: *const m2m_lwm2m_server,
    gateway: u64,
    index: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let gateway = RegistrationId::from_bits(gateway);
            let found = inside.server.children(gateway).nth(index);
            out.put_found(found.map(RegistrationId::to_bits))
        })
    })
}

/// Asks a gateway anew for the devices behind it. It is asked by itself when it registers and when its list of
/// objects changes.
///
/// Errors: M2M_UNKNOWN_ID for what is no gateway; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_survey(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    gateway: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.server.survey(now, RegistrationId::from_bits(gateway))?;
            Ok(M2M_OK)
        })
    }
}

/// Adds a device behind a gateway, or changes what is known of it. links are its objects in the form of a
/// registration's link list: </3/0>,</3303/0>. *id gets its registration; M2M_LWM2M_SERVER_REGISTERED or
/// M2M_LWM2M_SERVER_UPDATED follows.
///
/// Errors: M2M_UNKNOWN_ID for a gateway that is not there; M2M_INVALID for an endpoint name that is empty or
/// another registration's, a prefix that is no single segment or a number, or what is no link list;
/// M2M_TOO_LONG; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_add_child(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    gateway: u64,
    endpoint: *const c_char,
    prefix: *const c_char,
    links: *const c_char,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes strings and memory for the result.
    let given = || unsafe {
        if endpoint.is_null() || prefix.is_null() || links.is_null() {
            return Err(M2M_NULL);
        }
        Ok((string(endpoint)?, string(prefix)?, string(links)?, Out::new(id)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(given), |(endpoint, prefix, links, out)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let (now, gateway) = (Instant::from_millis(now_ms), RegistrationId::from_bits(gateway));
            let made = inside.server.add_child(now, gateway, endpoint, prefix, links)?;
            out.put(made.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// The registration whose client is at a peer. M2M_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_find_peer(
    server: *const m2m_lwm2m_server,
    peer: u64,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let found = inside.server.find_peer(PeerId(peer));
            out.put_found(found.map(RegistrationId::to_bits))
        })
    })
}

/// Tells what the clients of a profile (1.2) have, in the form of a registration's link list: for profiles
/// whose list is agreed on beforehand. It replaces what was known of it.
///
/// Errors: M2M_INVALID for what is no ID or no link list; M2M_TOO_LONG; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_set_profile(
    server: *mut m2m_lwm2m_server,
    profile: *const c_char,
    links: *const c_char,
) -> i32 {
    // SAFETY: the caller passes strings.
    let given = || unsafe {
        if profile.is_null() || links.is_null() {
            return Err(M2M_NULL);
        }
        Ok((string(profile)?, string(links)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(given), |(profile, links)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            inside.server.set_profile(profile, links)?;
            Ok(M2M_OK)
        })
    })
}

/// Forgets a profile; the next client that names it alone has to send its list. Registrations keep what they
/// have. M2M_UNKNOWN_ID if it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_remove_profile(
    server: *mut m2m_lwm2m_server,
    profile: *const c_char,
) -> i32 {
    // SAFETY: the caller passes a string.
    let given = || match profile.is_null() {
        true => Err(M2M_NULL),
        // SAFETY: the same.
        false => unsafe { string(profile) },
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(given), |profile| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            inside.server.remove_profile(profile)?;
            Ok(M2M_OK)
        })
    })
}

/// Copies the ID of the profile at index, from 0, of those that are known, into buf, and a NUL behind it. len
/// gets its length without the NUL. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_profile_at(
    server: *const m2m_lwm2m_server,
    index: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put_text(inside.server.profiles().nth(index).map(|profile| profile.id()))
        })
    })
}

/// Copies the alternate path of the clients of the profile at index, with its slash, into buf, and a NUL behind it; ""
/// for none. Otherwise as m2m_lwm2m_server_profile_at().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_profile_alternate_path(
    server: *const m2m_lwm2m_server,
    index: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let found = inside.server.profiles().nth(index);
            out.put_text(found.map(|profile| profile.alternate_path()))
        })
    })
}

/// The link at link_index, from 0, of the profile at index, from 0: the path of an object or of an object instance that
/// its clients have. M2M_NOTHING if there are not as many of either.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_profile_link(
    server: *const m2m_lwm2m_server,
    index: usize,
    link_index: usize,
    path: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(path) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let profile = inside.server.profiles().nth(index);
            let link = profile.and_then(|profile| profile.links().nth(link_index));
            out.put_found(link.map(|link| link.path.into()))
        })
    })
}
