//! The LwM2M server in memory, from a thousand clients to a million: bytes of heap each, and the
//! CPU time of each operation.

mod fleet;
mod plot;

use fleet::{Batch, FIVE, Fleet, SEVEN};
use lwm2m_core::server::{Config, Limits, Server};
use m2m_base::{Instant, Seed};
use nix::time::{ClockId, clock_gettime};

const COUNTS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Rounds of an operation, and how often it is done in each. The quietest round counts.
const ROUNDS: u32 = 24;
const MANY: u32 = 20_000;

/// What is measured for a number of clients: nanoseconds of CPU time each, but the first.
#[derive(Clone, Default)]
struct Row {
    count: u32,
    bytes: f64,
    register: f64,
    register_seven: f64,
    journal: f64,
    update: f64,
    lookup: f64,
    read: f64,
    notify: f64,
    expire: f64,
    restore: f64,
}

/// Names and values, in the order in which they are shown.
impl Row {
    fn operations(&self) -> [(&'static str, f64); 9] {
        [
            ("register", self.register),
            ("register, 7 links", self.register_seven),
            ("register with journal", self.journal),
            ("update", self.update),
            ("lookup by name", self.lookup),
            ("read by name", self.read),
            ("notification", self.notify),
            ("expiry", self.expire),
            ("restore", self.restore),
        ]
    }
}

/// CPU time of this thread in nanoseconds: what others do at the same time costs only caches.
fn cpu() -> f64 {
    let t = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has it");
    t.tv_sec() as f64 * 1e9 + t.tv_nsec() as f64
}

fn timed(run: impl FnOnce()) -> f64 {
    let from = cpu();
    run();
    cpu() - from
}

fn least(rounds: impl Iterator<Item = f64>) -> f64 {
    rounds.fold(f64::INFINITY, f64::min)
}

/// Registers all clients; nanoseconds each.
fn register(fleet: &mut Fleet, links: &str, batch: &mut Batch) -> f64 {
    let mut total = 0.0;
    let mut from = 0;
    while from < fleet.count {
        let to = (from + MANY).min(fleet.count);
        fleet.registers(from, to, links, batch);
        total += timed(|| fleet.register(batch));
        from = to;
    }
    total / f64::from(fleet.count)
}

fn measure(count: u32) -> Row {
    let mut batch = Batch::default();
    let mut row = Row { count, ..Row::default() };
    // What a million endpoints take, and nothing else of the bench in it.
    let mut fleet = Fleet::new(count, false);
    let mut from = 0;
    while from < count {
        let to = (from + MANY).min(count);
        fleet.registers(from, to, FIVE, &mut batch);
        let info = allocation_counter::measure(|| row.register += timed(|| fleet.register(&batch)));
        row.bytes += info.bytes_current as f64;
        from = to;
    }
    row.bytes /= f64::from(count);
    row.register /= f64::from(count);

    row.update = least((0..ROUNDS).map(|round| {
        fleet.updates(round, MANY, &mut batch);
        timed(|| fleet.update(&batch)) / f64::from(MANY)
    }));
    row.lookup = least((0..ROUNDS).map(|round| {
        let names = fleet.names(round, MANY);
        timed(|| assert!(names.iter().all(|n| fleet.server.find(n).is_some()))) / f64::from(MANY)
    }));
    row.read = least((0..ROUNDS).map(|round| {
        let names = fleet.names(round + ROUNDS, MANY);
        timed(|| fleet.read(&names)) / f64::from(MANY)
    }));
    fleet.observe();
    row.notify = least((0..ROUNDS).map(|round| {
        fleet.notifications(round, &mut batch);
        timed(|| fleet.notify(&batch)) / f64::from(batch.len())
    }));
    drop(fleet);

    // Small fleets are registered several times: what counts is not the first touch of the code.
    let tries = (200_000 / count).clamp(1, 10);
    row.register_seven = f64::INFINITY;
    row.expire = f64::INFINITY;
    for _ in 0..tries {
        let mut fleet = Fleet::new(count, false);
        row.register_seven = row.register_seven.min(register(&mut fleet, SEVEN, &mut batch));
        row.expire = row.expire.min(timed(|| fleet.expire()) / f64::from(count));
        row.register = row.register.min(register(&mut Fleet::new(count, false), FIVE, &mut batch));
    }
    let mut fleet = Fleet::new(count, true);
    row.journal = register(&mut fleet, FIVE, &mut batch);
    let mut records = std::mem::take(&mut fleet.records);
    drop(fleet);
    records.sort_by_key(|r| r.key);
    let config = Config { limits: Limits::LARGE, journal: true, ..Config::default() };
    let mut server = Server::new(&config, &Seed([4; 32])).unwrap();
    let now = Instant::from_millis(1);
    row.restore = timed(|| {
        for record in &records {
            server.restore(now, record.key, record.value.as_ref().unwrap()).unwrap();
        }
        server.finish_restore(now);
    }) / f64::from(count);
    assert_eq!(server.registration_count(), count);
    row
}

/// What was promised: name, measured, the most it may be.
fn promises(rows: &[Row]) -> Vec<(&'static str, f64, f64)> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Vec::new() };
    let worst = rows.iter().map(|r| r.bytes).fold(0.0, f64::max);
    vec![
        ("bytes of heap each", worst, 384.0),
        ("update, at 1 M to at 1 k", last.update / first.update, 2.0),
        ("lookup, at 1 M to at 1 k", last.lookup / first.lookup, 2.0),
        ("read by name, at 1 M to at 1 k", last.read / first.read, 2.0),
        ("expiry, at 1 M to at 1 k", last.expire / first.expire, 2.0),
        ("update in memory, ns", first.update, 1000.0),
        ("notification in memory, ns", first.notify, 1000.0),
        ("registration with seven links, ns", first.register_seven, 2000.0),
        ("restore of a million, s", last.restore * f64::from(last.count) / 1e9, 5.0),
    ]
}

/// Measures, prints, and writes the plot if a file is named.
pub(crate) fn run(json: bool, clients: Option<u32>, plot: Option<&str>) {
    let mut rows = Vec::new();
    let counts = clients.map_or(COUNTS.to_vec(), |n| vec![n]);
    for count in counts {
        let row = measure(count);
        if json {
            for (operation, ns) in row.operations() {
                let line = serde_json::json!({
                    "job": "lwm2m_server", "clients": count, "operation": operation,
                    "nanoseconds": ns.round(),
                });
                println!("{line}");
            }
            let bytes = row.bytes.round();
            println!(
                "{}",
                serde_json::json!({"job": "lwm2m_server", "clients": count, "bytes": bytes})
            );
        } else {
            print!("{count:>8} clients: {:.0} bytes each", row.bytes);
            for (operation, ns) in row.operations() {
                print!("; {operation} {ns:.0} ns");
            }
            println!();
        }
        rows.push(row);
    }
    let told = if clients.is_none() { promises(&rows) } else { Vec::new() };
    for (what, measured, most) in told {
        if json {
            println!(
                "{}",
                serde_json::json!({"job": "lwm2m_server", "promise": what, "measured": measured, "most": most})
            );
        } else {
            let verdict = if measured <= most { "kept" } else { "NOT kept" };
            println!("{what}: {measured:.2} (at most {most}): {verdict}");
        }
    }
    if let Some(path) = plot {
        std::fs::write(path, plot::svg(&rows)).expect("the plot can be written");
    }
}
