//! Bodies that no endpoint holds, one block of many, and bodies that are kept apart (RFC 7959, RFC
//! 8132 section 2).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Duration, Seed};

/// Room for some messages, and for nothing like the bodies.
fn small(seed: u8, szx: u8) -> Endpoint {
    let mut c = config();
    c.limits.pool = 16_000;
    c.limits.body_size = 2000;
    c.limits.requests = 4;
    c.parameters.stream_uploads = true;
    c.parameters.block_szx = szx;
    Endpoint::new(&c, &Seed([seed; 32])).unwrap()
}

/// The byte at a place of a body.
fn byte(at: usize) -> u8 {
    (at ^ at >> 8 ^ at >> 16) as u8
}

fn part(range: core::ops::Range<usize>) -> Vec<u8> {
    range.map(byte).collect()
}

/// Answers with the block that is asked for.
fn serve(e: &mut Endpoint, now: m2m_base::Instant, id: IncomingId, total: usize, etag: u32) {
    let first = Block { number: 0, more: false, szx: Block::szx_for(e.block_size()) };
    let block = e.incoming(id).unwrap().block2.unwrap_or(first);
    let end = (block.offset() + block.size()).min(total);
    let payload = part(block.offset().min(end)..end);
    let piece = Some(Piece { total, etag });
    e.respond(now, id, &Response { payload: &payload, piece, ..Response::new(Code::CONTENT) })
        .unwrap();
}

fn download(total: usize, szx: (u8, u8), lost: &[usize]) -> usize {
    let mut pair = Pair::new(small(1, szx.0), small(2, szx.1));
    pair.lost = lost.to_vec();
    let id = with_path("large", |options| {
        let r = Request { options, stream: true, ..Request::new(Code::GET) };
        pair.a.request(pair.now, B, &r).unwrap()
    });
    let (mut have, mut blocks, mut outcome) = (0, 0, None);
    // The trace of a long transfer is not kept.
    pair.run(|pair, _, event| {
        pair.trace.clear();
        let now = pair.now;
        let last = matches!(event, Event::Done { .. });
        match event {
            Event::Request { id, .. } => serve(&mut pair.b, now, id, total, 7),
            Event::Block { .. } | Event::Done { .. } => {
                let content = pair.a.response(id).unwrap();
                let end = have + content.payload.len();
                assert_eq!(content.payload, part(have..end));
                (have, blocks) = (end, blocks + 1);
                if last {
                    outcome = Some(event);
                    pair.a.release(id);
                } else {
                    pair.a.next_block(now, id).unwrap();
                    assert_eq!(pair.a.next_block(now, id), Err(UsageError::UnknownId));
                }
            }
            other => panic!("{other:?}"),
        }
        false
    });
    assert_eq!(outcome, Some(Event::Done { id, outcome: Outcome::Response }));
    assert_eq!(have, total);
    blocks
}

#[test]
fn rfc7959_2_4_a_body_of_16_mib_is_taken_block_by_block() {
    assert_eq!(download(16 << 20, (6, 6), &[]), 16 << 10);
}

#[test]
fn rfc7959_2_4_streamed_downloads_agree_on_a_size_and_survive_losses() {
    for (szx, lost) in [((6, 2), &[][..]), ((2, 6), &[3, 8, 9]), ((4, 4), &[0, 1, 2, 30])] {
        download(5003, szx, lost);
    }
    for short in [0, 1, 1024, 1025] {
        assert_eq!(download(short, (6, 6), &[]), short.div_ceil(1024).max(1));
    }
}

