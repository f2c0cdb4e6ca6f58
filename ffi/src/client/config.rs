//! The configuration of a client, as a structure that can grow.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use lwm2m_core::client::{Config, Limits};

use super::m2m_lwm2m_version;
use crate::borrow::{Growing, init, sized, string};
use crate::config::m2m_coap_parameters;
use crate::guard::caught;
use crate::object::m2m_object;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};
use crate::standard::m2m_standard_object;

/// What a client is made with. Fill it with m2m_lwm2m_client_config_init(), then change members.
/// Numbers are wider than their ranges, so that what is out of range is an error and not cut off.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_client_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,

    /// Endpoint Client Name, at most 250 bytes. NULL or "": it is not sent, and the servers know
    /// the client by its credentials.
    pub endpoint_name: *const c_char,
    /// Registered objects that the client has, besides Security (0), Server (1) and Device (3),
    /// which every client has: &m2m_object_3303 and so on. What is not named is not linked.
    pub standard_objects: *const *const m2m_standard_object,
    /// How many they are.
    pub standard_objects_len: usize,
    /// Objects of the application's own.
    pub objects: *const m2m_object,
    /// How many they are.
    pub objects_len: usize,
    /// Whatever the application wants to find by the handle: m2m_lwm2m_client_tag().
    pub tag: u64,

    /// Server accounts: 1 to 15.
    pub servers: u32,
    /// Object instances, resources and resource instances held, 18 bytes each: up to 65535. An
    /// account takes about 16, the Device object 4 and what the application sets.
    pub values: u32,
    /// Bytes for strings and opaque values that are longer than 7 bytes.
    pub text_size: u32,
    /// Notification attributes that servers attach, 18 bytes each: up to 65535.
    pub attributes: u32,
    /// Paths in lists that servers observe or read at once, 12 bytes each: up to 65535.
    pub paths: u32,
    /// Bytes for notifications that are kept while servers cannot be told: 12 for each, and 11
    /// for each of its values besides its bytes.
    pub history_size: u32,
    /// Calls of m2m_lwm2m_client_send() that wait or are under way: up to 255.
    pub sends: u32,
    /// Bytes for what they tell, as in history_size.
    pub outbox_size: u32,
    /// Executes that wait for the application's answer at one time: up to 255.
    pub executes: u32,
    /// Firmware and software packages: up to 255, at most 160 bytes each.
    pub packages: u32,
    /// Bytes for one request or response under construction: the object list of a registration
    /// with its parameters, one block of a read. Up to 65535.
    pub scratch_size: u32,
    /// Bytes for the location that a server assigns to a registration: up to 255.
    pub location_size: u32,

    /// CoAP: longest datagram to send, 64 to 65535 bytes. A buffer of this size is large enough
    /// for m2m_lwm2m_client_poll_transmit().
    pub message_size: u32,
    /// CoAP: longest body, in bytes, to assemble from blocks or to serve in blocks.
    pub body_size: u32,
    /// CoAP: own requests under way, up to 65535.
    pub exchanges: u32,
    /// CoAP: requests of servers in progress or remembered to recognise duplicates, up to 65535.
    pub requests: u32,
    /// CoAP: observations by servers, up to 65535.
    pub observers: u32,
    /// CoAP: bodies under way in blocks, up to 65535.
    pub transfers: u32,
    /// CoAP: peers with whom there is something under way, up to 65535.
    pub peers: u32,
    /// CoAP: bytes for all messages and bodies held at one time.
    pub pool_size: u32,

    /// When messages are repeated and given up.
    pub parameters: m2m_coap_parameters,

    /// Not 0: queue mode. The client tells servers that it sleeps most of the time, and
    /// M2M_LWM2M_ASLEEP when it may. Default: 0; without effect in a library without queue mode.
    pub queue_mode: u32,
    /// Queue mode: how many seconds the client listens after the last message. 0: as long as servers
    /// count on, 93 seconds with the defaults of RFC 7252.
    pub awake_s: u32,
    /// Things that are kept over a restart (accounts, registrations, attributes, access control), up to
    /// 65535: m2m_lwm2m_client_poll_journal() tells them. 0, the default: none.
    pub records: u32,
    /// Devices behind the client, whose gateway it is, up to 255: m2m_lwm2m_client_add_device() adds one.
    /// Default: 0; without effect in a library without gateways.
    pub devices: u32,
    /// Objects of all these devices together, 24 bytes each: up to 255.
    pub device_objects: u32,
    /// OSCORE: security contexts, one for each server, or bootstrap server, that has keys in object 21.
    /// Default: 0; without effect in a library without OSCORE. With records, their sequence numbers are kept
    /// over a restart; without, both ends agree upon new keys after each start (RFC 8613 appendix B.2).
    pub security_contexts: u32,
    /// Resources whose values are asked for when they are read, up to 255:
    /// m2m_lwm2m_client_ask_when_read(). Default: 8, of the small configuration 0; without effect in a
    /// library without them.
    pub asked: u32,
    /// One of enum m2m_lwm2m_version: what to register with where the account does not come from
    /// m2m_lwm2m_client_add_server(), which names it. Default: 1.1; without effect in a library whose accounts
    /// do not come by themselves.
    pub version: i32,
    /// Always 0.
    pub reserved: u32,
    /// Number (MSISDN, without a plus sign) at which the client takes SMS. NULL: not told; nor in a library
    /// whose accounts do not come by themselves.
    pub sms_number: *const c_char,
    /// Profile ID of LwM2M 1.2: a name for the list of objects as it is when the client registers first,
    /// sent in its place. NULL: none. Without effect in a library without LwM2M 1.2.
    pub profile: *const c_char,
    /// Alternate path: a slash and up to 16 letters, digits, -, _ and ., which are not digits alone. Servers
    /// name everything of the client behind it. NULL: none. Without effect in a library without
    /// gateways.
    pub alternate_path: *const c_char,
}

