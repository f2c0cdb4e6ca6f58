//! What an application may ask for.

use super::Resource;
use crate::enumeration::{FilterUsage, Operation, ResponseType, ResultContent};
use crate::primitive::{FilterCriteria, Request, ResponseTypeInfo};
use crate::time::AbsRelTimestamp;
use alloc::string::String;

/// An operation on a resource, to be given to [`Ae::request`](super::Ae::request). Its originator,
/// identifier and release are filled in there.
#[derive(Clone, Debug)]
pub struct Command {
    pub(super) request: Request,
}

impl Command {
    /// Any request. Originator, identifier and release in it do not matter.
    #[must_use]
    pub const fn from_request(request: Request) -> Command {
        Command { request }
    }

    fn new(operation: Operation, to: &str) -> Command {
        Command { request: Request::new(operation, to.into(), String::new()) }
    }

    /// Creates a resource under `parent`.
    #[must_use]
    pub fn create(parent: &str, resource: Resource) -> Command {
        let mut command = Command::new(Operation::Create, parent);
        command.request.resource_type = Some(resource.resource_type());
        command.request.content = Some(resource.content());
        command
    }

    /// Reads a resource.
    #[must_use]
    pub fn retrieve(to: &str) -> Command {
        Command::new(Operation::Retrieve, to)
    }

    /// Changes attributes of a resource.
    #[must_use]
    pub fn update(to: &str, attributes: Resource) -> Command {
        let mut command = Command::new(Operation::Update, to);
        command.request.content = Some(attributes.content());
        command
    }

    /// Deletes a resource and what is below it.
    #[must_use]
    pub fn delete(to: &str) -> Command {
        Command::new(Operation::Delete, to)
    }

    /// Looks for resources below `to`; the response lists their addresses (`m2m:uril`).
    #[must_use]
    pub fn discover(to: &str, criteria: FilterCriteria) -> Command {
        let mut command = Command::new(Operation::Retrieve, to);
        let filter_usage = Some(FilterUsage::DiscoveryCriteria);
        command.request.filter_criteria = Some(FilterCriteria { filter_usage, ..criteria });
        command
    }

    /// Sets what the response shall carry.
    #[must_use]
    pub const fn result_content(mut self, content: ResultContent) -> Command {
        self.request.result_content = Some(content);
        self
    }

    /// Sets the conditions under which the operation is done.
    #[must_use]
    pub fn criteria(mut self, criteria: FilterCriteria) -> Command {
        self.request.filter_criteria = Some(criteria);
        self
    }

    /// Does not keep the CSE's answer waiting for the result (`rt`). The AE fetches it later
    /// (nonBlockingRequestSynch), or is notified of it (nonBlockingRequestAsynch, flexBlocking):
    /// the outcome is the same as that of a blocking request.
    #[must_use]
    pub fn response_type(mut self, value: ResponseType) -> Command {
        self.request.response_type = Some(ResponseTypeInfo::new(value));
        self
    }

    /// Sets until when the CSE may work on it (`rqet`).
    #[must_use]
    pub const fn expires(mut self, when: AbsRelTimestamp) -> Command {
        self.request.request_expiration_timestamp = Some(when);
        self
    }

    /// The request as it stands.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The same, to set other parameters.
    pub const fn request_mut(&mut self) -> &mut Request {
        &mut self.request
    }
}
