use super::*;
use crate::binding::strategy::{answers, mapped, normal, sample, with};
use crate::binding::{BindingError, BindingErrorKind, Unrepresentable};
use crate::parameter::{HttpPlace, Parameter, Presence};
use crate::primitive::{PrimitiveErrorKind, Response};
use crate::{Operation, ResponseStatusCode};
use proptest::prelude::*;
use serde_json::json;
use std::borrow::ToOwned;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

fn read(sent: &OutgoingRequest, prefix: &str) -> Result<Received, BindingError> {
    let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let message = IncomingRequest {
        method: sent.method,
        target: &sent.target,
        headers: &headers,
        body: &sent.body,
    };
    read_request(&message, prefix)
}

fn read_back(sent: &OutgoingResponse) -> Result<Response, BindingError> {
    let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    read_response(&IncomingResponse { status: sent.status, headers: &headers, body: &sent.body })
}

/// Reads a request with the headers of every request and those given.
fn incoming(
    method: &str,
    target: &str,
    more: &[(&str, &str)],
    body: &str,
) -> Result<Received, (BindingErrorKind, String)> {
    let mut headers = std::vec![("X-M2M-Origin", "Cae1"), ("x-m2m-ri", "r1"), ("X-M2M-RVI", "3")];
    headers.extend(more);
    let headers: Vec<_> = headers.into_iter().map(|(n, v)| (n, v.as_bytes())).collect();
    let message = IncomingRequest { method, target, headers: &headers, body: body.as_bytes() };
    read_request(&message, "").map_err(|e| {
        assert_eq!(e.request_identifier.as_deref(), Some("r1"));
        (e.kind, e.member)
    })
}

/// Headers of a row.
type Heads<'a> = &'a [(&'a str, &'a str)];

fn unmapped(parameter: Parameter) -> bool {
    parameter.http() == HttpPlace::Unmapped
}

#[test]
fn ts_0009_6_place_of_every_request_parameter() {
    for parameter in Parameter::ALL.iter().copied() {
        let short = parameter.short_name();
        let allowed = |o: &Operation| parameter.in_request(*o) != Presence::NotPresent;
        let Some(operation) = Operation::ALL.iter().copied().find(allowed) else { continue };
        if matches!(parameter, Parameter::Operation | Parameter::To) {
            continue;
        }
        let (value, text) = sample(parameter).unwrap_or_else(|| panic!("no sample of {short}"));
        let request = with(operation, short, &value);
        let sent = write_request(&request, &Options::default());
        if unmapped(parameter) {
            assert_eq!(sent, Err(Unrepresentable { member: short.into() }));
            continue;
        }
        let sent = sent.unwrap_or_else(|e| panic!("{short}: {e}"));
        let header =
            |name: &str| sent.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        let query = sent.target.split_once('?').map_or("", |(_, query)| query);
        match parameter.http() {
            HttpPlace::Header("Authorization") => {
                assert_eq!(header("Authorization"), Some(format!("Bearer {text}").as_str()));
            }
            HttpPlace::Header(name) => assert_eq!(header(name), Some(text.as_str()), "{short}"),
            HttpPlace::Query(field) => assert_eq!(query, format!("{field}={text}")),
            HttpPlace::QueryAndHeader(field, name) => {
                let (value, uris) = text.split_once(' ').unwrap();
                assert_eq!(query, format!("{field}={value}"));
                assert_eq!(header(name), Some(uris));
            }
            HttpPlace::QueryFields => assert_eq!(query, "lbl=a%20b+c&ty=3+4&fu=1&lim=5"),
            HttpPlace::ContentTypeParameter(name) => {
                let expected = format!("application/json;{name}={text}");
                assert_eq!(header("Content-Type"), Some(expected.as_str()));
            }
            HttpPlace::Body => assert_eq!(sent.body, value.to_string().as_bytes()),
            place => panic!("{short}: {place:?}"),
        }
        assert_eq!(read(&sent, "").unwrap().request, request, "{short}");
    }
}

