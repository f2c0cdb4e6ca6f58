//! Vectors of the formats of one value; properties.

use std::string::{String, ToString};
use std::vec::Vec;

use coap_core::ContentFormat;
use proptest::prelude::*;

use crate::error::{DecodeErrorKind, WriteError};
use crate::format::testing::*;
use crate::format::{Item, Reader, Target};
use crate::path::Path;
use crate::value::{DataType, ObjectLink, Value};

const FORMATS: [ContentFormat; 3] =
    [ContentFormat::TEXT, ContentFormat::OCTET_STREAM, ContentFormat::CBOR];
const TARGET: Path = Path::resource(9000, 0, 0);

fn decode(
    format: ContentFormat,
    bytes: &[u8],
    data_type: DataType,
) -> Result<String, DecodeErrorKind> {
    let mut entries = Reader::new(format, TARGET, bytes).map_err(|e| e.kind)?;
    let entry = entries.next().unwrap().map_err(|e| e.kind)?;
    assert!(entries.next().is_none());
    assert_eq!(entry.path, TARGET);
    let raw = entry.content.value().unwrap();
    raw.decode(data_type).map(|value| show(&value)).map_err(|e| e.kind)
}

fn infer(format: ContentFormat, bytes: &[u8]) -> String {
    let entry = Reader::new(format, TARGET, bytes).unwrap().next().unwrap().unwrap();
    show(&entry.content.value().unwrap().infer())
}

fn encode(format: ContentFormat, value: Value<'_>) -> Result<Vec<u8>, WriteError> {
    written(format, TARGET.into(), &[Item::value(TARGET, value)])
}

#[test]
fn appendix_c_text() {
    use DataType::*;
    use DecodeErrorKind::{Base64, OutOfRange, Utf8, WrongType};
    for (text, data_type, expected) in [
        ("AQIDBAU=", Opaque, Ok("x0102030405")),
        ("AQIDBAU", Opaque, Ok("x0102030405")),
        ("-_8=", Opaque, Ok("xfbff")),
        ("", Opaque, Ok("x")),
        ("A", Opaque, Err(Base64)),
        ("AQ=a", Opaque, Err(Base64)),
        ("A Q=", Opaque, Err(Base64)),
        ("1", Boolean, Ok("b1")),
        ("0", Boolean, Ok("b0")),
        ("true", Boolean, Err(WrongType)),
        ("", Boolean, Err(WrongType)),
        ("01", Boolean, Err(WrongType)),
        ("0.00000000006667", Float, Ok("f0.00000000006667")),
        ("-1e3", Float, Ok("f-1000")),
        ("5", Float, Ok("f5")),
        (".5", Float, Ok("f0.5")),
        ("1e999", Float, Err(OutOfRange)),
        ("nan", Float, Err(WrongType)),
        ("", Float, Err(WrongType)),
        ("1.5x", Float, Err(WrongType)),
        ("66:0", ObjectLink, Ok("l66:0")),
        ("65535:65535", ObjectLink, Ok("l65535:65535")),
        ("FFFF:FFFF", ObjectLink, Ok("l65535:65535")),
        ("66", ObjectLink, Err(WrongType)),
        ("66:70000", ObjectLink, Err(WrongType)),
        ("-9223372036854775808", Integer, Ok("i-9223372036854775808")),
        ("9223372036854775808", Integer, Err(OutOfRange)),
        ("1.0", Integer, Err(WrongType)),
        ("", Integer, Err(WrongType)),
        (" 1", Integer, Err(WrongType)),
        ("18446744073709551615", Unsigned, Ok("u18446744073709551615")),
        ("-1", Unsigned, Err(WrongType)),
        ("1367491215", Time, Ok("t1367491215")),
        ("-1", Time, Ok("t-1")),
        ("", String, Ok("s")),
        ("grüß", String, Ok("sgrüß")),
        ("</3/0>", CoreLink, Ok("c</3/0>")),
        ("x", None, Err(WrongType)),
    ] {
        let found = decode(ContentFormat::TEXT, text.as_bytes(), data_type);
        assert_eq!(found, expected.map(ToString::to_string), "{text:?} as {data_type:?}");
    }
    assert_eq!(decode(ContentFormat::TEXT, b"\xff", String), Err(Utf8));
    assert_eq!(infer(ContentFormat::TEXT, b"1.0"), "s1.0");
    assert_eq!(infer(ContentFormat::TEXT, b"\xff"), "xff");
}

