use super::*;
use std::string::String;

const FOPT: &str = "cse-in/Cae/g/fopt";

impl Bench {
    pub(super) fn group(&mut self, name: &str, more: Value) -> (u32, Value) {
        let mut grp = json!({"rn": name, "mnm": 10_000});
        grp.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("Cae", "cse-in/Cae", 9, json!({ "m2m:grp": grp }))
    }
}

/// An AE with containers a, b, c and the group g of them.
fn grouped() -> Bench {
    let mut b = bench();
    b.reachable("Cae");
    for name in ["a", "b", "c"] {
        b.container("Cae", name, json!({}));
    }
    let mid = ["cse-in/Cae/a", "cse-in/Cae/b", "cse-in/Cae/c"];
    assert_eq!(b.group("g", json!({"mid": mid, "mt": 3})).0, 2001);
    b
}

/// Status and origin of each response in an aggregated one.
fn parts(content: &Value) -> Vec<(u64, String)> {
    let list = content["m2m:agr"]["m2m:rsp"].as_array().unwrap();
    let part = |r: &Value| (r["rsc"].as_u64().unwrap(), r["fr"].as_str().unwrap().to_string());
    list.iter().map(part).collect()
}

fn codes(content: &Value) -> Vec<u64> {
    parts(content).into_iter().map(|(status, _)| status).collect()
}

#[test]
fn ts_0004_7_4_13_members_are_checked() {
    let mut b = grouped();
    b.ae("Cother");
    b.container("Cother", "hidden", json!({}));
    let (_, content) = b.get("Cae", "cse-in/Cae/g");
    let g = &content["m2m:grp"];
    assert_eq!((&g["cnm"], &g["mtv"], &g["csy"]), (&json!(3), &json!(true), &json!(1)));
    let a = b.get("Cae", "cse-in/Cae/a").1["m2m:cnt"]["ri"].clone();
    let twice = json!({"mid": [a, "cse-in/Cae/a", "/id-in/cse-in/Cae/a", "cse-in/Cae/b"]});
    let (status, content) = b.group("twice", twice);
    assert_eq!((status, &content["m2m:grp"]["mid"]), (2001, &json!([a, "cse-in/Cae/b"])));
    assert_eq!(content["m2m:grp"]["mt"], 0, "mixed unless it says");
    for (n, odd) in ["cse-in/Cae", "cse-in/none", "cse-in/Cother/hidden"].into_iter().enumerate() {
        let mid = json!(["cse-in/Cae/a", odd]);
        for (csy, status) in [(1, 2001), (2, 4110), (3, 2001)] {
            let group = json!({"mid": mid, "mt": 3, "csy": csy});
            let (own, content) = b.group(&std::format!("x{n}{csy}"), group);
            assert_eq!(own, status, "{odd} {csy}");
            let g = &content["m2m:grp"];
            match csy {
                1 => assert_eq!((&g["mt"], &g["cnm"]), (&json!(3), &json!(1))),
                3 => assert_eq!((&g["mt"], &g["cnm"]), (&json!(0), &json!(2))),
                _ => {}
            }
        }
    }
    let (_, content) = b.group("remote", json!({"mid": ["/id-mn/mn/x"], "mt": 3}));
    assert_eq!(content["m2m:grp"]["mtv"], false, "not known here");
    let pair = json!(["cse-in/Cae/a", "cse-in/Cae/b"]);
    assert_eq!(b.group("full", json!({"mid": pair, "mnm": 1})).0, 6010);
    assert_eq!(
        b.group("virtual", json!({"mid": ["cse-in/Cae/a/la"], "mt": 20002})).1["m2m:grp"]["cnm"],
        1
    );
    // UPDATE
    let to = "cse-in/Cae/g";
    assert_eq!(b.update("Cae", to, json!({"m2m:grp": {"mnm": 2}})).0, 6010);
    let (status, content) = b.update("Cae", to, json!({"m2m:grp": {"mid": pair, "mnm": 2}}));
    assert_eq!((status, &content["m2m:grp"]["cnm"]), (2004, &json!(2)));
    assert_eq!(b.update("Cae", to, json!({"m2m:grp": {"mid": []}})).0, 2004);
    assert_eq!(b.get("Cae", FOPT).0, 4109);
}

