//! Which attributes and children a resource type has (TS-0001 clause 9.6, TS-0004 clause 7.4).

use super::common::Common;
use super::flex::FlexDefinition;
use super::{
    Announced, Attribute, Cardinality, Kind, Kind::*, Optionality, complex, enumeration, rows,
};
use super::{access, check, data, management, notification, process, registration};
use crate::json::Raw;
use crate::{MgmtDefinition, ReleaseVersion, ResourceType};

/// A resource type, or a specialisation of mgmtObj.
#[derive(Debug)]
pub struct Schema {
    /// The type.
    pub resource_type: ResourceType,
    /// Which management object, for mgmtObj.
    pub management: Option<MgmtDefinition>,
    /// Name of the representation in content, without the `A` of an announced variant.
    pub member_name: &'static str,
    /// Whether CREATE, UPDATE and DELETE may be asked for.
    pub operations: [bool; 3],
    /// Types of resources that it may be the parent of. Announced variants are not listed:
    /// see [`Schema::allows_child`].
    pub children: &'static [ResourceType],
    common: Common,
    groups: [&'static [Attribute]; 2],
}

/// Attributes that all specialisations of mgmtObj have (TS-0004 table 7.4.15.1-1).
const MANAGEMENT: &[Attribute] = rows! {
    "mgd" "mgmtDefinition" Enumeration(&enumeration::MGMT_DEFINITION), One, M NP MA;
    "obis" "objectIDs" List(&Uri), ZeroOrOne, O NP OA;
    "obps" "objectPaths" List(&Uri), ZeroOrOne, O NP OA;
    "dc" "description" Text, ZeroOrOne, O O OA;
    "mgs" "mgmtSchema" Uri, ZeroOrOne, O NP MA;
    "cmlk" "mgmtLink" List(&Complex(&complex::MGMT_LINK_REF)), ZeroOrOne, O O OA;
};

/// Attributes of every announced variant (TS-0001 table 9.6.26.1-1).
const ANNOUNCED: &[Attribute] = rows! {
    "lnk" "link" Uri, One, M NP NA;
    "ast" "announceSyncType" Enumeration(&enumeration::ANNOUNCE_SYNC_TYPE), ZeroOrOne, O O NA;
};

/// What announced variants have of the common attributes.
const ANNOUNCED_COMMON: Common = Common::BASE.and(Common::POLICY);

macro_rules! schemas {
    ($($ty:ident $member:literal $c:literal $u:literal $d:literal [$($common:ident)*] $rows:expr,
       [$($child:ident)*];)*) => {
        &[$(Schema {
            resource_type: ResourceType::$ty,
            management: None,
            member_name: concat!("m2m:", $member),
            operations: [$c, $u, $d],
            children: &[$(ResourceType::$child),*],
            common: Common::BASE$(.and(Common::$common))*,
            groups: [$rows, &[]],
        }),*]
    };
}

const POLICY_ONLY: Common = Common::BASE.and(Common::POLICY).and(Common::CUSTODIAN);

static TYPES: &[Schema] = schemas! {
    AccessControlPolicy "acp" true true true [ANNOUNCE] access::ACP, [Subscription];
    Ae "ae" true true true [POLICY CUSTODIAN ANNOUNCE] registration::AE,
        [AccessControlPolicy Action Container CrossResourceSubscription
         DynamicAuthorizationConsultation FlexContainer Group LocationPolicy PollingChannel
         ProcessManagement PrimitiveProfile SemanticDescriptor Subscription TimeSeries
         TimeSyncBeacon TriggerRequest];
    Container "cnt" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] data::CNT,
        [Action ContentInstance Container FlexContainer SemanticDescriptor Subscription
         TimeSeries];
    ContentInstance "cin" true false true [ANNOUNCE CREATOR] data::CIN, [SemanticDescriptor];
    CseBase "cb" false true false [POLICY CUSTODIAN] registration::CB,
        [AccessControlPolicy Action AeContactList Ae CrossResourceSubscription RemoteCse Container
         DynamicAuthorizationConsultation FlexContainer Group LocationPolicy MgmtCmd Node
         NotificationTargetPolicy ProcessManagement PrimitiveProfile Request Schedule
         Subscription TimeSeries TimeSyncBeacon TriggerRequest CseBaseAnnc AeAnnc];
    ExecInstance "exin" false true true [POLICY CUSTODIAN] management::EXIN, [Subscription];
    MgmtCmd "mgc" true true true [POLICY CUSTODIAN] management::MGC,
        [ExecInstance Subscription];
    Group "grp" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] notification::GRP,
        [Action SemanticDescriptor Subscription];
    LocationPolicy "lcp" true true true [POLICY CUSTODIAN ANNOUNCE] data::LCP, [Subscription];
    Node "nod" true true true [POLICY CUSTODIAN ANNOUNCE] registration::NOD,
        [Action FlexContainer MgmtObj Schedule SemanticDescriptor Subscription];
    PollingChannel "pch" true true true [] registration::PCH, [];
    RemoteCse "csr" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] registration::CSR,
        [AccessControlPolicy AccessControlPolicyAnnc Action ActionAnnc AeAnnc CseBaseAnnc
         ContentInstanceAnnc Container ContainerAnnc CrossResourceSubscription RemoteCseAnnc
         FlexContainer FlexContainerAnnc FlexContainerInstance Group GroupAnnc LocationPolicyAnnc
         MgmtObjAnnc Node NodeAnnc PollingChannel ProcessManagement ProcessManagementAnnc
         PrimitiveProfile PrimitiveProfileAnnc Schedule ScheduleAnnc SemanticDescriptorAnnc
         Subscription TimeSeries TimeSeriesAnnc TimeSyncBeacon];
    Request "req" false true true [POLICY CUSTODIAN] registration::REQ, [Subscription];
    Schedule "sch" true true true [POLICY CUSTODIAN ANNOUNCE] registration::SCH, [Subscription];
    Subscription "sub" true true true [POLICY CUSTODIAN CREATOR] notification::SUB,
        [NotificationTargetMgmtPolicyRef Schedule];
    SemanticDescriptor "smd" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::SMD,
        [Subscription];
    NotificationTargetMgmtPolicyRef "ntpr" true true true [POLICY CUSTODIAN] notification::NTPR,
        [Subscription];
    NotificationTargetPolicy "ntp" true true true [POLICY CUSTODIAN CREATOR] notification::NTP,
        [PolicyDeletionRules Subscription];
    PolicyDeletionRules "pdr" true true true [POLICY CUSTODIAN] notification::PDR, [Subscription];
    FlexContainer "fcnt" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] data::FCNT,
        [Action Container FlexContainer SemanticDescriptor Subscription TimeSeries];
    TimeSeries "ts" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] data::TS,
        [Action TimeSeriesInstance SemanticDescriptor Subscription];
    TimeSeriesInstance "tsi" true false true [ANNOUNCE CREATOR] data::TSI, [];
    DynamicAuthorizationConsultation "dac" true true true [POLICY CUSTODIAN] access::DAC,
        [Subscription];
    AeContactList "alst" false false false [POLICY] registration::ALST,
        [AeContactListPerCse Subscription];
    AeContactListPerCse "alpc" false false false [POLICY] registration::ALPC, [];
    TriggerRequest "tgr" true true true [POLICY CUSTODIAN] registration::TGR, [Subscription];
    CrossResourceSubscription "crs" true true true [POLICY CUSTODIAN CREATOR] notification::CRS,
        [NotificationTargetMgmtPolicyRef Schedule];
    TimeSyncBeacon "tsb" true true true [POLICY CUSTODIAN ANNOUNCE] data::TSB, [Subscription];
    PrimitiveProfile "prp" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::PRP,
        [Subscription];
    ProcessManagement "prmr" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::PRMR,
        [State Subscription];
    State "stte" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::STTE,
        [Action Subscription];
    Action "actr" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::ACTR,
        [Dependency Subscription];
    Dependency "depr" true true true [POLICY CUSTODIAN ANNOUNCE CREATOR] process::DEPR,
        [Subscription];
};

