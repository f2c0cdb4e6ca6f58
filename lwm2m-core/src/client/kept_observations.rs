//! Observations over a restart, as far as something is kept for their servers (`kept.rs`).
//!
//! After a restart there is nobody to tell, for the observations went with it: what came back waits
//! as in `lost.rs` until its server observes the same again, which it does because the client
//! registers.

use m2m_base::{Full, Instant, Reader, Sink};

use super::attributes::Attribute;
use super::dispatch::number;
use super::observe::{Observation, own_path};
use super::{Client, UsageError};
use crate::Path;

impl Client {
    /// A Register of before a restart may still arrive, and make the server forget what it observed
    /// since.
    pub(super) fn has_restarted(&self, now: Instant) -> bool {
        let lasts = self.endpoint.parameters().exchange_lifetime();
        self.history.numbers.restored.is_some_and(|at| now.since(at) < lasts)
    }

    /// The observations that are kept, by their numbers.
    pub(super) fn kept_observations(&self) -> impl Iterator<Item = u16> {
        let kept = self.observations.iter().filter(|o| self.stores(o.account));
        kept.filter(|_| !self.history.numbers.is_off()).map(|o| o.serial)
    }

    /// An observation: its server, its format, its paths, its attributes.
    pub(super) fn write_observation(&self, serial: u16, sink: &mut dyn Sink) -> Result<(), Full> {
        let Some(observation) = self.observations.iter().find(|o| o.serial == serial) else {
            return Ok(());
        };
        let account = self.accounts.get(usize::from(observation.account));
        sink.put(&account.map_or(0, |account| account.ssid).to_be_bytes())?;
        sink.put(&observation.format.0.to_be_bytes())?;
        #[cfg(feature = "composite")]
        if observation.is_list {
            let paths = self.lists.paths(serial);
            sink.put(&u16::try_from(paths.len()).unwrap_or(0).to_be_bytes())?;
            for path in paths {
                write_path(*path, sink)?;
            }
            return self.write_own(observation, sink);
        }
        sink.put(&[0, 0])?;
        write_path(observation.path, sink)?;
        self.write_own(observation, sink)
    }

    fn write_own(&self, observation: &Observation, sink: &mut dyn Sink) -> Result<(), Full> {
        for (path, attribute, value) in self.attached.of(observation.account) {
            if path == own_path(observation.serial) {
                sink.put_u8(attribute.index())?;
                sink.put(&value)?;
            }
        }
        Ok(())
    }

    /// Takes one back: its server has to observe again.
    pub(super) fn restore_observation(
        &mut self,
        now: Instant,
        serial: u16,
        record: &[u8],
    ) -> Result<(), UsageError> {
        let taken = self.observations.iter().any(|o| o.serial == serial);
        if taken || serial == 0 {
            return Err(UsageError::Invalid);
        }
        if self.observations.len() >= self.observations.capacity() {
            return Err(UsageError::Full);
        }
        self.history.numbers.restored = Some(now);
        let restored = self.read_observation(now, serial, record);
        if restored.is_none() {
            self.forget_observation(Some(serial));
        }
        self.observations.push(restored.ok_or(UsageError::Invalid)?);
        self.observation = self.observation.max(serial);
        Ok(())
    }

    fn read_observation(
        &mut self,
        now: Instant,
        serial: u16,
        record: &[u8],
    ) -> Option<Observation> {
        let mut reader = Reader::new(record);
        let at = self.account(reader.u16().ok()?).ok()?;
        let format = coap_core::ContentFormat(reader.u16().ok()?);
        let paths = reader.u16().ok()?;
        let mut path = Path::ROOT;
        if paths == 0 {
            path = read_path(&mut reader)?;
        }
        #[cfg(feature = "composite")]
        for _ in 0..paths {
            if !self.lists.add(serial, read_path(&mut reader)?) {
                return None;
            }
        }
        #[cfg(not(feature = "composite"))]
        if paths > 0 {
            return None;
        }
        while !reader.is_empty() {
            let attribute = Attribute::from_index(reader.u8().ok()?)?;
            let value = reader.take(8).ok()?.try_into().ok()?;
            if !self.attached.put(number(at), own_path(serial), attribute, value) {
                return None;
            }
        }
        if let Some(account) = self.accounts.get_mut(at) {
            account.lost = now;
        }
        Some(Observation::lost(now, number(at), serial, path, format, paths > 0))
    }
}

/// A path: how many IDs, and these.
fn write_path(path: Path, sink: &mut dyn Sink) -> Result<(), Full> {
    sink.put_u8(path.level() as u8)?;
    for id in path.ids().iter() {
        sink.put(&id.to_be_bytes())?;
    }
    Ok(())
}

fn read_path(reader: &mut Reader<'_>) -> Option<Path> {
    let mut path = Path::ROOT;
    for _ in 0..reader.u8().ok()? {
        path = path.child(reader.u16().ok()?)?;
    }
    Some(path)
}
