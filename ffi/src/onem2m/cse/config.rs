//! The configuration of a CSE, as a structure that can grow.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use m2m_base::Duration;
use onem2m_core::attribute::FlexDefinition;
use onem2m_core::cse::{Config, Registrar};
use onem2m_core::enumeration::CseType;

use crate::borrow::{Growing, init, sized, string};
use crate::config::{ms, narrow};
use crate::guard::caught;
use crate::onem2m::config::release_of;
use crate::onem2m::put_list;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_MALFORMED, M2M_OK};

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
    /// Releases whose requests it takes, such as 2a or 4. Default: all that the library knows.
    pub releases: *const *const c_char,
    /// How many they are.
    pub releases_len: usize,
    /// CSE-ID with its slash of the CSE that this one registers at; NULL: at none.
    pub registrar_cse_id: *const c_char,
    /// Name of the CSEBase there.
    pub registrar_cse_name: *const c_char,
    /// URI under which it is reached, with host and port: http, coap, mqtt or ws, or the same secured.
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
    /// CoAP: requests of the CSE itself under way at one time.
    pub coap_exchanges: u32,

    /// MQTT: URI of the broker that the application is connected with: mqtt://host:port. Entities at this
    /// address are reached by it. NULL: no MQTT.
    pub mqtt_broker: *const c_char,
    /// MQTT: what is in front of /oneM2M in topics; NULL: nothing.
    pub topic_prefix: *const c_char,

    /// CSE-ID with its slash of the IN-CSE, which gives AE-IDs that begin with S; NULL: the registrar, if it
    /// is one, else this CSE gives them itself.
    pub infrastructure: *const c_char,
    /// Definitions of the flexContainers that there may be, JSON such as [{"type":"ex:light",
    /// "cnd":"org.example.light","attributes":[{"sname":"power","type":"boolean","car":"1"}]}], where car 1 is
    /// for an attribute that has to be there; NULL: none.
    pub flex_definitions: *const c_char,
    /// How long the registration at the registrar lasts without being renewed, in seconds.
    pub registration_lifetime_s: u32,
    /// Operations on the CSEBase for registered AEs and CSEs, as bits of m2m:accessControlOperations: 1 CREATE,
    /// 2 RETRIEVE, 4 UPDATE, 8 DELETE, 16 NOTIFY, 32 DISCOVERY. Default: 34.
    pub base_operations: u32,
    /// Not 0: registered AEs may create accessControlPolicies under the CSEBase. Default: 1.
    pub base_policies: u32,
    /// Not 0: attribute loc of an AE is taken for the place of its requests. Default: 0.
    pub trust_location: u32,
    /// How long a request whose originator waits is kept for a target that cannot be reached, in milliseconds.
    pub hold_blocking_ms: u32,
    /// How long requests that were accepted are kept for such a target, in seconds.
    pub hold_accepted_s: u32,
    /// How long a request may wait to be fetched from a polling channel and answered, in milliseconds.
    pub channel_timeout_ms: u32,
    /// Longest wait of a batch of notifications whose subscription does not say, in milliseconds.
    pub batch_duration_ms: u32,
    /// When a target of notifications that was not reachable is tried again, in milliseconds.
    pub notification_retry_ms: u32,
    /// Instances of a container whose mni is larger or absent. Default: no limit.
    pub instances: u64,
    /// Bytes of a container whose mbs is larger or absent. Default: no limit.
    pub instance_bytes: u64,
    /// Events that are yet to go to subscriptions; more are lost.
    pub events: u32,
    /// Targets of one subscription.
    pub notification_targets: u32,
    /// Notifications that wait for one target; the oldest make room.
    pub notifications: u32,
    /// Notifications that wait in all subscriptions of one subscriber.
    pub stored_notifications: u32,
    /// Notifications of one subscription to one target that wait for their response.
    pub in_flight: u32,
    /// Requests that wait for targets which cannot be reached.
    pub held: u32,
    /// Bytes of content in them.
    pub held_bytes: u32,
    /// Bytes of content in the aggregated response of a group.
    pub aggregate_bytes: u32,
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
            releases: ptr::null(),
            releases_len: 0,
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
            coap_exchanges: 64,
            mqtt_broker: ptr::null(),
            topic_prefix: ptr::null(),
            infrastructure: ptr::null(),
            flex_definitions: ptr::null(),
            registration_lifetime_s: seconds(config.registration_lifetime),
            base_operations: config.base_operations.into(),
            base_policies: config.base_policies.into(),
            trust_location: config.trust_location.into(),
            hold_blocking_ms: ms(config.hold_blocking),
            hold_accepted_s: seconds(config.hold_accepted),
            channel_timeout_ms: ms(config.channel_timeout),
            batch_duration_ms: ms(config.batch_duration),
            notification_retry_ms: ms(config.notification_retry),
            instances: limits.instances,
            instance_bytes: limits.instance_bytes,
            events: number(limits.events),
            notification_targets: number(limits.notification_targets),
            notifications: number(limits.notifications),
            stored_notifications: number(limits.stored_notifications),
            in_flight: number(limits.in_flight),
            held: number(limits.held),
            held_bytes: number(limits.held_bytes),
            aggregate_bytes: number(limits.aggregate_bytes),
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
            let mut releases = Vec::new();
            put_list(&mut releases, self.releases, self.releases_len)?;
            if !releases.is_empty() {
                let known = releases.iter().map(|name| release_of(name));
                config.releases = known.collect::<Result<_, _>>()?;
            }
            if !self.registrar_cse_id.is_null() {
                config.registrar = Some(Registrar {
                    cse_id: string(self.registrar_cse_id)?.into(),
                    cse_name: string(self.registrar_cse_name)?.into(),
                    points_of_access: [string(self.registrar_uri)?.into()].into(),
                });
            }
        }
        // SAFETY: the same promise.
        let (infrastructure, flex) =
            unsafe { (string(self.infrastructure)?, string(self.flex_definitions)?) };
        config.infrastructure = (!infrastructure.is_empty()).then(|| infrastructure.into());
        if !flex.is_empty() {
            let read = FlexDefinition::from_json(flex.as_bytes());
            config.flex_definitions = read.map_err(|_| M2M_MALFORMED)?;
        }
        config.base_operations = narrow(self.base_operations)?;
        config.base_policies = self.base_policies != 0;
        config.trust_location = self.trust_location != 0;
        config.registration_lifetime = Duration::from_secs(self.registration_lifetime_s.into());
        config.hold_blocking = Duration::from_millis(self.hold_blocking_ms.into());
        config.hold_accepted = Duration::from_secs(self.hold_accepted_s.into());
        config.channel_timeout = Duration::from_millis(self.channel_timeout_ms.into());
        config.batch_duration = Duration::from_millis(self.batch_duration_ms.into());
        config.notification_retry = Duration::from_millis(self.notification_retry_ms.into());
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
        limits.instances = self.instances;
        limits.instance_bytes = self.instance_bytes;
        limits.events = wide(self.events)?;
        limits.notification_targets = wide(self.notification_targets)?;
        limits.notifications = wide(self.notifications)?;
        limits.stored_notifications = wide(self.stored_notifications)?;
        limits.in_flight = wide(self.in_flight)?;
        limits.held = wide(self.held)?;
        limits.held_bytes = wide(self.held_bytes)?;
        limits.aggregate_bytes = wide(self.aggregate_bytes)?;
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
