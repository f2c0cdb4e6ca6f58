//! Cases of the OMA enabler test specification (ETS-LightweightM2M INT) with our client as the
//! device and a Leshan server: registration, device management, reporting, by their numbers.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::device::{SERVER, path, set};
use m2m_interop::leshan::{instance, links, multiple, single};
use m2m_interop::scene::{Scene, away};
use serde_json::{Value, json};
use std::time::Duration;

/// The registered scene, unless the peers are not wanted.
fn scene(endpoint: &'static str, lifetime: u32) -> Option<Scene> {
    (!m2m_interop::skipped()).then(|| Scene::new(endpoint, lifetime))
}

const NOTHING: Value = Value::Null;

/// The value of one resource of an instance that was read.
fn of(instance: &Value, id: u16) -> Value {
    let resources = instance["resources"].as_array().unwrap_or_else(|| panic!("{instance}"));
    let found = resources.iter().find(|r| r["id"] == id);
    found.map_or(NOTHING, |r| {
        if r["value"].is_null() { r["values"].clone() } else { r["value"].clone() }
    })
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

// ---- 101 to 107: registration -------------------------------------------------------------------

#[test]
fn oma_int_101_initial_registration() {
    let Some(scene) = scene("oma-101", 60) else { return };
    let r = &scene.registered;
    assert_eq!((&r["endpoint"], &r["lifetime"]), (&json!("oma-101"), &json!(60)));
    assert_eq!((&r["lwM2mVersion"], &r["bindingMode"]), (&json!("1.1"), &json!("U")));
    let links = links(&r["objectLinks"]);
    assert!(links.contains(&"/1/0".to_owned()) && links.contains(&"/3/0".to_owned()), "{links:?}");
    let secret = |l: &String| l.starts_with("/0") || l.starts_with("/21");
    assert!(!links.iter().any(secret), "{links:?}");
    scene.end();
}

#[test]
fn oma_int_102_registration_update_by_a_written_lifetime() {
    let Some(mut scene) = scene("oma-102", 60) else { return };
    assert_eq!(scene.code("PUT", "/1/0/1?format=TEXT", &single(1, "integer", "20")), 204);
    let updated = scene.events.wait("UPDATED");
    assert_eq!(updated.data["lifetime"], 20);
    // It updates again before the twenty seconds are over.
    let again = scene.events.wait("UPDATED");
    assert!(again.at - updated.at < Duration::from_secs(20));
    scene.end();
}

#[test]
fn oma_int_103_deregistration_by_disable() {
    let Some(mut scene) = scene("oma-103", 60) else { return };
    assert_eq!(scene.code("PUT", "/1/0/5?format=TEXT", &single(5, "integer", "3")), 204);
    scene.disable();
    scene.events.wait("DEREGISTRATION");
    scene.events.wait("REGISTRATION");
    let away = away(&scene.end());
    assert!(away >= Duration::from_millis(2990) && away < Duration::from_secs(30), "{away:?}");
}

#[test]
fn oma_int_104_registration_update_trigger() {
    let Some(mut scene) = scene("oma-104", 60) else { return };
    assert_eq!(scene.code("POST", "/1/0/8", &NOTHING), 204);
    scene.events.wait("UPDATED");
    scene.end();
}

#[test]
fn oma_int_105_registration_after_the_server_lost_it() {
    let Some(mut scene) = scene("oma-105", 60) else { return };
    // Somebody else ends the registration; the device learns of it by the 4.04 to its Update.
    let id = scene.registered["registrationId"].as_str().unwrap().to_owned();
    let mut asker = m2m_interop::requests::Asker::new(scene.server.coap);
    let gone = asker.ask(coap_core::Code::DELETE, &format!("/rd/{id}"), b"");
    assert_eq!(gone.code, coap_core::Code::DELETED);
    scene.events.wait("DEREGISTRATION");
    scene.device.call(|client, now| client.update(now, SERVER)).unwrap();
    scene.events.wait("REGISTRATION");
    assert_eq!(scene.read("/3303/0/5700").value(), "20.0");
    let captured = scene.end();
    assert_eq!(captured.count("coap.code == 132"), 1, "one 4.04");
}

#[test]
fn oma_int_107_extending_the_lifetime() {
    let Some(mut scene) = scene("oma-107", 20) else { return };
    assert_eq!(scene.code("PUT", "/1/0/1?format=TEXT", &single(1, "integer", "120")), 204);
    assert_eq!(scene.events.wait("UPDATED").data["lifetime"], 120);
    assert_eq!(scene.read("/1/0/1").value(), "120");
    scene.end();
}

// ---- 201 to 241: device management --------------------------------------------------------------

#[test]
fn oma_int_201_querying_basic_information_in_plain_text() {
    let Some(scene) = scene("oma-201", 60) else { return };
    for (at, value) in [("0", "m2m"), ("1", "interop"), ("2", "345000123")] {
        let read = scene.read(&format!("/3/0/{at}?format=TEXT"));
        assert_eq!(read.value(), value, "/3/0/{at}");
    }
    scene.end();
}

/// Manufacturer, model, serial number, error codes and binding of the device in a format.
fn basic_information(endpoint: &'static str, format: &str) {
    let Some(scene) = scene(endpoint, 60) else { return };
    let read = scene.read(&format!("/3/0?format={format}"));
    let device = read.content();
    for (id, value) in [(0, json!("m2m")), (1, json!("interop")), (2, json!("345000123"))] {
        assert_eq!(of(device, id), value, "/3/0/{id}");
    }
    assert_eq!(of(device, 11), json!({"0": "0"}));
    assert_eq!(of(device, 16), json!("U"));
    scene.end();
}

#[test]
fn oma_int_203_querying_basic_information_in_tlv() {
    basic_information("oma-203", "TLV");
}

#[test]
fn oma_int_231_querying_basic_information_in_senml_json() {
    basic_information("oma-231", "SENML_JSON");
}

#[test]
fn oma_int_232_querying_basic_information_in_senml_cbor() {
    basic_information("oma-232", "SENML_CBOR");
}

#[test]
fn oma_int_237_querying_without_a_format() {
    let Some(scene) = scene("oma-237", 60) else { return };
    assert_eq!(scene.read("/3/0/0").value(), "m2m");
    assert_eq!(of(scene.read("/3/0").content(), 1), json!("interop"));
    scene.end();
}

/// Default minimum and maximum period and disable timeout, one after the other.
fn setting(endpoint: &'static str, format: &str) {
    let Some(scene) = scene(endpoint, 60) else { return };
    for (id, value) in [(2, "101"), (3, "1010"), (5, "2000")] {
        let at = format!("/1/0/{id}?format={format}");
        assert_eq!(scene.code("PUT", &at, &single(id, "integer", value)), 204, "{at}");
        assert_eq!(scene.read(&at).value(), value, "{at}");
    }
    scene.end();
}

#[test]
fn oma_int_205_setting_basic_information_in_plain_text() {
    setting("oma-205", "TEXT");
}

#[test]
fn oma_int_211_and_212_querying_and_setting_in_cbor() {
    setting("oma-212", "CBOR");
}

/// Writes the Server object's instance: first a part of it, then all of it.
fn update_and_replace(endpoint: &'static str, format: &str) {
    let Some(scene) = scene(endpoint, 60) else { return };
    let part = instance(0, &[single(2, "integer", "101"), single(3, "integer", "1010")]);
    let to = |replace: &str| format!("/1/0?format={format}&replace={replace}");
    assert_eq!(scene.code("PUT", &to("false"), &part), 204);
    let read = scene.read("/1/0");
    assert_eq!((of(read.content(), 2), of(read.content(), 3)), (json!("101"), json!("1010")));
    assert_eq!((of(read.content(), 1), of(read.content(), 7)), (json!("60"), json!("U")));
    let all = instance(
        0,
        &[
            single(1, "integer", "90"),
            single(2, "integer", "5"),
            single(6, "boolean", false),
            single(7, "string", "U"),
        ],
    );
    assert_eq!(scene.code("PUT", &to("true"), &all), 204);
    let read = scene.read("/1/0");
    assert_eq!((of(read.content(), 1), of(read.content(), 2)), (json!("90"), json!("5")));
    assert_eq!(of(read.content(), 6), json!(false));
    assert_eq!(of(read.content(), 3), NOTHING, "what is not in the replacement is gone");
    assert_eq!(of(read.content(), 0), json!(SERVER.to_string()), "what servers cannot write stays");
    scene.end();
}

#[test]
fn oma_int_215_setting_an_instance_in_tlv() {
    update_and_replace("oma-215", "TLV");
}

#[test]
fn oma_int_220_234_setting_an_instance_in_senml_json() {
    update_and_replace("oma-234", "SENML_JSON");
}

#[test]
fn oma_int_233_setting_an_instance_in_senml_cbor() {
    update_and_replace("oma-233", "SENML_CBOR");
}

#[test]
fn oma_int_221_the_security_object_is_not_for_servers() {
    let Some(scene) = scene("oma-221", 60) else { return };
    for (method, at, body) in [
        ("GET", "/0/0", NOTHING),
        ("GET", "/0/0/0", NOTHING),
        ("PUT", "/0/0/0?format=TEXT", single(0, "string", "coap://elsewhere.example")),
        ("PUT", "/0/0/attributes?pmin=10", NOTHING),
        ("GET", "/0/discover", NOTHING),
        ("DELETE", "/0/0", NOTHING),
    ] {
        assert_eq!(scene.code(method, at, &body), 401, "{method} {at}");
    }
    scene.end();
}

#[test]
fn oma_int_222_to_225_reading_every_level() {
    let Some(scene) = scene("oma-222", 60) else { return };
    let server = scene.read("/1");
    let found = server.content()["instances"][0].clone();
    assert_eq!(of(&found, 0), json!(SERVER.to_string()), "{found}");
    let device = scene.read("/3");
    assert_eq!(of(&device.content()["instances"][0], 0), json!("m2m"));
    assert_eq!(of(scene.read("/1/0").content(), 1), json!("60"));
    assert_eq!(scene.read("/1/0/0").value(), &json!(SERVER.to_string()));
    let instance = scene.read("/3/0/11/0");
    assert_eq!(instance.content()["kind"], "resourceInstance");
    assert_eq!(instance.value(), "0");
    scene.end();
}

#[test]
fn oma_int_226_partial_update_of_an_instance() {
    let Some(mut scene) = scene("oma-226", 60) else { return };
    let part = instance(0, &[single(1, "integer", "75"), single(6, "boolean", false)]);
    assert_eq!(scene.code("PUT", "/1/0?replace=false", &part), 204);
    assert_eq!(scene.events.wait("UPDATED").data["lifetime"], 75);
    let read = scene.read("/1/0");
    assert_eq!((of(read.content(), 1), of(read.content(), 6)), (json!("75"), json!(false)));
    assert_eq!(of(read.content(), 7), json!("U"));
    scene.end();
}

#[test]
fn oma_int_227_a_written_resource_leads_to_an_update() {
    let Some(mut scene) = scene("oma-227", 60) else { return };
    assert_eq!(scene.code("PUT", "/1/0/1", &single(1, "integer", "66")), 204);
    assert_eq!(scene.events.wait("UPDATED").data["lifetime"], 66);
    scene.end();
}

/// An instance of Portfolio with two identities.
fn portfolio(id: u16) -> Value {
    instance(id, &[multiple(0, "string", &json!({"0": "Host Device ID", "1": "Maker"}))])
}

#[test]
fn oma_int_228_writing_a_resource_instance() {
    let Some(scene) = scene("oma-228", 60) else { return };
    assert_eq!(scene.code("POST", "/16", &portfolio(0)), 201);
    let new = json!({"kind": "resourceInstance", "id": 0, "type": "string", "value": "changed"});
    assert_eq!(scene.code("PUT", "/16/0/0/0?format=SENML_CBOR", &new), 204);
    let read = scene.read("/16/0/0");
    assert_eq!(read.content()["values"], json!({"0": "changed", "1": "Maker"}));
    scene.end();
}

#[test]
fn oma_int_241_rebooting() {
    let Some(scene) = scene("oma-241", 60) else { return };
    assert_eq!(scene.code("POST", "/3/0/4", &NOTHING), 204);
    scene.device.wait("the execute", |(event, _)| {
        use lwm2m_core::client::Event::Executed;
        matches!(event, Executed { path: at, .. } if *at == path("/3/0/4")).then_some(())
    });
    scene.end();
}

#[test]
fn oma_int_256_writing_what_can_only_be_read() {
    let Some(scene) = scene("oma-256", 60) else { return };
    assert_eq!(scene.code("PUT", "/1/0/0", &single(0, "integer", "7")), 405);
    assert_eq!(scene.code("PUT", "/3/0/0", &single(0, "string", "other")), 405);
    assert_eq!(scene.read("/3/0/0").value(), "m2m");
    scene.end();
}

#[test]
fn oma_int_260_discover_and_write_attributes() {
    let Some(scene) = scene("oma-260", 60) else { return };
    let links = |rest: &str| scene.read(&format!("{rest}/discover")).links();
    let device = links("/3");
    for link in ["/3/0", "/3/0/1", "/3/0/4", "/3/0/7;dim=2", "/3/0/9"] {
        assert!(device.contains(&link.to_owned()), "{link}: {device:?}");
    }
    let put = |rest: &str| assert_eq!(scene.code("PUT", rest, &NOTHING), 204, "{rest}");
    put("/3/0/attributes?pmin=10&pmax=60");
    put("/3/0/7/attributes?lt=1&gt=6&st=1");
    put("/3/0/attributes?pmax=200");
    let shown = links("/3/0");
    assert!(shown.contains(&"/3/0;pmax=200;pmin=10".to_owned()), "{shown:?}");
    let seven = links("/3/0/7");
    let first = seven.first().unwrap();
    for part in ["pmin=10", "pmax=200", "dim=2", "lt=1", "gt=6", "st=1"] {
        assert!(first.split(';').any(|p| p == part), "{part}: {first}");
    }
    scene.end();
}

// ---- 301 to 310: reporting -----------------------------------------------------------------------

#[test]
fn oma_int_301_observation_with_pmin_and_pmax() {
    let Some(mut scene) = scene("oma-301", 60) else { return };
    assert_eq!(scene.code("PUT", "/3303/0/5700/attributes?pmin=1&pmax=3", &NOTHING), 204);
    assert_eq!(scene.ask("POST", "/3303/0/5700/observe", &NOTHING).value(), "20.0");
    for _ in 0..2 {
        assert_eq!(notified(&mut scene), "20.0");
    }
    // One with the old value may be on its way.
    set(&scene.device, "/3303/0/5700", 23.5);
    while notified(&mut scene) != "23.5" {}
    let told = scene.end().times("coap.code == 69 && coap.opt.observe");
    let waited: Vec<u128> = told.windows(2).map(|of| (of[1] - of[0]).as_millis()).collect();
    assert!(waited[..2].iter().all(|pmax| (2500..9000).contains(pmax)), "{waited:?}");
    assert!(waited[2..].iter().all(|pmin| *pmin > 500), "{waited:?}");
}

#[test]
fn oma_int_302_cancelling_with_a_reset() {
    let Some(mut scene) = scene("oma-302", 60) else { return };
    assert_eq!(scene.code("POST", "/3303/0/5700/observe", &NOTHING), 205);
    assert_eq!(scene.ask("DELETE", "/3303/0/5700/observe", &NOTHING).0["cancelled"], 1);
    set(&scene.device, "/3303/0/5700", 21.5);
    assert!(quiet(&mut scene, 1000));
    let observers = scene.device.call(|client, _| client.poll_timeout());
    assert!(observers.is_some(), "the registration goes on");
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 1, "one reset, and no more notifications");
}

