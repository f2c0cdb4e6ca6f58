//! Send (Core 1.1, 6.4.5): values that go to a server which did not ask for them.
//!
//! What is to be sent is copied when the application says so, and waits in the outbox: for the
//! registration, for what was to be sent before it, and, if the server does not answer, for another
//! attempt.

use coap_core::{Cancel, Code, ContentFormat, OptionNumber, OptionWriter, Outcome, Request};
use coap_core::{RequestId, UsageError as CoapError};
use m2m_base::container::Reserved;
use m2m_base::{Duration, Instant, Window};

use super::account::{Account, server};
use super::dispatch::number;
use super::history::{Clock, Group, Kept, Moment};
use super::{BREATH, Client, Event, Failure, SendId, UsageError};
use crate::format::{self, Target};
use crate::{Level, Path, Version, WriteError};

/// Mute Send of the Server object: unless it is false, nothing is sent (registry, 1.1).
const MUTE_SEND: u16 = 23;
/// Longest wait between two attempts: doubling ends here.
const MAX_DOUBLINGS: u16 = 8;

/// How far a Send is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Values are recorded for it.
    Open,
    /// It waits for its turn, and until then.
    Waiting(Instant),
    /// It is under way, as of then. The times in all its blocks go by one clock.
    Under(RequestId, Clock),
    /// The application is to be told.
    Over(Option<Failure>),
}

/// One Send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Send {
    pub(super) id: SendId,
    /// Under which its values are kept.
    pub(super) owner: u16,
    pub(super) account: u8,
    pub(super) attempts: u16,
    pub(super) format: ContentFormat,
    pub(super) state: State,
}

