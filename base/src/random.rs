//! Randomness from a seed: deterministic for a test, unpredictable for a peer.

/// 32 bytes from which an engine draws everything random. On a device: from its hardware
/// generator, different at every boot. In a test: any constant.
#[derive(Clone, PartialEq, Eq)]
#[repr(transparent)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// A seed that follows from this one and a number. Who sees those of other numbers, or what a
    /// generator made of this seed, learns nothing of it: a keyed function for short secrets.
    #[must_use]
    pub fn derive(&self, number: u64) -> Seed {
        let mut seed = Seed([0; 32]);
        let mut of_number = Random::new(self);
        of_number.number(number, 1);
        of_number.next_block();
        let block = of_number.block;
        for (to, from) in seed.0.chunks_exact_mut(4).zip(block) {
            to.copy_from_slice(&from.to_le_bytes());
        }
        seed
    }
}

impl core::fmt::Debug for Seed {
    /// Says nothing: tokens follow from it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// A generator of random bytes: the ChaCha20 key stream (RFC 8439 section 2.4) of the seed.
#[derive(Clone)]
pub struct Random {
    /// What the next block is made of (RFC 8439 section 2.3).
    state: [u32; 16],
    block: [u32; 16],
    used: u8,
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random(..)")
    }
}

impl Random {
    /// One that is not seeded: to be seeded ([`Random::seed`]) before it is asked.
    #[must_use]
    #[inline(always)]
    pub const fn unseeded() -> Random {
        Random { state: [0; 16], block: [0; 16], used: 64 }
    }

    /// A generator that starts at the beginning of `seed`'s stream.
    #[must_use]
    pub fn new(seed: &Seed) -> Random {
        let mut random = Random::unseeded();
        random.seed(seed);
        random
    }

    /// Starts at the beginning of `seed`'s stream.
    pub fn seed(&mut self, seed: &Seed) {
        self.used = 64;
        let [a, b, c, d, key @ .., _, _, _, _] = &mut self.state;
        [*a, *b, *c, *d] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
        for (word, bytes) in key.iter_mut().zip(seed.0.chunks_exact(4)) {
            if let &[a, b, c, d] = bytes {
                *word = u32::from_le_bytes([a, b, c, d]);
            }
        }
        self.number(0, 0);
    }

    /// Goes to the start of a block, with a 64-bit counter as in the original ChaCha.
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    fn number(&mut self, counter: u64, nonce: u32) {
        let [.., low, high, zero, last] = &mut self.state;
        [*low, *high, *zero, *last] = [counter as u32, (counter >> 32) as u32, 0, nonce];
    }

    /// Makes a block of the key stream of the state.
    fn next_block(&mut self) {
        self.block = self.state;
        for _ in 0..10 {
            // The columns, then the diagonals: each row turned by its number.
            for n in 0..8 {
                let turn = n / 4;
                let row = |row: usize| row * 4 + (n + turn * row) % 4;
                quarter(&mut self.block, row(0), row(1), row(2), row(3));
            }
        }
        for (word, first) in self.block.iter_mut().zip(&self.state) {
            *word = word.wrapping_add(*first);
        }
        let [.., low, high, _, _] = &mut self.state;
        *low = low.wrapping_add(1);
        *high = high.wrapping_add(u32::from(*low == 0));
        self.used = 0;
    }

    /// Fills `out`.
    pub fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.u8();
        }
    }

    /// One random byte.
    pub fn u8(&mut self) -> u8 {
        if self.used >= 64 {
            self.next_block();
        }
        let word = self.block.get(usize::from(self.used / 4)).copied().unwrap_or(0);
        let byte = word >> (self.used % 4 * 8) & 0xff;
        self.used = self.used.wrapping_add(1);
        byte.to_le_bytes()[0]
    }

    /// A random 32-bit number.
    pub fn u32(&mut self) -> u32 {
        let mut b = [0; 4];
        self.fill(&mut b);
        u32::from_le_bytes(b)
    }

    /// A random 64-bit number.
    pub fn u64(&mut self) -> u64 {
        let mut b = [0; 8];
        self.fill(&mut b);
        u64::from_le_bytes(b)
    }

    /// A number from 0 to `most`, both included. For a power of two less one it is uniform; else
    /// its bias is below `most` in 2^32, which jitter does not mind.
    pub fn up_to(&mut self, most: u32) -> u32 {
        let number = u64::from(self.u32());
        let wide = number.wrapping_mul(most.into()).wrapping_add(number) >> 32;
        u32::try_from(wide).unwrap_or(most)
    }
}

#[allow(clippy::indexing_slicing, reason = "indices are below 16")]
#[inline(always)]
fn quarter(s: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    s[a] = s[a].wrapping_add(s[b]);
    s[d] = (s[d] ^ s[a]).rotate_left(16);
    s[c] = s[c].wrapping_add(s[d]);
    s[b] = (s[b] ^ s[c]).rotate_left(12);
    s[a] = s[a].wrapping_add(s[b]);
    s[d] = (s[d] ^ s[a]).rotate_left(8);
    s[c] = s[c].wrapping_add(s[d]);
    s[b] = (s[b] ^ s[c]).rotate_left(7);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439 Appendix A.1, test vectors 1 and 2 (key and nonce zero, counter 0 and 1).
    #[test]
    fn rfc8439_a1_key_stream_of_the_zero_key() {
        let mut r = Random::new(&Seed([0; 32]));
        let mut out = [0; 128];
        r.fill(&mut out);
        assert_eq!(out[..8], [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
        assert_eq!(out[56..64], [0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86]);
        assert_eq!(out[64..72], [0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a]);
    }

    /// RFC 8439 Appendix A.1 has no vector for this nonce; what counts is that nothing repeats.
    #[test]
    fn derived_seeds_differ_from_each_other_and_from_the_stream() {
        let seed = Seed([5; 32]);
        let mut stream = [0; 256];
        Random::new(&seed).fill(&mut stream);
        let (a, b) = (seed.derive(0), seed.derive(1));
        assert_ne!(a, b);
        assert_ne!(a.derive(1), b.derive(0));
        assert_eq!(a, seed.derive(0));
        assert!(stream.windows(32).all(|w| w != a.0 && w != b.0));
    }

    #[test]
    fn up_to_reaches_both_ends_and_not_beyond() {
        let mut r = Random::new(&Seed([7; 32]));
        let mut seen = [false; 4];
        for _ in 0..200 {
            seen[r.up_to(3) as usize] = true;
        }
        assert_eq!(seen, [true; 4]);
        assert_eq!(r.up_to(0), 0);
        let _ = r.up_to(u32::MAX);
    }

    #[test]
    fn a_seed_does_not_show_in_debug_output() {
        assert_eq!(std::format!("{:?}", Seed([9; 32])), "Seed(..)");
        assert_eq!(std::format!("{:?}", Random::new(&Seed([9; 32]))), "Random(..)");
    }
}
