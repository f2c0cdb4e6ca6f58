use super::strategy::{request, response};
use super::*;
use crate::enumeration::*;
use crate::parameter::{Parameter, Presence};
use crate::time::AbsRelTimestamp;
use crate::{ReleaseVersion, ResourceType, ResponseStatusCode};
use PrimitiveErrorKind::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::string::{String, ToString};
use std::vec::Vec;

fn read(text: &str) -> Result<Request, (PrimitiveErrorKind, String)> {
    Request::from_json(text.as_bytes()).map_err(|e| (e.kind, e.member))
}

fn fault(text: &str) -> (PrimitiveErrorKind, String) {
    read(text).expect_err(text)
}

#[test]
fn ts_0004_8_2_2_every_parameter_is_a_member_of_its_primitives() {
    let in_request =
        |p: &&Parameter| Operation::ALL.iter().any(|o| p.in_request(*o) != Presence::NotPresent);
    let in_response = |p: &&Parameter| p.in_response() != Presence::NotPresent;
    let sorted = |mut names: Vec<&'static str>| {
        names.sort_unstable();
        names
    };
    let of_request = Parameter::ALL.iter().filter(in_request).map(|p| p.short_name()).collect();
    let names = |members: &[kind::Member]| members.iter().map(|m| m.name).collect();
    assert_eq!(sorted(names(Request::MEMBERS)), sorted(of_request));
    let of_response = Parameter::ALL.iter().filter(in_response).map(|p| p.short_name()).collect();
    assert_eq!(sorted(names(Response::MEMBERS)), sorted(of_response));
}

#[test]
fn a_request_with_every_kind_of_parameter() {
    let text = r#"{"op":1,"to":"/cse/-/ae","rqi":"r1","fr":"Cae1","ty":4,
        "pc":{"m2m:cin":{"con":"7","cnf":"text/plain:0"}},
        "ot":"20141003T112032,5","rqet":"3600000","oet":"20141003T112033","rp":"PT1H",
        "rt":{"rtv":2,"nu":["/cse/Cae1"]},"rcn":1,"ec":100,"da":true,
        "gtm":["a","b"],"tids":["t"],"rvi":"3"}"#;
    let request = read(text).unwrap();
    assert_eq!(request.operation, Operation::Create);
    assert_eq!(request.resource_type, Some(ResourceType::ContentInstance));
    assert_eq!(request.content.as_ref().unwrap().to_value()["m2m:cin"]["con"], "7");
    let relative = AbsRelTimestamp::Relative(3_600_000);
    assert_eq!(request.request_expiration_timestamp, Some(relative));
    assert_eq!(request.effective_response_type(), ResponseType::NonBlockingRequestAsynch);
    assert_eq!(request.event_category.unwrap().number(), 100);
    assert_eq!(request.group_request_target_members, ["a", "b"]);
    assert_eq!(request.release_version(), ReleaseVersion::R3);
    assert_eq!(request.target().unwrap().path(), "-/ae");
    let written: Value = serde_json::from_slice(&request.to_json()).unwrap();
    let mut expected: Value = serde_json::from_str(text).unwrap();
    let members = expected.as_object_mut().unwrap();
    let targets = members.remove("gtm").unwrap();
    members.insert("grtm".into(), targets);
    assert_eq!(written, expected, "the short name of TS-0004 is written for its alias");
}

#[test]
fn written_text_is_in_the_order_of_the_table() {
    let request = Request {
        from: Some("Cae1".into()),
        filter_criteria: Some(FilterCriteria {
            filter_usage: Some(FilterUsage::DiscoveryCriteria),
            resource_types: std::vec![ResourceType::Container],
            ..FilterCriteria::default()
        }),
        ..Request::new(Operation::Retrieve, "base".into(), "1".into())
    };
    let text = r#"{"op":2,"to":"base","rqi":"1","fr":"Cae1","fc":{"ty":[3],"fu":1}}"#;
    assert_eq!(request.to_json(), text.as_bytes());
    let wrapped = std::format!("{{\"m2m:rqp\":{text}}}");
    assert_eq!(request.to_wrapped_json(), wrapped.as_bytes());
    assert_eq!(read(&wrapped), Ok(request.clone()));
    assert_eq!(request.validate(), Ok(()));
    assert_eq!(request.effective_result_content(), ResultContent::DiscoveryResultReferences);
}

