use super::*;
use crate::primitive::Content;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::string::ToString;
use std::vec::Vec;

mod access;
mod announce;
mod channel;
mod chaos;
mod command;
mod deferred;
mod discovery;
mod flex;
mod group;
mod hidden;
mod hold;
mod model;
mod notify;
mod parameters;
mod remote;
mod schedule;
mod series;
mod stem;
mod subscription;

struct Bench {
    cse: Cse,
    now: Instant,
    kept: BTreeMap<u64, Vec<u8>>,
    session: Session,
}

const START: i64 = 1_795_000_000_000;

impl Bench {
    fn new(config: Config) -> Bench {
        let mut cse = Cse::new(config, &Seed([7; 32])).unwrap();
        cse.set_wall_clock(Instant::ZERO, UnixTime::from_millis(START));
        Bench { cse, now: Instant::ZERO, kept: BTreeMap::new(), session: Session::default() }
    }

    fn drain(&mut self) {
        while let Some(Record { key, value }) = self.cse.poll_journal() {
            match value {
                Some(value) => self.kept.insert(key, value),
                None => self.kept.remove(&key),
            };
        }
    }

    fn ask(&mut self, request: Value) -> (u32, Value) {
        let mut whole = json!({"rqi": "1", "rvi": "4"});
        whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
        let request = Request::from_value(whole).unwrap();
        let id = self.cse.handle_request(self.now, self.session, request);
        for _ in 0..100_000 {
            self.drain();
            if let Some((own, response)) = self.cse.poll_response() {
                assert_eq!((own, response.request_identifier.as_str()), (id, "1"));
                assert!(self.cse.poll_response().is_none(), "one response for each request");
                let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
                return (response.status.number(), content);
            }
            self.cse.handle_timeout(self.now);
        }
        panic!("no response");
    }

    fn create(&mut self, from: &str, to: &str, ty: u32, pc: Value) -> (u32, Value) {
        self.ask(json!({"op": 1, "fr": from, "to": to, "ty": ty, "pc": pc}))
    }

    fn get(&mut self, from: &str, to: &str) -> (u32, Value) {
        self.ask(json!({"op": 2, "fr": from, "to": to}))
    }

    fn update(&mut self, from: &str, to: &str, pc: Value) -> (u32, Value) {
        self.ask(json!({"op": 3, "fr": from, "to": to, "pc": pc}))
    }

    fn delete(&mut self, from: &str, to: &str) -> u32 {
        self.ask(json!({"op": 4, "fr": from, "to": to})).0
    }

    fn ae(&mut self, id: &str) {
        let pc = json!({"m2m:ae": {"rn": id, "api": "N1", "rr": false, "srv": ["3"]}});
        assert_eq!(self.create(id, "cse-in", 2, pc).0, 2001);
    }

    fn container(&mut self, id: &str, name: &str, more: Value) {
        let mut cnt = json!({ "rn": name });
        cnt.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let pc = json!({ "m2m:cnt": cnt });
        assert_eq!(self.create(id, &std::format!("cse-in/{id}"), 3, pc).0, 2001);
    }

    fn instance(&mut self, id: &str, name: &str, con: &str) -> (u32, Value) {
        let to = std::format!("cse-in/{id}/{name}");
        self.create(id, &to, 4, json!({"m2m:cin": {"con": con}}))
    }

    fn pass(&mut self, ms: u64) {
        self.now += m2m_base::Duration::from_millis(ms);
        while self.cse.poll_timeout().is_some_and(|at| at <= self.now) {
            self.cse.handle_timeout(self.now);
        }
        self.drain();
    }

    /// Everything the administrator sees, sorted by identifier.
    fn tree(&mut self) -> Value {
        let (status, mut all) =
            self.ask(json!({"op": 2, "fr": "CAdmin", "to": "cse-in", "rcn": 4}));
        assert_eq!(status, 2000);
        let base = all["m2m:cb"].as_object_mut().unwrap();
        base.remove("ctm");
        base.remove("ct");
        base.remove("lt");
        all
    }
}

fn bench() -> Bench {
    Bench::new(Config::new())
}

