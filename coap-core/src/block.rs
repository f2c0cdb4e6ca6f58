//! Block-wise transfer: the value of the Block options (RFC 7959 section 2.2).

/// The value of a Block1 or Block2 option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Number of the block, 0 to 2^20 - 1.
    pub number: u32,
    /// More blocks follow.
    pub more: bool,
    /// Size exponent 0 to 6: a block has 2^(szx + 4) bytes. Over connections also 7: BERT, any number
    /// of blocks of 1024 bytes in one message (RFC 8323 section 6).
    pub szx: u8,
}

impl Block {
    /// Largest block number.
    pub const MAX_NUMBER: u32 = (1 << 20) - 1;
    /// Largest size exponent over datagrams: 1024 bytes.
    pub const MAX_SZX: u8 = 6;

    /// Reads an option's integer. `None` for a number above 2^20 - 1 and for the size exponent 7,
    /// which is reserved over datagrams.
    #[must_use]
    pub const fn from_uint(value: u32) -> Option<Block> {
        let (number, more, szx) = (value >> 4, value & 8 != 0, value & 7);
        if number > Block::MAX_NUMBER || szx == 7 {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "three bits")]
        Some(Block { number, more, szx: szx as u8 })
    }

    /// As [`Block::from_uint`], with the size exponent 7 that connections know.
    #[cfg(feature = "stream")]
    #[must_use]
    pub const fn from_uint_bert(value: u32) -> Option<Block> {
        match Block::from_uint(value & !7) {
            #[allow(clippy::cast_possible_truncation, reason = "three bits")]
            Some(block) => Some(Block { szx: (value & 7) as u8, ..block }),
            None => None,
        }
    }

    /// Bits that an offset is shifted by to give the number of a block.
    pub(crate) const fn shift(szx: u8) -> u32 {
        let szx = if cfg!(feature = "stream") && szx >= 7 { 6 } else { szx & 7 };
        (szx as u32).wrapping_add(4)
    }

    /// The option's integer.
    #[must_use]
    pub const fn to_uint(self) -> u32 {
        self.number << 4 | (self.more as u32) << 3 | (self.szx & 7) as u32
    }

    /// Bytes in each block but the last; of BERT, bytes that the number counts.
    #[must_use]
    pub const fn size(self) -> usize {
        1 << Block::shift(self.szx)
    }

    /// Can the payload of this block have so many bytes (RFC 7959 section 2.2, RFC 8323 section 6)?
    #[must_use]
    pub const fn allows(self, len: usize) -> bool {
        let size = self.size();
        if cfg!(feature = "stream") && self.szx == 7 {
            return !self.more || (len > 0 && len.is_multiple_of(size));
        }
        if self.more { len == size } else { len <= size }
    }

    /// Offset of the block's first byte in the body.
    #[must_use]
    pub const fn offset(self) -> usize {
        (self.number as usize) << Block::shift(self.szx)
    }

    /// The largest size exponent whose block fits into `bytes`; 0 if not even 16 do.
    #[must_use]
    pub fn szx_for(bytes: usize) -> u8 {
        let szx = (bytes >> 4).checked_ilog2().unwrap_or(0).min(Block::MAX_SZX.into());
        szx.to_le_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7959_2_2_values() {
        for (value, number, more, szx, size, offset) in [
            (0, 0, false, 0, 16, 0),
            (0x0e, 0, true, 6, 1024, 0),
            (0x16, 1, false, 6, 1024, 1024),
            (0x2a, 2, true, 2, 64, 128),
            (0xff_fffe, Block::MAX_NUMBER, true, 6, 1024, 1_073_740_800),
        ] {
            let block = Block { number, more, szx };
            assert_eq!(Block::from_uint(value), Some(block));
            assert_eq!(block.to_uint(), value);
            assert_eq!((block.size(), block.offset()), (size, offset));
        }
        assert_eq!(Block::from_uint(7), None);
        assert_eq!(Block::from_uint(0x0100_0000), None);
    }

    #[cfg(feature = "stream")]
    #[test]
    fn rfc8323_6_bert_counts_blocks_of_1024() {
        let block = Block { number: 3, more: true, szx: 7 };
        assert_eq!(Block::from_uint_bert(0x3f), Some(block));
        assert_eq!((block.to_uint(), block.size(), block.offset()), (0x3f, 1024, 3072));
        assert_eq!(Block::from_uint_bert(0x3e), Block::from_uint(0x3e));
        assert_eq!(Block::from_uint_bert(0x0100_0007), None);
    }

    #[test]
    fn szx_is_the_largest_that_fits() {
        for (bytes, szx) in [(0, 0), (16, 0), (31, 0), (32, 1), (1023, 5), (1024, 6), (9999, 6)] {
            assert_eq!(Block::szx_for(bytes), szx);
        }
    }
}
