//! The application's side: what it has been asked about a package, and its answers.

use m2m_base::Instant;
use m2m_base::container::Reserved;

use super::super::{Client, UsageError};
use super::kind::Kind;
use super::{Held, Package, PackageError, PackageId, PackageStep, PackageSupport, Phase};
use crate::{Path, Value};

impl Package {
    /// Forgets what came of an image.
    pub(super) fn forget_bytes(&mut self) {
        (self.have, self.total, self.exact, self.etag_len) = (0, None, false, 0);
    }

    /// Forgets the image and all about its way here.
    pub(super) fn forget(&mut self) {
        self.forget_bytes();
        (self.tries, self.restarts, self.frame) = (0, 0, 0);
    }
}

impl Client {
    /// The bytes of a block that [`super::Event::PackageBlock`] told and that is not answered yet.
    #[must_use]
    pub fn package_block(&self, id: PackageId) -> Option<&[u8]> {
        self.held_bytes(self.packages.named(id)?)
    }

    fn held_bytes(&self, n: usize) -> Option<&[u8]> {
        let (payload, skip) = match self.packages.list.get(n)?.held? {
            Held::Pushed { id, skip, .. } => (self.endpoint.incoming(id)?.payload, skip),
            Held::Fetched { id, skip, .. } => (self.endpoint.response(id)?.payload, skip),
        };
        payload.get(skip.into()..)
    }

    /// How many bytes the image has that is being transferred, if that is known: the server or the
    /// source has told.
    #[must_use]
    pub fn package_size(&self, package: Path) -> Option<u32> {
        self.packages.list.get(self.packages.find(package)?)?.total
    }

    /// Answers what was asked about a package: a block is kept, a connection cannot be had
    /// ([`Client::connect_package`] says that it can), a download is done, a package is right, a
    /// step is done; or why not.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if it is not asked (any more); [`UsageError::Invalid`] for an
    /// answer that does not go with what was asked; [`UsageError::NotAllowed`] if the server lets
    /// nobody put the update off (any longer).
    pub fn answer_package(
        &mut self,
        now: Instant,
        id: PackageId,
        result: Result<(), PackageError>,
    ) -> Result<(), UsageError> {
        let n = self.packages.named(id).ok_or(UsageError::UnknownId)?;
        let package = self.packages.list.get(n).ok_or(UsageError::UnknownId)?;
        self.now = now;
        let phase = package.phase;
        if result == Err(PackageError::Deferred) && phase != Phase::Apply(PackageStep::Update) {
            return Err(UsageError::Invalid);
        }
        match phase {
            Phase::Push | Phase::Fetch => self.block_answered(n, result)?,
            Phase::Connect => match result {
                Ok(()) => return Err(UsageError::Invalid),
                Err(PackageError::ConnectionLost) => self.pause(n),
                Err(error) => self.fail(n, error),
            },
            Phase::Handed | Phase::Verify => match result {
                Ok(()) => self.delivered(n),
                Err(error) => self.fail(n, error),
            },
            Phase::Apply(step) => self.step_done(n, step, result)?,
            Phase::Idle | Phase::Pause | Phase::Ready => return Err(UsageError::UnknownId),
        }
        self.settle(now);
        Ok(())
    }

    fn block_answered(
        &mut self,
        n: usize,
        result: Result<(), PackageError>,
    ) -> Result<(), UsageError> {
        let Some(bytes) = self.held_bytes(n) else {
            // The request that it lay in is over: the server has given up.
            return Err(UsageError::UnknownId);
        };
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let package = self.packages.list.get_mut(n).ok_or(UsageError::UnknownId)?;
        let held = package.held.take();
        if result.is_ok() {
            package.have = package.have.saturating_add(len);
        }
        self.packages.ask(n);
        match held {
            Some(Held::Pushed { id, last, .. }) => self.pushed(n, (id, last), result),
            Some(Held::Fetched { id, last, .. }) => {
                self.endpoint.release(id);
                if let Some(package) = self.packages.list.get_mut(n) {
                    package.tries = 0;
                }
                match result {
                    Err(error) => self.fail(n, error),
                    Ok(()) if last => self.whole(n),
                    Ok(()) => self.fetch(n),
                }
            }
            None => {}
        }
        Ok(())
    }

