//! New keys from the same secret: ID contexts that both ends make at random (RFC 8613 appendix
//! B.2). The server keeps nothing of a run: its part of an ID context shows that it is its own.

use super::algorithm::MAX_TAG;
use super::context::Extracted;
use super::{SecurityContext, SecurityParameters};
use m2m_base::{Random, Seed};

/// Bytes of the random part of R2, and of what shows that it is ours.
const RANDOM: usize = 8;
/// R2: the server's part of an ID context.
pub(crate) type R2 = [u8; 2 * RANDOM];
/// A response that is nothing but a code.
pub(crate) type SealedCode = [u8; 1 + MAX_TAG];
/// Longest R2 of a peer that is taken, so that there is room for an R3 of ours.
const LONGEST: usize = 24;

/// What it takes to make new contexts.
#[derive(Debug)]
pub(crate) struct Renewal {
    secret: Extracted,
    /// Shows that an R2 is ours; replaced when one was used, so that none is used twice.
    key: Seed,
    /// Under the current keys something authentic came from the peer.
    pub(crate) confirmed: bool,
}

fn seed(random: &mut Random) -> Seed {
    let mut seed = Seed([0; 32]);
    random.fill(&mut seed.0);
    seed
}

impl Renewal {
    pub(crate) fn new(parameters: &SecurityParameters<'_>, random: &mut Random) -> Renewal {
        let secret = Extracted::new(parameters);
        Renewal { secret, key: seed(random), confirmed: false }
    }

    /// The first context of a client, or what comes before it: its ID context is R1.
    pub(crate) fn begin(
        &self,
        context: &SecurityContext,
        random: &mut Random,
    ) -> Option<SecurityContext> {
        context.renewed(&self.secret, [&random.u64().to_be_bytes(), &[]])
    }

    /// There are new keys: every R2 that was given away has served.
    pub(crate) fn settled(&mut self, random: &mut Random) {
        self.key = seed(random);
        self.confirmed = false;
    }

    fn proof(&self, random: [u8; RANDOM]) -> [u8; RANDOM] {
        let mut proof = [0; RANDOM];
        for (to, from) in proof.iter_mut().zip(self.key.derive(u64::from_be_bytes(random)).0) {
            *to = from;
        }
        proof
    }

    /// An R2 that nobody else can make.
    pub(crate) fn r2(&self, random: &mut Random) -> R2 {
        let part = random.u64().to_be_bytes();
        let mut r2 = [0; 2 * RANDOM];
        for (to, from) in r2.iter_mut().zip(part.into_iter().chain(self.proof(part))) {
            *to = from;
        }
        r2
    }

    /// Does an ID context begin with an R2 of ours that was not used yet?
    fn is_ours(&self, id: &[u8]) -> bool {
        let Some((random, rest)) = id.split_first_chunk::<RANDOM>() else { return false };
        let Some((proof, rest)) = rest.split_first_chunk::<RANDOM>() else { return false };
        let wrong = proof.iter().zip(self.proof(*random)).fold(0, |all, (a, b)| all | (a ^ b));
        wrong == 0 && !rest.is_empty()
    }

    /// The context that a peer made a request with under an ID context that is not the current
    /// one, and whether that is the last of the run, with an R2 of ours (step 4), or the first
    /// (step 2).
    pub(crate) fn of_request(
        &self,
        context: &SecurityContext,
        id: &[u8],
    ) -> Option<(SecurityContext, bool)> {
        let last = self.is_ours(id);
        let context = context.renewed(&self.secret, [id, &[]])?;
        // One that is not kept cannot be used.
        let kept = context.id_context().is_some();
        (kept || !last).then_some((context, last))
    }

    /// The context of response #1, to a request with ID context `id1`.
    pub(crate) fn second(
        &self,
        context: &SecurityContext,
        r2: &[u8],
        id1: &[u8],
    ) -> Option<SecurityContext> {
        context.renewed(&self.secret, [r2, id1])
    }

