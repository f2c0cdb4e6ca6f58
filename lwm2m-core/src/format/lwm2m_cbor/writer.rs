//! From items to LwM2M CBOR.

use core::iter::Peekable;

use m2m_base::{Full, Sink};

use crate::error::WriteError;
use crate::format::cbor::{ARRAY, MAP, UNSIGNED, put_head, write_bare};
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};

/// Writes a map from the root down. What several items have in common is one key; a key of more
/// than one ID is an array. Times are left out.
pub(in crate::format) fn write<'a, I>(
    target: &Target<'_>,
    items: I,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    if items.clone().any(|item| !item.path.starts_with(target.path)) {
        return Err(WriteError::NotExpressible);
    }
    map(items.peekable(), Path::ROOT, sink)
}

/// Writes what of the items is below `at`: they are the first of them. It calls itself for what is
/// at least one level deeper.
fn map<'a, I>(items: Peekable<I>, at: Path, sink: &mut dyn Sink) -> Result<(), WriteError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    let mut count = 0;
    let mut last = at;
    for item in items.clone().take_while(|item| item.path.starts_with(at)) {
        let child = below(item.path, at);
        if child != last {
            count += 1;
        }
        last = child;
    }
    put_head(sink, MAP, count)?;

    let mut items = items;
    let mut written = at;
    loop {
        let group = items.clone();
        let Some(first) = items.next_if(|item| item.path.starts_with(at)) else { return Ok(()) };
        let child = below(first.path, at);
        if child == at {
            // That there is nothing in it was said too early.
            match first.content {
                ItemContent::Empty => continue,
                ItemContent::Value(_) => return Err(WriteError::NotExpressible),
            }
        }
        // What was left comes again: the items are not in order.
        if child == written {
            return Err(WriteError::NotExpressible);
        }
        written = child;
        let mut common = first.path;
        let mut alone = true;
        while let Some(item) = items.next_if(|item| item.path.starts_with(child)) {
            common = common_ancestor(common, item.path);
            alone = false;
        }
        key(common, at.level(), sink)?;
        if alone {
            leaf(&first, sink)?;
        } else {
            map(group, common, sink)?;
        }
    }
}

/// The path one level below `at`, on the way to `path`; `at` itself if that is all of it.
fn below(path: Path, at: Path) -> Path {
    path.truncate(match at.level() {
        Level::Root => Level::Object,
        Level::Object => Level::Instance,
        Level::Instance => Level::Resource,
        Level::Resource | Level::ResourceInstance => Level::ResourceInstance,
    })
}

fn common_ancestor(a: Path, b: Path) -> Path {
    let mut common = a;
    while !b.starts_with(common) {
        match common.parent() {
            Some(parent) => common = parent,
            None => break,
        }
    }
    common
}

/// The IDs of `path` behind the level `above`.
fn key(path: Path, above: Level, sink: &mut dyn Sink) -> Result<(), Full> {
    let ids = path.ids().get(above as usize..).unwrap_or(&[]);
    if ids.len() > 1 {
        put_head(sink, ARRAY, u64::try_from(ids.len()).unwrap_or(0))?;
    }
    ids.iter().try_for_each(|id| put_head(sink, UNSIGNED, u64::from(*id)))
}

fn leaf(item: &Item<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    match &item.content {
        ItemContent::Value(value) if item.path.level() >= Level::Resource => {
            write_bare(value, sink)
        }
        ItemContent::Value(_) => Err(WriteError::NotExpressible),
        ItemContent::Empty => Ok(put_head(sink, MAP, 0)?),
    }
}
