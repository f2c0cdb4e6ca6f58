use super::*;
use std::string::String;

impl Bench {
    /// Subscribes `id` itself to a resource; the subscription is named "s".
    pub(super) fn subscribe(&mut self, id: &str, to: &str, more: Value) {
        let mut sub = json!({"rn": "s", "nu": [id]});
        sub.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, content) = self.create(id, to, 23, json!({ "m2m:sub": sub }));
        assert_eq!(status, 2001, "{content}");
    }

    /// The content of the next outgoing request, which is answered with success.
    pub(super) fn next_notification(&mut self) -> Option<Value> {
        let out = self.sent()?;
        assert_eq!(out.request.operation, crate::Operation::Notify);
        self.reply(out.id, 2000);
        out.request.content.map(|content| content.to_value())
    }

    /// Event types of all notifications that wait.
    fn events(&mut self) -> Vec<u64> {
        core::iter::from_fn(|| self.next_notification())
            .map(|content| content["m2m:sgn"]["nev"]["net"].as_u64().unwrap())
            .collect()
    }
}

/// An AE with container "c" that it subscribes to.
fn subscribed(more: Value) -> Bench {
    let mut b = bench();
    b.reachable("Cae");
    b.container("Cae", "c", json!({"lbl": ["x"]}));
    b.subscribe("Cae", "cse-in/Cae/c", more);
    b
}

const C: &str = "cse-in/Cae/c";

fn net(types: &[u32]) -> Value {
    json!({"enc": {"net": types}})
}

#[test]
fn ts_0001_9_6_8_event_types() {
    let mut b = subscribed(net(&[1, 2, 3, 4, 5]));
    assert_eq!(b.get("Cae", &std::format!("{C}/la")).0, 4004);
    assert_eq!(b.events(), [5]);
    b.instance("Cae", "c", "hello");
    let note = b.next_notification().unwrap();
    let sgn = &note["m2m:sgn"];
    assert_eq!(sgn["nev"]["net"], 3);
    assert_eq!(sgn["nev"]["rep"]["m2m:cin"]["con"], "hello");
    let reference = sgn["sur"].as_str().unwrap().to_string();
    assert_eq!(b.get("Cae", &reference).1["m2m:sub"]["rn"], "s");
    assert_eq!(b.get("Cae", &reference).1["m2m:sub"]["nct"], 1);
    b.update("Cae", C, json!({"m2m:cnt": {"mni": 5}}));
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["net"], 1);
    assert_eq!(note["m2m:sgn"]["nev"]["rep"]["m2m:cnt"]["lbl"], json!(["x"]), "all attributes");
    b.delete("Cae", &std::format!("{C}/la"));
    assert_eq!(b.events(), [4]);
    b.instance("Cae", "c", "last");
    b.events();
    b.delete("Cae", C);
    let note = b.next_notification().unwrap();
    let representation = &note["m2m:sgn"]["nev"]["rep"]["m2m:cnt"];
    assert_eq!((&note["m2m:sgn"]["nev"]["net"], &representation["cni"]), (&json!(2), &json!(1)));
    assert_eq!(b.events(), [0u64; 0]);
    assert_eq!(b.cse.resources(), 2);
}

#[test]
fn ts_0004_7_5_1_2_2_criteria_are_combined() {
    let rows: [(Value, &[u64]); 8] = [
        (json!({}), &[1, 1]),
        (json!({"enc": {"net": [1], "atr": ["mni"]}}), &[1]),
        (json!({"enc": {"net": [3], "chty": [4]}}), &[3]),
        (json!({"enc": {"net": [3], "chty": [3]}}), &[]),
        (json!({"enc": {"net": [3], "sza": 5}}), &[3]),
        (json!({"enc": {"net": [3], "sza": 6}}), &[]),
        (json!({"enc": {"net": [3], "sza": 6, "cra": "20200101T000000", "fo": 2}}), &[3]),
        (json!({"enc": {"net": [3], "crb": "20200101T000000"}}), &[]),
    ];
    for (more, expected) in rows {
        let mut b = subscribed(more.clone());
        b.update("Cae", C, json!({"m2m:cnt": {"mni": 5}}));
        b.update("Cae", C, json!({"m2m:cnt": {"lbl": ["y"]}}));
        b.instance("Cae", "c", "hello");
        assert_eq!(b.events(), expected, "{more}");
    }
}

