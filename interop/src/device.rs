//! Our client as a device: a thermometer, and the test object 3442 with a value of every type.

use crate::background::Background;
use crate::driver::peer_of;
use coap_core::Code;
use lwm2m_core::client::{Client, Config, Event, Limits, ServerAccount};
use lwm2m_core::{ObjectDefinition, ObjectLink, Path, Value, object};
use m2m_base::{Instant, Seed};
use std::net::{SocketAddr, UdpSocket};

/// Short Server ID of the one server.
pub const SERVER: u16 = 101;

static OBJECTS: [&ObjectDefinition<'static>; 5] = [
    &object::TEMPERATURE,
    &object::TEST_1_1,
    &object::CONNECTIVITY_MONITORING,
    &object::LOCATION,
    &object::PORTFOLIO,
];

/// An event of the client, with the arguments if it is an execute.
pub type Note = (Event, Option<String>);

/// The device, running.
pub type Device = Background<Client, Note>;

/// A path from its text.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

/// The bytes of /3442/0/150: such as no text has.
pub const OPAQUE: [u8; 5] = [0x00, 0xff, 0x01, 0x80, 0x7f];

/// What the device has besides what every client has.
fn values() -> Vec<(&'static str, Value<'static>)> {
    vec![
        ("/3/0/0", Value::string("m2m")),
        ("/3/0/1", Value::string("interop")),
        ("/3/0/2", Value::string("345000123")),
        ("/3/0/6/0", Value::Integer(1)),
        ("/3/0/6/1", Value::Integer(5)),
        ("/3/0/7/0", Value::Integer(3800)),
        ("/3/0/7/1", Value::Integer(5000)),
        ("/3/0/9", Value::Integer(100)),
        ("/3/0/13", Value::Time(1_700_000_000)),
        ("/4/0/0", Value::Integer(41)),
        ("/4/0/1/0", Value::Integer(41)),
        ("/4/0/2", Value::Integer(-62)),
        ("/4/0/4/0", Value::string("192.0.2.1")),
        ("/6/0/0", Value::Float(52.52)),
        ("/6/0/1", Value::Float(13.405)),
        ("/6/0/5", Value::Time(1_700_000_000)),
        ("/3303/0/5601", Value::Float(20.0)),
        ("/3303/0/5602", Value::Float(20.0)),
        ("/3303/0/5700", Value::Float(20.0)),
        ("/3303/0/5701", Value::string("Cel")),
        ("/3303/0/5750", Value::string("test")),
        ("/3442/0/110", Value::string("Zürich, \"quoted\"")),
        ("/3442/0/120", Value::Integer(-5_000_000_000)),
        ("/3442/0/125", Value::Unsigned(18_446_744_073_709_551_615)),
        ("/3442/0/130", Value::Float(-0.125)),
        ("/3442/0/140", Value::Boolean(true)),
        ("/3442/0/150", Value::opaque(&OPAQUE)),
        ("/3442/0/160", Value::Time(1_700_000_001)),
        ("/3442/0/170", Value::ObjectLink(ObjectLink { object: 3303, instance: 0 })),
        ("/3442/0/180", Value::core_link("</3>;ver=1.1,</3/0>")),
        ("/3442/0/1110/0", Value::string("")),
        ("/3442/0/1110/7", Value::string("seven")),
        ("/3442/0/1120/1", Value::Integer(1)),
        ("/3442/0/1120/300", Value::Integer(-129)),
        ("/3442/0/1130/0", Value::Float(1.5)),
        ("/3442/0/1140/0", Value::Boolean(false)),
        ("/3442/0/1150/0", Value::opaque(&OPAQUE)),
        ("/3442/0/1160/0", Value::Time(-1)),
        ("/3442/0/1170/2", Value::ObjectLink(ObjectLink { object: 3, instance: 0 })),
    ]
}

fn client(endpoint: &str, server: SocketAddr, lifetime: u32) -> Client {
    let limits = Limits::DEVICE;
    let config = Config { limits, objects: &OBJECTS, ..Config::new(endpoint) };
    let mut client = Client::new(&config, &Seed([3; 32])).expect("a client");
    let now = Instant::ZERO;
    let uri = format!("coap://{server}");
    let account = ServerAccount { lifetime, ..ServerAccount::new(SERVER, peer_of(server), &uri) };
    client.add_server(now, &account).expect("a server");
    for instance in ["/3303/0", "/3442/0", "/4/0", "/6/0"] {
        client.add_instance(now, path(instance)).expect("an instance");
    }
    for (at, value) in values() {
        client.set(now, path(at), value).unwrap_or_else(|e| panic!("{at}: {e:?}"));
    }
    for at in ["/3303/0/5605", "/3442/0/3", "/1/0/4", "/1/0/8", "/3/0/4"] {
        // Those that every instance has are there already.
        if !client.contains(path(at)) {
            client.add_resource(now, path(at)).unwrap_or_else(|e| panic!("{at}: {e:?}"));
        }
    }
    client
}

/// Starts the device on a socket and lets it register. It does what is executed, save /3442/0/3 with the
/// argument `0='refuse'`.
#[must_use]
pub fn start(socket: UdpSocket, endpoint: &str, server: SocketAddr, lifetime: u32) -> Device {
    let client = client(endpoint, server, lifetime);
    let device = Background::start_on(socket, client, |client, now, event| {
        let Event::Executed { id, .. } = event else { return (event, None) };
        let arguments = client.arguments(id).map(|a| String::from_utf8_lossy(a).into_owned());
        let refuse = arguments.as_deref() == Some("0='refuse'");
        let result = if refuse { Err(Code::BAD_REQUEST) } else { Ok(()) };
        client.answer_execute(now, id, result).expect("just announced");
        (event, arguments)
    });
    device.call(Client::start);
    device
}

/// Sets a value.
///
/// # Panics
/// If the client refuses it.
pub fn set(device: &Device, at: &str, value: f64) {
    let at = path(at);
    device.call(move |client, now| client.set(now, at, Value::Float(value))).expect("set");
}

/// What it has at a path, as text.
pub fn show(device: &Device, at: &str) -> String {
    let at = path(at);
    device.call(move |client, _| format!("{:?}", client.get(at)))
}
