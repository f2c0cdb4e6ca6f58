//! AE-IDs that begin with S.

use super::remote::{Network, config};
use super::*;
use crate::enumeration::CseType;
use m2m_base::Duration;
use std::format;

fn member(id: &str, name: &str, registrar: Option<(&str, &str)>) -> Config {
    let cse_type = if id == "/id-in" { CseType::In } else { CseType::Mn };
    // The lowest one is told which the IN-CSE is, the one in the middle sees it.
    let infrastructure = (id == "/id-low").then(|| "/id-in".into());
    Config { cse_type, infrastructure, ..config(id, name, registrar) }
}

fn chain() -> Network {
    let mut net = Network::chain();
    net.nodes.clear();
    net.start("/id-in", member("/id-in", "cse-in", None));
    net.start("/id-mn", member("/id-mn", "cse-mn", Some(("/id-in", "cse-in"))));
    net.start("/id-low", member("/id-low", "cse-low", Some(("/id-mn", "cse-mn"))));
    net.settle();
    net
}

fn register(net: &mut Network, at: &str, base: &str, fr: &str) -> (u32, Value) {
    let ae = json!({"m2m:ae": {"api": "N1", "rr": true, "srv": ["3"], "poa": [format!("http://{fr}/")]}});
    net.ask(at, json!({"op": 1, "fr": fr, "to": base, "ty": 2, "pc": ae}))
}

fn link(net: &mut Network, stem: &str) -> Value {
    let (_, content) = net.get("/id-in", "CAdmin", stem);
    content["m2m:aeA"]["lnk"].clone()
}

#[test]
fn ts_0004_7_4_5_2_1_the_in_cse_gives_stems() {
    let mut net = chain();
    for (at, base) in [("/id-mn", "cse-mn"), ("/id-low", "cse-low")] {
        let (status, content) = register(&mut net, at, base, "S");
        assert_eq!(status, 2001, "{content}");
        let id = content["m2m:ae"]["aei"].as_str().unwrap().to_string();
        assert!(id.starts_with('S') && id.len() > 1);
        assert_eq!(content["m2m:ae"]["ri"], json!(id));
        let (_, content) = net.get("/id-in", "CAdmin", &id);
        let announced = &content["m2m:aeA"];
        assert_eq!((&announced["ri"], &announced["api"]), (&json!(id), &json!("N1")));
        assert_eq!(announced["lbl"], json!(["Credential-ID:"]));
        // It works, and what is for it finds it.
        let cnt = json!({"m2m:cnt": {"rn": "c"}});
        let made = net.ask(at, json!({"op": 1, "fr": id, "to": id, "ty": 3, "pc": cnt}));
        assert_eq!(made.0, 2001, "{}", made.1);
        assert_eq!(net.get(at, &id, &id).0, 2000);
    }
    // At the IN-CSE nobody has to be asked.
    assert_eq!(register(&mut net, "/id-in", "cse-in", "S").0, 2001);
}

#[test]
fn a_stem_of_its_own_moves_from_cse_to_cse() {
    let mut net = chain();
    assert_eq!(register(&mut net, "/id-mn", "cse-mn", "Smine").0, 2001);
    assert_eq!(link(&mut net, "Smine"), "/id-mn/Smine");
    assert_eq!(register(&mut net, "/id-mn", "cse-mn", "Smine").0, 4117);
    // Notifications to it go where it is.
    net.ae("/id-in", "Capp", "cse-in");
    let sub = json!({"m2m:sub": {"rn": "s", "nu": ["/Smine"], "enc": {"net": [3]}}});
    let made = json!({"op": 1, "fr": "Capp", "to": "cse-in/Capp", "ty": 23, "pc": sub});
    let made = net.ask("/id-in", made);
    assert_eq!(made.0, 2001, "{}", made.1);
    let (poa, verification) = net.notified.pop().unwrap();
    assert_eq!((&*poa, &*verification.to), ("http://Smine/", "/Smine"));
    assert_eq!(net.ask("/id-mn", json!({"op": 4, "fr": "Smine", "to": "Smine"})).0, 2002);
    assert_eq!(link(&mut net, "Smine"), "INACTIVE");
    assert_eq!(register(&mut net, "/id-low", "cse-low", "Smine").0, 2001);
    assert_eq!(link(&mut net, "Smine"), "/id-low/Smine");
    // After a restart of the IN-CSE it is still there.
    net.restart("/id-in", member("/id-in", "cse-in", None));
    assert_eq!(link(&mut net, "Smine"), "/id-low/Smine");
}

#[test]
fn without_the_in_cse_there_are_no_stems() {
    let mut net = chain();
    net.down = ["/id-in"].into();
    assert_eq!(register(&mut net, "/id-mn", "cse-mn", "S").0, 5103);
    assert_eq!(register(&mut net, "/id-mn", "cse-mn", "Cother").0, 2001, "others do not need it");
    net.down.clear();
    assert_eq!(register(&mut net, "/id-mn", "cse-mn", "Slate").0, 2001);
    // It is released when the IN-CSE is back.
    net.down = ["/id-in"].into();
    assert_eq!(net.ask("/id-mn", json!({"op": 4, "fr": "Slate", "to": "Slate"})).0, 2002);
    net.down.clear();
    assert_eq!(link(&mut net, "Slate"), "/id-mn/Slate");
    net.pass(Duration::from_secs(60));
    assert_eq!(link(&mut net, "Slate"), "INACTIVE");
    assert!(net.nodes["/id-mn"].claims.is_empty());
    // Nobody else may take or change one.
    let anc = json!({"m2m:aeA": {"lnk": "/id-x/Sx"}});
    let made = json!({"op": 1, "fr": "/id-x/Sx", "to": "cse-in", "ty": 10_002, "pc": anc});
    assert_eq!(net.ask("/id-in", made).0, 4103);
    for link in [json!(null), json!(5)] {
        let bad = json!({"m2m:aeA": {"lnk": link}});
        let asked = json!({"op": 3, "fr": "/id-mn/Slate", "to": "Slate", "pc": bad});
        assert_eq!(net.ask("/id-in", asked).0, 4000);
    }
    let asked = json!({"op": 3, "fr": "/id-mn/Sother", "to": "Slate", "pc": anc});
    assert_eq!(net.ask("/id-in", asked).0, 4004);
}

#[test]
fn a_cse_without_a_registrar_gives_stems_itself() {
    let mut b = Bench::new(Config { cse_type: CseType::Mn, ..Config::new() });
    let ae = json!({"m2m:ae": {"api": "N1", "rr": false, "srv": ["3"]}});
    assert_eq!(b.create("S", "cse-in", 2, ae).0, 2001);
}
