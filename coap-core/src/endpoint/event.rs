//! What goes in and out of an endpoint besides datagrams: commands, events and what they carry.

use crate::{Block, Code, Options};
use m2m_base::PeerId;

m2m_base::handle_id! {
    /// Names a request of our own, or the observation it started.
    RequestId
    /// Names a request of a peer.
    IncomingId
    /// Names an observer of one of our resources.
    ObserverId
}

/// A request to send.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// GET to iPATCH.
    pub method: Code,
    /// CON or NON.
    pub confirmable: bool,
    /// Its options, without those that the endpoint sets itself: Observe, Block1, Block2, Size1.
    pub options: Options<'a>,
    /// Its body; one that is longer than a block goes out in blocks (RFC 7959).
    pub payload: &'a [u8],
    /// Register as an observer (RFC 7641); only for GET and FETCH.
    pub observe: bool,
    /// Ask for this block of the response alone (RFC 7959 section 2.4): it is told as it comes,
    /// with its Block2 option. Without it the blocks are put together.
    pub block2: Option<Block>,
    /// Tell each block of the response when it comes, instead of putting them together: with
    /// [`Event::Block`], after which [`crate::Endpoint::next_block`] asks for the next. The last
    /// one comes with `Done`.
    pub stream: bool,
    /// Length of a body that is supplied block by block, with [`crate::Endpoint::supply`]
    /// whenever [`Event::BlockWanted`] asks for one; `payload` is empty then.
    pub upload: Option<u32>,
    /// The token, 0 to 8 bytes, for those who debug; else it is random, so that nobody can guess it.
    /// None that an open request to the same peer has. What asks for further blocks has random ones.
    pub token: Option<&'a [u8]>,
    /// Use Q-Block options (RFC 9177), if the peer knows them and there is a place for the
    /// transfer; else the Block options are used, and nothing else is different. NON bodies go in
    /// bursts then; of a peer that is not known to understand it a short CON request asks first.
    #[cfg(feature = "q-block")]
    pub q_block: bool,
}

impl<'a> Request<'a> {
    /// A confirmable request of nothing but a method.
    #[must_use]
    pub const fn new(method: Code) -> Request<'a> {
        Request {
            method,
            confirmable: true,
            options: Options::EMPTY,
            payload: &[],
            observe: false,
            block2: None,
            stream: false,
            upload: None,
            token: None,
            #[cfg(feature = "q-block")]
            q_block: false,
        }
    }
}

/// A response or notification to send.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// 2.xx, 4.xx or 5.xx.
    pub code: Code,
    /// Its options, without those that the endpoint sets itself: Observe, Block1, Block2, Size2.
    pub options: Options<'a>,
    /// Its body; one that is longer than a block is served in blocks (RFC 7959).
    pub payload: &'a [u8],
    /// Grant the observation that the request asks for.
    pub observe: bool,
    /// For a notification: send it as CON. One in 24 hours goes as CON anyway.
    pub confirmable: bool,
    /// If set, the payload is one block of a longer body that the caller cuts itself.
    pub piece: Option<Piece>,
}

impl<'a> Response<'a> {
    /// A response with nothing but a code.
    #[must_use]
    pub const fn new(code: Code) -> Response<'a> {
        Response {
            code,
            options: Options::EMPTY,
            payload: &[],
            observe: false,
            confirmable: false,
            piece: None,
        }
    }
}

/// Describes the body that a caller cuts into blocks itself: for the block that
/// [`Incoming::block2`] asks for, or the first one of [`crate::Endpoint::block_size`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Length of the whole body in bytes.
    pub total: usize,
    /// Changes when the body does; becomes the ETag.
    pub etag: u32,
}

/// A request of a peer, complete.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Who sent it.
    pub peer: PeerId,
    /// The method.
    pub code: Code,
    /// Its options.
    pub options: Options<'a>,
    /// Its body, assembled if it came in blocks.
    pub payload: &'a [u8],
    /// It came as CON, or over a connection.
    pub confirmable: bool,
    /// `Some(true)` if it asks to be registered as an observer, `Some(false)` if to be removed.
    pub observe: Option<bool>,
    /// The block of its body that the payload is, with [`crate::Parameters::stream_uploads`]. All
    /// but the last are answered with 2.31, or with 2.04 if each takes effect by itself; a gap
    /// with 4.08. None for a body that was put together.
    pub block1: Option<Block>,
    /// The block of the response it asks for.
    pub block2: Option<Block>,
    /// It was sent to a group: answer only if there is something to say (RFC 7252 section 8.2).
    pub multicast: bool,
    /// It carries an Echo value that this peer got lately: it was not recorded long ago and sent
    /// again (RFC 9175 section 2.3). See [`crate::Endpoint::challenge`].
    pub fresh: bool,
    /// The security context it came under, and its response goes under; `None` if it came
    /// unprotected.
    #[cfg(feature = "oscore")]
    pub security: Option<crate::SecurityId>,
}

