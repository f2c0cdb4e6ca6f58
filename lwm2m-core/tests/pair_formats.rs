//! Our client and our server agree on every operation in every content format of every version,
//! also over a network that loses, doubles, delays and reorders: what was written is what is
//! stored, and what is read, notified and sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use coap_core::{Code, ContentFormat, Message};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{
    self, Body, Content, Event, Failure, ObservationId, Operation, OperationId, RegistrationId,
    Server, WriteMode,
};
use lwm2m_core::{Level, ObjectLink, Path, Value, Version, object};
use m2m_base::{Duration, Instant};
use m2m_sim::{Chance, Checked, Link, Node, Rules, World};

const SSID: u16 = 101;
const NAME: &str = "urn:dev:os:32473-1";
const TEST: u16 = object::TEST_1_1.id;
const SECONDS: fn(u64) -> Duration = Duration::from_secs;
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEST_1_1];

type Values = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct Seen {
    answers: Vec<(OperationId, Code, Option<ObservationId>)>,
    failures: Vec<(OperationId, Failure)>,
    notified: Vec<(ObservationId, Option<ContentFormat>, Values)>,
    sent: Vec<(Option<ContentFormat>, Values)>,
    executed: Vec<String>,
}

struct Pair {
    world: World,
    client: Node<Client>,
    server: Node<Server>,
    seen: Rc<RefCell<Seen>>,
    id: RegistrationId,
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.chars().collect(),
        Value::Opaque(data) => format!("{:?}", data.bytes().collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

fn values(content: &Content<'_>) -> Values {
    let mut all = Values::new();
    for item in content.items().unwrap() {
        let item = item.unwrap();
        if let ItemContent::Value(value) = &item.content {
            all.insert(item.path.to_string(), shown(value));
        }
    }
    all
}

fn plain(items: &[Item<'_>]) -> Values {
    let mut all = Values::new();
    for item in items {
        if let ItemContent::Value(value) = &item.content {
            all.insert(item.path.to_string(), shown(value));
        }
    }
    all
}

fn handle(seen: &RefCell<Seen>, e: &mut Checked<Server>, now: Instant, event: &Event) {
    let mut seen = seen.borrow_mut();
    match *event {
        Event::Response { id, code, observation, .. } => seen.answers.push((id, code, observation)),
        Event::Failed { id, reason, .. } => seen.failures.push((id, reason)),
        Event::Notified { id, observation, .. } => {
            let told = e.engine().notification(id).map(|c| (c.format(), values(&c)));
            seen.notified.extend(told.map(|(format, values)| (observation, format, values)));
            e.command(now, move |s, _| s.release_notification(id));
        }
        Event::Sent { id, .. } => {
            let told = e.engine().notification(id).map(|c| (c.format(), values(&c)));
            seen.sent.extend(told);
            e.command(now, move |s, _| s.release_notification(id));
        }
        _ => {}
    }
}

/// A value of each type, and several instances of those that may have them.
fn all() -> &'static [Item<'static>] {
    let link = ObjectLink { object: 3, instance: 0 };
    let rows = vec![
        ("/3442/0/110", Value::string("Zürich, \"quoted\"")),
        ("/3442/0/120", Value::Integer(-5_000_000_000)),
        ("/3442/0/125", Value::Unsigned(9_223_372_036_854_775_807)),
        ("/3442/0/130", Value::Float(-0.125)),
        ("/3442/0/140", Value::Boolean(true)),
        ("/3442/0/150", Value::opaque(&[0x00, 0xff, 0x01, 0x80, 0x7f])),
        ("/3442/0/160", Value::Time(1_700_000_001)),
        ("/3442/0/170", Value::ObjectLink(link)),
        ("/3442/0/180", Value::core_link("</3>;ver=1.1,</3/0>")),
        ("/3442/0/1110/0", Value::string("zero")),
        ("/3442/0/1110/7", Value::string("seven")),
        ("/3442/0/1120/1", Value::Integer(1)),
        ("/3442/0/1120/300", Value::Integer(-129)),
        ("/3442/0/1130/0", Value::Float(1.5)),
        ("/3442/0/1140/0", Value::Boolean(false)),
        ("/3442/0/1150/2", Value::opaque(b"\x01\x02")),
        ("/3442/0/1160/0", Value::Time(86_400)),
        ("/3442/0/1170/2", Value::ObjectLink(link)),
    ];
    items(&rows)
}

fn items(rows: &[(&str, Value<'static>)]) -> &'static [Item<'static>] {
    let item = |(at, value): &(&str, Value<'static>)| Item::value(path(at), *value);
    Vec::leak(rows.iter().map(item).collect())
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn trees(version: Version) -> &'static [ContentFormat] {
    match version {
        Version::V1_0 => &[ContentFormat::LWM2M_TLV, ContentFormat::LWM2M_JSON],
        Version::V1_1 => {
            &[ContentFormat::LWM2M_TLV, ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR]
        }
        _ => &[
            ContentFormat::LWM2M_TLV,
            ContentFormat::SENML_JSON,
            ContentFormat::SENML_CBOR,
            ContentFormat::LWM2M_CBOR,
        ],
    }
}

/// Those that one value of this type can be in beside the trees.
fn singles(version: Version, value: &Value<'_>) -> Vec<ContentFormat> {
    let mut all = vec![ContentFormat::TEXT];
    if version > Version::V1_0 {
        all.push(ContentFormat::CBOR);
    }
    if matches!(value, Value::Opaque(_)) {
        all.push(ContentFormat::OCTET_STREAM);
    }
    all
}

/// Those of composite operations.
fn composites(version: Version) -> &'static [ContentFormat] {
    match version {
        Version::V1_0 => &[],
        _ => &trees(version)[1..],
    }
}

impl Pair {
    fn new(seed: u64, version: Version) -> Pair {
        let mut world = World::new(seed);
        let rules =
            Rules::new(1152, |b| Message::parse(b).is_ok()).done(|event: &Event| match event {
                Event::Response { id, .. } | Event::Failed { id, .. } => Some(id.to_bits()),
                _ => None,
            });
        let server = world.add("server", rules, |boot| {
            let limits = server::Limits::SMALL;
            let config = server::Config { limits, ..server::Config::default() };
            let mut server = Server::new(&config, &boot.seed).unwrap();
            server.add_object(&object::TEST_1_1).unwrap();
            server
        });
        let peer = world.peer(server);
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let client = world.add("client", rules, move |boot| {
            let config = client::Config { objects: &OBJECTS, ..client::Config::new(NAME) };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = ServerAccount {
                lifetime: 86_400,
                version,
                ..ServerAccount::new(SSID, peer, "coap://server.example.com")
            };
            client.add_server(boot.now, &account).unwrap();
            client.set(boot.now, Path::resource(1, 0, 23), Value::Boolean(false)).unwrap();
            client.add_instance(boot.now, Path::instance(TEST, 0)).unwrap();
            client.start(boot.now);
            client
        });
        let seen = Rc::new(RefCell::new(Seen::default()));
        let shared = seen.clone();
        world.on_event(server, move |e: &mut Checked<Server>, now, event| {
            handle(&shared, e, now, event);
        });
        let shared = seen.clone();
        world.on_event(client, move |e: &mut Checked<Client>, now, event| {
            if let client::Event::Executed { id, .. } = *event {
                let arguments =
                    e.engine().arguments(id).map(|text| String::from_utf8_lossy(text).into_owned());
                shared.borrow_mut().executed.push(arguments.unwrap_or_default());
                e.command(now, move |c, now| c.answer_execute(now, id, Ok(()))).unwrap();
            }
        });
        world.run_for(SECONDS(5));
        let id = world.engine(server).find(NAME).expect("registered");
        Pair { world, client, server, seen, id }
    }

    /// Asks, and waits for the outcome.
    fn ask(
        &mut self,
        what: &str,
        operation: Operation<'static>,
    ) -> (OperationId, Code, Option<ObservationId>) {
        let id = self.id;
        let asked = self
            .world
            .command(self.server, move |s, now| s.request(now, id, &operation, None))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let seen = self.seen.clone();
        let answer = || seen.borrow().answers.iter().copied().find(|(o, ..)| *o == asked);
        self.world
            .run_until(SECONDS(300), |_| answer().is_some() || !seen.borrow().failures.is_empty());
        answer().unwrap_or_else(|| panic!("{what}: {:?}", self.seen.borrow().failures))
    }

    fn code(&mut self, what: &str, operation: Operation<'static>) -> Code {
        let (id, code, _) = self.ask(what, operation);
        self.world.command(self.server, move |s, _| s.release(id));
        code
    }

    /// Asks for values in a format.
    fn values(
        &mut self,
        what: &str,
        format: ContentFormat,
        operation: Operation<'static>,
    ) -> (Values, Option<ObservationId>) {
        let (id, code, observation) = self.ask(what, operation);
        assert_eq!(code, Code::CONTENT, "{what}");
        let content = self.world.engine(self.server).response(id).unwrap();
        assert_eq!(content.format(), Some(format), "{what}");
        let values = values(&content);
        self.world.command(self.server, move |s, _| s.release(id));
        (values, observation)
    }

    fn write(&mut self, what: &str, at: Path, mode: WriteMode, format: ContentFormat, all: Items) {
        let body = Body::Items { format: Some(format), items: all };
        assert_eq!(
            self.code(what, Operation::Write { path: at, mode, body }),
            Code::CHANGED,
            "{what}"
        );
    }

    /// What the client has below a path.
    fn stored(&self, below: Path) -> Values {
        let client = self.world.engine(self.client);
        let paths = client.paths(below);
        let one = |path: Path| Some((path.to_string(), shown(&client.get(path)?)));
        paths.filter_map(one).collect()
    }

    /// Waits until an observation tells this.
    fn notified(&mut self, what: &str, id: ObservationId, format: ContentFormat, told: &Values) {
        let seen = self.seen.clone();
        let has = |all: &Values| told.iter().all(|(path, value)| all.get(path) == Some(value));
        let found = |seen: &Seen| {
            seen.notified.iter().any(|(o, f, v)| *o == id && *f == Some(format) && has(v))
        };
        self.world.run_until(SECONDS(300), |_| found(&seen.borrow()));
        let seen = self.seen.borrow();
        assert!(found(&seen), "{what}: {told:?} of {:?}", seen.notified);
    }

    fn set(&mut self, at: Path, value: Value<'static>) {
        self.world.command(self.client, move |c, now| c.set(now, at, value)).unwrap();
    }

    fn cancel(&mut self, what: &str, observation: ObservationId) {
        assert_eq!(
            self.code(what, Operation::CancelObservation { observation }),
            Code::CONTENT,
            "{what}"
        );
    }
}

type Items = &'static [Item<'static>];

const INSTANCE: Path = Path::instance(TEST, 0);
const NUMBER: Path = Path::resource(TEST, 0, 120);
const NUMBERS: Path = Path::resource(TEST, 0, 1120);

/// All that can be done to an object in a format that holds a tree.
fn in_a_tree(pair: &mut Pair, version: Version, format: ContentFormat) {
    let what = &format!("{version} {format}");
    let everything = plain(all());
    // Replace: what was there is gone.
    let other = items(&[("/3442/0/1110/9", Value::string("gone"))]);
    pair.write(what, INSTANCE, WriteMode::Update, format, other);
    pair.write(what, INSTANCE, WriteMode::Replace, format, all());
    assert_eq!(pair.stored(INSTANCE), everything, "{what}");
    for at in [INSTANCE, Path::object(TEST)] {
        let read = Operation::Read { path: at, format: Some(format) };
        assert_eq!(pair.values(what, format, read).0, everything, "{what} {at}");
    }
    // Update: what is not named stays.
    let part = items(&[("/3442/0/110", Value::string("part"))]);
    pair.write(what, INSTANCE, WriteMode::Update, format, part);
    let mut expected = everything.clone();
    expected.extend(plain(part));
    assert_eq!(pair.stored(INSTANCE), expected, "{what}");
    // A multiple resource: replaced, and, from 1.1 on, updated and by its instances.
    let numbers =
        items(&[("/3442/0/1120/5", Value::Integer(5)), ("/3442/0/1120/6", Value::Integer(66_000))]);
    pair.write(what, NUMBERS, WriteMode::Replace, format, numbers);
    assert_eq!(pair.stored(NUMBERS), plain(numbers), "{what}");
    let read = Operation::Read { path: NUMBERS, format: Some(format) };
    assert_eq!(pair.values(what, format, read).0, plain(numbers), "{what}");
    if version > Version::V1_0 {
        let more = items(&[("/3442/0/1120/7", Value::Integer(7))]);
        pair.write(what, NUMBERS, WriteMode::Update, format, more);
        assert_eq!(pair.stored(NUMBERS).len(), 3, "{what}");
        let one = path("/3442/0/1120/7");
        let seven = items(&[("/3442/0/1120/7", Value::Integer(-7))]);
        pair.write(what, one, WriteMode::Replace, format, seven);
        let read = Operation::Read { path: one, format: Some(format) };
        assert_eq!(pair.values(what, format, read).0, plain(seven), "{what}");
    }
    if version > Version::V1_1 {
        let one = path("/3442/0/1120/7");
        assert_eq!(pair.code(what, Operation::Delete { path: one }), Code::DELETED, "{what}");
        assert_eq!(pair.stored(NUMBERS), plain(numbers), "{what}");
    }
    // A single resource in this format.
    let one = items(&[("/3442/0/120", Value::Integer(1234))]);
    pair.write(what, NUMBER, WriteMode::Replace, format, one);
    let read = Operation::Read { path: NUMBER, format: Some(format) };
    assert_eq!(pair.values(what, format, read).0, plain(one), "{what}");
    // Create, with an ID and without, and Delete.
    for (given, instance) in [(7, Some(7)), (Path::UNASSIGNED, None)] {
        let rows = [
            Item::value(Path::resource(TEST, given, 110), Value::string("new")),
            Item::value(Path::resource_instance(TEST, given, 1120, 3), Value::Integer(33)),
        ];
        let body = Body::Items { format: Some(format), items: Vec::leak(rows.to_vec()) };
        let before: BTreeSet<Path> = instances(pair);
        let create = Operation::Create { object: TEST, body };
        if instance.is_none() && format == ContentFormat::LWM2M_JSON {
            // It has no way to say that.
            let id = pair.id;
            let asked =
                pair.world.command(pair.server, move |s, now| s.request(now, id, &create, None));
            assert_eq!(asked, Err(server::UsageError::Format));
            continue;
        }
        let (id, code, _) = pair.ask(what, create);
        assert_eq!(code, Code::CREATED, "{what}");
        let told = pair.world.engine(pair.server).response(id).unwrap().created();
        pair.world.command(pair.server, move |s, _| s.release(id));
        let new: Vec<Path> = instances(pair).difference(&before).copied().collect();
        assert_eq!(new.len(), 1, "{what}");
        assert_eq!(told.unwrap_or(new[0]), new[0], "{what}");
        assert_eq!(new[0].instance_id(), instance.or(new[0].instance_id()), "{what}");
        let stored: Vec<String> = pair.stored(new[0]).into_values().collect();
        assert_eq!(stored, ["new", "Integer(33)"], "{what}");
        let delete = Operation::Delete { path: new[0] };
        assert_eq!(pair.code(what, delete), Code::DELETED, "{what}");
        assert_eq!(instances(pair), before, "{what}");
    }
    // Observe an instance.
    let observe = Operation::Observe { path: INSTANCE, format: Some(format), attributes: "" };
    let (first, observation) = pair.values(what, format, observe);
    assert_eq!(first, pair.stored(INSTANCE), "{what}");
    let observation = observation.expect("granted");
    pair.set(NUMBER, Value::Integer(4321));
    let told = plain(items(&[("/3442/0/120", Value::Integer(4321))]));
    pair.notified(what, observation, format, &told);
    pair.cancel(what, observation);
}

fn instances(pair: &Pair) -> BTreeSet<Path> {
    let client = pair.world.engine(pair.client);
    let paths = client.paths(Path::object(TEST)).map(|path| path.truncate(Level::Instance));
    paths.filter(|path| path.level() == Level::Instance).collect()
}

/// A value of each type in each format that holds one value.
fn alone(pair: &mut Pair, version: Version) {
    for item in all().iter().filter(|item| item.path.level() == Level::Resource) {
        let ItemContent::Value(value) = &item.content else { panic!() };
        for format in singles(version, value) {
            let what = &format!("{version} {format} {}", item.path);
            let expected = plain(std::slice::from_ref(item));
            pair.write(what, item.path, WriteMode::Replace, format, std::slice::from_ref(item));
            assert_eq!(pair.stored(item.path), expected, "{what}");
            let read = Operation::Read { path: item.path, format: Some(format) };
            assert_eq!(pair.values(what, format, read).0, expected, "{what}");
            let observe =
                Operation::Observe { path: item.path, format: Some(format), attributes: "" };
            let (first, observation) = pair.values(what, format, observe);
            assert_eq!(first, expected, "{what}");
            pair.cancel(what, observation.expect("granted"));
        }
    }
}

/// The composite operations, and Send.
fn composite(pair: &mut Pair, version: Version, format: ContentFormat) {
    let what = &format!("{version} {format}");
    const LIST: [Path; 3] = [NUMBER, NUMBERS, Path::resource(1, 0, 1)];
    let rows = items(&[
        ("/1/0/1", Value::Integer(43_200)),
        ("/3442/0/120", Value::Integer(-1)),
        ("/3442/0/1120/1", Value::Integer(11)),
    ]);
    let mut written = vec![format];
    if version > Version::V1_1 {
        match format {
            ContentFormat::SENML_JSON => written.push(ContentFormat::SENML_ETCH_JSON),
            ContentFormat::SENML_CBOR => written.push(ContentFormat::SENML_ETCH_CBOR),
            _ => {}
        }
    }
    for write in written {
        pair.set(NUMBER, Value::Integer(0));
        let body = Body::Items { format: Some(write), items: rows };
        let code = pair.code(what, Operation::WriteComposite { body });
        assert_eq!(code, Code::CHANGED, "{what} {write}");
        assert_eq!(pair.stored(NUMBER), plain(&rows[1..2]), "{what} {write}");
    }
    let read = Operation::ReadComposite { paths: &LIST, format: Some(format) };
    let (told, _) = pair.values(what, format, read);
    for (path, value) in plain(rows) {
        assert_eq!(told.get(&path), Some(&value), "{what} {path}");
    }
    let observe =
        Operation::ObserveComposite { paths: &LIST, format: Some(format), attributes: "" };
    let (first, observation) = pair.values(what, format, observe);
    assert_eq!(first, told, "{what}");
    let observation = observation.expect("granted");
    pair.set(NUMBER, Value::Integer(99));
    let change = plain(items(&[("/3442/0/120", Value::Integer(99))]));
    pair.notified(what, observation, format, &change);
    pair.cancel(what, observation);
    // What it sends by itself.
    pair.seen.borrow_mut().sent.clear();
    let send = move |c: &mut Client, now: Instant| c.send(now, SSID, format, &[NUMBER, NUMBERS]);
    pair.world.command(pair.client, send).unwrap();
    let seen = pair.seen.clone();
    pair.world.run_until(SECONDS(300), |_| !seen.borrow().sent.is_empty());
    let sent = pair.seen.borrow().sent.first().cloned();
    let mut expected = pair.stored(NUMBER);
    expected.extend(pair.stored(NUMBERS));
    assert_eq!(sent, Some((Some(format), expected)), "{what}");
}

/// What has no values in it.
fn without_values(pair: &mut Pair, version: Version) {
    let what = &format!("{version}");
    let attributes = "pmin=1&pmax=20&gt=5.5&lt=-2&st=0.5";
    let put = Operation::WriteAttributes { path: NUMBER, attributes };
    assert_eq!(pair.code(what, put), Code::CHANGED, "{what}");
    let mut depths = vec![None];
    if version > Version::V1_1 {
        depths.extend([Some(0), Some(1), Some(2), Some(3)]);
    }
    for depth in depths {
        let (id, code, _) = pair.ask(what, Operation::Discover { path: INSTANCE, depth });
        assert_eq!(code, Code::CONTENT, "{what} {depth:?}");
        let content = pair.world.engine(pair.server).response(id).unwrap();
        let links: Vec<String> = content.links().map(|l| l.unwrap().target().to_string()).collect();
        assert_eq!(links.contains(&NUMBER.to_string()), depth != Some(0), "{what} {links:?}");
        pair.world.command(pair.server, move |s, _| s.release(id));
    }
    let unset = Operation::WriteAttributes { path: NUMBER, attributes: "pmin&pmax&gt&lt&st" };
    assert_eq!(pair.code(what, unset), Code::CHANGED, "{what}");
    for arguments in ["", "5='a',1"] {
        let execute = Operation::Execute { path: Path::resource(3, 0, 4), arguments };
        assert_eq!(pair.code(what, execute), Code::CHANGED, "{what}");
        let executed = pair.seen.borrow().executed.last().cloned();
        assert_eq!(executed.as_deref(), Some(arguments), "{what}");
    }
}

#[test]
fn every_operation_in_every_format() {
    // Bad, but not so that a message and its four repetitions get lost among some thousands.
    let bad = Link {
        loss: Chance::percent(8),
        duplicate: Chance::percent(10),
        latency: (Duration::from_millis(20), SECONDS(1)),
        ..Link::PERFECT
    };
    for (seed, link) in [(1, Link::PERFECT), (2, bad), (3, bad)] {
        for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
            let mut pair = Pair::new(seed, version);
            pair.world.set_links(link);
            // So that a notification that is lost is not the last.
            let often = Operation::WriteAttributes { path: INSTANCE, attributes: "pmin=1&pmax=20" };
            assert_eq!(pair.code("attributes", often), Code::CHANGED);
            for format in trees(version) {
                in_a_tree(&mut pair, version, *format);
            }
            alone(&mut pair, version);
            for format in composites(version) {
                composite(&mut pair, version, *format);
            }
            without_values(&mut pair, version);
            // Each has exactly one outcome (the world checks that), and all went well.
            assert_eq!(pair.seen.borrow().failures, [], "{version} {seed}");
            assert_eq!(pair.world.engine(pair.server).registration_count(), 1);
            pair.world.check_replays();
        }
    }
}
