//! OSCORE between the client and its servers (RFC 8613; Core 1.1, E.1 resource 17; object 21).
//!
//! An account whose instance of object 0 points to one of object 21 talks under the security context
//! that this makes, and in no other way: what comes from its server without it is refused, and
//! without a context nothing goes out.
//!
//! No nonce may be used twice. With a journal (feature `restore`, [`Limits::records`]) the sequence
//! numbers are a record, which is stored before what they are used for is sent. Without one each
//! start makes new keys with the server (RFC 8613, appendix B.2), which has to know how.
//!
//! [`Limits::records`]: super::Limits::records

use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::{History, IncomingId, SecurityId};
use m2m_base::{Instant, PeerId, SliceSink};

use super::Client;
#[cfg(feature = "restore")]
use super::UsageError;
use super::dispatch::number;
use crate::{Path, Value, object};

/// Resource of the Security object: the instance of object 21.
const OSCORE_SECURITY_MODE: u16 = 17;

/// Resources of object 21.
const MASTER_SECRET: u16 = 0;
const SENDER_ID: u16 = 1;
const RECIPIENT_ID: u16 = 2;
const AEAD: (u16, i32) = (3, 10);
const HMAC: u16 = 4;
const MASTER_SALT: u16 = 5;
const ID_CONTEXT: u16 = 6;

/// HMAC 256/256, and the HKDF with SHA-256, by which some name the same.
const SHA_256: [i64; 2] = [5, -10];

/// Longest secret and salt, in bytes.
const LONGEST: usize = 64;
/// Longest identifier: a nonce has no room for more.
const LONGEST_ID: usize = 7;

/// The security context of an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secured {
    /// The account, or the number of the bootstrap server.
    owner: u8,
    /// The instance of object 21, and a checksum of what it holds.
    instance: u16,
    sum: u32,
    id: SecurityId,
    /// Sequence numbers below may be in use.
    pub(super) reserved: u64,
}

/// The text or bytes of a resource, if they fit.
fn bytes<'b>(value: Option<Value<'_>>, room: &'b mut [u8]) -> Option<&'b [u8]> {
    let mut sink = SliceSink::new(room);
    match value {
        None => {}
        Some(Value::Opaque(data)) => data.write(&mut sink).ok()?,
        Some(Value::String(text)) => text.write(&mut sink).ok()?,
        Some(_) => return None,
    }
    let len = sink.len();
    room.get(..len)
}

impl Client {
    /// The instance of object 21 that an instance of object 0 points to.
    fn keys_of(&self, security: u16) -> Option<u16> {
        let link = Path::resource(object::SECURITY.id, security, OSCORE_SECURITY_MODE);
        match self.store.get(link) {
            Some(Value::ObjectLink(link)) if link.object == object::OSCORE.id => {
                Some(link.instance)
            }
            _ => None,
        }
    }

    /// A checksum of the keys of an instance of object 0; 0 without any.
    pub(super) fn keys_sum(&self, security: u16) -> u32 {
        let keys = self.keys_of(security);
        keys.map_or(0, |id| self.store.sum(Path::instance(object::OSCORE.id, id)) | 1)
    }

    /// The instance of object 0 of an account, or of the bootstrap server.
    fn security_of_owner(&self, owner: u8) -> Option<u16> {
        #[cfg(feature = "bootstrap")]
        if owner == super::bootstrap::NUMBER {
            return self.store.bootstrap_server();
        }
        let account = self.accounts.get(usize::from(owner))?;
        (account.ssid != 0).then_some(account.security)
    }

    /// Makes the security contexts what objects 0 and 21 say.
    pub(super) fn follow_security(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(old) = self.secured.get(at).copied() {
            let keys = self.security_of_owner(old.owner).and_then(|id| self.keys_of(id));
            let same = keys == Some(old.instance)
                && self.store.sum(Path::instance(object::OSCORE.id, old.instance)) == old.sum;
            if same {
                at = at.saturating_add(1);
                continue;
            }
            self.secured.remove(at);
            self.endpoint.remove_security_context(now, old.id);
        }
        #[cfg(feature = "bootstrap")]
        let last = Some(super::bootstrap::NUMBER);
        #[cfg(not(feature = "bootstrap"))]
        let last = None;
        for owner in (0..number(self.accounts.len())).chain(last) {
            let keys = self.security_of_owner(owner).and_then(|id| self.keys_of(id));
            // An instance is one account's (object 21): two would use the same nonces.
            let taken = |s: &Secured| s.owner == owner || Some(s.instance) == keys;
            if let Some(instance) = keys
                && !self.secured.iter().any(taken)
            {
                let history = if self.keeps_numbers() { History::New } else { History::Renewed };
                self.add_context(owner, instance, history);
            }
        }
    }

