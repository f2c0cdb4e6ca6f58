//! SLIP (RFC 1055): datagrams on a line of bytes.

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// A datagram as a frame, with an `END` at both ends so that noise before it is a frame of its own.
pub(crate) fn frame(datagram: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(datagram.len() + 8);
    out.push(END);
    for byte in datagram {
        match *byte {
            END => out.extend([ESC, ESC_END]),
            ESC => out.extend([ESC, ESC_ESC]),
            byte => out.push(byte),
        }
    }
    out.push(END);
    out
}

/// Takes bytes as they come and puts datagrams together.
#[derive(Debug)]
pub(crate) struct Deframer {
    datagram: Vec<u8>,
    escaped: bool,
    longest: usize,
    /// Frames that were longer than a datagram can be.
    pub(crate) dropped: u64,
    too_long: bool,
}

impl Deframer {
    /// `longest` is the number of bytes from which on a frame is dropped.
    pub(crate) fn new(longest: usize) -> Deframer {
        Deframer { datagram: Vec::new(), escaped: false, longest, dropped: 0, too_long: false }
    }

    /// Takes a byte. Returns the datagram that it completes; an empty one is none.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        let byte = match (byte, self.escaped) {
            (END, _) => {
                self.escaped = false;
                let datagram = std::mem::take(&mut self.datagram);
                if std::mem::take(&mut self.too_long) {
                    self.dropped += 1;
                    return None;
                }
                return (!datagram.is_empty()).then_some(datagram);
            }
            (ESC, _) => {
                self.escaped = true;
                return None;
            }
            (ESC_END, true) => END,
            (ESC_ESC, true) => ESC,
            (byte, _) => byte,
        };
        self.escaped = false;
        if self.datagram.len() >= self.longest {
            self.too_long = true;
        } else {
            self.datagram.push(byte);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut deframer = Deframer::new(8);
        bytes.iter().filter_map(|b| deframer.push(*b)).collect()
    }

    #[test]
    fn frames_come_back() {
        for datagram in [&b"a"[..], &[END], &[ESC], &[END, ESC, ESC_END, ESC_ESC, 0, 255]] {
            let bytes = frame(datagram);
            assert_eq!(read(&bytes), [datagram]);
            assert_eq!(read(&[bytes.clone(), bytes].concat()), [datagram, datagram]);
        }
        assert_eq!(frame(&[END, ESC]), [END, ESC, ESC_END, ESC, ESC_ESC, END]);
    }

    #[test]
    fn noise_and_long_frames_cost_nothing_but_themselves() {
        let good = frame(b"good");
        let noise = [&b"noise"[..], &good, &[b'x'; 9], &good].concat();
        assert_eq!(read(&noise), [&b"noise"[..], b"good", b"good"]);
        let mut deframer = Deframer::new(8);
        for _ in 0..100_000 {
            assert!(deframer.push(b'x').is_none());
        }
        assert!(deframer.datagram.len() <= 8);
        assert!(deframer.push(END).is_none());
        assert_eq!(deframer.dropped, 1);
        // An escape in front of something else is dropped, what it stood before is not.
        assert_eq!(read(&[ESC, b'a', ESC, END, b'b', END]), [b"a".to_vec(), b"b".to_vec()]);
    }
}
