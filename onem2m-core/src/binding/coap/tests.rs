use super::option::JSON;
use super::*;
use crate::binding::strategy::{answers, mapped, normal, sample, with};
use crate::binding::{BindingError, Unrepresentable};
use crate::parameter::{CoapFormat, CoapPlace, Parameter, Presence};
use crate::primitive::Response;
use crate::{Operation, ResponseStatusCode};
use coap_core::{OptionNumber, OptionWriter};
use proptest::prelude::*;
use serde_json::json;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// What is written, read again.
fn round(request: &Request) -> Result<Result<Received, BindingError>, Unrepresentable> {
    let mut buf = std::vec![0; 8000];
    let mut writer = OptionWriter::new(&mut buf);
    let sent = write_request(request, JSON, &mut writer)?;
    let options = writer.options();
    Ok(read_request(&Incoming { code: sent.code, options, payload: &sent.payload }))
}

/// Reads a request with the options given, beside From and Request Identifier.
fn incoming(code: Code, more: &[(u16, &str)], payload: &str) -> Result<Received, BindingError> {
    let mut buf = std::vec![0; 2000];
    let mut writer = OptionWriter::new(&mut buf);
    writer.add(OptionNumber(279), b"C1").unwrap().add(OptionNumber(283), b"r1").unwrap();
    for (number, value) in more {
        writer.add(OptionNumber(*number), value.as_bytes()).unwrap();
    }
    let options = writer.options();
    let read = read_request(&Incoming { code, options, payload: payload.as_bytes() });
    if let Err(e) = &read {
        assert_eq!(e.request_identifier.as_deref(), Some("r1"));
    }
    read
}

fn unmapped(parameter: Parameter) -> bool {
    parameter.coap() == CoapPlace::Unmapped
}

#[test]
fn ts_0008_6_2_place_of_every_request_parameter() {
    for parameter in Parameter::ALL.iter().copied() {
        let short = parameter.short_name();
        let allowed = |o: &Operation| parameter.in_request(*o) != Presence::NotPresent;
        let Some(operation) = Operation::ALL.iter().copied().find(allowed) else { continue };
        if matches!(parameter, Parameter::Operation | Parameter::To) {
            continue;
        }
        let (value, text) = sample(parameter).unwrap_or_else(|| panic!("no sample of {short}"));
        let request = with(operation, short, &value);
        if unmapped(parameter) {
            assert_eq!(round(&request), Err(Unrepresentable { member: short.into() }));
            continue;
        }
        assert_eq!(round(&request).unwrap().unwrap().request, request, "{short}");
        let mut buf = [0; 1000];
        let mut writer = OptionWriter::new(&mut buf);
        let sent = write_request(&request, JSON, &mut writer).unwrap();
        let options = writer.options();
        let query: Vec<String> =
            options.query().map(|q| String::from_utf8(q.to_vec()).unwrap()).collect();
        match parameter.coap() {
            CoapPlace::Option(option) => {
                let found = options.first(OptionNumber(option.number)).unwrap();
                if let CoapFormat::Uint { .. } = option.format {
                    let number = coap_core::decode_uint(found).unwrap();
                    assert_eq!(number.to_string(), text, "{short}");
                } else {
                    assert_eq!(found, text.as_bytes(), "{short}");
                }
            }
            CoapPlace::Query(field) => assert_eq!(query, [format!("{field}={text}")]),
            CoapPlace::QueryAndOption(field, option) => {
                let (value, uris) = text.split_once(' ').unwrap();
                assert_eq!(query, ["op=1".into(), format!("{field}={value}")]);
                let found = options.first(OptionNumber(option.number)).unwrap();
                assert_eq!(found, uris.as_bytes());
                assert_eq!(sent.code, Code::POST);
            }
            CoapPlace::QueryFields => {
                assert_eq!(query, ["lbl=a b+c", "ty=3+4", "fu=1", "lim=5"]);
            }
            CoapPlace::Payload => assert_eq!(sent.payload, value.to_string().as_bytes()),
            place => panic!("{short}: {place:?}"),
        }
    }
}

#[test]
fn ts_0008_6_2_2_methods_and_paths() {
    use Operation::*;
    let rows: &[(Operation, &str, Code, &[&str])] = &[
        (Create, "base/x", Code::POST, &["base", "x"]),
        (Retrieve, "/id-in/base", Code::GET, &["~", "id-in", "base"]),
        (Update, "//sp.example/id-in/x", Code::PUT, &["_", "sp.example", "id-in", "x"]),
        (Delete, "x", Code::DELETE, &["x"]),
        (Notify, "coap://host:5683/n/m?q=1", Code::POST, &["n", "m"]),
        (Notify, "coap://host", Code::POST, &[]),
    ];
    for (operation, to, code, path) in rows {
        let request = with(*operation, "to", &json!(to));
        let mut buf = [0; 1000];
        let mut writer = OptionWriter::new(&mut buf);
        let sent = write_request(&request, JSON, &mut writer).unwrap();
        let found: Vec<&[u8]> = writer.options().path().collect();
        let expected: Vec<&[u8]> = path.iter().map(|s| s.as_bytes()).collect();
        assert_eq!((sent.code, found), (*code, expected));
    }
    let fetched = incoming(Code::FETCH, &[(11, "base")], "").unwrap();
    assert_eq!(fetched.request.operation, Retrieve);
    let label = json!({"lbl": ["a+b", "50%", "%2B"]});
    let request = with(Retrieve, "fc", &label);
    assert_eq!(round(&request).unwrap().unwrap().request, request);
}

