//! Texts that many resources share: originators and labels.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Texts under numbers, each as long as somebody uses it. Number 0 is the empty text.
#[derive(Debug)]
pub(crate) struct Interned {
    numbers: BTreeMap<Box<str>, u32>,
    texts: Vec<(Box<str>, u32)>,
    free: Vec<u32>,
}

impl Interned {
    pub(crate) fn new() -> Interned {
        Interned { numbers: BTreeMap::new(), texts: [("".into(), 1)].into(), free: Vec::new() }
    }

    /// The number of `text`, used once more.
    pub(crate) fn take(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(text) {
            if let Some(entry) = self.texts.get_mut(*number as usize) {
                entry.1 += 1;
            }
            return *number;
        }
        let entry = (Box::from(text), 1);
        let number = match self.free.pop() {
            Some(number) => {
                if let Some(place) = self.texts.get_mut(number as usize) {
                    *place = entry;
                }
                number
            }
            None => {
                self.texts.push(entry);
                u32::try_from(self.texts.len() - 1).unwrap_or(0)
            }
        };
        self.numbers.insert(text.into(), number);
        number
    }

    /// The number of `text`, if it is used.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |entry| &entry.0)
    }

    /// Used once less.
    pub(crate) fn release(&mut self, number: u32) {
        if number == 0 {
            return;
        }
        let Some(entry) = self.texts.get_mut(number as usize) else { return };
        entry.1 = entry.1.saturating_sub(1);
        if entry.1 == 0 {
            let text = core::mem::take(&mut entry.0);
            self.numbers.remove(&text);
            self.free.push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_lives_as_long_as_it_is_used() {
        let mut texts = Interned::new();
        assert_eq!(texts.take(""), 0);
        let a = texts.take("a");
        assert_eq!(texts.take("a"), a);
        texts.release(a);
        assert_eq!((texts.find("a"), texts.text(a)), (Some(a), "a"));
        texts.release(a);
        assert_eq!(texts.find("a"), None);
        assert_eq!(texts.take("b"), a, "numbers are used again");
        texts.release(0);
        assert_eq!(texts.text(0), "");
    }
}
