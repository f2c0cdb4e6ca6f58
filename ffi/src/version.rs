//! Which library this is.

use core::ffi::{CStr, c_char};

/// The version of the library as text, such as "0.1.0": a string that lives for ever. The header's
/// is M2M_VERSION; they agree up to the last number, or one was exchanged without the other.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(text) => text,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}
