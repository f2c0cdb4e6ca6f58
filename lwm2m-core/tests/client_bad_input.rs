//! Each operation with each wrong thing, and the response code that it has in LwM2M 1.0, 1.1 and
//! 1.2 (Core 6.3, 6.4; Transport 6.4.4: the codes of each operation).
//!
//! Where the standard leaves open which code it is, this is what was decided:
//!
//! - A path that is no path (letters, too deep, 65535) is 4.05, as Core says, before anything else.
//!   So is an instance of a resource that has none, and any in 1.0, which has no such paths.
//! - Objects 0, 21 and 23 are 4.01, whatever is below them.
//! - What is not there (4.04) comes before what the server may not (4.01), and that before what the
//!   object does not allow (4.05), and that before what is wrong with the payload.
//! - FETCH and iPATCH are 4.05 in 1.0, which does not have them; PATCH is no operation in any.
//! - Of a list in which something can be read, that is the answer. If nothing can: 4.01 before 4.05
//!   before 4.04.
//! - What there is no room for is 4.13 if a Write brings it, 5.00 if Create, Write-Attributes, an
//!   observation or a list does: their closed lists of codes have no 4.13.
//! - A Replace of an instance keeps what is mandatory and not named.
//! - A payload without Content-Format is 4.00, a format that the client has not, or that cannot say
//!   what is written, 4.15; in an answer 4.06.
//! - A format that the client has is served whatever the version: a server that names it knows it.
//! - Parameters that the operation does not have are 4.00; `depth` and attributes in Observe are
//!   unknown before 1.2, `epmin` and `epmax` before 1.1.
#![cfg(all(feature = "client-all", feature = "formats"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F};
use lwm2m_core::client::{Config, Limits};
use lwm2m_core::object::{ObjectVersion, Operations};
use lwm2m_core::{
    DataType, ObjectDefinition, Path, Range, ResourceDefinition, Value, Version, object,
};
use m2m_base::Instant;

const PERCENT: Range = Range::new(0, 100).unwrap();

/// An object with a resource of each sort.
static THING: ObjectDefinition<'static> = ObjectDefinition {
    id: 32769,
    version: ObjectVersion::DEFAULT,
    multiple: true,
    mandatory: false,
    resources: &[
        ResourceDefinition::new(0, Operations::RW, DataType::Integer).mandatory().within(PERCENT),
        ResourceDefinition::new(1, Operations::R, DataType::String),
        ResourceDefinition::new(2, Operations::W, DataType::String),
        ResourceDefinition::new(3, Operations::E, DataType::None),
        ResourceDefinition::new(4, Operations::RW, DataType::String).multiple(),
        ResourceDefinition::new(5, Operations::R, DataType::Integer).multiple(),
        ResourceDefinition::new(6, Operations::RW, DataType::ObjectLink),
        ResourceDefinition::new(7, Operations::RW, DataType::Opaque),
        ResourceDefinition::new(8, Operations::RW, DataType::Boolean),
    ],
};

