//! Parameters of primitives: names, when they are present, where the bindings put them.
//!
//! TS-0004 table 8.2.2-1 (names), tables 7.2.1.1-1 and 7.2.1.2-1 (presence), TS-0009 clause 6
//! (HTTP) and TS-0008 clause 6.2.2 (CoAP). The last four rows are of release 4 and 5 and known
//! from peers only.

use crate::enumeration::Operation;

/// Whether a parameter is in a primitive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Presence {
    /// M: it must be there.
    Mandatory,
    /// O: it may be there.
    Optional,
    /// NP: it must not be there.
    NotPresent,
}

/// Where HTTP carries a parameter (TS-0009).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HttpPlace {
    /// The method, for POST together with the presence of `ty`.
    Method,
    /// The path: see [`Address::write_http_path`](crate::address::Address::write_http_path).
    Path,
    /// This header.
    Header(&'static str),
    /// This field of the query.
    Query(&'static str),
    /// Every member is a field of the query by its own name.
    QueryFields,
    /// The type in this field of the query, the notification URIs in this header, joined by `&`.
    QueryAndHeader(&'static str, &'static str),
    /// This parameter of header Content-Type.
    ContentTypeParameter(&'static str),
    /// The status, and exactly in this header.
    StatusAndHeader(&'static str),
    /// The body.
    Body,
    /// TS-0009 version 3.9 has no place for it.
    Unmapped,
}

/// A CoAP option of the binding. All are critical and unsafe to forward, none is repeatable
/// (TS-0008 table 6.2.2.4.0-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CoapOption {
    /// Option number.
    pub number: u16,
    /// Format of the value.
    pub format: CoapFormat,
}

/// Format of an option value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CoapFormat {
    /// UTF-8 text of `min` to `max` bytes.
    Text {
        /// Fewest bytes.
        min: u16,
        /// Most bytes.
        max: u16,
    },
    /// An unsigned number of at most so many bytes.
    Uint {
        /// Most bytes.
        max: u8,
    },
}

/// Where CoAP carries a parameter (TS-0008).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CoapPlace {
    /// The method, as in HTTP; every non-blocking request is a POST with `op` in Uri-Query.
    Method,
    /// Uri-Path: see [`Address::uri_path`](crate::address::Address::uri_path).
    UriPath,
    /// This option.
    Option(CoapOption),
    /// This field of Uri-Query.
    Query(&'static str),
    /// Every member is a field of Uri-Query by its own name.
    QueryFields,
    /// The type in this field of Uri-Query, the notification URIs in this option.
    QueryAndOption(&'static str, CoapOption),
    /// The response code, and exactly in this option.
    CodeAndOption(CoapOption),
    /// The payload.
    Payload,
    /// TS-0008 version 3.9 has no place for it.
    Unmapped,
}

macro_rules! parameters {
    ($($variant:ident $long:literal $short:literal $(or $alias:literal)?,
       $c:ident $r:ident $u:ident $d:ident $n:ident / $response:ident,
       $http:ident $(($($http_name:literal),*))?,
       $coap:ident $(($($coap_args:tt)*))?;)*) => {
        /// A parameter of request or response primitives.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Parameter {
            $(#[doc = concat!($long, " (`", $short, "`).")] $variant,)*
        }

        impl Parameter {
            /// Every parameter, in the order of TS-0004 table 8.2.2-1.
            pub const ALL: &'static [Parameter] = &[$(Parameter::$variant,)*];

            /// The long name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Parameter::$variant => $long,)* }
            }

            /// The short name, the member name in a serialised primitive.
            #[must_use]
            pub const fn short_name(self) -> &'static str {
                match self { $(Parameter::$variant => $short,)* }
            }

            /// Another short name that is in use for it and accepted on reading.
            #[must_use]
            pub const fn alias(self) -> Option<&'static str> {
                match self {
                    $($(Parameter::$variant => Some($alias),)?)*
                    _ => None,
                }
            }

            /// Presence in a request of `operation` (TS-0004 table 7.2.1.1-1). Two finer rules are
            /// not in the table: From may be missing only when an AE is created, and a request
            /// without Release Version Indicator is of release 1.
            #[must_use]
            pub const fn in_request(self, operation: Operation) -> Presence {
                let [c, r, u, d, n] = match self {
                    $(Parameter::$variant => [
                        parameters!(@presence $c), parameters!(@presence $r),
                        parameters!(@presence $u), parameters!(@presence $d),
                        parameters!(@presence $n),
                    ],)*
                };
                match operation {
                    Operation::Create => c,
                    Operation::Retrieve => r,
                    Operation::Update => u,
                    Operation::Delete => d,
                    Operation::Notify => n,
                }
            }

            /// Presence in a response, whatever it answers (TS-0004 table 7.2.1.2-1).
            #[must_use]
            pub const fn in_response(self) -> Presence {
                match self { $(Parameter::$variant => parameters!(@presence $response),)* }
            }

            /// Where HTTP carries it.
            #[must_use]
            pub const fn http(self) -> HttpPlace {
                match self { $(Parameter::$variant => HttpPlace::$http $(($($http_name),*))?,)* }
            }

            /// Where CoAP carries it.
            #[must_use]
            pub const fn coap(self) -> CoapPlace {
                match self {
                    $(Parameter::$variant => parameters!(
                        @coap $coap $(($($coap_args)*))?
                    ),)*
                }
            }
        }
    };
    (@presence M) => { Presence::Mandatory };
    (@presence O) => { Presence::Optional };
    (@presence N) => { Presence::NotPresent };
    (@option $number:literal text $max:literal) => {
        CoapOption { number: $number, format: CoapFormat::Text { min: 0, max: $max } }
    };
    (@option $number:literal exact $max:literal) => {
        CoapOption { number: $number, format: CoapFormat::Text { min: $max, max: $max } }
    };
    (@option $number:literal filled $max:literal) => {
        CoapOption { number: $number, format: CoapFormat::Text { min: 1, max: $max } }
    };
    (@option $number:literal uint $max:literal) => {
        CoapOption { number: $number, format: CoapFormat::Uint { max: $max } }
    };
    (@coap $place:ident) => { CoapPlace::$place };
    (@coap Query($field:literal)) => { CoapPlace::Query($field) };
    (@coap QueryAndOption($field:literal $number:literal $format:ident $size:literal)) => {
        CoapPlace::QueryAndOption($field, parameters!(@option $number $format $size))
    };
    (@coap $place:ident($number:literal $format:ident $size:literal)) => {
        CoapPlace::$place(parameters!(@option $number $format $size))
    };
}

