//! Devices behind this one, which is their gateway (LwM2M Gateway 1.1; object 25): each has a
//! prefix, and under it objects of its own, which servers read, write and observe as those of any
//! device.

use coap_core::{Code, Options};
use m2m_base::{Instant, SliceSink};

#[cfg(feature = "composite")]
use super::store::Prefix;
use super::{Client, UsageError};
use crate::{Level, ObjectDefinition, Path, Value, links, object};

/// Resources of the Gateway object.
const DEVICE_ID: u16 = 0;
const PREFIX: u16 = 1;
const OBJECTS: u16 = 3;

/// A device behind the gateway.
#[derive(Clone, Copy, Debug)]
pub struct DeviceBehind<'a> {
    /// What names it for good (/25/x/0): a URN.
    pub id: &'a str,
    /// What its paths begin with (/25/x/1): up to 16 letters, digits, `-`, `_` and `.`, which are
    /// not digits alone. No other device has it.
    pub prefix: &'a str,
    /// Its objects.
    pub objects: &'a [&'static ObjectDefinition<'static>],
}

impl Client {
    /// Adds a device behind the gateway as an instance of object 25, which has to be among
    /// [`super::Config::objects`]. The servers are told of it by an Update, and of its objects by
    /// /25/x/3. Gives the path of the instance.
    ///
    /// Its objects have nothing yet: [`Client::path_behind`] tells under which paths they lie here,
    /// and everything that is done with paths, from [`Client::add_instance`] to events, is done with
    /// those.
    ///
    /// # Errors
    /// [`UsageError::UnknownObject`] without object 25; [`UsageError::Invalid`] for a prefix that is
    /// none; [`UsageError::Exists`] if another device has it; [`UsageError::Full`] (see
    /// [`super::Limits::devices`]).
    pub fn add_device(
        &mut self,
        now: Instant,
        device: &DeviceBehind<'_>,
    ) -> Result<Path, UsageError> {
        let id = self.free_device().ok_or(UsageError::Full)?;
        let instance = Path::instance(object::GATEWAY.id, id);
        self.store.add_instance(instance)?;
        let made = self.fill_device(id, device);
        if let Err(error) = made {
            self.store.remove_device(id);
            let _ = self.store.remove(instance);
            return Err(error);
        }
        self.list_objects(id);
        self.instances_changed(instance);
        self.settle(now);
        Ok(instance)
    }

    fn free_device(&self) -> Option<u16> {
        (0..Path::UNASSIGNED).find(|id| {
            !self.store.contains(Path::instance(object::GATEWAY.id, *id))
                && !self.store.devices().any(|other| other == *id)
        })
    }

    fn fill_device(&mut self, id: u16, device: &DeviceBehind<'_>) -> Result<(), UsageError> {
        self.store.add_device(id, device.prefix, device.objects)?;
        let at = |resource| Path::resource(object::GATEWAY.id, id, resource);
        self.store.set(at(DEVICE_ID), &Value::string(device.id))?;
        self.store.set(at(PREFIX), &Value::string(device.prefix))?;
        self.store.set(at(OBJECTS), &Value::core_link("")).map(|_| ())
    }

    /// Where something of a device behind lies here: the path for all other commands. `None` if
    /// the device has no such object. `instance` is that of object 25.
    #[must_use]
    pub fn path_behind(&self, instance: Path, path: Path) -> Option<Path> {
        let id = instance.instance_id().filter(|_| is_gateway(instance))?;
        self.store.path_behind(id, path)
    }

    /// The other way round: the device behind, as its instance of object 25, and the path on it.
    /// `None` for what is the gateway's own.
    #[must_use]
    pub fn device_behind(&self, path: Path) -> Option<(Path, Path)> {
        let device = self.store.device_of(path)?;
        Some((Path::instance(object::GATEWAY.id, device), self.store.outward(path)))
    }

    /// The path that a request names; `plain` if it is one of the client's own, where there is no
    /// alternate path.
    pub(super) fn routed(&self, options: Options<'_>, plain: Option<Path>) -> Result<Path, Code> {
        let segments = options.path();
        let own = |path| if self.store.is_behind(path) { Err(Code::NOT_FOUND) } else { Ok(path) };
        #[cfg(feature = "alternate-path")]
        let segments = self.store.behind_root(segments).ok_or(Code::NOT_FOUND)?;
        #[cfg(feature = "alternate-path")]
        let plain = match self.store.root().as_str() {
            "" => plain,
            _ => Path::from_segments(segments.clone()).ok(),
        };
        let mut segments = segments;
        let first = segments.clone().next().unwrap_or(b"");
        let named = self.store.device_named(first).is_some();
        let number = first.first().is_none_or(u8::is_ascii_digit);
        if !named && (number || self.store.devices().next().is_none()) {
            return own(plain.ok_or(Code::METHOD_NOT_ALLOWED)?);
        }
        let device = self.store.device_named(first).ok_or(Code::NOT_FOUND)?;
        segments.next();
        let path = Path::from_segments(segments).map_err(|_| Code::METHOD_NOT_ALLOWED)?;
        if path.level() == Level::Root {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.store.path_behind(device, path).ok_or(Code::NOT_FOUND)
    }

    /// What a composite operation is about: the client itself, or a device behind it.
    #[cfg(feature = "composite")]
    pub(super) fn area(&self, options: Options<'_>) -> Result<Prefix, Code> {
        let segments = options.path().filter(|segment| !segment.is_empty());
        #[cfg(feature = "alternate-path")]
        let segments = self.store.behind_root(segments).ok_or(Code::NOT_FOUND)?;
        let mut segments = segments;
        match (segments.next(), segments.next()) {
            (None, _) => Ok(self.store.root()),
            (Some(name), None) => match self.store.device_named(name) {
                Some(device) => Ok(self.store.prefix_of(device)),
                None if self.store.devices().next().is_none() => Err(Code::METHOD_NOT_ALLOWED),
                None if name.iter().all(u8::is_ascii_digit) => Err(Code::METHOD_NOT_ALLOWED),
                None => Err(Code::NOT_FOUND),
            },
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    /// Puts down which instances a device has.
    pub(super) fn list_objects(&mut self, device: u16) {
        let mut scratch = core::mem::take(&mut self.scratch);
        let mut sink = SliceSink::new(&mut scratch);
        let mut list = links::Writer::new(&mut sink, "");
        let written = self
            .store
            .links_behind(device)
            .try_for_each(|path| list.link(self.store.outward(path)).map(|_| ()));
        let at = Path::resource(object::GATEWAY.id, device, OBJECTS);
        let text = core::str::from_utf8(sink.written()).unwrap_or("");
        // One that is longer than there is room for stays as it was.
        if written.is_ok() && self.store.set(at, &Value::core_link(text)) == Ok(true) {
            self.touch(at);
        }
        self.scratch = scratch;
    }

    /// Devices go with their instances of object 25.
    pub(super) fn run_devices(&mut self) {
        if self.store.is_staging() {
            return;
        }
        loop {
            let gone = self.store.devices().find(|id| {
                let instance = Path::instance(object::GATEWAY.id, *id);
                !self.store.contains(instance)
            });
            let Some(device) = gone else { return };
            for object in self.store.objects_behind(device) {
                self.attached.forget_path(object);
                super::observe::touch(
                    &mut self.observations,
                    #[cfg(feature = "composite")]
                    &self.lists,
                    object,
                );
            }
            self.store.remove_device(device);
        }
    }
}

fn is_gateway(path: Path) -> bool {
    path.object_id() == Some(object::GATEWAY.id)
}
