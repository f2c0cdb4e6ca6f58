//! What goes over a connection besides the messages of the units: signalling and replies
//! (RFC 8323 section 5).

use super::super::Endpoint;
use super::{CloseReason, Connection, Stage};
use crate::stream::{SignalOption, body_len, put};
use crate::{Code, OptionWriter, Options, TooLong};
use m2m_base::container::Handle;
use m2m_base::{BufferTooSmall, Counter, PeerId, Sink, SliceSink, Transmit};

/// A signalling message that is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Csm,
    Abort,
    Ping,
}

impl Connection {
    fn due(&self) -> Option<Due> {
        if self.csm_due {
            Some(Due::Csm)
        } else if self.stage == Stage::Aborting {
            Some(Due::Abort)
        } else if self.ping_due {
            Some(Due::Ping)
        } else {
            None
        }
    }
}

impl Endpoint {
    /// Writes the next signalling message or reply of any connection.
    pub(in super::super) fn poll_connections(
        &mut self,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        while let Some(handle) = self.connections.line.front().copied() {
            let next = self.connections.slots.get(handle).and_then(|c| Some((c.peer, c.due()?)));
            let Some((peer, due)) = next else {
                self.connections.line.pop();
                if let Some(connection) = self.connections.slots.get_mut(handle) {
                    connection.in_line = false;
                }
                continue;
            };
            let Ok(sink) = self.write_signal(handle, due, SliceSink::new(buf)) else {
                let needed = self.write_signal(handle, due, Counter::new());
                return Err(BufferTooSmall { needed: needed.map_or(0, Counter::len) });
            };
            let len = sink.len();
            self.signal_sent(handle, due);
            return Ok(Some(Transmit { peer, len }));
        }
        let Some(reply) = self.connections.replies.front() else { return Ok(None) };
        let peer = reply.peer;
        let Ok(sink) = self.write_reply(reply, SliceSink::new(buf)) else {
            let needed = self.write_reply(reply, Counter::new()).map_or(0, Counter::len);
            return Err(BufferTooSmall { needed });
        };
        let len = sink.len();
        self.connections.replies.pop();
        if let Some(connection) = self.connections.of_mut(peer) {
            connection.replies = connection.replies.saturating_sub(1);
        }
        self.check_drained(peer);
        Ok(Some(Transmit { peer, len }))
    }

    fn write_reply<S: Sink>(
        &self,
        reply: &super::super::sending::Reply,
        sink: S,
    ) -> Result<S, TooLong> {
        let transport = self.connections.transport(reply.peer).ok_or(TooLong)?;
        let mut room = [0; 24];
        let mut options = OptionWriter::new(&mut room);
        if reply.custody {
            options.add(SignalOption::PONG_CUSTODY.number, &[])?;
        }
        if let Some(seconds) = reply.max_age {
            options.add_uint(crate::OptionNumber::MAX_AGE, seconds.into())?;
        }
        if let Some(echo) = &reply.echo {
            options.add(crate::OptionNumber::ECHO, echo)?;
        }
        put(sink, transport, reply.code, reply.token.as_bytes(), options.options(), reply.text())
    }

    fn write_signal<S: Sink>(&self, handle: Handle, due: Due, sink: S) -> Result<S, TooLong> {
        let connection = self.connections.slots.get(handle).ok_or(TooLong)?;
        let transport = connection.transport;
        let mut room = [0; 16];
        let mut options = OptionWriter::new(&mut room);
        match due {
            Due::Csm => {
                let size = self.connections.streams.message_size;
                options.add_uint(SignalOption::MAX_MESSAGE_SIZE.number, size)?;
                options.add(SignalOption::BLOCK_WISE_TRANSFER.number, &[])?;
                let token = u32::try_from(self.longest_token()).map_err(|_| TooLong)?;
                if token > 8 {
                    options.add_uint(SignalOption::EXTENDED_TOKEN_LENGTH.number, token)?;
                }
                put(sink, transport, Code::CSM, &[], options.options(), &[])
            }
            Due::Ping => {
                let ping = connection.ping.ok_or(TooLong)?;
                if ping.custody {
                    options.add(SignalOption::PING_CUSTODY.number, &[])?;
                }
                put(sink, transport, Code::PING, &[ping.token], options.options(), &[])
            }
            Due::Abort => {
                let stored = connection.outgoing.as_ref().map(|s| s.payload(&self.pool));
                let text = stored.unwrap_or(connection.reason.diagnostic().as_bytes());
                if let CloseReason::BadCsmOption(number) = connection.reason {
                    options.add_uint(SignalOption::BAD_CSM_OPTION.number, number.into())?;
                }
                put(sink, transport, Code::ABORT, &[], options.options(), text)
            }
        }
    }

    fn signal_sent(&mut self, handle: Handle, due: Due) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        match due {
            Due::Csm => connection.csm_due = false,
            Due::Ping => {
                connection.ping_due = false;
                if let Some(ping) = &mut connection.ping {
                    ping.sent = Some(self.now);
                }
                self.rearm(handle);
            }
            Due::Abort => {
                let reason = connection.reason;
                self.close_connection(handle, reason);
            }
        }
    }

    /// Writes the Release of a connection.
    pub(in super::super) fn write_release<S: Sink>(
        &self,
        handle: Handle,
        sink: S,
    ) -> Result<S, TooLong> {
        let connection = self.connections.slots.get(handle).ok_or(TooLong)?;
        let stored = connection.outgoing.as_ref().ok_or(TooLong)?;
        let (options, payload) = (stored.options(&self.pool), stored.payload(&self.pool));
        put(sink, connection.transport, stored.code(), &[], options, payload)
    }

    pub(in super::super) fn release_sent(&mut self, handle: Handle) {
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        connection.release_sent = Some(self.now);
        let sent = connection.outgoing.take();
        self.free(sent);
        self.rearm(handle);
    }

    /// Is a message to this peer longer than it takes?
    pub(in super::super) fn exceeds(&self, peer: PeerId, len: usize) -> bool {
        self.connections.message_size(peer).is_some_and(|most| len > most)
    }

    /// Bytes that follow the token of a message with these parts.
    pub(in super::super) fn body_of(
        options: Options<'_>,
        extras: &crate::writer::Extras,
        payload: &[u8],
    ) -> usize {
        let mut count = Counter::new();
        let _ = crate::writer::put_merged(&mut count, options, extras);
        count.len().saturating_add(body_len(Options::EMPTY, payload))
    }
}
