//! Bytes that are wrong, in which way, and where.

use super::*;
use crate::DecodeErrorKind as Kind;

#[test]
fn json_errors_say_what_and_where() {
    let table: &[(&[u8], Kind, usize)] = &[
        (b"", Kind::UnexpectedEnd, 0),
        (b"  ", Kind::UnexpectedEnd, 2),
        (b"{}", Kind::WrongType, 0),
        (b"\"a\"", Kind::WrongType, 0),
        (b"x", Kind::Malformed, 0),
        (b"\xef\xbb\xbf[]", Kind::Malformed, 0),
        (b"[", Kind::UnexpectedEnd, 1),
        (b"[]]", Kind::TrailingBytes, 2),
        (b"[] []", Kind::TrailingBytes, 3),
        (b"[]\0", Kind::TrailingBytes, 2),
        (b"[]\xff", Kind::InvalidUtf8, 2),
        (b"[,]", Kind::Malformed, 1),
        (b"[{},]", Kind::Malformed, 4),
        (b"[{} {}]", Kind::Malformed, 4),
        (b"[[]]", Kind::WrongType, 1),
        (b"[1]", Kind::WrongType, 1),
        (b"[null]", Kind::WrongType, 1),
        (b"[{]", Kind::Malformed, 2),
        (b"[{,}]", Kind::Malformed, 2),
        (b"[{\"n\"}]", Kind::Malformed, 5),
        (b"[{\"n\":}]", Kind::Malformed, 6),
        (b"[{\"n\":\"a\",}]", Kind::Malformed, 10),
        (b"[{\"n\":\"a\" \"v\":1}]", Kind::Malformed, 10),
        (b"[{n:\"a\"}]", Kind::Malformed, 2),
        (b"[{'n':\"a\"}]", Kind::Malformed, 2),
        (b"[{1:2}]", Kind::Malformed, 2),
        (b"[{\"n\":1}]", Kind::WrongType, 6),
        (b"[{\"n\":null}]", Kind::WrongType, 6),
        (b"[{\"v\":\"1\"}]", Kind::WrongType, 6),
        (b"[{\"v\":true}]", Kind::WrongType, 6),
        (b"[{\"v\":[1]}]", Kind::WrongType, 6),
        (b"[{\"t\":null}]", Kind::WrongType, 6),
        (b"[{\"vb\":1}]", Kind::WrongType, 7),
        (b"[{\"vb\":tru}]", Kind::Malformed, 10),
        (b"[{\"vb\":TRUE}]", Kind::Malformed, 7),
        (b"[{\"v\":nul}]", Kind::Malformed, 9),
        (b"[{\"bver\":-1}]", Kind::WrongType, 9),
        (b"[{\"bver\": 1.5}]", Kind::WrongType, 10),
        (b"[{\"v\":1,\"v\":2}]", Kind::DuplicateLabel, 8),
        (b"[{\"v\":1,\"\\u0076\":2}]", Kind::DuplicateLabel, 8),
        (b"[{\"v\":null,\"v\":2}]", Kind::DuplicateLabel, 11),
        (b"[{\"v\":1,\"vs\":\"a\"}]", Kind::SeveralValues, 8),
        (b"[{\"vlo\":\"1:0\",\"vb\":true}]", Kind::SeveralValues, 14),
        (b"[{\"x_\":1}]", Kind::UnsupportedField, 2),
        (b"[{\"x\\u005f\":1}]", Kind::UnsupportedField, 2),
        (b"[{\"_\":1}]", Kind::UnsupportedField, 2),
        (b"[{\"vd\":\"A\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":\"AQ=\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":\"AQ===\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":\"A=Q=\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":\"====\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":\"AQ ID\"}]", Kind::InvalidBase64, 7),
        (b"[{\"vd\":1}]", Kind::WrongType, 7),
        (b"[{\"v\":1e400}]", Kind::NumberRange, 6),
        (b"[{\"v\":01}]", Kind::Malformed, 6),
        (b"[{\"v\":-}]", Kind::Malformed, 7),
        (b"[{\"v\":1.}]", Kind::Malformed, 8),
        (b"[{\"v\":+1}]", Kind::Malformed, 6),
        (b"[{\"v\":NaN}]", Kind::Malformed, 6),
        (b"[{\"v\":1.", Kind::UnexpectedEnd, 8),
        (b"[{\"v\":1.\xff", Kind::InvalidUtf8, 8),
        (b"[{\"n\":\"\xc3\x28\"}]", Kind::InvalidUtf8, 7),
        (b"[{\"n\":\"\xed\xa0\x80\"}]", Kind::InvalidUtf8, 7),
        (b"[{\"n\":\"a\nb\"}]", Kind::InvalidString, 8),
        (b"[{\"n\":\"\0\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\x\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\u12g4\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\u+123\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\ud800\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\ud800\\u0041\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\ud800x\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"\\udc00\"}]", Kind::InvalidString, 7),
        (b"[{\"n\":\"abc", Kind::UnexpectedEnd, 10),
        (b"[{\"n\":\"\\", Kind::UnexpectedEnd, 8),
        (b"[{\"n\":\"\\u12", Kind::UnexpectedEnd, 11),
        (b"[{\"n\":\"\\ud800\\", Kind::UnexpectedEnd, 14),
        (b"[{\"x\":{\"a\":[1,{\"b\":2},]}}]", Kind::Malformed, 22),
        (b"[{\"x\":[}]", Kind::Malformed, 7),
        (b"[{\"x\":{]}]", Kind::Malformed, 7),
        (b"[{\"x\":{\"a\"}}]", Kind::Malformed, 10),
        (b"[{\"x\":{\"a\":1]}]", Kind::Malformed, 12),
        (b"[{\"x\":[1}}]", Kind::Malformed, 8),
        (b"[{\"x\":[\"\\q\"]}]", Kind::InvalidString, 8),
    ];
    for (bytes, kind, offset) in table {
        let error = DecodeError { kind: *kind, offset: *offset };
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(read(Format::Json, bytes), Err(error), "{shown}");
    }
}