    /// The context of request #2: R3 is made here.
    pub(crate) fn third(
        &self,
        context: &SecurityContext,
        r2: &[u8],
        random: &mut Random,
    ) -> Option<SecurityContext> {
        let r2 = Some(r2).filter(|r2| r2.len() <= LONGEST)?;
        context.renewed(&self.secret, [r2, &random.u64().to_be_bytes()])
    }
}

/// The bytes in a CBOR byte string that is nothing else.
pub(crate) fn unwrapped(wire: &[u8]) -> Option<&[u8]> {
    let (bytes, length) = match wire {
        [head @ 0x40..=0x57, bytes @ ..] => (bytes, head & 0x1f),
        [0x58, length, bytes @ ..] => (bytes, *length),
        _ => return None,
    };
    (bytes.len() == usize::from(length)).then_some(bytes)
}

/// R2 as it is on the wire: a CBOR byte string.
pub(crate) fn wrapped(r2: &R2) -> [u8; 2 * RANDOM + 1] {
    let mut wire = [0x50; 2 * RANDOM + 1];
    for (to, from) in wire.iter_mut().skip(1).zip(r2) {
        *to = *from;
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscore::Aead;

    const PARAMETERS: SecurityParameters<'static> = SecurityParameters {
        master_secret: &[7; 16],
        master_salt: &[1, 2],
        sender_id: &[],
        recipient_id: &[1],
        id_context: None,
        aead: Aead::AesCcm16_64_128,
    };

    #[test]
    fn a_wrapped_id_context_is_one_byte_string_and_nothing_more() {
        for (wire, bytes) in [
            (&[0x40][..], Some(&[][..])),
            (&[0x42, 1, 2], Some(&[1, 2])),
            (&[0x42, 1], None),
            (&[0x42, 1, 2, 3], None),
            (&[0x58, 2, 1, 2], Some(&[1, 2])),
            (&[0x58], None),
            (&[0x82, 1, 2], None),
            (&[], None),
        ] {
            assert_eq!(unwrapped(wire), bytes, "{wire:02x?}");
        }
        assert_eq!(unwrapped(&wrapped(&[9; 16])), Some(&[9; 16][..]));
    }

    #[test]
    fn rfc8613_appendix_b_2_the_keys_are_those_of_the_id_context() {
        let mut random = Random::new(&Seed([3; 32]));
        let renewal = Renewal::new(&PARAMETERS, &mut random);
        let context = SecurityContext::new(&PARAMETERS).unwrap();
        let r2 = renewal.r2(&mut random);
        let third = renewal.third(&context, &r2, &mut random).unwrap();
        let id = third.id_context().unwrap();
        assert_eq!((id.len(), id.starts_with(&r2)), (24, true));
        assert_eq!(third.kid_context().and_then(unwrapped), Some(id));
        let same = SecurityParameters { id_context: Some(id), ..PARAMETERS };
        let same = SecurityContext::new(&same).unwrap();
        let iv = crate::oscore::PartialIv::new(5).unwrap();
        assert_eq!(third.nonce(&[], iv), same.nonce(&[], iv));
        assert_ne!(third.nonce(&[], iv), context.nonce(&[], iv));
    }

    #[test]
    fn an_r2_is_known_again_until_it_was_used_and_nobody_can_make_one() {
        let mut random = Random::new(&Seed([4; 32]));
        let mut renewal = Renewal::new(&PARAMETERS, &mut random);
        let r2 = renewal.r2(&mut random);
        let id = [&r2[..], &[1, 2, 3]].concat();
        assert!(renewal.is_ours(&id) && !renewal.is_ours(&r2), "R3 is missing");
        for at in 0..r2.len() {
            let mut other = id.clone();
            other[at] ^= 1;
            assert!(!renewal.is_ours(&other), "{at}");
        }
        renewal.settled(&mut random);
        assert!(!renewal.is_ours(&id));
    }
}
