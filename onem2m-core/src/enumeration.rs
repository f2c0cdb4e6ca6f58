//! Enumerations that primitives use (TS-0004 clause 6.3.4).
//!
//! Those that are complete by their nature (the five operations, three logical operators) refuse
//! other numbers; those that have grown with the releases keep a number they do not know.

closed_enumeration! {
    /// What a request asks for (m2m:operation, clause 6.3.4.2.5). Parameter `op`.
    Operation {
        Create = 1 "Create";
        Retrieve = 2 "Retrieve";
        Update = 3 "Update";
        Delete = 4 "Delete";
        Notify = 5 "Notify";
    }
}

open_enumeration! {
    /// How the originator wants its response (m2m:responseType, clause 6.3.4.2.6). Member `rtv`
    /// of parameter `rt`; absent means [`ResponseType::BlockingRequest`].
    ResponseType {
        NonBlockingRequestSynch = 1 "nonBlockingRequestSynch";
        NonBlockingRequestAsynch = 2 "nonBlockingRequestAsynch";
        BlockingRequest = 3 "blockingRequest";
        FlexBlocking = 4 "flexBlocking";
        /// Only for interworking with 3GPP (TS-0026).
        NoResponse = 5 "noResponse";
    }
}

open_enumeration! {
    /// What a response shall carry (m2m:resultContent, clause 6.3.4.2.7). Parameter `rcn`.
    ResultContent {
        Nothing = 0 "nothing";
        Attributes = 1 "attributes";
        HierarchicalAddress = 2 "hierarchical address";
        HierarchicalAddressAndAttributes = 3 "hierarchical address and attributes";
        AttributesAndChildResources = 4 "attributes and child resources";
        AttributesAndChildResourceReferences = 5 "attributes and child resource references";
        ChildResourceReferences = 6 "child resource references";
        OriginalResource = 7 "original resource";
        ChildResources = 8 "child resources";
        ModifiedAttributes = 9 "modified attributes";
        SemanticContent = 10 "semantic content";
        DiscoveryResultReferences = 11 "discovery result references";
        Permissions = 12 "permissions";
    }
}

closed_enumeration! {
    /// Which form of resource identifiers a discovery shall return (m2m:desIdResType, clause
    /// 6.3.4.2.8). Parameter `drt`; absent means structured.
    DesiredIdentifierResultType {
        Structured = 1 "structured";
        Unstructured = 2 "unstructured";
    }
}

open_enumeration! {
    /// How urgent an event is (m2m:eventCat, clauses 6.3.3 and 6.3.4.2.4). Parameter `ec`.
    /// 100 to 999 are for users: see [`EventCategory::is_user_defined`].
    EventCategory {
        Immediate = 2 "Immediate";
        BestEffort = 3 "BestEffort";
        Latest = 4 "Latest";
    }
}

impl EventCategory {
    /// True for the range that the standard leaves to users, 100 to 999.
    #[must_use]
    pub const fn is_user_defined(self) -> bool {
        matches!(self, EventCategory::Unknown(100..=999))
    }
}

open_enumeration! {
    /// What filter criteria are used for (m2m:filterUsage, clause 6.3.4.2.31). Member `fu` of
    /// parameter `fc`; absent means conditional operation.
    FilterUsage {
        DiscoveryCriteria = 1 "Discovery Criteria";
        ConditionalOperation = 2 "Conditional Operation";
        IpeOnDemandDiscovery = 3 "IPE On-demand Discovery";
        DiscoveryBasedOperation = 4 "Discovery Based Operation";
    }
}

closed_enumeration! {
    /// How the conditions of filter criteria combine (m2m:filterOperation, clause 6.3.4.2.34).
    /// Member `fo` of parameter `fc`; absent means AND.
    FilterOperation {
        And = 1 "AND";
        Or = 2 "OR";
        Xor = 3 "XOR";
    }
}

open_enumeration! {
    /// Language of a content filter (m2m:contentFilterSyntax, clause 6.3.4.2.37).
    ContentFilterSyntax {
        JsonPath = 1 "JSONPath Syntax";
    }
}

closed_enumeration! {
    /// Whether a response carries all of what was asked for (m2m:contentStatus, clause
    /// 6.3.4.2.44). Parameter `cnst`.
    ContentStatus {
        Partial = 1 "partial content";
        Full = 2 "full content";
    }
}

