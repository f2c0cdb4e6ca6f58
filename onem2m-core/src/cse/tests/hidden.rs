//! What an originator may not see cannot be told from what is not there: the same requests to two
//! CSEs, one of which has had the hidden resources and has them no more, get the same answers to
//! the byte.

use super::*;

/// What is hidden from Cspy, by paths.
const HIDDEN: [&str; 7] = [
    "cse-in/Cown/open/secret",
    "cse-in/Cown/open/secret/sub",
    "cse-in/Cown/group",
    "cse-in/hidden",
    "cse-in/Chide",
    "cse-in/Chide/box",
    "cse-in/Cown/open/series",
];

struct World {
    b: Bench,
    /// Addresses of hidden resources, also by their identifiers.
    addresses: Vec<std::string::String>,
    /// The identifier of the hidden policy.
    policy: std::string::String,
}

fn world(there: bool) -> World {
    let mut b = bench();
    for id in ["Cown", "Cspy", "Chide"] {
        b.ae(id);
    }
    let acr = |who: &str, acop: u32| json!({"acor": [who], "acop": acop});
    let shared = json!({"m2m:acp": {"rn": "shared", "pv": {"acr": [acr("Cown", 63),
        acr("Cspy", 1 | 2 | 32)]}, "pvs": {"acr": [acr("Cown", 63)]}}});
    assert_eq!(b.create("Cown", "cse-in", 1, shared).0, 2001);
    let hidden = json!({"m2m:acp": {"rn": "hidden", "pv": {"acr": [acr("Cown", 63)]},
        "pvs": {"acr": [acr("Cown", 63)]}}});
    let (status, policy) = b.create("Cown", "cse-in", 1, hidden);
    assert_eq!(status, 2001);
    let policy = policy["m2m:acp"]["ri"].as_str().unwrap().to_string();
    b.container("Cown", "open", json!({"acpi": ["cse-in/shared"], "lbl": ["open"]}));
    b.container("Cspy", "mine", json!({"lbl": ["mine"]}));
    b.container("Chide", "box", json!({}));
    let open = "cse-in/Cown/open";
    let secret = json!({"rn": "secret", "lbl": ["red"], "mni": 77, "acpi": ["cse-in/hidden"]});
    assert_eq!(b.create("Cown", open, 3, json!({ "m2m:cnt": secret })).0, 2001);
    let below = "cse-in/Cown/open/secret";
    assert_eq!(b.create("Cown", below, 4, json!({"m2m:cin": {"con": "x"}})).0, 2001);
    let sub = json!({"m2m:sub": {"rn": "sub", "nu": ["Cown"], "enc": {"net": [3]}}});
    assert_eq!(b.create("Cown", below, 23, sub).0, 2001);
    let group = json!({"m2m:grp": {"rn": "group", "mnm": 9, "mid": ["cse-in/Cown"],
        "acpi": ["cse-in/hidden"]}});
    assert_eq!(b.create("Cown", "cse-in/Cown", 9, group).0, 2001);
    let series = json!({"m2m:cnt": {"rn": "series", "acpi": ["cse-in/hidden"]}});
    assert_eq!(b.create("Cown", open, 3, series).0, 2001);
    let mut addresses: Vec<std::string::String> = Vec::new();
    for path in HIDDEN {
        let (_, content) = b.get("CAdmin", path);
        let ri = content.as_object().unwrap().values().next().unwrap()["ri"].as_str();
        addresses.push(path.into());
        addresses.push(ri.unwrap().into());
    }
    if !there {
        for path in HIDDEN.iter().rev() {
            let status = b.delete("CAdmin", path);
            assert!(matches!(status, 2002 | 4004), "{path} {status}");
        }
        b.pass(0);
    }
    World { b, addresses, policy }
}

impl World {
    /// The answer, and what a request resource says that it led to.
    fn answer(&mut self, request: &Value) -> Value {
        let (status, content) = self.b.ask(request.clone());
        let later = content["m2m:uri"].as_str().map(ToString::to_string);
        self.b.pass(0);
        let mut outgoing = Vec::new();
        while let Some(sent) = self.b.cse.poll_outgoing() {
            outgoing.push(json!([sent.request.to, sent.request.from]));
            self.b.cse.outgoing_failed(self.b.now, sent.id);
        }
        self.b.pass(0);
        let result = match later {
            Some(uri) if status == 1001 => self.b.get("Cspy", &uri).1,
            _ => Value::Null,
        };
        json!([status, content, outgoing, result])
    }
}

