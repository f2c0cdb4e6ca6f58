use super::{parse, write};
use crate::attribute::{self, Complex, Kind, Schema};
use crate::primitive::{PrimitiveErrorKind, strategy};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::string::{String, ToString};
use std::vec::Vec;

const M2M: &str = "xmlns:m2m=\"http://www.onem2m.org/xml/protocols\"";
const XSI: &str = "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
                   xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

fn written(value: &Value) -> String {
    let text = String::from_utf8(write(value).unwrap()).unwrap();
    text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap().to_string()
}

#[test]
fn ts_0004_8_3_resources_are_elements() {
    for (value, text) in [
        (
            json!({"m2m:cin": {"rn": "c1", "con": "a<b", "ty": 4, "lbl": ["x", "y"]}}),
            std::format!(
                "<m2m:cin {M2M} rn=\"c1\"><ty>4</ty><lbl>x y</lbl><con>a&lt;b</con></m2m:cin>"
            ),
        ),
        (
            json!({"m2m:cin": {"con": 21.5}}),
            std::format!("<m2m:cin {M2M} {XSI}><con xsi:type=\"xs:double\">21.5</con></m2m:cin>"),
        ),
        (
            json!({"m2m:cnt": {"mni": null, "lbl": ["two words", "one"]}}),
            std::format!(
                "<m2m:cnt {M2M} {XSI}><lbl xsi:type=\"xs:string\">two words</lbl>\
                 <lbl xsi:type=\"xs:string\">one</lbl><mni xsi:nil=\"true\"/></m2m:cnt>"
            ),
        ),
        (
            json!({"m2m:acp": {"pv": {"acr": [
                {"acor": ["Ca", "Cb"], "acop": 63, "acco": [{"actw": ["* * 8-16 * * * *"]}]},
                {"acor": ["all"], "acop": 2},
            ]}}}),
            std::format!(
                "<m2m:acp {M2M}><pv><acr><acor>Ca Cb</acor><acop>63</acop><acco>\
                 <actw>* * 8-16 * * * *</actw></acco></acr><acr><acor>all</acor><acop>2</acop></acr></pv></m2m:acp>"
            ),
        ),
        (
            json!({"m2m:cnt": {"m2m:cin": [{"rn": "a"}, {"rn": "b"}], "ch": [
                {"nm": "a", "typ": 4, "val": "id-1"}]}}),
            std::format!(
                "<m2m:cnt {M2M}><ch nm=\"a\" typ=\"4\">id-1</ch><m2m:cin rn=\"a\"/><m2m:cin rn=\"b\"/></m2m:cnt>"
            ),
        ),
        (
            json!({"m2m:rce": {"uri": "cse/c", "m2m:cnt": {"ty": 3}}}),
            std::format!("<m2m:rce {M2M}><m2m:cnt><ty>3</ty></m2m:cnt><uri>cse/c</uri></m2m:rce>"),
        ),
        (json!({"m2m:uril": ["a/b", "c"]}), std::format!("<m2m:uril {M2M}>a/b c</m2m:uril>")),
        (json!({"m2m:uril": []}), std::format!("<m2m:uril {M2M}/>")),
        (
            json!({"m2m:sgn": {"nev": {"net": 3, "rep": {"m2m:cin": {"con": "7"}}}, "sur": "/id/s"}}),
            std::format!(
                "<m2m:sgn {M2M}><nev><net>3</net><rep><m2m:cin><con>7</con></m2m:cin></rep></nev>\
                 <sur>/id/s</sur></m2m:sgn>"
            ),
        ),
        (
            json!({"m2m:rqp": {"op": 1, "to": "b", "rqi": "1", "ty": 4, "pc": {"m2m:cin": {"con": "7"}}}}),
            std::format!(
                "<m2m:rqp {M2M}><op>1</op><to>b</to><rqi>1</rqi><ty>4</ty><pc><m2m:cin><con>7</con>\
                 </m2m:cin></pc></m2m:rqp>"
            ),
        ),
        (
            json!({"m2m:agr": {"m2m:rsp": [{"rsc": 2000, "rqi": "1"}]}}),
            std::format!("<m2m:agr {M2M}><m2m:rsp><rsc>2000</rsc><rqi>1</rqi></m2m:rsp></m2m:agr>"),
        ),
        (
            json!({"cod:color": {"cnd": "x", "red": 7, "blue": "9"}}),
            std::format!(
                "<cod:color {M2M} {XSI} xmlns:cod=\"http://www.onem2m.org/xml/protocols/cod\"><cnd>x</cnd>\
                 <blue>9</blue><red xsi:type=\"xs:double\">7</red></cod:color>"
            ),
        ),
        (
            json!({"m2m:cin": {"con": {"a": [1, {}]}}}),
            std::format!(
                "<m2m:cin {M2M} {XSI}><con xsi:type=\"json\">{{\"a\":[1,{{}}]}}</con></m2m:cin>"
            ),
        ),
    ] {
        assert_eq!(written(&value), text);
        assert_eq!(parse(text.as_bytes()).unwrap(), value, "{text}");
    }
}

