//! What becomes of a target's records when a patch is applied, record by record.

use super::{EtchError, removes, same};
use crate::error::DecodeErrorKind as Kind;
use crate::{Resolved, VERSION};

/// The records of a patched pack. See [`PatchPack::apply`](super::PatchPack::apply).
///
/// The records of a patch are applied in their order, each to what the ones before it left. That is
/// the same as to ask of each identity (name, time and unit) what happens to it in the end.
#[derive(Clone)]
pub struct Patched<P, T> {
    patch: P,
    /// The target, to look for records.
    target: T,
    /// The target's records still to come.
    kept: T,
    /// The patch's records still to come, when the target's are through.
    added: P,
    /// The number of the next of these.
    number: usize,
    version: u64,
}

/// What a patch does to the records of one identity.
struct Fate<'a> {
    /// What there is in the end, if anything.
    last: Option<Resolved<'a>>,
    /// Whether what was there is removed at some point.
    removed: bool,
    /// Which record of the patch, counted from 0, adds it, should it not be there.
    added_by: usize,
}

fn fate<'a>(patch: impl Iterator<Item = Resolved<'a>>, of: &Resolved<'_>) -> Option<Fate<'a>> {
    let mut fate: Option<Fate<'a>> = None;
    for (number, record) in patch.enumerate().filter(|(_, record)| same(record, of)) {
        let fate = fate.get_or_insert(Fate { last: None, removed: false, added_by: number });
        if removes(&record) {
            (fate.last, fate.removed) = (None, true);
        } else {
            if fate.last.is_none() {
                fate.added_by = number;
            }
            fate.last = Some(record);
        }
    }
    fate
}

impl<'a, P, T> Patched<P, T>
where
    P: Iterator<Item = Resolved<'a>> + Clone,
    T: Iterator<Item = Resolved<'a>> + Clone,
{
    /// Checks that each record of the patch matches at most one of the target, and that there is
    /// one version for all.
    pub(super) fn new<E>(
        patch: P,
        target: T,
        error: impl Fn(Kind) -> EtchError<E>,
    ) -> Result<Self, EtchError<E>> {
        for (number, record) in patch.clone().enumerate() {
            if target.clone().filter(|target| same(&record, target)).nth(1).is_some() {
                return Err(EtchError::Ambiguous { record: number.saturating_add(1) });
            }
        }
        // A patch without a version has none (RFC 8790 section 3); one of 10 says no more.
        let own = patch.clone().next().map_or(VERSION, |record| record.version);
        let version = match target.clone().next().map(|record| record.version) {
            Some(version) if own == VERSION || own == version => version,
            None | Some(VERSION) => own,
            Some(_) => return Err(error(Kind::VersionMismatch)),
        };
        Ok(Patched {
            added: patch.clone(),
            kept: target.clone(),
            patch,
            target,
            number: 0,
            version,
        })
    }
}

impl<'a, P, T> Iterator for Patched<P, T>
where
    P: Iterator<Item = Resolved<'a>> + Clone,
    T: Iterator<Item = Resolved<'a>> + Clone,
{
    type Item = Resolved<'a>;

    fn next(&mut self) -> Option<Resolved<'a>> {
        let version = self.version;
        for record in self.kept.by_ref() {
            match fate(self.patch.clone(), &record) {
                None => return Some(Resolved { version, ..record }),
                Some(Fate { removed: true, .. }) => {}
                Some(fate) => {
                    if let Some(last) = fate.last {
                        return Some(Resolved { version, ..last });
                    }
                }
            }
        }
        for record in self.added.by_ref() {
            let number = self.number;
            self.number = number.saturating_add(1);
            let Some(fate) = fate(self.patch.clone(), &record) else { continue };
            let Some(last) = fate.last.filter(|_| fate.added_by == number) else { continue };
            if fate.removed || !self.target.clone().any(|target| same(&record, &target)) {
                return Some(Resolved { version, ..last });
            }
        }
        None
    }
}
