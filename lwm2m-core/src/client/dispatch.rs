//! From a server's request to an operation, and from its outcome to a response (Core 6.3, 6.4;
//! Transport 6.4).

use coap_core::{
    Block, Code, ContentFormat, Incoming, IncomingId, OptionNumber, OptionWriter, Options, Piece,
    Response,
};
use m2m_base::container::Reserved;
use m2m_base::{PeerId, Window};

use super::account::Account;
use super::observe::NUMBERED;
use super::request::is_secret;
#[cfg(feature = "access-control")]
use super::store::Right;
use super::store::{Kind, Mode, Payload, Writer};
use super::{Client, EXECUTE_WAIT, Execute};
use crate::execute::is_well_formed;
use crate::format::Target;
use crate::path::SegmentParser;
use crate::{Level, Path, Version, WriteError, format, object};

/// Bytes for the options of a response: Content-Format, or a Location-Path of two IDs behind the
/// prefix of a device and an alternate path.
const OPTIONS: usize = 24
    + if cfg!(feature = "gateway") { 20 } else { 0 }
    + if cfg!(feature = "alternate-path") { 44 } else { 0 };

/// Resources of the Server object that the client executes itself.
const DISABLE: u16 = 4;
const UPDATE_TRIGGER: u16 = 8;

/// What a body is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// Values, in a format.
    Read(Path, ContentFormat),
    /// Links with the attributes that an account attached, down to a depth.
    Discover(Path, u8),
    /// Links with the servers that instances belong to.
    #[cfg(feature = "bootstrap")]
    BootstrapDiscover(Path),
    /// Values of all paths of a list, by its number, in a format.
    #[cfg(feature = "composite")]
    Composite(u16, ContentFormat),
}

/// What became of a request.
pub(super) enum Answer {
    /// [`Code::EMPTY`] if it is answered, or will be.
    Code(Code),
    Content(Body),
    /// Content, and the server wants to be told when it changes: the number of the observation.
    Observed(Body, u16),
}

impl Answer {
    /// The application answers.
    pub(super) const LATER: Answer = Answer::Code(Code::EMPTY);
}

