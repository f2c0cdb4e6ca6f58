//! From items to LwM2M CBOR.

use m2m_base::Sink;

use crate::error::WriteError;
use crate::format::cbor::{ARRAY, MAP, UNSIGNED, put_head, write_bare};
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
    let next = items.take_next();
    Writer { target: &target.path, next, items, sink }.map(0)
}

struct Writer<'w, 'a> {
    target: &'w Path,
    /// What is written next.
    next: Option<Item<'a>>,
    /// What comes behind it.
    items: &'w mut dyn Source<'a>,
    sink: &'w mut dyn Sink,
}

impl<'a> Writer<'_, 'a> {
    /// Shows the paths of the items behind the next one that have so many IDs in common with it.
    #[inline(never)]
    fn each(&self, ids: usize, look: &mut dyn FnMut(&Path)) {
        let Some(next) = &self.next else { return };
        self.items.ahead(&mut |items| {
            while let Some(item) = items.take_next()
                && next.path.common(item.path) >= ids
            {
                look(&item.path);
            }
        });
    }

    /// Writes the next item and those that have so many IDs in common with it, without these. It
    /// calls itself for what has at least one more.
    fn map(&mut self, ids: usize) -> Result<(), WriteError> {
        let first = self.next.map_or(Path::ROOT, |item| item.path);
        let mut last = first;
        let mut count = u64::from(first.level() as usize > ids);
        self.each(ids, &mut |path| {
            count += u64::from(path.level() as usize > ids && last.common(*path) <= ids);
            last = *path;
        });
        put_head(self.sink, MAP, count)?;

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
                let mut common = depth;
                let mut alone = true;
                // Below a value there is nothing.
                if !is_value || depth > ids + 1 {
                    self.each(ids + 1, &mut |other| {
                        common = common.min(path.common(*other));
                        alone = false;
                    });
                }
                let all = path.ids();
                let key = all.get(ids..common).unwrap_or(&[]);
                if key.len() > 1 {
                    put_head(self.sink, ARRAY, u64::try_from(key.len()).unwrap_or(0))?;
                }
                for id in key {
                    put_head(self.sink, UNSIGNED, (*id).into())?;
                }
                if !alone {
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
