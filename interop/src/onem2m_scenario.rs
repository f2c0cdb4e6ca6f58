//! One scenario for every binding and every CSE: what it leaves has to be the same.

use crate::onem2m::Link;
use onem2m_core::enumeration::{FilterUsage, ResultContent};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Content, FilterCriteria, Request, Response};
use onem2m_core::{Operation, ReleaseVersion, ResourceType, ResponseStatusCode};
use serde_json::{Value, json};

/// The AE of the scenario.
pub const AE: &str = "CDevice";

/// An originator on a link, which counts its requests.
struct Originator<'l> {
    link: &'l mut dyn Link,
    count: u32,
}

impl Originator<'_> {
    fn ask(&mut self, operation: Operation, to: &str, more: Request) -> Response {
        self.count += 1;
        let request = Request {
            operation,
            to: to.to_owned(),
            request_identifier: format!("r{}", self.count),
            from: Some(AE.to_owned()),
            release_version_indicator: Some(ReleaseVersion::R3),
            ..more
        };
        let much = request.result_content == Some(ResultContent::AttributesAndChildResources);
        let response =
            if much { self.link.ask_for_much(&request) } else { self.link.ask(&request) };
        assert_eq!(response.request_identifier, request.request_identifier);
        response
    }

    /// Asks for what shall succeed with `status`; gives the content.
    fn must(&mut self, operation: Operation, to: &str, status: u32, more: Request) -> Value {
        let response = self.ask(operation, to, more);
        let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
        assert_eq!(response.status.number(), status, "{operation:?} {to}: {content}");
        content
    }

    fn create(&mut self, to: &str, ty: ResourceType, content: &Value) -> Value {
        let more =
            Request { resource_type: Some(ty), content: Content::from_value(content), ..none() };
        self.must(Operation::Create, to, 2001, more)
    }

    fn discover(&mut self, to: &str, criteria: FilterCriteria) -> usize {
        let criteria =
            FilterCriteria { filter_usage: Some(FilterUsage::DiscoveryCriteria), ..criteria };
        let more = Request { filter_criteria: Some(criteria), ..none() };
        let found = self.must(Operation::Retrieve, to, 2000, more);
        found["m2m:uril"].as_array().unwrap_or_else(|| panic!("{found}")).len()
    }
}

fn none() -> Request {
    Request::new(Operation::Retrieve, String::new(), String::new())
}

/// What two runs cannot have in common taken out.
fn normal(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["ri", "pi", "ct", "lt", "et", "poa", "csz", "st"] {
                members.remove(name);
            }
            members.values_mut().for_each(normal);
        }
        Value::Array(elements) => elements.iter_mut().for_each(normal),
        _ => {}
    }
}

/// Registers, stores, finds, subscribes, is notified; gives the tree, and deletes it.
///
/// # Panics
/// If the CSE answers otherwise than it should.
#[must_use]
pub fn scenario(link: &mut dyn Link, serialization: Serialization) -> Value {
    use Operation::{Delete, Retrieve, Update};
    let poa = link.point_of_access();
    let mut ae = Originator { link, count: 0 };
    let content = json!({"m2m:ae": {
        "rn": "device", "api": "Nm2m.test", "rr": true, "srv": ["3"], "poa": [poa],
        "csz": [format!("application/{}", serialization.name())]
    }});
    let made = ae.create("cse-in", ResourceType::Ae, &content);
    assert_eq!(made["m2m:ae"]["aei"], AE);
    let content = json!({"m2m:cnt": {
        "rn": "data", "lbl": ["kind:temp", "room 1"], "mni": 3
    }});
    ae.create("cse-in/device", ResourceType::Container, &content);
    for number in 1..5 {
        let content = json!({"m2m:cin": {
            "rn": format!("v{number}"), "con": format!("{number} °C"), "cnf": "text/plain:0"
        }});
        ae.create("cse-in/device/data", ResourceType::ContentInstance, &content);
    }
    let latest = ae.must(Retrieve, "cse-in/device/data/la", 2000, none());
    assert_eq!(latest["m2m:cin"]["con"], "4 °C");
    let oldest = ae.must(Retrieve, "/id-in/cse-in/device/data/ol", 2000, none());
    assert_eq!(oldest["m2m:cin"]["rn"], "v2", "mni was 3");
    let part = ae.must(Retrieve, "cse-in/device/data#cni", 2000, none());
    assert_eq!(part, json!({"m2m:cnt": {"cni": 3}}));

    let of_type = |ty| FilterCriteria { resource_types: vec![ty], ..FilterCriteria::default() };
    assert_eq!(ae.discover("cse-in", of_type(ResourceType::ContentInstance)), 3);
    let near = FilterCriteria { level: Some(1), ..of_type(ResourceType::Container) };
    assert_eq!(ae.discover("cse-in/device", near), 1);
    let labelled =
        FilterCriteria { labels: vec!["kind:temp".into()], ..of_type(ResourceType::Container) };
    assert_eq!(ae.discover("cse-in", labelled), 1);

    let update = json!({"m2m:cnt": {"lbl": ["kind:temp"]}});
    let more = Request { content: Content::from_value(&update), ..none() };
    let updated = ae.must(Update, "cse-in/device/data", 2004, more);
    assert_eq!(updated["m2m:cnt"]["lbl"], json!(["kind:temp"]));
    let missing = ae.ask(Retrieve, "cse-in/device/nothing", none());
    assert_eq!(missing.status, ResponseStatusCode::NotFound);

    let content = json!({"m2m:sub": {
        "rn": "watch", "nu": [AE], "nct": 1, "enc": {"net": [3]}
    }});
    ae.create("cse-in/device/data", ResourceType::Subscription, &content);
    let content = json!({"m2m:cin": {"rn": "v5", "con": "5 °C"}});
    ae.create("cse-in/device/data", ResourceType::ContentInstance, &content);
    let notified = loop {
        let request = ae.link.notified();
        assert_eq!(request.operation, Operation::Notify);
        let content = request.content.unwrap().to_value();
        if content["m2m:sgn"]["vrq"] != true {
            break content;
        }
    };
    assert_eq!(notified["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"], "5 °C", "{notified}");

    let more =
        Request { result_content: Some(ResultContent::AttributesAndChildResources), ..none() };
    let mut tree = ae.must(Retrieve, "cse-in/device", 2000, more);
    normal(&mut tree);
    ae.must(Delete, "cse-in/device", 2002, none());
    let gone = ae.ask(Retrieve, "cse-in/device", none());
    assert!(!gone.status.is_success());
    tree
}
