//! Resources that are announced at other CSEs.

use super::remote::{Network, config};
use super::*;
use m2m_base::Duration;

/// An AE at the CSE in the middle, announced at the IN-CSE.
fn announced() -> Network {
    let mut net = Network::chain();
    let pc = json!({"m2m:ae": {"rn": "meter", "api": "N1", "rr": true, "srv": ["3"],
        "apn": "Meter", "lbl": ["kind:m"], "poa": ["http://m/"], "at": ["/id-in"], "aa": ["apn"]}});
    let made = net.ask("/id-mn", json!({"op": 1, "fr": "Cm", "to": "cse-mn", "ty": 2, "pc": pc}));
    assert_eq!(made.0, 2001, "{}", made.1);
    net
}

/// Where a resource is announced.
fn place(net: &mut Network, at: &str, to: &str, member: &str) -> String {
    let (_, content) = net.get(at, "CAdmin", to);
    content[member]["at"][0].as_str().unwrap().to_string()
}

fn update(net: &mut Network, to: &str, member: &str, attributes: Value) -> (u32, Value) {
    net.ask("/id-mn", json!({"op": 3, "fr": "Cm", "to": to, "pc": {member: attributes}}))
}

#[test]
fn ts_0001_10_2_18_a_resource_is_announced() {
    let mut net = announced();
    let there = place(&mut net, "/id-mn", "cse-mn/meter", "m2m:ae");
    let (status, content) = net.get("/id-in", "CAdmin", &there);
    let ae = &content["m2m:aeA"];
    assert_eq!(
        (status, &ae["ty"], &ae["apn"]),
        (2000, &json!(10002), &json!("Meter")),
        "{content}"
    );
    assert_eq!((&ae["lbl"], &ae["lnk"]), (&json!(["kind:m"]), &json!("/id-mn/Cm")));
    assert_eq!((&ae["srv"], ae.get("poa"), ae.get("api")), (&json!(["3"]), None, None));
    // It lies below what stands for the CSE of the original.
    let (_, base) = net.get("/id-in", "CAdmin", "cse-in/id-mn_cse-mn");
    assert_eq!(base["m2m:cbA"]["lnk"], "/id-mn/id-mn", "{base}");
    assert_eq!(ae["pi"], base["m2m:cbA"]["ri"]);
    // What is below an announced resource is announced below that one, an instance too.
    let cnt = json!({"m2m:cnt": {"rn": "data", "at": ["/id-in"], "mni": 9}});
    net.ask("/id-mn", json!({"op": 1, "fr": "Cm", "to": "cse-mn/meter", "ty": 3, "pc": cnt}));
    let cin = json!({"m2m:cin": {"con": "7", "at": ["//m2m.example/id-in"], "aa": ["con"]}});
    let made = net
        .ask("/id-mn", json!({"op": 1, "fr": "Cm", "to": "cse-mn/meter/data", "ty": 4, "pc": cin}));
    assert_eq!(made.0, 2001, "{}", made.1);
    let (_, found) = net.ask("/id-in", json!({"op": 2, "fr": "CAdmin", "to": there, "rcn": 4}));
    let data = &found["m2m:aeA"]["m2m:cntA"][0];
    assert_eq!(data["m2m:cinA"][0]["con"], "7", "{found}");
    assert_eq!(data.get("mni"), None);
    let fc = json!({"fu": 1, "ty": [10004]});
    let (_, found) = net.ask("/id-in", json!({"op": 2, "fr": "CAdmin", "to": "cse-in", "fc": fc}));
    assert_eq!(found["m2m:uril"].as_array().unwrap().len(), 1);
    // The original by way of the announced one.
    let (status, content) =
        net.ask("/id-in", json!({"op": 2, "fr": "CAdmin", "to": there, "rcn": 7}));
    assert_eq!(status, 4004, "the administrator here is none there: {content}");
    net.ae("/id-in", "Capp", "cse-in");
    let acr = json!({"acr": [{"acor": ["Cm", "/id-in/Capp"], "acop": 63}]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": acr, "pvs": acr, "at": ["/id-in"]}});
    net.ask("/id-mn", json!({"op": 1, "fr": "Cm", "to": "cse-mn", "ty": 1, "pc": acp}));
    assert_eq!(update(&mut net, "cse-mn/meter", "m2m:ae", json!({"acpi": ["cse-mn/p"]})).0, 2004);
    // The announced policy gives rights on what refers to its original.
    let (status, content) =
        net.ask("/id-in", json!({"op": 2, "fr": "Capp", "to": there, "rcn": 7}));
    assert_eq!((status, &content["m2m:ae"]["api"]), (2000, &json!("N1")), "{content}");
    let plain = json!({"op": 2, "fr": "Capp", "to": "cse-in/Capp", "rcn": 7});
    assert_eq!(net.ask("/id-in", plain).0, 4000);
}

#[test]
fn ts_0001_10_2_18_announced_resources_follow() {
    let mut net = announced();
    let there = place(&mut net, "/id-mn", "cse-mn/meter", "m2m:ae");
    let shown = |net: &mut Network| net.get("/id-in", "CAdmin", &there).1["m2m:aeA"].clone();
    net.hops = 0;
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"poa": ["http://n/"]}));
    assert_eq!(net.hops, 0, "nothing of it is announced");
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"lbl": ["a"], "apn": "Other"}));
    let ae = shown(&mut net);
    assert_eq!((net.hops, &ae["lbl"], &ae["apn"]), (1, &json!(["a"]), &json!("Other")));
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"aa": ["poa", "api"]}));
    let ae = shown(&mut net);
    assert_eq!(
        (ae.get("apn"), &ae["poa"], &ae["api"]),
        (None, &json!(["http://n/"]), &json!("N1"))
    );
    update(
        &mut net,
        "cse-mn/meter",
        "m2m:ae",
        json!({"lbl": null, "poa": null, "et": "20300101T000000"}),
    );
    let ae = shown(&mut net);
    assert_eq!((ae.get("lbl"), ae.get("poa")), (None, None));
    assert!(ae["et"].as_str().unwrap().starts_with("20300101T000000"));
    // The same list again changes nothing; another one withdraws and announces.
    net.hops = 0;
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"at": ["/id-in"]}));
    assert_eq!(place(&mut net, "/id-mn", "cse-mn/meter", "m2m:ae"), there);
    assert_eq!(net.hops, 0);
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"at": ["/id-low"]}));
    assert_eq!(net.get("/id-in", "CAdmin", &there).0, 4004);
    let lower = place(&mut net, "/id-mn", "cse-mn/meter", "m2m:ae");
    assert_eq!(net.get("/id-low", "CAdmin", &lower).0, 2000);
    // The original goes, and what is below it.
    let cnt = json!({"m2m:cnt": {"rn": "data", "at": ["/id-in"]}});
    net.ask("/id-mn", json!({"op": 1, "fr": "Cm", "to": "cse-mn/meter", "ty": 3, "pc": cnt}));
    let data = place(&mut net, "/id-mn", "cse-mn/meter/data", "m2m:cnt");
    assert_eq!(net.get("/id-in", "CAdmin", &data).0, 2000);
    assert_eq!(net.ask("/id-mn", json!({"op": 4, "fr": "Cm", "to": "cse-mn/meter"})).0, 2002);
    assert_eq!(net.get("/id-low", "CAdmin", &lower).0, 4004);
    assert_eq!(net.get("/id-in", "CAdmin", &data).0, 4004);
}

