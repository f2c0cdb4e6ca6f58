//! Messages and their protected form (RFC 8613 sections 4, 5.3 and 8).

use super::algorithm::MAX_TAG;
use super::context::Aad;
use super::{OscoreOption, PartialIv, ProtectError, SecurityContext, UnprotectError};
use crate::option::OptionClass;
use crate::writer::{insert_option, put_option};
use crate::{Code, Message, MessageWriter, OptionNumber, Options, TooLong, Uint};
use m2m_base::{Counter, Sink, SliceSink};

/// Whose request it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Ours.
    Client,
    /// The peer's.
    Server,
}

/// What binds a response to its request: the kid and Partial IV of the request (RFC 8613
/// section 7.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestBinding {
    pub(crate) role: Role,
    pub(crate) piv: PartialIv,
}

impl RequestBinding {
    /// Of bits that say that the request was the peer's: above those of a Partial IV.
    const PEER: u64 = PartialIv::MAX + 1;

    /// True if the request was ours, so that a response to it comes; else one is sent.
    #[must_use]
    pub fn is_ours(self) -> bool {
        self.role == Role::Client
    }

    /// As a number, to keep it: that of the request, with a bit above all numbers if it was the peer's.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        self.piv.get() | if self.is_ours() { 0 } else { RequestBinding::PEER }
    }

    /// What [`RequestBinding::to_bits`] made; `None` for a number that it never makes.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<RequestBinding> {
        let role = if bits & RequestBinding::PEER == 0 { Role::Client } else { Role::Server };
        Some(RequestBinding { role, piv: PartialIv::new(bits & !RequestBinding::PEER)? })
    }
}

/// What the nonce of a message is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Iv {
    /// A sequence number of ours.
    Own(PartialIv),
    /// That of the request; only for one response.
    Request,
}

impl Iv {
    const fn piv(self) -> Option<PartialIv> {
        match self {
            Iv::Own(piv) => Some(piv),
            Iv::Request => None,
        }
    }
}

/// How the protected message begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// As a message of a connection does (RFC 8323), else as a datagram.
    #[cfg(all(feature = "endpoint", feature = "stream"))]
    pub(crate) frame: Option<crate::stream::Transport>,
    /// An outer Block option, for a proxy that cuts protected messages (section 4.1.3.4.2).
    pub(crate) block: Option<(OptionNumber, u32)>,
}

impl Head {
    pub(crate) const DATAGRAM: Head = Head {
        #[cfg(all(feature = "endpoint", feature = "stream"))]
        frame: None,
        block: None,
    };
}

/// Authenticates what was encrypted; the same nonce and another text give another one.
pub(crate) type Tag = [u8; MAX_TAG];

/// What was decrypted: behind a byte for the code, options and payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plaintext {
    code: Code,
    /// Bytes of options.
    list: usize,
    /// Bytes of options, payload marker and payload.
    length: usize,
}

impl Plaintext {
    /// The message that was protected as `outer`, from the buffer that it was decrypted into.
    pub(crate) fn message<'s>(self, outer: &Message<'s>, room: &'s [u8]) -> Message<'s> {
        let text = room.get(1..).and_then(|text| text.get(..self.length)).unwrap_or(&[]);
        let (list, payload) = text.split_at_checked(self.list).unwrap_or((&[], &[]));
        let (options, payload) = (Options::from_encoded(list), payload.get(1..).unwrap_or(&[]));
        Message { code: self.code, options, payload, ..*outer }
    }
}

impl SecurityContext {
    /// Bytes that the protected form of a message takes now: a request, a response with a Partial IV
    /// of its own (`own_piv`) or one without.
    ///
    /// # Errors
    /// Those that protecting it has, but for a buffer that is too short.
    pub fn protected_len(
        &self,
        own_piv: bool,
        message: &Message<'_>,
    ) -> Result<usize, ProtectError> {
        let own = own_piv || message.code.is_request();
        let iv = if own { Iv::Own(self.next_piv()?) } else { Iv::Request };
        self.sealed_len(Head::DATAGRAM, iv, message)
    }

    /// Writes the protected form of a request. The binding is for the responses to it.
    ///
    /// # Errors
    /// [`ProtectError`]; a sequence number is used up even when the buffer is too short.
    pub fn protect_request(
        &mut self,
        request: &Message<'_>,
        out: &mut [u8],
    ) -> Result<(usize, RequestBinding), ProtectError> {
        let piv = self.take_sequence()?;
        let binding = RequestBinding { role: Role::Client, piv };
        Ok((self.seal(Head::DATAGRAM, binding, Iv::Own(piv), request, out)?.0, binding))
    }

