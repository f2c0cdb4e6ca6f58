//! Registrations that go on over another connection: after a restart, or when a connection was lost.
//!
//! An Update is enough for that: the server may have dropped the registration, then the client
//! registers. Over a new security session it registers at once, unless both have LwM2M 1.2, which
//! does not ask for that any more.

use m2m_base::{Instant, Window};

use super::Client;
use super::account::State;
use crate::{Path, Value, Version, object};

impl Client {
    /// A checksum of the list as a server of this version gets it; never 0.
    pub(super) fn list_sum(&self, version: Version) -> u32 {
        let mut window = Window::new(&mut [], 0);
        let written = self.store.write_object_list(version, &mut window);
        written.map_or(1, |()| window.checksum().max(1))
    }

    /// Lets a registration go on. False if it is none to go on with, or the client has to register.
    pub(super) fn resume(&mut self, now: Instant, at: usize) -> bool {
        let Some(account) = self.accounts.get(at).filter(|account| account.resume) else {
            return false;
        };
        let mode = Path::resource(object::SECURITY.id, account.security, 2);
        let same_session =
            account.version >= Version::V1_2 || self.store.get(mode) == Some(Value::Integer(3));
        let (list, told) = (self.list_sum(account.version), account.list);
        let Some(account) = self.accounts.get_mut(at) else { return false };
        account.resume = false;
        if !same_session {
            return false;
        }
        account.state = State::Registered;
        (account.sent, account.update) = (now, now);
        account.objects = list != told;
        true
    }
}
