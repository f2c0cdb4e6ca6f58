//! Devices behind the client, whose gateway it is (LwM2M Gateway 1.1).

use alloc::vec::Vec;
use core::ffi::c_char;

use lwm2m_core::client::DeviceBehind;
use lwm2m_core::object::ObjectDefinition;
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::{Out, rows, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::memory::room;
use crate::path::m2m_path;
use crate::result::code;
use crate::result::m2m_result::{M2M_NOTHING, M2M_NULL, M2M_OK, M2M_UNKNOWN_OBJECT};

/// Adds a device behind the client as an instance of the Gateway object (25), which has to be among its
/// objects: m2m_object_25, with devices and device_objects in the configuration. id names the device for good
/// (a URN); prefix is what its paths begin with for servers: up to 16 letters, digits, -, _ and ., not digits
/// alone. objects are the IDs of its objects: of those in the client's configuration, and 3. The servers are
/// told. *instance gets the path of the instance, which m2m_lwm2m_client_remove() removes with all that the
/// device has.
///
/// Its objects have nothing yet: m2m_lwm2m_client_path_behind() tells where they lie here, and everything
/// that is done with paths, from m2m_lwm2m_client_add_instance() to events, is done with those.
///
/// Errors: M2M_UNKNOWN_OBJECT; M2M_INVALID for a prefix that is none; M2M_EXISTS if another device has it;
/// M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_device(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    id: *const c_char,
    prefix: *const c_char,
    objects: *const u16,
    objects_len: usize,
    instance: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for a path, strings, and as many IDs as it says.
    let pointers = || unsafe {
        if id.is_null() || prefix.is_null() {
            return Err(M2M_NULL);
        }
        let ids = rows(objects, objects_len)?;
        let mut list: Vec<u16> = room(ids.len())?;
        list.extend(ids);
        Ok((string(id)?, string(prefix)?, list, Out::new(instance)?))
    };
    checked(caught(pointers), |(id, prefix, ids, out)| {
        // SAFETY: the caller passes NULL or a handle that was not freed.
        let Some(handle) = (unsafe { client.as_ref() }) else { return M2M_NULL.code() };
        code(handle.0.guarded.with(|inside| {
            let mut objects: Vec<&'static ObjectDefinition<'static>> = room(ids.len())?;
            for id in &ids {
                // Of those that servers may see.
                let known = inside.client.objects().iter().find(|o| o.id == *id && o.id > 1);
                objects.push(known.copied().ok_or(M2M_UNKNOWN_OBJECT)?);
            }
            let device = DeviceBehind { id, prefix, objects: &objects };
            out.put(inside.client.add_device(Instant::from_millis(now_ms), &device)?.into());
            Ok(M2M_OK)
        }))
    })
}

/// Where something of a device behind lies here: *here gets the path for all other functions. instance is
/// that of m2m_lwm2m_client_add_device(), path the one on the device. M2M_NOTHING if the device has no such
/// object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_path_behind(
    client: *const m2m_lwm2m_client,
    instance: m2m_path,
    path: m2m_path,
    here: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for a path.
    let pointers =
        unsafe { Out::new(here) }.and_then(|out| Ok((instance.get()?, path.get()?, out)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(instance, path, out)| unsafe {
        with(client, |c| {
            let Some(here) = c.path_behind(instance, path) else { return Ok(M2M_NOTHING) };
            out.put(here.into());
            Ok(M2M_OK)
        })
    })
}

/// The other way round, for events: *instance gets the device that path belongs to, *behind the path on it.
/// M2M_NOTHING for what is the client's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_device_behind(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    instance: *mut m2m_path,
    behind: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for two paths.
    let pointers =
        unsafe { path.get().and_then(|p| Ok((p, Out::new(instance)?, Out::new(behind)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(path, instance, behind)| unsafe {
        with(client, |c| {
            let Some((device, there)) = c.device_behind(path) else { return Ok(M2M_NOTHING) };
            instance.put(device.into());
            behind.put(there.into());
            Ok(M2M_OK)
        })
    })
}
