//! Our client against a Leshan server: registration, every operation, every format, observation.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use lwm2m_core::client::{Client, Event};
use m2m_interop::device::{OPAQUE, SERVER, path, set, show};
use m2m_interop::leshan::{LeshanServer, instance, links, multiple, single};
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::scene::{Scene, away};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

// ---- registration ------------------------------------------------------------------------------

#[test]
fn registration_says_what_the_device_is() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("registers", 60);
    let r = &scene.registered;
    for (name, value) in [
        ("endpoint", json!("registers")),
        ("lifetime", json!(60)),
        ("lwM2mVersion", json!("1.1")),
        ("bindingMode", json!("U")),
        ("rootPath", json!("/")),
        ("queuemode", json!(false)),
        ("additionalRegistrationAttributes", json!({})),
    ] {
        assert_eq!(r[name], value, "{name}");
    }
    // Never Security. Versions only where they are not what the enabler implies.
    let links = links(&r["objectLinks"]);
    for link in ["/1/0", "/3/0", "/3303/0", "/3442/0"] {
        assert!(links.contains(&link.to_owned()), "{links:?}");
    }
    assert!(links.contains(&"/3303;ver=1.1".to_owned()), "{links:?}");
    assert!(!links.iter().any(|l| l.starts_with("/0")), "{links:?}");
    let formats: Vec<u64> = r["supportedContentFormats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f.as_u64().unwrap())
        .collect();
    for format in [60, 110, 112, 11542] {
        assert!(formats.contains(&format), "{formats:?}");
    }
    scene.end();
}

#[test]
fn updates_come_for_lifetime_links_trigger_and_command() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("updates", 60);
    // By command.
    scene.device.call(|client, now| client.update(now, SERVER)).unwrap();
    assert_eq!(scene.events.wait("UPDATED").data["lifetime"], 60);
    // ETS 102, 107: the server writes the lifetime.
    assert_eq!(scene.code("PUT", "/1/0/1?format=TEXT", &single(1, "integer", "90")), 204);
    assert_eq!(scene.events.wait("UPDATED").data["lifetime"], 90);
    assert_eq!(scene.read("/1/0/1").value(), "90");
    // ETS 104: the server executes the trigger.
    assert_eq!(scene.code("POST", "/1/0/8", &Value::Null), 204);
    scene.events.wait("UPDATED");
    // An instance comes and goes.
    scene.device.call(|client, now| client.add_instance(now, path("/3303/4"))).unwrap();
    let with = links(&scene.events.wait("UPDATED").data["objectLinks"]);
    assert!(with.contains(&"/3303/4".to_owned()), "{with:?}");
    scene.device.call(|client, now| client.remove(now, path("/3303/4"))).unwrap();
    let without = links(&scene.events.wait("UPDATED").data["objectLinks"]);
    assert!(!without.contains(&"/3303/4".to_owned()), "{without:?}");
    scene.end();
}

#[test]
fn a_short_lifetime_is_kept_up_and_disable_ends_it_for_a_while() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("lives", 20);
    scene.events.wait("UPDATED");
    // ETS 103: two seconds disabled.
    assert_eq!(scene.code("PUT", "/1/0/5?format=TEXT", &single(5, "integer", "2")), 204);
    scene.disable();
    assert_eq!(scene.events.wait("DEREGISTRATION").data["expired"], false);
    scene.events.wait("REGISTRATION");
    let away = away(&scene.end());
    assert!(away >= Duration::from_millis(1990) && away < Duration::from_secs(30), "{away:?}");
}

#[test]
fn registration_and_reads_through_loss() {
    if m2m_interop::skipped() {
        return;
    }
    let relay = Relay::start(LeshanServer::shared().coap, Rules::THIRD_LOST);
    let scene = Scene::behind("loses", 60, Some(&relay));
    for _ in 0..3 {
        assert_eq!(scene.read("/3303/0/5700?format=TLV&timeout=30").value(), "20.0");
    }
    scene.end();
    assert!(relay.counts().dropped >= 2);
}

// ---- read --------------------------------------------------------------------------------------

/// The formats that hold a tree.
const TREES: [&str; 3] = ["TLV", "SENML_JSON", "SENML_CBOR"];

fn resources(node: &Value) -> Vec<Value> {
    node["resources"].as_array().unwrap().clone()
}