// Presence: CREATE RETRIEVE UPDATE DELETE NOTIFY / response; N is "not present". CoAP options:
// number, format, bytes ("exact" and "filled" are text of that length, and of 1 to that length).
parameters! {
    Operation "Operation" "op", M M M M M / N, Method, Method;
    To "To" "to", M M M M M / O, Path, UriPath;
    From "From" "fr", O M M M M / O, Header("X-M2M-Origin"), Option(279 text 255);
    RequestIdentifier "Request Identifier" "rqi", M M M M M / M,
        Header("X-M2M-RI"), Option(283 text 255);
    ResourceType "Resource Type" "ty", M N N N N / N,
        ContentTypeParameter("ty"), Option(267 uint 2);
    Content "Content" "pc", M O M N M / O, Body, Payload;
    RoleIds "Role IDs" "rids", O O O O O / N, Query("rids"), Query("rids");
    OriginatingTimestamp "Originating Timestamp" "ot", O O O O O / O,
        Header("X-M2M-OT"), Option(259 exact 15);
    RequestExpirationTimestamp "Request Expiration Timestamp" "rqet", O O O O O / N,
        Header("X-M2M-RET"), Option(291 exact 15);
    ResultExpirationTimestamp "Result Expiration Timestamp" "rset", O O O O O / O,
        Header("X-M2M-RST"), Option(295 exact 15);
    OperationExecutionTime "Operation Execution Time" "oet", O O O O O / N,
        Header("X-M2M-OET"), Option(299 exact 15);
    ResponseType "Response Type" "rt", O O O O O / N,
        QueryAndHeader("rt", "X-M2M-RTU"), QueryAndOption("rt" 263 text 255);
    ResultPersistence "Result Persistence" "rp", O O O O N / N, Query("rp"), Query("rp");
    ResultContent "Result Content" "rcn", O O O O N / N, Query("rcn"), Query("rcn");
    EventCategory "Event Category" "ec", O O O O O / O, Header("X-M2M-EC"), Option(303 uint 1);
    DeliveryAggregation "Delivery Aggregation" "da", O O O O O / N, Query("da"), Query("da");
    GroupRequestIdentifier "Group Request Identifier" "gid", O O O O O / N,
        Header("X-M2M-GID"), Option(311 text 255);
    FilterCriteria "Filter Criteria" "fc", N O O O N / N, QueryFields, QueryFields;
    DesiredIdentifierResultType "Desired Identifier Result Type" "drt", N O N N N / N,
        Query("drt"), Query("drt");
    ResponseStatusCode "Response Status Code" "rsc", N N N N N / M,
        StatusAndHeader("X-M2M-RSC"), CodeAndOption(307 uint 2);
    Tokens "Tokens" "tkns", O O O O O / N, Header("Authorization"), Query("tkns");
    TokenIds "Token IDs" "tids", O O O O O / N, Query("tids"), Query("tids");
    TokenRequestIndicator "Token Request Indicator" "tqi", O O O O O / N,
        Query("tqi"), Query("tqi");
    LocalTokenIds "Local Token IDs" "ltids", O O O O O / N, Query("ltids"), Query("ltids");
    GroupRequestTargetMembers "Group Request Target Members" "grtm" or "gtm", O O O O N / N,
        Unmapped, Option(335 text 512);
    AssignedTokenIdentifiers "Assigned Token Identifiers" "ati", N N N N N / O,
        Header("X-M2M-ATI"), Option(327 text 255);
    TokenRequestInformation "Token Request Information" "tqf", N N N N N / O, Body, Payload;
    ContentStatus "Content Status" "cnst", N N N N N / O,
        Header("X-M2M-CTS"), Option(323 uint 2);
    ContentOffset "Content Offset" "cnot", N N N N N / O,
        Header("X-M2M-CTO"), Option(319 uint 2);
    AuthorizationSignatureIndicator "Authorization Signature Indicator" "asi", O O O O N / N,
        Query("asi"), Query("asi");
    AuthorizationSignatureRequestInformation "Authorization Signature Request Information" "asri",
        N N N N N / O, Header("X-M2M-ASRI"), Option(275 text 255);
    AuthorizationSignatures "Authorization Signatures" "aus", O O O O N / N,
        Header("X-M2M-AS"), Option(339 text 255);
    AuthorizationRelationshipIndicator "Authorization Relationship Indicator" "auri",
        O O O O N / N, Query("auri"), Query("auri");
    SemanticQueryIndicator "Semantic Query Indicator" "sqi", N O N N N / N,
        Query("sqi"), Query("sqi");
    ReleaseVersionIndicator "Release Version Indicator" "rvi", M M M M M / M,
        Header("X-M2M-RVI"), Option(271 filled 2);
    VendorInformation "Vendor Information" "vsi", O O O O O / O,
        Header("X-M2M-VSI"), Option(331 text 255);
    OntologyMappingResources "Ontology Mapping Resources" "omr", O O O O O / N,
        Unmapped, Option(343 text 255);
    PrimitiveProfileIdentifier "Primitive Profile Identifier" "prpi", O O O O O / N,
        Unmapped, Option(347 text 255);
    M2mServiceUser "M2M Service User" "msu", O O O O O / O, Unmapped, Option(351 text 255);
    GroupSomecastTargetNumber "Group Somecast Target Number" "gstn", O O O O O / N,
        Unmapped, Unmapped;
}

