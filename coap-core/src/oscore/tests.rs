//! The vectors of RFC 8613 appendix C, and properties.

use super::context::{Aad, info};
use super::protect::{Head, Iv, Role};
use super::*;
use crate::{Code, Message, MessageType, MessageWriter, OptionNumber, OptionWriter};
use proptest::prelude::*;
use std::string::String;
use std::vec::Vec;

fn hex(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";
const SALT: &str = "9e7ca92223786340";
const ID_CONTEXT: &str = "37cbf3210017a2d3";

/// Salt, ID context, our id and the peer's, as in C.1, C.2 and C.3.
type Shared = (&'static str, Option<&'static str>, &'static str, &'static str);
const C1: Shared = (SALT, None, "", "01");
const C2: Shared = ("", None, "00", "01");
const C3: Shared = (SALT, Some(ID_CONTEXT), "", "01");

fn context((salt, id_context, own, peer): Shared, server: bool) -> SecurityContext {
    let (own, peer) = if server { (peer, own) } else { (own, peer) };
    let id_context = id_context.map(hex);
    SecurityContext::new(&SecurityParameters {
        master_secret: &hex(SECRET),
        master_salt: &hex(salt),
        sender_id: &hex(own),
        recipient_id: &hex(peer),
        id_context: id_context.as_deref(),
        aead: Aead::AesCcm16_64_128,
    })
    .unwrap()
}

fn key_of(context: &SecurityContext, sending: bool) -> Vec<u8> {
    context.with_job(sending, &[0; 13], &[], |job| job.key.to_vec())
}

#[test]
fn rfc8613_appendix_c_1_to_c_3_key_derivation() {
    let aead = Aead::AesCcm16_64_128;
    for (shared, infos, sender_key, recipient_key, nonces) in [
        (
            C1,
            ["8540f60a634b657910", "854101f60a634b657910", "8540f60a6249560d"],
            "f0910ed7295e6ad4b54fc793154302ff",
            "ffb14e093c94c9cac9471648b4f98710",
            ["4622d4dd6d944168eefb54987c", "4722d4dd6d944169eefb54987c"],
        ),
        (
            C2,
            ["854100f60a634b657910", "854101f60a634b657910", "8540f60a6249560d"],
            "321b26943253c7ffb6003b0b64d74041",
            "e57b5635815177cd679ab4bcec9d7dda",
            ["bf35ae297d2dace910c52e99f9", "bf35ae297d2dace810c52e99f9"],
        ),
        (
            C3,
            [
                "85404837cbf3210017a2d30a634b657910",
                "8541014837cbf3210017a2d30a634b657910",
                "85404837cbf3210017a2d30a6249560d",
            ],
            "af2a1300a5e95788b356336eeecd2b92",
            "e39a0c7c77b43f03b4b39ab9a268699f",
            ["2ca58fb85ff1b81c0b7181b85e", "2da58fb85ff1b81d0b7181b85e"],
        ),
    ] {
        let (_, id_context, own, peer) = shared;
        let id_context = id_context.map(hex);
        for (i, (id, kind, length)) in
            [(hex(own), "Key", 16), (hex(peer), "Key", 16), (hex(""), "IV", 13)].iter().enumerate()
        {
            let mut room = [0; 60];
            let got =
                info(&mut room, id, id_context.as_deref().map(|id| [id, &[]]), aead, kind, *length);
            assert_eq!(got, Some(&hex(infos[i])[..]));
        }
        for server in [false, true] {
            let context = context(shared, server);
            assert_eq!(key_of(&context, !server), hex(sender_key));
            assert_eq!(key_of(&context, server), hex(recipient_key));
            let zero = PartialIv::new(0).unwrap();
            for (id, nonce) in [own, peer].iter().zip(nonces) {
                assert_eq!(context.nonce(&hex(id), zero)[..], hex(nonce));
            }
        }
    }
}

#[test]
fn rfc8613_appendix_c_4_to_c_6_requests() {
    for (shared, plain, aad, nonce, protected) in [
        (
            C1,
            "44015d1f00003974396c6f63616c686f737483747631",
            "8368456e63727970743040488501810a40411440",
            "4622d4dd6d944168eefb549868",
            "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
        ),
        (
            C2,
            "440171c30000b932396c6f63616c686f737483747631",
            "8368456e63727970743040498501810a4100411440",
            "bf35ae297d2dace910c52e99ed",
            "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0",
        ),
        (
            C3,
            "44012f8eef9bbf7a396c6f63616c686f737483747631",
            "8368456e63727970743040488501810a40411440",
            "2ca58fb85ff1b81c0b7181b84a",
            "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3",
        ),
    ] {
        let (mut client, mut server) = (context(shared, false).restored(20), context(shared, true));
        let (plain, protected) = (hex(plain), hex(protected));
        let piv = PartialIv::new(20).unwrap();
        assert_eq!(client.nonce(client.sender_id(), piv)[..], hex(nonce));
        let made = Aad::new(Aead::AesCcm16_64_128, client.sender_id(), piv).unwrap();
        assert_eq!(made.as_bytes(), hex(aad));
        let message = Message::parse(&plain).unwrap();
        let mut out = [0; 80];
        let (len, _) = client.protect_request(&message, &mut out).unwrap();
        assert_eq!(out[..len], protected);
        assert_eq!(client.sealed_len(Head::DATAGRAM, Iv::Own(piv), &message), Ok(len));
        let mut room = [0; 80];
        let (got, binding) =
            server.unprotect_request(&Message::parse(&protected).unwrap(), &mut room).unwrap();
        assert_eq!(got, message);
        assert_eq!(binding, RequestBinding { role: Role::Server, piv });
    }
}

#[test]
fn rfc8613_appendix_c_7_and_c_8_responses() {
    let plain = hex("64455d1f00003974ff48656c6c6f20576f726c6421");
    let message = Message::parse(&plain).unwrap();
    let piv = PartialIv::new(20).unwrap();
    for (own_piv, protected) in [
        (false, "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106"),
        (true, "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e"),
    ] {
        let (client, mut server) = (context(C1, false), context(C1, true));
        let protected = hex(protected);
        let mut out = [0; 80];
        let binding = RequestBinding { role: Role::Server, piv };
        let len = server.protect_response(binding, own_piv, &message, &mut out).unwrap();
        assert_eq!(out[..len], protected);
        let binding = RequestBinding { role: Role::Client, piv };
        let mut room = [0; 80];
        let (got, number) = client
            .unprotect_response(binding, &Message::parse(&protected).unwrap(), &mut room)
            .unwrap();
        assert_eq!(got, message);
        assert_eq!(number.map(PartialIv::get), own_piv.then_some(0));
    }
}

#[test]
fn rfc8613_3_3_ids_have_room_in_the_nonce_and_differ() {
    let base = SecurityParameters {
        master_secret: &[1],
        master_salt: &[],
        sender_id: &[1],
        recipient_id: &[2],
        id_context: None,
        aead: Aead::AesCcm16_64_128,
    };
    let long = [9; 33];
    for (parameters, error) in [
        (base, None),
        (SecurityParameters { sender_id: &long[..7], ..base }, None),
        (SecurityParameters { sender_id: &long[..8], ..base }, Some(ContextError::IdTooLong)),
        (SecurityParameters { recipient_id: &long[..8], ..base }, Some(ContextError::IdTooLong)),
        (SecurityParameters { id_context: Some(&long[..32]), ..base }, None),
        (SecurityParameters { id_context: Some(&long), ..base }, Some(ContextError::IdTooLong)),
        (SecurityParameters { recipient_id: &[1], ..base }, Some(ContextError::SameId)),
        (SecurityParameters { master_secret: &[], ..base }, Some(ContextError::NoSecret)),
    ] {
        assert_eq!(SecurityContext::new(&parameters).err(), error, "{parameters:?}");
    }
}

#[test]
fn rfc8613_7_2_1_no_number_above_2_to_the_40_is_used() {
    let mut context = context(C1, false).restored(PartialIv::MAX);
    let message = Message::parse(&[0x40, 1, 0, 1]).unwrap();
    let mut out = [0; 80];
    assert!(context.protect_request(&message, &mut out).is_ok());
    let exhausted = Err(ProtectError::Sequence(SequenceError::Exhausted));
    assert_eq!(context.protect_request(&message, &mut out), exhausted);
}

#[test]
fn rfc8613_appendix_b_1_1_no_number_is_used_that_is_not_reserved() {
    let mut context = context(C1, false);
    context.reserve(2);
    let message = Message::parse(&[0x40, 1, 0, 1]).unwrap();
    let mut out = [0; 80];
    assert!(context.protect_request(&message, &mut out).is_ok());
    assert!(context.protect_request(&message, &mut out).is_ok());
    let waits = Err(ProtectError::Sequence(SequenceError::NotReserved));
    assert_eq!(context.protect_request(&message, &mut out), waits);
    context.reserve(3);
    assert!(context.protect_request(&message, &mut out).is_ok());
}

#[test]
fn rfc8613_appendix_b_1_2_a_request_is_verified_without_a_window_until_it_starts() {
    let (mut client, server) = (context(C1, false), context(C1, true));
    let mut server = server.restored(7);
    let message = Message::parse(&[0x40, 1, 0, 1]).unwrap();
    let (mut first, mut second, mut room) = ([0; 80], [0; 80], [0; 80]);
    let (len, ours) = client.protect_request(&message, &mut first).unwrap();
    let first = Message::parse(&first[..len]).unwrap();
    let (len, _) = client.protect_request(&message, &mut second).unwrap();
    let second = Message::parse(&second[..len]).unwrap();
    assert_eq!(server.unprotect_request(&first, &mut room), Err(UnprotectError::Replay));
    let (read, binding) = server.verify_request(&first, &mut room).unwrap();
    assert_eq!((read.code, binding.to_bits()), (Code::GET, 1 << 40));
    assert_eq!(RequestBinding::from_bits(binding.to_bits()), Some(binding));
    assert_eq!(RequestBinding::from_bits(ours.to_bits()), Some(ours));
    assert!(ours.is_ours() && !binding.is_ours() && RequestBinding::from_bits(1 << 41).is_none());
    server.start_window(binding);
    assert_eq!((server.window().next(), server.window().seen()), (1, u32::MAX));
    assert_eq!(server.unprotect_request(&first, &mut room), Err(UnprotectError::Replay));
    assert!(server.unprotect_request(&second, &mut room).is_ok());
    assert!(server.verify_request(&second, &mut room).is_ok());
    let answer = Message::parse(&[0x60, 0x45, 0, 1, 0xff, 1]).unwrap();
    for own_piv in [false, true] {
        let mut out = [0; 80];
        let needed = server.protected_len(own_piv, &answer).unwrap();
        assert_eq!(server.protect_response(binding, own_piv, &answer, &mut out), Ok(needed));
    }
}

/// Options of each class, in one request.
fn request<'b>(buf: &'b mut [u8], list: &[(u16, &[u8])], payload: &[u8]) -> Message<'b> {
    let mut room = [0; 400];
    let mut options = OptionWriter::new(&mut room);
    for (number, value) in list {
        options.add(OptionNumber(*number), value).unwrap();
    }
    let mut m =
        MessageWriter::in_buffer(buf, MessageType::Confirmable, Code::PUT, 7, &[1, 2]).unwrap();
    m.options(options.options()).unwrap();
    let len = m.finish(payload).unwrap().len();
    Message::parse(&buf[..len]).unwrap()
}

