//! Captures that Wireshark and tshark read.

use std::{io, path::Path};

use m2m_base::{Instant, PeerId};

use crate::packet::{Packet, address};

/// Where a capture listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tap {
    /// At the senders: what was sent, also what got lost.
    Sent,
    /// At the receivers: what arrived, as it arrived.
    Arrived,
}

/// `LINKTYPE_RAW`: frames begin with the IP header.
const LINKTYPE_RAW: u32 = 101;
const IPV4_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// The packets as a pcap file (microseconds, little-endian) of UDP over IPv4.
///
/// Datagrams too long for IPv4 are cut off.
#[must_use]
pub fn pcap(packets: &[Packet], tap: Tap) -> Vec<u8> {
    let mut frames: Vec<(Instant, PeerId, PeerId, &[u8])> = match tap {
        Tap::Sent => packets.iter().map(|p| (p.sent, p.from, p.to, p.bytes.as_slice())).collect(),
        Tap::Arrived => packets
            .iter()
            .flat_map(|p| p.arrivals.iter().map(|a| (a.at, p.from, p.to, a.bytes.as_slice())))
            .collect(),
    };
    frames.sort_by_key(|f| f.0);

    let mut out = Vec::new();
    for word in [0xa1b2_c3d4u32, 4 << 16 | 2, 0, 0, 65_535, LINKTYPE_RAW] {
        out.extend(word.to_le_bytes());
    }
    for (at, from, to, bytes) in frames {
        let frame = frame(from, to, bytes);
        let (s, us) = (at.as_millis() / 1000, at.as_millis() % 1000 * 1000);
        let len = frame.len() as u64;
        for word in [s, us, len, len] {
            out.extend(u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes());
        }
        out.extend(frame);
    }
    out
}

/// Writes [`pcap`] to a file.
///
/// # Errors
/// Those of writing a file.
pub fn write_pcap(path: impl AsRef<Path>, packets: &[Packet], tap: Tap) -> io::Result<()> {
    std::fs::write(path, pcap(packets, tap))
}

/// One IPv4 packet with one UDP datagram.
fn frame(from: PeerId, to: PeerId, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(65_535 - IPV4_HEADER - UDP_HEADER)];
    let ((from_ip, from_port), (to_ip, to_port)) = (address(from), address(to));
    let length = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();

    let mut ip = vec![0x45, 0];
    ip.extend(length(IPV4_HEADER + UDP_HEADER + payload.len()));
    // No identification, don't fragment, 64 hops, UDP, checksum to be filled in.
    ip.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    ip.extend(from_ip);
    ip.extend(to_ip);
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum);

    let mut udp = Vec::new();
    udp.extend(from_port.to_be_bytes());
    udp.extend(to_port.to_be_bytes());
    udp.extend(length(UDP_HEADER + payload.len()));
    udp.extend([0, 0]);
    udp.extend(payload);
    // The pseudo header of RFC 768.
    let mut pseudo = ip[12..20].to_vec();
    pseudo.extend([0, 17]);
    pseudo.extend(length(UDP_HEADER + payload.len()));
    pseudo.extend(&udp);
    let sum = match checksum(&pseudo) {
        [0, 0] => [0xff, 0xff],
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum);

    ip.extend(udp);
    ip
}

/// The checksum of RFC 1071.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum: u32 = 0;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(!sum & 0xffff).unwrap_or(0).to_be_bytes()
}
