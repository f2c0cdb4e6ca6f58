//! Requests that others make of the AE, directly or through its polling channel.

use super::exchange::Purpose;
use super::outcome::nested_response;
use super::{Ae, Event, IncomingId, Notification, UsageError};
use crate::ResponseStatusCode;
use crate::enumeration::Operation;
use crate::json::Raw;
use crate::primitive::{Content, Request, Response};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::Instant;

/// A request that is to be answered.
#[derive(Debug)]
pub(super) struct Incoming {
    id: IncomingId,
    request: Request,
    /// It came through the polling channel, and its answer goes there.
    channel: bool,
}

/// The polling channel of a registered AE.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// The address of the channel; none until it is created.
    pub(super) address: Option<String>,
}

impl Ae {
    /// Takes a request. Its response comes from [`Ae::poll_response`], exactly one, at once or when
    /// the application has answered.
    ///
    /// What the application need not decide is answered by the AE: a verification that a CSE makes
    /// when it gets a subscription, the result of a request that was not blocking, and what is no
    /// NOTIFY (OPERATION_NOT_ALLOWED).
    pub fn handle_request(&mut self, now: Instant, request: Request) -> IncomingId {
        self.now = now;
        self.take(request, false)
    }

    fn take(&mut self, request: Request, channel: bool) -> IncomingId {
        let id = IncomingId(self.number());
        let status = self.judge(&request);
        let incoming = Incoming { id, request, channel };
        match status {
            Some(status) => self.reply(&incoming, status),
            None => {
                self.incoming.push(incoming);
                self.events.push_back(Event::Notified { id });
            }
        }
        id
    }

    /// The status of what is answered at once.
    fn judge(&mut self, request: &Request) -> Option<ResponseStatusCode> {
        if request.operation != Operation::Notify {
            return Some(ResponseStatusCode::OperationNotAllowed);
        }
        let content = request.content.as_ref().map(Content::raw);
        if let Some(result) = content.and_then(|c| c.member("m2m:rsp")).and_then(nested_response) {
            let known = self.result_notified(result);
            let status = if known { ResponseStatusCode::Ok } else { ResponseStatusCode::NotFound };
            return Some(status);
        }
        let mut entries = Notification::new(request).entries();
        if entries.next().is_some_and(super::Entry::is_verification) {
            return Some(ResponseStatusCode::Ok);
        }
        if self.incoming.len() >= self.config.limits.notifications {
            return Some(ResponseStatusCode::TargetNotReachable);
        }
        None
    }

    fn reply(&mut self, incoming: &Incoming, status: ResponseStatusCode) {
        let response = Response::to_request(&incoming.request, status);
        if !incoming.channel {
            self.responses.push_back((incoming.id, response));
            return;
        }
        let (Some(to), Some(originator)) =
            (self.channel_uri(), self.originator().map(ToOwned::to_owned))
        else {
            return;
        };
        let text = String::from_utf8(response.to_wrapped_json()).unwrap_or_default();
        let mut request = Request::new(Operation::Notify, to, String::new());
        request.from = Some(originator);
        request.content = Content::from_json(text.as_bytes()).ok();
        self.complete(&mut request);
        self.post(Purpose::Answer, request, self.now);
    }

    /// A notification that is not yet answered.
    #[must_use]
    pub fn notification(&self, id: IncomingId) -> Option<Notification<'_>> {
        self.incoming.iter().find(|i| i.id == id).map(|i| Notification::new(&i.request))
    }

    /// Answers a notification and forgets it. OK says that it was taken.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`]
    pub fn answer(
        &mut self,
        now: Instant,
        id: IncomingId,
        status: ResponseStatusCode,
    ) -> Result<(), UsageError> {
        self.now = now;
        let at = self.incoming.iter().position(|i| i.id == id).ok_or(UsageError::UnknownId)?;
        let incoming = self.incoming.remove(at);
        self.reply(&incoming, status);
        Ok(())
    }

    /// The next response to a request that [`Ae::handle_request`] was given.
    pub fn poll_response(&mut self) -> Option<(IncomingId, Response)> {
        self.responses.pop_front()
    }

    fn channel_uri(&self) -> Option<String> {
        let address = self.state.channel()?.address.as_deref()?;
        Some(format!("{address}/pcu"))
    }

    /// Waits for a request from the polling channel; after a pause if the last attempt brought
    /// nothing at once.
    pub(super) fn poll_channel(&mut self, pause: bool) {
        let (Some(to), Some(originator)) =
            (self.channel_uri(), self.originator().map(ToOwned::to_owned))
        else {
            return;
        };
        let mut request = Request::new(Operation::Retrieve, to, String::new());
        request.from = Some(originator);
        let polling = self.config.retry.polling.as_millis();
        if let Ok(wait @ 1..) = i64::try_from(polling) {
            let relative = crate::time::AbsRelTimestamp::Relative(wait);
            request.request_expiration_timestamp = Some(relative);
        }
        self.complete(&mut request);
        let wait = self.config.retry.pause(1, &mut self.random);
        let at = if pause { self.now + wait } else { self.now };
        self.post(Purpose::Poll, request, at);
    }

    /// Takes what the channel gave: a request, several (attribute `rqag` of the channel), or
    /// nothing within the time. What is no request is passed over.
    pub(super) fn polled(&mut self, response: Response) {
        let content = response.content.as_ref().map(Content::raw);
        let one = content.and_then(|c| c.member("m2m:rqp"));
        let several = content.and_then(|c| c.member("m2m:agrp"));
        let several = several.and_then(|agrp| agrp.member("m2m:rqp").or(Some(agrp)));
        let several = several.filter(|list| list.is_array()).into_iter().flat_map(Raw::elements);
        let all = one.into_iter().chain(several);
        let requests: Vec<Request> =
            all.filter_map(|text| Request::from_json(text.as_str().as_bytes()).ok()).collect();
        match (response.status, requests.is_empty()) {
            (ResponseStatusCode::NotFound, _) => self.doubt_registration(),
            (_, false) => {
                for request in requests {
                    self.take(request, true);
                }
                self.poll_channel(false);
                return;
            }
            (ResponseStatusCode::RequestTimeout, _) => {
                self.poll_channel(false);
                return;
            }
            _ => {}
        }
        self.poll_channel(true);
    }
}