#[test]
fn rfc8613_4_1_options_go_inside_or_outside_by_their_class() {
    let (mut client, mut server) = (context(C1, false), context(C1, true));
    let all: &[(u16, &[u8])] = &[
        (1, b"m"),
        (3, b"host"),
        (4, b"e"),
        (7, &[99]),
        (11, b"p"),
        (12, &[]),
        (14, &[5]),
        (15, b"q"),
        (16, &[3]),
        (17, &[]),
        (23, &[6]),
        (27, &[6]),
        (39, b"coap"),
        (60, &[1]),
        (252, &[1]),
        (258, &[2]),
        (292, &[1]),
        (65000, b"x"),
    ];
    let (mut plain, mut out, mut room) = ([0; 300], [0; 300], [0; 300]);
    let message = request(&mut plain, all, b"body");
    let (len, _) = client.protect_request(&message, &mut out).unwrap();
    let protected = Message::parse(&out[..len]).unwrap();
    assert_eq!(protected.code, Code::POST);
    let outer: Vec<u16> = protected.options.iter().map(|o| o.number.0).collect();
    assert_eq!(outer, [3, 7, 9, 16, 39]);
    let (got, _) = server.unprotect_request(&protected, &mut room).unwrap();
    let inner: Vec<u16> = got.options.iter().map(|o| o.number.0).collect();
    assert_eq!(inner, [1, 3, 4, 7, 11, 12, 14, 15, 17, 23, 27, 60, 252, 258, 292, 65000]);
    assert_eq!(got.payload, b"body");
    // A Proxy-Uri would tell the path to proxies, and nested protection is none.
    for number in [OptionNumber::PROXY_URI, OptionNumber::OSCORE] {
        let message = request(&mut plain, &[(number.0, b"coap://h/p")], b"");
        assert_eq!(client.protect_request(&message, &mut out), Err(ProtectError::Option));
    }
}

