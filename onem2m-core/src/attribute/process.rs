//! Semantics, processes and profiles.

use super::{Attribute, Kind::*, complex, enumeration, rows};

/// `<SemanticDescriptor>`.
pub(super) const SMD: &[Attribute] = rows! {
    "dcrp" "descriptorRepresentation" Enumeration(&enumeration::SEMANTIC_FORMAT), One, M O OA;
    "soe" "semanticOpExec" Text, ZeroOrOne, NP O NA;
    "dsp" "descriptor" Base64, One, M O OA;
    "or" "ontologyRef" Uri, ZeroOrOne, O O OA;
    "rels" "relatedSemantics" List(&Uri), ZeroOrOne, O O OA;
    "svd" "semanticValidated" Boolean, ZeroOrOne, NP NP OA;
    "vlde" "validationEnable" Boolean, ZeroOrOne, O O OA;
};

/// `<PrimitiveProfile>`.
pub(super) const PRP: &[Attribute] = rows! {
    "idl" "IDList" List(&Id), One, M O OA;
    "rtys" "resourceTypes" List(&ResourceType), ZeroOrOne, O O OA;
    "ops" "operations" List(&Enumeration(&enumeration::OPERATION)), ZeroOrOne, O O OA;
    "rsds" "resourceIDs" List(&Uri), ZeroOrOne, O O OA;
    "rvs" "releaseVersions" List(&Text), ZeroOrOne, O NP OA;
    "adds" "additions" List(&Complex(&complex::ATTRIBUTE)), ZeroOrOne, O O OA;
    "dels" "deletions" List(&NcName), ZeroOrOne, O O OA;
    "appl" "applicability" List(&Text), ZeroOrOne, O O OA;
};

/// `<ProcessManagement>`.
pub(super) const PRMR: &[Attribute] = rows! {
    "prst" "processStatus" Enumeration(&enumeration::PROCESS_STATUS), One, NP NP OA;
    "prct" "processControl" Enumeration(&enumeration::PROCESS_CONTROL), One, NP O OA;
    "cust" "currentState" Id, One, NP NP OA;
    "atcos" "activateConditions" NonEmptyList(&Complex(&complex::PROCESS_CONDITIONS)), ZeroOrOne, NP O OA;
    "encos" "endConditions" NonEmptyList(&Complex(&complex::PROCESS_CONDITIONS)), ZeroOrOne, NP O OA;
    "inst" "initialState" Id, One, NP O OA;
};

/// `<State>`.
pub(super) const STTE: &[Attribute] = rows! {
    "sact" "stateActive" Boolean, One, NP NP OA;
    "stac" "stateAction" Id, ZeroOrOne, NP O OA;
    "sttrs" "stateTranistions" NonEmptyList(&Complex(&complex::STATE_TRANSITION)), ZeroOrOne, O O OA;
};

/// `<Action>`.
pub(super) const ACTR: &[Attribute] = rows! {
    "apy" "actionPriority" Positive, ZeroOrOne, O O OA;
    "sri" "subjectResourceID" Id, ZeroOrOne, O O OA;
    "evc" "evalCriteria" Complex(&complex::EVAL_CRITERIA), One, M O OA;
    "evm" "evalMode" Enumeration(&enumeration::EVAL_MODE), One, M O OA;
    "ecp" "evalControlParam" Positive, ZeroOrOne, O O OA;
    "dep" "dependencies" List(&Uri), ZeroOrOne, NP O OA;
    "orc" "objectResourceID" Id, One, M O MA;
    "apv" "actionPrimitive" Complex(&complex::REQUEST_PRIMITIVE), One, M O MA;
    "ipu" "input" Complex(&complex::ACTION_INPUT), ZeroOrOne, O O OA;
    "air" "actionResult" Object, One, NP NP OA;
};

/// `<Dependency>`.
pub(super) const DEPR: &[Attribute] = rows! {
    "sfc" "sufficient" Boolean, One, M O OA;
    "evc" "evalCriteria" Complex(&complex::EVAL_CRITERIA), One, M O OA;
    "rri" "referencedResourceID" Id, One, M O MA;
};
