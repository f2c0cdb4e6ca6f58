//! The configuration of a CSE, as a structure that can grow.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use m2m_base::Duration;
use onem2m_core::cse::{Config, Registrar};
use onem2m_core::enumeration::CseType;

use crate::borrow::{Growing, init, rows, sized, string};
use crate::config::ms;
use crate::guard::caught;
use crate::memory::room;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL, M2M_OK};

/// Kinds of CSEs (m2m:cseTypeID).
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_cse_type {
    /// In the infrastructure: it registers nowhere.
    M2M_ONEM2M_IN_CSE = 1,
    /// In a gateway.
    M2M_ONEM2M_MN_CSE = 2,
    /// On a device.
    M2M_ONEM2M_ASN_CSE = 3,
}

/// What a CSE is made with. Fill it with m2m_onem2m_cse_config_init(), then change members. A string that is
/// NULL, or a list without elements, is as in the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_cse_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Whatever the application wants to find by the handle: m2m_onem2m_cse_tag().
    pub tag: u64,

    /// CSE-ID with its slash. Default: /id-in.
    pub cse_id: *const c_char,
    /// Name of the CSEBase. Default: cse-in.
    pub cse_name: *const c_char,
    /// M2M-SP-ID without slashes, a domain name. Default: m2m.example.
    pub sp_id: *const c_char,
    /// The originator that may do everything without being registered. Default: CAdmin.
    pub admin: *const c_char,
    /// Which originators may register an AE: patterns with *, compared with what the AE proposes; nothing
    /// is compared as C. Default: C* and S*.
    pub ae_originators: *const *const c_char,
    /// How many they are.
    pub ae_originators_len: usize,
    /// Which CSEs may register: patterns with *, compared with the CSE-ID and its slash. Default: all.
    pub cse_originators: *const *const c_char,
    /// How many they are.
    pub cse_originators_len: usize,
    /// URIs under which the CSE is reached: its attribute poa.
    pub points_of_access: *const *const c_char,
    /// How many they are.
    pub points_of_access_len: usize,
    /// CSE-ID with its slash of the CSE that this one registers at; NULL: at none.
    pub registrar_cse_id: *const c_char,
    /// Name of the CSEBase there.
    pub registrar_cse_name: *const c_char,
    /// URI of HTTP under which it is reached, with host and port.
    pub registrar_uri: *const c_char,

    /// One of enum m2m_onem2m_cse_type. Default: M2M_ONEM2M_IN_CSE.
    pub cse_type: i32,
    /// Not 0: what must survive a restart is told by m2m_onem2m_cse_poll_journal(). Default: 0.
    pub journal: u32,
    /// Not 0: the targets of a new subscription are asked whether they want its notifications. Default: 1.
    pub verify_subscriptions: u32,
    /// Not 0: a resource on which an originator may do nothing is not found, rather than forbidden.
    /// Default: 1.
    pub conceal: u32,
    /// How long resources live whose creator does not say, in seconds. Default: 10 years.
    pub default_lifetime_s: u32,
    /// How long resources may live, in seconds. Default: 50 years.
    pub max_lifetime_s: u32,
    /// How long a request to another entity may wait for its response, in milliseconds.
    pub response_timeout_ms: u32,
    /// How long a request to a polling channel is held that does not say when it expires, in milliseconds.
    pub poll_timeout_ms: u32,
    /// How long the result of a request that is not blocking is kept, in seconds.
    pub result_lifetime_s: u32,

    /// Resources altogether.
    pub resources: u32,
    /// Levels of the tree, the CSEBase included: 1 to 64.
    pub depth: u32,
    /// Results of a discovery, child resources in a response.
    pub results: u32,
    /// Subscriptions to one resource.
    pub subscriptions: u32,
    /// Requests to other entities that wait for their outcome.
    pub outgoing: u32,
    /// Requests that are not blocking, and are not done.
    pub deferred: u32,
    /// Resources that one call looks at before it lets others go on: then
    /// m2m_onem2m_cse_poll_timeout() is in the past.
    pub step: u32,

    /// CoAP (m2m_onem2m_cse_handle_datagram()): requests in progress or remembered to recognise
    /// duplicates; 0, the default: no CoAP.
    pub coap_requests: u32,
    /// CoAP: longest datagram to send, 64 to 65535 bytes.
    pub coap_message_size: u32,
    /// CoAP: longest body, in bytes.
    pub coap_body_size: u32,
    /// CoAP: bodies under way in blocks.
    pub coap_transfers: u32,
    /// CoAP: peers with whom there is something under way or was lately.
    pub coap_peers: u32,
    /// CoAP: bytes for all messages and bodies held at one time.
    pub coap_pool_size: u32,
}

const LEAST: usize = size_of::<m2m_onem2m_cse_config>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_onem2m_cse_config {}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis() / 1000).unwrap_or(u32::MAX)
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn wide(number: u32) -> Result<usize, m2m_result> {
    usize::try_from(number).map_err(|_| M2M_INVALID)
}