static OBJECTS: [&ObjectDefinition<'static>; 2] = [&object::ACCESS_CONTROL, &THING];

/// /t/0 is the asking server's, /t/1 another's.
fn bench(version: Version) -> Bench {
    let limits = Limits { values: 75, text: 120, attributes: 4, paths: 4, ..Limits::DEVICE };
    let config = Config { objects: &OBJECTS, limits, ..config() };
    let mut c = lwm2m_core::client::Client::new(&config, &m2m_base::Seed([7; 32])).unwrap();
    let now = Instant::ZERO;
    let account = lwm2m_core::client::ServerAccount {
        version,
        ..lwm2m_core::client::ServerAccount::new(SSID, PEER, "coap://server.example.com")
    };
    c.add_server(now, &account).unwrap();
    add_second(&mut c, now);
    for instance in ["/t/0", "/t/1", "/2/0", "/2/1", "/2/2", "/2/3", "/2/4"] {
        c.add_instance(now, at(instance)).unwrap();
    }
    for (path, value) in [
        ("/t/0/0", Value::Integer(5)),
        ("/t/0/1", Value::string("read")),
        ("/t/0/2", Value::string("write")),
        ("/t/0/4/0", Value::string("null")),
        ("/t/0/5/0", Value::Integer(1)),
        ("/t/0/8", Value::Boolean(true)),
        ("/t/1/0", Value::Integer(6)),
        ("/t/1/4/0", Value::string("x")),
    ] {
        c.set(now, at(path), value).unwrap();
    }
    for path in ["/t/0/3", "/t/1/3"] {
        c.add_resource(now, at(path)).unwrap();
    }
    for (n, (o, i, owner)) in (0..).zip([
        (32769, 0, SSID),
        (32769, 1, SECOND),
        (1, 0, SSID),
        (3, 0, SSID),
        (32769, 65535, 65535),
    ]) {
        for (id, number) in [(0, o), (1, i), (3, owner)] {
            c.set(now, Path::resource(2, n, id), Value::Integer(i64::from(number))).unwrap();
        }
    }
    c.set(now, Path::resource_instance(2, 4, 2, SSID), Value::Integer(16)).unwrap();
    let mut b = Bench::with(c);
    b.start();
    b.accept_registration(PEER, "1");
    b.accept_registration(OTHER, "2");
    b.events();
    b
}

fn uri(text: &str) -> String {
    text.replace("/t", "/32769")
}

fn at(text: &str) -> Path {
    path(&uri(text))
}

/// What is wrong, and with what.
type Row = (&'static str, Ask<'static>, [Code; 3]);

const fn all(code: Code) -> [Code; 3] {
    [code; 3]
}

/// Not in 1.0; from 1.1 on this.
const fn later(code: Code) -> [Code; 3] {
    [NOT_ALLOWED, code, code]
}

const BAD: Code = Code::BAD_REQUEST;
const NO_RIGHT: Code = Code::UNAUTHORIZED;
const ABSENT: Code = Code::NOT_FOUND;
const NOT_ALLOWED: Code = Code::METHOD_NOT_ALLOWED;
const NO_ANSWER: Code = Code::NOT_ACCEPTABLE;
const LARGE: Code = Code::REQUEST_ENTITY_TOO_LARGE;
const FORMAT: Code = Code::UNSUPPORTED_CONTENT_FORMAT;
const FAILED: Code = Code::INTERNAL_SERVER_ERROR;
const CONTENT: Code = Code::CONTENT;
const CHANGED: Code = Code::CHANGED;
const DELETED: Code = Code::DELETED;
const CREATED: Code = Code::CREATED;

const TLV: F = F::LWM2M_TLV;
const JSON: F = F::SENML_JSON;

/// Paths that are wrong for every operation in the same way.
const PATHS: [(&str, &str, [Code; 3]); 10] = [
    ("no number", "/t/x", all(NOT_ALLOWED)),
    ("a leading zero", "/t/00", all(NOT_ALLOWED)),
    ("the reserved ID", "/t/65535", all(NOT_ALLOWED)),
    ("too deep", "/t/0/4/0/0", all(NOT_ALLOWED)),
    ("Security", "/0/0/0", all(NO_RIGHT)),
    ("OSCORE", "/21", all(NO_RIGHT)),
    ("no such object", "/9999/0/0", all(ABSENT)),
    ("no such instance", "/t/9/0", all(ABSENT)),
    ("no such resource", "/t/0/99", all(ABSENT)),
    ("of a single resource", "/t/0/0/0", all(NOT_ALLOWED)),
];

fn read(uri: &'static str, accept: F) -> Ask<'static> {
    Ask::read(uri, accept)
}

fn put(uri: &'static str, format: F, payload: &'static [u8]) -> Ask<'static> {
    Ask::send(Code::PUT, uri, format, payload)
}

fn post(uri: &'static str, format: F, payload: &'static [u8]) -> Ask<'static> {
    Ask::send(Code::POST, uri, format, payload)
}