fn upload(total: u32, szx: (u8, u8), lost: &[usize]) -> usize {
    let mut pair = Pair::new(small(1, szx.0), small(2, szx.1));
    pair.lost = lost.to_vec();
    let id = with_path("large", |options| {
        let r = Request { options, upload: Some(total), ..Request::new(Code::PUT) };
        pair.a.request(pair.now, B, &r).unwrap()
    });
    let (mut have, mut blocks, mut outcome) = (0, 0, None);
    pair.run(|pair, _, event| {
        pair.trace.clear();
        let now = pair.now;
        match event {
            Event::BlockWanted { .. } => {
                let range = pair.a.wanted(id).unwrap();
                let bytes = part(range.start as usize..range.end as usize);
                assert_eq!(pair.a.supply(now, id, &part(0..2000)), Err(UsageError::Invalid));
                pair.a.supply(now, id, &bytes).unwrap();
                assert_eq!(pair.a.supply(now, id, &bytes), Err(UsageError::UnknownId));
            }
            Event::Request { id, .. } => {
                let incoming = pair.b.incoming(id).unwrap();
                let block = incoming.block1.unwrap();
                assert_eq!(block.offset(), have, "{block:?}");
                let end = have + incoming.payload.len();
                assert_eq!(incoming.payload, part(have..end));
                if have == 0 {
                    assert_eq!(incoming.options.uint(OptionNumber::SIZE1), Some(total));
                }
                (have, blocks) = (end, blocks + 1);
                let code = if block.more { Code::CONTINUE } else { Code::CHANGED };
                pair.b.respond(now, id, &Response::new(code)).unwrap();
            }
            Event::Done { .. } => {
                assert_eq!(pair.a.response(id).unwrap().code, Code::CHANGED);
                pair.a.release(id);
                outcome = Some(event);
            }
            other => panic!("{other:?}"),
        }
        false
    });
    assert_eq!(outcome, Some(Event::Done { id, outcome: Outcome::Response }));
    assert_eq!(have, total as usize);
    blocks
}

#[test]
fn rfc7959_2_3_a_body_of_16_mib_is_supplied_and_taken_block_by_block() {
    assert_eq!(upload(16 << 20, (6, 6), &[]), 16 << 10);
}

#[test]
fn rfc7959_2_3_streamed_uploads_agree_on_a_size_and_survive_losses() {
    for (szx, lost) in [((6, 2), &[][..]), ((2, 6), &[3, 8, 9]), ((4, 4), &[0, 1, 2, 30])] {
        upload(5003, szx, lost);
    }
    for short in [0, 1, 1024, 1025] {
        assert_eq!(upload(short, (6, 6), &[]), short.div_ceil(1024).max(1) as usize);
    }
}

/// The answers to a request of A's, which B would send.
fn answer(request: &[u8], code: Code, options: &[(OptionNumber, u32)], payload: &[u8]) -> Vec<u8> {
    let m = Message::parse(request).unwrap();
    let mut buf = [0; 1200];
    let kind = MessageType::Acknowledgement;
    let mut w = MessageWriter::in_buffer(&mut buf, kind, code, m.id, m.token).unwrap();
    for (number, value) in options {
        w.option_uint(*number, *value).unwrap();
    }
    let len = w.finish(payload).unwrap().len();
    buf[..len].to_vec()
}

#[test]
fn rfc7959_2_9_3_a_supplied_body_begins_again_in_smaller_blocks() {
    let mut e = small(1, 6);
    let id = e.request(at(0), B, &Request { upload: Some(3000), ..Request::new(Code::PUT) });
    let id = id.unwrap();
    assert_eq!(e.poll_event(), Some(Event::BlockWanted { id }));
    assert_eq!(e.wanted(id), Some(0..1024));
    e.supply(at(0), id, &[1; 1024]).unwrap();
    let sent = one(&mut e, at(0));
    // 4.13, with Block1 0/0/64.
    let refused = answer(&sent, Code::REQUEST_ENTITY_TOO_LARGE, &[(OptionNumber::BLOCK1, 2)], b"");
    e.handle_datagram(at(1), B, &refused);
    assert_eq!(e.poll_event(), Some(Event::BlockWanted { id }));
    assert_eq!(e.wanted(id), Some(0..64));
    // Given up in between: nothing is left.
    e.cancel(at(2), id, Cancel::Forget).unwrap();
    assert_eq!((e.wanted(id), e.poll_timeout()), (None, None));
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Cancelled }));
}

