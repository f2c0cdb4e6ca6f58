//! Writing: Replace, Partial Update, Create and Write-Composite (Core 6.3.3, 6.3.5, 6.3.9), each all
//! or nothing.
//!
//! A payload is read twice, unless there is a single entry in it. The first time everything in it is
//! checked, its slots are marked and those that are not there are made; then it is known whether its
//! texts fit. Only then the values go in, and nothing can fail any more. If anything is wrong before,
//! the marks and the new slots are taken back, and nothing has changed.

use core::ops::Range;

use coap_core::{Code, ContentFormat};

use super::values::{CREATED, NEW, Slot, TOUCHED, WRITTEN, long_len};
use super::{Definition, Kind, Resource, Store};
#[cfg(feature = "composite")]
use crate::client::request::is_secret;
use crate::format::{Content, Entry, Reader, Target};
use crate::{DecodeError, Level, Path, Value, object};

/// What a payload is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// What is there and may be written goes, where it is optional.
    Replace,
    /// What is there stays.
    Update,
    /// It makes instances.
    Create,
    /// What it names may be anywhere and has to be there; what is there stays, unless it is to go.
    #[cfg(feature = "composite")]
    Composite,
    /// Of a bootstrap server: what is there and concerns a server goes, instances that are missing
    /// are made, nobody asks who may write.
    #[cfg(feature = "bootstrap")]
    Bootstrap,
}

impl Mode {
    pub(crate) fn is_bootstrap(self) -> bool {
        #[cfg(feature = "bootstrap")]
        if self == Mode::Bootstrap {
            return true;
        }
        false
    }

    fn is_composite(self) -> bool {
        #[cfg(feature = "composite")]
        return self == Mode::Composite;
        #[cfg(not(feature = "composite"))]
        false
    }
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer {
    /// The number of its account.
    pub(crate) account: u8,
    /// Its Short Server ID, if there is access control.
    #[cfg_attr(
        not(feature = "access-control"),
        allow(dead_code, reason = "nobody owns what is created")
    )]
    pub(crate) ssid: Option<u16>,
}

/// A payload with what it takes to understand it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) format: ContentFormat,
    pub(crate) prefix: &'a str,
    pub(crate) bytes: &'a [u8],
}

#[cfg(any(feature = "bootstrap", feature = "composite"))]
impl Payload<'_> {
    /// Hands on the path of each entry, as far as it can be read. It says itself where they are.
    pub(crate) fn each_path(self, found: &mut dyn FnMut(Path)) {
        let target = Target::from(Path::ROOT).with_prefix(self.prefix);
        if let Ok(entries) = &mut Reader::new(self.format, target, self.bytes) {
            while let Some(Ok(entry)) = entries.next() {
                found(entry.path);
            }
        }
    }
}

/// A write under way.
struct Write<'p> {
    mode: Mode,
    target: Path,
    payload: Payload<'p>,
    writer: Writer,
    /// The ID for an instance that comes without one.
    free_id: u16,
    /// Bytes of text that the payload brings, and that it replaces.
    brings: usize,
    frees: usize,
    /// Entries that were not ignored.
    steps: usize,
    /// The first instance that was made.
    made: Option<Path>,
    /// The last of the steps, which stays here with what it is about: if it is the only one, the
    /// payload need not be read again.
    last: Step,
    path: Path,
    value: Value<'p>,
}

impl Write<'_> {
    /// All slots that it marks are here: with a resource its instance may be made.
    fn scope(&self) -> Path {
        self.target.truncate(Level::Instance)
    }
}

/// What is to be done with an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Ignore,
    Instance,
    /// An array without elements.
    Multiple,
    Value,
    /// An instance of a resource goes.
    #[cfg(feature = "composite")]
    Delete,
}

fn refused(error: DecodeError) -> Code {
    if error.kind.is_unsupported_format() {
        Code::UNSUPPORTED_CONTENT_FORMAT
    } else {
        Code::BAD_REQUEST
    }
}

