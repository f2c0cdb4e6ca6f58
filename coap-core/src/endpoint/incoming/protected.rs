//! Requests under OSCORE (RFC 8613 section 8.2), and the recovery of a lost replay window
//! (appendix B.1.2).

use crate::endpoint::outer::Cut;
use crate::endpoint::receive::Received;
use crate::endpoint::renewal::Renewed;
use crate::endpoint::security::Protection;
use crate::endpoint::{Endpoint, Reply};
use crate::oscore::{Plaintext, RequestBinding, Role, UnprotectError, request_option};
use crate::writer::Extras;
use crate::{Code, Message, OptionNumber, OptionWriter, Options};
use m2m_base::{Cause, Disposition};

impl Endpoint {
    /// Takes a message if it is protected or answers one that was; `None` for others.
    pub(in crate::endpoint) fn receive_protected(
        &mut self,
        message: &Received<'_>,
    ) -> Option<Disposition> {
        if self.security.contexts.capacity() == 0 {
            return None;
        }
        if message.code.is_response() {
            return self.receive_protected_response(message);
        }
        message.option(OptionNumber::OSCORE)?;
        let to_others = [OptionNumber::PROXY_URI, OptionNumber::PROXY_SCHEME];
        if to_others.into_iter().any(|number| message.option(number).is_some()) {
            // Not for us: a proxy hands it on as it is (section 10).
            if self.parameters.proxy {
                return None;
            }
            let code = Code::PROXYING_NOT_SUPPORTED;
            return Some(self.refuse(message, code, Cause::Unsupported));
        }
        let datagram = !self.connections.knows(message.peer);
        let known = if datagram { self.asked_by(message.peer, message.id) } else { None };
        if let Some(handle) = known
            && self.duplicate(handle, message)
        {
            return Some(Disposition::Duplicate);
        }
        let cut = match self.outer_request(message) {
            Ok(cut) => cut,
            Err(disposition) => return Some(disposition),
        };
        let mut scratch = core::mem::take(&mut self.security.scratch);
        let disposition = self.receive_whole(message, cut, &mut scratch);
        self.security.scratch = scratch;
        Some(disposition)
    }

    /// Takes a protected request, whose ciphertext may have come in the blocks of a proxy.
    fn receive_whole(
        &mut self,
        message: &Received<'_>,
        cut: Option<Cut>,
        scratch: &mut [u8],
    ) -> Disposition {
        let (stored, outer) = cut.map_or((None, None), |cut| (Some(cut.stored), cut.last));
        let whole = |pool| match &stored {
            Some(stored) => Received {
                message: Message { payload: stored.payload(pool), ..**message },
                ..*message
            },
            None => *message,
        };
        let mut verified = self.verify(&whole(&self.pool), scratch);
        if verified.is_err() {
            let renewed = self.renewed_by(&whole(&self.pool), scratch);
            match renewed.map(|renewed| self.take_renewed(message, renewed)) {
                Some(Renewed::Yes(protection, plaintext)) => verified = Ok((protection, plaintext)),
                Some(Renewed::Answered(disposition)) => {
                    self.free(stored);
                    return disposition;
                }
                None => {}
            }
        }
        self.free(stored);
        match verified {
            Ok((protection, plaintext)) => {
                let inner = plaintext.message(message, scratch);
                let inner = Received::inner(message.peer, message.name, inner, &self.parameters);
                self.receive_verified(&inner, protection.acknowledging(outer))
            }
            Err(error) => self.refuse_bare(message, error),
        }
    }

    /// Finds the context of a request and decrypts it. A kid may stand for several contexts: the
    /// one whose key fits is it.
    fn verify(
        &self,
        message: &Received<'_>,
        scratch: &mut [u8],
    ) -> Result<(Protection, Plaintext), UnprotectError> {
        let option = request_option(message)?;
        let piv = option.piv.ok_or(UnprotectError::Option)?;
        let binding = RequestBinding { role: Role::Server, piv };
        let mut error = UnprotectError::OtherContext;
        for handle in self.security.named(message.peer, &option).into_iter().flatten() {
            let Some(entry) = self.security.contexts.get(handle) else { continue };
            let window = entry.context.window();
            if !window.is_lost() && !window.is_fresh(piv.get()) {
                error = UnprotectError::Replay;
                continue;
            }
            match entry.context.open_request(binding, message, scratch) {
                Ok(plaintext) => return Ok((Protection::response(handle, piv), plaintext)),
                // A replay under one context says more than a key that does not fit.
                Err(other) if error != UnprotectError::Replay => error = other,
                Err(_) => {}
            }
        }
        Err(error)
    }