#[test]
fn appendix_c_text_written() {
    for (value, text) in [
        (Value::opaque(&[1, 2, 3, 4, 5]), "AQIDBAU="),
        (Value::opaque(&[0xfb, 0xff]), "+/8="),
        (Value::Boolean(true), "1"),
        (Value::Float(0.000_000_000_066_67), "0.00000000006667"),
        (Value::Float(-110.5), "-110.5"),
        (Value::Float(1e21), "1000000000000000000000"),
        (Value::Integer(i64::MIN), "-9223372036854775808"),
        (Value::Unsigned(u64::MAX), "18446744073709551615"),
        (Value::Time(1_367_491_215), "1367491215"),
        (Value::ObjectLink(ObjectLink::new(66, 0)), "66:0"),
        (Value::string(""), ""),
        (Value::core_link("</3/0>"), "</3/0>"),
    ] {
        assert_eq!(encode(ContentFormat::TEXT, value), Ok(text.as_bytes().to_vec()), "{text}");
    }
    for value in [Value::None, Value::Float(f64::NAN), Value::Float(f64::INFINITY)] {
        assert_eq!(encode(ContentFormat::TEXT, value), Err(WriteError::NotExpressible));
    }
}

#[test]
fn octet_stream_is_opaque_only() {
    let format = ContentFormat::OCTET_STREAM;
    assert_eq!(decode(format, &[1, 2], DataType::Opaque).unwrap(), "x0102");
    assert_eq!(decode(format, b"a", DataType::String), Err(DecodeErrorKind::WrongType));
    assert_eq!(encode(format, Value::opaque(&[1, 2])), Ok(std::vec![1, 2]));
    assert_eq!(encode(format, Value::string("a")), Err(WriteError::NotExpressible));
    assert_eq!(infer(format, b"a"), "x61");
}

#[test]
fn appendix_c_cbor() {
    use DataType::*;
    use DecodeErrorKind::{OutOfRange, Syntax, TrailingBytes, Truncated, Utf8, WrongType};
    for (bytes, data_type, expected) in [
        ("182a", Integer, Ok("i42")),
        ("3863", Integer, Ok("i-100")),
        ("1b0000000100000000", Integer, Ok("i4294967296")),
        ("f93e00", Float, Ok("f1.5")),
        ("f90001", Float, Ok("f0.00000005960464477539063")),
        ("f9fbff", Float, Ok("f-65504")),
        ("f97c00", Float, Ok("finf")),
        ("f93c00", Float, Ok("f1")),
        ("fa40490fdb", Float, Ok("f3.1415927410125732")),
        ("fb400921fb54442d18", Float, Ok("f3.141592653589793")),
        ("05", Float, Ok("f5")),
        ("f5", Boolean, Ok("b1")),
        ("f4", Boolean, Ok("b0")),
        ("01", Boolean, Err(WrongType)),
        ("43010203", Opaque, Ok("x010203")),
        ("5f4201024103ff", Opaque, Ok("x010203")),
        ("5fff", Opaque, Ok("x")),
        ("7f61616162ff", String, Ok("sab")),
        ("6434323a31", ObjectLink, Ok("l42:1")),
        ("7f623432623a31ff", ObjectLink, Ok("l42:1")),
        ("c11a5182428f", Time, Ok("t1367491215")),
        ("1a5182428f", Time, Ok("t1367491215")),
        ("c074323031332d30352d30325431303a34303a31355a", Time, Ok("t1367491215")),
        ("c1fb41d460a0a3c00000", Time, Ok("t1367507599")),
        ("c16161", Time, Err(Syntax)),
        ("c06161", Time, Err(Syntax)),
        ("60", String, Ok("s")),
        ("c48220182d", Float, Ok("f4.5")),
        ("c48220182d", Integer, Err(WrongType)),
        ("c4820005", Integer, Ok("i5")),
        ("c483202020", Float, Err(WrongType)),
        ("f6", None, Ok("none")),
        ("f6", String, Err(WrongType)),
        ("1bffffffffffffffff", Unsigned, Ok("u18446744073709551615")),
        ("1bffffffffffffffff", Integer, Err(OutOfRange)),
        ("20", Unsigned, Err(OutOfRange)),
        ("3bffffffffffffffff", Integer, Err(OutOfRange)),
        ("00", String, Err(WrongType)),
        ("61ff", String, Err(Utf8)),
        ("0000", Integer, Err(TrailingBytes)),
        ("", Integer, Err(Truncated)),
        ("18", Integer, Err(Truncated)),
        ("f900", Float, Err(Truncated)),
        ("62", String, Err(Truncated)),
        ("5f4201", Opaque, Err(Truncated)),
        ("80", Integer, Err(WrongType)),
        ("a0", Integer, Err(WrongType)),
        ("ff", Integer, Err(Syntax)),
        ("c1c1c100", Time, Err(WrongType)),
        ("d81c00", Integer, Err(WrongType)),
    ] {
        let found = decode(ContentFormat::CBOR, &hex(bytes), data_type);
        assert_eq!(found, expected.map(ToString::to_string), "{bytes} as {data_type:?}");
    }
    for (bytes, expected) in [
        ("182a", "i42"),
        ("1bffffffffffffffff", "u18446744073709551615"),
        ("f93e00", "f1.5"),
        ("f5", "b1"),
        ("43010203", "x010203"),
        ("6434323a31", "l42:1"),
        ("6161", "sa"),
        ("c11a5182428f", "t1367491215"),
        ("c48220182d", "f4.5"),
        ("f6", "none"),
    ] {
        assert_eq!(infer(ContentFormat::CBOR, &hex(bytes)), expected);
    }
}