#[test]
fn ts_0009_6_place_of_every_response_parameter() {
    let all = json!({
        "rsc": 4141, "rqi": "r1", "pc": {"m2m:uri": "base/x"}, "fr": "/id-in",
        "ot": "20141003T112032", "rset": "20141003T112033", "ec": 3, "cnst": 1, "cnot": 512,
        "ati": {"ltia": [{"lti": "a", "tkid": "t:1"}, {"lti": "b", "tkid": "t2"}]},
        "tqf": {"dasi": {"uri": "x"}}, "asri": true, "rvi": "3", "vsi": "v"
    });
    let response = Response::from_value(all).unwrap();
    let sent = write_response(&response, JSON).unwrap();
    let headers: Vec<String> = sent.headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    let expected = [
        "X-M2M-Origin: /id-in",
        "X-M2M-RI: r1",
        "X-M2M-OT: 20141003T112032",
        "X-M2M-RST: 20141003T112033",
        "X-M2M-EC: 3",
        "X-M2M-RSC: 4141",
        "X-M2M-ATI: a:t:1+b:t2",
        "X-M2M-CTS: 1",
        "X-M2M-CTO: 512",
        "X-M2M-ASRI: true",
        "X-M2M-RVI: 3",
        "X-M2M-VSI: v",
        "Content-Type: application/json",
    ];
    assert_eq!(headers, expected);
    assert_eq!(sent.status, 400, "4141 has no row in the table: the class");
    assert_eq!(sent.body, br#"{"m2m:tqf":{"dasi":{"uri":"x"}},"m2m:uri":"base/x"}"#);
    assert_eq!(read_back(&sent), Ok(response));
    let user = Response {
        m2m_service_user: Some("u".into()),
        ..Response::new(ResponseStatusCode::Ok, "1".into())
    };
    assert_eq!(write_response(&user, JSON), Err(Unrepresentable { member: "msu".into() }));
}

#[test]
fn ts_0009_6_2_request_line() {
    use Operation::*;
    let rows = [
        (Create, "base/x", "POST", "/base/x"),
        (Retrieve, "/id-in/base/x", "GET", "/~/id-in/base/x"),
        (Update, "//sp.example/id-in/x", "PUT", "/_/sp.example/id-in/x"),
        (Delete, "x", "DELETE", "/x"),
        (Notify, "/id-in/Cae", "POST", "/~/id-in/Cae"),
        (Notify, "http://host:8080/n/m?q=1#f", "POST", "/n/m?q=1"),
        (Notify, "https://host", "POST", "/"),
        (Notify, "http://host?x", "POST", "/?x"),
    ];
    for (operation, to, method, target) in rows {
        let request = with(operation, "to", &json!(to));
        let sent = write_request(&request, &Options::default()).unwrap();
        assert_eq!((sent.method, sent.target.as_str()), (method, target));
        if !to.contains("://") {
            assert_eq!(read(&sent, "").unwrap().request, request);
            let prefixed = Options { prefix: "/cse", ..Options::default() };
            let sent = write_request(&request, &prefixed).unwrap();
            assert_eq!(sent.target, format!("/cse{target}"));
            assert_eq!(read(&sent, "/cse").unwrap().request, request);
            assert!(read(&sent, "/other").is_err());
        }
    }
    let read = incoming("GET", "http://host:80/~/id-in/base?rcn=4", &[], "").unwrap();
    assert_eq!(read.request.to, "/id-in/base");
    let posted = [("Content-Type", "application/json")];
    assert_eq!(incoming("POST", "/", &posted, "{}").unwrap().request.to, "/");
    assert_eq!(incoming("POST", "/a//b", &posted, "{}").unwrap().request.to, "/a//b");
}

#[test]
fn ts_0009_6_2_2_2_filter_criteria_of_every_kind() {
    let criteria = json!({
        "crb": "20200101T000000", "cra": "20200101T000001", "ms": "20200101T000002",
        "us": "20200101T000003", "sts": 1, "stb": 2, "exb": "20200101T000004",
        "exa": "20200101T000005", "lbl": ["a+b", "key:värde", ""], "clbl": ["c"], "palb": ["p"],
        "lbq": "x & y", "ty": [3, 10004], "chty": [4], "pty": [2], "sza": 3, "szb": 4,
        "cty": ["text/plain:0"], "atr": [{"nm": "rn", "val": "x*"}, {"nm": "rr", "val": "true"}],
        "catr": [{"nm": "con", "val": "1=2"}], "patr": [{"nm": "rn", "val": ""}],
        "smf": ["PREFIX x: <y#z> SELECT ?a"], "cfs": 1, "cfq": "$.a[?(@.b>1)]", "gmty": 1,
        "geom": [52.5, 13.375], "gsf": 1, "ops": 2, "fu": 2, "fo": 3, "lim": 5, "lvl": 6,
        "ofst": 7, "arp": "a/b", "aq": "a == 1"
    });
    let request = with(Operation::Retrieve, "fc", &criteria);
    let sent = write_request(&request, &Options::default()).unwrap();
    assert_eq!(read(&sent, "").unwrap().request, request, "{}", sent.target);
    for piece in
        ["lbl=a%2Bb+key%3Av%C3%A4rde+&", "ty=3+10004&", "rn=x%2A&rr=true&c.con=1%3D2&p.rn=&"]
    {
        assert!(sent.target.contains(piece), "{piece} in {}", sent.target);
    }
    // A field may be repeated, its elements joined; the geometry may be text.
    let text = "/base?ty=2&ty=3+4&lbl=a&geom=x&lbl=b&rn=y";
    let fc = incoming("GET", text, &[], "").unwrap().request.filter_criteria.unwrap();
    assert_eq!(json!(fc)["ty"], json!([2, 3, 4]));
    assert_eq!(fc.labels, ["a", "b"]);
    assert_eq!(fc.geometry, Some(json!("x")));
    assert_eq!(fc.attributes[0].name, "rn");
}

#[test]
fn ts_0009_6_2_3_partial_retrieve() {
    let one = with(Operation::Retrieve, "to", &json!("base/x#lbl"));
    let sent = write_request(&one, &Options::default()).unwrap();
    assert_eq!(sent.target, "/base/x?atrl=lbl");
    assert_eq!(read(&sent, "").unwrap().request, one);
    let two = with(Operation::Retrieve, "pc", &json!({"m2m:atrl": ["ri", "lbl"]}));
    let sent = write_request(&two, &Options::default()).unwrap();
    assert_eq!(sent.target, "/base/x?atrl=ri+lbl");
    assert_eq!(read(&sent, "").unwrap().request, two);
    let rows = [
        with(Operation::Retrieve, "pc", &json!({"m2m:cin": {}})),
        with(Operation::Retrieve, "pc", &json!({"m2m:atrl": ["ri"]})),
        with(Operation::Retrieve, "pc", &json!({"m2m:atrl": []})),
    ];
    for request in rows {
        let error = write_request(&request, &Options::default()).unwrap_err();
        assert_eq!(error.member, "pc");
    }
}

#[test]
fn what_http_cannot_carry_is_not_sent() {
    let rows = [
        ("vsi", json!("a\r\nX-M2M-Origin: CAdmin"), "vsi"),
        ("vsi", json!(" blank"), "vsi"),
        ("fr", json!("C\u{0}"), "fr"),
        ("to", json!("base/a b"), "to"),
        ("to", json!("http://host/a b"), "to"),
        ("rt", json!({"rtv": 2, "nu": ["http://a/?b=1&c=2"]}), "rt.nu"),
        ("aus", json!(["a+b"]), "aus"),
        ("fc", json!({"atr": [{"nm": "ty", "val": 3}]}), "fc.atr"),
        ("fc", json!({"atr": [{"nm": "c.rn", "val": 3}]}), "fc.atr"),
        ("fc", json!({"atr": [{"nm": "rn", "val": [3]}]}), "fc.atr"),
        ("fc", json!({"atr": [{"nm": "", "val": 3}]}), "fc.atr"),
    ];
    for (short, value, member) in rows {
        let request = with(Operation::Retrieve, short, &value);
        let error = write_request(&request, &Options::default()).unwrap_err();
        assert_eq!(error.member, member, "{value}");
    }
}

#[test]
fn bad_requests_name_the_part() {
    use BindingErrorKind::{Malformed, MediaType, Method, NotAcceptable, Primitive};
    use PrimitiveErrorKind::{Duplicate, Missing, NotAllowed, WrongType};
    let json: &[_] = &[("Content-Type", "application/json")];
    let created: &[_] = &[("Content-Type", "application/json;ty=3")];
    let integer = WrongType(crate::primitive::Expected::Integer);
    type Row<'a> = (&'a str, &'a str, Heads<'a>, &'a str, BindingErrorKind, &'a str);
    let rows: &[Row<'_>] = &[
        ("PATCH", "/b", &[], "", Method, "method"),
        ("get", "/b", &[], "", Method, "method"),
        ("GET", "/b?lbl=%2", &[], "", Malformed, "fc.lbl"),
        ("GET", "/b?lbl=%zz", &[], "", Malformed, "fc.lbl"),
        ("GET", "/b?lbl=%ff", &[], "", Malformed, "fc.lbl"),
        ("GET", "/b?%ff=1", &[], "", Malformed, "query"),
        ("GET", "/b?=1", &[], "", Malformed, "query"),
        ("GET", "/b?c.=1", &[], "", Malformed, "query"),
        ("GET", "/b?rcn=1&rcn=1", &[], "", Primitive(Duplicate), "rcn"),
        ("GET", "/b?lim=1&lim=2", &[], "", Primitive(Duplicate), "fc.lim"),
        ("GET", "/b?rt=1&rt=2", &[], "", Primitive(Duplicate), "rt.rtv"),
        ("GET", "/b?rcn=one", &[], "", Primitive(integer), "rcn"),
        ("GET", "/b?rcn", &[], "", Primitive(integer), "rcn"),
        ("GET", "/b?ty=3+x", &[], "", Primitive(integer), "fc.ty.1"),
        ("GET", "/b?ty=99999999999999999999999", &[], "", Primitive(integer), "fc.ty.0"),
        (
            "GET",
            "/b?atrl=a/b",
            &[],
            "",
            BindingErrorKind::Address(crate::address::AddressErrorKind::Attribute),
            "atrl",
        ),
        ("GET", "/b?atrl=", &[], "", Malformed, "atrl"),
        ("DELETE", "/b?atrl=a+b", &[], "", Primitive(NotAllowed), "pc"),
        ("DELETE", "/b", json, "{}", Primitive(NotAllowed), "pc"),
        ("POST", "/b?lbl=x", created, "{}", Primitive(NotAllowed), "fc"),
        ("POST", "/b", created, "", Primitive(Missing), "pc"),
        ("PUT", "/b", created, "{}", Primitive(NotAllowed), "ty"),
        ("GET", "/b", &[("X-M2M-RI", "r2")], "", Primitive(Duplicate), "rqi"),
        ("GET", "/b", &[("X-M2M-EC", "x")], "", Primitive(integer), "ec"),
        ("GET", "/b", &[("X-M2M-RTU", "http://x")], "", Primitive(Missing), "rt.rtv"),
        ("POST", "/b", &[("Content-Type", "application/json;ty=x")], "{}", Malformed, "ty"),
        ("POST", "/b", &[("Content-Type", "text/html")], "{}", MediaType, "Content-Type"),
        ("PUT", "/b", &[], "{}", MediaType, "Content-Type"),
        ("POST", "/b", &[json[0], created[0]], "{}", Primitive(Duplicate), "Content-Type"),
        ("PUT", "/b", json, "{}x", Primitive(PrimitiveErrorKind::Syntax { offset: 2 }), "pc"),
        ("PUT", "/b", json, "[]", Primitive(WrongType(crate::primitive::Expected::Object)), "pc"),
        ("GET", "/b", &[("Accept", "text/html")], "", NotAcceptable, "Accept"),
        ("GET", "/b", &[("Accept", "application/json;q=0")], "", NotAcceptable, "Accept"),
    ];
    for (method, target, headers, body, kind, member) in rows {
        let error = incoming(method, target, headers, body).unwrap_err();
        assert_eq!(error, (*kind, (*member).into()), "{method} {target} {headers:?} {body}");
    }
    for target in ["", "*", "b", "/b/../c", "/a//b", "/", "/~", "/~/", "/%62"] {
        let error = incoming("GET", target, &[], "").unwrap_err();
        assert!(matches!(error.0, BindingErrorKind::Address(_)), "{target}: {error:?}");
        assert_eq!(error.1, "to");
    }
}

