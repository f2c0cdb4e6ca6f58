//! Registrations.

use core::ffi::c_char;

use coap_core::ContentFormat;
use lwm2m_core::server::{Registration, RegistrationId};
use m2m_base::{Instant, UnixTime};

use super::config::version_number;
use super::m2m_lwm2m_server;
use crate::borrow::{Out, OutBytes, string};
use crate::engine::{checked, millis};
use crate::handled::Handled;
use crate::object::type_number;
use crate::path::m2m_path;
use crate::result::m2m_result::{M2M_INVALID, M2M_NOTHING, M2M_NULL, M2M_OK, M2M_UNKNOWN_ID};

/// A registration as it is now. Texts and links are copied by functions of their own.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_registered_client {
    /// Where the client is.
    pub peer: u64,
    /// The gateway that it is a device behind, 0 if it is none.
    pub gateway: u64,
    /// When the client was last heard.
    pub last_heard_ms: u64,
    /// When it was last updated, or began.
    pub last_update_ms: u64,
    /// When it began, 0 if that was before a restart.
    pub registered_at_ms: u64,
    /// When it began, in milliseconds since 1970: 0 if the server was never told the time by
    /// m2m_lwm2m_server_set_wall_clock().
    pub registered_unix_ms: i64,
    /// When it was last updated, or began, likewise.
    pub last_update_unix_ms: i64,
    /// When it ends unless it is updated, M2M_NEVER for never.
    pub expires_at_ms: u64,
    /// Of a client in queue mode: until when it listens, M2M_NEVER if it is not known to.
    pub awake_until_ms: u64,
    /// Lifetime in seconds, 0 for ever.
    pub lifetime_s: u32,
    /// One of enum m2m_lwm2m_version.
    pub version: i32,
    /// 1 if the client sleeps between its messages.
    pub queue_mode: i32,
    /// How many links there are: objects and object instances.
    pub links: u32,
    /// 1 if it came under a security context of OSCORE, under which alone the client is asked.
    pub is_protected: i32,
    /// Not used.
    pub reserved: u32,
}

/// Does something with a registration.
///
/// # Safety
/// `server` is `NULL` or a handle that was not freed.
unsafe fn with_registration(
    server: *const m2m_lwm2m_server,
    id: u64,
    call: impl FnOnce(&Registration<'_>) -> crate::result::Outcome,
) -> i32 {
    // SAFETY: the same promise.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = RegistrationId::from_bits(id);
            call(&inside.server.registration(id).ok_or(M2M_UNKNOWN_ID)?)
        })
    }
}

/// The registration that id names. One that ended can be looked at until the event behind its end is
/// polled; then it is M2M_UNKNOWN_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_registration(
    server: *const m2m_lwm2m_server,
    id: u64,
    registration: *mut m2m_lwm2m_registered_client,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(registration) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = RegistrationId::from_bits(id);
            let registration = inside.server.registration(id).ok_or(M2M_UNKNOWN_ID)?;
            out.put(m2m_lwm2m_registered_client {
                peer: registration.peer().0,
                gateway: registration.gateway().map_or(0, RegistrationId::to_bits),
                last_heard_ms: registration.last_heard().as_millis(),
                last_update_ms: registration.last_update().as_millis(),
                registered_at_ms: registration.registered_at().as_millis(),
                registered_unix_ms: registration.registered_time().map_or(0, UnixTime::as_millis),
                last_update_unix_ms: registration.last_update_time().map_or(0, UnixTime::as_millis),
                expires_at_ms: millis(registration.expires_at()),
                awake_until_ms: millis(inside.server.awake_until(id)),
                lifetime_s: registration.lifetime(),
                version: version_number(registration.version()),
                queue_mode: registration.queue_mode().into(),
                links: u32::try_from(registration.links().count()).unwrap_or(u32::MAX),
                is_protected: registration.is_protected().into(),
                reserved: 0,
            });
            Ok(M2M_OK)
        })
    })
}

/// Copies the Endpoint Client Name of a registration into buf, and a NUL behind it. len gets its length
/// without the NUL. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_endpoint(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        with_registration(server, id, |registration| out.put_text(Some(registration.endpoint())))
    })
}

/// Copies the path by which the client updates and ends a registration (/rd/...) into buf, as
/// m2m_lwm2m_server_endpoint() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_location(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        with_registration(server, id, |registration| {
            out.put_text(Some(registration.location().as_str()))
        })
    })
}

/// Copies what stands before the objects in the client's paths, such as /lwm2m, into buf, as
/// m2m_lwm2m_server_endpoint() does: empty for most.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_alternate_path(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        with_registration(server, id, |registration| {
            out.put_text(Some(registration.alternate_path()))
        })
    })
}

