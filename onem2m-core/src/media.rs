//! Serialisations and media types (TS-0009 clause 6.4.3, TS-0008 table 6.2.2.2-1, TS-0010,
//! TS-0020).

use crate::ResourceType;

/// How a primitive or its content is serialised (m2m:serializations).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Serialization {
    /// XML (TS-0004 clause 8.3).
    Xml,
    /// JSON (TS-0004 clause 8.4).
    Json,
    /// CBOR (TS-0004 clause 8.5).
    Cbor,
}

impl Serialization {
    /// All of them.
    pub const ALL: [Serialization; 3] =
        [Serialization::Xml, Serialization::Json, Serialization::Cbor];

    /// The name in `csz` and in MQTT topics: "xml", "json", "cbor".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Serialization::Xml => "xml",
            Serialization::Json => "json",
            Serialization::Cbor => "cbor",
        }
    }

    /// The serialisation of that name; case counts.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Serialization> {
        Serialization::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The WebSocket sub-protocol (TS-0020), such as "oneM2M.json".
    #[must_use]
    pub const fn websocket_protocol(self) -> &'static str {
        match self {
            Serialization::Xml => "oneM2M.xml",
            Serialization::Json => "oneM2M.json",
            Serialization::Cbor => "oneM2M.cbor",
        }
    }
}

/// What the body of a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BodyKind {
    /// Not said: application/json and the like.
    Plain,
    /// A resource (vnd.onem2m-res).
    Resource,
    /// A notification (vnd.onem2m-ntfy).
    Notification,
    /// A request primitive (vnd.onem2m-preq).
    RequestPrimitive,
    /// A response primitive (vnd.onem2m-prsp).
    ResponsePrimitive,
}

/// A media type of the bindings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MediaType {
    /// What the body is.
    pub kind: BodyKind,
    /// How it is serialised.
    pub serialization: Serialization,
}

/// A Content-Type header that is none of the bindings' media types.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ContentTypeError {
    /// The media type is not one of oneM2M's.
    #[error("not a oneM2M media type")]
    MediaType,
    /// The parameter `ty` is not a decimal number below 2^32, or occurs twice.
    #[error("not a resource type")]
    ResourceType,
}

macro_rules! media_types {
    ($($kind:ident $serialization:ident $number:literal $text:literal;)*) => {
        impl MediaType {
            /// All of them.
            pub const ALL: [MediaType; 15] = [$(MediaType {
                kind: BodyKind::$kind,
                serialization: Serialization::$serialization,
            },)*];

            /// The media type as HTTP writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match (self.kind, self.serialization) {
                    $((BodyKind::$kind, Serialization::$serialization) => $text,)*
                }
            }

            /// The CoAP Content-Format number.
            #[must_use]
            pub const fn content_format(self) -> u16 {
                match (self.kind, self.serialization) {
                    $((BodyKind::$kind, Serialization::$serialization) => $number,)*
                }
            }
        }
    };
}

media_types! {
    Plain Xml 41 "application/xml";
    Plain Json 50 "application/json";
    Plain Cbor 60 "application/cbor";
    Resource Xml 10014 "application/vnd.onem2m-res+xml";
    Resource Json 10001 "application/vnd.onem2m-res+json";
    Resource Cbor 10010 "application/vnd.onem2m-res+cbor";
    Notification Xml 10002 "application/vnd.onem2m-ntfy+xml";
    Notification Json 10003 "application/vnd.onem2m-ntfy+json";
    Notification Cbor 10011 "application/vnd.onem2m-ntfy+cbor";
    RequestPrimitive Xml 10006 "application/vnd.onem2m-preq+xml";
    RequestPrimitive Json 10007 "application/vnd.onem2m-preq+json";
    RequestPrimitive Cbor 10012 "application/vnd.onem2m-preq+cbor";
    ResponsePrimitive Xml 10008 "application/vnd.onem2m-prsp+xml";
    ResponsePrimitive Json 10009 "application/vnd.onem2m-prsp+json";
    ResponsePrimitive Cbor 10013 "application/vnd.onem2m-prsp+cbor";
}

