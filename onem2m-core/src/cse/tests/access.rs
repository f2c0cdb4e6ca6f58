use super::*;
use crate::cse::{CountryCode, Position, Surroundings};

/// A container of Cown whose policy `p` has these privileges; the others may create nothing.
fn ruled(rules: Value) -> Bench {
    ruled_by(Config::new(), rules)
}

fn ruled_by(config: Config, rules: Value) -> Bench {
    let mut b = Bench::new(config);
    b.ae("Cown");
    let own = json!({"acor": ["Cown"], "acop": 63});
    let mut all = rules.as_array().unwrap().clone();
    all.push(own.clone());
    let acp = json!({"m2m:acp": {"rn": "p", "pv": {"acr": all}, "pvs": {"acr": [own]}}});
    let answer = b.create("Cown", "cse-in", 1, acp);
    assert_eq!(answer.0, 2001, "{answer:?}");
    b.container("Cown", "c", json!({"acpi": ["cse-in/p"], "lbl": ["hot"], "mni": 10}));
    b
}

fn told(b: &mut Bench, originator: &str, surroundings: Surroundings) {
    b.cse.set_surroundings(b.now, originator, surroundings);
}

fn at(latitude: f64, longitude: f64) -> Surroundings {
    Surroundings { position: Position::new(latitude, longitude), ..Surroundings::default() }
}

fn rule(who: &str, acop: u32, context: Value) -> Value {
    json!({"acor": [who], "acop": acop, "acco": [context]})
}

const C: &str = "cse-in/Cown/c";

#[test]
fn ts_0003_f_2_circular_regions() {
    let region = json!({"aclr": {"accr": [48.137, 11.575, 5000]}});
    let mut b = ruled(json!([rule("Cmob", 2, region.clone()), rule("/far/Cx", 2, region)]));
    assert_eq!(b.get("Cmob", C).0, 4004, "nobody knows where it is");
    told(&mut b, "Cmob", at(48.15, 11.58));
    assert_eq!(b.get("Cmob", C).0, 2000);
    assert_eq!(b.get("Cother", C).0, 4004, "that is somebody else's place");
    told(&mut b, "Cmob", at(48.25, 11.58));
    assert_eq!(b.get("Cmob", C).0, 4004, "it has left");
    told(&mut b, "Cmob", at(48.137, 11.575));
    assert_eq!(b.delete("Cmob", C), 4103, "the rule is for RETRIEVE");
    told(&mut b, "Cmob", Surroundings::default());
    assert_eq!(b.get("Cmob", C).0, 4004, "forgotten");
    // Any form of the originator's identifier.
    told(&mut b, "//m2m.example/far/Cx", at(48.137, 11.575));
    assert_eq!(b.get("/far/Cx", C).0, 2000);
}

#[test]
fn ts_0003_f_2_countries() {
    let mut b = ruled(json!([rule("Cmob", 2, json!({"aclr": {"accc": ["KR", "DE"]}}))]));
    told(&mut b, "Cmob", at(52.5, 13.4));
    assert_eq!(b.get("Cmob", C).0, 4004, "which country a place is in is not known here");
    let country = CountryCode::parse("DE");
    told(&mut b, "Cmob", Surroundings { country, ..Surroundings::default() });
    assert_eq!(b.get("Cmob", C).0, 2000);
    b.session.country = CountryCode::parse("FR");
    assert_eq!(b.get("Cmob", C).0, 4004, "the address of the request says more");
    b.session.country = CountryCode::parse("KR");
    assert_eq!(b.get("Cmob", C).0, 2000);
    assert_eq!(b.get("Cother", C).0, 4004);
}

