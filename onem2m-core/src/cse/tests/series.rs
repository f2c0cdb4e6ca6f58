use super::*;
use crate::time::Timestamp;
use std::string::String;

const S: &str = "cse-in/Cae/s";

fn at(ms: i64) -> String {
    let time = UnixTime::from_millis(START + ms);
    Timestamp::from_unix_time(time, true).unwrap().text().as_str().to_string()
}

impl Bench {
    fn series(&mut self, more: Value) -> (u32, Value) {
        let mut ts = json!({"rn": "s"});
        ts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("Cae", "cse-in/Cae", 29, json!({ "m2m:ts": ts }))
    }

    fn point(&mut self, ms: i64) -> u32 {
        let pc = json!({"m2m:tsi": {"dgt": at(ms), "con": "abc"}});
        self.create("Cae", S, 30, pc).0
    }

    fn missing(&mut self) -> (u64, Vec<String>) {
        let (_, content) = self.get("Cae", S);
        let ts = &content["m2m:ts"];
        let list = ts["mdlt"].as_array().cloned().unwrap_or_default();
        let list = list.iter().map(|entry| entry.as_str().unwrap().to_string()).collect();
        (ts["mdc"].as_u64().unwrap(), list)
    }
}

/// A series with a point each second, 100 ms more or less, missing after 300 ms.
fn watched(more: Value) -> Bench {
    let mut b = bench();
    b.reachable("Cae");
    let mut own = json!({"pei": 1000, "peid": 100, "mdd": true, "mdt": 300});
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(b.series(own).0, 2001);
    b
}

#[test]
fn ts_0004_7_4_38_attributes_are_checked() {
    let mut b = bench();
    b.ae("Cae");
    for (more, text) in [
        (json!({"pei": 1000, "peid": 501}), "peid"),
        (json!({"mdd": true}), "mdt"),
        (json!({"mdd": true, "mdt": 100, "pei": 1000, "peid": 100}), "mdt"),
        (json!({"mdc": 1}), "mdc"),
    ] {
        let (status, content) = b.series(more);
        assert_eq!(status, 4000);
        assert!(content["m2m:dbg"].as_str().unwrap().contains(text), "{content}");
    }
    let (status, content) = b.series(json!({"pei": 1000, "mdt": 300}));
    let ts = &content["m2m:ts"];
    assert_eq!(
        (status, &ts["peid"], &ts["mdd"], &ts["mdc"]),
        (2001, &json!(250), &json!(false), &json!(0))
    );
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdd": true, "mdt": 400}})).0, 4000);
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdt": 400}})).0, 2004);
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdd": true}})).0, 2004);
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdt": 500}})).0, 4000, "not while it runs");
}

#[test]
fn ts_0004_7_4_39_every_time_once() {
    let mut b = bench();
    b.ae("Cae");
    b.series(json!({"mni": 2}));
    assert_eq!([b.point(0), b.point(1), b.point(0)], [2001, 2001, 4105]);
    assert_eq!(b.point(2), 2001);
    assert_eq!(b.point(0), 2001, "the oldest was made room for");
    let (_, content) = b.get("Cae", S);
    assert_eq!((&content["m2m:ts"]["cni"], &content["m2m:ts"]["cbs"]), (&json!(2), &json!(6)));
    let (_, latest) = b.get("Cae", &std::format!("{S}/la"));
    assert_eq!((&latest["m2m:tsi"]["dgt"], &latest["m2m:tsi"]["cs"]), (&json!(at(0)), &json!(3)));
    assert_eq!(b.delete("Cae", &std::format!("{S}/la")), 2002);
    assert_eq!(b.point(0), 2001);
    let pc = json!({"m2m:tsi": {"con": "x"}});
    assert_eq!(b.create("Cae", S, 30, pc).0, 4000, "dgt is missing");
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!([again.point(0), again.point(7)], [4105, 2001]);
}

#[test]
fn ts_0001_10_2_4_29_missing_points_are_detected() {
    let mut b = watched(json!({"mdn": 2}));
    b.pass(5_000);
    assert_eq!(b.missing(), (0, Vec::new()), "nothing is expected before the first");
    assert_eq!(b.point(5_000), 2001);
    b.pass(1_000);
    assert_eq!(b.point(6_090), 2001, "within the tolerance");
    b.pass(1_299);
    assert_eq!(b.missing().0, 0);
    b.pass(1);
    assert_eq!(b.missing(), (1, [at(7_000)].into()));
    assert_eq!(b.point(7_000), 2001, "too late");
    assert_eq!(b.missing().0, 1);
    b.pass(3_000);
    assert_eq!(b.missing(), (2, [at(9_000), at(10_000)].into()), "no more than mdn");
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdd": false}})).0, 2004);
    b.pass(5_000);
    assert_eq!(b.missing().0, 2, "it pauses");
    assert_eq!(b.update("Cae", S, json!({"m2m:ts": {"mdd": true}})).0, 2004);
    assert_eq!(b.missing(), (0, Vec::new()));
    b.pass(700);
    b.point(16_000);
    b.pass(1_300);
    assert_eq!(b.missing(), (1, [at(17_000)].into()));
}

#[test]
fn missing_points_are_reported() {
    let mut b = watched(json!({}));
    let md = json!({"dur": "PT10S", "num": 2});
    b.subscribe("Cae", S, json!({"enc": {"net": [8], "md": md}}));
    assert_eq!(b.get("Cae", &std::format!("{S}/s")).1["m2m:sub"]["nct"], 5);
    b.point(0);
    b.pass(1_300);
    assert!(b.next_notification().is_none(), "one is not enough");
    b.pass(1_000);
    let note = b.next_notification().unwrap();
    let nev = &note["m2m:sgn"]["nev"];
    let expected = json!({"m2m:tsn": {"mdlt": [at(1_000), at(2_000)], "mdc": 2}});
    assert_eq!((&nev["net"], &nev["rep"]), (&json!(8), &expected));
    b.pass(1_000);
    assert_eq!(b.next_notification().unwrap()["m2m:sgn"]["nev"]["rep"]["m2m:tsn"]["mdc"], 3);
    for _ in 0..8 {
        b.pass(1_000);
    }
    core::iter::from_fn(|| b.next_notification()).count();
    b.pass(1_000);
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["rep"]["m2m:tsn"]["mdc"], 2, "a new window");
}

#[test]
fn a_time_long_ago_does_not_make_the_cse_count() {
    let mut config = Config::new();
    config.limits.missing = 10;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.series(json!({"pei": 1, "peid": 0, "mdd": true, "mdt": 1}));
    assert_eq!(b.point(-1_000_000_000), 2001);
    b.pass(0);
    assert_eq!(b.missing().0, 10);
    assert!(b.cse.poll_timeout().unwrap() > b.now);
}

#[test]
fn detection_goes_on_after_a_restart() {
    let mut b = watched(json!({}));
    b.point(0);
    b.pass(1_300);
    let mut again = bench();
    again.now = b.now;
    again.cse.set_wall_clock(again.now, UnixTime::from_millis(START + 1_300));
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!(again.missing().0, 1);
    again.pass(1_000);
    assert!(again.missing().1.contains(&at(2_000)));
}
