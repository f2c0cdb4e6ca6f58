//! HTTP for programs and people: what every command with an API of its own needs.
//!
//! A command describes its API as a table of [`Route`]s. The same table answers requests and makes
//! the OpenAPI document. [`Service::serve`] takes a connection; what is not allowed in
//! ([`Guard`]), not found or malformed is answered with a [`Problem`], the rest by the handlers of
//! the table. [`Feed`] tells what happens as server-sent events.

pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod feed;
pub(crate) mod guard;
pub(crate) mod listen;
#[allow(
    clippy::indexing_slicing,
    reason = "of JSON: what is not there reads as null, what is written to is an object"
)]
pub(crate) mod openapi;
pub(crate) mod problem;
pub(crate) mod route;
pub(crate) mod service;

pub(crate) use body::Body;
pub(crate) use call::{Answer, Call};
pub(crate) use feed::Feed;
pub(crate) use guard::Guard;
pub(crate) use problem::Problem;
pub(crate) use route::{Content, Query, Route};
pub(crate) use service::{Service, Tally};
