//! Observations (Core 6.4, 5.1.2): which server watches what, and when it is told.

use coap_core::{Code, ContentFormat, ObserverId, OptionWriter, Response};
use m2m_base::Instant;

use super::dispatch::{Body, is_numeric, number};
use super::{BREATH, Client, NotificationAttributes};
use crate::{Path, Value, object};

/// Resources of the Server object that hold for observations.
const DEFAULT_PMIN: u16 = 2;
const DEFAULT_PMAX: u16 = 3;
const NOTIFICATION_MODE: u16 = 26;

/// One server watches one path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub(super) id: ObserverId,
    /// When there is something to do; [`Instant::FAR`] for never.
    pub(super) due: Instant,
    /// When the server was told last.
    sent: Instant,
    /// The number that it was told; NaN for what is no number.
    value: f64,
    /// Checksum of the payload that it was told.
    sum: u32,
    path: Path,
    format: ContentFormat,
    account: u8,
    /// Something at or below the path was set and has not been looked at.
    touched: bool,
    /// A change is worth a notification and waits for the minimum period.
    triggered: bool,
}

impl Client {
    /// A server observes `path` and was told its state just now.
    pub(super) fn observed(
        &mut self,
        now: Instant,
        id: ObserverId,
        account: usize,
        path: Path,
        format: ContentFormat,
        sum: u32,
    ) {
        // There is room for as many observers as the endpoint has, and one that is just replaced.
        if self.observations.len() >= self.observations.capacity() {
            return self.endpoint.remove_observer(id);
        }
        let account = number(account);
        let due = self.effective(account, path).due(now, false).unwrap_or(Instant::FAR);
        let value = self.number_at(path);
        self.observations.push(Observation {
            id,
            due,
            sent: now,
            value,
            sum,
            path,
            format,
            account,
            touched: false,
            triggered: false,
        });
    }

    /// The single number at `path`; NaN if there is none.
    #[allow(clippy::cast_precision_loss, reason = "attributes compare as decimal numbers")]
    fn number_at(&self, path: Path) -> f64 {
        match self.store.get(path) {
            Some(Value::Integer(n) | Value::Time(n)) => n as f64,
            Some(Value::Unsigned(n)) => n as f64,
            Some(Value::Float(n)) => n,
            _ => f64::NAN,
        }
    }

