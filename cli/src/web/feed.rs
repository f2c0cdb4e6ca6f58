//! What happens, told as server-sent events to all who listen, with the last ones kept for those
//! who come back.

use super::{Answer, Body};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt::Write;
use tokio::sync::mpsc::{Sender, channel};

/// Pieces that may wait for one listener; one that falls further behind is dropped, and comes back
/// with the number of the last event that it saw.
const OUTBOX: usize = 1024;

/// An event as it is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    /// One line of JSON.
    pub(crate) data: String,
}

/// The last events, and who listens. Events become text only when somebody wants them.
#[derive(Debug)]
pub(crate) struct Feed<T> {
    /// Tells the numbers of this run from those of the runs before.
    run: u64,
    kept: VecDeque<(T, usize)>,
    /// The most that may be kept, in number and in weight.
    most: (usize, usize),
    weight: usize,
    /// The number of the next event.
    next: u64,
    listeners: Vec<Sender<Bytes>>,
}

impl<T> Feed<T> {
    /// One that keeps at most so many events and so many bytes of them. `run` is another number each time.
    pub(crate) fn new(run: u64, most: (usize, usize)) -> Feed<T> {
        Feed { run, kept: VecDeque::new(), most, weight: 0, next: 1, listeners: Vec::new() }
    }

    /// Who listens.
    pub(crate) fn listeners(&self) -> usize {
        self.listeners.len()
    }

    /// The events that are kept, oldest first.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &T> {
        self.kept.iter().map(|(event, _)| event)
    }

    /// Something happened, `weight` bytes of it.
    pub(crate) fn push(&mut self, event: T, weight: usize, tell: impl FnOnce(&T) -> Told) {
        let number = self.next;
        self.next += 1;
        if !self.listeners.is_empty() {
            let text = Bytes::from(frame(self.run, number, &tell(&event)));
            self.listeners.retain(|listener| listener.try_send(text.clone()).is_ok());
        }
        self.kept.push_back((event, weight));
        self.weight += weight;
        while self.kept.len() > self.most.0 || self.weight > self.most.1 {
            let Some((_, weight)) = self.kept.pop_front() else { break };
            self.weight -= weight;
        }
    }

    /// Listens from now on, or from behind the event that was seen last (`Last-Event-ID`). If
    /// events in between are no longer kept, an event `missed` says so.
    pub(crate) fn listen(
        &mut self,
        seen: Option<&str>,
        mut tell: impl FnMut(&T) -> Told,
    ) -> Answer {
        let (sender, receiver) = channel(OUTBOX);
        let mut text = String::from("retry: 1000\n\n");
        if let Some(seen) = seen {
            let known = seen.split_once('-').and_then(|(run, number)| {
                (run.parse() == Ok(self.run)).then(|| number.parse::<u64>().ok())?
            });
            let oldest = self.next - u64::try_from(self.kept.len()).unwrap_or(0);
            let from = known.map_or(oldest, |number| number.saturating_add(1));
            if known.is_none() || from < oldest {
                text.push_str("event: missed\ndata: {}\n\n");
            }
            for (number, (event, _)) in (oldest..).zip(&self.kept) {
                if number >= from {
                    text.push_str(&frame(self.run, number, &tell(event)));
                }
            }
        }
        // There is room: it is new.
        let _ = sender.try_send(Bytes::from(text));
        self.listeners.push(sender);
        Answer::new(200, "text/event-stream", Body::Stream(receiver))
            .header("cache-control", "no-store")
    }

    /// Writes a comment to all, so that those who are gone show, and proxies see life.
    pub(crate) fn beat(&mut self) {
        let text = Bytes::from_static(b":\n\n");
        self.listeners.retain(|listener| listener.try_send(text.clone()).is_ok());
    }
}

fn frame(run: u64, number: u64, told: &Told) -> String {
    let mut text = String::with_capacity(told.data.len() + 48);
    let _ = write!(text, "id: {run}-{number}\nevent: {}\ndata: {}\n\n", told.name, told.data);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(feed: &mut Feed<u32>, seen: Option<&str>) -> String {
        let answer = feed.listen(seen, told);
        let Body::Stream(mut pieces) = answer.0.into_body() else { unreachable!() };
        String::from_utf8(pieces.try_recv().unwrap().to_vec()).unwrap()
    }

    fn told(event: &u32) -> Told {
        Told { name: "n", data: event.to_string() }
    }

    #[test]
    fn who_comes_back_hears_what_was_missed() {
        let mut feed = Feed::new(7, (9, 3));
        for event in 1..=5 {
            feed.push(event, 1, told);
        }
        assert!(!heard(&mut feed, None).contains("id:"));
        let text = heard(&mut feed, Some("7-3"));
        assert!(text.contains("id: 7-4\n") && text.contains("id: 7-5\n"), "{text}");
        assert!(!text.contains("id: 7-3\n") && !text.contains("missed"), "{text}");
        for lost in ["7-1", "6-4", "x", "7-"] {
            let text = heard(&mut feed, Some(lost));
            assert!(text.contains("event: missed") && text.contains("id: 7-3\n"), "{lost}: {text}");
        }
        assert!(!heard(&mut feed, Some("7-5")).contains("id:"));
        // Nobody reads any more.
        feed.beat();
        assert_eq!(feed.listeners(), 0);
    }

    #[test]
    fn one_who_does_not_read_is_dropped_and_the_others_are_not() {
        let mut feed = Feed::new(1, (2, 99));
        let slow = feed.listen(None, told);
        for event in 0..5000 {
            feed.push(event, 1, told);
        }
        assert_eq!(feed.listeners(), 0);
        drop(slow);
        assert_eq!(feed.kept.len(), 2);
    }
}