#[test]
fn ts_0004_6_4_wrong_types_and_values_name_their_parameter() {
    let rows = [
        (r#""op":"2""#, WrongType(Expected::Integer), "op"),
        (r#""op":2.0"#, WrongType(Expected::Integer), "op"),
        (r#""op":-1"#, WrongType(Expected::Integer), "op"),
        (r#""op":6"#, BadValue(Expected::Enumeration), "op"),
        (r#""op":null"#, WrongType(Expected::Integer), "op"),
        (r#""to":7"#, WrongType(Expected::Text), "to"),
        (r#""rcn":4294967296"#, BadValue(Expected::Enumeration), "rcn"),
        (r#""drt":3"#, BadValue(Expected::Enumeration), "drt"),
        (r#""da":"true""#, WrongType(Expected::Boolean), "da"),
        (r#""ot":20141003"#, WrongType(Expected::Timestamp), "ot"),
        (r#""ot":"3600000""#, BadValue(Expected::Timestamp), "ot"),
        (r#""rqet":3600000"#, WrongType(Expected::AbsRelTimestamp), "rqet"),
        (r#""rqet":"soon""#, BadValue(Expected::AbsRelTimestamp), "rqet"),
        (r#""rvi":3"#, WrongType(Expected::ReleaseVersion), "rvi"),
        (r#""rvi":"2.1""#, BadValue(Expected::ReleaseVersion), "rvi"),
        (r#""pc":"x""#, WrongType(Expected::Object), "pc"),
        (r#""rids":"x""#, WrongType(Expected::List), "rids"),
        (r#""rids":[]"#, EmptyList, "rids"),
        (r#""rids":["a",1]"#, WrongType(Expected::Text), "rids.1"),
        (r#""rt":3"#, WrongType(Expected::Object), "rt"),
        (r#""rt":{}"#, Missing, "rt.rtv"),
        (r#""rt":{"rtv":3,"x":1}"#, Unknown, "rt.x"),
        (r#""fc":{"ty":3}"#, WrongType(Expected::List), "fc.ty"),
        (r#""fc":{"ty":[3,"4"]}"#, WrongType(Expected::Integer), "fc.ty.1"),
        (r#""fc":{"fo":4}"#, BadValue(Expected::Enumeration), "fc.fo"),
        (r#""fc":{"crb":"x"}"#, BadValue(Expected::Timestamp), "fc.crb"),
        (r#""fc":{"atr":[{"nm":"x"}]}"#, Missing, "fc.atr.0.val"),
        (r#""fc":{"atr":[{"nm":"x","val":null}]}"#, WrongType(Expected::Any), "fc.atr.0.val"),
        (r#""operation":2"#, Unknown, "operation"),
        (r#""rsc":2000"#, Unknown, "rsc"),
        (r#""gtm":["a"],"grtm":["a"]"#, Duplicate, "grtm"),
    ];
    let base = r#""op":2,"to":"base","fr":"Cae1","rqi":"1""#;
    assert!(read(&std::format!("{{{base}}}")).is_ok());
    for (member, kind, name) in rows {
        let own = member.split(':').next().unwrap();
        let rest = base.split(',').filter(|m| !m.starts_with(own)).collect::<Vec<_>>().join(",");
        let (found, at) = fault(&std::format!("{{{rest},{member}}}"));
        if kind == Duplicate {
            assert!(matches!(at.as_str(), "grtm" | "gtm"), "{at}");
            assert_eq!(found, kind);
        } else {
            assert_eq!((found, at.as_str()), (kind, name), "{member}");
        }
    }
}

#[test]
fn ts_0004_7_2_1_1_presence_by_operation() {
    let rows = [
        (r#"{"to":"b","fr":"C1","rqi":"1"}"#, Missing, "op"),
        (r#"{"op":2,"fr":"C1","rqi":"1"}"#, Missing, "to"),
        (r#"{"op":2,"to":"b","fr":"C1"}"#, Missing, "rqi"),
        (r#"{"op":2,"to":"b","rqi":"1"}"#, Missing, "fr"),
        (r#"{"op":1,"to":"b","fr":"C1","rqi":"1","pc":{}}"#, Missing, "ty"),
        (r#"{"op":1,"to":"b","fr":"C1","rqi":"1","ty":3}"#, Missing, "pc"),
        (r#"{"op":1,"to":"b","rqi":"1","ty":3,"pc":{}}"#, Missing, "fr"),
        (r#"{"op":3,"to":"b","fr":"C1","rqi":"1"}"#, Missing, "pc"),
        (r#"{"op":5,"to":"b","fr":"C1","rqi":"1"}"#, Missing, "pc"),
        (r#"{"op":3,"to":"b","fr":"C1","rqi":"1","pc":{},"ty":3}"#, NotAllowed, "ty"),
        (r#"{"op":4,"to":"b","fr":"C1","rqi":"1","pc":{}}"#, NotAllowed, "pc"),
        (r#"{"op":5,"to":"b","fr":"C1","rqi":"1","pc":{},"rcn":0}"#, NotAllowed, "rcn"),
        (r#"{"op":1,"to":"b","fr":"C1","rqi":"1","ty":3,"pc":{},"fc":{}}"#, NotAllowed, "fc"),
    ];
    for (text, kind, name) in rows {
        assert_eq!(fault(text), (kind, name.to_string()), "{text}");
    }
    // Of no use in a notification, but peers send it there.
    assert!(read(r#"{"op":5,"to":"b","fr":"C1","rqi":"1","pc":{},"drt":1}"#).is_ok());
    // The two exceptions: an AE that registers has no originator yet, release 1 has no rvi.
    let ae = read(r#"{"op":1,"to":"b","rqi":"1","ty":2,"pc":{"m2m:ae":{}}}"#).unwrap();
    assert_eq!(ae.originator().unwrap().to_string(), "");
    assert_eq!(ae.release_version(), ReleaseVersion::R1);
}

#[test]
fn what_is_no_json_tells_where() {
    let rows = [
        ("", 0),
        ("{\"op\":x}", 6),
        ("{\"op\":2}\n{", 9),
        ("{\n\"op\":2,\n\"to\" 1}", 15),
        ("{\"op\":01}", 7),
        ("{\"op\":NaN}", 6),
    ];
    for (text, offset) in rows {
        assert_eq!(fault(text), (Syntax { offset }, String::new()), "{text:?}");
    }
    assert_eq!(fault("[]"), (WrongType(Expected::Object), String::new()));
    assert_eq!(fault(r#"{"m2m:rqp":1}"#), (WrongType(Expected::Object), "m2m:rqp".into()));
    assert_eq!(fault(r#"{"m2m:rsp":{}}"#), (Unknown, "m2m:rsp".into()));
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        std::format!(r#"{{"op":2,"to":"b","fr":"C1","rqi":"1","pc":{{"a":{open}{close}}}}}"#)
    };
    assert!(read(&nested(125)).is_ok(), "with the two objects around it 127");
    assert!(matches!(fault(&nested(126)).0, Syntax { .. }));
    let deep = "[".repeat(100_000);
    assert!(matches!(fault(&deep).0, Syntax { .. }));
    let deep = std::format!(r#"{{"pc":{}"#, "{\"a\":".repeat(100_000));
    assert!(matches!(fault(&deep).0, Syntax { .. }));
}

#[test]
fn a_member_twice_is_refused_at_any_depth() {
    let rows = [
        (r#"{"op":2,"op":4,"to":"b","fr":"C1","rqi":"1"}"#, "op"),
        (r#"{"op":2,"to":"b","fr":"C1","rqi":"1","fc":{"lim":1,"lim":2}}"#, "fc.lim"),
        (
            r#"{"op":3,"to":"b","fr":"C1","rqi":"1","pc":{"m2m:ae":{"rr":true,"rr":false}}}"#,
            "pc.m2m:ae.rr",
        ),
        (r#"{"op":2,"\u006fp":4}"#, "op"),
    ];
    for (text, name) in rows {
        assert_eq!(fault(text), (Duplicate, name.to_string()), "{text}");
    }
}

#[test]
fn an_error_carries_the_request_identifier() {
    let text = br#"{"m2m:rqp":{"op":2,"to":"b","fr":"C1","rqi":"r9","fc":{"lim":"x"}}}"#;
    let error = Request::from_json(text).unwrap_err();
    assert_eq!(error.request_identifier.as_deref(), Some("r9"));
    assert_eq!((error.parameter(), error.status().number()), ("fc", 4000));
    assert_eq!(
        error.to_string(),
        "parameter \"fc.lim\": wrong type, expected a non-negative integer"
    );
    let error = Request::from_json(br#"{"op":2,"rqi":5}"#).unwrap_err();
    assert_eq!(error.request_identifier, None);
}

#[test]
fn ts_0004_7_2_1_2_responses() {
    let text = r#"{"rsc":2000,"rqi":"1","pc":{"m2m:cb":{"ri":"id-in"}},"to":"Cae1","fr":"/id-in",
        "cnst":1,"cnot":1024,"ati":{"ltia":[{"lti":"a","tkid":"b"}]},"rvi":"2a"}"#;
    let response = Response::from_json(text.as_bytes()).unwrap();
    assert_eq!(response.status, ResponseStatusCode::Ok);
    assert_eq!(response.content_offset, Some(1024));
    assert_eq!(response.release_version(), ReleaseVersion::R2A);
    let written: Value = serde_json::from_slice(&response.to_json()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(text).unwrap());
    let rows = [
        (r#"{"rqi":"1"}"#, Missing, "rsc"),
        (r#"{"rsc":2000}"#, Missing, "rqi"),
        (r#"{"rsc":2000,"rqi":"1","op":2}"#, Unknown, "op"),
        (r#"{"rsc":2000,"rqi":"1","cnst":3}"#, BadValue(Expected::Enumeration), "cnst"),
        (r#"{"rsc":2000,"rqi":"1","ati":{}}"#, Missing, "ati.ltia"),
        (r#"{"rsc":2000,"rqi":"1","ati":{"ltia":[]}}"#, EmptyList, "ati.ltia"),
        (r#"{"rsc":2000,"rqi":"1","asri":1}"#, WrongType(Expected::Boolean), "asri"),
    ];
    for (text, kind, name) in rows {
        let error = Response::from_json(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.member.as_str()), (kind, name), "{text}");
    }
    // ACME puts a parameter of requests into its responses.
    let response = Response::from_json(br#"{"rsc":2000,"rqi":"1","drt":1}"#).unwrap();
    assert_eq!(response, Response::new(ResponseStatusCode::Ok, "1".into()));
    // A code that a later release has made is kept.
    let response = Response::from_json(br#"{"rsc":4999,"rqi":"1"}"#).unwrap();
    assert_eq!(response.status, ResponseStatusCode::Unknown(4999));
}

#[test]
fn a_response_takes_from_its_request() {
    let request = Request {
        from: Some("Cae1".into()),
        release_version_indicator: Some(ReleaseVersion::R4),
        ..Request::new(Operation::Delete, "b".into(), "42".into())
    };
    let response = Response::to_request(&request, ResponseStatusCode::Deleted);
    let text = r#"{"rsc":2002,"rqi":"42","to":"Cae1","rvi":"4"}"#;
    assert_eq!(response.to_json(), text.as_bytes());
    assert_eq!(Response::from_json(&response.to_wrapped_json()), Ok(response));
}

/// A number was read as its neighbour, so that reading what was written changed it.
#[test]
fn fractions_are_read_exactly() {
    let text = br#"{"op":3,"to":"b","rqi":"1","fr":"C1","pc":{"a":6.138867553502843e+103}}"#;
    let request = Request::from_json(text).unwrap();
    assert_eq!(request.to_json(), text);
    assert_eq!(Request::from_json(&request.to_json()), Ok(request));
}

proptest! {
    #[test]
    fn requests_round_trip(request in request()) {
        let text = request.to_json();
        let again = Request::from_json(&text);
        prop_assert_eq!(again.as_ref(), Ok(&request), "{}", String::from_utf8_lossy(&text));
        prop_assert_eq!(again.unwrap().to_json(), text);
        prop_assert_eq!(Request::from_json(&request.to_wrapped_json()), Ok(request.clone()));
        prop_assert_eq!(Request::from_value(json!(request)), Ok(request));
    }

    #[test]
    fn responses_round_trip(response in response()) {
        let text = response.to_json();
        prop_assert_eq!(Response::from_json(&text), Ok(response.clone()));
        prop_assert_eq!(Response::from_json(&response.to_wrapped_json()), Ok(response));
    }

    #[test]
    fn a_cut_request_is_refused_at_every_byte(request in request()) {
        let text = request.to_json();
        for end in 0..text.len() {
            let error = Request::from_json(&text[..end]).unwrap_err();
            let inside = matches!(error.kind, Syntax { offset } if offset <= end);
            prop_assert!(inside, "{:?}", error);
        }
    }

    #[test]
    fn any_change_of_a_byte_is_read_or_refused(
        request in request(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut text = request.to_json();
        let at = at.index(text.len());
        text[at] = byte;
        match Request::from_json(&text) {
            Ok(read) => prop_assert_eq!(Request::from_json(&read.to_json()), Ok(read)),
            Err(e) => {
                let outside = matches!(e.kind, Syntax { offset } if offset > text.len());
                prop_assert!(!outside, "{:?}", e);
            }
        }
    }
}

proptest! {
    /// The quick check of presence finds what the one by one finds.
    #[test]
    fn presence_is_checked_in_both_ways(request in strategy::request(), op in 0usize..5, ty in any::<bool>()) {
        let operation = crate::Operation::ALL[op];
        let mut request = Request { operation, ..request };
        if ty {
            (request.resource_type, request.from) = (Some(crate::ResourceType::Ae), None);
        }
        prop_assert_eq!(request.validate(), request.first_fault());
        let Request { content, .. } = request.clone();
        for without in [Request { content: None, ..request.clone() }, Request { from: None, content, ..request.clone() },
            Request { resource_type: None, ..request }] {
            prop_assert_eq!(without.validate(), without.first_fault());
        }
    }
}
