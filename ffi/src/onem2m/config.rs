//! The configuration of an AE, as a structure that can grow.

use alloc::string::String;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use m2m_base::Duration;
use onem2m_core::ReleaseVersion;
use onem2m_core::ae::{Config, Limits, Retry};
use onem2m_core::media::Serialization;

use super::binding::m2m_onem2m_binding::{self, M2M_ONEM2M_HTTP, M2M_ONEM2M_MQTT};
use super::binding::{binding_of, number_of, serialization_of};
use super::put_list;
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
    /// HTTP: host and port of the CSE, for the header Host.
    pub host: *const c_char,
    /// URI under which the AE takes notifications: http://host:port/path, coap://host:port,
    /// mqtt://broker:port; over the WebSocket to the CSE any of this scheme, such as ws://default. NULL: it
    /// cannot be reached.
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

    /// How it asks: one of enum m2m_onem2m_binding. Default: M2M_ONEM2M_HTTP.
    pub binding: i32,
    /// How primitives are written: one of enum m2m_onem2m_serialization. Notifications are wanted like
    /// this as well, unless it is the default: M2M_ONEM2M_JSON.
    pub serialization: i32,
    /// Release of the requests, such as 2a or 4; NULL: 3.
    pub release: *const c_char,
    /// Labels of the AE resource.
    pub labels: *const *const c_char,
    /// How many they are.
    pub labels_len: usize,
    /// Not 0: the polling channel may bring several requests at once.
    pub aggregation: u32,
    /// Longest pause before a repetition, in milliseconds; also the one between attempts to register.
    pub longest_pause_ms: u32,
    /// Pause between two looks at a result that is fetched later, in milliseconds.
    pub result_pause_ms: u32,

    /// MQTT: CSE-ID of the CSE, with its slash: /id-in.
    pub cse_id: *const c_char,
    /// MQTT: the AE in topics before it is registered: the identifier of a credential, or the client
    /// identifier of MQTT. NULL: originator.
    pub credential: *const c_char,
    /// MQTT: what is in front of /oneM2M in topics; NULL: nothing.
    pub topic_prefix: *const c_char,

    /// CoAP: the application's number for the address of the CSE. Default: 0.
    pub cse_peer: u64,
    /// CoAP: longest datagram to send, 64 to 65535 bytes.
    pub coap_message_size: u32,
    /// CoAP: longest body, in bytes.
    pub coap_body_size: u32,
    /// CoAP: requests of others in progress or remembered to recognise duplicates.
    pub coap_requests: u32,
    /// CoAP: bodies under way in blocks.
    pub coap_transfers: u32,
    /// CoAP: peers with whom there is something under way or was lately.
    pub coap_peers: u32,
    /// CoAP: bytes for all messages and bodies held at one time.
    pub coap_pool_size: u32,
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
            binding: M2M_ONEM2M_HTTP as i32,
            serialization: number_of(Serialization::Json),
            release: ptr::null(),
            labels: ptr::null(),
            labels_len: 0,
            aggregation: 0,
            longest_pause_ms: ms(retry.longest_pause),
            result_pause_ms: ms(retry.result),
            cse_id: ptr::null(),
            credential: ptr::null(),
            topic_prefix: ptr::null(),
            cse_peer: 0,
            coap_message_size: 1152,
            coap_body_size: 16 * 1024,
            coap_requests: 8,
            coap_transfers: 4,
            coap_peers: 4,
            coap_pool_size: 64 * 1024,
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

    /// The configuration of the engine, and of what is around it.
    ///
    /// # Safety
    /// The strings are `NULL` or NUL-terminated, and the list as long as it says.
    pub(super) unsafe fn get(&self) -> Result<(Config, Around), m2m_result> {
        // SAFETY: the same promise.
        let text = |text: *const c_char| unsafe { string(text) };
        let (binding, serialization) =
            (binding_of(self.binding)?, serialization_of(self.serialization)?);
        let (originator, host) = (text(self.originator)?, text(self.host)?);
        // It goes into a header as it is.
        if binding == M2M_ONEM2M_HTTP && host.is_empty()
            || host.chars().any(|c| c.is_control() || c == ' ')
        {
            return Err(M2M_INVALID);
        }
        let (cse_id, prefix) = (text(self.cse_id)?, text(self.topic_prefix)?);
        let credential = match text(self.credential)? {
            "" => originator,
            credential => credential,
        };
        if binding == M2M_ONEM2M_MQTT {
            // What is in a topic is one level of it, and no filter.
            let odd = |text: &str| text.contains(['+', '#', '\0']);
            let is_level = |text: &str| !text.is_empty() && !odd(text) && !text.contains('/');
            let named = cse_id.strip_prefix('/').is_some_and(is_level);
            if !named || !is_level(credential.trim_start_matches('/')) || odd(prefix) {
                return Err(M2M_INVALID);
            }
        }
        let wide = |n: u32| usize::try_from(n).map_err(|_| M2M_INVALID);
        let mut config = Config::new(text(self.cse_base)?, originator, text(self.app_id)?);
        let (name, access) = (text(self.name)?, text(self.point_of_access)?);
        config.name = (!name.is_empty()).then(|| name.into());
        config.polling = self.polling != 0;
        config.aggregation = self.aggregation != 0;
        config.points_of_access = (!access.is_empty()).then(|| access.into()).into_iter().collect();
        if serialization != Serialization::Json {
            config.serializations = [serialization].into();
        }
        // SAFETY: the same promise.
        unsafe { put_list(&mut config.labels, self.labels, self.labels_len) }?;
        if !self.release.is_null() {
            config.release = release_of(text(self.release)?)?;
        }
        config.lifetime = Duration::from_secs(self.lifetime_s.into());
        config.retry.timeout = Duration::from_millis(self.timeout_ms.into());
        config.retry.attempts = narrow(self.attempts)?;
        config.retry.pause = Duration::from_millis(self.pause_ms.into());
        config.retry.polling = Duration::from_millis(self.polling_ms.into());
        config.retry.longest_pause = Duration::from_millis(self.longest_pause_ms.into());
        config.retry.result = Duration::from_millis(self.result_pause_ms.into());
        config.limits.requests = wide(self.requests)?;
        config.limits.notifications = wide(self.notifications)?;
        let around = Around {
            binding,
            serialization,
            host: host.into(),
            cse_id: cse_id.into(),
            credential: credential.into(),
            originator: (!matches!(originator, "" | "C" | "S")).then(|| originator.into()),
            prefix: prefix.into(),
        };
        Ok((config, around))
    }
}

/// The release of this name.
pub(super) fn release_of(name: &str) -> Result<ReleaseVersion, m2m_result> {
    ReleaseVersion::ALL.into_iter().find(|own| own.as_str() == name).ok_or(M2M_INVALID)
}

/// What the engine need not know.
#[cfg_attr(not(feature = "onem2m-mqtt"), allow(dead_code, reason = "names are for topics"))]
pub(super) struct Around {
    pub(super) binding: m2m_onem2m_binding,
    pub(super) serialization: Serialization,
    pub(super) host: String,
    pub(super) cse_id: String,
    pub(super) credential: String,
    /// The AE-ID that it proposes, if it does not leave that to the CSE.
    pub(super) originator: Option<String>,
    pub(super) prefix: String,
}

/// Fills a configuration. cse_base, app_id and, for HTTP, host have to be set. Call it as
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
