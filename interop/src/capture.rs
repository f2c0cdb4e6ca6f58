//! What an independent dissector says of the datagrams on the loopback interface.

use crate::process::{Process, Scratch, run};
use std::collections::BTreeSet;
use std::time::Duration;

/// Dissector complaints that are the dissector's own fault.
///
/// tshark 4.0 does not know Request-Tag (RFC 9175 section 3), the elective option 292.
const FALSE_POSITIVES: [&str; 1] = ["Invalid Option Number 292"];

/// Everything in a capture that is malformed or an error to the dissector. The group Malformed is
/// taken at any severity.
const BAD: &str = "_ws.malformed || _ws.expert.severity == error";
/// What is not to be asked: ICMP quotes a datagram, cut short; and tshark 4.0 takes a later block
/// of a TLV for a whole one.
const SPARED: &str = "icmp || (lwm2mtlv && coap.opt.block_number > 0)";
/// [`BAD`] as the numbers that fields show: severity, group.
const ERROR: &str = "8388608";
const MALFORMED: &str = "117440512";
/// Between values of one field.
const BETWEEN: &str = "|";

/// A running capture of some UDP ports.
pub struct Capture {
    dumpcap: Process,
    ports: Vec<u16>,
    scratch: Scratch,
}

/// A capture that is over.
pub struct Captured {
    ports: Vec<u16>,
    scratch: Scratch,
}

impl Capture {
    /// Starts to capture what goes to or from the ports.
    ///
    /// # Panics
    /// If dumpcap is missing or may not capture.
    #[must_use]
    pub fn start(ports: &[u16]) -> Capture {
        let scratch = Scratch::new();
        let filter: Vec<String> = ports.iter().map(|p| format!("udp port {p}")).collect();
        let file = scratch.file("capture.pcapng");
        let arguments = ["-q", "-i", "lo", "-f", &filter.join(" or "), "-w", &file];
        // The program that tshark captures with; by itself it is one process to end.
        let mut dumpcap = Process::start("dumpcap", &arguments);
        dumpcap.wait_line(|line| line.starts_with("File: ").then_some(()));
        Capture { dumpcap, ports: ports.to_vec(), scratch }
    }

    /// Ends the capture.
    ///
    /// # Panics
    /// If dumpcap does not end.
    #[must_use]
    pub fn stop(self) -> Captured {
        let Capture { mut dumpcap, ports, scratch } = self;
        // Without a pause the last datagrams are still in the kernel's buffer, and are lost.
        std::thread::sleep(Duration::from_millis(600));
        dumpcap.interrupt();
        dumpcap.wait_end();
        Captured { ports, scratch }
    }

    /// Ends the capture and checks it: something was captured, all of it is CoAP, and nothing in
    /// it is malformed.
    ///
    /// # Panics
    /// If the dissector disagrees.
    pub fn check(self) -> Captured {
        let captured = self.stop();
        captured.check();
        captured
    }
}

impl Captured {
    /// Rows of fields of the packets that a display filter takes.
    ///
    /// # Panics
    /// If tshark does not like the filter.
    #[must_use]
    pub fn fields(&self, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let file = self.scratch.file("capture.pcapng");
        let decode: Vec<String> =
            self.ports.iter().map(|p| format!("udp.port=={p},coap")).collect();
        let mut arguments = vec!["-r", &file, "-Y", filter, "-T", "fields", "-E"];
        let aggregator = format!("aggregator={BETWEEN}");
        arguments.push(&aggregator);
        for rule in &decode {
            arguments.extend(["-d", rule]);
        }
        for field in fields {
            arguments.extend(["-e", field]);
        }
        let out = run(120, "tshark", &arguments);
        assert!(out.status.success(), "tshark: {}", out.stderr);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().map(|l| l.split('\t').map(str::to_owned).collect()).collect()
    }

    /// When each message that a display filter takes was sent, in the system's time. One that was sent
    /// again, as a busy machine makes it, counts once.
    ///
    /// # Panics
    /// If tshark does not like the filter.
    #[must_use]
    pub fn times(&self, filter: &str) -> Vec<Duration> {
        let mut seen = BTreeSet::new();
        let fields = ["frame.time_epoch", "udp.srcport", "udp.dstport", "coap.type", "coap.mid"];
        let mut rows = self.fields(filter, &fields);
        rows.retain(|row| seen.insert(row[1..].to_vec()));
        let time = |row: &Vec<String>| Duration::from_secs_f64(row[0].parse().expect("seconds"));
        rows.iter().map(time).collect()
    }

    /// Messages that a display filter takes, each once.
    ///
    /// # Panics
    /// If tshark does not like the filter.
    #[must_use]
    pub fn count(&self, filter: &str) -> usize {
        self.times(filter).len()
    }

    fn check(&self) {
        assert!(self.count("coap") > 0, "nothing was captured");
        // ICMP tells a sender that a peer's socket is closed.
        let others = self.fields("!coap && !icmp", &["frame.number"]);
        assert!(others.is_empty(), "not everything is CoAP: {others:?}");
        let mut bad = Vec::new();
        for row in self.fields(
            &format!("!({SPARED}) && ({BAD})"),
            &[
                "frame.number",
                "_ws.expert.severity",
                "_ws.expert.group",
                "_ws.expert.message",
                "udp.payload",
            ],
        ) {
            let [number, severities, groups, messages, payload] = row.as_slice() else {
                panic!("five fields, not {row:?}");
            };
            let [severities, groups, messages] =
                [severities, groups, messages].map(|f| f.split(BETWEEN));
            for ((severity, group), message) in severities.zip(groups).zip(messages) {
                let complaint = severity == ERROR || group == MALFORMED || message.is_empty();
                if complaint && !FALSE_POSITIVES.contains(&message) {
                    bad.push(format!("{number}: {message}: {payload:.200}"));
                }
            }
        }
        assert!(bad.is_empty(), "the dissector complains: {bad:#?}");
    }
}
