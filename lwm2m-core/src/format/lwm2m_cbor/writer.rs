//! From items to LwM2M CBOR.

use m2m_base::Sink;
use senml::cbor::put_head;

use crate::error::WriteError;
use crate::format::cbor::{ARRAY, MAP, UNSIGNED, write_bare};
use crate::format::source::Source;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};

/// Writes a map from the root down. What several items have in common is one key; a key of more
/// than one ID is an array. Times are left out.
#[inline(never)]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let mut writer = Writer { target: &target.path, next: None, items, sink };
    writer.next = writer.items.take_next();
    writer.map(0)
}

struct Writer<'w, 'a> {
    target: &'w Path,
    /// What is written next.
    next: Option<Item<'a>>,
    /// What comes behind it.
    items: &'w mut dyn Source<'a>,
    sink: &'w mut dyn Sink,
}

/// What is known of the next item and those behind it that have some IDs in common with it.
struct Group {
    /// The pairs of a map that has all of them, behind these IDs.
    pairs: u64,
    /// The IDs that all have in common.
    common: usize,
    /// There are others than the next one.
    is_more: bool,
}

impl<'a> Writer<'_, 'a> {
    /// Looks at the items that have so many IDs in common with the next one.
    #[inline(never)]
    fn group(&self, next: Path, ids: usize) -> Group {
        let depth = next.level() as usize;
        let mut group = Group { pairs: u64::from(depth > ids), common: depth, is_more: false };
        let mut last = next;
        self.items.ahead(&mut |items| {
            while let Some(Item { path, .. }) = items.take_next() {
                let common = next.common(path);
                if common < ids {
                    break;
                }
                let is_pair = path.level() as usize > ids && last.common(path) <= ids;
                group.pairs += u64::from(is_pair);
                group.common = group.common.min(common);
                group.is_more = true;
                last = path;
            }
        });
        group
    }

    /// Writes the next item and those that have so many IDs in common with it, without these. It
    /// calls itself for what has at least one more.
    fn map(&mut self, ids: usize) -> Result<(), WriteError> {
        let first = self.next.map_or(Path::ROOT, |item| item.path);
        let Group { pairs, .. } = self.group(first, ids);
        put_head(self.sink, MAP, pairs)?;

        let mut written = Path::ROOT;
        while let Some(item) = &self.next {
            let path = &item.path;
            let depth = path.level() as usize;
            if first.common(*path) < ids {
                break;
            }
            let is_value = matches!(item.content, ItemContent::Value(_));
            // That there is nothing in it was said too early.
            let skipped = depth == ids && !is_value;
            // What was left comes again: the items are not in order.
            let again = written.common(*path) > ids;
            let level = if is_value { Level::Resource } else { Level::Root };
            if !path.starts_with(*self.target)
                || (depth == ids && is_value)
                || again
                || path.level() < level
            {
                return Err(WriteError::NotExpressible);
            }
            if !skipped {
                written = *path;
                // Below a value there is nothing.
                let is_leaf = is_value && depth <= ids + 1;
                let (common, is_more) = if is_leaf {
                    (depth, false)
                } else {
                    let group = self.group(*path, ids + 1);
                    (group.common, group.is_more)
                };
                let all = path.ids();
                let key = all.get(ids..common).unwrap_or(&[]);
                if key.len() > 1 {
                    put_head(self.sink, ARRAY, u64::try_from(key.len()).unwrap_or(0))?;
                }
                for id in key {
                    put_head(self.sink, UNSIGNED, (*id).into())?;
                }
                if is_more {
                    self.map(common)?;
                    continue;
                }
                match &item.content {
                    ItemContent::Value(value) => write_bare(value, self.sink)?,
                    ItemContent::Empty => put_head(self.sink, MAP, 0)?,
                }
            }
            self.next = self.items.take_next();
        }
        Ok(())
    }
}