#[test]
fn bad_requests_name_the_part() {
    type Row<'a> = (Code, &'a [(u16, &'a str)], &'a str, &'a str, u32);
    let rows: &[Row<'_>] = &[
        (Code::PATCH, &[(11, "b")], "", "method", 4005),
        (Code::GET, &[], "", "to", 4000),
        (Code::GET, &[(11, "b/c")], "", "to", 4000),
        (Code::GET, &[(11, "b"), (283, "r2")], "", "rqi", 4000),
        (Code::GET, &[(11, "b"), (15, "rcn=x")], "", "rcn", 4000),
        (Code::GET, &[(11, "b"), (15, "op=2")], "", "op", 4000),
        (Code::GET, &[(11, "b"), (15, "rcn=1"), (15, "rcn=1")], "", "rcn", 4000),
        (Code::GET, &[(11, "b"), (257, "old")], "", "option", 4000),
        (Code::GET, &[(11, "b"), (303, "abcde")], "", "ec", 4000),
        (Code::GET, &[(11, "b"), (271, "2.1")], "", "rvi", 4000),
        (Code::GET, &[(11, "b"), (17, "\u{0}")], "", "Accept", 5207),
        (Code::PUT, &[(11, "b")], "{}", "Content-Format", 4015),
        (Code::PUT, &[(11, "b"), (12, "\u{32}")], "{", "pc", 4000),
        (Code::PUT, &[(11, "b"), (267, "\u{3}"), (12, "\u{32}")], "{}", "ty", 4000),
        (Code::POST, &[(11, "b"), (267, "\u{3}")], "", "pc", 4000),
    ];
    for (code, options, payload, member, status) in rows {
        let error = incoming(*code, options, payload).unwrap_err();
        assert_eq!(error.member, *member, "{options:?}");
        assert_eq!(error.status().number(), *status, "{member}");
    }
}

#[test]
fn what_coap_cannot_carry_is_not_sent() {
    let long = "x".repeat(256);
    let rows = [
        ("vsi", json!(long), "vsi"),
        ("to", json!(format!("base/{long}")), "to"),
        ("ec", json!(256), "ec"),
        ("aus", json!(["a+b"]), "aus"),
        ("fc", json!({"lbq": long}), "query"),
        ("gstn", json!(1), "gstn"),
    ];
    for (short, value, member) in rows {
        let request = with(Operation::Retrieve, short, &value);
        assert_eq!(round(&request).unwrap_err().member, member);
    }
    let request = with(Operation::Retrieve, "vsi", &json!("x"));
    let mut short = [0; 10];
    assert!(write_request(&request, JSON, &mut OptionWriter::new(&mut short)).is_err());
}

fn answer_back(response: &Response) -> Result<Result<Response, BindingError>, Unrepresentable> {
    let mut buf = std::vec![0; 4000];
    let mut writer = OptionWriter::new(&mut buf);
    let sent = write_response(response, Operation::Retrieve, JSON, &mut writer)?;
    let (options, payload) = (writer.options(), sent.payload.as_slice());
    let message = Incoming { code: sent.code, options, payload };
    Ok(read_response(&message, Operation::Retrieve))
}

#[test]
fn ts_0008_6_2_4_status_without_its_option() {
    let mut buf = [0; 100];
    let mut writer = OptionWriter::new(&mut buf);
    writer.add(OptionNumber(283), b"r1").unwrap();
    let read = |code| {
        let message = Incoming { code, options: writer.options(), payload: b"" };
        read_response(&message, Operation::Delete)
    };
    assert_eq!(read(Code::DELETED).unwrap().status, ResponseStatusCode::Deleted);
    assert_eq!(read(Code::BAD_REQUEST).unwrap_err().member, "rsc");
}

proptest! {
    #[test]
    fn requests_round_trip(request in mapped(unmapped)) {
        if let Ok(read) = round(&request) {
            prop_assert_eq!(read.map(|r| r.request), Ok(normal(request)));
        }
    }

    #[test]
    fn responses_round_trip(response in answers()) {
        let response = Response { to: None, ..response };
        if let Ok(read) = answer_back(&response) {
            prop_assert_eq!(read, Ok(response));
        }
    }

    #[test]
    fn any_options_are_read_or_refused(
        code in 1u8..8,
        options in proptest::collection::vec(
            (prop_oneof![Just(11u16), Just(12), Just(15), Just(17), 256u16..360], "[a-z=+%0-9~_]{0,9}"),
            0..6,
        ),
        payload in "[{}\"a:]{0,6}",
    ) {
        let mut buf = std::vec![0; 2000];
        let mut writer = OptionWriter::new(&mut buf);
        for (number, value) in &options {
            writer.add(OptionNumber(*number), value.as_bytes()).unwrap();
        }
        let options = writer.options();
        let message = Incoming { code: Code(code), options, payload: payload.as_bytes() };
        if let Ok(received) = read_request(&message)
            && let Ok(again) = round(&received.request)
        {
            prop_assert_eq!(again.map(|r| r.request), Ok(received.request));
        }
        let _ = read_response(&message, Operation::Retrieve);
    }
}
