//! Streams in chunks are the packs they would be in one piece.

use super::generate::*;
use super::*;
use crate::DecodeErrorKind as Kind;
use crate::stream::{End, ResolvedStream, StreamError, StreamReader, StreamResolver, StreamWriter};
use proptest::prelude::*;

const FORMATS: &[Format] = &[
    Format::Json,
    Format::Cbor,
    #[cfg(feature = "xml")]
    Format::Xml,
];

/// A pack in spellings of all formats.
fn spellings(pack: &Pack, spelling: Spelling) -> Vec<(Format, Vec<u8>)> {
    Vec::from([
        (Format::Json, spell_json(pack, spelling)),
        (Format::Cbor, spell_cbor(pack, spelling)),
        #[cfg(feature = "xml")]
        (Format::Xml, super::xml::spell_xml(pack, spelling)),
    ])
}

/// Reads chunks of these sizes, taken in turns.
fn in_chunks(
    format: Format,
    mut bytes: &[u8],
    sizes: &[usize],
    room: usize,
) -> (Vec<OwnedRecord>, Result<End, StreamError>) {
    let mut buffer = std::vec![0; room];
    let mut reader = StreamReader::new(format, &mut buffer);
    let mut records = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (mut chunk, rest) = bytes.split_at((*size).clamp(1, bytes.len()));
        bytes = rest;
        loop {
            match reader.read(&mut chunk) {
                Ok(Some(record)) => records.push(OwnedRecord::from(&record)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(reader.read(&mut chunk), Err(error), "errors stay");
                    assert_eq!(reader.finish(), Err(error), "errors stay");
                    return (records, Err(error));
                }
            }
        }
        assert!(chunk.is_empty());
    }
    let end = reader.finish();
    (records, end)
}

/// What the reader of whole packs says: the records before an error, and the error.
fn whole(format: Format, bytes: &[u8]) -> (Vec<OwnedRecord>, Option<DecodeError>) {
    let mut records = Vec::new();
    for record in Reader::new(format, bytes) {
        match record {
            Ok(record) => records.push(OwnedRecord::from(&record)),
            Err(error) => return (records, Some(error)),
        }
    }
    (records, None)
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(Vec::from([1])),
        Just(Vec::from([usize::MAX])),
        proptest::collection::vec(1usize..40, 1..8),
    ]
}

/// Compares a reading in chunks with one of the whole.
fn compare(format: Format, bytes: &[u8], sizes: &[usize]) -> Result<(), TestCaseError> {
    let (records, end) = in_chunks(format, bytes, sizes, bytes.len().max(1));
    let (expected, error) = whole(format, bytes);
    prop_assert_eq!(&records, &expected, "{:?}", bytes);
    match (end, error) {
        (Ok(End::Closed), None) => {}
        (Ok(End::Open), Some(error)) => {
            prop_assert_eq!(error, Kind::UnexpectedEnd.at(bytes.len()));
        }
        (Err(found), Some(error)) => {
            prop_assert_eq!(found.offset, error.offset as u64, "{} {}", found, error);
            prop_assert_eq!(found.record, expected.len() as u64 + 1);
            // Between records, what is no UTF-8 is not told from what is no JSON.
            if error.kind != Kind::InvalidUtf8 {
                prop_assert_eq!(found.kind, error.kind);
            }
        }
        (end, error) => prop_assert!(false, "{:?} {:?}", end, error),
    }
    Ok(())
}

