//! Records that wait to be kept, one behind the other in one buffer: none of them is allocated.

use super::config::OutOfMemory;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// A buffer that has become larger is not kept for the next records.
const MOST_KEPT: usize = 4 << 20;

/// So many bytes that were taken make a move of the others worth while.
const ROOM: usize = 4096;

/// The key of a record, and the length of its value; `None` deletes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    len: Option<u32>,
}

/// Records that wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    entries: VecDeque<Entry>,
    bytes: Vec<u8>,
    /// The bytes in front of the oldest one's.
    taken: usize,
}

impl Backlog {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a record whose value is `parts`, one after the other. Without memory all is as before.
    pub(super) fn push(&mut self, key: u64, parts: Option<&[&[u8]]>) -> Result<(), OutOfMemory> {
        let len = parts.map(|parts| parts.iter().fold(0usize, |n, p| n.saturating_add(p.len())));
        let entry = match len.map(u32::try_from) {
            Some(Ok(len)) => Entry { key, len: Some(len) },
            Some(Err(_)) => return Err(OutOfMemory),
            None => Entry { key, len: None },
        };
        if self.taken >= ROOM && self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.entries.try_reserve(1).map_err(|_| OutOfMemory)?;
        self.bytes.try_reserve(len.unwrap_or(0)).map_err(|_| OutOfMemory)?;
        for part in parts.unwrap_or(&[]) {
            self.bytes.extend_from_slice(part);
        }
        self.entries.push_back(entry);
        Ok(())
    }

    /// Takes the oldest one; `take` sees its value.
    pub(super) fn pop<R>(&mut self, take: impl FnOnce(u64, Option<&[u8]>) -> R) -> Option<R> {
        let Entry { key, len } = self.entries.pop_front()?;
        let to = self.taken.saturating_add(len.unwrap_or(0) as usize);
        let value = len.map(|_| self.bytes.get(self.taken..to).unwrap_or(&[]));
        let result = take(key, value);
        self.taken = to;
        if self.entries.is_empty() {
            self.taken = 0;
            self.bytes.clear();
            if self.bytes.capacity() > MOST_KEPT {
                self.bytes = Vec::new();
            }
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn records_come_out_in_their_order_and_whole() {
        let mut backlog = Backlog::default();
        let mut seen = Vec::new();
        let mut take = |backlog: &mut Backlog| {
            backlog.pop(|key, value| seen.push((key, value.map(<[u8]>::to_vec)))).is_some()
        };
        for n in 0..10u8 {
            let value: [&[u8]; 3] = [&[n; 3], &[], &[n]];
            backlog.push(n.into(), (n % 3 > 0).then_some(&value)).unwrap();
            // They are not taken as fast as they come.
            if n % 2 == 0 {
                assert!(take(&mut backlog));
            }
        }
        assert_eq!(backlog.len(), 5);
        while take(&mut backlog) {}
        assert!(backlog.is_empty() && backlog.bytes.is_empty());
        let all: Vec<_> =
            (0..10u8).map(|n| (u64::from(n), (n % 3 > 0).then(|| vec![n; 4]))).collect();
        assert_eq!(seen, all);
    }

    #[test]
    fn one_that_is_never_empty_does_not_grow() {
        let mut backlog = Backlog::default();
        for key in 0..10_000u64 {
            backlog.push(key, Some(&[&key.to_be_bytes(), &[9; 92]])).unwrap();
            if let Some(oldest) = key.checked_sub(3) {
                let taken = backlog.pop(|key, value| (key, value.map(|v| v[..8].to_vec())));
                assert_eq!(taken, Some((oldest, Some(oldest.to_be_bytes().to_vec()))));
            }
        }
        assert!(backlog.bytes.capacity() <= 4 * ROOM);
    }

    #[test]
    fn a_buffer_that_became_large_is_given_back() {
        let mut backlog = Backlog::default();
        let value = vec![7; MOST_KEPT];
        for key in 0..2 {
            backlog.push(key, Some(&[&value])).unwrap();
        }
        while backlog.pop(|_, value| assert_eq!(value.map(<[u8]>::len), Some(MOST_KEPT))).is_some()
        {
        }
        assert_eq!(backlog.bytes.capacity(), 0);
    }
}
