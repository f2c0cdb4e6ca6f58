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
        let (is_right, head, lengths, short) = match (format, body) {
            (None | Some(ContentFormat::OCTET_STREAM), _) => {
                return Ok(Frame { skip: 0, total: None });
            }
            (Some(ContentFormat::LWM2M_TLV), [first, ..]) => {
                let head = if first & 0x20 == 0 { 2 } else { 3 };
                let id = big_endian(body.get(1..head).unwrap_or(&[0xff; 2]));
                let is_right = first >> 6 == 3 && id == resource.into();
                (is_right, head, usize::from(first >> 3 & 3), first & 7)
            }
            (Some(ContentFormat::CBOR), [first, ..]) => {
                let short = first & 0x1f;
                let lengths = if short < 24 { 0 } else { 1 << (short & 3) };
                (first >> 5 == 2 && short <= 26, 1, lengths, short)
            }
            (Some(ContentFormat::LWM2M_TLV | ContentFormat::CBOR), []) => (false, 0, 0, 0),
            _ => return Err(Code::UNSUPPORTED_CONTENT_FORMAT),
        };
        let skip = head.wrapping_add(lengths);
        let length = body.get(head..skip).filter(|_| is_right).ok_or(Code::BAD_REQUEST)?;
        let total = if lengths == 0 { short.into() } else { big_endian(length) };
        Ok(Frame { skip: u8::try_from(skip).unwrap_or(0), total: Some(total) })
    }
}

/// A number of at most four bytes.
fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
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
