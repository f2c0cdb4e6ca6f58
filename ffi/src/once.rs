//! An arena that gives memory and takes none back, for devices that make their handles once: a tenth
//! of the code of one that does.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

/// What is left of the arena.
pub(crate) struct Heap {
    next: *mut u8,
    left: usize,
    len: usize,
}

impl Heap {
    /// Without memory.
    pub(crate) const fn empty() -> Self {
        Heap { next: ptr::null_mut(), left: 0, len: 0 }
    }

    /// Gives it `len` bytes from `start` on.
    ///
    /// # Safety
    /// Nobody else uses them from now on.
    pub(crate) unsafe fn init(&mut self, start: *mut u8, len: usize) {
        *self = Heap { next: start, left: len, len };
    }

    /// A block.
    pub(crate) fn allocate_first_fit(&mut self, layout: Layout) -> Result<NonNull<u8>, ()> {
        // An alignment is a power of two.
        let skipped = self.next.addr().wrapping_neg() & (layout.align() - 1);
        let taken = skipped.checked_add(layout.size()).ok_or(())?;
        self.left = self.left.checked_sub(taken).ok_or(())?;
        let block = self.next.wrapping_add(skipped);
        self.next = self.next.wrapping_add(taken);
        NonNull::new(block).ok_or(())
    }

    /// Bytes that were given.
    pub(crate) const fn used(&self) -> usize {
        self.len - self.left
    }
}

// SAFETY: the bytes that it points to are its own.
unsafe impl Send for Heap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_side_by_side_where_they_may() {
        let mut memory = [0u64; 4];
        let mut heap = Heap::empty();
        assert!(heap.allocate_first_fit(Layout::new::<u8>()).is_err());
        // SAFETY: the heap alone uses the array from now on.
        unsafe { heap.init(memory.as_mut_ptr().cast(), 32) };
        let first = heap.allocate_first_fit(Layout::new::<u8>()).unwrap();
        let second = heap.allocate_first_fit(Layout::new::<u64>()).unwrap();
        assert_eq!((second.addr().get() - first.addr().get(), heap.used()), (8, 16));
        assert!(heap.allocate_first_fit(Layout::new::<[u64; 3]>()).is_err());
        assert!(heap.allocate_first_fit(Layout::new::<[u64; 2]>()).is_ok());
        assert!(heap.allocate_first_fit(Layout::new::<u8>()).is_err());
        assert_eq!(heap.used(), 32);
    }
}
