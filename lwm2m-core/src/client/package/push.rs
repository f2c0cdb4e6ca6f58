//! A package that a server writes, block by block (Core E.6, RFC 7959 section 2.3).

use coap_core::{Block, Code, IncomingId, OptionNumber};
use m2m_base::Instant;

use super::super::Client;
use super::super::dispatch::{Answer, number};
use super::frame::Frame;
use super::{Delivery, Held, PackageError, Phase};
use crate::{Level, Path};

/// What the first block of a package tells.
#[derive(Debug)]
struct First {
    frame: Frame,
    /// It is none: what was before is to be forgotten.
    reset: bool,
    /// It is the only one.
    last: bool,
    total: Option<u32>,
}

impl Client {
    /// A single block of a body. That of a package goes its own way; any other body is put together
    /// first.
    pub(in crate::client) fn take_block(
        &mut self,
        id: IncomingId,
        path: Option<Path>,
    ) -> Option<Result<Answer, Code>> {
        let incoming = self.endpoint.incoming(id)?;
        let block = incoming.block1?;
        if incoming.code == Code::PUT && path.is_some_and(|path| self.package_of(path).is_some()) {
            return None;
        }
        if block.number == 0 && !block.more {
            return None;
        }
        if block.number > 0 {
            return Some(Err(Code::REQUEST_ENTITY_INCOMPLETE));
        }
        Some(match self.endpoint.assemble(self.now, id) {
            Ok(()) => Ok(Answer::LATER),
            Err(_) => Err(Code::SERVICE_UNAVAILABLE),
        })
    }

    #[cfg(feature = "access-control")]
    pub(in crate::client) fn is_package(&self, path: Path) -> bool {
        self.package_of(path).is_some()
    }

    /// The package whose bytes are written to this path.
    fn package_of(&self, path: Path) -> Option<usize> {
        let n = self.packages.find(path)?;
        let kind = self.packages.list.get(n)?.kind;
        let here =
            path.level() == Level::Resource && path.resource_id() == Some(kind.resources().package);
        here.then_some(n)
    }

    /// A server writes a package, or a block of it; `None` if it writes something else.
    pub(in crate::client) fn write_package(
        &mut self,
        id: IncomingId,
        path: Path,
        account: usize,
    ) -> Option<Result<Answer, Code>> {
        let n = self.package_of(path)?;
        Some(self.push(id, n, number(account)))
    }

    fn push(&mut self, id: IncomingId, n: usize, account: u8) -> Result<Answer, Code> {
        let failed = Code::INTERNAL_SERVER_ERROR;
        let incoming = self.endpoint.incoming(id).ok_or(failed)?;
        let block = incoming.block1;
        let (last, from) = (block.is_none_or(|b| !b.more), block.map_or(0, Block::offset));
        let len = incoming.payload.len();
        let package = self.packages.list.get_mut(n).ok_or(failed)?;
        let ours = package.account == account;
        if from == 0 {
            let format = incoming.options.content_format();
            let frame = Frame::parse(format, package.kind.resources().package, incoming.payload)?;
            let content = incoming.payload.get(frame.skip.into()..).unwrap_or(&[]);
            if last && frame.total.is_some_and(|total| total as usize != content.len()) {
                return Err(Code::BAD_REQUEST);
            }
            let reset = last && matches!(content, [] | [0]);
            let announced = incoming.options.uint(OptionNumber::SIZE1);
            let total = frame.total.or(u32::try_from(content.len()).ok().filter(|_| last));
            let announced = announced.and_then(|size| size.checked_sub(frame.skip.into()));
            let first = First { frame, reset, last, total: total.or(announced) };
            return self.push_begins(id, n, account, &first);
        }
        let have = usize::from(package.frame).saturating_add(package.have as usize);
        let end = from.saturating_add(len);
        let most = package.total.filter(|_| package.exact).map_or(usize::MAX, |t| t as usize);
        if !ours || end > most.saturating_add(package.frame.into()) {
            return Err(Code::REQUEST_ENTITY_INCOMPLETE);
        }
        match package.phase {
            // Its answer was lost.
            Phase::Push if !last && end == have => return Ok(Answer::Code(Code::CONTINUE)),
            Phase::Verify | Phase::Ready if last && end == have => {
                return Ok(Answer::Code(Code::CHANGED));
            }
            Phase::Push if from == have => {}
            _ => return Err(Code::REQUEST_ENTITY_INCOMPLETE),
        }
        self.hold_block(n, Held::Pushed { id, skip: 0, last });
        Ok(Answer::LATER)
    }

    /// The first block, which may be the only one.
    fn push_begins(
        &mut self,
        id: IncomingId,
        n: usize,
        account: u8,
        first: &First,
    ) -> Result<Answer, Code> {
        let refused = Code::METHOD_NOT_ALLOWED;
        let package = self.packages.list.get_mut(n).ok_or(refused)?;
        let applying = matches!(package.phase, Phase::Apply(_)) || package.is_installed();
        if first.reset {
            if applying {
                return Err(refused);
            }
            self.end(n, 0);
            return Ok(Answer::Code(Code::CHANGED));
        }
        // Block 0 starts again (RFC 7959 section 2.5), for the server that pushes already.
        let again = package.phase == Phase::Push && package.account == account;
        if package.delivery == Delivery::Pull || !(again || package.phase == Phase::Idle) {
            return Err(refused);
        }
        if again {
            if let Some(Held::Pushed { id, .. }) = package.held.take() {
                self.endpoint.ignore(self.now, id);
            }
            if let Some(package) = self.packages.list.get_mut(n) {
                package.discard |= package.have > 0;
            }
        }
        let Some(package) = self.packages.list.get_mut(n) else { return Err(refused) };
        package.forget();
        (package.account, package.frame) = (account, first.frame.skip);
        package.total = first.total;
        package.exact = first.last || first.frame.total.is_some();
        let begun = package.kind.begun();
        if !again {
            self.enter(n, Phase::Push, begun);
        }
        self.hold_block(n, Held::Pushed { id, skip: first.frame.skip.into(), last: first.last });
        Ok(Answer::LATER)
    }

    /// A block waits for the application, in place of the same one that did before.
    pub(super) fn hold_block(&mut self, n: usize, held: Held) {
        let until = self.end_of_patience();
        let Some(package) = self.packages.list.get_mut(n) else { return };
        let old = package.held.replace(held);
        package.due = match held {
            Held::Pushed { .. } => until,
            Held::Fetched { .. } => Instant::FAR,
        };
        if let Some(Held::Pushed { id, .. }) = old {
            self.endpoint.ignore(self.now, id);
        }
        self.packages.ask(n);
    }

    /// The application has taken a block of a server, or does not want it.
    pub(super) fn pushed(
        &mut self,
        n: usize,
        (id, last): (IncomingId, bool),
        result: Result<(), PackageError>,
    ) {
        if let Err(error) = result {
            let code = match error {
                PackageError::NoSpace => Code::REQUEST_ENTITY_TOO_LARGE,
                PackageError::UnsupportedType => Code::UNSUPPORTED_CONTENT_FORMAT,
                PackageError::Integrity => Code::BAD_REQUEST,
                _ => Code::INTERNAL_SERVER_ERROR,
            };
            self.answer(id, code);
            return self.fail(n, error);
        }
        let until = self.end_of_patience();
        let Some(package) = self.packages.list.get_mut(n) else { return };
        if !last {
            package.due = until;
            return self.answer(id, Code::CONTINUE);
        }
        let right = !package.exact || package.total == Some(package.have);
        self.answer(id, if right { Code::CHANGED } else { Code::BAD_REQUEST });
        self.whole(n);
    }
}
