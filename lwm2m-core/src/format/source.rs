//! What writers take their items from.

use super::Item;

/// Items that come one after the other and can be looked at beforehand. An iterator behind a
/// pointer: there is one of each writer, whatever the items come from.
pub(super) trait Source<'a> {
    /// Takes the next item.
    fn take_next(&mut self) -> Option<Item<'a>>;

    /// Shows what comes, which stays.
    fn ahead(&self, look: &mut dyn FnMut(&mut dyn Source<'a>));
}

impl<'a, I: Iterator<Item = Item<'a>> + Clone> Source<'a> for I {
    fn take_next(&mut self) -> Option<Item<'a>> {
        self.next()
    }

    fn ahead(&self, look: &mut dyn FnMut(&mut dyn Source<'a>)) {
        look(&mut self.clone());
    }
}
