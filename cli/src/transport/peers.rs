//! Addresses as the numbers that engines know peers by.

use m2m_base::PeerId;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Marks the number of an IPv6 peer; those of IPv4 have it clear.
const V6: u64 = 1 << 63;

/// Bits of the generation of an IPv6 peer's slot. The seven bits above them stay clear.
const GENERATION: u32 = (1 << 24) - 1;

/// Finds the number of an address and the address of a number. The bits 56 to 62 of a number are
/// clear: they tell sockets apart.
///
/// An IPv4 address and its port are the number. IPv6 addresses are kept in a table of bounded
/// size: when it is full, one that was not heard again lately loses its number, so that whoever
/// makes addresses up can neither make the table grow nor drive out those who keep talking.
#[derive(Debug)]
pub(crate) struct Peers {
    slots: Vec<Slot>,
    index: BTreeMap<SocketAddrV6, u32>,
    most: usize,
    /// The generation of new slots: another one in each run.
    first: u32,
    /// Where the search for a slot to reuse goes on (a clock hand: one turn forgives one return).
    hand: usize,
}

#[derive(Debug)]
struct Slot {
    address: SocketAddrV6,
    generation: u32,
    /// It was heard again since the hand passed.
    returned: bool,
}

impl Peers {
    /// A table for `most` IPv6 peers, at least one.
    pub(crate) fn new(most: u32) -> Self {
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
        let first = u32::try_from(super::first_number() >> 22).unwrap_or(0) & GENERATION;
        Peers { slots: Vec::new(), index: BTreeMap::new(), most, first, hand: 0 }
    }

    /// The number of an address.
    pub(crate) fn id(&mut self, address: SocketAddr) -> PeerId {
        match plain(address) {
            SocketAddr::V4(v4) => PeerId(u64::from(v4.ip().to_bits()) << 16 | u64::from(v4.port())),
            SocketAddr::V6(v6) => self.id_v6(v6),
        }
    }

    fn id_v6(&mut self, address: SocketAddrV6) -> PeerId {
        let known = self.index.get(&address).copied();
        let at = known.unwrap_or_else(|| self.take(address));
        let generation = match self.slot_mut(at) {
            Some(slot) => {
                slot.returned = known.is_some();
                slot.generation
            }
            None => 0,
        };
        PeerId(V6 | u64::from(generation) << 32 | u64::from(at))
    }

    /// A slot for an address that has none.
    fn take(&mut self, address: SocketAddrV6) -> u32 {
        let at = if self.slots.len() < self.most {
            let generation = self.first;
            self.slots.push(Slot { address, generation, returned: false });
            self.slots.len() - 1
        } else {
            let at = self.oldest();
            if let Some(slot) = self.slots.get_mut(at) {
                self.index.remove(&slot.address);
                slot.address = address;
                slot.generation = slot.generation.wrapping_add(1) & GENERATION;
            }
            at
        };
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.index.insert(address, at);
        at
    }

    /// The next slot whose address was not heard again since the hand passed it last.
    fn oldest(&mut self) -> usize {
        for _ in 0..=self.slots.len() {
            let at = self.hand;
            self.hand = (at + 1) % self.slots.len().max(1);
            if let Some(slot) = self.slots.get_mut(at) {
                if !slot.returned {
                    return at;
                }
                slot.returned = false;
            }
        }
        self.hand
    }

    /// The address of a number; `None` if it has lost it.
    pub(crate) fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        let PeerId(bits) = peer;
        let [_, b6, b5, b4, b3, b2, b1, b0] = bits.to_be_bytes();
        if bits & V6 == 0 {
            let ip = Ipv4Addr::new(b5, b4, b3, b2);
            return Some(SocketAddrV4::new(ip, u16::from_be_bytes([b1, b0])).into());
        }
        let generation = u32::from_be_bytes([0, b6, b5, b4]);
        let at = usize::try_from(u32::from_be_bytes([b3, b2, b1, b0])).ok()?;
        let slot = self.slots.get(at)?;
        if slot.generation != generation {
            return None;
        }
        Some(slot.address.into())
    }

    fn slot_mut(&mut self, at: u32) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(at).ok()?)
    }
}

/// An address as one that can be compared: IPv4 as such, even when an IPv6 socket saw it, and
/// IPv6 without a flow label.
pub(crate) fn plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => SocketAddrV4::new(v4, v6.port()).into(),
            None => SocketAddrV6::new(*v6.ip(), v6.port(), 0, v6.scope_id()).into(),
        },
    }
}

/// An address as a socket of this family takes it.
pub(crate) fn for_socket(address: SocketAddr, v6: bool) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v6 => {
            let mapped: Ipv6Addr = v4.ip().to_ipv6_mapped();
            SocketAddrV6::new(mapped, v4.port(), 0, 0).into()
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_and_addresses_go_both_ways() {
        let mut peers = Peers::new(10);
        let all = [
            "0.0.0.0:0",
            "255.255.255.255:65535",
            "127.0.0.1:5683",
            "127.0.0.1:5684",
            "[::1]:5683",
            "[::1]:5684",
            "[2001:db8::7]:1",
        ];
        let ids: Vec<PeerId> = all.iter().map(|a| peers.id(address(a))).collect();
        for (text, id) in all.iter().zip(&ids) {
            assert_eq!(peers.address(*id), Some(address(text)));
            assert_eq!(peers.id(address(text)), *id);
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1);
        }
        assert_eq!(
            peers.id(address("[::ffff:127.0.0.1]:5683")),
            peers.id(address("127.0.0.1:5683"))
        );
        let back = for_socket(address("127.0.0.1:5683"), true);
        assert_eq!(plain(back), address("127.0.0.1:5683"));
    }

    #[test]
    fn a_full_table_forgets_who_was_heard_once() {
        let mut peers = Peers::new(4);
        let kept = address("[::1]:1");
        let kept_id = peers.id(kept);
        let first = peers.id(address("[::2]:0"));
        for port in 1..1000 {
            let id = peers.id(SocketAddr::new("::2".parse().unwrap(), port));
            assert_eq!(peers.address(id), Some(SocketAddr::new("::2".parse().unwrap(), port)));
            // Heard all the time, so it keeps its number.
            assert_eq!(peers.id(kept), kept_id);
            assert_eq!(peers.address(kept_id), Some(kept));
            assert!(peers.slots.len() <= 4 && peers.index.len() <= 4);
        }
        assert_eq!(peers.address(first), None);
        assert_eq!(peers.address(PeerId(u64::MAX)), None);
    }
}