#[test]
fn oma_int_303_cancelling_with_observe_1() {
    let Some(mut scene) = scene("oma-303", 60) else { return };
    assert_eq!(scene.code("POST", "/3303/0/5700/observe", &NOTHING), 205);
    let last = scene.ask("DELETE", "/3303/0/5700/observe?active", &NOTHING);
    assert_eq!(last.value(), "20.0");
    set(&scene.device, "/3303/0/5700", 21.5);
    assert!(quiet(&mut scene, 1000));
    assert_eq!(scene.end().count("coap.type == 3"), 0);
}

#[test]
fn oma_int_310_attributes_that_change_during_an_observation() {
    let Some(mut scene) = scene("oma-310", 60) else { return };
    assert_eq!(scene.code("PUT", "/3303/0/attributes?pmax=30", &NOTHING), 204);
    assert_eq!(scene.code("POST", "/3303/0/5700/observe", &NOTHING), 205);
    assert!(quiet(&mut scene, 3000), "pmax is thirty seconds");
    assert_eq!(scene.code("PUT", "/3303/attributes?pmax=2", &NOTHING), 204);
    // The nearer one holds.
    assert!(quiet(&mut scene, 3500), "what is nearer to the resource holds");
    assert_eq!(scene.code("PUT", "/3303/0/attributes?pmax", &NOTHING), 204);
    // The object's holds now.
    assert_eq!(notified(&mut scene), "20.0");
    scene.end();
}

