//! `m2m coap ping`: empty confirmable messages, which every CoAP endpoint rejects (RFC 7252
//! section 4.3).

use super::args;
use super::client::{Client, deadline, endpoint, within};
use super::report::events;
use crate::clock::Clock;
use crate::driver::StreamVerbs;
use crate::failure::{Failure, NO_ANSWER};
use crate::output::Report;
use crate::seeds::Seeds;
use crate::signals::Signals;
use coap_core::{Endpoint, Event, MessageType, peek_header, write_empty};
use m2m_base::{BufferTooSmall, Cause, Disposition, Engine, Instant, PeerId, Random, Transmit};
use std::collections::VecDeque;
use std::time::Duration;

/// How long to wait for an answer if the command line does not say.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks whether somebody is there.
enum Pinger {
    /// By an empty confirmable message, which everybody rejects.
    Datagrams { id: u16, to_send: Option<PeerId>, answered: VecDeque<u16> },
    /// By the message that is made for it on connections (RFC 8323 section 5.4).
    Connection { endpoint: Box<Endpoint>, number: u16 },
}

const VERBS: StreamVerbs<Pinger> = StreamVerbs {
    connected: |pinger, now, peer, framing| match pinger {
        Pinger::Connection { endpoint, .. } => endpoint.connected(now, peer, framing).is_ok(),
        Pinger::Datagrams { .. } => false,
    },
    handle: |pinger, now, peer, bytes| match pinger {
        Pinger::Connection { endpoint, .. } => endpoint.handle_stream(now, peer, bytes),
        Pinger::Datagrams { .. } => bytes.len(),
    },
    disconnected: |pinger, now, peer| {
        if let Pinger::Connection { endpoint, .. } = pinger {
            endpoint.disconnected(now, peer);
        }
    },
};

impl Pinger {
    /// Pings; the answer bears this number.
    fn ping(&mut self, now: Instant, peer: PeerId) -> u16 {
        match self {
            Pinger::Datagrams { id, to_send, .. } => {
                *id = id.wrapping_add(1);
                *to_send = Some(peer);
                *id
            }
            Pinger::Connection { endpoint, number } => {
                *number = number.wrapping_add(1);
                // Without a connection there will be no answer.
                let _ = endpoint.ping(now, peer, false);
                *number
            }
        }
    }
}

impl Engine for Pinger {
    type Event = u16;

    fn handle_datagram(&mut self, _: Instant, _: PeerId, datagram: &[u8]) -> Disposition {
        match (peek_header(datagram), self) {
            (Some((MessageType::Reset, id)), Pinger::Datagrams { answered, .. }) => {
                answered.push_back(id);
                Disposition::Accepted
            }
            _ => Disposition::Ignored(Cause::Unexpected),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Pinger::Connection { endpoint, .. } = self {
            endpoint.handle_timeout(now);
        }
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        let (id, to_send) = match self {
            Pinger::Connection { endpoint, .. } => return endpoint.poll_transmit(now, buf),
            Pinger::Datagrams { id, to_send, .. } => (*id, to_send),
        };
        let Some(peer) = *to_send else { return Ok(None) };
        let len = write_empty(buf, MessageType::Confirmable, id)
            .map_err(|_| BufferTooSmall { needed: 4 })?;
        *to_send = None;
        Ok(Some(Transmit { peer, len }))
    }

    fn poll_event(&mut self) -> Option<u16> {
        match self {
            Pinger::Datagrams { answered, .. } => answered.pop_front(),
            Pinger::Connection { endpoint, number } => loop {
                if let Event::Pong { .. } = endpoint.poll_event()? {
                    return Some(*number);
                }
            },
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Pinger::Datagrams { .. } => None,
            Pinger::Connection { endpoint, .. } => endpoint.poll_timeout(),
        }
    }
}

/// Runs until a signal or until all pings went out.
pub(super) async fn run(options: &args::Ping) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let show = options.client.show;
    let mut random = Random::new(&Seeds::new(show.seed)?.next());
    let id = u16::from_be_bytes([random.u8(), random.u8()]);
    let out = events(show.json, clock);
    let uri = &options.uri;
    let pinger = || {
        Ok(match uri.scheme.is_datagram() {
            true => Pinger::Datagrams { id, to_send: None, answered: VecDeque::new() },
            false => {
                let endpoint = endpoint(uri, None, false, &mut Seeds::new(show.seed)?)?;
                Pinger::Connection { endpoint: Box::new(endpoint), number: 0 }
            }
        })
    };
    let open = Client::open(uri, &options.client, clock, pinger, VERBS, out.clone());
    let mut client = within(uri, options.client.timeout, open).await?;
    let patience = options.client.timeout.unwrap_or(PATIENCE);
    let mut times: Vec<Duration> = Vec::new();
    let mut sent = 0;
    'pings: while sent < options.count && !out.closed() {
        let begun = tokio::time::Instant::now();
        let peer = client.driver.only_peer();
        let mut id = client.driver.engine.ping(clock.now(), peer);
        sent += 1;
        let until = deadline(clock.now(), Some(patience));
        let mut took = None;
        while took.is_none() && until.is_some_and(|until| clock.now() < until) {
            tokio::select! {
                moved = client.turn(until) => if moved? {
                    let peer = client.driver.only_peer();
                    id = client.driver.engine.ping(clock.now(), peer);
                },
                () = signals.wait() => break 'pings,
            }
            while let Some(answered) = client.driver.engine.poll_event() {
                took = took.or((answered == id).then(|| begun.elapsed()));
            }
        }
        times.extend(took);
        tell(sent, took, show.json, &out, client.uri());
        let rest = options.interval.saturating_sub(begun.elapsed());
        if sent < options.count {
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = signals.wait() => break 'pings,
            }
        }
    }
    client.close()?;
    summary(sent, &times, show.json, &out);
    out.finish()?;
    match times.is_empty() && sent > 0 {
        true => Err(Failure::new(format!("{uri}: no answer")).exits(NO_ANSWER)),
        false => Ok(()),
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn tell(
    number: u64,
    took: Option<Duration>,
    json: bool,
    out: &crate::output::Output,
    uri: &super::uri::Uri,
) {
    let ms = took.map(millis);
    if json {
        let event = if ms.is_some() { "pong" } else { "silence" };
        out.tell(&Report::new(event, "").with("number", number).with_some("ms", ms));
        return;
    }
    let words = match ms {
        Some(ms) => format!("{number}: {} answers after {ms:.3} ms\n", uri.authority()),
        None => format!("{number}: {} is silent\n", uri.authority()),
    };
    print(&words);
}

fn summary(sent: u64, times: &[Duration], json: bool, out: &crate::output::Output) {
    let least = times.iter().min().copied().map(millis);
    let most = times.iter().max().copied().map(millis);
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let mean = (count > 0).then(|| millis(times.iter().sum::<Duration>() / count));
    if json {
        let report = Report::new("summary", "").with("sent", sent).with("answered", count);
        let report = report.with_some("min_ms", least).with_some("mean_ms", mean);
        out.tell(&report.with_some("max_ms", most));
    } else if let (Some(least), Some(mean), Some(most)) = (least, mean, most) {
        print(&format!(
            "{sent} sent, {count} answered, {least:.3} / {mean:.3} / {most:.3} ms (least, mean, most)\n"
        ));
    }
}

/// For people; when nobody reads, nothing is lost.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
