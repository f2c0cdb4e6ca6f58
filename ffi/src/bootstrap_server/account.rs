//! Server accounts, as most steps write them.

use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use lwm2m_core::bootstrap_server::{Account, Security, SecurityMode, bootstrap_account};
use lwm2m_core::format::Item;

use crate::borrow::{Growing, bytes, init, sized, string};
use crate::config::narrow;
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

/// How a client secures the way to a server (/0/x/2).
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_security_mode {
    /// Pre-shared key: identity and secret.
    M2M_LWM2M_PSK = 0,
    /// Raw public key: identity is the client's public key, secret its private one.
    M2M_LWM2M_RPK = 1,
    /// Certificate: identity is the client's, secret its private key.
    M2M_LWM2M_CERTIFICATE = 2,
    /// None.
    M2M_LWM2M_NO_SECURITY = 3,
    /// A certificate that the client gets by EST.
    M2M_LWM2M_CERTIFICATE_BY_EST = 4,
}

/// An account that a client is to be given: an instance of the Security object (0), and one of the Server
/// object (1) unless it is that of a bootstrap server. Fill it with m2m_lwm2m_bootstrap_account_init(),
/// then change members. What is not here (retry parameters, OSCORE) other steps write.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_bootstrap_account {
    /// Size of this structure.
    pub struct_size: usize,
    /// LwM2M Server URI (/0/x/0): coaps://server.example:5684.
    pub uri: *const c_char,
    /// /0/x/3
    pub identity: *const u8,
    /// Its length.
    pub identity_len: usize,
    /// Public key or certificate of the server (/0/x/4).
    pub server_key: *const u8,
    /// Its length.
    pub server_key_len: usize,
    /// /0/x/5
    pub secret: *const u8,
    /// Its length.
    pub secret_len: usize,
    /// Binding (/1/x/7). NULL: "U".
    pub binding: *const c_char,
    /// One of enum m2m_lwm2m_security_mode (/0/x/2). Default: M2M_LWM2M_NO_SECURITY.
    pub security_mode: i32,
    /// Not 0: it is the account of a bootstrap server, of which only URI, keys, hold_off_s and timeout_s
    /// count.
    pub bootstrap: u32,
    /// Short Server ID, 1 to 65534 (/0/x/10 and /1/x/0). Default: 1.
    pub ssid: u32,
    /// Lifetime of the registration in seconds (/1/x/1). Default: 86400.
    pub lifetime_s: u32,
    /// Not 0: notifications are kept while the server cannot be reached (/1/x/6). Default: 1.
    pub storing: u32,
    /// Default minimum period in seconds (/1/x/2), -1 for none. Default: -1, as for the following.
    pub min_period_s: i64,
    /// Default maximum period in seconds (/1/x/3), -1 for none.
    pub max_period_s: i64,
    /// Disable timeout in seconds (/1/x/5), -1 for none.
    pub disable_timeout_s: i64,
    /// Of a bootstrap server: how long the client waits before it asks, in seconds (/0/x/11), -1 for
    /// none.
    pub hold_off_s: i64,
    /// Of a bootstrap server: after how many seconds the account ends (/0/x/12), -1 for never.
    pub timeout_s: i64,
}

const LEAST: usize = size_of::<m2m_lwm2m_bootstrap_account>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_bootstrap_account {}

/// Seconds, of which -1 is none.
fn optional(seconds: i64) -> Result<Option<u32>, m2m_result> {
    match seconds {
        -1 => Ok(None),
        seconds => u32::try_from(seconds).map(Some).map_err(|_| M2M_INVALID),
    }
}

/// The values of an account: those of the Security object, and those of the Server object.
pub(super) type Values<'a> = (Vec<Item<'a>>, Option<Vec<Item<'a>>>);

impl m2m_lwm2m_bootstrap_account {
    fn new(size: usize) -> Self {
        let defaults = Account::new("", Security::NONE, 1);
        m2m_lwm2m_bootstrap_account {
            struct_size: size,
            uri: ptr::null(),
            identity: ptr::null(),
            identity_len: 0,
            server_key: ptr::null(),
            server_key_len: 0,
            secret: ptr::null(),
            secret_len: 0,
            binding: ptr::null(),
            security_mode: m2m_lwm2m_security_mode::M2M_LWM2M_NO_SECURITY as i32,
            bootstrap: 0,
            ssid: defaults.short_server_id.into(),
            lifetime_s: defaults.lifetime,
            storing: defaults.storing.into(),
            min_period_s: -1,
            max_period_s: -1,
            disable_timeout_s: -1,
            hold_off_s: -1,
            timeout_s: -1,
        }
    }

    /// What the account writes, under one number in both objects.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says, whose pointers are
    /// `NULL` or point to as much as it says. Nobody writes what they point to during `'a`.
    pub(super) unsafe fn values<'a>(
        from: *const Self,
        instance: u16,
    ) -> Result<Values<'a>, m2m_result> {
        // SAFETY: the same promise.
        let account = unsafe { sized(from, LEAST, Self::new(LEAST)) }?;
        // SAFETY: the same promise.
        let (uri, binding, identity, server_key, secret) = unsafe {
            (
                string(account.uri)?,
                string(account.binding)?,
                bytes(account.identity, account.identity_len)?,
                bytes(account.server_key, account.server_key_len)?,
                bytes(account.secret, account.secret_len)?,
            )
        };
        let mode = match account.security_mode {
            0 => SecurityMode::PreSharedKey,
            1 => SecurityMode::RawPublicKey,
            2 => SecurityMode::Certificate,
            3 => SecurityMode::NoSec,
            4 => SecurityMode::CertificateByEst,
            _ => return Err(M2M_INVALID),
        };
        let security = Security { mode, identity, server_key, secret };
        if account.bootstrap != 0 {
            let (hold_off, timeout) = (optional(account.hold_off_s)?, optional(account.timeout_s)?);
            return Ok((bootstrap_account(uri, &security, instance, hold_off, timeout), None));
        }
        let ssid = narrow(account.ssid)?;
        if matches!(ssid, 0 | u16::MAX) {
            return Err(M2M_INVALID);
        }
        let account = Account {
            lifetime: account.lifetime_s,
            binding: if account.binding.is_null() { "U" } else { binding },
            storing: account.storing != 0,
            min_period: optional(account.min_period_s)?,
            max_period: optional(account.max_period_s)?,
            disable_timeout: optional(account.disable_timeout_s)?,
            ..Account::new(uri, security, ssid)
        };
        Ok((account.security(instance), Some(account.server(instance))))
    }
}

/// Fills an account with the defaults. Call it as
/// m2m_lwm2m_bootstrap_account_init(&account, sizeof account).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_account_init(
    account: *mut m2m_lwm2m_bootstrap_account,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let defaults = m2m_lwm2m_bootstrap_account::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(account, struct_size, LEAST, &defaults) }?;
        Ok(M2M_OK)
    }))
}