impl Client {
    /// Serves one request; tells whether it only asked for something.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn serve(&mut self, id: IncomingId, peer: PeerId) -> bool {
        let account = self.accounts.iter().position(|a| a.is_at(peer));
        #[cfg(feature = "bootstrap")]
        let account = if self.bootstrap.is_at(peer) {
            Some(super::bootstrap::NUMBER.into())
        } else {
            account
        };
        let open = account.and_then(|at| self.accounts.get(at)).map(Account::is_open);
        let answer = match (account, open) {
            #[cfg(feature = "oscore")]
            (Some(account), _) if !self.came_secured(number(account), id) => {
                Err(Code::UNAUTHORIZED)
            }
            #[cfg(feature = "bootstrap")]
            (Some(_), None) => self.bootstrap_operate(id),
            // While a bootstrap is under way, what is there may not stay.
            (Some(_), _) if self.store.is_staging() => Err(Code::SERVICE_UNAVAILABLE),
            (Some(account), Some(true)) => self.operate(id, account),
            // One who has an account and no registration should not ask; others must not.
            (Some(_), _) => Err(Code::SERVICE_UNAVAILABLE),
            (None, _) => Err(Code::UNAUTHORIZED),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(code) => Answer::Code(code),
        };
        self.give(id, account.unwrap_or_default(), answer)
    }

    /// Answers; tells whether with a body.
    fn give(&mut self, id: IncomingId, account: usize, answer: Answer) -> bool {
        let (body, observation) = match answer {
            Answer::Code(code) => {
                if code != Code::EMPTY {
                    self.answer(id, code);
                }
                return false;
            }
            Answer::Content(body) => (body, None),
            Answer::Observed(body, serial) => (body, Some(serial)),
        };
        self.answer_body(id, account, body, observation);
        true
    }

    /// Finds out what is asked for, and does it.
    fn operate(&mut self, id: IncomingId, at: usize) -> Result<Answer, Code> {
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let wanted = Wanted::read(incoming.options)?;
        #[cfg(feature = "packages")]
        if let Some(answer) = self.take_block(id, wanted.path) {
            return answer;
        }
        #[cfg(feature = "packages")]
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        let version = self.version(at);
        let method = incoming.code;
        if matches!(method, Code::FETCH | Code::IPATCH) {
            #[cfg(all(feature = "composite", feature = "values-on-read"))]
            if self.must_ask_listed(self.now, id) {
                return Ok(Answer::LATER);
            }
            return match method {
                // 1.0 has no such methods.
                _ if version < Version::V1_1 => Err(Code::METHOD_NOT_ALLOWED),
                #[cfg(feature = "composite")]
                Code::FETCH => self.read_composite(id, at, &wanted),
                #[cfg(feature = "composite")]
                _ => self.write_composite(id, at, &wanted),
                // What a client does not have of 1.1.
                #[cfg(not(feature = "composite"))]
                _ => Err(Code::NOT_IMPLEMENTED),
            };
        }
        // By the text of Core 6.4.4 a malformed path is 4.05.
        #[cfg(feature = "gateway")]
        let path = self.routed(incoming.options, wanted.path)?;
        #[cfg(not(feature = "gateway"))]
        let path = wanted.path.ok_or(Code::METHOD_NOT_ALLOWED)?;
        if path.object_id().is_some_and(is_secret) {
            return Err(Code::UNAUTHORIZED);
        }
        if path.level() == Level::ResourceInstance && version < Version::V1_1 {
            // 1.0 has no such paths.
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        let mode = match incoming.code {
            Code::GET => {
                #[cfg(feature = "values-on-read")]
                if self.store.check_readable(path, self.viewer(at)).is_ok()
                    && self.must_ask(self.now, id, path)
                {
                    return Ok(Answer::LATER);
                }
                // What was asked for values may have been answered: it is looked at again.
                #[cfg(feature = "values-on-read")]
                let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
                #[cfg(feature = "values-on-read")]
                let wanted = Wanted::read(incoming.options)?;
                let (body, observed) = self.get_operation(&incoming, path, at, &wanted)?;
                if !observed {
                    return Ok(Answer::Content(body));
                }
                let serial = self.next_observation();
                if NUMBERED && wanted.queried {
                    self.attach(id, at, path, Some(serial))?;
                }
                return Ok(Answer::Observed(body, serial));
            }
            Code::PUT if wanted.queried && incoming.payload.is_empty() => {
                self.store.check_exists(path)?;
                #[cfg(feature = "access-control")]
                self.permit(at, path, Right::Read)?;
                self.attach(id, at, path, None)?;
                self.touch(path);
                return Ok(Answer::Code(Code::CHANGED));
            }
            Code::PUT => Mode::Replace,
            Code::POST if path.level() == Level::Object => Mode::Create,
            Code::POST if self.executes(path) => {
                let proper = wanted.format.is_none_or(|format| format == ContentFormat::TEXT)
                    && is_well_formed(incoming.payload);
                return self.execute(id, path, at, proper);
            }
            Code::POST => Mode::Update,
            Code::DELETE => {
                #[cfg(feature = "access-control")]
                {
                    self.store.check_exists(path)?;
                    self.permit(at, path, Right::Delete)?;
                }
                self.store.delete(path, number(at))?;
                self.gone(path);
                return Ok(Answer::Code(Code::DELETED));
            }
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        };
        #[cfg(feature = "packages")]
        if mode == Mode::Replace {
            #[cfg(feature = "access-control")]
            self.permit_package(path, at)?;
            if let Some(answer) = self.write_package(id, path, at) {
                return answer;
            }
        }
        #[cfg(feature = "packages")]
        let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        if wanted.queried {
            return Err(Code::BAD_REQUEST);
        }
        let create = mode == Mode::Create;
        let format = match wanted.format {
            Some(format) => format,
            // An instance may be created out of nothing.
            None if create && incoming.payload.is_empty() => ContentFormat::LWM2M_TLV,
            None => {
                self.store.check_write(mode, path)?;
                return Err(Code::BAD_REQUEST);
            }
        };
        #[cfg(feature = "access-control")]
        {
            self.store.check_known(path)?;
            self.permit(at, path, if create { Right::Create } else { Right::Write })?;
        }
        let payload = Payload { format, prefix: "", bytes: incoming.payload };
        let writer = self.writer(at);
        let made = self.store.write(mode, path, payload, writer)?;
        if create {
            self.instances_changed(path);
            self.answer_created(id, made);
            return Ok(Answer::LATER);
        }
        self.touch(path);
        Ok(Answer::Code(Code::CHANGED))
    }

    /// Read, Observe, Cancel Observation, Discover: what is to be told, and whether it is observed.
    fn get_operation(
        &self,
        incoming: &Incoming<'_>,
        path: Path,
        at: usize,
        wanted: &Wanted,
    ) -> Result<(Body, bool), Code> {
        let (version, reader) = (self.version(at), self.viewer(at));
        let (accept, observe) = (wanted.accept, incoming.observe);
        if accept == Some(ContentFormat::LINK_FORMAT) {
            let mut queries = incoming.options.query();
            let depth = match queries.next() {
                None => None,
                Some(query) => Some(depth(query, version)?),
            };
            if queries.next().is_some() {
                return Err(Code::BAD_REQUEST);
            }
            self.store.check_exists(path)?;
            // Core 6.3.2: an object shows its resources, anything else one level.
            let default = if path.level() == Level::Object { 2 } else { 1 };
            return Ok((Body::Discover(path, depth.unwrap_or(default)), false));
        }
        // 1.2: attributes for this one observation. An end of it may repeat them.
        let attributes = cfg!(feature = "v1-2") && version >= Version::V1_2 && observe.is_some();
        if wanted.queried && !attributes {
            return Err(Code::BAD_REQUEST);
        }
        self.store.check_readable(path, reader)?;
        // From 1.1 on SenML stands in its place.
        if accept == Some(ContentFormat::LWM2M_JSON) && version > Version::V1_0 {
            return Err(Code::NOT_ACCEPTABLE);
        }
        let format = accept.unwrap_or(match version {
            Version::V1_0 => ContentFormat::LWM2M_TLV,
            _ if cfg!(feature = "senml-cbor") => ContentFormat::SENML_CBOR,
            _ if cfg!(feature = "senml-json") => ContentFormat::SENML_JSON,
            _ => ContentFormat::LWM2M_TLV,
        });
        Ok((Body::Read(path, format), observe == Some(true)))
    }

    /// The version of LwM2M that an account speaks.
    pub(super) fn version(&self, at: usize) -> Version {
        self.accounts.get(at).map_or(Version::V1_1, |a| a.version)
    }

    /// The Short Server ID of an account whose rights count: with a single server, or without
    /// object 2, there is no access control (Core 8.2).
    pub(super) fn viewer(&self, at: usize) -> Option<u16> {
        #[cfg(feature = "access-control")]
        if self.store.controls_access() && self.accounts.iter().filter(|a| a.ssid != 0).count() > 1
        {
            return self.accounts.get(at).map(|a| a.ssid);
        }
        let _ = at;
        None
    }

    pub(super) fn writer(&self, at: usize) -> Writer {
        Writer { account: number(at), ssid: self.viewer(at) }
    }

    /// A server may write what it pushes.
    #[cfg(all(feature = "packages", feature = "access-control"))]
    fn permit_package(&self, path: Path, at: usize) -> Result<(), Code> {
        if self.is_package(path) { self.permit(at, path, Right::Write) } else { Ok(()) }
    }

    /// Refuses what object 2 does not allow a server. It speaks of instances, and of their creation.
    #[cfg(feature = "access-control")]
    fn permit(&self, at: usize, path: Path, right: Right) -> Result<(), Code> {
        match self.viewer(at) {
            _ if path.level() == Level::Object && right != Right::Create => Ok(()),
            Some(ssid) if !self.store.grants(ssid, path, right) => Err(Code::UNAUTHORIZED),
            _ => Ok(()),
        }
    }

    /// A server or the application removed what was at `path`.
    pub(super) fn gone(&mut self, path: Path) {
        self.attached.forget_path(path);
        #[cfg(feature = "access-control")]
        self.store.forget_control(path);
        if path.level() == Level::Instance {
            self.instances_changed(path);
        } else {
            self.touch(path);
        }
    }

    /// A POST to here is an Execute.
    fn executes(&self, path: Path) -> bool {
        path.level() == Level::Resource
            && (self.store.kind(path) == Some(Kind::Executable)
                || self.store.resource(path).is_none_or(|row| !row.operations().write()))
    }

    /// Execute, whose arguments are proper or not.
    fn execute(
        &mut self,
        id: IncomingId,
        path: Path,
        at: usize,
        proper: bool,
    ) -> Result<Answer, Code> {
        let kind = self.store.kind(path).ok_or(Code::NOT_FOUND)?;
        #[cfg(feature = "access-control")]
        self.permit(at, path, Right::Execute)?;
        if kind != Kind::Executable {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if !proper {
            return Err(Code::BAD_REQUEST);
        }
        #[cfg(feature = "packages")]
        {
            let incoming = self.endpoint.incoming(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
            // The first is a digit: the arguments are proper.
            let argument = incoming.payload.first().map(|digit| digit & 0xf);
            if let Some(answer) = self.execute_package(path, argument) {
                return answer;
            }
        }
        #[cfg(feature = "ready-made")]
        if let Some(answer) = self.execute_ready(self.now, path) {
            return Ok(answer);
        }
        if path.object_id() == Some(object::SERVER.id) {
            let of = |a: &&mut Account| a.ssid != 0 && Some(a.server) == path.instance_id();
            let target = self.accounts.iter_mut().find(of);
            match (path.resource_id(), target) {
                (Some(UPDATE_TRIGGER), Some(target)) => {
                    target.want_update();
                    return Ok(Answer::Code(Code::CHANGED));
                }
                (Some(DISABLE), Some(target)) if cfg!(feature = "disable") => {
                    target.want_disable();
                    return Ok(Answer::Code(Code::CHANGED));
                }
                #[cfg(feature = "bootstrap")]
                (Some(super::account::server::BOOTSTRAP_TRIGGER), Some(_)) => {
                    let known = self.trigger_bootstrap();
                    let code = if known { Code::CHANGED } else { Code::METHOD_NOT_ALLOWED };
                    return Ok(Answer::Code(code));
                }
                _ => {}
            }
        }
        let (account, until) = (number(at), self.now + EXECUTE_WAIT);
        let execute = Execute { id, account, path, told: false, until };
        let room = self.executes.push_reserved(execute);
        if room { Ok(Answer::LATER) } else { Err(Code::SERVICE_UNAVAILABLE) }
    }

    /// Answers with nothing but a code.
    pub(super) fn answer(&mut self, id: IncomingId, code: Code) {
        self.respond(id, &Response::new(code));
    }

    fn respond(&mut self, id: IncomingId, response: &Response<'_>) {
        if self.endpoint.respond(self.now, id, response).is_err() {
            // No room for an answer: the server's request times out.
            self.endpoint.ignore(self.now, id);
        }
    }

    fn answer_created(&mut self, id: IncomingId, path: Path) {
        let mut buf = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut buf);
        let prefix = self.store.prefix(path);
        #[cfg(feature = "alternate-path")]
        let names = prefix.as_str().split('/').skip(1);
        #[cfg(not(feature = "alternate-path"))]
        let names = prefix.as_str().strip_prefix('/').into_iter();
        for name in names {
            let _ = options.push(OptionNumber::LOCATION_PATH, name.as_bytes());
        }
        for segment in self.store.outward(path).ids().iter() {
            let mut text = [0; 5];
            let mut sink = m2m_base::SliceSink::new(&mut text);
            let _ = m2m_base::decimal::write_u64(&mut sink, u64::from(*segment));
            let _ = options.push(OptionNumber::LOCATION_PATH, sink.written());
        }
        let response = Response { options: options.options(), ..Response::new(Code::CREATED) };
        self.respond(id, &response);
    }

    /// Answers with the block of the body that was asked for.
    fn answer_body(
        &mut self,
        id: IncomingId,
        account: usize,
        body: Body,
        observation: Option<u16>,
    ) {
        let made = self.make_body(account, body, self.endpoint.wanted_block(id));
        let (piece, len) = match made {
            Ok(made) => made,
            Err(code) => {
                self.forget_observation(observation);
                return self.answer(id, code);
            }
        };
        #[cfg(feature = "storing")]
        if let Some(serial) = observation {
            self.make_way(account, body, serial);
        }
        let mut options = [0; 4];
        let mut response = content(&mut options, body.format(), &self.scratch, (piece, len));
        response.observe = observation.is_some();
        let code = match self.endpoint.respond(self.now, id, &response) {
            Ok(Some(observer)) => {
                let serial = observation.unwrap_or(0);
                return self.observed(observer, account, body, serial, piece.etag);
            }
            Ok(None) => None,
            Err(coap_core::UsageError::Full) => Some(Code::SERVICE_UNAVAILABLE),
            Err(_) => Some(Code::INTERNAL_SERVER_ERROR),
        };
        // There is no observation after all.
        self.forget_observation(observation);
        if let Some(code) = code {
            self.answer(id, code);
        }
    }

    /// Puts one block of a body into the scratch buffer; tells how long body and block are.
    pub(super) fn make_body(
        &mut self,
        account: usize,
        body: Body,
        wanted: Option<Block>,
    ) -> Result<(Piece, usize), Code> {
        let most = self.endpoint.block_size().min(self.scratch.len());
        let reader = self.viewer(account);
        let version = self.version(account);
        let size = wanted.map_or(most, |block| block.size().min(most));
        let from = wanted.map_or(0, Block::offset);
        let room = self.scratch.get_mut(..size).unwrap_or_default();
        let mut window = Window::new(room, from);
        let written = match body {
            Body::Read(path, format) => {
                let prefix = self.store.prefix(path);
                let mut name = prefix.as_str();
                // A bootstrap server knows of none.
                #[cfg(all(feature = "alternate-path", feature = "bootstrap"))]
                if account == usize::from(super::bootstrap::NUMBER) {
                    name = "";
                }
                let _ = &mut name;
                let target = Target::from(self.store.outward(path)).with_prefix(name);
                let items = self.store.told(self.store.items(path, reader));
                format::write(format, target, items, &mut window)
            }
            #[cfg(feature = "composite")]
            Body::Composite(list, format) => {
                let prefix = self.lists.prefix(list, &self.store);
                let target = Target::from(Path::ROOT).with_prefix(prefix.as_str());
                let items = self.store.told(self.store.listed(self.lists.paths(list), reader));
                format::write(format, target, items, &mut window)
            }
            Body::Discover(path, depth) => {
                let links = super::discover::Discover {
                    store: &self.store,
                    attached: &self.attached,
                    account: number(account),
                    version,
                };
                links.write(path, depth, &mut window).map_err(WriteError::from)
            }
            #[cfg(feature = "bootstrap")]
            Body::BootstrapDiscover(path) => {
                let written = self.store.bootstrap_discover(path, self.version, &mut window);
                written.map_err(WriteError::from)
            }
        };
        match written {
            Ok(()) if from > 0 && from >= window.total() => Err(Code::BAD_REQUEST),
            Ok(()) => Ok((Piece { total: window.total(), etag: window.checksum() }, window.kept())),
            Err(WriteError::Full) => Err(Code::INTERNAL_SERVER_ERROR),
            Err(_) => Err(Code::NOT_ACCEPTABLE),
        }
    }
}

/// The response with a piece of a body, which is the first of these bytes.
#[cfg_attr(feature = "small", inline(never))]
pub(super) fn content<'a>(
    options: &'a mut [u8; 4],
    format: ContentFormat,
    bytes: &'a [u8],
    (piece, len): (Piece, usize),
) -> Response<'a> {
    let mut options = OptionWriter::new(options);
    let _ = options.push_uint(OptionNumber::CONTENT_FORMAT, format.0.into());
    Response {
        options: options.into_options(),
        payload: bytes.get(..len).unwrap_or(&[]),
        piece: Some(piece),
        ..Response::new(Code::CONTENT)
    }
}

