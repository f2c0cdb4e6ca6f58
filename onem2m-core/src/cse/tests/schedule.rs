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
    assert_eq!(contents(&mut again), ["1"]);
    assert_eq!(b.delete("Cae", "cse-in/Cae/c/s/w"), 2002);
    assert_eq!(contents(&mut b), ["0"]);
    let pc = json!({"m2m:sch": {"se": {"sce": ["* * * * * *"]}}});
    assert_eq!(b.create("Cae", "cse-in/Cae/c/s", 18, pc).0, 4000);
}
