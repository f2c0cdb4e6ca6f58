//! How requests of the application end, those that are not blocking included.

use super::exchange::Purpose;
use super::{Ae, Event, RequestId};
use crate::ResponseStatusCode;
use crate::enumeration::Operation;
use crate::json::Raw;
use crate::primitive::{Content, Request, Response};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use m2m_base::Instant;

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// With a response, which may be a refusal: see its status.
    Response(ResponseStatusCode),
    /// No answer came in time. A CREATE or NOTIFY may have been done; anything else was repeated.
    TimedOut,
    /// It could not be delivered.
    Undeliverable,
    /// The application gave it up, or the AE lost its registration before it was sent.
    Cancelled,
}

/// A request that has ended with a response.
#[derive(Debug)]
pub(super) struct Ended {
    pub id: RequestId,
    pub response: Response,
}

/// A request that is not blocking and was accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub id: RequestId,
    /// Its identifier, by which a notified result is known.
    identifier: String,
    /// The address of its `<request>`, and when to look there next. None if the result is to be
    /// notified.
    look: Option<(String, Instant)>,
}

impl Accepted {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.look.as_ref().map(|(_, at)| *at)
    }
}

/// States of a `<request>` (m2m:requestStatus).
const COMPLETED: u64 = 1;
const FAILED: u64 = 2;

impl Ae {
    pub(super) fn application_answered(
        &mut self,
        id: RequestId,
        request: &Request,
        response: Response,
    ) {
        let identifier = request.request_identifier.clone();
        let look = match response.status {
            ResponseStatusCode::AcceptedNonBlockingSynch => {
                let content = response.content.as_ref().map(Content::raw);
                let uri = content.and_then(|c| c.member("m2m:uri")).and_then(Raw::as_text);
                uri.map(|uri| Some((uri.into_owned(), self.now + self.config.retry.result)))
            }
            ResponseStatusCode::AcceptedNonBlockingAsynch => Some(None),
            _ => None,
        };
        match look {
            Some(look) => self.accepted.push(Accepted { id, identifier, look }),
            None => self.done(id, response),
        }
    }

    fn done(&mut self, id: RequestId, response: Response) {
        let outcome = Outcome::Response(response.status);
        // Perhaps the CSE does not know the AE any more.
        if matches!(
            response.status,
            ResponseStatusCode::OriginatorHasNoPrivilege
                | ResponseStatusCode::OriginatorNotAuthenticated
                | ResponseStatusCode::NotFound
        ) {
            self.doubt_registration();
        }
        self.ended.push(Ended { id, response });
        self.events.push_back(Event::Done { id, outcome });
    }

    /// Asks for the results that may be there by now.
    pub(super) fn fetch_results(&mut self) {
        let Some(originator) = self.originator().map(ToOwned::to_owned) else { return };
        let mut due = alloc::vec::Vec::new();
        for accepted in &mut self.accepted {
            if let Some((uri, at)) = &mut accepted.look
                && *at <= self.now
            {
                // The answer sets the next time; until then the exchange has the deadline.
                due.push((accepted.id, uri.clone()));
                *at = self.now + self.config.retry.timeout + self.config.retry.longest_pause;
            }
        }
        for (id, uri) in due {
            let mut request = Request::new(Operation::Retrieve, uri, String::new());
            request.from = Some(originator.clone());
            self.complete(&mut request);
            self.post(Purpose::Result(id), request, self.now);
        }
    }

    /// Takes a `<request>` resource, which has the result or not yet.
    pub(super) fn result_fetched(&mut self, id: RequestId, response: Response) {
        let Some(at) = self.accepted.iter().position(|a| a.id == id) else { return };
        let content = response.content.as_ref().map(Content::raw);
        let resource = content.and_then(|c| c.member("m2m:req"));
        let status = resource.and_then(|r| r.member("rs")).and_then(Raw::as_u64);
        let result = resource.and_then(|r| r.member("ors")).and_then(nested_response);
        match (status, result) {
            (Some(COMPLETED | FAILED), Some(result)) => {
                self.accepted.remove(at);
                self.done(id, result);
            }
            (Some(status), None) if status > FAILED || status == 0 => {
                let next = self.now + self.config.retry.result;
                if let Some(Accepted { look: Some((_, at)), .. }) = self.accepted.get_mut(at) {
                    *at = next;
                }
            }
            // The resource is gone, or makes no sense: this is the outcome.
            _ => {
                self.accepted.remove(at);
                self.done(id, response);
            }
        }
    }

    /// Takes a result that was notified. False if nothing waits for it.
    pub(super) fn result_notified(&mut self, result: Response) -> bool {
        let waits = |a: &Accepted| a.identifier == result.request_identifier;
        let Some(at) = self.accepted.iter().position(waits) else { return false };
        let id = self.accepted.remove(at).id;
        self.exchanges.drop_if(|purpose| purpose == Purpose::Result(id));
        self.done(id, result);
        true
    }
}

/// A response inside a content.
pub(super) fn nested_response(raw: Raw<'_>) -> Option<Response> {
    Response::from_json(raw.as_str().to_string().as_bytes()).ok()
}