    fn step_done(
        &mut self,
        n: usize,
        step: PackageStep,
        result: Result<(), PackageError>,
    ) -> Result<(), UsageError> {
        let Some(package) = self.packages.list.get_mut(n) else { return Ok(()) };
        let kind = package.kind;
        match (step, result) {
            (PackageStep::Update, Ok(())) => {
                package.forget();
                self.enter(n, Phase::Idle, kind.applied());
            }
            #[cfg(feature = "firmware-update")]
            (PackageStep::Update, Err(PackageError::Deferred)) => {
                let most = self.most_deferral(n);
                if most.is_some_and(|most| most.as_millis() == 0) {
                    return Err(UsageError::NotAllowed);
                }
                self.enter(n, Phase::Ready, kind.failed(PackageError::Deferred));
                if let (Some(most), Some(package)) = (most, self.packages.list.get_mut(n)) {
                    package.due = self.now + most;
                }
            }
            // The image is still there and may be tried again.
            (PackageStep::Update | PackageStep::Install, Err(PackageError::Failed)) => {
                self.enter(n, Phase::Ready, kind.failed(PackageError::Failed));
            }
            (PackageStep::Update | PackageStep::Install, Err(error)) => self.fail(n, error),
            #[cfg(feature = "software-management")]
            (step, result) => self.software_done(n, step, result.is_ok()),
            #[cfg(not(feature = "software-management"))]
            _ => {}
        }
        Ok(())
    }

    #[cfg(feature = "software-management")]
    fn software_done(&mut self, n: usize, step: PackageStep, done: bool) {
        const ACTIVATION: u16 = 12;
        /// Update Result: the uninstallation failed.
        const NOT_REMOVED: u8 = 59;
        let Some(package) = self.packages.list.get_mut(n) else { return };
        let (activation, installed) = (package.resource(ACTIVATION), package.kind.applied());
        match step {
            PackageStep::Uninstall | PackageStep::UninstallForUpdate if done => {
                package.forget();
                package.installed = false;
                self.put(activation, &Value::Boolean(false));
                self.enter(n, Phase::Idle, 0);
            }
            PackageStep::Uninstall | PackageStep::UninstallForUpdate => {
                self.enter(n, Phase::Ready, NOT_REMOVED);
            }
            PackageStep::Activate | PackageStep::Deactivate => {
                if done {
                    self.put(activation, &Value::Boolean(step == PackageStep::Activate));
                }
                self.enter(n, Phase::Ready, installed);
            }
            PackageStep::Install | PackageStep::Update => {
                package.installed = true;
                self.enter(n, Phase::Ready, installed);
            }
        }
    }