// ---- 651 to 810: objects -------------------------------------------------------------------------

#[test]
fn oma_int_651_652_the_device_object() {
    let Some(mut scene) = scene("oma-651", 60) else { return };
    let read = scene.read("/3/0");
    let device = read.content();
    assert_eq!(of(device, 6), json!({"0": "1", "1": "5"}), "available power sources");
    assert_eq!(of(device, 7), json!({"0": "3800", "1": "5000"}));
    assert_eq!(of(device, 9), json!("100"));
    assert_eq!(scene.code("POST", "/3/0/9/observe", &NOTHING), 205);
    scene
        .device
        .call(|client, now| client.set(now, path("/3/0/9"), lwm2m_core::Value::Integer(90)))
        .unwrap();
    assert_eq!(notified(&mut scene), "90");
    scene.end();
}

#[test]
fn oma_int_680_685_the_device_object_is_neither_made_nor_deleted() {
    let Some(scene) = scene("oma-680", 60) else { return };
    let second = instance(1, &[single(0, "string", "second")]);
    assert_eq!(scene.code("POST", "/3", &second), 405);
    assert_eq!(scene.code("DELETE", "/3/0", &NOTHING), 405);
    assert_eq!(scene.read("/3/0/0").value(), "m2m");
    scene.end();
}