#[test]
fn rfc8613_8_2_outer_options_of_class_e_are_discarded() {
    let (mut client, mut server) = (context(C1, false), context(C1, true));
    let (mut plain, mut out, mut room) = ([0; 100], [0; 100], [0; 100]);
    let message = request(&mut plain, &[(3, b"h"), (11, b"p")], b"body");
    let (len, _) = client.protect_request(&message, &mut out).unwrap();
    let protected = Message::parse(&out[..len]).unwrap();
    let mut list = OptionWriter::new(&mut plain);
    for o in protected.options {
        list.add(o.number, o.value).unwrap();
    }
    for number in [1, 5, 11, 12, 252, 2049] {
        list.add(OptionNumber(number), b"").unwrap();
    }
    let forged = Message { options: list.options(), ..protected };
    let (got, _) = server.unprotect_request(&forged, &mut room).unwrap();
    let numbers: Vec<u16> = got.options.iter().map(|o| o.number.0).collect();
    assert_eq!(numbers, [3, 11]);
}

#[test]
fn rfc8613_4_1_3_5_observe_is_inside_and_outside() {
    let (mut client, mut server) = (context(C1, false), context(C1, true));
    let mut room = [0; 100];
    let registration = [0x41, 1, 0, 1, 9, 0x60];
    let registration = Message::parse(&registration).unwrap();
    let mut out = [0; 100];
    let (len, ours) = client.protect_request(&registration, &mut out).unwrap();
    let protected = Message::parse(&out[..len]).unwrap();
    assert_eq!(
        (protected.code, protected.option(OptionNumber::OBSERVE)),
        (Code::FETCH, Some(&[][..]))
    );
    let (got, theirs) = server.unprotect_request(&protected, &mut room).unwrap();
    assert_eq!(got, registration);
    let notification = [0x51, 0x45, 0, 2, 9, 0x62, 1, 2, 0xff, b'x'];
    let notification = Message::parse(&notification).unwrap();
    let mut wire = [0; 100];
    let len = server.protect_response(theirs, true, &notification, &mut wire).unwrap();
    let protected = Message::parse(&wire[..len]).unwrap();
    assert_eq!(protected.code, Code::CONTENT);
    assert_eq!(protected.option(OptionNumber::OBSERVE), Some(&[1, 2][..]));
    let mut room = [0; 100];
    let (got, piv) = client.unprotect_response(ours, &protected, &mut room).unwrap();
    assert_eq!(got.option(OptionNumber::OBSERVE), Some(&[][..]));
    assert_eq!((got.payload, piv.map(PartialIv::get)), (&b"x"[..], Some(0)));
}

