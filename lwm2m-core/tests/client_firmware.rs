//! Firmware Update (Core E.6): every state, every result, pushed and fetched, with blocks lost,
//! twice, late and out of order, and a restart at any point.
#![cfg(feature = "firmware-update")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod client_common;
mod package_common;

use client_common::*;
use coap_core::{Block, Code, ContentFormat as F, MessageType, OptionNumber};
use lwm2m_core::Value;
use lwm2m_core::client::{
    Client, Delivery, Event, PackageError, PackageStep, PackageSupport, Protocols, UsageError,
};
use m2m_base::{Instant, UnixTime};
use package_common::*;

fn integer(b: &Bench, at: &str) -> i64 {
    match b.engine().get(path(at)) {
        Some(Value::Integer(n) | Value::Time(n)) => n,
        other => panic!("{at}: {other:?}"),
    }
}

/// State and Update Result.
fn state(b: &Bench) -> (i64, i64) {
    (integer(b, "/5/0/3"), integer(b, "/5/0/5"))
}

fn firmware() -> (Bench, Flash) {
    (registered(support(&PackageSupport::COAP)), Flash::default())
}

fn support(support: &PackageSupport<'_>) -> Client {
    let mut client = new_client(&package_config());
    client.add_firmware_update(Instant::ZERO, support).unwrap();
    client
}

const PUSH: &str = "/5/0/0";

#[test]
fn core_e_6_a_pushed_package_goes_through_every_state() {
    for (format, head) in [
        (F::OCTET_STREAM, &[][..]),
        (F::LWM2M_TLV, &[0xd0, 0, 1000u16.to_be_bytes()[0], 1000u16.to_be_bytes()[1]][..]),
        (F::CBOR, &[0x59, 3, 232][..]),
    ] {
        let (mut b, mut flash) = firmware();
        assert_eq!(state(&b), (0, 0));
        assert_eq!(b.ask(Ask::execute("/5/0/2")).code, Code::METHOD_NOT_ALLOWED);
        assert_eq!(b.ask(Ask::execute("/5/0/10")).code, Code::METHOD_NOT_ALLOWED);
        b.ask(Ask::observe("/5/0/3", b"o"));
        let mut told = Vec::new();
        let image = image(1000);
        let body = [head, &image].concat();
        let blocks: Vec<_> = body.chunks(64).enumerate().collect();
        for (number, bytes) in &blocks {
            let more = number + 1 < blocks.len();
            let block = Piece::new(PUSH, *number as u32, more, bytes).format(format);
            let answer = flash.push(&mut b, PEER, &block);
            let expected = if more { Code::CONTINUE } else { Code::CHANGED };
            assert_eq!(answer.code, expected, "block {number}");
            let echoed = Block::from_uint(answer.uint(OptionNumber::BLOCK1).unwrap()).unwrap();
            assert_eq!((echoed.number as usize, echoed.szx), (*number, 2));
            told.extend(notifications(&mut b));
            if more {
                assert_eq!(state(&b), (1, 0));
                assert_eq!(b.ask(Ask::execute("/5/0/2")).code, Code::METHOD_NOT_ALLOWED);
            }
        }
        assert_eq!(flash.bytes, image);
        assert_eq!(state(&b), (2, 0));
        assert_eq!(b.ask(Ask::execute("/5/0/2")).code, Code::CHANGED);
        assert_eq!(state(&b), (3, 0));
        for uri in ["/5/0/2", "/5/0/10"] {
            assert_eq!(b.ask(Ask::execute(uri)).code, Code::METHOD_NOT_ALLOWED, "{uri}");
        }
        flash.run(&mut b);
        assert_eq!(flash.applied, [PackageStep::Update]);
        assert_eq!(state(&b), (0, 1));
        assert_eq!(flash.discards, 0);
        told.extend(notifications(&mut b));
        assert_eq!(told, ["1", "2", "3", "0"]);
    }
}

#[test]
fn a_block_waits_for_the_application_and_the_server_with_it() {
    let (mut b, _) = firmware();
    b.events();
    let id = b.send_raw(PEER, &Piece::new(PUSH, 0, true, &[1; 64]));
    let [
        Event::PackageChanged { .. },
        Event::PackageBlock { id: block, offset: 0, last: false, .. },
    ] = b.events()[..]
    else {
        panic!()
    };
    assert!(b.answer_to(PEER, id).is_none());
    assert_eq!(b.engine().package_block(block), Some(&[1; 64][..]));
    // The empty acknowledgement, and a separate response when the flash is ready.
    b.pass_secs(1);
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::EMPTY);
    b.pass_secs(60);
    let done = b.client.command(b.now, move |c, now| c.answer_package(now, block, Ok(())));
    assert_eq!(done, Ok(()));
    b.settle();
    let (_, answer) = b.sent.iter().find(|(_, m)| m.code == Code::CONTINUE).unwrap();
    assert_eq!(answer.message_type, MessageType::Confirmable);
    let again = b.client.command(b.now, move |c, now| c.answer_package(now, block, Ok(())));
    assert_eq!(again, Err(UsageError::UnknownId));
    assert_eq!(b.engine().package_block(block), None);
}

