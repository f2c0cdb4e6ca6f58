use super::*;

const PCU: &str = "cse-in/Cpoll/p/pcu";

/// An AE behind a NAT with a polling channel.
fn polling(more: Value) -> Bench {
    let mut b = bench();
    b.ae("Cpoll");
    let mut pch = json!({"rn": "p"});
    pch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(b.create("Cpoll", "cse-in/Cpoll", 15, json!({"m2m:pch": pch})).0, 2001);
    b
}

fn poll() -> Value {
    json!({"op": 2, "fr": "Cpoll", "to": PCU})
}

fn notify(n: u32) -> Value {
    json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cpoll", "pc": {"m2m:sgn": {"sur": n.to_string()}}})
}

fn answer(fetched: &Value, status: u32) -> Value {
    let rsp = json!({"rsc": status, "rqi": fetched["m2m:rqp"]["rqi"], "pc": {"x": 1}});
    json!({"op": 5, "fr": "Cpoll", "to": PCU, "pc": {"m2m:rsp": rsp}})
}

#[test]
fn ts_0004_7_4_22_requests_are_fetched_and_answered() {
    let mut b = polling(json!({}));
    // The request is there first.
    let relayed = b.begin(notify(1));
    assert_eq!(b.answered(), None);
    assert!(b.sent().is_none(), "nothing for the driver to send");
    let (status, fetched) = b.ask(poll());
    assert_eq!((status, &fetched["m2m:rqp"]["pc"]["m2m:sgn"]["sur"]), (2000, &json!("1")));
    b.begin(answer(&fetched, 2004));
    assert_eq!(b.answered(), Some((2000, Value::Null)), "to who answers");
    let (own, response) = b.cse.poll_response().unwrap();
    assert_eq!((own, response.status.number()), (relayed, 2004));
    assert_eq!(response.content.unwrap().to_value(), json!({"x": 1}));
    assert_eq!(b.ask(answer(&fetched, 2004)).0, 4000, "only once");
    // The poll is there first.
    b.begin(poll());
    assert_eq!(b.answered(), None);
    b.begin(notify(2));
    assert_eq!(b.answered().unwrap().1["m2m:rqp"]["pc"]["m2m:sgn"]["sur"], "2");
}

#[test]
fn polls_and_requests_that_wait_too_long() {
    let mut b = polling(json!({}));
    b.begin(poll());
    b.pass(59_999);
    assert_eq!(b.answered(), None);
    b.pass(1);
    assert_eq!(b.answered().unwrap().0, 4008);
    let mut short = poll();
    short["rqet"] = json!("1000");
    b.begin(short);
    b.pass(1_000);
    assert_eq!(b.answered().unwrap().0, 4008);
    b.begin(poll());
    b.begin(poll());
    assert_eq!(b.answered().unwrap().0, 4008, "the later poll takes its place");
    b.begin(notify(1));
    assert_eq!(b.answered().unwrap().0, 2000);
    b.pass(300_000);
    assert_eq!(b.answered().unwrap().0, 4008, "nobody answered");
    b.begin(notify(2));
    b.pass(300_000);
    assert_eq!(b.answered().unwrap().0, 4008, "nobody fetched it");
    b.begin(poll());
    assert_eq!(b.answered(), None, "it is gone");
}

#[test]
fn requests_are_aggregated_if_the_channel_says_so() {
    let mut b = polling(json!({"rqag": true}));
    b.begin(notify(1));
    b.begin(notify(2));
    let (_, fetched) = b.ask(poll());
    assert_eq!(fetched["m2m:agrp"]["m2m:rqp"].as_array().unwrap().len(), 2);
}

#[test]
fn ts_0004_7_4_21_only_its_entity_uses_a_channel() {
    let mut b = polling(json!({}));
    b.ae("Cother");
    let pch = json!({"m2m:pch": {}});
    assert_eq!(b.create("Cpoll", "cse-in/Cpoll", 15, pch.clone()).0, 4105);
    assert_eq!(b.create("CAdmin", "cse-in/Cother", 15, pch).0, 4103);
    for (from, to, op, status) in [
        ("Cother", "cse-in/Cpoll/p", 2, 4004),
        ("Cother", PCU, 2, 4004),
        ("Cpoll", "cse-in/Cpoll/p", 2, 2000),
        ("Cpoll", PCU, 4, 4005),
        ("Cpoll", "cse-in/Cpoll/p/pcu/x", 2, 4004),
    ] {
        assert_eq!(b.ask(json!({"op": op, "fr": from, "to": to})).0, status, "{from} {to} {op}");
    }
    for pc in [
        json!({"m2m:sgn": {}}),
        json!({"m2m:rsp": {}}),
        json!({"m2m:rsp": {"rsc": 2000, "rqi": "no"}}),
    ] {
        assert_eq!(b.ask(json!({"op": 5, "fr": "Cpoll", "to": PCU, "pc": pc})).0, 4000);
    }
}

#[test]
fn a_channel_that_goes_lets_everybody_know() {
    let mut b = polling(json!({}));
    b.begin(notify(1));
    let (_, fetched) = b.ask(poll());
    b.begin(notify(2));
    b.begin(json!({"op": 4, "fr": "Cpoll", "to": "cse-in/Cpoll/p"}));
    let all = [(); 3].map(|()| b.answered().unwrap().0);
    assert_eq!(all, [5103, 5103, 2002]);
    assert_eq!(b.ask(answer(&fetched, 2000)).0, 4004);
    let again = json!({"m2m:pch": {"rn": "p"}});
    assert_eq!(b.create("Cpoll", "cse-in/Cpoll", 15, again).0, 2001);
    b.begin(poll());
    assert_eq!(b.delete("Cpoll", "cse-in/Cpoll"), 2002);
    assert_eq!(b.answered().unwrap().0, 4004, "the poll");
    assert!(b.cse.pending.is_empty());
}

#[test]
fn notifications_wait_for_the_poll_and_channels_survive_a_restart() {
    let mut b = polling(json!({}));
    b.container("Cpoll", "c", json!({}));
    b.subscribe("Cpoll", "cse-in/Cpoll/c", json!({"enc": {"net": [3]}}));
    let mut again = bench();
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    again.instance("Cpoll", "c", "x");
    let (_, fetched) = again.ask(poll());
    assert_eq!(fetched["m2m:rqp"]["to"], "/id-in/Cpoll");
    let con = &fetched["m2m:rqp"]["pc"]["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"];
    assert_eq!(con, "x");
    assert_eq!(again.ask(answer(&fetched, 2000)).0, 2000);
    assert!(again.cse.pending.is_empty());
}
