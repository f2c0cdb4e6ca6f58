//! Where writers put their bytes.

use crate::BufferTooSmall;

/// A sink of fixed size cannot take more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

/// Takes bytes in order. Writers of the family write to any sink, so that the same code fills a
/// buffer, tells a length beforehand ([`Counter`]), or yields one block of a long body ([`Window`]).
pub trait Sink {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// [`Full`] if they do not fit; whether a part was taken is unspecified.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full>;

    /// Appends one byte.
    ///
    /// # Errors
    /// [`Full`] if it does not fit.
    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        self.put(&[byte])
    }

    /// The buffer that the sink fills, if there is one and that is all it does: a writer may fill
    /// it by itself and saves a call for every piece.
    #[inline]
    fn room(&mut self) -> Option<Room<'_>> {
        None
    }
}

/// A buffer and how much of it is filled.
#[derive(Debug)]
pub struct Room<'a> {
    /// All of it, what is filled first.
    pub buf: &'a mut [u8],
    /// How many bytes are filled; at most as many as there are.
    pub len: &'a mut usize,
}

impl<'a> Room<'a> {
    /// What is free, and how much is filled: to be raised by what is written there.
    #[inline]
    #[must_use]
    pub fn split(self) -> (&'a mut [u8], &'a mut usize) {
        (self.buf.get_mut(*self.len..).unwrap_or_default(), self.len)
    }
}

impl Sink for Room<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.checked_add(bytes.len()).ok_or(Full)?;
        self.buf.get_mut(*self.len..end).ok_or(Full)?.copy_from_slice(bytes);
        *self.len = end;
        Ok(())
    }
    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        *self.buf.get_mut(*self.len).ok_or(Full)? = byte;
        *self.len = self.len.wrapping_add(1);
        Ok(())
    }
    #[inline]
    fn room(&mut self) -> Option<Room<'_>> {
        Some(Room { buf: self.buf, len: self.len })
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        (**self).put(bytes)
    }
    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        (**self).put_u8(byte)
    }
    #[inline]
    fn room(&mut self) -> Option<Room<'_>> {
        (**self).room()
    }
}

/// Writes into a caller's buffer.
#[derive(Debug)]
pub struct SliceSink<'a> {
    buf: &'a mut [u8],
    len: usize,
}

impl<'a> SliceSink<'a> {
    /// A sink that fills `buf` from its start.
    pub fn new(buf: &'a mut [u8]) -> Self {
        SliceSink { buf, len: 0 }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What was written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buf.get(..self.len).unwrap_or(&[])
    }

    /// Forgets what was written after the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

impl Sink for SliceSink<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        Room { buf: self.buf, len: &mut self.len }.put(bytes)
    }
    #[inline]
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        Room { buf: self.buf, len: &mut self.len }.put_u8(byte)
    }
    #[inline]
    fn room(&mut self) -> Option<Room<'_>> {
        Some(Room { buf: self.buf, len: &mut self.len })
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    /// Grows; never full, except when memory is.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.try_reserve(bytes.len()).map_err(|_| Full)?;
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// Writes into a caller's buffer, and only counts from where that is full: one pass tells what is
/// missing, if it is less than the processor can address. Where a buffer that is too short is rare,
/// [`SliceSink`] and then [`Counter`] are faster and more code.
#[derive(Debug)]
pub struct FitSink<'a> {
    buf: &'a mut [u8],
    len: usize,
}

impl<'a> FitSink<'a> {
    /// A sink that fills `buf` from its start.
    pub fn new(buf: &'a mut [u8]) -> Self {
        FitSink { buf, len: 0 }
    }

    /// Bytes so far, whether they fit or not.
    #[must_use]
    pub fn written(&self) -> usize {
        self.len
    }

    /// Bytes written, if all of them fit.
    ///
    /// # Errors
    /// [`BufferTooSmall`] tells how many there are.
    pub fn finish(self) -> Result<usize, BufferTooSmall> {
        let needed = self.len;
        if needed > self.buf.len() { Err(BufferTooSmall { needed }) } else { Ok(needed) }
    }
}

impl Sink for FitSink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.wrapping_add(bytes.len());
        if let Some(room) = self.buf.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end;
        Ok(())
    }
    fn put_u8(&mut self, byte: u8) -> Result<(), Full> {
        if let Some(room) = self.buf.get_mut(self.len) {
            *room = byte;
        }
        self.len = self.len.wrapping_add(1);
        Ok(())
    }
}