#[test]
fn ts_0001_9_6_8_notification_content_types() {
    for (nct, expected) in [(2, json!({"mni": 5, "st": 1})), (3, json!("r3"))] {
        let mut b = subscribed(json!({"nct": nct}));
        b.update("Cae", C, json!({"m2m:cnt": {"mni": 5}}));
        let note = b.next_notification().unwrap();
        let mut rep = note["m2m:sgn"]["nev"]["rep"].clone();
        if nct == 2 {
            rep["m2m:cnt"].as_object_mut().unwrap().remove("lt");
            assert_eq!(rep["m2m:cnt"], expected);
        } else {
            assert_eq!(rep["m2m:uri"], expected);
        }
    }
}

#[test]
fn ts_0001_9_6_8_operations_are_monitored() {
    let mut b = subscribed(json!({"enc": {"om": [{"ops": 2, "or": "Cspy"}]}}));
    b.get("Cae", C);
    assert!(b.next_notification().is_none());
    assert_eq!(b.get("Cspy", C).0, 4004);
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["om"], json!([{"ops": 2, "or": "Cspy"}]));
}

#[test]
fn ts_0004_7_4_8_2_1_what_is_refused() {
    let mut b = bench();
    b.reachable("Cae");
    b.ae("Cother");
    b.container("Cae", "c", json!({}));
    b.instance("Cae", "c", "x");
    let before = b.tree();
    let rows = [
        (json!({"enc": {"net": [1], "om": [{"ops": 2}]}}), 4000, "enc.om"),
        (json!({"enc": {"net": [8]}}), 4000, "enc.md"),
        (json!({"enc": {"net": [8], "md": {"dur": "PT1S", "num": 1}}}), 4000, "enc.md"),
        (json!({"enc": {"net": [3], "chty": [2]}}), 4000, "enc.chty"),
        (json!({"nct": 4}), 4000, "nct"),
        (json!({"nct": 2, "enc": {"net": [3]}}), 4000, "nct"),
        (json!({"nct": 9}), 4000, "nct"),
        (json!({"bn": {}}), 4000, "bn"),
        (json!({"bn": {"num": 0}}), 4000, "bn"),
        (json!({"rl": {"mnn": 1}}), 4000, "rl"),
        (json!({"rl": {"mnn": 0, "tww": "PT1S"}}), 4000, "rl"),
        (json!({"nu": []}), 4000, "nu"),
        (json!({"nu": null}), 4000, "nu"),
        (json!({"exc": 0}), 4000, "exc"),
        (json!({"enc": {"net": [7]}, "exc": 3}), 4000, "exc"),
        (json!({"enc": {"net": [7, 1]}}), 4000, "enc"),
        (json!({"enc": {"net": [7], "sza": 3}, "nct": 2}), 4000, "enc"),
        (json!({"enc": {"net": [7]}, "nu": ["http://x"]}), 4000, "nu"),
        (json!({"nu": ["Cother"]}), 5204, "Cother"),
        (json!({"nu": ["Cnobody"]}), 5204, "Cnobody"),
    ];
    for (more, status, text) in rows {
        let mut sub = json!({"nu": ["Cae"]});
        sub.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (own, content) = b.create("Cae", C, 23, json!({ "m2m:sub": sub }));
        assert_eq!(own, status, "{more} {content}");
        assert!(content["m2m:dbg"].as_str().unwrap().contains(text), "{more} {content}");
    }
    let sub = json!({"m2m:sub": {"nu": ["Cae"]}});
    assert_eq!(b.create("Cae", &std::format!("{C}/la"), 23, sub.clone()).0, 4005);
    let instance = b.get("Cae", &std::format!("{C}/la")).1["m2m:cin"]["ri"].clone();
    assert_eq!(b.create("Cae", instance.as_str().unwrap(), 23, sub.clone()).0, 5203);
    assert_eq!(b.create("Cother", C, 23, sub).0, 4004);
    assert_eq!(b.tree(), before, "nothing of it stays");
    assert!(b.sent().is_none());
}

