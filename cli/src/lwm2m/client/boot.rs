//! What a device is when it is switched on: its engine with its accounts and values.

use super::plan::{Move, Plan, Server};
use super::state::RECORDS;
use super::station::{self, Sensor, resource};
use crate::clock::wall;
use crate::coap::oscore::Opened;
use crate::failure::Failure;
use crate::lwm2m::bootstrap_server::given::context_items;
use crate::seeds::Seeds;
use coap_core::Streams;
use lwm2m_core::bootstrap_server::{Account, Security, bootstrap_account};
use lwm2m_core::client::{Client, Config, DeviceBehind, Limits, UsageError};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::{Level, ObjectLink, Path, Value};
use m2m_base::{Duration, Instant, UnixTime};

/// Nine servers with the bootstrap server, some dozens of objects.
const LIMITS: Limits = Limits {
    coap: coap_core::Limits {
        exchanges: 16,
        requests: 32,
        observers: 128,
        peers: 10,
        security_contexts: 9,
        pool: 64 * 1024,
        ..Limits::DEVICE.coap
    },
    servers: 8,
    values: 2000,
    text: 32 * 1024,
    attributes: 256,
    ..Limits::DEVICE
};

/// A sensor and when it measures next.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) sensor: Sensor,
    pub(super) due: Instant,
}

/// With room for what the plan has besides.
fn limits(plan: &Plan) -> Limits {
    let objects: usize = plan.devices.iter().map(|device| device.objects().len()).sum();
    let few = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    Limits {
        records: plan.state.as_ref().map_or(0, |_| RECORDS),
        devices: few(plan.devices.len()),
        device_objects: few(objects),
        ..LIMITS
    }
}

/// Where something of the nth device behind lies.
fn behind(client: &Client, n: u16, path: Path) -> Path {
    client.path_behind(Path::instance(25, n), path).unwrap_or(path)
}

/// All values that move, those of the devices behind where they lie.
pub(super) fn moves(plan: &Plan, client: &Client) -> Vec<Move> {
    let devices = (0..).zip(&plan.devices).flat_map(|(n, device)| {
        device.moves.iter().map(move |m| Move { path: behind(client, n, m.path), ..m.clone() })
    });
    plan.moves.iter().cloned().chain(devices).collect()
}

/// A client engine as it is when a device is switched on.
pub(super) fn boot(
    plan: &Plan,
    now: Instant,
    seeds: &mut Seeds,
    probes: &mut [Probe],
) -> Result<Client, Failure> {
    let objects = plan.objects();
    let config = Config {
        limits: limits(plan),
        objects: &objects,
        version: plan.version,
        alternate_path: &plan.alternate_path,
        queue_mode: plan.queue_mode.map(|seconds| Duration::from_secs(seconds.into())),
        ..Config::new(&plan.endpoint)
    };
    let streams = Streams { connections: 9, ..Streams::default() };
    let mut client = Client::with_streams(&config, &streams, &seeds.next())
        .map_err(|error| Failure::new(format!("cannot make a client: {error}")))?;
    client.set_wall_clock(now, UnixTime::from_millis(wall()));
    if let Some(state) = &plan.state {
        state.restore(&mut client, now)?;
    }
    // Those of before the restart: what is reserved for a context that is new was not used.
    let kept: Vec<(u16, u64)> = client.sequence_numbers().collect();
    let bootstraps = |client: &Client| {
        let mut security = client.paths(Path::object(0)).filter_map(|path| path.instance_id());
        security.any(|id| client.get(Path::resource(0, id, 1)) == Some(Value::Boolean(true)))
    };
    if client.servers().next().is_none() && !bootstraps(&client) {
        for (at, server) in (0..).zip(&plan.servers) {
            account(&mut client, now, at, server)?;
        }
    }
    for (at, server) in (0..).zip(&plan.servers) {
        let kept = kept.iter().find(|(instance, _)| *instance == at).map(|(_, next)| *next);
        count_on(&mut client, now, at, server, kept)?;
    }
    for (id, value) in station::device(&plan.endpoint) {
        client.set(now, Path::resource(3, 0, id), value).map_err(usage)?;
    }
    for Probe { sensor, due } in probes {
        client.add_instance(now, sensor.instance()).map_err(usage)?;
        client.add_resource(now, sensor.resource(resource::RESET_MIN_MAX)).map_err(usage)?;
        for (id, text) in
            [(resource::SENSOR_UNITS, sensor.unit()), (resource::APPLICATION_TYPE, "")]
        {
            client.set(now, sensor.resource(id), Value::string(text)).map_err(usage)?;
        }
        sensor.extremes = None;
        take(&mut client, now, sensor)?;
        *due = now + Duration::from_millis(sensor.every.max(1));
    }
    for device in &plan.devices {
        let (id, prefix) = (device.id.as_str(), device.prefix.as_str());
        let made = DeviceBehind { id, prefix, objects: &device.objects() };
        client.add_device(now, &made).map_err(|error| {
            Failure::new(format!("the gateway cannot have the device {prefix}: {error}"))
        })?;
    }
    if let Some(firmware) = &plan.firmware {
        firmware.boot(&mut client, now)?;
    }
    for Move { path, low, whole, .. } in &moves(plan, &client) {
        #[allow(clippy::cast_possible_truncation, reason = "it saturates")]
        let first = if *whole { Value::Integer(low.round() as i64) } else { Value::Float(*low) };
        put(&mut client, now, &Item::value(*path, first))?;
    }
    for (path, value) in &plan.values {
        put(&mut client, now, &Item::value(*path, value.value()))?;
    }
    for (n, device) in (0..).zip(&plan.devices) {
        for (path, value) in &device.values {
            let path = behind(&client, n, *path);
            put(&mut client, now, &Item::value(path, value.value()))?;
        }
    }
    Ok(client)
}

