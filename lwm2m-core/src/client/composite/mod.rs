//! Composite operations (Core 6.3.8, 6.3.9, 6.4.4): Read-Composite, Write-Composite,
//! Observe-Composite.

mod lists;

pub(super) use lists::{LAST_READ, Lists};

use coap_core::{Code, ContentFormat, IncomingId};

use super::Client;
use super::dispatch::{Answer, Body, Wanted, number};
use super::store::{Mode, Payload, Prefix, Store};
use crate::format::PathReader;
use crate::{DecodeError, Path};

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
    /// Read-Composite; Observe-Composite and its end, which are answered in the same way.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn read_composite(
        &mut self,
        id: IncomingId,
        at: usize,
        wanted: &Wanted,
    ) -> Result<Answer, Code> {
        // In case it observes.
        let serial = self.next_observation();
        let reader = self.viewer(at);
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let area = self.area(incoming.options)?;
        let observe = incoming.observe;
        let observes = observe == Some(true);
        let owner = if observes { serial } else { LAST_READ };
        if observe.is_none() && wanted.queried {
            return Err(Code::BAD_REQUEST);
        }
        let further = incoming.payload.is_empty() && incoming.block2.is_some_and(|b| b.number > 0);
        if let Some((account, format)) = self.lists.last.filter(|_| further)
            && account == number(at)
        {
            return Ok(Answer::Content(Body::Composite(LAST_READ, format)));
        }
        let listed = wanted.format.ok_or(Code::BAD_REQUEST)?;
        // It stays where it is: it takes much of a small stack.
        let mut paths = PathReader::new(listed, area.as_str(), incoming.payload);
        let paths = match &mut paths {
            Ok(paths) => paths,
            Err(error) => return Err(refused(*error)),
        };
        let format = wanted.accept.unwrap_or(encoding(listed));
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
            Ok(()) if observes && wanted.queried => self.attach(id, at, Path::ROOT, Some(owner)),
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

    /// What a composite operation is about: the client itself.
    #[cfg(not(feature = "gateway"))]
    #[allow(clippy::unused_self, reason = "as with devices behind")]
    pub(super) fn area(&self, options: coap_core::Options<'_>) -> Result<Prefix, Code> {
        let root = options.path().all(<[u8]>::is_empty);
        if root { Ok(Prefix) } else { Err(Code::METHOD_NOT_ALLOWED) }
    }

    /// Write-Composite: all or nothing.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn write_composite(
        &mut self,
        id: IncomingId,
        at: usize,
        wanted: &Wanted,
    ) -> Result<Answer, Code> {
        let writer = self.writer(at);
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let area = self.area(incoming.options)?;
        if wanted.queried {
            return Err(Code::BAD_REQUEST);
        }
        let format = wanted.format.ok_or(Code::BAD_REQUEST)?;
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

/// What the answer is to be in without Accept: the encoding of the list.
const fn encoding(listed: ContentFormat) -> ContentFormat {
    match listed {
        ContentFormat::SENML_ETCH_JSON => ContentFormat::SENML_JSON,
        ContentFormat::SENML_ETCH_CBOR => ContentFormat::SENML_CBOR,
        other => other,
    }
}
