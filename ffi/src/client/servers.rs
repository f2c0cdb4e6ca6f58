//! Server accounts and registrations.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::ContentFormat;
use lwm2m_core::Version;
use lwm2m_core::client::ServerAccount;
use m2m_base::{Instant, PeerId};

use super::{m2m_lwm2m_client, m2m_lwm2m_registration, with};
use crate::borrow::{Growing, Out, bytes, init, sized, string};
use crate::engine::{checked, millis};
use crate::guard::caught;
use crate::path::m2m_path;
use crate::result::code;
#[cfg(not(feature = "bootstrap"))]
use crate::result::m2m_result::M2M_NOT_ALLOWED;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_SERVER};

/// Version of LwM2M.
#[repr(C)]
pub enum m2m_lwm2m_version {
    /// 1.0
    M2M_LWM2M_1_0 = 10,
    /// 1.1
    M2M_LWM2M_1_1 = 11,
    /// 1.2
    M2M_LWM2M_1_2 = 12,
}

/// The version that C names.
pub(crate) fn version(number: i32) -> Result<Version, m2m_result> {
    Ok(match number {
        10 => Version::V1_0,
        11 => Version::V1_1,
        12 => Version::V1_2,
        _ => return Err(M2M_INVALID),
    })
}

/// A server that the client knows. Fill it with m2m_lwm2m_server_account_init(), then change
/// members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_server_account {
    /// Size of this structure.
    pub struct_size: usize,
    /// Short Server ID, 1 to 65534. Functions and events name the server by it. Default: 1.
    pub ssid: u32,
    /// One of enum m2m_lwm2m_version: what to register with. Default: 1.1.
    pub version: i32,
    /// The number by which the application knows the server's address; any number. It comes with
    /// datagrams in m2m_lwm2m_client_handle_datagram() and m2m_lwm2m_client_poll_transmit().
    pub peer: u64,
    /// LwM2M Server URI (/0/x/0), for the record: the client knows no addresses. NULL: empty.
    pub uri: *const c_char,
    /// Binding (/1/x/7). NULL: "U".
    pub binding: *const c_char,
    /// Lifetime of a registration in seconds (/1/x/1), 0 for no end. Default: 86400.
    pub lifetime_s: u32,
    /// The oldest version to fall back to, one after the other, where the server does not take a newer one
    /// (4.12). Default: 1.0, which it is in a library whose accounts do not come by themselves.
    pub oldest: i32,
}

const LEAST: usize = size_of::<m2m_lwm2m_server_account>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_server_account {}

impl m2m_lwm2m_server_account {
    const NEW: Self = {
        let defaults = ServerAccount::new(1, PeerId(0), "");
        m2m_lwm2m_server_account {
            struct_size: LEAST,
            ssid: defaults.ssid as u32,
            version: m2m_lwm2m_version::M2M_LWM2M_1_1 as i32,
            peer: 0,
            uri: ptr::null(),
            binding: ptr::null(),
            lifetime_s: defaults.lifetime,
            oldest: m2m_lwm2m_version::M2M_LWM2M_1_0 as i32,
        }
    };

    /// # Safety
    /// The strings are `NULL` or NUL-terminated, and nobody writes them during `'a`.
    unsafe fn get<'a>(&self) -> Result<ServerAccount<'a>, m2m_result> {
        // SAFETY: the same promise.
        let (uri, binding) = unsafe { (string(self.uri)?, string(self.binding)?) };
        Ok(ServerAccount {
            ssid: u16::try_from(self.ssid).map_err(|_| M2M_INVALID)?,
            peer: PeerId(self.peer),
            version: version(self.version)?,
            #[cfg(feature = "accounts")]
            oldest: version(self.oldest)?,
            #[cfg(not(feature = "accounts"))]
            oldest: Version::V1_0,
            uri,
            lifetime: self.lifetime_s,
            binding: if self.binding.is_null() { "U" } else { binding },
        })
    }
}

/// Fills an account with the defaults. Call it as
/// m2m_lwm2m_server_account_init(&account, sizeof account).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_account_init(
    account: *mut m2m_lwm2m_server_account,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(account, struct_size, LEAST, &m2m_lwm2m_server_account::NEW) }?;
        Ok(M2M_OK)
    }))
}

