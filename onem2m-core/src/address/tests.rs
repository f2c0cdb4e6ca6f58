use super::*;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

fn kind_at(kind: AddressErrorKind, offset: usize) -> Option<AddressError> {
    Some(AddressError { kind, offset })
}

fn http(address: &Address<'_>) -> String {
    let mut path = Vec::new();
    address.write_http_path(&mut path).unwrap();
    String::from_utf8(path).unwrap()
}

fn from_segments<'a>(segments: &[&str], buf: &'a mut [u8]) -> Result<Address<'a>, AddressError> {
    Address::from_uri_path(segments.iter().map(|s| s.as_bytes()), buf)
}

#[test]
fn ts_0008_6_2_2_3_and_ts_0009_6_2_2_mapping_examples() {
    let rows: [(&str, &str, &[&str]); 7] = [
        (
            "CSEBase/ae12/cont27/contInst696",
            "/CSEBase/ae12/cont27/contInst696",
            &["CSEBase", "ae12", "cont27", "contInst696"],
        ),
        (
            "/CSE178/CSEBase/ae12/cont27/contInst696",
            "/~/CSE178/CSEBase/ae12/cont27/contInst696",
            &["~", "CSE178", "CSEBase", "ae12", "cont27", "contInst696"],
        ),
        (
            "//mym2msp.org/CSE178/CSEBase/ae12/cont27/contInst696",
            "/_/mym2msp.org/CSE178/CSEBase/ae12/cont27/contInst696",
            &["_", "mym2msp.org", "CSE178", "CSEBase", "ae12", "cont27", "contInst696"],
        ),
        ("cin00856", "/cin00856", &["cin00856"]),
        ("/CSE178/cin00856", "/~/CSE178/cin00856", &["~", "CSE178", "cin00856"]),
        (
            "//mym2msp.org/CSE178/cin00856",
            "/_/mym2msp.org/CSE178/cin00856",
            &["_", "mym2msp.org", "CSE178", "cin00856"],
        ),
        ("/CSE178", "/~/CSE178", &["~", "CSE178"]),
    ];
    for (to, path, segments) in rows {
        let address = Address::parse(to).unwrap();
        assert_eq!(address.to_string(), to);
        assert_eq!(http(&address), path);
        assert_eq!(address.uri_path().collect::<Vec<_>>(), segments);
        assert_eq!(Address::from_http_path(path), Ok(address));
        let mut buf = [0; 80];
        assert_eq!(from_segments(segments, &mut buf), Ok(address));
    }
}

#[test]
fn ts_0001_7_2_forms() {
    let form = |to| Address::parse(to).unwrap().form("base");
    assert_eq!(form("base"), Form::Structured);
    assert_eq!(form("-"), Form::Structured);
    assert_eq!(form("-/HVAC-AE/WaterTemp/sample0098"), Form::Structured);
    assert_eq!(form("/cse/base/ae"), Form::Structured);
    assert_eq!(form("cnt4711"), Form::Unstructured);
    assert_eq!(form("//sp.org/cse/cnt4711"), Form::Unstructured);
    assert_eq!(form("cnt4711/la"), Form::Hybrid);
    assert_eq!(form("/cse"), Form::Cse);
    assert_eq!(form("Base/ae"), Form::Hybrid, "case counts");
}

#[test]
fn ts_0004_6_8_virtual_resources() {
    use VirtualResource::*;
    let rows = [
        ("base/ae/cnt/la", Some((Latest, "base/ae/cnt", ""))),
        ("/cse/cnt1/ol", Some((Oldest, "/cse/cnt1", ""))),
        ("//sp.org/cse/pch1/pcu", Some((PollingChannelUri, "//sp.org/cse/pch1", ""))),
        ("sub1/ntsr", Some((NotificationTargetSelfReference, "sub1", ""))),
        ("grp1/sfop", Some((SemanticFanOutPoint, "grp1", ""))),
        ("ontr1/smv", Some((SemanticValidation, "ontr1", ""))),
        ("smi1/msp", Some((Mashup, "smi1", ""))),
        ("grp1/fopt", Some((FanOutPoint, "grp1", ""))),
        ("grp1/fopt/cnt/la", Some((FanOutPoint, "grp1", "cnt/la"))),
        ("grp1/fopt/grp2/fopt/x", Some((FanOutPoint, "grp1", "grp2/fopt/x"))),
        // In first place they are identifiers, in the middle names, and names tell case.
        ("la", None),
        ("fopt", None),
        ("/cse/la", None),
        ("la/la", Some((Latest, "la", ""))),
        ("base/la/cnt", None),
        ("base/cnt/LA", None),
        ("/la", None),
    ];
    for (to, expected) in rows {
        let found = Address::parse(to).unwrap().virtual_target();
        let found = found.map(|v| (v.resource, v.parent.to_string(), v.suffix));
        let expected = expected.map(|(r, p, s)| (r, p.to_string(), s));
        assert_eq!(found, expected, "{to}");
    }
}