    /// Updates the firmware with a package that is downloaded, without a server's asking: the user
    /// who put it off agrees now.
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] if there is no such package; [`UsageError::NotAllowed`] if it is
    /// not downloaded.
    #[cfg(feature = "firmware-update")]
    pub fn apply_firmware(&mut self, now: Instant) -> Result<(), UsageError> {
        let n = self.packages.find(Path::instance(5, 0)).ok_or(UsageError::UnknownPath)?;
        let ready = self.packages.list.get(n).is_some_and(|p| p.phase == Phase::Ready);
        if !ready {
            return Err(UsageError::NotAllowed);
        }
        self.now = now;
        self.enter(n, Phase::Apply(PackageStep::Update), 0);
        self.settle(now);
        Ok(())
    }

    /// Adds the Firmware Update object (/5/0) and runs its state machine. Object 5 has to be among
    /// [`super::super::Config::objects`].
    ///
    /// # Errors
    /// [`UsageError::UnknownObject`]; [`UsageError::Exists`]; [`UsageError::Full`] if a table is
    /// (see [`super::super::Limits::packages`]); [`UsageError::Invalid`] for a record that
    /// [`Client::package_record`] did not make.
    #[cfg(feature = "firmware-update")]
    pub fn add_firmware_update(
        &mut self,
        now: Instant,
        support: &PackageSupport<'_>,
    ) -> Result<(), UsageError> {
        self.add_package(now, Kind::Firmware, 0, support)
    }

    /// Runs the state machine of an instance of the Software Management object (/9/x), which is
    /// added if no server has created it. Object 9 has to be among
    /// [`super::super::Config::objects`].
    ///
    /// # Errors
    /// As [`Client::add_firmware_update`].
    #[cfg(feature = "software-management")]
    pub fn add_software(
        &mut self,
        now: Instant,
        instance: u16,
        support: &PackageSupport<'_>,
    ) -> Result<(), UsageError> {
        self.add_package(now, Kind::Software, instance, support)
    }

    fn add_package(
        &mut self,
        now: Instant,
        kind: Kind,
        instance: u16,
        support: &PackageSupport<'_>,
    ) -> Result<(), UsageError> {
        self.now = now;
        let szx = coap_core::Block::szx_for(self.endpoint.block_size());
        let mut package = Package::new(kind, instance, support, szx);
        let path = package.path();
        if self.packages.find(path).is_some() {
            return Err(UsageError::Exists);
        }
        if self.packages.list.len() >= self.packages.most.into() {
            return Err(UsageError::Full);
        }
        let (result, uri) = package.take_record(now, support)?;
        let new = !self.store.contains(path);
        if new {
            self.store.add_instance(path)?;
        }
        if let Err(error) = self.fill_package(&package, result, Value::String(uri)) {
            if new {
                let _ = self.store.remove(path);
            }
            return Err(error);
        }
        let phase = package.phase;
        self.packages.list.push_reserved(package);
        let n = self.packages.list.len().saturating_sub(1);
        self.instances_changed(path);
        self.packages.ask(n);
        if phase == Phase::Push {
            // What the server was about to send next is not known any more.
            self.fail(n, PackageError::ConnectionLost);
        }
        self.settle(now);
        Ok(())
    }

    fn fill_package(
        &mut self,
        package: &Package,
        result: u8,
        uri: Value<'_>,
    ) -> Result<(), UsageError> {
        let at = package.kind.resources();
        let state = package.kind.state(package.phase, package.is_installed());
        let number = |n: u8| Value::Integer(n.into());
        self.store.set(package.resource(at.state), &number(state))?;
        self.store.set(package.resource(at.result), &number(result))?;
        match package.kind {
            #[cfg(feature = "firmware-update")]
            Kind::Firmware => {
                self.store.set(package.resource(at.uri), &uri)?;
                for (i, protocol) in (0..).zip(package.protocols.numbers()) {
                    let place = Path::resource_instance(5, 0, 8, i);
                    self.store.set(place, &number(protocol))?;
                }
                self.store.set(package.resource(9), &number(package.delivery as u8))?;
                match self.store.add_resource(package.resource(10)) {
                    // Cancel is there since version 1.1 of the object.
                    Ok(()) | Err(UsageError::Exists | UsageError::UnknownPath) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            #[cfg(feature = "software-management")]
            Kind::Software => {
                if uri != Value::string("") {
                    self.store.set(package.resource(at.uri), &uri)?;
                }
                for id in [0, 1] {
                    if !self.store.contains(package.resource(id)) {
                        self.store.set(package.resource(id), &Value::string(""))?;
                    }
                }
                if !self.store.contains(package.resource(12)) {
                    self.store.set(package.resource(12), &Value::Boolean(false))?;
                }
                Ok(())
            }
        }
    }
}