fn test_object() -> Vec<Value> {
    let link = |object: u16| json!({"objectId": object, "objectInstanceId": 0});
    let opaque: String = OPAQUE.iter().map(|b| format!("{b:02x}")).collect();
    vec![
        single(110, "STRING", "Zürich, \"quoted\""),
        single(120, "INTEGER", "-5000000000"),
        single(125, "UNSIGNED_INTEGER", "18446744073709551615"),
        single(130, "FLOAT", "-0.125"),
        single(140, "BOOLEAN", true),
        single(150, "OPAQUE", opaque.as_str()),
        single(160, "TIME", 1_700_000_001_000u64),
        single(170, "OBJLNK", link(3303)),
        single(180, "CORELINK", "</3>;ver=1.1,</3/0>"),
        multiple(1110, "STRING", &json!({"0": "", "7": "seven"})),
        multiple(1120, "INTEGER", &json!({"1": "1", "300": "-129"})),
        multiple(1130, "FLOAT", &json!({"0": "1.5"})),
        multiple(1140, "BOOLEAN", &json!({"0": false})),
        multiple(1150, "OPAQUE", &json!({"0": opaque})),
        multiple(1160, "TIME", &json!({"0": -1000})),
        multiple(1170, "OBJLNK", &json!({"2": link(3)})),
    ]
}

#[test]
fn objects_and_instances_are_read_in_every_format_for_trees() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("reads-trees", 60);
    for format in TREES {
        let whole = scene.read(&format!("/3442/0?format={format}"));
        let got = resources(whole.content());
        for want in test_object() {
            let id = &want["id"];
            let one = got.iter().find(|r| r["id"] == *id);
            assert_eq!(one, Some(&want), "{format} {id}");
        }
        let object = scene.read(&format!("/3303?format={format}"));
        let instances = object.content()["instances"].as_array().unwrap();
        assert_eq!(instances.len(), 1, "{format}");
        assert_eq!(instances[0]["id"], 0, "{format}");
        let temperature = resources(&instances[0]);
        assert!(temperature.contains(&single(5700, "FLOAT", "20.0")), "{format}: {temperature:?}");
        assert!(temperature.contains(&single(5701, "STRING", "Cel")), "{format}");
        let device = scene.read(&format!("/3/0?format={format}"));
        let voltages = multiple(7, "INTEGER", &json!({"0": "3800", "1": "5000"}));
        assert!(resources(device.content()).contains(&voltages), "{format}: {device:?}");
    }
    // ETS 237: no format asked for.
    assert_eq!(resources(scene.read("/3303/0").content()).len(), 5);
    // A tree has no form as text, as a single CBOR value, or as octets.
    for format in ["TEXT", "CBOR", "OPAQUE"] {
        assert_eq!(scene.read(&format!("/3/0?format={format}")).code(), 406, "{format}");
    }
    // Clients from 1.1 on do not send the JSON of 1.0.
    assert_eq!(scene.read("/3/0?format=JSON").code(), 406);
    scene.end();
}

#[test]
fn resources_are_read_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("reads-resources", 60);
    let all = test_object();
    for want in &all {
        let id = &want["id"];
        let is_single = want["kind"] == "singleResource";
        let flat: &[&str] = if is_single { &["TEXT", "CBOR"] } else { &[] };
        for format in TREES.iter().chain(flat) {
            let got = scene.read(&format!("/3442/0/{id}?format={format}"));
            assert_eq!(got.content(), want, "{format} {id}");
        }
    }
    let octets = scene.read("/3442/0/150?format=OPAQUE");
    assert_eq!(octets.content(), &single(150, "OPAQUE", "00ff01807f"));
    // ETS 225: one instance of a resource.
    for format in TREES.iter().chain(&["TEXT", "CBOR"]) {
        let one = scene.read(&format!("/3/0/7/1?format={format}"));
        assert_eq!(one.content()["kind"], "resourceInstance", "{format}");
        assert_eq!(one.value(), "5000", "{format}");
    }
    scene.end();
}

#[test]
fn errors_have_the_codes_of_the_specification() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("errors", 60);
    let write = |path: &str, node: Value| scene.code("PUT", path, &node);
    // ETS 221: the Security object is nobody's business.
    assert_eq!(scene.read("/0/0").code(), 401);
    for missing in ["/99", "/3/1", "/3/0/99", "/3303/7", "/3303/0/1", "/3/0/7/9"] {
        assert_eq!(scene.read(missing).code(), 404, "{missing}");
    }
    assert_eq!(write("/3303/0/5700?format=TEXT", single(5700, "float", "1")), 405);
    // ETS 256.
    assert_eq!(write("/1/0/0?format=TEXT", single(0, "integer", "7")), 405);
    assert_eq!(scene.code("POST", "/3303/0/5700", &Value::Null), 405);
    assert_eq!(scene.read("/3303/0/5605").code(), 405);
    // ETS 680, 685.
    let device = json!({"id": 1, "resources": [single(14, "string", "x")]});
    assert_eq!(scene.code("POST", "/3?format=TLV", &device), 405);
    assert_eq!(scene.code("DELETE", "/3/0", &Value::Null), 405);
    assert_eq!(scene.code("DELETE", "/3303/9", &Value::Null), 404);
    scene.end();
}

