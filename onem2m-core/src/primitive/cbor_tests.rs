use super::cbor::{parse, write};
use super::strategy::{request, response, value};
use super::*;
use PrimitiveErrorKind::{Duplicate, Syntax};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::vec::Vec;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn ts_0004_8_5_a_request_in_cbor() {
    let request = Request {
        from: Some("Cae1".into()),
        ..Request::new(crate::Operation::Retrieve, "base".into(), "1".into())
    };
    // {"op": 2, "to": "base", "fr": "Cae1", "rqi": "1"}, members in the order of a tree.
    let bytes = request.to_cbor();
    let expected: Value = serde_json::from_slice(&request.to_json()).unwrap();
    assert_eq!(parse(&bytes), Ok(expected));
    assert_eq!(bytes.len(), 1 + 3 + 1 + 3 + 5 + 3 + 5 + 4 + 2);
    assert_eq!(Request::from_cbor(&bytes), Ok(request.clone()));
    let mut wrapped = hex("a1 67 6d 32 6d 3a 72 71 70");
    wrapped.extend(&bytes);
    assert_eq!(Request::from_cbor(&wrapped), Ok(request));
}

#[test]
fn rfc_8949_encodings_of_the_same_value() {
    let rows = [
        ("00", json!(0)),
        ("18 00", json!(0)),
        ("1b ffffffffffffffff", json!(u64::MAX)),
        ("3b 7fffffffffffffff", json!(i64::MIN)),
        ("3b ffffffffffffffff", json!(-18_446_744_073_709_551_616.0)),
        ("f9 3e00", json!(1.5)),
        ("fa 3fc00000", json!(1.5)),
        ("fb 3ff8000000000000", json!(1.5)),
        ("f9 3c00", json!(1.0)),
        ("f4", json!(false)),
        ("f6", json!(null)),
        ("63 e282ac", json!("€")),
        ("7f 61 61 62 6263 ff", json!("abc")),
        ("7f ff", json!("")),
        ("9f 01 9f ff 80 ff", json!([1, [], []])),
        ("bf 61 61 01 7f 61 62 ff 02 ff", json!({"a": 1, "b": 2})),
    ];
    for (bytes, value) in rows {
        assert_eq!(parse(&hex(bytes)).as_ref(), Ok(&value), "{bytes}");
        assert_eq!(parse(&write(&value).unwrap()), Ok(value));
    }
}

#[test]
fn what_json_does_not_have_is_refused() {
    let rows = [
        ("", 0),
        ("40", 0),
        ("c0 60", 0),
        ("f7", 0),
        ("e0", 0),
        ("f8 20", 0),
        ("ff", 0),
        ("81 ff", 1),
        ("f9 7c00", 0),
        ("f9 7e00", 0),
        ("61 ff", 0),
        ("82 01", 2),
        ("9f 01", 2),
        ("a1 01 02", 1),
        ("a1 61 61", 3),
        ("bf 61 61 ff", 3),
        ("01 02", 1),
        ("1c", 0),
        ("9b ffffffffffffffff 01", 10),
        ("7b 7fffffffffffffff 61", 0),
        ("7f 7f 61 61 ff ff", 0),
    ];
    for (bytes, offset) in rows {
        let error = parse(&hex(bytes)).unwrap_err();
        assert_eq!(error.kind, Syntax { offset }, "{bytes}");
    }
    let twice = parse(&hex("a2 61 61 01 61 61 02")).unwrap_err();
    assert_eq!((twice.kind, twice.member.as_str()), (Duplicate, "a"));
    let inside = parse(&hex("81 bf 61 61 01 61 61 01 ff")).unwrap_err();
    assert_eq!(inside.kind, Duplicate);
}

#[test]
fn depth_is_bounded_as_in_json() {
    for (open, close) in [(0x81, None), (0x9f, Some(0xff))] {
        let nested = |depth: usize| {
            let mut bytes = std::vec![open; depth];
            bytes.push(0x00);
            bytes.extend(std::iter::repeat_n(close, depth).flatten());
            bytes
        };
        assert!(parse(&nested(127)).is_ok());
        assert!(matches!(parse(&nested(128)).unwrap_err().kind, Syntax { .. }));
        assert!(parse(&nested(1_000_000)).is_err());
    }
    let mut deep = json!(1);
    for _ in 0..128 {
        deep = json!([deep]);
    }
    assert_eq!(write(&deep), None);
}

proptest! {
    #[test]
    fn values_round_trip(value in value()) {
        let bytes = write(&value).unwrap();
        prop_assert_eq!(parse(&bytes), Ok(value));
        for end in 0..bytes.len() {
            prop_assert!(parse(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn primitives_are_the_same_in_json_and_cbor(request in request(), response in response()) {
        let again = Request::from_cbor(&request.to_cbor()).unwrap();
        prop_assert_eq!(again.to_json(), request.to_json());
        prop_assert_eq!(Request::from_json(&again.to_json()), Ok(request));
        let again = Response::from_cbor(&response.to_cbor()).unwrap();
        prop_assert_eq!(again.to_json(), response.to_json());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(value) = parse(&bytes) {
            let text = std::format!("{value}");
            prop_assert_eq!(parse(&write(&value).unwrap()), Ok(value), "{}", text);
        }
    }
}