/// Adds a server. It shows as an instance of Security (/0/x) and one of Server (/1/x).
///
/// Errors: M2M_EXISTS if the client has a server with this Short Server ID, M2M_INVALID for a
/// member that is out of its range, M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_server(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    account: *const m2m_lwm2m_server_account,
) -> i32 {
    // SAFETY: the caller passes NULL or a structure as long as it says, with strings.
    let account =
        unsafe { sized(account, LEAST, m2m_lwm2m_server_account::NEW).and_then(|a| a.get()) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(account, |account| unsafe {
        with(client, |c| {
            c.add_server(Instant::from_millis(now_ms), &account)?;
            Ok(M2M_OK)
        })
    })
}

/// Tells the client that a server is reached under another number now: after a new address or a
/// new security session. If it was registered there, it registers again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_peer(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.set_peer(Instant::from_millis(now_ms), ssid, PeerId(peer))?;
            Ok(M2M_OK)
        })
    }
}

/// Tells the client that the connection which M2M_LWM2M_CONNECT asked for could not be made, or that
/// one is gone for good. It tries again later, as after other failures.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_connection_failed(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.connection_failed(Instant::from_millis(now_ms), ssid)?;
            Ok(M2M_OK)
        })
    }
}

/// Adds a bootstrap server: an instance of the Security object (/0/x) with this address. Its
/// credentials are set in resources 2 to 5. hold_off_s (/0/x/11) is how long the client waits before
/// it asks; timeout_s (/0/x/12) how long after a bootstrap the account ends, 0 for never.
/// M2M_LWM2M_CONNECT with server 0 asks for a connection.
///
/// Errors: M2M_EXISTS if there is one, M2M_FULL, M2M_NOT_ALLOWED if the library has no bootstrap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_bootstrap_server(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    uri: *const c_char,
    hold_off_s: u32,
    timeout_s: u32,
) -> i32 {
    // SAFETY: the caller passes NULL or a string, and NULL or a handle that was not freed.
    checked(unsafe { string(uri) }, |uri| unsafe {
        with(client, |c| {
            #[cfg(feature = "bootstrap")]
            {
                let account = lwm2m_core::client::BootstrapAccount {
                    peer: None,
                    uri,
                    hold_off: hold_off_s,
                    timeout: timeout_s,
                };
                c.add_bootstrap_server(Instant::from_millis(now_ms), &account)?;
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "bootstrap"))]
            {
                let _ = (c, uri, now_ms, hold_off_s, timeout_s);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Asks the bootstrap server for a bootstrap now. m2m_lwm2m_client_start() does so if there is no
/// other server, and the client by itself when it cannot register.
///
/// Errors: M2M_NOT_ALLOWED without a bootstrap server, or while a bootstrap is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_bootstrap(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "bootstrap")]
            {
                c.bootstrap(Instant::from_millis(now_ms))?;
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "bootstrap"))]
            {
                let _ = (c, now_ms);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}

/// How far a bootstrap is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrapping {
    /// None is under way or planned.
    M2M_LWM2M_BOOTSTRAP_OFF = 0,
    /// The next attempt comes at at_ms.
    M2M_LWM2M_BOOTSTRAP_WAITING = 1,
    /// The application is to make a connection.
    M2M_LWM2M_BOOTSTRAP_CONNECTING = 2,
    /// The bootstrap server was asked for one.
    M2M_LWM2M_BOOTSTRAP_REQUESTING = 3,
    /// The bootstrap server is at work; unless it is heard before at_ms, the bootstrap has failed.
    M2M_LWM2M_BOOTSTRAP_OPEN = 4,
    /// Something that this header does not know.
    M2M_LWM2M_BOOTSTRAP_OTHER = 5,
}

use m2m_lwm2m_bootstrapping::*;

/// How far a bootstrap is: *state gets one of enum m2m_lwm2m_bootstrapping, *at_ms when it goes on, if the
/// state says so, else M2M_NEVER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_bootstrapping(
    client: *const m2m_lwm2m_client,
    state: *mut i32,
    at_ms: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for two numbers.
    let pointers = unsafe { Out::new(state).and_then(|state| Ok((state, Out::new(at_ms)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(state, at)| unsafe {
        with(client, |c| {
            #[cfg(feature = "bootstrap")]
            let (number, until) = {
                use lwm2m_core::client::Bootstrapping;
                match c.bootstrapping() {
                    Bootstrapping::Off => (M2M_LWM2M_BOOTSTRAP_OFF, None),
                    Bootstrapping::Waiting { until } => (M2M_LWM2M_BOOTSTRAP_WAITING, Some(until)),
                    Bootstrapping::Connecting => (M2M_LWM2M_BOOTSTRAP_CONNECTING, None),
                    Bootstrapping::Requesting => (M2M_LWM2M_BOOTSTRAP_REQUESTING, None),
                    Bootstrapping::Open { until } => (M2M_LWM2M_BOOTSTRAP_OPEN, Some(until)),
                    _ => (M2M_LWM2M_BOOTSTRAP_OTHER, None),
                }
            };
            #[cfg(not(feature = "bootstrap"))]
            let (number, until) = {
                let _ = c;
                (M2M_LWM2M_BOOTSTRAP_OFF, None)
            };
            state.put(number as i32);
            at.put(millis(until));
            Ok(M2M_OK)
        })
    })
}

/// Takes a bootstrap from elsewhere, as a whole or not at all: the data of a smartcard, what the factory or
/// a user configured. The bytes are what a bootstrap server would write to path, in a format of enum
/// m2m_lwm2m_format. Call it for each part; accounts are complete with the last, and
/// m2m_lwm2m_client_start() registers.
///
/// Errors: M2M_INVALID if a bootstrap server would be refused; M2M_FULL; M2M_NOT_ALLOWED while a bootstrap
/// is under way, or if the library has no bootstrap. Then nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_provision(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    path: m2m_path,
    format: i32,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes.
    let given = unsafe {
        bytes(data, len).and_then(|bytes| {
            let format = u16::try_from(format).map_err(|_| M2M_INVALID)?;
            Ok((path.get()?, ContentFormat(format), bytes))
        })
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(given, |(path, format, bytes)| unsafe {
        with(client, |c| {
            #[cfg(feature = "bootstrap")]
            {
                c.provision(Instant::from_millis(now_ms), path, format, bytes)?;
                Ok(M2M_OK)
            }
            #[cfg(not(feature = "bootstrap"))]
            {
                let _ = (c, now_ms, path, format, bytes);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Starts to register to all servers, in the order and with the delays that their accounts say.
/// Without a server, the bootstrap server is asked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_start(client: *mut m2m_lwm2m_client, now_ms: u64) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.start(Instant::from_millis(now_ms));
            Ok(M2M_OK)
        })
    }
}

/// Registers to this server, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_register(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.register(Instant::from_millis(now_ms), ssid)?;
            Ok(M2M_OK)
        })
    }
}

/// Sends an Update to this server, even if nothing changed. What changes, and the lifetime, are
/// told without being asked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_update(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.update(Instant::from_millis(now_ms), ssid)?;
            Ok(M2M_OK)
        })
    }
}

