//! SLIP (RFC 1055): frames end with END, and what looks like END or ESC within them is escaped.

use crate::board;

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// Sends a datagram as a frame.
pub(crate) fn send(datagram: &[u8]) {
    board::put(END); // ends what noise there may have been
    for &byte in datagram {
        match byte {
            END => [ESC, ESC_END].map(board::put),
            ESC => [ESC, ESC_ESC].map(board::put),
            _ => [board::put(byte), ()],
        };
    }
    board::put(END);
}

/// A frame that is arriving, in `N` bytes.
pub(crate) struct Frame<const N: usize> {
    bytes: [u8; N],
    len: usize,
    escaped: bool,
}

impl<const N: usize> Frame<N> {
    pub(crate) const EMPTY: Frame<N> = Frame { bytes: [0; N], len: 0, escaped: false };

    /// Takes what has arrived. Gives a frame that is complete and fits.
    pub(crate) fn receive(&mut self) -> Option<&[u8]> {
        while let Some(mut byte) = board::get() {
            if byte == END {
                let len = core::mem::take(&mut self.len);
                self.escaped = false;
                if (1..=N).contains(&len) {
                    return self.bytes.get(..len);
                }
                continue;
            }
            if byte == ESC {
                self.escaped = true;
                continue;
            }
            if core::mem::take(&mut self.escaped) {
                byte = match byte {
                    ESC_END => END,
                    ESC_ESC => ESC,
                    other => other,
                };
            }
            // A frame that is too long is counted to its end and then dropped.
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
            }
            self.len = (self.len + 1).min(N + 1);
        }
        None
    }
}
