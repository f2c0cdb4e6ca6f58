//! What the CSE counts, in the text format of Prometheus.

use crate::onem2m::link::Binding;
use onem2m_core::{Operation, ResponseStatusCode};
use std::cell::Cell;
use std::fmt::Write;
use std::time::Instant;

const BINDINGS: [&str; 4] = ["http", "coap", "mqtt", "ws"];
const OPERATIONS: [&str; 5] = ["create", "retrieve", "update", "delete", "notify"];
const CLASSES: [&str; 5] = ["1", "2", "4", "5", "6"];

/// Counts since the start.
#[derive(Debug)]
pub(super) struct Counters {
    begun: Instant,
    requests: [[Cell<u64>; OPERATIONS.len()]; BINDINGS.len()],
    responses: [Cell<u64>; CLASSES.len()],
    malformed: [Cell<u64>; BINDINGS.len()],
    transactions: Cell<u64>,
    records: Cell<u64>,
    connections: [Cell<u64>; BINDINGS.len()],
    outgoing: [Cell<u64>; 2],
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            begun: Instant::now(),
            requests: Default::default(),
            responses: Default::default(),
            malformed: Default::default(),
            transactions: Cell::default(),
            records: Cell::default(),
            connections: Default::default(),
            outgoing: Default::default(),
        }
    }
}

fn add(cell: Option<&Cell<u64>>, n: u64) {
    if let Some(cell) = cell {
        cell.set(cell.get().wrapping_add(n));
    }
}

impl Counters {
    pub(super) fn request(&self, binding: Binding, operation: Operation) {
        let row = self.requests.get(binding as usize);
        let at = usize::try_from(operation.number()).unwrap_or(0).wrapping_sub(1);
        add(row.and_then(|row| row.get(at)), 1);
    }

    pub(super) fn response(&self, status: ResponseStatusCode) {
        let class = match status.number() / 1000 {
            1 => 0,
            2 => 1,
            4 => 2,
            5 => 3,
            _ => 4,
        };
        add(self.responses.get(class), 1);
    }

    /// What came was no request.
    pub(super) fn malformed(&self, binding: Binding) {
        add(self.malformed.get(binding as usize), 1);
    }

    pub(super) fn transaction(&self, records: usize) {
        add(Some(&self.transactions), 1);
        add(Some(&self.records), u64::try_from(records).unwrap_or(0));
    }

    /// There is a connection more, or one less.
    pub(super) fn connections(&self, binding: Binding, more: bool) {
        add(self.connections.get(binding as usize), if more { 1 } else { u64::MAX });
    }

    /// A request of the CSE itself was answered, or not.
    pub(super) fn outgoing(&self, answered: bool) {
        add(self.outgoing.get(usize::from(!answered)), 1);
    }

    /// All of it as text.
    pub(super) fn text(&self, resources: u32) -> String {
        let mut out = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, rows: &[(String, u64)]| {
            let _ = writeln!(out, "# HELP m2m_cse_{name} {help}\n# TYPE m2m_cse_{name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(out, "m2m_cse_{name}{labels} {value}");
            }
        };
        let plain = |value: u64| [(String::new(), value)];
        let bindings = |cells: &[Cell<u64>; BINDINGS.len()]| {
            let rows = BINDINGS.iter().zip(cells);
            rows.map(|(name, cell)| (format!("{{binding=\"{name}\"}}"), cell.get()))
                .collect::<Vec<_>>()
        };
        let mut requests = Vec::new();
        for (binding, row) in BINDINGS.iter().zip(&self.requests) {
            for (operation, cell) in OPERATIONS.iter().zip(row) {
                let labels = format!("{{binding=\"{binding}\",operation=\"{operation}\"}}");
                requests.push((labels, cell.get()));
            }
        }
        metric("requests_total", "counter", "Requests taken.", &requests);
        let responses: Vec<_> = CLASSES
            .iter()
            .zip(&self.responses)
            .map(|(class, cell)| (format!("{{class=\"{class}xxx\"}}"), cell.get()))
            .collect();
        metric("responses_total", "counter", "Responses by class of their status.", &responses);
        let help = "Messages that were no request.";
        metric("malformed_total", "counter", help, &bindings(&self.malformed));
        metric("connections", "gauge", "Open connections.", &bindings(&self.connections));
        metric("resources", "gauge", "Resources held.", &plain(u64::from(resources)));
        let help = "Transactions of the store.";
        metric("store_transactions_total", "counter", help, &plain(self.transactions.get()));
        let help = "Records written by these.";
        metric("store_records_total", "counter", help, &plain(self.records.get()));
        let [answered, failed] = &self.outgoing;
        let rows = [
            ("{outcome=\"answered\"}".to_owned(), answered.get()),
            ("{outcome=\"failed\"}".to_owned(), failed.get()),
        ];
        metric("outgoing_total", "counter", "Requests of the CSE itself.", &rows);
        let help = "Seconds since the start.";
        metric("uptime_seconds", "gauge", help, &plain(self.begun.elapsed().as_secs()));
        if let Some(bytes) = resident() {
            metric("resident_bytes", "gauge", "Memory of the process.", &plain(bytes));
        }
        out
    }
}

/// Resident memory of this process, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}
