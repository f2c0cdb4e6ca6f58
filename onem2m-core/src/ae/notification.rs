//! What a notification says (m2m:notification, TS-0004 clause 7.5.1.2.2).

use crate::json::Raw;
use crate::primitive::{Content, Request};
use alloc::borrow::Cow;

/// A notification as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    request: &'a Request,
}

impl<'a> Notification<'a> {
    pub(super) const fn new(request: &'a Request) -> Notification<'a> {
        Notification { request }
    }

    /// The whole request.
    #[must_use]
    pub const fn request(&self) -> &'a Request {
        self.request
    }

    /// What it says: one for a single notification, several for aggregated ones. None if the
    /// content is of another kind.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let content = self.request.content.as_ref().map(Content::raw);
        let single = content.and_then(|c| c.member("m2m:sgn"));
        let many = content
            .and_then(|c| c.member("m2m:agn"))
            .and_then(|c| c.member("m2m:sgn").or(Some(c)))
            .filter(|list| list.is_array());
        single.into_iter().chain(many.into_iter().flat_map(Raw::elements)).map(Entry)
    }
}

/// One event of a subscription.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a>(Raw<'a>);

impl<'a> Entry<'a> {
    fn flag(self, name: &str) -> bool {
        self.0.member(name).and_then(Raw::as_bool) == Some(true)
    }

    fn event(self) -> Option<Raw<'a>> {
        self.0.member("nev")
    }

    /// The address of the subscription (`sur`).
    #[must_use]
    pub fn subscription(self) -> Option<Cow<'a, str>> {
        self.0.member("sur").and_then(Raw::as_text)
    }

    /// True for the request that a CSE sends when the subscription is created, to see whether the
    /// target takes notifications (`vrq`).
    #[must_use]
    pub fn is_verification(self) -> bool {
        self.flag("vrq")
    }

    /// True if the subscription was deleted (`sud`).
    #[must_use]
    pub fn is_deletion(self) -> bool {
        self.flag("sud")
    }

    /// The type of the event (`net`): 1 for an update of the resource, 2 for its deletion, 3 and 4
    /// for the creation and deletion of a child, and so on (m2m:notificationEventType).
    #[must_use]
    pub fn event_type(self) -> Option<u64> {
        self.event()?.member("net")?.as_u64()
    }

    /// The resource, its changed attributes or its address (`rep`), by the content type of the
    /// subscription.
    #[must_use]
    pub fn representation(self) -> Option<Raw<'a>> {
        self.event()?.member("rep")
    }

    /// Who created the subscription (`cr`).
    #[must_use]
    pub fn creator(self) -> Option<Cow<'a, str>> {
        self.0.member("cr").and_then(Raw::as_text)
    }

    /// Everything.
    #[must_use]
    pub const fn raw(self) -> Raw<'a> {
        self.0
    }
}
