//! The transitions of a package, and what is due by time or by what a server wrote.

use coap_core::{Cancel, Code};
use m2m_base::Instant;

use super::super::{Client, dispatch::Answer};
use super::uri::Uri;
use super::{Delivery, Held, PackageError, PackageStep, Phase};
use crate::{Path, Value};

/// Resources of object 5 beside those that it shares with object 9.
#[cfg(feature = "firmware-update")]
mod firmware {
    pub(super) const UPDATE: u16 = 2;
    pub(super) const CANCEL: u16 = 10;
    pub(super) const LAST_CHANGE: u16 = 12;
    pub(super) const MAX_DEFER: u16 = 13;
    pub(super) const AUTOMATIC: u16 = 14;
    /// Update Result: cancelled by the server.
    pub(super) const CANCELLED: u8 = 10;
}

/// Those of object 9.
#[cfg(feature = "software-management")]
mod software {
    pub(super) const INSTALL: u16 = 4;
    pub(super) const UNINSTALL: u16 = 6;
    pub(super) const ACTIVATE: u16 = 10;
    pub(super) const DEACTIVATE: u16 = 11;
}

impl Client {
    /// The package is in another phase, with this result.
    pub(super) fn enter(&mut self, n: usize, phase: Phase, result: u8) {
        let Some(package) = self.packages.list.get_mut(n) else { return };
        package.phase = phase;
        package.due = Instant::FAR;
        package.changed = true;
        let resources = package.kind.resources();
        let state = package.kind.state(phase, package.is_installed());
        let (at, outcome) = (package.resource(resources.state), package.resource(resources.result));
        self.packages.ask(n);
        let before = self.store.unsigned(at);
        self.put(at, &Value::Integer(state.into()));
        self.put(outcome, &Value::Integer(result.into()));
        #[cfg(feature = "firmware-update")]
        if before != Some(state.into())
            && at.object_id() == Some(5)
            && let Some(time) = self.wall_clock(self.now)
        {
            let time = Value::Time(time.as_secs());
            self.put(at.with_resource(firmware::LAST_CHANGE), &time);
        }
        let _ = before;
    }

    /// Gives up what is under way in the network.
    fn drop_transfer(&mut self, n: usize) {
        let Some(package) = self.packages.list.get_mut(n) else { return };
        let (held, request) = (package.held.take(), package.request.take());
        match held {
            Some(Held::Pushed { id, .. }) => {
                self.answer(id, Code::REQUEST_ENTITY_INCOMPLETE);
            }
            Some(Held::Fetched { id, .. }) => self.endpoint.release(id),
            None => {}
        }
        if let Some(id) = request {
            let _ = self.endpoint.cancel(self.now, id, Cancel::Forget);
        }
    }

    /// Nothing of the package is kept any more.
    pub(super) fn end(&mut self, n: usize, result: u8) {
        self.drop_transfer(n);
        let Some(package) = self.packages.list.get_mut(n) else { return };
        package.discard |= package.phase != Phase::Idle;
        package.forget();
        package.installed = false;
        self.enter(n, Phase::Idle, result);
    }

    /// The package could not be had, or is not right.
    pub(super) fn fail(&mut self, n: usize, error: PackageError) {
        if let Some(kind) = self.packages.list.get(n).map(|p| p.kind) {
            self.end(n, kind.failed(error));
        }
    }

    /// The package is whole: is it right?
    pub(super) fn whole(&mut self, n: usize) {
        let Some(package) = self.packages.list.get(n) else { return };
        if package.exact && package.total != Some(package.have) {
            return self.fail(n, PackageError::Integrity);
        }
        let result = package.kind.begun();
        self.enter(n, Phase::Verify, result);
    }

    /// The package is right.
    pub(super) fn delivered(&mut self, n: usize) {
        let Some(package) = self.packages.list.get(n) else { return };
        let result = package.kind.delivered();
        #[cfg(feature = "firmware-update")]
        let automatic = {
            let at = package.resource(firmware::AUTOMATIC);
            at.object_id() == Some(5) && self.store.boolean(at) == Some(true)
        };
        self.enter(n, Phase::Ready, result);
        #[cfg(feature = "firmware-update")]
        if automatic {
            self.enter(n, Phase::Apply(PackageStep::Update), result);
        }
    }

    /// For how long the user may put an update off (/5/0/13); `None` if that is not said.
    #[cfg(feature = "firmware-update")]
    pub(super) fn most_deferral(&self, n: usize) -> Option<m2m_base::Duration> {
        let at = self.packages.list.get(n)?.resource(firmware::MAX_DEFER);
        self.store.unsigned(at).map(m2m_base::Duration::from_secs)
    }

