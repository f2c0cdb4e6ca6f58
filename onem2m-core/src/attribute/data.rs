//! Resources that carry data.

use super::{Attribute, Kind::*, complex, enumeration, rows};

/// `<Container>`.
pub(super) const CNT: &[Attribute] = rows! {
    "st" "stateTag" Unsigned, One, NP NP NA;
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "mni" "maxNrOfInstances" Unsigned, ZeroOrOne, O O OA;
    "mbs" "maxByteSize" Unsigned, ZeroOrOne, O O OA;
    "mia" "maxInstanceAge" Unsigned, ZeroOrOne, O O OA;
    "cni" "currentNrOfInstances" Unsigned, One, NP NP NA;
    "cbs" "currentByteSize" Unsigned, One, NP NP NA;
    "li" "locationID" Uri, ZeroOrOne, NP NP OA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
    "disr" "disableRetrieval" Boolean, ZeroOrOne, O O OA;
    "subi" "subscriptionIDs" List(&Text), ZeroOrOne, O O NA;
};

/// `<ContentInstance>`.
pub(super) const CIN: &[Attribute] = rows! {
    "st" "stateTag" Unsigned, One, NP NP NA;
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "cnf" "contentInfo" Text, ZeroOrOne, O NP OA;
    "cs" "contentSize" Unsigned, ZeroOrOne, NP NP NA;
    "conr" "contentRef" List(&Complex(&complex::CONTENT_REF)), ZeroOrOne, O NP OA;
    "con" "content" Any, ZeroOrOne, O NP OA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
    "dcnt" "deletionCnt" Positive, ZeroOrOne, O NP NA;
    "dgt" "dataGenerationTime" AbsRelTimestamp, ZeroOrOne, O O OA;
};

/// `<FlexContainer>`.
pub(super) const FCNT: &[Attribute] = rows! {
    "st" "stateTag" Unsigned, One, NP NP NA;
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "cnd" "containerDefinition" Text, One, M NP MA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
    "cs" "contentSize" Unsigned, ZeroOrOne, NP NP NA;
    "nl" "nodeLink" Id, ZeroOrOne, O O OA;
    "mni" "maxNrOfInstances" Unsigned, ZeroOrOne, O O OA;
    "mia" "maxInstanceAge" Unsigned, ZeroOrOne, O O OA;
    "mbs" "maxByteSize" Unsigned, ZeroOrOne, O O OA;
    "cbs" "currentByteSize" Unsigned, One, NP NP NA;
    "cni" "currentNrOfInstances" Unsigned, One, NP NP NA;
    "fcied" "fcinEnabled" Boolean, ZeroOrOne, O O OA;
};

/// `<FlexContainer Instance>`.
pub(super) const FCI: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "cs" "contentSize" Unsigned, ZeroOrOne, NP NP NA;
    "org" "originator" Id, One, NP NP NA;
};

/// `<TimeSeries>`.
pub(super) const TS: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "mni" "maxNrOfInstances" Unsigned, ZeroOrOne, O O OA;
    "mbs" "maxByteSize" Unsigned, ZeroOrOne, O O OA;
    "mia" "maxInstanceAge" Unsigned, ZeroOrOne, O O OA;
    "cni" "currentNrOfInstances" Unsigned, One, NP NP NA;
    "cbs" "currentByteSize" Unsigned, One, NP NP NA;
    "pei" "periodicInterval" Positive, ZeroOrOne, O O OA;
    "peid" "periodicIntervalDelta" Unsigned, ZeroOrOne, O O OA;
    "mdd" "missingDataDetect" Boolean, One, O O NA;
    "mdn" "missingDataMaxNr" Positive, ZeroOrOne, O O OA;
    "mdlt" "missingDataList" List(&AbsRelTimestamp), ZeroOrOne, NP NP NA;
    "mdc" "missingDataCurrentNr" Unsigned, One, NP NP NA;
    "mdt" "missingDataDetectTimer" Positive, ZeroOrOne, O O OA;
    "cnf" "contentInfo" Text, ZeroOrOne, O NP OA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
};

/// `<TimeSeriesInstance>`.
pub(super) const TSI: &[Attribute] = rows! {
    "loc" "location" Complex(&complex::GEO_COORDINATES), ZeroOrOne, O O OA;
    "dgt" "dataGenerationTime" AbsRelTimestamp, One, M NP OA;
    "con" "content" Any, One, O NP OA;
    "cs" "contentSize" Unsigned, ZeroOrOne, NP NP NA;
    "snr" "sequenceNr" Unsigned, ZeroOrOne, O NP OA;
};

/// `<LocationPolicy>`.
pub(super) const LCP: &[Attribute] = rows! {
    "los" "locationSource" Enumeration(&enumeration::LOCATION_SOURCE), One, M NP OA;
    "lit" "locationInformationType" Enumeration(&enumeration::LOCATION_INFORMATION_TYPE), One, O O OA;
    "lou" "locationUpdatePeriod" List(&Duration), ZeroOrOne, O O OA;
    "lot" "locationTargetID" Text, ZeroOrOne, O NP OA;
    "lor" "locationServer" Uri, ZeroOrOne, O NP OA;
    "loi" "locationContainerID" Uri, One, NP NP OA;
    "lon" "locationContainerName" Text, ZeroOrOne, O NP OA;
    "lost" "locationStatus" Text, One, NP NP OA;
    "gta" "geographicalTargetArea" Any, ZeroOrOne, O O OA;
    "gec" "geofenceEventCriteria" Enumeration(&enumeration::GEOFENCE_EVENT_CRITERIA), ZeroOrOne, O O OA;
    "aid" "authID" Text, ZeroOrOne, O NP OA;
    "rlkl" "retrieveLastKnownLocation" Boolean, ZeroOrOne, O O OA;
    "luec" "locationUpdateEventCriteria" Enumeration(&enumeration::LOCATION_UPDATE_EVENT_CRITERIA), ZeroOrOne, O O OA;
};

/// `<TimeSyncBeacon>`.
pub(super) const TSB: &[Attribute] = rows! {
    "bcnr" "beaconRequester" Id, ZeroOrOne, O NP OA;
    "bcnc" "beaconCriteria" Enumeration(&enumeration::BEACON_CRITERIA), One, M O OA;
    "bcni" "beaconInterval" Duration, ZeroOrOne, O O OA;
    "bcnt" "beaconThreshold" Duration, ZeroOrOne, O O OA;
    "bcnu" "beaconNotificationURIs" NonEmptyList(&Uri), One, M O OA;
};