#[test]
fn oma_int_701_801_connectivity_monitoring_and_location() {
    let Some(mut scene) = scene("oma-701", 60) else { return };
    let read = scene.read("/4/0");
    assert_eq!(of(read.content(), 0), json!("41"), "WLAN, Ethernet");
    assert_eq!(of(read.content(), 4), json!({"0": "192.0.2.1"}));
    assert_eq!(scene.code("POST", "/4/0/2/observe", &NOTHING), 205);
    scene
        .device
        .call(|client, now| client.set(now, path("/4/0/2"), lwm2m_core::Value::Integer(-71)))
        .unwrap();
    assert_eq!(notified(&mut scene), "-71");
    let place = scene.read("/6/0");
    assert_eq!((of(place.content(), 0), of(place.content(), 1)), (json!("52.52"), json!("13.405")));
    scene.end();
}

#[test]
fn oma_int_1630_1635_portfolios_are_made_and_deleted() {
    let Some(mut scene) = scene("oma-1630", 60) else { return };
    for id in [0, 1] {
        let made = scene.ask("POST", "/16", &portfolio(id));
        assert_eq!(made.code(), 201, "{made:?}");
        let shown = links(&scene.events.wait("UPDATED").data["objectLinks"]);
        assert!(shown.contains(&format!("/16/{id}")), "{shown:?}");
    }
    assert_eq!(scene.read("/16/1/0").content()["values"]["1"], "Maker");
    assert_eq!(scene.code("DELETE", "/16/1", &NOTHING), 202);
    let shown = links(&scene.events.wait("UPDATED").data["objectLinks"]);
    assert!(!shown.contains(&"/16/1".to_owned()), "{shown:?}");
    assert_eq!(scene.code("GET", "/16/1", &NOTHING), 404);
    scene.end();
}