/// Every AEAD of this build.
fn all_aeads() -> Vec<Aead> {
    (-70..70).filter_map(Aead::from_number).collect()
}

#[test]
fn every_algorithm_protects_and_refuses_what_was_changed() {
    for aead in all_aeads() {
        assert_eq!(Aead::from_number(aead.number().into()), Some(aead));
        let parameters = SecurityParameters {
            master_secret: &[3; 32],
            master_salt: &[4; 8],
            sender_id: &[5],
            recipient_id: &[],
            id_context: Some(&[6; 20]),
            aead,
        };
        let mirrored = SecurityParameters { sender_id: &[], recipient_id: &[5], ..parameters };
        let mut client = SecurityContext::new(&parameters).unwrap();
        let mut server = SecurityContext::new(&mirrored).unwrap();
        let (mut plain, mut out, mut room) = ([0; 100], [0; 200], [0; 100]);
        let message = request(&mut plain, &[(11, b"path")], b"body");
        let (len, _) = client.protect_request(&message, &mut out).unwrap();
        assert_eq!(
            len - message_len(&message),
            2 + 2 + 1 + 20 + 1 + 1 + 1 + aead.tag_len(),
            "{aead:?}"
        );
        for at in 0..len {
            let mut forged = out;
            forged[at] ^= 1;
            let Ok(forged) = Message::parse(&forged[..len]) else { continue };
            if let Ok((got, _)) = server.clone().unprotect_request(&forged, &mut room) {
                // Type, message ID and token are not protected; POST and FETCH are told apart
                // inside.
                assert!(at < 6 && got.payload == b"body", "{aead:?} byte {at}");
            }
        }
        let protected = Message::parse(&out[..len]).unwrap();
        let got = server.unprotect_request(&protected, &mut room).unwrap().0;
        assert_eq!(got.options, message.options);
        let again = server.unprotect_request(&protected, &mut room).unwrap_err();
        assert_eq!(again, UnprotectError::Replay);
    }
}