impl Body {
    pub(super) fn format(self) -> ContentFormat {
        match self {
            Body::Read(_, format) => format,
            #[cfg(feature = "composite")]
            Body::Composite(_, format) => format,
            Body::Discover(..) => ContentFormat::LINK_FORMAT,
            #[cfg(feature = "bootstrap")]
            Body::BootstrapDiscover(_) => ContentFormat::LINK_FORMAT,
        }
    }
}

/// An account as the tables number it.
#[allow(
    clippy::cast_possible_truncation,
    reason = "there are no more than 15, and 255 for bootstrap"
)]
pub(super) const fn number(account: usize) -> u8 {
    account as u8
}

/// The depth of Discover, which is the one parameter that it has, in 1.2.
fn depth(query: &[u8], version: Version) -> Result<u8, Code> {
    match query.strip_prefix(b"depth=") {
        Some([digit @ b'0'..=b'3']) if version >= Version::V1_2 => Ok(digit & 3),
        _ => Err(Code::BAD_REQUEST),
    }
}

/// What the options of a request ask for, in one walk through them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// `None` if it is malformed.
    pub(super) path: Option<Path>,
    pub(super) queried: bool,
    /// Of the payload.
    pub(super) format: Option<ContentFormat>,
    pub(super) accept: Option<ContentFormat>,
}

impl Wanted {
    /// Refuses critical options that mean nothing here.
    pub(super) fn read(options: Options<'_>) -> Result<Wanted, Code> {
        let mut segments = SegmentParser::START;
        let (mut malformed, mut queried) = (false, false);
        let (mut format, mut accept) = (None, None);
        for option in options {
            match option.number {
                OptionNumber::URI_PATH => malformed |= segments.segment(option.value).is_err(),
                OptionNumber::URI_QUERY => queried = true,
                OptionNumber::CONTENT_FORMAT => format = ContentFormat::from_option(option.value),
                OptionNumber::ACCEPT => accept = ContentFormat::from_option(option.value),
                OptionNumber::PROXY_URI | OptionNumber::PROXY_SCHEME => {
                    return Err(Code::PROXYING_NOT_SUPPORTED);
                }
                OptionNumber::URI_HOST
                | OptionNumber::URI_PORT
                | OptionNumber::BLOCK1
                | OptionNumber::BLOCK2
                | OptionNumber::OSCORE => {}
                other if other.is_critical() => return Err(Code::BAD_OPTION),
                _ => {}
            }
        }
        Ok(Wanted { path: (!malformed).then_some(segments.path), queried, format, accept })
    }
}
