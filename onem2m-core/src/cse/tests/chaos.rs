//! Whatever comes in whatever order: every request is answered once, and nothing stays behind.

use super::*;
use crate::ResponseStatusCode;
use crate::attribute::FlexDefinition;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::format;

const ORIGINATORS: [&str; 5] = ["Ca", "Cb", "CAdmin", "/id-mn", "Cstranger"];
const TARGETS: [&str; 22] = [
    "cse-in",
    "cse-in/Ca",
    "cse-in/Cb",
    "cse-in/Ca/n",
    "cse-in/Ca/m",
    "cse-in/Ca/n/la",
    "cse-in/Ca/n/ol",
    "cse-in/Ca/n/s",
    "cse-in/Ca/n/s/n",
    "cse-in/Ca/n/m",
    "cse-in/Ca/g",
    "cse-in/Ca/g/fopt",
    "cse-in/Ca/g/fopt/la",
    "cse-in/Ca/h/fopt",
    "cse-in/Cb/p",
    "cse-in/Cb/p/pcu",
    "cse-in/p",
    "cse-in/id-mn",
    "/id-mn/cse-mn/x",
    "/id-in/cse-in/Ca/n",
    "r5",
    "r9",
];

#[derive(Clone, Debug)]
enum Step {
    Ask(Value),
    /// An outgoing request is taken and answered with this status; 0: it fails, 1: nothing, 2: it
    /// was not delivered.
    Outgoing(u32),
    /// The response to something fetched from the polling channel.
    Answer,
    Pass(u64),
    Restart,
}

fn one<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

/// The type and content of a CREATE.
fn creation() -> impl Strategy<Value = (u32, Value)> {
    let name = || one(&["n", "m", "s", "g", "h", "p"]);
    let target = || one(&["Ca", "Cb", "http://x", "cse-in/Ca/g", "/id-mn/Cx", "/id-in/Ca"]);
    let sub = (name(), target(), target(), 0..256u32, 0..7u32, any::<bool>()).prop_map(
        |(rn, one, two, bits, extra, few)| {
            let net: Vec<u32> = (1..=7).filter(|n| *n != 6 && bits >> n & 1 == 1).collect();
            let mut sub = json!({"rn": rn, "nu": [one, two], "enc": {"net": net}});
            if few {
                sub["nu"] = json!([one]);
            }
            let (name, value) = [
                ("pn", json!(2)),
                ("bn", json!({"num": 2, "dur": "PT5S"})),
                ("rl", json!({"mnn": 1, "tww": "PT5S"})),
                ("exc", json!(2)),
                ("su", json!(two)),
                ("psn", json!(3)),
                ("nsp", json!(bits % 3 + 1)),
            ][extra as usize]
                .clone();
            sub[name] = value;
            if extra == 6 {
                sub["bn"] = json!({"num": 4, "dur": "PT9S"});
            }
            if extra == 4 {
                sub["nfu"] = json!("http://all");
            }
            (23, json!({ "m2m:sub": sub }))
        },
    );
    let group = (name(), prop::collection::vec(one(&TARGETS), 0..4), 0..4u32, 0..4u32);
    let group = group.prop_map(|(rn, mid, mt, csy)| {
        let mut grp = json!({"rn": rn, "mnm": 3, "mid": mid, "mt": mt});
        if csy > 0 {
            grp["csy"] = json!(csy);
        }
        (9, json!({ "m2m:grp": grp }))
    });
    prop_oneof![
        4 => (name(), prop::option::of(0..3u32)).prop_map(|(rn, mni)| {
            let mut cnt = json!({ "rn": rn });
            if let Some(mni) = mni {
                cnt["mni"] = json!(mni);
            }
            (3, json!({ "m2m:cnt": cnt }))
        }),
        4 => Just((4, json!({"m2m:cin": {"con": "x"}}))),
        4 => sub,
        3 => group,
        1 => name().prop_map(|rn| (15, json!({"m2m:pch": {"rn": rn}}))),
        1 => name().prop_map(|rn| (29, json!({"m2m:ts": {"rn": rn, "pei": 1000, "mdd": true, "mdt": 900}}))),
        1 => (0..9i64).prop_map(|n| (30, json!({"m2m:tsi": {"dgt": format!("{n}000"), "con": "x"}}))),
        1 => name().prop_map(|rn| (28, json!({"cod:color": {"rn": rn, "cnd": "c", "red": 1, "fcied": true}}))),
        1 => name().prop_map(|rn| (18, json!({"m2m:sch": {"rn": rn, "se": {"sce": ["*/2 * * * * * *"]}}}))),
        1 => name().prop_map(|rn| {
            let all = json!({"acr": [{"acor": ["all"], "acop": 63}]});
            (1, json!({"m2m:acp": {"rn": rn, "pv": all, "pvs": all}}))
        }),
    ]
}

