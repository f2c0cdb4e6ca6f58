//! Enumerated types (TS-0004 clause 6.3.4): the numbers that they have.

use super::{Enumeration, enumerations};

enumerations! {
    CELLULAR_NETWORK_BEARER "dcfg:cellularNetworkBearer" 0..=7;
    COVERAGE_ENHANCEMENT_LEVEL "dcfg:coverageEnhancementLevel" 0..=4;
    SIM_STATUS "dcfg:simStatus" 0..=1;
    SIM_TYPE "dcfg:simType" 0..=3;
    WIFI_CONNECTION_STATUS "dcfg:wifiConnectionStatus" 0..=6;
    WIFI_ENCRYPTION_TYPE "dcfg:wifiEncryptionType" 1..=8;
    ACCESS_CONTROL_OPERATIONS "m2m:accessControlOperations" 1..=63;
    ANNOUNCE_SYNC_TYPE "m2m:announceSyncType" 1..=2;
    BATTERY_STATUS "m2m:batteryStatus" 1..=7;
    BEACON_CRITERIA "m2m:beaconCriteria" 1..=2;
    CMD_TYPE "m2m:cmdType" 1..=7;
    CONSISTENCY_STRATEGY "m2m:consistencyStrategy" 1..=3;
    CONTENT_FILTER_SYNTAX "m2m:contentFilterSyntax" 1..=1;
    CONTENT_STATUS "m2m:contentStatus" 1..=2;
    CSE_TYPE_ID "m2m:cseTypeID" 1..=3;
    EXEC_MODE_TYPE "m2m:execModeType" 1..=4;
    EXEC_RESULT_TYPE "m2m:execResultType" 1..=28;
    EXEC_STATUS_TYPE "m2m:execStatusType" 1..=6;
    DES_ID_RES_TYPE "m2m:desIdResType" 1..=2;
    EVAL_CRITERIA_OPERATOR "m2m:evalCriteriaOperator" 1..=6;
    EVAL_MODE "m2m:evalMode" 0..=3;
    EVENT_CAT "m2m:eventCat" 2..=4 100..=999;
    EVENT_EVALUATION_MODE "m2m:eventEvaluationMode" 1..=5;
    FILTER_OPERATION "m2m:filterOperation" 1..=3;
    FILTER_USAGE "m2m:filterUsage" 1..=4;
    GEOFENCE_EVENT_CRITERIA "m2m:geofenceEventCriteria" 1..=4;
    GEOMETRY_TYPE "m2m:geometryType" 1..=6;
    LOCATION_INFORMATION_TYPE "m2m:locationInformationType" 1..=2;
    LOCATION_SOURCE "m2m:locationSource" 1..=3;
    LOCATION_UPDATE_EVENT_CRITERIA "m2m:locationUpdateEventCriteria" 0..=0;
    LOG_STATUS "m2m:logStatus" 1..=5;
    LOG_TYPE_ID "m2m:logTypeId" 1..=5;
    LOGICAL_OPERATOR "m2m:logicalOperator" 1..=2;
    MGMT_DEFINITION "m2m:mgmtDefinition" 0..=0 1001..=1031;
    NOTIFICATION_CONTENT_TYPE "m2m:notificationContentType" 1..=5;
    NOTIFICATION_EVENT_TYPE "m2m:notificationEventType" 1..=10;
    NOTIFICATION_TARGET_POLICY_ACTION "m2m:notificationTargetPolicyAction" 1..=4;
    OPERATION "m2m:operation" 1..=5;
    PENDING_NOTIFICATION "m2m:pendingNotification" 1..=2;
    PROCESS_CONTROL "m2m:processControl" 1..=4;
    PROCESS_STATUS "m2m:processStatus" 1..=6;
    REQUEST_STATUS "m2m:requestStatus" 1..=5;
    RESPONSE_STATUS_CODE "m2m:responseStatusCode" 1000..=6999;
    RESPONSE_TYPE "m2m:responseType" 1..=5;
    RESULT_CONTENT "m2m:resultContent" 0..=12;
    SEMANTIC_FORMAT "m2m:semanticFormat" 1..=7;
    STATIONARY_INDICATION "m2m:stationaryIndication" 1..=2;
    STATUS "m2m:status" 0..=3;
    SUID "m2m:suid" 10..=15 21..=25 32..=35 40..=45;
    TIME_WINDOW_TYPE "m2m:timeWindowType" 1..=2;
    TRIGGER_PURPOSE "m2m:triggerPurpose" 1..=4;
}
