//! What can be seen of a session, and what its client answered.

use super::BootstrapServer;
use super::event::SessionId;
use super::session::{Answered, Record, State};
use crate::Version;
use crate::error::DecodeError;
use crate::format::{Content, Item, Reader};
use crate::links::ObjectLinks;
use crate::path::Path;
use crate::server::accepted::Typed;
use crate::server::model::Model;
use coap_core::{Code, ContentFormat};
use m2m_base::PeerId;

/// A session.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    id: SessionId,
    record: &'a Record,
}

impl<'a> Session<'a> {
    pub(super) fn new(id: SessionId, record: &'a Record) -> Session<'a> {
        Session { id, record }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The name of the client.
    #[must_use]
    pub const fn endpoint(&self) -> &'a str {
        &self.record.name
    }

    /// Where the client is.
    #[must_use]
    pub const fn peer(&self) -> PeerId {
        self.record.peer
    }

    /// The security session says that the client is this one
    /// ([`BootstrapServer::identify`]).
    #[must_use]
    pub const fn is_identified(&self) -> bool {
        self.record.identified
    }

    /// The format that the client prefers (`pct`), or in which it got a pack.
    #[must_use]
    pub const fn format(&self) -> Option<ContentFormat> {
        self.record.preferred
    }

    /// The version of the enabler that the client told when it was asked what it has.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        self.record.version
    }

    /// The instance of the Security object under which the client keeps its account here, if it
    /// told.
    #[must_use]
    pub const fn account(&self) -> Option<u16> {
        self.record.account
    }

    /// The number of the step that is under way or comes next.
    #[must_use]
    pub const fn step(&self) -> u16 {
        self.record.step
    }

    /// All its steps are done, and it is not over: it waits for [`BootstrapServer::push`].
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.record.state == State::Idle
    }
}

/// What a client answered to a Discover or Read.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    answered: &'a Answered,
    model: &'a Model,
}

impl<'a> Answer<'a> {
    /// The response code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.answered.code
    }

    /// The path that was asked for.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.answered.path
    }

    /// The content format that the client named.
    #[must_use]
    pub const fn format(&self) -> Option<ContentFormat> {
        self.answered.format
    }

    /// The bytes as they came.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        &self.answered.payload
    }

    /// The links of a Discover.
    #[must_use]
    pub fn links(&self) -> ObjectLinks<'a> {
        ObjectLinks::new(&self.answered.payload)
    }

    /// The paths and values of a Read, in the types of the object model.
    ///
    /// # Errors
    /// [`DecodeError`] for a format that cannot be read as values. A client that names none is
    /// taken to mean TLV.
    pub fn items(
        &self,
    ) -> Result<impl Iterator<Item = Result<Item<'a>, DecodeError>> + use<'a>, DecodeError> {
        let format = self.answered.format.unwrap_or(ContentFormat::LWM2M_TLV);
        let reader = Reader::new(format, self.answered.path, &self.answered.payload)?;
        let typed = Typed::unregistered(self.model);
        let values = reader.filter(|e| !matches!(e, Ok(e) if e.content == Content::Delete));
        Ok(values.map(move |entry| entry.map(|e| typed.item(e))))
    }
}

impl BootstrapServer {
    /// A session. One that ended can be read until the event behind its end is polled.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<Session<'_>> {
        self.sessions.get(id.0).map(|record| Session { id, record })
    }

    /// The session that is under way with an endpoint.
    #[must_use]
    pub fn find(&self, endpoint: &str) -> Option<SessionId> {
        self.session_by_name(endpoint).map(SessionId)
    }

    /// All sessions that are not over.
    pub fn sessions(&self) -> impl Iterator<Item = Session<'_>> {
        let open = self.sessions.iter().filter(|(_, s)| s.state != State::Over);
        open.map(|(handle, record)| Session::new(SessionId(handle), record))
    }

    /// What the client answered to a step that discovers or reads, as long as its session can be
    /// read.
    #[must_use]
    pub fn answer(&self, id: SessionId, step: u16) -> Option<Answer<'_>> {
        let answers = &self.sessions.get(id.0)?.answers;
        let answered = answers.iter().find(|a| a.step == step)?;
        Some(Answer { answered, model: &self.model })
    }
}
