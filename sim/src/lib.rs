#![doc = include_str!("../README.md")]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test bench ends a test by a panic"
)]

mod checked;
mod fault;
mod link;
mod log;
mod network;
mod node;
mod packet;
mod pcap;
pub mod readme;
mod rules;
mod world;

pub use checked::{Checked, Settled};
pub use fault::{Action, Fault, Faults, Incident, Scheduled, Script};
pub use link::{Chance, Link};
pub use log::{Divergence, Input, Log};
pub use node::{Boot, Node, NodeId};
pub use packet::{Arrival, Effect, Loss, Packet, address, peer_id};
pub use pcap::{Tap, pcap, write_pcap};
pub use rules::{Rule, Rules};
pub use world::{World, each_seed};