#[test]
fn ts_0004_7_4_14_every_operation_is_fanned_out() {
    let mut b = grouped();
    let pc = json!({"m2m:cin": {"con": "x"}});
    let (status, content) = b.create("Cae", FOPT, 4, pc);
    assert_eq!((status, codes(&content)), (2000, [2001, 2001, 2001].into()));
    let (_, content) = b.get("Cae", &std::format!("{FOPT}/la"));
    let names: Vec<String> = parts(&content).into_iter().map(|(_, from)| from).collect();
    assert_eq!(names, ["cse-in/Cae/a/la", "cse-in/Cae/b/la", "cse-in/Cae/c/la"]);
    assert_eq!(content["m2m:agr"]["m2m:rsp"][1]["pc"]["m2m:cin"]["con"], "x");
    let (_, content) = b.update("Cae", FOPT, json!({"m2m:cnt": {"lbl": ["red"]}}));
    assert_eq!(codes(&content), [2004, 2004, 2004]);
    let fc = json!({"fu": 1, "ty": [4]});
    let (_, content) = b.ask(json!({"op": 2, "fr": "Cae", "to": FOPT, "fc": fc}));
    let found = &content["m2m:agr"]["m2m:rsp"][2]["pc"]["m2m:uril"];
    assert_eq!(found.as_array().unwrap().len(), 1);
    let part = json!({"op": 2, "fr": "Cae", "to": FOPT, "grtm": ["cse-in/Cae/b"]});
    assert_eq!(parts(&b.ask(part).1), [(2000, "cse-in/Cae/b".to_string())]);
    let part = json!({"op": 2, "fr": "Cae", "to": FOPT, "grtm": ["cse-in/Cae/x"]});
    assert_eq!(b.ask(part).0, 4000);
    let some = json!({"op": 2, "fr": "Cae", "to": FOPT, "gstn": 2});
    assert_eq!(codes(&b.ask(some).1).len(), 2);
    b.delete("Cae", "cse-in/Cae/b");
    let (_, content) = b.ask(json!({"op": 4, "fr": "Cae", "to": FOPT}));
    assert_eq!(codes(&content), [2002, 4004, 2002]);
    assert!(b.cse.fanned.is_empty() && b.cse.internal.is_empty());
}

#[test]
fn a_notification_is_fanned_out_and_waits_for_all() {
    let mut b = bench();
    for id in ["Cae", "Cone", "Ctwo"] {
        b.reachable(id);
    }
    let rule = json!({"acr": [{"acor": ["Cae"], "acop": 18}]});
    let own = json!({"acr": [{"acor": ["Cone", "Ctwo"], "acop": 63}]});
    b.create("CAdmin", "cse-in", 1, json!({"m2m:acp": {"rn": "p", "pv": rule, "pvs": own}}));
    for id in ["Cone", "Ctwo"] {
        let pc = json!({"m2m:ae": {"acpi": ["cse-in/p"]}});
        assert_eq!(b.update(id, &std::format!("cse-in/{id}"), pc).0, 2004);
    }
    b.group("g", json!({"mid": ["cse-in/Cone", "cse-in/Ctwo"], "mt": 2}));
    let notify = json!({"op": 5, "fr": "Cae", "to": FOPT, "pc": {"m2m:sgn": {}}});
    b.begin(notify.clone());
    let (first, second) = (b.sent().unwrap(), b.sent().unwrap());
    b.reply(second.id, 2000);
    assert_eq!(b.answered(), None);
    b.cse.outgoing_undelivered(b.now, first.id);
    b.pass(1_000);
    let again = b.sent().unwrap();
    b.pass(4_000);
    b.cse.outgoing_undelivered(b.now, again.id);
    assert_eq!(codes(&b.answered().unwrap().1), [5103, 2000]);
    // Who does not answer in time is left out.
    let mut notify = notify;
    notify["rset"] = json!("1000");
    b.begin(notify.clone());
    b.pass(0);
    let first = b.sent().unwrap();
    b.reply(first.id, 2000);
    b.pass(1_000);
    assert_eq!(codes(&b.answered().unwrap().1), [2000]);
    b.begin(notify);
    b.pass(1_000);
    assert_eq!(b.answered().unwrap().0, 5209);
}