proptest! {
    #[test]
    fn chunked_equals_whole(
        pack in pack(canonical_number),
        spelling in spelling(),
        sizes in sizes(),
        cut in any::<proptest::sample::Index>(),
    ) {
        for (format, bytes) in spellings(&pack, spelling) {
            compare(format, &bytes, &sizes)?;
            compare(format, &bytes[..cut.index(bytes.len())], &sizes)?;
        }
    }

    #[test]
    fn changed_bytes_fail_alike(
        pack in pack(exact_number),
        spelling in spelling(),
        sizes in sizes(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (format, mut bytes) in spellings(&pack, spelling) {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            compare(format, &bytes, &sizes)?;
        }
    }

    #[test]
    fn any_bytes_fail_alike(bytes in proptest::collection::vec(any::<u8>(), 0..60), sizes in sizes()) {
        for format in FORMATS.iter().copied() {
            compare(format, &bytes, &sizes)?;
        }
    }

    #[test]
    fn a_short_buffer_says_so_at_the_same_place_whatever_the_chunks(
        pack in pack(exact_number),
        sizes in sizes(),
        room in 0usize..60,
    ) {
        for format in FORMATS.iter().copied() {
            let Ok(bytes) = pack.encode(format) else { continue };
            let (records, end) = in_chunks(format, &bytes, &sizes, room);
            prop_assert_eq!(
                (records, end),
                in_chunks(format, &bytes, &[usize::MAX], room)
            );
            if let Err(error) = end {
                prop_assert_eq!(error.kind, Kind::TooLong);
            }
        }
    }

    #[test]
    fn records_written_one_by_one_are_the_pack(pack in pack(canonical_number)) {
        for format in FORMATS.iter().copied() {
            let mut writer = StreamWriter::new(format)
                .with_fractions(crate::cbor::Fractions::Decimal);
            let mut all = Vec::new();
            if pack.encode(format).is_err() {
                continue;
            }
            for (count, record) in pack.records.iter().enumerate() {
                let mut packet = Vec::new();
                writer.record(&record.into(), &mut packet).unwrap();
                all.extend_from_slice(&packet);
                let (records, end) = in_chunks(format, &all, &[7], 100_000);
                prop_assert_eq!(&records, &pack.records[..=count]);
                prop_assert_eq!(end, Ok(End::Open));
            }
            writer.finish(&mut all).unwrap();
            prop_assert_eq!(&Pack::decode(format, &all).unwrap(), &pack);
        }
    }

    #[test]
    fn resolving_a_stream_is_resolving_the_pack(pack in pack(exact_number)) {
        for rules in [Rules::RFC8428, Rules::LWM2M] {
            let bytes = pack.encode(Format::Json).unwrap();
            let expected: Vec<_> =
                Reader::resolved(Format::Json, &bytes, rules).map(|r| r.map(|r| show(&r))).collect();
            let mut texts = [0; 400];
            let mut buffer = std::vec![0; bytes.len()];
            let mut stream = ResolvedStream::new(Format::Json, rules, &mut buffer, &mut texts);
            let mut found: Vec<Result<String, DecodeError>> = Vec::new();
            'all: for mut chunk in bytes.chunks(11) {
                while !chunk.is_empty() {
                    match stream.read(&mut chunk) {
                        Ok(resolved) => found.extend(resolved.map(|resolved| Ok(show(&resolved)))),
                        Err(error) => {
                            let offset = usize::try_from(error.offset).unwrap();
                            found.push(Err(error.kind.at(offset)));
                            prop_assert_eq!(stream.finish(), Err(error));
                            break 'all;
                        }
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn rfc8428_section_5_1_2_a_stream_goes_on_record_by_record() {
    // The third example of the section, as its POST sends it: never closed.
    let stream =
        br#"[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":21.2},
        {"t":10,"v":21.3},
        {"t":20,"v":21.4},
        {"t":30,"v":21.4},
        {"t":40,"v":21.5},"#;
    let mut buffer = [0; 80];
    let mut reader = StreamReader::new(Format::Json, &mut buffer);
    let mut texts = [0; 40];
    let mut resolver = StreamResolver::new(Rules::RFC8428, &mut texts);
    let mut shown = Vec::new();
    for byte in stream.chunks(1) {
        let mut chunk = byte;
        if let Some(record) = reader.read(&mut chunk).unwrap() {
            // A record comes with its last byte.
            assert_eq!(byte, b"}");
            shown.push(show(&resolver.resolve(&record).unwrap().unwrap()));
        }
    }
    assert_eq!(shown[0], "urn:dev:ow:10e2073a01080063 21.2 [%RH] @1320067464");
    assert_eq!(shown[4], "urn:dev:ow:10e2073a01080063 21.5 [%RH] @1320067504");
    assert_eq!((shown.len(), reader.records()), (5, 5));
    assert_eq!(reader.finish(), Ok(End::Open));
}

#[test]
fn errors_tell_record_and_byte() {
    for (format, bytes, expected) in [
        (
            Format::Json,
            &br#"[{"n":"a","v":1},{"n":"b","v":x}]"#[..],
            "record 2, byte 30: malformed",
        ),
        (Format::Json, br#"[{"n":"a","v":1};"#, "record 2, byte 16: malformed"),
        (Format::Json, br#"[1]"#, "record 1, byte 1: wrong type"),
        (Format::Json, br#"{"n":"a"}"#, "record 1, byte 0: wrong type"),
        (Format::Json, br#"[{"v":1}] ["#, "record 2, byte 10: bytes after the pack"),
        (Format::Json, br#"[{"v":1},{"v":"#, "record 2, byte 14: unexpected end"),
        (Format::Json, b" ", "record 1, byte 1: unexpected end"),
        (Format::Cbor, b"\x9f\xa1\x02\x01\xa1\x02\x60", "record 2, byte 6: wrong type"),
        (Format::Cbor, b"\x81\xa1\x02\x01\xff", "record 2, byte 4: bytes after the pack"),
        (Format::Cbor, b"\x82\xff", "record 1, byte 1: malformed"),
        (Format::Cbor, b"\xa0", "record 1, byte 0: wrong type"),
        (Format::Cbor, b"\x9c", "record 1, byte 0: malformed"),
        (Format::Cbor, b"\x82\xa1\x02", "record 1, byte 3: unexpected end"),
    ] {
        for sizes in [[1], [100]] {
            let (_, end) = in_chunks(format, bytes, &sizes, 100);
            assert_eq!(end.unwrap_err().to_string(), expected);
        }
    }
}

/// Found by fuzzing: the framer's complaint about the byte behind it came first.
#[test]
fn a_text_that_is_no_utf8_is_told_before_what_is_wrong_behind_it() {
    let bytes = hex("9fbf32217f612f62333eff033061a13d7457ff00");
    for size in 1..bytes.len() {
        compare(Format::Cbor, &bytes, &[size]).unwrap();
    }
}

#[test]
fn nesting_is_refused_by_the_reader_in_a_bounded_buffer() {
    let mut json = String::from("[{\"x\":");
    json.extend(std::iter::repeat_n('[', 10_000));
    let (_, end) = in_chunks(Format::Json, json.as_bytes(), &[9], 200);
    assert_eq!(end.unwrap_err().kind, Kind::TooDeep);
    let mut cbor = Vec::from(*b"\x81\xa1\x61x");
    cbor.extend(std::iter::repeat_n(0x81, 10_000));
    let (_, end) = in_chunks(Format::Cbor, &cbor, &[9], 200);
    assert_eq!(end.unwrap_err().kind, Kind::TooDeep);
}

#[test]
fn texts_that_do_not_fit_are_an_error_of_the_resolver() {
    let mut texts = [0; 6];
    let mut resolver = StreamResolver::new(Rules::RFC8428, &mut texts);
    let base = |name: &'static str, unit: Option<&'static str>| {
        let mut record = Record::named("x").with_value(1).with_base_name(name);
        record.base = record.base.map(|base| Base { unit: unit.map(Text::from), ..base });
        record
    };
    let resolved = resolver.resolve(&base("abc", Some("Cel"))).unwrap().unwrap();
    assert_eq!(
        (resolved.name.to_string().as_str(), resolved.unit.unwrap()),
        ("abcx", Text::from("Cel"))
    );
    assert_eq!(resolver.resolve(&base("abcd", None)), Err(Kind::TooLong));
    // A shorter name moves the unit up, a longer one down again.
    let resolved = resolver.resolve(&base("a", None)).unwrap().unwrap();
    assert_eq!(
        (resolved.name.to_string().as_str(), resolved.unit.unwrap()),
        ("ax", Text::from("Cel"))
    );
    let resolved = resolver.resolve(&base("uvw", None)).unwrap().unwrap();
    assert_eq!(
        (resolved.name.to_string().as_str(), resolved.unit.unwrap()),
        ("uvwx", Text::from("Cel"))
    );
    let resolved = resolver.resolve(&base("uvwx", Some("V"))).map(|r| r.is_some());
    assert_eq!(resolved, Err(Kind::TooLong), "the name came before the shorter unit");
}