/// Sets awake to 1 while something is under way, or a server may expect the client to listen; else
/// to 0: then the radio may be off until m2m_lwm2m_client_poll_timeout(). Always 1 without queue mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_is_awake(
    client: *const m2m_lwm2m_client,
    awake: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(awake) }, |out| unsafe {
        with(client, |c| {
            #[cfg(feature = "queue-mode")]
            out.put(u32::from(c.is_awake()));
            #[cfg(not(feature = "queue-mode"))]
            {
                let _ = c;
                out.put(1);
            }
            Ok(M2M_OK)
        })
    })
}

/// Ends the registration to this server. M2M_LWM2M_DEREGISTERED comes when it is over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_deregister(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.deregister(Instant::from_millis(now_ms), ssid)?;
            Ok(M2M_OK)
        })
    }
}

/// The server cannot be reached for now (online is 0), or can again. Meanwhile nothing is sent to it, and
/// notifications are kept as /1/x/6 wants it; afterwards comes an Update, and then what was kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_online(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    ssid: u16,
    online: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.set_online(Instant::from_millis(now_ms), ssid, online != 0)?;
            Ok(M2M_OK)
        })
    }
}

/// The Short Server ID of the server account at index, from 0. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_server_at(
    client: *const m2m_lwm2m_client,
    index: usize,
    ssid: *mut u16,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(ssid) }, |out| unsafe {
        with(client, |c| {
            let Some(ssid) = c.servers().nth(index) else { return Ok(M2M_NOTHING) };
            out.put(ssid);
            Ok(M2M_OK)
        })
    })
}

/// How far the registration to this server is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_registration(
    client: *const m2m_lwm2m_client,
    ssid: u16,
    registration: *mut m2m_lwm2m_registration,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(registration) }, |out| unsafe {
        with(client, |c| {
            out.put(c.registration(ssid).ok_or(M2M_UNKNOWN_SERVER)?.into());
            Ok(M2M_OK)
        })
    })
}
