//! What a publication is to an engine.

use super::fields::{ATTRIBUTES, Fields, Number};
use super::from_coap::operation::*;
use super::{Interface, LOCATION, MapError, Mapping, Role, Session};
use coap_core::{
    Code, ContentFormat, MessageType, MessageWriter, OptionNumber, OptionWriter, TooLong,
};
use m2m_base::decimal::{Number as Decimal, Style, write_i64, write_u64};
use m2m_base::{Sink, SliceSink};

/// Bytes for the options of a message: an endpoint name and a path are the long ones.
const OPTIONS: usize = 640;

impl From<TooLong> for MapError {
    fn from(_: TooLong) -> Self {
        MapError::TooLong
    }
}

/// A query argument: a name, `=`, and what `value` writes.
fn argument(
    options: &mut OptionWriter<'_>,
    name: &str,
    value: &dyn Fn(&mut dyn Sink) -> Result<(), m2m_base::Full>,
) -> Result<(), MapError> {
    let mut room = [0; 270];
    let mut sink = SliceSink::new(&mut room);
    sink.put(name.as_bytes())
        .and_then(|()| sink.put_u8(b'='))
        .and_then(|()| value(&mut sink))
        .map_err(|_| MapError::TooLong)?;
    options.add(OptionNumber::URI_QUERY, sink.written())?;
    Ok(())
}

fn text(options: &mut OptionWriter<'_>, name: &str, value: Option<&str>) -> Result<(), MapError> {
    match value {
        Some(value) => argument(options, name, &|sink| sink.put(value.as_bytes())),
        None => Ok(()),
    }
}

/// Writes the datagram of a publication.
pub(super) struct Writer<'m, 'a> {
    pub(super) mapping: &'m Mapping,
    pub(super) fields: &'m Fields<'a>,
    pub(super) session: &'m Session<'m>,
    /// It answers an Observe.
    pub(super) observed: bool,
}

impl Writer<'_, '_> {
    pub(super) fn write(&self, buf: &mut [u8]) -> Result<usize, MapError> {
        let (fields, role) = (self.fields, self.mapping.role);
        let token = fields.token.ok_or(MapError::Malformed)?;
        match (fields.result, fields.operation) {
            (Some(result), None) => self.response(token, self.code(result)?, false, buf),
            (None, Some(NOTIFY)) if self.mapping.interface == Interface::Registration => match role
            {
                Role::Server => self.response(token, Code::CONTENT, true, buf),
                Role::Device => Ok(0),
            },
            (None, Some(operation)) => self.request(token, operation, buf),
            _ => Err(MapError::Malformed),
        }
    }

    /// 205 is 2.05.
    fn code(&self, result: u16) -> Result<Code, MapError> {
        let (class, detail) = (result / 100, result % 100);
        match (u8::try_from(class), u8::try_from(detail)) {
            (Ok(class @ (2 | 4 | 5)), Ok(detail @ ..32)) => Ok(Code::new(class, detail)),
            _ => Err(MapError::Malformed),
        }
    }

    /// The answer to a request of the engine's, whose token has its length again.
    fn response(
        &self,
        token: u64,
        code: Code,
        notification: bool,
        buf: &mut [u8],
    ) -> Result<usize, MapError> {
        let bytes = token.to_be_bytes();
        let len = usize::from(self.mapping.token_length.clamp(1, 8));
        let (zeros, own) = bytes.split_at_checked(8usize.saturating_sub(len)).unwrap_or_default();
        if zeros.iter().any(|b| *b != 0) {
            return Err(MapError::Unmapped);
        }
        let mut room = [0; 32];
        let mut options = OptionWriter::new(&mut room);
        let server = self.mapping.role == Role::Server;
        if notification || (self.observed && code.is_success()) {
            options.add_uint(OptionNumber::OBSERVE, self.mapping.sequence)?;
        }
        if !server && code == Code::CREATED {
            for segment in LOCATION {
                options.add(OptionNumber::LOCATION_PATH, segment.as_bytes())?;
            }
        }
        if let Some(ct) = self.fields.ct {
            options.content_format(ContentFormat(ct))?;
        }
        self.finish(MessageType::NonConfirmable, code, own, &options, self.fields.payload, buf)
    }

    fn request(&self, token: u64, operation: u8, buf: &mut [u8]) -> Result<usize, MapError> {
        let fields = self.fields;
        let mut room = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let from_device = match self.mapping.interface {
            Interface::Bootstrap => matches!(operation, BS_REQUEST | BS_PACK),
            Interface::Registration => matches!(operation, REGISTER | UPDATE | DEREGISTER | SEND),
        };
        if from_device == (self.mapping.role == Role::Device) {
            return Ok(0);
        }
        let code = if from_device {
            self.of_device(operation, &mut options)?
        } else {
            self.of_server(operation, &mut options)?
        };
        let payload = fields.paths.or(fields.payload);
        let bytes = token.to_be_bytes();
        // As short as it can be; the peer reads a number again.
        let zeros = token.leading_zeros() as usize / 8;
        let token = bytes.get(zeros..).unwrap_or(&[]);
        self.finish(MessageType::Confirmable, code, token, &options, payload, buf)
    }