#[test]
fn ts_0004_6_2_4_attribute_behind_a_number_sign() {
    let address = Address::parse("/cse/base/ae#rr").unwrap();
    assert_eq!((address.path(), address.attribute()), ("base/ae", Some("rr")));
    assert_eq!(address.to_string(), "/cse/base/ae#rr");
    assert_eq!(address.encoded_len(), 15);
    assert_eq!(http(&address), "/~/cse/base/ae");
    assert_eq!(address.relative_to("sp", "cse").to_string(), "base/ae#rr");
    assert_eq!(address.to_absolute("sp", "cse").unwrap().to_string(), "//sp/cse/base/ae#rr");
}

#[test]
fn what_is_no_address() {
    use AddressErrorKind::*;
    let rows = [
        ("", Empty, 0),
        ("#rr", Empty, 0),
        ("/", MissingCse, 1),
        ("//", MissingCse, 2),
        ("///", Provider, 2),
        ("///cse/x", Provider, 2),
        ("//sp.org", MissingCse, 8),
        ("//sp.org/", MissingCse, 9),
        ("//sp.org//x", MissingCse, 9),
        ("//sp..org/cse", Provider, 5),
        ("//-sp.org/cse", Provider, 2),
        ("//sp_.org/cse", Provider, 2),
        ("//sp.org:8080/cse", Provider, 5),
        ("/cse/", EmptySegment, 5),
        ("/cse//x", EmptySegment, 5),
        ("base/", EmptySegment, 5),
        ("base//ae", EmptySegment, 5),
        ("base/a b", Character, 6),
        ("base/a%20b", Character, 6),
        ("base/%2e%2e/x", Character, 5),
        ("base?rcn=4", Character, 4),
        ("base/\u{e4}", Character, 5),
        ("base/\0", Character, 5),
        ("base\\ae", Character, 4),
        ("http://host/base", Character, 4),
        (".", DotSegment, 0),
        ("base/..", DotSegment, 5),
        ("/../x", DotSegment, 1),
        ("/cse/./x", DotSegment, 5),
        ("~/cse/x", ReservedSegment, 0),
        ("/~/cse/x", ReservedSegment, 1),
        ("/_/sp.org/cse/x", ReservedSegment, 1),
        ("/cse/_/x", ReservedSegment, 5),
        ("base#", Attribute, 5),
        ("base#r/r", Attribute, 6),
        ("base#a#b", Attribute, 6),
    ];
    for (to, kind, offset) in rows {
        assert_eq!(Address::parse(to).err(), kind_at(kind, offset), "{to:?}");
    }
}

#[test]
fn what_is_no_path_of_a_request() {
    use AddressErrorKind::*;
    let rows = [
        ("", Empty, 0),
        ("/", Empty, 1),
        ("base", Character, 0),
        ("//cse/x", EmptySegment, 1),
        ("/~", ReservedSegment, 1),
        ("/~/", MissingCse, 3),
        ("/~//x", MissingCse, 3),
        ("/~/~/x", ReservedSegment, 3),
        ("/_/", MissingCse, 3),
        ("/_/sp.org", MissingCse, 9),
        ("/_/sp.org/", MissingCse, 10),
        ("/base/", EmptySegment, 6),
        ("/base#rr", Character, 5),
        ("/base?rcn=1", Character, 5),
        ("/base/../secret", DotSegment, 6),
    ];
    for (path, kind, offset) in rows {
        assert_eq!(Address::from_http_path(path).err(), kind_at(kind, offset), "{path:?}");
    }
}

