//! Response status codes and what HTTP and CoAP say for them.
//!
//! TS-0004 clause 6.6.3; HTTP status by TS-0009 table 6.3.2-1, CoAP code by TS-0008 table
//! 6.2.4-1, both version 3.9. Rows with `None` have no mapping in those tables: they are codes of
//! later releases, seen from peers.

use crate::enumeration::Operation;

/// Which CoAP response code goes with a status code (TS-0008 table 6.2.4-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoapMapping {
    /// The tables have none. 1000 is "not used" with CoAP.
    None,
    /// This code, class in the upper three bits.
    Code(u8),
    /// 2.05 Content for RETRIEVE, 2.04 Changed for the others. The table names RETRIEVE and
    /// NOTIFY; a fan-out answers other operations with 2000, and Changed fits those.
    Ok,
    /// 2.01 Created if a `<request>` resource was made, otherwise 2.04 Changed.
    Accepted,
}

impl CoapMapping {
    const CREATED: u8 = 0x41;
    const CHANGED: u8 = 0x44;
    const CONTENT: u8 = 0x45;

    /// The code for a response to `operation`; `request_created` tells whether the receiver made
    /// a `<request>` resource for it.
    #[must_use]
    pub const fn resolve(self, operation: Operation, request_created: bool) -> Option<u8> {
        match self {
            CoapMapping::None => None,
            CoapMapping::Code(code) => Some(code),
            CoapMapping::Ok if matches!(operation, Operation::Retrieve) => Some(Self::CONTENT),
            CoapMapping::Accepted if request_created => Some(Self::CREATED),
            CoapMapping::Ok | CoapMapping::Accepted => Some(Self::CHANGED),
        }
    }
}

macro_rules! status_codes {
    ($($variant:ident = $n:literal $text:literal $http:tt $coap:tt;)*) => {
        open_enumeration! {
            /// How a request ended (m2m:responseStatusCode, TS-0004 clause 6.6.3). Parameter
            /// `rsc`. 1xxx acknowledgement, 2xxx success, 4xxx the originator's error, 5xxx the
            /// receiver's error, 6xxx an error of an external entity.
            ResponseStatusCode { $($variant = $n $text;)* }
        }

        impl ResponseStatusCode {
            /// The HTTP status of TS-0009 table 6.3.2-1, `None` if the table has none.
            #[must_use]
            pub const fn http_status(self) -> Option<u16> {
                match self {
                    $(ResponseStatusCode::$variant => status_codes!(@http $http),)*
                    ResponseStatusCode::Unknown(_) => None,
                }
            }

            /// The CoAP response code of TS-0008 table 6.2.4-1.
            #[must_use]
            pub const fn coap(self) -> CoapMapping {
                match self {
                    $(ResponseStatusCode::$variant => status_codes!(@coap $coap),)*
                    ResponseStatusCode::Unknown(_) => CoapMapping::None,
                }
            }
        }
    };
    (@http None) => { None };
    (@http $status:literal) => { Some($status) };
    (@coap ($class:literal $detail:literal)) => { CoapMapping::Code($class << 5 | $detail) };
    (@coap $rule:ident) => { CoapMapping::$rule };
}