impl Parameter {
    /// The parameter of that short name or alias.
    #[must_use]
    pub fn from_short_name(short: &str) -> Option<Parameter> {
        let named = |p: &Parameter| p.short_name() == short || p.alias() == Some(short);
        Parameter::ALL.iter().copied().find(named)
    }

    /// The parameter that an HTTP header carries; header names do not tell case.
    #[must_use]
    pub fn from_http_header(header: &str) -> Option<Parameter> {
        Parameter::ALL.iter().copied().find(|p| match p.http() {
            HttpPlace::Header(name)
            | HttpPlace::StatusAndHeader(name)
            | HttpPlace::QueryAndHeader(_, name) => name.eq_ignore_ascii_case(header),
            _ => false,
        })
    }

    /// The parameter that a CoAP option carries. The numbers of before TS-0008 version 3.7
    /// (256 From, 257 Request Identifier, ...) are not looked up.
    #[must_use]
    pub fn from_coap_option(number: u16) -> Option<Parameter> {
        Parameter::ALL.iter().copied().find(|p| p.coap_option().is_some_and(|o| o.number == number))
    }

    /// The CoAP option of this parameter, if it has one.
    #[must_use]
    pub const fn coap_option(self) -> Option<CoapOption> {
        match self.coap() {
            CoapPlace::Option(option)
            | CoapPlace::CodeAndOption(option)
            | CoapPlace::QueryAndOption(_, option) => Some(option),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0008_6_2_2_4_option_numbers_are_critical_unsafe_and_unique() {
        let mut seen = std::vec::Vec::new();
        for parameter in Parameter::ALL {
            if let Some(option) = parameter.coap_option() {
                assert_eq!(option.number & 3, 3, "{parameter:?}: odd, and bit 1 set");
                assert_eq!(Parameter::from_coap_option(option.number), Some(*parameter));
                seen.push(option.number);
            }
        }
        seen.sort_unstable();
        let old = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), old);
        assert_eq!(old, 22, "19 of table 6.2.2.4.0-1 and 3 of later releases");
        assert_eq!(Parameter::from_coap_option(256), None);
    }