/// Counts what would be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(usize);

impl Counter {
    /// A counter at zero.
    #[must_use]
    pub const fn new() -> Self {
        Counter(0)
    }

    /// Bytes counted.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0
    }

    /// True when nothing was written.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Sink for Counter {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(())
    }
}

/// Keeps one window of a longer body and a checksum of the whole.
///
/// A device that answers a block-wise read (RFC 7959) writes its body again for every block, keeps
/// the block and forgets the rest: no buffer for the body is needed, and the checksum makes an
/// ETag that changes when the body does.
#[derive(Debug)]
pub struct Window<'a> {
    buf: &'a mut [u8],
    from: usize,
    total: usize,
    sum: u32,
}

impl<'a> Window<'a> {
    /// Keeps the bytes from `from` on that fit into `buf`.
    pub fn new(buf: &'a mut [u8], from: usize) -> Self {
        Window { buf, from, total: 0, sum: 0x811c_9dc5 }
    }

    /// Length of the whole body so far.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Bytes of the window that are filled.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.total.saturating_sub(self.from).min(self.buf.len())
    }

    /// FNV-1a over the whole body so far.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        self.sum
    }
}

impl Sink for Window<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let total = self.total.checked_add(bytes.len()).ok_or(Full)?;
        // What lies before the window counts as far behind it.
        let mut at = self.total.wrapping_sub(self.from);
        let mut sum = self.sum;
        for b in bytes {
            sum = (sum ^ u32::from(*b)).wrapping_mul(0x0100_0193);
            if let Some(slot) = self.buf.get_mut(at) {
                *slot = *b;
            }
            at = at.wrapping_add(1);
        }
        self.sum = sum;
        self.total = total;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_slice_takes_nothing_more() {
        let mut buf = [0; 3];
        let mut s = SliceSink::new(&mut buf);
        assert_eq!(s.put(&[1, 2]), Ok(()));
        assert_eq!(s.put(&[3, 4]), Err(Full));
        assert_eq!(s.put_u8(3), Ok(()));
        assert_eq!(s.put_u8(4), Err(Full));
        assert_eq!(s.written(), [1, 2, 3]);
    }

    #[test]
    fn what_is_put_into_the_room_of_a_sink_is_in_the_sink() {
        let mut buf = [0; 4];
        let mut s = SliceSink::new(&mut buf);
        s.put_u8(1).unwrap();
        let (free, len) = s.room().unwrap().split();
        free.copy_from_slice(&[2, 3, 4]);
        *len += 1;
        let mut room = s.room().unwrap();
        room.put(&[5]).unwrap();
        assert_eq!(room.put(&[6, 7]), Err(Full));
        assert_eq!(s.written(), [1, 2, 5]);
        assert!(Counter::new().room().is_none());
    }

    #[test]
    fn a_fit_sink_tells_what_was_missing() {
        let mut buf = [0; 4];
        for (parts, end) in [
            (&[&b"ab"[..], b"cd"][..], Ok(4)),
            (&[b"ab", b"cde"], Err(BufferTooSmall { needed: 5 })),
            (&[b"abcde", b"f"], Err(BufferTooSmall { needed: 6 })),
            (&[], Ok(0)),
        ] {
            let mut sink = FitSink::new(&mut buf);
            for part in parts {
                assert_eq!(sink.put(part), Ok(()));
            }
            assert_eq!(sink.finish(), end);
        }
    }

    proptest! {
        #[test]
        fn windows_of_a_body_are_the_body(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            size in 1usize..70,
            pieces in 1usize..20,
        ) {
            let mut whole = std::vec::Vec::new();
            let mut sums = std::vec::Vec::new();
            let mut from = 0;
            loop {
                let mut buf = std::vec![0; size];
                let mut w = Window::new(&mut buf, from);
                for piece in body.chunks(pieces) {
                    w.put(piece).unwrap();
                }
                let kept = w.kept();
                prop_assert_eq!(w.total(), body.len());
                sums.push(w.checksum());
                whole.extend_from_slice(&buf[..kept]);
                from += size;
                if from >= body.len() { break; }
            }
            prop_assert_eq!(whole, body);
            sums.dedup();
            prop_assert_eq!(sums.len(), 1);
        }
    }
}
