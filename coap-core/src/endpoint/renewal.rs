//! New keys for a security context, agreed upon with its peer (RFC 8613 appendix B.2). Either end
//! may begin: with its first request, or by answering one that it has no keys for.

use super::receive::Received;
use super::security::{Entry, Protection};
use super::{Endpoint, Unit};
use crate::oscore::{
    OscoreOption, Plaintext, RequestBinding, Role, SealedCode, SecurityContext, request_option,
    unwrapped, wrapped,
};
use crate::writer::Extras;
use crate::{Code, Message, OptionNumber, Options};
use m2m_base::container::Handle;
use m2m_base::{Cause, Disposition, SliceSink};

/// A request of a run: the context it is for, the one it came under, and whether it is the last.
pub(super) struct Run {
    handle: Handle,
    context: SecurityContext,
    last: bool,
    binding: RequestBinding,
    plaintext: Plaintext,
}

/// What a request is that no context has the keys of.
pub(super) enum Renewed {
    /// The last of a run: the context has new keys, the request is authentic and fresh under them.
    Yes(Protection, Plaintext),
    /// The first of a run.
    Answered(Disposition),
}

impl Entry {
    /// Something authentic came under the current keys.
    pub(super) fn confirm(&mut self) {
        if let Some(renewal) = &mut self.renewal {
            renewal.confirmed = true;
        }
    }
}

impl Endpoint {
    /// Finds the context that a request of a run is for; `None` if it does not belong to one.
    pub(super) fn renewed_by(&self, message: &Received<'_>, scratch: &mut [u8]) -> Option<Run> {
        let option = request_option(message).ok()?;
        let (kid, piv) = (option.kid?, option.piv?);
        let id = unwrapped(option.kid_context?)?;
        let binding = RequestBinding { role: Role::Server, piv };
        let renews = |e: &Entry| e.renewal.is_some() && e.context.id_context() != Some(id);
        self.security.with_kid(message.peer, kid, renews).into_iter().flatten().find_map(|handle| {
            let entry = self.security.contexts.get(handle)?;
            let (context, last) = entry.renewal.as_ref()?.of_request(&entry.context, id)?;
            let plaintext = context.open_request(binding, message, scratch).ok()?;
            Some(Run { handle, context, last, binding, plaintext })
        })
    }

    /// Steps 2 and 4 of a run.
    pub(super) fn take_renewed(&mut self, message: &Received<'_>, run: Run) -> Renewed {
        let Run { handle, mut context, last, binding, plaintext } = run;
        if self.insists(handle) {
            return Renewed::Answered(Disposition::Ignored(Cause::Insecure));
        }
        if !last {
            return Renewed::Answered(self.answer_first(message, handle, binding));
        }
        context.window.insert(binding.piv.get());
        self.renew(handle, context);
        Renewed::Yes(Protection::response(handle, binding.piv), plaintext)
    }

    /// Both ends may begin at the same time. Then one goes on and the other gives in: the one whose
    /// id is the larger has its own request answered first.
    fn insists(&mut self, handle: Handle) -> bool {
        let Some(entry) = self.security.contexts.get(handle) else { return false };
        let confirmed = entry.renewal.as_ref().is_none_or(|renewal| renewal.confirmed);
        if confirmed || entry.context.sender_id() < entry.context.recipient_id() {
            return false;
        }
        let mut asks = false;
        self.for_each_under(handle, |this, unit| {
            asks |= matches!(unit, Unit::Exchange(h) if this.is_asking(h));
        });
        asks
    }

    /// Step 2: 4.01 under a second context, with R2. It is made here, and kept as it is: the
    /// context is not needed again.
    fn answer_first(
        &mut self,
        message: &Received<'_>,
        handle: Handle,
        binding: RequestBinding,
    ) -> Disposition {
        let insecure = Disposition::Ignored(Cause::Insecure);
        let option = request_option(message).ok().and_then(|option| option.kid_context);
        let Some(id1) = option.and_then(unwrapped) else { return insecure };
        let Some(entry) = self.security.contexts.get(handle) else { return insecure };
        let Some(renewal) = &entry.renewal else { return insecure };
        let r2 = renewal.r2(&mut self.random);
        let mut ciphertext: SealedCode = Default::default();
        let second = renewal.second(&entry.context, &r2, id1);
        let len = second
            .and_then(|second| second.seal_code(binding, Code::UNAUTHORIZED, &mut ciphertext));
        let (wire, mut value) = (wrapped(&r2), [0; 24]);
        let option = OscoreOption { piv: None, kid_context: Some(&wire), kid: None };
        let mut sink = SliceSink::new(&mut value);
        let (Some(len), Ok(())) = (len, option.write(&mut sink)) else { return insecure };
        let mut extras = Extras::NONE;
        extras.add_opaque(OptionNumber::OSCORE, sink.written());
        let payload = ciphertext.get(..len).unwrap_or(&[]);
        let stored = self.store(Code::CHANGED, Options::EMPTY, &extras, payload);
        let taken = self.answer_at_once(message, stored);
        match self.or_refuse(message, taken) {
            Disposition::Accepted => Disposition::Refused(Cause::Insecure),
            other => other,
        }
    }

    /// Step 3: the context of request #2, if a response to request #1 asks for it.
    pub(super) fn third_context(
        &mut self,
        handle: Handle,
        binding: RequestBinding,
        response: &Message<'_>,
        scratch: &mut [u8],
    ) -> Option<SecurityContext> {
        let option = OscoreOption::parse(response.option(OptionNumber::OSCORE)?).ok()?;
        let r2 = unwrapped(option.kid_context?)?;
        let entry = self.security.contexts.get(handle)?;
        let (renewal, context) = (entry.renewal.as_ref()?, &entry.context);
        let second = renewal.second(context, r2, context.id_context()?)?;
        let plaintext = second.open_second(binding, &option, response, scratch).ok()?;
        if plaintext.message(response, scratch).code != Code::UNAUTHORIZED {
            return None;
        }
        renewal.third(context, r2, &mut self.random)
    }

    /// Steps 4 and 5: the new keys replace the old ones. What is owed under those ends, since
    /// nobody can read it any more; what is asked is asked again.
    pub(super) fn renew(&mut self, handle: Handle, context: SecurityContext) {
        let Some(entry) = self.security.contexts.get_mut(handle) else { return };
        entry.context = context;
        if let Some(renewal) = &mut entry.renewal {
            renewal.settled(&mut self.random);
        }
        self.for_each_under(handle, |this, unit| match unit {
            Unit::Exchange(exchange) => this.ask_anew(exchange),
            unit => this.end_unit(unit),
        });
    }
}