fn message_len(message: &Message<'_>) -> usize {
    4 + message.token.len() + message.options.as_bytes().len() + 1 + message.payload.len()
}

#[test]
fn rfc8613_8_2_each_refusal() {
    let (mut client, mut server) = (context(C3, false), context(C3, true));
    let (mut plain, mut out, mut room) = ([0; 100], [0; 100], [0; 100]);
    let message = request(&mut plain, &[], b"body");
    let (len, _) = client.protect_request(&message, &mut out).unwrap();
    let protected = Message::parse(&out[..len]).unwrap();
    let with = |value: &[u8]| {
        let mut room = [0; 60];
        let mut list = OptionWriter::new(&mut room);
        list.add(OptionNumber::OSCORE, value).unwrap();
        let mut server = server.clone();
        let mut text = [0; 100];
        let got =
            server.unprotect_request(&Message { options: list.options(), ..protected }, &mut text);
        got.map(|_| ()).unwrap_err()
    };
    assert_eq!(with(&[]), UnprotectError::Option);
    assert_eq!(with(&[0x01, 0]), UnprotectError::Option);
    assert_eq!(with(&[0x08]), UnprotectError::Option);
    assert_eq!(with(&[0x29, 0]), UnprotectError::Option);
    assert_eq!(with(&[0x09, 0, 7]), UnprotectError::OtherContext);
    assert_eq!(with(&[0x19, 0, 1, 7]), UnprotectError::OtherContext);
    assert_eq!(with(&[0x09, 1]), UnprotectError::Decryption);
    let short = Message { payload: &protected.payload[..8], ..protected };
    let got = server.unprotect_request(&short, &mut room).unwrap_err();
    assert_eq!(got, UnprotectError::Decryption);
    let got = server.unprotect_request(&message, &mut room).unwrap_err();
    assert_eq!(got, UnprotectError::Option);
    let got = server.unprotect_request(&protected, &mut [0; 5]).unwrap_err();
    assert_eq!(got, UnprotectError::TooLong);
    // None of it used the number up.
    assert!(server.unprotect_request(&protected, &mut room).is_ok());
}