/// Copies the letters of the transports by which a client can be reached, with Q for queue mode, such as UQ, into buf,
/// as m2m_lwm2m_server_endpoint() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_binding(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        with_registration(server, id, |registration| {
            let binding = registration.binding();
            let queue = binding.queue_mode().then_some('Q');
            let letters = || binding.letters().chain(queue).map(|letter| letter as u8);
            out.put(letters().count(), letters(), b"\0")?;
            Ok(M2M_OK)
        })
    })
}

/// The version of an object of a client, told or implied by that of the enabler: *major and *minor. M2M_NOTHING if the
/// client does not have the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_object_version(
    server: *const m2m_lwm2m_server,
    id: u64,
    object_id: u16,
    major: *mut u8,
    minor: *mut u8,
) -> i32 {
    // SAFETY: the caller passes memory for two numbers.
    let pointers = unsafe { Out::new(major).and_then(|major| Ok((major, Out::new(minor)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(major, minor)| unsafe {
        with_registration(server, id, |registration| {
            let version = registration.object_version(object_id);
            minor.put_found(version.map(|version| {
                major.put(version.major);
                version.minor
            }))
        })
    })
}

/// Whether a client takes and gives a content format, one of enum m2m_lwm2m_format, as far as is known: M2M_OK, else
/// M2M_NOTHING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_accepts(
    server: *const m2m_lwm2m_server,
    id: u64,
    format: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with_registration(server, id, |registration| {
            let format = u16::try_from(format).map_err(|_| M2M_INVALID)?;
            Ok(if registration.accepts(ContentFormat(format)) { M2M_OK } else { M2M_NOTHING })
        })
    }
}

/// The link at index, from 0: the path of an object or of an object instance that the client has.
/// M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_link(
    server: *const m2m_lwm2m_server,
    id: u64,
    index: usize,
    path: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(path) }, |out| unsafe {
        with_registration(server, id, |registration| {
            out.put_found(registration.links().nth(index).map(|link| link.path.into()))
        })
    })
}

/// Copies the value of an additional parameter of a registration (sms, pid, and what the standard does
/// not know) into buf, and a NUL behind it. M2M_NOTHING if the client did not tell it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_parameter(
    server: *const m2m_lwm2m_server,
    id: u64,
    name: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and a string.
    let pointers =
        unsafe { OutBytes::new(buf.cast(), cap, len).and_then(|out| Ok((out, string(name)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, name)| unsafe {
        with_registration(server, id, |registration| out.put_text(registration.parameter(name)))
    })
}

/// Copies the name of the additional parameter at index, from 0, as m2m_lwm2m_server_parameter() copies its value.
/// M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_parameter_name(
    server: *const m2m_lwm2m_server,
    id: u64,
    index: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        with_registration(server, id, |registration| {
            out.put_text(registration.parameters().nth(index).map(|(name, _)| name))
        })
    })
}

/// The registration of an endpoint. M2M_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_find(
    server: *const m2m_lwm2m_server,
    endpoint: *const c_char,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and a string.
    let pointers = unsafe {
        Out::new(id).and_then(|out| match endpoint.is_null() {
            true => Err(M2M_NULL),
            false => Ok((out, string(endpoint)?)),
        })
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, endpoint)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put_found(inside.server.find(endpoint).map(RegistrationId::to_bits))
        })
    })
}

/// The registration at index, from 0, in no particular order, which stays as long as none comes or
/// goes. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_registration_at(
    server: *const m2m_lwm2m_server,
    index: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(id) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let found = inside.server.registrations().nth(index);
            out.put_found(found.map(|found| found.id().to_bits()))
        })
    })
}

/// The type of a resource of a client: *type_of gets one of enum m2m_type. It is that of the object in the version
/// that the client has, if the server knows this one. M2M_NOTHING if it knows none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_resource_type(
    server: *const m2m_lwm2m_server,
    registration: u64,
    path: m2m_path,
    type_of: *mut i32,
) -> i32 {
    // SAFETY: the caller passes memory for a number.
    let pointers = unsafe { Out::new(type_of) }.and_then(|out| Ok((out, path.get()?)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, path)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = RegistrationId::from_bits(registration);
            let found = inside.server.resource_type(id, path);
            out.put_found(found.map(|data_type| type_number(data_type) as i32))
        })
    })
}

/// Ends a registration without the client's doing; the client learns of it by the 4.04 to its next
/// Update.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_remove(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.server.remove(now, RegistrationId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}
