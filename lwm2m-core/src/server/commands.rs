//! Short forms of the commands that applications give most.

use super::Server;
use super::config::UsageError;
use super::event::{ObservationId, OperationId, RegistrationId};
use super::operation::{Body, Operation, WriteMode};
use crate::format::Item;
use crate::path::Path;
use m2m_base::Instant;

/// The operations of [`Server::request`] one by one, in their most common form.
impl Server {
    /// Read. See [`Operation::Read`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn read(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::Read { path, format: None }, None)
    }

    /// Write, replacing what is there. See [`Operation::Write`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn write(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
        items: &[Item<'_>],
    ) -> Result<OperationId, UsageError> {
        let body = Body::items(items);
        self.request(now, id, &Operation::Write { path, mode: WriteMode::Replace, body }, None)
    }

    /// Write, keeping what is not named. See [`Operation::Write`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn update(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
        items: &[Item<'_>],
    ) -> Result<OperationId, UsageError> {
        let body = Body::items(items);
        self.request(now, id, &Operation::Write { path, mode: WriteMode::Update, body }, None)
    }

    /// Execute. See [`Operation::Execute`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn execute(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
        arguments: &str,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::Execute { path, arguments }, None)
    }

    /// Create. See [`Operation::Create`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn create(
        &mut self,
        now: Instant,
        id: RegistrationId,
        object: u16,
        items: &[Item<'_>],
    ) -> Result<OperationId, UsageError> {
        let body = Body::items(items);
        self.request(now, id, &Operation::Create { object, body }, None)
    }

    /// Delete. See [`Operation::Delete`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn delete(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::Delete { path }, None)
    }

    /// Discover. See [`Operation::Discover`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn discover(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::Discover { path, depth: None }, None)
    }

    /// Write-Attributes. See [`Operation::WriteAttributes`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn write_attributes(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
        attributes: &str,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::WriteAttributes { path, attributes }, None)
    }

    /// Observe. See [`Operation::Observe`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn observe(
        &mut self,
        now: Instant,
        id: RegistrationId,
        path: Path,
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::Observe { path, format: None, attributes: "" }, None)
    }

    /// Read-Composite. See [`Operation::ReadComposite`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn read_composite(
        &mut self,
        now: Instant,
        id: RegistrationId,
        paths: &[Path],
    ) -> Result<OperationId, UsageError> {
        self.request(now, id, &Operation::ReadComposite { paths, format: None }, None)
    }

    /// Write-Composite. See [`Operation::WriteComposite`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn write_composite(
        &mut self,
        now: Instant,
        id: RegistrationId,
        items: &[Item<'_>],
    ) -> Result<OperationId, UsageError> {
        let body = Body::items(items);
        self.request(now, id, &Operation::WriteComposite { body }, None)
    }

    /// Observe-Composite. See [`Operation::ObserveComposite`].
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn observe_composite(
        &mut self,
        now: Instant,
        id: RegistrationId,
        paths: &[Path],
    ) -> Result<OperationId, UsageError> {
        let operation = Operation::ObserveComposite { paths, format: None, attributes: "" };
        self.request(now, id, &operation, None)
    }

    /// Ends an observation by telling the client. See [`Operation::CancelObservation`];
    /// [`Server::forget_observation`] ends it without.
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn cancel_observation(
        &mut self,
        now: Instant,
        observation: ObservationId,
    ) -> Result<OperationId, UsageError> {
        let found = self.observations.get(observation.0).ok_or(UsageError::UnknownId)?;
        let operation = Operation::CancelObservation { observation };
        self.request(now, found.registration, &operation, None)
    }
}
