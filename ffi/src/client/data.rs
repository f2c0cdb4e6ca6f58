//! The tree of objects: what there is, and what comes and goes.

use lwm2m_core::Path;
use lwm2m_core::client::{Client, UsageError};
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::Out;
use crate::engine::checked;
use crate::object::type_number;
use crate::path::m2m_path;
use crate::result::m2m_result::{M2M_NOTHING, M2M_OK, M2M_UNKNOWN_PATH};

/// What the three commands on a path have in common.
///
/// # Safety
/// `client` is `NULL` or a handle that was not freed.
unsafe fn command(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    call: impl FnOnce(&mut Client, Instant, Path) -> Result<(), UsageError>,
) -> i32 {
    // SAFETY: the same promise.
    checked(path.get(), |path| unsafe {
        with(client, |c| {
            call(c, Instant::from_millis(now_ms), path)?;
            Ok(M2M_OK)
        })
    })
}

/// Makes the object instance at path (/3303/0), with its mandatory executable and multiple
/// resources. Other resources come with their values: m2m_lwm2m_client_set_float() and its like.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_instance(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { command(client, now_ms, path, Client::add_instance) }
}

/// Makes the resource at path (/3/0/5) where it has no value: an optional resource that is executed,
/// or a multiple resource without instances.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_resource(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { command(client, now_ms, path, Client::add_resource) }
}

/// Removes the object instance, resource or resource instance at path, with all below it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_remove(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { command(client, now_ms, path, Client::remove) }
}

/// M2M_OK if there is something at path, M2M_NOTHING if not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_contains(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(path.get(), |path| unsafe {
        with(client, |c| Ok(if c.contains(path) { M2M_OK } else { M2M_NOTHING }))
    })
}

/// The path that comes after the path after, among those below the path below: to walk a part of
/// the tree, in its order, begin with after the same as below. M2M_NOTHING at the end. The tree may
/// change between two steps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_next_path(
    client: *const m2m_lwm2m_client,
    below: m2m_path,
    after: m2m_path,
    path: *mut m2m_path,
) -> i32 {
    let pointers =
        // SAFETY: the caller passes memory for a path.
        unsafe { Out::new(path) }.and_then(|out| Ok((below.get()?, after.get()?, out)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(below, after, out)| unsafe {
        with(client, |c| match c.next_path(below, after) {
            Some(path) => {
                out.put(path.into());
                Ok(M2M_OK)
            }
            None => Ok(M2M_NOTHING),
        })
    })
}

/// The type of the resource or resource instance at path: one of enum m2m_type. M2M_UNKNOWN_PATH if
/// there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_type(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    r#type: *mut i32,
) -> i32 {
    // SAFETY: the caller passes memory for a number.
    let pointers = unsafe { Out::new(r#type) }.and_then(|out| Ok((path.get()?, out)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(path, out)| unsafe {
        with(client, |c| {
            let data_type = c.data_type(path).filter(|_| c.contains(path));
            out.put(type_number(data_type.ok_or(M2M_UNKNOWN_PATH)?) as i32);
            Ok(M2M_OK)
        })
    })
}
