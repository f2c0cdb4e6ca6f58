//! Requests that are refused before the application hears of them.

use super::super::Endpoint;
use super::super::receive::Received;
use super::super::sending::Reply;
use super::super::survey::is_declined;
use crate::{Code, MessageType};
use m2m_base::{Cause, Disposition};

/// Seconds after which a peer that got 5.03 may try again.
const RETRY_AFTER: u8 = 5;

impl Endpoint {
    /// Answers a request without keeping anything of it: it may come again and get the same.
    pub(super) fn refuse(
        &mut self,
        message: &Received<'_>,
        code: Code,
        cause: Cause,
    ) -> Disposition {
        if is_declined(self.declined_by(message), code) {
            if message.message_type == MessageType::Confirmable {
                self.reply_empty(message.peer, MessageType::Acknowledgement, message.id);
            }
            return Disposition::Refused(cause);
        }
        if self.refuse_protected(message, code) {
            return Disposition::Refused(cause);
        }
        let token = message.name;
        if token.is_long() {
            // Its bytes must be kept until the answer is sent. Without room for them there is none.
            if let Some(handle) = self.admit(message) {
                let answer = match code {
                    Code::UNAUTHORIZED => self.echo_response(message.peer),
                    _ => self.plain(code),
                };
                match answer {
                    Some(answer) => self.answer(handle, Some(answer)),
                    None => self.forget_incoming(handle),
                }
            }
            return Disposition::Refused(cause);
        }
        let max_age = (code == Code::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER);
        let echo = self.challenge_in(message, code);
        let reply = self.refusal(message, code);
        self.reply(Reply { max_age, echo, ..reply });
        Disposition::Refused(cause)
    }

    /// The response of nothing but a code to a request that is not kept.
    pub(super) fn refusal(&mut self, message: &Received<'_>, code: Code) -> Reply {
        let (message_type, mid) = if message.message_type == MessageType::Confirmable {
            (MessageType::Acknowledgement, message.id)
        } else {
            let known = self.peers.know(message.peer, &mut self.random);
            let mid = match self.peers.take_mid(message.peer).filter(|_| known) {
                Some(mid) => mid,
                None => u16::from_be_bytes([self.random.u8(), self.random.u8()]),
            };
            (MessageType::NonConfirmable, mid)
        };
        Reply::new(message.peer, message_type, code, mid, message.name)
    }

    /// RFC 8974 section 2.2: a token that is too long to be kept gets 4.00. One with which not even
    /// that fits into a message is none that this version can answer.
    pub(super) fn refuse_token(&mut self, message: &Received<'_>) -> Disposition {
        let cause = Cause::Unsupported;
        if message.token.len().saturating_add(6) <= self.message_size.into() {
            return self.refuse(message, Code::BAD_REQUEST, cause);
        }
        if message.message_type != MessageType::Confirmable {
            return Disposition::Ignored(cause);
        }
        self.reply_empty(message.peer, MessageType::Reset, message.id);
        Disposition::Refused(cause)
    }
}