#[test]
fn an_error_becomes_a_response_with_the_identifier() {
    let headers = [("X-M2M-RI", b"r9".as_slice()), ("X-M2M-Origin", b"C1".as_slice())];
    let message =
        IncomingRequest { method: "GET", target: "/b?lim=x", headers: &headers, body: b"" };
    let response = read_request(&message, "").unwrap_err().to_response();
    assert_eq!((response.status.number(), response.request_identifier.as_str()), (4000, "r9"));
    let debug = response.content.unwrap().to_value()["m2m:dbg"].as_str().unwrap().to_owned();
    assert!(debug.contains("fc.lim"), "{debug}");
}

#[test]
fn rfc_9110_12_5_1_accept() {
    let reply =
        |accept: &str| incoming("GET", "/b", &[("Accept", accept)], "").map(|r| r.reply.name());
    let json = Ok("application/json");
    assert_eq!(reply("*/*"), json);
    assert_eq!(reply(""), json);
    assert_eq!(reply("text/html, application/*;q=0.1"), json);
    assert_eq!(reply("APPLICATION/JSON"), json);
    assert_eq!(reply("application/vnd.onem2m-res+json"), Ok("application/vnd.onem2m-res+json"));
    assert_eq!(
        reply("*/*;q=0.5, application/vnd.onem2m-res+json"),
        Ok("application/vnd.onem2m-res+json")
    );
    assert!(reply("text/html;q=1").is_err());
    assert!(reply("application/json;q=2").is_err());
    assert!(reply("application/json;q=0.1234").is_err());
}

