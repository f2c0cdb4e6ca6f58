//! A cursor over borrowed bytes.

/// Bytes ended before what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnexpectedEnd;

/// Reads big-endian integers and slices from borrowed bytes, and knows where it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, position: 0 }
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What is left, without reading it.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or(&[])
    }

    /// True when nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// The next byte, without reading it.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`UnexpectedEnd`] if fewer are left; the reader stays where it was.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], UnexpectedEnd> {
        let end = self.position.checked_add(n).ok_or(UnexpectedEnd)?;
        let slice = self.bytes.get(self.position..end).ok_or(UnexpectedEnd)?;
        self.position = end;
        Ok(slice)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`UnexpectedEnd`] if none is left.
    #[inline]
    pub fn u8(&mut self) -> Result<u8, UnexpectedEnd> {
        let b = *self.bytes.get(self.position).ok_or(UnexpectedEnd)?;
        self.position = self.position.wrapping_add(1);
        Ok(b)
    }

    /// The next two bytes as a big-endian integer.
    ///
    /// # Errors
    /// [`UnexpectedEnd`] if fewer are left; the reader stays where it was.
    #[inline]
    pub fn u16(&mut self) -> Result<u16, UnexpectedEnd> {
        match self.take(2)? {
            &[a, b] => Ok(u16::from_be_bytes([a, b])),
            _ => Err(UnexpectedEnd),
        }
    }

    /// The next `n` bytes (at most 8) as a big-endian integer; 0 bytes are 0.
    ///
    /// # Errors
    /// [`UnexpectedEnd`] if fewer are left or `n` is more than 8; the reader stays where it was.
    pub fn uint(&mut self, n: usize) -> Result<u64, UnexpectedEnd> {
        if n > 8 {
            return Err(UnexpectedEnd);
        }
        Ok(self.take(n)?.iter().fold(0, |v, b| v << 8 | u64::from(*b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_read_leaves_the_reader_where_it_was() {
        let mut r = Reader::new(&[1, 2, 3]);
        assert_eq!(r.u16(), Ok(0x0102));
        assert_eq!(r.u16(), Err(UnexpectedEnd));
        assert_eq!(r.take(usize::MAX), Err(UnexpectedEnd));
        assert_eq!(r.position(), 2);
        assert_eq!(r.peek(), Some(3));
        assert_eq!(r.u8(), Ok(3));
        assert!(r.is_empty());
    }

    #[test]
    fn integers_are_big_endian_of_any_length() {
        assert_eq!(Reader::new(&[]).uint(0), Ok(0));
        assert_eq!(Reader::new(&[1, 0, 0]).uint(3), Ok(0x1_0000));
        assert_eq!(Reader::new(&[0xff; 8]).uint(8), Ok(u64::MAX));
        assert_eq!(Reader::new(&[0; 16]).uint(9), Err(UnexpectedEnd));
    }
}
