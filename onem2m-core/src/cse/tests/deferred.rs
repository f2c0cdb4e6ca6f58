use super::*;

impl Bench {
    /// Makes a request that is not blocking; the address of its resource.
    fn defer(&mut self, request: Value) -> String {
        let (status, content) = self.ask(request);
        assert!(matches!(status, 1001 | 1002), "{content}");
        content["m2m:uri"].as_str().unwrap().to_string()
    }
}

use std::string::String;

fn get(rtv: u32, to: &str) -> Value {
    json!({"op": 2, "fr": "Cae", "to": to, "rt": {"rtv": rtv}})
}

#[test]
fn ts_0001_9_6_12_a_result_is_fetched() {
    let mut b = bench();
    b.ae("Cae");
    let uri = b.defer(get(1, "cse-in/Cae"));
    let (_, content) = b.get("Cae", &uri);
    let req = &content["m2m:req"];
    assert_eq!((&req["rs"], &req["op"], &req["tg"]), (&json!(3), &json!(2), &json!("cse-in/Cae")));
    assert_eq!(
        (&req["org"], &req["rid"], &req["mi"]["rvi"]),
        (&json!("Cae"), &json!("1"), &json!("4"))
    );
    b.pass(0);
    let (_, content) = b.get("Cae", &uri);
    let req = &content["m2m:req"];
    assert_eq!((&req["rs"], &req["ors"]["rsc"]), (&json!(1), &json!(2000)));
    assert_eq!(req["ors"]["pc"]["m2m:ae"]["aei"], "Cae");
    assert_eq!(b.get("Cother", &uri).0, 4004, "it is the originator's");
    b.pass(600_000);
    assert_eq!(b.get("Cae", &uri).0, 4004, "results are kept for a while");

    let uri = b.defer(get(1, "cse-in/none"));
    b.pass(0);
    let (_, content) = b.get("Cae", &uri);
    let req = &content["m2m:req"];
    assert_eq!((&req["rs"], &req["ors"]["rsc"]), (&json!(2), &json!(4004)));
}

#[test]
fn ts_0004_7_5_1_2_5_a_result_is_notified() {
    let mut b = bench();
    b.reachable("Cae");
    let asked = json!({"op": 1, "fr": "Cae", "to": "cse-in/Cae", "ty": 3,
        "pc": {"m2m:cnt": {"rn": "c"}}, "rt": {"rtv": 2}});
    b.defer(asked.clone());
    let out = b.sent().unwrap();
    assert_eq!(out.target.entity.as_deref(), Some("Cae"));
    let rsp = out.request.content.unwrap().to_value()["m2m:rsp"].clone();
    assert_eq!((&rsp["rsc"], &rsp["rqi"]), (&json!(2001), &json!("1")));
    b.reply(out.id, 2000);
    let mut asked = asked;
    asked["rt"]["nu"] = json!(["http://one", "http://two"]);
    b.defer(asked);
    for address in ["http://one", "http://two"] {
        let out = b.sent().unwrap();
        assert_eq!(out.target.addresses, [address]);
        assert_eq!(out.request.content.unwrap().to_value()["m2m:rsp"]["rsc"], 4105);
    }
}

#[test]
fn requests_whose_time_comes_later_or_is_over() {
    let mut b = bench();
    b.ae("Cae");
    let mut asked = get(1, "cse-in/Cae");
    asked["oet"] = json!("5000");
    let uri = b.defer(asked.clone());
    b.pass(4_999);
    assert_eq!(b.get("Cae", &uri).1["m2m:req"]["rs"], 3);
    b.pass(1);
    assert_eq!(b.get("Cae", &uri).1["m2m:req"]["rs"], 1);
    // Blocking, and flexible.
    asked["rt"]["rtv"] = json!(3);
    b.begin(asked.clone());
    b.pass(4_999);
    assert_eq!(b.answered(), None);
    b.pass(1);
    assert_eq!(b.answered().unwrap().0, 2000);
    asked["rt"]["rtv"] = json!(4);
    let uri = b.defer(asked.clone());
    assert_eq!(b.ask(get(4, "cse-in/Cae")).0, 2000, "what can be done at once is");
    // Expired on arrival, or before it could be done.
    asked["rqet"] = json!("20200101T000000");
    assert_eq!(b.ask(asked.clone()).0, 4008);
    asked["rqet"] = json!("1000");
    let late = b.defer(asked);
    b.pass(1_000);
    let (_, content) = b.get("Cae", &late);
    assert_eq!(content["m2m:req"]["ors"]["rsc"], 4008);
    b.pass(4_000);
    assert_eq!(b.get("Cae", &uri).1["m2m:req"]["rs"], 1);
    assert_eq!(b.get("Cae", &late).1["m2m:req"]["rs"], 2);
}

