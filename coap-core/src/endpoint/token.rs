//! Tokens: our own, which nobody can guess, and those of peers, which may be long (RFC 7252 section
//! 5.3.1, RFC 8974 section 2).

use super::Endpoint;
use m2m_base::Random;
use m2m_base::container::{Chunk, Index};

/// A token of 0 to 8 bytes, or what stands for a longer one: a keyed hash of its bytes. Those are
/// in the pool, with whoever has to send them back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) bytes: [u8; 8],
    pub(super) len: u16,
}

impl Token {
    pub(super) const EMPTY: Token = Token { bytes: [0; 8], len: 0 };

    /// Nobody who has not seen it can guess it: 8 bytes of the generator unless configured
    /// otherwise.
    pub(super) fn random(random: &mut Random, len: u8) -> Token {
        let mut token = Token { bytes: [0; 8], len: len.min(8).into() };
        if let Some(bytes) = token.bytes.get_mut(..usize::from(token.len)) {
            random.fill(bytes);
        }
        token
    }

    pub(super) fn is_long(self) -> bool {
        self.len > 8
    }

    /// Bytes of it that no reckoning of room in a message counts.
    pub(super) fn beyond(self) -> usize {
        // Up to two bytes of length go in front.
        if self.is_long() { usize::from(self.len).saturating_sub(6) } else { 0 }
    }

    /// The bytes of one that is not long.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl Endpoint {
    /// What stands for a token of a message.
    pub(super) fn token(&self, token: &[u8]) -> Token {
        let mut bytes = [0; 8];
        if token.len() <= 8 {
            for (to, from) in bytes.iter_mut().zip(token) {
                *to = *from;
            }
        } else {
            bytes = Index::mix_bytes(self.secret, token).to_be_bytes();
        }
        Token { bytes, len: u16::try_from(token.len()).unwrap_or(u16::MAX) }
    }

    /// The longest token that is kept for a peer: an eighth of the message size.
    pub(super) fn longest_token(&self) -> usize {
        usize::from(self.limits.message_size / 8).max(8)
    }

    /// Keeps the bytes of a token that is long; `Err` if the pool has no room.
    pub(super) fn keep_token(&mut self, token: &[u8]) -> Result<Option<Chunk>, ()> {
        if token.len() <= 8 {
            return Ok(None);
        }
        loop {
            let kept = self.pool.store(&[token]);
            if kept.is_some() || !self.make_room() {
                return kept.map(Some).ok_or(());
            }
        }
    }

    /// The bytes of a token, whether long or not.
    pub(super) fn token_bytes<'t>(&'t self, token: &'t Token, long: Option<&Chunk>) -> &'t [u8] {
        long.map_or(token.as_bytes(), |chunk| self.pool.get(chunk))
    }
}
