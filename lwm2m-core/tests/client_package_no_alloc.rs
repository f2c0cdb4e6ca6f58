//! An image of any length goes through a client that allocates nothing for it, and holds a block of
//! it at most.
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
use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber};
use lwm2m_core::Value;
use lwm2m_core::client::{Client, Event, PackageSupport};
use m2m_base::{Instant, SliceSink};
use package_common::*;

/// Accepts a registration.
fn accept(client: &mut Client, now: Instant) {
    let mut buf = [0; 1500];
    let sent = client.poll_transmit(now, &mut buf).unwrap().unwrap();
    let m = Message::parse(&buf[..sent.len]).unwrap();
    let mut out = [0; 64];
    let sink = SliceSink::new(&mut out);
    let ack = MessageType::Acknowledgement;
    let mut w = MessageWriter::new(sink, ack, Code::CREATED, m.id, m.token).unwrap();
    w.option(OptionNumber::LOCATION_PATH, b"rd").unwrap();
    let len = w.finish(&[]).unwrap().len();
    client.handle_datagram(now, PEER, &out[..len]);
}

#[test]
fn nothing_is_allocated_for_an_image() {
    const BLOCKS: u32 = 4096;
    let mut client = new_client(&package_config());
    client.add_firmware_update(Instant::ZERO, &PackageSupport::COAP).unwrap();
    let reserved = client.reserved_bytes();
    let now = Instant::from_millis(1000);
    client.start(now);
    accept(&mut client, now);
    let bytes = [7; 64];
    let datagrams: Vec<Vec<u8>> = (0..BLOCKS)
        .map(|n| Piece::new("/5/0/0", n, n + 1 < BLOCKS, &bytes).datagram(n as u16))
        .collect();
    let mut buf = vec![0; 1500];
    let (mut have, mut verified) = (0, 0);
    let allocations = allocation_counter::measure(|| {
        for datagram in &datagrams {
            client.handle_datagram(now, PEER, datagram);
            while let Some(event) = client.poll_event() {
                match event {
                    Event::PackageBlock { id, offset, .. } => {
                        assert_eq!(offset, have);
                        have += client.package_block(id).unwrap().len() as u32;
                        client.answer_package(now, id, Ok(())).unwrap();
                    }
                    Event::PackageVerify { id, .. } => {
                        verified += 1;
                        client.answer_package(now, id, Ok(())).unwrap();
                    }
                    _ => {}
                }
            }
            while client.poll_transmit(now, &mut buf).unwrap().is_some() {}
        }
    });
    assert_eq!((have, verified), (BLOCKS * 64, 1));
    assert_eq!((allocations.count_total, client.reserved_bytes()), (0, reserved));
    assert_eq!(client.get(path("/5/0/3")), Some(Value::Integer(2)));
}
