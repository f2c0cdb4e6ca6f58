//! Names of what CoAP has numbers for.

use core::ffi::c_char;

use coap_core::{Code, ContentFormat};

use crate::borrow::{Out, OutBytes, string};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{M2M_INVALID, M2M_NULL};

/// Copies the registered name of a code, such as "Not Found" of M2M_COAP_NOT_FOUND or "GET" of M2M_COAP_GET, into buf,
/// and a NUL behind it. len gets its length without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING
/// for a code without one; M2M_INVALID for a number above 255.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_code_name(
    code_of: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let number = u8::try_from(code_of).map_err(|_| M2M_INVALID)?;
        out.put_text(Code(number).name())
    }))
}

/// Copies the media type of a content format, such as "application/senml+cbor" of 112, into buf, and a NUL behind it,
/// as m2m_coap_code_name() does. M2M_NOTHING for a number that the library has no media type of; M2M_INVALID for one
/// above 65535.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_media_type(
    format: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let number = u16::try_from(format).map_err(|_| M2M_INVALID)?;
        out.put_text(ContentFormat(number).media_type())
    }))
}

/// The content format of a media type, which is written as m2m_coap_media_type() does, upper or lower case. M2M_NOTHING
/// for a media type that the library does not know.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_format_of(media_type: *const c_char, format: *mut i32) -> i32 {
    code(caught(|| {
        if media_type.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes a string, and memory for a number.
        let (media_type, out) = unsafe { (string(media_type)?, Out::new(format)?) };
        out.put_found(ContentFormat::from_media_type(media_type).map(|format| format.0.into()))
    }))
}
