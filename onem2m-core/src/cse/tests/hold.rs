//! Requests that cannot be sent now.

use super::remote::{Network, config};
use super::*;
use m2m_base::Duration;

/// A chain whose lowest CSE has a container that everybody may use.
fn network() -> Network {
    let mut net = Network::chain();
    net.ae("/id-low", "Cmeter", "cse-low");
    net.ae("/id-in", "Capp", "cse-in");
    let acr = json!({"acr": [{"acor": ["/id-in/Capp", "Cmeter"], "acop": 63}]});
    let acp = json!({"m2m:acp": {"rn": "open", "pv": acr, "pvs": acr}});
    net.ask("/id-low", json!({"op": 1, "fr": "Cmeter", "to": "cse-low", "ty": 1, "pc": acp}));
    let cnt = json!({"m2m:cnt": {"rn": "data", "acpi": ["cse-low/open"]}});
    net.ask(
        "/id-low",
        json!({"op": 1, "fr": "Cmeter", "to": "cse-low/Cmeter", "ty": 3, "pc": cnt}),
    );
    net
}

const DATA: &str = "/id-low/cse-low/Cmeter/data";

fn instance(con: &str, more: Value) -> Value {
    let pc = json!({"m2m:cin": {"con": con}});
    let mut whole = json!({"op": 1, "fr": "Capp", "to": DATA, "ty": 4, "pc": pc});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

fn contents(net: &mut Network) -> Vec<String> {
    let to = "cse-low/Cmeter/data";
    let asked = json!({"op": 2, "fr": "Cmeter", "to": to, "rcn": 4});
    let (_, content) = net.ask("/id-low", asked);
    let list = content["m2m:cnt"]["m2m:cin"].as_array().cloned().unwrap_or_default();
    list.iter().map(|cin| cin["con"].as_str().unwrap().to_string()).collect()
}

use std::string::String;

#[test]
fn a_request_waits_until_its_target_is_back() {
    let mut net = network();
    net.down = ["/id-mn"].into();
    for con in ["1", "2", "3"] {
        net.begin("/id-in", instance(con, json!({"rqet": "60000"})));
    }
    net.pass(Duration::from_secs(12));
    assert_eq!(net.answer(), None);
    net.down.clear();
    net.pass(Duration::from_secs(20));
    for _ in 0..3 {
        assert_eq!(net.answer().unwrap().0, 2001);
    }
    assert_eq!(contents(&mut net), ["1", "2", "3"], "in the order in which they came");
    assert!(net.nodes["/id-in"].holds.is_empty());
}

#[test]
fn a_request_waits_until_it_expires() {
    let mut net = network();
    net.down = ["/id-mn"].into();
    net.begin("/id-in", instance("x", json!({"rqet": "60000"})));
    net.begin("/id-in", instance("x", json!({})));
    net.pass(Duration::from_secs(5));
    assert_eq!(net.answer().unwrap().0, 5103, "who does not say waits for a short time");
    assert_eq!(net.answer(), None);
    net.pass(Duration::from_millis(54_999));
    assert_eq!(net.answer(), None);
    net.pass(Duration::from_millis(1));
    assert_eq!(net.answer().unwrap().0, 4008);
    net.down.clear();
    net.pass(Duration::from_secs(300));
    assert_eq!(contents(&mut net), [""; 0], "what expired is not sent");
}

#[test]
fn a_target_that_comes_back_gets_what_waits_at_once() {
    let mut net = network();
    net.down = ["/id-mn"].into();
    net.begin("/id-in", instance("x", json!({"rqet": "3600000"})));
    net.pass(Duration::from_secs(1000));
    net.down.clear();
    // It registers again, or changes its registration.
    let pc = json!({"m2m:csr": {"lbl": ["here"]}});
    let asked = json!({"op": 3, "fr": "/id-mn", "to": "cse-in/id-mn", "pc": pc});
    net.begin("/id-in", asked);
    let statuses = [net.answer().unwrap().0, net.answer().unwrap().0];
    assert!(statuses.contains(&2001) && statuses.contains(&2004), "{statuses:?}");
    assert_eq!(contents(&mut net), ["x"]);
}

#[test]
fn what_may_have_arrived_is_not_done_twice() {
    let mut b = bench();
    let csr = json!({"m2m:csr": {"rn": "a", "cb": "/id-a/x", "csi": "/id-a", "rr": true,
        "poa": ["http://a/"], "srv": ["3"]}});
    assert_eq!(b.create("/id-a", "cse-in", 16, csr).0, 2001);
    for (operation, again) in [(1, false), (2, true), (3, true), (4, false), (5, true)] {
        let mut asked = json!({"op": operation, "fr": "CAdmin", "to": "/id-a/x/y"});
        if operation != 2 && operation != 4 {
            asked["pc"] = json!({"m2m:cnt": {}});
        }
        if operation == 1 {
            asked["ty"] = json!(3);
        }
        b.begin(asked.clone());
        let first = b.sent().unwrap();
        b.cse.outgoing_failed(b.now, first.id);
        b.pass(1_000);
        let second = b.sent();
        assert_eq!(second.is_some(), again, "{asked}");
        if let Some(second) = second {
            assert_eq!(second.request.content, first.request.content);
            assert_ne!(second.id, first.id);
            b.reply(second.id, 2000);
        }
        assert_eq!(b.answered().unwrap().0, if again { 2000 } else { 5103 });
        b.pass(10_000);
    }
}

#[test]
fn accepted_requests_wait_and_survive_a_restart() {
    let mut net = network();
    net.down = ["/id-mn"].into();
    let asked = instance("late", json!({"rt": {"rtv": 1}}));
    let (status, content) = net.ask("/id-in", asked);
    assert_eq!(status, 1001, "{content}");
    let uri = content["m2m:uri"].as_str().unwrap().to_string();
    net.pass(Duration::from_secs(900));
    assert_eq!(net.get("/id-in", "Capp", &uri).1["m2m:req"]["rs"], 3);
    net.restart("/id-in", config("/id-in", "cse-in", None));
    net.pass(Duration::from_secs(900));
    assert_eq!(net.get("/id-in", "Capp", &uri).1["m2m:req"]["rs"], 3);
    // Another one is called back.
    let (_, content) = net.ask("/id-in", instance("never", json!({"rt": {"rtv": 1}})));
    let other = content["m2m:uri"].as_str().unwrap().to_string();
    net.pass(Duration::from_secs(10));
    assert_eq!(net.ask("/id-in", json!({"op": 4, "fr": "Capp", "to": other})).0, 2002);
    net.down.clear();
    net.pass(Duration::from_secs(300));
    let (_, content) = net.get("/id-in", "Capp", &uri);
    assert_eq!(content["m2m:req"]["ors"]["rsc"], 2001, "{content}");
    assert_eq!(contents(&mut net), ["late"]);
    assert!(net.nodes["/id-in"].holds.is_empty());
    assert!(net.nodes["/id-in"].internal.is_empty());
}

#[test]
fn results_are_told_when_their_receiver_is_back() {
    let mut b = bench();
    b.reachable("Cae");
    let asked = json!({"op": 1, "fr": "Cae", "to": "cse-in/Cae", "ty": 3,
        "pc": {"m2m:cnt": {"rn": "c"}}, "rt": {"rtv": 2}});
    assert_eq!(b.ask(asked).0, 1002);
    let out = b.sent().unwrap();
    b.cse.outgoing_failed(b.now, out.id);
    b.drain();
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    again.kept.clone_from(&b.kept);
    again.pass(1_000);
    let out = again.sent().unwrap();
    assert_eq!(out.target.entity.as_deref(), Some("Cae"));
    assert_eq!(out.request.content.unwrap().to_value()["m2m:rsp"]["rsc"], 2001);
    again.reply(out.id, 2000);
    again.pass(100_000);
    assert!(again.sent().is_none());
    assert!(again.kept.keys().all(|key| key >> 62 == 0), "nothing is left in the journal");
}

#[test]
fn nothing_waits_longer_than_the_cse_allows() {
    let mut b = Bench::new(Config { hold_accepted: Duration::from_secs(60), ..Config::new() });
    let csr = json!({"m2m:csr": {"rn": "a", "cb": "/id-a/x", "csi": "/id-a", "rr": false,
        "srv": ["3"]}});
    assert_eq!(b.create("/id-a", "cse-in", 16, csr).0, 2001);
    b.begin(json!({"op": 2, "fr": "CAdmin", "to": "/id-a/x/y", "rqet": "99990101T000000"}));
    b.pass(59_999);
    assert_eq!(b.answered(), None);
    b.pass(1);
    assert_eq!(b.answered().unwrap().0, 4008);
}

#[test]
fn what_waits_is_bounded() {
    let mut config = Config::new();
    config.limits.held = 2;
    let mut b = Bench::new(config);
    let csr = json!({"m2m:csr": {"rn": "a", "cb": "/id-a/x", "csi": "/id-a", "rr": true,
        "poa": ["http://a/"], "srv": ["3"]}});
    assert_eq!(b.create("/id-a", "cse-in", 16, csr).0, 2001);
    for _ in 0..3 {
        b.begin(json!({"op": 2, "fr": "CAdmin", "to": "/id-a/x/y", "rqet": "60000"}));
    }
    while let Some(out) = b.sent() {
        b.cse.outgoing_undelivered(b.now, out.id);
    }
    assert_eq!(b.answered().unwrap().0, 5103);
    assert_eq!(b.answered(), None);
    b.pass(60_000);
    assert_eq!(b.answered().unwrap().0, 4008);
    assert_eq!(b.cse.poll_response().unwrap().1.status.number(), 4008);
    while let Some(out) = b.sent() {
        b.cse.outgoing_undelivered(b.now, out.id);
    }
    assert!(b.cse.holds.is_empty());
}

#[test]
fn changes_and_withdrawals_are_made_when_the_other_cse_is_back() {
    let mut net = network();
    let pc = json!({"m2m:cnt": {"rn": "seen", "at": ["/id-mn"]}});
    let to = "cse-in/Capp";
    let made = net.ask("/id-in", json!({"op": 1, "fr": "Capp", "to": to, "ty": 3, "pc": pc}));
    assert_eq!(made.0, 2001, "{}", made.1);
    let (_, content) = net.get("/id-in", "Capp", "cse-in/Capp/seen");
    let place = content["m2m:cnt"]["at"][0].as_str().unwrap().to_string();
    assert_eq!(net.get("/id-mn", "CAdmin", &place).0, 2000);
    // So is a change, while there is something to change.
    net.down = ["/id-mn"].into();
    let change = json!({"m2m:cnt": {"lbl": ["new"]}});
    let asked = json!({"op": 3, "fr": "Capp", "to": "cse-in/Capp/seen", "pc": change});
    assert_eq!(net.ask("/id-in", asked).0, 2004);
    net.pass(Duration::from_secs(60));
    net.restart("/id-in", config("/id-in", "cse-in", None));
    net.down.clear();
    net.pass(Duration::from_secs(60));
    let (_, content) = net.get("/id-mn", "CAdmin", &place);
    assert_eq!(content["m2m:cntA"]["lbl"], json!(["new"]));
    net.down = ["/id-mn"].into();
    let asked = json!({"op": 4, "fr": "Capp", "to": "cse-in/Capp/seen"});
    assert_eq!(net.ask("/id-in", asked).0, 2002);
    net.pass(Duration::from_secs(600));
    net.restart("/id-in", config("/id-in", "cse-in", None));
    net.pass(Duration::from_secs(600));
    net.down.clear();
    assert_eq!(net.get("/id-mn", "CAdmin", &place).0, 2000);
    net.pass(Duration::from_secs(300));
    assert_eq!(net.get("/id-mn", "CAdmin", &place).0, 4004);
    assert!(net.nodes["/id-in"].holds.is_empty());
    let kept = &net.kept["/id-in"];
    assert!(kept.keys().all(|key| key >> 62 == 0), "nothing is left in the journal");
}
