//! Objects of devices behind a gateway: they lie in the same table as the gateway's own, under
//! object IDs that no object has, so that all that is done with paths is done with theirs.

use alloc::vec::Vec;
use m2m_base::container::Reservation;

use super::{Definition, Limits, Store};
use crate::client::UsageError;
use crate::{Level, Path};

/// The first of these IDs; OMA reserves them.
const FIRST: u16 = 0xe000;

/// Longest prefix with its slash, in bytes.
const MAX_PREFIX: usize = 17;

/// What stands before the path of a device: `/d01`; nothing for the gateway's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Prefix {
    bytes: [u8; MAX_PREFIX],
    len: u8,
}

impl Prefix {
    pub(crate) const NONE: Prefix = Prefix { bytes: [0; MAX_PREFIX], len: 0 };

    #[cfg(feature = "alternate-path")]
    const fn is_none(&self) -> bool {
        self.len == 0
    }

    /// A name of up to 16 letters, digits, `-`, `_` and `.`, which are not digits alone.
    fn parse(text: &str) -> Option<Prefix> {
        let named = text.bytes().any(|b| !b.is_ascii_digit());
        let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !named || !text.bytes().all(fit) {
            return None;
        }
        let mut prefix = Prefix::NONE;
        let all = core::iter::once(b'/').chain(text.bytes());
        for (n, byte) in (0..).zip(all) {
            *prefix.bytes.get_mut(n)? = byte;
            prefix.len = u8::try_from(n.checked_add(1)?).ok()?;
        }
        Some(prefix)
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len.into()).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("")
    }
}

/// An object of a device.
#[derive(Debug)]
struct Object {
    definition: Definition,
    /// The instance of object 25 that tells of the device.
    device: u16,
}

/// The devices and their objects.
#[derive(Debug)]
pub(super) struct Behind {
    /// The alternate path, before what is the client's own.
    #[cfg(feature = "alternate-path")]
    root: Prefix,
    /// Each with the instance of object 25 that tells of it.
    devices: Vec<(u16, Prefix)>,
    most_devices: u8,
    /// By their IDs, which begin with `FIRST`. A place of one that is gone is taken again.
    objects: Vec<Option<Object>>,
    most_objects: u8,
}

impl Behind {
    pub(super) const EMPTY: Behind = Behind {
        #[cfg(feature = "alternate-path")]
        root: Prefix::NONE,
        devices: Vec::new(),
        most_devices: 0,
        objects: Vec::new(),
        most_objects: 0,
    };

    pub(super) fn reserve(&mut self, limits: &Limits, reservation: &mut Reservation) {
        self.most_devices = limits.devices;
        self.most_objects = limits.device_objects;
        reservation.room(&mut self.devices, limits.devices.into());
        reservation.room(&mut self.objects, limits.device_objects.into());
    }

    fn object(&self, id: u16) -> Option<&Object> {
        self.objects.get(usize::from(id.checked_sub(FIRST)?))?.as_ref()
    }
}

impl Store {
    /// The definition of an object behind.
    pub(super) fn behind(&self, object: u16) -> Option<Definition> {
        self.behind.object(object).map(|o| o.definition)
    }

    pub(crate) fn is_behind(&self, path: Path) -> bool {
        path.object_id().is_some_and(|id| id >= FIRST)
    }

    /// What stands before the path in the eyes of a server.
    pub(crate) fn prefix(&self, path: Path) -> Prefix {
        #[cfg(feature = "alternate-path")]
        if !self.behind.root.is_none() {
            return self.behind.root;
        }
        let device = path.object_id().and_then(|id| self.behind.object(id)).map(|o| o.device);
        let known = self.behind.devices.iter().find(|(id, _)| Some(*id) == device);
        known.map_or(Prefix::NONE, |(_, prefix)| *prefix)
    }

    /// The alternate path; nothing for the root.
    pub(crate) const fn root(&self) -> Prefix {
        #[cfg(feature = "alternate-path")]
        return self.behind.root;
        #[cfg(not(feature = "alternate-path"))]
        Prefix::NONE
    }

    /// Sets it. False if it is none.
    #[cfg(feature = "alternate-path")]
    pub(crate) fn set_root(&mut self, path: &str) -> bool {
        let root = match path.strip_prefix('/') {
            None => path.is_empty().then_some(Prefix::NONE),
            Some(name) => Prefix::parse(name),
        };
        self.behind.root = root.unwrap_or(Prefix::NONE);
        root.is_some()
    }

    /// The segment of a path is the alternate path.
    #[cfg(feature = "alternate-path")]
    pub(crate) fn is_root(&self, segment: &[u8]) -> bool {
        let root = self.behind.root.as_str().strip_prefix('/');
        root.is_some_and(|name| name.as_bytes() == segment)
    }

    /// The path as a server sees it, behind its prefix.
    pub(crate) fn outward(&self, path: Path) -> Path {
        let object = path.object_id().and_then(|id| self.behind.object(id));
        object.map_or(path, |o| path.with_object(o.definition.id))
    }

