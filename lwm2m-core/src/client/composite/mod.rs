//! Composite operations (Core 6.3.8, 6.3.9, 6.4.4): Read-Composite, Write-Composite,
//! Observe-Composite.

mod lists;

pub(super) use lists::{LAST_READ, Lists};

use coap_core::{Code, ContentFormat, Incoming, IncomingId};

use super::Client;
use super::dispatch::{Answer, Body, number};
use super::store::{Mode, Payload, Prefix, Store};
use crate::format::PathReader;
use crate::{DecodeError, Path, Version};

/// Formats of answers: those that can say where each value is.
const ANSWERS: &[ContentFormat] = &[
    #[cfg(feature = "senml-json")]
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    #[cfg(feature = "lwm2m-cbor")]
    ContentFormat::LWM2M_CBOR,
];

/// Formats of what is written.
const WRITES: &[ContentFormat] = &[
    #[cfg(feature = "senml-json")]
    ContentFormat::SENML_JSON,
    #[cfg(feature = "senml-json")]
    ContentFormat::SENML_ETCH_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_ETCH_CBOR,
    #[cfg(feature = "lwm2m-cbor")]
    ContentFormat::LWM2M_CBOR,
];

/// The code for a list or a body that cannot be read.
fn refused(error: DecodeError) -> Code {
    if error.kind.is_unsupported_format() {
        Code::UNSUPPORTED_CONTENT_FORMAT
    } else {
        Code::BAD_REQUEST
    }
}

impl Client {
    /// FETCH and iPATCH.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn composite_operation(
        &mut self,
        id: IncomingId,
        at: usize,
    ) -> Result<Answer, Code> {
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if self.version(at) < Version::V1_1 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        let area = self.area(incoming.options)?;
        match incoming.code {
            Code::FETCH => self.read_composite(id, at, area),
            _ => self.write_composite(id, at, area),
        }
    }

    /// What a composite operation is about: the client itself.
    #[cfg(not(feature = "gateway"))]
    #[allow(clippy::unused_self, reason = "as with devices behind")]
    pub(super) fn area(&self, options: coap_core::Options<'_>) -> Result<Prefix, Code> {
        let root = options.path().all(<[u8]>::is_empty);
        if root { Ok(Prefix) } else { Err(Code::METHOD_NOT_ALLOWED) }
    }

    /// Read-Composite; Observe-Composite and its end, which are answered in the same way.
    #[cfg_attr(feature = "small", inline(never))]
    fn read_composite(&mut self, id: IncomingId, at: usize, area: Prefix) -> Result<Answer, Code> {
        let reader = self.viewer(at);
        let observe = self.endpoint.incoming(id).and_then(|incoming| incoming.observe);
        let observes = observe == Some(true);
        let owner = if observes { self.next_observation() } else { LAST_READ };
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if observe.is_none() && incoming.options.query().next().is_some() {
            return Err(Code::BAD_REQUEST);
        }
        let further = incoming.payload.is_empty() && incoming.block2.is_some_and(|b| b.number > 0);
        if let Some((account, format)) = self.lists.last.filter(|_| further)
            && account == number(at)
        {
            return Ok(Answer::Content(Body::Composite(LAST_READ, format)));
        }
        let listed = incoming.options.content_format().ok_or(Code::BAD_REQUEST)?;
        // It stays where it is: it takes much of a small stack.
        let mut paths = PathReader::new(listed, area.as_str(), incoming.payload);
        let paths = match &mut paths {
            Ok(paths) => paths,
            Err(error) => return Err(refused(*error)),
        };
        let format = answer_format(&incoming, listed);
        if !ANSWERS.contains(&format) {
            return Err(Code::NOT_ACCEPTABLE);
        }
        self.lists.forget(LAST_READ);
        let mut any = false;
        for path in paths {
            let room = path.map_err(refused).map(|path| {
                #[cfg(feature = "gateway")]
                if path == Path::ROOT
                    && let Some(device) = self.store.device_of_prefix(&area)
                {
                    let mut all = self.store.objects_behind(device);
                    return all.all(|object| self.lists.add(owner, object));
                }
                self.lists.add(owner, self.store.placed(area.as_str(), path))
            });
            if room != Ok(true) {
                self.lists.forget(owner);
                return Err(room.err().unwrap_or(Code::INTERNAL_SERVER_ERROR));
            }
            any = true;
        }
        let readable =
            if any { self.lists.check(owner, &self.store, reader) } else { Err(Code::BAD_REQUEST) };
        let attributes = match readable {
            Ok(()) if observes => self.own_attributes(id, at, owner, Path::ROOT),
            other => other,
        };
        if let Err(code) = attributes {
            self.lists.forget(owner);
            return Err(code);
        }
        if observes {
            return Ok(Answer::Observed(Body::Composite(owner, format), owner));
        }
        self.lists.last = Some((number(at), format));
        Ok(Answer::Content(Body::Composite(owner, format)))
    }

    /// Write-Composite: all or nothing.
    #[cfg_attr(feature = "small", inline(never))]
    fn write_composite(&mut self, id: IncomingId, at: usize, area: Prefix) -> Result<Answer, Code> {
        let writer = self.writer(at);
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if incoming.options.query().next().is_some() {
            return Err(Code::BAD_REQUEST);
        }
        let format = incoming.options.content_format().ok_or(Code::BAD_REQUEST)?;
        if !WRITES.contains(&format) {
            return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
        }
        let payload = Payload { format, prefix: area.as_str(), bytes: incoming.payload };
        self.store.write(Mode::Composite, Path::ROOT, payload, writer)?;
        self.touch_written(id, format, area);
        Ok(Answer::Code(Code::CHANGED))
    }

    /// What a composite write named is not what it was.
    #[cfg_attr(feature = "small", inline(never))]
    fn touch_written(&mut self, id: IncomingId, format: ContentFormat, area: Prefix) {
        let Some(incoming) = self.endpoint.incoming(id) else { return };
        let payload = Payload { format, prefix: area.as_str(), bytes: incoming.payload };
        payload.each_path(&mut |path| {
            let path = self.store.placed(area.as_str(), path);
            super::observe::touch(&mut self.observations, &self.lists, path);
        });
    }
}

impl Lists {
    /// What the paths of a list begin with in the eyes of a server.
    pub(super) fn prefix(&self, owner: u16, store: &Store) -> Prefix {
        store.prefix(self.paths(owner).first().copied().unwrap_or(Path::ROOT))
    }
}

/// What the answer is to be in: without Accept, in the encoding of the list.
fn answer_format(incoming: &Incoming<'_>, listed: ContentFormat) -> ContentFormat {
    incoming.options.accept().unwrap_or(match listed {
        ContentFormat::SENML_ETCH_JSON => ContentFormat::SENML_JSON,
        ContentFormat::SENML_ETCH_CBOR => ContentFormat::SENML_CBOR,
        other => other,
    })
}