open_enumeration! {
    /// Shape of a geographical query (m2m:geometryType, release 4).
    GeometryType {
        Point = 1 "Point";
        LineString = 2 "LineString";
        Polygon = 3 "Polygon";
        MultiPoint = 4 "MultiPoint";
        MultiLineString = 5 "MultiLineString";
        MultiPolygon = 6 "MultiPolygon";
    }
}

open_enumeration! {
    /// How a resource's place relates to the queried shape (m2m:geoSpatialFunctionType,
    /// release 4).
    GeoSpatialFunction {
        Within = 1 "Within";
        Contains = 2 "Contains";
        Intersects = 3 "Intersects";
    }
}

open_enumeration! {
    /// State of a `<request>` resource (m2m:requestStatus, clause 6.3.4.2.10).
    RequestStatus {
        Completed = 1 "COMPLETED";
        Failed = 2 "FAILED";
        Pending = 3 "PENDING";
        Forwarded = 4 "FORWARDED";
        PartiallyCompleted = 5 "PARTIALLY_COMPLETED";
    }
}

open_enumeration! {
    /// Kind of node that a CSE runs on (m2m:cseTypeID, clause 6.3.4.2.2).
    CseType {
        In = 1 "IN_CSE";
        Mn = 2 "MN_CSE";
        Asn = 3 "ASN_CSE";
    }
}

open_enumeration! {
    /// What a subscription watches (m2m:notificationEventType, clause 6.3.4.2.19).
    NotificationEventType {
        UpdateOfResource = 1 "Update of Resource";
        DeleteOfResource = 2 "Delete of Resource";
        CreateOfDirectChild = 3 "Create of Direct Child Resource";
        DeleteOfDirectChild = 4 "Delete of Direct Child Resource";
        RetrieveOfContainerWithNoChild = 5 "Retrieve of Container Resource with No Child Resource";
        TriggerReceivedForAe = 6 "Trigger Received for AE Resource";
        BlockingUpdate = 7 "Blocking Update";
        ReportOnMissingDataPoints = 8 "Report on Missing Data Points";
        BlockingRetrieve = 9 "Blocking Retrieve";
        BlockingRetrieveDirectChild = 10 "Blocking Retrieve of Direct Child";
    }
}

open_enumeration! {
    /// What a notification carries (m2m:notificationContentType, clause 6.3.4.2.18).
    NotificationContentType {
        AllAttributes = 1 "all attributes";
        ModifiedAttributes = 2 "modified attributes";
        ResourceId = 3 "resource ID";
        TriggerPayload = 4 "trigger payload";
        TimeSeriesNotification = 5 "time series notification";
    }
}

impl Operation {
    /// What a response carries when the request does not say: attributes for CREATE, RETRIEVE and
    /// UPDATE, nothing for DELETE and NOTIFY, references for a discovery (a RETRIEVE whose filter
    /// usage is [`FilterUsage::DiscoveryCriteria`]). TS-0001 table 8.1.2-1.
    #[must_use]
    pub const fn default_result_content(self, usage: Option<FilterUsage>) -> ResultContent {
        match (self, usage) {
            (Operation::Retrieve, Some(FilterUsage::DiscoveryCriteria)) => {
                ResultContent::DiscoveryResultReferences
            }
            (Operation::Delete | Operation::Notify, _) => ResultContent::Nothing,
            _ => ResultContent::Attributes,
        }
    }