status_codes! {
    Accepted = 1000 "ACCEPTED" 202 None;
    AcceptedNonBlockingSynch = 1001 "ACCEPTED_NON_BLOCKING_SYNCH" 202 (2 1);
    AcceptedNonBlockingAsynch = 1002 "ACCEPTED_NON_BLOCKING_ASYNCH" 202 Accepted;
    Ok = 2000 "OK" 200 Ok;
    Created = 2001 "CREATED" 201 (2 1);
    Deleted = 2002 "DELETED" 200 (2 2);
    Updated = 2004 "UPDATED" 200 (2 4);
    BadRequest = 4000 "BAD_REQUEST" 400 (4 0);
    ReleaseVersionNotSupported = 4001 "RELEASE_VERSION_NOT_SUPPORTED" 501 (5 1);
    NotFound = 4004 "NOT_FOUND" 404 (4 4);
    OperationNotAllowed = 4005 "OPERATION_NOT_ALLOWED" 405 (4 5);
    RequestTimeout = 4008 "REQUEST_TIMEOUT" 504 (5 4);
    UnsupportedMediaType = 4015 "UNSUPPORTED_MEDIA_TYPE" 415 (4 15);
    SubscriptionCreatorHasNoPrivilege = 4101 "SUBSCRIPTION_CREATOR_HAS_NO_PRIVILEGE" 403 (4 3);
    ContentsUnacceptable = 4102 "CONTENTS_UNACCEPTABLE" 400 (4 0);
    OriginatorHasNoPrivilege = 4103 "ORIGINATOR_HAS_NO_PRIVILEGE" 403 (4 3);
    GroupRequestIdentifierExists = 4104 "GROUP_REQUEST_IDENTIFIER_EXISTS" 409 (4 0);
    Conflict = 4105 "CONFLICT" 409 (4 3);
    OriginatorNotAuthenticated = 4106 "ORIGINATOR_NOT_AUTHENTICATED" 403 (4 3);
    SecurityAssociationRequired = 4107 "SECURITY_ASSOCIATION_REQUIRED" 403 (4 3);
    InvalidChildResourceType = 4108 "INVALID_CHILD_RESOURCE_TYPE" 403 (4 3);
    NoMembers = 4109 "NO_MEMBERS" 403 (4 3);
    GroupMemberTypeInconsistent = 4110 "GROUP_MEMBER_TYPE_INCONSISTENT" 400 (4 0);
    EsprimUnsupportedOption = 4111 "ESPRIM_UNSUPPORTED_OPTION" 403 (4 3);
    EsprimUnknownKeyId = 4112 "ESPRIM_UNKNOWN_KEY_ID" 403 (4 3);
    EsprimUnknownOrigRandId = 4113 "ESPRIM_UNKNOWN_ORIG_RAND_ID" 403 (4 3);
    EsprimUnknownRecvRandId = 4114 "ESPRIM_UNKNOWN_RECV_RAND_ID" 403 (4 3);
    EsprimBadMac = 4115 "ESPRIM_BAD_MAC" 403 (4 3);
    EsprimImpersonationError = 4116 "ESPRIM_IMPERSONATION_ERROR" 403 (4 3);
    OriginatorHasAlreadyRegistered = 4117 "ORIGINATOR_HAS_ALREADY_REGISTERED" 403 (4 3);
    OntologyNotAvailable = 4118 "ONTOLOGY_NOT_AVAILABLE" 404 (4 4);
    LinkedSemanticsNotAvailable = 4119 "LINKED_SEMANTICS_NOT_AVAILABLE" 404 (4 4);
    InvalidSemantics = 4120 "INVALID_SEMANTICS" 400 (4 2);
    MashupMemberNotFound = 4121 "MASHUP_MEMBER_NOT_FOUND" 404 (4 4);
    InvalidTriggerPurpose = 4122 "INVALID_TRIGGER_PURPOSE" 400 (4 2);
    IllegalTransactionStateTransitionAttempted = 4123 "ILLEGAL_TRANSACTION_STATE_TRANSITION_ATTEMPTED" 400 (4 0);
    BlockingSubscriptionAlreadyExists = 4124 "BLOCKING_SUBSCRIPTION_ALREADY_EXISTS" 409 (4 0);
    SpecializationSchemaNotFound = 4125 "SPECIALIZATION_SCHEMA_NOT_FOUND" 501 (5 1);
    AppRuleValidationFailed = 4126 "APP_RULE_VALIDATION_FAILED" 403 (4 3);
    OperationDeniedByRemoteEntity = 4127 "OPERATION_DENIED_BY_REMOTE_ENTITY" 403 (4 3);
    ServiceSubscriptionNotEstablished = 4128 "SERVICE_SUBSCRIPTION_NOT_ESTABLISHED" 403 (4 3);
    DiscoveryLimitExceeded = 4130 "DISCOVERY_LIMIT_EXCEEDED" None None;
    OntologyMappingAlgorithmNotAvailable = 4131 "ONTOLOGY_MAPPING_ALGORITHM_NOT_AVAILABLE" None None;
    OntologyMappingPolicyNotMatched = 4132 "ONTOLOGY_MAPPING_POLICY_NOT_MATCHED" None None;
    OntologyMappingNotAvailable = 4133 "ONTOLOGY_MAPPING_NOT_AVAILABLE" None None;
    BadFactInputsForReasoning = 4135 "BAD_FACT_INPUTS_FOR_REASONING" None None;
    BadRuleInputsForReasoning = 4136 "BAD_RULE_INPUTS_FOR_REASONING" None None;
    DiscoveryLimitExceededAlternate = 4137 "DISCOVERY_LIMIT_EXCEEDED" None None;
    PrimitiveProfileNotAccessible = 4138 "PRIMITIVE_PROFILE_NOT_ACCESSIBLE" None None;
    PrimitiveProfileBadRequest = 4139 "PRIMITIVE_PROFILE_BAD_REQUEST" None None;
    UnauthorizedUser = 4140 "UNAUTHORIZED_USER" None None;
    ServiceSubscriptionLimitsExceeded = 4141 "SERVICE_SUBSCRIPTION_LIMITS_EXCEEDED" None None;
    InvalidProcessConfiguration = 4142 "INVALID_PROCESS_CONFIGURATION" 400 (4 0);
    InvalidSparqlQuery = 4143 "INVALID_SPARQL_QUERY" 400 (4 0);
    InternalServerError = 5000 "INTERNAL_SERVER_ERROR" 500 (5 0);
    NotImplemented = 5001 "NOT_IMPLEMENTED" 501 (5 1);
    TargetNotReachable = 5103 "TARGET_NOT_REACHABLE" 404 (4 4);
    ReceiverHasNoPrivilege = 5105 "RECEIVER_HAS_NO_PRIVILEGE" 403 (4 3);
    AlreadyExists = 5106 "ALREADY_EXISTS" 409 (4 0);
    RemoteEntityNotReachable = 5107 "REMOTE_ENTITY_NOT_REACHABLE" 404 (4 4);
    TargetNotSubscribable = 5203 "TARGET_NOT_SUBSCRIBABLE" 403 (4 3);
    SubscriptionVerificationInitiationFailed = 5204 "SUBSCRIPTION_VERIFICATION_INITIATION_FAILED" 500 (5 0);
    SubscriptionHostHasNoPrivilege = 5205 "SUBSCRIPTION_HOST_HAS_NO_PRIVILEGE" 403 (4 3);
    NonBlockingSynchRequestNotSupported = 5206 "NON_BLOCKING_SYNCH_REQUEST_NOT_SUPPORTED" 501 (5 1);
    NotAcceptable = 5207 "NOT_ACCEPTABLE" 406 (4 6);
    DiscoveryDeniedByIpe = 5208 "DISCOVERY_DENIED_BY_IPE" 403 (4 3);
    GroupMembersNotResponded = 5209 "GROUP_MEMBERS_NOT_RESPONDED" 500 (5 0);
    EsprimDecryptionError = 5210 "ESPRIM_DECRYPTION_ERROR" 500 (5 0);
    EsprimEncryptionError = 5211 "ESPRIM_ENCRYPTION_ERROR" 500 (5 0);
    SparqlUpdateError = 5212 "SPARQL_UPDATE_ERROR" 500 (5 0);
    TargetHasNoSessionCapability = 5214 "TARGET_HAS_NO_SESSION_CAPABILITY" 403 (4 3);
    SessionIsOnline = 5215 "SESSION_IS_ONLINE" 403 (4 3);
    JoinMulticastGroupFailed = 5216 "JOIN_MULTICAST_GROUP_FAILED" 500 (5 0);
    LeaveMulticastGroupFailed = 5217 "LEAVE_MULTICAST_GROUP_FAILED" 500 (5 0);
    TriggeringDisabledForRecipient = 5218 "TRIGGERING_DISABLED_FOR_RECIPIENT" 403 (4 3);
    UnableToReplaceRequest = 5219 "UNABLE_TO_REPLACE_REQUEST" 409 (4 0);
    UnableToRecallRequest = 5220 "UNABLE_TO_RECALL_REQUEST" 409 (4 0);
    CrossResourceOperationFailure = 5221 "CROSS_RESOURCE_OPERATION_FAILURE" 500 (5 0);
    TransactionProcessingIsIncomplete = 5222 "TRANSACTION_PROCESSING_IS_INCOMPLETE" 403 (4 3);
    OntologyMappingAlgorithmFailed = 5230 "ONTOLOGY_MAPPING_ALGORITHM_FAILED" None None;
    OntologyConversionFailed = 5231 "ONTOLOGY_CONVERSION_FAILED" None None;
    ReasoningProcessingFailed = 5232 "REASONING_PROCESSING_FAILED" None None;
    ExternalObjectNotReachable = 6003 "EXTERNAL_OBJECT_NOT_REACHABLE" 404 (4 4);
    ExternalObjectNotFound = 6005 "EXTERNAL_OBJECT_NOT_FOUND" 404 (4 4);
    MaxNumberOfMemberExceeded = 6010 "MAX_NUMBER_OF_MEMBER_EXCEEDED" 400 (4 0);
    MgmtSessionCannotBeEstablished = 6020 "MGMT_SESSION_CANNOT_BE_ESTABLISHED" 500 (5 0);
    MgmtSessionEstablishmentTimeout = 6021 "MGMT_SESSION_ESTABLISHMENT_TIMEOUT" 500 (5 0);
    InvalidCmdtype = 6022 "INVALID_CMDTYPE" 400 (4 0);
    InvalidArguments = 6023 "INVALID_ARGUMENTS" 400 (4 0);
    InsufficientArguments = 6024 "INSUFFICIENT_ARGUMENTS" 400 (4 0);
    MgmtConversionError = 6025 "MGMT_CONVERSION_ERROR" 500 (5 0);
    MgmtCancellationFailed = 6026 "MGMT_CANCELLATION_FAILED" 500 (5 0);
    AlreadyComplete = 6028 "ALREADY_COMPLETE" 409 (4 0);
    MgmtCommandNotCancellable = 6029 "MGMT_COMMAND_NOT_CANCELLABLE" 409 (4 0);
    ExternalObjectNotReachableBeforeRqetTimeout = 6030 "EXTERNAL_OBJECT_NOT_REACHABLE_BEFORE_RQET_TIMEOUT" 504 (5 4);
    ExternalObjectNotReachableBeforeOetTimeout = 6031 "EXTERNAL_OBJECT_NOT_REACHABLE_BEFORE_OET_TIMEOUT" 504 (5 4);
    NetworkQosConfigurationError = 6033 "NETWORK_QOS_CONFIGURATION_ERROR" None None;
    RequestedActivityPatternNotPermitted = 6034 "REQUESTED_ACTIVITY_PATTERN_NOT_PERMITTED" None None;
}