#[test]
fn cbor_errors_say_what_and_where() {
    let table = [
        ("", Kind::UnexpectedEnd, 0),
        ("a0", Kind::WrongType, 0),
        ("01", Kind::WrongType, 0),
        ("9c", Kind::Malformed, 0),
        ("ff", Kind::Malformed, 0),
        ("8000", Kind::TrailingBytes, 1),
        ("9fff00", Kind::TrailingBytes, 2),
        ("9f", Kind::UnexpectedEnd, 1),
        ("81", Kind::UnexpectedEnd, 1),
        ("8180", Kind::WrongType, 1),
        ("81ff", Kind::Malformed, 1),
        ("81a1", Kind::UnexpectedEnd, 2),
        ("81a102", Kind::UnexpectedEnd, 3),
        ("81bf02ff", Kind::Malformed, 3),
        ("81bf0201", Kind::UnexpectedEnd, 4),
        ("81a100ff", Kind::Malformed, 3),
        ("81a10001", Kind::WrongType, 3),
        ("81a10041", Kind::WrongType, 3),
        ("81a1004161", Kind::WrongType, 3),
        ("81a10062", Kind::UnexpectedEnd, 4),
        ("81a10061ff", Kind::InvalidUtf8, 3),
        ("81a100627fff", Kind::InvalidUtf8, 3),
        ("81a1007f61c361a8ff", Kind::InvalidUtf8, 4),
        ("81a1007f4161ff", Kind::Malformed, 4),
        ("81a1007f7f6161ffff", Kind::Malformed, 4),
        ("81a1007f6161", Kind::UnexpectedEnd, 6),
        ("81a1085f6161ff", Kind::Malformed, 4),
        ("81a1086161", Kind::WrongType, 3),
        ("81a10401", Kind::WrongType, 3),
        ("81a104f6", Kind::WrongType, 3),
        ("81a12020", Kind::WrongType, 3),
        ("81a120f93e00", Kind::WrongType, 3),
        ("81a120f94900", Kind::WrongType, 3),
        ("81a120c482000a", Kind::WrongType, 3),
        ("81a202010202", Kind::DuplicateLabel, 4),
        ("81a20201036161", Kind::SeveralValues, 4),
        ("81a2020163766c6f63313a30", Kind::SeveralValues, 4),
        ("81a14100", Kind::WrongType, 2),
        ("81a1f500", Kind::WrongType, 2),
        ("81a1625f5f00", Kind::UnsupportedField, 2),
        ("81a17f61785f00", Kind::Malformed, 5),
        ("81a17f6178615fff00", Kind::UnsupportedField, 2),
        // What an unknown label has as its value must be well-formed.
        ("81a161781c", Kind::Malformed, 4),
        ("81a161789fff01", Kind::TrailingBytes, 6),
        ("81a16178bf01ff", Kind::Malformed, 6),
        ("81a161785f01ff", Kind::Malformed, 5),
        ("81a16178c1ff", Kind::Malformed, 5),
        ("81a16178f81f", Kind::Malformed, 4),
        ("81a16178f8", Kind::UnexpectedEnd, 5),
        ("81a16178fb0000", Kind::UnexpectedEnd, 7),
        ("81a161789bffffffffffffffff00", Kind::UnexpectedEnd, 14),
        ("81a16178bbffffffffffffffff00", Kind::UnexpectedEnd, 14),
        ("9bffffffffffffffffa0", Kind::UnexpectedEnd, 10),
        ("81bbffffffffffffffff0001", Kind::WrongType, 11),
        ("81a1007bffffffffffffffff", Kind::UnexpectedEnd, 12),
    ];
    for (bytes, kind, offset) in table {
        let error = DecodeError { kind, offset };
        assert_eq!(read(Format::Cbor, &hex(bytes)), Err(error), "{bytes}");
    }
}

