//! What an AE is told at construction.

use crate::ReleaseVersion;
use crate::address::{Address, Originator};
use crate::media::Serialization;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::Duration;

/// Who an AE is, where it registers, and how patient it is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The originator that it proposes: an AE-ID (`Cthermometer`), `C` or `S` to be given one with
    /// that stem, or nothing at all. With an AE-ID, a device that has forgotten its registration
    /// takes up the one that the CSE still has.
    pub originator: String,
    /// App-ID, for example `Nthermometer` (TS-0001 clause 7.2).
    pub app_id: String,
    /// Name of the `<AE>` resource. The CSE chooses one if there is none.
    pub name: Option<String>,
    /// Address of the `<CSEBase>` of the registrar.
    pub cse_base: String,
    /// Where the AE can be reached, as URIs. None for one that only asks.
    pub points_of_access: Vec<String>,
    /// Makes a `<pollingChannel>` and fetches requests from it, for an AE that cannot be reached.
    pub polling: bool,
    /// Asks the CSE to hand out several requests at once through that channel (attribute `rqag`,
    /// TS-0001 clause 9.6.21).
    pub aggregation: bool,
    /// How what comes to the AE shall be serialised, the most wanted first (attribute `csz`). None
    /// leaves it to the CSE.
    pub serializations: Vec<Serialization>,
    /// Labels of the `<AE>` resource.
    pub labels: Vec<String>,
    /// Release of the requests.
    pub release: ReleaseVersion,
    /// How long a registration shall last without an update.
    pub lifetime: Duration,
    /// How requests are repeated.
    pub retry: Retry,
    /// Quotas.
    pub limits: Limits,
    /// Registers a CSE instead of an AE.
    pub(crate) cse: Option<Box<RemoteCse>>,
}

/// What a CSE that registers says besides what an AE says.
#[derive(Clone, Debug)]
pub(crate) struct RemoteCse {
    /// Address of its own `<CSEBase>`.
    pub(crate) base: String,
    /// m2m:cseTypeID.
    pub(crate) cse_type: u32,
    pub(crate) releases: Vec<String>,
    /// CSEs that are reached through it.
    pub(crate) descendants: Vec<String>,
    /// The registrar does not know these yet.
    pub(crate) untold: bool,
}

/// When requests are repeated.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often a request goes out before the AE gives up. At least 1.
    pub attempts: u8,
    /// First pause before a repetition; each further one is twice as long. A quarter more or less
    /// is random.
    pub pause: Duration,
    /// Longest pause; also the one between attempts to register, which go on forever.
    pub longest_pause: Duration,
    /// How long a request for the polling channel may stay open. 0 leaves it to the CSE, with
    /// `timeout` as the limit here.
    pub polling: Duration,
    /// Pause between two looks at the result of a non-blocking request.
    pub result: Duration,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            timeout: Duration::from_secs(10),
            attempts: 4,
            pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(600),
            polling: Duration::from_secs(60),
            result: Duration::from_secs(2),
        }
    }
}

/// Quotas.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests of the application that are under way, or ended and not yet released.
    pub requests: usize,
    /// Notifications that are not yet answered and released.
    pub notifications: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { requests: 16, notifications: 16 }
    }
}

/// What is wrong with a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// `originator` is neither an AE-ID nor a stem nor empty.
    #[error("the originator is no AE-ID")]
    Originator,
    /// `cse_base` is no address.
    #[error("the address of the CSEBase is none")]
    CseBase,
    /// `name` is no name of a resource.
    #[error("the name of the AE resource is none")]
    Name,
    /// No requests, or no attempts, are allowed.
    #[error("a limit is zero")]
    Limits,
}

impl Config {
    /// An AE of release 3 that registers at `cse_base` with the originator and App-ID given, for an
    /// hour at a time, and is not reachable.
    #[must_use]
    pub fn new(cse_base: &str, originator: &str, app_id: &str) -> Config {
        Config {
            originator: originator.into(),
            app_id: app_id.into(),
            name: None,
            cse_base: cse_base.into(),
            points_of_access: Vec::new(),
            polling: false,
            aggregation: false,
            serializations: Vec::new(),
            labels: Vec::new(),
            release: ReleaseVersion::R3,
            lifetime: Duration::from_secs(3600),
            retry: Retry::default(),
            limits: Limits::default(),
            cse: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if Address::parse(&self.cse_base).is_err() {
            return Err(ConfigError::CseBase);
        }
        if Originator::parse(&self.originator).is_err() {
            return Err(ConfigError::Originator);
        }
        if self.name.as_deref().is_some_and(|name| !crate::attribute::is_name(name)) {
            return Err(ConfigError::Name);
        }
        if self.limits.requests == 0 || self.limits.notifications == 0 || self.retry.attempts == 0 {
            return Err(ConfigError::Limits);
        }
        Ok(())
    }

    /// True if the CSE is to choose the AE-ID.
    pub(super) fn is_stem(&self) -> bool {
        matches!(self.originator.as_str(), "" | "C" | "S")
    }
}
