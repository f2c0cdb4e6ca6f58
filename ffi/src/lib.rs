//! The C API of the m2m protocol crates. `include/m2m.h` is written from this source by cbindgen:
//! what is said about a function or type here is what a C programmer reads there.
//!
//! What holds for all of it:
//!
//! - A function returns an `int32_t`: 0, a benign result above 0, an error below 0. Out-parameters
//!   are written on success only.
//! - Whatever C passes may be wrong. Pointers may be `NULL` or not aligned, numbers out of range,
//!   text not UTF-8: all of that is an error. The only thing that cannot be checked is a pointer
//!   that dangles.
//! - What is passed is copied before the call returns.
//! - A handle guards itself (`guard`): a call while another one is inside gets `M2M_BUSY`, and
//!   after a panic there is nothing but `M2M_POISONED`.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
// C's names for C's things.
#![allow(non_camel_case_types)]
// The header says it in the same words; lines of Rust's own documentation would end up there.
#![allow(clippy::doc_markdown)]

extern crate alloc;

mod argument;
#[cfg(feature = "bootstrap-server")]
mod bootstrap_server;
mod borrow;
mod client;
#[cfg(feature = "coap")]
mod coap;
mod code;
mod config;
#[cfg(all(feature = "oscore", feature = "server"))]
mod contexts;
mod engine;
mod guard;
#[cfg(any(feature = "coap", feature = "server", feature = "onem2m", feature = "stream"))]
mod handled;
#[cfg(feature = "http")]
mod http;
mod memory;
#[cfg(feature = "mqtt")]
mod mqtt;
#[cfg(any(feature = "senml", feature = "server", feature = "payloads"))]
mod number;
mod object;
#[cfg(any(not(feature = "reuse"), test))]
mod once;
#[cfg(feature = "onem2m")]
mod onem2m;
#[cfg(any(feature = "coap", feature = "senml"))]
mod output;
mod path;
#[cfg(feature = "payloads")]
mod payload;
#[cfg(any(feature = "coap", feature = "senml", feature = "mqtt", feature = "payloads"))]
mod placed;
#[cfg(any(feature = "server", feature = "onem2m-cse"))]
mod record;
mod result;
#[cfg(any(feature = "coap", all(feature = "oscore", feature = "server")))]
mod security;
#[cfg(feature = "senml")]
mod senml;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "sms")]
mod sms;
mod standard;
#[cfg(feature = "stream")]
mod stream;
#[cfg(any(feature = "server", feature = "payloads"))]
mod value;
mod version;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(feature = "test-hooks")]
mod test_hooks;

#[cfg(feature = "senml")]
pub use self::senml::*;
pub use argument::*;
#[cfg(feature = "bootstrap-server")]
pub use bootstrap_server::*;
pub use client::*;
#[cfg(feature = "coap")]
pub use coap::*;
pub use code::*;
pub use config::*;
pub use engine::*;
#[cfg(feature = "http")]
pub use http::*;
pub use memory::*;
#[cfg(feature = "mqtt")]
pub use mqtt::*;
#[cfg(any(feature = "senml", feature = "server", feature = "payloads"))]
pub use number::*;
pub use object::*;
#[cfg(feature = "onem2m")]
pub use onem2m::*;
pub use path::*;
#[cfg(feature = "payloads")]
pub use payload::*;
pub use result::*;
#[cfg(any(feature = "coap", all(feature = "oscore", feature = "server")))]
pub use security::*;
#[cfg(feature = "server")]
pub use server::*;
#[cfg(feature = "sms")]
pub use sms::*;
pub use standard::*;
#[cfg(feature = "stream")]
pub use stream::*;
#[cfg(any(feature = "server", feature = "payloads"))]
pub use value::*;
pub use version::*;

/// Nothing is left to be done: the C library ends the program, or restarts the device.
#[cfg(all(not(feature = "std"), target_os = "none"))]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: a function of the C library.
    unsafe { abort() }
}
