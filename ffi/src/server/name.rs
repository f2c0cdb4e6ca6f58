//! Names of objects and resources.

use core::ffi::c_char;

use lwm2m_core::object;

use crate::borrow::OutBytes;
use crate::guard::caught;
use crate::result::code;

/// Copies the registered name of an object, such as "IPSO Temperature" of 3303, into buf, and a NUL behind it. len gets
/// its length without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING for an object that the library
/// does not know.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_object_name(
    object_id: u16,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        unsafe { OutBytes::new(buf.cast(), cap, len) }?.put_text(object::name(object_id))
    }))
}

/// Copies the registered name of a resource, such as "Sensor Value" of /3303/x/5700, as m2m_lwm2m_object_name() does.
/// M2M_NOTHING for a resource that the library does not know.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_resource_name(
    object_id: u16,
    resource_id: u16,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        out.put_text(object::resource_name(object_id, resource_id))
    }))
}
