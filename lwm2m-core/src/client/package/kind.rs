//! What objects 5 and 9 have in common and where they differ: resources, states, results.

use super::Phase;
use crate::object;

/// Which object a package belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::client) enum Kind {
    #[cfg(feature = "firmware-update")]
    Firmware,
    #[cfg(feature = "software-management")]
    Software,
}

/// Resources of the two objects that mean the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resources {
    pub(super) package: u16,
    pub(super) uri: u16,
    pub(super) state: u16,
    pub(super) result: u16,
}

impl Kind {
    pub(super) const fn of(object: u16) -> Option<Kind> {
        match object {
            #[cfg(feature = "firmware-update")]
            5 => Some(Kind::Firmware),
            #[cfg(feature = "software-management")]
            9 => Some(Kind::Software),
            _ => None,
        }
    }

    pub(super) fn object(self) -> u16 {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => object::FIRMWARE_UPDATE.id,
            #[cfg(feature = "software-management")]
            Kind::Software => object::SOFTWARE_MANAGEMENT.id,
        }
    }

    pub(super) const fn resources(self) -> Resources {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => Resources { package: 0, uri: 1, state: 3, result: 5 },
            #[cfg(feature = "software-management")]
            Kind::Software => Resources { package: 2, uri: 3, state: 7, result: 9 },
        }
    }

    /// The value of State, or of Update State.
    pub(super) const fn state(self, phase: Phase, installed: bool) -> u8 {
        let (verify, ready, apply) = match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => (1, 2, 3),
            #[cfg(feature = "software-management")]
            Kind::Software if installed => (4, 4, 4),
            #[cfg(feature = "software-management")]
            Kind::Software => (2, 3, 3),
        };
        let _ = installed;
        match phase {
            Phase::Idle => 0,
            Phase::Push | Phase::Connect | Phase::Pause | Phase::Fetch | Phase::Handed => 1,
            Phase::Verify => verify,
            Phase::Ready => ready,
            Phase::Apply(_) => apply,
        }
    }

    /// The result of a download that is under way.
    pub(super) const fn begun(self) -> u8 {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => 0,
            #[cfg(feature = "software-management")]
            Kind::Software => 1,
        }
    }

    /// The result of a package that is there and right.
    pub(super) const fn delivered(self) -> u8 {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => 0,
            #[cfg(feature = "software-management")]
            Kind::Software => 3,
        }
    }

    /// The result of an update or installation that went well.
    pub(super) const fn applied(self) -> u8 {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => 1,
            #[cfg(feature = "software-management")]
            Kind::Software => 2,
        }
    }

    pub(super) const fn failed(self, error: PackageError) -> u8 {
        match self {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => match error {
                PackageError::NoSpace => 2,
                PackageError::OutOfMemory => 3,
                PackageError::ConnectionLost => 4,
                PackageError::Integrity => 5,
                PackageError::UnsupportedType => 6,
                PackageError::InvalidUri => 7,
                PackageError::Failed => 8,
                PackageError::UnsupportedProtocol => 9,
                PackageError::Deferred => 11,
            },
            #[cfg(feature = "software-management")]
            Kind::Software => match error {
                PackageError::NoSpace => 50,
                PackageError::OutOfMemory => 51,
                PackageError::ConnectionLost => 52,
                PackageError::Integrity => 53,
                PackageError::UnsupportedType => 54,
                PackageError::InvalidUri | PackageError::UnsupportedProtocol => 56,
                PackageError::Deferred => 57,
                PackageError::Failed => 58,
            },
        }
    }
}

/// How servers may deliver a package (/5/0/9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Delivery {
    /// By its URI (/5/0/1) only.
    Pull = 0,
    /// By writing it (/5/0/0) only.
    Push = 1,
    /// Either way.
    Both = 2,
}

/// What a package may be downloaded with (/5/0/8): a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocols(u8);

impl Protocols {
    /// None.
    pub const NONE: Protocols = Protocols(0);
    /// CoAP over UDP, `coap://`: the client downloads.
    pub const COAP: Protocols = Protocols(1);
    /// CoAP over DTLS, `coaps://`: the client downloads.
    pub const COAPS: Protocols = Protocols(1 << 1);
    /// HTTP/1.1, `http://`: the application downloads.
    pub const HTTP: Protocols = Protocols(1 << 2);
    /// HTTP/1.1 over TLS, `https://`: the application downloads.
    pub const HTTPS: Protocols = Protocols(1 << 3);
    /// CoAP over TCP, `coap+tcp://`: the client downloads.
    pub const COAP_TCP: Protocols = Protocols(1 << 4);
    /// CoAP over TLS, `coaps+tcp://`: the client downloads.
    pub const COAPS_TCP: Protocols = Protocols(1 << 5);
    /// Any other scheme, which has no number: the application downloads.
    pub const OTHER: Protocols = Protocols(1 << 7);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Protocols) -> Protocols {
        Protocols(self.0 | other.0)
    }

    /// True if all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Protocols) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as bits: bit n is protocol n of /5/0/8, bit 7 any other scheme.
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// The set of [`Protocols::to_bits`].
    #[must_use]
    pub const fn from_bits(bits: u8) -> Protocols {
        Protocols(bits)
    }

    /// The numbers of /5/0/8.
    pub(super) fn numbers(self) -> impl Iterator<Item = u8> {
        (0..6).filter(move |n| self.0 & 1 << n != 0)
    }
}

/// Why a package is refused, lost or not applied. Each has a code of Update Result (/5/0/5, /9/x/9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PackageError {
    /// Not enough flash memory (2, 50).
    NoSpace,
    /// Out of RAM during the download (3, 51).
    OutOfMemory,
    /// Connection lost during the download (4, 52).
    ConnectionLost,
    /// The integrity check failed (5, 53).
    Integrity,
    /// An unsupported type of package (6, 54).
    UnsupportedType,
    /// Invalid URI, or nothing is there (7, 56).
    InvalidUri,
    /// A protocol that the device does not have (9, 56).
    UnsupportedProtocol,
    /// The update, or the installation, failed (8, 58; 59 for an uninstallation).
    Failed,
    /// The user puts the update off (11): only as answer to [`super::Event::PackageApply`].
    Deferred,
}

/// What is to be done with a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackageStep {
    /// Update the firmware with it (/5/0/2). The device may restart meanwhile: after `restore` it
    /// is asked again, and answered with how the update ended.
    Update,
    /// Install the software (/9/x/4).
    Install,
    /// Remove the software (/9/x/6).
    Uninstall,
    /// Remove the software to make place for a newer one (/9/x/6 with argument 1).
    UninstallForUpdate,
    /// Start the software (/9/x/10).
    Activate,
    /// Stop the software (/9/x/11).
    Deactivate,
}

/// What a device can do with packages, and how far it was before it restarted.
#[derive(Clone, Copy, Debug)]
pub struct PackageSupport<'a> {
    /// How packages may come.
    pub delivery: Delivery,
    /// With which protocols the client and the application download.
    pub protocols: Protocols,
    /// What [`super::super::Client::package_record`] gave before the device restarted; empty at first.
    pub record: &'a [u8],
    /// How many bytes of an image the application has kept, from its start. A download that the
    /// restart has interrupted goes on from there, if the source tells images apart by ETag.
    pub kept: u32,
}

impl PackageSupport<'static> {
    /// Push, and pull over CoAP and CoAPs; nothing from before.
    pub const COAP: PackageSupport<'static> = PackageSupport {
        delivery: Delivery::Both,
        protocols: Protocols::COAP.and(Protocols::COAPS),
        record: &[],
        kept: 0,
    };
}
