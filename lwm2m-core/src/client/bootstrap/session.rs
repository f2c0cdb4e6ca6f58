//! The course of a bootstrap: the request, the wait for the bootstrap server, the end.

use coap_core::{Code, ContentFormat, OptionNumber, OptionWriter, Request, RequestId, Uint};
use m2m_base::decimal::write_u64;
use m2m_base::{Duration, Full, Instant, Sink, SliceSink};

use super::{ATTEMPTS, NUMBER, PAUSE, RETRY, State};
use crate::client::account::{State as AccountState, server};
use crate::client::store::Payload;
use crate::client::{BREATH, Client, Event, Failure};
use crate::{Level, Path, Version, links, object};

/// The format in which the client likes to be bootstrapped.
const PREFERRED: ContentFormat =
    if cfg!(feature = "senml-cbor") { ContentFormat::SENML_CBOR } else { ContentFormat::LWM2M_TLV };

/// The format of a pack: one that names objects. Without one there is no pack.
const PACK: Option<ContentFormat> = if cfg!(feature = "senml-cbor") {
    Some(ContentFormat::SENML_CBOR)
} else if cfg!(feature = "lwm2m-cbor") {
    Some(ContentFormat::LWM2M_CBOR)
} else if cfg!(feature = "senml-json") {
    Some(ContentFormat::SENML_JSON)
} else {
    None
};

/// The longest parameter of a request that is not the endpoint name.
const PARAMETER: usize = 64;

impl Client {
    /// Does what is due.
    #[cfg_attr(feature = "small", inline(never))]
    pub(in crate::client) fn run_bootstrap(&mut self) {
        if self.bootstrap.purge <= self.now {
            self.bootstrap.purge = Instant::FAR;
            if let Some(id) = self.store.bootstrap_server() {
                let _ = self.store.remove(Path::instance(object::SECURITY.id, id));
                self.follow_accounts();
            }
        }
        match self.bootstrap.state {
            State::Waiting(until) if until <= self.now => self.request_bootstrap(),
            State::Open(until) if until <= self.now => self.bootstrap_failed(Failure::TimedOut),
            _ => {}
        }
    }

    fn request_bootstrap(&mut self) {
        let Some(security) = self.store.bootstrap_server() else {
            self.bootstrap.state = State::Idle;
            return;
        };
        if !self.bootstrap.connected {
            self.bootstrap.state = State::Connecting;
            self.bootstrap.told = Some(Event::Connect { server: 0, security });
            return;
        }
        #[cfg(feature = "oscore")]
        if !self.secure(NUMBER, self.bootstrap.peer) {
            return self.bootstrap_failed(Failure::Connection);
        }
        let pack = PACK.is_some() && self.version >= Version::V1_2 && !self.bootstrap.no_pack;
        match self.send_bootstrap_request(pack) {
            Ok(id) => self.bootstrap.state = State::Requesting { id, pack },
            Err(coap_core::UsageError::Full) => {
                self.bootstrap.state = State::Waiting(self.now + BREATH)
            }
            Err(_) => self.bootstrap_failed(Failure::TooLarge),
        }
    }

    /// Bootstrap-Request (Core 1.1, 6.1.7.1), or Bootstrap-Pack-Request (Core 1.2, 6.1.7.7).
    fn send_bootstrap_request(&mut self, pack: bool) -> Result<RequestId, coap_core::UsageError> {
        let mut text = [0; PARAMETER];
        let mut sink = SliceSink::new(&mut text);
        // What has no room is left out.
        let _ = if pack {
            self.write_own_account(&mut sink)
        } else if self.version > Version::V1_0 && !self.bootstrap.plain {
            sink.put(b"pct=").and_then(|()| write_u64(&mut sink, PREFERRED.0.into()))
        } else {
            Ok(())
        };
        let mut options = OptionWriter::new(&mut self.scratch);
        let mut push = |number, value: &[u8]| {
            let pushed = value.is_empty() || options.push(number, value).is_ok();
            pushed.then_some(()).ok_or(coap_core::UsageError::TooLong)
        };
        push(OptionNumber::URI_PATH, if pack { b"bspack" } else { b"bs" })?;
        push(OptionNumber::URI_QUERY, &self.name)?;
        push(OptionNumber::URI_QUERY, sink.written())?;
        if pack {
            let format = Uint::new(PACK.unwrap_or(PREFERRED).0.into());
            push(OptionNumber::ACCEPT, format.as_bytes())?;
        }
        let method = if pack { Code::GET } else { Code::POST };
        let request = Request { options: options.options(), ..Request::new(method) };
        self.endpoint.request(self.now, self.bootstrap.peer, &request)
    }

    /// `acc=` and links to the bootstrap server's own account.
    fn write_own_account(&self, sink: &mut SliceSink<'_>) -> Result<(), Full> {
        let Some(security) = self.store.bootstrap_server() else { return Ok(()) };
        sink.put(b"acc=")?;
        let security = Path::instance(object::SECURITY.id, security);
        let mut list = links::Writer::new(sink, "");
        list.link(security)?;
        for path in self.store.links_of(security).filter(|path| self.store.contains(*path)) {
            list.link(path)?;
        }
        Ok(())
    }