    /// What holds for a server's observation of `path`: attached attributes, then the defaults of
    /// the account.
    fn effective(&self, account: u8, path: Path) -> NotificationAttributes {
        let seconds = |id| {
            let default = self.server_resource(account.into(), id);
            self.store.unsigned(default).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        let defaults = NotificationAttributes {
            pmin: seconds(DEFAULT_PMIN),
            pmax: seconds(DEFAULT_PMAX),
            ..NotificationAttributes::default()
        };
        let attached = self.attached.effective(account, path).inheriting(&defaults);
        let numeric = self.store.get(path).is_some_and(|value| is_numeric(value.data_type()));
        if numeric {
            attached
        } else {
            // They were attached to what is above a number, or to what is none any more.
            NotificationAttributes { gt: None, lt: None, st: None, ..attached }
        }
    }

    /// Something at or below `path` is not what it was.
    pub(super) fn touch(&mut self, path: Path) {
        for observation in &mut self.observations {
            if path.starts_with(observation.path) || observation.path.starts_with(path) {
                observation.touched = true;
            }
            // The defaults of an account may have changed.
            if path.object_id() == Some(object::SERVER.id) {
                observation.touched = true;
            }
        }
    }

    /// A server attached or detached attributes at `path`.
    pub(super) fn attributes_changed(&mut self, now: Instant, account: u8, path: Path) {
        for at in 0..self.observations.len() {
            let Some(observation) = self.observations.get(at).copied() else { continue };
            if observation.account != account || !observation.path.starts_with(path) {
                continue;
            }
            self.reschedule(now, at);
        }
    }

    fn reschedule(&mut self, now: Instant, at: usize) {
        let Some(observation) = self.observations.get(at).copied() else { return };
        let attributes = self.effective(observation.account, observation.path);
        let due = attributes.due(observation.sent, observation.triggered);
        if let Some(observation) = self.observations.get_mut(at) {
            // A period that is over already ends now.
            observation.due = due.map_or(Instant::FAR, |due| due.max(now));
        }
    }

    /// Ends all observations of an account.
    pub(super) fn drop_observations(&mut self, account: u8) {
        for observation in self.observations.iter().filter(|o| o.account == account) {
            self.endpoint.remove_observer(observation.id);
        }
        self.observations.retain(|o| o.account != account);
    }

    /// Looks at what was touched and tells what is due.
    pub(super) fn run_observations(&mut self, now: Instant) {
        if self.store.is_staging() {
            return;
        }
        let mut at = 0;
        while let Some(observation) = self.observations.get(at).copied() {
            if observation.touched {
                self.look(now, at, &observation);
            }
            let due = self.observations.get(at).is_some_and(|o| o.due <= now);
            if due && !self.notify(now, at) {
                self.observations.remove(at);
            } else {
                at = at.saturating_add(1);
            }
        }
    }

    /// Decides whether a change is worth a notification.
    fn look(&mut self, now: Instant, at: usize, observation: &Observation) {
        let attributes = self.effective(observation.account, observation.path);
        let new = self.number_at(observation.path);
        let gone = self.store.check_read(observation.path).is_err();
        let worth = if gone || new.is_nan() || observation.value.is_nan() {
            true
        } else {
            attributes.is_triggered(observation.value, new)
        };
        if let Some(observation) = self.observations.get_mut(at) {
            observation.touched = false;
            observation.triggered |= worth;
        }
        self.reschedule(now, at);
    }

    /// Tells a server the state of what it observes, unless that was the reason and it is what the
    /// server was told last. False if the observation is over.
    fn notify(&mut self, now: Instant, at: usize) -> bool {
        let Some(observation) = self.observations.get(at).copied() else { return false };
        let Observation { id, account, path, format, .. } = observation;
        if let Err(code) = self.store.check_read(path) {
            let _ = self.endpoint.notify(now, id, &Response::new(code));
            return false;
        }
        let attributes = self.effective(account, path);
        let body = Body::Read(path, format);
        let (piece, len) = match self.make_body(account.into(), body, None) {
            Ok(made) => made,
            Err(code) => {
                let _ = self.endpoint.notify(now, id, &Response::new(code));
                return false;
            }
        };
        let periodic = attributes.due(observation.sent, false).is_some_and(|due| due <= now);
        if !periodic && piece.etag == observation.sum {
            if let Some(observation) = self.observations.get_mut(at) {
                observation.triggered = false;
            }
            self.reschedule(now, at);
            return true;
        }
        let mut buf = [0; 4];
        let mut options = OptionWriter::new(&mut buf);
        let _ = options.content_format(format);
        let mode = self.server_resource(account.into(), NOTIFICATION_MODE);
        let response = Response {
            options: options.options(),
            payload: self.scratch.get(..len).unwrap_or(&[]),
            // Confirmable, unless the server wants it otherwise: then the last state arrives.
            confirmable: self.store.unsigned(mode) != Some(0),
            piece: Some(piece),
            ..Response::new(Code::CONTENT)
        };
        match self.endpoint.notify(now, id, &response) {
            Ok(()) => {
                let value = self.number_at(path);
                if let Some(observation) = self.observations.get_mut(at) {
                    observation.sent = now;
                    observation.value = value;
                    observation.sum = piece.etag;
                    observation.triggered = false;
                }
                self.reschedule(now, at);
                true
            }
            Err(coap_core::UsageError::Full) => {
                if let Some(observation) = self.observations.get_mut(at) {
                    observation.due = now + BREATH;
                }
                true
            }
            Err(_) => {
                self.endpoint.remove_observer(id);
                false
            }
        }
    }
}