// ---- write, execute, create, delete ------------------------------------------------------------

#[test]
fn resources_are_written_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("writes", 60);
    let link = |object: u16| json!({"objectId": object, "objectInstanceId": 0});
    let formats = ["TEXT", "CBOR", "TLV", "SENML_JSON", "SENML_CBOR"];
    for (number, format) in (1..).zip(formats) {
        let n: i32 = number;
        let values = [
            single(110, "STRING", format!("straße {n}")),
            single(120, "INTEGER", (-n * 1_000_000).to_string()),
            single(125, "UNSIGNED_INTEGER", (n * 70_000).to_string()),
            single(130, "FLOAT", format!("{n}.25")),
            single(140, "BOOLEAN", n % 2 == 0),
            single(160, "TIME", 1_600_000_000_000i64 + i64::from(n) * 1000),
            single(170, "OBJLNK", link(if n % 2 == 0 { 3303 } else { 3 })),
            single(180, "CORELINK", format!("</3303/{n}>")),
        ];
        for value in values {
            let id = value["id"].as_u64().unwrap();
            let code = scene.code("PUT", &format!("/3442/0/{id}?format={format}"), &value);
            assert_eq!(code, 204, "{format} {id}");
            assert_eq!(scene.read(&format!("/3442/0/{id}")).content(), &value, "{format}");
        }
    }
    for (n, format) in (0..).zip(["OPAQUE", "TLV", "SENML_JSON", "SENML_CBOR", "CBOR"]) {
        let n: u8 = n;
        let value = single(150, "OPAQUE", format!("00{n:02x}ff"));
        let code = scene.code("PUT", &format!("/3442/0/150?format={format}"), &value);
        assert_eq!(code, 204, "{format}");
        assert_eq!(scene.read("/3442/0/150").content(), &value, "{format}");
    }
    // A link leads to an instance that is there.
    let dangling = single(170, "OBJLNK", link(9));
    assert_eq!(scene.code("PUT", "/3442/0/170?format=TEXT", &dangling), 400);
    // The application hears of it and can read it.
    let at = path("/3442/0/110");
    scene.device.wait("Written", |(e, _)| {
        (*e == Event::Written { server: SERVER, path: at }).then_some(())
    });
    assert!(show(&scene.device, "/3442/0/110").contains("straße 5"));
    scene.end();
}

#[test]
fn instances_are_replaced_or_updated_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("replaces", 60);
    for (number, format) in (1..).zip(TREES) {
        let n: i32 = number;
        // ETS 226: what is not named stays.
        let one = single(110, "STRING", format!("part {n}"));
        let two = multiple(1120, "INTEGER", &json!({"5": n.to_string()}));
        let partial = instance(0, &[one.clone(), two.clone()]);
        let to = format!("/3442/0?replace=false&format={format}");
        assert_eq!(scene.code("PUT", &to, &partial), 204, "{format}");
        assert_eq!(scene.read("/3442/0/110").content(), &one, "{format}");
        let ids = |rest: &str| -> BTreeSet<u64> {
            resources(scene.read(rest).content())
                .iter()
                .map(|r| r["id"].as_u64().unwrap())
                .collect()
        };
        assert!(ids("/3442/0").len() > 2, "{format}");
        let values = scene.read("/3442/0/1120").content()["values"].clone();
        assert_eq!(values["5"], n.to_string(), "{format}: {values}");
        // ETS 215, 220: what is not named goes.
        let whole = instance(0, &[single(120, "INTEGER", n.to_string()), two]);
        let to = format!("/3442/0?replace=true&format={format}");
        assert_eq!(scene.code("PUT", &to, &whole), 204, "{format}");
        assert_eq!(ids("/3442/0"), BTreeSet::from([120, 1120]), "{format}");
        let values = scene.read("/3442/0/1120").content()["values"].clone();
        assert_eq!(values, json!({"5": n.to_string()}), "{format}");
        // Something to be kept by the next format's partial update.
        let back = instance(0, &[single(130, "FLOAT", "2.5"), single(140, "BOOLEAN", true)]);
        let to = format!("/3442/0?replace=false&format={format}");
        assert_eq!(scene.code("PUT", &to, &back), 204, "{format}");
    }
    scene.end();
}

