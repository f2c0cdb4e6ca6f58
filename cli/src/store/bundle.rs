//! Neighbours among the records in one value of the database, which costs as much for one of them
//! as for all: a server's registrations come one behind the other, and a database takes far longer
//! to find the place of a record than to copy it.
//!
//! A bundle is, for each record in the order of the keys, the place of its key in the bundle (one
//! byte), its length (four bytes, the lowest first) and its bytes.

/// Keys of a bundle.
pub(super) const KEYS: u64 = 16;

/// The bundle that a key is in.
pub(super) const fn of(key: u64) -> u64 {
    key / KEYS
}

/// The records of a bundle; the last is `None` if it is damaged.
pub(super) fn records(bundle: u64, mut bytes: &[u8]) -> impl Iterator<Item = Option<(u64, &[u8])>> {
    let first = bundle.wrapping_mul(KEYS);
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let one = split(bytes);
        bytes = one.map_or(&[], |(_, _, rest)| rest);
        Some(one.and_then(|(place, record, _)| {
            let place = u64::from(place);
            (place < KEYS).then(|| (first.wrapping_add(place), record))
        }))
    })
}

fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (place, bytes) = bytes.split_first()?;
    let (len, bytes) = bytes.split_first_chunk()?;
    let (record, rest) = bytes.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    Some((*place, record, rest))
}

/// Puts a record behind those of a bundle.
fn push(to: &mut Vec<u8>, key: u64, record: &[u8]) -> Option<()> {
    to.push(u8::try_from(key % KEYS).ok()?);
    to.extend_from_slice(&u32::try_from(record.len()).ok()?.to_le_bytes());
    to.extend_from_slice(record);
    Some(())
}

/// Writes a bundle anew with changes, which are in the order of their keys and all within it.
/// `None` if the old one is damaged, or a record is too long.
pub(super) fn merge<'c>(
    bundle: u64,
    old: &[u8],
    changes: impl Iterator<Item = (u64, Option<&'c [u8]>)>,
    to: &mut Vec<u8>,
) -> Option<()> {
    to.clear();
    let mut old = records(bundle, old).peekable();
    for (key, value) in changes {
        while let Some(kept) = old.next_if(|kept| kept.is_none_or(|(before, _)| before < key)) {
            let (before, record) = kept?;
            push(to, before, record)?;
        }
        // In its place comes the new one.
        let _ = old.next_if(|kept| kept.is_some_and(|(same, _)| same == key));
        if let Some(value) = value {
            push(to, key, value)?;
        }
    }
    for kept in old {
        let (key, record) = kept?;
        push(to, key, record)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_bundle_is_a_small_map() {
        let bundle = 7;
        let (mut bytes, mut model) = (Vec::new(), BTreeMap::new());
        let mut number = 1u64;
        let mut random = |below: u64| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (number >> 33) % below
        };
        for round in 0..2000u64 {
            let mut changes = BTreeMap::new();
            for _ in 0..random(7) {
                let len = usize::try_from(random(5)).unwrap();
                let value = (random(3) > 0).then(|| vec![round.to_le_bytes()[0]; len]);
                changes.insert(bundle * KEYS + random(KEYS), value);
            }
            let mut new = vec![1, 2, 3];
            let of_bytes = changes.iter().map(|(key, value)| (*key, value.as_deref()));
            merge(bundle, &bytes, of_bytes, &mut new).unwrap();
            bytes = new;
            for (key, value) in changes {
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            let all: Vec<_> = records(bundle, &bytes).map(Option::unwrap).collect();
            let wanted: Vec<_> = model.iter().map(|(key, value)| (*key, &value[..])).collect();
            assert_eq!(all, wanted);
            assert!(model.keys().all(|key| of(*key) == bundle));
        }
    }

    #[test]
    fn what_is_damaged_is_told() {
        let (mut good, mut new) = (Vec::new(), Vec::new());
        let two = [(33, Some(&b"abc"[..])), (35, Some(b"d"))];
        merge(2, &[], two.into_iter(), &mut good).unwrap();
        for cut in (1..good.len()).filter(|cut| *cut != 8) {
            assert_eq!(records(2, &good[..cut]).last(), Some(None), "{cut}");
            assert_eq!(merge(2, &good[..cut], [(34, None)].into_iter(), &mut new), None, "{cut}");
        }
        good[0] = 16;
        assert_eq!(records(2, &good).next(), Some(None));
    }
}
