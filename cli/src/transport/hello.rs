//! What the first datagrams of a DTLS handshake say, before anything of it is believed (RFC 6347 sections
//! 4.1 and 4.2, RFC 5246 section 7.4.1.2).

/// Longest handshake message that is taken, in bytes: a certificate has some hundreds.
pub(super) const LONGEST: usize = 16 * 1024;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// TLS_PSK_WITH_AES_128_CCM_8.
const KEY: [u8; 2] = [0xc0, 0xa8];
/// TLS_ECDHE_ECDSA with AES-128-GCM, AES-256-GCM, and ChaCha20-Poly1305.
const CERTIFICATE: [[u8; 2]; 3] = [[0xc0, 0x2b], [0xc0, 0x2c], [0xcc, 0xa9]];

/// What a client wants to be known by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    Key,
    Certificate,
}

/// What the client that begins a handshake with this datagram likes best; `None` if it begins none.
pub(super) fn wish(datagram: &[u8]) -> Option<Wish> {
    let (kind, _, body) = messages(datagram).next()?;
    if kind != CLIENT_HELLO {
        return None;
    }
    Some(first_suite(body).unwrap_or(Wish::Key))
}

/// One of its handshake messages is longer than any that is taken.
pub(super) fn is_too_long(datagram: &[u8]) -> bool {
    messages(datagram).any(|(_, length, _)| length > LONGEST)
}

/// Which of the cipher suites that are known here comes first.
fn first_suite(hello: &[u8]) -> Option<Wish> {
    // Version and random; then session and cookie, each behind a byte with its length.
    let (_, mut rest) = hello.split_at_checked(34)?;
    for _ in 0..2 {
        let (length, behind) = rest.split_first()?;
        rest = behind.get(usize::from(*length)..)?;
    }
    let (length, suites) = rest.split_first_chunk()?;
    let suites = suites.get(..suites.len().min(usize::from(u16::from_be_bytes(*length))))?;
    suites.chunks_exact(2).find_map(|suite| match suite {
        suite if suite == KEY => Some(Wish::Key),
        suite if CERTIFICATE.iter().any(|known| suite == known) => Some(Wish::Certificate),
        _ => None,
    })
}

/// Type, whole length, and what is there of each handshake message that is not encrypted.
fn messages(datagram: &[u8]) -> impl Iterator<Item = (u8, usize, &[u8])> {
    records(datagram).flat_map(|mut rest| {
        std::iter::from_fn(move || {
            let [kind, a, b, c, _, _, _, _, _, d, e, f] = *rest.first_chunk()?;
            let length = |bytes: [u8; 3]| {
                let [a, b, c] = bytes.map(usize::from);
                a << 16 | b << 8 | c
            };
            let behind = rest.get(12..)?;
            let (fragment, next) =
                behind.split_at_checked(length([d, e, f])).unwrap_or((behind, &[]));
            rest = next;
            Some((kind, length([a, b, c]), fragment))
        })
    })
}

/// What is in the records with handshake messages of epoch 0.
fn records(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let [kind, _, _, epoch @ .., high, low] = *rest.first_chunk::<13>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let behind = rest.get(13..)?;
        let (body, next) = behind.split_at_checked(length).unwrap_or((behind, &[]));
        rest = next;
        let plain = kind == HANDSHAKE && epoch.starts_with(&[0, 0]);
        Some(if plain { body } else { &[] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with a handshake message.
    fn record(kind: u8, epoch: u8, length: u32, body: &[u8]) -> Vec<u8> {
        let here = u32::try_from(body.len()).unwrap().to_be_bytes();
        let mut message = vec![kind];
        message.extend_from_slice(&length.to_be_bytes()[1..]);
        message.extend_from_slice(&[0; 5]);
        message.extend_from_slice(&here[1..]);
        message.extend_from_slice(body);
        let mut record = vec![HANDSHAKE, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0];
        record.extend_from_slice(&u16::try_from(message.len()).unwrap().to_be_bytes());
        record.extend_from_slice(&message);
        record
    }

    fn hello(suites: &[u8]) -> Vec<u8> {
        let mut body = vec![0; 34];
        body.extend_from_slice(&[2, 7, 7, 3, 8, 8, 8, 0, u8::try_from(suites.len()).unwrap()]);
        body.extend_from_slice(suites);
        body.extend_from_slice(&[1, 0]);
        let length = u32::try_from(body.len()).unwrap();
        record(CLIENT_HELLO, 0, length, &body)
    }

    #[test]
    fn the_first_suite_that_is_known_tells_what_a_client_wants() {
        for (suites, wanted) in [
            (&[0xc0, 0xa8][..], Wish::Key),
            (&[0xc0, 0xae, 0xc0, 0x2b, 0xc0, 0xa8], Wish::Certificate),
            (&[0xc0, 0xa8, 0xc0, 0x2b], Wish::Key),
            (&[0xcc, 0xa9], Wish::Certificate),
            (&[0x12, 0x34], Wish::Key),
            (&[], Wish::Key),
        ] {
            let hello = hello(suites);
            assert_eq!(wish(&hello), Some(wanted), "{suites:?}");
            // However little of it came.
            for cut in 0..hello.len() {
                let _ = wish(&hello[..cut]);
            }
        }
        assert_eq!(wish(&record(2, 0, 1, &[0])), None);
        assert_eq!(wish(&record(CLIENT_HELLO, 1, 0, &[])), None);
        assert_eq!(wish(&[]), None);
    }

    #[test]
    fn a_message_that_is_too_long_is_seen_in_any_place() {
        let long = u32::try_from(LONGEST).unwrap() + 1;
        let short = record(11, 0, 4, &[0; 4]);
        assert!(!is_too_long(&short));
        assert!(is_too_long(&[short.clone(), record(11, 0, long, &[0; 4])].concat()));
        assert!(!is_too_long(&record(11, 1, long, &[0; 4])), "it is encrypted");
        // Two messages in one record.
        let mut both = record(11, 0, 4, &[0; 4]);
        let second = record(11, 0, long, &[0; 4]);
        both.extend_from_slice(&second[13..]);
        let length = u16::try_from(both.len() - 13).unwrap().to_be_bytes();
        both[11..13].copy_from_slice(&length);
        assert!(is_too_long(&both));
    }
}