#[test]
fn subscribing_needs_the_right_to_retrieve() {
    let mut b = bench();
    b.reachable("Cae");
    b.reachable("Cother");
    let rule = json!({"acr": [{"acor": ["Cother"], "acop": 1}]});
    b.create("Cae", "cse-in", 1, json!({"m2m:acp": {"rn": "p", "pv": rule, "pvs": rule}}));
    b.container("Cae", "c", json!({"acpi": ["cse-in/p"]}));
    let sub = json!({"m2m:sub": {"nu": ["Cother"]}});
    assert_eq!(b.create("Cother", C, 23, sub).0, 4103);
}

#[test]
fn ts_0004_7_5_1_2_3_targets_are_asked_first() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    let sub = json!({"rn": "s", "nu": ["http://one?ct=json", "coap://two"], "enc": {"net": [3]}});
    let asked = json!({"op": 1, "fr": "Cae", "to": C, "ty": 23, "pc": {"m2m:sub": sub}});
    for (answers, status) in [([2000, 2000], 2001), ([2000, 4101], 5204), ([2000, 0], 5204)] {
        b.begin(asked.clone());
        let first = b.sent().unwrap();
        let second = b.sent().unwrap();
        assert_eq!(first.target.addresses, ["http://one"]);
        assert_eq!((first.request.to.as_str(), first.target.entity), ("http://one", None));
        let sgn = second.request.content.unwrap().to_value()["m2m:sgn"].clone();
        assert_eq!((&sgn["vrq"], &sgn["cr"]), (&json!(true), &json!("Cae")));
        let reference = sgn["sur"].as_str().unwrap().to_string();
        assert_eq!(b.answered(), None, "it waits for both");
        assert_eq!(b.get("Cae", &reference).0, 4004, "it is not there yet");
        b.reply(first.id, answers[0]);
        match answers[1] {
            0 => b.cse.outgoing_failed(b.now, second.id),
            status => b.reply(second.id, status),
        }
        let (own, content) = b.answered().unwrap();
        assert_eq!(own, status, "{content}");
        if status == 2001 {
            assert_eq!(b.get("Cae", &reference).1, content);
            assert_eq!(content["m2m:sub"]["cr"], "Cae", "because it is not its own target");
            let pc = json!({"m2m:sub": {"nu": ["http://one?ct=json", "http://three"]}});
            b.begin(json!({"op": 3, "fr": "Cae", "to": reference, "pc": pc}));
            let third = b.sent().unwrap();
            assert_eq!(third.target.addresses, ["http://three"], "only the new one");
            b.reply(third.id, 2000);
            assert_eq!(b.answered().unwrap().0, 2004);
            assert_eq!(b.delete("Cae", &reference), 2002);
        }
    }
    // The place is taken while the targets think about it.
    b.begin(asked);
    let (first, second) = (b.sent().unwrap(), b.sent().unwrap());
    let pc = json!({"m2m:cnt": {"rn": "s"}});
    assert_eq!(b.create("Cae", C, 3, pc).0, 2001);
    b.reply(first.id, 2000);
    b.reply(second.id, 2000);
    assert_eq!(b.answered().unwrap().0, 4105);
}

#[test]
fn another_ae_is_notified_only_if_it_allows_it() {
    let mut b = bench();
    b.ae("Cae");
    b.container("Cae", "c", json!({}));
    let rule = json!({"acr": [{"acor": ["Cae"], "acop": 16}]});
    let own = json!({"acr": [{"acor": ["Cother"], "acop": 63}]});
    b.reachable("Cother");
    b.create("Cother", "cse-in", 1, json!({"m2m:acp": {"rn": "p", "pv": rule, "pvs": own}}));
    let sub = json!({"m2m:sub": {"nu": ["/id-in/Cother"], "enc": {"net": [3]}}});
    assert_eq!(b.create("Cae", C, 23, sub.clone()).0, 5204);
    b.update("Cother", "cse-in/Cother", json!({"m2m:ae": {"acpi": ["cse-in/p"]}}));
    b.begin(json!({"op": 1, "fr": "Cae", "to": C, "ty": 23, "pc": sub}));
    let out = b.sent().unwrap();
    assert_eq!(
        (out.request.to.as_str(), out.target.entity.as_deref()),
        ("/id-in/Cother", Some("Cother"))
    );
    b.reply(out.id, 2000);
    assert_eq!(b.answered().unwrap().0, 2001);
    b.instance("Cae", "c", "x");
    assert_eq!(b.events(), [3]);
}