    #[test]
    fn ts_0004_8_2_2_short_names() {
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::from_short_name(parameter.short_name()), Some(*parameter));
        }
        let members = Some(Parameter::GroupRequestTargetMembers);
        assert_eq!(Parameter::from_short_name("gtm"), members);
        assert_eq!(Parameter::from_short_name("grtm"), members);
        assert_eq!(Parameter::from_short_name("OP"), None);
    }

    #[test]
    fn ts_0004_7_2_1_1_presence_in_requests() {
        use Operation::*;
        let row = |p: Parameter| {
            Operation::ALL
                .iter()
                .map(|o| match p.in_request(*o) {
                    Presence::Mandatory => 'M',
                    Presence::Optional => 'O',
                    Presence::NotPresent => 'N',
                })
                .collect::<std::string::String>()
        };
        assert_eq!(row(Parameter::Content), "MOMNM");
        assert_eq!(row(Parameter::ResourceType), "MNNNN");
        assert_eq!(row(Parameter::FilterCriteria), "NOOON");
        assert_eq!(row(Parameter::ResponseStatusCode), "NNNNN");
        assert_eq!(Parameter::From.in_request(Create), Presence::Optional);
        assert_eq!(Parameter::From.in_request(Notify), Presence::Mandatory);
    }

    #[test]
    fn ts_0009_6_headers() {
        assert_eq!(Parameter::from_http_header("x-m2m-ri"), Some(Parameter::RequestIdentifier));
        assert_eq!(Parameter::from_http_header("X-M2M-RTU"), Some(Parameter::ResponseType));
        assert_eq!(Parameter::from_http_header("X-M2M-RSC"), Some(Parameter::ResponseStatusCode));
        assert_eq!(Parameter::from_http_header("X-M2M-NM"), None);
        for parameter in Parameter::ALL {
            if let HttpPlace::Header(name) = parameter.http() {
                assert_eq!(Parameter::from_http_header(name), Some(*parameter));
            }
            if let HttpPlace::Query(field) = parameter.http() {
                assert_eq!(field, parameter.short_name());
            }
        }
    }
}