    /// A path in a payload about `target`, as it lies here. Nobody names what is behind by the IDs
    /// that are used here.
    pub(crate) fn inward(&self, target: Path, path: Path) -> Path {
        match target.object_id() {
            Some(id) if id >= FIRST => path.with_object(id),
            _ if self.is_behind(path) => path.with_object(Path::UNASSIGNED),
            _ => path,
        }
    }

    /// A path in a payload whose names begin with a prefix, as it lies here.
    #[cfg(feature = "composite")]
    pub(crate) fn placed(&self, prefix: &str, path: Path) -> Path {
        let Some(name) = prefix.strip_prefix('/') else { return self.inward(Path::ROOT, path) };
        #[cfg(feature = "alternate-path")]
        if self.is_root(name.as_bytes()) {
            return self.inward(Path::ROOT, path);
        }
        let device = self.device_named(name.as_bytes());
        let here = device.and_then(|device| self.path_behind(device, path));
        here.unwrap_or(path.with_object(Path::UNASSIGNED))
    }

    /// What the paths of a device begin with.
    #[cfg(feature = "composite")]
    pub(crate) fn prefix_of(&self, device: u16) -> Prefix {
        let known = self.behind.devices.iter().find(|(id, _)| *id == device);
        known.map_or(Prefix::NONE, |(_, prefix)| *prefix)
    }

    /// The device that a segment of a path names.
    pub(crate) fn device_named(&self, segment: &[u8]) -> Option<u16> {
        let is = |(_, prefix): &&(u16, Prefix)| {
            prefix.as_str().strip_prefix('/').is_some_and(|name| name.as_bytes() == segment)
        };
        self.behind.devices.iter().find(is).map(|(id, _)| *id)
    }

    /// Where something of a device lies here; `None` if the device has no such object.
    pub(crate) fn path_behind(&self, device: u16, path: Path) -> Option<Path> {
        let id = path.object_id()?;
        let is = |o: &Option<Object>| {
            o.as_ref().is_some_and(|o| o.device == device && o.definition.id == id)
        };
        let at = self.behind.objects.iter().position(is)?;
        Some(path.with_object(u16::try_from(at).ok()?.checked_add(FIRST)?))
    }

    /// The device whose prefix this is.
    #[cfg(feature = "composite")]
    pub(crate) fn device_of_prefix(&self, prefix: &Prefix) -> Option<u16> {
        self.device_named(prefix.as_str().strip_prefix('/')?.as_bytes())
    }

    /// The device that something belongs to.
    pub(crate) fn device_of(&self, path: Path) -> Option<u16> {
        self.behind.object(path.object_id()?).map(|o| o.device)
    }

    /// The devices.
    pub(crate) fn devices(&self) -> impl Iterator<Item = u16> {
        self.behind.devices.iter().map(|(id, _)| *id)
    }

    /// The objects of a device, by the IDs that they have here.
    pub(crate) fn objects_behind(&self, device: u16) -> impl Iterator<Item = Path> + Clone {
        let objects = (FIRST..).zip(&self.behind.objects);
        let of = move |(id, o): (u16, &Option<Object>)| {
            o.as_ref().filter(|o| o.device == device).map(|_| Path::object(id))
        };
        objects.filter_map(of)
    }

    /// Adds a device with its objects.
    pub(crate) fn add_device(
        &mut self,
        device: u16,
        prefix: &str,
        objects: &[Definition],
    ) -> Result<(), UsageError> {
        let prefix = Prefix::parse(prefix).ok_or(UsageError::Invalid)?;
        #[cfg(feature = "alternate-path")]
        if !self.behind.root.is_none() {
            return Err(UsageError::NotAllowed);
        }
        if self.behind.devices.iter().any(|(id, other)| *id == device || *other == prefix) {
            return Err(UsageError::Exists);
        }
        let most = usize::from(self.behind.most_objects);
        let free = self.behind.objects.iter().filter(|o| o.is_none()).count();
        let room = free.saturating_add(most.saturating_sub(self.behind.objects.len()));
        if self.behind.devices.len() >= self.behind.most_devices.into() || objects.len() > room {
            return Err(UsageError::Full);
        }
        self.behind.devices.push((device, prefix));
        for definition in objects {
            let object = Some(Object { definition, device });
            match self.behind.objects.iter_mut().find(|o| o.is_none()) {
                Some(place) => *place = object,
                None => self.behind.objects.push(object),
            }
        }
        Ok(())
    }

    /// Forgets a device and all it has.
    pub(crate) fn remove_device(&mut self, device: u16) {
        for (id, place) in (FIRST..).zip(&mut self.behind.objects) {
            if place.as_ref().is_some_and(|o| o.device == device) {
                *place = None;
                self.values.remove(Path::object(id), &|_| true);
            }
        }
        self.behind.devices.retain(|(id, _)| *id != device);
    }

    /// The instances of a device, and its objects without any.
    pub(crate) fn links_behind(&self, device: u16) -> impl Iterator<Item = Path> {
        self.objects_behind(device).flat_map(|object| {
            let instances = self.paths(object).filter(|path| path.level() == Level::Instance);
            let none = instances.clone().next().is_none();
            none.then_some(object).into_iter().chain(instances)
        })
    }
}
