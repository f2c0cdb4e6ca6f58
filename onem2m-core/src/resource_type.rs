//! Resource types: numbers, names, announced variants.
//!
//! TS-0004 table 6.3.4.2.1-1 (numbers) and table 8.2.4-1 (short names); types from 58 on are of
//! release 4 and 5. The announced variant of a type has its number plus 10000, `Annc` behind the
//! name and `A` behind the short name.

/// What an announced variant adds to the number of its original.
pub const ANNOUNCED: u32 = 10_000;

macro_rules! resource_types {
    ($($variant:ident = $n:literal $long:literal $short:literal $($annc:ident)?;)*) => {
        /// Type of a resource (m2m:resourceType, TS-0004 clause 6.3.4.2.1). Parameter and
        /// attribute `ty`.
        ///
        /// All specialisations of mgmtObj are [`ResourceType::MgmtObj`]; attribute `mgd` tells
        /// them apart ([`MgmtDefinition`](crate::MgmtDefinition)). All of flexContainer are
        /// [`ResourceType::FlexContainer`], told apart by `cnd`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ResourceType {
            $(
                #[doc = concat!("`<", $long, ">`, member name `m2m:", $short, "` (", $n, ").")]
                $variant,
                $(
                    #[doc = concat!("`<", $long, "Annc>`, member name `m2m:", $short, "A` (10000 + ", $n, ").")]
                    $annc,
                )?
            )*
            /// A number without a name here. Made by `from_number`, which never puts a named
            /// number into it.
            Unknown(u32),
        }

        impl ResourceType {
            /// Every named type; an announced variant follows its original.
            pub const ALL: &'static [ResourceType] = &[$(
                ResourceType::$variant,
                $(ResourceType::$annc,)?
            )*];

            /// The type that `number` stands for.
            #[must_use]
            pub const fn from_number(number: u32) -> ResourceType {
                match number {
                    $(
                        $n => ResourceType::$variant,
                        $(n if n == $n + ANNOUNCED => ResourceType::$annc,)?
                    )*
                    other => ResourceType::Unknown(other),
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $(
                        ResourceType::$variant => $n,
                        $(ResourceType::$annc => $n + ANNOUNCED,)?
                    )*
                    ResourceType::Unknown(n) => n,
                }
            }

            /// The long name, such as "contentInstance"; `None` for `Unknown`.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(
                        ResourceType::$variant => Some($long),
                        $(ResourceType::$annc => Some(concat!($long, "Annc")),)?
                    )*
                    ResourceType::Unknown(_) => None,
                }
            }

            /// The member name in `pc`, such as "m2m:cin"; `None` for `Unknown`. For mgmtObj and
            /// flexContainer it is that of the generic type; their specialisations have their own.
            #[must_use]
            pub const fn member_name(self) -> Option<&'static str> {
                match self {
                    $(
                        ResourceType::$variant => Some(concat!("m2m:", $short)),
                        $(ResourceType::$annc => Some(concat!("m2m:", $short, "A")),)?
                    )*
                    ResourceType::Unknown(_) => None,
                }
            }

            /// The announced variant, `None` if there is none.
            #[must_use]
            pub const fn announced(self) -> Option<ResourceType> {
                match self {
                    $($(ResourceType::$variant => Some(ResourceType::$annc),)?)*
                    _ => None,
                }
            }

            /// The type that this is the announced variant of, `None` for types that are not
            /// announced variants.
            #[must_use]
            pub const fn original(self) -> Option<ResourceType> {
                match self {
                    $($(ResourceType::$annc => Some(ResourceType::$variant),)?)*
                    _ => None,
                }
            }
        }
    };
}