#[test]
fn ts_0003_f_2_what_an_ae_says_of_its_place_counts_only_if_it_is_trusted() {
    let circle = json!({"aclr": {"accr": [48.137, 11.575, 5000]}});
    for trust_location in [false, true] {
        let config = Config { trust_location, ..Config::new() };
        let mut b = ruled_by(config, json!([rule("Cmob", 2, circle.clone())]));
        let ae = json!({"rn": "Cmob", "api": "N1", "rr": false, "srv": ["3"],
            "loc": {"typ": 1, "crd": [11.58, 48.15]}});
        assert_eq!(b.create("Cmob", "cse-in", 2, json!({"m2m:ae": ae})).0, 2001);
        let expected = if trust_location { 2000 } else { 4004 };
        assert_eq!(b.get("Cmob", C).0, expected);
        told(&mut b, "Cmob", at(0.0, 0.0));
        assert_eq!(b.get("Cmob", C).0, 4004, "what is told goes first");
        told(&mut b, "Cmob", Surroundings::default());
        let moved = json!({"m2m:ae": {"loc": {"typ": 1, "crd": [12.58, 48.15]}}});
        assert_eq!(b.update("Cmob", "cse-in/Cmob", moved).0, 2004);
        assert_eq!(b.get("Cmob", C).0, 4004);
    }
}

#[test]
fn users_are_whom_the_originator_may_speak_for() {
    let mut b = ruled(json!([rule("Capp", 2, json!({"acui": ["alice", "bob"]}))]));
    let ask = |b: &mut Bench, user: &str| {
        b.ask(json!({"op": 2, "fr": "Capp", "to": C, "rvi": "4", "msu": user})).0
    };
    assert_eq!(ask(&mut b, "alice"), 4004, "anybody can say so");
    let users = |all: &[&str]| Surroundings {
        users: all.iter().map(ToString::to_string).collect(),
        ..Surroundings::default()
    };
    told(&mut b, "Capp", users(&["alice", "eve"]));
    assert_eq!(ask(&mut b, "alice"), 2000);
    assert_eq!(ask(&mut b, "bob"), 4004, "a user of others");
    assert_eq!(ask(&mut b, "eve"), 4004, "a user without rights");
    assert_eq!(b.get("Capp", C).0, 4004, "no user is named");
    let other = json!({"op": 2, "fr": "Cother", "to": C, "rvi": "4", "msu": "alice"});
    assert_eq!(b.ask(other).0, 4004);
    // A search goes on with the user that it began with.
    let found = json!({"op": 2, "fr": "Capp", "to": "cse-in/Cown", "rvi": "4", "rcn": 8,
        "msu": "alice"});
    assert_eq!(b.ask(found).0, 4004, "the parent is not for it");
}

#[test]
fn evaluation_criteria_look_at_the_target() {
    let criterion = |sbjt: &str, optr: u32, thld: Value| {
        rule("Cx", 2, json!({"acec": {"sbjt": sbjt, "optr": optr, "thld": thld}}))
    };
    let mut b = ruled(json!([criterion("mni", 4, json!(20))]));
    assert_eq!(b.get("Cx", C).0, 2000);
    b.instance("Cown", "c", "21");
    assert_eq!(b.get("Cx", "cse-in/Cown/c/la").0, 2000, "that of an instance is its container");
    assert_eq!(b.update("Cown", C, json!({"m2m:cnt": {"mni": 20}})).0, 2004);
    assert_eq!(b.get("Cx", C).0, 4004, "the attribute has changed");
    assert_eq!(b.update("Cown", C, json!({"m2m:cnt": {"mni": null}})).0, 2004);
    assert_eq!(b.get("Cx", C).0, 4004, "without the attribute there is nothing to compare");
    // Attributes that the CSE counts.
    let mut b = ruled(json!([criterion("cni", 1, json!(1))]));
    assert_eq!(b.get("Cx", C).0, 4004);
    b.instance("Cown", "c", "21");
    assert_eq!(b.get("Cx", C).0, 2000);
    b.instance("Cown", "c", "22");
    assert_eq!(b.get("Cx", C).0, 4004);
}

