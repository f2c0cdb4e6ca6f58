//! Runs the `m2m` command and reads what it prints.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "helpers of tests, each test file uses some of them"
)]

pub(crate) mod certificates;
pub(crate) mod cse;
pub(crate) mod device;
pub(crate) mod lwm2m;
pub(crate) mod peer;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longer than anything here takes, however busy the machine is.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// The command with these arguments. Its output is not a terminal, so it has no colours.
pub(crate) fn m2m(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_m2m"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    m2m(arguments).output().unwrap()
}

/// Standard output of a command that succeeded.
pub(crate) fn stdout(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A JSON line: an object with a time and the name of an event.
pub(crate) fn parse(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    assert!(value.is_object(), "{line}");
    let time = text(&value, "time");
    assert!(time.len() == 24 && time.ends_with('Z') && time.contains('T'), "{line}");
    assert!(!text(&value, "event").is_empty(), "{line}");
    // The order that README.md promises, for those who read the lines with their eyes.
    assert!(line.starts_with("{\"time\":\"20"), "{line}");
    value
}

/// A member that is text.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} in {value}"))
}

/// A command that runs in the background with `--json`. It is killed with the test.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Running {
        Running::spawn(&mut m2m(arguments))
    }

    /// The same, with what is to be typed.
    pub(crate) fn with_stdin(command: &mut Command) -> (Running, ChildStdin) {
        let mut running = Running::spawn(command.stdin(Stdio::piped()));
        let stdin = running.child.stdin.take().unwrap();
        (running, stdin)
    }

    fn spawn(command: &mut Command) -> Running {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                if line.is_ok_and(|line| sender.send(line).is_err()) {
                    return;
                }
            }
        });
        Running { child, lines }
    }

    /// The next event.
    pub(crate) fn next(&self) -> Value {
        match self.lines.recv_timeout(LONG) {
            Ok(line) => parse(&line),
            Err(error) => panic!("no further line: {error}"),
        }
    }

    /// The next event of this name; those before it are skipped.
    pub(crate) fn until(&self, event: &str) -> Value {
        self.through(event).pop().unwrap()
    }

    /// The events up to the next one of this name, and that.
    pub(crate) fn through(&self, event: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let value = self.next();
            let found = text(&value, "event") == event;
            all.push(value);
            if found {
                return all;
            }
        }
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Sends SIGINT or SIGTERM.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end: the events still to come, the exit code, standard error.
    pub(crate) fn end(mut self) -> (Vec<Value>, Option<i32>, String) {
        let until = Instant::now() + LONG;
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => rest.push(parse(&line)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            }
        }
        let code = self.child.wait().unwrap().code();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (rest, code, errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
