//! Groups, subscriptions and their policies.

use super::{Attribute, Kind::*, complex, enumeration, rows};

/// `<Group>`.
pub(super) const GRP: &[Attribute] = rows! {
    "mt" "memberType" Unsigned, One, O NP OA;
    "spty" "specializationType" Unsigned, ZeroOrOne, O NP OA;
    "cnm" "currentNrOfMembers" Unsigned, One, NP NP NA;
    "mnm" "maxNrOfMembers" Positive, One, M O OA;
    "mid" "memberIDs" List(&Uri), One, M O OA;
    "macp" "membersAccessControlPolicyIDs" List(&Uri), ZeroOrOne, O O OA;
    "mtv" "memberTypeValidated" Boolean, ZeroOrOne, NP NP OA;
    "csy" "consistencyStrategy" Enumeration(&enumeration::CONSISTENCY_STRATEGY), ZeroOrOne, O NP OA;
    "gn" "groupName" Text, ZeroOrOne, O O OA;
    "ssi" "semanticSupportIndicator" Boolean, ZeroOrOne, NP NP OA;
    "nar" "notifyAggregation" Complex(&complex::BATCH_NOTIFY), ZeroOrOne, O O OA;
};

/// `<Subscription>`.
pub(super) const SUB: &[Attribute] = rows! {
    "enc" "eventNotificationCriteria" Complex(&complex::EVENT_NOTIFICATION_CRITERIA), ZeroOrOne, O O NA;
    "exc" "expirationCounter" Positive, ZeroOrOne, O O NA;
    "nu" "notificationURI" NonEmptyList(&Uri), One, M O NA;
    "gpi" "groupID" Text, ZeroOrOne, O O NA;
    "nfu" "notificationForwardingURI" Uri, ZeroOrOne, O O NA;
    "bn" "batchNotify" Complex(&complex::BATCH_NOTIFY), ZeroOrOne, O O NA;
    "rl" "rateLimit" Complex(&complex::RATE_LIMIT), ZeroOrOne, O O NA;
    "psn" "preSubscriptionNotify" Positive, ZeroOrOne, O NP NA;
    "pn" "pendingNotification" Enumeration(&enumeration::PENDING_NOTIFICATION), ZeroOrOne, O O NA;
    "nsp" "notificationStoragePriority" Positive, ZeroOrOne, O O NA;
    "ln" "latestNotify" Boolean, ZeroOrOne, O O NA;
    "nct" "notificationContentType" Enumeration(&enumeration::NOTIFICATION_CONTENT_TYPE), One, O O NA;
    "nec" "notificationEventCat" Enumeration(&enumeration::EVENT_CAT), ZeroOrOne, O O NA;
    "su" "subscriberURI" Uri, ZeroOrOne, O NP NA;
    "acrs" "associatedCrossResourceSub" List(&Id), ZeroOrOne, O O NA;
    "nse" "notificationStatsEnable" Boolean, ZeroOrOne, O O NA;
    "nsi" "notificationStatsInfo" List(&Complex(&complex::SET_OF_NOTIFICATION_STATS_INFO)), ZeroOrOne, NP NP NA;
    "eeno" "enableEventNotificationOriginator" Boolean, ZeroOrOne, O O NA;
    "ma" "maxAge" Duration, ZeroOrOne, O O OA;
};

/// `<CrossResourceSubscription>`.
pub(super) const CRS: &[Attribute] = rows! {
    "exc" "expirationCounter" Positive, ZeroOrOne, O O NA;
    "nu" "notificationURI" NonEmptyList(&Uri), One, M O NA;
    "nec" "notificationEventCat" Enumeration(&enumeration::EVENT_CAT), ZeroOrOne, O NP NA;
    "su" "subscriberURI" Uri, ZeroOrOne, O NP NA;
    "rrat" "regularResourcesAsTarget" List(&Id), ZeroOrOne, O NP NA;
    "srat" "subscriptionResourcesAsTarget" List(&Id), ZeroOrOne, O NP NA;
    "rrats" "regularResourcesAsTargetSubscriptions" List(&Id), ZeroOrOne, NP NP NA;
    "eem" "eventEvaluationMode" Enumeration(&enumeration::EVENT_EVALUATION_MODE), ZeroOrOne, O O NA;
    "twt" "timeWindowType" Enumeration(&enumeration::TIME_WINDOW_TYPE), One, M O NA;
    "tws" "timeWindowSize" Duration, One, M O NA;
    "encs" "eventNotificationCriteriaSet" Complex(&complex::EVENT_NOTIFICATION_CRITERIA_SET), ZeroOrOne, O NP NA;
    "nse" "notificationStatsEnable" Boolean, ZeroOrOne, O O NA;
    "nsi" "notificationStatsInfo" List(&Complex(&complex::SET_OF_NOTIFICATION_STATS_INFO)), ZeroOrOne, NP NP NA;
};

/// `<NotificationTargetMgmtPolicyRef>`.
pub(super) const NTPR: &[Attribute] = rows! {
    "ntu" "notificationTargetURI" NonEmptyList(&Uri), One, M O NA;
    "npi" "notificationlPolicyID" Uri, ZeroOrOne, O O NA;
};

/// `<NotificationTargetPolicy>`.
pub(super) const NTP: &[Attribute] = rows! {
    "acn" "action" Enumeration(&enumeration::NOTIFICATION_TARGET_POLICY_ACTION), One, M NP NA;
    "plbl" "policyLabel" Token, One, M O NA;
    "rrs" "rulesRelationship" Enumeration(&enumeration::LOGICAL_OPERATOR), ZeroOrOne, O O NA;
};

/// `<PolicyDeletionRules>`.
pub(super) const PDR: &[Attribute] = rows! {
    "dr" "deletionRules" Complex(&complex::DELETION_CONTEXTS), ZeroOrOne, O NP NA;
    "drr" "deletionRulesRelation" Enumeration(&enumeration::LOGICAL_OPERATOR), ZeroOrOne, O O NA;
};