/// Size of the structure in the first version of the library.
const LEAST: usize = size_of::<m2m_lwm2m_client_config>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_client_config {}

impl m2m_lwm2m_client_config {
    const DEVICE: Self = Self::new(&Limits::DEVICE);
    const SMALL: Self = Self::new(&Limits::SMALL);

    /// Its size is filled in with the defaults.
    const fn new(limits: &Limits) -> Self {
        m2m_lwm2m_client_config {
            struct_size: LEAST,
            endpoint_name: ptr::null(),
            standard_objects: ptr::null(),
            standard_objects_len: 0,
            objects: ptr::null(),
            objects_len: 0,
            tag: 0,
            servers: limits.servers as u32,
            values: limits.values as u32,
            text_size: limits.text,
            attributes: limits.attributes as u32,
            paths: limits.paths as u32,
            history_size: limits.history,
            sends: limits.sends as u32,
            outbox_size: limits.outbox,
            executes: limits.executes as u32,
            packages: limits.packages as u32,
            scratch_size: limits.scratch as u32,
            location_size: limits.location as u32,
            message_size: limits.coap.message_size as u32,
            body_size: limits.coap.body_size,
            exchanges: limits.coap.exchanges,
            requests: limits.coap.requests,
            observers: limits.coap.observers,
            transfers: limits.coap.transfers,
            peers: limits.coap.peers,
            pool_size: limits.coap.pool,
            parameters: m2m_coap_parameters::new(),
            queue_mode: 0,
            awake_s: 0,
            records: 0,
            devices: 0,
            device_objects: 0,
            security_contexts: 0,
            asked: limits.asked as u32,
            version: m2m_lwm2m_version::M2M_LWM2M_1_1 as i32,
            reserved: 0,
            sms_number: ptr::null(),
            profile: ptr::null(),
            alternate_path: ptr::null(),
        }
    }