resource_types! {
    AccessControlPolicy = 1 "accessControlPolicy" "acp" AccessControlPolicyAnnc;
    Ae = 2 "AE" "ae" AeAnnc;
    Container = 3 "container" "cnt" ContainerAnnc;
    ContentInstance = 4 "contentInstance" "cin" ContentInstanceAnnc;
    CseBase = 5 "CSEBase" "cb" CseBaseAnnc;
    Delivery = 6 "delivery" "dlv";
    EventConfig = 7 "eventConfig" "evcg";
    ExecInstance = 8 "execInstance" "exin";
    Group = 9 "group" "grp" GroupAnnc;
    LocationPolicy = 10 "locationPolicy" "lcp" LocationPolicyAnnc;
    M2mServiceSubscriptionProfile = 11 "m2mServiceSubscriptionProfile" "mssp";
    MgmtCmd = 12 "mgmtCmd" "mgc";
    MgmtObj = 13 "mgmtObj" "mgo" MgmtObjAnnc;
    Node = 14 "node" "nod" NodeAnnc;
    PollingChannel = 15 "pollingChannel" "pch";
    RemoteCse = 16 "remoteCSE" "csr" RemoteCseAnnc;
    Request = 17 "request" "req";
    Schedule = 18 "schedule" "sch" ScheduleAnnc;
    ServiceSubscribedAppRule = 19 "serviceSubscribedAppRule" "asar";
    ServiceSubscribedNode = 20 "serviceSubscribedNode" "svsn";
    StatsCollect = 21 "statsCollect" "stcl";
    StatsConfig = 22 "statsConfig" "stcg";
    Subscription = 23 "subscription" "sub";
    SemanticDescriptor = 24 "semanticDescriptor" "smd" SemanticDescriptorAnnc;
    NotificationTargetMgmtPolicyRef = 25 "notificationTargetMgmtPolicyRef" "ntpr";
    NotificationTargetPolicy = 26 "notificationTargetPolicy" "ntp";
    PolicyDeletionRules = 27 "policyDeletionRules" "pdr";
    FlexContainer = 28 "flexContainer" "fcnt" FlexContainerAnnc;
    TimeSeries = 29 "timeSeries" "ts" TimeSeriesAnnc;
    TimeSeriesInstance = 30 "timeSeriesInstance" "tsi" TimeSeriesInstanceAnnc;
    Role = 31 "role" "rol";
    Token = 32 "token" "tk";
    DynamicAuthorizationConsultation = 34 "dynamicAuthorizationConsultation" "dac";
    AuthorizationDecision = 35 "authorizationDecision" "auds";
    AuthorizationPolicy = 36 "authorizationPolicy" "aupy";
    AuthorizationInformation = 37 "authorizationInformation" "auif";
    OntologyRepository = 38 "ontologyRepository" "ontr" OntologyRepositoryAnnc;
    Ontology = 39 "ontology" "ont" OntologyAnnc;
    SemanticMashupJobProfile = 40 "semanticMashupJobProfile" "smjp" SemanticMashupJobProfileAnnc;
    SemanticMashupInstance = 41 "semanticMashupInstance" "smi" SemanticMashupInstanceAnnc;
    SemanticMashupResult = 42 "semanticMashupResult" "smr" SemanticMashupResultAnnc;
    AeContactList = 43 "AEContactList" "alst";
    AeContactListPerCse = 44 "AEContactListPerCSE" "alpc";
    LocalMulticastGroup = 45 "localMulticastGroup" "lmg";
    MultimediaSession = 46 "multimediaSession" "mms" MultimediaSessionAnnc;
    TriggerRequest = 47 "triggerRequest" "tgr";
    CrossResourceSubscription = 48 "crossResourceSubscription" "crs";
    BackgroundDataTransfer = 49 "backgroundDataTransfer" "bdt";
    TransactionMgmt = 50 "transactionMgmt" "tram";
    Transaction = 51 "transaction" "trac";
    FlexContainerInstance = 58 "flexContainerInstance" "fci" FlexContainerInstanceAnnc;
    TimeSyncBeacon = 60 "timeSyncBeacon" "tsb" TimeSyncBeaconAnnc;
    PrimitiveProfile = 62 "primitiveProfile" "prp" PrimitiveProfileAnnc;
    ProcessManagement = 63 "processManagement" "prmr" ProcessManagementAnnc;
    State = 64 "state" "stte" StateAnnc;
    Action = 65 "action" "actr" ActionAnnc;
    Dependency = 66 "dependency" "depr" DependencyAnnc;
}