#[test]
fn rfc7959_2_5_blocks_twice_late_lost_and_out_of_order() {
    let image = image(640);
    let blocks: Vec<_> = image.chunks(64).collect();
    for k in 0..10 {
        let (mut b, mut flash) = firmware();
        let piece = |n: usize| Piece::new(PUSH, n as u32, n < 9, blocks[n]);
        for n in 0..k {
            assert_eq!(flash.push(&mut b, PEER, &piece(n)).code, Code::CONTINUE);
        }
        let end = if k < 9 { Code::CONTINUE } else { Code::CHANGED };
        if k < 9 {
            // One is missing.
            let answer = flash.push(&mut b, PEER, &piece(k + 1));
            assert_eq!(answer.code, Code::REQUEST_ENTITY_INCOMPLETE, "{k}");
        }
        if k > 1 {
            let answer = flash.push(&mut b, PEER, &piece(k - 2 + usize::from(k == 2)));
            let expected = if k == 2 { Code::CONTINUE } else { Code::REQUEST_ENTITY_INCOMPLETE };
            assert_eq!(answer.code, expected, "an old one, {k}");
        }
        // The same datagram twice, then in a new message because the answer was lost.
        let id = b.send_raw(PEER, &piece(k));
        b.datagram(PEER, &piece(k).datagram(id));
        flash.run(&mut b);
        assert_eq!(b.answer_to(PEER, id).unwrap().code, end, "{k}");
        b.datagram(PEER, &piece(k).datagram(id));
        assert_eq!(b.answer_to(PEER, id).unwrap().code, end, "{k}");
        if k > 0 {
            assert_eq!(flash.push(&mut b, PEER, &piece(k)).code, end, "again, {k}");
        }
        for n in k + 1..10 {
            let code = flash.push(&mut b, PEER, &piece(n)).code;
            assert_eq!(code, if n < 9 { Code::CONTINUE } else { Code::CHANGED });
        }
        assert_eq!((flash.bytes, flash.discards, state(&b)), (image.clone(), 0, (2, 0)), "{k}");
    }
}

#[test]
fn block_0_starts_again_for_the_same_server_only() {
    let (mut b, mut flash) = two_servers();
    for n in 0..3 {
        flash.push(&mut b, PEER, &Piece::new(PUSH, n, true, &[9; 64]));
    }
    let other = flash.push(&mut b, OTHER, &Piece::new(PUSH, 0, true, &[8; 64]));
    assert_eq!(other.code, Code::METHOD_NOT_ALLOWED);
    let other = flash.push(&mut b, OTHER, &Piece::new(PUSH, 3, true, &[8; 64]));
    assert_eq!(other.code, Code::REQUEST_ENTITY_INCOMPLETE);
    let other = b.ask_as(OTHER, Ask::write("/5/0/1", "coap://h/f"));
    assert_eq!(other.code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(state(&b), (1, 0));
    let first = flash.push(&mut b, PEER, &Piece::new(PUSH, 0, true, &[7; 64]));
    assert_eq!((first.code, flash.discards), (Code::CONTINUE, 1));
    let last = flash.push(&mut b, PEER, &Piece::new(PUSH, 1, false, &[6; 10]));
    assert_eq!(last.code, Code::CHANGED);
    assert_eq!(flash.bytes, [&[7; 64][..], &[6; 10]].concat());
    // Whoever may, may reset it.
    let reset = Ask::send(Code::PUT, PUSH, F::OCTET_STREAM, &[0]);
    assert_eq!(b.ask_as(OTHER, reset).code, Code::CHANGED);
    flash.run(&mut b);
    assert_eq!((state(&b), flash.discards), ((0, 0), 2));
}

fn two_servers() -> (Bench, Flash) {
    let mut client = support(&PackageSupport::COAP);
    add_second(&mut client, Instant::ZERO);
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "a");
    b.accept_registration(OTHER, "b");
    b.events();
    (b, Flash::default())
}