#[test]
fn what_is_no_uri_path() {
    use AddressErrorKind::*;
    let mut buf = [0; 16];
    assert_eq!(from_segments(&[], &mut buf).err(), kind_at(Empty, 0));
    // A slash inside an option value must not become one between segments.
    assert_eq!(from_segments(&["base", "a/b"], &mut buf).err(), kind_at(Character, 7));
    assert_eq!(from_segments(&["base", ""], &mut buf).err(), kind_at(EmptySegment, 6));
    assert_eq!(from_segments(&[""], &mut buf).err(), kind_at(EmptySegment, 1));
    assert_eq!(from_segments(&["~"], &mut buf).err(), kind_at(ReservedSegment, 1));
    assert_eq!(from_segments(&["base", ".."], &mut buf).err(), kind_at(DotSegment, 6));
    let high: [&[u8]; 1] = [&[0xff]];
    assert_eq!(Address::from_uri_path(high, &mut buf).err(), kind_at(Character, 1));
    assert_eq!(from_segments(&["12345678", "1234567"], &mut buf).err(), kind_at(BufferTooSmall, 9));
    assert!(from_segments(&["12345678", "123456"], &mut buf).is_ok(), "exactly 16");
}

#[test]
fn scopes_narrow_and_widen() {
    let narrow = |to| Address::parse(to).unwrap().relative_to("sp.org", "cse").to_string();
    assert_eq!(narrow("//sp.org/cse/base/ae"), "base/ae");
    assert_eq!(narrow("//sp.org/other/base"), "/other/base");
    assert_eq!(narrow("//else.org/cse/base"), "//else.org/cse/base");
    assert_eq!(narrow("//sp.org/cse"), "/cse", "the CSE itself");
    assert_eq!(narrow("base"), "base");
    let wide = |to| Address::parse(to).unwrap().to_absolute("sp.org", "cse").unwrap().to_string();
    assert_eq!(wide("base"), "//sp.org/cse/base");
    assert_eq!(wide("/other"), "//sp.org/other");
    assert_eq!(wide("//else.org/x"), "//else.org/x");
    let base = Address::parse("base").unwrap();
    assert_eq!(base.to_sp_relative("cse").unwrap().to_string(), "/cse/base");
    assert_eq!(base.to_sp_relative("a/b").err(), kind_at(AddressErrorKind::Character, 1));
    assert_eq!(base.to_absolute("a b", "cse").err(), kind_at(AddressErrorKind::Provider, 0));
    assert_eq!(Address::parse("a/b/c").unwrap().parent().unwrap().to_string(), "a/b");
    assert_eq!(base.parent(), None);
}

#[test]
fn ts_0001_7_2_originators() {
    let ae = |scope, stem| Originator::Ae(AeId::new(scope, stem).unwrap());
    let entity = |sp, id| Originator::Entity(EntityId::new(sp, id).unwrap());
    let (sp, cse) = ("sp.org", "cse2");
    let rows = [
        ("", Originator::Registering(None)),
        ("C", Originator::Registering(Some(StemType::C))),
        ("S", Originator::Registering(Some(StemType::S))),
        ("C190XX7T", ae(Scope::CseRelative, "C190XX7T")),
        ("S190XX7T", ae(Scope::CseRelative, "S190XX7T")),
        ("/cse2/C3532ea3", ae(Scope::SpRelative { cse }, "C3532ea3")),
        ("//sp.org/cse2/C3532ea3", ae(Scope::Absolute { sp, cse }, "C3532ea3")),
        ("/CSE090112", entity(None, "CSE090112")),
        ("/S190XX7T", entity(None, "S190XX7T")),
        ("//sp.org/S563423", entity(Some(sp), "S563423")),
        ("//sp.org/cse1", entity(Some(sp), "cse1")),
    ];
    for (text, originator) in rows {
        assert_eq!(Originator::parse(text), Ok(originator), "{text:?}");
        assert_eq!(originator.to_string(), text);
    }
    let may_be_ae = |text| match Originator::parse(text).unwrap() {
        Originator::Entity(entity) => entity.may_be_ae(),
        other => unreachable!("{other:?}"),
    };
    assert!(may_be_ae("/S190XX7T"));
    assert!(!may_be_ae("/S"), "a stem has more than its letter");
    assert!(!may_be_ae("/cse"));
}

#[test]
fn what_is_no_originator() {
    use AddressErrorKind::*;
    let rows = [
        ("abc", Stem, 0),
        ("c123", Stem, 0),
        ("C 1", Character, 1),
        ("C1/x", Character, 2),
        ("*", Character, 0),
        ("/", MissingCse, 1),
        ("//", MissingCse, 2),
        ("//sp.org", MissingCse, 8),
        ("//sp.org/", MissingCse, 9),
        ("/cse/", EmptySegment, 5),
        ("/cse/C", Stem, 5),
        ("/cse/abc", Stem, 5),
        ("/cse/C1/x", TooManySegments, 7),
        ("//sp.org/cse/C1/", TooManySegments, 15),
        ("/~/C1", ReservedSegment, 1),
        ("//s p/C1", Provider, 2),
        ("..", DotSegment, 0),
    ];
    for (text, kind, offset) in rows {
        assert_eq!(Originator::parse(text).err(), kind_at(kind, offset), "{text:?}");
    }
}

