use super::*;
use std::string::String;

impl Bench {
    fn discover(&mut self, mut fc: Value) -> Vec<String> {
        fc["fu"] = json!(1);
        let (status, content) = self.ask(json!({"op": 2, "fr": "Cae", "to": "cse-in", "fc": fc}));
        assert_eq!(status, 2000, "{content}");
        let all = content["m2m:uril"].as_array().unwrap().clone();
        all.iter().map(|uri| uri.as_str().unwrap().replace("cse-in/Cae", "")).collect()
    }
}

#[test]
fn ts_0004_7_3_3_17_labels_and_content() {
    let mut b = bench();
    b.ae("Cae");
    for (name, label) in [("a", "color:red"), ("b", "color:blue"), ("c", "size:1")] {
        b.container("Cae", name, json!({"lbl": [label]}));
        let con = std::format!("{{\"n\": {}, \"name\": \"{name}\"}}", name.len());
        let pc = json!({"m2m:cin": {"rn": "i", "cnf": "application/json:0", "con": con}});
        assert_eq!(b.create("Cae", &std::format!("cse-in/Cae/{name}"), 4, pc).0, 2001);
    }
    let pc = json!({"m2m:cin": {"rn": "j", "con": {"name": "c"}}});
    b.create("Cae", "cse-in/Cae/c", 4, pc);
    assert_eq!(b.discover(json!({"lbq": "color NE red"})), ["/b"]);
    assert_eq!(b.discover(json!({"lbq": "color EQ red, size"})), ["/a", "/c"]);
    assert_eq!(b.discover(json!({"cfs": 1, "cfq": "$.name EQ \"c\""})), ["/c/i", "/c/j"]);
    assert_eq!(b.discover(json!({"cfs": 1, "cfq": "$.n EQ 1 AND $.name MATCH \"b\""})), ["/b/i"]);
    assert_eq!(b.discover(json!({"lbl": ["color:red"], "arp": "la"})), ["/a/i"]);
    assert_eq!(b.discover(json!({"ty": [4], "arp": "../../b", "lim": 1})), ["/b"]);
    assert_eq!(b.discover(json!({"ty": [3], "arp": "none"})), [""; 0]);
    assert_eq!(b.discover(json!({"ty": [3], "arp": "../.."})), ["cse-in"], "once");
    b.ae("Cother");
    let fc = json!({"ty": [3], "arp": "../../Cother"});
    assert_eq!(b.discover(fc), [""; 0], "not what it may not see");
    for (fc, status) in [
        (json!({"lbq": "a EQ"}), 4000),
        (json!({"cfq": "$.a EQ 1"}), 4000),
        (json!({"cfs": 1}), 4000),
        (json!({"cfs": 1, "cfq": "x"}), 4000),
        (json!({"cfs": 9, "cfq": "$.a EQ 1"}), 4000),
        (json!({"gmty": 1}), 4000),
        (json!({"gmty": 1, "geom": [1], "gsf": 1}), 4000),
        (json!({"aq": "x"}), 5001),
        (json!({"smf": ["x"]}), 5001),
    ] {
        let mut fc = fc;
        fc["fu"] = json!(1);
        let asked = json!({"op": 2, "fr": "Cae", "to": "cse-in", "fc": fc});
        assert_eq!(b.ask(asked).0, status, "{fc}");
    }
}

#[test]
fn places_are_found() {
    let mut b = bench();
    b.ae("Cae");
    for (name, x) in [("near", 1), ("far", 50)] {
        b.container("Cae", name, json!({"loc": {"typ": 1, "crd": [x, 1]}}));
    }
    b.container("Cae", "nowhere", json!({}));
    let square = json!([[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]);
    for geom in [square.clone(), json!(square.to_string())] {
        assert_eq!(b.discover(json!({"gmty": 3, "geom": geom, "gsf": 1})), ["/near"]);
    }
    let point = json!({"gmty": 1, "geom": [50, 1], "gsf": 2});
    assert_eq!(b.discover(point), ["/far"]);
}

#[test]
fn deleting_can_tell_what_was_there() {
    let mut config = Config::new();
    config.limits.step = 3;
    let mut b = Bench::new(config);
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    for n in 0..10 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    let asked = json!({"op": 4, "fr": "Cae", "to": "cse-in/Cae/c", "rcn": 4});
    let (status, content) = b.ask(asked.clone());
    assert_eq!((status, content["m2m:cnt"]["m2m:cin"].as_array().unwrap().len()), (2002, 10));
    assert_eq!(b.ask(asked).0, 4004);
    let asked = json!({"op": 4, "fr": "Cae", "to": "cse-in/Cae", "rcn": 6});
    assert_eq!(b.ask(asked).0, 2002);
}
