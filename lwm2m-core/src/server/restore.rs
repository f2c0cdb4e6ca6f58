//! Takes back what the journal kept.

use super::Server;
use super::accepted::Accepted;
use super::config::boxed;
use super::detail::Detail;
use super::event::{EndReason, ObservationId, RegistrationId};
use super::journal::{FORMAT, Of, RestoreError, TIMELESS, kind_of};
use super::links::Formats;
use super::observation::Observed;
use super::operation::Kind;
use super::parameters::Binding;
use super::profile::Known;
use super::registry::{self, NONE, New, Text};
use crate::object::Version;
use crate::path::Path;
use coap_core::{ContentFormat, Request};
use m2m_base::{Duration, Instant, PeerId, Reader};

/// Numbers of a value, front to back.
struct Fields<'a>(Reader<'a>);

impl<'a> Fields<'a> {
    fn new(value: &'a [u8]) -> Option<Fields<'a>> {
        let mut fields = Fields(Reader::new(value));
        (fields.u8()? == FORMAT).then_some(fields)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.0.take(N).ok()?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.0.u8().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.0.u16().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        self.0.take(len).ok()
    }

    fn format(&mut self) -> Option<Option<ContentFormat>> {
        let there = self.flag()?;
        let number = self.u16()?;
        Some(there.then_some(ContentFormat(number)))
    }

    fn path(&mut self) -> Option<Path> {
        let levels = self.u8()?;
        let mut path = Path::ROOT;
        for _ in 0..levels {
            path = path.child(self.u16()?)?;
        }
        Some(path)
    }
}

impl Server {
    /// Takes back what was kept under a key. To be called after [`Server::new`] in ascending order
    /// of the keys, then [`Server::finish_restore`]; nothing is asked of the server between.
    ///
    /// Peers have the numbers that they had. By the wall clock, if it was set before and now
    /// ([`Server::set_wall_clock`]), lifetimes end when they would have ended, at most a sixteenth
    /// of each later (not every Update makes a record) and never sooner, and operations have until
    /// the time that they had. Without it lifetimes begin anew. What belongs to a registration that is not
    /// there is passed over and taken out of the journal.
    ///
    /// # Errors
    /// [`RestoreError`]; the server is as before.
    pub fn restore(&mut self, now: Instant, key: u64, value: &[u8]) -> Result<(), RestoreError> {
        self.now = self.now.max(now);
        let restored = Of::split(key).and_then(|(of, number)| match of {
            Of::Profile => self.restore_profile(u32::try_from(number).ok()?, value),
            Of::Registration => self.restore_registration(u32::try_from(number).ok()?, value),
            Of::Observation => self.restore_observation(u32::try_from(number).ok()?, value),
            Of::Operation => self.restore_operation(number, value),
        });
        restored.ok_or(RestoreError { key })
    }

    /// To be called when everything was given back.
    pub fn finish_restore(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.profiles.relink();
        self.observations.relink();
        for slot in 0..self.registry.relink() {
            if let Some(orphan) = self.registry.adopt(slot) {
                self.end_registration(self.now, orphan, EndReason::Gateway);
            }
        }
        self.advance();
    }

    fn restore_profile(&mut self, slot: u32, value: &[u8]) -> Option<()> {
        let mut fields = Fields::new(value)?;
        let (id, root) = (usize::from(fields.u8()?), usize::from(fields.u8()?));
        let trusted = fields.flag()?;
        let announced = fields.flag()?;
        let formats = Formats::from_bits(fields.u8()?);
        let id = boxed(&[fields.bytes(id)?]).ok()?;
        core::str::from_utf8(&id).ok()?;
        let root = boxed(&[fields.bytes(root)?]).ok()?;
        core::str::from_utf8(&root).ok()?;
        let links = boxed(&[fields.0.rest()]).ok()?;
        let formats = announced.then_some(formats);
        self.profiles.restore(slot, Known { id, root, links, formats, trusted })
    }

    fn restore_registration(&mut self, slot: u32, value: &[u8]) -> Option<()> {
        let mut fields = Fields::new(value)?;
        let version = match fields.u8()? {
            0 => Version::V1_0,
            1 => Version::V1_1,
            2 => Version::V1_2,
            _ => return None,
        };
        let binding = Binding::from_bits(fields.u8()?);
        let formats = Formats::from_bits(fields.u8()?);
        let flags = fields.u8().filter(|flags| *flags < 4)?;
        let (identified, protected) = (flags & 1 != 0, flags & 2 != 0);
        let (name, root, parameters) = (fields.u8()?, fields.u8()?, fields.u16()?);
        let (tag, lifetime, parent) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let peer = PeerId(fields.u64()?);
        let (registered, updated) = (fields.i64()?, fields.i64()?);
        let bytes = fields.0.rest();
        let heads = usize::from(name).checked_add(root.into())?.checked_add(parameters.into())?;
        if name == 0 || heads > bytes.len() || bytes.len() > usize::from(u16::MAX) {
            return None;
        }
        let text = Text { bytes: boxed(&[bytes]).ok()?, name, root, parameters };
        core::str::from_utf8(text.name()).ok()?;
        core::str::from_utf8(text.root()).ok()?;
        let new =
            New { text, peer, lifetime, version, binding, formats, identified, protected, parent };
        let mut record = new.record(self.now, tag);
        // Nobody knows whether it listens.
        record.asleep = true;
        if let Some(wall) = self.wall.filter(|_| registered != TIMELESS) {
            record.registered = registered.saturating_sub(wall);
        }
        if let Some(wall) = self.wall.filter(|_| updated != TIMELESS) {
            // It may have been updated since without a record. A wall clock that was set back does
            // not make a lifetime longer than it is.
            let latest = updated.saturating_sub(wall).saturating_add(registry::span(lifetime));
            record.last_update = latest.min(record.last_update);
        }
        record.restored = true;
        self.registry.restore(slot, record).map(|_| ())
    }

