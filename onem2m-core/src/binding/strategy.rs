//! Primitives that bindings can carry, and what is the same to a binding.

use crate::Operation;
use crate::parameter::{Parameter, Presence};
use crate::primitive::kind::scalar_text;
use crate::primitive::strategy::{request, response};
use crate::primitive::{FilterCriteria, Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::string::String;

/// Requests to addresses, with content only where the method has a body, and the parameters of
/// `unmapped` left out.
pub(super) fn mapped(unmapped: fn(Parameter) -> bool) -> impl Strategy<Value = Request> {
    (request(), "(//sp\\.example/cse/|/cse/|)[a-z]{1,5}(/[A-Za-z0-9._-]{3,5}){0,3}").prop_map(
        move |(request, to)| {
            let mut request = Request { to, ..request };
            if matches!(request.operation, Operation::Retrieve | Operation::Delete) {
                request.content = None;
            }
            let mut tree = serde_json::to_value(&request).unwrap();
            for parameter in Parameter::ALL.iter().filter(|p| unmapped(**p)) {
                tree.as_object_mut().unwrap().remove(parameter.short_name());
            }
            Request::from_value(tree).unwrap()
        },
    )
}

pub(super) fn answers() -> impl Strategy<Value = Response> {
    response()
}

/// The same request as bindings see it: no criteria are none, and a condition has text.
pub(super) fn normal(mut request: Request) -> Request {
    if request.filter_criteria == Some(FilterCriteria::default()) {
        request.filter_criteria = None;
    }
    if let Some(criteria) = &mut request.filter_criteria {
        for condition in &mut criteria.attributes {
            condition.value = Value::String(scalar_text(&condition.value).unwrap());
        }
    }
    request
}

/// A request of `operation` with everything mandatory, and parameter `short` set to `value`.
pub(super) fn with(operation: Operation, short: &str, value: &Value) -> Request {
    let mut tree = json!({ "op": operation.number(), "to": "base/x", "fr": "Cae1", "rqi": "r1" });
    if Parameter::Content.in_request(operation) == Presence::Mandatory {
        tree["pc"] = json!({ "m2m:cnt": {} });
    }
    if operation == Operation::Create {
        tree["ty"] = json!(3);
    }
    tree[short] = value.clone();
    Request::from_value(tree).unwrap_or_else(|e| panic!("{short}: {e}"))
}

/// A value of every parameter, as its primitive has it, and how text writes it.
pub(super) fn samples() -> [(&'static str, Value, &'static str); 35] {
    let text = |short: &'static str, text: &'static str| (short, json!(text), text);
    [
        text("fr", "Cae2"),
        text("rqi", "0x1"),
        ("rids", json!(["a", "b"]), "a+b"),
        text("ot", "20141003T112032"),
        text("rqet", "20141003T112033"),
        text("rset", "20141003T112034"),
        text("oet", "20141003T112035"),
        ("rt", json!({"rtv": 2, "nu": ["http://a/", "/cse/C1"]}), "2 http://a/&/cse/C1"),
        text("rp", "PT1H"),
        ("rcn", json!(4), "4"),
        ("ec", json!(100), "100"),
        ("da", json!(true), "true"),
        text("gid", "g1"),
        ("fc", json!({"ty": [3, 4], "lbl": ["a b", "c"], "fu": 1, "lim": 5}), ""),
        ("drt", json!(2), "2"),
        ("tkns", json!(["x.y", "z"]), "x.y+z"),
        ("tids", json!(["t"]), "t"),
        ("tqi", json!(false), "false"),
        ("ltids", json!(["l", "m"]), "l+m"),
        ("grtm", json!(["a", "b"]), "a+b"),
        ("asi", json!(true), "true"),
        ("aus", json!(["s1", "s2"]), "s1+s2"),
        ("auri", json!(true), "true"),
        ("sqi", json!(true), "true"),
        text("rvi", "2a"),
        text("vsi", "anything"),
        ("omr", json!(["o"]), "o"),
        text("prpi", "p"),
        text("msu", "u"),
        ("gstn", json!(7), "7"),
        ("ty", json!(4), "4"),
        ("pc", json!({"m2m:cin": {"con": "x"}}), ""),
        text("to", "/cse/base"),
        ("op", json!(2), ""),
        ("rsc", json!(2000), "2000"),
    ]
}

/// The sample of a parameter.
pub(crate) fn sample(parameter: Parameter) -> Option<(Value, String)> {
    let short = parameter.short_name();
    let row = samples().into_iter().find(|(name, _, _)| *name == short)?;
    Some((row.1, row.2.into()))
}