#[test]
fn appendix_c_cbor_written() {
    for (value, bytes) in [
        (Value::Integer(42), "182a"),
        (Value::Integer(-100), "3863"),
        (Value::Integer(23), "17"),
        (Value::Integer(24), "1818"),
        (Value::Integer(256), "190100"),
        (Value::Integer(4_294_967_296), "1b0000000100000000"),
        (Value::Integer(i64::MIN), "3b7fffffffffffffff"),
        (Value::Unsigned(u64::MAX), "1bffffffffffffffff"),
        (Value::Float(1.5), "fa3fc00000"),
        (Value::Float(std::f64::consts::PI), "fb400921fb54442d18"),
        (Value::Boolean(true), "f5"),
        (Value::Boolean(false), "f4"),
        (Value::opaque(&[1, 2, 3]), "43010203"),
        (Value::string(""), "60"),
        (Value::core_link("</>"), "633c2f3e"),
        (Value::Time(1_367_491_215), "c11a5182428f"),
        (Value::ObjectLink(ObjectLink::new(42, 1)), "6434323a31"),
        (Value::None, "f6"),
    ] {
        assert_eq!(encode(ContentFormat::CBOR, value), Ok(hex(bytes)), "{bytes}");
    }
}

#[test]
fn one_value_and_no_more() {
    for format in FORMATS {
        for path in [Path::ROOT, Path::object(3), Path::instance(3, 0)] {
            let error = Reader::new(format, path, b"\x00").unwrap_err();
            assert!(error.kind.is_unsupported_format());
            assert_eq!(written(format, path.into(), &[]), Err(WriteError::NotExpressible));
        }
        let item = Item::value(TARGET, Value::opaque(&[1]));
        let other = Item::value(Path::resource(9000, 0, 1), Value::opaque(&[1]));
        let instance = Item::value(TARGET.child(0).unwrap(), Value::opaque(&[1]));
        let target = Target::from(TARGET);
        for items in [&[][..], &[item, item], &[other], &[instance], &[Item::empty(TARGET)]] {
            assert_eq!(written(format, target, items), Err(WriteError::NotExpressible));
        }
    }
    // A resource instance is addressed like a resource.
    let target = Path::resource_instance(9000, 0, 0, 7);
    let item = Item::value(target, Value::string("a"));
    assert_eq!(written(ContentFormat::TEXT, target.into(), &[item]), Ok(b"a".to_vec()));
    assert_eq!(read(ContentFormat::TEXT, target, b"a").unwrap(), ["/9000/0/0/7 sa"]);
}

proptest! {
    #[test]
    fn round_trip(
        (data_type, owned) in (0usize..9).prop_flat_map(|n| (Just(TYPES[n]), any_value(TYPES[n]))),
    ) {
        let value = owned.value(data_type);
        for format in FORMATS {
            match encode(format, value) {
                Ok(bytes) => {
                    prop_assert_eq!(decode(format, &bytes, data_type), Ok(show(&value)));
                    for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
                        survive(format, TARGET.into(), &bytes[..end]);
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, WriteError::NotExpressible);
                    prop_assert!(format == ContentFormat::OCTET_STREAM);
                    prop_assert!(data_type != DataType::Opaque);
                }
            }
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        for format in FORMATS {
            survive(format, TARGET.into(), &bytes);
        }
    }
}
