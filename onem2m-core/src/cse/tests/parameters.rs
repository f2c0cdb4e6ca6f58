//! Every parameter of requests, and every member of those that are objects, wrong in each way, in
//! every serialisation: the status code of TS-0004 clause 7.3.2.1, a debug text that names the
//! parameter, and nothing that stays. The rows come from the table of parameters and from the
//! tables that requests are read by; what a type does not say is in [`special`].

#[cfg(feature = "coap")]
mod messages;

use super::*;
use crate::binding::{self, Primitive};
use crate::media::Serialization;
use crate::parameter::{Parameter, Presence};
use crate::primitive::kind::{Kind, Member};
use crate::primitive::{Response, serial};
use crate::{Operation, ResponseStatusCode};
use std::format;
use std::string::String;

/// Longest text and list.
const LONGEST: usize = 200;
const MOST: usize = 20;
/// Members that their objects must have, and a value of each.
const REQUIRED: [(&str, &str); 6] = [
    ("rtv", "3"),
    ("nm", "\"lbl\""),
    ("val", "\"x\""),
    ("ltia", r#"[{"lti":"a","tkid":"b"}]"#),
    ("lti", "\"a\""),
    ("tkid", "\"b\""),
];

/// A value, the status, and the path that the debug text names.
type Row = (Value, u32, String);

fn ready() -> Bench {
    let mut config = Config::new();
    config.limits.attributes.text_bytes = LONGEST;
    config.limits.attributes.list_elements = MOST;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.container("Cae", "c", json!({"lbl": ["x"]}));
    b.instance("Cae", "c", "1");
    b.instance("Cae", "c", "2");
    b
}

/// A request that is right.
fn base(operation: Operation) -> Value {
    let rest = match operation {
        Operation::Create => {
            json!({"to": "cse-in/Cae/c", "ty": 4, "pc": {"m2m:cin": {"con": "x"}}})
        }
        Operation::Retrieve => json!({"to": "cse-in/Cae/c"}),
        Operation::Update => json!({"to": "cse-in/Cae/c", "pc": {"m2m:cnt": {"lbl": ["y"]}}}),
        Operation::Delete => json!({"to": "cse-in/Cae/c/la"}),
        Operation::Notify => json!({"to": "cse-in/Cae", "pc": {"m2m:sgn": {}}}),
    };
    with(&json!({"op": operation.number(), "fr": "Cae", "rqi": "r1", "rvi": "4"}), &rest)
}

fn with(one: &Value, other: &Value) -> Value {
    let mut both = one.as_object().unwrap().clone();
    both.extend(other.as_object().unwrap().clone());
    Value::Object(both)
}

fn without(one: &Value, name: &str) -> Value {
    let mut rest = one.as_object().unwrap().clone();
    rest.remove(name);
    Value::Object(rest)
}

/// Values that no value of the kind can be, and the path behind the name.
fn wrong_types(kind: Kind) -> Vec<(Value, String)> {
    let whole = |values: &[&str]| -> Vec<(Value, String)> {
        values.iter().map(|text| (serde_json::from_str(text).unwrap(), String::new())).collect()
    };
    match kind {
        Kind::Text => whole(&["7", "true", "null", "{}", "[]", "[\"x\"]"]),
        Kind::Integer => {
            whole(&["\"x\"", "1.5", "-1", "null", "[]", "{}", "true", "18446744073709551616"])
        }
        Kind::Boolean => whole(&["2", "\"yes\"", "null", "[]", "{}"]),
        Kind::Any => whole(&["null"]),
        Kind::Object => whole(&["7", "\"x\"", "[]", "null", "true"]),
        Kind::List(element) => {
            let mut rows = whole(&["7", "{}", "null", "[]", "true"]);
            for (value, path) in wrong_types(*element) {
                let empty = value.is_null() || value == json!([]);
                if !empty {
                    rows.push((json!([value]), dotted("0", &path)));
                }
            }
            rows
        }
        Kind::Record(members) => {
            let mut rows = whole(&["7", "[]", "null", "true"]);
            let good = good_record(members);
            rows.push((with(&good, &json!({"nope": 1})), "nope".into()));
            for member in members {
                if good.get(member.name).is_some() {
                    rows.push((without(&good, member.name), member.name.into()));
                }
                for (value, path) in wrong_types(member.kind) {
                    let mut whole = good.clone();
                    whole[member.name] = value;
                    rows.push((whole, dotted(member.name, &path)));
                }
            }
            rows
        }
    }
}

fn good_record(members: &[Member]) -> Value {
    let required = REQUIRED.iter().filter(|(name, _)| members.iter().any(|m| m.name == *name));
    let pairs =
        required.map(|(name, text)| ((*name).to_string(), serde_json::from_str(text).unwrap()));
    Value::Object(pairs.collect())
}

fn dotted(name: &str, path: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{name}.{path}") }
}

/// What the type of a parameter does not rule out.
fn special(parameter: Parameter, operation: Operation) -> Vec<Row> {
    use Parameter as P;
    let short = parameter.short_name();
    let rows = |rows: &[(Value, u32, &str)]| -> Vec<Row> {
        rows.iter()
            .map(|(value, status, path)| (value.clone(), *status, dotted(short, path)))
            .collect()
    };
    let long = "x".repeat(LONGEST + 1);
    let many = std::vec!["x"; MOST + 1];
    let past = json!("20100101T000000");
    let mut found = match parameter {
        P::Operation => {
            rows(&[(json!(0), 4000, ""), (json!(6), 4000, ""), (json!(1u64 << 32), 4000, "")])
        }
        P::To => rows(&[
            (json!(""), 4000, ""),
            (json!("a//b"), 4000, ""),
            (json!("a b"), 4000, ""),
            (json!("~/x"), 4000, ""),
            (json!("cse-in/.."), 4000, ""),
            (json!(long), 4000, ""),
        ]),
        P::From => rows(&[
            (json!(""), 4000, ""),
            (json!("C a"), 4000, ""),
            (json!("/"), 4000, ""),
            (json!("//x"), 4000, ""),
            (json!(format!("C{long}")), 4000, ""),
        ]),
        P::RequestIdentifier => rows(&[(json!(""), 4000, ""), (json!(long), 4000, "")]),
        P::ResourceType => rows(&[
            (json!(0), 4000, ""),
            (json!(9999), 4000, ""),
            (json!(1u64 << 32), 4000, ""),
            (json!(10), 5001, ""),
        ]),
        P::Content if operation == Operation::Retrieve => rows(&[
            (json!({}), 4000, ""),
            (json!({"x": 1}), 4000, ""),
            (json!({"m2m:atrl": "lbl"}), 4000, ""),
            (json!({"m2m:atrl": []}), 4000, ""),
            (json!({"m2m:atrl": [7]}), 4000, ""),
            (json!({"m2m:atrl": [""]}), 4000, ""),
            (json!({"m2m:atrl": ["lbl"], "x": 1}), 4000, ""),
        ]),
        P::Content if operation != Operation::Notify => rows(&[
            (json!({}), 4000, ""),
            (json!({"m2m:cin": {"con": "x"}, "x": {}}), 4000, ""),
            (json!({"m2m:ae": {}}), 4000, ""),
            (json!({"m2m:cin": 7}), 4000, ""),
            (json!({"m2m:cnt": []}), 4000, ""),
        ]),
        P::OriginatingTimestamp => rows(&[
            (json!("x"), 4000, ""),
            (json!("20141301T000000"), 4000, ""),
            (json!("5000"), 4000, ""),
        ]),
        P::RequestExpirationTimestamp | P::ResultExpirationTimestamp => rows(&[
            (json!("soon"), 4000, ""),
            (json!("20141301T000000"), 4000, ""),
            (past, 4008, ""),
            (json!("-1000"), 4008, ""),
            (json!("0"), 4008, ""),
        ]),
        P::OperationExecutionTime | P::ResultPersistence => {
            rows(&[(json!("soon"), 4000, ""), (json!("20141301T000000"), 4000, "")])
        }
        P::ResponseType => rows(&[
            (json!({"rtv": 0}), 4000, "rtv"),
            (json!({"rtv": 6}), 4000, "rtv"),
            (json!({"rtv": 1u64 << 32}), 4000, "rtv"),
            (json!({"rtv": 5}), 5001, "rtv"),
            (json!({"rtv": 2, "nu": ["/cse/C", ""]}), 4000, "nu.1"),
            (json!({"rtv": 2, "nu": ["a b"]}), 4000, "nu.0"),
            (json!({"rtv": 2, "nu": [long]}), 4000, "nu"),
            (json!({"rtv": 2, "nu": many}), 4000, "nu"),
        ]),
        P::ResultContent => {
            let allowed = operation.allowed_result_contents(None);
            let known = (0..=12).filter(|n| !allowed.iter().any(|rcn| rcn.number() == *n));
            let mut found: Vec<Row> =
                known.chain([13, 99]).map(|n| (json!(n), 4000, short.into())).collect();
            found.push((json!(1u64 << 32), 4000, short.into()));
            if operation == Operation::Retrieve {
                found.extend(rows(&[(json!(10), 5001, ""), (json!(12), 5001, "")]));
            }
            found
        }
        P::EventCategory => rows(&[
            (json!(0), 4000, ""),
            (json!(1), 4000, ""),
            (json!(5), 4000, ""),
            (json!(99), 4000, ""),
            (json!(1000), 4000, ""),
            (json!(1u64 << 32), 4000, ""),
        ]),
        P::DesiredIdentifierResultType => rows(&[(json!(0), 4000, ""), (json!(3), 4000, "")]),
        P::FilterCriteria => rows(&[
            (json!({"fu": 0}), 4000, "fu"),
            (json!({"fu": 5}), 4000, "fu"),
            (json!({"fu": 3}), 5001, "fu"),
            (json!({"fu": 4}), 5001, "fu"),
            (json!({"fo": 0}), 4000, "fo"),
            (json!({"fo": 4}), 4000, "fo"),
            (json!({"crb": "x"}), 4000, "crb"),
            (json!({"cra": "5000"}), 4000, "cra"),
            (json!({"ms": ""}), 4000, "ms"),
            (json!({"us": "20141301T000000"}), 4000, "us"),
            (json!({"exb": "x"}), 4000, "exb"),
            (json!({"exa": "x"}), 4000, "exa"),
            (json!({"sts": 0}), 4000, "sts"),
            (json!({"szb": 0}), 4000, "szb"),
            (json!({"lvl": 0}), 4000, "lvl"),
            (json!({"ofst": 0}), 4000, "ofst"),
            (json!({"ops": 0}), 4000, "ops"),
            (json!({"ops": 64}), 4000, "ops"),
            (json!({"lbq": "a EQ"}), 4000, "lbq"),
            (json!({"lbq": long}), 4000, "lbq"),
            (json!({"cfs": 1}), 4000, "cfq"),
            (json!({"cfq": "$.a EQ 1"}), 4000, "cfq"),
            (json!({"cfs": 1, "cfq": "x"}), 4000, "cfq"),
            (json!({"cfs": 2, "cfq": "x"}), 4000, "cfs"),
            (json!({"gmty": 1}), 4000, "geom"),
            (json!({"gmty": 7, "geom": [1, 2], "gsf": 1}), 4000, "gmty"),
            (json!({"gmty": 1, "geom": [1, 2], "gsf": 4}), 4000, "gsf"),
            (json!({"gmty": 1, "geom": [1], "gsf": 1}), 4000, "geom"),
            (json!({"gmty": 1, "geom": deep(100), "gsf": 1}), 4000, "geom"),
            (json!({"smf": ["x"]}), 5001, "smf"),
            (json!({"aq": "x"}), 5001, "aq"),
            (json!({"ty": [1u64 << 32]}), 4000, "ty.0"),
            (json!({"lbl": many}), 4000, "lbl"),
            (json!({"clbl": [long]}), 4000, "clbl"),
            (json!({"ty": std::vec![3; MOST + 1]}), 4000, "ty"),
            (json!({"arp": long}), 4000, "arp"),
            (json!({"atr": [{"nm": "lbl", "val": long}]}), 4000, "atr"),
            (json!({"patr": std::vec![json!({"nm": "lbl", "val": "x"}); MOST + 1]}), 4000, "patr"),
        ]),
        P::SemanticQueryIndicator => rows(&[(json!(true), 5001, "")]),
        P::GroupSomecastTargetNumber => rows(&[(json!(0), 4000, "")]),
        P::ReleaseVersionIndicator => rows(&[
            (json!(""), 4000, ""),
            (json!("2.1"), 4000, ""),
            (json!("3 "), 4000, ""),
            (json!("9"), 4001, ""),
        ]),
        P::GroupRequestIdentifier
        | P::VendorInformation
        | P::PrimitiveProfileIdentifier
        | P::M2mServiceUser => rows(&[(json!(long), 4000, "")]),
        _ => Vec::new(),
    };
    if let Some(Member { kind: Kind::List(_), .. }) = Member::find(Request::MEMBERS, short) {
        found.extend(rows(&[(json!([long]), 4000, ""), (json!(many), 4000, "")]));
    }
    found
}

/// Lists in one another.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!([]), |inner, _| json!([inner]))
}