    /// What is due: by time, or because a server wrote a URI.
    pub(in crate::client) fn run_packages(&mut self) {
        if self.store.is_staging() {
            // What a bootstrap does is not final.
            return;
        }
        let mut n = 0;
        while let Some(package) = self.packages.list.get(n) {
            let (instance, due) = (package.path(), package.due);
            let uri = package.resource(package.kind.resources().uri);
            if !self.store.contains(instance) {
                self.drop_transfer(n);
                self.packages.list.remove(n);
                continue;
            }
            if self.store.take_written(uri) {
                self.uri_written(n, uri);
            }
            if due <= self.now {
                self.package_due(n);
            }
            n = n.saturating_add(1);
        }
    }

    fn package_due(&mut self, n: usize) {
        let Some(package) = self.packages.list.get_mut(n).filter(|p| p.due <= self.now) else {
            return;
        };
        package.due = Instant::FAR;
        match package.phase {
            // The server has stopped in the middle.
            Phase::Push => self.fail(n, PackageError::ConnectionLost),
            Phase::Pause => {
                package.phase = Phase::Connect;
                self.packages.ask(n);
            }
            Phase::Fetch => self.fetch(n),
            // The user has put it off long enough.
            Phase::Ready => {
                let result = package.kind.begun();
                self.enter(n, Phase::Apply(PackageStep::Update), result);
            }
            _ => {}
        }
    }

    /// A server wrote the URI: a download begins, or an empty one ends what was.
    fn uri_written(&mut self, n: usize, at: Path) {
        let Some(package) = self.packages.list.get(n) else { return };
        let (kind, protocols) = (package.kind, package.protocols);
        let (idle, pulls) = (package.phase == Phase::Idle, package.delivery != Delivery::Push);
        let applying = matches!(package.phase, Phase::Apply(_)) || package.is_installed();
        let uri = match self.store.text(at) {
            [] if applying => return,
            [] => return self.end(n, 0),
            text if idle => Uri::parse(text).map(|uri| (uri.protocol, uri.is_coap())),
            // The guard lets none through.
            _ => return,
        };
        let phase = match uri {
            Err(error) => return self.fail(n, error),
            Ok((protocol, _)) if !pulls || !protocols.contains(protocol) => {
                return self.fail(n, PackageError::UnsupportedProtocol);
            }
            Ok((_, true)) => Phase::Connect,
            Ok((_, false)) => Phase::Handed,
        };
        if let Some(package) = self.packages.list.get_mut(n) {
            package.forget();
        }
        self.enter(n, phase, kind.begun());
    }

    /// An execute of a package's resource; `None` if it is another.
    pub(in crate::client) fn execute_package(
        &mut self,
        path: Path,
        argument: Option<u8>,
    ) -> Option<Result<Answer, Code>> {
        let n = self.packages.find(path)?;
        let package = self.packages.list.get(n)?;
        let (phase, installed) = (package.phase, package.is_installed());
        let refused = Some(Err(Code::METHOD_NOT_ALLOWED));
        let (step, result) = match (package.path().object_id()?, path.resource_id()?) {
            #[cfg(feature = "firmware-update")]
            (5, firmware::UPDATE) if phase == Phase::Ready => (PackageStep::Update, 0),
            #[cfg(feature = "firmware-update")]
            (5, firmware::CANCEL) => {
                let stoppable =
                    package.is_under_way() || matches!(phase, Phase::Verify | Phase::Ready);
                if !stoppable {
                    return refused;
                }
                self.end(n, firmware::CANCELLED);
                return Some(Ok(Answer::Code(Code::CHANGED)));
            }
            #[cfg(feature = "firmware-update")]
            (5, firmware::UPDATE) => return refused,
            #[cfg(feature = "software-management")]
            (9, id) => {
                let step = match id {
                    software::INSTALL if !installed => PackageStep::Install,
                    software::UNINSTALL if argument == Some(1) => PackageStep::UninstallForUpdate,
                    software::UNINSTALL => PackageStep::Uninstall,
                    software::ACTIVATE if installed => PackageStep::Activate,
                    software::DEACTIVATE if installed => PackageStep::Deactivate,
                    software::INSTALL | software::ACTIVATE | software::DEACTIVATE => {
                        return refused;
                    }
                    _ => return None,
                };
                if phase != Phase::Ready {
                    return refused;
                }
                let result = package.kind.resources().result;
                let result = self.store.unsigned(package.resource(result)).unwrap_or(0);
                (step, u8::try_from(result).unwrap_or(0))
            }
            _ => return None,
        };
        let _ = (installed, argument);
        self.enter(n, Phase::Apply(step), result);
        Some(Ok(Answer::Code(Code::CHANGED)))
    }
}