/// A response to a request of our own.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The response code.
    pub code: Code,
    /// Its options.
    pub options: Options<'a>,
    /// Its body, assembled if it came in blocks.
    pub payload: &'a [u8],
    /// The security context it came under; `None` if it came unprotected.
    #[cfg(feature = "oscore")]
    pub security: Option<crate::SecurityId>,
}

/// How to end a request or an observation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancel {
    /// Say nothing: a later notification is rejected with a RST (RFC 7641 section 3.6). Over a
    /// connection, where there is none, the peer is asked to remove us, and `Done` comes with its
    /// answer (RFC 8323 section 7.4).
    Forget,
    /// Ask the peer to remove us: GET with Observe 1 (RFC 7641 section 3.6). `Done` comes with its
    /// answer.
    Deregister,
}

/// What an endpoint tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "small", repr(u32))]
pub enum Event {
    /// A peer asks for something: read it with [`crate::Endpoint::incoming`], answer it with
    /// [`crate::Endpoint::respond`].
    Request {
        /// Its id.
        id: IncomingId,
        /// Who asks.
        peer: PeerId,
    },
    /// A block of the response to a request with [`Request::stream`] is here, and more follow:
    /// read it with [`crate::Endpoint::response`], go on with [`crate::Endpoint::next_block`].
    Block {
        /// The request.
        id: RequestId,
    },
    /// A block of the body of a request with [`Request::upload`] is wanted:
    /// [`crate::Endpoint::wanted`] tells which, [`crate::Endpoint::supply`] takes it.
    BlockWanted {
        /// The request.
        id: RequestId,
    },
    /// The observed state is here: read it with [`crate::Endpoint::response`]. A newer one
    /// replaces one that was not read.
    Notification {
        /// The observation.
        id: RequestId,
    },
    /// A request is over. Comes exactly once for each.
    Done {
        /// The request.
        id: RequestId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A peer answered a [`crate::Endpoint::ping`].
    #[cfg(feature = "stream")]
    Pong {
        /// The peer.
        peer: PeerId,
        /// It has processed all that went before the ping.
        custody: bool,
    },
    /// A peer wants its connection closed (RFC 8323 section 5.5): [`crate::Endpoint::signal`] has
    /// what it said of it. What is under way is finished, then [`Event::Close`] follows.
    #[cfg(feature = "stream")]
    Released {
        /// The peer.
        peer: PeerId,
    },
    /// The driver is to send what [`crate::Endpoint::poll_transmit`] gives, close the connection of
    /// this peer, and say so with [`crate::Endpoint::disconnected`].
    #[cfg(feature = "stream")]
    Close {
        /// The peer.
        peer: PeerId,
        /// Why.
        reason: super::CloseReason,
    },
    /// One of a group has answered: read it with [`crate::Endpoint::response`] and release it,
    /// both with `response`.
    #[cfg(feature = "multicast")]
    GroupResponse {
        /// The request, of [`crate::Endpoint::request_group`].
        request: RequestId,
        /// This response.
        response: RequestId,
        /// Whose it is.
        peer: PeerId,
    },
    /// An observer of ours is no more.
    ObserverGone {
        /// The observer.
        id: ObserverId,
        /// Why.
        reason: ObserverEnd,
    },
    /// A record to keep for as long as the keys of a security context are (RFC 8613 appendix
    /// B.1.1): sequence numbers below `up_to` may be used from now on. It has to be stored before
    /// the next datagram is sent. After a restart the newest one is
    /// [`crate::History::Stored`].
    #[cfg(feature = "oscore")]
    SequenceReserved {
        /// The security context.
        id: crate::SecurityId,
        /// One above the last number that may be used.
        up_to: u64,
    },
}

/// Why an observer is no more (RFC 7641 sections 3.6, 4.1, 4.2 and 4.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ObserverEnd {
    /// It asked to be removed.
    Deregistered,
    /// It asked again under the same token.
    Replaced,
    /// It rejected a notification with a RST.
    Rejected,
    /// It did not acknowledge a notification.
    TimedOut,
    /// It was told an error, which is the last notification, or the next one is longer than it takes.
    Refused,
    /// As [`Outcome::PeerDown`].
    PeerDown,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A response came, of whatever code: read it with [`crate::Endpoint::response`], give its
    /// bytes back with [`crate::Endpoint::release`].
    Response,
    /// Nothing came in time.
    TimedOut,
    /// The peer rejected the message with a RST.
    Reset,
    /// The peer answered a [`crate::Endpoint::ping_peer`].
    Pong,
    /// No response came to a request whose No-Response option asked for none (RFC 7967). It may
    /// have been received or not.
    NoResponse,
    /// The time for responses to a request to a group is over.
    #[cfg(feature = "multicast")]
    Collected,
    /// [`crate::Endpoint::cancel`] ended it.
    Cancelled,
    /// The response is longer than the limits allow.
    TooLarge,
    /// The peer broke the rules of block-wise transfer, or its resource changed with every block;
    /// over a connection also a response with a critical option that is not understood.
    Broken,
    /// [`crate::Endpoint::forget_peer`] or the end of the connection ended it, or its security
    /// context was removed or has no sequence numbers left.
    PeerDown,
    /// A protected request got an error response that is not protected, from a peer that does not
    /// know the security context or from a proxy (RFC 8613 section 8.2). Anybody may have made it.
    /// Read it and give it back as for `Response`.
    #[cfg(feature = "oscore")]
    Unprotected,
}