#[test]
fn what_others_write_is_read() {
    let protocols = "http://www.onem2m.org/xml/protocols";
    for (text, value) in [
        // Other prefixes, a default namespace, white space, instructions, CDATA, entities.
        (
            std::format!(
                "\u{feff}<?xml version=\"1.0\"?><!-- c -->\n<p:cnt xmlns:p=\"{protocols}\" rn=\"c\">\n  \
                 <mni> 10 </mni>\n  <lbl>\n a  b\n </lbl>\n  <acpi/></p:cnt>\n<?end?>"
            ),
            json!({"m2m:cnt": {"rn": "c", "mni": 10, "lbl": ["a", "b"], "acpi": []}}),
        ),
        (
            std::format!(
                "<cin xmlns=\"{protocols}\"><con>&lt;<![CDATA[a]]>&#x41;&apos;</con></cin>"
            ),
            json!({"m2m:cin": {"con": "<aA'"}}),
        ),
        // Lists as repeated elements, booleans in digits, an object without a table.
        (
            "<m2m:ae><poa>http://a</poa><poa>mqtt://b</poa><rr>1</rr></m2m:ae>".to_string(),
            json!({"m2m:ae": {"poa": ["http://a", "mqtt://b"], "rr": true}}),
        ),
        (
            "<m2m:cin><con><t>1</t><t>2</t><u>x</u></con></m2m:cin>".to_string(),
            json!({"m2m:cin": {"con": {"t": ["1", "2"], "u": "x"}}}),
        ),
        // What has the wrong type stays text, for the check that names it.
        (
            "<m2m:cnt><mni>many</mni><mbs/></m2m:cnt>".to_string(),
            json!({"m2m:cnt": {"mni": "many", "mbs": null}}),
        ),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap(), value, "{text}");
    }
}

#[test]
fn what_is_refused() {
    let deep = "<m2m:cin>".repeat(200) + &"</m2m:cin>".repeat(200);
    for text in [
        "",
        "text",
        "<m2m:cin>",
        "<m2m:cin></m2m:cnt>",
        "<m2m:cin/><m2m:cin/>",
        "<m2m:cin/>more",
        "<!DOCTYPE m2m:cin [<!ENTITY a \"aaaa\">]><m2m:cin><con>&a;</con></m2m:cin>",
        "<m2m:cin><con>&unknown;</con></m2m:cin>",
        "<m2m:cin rn=\"a\" rn=\"b\"/>",
        "<m2m:cin>text<con>7</con></m2m:cin>",
        &deep,
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error.kind, PrimitiveErrorKind::Syntax { .. }), "{text} {error}");
    }
    let twice = b"<m2m:cnt><mni>1</mni><mni>2</mni></m2m:cnt>";
    let error = parse(twice).unwrap_err();
    assert_eq!((error.kind, error.member.as_str()), (PrimitiveErrorKind::Duplicate, "mni"));
    for value in [json!({}), json!({"m2m:a": 1, "m2m:b": 2}), json!({"plain": 1}), json!([])] {
        assert_eq!(write(&value), None, "{value}");
    }
}

