//! The configuration of an AE, as a structure that can grow.

use alloc::string::String;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use m2m_base::Duration;
use onem2m_core::ae::{Config, Limits, Retry};

use crate::borrow::{Growing, init, sized, string};
use crate::config::{ms, narrow};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

/// What an AE is made with. Fill it with m2m_onem2m_ae_config_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_ae_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Whatever the application wants to find by the handle: m2m_onem2m_ae_tag().
    pub tag: u64,
    /// Address of the CSEBase of the registrar: cse-in.
    pub cse_base: *const c_char,
    /// The originator that it proposes: an AE-ID (Cthermometer), C or S to be given one, or NULL.
    pub originator: *const c_char,
    /// App-ID: Nthermometer.
    pub app_id: *const c_char,
    /// Name of the AE resource; NULL: the CSE chooses one.
    pub name: *const c_char,
    /// Host and port of the CSE, for the header Host of HTTP.
    pub host: *const c_char,
    /// URI of HTTP under which the AE takes notifications, with host, port and path. NULL: it cannot be
    /// reached.
    pub point_of_access: *const c_char,
    /// Not 0: notifications are fetched through a polling channel.
    pub polling: u32,
    /// How long a registration lasts without an update, in seconds. Default: 3600.
    pub lifetime_s: u32,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u32,
    /// How often a request goes out before it is given up, 1 to 255.
    pub attempts: u32,
    /// First pause before a repetition, in milliseconds; each further one is twice as long.
    pub pause_ms: u32,
    /// How long a request for the polling channel may stay open, in milliseconds.
    pub polling_ms: u32,
    /// Requests of the application that are under way, or ended and not released.
    pub requests: u32,
    /// Notifications that are not answered.
    pub notifications: u32,
}

const LEAST: usize = size_of::<m2m_onem2m_ae_config>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_onem2m_ae_config {}

impl m2m_onem2m_ae_config {
    fn new(size: usize) -> Self {
        let (retry, limits) = (Retry::default(), Limits::default());
        m2m_onem2m_ae_config {
            struct_size: size,
            tag: 0,
            cse_base: ptr::null(),
            originator: ptr::null(),
            app_id: ptr::null(),
            name: ptr::null(),
            host: ptr::null(),
            point_of_access: ptr::null(),
            polling: 0,
            lifetime_s: 3600,
            timeout_ms: ms(retry.timeout),
            attempts: retry.attempts.into(),
            pause_ms: ms(retry.pause),
            polling_ms: ms(retry.polling),
            requests: u32::try_from(limits.requests).unwrap_or(u32::MAX),
            notifications: u32::try_from(limits.notifications).unwrap_or(u32::MAX),
        }
    }

    /// C's structure, defaults in the place of what its version does not have.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::new(LEAST)) }
    }

    /// The configuration, and the host.
    ///
    /// # Safety
    /// The strings are `NULL` or NUL-terminated.
    pub(super) unsafe fn get(&self) -> Result<(Config, String), m2m_result> {
        // SAFETY: the same promise.
        let (cse_base, originator, app_id, name, host, access) = unsafe {
            (
                string(self.cse_base)?,
                string(self.originator)?,
                string(self.app_id)?,
                string(self.name)?,
                string(self.host)?,
                string(self.point_of_access)?,
            )
        };
        // It goes into a header as it is.
        if host.is_empty() || host.chars().any(|c| c.is_control() || c == ' ') {
            return Err(M2M_INVALID);
        }
        let wide = |n: u32| usize::try_from(n).map_err(|_| M2M_INVALID);
        let mut config = Config::new(cse_base, originator, app_id);
        config.name = (!name.is_empty()).then(|| name.into());
        config.polling = self.polling != 0;
        config.points_of_access = (!access.is_empty()).then(|| access.into()).into_iter().collect();
        config.lifetime = Duration::from_secs(self.lifetime_s.into());
        config.retry.timeout = Duration::from_millis(self.timeout_ms.into());
        config.retry.attempts = narrow(self.attempts)?;
        config.retry.pause = Duration::from_millis(self.pause_ms.into());
        config.retry.polling = Duration::from_millis(self.polling_ms.into());
        config.limits.requests = wide(self.requests)?;
        config.limits.notifications = wide(self.notifications)?;
        Ok((config, host.into()))
    }
}

/// Fills a configuration. cse_base, app_id and host have to be set. Call it as
/// m2m_onem2m_ae_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_ae_config_init(
    config: *mut m2m_onem2m_ae_config,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(config, struct_size, LEAST, &m2m_onem2m_ae_config::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}