impl Store {
    /// Writes a payload to `target`. Answers what was created, or `target`.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn write(
        &mut self,
        mode: Mode,
        target: Path,
        payload: Payload<'_>,
        writer: Writer,
    ) -> Result<Path, Code> {
        let definition = if mode.is_bootstrap() || mode.is_composite() {
            None
        } else {
            Some(self.check_target(mode, target)?)
        };
        let free_id = match definition {
            Some(definition) if mode == Mode::Create => {
                self.free_instance(target.truncate(Level::Object), definition)?
            }
            _ => 0,
        };
        let behind = self.prefix(target);
        // What a composite operation is about was told.
        let plain = behind.as_str().is_empty() || !payload.prefix.is_empty();
        // A bootstrap server knows of no alternate path.
        #[cfg(all(feature = "alternate-path", feature = "bootstrap"))]
        let plain = plain || mode == Mode::Bootstrap;
        let payload =
            Payload { prefix: if plain { payload.prefix } else { behind.as_str() }, ..payload };
        let (brings, frees, steps, made) = (0, 0, 0, None);
        let mut write = Write {
            mode,
            target,
            payload,
            writer,
            free_id,
            brings,
            frees,
            steps,
            made,
            last: Step::Ignore,
            path: target,
            value: Value::None,
        };
        if let Err(code) = self.prepare(&mut write, definition) {
            self.values.remove_new();
            return Err(code);
        }
        self.commit(&mut write);
        Ok(write.made.unwrap_or(target))
    }

    /// The target takes this operation: 4.04 or 4.05 if not.
    pub(crate) fn check_write(&self, mode: Mode, target: Path) -> Result<(), Code> {
        self.check_target(mode, target).map(|_| ())
    }

    /// What is written to is there, or is a resource that can be made there: 4.04 if not, 4.05 for
    /// the root.
    pub(crate) fn check_known(&self, target: Path) -> Result<Definition, Code> {
        let object = target.object_id().ok_or(Code::METHOD_NOT_ALLOWED)?;
        let definition = self.object(object).ok_or(Code::NOT_FOUND)?;
        // A resource that the object has and the instance lacks is made by being written.
        let row_is_known = target.resource_id().is_none_or(|id| definition.resource(id).is_some());
        let known = row_is_known && self.contains(target.truncate(Level::Instance));
        if known { Ok(definition) } else { Err(Code::NOT_FOUND) }
    }

    fn check_target(&self, mode: Mode, target: Path) -> Result<Definition, Code> {
        let definition = self.check_known(target)?;
        let replace = mode == Mode::Replace;
        let allowed = match target.resource_id().and_then(|id| definition.resource(id)) {
            Some(row) => {
                let one = target.level() == Level::Resource;
                let fits = if row.is_multiple() { replace || one } else { replace && one };
                row.operations().write() && mode != Mode::Create && fits
            }
            None if target.level() == Level::Object => {
                mode == Mode::Create && definition.id != object::SERVER.id
            }
            None => mode != Mode::Create,
        };
        if allowed { Ok(definition) } else { Err(Code::METHOD_NOT_ALLOWED) }
    }

    /// The lowest ID that no instance has.
    pub(super) fn free_instance(&self, object: Path, definition: Definition) -> Result<u16, Code> {
        let mut id = 0;
        for (path, kind) in self.nodes(object) {
            if kind == Kind::Instance && path.instance_id() == Some(id) {
                id = id.saturating_add(1);
            }
        }
        if !definition.multiple && id > 0 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if id == Path::UNASSIGNED { Err(Code::INTERNAL_SERVER_ERROR) } else { Ok(id) }
    }

    fn prepare(
        &mut self,
        write: &mut Write<'_>,
        definition: Option<Definition>,
    ) -> Result<(), Code> {
        self.read(write, true)?;
        // A single value cannot be replaced by none.
        let one = match self.resource(write.target) {
            Some(row) => write.target.level() == Level::ResourceInstance || !row.is_multiple(),
            None => false,
        };
        if one && write.steps == 0 {
            return Err(Code::BAD_REQUEST);
        }
        if let Some(definition) = definition
            && write.mode == Mode::Create
        {
            if write.made.is_none() {
                let object = write.target.object_id().unwrap_or(definition.id);
                write.path = Path::instance(object, write.free_id);
                self.reserve(write, Step::Instance)?;
            }
            self.check_mandatory(definition)?;
            #[cfg(feature = "access-control")]
            if write.writer.ssid.is_some() && self.values.room() < self.slots_of_owners() {
                return Err(full(write.mode));
            }
        }
        let room = self.values.text_room().saturating_add(write.frees);
        if write.brings > room { Err(full(write.mode)) } else { Ok(()) }
    }

    /// Goes through the payload: to check it and to make its slots, or to put the values in. One
    /// function, because a reader takes much of a small stack.
    #[inline(never)]
    fn read<'p>(&mut self, write: &mut Write<'p>, check: bool) -> Result<(), Code> {
        let Payload { format, prefix, bytes } = write.payload;
        let create = write.mode == Mode::Create;
        if create && bytes.is_empty() {
            return Ok(());
        }
        let target = Target { prefix, path: self.outward(write.target), create };
        let mut reader = Reader::new(format, target, bytes);
        let reader = match &mut reader {
            Ok(reader) => reader,
            Err(error) => return Err(refused(*error)),
        };
        for next in reader {
            let entry = match &next {
                Ok(entry) => entry,
                Err(error) => return Err(refused(*error)),
            };
            let step = self.step(write, entry)?;
            if step == Step::Ignore {
                continue;
            }
            write.last = step;
            if check {
                self.reserve(write, step)?;
                write.steps = write.steps.saturating_add(1);
            } else {
                self.take(write);
            }
        }
        Ok(())
    }

    /// Does what one entry asks for.
    fn take(&mut self, write: &Write<'_>) {
        let Some((index, _)) = self.values.find(write.path) else { return };
        match write.last {
            Step::Value => {
                // Its room was counted.
                let _ = self.values.store(index, &write.value);
            }
            #[cfg(feature = "composite")]
            Step::Delete => self.values.delete(write.path, write.writer.account),
            _ => {}
        }
    }

    /// An entry of Write-Composite says itself where it goes.
    #[cfg(feature = "composite")]
    fn check_entry(&self, write: &Write<'_>, path: Path) -> Result<(), Code> {
        if path.object_id().is_some_and(is_secret) {
            return Err(Code::UNAUTHORIZED);
        }
        self.check_known(path)?;
        #[cfg(feature = "access-control")]
        if let Some(ssid) = write.writer.ssid
            && !self.grants(ssid, path, super::Right::Write)
        {
            return Err(Code::UNAUTHORIZED);
        }
        let _ = write;
        // A single resource has no instances; what is read or executed is not written.
        self.check_target(Mode::Replace, path).map(|_| ())
    }

    /// What an entry of the payload asks for. Where, and which value, is in the write then.
    #[cfg_attr(feature = "small", inline(never))]
    fn step<'p>(&self, write: &mut Write<'p>, entry: &Entry<'p>) -> Result<Step, Code> {
        let mut path = self.inward(write.target, entry.path);
        #[cfg(feature = "composite")]
        if write.mode == Mode::Composite {
            path = self.placed(write.payload.prefix, entry.path);
        }
        if path.instance_id() == Some(Path::UNASSIGNED) {
            path = path.with_instance(write.free_id);
        }
        #[cfg(feature = "composite")]
        if write.mode == Mode::Composite {
            self.check_entry(write, path)?;
            if entry.content == Content::Delete {
                let element = path.level() == Level::ResourceInstance;
                (write.path, write.value) = (path, Value::None);
                return if element { Ok(Step::Delete) } else { Err(Code::BAD_REQUEST) };
            }
        }
        if path.level() < Level::Instance {
            // An object without instances.
            return Ok(Step::Ignore);
        }
        write.path = path;
        if path.level() == Level::Instance {
            return match entry.content {
                Content::Empty => Ok(Step::Instance),
                _ => Err(Code::BAD_REQUEST),
            };
        }
        // What is ignored in a Create still names the instance to make (Core 6.3.5).
        let bootstrap = write.mode.is_bootstrap();
        let ignored =
            if write.mode == Mode::Create || bootstrap { Step::Instance } else { Step::Ignore };
        let Some(row) = self.resource(path) else { return Ok(ignored) };
        if if bootstrap { row.operations().execute() } else { !row.operations().write() } {
            let fine = ignored != Step::Ignore;
            return if fine { Ok(ignored) } else { Err(Code::METHOD_NOT_ALLOWED) };
        }
        let deep = path.level() == Level::ResourceInstance;
        match entry.content {
            Content::Empty if row.is_multiple() && !deep => Ok(Step::Multiple),
            Content::Value(raw) if row.is_multiple() == deep => {
                let decoded = raw.decode_to(row.data_type, &mut write.value);
                decoded.map_err(|_| Code::BAD_REQUEST)?;
                #[cfg(feature = "bootstrap")]
                if bootstrap {
                    let step = Self::bootstrapped(row, &write.value)?;
                    return Ok(if step { Step::Value } else { ignored });
                }
                self.check_value(row, &write.value)?;
                #[cfg(feature = "packages")]
                self.check_package(path, &write.value)?;
                Ok(Step::Value)
            }
            _ => Err(Code::BAD_REQUEST),
        }
    }

    fn check_value(&self, row: Resource, value: &Value<'_>) -> Result<(), Code> {
        let exists = match value {
            Value::ObjectLink(link) => self.link_exists(*link),
            _ => true,
        };
        if exists && row.range.admits(value) { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    /// Makes and marks the slots of one step.
    fn reserve(&mut self, write: &mut Write<'_>, step: Step) -> Result<(), Code> {
        let path = write.path;
        #[cfg(feature = "composite")]
        if step == Step::Delete {
            let there = self.values.find(path).is_some();
            return if there { self.touch(write, path, Kind::Vacant) } else { Ok(()) };
        }
        let bootstrap = write.mode.is_bootstrap();
        let instance = path.truncate(Level::Instance);
        match self.values.find(instance) {
            #[cfg(feature = "bootstrap")]
            Some((_, slot)) if bootstrap => {
                if !slot.is_staged() {
                    self.values.keep_copy(instance).ok_or(full(write.mode))?;
                }
            }
            // Whoever creates has to create; whoever writes has been checked.
            Some((_, slot)) if write.mode == Mode::Create && slot.flags & NEW == 0 => {
                return Err(Code::BAD_REQUEST);
            }
            Some(_) => {}
            None => {
                let definition = instance.object_id().and_then(|id| self.object(id));
                let definition = definition.ok_or(Code::NOT_FOUND)?;
                let single = !definition.multiple && instance.instance_id() != Some(0);
                if write.mode != Mode::Create && !bootstrap || single {
                    return Err(Code::BAD_REQUEST);
                }
                self.make_instance(definition, instance, NEW).ok_or(full(write.mode))?;
                write.made = write.made.or(Some(instance));
            }
        }
        #[cfg(feature = "bootstrap")]
        if bootstrap {
            self.values.stage(instance);
        }
        if step == Step::Multiple || path.level() == Level::ResourceInstance {
            self.touch(write, path.truncate(Level::Resource), Kind::Multiple)?;
        }
        if step == Step::Value { self.touch(write, path, Kind::Vacant) } else { Ok(()) }
    }

    /// Marks one slot, making it if it is not there.
    fn touch(&mut self, write: &mut Write<'_>, path: Path, kind: Kind) -> Result<(), Code> {
        let (index, new) = match self.values.find(path) {
            // A value that comes twice leaves open which one is meant.
            Some((_, slot)) if slot.flags & TOUCHED != 0 && kind == Kind::Vacant => {
                return Err(Code::BAD_REQUEST);
            }
            Some((_, slot)) if slot.flags & TOUCHED != 0 => return Ok(()),
            Some((index, slot)) => (index, slot.flags & NEW),
            None => (self.values.insert(path, kind).ok_or(full(write.mode))?, NEW),
        };
        if kind == Kind::Vacant {
            let text = long_len(&write.value).ok_or(full(write.mode))?;
            write.brings = write.brings.saturating_add(text);
        }
        write.frees = write.frees.saturating_add(self.values.text_len(index));
        if let Some(slot) = self.values.at_mut(index) {
            slot.flags |= TOUCHED | new;
        }
        Ok(())
    }

    /// Every new instance has what the object demands and only a server could give.
    fn check_mandatory(&self, definition: Definition) -> Result<(), Code> {
        let new = |slot: &&Slot| slot.kind == Kind::Instance && slot.flags & NEW != 0;
        for instance in self.values.slots().iter().filter(new) {
            for row in
                definition.resources.iter().filter(|r| r.is_mandatory() && r.operations().write())
            {
                let there = instance.path.child(row.id).and_then(|path| self.values.find(path));
                if there.is_none_or(|(_, slot)| slot.flags & TOUCHED == 0) {
                    return Err(Code::BAD_REQUEST);
                }
            }
        }
        Ok(())
    }

    /// Does what was prepared.
    fn commit(&mut self, write: &mut Write<'_>) {
        self.clear_replaced(write);
        if write.steps == 1 {
            self.take(write);
        } else {
            // What was checked is as it was.
            let _ = self.read(write, false);
        }
        #[cfg(feature = "access-control")]
        if write.mode == Mode::Create {
            self.own_new(write);
        }
        self.tell(write);
    }

    /// Room that the instances of object 2 for all new instances take.
    #[cfg(feature = "access-control")]
    fn slots_of_owners(&self) -> usize {
        let new = |slot: &&Slot| slot.kind == Kind::Instance && slot.flags & NEW != 0;
        self.values.slots().iter().filter(new).count().saturating_mul(super::access::SLOTS)
    }

    /// Whoever creates an instance owns it (Core 8.2).
    #[cfg(feature = "access-control")]
    fn own_new(&mut self, write: &Write<'_>) {
        let Some(ssid) = write.writer.ssid else { return };
        let mut after = write.target;
        while let Some(path) = self.next_new(write.target, after) {
            // Its room was counted.
            let _ = self.add_owner(path, ssid);
            after = path;
        }
    }

    /// The first new instance of an object behind `after`.
    #[cfg(feature = "access-control")]
    fn next_new(&self, target: Path, after: Path) -> Option<Path> {
        let slots = self.values.slots().get(self.values.range(target))?;
        let new = |slot: &&Slot| {
            slot.kind == Kind::Instance && slot.flags & NEW != 0 && { slot.path } > after
        };
        slots.iter().find(new).map(|slot| slot.path)
    }

    /// Frees the texts that are replaced. And removes what a Replace does not name: optional resources
    /// of an instance, elements of an array. What is mandatory stays as it is. What a bootstrap does
    /// not name goes from the instances that it does.
    fn clear_replaced(&mut self, write: &Write<'_>) {
        let Range { mut start, mut end } = self.values.range(write.target);
        // The instance whose resources follow, and the resource whose elements do.
        let (mut instance, mut named) = (true, false);
        while let Some(slot) = self.values.at(start).filter(|_| start < end) {
            let touched = slot.flags & TOUCHED != 0;
            let (path, level) = (slot.path, slot.path.level());
            match level {
                Level::Instance => instance = touched,
                Level::Resource => named = touched,
                _ => {}
            }
            let goes = |row: Resource| match write.mode {
                Mode::Replace => row.operations().write() && (named || !row.is_mandatory()),
                #[cfg(feature = "bootstrap")]
                Mode::Bootstrap => instance && Store::bootstrap_clears(path, row),
                _ => false,
            };
            let _ = instance;
            if !touched && self.resource(path).is_some_and(goes) {
                self.values.remove_at(start);
                end = end.wrapping_sub(1);
                continue;
            }
            if touched {
                self.values.free_text(start);
            }
            start = start.wrapping_add(1);
        }
    }

    /// Turns the marks into what the application is to be told.
    fn tell(&mut self, write: &Write<'_>) {
        let server = write.writer.account;
        self.has_news(write.scope());
        let create = write.mode == Mode::Create;
        for index in self.values.range(write.scope()) {
            let Some(slot) = self.values.at_mut(index) else { continue };
            let (touched, new) = (slot.flags & TOUCHED != 0, slot.flags & NEW != 0);
            slot.flags &= !(TOUCHED | NEW);
            if write.mode.is_bootstrap() {
                // Told instance by instance, once the bootstrap has come to its end.
                if slot.kind == Kind::Instance && (new || touched) {
                    slot.mark(if new { CREATED } else { WRITTEN }, server);
                }
            } else if create {
                if new && slot.kind == Kind::Instance {
                    slot.mark(CREATED, server);
                }
            } else if touched && slot.kind != Kind::Multiple
                || write.mode == Mode::Replace && { slot.path } == write.target
            {
                slot.mark(WRITTEN, server);
            }
        }
    }
}

/// The answer when there is no room: Create has no code for it.
fn full(mode: Mode) -> Code {
    if mode == Mode::Create { Code::INTERNAL_SERVER_ERROR } else { Code::REQUEST_ENTITY_TOO_LARGE }
}
