//! Values that the application is asked for when they are read, and the list of errors that the Device
//! object has.

#[cfg(any(feature = "values-on-read", feature = "ready-made"))]
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::engine::checked;
use crate::path::m2m_path;
use crate::result::m2m_result::M2M_INVALID;
#[cfg(not(all(feature = "values-on-read", feature = "ready-made")))]
use crate::result::m2m_result::M2M_NOT_ALLOWED;
#[cfg(any(feature = "values-on-read", feature = "ready-made"))]
use crate::result::m2m_result::M2M_OK;

/// Has the value of a resource, or of a resource instance, asked for whenever a server reads it, by itself
/// or with what it is part of: M2M_LWM2M_VALUE_WANTED asks, m2m_lwm2m_client_answer_value() answers, and the
/// read waits up to a minute for that. Notifications carry what was told last; while a server observes it, or
/// what it is part of, with epmax, it is asked for that many seconds after it was told last.
///
/// Errors: M2M_UNKNOWN_OBJECT; M2M_UNKNOWN_PATH if the instance is not there or nothing there can be read;
/// M2M_EXISTS; M2M_FULL above asked of the configuration; M2M_NOT_ALLOWED in a library without it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_ask_when_read(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(path.get(), |path| unsafe {
        with(client, |c| {
            #[cfg(feature = "values-on-read")]
            {
                c.ask_when_read(Instant::from_millis(now_ms), path)?;
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "values-on-read"))]
            {
                let _ = (c, now_ms, path);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Answers M2M_LWM2M_VALUE_WANTED: with M2M_COAP_CONTENT the value is what m2m_lwm2m_client_set_integer() or
/// its like has set; with an error of enum m2m_coap_code (any code of class 4 or 5) it cannot be told, and
/// the server that wants it alone is answered with that.
///
/// Errors: M2M_UNKNOWN_PATH for a value that is never asked for; M2M_INVALID for another code;
/// M2M_NOT_ALLOWED in a library without it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_answer_value(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    code: i32,
) -> i32 {
    let given = path.get().and_then(|path| {
        let code = coap_core::Code(u8::try_from(code).map_err(|_| M2M_INVALID)?);
        Ok((path, (code != coap_core::Code::CONTENT).then_some(code)))
    });
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(given, |(path, failed)| unsafe {
        with(client, |c| {
            #[cfg(feature = "values-on-read")]
            {
                let now = Instant::from_millis(now_ms);
                match failed {
                    None => c.answer_value_as_set(now, path)?,
                    Some(code) => c.answer_value(now, path, Err(code))?,
                }
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "values-on-read"))]
            {
                let _ = (c, now_ms, path, failed);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Adds an error to those that the Device object tells (/3/0/11), unless it is there.
///
/// Errors: M2M_OUT_OF_RANGE for 0, which is no error; M2M_FULL; M2M_NOT_ALLOWED in a library without it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_error(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    error: u8,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "ready-made")]
            {
                c.add_error(Instant::from_millis(now_ms), error)?;
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "ready-made"))]
            {
                let _ = (c, now_ms, error);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}

/// Takes an error out of those that the Device object tells. M2M_NOT_ALLOWED in a library without it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_clear_error(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    error: u8,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "ready-made")]
            {
                c.clear_error(Instant::from_millis(now_ms), error);
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "ready-made"))]
            {
                let _ = (c, now_ms, error);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}