#[test]
fn blocking_updates_wait_for_consent() {
    let mut b = bench();
    b.reachable("Cae");
    let rule = json!({"acr": [{"acor": ["Cboss", "Cae"], "acop": 63}]});
    b.create("Cae", "cse-in", 1, json!({"m2m:acp": {"rn": "p", "pv": rule, "pvs": rule}}));
    b.container("Cae", "c", json!({"acpi": ["cse-in/p"]}));
    b.subscribe("Cae", C, json!({"enc": {"net": [7], "atr": ["mni"]}}));
    let second = json!({"m2m:sub": {"nu": ["Cae"], "enc": {"net": [7]}}});
    assert_eq!(b.create("Cae", C, 23, second).0, 4124);
    for (answer, status) in [(2000, 2004), (4103, 4127)] {
        let pc = json!({"m2m:cnt": {"mni": answer}});
        b.begin(json!({"op": 3, "fr": "Cboss", "to": C, "pc": pc}));
        assert_eq!(b.answered(), None);
        let out = b.sent().unwrap();
        let sgn = out.request.content.unwrap().to_value()["m2m:sgn"].clone();
        assert_eq!(sgn["nev"], json!({"net": 7, "rep": {"m2m:cnt": {"mni": answer}}}));
        b.reply(out.id, answer);
        assert_eq!(b.answered().unwrap().0, status);
    }
    assert_eq!(b.get("Cae", C).1["m2m:cnt"]["mni"], 2000);
    let pc = json!({"m2m:cnt": {"mbs": 7}});
    assert_eq!(b.update("Cboss", C, pc).0, 2004, "another attribute");
    let pc = json!({"m2m:cnt": {"mni": 8}});
    assert_eq!(b.update("Cae", C, pc).0, 2004, "its own update");
}

#[test]
fn nobody_hears_of_children_that_it_may_not_see() {
    let mut b = bench();
    b.reachable("Cae");
    b.reachable("Cother");
    let rule = json!({"acr": [{"acor": ["Cae", "Cother"], "acop": 63}]});
    b.create("Cae", "cse-in", 1, json!({"m2m:acp": {"rn": "p", "pv": rule, "pvs": rule}}));
    b.container("Cae", "c", json!({"acpi": ["cse-in/p"]}));
    b.subscribe("Cother", C, net(&[3, 4]));
    for (name, more, heard) in [
        ("hidden", json!({}), &[][..]),
        ("open", json!({"acpi": ["cse-in/p"]}), &[3, 4]),
        ("given", json!({"cstn": "Cother"}), &[3, 4]),
    ] {
        let mut cnt = json!({ "rn": name });
        cnt.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(b.create("Cae", C, 3, json!({"m2m:cnt": cnt})).0, 2001);
        b.delete("CAdmin", &std::format!("{C}/{name}"));
        assert_eq!(b.events(), heard, "{name}");
    }
}

#[test]
fn the_expiration_counter_ends_a_subscription() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "exc": 2, "su": "http://owner"}));
    b.instance("Cae", "c", "1");
    assert_eq!(b.get("Cae", "cse-in/Cae/c/s").1["m2m:sub"]["exc"], 1);
    b.instance("Cae", "c", "2");
    assert_eq!(b.get("Cae", "cse-in/Cae/c/s").0, 4004);
    let notes: Vec<Value> = core::iter::from_fn(|| b.next_notification()).collect();
    assert_eq!(notes.len(), 3);
    assert_eq!(notes[2]["m2m:sgn"]["sud"], true);
    b.instance("Cae", "c", "3");
    assert!(b.sent().is_none());
}

#[test]
fn batches_by_number_and_by_time() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "bn": {"num": 3, "dur": "PT10S"}}));
    for n in 0..4 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    let batch = |note: Value| -> Vec<String> {
        let list = note["m2m:agn"]["m2m:sgn"].as_array().unwrap().clone();
        let con = |sgn: &Value| sgn["nev"]["rep"]["m2m:cin"]["con"].as_str().unwrap().to_string();
        list.iter().map(con).collect()
    };
    assert_eq!(batch(b.next_notification().unwrap()), ["0", "1", "2"]);
    b.pass(9_999);
    assert!(b.next_notification().is_none());
    b.pass(1);
    assert_eq!(batch(b.next_notification().unwrap()), ["3"]);
}

