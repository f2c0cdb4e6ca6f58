//! Send: values that go to a server which did not ask for them.

use lwm2m_core::Path;
use lwm2m_core::client::Client;
#[cfg(feature = "send")]
use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::{Out, rows};
use crate::engine::checked;
use crate::path::m2m_path;
use crate::result::Outcome;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

/// Most paths of m2m_lwm2m_client_send() and m2m_lwm2m_client_record().
pub const M2M_LWM2M_SEND_PATHS: usize = 16;

/// Copies of the caller's paths.
struct Paths {
    all: [Path; M2M_LWM2M_SEND_PATHS],
    len: usize,
}

impl Paths {
    /// # Safety
    /// `paths` is `NULL` or points to `len` paths.
    unsafe fn new(paths: *const m2m_path, len: usize) -> Result<Paths, m2m_result> {
        let mut all = [Path::ROOT; M2M_LWM2M_SEND_PATHS];
        // SAFETY: the same promise.
        let rows = unsafe { rows(paths, len) }?;
        if len > all.len() {
            return Err(M2M_INVALID);
        }
        for (to, path) in all.iter_mut().zip(rows) {
            *to = path.get()?;
        }
        Ok(Paths { all, len })
    }

    #[cfg(feature = "send")]
    fn get(&self) -> &[Path] {
        self.all.get(..self.len).unwrap_or(&[])
    }
}

#[cfg(feature = "send")]
fn record(c: &mut Client, now_ms: u64, ssid: u16, paths: &Paths) -> Outcome {
    c.record(Instant::from_millis(now_ms), ssid, paths.get())?;
    Ok(M2M_OK)
}

#[cfg(feature = "send")]
fn send(
    c: &mut Client,
    now_ms: u64,
    ssid: u16,
    format: i32,
    paths: &Paths,
) -> Result<u64, m2m_result> {
    let format = coap_core::ContentFormat(u16::try_from(format).map_err(|_| M2M_INVALID)?);
    let id = c.send(Instant::from_millis(now_ms), ssid, format, paths.get())?;
    Ok(id.to_bits().into())
}

#[cfg(not(feature = "send"))]
fn record(_: &mut Client, _: u64, _: u16, paths: &Paths) -> Outcome {
    let _ = (paths.all, paths.len);
    Err(m2m_result::M2M_NOT_ALLOWED)
}

#[cfg(not(feature = "send"))]
fn send(_: &mut Client, _: u64, _: u16, _: i32, paths: &Paths) -> Result<u64, m2m_result> {
    let _ = (paths.all, paths.len);
    Err(m2m_result::M2M_NOT_ALLOWED)
}

/// Records what paths hold now, for the next m2m_lwm2m_client_send() to this server, which tells it
/// with the time.
///
/// Errors: as of m2m_lwm2m_client_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_record(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
    paths: *const m2m_path,
    paths_len: usize,
) -> i32 {
    // SAFETY: the caller passes paths_len paths, and NULL or a handle that was not freed.
    checked(unsafe { Paths::new(paths, paths_len) }, |paths| unsafe {
        with(client, |c| record(c, now_ms, ssid, &paths))
    })
}

/// Sends what paths hold now, and what was recorded for this server since the last time, in format:
/// M2M_LWM2M_SENML_JSON, M2M_LWM2M_SENML_CBOR or M2M_LWM2M_CBOR, which is of LwM2M 1.2 and has no
/// times. It waits while the client is not registered. id gets a number that the event M2M_LWM2M_SENT or M2M_LWM2M_SEND_FAILED will name.
///
/// Errors: M2M_NOT_ALLOWED if the server does not want it (/1/x/23 is not false), is registered
/// with LwM2M 1.0 or may not read a path; M2M_UNKNOWN_PATH, M2M_UNKNOWN_SERVER; M2M_INVALID for
/// another format, for nothing to send, and for more than M2M_LWM2M_SEND_PATHS paths; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_send(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
    format: i32,
    paths: *const m2m_path,
    paths_len: usize,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes paths_len paths and memory for a number.
    let pointers =
        unsafe { Paths::new(paths, paths_len).and_then(|paths| Ok((paths, Out::new(id)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(paths, out)| unsafe {
        with(client, |c| {
            out.put(send(c, now_ms, ssid, format, &paths)?);
            Ok(M2M_OK)
        })
    })
}