#[test]
fn core_e_6_an_empty_write_resets_in_each_state_but_updating() {
    let empty = [
        Ask::send(Code::PUT, PUSH, F::OCTET_STREAM, b""),
        Ask::send(Code::PUT, PUSH, F::OCTET_STREAM, &[0]),
        Ask::send(Code::PUT, PUSH, F::LWM2M_TLV, &[0xc0, 0]),
        Ask::send(Code::PUT, PUSH, F::LWM2M_TLV, &[0xc1, 0, 0]),
        Ask::send(Code::PUT, PUSH, F::CBOR, &[0x40]),
        Ask::send(Code::PUT, "/5/0/1", F::TEXT, b""),
        Ask::send(Code::POST, "/5/0", F::LWM2M_TLV, &[0xc0, 1]),
    ];
    for ask in empty {
        for blocks in [0, 1, 2, 3] {
            let (mut b, mut flash) = firmware();
            for n in 0..blocks {
                flash.push(&mut b, PEER, &Piece::new(PUSH, n, n < 2, &[9; 64]));
            }
            assert_eq!(b.ask(ask).code, Code::CHANGED, "{blocks} {ask:?}");
            flash.run(&mut b);
            assert_eq!((state(&b), flash.discards), ((0, 0), u32::from(blocks > 0)));
            // And a new one may come.
            assert_eq!(flash.whole(&mut b, PUSH, b"new").code, Code::CHANGED);
            assert_eq!(flash.bytes, b"new");
            assert_eq!(state(&b), (2, 0));
            b.ask(Ask::execute("/5/0/2"));
            assert_eq!(b.ask(ask).code, Code::METHOD_NOT_ALLOWED, "updating");
            assert_eq!(state(&b), (3, 0));
        }
    }
    // Before the application took the first block.
    let (mut b, mut flash) = firmware();
    let id = b.send_raw(PEER, &Piece::new(PUSH, 0, true, &[9; 64]));
    assert_eq!(b.ask(empty[0]).code, Code::CHANGED);
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::REQUEST_ENTITY_INCOMPLETE);
    flash.run(&mut b);
    assert_eq!((state(&b), flash.bytes.len()), ((0, 0), 0));
}

