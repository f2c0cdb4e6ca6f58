//! Block-wise transfer: the value of the Block options (RFC 7959 section 2.2).

/// The value of a Block1 or Block2 option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Number of the block, 0 to 2^20 - 1.
    pub number: u32,
    /// More blocks follow.
    pub more: bool,
    /// Size exponent 0 to 6: a block has 2^(szx + 4) bytes.
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

    /// The option's integer.
    #[must_use]
    pub const fn to_uint(self) -> u32 {
        self.number << 4 | (self.more as u32) << 3 | (self.szx & 7) as u32
    }

    /// Bytes in each block but the last.
    #[must_use]
    pub const fn size(self) -> usize {
        1 << (self.szx & 7).wrapping_add(4)
    }

    /// Offset of the block's first byte in the body.
    #[must_use]
    pub const fn offset(self) -> usize {
        (self.number as usize) << (self.szx & 7).wrapping_add(4)
    }

    /// The largest size exponent whose block fits into `bytes`; 0 if not even 16 do.
    #[must_use]
    pub fn szx_for(bytes: usize) -> u8 {
        (0..=Block::MAX_SZX).rev().find(|szx| 16usize << szx <= bytes).unwrap_or(0)
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

    #[test]
    fn szx_is_the_largest_that_fits() {
        for (bytes, szx) in [(0, 0), (16, 0), (31, 0), (32, 1), (1023, 5), (1024, 6), (9999, 6)] {
            assert_eq!(Block::szx_for(bytes), szx);
        }
    }
}
