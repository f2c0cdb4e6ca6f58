//! Who a datagram came from, as engines know it.

/// The number a driver mints for one remote address within one security session.
///
/// An engine only compares it. Two datagrams with the same `PeerId` come from the same endpoint in
/// the sense of RFC 7252 section 1.2 (address, port and security association). A driver without
/// security can put an IPv4 address and port straight into the 64 bits and keep no table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PeerId(pub u64);
