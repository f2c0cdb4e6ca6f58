use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::string::String;
use std::vec::Vec;

fn spell(text: &str) -> Result<String, (JsonErrorKind, usize)> {
    normalize(text.as_bytes()).map_err(|e| (e.kind, e.offset))
}

#[test]
fn one_spelling() {
    let rows = [
        (" { \"a\" : [ 1 , 2.50 ] , \"b\" : null } \n", r#"{"a":[1,2.50],"b":null}"#),
        (r#""\u0041\u00e4\/\u001F\ud83d\ude00\n""#, "\"A\u{e4}/\\u001f\u{1f600}\\n\""),
        ("[-0,1e3,0.1E-2]", "[-0,1e3,0.1E-2]"),
        ("[ ]", "[]"),
        ("true", "true"),
    ];
    for (text, spelled) in rows {
        assert_eq!(spell(text).as_deref(), Ok(spelled));
    }
}

#[test]
fn what_is_refused() {
    let syntax = |offset| Err((JsonErrorKind::Syntax, offset));
    for (text, offset) in [
        ("", 0),
        ("{", 1),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("[1}", 2),
        ("01", 1),
        ("1.", 2),
        ("-", 1),
        ("1e999", 0),
        ("\"\\ud83d\"", 7),
        ("\"\\ude00\"", 7),
        ("\"\\x\"", 2),
        ("\"\u{1}\"", 1),
        ("\"a", 2),
        ("nul", 0),
        ("1 2", 2),
        ("{1:2}", 1),
    ] {
        assert_eq!(spell(text), syntax(offset), "{text:?}");
    }
    assert_eq!(normalize(b"\"\xff\"").unwrap_err().offset, 1);
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(spell(&deep(127)).is_ok());
    assert_eq!(spell(&deep(128)), syntax(127));
    assert_eq!(spell(&"[".repeat(1_000_000)), syntax(127));
    let twice = |name: &str, offset| Err((JsonErrorKind::Duplicate(name.into()), offset));
    assert_eq!(spell(r#"{"a":1,"b":{"x":1,"\u0078":2}}"#), twice("x", 28));
    let many: Vec<String> = (0..20).map(|n| std::format!("\"m{}\":{n}", n % 19)).collect();
    let text = std::format!("{{{}}}", many.join(","));
    assert_eq!(spell(&text), twice("m0", text.len() - 1));
}

#[test]
fn values_in_place() {
    let text =
        spell(r#"{"n":7,"s":"a\"b","l":[1,"x",[2,{"}":"]"}],{}],"o":{"p":-3},"e":{}}"#).unwrap();
    let object = Raw::new(&text);
    let names: Vec<&str> = object.members().map(|(name, _)| name).collect();
    assert_eq!(names, ["n", "s", "l", "o", "e"]);
    assert_eq!(object.member("n").and_then(Raw::as_u64), Some(7));
    assert_eq!(object.member("s").unwrap().as_text().unwrap(), "a\"b");
    assert_eq!(object.member("s").unwrap().text_len(), 3);
    let list: Vec<&str> = object.member("l").unwrap().elements().map(Raw::as_str).collect();
    assert_eq!(list, ["1", "\"x\"", r#"[2,{"}":"]"}]"#, "{}"]);
    assert_eq!(object.member("o").unwrap().member("p").and_then(Raw::as_i64), Some(-3));
    assert_eq!(object.member("e").unwrap().members().count(), 0);
    assert_eq!(object.member("x"), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(".{0,4}", inner, 0..12)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_spelling_is_that_of_serde_json(value in any_json()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let spelled = spell(&pretty).unwrap();
        prop_assert_eq!(&spelled, &serde_json::to_string(&value).unwrap());
        if let Value::Object(members) = &value {
            let found = Raw::new(&spelled).members().count();
            prop_assert_eq!(found, members.len());
        }
        if let Value::String(text) = &value {
            let read = Raw::new(&spelled).as_text().unwrap();
            prop_assert_eq!(read.as_ref(), text.as_str());
        }
        for end in 0..pretty.len() {
            let cut = normalize(pretty.get(..end).unwrap_or("").as_bytes());
            if !(value.is_number() && end > 0) {
                prop_assert!(cut.is_err() || end == 0 && cut.is_ok());
            }
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused(text in "[\\[\\]{}\",:0-9a-e\\\\u .+-]{0,20}") {
        let theirs = serde_json::from_str::<Value>(&text);
        match spell(&text) {
            Ok(spelled) => prop_assert_eq!(serde_json::from_str::<Value>(&spelled).unwrap(), theirs.unwrap()),
            Err((JsonErrorKind::Duplicate(_), _)) => prop_assert!(theirs.is_ok()),
            Err(_) => prop_assert!(theirs.is_err(), "{text:?}"),
        }
    }

    #[test]
    fn any_text_walks_without_harm(text in "\\PC{0,40}") {
        let raw = Raw::new(&text);
        let _ = (raw.as_text(), raw.text_len(), raw.members().count(), raw.elements().count());
    }
}
