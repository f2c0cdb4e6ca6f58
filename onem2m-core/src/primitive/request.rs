//! Request primitives (m2m:requestPrimitive, TS-0004 tables 6.4.1-1 and 7.2.1.1-1).

use super::content::Content;
use super::error::{PrimitiveError, PrimitiveErrorKind};
use super::filter::FilterCriteria;
use super::kind::Member;
use super::record::{json_primitive, record};
use crate::address::{Address, AddressError, Originator};
use crate::enumeration::{
    DesiredIdentifierResultType, EventCategory, Operation, ResponseType, ResultContent,
};
use crate::parameter::{Parameter, Presence};
use crate::time::{AbsRelTimestamp, Timestamp};
use crate::{ReleaseVersion, ResourceType};
use alloc::string::String;

record! {
    /// How, and to whom, the response shall be sent (m2m:responseTypeInfo). Parameter `rt`.
    ResponseTypeInfo {
        /// Blocking or not.
        required value: ResponseType = "rtv";
    } {
        /// Where the result of an asynchronous request is notified.
        list notification_uris: String = "nu";
    }
}

record! {
    /// A request. Every parameter of TS-0004 table 8.2.2-1, and those of release 4 and 5 that
    /// peers are known to send.
    Request {
        /// What is asked for.
        required operation: Operation = "op";
        /// The resource, or the target of a notification, which may be a URI. See
        /// [`Request::target`].
        required to: String = "to";
        /// Identifies the request among those of the originator.
        required request_identifier: String = "rqi";
    } {
        /// The originator. Missing only when an AE is created.
        optional from: String = "fr";
        /// Type of the resource to create.
        optional resource_type: ResourceType = "ty";
        /// The content, a JSON object.
        optional content: Content = "pc";
        /// Roles that the originator claims.
        list role_ids: String = "rids";
        /// When the request was made.
        optional originating_timestamp: Timestamp = "ot";
        /// Until when it may be worked on.
        optional request_expiration_timestamp: AbsRelTimestamp = "rqet";
        /// Until when its result is wanted.
        optional result_expiration_timestamp: AbsRelTimestamp = "rset";
        /// When the operation shall be done.
        optional operation_execution_time: AbsRelTimestamp = "oet";
        /// How the response shall be sent; absent means blocking.
        optional response_type: ResponseTypeInfo = "rt";
        /// How long the result shall be kept.
        optional result_persistence: AbsRelTimestamp = "rp";
        /// What the response shall carry. See [`Request::effective_result_content`].
        optional result_content: ResultContent = "rcn";
        /// How urgent it is.
        optional event_category: EventCategory = "ec";
        /// Requests on the way may be put together.
        optional delivery_aggregation: bool = "da";
        /// Identifies a request that is fanned out, so that no group answers it twice.
        optional group_request_identifier: String = "gid";
        /// Which resources.
        optional filter_criteria: FilterCriteria = "fc";
        /// Form of the identifiers that a discovery returns; absent means structured.
        optional desired_identifier_result_type: DesiredIdentifierResultType = "drt";
        /// Tokens, each a JWT.
        list tokens: String = "tkns";
        /// Identifiers of tokens.
        list token_ids: String = "tids";
        /// Short identifiers of tokens that the receiver has assigned.
        list local_token_ids: String = "ltids";
        /// The originator can ask for tokens.
        optional token_request_indicator: bool = "tqi";
        /// Members that a fan-out is limited to.
        list group_request_target_members: String = "grtm" or "gtm";
        /// The originator can sign.
        optional authorization_signature_indicator: bool = "asi";
        /// Signatures.
        list authorization_signatures: String = "aus";
        /// The originator's relation to the resource may count as authorisation.
        optional authorization_relationship_indicator: bool = "auri";
        /// The filter is a semantic query whose result is wanted.
        optional semantic_query_indicator: bool = "sqi";
        /// Release of the request. See [`Request::release_version`].
        optional release_version_indicator: ReleaseVersion = "rvi";
        /// For vendors.
        optional vendor_information: String = "vsi";
        /// Ontology mappings to use (release 4).
        list ontology_mapping_resources: String = "omr";
        /// Primitive profile to apply (release 4).
        optional primitive_profile_identifier: String = "prpi";
        /// The user on whose behalf (release 4).
        optional m2m_service_user: String = "msu";
        /// How many members of a group to reach (release 5).
        optional group_somecast_target_number: u64 = "gstn";
    }
}

json_primitive! { Request "m2m:rqp", |_| true, Request::validate }

/// Members of requests that an operation needs and allows, as bits like those of
/// [`Request::presence`].
#[derive(Clone, Copy)]
struct Rules {
    mandatory: u64,
    allowed: u64,
}

/// The bit of parameter From.
const FROM: u64 = bit_of("fr");

const fn bit_of(short: &str) -> u64 {
    bit_in(Request::MEMBERS, short)
}

