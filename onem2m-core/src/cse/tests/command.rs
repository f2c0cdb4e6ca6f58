//! Management commands and their execution.

use super::*;

#[test]
fn ts_0001_9_6_16_commands_make_instances() {
    let mut b = bench();
    let mgc = json!({"m2m:mgc": {"rn": "reboot", "cmt": 2, "ext": "node-1", "exm": 1, "exra": {"rbo": []}}});
    let made = b.create("CAdmin", "cse-in", 12, mgc);
    assert_eq!(made.0, 2001, "{}", made.1);
    let exin = json!({"m2m:exin": {"ext": "x"}});
    assert_eq!(b.create("CAdmin", "cse-in/reboot", 8, exin).0, 4005, "only the CSE makes them");
    let update = |b: &mut Bench, to: &str, pc: Value| {
        b.ask(json!({"op": 3, "fr": "CAdmin", "to": to, "pc": pc}))
    };
    for (attributes, status) in [
        (json!({"exe": false}), 2004),
        (json!({"cmt": 3}), 4000),
        (json!({"exe": true, "exra": {"rbo": [1]}}), 2004),
    ] {
        let changed = update(&mut b, "cse-in/reboot", json!({"m2m:mgc": attributes}));
        assert_eq!(changed.0, status, "{}", changed.1);
    }
    let found = b.ask(json!({"op": 2, "fr": "CAdmin", "to": "cse-in/reboot", "rcn": 4}));
    let instance = &found.1["m2m:mgc"]["m2m:exin"][0];
    assert_eq!((&instance["exs"], &instance["ext"]), (&json!(1), &json!("node-1")), "{}", found.1);
    assert_eq!(instance["exra"], json!({"rbo": [1]}));
    let id = instance["ri"].as_str().unwrap().to_string();
    let (status, content) = update(&mut b, &id, json!({"m2m:exin": {"exd": true}}));
    assert_eq!((status, &content["m2m:exin"]["exs"]), (2004, &json!(5)), "{content}");
    assert_eq!(update(&mut b, &id, json!({"m2m:exin": {"exd": true}})).0, 6028);
    assert_eq!(b.ask(json!({"op": 4, "fr": "CAdmin", "to": id})).0, 2002);
}

/// A command for the node of AE Cdev, made by an administrator, that anybody may start.
fn commanded() -> Bench {
    let mut b = bench();
    let all = json!({"acr": [{"acor": ["Capp", "Cspy"], "acop": 63}]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": all, "pvs": all}});
    assert_eq!(b.create("CAdmin", "cse-in", 1, acp).0, 2001);
    let nod = json!({"m2m:nod": {"rn": "n", "ni": "urn:dev:1"}});
    assert_eq!(b.create("CAdmin", "cse-in", 14, nod).0, 2001);
    for id in ["Cdev", "Capp", "Cspy"] {
        b.reachable(id);
    }
    assert_eq!(b.update("Cdev", "cse-in/Cdev", json!({"m2m:ae": {"nl": "cse-in/n"}})).0, 2004);
    let mgc = json!({"m2m:mgc": {"rn": "x", "cmt": 2, "ext": "urn:dev:1", "acpi": ["cse-in/p"]}});
    let made = b.create("CAdmin", "cse-in", 12, mgc);
    assert_eq!(made.0, 2001, "{}", made.1);
    b
}

/// Starts it; the address of its instance.
fn start(b: &mut Bench) -> String {
    let exe = json!({"m2m:mgc": {"exe": true}});
    assert_eq!(b.update("Capp", "cse-in/x", exe).0, 2004);
    let found = b.ask(json!({"op": 2, "fr": "Capp", "to": "cse-in/x", "rcn": 4}));
    let all = found.1["m2m:mgc"]["m2m:exin"].as_array().unwrap().clone();
    all.last().unwrap()["ri"].as_str().unwrap().to_string()
}

use std::string::String;

#[test]
fn ts_0001_9_6_17_who_carries_a_command_out_reports() {
    let mut b = commanded();
    let report = |b: &mut Bench, from: &str, id: &str, pc: Value| {
        b.update(from, id, json!({ "m2m:exin": pc })).0
    };
    let id = start(&mut b);
    assert_eq!(report(&mut b, "Cspy", &id, json!({"exs": 2})), 4103, "not the device");
    assert_eq!(report(&mut b, "Cdev", &id, json!({"lbl": ["a"]})), 4004, "nothing but reports");
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exr": 1})), 4000, "there is no result yet");
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exs": 5})), 4000, "nobody takes it back");
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exs": 2})), 2004);
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exs": 1})), 4000);
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exs": 3, "exr": 2})), 2004);
    assert_eq!(report(&mut b, "Cdev", &id, json!({"exs": 3})), 6028);
    let (_, content) = b.get("Capp", &id);
    let exin = &content["m2m:exin"];
    assert_eq!((&exin["exs"], &exin["exr"]), (&json!(3), &json!(2)));
    assert_eq!(report(&mut b, "Capp", &id, json!({"exd": true})), 6028);
}

#[test]
fn ts_0001_9_6_17_a_command_is_taken_back() {
    let mut b = commanded();
    let change = |b: &mut Bench, from: &str, id: &str, pc: Value| {
        let (status, content) = b.update(from, id, json!({ "m2m:exin": pc }));
        (status, content["m2m:exin"]["exs"].clone())
    };
    // Nobody has begun.
    let id = start(&mut b);
    assert_eq!(change(&mut b, "Capp", &id, json!({"exd": true})), (2004, json!(5)));
    assert_eq!(change(&mut b, "Cdev", &id, json!({"exs": 2})).0, 6028);
    // Under way: it is asked, and says how it ends.
    let id = start(&mut b);
    change(&mut b, "Cdev", &id, json!({"exs": 2}));
    b.subscribe("Capp", &id, json!({"enc": {"net": [1], "atr": ["exs"]}, "nct": 2}));
    assert_eq!(change(&mut b, "Capp", &id, json!({"exd": true})), (2004, json!(4)));
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["rep"]["m2m:exin"]["exs"], 4, "{note}");
    assert_eq!(change(&mut b, "Cdev", &id, json!({"exs": 5, "exr": 1})).0, 2004);
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["rep"]["m2m:exin"]["exs"], 5);
    // It cannot be taken back.
    let id = start(&mut b);
    change(&mut b, "Cdev", &id, json!({"exs": 6}));
    assert_eq!(change(&mut b, "Capp", &id, json!({"exd": true})).0, 6029);
    assert_eq!(b.delete("Capp", &id), 6029);
    assert_eq!(change(&mut b, "Cdev", &id, json!({"exs": 3})).0, 2004);
    assert_eq!(b.delete("Capp", &id), 2002);
}
