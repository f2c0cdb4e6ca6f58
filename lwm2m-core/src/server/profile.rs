//! Profiles (Core 1.2 section 6.2.1.1): a client that names a profile need not list its objects
//! when the server knows the list from another client, or from its owner.

use super::Server;
use super::config::{UsageError, boxed};
use super::journal::Of;
use super::links::{self, Entries, Formats, Link, Packed};
use crate::path::Path;
use alloc::boxed::Box;
use alloc::vec::Vec;
use coap_core::Code;
use m2m_base::container::{GrowingIndex, Index, Slab};

/// Most profiles that one client names.
const MOST: usize = 8;

/// A profile that is known.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: Box<[u8]>,
    /// The alternate path.
    pub(super) root: Box<[u8]>,
    /// Packed as in registrations.
    pub(super) links: Box<[u8]>,
    pub(super) formats: Option<Formats>,
    /// The owner of the server, or a client with a security session, told it. What others tell is
    /// not believed of those.
    pub(super) trusted: bool,
}

/// A profile as the application sees it.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a>(&'a Known);

impl<'a> Profile<'a> {
    /// Its ID, `6:27354b9a` or `oma:name`.
    #[must_use]
    pub fn id(&self) -> &'a str {
        core::str::from_utf8(&self.0.id).unwrap_or("")
    }

    /// The alternate path of its clients, empty for none.
    #[must_use]
    pub fn alternate_path(&self) -> &'a str {
        core::str::from_utf8(&self.0.root).unwrap_or("")
    }

    /// The objects and object instances of its clients.
    pub fn links(&self) -> impl Iterator<Item = Link> + use<'a> {
        Entries::new(&self.0.links)
    }
}

/// The profiles that a server knows.
#[derive(Debug)]
pub(super) struct Profiles {
    known: Slab<Known>,
    by_id: GrowingIndex,
    secret: u64,
}

impl Profiles {
    pub(super) fn new(most: u32, secret: u64) -> Profiles {
        Profiles { known: Slab::growing(most), by_id: GrowingIndex::new(), secret }
    }

    fn hash(&self, id: &[u8]) -> u64 {
        Index::mix_bytes(self.secret, id)
    }

    pub(super) fn at(&self, slot: u32) -> Option<&Known> {
        self.known.at(slot).map(|(_, known)| known)
    }

    fn find(&self, id: &[u8]) -> Option<u32> {
        self.by_id.find(self.hash(id), |slot| self.at(slot).is_some_and(|k| *k.id == *id))
    }

    fn get(&self, id: &[u8]) -> Option<&Known> {
        self.at(self.find(id)?)
    }

    fn remove(&mut self, slot: u32) {
        let Some(handle) = self.known.handle_at(slot) else { return };
        if let Some(known) = self.known.remove(handle) {
            self.by_id.remove(self.hash(&known.id), slot);
        }
    }

    /// Adds a profile; its slot.
    fn add(&mut self, known: Known) -> Option<u32> {
        let hash = self.hash(&known.id);
        let handle = self.known.insert(known).ok()?;
        if !self.by_id.insert(hash, handle.index()) {
            self.known.remove(handle);
            return None;
        }
        Some(handle.index())
    }

    pub(super) fn restore(&mut self, slot: u32, known: Known) -> Option<()> {
        let hash = self.hash(&known.id);
        if known.id.is_empty() || self.find(&known.id).is_some() {
            return None;
        }
        let handle = self.known.insert_at(slot, known).ok()?;
        if !self.by_id.insert(hash, slot) {
            self.known.remove(handle);
            return None;
        }
        Some(())
    }

    pub(super) fn relink(&mut self) {
        self.known.relink();
    }
}

/// The profiles that a `pid` names: one, or a list in quotes.
fn ids(pid: &str) -> impl Iterator<Item = &str> + Clone {
    let list = pid.trim_matches('"');
    list.split([',', ' ']).filter(|id| !id.is_empty()).take(MOST)
}

impl Server {
    /// What a client has that names profiles: their lists, and what it lists itself. `listed` is
    /// `None` if it lists nothing.
    ///
    /// # Errors
    /// 4.09 if the list of a profile is not known and none came; 4.13, 5.03.
    pub(super) fn with_profiles(
        &self,
        pid: &str,
        trusted: bool,
        listed: Option<Packed>,
    ) -> Result<Packed, Code> {
        let known =
            |id: &str| self.profiles.get(id.as_bytes()).filter(|known| known.trusted || !trusted);
        let complete = ids(pid).next().is_some() && ids(pid).all(|id| known(id).is_some());
        if listed.is_none() && !complete {
            return Err(Code::CONFLICT);
        }
        let mut merged = listed.unwrap_or_default();
        for profile in ids(pid).filter_map(known) {
            merged.add(&profile.root, &profile.links, profile.formats)?;
            if merged.links.len() > usize::from(self.config.limits.registration_bytes) {
                return Err(Code::REQUEST_ENTITY_TOO_LARGE);
            }
        }
        Ok(merged)
    }