#[test]
fn an_announcement_waits_for_the_other_cse() {
    let mut net = Network::chain();
    net.down = ["/id-in"].into();
    net.ae("/id-mn", "Cm", "cse-mn");
    update(&mut net, "cse-mn/Cm", "m2m:ae", json!({"at": ["/id-in"]}));
    assert_eq!(place(&mut net, "/id-mn", "cse-mn/Cm", "m2m:ae"), "/id-in");
    net.down.clear();
    net.pass(Duration::from_secs(31));
    let there = place(&mut net, "/id-mn", "cse-mn/Cm", "m2m:ae");
    assert_eq!(net.get("/id-in", "CAdmin", &there).0, 2000);
    // It is deleted there: with the next change it comes back.
    net.ask("/id-in", json!({"op": 4, "fr": "CAdmin", "to": there}));
    update(&mut net, "cse-mn/Cm", "m2m:ae", json!({"lbl": ["x"]}));
    let again = place(&mut net, "/id-mn", "cse-mn/Cm", "m2m:ae");
    assert_eq!(net.get("/id-in", "CAdmin", &again).1["m2m:aeA"]["lbl"], json!(["x"]));
    // So it does if everything there is lost.
    net.start("/id-in", config("/id-in", "cse-in", None));
    net.pass(Duration::from_secs(7200));
    update(&mut net, "cse-mn/Cm", "m2m:ae", json!({"lbl": ["y"]}));
    net.pass(Duration::from_secs(70));
    let again = place(&mut net, "/id-mn", "cse-mn/Cm", "m2m:ae");
    assert_eq!(net.get("/id-in", "CAdmin", &again).1["m2m:aeA"]["lbl"], json!(["y"]));
    // This CSE restarts without what it knew of its announced CSEBase: that is found again.
    net.start("/id-mn", config("/id-mn", "cse-mn", Some(("/id-in", "cse-in"))));
    net.settle();
    net.ae("/id-mn", "Cn", "cse-mn");
    update(&mut net, "cse-mn/Cn", "m2m:ae", json!({}));
    net.ask(
        "/id-mn",
        json!({"op": 3, "fr": "Cn", "to": "cse-mn/Cn", "pc": {"m2m:ae": {"at": ["/id-in"]}}}),
    );
    let there = place(&mut net, "/id-mn", "cse-mn/Cn", "m2m:ae");
    assert_eq!(net.get("/id-in", "CAdmin", &there).0, 2000);
}