static FLEX_INSTANCE: Schema = Schema {
    resource_type: ResourceType::FlexContainerInstance,
    management: None,
    member_name: "m2m:fci",
    operations: [false, false, true],
    children: &[],
    common: Common::BASE.without(Common::MODIFIED),
    groups: [data::FCI, &[]],
};

/// TYPES has the universal attributes; the CSEBase alone does not expire.
const CSE_BASE_HAS_NOT: Common = Common::EXPIRATION;

macro_rules! management {
    ($($definition:ident $rows:expr;)*) => {
        &[$(Schema {
            resource_type: ResourceType::MgmtObj,
            management: Some(MgmtDefinition::$definition),
            member_name: match MgmtDefinition::$definition.member_name() {
                Some(name) => name,
                None => "m2m:mgo",
            },
            operations: [true; 3],
            children: &[ResourceType::Subscription, ResourceType::SemanticDescriptor],
            common: POLICY_ONLY.and(Common::ANNOUNCE),
            groups: [MANAGEMENT, $rows],
        }),*]
    };
}

static MANAGED: &[Schema] = management! {
    Firmware management::FWR;
    Software management::SWR;
    Memory management::MEM;
    AreaNwkInfo management::ANI;
    AreaNwkDeviceInfo management::ANDI;
    Battery management::BAT;
    DeviceInfo management::DVI;
    DeviceCapability management::DVC;
    Reboot management::RBO;
    EventLog management::EVL;
    DataCollection management::DATC;
    MyCertFileCred management::NYCFC;
    WifiClient management::WIFIC;
    Credentials management::CRDS;
    Sim management::SIM;
    MobileNetwork management::MNWK;
};

