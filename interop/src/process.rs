//! Processes of peers: started, watched, and ended when their owner goes.

use crate::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a process has said so far, line by line, on both streams.
#[derive(Default)]
struct Said {
    lines: Mutex<Vec<(&'static str, String)>>,
    more: Condvar,
    /// Streams that are not at their end.
    open: AtomicU32,
}

impl Said {
    fn listen(self: &Arc<Self>, stream: &'static str, from: impl Read + Send + 'static) {
        let said = Arc::clone(self);
        said.open.fetch_add(1, Ordering::Relaxed);
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while matches!(from.read_until(b'\n', &mut line), Ok(n) if n > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                said.lines.lock().unwrap_or_else(PoisonError::into_inner).push((stream, text));
                said.more.notify_all();
            }
            said.open.fetch_sub(1, Ordering::Release);
        });
    }
}

/// A running peer. Dropping it kills it; if the test is failing then, what it said is printed.
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<Said>,
    /// Lines before this one were looked at.
    read: usize,
}

impl Process {
    /// Starts a program. It also dies with the thread that started it, so that a test run that is
    /// killed leaves nothing behind.
    ///
    /// # Panics
    /// If it cannot be started: a missing peer is a failure.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=KILL", "--", program]).args(arguments);
        Process::spawn(&format!("{program} {}", arguments.join(" ")), command)
    }

    /// Starts a program that outlives the thread that started it: one that ends by itself when
    /// its standard input does.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_shared(program: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(program);
        command.args(arguments);
        Process::spawn(&format!("{program} {}", arguments.join(" ")), command)
    }

    fn spawn(name: &str, mut command: Command) -> Process {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{name}: {e}"));
        let said = Arc::new(Said::default());
        said.listen("out", child.stdout.take().expect("piped"));
        said.listen("err", child.stderr.take().expect("piped"));
        Process { name: name.to_owned(), stdin: child.stdin.take(), child, said, read: 0 }
    }

    /// Waits for a line that `pick` takes, among those that were not looked at yet.
    ///
    /// # Panics
    /// If none comes within [`PATIENCE`], with all that was said.
    pub fn wait_line<T>(&mut self, mut pick: impl FnMut(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut lines = self.said.lines.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            while let Some((_, line)) = lines.get(self.read) {
                self.read += 1;
                if let Some(value) = pick(line) {
                    return value;
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(lines);
                panic!("{}: no such line within {PATIENCE:?}\n{}", self.name, self.output());
            }
            lines = self.said.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// The next line that was not looked at yet, if it is there.
    pub fn next_line(&mut self) -> Option<String> {
        let lines = self.said.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, line) = lines.get(self.read)?;
        self.read += 1;
        Some(line.clone())
    }

    /// Waits for a line that begins with `start`; gives the rest of it.
    ///
    /// # Panics
    /// As [`Process::wait_line`].
    pub fn wait_start(&mut self, start: &str) -> String {
        self.wait_line(|line| line.strip_prefix(start).map(|s| s.trim().to_owned()))
    }

    /// Writes a line to its standard input.
    ///
    /// # Panics
    /// If it is gone.
    pub fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("not closed");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("a living process");
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Asks it to end, as Ctrl-C does.
    ///
    /// # Panics
    /// If that cannot be sent.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill");
        assert!(sent.success(), "{}: is gone already", self.name);
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// If the system does not tell.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Waits until it ends and all that it said was heard.
    ///
    /// # Panics
    /// If it does not within [`PATIENCE`].
    pub fn wait_end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended()
                && self.said.open.load(Ordering::Acquire) == 0
            {
                return status;
            }
            assert!(
                Instant::now() < end,
                "{}: not over within {PATIENCE:?}\n{}",
                self.name,
                self.output()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All it said so far.
    ///
    /// # Panics
    /// If a reader of its output failed.
    #[must_use]
    pub fn output(&self) -> String {
        let lines = self.said.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|(stream, line)| format!("  {stream}| {line}\n")).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.name, self.output());
        }
    }
}

/// What a program that ran to its end gave.
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

/// Runs a program to its end.
///
/// # Panics
/// If it cannot be started or takes longer than `seconds`.
#[must_use]
pub fn run(seconds: u64, program: &str, arguments: &[&str]) -> Finished {
    let name = format!("{program} {}", arguments.join(" "));
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig=KILL", "--", "timeout", "-k", "1", &seconds.to_string(), program])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut err = child.stderr.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = err.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut stdout = Vec::new();
    let read = child.stdout.take().expect("piped").read_to_end(&mut stdout);
    let status = child.wait().expect("a child of ours");
    let stderr = reader.join().expect("a reader");
    read.expect("readable");
    assert!(status.code() != Some(124), "{name}: longer than {seconds} s\n{stderr}");
    assert!(status.code() != Some(127), "{name}: is it installed?\n{stderr}");
    Finished { status, stdout, stderr }
}

/// A folder for files of one test, removed when dropped.
pub struct Scratch(std::path::PathBuf);

impl Scratch {
    /// Makes a new one.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("m2m-interop-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a folder for temporary files");
        Scratch(path)
    }

    /// Its path.
    ///
    /// # Panics
    /// If the path is not UTF-8.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }

    /// The path of a file in it.
    ///
    /// # Panics
    /// If the path is not UTF-8.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
