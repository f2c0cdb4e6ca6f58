//! Complex types (TS-0004 clause 6.3.5): their members as rows.

use super::{Complex, Kind::*, enumeration, members};

members! {
    ACCESS_CONTROL_CONTEXTS "accessControlContexts" {
        "actw" "accessControlWindow" List(&Schedule), ZeroOrOne;
        "acip" "accessControlIpAddresses" Complex(&ACCESS_CONTROL_IP_ADDRESSES), ZeroOrOne;
        "aclr" "accessControlLocationRegion" Complex(&LOCATION_REGION), ZeroOrOne;
        "acui" "accessControlUserIDs" List(&Text), ZeroOrOne;
        "acec" "accessControlEvalCriteria" Complex(&EVAL_CRITERIA), ZeroOrOne;
        "acl" "accessControlLimit" Unsigned, ZeroOrOne;
    }
    ACCESS_CONTROL_IP_ADDRESSES "accessControlIpAddresses" {
        "ipv4" "ipv4Addresses" List(&Text), ZeroOrOne;
        "ipv6" "ipv6Addresses" List(&Text), ZeroOrOne;
    }
    WIFI_CREDENTIALS "dcfg:wifiCredentials" {
        "enct" "encryptionType" Enumeration(&enumeration::WIFI_ENCRYPTION_TYPE), One;
        "unm" "username" Text, ZeroOrOne;
        "pwd" "password" Text, ZeroOrOne;
        "wepk" "wepKey" Text, ZeroOrOne;
        "wpap" "wpaPsk" Text, ZeroOrOne;
    }
    ACCESS_CONTROL_OBJECT_DETAILS "m2m:accessControlObjectDetails" {
        "chty" "childResourceType" List(&ResourceType), One;
        "ty" "resourceType" ResourceType, ZeroOrOne;
        "spty" "specializationType" Complex(&SPECIALIZATION_TYPE), ZeroOrOne;
    }
    ACCESS_CONTROL_RULE "m2m:accessControlRule" {
        "acor" "accessControlOriginators" List(&Id), One;
        "acop" "accessControlOperations" Enumeration(&enumeration::ACCESS_CONTROL_OPERATIONS), One;
        "acco" "accessControlContexts" List(&Complex(&ACCESS_CONTROL_CONTEXTS)), ZeroOrOne;
        "acaf" "accessControlAuthenticationFlag" Boolean, ZeroOrOne;
        "acod" "accessControlObjectDetails" List(&Complex(&ACCESS_CONTROL_OBJECT_DETAILS)), ZeroOrOne;
        "aca" "accessControlAttributes" List(&NcName), ZeroOrOne;
    }
    ACTION_INPUT "m2m:actionInput" {
        "cstr" "contentString" NcName, ZeroOrOne;
        "rsid" "resourceID" Id, ZeroOrOne;
        "raid" "resourceAttributeID" Id, ZeroOrOne;
    }
    ACTION_STATUS "m2m:actionStatus" {
        "acn" "action" Id, ZeroOrOne;
        "sus" "status" Enumeration(&enumeration::STATUS), ZeroOrOne;
    }
    ACTIVITY_PATTERN "m2m:activityPattern" {
        "se" "scheduleElement" List(&Schedule), One;
        "sti" "stationaryIndication" Enumeration(&enumeration::STATIONARY_INDICATION), ZeroOrOne;
        "dsi" "dataSizeIndicator" Positive, ZeroOrOne;
    }
    ATTRIBUTE "m2m:attribute" {
        "nm" "name" NcName, One;
        "val" "value" Any, One;
    }
    BATCH_NOTIFY "m2m:batchNotify" {
        "dur" "duration" Duration, ZeroOrOne;
        "num" "number" Unsigned, ZeroOrOne;
    }
    CHILD_RESOURCE_REF "m2m:childResourceRef" {
        "nm" "name" NcName, One;
        "typ" "type" ResourceType, One;
        "val" "value" Any, One;
        "spty" "specializationType" Complex(&SPECIALIZATION_TYPE), ZeroOrOne;
    }
    CONTENT_REF "m2m:contentRef" {
        "nm" "name" NcName, One;
        "uri" "URI" Uri, One;
    }
    DELETION_CONTEXTS "m2m:deletionContexts" {
        "tod" "timeOfDay" List(&Schedule), ZeroOrOne;
        "lr" "locationRegions" Complex(&LOCATION_REGION), ZeroOrOne;
    }
    DYN_AUTH_DAS_REQUEST "m2m:dynAuthDasRequest" {
        "op" "operation" Enumeration(&enumeration::OPERATION), One;
        "or" "originator" Id, One;
        "tirt" "targetedResourceType" ResourceType, ZeroOrOne;
        "oid" "originatorID" Complex(&IP_ADDRESS), ZeroOrOne;
        "olo" "originatorLocation" Complex(&LOCATION_REGION), ZeroOrOne;
        "orid" "originatorRoleIDs" List(&Text), ZeroOrOne;
        "rts" "requestTimestamp" AbsRelTimestamp, ZeroOrOne;
        "trid" "targetedResourceID" Uri, One;
        "ppl" "proposedPrivilegesLifetime" AbsRelTimestamp, ZeroOrOne;
        "rfa" "roleIDsFromACPs" List(&Text), ZeroOrOne;
        "tids" "tokenIDs" List(&Text), ZeroOrOne;
        "asi" "authorSignIndicator" Boolean, ZeroOrOne;
    }
    DYN_AUTH_LOCAL_TOKEN_ID_ASSIGNMENT_TYPE "m2m:dynAuthLocalTokenIdAssignment_type" {
        "tkid" "tokenID" Text, One;
        "lti" "localTokenId" NcName, One;
    }
    DYN_AUTH_LOCAL_TOKEN_ID_ASSIGNMENTS "m2m:dynAuthLocalTokenIdAssignments" {
        "ltia" "localTokenIdAssignment" List(&Complex(&DYN_AUTH_LOCAL_TOKEN_ID_ASSIGNMENT_TYPE)), One;
    }
    DYN_AUTH_TOKEN_REQ_INFO "m2m:dynAuthTokenReqInfo" {
        "dasi" "dasInfo" Complex(&DYN_AUTH_TOKEN_REQ_INFO_TYPE), ZeroOrOne;
    }
    DYN_AUTH_TOKEN_REQ_INFO_TYPE "m2m:dynAuthTokenReqInfo_type" {
        "uri" "URI" Uri, One;
        "dreq" "darRequest" Complex(&DYN_AUTH_DAS_REQUEST), ZeroOrOne;
        "sdr" "securedDasRequest" Text, ZeroOrOne;
    }
    EVAL_CRITERIA "m2m:evalCriteria" {
        "optr" "operator" Enumeration(&enumeration::EVAL_CRITERIA_OPERATOR), One;
        "sbjt" "subject" NcName, One;
        "thld" "threshold" Any, One;
    }
    EVENT_NOTIFICATION_CRITERIA "m2m:eventNotificationCriteria" {
        "atr" "attribute" List(&NcName), ZeroOrOne;
        "chty" "childResourceType" List(&ResourceType), ZeroOrOne;
        "cra" "createdAfter" Timestamp, ZeroOrOne;
        "crb" "createdBefore" Timestamp, ZeroOrOne;
        "exa" "expireAfter" Timestamp, ZeroOrOne;
        "exb" "expireBefore" Timestamp, ZeroOrOne;
        "fo" "filterOperation" Enumeration(&enumeration::FILTER_OPERATION), ZeroOrOne;
        "ms" "modifiedSince" Timestamp, ZeroOrOne;
        "net" "notificationEventType" List(&Enumeration(&enumeration::NOTIFICATION_EVENT_TYPE)), ZeroOrOne;
        "om" "operationMonitor" List(&Complex(&OPERATION_MONITOR)), ZeroOrOne;
        "stb" "stateTagBigger" Positive, ZeroOrOne;
        "sts" "stateTagSmaller" Positive, ZeroOrOne;
        "sza" "sizeAbove" Unsigned, ZeroOrOne;
        "szb" "sizeBelow" Positive, ZeroOrOne;
        "us" "unmodifiedSince" Timestamp, ZeroOrOne;
        "md" "missingData" Complex(&MISSING_DATA), ZeroOrOne;
        "aq" "advancedQuery" Text, ZeroOrOne;
    }
    EVENT_NOTIFICATION_CRITERIA_SET "m2m:eventNotificationCriteriaSet" {
        "enc" "eventNotificationCriteria" NonEmptyList(&Complex(&EVENT_NOTIFICATION_CRITERIA)), One;
    }
    FILTER_CRITERIA "m2m:filterCriteria" {
        "atr" "attribute" List(&Complex(&ATTRIBUTE)), ZeroOrOne;
        "chty" "childResourceType" List(&ResourceType), ZeroOrOne;
        "cra" "createdAfter" Timestamp, ZeroOrOne;
        "crb" "createdBefore" Timestamp, ZeroOrOne;
        "exa" "expireAfter" Timestamp, ZeroOrOne;
        "exb" "expireBefore" Timestamp, ZeroOrOne;
        "fo" "filterOperation" Enumeration(&enumeration::FILTER_OPERATION), ZeroOrOne;
        "ms" "modifiedSince" Timestamp, ZeroOrOne;
        "ops" "operations" Unsigned, ZeroOrOne;
        "stb" "stateTagBigger" Positive, ZeroOrOne;
        "sts" "stateTagSmaller" Positive, ZeroOrOne;
        "sza" "sizeAbove" Unsigned, ZeroOrOne;
        "szb" "sizeBelow" Positive, ZeroOrOne;
        "ty" "resourceType" List(&ResourceType), ZeroOrOne;
        "us" "unmodifiedSince" Timestamp, ZeroOrOne;
        "lbl" "labels" List(&Text), ZeroOrOne;
        "clbl" "childLabels" List(&Text), ZeroOrOne;
        "palb" "parentLabels" List(&Text), ZeroOrOne;
        "lbq" "labelsQuery" Text, ZeroOrOne;
        "pty" "parentResourceType" List(&ResourceType), ZeroOrOne;
        "cty" "contentType" List(&Text), ZeroOrOne;
        "catr" "childAttribute" List(&Complex(&ATTRIBUTE)), ZeroOrOne;
        "patr" "parentAttribute" List(&Complex(&ATTRIBUTE)), ZeroOrOne;
        "fu" "filterUsage" Enumeration(&enumeration::FILTER_USAGE), ZeroOrOne;
        "lim" "limit" Unsigned, ZeroOrOne;
        "smf" "semanticsFilter" List(&Text), ZeroOrOne;
        "cfs" "contentFilterSyntax" Enumeration(&enumeration::CONTENT_FILTER_SYNTAX), ZeroOrOne;
        "cfq" "contentFilterQuery" Text, ZeroOrOne;
        "lvl" "level" Positive, ZeroOrOne;
        "ofst" "offset" Positive, ZeroOrOne;
        "arp" "applyRelativePath" Uri, ZeroOrOne;
    }
    GEO_COORDINATES "m2m:geoCoordinates" {
        "typ" "type" Enumeration(&enumeration::GEOMETRY_TYPE), One;
        "crd" "coordinates" Coordinates, One;
    }
    IP_ADDRESS "m2m:ipAddress" {
        "ip4" "ipv4Address" Ipv4, ZeroOrOne;
        "ip6" "ipv6Address" Ipv6, ZeroOrOne;
    }
    IPEDISCOVERY_REQUEST_TYPE "m2m:IPEDiscoveryRequest_type" {
        "or" "originator" Id, One;
        "fc" "filterCriteria" Complex(&FILTER_CRITERIA), One;
    }
    LIST_OF_CHILD_RESOURCE_REF "m2m:listOfChildResourceRef" {
        "rrf" "resourceRef" List(&Complex(&CHILD_RESOURCE_REF)), One;
    }
    LOCATION_REGION "m2m:locationRegion" {
        "accr" "circRegion" List(&Float), Choice;
        "accc" "countryCode" List(&Text), Choice;
    }
    META_INFORMATION "m2m:metaInformation" {
        "drt" "desiredIdentifierResultType" Enumeration(&enumeration::DES_ID_RES_TYPE), ZeroOrOne;
        "ec" "eventCategory" Enumeration(&enumeration::EVENT_CAT), ZeroOrOne;
        "oet" "operationExecutionTime" AbsRelTimestamp, ZeroOrOne;
        "ot" "originatingTimestamp" Timestamp, ZeroOrOne;
        "rids" "roleIDs" List(&Text), ZeroOrOne;
        "rqet" "requestExpirationTimestamp" AbsRelTimestamp, ZeroOrOne;
        "rset" "resultExpirationTimestamp" AbsRelTimestamp, ZeroOrOne;
        "rt" "responseType" Complex(&RESPONSE_TYPE_INFO), ZeroOrOne;
        "ty" "resourceType" ResourceType, ZeroOrOne;
        "rp" "resultPersistence" AbsRelTimestamp, ZeroOrOne;
        "rcn" "resultContent" Enumeration(&enumeration::RESULT_CONTENT), ZeroOrOne;
        "da" "deliveryAggregation" Boolean, ZeroOrOne;
        "gid" "groupRequestIdentifier" Text, ZeroOrOne;
        "fc" "filterCriteria" Complex(&FILTER_CRITERIA), ZeroOrOne;
        "tqi" "tokenRequestIndicator" Boolean, ZeroOrOne;
        "tkns" "tokens" List(&Text), ZeroOrOne;
        "tids" "tokenIDs" List(&Text), ZeroOrOne;
        "ltids" "localTokenIDs" List(&NcName), ZeroOrOne;
        "grtm" "groupRequestTargetMembers" List(&Id), ZeroOrOne;
        "gstn" "groupSomecastTargetNumber" Positive, ZeroOrOne;
        "asi" "authorSignIndicator" Boolean, ZeroOrOne;
        "aus" "authorSigns" List(&Text), ZeroOrOne;
        "auri" "authorRelIndicator" Boolean, ZeroOrOne;
        "sqi" "semanticQueryIndicator" Boolean, ZeroOrOne;
        "omr" "ontologyMappingResources" List(&Id), ZeroOrOne;
        "rvi" "ReleaseVersionIndicator" Text, One;
        "vsi" "vendorInformation" Text, ZeroOrOne;
        "msu" "m2mServiceUser" Id, ZeroOrOne;
    }
    MGMT_LINK_REF "m2m:mgmtLinkRef" {
        "nm" "name" Text, One;
        "typ" "type" Enumeration(&enumeration::MGMT_DEFINITION), One;
        "val" "val" Id, ZeroOrOne;
    }
    MISSING_DATA "m2m:missingData" {
        "dur" "duration" Duration, One;
        "num" "number" Positive, One;
    }
    NOTIFICATION "m2m:notification" {
        "nev" "notificationEvent" Complex(&NOTIFICATION_EVENT_TYPE), ZeroOrOne;
        "vrq" "verificationRequest" Boolean, ZeroOrOne;
        "sur" "subscriptionReference" Uri, One;
        "cr" "creator" Id, ZeroOrOne;
        "nfu" "notificationForwardingURI" Uri, ZeroOrOne;
        "ntt" "notificationTarget" Id, ZeroOrOne;
        "trr" "targetRemovalRequest" Boolean, ZeroOrOne;
        "tra" "targetRemovalAllowance" Boolean, ZeroOrOne;
        "idr" "IPEDiscoveryRequest" Complex(&IPEDISCOVERY_REQUEST_TYPE), ZeroOrOne;
        "aerp" "AERegistrationPointChange" Boolean, ZeroOrOne;
        "aerid" "AEReferenceIDChange" Boolean, ZeroOrOne;
        "tid1" "trackingID1" Id, ZeroOrOne;
        "tid2" "trackingID2" Id, ZeroOrOne;
        "sud" "subscriptionDeletion" Boolean, ZeroOrOne;
    }
    NOTIFICATION_EVENT_TYPE "m2m:notificationEvent_type" {
        "net" "notificationEventType" Enumeration(&enumeration::NOTIFICATION_EVENT_TYPE), One;
        "om" "operationMonitor" List(&Complex(&OPERATION_MONITOR)), ZeroOrOne;
        "rep" "representation" Any, ZeroOrOne;
    }
    OPERATION_MONITOR "m2m:operationMonitor" {
        "ops" "operations" Unsigned, ZeroOrOne;
        "or" "originator" Id, ZeroOrOne;
    }
    OPERATION_RESULT "m2m:operationResult" {
        "ec" "eventCategory" Enumeration(&enumeration::EVENT_CAT), ZeroOrOne;
        "fr" "from" Id, ZeroOrOne;
        "ot" "originatingTimestamp" Timestamp, ZeroOrOne;
        "pc" "primitiveContent" Object, ZeroOrOne;
        "rqi" "requestIdentifier" Text, One;
        "rset" "resultExpirationTimestamp" AbsRelTimestamp, ZeroOrOne;
        "to" "to" Id, ZeroOrOne;
        "rsc" "responseStatusCode" Enumeration(&enumeration::RESPONSE_STATUS_CODE), One;
        "cnst" "contentStatus" Enumeration(&enumeration::CONTENT_STATUS), ZeroOrOne;
        "cnot" "contentOffset" Positive, ZeroOrOne;
    }
    PROCESS_CONDITIONS "m2m:processConditions" {
        "evc" "evalCriteria" Complex(&EVAL_CRITERIA), One;
        "sri" "subjectResourceID" Id, One;
    }
    RATE_LIMIT "m2m:rateLimit" {
        "mnn" "maxNrOfNotify" Unsigned, ZeroOrOne;
        "tww" "timeWindow" Duration, ZeroOrOne;
    }
    REQUEST_PRIMITIVE "m2m:requestPrimitive" {
        "drt" "desiredIdentifierResultType" Enumeration(&enumeration::DES_ID_RES_TYPE), ZeroOrOne;
        "fr" "from" Id, ZeroOrOne;
        "oet" "operationExecutionTime" AbsRelTimestamp, ZeroOrOne;
        "op" "operation" Enumeration(&enumeration::OPERATION), One;
        "ot" "originatingTimestamp" Timestamp, ZeroOrOne;
        "pc" "primitiveContent" Object, ZeroOrOne;
        "rids" "roleIDs" List(&Text), ZeroOrOne;
        "rqet" "requestExpirationTimestamp" AbsRelTimestamp, ZeroOrOne;
        "rqi" "requestIdentifier" Text, One;
        "rt" "responseType" Complex(&RESPONSE_TYPE_INFO), ZeroOrOne;
        "to" "to" Id, One;
        "ty" "resourceType" ResourceType, ZeroOrOne;
    }
    RESPONSE_PRIMITIVE "m2m:responsePrimitive" {
        "ec" "eventCategory" Enumeration(&enumeration::EVENT_CAT), ZeroOrOne;
        "fr" "from" Id, ZeroOrOne;
        "ot" "originatingTimestamp" Timestamp, ZeroOrOne;
        "pc" "primitiveContent" Object, ZeroOrOne;
        "rqi" "requestIdentifier" Text, One;
        "rset" "resultExpirationTimestamp" AbsRelTimestamp, ZeroOrOne;
        "to" "to" Id, ZeroOrOne;
        "rvi" "ReleaseVersionIndicator" Text, One;
        "vsi" "vendorInformation" Text, ZeroOrOne;
        "msu" "m2mServiceUser" Id, ZeroOrOne;
        "rsc" "responseStatusCode" Enumeration(&enumeration::RESPONSE_STATUS_CODE), One;
        "cnst" "contentStatus" Enumeration(&enumeration::CONTENT_STATUS), ZeroOrOne;
        "cnot" "contentOffset" Positive, ZeroOrOne;
        "ati" "assignedTokenIdentifiers" Complex(&DYN_AUTH_LOCAL_TOKEN_ID_ASSIGNMENTS), ZeroOrOne;
        "tqf" "tokenRequestInformation" Complex(&DYN_AUTH_TOKEN_REQ_INFO), ZeroOrOne;
        "asri" "authorSignReqInfo" Boolean, ZeroOrOne;
    }
    RESPONSE_TYPE_INFO "m2m:responseTypeInfo" {
        "rtv" "responseTypeValue" Enumeration(&enumeration::RESPONSE_TYPE), One;
        "nu" "notificationURI" List(&Id), ZeroOrOne;
    }
    SCHEDULE_ENTRIES "m2m:scheduleEntries" {
        "sce" "scheduleEntry" NonEmptyList(&Schedule), One;
    }
    SET_OF_ACRS "m2m:setOfAcrs" {
        "acr" "accessControlRule" List(&Complex(&ACCESS_CONTROL_RULE)), ZeroOrOne;
    }
    SET_OF_NOTIFICATION_STATS_INFO "m2m:setOfNotificationStatsInfo" {
        "tg" "target" Id, One;
        "rqs" "requestsSent" Unsigned, One;
        "rsr" "responsesReceived" Unsigned, One;
        "noec" "notificationEventCount" Unsigned, One;
    }
    SPECIALIZATION_TYPE "m2m:specializationType" {
        "cnd" "containerDefinition" Id, ZeroOrOne;
        "mgd" "mgmtDefinition" Enumeration(&enumeration::MGMT_DEFINITION), ZeroOrOne;
    }
    STATE_TRANSITION "m2m:stateTransition" {
        "evc" "evalCriteria" Complex(&EVAL_CRITERIA), One;
        "nxst" "nextState" Id, One;
    }
}
