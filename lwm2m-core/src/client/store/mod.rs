//! The data model of a client: which objects it has, what their instances hold.

#[cfg(feature = "access-control")]
mod access;
#[cfg(not(feature = "gateway"))]
mod alone;
#[cfg(feature = "gateway")]
mod behind;
mod items;
#[cfg(feature = "bootstrap")]
mod staged;
#[cfg(test)]
mod tests;
mod values;
mod write;

#[cfg(feature = "access-control")]
pub(crate) use access::Right;
#[cfg(all(feature = "composite", not(feature = "gateway")))]
pub(crate) use alone::Prefix;
#[cfg(all(feature = "composite", feature = "gateway"))]
pub(crate) use behind::Prefix;
pub(crate) use values::Kind;
pub(crate) use write::{Mode, Payload, Writer};

use alloc::vec::Vec;
use coap_core::Code;
use m2m_base::container::{Reserve, Reserved};
use values::{CREATED, Slot, Values, WRITTEN};

use super::config::{Limits, UsageError};
use crate::real::real;
use crate::{
    DataType, Level, ObjectDefinition, ObjectLink, Path, ResourceDefinition, Value, object,
};

type Definition = &'static ObjectDefinition<'static>;
type Resource = &'static ResourceDefinition;

/// The objects that every client has.
static READY: [Definition; 3] = [&object::SECURITY, &object::SERVER, &object::DEVICE];

/// What a server did to the data, to be told to the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Written,
    Created,
    Deleted,
}

/// The objects, and a table of all that their instances hold.
#[derive(Debug)]
pub(crate) struct Store {
    /// Sorted by ID.
    objects: Vec<Definition>,
    values: Values,
    /// Of devices behind.
    #[cfg(feature = "gateway")]
    behind: behind::Behind,
    /// Slots with something to tell are here or behind, if there are any.
    untold: Option<Path>,
    /// A bootstrap is under way: nothing is told before it is known whether it holds.
    #[cfg(feature = "bootstrap")]
    staging: bool,
}

impl Store {
    #[inline(always)]
    pub(crate) const fn empty() -> Store {
        Store {
            objects: Vec::new(),
            values: Values::empty(),
            #[cfg(feature = "gateway")]
            behind: behind::Behind::empty(),
            untold: None,
            #[cfg(feature = "bootstrap")]
            staging: false,
        }
    }

    /// Reserves room in an empty store for `objects` and the three that every client has. Of two
    /// definitions with the same ID the one that the application gives stands; false if it gives two.
    pub(crate) fn open(
        &mut self,
        limits: &Limits,
        objects: &[Definition],
        reservation: &mut impl Reserve,
    ) -> bool {
        reservation.room(&mut self.objects, objects.len().saturating_add(3));
        let unlike = objects.iter().all(|definition| self.add_object(definition));
        for definition in READY {
            self.add_object(definition);
        }
        self.values.reserve(limits.values, limits.text, reservation);
        #[cfg(feature = "gateway")]
        self.behind.reserve(limits, reservation);
        unlike
    }

    /// Adds a definition; false if there is one of this object.
    #[cfg_attr(feature = "small", inline(never))]
    fn add_object(&mut self, definition: Definition) -> bool {
        let before = |o: &&Definition| o.id < definition.id;
        let at = self.objects.iter().take_while(before).count();
        let new = self.objects.get(at).is_none_or(|o| o.id != definition.id);
        if new {
            self.objects.insert_reserved(at, definition);
        }
        new
    }

    pub(crate) fn objects(&self) -> &[Definition] {
        &self.objects
    }

    pub(crate) fn object(&self, id: u16) -> Option<Definition> {
        match self.objects.binary_search_by_key(&id, |o| o.id) {
            Ok(at) => self.objects.get(at).copied(),
            Err(_) => self.behind(id),
        }
    }

