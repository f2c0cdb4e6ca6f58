//! What the client does by itself behind the resources of objects 3 and 7: the clock, the list of
//! errors, and the statistics of what went over the network (Core E.4, E.8).

use coap_core::Code;
use m2m_base::{Duration, Instant, UnixTime};

use super::dispatch::Answer;
use super::store::Kind;
use super::{BREATH, Client};
use crate::{Path, Value};

/// Resources of the Device object.
const ERROR_CODE: Path = Path::resource(3, 0, 11);
const RESET_ERRORS: u16 = 12;
const CURRENT_TIME: Path = Path::resource(3, 0, 13);

/// Resources of the Connectivity Statistics object.
mod statistics {
    pub(super) const SMS: [u16; 2] = [0, 1];
    pub(super) const TX_DATA: u16 = 2;
    pub(super) const RX_DATA: u16 = 3;
    pub(super) const MAX_SIZE: u16 = 4;
    pub(super) const AVERAGE_SIZE: u16 = 5;
    pub(super) const START: u16 = 6;
    pub(super) const STOP: u16 = 7;
    pub(super) const PERIOD: u16 = 8;
}

/// What is counted for object 7.
#[derive(Debug)]
pub(super) struct Statistics {
    /// It counts until then.
    until: Option<Instant>,
    sent: u64,
    received: u64,
    messages: u32,
    longest: usize,
    /// When the values are brought up to date.
    show: Instant,
    /// The Current Time that servers see, as it was written last.
    shown: Option<i64>,
}

impl Statistics {
    pub(super) const NEW: Statistics = Statistics {
        until: None,
        sent: 0,
        received: 0,
        messages: 0,
        longest: 0,
        show: Instant::FAR,
        shown: None,
    };

    pub(super) fn deadline(&self) -> Instant {
        self.until.unwrap_or(Instant::FAR).min(self.show)
    }

    fn count(&mut self, len: usize) {
        self.messages = self.messages.saturating_add(1);
        self.longest = self.longest.max(len);
    }

    pub(super) fn received(&mut self, now: Instant, len: usize) {
        if self.until.is_some_and(|until| until > now) {
            self.received = self.received.saturating_add(u64::try_from(len).unwrap_or(0));
            self.count(len);
            self.show = now;
        }
    }

    pub(super) fn sent(&mut self, now: Instant, len: usize) {
        if self.until.is_some_and(|until| until > now) {
            let before = self.sent / 1024;
            self.sent = self.sent.saturating_add(u64::try_from(len).unwrap_or(0));
            self.count(len);
            if self.sent / 1024 != before {
                self.show = self.show.min(now + BREATH);
            }
        }
    }
}

impl Client {
    /// Notes an error of the device (/3/0/11): 1 low battery, 2 external power supply off, 3 GPS
    /// module failure, 4 low signal, 5 out of memory, 6 SMS failure, 7 IP connectivity, 8
    /// peripheral malfunction, 16 to 32 the device's own. One that is noted already changes nothing.
    ///
    /// # Errors
    /// [`super::UsageError::OutOfRange`] for 0 and above 32; [`super::UsageError::Full`].
    pub fn add_error(&mut self, now: Instant, error: u8) -> Result<(), super::UsageError> {
        let value = Value::Integer(error.into());
        if error == 0 {
            return Err(super::UsageError::OutOfRange);
        }
        let mut free = 0;
        let mut place = None;
        for at in self.store.paths(ERROR_CODE).skip(1) {
            let known = self.store.get(at);
            if known == Some(value) {
                return Ok(());
            }
            if known == Some(Value::Integer(0)) {
                place = Some(at);
            }
            if at.resource_instance_id() == Some(free) {
                free = free.saturating_add(1);
            }
        }
        // The first error takes the place of "no error".
        self.set(now, place.unwrap_or(ERROR_CODE.with_resource_instance(free)), value)
    }

