//! Queue mode (Core 1.1, 6.6): when the client need not listen.
//!
//! A server holds its requests back until it hears of the client, and then expects it to listen for
//! some time. What the client has to tell it tells at any time: Updates before the lifetime ends,
//! notifications, Send.

use m2m_base::{Duration, Instant, PeerId};

use super::account::State;
use super::{Client, Event, Registration};

impl Client {
    /// Something is under way, or a server may still expect the client to listen: the radio stays
    /// on. Otherwise nothing comes before [`Client::poll_timeout`]. Always true without queue mode.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        let busy = self
            .accounts
            .iter()
            .any(|account| account.awake != Instant::FAR || account.request().is_some());
        #[cfg(feature = "bootstrap")]
        let busy = busy
            || !matches!(
                self.bootstrapping(),
                super::Bootstrapping::Off | super::Bootstrapping::Waiting { .. }
            );
        self.queue_mode.is_none() || busy
    }

    /// A message went to or came from a peer.
    pub(super) fn stay_awake(&mut self, now: Instant, peer: PeerId) {
        let Some(window) = self.queue_mode else { return };
        let window = match window {
            Duration::ZERO => self.endpoint.parameters().max_transmit_wait(),
            window => window,
        };
        if let Some(account) = self.accounts.iter_mut().find(|account| account.is_at(peer)) {
            account.awake = now + window;
        }
    }

    /// Tells the application of servers that expect nothing any more.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn run_sleep(&mut self, now: Instant) {
        for account in &mut self.accounts {
            let over = account.awake <= now
                || account.awake != Instant::FAR
                    && !matches!(account.registration(), Registration::Registered)
                    && account.request().is_none();
            if over && !matches!(account.state, State::Updating(_)) {
                account.awake = Instant::FAR;
                if account.state == State::Registered {
                    account.told = Some(Event::Asleep { server: account.ssid });
                }
            }
        }
    }
}