#[test]
fn execute_create_and_delete() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("executes", 60);
    for arguments in ["", "0='a',1", "5"] {
        let at = scene.at("/3303/0/5605");
        assert_eq!(scene.server.ask_text("POST", &at, arguments).code(), 204, "{arguments}");
        let got = scene.device.wait("Executed", |(e, a)| match e {
            Event::Executed { path: at, .. } if *at == path("/3303/0/5605") => a.clone(),
            _ => None,
        });
        assert_eq!(got, arguments);
    }
    let refused = scene.server.ask_text("POST", &scene.at("/3442/0/3"), "0='refuse'");
    assert_eq!(refused.code(), 400);

    for (id, format) in (10..).zip(TREES) {
        let new = json!({"id": id, "resources": [single(110, "string", format)]});
        assert_eq!(scene.code("POST", &format!("/3442?format={format}"), &new), 201, "{format}");
        let links = links(&scene.events.wait("UPDATED").data["objectLinks"]);
        assert!(links.contains(&format!("/3442/{id}")), "{format}: {links:?}");
        assert_eq!(scene.read(&format!("/3442/{id}/110")).value(), format);
        scene.device.wait("Created", |(e, _)| {
            (*e == Event::Created { server: SERVER, path: path(&format!("/3442/{id}")) })
                .then_some(())
        });
    }
    // The client chooses the ID. (In the other formats Leshan's server does not send such a one.)
    let new = json!({"resources": [single(110, "string", "chosen")]});
    let created = scene.ask("POST", "/3442?format=TLV", &new);
    assert_eq!(created.code(), 201);
    let location = created.0["location"].as_str().unwrap().trim_start_matches('/').to_owned();
    assert_eq!(scene.read(&format!("/{location}/110")).value(), "chosen");
    scene.events.wait("UPDATED");
    // There already.
    let again = json!({"id": 10, "resources": [single(110, "string", "again")]});
    assert_eq!(scene.code("POST", "/3442?format=TLV", &again), 400);

    assert_eq!(scene.code("DELETE", "/3442/10", &Value::Null), 202);
    let links = links(&scene.events.wait("UPDATED").data["objectLinks"]);
    assert!(!links.contains(&"/3442/10".to_owned()), "{links:?}");
    assert_eq!(scene.code("DELETE", "/3442/10", &Value::Null), 404);
    assert_eq!(scene.read("/3442/10").code(), 404);
    scene.end();
}

// ---- discover, attributes, observe -------------------------------------------------------------

#[test]
fn discover_shows_what_is_there_and_its_attributes() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("discovers", 60);
    let links = |rest: &str| scene.read(&format!("{rest}/discover")).links();
    let object = links("/3303");
    for link in ["/3303;ver=1.1", "/3303/0", "/3303/0/5700", "/3303/0/5605"] {
        assert!(object.contains(&link.to_owned()), "{link}: {object:?}");
    }
    assert_eq!(links("/3303/0/5700"), ["/3303/0/5700"]);
    let device = links("/3/0");
    assert!(device.contains(&"/3/0/7;dim=2".to_owned()), "{device:?}");
    // ETS 260.
    let put = |rest: &str| scene.code("PUT", rest, &Value::Null);
    assert_eq!(put("/3/0/attributes?pmin=10"), 204);
    assert_eq!(put("/3303/0/5700/attributes?pmin=1&pmax=30&gt=25.5&lt=-2&st=0.5"), 204);
    assert_eq!(
        links("/3303/0/5700"),
        ["/3303/0/5700;gt=25.5;lt=-2;pmax=30;pmin=1;st=0.5"],
        "names in the order of the interface"
    );
    assert!(links("/3/0").contains(&"/3/0;pmin=10".to_owned()));
    assert_eq!(put("/3303/0/5700/attributes?gt&lt&st"), 204);
    assert_eq!(links("/3303/0/5700"), ["/3303/0/5700;pmax=30;pmin=1"]);
    assert_eq!(put("/3/0/99/attributes?pmin=1"), 404);
    scene.end();
}

