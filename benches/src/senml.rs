//! Reading and writing packs against other crates, by time, in one run.
//!
//! Each reads or writes the same bytes. serde_json and minicbor fill typed records and do not
//! resolve them; what they measure is the parsing alone. sindit-senml resolves as we do.

use crate::measure::{instructions, nanoseconds};
use m2m_base::{Sink, SliceSink};
use senml::{Format, Reader, Rules};
use std::hint::black_box;

const DEVICE_JSON: &[u8] = include_bytes!("../data/device.json");
const DEVICE_CBOR: &[u8] = include_bytes!("../data/device.cbor");
const PACK100: &[u8] = include_bytes!("../data/pack100.json");
const PACK10000: &[u8] = include_bytes!("../data/pack10000.json");

/// A record as serde sees it; it borrows, because these packs have no escapes.
#[derive(Default, serde::Deserialize, serde::Serialize)]
#[serde(default)]
struct Typed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    bn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bt: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bu: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vs: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vb: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vd: Option<&'a str>,
}

/// A record as minicbor sees it.
#[derive(minicbor::Decode, minicbor::Encode)]
#[cbor(map)]
struct Keyed<'a> {
    #[b(-2)]
    bn: Option<&'a str>,
    #[n(-3)]
    bt: Option<f64>,
    #[b(0)]
    n: Option<&'a str>,
    #[b(1)]
    u: Option<&'a str>,
    #[n(2)]
    v: Option<i64>,
    #[b(3)]
    vs: Option<&'a str>,
    #[n(4)]
    vb: Option<bool>,
    #[n(6)]
    t: Option<f64>,
}

/// The name of a program, and what it does once.
type Entry = (&'static str, Box<dyn FnMut()>);

/// Each job, and who does it.
fn jobs() -> Vec<(&'static str, Vec<Entry>)> {
    let lwm2m = Rules::LWM2M;
    vec![
        (
            "read /3/0, CBOR",
            vec![
                ("senml", ours(Format::Cbor, DEVICE_CBOR, lwm2m)),
                (
                    "minicbor derive",
                    Box::new(|| {
                        let records: Vec<Keyed<'_>> =
                            minicbor::decode(black_box(DEVICE_CBOR)).unwrap();
                        black_box(records);
                    }),
                ),
            ],
        ),
        ("write /3/0, CBOR", vec![("senml", our_writer(Format::Cbor, DEVICE_CBOR)), keyed()]),
        (
            "read /3/0, JSON",
            vec![("senml", ours(Format::Json, DEVICE_JSON, lwm2m)), typed(DEVICE_JSON)],
        ),
        (
            "write /3/0, JSON",
            vec![("senml", our_writer(Format::Json, DEVICE_JSON)), typed_writer()],
        ),
        (
            "read 100 records, JSON",
            vec![
                ("senml", ours(Format::Json, PACK100, Rules::RFC8428)),
                typed(PACK100),
                sindit(PACK100),
            ],
        ),
        (
            "read 10,000 records, JSON",
            vec![
                ("senml", ours(Format::Json, PACK10000, Rules::RFC8428)),
                typed(PACK10000),
                sindit(PACK10000),
            ],
        ),
    ]
}

/// Runs one entry so many times; the program under callgrind does just this.
pub(crate) fn repeat(job: usize, entry: usize, times: u64) {
    let (_, mut run) = jobs().swap_remove(job).1.swap_remove(entry);
    for _ in 0..times {
        run();
    }
}

/// Measures every job and prints a line for each entry: instructions, time, and both as multiples
/// of ours.
pub(crate) fn run(json: bool) {
    for (at, (job, mut entries)) in jobs().into_iter().enumerate() {
        let mut times = vec![f64::MAX; entries.len()];
        // In turns, so that what else the machine does hits them all alike.
        for _ in 0..3 {
            for (time, (_, run)) in times.iter_mut().zip(&mut entries) {
                *time = time.min(nanoseconds(run));
            }
        }
        let mut ours = None;
        for (entry, ((name, _), ns)) in entries.iter().zip(times).enumerate() {
            let counted = instructions(&["entry", &at.to_string(), &entry.to_string()], ns);
            let (our_count, our_ns) = *ours.get_or_insert((counted, ns));
            let ratio = |a: f64, b: f64| (a / b * 100.0).round() / 100.0;
            let by_time = ratio(ns, our_ns);
            let by_count = counted.zip(our_count).map(|(a, b)| ratio(a as f64, b as f64));
            if json {
                let line = serde_json::json!({
                    "job": job, "program": name, "instructions": counted, "ns": ns,
                    "by_instructions": by_count, "by_time": by_time,
                });
                println!("{line}");
            } else {
                println!(
                    "{job:<26} {name:<16} {:>10} instructions {:>6} {ns:>11.1} ns {by_time:>6.2}",
                    counted.map_or("-".to_owned(), |n| n.to_string()),
                    by_count.map_or("-".to_owned(), |n| n.to_string()),
                );
            }
        }
    }
}

fn ours(format: Format, bytes: &'static [u8], rules: Rules) -> Box<dyn FnMut()> {
    Box::new(move || {
        let mut reader = Reader::resolved(format, black_box(bytes), rules);
        while let Some(record) = reader.read().unwrap() {
            black_box((&record.name, &record.value));
        }
    })
}

fn our_writer(format: Format, bytes: &'static [u8]) -> Box<dyn FnMut()> {
    let records: Vec<_> = Reader::new(format, bytes).map(Result::unwrap).collect();
    let mut buf = [0; 512];
    Box::new(move || {
        let mut sink = SliceSink::new(&mut buf);
        let dynamic: &mut dyn Sink = &mut sink;
        let mut writer = senml::Writer::new(format, dynamic, Some(records.len() as u64)).unwrap();
        for record in black_box(&records) {
            writer.record(record).unwrap();
        }
        writer.finish().unwrap();
        black_box(sink.len());
    })
}

fn keyed() -> Entry {
    let records: Vec<Keyed<'_>> = minicbor::decode(DEVICE_CBOR).unwrap();
    let mut buf = [0; 512];
    (
        "minicbor derive",
        Box::new(move || {
            let mut rest = &mut buf[..];
            minicbor::encode(black_box(&records), &mut rest).unwrap();
            black_box(rest.len());
        }),
    )
}

fn typed(bytes: &'static [u8]) -> Entry {
    (
        "serde_json",
        Box::new(move || {
            let records: Vec<Typed<'_>> = serde_json::from_slice(black_box(bytes)).unwrap();
            black_box(records);
        }),
    )
}

fn typed_writer() -> Entry {
    let records: Vec<Typed<'_>> = serde_json::from_slice(DEVICE_JSON).unwrap();
    let mut buf = [0; 512];
    (
        "serde_json",
        Box::new(move || {
            let mut rest = &mut buf[..];
            serde_json::to_writer(&mut rest, black_box(&records)).unwrap();
            black_box(rest.len());
        }),
    )
}

fn sindit(bytes: &'static [u8]) -> Entry {
    let text = std::str::from_utf8(bytes).unwrap();
    (
        "sindit-senml",
        Box::new(move || {
            black_box(sindit_senml::parse_json(black_box(text), None).unwrap());
        }),
    )
}
