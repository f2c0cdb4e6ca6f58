//! oneM2M: the application entity (AE) and the common services entity (CSE).

mod ae;
mod binding;
#[cfg(feature = "onem2m-coap")]
#[cfg_attr(not(feature = "onem2m-cse"), allow(dead_code, reason = "an AE asks one peer"))]
mod coap;
mod command;
mod config;
#[cfg(feature = "onem2m-cse")]
mod cse;
mod event;
mod http;
mod incoming;
mod primitive;
#[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
#[cfg_attr(not(feature = "onem2m-cse"), allow(dead_code, reason = "a CSE has both of them"))]
mod whole;

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;

use crate::borrow::{rows, string};
use crate::memory::room;
use crate::result::m2m_result::{self, M2M_NULL};

pub use ae::*;
pub use binding::*;
pub use command::*;
pub use config::*;
#[cfg(feature = "onem2m-cse")]
pub use cse::*;
pub use event::*;
pub use incoming::*;
pub use primitive::*;
#[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
pub use whole::*;

/// Puts strings of C's in the place of those that are there; nothing if there are none.
///
/// # Safety
/// `from` is `NULL` or points to `len` strings.
unsafe fn put_list(
    to: &mut Vec<String>,
    from: *const *const c_char,
    len: usize,
) -> Result<(), m2m_result> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the same promise; every bit pattern is a pointer.
    let texts = unsafe { rows(from, len) }?;
    let mut list = room(texts.len())?;
    for text in texts {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the same promise.
        list.push(unsafe { string(text) }?.into());
    }
    *to = list;
    Ok(())
}