#[test]
fn nested_groups_end() {
    let mut b = grouped();
    assert_eq!(b.group("h", json!({"mid": ["cse-in/Cae/a", FOPT]})).0, 2001);
    let (_, content) = b.get("Cae", "cse-in/Cae/h/fopt");
    assert_eq!(codes(&content), [2000, 2000]);
    assert_eq!(codes(&content["m2m:agr"]["m2m:rsp"][1]["pc"]), [2000, 2000, 2000]);
    let part = json!({"op": 2, "fr": "Cae", "to": "cse-in/Cae/h/fopt", "grtm": ["cse-in/Cae/b"]});
    let (status, content) = b.ask(part);
    assert_eq!((status, codes(&content["m2m:agr"]["m2m:rsp"][0]["pc"])), (2000, [2000].into()));
    // In a circle.
    let pc = json!({"m2m:grp": {"mid": ["cse-in/Cae/b", "cse-in/Cae/h/fopt"]}});
    b.update("Cae", "cse-in/Cae/g", json!({"m2m:grp": {"mid": ["cse-in/Cae/b"]}}));
    let grp = json!({"mid": ["cse-in/Cae/b", "cse-in/Cae/i/fopt"]});
    assert_eq!(b.group("i", grp).0, 2001);
    assert_eq!(b.update("Cae", "cse-in/Cae/g", pc).0, 2004, "containers only: the odd one goes");
    let (_, content) = b.get("Cae", "cse-in/Cae/i/fopt");
    assert_eq!(codes(&content), [2000, 4104]);
    // A long chain.
    for n in 0..40 {
        let mid = ["cse-in/Cae/a".to_string(), std::format!("cse-in/Cae/n{}/fopt", n + 1)];
        b.group(&std::format!("n{n}"), json!({ "mid": mid }));
    }
    let (status, content) = b.get("Cae", "cse-in/Cae/n0/fopt");
    assert_eq!((status, content.to_string().matches("4000").count()), (2000, 1));
    assert!(b.cse.fanned.is_empty() && b.cse.internal.is_empty());
}

#[test]
fn rights_of_a_group_and_of_its_members() {
    let mut b = grouped();
    b.ae("Cother");
    assert_eq!(b.get("Cother", FOPT).0, 4004);
    let rule = |acop: u32| json!({"acr": [{"acor": ["Cother"], "acop": acop}]});
    let pvs = json!({"acr": [{"acor": ["Cae"], "acop": 63}]});
    for (name, acop) in [("p", 2), ("q", 34)] {
        let acp = json!({"rn": name, "pv": rule(acop), "pvs": pvs});
        assert_eq!(b.create("Cae", "cse-in", 1, json!({ "m2m:acp": acp })).0, 2001);
    }
    b.update("Cae", "cse-in/Cae/g", json!({"m2m:grp": {"macp": ["cse-in/p"]}}));
    b.update("Cae", "cse-in/Cae/b", json!({"m2m:cnt": {"acpi": ["cse-in/q"]}}));
    let (status, content) = b.get("Cother", FOPT);
    assert_eq!((status, codes(&content)), (2000, [4004, 2000, 4004].into()));
    let pc = json!({"m2m:cnt": {"lbl": ["x"]}});
    assert_eq!(b.update("Cother", FOPT, pc).0, 4004, "no right on the group itself");
    assert_eq!(b.get("Cother", "cse-in/Cae/g").0, 4004);
}

#[test]
fn notifications_of_members_come_together() {
    let mut b = grouped();
    b.update("Cae", "cse-in/Cae/g", json!({"m2m:grp": {"nar": {"num": 3, "dur": "PT5S"}}}));
    let sub = json!({"rn": "s", "nu": ["Cae"], "nfu": "http://all", "enc": {"net": [3]}});
    let (_, content) = b.create("Cae", FOPT, 23, json!({ "m2m:sub": sub }));
    assert_eq!(codes(&content), [2001, 2001, 2001]);
    let group = b.get("Cae", "cse-in/Cae/g").1["m2m:grp"]["ri"].as_str().unwrap().to_string();
    let nu = b.get("Cae", "cse-in/Cae/a/s").1["m2m:sub"]["nu"].clone();
    assert_eq!(nu, json!([std::format!("/id-in/{group}")]));
    for name in ["a", "b", "c", "a"] {
        b.instance("Cae", name, name);
    }
    let out = b.sent().unwrap();
    assert_eq!(out.target.addresses, ["http://all"]);
    let list = out.request.content.unwrap().to_value()["m2m:agn"]["m2m:sgn"].clone();
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert!(b.sent().is_none());
    b.pass(5_000);
    let out = b.sent().unwrap();
    assert_eq!(
        out.request.content.unwrap().to_value()["m2m:agn"]["m2m:sgn"][0]["nfu"],
        "http://all"
    );
    // A group that forwards to itself does not go round.
    let sub = json!({"rn": "t", "nu": ["Cae"], "nfu": "cse-in/Cae/g", "enc": {"net": [3]}});
    b.create("Cae", FOPT, 23, json!({ "m2m:sub": sub }));
    b.update("Cae", "cse-in/Cae/g", json!({"m2m:grp": {"nar": {"num": 1}}}));
    b.instance("Cae", "a", "x");
    // Both for the first subscription: of the second one's creation, and of the instance.
    let addresses: Vec<_> =
        core::iter::from_fn(|| b.sent()).map(|out| out.target.addresses).collect();
    assert_eq!(addresses, [["http://all"], ["http://all"]]);
}