/// # Safety
/// `text` is `NULL` or NUL-terminated.
unsafe fn put(to: &mut String, text: *const c_char) -> Result<(), m2m_result> {
    if !text.is_null() {
        // SAFETY: the same promise.
        *to = unsafe { string(text) }?.into();
    }
    Ok(())
}

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

impl m2m_onem2m_cse_config {
    fn new(size: usize) -> Self {
        let config = Config::new();
        let limits = &config.limits;
        m2m_onem2m_cse_config {
            struct_size: size,
            tag: 0,
            cse_id: ptr::null(),
            cse_name: ptr::null(),
            sp_id: ptr::null(),
            admin: ptr::null(),
            ae_originators: ptr::null(),
            ae_originators_len: 0,
            cse_originators: ptr::null(),
            cse_originators_len: 0,
            points_of_access: ptr::null(),
            points_of_access_len: 0,
            registrar_cse_id: ptr::null(),
            registrar_cse_name: ptr::null(),
            registrar_uri: ptr::null(),
            cse_type: m2m_onem2m_cse_type::M2M_ONEM2M_IN_CSE as i32,
            journal: 0,
            verify_subscriptions: config.verify_subscriptions.into(),
            conceal: config.conceal.into(),
            default_lifetime_s: seconds(config.default_lifetime),
            max_lifetime_s: seconds(config.max_lifetime),
            response_timeout_ms: ms(config.response_timeout),
            poll_timeout_ms: ms(config.poll_timeout),
            result_lifetime_s: seconds(config.result_lifetime),
            resources: limits.resources,
            depth: number(limits.depth),
            results: number(limits.results),
            subscriptions: number(limits.subscriptions),
            outgoing: number(limits.outgoing),
            deferred: number(limits.deferred),
            step: number(limits.step),
            coap_requests: 0,
            coap_message_size: 1152,
            coap_body_size: 64 * 1024,
            coap_transfers: 16,
            coap_peers: 256,
            coap_pool_size: 512 * 1024,
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

    /// # Safety
    /// The strings are `NULL` or NUL-terminated, and the lists as long as they say.
    pub(super) unsafe fn get(&self) -> Result<Config, m2m_result> {
        let mut config = Config::new();
        // SAFETY: the same promise.
        unsafe {
            put(&mut config.cse_id, self.cse_id)?;
            put(&mut config.cse_name, self.cse_name)?;
            put(&mut config.sp_id, self.sp_id)?;
            put(&mut config.admin, self.admin)?;
            let (ae, cse) = (&mut config.ae_originators, &mut config.cse_originators);
            put_list(ae, self.ae_originators, self.ae_originators_len)?;
            put_list(cse, self.cse_originators, self.cse_originators_len)?;
            let access = &mut config.points_of_access;
            put_list(access, self.points_of_access, self.points_of_access_len)?;
            if !self.registrar_cse_id.is_null() {
                config.registrar = Some(Registrar {
                    cse_id: string(self.registrar_cse_id)?.into(),
                    cse_name: string(self.registrar_cse_name)?.into(),
                    points_of_access: [string(self.registrar_uri)?.into()].into(),
                });
            }
        }
        config.cse_type = match self.cse_type {
            1 => CseType::In,
            2 => CseType::Mn,
            3 => CseType::Asn,
            _ => return Err(M2M_INVALID),
        };
        config.journal = self.journal != 0;
        config.verify_subscriptions = self.verify_subscriptions != 0;
        config.conceal = self.conceal != 0;
        config.default_lifetime = Duration::from_secs(self.default_lifetime_s.into());
        config.max_lifetime = Duration::from_secs(self.max_lifetime_s.into());
        config.response_timeout = Duration::from_millis(self.response_timeout_ms.into());
        config.poll_timeout = Duration::from_millis(self.poll_timeout_ms.into());
        config.result_lifetime = Duration::from_secs(self.result_lifetime_s.into());
        let limits = &mut config.limits;
        limits.resources = self.resources;
        limits.depth = wide(self.depth)?;
        limits.results = wide(self.results)?;
        limits.subscriptions = wide(self.subscriptions)?;
        limits.outgoing = wide(self.outgoing)?;
        limits.deferred = wide(self.deferred)?;
        limits.step = wide(self.step)?.max(1);
        Ok(config)
    }
}

/// Fills a configuration: the CSE /id-in, an IN-CSE with name cse-in, whose administrator is CAdmin, and
/// where originators that begin with C or S may register. Call it as
/// m2m_onem2m_cse_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_config_init(
    config: *mut m2m_onem2m_cse_config,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let defaults = m2m_onem2m_cse_config::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(config, struct_size, LEAST, &defaults) }?;
        Ok(M2M_OK)
    }))
}
