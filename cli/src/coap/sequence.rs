//! The record of the sequence numbers that a security context may have used (RFC 8613 appendix
//! B.1.1): whatever ends the program, the next one begins behind them.
//!
//! A file of lines of the same length, each the number that all used ones are below; the largest
//! counts. A line is added and is on the disk before the first of its numbers is used. Lines are
//! never replaced but by a larger number, so that no moment is one at which the file says less than
//! it did.

use crate::failure::Failure;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of a line: 15 digits and the line feed.
const LINE: u64 = 16;
/// Lines after which the file is made short again.
const MOST: u64 = 256;

/// An open record, locked.
pub(super) struct Sequence {
    file: File,
    lines: u64,
}

impl Sequence {
    /// Opens or makes the record. Tells the number that all used ones are below; `None` if none
    /// ever was.
    pub(super) fn open(path: &Path) -> Result<(Sequence, Option<u64>), Failure> {
        let shown = path.display();
        let fail = |error| Failure::io(format_args!("cannot open {shown}"), &error);
        let new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(fail)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                Failure::new(format!("{shown}: another program uses this security context"))
            }
            TryLockError::Error(error) => fail(error),
        })?;
        if new {
            // The name of the file has to survive, too.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(fail)?;
            // Not every system has this.
            let _ = folder.sync_all();
        }
        let mut bytes = Vec::new();
        (&mut file).take(LINE * (MOST + 2)).read_to_end(&mut bytes).map_err(fail)?;
        let (next, lines) = newest(&bytes)
            .ok_or_else(|| Failure::new(format!("{shown} is no record of sequence numbers")))?;
        Ok((Sequence { file, lines }, next))
    }

    /// Records that numbers below `up_to` may be used. When this is over it is on the disk.
    pub(super) fn store(&mut self, up_to: u64) -> io::Result<()> {
        let line = format!("{up_to:015}\n");
        let short = self.lines >= MOST;
        let at = if short { 0 } else { self.lines * LINE };
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_all()?;
        if short {
            self.file.set_len(LINE)?;
            self.lines = 0;
        }
        self.lines += 1;
        Ok(())
    }
}

/// The largest number of a record, if it has one, and how many lines it has; `None` if it is no
/// record. The part of a line at the end was being written, and none of its numbers was used; some
/// file systems leave zeros there.
fn newest(bytes: &[u8]) -> Option<(Option<u64>, u64)> {
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let lines = bytes.get(..written)?.chunks(usize::try_from(LINE).ok()?);
    let (mut newest, mut count) = (None, 0);
    for line in lines {
        let (digits, whole) = match line.strip_suffix(b"\n") {
            Some(digits) => (digits, line.len() == usize::try_from(LINE).ok()?),
            None => (line, false),
        };
        let number = core::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
        let number: u64 = number.parse().ok()?;
        if whole {
            newest = newest.max(Some(number));
            count += 1;
        }
    }
    Some((newest, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(std::path::PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let name = format!("m2m-sequence-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = std::fs::remove_file(&path);
            Scratch(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn next(scratch: &Scratch) -> Option<u64> {
        Sequence::open(&scratch.0).ok().unwrap().1
    }

    #[test]
    fn the_newest_number_comes_back_and_the_file_stays_short() {
        let scratch = Scratch::new("back");
        assert_eq!(next(&scratch), None);
        let mut number = 0;
        for _ in 0..3 {
            let (mut sequence, before) = Sequence::open(&scratch.0).ok().unwrap();
            assert_eq!(before.unwrap_or(0), number);
            for _ in 0..MOST + 20 {
                number += 128;
                sequence.store(number).unwrap();
            }
            assert!(std::fs::metadata(&scratch.0).unwrap().len() <= LINE * MOST);
        }
        assert_eq!(next(&scratch), Some(number));
    }

    #[test]
    fn a_record_that_was_cut_at_any_byte_never_says_less_than_it_promised() {
        let scratch = Scratch::new("cut");
        let (mut sequence, _) = Sequence::open(&scratch.0).ok().unwrap();
        sequence.store(128).unwrap();
        sequence.store(256).unwrap();
        drop(sequence);
        let whole = std::fs::read(&scratch.0).unwrap();
        for len in 16..whole.len() {
            // The second line was being written: none of its numbers was used.
            let mut cut = whole.get(..len).unwrap().to_vec();
            cut.resize(len + len % 2 * 40, 0);
            std::fs::write(&scratch.0, cut).unwrap();
            let (mut sequence, found) = Sequence::open(&scratch.0).ok().unwrap();
            assert_eq!(found, Some(128));
            sequence.store(384).unwrap();
            drop(sequence);
            assert_eq!(next(&scratch), Some(384));
        }
    }

    #[test]
    fn one_at_a_time_and_nothing_but_a_record() {
        let scratch = Scratch::new("lock");
        let (held, _) = Sequence::open(&scratch.0).ok().unwrap();
        assert!(Sequence::open(&scratch.0).is_err());
        drop(held);
        assert_eq!(next(&scratch), None);
        std::fs::write(&scratch.0, "something else altogether\n").unwrap();
        assert!(Sequence::open(&scratch.0).is_err());
        assert_eq!(std::fs::read(&scratch.0).unwrap(), b"something else altogether\n");
    }
}
