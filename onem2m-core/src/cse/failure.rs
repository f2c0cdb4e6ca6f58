//! Why a request fails.

use crate::ResponseStatusCode;
use crate::attribute::AttributeFault;
use crate::release::TooNew;
use alloc::borrow::Cow;
use alloc::string::ToString;

/// A status code and what the debug text says.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: ResponseStatusCode,
    pub(super) text: Cow<'static, str>,
}

impl Failure {
    pub(super) const fn new(status: ResponseStatusCode, text: &'static str) -> Failure {
        Failure { status, text: Cow::Borrowed(text) }
    }

    pub(super) const NOT_FOUND: Failure =
        Failure::new(ResponseStatusCode::NotFound, "resource not found");

    pub(super) const fn bad(text: &'static str) -> Failure {
        Failure::new(ResponseStatusCode::BadRequest, text)
    }
}

impl From<TooNew> for Failure {
    fn from(error: TooNew) -> Failure {
        Failure { status: error.status, text: Cow::Owned(error.to_string()) }
    }
}

impl From<AttributeFault> for Failure {
    fn from(fault: AttributeFault) -> Failure {
        Failure { status: fault.status(), text: Cow::Owned(fault.to_string()) }
    }
}