#[test]
fn the_rate_limit_puts_off_what_is_too_much() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "rl": {"mnn": 2, "tww": "PT5S"}}));
    for n in 0..5 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    assert_eq!(b.events().len(), 2);
    b.pass(5_000);
    assert_eq!(b.events().len(), 2);
    b.pass(5_000);
    assert_eq!(b.events().len(), 1);
}

#[test]
fn what_an_unreachable_target_gets_later() {
    for (pn, expected) in [(None, [].as_slice()), (Some(1), &["2"]), (Some(2), &["0", "1", "2"])] {
        let mut more = net(&[3]);
        if let Some(pn) = pn {
            more["pn"] = json!(pn);
        }
        let mut b = subscribed(more);
        for n in 0..3 {
            b.instance("Cae", "c", &std::format!("{n}"));
            while let Some(out) = b.sent() {
                b.cse.outgoing_failed(b.now, out.id);
            }
        }
        assert!(b.sent().is_none(), "held");
        let poa = json!({"m2m:ae": {"poa": ["http://elsewhere"]}});
        assert_eq!(b.update("Cae", "cse-in/Cae", poa).0, 2004);
        let mut got = Vec::new();
        while let Some(note) = b.next_notification() {
            let con = note["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"].clone();
            got.push(con.as_str().unwrap().to_string());
        }
        assert_eq!(got, expected, "{pn:?}");
    }
    // Without a sign of life it is tried again after a while.
    let mut b = subscribed(json!({"enc": {"net": [3]}, "pn": 2}));
    b.instance("Cae", "c", "x");
    let out = b.sent().unwrap();
    b.cse.outgoing_failed(b.now, out.id);
    b.pass(29_999);
    assert!(b.sent().is_none());
    b.pass(1);
    assert_eq!(b.events(), [3]);
}

#[test]
fn latest_notify_drops_what_is_older() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "ln": true, "bn": {"dur": "PT1S"}}));
    for n in 0..3 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    b.pass(1_000);
    let out = b.sent().unwrap();
    assert_eq!(out.request.event_category.map(|ec| ec.number()), Some(4));
    let list = out.request.content.unwrap().to_value()["m2m:agn"]["m2m:sgn"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["nev"]["rep"]["m2m:cin"]["con"], "2");
}

#[test]
fn statistics_count_for_each_target() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "nse": true, "nec": 2}));
    b.instance("Cae", "c", "1");
    b.instance("Cae", "c", "2");
    let out = b.sent().unwrap();
    assert_eq!(out.request.event_category.map(|ec| ec.number()), Some(2));
    b.reply(out.id, 2000);
    let (_, content) = b.get("Cae", "cse-in/Cae/c/s");
    let expected = json!([{"tg": "Cae", "rqs": 2, "rsr": 1, "noec": 2}]);
    assert_eq!(content["m2m:sub"]["nsi"], expected);
    for on in [false, true] {
        b.update("Cae", "cse-in/Cae/c/s", json!({"m2m:sub": {"nse": on}}));
        let nsi = b.get("Cae", "cse-in/Cae/c/s").1["m2m:sub"]["nsi"].clone();
        let zero = json!([{"tg": "Cae", "rqs": 0, "rsr": 0, "noec": 0}]);
        assert_eq!(nsi, if on { zero } else { Value::Null }, "they begin anew");
    }
}

#[test]
fn subscriptions_come_back_after_a_restart() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "exc": 5}));
    b.instance("Cae", "c", "1");
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!(again.get("Cae", "cse-in/Cae/c/s").1["m2m:sub"]["exc"], 4);
    again.instance("Cae", "c", "2");
    assert_eq!(again.events(), [3]);
}

