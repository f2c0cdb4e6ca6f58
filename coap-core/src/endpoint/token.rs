//! Tokens: our own, which nobody can guess, and those of peers, which may be long (RFC 7252 section
//! 5.3.1, RFC 8974 section 2).

use super::Endpoint;
use crate::EXTENSIONS;
use m2m_base::Random;
#[cfg(feature = "extensions")]
use m2m_base::container::Chunk;
use m2m_base::container::{Index, Pool};

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
        EXTENSIONS && self.len > 8
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

/// The bytes of a token, if it is long.
#[derive(Debug, Default)]
pub(super) struct Long(#[cfg(feature = "extensions")] Option<Chunk>);

#[cfg(feature = "extensions")]
impl Long {
    pub(super) const NONE: Long = Long(None);

    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// A second one with the same bytes; `None` if the pool has no room.
    pub(super) fn duplicate(&self, pool: &mut Pool) -> Option<Long> {
        pool.duplicate(self.0.as_ref()).map(Long)
    }

    pub(super) fn free(self, pool: &mut Pool) {
        if let Some(chunk) = self.0 {
            pool.free(chunk);
        }
    }
}

/// None is long.
#[cfg(not(feature = "extensions"))]
#[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with the feature")]
impl Long {
    pub(super) const NONE: Long = Long();

    pub(super) fn is_none(&self) -> bool {
        true
    }

    pub(super) fn duplicate(&self, _pool: &mut Pool) -> Option<Long> {
        Some(Long())
    }

    pub(super) fn free(self, _pool: &mut Pool) {}
}

impl Endpoint {
    /// What stands for a token of a message.
    pub(super) fn token(&self, token: &[u8]) -> Token {
        let mut bytes = [0; 8];
        if !EXTENSIONS || token.len() <= 8 {
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
        usize::from(self.message_size / 8).max(8)
    }

    /// Keeps the bytes of a token that is long; `Err` if the pool has no room.
    pub(super) fn keep_token(&mut self, token: &[u8]) -> Result<Long, ()> {
        #[cfg(feature = "extensions")]
        if token.len() > 8 {
            loop {
                let kept = self.pool.store(&[token]);
                if kept.is_some() || !self.make_room() {
                    return kept.map(|chunk| Long(Some(chunk))).ok_or(());
                }
            }
        }
        let _ = token;
        Ok(Long::NONE)
    }

    /// The bytes of a token, whether long or not.
    pub(super) fn token_bytes<'t>(&'t self, token: &'t Token, long: &Long) -> &'t [u8] {
        #[cfg(feature = "extensions")]
        if let Some(chunk) = &long.0 {
            return self.pool.get(chunk);
        }
        let _ = long;
        token.as_bytes()
    }
}