impl Schema {
    /// Every schema: the types, then the specialisations of mgmtObj.
    pub fn all() -> impl Iterator<Item = &'static Schema> {
        TYPES.iter().chain([&FLEX_INSTANCE]).chain(MANAGED)
    }

    /// The schema of a type that is no announced variant. For mgmtObj see
    /// [`Schema::of_management`].
    #[must_use]
    pub fn of(resource_type: ResourceType) -> Option<&'static Schema> {
        if resource_type == ResourceType::FlexContainerInstance {
            return Some(&FLEX_INSTANCE);
        }
        TYPES.iter().find(|schema| schema.resource_type == resource_type)
    }

    /// The schema of a specialisation of mgmtObj.
    #[must_use]
    pub fn of_management(definition: MgmtDefinition) -> Option<&'static Schema> {
        MANAGED.iter().find(|schema| schema.management == Some(definition))
    }

    /// All attributes, common ones first.
    pub fn attributes(&self) -> impl Iterator<Item = &'static Attribute> + use<> {
        let common = match self.resource_type {
            ResourceType::CseBase => self.common.without(CSE_BASE_HAS_NOT),
            _ => self.common,
        };
        let [first, second] = self.groups;
        common.rows().chain(first).chain(second)
    }

    /// The attribute with this short name.
    #[must_use]
    pub fn attribute(&self, short: &str) -> Option<&'static Attribute> {
        self.groups
            .iter()
            .flat_map(|group| group.iter())
            .find(|row| row.short == short)
            .or_else(|| self.attributes().find(|row| row.short == short))
    }

    /// Whether a resource of type `child` may be created under this one. Announced variants may
    /// where their originals may.
    #[must_use]
    pub fn allows_child(&self, child: ResourceType) -> bool {
        self.children.contains(&child) || self.children.contains(&child.original().unwrap_or(child))
    }

    /// True if it has attribute `acpi`. The access rights of the others are those of the parent
    /// or their own.
    #[must_use]
    pub fn has_policy(&self) -> bool {
        self.attributes().any(|row| row.short == "acpi")
    }
}

/// What a row says about an attribute of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Type.
    pub kind: Kind,
    /// How often.
    pub cardinality: Cardinality,
    /// Whether a CREATE carries it.
    pub create: Optionality,
    /// Whether an UPDATE carries it.
    pub update: Optionality,
    /// Whether it is announced.
    pub announced: Announced,
}

impl From<&Attribute> for Row {
    fn from(a: &Attribute) -> Row {
        Row {
            kind: a.kind,
            cardinality: a.cardinality,
            create: a.create,
            update: a.update,
            announced: a.announced,
        }
    }
}

/// The shape of one resource: a schema, the definition of a flexContainer, whether it is the
/// announced variant.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The schema, of the original for an announced variant.
    pub schema: &'static Schema,
    /// What a flexContainer or its instance is a specialisation of.
    pub definition: Option<&'a FlexDefinition>,
    /// True for announced variants.
    pub announced: bool,
}

impl Shape<'_> {
    /// What the rows say about attribute `short`.
    #[must_use]
    pub fn find(&self, short: &str) -> Option<Row> {
        if self.announced {
            return self.find_announced(short);
        }
        if let Some(row) = self.schema.attribute(short) {
            return Some(row.into());
        }
        self.definition?.attribute(short).map(super::FlexAttribute::row)
    }

    /// An announced variant has the common attributes, its own two, and those of the original
    /// that may be announced, all of them optional (TS-0001 clause 9.6.26).
    fn find_announced(&self, short: &str) -> Option<Row> {
        let own = ANNOUNCED.iter().find(|row| row.short == short);
        if let Some(row) = own.or_else(|| ANNOUNCED_COMMON.rows().find(|row| row.short == short)) {
            return Some(row.into());
        }
        let original = Shape { announced: false, ..*self }.find(short)?;
        let row = Row {
            cardinality: Cardinality::ZeroOrOne,
            create: Optionality::O,
            update: Optionality::O,
            ..original
        };
        (original.announced != Announced::NA).then_some(row)
    }

    /// How many attributes a CREATE must carry.
    pub(super) fn mandatory(&self, release: ReleaseVersion) -> usize {
        if self.announced {
            return 1;
        }
        let due =
            |row: &&Attribute| row.create == Optionality::M && check::is_due(row.short, release);
        let [first, second] = self.schema.groups;
        let flexible = self.definition.map_or(0, FlexDefinition::mandatory);
        first.iter().chain(second).filter(due).count() + flexible
    }

    /// The first mandatory attribute that is not in `representation`.
    pub(super) fn first_missing(
        &self,
        representation: Raw<'_>,
        release: ReleaseVersion,
    ) -> Option<&str> {
        let absent = |short: &&str| representation.member(short).is_none();
        if self.announced {
            return Some("lnk").filter(absent);
        }
        let own = self
            .schema
            .attributes()
            .filter(|row| row.create == Optionality::M && check::is_due(row.short, release))
            .map(|row| row.short)
            .find(absent);
        own.or_else(|| self.definition?.mandatory_names().find(absent))
    }
}
