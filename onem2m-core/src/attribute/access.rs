//! Access control.

use super::{Attribute, Kind::*, complex, rows};

/// `<AccessControlPolicy>`.
pub(super) const ACP: &[Attribute] = rows! {
    "pv" "privileges" Complex(&complex::SET_OF_ACRS), One, M O MA;
    "pvs" "selfPrivileges" Complex(&complex::SET_OF_ACRS), One, M O MA;
    "adri" "authorizationDecisionResourceIDs" List(&Id), ZeroOrOne, O O MA;
    "apri" "authorizationPolicyResourceIDs" List(&Id), ZeroOrOne, O O MA;
    "airi" "authorizationInformationResourceIDs" List(&Id), ZeroOrOne, O O MA;
};

/// `<DynamicAuthorizationConsultation>`.
pub(super) const DAC: &[Attribute] = rows! {
    "dae" "dynamicAuthorizationEnabled" Boolean, One, M O NA;
    "dap" "dynamicAuthorizationPoA" NonEmptyList(&Uri), One, M O NA;
    "dal" "dynamicAuthorizationLifetime" Timestamp, ZeroOrOne, O O NA;
};
