//! What must survive a restart, as records of key and value: registrations, observations,
//! operations that wait for clients in queue mode, profiles.
//!
//! | key (highest byte, rest) | value |
//! |---|---|
//! | 1, slot | a profile |
//! | 2, slot | a registration |
//! | 3, slot | an observation |
//! | 4, number | an operation |
//!
//! Each value begins with [`FORMAT`]; numbers are big-endian. The order of the keys brings back
//! what others refer to before those.

use super::accepted::Accepted;
use super::event::{ObservationId, RegistrationId};
use super::operation::Kind;
use super::profile::Known;
use super::{Instant, Server};
use crate::path::Path;
use alloc::vec::Vec;
use coap_core::ContentFormat;
use m2m_base::container::Handle;

/// A change of what is kept: puts `value` under `key`, or deletes what is there.
///
/// All records that are there are to be committed before datagrams are polled for (until they were
/// taken, [`Server::poll_transmit`] gives none), so that what a client was told is true after a
/// restart as well. Give the kept pairs back with [`Server::restore`] in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The key.
    pub key: u64,
    /// The bytes; `None` deletes.
    pub value: Option<Vec<u8>>,
}

/// Bytes that are no record, that do not fit to those before, or for which there is no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("record {key} cannot be restored")]
pub struct RestoreError {
    /// The key.
    pub key: u64,
}

/// The first byte of each value.
pub(super) const FORMAT: u8 = 2;

/// What a record is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    Profile = 1,
    Registration = 2,
    Observation = 3,
    Operation = 4,
}

impl Of {
    /// Bits of the number in a key.
    const BITS: u32 = 56;

    pub(super) fn key(self, number: u64) -> u64 {
        (self as u64) << Of::BITS | number
    }

    /// What a key is of, and the number in it.
    pub(super) fn split(key: u64) -> Option<(Of, u64)> {
        let all = [Of::Profile, Of::Registration, Of::Observation, Of::Operation];
        let of = all.into_iter().find(|of| *of as u64 == key >> Of::BITS)?;
        Some((of, key & ((1 << Of::BITS) - 1)))
    }
}

/// No time is known.
pub(super) const TIMELESS: i64 = i64::MIN;

/// A content format that may be none.
pub(super) fn format_bits(format: Option<ContentFormat>) -> [u8; 3] {
    let [high, low] = format.map_or(0, |f| f.0).to_be_bytes();
    [u8::from(format.is_some()), high, low]
}

/// A path: its level and its IDs.
fn path_bytes(path: Path) -> ([u8; 9], usize) {
    let mut bytes = [0; 9];
    let ids = path.ids();
    let ids = ids.iter().flat_map(|id| id.to_be_bytes());
    let all = core::iter::once(path.level() as u8).chain(ids);
    let mut len = 0;
    for (place, byte) in bytes.iter_mut().zip(all) {
        *place = byte;
        len += 1;
    }
    (bytes, len)
}

impl Server {
    /// The next record to keep, with [`super::Config::journal`]. See [`Record`].
    pub fn poll_journal(&mut self) -> Option<Record> {
        let record =
            self.journal.pop(|key, value| Record { key, value: value.map(<[u8]>::to_vec) })?;
        self.catch_up();
        Some(record)
    }

    /// Gives all records that [`Server::poll_journal`] would, without a copy of each: keys, and
    /// values or that there is none any more.
    pub fn take_journal(&mut self, take: &mut dyn FnMut(u64, Option<&[u8]>)) {
        while self.journal.pop(&mut *take).is_some() {
            if self.journal.is_empty() {
                self.catch_up();
            }
        }
    }

    /// Takes something out of the journal.
    pub(super) fn unkeep(&mut self, of: Of, number: u64) {
        if self.config.journal {
            let _ = self.journal.push(of.key(number), None);
        }
    }

    /// A time of this run by the wall clock.
    fn wall_time(&self, at: i64) -> i64 {
        self.wall.map_or(TIMELESS, |wall| at.saturating_add(wall))
    }

    /// Writes a registration into the journal. False if there is no memory for it.
    pub(super) fn keep_registration(&mut self, id: RegistrationId) -> bool {
        if !self.config.journal {
            return true;
        }
        let Some(record) = self.registry.get(id) else { return true };
        let head = [FORMAT, record.version as u8, record.binding.bits(), record.formats.bits()];
        let flags = u8::from(record.identified) | u8::from(record.protected) << 1;
        let flags = [flags, record.text.name, record.text.root];
        let registered = self.wall_time(record.registered).to_be_bytes();
        let updated = self.wall_time(record.last_update).to_be_bytes();
        let parts: [&[u8]; 10] = [
            &head,
            &flags,
            &record.text.parameters.to_be_bytes(),
            &record.tag.to_be_bytes(),
            &record.lifetime.to_be_bytes(),
            &record.parent.to_be_bytes(),
            &record.peer.0.to_be_bytes(),
            &registered,
            &updated,
            &record.text.bytes,
        ];
        self.journal.push(Of::Registration.key(id.0.index().into()), Some(&parts)).is_ok()
    }

    /// The slot and the tag of a registration, which name it in records of what belongs to it.
    fn name_of(&self, id: RegistrationId) -> [u8; 8] {
        let tag = self.registry.get(id).map_or(0, |r| r.tag);
        let mut name = [0; 8];
        let bytes = id.0.index().to_be_bytes().into_iter().chain(tag.to_be_bytes());
        for (place, byte) in name.iter_mut().zip(bytes) {
            *place = byte;
        }
        name
    }

