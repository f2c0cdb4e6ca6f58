//! The media types of SenML and their numbers in CoAP.

#[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
use crate::Format;

/// What a document of a media type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DocumentKind {
    /// A pack, which has an end (SenML).
    Pack,
    /// A stream, whose records come one after the other (SensML).
    Stream,
    /// A fetch or patch pack (RFC 8790).
    Etch,
}

/// How a document of a media type is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// JSON.
    Json,
    /// CBOR.
    Cbor,
    /// XML.
    Xml,
    /// Efficient XML Interchange; known by name only.
    Exi,
}

/// A registered media type (RFC 8428 sections 12.3 and 12.4, RFC 8790 section 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MediaType {
    /// `application/…`
    pub name: &'static str,
    /// The number of the CoAP content format.
    pub content_format: u16,
    /// The registered extension of file names, without a dot.
    pub extension: &'static str,
    /// What it is.
    pub kind: DocumentKind,
    /// How it is written.
    pub encoding: Encoding,
}

macro_rules! media_types {
    ($($name:literal $number:literal $extension:literal $kind:ident $encoding:ident;)*) => {
        /// All media types of SenML, by their numbers.
        pub const MEDIA_TYPES: &[MediaType] = &[$(MediaType {
            name: concat!("application/", $name),
            content_format: $number,
            extension: $extension,
            kind: DocumentKind::$kind,
            encoding: Encoding::$encoding,
        }),*];
    };
}

media_types! {
    "senml+json"      110 "senml"       Pack   Json;
    "sensml+json"     111 "sensml"      Stream Json;
    "senml+cbor"      112 "senmlc"      Pack   Cbor;
    "sensml+cbor"     113 "sensmlc"     Stream Cbor;
    "senml-exi"       114 "senmle"      Pack   Exi;
    "sensml-exi"      115 "sensmle"     Stream Exi;
    "senml+xml"       310 "senmlx"      Pack   Xml;
    "sensml+xml"      311 "sensmlx"     Stream Xml;
    "senml-etch+json" 320 "senml-etchj" Etch   Json;
    "senml-etch+cbor" 322 "senml-etchc" Etch   Cbor;
}

impl MediaType {
    /// The media type with this CoAP content format.
    #[must_use]
    pub fn from_content_format(number: u16) -> Option<&'static MediaType> {
        MEDIA_TYPES.iter().find(|row| row.content_format == number)
    }

    /// The media type of this name, in any case and with any parameters behind a semicolon.
    #[must_use]
    pub fn from_name(name: &str) -> Option<&'static MediaType> {
        let name = name.split(';').next().unwrap_or(name).trim();
        MEDIA_TYPES.iter().find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// The media type whose files have this extension (without its dot), in any case.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<&'static MediaType> {
        MEDIA_TYPES.iter().find(|row| row.extension.eq_ignore_ascii_case(extension))
    }

    /// The media type of such a document; there is none for fetch and patch packs in XML and EXI.
    #[must_use]
    pub fn of(kind: DocumentKind, encoding: Encoding) -> Option<&'static MediaType> {
        MEDIA_TYPES.iter().find(|row| row.kind == kind && row.encoding == encoding)
    }

    /// The format that reads and writes it, if this build has it.
    #[cfg(any(feature = "json", feature = "cbor", feature = "xml"))]
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        match self.encoding {
            #[cfg(feature = "json")]
            Encoding::Json => Some(Format::Json),
            #[cfg(feature = "cbor")]
            Encoding::Cbor => Some(Format::Cbor),
            #[cfg(feature = "xml")]
            Encoding::Xml => Some(Format::Xml),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8428_section_12_4_and_rfc8790_section_6_1_numbers() {
        let numbers = [
            ("application/senml+json", 110),
            ("application/sensml+json", 111),
            ("application/senml+cbor", 112),
            ("application/sensml+cbor", 113),
            ("application/senml-exi", 114),
            ("application/sensml-exi", 115),
            ("application/senml+xml", 310),
            ("application/sensml+xml", 311),
            ("application/senml-etch+json", 320),
            ("application/senml-etch+cbor", 322),
        ];
        assert_eq!(MEDIA_TYPES.len(), numbers.len());
        for (name, number) in numbers {
            let by_name = MediaType::from_name(name).unwrap();
            assert_eq!(by_name.content_format, number);
            assert_eq!(MediaType::from_content_format(number), Some(by_name));
            assert_eq!(MediaType::from_extension(by_name.extension), Some(by_name));
            assert_eq!(MediaType::of(by_name.kind, by_name.encoding), Some(by_name));
        }
    }

    #[test]
    fn names_come_in_any_case_and_with_parameters() {
        let row = MediaType::from_name("Application/SenML+JSON; charset=utf-8");
        assert_eq!(row.and_then(MediaType::format), Some(Format::Json));
        assert_eq!(MediaType::from_name("application/json"), None);
        assert_eq!(MediaType::from_content_format(50), None);
        assert_eq!(MediaType::of(DocumentKind::Etch, Encoding::Xml), None);
        assert_eq!(
            MediaType::from_extension("SENMLC").and_then(MediaType::format),
            Some(Format::Cbor)
        );
    }
}
