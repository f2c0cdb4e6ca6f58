//! Values that only the application knows at the moment they are read: a read of one waits until
//! the application has told it, and one that is observed is asked for as often as `epmax` says.

use alloc::vec::Vec;
use coap_core::{Code, Incoming, IncomingId};
use m2m_base::container::Reserve;
use m2m_base::{Duration, Instant};

use super::attributes::Attribute;
use super::observe::Observation;
use super::{Client, Event, UsageError};
#[cfg(feature = "composite")]
use crate::format::PathReader;
use crate::{Path, Value};

/// How long a read waits for the application.
const VALUE_WAIT: Duration = Duration::from_secs(60);

/// A resource whose value is asked for when it is read.
#[derive(Clone, Copy, Debug)]
struct Row {
    path: Path,
    /// A read waits for it.
    wanted: bool,
    /// The application knows that.
    told: bool,
    /// It is wanted for those who observe it, whether a read waits or not.
    observed: bool,
    /// When it was told last, or asked for because of `epmax`.
    since: Instant,
    /// When it is to be asked for because of `epmax`; [`Instant::FAR`] for never.
    due: Instant,
    /// The application could not tell it.
    failed: Option<Code>,
}

/// A read that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: IncomingId,
    path: Path,
    until: Instant,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Asked {
    rows: Vec<Row>,
    most: u8,
    waiting: Vec<Waiting>,
    /// A read that has waited is being served.
    resuming: bool,
}

impl Asked {
    /// Room for so many values, and for as many reads as the endpoint has requests.
    #[inline(always)]
    pub(super) const fn empty() -> Asked {
        Asked { rows: Vec::new(), most: 0, waiting: Vec::new(), resuming: false }
    }

    pub(super) fn reserve(&mut self, most: u8, requests: u32, reservation: &mut impl Reserve) {
        let requests = if most == 0 { 0 } else { requests as usize };
        self.most = most;
        reservation.room(&mut self.rows, most.into());
        reservation.room(&mut self.waiting, requests);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let looks = self.rows.iter().map(|row| row.due).filter(|due| *due != Instant::FAR);
        self.waiting.iter().map(|w| w.until).chain(looks).min()
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        let row = self.rows.iter_mut().find(|row| row.wanted && !row.told)?;
        row.told = true;
        Some(Event::ValueWanted { path: row.path })
    }

    /// Marks what a read of `paths` has to wait for; false if there is nothing. Another block of a
    /// long answer waits for nothing.
    fn want(
        &mut self,
        now: Instant,
        id: IncomingId,
        incoming: &Incoming<'_>,
        paths: impl IntoIterator<Item = Path>,
    ) -> bool {
        let further = incoming.block2.is_some_and(|block| block.number > 0);
        if self.resuming || further || self.waiting.len() >= self.waiting.capacity() {
            return false;
        }
        // What all of them are at or below.
        let mut above = None;
        for path in paths {
            for row in self.rows.iter_mut().filter(|row| row.path.starts_with(path)) {
                row.wanted = true;
                let one = above.is_none_or(|above| above == path);
                above = Some(if one { path } else { Path::ROOT });
            }
        }
        let Some(path) = above else { return false };
        self.waiting.push(Waiting { id, path, until: now + VALUE_WAIT });
        true
    }

    fn is_wanted_below(&self, path: Path) -> bool {
        self.rows.iter().any(|row| row.wanted && row.path.starts_with(path))
    }

    /// The application was asked for the value, and said something.
    fn answered(&mut self, now: Instant, path: Path, failed: Option<Code>) {
        for row in self.rows.iter_mut().filter(|row| row.path == path) {
            (row.wanted, row.told, row.observed) = (false, false, false);
            (row.since, row.failed) = (now, failed);
        }
    }
}

impl Client {
    /// Has the value of a resource, or of a resource instance, asked for whenever a server reads
    /// it, by itself or with what it is part of. [`Event::ValueWanted`] asks, [`Client::answer_value`]
    /// answers, and the read waits up to a minute for that. Notifications carry what was told last;
    /// while a server observes it, or what it is part of, with `epmax` (Core 5.1.2), it is asked for
    /// that many seconds after it was told last.
    ///
    /// # Errors
    /// [`UsageError::UnknownObject`]; [`UsageError::UnknownPath`] if the instance is not there or
    /// nothing there can be read; [`UsageError::Exists`]; [`UsageError::Full`] (see
    /// [`super::Limits::asked`]).
    pub fn ask_when_read(&mut self, now: Instant, path: Path) -> Result<(), UsageError> {
        if self.asked.rows.iter().any(|row| row.path == path) {
            return Err(UsageError::Exists);
        }
        if self.asked.rows.len() >= self.asked.most.into() {
            return Err(UsageError::Full);
        }
        if self.store.make_room_for(path)? {
            self.touch(path);
        }
        self.asked.rows.push(Row {
            path,
            wanted: false,
            told: false,
            observed: false,
            since: now,
            due: Instant::FAR,
            failed: None,
        });
        self.settle(now);
        Ok(())
    }

