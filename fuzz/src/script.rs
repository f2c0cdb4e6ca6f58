//! Fuzzer input read as a script of small decisions.

/// Takes numbers and byte strings off the fuzzer's input; zeros when it is used up.
pub(crate) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Script(data)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }

    pub(crate) fn u8(&mut self) -> u8 {
        match self.0.split_first() {
            Some((b, rest)) => {
                self.0 = rest;
                *b
            }
            None => 0,
        }
    }

    /// A byte string whose length comes first.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.u8()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }

    /// A span of time: mostly short, now and then hours.
    pub(crate) fn millis(&mut self) -> u64 {
        let b = u64::from(self.u8());
        match b {
            0..=99 => b,
            100..=199 => (b - 99) * 100,
            200..=249 => (b - 199) * 10_000,
            _ => (b - 249) * 10_000_000,
        }
    }
}