/// The class of a status code, its thousands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StatusClass {
    /// 1xxx: taken, the result comes later.
    Acknowledgement,
    /// 2xxx: done.
    Success,
    /// 4xxx: an error of the originator.
    OriginatorError,
    /// 5xxx: an error of the receiver.
    ReceiverError,
    /// 6xxx: an error of an entity outside, such as a managed device.
    ExternalError,
    /// Thousands that the standard does not use.
    Undefined,
}

impl ResponseStatusCode {
    /// The class.
    #[must_use]
    pub const fn class(self) -> StatusClass {
        match self.number() / 1000 {
            1 => StatusClass::Acknowledgement,
            2 => StatusClass::Success,
            4 => StatusClass::OriginatorError,
            5 => StatusClass::ReceiverError,
            6 => StatusClass::ExternalError,
            _ => StatusClass::Undefined,
        }
    }

    /// True for 1xxx and 2xxx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.class(), StatusClass::Acknowledgement | StatusClass::Success)
    }

    /// The HTTP status to send: that of the table, or for codes outside it the general status of
    /// the class (202, 200, 400, else 500), so that a response can always be sent. The exact code
    /// travels in X-M2M-RSC.
    #[must_use]
    pub const fn http_status_or_class(self) -> u16 {
        match (self.http_status(), self.class()) {
            (Some(status), _) => status,
            (None, StatusClass::Acknowledgement) => 202,
            (None, StatusClass::Success) => 200,
            (None, StatusClass::OriginatorError) => 400,
            (None, _) => 500,
        }
    }

    /// The CoAP code to send: that of the table, or for codes outside it the general code of the
    /// class (2.04, 4.00, else 5.00). The exact code travels in option oneM2M-RSC.
    #[must_use]
    pub const fn coap_code_or_class(self, operation: Operation, request_created: bool) -> u8 {
        match (self.coap().resolve(operation, request_created), self.class()) {
            (Some(code), _) => code,
            (None, StatusClass::Acknowledgement | StatusClass::Success) => CoapMapping::CHANGED,
            (None, StatusClass::OriginatorError) => 0x80,
            (None, _) => 0xa0,
        }
    }

    /// The status code that `code` alone tells, for a response to `operation` that came without
    /// option oneM2M-RSC. TS-0008 clause 6.2.4 lets that option be left out only where a single
    /// status code maps to the CoAP code; `None` where several do.
    #[must_use]
    pub fn from_coap_alone(code: u8, operation: Operation) -> Option<ResponseStatusCode> {
        let mut fitting = ResponseStatusCode::ALL.iter().copied().filter(|status| {
            let mapping = status.coap();
            mapping.resolve(operation, false) == Some(code)
                || mapping.resolve(operation, true) == Some(code)
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn coap(class: u8, detail: u8) -> u8 {
        class << 5 | detail
    }

    #[test]
    fn ts_0009_6_3_2_and_ts_0008_6_2_4_mappings() {
        use ResponseStatusCode::*;
        // Where the two bindings disagree in kind, and where peers are known to differ.
        let rows = [
            (BadRequest, "BAD_REQUEST", 400, coap(4, 0)),
            (ReleaseVersionNotSupported, "RELEASE_VERSION_NOT_SUPPORTED", 501, coap(5, 1)),
            (RequestTimeout, "REQUEST_TIMEOUT", 504, coap(5, 4)),
            (ContentsUnacceptable, "CONTENTS_UNACCEPTABLE", 400, coap(4, 0)),
            (Conflict, "CONFLICT", 409, coap(4, 3)),
            (InvalidSemantics, "INVALID_SEMANTICS", 400, coap(4, 2)),
            (AlreadyExists, "ALREADY_EXISTS", 409, coap(4, 0)),
            (NotAcceptable, "NOT_ACCEPTABLE", 406, coap(4, 6)),
            (UnableToRecallRequest, "UNABLE_TO_RECALL_REQUEST", 409, coap(4, 0)),
            (Deleted, "DELETED", 200, coap(2, 2)),
        ];
        for (status, name, http, code) in rows {
            assert_eq!(status.name(), Some(name));
            assert_eq!(status.http_status(), Some(http), "{name}");
            assert_eq!(status.coap(), CoapMapping::Code(code), "{name}");
        }
    }

    #[test]
    fn ts_0008_6_2_4_codes_that_depend_on_the_request() {
        let ok = ResponseStatusCode::Ok.coap();
        assert_eq!(ok.resolve(Operation::Retrieve, false), Some(coap(2, 5)));
        assert_eq!(ok.resolve(Operation::Notify, false), Some(coap(2, 4)));
        let accepted = ResponseStatusCode::AcceptedNonBlockingAsynch.coap();
        assert_eq!(accepted.resolve(Operation::Create, true), Some(coap(2, 1)));
        assert_eq!(accepted.resolve(Operation::Create, false), Some(coap(2, 4)));
        assert_eq!(ResponseStatusCode::Accepted.coap(), CoapMapping::None);
    }

    #[test]
    fn ts_0008_6_2_4_status_from_the_coap_code_alone() {
        let alone = |code| ResponseStatusCode::from_coap_alone(code, Operation::Retrieve);
        assert_eq!(alone(coap(2, 2)), Some(ResponseStatusCode::Deleted));
        assert_eq!(alone(coap(2, 5)), Some(ResponseStatusCode::Ok));
        assert_eq!(alone(coap(4, 5)), Some(ResponseStatusCode::OperationNotAllowed));
        assert_eq!(alone(coap(4, 15)), Some(ResponseStatusCode::UnsupportedMediaType));
        assert_eq!(alone(coap(4, 0)), None, "several");
        assert_eq!(alone(coap(4, 9)), None, "none");
        let update = ResponseStatusCode::from_coap_alone(coap(2, 5), Operation::Update);
        assert_eq!(update, None, "2.05 answers RETRIEVE only");
    }

    #[test]
    fn numbers_ascend_and_classes_agree_with_the_bindings() {
        let all = ResponseStatusCode::ALL;
        assert!(all.windows(2).all(|w| w[0].number() < w[1].number()));
        for status in all {
            let http = status.http_status_or_class();
            assert_eq!(status.is_success(), http < 300, "{status:?}");
            let code = status.coap_code_or_class(Operation::Retrieve, false);
            assert_eq!(status.is_success(), code >> 5 == 2, "{status:?}");
            assert_ne!(status.class(), StatusClass::Undefined);
        }
    }

    proptest! {
        #[test]
        fn every_number_has_a_sendable_answer(n in any::<u32>()) {
            let status = ResponseStatusCode::from_number(n);
            prop_assert_eq!(status.number(), n);
            prop_assert!((200..600).contains(&status.http_status_or_class()));
            let code = status.coap_code_or_class(Operation::Create, false);
            prop_assert!(matches!(code >> 5, 2 | 4 | 5));
        }
    }
}