#[test]
fn ts_0001_9_6_8_events_before_the_subscription() {
    let mut b = bench();
    b.reachable("Cae");
    b.container("Cae", "c", json!({}));
    for con in ["0", "1", "2"] {
        b.instance("Cae", "c", con);
    }
    let cons = |b: &mut Bench| -> Vec<String> {
        core::iter::from_fn(|| b.next_notification())
            .map(|note| note["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"].as_str().unwrap().into())
            .collect()
    };
    for (psn, net, expected) in
        [(2, 3, &["1", "2"] as &[&str]), (9, 3, &["0", "1", "2"]), (9, 4, &[])]
    {
        b.subscribe("Cae", "cse-in/Cae/c", json!({"psn": psn, "enc": {"net": [net]}}));
        assert_eq!(cons(&mut b), expected);
        assert_eq!(b.delete("Cae", "cse-in/Cae/c/s"), 2002);
    }
}

#[test]
fn ts_0001_9_6_8_notifications_say_who_caused_them() {
    for (more, expected) in [
        (json!({}), Value::Null),
        (json!({"eeno": true}), json!("CAdmin")),
        (json!({"eeno": true, "cr": null}), json!("Cae")),
    ] {
        let mut own = more.clone();
        own["enc"] = json!({"net": [1]});
        let mut b = subscribed(own);
        b.update("CAdmin", "cse-in/Cae/c", json!({"m2m:cnt": {"lbl": ["a"]}}));
        assert_eq!(b.next_notification().unwrap()["m2m:sgn"]["cr"], expected, "{more}");
    }
}

#[test]
fn ts_0001_9_6_3_notifications_of_lower_priority_make_room() {
    let mut config = Config::new();
    config.limits.stored_notifications = 4;
    let mut b = Bench::new(config);
    b.reachable("Cae");
    b.container("Cae", "low", json!({}));
    b.container("Cae", "high", json!({}));
    let sub =
        |nsp: u32| json!({"nsp": nsp, "bn": {"num": 10, "dur": "PT10S"}, "enc": {"net": [3]}});
    b.subscribe("Cae", "cse-in/Cae/low", sub(1));
    b.subscribe("Cae", "cse-in/Cae/high", sub(2));
    for (name, con) in [("low", "1"), ("low", "2"), ("low", "3")] {
        b.instance("Cae", name, con);
    }
    for con in ["a", "b", "c"] {
        b.instance("Cae", "high", con);
    }
    b.instance("Cae", "low", "4");
    assert_eq!((b.cse.storage.total(), waiting(&mut b)), (4, 4));
    assert_eq!(b.cse.counters().notifications_dropped, 3);
    b.pass(10_000);
    let mut cons = Vec::new();
    while let Some(note) = b.next_notification() {
        for sgn in note["m2m:agn"]["m2m:sgn"].as_array().unwrap() {
            cons.push(sgn["nev"]["rep"]["m2m:cin"]["con"].as_str().unwrap().to_string());
        }
    }
    cons.sort();
    assert_eq!(cons, ["4", "a", "b", "c"]);
    assert_eq!((b.cse.storage.total(), waiting(&mut b)), (0, 0));
    for con in ["d", "e", "f", "g", "h"] {
        b.instance("Cae", "high", con);
    }
    assert_eq!(b.cse.storage.total(), 4, "within one subscription the oldest goes");
    let c = b.cse.counters();
    assert_eq!((c.notifications, c.notifications_dropped), (2, 4), "a batch is one");
    b.delete("Cae", "cse-in/Cae/high");
    b.pass(0);
    assert_eq!(b.cse.storage.total(), 0);
}

#[test]
fn ts_0004_7_4_8_2_cross_resource_subscriptions_are_told() {
    let crs = ["http://one", "http://two"];
    let mut b = subscribed(json!({"enc": {"net": [3]}, "acrs": crs}));
    let told = |b: &mut Bench| -> Vec<String> {
        let all = core::iter::from_fn(|| {
            let out = b.sent()?;
            b.reply(out.id, 2000);
            let content = out.request.content.unwrap().to_value();
            assert_eq!(content["m2m:sgn"]["sud"], true);
            Some(out.target.addresses[0].clone())
        });
        all.collect()
    };
    let less = json!({"m2m:sub": {"acrs": ["http://two"]}});
    assert_eq!(b.update("Cae", "cse-in/Cae/c/s", less).0, 2004);
    assert_eq!(told(&mut b), ["http://one"]);
    assert_eq!(b.delete("Cae", "cse-in/Cae/c/s"), 2002);
    assert_eq!(told(&mut b), ["http://two"]);
}