    fn of_device(&self, operation: u8, options: &mut OptionWriter<'_>) -> Result<Code, MapError> {
        let fields = self.fields;
        let (code, path) = match (self.mapping.interface, operation) {
            (Interface::Bootstrap, BS_REQUEST) => (Code::POST, "/bs"),
            (Interface::Bootstrap, _) => (Code::GET, "/bspack"),
            (_, REGISTER) => (Code::POST, "/rd"),
            (_, SEND) => (Code::POST, "/dp"),
            // Without a registration there is none to update: the engine says 4.04.
            (_, UPDATE) => (Code::POST, self.location()),
            _ => (Code::DELETE, self.location()),
        };
        options.path(path)?;
        if let Some(ct) = fields.ct {
            options.content_format(ContentFormat(ct))?;
        }
        if operation == BS_PACK && self.mapping.interface == Interface::Bootstrap {
            if let Some(pct) = fields.pct {
                options.accept(ContentFormat(pct))?;
            }
        } else if let Some(pct) = fields.pct {
            argument(options, "pct", &|sink| write_u64(sink, pct.into()))?;
        }
        let names_itself = matches!(
            (self.mapping.interface, operation),
            (Interface::Bootstrap, _) | (Interface::Registration, REGISTER)
        );
        if names_itself {
            let own = Some(self.session.endpoint).filter(|e| !e.is_empty());
            text(options, "ep", fields.ep.or(own))?;
        }
        if let Some(lifetime) = fields.lifetime {
            argument(options, "lt", &|sink| write_u64(sink, lifetime.into()))?;
        }
        text(options, "lwm2m", fields.version)?;
        text(options, "b", fields.binding)?;
        text(options, "sms", fields.sms)?;
        Ok(code)
    }

    fn location(&self) -> &str {
        if self.session.location.is_empty() { "/rd/unknown" } else { self.session.location }
    }

    fn of_server(&self, operation: u8, options: &mut OptionWriter<'_>) -> Result<Code, MapError> {
        let fields = self.fields;
        let bootstrap = self.mapping.interface == Interface::Bootstrap;
        let mut accepts = fields.ct.map(ContentFormat);
        let mut formatted = None;
        let code = match (bootstrap, operation) {
            (true, BS_WRITE) | (false, WRITE_REPLACE) => {
                formatted = accepts.take();
                Code::PUT
            }
            (false, WRITE_PARTIAL | CREATE | EXECUTE) => {
                formatted = accepts.take();
                if operation == EXECUTE && fields.payload.is_some() {
                    formatted = formatted.or(Some(ContentFormat::TEXT));
                }
                Code::POST
            }
            (false, WRITE_COMPOSITE) => {
                formatted = accepts.take();
                Code::IPATCH
            }
            (true, BS_FINISH) => {
                options.path("/bs")?;
                return Ok(Code::POST);
            }
            (true, BS_READ) | (false, READ) => Code::GET,
            (true, BS_DISCOVER) | (false, DISCOVER) => {
                accepts = Some(ContentFormat::LINK_FORMAT);
                Code::GET
            }
            (false, CANCEL) if fields.paths.is_some() => {
                formatted = Some(ContentFormat::SENML_ETCH_CBOR);
                Code::FETCH
            }
            (false, OBSERVE | CANCEL) => Code::GET,
            (false, READ_COMPOSITE | OBSERVE_COMPOSITE) => {
                formatted = Some(ContentFormat::SENML_ETCH_CBOR);
                Code::FETCH
            }
            (false, WRITE_ATTRIBUTES) => Code::PUT,
            (true, BS_DELETE) | (false, DELETE) => Code::DELETE,
            _ => return Err(MapError::Malformed),
        };
        match operation {
            OBSERVE | OBSERVE_COMPOSITE if !bootstrap => {
                options.add_uint(OptionNumber::OBSERVE, 0)?;
            }
            CANCEL if !bootstrap => {
                options.add_uint(OptionNumber::OBSERVE, 1)?;
            }
            _ => {}
        }
        options.path(fields.uri.unwrap_or(""))?;
        if let Some(format) = formatted {
            options.content_format(format)?;
        }
        for (value, (_, name)) in fields.attributes.iter().zip(ATTRIBUTES) {
            match *value {
                None => {}
                Some(Number::Unset) => {
                    options.add(OptionNumber::URI_QUERY, name.as_bytes())?;
                }
                Some(Number::Whole(n)) => {
                    argument(options, name, &|sink| write_i64(sink, n))?;
                }
                Some(Number::Float(n)) if n.is_finite() => {
                    let write = |sink: &mut dyn Sink| {
                        Decimal::Float(n).write(sink, Style::Plain).map_err(|_| m2m_base::Full)
                    };
                    argument(options, name, &write)?;
                }
                Some(Number::Float(_)) => return Err(MapError::Malformed),
            }
        }
        if let Some(depth) = fields.depth {
            argument(options, "depth", &|sink| write_u64(sink, depth.into()))?;
        }
        if let Some(format) = accepts {
            options.accept(format)?;
        }
        Ok(code)
    }

    fn finish(
        &self,
        message_type: MessageType,
        code: Code,
        token: &[u8],
        options: &OptionWriter<'_>,
        payload: Option<&[u8]>,
        buf: &mut [u8],
    ) -> Result<usize, MapError> {
        let id = self.mapping.next;
        let mut message = MessageWriter::in_buffer(buf, message_type, code, id, token)?;
        message.options(options.options())?;
        Ok(message.finish(payload.unwrap_or(&[]))?.len())
    }
}
