//! A million endpoints at `m2m lwm2m server` with its crash-safe store: `m2m lwm2m load` registers
//! and updates them, then the server is killed and started again.

use super::servers::{Kind, Server};
use crate::serve::m2m;
use m2m_interop::process::Scratch;
use std::process::Command;
use std::time::Instant;

/// What `m2m lwm2m load` says of a phase.
fn phases(server: &Server, endpoints: u32) -> Vec<serde_json::Value> {
    let output = Command::new(m2m())
        .args(["lwm2m", "load", &server.coap.to_string(), "--json"])
        .args(["--endpoints", &endpoints.to_string(), "--sockets", "256", "--window", "16"])
        .output()
        .expect("the command");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Measures and prints.
pub(crate) fn run(json: bool, endpoints: u32) {
    let folder = Scratch::new();
    let store = folder.file("million.redb");
    let server = Server::start(Kind::Store, &store);
    let phases = phases(&server, endpoints);
    let (cpu, memory) = (server.cpu(), server.memory());
    drop(server);
    let bytes = std::fs::metadata(&store).expect("the store").len();
    let begun = Instant::now();
    let server = Server::start(Kind::Store, &store);
    let (back, back_cpu) = (begun.elapsed().as_secs_f64(), server.cpu());
    assert_eq!(server.registered, u64::from(endpoints), "all are there again");
    let (again, mib) = (server.memory(), bytes >> 20);
    if json {
        for phase in &phases {
            println!("{phase}");
        }
        let line = serde_json::json!({
            "endpoints": endpoints, "cpu_s": cpu, "memory_mib": memory, "store_mib": mib,
            "back_s": back, "back_cpu_s": back_cpu, "back_memory_mib": again,
        });
        println!("{line}");
        return;
    }
    for phase in &phases {
        println!(
            "{}: {} at {} a second, half within {} ms, 99 of 100 within {} ms, {} lost",
            phase["what"].as_str().unwrap_or_default(),
            phase["count"],
            phase["per_second"],
            phase["median_ms"],
            phase["p99_ms"],
            phase["lost"]
        );
    }
    println!(
        "{endpoints} endpoints: {memory:.0} MiB of memory, {cpu:.1} s of CPU, {mib} MiB on the disk; \
         after kill -9 there again within {back:.1} s, {back_cpu:.1} s of CPU, {again:.0} MiB"
    );
}
