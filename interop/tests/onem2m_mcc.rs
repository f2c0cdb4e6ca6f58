//! Two CSEs, one of them ours, the other ACME or ours too: registration, requests that pass
//! through, notifications and announcement, in both directions.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::acme::{Acme, Place};
use m2m_interop::onem2m::{Http, Link};
use m2m_interop::onem2m_cse::{Cse, HttpCse};
use m2m_interop::wait_for;
use onem2m_core::enumeration::FilterUsage;
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Content, FilterCriteria, Request};
use onem2m_core::{Operation, ReleaseVersion, ResourceType};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// One of the two CSEs and who asks it.
struct Side {
    id: &'static str,
    base: &'static str,
    link: Http,
    count: u32,
}

impl Side {
    fn new(id: &'static str, base: &'static str, http: SocketAddr) -> Side {
        Side { id, base, link: Http::new(http, Serialization::Json), count: 0 }
    }

    fn ask(&mut self, operation: Operation, from: &str, to: &str, more: Request) -> (u32, Value) {
        self.count += 1;
        let request = Request {
            operation,
            to: to.to_owned(),
            request_identifier: format!("{}-{}", self.base, self.count),
            from: Some(from.to_owned()),
            release_version_indicator: Some(ReleaseVersion::R3),
            ..more
        };
        let response = self.link.ask_for_much(&request);
        let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
        (response.status.number(), content)
    }

    fn must(&mut self, operation: Operation, from: &str, to: &str, more: Request) -> Value {
        let (status, content) = self.ask(operation, from, to, more);
        let good = (2000..3000).contains(&status);
        assert!(good, "{operation:?} {to} by {from} at {}: {status} {content}", self.id);
        content
    }

    fn create(&mut self, from: &str, to: &str, ty: ResourceType, content: &Value) -> Value {
        let more =
            Request { resource_type: Some(ty), content: Content::from_value(content), ..none() };
        self.must(Operation::Create, from, to, more)
    }

    fn update(&mut self, from: &str, to: &str, content: &Value) -> Value {
        let more = Request { content: Content::from_value(content), ..none() };
        self.must(Operation::Update, from, to, more)
    }

    fn get(&mut self, from: &str, to: &str) -> (u32, Value) {
        self.ask(Operation::Retrieve, from, to, none())
    }

    /// The resources of a type, as the administrator sees them.
    fn all(&mut self, ty: ResourceType) -> Vec<String> {
        let criteria = FilterCriteria {
            filter_usage: Some(FilterUsage::DiscoveryCriteria),
            resource_types: vec![ty],
            ..FilterCriteria::default()
        };
        let more = Request { filter_criteria: Some(criteria), ..none() };
        let found = self.must(Operation::Retrieve, "CAdmin", self.base, more);
        let list = found["m2m:uril"].as_array().unwrap().iter();
        list.map(|uri| uri.as_str().unwrap().to_owned()).collect()
    }

    fn ae(&mut self, id: &str, more: &Value) -> Value {
        let poa = self.link.point_of_access();
        let mut ae = json!({"rn": id, "api": "Nm2m.test", "rr": true, "srv": ["3"], "poa": [poa]});
        ae.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create(id, self.base, ResourceType::Ae, &json!({ "m2m:ae": ae }))
    }
}

fn none() -> Request {
    Request::new(Operation::Retrieve, String::new(), String::new())
}

/// Resources of `here` are announced at `there`, follow their originals, and go with them.
fn announces(here: &mut Side, there: &mut Side) {
    let more = json!({"at": [there.id], "aa": ["apn"], "apn": "Meter", "lbl": ["kind:meter"]});
    here.ae("Cmeter", &more);
    let announced =
        |side: &mut Side, ty| wait_for("announced resource", || side.all(ty).first().cloned());
    let ae = announced(there, ResourceType::AeAnnc);
    let (_, shown) = there.get("CAdmin", &ae);
    assert_eq!(shown["m2m:aeA"]["apn"], "Meter", "{shown}");
    assert_eq!(shown["m2m:aeA"]["lbl"], json!(["kind:meter"]));
    assert_eq!(shown["m2m:aeA"]["lnk"], format!("{}/Cmeter", here.id));
    assert_eq!(shown["m2m:aeA"].get("api"), None);
    let own = format!("{}/Cmeter", here.base);
    let cnt = json!({"m2m:cnt": {"rn": "data", "at": [there.id]}});
    here.create("Cmeter", &own, ResourceType::Container, &cnt);
    let cnt = announced(there, ResourceType::ContainerAnnc);
    assert!(cnt.starts_with(&format!("{ae}/")), "{cnt} is not below {ae}");
    let cin = json!({"m2m:cin": {"con": "21.5", "at": [there.id], "aa": ["con"]}});
    here.create("Cmeter", &format!("{own}/data"), ResourceType::ContentInstance, &cin);
    let cin = announced(there, ResourceType::ContentInstanceAnnc);
    assert_eq!(there.get("CAdmin", &cin).1["m2m:cinA"]["con"], "21.5");
    // The address of the announced resource is in `at`.
    let (_, shown) = here.get("Cmeter", &own);
    let at = shown["m2m:ae"]["at"][0].as_str().unwrap().to_owned();
    assert_eq!(there.get("CAdmin", &at).0, 2000, "{at}");
    // It follows.
    here.update("Cmeter", &own, &json!({"m2m:ae": {"lbl": ["new"], "apn": "Other"}}));
    wait_for("change", || {
        let (_, shown) = there.get("CAdmin", &ae);
        (shown["m2m:aeA"]["lbl"] == json!(["new"]) && shown["m2m:aeA"]["apn"] == "Other")
            .then_some(())
    });
    here.update("Cmeter", &own, &json!({"m2m:ae": {"aa": null}}));
    wait_for("attribute to go", || {
        there.get("CAdmin", &ae).1["m2m:aeA"].get("apn").is_none().then_some(())
    });
    here.must(Operation::Delete, "Cmeter", &own, none());
    wait_for("withdrawal", || there.all(ResourceType::AeAnnc).is_empty().then_some(()));
    assert_eq!(there.get("CAdmin", &cnt).0, 4004);
}