/// The bit of a member in the presence of a record; 0 if there is no such member.
pub(crate) const fn bit_in(members: &[Member], short: &str) -> u64 {
    let (mut at, mut bit) = (members, 1);
    while let [member, rest @ ..] = at {
        if is_same(member.name.as_bytes(), short.as_bytes()) {
            return bit;
        }
        (at, bit) = (rest, bit << 1);
    }
    0
}

const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

impl Rules {
    const fn read(operation: Operation) -> Rules {
        // ACME puts Desired Identifier Result Type into every request that it sends.
        let mut rules = Rules { mandatory: 0, allowed: bit_of("drt") };
        let mut all = Parameter::ALL;
        while let [parameter, rest @ ..] = all {
            let bit = bit_of(parameter.short_name());
            match parameter.in_request(operation) {
                Presence::NotPresent => {}
                Presence::Optional => rules.allowed |= bit,
                Presence::Mandatory => {
                    rules.allowed |= bit;
                    // Absent from requests of release 1, which had no such parameter.
                    if !matches!(parameter, Parameter::ReleaseVersionIndicator) {
                        rules.mandatory |= bit;
                    }
                }
            }
            all = rest;
        }
        rules
    }

    const fn of(operation: Operation) -> Rules {
        const CREATE: Rules = Rules::read(Operation::Create);
        const RETRIEVE: Rules = Rules::read(Operation::Retrieve);
        const UPDATE: Rules = Rules::read(Operation::Update);
        const DELETE: Rules = Rules::read(Operation::Delete);
        const NOTIFY: Rules = Rules::read(Operation::Notify);
        match operation {
            Operation::Create => CREATE,
            Operation::Retrieve => RETRIEVE,
            Operation::Update => UPDATE,
            Operation::Delete => DELETE,
            Operation::Notify => NOTIFY,
        }
    }
}

impl Request {
    /// Checks which parameters the operation needs and allows (TS-0004 table 7.2.1.1-1).
    /// Reading does this; a request that was put together by hand can be checked before it is
    /// sent.
    ///
    /// # Errors
    /// [`PrimitiveErrorKind::Missing`] or [`PrimitiveErrorKind::NotAllowed`], of the first
    /// parameter in the order of the table.
    pub fn validate(&self) -> Result<(), PrimitiveError> {
        let Rules { mandatory, allowed } = Rules::of(self.operation);
        let present = self.presence();
        let registers = self.resource_type == Some(ResourceType::Ae);
        let needed = if registers { mandatory } else { mandatory | FROM };
        if present & !allowed == 0 && needed & !present == 0 {
            return Ok(());
        }
        self.first_fault()
    }

    /// The same, parameter by parameter.
    pub(super) fn first_fault(&self) -> Result<(), PrimitiveError> {
        for parameter in Parameter::ALL {
            let short = parameter.short_name();
            let mandatory = match parameter {
                // Absent from requests of release 1, which had no such parameter.
                Parameter::ReleaseVersionIndicator => false,
                Parameter::From if self.resource_type != Some(ResourceType::Ae) => true,
                _ => parameter.in_request(self.operation) == Presence::Mandatory,
            };
            // ACME puts Desired Identifier Result Type into every request that it sends.
            let allowed = *parameter == Parameter::DesiredIdentifierResultType
                || parameter.in_request(self.operation) != Presence::NotPresent;
            let kind = match self.has(short) {
                false if mandatory => PrimitiveErrorKind::Missing,
                true if !allowed => PrimitiveErrorKind::NotAllowed,
                _ => continue,
            };
            return Err(PrimitiveError::new(kind, short));
        }
        Ok(())
    }

    /// The address in `to`.
    ///
    /// # Errors
    /// [`AddressError`]. A NOTIFY may have a URI there, which is no address.
    pub fn target(&self) -> Result<Address<'_>, AddressError> {
        Address::parse(&self.to)
    }

    /// The originator; an absent `fr` is an AE that registers without a proposal.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn originator(&self) -> Result<Originator<'_>, AddressError> {
        Originator::parse(self.from.as_deref().unwrap_or(""))
    }

    /// The release of the request; release 1 if it does not say.
    #[must_use]
    pub fn release_version(&self) -> ReleaseVersion {
        self.release_version_indicator.unwrap_or_default()
    }

    /// How the response shall be sent; blocking if the request does not say.
    #[must_use]
    pub fn effective_response_type(&self) -> ResponseType {
        self.response_type.as_ref().map_or(ResponseType::BlockingRequest, |rt| rt.value)
    }

    /// What the response shall carry: what the request says, or the operation's default.
    #[must_use]
    pub fn effective_result_content(&self) -> ResultContent {
        let usage = self.filter_criteria.as_ref().and_then(|fc| fc.filter_usage);
        self.result_content.unwrap_or(self.operation.default_result_content(usage))
    }
}