/// Makes the account of a server, under these instances.
fn account(client: &mut Client, now: Instant, at: u16, server: &Server) -> Result<(), Failure> {
    let Server { id, uri, psk, own, oscore, lifetime, .. } = server;
    let keys = match (psk, own) {
        (Some(psk), _) => Security::psk(&psk.identity, &psk.key),
        (None, Some(own)) => Security::certificate(own.certificate(), own.key(), &[]),
        (None, None) if server.scheme().is_tls() => Security::certificate(&[], &[], &[]),
        (None, None) => Security::NONE,
    };
    let mut items = if *id == 0 {
        bootstrap_account(uri, &keys, at, None, None)
    } else {
        let binding = match server.scheme() {
            scheme if scheme.is_datagram() => "U",
            scheme if scheme.is_mqtt() => "M",
            _ => "T",
        };
        let account = Account { lifetime: *lifetime, binding, ..Account::new(uri, keys, *id) };
        let mut items = [account.security(at), account.server(at)].concat();
        // Mute Send: what the user sends is wanted.
        items.push(Item::value(Path::resource(1, at, 23), Value::Boolean(false)));
        items
    };
    if let Some(context) = oscore {
        let context = context.borrow();
        let shared = context.shared.parameters();
        context_items(&shared, at).iter().try_for_each(|item| put(client, now, item))?;
        let link = Value::ObjectLink(ObjectLink::new(21, at));
        items.push(Item::value(Path::resource(0, at, 17), link));
    }
    items.iter().try_for_each(|item| put(client, now, item))
}

/// Sequence numbers go on behind those that a security context has used, here or elsewhere. One that
/// was never used is new: then the first request of the server needs no proof that it is.
fn count_on(
    client: &mut Client,
    now: Instant,
    at: u16,
    server: &Server,
    kept: Option<u64>,
) -> Result<(), Failure> {
    let Some(context) = &server.oscore else { return Ok(()) };
    let context = context.borrow();
    if !has_context(client, at, &context) {
        return Ok(());
    }
    if let Some(next) = context.next.max(kept) {
        client.restore_sequence_numbers(now, at, next).map_err(|_| {
            let shown = context.file.display();
            Failure::new(format!("{shown}: it takes new keys, or two ids that differ"))
        })?;
    }
    Ok(())
}

/// The device has a context in this instance, and not another that came by a bootstrap.
pub(super) fn has_context(client: &Client, at: u16, context: &Opened) -> bool {
    context_items(&context.shared.parameters(), at).iter().all(|item| match item.content {
        ItemContent::Value(value) => client.get(item.path) == Some(value),
        ItemContent::Empty => true,
    })
}

/// Sets a value, whose instance is made if it is not there.
fn put(client: &mut Client, now: Instant, item: &Item<'_>) -> Result<(), Failure> {
    let path = item.path;
    let instance = path.truncate(Level::Instance);
    let failed =
        |error: UsageError| Failure::new(format!("the device cannot have {path}: {error}"));
    if !client.contains(instance) {
        client.add_instance(now, instance).map_err(failed)?;
    }
    match item.content {
        ItemContent::Value(value) => client.set(now, path, value).map_err(failed),
        ItemContent::Empty => Ok(()),
    }
}

/// Measures and gives the engine the value. A sensor whose object instance a server deleted
/// measures for nobody.
pub(super) fn take(client: &mut Client, now: Instant, sensor: &mut Sensor) -> Result<f64, Failure> {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of some thousand years fit")]
    let seconds = now.as_millis() as f64 / 1000.0;
    let value = sensor.measure(seconds);
    let (low, high) = sensor.extremes.unwrap_or((value, value));
    for (id, value) in [
        (resource::MIN_MEASURED, low),
        (resource::MAX_MEASURED, high),
        (resource::SENSOR_VALUE, value),
    ] {
        match client.set(now, sensor.resource(id), Value::Float(value)) {
            Ok(()) | Err(UsageError::UnknownPath) => {}
            Err(error) => return Err(usage(error)),
        }
    }
    Ok(value)
}

pub(super) fn usage(error: UsageError) -> Failure {
    Failure::new(format!("the device cannot do that: {error}"))
}