    /// Which Result Content a request may ask for, in the order of the numbers; a discovery is a
    /// RETRIEVE whose filter usage is [`FilterUsage::DiscoveryCriteria`]. TS-0001 table 8.1.2-1,
    /// as far as peers apply it.
    #[must_use]
    pub const fn allowed_result_contents(
        self,
        usage: Option<FilterUsage>,
    ) -> &'static [ResultContent] {
        use ResultContent::{
            Attributes, AttributesAndChildResourceReferences, AttributesAndChildResources,
            ChildResourceReferences, ChildResources, DiscoveryResultReferences,
            HierarchicalAddress, HierarchicalAddressAndAttributes, ModifiedAttributes, Nothing,
            OriginalResource, Permissions, SemanticContent,
        };
        match (self, usage) {
            (Operation::Create, _) => &[
                Nothing,
                Attributes,
                HierarchicalAddress,
                HierarchicalAddressAndAttributes,
                ModifiedAttributes,
            ],
            (Operation::Retrieve, Some(FilterUsage::DiscoveryCriteria)) => {
                &[ChildResourceReferences, DiscoveryResultReferences]
            }
            (Operation::Retrieve, _) => &[
                Attributes,
                AttributesAndChildResources,
                AttributesAndChildResourceReferences,
                ChildResourceReferences,
                OriginalResource,
                ChildResources,
                SemanticContent,
                Permissions,
            ],
            (Operation::Update, _) => &[Nothing, Attributes, ModifiedAttributes],
            (Operation::Delete, _) => &[
                Nothing,
                Attributes,
                AttributesAndChildResources,
                AttributesAndChildResourceReferences,
                ChildResourceReferences,
                ChildResources,
            ],
            (Operation::Notify, _) => &[Nothing],
        }
    }

    /// The bit that allows this operation in accessControlOperations and in the filter condition
    /// `ops` (m2m:accessControlOperations, clause 6.3.4.2.29). DISCOVERY, bit 32, is no operation
    /// of its own: see [`DISCOVERY`].
    #[must_use]
    pub const fn permission(self) -> u32 {
        1 << (self.number() - 1)
    }
}

/// The bit of accessControlOperations that allows discovery.
pub const DISCOVERY: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ts_0004_6_3_4_2_5_operation() {
        let numbers = [1, 2, 3, 4, 5].map(|n| Operation::from_number(n).unwrap());
        assert_eq!(numbers.as_slice(), Operation::ALL);
        assert_eq!(Operation::from_number(0), None);
        assert_eq!(Operation::from_number(6), None);
    }

    #[test]
    fn ts_0004_6_3_4_2_29_permissions() {
        let bits: std::vec::Vec<u32> = Operation::ALL.iter().map(|o| o.permission()).collect();
        assert_eq!(bits, [1, 2, 4, 8, 16]);
        assert_eq!(bits.iter().sum::<u32>() + DISCOVERY, 63);
    }

    #[test]
    fn user_defined_event_categories() {
        let user = |n| EventCategory::from_number(n).is_user_defined();
        assert_eq!([2, 99, 100, 999, 1000].map(user), [false, false, true, true, false]);
    }

    #[test]
    fn ts_0001_8_1_2_allowed_result_contents() {
        let discovery = Some(FilterUsage::DiscoveryCriteria);
        let rows: [(Operation, Option<FilterUsage>, &[u32]); 6] = [
            (Operation::Create, None, &[0, 1, 2, 3, 9]),
            (Operation::Retrieve, None, &[1, 4, 5, 6, 7, 8, 10, 12]),
            (Operation::Retrieve, discovery, &[6, 11]),
            (Operation::Update, None, &[0, 1, 9]),
            (Operation::Delete, None, &[0, 1, 4, 5, 6, 8]),
            (Operation::Notify, None, &[0]),
        ];
        for (operation, usage, expected) in rows {
            let allowed = operation.allowed_result_contents(usage);
            let numbers: std::vec::Vec<u32> = allowed.iter().map(|rcn| rcn.number()).collect();
            assert_eq!(numbers, expected, "{operation:?} {usage:?}");
            assert!(allowed.contains(&operation.default_result_content(usage)), "{operation:?}");
        }
    }

    #[test]
    fn ts_0001_8_1_2_default_result_content() {
        let fu = Some(FilterUsage::DiscoveryCriteria);
        assert_eq!(Operation::Retrieve.default_result_content(fu).number(), 11);
        assert_eq!(Operation::Retrieve.default_result_content(None).number(), 1);
        assert_eq!(Operation::Delete.default_result_content(None).number(), 0);
    }

    proptest! {
        #[test]
        fn numbers_round_trip(n in prop_oneof![0u32..40, any::<u32>()]) {
            prop_assert_eq!(ResponseType::from_number(n).number(), n);
            prop_assert_eq!(ResultContent::from_number(n).number(), n);
            prop_assert_eq!(EventCategory::from_number(n).number(), n);
            prop_assert_eq!(NotificationEventType::from_number(n).number(), n);
            for known in ResultContent::ALL {
                prop_assert_eq!(known.number() == n, *known == ResultContent::from_number(n));
            }
            prop_assert_eq!(FilterOperation::from_number(n).map_or(n, FilterOperation::number), n);
        }
    }
}
