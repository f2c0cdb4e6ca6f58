//! Names that are taken by what an originator may not see. That such a name is taken has to be said
//! (CONFLICT, TS-0004 clause 7.3.3.5), so that each one tells of a resource. What can be learned
//! that way is bounded: a registered entity may run into a number of them in an hour; after that
//! every name is taken for it, until the hour is over. Without a name it may create as before.

use super::{Caller, Cse};
use crate::ResponseStatusCode as Status;
use crate::cse::failure::Failure;
use crate::cse::store::{Millis, Slot};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;

/// Milliseconds for which the names are counted.
const HOUR: Millis = 3_600_000;

/// How often originators ran into names of hidden resources.
#[derive(Debug, Default)]
pub(in crate::cse) struct Guesses {
    /// With the time of the first one.
    counted: BTreeMap<Box<str>, (Millis, u32)>,
}

impl Guesses {
    fn count(&self, originator: &str, wall: Millis) -> u32 {
        match self.counted.get(originator) {
            Some((since, count)) if wall < since.saturating_add(HOUR) => *count,
            _ => 0,
        }
    }

    fn note(&mut self, originator: &str, wall: Millis) {
        self.counted.retain(|_, (since, _)| wall < since.saturating_add(HOUR));
        let own = self.counted.entry(originator.into()).or_insert((wall, 0));
        own.1 = own.1.saturating_add(1);
    }
}

impl Cse {
    /// That a child may get that name.
    pub(in crate::cse) fn check_name(
        &mut self,
        caller: &Caller<'_>,
        parent: Slot,
        name: &str,
    ) -> Result<(), Failure> {
        let taken = self.store.child(parent, name);
        let hidden = taken.is_some_and(|slot| {
            let caller = Caller { direct: false, ..*caller };
            !self.sees(&caller, slot)
        });
        let conflict = Failure::new(Status::Conflict, "attribute rn: name is taken");
        // Who is not registered has no identity that could be counted.
        let counts = (hidden || !self.guesses.counted.is_empty())
            && self.is_registered_here(caller.originator);
        let most = self.config.limits.hidden_names;
        if counts && self.guesses.count(caller.originator, caller.wall) >= most {
            return Err(conflict);
        }
        if hidden && counts {
            self.guesses.note(caller.originator, caller.wall);
        }
        if taken.is_some() { Err(conflict) } else { Ok(()) }
    }

    fn is_registered_here(&self, originator: &str) -> bool {
        let slot = self.store.by_id(crate::cse::entity_id(originator));
        slot.is_some_and(|slot| slot != self.base)
    }
}
