use super::*;
use crate::cse::{Config as CseConfig, Cse, Session};
use crate::primitive::Content;
use crate::{Operation, ResourceType, ResponseStatusCode as Rsc};
use m2m_base::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::vec;

const START: i64 = 1_795_000_000_000;

/// What becomes of a request and its response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Good,
    NoConnection,
    RequestLost,
    ResponseLost,
    ResponseTwice,
}

/// An AE, its CSE, and what is between them.
struct Bench {
    ae: Ae,
    cse: Cse,
    now: Instant,
    fates: Vec<Fate>,
    sent: Vec<Request>,
    events: Vec<Event>,
}

fn config() -> Config {
    Config { name: Some("meter".into()), ..Config::new("cse-in", "Cmeter", "Nmeter") }
}

fn cse() -> Cse {
    let mut cse = Cse::new(CseConfig::new(), &Seed([7; 32])).unwrap();
    cse.set_wall_clock(Instant::ZERO, UnixTime::from_millis(START));
    cse
}

fn ask(cse: &mut Cse, now: Instant, request: Request) -> Response {
    let id = cse.handle_request(now, Session::default(), request);
    for _ in 0..1000 {
        while cse.poll_journal().is_some() {}
        if let Some((own, response)) = cse.poll_response() {
            assert_eq!(own, id);
            return response;
        }
        cse.handle_timeout(now);
    }
    panic!("no response");
}

