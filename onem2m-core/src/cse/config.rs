//! What a CSE is told at construction.

use super::remote::Registrar;
use crate::ReleaseVersion;
use crate::attribute::{self, FlexDefinition};
use crate::enumeration::CseType;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::Duration;

/// Who a CSE is and what it allows.
#[derive(Clone, Debug)]
pub struct Config {
    /// IN, MN or ASN.
    pub cse_type: CseType,
    /// CSE-ID with its slash: `/id-in`. The `<CSEBase>` has it without the slash as identifier.
    pub cse_id: String,
    /// Name of the `<CSEBase>`.
    pub cse_name: String,
    /// M2M-SP-ID without slashes, a domain name.
    pub sp_id: String,
    /// The originator that may do everything without being registered.
    pub admin: String,
    /// Which originators may register an AE: patterns with `*`, compared with the stem. An empty
    /// proposal is compared as `C`.
    pub ae_originators: Vec<String>,
    /// Which CSEs may register: patterns with `*`, compared with the CSE-ID and its slash.
    pub cse_originators: Vec<String>,
    /// The CSE that this one registers at.
    pub registrar: Option<Registrar>,
    /// The CSE-ID of the IN-CSE, with its slash, which gives AE-IDs that begin with S. Without it
    /// the registrar, if that is an IN-CSE; if it is none either, this CSE gives them itself.
    pub infrastructure: Option<String>,
    /// How long that registration lasts without being renewed.
    pub registration_lifetime: Duration,
    /// Operations on the `<CSEBase>` for registered AEs and CSEs, as bits of accessControlOperations.
    pub base_operations: u8,
    /// Registered AEs may create accessControlPolicies under the `<CSEBase>`.
    pub base_policies: bool,
    /// Releases that requests may be of.
    pub releases: Vec<ReleaseVersion>,
    /// Point of access of the CSE, for its attribute `poa`.
    pub points_of_access: Vec<String>,
    /// How long resources live whose creator does not say.
    pub default_lifetime: Duration,
    /// How long resources may live.
    pub max_lifetime: Duration,
    /// Says "not found" instead of "no privilege" about resources on which the originator may do
    /// nothing at all, so that they cannot be told from those that do not exist.
    pub conceal: bool,
    /// Takes attribute `loc` of an AE for the place of its requests when no other is told. Anybody
    /// can say so: TS-0003 annex F wants places from the underlying network only.
    pub trust_location: bool,
    /// How long a request to another entity may wait for its response.
    pub response_timeout: Duration,
    /// How long a request whose originator waits is kept for a target that cannot be reached, if
    /// it does not say when it expires. 0 fails at once.
    pub hold_blocking: Duration,
    /// How long requests that were accepted are kept for such a target, and what the CSE itself
    /// has to tell: results, and what groups have collected. No request waits longer.
    pub hold_accepted: Duration,
    /// How long a request may wait to be fetched from a polling channel and answered.
    pub channel_timeout: Duration,
    /// How long a request to a polling channel is held that does not say when it expires.
    pub poll_timeout: Duration,
    /// How long the result of a request that is not blocking is kept if it does not say.
    pub result_lifetime: Duration,
    /// Asks the targets of a new subscription whether they want its notifications.
    pub verify_subscriptions: bool,
    /// Longest wait of a batch of notifications whose subscription does not say.
    pub batch_duration: Duration,
    /// When a target of notifications that was not reachable is tried again.
    pub notification_retry: Duration,
    /// Definitions of the flexContainers that there may be.
    pub flex_definitions: Vec<FlexDefinition>,
    /// Makes journal records.
    pub journal: bool,
    /// Quotas.
    pub limits: Limits,
}

