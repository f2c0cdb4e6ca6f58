//! A package that the client fetches from its URI, a block at a time (RFC 7959 section 2.4). What
//! is lost is asked for again, over a new connection if need be, from where it stopped: the ETag
//! tells whether it is still the same image.

use coap_core::{Block, Code, OptionNumber, OptionWriter, Outcome, Request, RequestId};
use m2m_base::{Duration, Instant, PeerId};

use super::super::{BREATH, Client, UsageError};
use super::uri::Uri;
use super::{Held, PackageError, PackageId, Phase};

/// Attempts in a row without a block before the download is given up, and the wait before the
/// second of them, which doubles.
const MAX_TRIES: u8 = 6;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// How often a download begins again because the image changed.
const MAX_RESTARTS: u8 = 3;

impl Client {
    /// Answers [`super::Event::PackageConnect`]: the source of the package is reached under this
    /// number. It may be that of a server. The connection is needed until the package is told to
    /// be verified or discarded, or another connection is asked for.
    ///
    /// # Errors
    /// [`UsageError::UnknownId`] if no connection is asked for (any more).
    pub fn connect_package(
        &mut self,
        now: Instant,
        id: PackageId,
        peer: PeerId,
    ) -> Result<(), UsageError> {
        let n = self.packages.named(id).ok_or(UsageError::UnknownId)?;
        let package = self.packages.list.get_mut(n).filter(|p| p.phase == Phase::Connect);
        let package = package.ok_or(UsageError::UnknownId)?;
        package.phase = Phase::Fetch;
        package.peer = peer;
        package.resuming = true;
        if package.have > 0 && package.etag_len == 0 {
            // Nothing tells whether what comes now is the rest of it.
            package.discard = true;
            package.forget_bytes();
        }
        self.now = now;
        self.packages.ask(n);
        self.fetch(n);
        self.settle(now);
        Ok(())
    }

    /// Asks for the next block.
    pub(super) fn fetch(&mut self, n: usize) {
        let Some(package) = self.packages.list.get(n) else { return };
        if package.request.is_some() || package.held.is_some() {
            return;
        }
        let (peer, szx) = (package.peer, package.szx);
        let at = package.resource(package.kind.resources().uri);
        let back = u32::from(package.resuming);
        let number = package.have.saturating_sub(back) >> (szx + 4);
        let text = self.store.text(at);
        let mut options = OptionWriter::new(&mut self.scratch);
        let made = Uri::parse(text).map(|uri| uri.options(&mut options).is_ok());
        if made != Ok(true) {
            return self.fail(n, PackageError::InvalidUri);
        }
        let request = Request {
            options: options.options(),
            block2: Some(Block { number, more: false, szx }),
            ..Request::new(Code::GET)
        };
        let sent = self.endpoint.request(self.now, peer, &request);
        let Some(package) = self.packages.list.get_mut(n) else { return };
        package.from = number << (szx + 4);
        match sent {
            Ok(id) => package.request = Some(id),
            Err(coap_core::UsageError::Full | coap_core::UsageError::TooManyRequests) => {
                package.due = self.now + BREATH;
            }
            Err(_) => self.fail(n, PackageError::InvalidUri),
        }
    }

    /// A request is over. True if it was one for a block; then it is taken care of.
    pub(in crate::client) fn fetched(&mut self, id: RequestId, outcome: Outcome) -> bool {
        let Some(n) = self.packages.list.iter().position(|p| p.request == Some(id)) else {
            return false;
        };
        if let Some(package) = self.packages.list.get_mut(n) {
            package.request = None;
        }
        match outcome {
            Outcome::Response => {
                if self.take_response(n, id) {
                    // It is held for the application.
                    return true;
                }
            }
            Outcome::TooLarge => {
                let smaller = self.packages.list.get_mut(n).filter(|p| p.szx > 0);
                match smaller {
                    Some(package) => {
                        package.szx = package.szx.saturating_sub(1);
                        self.fetch(n);
                    }
                    None => self.fail(n, PackageError::OutOfMemory),
                }
            }
            _ => self.pause(n),
        }
        self.endpoint.release(id);
        true
    }

    /// Waits before the next attempt, which begins with a connection.
    pub(super) fn pause(&mut self, n: usize) {
        let Some(package) = self.packages.list.get_mut(n) else { return };
        package.tries = package.tries.saturating_add(1);
        if package.tries >= MAX_TRIES {
            return self.fail(n, PackageError::ConnectionLost);
        }
        package.phase = Phase::Pause;
        package.due = self.now + FIRST_PAUSE.times(1 << package.tries.saturating_sub(1));
        self.packages.ask(n);
    }

    /// True if the block is kept for the application.
    fn take_response(&mut self, n: usize, id: RequestId) -> bool {
        let Some(content) = self.endpoint.response(id) else { return false };
        let Some(package) = self.packages.list.get_mut(n) else { return false };
        match content.code {
            Code::CONTENT => {}
            // It may be otherwise later.
            code if code.class() == 5 || code == Code::TOO_MANY_REQUESTS => {
                self.pause(n);
                return false;
            }
            _ => {
                self.fail(n, PackageError::InvalidUri);
                return false;
            }
        }
        let option = content.options.uint(OptionNumber::BLOCK2);
        let whole = Block { number: 0, more: false, szx: package.szx };
        let block = option.map_or(Some(whole), Block::from_uint);
        let etag = content.options.first(OptionNumber::ETAG).unwrap_or(&[]);
        let len = content.payload.len();
        let right = block.filter(|block| {
            block.offset() == package.from as usize && (!block.more || block.allows(len))
        });
        let Some(block) = right.filter(|_| etag.len() <= 8) else {
            self.pause(n);
            return false;
        };
        let known = package.etag.get(..package.etag_len.into()).unwrap_or(&[]);
        if package.have > 0 && known != etag {
            // Another image by now.
            package.restarts = package.restarts.saturating_add(1);
            if package.restarts > MAX_RESTARTS {
                self.fail(n, PackageError::ConnectionLost);
                return false;
            }
            package.discard = true;
            package.forget_bytes();
            package.changed = true;
            self.packages.ask(n);
            self.fetch(n);
            return false;
        }
        if package.have == 0 && known != etag {
            package.etag = [0; 8];
            for (to, from) in package.etag.iter_mut().zip(etag) {
                *to = *from;
            }
            package.etag_len = u8::try_from(etag.len()).unwrap_or(0);
            // What is kept from now on may go on after a restart.
            package.changed = true;
        }
        if let Some(size) = content.options.uint(OptionNumber::SIZE2) {
            package.total = Some(size);
        }
        let smaller = block.szx < package.szx;
        package.szx = block.szx.min(package.szx);
        let skip = (package.have as usize).saturating_sub(block.offset());
        if smaller && block.more && skip > len {
            // The source cuts smaller blocks: the one that is wanted is another.
            self.fetch(n);
            return false;
        }
        package.resuming = false;
        let (Ok(skip), true) = (u16::try_from(skip), skip <= len) else {
            // Shorter than what is there of it.
            self.fail(n, PackageError::Integrity);
            return false;
        };
        self.hold_block(n, Held::Fetched { id, skip, last: !block.more });
        true
    }
}