fn without(ask: Ask<'static>) -> Ask<'static> {
    Ask { format: None, ..ask }
}

fn attach(uri: &'static str) -> Ask<'static> {
    Ask::new(Code::PUT, uri)
}

fn observe(ask: Ask<'static>) -> Ask<'static> {
    Ask { observe: Some(0), token: b"ob", ..ask }
}

fn fetch(payload: &'static [u8]) -> Ask<'static> {
    Ask { accept: Some(JSON), ..Ask::send(Code::FETCH, "/", JSON, payload) }
}

fn patch(format: F, payload: &'static [u8]) -> Ask<'static> {
    Ask::send(Code::IPATCH, "/", format, payload)
}

fn reads() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("right", read("/t/0/0", F::TEXT), all(CONTENT)),
        ("the root", read("/", TLV), all(NOT_ALLOWED)),
        ("a resource that is not there", read("/t/0/6", F::TEXT), all(ABSENT)),
        ("an instance of a resource", read("/t/0/4/0", F::TEXT), later(CONTENT)),
        ("one that is not there", read("/t/0/4/9", F::TEXT), later(ABSENT)),
        ("write-only", read("/t/0/2", F::TEXT), all(NOT_ALLOWED)),
        ("executable", read("/t/0/3", F::TEXT), all(NOT_ALLOWED)),
        ("another's", read("/t/1/0", F::TEXT), all(NO_RIGHT)),
        ("another's, and not there", read("/t/1/8", F::TEXT), all(ABSENT)),
        ("another's, and executable", read("/t/1/3", F::TEXT), all(NO_RIGHT)),
        ("unknown format", read("/t/0/0", F(9999)), all(NO_ANSWER)),
        ("text of an instance", read("/t/0", F::TEXT), all(NO_ANSWER)),
        ("text of an array", read("/t/0/4", F::TEXT), all(NO_ANSWER)),
        ("bytes of a number", read("/t/0/0", F::OCTET_STREAM), all(NO_ANSWER)),
        ("unknown parameter", read("/t/0/0?foo=1", F::TEXT), all(BAD)),
        ("an attribute", read("/t/0/0?pmin=1", F::TEXT), all(BAD)),
        ("a block beyond the end", Ask { block2: Some(0x96), ..read("/t/0/0", F::TEXT) }, all(BAD)),
    ];
    rows.extend(PATHS.map(|(what, path, codes)| (what, read(path, F::TEXT), codes)));
    rows
}

fn observations() -> Vec<Row> {
    let new = |code| [BAD, BAD, code];
    let mut rows: Vec<Row> = reads()
        .into_iter()
        .filter(|(what, ..)| *what != "an attribute")
        .map(|(what, ask, codes)| (what, observe(ask), codes))
        .collect();
    for (what, path, codes) in [
        ("with attributes", "/t/0/0?pmin=1&gt=3", new(CONTENT)),
        ("gt of a text", "/t/0/1?gt=3", new(BAD)),
        ("edge of a number", "/t/0/0?edge=1", new(BAD)),
        ("edge of a Boolean", "/t/0/8?edge=1", new(CONTENT)),
        ("no value", "/t/0/0?pmin=x", new(BAD)),
        ("nothing to unset", "/t/0/0?pmin", new(BAD)),
        ("contradictory", "/t/0/0?lt=5&gt=5", new(BAD)),
        ("too many", "/t/0/0?pmin=1&pmax=2&gt=3&lt=1&st=0.5", new(FAILED)),
    ] {
        rows.push((what, observe(read(path, F::TEXT)), codes));
    }
    let end = |path| Ask { observe: Some(1), token: b"ob", ..read(path, F::TEXT) };
    rows.push(("an end of nothing", end("/t/0/0"), all(CONTENT)));
    rows.push(("an end of what is not there", end("/t/0/99"), all(ABSENT)));
    rows
}

fn discovers() -> Vec<Row> {
    let new = |code| [BAD, BAD, code];
    let mut rows: Vec<Row> = vec![
        ("right", Ask::discover("/t/0"), all(CONTENT)),
        ("another's: no right is needed", Ask::discover("/t/1/0"), all(CONTENT)),
        ("the root", Ask::discover("/"), all(NOT_ALLOWED)),
        ("write-only", Ask::discover("/t/0/2"), all(CONTENT)),
        ("an instance of a resource", Ask::discover("/t/0/4/0"), later(CONTENT)),
        ("with depth", Ask::discover("/t?depth=3"), new(CONTENT)),
        ("depth 4", Ask::discover("/t?depth=4"), all(BAD)),
        ("depth twice", Ask::discover("/t?depth=1&depth=1"), all(BAD)),
        ("unknown parameter", Ask::discover("/t?foo"), all(BAD)),
    ];
    rows.extend(PATHS.map(|(what, path, codes)| (what, Ask::discover(path), codes)));
    rows
}

fn writes() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("right", put("/t/0/0", F::TEXT, b"7"), all(CHANGED)),
        ("right, in TLV", put("/t/0/0", TLV, &[0xc1, 0, 7]), all(CHANGED)),
        ("makes the resource", put("/t/0/7", F::OCTET_STREAM, b"x"), all(CHANGED)),
        ("the root", put("/", TLV, b""), all(NOT_ALLOWED)),
        ("an object", put("/t", TLV, b""), all(NOT_ALLOWED)),
        ("an instance of a resource", put("/t/0/4/0", F::TEXT, b"x"), later(CHANGED)),
        ("makes one", put("/t/0/4/9", F::TEXT, b"x"), later(CHANGED)),
        ("read-only", put("/t/0/1", F::TEXT, b"x"), all(NOT_ALLOWED)),
        ("one of a read-only array", put("/t/0/5/0", F::TEXT, b"1"), all(NOT_ALLOWED)),
        ("executable", put("/t/0/3", F::TEXT, b"x"), all(NOT_ALLOWED)),
        ("another's", put("/t/1/0", F::TEXT, b"7"), all(NO_RIGHT)),
        ("another's, wrong", put("/t/1/0", F::TEXT, b"x"), all(NO_RIGHT)),
        ("another's, read-only", put("/t/1/1", F::TEXT, b"x"), all(NO_RIGHT)),
        ("wrong type", put("/t/0/0", F::TEXT, b"x"), all(BAD)),
        ("wrong type in TLV", put("/t/0/8", TLV, &[0xc1, 8, 7]), all(BAD)),
        ("out of range", put("/t/0/0", F::TEXT, b"101"), all(BAD)),
        ("below it", put("/t/0/0", F::TEXT, b"-1"), all(BAD)),
        ("a link to nothing", put("/t/0/6", F::TEXT, b"32769:9"), all(BAD)),
        ("no value at all", put("/t/0/0", TLV, b""), all(BAD)),
        ("two values", put("/t/0/0", TLV, &[0xc1, 0, 7, 0xc1, 0, 8]), all(BAD)),
        ("an array for a single value", put("/t/0/0", TLV, &[0x83, 0, 0x41, 0, 7]), all(BAD)),
        ("a single value for an array", put("/t/0/4", TLV, &[0xc1, 4, 7]), all(BAD)),
        ("text for an array", put("/t/0/4", F::TEXT, b"x"), all(BAD)),
        ("text for an instance", put("/t/0", F::TEXT, b"x"), all(FORMAT)),
        ("cut short", put("/t/0/0", TLV, &[0xc1, 0]), all(BAD)),
        ("cut short, JSON", put("/t/0/0", JSON, br#"[{"n":"/32769/0/0","v":7"#), all(BAD)),
        ("of another path", put("/t/0/0", JSON, br#"[{"n":"/32769/0/2","vs":"x"}]"#), all(BAD)),
        ("unknown format", put("/t/0/0", F(9999), b"7"), all(FORMAT)),
        ("links", put("/t/0/0", F::LINK_FORMAT, b"</3>"), all(FORMAT)),
        ("no format", without(put("/t/0/0", F::TEXT, b"7")), all(BAD)),
        ("too large", put("/t/0/7", F::OCTET_STREAM, &[0; 200]), all(LARGE)),
        ("unknown parameter", put("/t/0/0?foo=1", F::TEXT, b"7"), all(BAD)),
        ("a mandatory one is missing", put("/t/0", TLV, &[0xc1, 8, 1]), all(CHANGED)),
        ("read-only among others", put("/t/0", TLV, &[0xc1, 0, 7, 0xc1, 1, 65]), all(NOT_ALLOWED)),
        ("unknown among others", put("/t/0", TLV, &[0xc1, 0, 7, 0xc1, 99, 65]), all(CHANGED)),
        ("update", post("/t/0", TLV, &[0xc1, 0, 9]), all(CHANGED)),
        ("update of an array", post("/t/0/4", TLV, &[0x83, 4, 0x41, 5, 65]), all(CHANGED)),
        ("update of a single value", post("/t/0/0", F::TEXT, b"7"), all(NOT_ALLOWED)),
        ("update of an element", post("/t/0/4/0", F::TEXT, b"7"), all(NOT_ALLOWED)),
        ("update of another's", post("/t/1", TLV, &[0xc1, 0, 9]), all(NO_RIGHT)),
        ("update with a wrong value", post("/t/0", TLV, &[0xc1, 0, 101]), all(BAD)),
        ("update of what is not there", post("/t/9", TLV, &[0xc1, 0, 9]), all(ABSENT)),
    ];
    rows.extend(PATHS.map(|(what, path, codes)| (what, put(path, F::TEXT, b"7"), codes)));
    rows
}

fn write_attributes() -> Vec<Row> {
    let since_1_1 = |code| [BAD, code, code];
    vec![
        ("right", attach("/t/0/0?pmin=1"), all(CHANGED)),
        ("an object", attach("/t?pmin=1"), all(CHANGED)),
        ("unset", attach("/t/0/0?pmin"), all(CHANGED)),
        ("the root", attach("/?pmin=1"), all(NOT_ALLOWED)),
        ("Security", attach("/0/0?pmin=1"), all(NO_RIGHT)),
        ("no such object", attach("/9999?pmin=1"), all(ABSENT)),
        ("no such instance", attach("/t/9?pmin=1"), all(ABSENT)),
        ("no such resource", attach("/t/0/99?pmin=1"), all(ABSENT)),
        ("an instance of a resource", attach("/t/0/4/0?pmin=1"), later(CHANGED)),
        ("of a single resource", attach("/t/0/0/0?pmin=1"), all(NOT_ALLOWED)),
        ("another's", attach("/t/1/0?pmin=1"), all(NO_RIGHT)),
        ("unknown", attach("/t/0/0?foo=1"), all(BAD)),
        ("a property", attach("/t/0/0?dim=1"), all(BAD)),
        ("no number", attach("/t/0/0?pmin=x"), all(BAD)),
        ("negative", attach("/t/0/0?pmin=-1"), all(BAD)),
        ("a step of 0", attach("/t/0/0?st=0"), all(BAD)),
        ("gt of a text", attach("/t/0/1?gt=1"), all(BAD)),
        ("gt of an instance", attach("/t/0?gt=1"), all(BAD)),
        ("gt of a Boolean", attach("/t/0/8?gt=1"), all(BAD)),
        ("lt above gt", attach("/t/0/0?lt=5&gt=4"), all(BAD)),
        ("steps too large", attach("/t/0/0?lt=1&gt=4&st=2"), all(BAD)),
        ("pmax below pmin", attach("/t/0/0?pmin=9&pmax=4"), all(CHANGED)),
        ("epmin", attach("/t/0/0?epmin=1"), since_1_1(CHANGED)),
        ("epmax below epmin", attach("/t/0/0?epmin=5&epmax=4"), all(BAD)),
        ("edge", attach("/t/0/8?edge=1"), [BAD, BAD, CHANGED]),
        ("edge of a number", attach("/t/0/0?edge=1"), all(BAD)),
        ("edge 2", attach("/t/0/8?edge=2"), all(BAD)),
        ("con, hqmax", attach("/t/0?con=1&hqmax=9"), [BAD, BAD, CHANGED]),
        ("one wrong of two", attach("/t/0/0?pmin=1&foo"), all(BAD)),
        ("too many", attach("/t/0/0?pmin=1&pmax=9&gt=3&lt=1&st=0.5"), all(FAILED)),
    ]
}

fn executes() -> Vec<Row> {
    let run = |path| Ask::execute(path);
    let mut rows: Vec<Row> = vec![
        ("right", run("/1/0/8"), all(CHANGED)),
        ("of another server", run("/1/1/8"), all(NO_RIGHT)),
        ("another's", run("/t/1/3"), all(NO_RIGHT)),
        ("not executable", run("/t/0/1"), all(NOT_ALLOWED)),
        ("write-only", run("/t/0/2"), all(NOT_ALLOWED)),
        ("the root", run("/"), all(NOT_ALLOWED)),
        ("bad arguments", post("/1/0/8", F::TEXT, b"10"), all(BAD)),
        ("arguments in TLV", post("/1/0/8", TLV, b"0"), all(BAD)),
        ("an instance of it", run("/1/0/8/0"), all(NOT_ALLOWED)),
    ];
    rows.extend(PATHS.map(|(what, path, codes)| (what, run(path), codes)));
    rows
}

fn creates() -> Vec<Row> {
    vec![
        ("right", post("/t", TLV, &[0xc1, 0, 7]), all(CREATED)),
        ("with an ID", post("/t", TLV, &[0x08, 7, 3, 0xc1, 0, 7]), all(CREATED)),
        ("with 65535", post("/t", JSON, br#"[{"n":"/32769/65535/0","v":7}]"#), all(CREATED)),
        ("there already", post("/t", TLV, &[0x08, 0, 3, 0xc1, 0, 7]), all(BAD)),
        ("read-only values are ignored", post("/t", TLV, &[0xc1, 0, 7, 0xc1, 1, 65]), all(CREATED)),
        ("unknown ones too", post("/t", TLV, &[0xc1, 0, 7, 0xc1, 99, 65]), all(CREATED)),
        ("a mandatory one is missing", post("/t", TLV, &[0xc1, 8, 1]), all(BAD)),
        ("nothing", without(post("/t", TLV, b"")), all(BAD)),
        ("wrong type", post("/t", TLV, &[0xc1, 0, 7, 0xc1, 8, 7]), all(BAD)),
        ("out of range", post("/t", TLV, &[0xc1, 0, 101]), all(BAD)),
        ("cut short", post("/t", TLV, &[0xc1, 0]), all(BAD)),
        ("text", post("/t", F::TEXT, b"7"), all(FORMAT)),
        ("unknown format", post("/t", F(9999), b"7"), all(FORMAT)),
        ("no format", without(post("/t", TLV, &[0xc1, 0, 7])), all(BAD)),
        ("no such object", post("/9999", TLV, &[0xc1, 0, 7]), all(ABSENT)),
        ("the root", post("/", TLV, &[0xc1, 0, 7]), all(NOT_ALLOWED)),
        ("no right to", post("/3", TLV, b""), all(NO_RIGHT)),
        ("Security", post("/0", TLV, b""), all(NO_RIGHT)),
        ("unknown parameter", post("/t?foo=1", TLV, &[0xc1, 0, 7]), all(BAD)),
        (
            "too many values",
            post("/t", JSON, br#"[{"bn":"/32769/3/","n":"0","v":7},{"n":"4/0","vs":""},{"n":"4/1","vs":""},{"n":"4/2","vs":""},{"n":"4/3","vs":""},{"n":"4/4","vs":""},{"n":"4/5","vs":""},{"n":"4/6","vs":""},{"n":"4/7","vs":""},{"n":"4/8","vs":""},{"n":"4/9","vs":""},{"n":"4/10","vs":""},{"n":"4/11","vs":""},{"n":"4/12","vs":""}]"#),
            all(FAILED),
        ),
    ]
}

fn deletes() -> Vec<Row> {
    let delete = |path| Ask::new(Code::DELETE, path);
    let mut rows: Vec<Row> = vec![
        ("right", delete("/t/0"), all(DELETED)),
        ("an instance of a resource", delete("/t/0/4/0"), later(DELETED)),
        ("of a read-only one", delete("/t/0/5/0"), all(NOT_ALLOWED)),
        ("one that is not there", delete("/t/0/4/9"), later(ABSENT)),
        ("a resource", delete("/t/0/0"), all(NOT_ALLOWED)),
        ("an array", delete("/t/0/4"), all(NOT_ALLOWED)),
        ("an object", delete("/t"), all(NOT_ALLOWED)),
        ("the root", delete("/"), all(NOT_ALLOWED)),
        ("Device", delete("/3/0"), all(NOT_ALLOWED)),
        ("a Server Account", delete("/1/0"), all(NOT_ALLOWED)),
        ("another's", delete("/t/1"), all(NO_RIGHT)),
        ("an instance that is not there", delete("/t/9"), all(ABSENT)),
    ];
    rows.extend(PATHS.map(|(what, path, codes)| (what, delete(path), codes)));
    rows
}

fn composites() -> Vec<Row> {
    let one = br#"[{"n":"/32769/0/0"}]"#;
    let value = br#"[{"n":"/32769/0/0","v":7}]"#;
    let new = |code| [NOT_ALLOWED, code, code];
    let newest = |before, code| [NOT_ALLOWED, before, code];
    vec![
        ("read", fetch(one), new(CONTENT)),
        ("read of one of two", fetch(br#"[{"n":"/32769/0/0"},{"n":"/9"}]"#), new(CONTENT)),
        ("read of nothing that is there", fetch(br#"[{"n":"/32769/0/99"},{"n":"/9"}]"#), new(ABSENT)),
        ("read of what is write-only", fetch(br#"[{"n":"/32769/0/2"},{"n":"/9"}]"#), new(NOT_ALLOWED)),
        ("read of another's", fetch(br#"[{"n":"/32769/1/0"},{"n":"/32769/0/2"}]"#), new(NO_RIGHT)),
        ("read of Security", fetch(br#"[{"n":"/0/0/0"}]"#), new(NO_RIGHT)),
        ("read of no path", fetch(br#"[{"n":"/x"}]"#), new(BAD)),
        ("read of too deep a path", fetch(br#"[{"n":"/1/2/3/4/5"}]"#), new(BAD)),
        ("read of nothing", fetch(b"[]"), new(BAD)),
        ("read, no payload", fetch(b""), new(BAD)),
        ("read, cut short", fetch(br#"[{"n":"/32769/0/0"}"#), new(BAD)),
        ("read, values in it", fetch(value), new(BAD)),
        ("read, list too long", fetch(br#"[{"n":"/1/0/1"},{"n":"/1/0/2"},{"n":"/1/0/3"},{"n":"/1/0/4"},{"n":"/1/0/5"}]"#), new(FAILED)),
        ("read, no format", Ask { format: None, ..fetch(one) }, new(BAD)),
        ("read, list in TLV", Ask { format: Some(TLV), ..fetch(one) }, new(FORMAT)),
        ("read, list in LwM2M CBOR", Ask { format: Some(F::LWM2M_CBOR), ..fetch(one) }, new(FORMAT)),
        ("read, answer in TLV", Ask { accept: Some(TLV), ..fetch(one) }, new(NO_ANSWER)),
        ("read, answer in text", Ask { accept: Some(F::TEXT), ..fetch(one) }, new(NO_ANSWER)),
        ("read, answer in a patch", Ask { accept: Some(F::SENML_ETCH_JSON), ..fetch(one) }, new(NO_ANSWER)),
        ("read, answer in LwM2M CBOR", Ask { accept: Some(F::LWM2M_CBOR), ..fetch(one) }, new(CONTENT)),
        ("read, unknown parameter", Ask { uri: "/?foo=1", ..fetch(one) }, new(BAD)),
        ("read, an attribute", Ask { uri: "/?pmin=1", ..fetch(one) }, new(BAD)),
        ("read below the root", Ask { uri: "/t", ..fetch(one) }, all(NOT_ALLOWED)),
        ("observe", observe(fetch(one)), new(CONTENT)),
        ("observe, an attribute", Ask { uri: "/?pmin=1", ..observe(fetch(one)) }, new(CONTENT)),
        ("observe, con", Ask { uri: "/?con=1", ..observe(fetch(one)) }, newest(BAD, CONTENT)),
        ("observe, an attribute of values", Ask { uri: "/?gt=1", ..observe(fetch(one)) }, new(BAD)),
        ("observe nothing that is there", observe(fetch(br#"[{"n":"/9"}]"#)), new(ABSENT)),
        ("observe another's", observe(fetch(br#"[{"n":"/32769/1"}]"#)), new(NO_RIGHT)),
        ("write", patch(JSON, value), new(CHANGED)),
        ("write, a patch", patch(F::SENML_ETCH_JSON, value), new(CHANGED)),
        ("write, LwM2M CBOR", patch(F::LWM2M_CBOR, b"\xa1\x19\x80\x01\xa1\x00\xa1\x00\x07"), new(CHANGED)),
        ("write, TLV", patch(TLV, b""), new(FORMAT)),
        ("write, no format", Ask { format: None, ..patch(JSON, value) }, new(BAD)),
        ("write, cut short", patch(JSON, br#"[{"n":"/32769/0/0","v":7"#), new(BAD)),
        ("write, no value", patch(JSON, br#"[{"n":"/32769/0/0"}]"#), new(BAD)),
        ("write, unknown object", patch(JSON, br#"[{"n":"/9/0/0","v":7}]"#), new(ABSENT)),
        ("write, unknown instance", patch(JSON, br#"[{"n":"/32769/9/0","v":7}]"#), new(ABSENT)),
        ("write, unknown resource", patch(JSON, br#"[{"n":"/32769/0/99","v":7}]"#), new(ABSENT)),
        ("write, read-only", patch(JSON, br#"[{"n":"/32769/0/1","vs":"x"}]"#), new(NOT_ALLOWED)),
        ("write, executable", patch(JSON, br#"[{"n":"/32769/0/3","vs":"x"}]"#), new(NOT_ALLOWED)),
        ("write, another's", patch(JSON, br#"[{"n":"/32769/0/0","v":7},{"n":"/32769/1/0","v":7}]"#), new(NO_RIGHT)),
        ("write, Security", patch(JSON, br#"[{"n":"/0/0/0","vs":"x"}]"#), new(NO_RIGHT)),
        ("write, wrong type", patch(JSON, br#"[{"n":"/32769/0/0","vs":"x"}]"#), new(BAD)),
        ("write, out of range", patch(JSON, br#"[{"n":"/32769/0/0","v":101}]"#), new(BAD)),
        ("write, twice the same", patch(JSON, br#"[{"n":"/32769/0/0","v":1},{"n":"/32769/0/0","v":2}]"#), new(BAD)),
        ("write, too large", patch(JSON, br#"[{"n":"/32769/0/2","vs":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}]"#), new(LARGE)),
        ("write, unknown parameter", Ask { uri: "/?foo=1", ..patch(JSON, value) }, new(BAD)),
        ("write below the root", Ask { uri: "/t/0", ..patch(JSON, value) }, all(NOT_ALLOWED)),
        ("take away a resource", patch(F::SENML_ETCH_JSON, br#"[{"n":"/32769/0/0","v":null}]"#), new(BAD)),
        ("take away an element", patch(F::SENML_ETCH_JSON, br#"[{"n":"/32769/0/4/0","v":null}]"#), new(CHANGED)),
        ("PATCH", Ask::send(Code::PATCH, "/", JSON, value), all(NOT_ALLOWED)),
    ]
}

#[test]
fn each_wrong_thing_has_its_code() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (operation, rows) in [
        ("Read", reads()),
        ("Observe", observations()),
        ("Discover", discovers()),
        ("Write", writes()),
        ("Write-Attributes", write_attributes()),
        ("Execute", executes()),
        ("Create", creates()),
        ("Delete", deletes()),
        ("Composite", composites()),
    ] {
        for (what, ask, codes) in rows {
            for (version, code) in
                [Version::V1_0, Version::V1_1, Version::V1_2].into_iter().zip(codes)
            {
                let mut b = bench(version);
                let picture = |b: &Bench| {
                    let value = |p: Path| format!("{p} {:?}", b.engine().get(p));
                    b.engine().paths(Path::ROOT).map(value).collect::<Vec<_>>()
                };
                let before = picture(&b);
                let uri = uri(ask.uri);
                let answer = b.ask(Ask { uri: &uri, ..ask });
                asked += 1;
                if answer.code != code {
                    wrong.push(format!(
                        "{operation}, {what}, {version}: {} for {code}",
                        answer.code
                    ));
                }
                if !answer.code.is_success() {
                    assert_eq!(picture(&b), before, "{operation}, {what}");
                    assert!(b.events().is_empty(), "{operation}, {what}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 600, "{asked}");
}
