//! What must survive a restart.

use super::Cse;
use super::store::{Flags, Node, Slot};
use crate::ResourceType;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::Reader;

/// A change of what is kept: puts `value` under `key`, or deletes what is there. All records that
/// are there when a response is polled are to be committed before it is sent.
///
/// Give the kept pairs back with [`Cse::restore`] in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The key.
    pub key: u64,
    /// The bytes; `None` deletes.
    pub value: Option<Vec<u8>>,
}

/// Bytes that are no record, or that do not fit to those before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("record {key} cannot be restored")]
pub struct RestoreError {
    /// The key.
    pub key: u64,
}

/// Marks keys of what is no resource; numbers of resources are smaller.
const KEPT: u64 = 1 << 62;

/// What a key with that mark is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A notification that waits.
    Notification = 0,
    /// A request that waits for its target.
    Errand = 1,
    /// The statistics of the subscription of that number.
    Statistics = 2,
}

/// The key of number `number` of a kind.
pub(super) const fn kept_key(kind: Kind, number: u64) -> u64 {
    KEPT | (kind as u64) << KIND_AT | number & NUMBER
}

const KIND_AT: u32 = 56;
const NUMBER: u64 = (1 << KIND_AT) - 1;

/// Key of the number up to which numbers may have been given out.
const RESERVED: u64 = 0;

impl Cse {
    /// Writes a resource into the journal.
    pub(super) fn keep(&mut self, slot: Slot) {
        if !self.config.journal {
            return;
        }
        let Some(node) = self.store.get(slot) else { return };
        let owner = self.store.owners.text(node.owner);
        let parent = self.store.get(node.parent).map_or(0, |parent| parent.number);
        let mut out = Vec::with_capacity(56 + owner.len() + node.text.len());
        out.extend_from_slice(&node.type_number().to_le_bytes());
        out.push(node.flags.without(Flags::LABELLED).without(Flags::DETACHED).bits());
        for number in [node.created, node.modified, node.expires] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&parent.to_le_bytes());
        out.extend_from_slice(&node.size.to_le_bytes());
        out.extend_from_slice(&node.state_tag.to_le_bytes());
        out.extend_from_slice(&u32::try_from(owner.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(owner.as_bytes());
        out.extend_from_slice(node.text.as_bytes());
        let record = Record { key: node.number, value: Some(out) };
        self.journal.push_back(record);
    }

    /// Takes a resource out of the journal.
    pub(super) fn forget(&mut self, number: u64) {
        if self.config.journal {
            self.journal.push_back(Record { key: number, value: None });
        }
    }

    pub(super) fn keep_reserved(&mut self) {
        if self.config.journal {
            let value = Some(self.reserved.to_le_bytes().to_vec());
            self.journal.push_back(Record { key: RESERVED, value });
        }
    }

    /// Gives back what was kept under a key. To be called after [`Cse::new`] in ascending order of
    /// the keys, then [`Cse::finish_restore`].
    ///
    /// A resource whose parent is gone (its subtree was not taken apart in time) is passed over
    /// and taken out of the journal.
    ///
    /// # Errors
    /// [`RestoreError`]; the CSE is as before.
    pub fn restore(&mut self, key: u64, value: &[u8]) -> Result<(), RestoreError> {
        let error = RestoreError { key };
        if key == RESERVED {
            let bytes: [u8; 8] = value.try_into().map_err(|_| error)?;
            self.reserved = u64::from_le_bytes(bytes);
            self.store.skip_numbers(self.reserved);
            return Ok(());
        }
        if key & KEPT != 0 {
            let number = key & NUMBER;
            let known = match (key & !KEPT) >> KIND_AT {
                0 => self.restore_waiting(key, number, value),
                1 => self.restore_errand(number, value),
                2 => {
                    self.restored_counts.push((number, value.into()));
                    true
                }
                _ => false,
            };
            return if known { Ok(()) } else { Err(error) };
        }
        let (mut node, parent, owner) = read(key, value).ok_or(error)?;
        if key == 1 || self.store.by_number(key).is_some() {
            return Err(error);
        }
        let Some(parent) = self.store.by_number(parent) else {
            self.forget(key);
            return Ok(());
        };
        node.owner = self.store.owners.take(&owner);
        let (expires, state_tag) = (node.expires, node.state_tag);
        let instance = node.resource_type().is_instance();
        let slot = self.store.insert(parent, node).ok_or(error)?;
        self.store.set_deadline(slot, expires);
        if instance && let Some(parent) = self.store.get_mut(parent) {
            parent.state_tag = parent.state_tag.max(state_tag);
        }
        Ok(())
    }

    /// To be called when everything was given back: access rights and limits, which may lie
    /// further on than the resources that refer to them, are made ready.
    pub fn finish_restore(&mut self) {
        let all: Vec<Slot> = self.store.branches().collect();
        for slot in &all {
            let ty = self.store.get(*slot).map(Node::resource_type);
            if ty == Some(ResourceType::AccessControlPolicyAnnc) {
                self.note_announced_policy(*slot);
            }
        }
        for slot in all {
            self.equip(slot);
            self.rearm(slot);
            self.resume(slot);
            self.watch_series(slot);
            if self.store.get(slot).is_some_and(|node| node.flags.has(Flags::ANNOUNCED)) {
                self.announce(slot);
            }
        }
        self.resume_waiting();
    }
}

fn read(key: u64, value: &[u8]) -> Option<(Node, u64, String)> {
    let mut reader = Reader::new(value);
    let mut word = |len: usize| {
        let bytes = reader.take(len).ok()?;
        Some(bytes.iter().rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte)))
    };
    let ty = ResourceType::from_number(u32::try_from(word(2)?).ok()?);
    let flags = Flags::from_bits(u8::try_from(word(1)?).ok()?);
    let mut time = || Some(i64::from_le_bytes(word(8)?.to_le_bytes()));
    let (created, modified, expires) = (time()?, time()?, time()?);
    let parent = word(8)?;
    let size = u32::try_from(word(4)?).ok()?;
    let state_tag = u32::try_from(word(4)?).ok()?;
    let owner = usize::try_from(word(4)?).ok()?;
    let owner = String::from_utf8(reader.take(owner).ok()?.to_vec()).ok()?;
    let text = String::from_utf8(reader.rest().to_vec()).ok()?;
    if flags.has(Flags::FREE) || flags.has(Flags::DETACHED) || parent >= key {
        return None;
    }
    let mut node = Node::new(ty, key, text.into());
    (node.created, node.modified, node.expires) = (created, modified, expires);
    (node.flags, node.size, node.state_tag) = (flags, size, state_tag);
    Some((node, parent, owner))
}