#[test]
fn core_e_6_what_is_refused() {
    let (mut b, mut flash) = firmware();
    let plain = |uri, format, payload| Ask::send(Code::PUT, uri, format, payload);
    for (ask, code) in [
        (plain(PUSH, F::TEXT, b"AAAA"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (plain(PUSH, F::SENML_JSON, b"[]"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (plain(PUSH, F::LWM2M_TLV, &[0xc1, 1, 7]), Code::BAD_REQUEST),
        (plain(PUSH, F::LWM2M_TLV, &[0xc3, 0, 7]), Code::BAD_REQUEST),
        (plain("/5/0/3", F::TEXT, b"1"), Code::METHOD_NOT_ALLOWED),
        (plain("/5/0/5", F::TEXT, b"1"), Code::METHOD_NOT_ALLOWED),
        (Ask::read(PUSH, F::OCTET_STREAM), Code::METHOD_NOT_ALLOWED),
        // A package comes alone.
        (
            Ask::send(Code::POST, "/5/0", F::LWM2M_TLV, &[0xc3, 0, 1, 2, 3]),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Ask::send(Code::POST, "/5", F::LWM2M_TLV, &[]), Code::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(b.ask(ask).code, code, "{ask:?}");
        flash.run(&mut b);
        b.ask(plain(PUSH, F::OCTET_STREAM, b""));
        b.events();
    }
    // More than the header says.
    let (mut b, mut flash) = firmware();
    let head = [&[0xc8, 0, 70][..], &[1; 61]].concat();
    let first = Piece::new(PUSH, 0, true, &head);
    assert_eq!(flash.push(&mut b, PEER, &first.format(F::LWM2M_TLV)).code, Code::CONTINUE);
    let second = Piece::new(PUSH, 1, false, &[1; 60]).format(F::LWM2M_TLV);
    assert_eq!(flash.push(&mut b, PEER, &second).code, Code::REQUEST_ENTITY_INCOMPLETE);
    // Less.
    let second = Piece::new(PUSH, 1, false, &[1; 8]).format(F::LWM2M_TLV);
    assert_eq!(flash.push(&mut b, PEER, &second).code, Code::BAD_REQUEST);
    assert_eq!(state(&b), (0, 5));
    // While one is there, another may not come.
    let (mut b, mut flash) = firmware();
    flash.whole(&mut b, PUSH, b"image");
    assert_eq!(flash.whole(&mut b, PUSH, b"other").code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(b.ask(Ask::write("/5/0/1", "coap://h/f")).code, Code::METHOD_NOT_ALLOWED);
    assert_eq!((state(&b), &flash.bytes[..]), ((2, 0), &b"image"[..]));
    // By pull or by push only.
    let only = |delivery| PackageSupport { delivery, ..PackageSupport::COAP };
    let mut b = registered(support(&only(Delivery::Pull)));
    assert_eq!(flash.whole(&mut b, PUSH, b"image").code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(integer(&b, "/5/0/9"), 0);
    let mut b = registered(support(&only(Delivery::Push)));
    assert_eq!(b.ask(Ask::write("/5/0/1", "coap://h/f")).code, Code::CHANGED);
    assert_eq!(state(&b), (0, 9));
}

/// Each code of Update Result, by the way it comes about (registry, object 5 version 1.1).
#[test]
fn core_e_6_every_update_result() {
    use PackageError as E;
    // What the application says of the second block.
    for (error, code, result) in [
        (E::NoSpace, Code::REQUEST_ENTITY_TOO_LARGE, 2),
        (E::OutOfMemory, Code::INTERNAL_SERVER_ERROR, 3),
        (E::ConnectionLost, Code::INTERNAL_SERVER_ERROR, 4),
        (E::Integrity, Code::BAD_REQUEST, 5),
        (E::UnsupportedType, Code::UNSUPPORTED_CONTENT_FORMAT, 6),
    ] {
        let (mut b, mut flash) = firmware();
        flash.push(&mut b, PEER, &Piece::new(PUSH, 0, true, &[1; 64]));
        flash.refuse = Some(error);
        let answer = flash.push(&mut b, PEER, &Piece::new(PUSH, 1, true, &[1; 64]));
        assert_eq!((answer.code, state(&b)), (code, (0, result)), "{error:?}");
        assert_eq!(flash.discards, 1);
        let late = flash.push(&mut b, PEER, &Piece::new(PUSH, 2, true, &[1; 64]));
        assert_eq!(late.code, Code::REQUEST_ENTITY_INCOMPLETE);
    }
    // What it finds when it looks at the whole.
    for (error, result) in [(E::Integrity, 5), (E::UnsupportedType, 6), (E::NoSpace, 2)] {
        let (mut b, mut flash) = firmware();
        flash.verify = Err(error);
        flash.whole(&mut b, PUSH, b"image");
        assert_eq!((state(&b), flash.discards), ((0, result), 1));
    }
    // How the update ends.
    for (error, expected) in [
        (Ok(()), (0, 1)),
        (Err(E::Failed), (2, 8)),
        (Err(E::Integrity), (0, 5)),
        (Err(E::UnsupportedType), (0, 6)),
        (Err(E::Deferred), (2, 11)),
    ] {
        let (mut b, mut flash) = firmware();
        flash.apply = error;
        flash.whole(&mut b, PUSH, b"image");
        assert_eq!(b.ask(Ask::execute("/5/0/2")).code, Code::CHANGED);
        flash.run(&mut b);
        assert_eq!(state(&b), expected, "{error:?}");
    }
    // The URI.
    for (uri, result) in [
        ("coap://", 7),
        ("not a uri", 7),
        ("ftp://h/f", 9),
        ("http://h/f", 9),
        ("coap+tcp://h/f", 9),
    ] {
        let (mut b, mut flash) = firmware();
        assert_eq!(b.ask(Ask::write("/5/0/1", uri)).code, Code::CHANGED);
        flash.run(&mut b);
        assert_eq!((state(&b), flash.discards), ((0, result), 0), "{uri}");
    }
    // Silence, and Cancel, in each state.
    for blocks in 1..=3 {
        let (mut b, mut flash) = firmware();
        for n in 0..blocks {
            flash.push(&mut b, PEER, &Piece::new(PUSH, n, n < 2, &[9; 64]));
        }
        assert_eq!(b.ask(Ask::execute("/5/0/10")).code, Code::CHANGED);
        flash.run(&mut b);
        assert_eq!((state(&b), flash.discards), ((0, 10), 1));
        flash.push(&mut b, PEER, &Piece::new(PUSH, 0, true, &[9; 64]));
        b.pass_secs(246);
        assert_eq!(state(&b), (1, 0));
        b.pass_secs(2);
        flash.run(&mut b);
        assert_eq!((state(&b), flash.discards), ((0, 4), 2));
    }
}

#[test]
fn object_5_resources_12_to_14() {
    let (mut b, mut flash) = firmware();
    flash.apply = Err(PackageError::Deferred);
    flash.whole(&mut b, PUSH, b"image");
    assert!(!b.engine().contains(path("/5/0/12")), "nobody told the time");
    b.client.command(b.now, |c, now| c.set_wall_clock(now, UnixTime::from_secs(1_700_000_000)));
    b.pass_secs(100);
    assert_eq!(b.ask(Ask::write("/5/0/13", "60")).code, Code::CHANGED);
    b.ask(Ask::execute("/5/0/2"));
    flash.run(&mut b);
    assert_eq!(state(&b), (2, 11));
    assert_eq!(integer(&b, "/5/0/12"), 1_700_000_100);
    // A minute later it is asked again, and once more if the user still does not want it.
    b.pass_secs(59);
    flash.run(&mut b);
    assert_eq!(flash.applied.len(), 1);
    flash.apply = Ok(());
    b.pass_secs(1);
    flash.run(&mut b);
    assert_eq!((state(&b), flash.applied.len()), ((0, 1), 2));
    assert_eq!(integer(&b, "/5/0/12"), 1_700_000_160);
    // The user may agree earlier.
    let (mut b, mut flash) = firmware();
    flash.apply = Err(PackageError::Deferred);
    let early = b.client.command(b.now, |c, now| c.apply_firmware(now));
    assert_eq!(early, Err(UsageError::NotAllowed));
    flash.whole(&mut b, PUSH, b"image");
    b.ask(Ask::execute("/5/0/2"));
    flash.run(&mut b);
    flash.apply = Ok(());
    assert_eq!(b.client.command(b.now, |c, now| c.apply_firmware(now)), Ok(()));
    flash.run(&mut b);
    assert_eq!(state(&b), (0, 1));
    // Zero: nobody may put it off.
    b.ask(Ask::write("/5/0/13", "0"));
    flash.whole(&mut b, PUSH, b"image");
    b.ask(Ask::execute("/5/0/2"));
    let Some(Event::PackageApply { id, .. }) = b.events().pop() else { panic!() };
    let put_off = move |c: &mut Client, now| c.answer_package(now, id, Err(PackageError::Deferred));
    assert_eq!(b.client.command(b.now, put_off), Err(UsageError::NotAllowed));
    assert_eq!(state(&b), (3, 0));
    b.client.command(b.now, move |c, now| c.answer_package(now, id, Ok(()))).unwrap();
    // 1.2: the update begins as soon as the package is there.
    assert_eq!(b.ask(Ask::write("/5/0/14", "1")).code, Code::CHANGED);
    flash.applied.clear();
    flash.whole(&mut b, PUSH, b"image");
    assert_eq!((state(&b), &flash.applied[..]), ((0, 1), &[PackageStep::Update][..]));
}

#[test]
fn other_bodies_in_blocks_are_put_together_as_before() {
    let mut client = support(&PackageSupport::COAP);
    client.add_instance(Instant::ZERO, path("/19/0")).unwrap();
    let mut b = registered(client);
    let data = [[5; 64], [6; 64]].concat();
    for (n, bytes) in data.chunks(64).enumerate() {
        let piece = Piece::new("/19/0/0/0", n as u32, n == 0, bytes);
        let id = b.send_raw(PEER, &piece);
        let code = if n == 0 { Code::CONTINUE } else { Code::CHANGED };
        assert_eq!(b.answer_to(PEER, id).unwrap().code, code);
    }
    assert_eq!(b.engine().get(path("/19/0/0/0")), Some(Value::opaque(&data)));
    // In the middle of nothing.
    let id = b.send_raw(PEER, &Piece::new("/19/0/0/0", 3, false, &[1]));
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::REQUEST_ENTITY_INCOMPLETE);
}

fn fetch(uri: &'static str) -> (Bench, Flash, Source) {
    let (mut b, flash) = firmware();
    assert_eq!(b.ask(Ask::write("/5/0/1", uri)).code, Code::CHANGED);
    assert_eq!(state(&b), (1, 0));
    (b, flash, Source::new(image(700)))
}

const URI: &str = "coap://example.net/fw/v2.bin?x=1";

#[test]
fn core_e_6_a_package_is_fetched_from_its_uri() {
    let (mut b, mut flash, mut source) = fetch(URI);
    flash.run(&mut b);
    assert_eq!(flash.connections, 1);
    let first = b.sent.iter().find(|(to, _)| *to == SOURCE).unwrap().1.clone();
    assert_eq!(first.uri(), "/fw/v2.bin?x=1");
    assert_eq!(first.all(OptionNumber::URI_HOST), ["example.net"]);
    source.run(&mut b, &mut flash, usize::MAX);
    assert_eq!((&flash.bytes, state(&b)), (&source.image, (2, 0)));
    assert_eq!(flash.connections, 1);
    b.ask(Ask::execute("/5/0/2"));
    flash.run(&mut b);
    assert_eq!(state(&b), (0, 1));
}

#[test]
fn a_source_with_other_blocks_or_none() {
    for (szx, total) in [(0, 700), (2, 700), (6, 700), (4, 512), (4, 1), (2, 64)] {
        let (mut b, mut flash, mut source) = fetch(URI);
        (source.szx, source.image) = (szx, image(total));
        flash.run(&mut b);
        source.run(&mut b, &mut flash, usize::MAX);
        assert_eq!((&flash.bytes, state(&b)), (&source.image, (2, 0)), "{szx} {total}");
    }
    let (mut b, mut flash, mut source) = fetch(URI);
    (source.image, source.blocks) = (image(100), false);
    flash.run(&mut b);
    source.run(&mut b, &mut flash, usize::MAX);
    assert_eq!((flash.bytes.len(), state(&b)), (100, (2, 0)));
}

#[test]
fn a_lost_connection_is_replaced_and_the_download_goes_on() {
    for etag in [true, false] {
        for k in [0, 1, 3, 10] {
            let (mut b, mut flash, mut source) = fetch(URI);
            (source.etag, source.szx) = (if etag { b"e1".to_vec() } else { vec![] }, 2);
            flash.run(&mut b);
            source.run(&mut b, &mut flash, k);
            assert_eq!(source.served, k);
            // The request times out; a new connection is asked for.
            b.sent.clear();
            b.pass_secs(93);
            b.sent.clear();
            b.pass_secs(5);
            flash.run(&mut b);
            assert_eq!(flash.connections, 2, "{k}");
            source.run(&mut b, &mut flash, usize::MAX);
            assert_eq!((&flash.bytes, state(&b)), (&source.image, (2, 0)), "{k}");
            // With an ETag, one block comes again; without, all of it does.
            let again = if etag { usize::from(k > 0) } else { k };
            assert_eq!(source.served, 11 + again, "{k} {etag}");
            assert_eq!(flash.discards, u32::from(!etag && k > 0));
        }
    }
    // Nothing ever comes: result 4 after six attempts.
    let (mut b, mut flash, _) = fetch(URI);
    for _ in 0..20 {
        flash.run(&mut b);
        b.pass_secs(60);
    }
    assert_eq!((state(&b), flash.connections), ((0, 4), 6));
    // Nor does a connection.
    let (mut b, mut flash, _) = fetch(URI);
    flash.unreachable = true;
    for _ in 0..20 {
        flash.run(&mut b);
        b.pass_secs(20);
    }
    assert_eq!((state(&b), flash.connections), ((0, 4), 6));
}

#[test]
fn what_a_source_may_do_wrong() {
    // It has nothing, or refuses: result 7. It is busy: again later.
    for (code, expected) in [
        (Code::NOT_FOUND, (0, 7)),
        (Code::UNAUTHORIZED, (0, 7)),
        (Code::INTERNAL_SERVER_ERROR, (1, 0)),
        (Code::SERVICE_UNAVAILABLE, (1, 0)),
    ] {
        let (mut b, mut flash, mut source) = fetch(URI);
        source.error = Some(code);
        flash.run(&mut b);
        source.run(&mut b, &mut flash, 1);
        assert_eq!(state(&b), expected, "{code:?}");
        if expected.0 == 1 {
            source.error = None;
            b.pass_secs(70);
            flash.run(&mut b);
            source.run(&mut b, &mut flash, usize::MAX);
            assert_eq!((&flash.bytes, state(&b)), (&source.image, (2, 0)));
        }
    }
    // The image changes in the middle: from the start, but not for ever.
    let (mut b, mut flash, mut source) = fetch(URI);
    flash.run(&mut b);
    source.szx = 2;
    source.run(&mut b, &mut flash, 4);
    (source.image, source.etag) = (vec![3; 300], b"e2".to_vec());
    source.run(&mut b, &mut flash, usize::MAX);
    assert_eq!((&flash.bytes, state(&b), flash.discards), (&source.image, (2, 0), 1));
    let (mut b, mut flash, mut source) = fetch(URI);
    flash.run(&mut b);
    source.szx = 2;
    for n in 0..40 {
        source.etag = vec![n];
        source.run(&mut b, &mut flash, 1);
    }
    assert_eq!(state(&b), (0, 4));
    // Too large for the device.
    let (mut b, mut flash, mut source) = fetch(URI);
    flash.run(&mut b);
    source.szx = 2;
    source.run(&mut b, &mut flash, 4);
    flash.refuse = Some(PackageError::NoSpace);
    source.run(&mut b, &mut flash, usize::MAX);
    assert_eq!((state(&b), flash.discards), ((0, 2), 1));
    // The server does not want it any more.
    for ask in [Ask::write("/5/0/1", ""), Ask::execute("/5/0/10")] {
        let (mut b, mut flash, mut source) = fetch(URI);
        flash.run(&mut b);
        source.szx = 2;
        source.run(&mut b, &mut flash, 4);
        assert_eq!(b.ask(ask).code, Code::CHANGED);
        flash.run(&mut b);
        assert_eq!((state(&b).0, flash.discards), (0, 1));
        // What comes late changes nothing.
        source.run(&mut b, &mut flash, usize::MAX);
        assert_eq!((state(&b).0, source.served), (0, 5));
    }
}

#[test]
fn other_schemes_are_the_applications() {
    let protocols = PackageSupport::COAP.protocols.and(Protocols::HTTPS).and(Protocols::OTHER);
    for (uri, result, expected) in [
        ("https://h/f", Ok(()), (2, 0)),
        ("ftp://h/f", Ok(()), (2, 0)),
        ("https://h/f", Err(PackageError::InvalidUri), (0, 7)),
        ("https://h/f", Err(PackageError::ConnectionLost), (0, 4)),
    ] {
        let mut b = registered(support(&PackageSupport { protocols, ..PackageSupport::COAP }));
        let told = b.ask(Ask::read("/5/0/8", F::SENML_JSON)).text();
        assert!(told.contains("\"v\":3") && !told.contains("\"v\":7"), "{told}");
        b.ask(Ask::write("/5/0/1", uri));
        let Some(Event::PackageDownload { id, .. }) = b.events().pop() else { panic!("{uri}") };
        assert_eq!(state(&b), (1, 0));
        b.client.command(b.now, move |c, now| c.answer_package(now, id, result)).unwrap();
        assert_eq!(state(&b), expected, "{uri}");
    }
}

/// The device restarts after each block, and in each state, and goes on with what it stored.
#[test]
fn a_restart_at_any_point_of_a_download() {
    for etag in [true, false] {
        let (mut b, mut flash, mut source) = fetch(URI);
        (source.szx, source.etag) = (2, if etag { b"one".to_vec() } else { vec![] });
        for _ in 0..14 {
            flash.run(&mut b);
            source.run(&mut b, &mut flash, 2);
            b = reboot(&flash);
            flash.run(&mut b);
            if state(&b).0 != 1 {
                break;
            }
        }
        if etag {
            assert_eq!((&flash.bytes, state(&b), flash.discards), (&source.image, (2, 0), 0));
            assert_eq!(source.served, 11 + 9, "one block again after each restart");
            let mut b = reboot(&flash);
            flash.apply_later = true;
            assert_eq!(b.ask(Ask::execute("/5/0/2")).code, Code::CHANGED);
            flash.run(&mut b);
            // Restarted while it updates: it is asked how that went.
            let mut b = reboot(&flash);
            assert_eq!(state(&b), (3, 0));
            flash.apply_later = false;
            flash.run(&mut b);
            assert_eq!(state(&b), (0, 1));
            assert_eq!(state(&reboot(&flash)), (0, 1));
        } else {
            // Nothing tells that it is the same image: it begins anew each time.
            assert_eq!(state(&b), (1, 0));
            assert!(flash.discards > 10);
        }
    }
}

#[test]
fn a_restart_at_any_point_of_a_push() {
    for k in 1..=3 {
        let (mut b, mut flash) = firmware();
        for n in 0..k {
            flash.push(&mut b, PEER, &Piece::new(PUSH, n, true, &[1; 64]));
        }
        let mut b = reboot(&flash);
        flash.run(&mut b);
        assert_eq!((state(&b), flash.discards), ((0, 4), 1));
        // The server does not know yet.
        let late = flash.push(&mut b, PEER, &Piece::new(PUSH, k, true, &[1; 64]));
        assert_eq!(late.code, Code::REQUEST_ENTITY_INCOMPLETE);
        flash.whole(&mut b, PUSH, b"image");
        assert_eq!(state(&reboot(&flash)), (2, 0));
    }
    // Before it was verified.
    let (mut b, mut flash) = firmware();
    let id = b.send_raw(PEER, &Piece::new(PUSH, 0, false, &[1; 64]));
    let events = b.events();
    flash.note(&b, &events);
    let Some(Event::PackageBlock { id: block, .. }) = events.last().copied() else { panic!() };
    b.client.command(b.now, move |c, now| c.answer_package(now, block, Ok(()))).unwrap();
    let events = b.events();
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::CHANGED);
    flash.note(&b, &events);
    let mut b = reboot(&flash);
    assert_eq!(state(&b), (1, 0));
    flash.run(&mut b);
    assert_eq!(state(&b), (2, 0));
}

fn reboot(flash: &Flash) -> Bench {
    let kept = flash.bytes.len() as u32;
    registered(support(&PackageSupport { record: &flash.record, kept, ..PackageSupport::COAP }))
}

#[test]
fn records_that_are_none() {
    let (b, flash) = {
        let (mut b, mut flash, mut source) = fetch(URI);
        flash.run(&mut b);
        source.run(&mut b, &mut flash, 1);
        (b, flash)
    };
    drop(b);
    assert!(flash.record.len() <= Client::PACKAGE_RECORD);
    let with = |record: &[u8]| {
        let mut client = new_client(&package_config());
        let support = PackageSupport { record, ..PackageSupport::COAP };
        client.add_firmware_update(Instant::ZERO, &support)
    };
    assert_eq!(with(&flash.record), Ok(()));
    for len in 1..flash.record.len() {
        assert_eq!(with(&flash.record[..len]), Err(UsageError::Invalid), "{len}");
    }
    for (at, byte) in [(0, 2), (1, 14), (3, 0x1c), (12, 9)] {
        let mut wrong = flash.record.clone();
        wrong[at] = byte;
        assert_eq!(with(&wrong), Err(UsageError::Invalid), "{at}");
    }
    // Twice, and in a client without the object.
    let mut client = support(&PackageSupport::COAP);
    let twice = client.add_firmware_update(Instant::ZERO, &PackageSupport::COAP);
    assert_eq!(twice, Err(UsageError::Exists));
    let mut client = new_client(&config());
    let without = client.add_firmware_update(Instant::ZERO, &PackageSupport::COAP);
    assert_eq!(without, Err(UsageError::UnknownObject));
}

/// What a server, a source, an application and the time may do, in any order.
#[derive(Clone, Copy, Debug)]
enum Move {
    Block { number: u8, more: bool, len: u8, other: bool },
    Tlv { len: u8 },
    Empty,
    Uri(u8),
    Execute(u8),
    Serve { most: u8, etag: u8 },
    Wait(u8),
    Refuse(bool),
    Deal,
    Reboot,
}

fn moves() -> impl proptest::strategy::Strategy<Value = Move> {
    use proptest::prelude::*;
    prop_oneof![
        6 => (0u8..5, any::<bool>(), 0u8..=64, proptest::bool::weighted(0.2)).prop_map(
            |(number, more, len, other)| Move::Block { number, more, len, other }
        ),
        1 => (0u8..20).prop_map(|len| Move::Tlv { len }),
        1 => Just(Move::Empty),
        2 => (0u8..5).prop_map(Move::Uri),
        2 => (0u8..3).prop_map(Move::Execute),
        4 => (0u8..9, 0u8..3).prop_map(|(most, etag)| Move::Serve { most, etag }),
        2 => (0u8..=255).prop_map(Move::Wait),
        1 => any::<bool>().prop_map(Move::Refuse),
        6 => Just(Move::Deal),
        1 => Just(Move::Reboot),
    ]
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]

    /// Whatever happens, the state is one of the four, the application gets the bytes of an image
    /// in their order, and a server that begins anew gets through in the end.
    #[test]
    fn any_order_of_moves_leaves_a_state_machine(list in proptest::collection::vec(moves(), 1..60)) {
        let mut client = support(&PackageSupport::COAP);
        add_second(&mut client, Instant::ZERO);
        let mut b = Bench::with(client);
        b.start();
        b.accept_registration(PEER, "a");
        b.accept_registration(OTHER, "b");
        let (mut flash, mut source) = (Flash::default(), Source::new(image(300)));
        source.szx = 2;
        for step in list {
            match step {
                Move::Block { number, more, len, other } => {
                    let bytes = vec![number; if more { 64 } else { len.into() }];
                    let piece = Piece::new(PUSH, number.into(), more, &bytes);
                    b.send_raw(if other { OTHER } else { PEER }, &piece);
                }
                Move::Tlv { len } => {
                    let body = [&[0xc8, 0, len][..], &vec![1; len.into()]].concat();
                    b.send(PEER, Ask::send(Code::PUT, PUSH, F::LWM2M_TLV, &body));
                }
                Move::Empty => {
                    b.send(PEER, Ask::send(Code::PUT, PUSH, F::OCTET_STREAM, b""));
                }
                Move::Uri(n) => {
                    let uris = ["", URI, "coap://[::1]/f", "http://h/", "nothing"];
                    b.send(PEER, Ask::write("/5/0/1", uris[usize::from(n)]));
                }
                Move::Execute(n) => {
                    let uris = ["/5/0/2", "/5/0/10", "/5/0/8"];
                    b.send(PEER, Ask::execute(uris[usize::from(n)]));
                }
                Move::Serve { most, etag } => {
                    source.etag = vec![etag; etag.into()];
                    source.run(&mut b, &mut flash, most.into());
                }
                Move::Wait(seconds) => b.pass_secs(seconds.into()),
                Move::Refuse(yes) => flash.refuse = yes.then_some(PackageError::NoSpace),
                Move::Deal => flash.run(&mut b),
                Move::Reboot => {
                    // What was told before is dealt with: else it is not kept.
                    flash.run(&mut b);
                    b = reboot(&flash);
                }
            }
            let (state, result) = state(&b);
            assert!((0..=3).contains(&state) && (0..=11).contains(&result), "{state} {result}");
        }
        // In the end a server gets its image through.
        flash.refuse = None;
        flash.run(&mut b);
        b.pass_secs(300);
        b.sent.clear();
        let mut b = reboot(&flash);
        flash.run(&mut b);
        b.ask(Ask::execute("/5/0/10"));
        flash.run(&mut b);
        b.ask(Ask::send(Code::PUT, PUSH, F::OCTET_STREAM, b""));
        flash.run(&mut b);
        assert_eq!(flash.whole(&mut b, PUSH, b"image").code, Code::CHANGED);
        assert_eq!((&flash.bytes[..], state(&b)), (&b"image"[..], (2, 0)));
    }
}