#[test]
fn all_of_a_context_has_to_hold_and_one_context_is_enough() {
    let both = json!({"aclr": {"accc": ["DE"]}, "acip": {"ipv4": ["192.0.2.0/24"]}});
    let mut two = rule("Cx", 2, both);
    two["acco"].as_array_mut().unwrap().push(json!({"acip": {"ipv6": ["2001:db8::/32"]}}));
    let mut b = ruled(json!([two]));
    for (country, address, status) in [
        ("DE", "192.0.2.1", 2000),
        ("DE", "192.0.3.1", 4004),
        ("FR", "192.0.2.1", 4004),
        ("FR", "2001:db8::1", 2000),
    ] {
        let country = CountryCode::parse(country);
        b.session = Session { address: address.parse().ok(), country, ..Session::default() };
        assert_eq!(b.get("Cx", C).0, status, "{country:?} {address}");
    }
}

fn left(b: &mut Bench) -> Value {
    b.get("CAdmin", "cse-in/p").1["m2m:acp"]["pv"]["acr"][0]["acco"][0]["acl"].clone()
}

#[test]
fn a_limit_counts_what_succeeds() {
    let mut b = ruled(json!([rule("Cx", 2 | 4, json!({"acl": 3}))]));
    assert_eq!(b.get("Cx", C).0, 2000);
    assert_eq!(left(&mut b), 2);
    assert_eq!(b.update("Cx", C, json!({"m2m:cnt": {"mni": "no"}})).0, 4000);
    assert_eq!(b.delete("Cx", C), 4103);
    assert_eq!(b.get("Cown", C).0, 2000);
    assert_eq!(left(&mut b), 2, "failures do not count, nor do others");
    assert_eq!(b.update("Cx", C, json!({"m2m:cnt": {"mni": 7}})).0, 2004);
    assert_eq!(b.get("Cx", C).0, 2000);
    assert_eq!(left(&mut b), 0);
    assert_eq!(b.get("Cx", C), b.get("Cx", "cse-in/Cown/nothing"), "used up, it is not there");
    let again = rule("Cx", 2, json!({"acl": 1}));
    let again = json!({"m2m:acp": {"pv": {"acr": [again]}}});
    assert_eq!(b.update("Cown", "cse-in/p", again).0, 2004);
    assert_eq!(b.get("Cx", C).0, 2000);
    assert_eq!(b.get("Cx", C).0, 4004);
}

#[test]
fn a_limit_goes_on_after_a_restart() {
    let mut b = ruled(json!([rule("Cx", 2, json!({"acl": 2}))]));
    assert_eq!(b.get("Cx", C).0, 2000);
    let kept = b.kept.clone();
    let mut b = bench();
    for (key, value) in &kept {
        b.cse.restore(*key, value).unwrap();
    }
    b.cse.finish_restore();
    b.kept = kept;
    assert_eq!(left(&mut b), 1);
    assert_eq!(b.get("Cx", C).0, 2000);
    assert_eq!(b.get("Cx", C).0, 4004);
}

#[test]
fn a_limit_is_not_spent_on_what_is_allowed_anyway() {
    let mut b = ruled(json!([
        rule("Cx", 2, json!({"acl": 1})),
        {"acor": ["Cx"], "acop": 2, "acco": [{"acip": {"ipv4": ["192.0.2.1"]}}]},
    ]));
    b.session.address = "192.0.2.1".parse().ok();
    for _ in 0..3 {
        assert_eq!(b.get("Cx", C).0, 2000);
    }
    assert_eq!(left(&mut b), 1);
    b.session.address = None;
    assert_eq!(b.get("Cx", C).0, 2000);
    assert_eq!(b.get("Cx", C).0, 4004);
}