/// A value of a kind, so that each row of the tables is written and read once.
fn sample(kind: Kind, depth: usize) -> Value {
    let list = |item: Kind| match item {
        Kind::Complex(_) if depth == 0 => json!([]),
        _ => json!([sample(item, depth), sample(item, depth)]),
    };
    match kind {
        Kind::Boolean => json!(true),
        Kind::Unsigned | Kind::UnsignedInt | Kind::Positive | Kind::ResourceType => json!(3),
        Kind::Integer => json!(-3),
        Kind::Float => json!(-1.5),
        Kind::Enumeration(own) => json!(own.ranges[0].start()),
        Kind::Any => json!({"any": [1, "two", null]}),
        Kind::Object => json!({"m2m:cin": {"con": 7}}),
        Kind::Coordinates => json!([[1.5, 2], [3, 4]]),
        Kind::Schedule => json!("* * * * * * *"),
        Kind::List(item) | Kind::NonEmptyList(item) => list(*item),
        Kind::Complex(complex) => object(complex, depth),
        _ => json!("a text"),
    }
}

fn object(complex: &Complex, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return json!({}) };
    let members = complex.members.iter().map(|m| (m.short.to_string(), sample(m.kind, depth)));
    Value::Object(members.collect())
}

#[test]
fn every_attribute_of_every_type_comes_back() {
    for schema in Schema::all() {
        let rows: Vec<&attribute::Attribute> = schema.attributes().collect();
        let all: Map<String, Value> =
            rows.iter().map(|row| (row.short.to_string(), sample(row.kind, 4))).collect();
        for name in [schema.member_name.to_string(), std::format!("{}A", schema.member_name)] {
            let value = json!({ name: all });
            let text = write(&value).unwrap();
            assert_eq!(parse(&text).unwrap(), value, "{}", String::from_utf8_lossy(&text));
            // What is not of the type of its row keeps its own.
            for wrong in
                [json!(null), json!(true), json!(7), json!("7"), json!([]), json!([[]]), json!({})]
            {
                let wrongs: Map<String, Value> =
                    rows.iter().map(|row| (row.short.to_string(), wrong.clone())).collect();
                let value = json!({ schema.member_name: wrongs });
                let text = write(&value).unwrap();
                assert_eq!(parse(&text).unwrap(), value, "{}", String::from_utf8_lossy(&text));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_tree_comes_back(value in strategy::value(), name in 0usize..6) {
        let roots = ["m2m:cin", "m2m:sgn", "m2m:uril", "m2m:rrl", "m2m:rqp", "cod:x"];
        let value = json!({ roots[name]: value });
        let text = write(&value).unwrap();
        let read = parse(&text);
        prop_assert_eq!(read.as_ref().ok(), Some(&value), "{}", String::from_utf8_lossy(&text));
        for end in (0..text.len()).step_by(3) {
            prop_assert!(parse(&text[..end]).is_err());
        }
    }

    #[test]
    fn any_content_comes_back(con in "\\PC{0,8}|[\u{0}-\u{2f}\u{85}\u{2028}\u{fffe}]{0,8}", rn in "\\PC{0,5}|[\\s\"'&<]{0,4}") {
        let value = json!({"m2m:cin": {"con": con, "rn": rn, "lbl": [con, rn]}});
        let text = write(&value).unwrap();
        prop_assert_eq!(parse(&text).unwrap(), value, "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(<m2m:cin[ a-z=\"]{0,8}>|</m2m:cin>|<con>|</con>|<!\\[CDATA\\[|\\]\\]>|&[#a-z0-9]{0,4};|\\PC){0,12}") {
        let _ = parse(text.as_bytes());
    }
}
