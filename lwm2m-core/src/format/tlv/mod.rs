//! TLV (Core 7.5.5, `application/vnd.oma.lwm2m+tlv`, 11542).

#[cfg(not(feature = "small"))]
pub(super) mod fast;
mod reader;
mod value;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

pub(super) use reader::TlvReader;
pub(crate) use value::decode;
pub(super) use value::infer;
#[cfg(any(feature = "send", feature = "storing", feature = "restore"))]
pub(crate) use writer::put_value;
pub(super) use writer::write;

/// What an entry is: bits 7 and 6 of its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Instance,
    ResourceInstance,
    MultipleResource,
    Resource,
}

impl Kind {
    /// Of the first byte of an entry.
    const fn of(first: u8) -> Kind {
        match first >> 6 {
            0 => Kind::Instance,
            1 => Kind::ResourceInstance,
            2 => Kind::MultipleResource,
            _ => Kind::Resource,
        }
    }

    /// Bits 7 and 6 of the first byte of an entry.
    const fn bits(self) -> u8 {
        match self {
            Kind::Instance => 0x00,
            Kind::ResourceInstance => 0x40,
            Kind::MultipleResource => 0x80,
            Kind::Resource => 0xc0,
        }
    }
}
