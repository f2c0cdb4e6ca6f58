//! SenML in CBOR: `application/senml+cbor` (RFC 8428 section 6).

#[cfg(not(feature = "small"))]
mod fast;
mod item;
pub(crate) mod pieces;
mod reader;
mod skip;
pub(crate) mod token;
mod writer;

pub use item::{Item, put_head, put_value};
pub use reader::Reader;
pub(crate) use reader::one;
pub use writer::Writer;

/// The major types (RFC 8949 section 3.1), in front of what else a head has.
mod major {
    pub(super) const UNSIGNED: u8 = 0 << 5;
    pub(super) const NEGATIVE: u8 = 1 << 5;
    pub(super) const BYTES: u8 = 2 << 5;
    pub(super) const TEXT: u8 = 3 << 5;
    pub(super) const ARRAY: u8 = 4 << 5;
    pub(super) const MAP: u8 = 5 << 5;
    pub(super) const TAG: u8 = 6 << 5;
    pub(super) const SIMPLE: u8 = 7 << 5;
}

/// How decimal fractions are written that are no floating-point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fractions {
    /// As the nearest binary64, or shorter where that is the same (RFC 8428 section 6). Every
    /// receiver reads these.
    #[default]
    Binary,
    /// As decimal fractions (tag 4): exact, and mostly shorter, but some receivers cannot read
    /// them.
    Decimal,
}