#[test]
fn rfc7959_2_4_a_streamed_body_that_changes_is_broken_and_not_begun_again() {
    let mut e = small(1, 6);
    let request = Request { stream: true, ..Request::new(Code::GET) };
    let (etag, block2) = (OptionNumber::ETAG, OptionNumber::BLOCK2);
    for (second, outcome) in [
        (vec![(etag, 5), (block2, 0x1e)], None),
        (vec![(etag, 6), (block2, 0x1e)], Some(Outcome::Broken)),
        (vec![(block2, 0x1e)], Some(Outcome::Broken)),
        (vec![(etag, 5), (block2, 0x2e)], Some(Outcome::Broken)),
    ] {
        let id = e.request(at(0), B, &request).unwrap();
        let sent = one(&mut e, at(0));
        let first = answer(&sent, Code::CONTENT, &[(etag, 5), (block2, 0x0e)], &[1; 1024]);
        e.handle_datagram(at(1), B, &first);
        assert_eq!(e.poll_event(), Some(Event::Block { id }));
        e.next_block(at(1), id).unwrap();
        let sent = one(&mut e, at(1));
        let m = Message::parse(&sent).unwrap();
        assert_eq!(m.options.uint(block2).unwrap() >> 4, 1);
        e.handle_datagram(at(2), B, &answer(&sent, Code::CONTENT, &second, &[1; 1024]));
        match outcome {
            Some(outcome) => assert_eq!(e.poll_event(), Some(Event::Done { id, outcome })),
            None => {
                assert_eq!(e.poll_event(), Some(Event::Block { id }));
                e.cancel(at(3), id, Cancel::Forget).unwrap();
                assert_eq!(e.next_block(at(3), id), Err(UsageError::UnknownId));
                e.poll_event();
            }
        }
    }
}

#[test]
fn rfc7959_2_4_any_block_can_be_had_alone() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    let total = 3000;
    for (number, szx, len) in [(0, 6, 1024), (2, 6, 952), (40, 2, 64), (46, 2, 56), (3, 6, 0)] {
        let block = Block { number, more: false, szx };
        let id = with_path("large", |options| {
            let r = Request { options, block2: Some(block), ..Request::new(Code::GET) };
            pair.a.request(pair.now, B, &r).unwrap()
        });
        pair.run(|pair, _, event| {
            if let Event::Request { id, .. } = event {
                let body = part(0..total);
                let r = Response { payload: &body, ..Response::new(Code::CONTENT) };
                pair.b.respond(pair.now, id, &r).unwrap();
            }
            false
        });
        let content = pair.a.response(id).unwrap();
        if len == 0 {
            // Beyond the end (RFC 7959 section 2.2).
            assert_eq!(content.code, Code::BAD_REQUEST);
        } else {
            let from = (number as usize) << (szx + 4);
            assert_eq!(content.payload, part(from..from + len));
            let told = Block::from_uint(content.options.uint(OptionNumber::BLOCK2).unwrap());
            assert_eq!(told, Some(Block { more: from + len < total, ..block }));
        }
        pair.a.release(id);
    }
}