#[test]
fn ts_0004_7_4_12_2_requests_are_recalled() {
    let mut b = bench();
    b.reachable("Cae");
    let mut asked = json!({"op": 1, "fr": "Cae", "to": "cse-in/Cae", "ty": 3,
        "pc": {"m2m:cnt": {"rn": "c"}}, "rt": {"rtv": 1}, "oet": "1000"});
    let uri = b.defer(asked.clone());
    assert_eq!(b.delete("Cae", &uri), 2002);
    b.pass(1_000);
    assert_eq!(b.get("Cae", "cse-in/Cae/c").0, 4004, "it was not done");
    // Under way: the AE has not answered yet.
    asked =
        json!({"op": 5, "fr": "Cae", "to": "cse-in/Cae", "pc": {"m2m:sgn": {}}, "rt": {"rtv": 1}});
    let uri = b.defer(asked.clone());
    let out = b.sent().unwrap();
    assert_eq!(b.delete("Cae", &uri), 5220);
    b.reply(out.id, 2000);
    assert_eq!(b.delete("Cae", &uri), 2002);
}

#[test]
fn what_cannot_be_deferred() {
    let mut config = Config::new();
    config.limits.deferred = 2;
    let mut b = Bench::new(config);
    b.ae("Cae");
    let mut asked = get(1, "cse-in/Cae");
    asked["oet"] = json!("5000");
    let uri = b.defer(asked.clone());
    assert_eq!(b.ask(get(1, &uri)).0, 4000);
    assert_eq!(b.ask(get(5, "cse-in")).0, 5001);
    asked["fr"] = json!("Cnobody");
    assert_eq!(b.ask(asked.clone()).0, 4103);
    asked["fr"] = json!("Cae");
    b.defer(asked.clone());
    assert_eq!(b.ask(asked).0, 5000);
    let pc = json!({"m2m:req": {"op": 2, "tg": "x", "rid": "1", "mi": {"rvi": "3"}, "rs": 1}});
    assert_eq!(b.create("CAdmin", "cse-in", 17, pc).0, 4005);
}

#[test]
fn deferred_requests_and_a_restart() {
    let mut b = bench();
    b.ae("Cae");
    let now = b.defer(get(1, "cse-in/Cae"));
    let mut asked = json!({"op": 1, "fr": "Cae", "to": "cse-in/Cae", "ty": 3,
        "pc": {"m2m:cnt": {"rn": "c", "lbl": ["a\"b"]}}, "rt": {"rtv": 1}, "oet": "1000"});
    let later = b.defer(asked.clone());
    asked["rqet"] = json!("60000");
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    let (_, content) = again.get("Cae", &now);
    assert_eq!(
        (&content["m2m:req"]["rs"], &content["m2m:req"]["ors"]["rsc"]),
        (&json!(2), &json!(5000))
    );
    assert_eq!(again.get("Cae", &later).1["m2m:req"]["rs"], 3);
    again.pass(1_000);
    assert_eq!(again.get("Cae", &later).1["m2m:req"]["ors"]["rsc"], 2001);
    assert_eq!(again.get("Cae", "cse-in/Cae/c").1["m2m:cnt"]["lbl"], json!(["a\"b"]));
}