impl Client {
    /// Records what `paths` hold now, for the next [`Client::send`] to this server, which tells it
    /// with the time.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn record(&mut self, now: Instant, ssid: u16, paths: &[Path]) -> Result<(), UsageError> {
        let at = self.check_send(ssid, ContentFormat::SENML_CBOR, paths)?;
        if paths.is_empty() {
            return Err(UsageError::Invalid);
        }
        self.collect(now, at, paths)?;
        self.settle(now);
        Ok(())
    }

    /// Sends what `paths` hold now, and what was recorded for this server since the last time, in
    /// SenML CBOR (112), SenML JSON (110), or in LwM2M CBOR (11544), which has no times and takes
    /// nothing that was recorded. It waits while the client is not registered. [`Event::Sent`] or
    /// [`Event::SendFailed`] tells how it ended.
    ///
    /// # Errors
    /// [`UsageError::UnknownServer`]; [`UsageError::NotAllowed`] if the server does not want it
    /// (/1/x/23 is not false), registered with 1.0, or may not read a path;
    /// [`UsageError::UnknownPath`] if there is nothing to read at a path; [`UsageError::Invalid`]
    /// for another format, or if there is nothing to send; [`UsageError::Full`] if the outbox is.
    pub fn send(
        &mut self,
        now: Instant,
        ssid: u16,
        format: ContentFormat,
        paths: &[Path],
    ) -> Result<SendId, UsageError> {
        let at = self.check_send(ssid, format, paths)?;
        let open = self.open_send(at);
        if open.is_none() && paths.is_empty() || open.is_some() && !is_timed(format) {
            return Err(UsageError::Invalid);
        }
        let index = match open {
            Some(index) if paths.is_empty() => index,
            _ => self.collect(now, at, paths)?,
        };
        let send = self.sends.get_mut(index).ok_or(UsageError::Full)?;
        (send.format, send.state) = (format, State::Waiting(now));
        let id = send.id;
        self.settle(now);
        Ok(id)
    }

    /// The account, if these paths can be sent to it.
    fn check_send(
        &self,
        ssid: u16,
        format: ContentFormat,
        paths: &[Path],
    ) -> Result<usize, UsageError> {
        let at = self.account(ssid)?;
        let version = self.version(at);
        if self.mutes(at) || version < Version::V1_1 {
            return Err(UsageError::NotAllowed);
        }
        let known = match format {
            ContentFormat::SENML_CBOR => true,
            ContentFormat::SENML_JSON => cfg!(feature = "senml-json"),
            ContentFormat::LWM2M_CBOR => cfg!(feature = "lwm2m-cbor") && version >= Version::V1_2,
            _ => false,
        };
        if !known {
            return Err(UsageError::Invalid);
        }
        let reader = self.viewer(at);
        #[cfg(feature = "gateway")]
        {
            // One message has one prefix.
            let open = self.open_send(at).and_then(|index| self.sends.get(index));
            let before = open.and_then(|send| self.outbox.items(send.owner, 1, None).next());
            let before = before.map(|item| item.path);
            let mut devices = before.iter().chain(paths).map(|path| self.store.device_of(*path));
            let first = devices.next();
            if devices.any(|device| Some(device) != first) {
                return Err(UsageError::Invalid);
            }
        }
        for path in paths {
            match self.store.check_listed(*path, reader) {
                Ok(()) if path.level() > Level::Root => {}
                Ok(()) | Err(Code::UNAUTHORIZED) => return Err(UsageError::NotAllowed),
                Err(_) => return Err(UsageError::UnknownPath),
            }
        }
        Ok(at)
    }

    /// The Sends that wait or are under way, with the Short Server IDs of their servers: also those of
    /// before a restart (feature `restore`).
    pub fn sends(&self) -> impl Iterator<Item = (u16, SendId)> {
        let open = |send: &&Send| matches!(send.state, State::Waiting(_) | State::Under(..));
        self.sends.iter().filter(open).map(|send| {
            let account = self.accounts.get(usize::from(send.account));
            (account.map_or(0, |account| account.ssid), send.id)
        })
    }

    fn mutes(&self, at: usize) -> bool {
        self.store.boolean(self.server_resource(at, MUTE_SEND)) != Some(false)
    }

    /// The Send of an account for which values are recorded.
    fn open_send(&self, at: usize) -> Option<usize> {
        let open = |s: &Send| s.account == number(at) && s.state == State::Open;
        self.sends.iter().position(open)
    }

    /// Copies values into the outbox; which Send they belong to.
    fn collect(&mut self, now: Instant, at: usize, paths: &[Path]) -> Result<usize, UsageError> {
        let open = self.open_send(at);
        let index = open.unwrap_or(self.sends.len());
        if index >= usize::from(self.max_sends) {
            return Err(UsageError::Full);
        }
        let owner = match open.and_then(|index| self.sends.get(index)) {
            Some(send) => send.owner,
            None => self.next_owner(),
        };
        let (reader, store) = (self.viewer(at), &self.store);
        let items = store.listed(paths, reader);
        self.outbox.push(owner, now, items).map_err(|_| UsageError::Full)?;
        if open.is_none() {
            self.sent = self.sent.checked_add(1).unwrap_or(1);
            self.sends.push_reserved(Send {
                id: SendId(self.sent),
                owner,
                account: number(at),
                attempts: 0,
                format: ContentFormat::SENML_CBOR,
                state: State::Open,
            });
        }
        Ok(index)
    }

    /// A number that no Send has, nor had one lately: what is stored of that may still be there.
    fn next_owner(&self) -> u16 {
        let [.., a, b] = self.sent.to_be_bytes();
        let mut owner = u16::from_be_bytes([a, b]);
        // There are fewer Sends than numbers.
        loop {
            owner = owner.wrapping_add(1);
            if !self.sends.iter().any(|send| send.owner == owner) {
                return owner;
            }
        }
    }

    /// What a Send tells, as of `clock`: in their order, the values recorded and those of now.
    fn items(&self, send: &Send, clock: Clock) -> Kept<'_> {
        // What is just so needs no time; what waited for long has one, and so has what was before a
        // restart.
        let new = |at: Instant| clock.now.since(at) < Duration::from_secs(1);
        let is_old = |group: Group<'_>| !matches!(group.time, Moment::At(at) if new(at));
        let times = is_timed(send.format) && self.outbox.groups(send.owner).any(is_old);
        self.outbox.items(send.owner, usize::MAX, times.then_some(clock))
    }

    /// Writes what a Send tells. All of it is of one device.
    fn write_send(
        &self,
        send: &Send,
        clock: Clock,
        window: &mut Window<'_>,
    ) -> Result<(), WriteError> {
        let items = self.items(send, clock);
        let first = if cfg!(feature = "gateway") { items.clone().next() } else { None };
        let first = first.map_or(Path::ROOT, |item| item.path);
        let prefix = self.store.prefix(first);
        let target = Target::from(Path::ROOT).with_prefix(prefix.as_str());
        format::write(send.format, target, self.store.told(items), window)
    }

    /// Sends what is due, and gives the blocks that are wanted.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn run_sends(&mut self, now: Instant) {
        if self.store.is_staging() {
            return;
        }
        for index in 0..self.sends.len() {
            // One that begins may want its first block at once.
            self.go_on(now, index);
            self.go_on(now, index);
        }
    }

    /// Does what is due of one Send.
    fn go_on(&mut self, now: Instant, index: usize) {
        let Some(send) = self.sends.get(index).copied() else { return };
        let state = match send.state {
            State::Waiting(at) if at <= now && self.is_next(index) => self.begin_send(now, &send),
            State::Under(id, clock) => match self.supply_send(now, &send, id, clock) {
                Ok(()) => return,
                Err(CoapError::Full) => {
                    self.supplied = now + BREATH;
                    return;
                }
                Err(_) => {
                    let _ = self.endpoint.cancel(now, id, Cancel::Forget);
                    State::Over(Some(Failure::TooLarge))
                }
            },
            _ => return,
        };
        self.turn(index, state);
    }

    /// A Send is so from now on. What is over needs its values no more.
    fn turn(&mut self, index: usize, state: State) {
        if let Some(send) = self.sends.get_mut(index) {
            send.state = state;
            if let State::Over(_) = state {
                self.outbox.forget(send.owner);
            }
        }
    }

    /// None of its account is before it, and the server can be told.
    fn is_next(&self, index: usize) -> bool {
        let Some(send) = self.sends.get(index) else { return false };
        let before = self.sends.get(..index).unwrap_or(&[]);
        let waits = |other: &Send| matches!(other.state, State::Waiting(_) | State::Under(..));
        self.accounts.get(usize::from(send.account)).is_some_and(Account::is_online)
            && !before.iter().any(|other| other.account == send.account && waits(other))
    }

    /// When something is to be sent, or a block given.
    pub(super) fn send_due(&self) -> Option<Instant> {
        if self.store.is_staging() {
            return None;
        }
        let due = |(index, send): (usize, &Send)| match send.state {
            State::Waiting(at) if self.is_next(index) => Some(at),
            State::Under(id, _) if self.endpoint.wanted(id).is_some() => Some(self.supplied),
            _ => None,
        };
        self.sends.iter().enumerate().filter_map(due).min()
    }

    fn begin_send(&mut self, now: Instant, send: &Send) -> State {
        if self.mutes(send.account.into()) {
            return State::Over(Some(Failure::Muted));
        }
        let (block, peer) = (self.endpoint.block_size().min(self.scratch.len()), send.account);
        let Some(peer) = self.accounts.get(usize::from(peer)).map(|a| a.peer) else {
            return State::Over(Some(Failure::Reset));
        };
        let clock = Clock { now, wall: self.wall_clock(now) };
        let Some((kept, total)) = self.fill_scratch(send, clock, 0, block) else {
            return State::Over(Some(Failure::TooLarge));
        };
        let mut buf = [0; 8];
        let mut options = OptionWriter::new(&mut buf);
        let _ = options.push(OptionNumber::URI_PATH, b"dp");
        let _ = options.push_uint(OptionNumber::CONTENT_FORMAT, send.format.0.into());
        let whole = total <= block;
        let request = Request {
            options: options.options(),
            payload: self.scratch.get(..if whole { kept } else { 0 }).unwrap_or(&[]),
            upload: if whole { None } else { u32::try_from(total).ok() },
            ..Request::new(Code::POST)
        };
        match self.endpoint.request(now, peer, &request) {
            Ok(id) => State::Under(id, clock),
            Err(CoapError::Full | CoapError::TooManyRequests) => State::Waiting(now + BREATH),
            Err(_) => State::Over(Some(Failure::TooLarge)),
        }
    }

    /// Gives the block that a Send wants, if it wants one.
    fn supply_send(
        &mut self,
        now: Instant,
        send: &Send,
        id: RequestId,
        clock: Clock,
    ) -> Result<(), CoapError> {
        let Some(wanted) = self.endpoint.wanted(id) else { return Ok(()) };
        let from = usize::try_from(wanted.start).unwrap_or(usize::MAX);
        let len = usize::try_from(wanted.end.saturating_sub(wanted.start)).unwrap_or(usize::MAX);
        let filled = self.fill_scratch(send, clock, from, len);
        let (kept, _) = filled.ok_or(CoapError::Invalid)?;
        self.endpoint.supply(now, id, self.scratch.get(..kept).unwrap_or(&[]))
    }

    /// Writes a piece of what a Send tells. Returns how many bytes of it there are, and of the whole;
    /// `None` if it cannot be written.
    #[cfg_attr(feature = "small", inline(never))]
    fn fill_scratch(
        &mut self,
        send: &Send,
        clock: Clock,
        from: usize,
        len: usize,
    ) -> Option<(usize, usize)> {
        let mut scratch = core::mem::take(&mut self.scratch);
        let mut window = Window::new(scratch.get_mut(..len).unwrap_or_default(), from);
        let written = self.write_send(send, clock, &mut window);
        let sizes = (window.kept(), window.total());
        self.scratch = scratch;
        written.ok().map(|()| sizes)
    }

    /// A request is over; true if it was a Send.
    pub(super) fn send_done(&mut self, now: Instant, id: RequestId, outcome: Outcome) -> bool {
        let under = |s: &Send| matches!(s.state, State::Under(of, _) if of == id);
        let Some(index) = self.sends.iter().position(under) else { return false };
        let Some(at) = self.sends.get(index).map(|send| usize::from(send.account)) else {
            return true;
        };
        let code = self.endpoint.response(id).map(|content| content.code);
        let failure = match (outcome, code) {
            (Outcome::Response, Some(code)) if code.is_success() => None,
            (Outcome::Response, Some(code)) => Some(Failure::Response(code)),
            (Outcome::TimedOut | Outcome::PeerDown, _) => Some(Failure::TimedOut),
            (Outcome::TooLarge, _) => Some(Failure::TooLarge),
            _ => Some(Failure::Reset),
        };
        // Nobody there, or nobody with time: again later.
        let again = matches!(
            failure,
            Some(
                Failure::TimedOut
                    | Failure::Response(Code::SERVICE_UNAVAILABLE | Code::TOO_MANY_REQUESTS)
            )
        );
        let most = self.setting(at, server::RETRY_COUNT);
        let timer = self.setting(at, server::RETRY_TIMER);
        let Some(send) = self.sends.get_mut(index) else { return true };
        send.attempts = send.attempts.saturating_add(1);
        let state = if again && u32::from(send.attempts) < most {
            let doublings = send.attempts.saturating_sub(1).min(MAX_DOUBLINGS);
            let wait = Duration::from_secs(timer.into()).times(1 << doublings);
            State::Waiting(now + wait)
        } else {
            State::Over(failure)
        };
        self.turn(index, state);
        true
    }

    /// An account is gone, and what was to be sent to it.
    pub(super) fn drop_sends(&mut self, now: Instant, account: u8) {
        while let Some(index) = self.sends.iter().position(|s| s.account == account) {
            let send = self.sends.remove(index);
            if let State::Under(id, _) = send.state {
                let _ = self.endpoint.cancel(now, id, Cancel::Forget);
            }
            self.outbox.forget(send.owner);
        }
    }

    /// The next Send that is over.
    pub(super) fn take_sent(&mut self) -> Option<Event> {
        let index = self.sends.iter().position(|s| matches!(s.state, State::Over(_)))?;
        let send = self.sends.remove(index);
        let server = self.accounts.get(usize::from(send.account)).map_or(0, |a| a.ssid);
        let id = send.id;
        match send.state {
            State::Over(Some(reason)) => Some(Event::SendFailed { server, id, reason }),
            _ => Some(Event::Sent { server, id }),
        }
    }
}

/// The format tells when a value was so.
fn is_timed(format: ContentFormat) -> bool {
    matches!(format, ContentFormat::SENML_JSON | ContentFormat::SENML_CBOR)
}
