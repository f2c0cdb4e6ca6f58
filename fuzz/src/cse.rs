//! The CSE engine under a script of requests, answers, time jumps and restarts.

use crate::script::Script;
use m2m_base::{Duration, Instant, Seed, UnixTime};
use onem2m_core::ResponseStatusCode;
use onem2m_core::cse::{Config, Cse, Limits, OutgoingId, Record, RequestId, Session};
use onem2m_core::primitive::{Content, Request, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ORIGINATORS: [&str; 8] = ["CAdmin", "Ca", "Cb", "C", "S", "/id-x", "/id-x/Cz", ""];
/// Segments of addresses: names and identifiers that the contents below give, virtual ones, and
/// some that are never there.
const SEGMENTS: [&str; 20] = [
    "cse-in",
    "-",
    "a",
    "b",
    "c",
    "Ca",
    "Cb",
    "la",
    "ol",
    "fopt",
    "pcu",
    "id-x",
    "/id-in",
    "/id-x",
    "~",
    "p",
    "g",
    "s",
    "r2",
    "//m2m.example/id-in",
];
/// What is created and written.
const CONTENTS: [(u32, &str); 24] = [
    (2, r#"{"m2m:ae":{"rn":"a","api":"N1","rr":true,"srv":["3"],"poa":["http://a/"]}}"#),
    (2, r#"{"m2m:ae":{"rn":"b","api":"N1","rr":false,"srv":["3"]}}"#),
    (2, r#"{"m2m:ae":{"api":"N1","rr":true,"srv":["3"],"lbl":["x","y"]}}"#),
    (3, r#"{"m2m:cnt":{"rn":"c","mni":3}}"#),
    (3, r#"{"m2m:cnt":{"rn":"c","mbs":6,"mia":60,"lbl":["x"]}}"#),
    (3, r#"{"m2m:cnt":{"acpi":["cse-in/p"]}}"#),
    (4, r#"{"m2m:cin":{"con":"12345"}}"#),
    (4, r#"{"m2m:cin":{"con":"1","lbl":["x"],"cnf":"text/plain:0"}}"#),
    (
        1,
        r#"{"m2m:acp":{"rn":"p","pv":{"acr":[{"acor":["all"],"acop":63}]},"pvs":{"acr":[{"acor":["Ca"],"acop":63}]}}}"#,
    ),
    (23, r#"{"m2m:sub":{"rn":"s","nu":["http://a/"],"enc":{"net":[1,2,3,4]},"nct":1}}"#),
    (
        23,
        r#"{"m2m:sub":{"nu":["Ca","/id-x/Cz"],"enc":{"net":[3]},"nct":1,"bn":{"num":2,"dur":"PT10S"}}}"#,
    ),
    (
        23,
        r#"{"m2m:sub":{"nu":["http://b/"],"enc":{"net":[3]},"exc":2,"rl":{"mnn":1,"tww":"PT5S"},"pn":2}}"#,
    ),
    (
        16,
        r#"{"m2m:csr":{"rn":"id-x","csi":"/id-x","cb":"/id-x/x","rr":true,"poa":["http://x/"],"srv":["3"]}}"#,
    ),
    (9, r#"{"m2m:grp":{"rn":"g","mnm":5,"mid":["cse-in/a","cse-in/b","cse-in/a/c"]}}"#),
    (9, r#"{"m2m:grp":{"rn":"g","mt":3,"mnm":3,"mid":["cse-in/a/c"],"csy":2}}"#),
    (15, r#"{"m2m:pch":{"rn":"p"}}"#),
    (14, r#"{"m2m:nod":{"ni":"n1"}}"#),
    (29, r#"{"m2m:ts":{"rn":"c","pei":1000,"mdd":true,"mdn":3,"mdt":500}}"#),
    (30, r#"{"m2m:tsi":{"dgt":"20261121T000001","con":"1"}}"#),
    (3, r#"{"m2m:cnt":{"lbl":["y"],"et":"20270101T000000"}}"#),
    (3, r#"{"m2m:cnt":{"mni":1,"lbl":null}}"#),
    (9, r#"{"m2m:grp":{"mid":["cse-in/g","cse-in/b"]}}"#),
    (25, r#"{"m2m:sgn":{"nev":{"net":3},"sur":"x"}}"#),
    (3, r#"{"m2m:cnt":{"rn":"a","et":"20261121T000010"}}"#),
];

struct World {
    cse: Cse,
    now: Instant,
    kept: BTreeMap<u64, Vec<u8>>,
    /// Requests without response.
    open: BTreeSet<RequestId>,
    /// Requests of the CSE without answer.
    asked: Vec<(OutgoingId, Request)>,
    requests: u32,
    answered: Option<Response>,
}

const START: i64 = 1_795_219_200_000; // 2026-11-21

fn config() -> Config {
    Config {
        limits: Limits { step: 7, outgoing: 12, events: 20, notifications: 5, ..Limits::default() },
        ..Config::new()
    }
}

fn fresh(now: Instant) -> Cse {
    let mut cse = Cse::new(config(), &Seed([1; 32])).expect("the configuration is good");
    cse.set_wall_clock(now, UnixTime::from_millis(START) + now.since(Instant::ZERO));
    cse
}

impl World {
    fn hand_over(&mut self, request: Request) {
        let id = self.cse.handle_request(self.now, Session::default(), request);
        assert!(self.open.insert(id), "an id is given once");
        self.drain();
    }

    /// Takes what there is; the CSE gets the time that it asks for.
    fn drain(&mut self) {
        for _ in 0..100_000 {
            while let Some(Record { key, value }) = self.cse.poll_journal() {
                match value {
                    Some(value) => self.kept.insert(key, value),
                    None => self.kept.remove(&key),
                };
            }
            while let Some((id, response)) = self.cse.poll_response() {
                assert!(self.open.remove(&id), "one response for each request");
                self.answered = Some(response);
            }
            while let Some(outgoing) = self.cse.poll_outgoing() {
                outgoing.request.validate().expect("a valid request");
                self.asked.push((outgoing.id, outgoing.request));
            }
            match self.cse.poll_timeout() {
                Some(at) if at <= self.now => self.cse.handle_timeout(self.now),
                _ => return,
            }
        }
        panic!("the CSE has no end of work");
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.drain();
    }

    fn admin(&mut self, operation: u32, to: &str, rcn: u32) -> Value {
        self.requests += 1;
        let request = json!({"op": operation, "to": to, "fr": "CAdmin", "rvi": "3",
            "rqi": self.requests.to_string(), "rcn": rcn});
        self.answered = None;
        self.hand_over(Request::from_value(request).expect("a good request"));
        let response = self.answered.take().expect("answered at once");
        response.content.as_ref().map_or(Value::Null, Content::to_value)
    }

    /// Ends everything that waits for others.
    fn settle(&mut self) {
        for _ in 0..1000 {
            let asked = std::mem::take(&mut self.asked);
            if asked.is_empty() {
                break;
            }
            for (id, _) in asked {
                self.cse.outgoing_failed(self.now, id);
            }
            self.drain();
        }
        self.pass(3_600_000);
        for (id, _) in std::mem::take(&mut self.asked) {
            self.cse.outgoing_failed(self.now, id);
        }
        self.drain();
        assert!(self.open.is_empty(), "every request is answered");
    }

    /// The CSE forgets everything but what was journalled.
    fn restart(&mut self) {
        self.settle();
        let before = self.tree();
        self.cse = fresh(self.now);
        self.asked.clear();
        for (key, value) in &self.kept {
            self.cse.restore(*key, value).expect("an own record");
        }
        self.cse.finish_restore();
        self.drain();
        assert_eq!(self.tree(), before, "what was journalled comes back");
    }

    fn tree(&mut self) -> Value {
        let mut all = self.admin(2, "cse-in", 4);
        if let Some(base) = all["m2m:cb"].as_object_mut() {
            for volatile in ["ct", "lt", "ctm"] {
                base.remove(volatile);
            }
        }
        all
    }
}

fn address(script: &mut Script<'_>) -> String {
    let first = script.u8();
    let mut text = String::from(SEGMENTS[usize::from(first % 20)]);
    for _ in 0..(first / 20) % 4 {
        text.push('/');
        text.push_str(SEGMENTS[usize::from(script.u8() % 20)]);
    }
    text
}

fn request(script: &mut Script<'_>, number: u32) -> Option<Request> {
    let (what, more) = (script.u8(), script.u8());
    let operation = [1, 1, 1, 2, 2, 3, 4, 5][usize::from(what % 8)];
    let mut tree = json!({"op": operation, "to": address(script), "rvi": "3",
        "fr": ORIGINATORS[usize::from(what / 8 % 8)], "rqi": number.to_string()});
    if tree["fr"] == "" {
        tree.as_object_mut()?.remove("fr");
    }
    if matches!(operation, 1 | 3 | 5) {
        let (ty, content) = CONTENTS[usize::from(script.u8()) % CONTENTS.len()];
        tree["pc"] = serde_json::from_str(content).expect("JSON");
        if operation == 1 {
            tree["ty"] = json!(ty);
        }
    }
    if more & 1 != 0 {
        tree["rcn"] = json!(script.u8() % 13);
    }
    if more & 2 != 0 {
        tree["rt"] = json!({"rtv": script.u8() % 5});
    }
    if more & 4 != 0 {
        let limits = script.u8();
        tree["fc"] = json!({"fu": limits % 3, "lim": limits % 7, "lvl": limits % 5});
        if more & 8 != 0 {
            tree["fc"]["lbl"] = json!(["x"]);
        }
        if more & 16 != 0 {
            tree["fc"]["ty"] = json!([u32::from(limits % 32)]);
        }
    }
    if more & 32 != 0 {
        tree["rqet"] = json!((u32::from(script.u8()) * 100).to_string());
    }
    if more & 64 != 0 {
        tree["pc"] = json!({"m2m:atrl": ["lbl", "mni"]});
    }
    Request::from_value(tree).ok()
}

/// Requests, answers and time in any order: one response for each request, an end of work after
/// each, no deadline in the past, what was journalled comes back, and what is deleted is gone.
pub(crate) fn cse(data: &[u8]) {
    let now = Instant::ZERO;
    let mut world = World {
        cse: fresh(now),
        now,
        kept: BTreeMap::new(),
        open: BTreeSet::new(),
        asked: Vec::new(),
        requests: 0,
        answered: None,
    };
    world.drain();
    let mut script = Script::new(data);
    let mut restarts = 0;
    while !script.is_over() {
        match script.u8() % 16 {
            0..=8 => {
                world.requests += 1;
                if let Some(request) = request(&mut script, world.requests) {
                    world.hand_over(request);
                }
            }
            9 => {
                if let Ok(request) = Request::from_json(script.bytes()) {
                    world.hand_over(request);
                }
            }
            10..=12 => {
                let which = usize::from(script.u8());
                if world.asked.is_empty() {
                    continue;
                }
                let (id, request) = world.asked.remove(which % world.asked.len());
                let status =
                    if which < 200 { ResponseStatusCode::Ok } else { ResponseStatusCode::NotFound };
                let response = Response::to_request(&request, status);
                world.cse.handle_response(world.now, id, response.clone());
                // A second answer has no effect.
                world.cse.handle_response(world.now, id, response);
                world.drain();
            }
            13 => {
                if let Some((id, _)) = world.asked.pop() {
                    if id.to_bits() % 2 == 0 {
                        world.cse.outgoing_undelivered(world.now, id);
                    } else {
                        world.cse.outgoing_failed(world.now, id);
                    }
                    world.drain();
                }
            }
            14 => {
                let ms = script.millis();
                world.pass(ms);
            }
            _ if restarts < 3 => {
                restarts += 1;
                world.restart();
            }
            _ => {}
        }
    }
    world.restart();
    // Everything can be deleted, and leaves nothing.
    let children = world.admin(2, "cse-in", 6);
    for child in children["m2m:rrl"]["rrf"].as_array().into_iter().flatten() {
        let to = child["val"].as_str().expect("an address");
        world.requests += 1;
        let delete = json!({"op": 4, "to": to, "fr": "CAdmin", "rvi": "3", "rqi": "d"});
        world.hand_over(Request::from_value(delete).expect("a good request"));
    }
    world.settle();
    let rest = world.tree();
    assert_eq!(world.cse.resources(), 1, "{rest}");
}
