//! What a bootstrap server may ask for: Discover, Read, Write, Delete, Finish (Core 1.1, 6.1.7;
//! Transport 6.4.2). Their response codes are a short list of their own.

use coap_core::{Code, ContentFormat, IncomingId};

use super::{NUMBER, State};
use crate::client::Client;
use crate::client::dispatch::{Answer, Body, Wanted};
use crate::client::store::{Mode, Payload, Store, Writer};
use crate::{Level, Path, Version, object};

impl Client {
    /// Finds out what the bootstrap server asks for, and does it.
    #[cfg_attr(feature = "small", inline(never))]
    pub(in crate::client) fn bootstrap_operate(&mut self, id: IncomingId) -> Result<Answer, Code> {
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let Wanted { path, queried, format, accept } = Wanted::read(incoming.options)?;
        #[cfg(feature = "packages")]
        if let Some(answer) = self.take_block(id, path) {
            return answer;
        }
        #[cfg(feature = "packages")]
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if incoming.block1.is_some_and(|block| block.more || block.number > 0) {
            // What servers write block by block, a bootstrap server does not.
            return Err(Code::BAD_REQUEST);
        }
        let (method, options) = (incoming.code, incoming.options);
        match self.bootstrap.state {
            State::Requesting { .. } | State::Open(_) => {}
            // Server initiated: only the first version has no trigger for it.
            _ if self.version == Version::V1_0 => {}
            _ => return Err(Code::UNAUTHORIZED),
        }
        let mut segments = options.path();
        let finish = segments.next() == Some(b"bs") && segments.next().is_none();
        let path = if finish { Path::ROOT } else { path.ok_or(Code::BAD_REQUEST)? };
        if !self.store.is_staging() {
            self.store.begin_staging();
        }
        if let Some(request) = self.bootstrap.request() {
            // Its answer was lost, or is late: this is one as well.
            let _ = self.endpoint.cancel(self.now, request, coap_core::Cancel::Forget);
        }
        self.bootstrap.state = State::Open(self.end_of_patience());
        match method {
            Code::POST if finish => self.finish(),
            _ if finish => Err(Code::METHOD_NOT_ALLOWED),
            _ if queried => Err(Code::BAD_REQUEST),
            Code::GET => self.bootstrap_get(path, accept),
            Code::PUT => self.bootstrap_write(id, path, format),
            Code::DELETE => {
                self.store.bootstrap_delete(path)?;
                Ok(Answer::Code(Code::DELETED))
            }
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    /// Bootstrap-Discover, and Bootstrap-Read of objects 1 and 2.
    fn bootstrap_get(&self, path: Path, accept: Option<ContentFormat>) -> Result<Answer, Code> {
        if accept == Some(ContentFormat::LINK_FORMAT) {
            return if path.level() > Level::Object {
                Err(Code::BAD_REQUEST)
            } else if self.store.contains(path) {
                Ok(Answer::Content(Body::BootstrapDiscover(path)))
            } else {
                Err(Code::NOT_FOUND)
            };
        }
        let readable = [object::SERVER.id, object::ACCESS_CONTROL.id];
        let allowed = self.version > Version::V1_0
            && matches!(path.level(), Level::Object | Level::Instance)
            && path.object_id().is_some_and(|id| readable.contains(&id));
        if !allowed {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.store.check_exists(path)?;
        let format = accept.unwrap_or(match self.version {
            Version::V1_0 => ContentFormat::LWM2M_TLV,
            _ if cfg!(feature = "senml-cbor") => ContentFormat::SENML_CBOR,
            _ => ContentFormat::LWM2M_TLV,
        });
        Ok(Answer::Content(Body::Read(path, format)))
    }

    fn bootstrap_write(
        &mut self,
        id: IncomingId,
        path: Path,
        format: Option<ContentFormat>,
    ) -> Result<Answer, Code> {
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let format = format.ok_or(Code::BAD_REQUEST)?;
        self.store.bootstrap_write(path, format, incoming.payload, NUMBER)?;
        Ok(Answer::Code(Code::CHANGED))
    }

    /// Bootstrap-Finish. If the accounts make no sense the bootstrap server may mend them.
    fn finish(&mut self) -> Result<Answer, Code> {
        if !self.store.is_consistent(self.max_accounts) {
            return Err(Code::NOT_ACCEPTABLE);
        }
        self.bootstrap_done();
        Ok(Answer::Code(Code::CHANGED))
    }
}

impl Store {
    /// Bootstrap-Write: 4.00 for whatever is wrong, 4.15 for the format, 5.00 if there is no room.
    pub(crate) fn bootstrap_write(
        &mut self,
        path: Path,
        format: ContentFormat,
        bytes: &[u8],
        server: u8,
    ) -> Result<(), Code> {
        self.check_bootstrap_target(path)?;
        let payload = Payload { format, prefix: "", bytes };
        let writer = Writer { account: server, ssid: None };
        match self.write(Mode::Bootstrap, path, payload, writer) {
            Ok(_) => Ok(()),
            Err(Code::UNSUPPORTED_CONTENT_FORMAT) => Err(Code::UNSUPPORTED_CONTENT_FORMAT),
            Err(Code::INTERNAL_SERVER_ERROR | Code::REQUEST_ENTITY_TOO_LARGE) => {
                Err(Code::INTERNAL_SERVER_ERROR)
            }
            Err(_) => Err(Code::BAD_REQUEST),
        }
    }
}