/// A value that is right. Times are yet to come.
fn good(parameter: Parameter) -> Value {
    match parameter {
        Parameter::RequestExpirationTimestamp => json!("20991003T112033"),
        Parameter::ResultExpirationTimestamp => json!("20991003T112034"),
        Parameter::OperationExecutionTime => json!("20141003T112034"),
        Parameter::SemanticQueryIndicator => json!(false),
        _ => binding::strategy::sample(parameter).map_or(json!("x"), |(value, _)| value),
    }
}

/// What is there, as far as a request may leave something.
fn state(b: &Bench) -> [usize; 15] {
    let cse = &b.cse;
    [
        cse.store.len() as usize,
        cse.journal.len(),
        cse.walks.len(),
        cse.purges.len(),
        cse.timers.len(),
        cse.outgoing.len(),
        cse.pending.len(),
        cse.events.len(),
        cse.jobs.len(),
        cse.late.len(),
        cse.deferred.len(),
        cse.internal.len(),
        cse.fan_outs.len(),
        cse.fanning.len(),
        cse.fanned.len(),
    ]
}

/// The debug text of a response, and the path in it.
fn named(response: &Response) -> (String, String) {
    let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
    let text = content["m2m:dbg"].as_str().unwrap_or("").to_string();
    let rest = text.strip_prefix("parameter ").unwrap_or(&text);
    let path = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(": ").next(),
    };
    let path = path.unwrap_or("").to_string();
    (text, path)
}