fn request() -> impl Strategy<Value = Value> {
    let what = prop_oneof![
        4 => creation().prop_map(|(ty, pc)| json!({"op": 1, "ty": ty, "pc": pc})),
        2 => one(&[1u32, 4, 5, 6, 12]).prop_map(|rcn| json!({"op": 2, "rcn": rcn})),
        1 => Just(json!({"op": 2, "fc": {"fu": 1}})),
        1 => one(&[
            json!({"m2m:cnt": {"lbl": ["a"]}}),
            json!({"m2m:sub": {"nu": ["http://y"], "pn": 1}}),
            json!({"m2m:grp": {"mid": ["cse-in/Ca/h/fopt", "cse-in/Ca/n"]}}),
            json!({"m2m:ae": {"acpi": ["cse-in/p"]}}),
            json!({"m2m:cnt": {"acpi": ["cse-in/p"]}}),
            json!({"cod:color": {"red": 7}}),
            json!({"m2m:ts": {"mdd": false}}),
        ]).prop_map(|pc| json!({"op": 3, "pc": pc})),
        1 => one(&[0u32, 1, 4, 6]).prop_map(|rcn| json!({"op": 4, "rcn": rcn})),
        1 => Just(json!({"op": 5, "pc": {"m2m:sgn": {"sur": "x", "nfu": "http://all"}}})),
    ];
    let when = prop_oneof![
        8 => Just(json!({})),
        1 => (1..=5u32).prop_map(|rtv| json!({"rt": {"rtv": rtv}})),
        1 => one(&[json!({"rqet": "2000"}), json!({"oet": "2000"}), json!({"rset": "1000"})]),
    ];
    (what, when, one(&ORIGINATORS), one(&TARGETS)).prop_map(|(what, when, from, to)| {
        let mut whole = json!({"fr": from, "to": to, "rqi": "1", "rvi": "3"});
        let whole_object = whole.as_object_mut().unwrap();
        whole_object.extend(what.as_object().unwrap().clone());
        whole_object.extend(when.as_object().unwrap().clone());
        whole
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => request().prop_map(Step::Ask),
        4 => one(&[0u32, 1, 2, 2, 2000, 2000, 4004]).prop_map(Step::Outgoing),
        1 => Just(Step::Answer),
        2 => (0..4_000u64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

fn config(step: usize) -> Config {
    let definition = br#"[{"type": "cod:color", "cnd": "c",
        "attributes": [{"sname": "red", "type": "integer"}]}]"#;
    let mut config = Config::new();
    config.flex_definitions = FlexDefinition::from_json(definition).unwrap();
    config.limits.step = step;
    config.limits.stored_notifications = 3;
    config.hold_accepted = m2m_base::Duration::from_secs(60);
    config
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_request_is_answered_once(steps in prop::collection::vec(step(), 1..120), few in any::<bool>()) {
        let size = if few { 2 } else { 2_000 };
        let mut b = Bench::new(config(size));
        for id in ["Ca", "Cb"] {
            b.reachable(id);
        }
        let csr = json!({"m2m:csr": {"rn": "id-mn", "cb": "/id-mn/cse-mn", "csi": "/id-mn", "rr": true,
            "poa": ["http://mn"], "srv": ["3"]}});
        assert_eq!(b.create("/id-mn", "cse-in", 16, csr).0, 2001);
        let mut open = BTreeSet::new();
        let mut fetched = None;
        for step in steps.into_iter().chain([Step::Pass(1_000_000)]) {
            match step {
                Step::Ask(request) => {
                    // Some of what is put together here is no request at all.
                    if let Ok(request) = Request::from_value(request) {
                        open.insert(b.cse.handle_request(b.now, Session::default(), request));
                    }
                }
                Step::Outgoing(status) => {
                    if let Some(out) = b.cse.poll_outgoing() {
                        match status {
                            0 => b.cse.outgoing_failed(b.now, out.id),
                            1 => {}
                            2 => b.cse.outgoing_undelivered(b.now, out.id),
                            status => {
                                let status = ResponseStatusCode::from_number(status);
                                let response = Response::new(status, "x".to_string());
                                b.cse.handle_response(b.now, out.id, response);
                            }
                        }
                    }
                }
                Step::Answer => {
                    if let Some(name) = fetched.take() {
                        let rsp: Value = json!({"m2m:rsp": {"rsc": 2000, "rqi": name}});
                        let asked = json!({"op": 5, "fr": "Cb", "to": "cse-in/Cb/p/pcu", "pc": rsp,
                            "rqi": "1", "rvi": "3"});
                        let request = Request::from_value(asked).unwrap();
                        open.insert(b.cse.handle_request(b.now, Session::default(), request));
                    }
                }
                Step::Pass(ms) => {
                    let end = b.now + m2m_base::Duration::from_millis(ms);
                    while let Some(at) = b.cse.poll_timeout().filter(|at| *at <= end) {
                        b.now = b.now.max(at);
                        b.cse.handle_timeout(b.now);
                    }
                    b.now = end;
                }
                Step::Restart => {
                    b.pass(0);
                    let tree = b.tree_after(&mut open);
                    let mut again = Bench::new(config(size));
                    again.now = b.now;
                    let wall = START + i64::try_from(b.now.as_millis()).unwrap();
                    again.cse.set_wall_clock(b.now, UnixTime::from_millis(wall));
                    for (key, value) in &b.kept {
                        again.cse.restore(*key, value).unwrap();
                    }
                    again.kept.clone_from(&b.kept);
                    again.cse.finish_restore();
                    prop_assert_eq!(again.cse.resources(), tree);
                    b = again;
                    open.clear();
                    fetched = None;
                }
            }
            b.drain();
            while let Some((id, response)) = b.cse.poll_response() {
                prop_assert!(open.remove(&id), "answered twice");
                let content = response.content.map_or(Value::Null, |content| content.to_value());
                if let Some(name) = content["m2m:rqp"]["rqi"].as_str() {
                    fetched = Some(name.to_string());
                }
            }
        }
        prop_assert!(open.is_empty(), "not answered: {open:?}");
        let cse = &b.cse;
        prop_assert!(cse.jobs.is_empty() && cse.internal.is_empty() && cse.late.is_empty());
        prop_assert!(cse.fan_outs.is_empty() && cse.fanned.is_empty() && cse.deferred.is_empty());
        prop_assert!(cse.holds.is_empty());
        prop_assert!(cse.storage.total() <= 3 * ORIGINATORS.len());
        prop_assert!(cse.events.is_empty() && cse.walks.is_empty() && cse.purges.is_empty());
        let c = cse.counters();
        prop_assert_eq!(c.requests, c.succeeded + c.refused + c.failed);
        let waiting = u32::try_from(cse.pending.len()).unwrap();
        prop_assert_eq!(c.outgoing, c.answered + c.unanswered + waiting);
        prop_assert!(cse.timers.iter().all(|(at, _)| *at > b.now));
    }
}

impl Bench {
    /// How many resources there are when all work is done; responses are taken off `open`.
    fn tree_after(&mut self, open: &mut BTreeSet<RequestId>) -> u32 {
        while let Some((id, _)) = self.cse.poll_response() {
            assert!(open.remove(&id), "answered twice");
        }
        self.cse.resources()
    }
}