#[test]
fn unknown_fields_are_passed_over_whatever_they_hold() {
    let json = [
        r#"null"#,
        r#""_""#,
        r#"[]"#,
        r#"{}"#,
        r#"[[],{},[{"a":[1.5e3,-0]}],"\ud83d\ude00"]"#,
        r#" { "a" : { "b_" : [ true , false ] } , "c" : null } "#,
    ];
    for value in json {
        let pack = format!(r#"[{{"x":{value},"n":"a","cx":"0","v":1}}]"#);
        let expected = Record::named("a").with_value(1);
        assert_eq!(read(Format::Json, pack.as_bytes()), Ok(Vec::from([expected])), "{pack}");
    }
    let cbor = [
        "f6",
        "f7",
        "e0",
        "f820",
        "f93c00",
        "fa00000000",
        "fb0000000000000000",
        "1bffffffffffffffff",
        "3bffffffffffffffff",
        "80",
        "a0",
        "9fff",
        "bfff",
        "5fff",
        "7fff",
        "5f4101420203ff",
        "7f6161ff",
        "c1c201",
        "820102",
        "a201020304",
        "9f8201a1020380ff",
        "bf01bf0203ff61619fffff",
        "d9d9f7a0",
        "8180",
        "828080",
        "81a1808100",
    ];
    for value in cbor {
        for key in
            ["6178", "09", "38ff", "1bffffffffffffffff", "3bffffffffffffffff", "7f61786179ff"]
        {
            let pack = hex(&format!("81a3{key}{value}0061610201"));
            let expected = Record::named("a").with_value(1);
            assert_eq!(read(Format::Cbor, &pack), Ok(Vec::from([expected])), "{key} {value}");
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let json = |depth| format!(r#"[{{"x":{}{}}}]"#, "[".repeat(depth), "]".repeat(depth));
    assert!(read(Format::Json, json(32).as_bytes()).is_ok());
    let too_deep = json(33);
    assert_eq!(
        read(Format::Json, too_deep.as_bytes()),
        Err(DecodeError { kind: Kind::TooDeep, offset: 38 })
    );
    let bomb = format!(r#"[{{"x":{}"#, r#"{"a":["#.repeat(100_000));
    assert_eq!(read(Format::Json, bomb.as_bytes()).unwrap_err().kind, Kind::TooDeep);

    let cbor = |depth| hex(&format!("81a16178{}00", "81".repeat(depth)));
    assert!(read(Format::Cbor, &cbor(16)).is_ok());
    let too_deep = cbor(17);
    assert_eq!(read(Format::Cbor, &too_deep), Err(DecodeError { kind: Kind::TooDeep, offset: 20 }));
    for bomb in ["9f", "bf00", "c1", "d9d9f7"] {
        let bytes = hex(&format!("81a16178{}", bomb.repeat(100_000)));
        assert_eq!(read(Format::Cbor, &bytes).unwrap_err().kind, Kind::TooDeep);
    }
}

#[test]
fn after_an_error_a_reader_ends() {
    for format in [Format::Json, Format::Cbor] {
        let mut reader = Reader::new(format, b"\xff\xff");
        assert!(matches!(reader.next(), Some(Err(_))));
        assert!(reader.next().is_none());
        assert!(reader.next().is_none());
    }
    let mut resolved = Reader::resolved(Format::Json, br#"[{},{},{"v":1},{}]"#, Rules::RFC8428);
    assert_eq!(resolved.next(), Some(Err(DecodeError { kind: Kind::InvalidName, offset: 7 })));
    assert_eq!(resolved.next(), None);
}

#[test]
fn writers_keep_to_the_announced_count() {
    let record = Record::named("a").with_value(1);
    let mut out = Vec::new();
    let mut writer = cbor::Writer::new(&mut out, 1).unwrap();
    writer.record(&record).unwrap();
    assert_eq!(writer.record(&record), Err(WriteError::Count));
    assert_eq!(writer.finish(), Ok(()));
    assert_eq!(out, hex("81a2006161 0201"));
    let mut out = Vec::new();
    assert_eq!(cbor::Writer::new(&mut out, 1).unwrap().finish(), Err(WriteError::Count));
}

#[test]
fn a_full_sink_is_an_error_at_every_length() {
    let record = Record::named("temp").with_base_name("x").with_value("a\"b").with_time(-5);
    for format in [Format::Json, Format::Cbor] {
        let whole = write(format, &[record]);
        for len in 0..whole.len() {
            let mut buf = std::vec![0; len];
            let mut sink = m2m_base::SliceSink::new(&mut buf);
            let result = Writer::new(format, &mut sink, Some(1)).and_then(|mut writer| {
                writer.record(&record)?;
                writer.finish()
            });
            assert_eq!(result, Err(WriteError::Full), "{len}");
        }
    }
}
