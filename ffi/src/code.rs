//! Numbers of CoAP's registries that several handles share: response codes, content formats.

/// Response codes of CoAP: class in the upper 3 bits, detail in the lower 5.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum m2m_coap_code {
    /// 2.01 Created
    M2M_COAP_CREATED = 0x41,
    /// 2.02 Deleted
    M2M_COAP_DELETED = 0x42,
    /// 2.03 Valid
    M2M_COAP_VALID = 0x43,
    /// 2.04 Changed: done.
    M2M_COAP_CHANGED = 0x44,
    /// 2.05 Content
    M2M_COAP_CONTENT = 0x45,
    /// 2.31 Continue
    M2M_COAP_CONTINUE = 0x5F,
    /// 4.00 Bad Request: the arguments are wrong.
    M2M_COAP_BAD_REQUEST = 0x80,
    /// 4.01 Unauthorized
    M2M_COAP_UNAUTHORIZED = 0x81,
    /// 4.02 Bad Option
    M2M_COAP_BAD_OPTION = 0x82,
    /// 4.03 Forbidden
    M2M_COAP_FORBIDDEN = 0x83,
    /// 4.04 Not Found
    M2M_COAP_NOT_FOUND = 0x84,
    /// 4.05 Method Not Allowed
    M2M_COAP_METHOD_NOT_ALLOWED = 0x85,
    /// 4.06 Not Acceptable
    M2M_COAP_NOT_ACCEPTABLE = 0x86,
    /// 4.08 Request Entity Incomplete
    M2M_COAP_REQUEST_ENTITY_INCOMPLETE = 0x88,
    /// 4.09 Conflict
    M2M_COAP_CONFLICT = 0x89,
    /// 4.12 Precondition Failed
    M2M_COAP_PRECONDITION_FAILED = 0x8C,
    /// 4.13 Request Entity Too Large
    M2M_COAP_REQUEST_ENTITY_TOO_LARGE = 0x8D,
    /// 4.15 Unsupported Content-Format
    M2M_COAP_UNSUPPORTED_CONTENT_FORMAT = 0x8F,
    /// 4.29 Too Many Requests
    M2M_COAP_TOO_MANY_REQUESTS = 0x9D,
    /// 5.00 Internal Server Error: it was tried and failed.
    M2M_COAP_INTERNAL_SERVER_ERROR = 0xA0,
    /// 5.01 Not Implemented
    M2M_COAP_NOT_IMPLEMENTED = 0xA1,
    /// 5.02 Bad Gateway
    M2M_COAP_BAD_GATEWAY = 0xA2,
    /// 5.03 Service Unavailable: not now.
    M2M_COAP_SERVICE_UNAVAILABLE = 0xA3,
    /// 5.04 Gateway Timeout
    M2M_COAP_GATEWAY_TIMEOUT = 0xA4,
}

/// Content formats of LwM2M, as CoAP numbers them; any other number will do where a payload is passed as it
/// is.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum m2m_lwm2m_format {
    /// text/plain: one value.
    M2M_LWM2M_TEXT = 0,
    /// application/link-format: what a Discover is answered with.
    M2M_LWM2M_LINKS = 40,
    /// application/octet-stream: one opaque value.
    M2M_LWM2M_OCTETS = 42,
    /// application/cbor: one value.
    M2M_LWM2M_ONE_CBOR = 60,
    /// SenML JSON.
    M2M_LWM2M_SENML_JSON = 110,
    /// SenML CBOR.
    M2M_LWM2M_SENML_CBOR = 112,
    /// SenML JSON for a Write-Composite that also removes (RFC 8790).
    M2M_LWM2M_SENML_ETCH_JSON = 320,
    /// SenML CBOR for a Write-Composite that also removes (RFC 8790).
    M2M_LWM2M_SENML_ETCH_CBOR = 322,
    /// TLV.
    M2M_LWM2M_TLV = 11542,
    /// The JSON of LwM2M 1.0.
    M2M_LWM2M_OLD_JSON = 11543,
    /// LwM2M CBOR, of LwM2M 1.2. It has no times.
    M2M_LWM2M_CBOR = 11544,
}
