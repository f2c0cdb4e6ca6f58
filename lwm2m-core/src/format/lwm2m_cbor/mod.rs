//! LwM2M CBOR (Core 1.2, 7.5.6, `application/vnd.oma.lwm2m+cbor`, 11544): maps whose keys are IDs,
//! or arrays of IDs, on the way from the object down.

#[cfg(not(feature = "small"))]
pub(super) mod fast;
mod reader;
mod writer;

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests;

pub(super) use reader::LwM2mCborReader;
pub(super) use writer::write;