#[test]
fn event_types_that_do_not_happen_are_refused() {
    let mut b = bench();
    b.reachable("Cae");
    for (event, nct) in [(6, 4), (9, 1), (10, 1)] {
        let sub = json!({"m2m:sub": {"nu": ["Cae"], "nct": nct, "enc": {"net": [event]}}});
        assert_eq!(b.create("Cae", "cse-in/Cae", 23, sub).0, 5001, "{event}");
    }
}

/// The same CSE after a restart, with what is in the journal.
fn restarted(b: &mut Bench) -> Bench {
    b.drain();
    let mut again = bench();
    again.now = b.now;
    let wall = START + i64::try_from(b.now.as_millis()).unwrap();
    again.cse.set_wall_clock(b.now, UnixTime::from_millis(wall));
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    again.kept.clone_from(&b.kept);
    again
}

#[test]
fn batches_and_rate_limits_survive_a_restart() {
    for (more, expected) in [
        (json!({"bn": {"num": 5, "dur": "PT10S"}}), &[3usize] as &[usize]),
        (json!({"rl": {"mnn": 1, "tww": "PT5S"}}), &[1, 1]),
        (json!({"bn": {"num": 5, "dur": "PT10S"}, "pn": 2}), &[3]),
    ] {
        let mut more = more;
        more["enc"] = json!({"net": [3]});
        let mut b = subscribed(more.clone());
        for n in 0..3 {
            b.instance("Cae", "c", &std::format!("{n}"));
        }
        let count = |note: &Value| match note["m2m:agn"]["m2m:sgn"].as_array() {
            Some(list) => list.len(),
            None => 1,
        };
        let sent = b.next_notification().map_or(0, |note| count(&note));
        assert_eq!(waiting(&mut b), 3 - sent, "{more}");
        let mut again = restarted(&mut b);
        let mut got = Vec::new();
        for _ in 0..3 {
            while let Some(note) = again.next_notification() {
                got.push(count(&note));
            }
            again.pass(10_000);
        }
        assert_eq!(got, expected, "{more}");
        assert_eq!(waiting(&mut again), 0, "{more}");
    }
}

#[test]
fn statistics_survive_a_restart() {
    let mut b = subscribed(json!({"enc": {"net": [3]}, "nse": true}));
    b.instance("Cae", "c", "1");
    assert!(b.next_notification().is_some());
    let mut again = restarted(&mut b);
    let nsi = |b: &mut Bench| b.get("Cae", "cse-in/Cae/c/s").1["m2m:sub"]["nsi"].clone();
    assert_eq!(nsi(&mut again), json!([{"tg": "Cae", "rqs": 1, "rsr": 1, "noec": 1}]));
    let mut again = restarted(&mut again);
    again.instance("Cae", "c", "2");
    let mut again = restarted(&mut again);
    assert_eq!(nsi(&mut again), json!([{"tg": "Cae", "rqs": 2, "rsr": 1, "noec": 2}]));
    assert_eq!(waiting(&mut again), 1);
    again.update("Cae", "cse-in/Cae/c/s", json!({"m2m:sub": {"nse": false}}));
    assert_eq!(waiting(&mut again), 0);
}

/// What is in the journal besides resources.
fn waiting(b: &mut Bench) -> usize {
    b.drain();
    b.kept.keys().filter(|key| **key >> 62 == 1).count()
}

