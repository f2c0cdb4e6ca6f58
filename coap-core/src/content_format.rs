//! Content-Formats (RFC 7252 section 12.3 and the registries that later RFCs and OMA added to it).

use core::fmt;

/// A Content-Format number, as in the options Content-Format and Accept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentFormat(pub u16);

macro_rules! formats {
    ($($name:ident = $number:literal, $media:literal;)*) => {
        impl ContentFormat {
            $(#[doc = concat!("`", $media, "` (", stringify!($number), ").")]
            pub const $name: ContentFormat = ContentFormat($number);)*

            /// The media type, `None` for a number that is not in the table.
            #[must_use]
            pub const fn media_type(self) -> Option<&'static str> {
                match self {
                    $(ContentFormat::$name => Some($media),)*
                    _ => None,
                }
            }

            /// The number of a media type, compared without regard to case.
            #[must_use]
            pub fn from_media_type(media_type: &str) -> Option<ContentFormat> {
                $(if media_type.eq_ignore_ascii_case($media) {
                    return Some(ContentFormat::$name);
                })*
                None
            }
        }
    };
}

formats! {
    TEXT = 0, "text/plain;charset=utf-8";
    LINK_FORMAT = 40, "application/link-format";
    XML = 41, "application/xml";
    OCTET_STREAM = 42, "application/octet-stream";
    EXI = 47, "application/exi";
    JSON = 50, "application/json";
    JSON_PATCH = 51, "application/json-patch+json";
    MERGE_PATCH = 52, "application/merge-patch+json";
    CBOR = 60, "application/cbor";
    CBOR_SEQ = 63, "application/cbor-seq";
    SENML_JSON = 110, "application/senml+json";
    SENSML_JSON = 111, "application/sensml+json";
    SENML_CBOR = 112, "application/senml+cbor";
    SENSML_CBOR = 113, "application/sensml+cbor";
    MISSING_BLOCKS = 272, "application/missing-blocks+cbor-seq";
    SENML_XML = 310, "application/senml+xml";
    SENSML_XML = 311, "application/sensml+xml";
    SENML_ETCH_JSON = 320, "application/senml-etch+json";
    SENML_ETCH_CBOR = 322, "application/senml-etch+cbor";
    OSCORE = 10001, "application/oscore";
    LWM2M_TLV = 11542, "application/vnd.oma.lwm2m+tlv";
    LWM2M_JSON = 11543, "application/vnd.oma.lwm2m+json";
    LWM2M_CBOR = 11544, "application/vnd.oma.lwm2m+cbor";
}

impl ContentFormat {
    /// The number that the option Content-Format or Accept holds; `None` if it is longer, which is
    /// as good as none (RFC 7252 section 5.4.3).
    #[must_use]
    pub const fn from_option(value: &[u8]) -> Option<ContentFormat> {
        match *value {
            [a, b] => Some(ContentFormat(u16::from_be_bytes([a, b]))),
            [a] => Some(ContentFormat(a as u16)),
            [] => Some(ContentFormat(0)),
            _ => None,
        }
    }
}

impl fmt::Display for ContentFormat {
    /// The media type where known, else the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.media_type() {
            Some(media_type) => f.write_str(media_type),
            None => write!(f, "{}", self.0),
        }
    }
}