impl Outcome {
    /// Is there a response to read?
    pub(super) fn has_response(self) -> bool {
        match self {
            Outcome::Response => true,
            #[cfg(feature = "oscore")]
            Outcome::Unprotected => true,
            _ => false,
        }
    }
}

/// A command that cannot be carried out. Never caused by the bytes of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UsageError {
    /// The id names nothing, or nothing in a state where the command makes sense.
    UnknownId,
    /// A table or the pool is full; see [`crate::Limits`]. Later it may work.
    Full,
    /// The options alone fill a message, or the body is longer than `body_size`.
    TooLong,
    /// An option that the endpoint sets itself, or a code that does not go with the command.
    Invalid,
    /// The peer answered the same request with 4.29 and does not want it again before
    /// [`crate::Endpoint::retry_at`] (RFC 8516).
    TooManyRequests,
    /// The connection of the peer is being closed: no request can begin on it.
    #[cfg(feature = "stream")]
    Closing,
    /// The security context has no sequence numbers left.
    #[cfg(feature = "oscore")]
    Exhausted,
}

impl core::fmt::Display for UsageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            UsageError::UnknownId => "the id names nothing that this can be done to",
            UsageError::Full => "a table of the endpoint is full",
            UsageError::TooLong => "too long for a message",
            UsageError::Invalid => "a code or option that does not belong here",
            UsageError::TooManyRequests => "the peer does not want this request again so soon",
            #[cfg(feature = "stream")]
            UsageError::Closing => "the connection is being closed",
            #[cfg(feature = "oscore")]
            UsageError::Exhausted => "the security context has no sequence numbers left",
        })
    }
}

impl core::error::Error for UsageError {}

/// What an endpoint has counted since it was made. Each wraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Datagrams that came in.
    pub received: u32,
    /// Datagrams that went out.
    pub sent: u32,
    /// Of those: sent again for want of an acknowledgement.
    pub retransmitted: u32,
    /// Datagrams that were no well-formed message.
    pub malformed: u32,
    /// Messages that had come before.
    pub duplicates: u32,
    /// Responses, acknowledgements and resets that nothing waited for.
    pub unexpected: u32,
    /// Requests refused for an option that is critical and not understood.
    pub unsupported: u32,
    /// Requests refused, or notifications dropped, because a table was full.
    pub full: u32,
    /// Requests that were forgotten before their time to make room for new ones: their duplicates
    /// would be taken for new requests.
    pub evicted: u32,
    /// Protected messages that were not authentic, replayed, or under no known context.
    #[cfg(feature = "oscore")]
    pub insecure: u32,
}

impl Counters {
    /// Nothing is counted yet.
    pub(super) const NONE: Counters = Counters {
        received: 0,
        sent: 0,
        retransmitted: 0,
        malformed: 0,
        duplicates: 0,
        unexpected: 0,
        unsupported: 0,
        full: 0,
        evicted: 0,
        #[cfg(feature = "oscore")]
        insecure: 0,
    };
}