/// Quotas and bounds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Resources altogether.
    pub resources: u32,
    /// Levels of the tree, the `<CSEBase>` included. 64 at most.
    pub depth: usize,
    /// Results of a discovery, child resources in a response.
    pub results: usize,
    /// Instances of a container whose `mni` is larger or absent.
    pub instances: u64,
    /// Bytes of a container whose `mbs` is larger or absent.
    pub instance_bytes: u64,
    /// Resources that one call looks at before it lets others go on.
    pub step: usize,
    /// Requests to other entities that wait for their outcome.
    pub outgoing: usize,
    /// Subscriptions to one resource.
    pub subscriptions: usize,
    /// Events that are yet to go to subscriptions; more are lost.
    pub events: usize,
    /// Targets of one subscription.
    pub notification_targets: usize,
    /// Notifications that wait for one target; the oldest make room.
    pub notifications: usize,
    /// Notifications that wait in all subscriptions of one subscriber; those of lower priority
    /// (attribute `nsp`) make room, then the oldest.
    pub stored_notifications: usize,
    /// Notifications of one subscription to one target that wait for their response.
    pub in_flight: usize,
    /// Requests that are not blocking, or whose time has not come, and that are not done.
    pub deferred: usize,
    /// Requests that wait for targets which cannot be reached; further ones fail at once.
    pub held: usize,
    /// Bytes of content in them.
    pub held_bytes: usize,
    /// Bytes of content in the aggregated response of a group; what is more is left out.
    pub aggregate_bytes: usize,
    /// Positions of a geometry in filter criteria, and in a resource that is compared with it.
    pub positions: usize,
    /// Missing data points that a time series remembers whose `mdn` is larger or absent.
    pub missing: usize,
    /// Names of resources that it may not see into which a registered entity may run within an
    /// hour when it creates resources; with one more every name is taken for it.
    pub hidden_names: u32,
    /// Sizes of attributes.
    pub attributes: attribute::Limits,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            resources: 100_000_000,
            depth: 32,
            results: 10_000,
            instances: u64::MAX,
            instance_bytes: u64::MAX,
            step: 2_000,
            outgoing: 20_000,
            subscriptions: 100_000,
            events: 1_000,
            notification_targets: 64,
            notifications: 1_000,
            stored_notifications: 100_000,
            in_flight: 16,
            deferred: 10_000,
            held: 10_000,
            held_bytes: 64 << 20,
            positions: 64,
            missing: 1_000,
            hidden_names: 10,
            aggregate_bytes: 16 << 20,
            attributes: attribute::Limits::default(),
        }
    }
}

impl Config {
    /// The CSE `/id-in`, an IN-CSE with name `cse-in` of provider `m2m.example`, whose
    /// administrator is `CAdmin`. Originators that begin with C or S may register, and CSEs.
    #[must_use]
    pub fn new() -> Config {
        let text = String::from;
        Config {
            cse_type: CseType::In,
            cse_id: text("/id-in"),
            cse_name: text("cse-in"),
            sp_id: text("m2m.example"),
            admin: text("CAdmin"),
            ae_originators: [text("C*"), text("S*")].into(),
            cse_originators: [text("/*")].into(),
            registrar: None,
            infrastructure: None,
            registration_lifetime: Duration::from_secs(3600),
            base_operations: 2 | 32,
            base_policies: true,
            releases: ReleaseVersion::ALL.into(),
            points_of_access: Vec::new(),
            default_lifetime: Duration::from_secs(10 * 365 * 86_400),
            max_lifetime: Duration::from_secs(50 * 365 * 86_400),
            conceal: true,
            trust_location: false,
            response_timeout: Duration::from_secs(20),
            hold_blocking: Duration::from_secs(5),
            hold_accepted: Duration::from_secs(86_400),
            channel_timeout: Duration::from_secs(300),
            poll_timeout: Duration::from_secs(60),
            result_lifetime: Duration::from_secs(600),
            verify_subscriptions: true,
            batch_duration: Duration::from_secs(60),
            notification_retry: Duration::from_secs(30),
            flex_definitions: Vec::new(),
            journal: true,
            limits: Limits::default(),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

/// A configuration that no CSE can run with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The CSE-ID is not a slash and an identifier, or looks like an identifier that the CSE
    /// gives to resources.
    #[error("bad CSE-ID")]
    CseId,
    /// The name of the CSEBase is no resource name.
    #[error("bad CSE name")]
    CseName,
    /// The registrar's CSE-ID or name is none, or is this CSE itself.
    #[error("bad registrar")]
    Registrar,
    /// The CSE-ID of the IN-CSE is none, or is this CSE itself.
    #[error("bad CSE-ID of the infrastructure")]
    Infrastructure,
    /// The provider is no domain name.
    #[error("bad M2M-SP-ID")]
    Provider,
    /// More levels than 64, or none.
    #[error("bad depth")]
    Depth,
    /// Memory ran out.
    #[error("out of memory")]
    OutOfMemory,
}