/// An AE of `there` works with a container of `here`, knowing its own CSE only, and is notified of
/// what happens there.
fn works_with(here: &mut Side, there: &mut Side) {
    here.ae("Csensor", &json!({}));
    there.ae("Cpanel", &json!({}));
    // The other CSE may notify it.
    let near = format!("{}/Cpanel", there.base);
    let right = json!({"acr": [{"acor": ["Cpanel"], "acop": 63}, {"acor": [here.id], "acop": 16}]});
    let acp = json!({"m2m:acp": {"pv": right, "pvs": right}});
    let acp = there.create("Cpanel", &near, ResourceType::AccessControlPolicy, &acp);
    there.update("Cpanel", &near, &json!({"m2m:ae": {"acpi": [acp["m2m:acp"]["ri"]]}}));
    let far = format!("{}/Cpanel", there.id);
    let own = format!("{}/Csensor", here.base);
    let right = json!({"acr": [{"acor": ["Csensor", far], "acop": 63}]});
    let acp = json!({"m2m:acp": {"rn": "rights", "pv": right, "pvs": right}});
    let acp = here.create("Csensor", &own, ResourceType::AccessControlPolicy, &acp);
    let cnt = json!({"m2m:cnt": {"rn": "data", "acpi": [acp["m2m:acp"]["ri"]]}});
    here.create("Csensor", &own, ResourceType::Container, &cnt);
    let data = format!("{}/{own}/data", here.id);
    let cin = json!({"m2m:cin": {"con": "from far away"}});
    there.create("Cpanel", &data, ResourceType::ContentInstance, &cin);
    let (status, latest) = there.get("Cpanel", &format!("{data}/la"));
    assert_eq!((status, &latest["m2m:cin"]["con"]), (2000, &json!("from far away")), "{latest}");
    assert_eq!(here.get("Csensor", &format!("{own}/data/la")).1, latest);
    assert_eq!(there.get("Cpanel", &format!("{data}/nothing")).0, 4004);
    let sub = json!({"m2m:sub": {"rn": "watch", "nu": [far], "nct": 1, "enc": {"net": [3]}}});
    there.create("Cpanel", &data, ResourceType::Subscription, &sub);
    let cin = json!({"m2m:cin": {"con": "news"}});
    here.create("Csensor", &format!("{own}/data"), ResourceType::ContentInstance, &cin);
    loop {
        let notification = there.link.notified().content.unwrap().to_value();
        if notification["m2m:sgn"]["vrq"] != true {
            let told = &notification["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"];
            assert_eq!(told, "news", "{notification}");
            break;
        }
    }
    here.must(Operation::Delete, "Csensor", &own, none());
    there.must(Operation::Delete, "Cpanel", &near, none());
}

/// Everything in both directions, after the two have found each other.
fn both(infrastructure: SocketAddr, middle: SocketAddr) {
    let mut inn = Side::new("/id-in", "cse-in", infrastructure);
    let mut mn = Side::new("/id-mn", "cse-mn", middle);
    for (side, other) in [(&mut inn, "id-mn"), (&mut mn, "id-in")] {
        wait_for("registration", || (side.get("CAdmin", other).0 == 2000).then_some(()));
    }
    works_with(&mut mn, &mut inn);
    works_with(&mut inn, &mut mn);
    announces(&mut mn, &mut inn);
    announces(&mut inn, &mut mn);
}

fn registree(registrar: &str) -> Vec<&str> {
    let names = ["--cse-type", "MN", "--cse-id", "/id-mn", "--cse-name", "cse-mn"];
    let registrar = ["--registrar", registrar, "--registrar-id", "/id-in"];
    [&names[..], &registrar, &["--registrar-name", "cse-in"]].concat()
}

#[test]
fn acme_is_the_registrar() {
    if m2m_interop::skipped() {
        return;
    }
    let acme = Acme::start_at(Place::Registrar);
    let cse = HttpCse::start(&registree(&format!("http://{}", acme.http)));
    both(acme.http, cse.http);
}

#[test]
fn acme_is_the_registree() {
    if m2m_interop::skipped() {
        return;
    }
    let cse = HttpCse::start(&[]);
    let acme = Acme::start_at(Place::Registree(cse.http));
    both(cse.http, acme.http);
}

/// The two meet at a broker.
#[test]
fn both_are_ours_over_mqtt() {
    if m2m_interop::skipped() {
        return;
    }
    let infrastructure = Cse::start();
    let registrar = format!("mqtt://{}", infrastructure.broker.address);
    let middle = Cse::start_beside(&infrastructure, &registree(&registrar));
    both(infrastructure.http, middle.http);
}
