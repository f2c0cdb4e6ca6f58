//! Response primitives (m2m:responsePrimitive, TS-0004 tables 6.4.2-1 and 7.2.1.2-1).

use super::content::Content;
use super::error::PrimitiveError;
use super::kind::Member;
use super::record::{json_primitive, record};
use super::request::Request;
use crate::enumeration::{ContentStatus, EventCategory};
use crate::time::{AbsRelTimestamp, Timestamp};
use crate::{ReleaseVersion, ResponseStatusCode};
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

record! {
    /// A token and the short identifier that the receiver gave it
    /// (m2m:dynAuthLocalTokenIdAssignment).
    LocalTokenIdAssignment {
        /// The short identifier, for `ltids` of later requests.
        required local_token_id: String = "lti";
        /// Identifier of the token.
        required token_id: String = "tkid";
    } {}
}

record! {
    /// Short identifiers of tokens (m2m:dynAuthLocalTokenIdAssignments). Parameter `ati`.
    LocalTokenIdAssignments {
        /// The assignments, at least one.
        required assignments: Vec<LocalTokenIdAssignment> = "ltia";
    } {}
}

record! {
    /// A response. Every parameter of TS-0004 table 8.2.2-1, and that of release 4 which peers
    /// are known to send.
    Response {
        /// How the request ended.
        required status: ResponseStatusCode = "rsc";
        /// That of the request.
        required request_identifier: String = "rqi";
    } {
        /// The content, a JSON object.
        optional content: Content = "pc";
        /// The originator of the request.
        optional to: String = "to";
        /// Who answers.
        optional from: String = "fr";
        /// When the response was made.
        optional originating_timestamp: Timestamp = "ot";
        /// Until when it is of use.
        optional result_expiration_timestamp: AbsRelTimestamp = "rset";
        /// How urgent it is.
        optional event_category: EventCategory = "ec";
        /// Whether the content is all of it.
        optional content_status: ContentStatus = "cnst";
        /// Where the next part of a partial content begins.
        optional content_offset: u64 = "cnot";
        /// Short identifiers of the tokens that the request had.
        optional assigned_token_identifiers: LocalTokenIdAssignments = "ati";
        /// Which tokens are wanted (m2m:dynAuthTokenReqInfo), a JSON object.
        object token_request_information: Value = "tqf";
        /// A signature is wanted.
        optional authorization_signature_request_information: bool = "asri";
        /// Release of the response. See [`Response::release_version`].
        optional release_version_indicator: ReleaseVersion = "rvi";
        /// For vendors.
        optional vendor_information: String = "vsi";
        /// The user on whose behalf (release 4).
        optional m2m_service_user: String = "msu";
    }
}

// Peers put more into responses than the standard has (ACME: `drt`), and who gets one cannot say so:
// parameters that responses do not have are passed over, save Operation, which makes it a request.
// What the operation of the request allows in a response, only the sender of the request knows.
json_primitive! { Response "m2m:rsp", Response::looks_at, |_| Ok(()) }

impl Response {
    fn looks_at(parameter: &str) -> bool {
        parameter == "op" || Member::find(Response::MEMBERS, parameter).is_some()
    }

    /// The response to `request`: its identifier, its originator as receiver, and its release
    /// (none if it had none: TS-0004 table 6.4.2-1 leaves the parameter out towards release 1).
    #[must_use]
    pub fn to_request(request: &Request, status: ResponseStatusCode) -> Response {
        Response {
            to: request.from.clone(),
            release_version_indicator: request.release_version_indicator,
            ..Response::new(status, request.request_identifier.clone())
        }
    }

    /// The release of the response; release 1 if it does not say.
    #[must_use]
    pub fn release_version(&self) -> ReleaseVersion {
        self.release_version_indicator.unwrap_or_default()
    }
}
