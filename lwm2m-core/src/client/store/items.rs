//! Reading: what a server sees at and below a path, as often as a format's writer wants to see it.

use super::values::Slot;
use super::{Definition, Kind, Resource, Store};
#[cfg(any(feature = "composite", feature = "send", feature = "access-control"))]
use crate::client::request::is_secret;
use crate::format::Item;
use crate::{Level, Path};
#[cfg(any(feature = "composite", feature = "send"))]
use coap_core::Code;

/// Yields what can be read at and below a path, in the order of the tree. A clone begins where the
/// original is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'a> {
    store: &'a Store,
    slots: &'a [Slot],
    level: Level,
    /// Where there may be more, behind the slots.
    #[cfg(any(feature = "composite", feature = "send"))]
    more: &'a [Path],
    /// Of the object that they are all of; a list looks for each.
    definition: Option<Definition>,
    /// Only what this server may read.
    #[cfg(feature = "access-control")]
    reader: Option<u16>,
}

impl Store {
    /// What can be read at and below `path`; by a server, if there is access control.
    #[cfg_attr(
        not(feature = "access-control"),
        allow(unused_variables, reason = "all servers may read")
    )]
    pub(crate) fn items(&self, path: Path, reader: Option<u16>) -> Items<'_> {
        let slots = self.values.slots().get(self.values.range(path)).unwrap_or(&[]);
        Items {
            store: self,
            slots,
            level: path.level(),
            #[cfg(any(feature = "composite", feature = "send"))]
            more: &[],
            definition: path.object_id().and_then(|id| self.object(id)),
            #[cfg(feature = "access-control")]
            reader,
        }
    }
}

impl Store {
    /// What can be read at and below each of these paths.
    #[cfg(any(feature = "composite", feature = "send"))]
    pub(crate) fn listed<'a>(&'a self, paths: &'a [Path], reader: Option<u16>) -> Items<'a> {
        Items { slots: &[], more: paths, ..self.items(Path::ROOT, reader) }
    }

    /// One of several paths can be read; the root can, whatever there is.
    #[cfg(any(feature = "composite", feature = "send"))]
    pub(crate) fn check_listed(&self, path: Path, reader: Option<u16>) -> Result<(), Code> {
        if path.object_id().is_some_and(is_secret) {
            return Err(Code::UNAUTHORIZED);
        }
        if path.level() == Level::Root {
            return Ok(());
        }
        self.check_readable(path, reader)
    }

    /// Values as a server sees them.
    #[cfg(not(feature = "gateway"))]
    #[allow(clippy::unused_self, reason = "as with devices behind")]
    pub(crate) fn told<I>(&self, items: I) -> I {
        items
    }

    /// Values as a server sees them.
    #[cfg(feature = "gateway")]
    pub(crate) fn told<'a, I>(&'a self, items: I) -> impl Iterator<Item = Item<'a>> + Clone
    where
        I: Iterator<Item = Item<'a>> + Clone,
    {
        items.map(|item| Item { path: self.outward(item.path), ..item })
    }
}

impl<'a> Items<'a> {
    /// What the slot shows by itself.
    fn shown(&self, slot: &'a Slot) -> Option<Item<'a>> {
        let value = self.store.values.value(slot)?;
        self.is_readable(slot.path).then_some(Item::value(slot.path, value))
    }

    /// The resource may be read.
    fn is_readable(&self, path: Path) -> bool {
        let row: Option<Resource> = match self.definition {
            Some(definition) => path.resource_id().and_then(|id| definition.resource(id)),
            None => self.store.resource(path),
        };
        row.is_some_and(|row| row.operations().read())
    }

    /// True if nothing below `container` follows that can be read.
    fn is_empty(&self, container: &Slot) -> bool {
        let below = self.slots.iter().take_while(|slot| slot.path.starts_with(container.path));
        let multiple = |slot: &Slot| slot.kind == Kind::Multiple && self.is_readable(slot.path);
        !below.into_iter().any(|slot| self.shown(slot).is_some() || multiple(slot))
    }

    /// Goes on to the next path.
    #[cfg(any(feature = "composite", feature = "send"))]
    fn turn(&mut self) -> Option<()> {
        let (path, more) = self.more.split_first()?;
        #[cfg(feature = "access-control")]
        let reader = self.reader;
        #[cfg(not(feature = "access-control"))]
        let reader = None;
        self.more = more;
        if self.store.check_listed(*path, reader).is_ok() {
            *self = Items { more, ..self.store.items(*path, reader) };
        }
        Some(())
    }

    /// There is but one path.
    #[cfg(not(any(feature = "composite", feature = "send")))]
    #[allow(clippy::unused_self, reason = "as with several")]
    fn turn(&mut self) -> Option<()> {
        None
    }

    /// The instance is none of those that a server sees, among others.
    #[cfg(any(feature = "composite", feature = "access-control"))]
    fn is_hidden(&self, instance: Path) -> bool {
        #[cfg(feature = "access-control")]
        if let Some(ssid) = self.reader
            && self.level < Level::Instance
            && !self.store.grants(ssid, instance, super::Right::Read)
        {
            return true;
        }
        // Only lists have the root.
        self.level == Level::Root && instance.object_id().is_some_and(is_secret)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let Some((slot, rest)) = self.slots.split_first() else {
                self.turn()?;
                continue;
            };
            self.slots = rest;
            match slot.kind {
                #[cfg(any(feature = "composite", feature = "access-control"))]
                Kind::Instance if self.is_hidden(slot.path) => {
                    let next = rest.iter().position(|other| !other.path.starts_with(slot.path));
                    self.slots = next.and_then(|at| rest.get(at..)).unwrap_or(&[]);
                }
                // An instance shows by itself only among others.
                Kind::Instance if self.level < Level::Instance && self.is_empty(slot) => {
                    return Some(Item::empty(slot.path));
                }
                Kind::Multiple if self.is_empty(slot) => {
                    if self.is_readable(slot.path) {
                        return Some(Item::empty(slot.path));
                    }
                }
                _ => {
                    if let Some(item) = self.shown(slot) {
                        return Some(item);
                    }
                }
            }
        }
    }
}
