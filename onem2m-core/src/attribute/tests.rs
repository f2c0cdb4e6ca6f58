use super::*;
use crate::ReleaseVersion;
use crate::json::{Raw, normalize};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const LIMITS: Limits =
    Limits { text_bytes: 200, name_bytes: 40, content_bytes: 300, list_elements: 20, depth: 8 };

/// A value of the type.
fn good(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Token | Kind::Uri | Kind::Id | Kind::Name | Kind::NcName => {
            "\"x\"".into()
        }
        Kind::Boolean => "true".into(),
        Kind::Unsigned | Kind::UnsignedInt | Kind::Positive | Kind::Integer => "7".into(),
        Kind::Float => "1.5".into(),
        Kind::Timestamp | Kind::AbsRelTimestamp => "\"20261121T120000\"".into(),
        Kind::Duration => "\"PT1M\"".into(),
        Kind::Base64 => "\"AAA=\"".into(),
        Kind::Schedule => "\"* * * * * * *\"".into(),
        Kind::Imsi => "\"262011234567890\"".into(),
        Kind::Iccid => "\"8949226000000000000\"".into(),
        Kind::Ipv4 => "\"192.0.2.1\"".into(),
        Kind::Ipv6 => "\"2001:db8::1\"".into(),
        Kind::Coordinates => "[1.5,2]".into(),
        Kind::ResourceType => "3".into(),
        Kind::Any => "{\"any\":[1]}".into(),
        Kind::Object => "{\"any\":[1]}".into(),
        Kind::Enumeration(e) => e.ranges[0].start().to_string(),
        Kind::Complex(complex) => object(complex),
        Kind::List(element) | Kind::NonEmptyList(element) => format!("[{}]", good(*element)),
    }
}