    /// Remembers the list that came with a profile, for other clients of the same one.
    pub(super) fn learn_profile(&mut self, pid: &str, trusted: bool, listed: &Packed) {
        let mut all = ids(pid);
        let (Some(id), None) = (all.next(), all.next()) else { return };
        if id.len() > usize::from(u8::MAX) {
            return;
        }
        match self.profiles.find(id.as_bytes()) {
            // What somebody said that nobody vouches for gives way.
            Some(slot) if trusted && self.profiles.at(slot).is_some_and(|k| !k.trusted) => {
                self.profiles.remove(slot);
                self.unkeep(Of::Profile, slot.into());
            }
            Some(_) => return,
            None => {}
        }
        let (Ok(id), Ok(root), Ok(links)) =
            (boxed(&[id.as_bytes()]), boxed(&[&listed.root]), boxed(&[&listed.links]))
        else {
            return;
        };
        let known = Known { id, root, links, formats: listed.formats, trusted };
        if let Some(slot) = self.profiles.add(known) {
            self.keep_profile(slot);
        }
    }

    /// Tells what the clients of a profile have, in the form of a registration's link list: for
    /// profiles whose list is agreed on beforehand. It replaces what was known of it.
    ///
    /// # Errors
    /// [`UsageError::Syntax`] for what is no ID or no link list, [`UsageError::TooLong`],
    /// [`UsageError::Full`].
    pub fn set_profile(&mut self, pid: &str, links: &str) -> Result<(), UsageError> {
        if pid.is_empty() || pid.contains([',', ' ', '"']) {
            return Err(UsageError::Syntax);
        }
        if pid.len() > usize::from(u8::MAX) {
            return Err(UsageError::TooLong);
        }
        let most = self.config.limits.registration_bytes.into();
        let packed = links::read(links.as_bytes(), "", most).map_err(|code| match code {
            Code::BAD_REQUEST => UsageError::Syntax,
            Code::REQUEST_ENTITY_TOO_LARGE => UsageError::TooLong,
            _ => UsageError::Full,
        })?;
        let known = Known {
            id: boxed(&[pid.as_bytes()])?,
            root: boxed(&[&packed.root])?,
            links: boxed(&[&packed.links])?,
            formats: packed.formats,
            trusted: true,
        };
        if let Some(slot) = self.profiles.find(pid.as_bytes()) {
            self.profiles.remove(slot);
            self.unkeep(Of::Profile, slot.into());
        }
        let slot = self.profiles.add(known).ok_or(UsageError::Full)?;
        self.keep_profile(slot);
        Ok(())
    }

    /// Forgets a profile; the next client that names it alone has to send its list. Registrations
    /// keep what they have.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`]
    pub fn remove_profile(&mut self, pid: &str) -> Result<(), UsageError> {
        let slot = self.profiles.find(pid.as_bytes()).ok_or(UsageError::UnknownId)?;
        self.profiles.remove(slot);
        self.unkeep(Of::Profile, slot.into());
        Ok(())
    }

    /// The profiles that are known.
    pub fn profiles(&self) -> impl Iterator<Item = Profile<'_>> {
        self.profiles.known.iter().map(|(_, known)| Profile(known))
    }
}

impl Packed {
    /// Adds what a profile has; what is listed already stays as it is.
    fn add(&mut self, root: &[u8], links: &[u8], formats: Option<Formats>) -> Result<(), Code> {
        let unavailable = |_| Code::SERVICE_UNAVAILABLE;
        let mut have: Vec<Path> = Vec::new();
        have.try_reserve_exact(self.links.len() / 3).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        have.extend(Entries::new(&self.links).map(|l| l.path));
        have.sort_unstable();
        for link in Entries::new(links).filter(|l| have.binary_search(&l.path).is_err()) {
            links::pack(link, &mut self.links).map_err(unavailable)?;
        }
        if self.root.is_empty() {
            self.root = boxed(&[root]).map_err(unavailable)?;
        }
        self.formats = self.formats.or(formats);
        Ok(())
    }
}
