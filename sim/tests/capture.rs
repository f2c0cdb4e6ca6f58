//! Captures are what tools expect.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod toy;

use std::process::Command;

use m2m_base::Duration;
use m2m_sim::{Action, Fault, Link, Tap, World, pcap};
use toy::{Flaw, Toy, rules};

fn world() -> World {
    let mut w = World::new(1);
    let a = w.add("a", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    let b = w.add("b", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    w.set_links(Link::with_latency(Duration::from_millis(1234)));
    w.play(vec![Fault::new(a, b, 1, Action::Drop), Fault::new(a, b, 2, Action::Corrupt(56))]);
    let to = w.peer(b);
    w.command(a, move |toy, now| toy.send(now, to, b"odd")).unwrap();
    w.run_quiet(Duration::from_secs(60));
    w
}

struct Frame {
    micros: u64,
    bytes: Vec<u8>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn frames(file: &[u8]) -> Vec<Frame> {
    assert_eq!(u32_at(file, 0), 0xa1b2_c3d4);
    assert_eq!((file[4], file[6]), (2, 4));
    assert_eq!(u32_at(file, 20), 101);
    let mut at = 24;
    let mut frames = vec![];
    while at < file.len() {
        let len = u32_at(file, at + 8) as usize;
        assert_eq!(len, u32_at(file, at + 12) as usize);
        let micros = u64::from(u32_at(file, at)) * 1_000_000 + u64::from(u32_at(file, at + 4));
        frames.push(Frame { micros, bytes: file[at + 16..at + 16 + len].to_vec() });
        at += 16 + len;
    }
    frames
}

/// One's complement sum of RFC 1071; 0xffff over anything that contains its own checksum.
fn sum(parts: &[&[u8]]) -> u32 {
    let bytes = parts.concat();
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|p| u32::from(p[0]) << 8 | u32::from(p.get(1).copied().unwrap_or(0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum
}

#[test]
fn rfc791_and_rfc768_headers_are_right() {
    let w = world();
    let file = pcap(w.packets(), Tap::Sent);
    let frames = frames(&file);
    assert_eq!(frames.len(), w.packets().len());
    for (frame, packet) in frames.iter().zip(w.packets()) {
        let f = &frame.bytes;
        assert_eq!(frame.micros, packet.sent.as_millis() * 1000);
        assert_eq!((f[0], f[9]), (0x45, 17));
        assert_eq!(usize::from(u16::from_be_bytes([f[2], f[3]])), f.len());
        assert_eq!(sum(&[&f[..20]]), 0xffff);
        let udp = &f[20..];
        assert_eq!(usize::from(u16::from_be_bytes([udp[4], udp[5]])), udp.len());
        assert_eq!(sum(&[&f[12..20], &[0, 17], &udp[4..6], udp]), 0xffff);
        let (ip, port) = m2m_sim::address(packet.from);
        assert_eq!((&f[12..16], &udp[..2]), (&ip[..], &port.to_be_bytes()[..]));
        let (ip, port) = m2m_sim::address(packet.to);
        assert_eq!((&f[16..20], &udp[2..4]), (&ip[..], &port.to_be_bytes()[..]));
        assert_eq!(udp[8..], packet.bytes);
    }
}

#[test]
fn the_two_taps_see_different_things() {
    let w = world();
    let sent = frames(&pcap(w.packets(), Tap::Sent));
    let arrived = frames(&pcap(w.packets(), Tap::Arrived));
    // The first was lost, the second was damaged on its way.
    assert_eq!(arrived.len(), sent.len() - 1);
    assert!(arrived.is_sorted_by_key(|f| f.micros));
    assert_eq!(arrived[0].micros - sent[1].micros, 1_234_000);
    assert_eq!(arrived[0].bytes[28 + 7] ^ sent[1].bytes[28 + 7], 0x80);
}

#[test]
fn long_datagrams_are_cut_to_what_ipv4_carries() {
    let mut w = World::new(1);
    let x = w.outsider();
    let node = w.add("node", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    w.send_as(x, node, &vec![1; 70_000]);
    let frames = frames(&pcap(w.packets(), Tap::Sent));
    assert_eq!(frames[0].bytes.len(), 65_535);
}

/// Where tshark is installed, it agrees: no malformed packet, no bad checksum.
#[test]
fn tshark_reads_the_capture() {
    let w = world();
    let file = std::env::temp_dir().join(format!("m2m-sim-tshark-{}.pcap", std::process::id()));
    w.write_pcap(&file, Tap::Sent).unwrap();
    let output = Command::new("tshark")
        .args(["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields"])
        .args(["-e", "ip.src", "-e", "udp.dstport", "-e", "udp.length"])
        .args(["-e", "ip.checksum.status", "-e", "udp.checksum.status", "-r"])
        .arg(&file)
        .output();
    std::fs::remove_file(&file).unwrap();
    let Ok(output) = output else { return eprintln!("tshark is not installed") };
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), w.packets().len(), "{text}");
    assert_eq!(lines[0], "10.0.0.1\t5683\t20\t1\t1");
}