    /// Writes the protected form of a response. Without `own_piv` it has the nonce of the request,
    /// which may be done once for each request: notifications, and whatever follows a first
    /// response, must have a Partial IV of their own (RFC 8613 sections 4.1.3.5.2 and 8.3).
    ///
    /// # Errors
    /// [`ProtectError`]; a sequence number is used up even when the buffer is too short.
    pub fn protect_response(
        &mut self,
        binding: RequestBinding,
        own_piv: bool,
        response: &Message<'_>,
        out: &mut [u8],
    ) -> Result<usize, ProtectError> {
        let iv = if own_piv { Iv::Own(self.take_sequence()?) } else { Iv::Request };
        Ok(self.seal(Head::DATAGRAM, binding, iv, response, out)?.0)
    }

    /// Reads a protected request: checks that it is fresh and authentic, and takes note of it.
    /// The plaintext goes to `room`, which has to be as long as the payload and the options: those and
    /// the payload of the message lie in it from the second byte on, as in a datagram.
    ///
    /// # Errors
    /// [`UnprotectError`]; then nothing has changed.
    pub fn unprotect_request<'s>(
        &mut self,
        request: &Message<'s>,
        room: &'s mut [u8],
    ) -> Result<(Message<'s>, RequestBinding), UnprotectError> {
        let binding = self.binding_of(request)?;
        if !self.window.is_fresh(binding.piv.get()) {
            return Err(UnprotectError::Replay);
        }
        let plaintext = self.open_request(binding, request, room)?;
        self.window.insert(binding.piv.get());
        Ok((plaintext.message(request, room), binding))
    }

    /// Reads a protected request as [`SecurityContext::unprotect_request`] does, but does not look at
    /// whether it is fresh and takes no note of it: what a server does with a lost window, to find an
    /// Echo option that tells (RFC 8613 appendix B.1.2). Nothing else may be done with such a request.
    ///
    /// # Errors
    /// [`UnprotectError`], but never [`UnprotectError::Replay`].
    pub fn verify_request<'s>(
        &self,
        request: &Message<'s>,
        room: &'s mut [u8],
    ) -> Result<(Message<'s>, RequestBinding), UnprotectError> {
        let binding = self.binding_of(request)?;
        Ok((self.open_request(binding, request, room)?.message(request, room), binding))
    }

    /// The request of a binding, which came in now, is known to be fresh: nothing up to it is, from now on
    /// (RFC 8613 appendix B.1.2).
    pub fn start_window(&mut self, binding: RequestBinding) {
        self.window.start_at(binding.piv.get());
    }

    /// What binds responses to a request that names this context.
    fn binding_of(&self, request: &Message<'_>) -> Result<RequestBinding, UnprotectError> {
        let option = request_option(request)?;
        if !self.is_named_by(&option) {
            return Err(UnprotectError::OtherContext);
        }
        let piv = option.piv.ok_or(UnprotectError::Option)?;
        Ok(RequestBinding { role: Role::Server, piv })
    }

    /// Reads a protected response to the request of `binding`. Its Partial IV, if it has one, is
    /// what notifications are ordered by: each has a larger one than those before (RFC 8613
    /// section 7.4.1), which is the caller's to check.
    ///
    /// # Errors
    /// [`UnprotectError`]: the response is to be ignored.
    pub fn unprotect_response<'s>(
        &self,
        binding: RequestBinding,
        response: &Message<'s>,
        room: &'s mut [u8],
    ) -> Result<(Message<'s>, Option<PartialIv>), UnprotectError> {
        let (plaintext, piv) = self.open_response(binding, response, room)?;
        Ok((plaintext.message(response, room), piv))
    }

    /// Reads a response; tells its Partial IV, if it has one of its own.
    pub(crate) fn open_response(
        &self,
        binding: RequestBinding,
        response: &Message<'_>,
        room: &mut [u8],
    ) -> Result<(Plaintext, Option<PartialIv>), UnprotectError> {
        let value = response.option(OptionNumber::OSCORE).ok_or(UnprotectError::Option)?;
        let option = OscoreOption::parse(value).map_err(|_| UnprotectError::Option)?;
        if option.kid_context.is_some() {
            return Err(UnprotectError::Option);
        }
        Ok((self.open_second(binding, &option, response, room)?, option.piv))
    }

    /// Reads a response whose option may have a kid context.
    pub(crate) fn open_second(
        &self,
        binding: RequestBinding,
        option: &OscoreOption<'_>,
        response: &Message<'_>,
        room: &mut [u8],
    ) -> Result<Plaintext, UnprotectError> {
        let named = option.kid.is_none_or(|kid| kid == self.recipient_id());
        if !response.code.is_response() || !named {
            return Err(UnprotectError::Option);
        }
        let iv = option.piv.map_or(Iv::Request, Iv::Own);
        self.open(binding, iv, response, room)
    }

    /// Does the option of a request name this context? A request without kid context may be for a
    /// context that has one.
    pub(crate) fn is_named_by(&self, option: &OscoreOption<'_>) -> bool {
        option.kid == Some(self.recipient_id())
            && option.kid_context.is_none_or(|context| {
                [self.id_context(), self.kid_context()].contains(&Some(context))
            })
    }

    /// Reads a request whose freshness is not looked at.
    pub(crate) fn open_request(
        &self,
        binding: RequestBinding,
        request: &Message<'_>,
        room: &mut [u8],
    ) -> Result<Plaintext, UnprotectError> {
        self.open(binding, Iv::Own(binding.piv), request, room)
    }

    fn request_kid(&self, binding: RequestBinding) -> &[u8] {
        match binding.role {
            Role::Client => self.sender_id(),
            Role::Server => self.recipient_id(),
        }
    }

    /// Most bytes by which a protected message is longer: the heads of the OSCORE option and of
    /// the option behind it, flags, Partial IV, kid and kid context for requests, the code, a
    /// second payload marker, and the tag.
    #[cfg(any(test, feature = "endpoint"))]
    pub(crate) fn overhead(&self, request: bool) -> usize {
        let names = if request {
            let context = self.kid_context().map_or(0, |c| c.len().saturating_add(1));
            self.sender_id().len().saturating_add(context)
        } else {
            0
        };
        names.saturating_add(2 + 1 + 5 + 1 + 1 + 1).saturating_add(self.aead().tag_len())
    }

    fn option_for(&self, iv: Iv, request: bool) -> OscoreOption<'_> {
        OscoreOption {
            piv: iv.piv(),
            kid_context: self.kid_context().filter(|_| request),
            kid: request.then(|| self.sender_id()),
        }
    }

    /// Writes what is not encrypted: the header with the outer code, and the outer options.
    /// `inner` is the length of what follows, from the payload marker on.
    fn put_outer<S: Sink>(
        &self,
        sink: &mut S,
        head: Head,
        iv: Iv,
        message: &Message<'_>,
        inner: usize,
    ) -> Result<(), ProtectError> {
        let observe = message.option(OptionNumber::OBSERVE).is_some();
        let code = match (message.code.is_request(), observe) {
            (true, false) => Code::POST,
            (true, true) => Code::FETCH,
            (false, false) => Code::CHANGED,
            (false, true) => Code::CONTENT,
        };
        #[cfg(all(feature = "endpoint", feature = "stream"))]
        if let Some(transport) = head.frame {
            // The length comes first.
            let nothing =
                MessageWriter::new(Counter::new(), message.message_type, code, message.id, &[])?;
            let options = self.put_outer_options(nothing, head, iv, message)?.len();
            let body = options.saturating_sub(4).saturating_add(inner);
            let writer = MessageWriter::framed(sink, transport, code, message.token, body)?;
            self.put_outer_options(writer, head, iv, message)?;
            return Ok(());
        }
        let Message { message_type, id, token, .. } = *message;
        let writer = MessageWriter::new(sink, message_type, code, id, token)?;
        let _ = inner;
        self.put_outer_options(writer, head, iv, message)?;
        Ok(())
    }

    fn put_outer_options<S: Sink>(
        &self,
        mut writer: MessageWriter<S>,
        head: Head,
        iv: Iv,
        message: &Message<'_>,
    ) -> Result<S, ProtectError> {
        let option = self.option_for(iv, message.code.is_request());
        // Flags, Partial IV, kid context and kid at their longest.
        let mut value = [0; 1 + 5 + 1 + 34 + 7];
        let mut room = SliceSink::new(&mut value);
        option.write(&mut room).map_err(|_| ProtectError::TooLong)?;
        let block = head.block.map(|(number, value)| (number, Uint::new(value)));
        // In the order of their numbers: both kinds of Block come behind OSCORE.
        let mut own = [
            Some((OptionNumber::OSCORE, room.written())),
            block.as_ref().map(|(number, value)| (*number, value.as_bytes())),
        ];
        for o in message.options {
            if matches!(o.number, OptionNumber::OSCORE | OptionNumber::PROXY_URI) {
                return Err(ProtectError::Option);
            }
            // Observe is the one option of both classes that means something to a proxy and is
            // not a proxy's own.
            let outer = match o.number.class() {
                OptionClass::Inner => false,
                OptionClass::Outer => true,
                OptionClass::Both => o.number == OptionNumber::OBSERVE,
            };
            for own in &mut own {
                if let Some((number, value)) = own.take_if(|own| o.number > own.0) {
                    writer.option(number, value)?;
                }
            }
            if outer {
                writer.option(o.number, o.value)?;
            }
        }
        for (number, value) in own.into_iter().flatten() {
            writer.option(number, value)?;
        }
        Ok(writer.finish(&[])?)
    }

    /// Bytes of the payload marker, the plaintext and the tag.
    fn inner_len(&self, message: &Message<'_>) -> Result<usize, ProtectError> {
        let mut counter = Counter::new();
        SecurityContext::put_inner(&mut counter, message)?;
        Ok(counter.len().saturating_add(1).saturating_add(self.aead().tag_len()))
    }

    /// Writes the plaintext (section 5.3).
    fn put_inner<S: Sink>(sink: &mut S, message: &Message<'_>) -> Result<(), TooLong> {
        sink.put_u8(message.code.0).map_err(|_| TooLong)?;
        let mut last = 0;
        for o in message.options.iter().filter(|o| o.number.class() != OptionClass::Outer) {
            // Section 4.1.3.5.2: a notification's number is its Partial IV.
            let counted = o.number == OptionNumber::OBSERVE && !message.code.is_request();
            let value = if counted { &[] } else { o.value };
            put_option(sink, o.number.0.wrapping_sub(last), value)?;
            last = o.number.0;
        }
        if !message.payload.is_empty() {
            sink.put_u8(0xff).map_err(|_| TooLong)?;
            sink.put(message.payload).map_err(|_| TooLong)?;
        }
        Ok(())
    }

    /// Bytes that [`SecurityContext::seal`] needs.
    pub(crate) fn sealed_len(
        &self,
        head: Head,
        iv: Iv,
        message: &Message<'_>,
    ) -> Result<usize, ProtectError> {
        let inner = self.inner_len(message)?;
        let mut counter = Counter::new();
        self.put_outer(&mut counter, head, iv, message, inner)?;
        Ok(counter.len().saturating_add(inner))
    }

    /// Writes the protected form of a message.
    pub(crate) fn seal(
        &self,
        head: Head,
        binding: RequestBinding,
        iv: Iv,
        message: &Message<'_>,
        out: &mut [u8],
    ) -> Result<(usize, Tag), ProtectError> {
        let mut sink = SliceSink::new(out);
        #[cfg(all(feature = "endpoint", feature = "stream"))]
        let inner = if head.frame.is_none() { 0 } else { self.inner_len(message)? };
        #[cfg(not(all(feature = "endpoint", feature = "stream")))]
        let inner = 0;
        self.put_outer(&mut sink, head, iv, message, inner)?;
        sink.put_u8(0xff).map_err(|_| TooLong)?;
        let start = sink.len();
        SecurityContext::put_inner(&mut sink, message)?;
        let end = sink.len();
        let (text, rest) = out.split_at_mut_checked(end).ok_or(ProtectError::TooLong)?;
        let room = rest.get_mut(..self.aead().tag_len()).ok_or(ProtectError::TooLong)?;
        let text = text.get_mut(start..).ok_or(ProtectError::TooLong)?;
        let tag = self.encrypt(binding, iv, text).ok_or(ProtectError::TooLong)?;
        for (to, from) in room.iter_mut().zip(tag) {
            *to = from;
        }
        Ok((end.saturating_add(self.aead().tag_len()), tag))
    }

    /// Writes what asks a proxy for a further block of a protected response: the request without its
    /// ciphertext, which the proxy knows it by. Tells how many bytes it takes, or needs.
    #[cfg(feature = "endpoint")]
    pub(crate) fn ask_for_block(
        &self,
        head: Head,
        iv: Iv,
        message: &Message<'_>,
        out: &mut [u8],
    ) -> Result<Result<usize, usize>, ProtectError> {
        let mut counter = Counter::new();
        self.put_outer(&mut counter, head, iv, message, 0)?;
        let needed = counter.len();
        let Some(out) = out.get_mut(..needed) else { return Ok(Err(needed)) };
        self.put_outer(&mut SliceSink::new(out), head, iv, message, 0)?;
        Ok(Ok(needed))
    }

    fn encrypt(&self, binding: RequestBinding, iv: Iv, text: &mut [u8]) -> Option<Tag> {
        let kid = self.request_kid(binding);
        let nonce = match iv {
            Iv::Own(piv) => self.nonce(self.sender_id(), piv),
            Iv::Request => self.nonce(kid, binding.piv),
        };
        let aad = Aad::new(self.aead(), kid, binding.piv)?;
        self.with_job(true, &nonce, aad.as_bytes(), |job| self.aead().encrypt(job, text))
    }

    /// The ciphertext of a response that is nothing but a code, under the nonce of its request.
    #[cfg(feature = "endpoint")]
    pub(crate) fn seal_code(
        &self,
        binding: RequestBinding,
        code: Code,
        out: &mut [u8; 1 + MAX_TAG],
    ) -> Option<usize> {
        let (text, room) = out.split_at_mut(1);
        *text.first_mut()? = code.0;
        let tag = self.encrypt(binding, Iv::Request, text)?;
        let tag = tag.get(..self.aead().tag_len())?;
        room.get_mut(..tag.len())?.copy_from_slice(tag);
        Some(tag.len().saturating_add(1))
    }

    fn open(
        &self,
        binding: RequestBinding,
        iv: Iv,
        message: &Message<'_>,
        room: &mut [u8],
    ) -> Result<Plaintext, UnprotectError> {
        let kid = self.request_kid(binding);
        let nonce = match iv {
            Iv::Own(piv) => self.nonce(self.recipient_id(), piv),
            Iv::Request => self.nonce(kid, binding.piv),
        };
        let aad = Aad::new(self.aead(), kid, binding.piv).ok_or(UnprotectError::Option)?;
        let len = message.payload.len().checked_sub(self.aead().tag_len());
        let split = len.and_then(|len| message.payload.split_at_checked(len));
        let (ciphertext, tag) = split.ok_or(UnprotectError::Decryption)?;
        let text = room.get_mut(..ciphertext.len()).ok_or(UnprotectError::TooLong)?;
        text.copy_from_slice(ciphertext);
        let done =
            self.with_job(false, &nonce, aad.as_bytes(), |job| self.aead().decrypt(job, text, tag));
        done.ok_or(UnprotectError::Decryption)?;
        let Some((code, rest)) = room.split_first_mut().filter(|_| !ciphertext.is_empty()) else {
            return Err(UnprotectError::Plaintext);
        };
        let code = Code(*code);
        let same_way = code.is_request() == message.code.is_request();
        if !same_way || !(code.is_request() || code.is_response()) {
            return Err(UnprotectError::Plaintext);
        }
        let mut length = ciphertext.len().saturating_sub(1);
        let (inner, _) = Options::parse(rest.get(..length).unwrap_or(&[]), 0)
            .map_err(|_| UnprotectError::Plaintext)?;
        if inner.first(OptionNumber::OSCORE).is_some() {
            return Err(UnprotectError::Plaintext);
        }
        // Of the outer options, those count that only can be outer (section 8.2 step 2).
        let mut list = inner.as_bytes().len();
        let kept = [OptionNumber::URI_HOST, OptionNumber::URI_PORT];
        for number in kept.into_iter().filter(|_| code.is_request()) {
            let inner = Options::from_encoded(rest.get(..list).unwrap_or(&[]));
            let (Some(value), None) = (message.option(number), inner.first(number)) else {
                continue;
            };
            let longer = insert_option(rest, list, length, number, value)
                .map_err(|_| UnprotectError::TooLong)?;
            list = list.saturating_add(longer.saturating_sub(length));
            length = longer;
        }
        Ok(Plaintext { code, list, length })
    }
}

/// The OSCORE option of a request, which has a kid and a Partial IV.
pub(crate) fn request_option<'a>(
    request: &Message<'a>,
) -> Result<OscoreOption<'a>, UnprotectError> {
    let value = request.option(OptionNumber::OSCORE).ok_or(UnprotectError::Option)?;
    let option = OscoreOption::parse(value).map_err(|_| UnprotectError::Option)?;
    let whole = request.code.is_request() && option.kid.is_some() && option.piv.is_some();
    if whole { Ok(option) } else { Err(UnprotectError::Option) }
}
