//! CSEs that register at each other, and requests that pass through them.

use super::*;
use crate::cse::{Outgoing, Registrar};
use m2m_base::Duration;
use std::collections::BTreeMap;
use std::format;

/// Some CSEs in one network; an address is `cse://` and the CSE-ID.
pub(super) struct Network {
    pub(super) nodes: BTreeMap<&'static str, Cse>,
    now: Instant,
    /// Nothing reaches these.
    pub(super) down: Vec<&'static str>,
    /// Responses to requests that came from outside.
    answers: Vec<Response>,
    /// What AEs were notified of, and at which address.
    pub(super) notified: Vec<(String, Request)>,
    pub(super) hops: usize,
    /// The journals.
    pub(super) kept: BTreeMap<&'static str, BTreeMap<u64, Vec<u8>>>,
}

fn address(id: &str) -> Vec<String> {
    [format!("cse://{id}")].into()
}

pub(super) fn config(id: &str, name: &str, registrar: Option<(&str, &str)>) -> Config {
    Config {
        cse_id: id.into(),
        cse_name: name.into(),
        points_of_access: address(id),
        registrar: registrar.map(|(id, name)| Registrar {
            cse_id: id.into(),
            cse_name: name.into(),
            points_of_access: address(id),
        }),
        ..Config::new()
    }
}

impl Network {
    /// An IN-CSE, an MN-CSE below it, and another one below that.
    pub(super) fn chain() -> Network {
        let mut net = Network {
            nodes: BTreeMap::new(),
            now: Instant::ZERO,
            down: Vec::new(),
            answers: Vec::new(),
            notified: Vec::new(),
            hops: 0,
            kept: BTreeMap::new(),
        };
        net.start("/id-in", config("/id-in", "cse-in", None));
        net.start("/id-mn", config("/id-mn", "cse-mn", Some(("/id-in", "cse-in"))));
        net.start("/id-low", config("/id-low", "cse-low", Some(("/id-mn", "cse-mn"))));
        net.settle();
        net
    }

    pub(super) fn start(&mut self, id: &'static str, config: Config) {
        let mut cse = Cse::new(config, &Seed([7; 32])).unwrap();
        let wall = UnixTime::from_millis(START) + self.now.since(Instant::ZERO);
        cse.set_wall_clock(self.now, wall);
        self.nodes.insert(id, cse);
    }

