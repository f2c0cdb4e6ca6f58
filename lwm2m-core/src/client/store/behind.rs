//! Objects of devices behind a gateway: they lie in the same table as the gateway's own, under
//! object IDs that no object has, so that all that is done with paths is done with theirs.

use alloc::vec::Vec;
use m2m_base::container::Reserve;

use super::{Definition, Limits, Store};
use crate::client::UsageError;
use crate::{Level, Path};

/// The first of these IDs; OMA reserves them.
const FIRST: u16 = 0xe000;

/// Longest prefix of a device with its slash, in bytes.
const MAX_NAME: usize = 17;
/// Longest alternate path.
#[cfg(feature = "alternate-path")]
const MAX_ROOT: usize = 40;
/// Longest of what may stand before a path: both.
#[cfg(feature = "alternate-path")]
const MAX_PREFIX: usize = MAX_NAME + MAX_ROOT;
#[cfg(not(feature = "alternate-path"))]
const MAX_PREFIX: usize = MAX_NAME;

/// Names with their slashes: `/d01`; or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Names<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// What stands before the path of a device: `/d01`.
type Name = Names<MAX_NAME>;
/// What stands before a path in the eyes of a server: the alternate path, the prefix of a device.
pub(crate) type Prefix = Names<MAX_PREFIX>;

/// A name is of letters, digits, `-`, `_` and `.`, which are not digits alone.
fn is_name(text: &str) -> bool {
    let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.bytes().any(|b| !b.is_ascii_digit()) && text.bytes().all(fit)
}

impl<const N: usize> Names<N> {
    pub(crate) const NONE: Names<N> = Names { bytes: [0; N], len: 0 };

    /// Puts what it has room for behind what is there. False without room.
    fn push(&mut self, text: &str) -> bool {
        let from = usize::from(self.len);
        let to = from.saturating_add(text.len());
        let Some(room) = self.bytes.get_mut(from..to) else { return false };
        room.copy_from_slice(text.as_bytes());
        self.len = u8::try_from(to).unwrap_or(self.len);
        true
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len.into()).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("")
    }
}

impl Name {
    /// The prefix of a device: a name of up to 16 bytes.
    fn parse(text: &str) -> Option<Name> {
        let mut name = Name::NONE;
        (is_name(text) && name.push("/") && name.push(text)).then_some(name)
    }

    /// Without the slash.
    fn is(&self, name: &[u8]) -> bool {
        self.as_str().strip_prefix('/').is_some_and(|own| own.as_bytes() == name)
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
    root: Names<MAX_ROOT>,
    /// Each with the instance of object 25 that tells of it.
    devices: Vec<(u16, Name)>,
    most_devices: u8,
    /// By their IDs, which begin with `FIRST`. A place of one that is gone is taken again.
    objects: Vec<Option<Object>>,
    most_objects: u8,
}

impl Behind {
    #[inline(always)]
    pub(super) const fn empty() -> Behind {
        Behind {
            #[cfg(feature = "alternate-path")]
            root: Names::NONE,
            devices: Vec::new(),
            most_devices: 0,
            objects: Vec::new(),
            most_objects: 0,
        }
    }

    pub(super) fn reserve(&mut self, limits: &Limits, reservation: &mut impl Reserve) {
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
        let device = path.object_id().and_then(|id| self.behind.object(id)).map(|o| o.device);
        device.map_or(self.root(), |device| self.prefix_of(device))
    }

    /// What the paths of a device begin with.
    pub(crate) fn prefix_of(&self, device: u16) -> Prefix {
        let mut prefix = self.root();
        if let Some((_, name)) = self.behind.devices.iter().find(|(id, _)| *id == device) {
            // There is room for both.
            let _ = prefix.push(name.as_str());
        }
        prefix
    }

    /// The alternate path; nothing for the root.
    pub(crate) fn root(&self) -> Prefix {
        #[cfg_attr(not(feature = "alternate-path"), allow(unused_mut, reason = "there is none"))]
        let mut root = Prefix::NONE;
        #[cfg(feature = "alternate-path")]
        root.push(self.behind.root.as_str());
        root
    }

    /// Sets it. False if it is none.
    #[cfg(feature = "alternate-path")]
    pub(crate) fn set_root(&mut self, path: &str) -> bool {
        let mut segments = path.split('/');
        let is_root = segments.next() == Some("") && segments.all(is_name);
        self.behind.root = Names::NONE;
        is_root && self.behind.root.push(path)
    }

    /// The segments behind the alternate path; `None` for what is not.
    #[cfg(feature = "alternate-path")]
    pub(crate) fn behind_root<'a, S>(&self, mut segments: S) -> Option<S>
    where
        S: Iterator<Item = &'a [u8]>,
    {
        let root = self.root();
        let mut names = root.as_str().split('/').skip(1);
        names.all(|name| segments.next() == Some(name.as_bytes())).then_some(segments)
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
        let name = prefix.strip_prefix(self.root().as_str()).unwrap_or(prefix);
        let Some(name) = name.strip_prefix('/') else { return self.inward(Path::ROOT, path) };
        let device = self.device_named(name.as_bytes());
        let here = device.and_then(|device| self.path_behind(device, path));
        here.unwrap_or(path.with_object(Path::UNASSIGNED))
    }

    /// The device that a segment of a path names.
    pub(crate) fn device_named(&self, segment: &[u8]) -> Option<u16> {
        let named = |(_, name): &&(u16, Name)| name.is(segment);
        self.behind.devices.iter().find(named).map(|(id, _)| *id)
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
        let name = prefix.as_str().strip_prefix(self.root().as_str())?;
        self.device_named(name.strip_prefix('/')?.as_bytes())
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
        let prefix = Name::parse(prefix).ok_or(UsageError::Invalid)?;
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
                self.values.remove(Path::object(id));
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