#[test]
fn ts_0001_9_6_3_cse_base() {
    let mut b = bench();
    for to in ["cse-in", "-", "/id-in", "id-in", "/id-in/-", "//m2m.example/id-in/cse-in"] {
        let (status, content) = b.get("CAdmin", to);
        assert_eq!((status, &content["m2m:cb"]["ri"]), (2000, &json!("id-in")), "{to}");
        assert_eq!(content["m2m:cb"]["csi"], "/id-in");
    }
    assert_eq!(b.get("Cnobody", "cse-in").0, 4103);
    assert_eq!(b.delete("CAdmin", "cse-in"), 4005);
    assert_eq!(b.create("CAdmin", "cse-in", 5, json!({"m2m:cb": {}})).0, 4005);
    let (status, content) = b.ask(json!({"op": 2, "fr": "CAdmin", "to": "cse-in", "rvi": "9"}));
    assert_eq!((status, content["m2m:dbg"].is_string()), (4001, true));
}

#[test]
fn ts_0001_10_2_2_2_ae_registration() {
    let mut b = bench();
    let ae = json!({"m2m:ae": {"api": "N1", "rr": true, "srv": ["3"]}});
    for (from, stem) in [("", 'C'), ("C", 'C'), ("S", 'S')] {
        let (status, content) = b.create(from, "cse-in", 2, ae.clone());
        let id = content["m2m:ae"]["aei"].as_str().unwrap().to_string();
        assert_eq!((status, id.chars().next()), (2001, Some(stem)));
        assert_eq!(content["m2m:ae"]["ri"], id.as_str());
        assert_eq!(b.get(&id, &id).0, 2000, "it has all rights on itself");
        assert_eq!(b.create(&id, "cse-in", 2, ae.clone()).0, 4117);
    }
    let (status, content) = b.create("Cmine", "cse-in", 2, ae.clone());
    assert_eq!((status, &content["m2m:ae"]["aei"]), (2001, &json!("Cmine")));
    assert_eq!(b.create("Xmine", "cse-in", 2, ae).0, 4103);
    for (api, rvi, status) in [("X1", "3", 4000), ("r1", "3", 2001), ("r1", "4", 4000)] {
        let pc = json!({"m2m:ae": {"api": api, "rr": true, "srv": ["3"]}});
        let asked = json!({"op": 1, "fr": "C", "to": "cse-in", "ty": 2, "pc": pc, "rvi": rvi});
        assert_eq!(b.ask(asked).0, status, "{api} {rvi}");
    }
    let (status, content) = b.create("C", "cse-in", 2, json!({"m2m:ae": {"rr": true}}));
    assert_eq!((status, content), (4000, json!({"m2m:dbg": "attribute api: missing"})));
}

#[test]
fn ts_0001_9_6_6_containers_and_their_limits() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({"mni": 3, "mbs": 10}));
    assert_eq!(b.get("Cae", "cse-in/Cae/c/la").0, 4004);
    for n in 1..=4 {
        let (status, content) = b.instance("Cae", "c", &std::format!("{n}"));
        assert_eq!((status, &content["m2m:cin"]["st"]), (2001, &json!(n)));
        assert_eq!(content["m2m:cin"]["cs"], 1);
    }
    let (_, content) = b.get("Cae", "cse-in/Cae/c");
    let c = &content["m2m:cnt"];
    assert_eq!((&c["cni"], &c["cbs"], &c["st"]), (&json!(3), &json!(3), &json!(4)));
    assert_eq!(b.get("Cae", "cse-in/Cae/c/ol").1["m2m:cin"]["con"], "2");
    assert_eq!(b.get("Cae", "cse-in/Cae/c/la").1["m2m:cin"]["con"], "4");
    assert_eq!(b.instance("Cae", "c", "123456789").0, 2001);
    let (_, content) = b.get("Cae", "cse-in/Cae/c");
    assert_eq!(content["m2m:cnt"]["cbs"], 10, "4 and the new one fit");
    assert_eq!(b.instance("Cae", "c", "12345678901").0, 5207);
    assert_eq!(b.delete("Cae", "cse-in/Cae/c/la"), 2002);
    assert_eq!(b.get("Cae", "cse-in/Cae/c/la").1["m2m:cin"]["con"], "4");
    let latest = b.get("Cae", "cse-in/Cae/c/la").1["m2m:cin"]["ri"].as_str().unwrap().to_string();
    assert_eq!(b.update("Cae", &latest, json!({"m2m:cin": {"lbl": ["x"]}})).0, 4005);
    let pc = json!({"m2m:cnt": {"rn": "c"}});
    assert_eq!(b.create("Cae", "cse-in/Cae", 3, pc.clone()).0, 4105);
    assert_eq!(b.create("Cae", &latest, 3, pc).0, 4108);
    b.container("Cae", "old", json!({"mia": 10}));
    b.instance("Cae", "old", "a");
    b.pass(6000);
    b.instance("Cae", "old", "b");
    b.pass(4000);
    assert_eq!(b.get("Cae", "cse-in/Cae/old/ol").1["m2m:cin"]["con"], "b");
    b.pass(6000);
    assert_eq!(b.get("Cae", "cse-in/Cae/old/ol").0, 4004);
}