#[test]
fn what_waits_for_a_target_survives_a_restart() {
    for (pn, expected) in [(None, [].as_slice()), (Some(1), &["2"]), (Some(2), &["0", "1", "2"])] {
        let mut more = net(&[3]);
        if let Some(pn) = pn {
            more["pn"] = json!(pn);
        }
        let mut b = subscribed(more);
        assert_eq!(waiting(&mut b), 0);
        for n in 0..3 {
            b.instance("Cae", "c", &std::format!("{n}"));
            while let Some(out) = b.sent() {
                b.cse.outgoing_failed(b.now, out.id);
            }
            assert_eq!(waiting(&mut b), expected.len().min(n + 1), "{pn:?}");
        }
        let mut again = bench();
        for (key, value) in &b.kept {
            again.cse.restore(*key, value).unwrap();
        }
        again.cse.finish_restore();
        again.kept = b.kept.clone();
        let mut got = Vec::new();
        while let Some(note) = again.next_notification() {
            let con = note["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"].clone();
            got.push(con.as_str().unwrap().to_string());
        }
        assert_eq!(got, expected, "{pn:?}");
        assert_eq!(waiting(&mut again), 0, "what was delivered is forgotten");
        // So is what waits for a target that is one no more, or when its subscription goes.
        let fail = |b: &mut Bench| {
            b.instance("Cae", "c", "lost");
            while let Some(out) = b.sent() {
                b.cse.outgoing_failed(b.now, out.id);
            }
            assert_eq!(waiting(b), usize::from(pn.is_some()));
        };
        fail(&mut again);
        let nu = json!({"m2m:sub": {"nu": ["http://other/"]}});
        again.begin(json!({"op": 3, "fr": "Cae", "to": "cse-in/Cae/c/s", "pc": nu}));
        let asked = again.sent().unwrap();
        again.reply(asked.id, 2000);
        assert_eq!(again.answered().unwrap().0, 2004);
        assert_eq!(waiting(&mut again), 0);
        fail(&mut again);
        assert_eq!(again.delete("Cae", "cse-in/Cae/c/s"), 2002);
        assert_eq!(waiting(&mut again), 0);
    }
}

#[test]
fn ten_thousand_subscriptions_in_steps() {
    let mut config = Config::new();
    config.limits.step = 100;
    config.limits.outgoing = 500;
    let mut b = Bench::new(config);
    b.reachable("Cae");
    b.container("Cae", "c", json!({}));
    for _ in 0..10_000 {
        let pc = json!({"m2m:sub": {"nu": ["Cae"], "enc": {"net": [1, 2]}}});
        assert_eq!(b.create("Cae", C, 23, pc).0, 2001);
    }
    b.update("Cae", C, json!({"m2m:cnt": {"mni": 5}}));
    assert!(b.cse.pending.len() <= 100, "one step in one call");
    assert_eq!(b.get("Cae", "cse-in/Cae").0, 2000, "others go on");
    let mut got = 0;
    while let Some(out) = b.sent() {
        assert!(b.cse.pending.len() <= 500);
        b.reply(out.id, 2000);
        got += 1;
    }
    assert_eq!(got, 10_000);
    assert_eq!(b.delete("Cae", C), 2002);
    let mut got = 0;
    while let Some(out) = b.sent() {
        b.reply(out.id, 2000);
        got += 1;
    }
    assert_eq!((got, b.cse.resources()), (10_000, 2));
}

#[test]
fn a_target_without_answers_does_not_fill_the_memory() {
    let mut config = Config::new();
    (config.limits.notifications, config.limits.in_flight) = (5, 3);
    let mut b = Bench::new(config);
    b.reachable("Cae");
    b.container("Cae", "c", json!({}));
    b.subscribe("Cae", C, net(&[3]));
    for n in 0..20 {
        b.instance("Cae", "c", &std::format!("{n}"));
    }
    let first: Vec<Outgoing> = core::iter::from_fn(|| b.sent()).collect();
    assert_eq!(first.len(), 3);
    for out in first {
        b.reply(out.id, 2000);
    }
    assert_eq!(b.events().len(), 5, "the latest of those that waited");
}

#[test]
fn subscriptions_to_a_resource_and_their_targets_have_quotas() {
    let mut config = Config::new();
    (config.limits.subscriptions, config.limits.notification_targets) = (1, 2);
    let mut b = Bench::new(config);
    b.reachable("Cae");
    b.container("Cae", "c", json!({}));
    let targets = json!({"m2m:sub": {"nu": ["Cae", "Cae", "Cae"]}});
    let (status, content) = b.create("Cae", C, 23, targets);
    assert_eq!((status, content), (4000, json!({"m2m:dbg": "attribute nu: too long"})));
    b.subscribe("Cae", C, json!({}));
    assert_eq!(b.create("Cae", C, 23, json!({"m2m:sub": {"nu": ["Cae"]}})).0, 5000);
    let change = json!({"m2m:sub": {"nct": 3}});
    assert_eq!(b.update("Cae", &std::format!("{C}/s"), change).0, 2004);
}