fn object(complex: &Complex) -> String {
    let mut chosen = false;
    let members: Vec<String> = complex
        .members
        .iter()
        .filter(|m| {
            let choice = m.cardinality == Cardinality::Choice;
            let first = choice && !chosen;
            chosen |= choice;
            !choice || first
        })
        .map(|m| format!("\"{}\":{}", m.short, good(m.kind)))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Values that are wrong, and how.
fn bad(kind: Kind) -> Vec<(String, Fault)> {
    use Fault::*;
    let long = format!("\"{}\"", "x".repeat(201));
    let row = |text: &str, fault| (String::from(text), fault);
    let number = |wanted| {
        std::vec![
            row("\"7\"", WrongType(wanted)),
            row("1.5", WrongType(wanted)),
            row("[]", WrongType(wanted)),
            row("18446744073709551616", OutOfRange(wanted)),
        ]
    };
    let text = |wanted, value: &str| {
        std::vec![
            row("7", WrongType(wanted)),
            row("{}", WrongType(wanted)),
            (long.clone(), TooLong),
            row(value, BadValue(wanted)),
        ]
    };
    match kind {
        Kind::Text => {
            let mut rows = text(Wanted::Text, "");
            rows.pop();
            rows
        }
        Kind::Token => text(Wanted::Token, "\" x\""),
        Kind::Uri => text(Wanted::Uri, "\"a b\""),
        Kind::Id => text(Wanted::Id, "\"\""),
        Kind::Name => text(Wanted::Name, "\"a/b\""),
        Kind::NcName => text(Wanted::NcName, "\"1a\""),
        Kind::Timestamp => text(Wanted::Timestamp, "\"20261301T000000\""),
        Kind::AbsRelTimestamp => text(Wanted::AbsRelTimestamp, "\"soon\""),
        Kind::Duration => text(Wanted::Duration, "\"1h\""),
        Kind::Base64 => text(Wanted::Base64, "\"AAA\""),
        Kind::Schedule => text(Wanted::Schedule, "\"* *\""),
        Kind::Imsi => text(Wanted::Identity, "\"12a\""),
        Kind::Iccid => text(Wanted::Identity, "\"12\""),
        Kind::Ipv4 => text(Wanted::IpAddress, "\"256.0.0.1\""),
        Kind::Ipv6 => text(Wanted::IpAddress, "\"192.0.2.1\""),
        Kind::Boolean => {
            std::vec![
                row("1", WrongType(Wanted::Boolean)),
                row("\"true\"", WrongType(Wanted::Boolean))
            ]
        }
        Kind::Unsigned => number(Wanted::Unsigned),
        Kind::UnsignedInt => {
            let mut rows = number(Wanted::Unsigned);
            rows.push(row("4294967296", OutOfRange(Wanted::Unsigned)));
            rows
        }
        Kind::Positive => {
            let mut rows = number(Wanted::Positive);
            rows.push(row("0", OutOfRange(Wanted::Positive)));
            rows.push(row("-1", OutOfRange(Wanted::Positive)));
            rows
        }
        Kind::Integer => number(Wanted::Integer),
        Kind::Float => std::vec![row("\"1.5\"", WrongType(Wanted::Float))],
        Kind::ResourceType => {
            let mut rows = number(Wanted::ResourceType);
            rows.push(row("33", OutOfRange(Wanted::ResourceType)));
            rows
        }
        Kind::Enumeration(_) => {
            let mut rows = number(Wanted::Enumeration);
            rows.push(row("99999", OutOfRange(Wanted::Enumeration)));
            rows
        }
        Kind::Coordinates => std::vec![
            row("7", WrongType(Wanted::Coordinates)),
            row("[\"x\"]", BadValue(Wanted::Coordinates)),
            (format!("{}{}", "[".repeat(9), "]".repeat(9)), TooDeep),
        ],
        Kind::Any => std::vec![
            (format!("{}{}", "[".repeat(9), "]".repeat(9)), TooDeep),
            (format!("\"{}\"", "x".repeat(301)), TooLong),
        ],
        Kind::Object => std::vec![
            row("[]", WrongType(Wanted::Object)),
            (format!("{{\"a\":{}{}}}", "[".repeat(8), "]".repeat(8)), TooDeep),
        ],
        Kind::Complex(complex) => {
            let mut rows = std::vec![row("[]", WrongType(Wanted::Object))];
            if complex.members.iter().any(|m| m.cardinality == Cardinality::Choice) {
                rows.push(row("{}", BadValue(Wanted::Choice)));
            }
            rows
        }
        Kind::List(element) | Kind::NonEmptyList(element) => {
            let many = std::vec![good(*element); 21].join(",");
            let mut rows =
                std::vec![row("7", WrongType(Wanted::List)), (format!("[{many}]"), TooLong),];
            if matches!(kind, Kind::NonEmptyList(_)) {
                rows.push(row("[]", EmptyList));
            }
            rows
        }
    }
}

/// Faults inside a value: member path, value, fault.
fn inner(kind: Kind) -> Vec<(String, String, Fault)> {
    match kind {
        Kind::Complex(complex) => {
            let whole = object(complex);
            let mut rows = std::vec![(
                "nope".to_string(),
                if whole == "{}" {
                    r#"{"nope":1}"#.into()
                } else {
                    whole.replacen('{', r#"{"nope":1,"#, 1)
                },
                Fault::Unknown,
            )];
            for member in complex.members {
                let own = format!("\"{}\":{}", member.short, good(member.kind));
                if !whole.contains(&own) {
                    continue;
                }
                let without = |with: &str| {
                    let parts = Raw::new(&whole).members().map(|(name, value)| {
                        let value = if name == member.short { with } else { value.as_str() };
                        (name, value.to_string())
                    });
                    let parts: Vec<String> = parts
                        .filter(|(name, value)| *name != member.short || !value.is_empty())
                        .map(|(name, value)| format!("\"{name}\":{value}"))
                        .collect();
                    format!("{{{}}}", parts.join(","))
                };
                if member.cardinality == Cardinality::One {
                    rows.push((member.short.into(), without(""), Fault::Missing));
                }
                for (value, fault) in bad(member.kind) {
                    rows.push((member.short.into(), without(&value), fault));
                }
                for (path, value, fault) in inner(member.kind) {
                    rows.push((format!("{}.{path}", member.short), without(&value), fault));
                }
            }
            rows
        }
        Kind::List(element) | Kind::NonEmptyList(element) => {
            let one = good(*element);
            let with = |value: &str| format!("[{one},{value}]");
            let mut rows: Vec<_> =
                bad(*element).into_iter().map(|(v, f)| ("1".to_string(), with(&v), f)).collect();
            rows.extend(
                inner(*element).into_iter().map(|(p, v, f)| (format!("1.{p}"), with(&v), f)),
            );
            rows
        }
        _ => Vec::new(),
    }
}

fn shape(schema: &'static Schema) -> Shape<'static> {
    Shape { schema, definition: None, announced: false }
}

fn run(
    shape: Shape<'_>,
    change: Change,
    members: &[(String, String)],
) -> Result<(), (Fault, String)> {
    let parts: Vec<String> = members.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect();
    let text = normalize(format!("{{{}}}", parts.join(",")).as_bytes()).unwrap();
    check(shape, change, ReleaseVersion::R3, Raw::new(&text), &LIMITS)
        .map_err(|e| (e.fault, e.attribute))
}

/// What every CREATE of the type must carry, without `but`.
fn mandatory(schema: &Schema, but: &str) -> Vec<(String, String)> {
    schema
        .attributes()
        .filter(|a| a.create == Optionality::M && a.short != but)
        .map(|a| (a.short.to_string(), good(a.kind)))
        .collect()
}

#[test]
fn ts_0004_7_4_every_attribute_wrong_in_each_way() {
    let mut checked = 0;
    for schema in Schema::all() {
        let shape = shape(schema);
        let about = schema.member_name;
        assert_eq!(run(shape, Change::Create, &mandatory(schema, "")), Ok(()), "{about}");
        assert_eq!(run(shape, Change::Update, &[]), Ok(()));
        let mut with = mandatory(schema, "");
        with.push(("nope".into(), "1".into()));
        assert_eq!(run(shape, Change::Create, &with), Err((Fault::Unknown, "nope".into())));
        for row in schema.attributes() {
            let name = row.short.to_string();
            let short = row.short;
            if row.create == Optionality::M {
                let without = mandatory(schema, short);
                let missing = Err((Fault::Missing, name.clone()));
                assert_eq!(run(shape, Change::Create, &without), missing, "{about} {short}");
            }
            for (change, optionality) in
                [(Change::Create, row.create), (Change::Update, row.update)]
            {
                let base =
                    if change == Change::Create { mandatory(schema, short) } else { Vec::new() };
                let with = |value: &str| {
                    let mut members = base.clone();
                    members.push((name.clone(), value.to_string()));
                    run(shape, change, &members)
                };
                let context = format!("{about} {short} {change:?}");
                if optionality == Optionality::NP {
                    let refused = Err((Fault::NotAllowed, name.clone()));
                    assert_eq!(with(&good(row.kind)), refused, "{context}");
                    continue;
                }
                if short == "cr" {
                    assert_eq!(with("null"), Ok(()));
                    let refused = Err((Fault::BadValue(Wanted::Null), name.clone()));
                    assert_eq!(with("\"Cae\""), refused, "{context}");
                    continue;
                }
                assert_eq!(with(&good(row.kind)), Ok(()), "{context}");
                let removable = change == Change::Update && row.cardinality != Cardinality::One;
                let null = if removable { Ok(()) } else { Err((Fault::Null, name.clone())) };
                assert_eq!(with("null"), null, "{context}");
                for (value, fault) in bad(row.kind) {
                    assert_eq!(with(&value), Err((fault, name.clone())), "{context} {value}");
                    checked += 1;
                }
                for (path, value, fault) in inner(row.kind) {
                    let expected = Err((fault, format!("{name}.{path}")));
                    assert_eq!(with(&value), expected, "{context} {value}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 4000, "{checked}");
}

#[test]
fn ts_0001_9_6_26_announced_variants_have_what_may_be_announced() {
    let schema = Schema::of(ResourceType::Container).unwrap();
    let announced = Shape { announced: true, ..shape(schema) };
    let member = |name: &str, value: &str| (name.to_string(), value.to_string());
    let link = member("lnk", "\"/cse/c1\"");
    assert_eq!(run(announced, Change::Create, &[]), Err((Fault::Missing, "lnk".into())));
    let ok = [link.clone(), member("mni", "3"), member("lbl", "[\"a\"]")];
    assert_eq!(run(announced, Change::Create, &ok), Ok(()));
    for never in ["cni", "st", "at"] {
        let with = [link.clone(), member(never, "1")];
        assert_eq!(run(announced, Change::Create, &with), Err((Fault::Unknown, never.into())));
    }
    assert_eq!(run(announced, Change::Update, &[link]), Err((Fault::NotAllowed, "lnk".into())));
}

#[test]
fn names_are_unique_and_every_type_of_the_issue_has_rows() {
    for schema in Schema::all() {
        let mut names: Vec<_> = schema.attributes().map(|a| a.short).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", schema.member_name);
        match schema.management {
            None => assert_eq!(
                Schema::of(schema.resource_type).unwrap().member_name,
                schema.member_name
            ),
            Some(mgd) => {
                assert_eq!(Schema::of_management(mgd).unwrap().member_name, schema.member_name)
            }
        }
    }
    assert_eq!(Schema::all().count(), 34 + 16);
}

#[test]
fn srv_is_mandatory_from_release_2a_on() {
    let schema = Schema::of(ResourceType::Ae).unwrap();
    let text = normalize(br#"{"api":"N1","rr":true}"#).unwrap();
    for (release, missing) in [
        (ReleaseVersion::R1, false),
        (ReleaseVersion::R2, false),
        (ReleaseVersion::R2A, true),
        (ReleaseVersion::R3, true),
    ] {
        let checked = check(shape(schema), Change::Create, release, Raw::new(&text), &LIMITS);
        assert_eq!(checked.err().map(|e| e.attribute), missing.then(|| "srv".to_string()));
    }
}

#[test]
fn flex_containers_are_data() {
    let file = br#"[{"type":"cod:color","cnd":"org.onem2m.common.moduleclass.colour","lname":"x",
        "attributes":[{"sname":"red","type":"integer","car":"1"},{"sname":"nam","type":"string"}]}]"#;
    let definitions = FlexDefinition::from_json(file).unwrap();
    let schema = Schema::of(ResourceType::FlexContainer).unwrap();
    let shape = Shape { definition: definitions.first(), ..shape(schema) };
    let member = |name: &str, value: &str| (name.to_string(), value.to_string());
    let cnd = member("cnd", "\"org.onem2m.common.moduleclass.colour\"");
    let run = |rest: &[(String, String)]| {
        let members: Vec<_> = [std::slice::from_ref(&cnd), rest].concat();
        run(shape, Change::Create, &members)
    };
    assert_eq!(run(&[member("red", "7")]), Ok(()));
    assert_eq!(run(&[]), Err((Fault::Missing, "red".into())));
    assert_eq!(
        run(&[member("red", "\"7\"")]),
        Err((Fault::WrongType(Wanted::Integer), "red".into()))
    );
    assert_eq!(
        run(&[member("red", "7"), member("blue", "7")]),
        Err((Fault::Unknown, "blue".into()))
    );
    for bad in [
        "{}",
        "[{}]",
        r#"[{"type":"a","cnd":"b"}]"#,
        r#"[{"type":"a:b","cnd":"c","attributes":[{"sname":"x","type":"nope"}]}]"#,
    ] {
        assert!(FlexDefinition::from_json(bad.as_bytes()).is_err(), "{bad}");
    }
}