#[test]
fn what_was_encrypted_must_be_a_message() {
    for inner in [&[][..], &[0x45], &[0x00], &[0xe1], &[0x01, 0xf0], &[0x01, 0xff], &[0x01, 0x90]] {
        let (client, mut server) = (context(C1, false), context(C1, true));
        let piv = PartialIv::new(3).unwrap();
        let aad = Aad::new(client.aead(), client.sender_id(), piv).unwrap();
        let nonce = client.nonce(client.sender_id(), piv);
        let mut text = inner.to_vec();
        let tag = client.with_job(true, &nonce, aad.as_bytes(), |job| {
            client.aead().encrypt(job, &mut text).unwrap()
        });
        text.extend(&tag[..8]);
        let mut message = hex("40020001920903ff");
        message.extend(text);
        let mut room = [0; 40];
        let got = server.unprotect_request(&Message::parse(&message).unwrap(), &mut room);
        assert_eq!(got.unwrap_err(), UnprotectError::Plaintext, "{inner:02x?}");
    }
}

proptest! {
    #[test]
    fn unprotect_of_protect_is_the_message(
        options in proptest::collection::vec(
            (prop_oneof![1u16..40, 250u16..300, any::<u16>()],
             proptest::collection::vec(any::<u8>(), 0..20)), 0..8),
        payload in proptest::collection::vec(any::<u8>(), 0..60),
        id_context in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..33)),
        first in 0u64..1 << 40,
    ) {
        let mut list: Vec<(u16, &[u8])> = Vec::new();
        for (number, value) in &options {
            // These are once at most, or are not for the other end; Observe is short.
            let longest = if *number == 6 { 3 } else { 20 };
            if ![0, 3, 7, 9, 16, 21, 35, 39].contains(number) && value.len() <= longest {
                list.push((*number, value));
            }
        }
        let ours = SecurityParameters {
            master_secret: &[1; 16],
            master_salt: &[],
            sender_id: &[1, 2, 3],
            recipient_id: &[4],
            id_context: id_context.as_deref(),
            aead: Aead::AesCcm16_64_128,
        };
        let theirs = SecurityParameters { sender_id: &[4], recipient_id: &[1, 2, 3], ..ours };
        let mut client = SecurityContext::new(&ours).unwrap().restored(first);
        let mut server = SecurityContext::new(&theirs).unwrap();
        let (mut plain, mut out, mut room) = ([0; 500], [0; 600], [0; 500]);
        let message = request(&mut plain, &list, &payload);
        let iv = Iv::Own(PartialIv::new(first).unwrap());
        let needed = client.sealed_len(Head::DATAGRAM, iv, &message).unwrap();
        prop_assert!(needed <= message_len(&message) + client.overhead(true) + 5);
        for short in [0, needed / 2, needed - 1] {
            let got = client.clone().protect_request(&message, &mut out[..short]);
            prop_assert_eq!(got, Err(ProtectError::TooLong));
        }
        let (len, _) = client.protect_request(&message, &mut out).unwrap();
        prop_assert_eq!(len, needed);
        let protected = Message::parse(&out[..len]).unwrap();
        let (got, _) = server.unprotect_request(&protected, &mut room).unwrap();
        prop_assert_eq!(got, message);
    }

    #[test]
    fn any_message_is_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(message) = Message::parse(&bytes) {
            let (client, mut server) = (context(C1, false), context(C1, true));
            let mut room = [0; 80];
            prop_assert!(server.unprotect_request(&message, &mut room).is_err());
            let binding = RequestBinding { role: Role::Client, piv: PartialIv::new(0).unwrap() };
            prop_assert!(client.unprotect_response(binding, &message, &mut room).is_err());
        }
    }
}
