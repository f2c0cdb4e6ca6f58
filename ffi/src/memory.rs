//! Where the memory of handles comes from: an arena that the application gives, its own functions,
//! or the system's allocator.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_void;
#[cfg(any(feature = "arena-size", feature = "coap"))]
use core::mem::align_of;
use core::mem::size_of;
use core::ptr::{self, NonNull};

#[cfg(feature = "reuse")]
use linked_list_allocator::Heap;
#[cfg(any(feature = "arena-size", feature = "coap"))]
use m2m_base::container::Reservation;
use m2m_base::container::{OutOfMemory, Reserve};
use portable_atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::borrow::Out;
#[cfg(not(feature = "reuse"))]
use crate::once::Heap;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_EXISTS, M2M_INVALID, M2M_NOTHING, M2M_NULL, M2M_OK, M2M_OUT_OF_MEMORY,
};

/// Smallest arena that holds anything at all, in bytes.
const LEAST: usize = 64;

/// The arena, and who is at it.
struct Arena {
    locked: AtomicBool,
    heap: UnsafeCell<Heap>,
    /// Address of the first byte; 0 as long as there is no arena.
    start: AtomicUsize,
    /// Address behind the last byte.
    #[cfg(any(feature = "std", feature = "hooks", feature = "reuse"))]
    end: AtomicUsize,
}

// SAFETY: the heap is reached through `with` only, which lets one at a time in.
unsafe impl Sync for Arena {}

impl Arena {
    const fn new() -> Self {
        Arena {
            locked: AtomicBool::new(false),
            heap: UnsafeCell::new(Heap::empty()),
            start: AtomicUsize::new(0),
            #[cfg(any(feature = "std", feature = "hooks", feature = "reuse"))]
            end: AtomicUsize::new(0),
        }
    }

    #[inline(never)]
    fn lock(&self) {
        // Held for a walk over a few free blocks, so that waiting is cheaper than anything else.
        while self.locked.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
    }

    fn with<R>(&self, use_it: impl FnOnce(&mut Heap) -> R) -> R {
        self.lock();
        // SAFETY: the lock is held, and nothing that runs below takes it again.
        let result = use_it(unsafe { &mut *self.heap.get() });
        self.locked.store(false, Ordering::Release);
        result
    }

    fn is_there(&self) -> bool {
        self.start.load(Ordering::Acquire) != 0
    }

    #[cfg(any(feature = "std", feature = "hooks", feature = "reuse"))]
    fn holds(&self, pointer: *mut u8) -> bool {
        let (start, end) = (self.start.load(Ordering::Acquire), self.end.load(Ordering::Acquire));
        (start..end).contains(&pointer.addr())
    }
}

static ARENA: Arena = Arena::new();

struct Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

// SAFETY: the arena's heap and what is behind it are allocators, and each block goes back to the
// one that it came from: addresses tell them apart.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ARENA.is_there() {
            let block = ARENA.with(|heap| heap.allocate_first_fit(layout));
            return block.map_or(ptr::null_mut(), NonNull::as_ptr);
        }
        // SAFETY: the same promise of the caller.
        unsafe { behind::alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Where nothing is ever given back, the code that would do it is not there either.
        #[cfg(any(feature = "std", feature = "hooks", feature = "reuse"))]
        if !ARENA.holds(block) {
            // SAFETY: not of the arena, so it comes from there; the rest is the caller's promise.
            return unsafe { behind::dealloc(block, layout) };
        }
        #[cfg(feature = "reuse")]
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the caller promises that it was allocated so, and it is in the arena.
            ARENA.with(|heap| unsafe { heap.deallocate(block, layout) });
        }
        let _ = (block, layout);
    }
}

/// What serves as long as there is no arena.
#[cfg(feature = "hooks")]
mod behind {
    use core::alloc::Layout;
    use core::ffi::c_void;

    unsafe extern "C" {
        /// The application defines it, if the library was built with the feature hooks: gives size
        /// bytes, at least 1, at an address that is a multiple of alignment, a power of two. NULL
        /// if it has none.
        fn m2m_malloc(size: usize, alignment: usize) -> *mut c_void;
        /// The application defines it, if the library was built with the feature hooks: takes back
        /// what m2m_malloc() gave for the same size and alignment.
        fn m2m_free(block: *mut c_void, size: usize, alignment: usize);
    }

