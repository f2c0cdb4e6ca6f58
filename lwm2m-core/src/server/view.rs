//! Registrations as the application sees them.

use super::event::RegistrationId;
use super::links::{Entries, Link};
use super::parameters::{Binding, split};
use super::registry::{Location, Record, Registry};
use crate::object::{ObjectVersion, Version};
use coap_core::ContentFormat;
use m2m_base::{Instant, PeerId, UnixTime};

/// A registration: what a client said of itself, and when it was last heard of.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    id: RegistrationId,
    record: &'a Record,
    expires_at: Option<Instant>,
    gateway: Option<RegistrationId>,
    /// The wall clock at [`Instant::ZERO`] in milliseconds.
    wall: Option<i64>,
}

impl<'a> Registration<'a> {
    pub(super) fn new(
        registry: &Registry,
        wall: Option<i64>,
        id: RegistrationId,
        record: &'a Record,
    ) -> Self {
        let gateway = Some(registry.carrier(id)).filter(|carrier| *carrier != id);
        Registration { id, record, expires_at: registry.expires_at(id), gateway, wall }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> RegistrationId {
        self.id
    }

    /// The endpoint client name (`ep`).
    #[must_use]
    pub fn endpoint(&self) -> &'a str {
        core::str::from_utf8(self.record.text.name()).unwrap_or("")
    }

    /// The path that the client updates and ends it by.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(self.id, self.record.tag)
    }

    /// Where the client is.
    #[must_use]
    pub const fn peer(&self) -> PeerId {
        self.record.peer
    }

    /// Its lifetime in seconds; 0 is for ever.
    #[must_use]
    pub const fn lifetime(&self) -> u32 {
        self.record.lifetime
    }

    /// True if it came under a security context of OSCORE, under which alone the client is asked.
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.record.protected
    }

    /// The version of the enabler.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.record.version
    }

    /// Transport bindings and queue mode.
    #[must_use]
    pub const fn binding(&self) -> Binding {
        self.record.binding
    }

    /// True if the client sleeps between its messages.
    #[must_use]
    pub const fn queue_mode(&self) -> bool {
        self.record.binding.queue_mode()
    }

    /// What stands before the objects in the client's paths: empty, or `/lwm2m`.
    #[must_use]
    pub fn alternate_path(&self) -> &'a str {
        core::str::from_utf8(self.record.text.root()).unwrap_or("")
    }

    /// When it began; [`Instant::ZERO`] if that was before a restart.
    #[must_use]
    pub fn registered_at(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.record.registered).unwrap_or(0))
    }

    /// When it began, by the wall clock; `None` if the server was never told the time
    /// ([`super::Server::set_wall_clock`]).
    #[must_use]
    pub fn registered_time(&self) -> Option<UnixTime> {
        self.wall.map(|wall| UnixTime::from_millis(self.record.registered.saturating_add(wall)))
    }

    /// The gateway that it is a device behind, if it is one.
    #[must_use]
    pub const fn gateway(&self) -> Option<RegistrationId> {
        self.gateway
    }

    /// When it was last updated, or began; [`Instant::ZERO`] if that was before the start of the
    /// server.
    #[must_use]
    pub fn last_update(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.record.last_update).unwrap_or(0))
    }

    /// The same by the wall clock; `None` if the server was never told the time. From before a
    /// restart it is up to a sixteenth of the lifetime late: not every Update is worth a record.
    #[must_use]
    pub fn last_update_time(&self) -> Option<UnixTime> {
        self.wall.map(|wall| UnixTime::from_millis(self.record.last_update.saturating_add(wall)))
    }

    /// When the client last sent anything.
    #[must_use]
    pub const fn last_heard(&self) -> Instant {
        self.record.last_heard
    }

    /// When it ends unless it is updated, grace included; `None` for never.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Instant> {
        self.expires_at
    }

    /// What else the client told: `sms`, `pid`, and what the standard does not know. A flag has no
    /// value.
    pub fn parameters(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + use<'a> {
        Parts(self.record.text.parameters()).map(split)
    }

    /// The value of one of [`Registration::parameters`]; empty for a flag.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters().find(|(n, _)| *n == name).map(|(_, value)| value.unwrap_or(""))
    }

    /// The objects and object instances that it has, in the client's order.
    pub fn links(&self) -> impl Iterator<Item = Link> + use<'a> {
        Entries::new(self.record.text.links())
    }

    /// The version of an object, told or implied by the enabler's version; `None` if the client
    /// does not have the object.
    #[must_use]
    pub fn object_version(&self, object: u16) -> Option<ObjectVersion> {
        object_version(self.record, object)
    }

    /// True if it takes and gives this content format, as far as is known: it announced it, its
    /// version implies it, and it has not refused it yet.
    #[must_use]
    pub fn accepts(&self, format: ContentFormat) -> bool {
        self.record.formats.has(format)
    }
}

pub(super) fn object_version(record: &Record, object: u16) -> Option<ObjectVersion> {
    let mut links =
        Entries::new(record.text.links()).filter(|l| l.path.object_id() == Some(object)).peekable();
    links.peek()?;
    let told = links.find_map(|l| l.version);
    Some(told.unwrap_or_else(|| ObjectVersion::implied(object, record.version)))
}

/// Texts behind one byte with their length.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (len, rest) = self.0.split_first()?;
        let (part, rest) = rest.split_at_checked(usize::from(*len))?;
        self.0 = rest;
        core::str::from_utf8(part).ok()
    }
}
