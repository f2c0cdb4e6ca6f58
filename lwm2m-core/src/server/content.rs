//! What clients answered and notified, as long as it is kept.

use super::Server;
use super::accepted::{State, Stored, Typed};
use super::event::{NotificationId, OperationId, RegistrationId};
use crate::error::DecodeError;
use crate::format::{Content as EntryContent, Item, Reader, Target};
use crate::path::{Level, Path};
use coap_core::{Code, ContentFormat};

/// The content of an answer or a notification.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    server: &'a Server,
    registration: RegistrationId,
    path: Path,
    stored: &'a Stored,
}

impl<'a> Content<'a> {
    /// The response code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.stored.code
    }

    /// The content format that the client named. Numbers from before their registration (1541 to
    /// 1543) are shown as those they became.
    #[must_use]
    pub const fn format(&self) -> Option<ContentFormat> {
        self.stored.format
    }

    /// The bytes as they came.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        &self.stored.payload
    }

    /// The path that was asked for.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.path
    }

    /// Who answered.
    #[must_use]
    pub const fn registration(&self) -> RegistrationId {
        self.registration
    }

    /// The instance that was created, if the client told it (Location of Create).
    #[must_use]
    pub const fn created(&self) -> Option<Path> {
        self.stored.created
    }

    /// The paths and values in it. Each value has the type of its resource in the object model;
    /// one of a resource that is not known there, or that does not have its type, has the type
    /// that it looks like.
    ///
    /// # Errors
    /// [`DecodeError`] for a format that cannot be read as values, or not for this path. A client
    /// that names none is taken to mean text for a resource and TLV for more.
    pub fn items(&self) -> Result<Items<'a>, DecodeError> {
        let implied = match self.path.level() {
            Level::Resource | Level::ResourceInstance => ContentFormat::TEXT,
            _ => ContentFormat::LWM2M_TLV,
        };
        let typed = self.server.typed(self.registration);
        let root = typed.record.map_or(&[][..], |r| r.text.root());
        let target = Target::from(self.path).with_prefix(core::str::from_utf8(root).unwrap_or(""));
        let format = self.stored.format.unwrap_or(implied);
        Ok(Items { reader: Reader::new(format, target, &self.stored.payload)?, typed })
    }

    /// The links of an answer to Discover, by the reader for `application/link-format`.
    #[must_use]
    pub fn links(&self) -> coap_core::link::Links<'a> {
        coap_core::link::Links::new(&self.stored.payload)
    }
}

/// The paths and values of a content. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    reader: Reader<'a>,
    typed: Typed<'a>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            return match self.reader.next()? {
                Ok(entry) if matches!(entry.content, EntryContent::Delete) => continue,
                Ok(entry) => Some(Ok(self.typed.item(entry))),
                Err(error) => Some(Err(error)),
            };
        }
    }
}

impl Server {
    /// The answer that an [`super::Event::Response`] told of.
    #[must_use]
    pub fn response(&self, id: OperationId) -> Option<Content<'_>> {
        let operation = self.operations.get(id.0)?;
        let State::Answered(stored) = &operation.state else { return None };
        let (registration, path) = (operation.registration, operation.path);
        Some(Content { server: self, registration, path, stored })
    }

    /// Gives an answer back; its id names nothing from then on. An operation without an answer
    /// yet is not touched.
    pub fn release(&mut self, id: OperationId) {
        let answered =
            self.operations.get(id.0).is_some_and(|o| matches!(o.state, State::Answered(_)));
        if !answered {
            return;
        }
        if let Some(State::Answered(stored)) = self.operations.remove(id.0).map(|o| o.state) {
            self.discard(&stored);
        }
    }

    /// The content that an [`super::Event::Notified`] or [`super::Event::Sent`] told of; `None` also if
    /// so many came behind it that it had to make room ([`super::Limits::notifications`]).
    #[must_use]
    pub fn notification(&self, id: NotificationId) -> Option<Content<'_>> {
        let notified = self.notifications.get(id.0)?;
        let (registration, path) = (notified.registration, notified.path);
        Some(Content { server: self, registration, path, stored: &notified.stored })
    }
}