    /// Writes an observation into the journal: with its token if it is established, without if it
    /// is to be set up anew.
    pub(super) fn keep_observation(&mut self, id: ObservationId) {
        if !self.config.journal {
            return;
        }
        let Some(observed) = self.observations.get(id.0) else { return };
        let token = observed.request.and_then(|r| self.coap.token_of(r)).unwrap_or(&[]);
        let token_len = [u8::try_from(token.len()).unwrap_or(0)];
        let (path, path_len) = path_bytes(observed.path);
        let name = self.name_of(observed.registration);
        let accept = format_bits(observed.accept);
        let parts: [&[u8]; 7] = [
            &[FORMAT],
            &name,
            &accept,
            path.get(..path_len).unwrap_or(&[]),
            &token_len,
            token,
            observed.detail.as_bytes(),
        ];
        // Without memory for it the observation does not survive a restart.
        let _ = self.journal.push(Of::Observation.key(id.0.index().into()), Some(&parts));
    }

    /// Writes an operation into the journal if it waits for a client in queue mode.
    pub(super) fn keep_operation(&mut self, handle: Handle, deadline: Instant) -> bool {
        if !self.config.journal {
            return true;
        }
        let Some(operation) = self.operations.get(handle) else { return true };
        let id = operation.registration;
        let Some(code) = kind_code(operation.kind) else { return true };
        if !self.is_queue_mode(id) {
            return true;
        }
        let left = deadline.since(self.now).as_millis().to_be_bytes();
        let ends = i64::try_from(deadline.as_millis()).map_or(TIMELESS, |at| self.wall_time(at));
        let detail = match operation.kind {
            Kind::Cancel(observation) => self.observations.get(observation.0).map(|o| &o.detail),
            _ => None,
        };
        let detail = detail.unwrap_or(&operation.detail).as_bytes();
        let Ok(detail_len) = u32::try_from(detail.len()) else { return false };
        let (path, path_len) = path_bytes(operation.path);
        let name = self.name_of(id);
        let parts: [&[u8]; 11] = [
            &[FORMAT],
            &name,
            &[code, u8::from(operation.chosen)],
            &format_bits(operation.format),
            &format_bits(operation.accept),
            &left,
            &ends.to_be_bytes(),
            path.get(..path_len).unwrap_or(&[]),
            &detail_len.to_be_bytes(),
            detail,
            &operation.payload,
        ];
        let number = operation.number;
        let kept = self.journal.push(Of::Operation.key(number), Some(&parts)).is_ok();
        if let Some(operation) = self.operations.get_mut(handle).filter(|_| kept) {
            operation.kept = true;
        }
        kept
    }

    /// An operation is over, or must not be sent again after a restart.
    pub(super) fn unkeep_operation(&mut self, operation: &Accepted) {
        if operation.kept {
            self.unkeep(Of::Operation, operation.number);
        }
    }

    /// Writes a profile into the journal.
    pub(super) fn keep_profile(&mut self, slot: u32) {
        if !self.config.journal {
            return;
        }
        let Some(profile) = self.profiles.at(slot) else { return };
        let Known { id, root, links, formats, trusted } = profile;
        let lengths = [
            u8::try_from(id.len()).unwrap_or(u8::MAX),
            u8::try_from(root.len()).unwrap_or(u8::MAX),
            u8::from(*trusted),
            u8::from(formats.is_some()),
            formats.map_or(0, |f| f.bits()),
        ];
        let parts: [&[u8]; 5] = [&[FORMAT], &lengths, id, root, links];
        let _ = self.journal.push(Of::Profile.key(slot.into()), Some(&parts));
    }
}

/// Depths of Discover in codes of operations: none, 0 to 3.
const DISCOVER: u8 = 16;

/// An operation's kind as a number; `None` for what the server asks for by itself.
fn kind_code(kind: Kind) -> Option<u8> {
    Some(match kind {
        Kind::Read => 1,
        Kind::Replace => 2,
        Kind::Update => 3,
        Kind::Execute => 4,
        Kind::Create => 5,
        Kind::Delete => 6,
        Kind::WriteAttributes => 7,
        Kind::ReadComposite => 8,
        Kind::WriteComposite => 9,
        Kind::Observe(_) => 10,
        Kind::Cancel(_) => 11,
        Kind::Discover(depth) => DISCOVER + depth.map_or(0, |d| d.min(3).saturating_add(1)),
        Kind::Refresh(_) | Kind::Survey => return None,
    })
}

/// The kind of a number; observations are named by `observation`.
pub(super) fn kind_of(code: u8, observation: Option<ObservationId>) -> Option<Kind> {
    Some(match code {
        1 => Kind::Read,
        2 => Kind::Replace,
        3 => Kind::Update,
        4 => Kind::Execute,
        5 => Kind::Create,
        6 => Kind::Delete,
        7 => Kind::WriteAttributes,
        8 => Kind::ReadComposite,
        9 => Kind::WriteComposite,
        10 => Kind::Observe(observation.unwrap_or(ObservationId(Handle::from_bits(0)))),
        11 => Kind::Cancel(observation?),
        DISCOVER => Kind::Discover(None),
        17..=20 => Kind::Discover(Some(code.saturating_sub(DISCOVER + 1))),
        _ => return None,
    })
}