    /// A request that is authentic: fresh, too, unless the replay window was lost.
    fn receive_verified(&mut self, inner: &Received<'_>, protection: Protection) -> Disposition {
        let entry = self.security.contexts.get_mut(protection.context);
        let (Some(entry), Some(binding)) = (entry, protection.binding) else {
            return Disposition::Ignored(Cause::Insecure);
        };
        entry.confirm();
        let before = entry.context.window;
        if before.is_lost() {
            if inner.option(OptionNumber::ECHO) != Some(&entry.echo) {
                return self.refuse_replayed(inner, protection);
            }
            entry.context.window.start_at(binding.piv.get());
        } else {
            entry.context.window.insert(binding.piv.get());
        }
        self.security.current = Some(protection);
        let disposition = self.receive_request(inner);
        self.security.current = None;
        if disposition == Disposition::Refused(Cause::Full)
            && !self.connections.knows(inner.peer)
            && self.asked_by(inner.peer, inner.id).is_none()
            && let Some(entry) = self.security.contexts.get_mut(protection.context)
        {
            // There was no room to do it nor to remember it: the same request may come again.
            entry.context.window = before;
        }
        disposition
    }

    /// Appendix B.1.2: 4.01 with an Echo option, under a nonce of our own, since the request may
    /// be one that was answered before.
    fn refuse_replayed(&mut self, message: &Received<'_>, protection: Protection) -> Disposition {
        let echo = self.security.contexts.get(protection.context).map(|e| e.echo);
        let (mut room, echo) = ([0; 16], echo.unwrap_or_default());
        let mut options = OptionWriter::new(&mut room);
        let _ = options.add(OptionNumber::ECHO, &echo);
        self.security.current = Some(protection.without_lending());
        self.keep_answer(message, Code::UNAUTHORIZED, options.options());
        self.security.current = None;
        Disposition::Refused(Cause::Insecure)
    }

    /// Answers a protected request with nothing but a code, under its context. The answer is kept,
    /// since the request cannot come again as a new one. False if there is no room for that, or the
    /// request is not protected.
    pub(in crate::endpoint) fn refuse_protected(
        &mut self,
        message: &Received<'_>,
        code: Code,
    ) -> bool {
        self.security.current.is_some() && self.keep_answer(message, code, Options::EMPTY)
    }

    fn keep_answer(&mut self, message: &Received<'_>, code: Code, options: Options<'_>) -> bool {
        let Some(stored) = self.store(code, options, &Extras::NONE, &[]) else { return false };
        let Some(handle) = self.admit(message) else {
            self.free(stored);
            return false;
        };
        self.answer(handle, Some(stored));
        true
    }

    /// The unprotected error responses of section 8.2.
    fn refuse_bare(&mut self, message: &Received<'_>, error: UnprotectError) -> Disposition {
        let (code, diagnostic) = match error {
            UnprotectError::Option => (Code::BAD_OPTION, "Failed to decode COSE"),
            UnprotectError::OtherContext => (Code::UNAUTHORIZED, "Security context not found"),
            UnprotectError::Replay => (Code::UNAUTHORIZED, "Replay detected"),
            UnprotectError::Decryption | UnprotectError::Plaintext => {
                (Code::BAD_REQUEST, "Decryption failed")
            }
            UnprotectError::TooLong => (Code::REQUEST_ENTITY_TOO_LARGE, ""),
        };
        if self.came_by_multicast() || message.name.is_long() {
            // To a group it would be one of many (RFC 7252 section 8.2); a long token would have to
            // be kept, for somebody who has shown nothing.
            return Disposition::Ignored(Cause::Insecure);
        }
        let reply = self.refusal(message, code);
        self.reply(Reply { max_age: Some(0), diagnostic, ..reply });
        Disposition::Refused(Cause::Insecure)
    }
}
