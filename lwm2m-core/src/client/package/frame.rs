//! Where the image begins in what a server writes: behind the header that the format puts before
//! one value.

use coap_core::{Code, ContentFormat};

/// How many bytes are before the image, and how many it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    pub(super) skip: u8,
    pub(super) total: Option<u32>,
}

impl Frame {
    /// Reads the start of a body. 4.15 for a format whose value is not there byte for byte, 4.00
    /// for a header that is wrong.
    pub(super) fn parse(
        format: Option<ContentFormat>,
        resource: u16,
        body: &[u8],
    ) -> Result<Frame, Code> {
        match format {
            None | Some(ContentFormat::OCTET_STREAM) => Ok(Frame { skip: 0, total: None }),
            Some(ContentFormat::LWM2M_TLV) => tlv(resource, body).ok_or(Code::BAD_REQUEST),
            Some(ContentFormat::CBOR) => cbor(body).ok_or(Code::BAD_REQUEST),
            _ => Err(Code::UNSUPPORTED_CONTENT_FORMAT),
        }
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
}

fn frame(skip: usize, total: u32) -> Option<Frame> {
    Some(Frame { skip: u8::try_from(skip).ok()?, total: Some(total) })
}

/// One resource with a value (Core 7.4.4).
fn tlv(resource: u16, body: &[u8]) -> Option<Frame> {
    let (kind, rest) = body.split_first()?;
    let id_len = if kind & 0x20 == 0 { 1 } else { 2 };
    let (id, rest) = rest.split_at_checked(id_len)?;
    if kind >> 6 != 3 || big_endian(id) != u32::from(resource) {
        return None;
    }
    let len_len = usize::from(kind >> 3 & 3);
    let total = match len_len {
        0 => u32::from(kind & 7),
        _ => big_endian(rest.get(..len_len)?),
    };
    frame(1 + id_len + len_len, total)
}

/// A byte string of known length (RFC 8949 section 3.1).
fn cbor(body: &[u8]) -> Option<Frame> {
    let (first, rest) = body.split_first()?;
    if first >> 5 != 2 {
        return None;
    }
    let len_len = match first & 0x1f {
        n @ 0..24 => return frame(1, n.into()),
        24 => 1,
        25 => 2,
        26 => 4,
        _ => return None,
    };
    frame(1 + len_len, big_endian(rest.get(..len_len)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(skip: u8, total: u32) -> Result<Frame, Code> {
        Ok(Frame { skip, total: Some(total) })
    }

    #[test]
    fn headers_of_tlv_and_cbor() {
        let (tlv, cbor) = (ContentFormat::LWM2M_TLV, ContentFormat::CBOR);
        let long = |head: &[u8]| [head, &[9; 20]].concat();
        for (format, resource, body, expected) in [
            (tlv, 0, long(&[0xc0, 0]), at(2, 0)),
            (tlv, 0, long(&[0xc3, 0]), at(2, 3)),
            (tlv, 0, long(&[0xc8, 0, 200]), at(3, 200)),
            (tlv, 0, long(&[0xd0, 0, 1, 2]), at(4, 258)),
            (tlv, 2, long(&[0xd8, 2, 1, 0, 0]), at(5, 65536)),
            (tlv, 2, long(&[0xf8, 0, 2, 1, 0, 0]), at(6, 65536)),
            (tlv, 2, long(&[0xc8, 0, 200]), Err(Code::BAD_REQUEST)),
            (tlv, 0, long(&[0x88, 0, 200]), Err(Code::BAD_REQUEST)),
            (tlv, 0, [0xd8, 0, 1].to_vec(), Err(Code::BAD_REQUEST)),
            (cbor, 0, long(&[0x43]), at(1, 3)),
            (cbor, 0, long(&[0x58, 200]), at(2, 200)),
            (cbor, 0, long(&[0x5a, 0, 1, 0, 0]), at(5, 65536)),
            (cbor, 0, long(&[0x5f]), Err(Code::BAD_REQUEST)),
            (ContentFormat::TEXT, 0, long(&[]), Err(Code::UNSUPPORTED_CONTENT_FORMAT)),
        ] {
            assert_eq!(Frame::parse(Some(format), resource, &body), expected, "{body:x?}");
        }
    }
}