    /// C's structure, defaults in the place of what its version does not have.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::DEVICE) }
    }

    /// All that is wider here than it may be is looked at together.
    #[allow(clippy::cast_possible_truncation, reason = "looked at before")]
    fn limits(&self) -> Result<Limits, m2m_result> {
        let bytes = self.servers | self.sends | self.executes | self.packages;
        let bytes = bytes | self.location_size | self.records;
        let words = self.values | self.attributes | self.paths | self.scratch_size;
        let words = words | self.message_size;
        #[cfg(feature = "values-on-read")]
        let bytes = bytes | self.asked;
        #[cfg(feature = "gateway")]
        let bytes = bytes | self.devices | self.device_objects;
        if bytes > u8::MAX.into() || words > u16::MAX.into() {
            return Err(M2M_INVALID);
        }
        Ok(Limits {
            coap: coap_core::Limits {
                message_size: self.message_size as u16,
                body_size: self.body_size,
                exchanges: self.exchanges,
                requests: self.requests,
                observers: self.observers,
                transfers: self.transfers,
                peers: self.peers,
                security_contexts: if cfg!(feature = "oscore") {
                    self.security_contexts
                } else {
                    0
                },
                pool: self.pool_size,
            },
            servers: self.servers as u8,
            values: self.values as u16,
            text: self.text_size,
            attributes: self.attributes as u16,
            paths: self.paths as u16,
            history: self.history_size,
            sends: self.sends as u8,
            outbox: self.outbox_size,
            executes: self.executes as u8,
            asked: if cfg!(feature = "values-on-read") { self.asked as u8 } else { 0 },
            devices: if cfg!(feature = "gateway") { self.devices as u8 } else { 0 },
            device_objects: if cfg!(feature = "gateway") { self.device_objects as u8 } else { 0 },
            packages: self.packages as u8,
            scratch: self.scratch_size as u16,
            location: self.location_size as u8,
            records: self.records as u8,
        })
    }
}

impl m2m_lwm2m_client_config {
    /// What a client without objects is made with.
    ///
    /// # Safety
    /// The strings are `NULL` or NUL-terminated, and nobody writes them during `'a`.
    pub(super) unsafe fn get<'a>(&self) -> Result<Config<'a>, m2m_result> {
        // SAFETY: the same promise, here and below.
        let endpoint_name = unsafe { string(self.endpoint_name) }?;
        Ok(Config {
            limits: self.limits()?,
            parameters: self.parameters.get()?,
            #[cfg(feature = "accounts")]
            version: super::version(self.version)?,
            #[cfg(feature = "accounts")]
            // SAFETY: see above.
            sms_number: unsafe { string(self.sms_number) }?,
            #[cfg(feature = "queue-mode")]
            queue_mode: (self.queue_mode != 0)
                .then(|| m2m_base::Duration::from_secs(self.awake_s.into())),
            #[cfg(feature = "v1-2")]
            // SAFETY: see above.
            profile: unsafe { string(self.profile) }?,
            #[cfg(feature = "alternate-path")]
            // SAFETY: see above.
            alternate_path: unsafe { string(self.alternate_path) }?,
            ..Config::new(endpoint_name)
        })
    }
}

/// Fills a configuration for a device with two servers, a dozen objects and messages of 1152 bytes.
/// Call it as m2m_lwm2m_client_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_config_init(
    config: *mut m2m_lwm2m_client_config,
    struct_size: usize,
) -> i32 {
    // SAFETY: the caller passes a structure of that size.
    unsafe { fill(config, struct_size, &m2m_lwm2m_client_config::DEVICE) }
}

/// Fills a configuration for a device with very little memory: one server, one object besides
/// Security, Server and Device, messages of 256 bytes. Otherwise as m2m_lwm2m_client_config_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_config_init_small(
    config: *mut m2m_lwm2m_client_config,
    struct_size: usize,
) -> i32 {
    // SAFETY: the caller passes a structure of that size.
    unsafe { fill(config, struct_size, &m2m_lwm2m_client_config::SMALL) }
}

/// # Safety
/// `config` is `NULL` or points to `size` writable bytes.
unsafe fn fill(
    config: *mut m2m_lwm2m_client_config,
    size: usize,
    defaults: &m2m_lwm2m_client_config,
) -> i32 {
    code(caught(|| {
        // SAFETY: the same promise.
        unsafe { init(config, size, LEAST, defaults) }?;
        Ok(M2M_OK)
    }))
}
