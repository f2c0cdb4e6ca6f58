//! What a job costs: nanoseconds, allocations, and instructions as callgrind counts them.

use crate::codecs::JOBS;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs one job `times` times; the program under callgrind does just this.
pub(crate) fn job(name: &str, times: u64) {
    let (_, make) = JOBS.iter().find(|j| j.0 == name).expect("a job of that name");
    let mut run = make();
    for _ in 0..times {
        run();
    }
}

/// Measures every codec job and prints a line for each.
pub(crate) fn codecs(json: bool) {
    for (name, make) in JOBS {
        let mut run = make();
        run();
        let allocations = allocation_counter::measure(&mut run).count_total;
        let ns = nanoseconds(&mut run);
        let instructions = instructions(&["job", name], ns);
        if json {
            let line = serde_json::json!({
                "job": name, "instructions": instructions, "ns": ns, "allocations": allocations,
            });
            println!("{line}");
        } else {
            let counted = instructions.map_or("-".to_owned(), |n| n.to_string());
            println!(
                "{name:<22} {counted:>10} instructions {ns:>10.1} ns {allocations:>3} allocations"
            );
        }
    }
}

/// The fastest of several rounds of some milliseconds each.
pub(crate) fn nanoseconds(run: &mut dyn FnMut()) -> f64 {
    let mut times = 1u32;
    let mut best = f64::MAX;
    let mut rounds = 0;
    while rounds < 15 {
        let start = Instant::now();
        for _ in 0..times {
            run();
        }
        let took = start.elapsed().as_secs_f64();
        if took < 0.005 {
            times *= 2;
            continue;
        }
        best = best.min(took / f64::from(times));
        rounds += 1;
    }
    (best * 1e10).round() / 10.0
}

/// Instructions of one run: the difference between two counts of runs, so that the start of the
/// process falls out. `None` without valgrind.
pub(crate) fn instructions(arguments: &[&str], ns: f64) -> Option<u64> {
    // Long jobs need no large counts, and under callgrind they take their time.
    let (few, many) = if ns < 100_000.0 { (100, 300) } else { (4, 8) };
    let count = |times: u64| -> Option<u64> {
        let program = std::env::current_exe().ok()?;
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args(arguments)
            .arg(times.to_string())
            .stdout(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find(|l| l.contains("Collected"))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    Some((count(many)? - count(few)?) / (many - few))
}