    /// The request is answered, or it is not.
    pub(in crate::client) fn bootstrap_request_done(
        &mut self,
        id: RequestId,
        result: Result<(), Failure>,
    ) {
        let State::Requesting { pack, .. } = self.bootstrap.state else { return };
        match result {
            Ok(()) if pack => {
                if !self.take_pack(id) {
                    self.without_pack();
                }
            }
            Ok(()) => self.bootstrap.state = State::Open(self.end_of_patience()),
            Err(Failure::Response(_) | Failure::TooLarge) if pack => self.without_pack(),
            Err(Failure::Response(Code::UNSUPPORTED_CONTENT_FORMAT)) if !self.bootstrap.plain => {
                self.bootstrap.plain = true;
                self.bootstrap.state = State::Waiting(self.now);
            }
            Err(failure) => self.bootstrap_failed(failure),
        }
    }

    /// What a bootstrap server that has no pack is asked for instead.
    fn without_pack(&mut self) {
        self.bootstrap.no_pack = true;
        self.bootstrap.state = State::Waiting(self.now);
    }

    /// Takes the answer to a Bootstrap-Pack-Request: each object in it is replaced as a whole. False,
    /// and no change, if it does not make sense.
    #[cfg_attr(feature = "small", inline(never))]
    fn take_pack(&mut self, id: RequestId) -> bool {
        let Some(content) = self.endpoint.response(id) else { return false };
        let format = content.options.content_format().or(PACK).unwrap_or(PREFERRED);
        self.store.begin_staging();
        let mut deleted = true;
        let payload = Payload { format, prefix: "", bytes: content.payload };
        payload.each_path(&mut |path| {
            let object = path.truncate(Level::Object);
            deleted &= object == Path::object(object::DEVICE.id)
                || object == Path::ROOT
                || self.store.bootstrap_delete(object).is_ok();
        });
        let written = deleted
            && self.store.bootstrap_write(Path::ROOT, format, content.payload, NUMBER).is_ok();
        if !written || !self.store.is_consistent(self.max_accounts) {
            self.store.undo_staged();
            return false;
        }
        self.bootstrap_done();
        true
    }

    /// What the bootstrap server did holds; the client registers with the servers it has now.
    pub(super) fn bootstrap_done(&mut self) {
        self.store.commit_staged(NUMBER);
        self.bootstrap.state = State::Idle;
        self.bootstrap.attempts = 0;
        self.bootstrap.told = Some(Event::Bootstrapped);
        self.accounts_made();
        self.bootstrap_account_ends();
        self.instances_changed(Path::ROOT);
        for at in 0..self.accounts.len() {
            self.drop_request(at);
            if let Some(account) = self.accounts.get_mut(at) {
                account.state = AccountState::Off;
            }
        }
        self.begin_registrations();
    }

    /// The bootstrap server's account ends some time after a bootstrap, if it says so (/0/x/12).
    pub(in crate::client) fn bootstrap_account_ends(&mut self) {
        let timeout = self.store.bootstrap_server().and_then(|id| {
            self.store.unsigned(Path::resource(object::SECURITY.id, id, super::ACCOUNT_TIMEOUT))
        });
        self.bootstrap.purge = match timeout {
            None | Some(0) => Instant::FAR,
            Some(seconds) => self.now + Duration::from_secs(seconds.min(u32::MAX.into())),
        };
    }

    /// Accounts are what objects 0 and 1 say now; each has what a server can execute.
    pub(super) fn accounts_made(&mut self) {
        self.follow_accounts();
        for at in 0..self.accounts.len() {
            if self.accounts.get(at).is_some_and(|account| account.ssid == 0) {
                continue;
            }
            for id in [server::DISABLE, server::BOOTSTRAP_TRIGGER] {
                let _ = self.store.add_resource(self.server_resource(at, id));
            }
        }
    }

    /// The bootstrap that may be under way is over: everything is as it was before.
    pub(super) fn bootstrap_lost(&mut self, reason: Failure) {
        if let State::Requesting { .. } | State::Open(_) = self.bootstrap.state {
            self.bootstrap_failed(reason);
        }
    }

    /// An attempt at a bootstrap failed. There is another if the client has no server to turn to.
    pub(super) fn bootstrap_failed(&mut self, reason: Failure) {
        if let Some(id) = self.bootstrap.request() {
            let _ = self.endpoint.cancel(self.now, id, coap_core::Cancel::Forget);
        }
        if self.store.is_staging() {
            self.store.undo_staged();
            self.follow_accounts();
        }
        self.bootstrap.attempts = self.bootstrap.attempts.saturating_add(1);
        let again = if self.has_registration() {
            None
        } else if self.bootstrap.attempts < ATTEMPTS {
            let doublings = self.bootstrap.attempts.saturating_sub(1);
            Some(self.now + RETRY.times(1 << doublings))
        } else {
            self.bootstrap.attempts = 0;
            Some(self.now + PAUSE)
        };
        self.bootstrap.state = again.map_or(State::Idle, State::Waiting);
        self.bootstrap.told = Some(Event::BootstrapFailed { reason, again });
    }
}