#[test]
fn update_adds_replaces_and_removes() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({"lbl": ["a"], "mni": 5, "cr": null}));
    let to = "cse-in/Cae/c";
    b.pass(1000);
    let change = json!({"m2m:cnt": {"lbl": null, "mni": 2, "mbs": 100}});
    let asked = json!({"op": 3, "fr": "Cae", "to": to, "pc": change, "rcn": 9});
    let (status, content) = b.ask(asked);
    let c = &content["m2m:cnt"];
    assert_eq!((status, &c["lbl"], &c["mni"]), (2004, &Value::Null, &json!(2)));
    let (_, content) = b.get("Cae", to);
    let c = &content["m2m:cnt"];
    assert_eq!((&c["mni"], &c["mbs"], &c["cr"]), (&json!(2), &json!(100), &json!("Cae")));
    assert!(c.get("lbl").is_none() && c["lt"] != c["ct"]);
    let before = b.tree();
    for (pc, text) in [
        (
            json!({"m2m:cnt": {"mni": "2"}}),
            "attribute mni: wrong type, expected a non-negative integer",
        ),
        (json!({"m2m:cnt": {"cni": 2}}), "attribute cni: not allowed in this operation"),
        (json!({"m2m:cnt": {"rn": "d"}}), "attribute rn: not allowed in this operation"),
        (json!({"m2m:cnt": {"et": "20200101T000000"}}), "attribute et: not in the future"),
        (json!({"m2m:cnt": {"acpi": ["cse-in"]}}), "attribute acpi.0: not possible here"),
        (json!({"m2m:ae": {}}), "parameter pc: not a representation of the resource"),
    ] {
        let answer = b.update("Cae", to, pc);
        assert_eq!(answer, (4000, json!({ "m2m:dbg": text })));
    }
    assert_eq!(b.tree(), before, "nothing of a failed request stays");
}

#[test]
fn expiration_takes_the_subtree_along() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({"et": "60000"}));
    b.instance("Cae", "c", "x");
    assert_eq!(
        b.get("Cae", "cse-in/Cae/c/la").1["m2m:cin"]["et"],
        b.get("Cae", "cse-in/Cae/c").1["m2m:cnt"]["et"]
    );
    b.pass(59_999);
    assert_eq!(b.get("Cae", "cse-in/Cae/c").0, 2000);
    b.pass(1);
    assert_eq!(b.get("Cae", "cse-in/Cae/c").0, 4004);
    assert_eq!(b.cse.resources(), 2);
}