#[test]
fn rfc7959_2_5_an_application_may_have_a_body_put_together() {
    let mut pair = Pair::new(endpoint(1), small(2, 6));
    let body = part(0..1900);
    let id = with_path("small", |options| {
        let r = Request { options, payload: &body, ..Request::new(Code::PUT) };
        pair.a.request(pair.now, B, &r).unwrap()
    });
    let mut asked = 0;
    pair.run(|pair, _, event| {
        if let Event::Request { id, .. } = event {
            asked += 1;
            let single = pair.b.incoming(id).unwrap().block1.is_some();
            assert_eq!(single, asked == 1, "one block is told from a body put together");
            if asked == 1 {
                pair.b.assemble(pair.now, id).unwrap();
                assert_eq!(pair.b.assemble(pair.now, id), Err(UsageError::UnknownId));
            } else {
                assert_eq!(pair.b.incoming(id).unwrap().payload, part(0..1900));
                assert_eq!(pair.b.assemble(pair.now, id), Err(UsageError::UnknownId));
                pair.b.respond(pair.now, id, &Response::new(Code::CHANGED)).unwrap();
            }
        }
        false
    });
    assert_eq!(asked, 2);
    assert_eq!(pair.a.response(id).unwrap().code, Code::CHANGED);
}

/// RFC 7959 section 2.3: a resource may take each block for itself.
#[test]
fn rfc7959_2_3_blocks_that_take_effect_one_by_one() {
    let mut pair = Pair::new(endpoint(1), small(2, 6));
    let body = part(0..2500);
    let id = with_path("log", |options| {
        let r = Request { options, payload: &body, ..Request::new(Code::PUT) };
        pair.a.request(pair.now, B, &r).unwrap()
    });
    let mut asked = 0;
    pair.run(|pair, _, event| {
        if let Event::Request { id, .. } = event {
            asked += 1;
            pair.b.respond(pair.now, id, &Response::new(Code::CHANGED)).unwrap();
        }
        false
    });
    assert_eq!(asked, 3);
    assert_eq!(pair.a.response(id).unwrap().code, Code::CHANGED);
}

/// RFC 8132 section 2.1: the payload of a FETCH says what is asked for, so it belongs to the key.
#[test]
fn rfc8132_2_1_long_answers_to_different_fetches_are_kept_apart() {
    let mut c = config();
    c.parameters.nstart = 2;
    let a = Endpoint::new(&c, &Seed([1; 32])).unwrap();
    let mut pair = Pair::new(a, endpoint(2));
    let ids = [b'x', b'y'].map(|query| {
        with_path("q", |options| {
            let r = Request { options, payload: &[query], ..Request::new(Code::FETCH) };
            pair.a.request(pair.now, B, &r).unwrap()
        })
    });
    let mut asked = 0;
    pair.run(|pair, _, event| {
        if let Event::Request { id, .. } = event {
            asked += 1;
            let body = vec![pair.b.incoming(id).unwrap().payload[0]; 4000];
            let r = Response { payload: &body, ..Response::new(Code::CONTENT) };
            pair.b.respond(pair.now, id, &r).unwrap();
        }
        false
    });
    for (id, query) in ids.into_iter().zip([b'x', b'y']) {
        assert_eq!(pair.a.response(id).unwrap().payload, vec![query; 4000]);
    }
    assert_eq!(asked, 2);
}

/// RFC 8132 sections 2 and 3: the methods, their bodies in blocks, and their errors.
#[test]
fn rfc8132_2_and_3_fetch_patch_and_ipatch_carry_bodies_of_any_length() {
    for method in [Code::FETCH, Code::PATCH, Code::IPATCH] {
        for code in [Code::CHANGED, Code::CONFLICT, Code::UNPROCESSABLE_ENTITY] {
            let mut pair = Pair::new(endpoint(1), endpoint(2));
            let body = part(0..2500);
            let id = with_path("p", |options| {
                let r = Request { options, payload: &body, ..Request::new(method) };
                pair.a.request(pair.now, B, &r).unwrap()
            });
            pair.run(|pair, _, event| {
                if let Event::Request { id, .. } = event {
                    let incoming = pair.b.incoming(id).unwrap();
                    assert_eq!((incoming.code, incoming.payload), (method, &part(0..2500)[..]));
                    pair.b.respond(pair.now, id, &Response::new(code)).unwrap();
                }
                false
            });
            assert_eq!(pair.a.response(id).unwrap().code, code);
            pair.now += Duration::from_secs(1);
        }
    }
}