/// Gives a request to the engine; the response, if there is one at once.
fn engine(b: &mut Bench, request: Request) -> Option<Response> {
    let id = b.cse.handle_request(b.now, Session::default(), request);
    let (own, response) = b.cse.poll_response()?;
    assert_eq!(own, id);
    Some(response)
}

/// A primitive as it comes over MQTT or WebSocket.
fn whole(b: &mut Bench, bytes: &[u8], serialization: Serialization) -> Response {
    match binding::read_primitive(bytes, serialization) {
        Ok(Primitive::Request(request)) => engine(b, *request).expect("a response"),
        Ok(Primitive::Response(_)) => panic!("a response"),
        Err(error) => error.to_response(),
    }
}

/// That a request fails as it should and leaves nothing.
fn refused(
    b: &mut Bench,
    before: [usize; 15],
    response: &Response,
    (status, path): (u32, &str),
    context: &str,
) {
    let (text, found) = named(response);
    let got = response.status.number();
    assert_eq!((got, found.as_str()), (status, path), "{context}: {text}");
    assert_eq!(state(b), before, "{context} leaves something");
    assert_eq!(b.cse.poll_journal(), None, "{context}");
}

fn serializations() -> impl Iterator<Item = Serialization> {
    Serialization::ALL.into_iter().filter(|s| serial::has(*s))
}

