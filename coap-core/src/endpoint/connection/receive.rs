//! What comes over a connection (RFC 8323 sections 3 to 5).

use super::super::receive::Received;
use super::super::{Endpoint, Told, What};
use super::config::LEAST_MESSAGE_SIZE;
use super::{CloseReason, QUOTA, Stage};
use crate::stream::{Frame, Progress, SignalOption, Transport, read};
use crate::writer::Extras;
use crate::{Code, DecodeErrorKind, Message, MessageOption, MessageType};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition, Instant, PeerId};

/// Longest token of a signalling message.
const MAX_SIGNAL_TOKEN: usize = 8;

impl Endpoint {
    /// Takes bytes that came over the connection with `peer`: over TCP or TLS any piece of the
    /// stream, over WebSocket one whole binary message.
    ///
    /// Returns how many of them were taken. Fewer than all only while the peer makes us answer
    /// faster than [`Endpoint::poll_transmit`] is called: call that until it gives `None`, then
    /// this with the rest. Of a connection that is not known, or is to be closed, all are taken and
    /// dropped. A peer that breaks the rules gets an Abort, and [`crate::Event::Close`] tells to close.
    #[must_use = "what was not taken must be handed in again"]
    pub fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
        self.now = now;
        let Some(handle) = self.connections.find(peer) else { return bytes.len() };
        // The messages are read where they lie, so the buffer is taken out for so long.
        let mut held = core::mem::take(&mut self.connections.held);
        let size = usize::try_from(self.connections.streams.message_size).unwrap_or(usize::MAX);
        let from = size.saturating_mul(usize::try_from(handle.index()).unwrap_or(usize::MAX));
        let window = held.get_mut(from..from.saturating_add(size)).unwrap_or(&mut []);
        if let Some(connection) = self.connections.slots.get_mut(handle) {
            connection.heard = now;
        }
        let taken = match self.connections.transport(peer) {
            Some(Transport::WebSocket) => self.take_message(handle, size, bytes),
            _ => self.take_stream(handle, window, bytes),
        };
        self.connections.held = held;
        taken
    }

    /// Is anything taken from a connection now? `None`: nothing ever again.
    fn listens(&self, handle: Handle) -> Option<bool> {
        let connection = self.connections.slots.get(handle)?;
        let open = matches!(connection.stage, Stage::Fresh | Stage::Open);
        open.then_some(connection.replies < QUOTA)
    }

    fn take_message(&mut self, handle: Handle, size: usize, bytes: &[u8]) -> usize {
        match self.listens(handle) {
            None => return bytes.len(),
            Some(false) => return 0,
            Some(true) => {}
        }
        if bytes.len() > size {
            self.abort_connection(handle, CloseReason::TooLong);
            return bytes.len();
        }
        match read(bytes, Transport::WebSocket) {
            Ok(Progress::Complete { frame, .. }) => self.receive_frame(handle, &frame),
            Ok(Progress::Incomplete { .. }) => {
                self.not_a_message(handle, DecodeErrorKind::Truncated);
            }
            Err(error) => self.not_a_message(handle, error.kind),
        }
        bytes.len()
    }

    fn take_stream(&mut self, handle: Handle, window: &mut [u8], bytes: &[u8]) -> usize {
        let mut rest = bytes;
        loop {
            match self.listens(handle) {
                None => return bytes.len(),
                Some(false) => return bytes.len().saturating_sub(rest.len()),
                Some(true) => {}
            }
            let Some(connection) = self.connections.slots.get_mut(handle) else {
                return bytes.len();
            };
            let held = connection.held;
            // A message that lies in `bytes` as a whole is read there; one that began before is
            // put together in the window.
            let here = if held == 0 {
                if rest.is_empty() {
                    return bytes.len();
                }
                rest
            } else {
                let missing = connection.needed.saturating_sub(held);
                let (part, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
                let filled = held.saturating_add(part.len());
                if let Some(room) = window.get_mut(held..filled) {
                    room.copy_from_slice(part);
                }
                rest = after;
                connection.held = filled;
                if filled < connection.needed {
                    return bytes.len();
                }
                window.get(..filled).unwrap_or(&[])
            };
            match read(here, Transport::Tcp) {
                Err(error) => self.not_a_message(handle, error.kind),
                Ok(Progress::Complete { len, .. }) if len > window.len() => {
                    self.abort_connection(handle, CloseReason::TooLong);
                }
                Ok(Progress::Complete { frame, len }) => {
                    connection.held = 0;
                    if held == 0 {
                        rest = rest.get(len..).unwrap_or(&[]);
                    }
                    self.receive_frame(handle, &frame);
                }
                Ok(Progress::Incomplete { needed }) => {
                    if needed > window.len() {
                        self.abort_connection(handle, CloseReason::TooLong);
                        continue;
                    }
                    connection.needed = needed;
                    if held == 0 {
                        connection.held = rest.len();
                        if let Some(room) = window.get_mut(..rest.len()) {
                            room.copy_from_slice(rest);
                        }
                        return bytes.len();
                    }
                }
            }
        }
    }

    /// RFC 8323 section 5.6: what is no message is answered with an Abort.
    fn not_a_message(&mut self, handle: Handle, kind: DecodeErrorKind) {
        self.counters.malformed = self.counters.malformed.wrapping_add(1);
        self.abort_connection(handle, CloseReason::Malformed(kind));
    }

    fn receive_frame(&mut self, handle: Handle, frame: &Frame<'_>) {
        self.counters.received = self.counters.received.wrapping_add(1);
        let Some(connection) = self.connections.slots.get(handle) else { return };
        let (peer, fresh) = (connection.peer, connection.stage == Stage::Fresh);
        if frame.code == Code::EMPTY {
            // Section 3.4: keeps the connection alive, nothing more.
            return;
        }
        if fresh && !matches!(frame.code, Code::CSM | Code::ABORT) {
            return self.abort_connection(handle, CloseReason::NoCsm);
        }
        let most = if frame.code.is_signal() { MAX_SIGNAL_TOKEN } else { self.longest_token() };
        if frame.token.len() > most {
            // The peer was told so (RFC 8974 section 2.2.1).
            return self.not_a_message(handle, DecodeErrorKind::TokenLength);
        }
        if frame.code.is_signal() {
            return self.receive_signal(handle, peer, frame);
        }
        // A request expects an answer as a confirmable one does; nothing has a message ID.
        let is_request = frame.code.is_request();
        let message = Message {
            message_type: if is_request {
                MessageType::Confirmable
            } else {
                MessageType::NonConfirmable
            },
            code: frame.code,
            id: self.connections.epoch(handle),
            token: frame.token,
            options: frame.options,
            payload: frame.payload,
        };
        let name = self.token(message.token);
        let message = Received::inner(peer, name, message, &self.parameters);
        let disposition = if let Some(done) = self.receive_protected(&message) {
            done
        } else if is_request {
            self.receive_request(&message)
        } else {
            self.receive_response(&message)
        };
        self.count(disposition);
    }

    fn receive_signal(&mut self, handle: Handle, peer: PeerId, frame: &Frame<'_>) {
        if !matches!(frame.code, Code::CSM | Code::PING | Code::PONG | Code::RELEASE | Code::ABORT)
        {
            return self.abort_connection(handle, CloseReason::UnknownSignal);
        }
        // Section 5.2: a critical option that is not understood aborts.
        let strange = frame
            .options
            .iter()
            .find(|o| o.number.is_critical() && SignalOption::find(frame.code, o.number).is_none());
        if let (Some(option), true) = (strange, frame.code != Code::ABORT) {
            let reason = match frame.code {
                Code::CSM => CloseReason::BadCsmOption(option.number.0),
                _ => CloseReason::BadOption,
            };
            return self.abort_connection(handle, reason);
        }
        match frame.code {
            Code::CSM => self.receive_csm(handle, peer, frame),
            Code::PING => self.receive_ping(handle, peer, frame),
            Code::PONG => self.receive_pong(handle, frame),
            Code::RELEASE => {
                self.keep_signal(handle, frame);
                let Some(connection) = self.connections.slots.get_mut(handle) else { return };
                if !core::mem::replace(&mut connection.released_by_peer, true) {
                    self.tell(What::Released, handle);
                }
                self.check_drained(peer);
            }
            _ => {
                self.keep_signal(handle, frame);
                self.close_connection(handle, CloseReason::Aborted);
            }
        }
    }

    /// Section 5.3: options change what was said before, what is not there stays.
    fn receive_csm(&mut self, handle: Handle, peer: PeerId, frame: &Frame<'_>) {
        let bad = |o: &MessageOption<'_>| CloseReason::BadCsmOption(o.number.0);
        let mut last = None;
        for option in frame.options {
            let again = last.replace(option.number) == Some(option.number);
            let Some(row) = SignalOption::find(Code::CSM, option.number) else { continue };
            if again && !row.repeatable {
                continue;
            }
            let Some(value) = option.as_uint().filter(|_| row.allows(&option)) else {
                return self.abort_connection(handle, bad(&option));
            };
            let useless = row == SignalOption::MAX_MESSAGE_SIZE && value < LEAST_MESSAGE_SIZE;
            if useless {
                return self.abort_connection(handle, bad(&option));
            }
            let Some(connection) = self.connections.slots.get_mut(handle) else { return };
            match row {
                SignalOption::MAX_MESSAGE_SIZE => connection.max_message = value,
                SignalOption::BLOCK_WISE_TRANSFER => connection.block_wise = true,
                // No token of ours is longer than every peer takes.
                _ => {}
            }
        }
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        if connection.stage == Stage::Fresh {
            connection.stage = Stage::Open;
            self.rearm(handle);
            self.launch_held(peer);
        }
    }

    fn receive_ping(&mut self, handle: Handle, peer: PeerId, frame: &Frame<'_>) {
        let custody = has_custody(frame, SignalOption::PING_CUSTODY);
        let token = self.token(frame.token);
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        if !custody || connection.open == 0 {
            return self.pong(peer, token, custody);
        }
        // Of several pings that wait only the last does; the pong to the others claims nothing.
        connection.epoch = connection.epoch.wrapping_add(1);
        let before = connection.custody.replace((token, connection.open));
        if let Some((token, _)) = before {
            self.pong(peer, token, false);
        }
    }

    fn receive_pong(&mut self, handle: Handle, frame: &Frame<'_>) {
        let custody = has_custody(frame, SignalOption::PONG_CUSTODY);
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        // libcoap 4.3.1 leaves the token out.
        let same = |p: &super::Ping| frame.token.is_empty() || frame.token == [p.token];
        let answered = |p: &super::Ping| p.sent.is_some() && same(p);
        let Some(ping) = connection.ping.filter(answered) else {
            return self.count(Disposition::Ignored(Cause::Unexpected));
        };
        connection.ping = None;
        self.rearm(handle);
        let pongs = [What::Pong, What::PongWithCustody].map(|what| Told::new(what, handle));
        if ping.asked && !self.events.iter().any(|told| pongs.contains(told)) {
            self.tell(if custody { What::PongWithCustody } else { What::Pong }, handle);
        }
    }

    fn keep_signal(&mut self, handle: Handle, frame: &Frame<'_>) {
        let stored = self.store(frame.code, frame.options, &Extras::NONE, frame.payload);
        let Some(connection) = self.connections.slots.get_mut(handle) else { return };
        let old = core::mem::replace(&mut connection.signal, stored);
        self.free(old);
    }
}

fn has_custody(frame: &Frame<'_>, row: SignalOption) -> bool {
    frame.options.iter().any(|o| o.number == row.number && row.allows(&o))
}