    /// The definition of the resource at or above `path`.
    pub(crate) fn resource(&self, path: Path) -> Option<Resource> {
        self.object(path.object_id()?)?.resource(path.resource_id()?)
    }

    /// True if there is an object, an instance, or a resource here.
    pub(crate) fn contains(&self, path: Path) -> bool {
        match path.level() {
            Level::Root => true,
            Level::Object => path.object_id().is_some_and(|id| self.object(id).is_some()),
            _ => self.values.find(path).is_some(),
        }
    }

    /// What is there at `path`, below object level.
    pub(crate) fn kind(&self, path: Path) -> Option<Kind> {
        self.values.find(path).map(|(_, slot)| slot.kind)
    }

    /// The value of a resource or resource instance.
    pub(crate) fn get(&self, path: Path) -> Option<Value<'_>> {
        let (_, slot) = self.values.find(path)?;
        self.values.value(slot)
    }

    /// The bytes of a string that a resource holds; none if it is not there or no string.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn text(&self, path: Path) -> &[u8] {
        match self.get(path) {
            // Values are in one piece.
            Some(Value::String(text)) => text.as_bytes().unwrap_or(&[]),
            _ => &[],
        }
    }

    /// What a Boolean resource holds; `None` if it is not there or no Boolean.
    pub(crate) fn boolean(&self, path: Path) -> Option<bool> {
        self.unsigned(path).map(|value| value == 1)
    }

    /// A number that a resource holds, or 1 of true and 0 of false; `None` if it is not there, not a
    /// number, or negative.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn unsigned(&self, path: Path) -> Option<u64> {
        match self.get(path)? {
            Value::Integer(n) | Value::Time(n) => u64::try_from(n).ok(),
            Value::Unsigned(n) => Some(n),
            Value::Boolean(value) => Some(value.into()),
            _ => None,
        }
    }

    /// The next instance of an object, behind `after`, that has this number at a resource.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn next_with(
        &self,
        object: u16,
        resource: u16,
        wanted: u64,
        mut after: Option<u16>,
    ) -> Option<u16> {
        loop {
            let (id, number) = self.next_number(object, resource, after)?;
            after = Some(id);
            if number == wanted {
                return after;
            }
        }
    }

    /// The next instance of an object, behind `after`, that has such a number at a resource, and the
    /// number.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn next_number(
        &self,
        object: u16,
        resource: u16,
        after: Option<u16>,
    ) -> Option<(u16, u64)> {
        let slots = self.values.slots().get(self.values.range(Path::object(object)))?;
        slots.iter().find_map(|slot| {
            let (path, id) = (slot.path, slot.path.instance_id());
            let found = path.last() == Some(resource) && path.level() == Level::Resource;
            let number = if found && id > after { self.unsigned(path) } else { None };
            id.zip(number)
        })
    }

    /// A checksum of what an instance holds.
    pub(crate) fn sum(&self, path: Path) -> u32 {
        self.values.sum(path)
    }

    /// All that is there at and below `below`, in the order of the tree.
    pub(crate) fn paths(&self, below: Path) -> impl Iterator<Item = Path> + Clone {
        self.nodes(below).map(|(path, _)| path)
    }

    /// The same, with what it is.
    pub(crate) fn nodes(&self, below: Path) -> impl Iterator<Item = (Path, Kind)> + Clone {
        let slots = self.values.slots().get(self.values.range(below)).unwrap_or(&[]);
        let there = slots.iter().filter(|slot| slot.kind != Kind::Gone);
        there.map(|slot| (slot.path, slot.kind))
    }

    /// The first node behind `after` that is at or below `below`.
    pub(crate) fn next_path(&self, below: Path, after: Path) -> Option<Path> {
        let slots = self.values.slots().get(self.values.range(below)).unwrap_or(&[]);
        let from = slots.partition_point(|slot| !after.is_before(slot.path));
        let live = slots.get(from..)?.iter().find(|slot| slot.kind != Kind::Gone)?;
        Some(live.path)
    }

    /// Instances of a multiple resource.
    pub(crate) fn dimension(&self, path: Path) -> usize {
        self.paths(path).count().saturating_sub(1)
    }

    /// A link may point at anything that is there, at an object as such, and at nothing.
    fn link_exists(&self, link: ObjectLink) -> bool {
        link == ObjectLink::NULL
            || if link.instance == Path::UNASSIGNED {
                self.object(link.object).is_some()
            } else {
                self.values.find(Path::instance(link.object, link.instance)).is_some()
            }
    }

    /// Sets a value, for the application. True if it is another one than before.
    pub(crate) fn set(&mut self, path: Path, value: &Value<'_>) -> Result<bool, UsageError> {
        let row = self.row_of_value(path)?;
        let number;
        let value = if value.data_type() == row.data_type && row.data_type != DataType::None {
            value
        } else {
            number = converted(value, row.data_type);
            number.as_ref().ok_or(UsageError::WrongType)?
        };
        if !row.range.admits(value) {
            return Err(UsageError::OutOfRange);
        }
        let parent = path.truncate(Level::Resource);
        let place = match self.values.find(path) {
            Some((_, slot)) if self.values.holds(slot, value) => return Ok(false),
            Some((index, _)) => Ok(index),
            // With the resource goes what is below it, if there is no room.
            None if self.values.find(parent).is_none() => Err(parent),
            None => Err(path),
        };
        let index = place.ok().or_else(|| self.make_place(path));
        if index.is_some_and(|index| self.values.store(index, value)) {
            return Ok(true);
        }
        if let Err(new) = place {
            self.values.remove(new);
        }
        Err(UsageError::Full)
    }

    /// The resource of a value that can be at `path`, in an instance that is there.
    fn row_of_value(&self, path: Path) -> Result<Resource, UsageError> {
        let definition = match path.object_id() {
            Some(id) => self.object(id).ok_or(UsageError::UnknownObject)?,
            None => return Err(UsageError::UnknownPath),
        };
        let row = path.resource_id().and_then(|id| definition.resource(id));
        let deep = path.level() == Level::ResourceInstance;
        row.filter(|row| row.is_multiple() == deep && self.contains(path.truncate(Level::Instance)))
            .ok_or(UsageError::UnknownPath)
    }

    /// Makes a slot for a value, and for its resource if it is an element of one that is not there.
    fn make_place(&mut self, path: Path) -> Option<usize> {
        let parent = path.truncate(Level::Resource);
        if parent != path && self.values.find(parent).is_none() {
            self.values.insert(parent, Kind::Multiple)?;
        }
        self.values.insert(path, Kind::Vacant)
    }

    /// Sets a value that every client has.
    #[inline(never)]
    pub(crate) fn put(
        &mut self,
        object: u16,
        instance: u16,
        resource: u16,
        value: &Value<'_>,
    ) -> Result<(), UsageError> {
        self.set(Path::resource(object, instance, resource), value).map(|_| ())
    }

    /// Makes a slot for a value that can be read and is not known yet; true if there was none.
    #[cfg(feature = "values-on-read")]
    pub(crate) fn make_room_for(&mut self, path: Path) -> Result<bool, UsageError> {
        if !self.row_of_value(path)?.operations().read() {
            return Err(UsageError::UnknownPath);
        }
        if self.values.find(path).is_some() {
            return Ok(false);
        }
        self.make_place(path).map(|_| true).ok_or(UsageError::Full)
    }

    /// Adds an object instance with the resources that need no value: those that every instance has
    /// and that are executed or multiple.
    pub(crate) fn add_instance(&mut self, path: Path) -> Result<(), UsageError> {
        let (Level::Instance, Some(o), Some(i)) =
            (path.level(), path.object_id(), path.instance_id())
        else {
            return Err(UsageError::UnknownPath);
        };
        let definition = self.object(o).ok_or(UsageError::UnknownObject)?;
        if !definition.multiple && i != 0 || i == Path::UNASSIGNED {
            return Err(UsageError::NotAllowed);
        }
        if self.values.find(path).is_some() {
            return Err(UsageError::Exists);
        }
        if self.make_instance(definition, path, 0).is_none() {
            self.values.remove(path);
            return Err(UsageError::Full);
        }
        Ok(())
    }

    fn make_instance(&mut self, definition: Definition, path: Path, flags: u8) -> Option<()> {
        let mut make = |path, kind| {
            let index = self.values.insert(path, kind)?;
            self.values.at_mut(index)?.flags |= flags;
            Some(())
        };
        make(path, Kind::Instance)?;
        for row in definition.resources.iter().filter(|row| row.is_mandatory()) {
            if let Some(kind) = valueless(row) {
                make(path.child(row.id)?, kind)?;
            }
        }
        Some(())
    }

    /// Adds a resource that needs no value: one that is executed or multiple.
    pub(crate) fn add_resource(&mut self, path: Path) -> Result<(), UsageError> {
        let Some(parent) = path.parent().filter(|_| path.level() == Level::Resource) else {
            return Err(UsageError::UnknownPath);
        };
        let row = self.resource(path).ok_or(UsageError::UnknownPath)?;
        let kind = valueless(row).ok_or(UsageError::NotAllowed)?;
        if self.values.find(parent).is_none() {
            return Err(UsageError::UnknownPath);
        }
        if self.values.find(path).is_some() {
            return Err(UsageError::Exists);
        }
        self.values.insert(path, kind).map(|_| ()).ok_or(UsageError::Full)
    }

    /// Removes an instance, a resource or a resource instance, for the application.
    pub(crate) fn remove(&mut self, path: Path) -> Result<(), UsageError> {
        if path.level() < Level::Instance || self.values.find(path).is_none() {
            return Err(UsageError::UnknownPath);
        }
        self.values.remove(path);
        Ok(())
    }

    /// What a server asks for is there and can be read (Core 6.3.1).
    fn check_read(&self, path: Path) -> Result<(), Code> {
        match self.resource(path) {
            // Whether it has a value is nobody's business.
            Some(row) if !row.operations().read() => {
                self.check_exists(path.truncate(Level::Instance))?;
                Err(Code::METHOD_NOT_ALLOWED)
            }
            _ => self.check_exists(path),
        }
    }

    /// The same, and it may read it, if there is access control.
    pub(crate) fn check_readable(&self, path: Path, reader: Option<u16>) -> Result<(), Code> {
        let found = self.check_read(path);
        #[cfg(feature = "access-control")]
        if let Some(ssid) = reader
            && found != Err(Code::NOT_FOUND)
            && path.level() > Level::Root
        {
            let granted = match path.level() {
                Level::Object => self.grants_some(ssid, path),
                _ => self.grants(ssid, path, Right::Read),
            };
            if !granted {
                return Err(Code::UNAUTHORIZED);
            }
        }
        let _ = reader;
        found
    }

    /// What a server asks for is there: 4.04 if not, 4.05 for the root and for an instance of a
    /// resource that has none.
    pub(crate) fn check_exists(&self, path: Path) -> Result<(), Code> {
        if path.level() == Level::Root {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if path.level() == Level::ResourceInstance
            && self.contains(path.truncate(Level::Resource))
            && self.resource(path).is_some_and(|row| !row.is_multiple())
        {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if self.contains(path) { Ok(()) } else { Err(Code::NOT_FOUND) }
    }

    /// Deletes what a server names: an object instance, or an instance of a resource that it may
    /// write (Core 6.3.6).
    pub(crate) fn delete(&mut self, path: Path, server: u8) -> Result<(), Code> {
        self.check_exists(path)?;
        let definition = path.object_id().and_then(|id| self.object(id));
        let definition = definition.ok_or(Code::NOT_FOUND)?;
        let allowed = match path.level() {
            // A Server Account goes by bootstrap only; the object of a single instance that every
            // client has stays.
            Level::Instance => {
                definition.id != object::SERVER.id && (definition.multiple || !definition.mandatory)
            }
            Level::ResourceInstance => {
                self.resource(path).is_some_and(|row| row.operations().write())
            }
            _ => false,
        };
        if !allowed {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.values.delete(path, server);
        self.has_news(path);
        Ok(())
    }

    /// There is something to tell at this path or below it.
    fn has_news(&mut self, path: Path) {
        self.untold = Some(self.untold.map_or(path, |first| first.min(path)));
    }

    /// A bootstrap is under way.
    pub(crate) fn is_staging(&self) -> bool {
        #[cfg(feature = "bootstrap")]
        if self.staging {
            return true;
        }
        false
    }

    /// True if a server wrote the value here and the application has not been told; it is not told
    /// any more.
    #[cfg(feature = "packages")]
    pub(crate) fn take_written(&mut self, path: Path) -> bool {
        let Some((index, slot)) = self.values.find(path) else { return false };
        let written = slot.flags & WRITTEN != 0;
        if let Some(slot) = self.values.at_mut(index).filter(|_| written) {
            slot.flags &= !WRITTEN;
        }
        written
    }

    /// The next thing that a server did and the application does not know: by which account, what,
    /// and where.
    pub(crate) fn take_deed(&mut self) -> Option<(u8, Deed, Path)> {
        let from = self.values.first(self.untold.filter(|_| !self.is_staging())?);
        let telling =
            |slot: &Slot| slot.deleted_by().is_some() || slot.flags & (WRITTEN | CREATED) != 0;
        let mut rest = self.values.slots().iter().skip(from);
        let Some(behind) = rest.position(telling) else {
            self.untold = None;
            return None;
        };
        let index = from.saturating_add(behind);
        let slot = self.values.at_mut(index)?;
        let path = slot.path;
        self.untold = Some(path);
        if let Some(server) = slot.deleted_by() {
            slot.clear_deleted();
            if slot.kind == Kind::Gone {
                self.values.remove_at(index);
            }
            return Some((server, Deed::Deleted, path));
        }
        let server = slot.server();
        if slot.flags & CREATED != 0 {
            slot.flags &= !(CREATED | WRITTEN);
            return Some((server, Deed::Created, path));
        }
        slot.flags &= !WRITTEN;
        Some((server, Deed::Written, path))
    }
}

/// The kind of a resource that is there without a value.
fn valueless(row: &ResourceDefinition) -> Option<Kind> {
    if row.operations().execute() {
        Some(Kind::Executable)
    } else if row.is_multiple() {
        Some(Kind::Multiple)
    } else {
        None
    }
}

/// The value as one of type `to`, where that loses nothing: so that an application can give any
/// integer for any kind of number, and a string for links.
#[cfg_attr(feature = "small", inline(never))]
fn converted<'a>(value: &Value<'a>, to: DataType) -> Option<Value<'a>> {
    let (bits, signed) = match *value {
        Value::Integer(n) | Value::Time(n) => (n.cast_unsigned(), true),
        Value::Unsigned(n) => (n, false),
        Value::String(text) if to == DataType::CoreLink => return Some(Value::CoreLink(text)),
        _ => return None,
    };
    let n = bits.cast_signed();
    // Negative numbers and those above the signed ones look alike.
    if n < 0 && signed == (to == DataType::Unsigned) {
        return None;
    }
    let bits = match to {
        DataType::Integer | DataType::Unsigned | DataType::Time => bits,
        DataType::Float => real(i32::try_from(n).ok()?).to_bits(),
        _ => return None,
    };
    let mut value = Value::None;
    value.set_bits(to, bits).then_some(value)
}
