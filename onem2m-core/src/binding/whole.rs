//! Primitives that travel as a whole, as over MQTT and WebSocket.

use super::error::{BindingError, BindingErrorKind, Unrepresentable};
use crate::media::Serialization;
use crate::primitive::{Request, Response, serial};
use alloc::boxed::Box;
use alloc::vec::Vec;
use m2m_base::UnixTime;
use serde::Serialize;
use serde_json::Value;

/// A request or a response: both ends of a connection may send either.
#[derive(Clone, PartialEq, Debug)]
pub enum Primitive {
    /// A request.
    Request(Box<Request>),
    /// A response.
    Response(Box<Response>),
}

/// Reads a primitive, wrapped into its root element or not. One without is a response if it has a
/// Response Status Code, which no request may have.
///
/// # Errors
/// [`BindingError`], with the request identifier if that was readable.
pub fn read_primitive(
    bytes: &[u8],
    serialization: Serialization,
) -> Result<Primitive, BindingError> {
    if !serial::has(serialization) {
        return Err(BindingError::new(BindingErrorKind::MediaType, serialization.name()));
    }
    let tree = serial::read(bytes, serialization)?;
    if is_response(&tree) {
        Ok(Primitive::Response(Box::new(Response::from_value(tree)?)))
    } else {
        Ok(Primitive::Request(Box::new(Request::from_value(tree)?)))
    }
}

fn is_response(tree: &Value) -> bool {
    tree.get("m2m:rsp").is_some() || (tree.get("rsc").is_some() && tree.get("op").is_none())
}

/// Checks that a request, read at `now`, has not expired: a broker may have kept it for long
/// (TS-0010 clause 7). A relative time counts from the receipt.
///
/// # Errors
/// [`BindingErrorKind::Expired`] about `rqet`, with the request identifier.
pub fn check_expiry(request: &Request, now: UnixTime) -> Result<(), BindingError> {
    let until = request.request_expiration_timestamp.and_then(|t| t.resolve(now));
    if until.is_none_or(|until| until > now) {
        return Ok(());
    }
    let error = BindingError::new(BindingErrorKind::Expired, "rqet");
    Err(error.about(Some(&request.request_identifier)))
}

/// Writes a request with its parameters at the top; in XML, in its root element.
///
/// # Errors
/// [`Unrepresentable`] if this build has no such serialisation.
pub fn write_request(
    request: &Request,
    serialization: Serialization,
) -> Result<Vec<u8>, Unrepresentable> {
    write(request, "m2m:rqp", serialization)
}

/// Writes a response with its parameters at the top; in XML, in its root element.
///
/// # Errors
/// [`Unrepresentable`] if this build has no such serialisation.
pub fn write_response(
    response: &Response,
    serialization: Serialization,
) -> Result<Vec<u8>, Unrepresentable> {
    write(response, "m2m:rsp", serialization)
}

fn write(
    primitive: &impl Serialize,
    root: &str,
    serialization: Serialization,
) -> Result<Vec<u8>, Unrepresentable> {
    let written = match serialization {
        Serialization::Json => serde_json::to_vec(primitive).ok(),
        Serialization::Xml => {
            // XML has a root element in any case.
            let tree = serde_json::to_value(primitive).ok();
            tree.and_then(|tree| serial::write(&serde_json::json!({ root: tree }), serialization))
        }
        Serialization::Cbor => {
            let tree = serde_json::to_value(primitive).ok();
            tree.and_then(|tree| serial::write(&tree, serialization))
        }
    };
    written.ok_or_else(|| Unrepresentable::new(serialization.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitive::strategy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_kinds_come_back(request in strategy::request(), response in strategy::response()) {
            for serialization in Serialization::ALL.into_iter().filter(|s| serial::has(*s)) {
                let bytes = write_request(&request, serialization).unwrap();
                let found = read_primitive(&bytes, serialization).unwrap();
                prop_assert_eq!(found, Primitive::Request(Box::new(request.clone())));
                let bytes = write_response(&response, serialization).unwrap();
                let found = read_primitive(&bytes, serialization).unwrap();
                prop_assert_eq!(found, Primitive::Response(Box::new(response.clone())));
                for end in 0..bytes.len() {
                    prop_assert!(read_primitive(&bytes[..end], serialization).is_err());
                }
            }
        }
    }

    fn missing() -> BindingErrorKind {
        BindingErrorKind::Primitive(crate::primitive::PrimitiveErrorKind::Missing)
    }

    #[test]
    fn ts_0010_7_expired_requests_are_told() {
        let now = UnixTime::from_secs(1_600_000_000); // 2020-09-13, 12:26:40
        let rows = [
            (None, true),
            (Some("20200913T122641"), true),
            (Some("20200913T122640"), false),
            (Some("20200913T122639,5"), false),
            (Some("1"), true),
            (Some("0"), false),
            (Some("-1000"), false),
            (Some("PT1S"), true),
        ];
        for (text, good) in rows {
            let mut request = Request::new(crate::Operation::Delete, "b".into(), "r1".into());
            request.request_expiration_timestamp =
                text.map(|t| crate::time::AbsRelTimestamp::parse(t).unwrap());
            let result = check_expiry(&request, now);
            assert_eq!(result.is_ok(), good, "{text:?}");
            if let Err(e) = result {
                assert_eq!(e.status(), crate::ResponseStatusCode::RequestTimeout);
                assert_eq!(e.request_identifier.as_deref(), Some("r1"));
            }
        }
    }

    #[test]
    fn wrapped_or_not_and_neither() {
        let json = |text: &str| read_primitive(text.as_bytes(), Serialization::Json);
        for text in [
            r#"{"op":2,"to":"cse-in","fr":"CAdmin","rqi":"1","rvi":"3"}"#,
            r#"{"m2m:rqp":{"op":2,"to":"cse-in","fr":"CAdmin","rqi":"1","rvi":"3"}}"#,
        ] {
            assert!(matches!(json(text), Ok(Primitive::Request(r)) if r.to == "cse-in"), "{text}");
        }
        for text in [r#"{"rsc":2000,"rqi":"1"}"#, r#"{"m2m:rsp":{"rsc":2000,"rqi":"1"}}"#] {
            assert!(matches!(json(text), Ok(Primitive::Response(_))), "{text}");
        }
        let error = json(r#"{"rsc":2000,"op":2,"to":"x","fr":"C","rqi":"9"}"#).unwrap_err();
        assert_eq!(error.request_identifier.as_deref(), Some("9"));
        for text in ["", "[]", "{}", "7", r#"{"m2m:rsp":{}}"#, r#"{"rqi":"1"}"#] {
            assert!(json(text).is_err(), "{text}");
        }
        let xml = read_primitive(b"<m2m:rqp/>", Serialization::Xml).unwrap_err();
        if serial::has(Serialization::Xml) {
            assert_eq!((xml.kind, xml.member.as_str()), (missing(), "op"));
        } else {
            assert_eq!(xml.kind, BindingErrorKind::MediaType);
        }
    }
}