/// The value of the next notification.
fn notified(scene: &mut Scene) -> Value {
    scene.events.wait("NOTIFICATION").data["val"]["value"].clone()
}

/// No notification for a while.
fn quiet(scene: &mut Scene, milliseconds: u64) -> bool {
    let wait = Duration::from_millis(milliseconds);
    scene.events.next_within(wait, |e| e.name == "NOTIFICATION").is_none()
}

#[test]
fn observation_keeps_pmin_and_pmax_and_ends_with_observe_1() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("observes", 60);
    assert_eq!(scene.code("PUT", "/3303/0/5700/attributes?pmin=2&pmax=6", &Value::Null), 204);
    let first = scene.ask("POST", "/3303/0/5700/observe?format=SENML_CBOR", &Value::Null);
    assert_eq!(first.value(), "20.0");
    // A change waits for pmin; of two within it only the latest comes.
    set(&scene.device, "/3303/0/5700", 21.0);
    set(&scene.device, "/3303/0/5700", 22.0);
    assert_eq!(notified(&mut scene), "22.0", "after pmin");
    // No change: pmax.
    assert_eq!(notified(&mut scene), "22.0", "after pmax");
    // A change after pmin, before pmax: at once.
    std::thread::sleep(Duration::from_millis(2300));
    let set_at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    set(&scene.device, "/3303/0/5700", 23.0);
    assert_eq!(notified(&mut scene), "23.0", "at once");
    // The active way to end it.
    let last = scene.ask("DELETE", "/3303/0/5700/observe?active", &Value::Null);
    assert_eq!(last.value(), "23.0");
    set(&scene.device, "/3303/0/5700", 24.0);
    assert!(quiet(&mut scene, 7000), "cancelled");
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 0);
    assert_eq!(captured.count("coap.code == 1 && coap.opt.observe == 1"), 1);
    // The answer to the request, and the notifications as the device sent them.
    let told = captured.times("coap.code == 69 && coap.opt.observe");
    let [first, one, two, three] = told.try_into().expect("three notifications");
    let (pmin, pmax) = ((one - first).as_millis(), (two - one).as_millis());
    assert!((1500..5000).contains(&pmin), "pmin: {pmin} ms");
    assert!((5500..9000).contains(&pmax), "pmax: {pmax} ms");
    assert!(three.saturating_sub(set_at) < Duration::from_secs(3), "{three:?} {set_at:?}");
}

#[test]
fn observations_of_all_levels_and_formats_end_with_a_reset() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("forgets", 60);
    for (number, (rest, format)) in (0..).zip([
        ("/3303/0/5700", "TLV"),
        ("/3303/0/5700", "TEXT"),
        ("/3303/0/5700", "CBOR"),
        ("/3303/0", "SENML_JSON"),
        ("/3303", "SENML_CBOR"),
        ("/3303/0", "TLV"),
    ]) {
        let number: u8 = number;
        let value = 30.0 + f64::from(number);
        let to = format!("{rest}/observe?format={format}");
        assert_eq!(scene.code("POST", &to, &Value::Null), 205, "{rest} {format}");
        set(&scene.device, "/3303/0/5700", value);
        let event = scene.events.wait("NOTIFICATION").data;
        assert_eq!(event["res"], rest, "{format}");
        let shown = event["val"].to_string();
        assert!(shown.contains(&format!("\"{value:.1}\"")), "{rest} {format}: {shown}");
        // The passive way to end it: the server forgets, and rejects the next notification.
        assert_eq!(scene.ask("DELETE", &format!("{rest}/observe"), &Value::Null).0["cancelled"], 1);
        set(&scene.device, "/3303/0/5700", value + 0.5);
        assert!(quiet(&mut scene, 300), "{rest} {format}: cancelled");
        // And that was that: no notification any more.
        set(&scene.device, "/3303/0/5700", value + 0.75);
    }
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 6);
}

#[test]
fn three_kilobytes_go_by_blocks_both_ways() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("large", 60);
    let large = "x".repeat(3000);
    let value = single(110, "STRING", large.as_str());
    assert_eq!(scene.code("PUT", "/3442/0/110?format=TEXT", &value), 204);
    assert_eq!(scene.read("/3442/0/110?format=TEXT").content(), &value);
    assert_eq!(scene.read("/3442/0/110?format=SENML_CBOR").content(), &value);
    assert_eq!(scene.device.call(|client: &mut Client, _| client.counters().malformed), 0);
    let captured = scene.end();
    assert!(captured.count("coap.opt.block_number > 0") >= 6);
}