/// The bytes of a request; XML needs the root element.
fn written(tree: &Value, serialization: Serialization) -> Option<Vec<u8>> {
    match serialization {
        Serialization::Xml => serial::write(&json!({ "m2m:rqp": tree }), serialization),
        _ => serial::write(tree, serialization),
    }
}

#[test]
fn ts_0004_7_3_2_1_every_parameter_wrong_in_each_way() {
    let mut b = ready();
    b.drain();
    let tree = b.tree();
    let before = state(&b);
    let mut checked = [0; 3];
    for operation in Operation::ALL.iter().copied() {
        for parameter in Parameter::ALL.iter().copied() {
            let short = parameter.short_name();
            let right = base(operation);
            let mut rows: Vec<(Value, u32, String)> = Vec::new();
            let mut put = |value: Value, status, path| {
                rows.push((with(&right, &json!({ short: value })), status, path));
            };
            let member = Member::find(Request::MEMBERS, short);
            match (member, parameter.in_request(operation)) {
                (None, _) => put(good(parameter), 4000, short.into()),
                (Some(member), presence) => {
                    for (value, path) in wrong_types(member.kind) {
                        put(value, 4000, dotted(short, &path));
                    }
                    let tolerated = parameter == Parameter::DesiredIdentifierResultType;
                    if presence == Presence::NotPresent && !tolerated {
                        put(good(parameter), 4000, short.into());
                    } else {
                        for (value, status, path) in special(parameter, operation) {
                            put(value, status, path);
                        }
                    }
                    let due = presence == Presence::Mandatory || parameter == Parameter::From;
                    if due && parameter != Parameter::ReleaseVersionIndicator {
                        rows.push((without(&right, short), 4000, short.into()));
                    }
                }
            }
            for (request, status, path) in rows {
                for serialization in serializations() {
                    let name = serialization.name();
                    let Some(bytes) = written(&request, serialization) else { continue };
                    let context = format!("{operation:?} {short} {request} in {name}");
                    let response = whole(&mut b, &bytes, serialization);
                    let (_, found) = named(&response);
                    // XML says in other words what an empty list or null is.
                    let path = match serialization {
                        Serialization::Xml if found.starts_with(&path) => found,
                        _ => path.clone(),
                    };
                    refused(&mut b, before, &response, (status, &path), &context);
                    checked[serialization as usize] += 1;
                }
            }
        }
    }
    assert_eq!(b.tree(), tree, "nothing was changed");
    assert!(checked.iter().all(|count| *count > 2500), "{checked:?}");
}

