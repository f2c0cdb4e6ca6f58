//! How a command fails: one sentence for people, one number for scripts.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

/// Exit code of a command line that makes no sense.
pub(crate) const USAGE: u8 = 2;
/// Exit code of a command that could not do what it was asked for.
const RUNTIME: u8 = 1;
/// Exit code of a request that nobody answered.
pub(crate) const NO_ANSWER: u8 = 3;
/// Exit code of a request that was rejected, or broke off.
pub(crate) const REJECTED: u8 = 6;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    code: u8,
}

impl Failure {
    /// A failure in these words.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Failure { sentence: sentence.into(), code: RUNTIME }
    }

    /// `what` could not be done because of what the operating system says.
    pub(crate) fn io(what: impl Display, error: &io::Error) -> Self {
        Failure::new(format!("{what}: {}", reason(error)))
    }

    /// The same with another exit code.
    pub(crate) fn exits(self, code: u8) -> Self {
        Failure { code, ..self }
    }

    /// What it says.
    pub(crate) fn words(&self) -> &str {
        &self.sentence
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self) -> ExitCode {
        complain(&self.sentence);
        ExitCode::from(self.code)
    }
}

/// One sentence on standard error. When even that is gone there is nobody to tell.
pub(crate) fn complain(sentence: &str) {
    use std::io::Write;
    let _ = writeln!(io::stderr(), "m2m: {sentence}");
}

/// An error of the operating system in words, without its number where we have better ones.
pub(crate) fn reason(error: &io::Error) -> String {
    use io::ErrorKind;
    let words = match error.kind() {
        ErrorKind::AddrInUse => "another program already uses this port",
        ErrorKind::AddrNotAvailable => "this machine does not have that address",
        ErrorKind::PermissionDenied => "not permitted",
        ErrorKind::ConnectionRefused => "nothing listens there",
        ErrorKind::HostUnreachable => "the host cannot be reached",
        ErrorKind::NetworkUnreachable => "the network cannot be reached",
        _ => {
            let text = error.to_string();
            return match text.split_once(" (os error") {
                Some((words, _)) => words.to_lowercase(),
                None => text,
            };
        }
    };
    words.to_owned()
}