#[test]
fn notifications_of_nested_groups_come_together() {
    let mut b = grouped();
    b.container("Cae", "d", json!({}));
    let mid = [FOPT, "cse-in/Cae/d"];
    assert_eq!(b.group("h", json!({ "mid": mid })).0, 2001);
    let sub = json!({"rn": "s", "nu": ["Cae"], "nfu": "http://all", "enc": {"net": [3]}});
    let (_, content) = b.create("Cae", "cse-in/Cae/h/fopt", 23, json!({ "m2m:sub": sub }));
    assert_eq!(codes(&content), [2000, 2001], "{content}");
    let group = b.get("Cae", "cse-in/Cae/h").1["m2m:grp"]["ri"].as_str().unwrap().to_string();
    for name in ["a", "d"] {
        let nu = b.get("Cae", &std::format!("cse-in/Cae/{name}/s")).1["m2m:sub"]["nu"].clone();
        assert_eq!(nu, json!([std::format!("/id-in/{group}")]), "the group that was asked");
    }
    // One for each of the four members, of both groups.
    for name in ["a", "d", "b"] {
        b.instance("Cae", name, name);
        assert!(b.sent().is_none());
    }
    b.instance("Cae", "c", "c");
    let out = b.sent().unwrap();
    assert_eq!(out.target.addresses, ["http://all"]);
    let list = out.request.content.unwrap().to_value()["m2m:agn"]["m2m:sgn"].clone();
    assert_eq!(list.as_array().unwrap().len(), 4);
    // The inner group alone collects for itself.
    let sub = json!({"rn": "t", "nu": ["Cae"], "nfu": "http://few", "enc": {"net": [3]}});
    assert_eq!(codes(&b.create("Cae", FOPT, 23, json!({ "m2m:sub": sub })).1), [2001, 2001, 2001]);
    for name in ["a", "b", "c"] {
        b.instance("Cae", name, name);
    }
    let out = core::iter::from_fn(|| b.sent());
    let out: Vec<_> = out.map(|out| out.target.addresses).collect();
    assert!(out.contains(&["http://few".to_string()].into()), "{out:?}");
}

#[test]
fn groups_come_back_after_a_restart() {
    let b = grouped();
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!(codes(&again.get("Cae", FOPT).1), [2000, 2000, 2000]);
}

#[test]
fn ten_thousand_members_in_steps() {
    let mut config = Config::new();
    config.limits.step = 100;
    config.limits.aggregate_bytes = 1_000_000;
    let mut b = Bench::new(config);
    b.reachable("Cae");
    let mut mid = Vec::new();
    for n in 0..10_000 {
        b.container("Cae", &std::format!("c{n}"), json!({}));
        mid.push(std::format!("cse-in/Cae/c{n}"));
    }
    assert_eq!(b.group("g", json!({"mid": mid, "mt": 3})).0, 2001);
    let all = b.begin(json!({"op": 2, "fr": "Cae", "to": FOPT}));
    let done = b.cse.fan_outs.values().next().unwrap().responses.len();
    assert_eq!(done, 100, "one step in one call");
    b.begin(json!({"op": 2, "fr": "Cae", "to": "cse-in/Cae"}));
    let (own, _) = b.cse.poll_response().unwrap();
    assert_ne!(own, all, "others go on");
    let (status, content) = b.answered().unwrap();
    assert_eq!((status, codes(&content).len()), (2000, 10_000));
    let with = content["m2m:agr"]["m2m:rsp"].as_array().unwrap().iter();
    let with = with.filter(|part| part.get("pc").is_some()).count();
    assert!(with > 1_000 && with < 10_000, "what is too much is left out: {with}");
}