    /// The registration that a record belongs to.
    fn owner(&self, fields: &mut Fields<'_>) -> Option<Option<RegistrationId>> {
        let (slot, tag) = (fields.u32()?, fields.u32()?);
        let id = self.registry.id_at(slot);
        Some(id.filter(|id| self.registry.get(*id).is_some_and(|r| r.tag == tag)))
    }

    fn restore_observation(&mut self, slot: u32, value: &[u8]) -> Option<()> {
        let mut fields = Fields::new(value)?;
        let owner = self.owner(&mut fields)?;
        let accept = fields.format()?;
        let path = fields.path()?;
        let token_len = fields.u8()?;
        let token = fields.bytes(token_len.into())?;
        let detail = Detail::restore(fields.0.rest())?;
        if token.len() > 8 || (path == Path::ROOT) == detail.packed_paths().is_empty() {
            return None;
        }
        let Some(registration) = owner else {
            self.unkeep(Of::Observation, slot.into());
            return Some(());
        };
        let observed = Observed {
            registration,
            path,
            accept,
            detail,
            request: None,
            cancelling: None,
            pending: 0,
            next: NONE,
            previous: NONE,
        };
        let handle = self.observations.insert_at(slot, observed).ok()?;
        if !self.link_observation(handle) {
            self.observations.remove(handle);
            return None;
        }
        let id = ObservationId(handle);
        if token.is_empty() || self.resume(id, token).is_none() {
            self.renew_observation(self.now, id);
        }
        Some(())
    }

    /// Takes an observation up where it was.
    fn resume(&mut self, id: ObservationId, token: &[u8]) -> Option<()> {
        let asked = self.renewal(id)?;
        // The request of a protected one is known to its context of before alone.
        let record = self.registry.get(asked.registration).filter(|r| !r.protected)?;
        let root = core::str::from_utf8(record.text.root()).ok()?;
        let mut buf = [0; super::schedule::OPTIONS];
        let options = asked.options(root, &mut buf).ok()?;
        let request = Request {
            options: options.options(),
            payload: &asked.payload,
            observe: true,
            token: Some(token),
            ..Request::new(asked.method())
        };
        let request = self.coap.resume_observation(self.now, record.peer, &request).ok()?;
        if !self.attach(id, request) {
            let _ = self.coap.cancel(self.now, request, coap_core::Cancel::Forget);
            return None;
        }
        Some(())
    }

    fn restore_operation(&mut self, number: u64, value: &[u8]) -> Option<()> {
        let mut fields = Fields::new(value)?;
        let owner = self.owner(&mut fields)?;
        let (code, chosen) = (fields.u8()?, fields.flag()?);
        let (format, accept) = (fields.format()?, fields.format()?);
        let (left, ends) = (fields.u64()?, fields.i64()?);
        let path = fields.path()?;
        let detail_len = usize::try_from(fields.u32()?).ok()?;
        let detail = Detail::restore(fields.bytes(detail_len)?)?;
        let payload = boxed(&[fields.0.rest()]).ok()?;
        let observation = owner.and_then(|id| self.find_observed(id, path, detail.packed_paths()));
        let (Some(id), Some(kind)) = (owner, kind_of(code, observation)) else {
            self.unkeep(Of::Operation, number);
            // What cancels an observation that is no more has nothing to do; other numbers that
            // stand for no kind are wrong.
            return (owner.is_none() || kind_of(code, Some(ObservationId::from_bits(0))).is_some())
                .then_some(());
        };
        if !kind.levels().contains(&path.level()) {
            return None;
        }
        let detail = if matches!(kind, Kind::Cancel(_)) { Detail::default() } else { detail };
        let blank = Accepted::blank(id, kind, path);
        let mut accepted =
            Accepted { format, accept, chosen, payload, detail, number, kept: true, ..blank };
        if let Kind::Observe(_) = kind {
            accepted.kind = Kind::Observe(self.observation_for(&accepted).ok()?);
        }
        let kind = accepted.kind;
        let left = match self.wall.filter(|_| ends != TIMELESS) {
            Some(wall) => {
                let at = u64::try_from(ends.saturating_sub(wall)).unwrap_or(0);
                Instant::from_millis(at).max(self.now)
            }
            None => self.now + Duration::from_millis(left),
        };
        if self.enqueue(id, accepted, left).is_err() {
            self.drop_unused_observation(kind);
            return None;
        }
        self.mark_ready(id);
        self.next_operation = self.next_operation.max(number.saturating_add(1));
        self.counters.operations = self.counters.operations.wrapping_add(1);
        Some(())
    }
}
