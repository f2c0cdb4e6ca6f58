//! What can be wrong with a message of a binding, by who is to blame.

use crate::ResponseStatusCode;
use crate::address::AddressErrorKind;
use crate::primitive::{Content, PrimitiveError, PrimitiveErrorKind, Response};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use serde_json::json;

/// Why a message is no primitive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindingErrorKind {
    /// The parameters that it carries make no primitive.
    #[error("{0}")]
    Primitive(PrimitiveErrorKind),
    /// The path or topic is no address.
    #[error("{0}")]
    Address(AddressErrorKind),
    /// Bytes that the place does not allow: a bad percent-encoding, no UTF-8, no number.
    #[error("malformed")]
    Malformed,
    /// The method stands for no operation.
    #[error("no operation")]
    Method,
    /// The media type of the body is none of oneM2M's, or its serialisation is left out of this
    /// build.
    #[error("unsupported media type")]
    MediaType,
    /// Nothing that the sender accepts can be sent.
    #[error("nothing acceptable")]
    NotAcceptable,
    /// The request expired before it was read.
    #[error("expired")]
    Expired,
}

/// A message that is no primitive, and the parameter or part that showed it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{member:?}: {kind}")]
pub struct BindingError {
    /// What is wrong.
    pub kind: BindingErrorKind,
    /// Short name of the parameter, with members behind it, or of the part of the message:
    /// "method", "path", "Content-Type".
    pub member: String,
    /// The request identifier, if that could be read.
    pub request_identifier: Option<String>,
}

impl BindingError {
    pub(super) fn new(kind: BindingErrorKind, member: &str) -> BindingError {
        BindingError { kind, member: member.to_owned(), request_identifier: None }
    }

    pub(super) fn malformed(member: &str) -> BindingError {
        BindingError::new(BindingErrorKind::Malformed, member)
    }

    pub(super) fn duplicate(member: &str) -> BindingError {
        BindingError::new(BindingErrorKind::Primitive(PrimitiveErrorKind::Duplicate), member)
    }

    /// The same error with the identifier of the request it is about.
    pub(super) fn about(mut self, request_identifier: Option<&str>) -> BindingError {
        if self.request_identifier.is_none() {
            self.request_identifier = request_identifier.map(ToOwned::to_owned);
        }
        self
    }

    /// The status code that a receiver answers with (TS-0004 clause 6.6.3).
    #[must_use]
    pub const fn status(&self) -> ResponseStatusCode {
        match self.kind {
            BindingErrorKind::Primitive(_)
            | BindingErrorKind::Address(_)
            | BindingErrorKind::Malformed => ResponseStatusCode::BadRequest,
            BindingErrorKind::Method => ResponseStatusCode::OperationNotAllowed,
            BindingErrorKind::MediaType => ResponseStatusCode::UnsupportedMediaType,
            BindingErrorKind::NotAcceptable => ResponseStatusCode::NotAcceptable,
            BindingErrorKind::Expired => ResponseStatusCode::RequestTimeout,
        }
    }

    /// The response that a receiver sends, with a debug text that names the parameter. The
    /// request identifier is empty if it could not be read.
    #[must_use]
    pub fn to_response(&self) -> Response {
        let identifier = self.request_identifier.clone().unwrap_or_default();
        Response {
            content: Content::from_value(&json!({ "m2m:dbg": self.to_string() })),
            ..Response::new(self.status(), identifier)
        }
    }
}

impl From<PrimitiveError> for BindingError {
    fn from(e: PrimitiveError) -> BindingError {
        BindingError {
            kind: BindingErrorKind::Primitive(e.kind),
            member: e.member,
            request_identifier: e.request_identifier,
        }
    }
}

/// A primitive that a binding cannot carry, and the parameter that is to blame. A mistake of the
/// sender, who may choose another binding.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the binding cannot carry parameter {member:?}")]
pub struct Unrepresentable {
    /// Short name of the parameter, with members behind it.
    pub member: String,
}

impl Unrepresentable {
    pub(super) fn new(member: &str) -> Unrepresentable {
        Unrepresentable { member: member.to_owned() }
    }
}