/// Requests that touch one hidden address in every way.
fn to_hidden(to: &str, from: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut add = |mut request: Value| {
        request["fr"] = json!(from);
        request["to"] = json!(to);
        all.push(request);
    };
    add(json!({"op": 2}));
    add(json!({"op": 2, "rt": {"rtv": 1}}));
    for rcn in 0..13 {
        add(json!({"op": 2, "rcn": rcn, "rvi": "4"}));
    }
    add(json!({"op": 2, "fc": {"fu": 1}}));
    add(json!({"op": 2, "fc": {"fu": 1, "ty": [3]}, "rcn": 6}));
    add(json!({"op": 2, "fc": {"lbl": ["red"]}}));
    add(json!({"op": 2, "pc": {"m2m:atrl": ["lbl"]}}));
    for pc in [
        json!({"m2m:cnt": {"lbl": ["x"]}}),
        json!({"m2m:cnt": {"acpi": ["cse-in/shared"]}}),
        json!({"m2m:cnt": {"acpi": ["cse-in/shared"], "lbl": []}}),
        json!({"m2m:cnt": {"mni": "many"}}),
        json!({"m2m:cnt": {"rn": "other"}}),
        json!({"m2m:grp": {"mid": []}}),
        json!({"m2m:acp": {"pv": {"acr": []}}}),
        json!({"m2m:cnt": {}, "m2m:ae": {}}),
        json!({"m2m:cnt": 7}),
        json!({"m2m:nothing": {}}),
    ] {
        add(json!({"op": 3, "pc": pc}));
    }
    add(json!({"op": 3, "pc": {"m2m:cnt": {"lbl": ["x"]}}, "rcn": 7}));
    add(json!({"op": 3, "pc": {"m2m:cnt": {"lbl": ["x"]}}, "rt": {"rtv": 1}}));
    add(json!({"op": 4}));
    add(json!({"op": 4, "rcn": 8}));
    add(json!({"op": 4, "rcn": 3}));
    add(json!({"op": 5, "pc": {"m2m:sgn": {"sur": "x", "vrq": true}}}));
    add(json!({"op": 5, "pc": {}}));
    for (ty, pc) in [
        (1, json!({"m2m:acp": {"pv": {"acr": []}, "pvs": {"acr": []}}})),
        (2, json!({"m2m:ae": {"api": "N1", "rr": false, "srv": ["3"]}})),
        (3, json!({"m2m:cnt": {}})),
        (3, json!({"m2m:cnt": {"bad": 1}})),
        (3, json!({"m2m:cin": {"con": "x"}})),
        (4, json!({"m2m:cin": {"con": "x"}})),
        (5, json!({"m2m:cb": {}})),
        (9, json!({"m2m:grp": {"mnm": 3, "mid": []}})),
        (15, json!({"m2m:pch": {}})),
        (16, json!({"m2m:csr": {"cb": "/x/y", "csi": "/x", "rr": true, "srv": ["3"]}})),
        (17, json!({"m2m:req": {}})),
        (18, json!({"m2m:sch": {"se": {"sce": ["* * * * * * *"]}}})),
        (23, json!({"m2m:sub": {"nu": ["Cspy"]}})),
        (29, json!({"m2m:ts": {}})),
        (10003, json!({"m2m:cntA": {"lnk": "/x/y"}})),
        (48, json!({"m2m:crs": {}})),
    ] {
        add(json!({"op": 1, "ty": ty, "pc": pc}));
    }
    all
}

