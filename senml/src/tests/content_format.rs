//! What data are stays with them, whatever becomes of their pack (RFC 9193).

use super::*;
use crate::DecodeErrorKind as Kind;
use crate::etch::{FetchPack, PatchPack};
use crate::stream::StreamResolver;

/// As the example of section 4, with data that are made up for the photo.
const JSON: &str = concat!(
    r#"[{"bt":1627430700,"bct":"60","n":"nfc-reader","vd":"gmNmb28YKg"},"#,
    r#"{"n":"nfc-reader","t":10,"vd":"gmNiYXIYKw"},"#,
    r#"{"n":"iris-photo","t":10,"ct":"image/png","vd":"aGkgCg"},"#,
    r#"{"n":"nfc-reader","t":20,"vd":"gmNiYXoYLA"},{"n":"door","vb":true}]"#
);

fn formats<'a>(records: impl Iterator<Item = Resolved<'a>>) -> Vec<Option<String>> {
    records.map(|record| record.content_format.map(|format| format.to_string())).collect()
}

fn expected() -> Vec<Option<String>> {
    [Some("60"), Some("60"), Some("image/png"), Some("60"), None]
        .map(|format| format.map(String::from))
        .to_vec()
}

fn convert(from: Format, bytes: &[u8], to: Format) -> Vec<u8> {
    write(to, &read(from, bytes).unwrap())
}

#[test]
fn rfc9193_section_4_the_base_content_format_is_that_of_data_without_one() {
    let cbor = convert(Format::Json, JSON.as_bytes(), Format::Cbor);
    let loose = b"\x9f\xbf\x61n\x01\x00\x61a\x63bct\x6260\x08\x41a\xff\xa3\x00\x61a\x62ct\x7f\x61a\x62/b\xff\x08\x40\xff";
    for (format, bytes, expected) in [
        (Format::Json, JSON.as_bytes(), expected()),
        (Format::Cbor, &cbor, expected()),
        (Format::Cbor, loose, [Some("60".into()), Some("a/b".into())].to_vec()),
    ] {
        let resolved = Reader::resolved(format, bytes, Rules::RFC8428);
        assert_eq!(formats(resolved.map(Result::unwrap)), expected);
        // A resolved pack says it in each record.
        let pack = Pack::decode(format, bytes).unwrap();
        let whole = pack.resolved(Rules::RFC8428, 0.into()).unwrap();
        let found = whole.records.iter().filter(|record| record.content_format.is_some());
        assert_eq!(found.count(), expected.iter().flatten().count());
        // And so does a stream, whose records do not stay.
        let mut texts = [0; 40];
        let mut resolver = StreamResolver::new(Rules::RFC8428, &mut texts);
        for (record, expected) in read(format, bytes).unwrap().iter().zip(expected) {
            let resolved = resolver.resolve(record).unwrap().unwrap();
            assert_eq!(resolved.content_format.map(|format| format.to_string()), expected);
        }
    }
}

#[test]
fn rfc9193_section_7_conversions_keep_content_formats() {
    let cbor = convert(Format::Json, JSON.as_bytes(), Format::Cbor);
    let back = convert(Format::Cbor, &cbor, Format::Json);
    assert_eq!(String::from_utf8(back).unwrap(), JSON);
    #[cfg(feature = "xml")]
    {
        let xml = convert(Format::Cbor, &cbor, Format::Xml);
        assert!(String::from_utf8(xml.clone()).unwrap().contains(r#" ct="image/png" vd="#));
        let back = convert(Format::Xml, &xml, Format::Json);
        assert_eq!(String::from_utf8(back).unwrap(), JSON);
    }
    // Labels without a number are texts (RFC 8428 section 6).
    let base = Base { content_format: Some("0".into()), ..Base::default() };
    let record = Record {
        base: Some(base),
        content_format: Some("text/csv@gzip".into()),
        ..Record::default().with_value(&b"a"[..])
    };
    let bytes = b"\x81\xa3\x63bct\x610\x62ct\x6dtext/csv@gzip\x08\x41a";
    assert_eq!(write(Format::Cbor, &[record]), bytes);
    assert_eq!(read(Format::Cbor, bytes).unwrap(), [record]);
    let pack: Vec<_> = compact(read(Format::Json, JSON.as_bytes()).unwrap().into_iter()).collect();
    assert_eq!(String::from_utf8(write(Format::Json, &pack)).unwrap(), JSON);
}

#[test]
fn patches_keep_content_formats() {
    let patch = br#"[{"n":"iris-photo","t":1627430710,"ct":"image/gif","vd":"R0lG"}]"#;
    let patch = PatchPack::new(Format::Json, patch, Rules::RFC8428).unwrap();
    let target = Reader::resolved(Format::Json, JSON.as_bytes(), Rules::RFC8428);
    let patched: Vec<_> = patch.apply(target).unwrap().collect();
    let mut changed = expected();
    changed[2] = Some("image/gif".into());
    assert_eq!(formats(patched.iter().copied()), changed);
    let records: Vec<_> = patched.iter().map(Record::from).collect();
    let bytes = write(Format::Cbor, &records);
    let again = Reader::resolved(Format::Cbor, &bytes, Rules::RFC8428);
    assert_eq!(formats(again.map(Result::unwrap)), changed);
    // A fetch pack says names, times and units (RFC 8790 section 3.1).
    for fetch in [r#"[{"n":"a","ct":"60"}]"#, r#"[{"n":"a","bct":"60"}]"#] {
        let found = FetchPack::new(Format::Json, fetch.as_bytes(), Rules::RFC8428);
        assert_eq!(found.err(), Some(Kind::UnexpectedValue.at(1)));
        let fetch = Pack::decode(Format::Json, fetch.as_bytes()).unwrap();
        let target = Pack::decode(Format::Json, JSON.as_bytes()).unwrap();
        assert!(target.fetch(&fetch, Rules::RFC8428).is_err());
    }
}

#[test]
fn content_formats_are_texts() {
    for pack in [r#"[{"vd":"","ct":60}]"#, r#"[{"vd":"","bct":60}]"#] {
        let at = pack.find("60").unwrap();
        assert_eq!(read(Format::Json, pack.as_bytes()), Err(Kind::WrongType.at(at)));
    }
    let cbor = b"\x81\xa2\x08\x40\x62ct\x18\x3c";
    assert_eq!(read(Format::Cbor, cbor), Err(Kind::WrongType.at(7)));
    let twice = br#"[{"ct":"1","vd":"","ct":"1"}]"#;
    assert_eq!(read(Format::Json, twice), Err(Kind::DuplicateLabel.at(19)));
}
