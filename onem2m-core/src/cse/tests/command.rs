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
    assert_eq!(update(&mut b, &id, json!({"m2m:exin": {"exs": 3}})).0, 4000);
    let (status, content) = update(&mut b, &id, json!({"m2m:exin": {"exd": true}}));
    assert_eq!((status, &content["m2m:exin"]["exs"]), (2004, &json!(5)), "{content}");
    assert_eq!(update(&mut b, &id, json!({"m2m:exin": {"exd": true}})).0, 6028);
    assert_eq!(b.ask(json!({"op": 4, "fr": "CAdmin", "to": id})).0, 2002);
}
