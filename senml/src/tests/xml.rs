//! XML: the examples of RFC 8428, what is refused and where, and agreement with quick-xml.

use super::generate::*;
use super::*;
use crate::DecodeErrorKind as Kind;
use m2m_base::Counter;
use proptest::prelude::*;
use quick_xml::events::Event;

/// The example of section 7, which is the second one of section 5.1.2.
const SECTION_7: &str = r#"<sensml xmlns="urn:ietf:params:xml:ns:senml">
  <senml bn="urn:dev:ow:10e2073a0108006:" bt="1.276020076001e+09"
  bu="A" bver="5" n="voltage" u="V" v="120.1"></senml>
  <senml n="current" t="-5" v="1.2"></senml>
  <senml n="current" t="-4" v="1.3"></senml>
  <senml n="current" t="-3" v="1.4"></senml>
  <senml n="current" t="-2" v="1.5"></senml>
  <senml n="current" t="-1" v="1.6"></senml>
  <senml n="current" v="1.7"></senml>
</sensml>
"#;

#[test]
fn rfc8428_section_7_is_section_5_1_2_in_xml() {
    let json = r#"[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,
        "n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2},
        {"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},
        {"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]"#;
    let from_xml = Pack::decode(Format::Xml, SECTION_7.as_bytes()).unwrap();
    assert_eq!(from_xml, Pack::decode(Format::Json, json.as_bytes()).unwrap());
    let shown = resolve(Format::Xml, SECTION_7.as_bytes(), Rules::RFC8428).unwrap();
    assert_eq!(shown[0], "urn:dev:ow:10e2073a0108006:voltage 120.1 [V] @1276020076.001 bver 5");
    assert_eq!(shown[6], "urn:dev:ow:10e2073a0108006:current 1.7 [A] @1276020076.001 bver 5");
}

#[test]
fn rfc8428_section_8_the_documents_that_are_compressed_there() {
    let two = r#"<sensml xmlns="urn:ietf:params:xml:ns:senml">
  <senml bn="urn:dev:ow:10e2073a01080063:" n="voltage" u="V"
  v="120.1"></senml>
  <senml n="current" u="A" v="1.2"></senml>
</sensml>
"#;
    assert_eq!(
        resolve(Format::Xml, two.as_bytes(), Rules::RFC8428).unwrap(),
        [
            "urn:dev:ow:10e2073a01080063:voltage 120.1 [V]",
            "urn:dev:ow:10e2073a01080063:current 1.2 [A]"
        ]
    );
    let one = r#"<sensml xmlns="urn:ietf:params:xml:ns:senml">
  <senml n="urn:dev:ow:10e2073a01080063" u="Cel" v="23.1"></senml>
</sensml>
"#;
    let shown = resolve(Format::Xml, one.as_bytes(), Rules::RFC8428).unwrap();
    assert_eq!(shown, ["urn:dev:ow:10e2073a01080063 23.1 [Cel]"]);
}

#[test]
fn rfc8428_section_7_every_field() {
    let record = Record {
        base: Some(Base {
            name: Some("a<b>&\"c'".into()),
            time: Some(1.into()),
            unit: Some("\t\r\n".into()),
            value: Some(2.into()),
            sum: Some(Number::from_decimal(-35, -1).unwrap()),
            version: Some(10),
            content_format: Some("60".into()),
        }),
        name: Some("é€😀".into()),
        unit: Some("".into()),
        value: Some(true.into()),
        sum: Some(u64::MAX.into()),
        time: Some((-1).into()),
        update_time: Some(60.into()),
        content_format: Some("a/b".into()),
    };
    let out = write(Format::Xml, &[record, Record::default().with_value(&b"hi \n"[..])]);
    let expected = "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bn=\"a&lt;b>&amp;&quot;c'\" \
        bt=\"1\" bu=\"&#9;&#13;&#10;\" bv=\"2\" bs=\"-3.5\" bver=\"10\" bct=\"60\" n=\"é€😀\" u=\"\" t=\"-1\" \
        ut=\"60\" ct=\"a/b\" vb=\"true\" s=\"18446744073709551615\"/><senml vd=\"aGkgCg\"/></sensml>";
    assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
    assert_eq!(read(Format::Xml, &out).unwrap()[0], record);
}

/// The records in a document that begins so.
fn inside(records: &str) -> String {
    format!("<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">{records}</sensml>")
}

#[test]
fn other_spellings_of_xml() {
    let expected = ["a 1", "b Boolean(true)"];
    for document in [
        inside("<senml n='a' v = \"1\" /><senml vb=\"1\" n=\"b\"></senml >"),
        inside("<!-- c - d --><senml n=\"&#97;\" v=\" +01. \"><?p x?></senml>\n<senml n=\"&#x62;\" vb=\" true\"/>"),
        format!("\u{feff}<?xml version=\"1.0\" encoding='UTF-8' standalone=\"yes\"?>\n{}\n<!---->",
            inside("<senml n=\"a\" v=\"10e-1\" x=\"\" xml:lang=\"en\"/><senml n=\"b\" vb=\"true\"/>")),
        "<s:sensml xmlns:s=\"urn:ietf:params:xml:ns:senml\" xmlns=\"other\"><s:senml n=\"a\" v=\"1\"/>\
            <s:senml n=\"b\" vb=\"true\"></s:senml></s:sensml>".to_string(),
    ] {
        let shown = resolve(Format::Xml, document.as_bytes(), Rules::RFC8428);
        assert_eq!(shown.as_deref(), Ok(&expected.map(String::from)[..]), "{document}");
    }
    // White space in an attribute is blank, unless it is a reference (XML 1.0 section 3.3.3).
    let document = inside("<senml n=\"a\" vs=\"1\t2\r\n3\n&#10;4\"/>");
    let read = read(Format::Xml, document.as_bytes()).unwrap();
    assert_eq!(read[0].value, Some(Value::from("1 2 3 \n4")));
    assert_eq!(Pack::decode(Format::Xml, inside("").as_bytes()), Ok(Pack::default()));
    let empty = "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"/>";
    assert_eq!(Pack::decode(Format::Xml, empty.as_bytes()), Ok(Pack::default()));
}

#[test]
fn what_is_wrong_and_where() {
    let head = inside("").find("></").unwrap() + 1;
    for (records, kind, offset) in [
        ("<senml n=\"a\" v=\"x\"/>", Kind::Malformed, 16),
        ("<senml n=\"a\" v=\"\"/>", Kind::Malformed, 16),
        ("<senml n=\"a\" v=\"1 2\"/>", Kind::Malformed, 17),
        ("<senml n=\"a\" v=\"NaN\"/>", Kind::NotFinite, 16),
        ("<senml n=\"a\" v=\"-INF\"/>", Kind::NotFinite, 16),
        ("<senml n=\"a\" v=\"1e400\"/>", Kind::NumberRange, 16),
        ("<senml n=\"a\" bver=\"1.5\"/>", Kind::WrongType, 19),
        ("<senml n=\"a\" vb=\"yes\"/>", Kind::WrongType, 17),
        ("<senml n=\"a\" vd=\"?\"/>", Kind::InvalidBase64, 17),
        ("<senml n=\"a\" n=\"b\"/>", Kind::DuplicateLabel, 13),
        ("<senml v=\"1\" vs=\"b\"/>", Kind::SeveralValues, 13),
        ("<senml must_=\"1\"/>", Kind::UnsupportedField, 7),
        ("<senml n=\"a&b;\"/>", Kind::InvalidString, 11),
        ("<senml n=\"a&#0;\"/>", Kind::InvalidString, 11),
        ("<senml n=\"a&#xd800;\"/>", Kind::InvalidString, 11),
        ("<senml n=\"a&#xfffe;\"/>", Kind::InvalidString, 11),
        ("<senml n=\"a\u{1}\"/>", Kind::InvalidString, 11),
        ("<senml n=\"\u{ffff}\"/>", Kind::InvalidString, 10),
        ("<senml n=\"<\"/>", Kind::Malformed, 10),
        ("<senml n=a/>", Kind::Malformed, 9),
        ("<senml n=\"a\"v=\"1\"/>", Kind::Malformed, 12),
        ("<senml n/>", Kind::Malformed, 8),
        ("<senml/ >", Kind::Malformed, 7),
        ("<senml>text</senml>", Kind::Malformed, 7),
        ("<senml><senml/></senml>", Kind::WrongType, 8),
        ("<senml></sensml>", Kind::Malformed, 9),
        ("<record/>", Kind::WrongType, 1),
        ("<x:senml/>", Kind::WrongType, 1),
        ("<senml xmlns=\"other\"/>", Kind::WrongType, 7),
        ("<![CDATA[ ]]>", Kind::Malformed, 2),
        ("<!DOCTYPE x>", Kind::DocumentType, 0),
        ("<!-- -- -->", Kind::Malformed, 7),
        ("<?xml version=\"1.0\"?>", Kind::Malformed, 2),
        ("<:senml/>", Kind::Malformed, 1),
        ("<1/>", Kind::Malformed, 1),
        ("text", Kind::Malformed, 0),
    ] {
        let document = inside(records);
        let error = Pack::decode(Format::Xml, document.as_bytes()).unwrap_err();
        assert_eq!(error, kind.at(head + offset), "{records}");
    }
    for (document, kind, offset) in [
        ("", Kind::UnexpectedEnd, 0),
        ("<sensml/>", Kind::WrongType, 1),
        ("<sensml xmlns=\"urn:ietf:params:xml:ns:sensml\"/>", Kind::WrongType, 8),
        ("<senml xmlns=\"urn:ietf:params:xml:ns:senml\"/>", Kind::WrongType, 1),
        ("<?xml version=\"1.0\" encoding=\"latin1\"?>", Kind::InvalidUtf8, 29),
        ("<?xml version=\"1.1\"?>", Kind::Malformed, 14),
        (" <?xml version=\"1.0\"?>", Kind::Malformed, 3),
        ("<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"/><a/>", Kind::TrailingBytes, 46),
        ("<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"/> a", Kind::TrailingBytes, 47),
        ("</sensml>", Kind::Malformed, 0),
    ] {
        let error = Pack::decode(Format::Xml, document.as_bytes()).unwrap_err();
        assert_eq!(error, kind.at(offset), "{document}");
    }
    let error = Pack::decode(
        Format::Xml,
        b"<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml n=\"a\xff\"/>",
    );
    assert_eq!(error, Err(Kind::InvalidUtf8.at(56)));
}

#[test]
fn entities_cannot_be_defined() {
    // Ten times ten times ten ...: refused at its first byte, before anything is expanded.
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
        <sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml n=\"&b;\" v=\"1\"/></sensml>";
    let error = Pack::decode(Format::Xml, bomb.as_bytes()).unwrap_err();
    assert_eq!(error, Kind::DocumentType.at(22));
    let external = "<!DOCTYPE sensml SYSTEM \"file:///etc/passwd\"><sensml/>";
    assert_eq!(Pack::decode(Format::Xml, external.as_bytes()), Err(Kind::DocumentType.at(0)));
}

#[test]
fn what_xml_cannot_carry_is_an_error_of_the_writer() {
    for value in [Value::Null, Value::from("\u{0}"), Value::from("\u{ffff}"), Value::from("\u{b}")]
    {
        let mut out = Vec::new();
        let mut writer = Writer::new(Format::Xml, &mut out, None).unwrap();
        let record = Record::named("a").with_value(value);
        assert_eq!(writer.record(&record), Err(WriteError::Unrepresentable));
    }
}

/// What XML can carry of a pack.
fn xml_pack(pack: &Pack) -> Pack {
    let clean = |text: &mut String| {
        *text = text
            .chars()
            .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect();
    };
    let mut pack = pack.clone();
    for record in &mut pack.records {
        for text in [
            &mut record.base_name,
            &mut record.base_unit,
            &mut record.base_content_format,
            &mut record.name,
            &mut record.unit,
            &mut record.content_format,
        ] {
            text.as_mut().map(clean);
        }
        match &mut record.value {
            Some(OwnedValue::Text(text)) => clean(text),
            Some(value @ OwnedValue::Null) => *value = OwnedValue::Boolean(false),
            _ => {}
        }
    }
    pack
}

/// A pack in XML as our writer would not write it.
pub(super) fn spell_xml(pack: &Pack, spelling: Spelling) -> Vec<u8> {
    let plain = String::from_utf8(xml_pack(pack).encode(Format::Xml).unwrap()).unwrap();
    // A quote is in no text.
    let mut out = plain;
    if spelling.loose {
        // Texts may have what looks like the end of an element.
        let outside =
            |part: &str| part.replace("<senml/>", "<senml></senml>").replace("/>", " ></senml >");
        let parts = out.split('"').enumerate();
        let parts = parts.map(|(n, part)| if n % 2 == 0 { outside(part) } else { part.into() });
        out = parts.collect::<Vec<_>>().join("\"");
        out = out.replace("<senml", "\n <!-- -> - --><?pi ?><senml\t").replace("&quot;", "&#034;");
        out = format!("<?xml version='1.0'?>\n{out} <!---->\n");
    }
    if spelling.split.is_some() {
        out = out
            .replace('e', "&#x65;")
            .replace("s&#x65;nml", "senml")
            .replace("s&#x65;nsml", "sensml");
        out = out.replace("bv&#x65;r", "bver").replace("v&#x65;rsion", "version");
        out = out.replace("urn:ietf", "urn:i&#101;tf");
    }
    out.into_bytes()
}

/// The attributes of records as quick-xml sees them; `None` if it finds an error.
fn by_quick_xml(bytes: &[u8]) -> Option<Vec<Vec<(String, String)>>> {
    let mut reader = quick_xml::Reader::from_str(core::str::from_utf8(bytes).ok()?);
    let mut records = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "senml" => {
                let mut fields = Vec::new();
                for attribute in tag.attributes() {
                    let attribute = attribute.ok()?;
                    let name = attribute.key.as_ref().to_string();
                    let value =
                        attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok()?;
                    fields.push((name, value.into_owned()));
                }
                records.push(fields);
            }
            Event::Eof => return Some(records),
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn xml_reads_what_it_wrote(pack in pack(canonical_number)) {
        let pack = xml_pack(&pack);
        let bytes = pack.encode(Format::Xml).unwrap();
        prop_assert_eq!(&Pack::decode(Format::Xml, &bytes).unwrap(), &pack);
        let mut counter = Counter::new();
        let mut writer = Writer::new(Format::Xml, &mut counter, None).unwrap();
        pack.records.iter().for_each(|record| writer.record(&record.into()).unwrap());
        writer.finish().unwrap();
        prop_assert_eq!(counter.len(), bytes.len());
    }

    #[test]
    fn json_to_cbor_to_xml_to_json_is_the_same(pack in pack(exact_number)) {
        let pack = xml_pack(&pack);
        let json = pack.encode(Format::Json).unwrap();
        let mut cbor = Vec::new();
        let mut writer = crate::cbor::Writer::indefinite(&mut cbor)
            .unwrap()
            .with_fractions(crate::cbor::Fractions::Decimal);
        for record in Pack::decode(Format::Json, &json).unwrap().records {
            writer.record(&(&record).into()).unwrap();
        }
        writer.finish().unwrap();
        let xml = Pack::decode(Format::Cbor, &cbor).unwrap().encode(Format::Xml).unwrap();
        let back = Pack::decode(Format::Xml, &xml).unwrap().encode(Format::Json).unwrap();
        prop_assert_eq!(String::from_utf8(back), String::from_utf8(json.clone()));
        for rules in [Rules::RFC8428, Rules::LWM2M] {
            prop_assert_eq!(
                resolve(Format::Xml, &xml, rules).map_err(|e| e.kind),
                resolve(Format::Json, &json, rules).map_err(|e| e.kind)
            );
        }
    }

    #[test]
    fn quick_xml_reads_the_same(pack in pack(exact_number), spelling in spelling()) {
        let bytes = spell_xml(&pack, spelling);
        let ours = Pack::decode(Format::Xml, &bytes).unwrap();
        let theirs = by_quick_xml(&bytes).unwrap();
        prop_assert_eq!(ours.records.len(), theirs.len());
        for (ours, theirs) in ours.records.iter().zip(theirs) {
            let mut found = OwnedRecord::default();
            for (name, value) in theirs {
                match name.as_str() {
                    "bn" => found.base_name = Some(value),
                    "bu" => found.base_unit = Some(value),
                    "bct" => found.base_content_format = Some(value),
                    "ct" => found.content_format = Some(value),
                    "n" => found.name = Some(value),
                    "u" => found.unit = Some(value),
                    "vs" => found.value = Some(OwnedValue::Text(value)),
                    _ => {}
                }
            }
            prop_assert_eq!(&found.base_name, &ours.base_name);
            prop_assert_eq!(&found.base_unit, &ours.base_unit);
            prop_assert_eq!(&found.base_content_format, &ours.base_content_format);
            prop_assert_eq!(&found.content_format, &ours.content_format);
            prop_assert_eq!(&found.name, &ours.name);
            prop_assert_eq!(&found.unit, &ours.unit);
            if let Some(OwnedValue::Text(_)) = ours.value {
                prop_assert_eq!(&found.value, &ours.value);
            }
        }
    }

    #[test]
    fn what_is_cut_short_is_an_unexpected_end(pack in pack(exact_number), spelling in spelling()) {
        let bytes = spell_xml(&pack, spelling);
        let end = bytes.windows(9).rposition(|w| w.starts_with(b"</sensml>")).unwrap() + 9;
        for len in 0..end {
            let error = read(Format::Xml, &bytes[..len]).unwrap_err();
            prop_assert_eq!(error.kind, Kind::UnexpectedEnd, "{} {:?}", len, core::str::from_utf8(&bytes));
        }
    }

    #[test]
    fn changed_documents_are_refused_or_mean_something(
        pack in pack(exact_number),
        spelling in spelling(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = spell_xml(&pack, spelling);
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let _ = Reader::resolved(Format::Xml, &bytes, Rules::RFC8428).count();
        if let Ok(read) = Pack::decode(Format::Xml, &bytes) {
            // What was accepted is well formed, can be written, and then reads as the same.
            prop_assert!(by_quick_xml(&bytes).is_some());
            let again = read.encode(Format::Xml).unwrap();
            prop_assert_eq!(Pack::decode(Format::Xml, &again).unwrap().encode(Format::Xml).unwrap(), again);
        }
    }

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = Reader::new(Format::Xml, &bytes);
        prop_assert!(reader.by_ref().count() <= bytes.len() + 1);
        prop_assert!(reader.next().is_none());
    }
}