#[test]
fn originators_compare_when_narrowed() {
    let narrow = |text| Originator::parse(text).unwrap().relative_to("sp.org", "cse").to_string();
    for text in ["C1", "/cse/C1", "//sp.org/cse/C1"] {
        assert_eq!(narrow(text), "C1");
    }
    assert_eq!(narrow("//sp.org/other/C1"), "/other/C1");
    assert_eq!(narrow("//sp.org/cse"), "/cse");
    assert_eq!(narrow("//else.org/cse"), "//else.org/cse");
    assert_eq!(narrow(""), "");
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9][A-Za-z0-9._~-]{0,8}", Just(String::from("la")), Just("fopt".into())]
}

fn address_text() -> impl Strategy<Value = String> {
    let path = proptest::collection::vec(segment(), 1..6).prop_map(|s| s.join("/")).boxed();
    let sp = "[a-z][a-z0-9]{0,5}(\\.[a-z]{1,4}){0,2}";
    prop_oneof![
        path.clone(),
        (segment(), proptest::option::of(path.clone()))
            .prop_map(|(cse, p)| p.map_or(std::format!("/{cse}"), |p| std::format!("/{cse}/{p}"))),
        (sp, segment(), path).prop_map(|(sp, cse, p)| std::format!("//{sp}/{cse}/{p}")),
    ]
}

proptest! {
    #[test]
    fn addresses_round_trip_in_every_binding(text in address_text()) {
        let address = Address::parse(&text).unwrap();
        prop_assert_eq!(address.to_string(), text.as_str());
        prop_assert_eq!(address.encoded_len(), text.len());
        prop_assert_eq!(Address::new(address.scope(), address.path()), Ok(address));
        let path = http(&address);
        prop_assert_eq!(Address::from_http_path(&path), Ok(address));
        let segments: Vec<&str> = address.uri_path().collect();
        let mut buf = std::vec![0; path.len()];
        prop_assert_eq!(from_segments(&segments, &mut buf), Ok(address));
        let mut short = std::vec![0; path.len() - 1];
        let short = from_segments(&segments, &mut short).map_err(|e| e.kind);
        prop_assert_eq!(short, Err(AddressErrorKind::BufferTooSmall));
    }

    #[test]
    fn widening_and_narrowing_are_inverse(text in address_text()) {
        let address = Address::parse(&text).unwrap();
        let shortest = address.relative_to("home.org", "home");
        let wide = shortest.to_absolute("home.org", "home").unwrap();
        prop_assert!(matches!(wide.scope(), Scope::Absolute { .. }), "absolute");
        prop_assert_eq!(wide.relative_to("home.org", "home"), shortest);
    }

    #[test]
    fn a_virtual_target_is_its_parts(text in address_text()) {
        let address = Address::parse(&text).unwrap();
        if let Some(target) = address.virtual_target() {
            let mut parts = std::format!("{}/{}", target.parent, target.resource.name());
            if !target.suffix.is_empty() {
                parts = std::format!("{parts}/{}", target.suffix);
            }
            prop_assert_eq!(parts, text);
        }
    }

    #[test]
    fn any_text_is_read_back_or_refused_inside_itself(text in "(//?)?[a-zA-Z~_.#/ -]{0,12}|\\PC{0,12}") {
        match Address::parse(&text) {
            Ok(address) => prop_assert_eq!(address.to_string(), text.as_str()),
            Err(e) => prop_assert!(e.offset <= text.len()),
        }
        match Originator::parse(&text) {
            Ok(originator) => prop_assert_eq!(originator.to_string(), text.as_str()),
            Err(e) => prop_assert!(e.offset <= text.len()),
        }
        match Address::from_http_path(&text) {
            Ok(address) => prop_assert_eq!(http(&address), text.as_str()),
            Err(e) => prop_assert!(e.offset <= text.len()),
        }
    }

    #[test]
    fn any_options_are_read_back_or_refused(
        segments in proptest::collection::vec("[a-c~_/.]{0,3}", 0..5),
        room in 0usize..24,
    ) {
        let mut buf = std::vec![0; room];
        let refs: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let Ok(address) = from_segments(&refs, &mut buf) {
            prop_assert_eq!(address.uri_path().collect::<Vec<_>>(), refs);
        }
    }
}