impl MediaType {
    /// The media type of a CoAP Content-Format number.
    #[must_use]
    pub fn from_content_format(number: u16) -> Option<MediaType> {
        MediaType::ALL.into_iter().find(|m| m.content_format() == number)
    }

    /// The media type of that name, without parameters. Media types do not tell case
    /// (RFC 9110 section 8.3.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<MediaType> {
        MediaType::ALL.into_iter().find(|m| m.name().eq_ignore_ascii_case(name))
    }

    /// Reads an HTTP Content-Type with the parameter `ty` that makes a POST a CREATE
    /// (TS-0009 clause 6.4.3): `application/json;ty=4`. Other parameters, such as charset, are
    /// passed over.
    ///
    /// # Errors
    /// [`ContentTypeError`]
    pub fn parse_content_type(
        header: &str,
    ) -> Result<(MediaType, Option<ResourceType>), ContentTypeError> {
        let mut parts = header.split(';').map(|part| part.trim_matches([' ', '\t']));
        let media =
            parts.next().and_then(MediaType::from_name).ok_or(ContentTypeError::MediaType)?;
        let mut ty = None;
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            if !name.eq_ignore_ascii_case("ty") {
                continue;
            }
            let digits = value.bytes().all(|b| b.is_ascii_digit());
            let number = value.parse().ok().filter(|_| digits && ty.is_none());
            ty = Some(ResourceType::from_number(number.ok_or(ContentTypeError::ResourceType)?));
        }
        Ok((media, ty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ts_0008_6_2_2_2_content_formats() {
        assert_eq!(MediaType::from_content_format(50).unwrap().name(), "application/json");
        let prsp = MediaType::from_content_format(10009).unwrap();
        assert_eq!(prsp.name(), "application/vnd.onem2m-prsp+json");
        assert_eq!(MediaType::from_content_format(10004), None);
        for media in MediaType::ALL {
            assert_eq!(MediaType::from_content_format(media.content_format()), Some(media));
            assert_eq!(MediaType::from_name(media.name()), Some(media));
            assert!(media.name().ends_with(media.serialization.name()));
        }
    }

    #[test]
    fn ts_0009_6_4_3_content_type_with_resource_type() {
        let json = MediaType { kind: BodyKind::Plain, serialization: Serialization::Json };
        let rows = [
            ("application/json;ty=4", Ok((json, Some(ResourceType::ContentInstance)))),
            ("Application/JSON ; charset=utf-8; TY=2", Ok((json, Some(ResourceType::Ae)))),
            ("application/json", Ok((json, None))),
            ("application/json;", Ok((json, None))),
            ("application/json;ty=", Err(ContentTypeError::ResourceType)),
            ("application/json;ty=+4", Err(ContentTypeError::ResourceType)),
            ("application/json;ty=4294967296", Err(ContentTypeError::ResourceType)),
            ("application/json;ty=4;ty=4", Err(ContentTypeError::ResourceType)),
            ("text/plain;ty=4", Err(ContentTypeError::MediaType)),
            ("", Err(ContentTypeError::MediaType)),
        ];
        for (header, expected) in rows {
            assert_eq!(MediaType::parse_content_type(header), expected, "{header:?}");
        }
    }

    #[test]
    fn ts_0020_sub_protocols() {
        for s in Serialization::ALL {
            assert_eq!(s.websocket_protocol().strip_prefix("oneM2M."), Some(s.name()));
            assert_eq!(Serialization::from_name(s.name()), Some(s));
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(header in "(application/json)?[;=ty0-9 \\PC]{0,20}") {
            if let Ok((media, _)) = MediaType::parse_content_type(&header) {
                prop_assert!(MediaType::ALL.contains(&media));
            }
        }
    }
}