#[test]
fn ts_0004_7_4_2_access_control() {
    let mut b = bench();
    b.ae("Cown");
    b.ae("Cread");
    b.ae("Cother");
    let rule = |who: &str, acop: u32| json!({"acor": [who], "acop": acop});
    let pv = json!({"acr": [rule("Cread", 34), {"acor": ["Cwin*"], "acop": 2,
        "acco": [{"actw": ["* * * * * * 1999"]}]}]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": pv, "pvs": {"acr": [rule("Cown", 63)]}}});
    assert_eq!(b.create("Cother", "cse-in/Cown", 1, acp.clone()).0, 4004);
    assert_eq!(b.create("Cown", "cse-in", 1, acp).0, 2001);
    b.container("Cown", "c", json!({}));
    assert_eq!(b.get("Cread", "cse-in/Cown/c").0, 4004, "it has no rights, so it is not there");
    let change = json!({"m2m:cnt": {"acpi": ["cse-in/p"]}});
    assert_eq!(b.update("Cown", "cse-in/Cown/c", change).0, 2004);
    assert_eq!(b.get("Cread", "cse-in/Cown/c").0, 2000);
    let pc = json!({"m2m:cin": {"con": "x"}});
    assert_eq!(b.create("Cread", "cse-in/Cown/c", 4, pc.clone()).0, 4103);
    assert_eq!(
        b.create("Cown", "cse-in/Cown/c", 4, pc.clone()).0,
        4004,
        "acpi replaces the default"
    );
    assert_eq!(b.create("CAdmin", "cse-in/Cown/c", 4, pc).0, 2001);
    assert_eq!(b.get("Cread", "cse-in/Cown/c/la").0, 2000, "instances have the container's rights");
    assert_eq!(b.get("Cwinter", "cse-in/Cown/c").0, 4004, "outside of the time window");
    for to in ["cse-in/Cown/c", "cse-in/Cown/c/la", "cse-in/Cown/none", "cse-in/none", "rzzz"] {
        assert_eq!(b.get("Cother", to), b.get("Cother", "cse-in/nothing"), "{to}");
    }
    // Rights change with the policy, and are gone with it.
    let pv = json!({"m2m:acp": {"pv": {"acr": [rule("all", 2)]}}});
    assert_eq!(b.update("Cread", "cse-in/p", pv.clone()).0, 4004);
    assert_eq!(b.update("Cown", "cse-in/p", pv).0, 2004);
    assert_eq!(b.get("Cother", "cse-in/Cown/c").0, 2000);
    assert_eq!(b.delete("Cown", "cse-in/p"), 2002);
    assert_eq!(b.get("Cother", "cse-in/Cown/c").0, 4004);
}

#[test]
fn ts_0004_7_4_2_addresses_and_object_details() {
    let mut b = bench();
    b.ae("Cown");
    let pv = json!({"acr": [
        {"acor": ["Cnet"], "acop": 2, "acco": [{"acip": {"ipv4": ["192.0.2.0/24"]}}]},
        {"acor": ["Cmake"], "acop": 1, "acod": [{"ty": 3, "chty": [4]}]}]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": pv, "pvs": {"acr": []}}});
    assert_eq!(b.create("Cown", "cse-in", 1, acp).0, 2001);
    b.container("Cown", "c", json!({"acpi": ["cse-in/p"]}));
    let cin = json!({"m2m:cin": {"con": "x"}});
    assert_eq!(b.create("Cmake", "cse-in/Cown/c", 4, cin).0, 2001);
    assert_eq!(b.create("Cmake", "cse-in/Cown/c", 3, json!({"m2m:cnt": {}})).0, 4004);
    for (address, status) in [("192.0.2.9", 2000), ("192.0.3.9", 4004)] {
        let request = json!({"op": 2, "fr": "Cnet", "to": "cse-in/Cown/c", "rqi": "1", "rvi": "3"});
        let session = Session { address: Some(address.parse().unwrap()), ..Session::default() };
        b.cse.handle_request(b.now, session, Request::from_value(request).unwrap());
        assert_eq!(b.cse.poll_response().unwrap().1.status.number(), status);
    }
}

#[test]
fn ts_0004_7_3_3_14_discovery() {
    let mut b = bench();
    b.ae("Cae");
    b.ae("Cother");
    for (name, label) in [("a", "red"), ("b", "blue"), ("c", "red")] {
        b.container("Cae", name, json!({"lbl": [label, "all"], "mni": 7}));
        b.instance("Cae", name, "x");
    }
    let mut find = |from: &str, to: &str, fc: Value| {
        let mut fc = fc;
        fc["fu"] = json!(1);
        let (status, content) = b.ask(json!({"op": 2, "fr": from, "to": to, "fc": fc}));
        assert_eq!(status, 2000, "{content}");
        let all = content["m2m:uril"].as_array().unwrap().clone();
        all.iter().map(|uri| uri.as_str().unwrap().replace("cse-in/Cae", "")).collect::<Vec<_>>()
    };
    assert_eq!(find("Cae", "cse-in", json!({"lbl": ["red"]})), ["/a", "/c"]);
    assert_eq!(find("Cae", "cse-in", json!({"lbl": ["blue", "red"]})), ["/b", "/a", "/c"]);
    assert_eq!(find("Cae", "cse-in", json!({"lbl": ["all", "red"], "lim": 2})), ["/a", "/b"]);
    assert_eq!(find("Cae", "cse-in", json!({"lbl": ["all"], "lim": 1, "ofst": 3})), ["/c"]);
    assert_eq!(find("Cother", "cse-in", json!({"lbl": ["all"]})), [""; 0]);
    assert_eq!(find("Cae", "cse-in/Cae", json!({"ty": [3]})), ["/a", "/b", "/c"]);
    assert_eq!(find("Cae", "cse-in/Cae", json!({"ty": [4]})).len(), 3);
    assert_eq!(find("Cae", "cse-in/Cae", json!({"lvl": 1})), ["/a", "/b", "/c"]);
    assert_eq!(find("Cae", "cse-in", json!({"ty": [3], "lbl": ["red"], "fo": 2})).len(), 3);
    assert_eq!(find("Cae", "cse-in", json!({"ty": [3], "lbl": ["red"], "fo": 3})), ["/b"]);
    assert_eq!(find("Cae", "cse-in", json!({"palb": ["blue"]})).len(), 1);
    assert_eq!(
        find("Cae", "cse-in", json!({"chty": [4], "atr": [{"nm": "mni", "val": 7}]})).len(),
        3
    );
    assert_eq!(find("Cae", "cse-in/Cae", json!({"szb": 1})).len(), 0);
    assert_eq!(find("Cae", "cse-in/Cae", json!({"sza": 1, "szb": 2})).len(), 3);
    assert_eq!(find("Cae", "cse-in/Cae", json!({"cra": "20990101T000000"})).len(), 0);
    let asked = json!({"op": 2, "fr": "Cae", "to": "cse-in", "fc": {"fu": 1, "smf": ["x"]}});
    assert_eq!(b.ask(asked).0, 5001);
}

#[test]
fn ts_0004_7_2_3_8_result_contents() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    b.instance("Cae", "c", "x");
    let mut with = |op: u32, rcn: u32, more: Value| {
        let mut asked = json!({"op": op, "fr": "Cae", "to": "cse-in/Cae", "rcn": rcn});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        b.ask(asked)
    };
    let (_, tree) = with(2, 4, json!({}));
    assert_eq!(tree["m2m:ae"]["m2m:cnt"][0]["m2m:cin"][0]["con"], "x");
    assert_eq!(tree["m2m:ae"]["aei"], "Cae");
    let (_, children) = with(2, 8, json!({}));
    assert_eq!(children["m2m:ae"].as_object().unwrap().len(), 1);
    let (_, references) = with(2, 6, json!({"fc": {"lvl": 1}}));
    let expected = json!({"m2m:rrl": {"rrf": [{"nm": "c", "typ": 3, "val": "cse-in/Cae/c"}]}});
    assert_eq!(references, expected);
    let (_, both) = with(2, 5, json!({"drt": 2}));
    assert_eq!(both["m2m:ae"]["ch"][0]["val"], "r3");
    assert_eq!(with(2, 2, json!({})).0, 4000);
    assert_eq!((with(2, 10, json!({})).0, with(2, 12, json!({})).0), (5001, 5001));
    assert_eq!(
        with(2, 1, json!({"pc": {"m2m:atrl": ["api", "rr"]}})).1,
        json!({"m2m:ae": {"api": "N1", "rr": false}})
    );
    assert_eq!(with(2, 1, json!({"pc": {"m2m:atrl": ["nope"]}})).0, 4000);
    let new = |name: &str| json!({"ty": 3, "pc": {"m2m:cnt": {"rn": name}}});
    assert_eq!(with(1, 0, new("n0")), (2001, Value::Null));
    assert_eq!(with(1, 2, new("n2")).1, json!({"m2m:uri": "cse-in/Cae/n2"}));
    let (_, both) = with(1, 3, new("n3"));
    assert_eq!(
        (&both["m2m:rce"]["uri"], &both["m2m:rce"]["m2m:cnt"]["rn"]),
        (&json!("cse-in/Cae/n3"), &json!("n3"))
    );
    let (_, changed) = with(1, 9, new("n9"));
    assert!(changed["m2m:cnt"].get("rn").is_none() && changed["m2m:cnt"]["cni"] == 0);
    assert_eq!(with(1, 4, new("n4")).0, 4000);
    assert_eq!(with(4, 1, json!({})).1["m2m:ae"]["aei"], "Cae");
}

#[test]
fn a_large_subtree_goes_in_steps_and_a_search_too() {
    let mut config = Config::new();
    config.limits.step = 10;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    for n in 0..200 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    let fc = json!({"fu": 1, "ty": [4]});
    let (_, content) = b.ask(json!({"op": 2, "fr": "Cae", "to": "cse-in", "fc": fc}));
    assert_eq!(content["m2m:uril"].as_array().unwrap().len(), 200);
    assert_eq!(b.delete("Cae", "cse-in/Cae/c"), 2002);
    assert!(b.cse.resources() > 190, "answered at once");
    assert_eq!(b.get("Cae", "cse-in/Cae/c/la").0, 4004);
    assert_eq!(b.get("CAdmin", "r4").0, 4004, "an instance below it is gone too");
    assert!(b.cse.poll_timeout() <= Some(b.now));
    b.pass(0);
    assert_eq!(b.cse.resources(), 2);
}

#[test]
fn what_was_journalled_comes_back() {
    let mut b = bench();
    b.ae("Cae");
    b.ae("Cread");
    let acr = json!({"acr": [{"acor": ["Cread"], "acop": 2}]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": acr, "pvs": acr}});
    b.create("Cae", "cse-in", 1, acp);
    b.container("Cae", "c", json!({"mni": 3, "lbl": ["x"], "acpi": ["cse-in/p"]}));
    for n in 0..5 {
        b.create("CAdmin", "cse-in/Cae/c", 4, json!({"m2m:cin": {"con": std::format!("{n}")}}));
    }
    b.container("Cae", "gone", json!({}));
    b.instance("Cae", "gone", "x");
    // The restart comes before the subtree was taken apart.
    let kept = b.kept.clone();
    b.delete("Cae", "cse-in/Cae/gone");
    let gone = kept.keys().rev().nth(1).copied().unwrap();
    let mut kept = kept;
    kept.remove(&gone);
    b.pass(0);
    let tree = b.tree();
    let mut again = bench();
    for (key, value) in &kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!(again.tree(), tree);
    assert_eq!(again.get("Cread", "cse-in/Cae/c/la").1["m2m:cin"]["con"], "4");
    again.drain();
    assert_eq!(again.cse.resources(), b.cse.resources());
    let old = b.create("CAdmin", "cse-in/Cae/c", 4, json!({"m2m:cin": {"con": "5"}})).1;
    let new = again.create("CAdmin", "cse-in/Cae/c", 4, json!({"m2m:cin": {"con": "5"}})).1;
    assert_eq!(new["m2m:cin"]["st"], old["m2m:cin"]["st"]);
    assert_ne!(new["m2m:cin"]["ri"], old["m2m:cin"]["ri"], "no number is given out twice");
    let (key, value) = kept.iter().nth(1).unwrap();
    for end in 0..value.len().min(60) {
        let mut fresh = bench();
        let _ = fresh.cse.restore(*key, &value[..end]);
    }
}

#[test]
fn quotas_hold() {
    let mut config = Config::new();
    config.limits.depth = 3;
    config.limits.resources = 5;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    assert_eq!(b.create("Cae", "cse-in/Cae/c", 3, json!({"m2m:cnt": {}})).0, 4000);
    assert_eq!(b.instance("Cae", "c", "1").0, 2001);
    assert_eq!(b.instance("Cae", "c", "2").0, 2001);
    assert_eq!(b.instance("Cae", "c", "3").0, 5000);
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let run = || {
        let mut b = bench();
        b.ae("Cae");
        b.container("Cae", "c", json!({"mni": 2}));
        for n in 0..4 {
            b.instance("Cae", "c", &std::format!("{n}"));
        }
        (b.tree().to_string(), b.kept)
    };
    assert_eq!(run(), run());
}