impl ResourceType {
    /// The short name, such as "cin"; `None` for `Unknown`.
    #[must_use]
    pub fn short_name(self) -> Option<&'static str> {
        self.member_name()?.strip_prefix("m2m:")
    }

    /// The type whose short name is `short` ("cin", "cinA").
    #[must_use]
    pub fn from_short_name(short: &str) -> Option<ResourceType> {
        ResourceType::ALL.iter().copied().find(|ty| ty.short_name() == Some(short))
    }

    /// The type whose member name is `member` ("m2m:cin"). `None` for other namespaces: those
    /// are specialisations of flexContainer or mgmtObj.
    #[must_use]
    pub fn from_member_name(member: &str) -> Option<ResourceType> {
        ResourceType::from_short_name(member.strip_prefix("m2m:")?)
    }

    /// True for numbers in the range of announced variants, named here or not.
    #[must_use]
    pub const fn is_announced(self) -> bool {
        let n = self.number();
        ANNOUNCED < n && n < 2 * ANNOUNCED
    }

    /// True for types that only an IN-CSE hosts (notes of TS-0004 table 6.3.4.2.1-1).
    #[must_use]
    pub const fn in_cse_only(self) -> bool {
        matches!(self.number(), 7 | 11 | 19..=22 | 43 | 44 | 47)
    }

    /// True for the instances that containers hold: contentInstance, timeSeriesInstance,
    /// flexContainerInstance. They cannot be updated.
    #[must_use]
    pub const fn is_instance(self) -> bool {
        matches!(
            self,
            ResourceType::ContentInstance
                | ResourceType::TimeSeriesInstance
                | ResourceType::FlexContainerInstance
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ts_0004_6_3_4_2_1_and_8_2_4_names() {
        let rows = [
            (2, "AE", "ae"),
            (4, "contentInstance", "cin"),
            (10004, "contentInstanceAnnc", "cinA"),
            (5, "CSEBase", "cb"),
            (16, "remoteCSE", "csr"),
            (10028, "flexContainerAnnc", "fcntA"),
            (65, "action", "actr"),
        ];
        for (number, long, short) in rows {
            let ty = ResourceType::from_number(number);
            assert_eq!((ty.name(), ty.short_name()), (Some(long), Some(short)));
        }
        // 33 and 10033 are void; a resource type 0 ("mixed") exists only for group members.
        for void in [0, 33, 10033, 10023, 20001] {
            assert_eq!(ResourceType::from_number(void), ResourceType::Unknown(void));
        }
    }

    #[test]
    fn names_and_numbers_are_unique_and_lead_back() {
        for (i, ty) in ResourceType::ALL.iter().enumerate() {
            assert_eq!(ResourceType::from_number(ty.number()), *ty);
            assert_eq!(ResourceType::from_short_name(ty.short_name().unwrap()), Some(*ty));
            assert_eq!(ResourceType::from_member_name(ty.member_name().unwrap()), Some(*ty));
            for other in &ResourceType::ALL[..i] {
                assert_ne!(other.name(), ty.name());
            }
        }
        assert_eq!(ResourceType::from_member_name("cod:devLt"), None);
        assert_eq!(ResourceType::from_member_name("cnt"), None);
    }

    #[test]
    fn ts_0001_9_6_26_announced_variants() {
        for ty in ResourceType::ALL {
            match ty.original() {
                Some(original) => {
                    assert!(ty.is_announced());
                    assert_eq!(original.announced(), Some(*ty));
                    assert_eq!(original.number() + ANNOUNCED, ty.number());
                    assert_eq!(ty.announced(), None);
                }
                None => assert!(!ty.is_announced()),
            }
        }
        assert_eq!(ResourceType::Subscription.announced(), None);
    }

    proptest! {
        #[test]
        fn numbers_round_trip(n in prop_oneof![0u32..70, 10_000u32..10_070, any::<u32>()]) {
            prop_assert_eq!(ResourceType::from_number(n).number(), n);
        }
    }
}
