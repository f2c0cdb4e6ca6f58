//! Entities that register, and how they are reached.

use super::{Attribute, Kind::*, complex, enumeration, rows};

/// `<CSEBase>`.
pub(super) const CB: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "csi" "CSE-ID" Id, One, M NP OA;
    "spi" "SP-ID" Id, One, M NP OA;
    "ici" "IN-CSE-ID" Id, ZeroOrOne, NP NP OA;
    "cst" "cseType" Enumeration(&enumeration::CSE_TYPE_ID), ZeroOrOne, O NP OA;
    "csz" "contentSerialization" List(&Text), ZeroOrOne, O O OA;
    "ctm" "currentTime" Timestamp, ZeroOrOne, NP NP NA;
    "esi" "e2eSecInfo" Text, ZeroOrOne, O O MA;
    "nl" "nodeLink" Id, ZeroOrOne, NP NP NA;
    "poa" "pointOfAccess" List(&Uri), One, O O OA;
    "srt" "supportedResourceType" List(&ResourceType), ZeroOrOne, O NP NA;
    "srv" "supportedReleaseVersions" List(&Text), ZeroOrOne, M O MA;
};

/// `<ApplicationEntity>`.
pub(super) const AE: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "apn" "appName" Text, ZeroOrOne, O O OA;
    "api" "App-ID" Text, One, M NP OA;
    "aei" "AE-ID" Id, One, NP NP OA;
    "poa" "pointOfAccess" List(&Uri), ZeroOrOne, O O OA;
    "nl" "nodeLink" Id, ZeroOrOne, O O OA;
    "rr" "requestReachability" Boolean, One, M O OA;
    "csz" "contentSerialization" List(&Text), ZeroOrOne, O O OA;
    "esi" "e2eSecInfo" Text, ZeroOrOne, O O MA;
    "mei" "M2M-Ext-ID" Text, ZeroOrOne, O O NA;
    "srv" "supportedReleaseVersions" List(&Text), ZeroOrOne, M O MA;
    "regs" "registrationStatus" Text, ZeroOrOne, O O OA;
    "trps" "trackRegistrationPoints" Boolean, ZeroOrOne, O O OA;
    "scp" "sessionCapabilities" List(&Text), ZeroOrOne, O O OA;
    "tren" "triggerEnable" Boolean, ZeroOrOne, O O OA;
    "ape" "activityPatternElements" List(&Complex(&complex::ACTIVITY_PATTERN)), ZeroOrOne, O O OA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
};

/// `<RemoteCSE>`.
pub(super) const CSR: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "cst" "cseType" Enumeration(&enumeration::CSE_TYPE_ID), ZeroOrOne, O NP OA;
    "poa" "pointOfAccess" List(&Uri), ZeroOrOne, O O OA;
    "cb" "CSEBase" Text, One, M NP OA;
    "csi" "CSE-ID" Id, One, O NP OA;
    "spi" "SP-ID" Id, One, O O OA;
    "ici" "IN-CSE-ID" Id, ZeroOrOne, O O OA;
    "mei" "M2M-Ext-ID" Text, ZeroOrOne, O O NA;
    "tri" "Trigger-Recipient-ID" Text, ZeroOrOne, O O OA;
    "rr" "requestReachability" Boolean, One, M O OA;
    "nl" "nodeLink" Id, ZeroOrOne, O O OA;
    "csz" "contentSerialization" List(&Text), ZeroOrOne, O O OA;
    "esi" "e2eSecInfo" Text, ZeroOrOne, O O MA;
    "trn" "triggerReferenceNumber" UnsignedInt, ZeroOrOne, O O OA;
    "dcse" "descendantCSEs" List(&Text), ZeroOrOne, O O OA;
    "egid" "externalGroupID" Text, ZeroOrOne, O O OA;
    "tren" "triggerEnable" Boolean, ZeroOrOne, O O OA;
    "ape" "activityPatternElements" List(&Complex(&complex::ACTIVITY_PATTERN)), ZeroOrOne, O O OA;
    "srv" "supportedReleaseVersions" List(&Text), ZeroOrOne, M O MA;
};

/// `<Node>`.
pub(super) const NOD: &[Attribute] = rows! {
    "ni" "nodeID" Text, One, M O MA;
    "hcl" "hostedCSELink" Id, ZeroOrOne, O O OA;
    "hael" "hostedAELinks" NonEmptyList(&Id), ZeroOrOne, O O OA;
    "hsl" "hostedServiceLinks" List(&Text), ZeroOrOne, O O OA;
    "mgca" "mgmtClientAddress" List(&Text), ZeroOrOne, O O OA;
    "rms" "roamingStatus" Boolean, ZeroOrOne, NP NP OA;
    "nid" "networkID" Text, ZeroOrOne, NP NP OA;
    "nty" "nodeType" Unsigned, ZeroOrOne, O O OA;
};

/// `<PollingChannel>`.
pub(super) const PCH: &[Attribute] = rows! {
    "rqag" "requestAggregation" Boolean, ZeroOrOne, O O NA;
};

/// `<Request>`.
pub(super) const REQ: &[Attribute] = rows! {
    "op" "operation" Enumeration(&enumeration::OPERATION), One, M NP NA;
    "tg" "target" Uri, One, M NP NA;
    "org" "originator" Id, One, NP NP NA;
    "rid" "requestID" Text, One, M NP NA;
    "mi" "metaInformation" Complex(&complex::META_INFORMATION), One, M NP NA;
    "pc" "primitiveContent" Object, ZeroOrOne, O NP OA;
    "rs" "requestStatus" Enumeration(&enumeration::REQUEST_STATUS), One, M NP NA;
    "ors" "operationResult" Complex(&complex::OPERATION_RESULT), ZeroOrOne, O O NA;
};

/// `<Schedule>`.
pub(super) const SCH: &[Attribute] = rows! {
    "se" "scheduleElement" Complex(&complex::SCHEDULE_ENTRIES), One, M O OA;
    "nco" "networkCoordinated" Boolean, ZeroOrOne, O O OA;
};

/// `<AEContactList>`.
pub(super) const ALST: &[Attribute] = rows! {
    "nic" "numberImpactedCSEs" Unsigned, One, NP NP NA;
};

/// `<AEContactListPerCSE>`.
pub(super) const ALPC: &[Attribute] = rows! {
    "csi" "CSE-ID" Id, One, M O NA;
    "ail" "AE-IDList" List(&Id), ZeroOrOne, O O NA;
};

/// `<TriggerRequest>`.
pub(super) const TGR: &[Attribute] = rows! {
    "mei" "M2M-Ext-ID" Text, One, M NP NA;
    "tri" "Trigger-Recipient-ID" Text, ZeroOrOne, O NP NA;
    "tpe" "triggerPurpose" Enumeration(&enumeration::TRIGGER_PURPOSE), One, O O NA;
};
