//! Names of content formats and options, as people write them on a command line.

use crate::hex::from_hex;
use coap_core::{ContentFormat, OptionFormat, OptionNumber};

/// Short names; media types and numbers are understood as well.
const FORMATS: [(&str, ContentFormat); 20] = [
    ("text", ContentFormat::TEXT),
    ("text/plain", ContentFormat::TEXT),
    ("link", ContentFormat::LINK_FORMAT),
    ("links", ContentFormat::LINK_FORMAT),
    ("link-format", ContentFormat::LINK_FORMAT),
    ("xml", ContentFormat::XML),
    ("octets", ContentFormat::OCTET_STREAM),
    ("octet-stream", ContentFormat::OCTET_STREAM),
    ("json", ContentFormat::JSON),
    ("json-patch", ContentFormat::JSON_PATCH),
    ("merge-patch", ContentFormat::MERGE_PATCH),
    ("cbor", ContentFormat::CBOR),
    ("cbor-seq", ContentFormat::CBOR_SEQ),
    ("senml+json", ContentFormat::SENML_JSON),
    ("senml+cbor", ContentFormat::SENML_CBOR),
    ("senml-etch+json", ContentFormat::SENML_ETCH_JSON),
    ("senml-etch+cbor", ContentFormat::SENML_ETCH_CBOR),
    ("tlv", ContentFormat::LWM2M_TLV),
    ("lwm2m+json", ContentFormat::LWM2M_JSON),
    ("lwm2m+cbor", ContentFormat::LWM2M_CBOR),
];

/// A content format by its short name, media type or number.
pub(crate) fn content_format(text: &str) -> Result<ContentFormat, String> {
    if let Ok(number) = text.parse() {
        return Ok(ContentFormat(number));
    }
    let short = FORMATS.iter().find(|row| row.0.eq_ignore_ascii_case(text)).map(|row| row.1);
    short.or_else(|| ContentFormat::from_media_type(text)).ok_or_else(|| {
        "it takes a number, a media type, or a short name such as text, json, cbor, senml+json"
            .to_owned()
    })
}

/// An option of a request: `NAME=VALUE`, `NUMBER=VALUE`, `NAME`. The value is written as the
/// option's format has it, in hexadecimal digits where that is opaque or unknown; `0x...` is
/// hexadecimal digits for every format.
pub(crate) fn option(text: &str) -> Result<(OptionNumber, Vec<u8>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let number = match name.parse() {
        Ok(number) => OptionNumber(number),
        Err(_) => (0..=u16::MAX)
            .map(OptionNumber)
            .find(|n| n.definition().is_some_and(|row| row.name.eq_ignore_ascii_case(name)))
            .ok_or_else(|| format!("{name} is no option by name, and no number of one"))?,
    };
    if matches!(number, OptionNumber::BLOCK1 | OptionNumber::BLOCK2 | OptionNumber::OBSERVE) {
        return Err(format!("{name} is set by the command itself"));
    }
    let definition = number.definition();
    let format = definition.map_or(OptionFormat::Opaque, |row| row.format);
    let value = value.unwrap_or("");
    let bytes = match format {
        _ if value.starts_with("0x") => hex(value.trim_start_matches("0x"))?,
        OptionFormat::Empty if value.is_empty() => Vec::new(),
        OptionFormat::Empty => return Err(format!("{name} has no value")),
        OptionFormat::Uint
            if matches!(number, OptionNumber::ACCEPT | OptionNumber::CONTENT_FORMAT) =>
        {
            uint(content_format(value)?.0.into())
        }
        OptionFormat::Uint => {
            uint(value.parse().map_err(|_| format!("the value of {name} is a number"))?)
        }
        OptionFormat::Text => value.as_bytes().to_vec(),
        OptionFormat::Opaque => hex(value)?,
    };
    if let Some(row) = definition
        && !(usize::from(row.length.0)..=usize::from(row.length.1)).contains(&bytes.len())
    {
        let (least, most) = row.length;
        return Err(format!("the value of {name} is {least} to {most} bytes long"));
    }
    Ok((number, bytes))
}

fn uint(value: u32) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// Bytes as pairs of hexadecimal digits.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, String> {
    from_hex(text).ok_or_else(|| format!("{text} is not pairs of hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_formats_by_name_media_type_and_number() {
        for (text, number) in [
            ("text", 0),
            ("TEXT/plain", 0),
            ("text/plain;charset=utf-8", 0),
            ("json", 50),
            ("application/cbor", 60),
            ("senml+json", 110),
            ("11542", 11542),
            ("65535", 65535),
        ] {
            assert_eq!(content_format(text), Ok(ContentFormat(number)), "{text}");
        }
        for text in ["", "jsn", "65536", "-1"] {
            assert!(content_format(text).is_err(), "{text}");
        }
    }

    #[test]
    fn options_by_name_and_number() {
        for (text, number, value) in [
            ("Uri-Host=a.b", 3, &b"a.b"[..]),
            ("uri-query=x=1", 15, b"x=1"),
            ("ETag=0102", 4, &[1, 2]),
            ("If-None-Match", 5, b""),
            ("If-Match", 1, b""),
            ("Size1=0", 60, b""),
            ("Size1=300", 60, &[1, 44]),
            ("Accept=json", 17, &[50]),
            ("65000=ff00", 65000, &[0xff, 0]),
            ("Uri-Path=0x00ff", 11, &[0, 0xff]),
        ] {
            assert_eq!(option(text), Ok((OptionNumber(number), value.to_vec())), "{text}");
        }
        for text in [
            "",
            "Nothing=1",
            "ETag=1",
            "ETag",
            "Size1=x",
            "If-None-Match=1",
            "Block2=0",
            "Observe=0",
            "99999=1",
        ] {
            assert!(option(text).is_err(), "{text}");
        }
    }
}
