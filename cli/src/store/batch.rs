//! Changes that are kept together: all of them or none.

/// A buffer that has become larger is not used again.
const MOST_KEPT: usize = 16 << 20;

/// What a record becomes, in the bytes of its batch.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    from: usize,
    /// `None` for nothing.
    len: Option<u32>,
}

/// Changes in their order: what is kept under a key from now on, `None` for nothing. They lie one
/// behind the other in one buffer, which is used again.
#[derive(Clone, Default, Debug)]
pub(crate) struct Batch {
    records: Vec<Entry>,
    bytes: Vec<u8>,
    settings: Vec<(String, Option<Vec<u8>>)>,
}

impl Batch {
    /// Changes a record of the engine.
    pub(crate) fn record(&mut self, key: u64, value: Option<&[u8]>) {
        let from = self.bytes.len();
        // Nobody has records of 4 GiB.
        let len = value.map(|value| u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.records.push(Entry { key, from, len });
    }

    /// Changes a setting of the command.
    pub(crate) fn setting(&mut self, name: String, value: Option<Vec<u8>>) {
        self.settings.push((name, value));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.settings.is_empty()
    }

    /// How many changes they are.
    pub(crate) fn len(&self) -> usize {
        self.records.len() + self.settings.len()
    }

    /// Empties it, to be used again.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.settings.clear();
        self.bytes.clear();
        if self.bytes.capacity() > MOST_KEPT {
            *self = Batch::default();
        }
    }

    /// Puts the records in the order of their keys, and leaves only the last change of each.
    pub(super) fn sort(&mut self) {
        let in_order = |pair: &[Entry]| matches!(pair, [a, b] if a.key < b.key);
        if self.records.windows(2).all(in_order) {
            return;
        }
        // The last change of each comes first then, and stays so: this sort keeps their order.
        self.records.reverse();
        self.records.sort_by_key(|entry| entry.key);
        self.records.dedup_by_key(|entry| entry.key);
    }

    /// The records.
    pub(super) fn records(&self) -> impl Iterator<Item = (u64, Option<&[u8]>)> + Clone {
        self.records.iter().map(|entry| {
            let bytes = |len| self.bytes.get(entry.from..)?.get(..usize::try_from(len).ok()?);
            (entry.key, entry.len.map(|len| bytes(len).unwrap_or_default()))
        })
    }

    /// The settings.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_changes_of_a_record_the_last_is_left() {
        let mut batch = Batch::default();
        for (key, value) in
            [(3, Some(&b"a"[..])), (1, Some(b"bc")), (3, None), (2, Some(b"")), (1, Some(b"d"))]
        {
            batch.record(key, value);
        }
        batch.setting("x".to_owned(), None);
        assert_eq!((batch.len(), batch.is_empty()), (6, false));
        batch.sort();
        let all: Vec<_> = batch.records().collect();
        assert_eq!(all, [(1, Some(&b"d"[..])), (2, Some(b"")), (3, None)]);
        assert_eq!(batch.settings().collect::<Vec<_>>(), [("x", None)]);
        batch.clear();
        assert!(batch.is_empty() && batch.records().next().is_none());
        batch.record(9, Some(b"e"));
        assert_eq!(batch.records().collect::<Vec<_>>(), [(9, Some(&b"e"[..]))]);
    }
}
