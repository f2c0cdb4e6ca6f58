use super::*;

/// A subscription whose schedule opens at ten past each hour, 200 seconds after the start.
fn scheduled(more: Value) -> Bench {
    let mut b = bench();
    b.reachable("Cae");
    b.container("Cae", "c", json!({}));
    let mut own = json!({"enc": {"net": [3], "chty": [4]}});
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    b.subscribe("Cae", "cse-in/Cae/c", own);
    let pc = json!({"m2m:sch": {"rn": "w", "se": {"sce": ["* 10-20 * * * * *"]}}});
    assert_eq!(b.create("Cae", "cse-in/Cae/c/s", 18, pc.clone()).0, 2001);
    assert_eq!(b.create("Cae", "cse-in/Cae/c/s", 18, pc).0, 4105);
    b
}

fn contents(b: &mut Bench) -> Vec<String> {
    core::iter::from_fn(|| b.next_notification())
        .map(|note| note["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"].as_str().unwrap().to_string())
        .collect()
}

use std::string::String;

#[test]
fn notifications_keep_to_the_schedule() {
    for (more, at_once, later) in [
        (json!({}), [].as_slice(), [].as_slice()),
        (json!({"pn": 1}), &[], &["1"]),
        (json!({"pn": 2}), &[], &["0", "1"]),
        (json!({"nec": 2}), &["0", "1"], &[]),
    ] {
        let mut b = scheduled(more.clone());
        b.instance("Cae", "c", "0");
        b.instance("Cae", "c", "1");
        assert_eq!(contents(&mut b), at_once, "{more}");
        b.pass(199_999);
        assert_eq!(contents(&mut b), [""; 0], "{more}");
        b.pass(1);
        assert_eq!(contents(&mut b), later, "{more}");
        b.instance("Cae", "c", "2");
        assert_eq!(contents(&mut b), ["2"], "{more}");
    }
}

#[test]
fn schedules_change_and_go_and_come_back() {
    let mut b = scheduled(json!({"pn": 2}));
    b.instance("Cae", "c", "0");
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    again.instance("Cae", "c", "1");
    assert_eq!(contents(&mut again), [""; 0], "the schedule is known after a restart");
    let pc = json!({"m2m:sch": {"se": {"sce": ["* * * * * * *"]}}});
    assert_eq!(again.update("Cae", "cse-in/Cae/c/s/w", pc).0, 2004);
    assert_eq!(contents(&mut again), ["0", "1"]);
    assert_eq!(b.delete("Cae", "cse-in/Cae/c/s/w"), 2002);
    assert_eq!(contents(&mut b), ["0"]);
    let pc = json!({"m2m:sch": {"se": {"sce": ["* * * * * *"]}}});
    assert_eq!(b.create("Cae", "cse-in/Cae/c/s", 18, pc).0, 4000);
}

/// An AE whose node can be reached ten past each hour, 200 seconds after the start.
fn on_node(more: Value) -> Bench {
    let mut b = bench();
    let nod = json!({"m2m:nod": {"rn": "n", "ni": "urn:n"}});
    assert_eq!(b.create("CAdmin", "cse-in", 14, nod).0, 2001);
    let sch = json!({"m2m:sch": {"rn": "w", "se": {"sce": ["* 10-20 * * * * *"]}}});
    b.reachable("Cae");
    assert_eq!(b.update("Cae", "cse-in/Cae", json!({"m2m:ae": {"nl": "cse-in/n"}})).0, 2004);
    assert_eq!(b.create("CAdmin", "cse-in/n", 18, sch).0, 2001);
    b.container("Cae", "c", json!({}));
    let mut own = json!({"enc": {"net": [3], "chty": [4]}});
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    b.subscribe("Cae", "cse-in/Cae/c", own);
    b
}

#[test]
fn ts_0001_9_6_9_an_entity_is_reached_when_its_node_is() {
    for (more, later) in [(json!({}), [].as_slice()), (json!({"pn": 2}), &["0", "1"])] {
        let mut b = on_node(more.clone());
        b.instance("Cae", "c", "0");
        b.instance("Cae", "c", "1");
        let asked = json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae",
            "pc": {"m2m:sgn": {"sur": "x"}}, "rqet": "600000"});
        b.begin(asked);
        b.pass(199_999);
        assert!(b.sent().is_none(), "{more}");
        b.pass(1);
        let mut found = Vec::new();
        let mut told = 0;
        while let Some(out) = b.sent() {
            b.reply(out.id, 2000);
            let content = out.request.content.unwrap().to_value();
            match content["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"].as_str() {
                Some(con) => found.push(con.to_string()),
                None => told += 1,
            }
        }
        assert_eq!(found, later, "{more}");
        assert_eq!(told, 1, "{more}");
        assert_eq!(b.answered().unwrap().0, 2000);
        b.instance("Cae", "c", "2");
        assert_eq!(contents(&mut b), ["2"], "{more}");
    }
}

#[test]
fn an_entity_is_reached_at_once_when_its_schedule_goes() {
    let mut b = on_node(json!({"pn": 2}));
    b.instance("Cae", "c", "0");
    b.begin(json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae", "pc": {"m2m:sgn": {}},
        "rqet": "600000"}));
    assert!(b.sent().is_none());
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    again.instance("Cae", "c", "1");
    assert!(again.sent().is_none(), "the schedule is known after a restart");
    assert_eq!(b.delete("CAdmin", "cse-in/n/w"), 2002);
    let mut count = 0;
    while let Some(out) = b.sent() {
        b.reply(out.id, 2000);
        count += 1;
    }
    assert_eq!(count, 2);
    assert_eq!(b.answered().unwrap().0, 2000);
}

#[test]
fn ts_0004_7_4_9_2_only_nodes_have_coordinated_schedules() {
    let mut b = bench();
    let nod = json!({"m2m:nod": {"rn": "n", "ni": "urn:n"}});
    assert_eq!(b.create("CAdmin", "cse-in", 14, nod).0, 2001);
    let sch = json!({"m2m:sch": {"rn": "w", "nco": true, "se": {"sce": ["* * * * * * *"]}}});
    assert_eq!(b.create("CAdmin", "cse-in", 18, sch.clone()).0, 4102);
    assert_eq!(b.create("CAdmin", "cse-in/n", 18, sch).0, 2001);
    let plain = json!({"m2m:sch": {"rn": "w", "se": {"sce": ["* * * * * * *"]}}});
    assert_eq!(b.create("CAdmin", "cse-in", 18, plain).0, 2001);
    assert_eq!(b.update("CAdmin", "cse-in/w", json!({"m2m:sch": {"nco": true}})).0, 4102);
}