    /// An error of the device is over. When none is left, the list says so.
    pub fn clear_error(&mut self, now: Instant, error: u8) {
        let found = |at: &Path| self.store.get(*at) == Some(Value::Integer(error.into()));
        let place = self.store.paths(ERROR_CODE).skip(1).find(found);
        if let Some(at) = place.filter(|_| error > 0) {
            let _ = self.store.remove(at);
            self.keep_one_error();
        }
        self.settle(now);
    }

    /// An empty list of errors reads as "no error".
    fn keep_one_error(&mut self) {
        if self.store.dimension(ERROR_CODE) == 0 {
            let none = ERROR_CODE.with_resource_instance(0);
            let _ = self.store.set(none, &Value::Integer(0));
        }
        self.touch(ERROR_CODE);
    }

    /// An execute that the client does itself; `None` if the application does.
    pub(super) fn execute_ready(&mut self, now: Instant, path: Path) -> Option<Answer> {
        match (path.object_id()?, path.resource_id()?) {
            (3, RESET_ERRORS) => {
                while let Some(at) = self.store.next_path(ERROR_CODE, ERROR_CODE) {
                    let _ = self.store.remove(at);
                }
                self.keep_one_error();
            }
            (7, statistics::START) => {
                for id in statistics::SMS {
                    if self.store.kind(path.with_resource(id)) == Some(Kind::Integer) {
                        self.put(path.with_resource(id), &Value::Integer(0));
                    }
                }
                let period = self.store.unsigned(path.with_resource(statistics::PERIOD));
                let until = match period {
                    None | Some(0) => Instant::FAR,
                    Some(seconds) => now + Duration::from_secs(seconds),
                };
                let shown = self.statistics.shown;
                self.statistics = Statistics { until: Some(until), shown, ..Statistics::NEW };
                self.show_statistics();
            }
            (7, statistics::STOP) => self.statistics.until = None,
            _ => return None,
        }
        Some(Answer::Code(Code::CHANGED))
    }

    /// Brings the values up to date that change by themselves.
    pub(super) fn run_ready(&mut self, now: Instant) {
        self.run_clock(now);
        if self.statistics.show <= now {
            self.statistics.show = Instant::FAR;
            self.show_statistics();
        }
        if self.statistics.until.is_some_and(|until| until <= now) {
            self.statistics.until = None;
        }
    }

    /// Current Time goes on; and is set by whoever writes it. That it does so is no change that
    /// anybody is notified of.
    fn run_clock(&mut self, now: Instant) {
        let Some(Value::Time(held)) = self.store.get(CURRENT_TIME) else { return };
        if self.statistics.shown.is_some_and(|shown| shown != held) {
            self.set_clock(now, UnixTime::from_secs(held));
        }
        let time = self.wall_clock(now).map_or(held, UnixTime::as_secs);
        let _ = self.store.set(CURRENT_TIME, &Value::Time(time));
        self.statistics.shown = Some(time);
    }

    /// The clock was set.
    pub(super) fn show_clock(&mut self, time: UnixTime) {
        if self.store.kind(CURRENT_TIME) == Some(Kind::Time) {
            self.put(CURRENT_TIME, &Value::Time(time.as_secs()));
        }
        self.statistics.shown = Some(time.as_secs());
    }

    fn show_statistics(&mut self) {
        let Statistics { sent, received, messages, longest, .. } = self.statistics;
        let both = sent.saturating_add(received);
        let average = both.checked_div(messages.into()).unwrap_or(0);
        for (id, value) in [
            (statistics::TX_DATA, sent / 1024),
            (statistics::RX_DATA, received / 1024),
            (statistics::MAX_SIZE, u64::try_from(longest).unwrap_or(0)),
            (statistics::AVERAGE_SIZE, average),
        ] {
            let at = Path::resource(7, 0, id);
            // Those that the application wants shown are there.
            if self.store.kind(at) == Some(Kind::Integer) {
                self.put(at, &Value::Integer(i64::try_from(value).unwrap_or(i64::MAX)));
            }
        }
    }
}
