//! Requests that came in over HTTP, until their responses have gone out.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use onem2m_core::primitive::{Request, Response};

use super::http::{self, Reply, Taken};
use crate::borrow::Out;
use crate::result::Outcome;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// A response to send.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_response {
    /// The request that it answers.
    pub id: u64,
    /// The connection that the request came over.
    pub peer: u64,
    /// Its length: the bytes are at the start of the buffer.
    pub len: usize,
    /// 1 if the connection is to be closed behind it.
    pub close: i32,
}

/// A message that waits to be sent.
struct Ready {
    id: u64,
    peer: u64,
    close: bool,
    message: Vec<u8>,
}

/// Requests that wait for their responses, and responses that wait to be sent.
#[derive(Default)]
pub(super) struct Incoming {
    waiting: BTreeMap<u64, (u64, Reply)>,
    ready: VecDeque<Ready>,
    refused: u64,
}

impl Incoming {
    /// Marks ids of requests that the engine was not given.
    const REFUSED: u64 = 1 << 63;

    /// Takes a request from the start of what a connection brought: its id, and how many bytes it was.
    /// `None` if not all of it is there. `give` hands it to the engine, which names it, or returns how
    /// it is answered instead.
    pub(super) fn take(
        &mut self,
        peer: u64,
        bytes: &[u8],
        give: impl FnOnce(Request) -> Result<u64, Box<Response>>,
    ) -> Option<(u64, usize)> {
        let (response, reply, used) = match http::received_request(bytes) {
            Taken::More => return None,
            Taken::Request(request, reply, used) => match give(*request) {
                Ok(id) => {
                    self.waiting.insert(id, (peer, reply));
                    return Some((id, used));
                }
                Err(response) => (response, reply, used),
            },
            Taken::Refused(response, reply, used) => (response, reply, used),
        };
        self.refused = self.refused.wrapping_add(1);
        let id = self.refused | Self::REFUSED;
        self.waiting.insert(id, (peer, reply));
        self.answer(id, &response);
        Some((id, used))
    }

    /// The engine answers a request. False if it is none of these.
    pub(super) fn answer(&mut self, id: u64, response: &Response) -> bool {
        let Some((peer, reply)) = self.waiting.remove(&id) else { return false };
        let message = http::written_response(response, reply);
        self.ready.push_back(Ready { id, peer, close: reply.close, message });
        true
    }

    /// The connection of some requests is gone: nobody waits for their responses.
    pub(super) fn forget(&mut self, peer: u64) {
        self.waiting.retain(|_, (at, _)| *at != peer);
        self.ready.retain(|ready| ready.peer != peer);
    }

    /// Gives C the next response.
    pub(super) fn poll(&mut self, buf: &mut [u8], out: Out<m2m_onem2m_response>) -> Outcome {
        let Some(first) = self.ready.front() else { return Ok(M2M_NOTHING) };
        let len = first.message.len();
        buf.get_mut(..len).ok_or(M2M_BUFFER_TOO_SMALL)?.copy_from_slice(&first.message);
        out.put(m2m_onem2m_response {
            id: first.id,
            peer: first.peer,
            len,
            close: first.close.into(),
        });
        self.ready.pop_front();
        Ok(M2M_OK)
    }
}
