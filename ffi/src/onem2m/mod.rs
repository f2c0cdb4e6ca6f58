//! oneM2M: the application entity (AE) and the common services entity (CSE).

mod address;
mod ae;
mod binding;
#[cfg(feature = "onem2m-coap")]
#[cfg_attr(not(feature = "onem2m-cse"), allow(dead_code, reason = "an AE asks one peer"))]
mod coap;
mod command;
mod config;
#[cfg(feature = "onem2m-cse")]
mod cse;
#[cfg(feature = "onem2m-coap")]
mod datagram;
mod definition;
mod event;
mod http;
mod incoming;
mod primitive;
mod time;
#[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
#[cfg_attr(not(feature = "onem2m-cse"), allow(dead_code, reason = "a CSE has both of them"))]
mod whole;

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;

use m2m_base::{Full, Sink};

use crate::borrow::{OutBytes, rows, string};
use crate::memory::room;
use crate::result::Outcome;
use crate::result::m2m_result::{self, M2M_NULL, M2M_OK, M2M_OUT_OF_MEMORY};

pub use address::*;
pub use ae::*;
pub use binding::*;
pub use command::*;
pub use config::*;
#[cfg(feature = "onem2m-cse")]
pub use cse::*;
#[cfg(feature = "onem2m-coap")]
pub use datagram::*;
pub use definition::*;
pub use event::*;
pub use incoming::*;
pub use primitive::*;
pub use time::*;
#[cfg(any(feature = "onem2m-mqtt", feature = "onem2m-websocket"))]
pub use whole::*;

/// Gives C the text that `write` writes, and a NUL behind it.
fn put_written(
    out: OutBytes<'_>,
    write: impl FnOnce(&mut dyn Sink) -> Result<(), Full>,
) -> Outcome {
    let mut text: Vec<u8> = Vec::new();
    write(&mut text).map_err(|Full| M2M_OUT_OF_MEMORY)?;
    out.put(text.len(), text.into_iter(), b"\0")?;
    Ok(M2M_OK)
}

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