#[test]
fn a_limit_is_not_got_around() {
    let limited = rule("Cx", 2 | 32, json!({"acl": 1}));
    let mut b = ruled(json!([limited]));
    b.ae("Cx");
    b.instance("Cown", "c", "secret");
    // Neither the children of what is visible nor a search show it, however often.
    let all = json!({"m2m:acp": {"rn": "all", "pv": {"acr": [{"acor": ["all"], "acop": 63}]},
        "pvs": {"acr": [{"acor": ["Cown"], "acop": 63}]}}});
    assert_eq!(b.create("Cown", "cse-in", 1, all).0, 2001);
    let open = json!({"m2m:ae": {"acpi": ["cse-in/all"]}});
    assert_eq!(b.update("Cown", "cse-in/Cown", open).0, 2004);
    for rcn in [4, 5, 6, 8] {
        let asked = json!({"op": 2, "fr": "Cx", "to": "cse-in/Cown", "rcn": rcn});
        let (status, content) = b.ask(asked);
        assert_eq!(status, 2000);
        assert!(!content.to_string().contains("secret"), "{content}");
        assert!(!content.to_string().contains("\"c\""), "{content}");
    }
    let (_, found) = b.ask(json!({"op": 2, "fr": "Cx", "to": "cse-in", "fc": {"fu": 1}}));
    assert!(!found.to_string().contains("Cown/c"), "{found}");
    // A subscription would tell all that comes.
    let sub = json!({"m2m:sub": {"nu": ["Cx"], "enc": {"net": [3]}}});
    assert_eq!(b.create("Cx", C, 23, sub).0, 4103);
    // A search below it is one use.
    let asked = json!({"op": 2, "fr": "Cx", "to": C, "rcn": 4});
    assert_eq!(b.ask(asked.clone()).0, 2000);
    assert_eq!(b.ask(asked).0, 4004);
    assert_eq!(b.get("Cx", "cse-in/Cown/c/la").0, 4004, "that is the same right");
}

#[test]
fn limits_of_the_policy_itself_and_of_who_changes_rights() {
    let mut b = bench();
    b.ae("Cown");
    let pvs =
        json!({"acr": [{"acor": ["Cown"], "acop": 63}, rule("Cx", 2 | 4, json!({"acl": 2}))]});
    let acp = json!({"m2m:acp": {"rn": "p", "pv": {"acr": []}, "pvs": pvs}});
    assert_eq!(b.create("Cown", "cse-in", 1, acp).0, 2001);
    b.container("Cown", "c", json!({"acpi": ["cse-in/p"]}));
    assert_eq!(b.get("Cx", "cse-in/p").0, 2000);
    // Another acpi needs UPDATE on the policies that are there.
    let change = json!({"m2m:cnt": {"acpi": ["cse-in/p"]}});
    assert_eq!(b.update("Cx", C, change.clone()).0, 2004);
    assert_eq!(b.update("Cx", C, change).0, 4004);
    assert_eq!(b.get("Cx", "cse-in/p").0, 4004);
    let (_, acp) = b.get("Cown", "cse-in/p");
    assert_eq!(acp["m2m:acp"]["pvs"]["acr"][1]["acco"][0]["acl"], 0);
}

#[test]
fn object_details_tell_specialisations() {
    let detail = |spty: Value| json!({"acor": ["Cx"], "acop": 1, "acod": [{"ty": 14, "chty": [13], "spty": spty}]});
    let mut b = ruled(json!([detail(json!({"mgd": 1006}))]));
    let node = json!({"m2m:nod": {"rn": "n", "ni": "1", "acpi": ["cse-in/p"]}});
    assert_eq!(b.create("CAdmin", "cse-in", 14, node).0, 2001);
    let bat = json!({"m2m:bat": {"mgd": 1006, "btl": 50, "bts": 1}});
    let mem = json!({"m2m:mem": {"mgd": 1003, "mma": 50, "mmt": 100}});
    assert_eq!(b.create("Cx", "cse-in/n", 13, bat).0, 2001);
    assert_eq!(b.create("Cx", "cse-in/n", 13, mem).0, 4004);
}