#[test]
fn nothing_is_told_of_a_hidden_target() {
    let (mut with, mut without) = (world(true), world(false));
    assert_eq!(with.addresses, without.addresses);
    let mut asked = 0;
    for address in with.addresses.clone() {
        let forms = [
            address.clone(),
            std::format!("{address}/la"),
            std::format!("{address}/fopt"),
            std::format!("{address}/pcu"),
            std::format!("{address}/none"),
            std::format!("{address}#lbl"),
            std::format!("/id-in/{address}"),
            std::format!("//m2m.example/id-in/{address}"),
        ];
        for to in forms {
            for from in ["Cspy", "Cnobody"] {
                for request in to_hidden(&to, from) {
                    let answers = (with.answer(&request), without.answer(&request));
                    assert_eq!(answers.0, answers.1, "{request}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 10_000, "{asked}");
}

/// Requests to what Cspy sees, with hidden things in them.
fn around(world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    let mut ask = |mut request: Value| {
        request["fr"] = json!("Cspy");
        all.push(request);
    };
    let open = "cse-in/Cown/open";
    for rcn in [1, 4, 5, 6, 8] {
        ask(json!({"op": 2, "to": open, "rcn": rcn}));
        ask(json!({"op": 2, "to": "cse-in", "rcn": rcn}));
    }
    for fc in [
        json!({}),
        json!({"ty": [3]}),
        json!({"lbl": ["red"]}),
        json!({"clbl": ["red"]}),
        json!({"chty": [3]}),
        json!({"chty": [9]}),
        json!({"catr": [{"nm": "mni", "val": 77}]}),
        json!({"palb": ["red"]}),
        json!({"arp": "secret/.."}),
        json!({"arp": "secret"}),
        json!({"arp": "../../hidden/../Cspy/mine"}),
        json!({"arp": "secret/la"}),
        json!({"fo": 2, "clbl": ["red"], "lbl": ["nothing"]}),
        json!({"fo": 3, "chty": [3], "lbl": ["open"]}),
    ] {
        let mut fc = fc;
        fc["fu"] = json!(1);
        for to in ["cse-in", "cse-in/Cown", open] {
            ask(json!({"op": 2, "to": to, "fc": fc.clone()}));
        }
    }
    let mine = "cse-in/Cspy/mine";
    let create = |to: &str, ty: u32, pc: Value| json!({"op": 1, "to": to, "ty": ty, "pc": pc});
    for acpi in ["cse-in/hidden", world.policy.as_str(), "/id-in/cse-in/hidden"] {
        ask(create(mine, 3, json!({"m2m:cnt": {"acpi": [acpi]}})));
        ask(create(mine, 3, json!({"m2m:cnt": {"acpi": ["cse-in/shared", acpi]}})));
        ask(json!({"op": 3, "to": mine, "pc": {"m2m:cnt": {"acpi": [acpi]}}}));
        let group = json!({"m2m:grp": {"mnm": 9, "mid": ["cse-in/Cspy"], "macp": [acpi]}});
        ask(create("cse-in/Cspy", 9, group));
    }
    for id in &world.addresses {
        for (mt, csy) in [(0, 1), (0, 2), (0, 3), (3, 1), (3, 2), (3, 3), (9, 3), (2, 2)] {
            let ids = [id.as_str(), "cse-in/Cspy/mine", "cse-in/nothing"];
            let group = json!({"m2m:grp": {"mnm": 9, "mt": mt, "csy": csy, "mid": ids}});
            ask(create("cse-in/Cspy", 9, group));
        }
        let sub = json!({"m2m:sub": {"nu": [id], "enc": {"net": [1]}}});
        ask(create(mine, 23, sub));
        let sub = json!({"m2m:sub": {"nu": ["Cspy"], "su": id, "enc": {"net": [1]}}});
        ask(create(mine, 23, sub));
        let links = json!({"m2m:cnt": {"cstn": id, "li": id}});
        ask(create("cse-in/Cspy", 3, links));
        let acp = json!({"m2m:acp": {"pv": {"acr": [{"acor": [id], "acop": 63}]},
            "pvs": {"acr": [{"acor": ["Cspy"], "acop": 63}]}}});
        ask(create("cse-in/Cspy", 1, acp));
        ask(json!({"op": 2, "to": "cse-in/Cspy", "rt": {"rtv": 2, "nu": [id]}}));
    }
    // Two addresses of one resource in a group count once, but not if it is hidden.
    for pair in world.addresses.chunks(2) {
        let group = json!({"m2m:grp": {"mnm": 9, "mid": pair}});
        ask(create("cse-in/Cspy", 9, group));
        let group = json!({"m2m:grp": {"mnm": 1, "mid": pair}});
        ask(create("cse-in/Cspy", 9, group));
    }
    all
}

#[test]
fn nothing_is_told_of_what_is_around() {
    let (mut with, mut without) = (world(true), world(false));
    for request in around(&with) {
        let answers = (with.answer(&request), without.answer(&request));
        assert_eq!(answers.0, answers.1, "{request}");
    }
}

#[test]
fn a_group_of_hidden_members_answers_like_one_of_none() {
    let (mut with, mut without) = (world(true), world(false));
    for world in [&mut with, &mut without] {
        let group = json!({"m2m:grp": {"rn": "g", "mnm": 20, "mid": world.addresses}});
        assert_eq!(world.b.create("Cspy", "cse-in/Cspy", 9, group).0, 2001);
    }
    let fopt = "cse-in/Cspy/g/fopt";
    for request in
        to_hidden(fopt, "Cspy").into_iter().chain(to_hidden(&(fopt.to_string() + "/la"), "Cspy"))
    {
        let answers = (with.answer(&request), without.answer(&request));
        assert_eq!(answers.0, answers.1, "{request}");
    }
    for id in with.addresses.clone() {
        let request = json!({"op": 2, "fr": "Cspy", "to": fopt, "grtm": [id], "rvi": "3"});
        let answers = (with.answer(&request), without.answer(&request));
        assert_eq!(answers.0, answers.1, "{request}");
    }
}

#[test]
fn who_is_not_registered_does_not_learn_which_cses_there_are() {
    let mut b = bench();
    let csr = json!({"m2m:csr": {"rn": "far", "cb": "/far/-", "csi": "/far", "rr": true,
        "poa": ["http://127.0.0.1:9/"], "srv": ["3"]}});
    assert_eq!(b.create("/far", "cse-in", 16, csr).0, 2001);
    for op in [2, 4] {
        let mut asked = |to: &str| b.ask(json!({"op": op, "fr": "Cnobody", "to": to}));
        assert_eq!(asked("/far/x"), asked("/near/x"));
        assert_eq!(asked("/far/x").0, 4103);
    }
}

#[test]
fn parents_that_are_hidden_have_no_attributes_to_search_for() {
    let World { mut b, .. } = world(true);
    let seen = json!({"m2m:cnt": {"rn": "seen", "acpi": ["cse-in/shared"]}});
    assert_eq!(b.create("Cown", "cse-in/Cown/open/secret", 3, seen).0, 2001);
    let mut found = |fc: Value| {
        let mut fc = fc;
        fc["fu"] = json!(1);
        fc["ty"] = json!([3]);
        let (_, found) = b.ask(json!({"op": 2, "fr": "Cspy", "to": "cse-in", "fc": fc}));
        found["m2m:uril"].to_string().contains("seen")
    };
    assert!(found(json!({})), "it is visible itself");
    assert!(!found(json!({"palb": ["red"]})));
    assert!(!found(json!({"pty": [3]})));
    assert!(!found(json!({"patr": [{"nm": "mni", "val": 77}]})));
    assert!(!found(json!({"arp": "../seen"})));
}

#[test]
fn names_that_are_hidden_cannot_be_guessed_for_long() {
    let World { mut b, .. } = world(true);
    let open = "cse-in/Cown/open";
    let named = |name: &str| json!({"m2m:cnt": {"rn": name}});
    let create = |b: &mut Bench, who: &str, name: &str| b.create(who, open, 3, named(name));
    assert_eq!(create(&mut b, "Cspy", "own").0, 2001);
    let taken = create(&mut b, "Cspy", "secret");
    assert_eq!(taken.0, 4105);
    for _ in 0..9 {
        assert_eq!(create(&mut b, "Cspy", "series"), taken);
    }
    // Now free and taken names are the same.
    for name in ["secret", "series", "free", "guess"] {
        assert_eq!(create(&mut b, "Cspy", name), taken);
    }
    let unnamed = json!({"m2m:cnt": {}});
    assert_eq!(b.create("Cspy", open, 3, unnamed).0, 2001);
    // Others are not concerned, and who sees what is there is told without end.
    for _ in 0..20 {
        assert_eq!(create(&mut b, "Cown", "secret").0, 4105);
    }
    assert_eq!(create(&mut b, "Cown", "free").0, 2001);
    b.pass(3_600_000);
    assert_eq!(create(&mut b, "Cspy", "more").0, 2001);
    assert_eq!(create(&mut b, "Cspy", "secret"), taken);
}