#[test]
fn ts_0001_9_6_26_changes_in_both_directions() {
    let mut net = announced();
    let there = place(&mut net, "/id-mn", "cse-mn/meter", "m2m:ae");
    let change = |net: &mut Network, label: &str| {
        let pc = json!({"m2m:aeA": {"lbl": [label]}});
        net.ask("/id-in", json!({"op": 3, "fr": "CAdmin", "to": there, "pc": pc})).0
    };
    assert_eq!(change(&mut net, "a"), 4005, "the original alone changes it");
    update(&mut net, "cse-mn/meter", "m2m:ae", json!({"ast": 2, "lbl": ["b"]}));
    net.hops = 0;
    assert_eq!(change(&mut net, "c"), 2004);
    assert_eq!(net.hops, 1, "it does not come back");
    let (_, content) = net.get("/id-mn", "CAdmin", "cse-mn/meter");
    assert_eq!(content["m2m:ae"]["lbl"], json!(["c"]));
    // Another CSE may not.
    let pc = json!({"m2m:ae": {"lbl": ["d"]}});
    let other = json!({"op": 3, "fr": "/id-low", "to": "cse-mn/meter", "pc": pc});
    assert_eq!(net.ask("/id-mn", other).0, 4004);
}

#[test]
fn what_cannot_be_announced() {
    let mut net = Network::chain();
    net.ae("/id-mn", "Cm", "cse-mn");
    for (attributes, status) in [
        (json!({"at": ["/id-mn"]}), 4000),
        (json!({"at": ["cse-in"]}), 4000),
        (json!({"at": ["/id-in"], "aa": ["nothing"]}), 4000),
        (json!({"at": ["/id-in"], "aa": ["at"]}), 4000),
        (json!({"at": ["/id-in", "/id-in/x"]}), 2004),
    ] {
        let made = update(&mut net, "cse-mn/Cm", "m2m:ae", attributes.clone());
        assert_eq!(made.0, status, "{attributes} {}", made.1);
    }
    // Only CSEs announce, and only what announced resources have.
    let create = |net: &mut Network, from: &str, to: &str, ty: u32, pc: Value| {
        net.ask("/id-in", json!({"op": 1, "fr": from, "to": to, "ty": ty, "pc": pc}))
    };
    net.ae("/id-in", "Capp", "cse-in");
    let aea = json!({"m2m:aeA": {"lnk": "/id-mn/Cm"}});
    assert_eq!(create(&mut net, "Capp", "cse-in", 10002, aea.clone()).0, 4103);
    assert_eq!(create(&mut net, "/id-x", "cse-in", 10002, aea.clone()).0, 4103);
    for (ty, pc, status) in [
        (10002, json!({"m2m:aeA": {}}), 4000),
        (10002, json!({"m2m:ae": {"lnk": "/id-mn/x"}}), 4000),
        (10002, json!({"m2m:aeA": {"lnk": "/id-mn/x", "at": ["/id-in"]}}), 4000),
        (10002, json!({"m2m:aeA": {"lnk": "/id-mn/x", "rr": 7}}), 4000),
        (10004, json!({"m2m:cinA": {"lnk": "/id-mn/x"}}), 4108),
        (10003, json!({"m2m:cntA": {"lnk": "/id-mn/x"}}), 2001),
    ] {
        let made = create(&mut net, "/id-mn", "cse-in", ty, pc.clone());
        assert_eq!(made.0, status, "{ty} {pc} {}", made.1);
    }
    let there = place(&mut net, "/id-mn", "cse-mn/Cm", "m2m:ae");
    let cnt = json!({"m2m:cnt": {}});
    assert_eq!(create(&mut net, "CAdmin", &there, 3, cnt).0, 4108);
    let sub = json!({"m2m:sub": {"nu": ["http://s/"], "enc": {"net": [1]}}});
    assert_eq!(create(&mut net, "CAdmin", &there, 23, sub).0, 2001);
    update(&mut net, "cse-mn/Cm", "m2m:ae", json!({"lbl": ["new"]}));
    let told = net.notified.last().unwrap().1.content.clone().unwrap().to_value();
    assert_eq!(told["m2m:sgn"]["nev"]["rep"]["m2m:aeA"]["lbl"], json!(["new"]), "{told}");
}