    pub(super) unsafe fn alloc(layout: Layout) -> *mut u8 {
        // SAFETY: the application defines it; a size of zero never gets here.
        unsafe { m2m_malloc(layout.size(), layout.align()) }.cast()
    }

    pub(super) unsafe fn dealloc(block: *mut u8, layout: Layout) {
        // SAFETY: it comes from `alloc` with the same layout.
        unsafe { m2m_free(block.cast(), layout.size(), layout.align()) }
    }
}

/// What serves as long as there is no arena.
#[cfg(all(feature = "std", not(feature = "hooks")))]
mod behind {
    use core::alloc::{GlobalAlloc, Layout};
    use std::alloc::System;

    pub(super) unsafe fn alloc(layout: Layout) -> *mut u8 {
        // SAFETY: the same promise of the caller.
        unsafe { System.alloc(layout) }
    }

    pub(super) unsafe fn dealloc(block: *mut u8, layout: Layout) {
        // SAFETY: it comes from `alloc` with the same layout.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Without an arena there is no memory.
#[cfg(not(any(feature = "std", feature = "hooks")))]
mod behind {
    use core::alloc::Layout;

    pub(super) unsafe fn alloc(_: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    #[cfg(feature = "reuse")]
    pub(super) unsafe fn dealloc(_: *mut u8, _: Layout) {}
}

/// Bytes that one block of memory takes of the arena.
#[cfg(any(feature = "arena-size", feature = "coap"))]
pub(crate) fn block(size: usize) -> usize {
    let word = size_of::<usize>();
    match size {
        0 => 0,
        _ => size.next_multiple_of(word).max(word.saturating_mul(2)).saturating_add(PADDING),
    }
}

/// Bytes in front of a block whose address has to be a multiple of more than a pointer's.
#[cfg(any(feature = "arena-size", feature = "coap"))]
const PADDING: usize = if align_of::<u64>() > align_of::<usize>() { align_of::<u64>() } else { 0 };

/// Bytes of an arena that holds what was counted, and blocks of these sizes.
#[cfg(any(feature = "arena-size", feature = "coap"))]
pub(crate) fn arena_for(counted: &Reservation, blocks: impl Iterator<Item = usize>) -> usize {
    // The ends of an arena are made even.
    let ends = 2 * align_of::<u64>();
    let counted = counted.rounded_bytes().saturating_add(counted.blocks().saturating_mul(PADDING));
    blocks
        .fold(ends.saturating_add(counted), |sum, size| sum.saturating_add(block(size)))
        .max(LEAST)
}

/// The memory of one engine's tables.
pub(crate) struct Tables {
    bytes: usize,
    short: bool,
}

impl Tables {
    pub(crate) const fn new() -> Self {
        Tables { bytes: 0, short: false }
    }

    /// Memory for `count` items, or for none; and how many it is for.
    #[inline(never)]
    fn block(&mut self, item: Layout, count: usize) -> (usize, *mut u8) {
        let size = item.size().checked_mul(count);
        let layout = size.and_then(|size| Layout::from_size_align(size, item.align()).ok());
        let mut place = ptr::null_mut();
        if let Some(layout) = layout.filter(|layout| layout.size() > 0) {
            self.bytes = self.bytes.saturating_add(layout.size());
            // SAFETY: the size is not 0.
            place = unsafe { alloc::alloc::alloc(layout) };
        }
        if !place.is_null() {
            return (count, place);
        }
        self.short |= size != Some(0);
        (0, ptr::without_provenance_mut(item.align()))
    }
}

impl Reserve for Tables {
    #[inline(always)]
    fn room<T>(&mut self, v: &mut Vec<T>, capacity: usize) -> usize {
        let (capacity, place) = self.block(Layout::new::<T>(), capacity);
        // SAFETY: a block of the allocator for so many items, in the layout that the vector frees, or
        // none and an aligned address. What was there is empty: nothing is lost by not dropping it.
        unsafe { ptr::write(v, Vec::from_raw_parts(place.cast(), 0, capacity)) };
        capacity
    }

    /// Where they are to be.
    #[inline(always)]
    fn fill_with<T>(&mut self, v: &mut Vec<T>, len: usize, mut make: impl FnMut(u32) -> T) {
        let len = self.room(v, len);
        for (number, place) in (0..).zip(v.spare_capacity_mut()) {
            place.write(make(number));
        }
        // SAFETY: all of them were written: a block is for as many as it says.
        unsafe { v.set_len(len) };
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn finish(&self) -> Result<(), OutOfMemory> {
        if self.short { Err(OutOfMemory) } else { Ok(()) }
    }
}

/// A box, or an error where `Box::new` would end the process.
#[cfg(any(feature = "own-objects", feature = "coap", feature = "onem2m", feature = "stream"))]
pub(crate) fn boxed<T>(value: T) -> Result<Box<T>, m2m_result> {
    boxed_with(|| value)
}

/// A box of what is made once there is memory for it.
pub(crate) fn boxed_with<T>(make: impl FnOnce() -> T) -> Result<Box<T>, m2m_result> {
    const { assert!(size_of::<T>() > 0) };
    // SAFETY: the size is not 0. What comes back is NULL, or memory for a value of that layout,
    // which a box frees in the same way.
    unsafe {
        let place = alloc::alloc::alloc(Layout::new::<T>()).cast::<T>();
        if place.is_null() {
            return Err(M2M_OUT_OF_MEMORY);
        }
        place.write(make());
        Ok(Box::from_raw(place))
    }
}

/// An empty list with room for so many.
#[cfg_attr(
    not(any(feature = "own-objects", feature = "coap", feature = "onem2m")),
    allow(dead_code, reason = "a client of registered objects has no lists here")
)]
pub(crate) fn room<T>(len: usize) -> Result<Vec<T>, m2m_result> {
    let mut list = Vec::new();
    list.try_reserve_exact(len).map_err(|_| M2M_OUT_OF_MEMORY)?;
    Ok(list)
}

/// Gives the library an arena: len bytes at arena, which stay its own for ever. From now on all
/// memory of handles comes from there and from nowhere else, and what is freed goes back there.
/// Call it once, before the first handle is made; what was made before keeps its memory.
///
/// In a library that was built without the feature reuse nothing goes back: for a device that makes its
/// handles once and keeps them.
///
/// Making and freeing handles is not for interrupt handlers. m2m_lwm2m_client_arena_size() and
/// m2m_coap_arena_size() tell beforehand how large the arena has to be, m2m_arena_used() how much of it
/// is in use: that is the same at every start, and of a client or an endpoint nothing is allocated later.
///
/// Without an arena, memory comes from the system's allocator; in a library that was built with the
/// feature hooks, from m2m_malloc() and m2m_free() of the application's; in one that was built without
/// the feature std, from nowhere.
///
/// Errors: M2M_INVALID for less than 64 bytes, M2M_EXISTS when there is an arena already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_init(arena: *mut c_void, len: usize) -> i32 {
    code((|| {
        let start = NonNull::new(arena.cast::<u8>()).ok_or(M2M_NULL)?;
        let first = start.addr().get();
        let _end = first.checked_add(len).ok_or(M2M_INVALID)?;
        if !(LEAST..=isize::MAX.unsigned_abs()).contains(&len) {
            return Err(M2M_INVALID);
        }
        ARENA.with(|heap| {
            if ARENA.is_there() {
                return Err(M2M_EXISTS);
            }
            // SAFETY: the caller gives the memory away, and the heap was empty.
            unsafe { heap.init(start.as_ptr(), len) };
            #[cfg(any(feature = "std", feature = "hooks", feature = "reuse"))]
            ARENA.end.store(_end, Ordering::Release);
            ARENA.start.store(first, Ordering::Release);
            Ok(M2M_OK)
        })
    })())
}

/// How many bytes of the arena are in use. M2M_NOTHING without an arena.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_arena_used(used: *mut usize) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a number.
        let out = unsafe { Out::new(used) }?;
        if !ARENA.is_there() {
            return Ok(M2M_NOTHING);
        }
        out.put(ARENA.with(|heap| heap.used()));
        Ok(M2M_OK)
    })())
}
