use super::*;
use crate::ResponseStatusCode;

impl Bench {
    /// An AE that can be reached at `http://<id>`.
    pub(super) fn reachable(&mut self, id: &str) {
        let poa = [std::format!("http://{id}")];
        let ae = json!({"rn": id, "api": "N1", "rr": true, "srv": ["3"], "poa": poa});
        assert_eq!(self.create(id, "cse-in", 2, json!({ "m2m:ae": ae })).0, 2001);
    }

    /// Gives a request to the CSE without waiting for its response.
    pub(super) fn begin(&mut self, request: Value) -> RequestId {
        let mut whole = json!({"rqi": "1", "rvi": "3"});
        whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
        let request = Request::from_value(whole).unwrap();
        self.cse.handle_request(self.now, Session::default(), request)
    }

    pub(super) fn answered(&mut self) -> Option<(u32, Value)> {
        self.pass(0);
        let (_, response) = self.cse.poll_response()?;
        let content = response.content.as_ref().map_or(Value::Null, Content::to_value);
        Some((response.status.number(), content))
    }

    /// The next outgoing request.
    pub(super) fn sent(&mut self) -> Option<Outgoing> {
        self.pass(0);
        let next = self.cse.poll_outgoing()?;
        next.request.validate().unwrap();
        Some(next)
    }

    pub(super) fn reply(&mut self, id: OutgoingId, status: u32) {
        let status = ResponseStatusCode::from_number(status);
        let response = Response::new(status, "any".to_string());
        self.cse.handle_response(self.now, id, response);
    }
}

#[test]
fn requests_are_counted_by_how_they_end() {
    let mut b = bench();
    b.reachable("Cae");
    let before = *b.cse.counters();
    assert_eq!((before.requests, before.succeeded), (1, 1));
    let notify =
        json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae", "pc": {"m2m:sgn": {"sur": "x"}}});
    b.begin(notify.clone());
    let out = b.sent().unwrap();
    b.reply(out.id, 4103);
    b.begin(notify);
    b.pass(20_000);
    while b.cse.poll_response().is_some() {}
    assert_eq!(b.get("CAdmin", "cse-in/Cnobody").0, 4004);
    let soon = json!({"m2m:cnt": {"et": "20261118T110800"}});
    assert_eq!(b.create("Cae", "cse-in/Cae", 3, soon).0, 2001);
    b.pass(1_000_000);
    let expected = Counters {
        requests: 5,
        succeeded: 2,
        refused: 3,
        expired: 1,
        outgoing: 2,
        answered: 1,
        unanswered: 1,
        ..Counters::default()
    };
    assert_eq!(*b.cse.counters(), expected);
}

#[test]
fn a_notification_to_an_ae_goes_to_its_point_of_access() {
    let mut b = bench();
    b.reachable("Cae");
    b.ae("Cother");
    let pc = json!({"m2m:sgn": {"sur": "x"}});
    let notify = json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae", "pc": pc});
    b.begin(notify.clone());
    assert_eq!(b.answered(), None);
    let out = b.sent().unwrap();
    assert_eq!(out.target.entity.as_deref(), Some("Cae"));
    assert_eq!(out.target.addresses, ["http://Cae"]);
    assert_eq!(out.request.from.as_deref(), Some("/id-in/CAdmin"));
    assert_eq!(out.request.content.as_ref().unwrap().to_value(), pc);
    b.reply(out.id, 2000);
    assert_eq!(b.answered(), Some((2000, Value::Null)));
    b.reply(out.id, 2000);
    assert_eq!(b.answered(), None, "one outcome for each");

    b.begin(notify.clone());
    let out = b.sent().unwrap();
    b.cse.outgoing_undelivered(b.now, out.id);
    assert_eq!(b.answered(), None);
    b.pass(5_000);
    assert_eq!(b.answered().unwrap().0, 5103, "nobody waits for ever");
    while b.sent().is_some() {}

    // Neither polled nor answered in time.
    b.begin(notify.clone());
    b.pass(20_000);
    assert_eq!(b.answered().unwrap().0, 4008);
    assert!(b.sent().is_none(), "too late to be sent");

    for (from, to, status) in [
        ("CAdmin", "cse-in/Cother", 5103),
        ("Cother", "cse-in/Cae", 4004),
        ("CAdmin", "cse-in", 4005),
    ] {
        let asked = json!({"op": 5, "fr": from, "to": to, "pc": pc});
        assert_eq!(b.ask(asked).0, status, "{from} {to}");
    }
}

#[test]
fn outgoing_requests_are_bounded() {
    let mut config = Config::new();
    config.limits.outgoing = 2;
    let mut b = Bench::new(config);
    b.reachable("Cae");
    let notify = json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae", "pc": {"m2m:sgn": {}}});
    b.begin(notify.clone());
    b.begin(notify.clone());
    assert_eq!(b.ask(notify).0, 5103);
    let first = b.sent().unwrap();
    assert!(b.sent().is_some() && b.sent().is_none());
    b.reply(first.id, 2000);
    assert_eq!(b.answered().unwrap().0, 2000);
}

#[test]
fn ts_0004_7_5_1_2_2_notifications_are_in_the_serialisation_that_is_wanted() {
    use crate::media::Serialization::{self, Cbor, Json, Xml};
    let mut b = bench();
    let has = |wanted| crate::primitive::serial::has(wanted);
    let mut wanted = |csz: Value| -> Option<Serialization> {
        b.reachable("Cae");
        b.update("Cae", "cse-in/Cae", json!({"m2m:ae": {"csz": csz}}));
        let sgn = json!({"m2m:sgn": {"sur": "x"}});
        b.begin(json!({"op": 5, "fr": "CAdmin", "to": "cse-in/Cae", "pc": sgn}));
        let out = b.sent().unwrap();
        b.reply(out.id, 2000);
        b.answered();
        b.delete("Cae", "cse-in/Cae");
        out.target.serialization
    };
    assert_eq!(wanted(json!(["application/json", "application/cbor"])), Some(Json));
    assert_eq!(
        wanted(json!(["application/exi", "application/cbor"])),
        Some(Cbor).filter(|s| has(*s))
    );
    assert_eq!(wanted(json!(["xml"])), Some(Xml).filter(|s| has(*s)));
    assert_eq!(wanted(json!(null)), None);
    b.create("CAdmin", "cse-in", 3, json!({"m2m:cnt": {"rn": "c"}}));
    let nu = ["http://one/?ct=cbor", "http://two/"];
    let sub = json!({"m2m:sub": {"nu": nu, "enc": {"net": [1]}}});
    b.begin(json!({"op": 1, "fr": "CAdmin", "to": "cse-in/c", "ty": 23, "pc": sub}));
    let mut found = Vec::new();
    while let Some(out) = b.sent() {
        found.push((out.target.addresses[0].clone(), out.target.serialization));
    }
    let cbor = Some(Cbor).filter(|s| has(*s));
    assert_eq!(found, [("http://one/".into(), cbor), ("http://two/".into(), None)]);
}