#[test]
fn originators_of_a_domain_and_wildcards() {
    let mut b = ruled(json!([
        {"acor": ["m2m.example"], "acop": 2},
        {"acor": ["/id-in/Cw*"], "acop": 8},
        {"acor": ["//*/far/C*"], "acop": 4},
    ]));
    let mask = |b: &mut Bench, from: &str| {
        let update = b.update(from, C, json!({"m2m:cnt": {"lbl": ["x"]}})).0;
        (b.get(from, C).0, update)
    };
    assert_eq!(mask(&mut b, "Cany"), (2000, 4103));
    assert_eq!(mask(&mut b, "/far/C1"), (2000, 2004));
    assert_eq!(mask(&mut b, "//other.example/far/C1"), (4103, 2004));
    assert_eq!(mask(&mut b, "//other.example/near/C1"), (4004, 4004));
    assert_eq!(b.delete("Cany", C), 4103);
    assert_eq!(b.delete("/far/Cw", C), 4103, "that is an AE elsewhere");
    assert_eq!(b.delete("Cwin", C), 2002);
}

#[test]
fn regions_and_addresses_that_are_none_are_refused() {
    let mut b = bench();
    b.ae("Cown");
    for context in [
        json!({"aclr": {"accr": [91, 0, 1]}}),
        json!({"aclr": {"accr": [0, 0]}}),
        json!({"aclr": {"accc": ["germany"]}}),
        json!({"acip": {"ipv4": ["here"]}}),
    ] {
        for which in ["pv", "pvs"] {
            let mut acp = json!({"rn": "p", "pv": {"acr": []}, "pvs": {"acr": []}});
            acp[which] = json!({"acr": [rule("Cx", 2, context.clone())]});
            let (status, content) = b.create("Cown", "cse-in", 1, json!({"m2m:acp": acp}));
            assert_eq!(status, 4000, "{context} {content}");
        }
    }
}

#[test]
fn releases_know_what_they_know() {
    let mut b = bench();
    b.ae("Cae");
    let mut ask = |rvi: &str, more: Value| {
        let mut asked = json!({"op": 2, "fr": "Cae", "to": "cse-in/Cae", "rvi": rvi});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        b.ask(asked).0
    };
    for (more, from, before) in [
        (json!({"rcn": 8}), "2", 4000),
        (json!({"fc": {"lvl": 1}, "rcn": 4}), "2", 5001),
        (json!({"fc": {"fu": 1, "lbq": "x"}}), "3", 5001),
        (json!({"fc": {"fu": 1, "ops": 2}}), "4", 5001),
        (json!({"fc": {"fu": 1}, "rcn": 11}), "4", 4000),
        (json!({"msu": "u"}), "4", 5001),
        (json!({"vsi": "x"}), "2a", 5001),
        (json!({"op": 1, "ty": 29, "pc": {"m2m:ts": {}}}), "2", 4000),
        (
            json!({"op": 1, "ty": 23, "pc": {"m2m:sub": {"nu": ["Cae"], "enc": {"net": [7]}}}}),
            "3",
            4000,
        ),
    ] {
        let all = ["1", "2", "2a", "3", "4", "5"];
        let first = all.iter().position(|rvi| *rvi == from).unwrap();
        for (at, rvi) in all.into_iter().enumerate() {
            let status = ask(rvi, more.clone());
            match at < first {
                true => assert_eq!(status, before, "{rvi} {more}"),
                false => assert!(matches!(status, 2000 | 2001 | 4124), "{rvi} {more} {status}"),
            }
        }
    }
    assert_eq!(ask("9", json!({})), 4001);
}

#[test]
fn a_response_of_release_1_does_not_say_so() {
    let mut b = bench();
    for (rvi, expected) in [(json!("1"), None), (json!("2a"), Some("2a")), (json!("5"), Some("5"))]
    {
        let asked = json!({"op": 2, "fr": "CAdmin", "to": "cse-in", "rqi": "1", "rvi": rvi});
        let asked = Request::from_value(asked).unwrap();
        b.cse.handle_request(b.now, Session::default(), asked);
        let (_, response) = b.cse.poll_response().unwrap();
        assert_eq!(response.release_version_indicator.map(|r| r.to_string()).as_deref(), expected);
    }
}