    /// Sequence numbers go to the journal.
    fn keeps_numbers(&self) -> bool {
        #[cfg(feature = "restore")]
        return self.journal.is_kept();
        #[cfg(not(feature = "restore"))]
        false
    }

    /// Makes a context of what an instance of object 21 holds, if that is complete.
    fn add_context(&mut self, owner: u8, instance: u16, history: History) {
        if self.secured.len() >= self.secured.capacity() {
            return;
        }
        let get = |id| self.store.get(Path::resource(object::OSCORE.id, instance, id));
        let aead = match get(AEAD.0) {
            None => Aead::from_number(AEAD.1),
            Some(Value::Integer(n)) => i32::try_from(n).ok().and_then(Aead::from_number),
            Some(_) => None,
        };
        let hmac = match get(HMAC) {
            None => true,
            Some(Value::Integer(n)) => SHA_256.contains(&n),
            Some(_) => false,
        };
        let (mut secret, mut salt, mut context) = ([0; LONGEST], [0; LONGEST], [0; LONGEST]);
        let (mut sender, mut recipient) = ([0; LONGEST_ID], [0; LONGEST_ID]);
        let has_context = get(ID_CONTEXT).is_some();
        let (
            Some(aead),
            true,
            Some(master_secret),
            Some(master_salt),
            Some(sender_id),
            Some(recipient_id),
            Some(id_context),
        ) = (
            aead,
            hmac,
            bytes(get(MASTER_SECRET), &mut secret),
            bytes(get(MASTER_SALT), &mut salt),
            bytes(get(SENDER_ID), &mut sender),
            bytes(get(RECIPIENT_ID), &mut recipient),
            bytes(get(ID_CONTEXT), &mut context),
        )
        else {
            return;
        };
        let parameters = SecurityParameters {
            aead,
            master_secret,
            master_salt,
            sender_id,
            recipient_id,
            id_context: has_context.then_some(id_context),
        };
        let reserved = match history {
            History::Stored { next } => next,
            _ => 0,
        };
        if let Ok(id) = self.endpoint.add_security_context(&parameters, history) {
            let sum = self.store.sum(Path::instance(object::OSCORE.id, instance));
            self.secured.push(Secured { owner, instance, sum, id, reserved });
        }
    }

    /// Requests to a peer go from now on as its account wants it. False if they cannot.
    pub(super) fn secure(&mut self, owner: u8, peer: PeerId) -> bool {
        let Some(security) = self.security_of_owner(owner) else { return false };
        let context = self.secured.iter().find(|s| s.owner == owner).map(|s| s.id);
        if context.is_none() && self.keys_of(security).is_some() {
            return false;
        }
        self.endpoint.bind_security(peer, context).is_ok()
    }

    /// A request came as its account wants it.
    pub(super) fn came_secured(&self, owner: u8, id: IncomingId) -> bool {
        let under = self.endpoint.incoming(id).and_then(|incoming| incoming.security);
        let context = self.secured.iter().find(|s| s.owner == owner).map(|s| s.id);
        let wanted = self.security_of_owner(owner).and_then(|id| self.keys_of(id));
        context == under && (context.is_some() || wanted.is_none())
    }

    /// More sequence numbers may be used once this is stored.
    pub(super) fn numbers_reserved(&mut self, id: SecurityId, up_to: u64) {
        if let Some(secured) = self.secured.iter_mut().find(|s| s.id == id) {
            secured.reserved = up_to;
        }
    }

    /// The instances of object 21 whose security contexts are in use, and the number below which
    /// their sequence numbers may be used, once that is stored. It is a record of the journal, too;
    /// this is for those who keep it elsewhere, with the context, which may be used in other ways.
    #[cfg(feature = "restore")]
    pub fn sequence_numbers(&self) -> impl Iterator<Item = (u16, u64)> {
        let counted = self.secured.iter().filter(|s| s.reserved > 0);
        counted.map(|s| (s.instance, s.reserved))
    }

    /// Sequence numbers below `next` may have been used: those of the context that an instance of
    /// object 21 makes. To be told after [`Client::restore`] and before [`Client::start`].
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] if no account has this instance, or it makes no context.
    #[cfg(feature = "restore")]
    pub fn restore_sequence_numbers(
        &mut self,
        now: Instant,
        instance: u16,
        next: u64,
    ) -> Result<(), UsageError> {
        if !self.restore_numbers(now, instance, next) {
            return Err(UsageError::UnknownPath);
        }
        self.journal.stale = true;
        Ok(())
    }

    #[cfg(feature = "restore")]
    pub(super) fn restore_numbers(&mut self, now: Instant, instance: u16, next: u64) -> bool {
        let Some(at) = self.secured.iter().position(|s| s.instance == instance) else {
            return false;
        };
        let old = self.secured.remove(at);
        self.endpoint.remove_security_context(now, old.id);
        self.add_context(old.owner, instance, History::Stored { next });
        true
    }
}
