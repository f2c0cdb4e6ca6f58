//! Values: one function to set and one to get for each type.

use core::ffi::c_char;
use lwm2m_core::{ObjectLink, Value};
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::{Out, OutBytes, bytes, text};
use crate::engine::checked;
use crate::path::m2m_path;
use crate::result::m2m_result::{self, M2M_OK, M2M_UNKNOWN_PATH, M2M_WRONG_TYPE};

/// Sets a value, made from what C passed.
///
/// # Safety
/// `client` is `NULL` or a handle that was not freed.
unsafe fn set(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: Result<Value<'_>, m2m_result>,
) -> i32 {
    let value = match &value {
        Ok(value) => value,
        Err(error) => return error.code(),
    };
    // SAFETY: the same promise.
    checked(path.get(), |path| unsafe {
        with(client, |c| {
            c.set(Instant::from_millis(now_ms), path, *value)?;
            Ok(M2M_OK)
        })
    })
}

/// Gets a value of one type.
///
/// # Safety
/// `client` is `NULL` or a handle that was not freed, `out` is `NULL` or memory for a `T`.
unsafe fn get<T: Copy>(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    out: *mut T,
    pick: impl FnOnce(Value<'_>) -> Option<T>,
) -> i32 {
    // SAFETY: the same promises.
    let pointers = unsafe { Out::new(out) }.and_then(|out| Ok((path.get()?, out)));
    // SAFETY: the same promises.
    checked(pointers, |(path, out)| unsafe {
        with(client, |c| {
            out.put(pick(c.get(path).ok_or(M2M_UNKNOWN_PATH)?).ok_or(M2M_WRONG_TYPE)?);
            Ok(M2M_OK)
        })
    })
}

/// Sets the integer at path, a resource or resource instance whose object instance exists. Whoever
/// observes it is notified, as soon as their attributes allow.
///
/// Errors, here and for the other types: M2M_UNKNOWN_OBJECT or M2M_UNKNOWN_PATH if nothing can be
/// there, M2M_WRONG_TYPE, M2M_OUT_OF_RANGE, M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_integer(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::Integer(value))) }
}

/// Sets the unsigned integer at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_unsigned(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::Unsigned(value))) }
}

/// Sets the floating-point number at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_float(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: f64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::Float(value))) }
}

/// Sets the boolean at path: false for 0, true for any other number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_boolean(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::Boolean(value != 0))) }
}

/// Sets the time at path, in seconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_time(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::Time(value))) }
}

/// Sets the object link at path. 65535 and 65535 link to nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_objlnk(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    object: u16,
    instance: u16,
) -> i32 {
    let link = ObjectLink::new(object, instance);
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, Ok(Value::ObjectLink(link))) }
}

/// Sets the string at path: len bytes of UTF-8, without a NUL at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_string(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: *const c_char,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, text(value, len).map(Value::string)) }
}

/// Sets the opaque value at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_opaque(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, bytes(value, len).map(Value::opaque)) }
}

/// Sets the links in the CoRE Link Format at path: len bytes of UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_corelnk(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    value: *const c_char,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    unsafe { set(client, now_ms, path, text(value, len).map(Value::core_link)) }
}

/// Gets the integer at path.
///
/// Errors, here and for the other types: M2M_UNKNOWN_PATH if there is no value, M2M_WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_integer(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    value: *mut i64,
) -> i32 {
    let pick = |value: Value<'_>| if let Value::Integer(n) = value { Some(n) } else { None };
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe { get(client, path, value, pick) }
}

/// Gets the unsigned integer at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_unsigned(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    value: *mut u64,
) -> i32 {
    let pick = |value: Value<'_>| if let Value::Unsigned(n) = value { Some(n) } else { None };
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe { get(client, path, value, pick) }
}

/// Gets the floating-point number at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_float(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    value: *mut f64,
) -> i32 {
    let pick = |value: Value<'_>| if let Value::Float(n) = value { Some(n) } else { None };
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe { get(client, path, value, pick) }
}

/// Gets the boolean at path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_boolean(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    value: *mut bool,
) -> i32 {
    let pick = |value: Value<'_>| if let Value::Boolean(b) = value { Some(b) } else { None };
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe { get(client, path, value, pick) }
}

/// Gets the time at path, in seconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_time(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    value: *mut i64,
) -> i32 {
    let pick = |value: Value<'_>| if let Value::Time(n) = value { Some(n) } else { None };
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe { get(client, path, value, pick) }
}

/// Gets the object link at path: both numbers are 65535 if it links to nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_objlnk(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    object: *mut u16,
    instance: *mut u16,
) -> i32 {
    // SAFETY: the caller passes memory for two numbers.
    let pointers =
        unsafe { Out::new(object).and_then(|o| Ok((path.get()?, o, Out::new(instance)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(path, object, instance)| unsafe {
        with(client, |c| {
            let Value::ObjectLink(link) = c.get(path).ok_or(M2M_UNKNOWN_PATH)? else {
                return Err(M2M_WRONG_TYPE);
            };
            object.put(link.object);
            instance.put(link.instance);
            Ok(M2M_OK)
        })
    })
}

/// What the three types of many bytes have in common.
///
/// # Safety
/// `client` is `NULL` or a handle that was not freed, `buf` memory for `cap` bytes, `len` `NULL` or
/// memory for a number.
unsafe fn get_bytes(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    (buf, cap, len): (*mut u8, usize, *mut usize),
    put: impl FnOnce(Value<'_>, OutBytes<'_>) -> Result<(), m2m_result>,
) -> i32 {
    // SAFETY: the same promises.
    let pointers = unsafe { OutBytes::new(buf, cap, len) }.and_then(|out| Ok((path.get()?, out)));
    // SAFETY: the same promises.
    checked(pointers, |(path, out)| unsafe {
        with(client, |c| {
            put(c.get(path).ok_or(M2M_UNKNOWN_PATH)?, out)?;
            Ok(M2M_OK)
        })
    })
}

/// Copies the string at path into buf, and a NUL behind it. len gets its length in bytes without
/// the NUL. M2M_BUFFER_TOO_SMALL if cap is not above the length. With buf NULL and cap 0 only len
/// is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_string(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe {
        get_bytes(client, path, (buf.cast(), cap, len), |value, out| match value {
            Value::String(text) => out.put(text.len(), text.bytes(), b"\0"),
            _ => Err(M2M_WRONG_TYPE),
        })
    }
}

/// Copies the opaque value at path into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is
/// below it. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_opaque(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe {
        get_bytes(client, path, (buf, cap, len), |value, out| match value {
            Value::Opaque(data) => out.put(data.len(), data.bytes(), b""),
            _ => Err(M2M_WRONG_TYPE),
        })
    }
}

/// Copies the links at path into buf, as m2m_lwm2m_client_get_string() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_get_corelnk(
    client: *const m2m_lwm2m_client,
    path: m2m_path,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the value, and NULL or a handle that was not freed.
    unsafe {
        get_bytes(client, path, (buf.cast(), cap, len), |value, out| match value {
            Value::CoreLink(text) => out.put(text.len(), text.bytes(), b"\0"),
            _ => Err(M2M_WRONG_TYPE),
        })
    }
}
