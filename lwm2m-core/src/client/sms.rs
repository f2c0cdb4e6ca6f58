//! A server that wakes the client by SMS (Core 1.2 appendix L).

use super::Client;
use super::account::server::TRIGGER;
use crate::sms::Trigger;
use crate::{Path, object};
use m2m_base::{Cause, Disposition, Instant};

impl Client {
    /// Takes the user data of an SMS whose sender may trigger: what `/1/x/8` and `/1/x/9` do when they
    /// are executed, if the Trigger resource (`/1/x/21`) of that server is true. Nothing else comes by
    /// SMS in this way, and nothing is answered.
    ///
    /// [`Disposition::Ignored`] if it is no trigger ([`Cause::Malformed`]), or one that is not allowed or
    /// not possible ([`Cause::Unexpected`]).
    pub fn handle_sms(&mut self, now: Instant, sms: &[u8]) -> Disposition {
        let Ok(Trigger { server, bootstrap }) = Trigger::read(sms) else {
            return Disposition::Ignored(Cause::Malformed);
        };
        let allowed = self.store.boolean(Path::resource(object::SERVER.id, server, TRIGGER));
        let of = |account: &usize| {
            self.accounts.get(*account).is_some_and(|a| a.ssid != 0 && a.server == server)
        };
        let account = (0..self.accounts.len()).find(of).filter(|_| allowed == Some(true));
        let Some(account) = account.and_then(|at| self.accounts.get_mut(at)) else {
            return Disposition::Ignored(Cause::Unexpected);
        };
        self.now = now;
        if bootstrap {
            #[cfg(feature = "bootstrap")]
            let known = self.trigger_bootstrap();
            #[cfg(not(feature = "bootstrap"))]
            let known = false;
            if !known {
                return Disposition::Ignored(Cause::Unexpected);
            }
        } else {
            account.want_update();
        }
        self.settle(now);
        Disposition::Accepted
    }
}
