//! Universal and common attributes (TS-0004 tables 7.4.1-1 and 7.4.1-2): the same rule in every
//! type that has them.

use super::{Attribute, Kind::*, enumeration, rows};

/// The rows, in the order in which types say which they have.
pub const COMMON: &[Attribute] = rows! {
    "rn" "resourceName" Name, One, O NP OA;
    "ty" "resourceType" ResourceType, One, NP NP NA;
    "ri" "resourceID" Id, One, NP NP NA;
    "pi" "parentID" Id, One, NP NP NA;
    "ct" "creationTime" Timestamp, One, NP NP NA;
    "lt" "lastModifiedTime" Timestamp, One, NP NP NA;
    "et" "expirationTime" AbsRelTimestamp, ZeroOrOne, O O MA;
    "lbl" "labels" List(&Token), ZeroOrOne, O O MA;
    "acpi" "accessControlPolicyIDs" NonEmptyList(&Id), ZeroOrOne, O O MA;
    "daci" "dynamicAuthorizationConsultationIDs" NonEmptyList(&Uri), ZeroOrOne, O O OA;
    "at" "announceTo" List(&Uri), ZeroOrOne, O O NA;
    "aa" "announcedAttribute" List(&NcName), ZeroOrOne, O O NA;
    "ast" "announceSyncType" Enumeration(&enumeration::ANNOUNCE_SYNC_TYPE), ZeroOrOne, O O MA;
    "cr" "creator" Id, ZeroOrOne, O NP NA;
    "cstn" "custodian" Id, ZeroOrOne, O O NA;
};

/// Which common attributes a resource type has: bit n is row n.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Common(u16);

impl Common {
    /// rn, ty, ri, pi, ct, lt, et, lbl: what nearly all have.
    pub(super) const BASE: Common = Common(0xff);
    /// acpi, daci.
    pub(super) const POLICY: Common = Common(0x300);
    /// at, aa, ast.
    pub(super) const ANNOUNCE: Common = Common(0x1c00);
    /// cr.
    pub(super) const CREATOR: Common = Common(0x2000);
    /// cstn.
    pub(super) const CUSTODIAN: Common = Common(0x4000);
    /// lt, for those without it.
    pub(super) const MODIFIED: Common = Common(0x20);
    /// et, for the one without it.
    pub(super) const EXPIRATION: Common = Common(0x40);

    pub(super) const fn and(self, other: Common) -> Common {
        Common(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Common) -> Common {
        Common(self.0 & !other.0)
    }

    /// The rows that it has.
    pub(super) fn rows(self) -> impl Iterator<Item = &'static Attribute> {
        COMMON.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, row)| row)
    }
}