    /// Tells a value that was asked for; or that it cannot be told, and with which error the server
    /// is to be answered that wants it alone. A read of more than that shows the value that was
    /// told last, if there is one.
    ///
    /// # Errors
    /// Those of [`Client::set`], and then it is asked for still; [`UsageError::UnknownPath`] for a
    /// value that is never asked for; [`UsageError::Invalid`] for a code that is no error.
    pub fn answer_value(
        &mut self,
        now: Instant,
        path: Path,
        value: Result<Value<'_>, Code>,
    ) -> Result<(), UsageError> {
        self.check_asked(path)?;
        let failed = match value {
            Ok(value) => {
                if self.store.set(path, &value)? {
                    self.touch(path);
                }
                None
            }
            Err(code) if code.is_response() && !code.is_success() => Some(code),
            Err(_) => return Err(UsageError::Invalid),
        };
        self.asked.answered(now, path, failed);
        self.settle(now);
        Ok(())
    }

    /// Tells that the value which was set last ([`Client::set`]) is the one that was asked for.
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] for a value that is never asked for.
    pub fn answer_value_as_set(&mut self, now: Instant, path: Path) -> Result<(), UsageError> {
        self.check_asked(path)?;
        self.asked.answered(now, path, None);
        self.settle(now);
        Ok(())
    }

    fn check_asked(&self, path: Path) -> Result<(), UsageError> {
        let asked = self.asked.rows.iter().any(|row| row.path == path);
        if asked { Ok(()) } else { Err(UsageError::UnknownPath) }
    }

    /// The shortest `epmax` of those who observe what is at `path`: after so long its value has to be
    /// looked at again.
    fn longest_unseen(&self, path: Path) -> Option<Duration> {
        let seen = |observation: &&Observation| {
            let near = |watched: &Path| path.starts_with(*watched) || watched.starts_with(path);
            self.paths_of(observation).iter().any(near)
        };
        let observations = self.observations.iter().filter(seen);
        let periods = observations.filter_map(|o| self.whole_of(o, Attribute::EPMAX));
        periods.filter(|seconds| *seconds > 0).min().map(|s| Duration::from_secs(s.into()))
    }

    /// Has the values asked for that were not looked at for as long as `epmax` allows.
    pub(super) fn look_at_asked(&mut self, now: Instant) {
        for at in 0..self.asked.rows.len() {
            let Some(path) = self.asked.rows.get(at).map(|row| row.path) else { return };
            let period = self.longest_unseen(path);
            let Some(row) = self.asked.rows.get_mut(at) else { return };
            row.observed &= period.is_some();
            let after = |period| row.since + period;
            if period.map(after).is_some_and(|due| due <= now) {
                (row.since, row.wanted, row.told, row.observed) = (now, true, false, true);
            }
            row.due = period.map_or(Instant::FAR, |period| row.since + period);
        }
    }

    /// A read of `path` and what is below it: true if values have to be asked for first. Then it is
    /// served again once they are there.
    pub(super) fn must_ask(&mut self, now: Instant, id: IncomingId, path: Path) -> bool {
        let incoming = self.endpoint.incoming(id);
        incoming.is_some_and(|incoming| self.asked.want(now, id, &incoming, [path]))
    }

    /// The same for the paths that a Read-Composite lists.
    #[cfg(feature = "composite")]
    pub(super) fn must_ask_listed(&mut self, now: Instant, id: IncomingId) -> bool {
        let Some(incoming) = self.endpoint.incoming(id) else { return false };
        let format = incoming.options.content_format().filter(|_| incoming.code == Code::FETCH);
        let Ok(area) = self.area(incoming.options) else { return false };
        let paths = format.and_then(|f| PathReader::new(f, area.as_str(), incoming.payload).ok());
        let paths = paths.into_iter().flatten().flatten();
        let paths = paths.map(|path| self.store.placed(area.as_str(), path));
        self.asked.want(now, id, &incoming, paths)
    }

    /// Serves the reads whose values are there, and gives up those that have waited too long.
    pub(super) fn run_asked(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(waiting) = self.asked.waiting.get(at).copied() {
            let Waiting { id, path, until } = waiting;
            let late = until <= now;
            if !late && self.asked.is_wanted_below(path) {
                at = at.saturating_add(1);
                continue;
            }
            self.asked.waiting.remove(at);
            let row = self.asked.rows.iter().find(|row| row.path == path);
            let failed = row.and_then(|row| row.failed);
            let late = late.then_some(Code::SERVICE_UNAVAILABLE);
            match (late.or(failed), self.endpoint.incoming(id).map(|incoming| incoming.peer)) {
                (Some(code), _) => self.answer(id, code),
                (None, Some(peer)) => {
                    self.asked.resuming = true;
                    self.serve(id, peer);
                    self.asked.resuming = false;
                }
                // The server has not waited for it.
                (None, None) => {}
            }
        }
        if self.asked.waiting.is_empty() {
            for row in self.asked.rows.iter_mut().filter(|row| !row.observed) {
                (row.wanted, row.told) = (false, false);
            }
        }
    }
}
