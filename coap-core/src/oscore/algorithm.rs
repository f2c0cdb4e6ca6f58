//! The AEAD algorithms (RFC 8613 section 3.2.1, RFC 9053 section 4).

use aes::Aes128;
#[cfg(feature = "oscore-ccm")]
use aes::Aes256;
use ccm::aead::array::Array;
use ccm::aead::inout::InOutBuf;
use ccm::aead::{AeadInOut, KeyInit};
#[cfg(feature = "oscore-ccm")]
use ccm::consts::{U7, U16};
use ccm::consts::{U8, U13};
use ccm::{AeadCore, Ccm};

/// Longest key, nonce and tag of any of them, in bytes.
pub(super) const MAX_KEY: usize = 32;
pub(super) const MAX_NONCE: usize = 13;
pub(super) const MAX_TAG: usize = 16;

macro_rules! aeads {
    ($($(#[$attribute:meta])* $name:ident = $number:literal, $key:literal, $nonce:literal, $tag:literal, $cipher:ty, $text:literal;)*) => {
        /// An algorithm that encrypts and authenticates.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Aead {
            $($(#[$attribute])* #[doc = concat!($text, ", number ", $number, " of the COSE registry.")] $name,)*
        }

        impl Aead {
            /// The algorithm with this number in the COSE registry; `None` if this build has none.
            #[must_use]
            pub const fn from_number(number: i32) -> Option<Aead> {
                match number {
                    $($(#[$attribute])* $number => Some(Aead::$name),)*
                    _ => None,
                }
            }

            /// Its number in the COSE registry.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $($(#[$attribute])* Aead::$name => $number,)* }
            }

            /// Its name in the COSE registry.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(#[$attribute])* Aead::$name => $text,)* }
            }

            /// Bytes of a key.
            #[must_use]
            pub const fn key_len(self) -> usize {
                match self { $($(#[$attribute])* Aead::$name => $key,)* }
            }

            /// Bytes of a nonce.
            #[must_use]
            pub const fn nonce_len(self) -> usize {
                match self { $($(#[$attribute])* Aead::$name => $nonce,)* }
            }

            /// Bytes that a ciphertext is longer than its plaintext.
            #[must_use]
            pub const fn tag_len(self) -> usize {
                match self { $($(#[$attribute])* Aead::$name => $tag,)* }
            }

            /// Encrypts in place; `None` if the text is too long for the algorithm.
            pub(super) fn encrypt(self, job: Job<'_>, text: &mut [u8]) -> Option<[u8; MAX_TAG]> {
                match self { $($(#[$attribute])* Aead::$name => encrypt::<$cipher>(job, text),)* }
            }

            /// Decrypts in place if the tag is right.
            pub(super) fn decrypt(self, job: Job<'_>, text: &mut [u8], tag: &[u8]) -> Option<()> {
                match self { $($(#[$attribute])* Aead::$name => decrypt::<$cipher>(job, text, tag),)* }
            }
        }
    };
}

aeads! {
    AesCcm16_64_128 = 10, 16, 13, 8, Ccm<Aes128, U8, U13>, "AES-CCM-16-64-128";
    #[cfg(feature = "oscore-ccm")]
    AesCcm16_64_256 = 11, 32, 13, 8, Ccm<Aes256, U8, U13>, "AES-CCM-16-64-256";
    #[cfg(feature = "oscore-ccm")]
    AesCcm64_64_128 = 12, 16, 7, 8, Ccm<Aes128, U8, U7>, "AES-CCM-64-64-128";
    #[cfg(feature = "oscore-ccm")]
    AesCcm64_64_256 = 13, 32, 7, 8, Ccm<Aes256, U8, U7>, "AES-CCM-64-64-256";
    #[cfg(feature = "oscore-ccm")]
    AesCcm16_128_128 = 30, 16, 13, 16, Ccm<Aes128, U16, U13>, "AES-CCM-16-128-128";
    #[cfg(feature = "oscore-ccm")]
    AesCcm16_128_256 = 31, 32, 13, 16, Ccm<Aes256, U16, U13>, "AES-CCM-16-128-256";
    #[cfg(feature = "oscore-ccm")]
    AesCcm64_128_128 = 32, 16, 7, 16, Ccm<Aes128, U16, U7>, "AES-CCM-64-128-128";
    #[cfg(feature = "oscore-ccm")]
    AesCcm64_128_256 = 33, 32, 7, 16, Ccm<Aes256, U16, U7>, "AES-CCM-64-128-256";
    #[cfg(feature = "oscore-gcm")]
    A128Gcm = 1, 16, 12, 16, aes_gcm::Aes128Gcm, "A128GCM";
    #[cfg(feature = "oscore-gcm")]
    A192Gcm = 2, 24, 12, 16, aes_gcm::AesGcm<aes::Aes192, ccm::consts::U12>, "A192GCM";
    #[cfg(feature = "oscore-gcm")]
    A256Gcm = 3, 32, 12, 16, aes_gcm::Aes256Gcm, "A256GCM";
    #[cfg(feature = "oscore-chacha20")]
    ChaCha20Poly1305 = 24, 32, 12, 16, chacha20poly1305::ChaCha20Poly1305, "ChaCha20/Poly1305";
}

/// What a text is encrypted with; key and nonce have the lengths that the algorithm wants.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) key: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) aad: &'a [u8],
}

type Nonce<A> = Array<u8, <A as AeadCore>::NonceSize>;
type Tag<A> = Array<u8, <A as AeadCore>::TagSize>;

fn encrypt<A: AeadInOut + KeyInit>(job: Job<'_>, text: &mut [u8]) -> Option<[u8; MAX_TAG]> {
    let cipher = A::new_from_slice(job.key).ok()?;
    let nonce = Nonce::<A>::try_from(job.nonce).ok()?;
    let tag = cipher.encrypt_inout_detached(&nonce, job.aad, InOutBuf::from(text)).ok()?;
    let mut bytes = [0; MAX_TAG];
    bytes.get_mut(..tag.len())?.copy_from_slice(&tag);
    Some(bytes)
}

fn decrypt<A: AeadInOut + KeyInit>(job: Job<'_>, text: &mut [u8], tag: &[u8]) -> Option<()> {
    let cipher = A::new_from_slice(job.key).ok()?;
    let nonce = Nonce::<A>::try_from(job.nonce).ok()?;
    let tag = Tag::<A>::try_from(tag).ok()?;
    cipher.decrypt_inout_detached(&nonce, job.aad, InOutBuf::from(text), &tag).ok()
}