#[test]
fn credentials_of_the_server_are_no_tokens() {
    let tokens = |value: &str| {
        incoming("GET", "/b", &[("Authorization", value)], "").unwrap().request.tokens
    };
    assert_eq!(tokens("Basic dXNlcjpwYXNz"), [] as [&str; 0]);
    assert_eq!(tokens("bearer a.b+c.d"), ["a.b", "c.d"]);
    assert_eq!(tokens("a.b"), ["a.b"]);
}

#[test]
fn a_response_that_is_not_of_a_cse_is_refused() {
    let rows: &[(Heads<'_>, &str, &str)] = &[
        (&[], "", "rsc"),
        (&[("Content-Type", "text/html")], "<html>", "Content-Type"),
        (&[("X-M2M-RSC", "2000")], "", "rqi"),
        (&[("X-M2M-RSC", "x"), ("X-M2M-RI", "1")], "", "rsc"),
        (&[("X-M2M-RSC", "2000"), ("X-M2M-RI", "1")], "{}", "Content-Type"),
        (&[("X-M2M-RSC", "2000"), ("X-M2M-RI", "1"), ("X-M2M-ATI", "x")], "", "ati"),
    ];
    for (headers, body, member) in rows {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let message = IncomingResponse { status: 502, headers: &headers, body: body.as_bytes() };
        assert_eq!(read_response(&message).unwrap_err().member, *member);
    }
}

proptest! {
    #[test]
    fn requests_round_trip(request in mapped(unmapped)) {
        if let Ok(sent) = write_request(&request, &Options::default()) {
            let again = read(&sent, "").map(|r| r.request);
            prop_assert_eq!(again, Ok(normal(request)), "{:?}", sent);
        }
    }

    #[test]
    fn responses_round_trip(response in answers()) {
        let response = Response { to: None, ..response };
        if let Ok(sent) = write_response(&response, JSON) {
            prop_assert_eq!(read_back(&sent), Ok(response), "{:?}", sent);
        }
    }

    #[test]
    fn any_message_is_read_or_refused(
        method in "(GET|POST|PUT|DELETE)?",
        target in "/?[a-z~_/%?&=+#.\\PC]{0,30}",
        header in "(X-M2M-(RI|RTU|ATI|RVI|OT|EC)|Content-Type|Accept|Authorization)",
        value in proptest::collection::vec(any::<u8>(), 0..12),
        body in "[{}\"a-z:0-9]{0,12}",
    ) {
        let headers = [
            ("X-M2M-Origin", b"C1".as_slice()), ("Content-Type", b"application/json"),
            (header.as_str(), value.as_slice()),
        ];
        let message = IncomingRequest {
            method: &method, target: &target, headers: &headers, body: body.as_bytes(),
        };
        if let Ok(received) = read_request(&message, "")
            && let Ok(sent) = write_request(&received.request, &Options::default())
        {
            prop_assert_eq!(read(&sent, "").map(|r| r.request), Ok(received.request));
        }
    }
}