    /// A CSE is started again with what is in its journal.
    pub(super) fn restart(&mut self, id: &'static str, config: Config) {
        let kept = self.kept.remove(id).unwrap_or_default();
        self.start(id, config);
        let cse = self.nodes.get_mut(id).unwrap();
        for (key, value) in &kept {
            cse.restore(*key, value).unwrap();
        }
        cse.finish_restore();
        self.kept.insert(id, kept);
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        /// Whose request it is: an outside one has no sender.
        type Sender = Option<(&'static str, crate::cse::OutgoingId)>;
        let mut waiting: BTreeMap<(&'static str, RequestId), Sender> = BTreeMap::new();
        let ids: Vec<_> = self.nodes.keys().copied().collect();
        for _ in 0..2000 {
            let mut quiet = true;
            for id in &ids {
                let cse = self.nodes.get_mut(id).unwrap();
                if cse.poll_timeout().is_some_and(|at| at <= self.now) {
                    cse.handle_timeout(self.now);
                    quiet = false;
                }
                while let Some(Record { key, value }) = cse.poll_journal() {
                    let kept = self.kept.entry(id).or_default();
                    match value {
                        Some(value) => kept.insert(key, value),
                        None => kept.remove(&key),
                    };
                }
                while let Some((request, response)) =
                    self.nodes.get_mut(id).unwrap().poll_response()
                {
                    quiet = false;
                    match waiting.remove(&(*id, request)).flatten() {
                        Some((from, out)) => {
                            let sender = self.nodes.get_mut(from).unwrap();
                            sender.handle_response(self.now, out, response);
                        }
                        None => self.answers.push(response),
                    }
                }
                while let Some(Outgoing { id: out, target, request }) =
                    self.nodes.get_mut(id).unwrap().poll_outgoing()
                {
                    quiet = false;
                    self.hops += 1;
                    let to = target.addresses[0].strip_prefix("cse://").map(String::from);
                    let to = to.and_then(|to| ids.iter().find(|id| ***id == to).copied());
                    match to {
                        Some(to) if self.down.contains(&to) => {
                            self.nodes.get_mut(id).unwrap().outgoing_undelivered(self.now, out);
                        }
                        Some(to) => {
                            let cse = self.nodes.get_mut(to).unwrap();
                            let at = cse.handle_request(self.now, Session::default(), request);
                            waiting.insert((to, at), Some((id, out)));
                        }
                        None => {
                            let ok = Response::to_request(&request, crate::ResponseStatusCode::Ok);
                            self.notified.push((target.addresses[0].clone(), request));
                            self.nodes.get_mut(id).unwrap().handle_response(self.now, out, ok);
                        }
                    }
                }
            }
            if quiet {
                return;
            }
        }
        panic!("it does not settle");
    }

    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let next = self.nodes.values().filter_map(Cse::poll_timeout).min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    pub(super) fn ask(&mut self, at: &str, request: Value) -> (u32, Value) {
        let mut whole = json!({"rqi": "1", "rvi": "3"});
        whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
        let request = Request::from_value(whole).unwrap();
        let cse = self.nodes.get_mut(at).unwrap();
        cse.handle_request(self.now, Session::default(), request);
        self.settle();
        let response = self.answers.pop().unwrap();
        assert_eq!((self.answers.len(), &*response.request_identifier), (0, "1"));
        let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
        (response.status.number(), content)
    }

    /// A RETRIEVE that waits for somebody in vain.
    fn late(&mut self, at: &str, from: &str, to: &str) -> (u32, Value) {
        self.begin(at, json!({"op": 2, "fr": from, "to": to}));
        assert!(self.answers.is_empty());
        self.pass(Duration::from_secs(5));
        self.answer().unwrap()
    }

    /// Gives a request to a CSE without waiting for its response.
    pub(super) fn begin(&mut self, at: &str, request: Value) {
        let mut whole = json!({"rqi": "1", "rvi": "3"});
        whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
        let request = Request::from_value(whole).unwrap();
        let cse = self.nodes.get_mut(at).unwrap();
        cse.handle_request(self.now, Session::default(), request);
        self.settle();
    }

    pub(super) fn answer(&mut self) -> Option<(u32, Value)> {
        let response = self.answers.pop()?;
        let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
        Some((response.status.number(), content))
    }

    pub(super) fn get(&mut self, at: &str, from: &str, to: &str) -> (u32, Value) {
        self.ask(at, json!({"op": 2, "fr": from, "to": to}))
    }

    pub(super) fn ae(&mut self, at: &str, id: &str, base: &str) {
        let poa = format!("http://{id}/");
        let pc = json!({"m2m:ae": {"rn": id, "api": "N1", "rr": true, "srv": ["3"], "poa": [poa]}});
        let made = self.ask(at, json!({"op": 1, "fr": id, "to": base, "ty": 2, "pc": pc}));
        assert_eq!(made.0, 2001, "{}", made.1);
    }
}

#[test]
fn ts_0001_10_2_2_1_cses_register_and_know_each_other() {
    let mut net = Network::chain();
    for (at, other, base) in [
        ("/id-in", "id-mn", "/id-mn/cse-mn"),
        ("/id-mn", "id-in", "/id-in/cse-in"),
        ("/id-mn", "id-low", "/id-low/cse-low"),
        ("/id-low", "id-mn", "/id-mn/cse-mn"),
    ] {
        let (status, content) = net.get(at, "CAdmin", other);
        assert_eq!((status, &content["m2m:csr"]["cb"]), (2000, &json!(base)), "{other} at {at}");
        assert_eq!(content["m2m:csr"]["csi"], format!("/{other}"));
        assert_eq!(content["m2m:csr"]["poa"], json!([format!("cse:///{other}")]));
    }
    // The IN-CSE knows what is two steps away.
    let (_, content) = net.get("/id-in", "CAdmin", "cse-in/id-mn");
    assert_eq!(content["m2m:csr"]["dcse"], json!(["/id-low"]));
    assert!(net.nodes["/id-low"].is_registered() && !net.nodes["/id-in"].is_registered());
}

#[test]
fn ts_0001_8_1_requests_pass_through() {
    let mut net = Network::chain();
    net.ae("/id-low", "Cmeter", "cse-low");
    net.ae("/id-in", "Capp", "cse-in");
    let acp = json!({"m2m:acp": {"rn": "open", "pv": {"acr": [{"acor": ["/id-in/Capp"], "acop": 63}]},
        "pvs": {"acr": [{"acor": ["Cmeter"], "acop": 63}]}}});
    let made =
        net.ask("/id-low", json!({"op": 1, "fr": "Cmeter", "to": "cse-low", "ty": 1, "pc": acp}));
    assert_eq!(made.0, 2001, "{}", made.1);
    let cnt = json!({"m2m:cnt": {"rn": "data", "acpi": ["cse-low/open"]}});
    let to = "cse-low/Cmeter";
    net.ask("/id-low", json!({"op": 1, "fr": "Cmeter", "to": to, "ty": 3, "pc": cnt}));

    net.hops = 0;
    let to = "/id-low/cse-low/Cmeter/data";
    let cin = json!({"m2m:cin": {"con": "from far away"}});
    let made = net.ask("/id-in", json!({"op": 1, "fr": "Capp", "to": to, "ty": 4, "pc": cin}));
    assert_eq!((made.0, net.hops), (2001, 2), "{}", made.1);
    let (status, content) = net.get("/id-in", "Capp", &format!("//m2m.example{to}/la"));
    assert_eq!((status, &content["m2m:cin"]["con"]), (2000, &json!("from far away")));
    // Who has no right there has none from here; and a stranger gets nothing carried.
    assert_eq!(net.get("/id-in", "Capp", "/id-low/cse-low/open").0, 4004);
    net.hops = 0;
    assert_eq!(net.get("/id-in", "Cstranger", to).0, 4103);
    assert_eq!(net.get("/id-in", "/id-nobody/C1", to).0, 4103);
    assert_eq!(net.get("/id-in", "Capp", "/id-none/x").0, 4004);
    assert_eq!(net.hops, 0);
    // What nobody knows goes up and comes to an end there.
    net.ae("/id-low", "Clow", "cse-low");
    net.hops = 0;
    assert_eq!(net.get("/id-low", "Clow", "/id-none/x").0, 4004);
    assert_eq!(net.hops, 2);
    // It does not go back to where it came from.
    assert_eq!(net.get("/id-mn", "/id-low/Clow", "/id-low/cse-low").0, 4004);
    net.down = ["/id-mn"].into();
    assert_eq!(net.late("/id-in", "Capp", to).0, 5103);
}

#[test]
fn notifications_go_to_aes_of_other_cses() {
    for (at, base, to, from) in [
        ("/id-in", "cse-in", "/id-low/Cmeter", "Capp"),
        ("/id-low", "cse-low", "/id-in/Capp", "Cmeter"),
    ] {
        let mut net = Network::chain();
        net.ae("/id-low", "Cmeter", "cse-low");
        net.ae("/id-in", "Capp", "cse-in");
        let own = format!("{base}/{from}");
        let sub = json!({"m2m:sub": {"rn": "s", "nu": [to], "nct": 1, "enc": {"net": [3]}}});
        let made = net.ask(at, json!({"op": 1, "fr": from, "to": own, "ty": 23, "pc": sub}));
        assert_eq!(made.0, 2001, "{}", made.1);
        let (_, verification) = net.notified.pop().unwrap();
        let content = verification.content.unwrap().to_value();
        assert_eq!(content["m2m:sgn"]["vrq"], true);
        let cnt = json!({"m2m:cnt": {"rn": "data"}});
        net.ask(at, json!({"op": 1, "fr": from, "to": own, "ty": 3, "pc": cnt}));
        let (poa, notification) = net.notified.pop().unwrap();
        assert_eq!(poa, format!("http://{}/", to.rsplit('/').next().unwrap()));
        assert_eq!(notification.to, to);
        let content = notification.content.unwrap().to_value();
        assert_eq!(content["m2m:sgn"]["nev"]["rep"]["m2m:cnt"]["rn"], "data");
    }
}

#[test]
fn groups_have_members_on_other_cses() {
    let mut net = Network::chain();
    net.ae("/id-low", "Cmeter", "cse-low");
    net.ae("/id-in", "Capp", "cse-in");
    let acr = json!({"acr": [{"acor": ["/id-in/Capp", "Cmeter"], "acop": 63}]});
    let acp = json!({"m2m:acp": {"rn": "open", "pv": acr, "pvs": acr}});
    net.ask("/id-low", json!({"op": 1, "fr": "Cmeter", "to": "cse-low", "ty": 1, "pc": acp}));
    let far = json!({"m2m:cnt": {"rn": "data", "acpi": ["cse-low/open"]}});
    net.ask(
        "/id-low",
        json!({"op": 1, "fr": "Cmeter", "to": "cse-low/Cmeter", "ty": 3, "pc": far}),
    );
    let near = json!({"m2m:cnt": {"rn": "data"}});
    net.ask("/id-in", json!({"op": 1, "fr": "Capp", "to": "cse-in/Capp", "ty": 3, "pc": near}));
    let mid = ["/id-low/cse-low/Cmeter/data", "cse-in/Capp/data"];
    let grp = json!({"m2m:grp": {"rn": "g", "mid": mid, "mt": 3, "mnm": 5, "nar": {"num": 2}}});
    let made =
        net.ask("/id-in", json!({"op": 1, "fr": "Capp", "to": "cse-in/Capp", "ty": 9, "pc": grp}));
    assert_eq!((made.0, &made.1["m2m:grp"]["mtv"]), (2001, &json!(false)), "{}", made.1);
    let fopt = "cse-in/Capp/g/fopt";
    let statuses = |content: &Value| -> Vec<u64> {
        let list = content["m2m:agr"]["m2m:rsp"].as_array().unwrap().iter();
        list.map(|part| part["rsc"].as_u64().unwrap()).collect()
    };
    let (_, content) = net.get("/id-in", "Capp", fopt);
    assert_eq!(statuses(&content), [2000, 2000]);
    // Notifications of both come together, at the group first.
    let sub =
        json!({"m2m:sub": {"rn": "s", "nu": ["Capp"], "nfu": "http://all/", "enc": {"net": [3]}}});
    let asked = json!({"op": 1, "fr": "Capp", "to": fopt, "ty": 23, "pc": sub});
    let (_, content) = net.ask("/id-in", asked);
    assert_eq!(statuses(&content), [2001, 2001], "{content}");
    let cin = json!({"m2m:cin": {"con": "x"}});
    let (_, content) =
        net.ask("/id-in", json!({"op": 1, "fr": "Capp", "to": fopt, "ty": 4, "pc": cin}));
    assert_eq!(statuses(&content), [2001, 2001]);
    let (address, together) = net.notified.pop().unwrap();
    assert_eq!(address, "http://all/");
    let list = together.content.unwrap().to_value()["m2m:agn"]["m2m:sgn"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
    // A CSE without members of the group does not get in.
    let group = net.get("/id-in", "Capp", "cse-in/Capp/g").1["m2m:grp"]["ri"].clone();
    let sgn = json!({"m2m:sgn": {"nfu": "http://all/", "sur": "x"}});
    let notify = |from: &str| json!({"op": 5, "fr": from, "to": group, "pc": sgn});
    assert_eq!(net.ask("/id-in", notify("/id-mn")).0, 4004);
    assert_eq!(net.ask("/id-in", notify("/id-low")).0, 2000);
    // What cannot be reached is said for its member alone.
    net.down = ["/id-mn"].into();
    let (_, content) = net.late("/id-in", "Capp", fopt);
    assert_eq!(statuses(&content), [5103, 2000]);
}

#[test]
fn a_registration_is_kept_and_made_again() {
    let mut net = Network::chain();
    net.pass(Duration::from_secs(3 * 86_400));
    assert_eq!(net.get("/id-in", "CAdmin", "id-mn").0, 2000);
    // The middle one is away for long: the IN-CSE forgets it.
    net.down = ["/id-in"].into();
    net.pass(Duration::from_secs(4000));
    assert_eq!(net.get("/id-in", "CAdmin", "id-mn").0, 4004);
    net.down.clear();
    net.pass(Duration::from_secs(1000));
    assert_eq!(net.get("/id-in", "CAdmin", "id-mn").0, 2000);
    let (_, content) = net.get("/id-in", "CAdmin", "id-mn");
    assert_eq!(content["m2m:csr"]["dcse"], json!(["/id-low"]));
    // It loses its memory: what the IN-CSE has is taken up.
    net.start("/id-mn", config("/id-mn", "cse-mn", Some(("/id-in", "cse-in"))));
    net.settle();
    assert!(net.nodes["/id-mn"].is_registered());
    net.pass(Duration::from_secs(7200));
    assert!(net.nodes["/id-low"].is_registered());
    let (_, content) = net.get("/id-in", "CAdmin", "id-mn");
    assert_eq!(content["m2m:csr"]["dcse"], json!(["/id-low"]));
}

#[test]
fn a_registrar_that_refuses_is_asked_again() {
    let mut net = Network {
        nodes: BTreeMap::new(),
        now: Instant::ZERO,
        down: Vec::new(),
        answers: Vec::new(),
        notified: Vec::new(),
        hops: 0,
        kept: BTreeMap::new(),
    };
    let closed = Config { cse_originators: Vec::new(), ..config("/id-in", "cse-in", None) };
    net.start("/id-in", closed);
    net.start("/id-mn", config("/id-mn", "cse-mn", Some(("/id-in", "cse-in"))));
    net.settle();
    net.pass(Duration::from_secs(100));
    assert!(!net.nodes["/id-mn"].is_registered());
    net.start("/id-in", config("/id-in", "cse-in", None));
    net.pass(Duration::from_secs(31));
    assert!(net.nodes["/id-mn"].is_registered());
}

#[test]
fn who_may_register_as_a_cse() {
    let mut b = bench();
    let csr = |csi: &str| json!({"m2m:csr": {"rn": csi.trim_start_matches('/'), "cb": "/x/y", "csi": csi, "rr": false, "srv": ["3"]}});
    let rows = [
        ("/id-a", "/id-a", 2001),
        ("/id-a", "/id-a", 4117),
        ("/id-a", "/id-b", 4103),
        ("Cae", "/id-c", 4103),
        ("/id-in", "/id-in", 4105),
        ("/id-d", "id-d", 4000),
    ];
    for (from, csi, status) in rows {
        let mut content = csr(csi);
        if status == 4117 {
            content["m2m:csr"]["rn"] = json!("again");
        }
        assert_eq!(b.create(from, "cse-in", 16, content).0, status, "{from} {csi}");
    }
    let mut closed = Bench::new(Config { cse_originators: Vec::new(), ..Config::new() });
    assert_eq!(closed.create("/id-a", "cse-in", 16, csr("/id-a")).0, 4103);
    let own = Registrar {
        cse_id: "/id-in".into(),
        cse_name: "cse-in".into(),
        points_of_access: Vec::new(),
    };
    let bad = Config { registrar: Some(own), ..Config::new() };
    assert_eq!(Cse::new(bad, &Seed([1; 32])).unwrap_err(), ConfigError::Registrar);
    for id in ["/id-in", "id-up", "/a/b", ""] {
        let bad = Config { infrastructure: Some(id.into()), ..Config::new() };
        assert_eq!(Cse::new(bad, &Seed([1; 32])).unwrap_err(), ConfigError::Infrastructure);
    }
}

#[test]
fn remote_cses_come_back_from_the_journal() {
    let mut b = bench();
    let csr = json!({"m2m:csr": {"rn": "a", "cb": "/id-a/x", "csi": "/id-a", "rr": true,
        "poa": ["http://a/"], "srv": ["3"]}});
    assert_eq!(b.create("/id-a", "cse-in", 16, csr).0, 2001);
    let mut cse = Cse::new(Config::new(), &Seed([8; 32])).unwrap();
    cse.set_wall_clock(Instant::ZERO, UnixTime::from_millis(START));
    for (key, value) in &b.kept {
        cse.restore(*key, value).unwrap();
    }
    cse.finish_restore();
    let request = json!({"op": 2, "fr": "CAdmin", "to": "/id-a/x/y", "rqi": "1", "rvi": "3"});
    let request = Request::from_value(request).unwrap();
    cse.handle_request(Instant::ZERO, Session::default(), request);
    let outgoing = cse.poll_outgoing().unwrap();
    assert_eq!(outgoing.target.addresses, ["http://a/"]);
    assert_eq!(outgoing.request.from.as_deref(), Some("/id-in/CAdmin"));
}