impl Bench {
    fn new(config: Config) -> Bench {
        Bench {
            ae: Ae::new(config, &Seed([3; 32])).unwrap(),
            cse: cse(),
            now: Instant::ZERO,
            fates: Vec::new(),
            sent: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Carries what is to be carried now.
    fn exchange(&mut self) {
        while self.cse.poll_timeout().is_some_and(|at| at <= self.now) {
            self.cse.handle_timeout(self.now);
        }
        for _ in 0..200 {
            // A spurious timeout changes nothing.
            self.ae.handle_timeout(self.now);
            let Some(outgoing) = self.ae.poll_outgoing(self.now) else { break };
            outgoing.request.validate().unwrap();
            self.sent.push(outgoing.request.clone());
            let fate = self.fates.pop().unwrap_or(Fate::Good);
            match fate {
                Fate::NoConnection => self.ae.outgoing_failed(self.now, outgoing.id),
                Fate::RequestLost => {}
                _ => {
                    let response = ask(&mut self.cse, self.now, outgoing.request);
                    if fate != Fate::ResponseLost {
                        let taken =
                            self.ae.handle_response(self.now, outgoing.id, response.clone());
                        assert_eq!(taken, Disposition::Accepted);
                    }
                    if fate == Fate::ResponseTwice {
                        let taken = self.ae.handle_response(self.now, outgoing.id, response);
                        assert_eq!(taken, Disposition::Ignored(Cause::Unexpected));
                    }
                }
            }
        }
        while let Some(event) = self.ae.poll_event() {
            self.events.push(event);
        }
        assert!(self.ae.poll_timeout().is_none_or(|at| at > self.now), "a deadline has passed");
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.ae.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.exchange();
        }
        self.now = end;
        self.exchange();
    }

    fn registered(config: Config) -> Bench {
        let mut b = Bench::new(config);
        b.ae.register(b.now).unwrap();
        b.exchange();
        assert_eq!(b.take(), [Event::Registered { known: false }]);
        b
    }

    fn take(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    fn done(&mut self, command: Command) -> (Outcome, Value) {
        let id = self.ae.request(self.now, command).unwrap();
        self.exchange();
        let events = self.take();
        let [Event::Done { id: own, outcome }] = events[..] else { panic!("{events:?}") };
        assert_eq!(own, id);
        let content = self.ae.response(id).and_then(|r| r.content.as_ref());
        let content = content.map_or(Value::Null, Content::to_value);
        self.ae.release(self.now, id).unwrap();
        assert_eq!(self.ae.release(self.now, id), Err(UsageError::UnknownId));
        (outcome, content)
    }

    fn admin(&mut self, operation: Operation, to: &str) -> u32 {
        let mut request = Request::new(operation, to.into(), "x".into());
        request.from = Some("CAdmin".into());
        request.release_version_indicator = Some(crate::ReleaseVersion::R3);
        ask(&mut self.cse, self.now, request).status.number()
    }
}

fn good(status: Rsc) -> Outcome {
    Outcome::Response(status)
}

#[test]
fn ts_0001_10_2_2_an_ae_registers_and_works() {
    let mut b = Bench::new(config());
    assert_eq!(b.ae.request(b.now, Command::retrieve("cse-in")), Err(UsageError::NotRegistered));
    assert_eq!(b.ae.deregister(b.now), Err(UsageError::NotRegistered));
    b.ae.register(b.now).unwrap();
    assert_eq!(b.ae.register(b.now), Err(UsageError::Registered));
    b.exchange();
    assert_eq!(b.take(), [Event::Registered { known: false }]);
    let registration = b.ae.registration().unwrap();
    assert_eq!((&*registration.ae_id, &*registration.resource), ("Cmeter", "Cmeter"));

    let container = Resource::new(ResourceType::Container).name("power").number("mni", 3);
    let (outcome, content) = b.done(Command::create("cse-in/meter", container));
    assert_eq!((outcome, &content["m2m:cnt"]["mni"]), (good(Rsc::Created), &json!(3)));
    let reading = Resource::new(ResourceType::ContentInstance).text("con", "230 \"V\"");
    let (outcome, _) = b.done(Command::create("cse-in/meter/power", reading));
    assert_eq!(outcome, good(Rsc::Created));
    let (outcome, content) = b.done(Command::retrieve("cse-in/meter/power/la"));
    assert_eq!((outcome, &content["m2m:cin"]["con"]), (good(Rsc::Ok), &json!("230 \"V\"")));
    let labels = Resource::new(ResourceType::Container).list("lbl", ["a", "b"]);
    let (outcome, _) = b.done(Command::update("cse-in/meter/power", labels));
    assert_eq!(outcome, good(Rsc::Updated));
    let criteria =
        crate::primitive::FilterCriteria { labels: vec!["b".into()], ..Default::default() };
    let (outcome, content) = b.done(Command::discover("cse-in", criteria));
    assert_eq!((outcome, &content["m2m:uril"]), (good(Rsc::Ok), &json!(["cse-in/meter/power"])));
    assert_eq!(b.done(Command::delete("cse-in/meter/power")).0, good(Rsc::Deleted));
    assert_eq!(b.done(Command::retrieve("cse-in/meter/power")).0, good(Rsc::NotFound));

    b.pass(Duration::from_secs(1));
    b.ae.deregister(b.now).unwrap();
    b.exchange();
    assert_eq!(b.take(), [Event::Deregistered]);
    assert_eq!((b.ae.registration(), b.ae.poll_timeout()), (None, None));
    assert_eq!(b.admin(Operation::Retrieve, "Cmeter"), 4004);
}

#[test]
fn a_registration_is_kept_without_a_clock() {
    let mut b = Bench::registered(config());
    assert_eq!(b.sent.len(), 2, "the CSE chose an expiration; now its time is known");
    b.pass(Duration::from_secs(86_400));
    assert_eq!(b.take(), []);
    assert_eq!(b.sent.len(), 2 + 32, "one update every three quarters of an hour");
    assert_eq!(b.admin(Operation::Retrieve, "Cmeter"), 2000);
    // When the device is gone, so is its resource, an hour later.
    b.now += Duration::from_secs(3700);
    while b.cse.poll_timeout().is_some_and(|at| at <= b.now) {
        b.cse.handle_timeout(b.now);
    }
    assert_eq!(b.admin(Operation::Retrieve, "Cmeter"), 4004);
    b.exchange();
    assert_eq!(b.take(), [Event::RegistrationLost, Event::Registered { known: false }]);
}

#[test]
fn a_wall_clock_sets_the_first_expiration_too() {
    let mut b = Bench::new(config());
    b.ae.set_wall_clock(b.now, UnixTime::from_millis(START));
    b.ae.register(b.now).unwrap();
    b.exchange();
    let sent = b.sent.last().unwrap().content.as_ref().unwrap().to_value();
    let until = time_of(&sent["m2m:ae"]["et"]);
    assert_eq!(until.as_millis(), START + 3_600_000);
    b.pass(Duration::from_secs(86_400));
    assert_eq!(b.take(), [Event::Registered { known: false }]);
}

fn time_of(value: &Value) -> UnixTime {
    crate::time::Timestamp::parse(value.as_str().unwrap()).unwrap().unix_time()
}

#[test]
fn a_device_that_forgot_takes_up_what_the_cse_has() {
    for name in [Some("meter"), None] {
        let config = Config { name: name.map(Into::into), ..config() };
        let mut b = Bench::registered(config.clone());
        let container = Resource::new(ResourceType::Container).name("power");
        assert_eq!(b.done(Command::create("Cmeter", container)).0, good(Rsc::Created));
        b.ae = Ae::new(config, &Seed([4; 32])).unwrap();
        b.ae.register(b.now).unwrap();
        b.exchange();
        assert_eq!(b.take(), [Event::Registered { known: true }], "{name:?}");
        assert_eq!(b.done(Command::retrieve("Cmeter/power")).0, good(Rsc::Ok));
        b.pass(Duration::from_secs(86_400 * 2));
        assert_eq!(b.take(), []);
    }
    // A name that is another's is not.
    let mut b = Bench::registered(config());
    let other = Config { originator: "Cother".into(), ..config() };
    b.ae = Ae::new(other, &Seed([4; 32])).unwrap();
    b.ae.register(b.now).unwrap();
    b.exchange();
    let events = b.take();
    assert!(
        matches!(events[..], [Event::RegistrationFailed { status: Some(_), again: false }]),
        "{events:?}"
    );
}

#[test]
fn an_ae_id_that_the_cse_chose_is_restored() {
    let named = Config { originator: "C".into(), name: None, ..config() };
    let mut b = Bench::registered(named.clone());
    let registration = b.ae.registration().unwrap().clone();
    assert_ne!(registration.ae_id, "C");
    b.ae = Ae::new(named.clone(), &Seed([4; 32])).unwrap();
    b.ae.restore(b.now, registration.clone()).unwrap();
    assert_eq!(b.done(Command::retrieve(&registration.resource)).0, good(Rsc::Ok));
    b.pass(Duration::from_secs(86_400 * 4));
    assert_eq!(b.take(), []);

    // Deleted while the device was off.
    assert_eq!(b.admin(Operation::Delete, &registration.resource), 2002);
    b.ae = Ae::new(named, &Seed([5; 32])).unwrap();
    b.ae.restore(b.now, registration.clone()).unwrap();
    b.exchange();
    assert_eq!(b.take(), [Event::RegistrationLost, Event::Registered { known: false }]);
    assert_ne!(b.ae.registration().unwrap().ae_id, registration.ae_id);
}

#[test]
fn a_lost_registration_is_noticed_when_a_request_is_refused() {
    let mut b = Bench::registered(config());
    assert_eq!(b.admin(Operation::Delete, "Cmeter"), 2002);
    let id = b.ae.request(b.now, Command::retrieve("Cmeter")).unwrap();
    b.exchange();
    let events = b.take();
    assert_eq!(events[0], Event::Done { id, outcome: good(Rsc::NotFound) });
    assert_eq!(events[1..], [Event::RegistrationLost, Event::Registered { known: false }]);
    // What is refused for another reason does not make it ask each time.
    let before = b.sent.len();
    for _ in 0..10 {
        let id = b.ae.request(b.now, Command::retrieve("cse-in/nothing")).unwrap();
        b.exchange();
        b.ae.release(b.now, id).unwrap();
    }
    assert_eq!(b.sent.len() - before, 11, "one look");
}

#[test]
fn a_cse_that_is_away_is_tried_until_it_is_back() {
    let mut b = Bench::new(config());
    b.fates = vec![Fate::NoConnection; 40];
    b.ae.register(b.now).unwrap();
    b.pass(Duration::from_secs(86_400));
    let events = b.take();
    let (last, failed) = events.split_last().unwrap();
    assert_eq!(failed.len(), 10, "four attempts each");
    let failure = Event::RegistrationFailed { status: None, again: true };
    assert!(failed.iter().all(|e| *e == failure));
    assert_eq!(*last, Event::Registered { known: false });
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let reading = || Resource::new(ResourceType::ContentInstance).text("con", "1");
    let rows = [
        (Command::create("cse-in/meter/power", reading()), Fate::ResponseLost, Outcome::TimedOut),
        (Command::create("cse-in/meter/power", reading()), Fate::RequestLost, Outcome::TimedOut),
        (Command::create("cse-in/meter/power", reading()), Fate::NoConnection, good(Rsc::Created)),
        (Command::retrieve("cse-in/meter/power/la"), Fate::ResponseLost, good(Rsc::Ok)),
        (Command::retrieve("cse-in/meter/power/la"), Fate::RequestLost, good(Rsc::Ok)),
        (Command::retrieve("cse-in/meter/power/la"), Fate::ResponseTwice, good(Rsc::Ok)),
    ];
    for (command, fate, outcome) in rows {
        let mut b = Bench::registered(config());
        let container = Resource::new(ResourceType::Container).name("power");
        b.done(Command::create("cse-in/meter", container));
        b.done(Command::create("cse-in/meter/power", reading()));
        b.fates = vec![fate];
        let id = b.ae.request(b.now, command).unwrap();
        b.exchange();
        b.pass(Duration::from_secs(60));
        assert_eq!(b.take(), [Event::Done { id, outcome }], "{fate:?}");
    }
}

#[test]
fn limits_and_ids() {
    let limits = Limits { requests: 2, ..Limits::default() };
    let mut b = Bench::registered(Config { limits, ..config() });
    let first = b.ae.request(b.now, Command::retrieve("cse-in")).unwrap();
    let second = b.ae.request(b.now, Command::retrieve("cse-in")).unwrap();
    assert_eq!(b.ae.request(b.now, Command::retrieve("cse-in")), Err(UsageError::Full));
    b.ae.release(b.now, first).unwrap();
    b.exchange();
    let cancelled = Event::Done { id: first, outcome: Outcome::Cancelled };
    let done = Event::Done { id: second, outcome: good(Rsc::OriginatorHasNoPrivilege) };
    let events = b.take();
    assert_eq!(events.len(), 2);
    assert!(
        events.contains(&cancelled) && matches!(events[1], Event::Done { id, .. } if id == second),
        "{done:?}"
    );
    b.ae.request(b.now, Command::retrieve("cse-in")).unwrap();
    assert_eq!(b.ae.request(b.now, Command::retrieve("cse-in")), Err(UsageError::Full));
    b.ae.release(b.now, second).unwrap();
    let mut bad = Command::retrieve("cse-in");
    bad.request_mut().content = Content::from_json(b"{}").ok();
    bad.request_mut().resource_type = Some(ResourceType::Container);
    assert_eq!(b.ae.request(b.now, bad), Err(UsageError::Invalid));
    for (broken, error) in [
        (Config { originator: "x y".into(), ..config() }, ConfigError::Originator),
        (Config { cse_base: "a//b".into(), ..config() }, ConfigError::CseBase),
        (Config { name: Some("a/b".into()), ..config() }, ConfigError::Name),
        (Config { limits: Limits { requests: 0, ..limits }, ..config() }, ConfigError::Limits),
    ] {
        assert_eq!(Ae::new(broken, &Seed([1; 32])).unwrap_err(), error);
    }
}

fn notify(content: &Value) -> Request {
    let mut request = Request::new(Operation::Notify, "Cmeter".into(), "n1".into());
    request.from = Some("/id-in".into());
    request.content = Content::from_value(content);
    request
}

#[test]
fn notifications_are_answered_by_the_application() {
    let limits = Limits { notifications: 2, ..Limits::default() };
    let mut b = Bench::registered(Config { limits, ..config() });
    let check = b.ae.handle_request(b.now, notify(&json!({"m2m:sgn": {"vrq": true, "sur": "s"}})));
    let (id, response) = b.ae.poll_response().unwrap();
    assert_eq!((id, response.status, &*response.request_identifier), (check, Rsc::Ok, "n1"));
    assert_eq!(b.ae.poll_event(), None);

    let event = json!({"m2m:sgn": {"sur": "/id-in/sub", "nev": {"net": 3, "rep":
        {"m2m:cin": {"con": "x"}}}}});
    let many = json!({"m2m:agn": {"m2m:sgn": [event["m2m:sgn"], {"sud": true, "sur": "t"}]}});
    let first = b.ae.handle_request(b.now, notify(&event));
    let second = b.ae.handle_request(b.now, notify(&many));
    assert_eq!(b.ae.poll_event(), Some(Event::Notified { id: first }));
    assert_eq!(b.ae.poll_event(), Some(Event::Notified { id: second }));
    assert!(b.ae.poll_response().is_none());
    let entries: Vec<_> = b.ae.notification(first).unwrap().entries().collect();
    let [entry] = entries[..] else { panic!() };
    assert_eq!(entry.subscription().as_deref(), Some("/id-in/sub"));
    assert_eq!((entry.event_type(), entry.is_deletion()), (Some(3), false));
    assert_eq!(entry.representation().unwrap().as_str(), r#"{"m2m:cin":{"con":"x"}}"#);
    let entries: Vec<_> = b.ae.notification(second).unwrap().entries().collect();
    assert_eq!((entries.len(), entries[1].is_deletion()), (2, true));

    let third = b.ae.handle_request(b.now, notify(&event));
    assert_eq!(b.ae.poll_response().unwrap().1.status, Rsc::TargetNotReachable, "{third:?}: full");
    b.ae.answer(b.now, first, Rsc::Ok).unwrap();
    assert_eq!(b.ae.answer(b.now, first, Rsc::Ok), Err(UsageError::UnknownId));
    let (id, response) = b.ae.poll_response().unwrap();
    assert_eq!((id, response.status), (first, Rsc::Ok));
    let mut other = notify(&event);
    other.operation = Operation::Retrieve;
    b.ae.handle_request(b.now, other);
    assert_eq!(b.ae.poll_response().unwrap().1.status, Rsc::OperationNotAllowed);
}

/// Takes the next request and answers it by hand.
fn answer(ae: &mut Ae, now: Instant, status: Rsc, content: &Value) -> Request {
    let outgoing = ae.poll_outgoing(now).unwrap();
    let mut response = Response::to_request(&outgoing.request, status);
    response.content = Content::from_value(content);
    assert_eq!(ae.handle_response(now, outgoing.id, response), Disposition::Accepted);
    outgoing.request
}

fn by_hand(config: Config) -> Ae {
    let mut ae = Ae::new(config, &Seed([3; 32])).unwrap();
    ae.set_wall_clock(Instant::ZERO, time_of(&json!("20260101T000000")));
    ae.register(Instant::ZERO).unwrap();
    let made = json!({"m2m:ae": {"aei": "Cmeter", "ri": "r77",
        "ct": "20260101T000000", "lt": "20260101T000000", "et": "20260102T000000"}});
    answer(&mut ae, Instant::ZERO, Rsc::Created, &made);
    assert_eq!(ae.poll_event(), Some(Event::Registered { known: false }));
    ae
}

#[test]
fn ts_0001_8_2_2_results_of_requests_that_do_not_block() {
    use crate::enumeration::ResponseType;
    let mut ae = by_hand(config());
    let mut now = Instant::from_millis(10);
    // Fetched: pending once, then there.
    let command = Command::retrieve("x").response_type(ResponseType::NonBlockingRequestSynch);
    let id = ae.request(now, command).unwrap();
    let sent =
        answer(&mut ae, now, Rsc::AcceptedNonBlockingSynch, &json!({"m2m:uri": "/id-in/req5"}));
    assert_eq!(ae.poll_event(), None);
    for (status, done) in [(3, false), (1, true)] {
        let at = ae.poll_timeout().unwrap();
        assert_eq!(at, now + Duration::from_secs(2));
        now = at;
        ae.handle_timeout(now);
        let mut resource = json!({"m2m:req": {"rs": status}});
        if done {
            resource["m2m:req"]["ors"] =
                json!({"rsc": 2000, "rqi": sent.request_identifier, "pc": {"m2m:cnt": {}}});
        }
        let fetched = answer(&mut ae, now, Rsc::Ok, &resource);
        assert_eq!(fetched.to, "/id-in/req5");
    }
    assert_eq!(ae.poll_event(), Some(Event::Done { id, outcome: good(Rsc::Ok) }));
    assert!(ae.response(id).unwrap().content.is_some());

    // Notified.
    let command = Command::delete("x").response_type(ResponseType::NonBlockingRequestAsynch);
    let id = ae.request(now, command).unwrap();
    let sent = answer(&mut ae, now, Rsc::AcceptedNonBlockingAsynch, &json!({}));
    let result = json!({"m2m:rsp": {"rsc": 2002, "rqi": sent.request_identifier}});
    ae.handle_request(now, notify(&result));
    assert_eq!(ae.poll_response().unwrap().1.status, Rsc::Ok);
    assert_eq!(ae.poll_event(), Some(Event::Done { id, outcome: good(Rsc::Deleted) }));
    ae.handle_request(now, notify(&result));
    assert_eq!(ae.poll_response().unwrap().1.status, Rsc::NotFound, "nothing waits for it");

    // The request is gone before its result was fetched.
    let command = Command::retrieve("x").response_type(ResponseType::NonBlockingRequestSynch);
    let id = ae.request(now, command).unwrap();
    answer(&mut ae, now, Rsc::AcceptedNonBlockingSynch, &json!({"m2m:uri": "/id-in/req6"}));
    now += Duration::from_secs(2);
    ae.handle_timeout(now);
    answer(&mut ae, now, Rsc::NotFound, &json!({}));
    assert_eq!(ae.poll_event(), Some(Event::Done { id, outcome: good(Rsc::NotFound) }));
}

#[test]
fn ts_0001_10_2_5_13_requests_through_a_polling_channel() {
    let mut ae = by_hand(Config { polling: true, ..config() });
    let mut now = Instant::from_millis(10);
    let created = answer(&mut ae, now, Rsc::Created, &json!({"m2m:pch": {"ri": "pch9"}}));
    assert_eq!((&*created.to, created.resource_type), ("r77", Some(ResourceType::PollingChannel)));
    // Nothing within the time, then a notification.
    let polled = answer(&mut ae, now, Rsc::RequestTimeout, &json!({}));
    assert_eq!((&*polled.to, polled.operation), ("pch9/pcu", Operation::Retrieve));
    let event = json!({"op": 5, "to": "Cmeter", "fr": "/id-in", "rqi": "q1", "rvi": "3",
        "pc": {"m2m:sgn": {"sur": "s", "nev": {"net": 1}}}});
    answer(&mut ae, now, Rsc::Ok, &json!({"m2m:rqp": event}));
    let Some(Event::Notified { id }) = ae.poll_event() else { panic!() };
    ae.answer(now, id, Rsc::Ok).unwrap();
    assert!(ae.poll_response().is_none(), "its answer goes to the channel");
    let again = ae.poll_outgoing(now).unwrap();
    assert!(again.long && again.request.operation == Operation::Retrieve);
    let answered = answer(&mut ae, now, Rsc::Ok, &json!({}));
    assert_eq!((&*answered.to, answered.operation), ("pch9/pcu", Operation::Notify));
    let inner = answered.content.unwrap().to_value();
    assert_eq!((&inner["m2m:rsp"]["rqi"], &inner["m2m:rsp"]["rsc"]), (&json!("q1"), &json!(2000)));
    // No answer at all: asked again, when the longest time is over.
    let at = ae.poll_timeout().unwrap();
    assert_eq!(at, now + Duration::from_secs(70));
    now = at;
    ae.handle_timeout(now);
    assert_eq!(ae.poll_outgoing(now).unwrap().request.to, "pch9/pcu");
    // No connection: after a pause.
    let at = ae.poll_timeout().unwrap();
    ae.handle_timeout(at);
    let outgoing = ae.poll_outgoing(at).unwrap();
    ae.outgoing_failed(at, outgoing.id);
    assert!(ae.poll_timeout().unwrap() > at);
}

#[test]
fn aggregated_requests_of_a_channel_are_taken_apart() {
    let mut ae = by_hand(Config { polling: true, aggregation: true, ..config() });
    let now = Instant::from_millis(10);
    let created = answer(&mut ae, now, Rsc::Created, &json!({"m2m:pch": {"ri": "pch9"}}));
    assert_eq!(created.content.unwrap().to_value()["m2m:pch"]["rqag"], true);
    let event = |rqi: &str| {
        json!({"op": 5, "to": "Cmeter", "fr": "/id-in", "rqi": rqi, "rvi": "3",
        "pc": {"m2m:sgn": {"sur": "s", "nev": {"net": 1}}}})
    };
    let several = json!({"m2m:rqp": [event("q1"), {"op": 9}, event("q2")]});
    answer(&mut ae, now, Rsc::Ok, &json!({ "m2m:agrp": several }));
    for name in ["q1", "q2"] {
        let Some(Event::Notified { id }) = ae.poll_event() else { panic!() };
        assert_eq!(ae.notification(id).unwrap().request().request_identifier, name);
        ae.answer(now, id, Rsc::Ok).unwrap();
    }
    assert!(ae.poll_event().is_none());
    // It polls again, and answers both.
    let mut sent = Vec::new();
    while let Some(outgoing) = ae.poll_outgoing(now) {
        sent.push(outgoing.request);
    }
    let answers = sent.iter().filter(|request| request.operation == Operation::Notify);
    let named = answers.map(|r| r.content.as_ref().unwrap().to_value()["m2m:rsp"]["rqi"].clone());
    assert_eq!(named.collect::<Vec<_>>(), [json!("q1"), json!("q2")]);
    assert_eq!(sent.len(), 3);
    // A list of them without a name around is what some send.
    let mut ae = by_hand(Config { polling: true, ..config() });
    answer(&mut ae, now, Rsc::Created, &json!({"m2m:pch": {"ri": "pch9"}}));
    answer(&mut ae, now, Rsc::Ok, &json!({"m2m:agrp": [event("q3")]}));
    assert!(matches!(ae.poll_event(), Some(Event::Notified { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn each_request_ends_once_whatever_is_lost(
        fates in prop::collection::vec(0u8..5, 0..60),
        steps in prop::collection::vec((0u8..6, 0u64..30_000), 1..40),
    ) {
        let mut b = Bench::new(config());
        b.fates = fates.iter().map(|f| match f {
            0 => Fate::NoConnection,
            1 => Fate::RequestLost,
            2 => Fate::ResponseLost,
            3 => Fate::ResponseTwice,
            _ => Fate::Good,
        }).collect();
        b.ae.set_wall_clock(b.now, UnixTime::from_millis(START));
        b.ae.register(b.now).unwrap();
        let (mut made, mut released) = (Vec::new(), Vec::new());
        for (step, pause) in steps {
            let command = match step {
                0 => Command::create("Cmeter", Resource::new(ResourceType::Container)),
                1 => Command::retrieve("Cmeter"),
                2 => Command::delete("Cmeter/none"),
                3 => {
                    // The CSE forgets the AE.
                    b.admin(Operation::Delete, "Cmeter");
                    continue;
                }
                4 => {
                    if let Some(id) = made.pop() {
                        let known = b.ae.release(b.now, id).is_ok();
                        let over = |e: &Event| matches!(e, Event::Done { id: own, .. } if *own == id);
                        prop_assert!(known || b.events.iter().any(over));
                        released.push(id);
                    }
                    continue;
                }
                _ => {
                    b.pass(Duration::from_millis(pause));
                    continue;
                }
            };
            if let Ok(id) = b.ae.request(b.now, command) {
                made.push(id);
            }
        }
        b.pass(Duration::from_secs(7200));
        // A CSE that deleted it twice while it registered looks like one where the name is taken.
        if b.ae.register(b.now).is_ok() {
            b.pass(Duration::from_secs(7200));
        }
        let events = b.take();
        for id in made.iter().chain(&released) {
            let ends = events.iter().filter(|e| matches!(e, Event::Done { id: own, .. } if own == id));
            prop_assert_eq!(ends.count(), 1);
        }
        prop_assert!(b.ae.registration().is_some(), "{:?}", events);
        prop_assert_eq!(b.admin(Operation::Retrieve, "Cmeter"), 2000);
    }
}

#[test]
fn what_comes_shall_be_serialised_as_the_ae_wants_it() {
    use crate::media::Serialization::{Cbor, Json};
    let mut bench = Bench::new(Config { serializations: vec![Cbor, Json], ..config() });
    bench.ae.register(bench.now).unwrap();
    let outgoing = bench.ae.poll_outgoing(bench.now).unwrap();
    let content = outgoing.request.content.as_ref().unwrap().to_value();
    assert_eq!(content["m2m:ae"]["csz"], json!(["application/cbor", "application/json"]));
    let response = ask(&mut bench.cse, bench.now, outgoing.request);
    assert_eq!(response.status, Rsc::Created);
}
