//! A CSE without sockets: creates, retrieves, and what a million instances change.

use m2m_base::{Instant, PeerId, Seed, UnixTime};
use onem2m_core::cse::{Config, Cse, Session};
use onem2m_core::primitive::{Content, FilterCriteria, Request, Response};
use onem2m_core::{Operation, ReleaseVersion, ResourceType};
use std::hint::black_box;

const CONTENT: &[u8] = br#"{"m2m:cin":{"cnf":"text/plain:0","con":"21.5 C, 47 %"}}"#;

struct Bench {
    cse: Cse,
    milliseconds: u64,
}

impl Bench {
    fn new() -> Bench {
        let mut cse = Cse::new(Config::new(), &Seed([1; 32])).unwrap();
        cse.set_wall_clock(Instant::ZERO, UnixTime::from_secs(1_795_000_000));
        Bench { cse, milliseconds: 0 }
    }

    fn ask(&mut self, request: Request) -> Response {
        self.milliseconds += 1;
        let now = Instant::from_millis(self.milliseconds / 100);
        let session = Session { peer: PeerId(1), ..Session::default() };
        self.cse.handle_request(now, session, request);
        while let Some(record) = self.cse.poll_journal() {
            black_box(record);
        }
        loop {
            if let Some((_, response)) = self.cse.poll_response() {
                assert!(response.status.number() < 4000, "{response:?}");
                return response;
            }
            self.cse.handle_timeout(now);
        }
    }

    fn create(&mut self, to: &str, ty: ResourceType, content: &[u8]) {
        self.ask(Request {
            resource_type: Some(ty),
            content: Some(Content::from_json(black_box(content)).unwrap()),
            ..request(Operation::Create, to)
        });
    }

    fn retrieve(&mut self, to: &str) {
        black_box(self.ask(request(Operation::Retrieve, to)));
    }

    fn discover(&mut self, label: &str) -> usize {
        let criteria = FilterCriteria {
            labels: vec![label.to_owned()],
            limit: Some(100),
            filter_usage: Some(onem2m_core::enumeration::FilterUsage::DiscoveryCriteria),
            ..FilterCriteria::default()
        };
        let response = self.ask(Request {
            filter_criteria: Some(criteria),
            ..request(Operation::Retrieve, "cse-in")
        });
        response.content.unwrap().as_str().matches("\"cse-in/").count()
    }

    fn tree(&mut self, containers: usize) {
        let ae = br#"{"m2m:ae":{"rn":"ae","api":"N1","rr":false,"srv":["3"]}}"#;
        self.create("cse-in", ResourceType::Ae, ae);
        for n in 0..containers {
            let content = format!(r#"{{"m2m:cnt":{{"rn":"c{n}","lbl":["all"]}}}}"#);
            self.create("cse-in/ae", ResourceType::Container, content.as_bytes());
        }
    }
}

fn request(operation: Operation, to: &str) -> Request {
    Request {
        from: Some("Cae".to_owned()),
        release_version_indicator: Some(ReleaseVersion::R3),
        ..Request::new(operation, to.to_owned(), "r1".to_owned())
    }
}

/// Nanoseconds of one of `times` calls.
fn time(times: u64, mut job: impl FnMut(u64)) -> f64 {
    let start = std::time::Instant::now();
    for n in 0..times {
        job(n);
    }
    start.elapsed().as_secs_f64() * 1e9 / times as f64
}

fn say(json: bool, job: &str, value: f64, unit: &str) {
    if json {
        println!("{}", serde_json::json!({"job": job, "value": value.round(), "unit": unit}));
    } else {
        println!("{job:<34} {value:>12.0} {unit}");
    }
}

/// Latest, label discovery and deletion of a container with `per` instances in each of a thousand.
fn large(per: u64) -> [f64; 3] {
    let mut b = Bench::new();
    b.tree(1000);
    let paths: Vec<String> = (0..1000).map(|n| format!("cse-in/ae/c{n}")).collect();
    for _ in 0..per {
        for path in &paths {
            b.create(path, ResourceType::ContentInstance, CONTENT);
        }
    }
    // The same container throughout, so that the processor's caches do not make the difference.
    let latest = format!("{}/la", paths[500]);
    let mut best = [f64::MAX; 3];
    for target in paths.iter().take(9) {
        best[0] = best[0].min(time(20_000, |_| b.retrieve(&latest)));
        best[1] = best[1].min(time(50, |_| assert_eq!(b.discover("all"), 100)));
        let deleted = time(1, |_| {
            b.ask(request(Operation::Delete, target));
        });
        best[2] = best[2].min(deleted);
        let now = Instant::from_millis(b.milliseconds / 100);
        while b.cse.poll_timeout().is_some_and(|at| at <= now) {
            b.cse.handle_timeout(now);
            while b.cse.poll_journal().is_some() {}
        }
    }
    best
}

pub(crate) fn run(json: bool) {
    let mut b = Bench::new();
    b.tree(1);
    let mut creates = f64::MAX;
    for _ in 0..5 {
        let took = time(200_000, |_| {
            b.create("cse-in/ae/c0", ResourceType::ContentInstance, CONTENT);
        });
        creates = creates.min(took);
    }
    say(json, "contentInstance creates", 1e9 / creates, "a second");
    let mut latest = f64::MAX;
    for _ in 0..5 {
        latest = latest.min(time(200_000, |_| b.retrieve("cse-in/ae/c0/la")));
    }
    say(json, "retrieves of latest", 1e9 / latest, "a second");
    drop(b);

    let mut b = Bench::new();
    b.tree(1000);
    let paths: Vec<String> = (0..1000).map(|n| format!("cse-in/ae/c{n}")).collect();
    let used = allocation_counter::measure(|| {
        for n in 0..1_000_000 {
            b.create(&paths[n % 1000], ResourceType::ContentInstance, CONTENT);
        }
    });
    let content = 12.0;
    say(
        json,
        "memory per instance beyond content",
        used.bytes_current as f64 / 1e6 - content,
        "bytes",
    );
    drop(b);

    let (few, many) = (large(1), large(1000));
    for (job, (few, many)) in ["latest", "discovery by label, lim=100", "deletion of a container"]
        .into_iter()
        .zip(few.into_iter().zip(many))
    {
        say(json, &format!("{job}, 1 k"), few, "ns");
        say(json, &format!("{job}, 1 M"), many, "ns");
    }
}
