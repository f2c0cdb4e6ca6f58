//! The LwM2M server over loopback UDP: `m2m lwm2m server` with its crash-safe store and in memory,
//! Leshan's server library, and a program that sends each datagram back, all in one run under the
//! same load.

mod lanes;
pub(crate) mod million;
mod servers;

use lanes::{DEEDS, Deed, Lanes};
use m2m_interop::process::Scratch;
use servers::{Kind, Server};
use std::time::Duration;

/// Messages under way at one time. What a server does best with counts for its rate.
const WINDOWS: [usize; 4] = [16, 128, 1024, 4096];
/// How long a measurement takes.
const ROUND: Duration = Duration::from_millis(1500);
/// Rounds of everything before it counts, and how long each takes. A Java machine needs many; what
/// others register then is room for registrations that they do not have later on: a server is full
/// with a million.
const WARM: (u8, Duration) = (1, Duration::from_millis(200));
const WARM_JAVA: (u8, Duration) = (5, ROUND);
/// Leshan loses most of what more than this many under way send.
const MOST_JAVA: usize = 1024;

/// What was measured.
#[derive(Clone, Copy, Debug)]
struct Row {
    kind: Kind,
    deed: Deed,
    window: usize,
    per_second: f64,
    /// Microseconds of CPU time of the server.
    cpu: f64,
    lost: u64,
    refused: u64,
}

impl Row {
    fn tell(&self, json: bool) {
        let Row { kind, deed, window, per_second, cpu, lost, refused } = *self;
        let what = what(deed);
        if json {
            let line = serde_json::json!({
                "server": kind.name(), "what": what, "under_way": window,
                "per_second": per_second.round(), "cpu_us": cpu, "lost": lost, "refused": refused,
            });
            println!("{line}");
            return;
        }
        println!(
            "{:<15} {what:<13} {window:>4} under way {per_second:>8.0} a second, {cpu:>6.2} us CPU, \
             {lost} lost, {refused} refused",
            kind.name()
        );
    }
}

/// Registers, updates and notifies with endpoints of their own.
fn round(server: &Server, kind: Kind, window: usize, number: u8, period: Duration) -> Vec<Row> {
    let mut lanes = Lanes::new(server.coap, kind == Kind::Echo, number);
    let mut rows = Vec::new();
    for deed in DEEDS {
        if kind == Kind::Echo {
            lanes.pretend();
        } else if deed == Deed::Notify {
            observe(server, &mut lanes);
        }
        let (cpu, count) = (server.cpu(), server.count(deed));
        let tally = lanes.run(deed, window, period);
        // What came in is one thing, what was done with it another: the server says that itself.
        let told = server.count(deed).zip(count).map(|(after, before)| after - before);
        let cpu = server.cpu() - cpu;
        let done = told.unwrap_or(tally.done);
        assert!(done > 0, "{}: nothing was done", kind.name());
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        let number = done as f64;
        rows.push(Row {
            kind,
            deed,
            window,
            per_second: number / tally.took.as_secs_f64(),
            cpu: cpu * 1e6 / number,
            lost: tally.lost,
            refused: tally.refused,
        });
    }
    rows
}

/// Has the server observe some endpoints of each lane.
fn observe(server: &Server, lanes: &mut Lanes) {
    let Some((http, kind)) = server.api() else { return };
    let names = lanes.observed();
    let asking = std::thread::spawn(move || {
        // Leshan that has lost much is behind: one that it has no answer for is the last.
        names.iter().take_while(|name| Server::observe(http, kind, name)).count()
    });
    lanes.serve(|| asking.is_finished());
    assert!(asking.join().expect("they are asked") > 0, "{}: nothing is observed", kind.name());
}

fn measure(kind: Kind, folder: &Scratch, json: bool) -> Vec<Row> {
    let (warm, period) = if kind == Kind::Leshan { WARM_JAVA } else { WARM };
    let most = if kind == Kind::Leshan { MOST_JAVA } else { usize::MAX };
    let mut rows = Vec::new();
    for window in WINDOWS.into_iter().filter(|window| *window <= most) {
        // One of its own for each window: what registered in the ones before would slow it.
        let server = Server::start(kind, &folder.file(&format!("wire-{window}.redb")));
        std::thread::sleep(Duration::from_millis(300));
        for number in 0..warm {
            round(&server, kind, 128, number, period);
        }
        for row in round(&server, kind, window, warm, ROUND) {
            assert!(row.cpu > 0.0, "{}: nobody did it", kind.name());
            row.tell(json);
            rows.push(row);
        }
    }
    rows
}

/// Measures and prints.
pub(crate) fn run(json: bool, only: Option<&str>) {
    let folder = Scratch::new();
    let kinds = [Kind::Echo, Kind::Memory, Kind::Store, Kind::Leshan];
    let kinds = kinds.into_iter().filter(|kind| only.is_none_or(|only| kind.name().contains(only)));
    let rows: Vec<Row> = kinds.flat_map(|kind| measure(kind, &folder, json)).collect();
    if only.is_some() {
        return;
    }
    let of = |kind: Kind, deed: Deed| {
        // To refuse is less work than to do.
        rows.iter().filter(move |r| r.kind == kind && r.deed == deed && r.refused == 0)
    };
    let best =
        |kind: Kind, deed: Deed| of(kind, deed).map(|row| row.per_second).fold(0.0, f64::max);
    for deed in DEEDS {
        let to_leshan = best(Kind::Store, deed) / best(Kind::Leshan, deed);
        let in_memory = best(Kind::Memory, deed) / best(Kind::Leshan, deed);
        // An echo that loses datagrams is not the same work.
        let echo = |window| of(Kind::Echo, deed).find(|row| row.window == window && row.lost == 0);
        let ratio = |ours: &Row| Some(ours.cpu / echo(ours.window)?.cpu);
        let ratios: Vec<f64> = of(Kind::Memory, deed).filter_map(ratio).collect();
        let worst = ratios.iter().copied().fold(0.0, f64::max);
        let what = what(deed);
        if json {
            let line = serde_json::json!({
                "what": what, "store_to_leshan": to_leshan, "memory_to_leshan": in_memory,
                "cpu_to_echo": ratios,
            });
            println!("{line}");
        } else {
            let words: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
            println!(
                "{what:<13} with its store {to_leshan:.1} times Leshan (at least 10), in memory \
                 {in_memory:.1} times; CPU {} of an echo, {worst:.2} at most (at most 1.5)",
                words.join(", ")
            );
        }
    }
}

const fn what(deed: Deed) -> &'static str {
    match deed {
        Deed::Register => "registrations",
        Deed::Update => "updates",
        Deed::Notify => "notifications",
    }
}