/// The same request with one parameter a second time.
fn doubled(request: &Value, short: &str, serialization: Serialization) -> Vec<u8> {
    let value = &request[short];
    let bytes = written(request, serialization).unwrap();
    let alone = written(&json!({ short: value }), serialization).unwrap();
    match serialization {
        Serialization::Json => {
            let inner = &alone[1..alone.len() - 1];
            [&bytes[..bytes.len() - 1], b",", inner, b"}"].concat()
        }
        Serialization::Cbor => {
            assert!(bytes[0] & 0xe0 == 0xa0 && bytes[0] < 0xb7, "a short map");
            [&[bytes[0] + 1], &bytes[1..], &alone[1..]].concat()
        }
        Serialization::Xml => {
            let (text, alone) =
                (String::from_utf8(bytes).unwrap(), String::from_utf8(alone).unwrap());
            let from = alone.find(&format!("<{short}")).unwrap();
            let to = alone.rfind("</m2m:rqp>").unwrap();
            text.replace("</m2m:rqp>", &format!("{}</m2m:rqp>", &alone[from..to])).into_bytes()
        }
    }
}

#[test]
fn ts_0004_7_3_2_1_no_parameter_twice() {
    let mut b = ready();
    b.drain();
    let before = state(&b);
    let mut checked = 0;
    for operation in Operation::ALL.iter().copied() {
        for parameter in Parameter::ALL.iter().copied() {
            let short = parameter.short_name();
            let Some(member) = Member::find(Request::MEMBERS, short) else { continue };
            if parameter.in_request(operation) == Presence::NotPresent {
                continue;
            }
            let request = match base(operation) {
                right if right.get(short).is_some() => right,
                right => with(&right, &json!({ short: good(parameter) })),
            };
            for serialization in serializations() {
                if serialization == Serialization::Xml && matches!(member.kind, Kind::List(_)) {
                    // Elements of one list.
                    continue;
                }
                let bytes = doubled(&request, short, serialization);
                let response = whole(&mut b, &bytes, serialization);
                let context = format!("{operation:?} {short} in {}", serialization.name());
                refused(&mut b, before, &response, (4000, short), &context);
                assert_eq!(response.request_identifier, "r1", "{context}");
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// The debug text named the inner member alone, and the response had no request identifier.
#[test]
fn a_member_twice_is_named_with_its_parameter_and_answered() {
    let rows = [
        (r#"{"op":2,"to":"cse-in","fr":"C1","fc":{"lim":1,"lim":2},"rqi":"r7"}"#, "fc.lim"),
        (
            r#"{"m2m:rqp":{"op":2,"to":"b","fr":"C1","fc":{"atr":[{"nm":"a","nm":"b"}]},"rqi":"r7"}}"#,
            "fc.atr.0.nm",
        ),
        (r#"{"op":2,"op":2,"to":"cse-in","fr":"C1","rqi":"r7","rqi":"r8"}"#, "op"),
    ];
    for (text, path) in rows {
        let response = whole(&mut ready(), text.as_bytes(), Serialization::Json);
        assert_eq!(named(&response).1, path);
        assert_eq!(response.request_identifier, "r7");
    }
}

#[test]
fn right_parameters_are_taken() {
    for operation in Operation::ALL.iter().copied() {
        for parameter in Parameter::ALL.iter().copied() {
            let short = parameter.short_name();
            if parameter.in_request(operation) == Presence::NotPresent
                || matches!(
                    parameter,
                    Parameter::Operation | Parameter::ResourceType | Parameter::Content
                )
            {
                continue;
            }
            let mut b = ready();
            let value = match parameter {
                Parameter::ResultContent => json!(operation.default_result_content(None).number()),
                _ => good(parameter),
            };
            let request = with(&base(operation), &json!({ short: value }));
            for serialization in serializations() {
                let bytes = written(&request, serialization).unwrap();
                let Ok(Primitive::Request(request)) =
                    binding::read_primitive(&bytes, serialization)
                else {
                    panic!("{operation:?} {short}");
                };
                let Some(response) = engine(&mut b, *request) else { continue };
                assert_ne!(
                    response.status,
                    ResponseStatusCode::BadRequest,
                    "{operation:?} {short} {response:?}"
                );
                assert_ne!(
                    response.status,
                    ResponseStatusCode::NotImplemented,
                    "{operation:?} {short}"
                );
            }
        }
    }
}

#[test]
fn ts_0004_7_2_1_2_every_parameter_of_responses_wrong_in_each_way() {
    let right = json!({"rsc": 2000, "rqi": "r1"});
    let mut checked = 0;
    for member in Response::MEMBERS {
        let mut rows = Vec::new();
        if right.get(member.name).is_some() {
            rows.push((without(&right, member.name), member.name.to_string()));
        }
        for (value, path) in wrong_types(member.kind) {
            let response = with(&right, &json!({ member.name: value }));
            rows.push((response, dotted(member.name, &path)));
        }
        for (response, path) in rows {
            for serialization in serializations() {
                let Some(bytes) = (match serialization {
                    Serialization::Xml => {
                        serial::write(&json!({ "m2m:rsp": response }), serialization)
                    }
                    _ => serial::write(&response, serialization),
                }) else {
                    continue;
                };
                let error = serial::read(&bytes, serialization)
                    .and_then(Response::from_value)
                    .expect_err(&format!("{response} in {}", serialization.name()));
                let named = error.member.as_str();
                let same = named == path
                    || serialization == Serialization::Xml && named.starts_with(&path);
                assert!(same, "{response} in {}: {error}", serialization.name());
                checked += 1;
            }
        }
    }
    assert!(checked > 250, "{checked}");
}

/// Filter criteria of a request to one resource were passed over: it was deleted in any case.
#[test]
fn ts_0004_7_3_3_1_what_does_not_meet_the_criteria_is_not_found() {
    let mut b = ready();
    let to = "cse-in/Cae/c";
    for (fc, meets) in [
        (json!({"lbl": ["x"]}), true),
        (json!({"lbl": ["other"]}), false),
        (json!({"ty": [4]}), false),
        (json!({"ty": [4], "lbl": ["x"], "fo": 2}), true),
        (json!({"cra": "20200101T000000", "fu": 2}), true),
        (json!({"crb": "20200101T000000", "fu": 2}), false),
        (json!({"atr": [{"nm": "cni", "val": 2}]}), true),
        (json!({"atr": [{"nm": "cni", "val": 3}]}), false),
    ] {
        let retrieved = json!({"op": 2, "fr": "Cae", "to": to, "fc": fc});
        let pc = json!({"m2m:cnt": {"mni": 10}});
        let updated = json!({"op": 3, "fr": "Cae", "to": to, "fc": fc, "pc": pc});
        for (asked, good) in [(retrieved, 2000), (updated, 2004)] {
            let (status, content) = b.ask(asked);
            assert_eq!(status, if meets { good } else { 4004 }, "{fc} {content}");
        }
        if !meets {
            let deleted = json!({"op": 4, "fr": "Cae", "to": to, "fc": fc});
            assert_eq!(b.ask(deleted).0, 4004, "{fc}");
        }
    }
    let deleted = json!({"op": 4, "fr": "Cae", "to": to, "fc": {"lbl": ["x"]}});
    assert_eq!(b.ask(deleted).0, 2002);
    assert_eq!(b.get("Cae", to).0, 4004);
}

/// The lower bounds were left out of their ranges.
#[test]
fn ts_0004_7_3_3_17_lower_bounds_belong_to_their_ranges() {
    let mut b = ready();
    let (_, content) = b.get("Cae", "cse-in/Cae/c");
    let container = &content["m2m:cnt"];
    for (name, bound) in [
        ("cra", &container["ct"]),
        ("ms", &container["lt"]),
        ("stb", &container["st"]),
        ("exa", &container["et"]),
    ] {
        let asked = json!({"op": 2, "fr": "Cae", "to": "cse-in/Cae/c", "fc": {name: bound}});
        assert_eq!(b.ask(asked).0, 2000, "{name} {bound}");
    }
}

/// Conditions on children were counted as one step whatever their number.
#[test]
fn many_conditions_do_not_make_a_step_long() {
    let mut config = Config::new();
    config.limits.step = 50;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    for n in 0..40 {
        b.instance("Cae", "c", &format!("{n}"));
    }
    let conditions = std::vec![json!({"nm": "con", "val": "none"}); 30];
    for name in ["atr", "catr", "patr"] {
        let fc = json!({"fu": 1, name: conditions});
        let whole =
            json!({"op": 2, "fr": "CAdmin", "to": "cse-in", "fc": fc, "rqi": "1", "rvi": "4"});
        let request = Request::from_value(whole).unwrap();
        b.cse.handle_request(b.now, Session::default(), request);
        let mut steps = 1;
        while b.cse.poll_response().is_none() {
            b.cse.handle_timeout(b.now);
            steps += 1;
        }
        let least = if name == "catr" { 2 } else { 15 };
        assert!(steps >= least, "{name}: {steps} steps");
    }
}

/// The time by which a result is wanted was not looked at unless the request was not blocking.
#[test]
fn ts_0004_6_4_1_a_result_expires_after_its_request() {
    let mut b = ready();
    let mut ask = |rqet: &str, rset: &str| {
        let asked = json!({"op": 2, "fr": "Cae", "to": "cse-in/Cae/c", "rqet": rqet, "rset": rset});
        b.ask(asked).0
    };
    assert_eq!(ask("10000", "20000"), 2000);
    assert_eq!(ask("10000", "10000"), 4000);
    assert_eq!(ask("20000", "10000"), 4000);
    assert_eq!(ask("20000", "0"), 4008);
}
